"""The reverse question: what a scenario will bring, week by week, with its uncertainty."""

from __future__ import annotations

from concurrent.futures import Executor
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from funnelsim.arguments import a_choice, a_number, a_seed
from funnelsim.distributions import DAY, WEEK, Floats, Ints
from funnelsim.experiment.chunks import (
    a_number_of_replications,
    an_executor,
    begun,
    of_each,
)
from funnelsim.journal import OPEN_DEAL, Journal
from funnelsim.journal.provenance import Provenance
from funnelsim.metrics.money import counts_as_revenue
from funnelsim.metrics.planned import sale_times
from funnelsim.planner.futures import Futures
from funnelsim.planner.parameter_uncertainty import Pilot, may_be
from funnelsim.planner.question import in_doubt, provenance_of, up_to_the_deadline
from funnelsim.progress import Bar, a_bar
from funnelsim.scenario import Scenario
from funnelsim.state import State

if TYPE_CHECKING:
    import pandas as pd

    from funnelsim.calibration import Calibration
    from funnelsim.planner.tested import Backtest

QUANTILES = (0.1, 0.5, 0.9)
CLASSES = 50  # of what is not known
MOST_DAYS = 400  # told one by one


@dataclass(frozen=True, eq=False)
class Forecast:
    """What may come of a scenario.

    `by_week` and `so_far` have a row per week (the index: 1 for the first after the warm-up; the
    last may be a short one) and columns (figure, quantile): figure "sales" (first orders) or
    "revenue" (net), quantile "10%", "50%", "90%" or "mean"; `by_week` counts the week, `so_far`
    all up to its end. `along` is `so_far` by day: the index is days since the warm-up (weeks' ends
    only, of more than 400 days). `totals` has a row per replication and a column per figure.
    `from_open` has a row per week and columns "10%", "50%", "90%", "mean": of the sales `so_far`
    those of deals that were open at the start (`initial`, else none). `known_from` says how
    well the conversion is known ("" where it is taken as certain),
    `provenance` how all this was made. `backtest` is how far such forecasts have been right, where
    the export of a calibration was long enough to try (else None).
    """

    scenario: Scenario
    by_week: pd.DataFrame
    so_far: pd.DataFrame
    totals: pd.DataFrame
    along: pd.DataFrame
    from_open: pd.DataFrame
    known_from: str
    provenance: Provenance
    backtest: Backtest | None = None

    def chance(self, figure: str, target: float) -> float:
        """How often the figure ("sales" or "revenue") reaches the target by the horizon.

        Raises FunnelSimError for a figure or a target that is none.

        >>> from funnelsim import forecast, load
        >>> told = forecast(load("aida"), n=20)
        >>> told.chance("sales", 0)
        1.0
        """
        figure = a_choice("figure", figure, self.totals.columns)
        return float((self.totals[figure] >= a_number("target", target)).mean())

    def __repr__(self) -> str:
        last = self.so_far.iloc[-1]
        told = [
            f"{figure} {last[figure, '10%']:,.0f} to {last[figure, '90%']:,.0f}"
            for figure in self.totals
        ]
        count = len(self.totals)
        told += [self.of_open()] if self.of_open() else []
        return f"<Forecast of {self.scenario.name!r}, 8 in 10 of {count:,}: {'; '.join(told)}>"

    def of_open(self) -> str:
        """How many of the sales are of deals open at the start, in words; "" where none are."""
        of_open, whole = self.from_open["mean"].iloc[-1], self.so_far["sales", "mean"].iloc[-1]
        if not of_open:
            return ""
        return f"on average {of_open:,.0f} of {whole:,.0f} sales are of deals open at the start"


