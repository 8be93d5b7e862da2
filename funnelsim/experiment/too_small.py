"""Is a team too small for what comes to it: that is no error, but it is said.

That a queue grows without end follows from the scenario alone (`analytic/teams.py`).
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from funnelsim.analytic.teams import team_load
from funnelsim.scenario import Scenario
from funnelsim.staffing import mean_reps, moves
from funnelsim.tables import figure_text

if TYPE_CHECKING:
    import pandas as pd

BUSY = 0.95  # a team that is too small has hardly an idle hour


def queue_warnings(scenario: Scenario, table: pd.DataFrame | None = None) -> list[str]:
    """A sentence for each team that is too small for its load.

    That a queue grows without end follows from the scenario alone; that a team loses leads since
    it is too small is said if it was busy nearly all the time in a table of key figures.
    """
    told = []
    for name, row in team_load(scenario).iterrows():
        load, reps = row["load"], int(row["reps"])
        if not math.isfinite(load):
            told.append(f"Team {name} can never do what leads ask of it: {_why(row)}.")
            continue
        (team,) = (t for t in scenario.teams if t.name == name)
        there = mean_reps(scenario, team, 0, scenario.horizon)
        has = f"{reps} reps have" if reps != 1 else "1 rep has"
        if moves(scenario, team):
            has = f"its reps, {there:.1f} on average, have"
        fact = (
            f"leads bring {row['work_hours_per_day']:,.1f} hours of work a day and {has} "
            f"{row['open_hours_per_day']:,.1f} (load {figure_text(load, 'share')}); "
            f"{math.floor(load * there) + 1:,} reps could do it"
        )
        figure = f"utilisation: {name}"
        busy = table is not None and figure in table and table[figure].mean() >= BUSY
        if row["endless_load"] >= 1:
            told.append(f"The queue of team {name} grows without end: {fact}.")
        elif load >= 1 and busy:
            told.append(f"Team {name} is too small, and loses leads by it: {fact}.")
    return told


def _why(row: pd.Series) -> str:
    if row["open_hours_per_day"] == 0:
        return "it does not open before the horizon"
    return "customers bring more buyers than they are themselves, without end"
