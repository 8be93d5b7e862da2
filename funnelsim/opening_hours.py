"""When a team is open; the next opening, the open time between two moments.

Hours are written as text, `"Mon-Fri 09:00-19:00; Sat 10:00-14:00"` or `"always"`, and `closed`
dates are taken out of them. Intervals are half-open: at 19:00 sharp the team is closed. Every day
has 24 hours; moments are whole microseconds since 00:00 of the scenario's first day.
"""

from __future__ import annotations

import datetime
import re
from bisect import bisect_right
from collections.abc import Iterable

from funnelsim.distributions import DAY, MINUTE, WEEK, BrokenRule

WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
ALWAYS = "always"

_PART = re.compile(r"(\w{3})(?:\s*-\s*(\w{3}))?\s+(\d{1,2}):(\d\d)\s*-\s*(\d{1,2}):(\d\d)")
_EXAMPLE = 'write "Mon-Fri 09:00-19:00; Sat 10:00-14:00", or "always"'

Interval = tuple[int, int]  # from, to: microseconds, half-open


def week(text: str) -> list[Interval]:
    """The open intervals of a week that begins on Monday, in order and merged.

    Raises `BrokenRule` for what is no text of hours.

    >>> [(a // MINUTE, b // MINUTE) for a, b in week("Mon-Tue 09:00-10:00")]
    [(540, 600), (1980, 2040)]
    """
    if text.strip().lower() == ALWAYS:
        return [(0, WEEK)]
    found: list[Interval] = []
    for part in text.split(";"):
        found += _intervals(part.strip())
    merged: list[Interval] = []
    for begin, end in sorted(found):
        if merged and begin <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((begin, end))
    return merged


def _intervals(part: str) -> list[Interval]:
    match = _PART.fullmatch(part)
    if not match:
        raise BrokenRule(f"{part!r} is no weekday with hours", _EXAMPLE)
    first, last = match[1].capitalize(), (match[2] or match[1]).capitalize()
    for name in (first, last):
        if name not in WEEKDAYS:
            raise BrokenRule(f"{name!r} is no weekday", f"they are {', '.join(WEEKDAYS)}")
    begin = int(match[3]) * 60 + int(match[4])
    end = int(match[5]) * 60 + int(match[6])
    if int(match[4]) > 59 or int(match[6]) > 59 or not begin < end <= 24 * 60:
        rule = f"{part!r}: the hours go from earlier to later in one day, up to 24:00"
        raise BrokenRule(rule, "a night is two parts: Fri 22:00-24:00; Sat 00:00-06:00")
    start, stop = WEEKDAYS.index(first), WEEKDAYS.index(last)
    days = range(start, (stop if stop >= start else stop + 7) + 1)
    return [((d % 7) * DAY + begin * MINUTE, (d % 7) * DAY + end * MINUTE) for d in days]


class OpeningHours:
    """The hours of one team in one run.

    >>> hours = OpeningHours("Mon-Fri 09:00-17:00", datetime.date(2027, 1, 4))
    >>> hours.is_open(9 * 60 * MINUTE), hours.is_open(17 * 60 * MINUTE)
    (True, False)
    >>> hours.next_opening(5 * DAY) == 7 * DAY + 9 * 60 * MINUTE  # Saturday: wait for Monday
    True
    """

    def __init__(
        self, text: str, start: datetime.date, closed: Iterable[datetime.date] = ()
    ) -> None:
        self._week = week(text)
        self._monday = -start.weekday() * DAY  # the Monday of day 0, at or before it
        self._closed = frozenset((date - start).days for date in closed)
        self.always = self._week == [(0, WEEK)] and not self._closed

    def is_open(self, moment: int) -> bool:
        if moment // DAY in self._closed:
            return False
        at = (moment - self._monday) % WEEK
        place = bisect_right(self._week, (at, WEEK + 1)) - 1
        return place >= 0 and at < self._week[place][1]

    def next_opening(self, moment: int) -> int:
        """The first moment from this one on at which the team is open."""
        while not self.is_open(moment):
            day = moment // DAY
            if day in self._closed:
                moment = (day + 1) * DAY
                continue
            weeks, at = divmod(moment - self._monday, WEEK)
            later = [begin for begin, _ in self._week if begin > at]
            begin = later[0] if later else self._week[0][0] + WEEK
            # a closed date may lie between: look at each day once
            opens = self._monday + weeks * WEEK + begin
            moment = opens if opens // DAY == day else max(opens, (day + 1) * DAY)
        return moment

    def opening_after(self, moment: int) -> int | None:
        """The next moment after this one at which the team turns from closed to open, if any."""
        while self.is_open(moment):
            closes = self._closing_after(moment)
            if closes is None:
                return None
            moment = closes
        return self.next_opening(moment)

    def _closing_after(self, moment: int) -> int | None:
        """The end of this moment's open interval, or the midnight before; None: it has none."""
        if self._week == [(0, WEEK)]:
            return min((day * DAY for day in self._closed if day * DAY > moment), default=None)
        at = (moment - self._monday) % WEEK
        end = next(end for begin, end in self._week if begin <= at < end)
        return min(moment - at + end, (moment // DAY + 1) * DAY)

    def intervals(self, begin: int, end: int) -> list[Interval]:
        """The open intervals between two moments, cut to them and broken at midnight."""
        found = []
        for day in range(begin // DAY, -(-end // DAY)):
            if day in self._closed:
                continue
            midnight = day * DAY
            at = (midnight - self._monday) % WEEK
            for a, b in self._week:
                low, high = max(a, at), min(b, at + DAY)
                low, high = max(midnight + low - at, begin), min(midnight + high - at, end)
                if low < high:
                    found.append((low, high))
        return found

    def open_time(self, begin: int, end: int) -> int:
        """Microseconds open between two moments."""
        if self.always:
            return end - begin
        return sum(b - a for a, b in self.intervals(begin, end))

    def days(self, begin: int, end: int) -> int:
        """Days between two moments on which the team opens at all."""
        return len({a // DAY for a, _ in self.intervals(begin, end)})
