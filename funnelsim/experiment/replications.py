"""One scenario many times: what to expect, and how much of one simulation was chance.

Replications are numbered 0, 1, 2 ...; number 17 is `fs.simulate(s, seed, replication=17)`, alone,
in a pool or on a cluster. Only the key figures are kept, a row of a table each.
"""

from __future__ import annotations

import math
from concurrent.futures import Executor
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from funnelsim.arguments import a_choice, a_confidence, a_share, refused
from funnelsim.experiment import chunks
from funnelsim.experiment.intervals import QUANTILES, intervals, intervals_of_figures
from funnelsim.experiment.too_small import queue_warnings
from funnelsim.journal import Journal
from funnelsim.journal.provenance import AtTheStart, Provenance
from funnelsim.metrics.figures import figures_of
from funnelsim.progress import progress_bar
from funnelsim.scenario import Scenario
from funnelsim.state import State
from funnelsim.tables import say

if TYPE_CHECKING:
    import pandas as pd

FIRST_BATCH = 30
CONFIDENCE = 0.95  # of the interval that must be short enough
KEEP = ("figures", "journals")
MOST_DRAWS = 100  # of a calibration


@dataclass(eq=False)
class Experiment:
    """A scenario simulated many times.

    `table` has a row per replication (the index) and the columns of `summary`; `journals` those
    asked for, by replication; `warnings` what should be said of it; `interrupted` is True after
    Ctrl-C, which leaves the replications that were finished; `provenance` says how it was made.
    """

    scenario: Scenario
    seed: int
    table: pd.DataFrame
    warnings: list[str]
    interrupted: bool
    journals: dict[int, Journal]
    provenance: Provenance

    def summary(self, confidence: float = 0.95) -> pd.DataFrame:
        """A row for each key figure: what to expect, and how far one simulation may be from it.

        Columns: `replications` (those that have the figure), `mean`, `standard_error`, `low` and
        `high` (the confidence interval of the mean, Student's t), and the quantiles `5%`, `25%`,
        `50%`, `75%`, `95%` of single replications. More replications shorten the interval; the
        quantiles stay where they are, for they are the spread of one future. Of what no replication
        has seen, such as a sale, `high` is how often it may happen all the same (exact for a
        Poisson count); of the money that it would bring there is no interval (NaN).

        >>> from funnelsim import load, replicate
        >>> told = replicate(load("aida"), n=20, progress=False).summary()
        >>> bool(told.loc["customers", "low"] < told.loc["customers", "high"])
        True
        """
        found = intervals_of_figures(self.table, a_confidence(confidence))
        for p in QUANTILES:
            found[f"{p:.0%}"] = self.table.quantile(p)
        return found.rename_axis("figure")

    def __repr__(self) -> str:
        count = f"{len(self.table):,} replication{'s' * (len(self.table) != 1)}"
        cut = ", interrupted" if self.interrupted else ""
        head = f"<Experiment: {self.scenario.name!r}, {count}, seed {self.seed}{cut}>"
        return "\n".join([head, *self.warnings])


def replicate(
    scenario: Scenario,
    n: int = 200,
    seed: int = 1,
    executor: Executor | None = None,
    progress: bool = True,
    precision: float | None = None,
    figure: str | None = None,
    keep: str = "figures",
    *,
    initial: State | None = None,
) -> Experiment:
    """Simulate the scenario n times: replications 0 to n - 1, independent of each other.

    A Calibration may stand in place of the scenario: then each replication has one of its draws, so
    that what is not known of the firm is part of the spread.

    `executor` is any `concurrent.futures.Executor` (a ProcessPoolExecutor, Dask's
    `client.get_executor()`); results are the same, bit for bit, as without. `keep="journals"`
    keeps the journals too. `initial` is business that is already running (`fs.State`), in place of
    the warm-up.

    With a `precision` for one `figure` it stops once the half width of the 95 % interval is at
    most that share of the mean; n is then the most it may take. It goes in batches, the first of
    30, each as large as the spread so far asks for and at most as large as all before: the
    sequential procedure of Law, Simulation Modeling and Analysis, 5th edition (2015), section
    9.4.1. Its caveat: it stops more readily where the spread happens to be underestimated, so the
    interval covers the expected value a little less often than 95 %, the more so the fewer
    replications it took. (Law's bound on the error relative to the true value is a little wider:
    precision ÷ (1 - precision).)

    Raises `FunnelSimError` for an n, figure, precision or executor that is none.

    >>> from funnelsim import load
    >>> x = replicate(load("aida"), n=3, seed=1, progress=False)
    >>> x.table.shape[0], x.interrupted
    (3, False)
    """
    given, source = scenario, None
    drawn = _drawn(given, n, initial)
    if drawn:
        source, given = given.provenance, given.scenario  # type: ignore[attr-defined]
    scenario, initial = chunks.begun(given, initial, "replicate")
    n, executor = chunks.a_number_of_replications(n), chunks.an_executor(executor)
    keep = a_choice("keep", keep, KEEP)
    goal = _goal(scenario, precision, figure)
    whole = partial(chunks.of_each, chunks.figures_and_journal)
    measure: chunks.Measure = chunks.summaries if keep == "figures" else whole

    results: dict[int, Any] = {}
    sentences: list[str] = []
    batch, interrupted = n if goal is None else FIRST_BATCH, False
    with progress_bar(n, progress) as bar:
        while len(results) < n and batch and not interrupted:
            part = range(len(results), min(len(results) + batch, n))
            try:
                outcome = _run(measure, drawn or [scenario], seed, part, executor, bar, initial)
            except KeyboardInterrupt:
                if not results:
                    raise
                interrupted = True
                break
            results |= outcome.results[0]
            interrupted, sentences = outcome.interrupted, sentences + outcome.sentences
            batch = 0 if goal is None else _next_batch(_table(results, keep), *goal)
    table = _table(results, keep)
    if goal is not None and batch and not interrupted:
        sentences.append(_not_reached(table, *goal))
    if interrupted:
        sentences.append(stopped(len(table), n))
        say(sentences[-1])
    journals = {r: results[r][1] for r in table.index} if keep == "journals" else {}
    sentences = queue_warnings(scenario, table) + sentences
    settings = {"n": n, "precision": precision, "figure": figure, "keep": keep}
    start = AtTheStart.of(initial)
    made = Provenance("experiment", given, int(seed), settings, start, source=source)
    return Experiment(scenario, int(seed), table, sentences, interrupted, journals, made)


