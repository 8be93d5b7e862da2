"""The loyalty programme's points: earned, redeemed, expired, and what the open ones are worth.

Points are a stock: what is open was earned at some time, perhaps before the warm-up. So these
figures are of the whole simulation, and earned = redeemed + expired + open, exactly.
"""

from __future__ import annotations

import numbers

import numpy as np

from funnelsim.distributions import DAY, Ints
from funnelsim.errors import FunnelSimError, Problem
from funnelsim.journal import EARNED, EXPIRED, REDEEMED, Journal
from funnelsim.metrics.basis import a_journal, divided


def points_figures(journal: Journal) -> dict[str, float]:
    """The figures of `summary` about points; NaN without a loyalty programme."""
    loyalty = journal.scenario.loyalty
    names = ["points_earned", "points_redeemed", "points_expired", "points_open"]
    names += ["points_liability", "breakage"]
    if loyalty is None:
        return dict.fromkeys(names, np.nan)
    horizon = journal.scenario.horizon
    earned, redeemed, expired = (int(so_far[0]) for so_far in points_so_far(journal, [horizon]))
    open_ = earned - redeemed - expired
    figures = [earned, redeemed, expired, open_, open_ * loyalty.point_value, _breakage(journal)]
    return dict(zip(names, map(float, figures), strict=True))


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
    number = isinstance(day, numbers.Real) and not isinstance(day, bool)
    if day is not None and not (number and 0 <= day <= last):
        rule = f"the simulation goes from day 0 to day {last:g}"
        raise FunnelSimError(str(Problem("day", day, rule)))
    if scenario.loyalty is None:
        return 0.0
    moment = scenario.horizon if day is None else round(float(day) * DAY)
    earned, redeemed, expired = points_so_far(journal, [moment])
    return float(earned[0] - redeemed[0] - expired[0]) * scenario.loyalty.point_value


def _breakage(journal: Journal) -> float:
    """Expired ÷ earned, of the points that were earned early enough to expire by the horizon."""
    t, loyalty = journal.whole["points"], journal.scenario.loyalty
    if loyalty is None or loyalty.expires_after is None:
        return np.nan
    old_enough = t["time"] + loyalty.expires_after < journal.scenario.horizon
    earned = t["points"][(t["kind"] == EARNED) & old_enough].sum()
    # nothing else can have expired
    return divided(float(t["points"][t["kind"] == EXPIRED].sum()), float(earned))
