"""The chance of the target and the mean result along the lever, of a search, with their errors.

A few settings are simulated (the knots), between them is a curve. Each knot that was simulated less
than the best known one takes over what that one knows better, as far as the two go together: the
same customers came to both (a control variate; A. M. Law, Simulation Modeling and Analysis, 5th
edition 2015, section 11.4). Of the chance the mean and the spread are led along; the shape of what
may come is that of the best known setting.

How far the curve may be off between two knots is told by the knots themselves: by how much each is
missed by a curve through all the others. Where that is too much, one more is simulated.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from funnelsim.distributions import Floats, Ints
from funnelsim.errors import FunnelSimError
from funnelsim.planner.trials import Trials, steps_of

if TYPE_CHECKING:
    import pandas as pd

POINTS, NEAR = 60, (0.7, 1.3)  # of the curve near the plan, and what is near
APART = 0.02  # of the setting: nearer to one another, the difference of two knots is chance
PARTS, MORE = 6, 4  # of the way at most between two knots; and how many more where it bends
FINE, BENT = 0.01, 3  # of the largest mean, and errors of the knot: a bend that is less is none
MISSED = 0.5  # of what a knot is missed by, the curve with all knots is off beside it
SPREAD_OF = 10  # replications that tell a spread
TWO_SIDED = 1.96  # standard errors: 95 % lie within
SQRT_2_PI = math.sqrt(2 * math.pi)


# --- which settings are simulated -------------------------------------------------------------


def add_knots(
    trials: Trials, plan: float, low: float, high: float, bends: Sequence[float] = ()
) -> None:
    """Simulates settings of the lever from low to high until a curve can be led through them.

    `plan` is the plan's; at the `bends` the curve is known to have a corner.
    """
    for x in (low, high, *(x for x in bends if low < x < high)):
        _tried(trials, x)
    while (gap := _widest(trials, low, high)) and _tried(trials, gap):
        pass
    for _ in range(MORE):
        knots = _knots(trials, plan)
        missed, tolerated = _missed(knots.at, knots.mean), FINE * np.abs(knots.mean).max()
        bent = np.where(missed > np.maximum(BENT * knots.own, tolerated), missed, 0.0)
        where = _beside(trials, float(knots.at[int(bent.argmax())]), low, high)
        if not bent.any() or where is None or not _tried(trials, where):
            return


def _tried(trials: Trials, x: float) -> bool:
    """Whether it can be simulated: so many leads may bring others without end."""
    try:
        trials.at(x, trials.some(x))
    except FunnelSimError:
        return False
    return True


def _widest(trials: Trials, low: float, high: float) -> float | None:
    """The middle of the widest gap between the settings tried; None where it is no part of all."""
    at = np.array([x for x in trials.settings() if low <= x <= high])
    gaps = np.diff(at)
    if not len(gaps) or gaps.max() <= (high - low) / PARTS:
        return None
    return _step_between(trials, *at[gaps.argmax() : gaps.argmax() + 2])


def _beside(trials: Trials, x: float, low: float, high: float) -> float | None:
    """The middle of the wider gap beside a setting."""
    at = [a for a in trials.settings() if low <= a <= high]
    gaps = [(b - a, a, b) for a, b in itertools.pairwise(at) if x in (a, b)]
    return _step_between(trials, *max(gaps)[1:]) if gaps else None


def _step_between(trials: Trials, a: float, b: float) -> float | None:
    """The setting in the middle of two, a whole step where the lever moves in such; None where
    there is none."""
    if not trials.lever.whole:
        return (a + b) / 2 if b - a > 2 * APART * b else None
    now = round(trials.lever.today)
    middle = (round(a * now) + round(b * now)) // 2
    return middle / now if middle > round(a * now) else None


# --- what they tell ---------------------------------------------------------------------------


@dataclass(frozen=True)
class _Knots:
    """At each setting `at`: the `count` of replications; the `mean`, its standard error, and the
    part of it that is its `own`, not that of the best known setting; the `spread`, and the own
    error of its logarithm."""

    at: Floats
    count: Ints
    mean: Floats
    error: Floats
    own: Floats
    spread: Floats
    spread_own: Floats


def _best(trials: Trials, plan: float) -> Floats:
    """The results at that setting near the plan's which was simulated most."""
    near = [x for x in trials.settings() if NEAR[0] * plan <= x <= NEAR[1] * plan]
    return trials.known(max(near, key=lambda x: (len(trials.known(x)), -abs(x - plan))))


