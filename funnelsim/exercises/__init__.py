"""Checks an answer, names the mistake, gives hints in steps.

    fs.check("01.3", 0.12)
    fs.hint("01.3")
    fs.student("Anna K.")     with numbers of one's own (`students.py`), kept (`sheets.py`)

What there is to ask is data: `lesson_01.py` and its sisters hold a table of exercises, each with
its question, its right answers, its known mistakes and its hints (`entry.py`). What is done with
an answer is told once for all: `answers.py` reads it, `judging.py` says what it is, `verdict.py`
shows it, and here is how they go together, and what has been tried so far. To add an exercise is
to add an entry to a table.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from importlib import import_module
from inspect import signature
from numbers import Real
from pkgutil import iter_modules
from typing import Any, Literal

from funnelsim.arguments import a_seed
from funnelsim.errors import FunnelSimError, nearest
from funnelsim.exercises.answers import Reading, as_kept, read
from funnelsim.exercises.entry import Exercise
from funnelsim.exercises.judging import (
    UNKNOWN,
    Judgement,
    judge,
    judge_program,
    judge_without_seed,
)
from funnelsim.exercises.sheets import Answered, keep, sheet_of
from funnelsim.exercises.students import NOBODY, Student, at_the_kernel, named
from funnelsim.exercises.verdict import MARKS, Verdict

Outcome = Literal["right", "wrong", "not answered"]
STEPS = ("the idea", "the formula", "the code")
WRITTEN = r"\D*(\d{1,2})([a-z]?)\s*[.,]\s*(\d{1,2})\D*"  # the number of an exercise


@dataclass
class Tries:
    """What happened to an exercise so far: its outcome, how much of its hint was shown."""

    outcome: Outcome = "not answered"
    shown: int = 0  # steps of the hint
    helped: int = 0  # of those before it was right
    count: int = 0  # of different answers, up to the right one
    last: float | str | None = None  # the right one, else the last
    unknown: set[Any] = field(default_factory=set)  # wrong answers that nothing is known about


_tries: dict[tuple[str, str], Tries] = {}  # by student and exercise; what has no name is not stored


def check(
    number: Any = "", answer: Any = ..., *, seed: int | None = None, student: Any = None
) -> Verdict:
    """What is right or wrong with an answer to an exercise, in a sentence or two.

    `answer` is a number, the name of a stage or a function, whatever the exercise asks for; `...`
    and `None` mean that there is none yet. A function is run in a small world of its own. A number
    may be off by what rounding makes of it, or chance in a right method. `seed` is the student's,
    where the exercise leaves it free. `student` is who answers, where it is not who has given a
    name last (`fs.student`): the answers are those of their own numbers, and go into their sheet.

    A wrong answer never raises an error: a mistake that is known is named, any other leads to the
    next step of the hint (see `hint`). Without an answer `check("01")` tells how far one has come
    in a lesson, and `check()` in all of them, since Python was started (with a name: ever).

    Raises `FunnelSimError` for the number of an exercise that there is not, and for a seed or a
    name that is none.

    >>> check("01.3", ...)
    … 01.3  Not answered yet: put your answer in place of the three dots.
    >>> check("01.5", "many")
    ✘ 01.5  Your answer is the text "many"; this exercise asks for a number of leads.
    >>> check("01.1", "64,7 %").outcome
    'wrong'
    """
    who = at_the_kernel() if student is None else named(student)
    lesson = str(number).strip()
    if answer is ... and lesson in ("", *_lessons()):
        return _so_far(lesson, who)
    exercise = _asked_of(who, _number(number, answer))
    if seed is not None:
        seed = a_seed(seed, rule="it is the whole number with which you simulated")
    finding = _find_out(exercise, answer, seed, who)
    told = finding.sentence
    if who.key and exercise.seed is None and finding.outcome in ("right", "not answered"):
        told += " (This one is the same for everybody: no seed is in it.)"
    if finding.outcome == "not answered":
        return Verdict(exercise.number, finding.outcome, told)
    tries, kept = _tries_of(exercise.number, who), as_kept(answer)
    if tries.outcome != "right":  # what was right once stays so
        tries.count += finding.outcome == "right" or kept != tries.last
        tries.last, tries.helped = kept, tries.shown
        tries.outcome = "right" if finding.outcome == "right" else "wrong"
    return Verdict(exercise.number, finding.outcome, told + _kept(exercise, tries, who, seed))


def hint(number: Any, *, student: Any = None) -> Verdict:
    """A hint to an exercise in three steps: the idea, the formula, the code. A call shows one more.

    A wrong answer that nothing is known about shows the next step, too. `student` is as in `check`.

    Raises `FunnelSimError` for the number of an exercise that there is not.

    >>> hint("01.1")
    → 01.1  Hint 1 of 3, the idea: what a rate is divided by stands behind "of" in the question.
    """
    who = at_the_kernel() if student is None else named(student)
    exercise = _asked_of(who, _number(number))
    tries = _tries_of(exercise.number, who)
    tries.shown = min(tries.shown + 1, len(STEPS))
    if tries.outcome != "right":
        tries.helped = tries.shown
    steps = [_step(exercise, step) for step in range(tries.shown)]
    told = "\n".join(steps) + _kept(exercise, tries, who)
    return Verdict(exercise.number, "hint", told)


@cache
def find(number: str, seed: int | None = None) -> Exercise:
    """The exercise with this number, its answers computed; FunnelSimError if there is none.

    `seed` computes them with another seed than the question's, where they are simulated.
    """
    builder = _builders().get(number)
    if builder is None:
        of = number.partition(".")[0]
        lesson = [other for other in _builders() if other.partition(".")[0] == of]
        there_are = nearest(number, lesson or _builders())
        raise FunnelSimError(f'there is no exercise "{number}"; {there_are}')
    is_simulated = "seed" in signature(builder).parameters
    return builder(seed) if is_simulated and seed is not None else builder()


# --- an answer ------------------------------------------------------------------------------------


def _find_out(
    exercise: Exercise, answer: Any, seed: int | None, who: Student = NOBODY
) -> Judgement:
    if answer is ...:
        there = "put your answer in place of the three dots."
        return Judgement("not answered", f"Not answered yet: {there}")
    if answer is None:
        gone = (
            "`print(...)` shows a number and keeps nothing: leave it away."
            if exercise.trial is None
            else "A call of your function gave that; hand over its name, without brackets."
        )
        return Judgement("not answered", f"Not answered yet: your answer is empty (None). {gone}")
    reading = read(answer, exercise)
    if reading.complaint:
        return Judgement("wrong", reading.complaint)
    if exercise.trial is not None:
        found = judge_program(reading.meant[0], exercise, exercise.trial)
        if found.outcome != UNKNOWN:
            return found
        return Judgement("wrong", f"{found.sentence} {_not_yet(exercise, reading, who)}")
    known = [(meant, _known(meant, exercise, seed)) for meant in reading.meant]
    told = [(meant, finding) for meant, finding in known if finding]
    told.sort(key=lambda pair: pair[1].outcome == "right")  # what is right goes before all else
    if not told:
        return Judgement("wrong", _not_yet(exercise, reading, who))
    meant, finding = told[-1]
    note = reading.note.format(_written(meant))
    parts = [finding.sentence, note] if finding.outcome == "right" else [note, finding.sentence]
    return Judgement(finding.outcome, " ".join(part for part in parts if part))


def _known(meant: Any, exercise: Exercise, seed: int | None) -> Judgement | None:
    def at(seed: int) -> Exercise:
        return find(exercise.number, seed)

    if exercise.between_seeds and seed is None:
        return judge_without_seed(meant, exercise, at)
    if exercise.between_seeds and seed is not None:
        exercise = at(seed)
    return judge(meant, exercise, at, seed)


def _not_yet(exercise: Exercise, reading: Reading, who: Student) -> str:
    """What a wrong answer is told that nothing is known about: the next step of the hint."""
    tries = _tries_of(exercise.number, who)
    is_new = reading.meant not in tries.unknown
    tries.unknown.add(reading.meant)
    was_all_shown = tries.shown == len(STEPS)
    if is_new or not tries.shown:  # the same cell run again is no new try
        tries.shown = min(tries.shown + 1, len(STEPS))
    ways = [meant for meant in reading.meant if meant == reading.meant[0] or abs(meant) >= 1]
    note = reading.note.format(" or ".join(map(_written, ways)))
    solution = "The folder `solutions` holds the way." if was_all_shown else ""
    return " ".join(filter(None, [note, "Not yet.", _step(exercise, tries.shown - 1), solution]))


def _step(exercise: Exercise, step: int) -> str:
    return f"Hint {step + 1} of {len(STEPS)}, {STEPS[step]}: {exercise.hints[step]}"


def _written(meant: Any) -> str:
    return f"{meant:.10g}" if isinstance(meant, float) else str(meant)


# --- whose answer ---------------------------------------------------------------------------------


def _asked_of(who: Student, number: str) -> Exercise:
    """The exercise with the numbers of this student; where the seed is free, it is told later."""
    exercise = find(number)
    is_theirs = who.key and exercise.seed is not None and not exercise.between_seeds
    return find(number, who.seed) if is_theirs else exercise


def _tries_of(number: str, who: Student) -> Tries:
    """What happened so far: since Python was started, or, with a name, as the sheet has it."""
    of = (who.key, number)
    if of not in _tries:
        _tries[of] = Tries()
        with suppress(FunnelSimError):  # a sheet that cannot be read: told when it is written
            if kept := sheet_of(who).answers.get(number):
                _tries[of] = Tries(kept.outcome, kept.hints, kept.hints, kept.tries, kept.answer)
    return _tries[of]


def _kept(exercise: Exercise, tries: Tries, who: Student, seed: int | None = None) -> str:
    """Writes it into the student's sheet; empty, or why that could not be."""
    answered = Answered(
        outcome=tries.outcome, tries=tries.count, hints=tries.helped, answer=tries.last,
        seed=seed if exercise.between_seeds else exercise.seed,
    )  # fmt: skip
    return keep(who, answers={exercise.number: answered})


