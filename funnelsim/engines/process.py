"""The model, in SimPy: every lead is a process that walks through the funnel.

Read `way_to_the_sale` first: it is one lead's story. A `yield` hands the time back to
SimPy until something happens. What a lead *would* do (how long it thinks, how patient it
is, how narrowly it decides) has been drawn beforehand, in `draws.py`; here is what comes
of it when leads meet a team.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable
from typing import Any, NamedTuple

import simpy

from funnelsim.distributions import DAY
from funnelsim.engines.clock import Clock, Team
from funnelsim.engines.draws import Draws
from funnelsim.engines.leads import Funnel, Lead, Stage
from funnelsim.journal import GONE_COLD, MISSED, Recorder

Story = Generator[simpy.Event, Any, Any]


class World(NamedTuple):
    """What every lead shares with all others."""

    clock: Clock
    funnel: Funnel
    teams: dict[str, Team]
    journal: Recorder


def leads_arrive(world: World) -> Story:
    """Wakes up whenever a lead arrives, and lets it walk."""
    for lead in world.funnel.leads():
        yield world.clock.ready(lead.arrived, lead.key)
        world.clock.process(way_to_the_sale(world, lead))


def way_to_the_sale(world: World, lead: Lead) -> Story:
    """One lead, from the stage it enters to the sale, or to where it is lost."""
    clock, funnel, journal = world.clock, world.funnel, world.journal
    for stage in funnel.stages[lead.enters :]:
        visit = journal.enters(lead.number, stage.number, clock.now)
        response_time = 0
        if stage.team:
            team = world.teams[stage.team]
            response_time = yield from is_followed_up(world, lead, stage, team)
            if response_time is None:
                reason = MISSED if stage.is_missed(lead) else GONE_COLD
                return journal.is_lost(visit, clock.now, reason)
        yield clock.ready(clock.now + stage.decision_time(lead), lead.key)
        if not stage.advances(lead, response_time):
            return journal.is_lost(visit, clock.now, stage.reason(lead))
        journal.advances(visit, clock.now)
    visit = journal.enters(lead.number, funnel.goal, clock.now)
    journal.advances(visit, clock.now)
    if funnel.has_orders:
        yield from life_of_a_customer(world, lead)


def is_followed_up(world: World, lead: Lead, stage: Stage, team: Team) -> Story:
    """Waits for a rep. Gives back the response time; None if no one came in time."""
    clock, journal = world.clock, world.journal
    queued = clock.now
    follow_up = journal.queues(lead.number, stage.number, queued)
    gives_up = queued + stage.patience(lead)
    if stage.is_missed(lead):
        yield clock.patience_ends(gives_up, lead.key)
        return journal.misses(follow_up)

    call = team.call(lead.key)
    if not call.triggered:  # every rep is busy
        yield call | clock.patience_ends(gives_up, lead.key)
    if not call.triggered:
        call.given_up = True
        return journal.goes_cold(follow_up)

    started = clock.now
    journal.starts(follow_up, call.rep, started)
    yield from team.handles(call.rep, stage.handling_time(lead))
    journal.finishes(follow_up, clock.now)
    return started - queued


def life_of_a_customer(world: World, lead: Lead) -> Story:
    """The first order, and another after each gap while the customer comes back."""
    world.journal.orders(lead.number, world.clock.now, lead.deal_value)
    for repeat in world.funnel.repeats(lead):
        if not repeat.comes_back:
            return
        yield world.clock.ready(world.clock.now + repeat.gap, lead.key)
        world.journal.orders(lead.number, world.clock.now, repeat.value)


def run(draws: Draws, journal: Recorder, days: Iterable[int]) -> None:
    """Lets everything happen up to the horizon, a day at a time."""
    clock = Clock()
    teams = {team.name: Team(clock, team.reps) for team in draws.scenario.teams}
    clock.process(leads_arrive(World(clock, Funnel(draws), teams, journal)))
    for day in days:
        clock.run(until=min((day + 1) * DAY, draws.scenario.horizon))