def forecast(
    scenario: Scenario | Calibration,
    initial: State | None = None,
    n: int = 200,
    seed: int = 1,
    progress: bool | Bar = True,
    *,
    within: str | None = None,
    pilot: Pilot | None = None,
    executor: Executor | None = None,
    backtest: bool = True,
) -> Forecast:
    """What this scenario will bring: sales and revenue by week, as quantiles over n futures.

    `scenario` is a Scenario, or a Calibration: then each future has one of its draws, conversions,
    times, rates and values together, spread as wide as its `backtest` asks for (`fs.backtest`;
    False: it is left out). A `pilot` ("15 of 300" sales and leads seen) widens the
    forecast too: each future has one of the conversions that may be the true one. `initial` is the
    state at the start (`fs.State`), in place of the warm-up; `within` a time ("90 days"; left out,
    up to the scenario's horizon); `executor` any `concurrent.futures.Executor`, with which the
    futures are the same. `progress` shows a bar after two seconds, or is told so with `update(n)`.
    Revenue counts when the order is placed, less orders cancelled, refused or returned by the
    horizon. Raises FunnelSimError for an argument that is none.

    >>> from funnelsim import load
    >>> told = forecast(load("aida"), n=20)
    >>> len(told.by_week), bool((told.so_far["sales", "10%"] <= told.so_far["sales", "90%"]).all())
    (13, True)
    """
    import pandas as pd

    by_then, uncertainty = up_to_the_deadline(scenario, within, pilot, "forecast")
    today, initial = begun(by_then, initial, "forecast")
    n, executor = a_number_of_replications(n), an_executor(executor)
    settings: dict[str, Any] = {"n": n, "within": within, "pilot": pilot}
    settings |= {} if backtest else {"backtest": False}
    made_by = provenance_of("forecast", scenario, a_seed(seed), initial, settings)
    is_tried = backtest and pilot is None
    uncertainty, tried = in_doubt(
        scenario, by_then, uncertainty, is_tried, executor, progress, "forecast"
    )
    scenarios = [today]
    if uncertainty is not None:
        made = may_be(today, uncertainty, CLASSES)
        # every 7th, so that the first few are low and high ones
        scenarios = [made[place * 7 % CLASSES] for place in range(CLASSES)]
    step = DAY if today.horizon - today.warm_up <= MOST_DAYS * DAY else WEEK
    ends = np.append(np.arange(today.warm_up + step, today.horizon, step), today.horizon)
    measure = partial(of_each, partial(_by_the_end, ends=ends))
    with a_bar(progress, n) as bar:
        futures = Futures(bar, a_seed(seed), initial, executor)
        futures.expect(n)
        values = np.array(futures.among(measure, scenarios, range(n)))
    open_, *each = values.swapaxes(0, 1)
    along = dict(zip(_figures(today), each, strict=True))
    weekly = (ends - today.warm_up) % WEEK == 0
    weekly[-1] = True
    weeks = pd.RangeIndex(1, int(weekly.sum()) + 1, name="week")
    from_open = _quantiles({"sales": open_[:, weekly]}, weeks)["sales"]
    so_far = {figure: table[:, weekly] for figure, table in along.items()}
    by_week = {figure: np.diff(values, axis=1, prepend=0) for figure, values in so_far.items()}
    totals = pd.DataFrame({figure: values[:, -1] for figure, values in so_far.items()})
    totals.index.name = "replication"
    known_from = uncertainty.words if uncertainty is not None else ""
    if tried is not None and tried.widening > 1:
        known_from += f", {tried.widening:.1f} times as wide, as its backtest asks for"
    days = pd.Index((ends - today.warm_up) / DAY, name="day")
    tables = _quantiles(by_week, weeks), _quantiles(so_far, weeks), totals
    along_days = _quantiles(along, days)
    return Forecast(today, *tables, along_days, from_open, known_from, made_by, tried)


def _figures(scenario: Scenario) -> tuple[str, ...]:
    return ("sales", "revenue") if scenario.order is not None else ("sales",)


def _by_the_end(journal: Journal, ends: Ints) -> list[Floats]:
    """Sales of deals open at the start, and the figures of one future, up to each of these
    moments.
    """
    of_open = np.searchsorted(np.sort(sale_times(journal, OPEN_DEAL)), ends).astype(float)
    told = [of_open, sales_by(journal, ends)]
    return [*told, revenue_by(journal, ends)] if journal.scenario.order is not None else told


def sales_by(journal: Journal, ends: Ints) -> Floats:
    """Sales since the warm-up, up to each of these moments."""
    return np.searchsorted(np.sort(sale_times(journal)), ends).astype(float)


def revenue_by(journal: Journal, ends: Ints) -> Floats:
    """Revenue, net, of orders placed since the warm-up, up to each of these moments."""
    t = journal.whole["orders"]
    counted = counts_as_revenue(journal) & (t["placed"] >= journal.scenario.warm_up)
    paid = np.append(0, np.cumsum(t["paid"][counted])) / 100  # they stand in the order of placing
    found: Floats = paid[np.searchsorted(t["placed"][counted], ends)]
    return found


def _quantiles(values: dict[str, Floats], rows: pd.Index) -> pd.DataFrame:
    import pandas as pd

    columns = {}
    for figure, table in values.items():
        for p in QUANTILES:
            columns[figure, f"{p:.0%}"] = np.quantile(table, p, axis=0)
        columns[figure, "mean"] = table.mean(axis=0)
    return pd.DataFrame(columns, index=rows)
