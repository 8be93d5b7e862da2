"""How dates and times are written: every form that is understood, as patterns of text.

Values of one form (digits aside) are taken apart at one go: "05.01.2026 14:05" and "31.12.2026
09:30" are both "00.00.0000 00:00". So a pattern meets each form once, and a column of a million
different times is a few slices of a table of characters.
"""

from __future__ import annotations

import re
import tomllib
from functools import cache
from importlib.resources import files
from typing import NamedTuple

import numpy as np
import pandas as pd

from funnelsim.reading.values import forms_of

ZONES = {  # hours from UTC, of names that mean one thing only
    "Z": 0, "UTC": 0, "GMT": 0, "WET": 0, "WEST": 1, "BST": 1, "CET": 1, "MEZ": 1, "CEST": 2,
    "MESZ": 2, "EET": 2, "EEST": 3, "MSK": 3, "МСК": 3, "EST": -5, "EDT": -4, "MST": -7, "MDT": -6,
    "PST": -8, "PDT": -7,
}  # fmt: skip
_ZONE = (
    r"(?P<zone>(?:UTC|GMT)?(?P<sign>[+\-−])(?P<zh>\d{2}|\d(?=:|$|\s))(?::?(?P<zm>\d{2}))?"
    rf"|(?P<zone_name>{'|'.join(ZONES)}))?(?:\s*\([^)]*\))?"
)
_CLOCK = (
    r"(?:[T,]?\s*(?:T|at|um|à|a las|às|alle|o|kl\.?|ob|о|в|godz\.?)?\s*"
    r"(?P<half_before>上午|下午|AM|PM)?\s*"
    r"(?P<hour>\d{1,2})(?:[:h时點点](?P<minute>\d{2})|\.(?P<minute_>\d{2})(?!\d))"
    r"(?:[:.分](?P<second>\d{2})秒?(?:[.,]\d+)?)?(?:分|\s*(?:Uhr|h))?"
    r"\s*(?P<half>[AaPp]\.?\s?[Mm]\.?)?\s*" + _ZONE + r")?"
)
_DAY = r"(?P<day>\d{1,2})(?:\.|st|nd|rd|th|er|º|°)?"
_MONTH = r"(?P<month_name>[^\W\d_]{3,12})\.?"
_YEAR = r"(?P<year>\d{4}|\d{2})(?!\d)"
_AFTER = r"(?:\s*(?:г|р|r)\.?|\s*(?:года|року|roku))?"  # "5 января 2026 г."
_WEEKDAY = r"(?:[^\W\d_]{2,12}\.?,?\s+)?"
PATTERNS = [
    re.compile(pattern + r"\s*$")
    for pattern in (
        # 31.12.2026, 2026-12-31, 12/31/26: which is which is decided by the column
        _WEEKDAY + r"(?P<a>\d{4}|\d{1,2})(?P<sep>[./-])\s?(?P<b>\d{1,2})(?P=sep)\s?"
        r"(?P<c>\d{4}|\d{1,2})\.?"
        + _AFTER + r"(?:" + _CLOCK + r"|\s*" + _ZONE.replace("?P<", "?P<date_") + r")",
        r"(?P<year>\d{4})(?P<month>\d{2})(?P<day>\d{2})(?:[T ]?(?P<hour>\d{2}):?(?P<minute>\d{2})"
        r"(?::?(?P<second>\d{2})(?:[.,]\d+)?)?\s*" + _ZONE + r")?",
        _WEEKDAY + _DAY + r"[\s./-]*(?:de |d')?\s*" + _MONTH + r"[\s.,/'’-]*(?:de |del )?\s*"
        + _YEAR + _AFTER + _CLOCK,
        _WEEKDAY + _MONTH + r"[\s./-]+" + _DAY + r"(?:,\s*|\s+|[/-])" + _YEAR + _CLOCK,
        _WEEKDAY + _MONTH + r"\s+" + _DAY + r"\s+(?P<hour>\d{2}):(?P<minute>\d{2}):"
        + r"(?P<second>\d{2})\s+(?:" + _ZONE + r"\s+)?" + _YEAR,
        r"(?P<year>\d{4})[\s./-]+" + _MONTH + r"[\s./-]+" + _DAY + _CLOCK,
        r"(?P<year>\d{4}|\d{2})年\s?(?P<month>\d{1,2})月\s?(?P<day>\d{1,2})日?" + _CLOCK,
    )
]  # fmt: skip
LONGEST = 60  # characters of a date


