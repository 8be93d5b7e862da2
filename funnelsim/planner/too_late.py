"""How late is too late: until when leads must come for the winners to get there in time."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from funnelsim.distributions import DAY, Ints, duration_text
from funnelsim.errors import FunnelSimError
from funnelsim.experiment.chunks import of_each
from funnelsim.journal import NEW, Journal
from funnelsim.planner.futures import FEW, Futures
from funnelsim.scenario import Scenario

LEADS = 60_000  # simulated
IN_VAIN = 0.05  # of the winners: if only so many still get there in time, it is too late


@dataclass(frozen=True)
class Deadline:
    """How late is too late for a lead, in days from the start of the scenario.

    `half` is the day from which on fewer than half of the winners get there by the horizon, `last`
    that from which on fewer than one in twenty; `share_in_time` of all winners those who do. NaN
    where nobody wins, and where so long a time cannot be simulated.
    """

    half: float
    last: float
    share_in_time: float


def deadline(scenario: Scenario, futures: Futures) -> Deadline:
    """From the lead times of those who win, simulated up to twice the horizon."""
    longer = scenario.vary({"horizon": duration_text(2 * scenario.horizon)})
    unknown = Deadline(math.nan, math.nan, math.nan)
    try:
        told = replace(futures, initial=None).of(
            partial(of_each, partial(_lead_times, until=scenario.horizon)),
            longer,
            range(futures.replications_for(longer, LEADS, FEW)),
        )
    except FunnelSimError:  # in twice the time referrals may be an avalanche
        return unknown
    arrived, lead_time = (np.concatenate(column) for column in zip(*told, strict=True))
    if not len(arrived):
        return unknown
    half, last = scenario.horizon - np.quantile(lead_time, [0.5, IN_VAIN])
    counts = arrived >= scenario.warm_up
    in_time = (arrived + lead_time < scenario.horizon)[counts].mean() if counts.any() else np.nan
    return Deadline(float(half) / DAY, float(last) / DAY, float(in_time))


def _lead_times(journal: Journal, until: int) -> tuple[Ints, Ints]:
    """When the winners among the leads arrived, until some moment, and how long each took."""
    visits, leads = journal.whole["stage_visits"], journal.whole["leads"]
    at_goal = visits["stage"] == len(journal.scenario.stages) - 1
    lead, won = visits["lead"][at_goal], visits["entered"][at_goal]
    arrived = leads["arrived"][lead]
    counted = (leads["kind"][lead] == NEW) & (arrived < until)
    return arrived[counted], (won - arrived)[counted]


def to_come(scenario: Scenario, futures: Futures) -> int:
    """How many replications that takes, about."""
    return futures.replications_for(scenario, LEADS, FEW)
