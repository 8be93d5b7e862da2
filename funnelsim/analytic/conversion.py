"""How likely a lead goes on, and reaches the goal, if nobody has to wait for a call.

By the rule of odds, over segments, calls and returns. Lateness, patience and the horizon take
nothing away here; that is what a simulation is for.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

from funnelsim.analytic.arrivals import leads_of_channels
from funnelsim.distributions import Floats
from funnelsim.scenario import Scenario, Segment, Stage
from funnelsim.scenario.values import OddsRatio

GRID = (np.arange(2000) + 0.5) / 2000  # of a distribution function


def conversion_of_channels(scenario: Scenario) -> Floats:
    """How likely a lead of each channel reaches the goal, if nobody has to wait: shape (channels,).

    The product of the stages by the rule of odds, over segments, calls and returns; lateness,
    patience and the horizon take nothing away.

    >>> from funnelsim import load
    >>> conversion_of_channels(load("aida")).shape
    (2,)
    """
    shares = [share for _, share in shares_of_segments(scenario)]
    return np.array(
        [
            sum(share * p for share, p in zip(shares, row, strict=True))
            for row in conversions(scenario)
        ]
    )


def conversions(scenario: Scenario) -> Floats:
    """The same for each segment: shape (channels, segments), one segment where there is none."""
    return reached(scenario)[:, :, -1]


def reached(scenario: Scenario) -> Floats:
    """How likely a lead of each channel and segment enters each stage: shape (channels, segments,
    stages).
    """
    segments = [segment for segment, _ in shares_of_segments(scenario)]
    return np.array(
        [
            [way(scenario, 0, (channel.odds_ratio, s.odds_ratio)).reached for s in segments]
            for channel in scenario.channels
        ]
    )


def mean_conversion(scenario: Scenario) -> float:
    """The conversion of all leads together, at the mix of the channels, if nobody waits."""
    leads = leads_of_channels(scenario)
    together = float(leads.sum())
    return float(leads @ conversion_of_channels(scenario)) / together if together else 0.0


def shares_of_segments(scenario: Scenario) -> list[tuple[Segment, float]]:
    """The segments with their shares, which sum to 1."""
    segments = scenario.segments or (Segment(name="all", share=1),)
    together = sum(segment.share for segment in segments)
    return [(segment, segment.share / together) for segment in segments]


class Way(NamedTuple):
    """What is expected of one lead at each stage: shape (stages,) each."""

    visits: Floats
    reached: Floats  # the chance to enter it

    @property
    def wins(self) -> float:
        return float(self.reached[-1])


def way(scenario: Scenario, enters: int, odds: tuple[OddsRatio, OddsRatio], late: str = "") -> Way:
    """The way of a lead from the stage that it enters, by the number of that stage.

    With the name of a team as `late`: when leads have to wait for it for years.
    """
    visits, reached, flow = np.zeros(len(scenario.stages)), np.zeros(len(scenario.stages)), 1.0
    for number, stage in enumerate(scenario.stages[:-1]):
        if number >= enters:
            reached[number] = flow
            count, advances = _through(scenario, stage, ratio_of(odds, stage), late)
            visits[number], flow = flow * count, flow * advances
    visits[-1] = reached[-1] = flow
    return Way(visits, reached)


def _through(scenario: Scenario, stage: Stage, ratio: float, late: str) -> tuple[float, float]:
    """Visits of a lead that enters this stage, and how likely it leaves it to the next one."""
    if served_by(late, stage) and (has_patience(stage) or _too_late_to_buy(stage)):
        return 1.0, 0.0
    visits = visits_of(scenario, stage, ratio)
    return sum(made for made, _ in visits), sum(wins for _, wins in visits)


def visits_of(scenario: Scenario, stage: Stage, ratio: float) -> list[tuple[float, float]]:
    """The first visit of a lead that enters this stage, the one after its first return, and so on:
    how likely it is made, and how likely it ends in the next stage.
    """
    back, advances = stage.recovery, _advances(scenario, stage, ratio)
    visits, lost = [(1.0, advances)], 1 - advances
    if back:
        advances = _advances(scenario, stage, ratio * back.odds_ratio)
        for _ in range(back.attempts):
            returned = lost * back.probability
            visits.append((returned, returned * advances))
            lost = returned * (1 - advances)
    return visits


def _advances(scenario: Scenario, stage: Stage, ratio: float) -> float:
    """How likely a visit ends in the next stage: by the rule of odds, over calls and reps."""
    call, p = stage.follow_up, stage.conversion or 0.0
    if call is None:
        return p * ratio / (1 - p + p * ratio)
    team = next(team for team in scenario.teams if team.name == call.team)
    skills = np.ones(team.reps)
    skills[: len(team.skills)] = team.skills[: team.reps]
    total = 0.0
    for start, made in calls(stage):
        wait = 0.5 ** (start / call.response_half_life) if call.response_half_life else 1.0
        odds = p * ratio * wait * skills
        total += made * call.reach_probability * float(np.mean(odds / (1 - p + odds)))
    return total


def calls(stage: Stage) -> list[tuple[float, float]]:
    """When each call to a visit starts (microseconds) and how likely it is made, if no rep is busy.

    The next call is made if the last reached nobody and patience lasts until then.
    """
    call = stage.follow_up
    assert call is not None
    patience = call.patience.ppf(GRID) if call.patience else np.array([math.inf])
    starts = [n * (call.every + call.attempt_time.mean) for n in range(call.attempts)]
    return [
        (start, (1 - call.missed) * (1 - call.reach_probability) ** n * (patience >= start).mean())
        for n, start in enumerate(starts)
    ]


def served_by(team: str, stage: Stage) -> bool:
    return stage.follow_up is not None and stage.follow_up.team == team


def has_patience(stage: Stage) -> bool:
    return stage.follow_up is not None and stage.follow_up.patience is not None


def _too_late_to_buy(stage: Stage) -> bool:
    call = stage.follow_up
    return call is not None and call.response_half_life is not None and stage.conversion != 1


def ratio_of(odds: Iterable[OddsRatio], stage: Stage) -> float:
    """All these odds ratios together, at a stage."""
    return math.prod(one if isinstance(one, float) else one.get(stage.name, 1.0) for one in odds)


def place(scenario: Scenario, stage: str) -> int:
    return [s.name for s in scenario.stages].index(stage)
