"""Business that is already running, for generated scenarios: open deals and customers."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

import funnelsim as fs

_days = st.sampled_from([0.0, 1 / 24, 1.0, 2.5, 40.0, 400.0])
_cells = {
    "value": st.sampled_from([None, 0.0, 99.99, 12_000.0]),
    "returns": st.sampled_from([0, 0, 1, 2]),
    "discount": st.sampled_from([0.0, 0.0, 0.1, 0.5]),
    "response_days": st.sampled_from([0.0, 0.1, 3.0]),
}


def _names(tables: dict[str, Any], part: str) -> list[str]:
    return [entry["name"] for entry in tables.get(part, [])]


@st.composite
def _deal(draw: st.DrawFn, tables: dict[str, Any]) -> dict[str, Any]:
    stage = draw(st.sampled_from(tables["stages"][:-1]))
    reps = [f"{t['name']} {n + 1}" for t in tables.get("teams", []) for n in range(t["reps"])]
    name = st.sampled_from([None, "Anna Berger", "7", *reps])
    called = "follow_up" in stage
    waiting, in_call = draw(st.booleans()), draw(st.sampled_from([False, False, True]))
    return {
        "stage": stage["name"],
        "days_in_stage": draw(_days),
        **{column: draw(cells) for column, cells in _cells.items()},
        "owner": draw(name),
        "holder": draw(name),
        "waiting": called and waiting,
        "in_call": called and in_call,
        **draw(_origin(tables)),
    }


@st.composite
def _customer(draw: st.DrawFn, tables: dict[str, Any]) -> dict[str, Any]:
    last = draw(_days)
    known = {"days_since_first_order": last + draw(_days)}
    gap = tables.get("retention", {}).get("gap", {})
    needed = isinstance(gap.get("exponential", {}).get("rate"), dict)
    return {
        "days_since_last_order": last,
        "orders": draw(st.integers(1, 5)),
        **(known if needed or draw(st.booleans()) else {}),
        **draw(_origin(tables)),
    }


@st.composite
def _origin(draw: st.DrawFn, tables: dict[str, Any]) -> dict[str, Any]:
    channels = _names(tables, "channels") + (["referral"] if "referral" in tables else [])
    segments = _names(tables, "segments") or ["all"]
    return {
        "channel": draw(st.sampled_from([None, *channels])),
        "segment": draw(st.sampled_from([None, *segments])),
        "arm": draw(st.sampled_from([None, *(_names(tables, "arms") or ["all"])])),
    }


@st.composite
def states(draw: st.DrawFn, tables: dict[str, Any]) -> fs.State:
    """A state that fits the scenario of these tables: some deals, some customers, or neither."""
    import pandas as pd

    deals = draw(st.lists(_deal(tables), max_size=8))
    customers = draw(st.lists(_customer(tables), max_size=5))
    # a table of no rows has no columns either
    return fs.State(
        pd.DataFrame(deals) if deals else None, pd.DataFrame(customers) if customers else None
    )


Business = tuple[dict[str, Any], fs.State | None]


def with_a_state(tables: st.SearchStrategy[dict[str, Any]]) -> st.SearchStrategy[Business]:
    """These tables, half of them with business that is already running."""

    def begun(some: dict[str, Any]) -> st.SearchStrategy[Business]:
        return st.tuples(st.just(some), st.one_of(st.none(), states(some)))

    return tables.flatmap(begun)
