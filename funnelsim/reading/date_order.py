"""What stands first in 03/04/2026: the order of day, month and year, of all the columns of a file.

One date with a day over 12 decides, where nearly all the others fit. Years of two digits take the
order that keeps the dates together: 26-12-30 beside 26-01-07 is no day 26 of years from 2007 to
2030. What nothing decides is asked for.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from funnelsim.errors import FunnelSimError, QuestionError
from funnelsim.reading.values import Findings, place, spread
from funnelsim.reading.written_dates import Parts

ORDERS = {"dmy": (2, 1, 0), "mdy": (2, 0, 1), "ymd": (0, 1, 2)}  # where year, month, day stand
CENTURY = 70  # 69 is 2069, 70 is 1970
ALLOWED = 0.01  # of the dates may be in another order, where that is said


@dataclass
class Column:
    """A column on the way: its rows as codes, the moments of its values, and what they say."""

    given: pd.Series
    codes: np.ndarray
    texts: np.ndarray  # of the values; None: missing
    parts: Parts
    moments: np.ndarray  # datetime64[us] of the values; NaT: not known, or not yet
    is_read: np.ndarray

    def rows(self, values: np.ndarray) -> np.ndarray:
        """Which rows hold values for which it is true."""
        return np.asarray(spread(self.codes, values.astype(bool), False), dtype=bool)

    def place(self, i: int) -> str:
        """Where the value stands first."""
        return place(self.given.index, self.given.index[self.codes == i][0])


def put_in_order(
    columns: list[Column],
    dayfirst: bool | None,
    yearfirst: bool | None,
    findings: Findings | None,
) -> None:
    """Puts the numbers of every date into the order year, month, day (in place)."""
    for sep in (".", "/", "-"):
        for is_short in (False, True):
            _order_of_kind(columns, sep, is_short, dayfirst, yearfirst, findings)


def _kind(column: Column, sep: str, is_short: bool) -> np.ndarray:
    """The values that are three numbers parted so: a year of two digits, or of four at the end."""
    parts = column.parts
    short = (parts.digits[:, 0] <= 2) & (parts.digits[:, 2] <= 2)
    kind = parts.is_open & (parts.sep == sep)
    return np.asarray(kind & (short if is_short else (parts.digits[:, 2] == 4)), dtype=bool)


def _order_of_kind(
    columns: list[Column],
    sep: str,
    is_short: bool,
    dayfirst: bool | None,
    yearfirst: bool | None,
    findings: Findings | None,
) -> None:
    picked = [(column, _kind(column, sep, is_short)) for column in columns]
    picked = [(column, kind) for column, kind in picked if kind.any()]
    if not picked:
        return
    order = _told(sep, is_short, dayfirst, yearfirst)
    if order is None:
        order = _decided(picked, sep, is_short, findings)
    for column, kind in picked:
        numbers = column.parts.numbers
        numbers[kind] = numbers[kind][:, ORDERS[order]]
        column.parts.digits[kind] = column.parts.digits[kind][:, ORDERS[order]]
    if findings is not None and (is_short or sep != "."):
        column, kind = picked[0]
        i = int(np.flatnonzero(kind)[0])
        year, month, day = whole_years(column.parts)[i]
        says = f"{column.texts[i]} as {year}-{month:02}-{day:02}"
        findings.note(f"dates such as {column.texts[i]!r} are read {_in_words(order)}: {says}")


def _in_words(order: str) -> str:
    names = {"d": "day", "m": "month", "y": "year"}
    return ", ".join(names[letter] for letter in order)


def _told(sep: str, is_short: bool, dayfirst: bool | None, yearfirst: bool | None) -> str | None:
    if is_short and yearfirst:
        return "ymd"
    if sep == "." and not is_short:
        return "dmy"
    if dayfirst is not None and sep != ".":
        return "dmy" if dayfirst else "mdy"
    return None


def _decided(
    picked: list[tuple[Column, np.ndarray]], sep: str, is_short: bool, findings: Findings | None
) -> str:
    """The one order that fits all but one in a hundred of the dates, and without gaps of years."""
    every = np.concatenate([column.parts.numbers[kind] for column, kind in picked])
    digits = np.concatenate([column.parts.digits[kind] for column, kind in picked])
    weight = np.concatenate(
        [np.bincount(c.codes[c.codes >= 0], minlength=len(c.texts))[kind] for c, kind in picked]
    )
    shares, spans = {}, {}
    for order, places in ORDERS.items():
        year, month, day = (every[:, place] for place in places)
        fits = (month >= 1) & (month <= 12) & (day >= 1) & (day <= 31)
        if order == "ymd":
            if not is_short or (digits[:, 0] < 2).any():
                continue
        elif sep == "." and order == "mdy":
            continue
        shares[order] = float(weight[fits].sum() / weight.sum())
        if fits.any():
            when = np.sort(np.where(year < 100, year + 2000, year)[fits] * 12.0 + month[fits])
            spans[order] = float(np.subtract(*np.quantile(when, [0.99, 0.01]))) / 12  # years
    allowed = 0.0 if findings is None else ALLOWED
    fitting = [order for order, share in shares.items() if share >= 1 - allowed - 1e-12]
    if not fitting:
        raise FunnelSimError(_contradiction(picked))
    if len(fitting) == 1:
        return fitting[0]
    if is_short:
        fitting.sort(key=lambda order: spans[order])
        near, next_to = (spans[order] for order in fitting[:2])
        if sep == "." and not (fitting[0] == "ymd" and next_to > max(3 * near, near + 3)):
            return "dmy"
        if next_to > max(3 * near, near + 3):
            return fitting[0]
        fitting.sort(key=list(ORDERS).index)
    column, kind = picked[0]
    raise _ask_for_the_order(column, int(np.flatnonzero(kind)[0]), fitting)


def _ask_for_the_order(column: Column, i: int, fitting: list[str]) -> QuestionError:
    where = f"column {column.given.name!r}, {column.place(i)}"
    if set(fitting) == {"dmy", "mdy"}:
        return QuestionError(
            f"{where}: {column.texts[i]!r} may be day/month or month/day, and no other date "
            "decides it; say dayfirst=True or dayfirst=False",
            "dayfirst", {"3 April": True, "March 4": False},
        )  # fmt: skip
    readings = " or ".join(_in_words(order) for order in fitting)
    return QuestionError(
        f"{where}: {column.texts[i]!r} may be {readings}, and no other date decides it; say "
        "yearfirst=True, dayfirst=True or dayfirst=False",
        "yearfirst", {"year first": True},
    )  # fmt: skip


def _contradiction(picked: list[tuple[Column, np.ndarray]]) -> str:
    """Two rows of which one puts the day first and the other the month."""
    found = {}
    for at in (0, 1):
        for column, kind in picked:
            over = np.flatnonzero(kind & (column.parts.numbers[:, at] > 12))
            if len(over) and at not in found:
                text = column.texts[over[0]]
                found[at] = f"{column.place(over[0])} (column {column.given.name!r}, {text!r})"
    if len(found) == 2:
        return (
            f"dates contradict each other: {found[0]} puts the day first, {found[1]} the month; "
            "give every date in one order"
        )
    column, kind = picked[0]
    text = column.texts[int(np.flatnonzero(kind)[0])]
    rule = f"{text!r} is no date in any order; write dates like 2026-12-31"
    return f"column {column.given.name!r}, {column.place(int(np.flatnonzero(kind)[0]))}: {rule}"


def whole_years(parts: Parts) -> np.ndarray:
    """Year, month, day of each value, a year of two digits as the one from 1970 to 2069."""
    numbers = parts.numbers.copy()
    short = (parts.digits[:, 0] <= 2) & parts.is_read
    year = numbers[:, 0]
    numbers[:, 0] = np.where(short, year + np.where(year < CENTURY, 2000, 1900), year)
    return numbers
