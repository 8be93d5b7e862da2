"""Checks an answer, names the mistake, gives a hint.

    fs.check("01.3", 0.12)

What there is to ask is data: `lesson_01.py` and its sisters hold a table of exercises, each with
its question, its right answer, its known mistakes and a hint. What is done with an answer is here,
once for all: to add an exercise is to add an entry to a table.
"""

from __future__ import annotations

import math
import numbers
from functools import cache
from html import escape
from importlib import import_module
from pkgutil import iter_modules
from typing import Any, NamedTuple

from funnelsim.errors import FunnelSimError, nearest
from funnelsim.exercises.entry import Exercise

MARKS = {"right": "✔", "wrong": "✘", "not answered": "…"}
LARGEST = 1e15  # no answer is; more than this is a slip, or infinite
COLOURS = {"right": "success", "wrong": "error", "not answered": "info"}  # as Jupyter names them


class Verdict(NamedTuple):
    """What there is to say about an answer; a notebook shows it as one coloured line.

    `outcome` is "right", "wrong" or "not answered".
    """

    number: str
    outcome: str
    sentence: str

    def __repr__(self) -> str:
        return f"{MARKS[self.outcome]} {self.number}  {self.sentence}"

    def _repr_html_(self) -> str:
        colour = f"var(--jp-{COLOURS[self.outcome]}-color1, currentColor)"
        return (
            f'<div style="border-left: 4px solid {colour}; padding: 2px 10px; max-width: 50em">'
            f'<b style="color: {colour}">{MARKS[self.outcome]} {escape(self.number)}</b>&ensp;'
            f"{escape(self.sentence)}</div>"
        )


def check(number: str, answer: Any = ...) -> Verdict:
    """What is right or wrong with an answer to an exercise, in a sentence or two.

    `answer` is a number or the name of a stage, whatever the exercise asks for; `...` and `None`
    mean that there is none yet. Numbers may be off by the exercise's tolerance. A wrong answer
    never raises an error; `FunnelSimError` is for the number of an exercise that there is not.

    >>> check("01.3", ...)
    … 01.3  Not answered yet: put your answer in place of the three dots.
    >>> check("01.5", "many")
    ✘ 01.5  Your answer is the text "many"; this exercise asks for a number.
    >>> check("01.5", 200).outcome
    'wrong'
    """
    exercise = find(str(number).strip())

    def verdict(outcome: str, sentence: str) -> Verdict:
        return Verdict(exercise.number, outcome, sentence)

    if answer is ...:
        return verdict(
            "not answered", "Not answered yet: put your answer in place of the three dots."
        )
    if answer is None:
        return verdict(
            "not answered",
            "Not answered yet: your answer is empty (None). print(...) shows a number and keeps "
            "nothing: leave it away.",
        )
    given = _plain(answer)
    complaint = _unusable(given, answer, exercise)
    if complaint:
        return verdict("wrong", complaint)
    if _same(given, exercise.right, exercise):
        return verdict("right", f"Right. {exercise.why}")
    if complaint := _rounded_too_far(given, exercise):
        return verdict("wrong", complaint)
    if exercise.is_share and _same(given / 100, exercise.right, exercise):
        in_percent = f"That is the right number in percent: write it as a share, {given / 100:.4g}."
        return verdict("wrong", in_percent)
    return verdict("wrong", f"{_mistake(given, exercise) or 'Not yet.'} {exercise.hint}")


@cache
def find(number: str) -> Exercise:
    """The exercise with this number, its answers computed; FunnelSimError if there is none."""
    tables = _tables()
    for table in tables:
        if number in table:
            return table[number]()
    known = sorted(name for table in tables for name in table)
    raise FunnelSimError(f'there is no exercise "{number}"; {nearest(number, known)}')


@cache
def _tables() -> list[dict[str, Any]]:
    modules = (found.name for found in iter_modules(__path__, f"{__name__}."))
    lessons = sorted(name for name in modules if name.rpartition(".")[2].startswith("lesson_"))
    return [import_module(name).EXERCISES for name in lessons]


# --- what was answered ----------------------------------------------------------------------------


