"""How a distribution is drawn: its inverse, at uniform numbers, and what else is known of it.

One uniform number in, one value out, a whole column at a time in NumPy, so that every engine reads
the same values.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from funnelsim.distributions import (
    DAY,
    LARGEST,
    Distribution,
    DurationDistribution,
    Floats,
    Ints,
    Lognormal,
)


def _unit(distribution: Distribution[Any, Any]) -> float:
    """What a rate is per: a day for durations, 1 for amounts."""
    return DAY if isinstance(distribution, DurationDistribution) else 1.0


def mean(distribution: Distribution[Any, Any]) -> float:
    """The mean, in microseconds for a duration and in currency for an amount.

    Of a gap whose rate is Gamma among customers: infinite for a shape of at most 1.

    >>> from funnelsim.distributions import AmountDistribution
    >>> mean(AmountDistribution(triangular={"low": 0, "mode": 1, "high": 5}))
    2.0
    """
    kind = distribution.kind
    d = getattr(distribution, kind)
    match kind:
        case "constant":
            return float(d)
        case "uniform":
            return (d.low + d.high) / 2
        case "triangular":
            return (d.low + d.mode + d.high) / 3
        case "empirical":
            return float(np.average(d.values, weights=d.weights))
    if d.mean is not None:
        return float(d.mean)
    among = getattr(distribution, "rate_among", None)
    if among is not None:
        return among.rate / (among.shape - 1) * DAY if among.shape > 1 else math.inf
    return getattr(d, "shape", 1.0) / d.rate * _unit(distribution)


def inverse(distribution: Distribution[Any, Any], u: Floats) -> Floats:
    """Values (microseconds or currency, float64) at the probabilities `u` (strictly inside 0, 1).

    >>> from funnelsim.distributions import AmountDistribution
    >>> inverse(AmountDistribution(uniform={"low": 10, "high": 20}), np.array([0.25, 0.5]))
    array([12.5, 15. ])
    """
    kind = distribution.kind
    d = getattr(distribution, kind)
    match kind:
        case "constant":
            return np.full(len(u), float(d))
        case "uniform":
            return d.low + u * (d.high - d.low)
        case "triangular":
            return _inverse_triangular(d.low, d.mode, d.high, u)
        case "exponential":
            return -mean(distribution) * np.log1p(-u)
        case "lognormal":
            from scipy.special import ndtri

            variance = math.log1p(d.cv**2)
            return np.exp(math.log(d.mean) - variance / 2 + math.sqrt(variance) * ndtri(u))
        case "gamma":
            from scipy.special import gammaincinv

            shape = d.shape if d.shape is not None else d.cv**-2.0
            return mean(distribution) / shape * gammaincinv(shape, u)
        case "weibull":
            scale = d.mean / math.gamma(1 + 1 / d.shape)
            return scale * (-np.log1p(-u)) ** (1 / d.shape)
        case _:
            return np.asarray(d.values, dtype=np.float64)[
                choose(d.weights or [1] * len(d.values), u)
            ]


def remaining(distribution: Distribution[Any, Any], age: Floats, u: Floats) -> Floats:
    """What is left of a value that is known to be larger than `age`, at the probabilities `u`.

    The inverse of the distribution given its age, (F(x) - F(age)) ÷ (1 - F(age)), less the age;
    0 where no value is so large. Worked out from above, so that it holds far out in the tail.

    >>> exponential = DurationDistribution(exponential={"mean": "1 day"})
    >>> remaining(exponential, np.array([0.0, 9e11]), np.array([0.5, 0.5])).round(-6).tolist()
    [59888000000.0, 59888000000.0]
    """
    kind = distribution.kind
    d = getattr(distribution, kind)
    if kind == "exponential":  # it has no memory
        return inverse(distribution, u)
    above = survival(distribution, age) * (1 - u)
    if kind == "weibull":
        scale = d.mean / math.gamma(1 + 1 / d.shape)
        # from the logarithm: far out the chance itself is 0
        value = scale * ((age / scale) ** d.shape - np.log1p(-u)) ** (1 / d.shape)
    elif kind == "lognormal":
        from scipy.special import ndtri

        middle, deviation = _of_logarithm(d)
        value = np.exp(middle - deviation * ndtri(above))
    elif kind == "gamma":
        from scipy.special import gammainccinv

        shape = d.shape if d.shape is not None else d.cv**-2.0
        value = mean(distribution) / shape * gammainccinv(shape, above)
    elif kind == "empirical":  # the values in order, which a file need not have them in
        values, weights = np.asarray(d.values, dtype=float), d.weights or [1] * len(d.values)
        order = np.argsort(values, kind="stable")
        value = values[order][choose(np.asarray(weights, dtype=float)[order], 1 - above)]
    else:
        value = inverse(distribution, 1 - above)
    is_left = (above > 0) & np.isfinite(value)
    return np.where(is_left, np.maximum(value - age, 0.0), 0.0)


def survival(distribution: Distribution[Any, Any], x: Floats) -> Floats:
    """The probability of a value larger than x (microseconds or currency), float64.

    >>> from funnelsim.distributions import AmountDistribution
    >>> survival(AmountDistribution(uniform={"low": 10, "high": 20}), np.array([5.0, 12.5]))
    array([1.  , 0.75])
    """
    d = getattr(distribution, distribution.kind)
    match distribution.kind:
        case "constant":
            return (x < d).astype(np.float64)
        case "uniform":
            return np.clip((d.high - x) / max(d.high - d.low, 1e-12), 0, 1)
        case "triangular":
            x, width = np.clip(x, d.low, d.high), max(float(d.high - d.low), 1e-12)
            left = (x - d.low) ** 2 / max(width * (d.mode - d.low), 1e-12)
            right = (d.high - x) ** 2 / max(width * (d.high - d.mode), 1e-12)
            return np.where(x < d.mode, 1 - left, right)
        case "exponential":
            return np.exp(-x / mean(distribution))
        case "weibull":
            return np.exp(-((x / d.mean * math.gamma(1 + 1 / d.shape)) ** d.shape))
        case "lognormal":
            from scipy.special import ndtr

            middle, deviation = _of_logarithm(d)
            with np.errstate(divide="ignore"):
                return np.asarray(ndtr((middle - np.log(x)) / deviation))
        case "gamma":
            from scipy.special import gammaincc

            shape = d.shape if d.shape is not None else d.cv**-2.0
            return np.asarray(gammaincc(shape, x / mean(distribution) * shape))
        case _:
            values = np.asarray(d.values, dtype=np.float64)
            weights = np.asarray(d.weights or [1.0] * len(values))
            larger = values[None, :] > x[:, None]
            return np.asarray((larger * weights).sum(axis=1) / weights.sum())


def _of_logarithm(lognormal: Lognormal[Any]) -> tuple[float, float]:
    """Mean and standard deviation of the logarithm."""
    variance = math.log1p(lognormal.cv**2)
    return math.log(lognormal.mean) - variance / 2, math.sqrt(variance)


def _inverse_triangular(low: float, mode: float, high: float, u: Floats) -> Floats:
    left = low + np.sqrt(u * float(high - low) * (mode - low))
    right = high - np.sqrt((1 - u) * float(high - low) * (high - mode))
    return np.where(u * (high - low) < mode - low, left, right)


def choose(weights: Any, u: Floats) -> NDArray[np.int64]:
    """Which of the things with these weights: cumulated weights in file order, inverted.

    >>> choose([0.2, 0.8], np.array([0.1, 0.3]))
    array([0, 1])
    """
    cumulated = np.cumsum(np.asarray(weights, dtype=np.float64))
    # the last thing with a weight takes what rounding leaves at the end
    last = np.flatnonzero(np.asarray(weights))[-1]
    return passed((cumulated / cumulated[-1])[:last], u).astype(np.int64)


FEW, CELLS = 30, 64


def passed(bounds: Floats, u: Floats) -> Ints:
    """How many of the bounds, which ascend, are not above each number (from 0 to below 1)."""
    if len(bounds) > FEW or len(u) < FEW:
        return np.searchsorted(bounds, u, side="right")
    # a guess from a table, and steps from there: a search goes ways that a processor cannot foresee
    guess = np.searchsorted(bounds, np.arange(CELLS) / CELLS, side="right")
    count, bounds = guess[(u * CELLS).astype(np.intp)], np.append(bounds, np.inf)
    while (more := u >= bounds[count]).any():
        count += more
    return count


def whole(values: Floats) -> Ints:
    """Rounded to whole microseconds or cents, once, for every engine; at most `LARGEST`."""
    return np.rint(np.minimum(values, float(LARGEST))).astype(np.int64)
