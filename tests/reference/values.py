"""Numbers as a file says them, and how one is drawn: the inverse of its distribution at u."""

from __future__ import annotations

import math
from fractions import Fraction
from statistics import NormalDist
from typing import Any

from scipy.special import gammaincinv

SECOND = 1_000_000
UNITS = {
    "us": 1,
    "µs": 1,
    "ms": 1000,
    "s": SECOND,
    "min": 60 * SECOND,
    "h": 3600 * SECOND,
    "day": 86_400 * SECOND,
    "week": 7 * 86_400 * SECOND,
}
DAY = UNITS["day"]
Row = dict[str, Any]


def exact(number: float) -> Fraction:
    """The number as it is written in a file: 0.03 is three hundredths."""
    return Fraction(repr(float(number)))


def in_file(value: Any) -> Any:
    """A number, or a duration as text, in microseconds: "2 h"."""
    if not isinstance(value, str):
        return value
    count, unit = value.split()
    return float(Fraction(count) * UNITS[unit if unit in UNITS else unit.removesuffix("s")])


# --- distributions ------------------------------------------------------------------------------


def logit(p: float) -> float:
    return -math.inf if p == 0 else math.inf if p == 1 else math.log(p) - math.log1p(-p)


def choose(weights: Any, u: float) -> int:
    """Cumulated weights in file order, inverted."""
    so_far, weights = 0.0, list(weights)
    for number, weight in enumerate(weights):
        so_far += weight / sum(weights)
        if u < so_far:
            return number
    return max(n for n, weight in enumerate(weights) if weight)


def value_at(table: Row, u: float, per: float) -> float:
    """The distribution's inverse at u; a rate is `per` so much (a day; a unit of currency)."""
    [(kind, d)] = table.items()
    if kind == "constant":
        return float(in_file(d))
    d = {name: in_file(value) for name, value in d.items() if name not in ("values", "weights")}
    match kind:
        case "uniform":
            return float(d["low"] + u * (d["high"] - d["low"]))
        case "triangular":
            low, mode, high = d["low"], d["mode"], d["high"]
            if u * (high - low) < mode - low:
                return float(low + math.sqrt(u * (high - low) * (mode - low)))
            return float(high - math.sqrt((1 - u) * (high - low) * (high - mode)))
        case "exponential":
            return -math.log1p(-u) * (d["mean"] if "mean" in d else per / d["rate"])
        case "lognormal":
            variance = math.log(1 + d["cv"] ** 2)
            z = NormalDist(math.log(d["mean"]) - variance / 2, math.sqrt(variance)).inv_cdf(u)
            return math.exp(z)
        case "loglogistic":
            return float(d["median"] * (u / (1 - u)) ** (1 / d["shape"]))
        case "gamma":
            shape = d["shape"] if "shape" in d else 1 / d["cv"] ** 2
            scale = d["mean"] / shape if "mean" in d else per / d["rate"]
            return float(gammaincinv(shape, u) * scale)
        case "weibull":
            scale = d["mean"] / math.gamma(1 + 1 / d["shape"])
            return float(scale * (-math.log1p(-u)) ** (1 / d["shape"]))
        case _:
            values = table[kind]["values"]
            weights = table[kind].get("weights") or [1] * len(values)
            return float(in_file(values[choose(weights, u)]))


def count_at(u: float, mean: float, dispersion: float = 1.0) -> int:
    """The Poisson quantile; with a dispersion (variance ÷ mean) that of the negative binomial."""
    if mean <= 0:
        return 0
    over = dispersion - 1
    p = math.exp(-mean) if over == 0 else dispersion ** (-mean / over)
    cumulated, count = p, 0
    while cumulated < u and p > 0:
        count += 1
        p *= (mean + (count - 1) * over) / count / dispersion
        cumulated += p
    return count
