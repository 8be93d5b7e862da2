"""How loaded teams are, and how long until the pipeline is full, against queueing theory."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from theory import funnel, within

import funnelsim as fs
from funnelsim.experiment.too_small import queue_warnings

AIDA = fs.load("aida").vary({"horizon": "30 days"})
TEAM = fs.load("aida-follow-up").vary({"horizon": "30 days"})
NOBODY = AIDA.vary({f"channels.{channel.name}.leads_per_day": 0 for channel in AIDA.channels})


def test_the_load_is_arrivals_times_handling_over_open_time():
    scenario = fs.Scenario(
        name="by hand",
        horizon="28 days",
        channels=[{"name": "web", "leads_per_day": 20}],
        teams=[{"name": "sales", "reps": 2, "open": "Mon-Fri 09:00-17:00"}],
        stages=[
            {"name": "Interest", "conversion": 0.5, "follow_up": {
                "team": "sales", "handling_time": {"exponential": {"mean": "30 min"}},
                "missed": 0.1, "reach_probability": 0.5, "attempts": 2,
                "attempt_time": {"constant": "6 min"}}},
            {"name": "Desire", "conversion": 0.4, "follow_up": {
                "team": "sales", "handling_time": {"constant": "1 h"}}},
            {"name": "Action"},
        ],
    )  # fmt: skip
    row = fs.team_load(scenario).loc["sales"]
    # 18 are called: three of four reached; half a call and a quarter in vain on average, 6 min each
    interest = 18 * (0.75 * 0.5 + 0.75 * 0.1)
    desire = 18 * 0.75 * 0.5 * 1
    assert row["work_hours_per_day"] == pytest.approx(interest + desire)
    assert row["open_hours_per_day"] == pytest.approx(2 * 8 * 5 / 7)
    assert row["load"] == pytest.approx((interest + desire) / (2 * 8 * 5 / 7))


def one_team(stage: dict[str, Any], **parts: Any) -> float:
    """Hours a day of ten leads who are called for an hour each time."""
    call = {"team": "sales", "handling_time": {"constant": "1 h"}, **stage}
    scenario = fs.Scenario(
        name="by hand",
        horizon="28 days",
        channels=[{"name": "web", "leads_per_day": 10}],
        teams=[{"name": "sales", "reps": 1}],
        stages=[{"name": "Interest", "conversion": 0.5, "follow_up": call}, {"name": "Action"}],
        **parts,
    )
    return float(fs.team_load(scenario).loc["sales", "work_hours_per_day"])


@pytest.mark.parametrize(
    ("patience", "second", "third"),
    [
        (None, 1, 1),
        ({"constant": "1 day"}, 1, 0),  # the second begins just in time
        ({"constant": "23 h"}, 0, 0),
        ({"exponential": {"mean": "1 day"}}, math.exp(-1), math.exp(-2)),
    ],
)
def test_between_calls_patience_may_end(patience: Any, second: float, third: float) -> None:
    """The first call is at once, the next ones a day and two days later."""
    call: dict[str, Any] = {"reach_probability": 0.4, "attempts": 3, "every": "1 day"}
    if patience:
        call["patience"] = patience
    reached = 0.4 + 0.6 * 0.4 * second + 0.6**2 * 0.4 * third
    assert one_team(call) == pytest.approx(10 * reached, rel=2e-3)


def test_detractors_come_back_neither_to_buy_nor_to_be_sold_more() -> None:
    """5 of 10 buy; of a coin of 0.6 and 30 % detractors come 1 ÷ (1 - 0.42) kept orders each, and
    each brings a tenth of a deal more, which is one call.
    """
    parts: dict[str, Any] = {
        "order": {"value": {"constant": 10}},
        "retention": {"repeat_probability": 0.6, "gap": {"constant": "1 day"}},
        "satisfaction": {"promoter": 0.2, "detractor": 0.3},
        "upsell": {"probability": 0.1, "enters": "Interest"},
    }
    orders = 5 / (1 - 0.6 * 0.7)
    # a deal that is sold more is an order too, which may bring another, but tosses no coin
    more = 0.1 * orders / (1 - 0.1 * 0.5)
    assert one_team({}, **parts) == pytest.approx(10 + more)


@pytest.mark.parametrize("name", ["aida-follow-up", "b2b-pipeline", "seven-stage", "upsell"])
def test_the_load_is_the_utilisation_of_a_team_that_nobody_waits_for(name, seed):
    """Little's law, with segments, recoveries, referrals, upsells, skills and several calls."""
    scenario = fs.load(name)
    many = {f"teams.{team.name}.reps": 400 for team in scenario.teams}
    always = {f"teams.{team.name}.open": "always" for team in scenario.teams}
    seasons = ("months", "growth", "bursts")
    even = {f"channels.{c.name}.{key}": None for c in scenario.channels for key in seasons}
    skills = {f"teams.{team.name}.skills": None for team in scenario.teams}
    long = {"horizon": "600 days", "warm_up": "400 days"}
    scenario = scenario.vary({**many, **always, **even, **skills, **long})
    busy = fs.replicate(scenario, 6, seed=seed, progress=False).table.filter(like="utilisation")
    load = fs.team_load(scenario)["load"]
    for team in scenario.teams:
        measured = busy[f"utilisation: {team.name}"]
        error = max(measured.std() / math.sqrt(6) * 2, 0.01 * load[team.name])
        assert within(measured.mean(), load[team.name], error)