def _knots(trials: Trials, plan: float) -> _Knots:
    at, best = _apart(trials), _best(trials, plan)
    rows = [_knot(trials.known(x), best, trials.classes, is_sure=x == 0) for x in at]
    counts = np.array([len(trials.known(x)) for x in at])
    return _Knots(np.array(at), counts, *np.array(rows).T)


def _apart(trials: Trials) -> list[float]:
    """The settings tried, less those so near a better known one that the difference is chance."""
    kept: list[float] = []
    for x in sorted(trials.settings(), key=lambda x: -len(trials.known(x))):
        if all(abs(x - other) > APART * other for other in kept) or trials.lever.whole:
            kept.append(x)
    return sorted(kept)


def _knot(
    results: Floats, best: Floats, classes: int, is_sure: bool
) -> tuple[float, float, float, float, float]:
    """Mean, its error, its own error, spread and its own error, with the best one's uncertainty."""
    count = min(len(results), len(best))
    some, also, spread = results[:count], best[:count], float(results.std(ddof=1))
    if not np.ptp(results):  # as if one future in so many were another
        return float(results[0]), 0.0 if is_sure else abs(np.ptp(best)) / count, 0.0, 0.0, 0.0
    varies = float(also.var(ddof=1))
    slope = float(np.cov(some, also)[0, 1]) / varies if varies else 0.0
    mean = float(results.mean()) + slope * float(best.mean() - also.mean())
    own = _error(some - slope * also, classes) * math.sqrt((count - 1) / (count - 2))
    alike = slope**2 * varies / spread**2  # the share of the variance that goes together
    if varies:
        spread *= (float(best.std(ddof=1)) / math.sqrt(varies)) ** alike
    spread_own = math.sqrt(max(1 - alike**2, 0.0) / (2 * count))
    return mean, math.hypot(own, slope * _error(best, classes)), own, spread, spread_own


def _error(results: Floats, classes: int) -> float:
    """The standard error of their mean. Where they lie in classes in turn, these are no chance:
    what differs within a class is, or, of one result for each, from each class to the next."""
    count = len(results)
    if classes == 1:
        return float(results.std(ddof=1)) / math.sqrt(count)
    by_class = results.reshape(-1, classes)
    varies = (
        by_class.var(axis=0, ddof=1).mean()
        if len(by_class) > 1
        else np.square(np.diff(results)).mean() / 2
    )
    return math.sqrt(float(varies) / count)


# --- the curve --------------------------------------------------------------------------------


def searched_curve(
    trials: Trials, target: float, settings: Floats, plan: float, chance: float
) -> pd.DataFrame:
    """A row per setting, ascending: `setting`, `chance` of the target and `mean` result, and the
    standard error of either, `chance_se` and `mean_se`.

    `plan` is the plan's setting, and `chance` what was found there.
    """
    import pandas as pd
    from scipy.special import ndtr

    knots, best = _knots(trials, plan), _best(trials, plan)
    mean, bend = _led(knots.at, knots.mean, knots.own, settings)
    told = knots.count >= min(SPREAD_OF, len(best))
    at, spread_own = knots.at[told], knots.spread_own[told]
    spread, wavers = _led(at, knots.spread[told], knots.spread[told] * spread_own, settings)
    # each result stands for those around it: a kernel, so wide as Silverman has it, that adds none
    # to the spread
    wide = 1.06 * len(best) ** -0.2
    shape = (best - best.mean()) / (best.std() or 1.0)
    unit, step = steps_of(best, target)
    spread = np.maximum(spread, unit / 10)
    over = (mean - (step - unit / 2)) / spread
    places = (over[:, None] * math.hypot(1, wide) + shape) / wide
    chances = _led_through(settings, ndtr(places).mean(axis=1), plan, chance)
    # of all that the best known setting does not share: mean and spread, by how they move chances
    steep = np.exp(-(places**2) / 2).mean(axis=1) * math.hypot(1, wide) / wide / SQRT_2_PI
    own = np.hypot(np.interp(settings, knots.at, knots.own), bend) / spread
    own_spread = np.hypot(np.interp(settings, at, spread_own), wavers / spread)
    share = (len(best) * chances + 1) / (len(best) + 2)  # of none seen it is not known to be 0
    shared = np.sqrt(share * (1 - share) / len(best))
    return pd.DataFrame(
        {
            "setting": settings,
            "chance": chances,
            "chance_se": np.sqrt(shared**2 + (steep * own) ** 2 + (steep * own_spread * over) ** 2),
            "mean": mean,
            "mean_se": np.hypot(np.interp(settings, knots.at, knots.error), bend),
        }
    )


