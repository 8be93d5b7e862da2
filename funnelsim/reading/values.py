"""The cells of a column: each value is read once, however often it stands there.

What is found on the way is kept: notes on how it was read, and the cells that could not be. A few
of those (one in a hundred of a column) are left out with a word; more of them are refused.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import compress
from typing import Any

import numpy as np
import pandas as pd

from funnelsim.errors import FunnelSimError, QuestionError, nearest

LINE = "line"  # the name of an index that holds the lines of a file
FEW = 0.01  # of a column's cells: so many may be unreadable
MISSING_CELLS = {
    *("", "null", "nan", "none", "n/a", "#n/a", "n.a.", "n.v.", "#nv", "k.a.", "nat", "(blank)"),
    *("(empty)", "(leer)", "(null)", "#ref!", "#value!", "#wert!", "-", "--", "---", "–", "—", "−"),
    *(r"\n", "н/д", "不适用"),
}
SHOWN = 60  # characters of a cell in an error
COLUMNS = ("row", "column", "text", "what was done")  # of the table of problems


@dataclass
class Findings:
    """What is said of a table that was read: notes in words, and the cells that were no good."""

    notes: list[str] = field(default_factory=list)
    problems: list[tuple[str, str, str, str]] = field(default_factory=list)

    def note(self, text: str) -> None:
        if text not in self.notes:
            self.notes.append(text)

    def add(self, column: pd.Series, rows: pd.Index, text: object, done: str) -> None:
        """Cells of a column with the same text: the first rows, and how many more there are."""
        shown = ", ".join(str(row) for row in rows[:3])
        more = f" and {len(rows) - 3:,} more" if len(rows) > 3 else ""
        self.problems.append((f"{shown}{more}", str(column.name), short(text), done))

    def table(self) -> pd.DataFrame:
        """One row for each text that was no good: row, column, text, what was done."""
        return pd.DataFrame(self.problems, columns=list(COLUMNS), dtype="object")


def short(text: object) -> str:
    """A cell as an error shows it."""
    shown = str(text)
    return shown if len(shown) <= SHOWN else f"{shown[: SHOWN - 4]} ..."


def is_missing(text: str) -> bool:
    return text.casefold() in MISSING_CELLS


def are_missing(texts: Sequence[str], more: Collection[str] = ()) -> np.ndarray:
    """Which of the texts stand for nothing; `more` has words that do so beside the usual ones."""
    words = MISSING_CELLS.union(more)
    found = np.fromiter(map(len, texts), dtype=np.int64) <= max(map(len, words))
    few = compress(texts, found)  # no text gets shorter in small letters
    found[found] = np.fromiter(map(words.__contains__, map(str.casefold, few)), dtype=bool)
    return found


def place(index: pd.Index, row: Any) -> str:
    """Where a cell stands: the line of its file, or the row of a sheet or DataFrame."""
    return f"{LINE if index.name == LINE else 'row'} {row}"


def uniques(column: pd.Series) -> tuple[np.ndarray, np.ndarray]:
    """Codes (-1: missing) and the values they stand for, as objects.

    >>> codes, values = uniques(pd.Series(["a", None, " b ", "a"]))
    >>> codes.tolist(), values.tolist()
    ([0, -1, 1, 0], ['a', ' b '])
    """
    if isinstance(column.dtype, pd.CategoricalDtype):
        values = column.cat.categories.to_numpy(dtype=object)
        return np.asarray(column.cat.codes, dtype=np.int64), values
    codes, values = pd.factorize(column.to_numpy(dtype=object, na_value=None))
    return codes, np.asarray(values, dtype=object)


def spread(codes: np.ndarray, values: np.ndarray, missing: Any) -> np.ndarray:
    """The value of each row; `missing` where there is none."""
    if not len(values):
        return np.full(len(codes), missing, dtype=values.dtype)
    found: np.ndarray = values[codes]
    found[codes < 0] = missing
    return found


def read_text(column: pd.Series) -> pd.Series:
    """The column as text without blanks around it; missing and empty cells are missing."""
    codes, values = uniques(column)
    found = spread(codes, texts_of(values), None)
    return pd.Series(found, index=column.index, name=column.name, dtype="string")


def as_text(value: object) -> str:
    """A cell's value as text: a whole number without a point, a date without a midnight."""
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return " ".join(str(value).split()) if isinstance(value, str) else str(value).strip()


def texts_of(values: np.ndarray, more: Collection[str] = ()) -> np.ndarray:
    """The values as text (`as_text`), None where they are missing; `more` as in `are_missing`.

    >>> texts_of(np.array([" a  b", 3.0, "n/a"], dtype=object)).tolist()
    ['a b', '3', None]
    """
    if set(map(type, values)) == {str}:  # all but those of workbooks: no line of Python for each
        texts = list(map(" ".join, map(str.split, values)))
    else:
        texts = list(map(as_text, values))
    found = np.empty(len(values), dtype=object)
    found[:] = texts
    found[are_missing(texts, more)] = None
    return found


ZEROS = str.maketrans("123456789", "000000000")


def forms_of(texts: list[str]) -> list[str]:
    """The texts with 0 for every digit: so those that are written alike are the same.

    >>> forms_of(["05.01.2026", "31.12.2026 9 Uhr"])
    ['00.00.0000', '00.00.0000 0 Uhr']
    """
    together = "\n".join(texts)
    if together.isascii() and together.count("\n") == len(texts) - 1:  # many times as fast
        return together.translate(ZEROS).split("\n")
    return [text.translate(ZEROS) for text in texts]


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
        known = list(map(str, table.columns))
        told = nearest(column, known[:MOST_NAMED])
        if len(known) > MOST_NAMED:
            told += f" and {len(known) - MOST_NAMED:,} more"
        raise FunnelSimError(f"{role}={column!r} is not a column of the table; {told}")
    found = table[column]
    if isinstance(found, pd.DataFrame):
        raise FunnelSimError(f"{role}: the table has {found.shape[1]} columns named {column!r}")
    return found


MOST_NAMED = 40  # columns in an error


def refuse(
    column: pd.Series,
    wrong: np.ndarray,
    rule: str,
    way_out: str,
    findings: Findings | None = None,
    done: str = "",
) -> None:
    """Raises for the first of the wrong rows, unless they are few and `done` says what came of it.

    `wrong` is True for each row that is. Without `findings` nothing is forgiven.
    """
    count = int(wrong.sum())
    if not count:
        return
    if findings is not None and count <= FEW * int(column.notna().sum()):
        cells = column[wrong]
        for text, rows in cells.groupby(cells.map(as_text), sort=False, observed=True):
            findings.add(column, rows.index, text, f"{rule}: {done}")
        return
    row = column.index[wrong][0]
    more = f" (and {count - 1:,} more)" if count > 1 else ""
    raise FunnelSimError(
        f"column {column.name!r}, {place(column.index, row)}: {short(as_text(column[row]))!r} "
        f"{rule}{more}; {way_out}"
    )


@contextmanager
def named(name: str) -> Iterator[None]:
    """Errors of what is done inside begin with the file's name."""
    try:
        yield
    except FunnelSimError as error:
        if not name or str(error).startswith(name):
            raise
        if isinstance(error, QuestionError):
            raise QuestionError(
                f"{name}, {error}", error.argument, error.choices
            ) from error.__cause__
        raise FunnelSimError(f"{name}, {error}") from error.__cause__


def each(values: Sequence[Any], read: Callable[[Any], Any]) -> np.ndarray:
    """What `read` makes of each value, as objects."""
    found = np.empty(len(values), dtype=object)
    for i, value in enumerate(values):
        found[i] = read(value)
    return found
