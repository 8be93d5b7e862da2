"""The loyalty programme's points: earned, redeemed, expired, and what the open ones are worth.

Points are a stock: what is open was earned at some time, perhaps before the warm-up. So these
figures are of the whole simulation, and earned = redeemed + expired + open, exactly.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from funnelsim.arguments import a_number
from funnelsim.distributions import DAY, Floats, Ints
from funnelsim.journal import EARNED, EXPIRED, REDEEMED, Journal
from funnelsim.metrics.basis import a_journal, ratio


class PointsByKind(NamedTuple):
    """Points of each replication by the horizon; NaN without a loyalty programme."""

    earned: Floats
    redeemed: Floats
    expired: Floats

    @property
    def open(self) -> Floats:
        return self.earned - self.redeemed - self.expired


def points_by_kind(journal: Journal) -> PointsByKind:
    """The points of a journal, or of each of `Together`."""
    horizon = journal.scenario.horizon
    return PointsByKind(*(_points(journal, kind, horizon) for kind in (EARNED, REDEEMED, EXPIRED)))


def points_worth(journal: Journal, points: Floats) -> Floats:
    """What so many points are worth, in currency; NaN without a loyalty programme."""
    loyalty = journal.scenario.loyalty
    return points * (loyalty.point_value if loyalty else np.nan)


def breakage(journal: Journal, expired: Floats) -> Floats:
    """Expired ÷ earned, of points old enough to have expired; NaN where points do not expire."""
    loyalty = journal.scenario.loyalty
    if loyalty is None or loyalty.expires_after is None:
        return np.full(len(journal.replications), np.nan)
    # nothing else can have expired than what was earned early enough
    before = journal.scenario.horizon - loyalty.expires_after
    return ratio(expired, _points(journal, EARNED, before))


def _points(journal: Journal, kind: int, before: int) -> Floats:
    """Credits, redemptions or expiries before a moment, by replication."""
    if journal.scenario.loyalty is None:
        return np.full(len(journal.replications), np.nan)
    t = journal.whole["points"]
    these = (t["kind"] == kind) & (t["time"] < before)
    return journal.totals("points", t["points"], these).astype(float)


def points_so_far(journal: Journal, moments: Ints | list[int]) -> tuple[Ints, Ints, Ints]:
    """Points earned, redeemed and expired before each of these moments (microseconds)."""
    t = journal.whole["points"]

    def so_far(kind: int) -> Ints:
        of_kind = t["kind"] == kind  # they stand in the order of time
        cumulated = np.concatenate([[0], np.cumsum(t["points"][of_kind])])
        return cumulated[np.searchsorted(t["time"][of_kind], moments, side="left")]

    return so_far(EARNED), so_far(REDEEMED), so_far(EXPIRED)


def points_liability(journal: Journal, day: float | None = None) -> float:
    """What the points open on this day are worth, in currency: what the firm owes its members.

    `day` counts from the scenario's start and means the moment it begins; left out, it is the
    horizon. 0 without a loyalty programme. Raises FunnelSimError for what is no journal, and for a
    day outside of the simulation.

    >>> from funnelsim import load, simulate
    >>> j = simulate(load("aida-loyalty-advocacy"), seed=1)
    >>> points_liability(j, 0)
    0.0
    >>> points_liability(j, 365) == points_liability(j) > 0
    True
    """
    scenario = a_journal(journal, "points_liability").scenario
    last = scenario.horizon / DAY
    if day is not None:
        day = a_number("day", day, 0, last, is_a="a day of the simulation,")
    if scenario.loyalty is None:
        return 0.0
    moment = scenario.horizon if day is None else round(day * DAY)
    earned, redeemed, expired = points_so_far(journal, [moment])
    return float(earned[0] - redeemed[0] - expired[0]) * scenario.loyalty.point_value