def points(trials: Trials, plan: float, *others: float) -> Floats:
    """Settings for a curve: evenly near the plan's, fewer away from it, and those simulated."""
    tried = np.array(trials.settings())
    low, high = max(NEAR[0] * plan, tried[0]), min(NEAR[1] * plan, tried[-1])
    wide = np.linspace(tried[0], tried[-1], POINTS // 2)
    near = np.linspace(low, high, POINTS)
    at = np.concatenate([wide[(wide < low) | (wide > high)], near, tried, [plan, *others]])
    if trials.lever.whole:
        now = round(trials.lever.today)
        at = np.round(at[at > 0] * now) / now
    found: Floats = np.unique(at)
    return found


def bounds(
    trials: Trials, target: float, probability: float, plan: float, chance: float
) -> tuple[float, float]:
    """Between which settings the one with this probability lies: a 95 % interval.

    They are those whose chance cannot be told from it, so a flat curve has a wide one; it ends
    where nothing more was tried.
    """
    tried = trials.settings()
    settings = np.unique(np.append(np.linspace(tried[0], tried[-1], 2_000), plan))
    curve = searched_curve(trials, target, settings, plan, chance)
    aside = (curve["chance"] - probability) / curve["chance_se"]
    might = np.flatnonzero((aside > -TWO_SIDED) & (settings <= plan))
    must = np.flatnonzero((aside > TWO_SIDED) & (settings >= plan))
    low = float(settings[might[0]]) if len(might) else plan
    return low, float(settings[must[0]]) if len(must) else tried[-1]


def _led(at: Floats, values: Floats, own: Floats, settings: Floats) -> tuple[Floats, Floats]:
    """A curve through the knots, and how far it may be off beside them."""
    if len(at) < 3:
        return np.interp(settings, at, values), np.zeros(len(settings))
    missed = np.sqrt(np.maximum(_missed(at, values) ** 2 - own**2, 0.0))
    place = np.clip(np.searchsorted(at, settings) - 1, 0, len(at) - 2)
    part = np.clip((settings - at[place]) / (at[place + 1] - at[place]), 0, 1)
    off = MISSED * np.maximum(missed[place], missed[place + 1]) * 4 * part * (1 - part)
    return _smooth(at, values, settings), off


def _missed(at: Floats, values: Floats) -> Floats:
    """By how much each is missed by a curve through all others; the first and last as their
    neighbours."""
    if len(at) < 3:
        return np.zeros(len(at))
    inner = range(1, len(at) - 1)
    others = [_smooth(np.delete(at, n), np.delete(values, n), at[[n]])[0] for n in inner]
    missed = np.abs(values[1:-1] - others)
    return np.concatenate([missed[:1], missed, missed[-1:]])


def _smooth(at: Floats, values: Floats, settings: Floats) -> Floats:
    """A curve through the values that rises and falls only where they do; level at its ends."""
    from scipy.interpolate import PchipInterpolator

    found: Floats = PchipInterpolator(at, values)(np.clip(settings, at[0], at[-1]))
    return found


def _led_through(settings: Floats, chances: Floats, plan: float, chance: float) -> Floats:
    """The curve with its odds turned near the plan, so that it has this chance there and, the plan
    being the least setting with it, no larger one before."""

    def ln_odds(chances: Floats) -> Floats:
        chances = np.clip(chances, 1e-4, 1 - 1e-4)
        found: Floats = np.log(chances / (1 - chances))
        return found

    if plan > 0 and 0 < chance < 1:
        there = np.array([chance, np.interp(plan, settings, chances)])
        aside = float(-np.diff(ln_odds(there))[0])
        near = np.maximum(0.0, 1 - np.abs(settings / plan - 1) / (NEAR[1] - 1))
        chances = 1 / (1 + np.exp(-ln_odds(chances) - aside * near))
    below = settings <= plan
    chances[below] = np.minimum.accumulate(chances[below][::-1])[::-1]
    return chances
