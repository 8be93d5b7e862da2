"""What a plan says, and that its numbers hold together."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pandas as pd
import pytest
from a_shop import shop

import funnelsim as fs
from funnelsim.analytic.arrivals import whole_days
from funnelsim.planner.search import _lacking
from funnelsim.planner.text_tables import stages_text


@pytest.fixture(scope="module")
def follow_up() -> Any:
    return fs.plan(fs.load("aida-follow-up"), 330, progress=False)


def test_the_first_sentences_say_number_chance_and_the_usual_sum() -> None:
    first, second, *_ = fs.plan(shop(), 100).sentences
    assert first == (
        "With 2,260 leads (25.1 a day) you reach 100 sales within 90 days with a chance of 90.0 %."
    )
    assert "says 2,000 leads" in second
    assert "51.3 %" in second


def test_the_planned_scenario_brings_the_planned_leads(follow_up: Any) -> None:
    days = whole_days(follow_up.scenario)
    assert follow_up.channels["leads"].sum() == pytest.approx(follow_up.leads, abs=0.5)
    assert follow_up.channels["planned"].sum() == pytest.approx(follow_up.leads_per_day)
    assert follow_up.leads_per_day * days == pytest.approx(follow_up.leads, abs=0.5)
    ratio = follow_up.channels["planned"] / follow_up.channels["today"]
    assert np.ptp(ratio) < 1e-9  # the mix of today


def test_each_stage_is_entered_by_those_who_passed_the_one_before(follow_up: Any) -> None:
    entered = follow_up.stages["entered"]
    assert list(entered.index) == ["Attention", "Interest", "Desire", "Action"]
    assert entered.is_monotonic_decreasing
    assert round(entered.iloc[0]) == follow_up.leads  # what is said first is what is drawn
    # of the same futures; how many leads came in them is chance, how many enter is not
    assert entered.iloc[-1] == pytest.approx(follow_up.outcome.loc["sales", "mean"], rel=0.02)


@pytest.mark.parametrize("warm_up", ["0 days", "20 days"])
def test_by_formula_the_stages_are_no_matter_of_chance(warm_up: str) -> None:
    aida = fs.load("aida").vary({"warm_up": warm_up})
    one, other = (fs.plan(aida, 90, seed=seed, progress=False) for seed in (1, 2))
    assert one.method == "formula"
    pd.testing.assert_frame_equal(one.stages, other.stages, check_exact=True)
    assert one.outcome.loc["sales", "mean"] == one.stages["entered"].iloc[-1]
    seen = fs.replicate(one.scenario, 200, seed=3, keep="journals", progress=False).journals
    visits = [j.stage_visits[j.stage_visits.entered >= int(warm_up[:2])] for j in seen.values()]
    counts = np.array([v.stage.value_counts(sort=False).to_numpy() for v in visits])
    se = counts.std(axis=0, ddof=1) / len(counts) ** 0.5
    assert (abs(counts.mean(axis=0) - one.stages["entered"]) < 4.5 * se).all()


def test_by_formula_conversions_multiply() -> None:
    p = fs.plan(shop(), 100, progress=False)
    assert p.stages["entered"].tolist() == pytest.approx([p.leads, 0.05 * p.leads], rel=1e-3)


@pytest.mark.parametrize(
    ("name", "target", "metric", "pilot"),
    [
        ("aida", 150, "sales", None),
        ("aida", 150, "sales", "15 of 300"),
        ("aida", 20_000, "revenue", None),
        ("aida-follow-up", 330, "sales", None),
    ],
)
def test_one_future_in_ten_is_below_the_target(
    name: str, target: float, metric: str, pilot: str | None
) -> None:
    p = fs.plan(fs.load(name), target, metric, pilot=pilot, progress=False)
    assert p.outcome.loc[metric, "10%"] == pytest.approx(target, rel=1e-6)


def test_results_that_hardly_differ_are_told_as_they_are() -> None:
    follow_up = {"team": "one", "handling_time": {"constant": "2 h"}}
    full = shop(
        horizon="30 days",
        channels=[{"name": "web", "leads_per_day": 100}],
        teams=[{"name": "one", "reps": 1}],
        stages=[{"name": "Visit", "conversion": 1.0, "follow_up": follow_up}, {"name": "Sale"}],
    )
    told = fs.plan(full, 340, change="reps", progress=False).outcome.loc["sales"]
    assert told.tolist() == pytest.approx([told["mean"]] * 4, abs=1)


@pytest.mark.parametrize("orders", [{"constant": 1000}, {"lognormal": {"mean": 1000, "cv": 3}}])
def test_the_mean_lies_among_the_quantiles(orders: dict[str, Any]) -> None:
    many = shop(channels=[{"name": "web", "leads_per_day": 5_000}], order={"value": orders})
    p = fs.plan(many, 20_000_000, "revenue", progress=False)  # one replication of so many leads
    assert p.method == "formula"
    for result in ("sales", "revenue", "revenue of first orders"):
        told = p.outcome.loc[result]
        assert told["10%"] < told["mean"] < told["90%"]


def test_open_deals_do_not_enter_where_they_are() -> None:
    deals = {"stage": ["Interest"] * 80, "days_in_stage": [1.0] * 80}
    p = fs.plan(fs.load("aida"), 150, initial=fs.State(deals=deals), progress=False)
    entered = p.stages["entered"]
    assert entered["Attention"] == pytest.approx(p.leads, rel=1e-3)
    alone = fs.plan(fs.load("aida"), 150, progress=False).stages["entered"]
    rate = alone["Interest"] / alone["Attention"]
    assert entered["Interest"] / entered["Attention"] == pytest.approx(rate, rel=0.03)


def test_what_moved_on_and_was_open_is_told_apart_from_new_leads() -> None:
    deals = {"stage": ["Desire"] * 40, "days_in_stage": [1.0] * 40}
    state = fs.State(deals=deals)
    scenario = fs.load("aida").vary({"stages.Desire.conversion": 1.0})
    p = fs.plan(scenario, 150, initial=state, progress=False)
    from_open, entered = p.stages["from_open"], p.stages["entered"]
    assert from_open["Attention"] == from_open["Interest"] == 0
    assert from_open["Action"] == 40  # all of them go on, in time
    new = entered - from_open
    assert p.stages["went_on"]["Desire"] == pytest.approx(new["Action"] / new["Desire"])
    assert p.stages["went_on"]["Desire"] <= 1
    text = stages_text(p)
    assert text["open today"].tolist()[-1] == "40"
    assert "open today" not in stages_text(fs.plan(scenario, 150, progress=False))


def test_the_chance_never_falls_on_the_way_to_the_plan(follow_up: Any) -> None:
    in_doubt = fs.plan(fs.load("aida-follow-up"), 330, pilot="30 of 250", progress=False)
    for p in (follow_up, in_doubt):
        below = p.curve[p.curve["leads"] <= p.leads]
        assert below["chance"].is_monotonic_increasing


def test_a_number_from_few_futures_is_enough_as_often_as_it_says(seed: int) -> None:
    futures = np.random.default_rng(seed).poisson(330, (4_000, 26)).astype(float)
    short = np.array([_lacking(seen[:25], 330, 0.9) for seen in futures])
    reached = (futures[:, 25] + np.random.default_rng(seed + 1).random(4_000) + short >= 330).mean()
    assert reached == pytest.approx(0.9, abs=4.5 * (0.09 / 4_000) ** 0.5)


def test_the_rep_is_hired_where_it_brings_most() -> None:
    p = fs.plan(fs.load("b2b-pipeline"), 120, progress=False)
    assert p.reps["load"].idxmax() == "account executives"  # who wait for what the others bring
    assert "With 3 reps in team inside sales instead of 2" in str(p)


def test_budget_is_what_the_channels_cost(follow_up: Any) -> None:
    prices = [channel.cost_per_lead for channel in follow_up.scenario.channels]
    assert follow_up.budget == pytest.approx(float(follow_up.channels["leads"] @ prices))


def test_revenue_of_repeats_is_shown_apart(follow_up: Any) -> None:
    means = follow_up.outcome["mean"]
    parts = means["revenue of first orders"] + means["revenue of repeats"]
    assert means["revenue"] == pytest.approx(parts)
    assert means["revenue of repeats"] > 0


def test_within_sets_the_deadline() -> None:
    short = fs.plan(shop(), 100, within="30 days")
    assert short.leads == 2_260
    assert short.leads_per_day == pytest.approx(2_260 / 30, rel=1e-3)


def test_no_lead_is_too_late_where_all_decide_at_once() -> None:
    d = fs.plan(shop(), 100).deadline
    assert d.share_in_time == 1
    assert d.last == 90


def test_a_lead_that_takes_ten_days_must_come_ten_days_before() -> None:
    stages = [
        {"name": "Visit", "conversion": 0.5, "decision_time": {"constant": "10 days"}},
        {"name": "Sale"},
    ]
    p = fs.plan(shop(stages=stages), 100)
    assert p.deadline.last == pytest.approx(80)
    assert "day 80" in p.sentences[-1]


def test_a_cheap_win_is_paid_back_with_the_first_order() -> None:
    assert fs.plan(shop(), 100).payback_days == pytest.approx(np.nan, nan_ok=True)  # CAC 40 = 40
    assert fs.plan(shop(order={"value": {"constant": 200}}), 100).payback_days == 0


@pytest.mark.parametrize(("cost", "expected"), [(32.0, 0.0), (32.01, np.nan)])
def test_what_is_paid_back_to_the_cent_is_paid_back(cost: float, expected: float) -> None:
    """Every lead buys once and leaves 32: it has paid for 32, not for a cent more."""
    channel = {"name": "web", "leads_per_day": 5, "cost_per_lead": cost}
    p = fs.plan(
        shop(
            channels=[channel],
            stages=[{"name": "Visit", "conversion": 1.0}, {"name": "Sale"}],
            order={"value": {"constant": 80}, "margin": 0.4},
        ),
        100,
    )
    assert p.cac == cost
    assert p.payback_days == pytest.approx(expected, nan_ok=True)


def test_reps_needed_keep_the_share_gone_cold() -> None:
    scenario = fs.load("aida-follow-up").vary({"teams.sales.reps": 1})
    p = fs.plan(scenario, 180, most_gone_cold=0.05, progress=False)
    team = p.reps.loc["sales"]
    assert team["gone_cold"] > 0.05 >= team["gone_cold_then"]
    tried = p.reps_tried.set_index("reps")["gone_cold"]
    assert tried[team["needed"] - 1] > 0.05
    assert any("too small" in sentence for sentence in p.sentences)


def test_where_hours_are_closed_no_number_of_reps_is_enough() -> None:
    scenario = fs.load("aida-follow-up").vary(
        {
            "teams.sales.open": "Mon-Fri 09:00-10:00",
            "stages.Interest.follow_up.patience": {"constant": "6 h"},
        }
    )
    p = fs.plan(scenario, 10, progress=False)
    assert not p.reps.loc["sales", "is_enough"]
    assert any("however many reps" in sentence for sentence in p.sentences)


def test_a_rep_more_is_weighed_against_leads(follow_up: Any) -> None:
    sales = follow_up.reps_tried.set_index("reps")["sales"]
    gain = sales[3] / sales[2] - 1
    (sentence,) = [s for s in follow_up.sentences if s.startswith("With 3 reps in team sales")]
    assert f"{100 * gain:.2f} % more sales, for 9,900 EUR" in sentence  # 110 a day, 90 days
    more = int(re.findall(r"takes about ([\d,]+) more leads", sentence)[0].replace(",", ""))
    leads, means = follow_up.curve["leads"], follow_up.curve["mean"]
    now, then = np.interp([follow_up.leads, follow_up.leads + more], leads, means)
    assert then / now - 1 == pytest.approx(gain, abs=0.02)
    each = follow_up.budget / follow_up.leads  # no channel is paid by the day
    cost = float(re.findall(r"as many, for ([\d,.]+) EUR", sentence)[0].replace(",", ""))
    assert cost == pytest.approx(more * each, rel=0.1)  # of the number before it was rounded


def test_a_calibration_brings_its_own_doubt() -> None:
    calibration = fs.calibrate(fs.load_crm_deals(), **fs.datasets.CRM_COLUMNS)
    in_doubt = fs.plan(calibration, 50, progress=False, backtest=False)
    certain = fs.plan(calibration.scenario, 50, progress=False)
    assert in_doubt.leads > certain.leads
    assert in_doubt.price_of_not_knowing > 0
