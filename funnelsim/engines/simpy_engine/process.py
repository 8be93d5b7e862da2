"""The model, in SimPy: every lead is a process that walks through the funnel.

Read it from the top. A `yield` hands the time back to SimPy until something happens; `record_...`
writes into the journal. What a lead *would* do (how long it thinks, how patient it is, how narrowly
it decides) has been drawn beforehand, in `draws/`; here is what comes of it when leads meet a team.
What happens after the sale is told in `customer_life.py`.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from funnelsim.distributions import DAY
from funnelsim.engines.draws.draws import Draws
from funnelsim.engines.simpy_engine.clock import Clock, Story, TeamAtWork
from funnelsim.engines.simpy_engine.customer_life import life_of_a_customer
from funnelsim.engines.simpy_engine.leads import DrawnVisit, Funnel, Lead
from funnelsim.engines.simpy_engine.recorder import Recorder
from funnelsim.engines.simpy_engine.world import Past, World
from funnelsim.journal import DROPPED, GONE_COLD, MISSED, NEVER, NOT_REACHED, SERVED
from funnelsim.opening_hours import OpeningHours
from funnelsim.scenario.values import NEWEST_FIRST
from funnelsim.staffing import crew


def way_to_the_sale(world: World, lead: Lead) -> Story:
    """One lead, from the stage it enters to the sale, or to where it is lost."""
    past = Past(discount=lead.discount)
    world.journal.record_arrival(lead, world.clock.now)
    for stage in world.funnel.stages[lead.enters :]:
        for visit in stage.visits(lead):  # the first, and one for each time it may come back
            advances = yield from stage_visit(world, visit, past)
            if advances:
                break
            returns = yield from recovery(world, visit)
            if not returns:
                return
            if lead.is_written_to:
                past.discount = max(past.discount, stage.discount)
    yield from sale(world, lead, past)


def stage_visit(world: World, visit: DrawnVisit, past: Past) -> Story:
    """The lead is called, if the stage has a team, makes up its mind, and advances or is lost."""
    clock, journal = world.clock, world.journal
    entered, entry = clock.now, journal.record_entry(visit, clock.now)
    call = FollowedUp()
    if visit.has_follow_up():
        call = yield from follow_up(world, visit)
        if call.failed:
            journal.record_loss(entry, clock.now, call.failed)
            return False
        past.longest_wait = max(past.longest_wait, call.response_time)
    advances = visit.advances(entered, call.response_time, call.ln_skill)
    takes = visit.takes(advances)
    yield clock.after(min(takes, visit.drop_after), visit.lead.key)
    if takes > visit.drop_after:  # too long for the firm, which gives it up
        journal.record_loss(entry, clock.now, DROPPED)
        return False
    if not advances:
        journal.record_loss(entry, clock.now, visit.loss_reason())
        return False
    journal.record_advance(entry, clock.now)
    return True


class FollowedUp(NamedTuple):
    """What came of the calls to a lead: response time and the rep's skill, or why they failed."""

    response_time: int = 0
    ln_skill: float = 0.0
    failed: str = ""


def follow_up(world: World, visit: DrawnVisit) -> Story:
    """Calls, until one reaches the lead, its patience ends, or none is left."""
    clock, stage, key = world.clock, visit.stage, visit.lead.key
    entered, gives_up = clock.now, clock.now + visit.patience
    for number in range(stage.calls):
        if number > 0:  # the rep before has reached nobody; the next tries after a while
            if gives_up < clock.now + stage.every:
                yield clock.patience_ends(max(gives_up, clock.now), key)
                return FollowedUp(failed=GONE_COLD)
            yield clock.after(stage.every, key)
        call = yield from one_call(world, visit, number, entered)
        if call.failed != NOT_REACHED:
            return call
    return FollowedUp(failed=NOT_REACHED)


def one_call(world: World, visit: DrawnVisit, number: int, entered: int) -> Story:
    """The lead waits for a rep, who reaches it or does not; or its patience ends before."""
    clock, journal, team = world.clock, world.journal, world.teams[visit.stage.team]
    gives_up = entered + visit.patience
    entry = journal.record_queueing(visit, number, clock.now)
    if visit.missed:  # nobody ever calls
        yield clock.patience_ends(gives_up, visit.lead.key)
        journal.record_failure(entry, MISSED)
        return FollowedUp(failed=MISSED)

    call = team.call(visit.lead.key)
    if not call.triggered:  # no rep is free, or the team is closed
        yield call | clock.patience_ends(gives_up, visit.lead.key)
    if not call.triggered:
        call.given_up = True
        journal.record_failure(entry, GONE_COLD)
        return FollowedUp(failed=GONE_COLD)

    started, reached = clock.now, visit.is_reached(number)
    journal.record_start(entry, call.rep, started, reached)
    yield from team.handle(call.rep, visit.call_time(number))
    journal.record_end(entry, clock.now, SERVED if reached else NOT_REACHED)
    skill = visit.stage.ln_skill(call.rep, started)
    return FollowedUp(started - entered, skill, "" if reached else NOT_REACHED)


def recovery(world: World, visit: DrawnVisit) -> Story:
    """After a loss a message is sent, if the stage sends one, and some leads return.

    In an arm of an experiment without messages those alone return who would do so anyway.
    """
    if visit.is_last():
        return False
    yield world.clock.after(visit.return_delay, visit.lead.key)
    if visit.lead.is_written_to:
        world.journal.record_message(visit, world.clock.now, visit.returns, visit.anyway)
    return visit.returns


def sale(world: World, lead: Lead, past: Past) -> Story:
    """The goal is reached, and with it begins the life of a customer."""
    world.journal.record_sale(lead, world.clock.now)
    if world.funnel.has_orders:
        yield from life_of_a_customer(world, lead, past, arrival_of_a_child)


def arrival_of_a_child(world: World, lead: Lead) -> Story:
    """Someone whom a customer has referred, or a customer who is sold something else."""
    yield world.clock.after(lead.delay, lead.key)
    yield from way_to_the_sale(world, lead)


def known_customer(world: World, lead: Lead) -> Story:
    """Somebody who is a customer when the simulation begins, and may have dropped out."""
    world.journal.record_arrival(lead, world.clock.now)
    if lead.delay != NEVER:
        yield world.clock.after(lead.delay, lead.key)
        yield from life_of_a_customer(world, lead, Past(), arrival_of_a_child)


def arrivals(world: World) -> Story:
    """Wakes up whenever a lead arrives, and lets it walk."""
    for lead in world.funnel.leads():
        yield world.clock.ready(lead.arrived, lead.key)
        story = known_customer if lead.is_customer else way_to_the_sale
        world.clock.process(story(world, lead))


def run(draws: Draws, journal: Recorder, days: Iterable[int]) -> None:
    """Lets everything happen up to the horizon, a day at a time."""
    clock, scenario = Clock(), draws.scenario
    teams = {}
    for number, team in enumerate(scenario.teams):
        hours = OpeningHours(team.open, scenario.start, team.closed)
        reps = crew(scenario, team)
        teams[team.name] = TeamAtWork(clock, number, reps, hours, team.serves == NEWEST_FIRST)
    clock.process(arrivals(World(scenario, clock, Funnel(draws), teams, journal)))
    for day in days:
        clock.run(until=min((day + 1) * DAY, scenario.horizon))
