"""Says what an answer is: right, a mistake that is known, what another seed gives, or neither.

An answer is right as far as its exercise's tolerance reaches. One with more digits than asked for
tells more than that: if it is a known mistake's to the last digit, it was made by that mistake,
however near to the right answer it lies. So it was if it is rounded to what that mistake gives and
no right answer does.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from math import sqrt
from typing import NamedTuple

from funnelsim.exercises.answers import SECONDS
from funnelsim.exercises.entry import (
    FEW_SEASONS,
    SEASONS,
    Exercise,
    Mistake,
    rounded_to,
)
from funnelsim.exercises.programs import Failed, Program, Trial, known

# What people type for a seed, the default of fs.simulate first.
# Seed 11 is the question's own, which a student with numbers of their own may have left standing.
OTHER_SEEDS = (1, 11, 0, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 42, 123)
FREE_SEEDS = (*OTHER_SEEDS, *range(13, 31), 2027)  # the last stands in the notebook
MANY_DIGITS = 6  # so many are computed, not typed: no other number has the same by chance

NAMED = {"min": "minutes", "s": "seconds"}  # units that are written short
UNKNOWN = "unknown"  # wrong, in a way that is not known: the next hint goes with it

Find = Callable[[int], Exercise]  # the exercise, its answers computed with this seed


class Judgement(NamedTuple):
    outcome: str  # of a Verdict
    sentence: str


def judge(
    given: float | str, exercise: Exercise, at: Find, seed: int | None = None
) -> Judgement | None:
    """What there is to say about the answer; None where nothing is known about it.

    `seed` is the one that the student says it was simulated with.
    """
    if isinstance(given, str) or isinstance(exercise.right, str):
        named = [m.named for m in exercise.mistakes if m.answer == given]
        return right(exercise) if given == exercise.right else wrong(*named[:1])
    known = _right_or_known(given, exercise)
    if not _to_the_digit(given, exercise) and digits_of(given) >= MANY_DIGITS:
        # what another seed gives to the digit goes before what is near
        known = _of_another_seed(given, exercise, at, seed) or known
    return known or _nearly_right(given, exercise) or _of_another_seed(given, exercise, at, seed)


def judge_program(given: Program, exercise: Exercise, trial: Trial) -> Judgement:
    """The same of a function: what it did is compared with what the known ones do."""
    try:
        did = trial.run(given)
    except Failed as why:
        return Judgement("wrong", str(why))
    should = trial.truth() if trial.truth else known(trial, exercise.right)
    if trial.same(did, should):
        return right(exercise)
    for mistake in exercise.mistakes:
        if trial.same(did, known(trial, mistake.answer)):
            return Judgement("wrong", mistake.named)
    return Judgement(UNKNOWN, trial.difference(did, should))


def judge_without_seed(given: float, exercise: Exercise, at: Find) -> Judgement | None:
    """The same where the student chose a seed and did not tell it: found by the digits, or asked.

    A rounded answer may be the right one of one seed and a mistake of another.
    """
    if digits_of(given) >= MANY_DIGITS:
        for seed in FREE_SEEDS:
            if found := _to_the_digit(given, at(seed)):
                return found
    if abs(given - float(exercise.right)) <= exercise.between_seeds:
        call = f'fs.check("{exercise.number}", answer, seed=my_seed)'
        return Judgement(
            "not answered",
            f"With which seed? Write `{call}`: without it a right answer and a near miss look "
            "alike.",
        )
    named = _nearest(given, exercise, exercise.between_seeds)
    return wrong(named) or _nearly_right(given, exercise)


def right(exercise: Exercise) -> Judgement:
    return Judgement("right", f"Right. {exercise.why}")


def wrong(sentence: str = "") -> Judgement | None:
    return Judgement("wrong", sentence) if sentence else None


# --- right, or a mistake that is known ------------------------------------------------------------


def _right_or_known(given: float, exercise: Exercise) -> Judgement | None:
    is_right = _is_right(given, exercise)
    if decimals_of(given) > exercise.digits and (exact := _to_the_digit(given, exercise)):
        return exact if not is_right or exact.outcome == "wrong" else right(exercise)
    if is_right and (rounded := _rounded_mistake(given, exercise)):
        return wrong(f"{rounded} If a simulation said so, simulate more seasons.")
    return right(exercise) if is_right else wrong(_nearest(given, exercise))


def _is_right(given: float, exercise: Exercise) -> bool:
    return any(abs(given - answer) <= within for answer, within in _rights(exercise))


def _rights(exercise: Exercise) -> list[tuple[float, float]]:
    main = (float(exercise.right), exercise.tolerance)
    return [main, *((other.answer, other.tolerance) for other in exercise.also)]


def _to_the_digit(given: float, exercise: Exercise) -> Judgement | None:
    """What the exercise says to the last of the digits given; the right answer goes first."""
    within = 0.5000001 * 10.0 ** -decimals_of(given) + 1e-9 * abs(given)
    if any(abs(given - answer) <= within for answer, _ in _rights(exercise)):
        return right(exercise)
    known = exercise.mistakes + exercise.by_digits
    close = [mistake for mistake in known if abs(given - float(mistake.answer)) <= within]
    return wrong(close[0].named) if close else None


def _rounded_mistake(given: float, exercise: Exercise) -> str:
    """The mistake whose answer this is when rounded, if no right answer is rounded to the same."""
    decimals = decimals_of(given)
    if any(given == round(answer, decimals) for answer, _ in _rights(exercise)):
        return ""
    near = (m for m in exercise.by_digits if given == round(float(m.answer), decimals))
    return next((mistake.named for mistake in near), "")


def _nearest(given: float, exercise: Exercise, within: float | None = None) -> str:
    """The sentence of the known mistake that comes closest; empty if none does."""

    def off(mistake: Mistake) -> float:
        return abs(given - float(mistake.answer))

    def reach(mistake: Mistake) -> float:
        own = mistake.tolerance
        return within or (rounded_to(exercise.digits) if own is None else own)

    near = [mistake for mistake in exercise.mistakes if off(mistake) <= reach(mistake)]
    return min(near, key=off).named if near else ""


def _of_another_seed(
    given: float, exercise: Exercise, at: Find, seed: int | None
) -> Judgement | None:
    """Whether it is what another seed gives: one that was told, or that people type.

    A number with few digits, such as 0.25, is that of many seeds: only the one told is looked at.
    """
    if exercise.seed is None:
        return None
    is_computed = digits_of(given) >= MANY_DIGITS
    typed = OTHER_SEEDS if is_computed else OTHER_SEEDS[:2]
    told = () if seed is None else (seed,)
    for other in (*told, *(typed if decimals_of(given) >= exercise.digits else ())):
        found = _to_the_digit(given, at(other)) if other != exercise.seed else None
        asked = "you told" if exercise.between_seeds else "the question uses"
        gives = f"what seed {other} gives; {asked} seed {exercise.seed}."
        if found and found.outcome == "right":
            return wrong(f"That is {gives}")
        if found and is_computed:
            return wrong(f"{found.sentence} And it is {gives}")
    return None


# --- the right number, written in another way -----------------------------------------------------


def _nearly_right(given: float, exercise: Exercise) -> Judgement | None:
    """Right or a known mistake, but rounded, of few seasons, in percent, a point too many."""
    if too_far := _rounded_too_far(given, exercise):
        return wrong(too_far)
    few = exercise.tolerance * sqrt(SEASONS / FEW_SEASONS) if exercise.is_simulated else 0
    if abs(given - float(exercise.right)) <= few:
        more = f"Simulate {SEASONS:,} seasons or more, or take a formula."
        return wrong(f"Near, but farther off than chance takes many seasons. {more}")
    if exercise.is_share:
        share = given / 100
        if _is_right(share, exercise):
            return wrong(f"That is the right number in percent: write it as a share, {share:.4g}.")
    if turned := _turned(given, exercise):
        return wrong(turned)
    if exercise.is_share and not 0 <= given <= 1:
        rule, named = "A share lies between 0 and 1", _nearest(share, exercise)
        return wrong(f"{named} {rule}: {share:.4g}, not {given:.4g}." if named else f"{rule}.")
    thousands = 1000 * given
    if (
        1 <= abs(given) < 1000
        and decimals_of(given) <= 3
        and (_is_right(thousands, exercise) or _rounded_too_far(thousands, exercise))
    ):
        return wrong(
            f"{given:.10g} is a number below a thousand, since decimals have a point; if you mean "
            f"{thousands:,.0f}, write {thousands:.0f}."
        )
    return None


def _turned(given: float, exercise: Exercise) -> str:
    """What to say if one step leads from it to a right answer; empty if none does."""
    unit = exercise.unit
    if given and exercise.is_share:
        if _is_right(1 - given, exercise):
            return "That is the share of the others: what the one asked for lacks to 1."
        if _is_right(100 * given, exercise):
            return "That is a hundredth of the right number: it was a share before you divided."
        if _is_right(1 / given, exercise):
            return "Your fraction is upside down."
    if given and exercise.tolerance < abs(float(exercise.right)) and _is_right(-given, exercise):
        return "That is the right number with the other sign: what is taken from what?"
    for other, seconds in SECONDS.items() if unit in SECONDS else ():
        if other != unit and _is_right(given * seconds / SECONDS[unit], exercise):
            return f"Those are {NAMED.get(other, other)}; the question asks for {unit}."
    if unit == "EUR" and _is_right(given / 100, exercise):
        return "Those are cents; the question asks for EUR."
    return ""


def _rounded_too_far(given: float, exercise: Exercise) -> str:
    """What to say if this is a right answer with fewer digits than asked for; else empty."""
    digits = exercise.digits
    more = f"rounded too far: give {digits} digit{'s' * (digits != 1)} after the point."
    rights = [answer for answer, _ in _rights(exercise)]
    if any(_is_rounded(given, answer, digits) for answer in rights):
        return f"{given:.10g} is the right answer, but {more}"
    if exercise.is_share and any(_is_rounded(given / 100, answer, digits) for answer in rights):
        return (
            f"{given:g} is the right answer in percent, but write it as a share, and it is {more}"
        )
    return ""


def _is_rounded(given: float, right: float, digits: int) -> bool:
    """Whether it has fewer decimals than wanted, and they are right; one digit may be anything."""
    decimals = decimals_of(given)
    is_digit = digits_of(given) < 2 and decimals < 2 and abs(given) < 10
    return not is_digit and decimals < digits and given == round(right, decimals)


def decimals_of(number: float) -> int:
    """How many digits after the point it was given with.

    >>> decimals_of(0.638), decimals_of(0.1 + 0.2), decimals_of(750.0), decimals_of(1e-7)
    (3, 17, 0, 7)
    """
    return max(0, -int(Decimal(repr(number)).normalize().as_tuple().exponent))


def digits_of(number: float) -> int:
    """How many digits it was given with, zeros in front and at the end left out.

    >>> digits_of(0.0638), digits_of(750.0), digits_of(1 / 3)
    (3, 2, 16)
    """
    return len(Decimal(repr(number)).normalize().as_tuple().digits)
