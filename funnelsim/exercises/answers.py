"""Reads an answer as it was meant: a number of any kind, a text, a decimal comma, a list of one.

What may be meant in two ways (1,378 is a bit over one, or over a thousand) is read in both, and
the exercise decides. What can be no answer is told in words.
"""

from __future__ import annotations

import datetime
import hashlib
import inspect
import math
import re
from decimal import Decimal
from difflib import get_close_matches
from functools import reduce
from numbers import Integral, Real
from typing import Any, NamedTuple
from unicodedata import normalize

import numpy as np
import pandas as pd

from funnelsim.exercises.entry import Exercise
from funnelsim.meant import duration_meant, number_meant

LARGEST = 1e15  # no answer is; more than this is a slip
LONGEST = 80  # characters: a longer text is neither a number nor a name
SECONDS = {"weeks": 604_800, "days": 86_400, "hours": 3_600, "h": 3_600, "min": 60, "s": 1}
COLUMNS = (pd.Series, pd.DataFrame, pd.Index, np.ndarray)
LISTS = (list, tuple, set, frozenset)
MINUS = re.compile(r"([^\d-]*)-(?=\D{0,5}\d)")
FRACTION = re.compile(r"\s*([\d.,]+)\s*[/÷]\s*([\d.,]+)\s*")
A_TIME = re.compile(
    r"[^a-z]*\d\s*(?:weeks?|days?|hours?|h|minutes?|min|seconds?)\W*", re.IGNORECASE
)
IN_TWO_WAYS = re.compile(r"[^\d%]*([1-9]\d{0,2})[.,](\d{3})(?![.,]?\d)\s*(%)?[^\d%]*")


class Reading(NamedTuple):
    """What an answer may mean, the likeliest first; how it was read; why it can be no answer.

    In `note` {} stands for the one of `meant` that is taken.
    """

    meant: tuple[Any, ...] = ()
    note: str = ""
    complaint: str = ""


def read(answer: Any, exercise: Exercise) -> Reading:
    """The answer as numbers, or as the name of a stage, whichever the exercise asks for."""
    if exercise.trial is not None:
        return _read_program(answer, exercise)
    answer = _only(answer)
    reads = _read_name if isinstance(exercise.right, str) else _read_number
    reading = reads(answer, exercise)
    if reading.meant or reading.complaint:
        return reading
    return Reading(complaint=f"Your answer is {_called(answer)}; {exercise.asks_for}.")


def as_kept(answer: Any) -> float | str:
    """An answer as a sheet keeps it: a number, or a short text.

    >>> as_kept(0.64), as_kept(pd.Series([3])), as_kept([1, 2]), as_kept("Desire")
    (0.64, 3.0, 'a list of 2 values', 'Desire')
    """
    answer = _only(answer)
    if isinstance(answer, str):
        return answer[:LONGEST]
    is_number = isinstance(answer, Real | Decimal) and not isinstance(answer, bool)
    if is_number and math.isfinite(_as_float(answer)):
        return _as_float(answer)
    if not callable(answer):
        return _called(answer)
    name = getattr(answer, "__name__", "without a name")[:LONGEST]
    try:
        source = inspect.getsource(answer)
    except (OSError, TypeError):
        return f"function {name}"
    return f"function {name}, {hashlib.sha256(source.encode()).hexdigest()[:4]}"  # another, another


def _only(answer: Any) -> Any:
    """The only value of a column, a table or a list; anything else as it is."""
    for _ in range(9):  # lists in lists; one may hold itself
        if answer is np.ma.masked:
            return math.nan
        if isinstance(answer, COLUMNS) and answer.size == 1:
            answer = pd.Series(np.ravel(answer)).iloc[0]
        elif isinstance(answer, LISTS) and len(answer) == 1:
            (answer,) = answer
    return pd.Timedelta(answer) if isinstance(answer, np.timedelta64) else answer


# --- numbers --------------------------------------------------------------------------------------


