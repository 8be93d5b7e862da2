"""What a duration, an amount or a probability can be, and how it is drawn.

A distribution is written as a table with one key, its kind: `{ exponential = { mean = "5 h" } }`.
It is sampled by inverse transform: one uniform number in, one value out, a whole column at a
time in NumPy, so that every engine reads the same values. Durations are whole microseconds
inside and text in files ("30 min", "1.5 days"); amounts are whole cents once drawn.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, Any, Generic, Self, TypeVar

import numpy as np
from numpy.typing import NDArray
from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    PlainSerializer,
    model_validator,
)

Floats = NDArray[np.float64]
Ints = NDArray[np.signedinteger[Any]]

SECOND = 1_000_000
MINUTE, HOUR, DAY = 60 * SECOND, 3_600 * SECOND, 86_400 * SECOND
WEEK = 7 * DAY
LARGEST = 2**53  # 285 years of microseconds, or cents: every whole number up to here is exact

_UNITS = {"us": 1, "µs": 1, "ms": 1_000}
_UNITS |= dict.fromkeys(("s", "sec", "second", "seconds"), SECOND)
_UNITS |= dict.fromkeys(("min", "minute", "minutes"), MINUTE)
_UNITS |= dict.fromkeys(("h", "hour", "hours"), HOUR)
_UNITS |= dict.fromkeys(("d", "day", "days"), DAY)
_UNITS |= dict.fromkeys(("w", "week", "weeks"), WEEK)
_DURATION = re.compile(r"\s*(\d+(?:\.\d+)?|\.\d+)\s*([a-zµ]+)\s*", re.IGNORECASE)


class BrokenRule(ValueError):
    """Raised inside validation; `scenario.py` turns it into a `Problem`."""

    def __init__(self, rule: str, way_out: str = "") -> None:
        super().__init__(rule)
        self.rule, self.way_out = rule, way_out


# --- single values ------------------------------------------------------------------------


def duration(value: Any) -> int:
    """A duration as whole microseconds.

    >>> duration("1.5 days") // HOUR
    36
    """
    if isinstance(value, str):
        match = _DURATION.fullmatch(value)
        if match and match[2].lower() in _UNITS:
            microseconds = round(Decimal(match[1]) * _UNITS[match[2].lower()])
            if microseconds <= LARGEST:
                return microseconds
            raise BrokenRule("a duration is at most 285 years")
    way_out = 'write "30 min", "2 h", "1.5 days" or "3 weeks"'
    raise BrokenRule("a duration is a number and a unit, in quotes", way_out)


def duration_text(microseconds: int) -> str:
    """The shortest exact text of a duration; `duration` reads it back.

    >>> duration_text(36 * HOUR), duration_text(2 * DAY), duration_text(DAY)
    ('36 h', '2 days', '1 day')
    """
    for size, unit in ((DAY, "days"), (HOUR, "h"), (MINUTE, "min"), (SECOND, "s"), (1_000, "ms")):
        if microseconds % size == 0:
            count = microseconds // size
            return "1 day" if unit == "days" and count == 1 else f"{count} {unit}"
    return f"{microseconds} us"


def number(value: Any, rule: str) -> float:
    """The value as a float; `BrokenRule` with this rule for what is no finite number."""
    if isinstance(value, bool) or not isinstance(value, (int, float, np.integer, np.floating)):
        quoted = isinstance(value, str) and re.fullmatch(r"[\d.,\s%]+", value)
        raise BrokenRule(rule, "write the number without quotes" if quoted else "write a number")
    try:
        finite = math.isfinite(value)
    except OverflowError:  # a whole number with hundreds of digits
        finite = False
    if not finite:
        raise BrokenRule(rule, "write a finite number")
    return float(value)


def probability(value: Any) -> float:
    rule = "a probability lies between 0 and 1"
    p = number(value, rule)
    if not 0 <= p <= 1:
        raise BrokenRule(rule, f"write {p / 100:g} for {p:g} %" if 2 <= p <= 100 else "")
    return p


def amount(value: Any) -> float:
    rule = "this is a number of at least 0"
    x = number(value, rule)
    if x < 0:
        raise BrokenRule(rule)
    if x > LARGEST / 100:
        raise BrokenRule("this is more than the simulation can count in cents")
    return x


def positive(value: Any) -> float:
    rule = "this is a number above 0"
    x = number(value, rule)
    if x <= 0:
        raise BrokenRule(rule)
    return x


def spread(value: Any) -> float:
    rule = "a coefficient of variation or a shape lies between 0.05 and 100"
    x = number(value, rule)
    if not 0.05 <= x <= 100:
        raise BrokenRule(rule, "for no spread at all write { constant = ... }" if x < 0.05 else "")
    return x


def positive_duration(value: Any) -> int:
    microseconds = duration(value)
    if microseconds == 0:
        raise BrokenRule("this duration is longer than 0")
    return microseconds


_AS_TEXT = PlainSerializer(duration_text)
Duration = Annotated[int, BeforeValidator(duration), _AS_TEXT]
PositiveDuration = Annotated[int, BeforeValidator(positive_duration), _AS_TEXT]
Amount = Annotated[float, BeforeValidator(amount)]
Positive = Annotated[float, BeforeValidator(positive)]
Spread = Annotated[float, BeforeValidator(spread)]
Probability = Annotated[float, BeforeValidator(probability)]


class Part(BaseModel):
    """Part of a scenario: frozen, and with no keys but its own."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    def __deepcopy__(self, memo: dict[int, Any] | None = None) -> Self:
        return self  # frozen: a copy could not differ

    def __reduce__(self) -> tuple[Any, ...]:
        return _part, (type(self), self.model_dump(exclude_defaults=True))


