"""Two engines, one history: equal in every field of every table, on any scenario.

A quick seventy-five generated scenarios here; a long run is asked for by a number:

    FUNNELSIM_SCENARIOS=2000 pytest tests/test_engines_agree.py
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from all_at_once import all_at_once
from changing_teams import with_changing_teams
from eventful_lives import lives as eventful_lives
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from some_changes import with_changes
from some_scenarios import scenario_tables
from some_states import Business, with_a_state
from tied_scenarios import tied_tables

import funnelsim as fs
from funnelsim.distributions import HOUR
from funnelsim.engines import simulate_together
from funnelsim.engines.column_engine import columns, ledger, queue_walk, staff, story
from funnelsim.engines.simpy_engine import account, clock, customer_life, process
from funnelsim.errors import FunnelSimError
from funnelsim.metrics import key_figures

WHOLE = fs.load(Path(__file__).parent / "whole_scenario.toml")
NAMED = {name: fs.load(name) for name in fs.templates()} | {"everything": WHOLE}
SCENARIOS = int(os.environ.get("FUNNELSIM_SCENARIOS", "75"))
any_scenario = st.one_of(tied_tables(), tied_tables(), scenario_tables(), eventful_lives())
any_tables = with_changing_teams(with_changes(any_scenario))
any_business = with_a_state(any_tables)

by_the_hundred = settings(max_examples=SCENARIOS, suppress_health_check=list(HealthCheck))
needs_numba = pytest.mark.skipif(
    find_spec("numba") is None or os.environ.get("FUNNELSIM_NUMBA") == "0",
    reason='Numba is not here: pip install "funnelsim[speed]", and no FUNNELSIM_NUMBA=0',
)


IN_PANDAS = (
    *("leads", "stage_visits", "follow_ups", "orders", "statuses", "messages", "points"),
    "events",
)


def differences(one: fs.Journal, other: fs.Journal) -> list[str]:
    """The fields in which two histories are not the same, to the bit and to the type."""
    assert list(one.whole) == list(other.whole)
    found = [
        f"{table}.{column}: {a!r} against {b!r}"
        for table in one.whole
        for (column, a), b in zip(
            one.whole[table].items(), other.whole[table].values(), strict=True
        )
        if a.dtype != b.dtype or not np.array_equal(a, b)
    ]
    for name in IN_PANDAS:  # and in what people read, which must be there for any history
        a, b = getattr(one, name), getattr(other, name)
        if not (a.equals(b) and a.dtypes.equals(b.dtypes)):
            found.append(f"{name}:\n{a}\nagainst\n{b}")
    return found


def simulate(
    scenario: fs.Scenario,
    seed: int,
    engine: str,
    replication: int = 0,
    initial: fs.State | None = None,
) -> fs.Journal:
    more: Any = {"replication": replication, "engine": engine, "initial": initial}
    journal = fs.simulate(scenario, seed, progress=False, **more)
    assert journal.engine == engine
    return journal


def both(
    scenario: fs.Scenario, seed: int, replication: int = 0, initial: fs.State | None = None
) -> list[str]:
    engines = ("process", "columns")
    told = [simulate(scenario, seed, engine, replication, initial) for engine in engines]
    return differences(*told)


@contextmanager
def plain_python() -> Iterator[None]:
    """The walk of the queue as plain Python, whether or not Numba is there."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FUNNELSIM_NUMBA", "0")
        columns.the_walk.cache_clear()
        assert columns.the_walk() == (queue_walk.walk, False)
        yield
    columns.the_walk.cache_clear()


# --- one history -----------------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMED)
def test_on_every_named_scenario(name: str, seed: int) -> None:
    assert both(NAMED[name], seed) == []


