"""How likely a lead goes on, and reaches the goal, if nobody has to wait for a call.

By the rule of odds, over segments, arms, calls and returns, without those whom `drop_after` gives
up before they say yes. Lateness, patience and the horizon take
nothing away here; that is what a simulation is for.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from itertools import product
from typing import NamedTuple

import numpy as np

from funnelsim.analytic.arrivals import leads_of_channels
from funnelsim.analytic.changing import ratios_over_time
from funnelsim.distributions import Floats
from funnelsim.scenario import Arm, Scenario, Segment, Stage, Team
from funnelsim.scenario.values import RECOVERY, OddsRatio
from funnelsim.staffing import crew

GRID = (np.arange(2000) + 0.5) / 2000  # of a distribution function
STEPS = 16  # in which a skill grows


def conversion_of_channels(scenario: Scenario) -> Floats:
    """How likely a lead of each channel reaches the goal, if nobody has to wait: shape (channels,).

    The product of the stages by the rule of odds, over segments, arms, calls and returns; lateness,
    patience and the horizon take nothing away.

    >>> from funnelsim import load
    >>> conversion_of_channels(load("aida")).shape
    (2,)
    """
    shares = [kind.share for kind in kinds_of_leads(scenario)]
    return np.array(
        [
            sum(share * p for share, p in zip(shares, row, strict=True))
            for row in conversions(scenario)
        ]
    )


def conversions(scenario: Scenario) -> Floats:
    """The same for each kind of lead (`kinds_of_leads`): shape (channels, kinds)."""
    return reached(scenario)[:, :, -1]


def reached(scenario: Scenario) -> Floats:
    """How likely a lead of each channel and kind enters each stage: shape (channels, kinds,
    stages).
    """
    kinds = kinds_of_leads(scenario)
    return np.array(
        [
            [way(kind.meets, 0, (channel.odds_ratio, *kind.odds)).reached for kind in kinds]
            for channel in scenario.channels
        ]
    )


def mean_conversion(scenario: Scenario) -> float:
    """The conversion of all leads together, at the mix of the channels, if nobody waits."""
    leads = leads_of_channels(scenario)
    together = float(leads.sum())
    return float(leads @ conversion_of_channels(scenario)) / together if together else 0.0


class KindOfLead(NamedTuple):
    """A segment in an arm of an experiment: where there are none of these, all leads."""

    share: float
    odds: tuple[OddsRatio, OddsRatio]
    order_value_factor: float
    meets: Scenario  # in an arm without messages those alone come back who would do so anyway


def kinds_of_leads(scenario: Scenario) -> list[KindOfLead]:
    """Each segment in each arm; the shares sum to 1."""
    segments = scenario.segments or (Segment(name="all", share=1),)
    arms = scenario.arms or (Arm(name="all", share=1),)
    together = sum(one.share for one in segments) * sum(one.share for one in arms)
    silent = _without_messages(scenario) if any(RECOVERY in a.without for a in arms) else scenario
    return [
        KindOfLead(
            segment.share * arm.share / together,
            (segment.odds_ratio, arm.odds_ratio),
            segment.order_value_factor * arm.order_value_factor,
            silent if RECOVERY in arm.without else scenario,
        )
        for segment, arm in product(segments, arms)
    ]


def _without_messages(scenario: Scenario) -> Scenario:
    stages = []
    for stage in scenario.stages:
        if stage.recovery:
            back = stage.recovery.model_copy(update={"probability": stage.recovery.anyway})
            stage = stage.model_copy(update={"recovery": back})
        stages.append(stage)
    return scenario.model_copy(update={"stages": tuple(stages)})


class Way(NamedTuple):
    """What is expected of one lead at each stage: shape (stages,) each."""

    visits: Floats
    reached: Floats  # the chance to enter it

    @property
    def wins(self) -> float:
        return float(self.reached[-1])


def way(scenario: Scenario, enters: int, odds: Sequence[OddsRatio], late: str = "") -> Way:
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
    return sum(visit.made for visit in visits), sum(visit.wins for visit in visits)


class Visit(NamedTuple):
    """How likely a visit is made, and how it ends; who never says so, and is not dropped, is in
    none of the ends.
    """

    made: float
    wins: float  # ends in the next stage
    says_no: float  # or no call reaches it
    dropped: float


def visits_of(scenario: Scenario, stage: Stage, ratio: float) -> list[Visit]:
    """The first visit of a lead that enters this stage, the one after its return, and so on."""
    back, visits = stage.recovery, [_visit(scenario, stage, ratio, 1.0)]
    for _ in range(back.attempts if back else 0):
        assert back is not None
        made = (visits[-1].says_no + visits[-1].dropped) * back.probability
        visits.append(_visit(scenario, stage, ratio * back.odds_ratio, made))
    return visits


def _visit(scenario: Scenario, stage: Stage, ratio: float, made: float) -> Visit:
    decides, would = _would_advance(scenario, stage, ratio)
    would_not, silent = decides - would, stage.silent
    if not stage.drop_after:
        return Visit(made, made * would, made * (1 - would - would_not * silent), 0.0)
    last = np.array([stage.drop_after], dtype=float)
    late_yes, late_no = (
        float(time.sf(last)[0]) for time in (stage.decision_time, stage.time_to_lose)
    )
    wins, dropped = would * (1 - late_yes), would * late_yes
    dropped += would_not * (silent + (1 - silent) * late_no)
    return Visit(made, made * wins, made * (1 - wins - dropped), made * dropped)


def _would_advance(scenario: Scenario, stage: Stage, ratio: float) -> tuple[float, float]:
    """How likely a visit comes to a decision, and to that of advancing: by the rule of odds, over
    calls and reps, of whom each counts by the time that it is there; where changes act, on average
    over the leads, as if they decided on coming.
    """
    call, p = stage.follow_up, stage.conversion or 0.0
    changes = ratios_over_time(scenario, stage)
    if call is None:
        odds = p * ratio * changes
        return 1.0, float(np.mean(odds / (1 - p + odds)))
    team = next(team for team in scenario.teams if team.name == call.team)
    skills, weights = _skills(scenario, team)
    reached = total = 0.0
    for start, made in calls(stage):
        wait = 0.5 ** (start / call.response_half_life) if call.response_half_life else 1.0
        odds = p * ratio * wait * np.multiply.outer(skills, changes)
        reached += made * call.reach_probability
        would = (odds / (1 - p + odds)).mean(axis=1)
        total += made * call.reach_probability * float(np.average(would, weights=weights))
    return reached, total


def _skills(scenario: Scenario, team: Team) -> tuple[Floats, Floats]:
    """The skills of a team's reps, and how long each is there; one that grows, in steps."""
    found = []
    for rep in crew(scenario, team):
        steps = STEPS if rep.ramp else 1
        for came, went in rep.there:
            each = max(min(went, scenario.horizon) - came, 0) / steps
            middles = (came + (n + 0.5) * each for n in range(steps))
            found += [(rep.skill_at(middle), each / scenario.horizon) for middle in middles]
    skills, times = np.array(found).reshape(-1, 2).T
    if not times.any():  # nobody is there who could make a difference
        return np.ones(1), np.ones(1)
    return skills, times


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
