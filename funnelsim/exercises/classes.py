"""A class: the sheets of its students, out of a folder, as one table. Without network or accounts.

fs.class_results("handed in")                   who has got how far
fs.reveal("03.a", hours, class_="handed in")    what they had guessed, beside what it is
"""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

from funnelsim.arguments import a_choice
from funnelsim.errors import FunnelSimError
from funnelsim.exercises.sheets import Guessed, Sheet, Value, read_sheet, table_of
from funnelsim.exercises.students import key_of

if TYPE_CHECKING:
    import pandas as pd

KINDS = ("exercise", "student", "guess")
MOST_NAMED = 20  # files that are left out


def class_results(folder: str | Path, by: str = "exercise") -> pd.DataFrame:
    """The sheets of a class, which `fs.results` wrote, as one table.

    `folder` holds the files as they were handed in, folders inside it as well. By `"exercise"`: a
    row for each student and exercise (`outcome`, `tries`, `hints`, `answer`, `seed`); by
    `"student"`: a row for each student with sums; by `"guess"`: a row for each guess of
    `fs.predict`. Two sheets of one student are taken together. `edited` says that a sheet's
    checksum does not fit; `version` is the funnelsim that wrote it.

    What is no sheet, or a broken one, is named in a warning and in `.attrs["left_out"]`, and left
    out. Raises `FunnelSimError` for a folder that there is not, or that holds no sheet.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     class_results(folder)
    Traceback (most recent call last):
    funnelsim.errors.FunnelSimError: ... holds no student's sheet: ...
    """
    import pandas as pd

    a_choice("by", by, KINDS)
    sheets, left_out = read_class(Path(folder))
    if not sheets:
        named = f"; {_named(left_out)}" if left_out else ""
        raise FunnelSimError(
            f"{folder} holds no student's sheet: put the files results-....json there, which "
            f"fs.results() names{named}"
        )
    rows = {"exercise": table_of, "student": _sums, "guess": _guesses}[by]
    tables = []
    for sheet in sheets:
        table = rows(sheet)
        table.insert(0, "student", sheet.student)
        tables.append(table.assign(edited=sheet.edited, version=sheet.version))
    filled = [table for table in tables if len(table)] or tables[:1]
    joined = pd.concat(filled, ignore_index=True)
    joined.attrs["left_out"] = left_out
    if left_out:
        warnings.warn(f"left out: {_named(left_out)}", stacklevel=2)
    return joined


def read_class(folder: Path) -> tuple[list[Sheet], dict[str, str]]:
    """The sheets of a folder, one for each student, by name; and what was left out, and why."""
    if not folder.exists():
        raise FunnelSimError(f"there is no folder {folder}: name the one that holds the sheets")
    paths = [folder] if folder.is_file() else sorted(folder.rglob("*"))
    sheets: dict[str, Sheet] = {}
    left_out: dict[str, str] = {}
    for path in paths:
        inside = path.relative_to(folder) if path != folder else Path(path.name)
        if not path.is_file() or any(part.startswith((".", "__MACOSX")) for part in inside.parts):
            continue
        try:
            sheet = read_sheet(path)
        except FunnelSimError as error:
            left_out[inside.as_posix()] = str(error).removeprefix(f"{path} ")
            continue
        key = key_of(sheet.student)
        sheets[key] = sheets[key].with_(sheet) if key in sheets else sheet
    return sorted(sheets.values(), key=lambda sheet: sheet.student.casefold()), left_out


def guesses_of(folder: Path, number: str, but_of: str = "") -> tuple[list[Guessed], int]:
    """What the students of a folder guessed at a question; and how many sheets there are.

    `but_of` is the key of one whose guess is known already.
    """
    sheets = [sheet for sheet in read_class(folder)[0] if key_of(sheet.student) != but_of]
    return [sheet.guesses[number] for sheet in sheets if number in sheet.guesses], len(sheets)


def as_csv(table: pd.DataFrame) -> str:
    """The table for a spreadsheet: with the mark by which it knows UTF-8, and with no formulas.

    A name is a student's to choose; one that begins like a formula is shown, not worked out.
    """
    texts = table.select_dtypes(exclude="number").columns
    safe = table.assign(**{name: table[name].map(_shown) for name in texts})
    return f"\ufeff{safe.to_csv(index=False, lineterminator=chr(10))}"


def _shown(value: Any) -> Any:
    return f"'{value}" if isinstance(value, str) and value[:1] in tuple("=+-@\t\r") else value


def _named(left_out: dict[str, str]) -> str:
    told = [f"{name} {why}" for name, why in left_out.items()]
    more = [f"and {len(told) - MOST_NAMED:,} more"] if len(told) > MOST_NAMED else []
    return "; ".join(told[:MOST_NAMED] + more)


def _sums(sheet: Sheet) -> pd.DataFrame:
    import pandas as pd

    table = table_of(sheet)
    return pd.DataFrame(
        {
            "seed": [sheet.seed],
            "answered": [int((table["tries"] > 0).sum())],
            "right": [int((table["outcome"] == "right").sum())],
            "tries": [int(table["tries"].sum())],
            "hints": [int(table["hints"].sum())],
            "guesses": [len(sheet.guesses)],
        }
    )


def _guesses(sheet: Sheet) -> pd.DataFrame:
    import pandas as pd

    rows: list[tuple[str, str, Value, str]] = [
        (number, name, guess, guessed.unit)
        for number, guessed in sorted(sheet.guesses.items())
        for name, said in guessed.guesses.items()
        for guess in said
    ]
    return pd.DataFrame(rows, columns=["prediction", "name", "guess", "unit"])
