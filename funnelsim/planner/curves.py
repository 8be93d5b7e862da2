"""The chance of the target along the lever, of a search: a curve through what it has found.

Few settings were simulated, and most of them with few replications. From one to the next the mean
result moves, which the same customers tell well, and so does its spread; the shape of what may come
is that of the setting that was simulated most. Last the curve is led through what is known well.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from funnelsim.distributions import Floats
from funnelsim.planner.search import FEWEST, Trials, chance, steps_of

if TYPE_CHECKING:
    import pandas as pd

POINTS, NEAR = 60, (0.7, 1.3)  # of the curve near the plan, and what is near
APART = 0.02


def searched_curve(
    trials: Trials, target: float, x: float, known: dict[float, float]
) -> pd.DataFrame:
    """A row per setting, ascending: `setting`, `chance` and `mean` result; x is the plan's.

    `known` are the chances to go through; none where the lever has steps: then the settings are
    those that were tried.
    """
    import pandas as pd

    tried = np.array(trials.settings())
    if not known:
        results = [trials.known(x) for x in tried]
        columns = [[chance(r, target) for r in results], [float(r.mean()) for r in results]]
        return pd.DataFrame({"setting": tried, "chance": columns[0], "mean": columns[1]})
    low, high = max(NEAR[0] * x, tried[0]), min(NEAR[1] * x, tried[-1])
    settings = _points(tried, low, high)
    chances, means = _along(trials, settings, target)
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
    """Chance of the target and mean result at settings between those tried."""
    from scipy.special import ndtr

    tried = _apart(trials)
    best = max((trials.known(x) for x in tried), key=len)
    # of the same customers: what few replications say of the way is more than what they say of both
    means = [best.mean() + (r - best[: len(r)]).mean() for r in map(trials.known, tried)]
    spread_at = [x for x in tried if len(trials.known(x)) >= min(FEWEST, len(best))]
    spreads = [trials.known(x).std() for x in spread_at]
    mean, spread = _smooth(tried, means, settings), _smooth(spread_at, spreads, settings)
    # each result stands for those around it: a kernel, so wide as Silverman has it, that adds none
    # to the spread
    wide = 1.06 * len(best) ** -0.2
    shape = (best - best.mean()) / (best.std() or 1.0)
    unit, step = steps_of(best, target)
    over = mean - (step - unit / 2)
    kernel = np.maximum(spread, unit / 10)[:, None] / np.hypot(1, wide)
    return ndtr((over[:, None] / kernel + shape) / wide).mean(axis=1), mean


def _apart(trials: Trials) -> list[float]:
    """The settings tried, less those so near a better known one that the difference is chance."""
    kept: list[float] = []
    for x in sorted(trials.settings(), key=lambda x: -len(trials.known(x))):
        if all(abs(x - other) > APART * other for other in kept):
            kept.append(x)
    return sorted(kept)


def _smooth(at: Sequence[float], values: Sequence[float], settings: Floats) -> Floats:
    """A curve through the values that rises and falls only where they do; level at its ends."""
    from scipy.interpolate import PchipInterpolator

    if len(at) == 1:
        return np.full(len(settings), values[0])
    found: Floats = PchipInterpolator(at, values)(np.clip(settings, at[0], at[-1]))
    return found


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
