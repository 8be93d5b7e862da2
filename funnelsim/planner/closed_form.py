"""How far to turn a lever, by a formula where there is one, and the chance of the target with it.

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

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from funnelsim.analytic.arrivals import leads_of_channels, mean_by_day
from funnelsim.analytic.conversion import conversions, kinds_of_leads
from funnelsim.analytic.time_to_sale import QUANTILES as OF_A_LAW
from funnelsim.analytic.time_to_sale import entries, expected, shares_of_channels
from funnelsim.analytic.usual_sum import worth_of_a_sale
from funnelsim.distributions import AmountDistribution, Floats
from funnelsim.planner.answer import QUANTILES, Found, Solved
from funnelsim.planner.levers import Lever, factor_for, turned_down
from funnelsim.planner.parameter_uncertainty import ParameterUncertainty
from funnelsim.planner.roots import crossing, least
from funnelsim.scenario import Scenario

if TYPE_CHECKING:
    import pandas as pd

    from funnelsim.planner.question import Question

CLASSES, NODES = 1_000, 25  # of a conversion that is not known; means whose sums are worked out
TARGET_CELLS, MOST_TARGETS = 2_048, 32  # of the sum: cells up to the target, and how far it reaches
SIZE_OF_A_SUM = TARGET_CELLS * MOST_TARGETS
POINTS = 60  # of the curve
CELLS_OF_A_SUM = np.arange(SIZE_OF_A_SUM)
SURE, TINY = 7.0, 1e-12  # standard deviations, and the chance that is left past them


# --- how far to turn a lever ------------------------------------------------------------------


def by_formula(question: Question) -> Solved:
    """The lever, with the direction in which it helps, and its setting by the formula."""
    import pandas as pd

    moved, metric, naive = question.lever, question.metric, question.naive
    if not moved.moves_leads:
        less, more = _means(moved.at, [1 / 1.25, min(1.25, moved.high)], metric)
        moved = turned_down(moved) if more < less else moved
    scenario_at = cache(moved.at)  # the curve asks twice, the second time for the means

    def chances(doubt: ParameterUncertainty | None) -> Callable[[float], float]:
        def at(x: float) -> float:
            scenario = scenario_at(x)
            law = formula(scenario, question.target, metric, doubt, question.is_fixed)
            return law.chance(float(leads_of_channels(scenario).sum()))

        return at

    def root(at: Callable[[float], float], probability: float) -> float | None:
        """The least setting with this chance, to six digits; None where there is none."""
        return least(lambda x: at(x) - probability, 1.0, moved.high, 1e-7)

    at, probability = chances(question.uncertainty), question.probability
    naive_at = factor_for(moved, naive) if moved.moves_leads and naive < math.inf else 1.0
    if _is_idle(moved, metric, at):
        x, settings, limit, best = 1.0 if at(1.0) >= probability else None, [1.0], "none", 1.0
    else:
        x = root(at, probability)
        best = x if x is not None else moved.high
        low = root(at, 0.01) or best / 4
        high = min(root(at, 0.995) or 2 * best, moved.high)
        settings, limit = np.linspace(low, max(high, low), POINTS).tolist(), ""
        if x is None:
            limit = "high" if _means(moved.at, [best], metric)[0] > 0 else "nothing"
            best = best if limit == "high" else 1.0  # where nothing helps, today is as good
    curve = pd.DataFrame({"setting": settings, "chance": [at(s) for s in settings]})
    curve["chance_se"] = curve["mean_se"] = 0.0
    curve["mean"] = _means(scenario_at, settings, metric)
    certain = math.nan
    if question.uncertainty is not None:
        certain = root(chances(None), probability) or math.nan
    found = Found(x, best, at(best), limit=limit)
    return Solved(moved, found, at(naive_at), certain, curve, "formula", (best, best))


def _is_idle(moved: Lever, metric: str, at: Callable[[float], float]) -> bool:
    """Whether the lever changes neither the chance nor the mean."""
    if moved.moves_leads or at(1.0) != at(moved.high):
        return False
    return not np.ptp(_means(moved.at, [1.0, moved.high], metric))


def _means(at: Callable[[float], Scenario], settings: list[float], metric: str) -> Floats:
    """The result expected at each setting of a lever."""
    scenarios = map(at, settings)
    return np.array([expected(s)[1] * worth_of_a_sale(s, metric) for s in scenarios])


class ByLaw(NamedTuple):
    """What a formula knows and replications tell by chance: the leads that `entered` each stage
    (None where the conversion is in doubt), the channels' shares of the sales."""

    entered: Floats | None
    shares: Floats


def by_law(question: Question, planned: Scenario, outcome: pd.DataFrame) -> ByLaw:
    """That, and it puts mean and quantiles of sales and revenue into the table of results."""
    leads, names = float(leads_of_channels(planned).sum()), list(QUANTILES)
    asked = question.uncertainty, question.is_fixed
    sales = formula(planned, 1.0, "sales", *asked).sales
    for metric in {"sales", question.metric}:

        def chance_of(target: float, metric: str = metric) -> float:
            return formula(planned, target, metric, *asked).chance(leads) if target > 0 else 1.0

        about = outcome.loc[metric, names].tolist()
        found = [quantile(chance_of, p, a) for p, a in zip(QUANTILES.values(), about, strict=True)]
        told = map(math.ceil, found) if metric == "sales" else found
        outcome.loc[metric] = [sales * worth_of_a_sale(planned, metric), *told]
    if question.metric == "revenue":  # nobody orders twice, where there is a formula
        outcome.loc["revenue of first orders"] = outcome.loc["revenue"]
    entered = entries(planned) if question.uncertainty is None else None
    return ByLaw(entered, shares_of_channels(planned))


