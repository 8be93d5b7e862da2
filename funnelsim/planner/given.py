"""What a plan and a forecast are given: a scenario or a calibration, a deadline, a pilot, a bar."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import Any

import numpy as np

from funnelsim.deadlines import up_to
from funnelsim.journal.provenance import AtTheStart, Provenance
from funnelsim.planner.knowledge import (
    Knowledge,
    about,
    from_calibration,
    from_pilot,
    variants,
)
from funnelsim.progress import Bar, progress_bar
from funnelsim.scenario import Scenario, a_scenario
from funnelsim.state import State


def up_to_the_deadline(
    scenario: Any, within: Any, pilot: Any, name: str
) -> tuple[Scenario, Knowledge | None]:
    """The scenario with its horizon at the deadline, and what is known of its conversion.

    A calibration brings its standard errors along. After a pilot the odds are turned to its rate.
    """
    knowledge = None
    if hasattr(scenario, "overall_se"):  # a Calibration
        knowledge, scenario = from_calibration(scenario), scenario.scenario
    today = a_scenario(scenario, name)
    if within is not None:
        today = up_to(within, today)
    if pilot is not None:
        knowledge = from_pilot(pilot)
        seen = np.array([about(today, knowledge).seen])
        (today,) = variants(today, seen, np.ones(1))
    return today, None if knowledge is None else about(today, knowledge)


def provenance_of(
    made: str, scenario: Any, seed: int, initial: State | None, settings: dict[str, Any]
) -> Provenance:
    """How a plan or a forecast was made of a scenario or a calibration, as it was given."""
    source = None
    if hasattr(scenario, "overall_se"):  # a Calibration
        source, scenario = scenario.provenance, scenario.scenario
    return Provenance(made, scenario, seed, settings, AtTheStart.of(initial), source=source)


def a_bar(progress: bool | Bar, total: int, is_guess: bool = False) -> AbstractContextManager[Bar]:
    """What is told of replications done: one's own `update(n)`, or a bar after two seconds."""
    if hasattr(progress, "update"):
        return nullcontext(progress)
    return progress_bar(total, bool(progress), is_guess=is_guess)
