"""How long until the pipeline is full: the warm-up that a scenario needs.

A simulation starts with nobody in the funnel; until as many leave it as come in, figures are those
of a firm on its first day. The open leads at the end of each day, averaged over replications, show
when that is over (P. D. Welch's picture: Law, Simulation Modeling and Analysis, 5th edition (2015),
9.5.1). The advice is where to cut that curve by MSER: the cut that makes the standard error of
what remains smallest (K. P. White, Simulation 69 (1997), 323-334; in batches as in MSER-5, K. P.
White, M. J. Cobb and S. C. Spratt, Winter Simulation Conference 2000, 755-760; our batches are
weeks, so that weekends cancel).
"""

from __future__ import annotations

from concurrent.futures import Executor
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from funnelsim.distributions import DAY, Floats, Ints
from funnelsim.experiment import chunks
from funnelsim.experiment.intervals import intervals
from funnelsim.experiment.load import load_of_teams, queue_warnings
from funnelsim.experiment.replications import stopped
from funnelsim.journal import NEVER, Journal
from funnelsim.scenario import Scenario
from funnelsim.tables import say

if TYPE_CHECKING:
    import pandas as pd

WEEK_DAYS = 7
LEAST_BATCHES = 10  # fewer tell nothing


@dataclass(eq=False)
class WarmUp:
    """How the pipeline fills, and the advice.

    `table` has a row per day (the index, counted from 1): `open_leads`, the mean number of leads
    in the funnel at the end of the day, the ends `low` and `high` of its 95 % interval, and
    `week`, the mean of the seven days around. `warm_up` is in days, or None where there is no
    advice; `sentence` says it in words.
    """

    scenario: Scenario
    table: pd.DataFrame
    warm_up: int | None
    sentence: str
    warnings: list[str]

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

    It is about leads in the funnel, not about customers: how many of them will order again keeps
    growing for much longer. A pipeline that does not level off in the first half of the horizon
    gets no advice; one whose queue grows without end never will, and that is said.

    Raises `FunnelSimError` for an n below 2 or an executor that is none.

    >>> from funnelsim import load
    >>> advice = warm_up_advice(load("aida"), n=5, progress=False)
    >>> advice.table.columns.tolist()
    ['open_leads', 'low', 'high', 'week']
    """
    import pandas as pd

    scenario = chunks.a_scenario(scenario, "warm_up_advice")
    n, executor = chunks.a_number_of_replications(n, least=2), chunks.an_executor(executor)
    with chunks.progress_bar(n, progress) as bar:
        outcome = chunks.run(open_leads, [scenario], seed, range(n), executor, bar)
    counts = outcome.results[0]
    days = pd.RangeIndex(1, scenario.horizon // DAY + 1, name="day")
    by_day = pd.DataFrame([counts[r] for r in sorted(counts)], columns=days, dtype=float)
    table = intervals(by_day, 0.95)[["mean", "low", "high"]].rename(columns={"mean": "open_leads"})
    table["week"] = table["open_leads"].rolling(WEEK_DAYS, center=True, min_periods=1).mean()
    table.index = days
    if outcome.interrupted:
        outcome.sentences.append(stopped(len(counts), n))
        say(outcome.sentences[-1])
    warm_up, sentence = _advice(scenario, table["open_leads"].to_numpy())
    told = [text for text in queue_warnings(scenario) if text != sentence]
    return WarmUp(scenario, table, warm_up, sentence, told + outcome.sentences)


def open_leads(journal: Journal) -> Ints:
    """Leads in the funnel at the end of each whole day, shape (days,)."""
    visits = journal.whole["stage_visits"]
    ends = np.arange(1, journal.scenario.horizon // DAY + 1) * DAY
    left = visits["decided"][visits["decided"] != NEVER]
    entered = np.searchsorted(np.sort(visits["entered"]), ends, side="right")
    return entered - np.searchsorted(np.sort(left), ends, side="right")


def _advice(scenario: Scenario, by_day: Floats) -> tuple[int | None, str]:
    if (load_of_teams(scenario)["endless_load"] >= 1).any():
        grows = next(text for text in queue_warnings(scenario) if "without end" in text)
        return None, f"The pipeline never fills up. {grows}"
    days = WEEK_DAYS if len(by_day) >= LEAST_BATCHES * WEEK_DAYS else 1
    if len(by_day) < LEAST_BATCHES:
        least = f"{LEAST_BATCHES} days"
        return None, f"A horizon of {len(by_day)} days is too short to tell; give {least} at least."
    batches = by_day[: len(by_day) // days * days].reshape(-1, days).mean(axis=1)
    cut = mser(batches)
    if cut is None:
        return None, (
            f"The pipeline does not level off in the first half of the {len(by_day)} days: give a "
            "longer horizon. If leads grow or follow the seasons, there is no level to wait for."
        )
    level = batches[cut:].mean()
    advice = f'set warm_up = "{cut * days} days"' if cut else "no warm-up is needed"
    return cut * days, (
        f"The pipeline is full after about {cut * days} days, with {level:,.0f} open leads: "
        f"{advice}."
    )


def mser(values: Floats) -> int | None:
    """How many values to leave out in front; None where the answer is not in the first half.

    MSER takes the d that makes Σ (y - mean)² ÷ (n - d)² of the values after it smallest. Where the
    curve is flat chance decides, and may leave out a third for nothing; so we take the smallest d
    whose standard error is at most a quarter above that. A smallest one at the very end of the
    first half means that the values are still on their way.

    >>> mser(np.array([0.0, 4.0, 9.0, 10.0, 11.0, 10.0, 9.0, 10.0, 11.0, 10.0]))
    2
    """
    half = len(values) // 2
    errors = np.array([values[d:].var() / (len(values) - d) for d in range(half + 1)])
    if errors.min() > 0 and np.argmin(errors) > 0.9 * half:
        return None
    return int(np.argmax(errors <= 1.25**2 * errors.min()))
