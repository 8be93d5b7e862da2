"""How likely a deal goes on from its stage, and when, by how long it has been there.

`Seen` is estimated from visits known on a day; `Stated` is what a scenario says. Both answer the
same questions, of ages in days.

Source of `Seen`: O. O. Aalen and S. Johansen, An Empirical Transition Matrix for Non-Homogeneous
Markov Chains Based on Censored Observations, Scandinavian Journal of Statistics 5 (1978). Open
visits count for as long as they have been watched, so nobody is left out as too young. Whether the
last word is spoken: R. A. Maller and S. Zhou, Survival Analysis with Long-Term Survivors (1996).
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Protocol

import numpy as np

from funnelsim.analytic.conversion import visits_of
from funnelsim.distributions import DAY, Floats
from funnelsim.scenario import Scenario, Stage

if TYPE_CHECKING:
    import pandas as pd

GRID = (np.arange(400) + 0.5) / 400


class StageLaw(Protocol):
    """Of the deals in a stage: who goes on, and how long that takes."""

    @property
    def conversion(self) -> float:
        """Of those who enter: how many go on."""

    def onward(self, age: Floats) -> Floats:
        """Of those still undecided at each age (0 or more): how many go on."""

    def told_by(self, age: Floats) -> Floats:
        """By how many decisions after that age (below 0: all) it is told; endless if stated."""

    def left(self, age: float) -> tuple[Floats, Floats]:
        """Days until they go on, given the age (below 0: they enter), and how many then."""

    def quantile(self, q: float) -> float:
        """The time in the stage that this share of those who go on does not exceed."""


class Seen:
    """The law of a stage as its visits tell it, as far as they were known.

    times, went_on, lost: of shape (n,), the times at which visits were decided (ascending), and the
    share of all visits that goes on, or is lost, at each; `rest` is the share that will go on later
    than anybody has so far.
    """

    def __init__(self, stay: Floats, outcome: Floats, observed: Floats, weight: Floats) -> None:
        """`outcome` is 1 for who went on, 0 for who was lost, NaN for who is open."""
        decided = ~np.isnan(outcome)
        self.times, place = np.unique(stay[decided], return_inverse=True)
        shares = [weight[decided] * (outcome[decided] == kind) for kind in (1, 0)]
        kinds = [np.bincount(place, one, len(self.times)).astype(float) for one in shares]
        at_risk = _at_least(stay, weight, self.times)
        late = observed > 0
        to_come = _at_least(observed[late], weight[late], self.times)
        # while others are still to be watched, a lone first decision must not be the end of all
        at_risk += (to_come > 0) - to_come
        hazards = [np.divide(k, at_risk, out=np.zeros_like(k), where=at_risk > 0) for k in kinds]
        after = np.cumprod(np.clip(1 - hazards[0] - hazards[1], 0, 1))
        before = np.concatenate([[1.0], after[:-1]]) if len(after) else after
        self.went_on, self.lost = before * hazards[0], before * hazards[1]
        self._undecided = np.concatenate([[1.0], after])
        self._decisions = np.concatenate([[0.0], np.cumsum(kinds[0] + kinds[1])])
        self.rest = self._rest(stay[~decided])

    def _rest(self, watched: Floats) -> float:
        """Of those undecided at the end: as many as of the decided, if winners may still come.

        They may where the last ones came close to the longest time watched. N are those within the
        last stretch of that length; e^(1 - N) says how far the end of the winners is not yet seen.
        """
        at_end, sum_on = self._undecided[-1], self.went_on.sum()
        if not (at_end > 0 and sum_on > 0 and len(watched)):
            return 0.0
        last = self.times[self.went_on > 0].max()
        stretch = max(watched.max() - last, 0.0)
        n = (self.went_on[self.times > last - stretch] > 0).sum()
        still = math.exp(1.0 - max(n, 1))
        return float(at_end * still * sum_on / (sum_on + self.lost.sum()))

    @property
    def conversion(self) -> float:
        return float(self.went_on.sum() + self.rest) if len(self.times) else np.nan

    def onward(self, age: Floats) -> Floats:
        if not len(self.times):
            return np.full(len(age), np.nan)
        later = np.append(np.cumsum(self.went_on[::-1])[::-1], 0.0) + self.rest
        place = np.searchsorted(self.times, age, side="right")
        there = self._undecided[place]
        found = np.divide(later[place], there, out=np.zeros(len(age)), where=there > 1e-12)
        inside: Floats = np.clip(found, 0, 1)
        return inside

    def told_by(self, age: Floats) -> Floats:
        place = np.searchsorted(self.times, age, side="right")
        found: Floats = self._decisions[-1] - self._decisions[place]
        return found

    def left(self, age: float) -> tuple[Floats, Floats]:
        place = int(np.searchsorted(self.times, age, side="right"))
        there = self._undecided[place]
        if there <= 1e-12:
            return np.zeros(0), np.zeros(0)
        return self.times[place:] - max(age, 0.0), self.went_on[place:] / there

    def quantile(self, q: float) -> float:
        took_time = (self.went_on > 0) & ((self.times > 0) | ~(self.times > 0).any())
        times, shares = self.times[took_time], self.went_on[took_time]
        if not len(times):
            return np.nan
        place = int(np.searchsorted(np.cumsum(shares) / shares.sum(), q - 1e-12))
        return float(times[min(place, len(times) - 1)])


def _at_least(values: Floats, weight: Floats, times: Floats) -> Floats:
    """The weight of the values that are not below each time."""
    order = np.argsort(values)
    above = np.append(np.cumsum(weight[order][::-1])[::-1], 0.0)
    return above[np.searchsorted(values[order], times, side="left")]


class Stated:
    """The law of a stage as a scenario says it, for deals of one odds ratio (MODEL: the state).

    With S1 and S0 of decision and loss time: at the age a, p S1(a) ÷ (p S1(a) + (1 - p)
    ((1 - silent) S0(a) + silent)), less what `drop_after` gives up.
    """

    def __init__(self, scenario: Scenario, stage: Stage, ratio: float) -> None:
        p = stage.conversion or 0.0
        self._stage, self._p = stage, p * ratio / (1 - p + p * ratio)
        self._ends = (stage.drop_after or math.inf) / DAY
        self.conversion = float(visits_of(scenario, stage, ratio)[0].wins)

    def onward(self, age: Floats) -> Floats:
        s, p = self._stage, self._p
        on, lost = (law.sf(age * DAY) for law in (s.decision_time, s.time_to_lose))
        there = p * on + (1 - p) * ((1 - s.silent) * lost + s.silent)
        if math.isfinite(self._ends):
            on = np.maximum(on - s.decision_time.sf(np.full(len(age), self._ends * DAY)), 0)
        found = np.divide(p * on, there, out=np.zeros(len(age)), where=there > 0)
        return np.where(there > 0, found, p if p in (0.0, 1.0) else 0.0)

    def told_by(self, age: Floats) -> Floats:
        return np.full(len(age), np.inf)

    def left(self, age: float) -> tuple[Floats, Floats]:
        share = self.conversion if age < 0 else float(self.onward(np.array([age]))[0])
        law = self._stage.decision_time
        times = law.ppf(GRID) if age < 0 else law.residual(GRID, np.full(len(GRID), age * DAY))
        times = times[times / DAY <= self._ends - max(age, 0.0)] / DAY
        return times, np.full(len(times), share / max(len(times), 1))

    def quantile(self, q: float) -> float:
        inside = np.array([min(max(q, 1e-9), 1 - 1e-9)])
        return min(float(self._stage.decision_time.ppf(inside)[0]) / DAY, self._ends)


def seen_laws(visits: pd.DataFrame, stages: int, stay: Floats) -> list[Seen]:
    """The law of each stage, from visits known on a day and how long they have lasted."""
    result = visits["outcome"].map({"advanced": 1.0, "lost": 0.0}).to_numpy(dtype=float)
    observed, weight = (visits[n].to_numpy(dtype=float) for n in ("observed", "weight"))
    of = visits["stage"].to_numpy()
    # what had begun before the history and was watched for no time tells nothing
    used = ~(observed > stay)
    return [
        Seen(*(column[used & (of == n)] for column in (stay, result, observed, weight)))
        for n in range(stages)
    ]
