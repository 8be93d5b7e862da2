"""How long until the pipeline is full: the warm-up that a scenario needs.

A simulation starts with nobody in the funnel; until as many leave it as come in, figures are those
of a firm on its first day. Welch's method: average the open leads at the end of each day over
replications, smooth the curve over a week, so that weekends cancel, and see from when on it is
level (P. D. Welch, The Statistical Analysis of Simulation Results, in S. S. Lavenberg, ed.,
Computer Performance Modeling Handbook (1983); Law, Simulation Modeling and Analysis, 5th edition
(2015), 9.5.1). Welch looked at the picture; here a rule reads it, and the picture is
`charts.warm_up`.
"""

from __future__ import annotations

import math
from concurrent.futures import Executor
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from funnelsim.analytic.teams import team_load
from funnelsim.distributions import DAY, Ints
from funnelsim.experiment import chunks
from funnelsim.experiment.intervals import intervals
from funnelsim.experiment.replications import stopped
from funnelsim.experiment.too_small import queue_warnings
from funnelsim.journal import NEVER, Journal
from funnelsim.journal.provenance import Provenance
from funnelsim.progress import progress_bar
from funnelsim.scenario import Scenario, a_scenario
from funnelsim.tables import say

if TYPE_CHECKING:
    import pandas as pd

WEEK = 7  # days
LEAST_WEEKS = 4  # fewer tell nothing
NEAR = 0.02  # of the level: what counts as there


@dataclass(eq=False)
class WarmUp:
    """How the pipeline fills, and the advice.

    `table` has a row per day (the index, counted from 1): `open_leads`, the mean number of leads
    in the funnel at the end of the day, the ends `low` and `high` of its 95 % interval, and
    `week`, the mean of the seven days around. `level` is the mean of the second half of the
    horizon, `warm_up` the advice in days; both are None where the pipeline does not level off.
    `sentence` says it in words, `provenance` how it was made.

    >>> from funnelsim import load, warm_up_advice
    >>> advice = warm_up_advice(load("aida-follow-up"), n=5, progress=False)
    >>> list(advice.table.columns)
    ['open_leads', 'low', 'high', 'week']
    """

    scenario: Scenario
    table: pd.DataFrame
    level: float | None
    warm_up: int | None
    sentence: str
    warnings: list[str]
    provenance: Provenance

    def __repr__(self) -> str:
        head = f"<WarmUp of {self.scenario.name!r}>"
        return "\n".join([head, self.sentence, *self.warnings])


def warm_up_advice(
    scenario: Scenario,
    n: int = 20,
    seed: int = 1,
    executor: Executor | None = None,
    progress: bool = True,
) -> WarmUp:
    """How long until the pipeline is full, over n replications up to the scenario's horizon.

    Growth, seasons and bursts of the channels are left out: with them there is no level to wait
    for. It is about leads in the funnel, not about customers: how many of them will order again
    keeps growing for much longer.

    The advice is the first day on which the smoothed curve cannot be told from its level, the mean
    of the second half: within 2 % of it, or two standard errors (more replications see more). If
    the last quarter still differs from the third by more than 2 % and five standard errors, there
    is no level and no advice. A queue that grows without end never has one, and that is said.

    Raises `FunnelSimError` for an n below 2 or an executor that is none.

    >>> from funnelsim import load
    >>> advice = warm_up_advice(load("aida"), n=5, progress=False)
    >>> advice.table.columns.tolist()
    ['open_leads', 'low', 'high', 'week']
    """
    import pandas as pd

    scenario, given = _even(a_scenario(scenario, "warm_up_advice")), scenario
    n, executor = chunks.a_number_of_replications(n, least=2), chunks.an_executor(executor)
    with progress_bar(n, progress) as bar:
        outcome = chunks.run(
            partial(chunks.of_each, open_leads), [scenario], seed, range(n), executor, bar
        )
    counts = outcome.results[0]
    days = pd.RangeIndex(1, scenario.horizon // DAY + 1, name="day")
    by_day = pd.DataFrame([counts[r] for r in sorted(counts)], columns=days, dtype=float)
    table = intervals(by_day, 0.95)[["mean", "low", "high"]].rename(columns={"mean": "open_leads"})
    table["week"] = _smooth(by_day).mean()
    if outcome.interrupted:
        outcome.sentences.append(stopped(len(counts), n))
        say(outcome.sentences[-1])
    level, warm_up, sentence = _advice(scenario, by_day)
    if scenario != given:
        outcome.sentences.insert(0, "Growth, seasons and bursts of the channels are left out here.")
    made = Provenance("warm-up", given, int(seed), {"n": n})
    return WarmUp(given, table, level, warm_up, sentence, outcome.sentences, made)


def _even(scenario: Scenario) -> Scenario:
    """The scenario without what makes one month differ from another."""
    names = [channel.name for channel in scenario.channels]
    usual = ("months", "growth", "bursts")
    return scenario.vary({f"channels.{name}.{key}": None for name in names for key in usual})


def open_leads(journal: Journal) -> Ints:
    """Leads in the funnel at the end of each whole day, shape (days,)."""
    visits = journal.whole["stage_visits"]
    ends = np.arange(1, journal.scenario.horizon // DAY + 1) * DAY
    left = visits["decided"][visits["decided"] != NEVER]
    entered = np.searchsorted(np.sort(visits["entered"]), ends, side="right")
    return entered - np.searchsorted(np.sort(left), ends, side="right")


def _smooth(by_day: pd.DataFrame) -> pd.DataFrame:
    """The mean of the week around each day, replication by replication."""
    return by_day.T.rolling(WEEK, center=True, min_periods=1).mean().T


def _advice(scenario: Scenario, by_day: pd.DataFrame) -> tuple[float | None, int | None, str]:
    """Level, warm-up and what to say, from the open leads by replication (rows) and day."""
    if (team_load(scenario)["endless_load"] >= 1).any():
        grows = next(text for text in queue_warnings(scenario) if "without end" in text)
        return None, None, f"The pipeline never fills up. {grows}"
    days = by_day.shape[1]
    weeks = days // WEEK
    if weeks < LEAST_WEEKS:
        least = LEAST_WEEKS * WEEK
        text = f"A horizon of {days} days is too short to tell; give {least} at least."
        return None, None, text
    half, quarter = weeks // 2 * WEEK, weeks // 4 * WEEK
    levels = by_day.iloc[:, -half:].mean(axis=1)
    level = float(levels.mean())
    third, last = by_day.iloc[:, -2 * quarter : -quarter], by_day.iloc[:, -quarter:]
    if _differ(last.mean(axis=1) - third.mean(axis=1), level, errors=5):
        text = f"The pipeline does not level off within {days} days: give a longer horizon."
        return None, None, text
    away = _smooth(by_day).sub(levels, axis=0)
    day = next(day for day in by_day.columns if not _differ(away[day], level, errors=2))
    warm_up = 0 if day == 1 else int(day)
    if not warm_up:
        text = f"The pipeline is full from the first day on, with {level:,.1f} open leads."
        return level, 0, text
    text = f"The pipeline is full after about {warm_up} days, with {level:,.0f} open leads"
    return level, warm_up, f'{text}: set warm_up = "{warm_up} days".'


def _differ(differences: pd.Series, level: float, errors: float) -> bool:
    """Whether the mean is away from 0 by more than chance and more than 2 % of the level."""
    error = differences.std(ddof=1) / math.sqrt(len(differences))
    return bool(abs(differences.mean()) > max(errors * error, NEAR * level))
