"""A text file as a table: CSV in whatever dialect, however large.

Cells are read as they come by Python's csv module, strictly, and kept as codes of the few values
that most columns hold: so a large file needs little memory, and what parses a column afterwards
sees each value once. Rows are labelled with the line of the file on which they begin.
"""

from __future__ import annotations

import csv
import io
import re
from array import array
from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import accumulate, compress, count, islice, zip_longest

import numpy as np
import pandas as pd

from funnelsim.errors import FunnelSimError
from funnelsim.reading.encodings import encoding_of
from funnelsim.reading.layout import HEAD, TAIL, header_row, headings, last_row, separator_of
from funnelsim.reading.values import LINE, Findings, are_missing

LONGEST_LINE = 1_000_000  # characters; a cell likewise
AT_ONCE = 2_000  # rows: so few stay in the processor's cache, and the collector lets them be
FEW_SHORT = 0.5  # of the rows: more of them are how the export writes empty cells at the end
BREAK = re.compile(r"\r\n|\r|\n")
SEPARATOR_NAMES = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}


def table_of_text(
    content: bytes, path: str, encoding: str | None, findings: Findings
) -> pd.DataFrame:
    """The table in a text file; `findings` says in which encoding, how separated, from where."""
    taken = encoding_of(content, path, encoding)
    lines = io.TextIOWrapper(io.BytesIO(content), encoding=taken.codec, newline="")
    head = lines.read(2 * LONGEST_LINE)
    if not head.strip():
        raise FunnelSimError(f"{path} is empty; it takes a header line and a row below it")
    if not BREAK.search(head[:LONGEST_LINE]) and len(head) > LONGEST_LINE:
        raise FunnelSimError(
            f"{path}, line 1: it has more than {LONGEST_LINE:,} characters and no end; that is no "
            "table. Save the export as CSV anew"
        )
    told = re.match(
        r'"?sep=([^"\r\n])"?(?:\r\n|\r|\n|$)', head, re.IGNORECASE
    )  # Excel's first line
    first = BREAK.split(head[:LONGEST_LINE])[: HEAD + bool(told)]
    separator = told[1] if told else _by_lines(first, path)
    _say(taken.name, taken.why, separator, findings)
    lines.seek(0)
    limit = csv.field_size_limit(LONGEST_LINE)
    try:
        rows = csv.reader(lines, delimiter=separator, strict=True)
        return _table(rows, bool(told), separator, path, findings)
    finally:
        csv.field_size_limit(limit)  # for everybody else as it was


def _by_lines(first: list[str], path: str) -> str:
    limit = csv.field_size_limit(LONGEST_LINE)
    try:
        return separator_of(first)
    except csv.Error as error:
        raise FunnelSimError(f"{path}, line 1: {error}; check the quotation marks there") from error
    finally:
        csv.field_size_limit(limit)


def _say(encoding: str, why: str, separator: str, findings: Findings) -> None:
    parted = SEPARATOR_NAMES.get(separator, repr(separator))
    sure = "" if encoding in ("UTF-8", "UTF-16") else f" ({why}; encoding= overrules)"
    findings.note(f"the text is {encoding}{sure}, its columns are separated by {parted}")


def _table(
    reader: Iterator[list[str]], is_told: bool, separator: str, path: str, findings: Findings
) -> pd.DataFrame:
    rows = _Rows(reader, path)
    begin, starts = rows.take(HEAD + is_told)
    titles = header_row(begin[is_told:], path, LINE, 1 + is_told) + is_told
    start = starts[titles]
    names, given = headings(begin[titles], path, f"{LINE} {start}")
    if not names:
        raise FunnelSimError(
            f"{path}, {LINE} {start}: there is no heading, only {len(begin[titles]):,} blank cells"
        )
    if any(any(row) for row in begin[is_told:titles]):
        findings.note(f"the header is in line {start}; what stands above it is left out")
    columns = _Columns(begin[titles], len(names), separator, path)
    done = titles + 1
    columns.add(begin[done:], starts[done:])
    while (more := rows.take(AT_ONCE))[0]:
        columns.add(*more)
    return columns.table(names, given, findings)


