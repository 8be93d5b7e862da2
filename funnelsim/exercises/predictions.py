"""A guess before the answer: kept, drawn into the picture, and told how far off it is.

    fs.predict("03.a", unit="hours", my_mean=...)     the question's cell: a guess for each `my_...`
    fs.reveal("03.a", hours, my_mean=hours.mean())     the answer's cell: what it is

Who guesses in place of the three dots sees where the guess lies; who runs all cells at once sees
the answer with "no guess". A trainer types the guesses of a class as a list, `my_mean=[1, 2, 8]`,
or names the folder of their sheets, `class_="handed in"`, and they are dots under the distribution.
Nothing is stored unless a student has given a name (`students.py`), and nothing leaves the machine.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from funnelsim.arguments import refused
from funnelsim.errors import nearest
from funnelsim.exercises.answers import read
from funnelsim.exercises.classes import guesses_of
from funnelsim.exercises.entry import Exercise
from funnelsim.exercises.sheets import Guessed, keep
from funnelsim.exercises.students import at_the_kernel
from funnelsim.exercises.verdict import Verdict
from funnelsim.pages import page

if TYPE_CHECKING:
    import altair as alt

Guess = float | str
NEAR = 0.1  # of the truth (of shares: of 1, a fifth of that): so near is well guessed
LARGEST_FACTOR = 1000.0  # "times as much" beyond that says nothing
PRIVATE = "my_"
BLOCK = (
    '<div style="border-left: 4px solid var(--jp-info-color1, currentColor); padding: 2px 10px; '
    'max-width: 50em">{% for line in sentences %}<div>{{ line }}</div>{% endfor %}</div>'
)


@dataclass
class Question:
    """What was asked: in which unit, or among which names, and the guesses for each `my_...`."""

    unit: str
    among: tuple[str, ...]
    guesses: dict[str, list[Guess]] = field(default_factory=dict)


_asked: dict[str, Question] = {}  # of this session


def predict(number: str, *, unit: str = "", among: Sequence[str] = (), **guesses: Any) -> Verdict:
    """Keeps your guesses until `reveal` shows what it is.

    `number` names the question ("03.a"). Each guess has a name of its own (`my_hours=2`): a number
    in the `unit` that is asked for ("share", "days", "hours", "times", "EUR", "leads" ...), one of
    the names in `among`, or `...` for none yet. A list holds the guesses of a class.

    Numbers are read as in `check`: "40 %", "2 h" and "0,4" as they are meant; a share of 40 is
    40 %. A guess is never wrong here. With a name (`fs.student`) it goes into your sheet.

    Raises `FunnelSimError` where no name asks for a guess.

    >>> predict("03.a", unit="hours", my_mean=...)
    … 03.a  Your guess goes in place of the three dots: then run this cell again.
    >>> predict("03.a", unit="hours", my_mean="90 min")
    → 03.a  You guess 1.5 hours. Go on: the next cell shows what it is.
    """
    if not guesses:
        way_out = f'write predict("{number}", my_guess=...)'
        raise refused("predict", number, "it asks for a guess", way_out)
    _asked[str(number)] = question = Question(unit, tuple(among))
    for name, given in guesses.items():
        several = list(given) if isinstance(given, (list, set, frozenset, np.ndarray)) else [given]
        for guess in several:
            if guess is ... or guess is None or guess == "":
                continue
            meant, complaint = read_guess(guess, question)
            if complaint:
                question.guesses.clear()  # half of what was typed is no guess
                return Verdict(str(number), "not answered", f"{name}: {complaint}")
            question.guesses.setdefault(name, []).append(meant)
    missing = [name for name in guesses if name not in question.guesses]
    if len(missing) == len(guesses):
        there = "Your guess goes in place of the three dots: then run this cell again."
        return Verdict(str(number), "not answered", there)
    parts = [_said(values, question) for values in question.guesses.values()]
    still = f" (Nothing yet for {', '.join(missing)}.)" if missing else ""
    guessed = Guessed(unit=unit, among=tuple(among), guesses=question.guesses)
    noted = keep(at_the_kernel(), guesses={str(number): guessed})
    sentence = f"You guess {' and '.join(parts)}.{still} Go on: the next cell shows what it is."
    sentence += noted
    return Verdict(str(number), "hint", sentence)


@dataclass(frozen=True)
class Revealed:
    """What `reveal` returns: sentences, and a picture with you in it where there is one."""

    number: str
    sentences: tuple[str, ...]
    chart: alt.TopLevelMixin | None = None

    def __repr__(self) -> str:
        return "\n".join(self.sentences)

    def _repr_html_(self) -> str:
        return page(BLOCK, sentences=self.sentences)

    def _ipython_display_(self) -> None:
        from IPython.display import display

        text = {"text/plain": repr(self), "text/html": self._repr_html_()}
        display(text, raw=True)
        if self.chart is not None:
            display(self.chart)


def reveal(
    number: str, values: Any = None, *, class_: str | Path | None = None, **truths: Guess
) -> Revealed:
    """What it is, beside your guess: how far off, in the terms of the question.

    `truths` are the answers, by the names of the guesses. `values` are those that a number was
    asked of (waits of leads, results of replications; NaN is left out): they become a picture with
    the truth, you, and a class as dots below. `class_` is a folder with the sheets of a class
    (`fs.results`), whose guesses count beside those typed here.

    Raises `FunnelSimError` for a name that `predict` did not ask for, and for a folder that there
    is not.

    >>> _ = predict("03.a", unit="hours", my_mean=2)
    >>> reveal("03.a", my_mean=5.2)
    You said 2.0 hours. It is 5.2 hours: 2.6 times as much.
    >>> _ = predict("03.a", unit="hours", my_mean=...)
    >>> reveal("03.a", my_mean=5.2)
    No guess. It is 5.2 hours.
    """
    question = _asked.get(str(number), Question("", ()))
    told = []
    if class_ is not None:
        guessed, sheets = guesses_of(Path(class_), str(number), but_of=at_the_kernel().key)
        question = _with_class(question, guessed)
        told = [f"In {len(guessed)} of {sheets} sheets there is a guess."]
    for name in question.guesses:
        if name not in truths:
            rule = f"prediction {number} asks for {name}"
            raise refused("reveal", ", ".join(truths), rule, f"write {name}=...")
    several = len(truths) > 1
    sentences = tuple(
        (f"{_label(name)}: " if several else "")
        + told_of(question.guesses.get(name, []), truth, question)
        for name, truth in truths.items()
    )
    is_drawn = values is not None and not question.among
    chart = _picture(values, truths, question) if is_drawn else None
    return Revealed(str(number), (*sentences, *told), chart)


def _with_class(question: Question, guessed: Sequence[Guessed]) -> Question:
    """The question with the guesses of a class, as far as they answer the same question."""
    if not question.guesses and guessed and not (question.unit or question.among):
        question = Question(guessed[0].unit, guessed[0].among)  # not asked here, only there
    both = Question(question.unit, question.among, {n: [*g] for n, g in question.guesses.items()})
    for other in guessed:
        if (other.unit, other.among) == (both.unit, both.among):
            for name, guesses in other.guesses.items():
                fits = (g for g in guesses if isinstance(g, str) == bool(both.among))
                both.guesses.setdefault(name, []).extend(fits)
    return both


# --- what is read, and what is said ---------------------------------------------------------------


def read_guess(guess: Any, question: Question) -> tuple[Guess, str]:
    """A guess as a number or a name; else why it can be none."""
    if question.among:
        found = [
            name for name in question.among if str(guess).strip().casefold() == name.casefold()
        ]
        if found:
            return found[0], ""
        return "", f"a guess is {_either(question.among)}; {nearest(guess, question.among)}"
    asked = Exercise("", "", 0.0, 6, (), ("", "", ""), "", question.unit)
    reading = read(guess, asked)
    if reading.complaint:
        return "", reading.complaint.replace("this exercise", "the question")
    meant = float(reading.meant[0])
    is_percent = question.unit == "share" and 1 < abs(meant) <= 100  # 40 is 40 %
    return meant / 100 if is_percent else meant, ""


def _either(names: Sequence[str]) -> str:
    quoted = [f'"{name}"' for name in names]
    return " or ".join([", ".join(quoted[:-1]), quoted[-1]] if len(quoted) > 1 else quoted)


def _label(name: str) -> str:
    return name.removeprefix(PRIVATE).replace("_", " ").capitalize()


def _said(guesses: list[Guess], question: Question) -> str:
    if len(guesses) == 1:
        return in_unit(guesses[0], question.unit)
    if question.among:
        counts = {name: guesses.count(name) for name in question.among if name in guesses}
        return ", ".join(f"{name} {count} times" for name, count in counts.items())
    numbers = [float(guess) for guess in guesses]
    low, middle, high = (in_unit(f(numbers), question.unit) for f in (min, np.median, max))
    return f"{len(guesses)} times, from {low} to {high}, the one in the middle {middle}"


def told_of(guesses: list[Guess], truth: Guess, question: Question) -> str:
    """What it is, beside what was guessed: how far off, or how many of a class are near."""
    unit, is_it = question.unit, f"It is {in_unit(truth, question.unit)}"
    if not guesses:
        return f"No guess. {is_it}."
    if len(guesses) > 1:
        near = sum(is_near(guess, truth, unit) for guess in guesses)
        return f"The class: {_said(guesses, question)}. {is_it}; {near} of {len(guesses)} are near."
    (guess,) = guesses
    said = f"You said {in_unit(guess, unit)}."
    if guess == truth:
        return f"{said} So it is."
    if isinstance(truth, str) or isinstance(guess, str):
        return f"{said} {is_it}."
    return f"{said} {is_it}: {how_far(guess, float(truth), unit)}."


def is_near(guess: Guess, truth: Guess, unit: str) -> bool:
    """Whether it was well guessed: a tenth of the truth off at most, of a share two points."""
    if isinstance(guess, str) or isinstance(truth, str):
        return guess == truth
    return abs(guess - truth) <= (NEAR / 5 if unit == "share" else NEAR * abs(truth))


def how_far(guess: float, truth: float, unit: str) -> str:
    """By how much the truth is more than the guess, in the terms of the question.

    >>> how_far(0.40, 0.423, "share"), how_far(2, 10, "hours"), how_far(0, 3, "leads")
    ('2.3 points more', '5.0 times as much', '3 leads more')
    """
    if is_near(guess, truth, unit) and unit != "share":
        return "well guessed"
    more = "more" if truth > guess else "less"
    if unit == "share":
        points = f"{100 * abs(truth - guess):.1f} points {more}"
        return points + (": well guessed" if is_near(guess, truth, unit) else "")
    ratio = truth / guess if guess else math.inf
    if 1.5 <= ratio < LARGEST_FACTOR:
        return f"{ratio:.1f} times as much"
    if 0 < ratio < 1 / 1.5:
        return f"only {100 * ratio:.3g} % of that"
    return f"{in_unit(abs(truth - guess), unit)} {more}"


def in_unit(value: Guess, unit: str) -> str:
    """A number as it is said: of shares percent, of counts whole, else three digits.

    >>> in_unit(0.123, "share"), in_unit(2.31, "hours"), in_unit(1234.0, "leads")
    ('12.3 %', '2.3 hours', '1,234 leads')
    >>> in_unit(0.8333, "")  # a ratio
    '0.833'
    """
    if isinstance(value, str):
        return value
    if not unit and 0 < abs(value) < 1:
        return f"{value:.3g}"
    if unit == "share":
        return f"{100 * value:.1f} %"
    digits = 0 if abs(value) >= 100 or (float(value).is_integer() and unit not in TIMES) else 1
    return f"{value:,.{digits}f} {unit}".strip()


TIMES = ("hours", "days", "min", "times")


# --- the picture ----------------------------------------------------------------------------------


def _picture(values: Any, truths: dict[str, Guess], question: Question) -> alt.TopLevelMixin:
    from funnelsim.charts.guesses import guesses_chart

    numbers = np.asarray(values, dtype=float)
    marks = {_label(name): float(truth) for name, truth in truths.items()}
    guesses = {_label(name): [float(g) for g in given] for name, given in question.guesses.items()}
    return guesses_chart(numbers[np.isfinite(numbers)], marks, guesses, question.unit)
