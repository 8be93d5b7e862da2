"""Changes in which reps come and go, for generated scenarios: on full hours, over one another."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

_hour = st.one_of(st.integers(0, 48), st.integers(0, 14 * 24))
_skill = st.sampled_from([0.1, 0.5, 1.0, 4.0])


@st.composite
def _change(draw: st.DrawFn, number: int, teams: list[str]) -> dict[str, Any]:
    begin = draw(_hour)
    some = draw(st.lists(st.sampled_from(teams), min_size=1, unique=True))
    change: dict[str, Any] = {
        "name": f"change {number}",
        "from": f"{begin} h",
        "reps": {team: draw(st.sampled_from([-4, -2, -1, -1, 1, 2, 3])) for team in some},
    }
    if draw(st.booleans()):
        change["to"] = f"{begin + draw(st.integers(1, 72))} h"
    if max(change["reps"].values()) > 0 and draw(st.booleans()):
        change |= {"skill": draw(_skill), "ramp": draw(st.sampled_from(["1 h", "30 h", "9 days"]))}
    return change


@st.composite
def with_changing_teams(
    draw: st.DrawFn, some_tables: st.SearchStrategy[dict[str, Any]]
) -> dict[str, Any]:
    """These tables, half the time with up to four changes of their teams."""
    tables = draw(some_tables)
    teams = [team["name"] for team in tables.get("teams", [])]
    if teams and draw(st.booleans()):
        changes = [draw(_change(n, teams)) for n in range(draw(st.integers(1, 4)))]
        tables["changes"] = [*tables.get("changes", []), *changes]
    return tables
