"""Reads a table the way a firm has it: a CSV file whose dialect nobody wrote down.

Separators (comma, semicolon, tab, bar), encodings (UTF-8 with and without a mark, UTF-16 with
one, Windows-1252), dates such as 2026-12-31, 31.12.2026 14:05 or 12/31/2026 2:05 PM, offsets from
UTC and numbers such as 1.234,56 are recognised from the whole column. What cannot be decided is
asked for, what cannot be read is named with its row: nothing is guessed for a single value and
nothing is fixed in silence.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence
from datetime import date, timedelta, timezone
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from funnelsim.errors import FunnelSimError, nearest

SEPARATORS = (",", ";", "\t", "|")
MISSING_CELLS = ("", "NULL", "null", "NaN", "nan", "N/A", "n/a", "#N/A")

YEARS = (1970, 2100)  # dates such as 9999-12-31 or 1900-01-01 stand for "none"

# Day, month and year in some order, then perhaps a time of day and its offset from UTC.
DATE = (
    r"^(?P<a>\d{4}|\d{1,2})(?P<sep>[./-])(?P<b>\d{1,2})(?P=sep)(?P<c>\d{4}|\d{1,2})"
    r"(?:(?:T|,?\s+)(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2})(?:[.,]\d+)?)?"
    r"\s*(?P<half>[AaPp]\.?[Mm]\.?)?\s*(?P<zone>Z|[+-](?:0\d|1[0-4])(?::?[0-5]\d)?)?"
    r"|\s*(?:Z|[+-]\d{2}:\d{2}))?$"  # the offset of a date without a time says nothing
)


def read_table(path: str | Path) -> pd.DataFrame:
    """The file as a table of text, one row per line; cells that are empty or NULL are missing.

    The separator is the one that the header line holds most of, or what a first line such as
    sep=; says. Rows are labelled with their number as a spreadsheet shows it: the header is row
    1, the first lead row 2.

    Raises FunnelSimError if the file is missing, empty or not a table.
    """
    path = Path(path)
    _refuse_spreadsheet(str(path), b"")
    try:
        content = path.read_bytes()
    except (OSError, ValueError) as error:  # ValueError: a NUL in the path
        missing = isinstance(error, FileNotFoundError)
        reason = "there is no such file" if missing else getattr(error, "strerror", None) or error
        raise FunnelSimError(f"{str(path)[:200]} cannot be read: {reason}") from error
    return table_of(content, str(path))


def table_of(content: bytes, path: str) -> pd.DataFrame:
    """The table that a file holds, as `read_table` gives it; errors name the file by `path`.

    >>> table_of(b"Angelegt am;Betrag\\n31.12.2026;1.234,50\\n", "deals.csv").loc[2].tolist()
    ['31.12.2026', '1.234,50']
    """
    _refuse_spreadsheet(path, content)
    text = _decode(content, path).lstrip("\r\n")
    told = re.match(r'"?sep=([^"\r\n])"?(?:\r?\n|$)', text, re.IGNORECASE)  # Excel's first line
    text = text[told.end() :] if told else text
    if not text.strip():
        raise FunnelSimError(f"{path} is empty; it takes a header line and a row below it")
    separator = told[1] if told else _separator(text.splitlines()[0])
    header, *rows = _cells(text, separator, path)
    width = len(header)
    for number, row in enumerate(rows, start=2):
        if any(row[width:]):
            raise FunnelSimError(
                f"{path}, row {number}: {len(row)} cells, but the header has {width} "
                f"(separator {separator!r}); quote the cells that contain the separator"
            )
    cells = [row[:width] + [""] * (width - len(row)) for row in rows]
    index = pd.RangeIndex(2, len(cells) + 2)
    table = pd.DataFrame(cells, index=index, columns=[h.strip() for h in header], dtype="string")
    blank = table.apply(lambda column: column.str.strip().isin(MISSING_CELLS))
    return table.mask(blank).dropna(how="all")


def _refuse_spreadsheet(path: str, content: bytes) -> None:
    """A workbook, by its name or by its first bytes: also one that was only renamed to .csv."""
    named = path.lower().endswith((".xlsx", ".xlsm", ".xls", ".ods", ".parquet"))
    if named or content.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        raise FunnelSimError(
            f"{path} is not a CSV file; save it as CSV (in Excel: File, Save as, CSV UTF-8)"
        )


def _decode(content: bytes, path: str) -> str:
    if b"\x00" in content and not content.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise FunnelSimError(f"{path} is not a text file; save it as CSV in UTF-8")
    utf16 = content.startswith((b"\xff\xfe", b"\xfe\xff"))
    for encoding in ("utf-16",) if utf16 else ("utf-8-sig", "cp1252"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise FunnelSimError(f"{path} is not text in UTF-8 or Windows-1252; save it as CSV in UTF-8")


def _separator(header: str) -> str:
    bare = re.sub(r'"[^"]*"', "", header)
    return max(SEPARATORS, key=bare.count)


def _cells(text: str, separator: str, path: str) -> list[list[str]]:
    """The cells of all lines, however long they are (the csv module stops at 131,072)."""
    limit = csv.field_size_limit(2**31 - 1)
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    try:
        return list(lines)
    except csv.Error as error:
        raise FunnelSimError(
            f"{path}, line {lines.line_num}: {error}; check the quotation marks there"
        ) from error
    finally:
        csv.field_size_limit(limit)


def find_column(table: pd.DataFrame, column: str, role: str) -> pd.Series:
    """The column of that name, asked for under the name of its role (the argument's name).

    Raises FunnelSimError naming the columns there are, with the nearest, or if it is no name.

    >>> find_column(pd.DataFrame({"created_at": []}), "created", "created")
    Traceback (most recent call last):
    ...
    funnelsim.errors.FunnelSimError: created='created' is not a column of the table; \
did you mean created_at? There are: created_at
    """
    if not isinstance(column, str):
        raise FunnelSimError(f"{role} is {column!r}; it is the name of a column, in quotes")
    if column not in table.columns:
        raise FunnelSimError(
            f"{role}={column!r} is not a column of the table; {nearest(column, table.columns)}"
        )
    found = table[column]
    if isinstance(found, pd.DataFrame):
        raise FunnelSimError(f"{role}: the table has {found.shape[1]} columns named {column!r}")
    return found


def read_text(column: pd.Series) -> pd.Series:
    """The column as text without blanks around it; missing and empty cells are missing."""
    text = column.astype("string").str.strip()
    return text.mask(text == "")


def read_times(
    columns: Sequence[pd.Series], dayfirst: bool | None = None, notes: list[str] | None = None
) -> list[pd.Series]:
    """Columns of one export as times (datetime64, no zone: the wall clock as it was written).

    Whether 03/04/2026 is in April or March is decided from all the columns together: one value
    with a day over 12 decides. Dates with dots are always day first, dates that begin with a
    year are year, month, day. `dayfirst` overrules; it must be given where nothing decides.

    Where the times do not share one time zone or offset, all become UTC, and `notes` says so;
    dates without a time of day stay as they are.

    Raises FunnelSimError naming column, row and value of what cannot be read, and where some
    times have an offset and others have none.

    >>> times, = read_times([pd.Series(["31.12.2026 14:05", None])])
    >>> str(times[0])
    '2026-12-31 14:05:00'
    """
    if dayfirst not in (None, True, False):
        raise FunnelSimError(f"dayfirst is {dayfirst!r}; it is True, False or None")
    texts = [c if pd.api.types.is_datetime64_any_dtype(c) else read_text(c) for c in columns]
    parts = [
        None if pd.api.types.is_datetime64_any_dtype(t) else t.str.extract(DATE) for t in texts
    ]
    for text, part in zip(texts, parts, strict=True):
        if part is not None:
            _refuse(text, text.notna() & part["a"].isna(), "is not a date that can be read", DATES)
    if dayfirst is None:
        dayfirst = _dayfirst(texts, [p for p in parts if p is not None])
    times = [
        text.dt.tz_localize(None).astype("datetime64[us]")
        if part is None
        else _assemble(text, part, dayfirst)
        for text, part in zip(texts, parts, strict=True)
    ]
    for text, moments in zip(texts, times, strict=True):
        strange = moments.notna() & ~moments.dt.year.between(*YEARS)
        rule = f"is not in the years {YEARS[0]} to {YEARS[1]}"
        _refuse(text, strange, rule, "if it stands for 'no date', empty the cell")
    return _one_clock(texts, parts, times, [] if notes is None else notes)


def read_moment(given: object, role: str, dayfirst: bool | None = None) -> pd.Timestamp:
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
            (times,) = read_times([column], dayfirst)
        except FunnelSimError as error:
            if "dayfirst" in str(error):
                way_out += ", or say which of day and month comes first: dayfirst=True or False"
            raise FunnelSimError(f"{role} is {given!r}; {way_out}") from error
        moment = times.iloc[0]
        written = re.match(DATE, given.strip()) if isinstance(given, str) else None
        if written["zone"] if written else getattr(given, "tzinfo", None):
            raise FunnelSimError(
                f"{role} is {given!r}; write it without a time zone, on the clock of the columns"
            )
    if pd.isna(moment):
        raise FunnelSimError(f"{role} is {given!r}; {way_out}")
    return moment


def _one_clock(
    texts: Sequence[pd.Series],
    parts: Sequence[pd.DataFrame | None],
    times: list[pd.Series],
    notes: list[str],
) -> list[pd.Series]:
    """The times as they are if they were written on one clock, else in UTC."""
    clocks = [_clock(*column) for column in zip(texts, parts, times, strict=True)]
    seen = sorted(pd.concat(clocks).dropna().unique()) if clocks else []
    if len(seen) < 2:
        return times
    if seen[0] == "":
        for text, clock in zip(texts, clocks, strict=True):
            rule = f"has no time zone, but other times have one ({', '.join(seen[1:4])})"
            _refuse(text, clock == "", rule, "give every time its offset from UTC, or none")
    shown = ", ".join(seen[:3]) + (", ..." if len(seen) > 3 else "")
    notes.append(f"the times are on several clocks ({shown}): all were turned into UTC")
    return [
        text.dt.tz_convert("UTC").dt.tz_localize(None).astype("datetime64[us]")
        if part is None and text.dt.tz is not None
        else moments
        if part is None
        else moments
        - pd.to_timedelta(part["zone"].map(_offset, na_action="ignore")).fillna(pd.Timedelta(0))
        for text, part, moments in zip(texts, parts, times, strict=True)
    ]


def _clock(text: pd.Series, part: pd.DataFrame | None, times: pd.Series) -> pd.Series:
    """The zone or offset of each time; "" where it has none, missing where it says nothing."""
    if part is not None:
        zones = part["zone"]
        clock = zones.map({z: str(timezone(_offset(z))) for z in zones.dropna().unique()})
        clock = clock.astype(object).where(zones.notna(), "")
    else:
        clock = pd.Series(str(text.dt.tz or ""), index=text.index, dtype=object)
    plain = clock == ""
    if (times[plain].dropna().dt.normalize() == times[plain].dropna()).all():
        clock = clock.mask(plain)  # dates without a time of day are on every clock
    return clock.where(times.notna())


def _offset(zone: str) -> timedelta:
    """From Z, +02, +0200 or +02:00."""
    digits = zone.strip("Z+-").replace(":", "").ljust(4, "0")
    ahead = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
    return -ahead if zone.startswith("-") else ahead


DATES = "write dates like 2026-12-31, 31.12.2026 or 12/31/2026, with or without 14:05"


def _refuse(text: pd.Series, wrong: pd.Series, rule: str, way_out: str) -> None:
    if wrong.any():
        row = text.index[wrong][0]
        others = int(wrong.sum()) - 1
        more = f" (and {others:,} more)" if others else ""
        raise FunnelSimError(
            f"column {text.name!r}, row {row}: {text[row]!r} {rule}{more}; {way_out}"
        )


def _dayfirst(texts: Sequence[pd.Series], parts: Sequence[pd.DataFrame]) -> bool:
    """Whether dates such as 03/04/2026 put the day first, from every value there is."""
    if not parts:
        return True
    every = pd.concat(parts)
    open_order = every[(every["a"].str.len() < 3) & (every["sep"] != ".")]
    if open_order.empty:
        return True
    day_first = open_order["a"].astype(int) > 12
    month_first = open_order["b"].astype(int) > 12
    if day_first.any() and month_first.any():
        rows = day_first.idxmax(), month_first.idxmax()
        raise FunnelSimError(
            f"dates contradict each other: row {rows[0]} puts the day first, row {rows[1]} the "
            "month; give every date in one order"
        )
    if not (day_first.any() or month_first.any()):
        row = open_order.index[0]
        value = next(t[row] for t in texts if row in t.index and pd.notna(t[row]))
        raise FunnelSimError(
            f"row {row}: {value!r} may be day/month or month/day, and no other date decides it; "
            "say dayfirst=True or dayfirst=False"
        )
    return bool(day_first.any())


def _assemble(text: pd.Series, part: pd.DataFrame, dayfirst: bool) -> pd.Series:
    number = {name: pd.to_numeric(part[name]).astype("Int64") for name in "abc"}
    year_first = part["a"].str.len() == 4
    day_first = dayfirst | (part["sep"] == ".")
    year = number["a"].where(year_first, number["c"])
    hour = pd.to_numeric(part["hour"]).astype("Int64").fillna(0)
    half = part["half"].str[0].str.lower()
    no_time = (hour > 23) | (half.notna() & ((hour < 1) | (hour > 12)))
    pieces = pd.DataFrame(
        {
            "year": year.where(year_first | (part["c"].str.len() == 4), year + 2000),
            "month": number["b"].where(year_first | day_first, number["a"]),
            "day": number["c"].where(year_first, number["a"].where(day_first, number["b"])),
            "hour": hour.mask(half.notna(), hour % 12 + 12 * (half == "p").fillna(False)),
            "minute": pd.to_numeric(part["minute"]).astype("Int64").fillna(0),
            "second": pd.to_numeric(part["second"]).astype("Int64").fillna(0),
        }
    )
    given = text.notna().to_numpy()
    moments = np.full(len(text), np.datetime64("NaT"), dtype="datetime64[us]")
    moments[given] = _moments(pieces[given].astype("int64"))
    times = pd.Series(moments, index=text.index, name=text.name)
    _refuse(text, given & (times.isna() | no_time), "is not a time of the calendar", DATES)
    return times


def _moments(pieces: pd.DataFrame) -> NDArray[np.datetime64]:
    """Years, months, ... as moments; NaT where the calendar has none.

    Not by pandas, whose older versions know no year after 2262: 9999-12-31 is a day.
    """
    year, month, day, hour, minute, second = (pieces[name].to_numpy() for name in pieces)
    first = (12 * (year - 1970) + month - 1).astype("datetime64[M]")
    of_month = first.astype("datetime64[D]") + (day - 1)
    moments = of_month.astype("datetime64[us]") + (
        (hour * 60 + minute) * 60 + second
    ) * np.timedelta64(1_000_000, "us")
    there_is = (of_month.astype("datetime64[M]") == first) & (month >= 1) & (month <= 12)
    there_is &= (hour < 24) & (minute < 60) & (second < 60)
    return np.where(there_is, moments, np.datetime64("NaT"))


def read_numbers(column: pd.Series, decimal: str | None = None) -> pd.Series:
    """A column of amounts as floats; currency signs, codes and thousands marks are dropped.

    Which of comma and point is the decimal mark is decided from the whole column: the last one
    where a value has both; the one that is not followed by three digits. `decimal` overrules;
    it must be given where nothing decides (every value looks like 1.234).

    Raises FunnelSimError naming column, row and value of what cannot be read.

    >>> read_numbers(pd.Series(["1.234,56", "EUR 80", None])).tolist()
    [1234.56, 80.0, nan]
    """
    if pd.api.types.is_numeric_dtype(column):
        return _finite(column, column.astype(float))
    if decimal not in (None, ",", "."):
        raise FunnelSimError(f"decimal is {decimal!r}; the decimal mark is ',' or '.'")
    text = read_text(column)
    bare = text.str.replace(r"^[A-Z]{3}\s+|\s*[A-Z]{3}$|[€$£¥\s'\u00a0\u202f]", "", regex=True)
    mark = decimal or _decimal_mark(text, bare)
    other = "." if mark == "," else ","
    grouped = rf"^[+-]?(?:\d+|\d{{1,3}}(?:\{other}\d{{3}})+)(?:\{mark}\d+)?$"
    readable = bare.str.fullmatch(grouped).fillna(False).astype(bool)
    way_out = f"write amounts like 1234{mark}56 (decimal mark {mark!r})"
    _refuse(text, text.notna() & ~readable, "is not an amount that can be read", way_out)
    plain = bare.str.replace(other, "", regex=False).str.replace(mark, ".", regex=False)
    return _finite(text, plain.astype("Float64").astype(float).rename(column.name))


def _finite(column: pd.Series, amounts: pd.Series) -> pd.Series:
    _refuse(column, np.isinf(amounts), "is no finite amount", "correct it, or empty the cell")
    return amounts


def _decimal_mark(text: pd.Series, bare: pd.Series) -> str:
    def any_match(pattern: str) -> bool:
        return bool(bare.str.contains(pattern, regex=True).fillna(False).any())

    for mark, other in ((",", "."), (".", ",")):
        # 1.234,56 and 1.234.567 say that the point groups; 12,5 says that the comma divides.
        if any_match(rf"\{other}.*\{mark}") or any_match(rf"\{other}\d{{3}}\{other}"):
            return mark
    for mark in (",", "."):
        if any_match(
            rf"^[+-]?(?:\d*\{mark}(?:\d{{1,2}}|\d{{4,}})|0\{mark}\d+|\d{{4,}}\{mark}\d+)$"
        ):
            return mark
    unclear = bare.str.contains(r"[.,]", regex=True).fillna(False).astype(bool)
    if unclear.any():
        row = text.index[unclear][0]
        raise FunnelSimError(
            f"column {text.name!r}, row {row}: {text[row]!r} may have a thousands mark or a "
            "decimal one, and no other value decides it; say decimal=',' or decimal='.'"
        )
    return "."
