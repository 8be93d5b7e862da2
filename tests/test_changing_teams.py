"""Teams whose reps come and go: by hand, against theory, and what is counted of them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

import funnelsim as fs
from funnelsim.distributions import DAY, HOUR
from funnelsim.experiment.too_small import queue_warnings
from funnelsim.planner.levers import lever
from funnelsim.scenario.parameters import parameter
from funnelsim.staffing import crew

ENGINES = ["process", "columns"]


def firm(*changes: dict[str, Any], **more: Any) -> fs.Scenario:
    """A team that opens at ten, when all leads of the day before have queued, and takes two hours
    for each: who answers whom is settled by hand."""
    tables: dict[str, Any] = {
        "name": "by hand",
        "horizon": "10 days",
        "channels": [{"name": "web", "leads_per_day": 12, "hours": [1] * 9 + [0] * 15}],
        "teams": [
            {"name": "sales", "reps": 2, "open": "Mon-Sun 10:00-12:00", "cost_per_rep_day": 100}
        ],
        "stages": [
            {
                "name": "Interest",
                "conversion": 0.5,
                "follow_up": {"team": "sales", "handling_time": {"constant": "2 h"}},
            },
            {"name": "Action"},
        ],
        "order": {"value": {"constant": 100}},
    }
    named = [{"name": f"change {n}", **change} for n, change in enumerate(changes)]
    return fs.Scenario(**tables, changes=named).vary(more)


def who_calls(scenario: fs.Scenario, engine: str, seed: int) -> list[list[int]]:
    """The reps who take a lead at each day's opening."""
    calls = fs.simulate(scenario, seed, engine=engine, progress=False).whole["follow_ups"]
    begun = calls["started"] >= 0
    assert (calls["started"][begun] % DAY == 10 * HOUR).all()
    days, reps = calls["started"][begun] // DAY, calls["rep"][begun]
    return [sorted(reps[days == day].tolist()) for day in range(scenario.days)]


@pytest.mark.parametrize("engine", ENGINES)
def test_who_comes_has_the_next_numbers_and_the_last_of_the_usual_is_away(
    engine: str, seed: int
) -> None:
    scenario = firm(
        {"from": "2 days", "to": "6 days", "reps": {"sales": 1}},
        {"from": "3 days", "to": "5 days", "reps": {"sales": -1}},  # for whom the third stands in
        {"from": "4 days", "to": "5 days", "reps": {"sales": -2}},  # and now nobody is left
        {"from": "7 days", "reps": {"sales": 2}},
        {"from": "8.25 days", "reps": {"sales": -1}},
    )
    usual, three = [1, 2], [1, 2, 3]
    expected = [usual, usual, three, [1, 3], [], three, usual, [1, 2, 4, 5], [1, 4, 5], [1, 4, 5]]
    assert who_calls(scenario, engine, seed) == expected


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("serves", ["first come", "newest first"])
def test_who_leaves_as_a_call_could_begin_takes_none_and_who_comes_then_does(
    engine: str, serves: str, seed: int
) -> None:
    opening = f"{3 * 24 + 10} h"
    leaves = firm({"from": opening, "reps": {"sales": -1}}, **{"teams.sales.serves": serves})
    comes = firm({"from": opening, "reps": {"sales": 1}}, **{"teams.sales.serves": serves})
    assert who_calls(leaves, engine, seed)[2:5] == [[1, 2], [1], [1]]
    assert who_calls(comes, engine, seed)[2:5] == [[1, 2], [1, 2, 3], [1, 2, 3]]


@pytest.mark.parametrize("engine", ENGINES)
def test_a_call_that_has_begun_is_finished(engine: str, seed: int) -> None:
    """Both reps go at eleven, in the middle of their calls."""
    scenario = firm({"from": f"{3 * 24 + 11} h", "to": f"{4 * 24} h", "reps": {"sales": -2}})
    calls = fs.simulate(scenario, seed, engine=engine, progress=False).whole["follow_ups"]
    that_day = calls["started"] // DAY == 3
    assert (calls["finished"][that_day] == 3 * DAY + 12 * HOUR).all() and that_day.sum() == 2
    assert who_calls(scenario, engine, seed)[4] == [1, 2]


@pytest.mark.parametrize("serves", ["first come", "newest first"])
def test_a_holiday_of_all_is_a_closed_team(serves: str, seed: int) -> None:
    """Idle reps come back in the order of their numbers, as they would wait behind closed doors."""
    s = fs.load("aida-follow-up").vary({"horizon": "30 days", "teams.sales.serves": serves})
    s = s.vary({"teams.sales.open": "Mon-Fri 09:00-17:00", "teams.sales.reps": 1})
    week = [f"2027-01-{day}" for day in range(11, 16)]
    away = {"name": "holiday", "from": "2027-01-11", "to": "2027-01-16", "reps": {"sales": -1}}
    closed, holiday = s.vary({"teams.sales.closed": week}), s.vary({"changes": [away]})
    one, other = (fs.simulate(x, seed, progress=False) for x in (closed, holiday))
    for table in ("stage_visits", "follow_ups", "orders"):
        for name, column in one.whole[table].items():
            np.testing.assert_array_equal(column, other.whole[table][name])
    pd.testing.assert_series_equal(fs.summary(one), fs.summary(other))


