"""Changes in which reps come and go, for generated scenarios: on full hours, over one another."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

_hour = st.one_of(st.integers(-30, 48), st.integers(0, 14 * 24))
_skill = st.sampled_from([0.1, 0.5, 1.0, 4.0])
Hours = tuple[int, int]


@st.composite
def _change(draw: st.DrawFn, number: int, teams: list[str]) -> tuple[Hours, dict[str, Any]]:
    begin = draw(_hour)
    end = begin + draw(st.sampled_from([1, 5, 24, 72, 5_000]))
    some = draw(st.lists(st.sampled_from(teams), min_size=1, unique=True))
    change: dict[str, Any] = {
        "name": f"reps {number}",
        "from": f"{begin} h",
        "reps": {team: draw(st.sampled_from([-4, -2, -1, -1, 1, 2, 3])) for team in some},
    }
    if end - begin < 5_000:
        change["to"] = f"{end} h"
    if max(change["reps"].values()) >= 0 and draw(st.booleans()):
        change |= {"skill": draw(_skill), "ramp": draw(st.sampled_from(["1 h", "30 h", "9 days"]))}
    return (begin, end), change


@st.composite
def changing_teams(draw: st.DrawFn, tables: dict[str, Any]) -> list[dict[str, Any]]:
    """Up to four changes of the teams of these tables; no team ever has fewer reps than none."""
    always = {team["name"]: team["reps"] for team in tables["teams"]}
    changes: list[tuple[Hours, dict[str, Any]]] = []
    for number in range(draw(st.integers(1, 4))):
        more = [*changes, draw(_change(number, list(always)))]
        changes = more if _fewest(always, more) >= 0 else changes
    return [change for _, change in changes]


@st.composite
def with_changing_teams(
    draw: st.DrawFn, some_tables: st.SearchStrategy[dict[str, Any]]
) -> dict[str, Any]:
    """These tables, half the time with changes of their teams."""
    tables = draw(some_tables)
    if not tables.get("teams") or draw(st.booleans()):
        return tables
    more = draw(changing_teams(tables))
    return {**tables, "changes": [*tables.get("changes", []), *more]}


def _fewest(always: dict[str, int], changes: list[tuple[Hours, dict[str, Any]]]) -> int:
    """The fewest reps that any team has at any time: where a change begins, and where one ends."""
    return min(
        reps + sum(c["reps"].get(team, 0) for (a, b), c in changes if a <= when < b)
        for team, reps in always.items()
        for ends, _ in changes
        for when in ends
    )
