"""A plan's time as planners say it: a quarter, three months, a year, from the first day on.

A scenario's own durations know no months, since a month there would have no first day to be
counted from. A plan has one, so its months are those of the calendar.
"""

from __future__ import annotations

import re
from datetime import datetime, time, timedelta

from funnelsim.arguments import refused
from funnelsim.distributions import BrokenRule, duration, duration_text
from funnelsim.scenario import Scenario

MONTHS = {"month": 1, "quarter": 3, "year": 12}
_CALENDAR = re.compile(r"\s*(\d{1,3})\s*(month|quarter|year)s?\s*", re.IGNORECASE)


def up_to(within: object, scenario: Scenario) -> Scenario:
    """The scenario with its horizon so long after its first day that counts.

    Months, quarters and years run from the first day that counts to the same day of a later
    month, or to the last of a month that is shorter. Raises FunnelSimError for what is no time.

    >>> from funnelsim import load
    >>> aida = load("aida")  # from 4 January on
    >>> up_to("1 quarter", aida).days, up_to("13 weeks", aida).days
    (90, 91)
    """
    told = within
    if found := _CALENDAR.fullmatch(within) if isinstance(within, str) else None:
        count = int(found[1]) * MONTHS[found[2].lower()]
        begin = datetime.combine(scenario.start, time()) + timedelta(microseconds=scenario.warm_up)
        told = duration_text((_months_later(begin, count) - begin) // timedelta(microseconds=1))
    try:
        length = duration(told)
        rule = "" if length else "a plan needs some time"
    except BrokenRule as broken:
        rule = broken.rule.removesuffix(", in quotes")
    if rule:
        way_out = 'write "90 days", "13 weeks", "3 months", "1 quarter" or "1 year"'
        raise refused("within", within, rule, way_out)
    return scenario.vary({"horizon": duration_text(scenario.warm_up + length)})


def _months_later(begin: datetime, count: int) -> datetime:
    """The same day so many months later; the last of the month where there is no such day."""
    years, month = divmod(begin.month - 1 + count, 12)
    first = begin.replace(year=min(begin.year + years, 9998), month=month + 1, day=1)
    next_month = (first + timedelta(days=31)).replace(day=1)
    return min(first + timedelta(days=begin.day - 1), next_month - timedelta(days=1))
