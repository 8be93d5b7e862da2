"""A file whose columns are known by name: texts and amounts, with the place of each row kept."""

from __future__ import annotations

from collections.abc import Collection
from contextlib import suppress

import pandas as pd

from funnelsim.errors import FunnelSimError, QuestionError
from funnelsim.reading.amounts import read_numbers
from funnelsim.reading.files import table_of
from funnelsim.reading.values import place, read_text


def known_table(content: bytes, name: str, amounts: Collection[str]) -> pd.DataFrame:
    """The table of a file, with numbers in the columns `amounts`, however a firm writes them.

    `attrs` holds the file's name and whether the index counts its lines or its rows. Raises
    FunnelSimError naming file and line of what cannot be read.

    >>> known_table(b"stage;days\\nInterest;12,5\\n", "open.csv", ["days"])["days"].tolist()
    [12.5]
    """
    table = table_of(content, name)
    twice = table.columns[table.columns.duplicated()]
    if len(twice):
        raise FunnelSimError(f"{name} has several columns {twice[0]!r}; leave one of them")
    has_commas = b"," in content.lstrip().splitlines()[0]  # no column has one in its name
    for column in table.columns:
        if column not in amounts:
            table[column] = read_text(table[column])
            continue
        try:
            table[column] = _amounts(table[column], has_commas)
        except QuestionError as error:  # there is no such argument here
            told = str(error).partition("; say ")[0]
            raise FunnelSimError(f"{name}, {told}; write 1234.5, or 1234 without a mark") from None
        except FunnelSimError as error:
            raise FunnelSimError(f"{name}, {error}") from None
    table.columns = pd.Index(list(table.columns))  # texts, as in any other table
    table.attrs |= {"file": name, "row": place(table.index, "").strip()}
    return table


def _amounts(column: pd.Series, has_commas: bool) -> pd.Series:
    """The numbers of a column; 1.234 may be 1234, unless commas part the columns of its file."""
    text = read_text(column)
    if has_commas or not text.str.fullmatch(r"\s*[+-]?\d{1,3}\.\d{3}\s*").any():
        with suppress(ValueError):
            return pd.to_numeric(text).astype(float)
    return read_numbers(column)
