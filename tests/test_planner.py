"""What a plan says, what it can move, and what bad input gets."""

from __future__ import annotations

import math
import re
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import funnelsim as fs
from funnelsim.engines.arrivals import mean_by_day
from funnelsim.metrics.basis import whole_days
from funnelsim.planner.levers import lever, with_reps
from funnelsim.planner.needs import fewest
from funnelsim.planner.search import _lacking

SHOP: dict[str, Any] = {
    "name": "shop",
    "horizon": "90 days",
    "channels": [{"name": "web", "leads_per_day": 10, "cost_per_lead": 2}],
    "stages": [{"name": "Visit", "conversion": 0.05}, {"name": "Sale"}],
    "order": {"value": {"constant": 80}, "margin": 0.5},
}


def shop(**changed: Any) -> fs.Scenario:
    return fs.Scenario(**{**SHOP, **changed})


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


def test_open_deals_do_not_enter_where_they_are() -> None:
    deals = {"stage": ["Interest"] * 80, "days_in_stage": [1.0] * 80}
    p = fs.plan(fs.load("aida"), 150, initial=fs.State(deals=deals), progress=False)
    entered = p.stages["entered"]
    assert entered["Attention"] == pytest.approx(p.leads, rel=1e-3)
    alone = fs.plan(fs.load("aida"), 150, progress=False).stages["entered"]
    rate = alone["Interest"] / alone["Attention"]
    assert entered["Interest"] / entered["Attention"] == pytest.approx(rate, rel=0.03)


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


def test_budget_is_what_the_channels_cost(follow_up: Any) -> None:
    prices = [channel.cost_per_lead for channel in follow_up.scenario.channels]
    assert follow_up.budget == pytest.approx(float(follow_up.channels["leads"] @ prices))


def test_revenue_of_repeats_is_shown_apart(follow_up: Any) -> None:
    means = follow_up.outcome["mean"]
    parts = means["revenue of first orders"] + means["revenue of repeats"]
    assert means["revenue"] == pytest.approx(parts)
    assert means["revenue of repeats"] > 0


def test_ceilings_are_kept_and_the_others_take_the_rest() -> None:
    channels = [
        {"name": "web", "leads_per_day": 10, "ceiling": 12},
        {"name": "ads", "leads_per_day": 10},
    ]
    p = fs.plan(shop(channels=channels), 100)
    assert p.leads == 2_260
    assert p.channels.loc["web", "planned"] == pytest.approx(12)
    assert list(p.channels["full"]) == [True, False]


def test_a_budget_buys_leads_of_paid_channels_only() -> None:
    channels = [
        {"name": "word of mouth", "leads_per_day": 10},
        {"name": "ads", "leads_per_day": 10, "cost_per_lead": 3},
    ]
    p = fs.plan(shop(channels=channels), 100, change="budget")
    assert p.channels.loc["word of mouth", "planned"] == pytest.approx(10)
    assert p.leads == 2_260
    assert p.budget == pytest.approx(3 * (2_260 - 900), abs=3)


def test_a_conversion_can_be_moved() -> None:
    p = fs.plan(shop(), 100, change="stages.Visit.conversion")
    # 900 leads: the mean of a Poisson number that is 100 or more nine times in ten is 113.03
    assert p.scenario.stages[0].conversion == pytest.approx(113.03 / 900, rel=1e-3)
    assert p.setting.startswith("stages.Visit.conversion = 0.1256")


def test_reps_move_in_whole_steps() -> None:
    p = fs.plan(fs.load("aida-follow-up"), 330, change="reps", progress=False)
    assert p.change == "teams.sales.reps"
    assert p.scenario.teams[0].reps == 3


def test_reps_between_those_tried_first_are_found() -> None:
    many = {"channels.search ads.leads_per_day": 32, "channels.trade fair.leads_per_day": 8}
    busy = fs.load("aida-follow-up").vary(many)
    p = fs.plan(busy, 75_300, "profit", change="reps", progress=False)
    assert p.is_reached and p.scenario.teams[0].reps == 3  # two lose sales, and four cost more
    assert "With 3 reps in team sales (today 2; 9,900 EUR more)" in p.sentences[0]


