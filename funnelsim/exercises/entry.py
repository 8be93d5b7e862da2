"""What an exercise is: a question, its right answers, its known mistakes, three hints."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt
from typing import Any

from funnelsim.exercises.programs import Trial

Answer = Any  # a number, the name of a stage, or a function
SEASONS = 1_000  # simulated at least, where a question takes a simulation's answer
FEW_SEASONS = 200


@dataclass(frozen=True)
class Right:
    """An answer that another right method gives, and how far from it that method may end."""

    answer: float
    tolerance: float


@dataclass(frozen=True)
class Mistake:
    """An answer that a known mistake leads to, and the sentence that names the mistake."""

    answer: Answer
    named: str
    tolerance: float | None = None  # None: the rounding that the exercise asks for


@dataclass(frozen=True)
class Exercise:
    """One exercise. `right` and the mistakes' answers are numbers, names of stages, or functions.

    Where a function is asked for, right and mistakes are functions, and `trial` runs them.

    A number is asked for to so many `digits` after the point. It is right up to `slack` away from
    `right` (None: as far as rounding takes it), or from what another right method gives (`also`).
    `why` is what a right answer is told; the three `hints` are an idea, a formula and code.
    `by_digits` are mistakes so near to it that only their digits tell them from a simulated answer.

    `is_simulated`: the slack is for a thousand seasons simulated, and one may have taken fewer.

    `seed` is the one that the answers were simulated with, None where none is. Where the student
    may choose it, `between_seeds` is how far the right answers of two seeds lie apart at most.
    """

    number: str
    question: str
    right: Answer
    digits: int
    mistakes: tuple[Mistake, ...]
    hints: tuple[str, str, str]
    why: str
    unit: str = ""  # "share", "days", "hours", "EUR", "leads" ...
    seed: int | None = None
    slack: float | None = None
    also: tuple[Right, ...] = ()
    by_digits: tuple[Mistake, ...] = ()
    is_simulated: bool = False
    between_seeds: float = 0.0
    trial: Trial | None = None

    @property
    def tolerance(self) -> float:
        return rounded_to(self.digits) if self.slack is None else self.slack

    @property
    def is_share(self) -> bool:
        return self.unit == "share"

    @property
    def names(self) -> list[str]:
        """Of an exercise that asks for one: every name that there is."""
        return [str(self.right), *(str(mistake.answer) for mistake in self.mistakes)]

    @property
    def asks_for(self) -> str:
        if self.trial is not None:
            return "this exercise asks for a function: its name, without brackets"
        if isinstance(self.right, str):
            return 'this exercise asks for the name of a stage, a text such as "Attention"'
        if self.is_share:
            return "this exercise asks for a number, a share between 0 and 1"
        return f"this exercise asks for a number{f' of {self.unit}' if self.unit else ''}"


def rounded_to(digits: int) -> float:
    """The tolerance of an answer that involves no chance, rounded to so many decimals or better.

    >>> rounded_to(3)
    0.00051
    """
    found: float = round(0.51 * 10**-digits, digits + 2)
    return found


def standard_error(share: float, count: int) -> float:
    """Of a share p among n: √(p(1-p)/n).

    >>> standard_error(0.5, 10_000)
    0.005
    """
    return sqrt(share * (1 - share) / count)


def between_seeds(share: float, count: int) -> float:
    """How far a share that the student simulates lies from ours, simulated with another seed.

    The difference of two such shares has √2 times the standard error of one; 4 of those are
    exceeded once in 16,000.

    >>> round(between_seeds(0.5, 10_000), 4)
    0.0283
    """
    return 4 * sqrt(2) * standard_error(share, count)


def by_simulation(share: float, seasons: int = SEASONS) -> float:
    """How far a simulated share lies from the true one: 4 standard errors.

    >>> round(by_simulation(0.5), 3)
    0.063
    """
    return 4 * standard_error(share, seasons)
