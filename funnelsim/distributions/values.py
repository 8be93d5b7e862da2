"""What a duration, an amount or a probability can be: the checks, and the annotations of fields.

Durations are whole microseconds inside and text in files ("30 min", "1.5 days"); amounts are
currency, and whole cents once drawn.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Annotated, Any, TypeVar

import numpy as np
from numpy.typing import NDArray
from pydantic import BeforeValidator, PlainSerializer

from funnelsim.kinds import DURATION, MONEY, NUMBER, SHARE, SPREAD, WEIGHT, Kind
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


class BrokenRule(ValueError):
    """Raised inside validation; `scenario.py` turns it into a `Problem`."""

    def __init__(self, rule: str, way_out: str = "") -> None:
        super().__init__(rule)
        self.rule, self.way_out = rule, way_out


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

CV = "coefficient of variation: standard deviation ÷ mean"
# the values that a distribution is made of: Duration or Amount
V = TypeVar("V", bound=Annotated[float, Kind("duration or money, from 0", power=1)])
# the same, above zero: MeanDuration or MeanAmount
P = TypeVar("P", bound=Annotated[float, Kind("duration or money", is_open=True, power=1)])
