"""Tables of workbooks (xlsx, xlsm, xlsb, xls, ods) and of Parquet files, with their own types.

A cell of a workbook is a date, a number or a text by itself, so nothing has to be guessed; rows are
labelled as the sheet numbers them.
"""

from __future__ import annotations

import io
import warnings
from typing import Any

import pandas as pd

from funnelsim.errors import FunnelSimError
from funnelsim.reading.layout import MOST_COLUMNS, header_row, headings, last_row
from funnelsim.reading.values import Findings, as_text, is_missing


def table_of_workbook(
    content: bytes, path: str, sheet: str | None, findings: Findings
) -> pd.DataFrame:
    """The table of the sheet that is named, or of the one that holds most rows (said)."""
    sheets = _sheets(content, path)
    filled = {name: cells for name, cells in sheets.items() if not cells.empty}
    if sheet is not None and sheet not in sheets:
        raise FunnelSimError(
            f"{path}: there is no sheet {sheet!r}; there are: {', '.join(map(repr, sheets))}"
        )
    if not filled or (sheet is not None and sheet not in filled):
        raise FunnelSimError(f"{path} is empty; it takes a header line and a row below it")
    chosen = sheet or max(filled, key=lambda name: int(filled[name].notna().to_numpy().sum()))
    if len(filled) > 1:
        others = ", ".join(repr(name) for name in filled if name != chosen)
        findings.note(f"sheet {chosen!r} of the workbook is read, not {others}; sheet= says which")
    return _table(filled[chosen], f"{path}, sheet {chosen!r}", findings)


def _sheets(content: bytes, path: str) -> dict[str, pd.DataFrame]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a library's words about a workbook's styles
            found: dict[str, pd.DataFrame] = pd.read_excel(
                io.BytesIO(content), sheet_name=None, header=None, engine="calamine",
                keep_default_na=False, na_values=[""], dtype=object,
            )  # fmt: skip
            return found
    except ImportError:
        raise FunnelSimError(
            f"{path} is a workbook, and python-calamine, which reads it, is not installed; install "
            "it, or save the sheet as CSV (in Excel: File, Save as, CSV UTF-8)"
        ) from None
    except Exception as error:  # what a broken workbook raises is the reader's own affair
        locked = b"E\x00n\x00c\x00r\x00y\x00p\x00t\x00e\x00d" in content
        why = "it is protected by a password" if locked else "it is no workbook, or a broken one"
        raise FunnelSimError(
            f"{path} cannot be read: {why}; open it in a spreadsheet and save it as xlsx without a "
            "password, or as CSV"
        ) from error


def _table(cells: pd.DataFrame, path: str, findings: Findings) -> pd.DataFrame:
    rows = [["" if pd.isna(v) else as_text(v) for v in row] for row in cells.head(60).to_numpy()]
    first = header_row(rows, path, "row")
    names, used = headings(rows[first], path, f"row {first + 1}")
    body = cells.iloc[first + 1 :, : len(names)]
    body.index = pd.RangeIndex(first + 2, first + 2 + len(body))
    body = body.map(lambda v: None if isinstance(v, str) and is_missing(v.strip()) else v)
    body = body.dropna(how="all")
    tail = [["" if pd.isna(v) else as_text(v) for v in row] for row in body.tail(12).to_numpy()]
    if first:
        findings.note(f"the header is in row {first + 1}; what stands above it is left out")
    keep = last_row(tail, [str(label) for label in body.index[-12:]], names, findings)
    body = body.iloc[: len(body) - len(tail) + keep]
    body.columns = pd.Index(names)
    return body.iloc[
        :, [i for i, name in enumerate(names) if used[i] or body.iloc[:, i].notna().any()]
    ]


def table_of_parquet(file: Any, path: str) -> pd.DataFrame:
    """The table of a Parquet file, where pyarrow is installed."""
    try:
        table = pd.read_parquet(file)
    except ImportError:
        raise FunnelSimError(
            f"{path} is a Parquet file, and pyarrow, which reads it, is not installed; install "
            "pyarrow (or fastparquet, which is smaller), or save the table as CSV"
        ) from None
    except Exception as error:
        raise FunnelSimError(f"{path} cannot be read as Parquet: {str(error)[:200]}") from error
    if table.shape[1] > MOST_COLUMNS:
        raise FunnelSimError(f"{path} has {table.shape[1]:,} columns, more than {MOST_COLUMNS:,}")
    return table.rename(columns=str).reset_index(drop=True)