@pytest.mark.parametrize("serves", ["first come", "newest first"])
@pytest.mark.parametrize("opens", ["always", "Mon-Fri 09:00-19:00", "Sat-Mon 00:00-24:00"])
def test_on_everything_in_any_order_of_service(serves: str, opens: str, seed: int) -> None:
    changes = {"teams.sales.serves": serves, "teams.sales.open": opens, "teams.sales.reps": 1}
    assert both(WHOLE.vary({**changes, "horizon": "60 days"}), seed) == []


def at_ten_to_eleven(stage: dict[str, Any], **parts: Any) -> fs.Scenario:
    """All calls begin on the hour: what follows from them comes at one moment."""
    team = {"name": "team", "reps": 3, "open": "Mon-Sun 10:00-11:00", "skills": [5.0, 0.2]}
    ask = {"name": "Interest", "conversion": 0.8, "decision_time": {"constant": "1 h"}, **stage}
    return fs.Scenario(
        name="on the hour",
        horizon="14 days",
        channels=[{"name": "web", "leads_per_day": 6}],
        teams=[team],
        stages=[ask, {"name": "Action"}],
        **parts,
    )


def test_where_a_lead_comes_back_the_moment_it_gave_up(seed: int) -> None:
    call = {"team": "team", "patience": {"constant": "0 h"}}
    recovery = {"probability": 0.8, "attempts": 3}
    assert both(at_ten_to_eleven({"follow_up": call, "recovery": recovery}), seed) == []


@pytest.mark.parametrize("paid", [0, 1, 24])
@pytest.mark.parametrize("opens", ["Mon-Sun 10:00-11:00", "Mon-Sun 10:00-12:00", "always"])
def test_where_customers_bring_leads_the_moment_an_order_is_closed(
    opens: str, paid: int, seed: int
) -> None:
    statuses = [["new", {"constant": f"{paid} h"}], ["paid", {"constant": "0 h"}]]
    scenario = at_ten_to_eleven(
        {"follow_up": {"team": "team"}},
        order={
            "value": {"constant": 10},
            "payments": [{"name": "card", "share": 1.0, "statuses": statuses}],
        },
        retention={"repeat_probability": 0.4, "gap": {"constant": "24 h"}},
        satisfaction={"promoter": 0.6, "detractor": 0.1},
        referral={"invites": 0.5, "enters": "Interest"},
        upsell={"probability": 0.2, "enters": "Interest"},
    )
    assert both(scenario.vary({"teams.team.open": opens, "horizon": "8 days"}), seed) == []


@pytest.mark.parametrize("hour", [10, 11, 12, 13])
def test_where_the_horizon_falls_on_the_hour(hour: int, seed: int) -> None:
    """Calls begin at 10, end and are decided at 11, orders go on at 12 and are closed at 13."""
    moment = (13 * 24 + hour) * HOUR
    statuses = [["new", {"constant": "1 h"}], ["paid", {"constant": "1 h"}]]
    scenario = at_ten_to_eleven(
        {"follow_up": {"team": "team", "handling_time": {"constant": "1 h"}}},
        order={
            "value": {"constant": 10},
            "payments": [{"name": "card", "share": 1.0, "statuses": statuses}],
        },
    ).vary({"stages.Interest.decision_time": {"constant": "0 h"}})
    at_the_end = scenario.vary({"horizon": f"{13 * 24 + hour} h"})
    past_it = scenario.vary({"horizon": "14 days"})
    assert both(at_the_end, seed) == []
    # there is something at that very moment, and it does not happen any more
    table, column = {
        10: ("follow_ups", "started"),
        11: ("follow_ups", "finished"),
        12: ("statuses", "entered"),
        13: ("orders", "closed"),
    }[hour]
    longer, shorter = (simulate(s, seed, "columns") for s in (past_it, at_the_end))
    assert (longer.whole[table][column] == moment).any()
    assert not (shorter.whole[table][column] == moment).any()


