"""In which week a change must begin (or end) for the target: a hire, a training, a holiday.

There are as many settings as the plan has weeks, so each can be tried. On the same customers some,
spread over the whole time, tell where the chance asked for is met; between two of them it is
halved down to the week. The answer is the one nearest to not having the change: the latest week for
what helps (a hire), the earliest for what hurts (a holiday). What helps first and hurts later, as a
hire does to profit, is found where the spread ones show it.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from funnelsim.analytic.arrivals import leads_of_channels
from funnelsim.analytic.time_to_sale import expected
from funnelsim.analytic.usual_sum import worth_of_a_sale
from funnelsim.distributions import Floats
from funnelsim.planner.answer import Found, Solved
from funnelsim.planner.closed_form import formula
from funnelsim.planner.curves import searched_curve
from funnelsim.planner.futures import Futures
from funnelsim.planner.levers import Lever, turned_down
from funnelsim.planner.parameter_uncertainty import classes_for
from funnelsim.planner.trials import Trials, chance

if TYPE_CHECKING:
    import pandas as pd

    from funnelsim.planner.question import Question

SPREAD = 9  # weeks tried over the whole time
MISSED = 3  # standard errors by which a few replications may miss the chance


def by_weeks(question: Question, futures: Futures) -> Solved:
    """The lever, with the direction in which it helps, the week, and the curve over all weeks."""
    solve = _by_search if question.no_formula else _by_formula
    return solve(question, futures)


def _settings(moved: Lever) -> list[float]:
    """The factors of the weeks, that of the least change first."""
    return sorted(map(moved.factor_of, moved.moments))


# --- by formula -------------------------------------------------------------------------------


def _by_formula(question: Question, futures: Futures) -> Solved:
    """Every week has its chance."""
    import pandas as pd

    def of(moved: Lever) -> pd.DataFrame:
        rows = [(x, *_law(question, moved, x)) for x in [*_settings(moved), 1.0]]
        table = pd.DataFrame(rows, columns=["setting", "chance", "mean"])
        return table.drop_duplicates("setting").sort_values("setting", ignore_index=True)

    moved, curve = question.lever, of(question.lever)
    if curve["mean"].iloc[-1] < curve["mean"].iloc[0]:
        moved = turned_down(moved)
        curve = of(moved)
    weeks = curve[curve["setting"].isin(_settings(moved))]
    enough = weeks[weeks["chance"] >= question.probability]
    best = weeks.sort_values(["chance", "mean", "setting"]).iloc[-1]
    limit = "" if len(enough) else "high"
    if not np.ptp(curve["mean"]):
        limit = "none"
    row = enough.iloc[0] if len(enough) else best
    x = float(row["setting"])
    found = Found(x if len(enough) else None, x, float(row["chance"]), limit=limit)
    today = float(curve.loc[curve["setting"] == 1.0, "chance"].iloc[0])
    curve = curve.assign(chance_se=0.0, mean_se=0.0)
    return Solved(moved, found, today, math.nan, curve, "formula", (x, x))


def _law(question: Question, moved: Lever, x: float) -> tuple[float, float]:
    """The chance of the target and the mean result at a setting."""
    scenario, metric = moved.at(x), question.metric
    law = formula(scenario, question.target, metric, question.uncertainty, question.is_fixed)
    mean = expected(scenario)[1] * worth_of_a_sale(scenario, metric)
    return law.chance(float(leads_of_channels(scenario).sum())), mean


# --- by simulation ----------------------------------------------------------------------------


def _by_search(question: Question, futures: Futures) -> Solved:
    moved, uncertainty = question.lever, question.uncertainty
    classes = classes_for(question.probability)
    trials = Trials(moved, question.metric, futures, uncertainty, classes)
    few, many = trials.few(1.0), trials.many(1.0)
    steps = math.ceil(math.log2(max(len(moved.moments) / SPREAD, 1) + 1))
    futures.expect((SPREAD + 1) * few + (steps + 1) * many)
    least, most = _settings(moved)[0], _settings(moved)[-1]
    if trials.at(most, few).mean() < trials.at(least, few).mean():
        trials = trials.of(turned_down(moved), uncertainty)
        moved = trials.lever
    trials.at(1.0, few)
    found = _first_week(trials, question, few, many)
    today = trials.known(1.0)
    settings = np.unique([*_settings(moved), *trials.settings()])
    curve = searched_curve(trials, question.target, settings, found.best, found.chance)
    naive = chance(today, question.target)
    return Solved(
        moved, found, naive, math.nan, curve, "simulation", (found.best, found.best)
    )  # fmt: skip


def _first_week(trials: Trials, question: Question, few: int, many: int) -> Found:
    """The least change that reaches the target with the chance asked for."""
    settings, probability = _settings(trials.lever), question.probability
    spread = np.unique(np.linspace(0, len(settings) - 1, SPREAD).round().astype(int)).tolist()
    seen = {place: trials.at(settings[place], few) for place in spread}
    error = math.sqrt(probability * (1 - probability) / few)

    def reaches(place: int) -> bool:
        return chance(trials.at(settings[place], many), question.target) >= probability

    def might(place: int) -> bool:
        return chance(seen[place], question.target) >= probability - MISSED * error

    high = next((place for place in spread if might(place) and reaches(place)), None)
    if high is None:
        return _at_best(trials, question, seen, many)
    low = max((place for place in spread if place < high), default=high - 1)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if reaches(middle) else (middle, high)
    return _found(trials, settings[high], question)


def _found(trials: Trials, x: float, question: Question) -> Found:
    results = trials.known(x)
    return Found(x, x, chance(results, question.target), len(results), results=np.sort(results))


def _at_best(trials: Trials, question: Question, seen: dict[int, Floats], many: int) -> Found:
    """The best that was tried, and why it does not do."""
    settings, tried = _settings(trials.lever), list(seen.values())

    def merit(place: int) -> tuple[float, float, int]:
        return chance(seen[place], question.target), float(seen[place].mean()), -place

    best = max(seen, key=merit)
    trials.at(settings[best], many)
    limit = "high" if best == len(settings) - 1 else "falls"
    if all(np.array_equal(results, tried[0]) for results in tried):
        limit = "none"
    return replace(_found(trials, settings[best], question), x=None, limit=limit)