class _Rows:
    """The records of a file with the line on which each begins."""

    def __init__(self, reader: Iterator[list[str]], path: str) -> None:
        self.reader, self.path = reader, path
        self.next = 1

    def take(self, count: int) -> tuple[list[list[str]], Sequence[int]]:
        """The next rows, and the lines on which they begin."""
        rows: list[list[str]] = []
        try:
            rows.extend(islice(self.reader, count))
        except csv.Error as error:  # those before it are in `rows`
            self.next = self._starts(rows)[-1]
            raise FunnelSimError(self._why(error)) from error
        starts: Sequence[int] = range(self.next, self.next + len(rows) + 1)
        if starts[-1] != self.reader.line_num + 1:  # type: ignore[attr-defined]
            starts = self._starts(rows)
        self.next = starts[-1]
        return rows, starts[:-1]

    def _starts(self, rows: list[list[str]]) -> list[int]:
        """Where rows begin some of which go on for several lines, and where the next one does."""
        longer = (len(BREAK.findall(" ".join(row))) for row in rows)
        return list(accumulate((1 + more for more in longer), initial=self.next))

    def _why(self, error: csv.Error) -> str:
        last = self.reader.line_num  # type: ignore[attr-defined]
        if "field larger" in str(error):
            return (
                f"{self.path}, line {self.next}: a cell of more than {LONGEST_LINE:,} characters"
                + (
                    "; a quotation mark that is not closed has run on from there"
                    * (last > self.next)
                    or "; leave that column out of the export"
                )
            )
        upto = f"lines {self.next} to {last}" if last > self.next else f"line {last}"
        return f"{self.path}, {upto}: {error}; check the quotation marks there"


def _numbered() -> defaultdict[str, int]:
    """Gives each text that it is asked for the next number, without a line of Python."""
    return defaultdict(count().__next__)


