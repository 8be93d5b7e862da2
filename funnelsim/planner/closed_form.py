"""The chance of reaching a target by a formula, where there is one.

Leads that arrive by a Poisson process and do not wait for one another are won independently, so the
sales of a period are Poisson distributed too ("thinning"; for instance S. M. Ross, Introduction to
Probability Models, 12th edition 2019, section 5.3.4), with the mean

    leads expected × conversion × share of the winners who get there by the horizon.

With a number of leads that is fixed beforehand they are binomial. Revenue is a Poisson number of
independent orders, a compound Poisson sum, whose distribution comes from the Fourier transform of
the values (P. Embrechts and M. Frei, "Panjer recursion versus FFT for compound distributions",
Mathematical Methods of Operations Research 69, 2009).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from funnelsim.analytic.arrivals import mean_by_day, mean_in_time, time_of_day
from funnelsim.distributions import (
    DAY,
    AmountDistribution,
    DurationDistribution,
    Floats,
)
from funnelsim.experiment.load import conversion_of_channels
from funnelsim.planner.knowledge import Knowledge
from funnelsim.sampling import inverse
from funnelsim.scenario import Scenario, Segment

CELLS = 16_384  # of the time up to the horizon
QUANTILES = (np.arange(100_000) + 0.5) / 100_000  # of a distribution
CLASSES, NODES = 1_000, 25  # of a conversion that is not known; means whose sums are worked out
TARGET_CELLS, MOST_TARGETS = 2_048, 32  # of the sum: cells up to the target, and how far it reaches
CELLS_OF_A_SUM = np.arange(TARGET_CELLS * MOST_TARGETS)
SURE, TINY = 7.0, 1e-12  # standard deviations, and the chance that is left past them


def why_not(scenario: Scenario, metric: str) -> str:
    """What keeps a formula from holding; "" where there is one."""
    s, order = scenario, scenario.order
    if any(stage.follow_up for stage in s.stages):
        return "leads wait for one another"
    if any(stage.recovery for stage in s.stages):
        return "lost leads come back"
    if any(channel.dispersion != 1 for channel in s.channels if channel.rate):
        return "leads come in heaps"
    if s.referral:
        return "customers bring leads"
    if metric == "sales":
        return ""
    if metric != "revenue" or order is None:
        return "it has costs"
    if s.retention or s.upsell or s.campaigns:
        return "customers order again"
    if order.payments or order.offers or s.loyalty:
        return "orders are more than a value"
    return ""


@dataclass(frozen=True)
class Formula:
    """Sales expected at today's leads (`sales`), the leads themselves, and the law of a value.

    `values` are chances of the cells of width target ÷ TARGET_CELLS; none where sales are planned.
    """

    target: float
    leads: float
    sales: float
    values: Floats | None
    knowledge: Knowledge | None
    fixed: bool

    def chance(self, leads: float) -> float:
        """The chance of the target with so many leads expected."""
        mean = self.sales * leads / self.leads
        if self.knowledge is None or not mean:
            return float(np.asarray(self._chance(mean, leads)).item())
        # sales are in proportion to the conversion, and so is what is not known of them
        conversions, value_factors = self.knowledge.classes(CLASSES)
        means = mean * conversions / self.knowledge.mean
        if self.values is None:
            return float(self._chance(means, leads).mean())
        return float(_sums_reach(self.values, means, TARGET_CELLS / value_factors).mean())

    def _chance(self, mean: float | Floats, leads: float) -> Floats:
        """The chance where so many sales are expected of so many leads."""
        from scipy.special import gammainc
        from scipy.stats import binom

        if self.values is not None:
            return _sums_reach(self.values, np.atleast_1d(mean), np.array([TARGET_CELLS]))
        if not np.isfinite(self.target):
            return np.zeros_like(mean)
        least = int(np.ceil(self.target))
        if self.fixed:
            p = np.clip(mean / leads, 0, 1) if leads else 0 * mean
            found: Floats = np.asarray(binom.sf(least - 1, int(leads), p))
            return found
        return np.asarray(gammainc(least, mean))  # P(Poisson >= least)


def formula(
    scenario: Scenario, target: float, metric: str, knowledge: Knowledge | None, fixed: bool
) -> Formula:
    """The formula of a scenario that has one (see `why_not`)."""
    leads, sales = expected(scenario)
    values = None
    if metric == "revenue":
        assert scenario.order is not None
        alike = scenario.order.value.constant
        if alike is None or any(s.order_value_factor != 1 for s in scenario.segments):
            values = _law_of_values(scenario, target)
        else:  # each sale brings the same: so many of them
            paid = alike + scenario.order.shipping_fee
            target = np.ceil(target / paid - 1e-9) if paid else np.inf
    if knowledge is not None:  # of the scenario as it is; what is moved, moves the sales
        sales = sales * knowledge.mean / knowledge.nominal
    return Formula(target, leads, sales, values, knowledge, fixed)


def quantile(chance: Callable[[float], float], p: float, guess: float) -> float:
    """The largest target that is reached with the chance 1 - p: the result's quantile.

    `chance` is that of a target; the guess is where to begin. To a thousandth.
    """
    low, high = 0.9 * guess, 1.1 * guess + 1
    while low > 0 and chance(low) < 1 - p:
        low, high = 0.8 * low if low > 1 else 0.0, low
    while chance(high) >= 1 - p:
        low, high = high, 1.2 * high
    while high - low > max(1e-3 * high, 0.01):  # of an amount a cent
        middle = (low + high) / 2
        low, high = (middle, high) if chance(middle) >= 1 - p else (low, middle)
    return low


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
    summed = _summed(tuple(stage.decision_time for stage in scenario.stages[:-1]), width)
    edges = (np.arange(CELLS + 1) - 0.5) * width / DAY  # a cell is what lies around its middle
    edges[0] = 0.0

    def by(days: Floats) -> Floats:
        found: Floats = np.where(days > 0, np.interp(days, edges, summed), 0.0)
        return found

    return by


@lru_cache(maxsize=8)  # a root asks for it again and again
def _summed(times: tuple[DurationDistribution, ...], width: float) -> Floats:
    """The chance that these times together are shorter than each edge of the cells."""
    law = np.zeros(2 * CELLS)
    law[0] = 1.0
    for time in times:
        law = _folded(law, _on_grid(time, width, CELLS))
    return np.concatenate([[0.0], np.cumsum(law[:CELLS])])


@lru_cache(maxsize=8)
def _quantiles(distribution: AmountDistribution) -> Floats:
    return inverse(distribution, QUANTILES)


def _on_grid(distribution: DurationDistribution, width: float, cells: int) -> Floats:
    """Chances of the multiples of a width; each value is shared by the two beside it, so that the
    mean stays. What lies past the last cell is left out.
    """
    places = inverse(distribution, QUANTILES) / width
    places = places[places < cells - 1]
    below = places.astype(np.int64)
    part = places - below
    law = np.bincount(below, 1 - part, cells) + np.bincount(below + 1, part, cells)
    found: Floats = law / len(QUANTILES)
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


def _law_of_values(scenario: Scenario, target: float) -> Floats:
    """The law of what a first order pays, in cells of the target; one who pays it all is enough."""
    assert scenario.order is not None
    shares = _shares_of_sales(scenario)
    factors = [s.order_value_factor for s in scenario.segments] or [1.0]
    law = np.zeros(2 * TARGET_CELLS)
    for share, factor in zip(shares, factors, strict=True):
        paid = _quantiles(scenario.order.value) * factor + scenario.order.shipping_fee
        cells = np.minimum(paid / target * TARGET_CELLS, 2 * TARGET_CELLS - 2)
        below = cells.astype(np.int64)
        part = cells - below
        law += share * np.bincount(below, 1 - part, len(law)) / len(paid)
        law += share * np.bincount(below + 1, part, len(law)) / len(paid)
    return law


def _shares_of_sales(scenario: Scenario) -> Floats:
    """The shares of the segments among those who buy."""
    if not scenario.segments:
        return np.array([1.0])
    leads = np.array([mean_by_day(scenario, c).sum() for c in scenario.channels])
    won = np.array(
        [s.share * (leads @ conversion_of_channels(_only(scenario, s))) for s in scenario.segments]
    )
    found: Floats = won / won.sum() if won.sum() else won
    return found


def _only(scenario: Scenario, segment: Segment) -> Scenario:
    alone = segment.model_copy(update={"share": 1.0})
    return scenario.model_copy(update={"segments": (alone,)})


def _sums_reach(values: Floats, means: Floats, targets: Floats) -> Floats:
    """The chance that a Poisson number of values sums to a target (in cells), for each mean and its
    target: shape (len(means),).

    By Fourier transform at some of the means; between them by how far the normal law is off, which
    changes little.
    """
    from scipy.special import ndtr, ndtri

    cells = np.arange(len(values))
    each, square = float(values @ cells), float(values @ cells**2)
    if not means.all():
        return np.zeros(len(means))

    def normal(means: Floats) -> Floats:  # how many standard deviations the target is exceeded by
        found: Floats = (means * each - targets) / np.sqrt(means * square)
        return found

    nodes = np.geomspace(means.min(), means.max(), NODES if len(means) > 1 else 1)
    aside = np.zeros((len(nodes), len(targets)))
    for row, node in zip(aside, nodes, strict=True):
        at = normal(np.full(len(targets), node))
        near = at < SURE
        reached = 1 - np.interp(targets[near], CELLS_OF_A_SUM, _sum_below(values, float(node)))
        row[near] = np.clip(ndtri(np.clip(reached, TINY, 1 - TINY)), -SURE, SURE) - at[near]
    place = np.interp(np.log(means), np.log(nodes), np.arange(len(nodes)))
    left = np.minimum(place.astype(np.int64), max(len(nodes) - 2, 0))
    part, which = place - left, np.arange(len(means))
    right = np.minimum(left + 1, len(nodes) - 1)
    between = aside[left, which] * (1 - part) + aside[right, which] * part
    return np.asarray(ndtr(normal(means) + between))


def _sum_below(values: Floats, mean: float) -> Floats:
    """The chance that a Poisson number (of this mean) of values sums to less than each cell."""
    size = TARGET_CELLS * MOST_TARGETS
    padded = np.zeros(size)
    padded[: len(values)] = values
    law = np.fft.irfft(np.exp(mean * (np.fft.rfft(padded) - 1)), size)
    # a sum exactly at the target reaches it: half of the cell around a whole number is below
    summed = np.cumsum(np.maximum(law, 0.0))
    below: Floats = np.concatenate([[0.0], summed])[:-1]
    return below
