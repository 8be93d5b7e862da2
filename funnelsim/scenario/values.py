"""The values that only a scenario has: names, counts, dates, factors, and the rule of each.

Each check takes what a file holds and returns the value, or raises `BrokenRule`.
"""

from __future__ import annotations

import contextlib
import datetime
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, PlainSerializer

from funnelsim.distributions import BrokenRule, amount, positive

MISSED, GONE_COLD, NOT_CONVINCED = "missed", "gone cold", "not convinced"


def _name(value: Any) -> str:
    rule = "a name is a text of at least one letter, without dots"
    if not isinstance(value, str) or not value.strip():
        raise BrokenRule(rule)
    if "." in value:
        raise BrokenRule(rule, "paths such as stages.Interest.conversion need the dot")
    return value


def _count(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= 100_000:
        raise BrokenRule("this is a whole number from 1 to 100,000")
    return value


def _table(rule: str, check: Callable[[Any], float], value: Any) -> Mapping[str, float]:
    if not isinstance(value, Mapping):
        raise BrokenRule(rule)
    wrong = []
    for key, entry in value.items():
        try:
            check(entry)
        except BrokenRule as broken:
            wrong.append(f"{key} is {entry!r}, but {broken.rule}")
    if wrong:
        raise BrokenRule("; ".join(wrong))
    return {str(key): check(entry) for key, entry in value.items()}


def _odds_ratio(value: Any) -> float | Mapping[str, float]:
    rule = "an odds ratio is a number above 0, or a table of them by stage"
    if isinstance(value, Mapping):
        return _table(rule, positive, value)
    try:
        return positive(value)
    except BrokenRule as broken:
        raise BrokenRule(rule, broken.way_out) from None


def _reasons(value: Any) -> Mapping[str, float]:
    table = _table("loss reasons are a table of reasons and their weights", amount, value)
    if sum(table.values()) <= 0:
        raise BrokenRule("the weights of the loss reasons sum to more than 0")
    taken = [reason for reason in table if reason in (MISSED, GONE_COLD)]
    if taken:
        raise BrokenRule(f"the reason {taken[0]!r} is given by the follow-up itself")
    return table


def _date(value: Any) -> datetime.date:
    if isinstance(value, str):
        with contextlib.suppress(ValueError):
            value = datetime.date.fromisoformat(value)
    is_date = isinstance(value, datetime.date) and not isinstance(value, datetime.datetime)
    if is_date and 1700 <= value.year <= 2200:
        return value
    raise BrokenRule("a start is a date from 1700 to 2200", "write start = 2027-01-04")


def _weekdays(value: Any) -> tuple[float, ...]:
    if not isinstance(value, (list, tuple)) or len(value) != 7:
        raise BrokenRule("weekdays are seven factors, from Monday to Sunday")
    try:
        return tuple(amount(factor) for factor in value)
    except BrokenRule as broken:
        raise BrokenRule(f"each of the seven weekdays: {broken.rule}", broken.way_out) from None


def _text(value: Any) -> str:
    if not isinstance(value, str) or not value.strip():
        raise BrokenRule("this is a text")
    return value


Name = Annotated[str, BeforeValidator(_name)]
Text = Annotated[str, BeforeValidator(_text)]
Count = Annotated[int, BeforeValidator(_count)]
Start = Annotated[datetime.date, BeforeValidator(_date)]
Weekdays = Annotated[tuple[float, ...], BeforeValidator(_weekdays), PlainSerializer(list)]


def _frozen(value: Any) -> Any:
    return MappingProxyType(value) if isinstance(value, Mapping) else value


def _thawed(value: Any) -> Any:
    return dict(value) if isinstance(value, Mapping) else value


OddsRatio = Annotated[
    float | Mapping[str, float],
    BeforeValidator(_odds_ratio),
    AfterValidator(_frozen),
    PlainSerializer(_thawed),
]
Reasons = Annotated[
    Mapping[str, float],
    BeforeValidator(_reasons),
    AfterValidator(_frozen),
    PlainSerializer(_thawed),
]