def test_reps_who_come_or_go_have_the_average_skill() -> None:
    skills = [1.5, 1.2, 0.9, 0.6]
    team = {"name": "sales", "reps": 4, "skills": skills}
    firm = fs.load("aida-follow-up").vary({"teams": [team]})
    assert with_reps(firm, "sales", 4) == firm
    fewer = with_reps(firm, "sales", 2).teams[0].skills
    assert len(fewer) == 2 and np.allclose(fewer, np.prod(skills) ** 0.25)


@pytest.mark.parametrize("change", ["order.value", "channels.search ads.cost_per_lead"])
@pytest.mark.parametrize("name", ["aida", "aida-follow-up"])  # by formula, by a search
def test_what_changes_nothing_is_named(name: str, change: str) -> None:
    p = fs.plan(fs.load(name), 500, change=change, progress=False)
    assert not p.is_reached and p.scenario == p.today
    assert said(p, f"{change} does not change the sales")


def test_less_handling_time_is_more_sales() -> None:
    scenario = fs.load("aida-follow-up").vary({"teams.sales.reps": 1})
    path = "stages.Desire.follow_up.handling_time"
    p = fs.plan(scenario, 230, change=path, progress=False)
    assert p.is_reached
    handling = p.scenario.stages[2].follow_up.handling_time.exponential.mean
    assert handling < scenario.stages[2].follow_up.handling_time.exponential.mean


def test_within_sets_the_deadline() -> None:
    short = fs.plan(shop(), 100, within="30 days")
    assert short.leads == 2_260
    assert short.leads_per_day == pytest.approx(2_260 / 30, rel=1e-3)


def test_leads_are_bought_from_the_end_of_the_warm_up_on() -> None:
    aida = fs.load("aida").vary({"warm_up": "20 days"})
    ads, after = aida.channels[0], lever(aida, "leads").at(2.5)
    before, then = mean_by_day(aida, ads), mean_by_day(after, after.channels[0])
    assert np.array_equal(then[:20], before[:20])
    assert np.allclose(then[20:], 2.5 * before[20:])


def test_a_plan_after_a_warm_up_holds_with_the_pipeline_of_its_end(seed: int) -> None:
    pipeline = fs.load("b2b-pipeline")
    p = fs.plan(pipeline, 60, progress=False)
    ends = [fs.simulate(pipeline, seed=seed + n, progress=False).state(90) for n in range(40)]
    told = [
        fs.forecast(p.scenario, end, n=5, seed=seed + n, progress=False).chance("sales", 60)
        for n, end in enumerate(ends)
    ]
    # the plan's own chance is known to 0.02, and this mean to its standard error
    assert abs(np.mean(told) - 0.9) < 4.5 * math.hypot(np.std(told) / len(told) ** 0.5, 0.02)


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


# --- what cannot be met -----------------------------------------------------------------------


def said(p: Any, pattern: str) -> bool:
    assert not p.is_reached
    assert "cannot be met" in p.sentences[0]
    return any(re.search(pattern, sentence) for sentence in p.sentences)


def test_a_team_that_is_too_small_is_named_with_a_number_that_would_do() -> None:
    p = fs.plan(fs.load("aida-follow-up"), 600, progress=False)
    assert said(p, "Team sales is in the way")
    way_out = next(s for s in p.sentences if s.startswith("With 3 reps"))
    leads = int(re.search(r"about ([\d,]+) leads", way_out)[1].replace(",", ""))
    assert 3_500 < leads < 6_000


def test_past_capacity_it_does_not_ask_for_more_leads() -> None:
    p = fs.plan(fs.load("aida-follow-up"), 2_000, progress=False)
    assert said(p, "Team sales is in the way")
    assert p.leads < 6_000


def test_a_rep_more_is_weighed_against_leads(follow_up: Any) -> None:
    sales = follow_up.reps_tried.set_index("reps")["sales"]
    gain = sales[3] / sales[2] - 1
    (sentence,) = [s for s in follow_up.sentences if s.startswith("With 3 reps in team sales")]
    assert f"{100 * gain:.2f} % more sales, for 9,900 EUR" in sentence  # 110 a day, 90 days
    more = int(re.findall(r"takes ([\d,]+) more leads", sentence)[0].replace(",", ""))
    leads, means = follow_up.curve["leads"], follow_up.curve["mean"]
    now, then = np.interp([follow_up.leads, follow_up.leads + more], leads, means)
    assert then / now - 1 == pytest.approx(gain, abs=0.02)
    each = follow_up.budget / follow_up.leads  # no channel is paid by the day
    cost = float(re.findall(r"as many, for ([\d,]+) EUR", sentence)[0].replace(",", ""))
    assert cost == pytest.approx(more * each, rel=0.01)


