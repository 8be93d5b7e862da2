"""What becomes of the open deals of a day: how likely each is won, how sure that is, and when.

The chance of a deal is that it goes on from its stage, given how long it has been there, times the
conversions of the stages that follow, each by itself: a deal that is lost first and comes back is
another beginning. All is estimated from what was known on the day (`laws.Seen`), of all deals of a
stage together; or it is a scenario's (`laws.Stated`), by channel, segment and arm.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from funnelsim.analytic.conversion import ratio_of
from funnelsim.arguments import given
from funnelsim.distributions import Floats, Ints
from funnelsim.errors import FunnelSimError
from funnelsim.metrics.known import Known, stays
from funnelsim.metrics.laws import StageLaw, Stated, seen_laws
from funnelsim.scenario import Scenario, Stage

if TYPE_CHECKING:
    import pandas as pd

STEPS = 2048  # of the time until the last win
AT_ONCE = 1000  # deals
ENTERING = -1.0  # the age of a deal that enters its stage


class Chances:
    """Of the deals open on a day, in the order of `deals`: `won`, its standard error `se`."""

    def __init__(self, known: Known, scenario: Scenario | None = None) -> None:
        self.known, self.deals = known, known.open()
        stated = scenario is not None
        self._laws, self._group = _laws(known, self.deals, scenario)
        self._stage = self.deals["stage"].to_numpy(dtype=int)
        begun = self.deals["since" if stated else "entered"].to_numpy(dtype=float)
        self.age: Floats = np.maximum(known.day - begun, 0.0)
        self.waits = self.deals["waits"].to_numpy(dtype=bool) & stated
        self.won, self.se = np.full((2, len(self.deals)), np.nan)
        for laws, stage, rows in self._alike():
            entering = np.where(self.waits[rows], ENTERING, self.age[rows])  # as if called now
            self.won[rows], self.se[rows] = way_on(laws, stage, entering)

    def _alike(self) -> Iterator[tuple[list[StageLaw], int, Ints]]:
        """The laws, the stage and the places of deals that have both in common."""
        for number, laws in enumerate(self._laws):
            for stage in range(len(laws)):
                rows = np.flatnonzero((self._group == number) & (self._stage == stage))
                if len(rows):
                    yield laws, stage, rows

    def doubt(self) -> Floats:
        """How unsure the conversion of each stage is that a deal has before it, as a share of it:
        shape (deals, stages). Deals that share a stage share its doubt.
        """
        found = np.zeros((len(self.deals), len(self.known.stages)))
        for laws, stage, rows in self._alike():
            for number in range(stage, len(laws)):
                age = self.age[rows] if number == stage else np.full(len(rows), ENTERING)
                law = laws[number]
                share = law.onward(age) if number == stage else np.full(len(rows), law.conversion)
                se = np.sqrt(_variance(share, law.told_by(age)))
                found[rows, number] = np.divide(se, share, out=np.zeros_like(se), where=share > 0)
        return found

    def limits(self, quantile: float) -> Floats:
        """Of each deal: the time in its stage that this share of the winners did not exceed."""
        found = np.full(len(self.deals), np.nan)
        for laws, stage, rows in self._alike():
            found[rows] = laws[stage].quantile(quantile)
        return found

    def within(self, days: Floats) -> Floats:
        """How likely each deal is won within so many days from now: shape (deals, days)."""
        found = np.full((len(self.deals), len(days)), np.nan)
        for rows, edges, cumulative in self._in_time():
            at = np.clip(days, 0, edges[-1])
            place = np.clip(np.searchsorted(edges, at) - 1, 0, len(edges) - 2)
            part = (at - edges[place]) / np.diff(edges)[place]
            low, high = cumulative[:, place], cumulative[:, place + 1]
            found[rows] = low + part * (high - low)
        return found

    def median_days(self) -> Floats:
        """From now: by when half of the chance to win is over; NaN where that is not to be seen."""
        found = np.full(len(self.deals), np.nan)
        for rows, edges, cumulative in self._in_time():
            half = 0.5 * self.won[rows]
            for row, share, line in zip(rows, half, cumulative, strict=True):
                if 0 < share <= line[-1]:
                    place = max(int(np.searchsorted(line, share)), 1)
                    low, high = line[place - 1], line[place]
                    part = (share - low) / (high - low)
                    found[row] = edges[place - 1] + part * (edges[place] - edges[place - 1])
        return found

    def _in_time(self) -> Iterator[tuple[Ints, Floats, Floats]]:
        """Rows of deals, ends of steps of time, and how likely they are won by each end."""
        for laws, stage, every in self._alike():
            longest = [max(law.left(ENTERING)[0], default=0.0) for law in laws[stage:]]
            step = max(sum(map(float, longest)), 1e-6) / (STEPS - 2)
            edges = np.maximum(step * (np.arange(STEPS + 1) - 0.5), 0)
            after = np.fft.rfft(_on_grid([(np.zeros(1), np.ones(1))], step), 2 * STEPS)
            for law in laws[stage + 1 :]:
                one = _on_grid([law.left(ENTERING)], step)
                after = after * np.fft.rfft(one, 2 * STEPS)
            for begin in range(0, len(every), AT_ONCE):
                rows = every[begin : begin + AT_ONCE]
                left = [
                    laws[stage].left(ENTERING if self.waits[row] else self.age[row]) for row in rows
                ]
                moved = np.fft.rfft(_on_grid(left, step), 2 * STEPS) * after
                shares = np.fft.irfft(moved, 2 * STEPS)[:, :STEPS]
                total = np.cumsum(np.maximum(shares, 0), axis=1)
                yield rows, edges, np.concatenate([np.zeros((len(rows), 1)), total], axis=1)


def way_on(laws: Sequence[StageLaw], stage: int, age: Floats) -> tuple[Floats, Floats]:
    """How likely a deal of that age in the stage (`ENTERING`: a new one) is won, and its s.e."""
    law, later = laws[stage], laws[stage + 1 :]
    here = np.where(age == ENTERING, law.conversion, law.onward(np.maximum(age, 0)))
    ways = np.array([one.conversion for one in later])
    sure = [_variance(one.conversion, one.told_by(np.array([ENTERING]))) for one in later]
    won, doubt = here, _variance(here, law.told_by(age))
    for way, variance in zip(ways, sure, strict=True):  # of a product of independent factors
        won, doubt = won * way, doubt * (way**2 + variance) + won**2 * variance
    return won, np.sqrt(doubt)


def stage_laws(known: Known, scenario: Scenario | None = None) -> list[StageLaw]:
    """The law of each stage, of all deals together, or of a lead whose odds ratio is 1."""
    if scenario is None:
        return list(_seen(known))
    return [Stated(scenario, stage, 1.0) for stage in _fitting(known, scenario)]


@lru_cache(maxsize=4)  # figures of one day ask for them one after the other
def _seen(known: Known) -> Sequence[StageLaw]:
    return list(seen_laws(known.visits, len(known.stages), stays(known.visits, known.day)))


def _fitting(known: Known, scenario: Scenario) -> Sequence[Stage]:
    """The stages before the goal of the scenario, which are those of the deals."""
    stages = given(Scenario, scenario, "scenario", "fs.load(name)").stages[:-1]
    if [stage.name for stage in stages] != known.stages:
        raise FunnelSimError(
            f"scenario has the stages {', '.join(s.name for s in stages)}; the deals are in "
            f"{', '.join(known.stages)}: give the scenario that they belong to"
        )
    return stages


def _laws(
    known: Known, deals: pd.DataFrame, scenario: Scenario | None
) -> tuple[list[list[StageLaw]], NDArray[np.int64]]:
    """The laws of the stages, group by group, and which group each deal is of."""
    if scenario is None:
        return [stage_laws(known)], np.zeros(len(deals), dtype=np.int64)
    stages = _fitting(known, scenario)
    channels = {channel.name: channel.odds_ratio for channel in scenario.channels}
    segments = {segment.name: segment.odds_ratio for segment in scenario.segments}
    arms = {arm.name: arm.odds_ratio for arm in scenario.arms}
    origins = [deals[name].astype(str) for name in ("channel", "segment", "arm")]
    kinds = list(zip(*origins, strict=True))
    numbers = {kind: number for number, kind in enumerate(dict.fromkeys(kinds))}
    laws: list[list[StageLaw]] = []
    for channel, segment, arm in numbers:
        odds = (channels.get(channel, 1.0), segments.get(segment, 1.0), arms.get(arm, 1.0))
        laws.append([Stated(scenario, stage, ratio_of(odds, stage)) for stage in stages])
    return laws, np.array([numbers[kind] for kind in kinds], dtype=np.int64)


def _variance(share: Floats | float, told_by: Floats | float) -> Floats:
    """Of a share told by so many: with two more of each kind, so that none and all are no proof.

    Source: A. Agresti and B. A. Coull, Approximate Is Better than "Exact" for Interval Estimation
    of Binomial Proportions, The American Statistician 52 (1998).
    """
    known = np.isfinite(told_by)
    n = np.where(known, told_by, 0.0) + 4.0
    middle = (np.asarray(share) * (n - 4) + 2) / n
    return np.where(known, middle * (1 - middle) / n, 0.0)


def _on_grid(left: Sequence[tuple[Floats, Floats]], step: float) -> Floats:
    """Shares at times as shares at steps, parted between the two next to each, so that the mean
    stays: shape (len(left), STEPS).
    """
    found = np.zeros((len(left), STEPS))
    for row, (times, shares) in zip(found, left, strict=True):
        at = np.minimum(times / step, STEPS - 1.0)
        low = at.astype(int)
        part = (at - low) * shares
        row += np.bincount(low, shares - part, STEPS)
        row += np.bincount(np.minimum(low + 1, STEPS - 1), part, STEPS)
    return found
