"""In which week a change must begin: against Poisson sums, and simulated at the planned week."""

from __future__ import annotations

import math
from datetime import date
from typing import Any

import numpy as np
import pytest
from scipy import stats
from test_charts_of_experiments import drawn

import funnelsim as fs
from funnelsim import charts
from funnelsim.distributions import DAY, WEEK
from funnelsim.engines import simulate_together
from funnelsim.errors import FunnelSimError
from funnelsim.metrics.planned import sales_of
from funnelsim.planner import futures, trials
from funnelsim.planner.levers import lever, turned_down


def shop(begins: str, factor: float) -> fs.Scenario:
    """Leads decide at once, so sales are Poisson distributed; from 4 January, a Monday."""
    return fs.Scenario(
        name="shop",
        start="2027-01-04",
        horizon="73 days",
        channels=[{"name": "web", "leads_per_day": 10}],
        stages=[{"name": "Visit", "conversion": 0.1}, {"name": "Sale"}],
        changes=[{"name": "fair", "from": begins, "leads_factor": factor}],
    )


def chance(days_with_it: int, factor: float, target: int) -> float:
    mean = 0.1 * 10 * (73 - days_with_it + factor * days_with_it)
    return float(stats.poisson.sf(target - 1, mean))


# --- against a sum ------------------------------------------------------------------------------


@pytest.mark.parametrize(("factor", "target"), [(2.0, 85), (2.0, 100), (0.3, 50), (0.3, 35)])
def test_it_is_the_week_nearest_to_none_that_is_enough(factor: float, target: int) -> None:
    """What helps may come late, what hurts must not come early."""
    p = fs.plan(shop("30 days", factor), target, change="changes.fair.from")
    weeks = [*range(0, 73, 7), 73]
    enough = [day for day in weeks if chance(73 - day, factor, target) >= 0.9]
    day = (max if factor > 1 else min)(enough)
    assert p.method == "formula" and p.is_reached
    assert p.scenario.changes[0].from_ == day * DAY
    assert p.chance == pytest.approx(chance(73 - day, factor, target))
    exact = [chance(73 - day, factor, target) for day in p.curve["setting"].astype(int)]
    assert p.curve["chance"].tolist() == pytest.approx(exact)
    starts = [date(2027, 1, 4).toordinal() + int(day) for day in p.curve["setting"]]
    assert [one.toordinal() for one in p.curve["date"]] == starts


def test_a_change_that_is_not_needed_is_none_and_one_too_late_cannot_help() -> None:
    none = fs.plan(shop("30 days", 2.0), 60, change="changes.fair.from")
    assert none.sentences[0].startswith("With no fair within the time (in the scenario 2027-02-03")
    assert none.scenario.changes[0].from_ == none.scenario.horizon
    never = fs.plan(shop("30 days", 2.0), 200, change="changes.fair.from")
    assert not never.is_reached and "fair from 2027-01-04, week 1" in never.sentences[0]
    assert never.sentences[1] == "fair: from cannot be earlier."
    nothing = fs.plan(shop("30 days", 1.0), 200, change="changes.fair.from")
    assert "fair: from does not change the sales." in nothing.sentences


@pytest.mark.parametrize("begins", ["-3 days", "0 days", "30 days", "200 days"])
def test_wherever_a_change_stands_its_lever_reaches_every_week(begins: str) -> None:
    for moved in (up := lever(shop(begins, 2.0), "changes.fair.from"), turned_down(up)):
        assert moved.at(1.0) is moved.scenario
        for moment in moved.moments:
            x = moved.factor_of(moment)
            assert 0 <= x <= moved.high and round(moved.number_at(x)) == moment
        assert moved.moments[1] - moved.moments[0] == WEEK


def test_what_cannot_be_moved_says_so() -> None:
    s = shop("30 days", 2.0)
    with pytest.raises(FunnelSimError, match="what is left out cannot be turned"):
        fs.plan(s, 100, change="changes.fair.to")
    ends = s.vary({"changes.fair.to": "35 days", "warm_up": "40 days"})
    with pytest.raises(FunnelSimError, match=r"no week of the plan begins.*other end"):
        fs.plan(ends, 100, change="changes.fair.from")
    far = s.vary({"changes.fair.from": "90000 days"})  # past the last moment that there is
    assert far.changes[0].from_ > s.horizon


# --- against the simulation ---------------------------------------------------------------------


def hiring(**changed: Any) -> fs.Scenario:
    """Hardly half of the work is done, until somebody comes."""
    tables: dict[str, Any] = {
        "name": "hiring",
        "start": "2027-01-04",
        "horizon": "84 days",
        "channels": [{"name": "web", "leads_per_day": 6}],
        "teams": [{"name": "sales", "reps": 1, "open": "Mon-Sun 09:00-17:00"}],
        "stages": [
            {"name": "Visit", "conversion": 0.5, "follow_up": {
                "team": "sales", "handling_time": {"exponential": {"mean": "150 min"}},
                "patience": {"exponential": {"mean": "1 day"}}}},
            {"name": "Sale"},
        ],
        "changes": [{"name": "hire", "from": "20 days", "reps": {"sales": 1}, "skill": 0.5,
                     "ramp": "28 days"}],
    }  # fmt: skip
    return fs.Scenario(**{**tables, **changed})


def test_a_hire_in_the_planned_week_reaches_the_target_as_often_as_is_said(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trials, "FEW_LEADS", 30_000)
    monkeypatch.setattr(trials, "MANY_LEADS", 100_000)
    monkeypatch.setattr(futures, "LEADS", 20_000)  # of the tables, which are not looked at
    monkeypatch.setattr(futures, "LEADS_OF_REPS", 5_000)
    p = fs.plan(hiring(), 155, change="changes.hire.from", seed=seed, progress=False)
    assert p.is_reached and p.method == "simulation"
    begins = p.scenario.changes[0].from_
    assert begins % WEEK == 0 and 0 < begins < p.scenario.horizon
    others, count = (seed + 1) % 2**32, 400
    parts = simulate_together(p.scenario, others, range(count))
    reached = float(np.concatenate([sales_of(part) >= 155 for part in parts]).mean())
    share = 0.9 * 0.1  # the chance is 0.9 or a little more
    error = math.sqrt(share / count + share / p.replications)
    print(f"planned {p.chance:.3f}, simulated {reached:.3f}, s.e. {error:.3f}")
    assert abs(reached - p.chance) <= 5 * error
    # the picture has the week where it is, and dates below
    chart = charts.plan_chance(p)
    mark = next(row for row in drawn(chart) if "name" in row)
    when = p.curve.loc[p.curve["setting"] == begins // DAY, "date"].iloc[0]
    assert mark["at"] == begins // DAY and f"the plan: {when:%Y-%m-%d}" in mark["name"]
    assert "utcFormat" in chart.to_dict()["layer"][-1]["encoding"]["x"]["axis"]["labelExpr"]
