"""Columns of dates as times: what stands first in 03/04/2026, on which clock, and what is none.

The order of day, month and year is decided from all the columns of a file together (`date_order`),
and said. Numbers may be days as Excel counts them, or seconds since 1970; 9999-12-31 stands for
none.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta, timezone

import numpy as np
import pandas as pd

from funnelsim.errors import FunnelSimError, QuestionError
from funnelsim.reading.date_order import Column, put_in_order, whole_years
from funnelsim.reading.values import Findings, as_text, refuse, spread, texts_of, uniques
from funnelsim.reading.written_dates import take_apart

YEARS = (1971, 2100)  # dates such as 9999-12-31, 1900-01-01 or 1970-01-01 stand for "none"
SERIALS = (20_000.0, 73_050.0)  # days since 1899-12-30, as Excel counts: 1954 to 2099
EPOCH = {10: 1, 13: 1_000}  # digits of the seconds, and of the milliseconds, since 1970
MANY = 0.05  # of a column: a word that so many cells hold stands for "no date"
DATES = "write dates like 2026-12-31, 31.12.2026 or 12/31/2026, with or without 14:05"
NO_DATE = {
    *("not closed", "not set", "(not set)", "open", "never", "tbd", "unknown", "0", "offen", "nie"),
    *("nicht geschlossen", "unbekannt", "не закрыта", "не закрыт", "не закрыто", "не указана"),
    *(
        "не указано",
        "нет",
        "не задано",
        "відкрита",
        "не закрита",
        "немає",
        "en cours",
        "non clôturé",
    ),
    *("abierto", "abierta", "sin cerrar", "aberto", "em aberto", "aperto", "aperta", "otwarta"),
    *(
        "otwarte",
        "brak",
        "未关闭",
        "未结束",
        "无",
        "0000-00-00",
        "0000-00-00 00:00:00",
        "00.00.0000",
    ),
}


def read_times(
    columns: Sequence[pd.Series],
    dayfirst: bool | None = None,
    findings: Findings | None = None,
    *,
    yearfirst: bool | None = None,
) -> list[pd.Series]:
    """Columns of one export as times (datetime64, no zone: the wall clock as it was written).

    Whether 03/04/2026 is in April or March is decided from all the columns together: one value
    with a day over 12 decides. Dates with dots are day first, dates that begin with a year of four
    digits are year, month, day. Years of two digits take the order that keeps the dates together.
    `dayfirst` and `yearfirst` overrule; one must be given where nothing decides.

    Where the times do not share one time zone or offset, all become UTC, and `findings` says so;
    dates without a time of day stay as they are. With `findings`, one cell in a hundred may be
    unreadable: it is taken as no date, and said.

    Raises FunnelSimError naming column, row and value of what cannot be read, and where some
    times have an offset and others have none; QuestionError for an order that nothing decides.

    >>> times, = read_times([pd.Series(["31.12.2026 14:05", None])])
    >>> str(times[0])
    '2026-12-31 14:05:00'
    """
    for name, told in (("dayfirst", dayfirst), ("yearfirst", yearfirst)):
        if told not in (None, True, False):
            raise FunnelSimError(f"{name} is {told!r}; it is True, False or None")
    read = {
        i: _taken_apart(column, findings)
        for i, column in enumerate(columns)
        if not pd.api.types.is_datetime64_any_dtype(column)
    }
    put_in_order(list(read.values()), dayfirst, yearfirst, findings)
    times, offsets = [], []
    for i, column in enumerate(columns):
        if i in read:
            moments, away = _moments(read[i], findings)
        else:
            moments, away = _of_datetimes(column, findings)
        times.append(moments)
        offsets.append(away)
    return _one_clock(list(columns), times, offsets, Findings() if findings is None else findings)


def _taken_apart(column: pd.Series, findings: Findings | None) -> Column:
    codes, values = uniques(column)
    texts = texts_of(values, NO_DATE)
    parts = take_apart(np.where(_is_given(texts), texts, ""))
    moments = np.full(len(values), np.datetime64("NaT"), dtype="datetime64[us]")
    found = Column(column, codes, texts, parts, moments, parts.is_read.copy())
    _numbers_as_dates(found, values, findings)
    _words_for_none(found, findings)
    unread = _is_given(texts) & ~found.is_read
    refuse(column, found.rows(unread), "is not a date that can be read", DATES, findings,
           "taken as no date")  # fmt: skip
    return found


def _is_given(texts: np.ndarray) -> np.ndarray:
    return np.asarray(pd.notna(texts), dtype=bool)


def _numbers_as_dates(found: Column, values: np.ndarray, findings: Findings | None) -> None:
    """Excel's days and the seconds since 1970, among what is no date otherwise."""
    numbers, length = np.full(len(values), np.nan), np.zeros(len(values), dtype=int)
    for i in np.flatnonzero(_is_given(found.texts) & ~found.is_read):
        plain = found.texts[i].replace(",", ".")
        if plain.replace(".", "", 1).isdigit():
            numbers[i], length[i] = float(plain), len(plain.partition(".")[0])
    days = (numbers >= SERIALS[0]) & (numbers <= SERIALS[1])
    for is_kind, said in (
        (days, "days as Excel counts them"),
        *(
            (length == n, "seconds since 1970" if n == 10 else "milliseconds since 1970")
            for n in EPOCH
        ),
    ):
        if not is_kind.any():
            continue
        since = numbers[is_kind]
        if said.startswith("days"):
            micro, start = np.round(since * 86_400) * 1_000_000, np.datetime64("1899-12-30", "us")
        else:
            micro = since * 1_000_000 / EPOCH[int(length[is_kind][0])]
            start = np.datetime64("1970-01-01", "us")
        found.moments[is_kind] = start + micro.astype("int64").astype("timedelta64[us]")
        found.is_read |= is_kind
        if findings is not None:
            findings.note(f"column {found.given.name!r} holds {said}: they are read as times")


