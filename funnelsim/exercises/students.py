"""Who answers: a name gives a student numbers of their own, and a sheet that keeps the answers.

    me = fs.student("Anna K.")            # at the top of an exercise
    journal = fs.simulate(workshop, seed=me.seed)

The seed comes from the name alone, so that the checker, and a trainer elsewhere, know it as well.
Without a name all have the same numbers, and nothing is stored.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unicodedata import category, normalize

from funnelsim.arguments import refused
from funnelsim.exercises.verdict import Verdict
from funnelsim.exercises.workshop import SEED

LONGEST = 120  # characters of a name
FIRST_SEED, SEEDS = 100_000, 900_000  # six digits: easily typed, and nobody types one by chance
SHOWN = 40  # characters of a name in the name of a file
COURSE = ("notebooks/README.md", "exercises")  # what the folder of the course holds


@dataclass(frozen=True)
class Student:
    """A name, and the seed of its numbers. Without a name: the seed that all have."""

    name: str
    seed: int

    @property
    def key(self) -> str:
        """The same for a name that is written a little differently; empty without a name."""
        return key_of(self.name)

    @property
    def sheet(self) -> Path | None:
        """Where the answers are kept: in the folder of the course, else beside the notebook."""
        if not self.key:
            return None
        return _folder() / f"results-{self.key[:SHOWN]}-{self.seed}.json"

    def __repr__(self) -> str:
        return repr(self._said())

    def _repr_html_(self) -> str:
        return self._said()._repr_html_()

    def _said(self) -> Verdict:
        if self.sheet is None:
            told = (
                f"The seed is {self.seed}, the same for everybody, and nothing is stored. With a "
                'name, `fs.student("Anna K.")`, the numbers are yours alone.'
            )
            return Verdict("Without a name", "hint", told)
        told = (
            f"Your seed is {self.seed}, your numbers are yours alone. What you answer is kept in "
            f"`{self.sheet}`; `fs.results()` shows it."
        )
        return Verdict(self.name, "hint", told)


NOBODY = Student("", SEED)
_now: list[Student] = [NOBODY]  # who sits at this kernel


def student(name: Any = "") -> Student:
    """Says who answers from now on: the seed of your own numbers, and a sheet for your answers.

    The same name, written a little differently (capitals, spaces, dots), has the same numbers; any
    alphabet will do. What `fs.check`, `fs.hint` and `fs.predict` are told goes into a file of the
    course's folder (without a course: beside the notebook), `fs.results` shows it, and it is there
    again after a restart. Nothing leaves the machine.

    Without a name (`""`, `...`) all have the same seed, and nothing is stored.

    Raises `FunnelSimError` for what is no name.

    >>> student("").seed
    11
    >>> student("Анна К.").seed == student("анна  к").seed
    True
    >>> _ = student("")
    """
    _now[0] = named(name)
    return _now[0]


def named(name: Any) -> Student:
    """The student of this name, or nobody; `FunnelSimError` for what is no name."""
    if isinstance(name, Student):
        return name
    if name is ... or name is None or (isinstance(name, str) and not name.strip()):
        return NOBODY
    if isinstance(name, int) and not isinstance(name, bool):  # the number of a student
        name = str(name)
    way_out = 'write it between quotes, fs.student("Anna K.")'
    if not isinstance(name, str):
        raise refused("student", name, "a name is a text", way_out)
    shown = " ".join(name.split())
    if not key_of(shown):
        raise refused("student", shown, "a name has letters or digits", way_out)
    if len(shown) > LONGEST:
        raise refused("student", shown, f"a name has at most {LONGEST} characters", way_out)
    return Student(shown, seed_of(shown))


def at_the_kernel() -> Student:
    """Who has given a name last."""
    return _now[0]


def key_of(name: str) -> str:
    """A name without what people write differently: capitals, spaces, dots.

    >>> key_of(" Anna  K."), key_of("José"), key_of("李 明"), key_of("Олена")
    ('annak', 'josé', '李明', 'олена')
    """
    while (key := _folded(name)) != name:  # what is left may be composed once more
        name = key
    return key


def _folded(name: str) -> str:
    text = normalize("NFKC", normalize("NFKC", name).casefold())
    return "".join(letter for letter in text if category(letter)[0] in "LNM")


def seed_of(name: str) -> int:
    """The seed of a name, six digits.

    >>> seed_of("Anna K.") == seed_of("ANNA K")
    True
    """
    digest = hashlib.sha256(key_of(name).encode()).digest()
    return FIRST_SEED + int.from_bytes(digest[:8]) % SEEDS


def _folder() -> Path:
    here = Path.cwd()
    near = (here, *here.parents[:2])
    return next((at for at in near if all((at / part).exists() for part in COURSE)), here)
