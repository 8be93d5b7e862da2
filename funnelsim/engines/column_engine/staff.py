"""Who calls, as the walk of the queue takes it: stages, teams, skills and hours in columns."""

from __future__ import annotations

import math
from datetime import date
from functools import lru_cache

import numpy as np

from funnelsim.analytic.changing import of_stage
from funnelsim.engines.column_engine.queue_walk import (
    FAR,
    NEVER,
    REP_FREE,
    REP_LEAVES,
    Moves,
    Stages,
    Teams,
)
from funnelsim.engines.draws.draws import Draws
from funnelsim.engines.draws.initial import decay_of
from funnelsim.opening_hours import OpeningHours
from funnelsim.scenario import Scenario, Team
from funnelsim.scenario.values import NEWEST_FIRST
from funnelsim.staffing import ALWAYS_THERE, Rep, crew


def stages_of(scenario: Scenario, with_jobs: list[int], discounts: list[float]) -> Stages:
    """The stages with jobs, as numbers; `discounts` are all that may bring a lead back."""
    team_names = [team.name for team in scenario.teams]
    stages = [scenario.stages[n] for n in with_jobs]
    calls = [stage.follow_up for stage in stages]
    changes = [of_stage(scenario, stage) for stage in stages]
    every = [acting for of_one in changes for acting in of_one]
    return Stages(
        team=np.array([team_names.index(call.team) if call else NEVER for call in calls]),
        calls=np.array([call.attempts if call else 0 for call in calls]),
        every=np.array([call.every if call else 0 for call in calls]),
        decay=np.array([decay_of(stage) for stage in stages]),
        drop_after=np.array([stage.drop_after or FAR for stage in stages]),
        level=np.array([discounts.index(s.recovery.discount) if s.recovery else 0 for s in stages]),
        first_change=np.cumsum([0, *map(len, changes)]),
        begins=np.array([change.from_ for change, _ in every], dtype=np.int64),
        ends=np.array([change.until for change, _ in every], dtype=np.int64),
        ramp=np.array([change.ramp for change, _ in every], dtype=np.int64),
        ln_ratio=np.array([ln_ratio for _, ln_ratio in every], dtype=np.float64),
    )


def teams_of(draws: Draws) -> Teams:
    """Teams as numbers; reps are counted from 1, so each team's reps begin with nobody."""
    scenario = draws.scenario
    crews = [crew(scenario, team) for team in scenario.teams]
    nobody = Rep(())
    reps = [rep for of_team in crews for rep in (nobody, *of_team)]
    hours = []
    for team in scenario.teams:
        hours.append(_hours(team, scenario.start, scenario.horizon))
    last_hours = np.cumsum([len(intervals) for intervals in hours])
    times = np.array([interval for team in hours for interval in team], dtype=np.int64)
    opens, closes = np.ascontiguousarray(times.reshape(-1, 2).T)
    return Teams(
        reps=np.array([len(of_team) for of_team in crews]),
        newest_first=np.array([team.serves == NEWEST_FIRST for team in scenario.teams]),
        varies=np.array([{rep.there for rep in team} != {ALWAYS_THERE} for team in crews]),
        first_rep=np.cumsum([0, *(len(of_team) + 1 for of_team in crews)])[:-1],
        ln_skill=np.array([math.log(rep.skill) for rep in reps]),
        learns=np.array([rep.ramp for rep in reps]),
        trained=np.array([rep.trained for rep in reps]),
        there=np.array([rep.is_there(0) for rep in reps]),
        always_open=np.array([not h for h in hours]),
        first_hours=last_hours - [len(h) for h in hours],
        opens=opens,
        closes=closes,
    )


def moves_of(draws: Draws) -> Moves:
    """When reps come and leave, once the simulation has begun."""
    scenario, found = draws.scenario, []
    for number, team in enumerate(scenario.teams):
        for rep, member in enumerate(crew(scenario, team), start=1):
            for came, went in member.there:
                found.append((came, REP_FREE, rep, number))
                found.append((went, REP_LEAVES, rep, number))
    found = [move for move in found if 0 < move[0] < scenario.horizon]
    return Moves._make(np.array(found, dtype=np.int64).reshape(-1, 4).T.copy())


@lru_cache(maxsize=64)  # the same for every replication of a scenario
def _hours(team: Team, start: date, horizon: int) -> tuple[tuple[int, int], ...]:
    """A team's intervals up to the horizon, joined where they touch; the last lies past any time.

    None at all for a team that is always there.
    """
    hours = OpeningHours(team.open, start, team.closed)
    if hours.always:
        return ()
    found: list[tuple[int, int]] = []
    for begin, end in hours.intervals(0, horizon):
        if found and found[-1][1] == begin:
            begin = found.pop()[0]
        found.append((begin, end))
    return (*found, (FAR, FAR + 1))