def _words_for_none(found: Column, findings: Findings | None) -> None:
    """A word without a digit that stands in many cells of a column of dates stands for no date."""
    if findings is None:
        return
    counts = np.bincount(found.codes[found.codes >= 0], minlength=len(found.texts))
    many = max(MANY * len(found.codes), 10)
    for i in np.flatnonzero(_is_given(found.texts) & ~found.is_read & (counts >= many)):
        text = found.texts[i]
        if not any(sign.isdigit() for sign in text) and found.is_read.any():
            rows = found.given.index[found.codes == i]
            findings.add(found.given, rows, text, "no date: taken as not (yet) happened")
            found.texts[i] = None


def _moments(column: Column, findings: Findings | None) -> tuple[pd.Series, pd.Series]:
    """The times of the rows, and their offsets from UTC in minutes (NaN: none)."""
    parts, given = column.parts, column.given
    ymd = whole_years(parts)
    hour, minute, second = parts.clock.T
    halved = parts.half != ""
    on_dial = np.where(halved, hour % 12 + 12 * (parts.half == "p"), hour)
    year, month, day = (np.maximum(ymd[:, i], 1) for i in range(3))
    months = (year - 1970) * 12 + np.clip(month, 1, 12) - 1
    first = months.astype("datetime64[M]").astype("datetime64[D]")
    date_ = first + (day - 1).astype("timedelta64[D]")
    exists = (date_.astype("datetime64[M]") == months.astype("datetime64[M]")) & (month <= 12)
    exists &= (ymd >= 1).all(axis=1) | (ymd[:, 0] == 0)
    exists &= (
        (hour <= 23) & (minute <= 59) & (second <= 60) & ~(halved & ((hour < 1) | (hour > 12)))
    )
    exists &= np.isnan(parts.offset) | (np.abs(np.nan_to_num(parts.offset)) <= 14 * 60 + 59)
    clock = (on_dial * 3_600 + minute * 60 + second).astype("timedelta64[s]")
    inside = (year >= YEARS[0]) & (year <= YEARS[1])
    written = parts.is_read
    moments = np.where(
        written & exists & inside, date_.astype("datetime64[us]") + clock, column.moments
    )
    refuse(given, column.rows(written & ~exists & inside), "is not a time of the calendar", DATES,
           findings, "taken as no date")  # fmt: skip
    _refuse_years(column, written & ~inside, findings)
    offsets = np.where(written, parts.offset, np.nan)
    nat = np.datetime64("NaT")
    times = pd.Series(spread(column.codes, moments, nat), index=given.index, name=given.name)
    away = pd.Series(spread(column.codes, offsets, np.nan), index=given.index)
    return times.astype("datetime64[us]"), away


def _refuse_years(column: Column, outside: np.ndarray, findings: Findings | None) -> None:
    """Dates that stand for none, however many: said where that is allowed, else refused."""
    rule = f"is not in the years {YEARS[0]} to {YEARS[1]}"
    if findings is None:
        refuse(
            column.given, column.rows(outside), rule, "if it stands for 'no date', empty the cell"
        )
        return
    for i in np.flatnonzero(outside):
        rows = column.given.index[column.codes == i]
        if len(rows):
            findings.add(column.given, rows, column.texts[i], f"{rule}: taken as no date")


