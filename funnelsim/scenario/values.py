"""The values that only a scenario has: names, counts, dates, factors, and the rule of each.

Each check takes what a file holds and returns the value, or raises `BrokenRule`.
"""

from __future__ import annotations

import contextlib
import datetime
import numbers
from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Annotated, Any

import numpy as np
from pydantic import AfterValidator, BeforeValidator, Field, PlainSerializer

from funnelsim.distributions import (
    Amount,
    BrokenRule,
    Positive,
    Probability,
    amount,
    number,
    positive,
)
from funnelsim.errors import nearest
from funnelsim.kinds import (
    CHOICE,
    COUNT,
    DATE,
    FACTOR,
    HOURS,
    MONEY,
    NAME,
    ODDS_RATIO,
    ON_OFF,
    SHARE,
    TEXT,
    WEIGHT,
    EntryNames,
    Kind,
)
from funnelsim.meant import number_meant, written
from funnelsim.opening_hours import week

MISSED, GONE_COLD, NOT_REACHED = "missed", "gone cold", "not reached"  # the follow-up's reasons
DROPPED = "dropped"  # the reason of those whom the firm gives up
NOT_CONVINCED = "not convinced"
FIRST_COME, NEWEST_FIRST = "first come", "newest first"
FIRST_ORDER, FIRST_REPEAT = "first order", "first repeat"
POST_PURCHASE, WIN_BACK = "post-purchase", "win-back"
CANCELLED, REFUSED, RETURNED = "cancelled", "refused", "returned"  # how an order ends, if not kept
REFERRAL = "referral"  # the channel of the leads that promoters bring
RECOVERY, CAMPAIGNS, LOYALTY = HELD_OUT = ("recovery", "campaigns", "loyalty")
REPEAT_ORDER, MEMBER, PROMOTES, UPSELL = "repeat order", "member", "promoter", "upsell"
LIFE = (REPEAT_ORDER, MEMBER, PROMOTES, REFERRAL, UPSELL)  # what a life stage can stand for
OFFICE_HOURS = "Mon-Fri 09:00-19:00; Sat 10:00-14:00"  # an example
CALLS = replace(COUNT, high=100)
DISPERSION = Kind("number", "variance ÷ mean", low=1, high=1000)
MEAN_NUMBER = Kind("number", high=100)
LEAD_COLUMNS = (
    *("lead", "key", "parent", "kind", "channel", "segment", "arm", "arrived", "deal_value"),
    *("owner", "holder", "outcome", "lost_stage", "reason", "decided", "recovered", "member"),
)
"""The columns of the journal's `leads`; a label may not take the name of one of them."""


def _name(value: Any) -> str:
    rule = "a name is a text that is not empty, without dots"
    if not isinstance(value, str) or not value.strip():
        raise BrokenRule(rule, _in_quotes(value))
    if "." in value:
        without = " ".join(value.replace(".", " ").split())
        instead = f': write "{without}"' if without else ""
        raise BrokenRule(rule, f"paths such as stages.Interest.conversion need the dot{instead}")
    return value


def _in_quotes(value: Any) -> str:
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return f'write "{written(value)}", in quotes' if is_number else ""


def _count(value: Any) -> int:
    return _integer(value, COUNT)


def _integer(value: Any, kind: Kind) -> int:
    whole, most = (
        isinstance(value, numbers.Integral) and not isinstance(value, bool),
        int(kind.high),
    )
    if not whole or not kind.holds(value):
        meant = number_meant(value) if isinstance(value, str) else value
        is_one = isinstance(meant, (int, float)) and meant is not True
        way_out = f"write {meant:.0f}" if is_one and meant in range(1, most + 1) else ""
        raise BrokenRule(f"this is a whole number from 1 to {most:,}", way_out)
    return int(value)


def table_of(rule: str, check: Callable[[Any], float], value: Any) -> Mapping[str, float]:
    """A table by name, every entry checked; `rule` says what it is."""
    if not isinstance(value, Mapping):
        raise BrokenRule(rule)
    wrong = []
    for key, entry in value.items():
        try:
            check(entry)
        except BrokenRule as broken:
            way_out = f": {broken.way_out}" if broken.way_out else ""
            wrong.append(f"{key} is {entry!r}, but {broken.rule}{way_out}")
    if wrong:
        raise BrokenRule("; ".join(wrong))
    return {str(key): check(entry) for key, entry in value.items()}