class _Columns:
    """Grows row by row; each column is codes of the values that it holds."""

    def __init__(self, header: list[str], width: int, separator: str, path: str) -> None:
        self.path, self.width, self.header, self.separator = path, width, header, separator
        self.headers = array("q")  # lines on which the header stands once more
        self.short: dict[int, array[int]] = defaultdict(lambda: array("q"))  # by number of cells
        self.seen = [_numbered() for _ in range(width)]
        self.codes = [array("i") for _ in range(width)]
        self.lines = array("q")
        self.is_broken = False  # whether a row goes on for several lines
        self.tail: list[list[str]] = []

    def add(self, rows: list[list[str]], starts: Sequence[int]) -> None:
        if self.header in rows:  # files that were put together
            pairs = list(zip(rows, starts, strict=True))
            self.headers.extend(start for row, start in pairs if row == self.header)
            pairs = [pair for pair in pairs if pair[0] != self.header]
            rows, starts = [row for row, _ in pairs], [start for _, start in pairs]
        if not rows:
            return
        width = self.width
        if min(map(len, rows)) < width:
            self._look_at_short(rows, starts)
        for row, start in zip(rows, starts, strict=True) if max(map(len, rows)) > width else ():
            if len(row) > width and any(cell.strip() for cell in row[width:]):
                raise FunnelSimError(
                    f"{self.path}, {LINE} {start}: {len(row)} cells, but the header has {width}; "
                    "quote the cells that contain the separator"
                )
        columns = islice(zip_longest(*rows, fillvalue=""), width)
        done = 0
        for seen, codes, cells in zip(self.seen, self.codes, columns, strict=False):
            codes.extend(map(seen.__getitem__, cells))
            done += 1
        for seen, codes in zip(self.seen[done:], self.codes[done:], strict=True):
            codes.extend([seen[""]] * len(rows))
        self.lines.extend(starts)
        self.is_broken |= not isinstance(starts, range)
        self.tail = [*self.tail, *rows[-TAIL:]][-TAIL:]

    def _look_at_short(self, rows: list[list[str]], starts: Sequence[int]) -> None:
        """Remembers rows with too few cells; refuses those that are separated in another way."""
        for row, start in zip(rows, starts, strict=True):
            if 0 < len(row) < self.width and any(map(str.strip, row)):
                self.short[len(row)].append(start)
                if len(row) == 1 and self.width > 2:
                    self._refuse_separated(row[0], start)

    def _refuse_separated(self, line: str, start: int) -> None:
        for separator, name in SEPARATOR_NAMES.items():
            if separator != self.separator and line.count(separator) == self.width - 1:
                others = SEPARATOR_NAMES.get(self.separator, repr(self.separator))
                raise FunnelSimError(
                    f"{self.path}, {LINE} {start}: its cells are separated by {name}, those of the "
                    f"header by {others}; separate all in one way, or give two files"
                )

    def _say(self, last: int, findings: Findings) -> None:
        """What is odd about rows, up to the last line of the table.

        Where most are short, the export leaves out empty cells at the end.
        """
        where = pd.Series([], name="", dtype=object)
        if self.headers:
            done = "left out: it is the header once more"
            findings.add(where, pd.Index(self.headers), ", ".join(self.header), done)
        if sum(map(len, self.short.values())) > FEW_SHORT * len(self.lines):
            return
        for cells, every in sorted(self.short.items()):
            lines = [line for line in every if line <= last]
            if not lines:
                continue
            text = f"{cells} cell{'s' * (cells != 1)}, the header has {self.width}"
            findings.add(where, pd.Index(lines), text, "the rest of the row is taken as empty")

    def table(self, names: list[str], given: list[bool], findings: Findings) -> pd.DataFrame:
        rows_ = len(self.lines)
        index = pd.Index(np.array(self.lines, dtype=np.int64), name=LINE)
        tail = [row[: self.width] for row in self.tail]
        blank = np.ones(rows_, dtype=bool)
        columns: list[pd.Categorical] = []
        kept: list[str] = []
        for place, name in enumerate(names):
            column = self._column(place, index)
            filled = column.codes >= 0
            blank &= ~filled
            if given[place] or filled.any():
                columns.append(column)
                kept.append(name)
        labels = [str(line) for line in index[rows_ - len(tail) :]]
        keep = last_row(tail, labels, names, findings)
        last = rows_ - len(tail) + keep
        self._say(self.lines[last - 1] if last else 0, findings)
        rows = np.flatnonzero(~blank[:last])
        cells = {i: column[rows] for i, column in enumerate(columns)}
        table = pd.DataFrame(cells, index=index[rows])
        return table.set_axis(pd.Index(kept, dtype=object), axis=1)

    def _column(self, place: int, index: pd.Index) -> pd.Categorical:
        seen, raw = self.seen[place], np.array(self.codes[place], dtype=np.int32)
        self.seen[place], self.codes[place] = _numbered(), array("i")  # let go of them
        if self.is_broken:
            for cell in seen:
                if "\n" in cell:
                    self._refuse_swallowed(cell, index[raw == seen[cell]])
        cells = list(seen)
        texts = list(map(str.strip, cells))
        filled = ~are_missing(texts)
        known = list(compress(texts, filled))
        new = np.full(len(seen), -1, dtype=np.int32)
        if texts == cells:  # so they are all different, as those are
            new[filled] = np.arange(len(known), dtype=np.int32)
        else:
            numbers = _numbered()
            new[filled] = np.fromiter(map(numbers.__getitem__, known), dtype=np.int32)
            known = list(numbers)
        codes = new[raw] if len(raw) else raw
        return pd.Categorical.from_codes(codes, pd.Index(known, dtype=object))

    def _refuse_swallowed(self, cell: str, lines: pd.Index) -> None:
        """A quotation mark too much makes one cell of many rows, without any other sign of it."""
        for separator in SEPARATOR_NAMES:
            inner = [line.count(separator) for line in BREAK.split(cell)[1:-1]]
            if set(inner) == {self.width - 1} and self.width > 2 and len(inner) + self.width > 4:
                raise FunnelSimError(
                    f"{self.path}, {LINE} {lines[0]}: a cell in quotation marks goes on for "
                    f"{len(inner) + 2:,} lines that look like rows; check the quotation marks there"
                )