def test_where_the_next_call_would_begin_at_the_horizon(seed: int) -> None:
    """Several come from the first call at 10 to one rep who is always there: an hour each."""
    scenario = at_ten_to_eleven(
        {"follow_up": {"team": "team"}, "decision_time": {"constant": "0 h"}},
    )
    tables = scenario.tables()
    call = {"team": "closer", "handling_time": {"constant": "1 h"}}
    tables["teams"] += [{"name": "closer", "reps": 1}]
    tables["stages"].insert(1, {"name": "Desire", "conversion": 0.5, "follow_up": call})
    busy = {"channels.web.leads_per_day": 20, "horizon": f"{13 * 24 + 12} h"}
    assert both(fs.Scenario(**tables).vary(busy), seed) == []


@pytest.mark.parametrize("after", [1, 1_000_000])
def test_where_points_expire_together(after: int, seed: int) -> None:
    """Orders close a microsecond apart, and points live as long: some expire as others come."""
    scenario = at_ten_to_eleven(
        {"follow_up": {"team": "team"}},
        order={"value": {"constant": 10}},
        retention={"repeat_probability": 0.8, "gap": {"constant": f"{after} us"}},
        loyalty={
            "enrolment": 1.0,
            "points_per_unit": 1.0,
            "point_value": 0.01,
            "redeem_from": 1,
            "redeem_probability": 0.5,
            "expires_after": f"{after} us",
        },
    )
    assert both(scenario, seed) == []
    assert (simulate(scenario, seed, "columns").points["kind"] == "expired").any()


def test_where_a_discount_decides_whether_a_customer_brings_someone(seed: int) -> None:
    """What was paid decides the tier, the tier the next order, and that order who else comes."""

    def stage(name: str, discount: float, **parts: Any) -> dict[str, Any]:
        recovery = {"probability": 0.7, "discount": discount, "attempts": 2, "odds_ratio": 2.0}
        return {"name": name, "conversion": 0.3, "recovery": recovery, **parts}

    call = {"team": "team", "handling_time": {"exponential": {"mean": "1 h"}}}
    gold = {"name": "gold", "from_spend": 75, "repeat_odds_ratio": 30.0}
    scenario = fs.Scenario(
        name="discounts",
        horizon="60 days",
        channels=[{"name": "web", "leads_per_day": 30}],
        teams=[{"name": "team", "reps": 2}],
        stages=[
            stage("Attention", 0.3),
            stage("Interest", 0.1, follow_up=call),
            stage("Desire", 0.2, follow_up={**call, "patience": {"constant": "4 h"}}),
            stage("Basket", 0.05),
            {"name": "Action"},
        ],
        order={"value": {"lognormal": {"mean": 80, "cv": 0.3}}},
        retention={"repeat_probability": 0.2, "gap": {"exponential": {"mean": "3 days"}}},
        loyalty={"enrolment": 1.0, "tiers": [gold]},
        upsell={"probability": 0.4, "enters": "Interest"},
    )
    assert both(scenario, seed) == []


@by_the_hundred
@given(any_business, st.integers(0, 2**32), st.integers(0, 3))
def test_on_generated_scenarios(business: Business, seed: int, replication: int) -> None:
    tables, initial = business
    scenario = fs.Scenario(**tables)
    try:
        assert both(scenario, seed, replication, initial) == []
    except FunnelSimError as error:  # an avalanche of referrals stops either engine
        assert "avalanche" in str(error)