def _odds_ratio(value: Any) -> float | Mapping[str, float]:
    rule = "an odds ratio is a number above 0, or a table of them by stage"
    if isinstance(value, Mapping):
        return table_of(rule, positive, value)
    try:
        return positive(value)
    except BrokenRule as broken:
        raise BrokenRule(rule, broken.way_out) from None


def _reasons(value: Any) -> Mapping[str, float]:
    rule = "loss reasons are a table of reasons and their weights"
    if not isinstance(value, Mapping):
        raise BrokenRule(rule, 'write { "too expensive" = 2, other = 1 }')
    table = table_of(rule, amount, value)
    if sum(table.values()) <= 0:
        way_out = 'write { "too expensive" = 2, other = 1 }, or leave them out'
        raise BrokenRule("the weights of the loss reasons sum to more than 0", way_out)
    taken = [reason for reason in table if reason in (MISSED, GONE_COLD, NOT_REACHED)]
    if taken:
        raise BrokenRule(
            f"the reason {taken[0]!r} is given by the follow-up itself", "leave it out"
        )
    if DROPPED in table:
        rule = f"the reason {DROPPED!r} is of those whom drop_after gives up"
        raise BrokenRule(rule, "give it another name, or leave it out")
    return table


def _date(value: Any) -> datetime.date:
    rule, found = "this is a date from 1700 to 2200", value
    if isinstance(value, str):
        with contextlib.suppress(ValueError):
            found = datetime.date.fromisoformat(value)
    if isinstance(found, datetime.datetime):
        raise BrokenRule(rule, f"write {found.date()}")
    if isinstance(found, datetime.date) and 1700 <= found.year <= 2200:
        return found
    raise BrokenRule(rule, "write 2027-01-04, which is year, month and day")


def _factors(count: int, rule: str, example: str) -> Callable[[Any], tuple[float, ...]]:
    def check(value: Any) -> tuple[float, ...]:
        if not isinstance(value, (list, tuple)):
            raise BrokenRule(rule, f"such as {example}")
        if len(value) != count:
            points = "; decimals have a point" if len(value) > count else ""
            raise BrokenRule(f"{rule}, and here are {len(value)}", f"such as {example}{points}")
        try:
            return tuple(amount(factor) for factor in value)
        except BrokenRule as broken:
            raise BrokenRule(f"{rule}; each of them: {broken.rule}", broken.way_out) from None

    return check


def _hours(value: Any) -> tuple[float, ...]:
    weights = _day(value)
    if sum(weights) <= 0:
        way_out = "write a number above 0 for the hours in which leads come"
        raise BrokenRule("the weights of the hours sum to more than 0", way_out)
    return weights


def _dispersion(value: Any) -> float:
    rule = "dispersion is variance ÷ mean of a day's leads, from 1 (Poisson) to 1000"
    x = number(value, rule)
    if not DISPERSION.holds(x):
        raise BrokenRule(rule)
    return x


def _skills(value: Any) -> tuple[float, ...]:
    if not isinstance(value, (list, tuple)):
        example = f"[{written(value)}]" if isinstance(value, (int, float)) else "[1.2, 0.8]"
        rule = "skills are a list of odds ratios, one for each rep"
        raise BrokenRule(rule, f"write {example}")
    try:
        return tuple(positive(skill) for skill in value)
    except BrokenRule as broken:
        rule = f"skills are odds ratios; each of them: {broken.rule}"
        raise BrokenRule(rule, broken.way_out) from None


def _calls(value: Any) -> int:
    return _integer(value, CALLS)


def _open_hours(value: Any) -> str:
    if not isinstance(value, str):
        raise BrokenRule("opening hours are a text", f'write "{OFFICE_HOURS}"')
    week(value)
    return value


