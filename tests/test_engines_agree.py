"""Two engines, one history: equal in every field of every table, on any scenario.

A quick hundred generated scenarios here; a long run is asked for by a number:

    FUNNELSIM_SCENARIOS=2000 pytest tests/test_engines_agree.py
"""

from __future__ import annotations

import ast
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from some_scenarios import scenario_tables

import funnelsim as fs
from funnelsim.engines import columns, queue_walk, simulate_many
from funnelsim.errors import FunnelSimError

WHOLE = fs.load(Path(__file__).parent / "whole_scenario.toml")
NAMED = {name: fs.load(name) for name in fs.templates()} | {"everything": WHOLE}
SCENARIOS = int(os.environ.get("FUNNELSIM_SCENARIOS", "100"))
ENGINES = Path(columns.__file__).parent


def differences(one: fs.Journal, other: fs.Journal) -> list[str]:
    """The fields in which two histories are not the same, to the bit and to the type."""
    assert list(one.whole) == list(other.whole)
    return [
        f"{table}.{column}: {a!r} against {b!r}"
        for table in one.whole
        for (column, a), b in zip(
            one.whole[table].items(), other.whole[table].values(), strict=True
        )
        if a.dtype != b.dtype or not np.array_equal(a, b)
    ]


def both(scenario: fs.Scenario, seed: int, replication: int = 0) -> list[str]:
    told = [
        fs.simulate(scenario, seed, replication=replication, engine=engine, progress=False)
        for engine in ("process", "columns")
    ]
    assert [journal.engine for journal in told] == ["process", "columns"]
    return differences(*told)


@pytest.fixture
def plain_python(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The walk of the queue as plain Python, whether or not Numba is there."""
    monkeypatch.setenv("FUNNELSIM_NUMBA", "0")
    columns.the_walk.cache_clear()
    assert columns.the_walk() == (queue_walk.walk, False)
    yield
    columns.the_walk.cache_clear()


@pytest.mark.parametrize("name", NAMED)
def test_on_every_named_scenario(name: str, seed: int) -> None:
    assert both(NAMED[name], seed) == []


@pytest.mark.parametrize("name", ["everything", "b2b-pipeline", "upsell"])
def test_in_plain_python_too(name: str, seed: int, plain_python: None) -> None:
    assert both(NAMED[name], seed) == []


@pytest.mark.parametrize("serves", ["first come", "newest first"])
@pytest.mark.parametrize("opens", ["always", "Mon-Fri 09:00-19:00", "Sat-Mon 00:00-24:00"])
def test_on_everything_in_any_order_of_service(serves: str, opens: str, seed: int) -> None:
    changes = {"teams.sales.serves": serves, "teams.sales.open": opens, "teams.sales.reps": 1}
    assert both(WHOLE.vary({**changes, "horizon": "60 days"}), seed) == []


@settings(max_examples=SCENARIOS, deadline=None, suppress_health_check=list(HealthCheck))
@given(scenario_tables(), st.integers(0, 2**32), st.integers(0, 3))
def test_on_generated_scenarios(tables: dict[str, Any], seed: int, replication: int) -> None:
    scenario = fs.Scenario(**tables)
    try:
        assert both(scenario, seed, replication) == []
    except FunnelSimError as error:  # an avalanche of referrals stops either engine
        assert "avalanche" in str(error)


@settings(max_examples=SCENARIOS // 4, deadline=None, suppress_health_check=list(HealthCheck))
@given(scenario_tables(), st.integers(0, 2**32))
def test_replications_drawn_together_are_those_drawn_alone(
    tables: dict[str, Any], seed: int
) -> None:
    scenario = fs.Scenario(**tables)
    together = list(simulate_many(scenario, seed, range(2, 5)))
    for journal in together:
        alone = fs.simulate(scenario, seed, replication=journal.replication)
        assert differences(journal, alone) == []


# --- and they are two ------------------------------------------------------------------------


def imported(module: str) -> set[str]:
    """The names of the engines' modules that this one imports, and what those import."""
    found, new = set(), {module}
    while new:
        name = new.pop()
        found.add(name)
        tree = ast.parse((ENGINES / f"{name}.py").read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and node.module:
                *folder, last = node.module.split(".")
                names = [last] if folder else []
                if node.module == "funnelsim.engines":
                    names = [alias.name for alias in node.names]
                new |= {n for n in names if (ENGINES / f"{n}.py").exists()} - found
    return found


def test_the_two_share_what_is_drawn_and_nothing_of_what_happens() -> None:
    shared = {"arrivals", "deliveries", "drawn", "draws", "numbering", "order_draws"}
    by_process, by_columns = imported("process"), imported("columns")
    assert {"clock", "leads", "recorder", "customer_life"} <= by_process
    assert {"queue_walk", "lives", "jobs", "story"} <= by_columns
    assert by_process & by_columns == shared


def test_a_change_in_one_is_seen_by_the_other(
    seed: int, plain_python: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Were they the same code, a slip in the queue would be told by both."""
    monkeypatch.setattr(queue_walk, "heappop", lambda heap: heap.pop())
    assert both(NAMED["aida-follow-up"], seed) != []
