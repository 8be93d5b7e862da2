"""What a search has simulated: the results at each setting of the lever, on the same customers.

How often a setting is simulated goes by the work that one replication is: leads that come, and what
is there at the start. Where the conversion is not known, replications belong to classes of it in
turn, as many to each.
"""

from __future__ import annotations

import math
from dataclasses import replace
from functools import partial

import numpy as np

from funnelsim.analytic.arrivals import leads_of_channels
from funnelsim.distributions import Floats
from funnelsim.metrics.planned import result
from funnelsim.planner.futures import Futures
from funnelsim.planner.levers import Lever
from funnelsim.planner.parameter_uncertainty import ParameterUncertainty, may_be

FEW_LEADS, MANY_LEADS = 150_000, 500_000  # simulated at one setting: on the way, and at the end
FEWEST, MOST = 25, 500  # replications
ENOUGH, LEADS_FOR_THEM = 100, 2_000_000  # for a figure that is told, unless that is more work
MUCH, LEAST = 400_000, 10  # leads at one setting on the way, past which fewer replications do
ROUGH = 4  # replications that tell about where it is, of very many leads
TRIED, POINTS = 4, 9  # settings on the way and of the curve, about, for a bar's guess
SOME_LEADS, SOME = 40_000, (6, 60)  # simulated at one setting for the curve alone; replications


class Trials:
    """The results of replications at each setting tried, on the same customers."""

    def __init__(
        self,
        lever: Lever,
        metric: str,
        futures: Futures,
        uncertainty: ParameterUncertainty | None = None,
        classes: int = 1,  # of the conversion that is not known
        is_rough: bool = False,  # a few replications will do
    ) -> None:
        self.metric, self._futures, self._is_rough = metric, futures, is_rough
        self.lever, self.uncertainty, self._levers = lever, uncertainty, [lever]
        if uncertainty is not None:
            made = may_be(lever.scenario, uncertainty, classes)
            self._levers = [replace(lever, scenario=scenario) for scenario in made]
        self._results: dict[float, Floats] = {}
        self._leads = max(1.0, float(leads_of_channels(lever.scenario).sum()))

    def _work(self, x: float) -> float:
        """What one replication at this setting is: leads that come, and what is there."""
        return self._leads * (x if self.lever.moves_leads else 1.0) + self._futures.there

    @property
    def classes(self) -> int:
        """In how many classes of the conversion replications lie, in turn, the lowest first."""
        return len(self._levers)

    def of(self, lever: Lever, uncertainty: ParameterUncertainty | None = None) -> Trials:
        """The same of another lever, or with other uncertainty; nothing of it is simulated yet."""
        return Trials(lever, self.metric, self._futures, uncertainty, self.classes)

    def few(self, x: float) -> int:
        """Replications enough to see which way to go at this setting."""
        least = min(max(MUCH / max(self._work(x), 1.0), LEAST), FEWEST)
        least = ROUGH if self._is_rough else least
        return self._count(FEW_LEADS, x, least, MOST // 5)

    def many(self, x: float) -> int:
        """Replications for a figure that is told."""
        if self._is_rough:
            return self.few(x)
        enough = min(ENOUGH, LEADS_FOR_THEM / max(self._work(x), 1.0))
        return self._count(MANY_LEADS, x, max(enough, FEWEST), MOST)

    def some(self, x: float) -> int:
        """Replications for a point of the curve."""
        return self._count(SOME_LEADS, x, *SOME)

    def _count(self, leads: int, x: float, least: float, most: int) -> int:
        count = int(min(max(leads / max(self._work(x), 1.0), least), most))
        return -(-count // self.classes) * self.classes  # as many of each class

    def expect(self, searches: int, after: int = 0) -> None:
        """Tells the bar what is to come: so many searches, a curve, and something after that."""
        x = max(self.settings(), default=1.0)
        curve = POINTS * self.some(x) if not self._is_rough else 0
        self._futures.expect(searches * (TRIED * self.few(x) + self.many(x)) + curve + after)

    def at(self, x: float, count: int) -> Floats:
        """The results of the first `count` replications at a setting; kept for the next time."""
        known = self._results.get(x, np.empty(0))
        if len(known) < count:
            more = self._futures.among(
                partial(result, metric=self.metric),
                [lever.at(x) for lever in self._levers],
                range(len(known), count),
            )
            self._results[x] = known = np.concatenate([known, more])
        return known[:count]

    def known(self, x: float) -> Floats:
        """All results at a setting that was tried."""
        return self._results[x]

    def settings(self) -> list[float]:
        """The settings tried so far, ascending."""
        return sorted(self._results)

    def joined(self, x: Floats) -> Floats:
        """The results at any settings between those tried, shape (len(x), replications): lines.

        As many replications as each of them has.
        """
        tried = self.settings()
        count = min(len(self._results[at]) for at in tried)
        known = np.array([self._results[at][:count] for at in tried])
        if len(tried) == 1:
            return np.repeat(known, len(x), axis=0)
        place = np.clip(np.searchsorted(tried, x) - 1, 0, len(tried) - 2)
        left, right = np.array(tried)[place], np.array(tried)[place + 1]
        part = np.clip((x - left) / (right - left), 0, 1)[:, None]
        found: Floats = known[place] * (1 - part) + known[place + 1] * part
        return found


def steps_of(results: Floats, target: float) -> tuple[float, float]:
    """The steps in which results come, cents at least, and the least that meets the target.

    Where all are equal there is no step to be seen.
    """
    if not np.ptp(results):
        return 0.01, math.ceil(target * 100 - 1e-9) / 100
    unit = max(int(np.gcd.reduce(np.rint(results * 100).astype(np.int64), axis=None)), 1) / 100
    return unit, math.ceil(target / unit - 1e-9) * unit


def chance(results: Floats, target: float) -> float:
    """The share of these results that reach the target (see `chances`)."""
    return float(chances(results, target))


def chances(results: Floats, target: float) -> Floats:
    """The share of the results along the last axis that reach the target.

    Of a few futures of very many leads a share tells little: they are taken as normally
    distributed, and the next one as not yet seen (a Student distribution).
    """
    count = results.shape[-1]
    if count >= FEWEST:
        return np.asarray((results >= target).mean(axis=-1))
    from scipy.special import stdtr

    spread = results.std(axis=-1, ddof=1) * math.sqrt(1 + 1 / count)
    over = results.mean(axis=-1) - target
    far = np.divide(over, spread, out=np.where(over >= 0, np.inf, -np.inf), where=spread > 0)
    return np.asarray(stdtr(count - 1, far))