def _dates(value: Any) -> tuple[datetime.date, ...]:
    if not isinstance(value, (list, tuple)):
        raise BrokenRule("these are dates in [ ]", "write [2027-12-25]")
    return tuple(_date(date) for date in value)


def _one_of(rule: str, *words: str) -> Callable[[Any], str]:
    def check(value: Any) -> str:
        if value not in words:
            raise BrokenRule(rule, " or ".join(f'"{word}"' for word in words))
        return str(value)

    return check


def _truth(value: Any) -> bool:
    if not isinstance(value, (bool, np.bool_)):
        raise BrokenRule("this is true or false", "write true or false, without quotes")
    return bool(value)


def _without(value: Any) -> tuple[str, ...]:
    rule = "this is a list of what the arm does without: " + ", ".join(HELD_OUT)
    if not isinstance(value, (list, tuple)):
        raise BrokenRule(rule, f'write ["{value}"]' if value in HELD_OUT else 'write ["recovery"]')
    for part in value:
        if part not in HELD_OUT:
            raise BrokenRule(f"{rule}; {part!r} is none of them", nearest(part, HELD_OUT))
    return tuple(part for part in HELD_OUT if part in value)


def _rate(value: Any) -> float:
    rule = "this is a mean number, from 0 to 100"
    x = number(value, rule)
    if not MEAN_NUMBER.holds(x):
        raise BrokenRule(rule)
    return x


def _labels(value: Any) -> Mapping[str, str]:
    rule = 'labels are a table of texts, such as { region = "north" }'
    if not isinstance(value, Mapping):
        raise BrokenRule(rule)
    for key, label in value.items():
        if not isinstance(label, str) or not str(key).strip():
            way_out = f"write {written({key: str(label)})}" if str(key).strip() else ""
            raise BrokenRule(rule, way_out)
        if key in LEAD_COLUMNS or str(key).startswith("entered_"):
            raise BrokenRule(f"{key!r} is a column of the leads already", "choose another name")
    return dict(value)


def _life_stages(value: Any) -> Mapping[str, str]:
    rule = "life stages are a table of names and what customers have done who are in them"
    if not isinstance(value, Mapping):
        raise BrokenRule(rule, f'such as {{ Loyalty = "{REPEAT_ORDER}" }}')
    for name, what in value.items():
        _name(name)
        if what not in LIFE:
            none = f"{name} is {what!r}, which is nothing that a customer can have done"
            raise BrokenRule(none, nearest(what, LIFE))
    return dict(value)


def _text(value: Any) -> str:
    if not isinstance(value, str) or not value.strip():
        raise BrokenRule("this is a text that is not empty", _in_quotes(value))
    return value


def _per_day(unit: str) -> Kind:
    return Kind("rate", f"{unit} a day")


