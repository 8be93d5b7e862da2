"""What the stories of all leads share, and what a lead brings along to the sale."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from funnelsim.engines.simpy_engine.clock import Clock, TeamAtWork
from funnelsim.engines.simpy_engine.leads import Funnel
from funnelsim.engines.simpy_engine.recorder import Recorder
from funnelsim.scenario import Scenario


class World(NamedTuple):
    """One for a whole simulation."""

    scenario: Scenario
    clock: Clock
    funnel: Funnel
    teams: dict[str, TeamAtWork]
    journal: Recorder


@dataclass
class Past:
    """What happened to a lead before the sale and matters after it."""

    longest_wait: int = 0  # for a call that reached it
    discount: float = 0.0  # the largest of those that brought it back
