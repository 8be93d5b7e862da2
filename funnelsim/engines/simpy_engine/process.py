"""The model, in SimPy: every lead is a process that walks through the funnel.

Read `way_to_the_sale` and `stage_visit` first: they are one lead's story. A `yield` hands
the time back to SimPy until something happens. What a lead *would* do (how long it thinks,
how patient it is, how narrowly it decides) has been drawn beforehand, in `draws/`; here
is what comes of it when leads meet a team. What happens after the sale is told in
`customer_life.py`.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from funnelsim.distributions import DAY
from funnelsim.engines.draws.draws import Draws
from funnelsim.engines.simpy_engine.clock import Clock, Story, Team
from funnelsim.engines.simpy_engine.customer_life import life_of_a_customer
from funnelsim.engines.simpy_engine.leads import Funnel, Lead, Visit
from funnelsim.engines.simpy_engine.recorder import Recorder
from funnelsim.engines.simpy_engine.world import Past, World
from funnelsim.journal import GONE_COLD, MISSED, NEVER, NOT_REACHED, SERVED
from funnelsim.opening_hours import OpeningHours
from funnelsim.scenario.values import NEWEST_FIRST


class FollowedUp(NamedTuple):
    """What came of the calls to a lead: response time and rep, or why they failed."""

    response_time: int = 0
    rep: int = 0
    failed: str = ""


NO_CALL = FollowedUp()


def arrivals(world: World) -> Story:
    """Wakes up whenever a lead arrives, and lets it walk."""
    for lead in world.funnel.leads():
        yield world.clock.ready(lead.arrived, lead.key)
        story = known_customer if lead.is_customer else way_to_the_sale
        world.clock.process(story(world, lead))


def known_customer(world: World, lead: Lead) -> Story:
    """Somebody who is a customer when the simulation begins, and may have dropped out."""
    world.journal.record_arrival(lead.number, world.clock.now)
    if lead.delay != NEVER:
        yield world.clock.ready(world.clock.now + lead.delay, lead.key)
        yield from life_of_a_customer(world, lead, Past(), arrival_of_a_child)


def arrival_of_a_child(world: World, lead: Lead) -> Story:
    """Someone whom a customer has referred, or a customer who is sold something else."""
    yield world.clock.ready(world.clock.now + lead.delay, lead.key)
    yield from way_to_the_sale(world, lead)


def way_to_the_sale(world: World, lead: Lead) -> Story:
    """One lead, from the stage it enters to the sale, or to where it is lost."""
    past = Past(discount=lead.discount)
    world.journal.record_arrival(lead.number, world.clock.now)
    for stage in world.funnel.stages[lead.enters :]:
        for visit in stage.visits:  # the first, and one for each time it may come back
            advanced = yield from stage_visit(world, lead, visit, past)
            if advanced:
                break
            returns = yield from recovery(world, lead, visit)
            if not returns:
                return
            past.discount = max(past.discount, stage.discount)
    yield from sale(world, lead, past)


def sale(world: World, lead: Lead, past: Past) -> Story:
    """The goal is reached, and with it begins the life of a customer."""
    clock, journal = world.clock, world.journal
    journal.record_advance(
        journal.record_entry(lead.number, world.funnel.goal, 0, clock.now), clock.now
    )
    if world.funnel.has_orders:
        yield from life_of_a_customer(world, lead, past, arrival_of_a_child)


def stage_visit(world: World, lead: Lead, visit: Visit, past: Past) -> Story:
    """A visit to a stage: is called, makes up its mind, advances or is lost."""
    clock, journal = world.clock, world.journal
    entry = journal.record_entry(lead.number, visit.stage.number, visit.attempt, clock.now)
    call = NO_CALL
    if visit.is_followed_up(lead):
        call = yield from follow_up(world, lead, visit)
        if call.failed:
            journal.record_loss(entry, clock.now, call.failed)
            return False
        past.longest_wait = max(past.longest_wait, call.response_time)
    yield clock.ready(clock.now + visit.decision_time(lead), lead.key)
    if not visit.advances(lead, call.response_time, call.rep):
        journal.record_loss(entry, clock.now, visit.reason(lead))
        return False
    journal.record_advance(entry, clock.now)
    return True


def follow_up(world: World, lead: Lead, visit: Visit) -> Story:
    """Is called until a call reaches it, its patience ends, or no call is left."""
    clock, journal, stage = world.clock, world.journal, visit.stage
    entered = clock.now
    gives_up = entered + visit.patience(lead)
    for number in range(stage.calls):
        entry = journal.record_queueing(lead.number, stage.number, visit.attempt, number, clock.now)
        if visit.is_missed(lead):  # nobody ever calls
            yield clock.patience_ends(gives_up, lead.key)
            journal.record_failure(entry, MISSED)
            return FollowedUp(failed=MISSED)

        team = world.teams[stage.team]
        call = team.call(lead.key)
        if not call.triggered:  # no rep is free, or the team is closed
            yield call | clock.patience_ends(gives_up, lead.key)
        if not call.triggered:
            call.given_up = True
            journal.record_failure(entry, GONE_COLD)
            return FollowedUp(failed=GONE_COLD)

        started, reached = clock.now, visit.is_reached(lead, number)
        journal.record_start(entry, call.rep, started, reached)
        yield from team.handle(call.rep, visit.handling_time(lead, number))
        if reached:
            journal.record_end(entry, clock.now, SERVED)
            return FollowedUp(started - entered, call.rep)
        journal.record_end(entry, clock.now, NOT_REACHED)

        if number + 1 < stage.calls:
            next_call = clock.now + stage.every
            if gives_up < next_call:
                yield clock.patience_ends(max(gives_up, clock.now), lead.key)
                return FollowedUp(failed=GONE_COLD)
            yield clock.ready(next_call, lead.key)
    return FollowedUp(failed=NOT_REACHED)


def recovery(world: World, lead: Lead, visit: Visit) -> Story:
    """After a loss a message is sent, if the stage sends one, and some leads return."""
    if visit.is_last:
        return False
    yield world.clock.ready(world.clock.now + visit.return_delay(lead), lead.key)
    returns = visit.returns(lead)
    world.journal.record_message(lead.number, visit.stage.number, world.clock.now, returns)
    return returns


def run(draws: Draws, journal: Recorder, days: Iterable[int]) -> None:
    """Lets everything happen up to the horizon, a day at a time."""
    clock, scenario = Clock(), draws.scenario
    teams = {}
    for number, team in enumerate(scenario.teams):
        hours = OpeningHours(team.open, scenario.start, team.closed)
        teams[team.name] = Team(clock, number, team.reps, hours, team.serves == NEWEST_FIRST)
    clock.process(arrivals(World(scenario, clock, Funnel(draws), teams, journal)))
    for day in days:
        clock.run(until=min((day + 1) * DAY, scenario.horizon))
