"""How far to turn a lever, and the curve: by formula where there is one, else by a search."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from funnelsim.analytic.arrivals import leads_of_channels
from funnelsim.analytic.teams import team_load
from funnelsim.analytic.time_to_sale import expected
from funnelsim.analytic.usual_sum import worth_of_a_sale
from funnelsim.distributions import Floats
from funnelsim.planner.closed_form import formula
from funnelsim.planner.curves import add_knots, bounds, points, searched_curve
from funnelsim.planner.levers import Lever, factor_for, full_at, turned_down
from funnelsim.planner.parameter_uncertainty import ParameterUncertainty
from funnelsim.planner.roots import least
from funnelsim.planner.search import Found, search
from funnelsim.planner.trials import Trials
from funnelsim.scenario import Scenario

if TYPE_CHECKING:
    import pandas as pd

POINTS = 60  # of the curve
LEAST_START = 0.02  # of today's leads: where open deals bring nearly all of the target
PAST_CAPACITY = 1.6  # times the leads that keep the busiest team busy all the time
TABLES = 250  # replications for the tables of a plan, about
ROOM = 1.25  # times the plan's leads
NOTHING, NEARLY = 1e-9, 1e-7  # of a setting: as good as none; to how much a root is found, of it


@dataclass(frozen=True)
class Solved:
    """A lever's setting, how it was found, and the curve: setting (a factor), chance and mean with
    their standard errors."""

    found: Found
    naive_chance: float
    certain: float  # the setting if the conversion were known; NaN where it is
    curve: pd.DataFrame
    method: str
    interval: tuple[float, float]  # how sure the setting itself is (95 %)
    is_fixed: bool = False  # the number of leads is certain


# --- by formula -------------------------------------------------------------------------------


def by_formula(
    moved: Lever,
    target: float,
    metric: str,
    probability: float,
    uncertainty: ParameterUncertainty | None,
    fixed: bool,
    naive: float,
) -> tuple[Lever, Solved]:
    """The lever, with the direction in which it helps, and its setting by the formula."""
    import pandas as pd

    if not moved.moves_leads:
        less, more = _means(moved.at, [1 / 1.25, min(1.25, moved.high)], metric)
        moved = turned_down(moved) if more < less else moved
    scenario_at = cache(moved.at)  # the curve asks twice, the second time for the means

    def chances(doubt: ParameterUncertainty | None) -> Callable[[float], float]:
        def at(x: float) -> float:
            scenario = scenario_at(x)
            law = formula(scenario, target, metric, doubt, fixed)
            return law.chance(float(leads_of_channels(scenario).sum()))

        return at

    at = chances(uncertainty)
    naive_at = factor_for(moved, naive) if moved.moves_leads and naive < math.inf else 1.0
    if _is_idle(moved, metric, at):
        x, settings, limit, best = 1.0 if at(1.0) >= probability else None, [1.0], "none", 1.0
    else:
        x = _root(at, probability, moved)
        best = x if x is not None else moved.high
        low = _root(at, 0.01, moved) or best / 4
        high = min(_root(at, 0.995, moved) or 2 * best, moved.high)
        settings, limit = np.linspace(low, max(high, low), POINTS).tolist(), ""
        if x is None:
            limit = "high" if _means(moved.at, [best], metric)[0] > 0 else "nothing"
            best = best if limit == "high" else 1.0  # where nothing helps, today is as good
    curve = pd.DataFrame({"setting": settings, "chance": [at(s) for s in settings]})
    curve["chance_se"] = curve["mean_se"] = 0.0
    curve["mean"] = _means(scenario_at, settings, metric)
    certain = math.nan
    if uncertainty is not None:
        certain = _root(chances(None), probability, moved) or math.nan
    found = Found(x, best, at(best), limit=limit)
    return moved, Solved(found, at(naive_at), certain, curve, "formula", (best, best), fixed)


def _is_idle(moved: Lever, metric: str, at: Callable[[float], float]) -> bool:
    """Whether the lever changes neither the chance nor the mean."""
    if moved.moves_leads or at(1.0) != at(moved.high):
        return False
    return not np.ptp(_means(moved.at, [1.0, moved.high], metric))


def _means(at: Callable[[float], Scenario], settings: list[float], metric: str) -> Floats:
    """The result expected at each setting of a lever."""
    scenarios = map(at, settings)
    return np.array([expected(s)[1] * worth_of_a_sale(s, metric) for s in scenarios])


def _root(at: Callable[[float], float], probability: float, moved: Lever) -> float | None:
    """The least setting with this chance, to six digits; None where there is none."""

    if moved.whole:
        raise AssertionError("teams have no formula")
    return least(lambda x: at(x) - probability, 1.0, moved.high, 1e-7)


# --- by a search ------------------------------------------------------------------------------


def by_search(
    trials: Trials, moved: Lever, target: float, probability: float, naive: float
) -> tuple[Lever, Solved]:
    """The lever, with the direction in which it helps, and its setting by the search."""
    if not moved.moves_leads and not moved.whole and _falls(trials, moved):
        moved = turned_down(moved)
        trials = trials.of(moved, trials.uncertainty)
    trials.expect(1 + (trials.uncertainty is not None), after=TABLES)
    found = search(trials, moved, target, probability, first_guess(moved, naive))
    x = found.x if found.x is not None else found.best
    naive_at = factor_for(moved, naive) if moved.moves_leads and naive < math.inf else 1.0
    if found.x is None:  # no number is enough, and a typing error may ask for millions
        naive_at = min(naive_at, trials.settings()[-1])
    trials.at(naive_at, trials.few(naive_at))
    certain = math.nan
    trials.expect(int(trials.uncertainty is not None), after=TABLES)
    if trials.uncertainty is not None and found.x:
        sure = search(trials.of(moved), moved, target, probability, found.x)
        # a difference as small as the errors is none
        told = sure.x and math.log(found.x / sure.x) > math.hypot(found.error, sure.error)
        certain = sure.x if sure.x and told else found.x
        trials.expect(0, after=TABLES)
    if found.limit != "none":
        add_knots(trials, x, *_range(trials, moved, x), _bends(moved))
    settings = points(trials, x, naive_at)
    curve = searched_curve(trials, target, settings, x, found.chance)
    naive_chance = float(np.interp(naive_at, settings, curve["chance"]))
    interval = x, x
    if found.x and not moved.whole and found.limit != "none":
        interval = bounds(trials, target, probability, x, found.chance)
    return moved, Solved(found, naive_chance, certain, curve, "simulation", interval)


def first_guess(moved: Lever, naive: float) -> float:
    """Where a search begins: with the usual sum, but not past what the teams can do, since from
    there on it only gets worse."""
    if not moved.moves_leads:
        return 1.0
    leads = float(leads_of_channels(moved.scenario).sum())
    start = naive / leads if naive < math.inf else 1.0
    return max(min(start, 1 / max(_busiest(moved), 1e-9)), LEAST_START)


def _busiest(moved: Lever) -> float:
    """The load of the busiest team today; 0 without a team."""
    teams = moved.scenario.teams
    return float(team_load(moved.scenario)["load"].max()) if teams else 0.0


def _range(trials: Trials, moved: Lever, x: float) -> tuple[float, float]:
    """From where to where the curve goes: all that was tried, and of leads what teams do with more,
    for the picture of the cliff."""
    tried = trials.settings()
    if not moved.moves_leads:
        return tried[0], tried[-1]
    busiest = _busiest(moved)
    past = PAST_CAPACITY / busiest if busiest > 0 else 0.0
    return 0.0, min(max(tried[-1], ROOM * x, past), moved.high)


def _bends(moved: Lever) -> list[float]:
    """Where the result of more leads is known to have a corner: a channel is full, or a team."""
    if not moved.moves_leads:
        return []
    busiest = _busiest(moved)
    return [*full_at(moved), *([1 / busiest] if busiest > 0 else [])]


def _falls(trials: Trials, moved: Lever) -> bool:
    """Whether more of it is less of the result."""
    more = min(1.25, moved.high)
    less, count = 1 / 1.25, trials.few(1.0)
    return bool(trials.at(more, count).mean() < trials.at(less, count).mean())
