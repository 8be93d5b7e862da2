"""From sums to an effect: the difference of two arms, its interval, and how likely chance is.

For a ratio R = Σy ÷ Σx over independent leads the variance is Σ(y - R x)² ÷ (Σx)², times
n ÷ (n - 1): the delta method (A. Deng, U. Knoblich and J. Lu, Applying the Delta Method in Metric
Analytics, KDD 2018). With x = 1 that is s² ÷ n of a mean, and p (1 - p) ÷ (n - 1) of a share. The
difference of two arms is taken as normal, so p is below 1 - confidence exactly where the interval
leaves out 0. The interval of a lift, B ÷ A - 1, is that of the logarithm of the ratio.
"""

from __future__ import annotations

from statistics import NormalDist
from typing import Any, NamedTuple

import numpy as np

from funnelsim.ab_tests.sums import Sums
from funnelsim.distributions import Floats
from funnelsim.metrics.basis import ratio


class Estimate(NamedTuple):
    """Of each arm: the value and its standard error, NaN where nothing can be said."""

    value: Floats
    error: Floats

    def of(self, arm: int | list[int]) -> Estimate:
        """Of one arm, or of several; arms are the last axis."""
        return Estimate(self.value[..., arm], self.error[..., arm])


class Effect(NamedTuple):
    """What B does differently from A; arrays of any shape."""

    difference: Floats
    error: Floats
    low: Floats
    high: Floats
    p: Floats


def estimates(sums: Sums) -> Estimate:
    """The value of each arm.

    >>> two = sums_by_hand(n=100, y=20)
    >>> float(estimates(two).value), round(float(estimates(two).error) ** 2 * 99, 10)
    (0.2, 0.16)
    """
    value = ratio(sums.y, sums.x)
    rest = sums.yy - 2 * value * sums.xy + value**2 * sums.xx
    rest = np.where(rest > 1e-12 * np.maximum(sums.yy, 1.0), rest, 0.0)  # but for rounding
    variance = ratio(rest, sums.x**2) * ratio(sums.n, sums.n - 1)
    return Estimate(value, np.sqrt(variance))


def sums_by_hand(n: Any, y: Any) -> Sums:
    """Of a share: n leads, y of them did it.

    >>> sums_by_hand(100, 20).xx
    array(100.)
    """
    count, did = np.asarray(n, dtype=float), np.asarray(y, dtype=float)
    return Sums(count, did, count, did, did, count)


def effect(control: Estimate, other: Estimate, confidence: float) -> Effect:
    """The difference of the other to the control.

    >>> a = Estimate(np.array(0.10), np.array(0.01))
    >>> b = Estimate(np.array(0.13), np.array(0.01))
    >>> found = effect(a, b, 0.95)
    >>> round(float(found.low), 4), round(float(found.high), 4), round(float(found.p), 4)
    (0.0023, 0.0577, 0.0339)
    """
    from scipy.special import ndtr

    difference = other.value - control.value
    error = np.hypot(control.error, other.error)
    half = NormalDist().inv_cdf((1 + confidence) / 2) * error
    with np.errstate(invalid="ignore", divide="ignore"):
        p = np.where(error > 0, 2 * ndtr(-np.abs(difference) / error), np.nan)
    return Effect(difference, error, difference - half, difference + half, p)


def lift(control: Estimate, other: Estimate, confidence: float) -> tuple[Floats, Floats, Floats]:
    """How much more of it in relation, 0.1 for a tenth: the value, low and high; NaN below 0."""
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    known = (control.value > 0) & (other.value > 0)
    nothing = np.full(np.shape(known), np.nan)
    times = np.divide(other.value, control.value, out=nothing.copy(), where=known)
    error = np.hypot(ratio(control.error, control.value), ratio(other.error, other.value))
    return times - 1, times * np.exp(-z * error) - 1, times * np.exp(z * error) - 1


def holm(p: Floats) -> Floats:
    """p-values of several arms against one control, so that all together are wrong with chance
    alpha at most.

    Source: S. Holm, A Simple Sequentially Rejective Multiple Test Procedure, Scandinavian Journal
    of Statistics 6 (1979).

    >>> holm(np.array([0.01, 0.04, 0.03])).tolist()
    [0.03, 0.06, 0.06]
    """
    order = np.argsort(p)
    times = len(p) - np.arange(len(p))
    found = np.empty(len(p))
    found[order] = np.minimum(1.0, np.maximum.accumulate(p[order] * times))
    return found


def sample_ratio(n: Floats, shares: Floats) -> float:
    """The chance of counts as far from their shares as these, or farther: a chi-square test.

    >>> round(sample_ratio(np.array([821_588.0, 815_482.0]), np.array([0.5, 0.5])), 7)
    1.8e-06
    """
    from scipy.special import chdtrc

    expected = n.sum() * shares / shares.sum()
    if not (expected > 0).all():
        return float("nan")
    return float(chdtrc(len(n) - 1, ((n - expected) ** 2 / expected).sum()))
