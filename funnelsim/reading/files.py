"""A file as a table, whatever it is: text, a workbook, Parquet; or why it is none.

What a file is, its first bytes say, not its name: an export that was saved as .xlsx and renamed to
.csv is read as what it is. Whatever cannot be read is refused before any time is spent on it.
"""

from __future__ import annotations

import io
from difflib import get_close_matches
from pathlib import Path

import pandas as pd

from funnelsim.errors import FunnelSimError
from funnelsim.reading.lines import table_of_text
from funnelsim.reading.sheets import table_of_parquet, table_of_workbook
from funnelsim.reading.values import Findings

ZIP, OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
NO_TABLE = {  # first bytes -> what it is, and the way out
    b"%PDF": "a PDF; export the table itself, as CSV or Excel",
    b"\x1f\x8b": "compressed (gzip); unpack it first",
    b"7z\xbc\xaf": "compressed (7z); unpack it first",
    b"Rar!": "compressed (RAR); unpack it first",
    b"SQLite format 3": "a database; export the table of the deals as CSV",
    b"\x89PNG": "a picture; export the table itself, as CSV or Excel",
    b"\xff\xd8\xff": "a picture; export the table itself, as CSV or Excel",
    b"GIF8": "a picture; export the table itself, as CSV or Excel",
}
MARKUP = {  # what a text begins with, in small letters
    "<!doctype html": "an HTML page, whatever its name says",
    "<html": "an HTML page, whatever its name says",
    "<table": "an HTML page, whatever its name says",
    "<?xml": "XML",
    "{": "JSON",
    "[{": "JSON",
    "bplist": "a property list",
    "{\\rtf": "a text document (RTF)",
}


def read_table(
    path: str | Path,
    *,
    encoding: str | None = None,
    sheet: str | None = None,
    findings: Findings | None = None,
) -> pd.DataFrame:
    """The file as a table of text (CSV) or of what its cells hold (Excel, ODS, Parquet).

    Rows are labelled with the line of the file they begin on, or the row of the sheet; cells that
    are empty, NULL, n/a or - are missing. Title lines above the header and totals below the
    table are left out. `findings` takes what is said of it.

    Raises FunnelSimError if the file is missing, empty or not a table.
    """
    content = read_bytes(path)
    return table_of(content, str(path), encoding=encoding, sheet=sheet, findings=findings)


def read_bytes(path: str | Path) -> bytes:
    """What the file holds; FunnelSimError says why it cannot be read."""
    path = Path(path)
    try:
        return path.read_bytes()
    except (OSError, ValueError) as error:  # ValueError: a NUL in the path
        raise FunnelSimError(f"{str(path)[:200]} cannot be read: {_why(path, error)}") from error


def table_of(
    content: bytes,
    path: str,
    *,
    encoding: str | None = None,
    sheet: str | None = None,
    findings: Findings | None = None,
) -> pd.DataFrame:
    """The table that a file holds, as `read_table` gives it; errors name the file by `path`.

    >>> table_of(b"Angelegt am;Betrag\\n31.12.2026;1.234,50\\n", "deals.csv").loc[2].tolist()
    ['31.12.2026', '1.234,50']
    """
    findings = Findings() if findings is None else findings
    if not content:
        raise FunnelSimError(f"{path} is empty; it takes a header line and a row below it")
    for first, what in NO_TABLE.items():
        if content.startswith(first):
            raise FunnelSimError(f"{path} is not a table but {what}")
    if content.startswith(b"PAR1"):
        return table_of_parquet(io.BytesIO(content), path)
    if content.startswith((ZIP, OLE)):
        return table_of_workbook(content, path, sheet, findings)
    start = content[:200].lstrip(b"\xef\xbb\xbf \r\n\t").decode("latin-1").lower()
    for begin, what in MARKUP.items():
        if start.startswith(begin):
            raise FunnelSimError(
                f"{path} is not a table but {what}; open it in a spreadsheet, look at it, and save "
                "it as xlsx or CSV"
            )
    return table_of_text(content, path, encoding, findings)


def _why(path: Path, error: Exception) -> str:
    if isinstance(error, FileNotFoundError):
        there = sorted(p.name for p in path.parent.iterdir()) if path.parent.is_dir() else []
        close = get_close_matches(path.name, there[:1_000], n=1)
        return "there is no such file" + (f"; did you mean {close[0]}?" if close else "")
    if isinstance(error, IsADirectoryError | PermissionError) and path.is_dir():
        return "it is a folder; give the file in it"
    return str(getattr(error, "strerror", None) or error)