def _drawn(given: Any, n: int, initial: State | None) -> list[Scenario]:
    """Of a calibration, its scenario in as many of its draws as there are replications, in an order
    in which a few of them are low and high ones; of a scenario none."""
    draws = getattr(given, "draws", None)
    if draws is None:
        return []
    count = min(chunks.a_number_of_replications(n), len(draws), MOST_DRAWS)
    order = np.random.default_rng(0).permutation(count)
    made = draws.of(given.scenario, [draws.spread(count)[place] for place in order])
    return [chunks.begun(scenario, initial, "replicate")[0] for scenario in made]


def _run(
    measure: chunks.Measure, scenarios: list[Scenario], seed: int, part: range,
    executor: Executor | None, bar: Any, initial: State | None,
) -> chunks.Outcome:  # fmt: skip
    """These replications, of several scenarios in turn: replication r has the r-th of them."""
    if len(scenarios) == 1:
        return chunks.run(measure, scenarios, seed, part, executor, bar, initial)
    together = chunks.Outcome([{}])
    for number, scenario in enumerate(scenarios):
        first = part.start + (number - part.start) % len(scenarios)
        mine = range(first, part.stop, len(scenarios))
        if not mine or together.interrupted:
            continue
        outcome = chunks.run(measure, [scenario], seed, mine, executor, bar, initial)
        together.results[0] |= outcome.results[0]
        together.sentences += outcome.sentences
        together.interrupted = outcome.interrupted
    return together


def _table(results: dict[int, Any], keep: str) -> pd.DataFrame:
    rows = {r: figures if keep == "figures" else figures[0] for r, figures in results.items()}
    return figures_table(rows)


def figures_table(rows: dict[int, dict[str, float]]) -> pd.DataFrame:
    """Key figures by replication, as a table in the order of the replications."""
    import pandas as pd

    index = pd.Index(sorted(rows), name="replication", dtype="int64")
    names = next(iter(rows.values()), {}).keys()  # all rows have the same
    values = np.array([[*rows[r].values()] for r in index], dtype=float)
    return pd.DataFrame(values.reshape(len(index), len(names)), index=index, columns=[*names])


def stopped(done: int, asked: int) -> str:
    """What is said after Ctrl-C."""
    return f"Stopped after {done:,} of {asked:,} replications; those that were finished are kept."


# --- a precision in place of a number ---------------------------------------------------------


def _goal(
    scenario: Scenario, precision: float | None, figure: str | None
) -> tuple[float, str] | None:
    """The precision and the figure it is about, if one is asked for."""
    if precision is None and figure is None:
        return None
    if precision is None or figure is None:
        lacks = "precision" if precision is None else "figure"
        rule, way_out = "they go together", 'write precision=0.01, figure="revenue"'
        raise refused(lacks, None, rule, way_out)
    rule, way_out = "it is a share of the mean, between 0 and 1", "write 0.01 for one per cent"
    return a_share("precision", precision, rule, way_out), a_figure(scenario, figure)


def a_figure(scenario: Scenario, figure: str) -> str:
    """The name, if the scenario has such a key figure; FunnelSimError if not."""
    return a_choice("figure", figure, figures_of(scenario), "summary has no such")


def _next_batch(table: pd.DataFrame, precision: float, figure: str) -> int:
    """How many more replications it seems to take; 0 once the interval is short enough."""
    row = intervals(table[[figure]], CONFIDENCE).loc[figure]
    half, goal, done = row["high"] - row["mean"], precision * abs(row["mean"]), len(table)
    if half <= goal:
        return 0
    needed = (half / goal) ** 2 * done if goal > 0 else math.inf
    return done if not needed < 2 * done else max(10, math.ceil(needed) - done)


def _not_reached(table: pd.DataFrame, precision: float, figure: str) -> str:
    row = intervals(table[[figure]], CONFIDENCE).loc[figure]
    half = row["high"] - row["mean"]
    asked = f"{figure} was asked for to {precision:.3g} of its mean"
    if not half > 0 or row["mean"] == 0:
        return f"{asked}, which {len(table):,} replications cannot tell: its mean is too near 0."
    share = half / abs(row["mean"])
    about = math.ceil((share / precision) ** 2 * len(table))
    return (
        f"{asked}; after {len(table):,} replications it is known to {share:.2g}: it would take "
        f"about {about:,}."
    )
