"""What a duration, an amount or a probability can be.

A distribution is written as a table with one key, its kind: `{ exponential = { mean = "5 h" } }`.
Durations are whole microseconds inside and text in files ("30 min", "1.5 days"); amounts are whole
cents once drawn. `sampling.py` draws them.
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
