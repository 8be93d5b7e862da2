"""How far to turn a lever so that the target is reached with the chance asked for: a search.

All settings of the lever are tried on the same customers ("common random numbers"): replication 17
has the same arrivals, tempers and patience whether 2,000 leads come or 2,300, and those 2,000 are
among them. So the chance rises smoothly with the lever, and few settings suffice:

1. go up or down from the first guess, in steps that follow the quantile of the results, until the
   chance asked for lies between two settings;
2. join the results of each replication by lines, and read off where the chance is met;
3. simulate there many times; what the chance still lacks is a small step, by which the results
   move as they did from the neighbour in that direction. Only where the step is not small is
   there another simulation.

Then a curve is led through what was simulated (`curves.py`).

Sources: common random numbers, and quantiles by order statistics: A. M. Law, Simulation Modeling
and Analysis, 5th edition (2015), sections 11.2 and 9.4.2.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Final

import numpy as np

from funnelsim.distributions import Floats
from funnelsim.errors import FunnelSimError
from funnelsim.planner.answer import Found, Solved
from funnelsim.planner.curves import add_knots, bounds, points, searched_curve
from funnelsim.planner.futures import Futures
from funnelsim.planner.levers import (
    Lever,
    busiest_load,
    factor_for,
    first_guess,
    full_at,
    turned_down,
)
from funnelsim.planner.parameter_uncertainty import classes_for
from funnelsim.planner.trials import FEWEST, Trials, chance, chances, steps_of

if TYPE_CHECKING:
    from funnelsim.planner.question import Question

PAST_CAPACITY = 1.6  # times the leads that keep the busiest team busy all the time
TABLES = 250  # replications for the tables of a plan, about
ROOM = 1.25  # times the plan's leads
UNBIASED: Final = "weibull"  # a new future falls short of this quantile as often as it says
STEPS = 14
SMALLEST_STEP, LARGEST_STEP = 1.03, 1.6
BEYOND = 1.3
MISSED = 3  # standard errors by which a few replications may miss the chance
NEAR = 0.05  # of the logarithm: over so small a step results move as one
ROUNDS, ROUND = 3, 0.1  # of many replications, at most, if the chance is met; logarithm of a step
TINY = 1e-9  # of a result: less is rounding
WIDE = 0.05  # of the logarithm, to both sides: how steep the chance is there
BESIDE = 32  # whole steps tried to either side of the best
FLAT = 0.1  # results that grow by less than this share of what the lever does: past capacity


# --- the whole way ----------------------------------------------------------------------------


def by_search(question: Question, futures: Futures) -> Solved:
    """The lever, with the direction in which it helps, its setting by a search, and the curve."""
    moved, uncertainty, naive = question.lever, question.uncertainty, question.naive
    asked = question.target, question.probability
    trials = Trials(moved, question.metric, futures, uncertainty, classes_for(question.probability))
    if not moved.moves_leads and not moved.whole and _falls(trials, moved):
        moved = turned_down(moved)
        trials = trials.of(moved, uncertainty)
    busiest = busiest_load(moved) if moved.moves_leads else 0.0
    trials.expect(1 + (uncertainty is not None), after=TABLES)
    found = search(trials, moved, *asked, first_guess(moved, naive, busiest))
    x = found.x if found.x is not None else found.best
    naive_at = factor_for(moved, naive) if moved.moves_leads and naive < math.inf else 1.0
    if found.x is None:  # no number is enough, and a typing error may ask for millions
        naive_at = min(naive_at, trials.settings()[-1])
    trials.at(naive_at, trials.few(naive_at))
    trials.expect(int(uncertainty is not None), after=TABLES)
    certain = math.nan
    if uncertainty is not None and found.x:
        certain = _if_it_were_known(trials, moved, *asked, found)
        trials.expect(0, after=TABLES)
    interval = x, x
    if found.limit != "none":
        low, high, bends = _range(trials, moved, x, busiest)
        add_knots(trials, x, low, high, bends)
    settings = points(trials, x, naive_at)
    curve = searched_curve(trials, question.target, settings, x, found.chance)
    naive_chance = float(np.interp(naive_at, settings, curve["chance"]))
    if found.x and not moved.whole and found.limit != "none":
        interval = bounds(trials, *asked, x, found.chance)
    return Solved(moved, found, naive_chance, certain, curve, "simulation", interval)


def _if_it_were_known(
    trials: Trials, lever: Lever, target: float, probability: float, found: Found
) -> float:
    """The setting that would do without doubt; a difference as small as the errors is none."""
    assert found.x is not None
    sure = search(trials.of(lever), lever, target, probability, found.x)
    told = sure.x and math.log(found.x / sure.x) > math.hypot(found.error, sure.error)
    return sure.x if sure.x and told else found.x


def _range(
    trials: Trials, moved: Lever, x: float, busiest: float
) -> tuple[float, float, list[float]]:
    """From where to where the curve goes: all that was tried, and of leads what teams do with more,
    for the picture of the cliff; and where it is known to have a corner: a channel is full, or the
    busiest team."""
    tried = trials.settings()
    if not moved.moves_leads:
        return tried[0], tried[-1], []
    past = PAST_CAPACITY / busiest if busiest > 0 else 0.0
    bends = [*full_at(moved), *([1 / busiest] if busiest > 0 else [])]
    return 0.0, min(max(tried[-1], ROOM * x, past), moved.high), bends


def _falls(trials: Trials, moved: Lever) -> bool:
    """Whether more of it is less of the result."""
    more = min(1.25, moved.high)
    less, count = 1 / 1.25, trials.few(1.0)
    return bool(trials.at(more, count).mean() < trials.at(less, count).mean())


# --- the least setting ------------------------------------------------------------------------


def search(trials: Trials, lever: Lever, target: float, probability: float, start: float) -> Found:
    """The least setting of the lever that reaches the target with this chance."""
    if lever.whole:
        return _in_steps(trials, lever, target, probability)
    if not lever.moves_leads and _is_idle(trials, lever):
        as_it_is = replace(_tried(trials, 1.0, target), limit="none")
        return as_it_is if as_it_is.chance >= probability else replace(as_it_is, x=None)
    low, high, limit = _bracket(trials, lever, target, probability, start)
    if high is None and (
        missed := _missed(trials, (low, trials.settings()[-1]), target, probability)
    ):
        low, high = max(x for x in (0.0, *trials.settings()) if x < missed), missed
    if high is None:
        return _stopped(trials, low, target, limit)
    if high == 0.0:
        return _tried(trials, 0.0, target)
    return _refined(trials, low, high, target, probability)


def _missed(
    trials: Trials, candidates: Sequence[float], target: float, probability: float
) -> float | None:
    """One of these settings that does after all: a few replications may have missed its chance."""
    for x in candidates:
        few = trials.known(x)
        error = math.sqrt(probability * (1 - probability) / len(few))
        might = chance(few, target) >= probability - MISSED * error
        if might and chance(trials.at(x, trials.many(x)), target) >= probability:
            return x
    return None


def _tried(trials: Trials, x: float, target: float) -> Found:
    results = trials.known(x)
    return Found(x, x, chance(results, target), len(results), results=_even(results)[0])


def _stopped(trials: Trials, best: float, target: float, limit: str) -> Found:
    return replace(_tried(trials, best, target), x=None, limit=limit)


def _is_idle(trials: Trials, lever: Lever) -> bool:
    """Whether the lever changes no result at all."""
    few = trials.few(1.0)
    tried = [trials.at(x, few) for x in (1.0, 1 / 1.25, min(1.25, lever.high))]
    return all(np.array_equal(results, tried[0]) for results in tried)


def _bracket(
    trials: Trials, lever: Lever, target: float, probability: float, start: float
) -> tuple[float, float | None, str]:
    """Two settings near each other, of which only the second reaches the target often enough."""
    nothing = trials.at(0.0, trials.few(0.0)) if lever.moves_leads else None
    if nothing is not None and chance(nothing, target) >= probability:
        return 0.0, 0.0, ""
    x, below, above = min(start, lever.high), [0.0], math.inf
    for _ in range(STEPS):
        try:
            results = trials.at(x, trials.few(x))
        except FunnelSimError:  # so many leads bring others without end
            if len(below) == 1 and x <= 1:
                raise
            if len(below) == 1:  # too far for a beginning: up from today
                x = 1.0
                continue
            return _best(trials, below[1:], target), None, "avalanche"
        if chance(results, target) >= probability:
            above = min(above, x)
            if above <= max(below) * LARGEST_STEP:
                break
            x = max(above / _step(results, target, probability), math.sqrt(max(below) * above))
            continue
        below.append(x)
        if above < math.inf:
            if above <= x * LARGEST_STEP:
                break
            x = math.sqrt(x * above)
        elif limit := _limit(trials, lever, below, target):
            best = _best(trials, below[1:], target)
            for near in (best / 1.15, best * 1.15):  # the best may lie between two large steps
                if near <= lever.high:
                    trials.at(near, trials.few(near))
                    below.append(near)
            return _best(trials, below[1:], target), None, limit
        else:
            least = SMALLEST_STEP ** (len(below) - 1)  # longer ones, where the way is long
            x = min(x * max(_step(results, target, probability), least), lever.high)
    below = [at for at in below if at < above]
    if above < math.inf:
        return max(below), above, ""
    return _best(trials, below[1:], target), None, "high"


def _best(trials: Trials, tried: list[float], target: float) -> float:
    """The setting with the best chance; among equals the one that brings most, then the least."""

    def merit(x: float) -> tuple[float, float, float]:
        results = trials.known(x)
        return chance(results, target), float(results.mean()), -x

    return max(tried, key=merit)


def _step(results: Floats, target: float, probability: float) -> float:
    """By what factor the quantile falls short, or is too much, with a bit on top."""
    quantile = float(np.quantile(results, 1 - probability))
    if quantile <= 0 or target <= 0:
        return LARGEST_STEP
    ratio = target / quantile
    return min(max(ratio, 1 / ratio) * SMALLEST_STEP, LARGEST_STEP)


def _limit(trials: Trials, lever: Lever, below: list[float], target: float) -> str:
    """What stops the way up, if anything does."""
    x = below[-1]
    now = float(np.mean(trials.at(x, trials.few(x))))
    if x >= lever.high:
        return "nothing" if not now and not trials.at(x, trials.few(x)).any() else "high"
    if len(below) > 5 and not now and not trials.at(x, trials.few(x)).any():
        return "nothing"
    if len(below) < 4:
        return ""
    before = below[-3]  # two steps back: one step of chance is no plateau
    then = float(np.mean(trials.at(before, trials.few(before))))
    if not x > before * 1.2 or not now:
        return ""
    if now < then:
        return "falls"
    grown = (now - then) / abs(now) / (1 - before / x)
    return "flat" if grown < FLAT and now < target else ""


def _refined(trials: Trials, low: float, high: float, target: float, probability: float) -> Found:
    """Where between two settings the chance is met: by lines, then by many replications."""
    least, most = low / BEYOND, trials.lever.high  # the few may have been wrong about the two
    x = _crossing(trials.joined, low, high, target, probability)
    for round_ in range(STEPS):
        results = trials.at(x, trials.many(high))
        lacks = _lacking(results, target, probability)
        growth = _growth(trials, x, up=lacks > 0)
        step = lacks / growth if growth > 0 else 0.0
        is_there = abs(step) <= NEAR or (lacks <= 0 and round_ >= ROUNDS - 1)
        if is_there or (lacks > 0 and x >= most):
            break
        step = float(np.clip(step, -ROUND, ROUND * max(1, round_)))
        x = float(np.clip(x * math.exp(step), least, most))
    step = float(np.clip(step, -NEAR, min(NEAR, math.log(most / x))))
    if lacks > step * growth + TINY:  # more of it does not help
        best = _best(trials, [x for x in trials.settings() if x > 0], target)
        return _stopped(trials, best, target, "high" if x >= trials.lever.high else "flat")
    wide = WIDE * max(growth, 0.0)
    steep = (chance(results, target - wide) - chance(results, target + wide)) / (2 * WIDE)
    return Found(
        x=x * math.exp(step),
        best=x * math.exp(step),
        chance=_chance_with(results, step * growth, target),
        replications=len(results),
        error=math.sqrt(probability * (1 - probability) / len(results)) / max(steep, 0.05),
        results=_even(results)[0] + step * growth,
    )


def _lacking(results: Floats, target: float, probability: float) -> float:
    """By how much all results would have to grow for the target to be met with the probability."""
    even, target = _even(results, target)
    return target - float(np.quantile(even, 1 - probability, method=UNBIASED))


def _chance_with(results: Floats, more: float, target: float) -> float:
    """The chance of the target if all results were so much more; `_lacking` the other way round."""
    even, target = _even(results, target)
    places = np.arange(1, len(even) + 1) / (len(even) + 1)
    return 1 - float(np.interp(target - more, even, places))


def _even(results: Floats, target: float = 0.0) -> tuple[Floats, float]:
    """The results, ascending, equal ones spread evenly up to the next step; the least step that
    meets the target.

    Sales come in whole numbers, and revenue in whole deals where all are worth the same; on
    average they grow by less than that when leads grow by a little.
    """
    unit, target = steps_of(results, target)
    _, counts = np.unique(results, return_counts=True)
    nth = np.arange(len(results)) - np.repeat(np.cumsum(counts) - counts, counts)
    even: Floats = np.sort(results) + unit * (nth + 0.5) / np.repeat(counts, counts)
    return even, target


def _growth(trials: Trials, x: float, up: bool) -> float:
    """What the mean result gains per logarithm of the lever, from x to its neighbour up or down.

    One so near that the difference would be chance is passed over.
    """
    apart = {at: abs(math.log(at / x)) for at in trials.settings() if at > 0}
    far = [at for at in apart if apart[at] >= NEAR] or [at for at in apart if at != x]
    if not far:
        return float(trials.known(x).mean())
    other = min([at for at in far if (at > x) == up] or far, key=lambda at: apart[at])
    count = min(len(trials.known(at)) for at in (x, other))
    gain = trials.at(x, count).mean() - trials.at(other, count).mean()
    return float(gain) / math.log(x / other)


def _crossing(
    joined: Callable[[Floats], Floats], low: float, high: float, target: float, probability: float
) -> float:
    """The least of some settings between two, from which on the joined results reach the target
    often enough.
    """
    fine = np.linspace(low, high, 400)[1:]
    reached = chances(joined(fine), target) >= probability
    return float(fine[int(np.argmax(reached))]) if reached.any() else high


def _in_steps(trials: Trials, lever: Lever, target: float, probability: float) -> Found:
    """The least whole step: doubling, then halving the distance."""
    now, tried = round(lever.today), list[float]()
    count = 2 * max(trials.few(1.0), FEWEST)

    def reaches(step: int) -> bool:
        if step / now not in tried:
            tried.append(step / now)
        return chance(trials.at(step / now, count), target) >= probability

    low, high, most = 0, 1, round(lever.high * now)
    while not reaches(high):
        if high >= most:
            return _stopped(trials, _best(trials, tried, target), target, "high")
        if high >= 4 and (limit := _no_more(trials, low / now, high / now, target)):
            best = round(_best(trials, tried, target) * now)
            # one beside it may do, where each costs
            steps = range(best // 2 + 1, 2 * best, max(1, best // BESIDE))
            for step in steps:
                if reaches(step):
                    between = range(max(step - steps.step, best // 2) + 1, step)
                    least = next((n for n in between if reaches(n)), step)
                    return _tried(trials, least / now, target)
            return _stopped(trials, _best(trials, tried, target), target, limit)
        low, high = high, min(2 * high, most)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if reaches(middle) else (middle, high)
    return _tried(trials, high / now, target)


def _no_more(trials: Trials, low: float, high: float, target: float) -> str:
    """The limit ("flat", "falls"), if twice as many steps bring no more; else empty."""
    few, more = (float(np.mean(trials.known(x))) for x in (low, high))
    little = 0.01 * min(abs(few), abs(target - few))
    if more - few > little:
        return ""
    return "flat" if more >= few - little else "falls"