def _read_number(answer: Any, exercise: Exercise) -> Reading:
    if isinstance(answer, str):
        if exercise.unit not in SECONDS and A_TIME.fullmatch(answer[:LONGEST]):
            return Reading(complaint=f"Your answer is a time, {answer[:40]}; {exercise.asks_for}.")
        note = "Read as {}: a number needs no quotation marks."
        reading = Reading(_in_text(answer, exercise.unit), note)
    elif isinstance(answer, tuple):
        note = "Read as {}: in Python decimals have a point, and thousands no comma."
        reading = Reading(_with_commas(answer), note)
    elif isinstance(answer, datetime.timedelta) and exercise.unit in SECONDS:
        length = answer.total_seconds() / SECONDS[exercise.unit]  # NaN of NaT
        reading = Reading((length,), f"Read as {{}} {exercise.unit}.")
    elif isinstance(answer, Real | Decimal) and not isinstance(answer, bool):
        reading = Reading((_as_float(answer),))
    elif answer is None or answer is pd.NA or answer is pd.NaT:
        reading = Reading((math.nan,))
    else:
        return Reading()
    if not reading.meant:
        return reading
    if odd := _odd(reading.meant[0]):
        return Reading(complaint=odd)
    shares = tuple(meant for meant in reading.meant if abs(meant) <= 100)  # percent at most
    return reading._replace(meant=shares) if exercise.is_share and shares else reading


def _as_float(answer: Any) -> float:
    try:
        return float(answer)
    except OverflowError:
        return math.inf
    except ValueError:  # a signalling NaN of decimal
        return math.nan


def _odd(number: float) -> str:
    """Why it can be no answer; empty if it can."""
    if math.isnan(number):
        return "Your answer is a gap (NaN): somewhere a table has one, or 0 was divided by 0."
    if math.isinf(number):
        return "Your answer is infinite: somewhere something was divided by zero."
    if abs(number) > LARGEST:
        return f"Your answer is {number:.4g}: so large is no number in this exercise."
    return ""


def _in_text(text: str, unit: str) -> tuple[float, ...]:
    """The number in a text, or the two that it may be; none if there is none.

    >>> _in_text("6,3 %", "share"), _in_text("−2 697 EUR", "EUR"), _in_text("34/541", "share")
    ((0.063,), (-2697.0,), (0.06284658040665435,))
    >>> _in_text("1,378", "EUR"), _in_text("2 days", "hours"), _in_text("many", "EUR")
    ((1.378, 1378.0), (48.0,), ())
    """
    if len(text) > LONGEST:
        return ()
    text = re.sub("[−–—]", "-", normalize("NFKC", text)).strip(" \t\n'\"`")
    unsigned = MINUS.sub(r"\1", text, count=1) if MINUS.match(text) else text
    sign = -1 if unsigned != text else 1
    if fraction := FRACTION.fullmatch(unsigned):
        above, below = (number_meant(part) for part in fraction.groups())
        return (sign * above / below,) if above is not None and below else ()
    if unit in SECONDS and (duration := duration_meant(unsigned)):
        length, _, of = duration.partition(" ")
        return (sign * float(length) * SECONDS[of] / SECONDS[unit],)
    if ways := IN_TWO_WAYS.fullmatch(unsigned):
        scale = sign / (100 if ways[3] else 1)
        return scale * float(f"{ways[1]}.{ways[2]}"), scale * float(ways[1] + ways[2])
    meant = number_meant(unsigned)
    try:
        return (sign * (float(unsigned) if meant is None else meant),)
    except ValueError:
        return ()