def test_past_capacity_only_a_rep_helps() -> None:
    p = fs.plan(fs.load("aida-follow-up"), 400, progress=False)
    assert re.search(r"instead of 2 .* for 9,900 EUR; more leads alone do not", str(p))


def test_a_conversion_of_0_is_named() -> None:
    stages = [{"name": "Visit", "conversion": 0}, {"name": "Sale"}]
    assert said(fs.plan(shop(stages=stages), 10), r"stages\.Visit\.conversion is 0")


def test_a_target_far_too_high_is_told_the_same_and_soon() -> None:
    ceiling = [{"name": "web", "leads_per_day": 10, "ceiling": 20}]
    for target in (500, 2_000, 10**9):
        p = fs.plan(shop(channels=ceiling), target, progress=False)
        assert said(p, "web is at its ceiling") and p.leads == 1_800
    assert not fs.plan(fs.load("aida-follow-up"), 10**9, progress=False).is_reached


def test_the_fewest_reps_that_would_do_are_named() -> None:
    assert said(
        fs.plan(fs.load("aida-follow-up"), 500, progress=False), "With 3 reps in team sales"
    )


def test_full_channels_are_named() -> None:
    channels = [{"name": "web", "leads_per_day": 10, "ceiling": 12}]
    p = fs.plan(shop(channels=channels), 80)
    assert said(p, "web is at its ceiling")
    assert any("Within 180 days" in sentence for sentence in p.sentences)


def test_a_horizon_that_is_too_short_is_named() -> None:
    stages = [
        {"name": "Visit", "conversion": 0.5, "decision_time": {"constant": "100 days"}},
        {"name": "Sale"},
    ]
    p = fs.plan(shop(stages=stages), 10)
    assert said(p, "Nobody gets through the funnel within 90 days")
    assert any(sentence.startswith("Within 180 days") for sentence in p.sentences)


def test_leads_that_cost_more_than_they_bring_are_named() -> None:
    channels = [{"name": "web", "leads_per_day": 10, "cost_per_lead": 10}]
    p = fs.plan(shop(channels=channels), 1_000, "contribution", progress=False)
    assert said(p, "a lead costs more than it brings")


