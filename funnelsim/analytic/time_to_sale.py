"""How many sales there are by when, if nobody has to wait: arrivals, conversion and decision times.

The time from a lead to its sale is the sum of the decision times of the stages, each with a law of
its own: of those who say yes before they are dropped. The law of the sum comes from their Fourier
transforms. `sales_by_the_horizon` counts returns of the lost too; `expected` and what is made of
it are for funnels without them, and quick enough for a planner's roots.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from itertools import pairwise

import numpy as np

from funnelsim.analytic.arrivals import mean_by_day, mean_in_time, time_of_day
from funnelsim.analytic.conversion import (
    Visit,
    conversion_of_channels,
    kinds_of_leads,
    ratio_of,
    visits_of,
)
from funnelsim.distributions import DAY, DurationDistribution, Floats
from funnelsim.scenario import Scenario, Stage
from funnelsim.scenario.values import OddsRatio

CELLS = 16_384  # of the time up to the horizon
QUANTILES = (np.arange(100_000) + 0.5) / 100_000  # of a distribution
MOMENTS = 192  # of a day, at which its leads come


def expected(scenario: Scenario) -> tuple[float, float]:
    """Leads and sales expected from the warm-up to the horizon, if nobody has to wait."""
    warm_up, horizon = scenario.warm_up / DAY, scenario.horizon / DAY
    by_then = arrival_by(scenario)
    leads = sales = 0.0
    for channel, p in zip(scenario.channels, conversion_of_channels(scenario), strict=True):
        at = (
            np.arange(scenario.days)[:, None]
            + time_of_day((np.arange(24) + 0.5) / 24, channel) / DAY
        )
        share = by_then(horizon - at) - by_then(warm_up - at)
        mean = mean_by_day(scenario, channel)
        leads += float(mean_in_time(scenario, channel)[-(-scenario.warm_up // DAY) :].sum())
        sales += float(p * (mean[:, None] * share).sum()) / 24
    return leads, sales


def sales_by_the_horizon(scenario: Scenario) -> Floats:
    """Sales expected from the warm-up to the horizon, if nobody has to wait, of the leads that each
    channel brings, those before the warm-up included: shape (channels, kinds of leads).

    Lost leads that come back in time are among them.
    """
    warm_up, horizon = scenario.warm_up / DAY, scenario.horizon / DAY
    kinds = kinds_of_leads(scenario)
    sales = np.zeros((len(scenario.channels), len(kinds)))
    for row, channel in zip(sales, scenario.channels, strict=True):
        times = time_of_day((np.arange(MOMENTS) + 0.5) / MOMENTS, channel) / DAY
        at = np.arange(scenario.days)[:, None] + times
        mean = mean_by_day(scenario, channel)[:, None] / MOMENTS
        for column, kind in enumerate(kinds):
            by_then = sale_by(kind.meets, (channel.odds_ratio, *kind.odds))
            in_time = by_then(horizon - at) - by_then(warm_up - at)
            row[column] = kind.share * (mean * in_time).sum()
    return sales


def sale_by(scenario: Scenario, odds: Sequence[OddsRatio]) -> Callable[[Floats], Floats]:
    """How likely a lead with these odds has bought so many days after it came, if nobody waits."""
    width = scenario.horizon / CELLS
    law = _at_once()
    for stage in scenario.stages[:-1]:
        visits = visits_of(scenario, stage, ratio_of(odds, stage))
        law = _folded(law, _through(stage, visits, width))
    return _in_days(np.concatenate([[0.0], np.cumsum(law[:CELLS])]), width)


def _through(stage: Stage, visits: Sequence[Visit], width: float) -> Floats:
    """When a lead leaves the stage for the next one, counted from its first entry, by visits: of
    as much weight as do so.
    """
    wins = _on_grid(stage.decision_time, width, stage.drop_after)
    through, entered = visits[0].wins * wins, _at_once()
    for before, visit in pairwise(visits):
        assert stage.recovery is not None
        says_no = _on_grid(stage.time_to_lose, width, stage.drop_after)
        lost = before.says_no * says_no
        if before.dropped and stage.drop_after:
            lost = lost + before.dropped * _shared(np.array([stage.drop_after]) / width)
        lost = lost / max(before.says_no + before.dropped, 1e-300)
        entered = _folded(_folded(entered, lost), _on_grid(stage.recovery.delay, width))
        through = through + visit.wins * _folded(entered, wins)[:CELLS]
    return through


def _at_once() -> Floats:
    law = np.zeros(2 * CELLS)
    law[0] = 1.0
    return law


def entries(scenario: Scenario) -> Floats:
    """Leads expected to enter each stage from the warm-up to the horizon: shape (stages,).

    As sales are, were the stage the goal.
    """
    upto = [scenario.stages[: n + 1] for n in range(len(scenario.stages))]
    return np.array([expected(scenario.model_copy(update={"stages": s}))[1] for s in upto])


def shares_of_channels(scenario: Scenario) -> Floats:
    """The shares of the channels in the sales expected: shape (channels,)."""
    alone = [scenario.model_copy(update={"channels": (c,)}) for c in scenario.channels]
    sales = np.array([expected(one)[1] for one in alone])
    found: Floats = sales / sales.sum() if sales.sum() else sales
    return found


def arrival_by(scenario: Scenario) -> Callable[[Floats], Floats]:
    """The distribution function of a winner's lead time in days, without waiting for anybody.

    The decision times of the stages add up: their laws on a grid, folded by Fourier transform.
    """
    width = scenario.horizon / CELLS
    times = tuple((stage.decision_time, stage.drop_after) for stage in scenario.stages[:-1])
    return _in_days(_summed(times, width), width)


def _in_days(summed: Floats, width: float) -> Callable[[Floats], Floats]:
    """The distribution function with these values at the edges of the cells."""
    edges = (np.arange(CELLS + 1) - 0.5) * width / DAY  # a cell is what lies around its middle
    edges[0] = 0.0

    def by(days: Floats) -> Floats:
        found: Floats = np.where(days > 0, np.interp(days, edges, summed), 0.0)
        return found

    return by


@lru_cache(maxsize=8)  # a root asks for it again and again
def _summed(times: tuple[tuple[DurationDistribution, int | None], ...], width: float) -> Floats:
    """The chance that these times together are shorter than each edge of the cells."""
    law = _at_once()
    for time, last in times:
        law = _folded(law, _on_grid(time, width, last))
    return np.concatenate([[0.0], np.cumsum(law[:CELLS])])


@lru_cache(maxsize=64)  # channels and segments share them
def _on_grid(time: DurationDistribution, width: float, last: int | None = None) -> Floats:
    """Chances of the multiples of a width; each value is shared by the two beside it, so that the
    mean stays. What lies past the last cell is left out. With `last`, of times up to it alone.
    """
    values = time.ppf(QUANTILES)
    if last is not None:
        values = values[values <= last]
    return _shared(values / width)


def _shared(places: Floats) -> Floats:
    """The law of these places among the cells, each of the same weight."""
    inside = places[places < CELLS - 1]
    below = inside.astype(np.int64)
    part = inside - below
    law = np.bincount(below, 1 - part, CELLS) + np.bincount(below + 1, part, CELLS)
    found: Floats = law / max(len(places), 1)
    return found


def _folded(one: Floats, other: Floats) -> Floats:
    """The law of a sum, of as many cells; what would go round stays out of the first half."""
    size = len(one)
    padded = np.zeros(size)
    padded[: len(other)] = other
    folded = np.fft.irfft(np.fft.rfft(one) * np.fft.rfft(padded), size)
    folded[size // 2 :] = 0.0
    found: Floats = np.maximum(folded, 0.0)
    return found