def test_only_those_who_are_there_cost_and_have_hours() -> None:
    scenario = firm(
        {"from": "2.5 days", "to": "4 days", "reps": {"sales": 1}},  # comes at noon: one day
        {"from": "6 days", "to": "8 days", "reps": {"sales": -2}},
    )
    journal = fs.simulate(scenario, progress=False)
    assert fs.metrics.key_figures(journal)["profit"][0] == pytest.approx(
        fs.metrics.key_figures(journal)["contribution"][0] - 100 * (8 * 2 + 1)
    )
    calls = journal.whole["follow_ups"]
    busy = (calls["finished"] - calls["started"])[calls["finished"] >= 0].sum()
    share = fs.summary(journal)["utilisation: sales"]
    assert share == pytest.approx(busy / ((8 * 2 + 1) * 2 * HOUR))
    load = fs.team_load(scenario, by_period=True)
    assert load["reps"].tolist() == [2, 3, 2, 0, 2]
    assert load["open_hours_per_day"].tolist() == [4.8, 4.0, 4.0, 0.0, 4.0]


def test_reps_of_a_while_are_named_and_shown(seed: int) -> None:
    journal = fs.simulate(firm({"from": "1 day", "reps": {"sales": 1}}), seed, progress=False)
    assert {"sales 1", "sales 2", "sales 3"} <= set(journal.leads["owner"].dropna())
    assert "sales 3" in fs.reps_table(journal).index


@pytest.mark.parametrize("engine", ENGINES)
def test_the_skill_of_a_hire_grows_over_its_ramp(engine: str, seed: int) -> None:
    """At odds of next to nothing at first, like any other when the ramp is over."""
    one = {"from": "0 days", "ramp": "40 days", "reps": {"sales": 50}, "skill": 1e-9}
    many = {"horizon": "60 days", "channels.web.leads_per_day": 45}
    journal = fs.simulate(firm(one, **many), seed, engine=engine, progress=False)
    calls = journal.follow_ups
    last = {rep: i for i, rep in enumerate(journal.leads["owner"].cat.categories)}
    hired = calls["rep"].map(last).astype(float) >= 2
    won = calls["lead"].isin(journal.leads.loc[journal.leads["outcome"] == "customer", "lead"])
    early = won[hired & (calls["started"] < 30)]  # odds of e^-5.2 at most
    late = won[hired & (calls["started"] >= 40)]
    assert early.mean() < 0.02 and abs(late.mean() - 0.5) < 4.5 * 0.5 / np.sqrt(len(late))
    (team,) = journal.scenario.teams
    grows = crew(journal.scenario, team)[-1]
    assert grows.skill_at(20 * DAY) == pytest.approx(1e-9**0.5) and grows.skill_at(50 * DAY) == 1


def test_two_servers_then_three_wait_as_erlang_says(seed: int) -> None:
    """M/M/2, and from the middle on M/M/3: each part waits as long as its own steady state."""
    third = {"name": "third", "from": "400 days", "reps": {"sales": 1}}
    s = fs.Scenario(
        name="Erlang",
        horizon="800 days",
        channels=[{"name": "web", "leads_per_day": 36}],
        teams=[{"name": "sales", "reps": 2}],
        stages=[
            {
                "name": "Interest",
                "conversion": 0.5,
                "follow_up": {"team": "sales", "handling_time": {"exponential": {"mean": "1 h"}}},
            },
            {"name": "Action"},
        ],
        changes=[third],
    )
    load = 1.5  # rates a day: 36 come, each rep serves 24
    # a run of n arrivals has a standard error of about sqrt(2 (1 + rho) / n) / (1 - rho)² waits
    calls = fs.simulate(s, seed, progress=False).whole["follow_ups"]
    begun = calls["started"] >= 0
    waits = (calls["started"] - calls["queued"])[begun] / HOUR
    queued = calls["queued"][begun] / DAY
    for reps, these in ((2, (queued > 10) & (queued < 399)), (3, queued > 410)):
        terms = [load**k / np.prod(np.arange(1, k + 1)) for k in range(reps)]
        last = load**reps / np.prod(np.arange(1, reps + 1)) / (1 - load / reps)
        mean = last / (sum(terms) + last) / (reps - load)
        rho, n = load / reps, these.sum()
        error = mean * np.sqrt(2 * (1 + rho) / n) / (1 - rho) * 2
        assert abs(waits[these].mean() - mean) < 5 * error


def test_a_plan_moves_when_a_hire_begins_and_keeps_those_whom_changes_take_away() -> None:
    away = {"name": "holiday", "from": "100 days", "to": "107 days", "reps": {"sales": -2}}
    hiring = fs.load("hiring")
    moved = lever(hiring, "changes.hire.from")
    assert moved.at(moved.factor_of(28 * DAY)) == hiring.vary({"changes.hire.from": "28 days"})
    s = hiring.vary({"teams.sales.reps": 4, "changes": [away]})
    assert lever(s, "reps").at(0.25).teams[0].reps == 2  # with one, fewer than none were there


def test_load_and_warnings_count_those_who_are_there_on_average() -> None:
    endless = {
        "stages.Interest.follow_up": {"team": "sales"},
        "stages.Desire.follow_up.patience": None,
        "stages.Desire.follow_up.response_half_life": None,
    }
    drowns = fs.load("hiring").vary({"channels.search ads.leads_per_day": 40} | endless)
    (said,) = queue_warnings(drowns)
    assert "its reps, 2.8 on average, have" in said
    load = fs.team_load(drowns)["load"].iloc[0]
    parts = fs.team_load(drowns, by_period=True)
    assert parts["load"].iloc[0] > load > parts["load"].iloc[1]


def test_a_skill_keeps_somebody_to_be_of_wherever_a_slider_goes() -> None:
    """Nobody is a hire that was taken out; fewer than nobody, where no team gets more, is wrong."""
    hire, path = fs.load("hiring"), "changes.hire.reps.sales"
    assert parameter(hire, path).least == 0
    assert hire.vary({path: 0}).changes[0].skill == 0.5
    with pytest.raises(fs.ScenarioError, match="with this change nobody comes: leave it out"):
        hire.vary({path: -1})
    assert parameter(hire.vary({"changes.hire.skill": 1}), path).least == -2
