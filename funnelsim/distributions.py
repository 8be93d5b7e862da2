"""What a duration, an amount or a probability can be.

A distribution is written as a table with one key, its kind: `{ exponential = { mean = "5 h" } }`.
Durations are whole microseconds inside and text in files ("30 min", "1.5 days"); amounts are whole
cents once drawn. `sampling.py` draws them.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Annotated, Any, ClassVar, Generic, Self, TypeVar

import numpy as np
from numpy.typing import NDArray
from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    model_validator,
)

from funnelsim.fields import documented
from funnelsim.kinds import (
    DURATION,
    MONEY,
    NUMBER,
    OF_DURATIONS,
    OF_MONEY,
    SHARE,
    SPREAD,
    WEIGHT,
    Kind,
)
from funnelsim.meant import duration_instead, number_instead, number_meant, written

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


_RANGE = re.compile(r"\s*([\d.,]+)\s*(?:-|–|to|bis)\s*([\d.,]+)\s*(\D*)")


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
        if re.match(r"\s*[-−]\s*\d", value):
            raise BrokenRule("a duration is not negative")
        match = _DURATION.fullmatch(value)
        if match and match[2].lower() in _UNITS:
            microseconds = round(Decimal(match[1]) * _UNITS[match[2].lower()])
            if microseconds <= LARGEST:
                return microseconds
            raise BrokenRule("a duration is at most 285 years")
    raise BrokenRule(
        "a duration is a number and a unit, in quotes", f"write {duration_instead(value)}"
    )


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
        raise BrokenRule(rule, number_instead(value))
    try:
        finite = math.isfinite(value)
    except OverflowError:  # a whole number with hundreds of digits
        finite = False
    if not finite:
        raise BrokenRule(rule, "write a finite number")
    return float(value)


def probability(value: Any) -> float:
    rule = "a probability lies between 0 and 1"
    meant = number_meant(value) if isinstance(value, str) else None
    p = number(value, rule) if meant is None else meant
    if meant is None and 0 <= p <= 1:
        return p
    if 0 <= p <= 1:
        raise BrokenRule(rule, f"write {written(p)}")
    raise BrokenRule(rule, f"write {p / 100:g} for {p:g} %" if 2 <= p <= 100 else "")


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
    if not SPREAD.holds(x):
        way_out = f"write {x / 100:g} for {x:g} %" if x > SPREAD.high else ""
        none = "for no spread at all write { constant = ... }"
        raise BrokenRule(rule, none if 0 <= x < SPREAD.low else way_out)
    return x


def positive_duration(value: Any) -> int:
    microseconds = duration(value)
    if microseconds == 0:
        raise BrokenRule("this duration is longer than 0")
    return microseconds


def _mean(check: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """The check of a mean: a distribution around 0 is 0 itself, which has a kind of its own."""

    def checked(value: Any) -> Any:
        try:
            return check(value)
        except BrokenRule as broken:
            zero = value in (0, "0 s", "0 min", "0 h", "0 days")
            way_out = f"for 0 each time write {{ constant = {written(value)} }}" if zero else ""
            raise BrokenRule(broken.rule, broken.way_out or way_out) from None

    return checked


_AS_TEXT = PlainSerializer(duration_text)
_LENGTH = replace(DURATION, high=LARGEST)
_LONGER_THAN_0 = replace(_LENGTH, is_open=True)
_AMOUNT = replace(MONEY, high=LARGEST / 100)
Duration = Annotated[int, BeforeValidator(duration), _AS_TEXT, _LENGTH]
PositiveDuration = Annotated[int, BeforeValidator(positive_duration), _AS_TEXT, _LONGER_THAN_0]
Amount = Annotated[float, BeforeValidator(amount), _AMOUNT]
"""Of money, in currency; other amounts have a kind of their own (see `scenario/values.py`)."""
Positive = Annotated[float, BeforeValidator(positive), replace(NUMBER, is_open=True)]
Spread = Annotated[float, BeforeValidator(spread), SPREAD]
Probability = Annotated[float, BeforeValidator(probability), SHARE]
MeanDuration = Annotated[int, BeforeValidator(_mean(positive_duration)), _AS_TEXT, _LONGER_THAN_0]
MeanAmount = Annotated[float, BeforeValidator(_mean(positive)), replace(MONEY, is_open=True)]
Weight = Annotated[Amount, WEIGHT]
PerUnit = Annotated[Positive, Kind("rate", is_open=True, power=-1)]  # a day, for a duration
Limits = tuple[Any, Any]  # numbers or None: the least and the largest that others leave to it


class Part(BaseModel):
    """Part of a scenario: frozen, and with no keys but its own.

    The docstring below a field is what the scenario says of it: in `fs.parameters`, in `help` of
    the part, in an editor. `section` is the section of docs/model.md that defines the fields.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    section: ClassVar[str] = "A scenario file"

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: Any) -> None:
        documented(cls)

    def __deepcopy__(self, memo: dict[int, Any] | None = None) -> Self:
        return self  # frozen: a copy could not differ

    def there(self) -> Collection[str]:
        """The names of its fields that have a meaning beside the others that are given."""
        return type(self).model_fields

    def limits(self) -> dict[str, Limits]:
        """What other fields leave to a number: by its name, or the path to it from here."""
        return {}

    def __reduce__(self) -> tuple[Any, ...]:
        return _part, (type(self), self.model_dump(exclude_defaults=True))