def _with_commas(parts: tuple[Any, ...]) -> tuple[float, ...]:
    """What was meant by 0,63 or 1,378, which Python takes for two numbers.

    >>> _with_commas((0, 63)), _with_commas((1, 378)), _with_commas((-2, 697.5))
    ((0.63, 0.063, 0.0063), (1.378, 1378.0), (-2697.5,))
    """
    if len(parts) < 2 or not all(isinstance(part, Integral) for part in parts[:-1]):
        return ()
    first, rest = parts[0], parts[1:]
    if not isinstance(rest[-1], Real) or not all(0 <= part <= LARGEST for part in rest):
        return ()
    if abs(first) > LARGEST or len(rest) > 5:  # five commas are 1e15
        return ()
    sign, first = -1 if first < 0 else 1, abs(first)
    ways: list[float] = []
    if len(rest) == 1 and isinstance(rest[0], Integral):
        zeros = ("", "0", "00") if first == 0 else ("",)  # 0,063 comes as 0 and 63
        ways += [float(f"{first}.{zero}{rest[0]}") for zero in zeros]
    whole = [int(part) for part in rest]  # 1,000,000 comes as 1, 0 and 0; 1,002 cannot be typed
    if (
        first
        and all(part < 1000 for part in rest)
        and (len(rest) == 1 or all(part == 0 or part >= 100 for part in whole))
    ):
        ways.append(float(reduce(lambda total, part: 1000 * total + part, rest, first)))
    return tuple(sign * way for way in ways)


# --- names, and what is neither -------------------------------------------------------------------


def _read_name(answer: Any, exercise: Exercise) -> Reading:
    """The stage that a text names; of "Desire to Action" it is the first."""
    if not isinstance(answer, str):
        return Reading()
    text = answer[: LONGEST + 1].strip().casefold()
    named = {}
    for name in exercise.names:
        if match := re.search(rf"\b{re.escape(name.casefold())}\b", text):
            named[match.start()] = name
    between = re.sub(r"\w+", "", text.replace(" to ", "→"))
    if len(named) == 1 or (len(named) == 2 and "".join(between.split()) in ("→", "->", "-")):
        return Reading((named[min(named)],))
    if named:
        return Reading(complaint=f"Your answer names several stages; {exercise.asks_for}.")
    known = {name.casefold(): name for name in exercise.names}
    close = get_close_matches(text, known, n=1)
    there = f'did you mean "{known[close[0]]}"?' if close else f"{exercise.asks_for}."
    return Reading(complaint=f"Your answer is {_called(answer)}, which is no stage; {there}")


def _read_program(answer: Any, exercise: Exercise) -> Reading:
    """The function itself, not what a call of it gave."""
    if callable(answer):
        return Reading((answer,))
    if inspect.isgenerator(answer):
        name = answer.__name__
        told = f'hand over the function itself: `fs.check("{exercise.number}", {name})`.'
        return Reading(complaint=f"Your answer is what a call of `{name}` gave; {told}")
    return Reading(complaint=f"Your answer is {_called(_only(answer))}; {exercise.asks_for}.")


def _called(answer: Any) -> str:
    if isinstance(answer, str):
        return f'the text "{answer[:40]}"' if answer.strip() else "an empty text"
    if isinstance(answer, COLUMNS):
        return _called_many(answer)
    if isinstance(answer, (*LISTS, dict)):
        return f"a {type(answer).__name__} of {len(answer)} value{'s' * (len(answer) != 1)}"
    if isinstance(answer, bool | np.bool_):
        return f"{answer}, a yes or no"
    if isinstance(answer, Real):
        return f"the number {_as_float(answer):.10g}"
    if callable(answer):
        return "a function that was not called (are its brackets missing?)"
    name = type(answer).__name__
    return f"{'an' if name[0] in 'AEIOUaeiou' else 'a'} {name}"


def _called_many(answer: Any) -> str:
    if answer.size == 0:
        return "a whole column or table with nothing in it"
    if answer.ndim > 1:
        rows, columns = answer.shape[:2]
        return f"a whole table, {rows:,} rows by {columns:,} columns, and one number is wanted"
    values = f"a whole column or row of {answer.size:,} values"
    is_yes_or_no = answer.dtype == bool
    return f"{values}, yes or no (the share of yes is its `.mean()`)" if is_yes_or_no else values
