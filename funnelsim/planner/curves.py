"""The chance of the target along the lever, of a search: a curve through what it has found.

Few settings were simulated, and most of them with few replications. Each replication is a line from
setting to setting, since the customers are the same; the curve is the share of the lines that reach
the target, smoothed, and led through the settings that were simulated many times.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from funnelsim.distributions import Floats
from funnelsim.planner.search import FEWEST, Trials, steps_of

if TYPE_CHECKING:
    import pandas as pd

POINTS, NEAR = 60, (0.7, 1.3)  # of the curve near the plan, and what is near


def searched_curve(
    trials: Trials, target: float, x: float, known: dict[float, float]
) -> pd.DataFrame:
    """A row per setting, ascending: `setting`, `chance` and `mean` result; x is the plan's.

    `known` are the chances to go through; none where the lever has steps: then the settings are
    those that were tried.
    """
    import pandas as pd

    settings = tried = np.array(trials.settings())
    low, high = max(NEAR[0] * x, tried[0]), min(NEAR[1] * x, tried[-1])
    if known:
        settings = _points(tried, low, high)
    chances, means = _along(trials, settings, target)
    if known:
        near = (settings >= low) & (settings <= high)
        chances[near] = _smooth(chances[near])
        chances = _through(settings, chances, known)
        below = settings <= x  # the plan is the least setting with its chance
        chances[below] = np.minimum.accumulate(chances[below][::-1])[::-1]
    return pd.DataFrame({"setting": settings, "chance": chances, "mean": means})


def _points(tried: Floats, low: float, high: float) -> Floats:
    """Evenly near the plan, and fewer away from it."""
    wide = np.linspace(tried[0], tried[-1], POINTS // 2)
    near = np.linspace(low, high, POINTS)
    found: Floats = np.concatenate([wide[wide < low], near, wide[wide > high]])
    return found


def _along(trials: Trials, settings: Floats, target: float) -> tuple[Floats, Floats]:
    """Chance of the target and mean result at settings between those tried.

    Each between its two neighbours, by as many replications as both have. Where one has hardly
    any, they only say by how much the mean moves, and all results of the other move by that.
    """
    tried = trials.settings()
    chances, means = np.empty(len(settings)), np.empty(len(settings))
    places = np.clip(np.searchsorted(tried, settings) - 1, 0, max(len(tried) - 2, 0))
    for place in np.unique(places):
        mine, neighbours = places == place, tried[place : place + 2]
        results = trials.joined(settings[mine], neighbours)
        known = max((trials.known(at) for at in neighbours), key=len)
        if (count := results.shape[1]) < FEWEST:
            results = known + results.mean(axis=1, keepdims=True) - known[:count].mean()
        unit, step = steps_of(known, target)
        # between two whole results a line says how often it is the upper one
        chances[mine] = np.clip((results - step) / unit + 1, 0, 1).mean(axis=1)
        means[mine] = results.mean(axis=1)
    return chances, means


def _smooth(chances: Floats) -> Floats:
    """What few replications say at even distances, without their small steps."""
    return np.convolve(np.pad(chances, 3, mode="edge"), np.full(7, 1 / 7), mode="valid")


def _through(settings: Floats, chances: Floats, known: dict[float, float]) -> Floats:
    """The curve led through what is known by many replications: its odds are turned."""
    at = np.array(sorted(known))

    def ln_odds(chances: Floats) -> Floats:
        chances = np.clip(chances, 1e-4, 1 - 1e-4)
        found: Floats = np.log(chances / (1 - chances))
        return found

    aside = ln_odds(np.array([known[x] for x in at])) - ln_odds(np.interp(at, settings, chances))
    turned = 1 / (1 + np.exp(-ln_odds(chances) - np.interp(settings, at, aside)))
    return np.where((chances > 0) & (chances < 1), turned, chances)
