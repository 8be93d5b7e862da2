"""Revenue as it adds up: what has been paid by the end of each day or hour, in whole cents."""

from __future__ import annotations

import math

import numpy as np

from funnelsim.distributions import DAY, HOUR, Ints
from funnelsim.journal import Journal
from funnelsim.metrics.basis import Bools
from funnelsim.metrics.money import counts_as_revenue
from funnelsim.scenario import Scenario

MOST_ENDS = 180  # more could not be told apart in a picture


def by_the_hour(scenario: Scenario) -> bool:
    """Whether the time simulated is so short that days would say nothing."""
    return scenario.horizon - scenario.warm_up <= 3 * DAY


def period_ends(scenario: Scenario) -> Ints:
    """The end of the warm-up, of each day since (of every n-th, past 180), and the horizon.

    In microseconds since the scenario's start; within three days of each hour.
    """
    every = max(1, math.ceil((scenario.horizon - scenario.warm_up) / DAY / MOST_ENDS)) * DAY
    step = HOUR if by_the_hour(scenario) else every
    ends = np.arange(scenario.warm_up, scenario.horizon, step, dtype=np.int64)
    return np.append(ends, scenario.horizon)


def revenue_so_far(journal: Journal, ends: Ints, of: Bools | None = None) -> tuple[Ints, Ints]:
    """How many orders were placed from the warm-up until each of the ends, and the cents paid.

    An order counts when it is placed, if it has not been cancelled, refused or returned by the
    horizon; one placed exactly at an end belongs to the next day. `of` says which orders to take.

    >>> from funnelsim import load, simulate, summary
    >>> journal = simulate(load("aida"), seed=1)
    >>> orders, cents = revenue_so_far(journal, period_ends(journal.scenario))
    >>> bool(cents[-1] == round(100 * summary(journal)["revenue"]))
    True
    """
    t = journal.whole["orders"]
    counts = counts_as_revenue(journal) & (t["placed"] >= journal.scenario.warm_up)
    if of is not None:
        counts &= of
    orders = np.searchsorted(t["placed"][counts], ends, side="left")  # they stand in this order
    return orders, np.append(0, np.cumsum(t["paid"][counts]))[orders]