@settings(by_the_hundred, max_examples=max(1, SCENARIOS // 15))
@given(with_a_state(all_at_once(any_scenario)), st.integers(0, 2**32))
def test_where_arms_changes_and_reps_with_a_skill_meet(business: Business, seed: int) -> None:
    tables, initial = business
    try:
        assert both(fs.Scenario(**tables), seed, 0, initial) == []
    except FunnelSimError as error:
        assert "avalanche" in str(error)


@settings(by_the_hundred, max_examples=max(1, SCENARIOS // 4))
@given(any_business, st.integers(0, 2**32))
def test_replications_drawn_together_are_those_drawn_alone(business: Business, seed: int) -> None:
    tables, initial = business
    scenario = fs.Scenario(**tables)
    try:
        parts = list(simulate_together(scenario, seed, range(2, 5), initial))
    except FunnelSimError as error:
        assert "avalanche" in str(error)
        return
    for together in parts:
        figures = key_figures(together)
        for place, journal in enumerate(together.split()):
            alone = simulate(scenario, seed, "columns", journal.replication, initial)
            assert differences(journal, alone) == []
            read = [values[place] for values in figures.values()]
            np.testing.assert_array_equal(read, fs.summary(alone))


@pytest.mark.parametrize("name", ["everything", "b2b-pipeline", "upsell"])
def test_in_plain_python_too(name: str, seed: int) -> None:
    with plain_python():
        assert both(NAMED[name], seed) == []


@needs_numba
@by_the_hundred
@given(any_business, st.integers(0, 2**32))
def test_the_walk_is_the_same_compiled_and_in_plain_python(business: Business, seed: int) -> None:
    tables, initial = business
    scenario = fs.Scenario(**tables)
    assert columns.the_walk()[1], "the walk is not compiled, though Numba is here"
    try:
        compiled = simulate(scenario, seed, "columns", initial=initial)
        with pytest.MonkeyPatch.context() as patch:  # `plain_python` would load Numba's anew
            patch.setattr(columns, "_walk_for", lambda *_: (queue_walk.walk, False))
            plain = simulate(scenario, seed, "columns", initial=initial)
    except FunnelSimError as error:
        assert "avalanche" in str(error)
        return
    assert differences(compiled, plain) == []


@needs_numba
def test_numba_is_loaded_once_it_is_worth_it() -> None:
    code = """
import sys
import funnelsim as fs
s = fs.load("aida-follow-up")
fs.simulate(s, progress=False)
print("numba" in sys.modules)
fs.replicate(s, 2, progress=False)
print("numba" in sys.modules)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, encoding="utf-8")
    assert done.stdout.split() == ["False", "True"], done.stderr


# --- and they are two ------------------------------------------------------------------------


SLIPS: list[tuple[Any, str, Any]] = [
    (queue_walk, "heappop", lambda heap: heap.pop()),
    (queue_walk, "heapreplace", lambda heap, item: heap.append(item)),
    (staff, "_hours", lambda team, start, horizon: ((0, 2**62),)),
    (ledger.Ledger, "redeem", lambda self, who, now, most, redeems: 0 * who),
    (columns, "arrivals_of_children", lambda draws, its_lives, children: 0 * children - 1),
    (columns, "_level", lambda draws, stage: 0),
    (story, "_LOST", 0),
    (clock, "heappop", lambda heap: heap.pop()),
    (account.Account, "redeem", lambda self, most: 0),
    (account.Account, "expire", lambda self, now: 0),
    (customer_life, "next_order", lambda *_: (customer_life.NOT_AGAIN, False)),
    (process, "MISSED", "gone cold"),
]


@pytest.mark.parametrize("slip", SLIPS, ids=lambda slip: f"{slip[0].__name__}.{slip[1]}")
def test_a_slip_in_one_is_not_made_by_the_other(
    slip: tuple[Any, str, Any], seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Were they the same code, both would tell the same wrong history."""
    changes = {
        "horizon": "60 days",
        "teams.sales.reps": 2,
        "loyalty.redeem_from": 1,
        "loyalty.expires_after": "20 days",
        "changes": [],  # a team that grows is walked by other lines than one that stays
    }
    with plain_python():
        monkeypatch.setattr(*slip)
        assert both(WHOLE.vary(changes), seed) != []


def test_nor_is_one_who_does_not_come(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    def nobody(*_: Any) -> Any:
        yield from ()

    with plain_python():
        monkeypatch.setattr(clock.TeamAtWork, "_come_and_go", nobody)
        assert both(WHOLE.vary({"horizon": "90 days"}), seed) != []