def _of_datetimes(column: pd.Series, findings: Findings | None) -> tuple[pd.Series, pd.Series]:
    """Times that are times already; of a zone they take the clock of that zone."""
    naive = column.dt.tz_localize(None).astype("datetime64[us]")
    offsets = pd.Series(np.nan, index=column.index)
    if column.dt.tz is not None:
        away = naive - column.dt.tz_convert("UTC").dt.tz_localize(None).astype("datetime64[us]")
        offsets = away / pd.Timedelta(minutes=1)
    strange = naive.notna() & ~naive.dt.year.between(*YEARS)
    if findings is None or not strange.any():
        refuse(column, strange.to_numpy(), f"is not in the years {YEARS[0]} to {YEARS[1]}",
               "if it stands for 'no date', empty the cell")  # fmt: skip
    else:
        rows = column.index[strange]
        findings.add(column, rows, column[rows[0]],
                     f"is not in the years {YEARS[0]} to {YEARS[1]}: taken as no date")  # fmt: skip
    return naive.mask(strange), offsets.mask(strange)


def _one_clock(
    columns: list[pd.Series], times: list[pd.Series], offsets: list[pd.Series], findings: Findings
) -> list[pd.Series]:
    """The times as they are if they were written on one clock, else in UTC."""
    seen: set[float] = set()
    without: list[np.ndarray] = []
    zones = [getattr(getattr(c, "dt", None), "tz", None) for c in columns]
    for moments, away in zip(times, offsets, strict=True):
        seen |= set(away.dropna().unique())
        bare = (away.isna() & moments.notna()).to_numpy()
        plain = moments[bare]
        is_date = bool((plain.dt.normalize() == plain).all())  # which is on every clock
        without.append(np.zeros_like(bare) if is_date else bare)
    one_zone = len({str(z) for z in zones if z is not None}) == 1 and all(
        z is not None or a.isna().all() for z, a in zip(zones, offsets, strict=True)
    )
    is_bare = any(bare.any() for bare in without)
    if not seen or ((len(seen) == 1 or one_zone) and not is_bare):
        return times
    names = [str(timezone(timedelta(minutes=float(minutes)))) for minutes in sorted(seen)]
    if is_bare:
        for column, bare in zip(columns, without, strict=True):
            rule = f"has no time zone, but other times have one ({', '.join(names[:3])})"
            refuse(column, bare, rule, "give every time its offset from UTC, or none")
    shown = ", ".join(names[:3]) + (", ..." if len(names) > 3 else "")
    findings.note(f"the times are on several clocks ({shown}): all were turned into UTC")
    return [
        moments - pd.to_timedelta(away.fillna(0), unit="min")
        for moments, away in zip(times, offsets, strict=True)
    ]


def lengths_of_time(numbers: pd.Series, unit: str) -> pd.Series:
    """So many days ("D"), or seconds ("s"); missing where the number is.

    pandas 2.2 turns missing numbers, too, and warns of an overflow now and then.
    """
    return pd.to_timedelta(numbers.fillna(0), unit=unit).mask(numbers.isna())


def read_moment(
    given: object, role: str, dayfirst: bool | None = None, yearfirst: bool | None = None
) -> pd.Timestamp:
    """One date or time, as text (read like a column) or as a date, datetime or Timestamp.

    Raises FunnelSimError naming the argument (`role`) if it is none, may be read in two ways, or
    has a time zone: it is meant on the clock of the columns.

    >>> read_moment("05.08.2026", "export_date").month
    8
    """
    way_out = "write a date like 2026-12-31 or 31.12.2026"
    moment = pd.NaT
    if isinstance(given, str | date | np.datetime64):
        column = pd.Series([given if isinstance(given, str) else pd.Timestamp(given)], name=role)
        try:
            (times,) = read_times([column], dayfirst, yearfirst=yearfirst)
        except FunnelSimError as error:
            if isinstance(error, QuestionError):
                way_out += ", or say which of day and month comes first: dayfirst=True or False"
            raise FunnelSimError(f"{role} is {given!r}; {way_out}") from error
        moment = times.iloc[0]
        has_zone = getattr(given, "tzinfo", None)
        if isinstance(given, str):
            has_zone = not np.isnan(take_apart(np.array([as_text(given)], dtype=object)).offset[0])
        if has_zone:
            raise FunnelSimError(
                f"{role} is {given!r}; write it without a time zone, on the clock of the columns"
            )
    if pd.isna(moment):
        raise FunnelSimError(f"{role} is {given!r}; {way_out}")
    return moment
