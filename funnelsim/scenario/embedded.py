"""The scenario in a report, a workbook or a chart: how it stands there, how `load` reads it back.

It is the text of a scenario file: on a page in a `<pre>` with an id, in a workbook on a sheet, a
line a row, in a chart (also one that was saved as a page) in `usermeta` of its spec. Beside it
stands the SHA-256 of the scenario that was written. Where the text says something else by now, the
figures around it are not of that scenario, and `load` refuses it.

A plan's report and workbook hold two: the scenario it was made from, and the one it proposes.
"""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any, NamedTuple

from funnelsim.errors import Finding, FunnelSimError, Problem
from funnelsim.scenario.canonical import SHORT

ID, PLANNED_ID = "funnelsim-scenario", "funnelsim-planned-scenario"  # on a page
SHEET, PLANNED_SHEET = "Made with", "Planned scenario"  # in a workbook
HASH, VERSION, LINE = "SHA-256", "funnelsim", "Line"  # in its first column
CHART, MADE_WITH, TEXT = "funnelsim", "made with", "scenario"  # in a chart's usermeta
LONGEST_CELL = 32_767  # characters, as Excel has it
ZIP, OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"  # the first bytes of workbooks
BY_HAND = 'copy its text into a file such as "changed.toml" and load that'


class Embedded(NamedTuple):
    """A text that was written into a file, and what it was when it was written."""

    text: str
    sha256: str
    version: str


def embedded(content: bytes, path: str, planned: bool) -> Embedded | None:
    """The scenario in the content of a page, a workbook or a chart; None where it is none of them.

    Raises FunnelSimError where it holds no scenario, or no planned one.
    """
    if content.startswith((ZIP, OLE)):
        found, kind = _in_workbook(content, path, planned), "workbook"
    elif content[:100].lstrip(b"\xef\xbb\xbf \r\n\t").startswith(b"<"):
        text = content.decode("utf-8-sig")
        found, kind = _on_page(text, planned) or _in_chart(text, planned), "page"
    elif content.lstrip(b"\xef\xbb\xbf \r\n\t").startswith(b"{"):
        found, kind = _in_chart(content.decode("utf-8-sig"), planned), "chart"
    else:
        return None
    if found is None:
        rule = f"this {kind} holds no {'planned ' * planned}scenario"
        way_out = "load a .toml file, or what fs.write_report or fs.write_workbook wrote"
        if planned:
            way_out = "only a report or a workbook of a plan does; leave planned out"
        raise FunnelSimError(str(Problem("load", path, rule, way_out)))
    return found


def changed_since(found: Embedded, sha256: str, path: str, version: str) -> FunnelSimError:
    """What is said of a text that is another scenario than the one that was written."""
    then, now = found.sha256[:SHORT] or "missing", sha256[:SHORT]
    rule = f"its figures are of a scenario with the SHA-256 {then}, and this text has {now}"
    finding = "edited by hand"
    if found.version != version:
        wrote = f"funnelsim {found.version} wrote it" if found.version else "no version is said"
        finding += f", or read otherwise by funnelsim {version} ({wrote})"
    return FunnelSimError(str(Problem(f"the scenario in {path}", Finding(finding), rule, BY_HAND)))


# --- on a page ----------------------------------------------------------------------------------


def _on_page(text: str, planned: bool) -> Embedded | None:
    page = _Page(PLANNED_ID if planned else ID)
    page.feed(text)
    page.close()
    if page.attributes is None:
        return None
    sha256, version = (page.attributes.get(f"data-{key}") or "" for key in ("sha256", "version"))
    return Embedded("".join(page.parts).replace("\r\n", "\n"), sha256, version)


class _Page(HTMLParser):
    """Collects the text of the `<pre>` with this id."""

    def __init__(self, wanted: str) -> None:
        super().__init__()
        self.wanted, self.inside, self.parts = wanted, False, list[str]()
        self.attributes: dict[str, str | None] | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "pre" and dict(attrs).get("id") == self.wanted and self.attributes is None:
            self.attributes, self.inside = dict(attrs), True

    def handle_endtag(self, tag: str) -> None:
        self.inside = self.inside and tag != "pre"

    def handle_data(self, data: str) -> None:
        if self.inside:
            self.parts.append(data)


# --- in a chart ---------------------------------------------------------------------------------


def _in_chart(text: str, planned: bool) -> Embedded | None:
    """Of its spec, which may stand in the script of a page; of two scenarios it is the first."""
    begins = re.search(r"^\s*(?=\{)|\bspec = (?=\{)|\}\)\((?=\{)", text)
    if begins is None or planned:
        return None
    try:
        spec, _ = json.JSONDecoder().raw_decode(text, begins.end())
        entry = next(made for made in spec["usermeta"][CHART] if TEXT in made)
        said = entry[MADE_WITH]
        return Embedded(str(entry[TEXT]), str(said[HASH]), str(said[VERSION]))
    except (ValueError, RecursionError, LookupError, TypeError, StopIteration):
        return None


# --- in a workbook ------------------------------------------------------------------------------


def rows_of(text: str) -> Iterator[tuple[int, str]]:
    """(number of the line, text), as a sheet holds it; a line too long for a cell has several rows.

    >>> list(rows_of("a = 1\\n\\nb = 2\\n"))
    [(1, 'a = 1'), (2, ''), (3, 'b = 2')]
    """
    for number, line in enumerate(text.removesuffix("\n").split("\n"), start=1):
        for start in range(0, max(len(line), 1), LONGEST_CELL):
            yield number, line[start : start + LONGEST_CELL]


def _in_workbook(content: bytes, path: str, planned: bool) -> Embedded | None:
    cells = _cells(content, path, PLANNED_SHEET if planned else SHEET)
    heads = [str(row[0]) for row in cells]
    if LINE not in heads:
        return None
    said = {head: str(row[1]) for head, row in zip(heads, cells, strict=True) if len(row) > 1}
    lines: dict[int, str] = {}
    for row in cells[heads.index(LINE) + 1 :]:
        if isinstance(row[0], (int, float)):
            lines[int(row[0])] = lines.get(int(row[0]), "") + str(row[1])
    text = "".join(f"{line}\n" for _, line in sorted(lines.items()))
    return Embedded(text, said.get(HASH, ""), said.get(VERSION, ""))


def _cells(content: bytes, path: str, sheet: str) -> list[list[Any]]:
    """The rows of a sheet, empty cells as empty texts; none where there is no such sheet."""
    from python_calamine import CalamineError, CalamineWorkbook

    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(content))
        if sheet not in book.sheet_names:
            return []
        rows: list[list[Any]] = book.get_sheet_by_name(sheet).to_python()
    except CalamineError as error:
        rule, way_out = "it is no workbook, or a protected or broken one", "load the .toml file"
        raise FunnelSimError(str(Problem("load", path, rule, way_out))) from error
    return rows