# --- bad input --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"target": -1}, "target is -1; it is a number above 0"),
        ({"target": "many"}, 'target is "many"; it is a number above 0'),
        ({"target": float("nan")}, "target is nan"),
        ({"target": True}, "target is True"),
        ({"metric": "sails"}, "did you mean sales"),
        ({"probability": 90}, "write 0.9 for 90 %"),
        ({"probability": 1}, "it lies between 0 and 1"),
        ({"most_gone_cold": 5}, "write 0.05 for 5 %"),
        ({"target": 10.5}, "sales come in whole numbers: write 11"),
        ({"within": "0 days"}, 'within is "0 days"; it is a time above 0'),
        ({"change": "horizon"}, 'say it with within="120 days"'),
        ({"within": 90}, "within is 90; a duration is a number and a unit"),
        ({"change": "stages.Visit.conversio"}, "there are: leads, budget, "),
        ({"change": "reps"}, "no number above 0 stands there"),
        ({"change": 3}, "change is 3"),
        ({"pilot": "a few"}, 'write "15 of 300"'),
        ({"pilot": (20, 10)}, "pilot is (20, 10)"),
        ({"pilot": (0, 300)}, "without a sale seen"),
        ({"pilot": (1.5, 300)}, "pilot is (1.5, 300)"),
        ({"arrivals": "some"}, "there is no such"),
        ({"seed": -1}, "seed is -1"),
        ({"executor": 2}, "it is a concurrent.futures.Executor"),
    ],
)
def test_bad_input_gets_a_clear_word(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(fs.FunnelSimError, match=re.escape(message)):
        fs.plan(shop(), **{"target": 100, **arguments})


def test_money_needs_an_order() -> None:
    with pytest.raises(fs.FunnelSimError, match=r"the scenario has no \[order\]"):
        fs.plan(shop(order=None), 100, "revenue")


def test_nobody_comes_nobody_buys() -> None:
    nobody = shop(channels=[{"name": "web", "leads_per_day": 0}])
    with pytest.raises(fs.FunnelSimError, match="no channel brings leads in this time"):
        fs.plan(nobody, 5, change="stages.Visit.conversion")


def test_a_forecast_is_asked_for_what_it_has() -> None:
    told = fs.forecast(shop(), n=5, progress=False)
    with pytest.raises(fs.FunnelSimError, match="there are: sales, revenue"):
        told.chance("profit", 3)
    with pytest.raises(fs.FunnelSimError, match=r"target is .*; it is a number"):
        told.chance("sales", "x")


def test_no_scenario_is_no_scenario() -> None:
    with pytest.raises(fs.FunnelSimError, match="plan takes a Scenario"):
        fs.plan("aida", 100)


def test_channels_without_leads_have_no_mix() -> None:
    channels = [{"name": "web", "leads_per_day": 0}]
    with pytest.raises(fs.FunnelSimError, match="no channel brings leads"):
        fs.plan(shop(channels=channels), 100)


def test_a_fixed_number_of_leads_needs_a_formula() -> None:
    with pytest.raises(fs.FunnelSimError, match="leads wait for one another"):
        fs.plan(fs.load("aida-follow-up"), 100, arrivals="fixed")


# --- a calibrated scenario, a forecast --------------------------------------------------------


def test_a_calibration_brings_its_own_doubt() -> None:
    calibration = fs.calibrate(fs.load_crm_deals(), **fs.datasets.CRM_COLUMNS)
    in_doubt = fs.plan(calibration, 50, progress=False)
    certain = fs.plan(calibration.scenario, 50, progress=False)
    assert in_doubt.leads > certain.leads
    assert in_doubt.price_of_not_knowing > 0


def test_a_forecast_adds_up_and_is_what_is_simulated(seed: int) -> None:
    scenario = fs.load("aida")
    told = fs.forecast(scenario, n=20, seed=seed, progress=False)
    last = fs.simulate(scenario, seed, replication=19)
    assert told.totals.loc[19, "revenue"] == pytest.approx(fs.summary(last)["revenue"])
    assert told.by_week["sales", "mean"].cumsum().iloc[-1] == pytest.approx(
        told.so_far["sales", "mean"].iloc[-1]
    )


def test_a_forecast_in_doubt_has_the_chance_of_the_plan(seed: int) -> None:
    p = fs.plan(shop(), 100, pilot="15 of 300", progress=False)
    told = fs.forecast(p.scenario, n=1000, seed=seed, pilot="15 of 300", progress=False)
    assert "15 sales seen from 300" in told.known_from
    assert told.chance("sales", 100) == pytest.approx(0.9, abs=4 * (0.09 / 1000) ** 0.5)
    certain = fs.forecast(p.scenario, n=1000, seed=seed, progress=False)
    assert certain.known_from == "" and certain.totals["sales"].std() < told.totals["sales"].std()


def test_a_forecast_takes_a_calibration_and_a_deadline(seed: int) -> None:
    calibration = fs.calibrate(fs.load_crm_deals(), **fs.datasets.CRM_COLUMNS)
    told = fs.forecast(calibration, n=25, seed=seed, within="6 weeks", progress=False)
    assert len(told.by_week) == 6 and "an export" in told.known_from


def test_a_lever_of_one_is_today() -> None:
    for name in fs.templates():
        scenario = fs.load(name)
        assert lever(scenario, "leads").at(1.0) == scenario


@given(enough=st.integers(1, 60), busy=st.integers(1, 15), floor=st.sampled_from([0.0, 0.05, 0.3]))
def test_the_fewest_reps_are_found_wherever_the_search_begins(enough, busy, floor) -> None:
    def gone_cold(reps: int) -> float:
        return floor if reps >= enough else 0.9

    every = range(1, 4 * busy + 1)
    kept = [n for n in every if gone_cold(n) <= 0.1]
    near = [n for n in every if gone_cold(n) <= gone_cold(4 * busy) + 0.01]
    assert fewest(gone_cold, 0.1, busy, 4 * busy) == (min(kept or near), bool(kept))
