"""What an exercise is: a question, its right answer, its known mistakes, a hint."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt


@dataclass(frozen=True)
class Mistake:
    """An answer that a known mistake leads to, and the sentence that names the mistake."""

    answer: float | str
    named: str
    tolerance: float | None = None  # None: that of the exercise


@dataclass(frozen=True)
class Exercise:
    """One exercise. `right` and the mistakes' answers are numbers, or names of stages.

    A number is accepted up to `tolerance` away (see `rounded_to` and `between_seeds`); `why` is
    what a right answer is told, `hint` what every wrong one is.
    """

    number: str
    question: str
    right: float | str
    tolerance: float
    mistakes: tuple[Mistake, ...]
    hint: str
    why: str
    is_share: bool = False

    @property
    def asks_for(self) -> str:
        if isinstance(self.right, str):
            return 'this exercise asks for the name of a stage, a text such as "Attention"'
        if self.is_share:
            return "this exercise asks for a number, a share between 0 and 1"
        return "this exercise asks for a number"


def rounded_to(digits: int) -> float:
    """The tolerance of an answer that involves no chance, rounded to so many decimals or better.

    >>> rounded_to(3)
    0.00051
    """
    return round(0.51 * 10**-digits, digits + 2)


def between_seeds(share: float, count: int) -> float:
    """The tolerance of a share that the student simulates with a seed of their own.

    A share p among n leads has the standard error √(p(1-p)/n). The student's share and ours come
    from two seeds, so their difference has √2 times that; 4 of those are exceeded once in 16,000.

    >>> round(between_seeds(0.5, 10_000), 4)
    0.0283
    """
    return 4 * sqrt(2) * sqrt(share * (1 - share) / count)
