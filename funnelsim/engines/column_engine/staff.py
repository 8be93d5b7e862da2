"""Who calls, as the walk of the queue takes it: stages, teams, skills and hours in columns."""

from __future__ import annotations

from datetime import date
from functools import lru_cache

import numpy as np

from funnelsim.analytic.changing import of_stage
from funnelsim.engines.column_engine.queue_walk import FAR, NEVER, Stages, Teams
from funnelsim.engines.draws.draws import Draws
from funnelsim.engines.draws.initial import decay_of
from funnelsim.opening_hours import OpeningHours
from funnelsim.scenario import Scenario, Team
from funnelsim.scenario.values import NEWEST_FIRST


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
    """Teams as numbers; reps are counted from 1, so each team's skills begin with nobody's."""
    scenario = draws.scenario
    served = {s.follow_up.team: draws.ln_skills(s) for s in scenario.stages if s.follow_up}
    skills = [[0.0, *served.get(team.name, [0.0] * team.reps)] for team in scenario.teams]
    hours = []
    for team in scenario.teams:
        hours.append(_hours(team, scenario.start, scenario.horizon))
    last_hours = np.cumsum([len(intervals) for intervals in hours])
    last_skills = np.cumsum([len(of_team) for of_team in skills])
    times = np.array([interval for team in hours for interval in team], dtype=np.int64)
    opens, closes = np.ascontiguousarray(times.reshape(-1, 2).T)
    return Teams(
        reps=np.array([team.reps for team in scenario.teams]),
        newest_first=np.array([team.serves == NEWEST_FIRST for team in scenario.teams]),
        first_skill=last_skills - [len(s) for s in skills],
        ln_skill=np.concatenate(skills),
        always_open=np.array([not h for h in hours]),
        first_hours=last_hours - [len(h) for h in hours],
        opens=opens,
        closes=closes,
    )


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