def _part(kind: type[Part], tables: dict[str, Any]) -> Part:
    """A part from its tables, as pickle makes it again."""
    return kind(**tables)


# --- the kinds ----------------------------------------------------------------------------

CV = "coefficient of variation: standard deviation ÷ mean"
V = TypeVar("V")  # the values it is made of: Duration or Amount
P = TypeVar("P")  # the same, above zero: MeanDuration or MeanAmount


def _in_order(**values: Any) -> None:
    if list(values.values()) != sorted(values.values()):
        raise BrokenRule(f"{' <= '.join(values)} must hold", "put them in this order")


def _given(part: Exponential[Any] | Gamma[Any]) -> None:
    given = tuple(name for name in type(part).model_fields if getattr(part, name) is not None)
    if given not in part.ways:
        ways = ", or by ".join(" and ".join(way) for way in part.ways)
        raise BrokenRule(f"it is given by {ways}")


class Uniform(Part, Generic[V]):
    low: V = Field(description="the least")
    high: V = Field(description="the largest")

    @model_validator(mode="after")
    def _check(self) -> Uniform[V]:
        _in_order(low=self.low, high=self.high)
        return self

    def limits(self) -> dict[str, Limits]:
        return {"low": (None, self.high), "high": (self.low, None)}


class Triangular(Part, Generic[V]):
    low: V = Field(description="the least")
    mode: V = Field(description="the likeliest")
    high: V = Field(description="the largest")

    @model_validator(mode="after")
    def _check(self) -> Triangular[V]:
        _in_order(low=self.low, mode=self.mode, high=self.high)
        return self

    def limits(self) -> dict[str, Limits]:
        ends: dict[str, Limits] = {"low": (None, self.mode), "high": (self.mode, None)}
        return ends | {"mode": (self.low, self.high)}


class Exponential(Part, Generic[P]):
    ways: ClassVar = (("mean",), ("rate",))
    mean: P | None = Field(None, description="of all values")
    rate: PerUnit | None = Field(None, description="a day, for a duration")

    @model_validator(mode="after")
    def _check(self) -> Exponential[P]:
        _given(self)
        return self


class Lognormal(Part, Generic[P]):
    mean: P = Field(description="of all values")
    cv: Spread = Field(description=CV)


class Gamma(Part, Generic[P]):
    ways: ClassVar = (("mean", "cv"), ("shape", "rate"))
    mean: P | None = Field(None, description="of all values")
    cv: Spread | None = Field(None, description=CV)
    shape: Spread | None = Field(None, description="the larger, the more even")
    rate: PerUnit | None = Field(None, description="a day, for a duration")

    @model_validator(mode="after")
    def _check(self) -> Gamma[P]:
        _given(self)
        return self


