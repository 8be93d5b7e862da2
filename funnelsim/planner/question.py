"""What a plan and a forecast are asked: of which scenario, by when, and what is known of it."""

from __future__ import annotations

from concurrent.futures import Executor
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from funnelsim.deadlines import up_to
from funnelsim.journal.provenance import AtTheStart, Provenance
from funnelsim.planner.futures import Futures
from funnelsim.planner.levers import Lever
from funnelsim.planner.parameter_uncertainty import (
    ParameterUncertainty,
    Pilot,
    about,
    from_calibration,
    from_pilot,
    variants,
)
from funnelsim.progress import Bar, progress_bar
from funnelsim.scenario import Scenario, a_scenario
from funnelsim.state import State

if TYPE_CHECKING:
    from funnelsim.calibration import Calibration
    from funnelsim.planner.tested import Backtest


@dataclass(frozen=True)
class Question:
    """What a plan was asked for."""

    today: Scenario
    target: float
    metric: str
    probability: float
    lever: Lever
    uncertainty: ParameterUncertainty | None
    futures: Futures
    naive: float  # leads by the usual sum


def up_to_the_deadline(
    scenario: Scenario | Calibration, within: str | None, pilot: Pilot | None, name: str
) -> tuple[Scenario, ParameterUncertainty | None]:
    """The scenario with its horizon at the deadline, and what is known of its conversion.

    A calibration brings its draws along; in a forecast its rates are in doubt too. After a pilot
    the odds are turned to its rate.
    """
    uncertainty = None
    if not isinstance(scenario, Scenario) and hasattr(scenario, "overall_se"):
        uncertainty = from_calibration(scenario, with_rates=name == "forecast")
        scenario = scenario.scenario
    today = a_scenario(scenario, name)
    if within is not None:
        today = up_to(within, today)
    if pilot is not None:
        uncertainty = from_pilot(pilot)
        seen = np.array([about(today, uncertainty).seen])
        (today,) = variants(today, seen, np.ones(1))
    return today, None if uncertainty is None else about(today, uncertainty)


def in_doubt(
    scenario: Scenario | Calibration,
    within: str | None,
    pilot: Pilot | None,
    name: str,
    is_wanted: bool,
    executor: Executor | None,
    progress: bool | Bar,
) -> tuple[ParameterUncertainty | None, Backtest | None]:
    """What is known of the conversion, with the doubt that the backtest of a calibration's export
    asks for, and that backtest: None where there is none, or none is wanted.

    A pilot's doubt was told, and stays as it is.
    """
    found = None
    if is_wanted and pilot is None and not isinstance(scenario, Scenario):
        from funnelsim.planner.backtests import tried

        scenario, found = tried(scenario, executor, progress)
    return up_to_the_deadline(scenario, within, pilot, name)[1], found


def provenance_of(
    made: str,
    scenario: Scenario | Calibration,
    seed: int,
    initial: State | None,
    settings: dict[str, Any],
) -> Provenance:
    """How a plan or a forecast was made of a scenario or a calibration, as it was given."""
    source = None
    if not isinstance(scenario, Scenario):
        source, scenario = scenario.provenance, scenario.scenario
    return Provenance(made, scenario, seed, settings, AtTheStart.of(initial), source=source)


def a_bar(progress: bool | Bar, total: int, is_guess: bool = False) -> AbstractContextManager[Bar]:
    """What is told of replications done: one's own `update(n)`, or a bar after two seconds."""
    if hasattr(progress, "update"):
        return nullcontext(progress)
    return progress_bar(total, bool(progress), is_guess=is_guess)
