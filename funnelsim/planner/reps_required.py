"""How many reps each team needs, and what other numbers of reps would do: two tables."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from funnelsim.analytic.teams import team_load
from funnelsim.distributions import Floats
from funnelsim.journal import Journal
from funnelsim.metrics.basis import divided, sales_of
from funnelsim.metrics.follow_up import ended_and_gone_cold, utilisation
from funnelsim.planner.futures import FEW, Futures
from funnelsim.planner.levers import with_reps
from funnelsim.scenario import Scenario

if TYPE_CHECKING:
    import pandas as pd

LEADS = 25_000  # simulated for each number of reps that is tried
NUMBERS_TRIED = 5  # of reps, about
ROUGHLY = 5  # times fewer, to see about where it is
PLENTY = 4  # times the reps whom all the work would keep busy
GAIN = 0.01  # of the share gone cold: less is none


def reps_required(
    scenario: Scenario, futures: Futures, most_gone_cold: float, sales: float
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """What each team needs, and what other numbers of reps would do: two tables.

    The first has a row per team: `reps`; `needed`, the fewest of which at most the share
    `most_gone_cold` of the visits goes cold (where nobody goes cold: with which the queue does not
    grow without end; where no number keeps to the share, closed hours say, the fewest past which
    more do not help, and `is_enough` is False); `gone_cold` now, `gone_cold_then`; `load`. The
    second has a row for each team and number tried: `gone_cold`, `utilisation` and `sales`, in
    proportion to the `sales` that are known with the reps planned (a ratio estimate).
    """
    import pandas as pd

    loads, needs, tried = team_load(scenario), [], []
    for number, team in enumerate(scenario.teams):
        shown = _Reps(scenario, team.name, number, futures)
        patient = not any(
            stage.follow_up and stage.follow_up.team == team.name and stage.follow_up.patience
            for stage in scenario.stages
        )
        load = float(loads.loc[team.name, "load"])
        busy = math.floor(min(load * team.reps, 10_000)) + 1
        if patient:
            needed, is_enough = busy, math.isfinite(load)
        else:
            about, _ = fewest(shown.gone_cold_roughly, most_gone_cold, busy, PLENTY * busy)
            needed, is_enough = fewest(shown.gone_cold, most_gone_cold, about, PLENTY * busy)
        known = shown.at(team.reps)[2]
        for n in sorted({team.reps, needed - 1, needed, needed + 1} - {0}):
            cold, busy_share, sold = shown.at(n)
            tried.append((team.name, n, cold, busy_share, sold * sales / known if known else sold))
        cold, then = shown.gone_cold(team.reps), shown.gone_cold(needed)
        needs.append((team.name, team.reps, needed, is_enough, cold, then, load))
    heads = ["team", "reps", "needed", "is_enough", "gone_cold", "gone_cold_then", "load"]
    table = pd.DataFrame(needs, columns=heads).set_index("team")
    columns = ["team", "reps", "gone_cold", "utilisation", "sales"]
    return table, pd.DataFrame(tried, columns=columns)


def to_come(scenario: Scenario, futures: Futures) -> int:
    """How many replications that takes, about."""
    each = futures.replications_for(scenario, LEADS, FEW)
    return NUMBERS_TRIED * len(scenario.teams) * each


class _Reps:
    """What one team's number of reps does to it, by simulation, each number once."""

    def __init__(self, scenario: Scenario, team: str, number: int, futures: Futures) -> None:
        self._scenario, self._number, self._futures = scenario, number, futures
        self._team = team
        self._count = futures.replications_for(scenario, LEADS, FEW)
        self._known: dict[tuple[int, int], tuple[float, float, float]] = {}

    def at(self, reps: int, count: int = 0) -> tuple[float, float, float]:
        """Share gone cold, utilisation, mean sales; of a few replications, or of enough."""
        count = count or self._count
        if (reps, count) not in self._known:
            scenario = with_reps(self._scenario, self._team, reps)
            measure = partial(_of_team, team=self._number)
            told = self._futures.of(measure, scenario, range(count))
            cold, ended, busy, sales = np.sum(told, axis=0)
            share = divided(float(cold), float(ended))
            self._known[reps, count] = share, float(busy) / count, float(sales) / count
        return self._known[reps, count]

    def gone_cold(self, reps: int) -> float:
        return self.at(reps)[0]

    def gone_cold_roughly(self, reps: int) -> float:
        return self.at(reps, -(-self._count // ROUGHLY))[0]


def fewest(
    gone_cold: Callable[[int], float], most_gone_cold: float, about: int, plenty: int
) -> tuple[int, bool]:
    """The fewest reps of which at most this share goes cold, and whether there are such: else the
    fewest with which hardly more goes cold than with plenty of them.

    The way there begins with how many it is about.
    """

    def too_few(reps: int) -> bool:
        return gone_cold(reps) > limit  # not so where nobody came: the share is NaN

    low, high, step, limit = 0, about, 1, most_gone_cold
    never = too_few(high) and too_few(plenty)
    if never:
        limit = gone_cold(plenty) + GAIN
    while too_few(high):
        low, high, step = high, min(high + step, plenty), 2 * step
    if not low:
        low = high - 1
        while low and not too_few(low):
            low, high, step = max(low - 2 * step, 0), low, 2 * step
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if too_few(middle) else (low, middle)
    return high, not never


def _of_team(journal: Journal, team: int) -> Floats:
    """Of each replication: visits to the team that went cold, all whose follow-up ended, how busy
    it was, and sales; shape (replications, 4).
    """
    ended, cold = ended_and_gone_cold(journal, team)
    return np.column_stack([cold, ended, utilisation(journal)[:, team], sales_of(journal)])