class Weibull(Part, Generic[P]):
    mean: P = Field(description="of all values")
    shape: Spread = Field(description="below 1 it gets likelier to go on, above 1 to end")


class Empirical(Part, Generic[V]):
    values: tuple[V, ...] = Field(description="those that there can be")
    weights: tuple[Weight, ...] | None = Field(None, description="equal where they are not given")

    @model_validator(mode="after")
    def _check(self) -> Empirical[V]:
        if not self.values:
            raise BrokenRule("there is at least one value")
        if self.weights is not None:
            if len(self.weights) != len(self.values):
                counts = f"{len(self.weights)} weights, {len(self.values)} values"
                raise BrokenRule(f"there is one weight for each value, and here are {counts}")
            if sum(self.weights) <= 0:
                raise BrokenRule("the weights sum to more than 0")
        return self


class Distribution(Part, Generic[V, P]):
    """One of the kinds; `DurationDistribution` and `AmountDistribution` are the two uses."""

    of: ClassVar[Kind]

    constant: V | None = Field(None, description="the same each time")
    uniform: Uniform[V] | None = Field(None, description="even between two ends")
    triangular: Triangular[V] | None = Field(None, description="two ends and the likeliest")
    exponential: Exponential[P] | None = Field(None, description="without memory")
    lognormal: Lognormal[P] | None = Field(None, description="with a long tail")
    gamma: Gamma[P] | None = Field(None, description="a sum of exponential ones, more or less")
    weibull: Weibull[P] | None = Field(None, description="that ages, or the opposite")
    empirical: Empirical[V] | None = Field(None, description="values as they were seen")

    @model_validator(mode="before")
    @classmethod
    def _one_kind(cls, value: Any) -> Any:
        if isinstance(value, Distribution):
            return value
        kinds = ", ".join(cls.model_fields)
        if not isinstance(value, Mapping):
            rule = f"a distribution is a table with one of {kinds}"
            raise BrokenRule(rule, f"write {cls.example(value)}")
        given = sum(kind in value and value[kind] is not None for kind in cls.model_fields)
        if given != 1 and not (set(value) - set(cls.model_fields)):
            way_out = "leave one of them" if given else f"write {cls.example(None)}"
            raise BrokenRule(f"a distribution has one kind, out of {kinds}", way_out)
        return value

    @classmethod
    def example(cls, value: Any) -> str:
        """The table that was meant by a value, or by a list or range ("2-3 days") of them."""
        if isinstance(value, str) and (between := _RANGE.fullmatch(value)):
            value = [f"{end} {between[3]}".strip() for end in between.groups()[:2]]
        if isinstance(value, (list, tuple)) and value:
            values = [cls.one(entry) for entry in value]
            if len(values) == 2:
                return f"{{ uniform = {{ low = {values[0]}, high = {values[1]} }} }}"
            return f"{{ empirical = {{ values = [{', '.join(values)}] }} }}"
        return f"{{ constant = {cls.one(value)} }}"

    @classmethod
    def one(cls, value: Any) -> str:
        """One value as it would be written, an example where that is not known."""
        raise NotImplementedError

    @property
    def kind(self) -> str:
        return next(k for k in type(self).model_fields if getattr(self, k) is not None)


class DurationDistribution(Distribution[Duration, MeanDuration]):
    """Of durations, in microseconds."""

    of = OF_DURATIONS

    @classmethod
    def one(cls, value: Any) -> str:
        try:
            duration(value)
        except BrokenRule:
            return duration_instead(value).split(", ")[0].removesuffix(" alone")
        return written(value)

    @classmethod
    def example(cls, value: Any) -> str:
        is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
        other_units = ", or with h or min" if is_number and value else ""
        return super().example(value) + other_units


class AmountDistribution(Distribution[Amount, MeanAmount]):
    """Of amounts, in currency."""

    of = OF_MONEY

    @classmethod
    def one(cls, value: Any) -> str:
        meant = number_meant(value) if isinstance(value, str) else value
        if isinstance(meant, bool) or not isinstance(meant, (int, float)):
            return "..." if isinstance(value, str) else "80"
        return written(meant)


AT_ONCE = DurationDistribution(constant="0 days")