class Parts(NamedTuple):
    """What the values say, each array as long as the values; -1 where a number is not given.

    `a`, `b`, `c` are the three numbers where the column decides which is which (with `sep`, and how
    many digits `a` and `c` have); where the form says it, year, month and day are in their places.
    """

    is_read: np.ndarray
    is_open: np.ndarray  # the order of a, b, c is to be decided
    numbers: np.ndarray  # (n, 3): a, b, c, or year, month, day
    digits: np.ndarray  # (n, 3): how many
    sep: np.ndarray
    clock: np.ndarray  # (n, 3): hour, minute, second
    half: np.ndarray  # "a", "p" or ""
    offset: np.ndarray  # minutes from UTC; NaN where none is given


@cache
def month_names() -> dict[str, int]:
    """{name or short form: month}, of all languages."""
    text = (files("funnelsim.reading") / "months.toml").read_text(encoding="utf-8")
    return {
        name: month
        for language in tomllib.loads(text).values()
        for month, names in enumerate(language["months"], start=1)
        for name in names.split()
    }


def dates_among(texts: list[str]) -> int:
    """How many of the texts are dates in one of the forms, whatever their numbers mean."""
    return int(take_apart(np.array(texts, dtype=object)).is_read.sum())


def take_apart(values: np.ndarray) -> Parts:
    """The parts of each text; what is no date in any form is not `is_read`.

    >>> parts = take_apart(np.array(["05-Jan-26", "2026年1月5日", "soon"], dtype=object))
    >>> parts.is_read.tolist(), parts.numbers[:2].tolist()
    ([True, True, False], [[26, 1, 5], [2026, 1, 5]])
    """
    count = len(values)
    parts = Parts(
        np.zeros(count, bool), np.zeros(count, bool), np.full((count, 3), -1, np.int32),
        np.zeros((count, 3), np.int8), np.full(count, "", dtype="U1"),
        np.zeros((count, 3), np.int32), np.full(count, "", dtype="U1"), np.full(count, np.nan),
    )  # fmt: skip
    if not count:
        return parts
    written = np.empty(count, dtype=object)
    written[:] = forms_of([v if len(v) <= LONGEST else "" for v in values])
    codes, forms = pd.factorize(written)
    by_form = np.argsort(codes, kind="stable")
    for form, rows in zip(forms, np.split(by_form, np.cumsum(np.bincount(codes))[:-1]),
                          strict=True):  # fmt: skip
        for pattern in PATTERNS:
            if (match := pattern.match(form)) and _fill(parts, match, values, rows):
                break
    return parts


def _fill(parts: Parts, match: re.Match[str], values: np.ndarray, rows: np.ndarray) -> bool:
    """Writes down what all values of one form say; False where a word in it is no month."""
    found = match.groupdict()
    month = 0
    if name := found.get("month_name"):
        month = month_names().get(name.lower(), 0)
        if not month:
            return False
    signs = values[rows].astype(f"U{len(match.string)}").view(np.uint32).reshape(len(rows), -1)

    def number(group: str) -> np.ndarray | int:
        if found.get(group) is None:
            return -1
        start, end = match.span(group)
        digits = signs[:, start:end].astype(np.int32) - ord("0")
        for place, sign in enumerate(match.string[start:end]):
            if sign != "0":  # a digit of another script, the same in all of them
                digits[:, place] = int(sign)
        value: np.ndarray = digits @ (10 ** np.arange(end - start - 1, -1, -1))
        return value

    parts.is_read[rows] = True
    names = ("a", "b", "c") if found.get("a") else ("year", "month", "day")
    parts.is_open[rows] = names[0] == "a"
    for place, group in enumerate(names):
        parts.numbers[rows, place] = month if group == "month" and month else number(group)
        parts.digits[rows, place] = len(found.get(group) or "")
    parts.sep[rows] = found.get("sep") or ""
    if found.get("hour"):
        minute = "minute" if found.get("minute") else "minute_"
        for place, group in enumerate(("hour", minute, "second")):
            parts.clock[rows, place] = np.maximum(number(group), 0)
        half = (found.get("half") or found.get("half_before") or "").lower()
        parts.half[rows] = {"上": "a", "下": "p"}.get(half[:1], half[:1])
        if zone := found.get("zone_name"):
            parts.offset[rows] = 60 * ZONES[zone]
        elif found.get("sign"):
            away = number("zh") * 60 + np.maximum(number("zm"), 0)
            parts.offset[rows] = away if found["sign"] == "+" else -away
    return True