# --- the law ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Formula:
    """Sales expected at today's leads (`sales`), the leads themselves, and the law of a value.

    `values` are chances of the cells of width target ÷ TARGET_CELLS; none where sales are planned.
    """

    target: float
    leads: float
    sales: float
    values: Floats | None
    uncertainty: ParameterUncertainty | None
    fixed: bool

    def chance(self, leads: float) -> float:
        """The chance of the target with so many leads expected."""
        # without a new lead there are the sales of those who came in the warm-up
        mean = self.sales * leads / self.leads if self.leads else self.sales
        if self.uncertainty is None or not mean:
            return float(np.asarray(self._chance(mean, leads)).item())
        # sales are in proportion to the conversion, and so is what is not known of them
        conversions, value_factors = self.uncertainty.classes(CLASSES)
        means = mean * conversions / self.uncertainty.mean
        if self.values is None:
            return float(self._chance(means, leads).mean())
        return float(_sums_reach(self.values, means, TARGET_CELLS / value_factors).mean())

    def _chance(self, mean: float | Floats, leads: float) -> Floats:
        """The chance where so many sales are expected of so many leads."""
        from scipy.special import betainc, gammainc  # scipy.stats takes a second to load

        if self.values is not None:
            return _sums_reach(self.values, np.atleast_1d(mean), np.array([TARGET_CELLS]))
        if not np.isfinite(self.target):
            return np.zeros_like(mean)
        least = int(np.ceil(self.target))
        if self.fixed:
            p = np.clip(mean / leads, 0, 1) if leads else 0 * mean
            if not 0 < least <= leads:
                return np.full_like(p, float(least <= 0))
            found: Floats = np.asarray(betainc(least, int(leads) - least + 1, p))
            return found  # P(binomial >= least)
        return np.asarray(gammainc(least, mean))  # P(Poisson >= least)


def formula(
    scenario: Scenario,
    target: float,
    metric: str,
    uncertainty: ParameterUncertainty | None,
    fixed: bool,
) -> Formula:
    """The formula of a scenario that has one (see `question.why_not`)."""
    leads, sales = expected(scenario)
    values = None
    if metric == "revenue":
        assert scenario.order is not None
        alike = scenario.order.value.constant
        if alike is None or any(kind.order_value_factor != 1 for kind in kinds_of_leads(scenario)):
            values = _law_of_values(scenario, target)
        else:  # each sale brings the same: so many of them
            paid = alike + scenario.order.shipping_fee
            target = np.ceil(target / paid - 1e-9) if paid else np.inf
    if uncertainty is not None:  # of the scenario as it is; what is moved, moves the sales
        sales = sales * uncertainty.mean / uncertainty.nominal
    return Formula(target, leads, sales, values, uncertainty, fixed)


def quantile(chance: Callable[[float], float], p: float, guess: float) -> float:
    """The largest target that is reached with the chance 1 - p: the result's quantile.

    `chance` is that of a target; the guess is where to begin. To five digits.
    """
    low, high = 0.9 * guess, 1.1 * guess + 1
    while low > 0 and chance(low) < 1 - p:
        low, high = 0.8 * low if low > 1 else 0.0, low
    while chance(high) >= 1 - p:
        low, high = high, 1.2 * high
    return crossing(lambda target: chance(target) - (1 - p), high, low, 1e-5)


@lru_cache(maxsize=8)
def _quantiles(distribution: AmountDistribution) -> Floats:
    return distribution.ppf(OF_A_LAW)


def _law_of_values(scenario: Scenario, target: float) -> Floats:
    """The law of what a first order pays, in cells of the target; one who pays it all is enough."""
    assert scenario.order is not None
    shares, fee = _shares_of_sales(scenario), scenario.order.shipping_fee
    factors = [kind.order_value_factor for kind in kinds_of_leads(scenario)]
    law = np.zeros(2 * TARGET_CELLS)
    for share, factor in zip(shares, factors, strict=True):
        law += share * _law_of_one(scenario.order.value, factor, fee, target)
    return law


@lru_cache(maxsize=32)  # a search asks for the same ones at every setting
def _law_of_one(value: AmountDistribution, factor: float, fee: float, target: float) -> Floats:
    """The same for a kind of lead whose orders are by this factor larger."""
    paid = _quantiles(value) * factor + fee
    cells = np.minimum(paid / target * TARGET_CELLS, 2 * TARGET_CELLS - 2)
    below = cells.astype(np.int64)
    part, size = cells - below, 2 * TARGET_CELLS
    law = np.bincount(below, 1 - part, size) + np.bincount(below + 1, part, size)
    return np.asarray(law / len(paid))


def _shares_of_sales(scenario: Scenario) -> Floats:
    """The shares of the kinds of leads among those who buy."""
    leads = np.array([mean_by_day(scenario, c).sum() for c in scenario.channels])
    shares = np.array([kind.share for kind in kinds_of_leads(scenario)])
    won = shares * (leads @ conversions(scenario))
    found: Floats = won / won.sum() if won.sum() else won
    return found


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
    law = np.fft.irfft(np.exp(mean * (_transformed(values.tobytes()) - 1)), SIZE_OF_A_SUM)
    # a sum exactly at the target reaches it: half of the cell around a whole number is below
    summed = np.cumsum(np.maximum(law, 0.0))
    below: Floats = np.concatenate([[0.0], summed])[:-1]
    return below


@lru_cache(maxsize=8)  # a search asks for the same ones at every setting
def _transformed(values: bytes) -> NDArray[np.complex128]:
    padded = np.zeros(SIZE_OF_A_SUM)
    law = np.frombuffer(values)
    padded[: len(law)] = law
    return np.fft.rfft(padded)