def _part(kind: type[Part], tables: dict[str, Any]) -> Part:
    """A part from its tables, as pickle makes it again."""
    return kind(**tables)


# --- the kinds ----------------------------------------------------------------------------

V = TypeVar("V")  # the values it is made of: Duration or Amount
P = TypeVar("P")  # the same, above zero: PositiveDuration or Positive


def _in_order(**values: Any) -> None:
    if list(values.values()) != sorted(values.values()):
        raise BrokenRule(f"{' <= '.join(values)} must hold")


def _given(part: BaseModel, *ways: tuple[str, ...]) -> None:
    given = tuple(name for name in type(part).model_fields if getattr(part, name) is not None)
    if given not in ways:
        raise BrokenRule("it is given by " + ", or by ".join(" and ".join(way) for way in ways))


class Uniform(Part, Generic[V]):
    low: V
    high: V

    @model_validator(mode="after")
    def _check(self) -> Uniform[V]:
        _in_order(low=self.low, high=self.high)
        return self


class Triangular(Part, Generic[V]):
    low: V
    mode: V
    high: V

    @model_validator(mode="after")
    def _check(self) -> Triangular[V]:
        _in_order(low=self.low, mode=self.mode, high=self.high)
        return self


class Exponential(Part, Generic[P]):
    mean: P | None = None
    rate: Positive | None = None  # per day for a duration

    @model_validator(mode="after")
    def _check(self) -> Exponential[P]:
        _given(self, ("mean",), ("rate",))
        return self


class Lognormal(Part, Generic[P]):
    mean: P
    cv: Spread  # coefficient of variation: standard deviation ÷ mean


class Gamma(Part, Generic[P]):
    mean: P | None = None
    cv: Spread | None = None
    shape: Spread | None = None
    rate: Positive | None = None  # per day for a duration

    @model_validator(mode="after")
    def _check(self) -> Gamma[P]:
        _given(self, ("mean", "cv"), ("shape", "rate"))
        return self


class Weibull(Part, Generic[P]):
    mean: P
    shape: Spread


class Empirical(Part, Generic[V]):
    values: tuple[V, ...]
    weights: tuple[Amount, ...] | None = None  # equal where they are not given

    @model_validator(mode="after")
    def _check(self) -> Empirical[V]:
        if not self.values:
            raise BrokenRule("there is at least one value")
        if self.weights is not None:
            if len(self.weights) != len(self.values):
                raise BrokenRule("there is one weight for each value")
            if sum(self.weights) <= 0:
                raise BrokenRule("the weights sum to more than 0")
        return self


class Distribution(Part, Generic[V, P]):
    """One of the kinds; `DurationDistribution` and `AmountDistribution` are the two uses."""

    constant: V | None = None
    uniform: Uniform[V] | None = None
    triangular: Triangular[V] | None = None
    exponential: Exponential[P] | None = None
    lognormal: Lognormal[P] | None = None
    gamma: Gamma[P] | None = None
    weibull: Weibull[P] | None = None
    empirical: Empirical[V] | None = None

    @model_validator(mode="before")
    @classmethod
    def _one_kind(cls, value: Any) -> Any:
        if isinstance(value, Distribution):
            return value
        kinds = ", ".join(cls.model_fields)
        if not isinstance(value, Mapping):
            example = value if isinstance(value, (int, float)) else f'"{value}"'
            raise BrokenRule(
                f"a distribution is a table with one of {kinds}",
                f"write {{ constant = {example} }}",
            )
        if sum(
            kind in value and value[kind] is not None for kind in cls.model_fields
        ) != 1 and not (set(value) - set(cls.model_fields)):
            raise BrokenRule(f"a distribution has one kind, out of {kinds}", "leave one of them")
        return value

    @property
    def kind(self) -> str:
        return next(k for k in type(self).model_fields if getattr(self, k) is not None)


class DurationDistribution(Distribution[Duration, PositiveDuration]):
    """Of durations, in microseconds."""


class AmountDistribution(Distribution[Amount, Positive]):
    """Of amounts, in currency."""


AT_ONCE = DurationDistribution(constant="0 days")


# --- mean and inverse ---------------------------------------------------------------------


def _unit(distribution: Distribution[Any, Any]) -> float:
    """What a rate is per: a day for durations, 1 for amounts."""
    return DAY if isinstance(distribution, DurationDistribution) else 1.0


def mean(distribution: Distribution[Any, Any]) -> float:
    """The mean, in microseconds for a duration and in currency for an amount.

    Of a gap whose rate is Gamma among customers: infinite for a shape of at most 1.

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
