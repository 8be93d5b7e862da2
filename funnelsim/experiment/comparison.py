"""Scenarios beside each other, paired on the same customers.

In replication 17 the same leads arrive in every scenario and would do the same; what differs is
what the change causes (common random numbers: Law, Simulation Modeling and Analysis, 5th edition
(2015), 11.2). So the interval is one of differences, pair by pair, and mostly far shorter than
what the scenarios' own spread would give.
"""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from funnelsim.arguments import a_choice, a_confidence, refused
from funnelsim.experiment import chunks
from funnelsim.experiment.intervals import intervals
from funnelsim.experiment.replications import Experiment, figures_table, stopped
from funnelsim.experiment.too_small import queue_warnings
from funnelsim.progress import progress_bar
from funnelsim.scenario import Scenario
from funnelsim.state import State
from funnelsim.tables import say

if TYPE_CHECKING:
    import pandas as pd


@dataclass(eq=False)
class Comparison:
    """Scenarios simulated on the same customers; `experiments` holds each by its name.

    `table` has a row per scenario and replication (both in the index) and the columns of
    `summary`.
    """

    experiments: dict[str, Experiment]
    warnings: list[str]
    interrupted: bool

    @property
    def table(self) -> pd.DataFrame:
        import pandas as pd

        tables = {name: e.table for name, e in self.experiments.items()}
        return pd.concat(tables, names=["scenario", "replication"])

    def differences(self, baseline: str | None = None, confidence: float = 0.95) -> pd.DataFrame:
        """How each scenario differs from the baseline (the first one, unless named).

        A row per figure and scenario (both in the index). Columns: `baseline` and `mean`, the
        means of the two; `difference` = mean - baseline, over the replications that have the
        figure in both; `standard_error`, `low`, `high` of the difference (Student's t, paired);
        `replications`; and `unpaired_replications`, how many of each scenario it would have taken
        on different customers for an interval as short: n · (var_a + var_b) / var_difference
        (infinite where all pairs differ by the same, NaN where nothing varies).

        >>> from funnelsim import load
        >>> s = load("aida")
        >>> dearer = s.vary({"channels.search ads.cost_per_lead": 5})
        >>> c = compare({"today": s, "dearer": dearer}, n=5, progress=False)
        >>> float(c.differences().loc[("customers", "dearer"), "difference"])
        0.0
        """
        import pandas as pd

        confidence = a_confidence(confidence)
        names = list(self.experiments)
        first = names[0]
        if baseline is not None:
            first = a_choice("baseline", baseline, names, "there is no such scenario")
        base = self.experiments[first].table
        parts = {
            name: paired(base, self.experiments[name].table, confidence)
            for name in names
            if name != first
        }
        table = pd.concat(parts, names=["scenario", "figure"]).swaplevel()
        return table.reindex(base.columns, level="figure")

    def __repr__(self) -> str:
        count = len(next(iter(self.experiments.values())).table)
        cut = ", interrupted" if self.interrupted else ""
        head = f"<Comparison of {', '.join(self.experiments)}: {count:,} replications each{cut}>"
        return "\n".join([head, *self.warnings])


def paired(base: pd.DataFrame, other: pd.DataFrame, confidence: float) -> pd.DataFrame:
    """The differences of two tables of key figures, replication by replication."""
    both = base.columns.intersection(other.columns, sort=False)
    base, other = base[both], other[both]
    difference = other - base
    base, other = base.where(difference.notna()), other.where(difference.notna())
    found = intervals(difference, confidence).rename(columns={"mean": "difference"})
    found.insert(1, "baseline", base.mean())
    found.insert(2, "mean", other.mean())
    with np.errstate(divide="ignore", invalid="ignore"):
        more = (base.var() + other.var()) / difference.var()
    found["unpaired_replications"] = found["replications"] * more
    return found


def compare(
    scenarios: Mapping[str, Scenario],
    n: int = 200,
    seed: int = 1,
    executor: Executor | None = None,
    progress: bool = True,
    *,
    initial: State | None = None,
) -> Comparison:
    """Simulate scenarios on the same customers, n replications of each.

    `scenarios` is a table of names and scenarios; the first is the baseline, unless `differences`
    is told another. `initial` is business that is already running (`fs.State`), the same for all
    of them, in place of the warm-up. Raises `FunnelSimError` for fewer than two, for what is no
    scenario or state, and for an n below 2 or an executor that is none.

    >>> from funnelsim import load
    >>> s = load("aida")
    >>> c = compare({"today": s, "better": s.vary({"stages.Interest.conversion": 0.6})}, n=5)
    >>> bool(c.differences().loc[("customers", "better"), "difference"] > 0)
    True
    """
    way_out = 'write {"today": s, "faster": s2}'
    if not isinstance(scenarios, Mapping):
        rule = "compare takes a table of names and scenarios"
        raise refused("scenarios", scenarios, rule, way_out)
    if len(scenarios) < 2:
        rule = "a comparison takes at least two"
        raise refused("scenarios", list(scenarios), rule, way_out)
    named = {str(name): chunks.begun(s, initial, "compare")[0] for name, s in scenarios.items()}
    n = chunks.a_number_of_replications(n, least=2)
    tables, interrupted, sentences = same_customers(
        list(named.values()), n, seed, chunks.an_executor(executor), progress, initial
    )
    experiments = {
        name: Experiment(s, int(seed), table, queue_warnings(s, table), interrupted, {})
        for (name, s), table in zip(named.items(), tables, strict=True)
    }
    told = [f"{name}: {text}" for name, e in experiments.items() for text in e.warnings]
    return Comparison(experiments, told + sentences, interrupted)


def same_customers(
    scenarios: list[Scenario],
    n: int,
    seed: int,
    executor: Executor | None,
    progress: bool,
    initial: State | None = None,
) -> tuple[list[pd.DataFrame], bool, list[str]]:
    """A table of key figures for each scenario, with the same replications in all of them.

    Scenarios that are equal are simulated once. Also whether Ctrl-C ended it, and what to say.
    """
    distinct = list(dict.fromkeys(scenarios))
    with progress_bar(n * len(distinct), progress) as bar:
        outcome = chunks.run(chunks.summaries, distinct, seed, range(n), executor, bar, initial)
    whole = sorted(set.intersection(*(set(rows) for rows in outcome.results)))
    if outcome.interrupted:
        if len(whole) < 2:
            raise KeyboardInterrupt
        outcome.sentences.append(stopped(len(whole), n))
        say(outcome.sentences[-1])
    tables = [figures_table({r: rows[r] for r in whole}) for rows in outcome.results]
    found = dict(zip(distinct, tables, strict=True))
    return [found[s].copy() for s in scenarios], outcome.interrupted, outcome.sentences
