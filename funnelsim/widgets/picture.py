"""What a live board shows of a scenario: one history, and how far chance spreads such histories.

`Picture.of` simulates a few replications, a draft for a slider that is being dragged; `refined`
goes on to as many as are asked for, in pieces between which it can be given up.
"""

from __future__ import annotations

import math
import numbers
from collections.abc import Iterator
from dataclasses import dataclass, replace

import pandas as pd

from funnelsim.analytic.arrivals import time_of_leads
from funnelsim.distributions import DAY, duration_text
from funnelsim.engines import simulate_together
from funnelsim.errors import FunnelSimError, Problem
from funnelsim.experiment.chunks import a_number_of_replications
from funnelsim.experiment.spread import Spread, spread
from funnelsim.journal import Journal
from funnelsim.metrics import funnel_table
from funnelsim.scenario import Scenario

LEADS_AT_ONCE = 3_000  # of which eight histories take about 0.1 s: a slider answers at once
DRAFT = 8  # replications while a slider is dragged
PIECE = 4  # replications that nothing can interrupt
MOST = 10_000  # replications of a board


@dataclass(frozen=True, eq=False)
class Picture:
    """A simulated scenario: replication 0 in full, and the spread of as many as there are."""

    journal: Journal
    table: pd.DataFrame
    figures: pd.Series
    spread: Spread

    @staticmethod
    def of(scenario: Scenario, seed: int, replications: int) -> Picture:
        """A picture from replications 0, 1 ...; the first is what `simulate` gives."""
        parts = list(simulate_together(scenario, seed, range(replications)))
        first, found = next(parts[0].split()), spread(parts)
        figures = pd.Series({key: values[0] for key, values in found.figures.items()})
        return Picture(first, funnel_table(first), figures, found)

    def refined(self, replications: int) -> Iterator[Picture | None]:
        """None before each further piece of work; at the end the picture from all replications."""
        found = self.spread
        while len(found) < replications:
            yield None
            part = range(len(found), min(len(found) + PIECE, replications))
            found = found.plus(spread(simulate_together(self.scenario, self.journal.seed, part)))
        if found is not self.spread:
            yield replace(self, spread=found)

    @property
    def scenario(self) -> Scenario:
        return self.journal.scenario


# --- how much of the horizon ----------------------------------------------------------------------


def horizon_shown(scenario: Scenario, days: float | None) -> int:
    """How much of the horizon a board simulates, in microseconds; see `explore`."""
    if not isinstance(scenario, Scenario):
        given = f'"{scenario}"' if isinstance(scenario, str) else f"a {type(scenario).__name__}"
        way_out = 'write fs.load("aida"), or journal.scenario'
        raise FunnelSimError(f"explore is given {given}; it takes a Scenario: {way_out}")
    if days is None:
        return min(scenario.horizon, scenario.warm_up + time_of_leads(scenario, LEADS_AT_ONCE))
    number = isinstance(days, numbers.Real) and not isinstance(days, bool)
    shown = round(min(days, scenario.horizon / DAY) * DAY) if number and days > 0 else 0
    if shown <= 0:
        rule = "a board shows more than 0 days: write a number, such as 30"
        raise FunnelSimError(str(Problem("days", days, rule)))
    if shown <= scenario.warm_up:
        warm_up = duration_text(scenario.warm_up)
        rule = f"the warm-up of the scenario takes {warm_up}, and a board shows more than that"
        raise FunnelSimError(str(Problem("days", days, rule)))
    return shown


def histories_of_a_board(n: object) -> int:
    """The number of replications behind the ranges; more than so many would never be finished."""
    number = a_number_of_replications(n)
    if number > MOST:
        rule = f"a board takes {MOST:,} at most"
        raise FunnelSimError(str(Problem("n", n, rule, "fs.replicate simulates more")))
    return number


# --- scales ---------------------------------------------------------------------------------------


def fitted(tops: dict[str, float], pictures: list[Picture], band: bool) -> dict[str, float]:
    """The ends of the scales, by name: those there are, or the next step up where more is needed.

    So a move is seen in the bars, not in the axes. A draft leaves room for the full band, which
    is wider, so that the axis stands still when it comes.
    """
    leads = max(int(p.table["entered"].max()) for p in pictures)
    paid = max(float(p.figures["revenue"]) for p in pictures)
    if band:
        ends = pictures[0].spread.range_of("revenue")
        room = 0.0 if pictures[0].spread.is_nine_in_ten else 0.5
        paid = max(paid, ends[1] + room * (ends[1] - ends[0]))
    needed = {"leads_top": 1.3 * leads, "revenue_top": 1.02 * paid}
    return {
        name: next_step(top) if top > tops.get(name, 0.0) else tops.get(name, 1.0)
        for name, top in needed.items()
    }


def next_step(needed: float) -> float:
    """The next round number, a scale's end: 1, 1.5, 2, 3, 4, 5, 7 or 10 times a power of ten.

    >>> next_step(1300), next_step(42)
    (1500.0, 50.0)
    """
    if needed <= 1:
        return 1.0
    power = 10.0 ** math.floor(math.log10(needed))
    return next(n * power for n in (1, 1.5, 2, 3, 4, 5, 7, 10) if n * power >= needed)
