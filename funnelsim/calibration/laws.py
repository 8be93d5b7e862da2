"""The families of times that a calibration tries: what each says of the logarithm of a time.

z = (log t - μ) ÷ σ has a fixed law: the smallest of many (then t is Weibull), normal (lognormal)
or logistic (log-logistic). All functions take rows of z that belong to the families by number.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from funnelsim.distributions import Floats

FAMILIES = ("weibull", "lognormal", "loglogistic")
WEIBULL, LOGNORMAL, LOGLOGISTIC = range(3)
FARTHEST = 36.0  # of z: past it nothing is left
LONGEST = 4_000  # days, of a median
_ROOT = math.sqrt(2 * math.pi)

Ints = NDArray[np.int64]


def density(z: Floats, families: Ints) -> tuple[Floats, Floats]:
    """The logarithm of the density of z, and its slope: shapes of z."""
    level, slope = np.empty_like(z), np.empty_like(z)
    for family, rows in _rows(families):
        at = z[rows]
        if family == WEIBULL:
            power = np.exp(np.minimum(at, FARTHEST))
            level[rows], slope[rows] = at - power, 1 - power
        elif family == LOGNORMAL:
            level[rows], slope[rows] = -at * at / 2 - math.log(_ROOT), -at
        else:
            half = np.tanh(at / 2)
            level[rows] = np.log(np.maximum((1 - half * half) / 4, 1e-300))
            slope[rows] = -half
    return level, slope


def survival(z: Floats, families: Ints) -> tuple[Floats, Floats]:
    """How likely a value lies above z, and the density there."""
    from scipy.special import ndtr

    above, thick = np.empty_like(z), np.empty_like(z)
    for family, rows in _rows(families):
        at = np.clip(z[rows], -FARTHEST, FARTHEST)
        if family == WEIBULL:
            power = np.exp(at)
            above[rows] = np.exp(-power)
            thick[rows] = power * above[rows]
        elif family == LOGNORMAL:
            above[rows], thick[rows] = ndtr(-at), np.exp(-at * at / 2) / _ROOT
        else:
            above[rows] = 1 / (1 + np.exp(at))
            thick[rows] = above[rows] * (1 - above[rows])
    return above, thick


def below(z: Floats, families: Ints) -> Floats:
    """How likely a value lies below z; far down as exact as it is small."""
    from scipy.special import ndtr

    found = np.empty_like(z)
    for family, rows in _rows(families):
        at = np.clip(z[rows], -FARTHEST, FARTHEST)
        if family == WEIBULL:
            found[rows] = -np.expm1(-np.exp(at))
        elif family == LOGNORMAL:
            found[rows] = ndtr(at)
        else:
            found[rows] = 1 / (1 + np.exp(-at))
    return found


def mean_and_cv(family: int, mu: float, sigma: float) -> tuple[float, float]:
    """Mean and coefficient of variation of t; infinite where there is none."""
    if family == LOGNORMAL:
        return math.exp(mu + sigma**2 / 2), math.sqrt(math.expm1(min(sigma**2, 700)))
    if family == WEIBULL:
        first, second = math.gamma(1 + sigma), math.gamma(1 + 2 * sigma)
        return math.exp(mu) * first, math.sqrt(max(second / first**2 - 1, 0.0))
    if sigma >= 1:
        return math.inf, math.inf
    first = math.pi * sigma / math.sin(math.pi * sigma)
    if sigma >= 0.5:
        return math.exp(mu) * first, math.inf
    second = 2 * math.pi * sigma / math.sin(2 * math.pi * sigma)
    return math.exp(mu) * first, math.sqrt(max(second / first**2 - 1, 0.0))


def quantile(family: int, mu: float, sigma: float, p: float) -> float:
    """The time below which the share p lies."""
    from scipy.special import ndtri

    if family == LOGNORMAL:
        z = float(ndtri(p))
    elif family == WEIBULL:
        z = math.log(-math.log1p(-p))
    else:
        z = math.log(p / (1 - p))
    return math.exp(min(mu + sigma * z, 700.0))


def written(family: int, mu: float, sigma: float) -> dict[str, Any]:
    """As a scenario writes it, durations as text; no median past some lives of people."""
    mu = min(mu, math.log(LONGEST))
    if family == LOGNORMAL:
        mean, cv = mean_and_cv(family, mu, sigma)
        return {"lognormal": {"mean": in_days(mean), "cv": round(cv, 4)}}
    if family == WEIBULL:
        mean, _ = mean_and_cv(family, mu, sigma)
        return {"weibull": {"mean": in_days(mean), "shape": round(1 / sigma, 4)}}
    return {"loglogistic": {"median": in_days(math.exp(mu)), "shape": round(1 / sigma, 4)}}


def in_days(days: float) -> str:
    """A duration as text.

    >>> in_days(12.5), in_days(0.25)
    ('12.5000 days', '360.00 min')
    """
    return f"{days:.4f} days" if days >= 1 else f"{max(days * 1440, 0.01):.2f} min"


def _rows(families: Ints) -> list[tuple[int, Any]]:
    """Which rows belong to each family that is there."""
    there = np.unique(families)
    if len(there) == 1:
        return [(int(there[0]), slice(None))]
    return [(int(family), families == family) for family in there]
