"""Generated scenarios in which arms, changes of anything and reps who come with a skill meet."""

from __future__ import annotations

from typing import Any

from changing_teams import changing_teams
from hypothesis import strategies as st
from some_changes import changes
from some_scenarios import arms


@st.composite
def all_at_once(draw: st.DrawFn, some: st.SearchStrategy[dict[str, Any]]) -> dict[str, Any]:
    """The tables, always with arms and with changes, of their teams too where they have any."""
    tables = draw(some)
    stages = [stage["name"] for stage in tables["stages"][:-1]]
    tables = {**tables, "arms": tables.get("arms") or draw(arms(stages))}
    of_teams = draw(changing_teams(tables)) if tables.get("teams") else []
    return {**tables, "changes": [*draw(changes(tables)), *of_teams]}
