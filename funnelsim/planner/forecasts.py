"""The reverse question: what a scenario will bring, week by week, with its uncertainty."""

from __future__ import annotations

from concurrent.futures import Executor
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from funnelsim.distributions import WEEK, Floats, Ints
from funnelsim.experiment.chunks import (
    a_number_of_replications,
    a_seed,
    an_executor,
    begun,
    of_each,
    progress_bar,
)
from funnelsim.journal import Journal
from funnelsim.metrics.money import counts_as_revenue
from funnelsim.planner.futures import Futures
from funnelsim.planner.results import sale_times
from funnelsim.scenario import Scenario
from funnelsim.state import State

if TYPE_CHECKING:
    import pandas as pd

QUANTILES = (0.1, 0.5, 0.9)


@dataclass(frozen=True, eq=False)
class Forecast:
    """What may come of a scenario.

    `by_week` and `so_far` have a row per week (the index: 1 for the first after the warm-up; the
    last may be a short one) and columns (figure, quantile): figure "sales" (first orders) or
    "revenue" (net), quantile "10%", "50%", "90%" or "mean"; `by_week` counts the week, `so_far`
    all up to its end. `totals` has a row per replication and a column per figure.
    """

    scenario: Scenario
    by_week: pd.DataFrame
    so_far: pd.DataFrame
    totals: pd.DataFrame

    def chance(self, figure: str, target: float) -> float:
        """How often the figure ("sales" or "revenue") reaches the target by the horizon.

        >>> from funnelsim import forecast, load
        >>> told = forecast(load("aida"), n=20)
        >>> told.chance("sales", 0)
        1.0
        """
        return float((self.totals[figure] >= target).mean())

    def __repr__(self) -> str:
        last = self.so_far.iloc[-1]
        told = [
            f"{figure} {last[figure, '10%']:,.0f} to {last[figure, '90%']:,.0f}"
            for figure in self.totals
        ]
        count = len(self.totals)
        return f"<Forecast of {self.scenario.name!r}, 8 in 10 of {count:,}: {'; '.join(told)}>"


def forecast(
    scenario: Scenario,
    initial: State | None = None,
    n: int = 200,
    seed: int = 1,
    progress: bool = True,
    *,
    executor: Executor | None = None,
) -> Forecast:
    """What this scenario will bring: sales and revenue by week, as quantiles over n futures.

    `initial` is the state at the start (`fs.State`), in place of the warm-up; `executor` any
    `concurrent.futures.Executor`, with which the futures are the same. Revenue counts when the
    order is placed, less orders cancelled, refused or returned by the horizon. Raises
    FunnelSimError for a scenario, a state, an n or an executor that is none.

    >>> from funnelsim import load
    >>> told = forecast(load("aida"), n=20)
    >>> len(told.by_week), bool((told.so_far["sales", "10%"] <= told.so_far["sales", "90%"]).all())
    (13, True)
    """
    import pandas as pd

    scenario, initial = begun(scenario, initial, "forecast")
    n, executor = a_number_of_replications(n), an_executor(executor)
    ends = np.append(np.arange(scenario.warm_up + WEEK, scenario.horizon, WEEK), scenario.horizon)
    measure = partial(of_each, partial(_by_the_end, ends=ends))
    with progress_bar(n, progress) as bar:
        futures = Futures(bar, a_seed(seed), initial, executor)
        values = np.array(futures.of(measure, scenario, range(n)))
    so_far = {figure: values[:, place] for place, figure in enumerate(_figures(scenario))}
    by_week = {figure: np.diff(values, axis=1, prepend=0) for figure, values in so_far.items()}
    totals = pd.DataFrame({figure: values[:, -1] for figure, values in so_far.items()})
    totals.index.name = "replication"
    return Forecast(scenario, _quantiles(by_week), _quantiles(so_far), totals)


def _figures(scenario: Scenario) -> tuple[str, ...]:
    return ("sales", "revenue") if scenario.order is not None else ("sales",)


def _by_the_end(journal: Journal, ends: Ints) -> list[Floats]:
    """The figures of one future up to each of these moments."""
    sales = _until(sale_times(journal), ends).astype(float)
    return [sales, _revenue(journal, ends)] if journal.scenario.order is not None else [sales]


def _until(times: Ints, ends: Ints) -> Ints:
    return np.searchsorted(np.sort(times), ends)


def _revenue(journal: Journal, ends: Ints) -> Floats:
    t = journal.whole["orders"]
    counted = counts_as_revenue(journal) & (t["placed"] >= journal.scenario.warm_up)
    paid = np.append(0, np.cumsum(t["paid"][counted])) / 100  # they stand in the order of placing
    found: Floats = paid[np.searchsorted(t["placed"][counted], ends)]
    return found


def _quantiles(values: dict[str, Floats]) -> pd.DataFrame:
    import pandas as pd

    columns = {}
    for figure, table in values.items():
        for p in QUANTILES:
            columns[figure, f"{p:.0%}"] = np.quantile(table, p, axis=0)
        columns[figure, "mean"] = table.mean(axis=0)
    weeks = pd.RangeIndex(1, len(next(iter(values.values()))[0]) + 1, name="week")
    return pd.DataFrame(columns, index=weeks)
