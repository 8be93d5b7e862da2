"""A student's sheet: what was answered, guessed and asked for, in a small file of its own.

It is written after each check, once a name is given (`students.py`): whole or not at all, and
together with what another notebook has written meanwhile. The file carries a checksum of what is in
it. That tells a sheet which somebody has edited from one that is as it was written; it is no proof:
who reads this module can make one that fits.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from funnelsim.errors import FunnelSimError
from funnelsim.exercises.students import Student, at_the_kernel, named, seed_of
from funnelsim.pages import page
from funnelsim.saving import write_text
from funnelsim.version import __version__

if TYPE_CHECKING:
    import pandas as pd

KIND, FORMAT = "funnelsim: a student's sheet", 1
LARGEST = 2_000_000  # bytes: no sheet is
Text = Annotated[str, Field(max_length=200)]
Value = float | Text
BLOCK = "{{ table }}{% for line in lines %}<div>{{ line }}</div>{% endfor %}"


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, allow_inf_nan=False)


class Answered(_Part):
    """What became of an exercise. `tries` are different answers, up to the right one."""

    outcome: Literal["right", "wrong", "not answered"] = "not answered"
    tries: int = Field(0, ge=0)
    hints: int = Field(0, ge=0, le=3)
    answer: Value | None = None  # the right one, else the last
    seed: int | None = None  # None: the exercise is the same for everybody


class Guessed(_Part):
    """What was guessed, as `fs.predict` was told: a list for each `my_...`."""

    unit: Text = ""
    among: tuple[Text, ...] = ()
    guesses: dict[Text, list[Value]] = {}


class Sheet(_Part):
    """All that a student's file holds."""

    student: Text
    seed: int
    version: Text = __version__
    edited: bool = False  # somebody has changed the file
    answers: dict[Text, Answered] = {}
    guesses: dict[Text, Guessed] = {}

    def with_(self, other: Sheet) -> Sheet:
        """Both together: of each exercise what is farther on, of each guess the other's."""
        answers = dict(self.answers)
        for number, answered in other.answers.items():
            answers[number] = max(answers.get(number, answered), answered, key=_how_far)
        guesses = {**self.guesses, **other.guesses}
        is_edited = self.edited or other.edited
        return other.model_copy(
            update={"answers": answers, "guesses": guesses, "edited": is_edited}
        )


def _how_far(answered: Answered) -> tuple[bool, int, int]:
    return answered.outcome == "right", answered.tries, answered.hints


# --- the file -------------------------------------------------------------------------------------


def as_text(sheet: Sheet) -> str:
    """The sheet as JSON, with its checksum."""
    content = {"file": KIND, "format": FORMAT, **sheet.model_dump(mode="json")}
    text = json.dumps({**content, "checksum": _checksum(content)}, ensure_ascii=False, indent=1)
    return f"{text}\n"


