"""Both engines against the model told a third time, from MODEL alone: field by field.

What the engines share (who comes, what is drawn, how a distribution is turned, when a team is open)
the test of their agreement cannot see; here it is told once more by other means.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from changing_teams import with_changing_teams
from eventful_lives import lives as eventful_lives
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from reference import Reference
from some_changes import with_changes
from some_scenarios import scenario_tables
from tied_scenarios import tied_tables

import funnelsim as fs
from funnelsim.distributions import HOUR, Distribution
from funnelsim.engines.draws import deliveries, draws, order_draws
from funnelsim.engines.draws.drawn import same
from funnelsim.errors import FunnelSimError
from funnelsim.opening_hours import OpeningHours

SCENARIOS = int(os.environ.get("FUNNELSIM_SCENARIOS", "20"))
TIMES = ("arrived", "entered", "decided", "queued", "started", "finished", "placed", "closed",
         "sent", "time")  # fmt: skip
MICROSECONDS = 100  # another way to the same number may round another way, at each step
# in the order of the journal; what is alike in these may stand in either order
ORDER = {
    "leads": ("arrived", "key"),
    "stage_visits": ("lead", "entered", "stage", "attempt"),
    "follow_ups": ("lead", "queued", "stage", "attempt", "call"),
    "orders": ("placed", "lead", "number"),
    "statuses": ("order",),
    "messages": ("sent", "lead", "name"),
    "points": ("time", "customer", "kind", "points"),
}


def differences(journal: fs.Journal, reference: Reference) -> list[str]:
    found, told = [], reference.tables()
    for table, by in ORDER.items():
        columns = {name: column.astype(np.int64) for name, column in journal.whole[table].items()}
        count = len(next(iter(columns.values())))
        if count != len(told[table]):
            found.append(f"{table}: {count} rows, {len(told[table])} in the reference")
            continue
        other = {name: np.array([row[name] for row in told[table]], "i8") for name in columns}
        here, there = (np.lexsort([of[name] for name in reversed(by)]) for of in (columns, other))
        for name, column in columns.items():
            a, b = column[here], other[name][there]
            off = np.flatnonzero(abs(a - b) > (MICROSECONDS if name in TIMES else 0))
            off = off if name not in TIMES else np.union1d(off, np.flatnonzero((a < 0) != (b < 0)))
            if len(off):
                found.append(f"{table}.{name}, row {off[0]}: {a[off[0]]}, not {b[off[0]]}")
    return found


def both_engines_tell(scenario: fs.Scenario, seed: int, replication: int = 0) -> None:
    try:
        journals = [
            fs.simulate(scenario, seed, replication=replication, engine=engine, progress=False)
            for engine in ("process", "columns")
        ]
    except FunnelSimError as error:  # the reference would go on without end
        assert "avalanche" in str(error)
        return
    reference = Reference(scenario, seed, replication)
    for journal in journals:
        assert differences(journal, reference) == []


WHOLE = fs.load(Path(__file__).parent / "whole_scenario.toml")


@pytest.mark.parametrize("name", [*fs.templates(), "everything"])
def test_on_every_named_scenario(name: str, seed: int) -> None:
    scenario = WHOLE if name == "everything" else fs.load(name)
    both_engines_tell(scenario.vary({"horizon": "10 days", "warm_up": "0 days"}), seed)


KINDS: list[tuple[dict[str, Any], dict[str, Any]]] = [  # of a duration, and of an amount
    ({"constant": "7 h"}, {"constant": 33.33}),
    ({"uniform": {"low": "1 h", "high": "3 days"}}, {"uniform": {"low": 1, "high": 90}}),
    (
        {"triangular": {"low": "1 h", "mode": "5 h", "high": "3 days"}},
        {"triangular": {"low": 10, "mode": 90, "high": 95}},
    ),
    ({"exponential": {"mean": "1.5 days"}}, {"exponential": {"mean": 70}}),
    ({"exponential": {"rate": 0.5}}, {"exponential": {"rate": 0.02}}),
    ({"lognormal": {"mean": "20 h", "cv": 1.5}}, {"lognormal": {"mean": 80, "cv": 0.8}}),
    ({"gamma": {"mean": "2 days", "cv": 0.4}}, {"gamma": {"mean": 60, "cv": 2}}),
    ({"gamma": {"shape": 0.7, "rate": 1.5}}, {"gamma": {"shape": 3, "rate": 0.05}}),
    ({"weibull": {"mean": "30 h", "shape": 0.8}}, {"weibull": {"mean": 50, "shape": 2.5}}),
    (
        {"empirical": {"values": ["3 days", "1 h", "6 h"], "weights": [1, 0, 3]}},
        {"empirical": {"values": [20, 99.95, 5]}},
    ),
]


@pytest.mark.parametrize(("length", "amount"), KINDS, ids=lambda table: str(next(iter(table))))
def test_with_each_kind_of_distribution(
    length: dict[str, Any], amount: dict[str, Any], seed: int
) -> None:
    changes = {
        "horizon": "12 days",
        "channels.search ads.leads_per_day": 15,
        "stages.Attention.decision_time": length,
        "stages.Interest.follow_up.patience": length,
        "order.value": amount,
        "retention.gap": length,
    }
    both_engines_tell(WHOLE.vary(changes), seed)


CHANNELS: dict[str, dict[str, Any]] = {
    "negative binomial": {"dispersion": 2.5},
    "by the hour": {"hours": [0] * 7 + [1, 2, 3] * 5 + [0, 0.5]},
    "by weekday and month": {"weekdays": [1, 1, 1, 1, 2, 0.5, 0], "months": [3, 0.2] * 6},
    "growing": {"growth": 40.0},
    "a burst of hours": {"bursts": [{"from": "30 h", "to": "44 h", "factor": 8}]},
    "a burst over days": {
        "bursts": [
            {"from": "1.5 days", "to": "9.25 days", "factor": 3},
            {"from": "6 days", "to": "7 days", "factor": 0},
        ]
    },
}


@pytest.mark.parametrize("change", CHANNELS.values(), ids=CHANNELS)
def test_with_leads_of_any_kind(change: dict[str, Any], seed: int) -> None:
    scenario = fs.Scenario(
        name="arrivals",
        start="2027-01-20",  # a Wednesday, and another month after twelve days
        horizon="400 h",
        channels=[{"name": "web", "leads_per_day": 12, **change}],
        stages=[{"name": "Interest", "conversion": 0.5}, {"name": "Action"}],
    )
    both_engines_tell(scenario, seed)


@pytest.mark.parametrize(
    "hours",
    ["always", "Mon-Fri 09:00-17:30", "Sat-Mon 00:00-24:00; Tue 12:00-13:00", "Wed 05:15-06:00"],
)
def test_with_any_opening_hours(hours: str, seed: int) -> None:
    changes = {
        "horizon": "15 days",
        "channels.search ads.leads_per_day": 12,
        "teams.sales.open": hours,
        "teams.sales.closed": ["2027-01-05", "2027-01-11"],
        "teams.sales.reps": 1,
    }
    both_engines_tell(WHOLE.vary(changes), seed)


any_tables = with_changing_teams(
    with_changes(st.one_of(scenario_tables(), scenario_tables(), eventful_lives(), tied_tables()))
)


@pytest.mark.slow
@settings(max_examples=SCENARIOS, suppress_health_check=list(HealthCheck))
@given(any_tables, st.integers(0, 2**32), st.integers(0, 3))
def test_on_generated_scenarios(tables: dict[str, Any], seed: int, replication: int) -> None:
    both_engines_tell(fs.Scenario(**tables), seed, replication)


# --- and it would notice a slip in what both engines share ----------------------------------------


def _once_more(slipped: Callable[..., Any], by: Any) -> Callable[..., Any]:
    return lambda *args, **kwargs: slipped(*args, **kwargs) + by


SLIPS: list[tuple[Any, str, Callable[[Any], Any]]] = [
    (draws, "mean_by_day", lambda was: _once_more(was, 0.3)),
    (draws, "time_of_day", lambda was: _once_more(was, HOUR)),
    (draws, "_ln_odds_ratio", lambda was: lambda ratio, stage: 0.0),
    (draws, "_first_success", lambda was: lambda calls, call, happens, n: same(0, n, "i2")),
    (order_draws, "_feelings", lambda was: lambda s, u, d, waited: was(s, u, d, waited=False)),
    (order_draws, "order_value", lambda was: _once_more(was, 1)),
    (order_draws.CustomerDraws, "enrols", lambda was: lambda self, rows: ~was(self, rows)),
    (
        deliveries,
        "_of_these",
        lambda was: lambda uniform, these: lambda q: uniform(q)[: len(these)],
    ),
    (draws, "choose", lambda was: lambda weights, u: was(weights, 1 - u)),
    (Distribution, "ppf", lambda was: lambda self, u: was(self, 1 - u)),
    (OpeningHours, "is_open", lambda was: lambda self, moment: was(self, moment + HOUR)),
]


@pytest.mark.parametrize("slip", SLIPS, ids=lambda slip: f"{slip[0].__name__}.{slip[1]}")
def test_a_slip_in_what_both_share_is_seen(
    slip: tuple[Any, str, Callable[[Any], Any]], seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The reference has no line of it, so it goes on telling what MODEL says."""
    place, name, slipped = slip
    changes = {
        "horizon": "12 days",
        "channels.search ads.leads_per_day": 12,
        "stages.Attention.conversion": 0.9,
        "stages.Interest.conversion": 0.8,
        "stages.Interest.follow_up.patience": {"exponential": {"mean": "5 days"}},
        "stages.Interest.decision_time": {"exponential": {"mean": "2 h"}},
        "stages.Desire.conversion": 0.9,
        "satisfaction.late_follow_up.after": "1 h",
        "satisfaction.detractor": 0.3,
    }
    scenario = WHOLE.vary(changes)
    monkeypatch.setattr(place, name, slipped(getattr(place, name)))
    journal = fs.simulate(scenario, seed, engine="process", progress=False)
    assert differences(journal, Reference(scenario, seed)) != []