# --- which exercise -------------------------------------------------------------------------------


@cache
def _tables() -> list[dict[str, Callable[..., Exercise]]]:
    modules = (found.name for found in iter_modules(__path__, f"{__name__}."))
    lessons = sorted(name for name in modules if name.rpartition(".")[2].startswith("lesson_"))
    return [import_module(name).EXERCISES for name in lessons]


@cache
def _builders() -> dict[str, Callable[..., Exercise]]:
    return {number: builder for table in _tables() for number, builder in sorted(table.items())}


def _lessons() -> list[str]:
    return sorted({number.partition(".")[0] for number in _builders()})


def _number(given: Any, answer: Any = ...) -> str:
    """The number of an exercise, however it is written: "1.2", 1.2, "Exercise 01,2", "1B.1"."""
    if isinstance(given, str | Real):
        match = re.fullmatch(WRITTEN, str(given)[:40], flags=re.IGNORECASE)
        number = f"{int(match[1]):02}{match[2].lower()}.{int(match[3])}" if match else ""
        if number in _builders():
            return number
    if isinstance(answer, str) and answer.strip() in _builders():
        call = f'fs.check("{answer.strip()}", answer)'
        raise FunnelSimError(f"the exercise comes first, then the answer: write {call}")
    if isinstance(given, Real) and answer is ...:
        call = f'fs.check("{next(iter(_builders()))}", {given})'
        raise FunnelSimError(f"to which exercise is {given} the answer? Write {call}, for example")
    return str(given)[:40].strip()


def _so_far(lesson: str, who: Student) -> Verdict:
    """How far one has come: a mark for each exercise of the lesson, or of each lesson."""
    lines, outcomes = [], []
    for other in [lesson] if lesson else _lessons():
        numbers = [number for number in _builders() if number.startswith(f"{other}.")]
        found = [_tries_of(number, who).outcome for number in numbers]
        marks = "  ".join(f"{MARKS[o]} {n}" for o, n in zip(found, numbers, strict=True))
        lines.append(f"{marks}: {found.count('right')} of {len(found)} right")
        outcomes += found
    outcome = "right" if set(outcomes) == {"right"} else "not answered"
    return Verdict(f"Lesson {lesson}" if lesson else "All lessons", outcome, "\n".join(lines))