def _checksum(content: Mapping[str, Any]) -> str:
    text = json.dumps(content, ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def read_sheet(path: Path) -> Sheet:
    """The sheet in a file; `edited` where its checksum does not fit.

    Raises FunnelSimError where it holds none, or cannot be read.
    """
    try:
        if path.stat().st_size > LARGEST:
            raise FunnelSimError(f"{path} is larger than any sheet")
        content = json.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise FunnelSimError(f"{path} cannot be read: {error.strerror or error}") from error
    except (ValueError, RecursionError) as error:  # no JSON; no text
        raise FunnelSimError(f"{path} is no sheet, or only a part of one") from error
    if not isinstance(content, dict) or content.get("file") != KIND:
        raise FunnelSimError(f"{path} is no sheet of a student")
    if content.get("format") != FORMAT:
        raise FunnelSimError(f"{path} is a sheet of another version of funnelsim, which reads it")
    told = content.pop("checksum", None)
    try:
        sheet = Sheet.model_validate(content)
    except ValidationError as error:
        where = ".".join(map(str, error.errors()[0]["loc"]))
        raise FunnelSimError(f"{path} is a sheet with something else at {where}") from error
    is_as_written = told == _checksum(content) and sheet.seed == seed_of(sheet.student)
    return sheet if is_as_written else sheet.model_copy(update={"edited": True})


# --- kept after each check ------------------------------------------------------------------------

_kept: dict[Path, Sheet] = {}  # what this kernel has written


def sheet_of(student: Student) -> Sheet:
    """What is known of a student: in the file, and since this kernel was started."""
    sheet = Sheet(student=student.name, seed=student.seed)
    path = student.sheet
    if path is None:
        return sheet
    if path.exists():
        sheet = read_sheet(path).with_(sheet)
    return sheet.with_(_kept[path]) if path in _kept else sheet


def keep(student: Student, **new: Mapping[str, Answered] | Mapping[str, Guessed]) -> str:
    """Writes new `answers` and `guesses` into the student's file; empty, or why it could not.

    A file that cannot be read is left as it is under another name. Without a name: nothing.
    """
    path = student.sheet
    if path is None:
        return ""
    added = Sheet(student=student.name, seed=student.seed, **new)
    note = ""
    try:
        try:
            known = sheet_of(student)
        except FunnelSimError as error:
            note = f" ({error}: it is now {_set_aside(path).name}.)"
            known = sheet_of(student)
        _kept[path] = known.with_(added)
        write_text(path, as_text(_kept[path]))
    except (FunnelSimError, OSError) as error:
        return f" (Not saved: {error}. It is kept until Python is started anew.)"
    return note


def _set_aside(path: Path) -> Path:
    places = (path.with_name(f"{path.stem}-unread-{n}{path.suffix}") for n in range(1, 1000))
    return path.rename(next(place for place in places if not place.exists()))


# --- what a student sees of it --------------------------------------------------------------------


@dataclass(frozen=True)
class Results:
    """What `fs.results` gives back: the file, and what is in it, a row for each exercise."""

    path: Path
    table: pd.DataFrame
    sheet: Sheet

    def __repr__(self) -> str:
        return "\n".join([self.table.to_string(index=False), *self._lines()])

    def _repr_html_(self) -> str:
        from markupsafe import Markup

        table = Markup(self.table.to_html(index=False, na_rep="", escape=True))
        return page(BLOCK, table=table, lines=self._lines())

    def _lines(self) -> list[str]:
        right, guesses = int((self.table["outcome"] == "right").sum()), len(self.sheet.guesses)
        lines = [
            f"{self.sheet.student}: {right} right, {guesses} prediction{'s' * (guesses != 1)}.",
            f"Hand in this file: {self.path}",
        ]
        return lines + ["Somebody has edited it by hand."] * self.sheet.edited


def results(folder: str | Path | None = None, *, student: Any = None) -> Results:
    """Your sheet: each exercise, whether it is right, how many tries and hints it took.

    It is a small file in the course's folder (without a course: beside the notebook), kept after
    each check; hand it in, and `fs.class_results` joins those of a class. `folder` writes it there,
    too: a stick, or a folder that all share. `student` is you, unless another name is given.

    A checksum tells a sheet that somebody has edited; it is no proof that nobody has.

    Raises `FunnelSimError` where nobody has given a name (`fs.student`), and where the file cannot
    be read or written.

    >>> import contextlib, tempfile
    >>> import funnelsim as fs
    >>> with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
    ...     _ = fs.check("02.1", 750, student="Anna K.")
    ...     fs.results(student="Anna K.").table[["exercise", "outcome", "tries"]]
      exercise outcome  tries
    0     02.1   right      1
    """
    who = at_the_kernel() if student is None else named(student)
    path = who.sheet
    if path is None:
        raise FunnelSimError(
            'whose results? Write your name at the top, fs.student("Anna K."), and run the '
            "notebook once more"
        )
    sheet = sheet_of(who)
    write_text(path, as_text(sheet))
    if folder is not None:
        path = write_text(Path(folder) / path.name, as_text(sheet))
    return Results(path, table_of(sheet), sheet)


def table_of(sheet: Sheet) -> pd.DataFrame:
    """A row for each exercise that was tried, or of which a hint was taken."""
    import pandas as pd

    columns = ["lesson", "exercise", "outcome", "tries", "hints", "answer", "seed"]
    rows = [
        (number.partition(".")[0], number, *(getattr(answered, name) for name in columns[2:]))
        for number, answered in sorted(sheet.answers.items())
    ]
    return pd.DataFrame(rows, columns=columns).astype({"seed": "Int64"})