def test_a_team_too_small_is_no_error_and_is_said():
    endless = TEAM.vary({
        "teams.sales.reps": 1,
        "stages.Interest.follow_up.patience": None,
        "stages.Desire.follow_up.patience": None,
        "stages.Interest.follow_up.response_half_life": None,
        "stages.Desire.follow_up.response_half_life": None,
    })  # fmt: skip
    x = fs.replicate(endless, 3, progress=False)
    assert len(x.table) == 3
    assert "The queue of team sales grows without end" in x.warnings[0]
    assert "The queue of team sales grows without end" in repr(x)
    advice = fs.warm_up_advice(endless, n=3, progress=False)
    assert advice.warm_up is None
    assert "never fills up" in advice.sentence


def test_where_leads_go_cold_the_queue_does_not_grow_without_end():
    small = TEAM.vary({"teams.sales.reps": 1})
    assert (fs.team_load(small)["load"] > 1).all()
    assert queue_warnings(small) == []
    assert "too small, and loses leads by it" in fs.replicate(small, 3, progress=False).warnings[0]


def test_a_team_big_enough_is_not_spoken_of():
    assert fs.replicate(TEAM, 3, progress=False).warnings == []


def test_nobody_comes_and_everything_runs():
    assert fs.replicate(NOBODY, 5, progress=False).table["leads"].sum() == 0
    c = fs.compare({"a": NOBODY, "b": AIDA}, n=2, progress=False)
    assert c.differences().loc[("leads", "b"), "difference"] > 0
    assert fs.sensitivity(NOBODY, n=2, progress=False).table["effect"].max() == 0
    assert fs.warm_up_advice(NOBODY, n=2, progress=False).warm_up == 0
    idle = TEAM.vary({f"channels.{c.name}.leads_per_day": 0 for c in TEAM.channels})
    assert fs.team_load(idle).loc["sales", "load"] == 0


def test_the_pipeline_is_as_full_as_littles_law_says(seed):
    """Open leads = leads a day × mean days in the funnel, reached as 1 - exp(-t / mean)."""
    scenario = funnel(
        horizon="140 days",
        channels=[{"name": "web", "leads_per_day": 30}],
        stages=[
            {"name": "Interest", "conversion": 0.5,
             "decision_time": {"exponential": {"mean": "4 days"}}},
            {"name": "Action"},
        ],
    )  # fmt: skip
    advice = fs.warm_up_advice(scenario, n=30, seed=seed, progress=False)
    days = advice.table.index.to_numpy()
    expected = 30 * 4 * (1 - np.exp(-days / 4))
    error = math.sqrt(120 / 30)  # the number in the funnel is Poisson
    assert np.abs(advice.table["open_leads"] - expected).max() < 6 * error  # of 140 days
    assert advice.level == pytest.approx(120, abs=5)
    # a bias of a twentieth is seen, one of a thousandth is not
    assert 4 * math.log(20) - 4 <= advice.warm_up <= 4 * math.log(1000) + 4


def test_open_leads_are_counted_as_in_the_journal():
    journal = fs.simulate(TEAM, seed=3)
    from funnelsim.experiment.warm_up import open_leads

    counted = open_leads(journal)
    visits = journal.stage_visits
    for day in (1, 10, 30):
        inside = (visits["entered"] <= day) & ~(visits["decided"] <= day)
        assert counted[day - 1] == inside.sum()


def test_a_short_horizon_gets_no_advice():
    advice = fs.warm_up_advice(AIDA.vary({"horizon": "10 days"}), n=3, progress=False)
    assert advice.warm_up is None
    assert "too short" in advice.sentence


def test_growth_is_left_out_of_the_advice():
    growing = AIDA.vary({"channels.search ads.growth": 5.0, "horizon": "60 days"})
    advice = fs.warm_up_advice(growing, n=5, progress=False)
    assert "left out" in advice.warnings[0]
    assert advice.scenario == growing
