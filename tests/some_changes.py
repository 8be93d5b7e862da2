"""Changes on a day for property tests: on a grid of hours, so that ends and events coincide."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

_ratio = st.sampled_from([0.2, 0.7, 1.5, 6.0])


@st.composite
def changes(draw: st.DrawFn, tables: dict[str, Any]) -> list[dict[str, Any]]:
    """One to three, of what the scenario has: some before the start, some past the horizon."""
    stages = [stage["name"] for stage in tables["stages"][:-1]]
    channels = [channel["name"] for channel in tables["channels"]]
    found = []
    for number in range(draw(st.integers(1, 3))):
        begins = draw(st.sampled_from([-30, 0, 9, 10, 24, 34, 72]))
        change: dict[str, Any] = {"name": f"change {number}", "from": f"{begins} h"}
        if draw(st.booleans()):
            change["to"] = f"{begins + draw(st.sampled_from([1, 24, 48, 110]))} h"
        if draw(st.booleans()):
            change["ramp"] = draw(st.sampled_from(["3 h", "50 h"]))
        effects: dict[str, st.SearchStrategy[Any]] = {
            "odds_ratio": st.one_of(_ratio, st.dictionaries(st.sampled_from(stages), _ratio)),
            "leads_factor": st.sampled_from([0.0, 2.0, {channels[0]: 1.7}]),
            "cost": st.sampled_from([100.0, 33.335]),
            "cost_per_day": st.sampled_from([10.0, 0.333]),
        }
        if tables.get("order"):
            effects["discount"] = st.sampled_from([0.05, 0.2])
            effects["order_value_factor"] = st.sampled_from([0.9, 1.1])
        if tables.get("retention"):
            effects["repeat_odds_ratio"] = _ratio
        change |= {key: draw(effect) for key, effect in effects.items() if draw(st.booleans())}
        found.append(change)
    return found


@st.composite
def with_changes(draw: st.DrawFn, some: st.SearchStrategy[dict[str, Any]]) -> dict[str, Any]:
    """The tables, and in half of them changes."""
    tables = draw(some)
    return {**tables, "changes": draw(changes(tables))} if draw(st.booleans()) else tables
