"""How far chance alone spreads a scenario: its key figures, and its revenue by the end of each day.

Replications are measured column by column, no table is built for one, so that a live board can ask
for it while a slider moves. `Spread.plus` adds further replications to those already measured.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from funnelsim.distributions import Floats
from funnelsim.journal import Journal
from funnelsim.metrics import key_figures
from funnelsim.metrics.revenue import period_ends, revenue_so_far

TAIL = 0.05  # left out below, and as much above
FEWEST = 19  # replications that can tell so much: 1 / TAIL - 1


@dataclass(frozen=True, eq=False)
class Spread:
    """Some replications of one scenario.

    `figures` has the values of each key figure of `summary` by name, shape (replications,);
    `revenue` what has been paid by each of `period_ends`, shape (replications, ends), in currency.
    """

    figures: dict[str, Floats]
    revenue: Floats

    def __len__(self) -> int:
        return len(self.revenue)

    def plus(self, more: Spread) -> Spread:
        """These replications and more of the same scenario."""
        figures = {key: np.append(self.figures[key], more.figures[key]) for key in self.figures}
        return Spread(figures, np.concatenate([self.revenue, more.revenue]))

    def range_of(self, figure: str) -> tuple[float, float]:
        """`nine_in_ten` of a key figure; NaN where no replication has it."""
        values = self.figures[figure]
        low, high = nine_in_ten(values[~np.isnan(values)])
        return float(low), float(high)

    @property
    def is_nine_in_ten(self) -> bool:
        """Whether there are enough for it; with fewer a range goes from lowest to highest."""
        return len(self) >= FEWEST


def spread(journals: Iterable[Journal]) -> Spread:
    """The spread of these replications of one scenario, one at least; several may be `Together`.

    >>> from funnelsim import load
    >>> from funnelsim.engines import simulate_together
    >>> aida = spread(simulate_together(load("aida"), 1, range(40)))
    >>> low, high = aida.range_of("customers")
    >>> bool(low < aida.figures["customers"].mean() < high)
    True
    """
    figures, revenue = [], []
    for journal in journals:
        figures.append(key_figures(journal))
        ends = period_ends(journal.scenario)
        revenue += [revenue_so_far(one, ends)[1] / 100 for one in journal.split()]
    columns = {
        key: np.concatenate([row[key] for row in figures]).astype(float) for key in figures[0]
    }
    return Spread(columns, np.array(revenue))


def nine_in_ten(values: Floats) -> tuple[Any, Any]:
    """Between what 9 in 10 replications lie, by the first axis: the 5 % and the 95 % quantile.

    They are taken at p · (n + 1) among the n values in order, so that one more replication falls
    between them with a chance of 0.9 (R. J. Hyndman and Y. Fan, "Sample Quantiles in Statistical
    Packages", The American Statistician 50, 1996, definition 6). Fewer than 19 values cannot tell
    that: they give the lowest and the highest, which the next one keeps to with a chance of
    (n - 1) / (n + 1). Returns two of the shape of one value; NaN without values.

    >>> nine_in_ten(np.arange(1.0, 20.0))
    (np.float64(1.0), np.float64(19.0))
    """
    if len(values) == 0:
        return np.float64(np.nan), np.float64(np.nan)
    low, high = np.quantile(values, [TAIL, 1 - TAIL], axis=0, method="weibull")
    return low, high