def _plain(answer: Any) -> Any:
    """A number of NumPy, or the only element of a column, as plain Python."""
    if getattr(answer, "size", None) == 1 and hasattr(answer, "item"):
        answer = answer.item()
    if isinstance(answer, numbers.Real) and not isinstance(answer, bool):
        try:
            return float(answer)
        except OverflowError:
            return float("inf")
    return answer


def _unusable(given: Any, answer: Any, exercise: Exercise) -> str:
    """Why this can be no answer at all; empty if it can."""
    wanted = exercise.asks_for
    size = getattr(answer, "size", 1)
    if isinstance(size, int) and size != 1:
        values = f"of {size} values" if size else "with nothing in it"
        return f"Your answer is a whole column or table {values}; {wanted}."
    if isinstance(exercise.right, str):
        return "" if isinstance(given, str) else f"Your answer is {_called(given)}; {wanted}."
    if isinstance(given, str):
        quoted = _number_in(given)
        if quoted is not None:
            return f"Take the quotation marks away: {given.strip()} is a number, not a text."
        return f'Your answer is the text "{given[:40]}"; {wanted}.'
    if not isinstance(given, float):
        return f"Your answer is {_called(given)}; {wanted}."
    if not abs(given) <= LARGEST:  # so written, it catches NaN as well
        return f"Your answer is {given:.4g}: somewhere a gap in a table, or a division by zero."
    return ""


def _called(given: Any) -> str:
    if isinstance(given, tuple) and len(given) == 2 and all(type(part) is int for part in given):
        whole, rest = given
        return f"two numbers, since decimals have a point: write {whole}.{rest}, not {whole},{rest}"
    if isinstance(given, bool):
        return f"{given}, a yes or no"
    if isinstance(given, float):
        return f"the number {given:g}"
    if callable(given):
        return "a function that was not called (are its brackets missing?)"
    return f"a {type(given).__name__}"


def _number_in(text: str) -> float | None:
    try:
        return float(text.replace(",", ".").strip())
    except ValueError:
        return None


# --- right, or a mistake that is known ------------------------------------------------------------


def _same(
    given: Any, value: float | str, exercise: Exercise, tolerance: float | None = None
) -> bool:
    if isinstance(value, str):
        return str(given).strip().casefold() == value.casefold()
    return abs(given - value) <= (exercise.tolerance if tolerance is None else tolerance)


def _rounded_too_far(given: Any, exercise: Exercise) -> str:
    """What to say if this is the right answer with fewer digits than asked for; else empty."""
    if isinstance(exercise.right, str):
        return ""
    wanted = max(0, math.ceil(math.log10(0.51 / exercise.tolerance) - 1e-9))
    more = f"rounded too far: give {wanted} digits after the point."
    if _is_rounded(given, exercise.right, wanted):
        return f"{given:g} is the right answer, but {more}"
    if exercise.is_share and _is_rounded(given / 100, exercise.right, wanted):
        return (
            f"{given:g} is the right answer in percent, but write it as a share, and it is {more}"
        )
    return ""


def _is_rounded(given: float, right: float, wanted: int) -> bool:
    """Whether it has fewer decimals than wanted, and they are right; one digit may be anything."""
    text = f"{abs(given):.12f}".rstrip("0")
    decimals = len(text.partition(".")[2])
    is_digit = len(text.replace(".", "").lstrip("0")) < 2 and decimals < 2
    return not is_digit and decimals < wanted and given == round(right, decimals)


def _mistake(given: Any, exercise: Exercise) -> str:
    """The sentence that names what was done instead; empty if it is not known."""
    named = _nearest(given, exercise)
    if exercise.is_share and not named and not 0 <= given <= 1:
        rule = "A share lies between 0 and 1."
        as_share = f"{rule[:-1]}: {given / 100:.4g}, not {given:.4g}."
        named = _nearest(given / 100, exercise)
        return f"{named} {as_share}" if named else rule
    return named


def _nearest(given: Any, exercise: Exercise) -> str:
    """Of the mistakes that give this answer, the one that does so most closely."""
    close = [m for m in exercise.mistakes if _same(given, m.answer, exercise, m.tolerance)]
    if not close:
        return ""
    if isinstance(given, str):
        return close[0].named
    return min(close, key=lambda m: abs(given - float(m.answer))).named
