"""What a value of a scenario is: its unit, its limits, and how it is turned.

Each field of a scenario is annotated with a `Kind`, beside the check of its values. Sliders, the
levers of a plan, a tornado and the table of parameters read it there (`scenario/parameters.py`), so
that a new field, once annotated, is known to all of them.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Annotated, Any, TypeVar, get_args, get_origin

from pydantic import BaseModel

BY_FACTOR, BY_ODDS, IN_STEPS = "by a factor", "by its odds", "in whole steps"
CURRENCY = "currency"  # stands for the scenario's own
LEAST = 1e-6  # of a number that lies above 0, where turning it ends


@dataclass(frozen=True)
class Kind:
    """What a value is.

    `low` and `high` are the limits of the number, `is_open` says that it lies above `low`. `turned`
    is how it is turned up and down, empty for what is no number. `options` are the words that a
    choice has; `names_of` is a list of the scenario whose names they are. `power` says what becomes
    of it where all values of a distribution are multiplied by a factor: it is multiplied by
    factor ** power.
    """

    name: str
    unit: str = ""
    low: float = 0.0
    high: float = math.inf
    turned: str = BY_FACTOR
    is_open: bool = False
    options: tuple[str, ...] = ()
    names_of: str = ""
    power: int = 0
    is_of_whole: bool = False  # the shares of all entries of the list sum to 1

    def holds(self, x: float) -> bool:
        """Whether the number lies within the limits."""
        return self.low < x <= self.high if self.is_open else self.low <= x <= self.high

    def times(self, x: float, factor: float) -> float:
        """What becomes of the number where all values of its distribution are multiplied.

        >>> DURATION.times(30, 1.5), SPREAD.times(0.8, 1.5)
        (45, 0.8)
        """
        if not self.power:
            return x
        found = min(x * factor**self.power, self.high)
        return max(round(found), min(x, 1)) if isinstance(x, int) else found


SHARE = Kind("share", "share", high=1.0, turned=BY_ODDS)
ODDS_RATIO = Kind("odds ratio", "times the odds", is_open=True)
FACTOR = Kind("factor", "times")
WEIGHT = Kind("weight")
NUMBER = Kind("number")
DURATION = Kind("duration", "time", power=1)
MOMENT = Kind("duration or date", "time", high=2**53)  # from the start of a run; a date in a file
MONEY = Kind("money", CURRENCY, power=1)
COUNT = Kind("whole number", low=1, high=100_000, turned=IN_STEPS)
SPREAD = Kind("number", low=0.05, high=100)
OF_DURATIONS = Kind("distribution", "time")
OF_MONEY = Kind("distribution", CURRENCY)
AMONG_CUSTOMERS = Kind("distribution", "share", high=1.0, turned=BY_ODDS)
CHOICE = Kind("choice", turned="")
ON_OFF = Kind("on or off", turned="")
TEXT = Kind("text", turned="")
DATE = Kind("date", turned="")
HOURS = Kind("opening hours", turned="")
NAME = Kind("name", turned="")  # by which an entry is found; no parameter
PART = Kind("part", turned="")  # a table or a list, which has parameters inside


@dataclass(frozen=True)
class Slider:
    """What a slider offers, where that is less than the limits allow.

    `times` is the largest value ÷ that of the scenario, where there is no `most`.
    """

    least: float | None = None
    most: float | None = None
    times: float = 2.5


@dataclass(frozen=True)
class EntryNames:
    """The names of a list's numbers, where these have names, such as those of the weekdays."""

    names: tuple[str, ...]


@dataclass(frozen=True)
class Usual:
    """A sensitivity analysis turns it, if nobody says what else."""


USUAL = Usual()
M = TypeVar("M")


@cache
def mark_of(model: type[BaseModel], field: str, mark: type[M]) -> M | None:
    """The mark of this type (a `Kind`, a `Slider`) of a field's annotation; the outermost."""
    info = model.model_fields[field]
    annotation = Annotated[info.annotation, *info.metadata] if info.metadata else info.annotation
    return next(_marks(annotation, mark), None)


def _marks(annotation: Any, mark: type[M]) -> Iterator[M]:
    if isinstance(annotation, TypeVar):  # of a distribution whose values may be of several kinds
        annotation = annotation.__bound__
    inner = get_args(annotation)
    if get_origin(annotation) is Annotated:
        yield from (found for found in reversed(inner[1:]) if isinstance(found, mark))
        inner = inner[:1]
    for argument in inner:
        yield from _marks(argument, mark)