Name = Annotated[str, BeforeValidator(_name), NAME]
TeamName = Annotated[Name, replace(CHOICE, names_of="teams")]
StageName = Annotated[Name, replace(CHOICE, names_of="stages")]
Text = Annotated[str, BeforeValidator(_text), TEXT]
Count = Annotated[int, BeforeValidator(_count), COUNT]
Start = Annotated[datetime.date, BeforeValidator(_date), DATE]
ShareOfAll = Annotated[Probability, replace(SHARE, is_of_whole=True)]
Factor = Annotated[Amount, FACTOR]
FactorAbove0 = Annotated[Positive, replace(FACTOR, is_open=True)]
Ratio = Annotated[Positive, ODDS_RATIO]
Points = Annotated[Amount, Kind("points", "points")]
AmountAbove0 = Annotated[Positive, replace(MONEY, is_open=True)]
LeadsPerDay = Annotated[Amount, _per_day("leads")]
ImpressionsPerDay = Annotated[Amount, _per_day("impressions")]
_WEEK, _YEAR = "[1, 1, 1, 1, 1, 0.5, 0]", "[1, 1, 1, 1, 1, 1, 0.5, 0.5, 1, 1, 1, 1.5]"
_OFFICE = written([0] * 9 + [1] * 8 + [0] * 7)
_weekdays = _factors(7, "weekdays are seven factors, from Monday to Sunday", _WEEK)
_months = _factors(12, "months are twelve factors, from January to December", _YEAR)
_day = _factors(24, "hours are 24 weights, from midnight on", f"{_OFFICE} for 9 to 17")
Numbers = Annotated[tuple[float, ...], PlainSerializer(list)]
DAYS_OF_WEEK = EntryNames(("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"))
MONTHS_OF_YEAR = EntryNames(
    ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
)
HOURS_OF_DAY = EntryNames(tuple(f"{hour:02}:00" for hour in range(24)))
Weekdays = Annotated[Numbers, BeforeValidator(_weekdays), FACTOR, DAYS_OF_WEEK]
Months = Annotated[Numbers, BeforeValidator(_months), FACTOR, MONTHS_OF_YEAR]
Hours = Annotated[Numbers, BeforeValidator(_hours), WEIGHT, HOURS_OF_DAY]
Skills = Annotated[Numbers, BeforeValidator(_skills), ODDS_RATIO]
Dates = Annotated[tuple[datetime.date, ...], BeforeValidator(_dates), PlainSerializer(list), DATE]
Dispersion = Annotated[float, BeforeValidator(_dispersion), DISPERSION]
Calls = Annotated[int, BeforeValidator(_calls), CALLS]
OpenHours = Annotated[str, BeforeValidator(_open_hours), HOURS]
SERVES = (FIRST_COME, NEWEST_FIRST)
_serves = _one_of("a team serves in one of two orders", *SERVES)
Serves = Annotated[str, BeforeValidator(_serves), replace(CHOICE, options=SERVES)]
DROPOUTS = (FIRST_ORDER, FIRST_REPEAT)
_dropout = _one_of("customers can drop out from one of two orders on", *DROPOUTS)
DropoutAfter = Annotated[str, BeforeValidator(_dropout), replace(CHOICE, options=DROPOUTS)]
CAMPAIGN_KINDS = (POST_PURCHASE, WIN_BACK)
_campaign = _one_of("there are two kinds of campaigns", *CAMPAIGN_KINDS)
_KIND = replace(NAME, options=CAMPAIGN_KINDS)  # no choice: another one has other fields
CampaignKind = Annotated[str, BeforeValidator(_campaign), _KIND]
Rate = Annotated[float, BeforeValidator(_rate), MEAN_NUMBER]
Without = Annotated[
    tuple[str, ...],
    BeforeValidator(_without),
    PlainSerializer(list),
    replace(CHOICE, options=HELD_OUT),
]
Truth = Annotated[bool, BeforeValidator(_truth), ON_OFF]


def frozen(value: Any) -> Any:
    """A table that cannot be changed."""
    return MappingProxyType(value) if isinstance(value, Mapping) else value


def thawed(value: Any) -> Any:
    """A table as a file has it."""
    return dict(value) if isinstance(value, Mapping) else value


def _in_schema(**words: Any) -> Any:
    """What a JSON schema says besides of a table: of its keys, of its values."""
    return Field(json_schema_extra=words)


def _but(*taken: str) -> dict[str, Any]:
    return {"not": {"enum": list(taken)}}


OddsRatio = Annotated[
    float | Mapping[str, float],
    BeforeValidator(_odds_ratio),
    AfterValidator(frozen),
    PlainSerializer(thawed),
    ODDS_RATIO,
]
Reasons = Annotated[
    Mapping[str, float],
    BeforeValidator(_reasons),
    AfterValidator(frozen),
    PlainSerializer(thawed),
    WEIGHT,
    _in_schema(propertyNames=_but(MISSED, GONE_COLD, NOT_REACHED, DROPPED), minProperties=1),
]
Labels = Annotated[
    Mapping[str, str],
    BeforeValidator(_labels),
    AfterValidator(frozen),
    PlainSerializer(thawed),
    TEXT,
    _in_schema(propertyNames=_but(*LEAD_COLUMNS)),
]
LifeStages = Annotated[
    Mapping[str, str],
    BeforeValidator(_life_stages),
    AfterValidator(frozen),
    PlainSerializer(thawed),
    TEXT,
    _in_schema(additionalProperties={"type": "string", "enum": list(LIFE)}),
]
