"""From columns to jobs: which visits need a rep, and where each leads.

A stage without a team takes its time and lets through whom it will, whoever else is there. So the
way from one team to the next is known beforehand: a job (a visit to a stage with a team) leads to
another job, to the sale, or nowhere, after a time that is known too. What remains is the queue.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from funnelsim.analytic.changing import ln_odds, move_lives, move_odds, of_stage
from funnelsim.distributions import Floats, Ints
from funnelsim.engines.column_engine.lives import arrivals_of_children, live
from funnelsim.engines.column_engine.queue_walk import (
    ADVANCED,
    DROPPED,
    FAR,
    LOST,
    NEVER,
    NOWHERE,
    SALE,
    Births,
    Entries,
    Jobs,
    Moves,
    Stages,
    Teams,
    Told,
)
from funnelsim.engines.column_engine.staff import moves_of, stages_of, teams_of
from funnelsim.engines.draws.drawn import StageDraws, does_without, in_order, said, same, taken
from funnelsim.engines.draws.draws import Draws
from funnelsim.journal import CUSTOMER
from funnelsim.scenario.values import RECOVERY


class Onward(NamedTuple):
    """What follows on entering a stage, a row per lead: a job, SALE or NOWHERE, and how soon."""

    to: Ints
    after: Ints


@dataclass(frozen=True)
class Queue:
    """Everything that `walk` takes."""

    entries: Entries
    entry_ends: list[int]  # of each replication
    keys: Ints
    jobs: Jobs
    stages: Stages
    teams: Teams
    moves: Moves
    births: Births
    told: Told
    first_job: dict[tuple[int, int], int]  # of each visit (stage, attempt)
    settled: list[Settled]


def discounts(draws: Draws) -> list[float]:
    """The discounts with which a lead may have been brought back; a level is a place in them."""
    recoveries = [stage.recovery for stage in draws.scenario.stages]
    before = draws.initial.discounts() if draws.initial else []
    return sorted({0.0, *before, *(recovery.discount for recovery in recoveries if recovery)})


def first_levels(draws: Draws) -> Ints:
    """The level with which each lead begins: with which it was brought back before."""
    level = np.zeros(len(draws.leads.key), dtype=np.int64)
    if draws.initial:
        level[:] = np.searchsorted(discounts(draws), draws.initial.discounts_of(draws.leads))
    return level


def stages_with_jobs(draws: Draws) -> list[int]:
    """The stages that the walk decides: those with a team, or all, where it matters when a visit
    begins.
    """
    stages = draws.scenario.stages[:-1]
    every = move_odds(draws.scenario)
    return [n for n, stage in enumerate(stages) if stage.follow_up or every]


def offers(draws: Draws, rows: Ints, level: Ints) -> Floats:
    """The discounts of these levels to these leads; who came back without a message has none but
    what it was brought back with before.
    """
    offered = np.array(discounts(draws))
    unasked = does_without(draws.scenario, RECOVERY, draws.leads, rows)
    if not unasked.any():
        return offered[level]
    return np.where(unasked, offered[first_levels(draws)[rows]], offered[level])


def queue(draws: Draws) -> Queue:
    """The jobs of everyone who may come to be, and all that is to be known about them.

    Uses up those draws that nobody asks about but the queue.
    """
    with_jobs = stages_with_jobs(draws)
    visits = [(n, a) for n in with_jobs for a in range(len(draws.stages[n]))]
    sizes = [len(draws.stages[n][a].rows) for n, a in visits]
    bases = np.concatenate([[0], np.cumsum(sizes)]).tolist()
    first_job = dict(zip(visits, bases, strict=False))
    ways, leads_to, settled = _ways(draws, with_jobs, first_job)
    jobs = _jobs(draws, visits, first_job, leads_to)
    births = _births(draws, ways)
    entries, entry_ends = _entries(draws, ways, bool(len(births.child)))
    del ways  # of a million leads they are as much memory as what is told
    return Queue(
        entries=entries,
        entry_ends=entry_ends,
        keys=draws.leads.key,
        jobs=jobs,
        stages=stages_of(draws.scenario, with_jobs, discounts(draws)),
        teams=teams_of(draws),
        moves=moves_of(draws),
        births=births,
        told=_told(draws, jobs, settled, bool(len(births.child))),
        first_job=first_job,
        settled=settled,
    )


def _ways(
    draws: Draws, with_jobs: list[int], first_job: dict[tuple[int, int], int]
) -> tuple[list[Onward], dict[tuple[int, int], Onward], list[Settled]]:
    """The way from each stage on, the goal's last; where the visits of each job lead those who
    advance; and who is past a call when the simulation begins.
    """
    count = len(draws.leads.key)
    ways: list[Onward] = [Onward(_full(count, SALE), same(0, count))]
    leads_to: dict[tuple[int, int], Onward] = {}
    settled: list[Settled] = []
    for stage in reversed(range(len(draws.stages))):
        attempts, after_it = draws.stages[stage], ways[0]
        if stage not in with_jobs:
            ways.insert(0, _through(attempts, after_it, count, draws.scenario.horizon))
            continue
        to = _full(count, NOWHERE)
        first, rows = first_job[stage, 0], attempts[0].rows
        to[rows] = np.arange(first, first + len(rows), dtype=np.int32)
        way = Onward(to, same(0, count))
        if attempts[0].settled.any():
            way = Onward(to, np.zeros(count, dtype=np.int64))
            settled.append(_settled(draws, stage, way, after_it, first_job))
        ways.insert(0, way)
        for attempt, drawn in enumerate(attempts):
            leads_to[stage, attempt] = Onward(*(taken(part, drawn.rows) for part in after_it))
    return ways, leads_to, settled


def _full(count: int, what: int) -> NDArray[np.int32]:
    return np.full(count, what, dtype=np.int32)


def _through(attempts: list[StageDraws], after_it: Onward, leads: int, horizon: int) -> Onward:
    """The way through a stage without a team, losses and returns included."""
    to, after = _full(leads, NOWHERE), np.zeros(leads, dtype=np.int64)
    rows = attempts[0].rows.astype(np.intp)
    time: Any = np.int64(0)
    at: Any = slice(None)
    for drawn in attempts:
        takes, advances, _ = said(drawn, at)
        time = time + takes
        through = rows.compress(advances)
        to[through] = after_it.to.take(through)
        after[through] = time.compress(advances) + taken(after_it.after, through)
        if drawn is attempts[-1]:
            break
        back = ~advances & drawn.returns[at] & (time < horizon)
        place = np.cumsum(drawn.returns) - 1  # the next attempt is drawn for those who return
        rows, time, at = rows[back], (time + drawn.return_delay[at])[back], place[at][back]
    return Onward(to, after)


class Settled(NamedTuple):
    """Visits whose call was made before the simulation began: what became of them."""

    job: Ints
    decided: Ints
    outcome: Ints
    back: Ints  # rows of those who come back
    level: int  # of the discount that brings them back


def _settled(
    draws: Draws, stage: int, way: Onward, after_it: Onward, first_job: dict[tuple[int, int], int]
) -> Settled:
    """Those who are past their call in this stage go on without one; changes their `way`."""
    drawn = draws.stages[stage][0]
    at = np.flatnonzero(drawn.settled)
    acting = of_stage(draws.scenario, draws.scenario.stages[stage])
    rows, fates = drawn.rows[at], said(drawn, at, ln_odds(acting, -drawn.before[at]))
    advances, decided = fates.advances, draws.leads.earliest[rows] + fates.after
    way.to[rows] = np.where(advances, after_it.to[rows], NOWHERE)
    way.after[rows[advances]] = fates.after[advances] + after_it.after[rows[advances]]
    back = drawn.returns[at] & ~advances & (decided < draws.scenario.horizon)
    if back.any():
        place = np.cumsum(drawn.returns) - 1  # the next attempt is drawn for those who return
        way.to[rows[back]] = first_job[stage, 1] + place[at[back]]
        way.after[rows[back]] = fates.after[back] + drawn.return_delay[at[back]]
    recovery = draws.scenario.stages[stage].recovery
    return Settled(
        job=first_job[stage, 0] + at,
        decided=decided,
        outcome=np.where(advances, ADVANCED, np.where(fates.dropped, DROPPED, LOST)),
        back=rows[back],
        level=discounts(draws).index(recovery.discount) if recovery else 0,
    )


def _jobs(
    draws: Draws,
    visits: Sequence[tuple[int, int]],
    first_job: dict[tuple[int, int], int],
    leads_to: dict[tuple[int, int], Onward],
) -> Jobs:
    with_jobs = list(dict.fromkeys(stage for stage, _ in visits))
    columns: list[tuple[NDArray[Any], ...]] = []
    call_times, calls = [], 0
    for stage, attempt in visits:
        drawn = draws.stages[stage][attempt]
        size, attempts = len(drawn.rows), len(drawn.attempt_times)
        lost_to = _full(size, NOWHERE)
        if (stage, attempt + 1) in first_job:
            lost_to[drawn.returns] = first_job[stage, attempt + 1] + np.arange(drawn.returns.sum())
        call_times.append(_call_times(drawn))
        to, after = leads_to.pop((stage, attempt))
        columns.append(
            (
                drawn.rows,
                same(with_jobs.index(stage), size, "i2"),
                calls + attempts * np.arange(size, dtype=np.int32),
                drawn.missed,
                drawn.patience,
                drawn.reached_by,
                drawn.decision_time,
                drawn.loss_time,
                drawn.slack,
                drawn.before,
                to,
                after,
                lost_to,
                drawn.return_delay,
            )
        )
        calls += attempts * size
    parts = [list(column) for column in zip(*columns, strict=True)]
    columns.clear()
    del drawn, to, after
    joined: list[NDArray[Any]] = []
    before: list[int] = []
    while parts:  # one after the other, so that nothing stands in memory twice
        some = parts.pop(0)
        columns_of = [*map(id, some)]
        if columns_of == before:  # where both fates take the same time
            joined.append(joined[-1])
            continue
        before = columns_of
        # untouched zeros take no memory, and the walk wants columns of one make
        nothing = all(c.strides == (0,) and len(c) and c[0] == 0 for c in some)
        kind, size = some[0].dtype, sum(map(len, some))
        joined.append(np.zeros(size, dtype=kind) if nothing else np.concatenate(some))
    return Jobs._make([*joined, np.concatenate(call_times)])


def _call_times(drawn: StageDraws) -> Ints:
    """What each call takes the rep, the calls of a visit one after the other."""
    attempts = len(drawn.attempt_times)
    if attempts == 1 and not drawn.reached_by.any():  # the first call reaches everybody
        return drawn.handling_time
    reached = drawn.reached_by == np.arange(attempts)[:, None]
    return np.where(reached, drawn.handling_time, drawn.attempt_times).T.ravel()


def _entries(draws: Draws, ways: list[Onward], brings: bool) -> tuple[Entries, list[int]]:
    """The first jobs, and sales that may bring children; and where each replication ends."""
    leads, way = draws.leads, ways[0]
    if draws.initial:
        way = _from_where_they_stand(draws, ways)
    ready = leads.earliest + way.after
    come = leads.parent == NEVER
    come &= (way.to >= 0) | (way.to == SALE) if brings else way.to >= 0
    come &= ready < draws.scenario.horizon
    rows = np.flatnonzero(come)
    ready, key, to = ready.take(rows), leads.key.take(rows), way.to.take(rows).astype(np.int64)
    what = np.where(to == SALE, SALE - 1 - rows, to) if brings else to
    moment, ends = ready, [len(rows)]
    if len(draws.replications) > 1:
        run = leads.replication.take(rows).astype(np.int64)
        moment = run * draws.scenario.horizon + ready
        ends = np.cumsum(np.bincount(run, minlength=len(draws.replications))).tolist()
    order = in_order(moment, key)
    return Entries(ready.take(order), key.take(order), what.take(order)), ends


def _from_where_they_stand(draws: Draws, ways: list[Onward]) -> Onward:
    """The way of each lead from the stage it enters; customers order again after their gap."""
    leads = draws.leads
    way = Onward(ways[0].to.copy(), ways[0].after.copy())
    for number, here in enumerate(ways):
        rows = np.flatnonzero((leads.initial != NEVER) & (leads.enters == number))
        way.to[rows], way.after[rows] = here.to[rows], here.after[rows]
    customers = np.flatnonzero(leads.kind == CUSTOMER)
    way.after[customers] = leads.delay[customers]
    way.to[customers[leads.delay[customers] == NEVER]] = NOWHERE
    return way


def _births(draws: Draws, ways: list[Onward]) -> Births:
    """When each child is born, counted from the sale of its parent, in each case of the sale."""
    leads, scenario = draws.leads, draws.scenario
    count = len(leads.key)
    child = np.flatnonzero(leads.parent != NEVER)
    child = child[np.argsort(leads.parent[child], kind="stable")]
    parents = np.unique(leads.parent[child])
    per_lead = np.bincount(leads.parent[child], minlength=count)
    late = scenario.satisfaction.late_follow_up if scenario.satisfaction else None
    late_after = late.after if late else FAR
    if not len(child):  # then the walk asks for nothing of this
        none = child[:0]
        return Births(late_after, none, none, none.reshape(1, 0), _full(0, NOWHERE), none)
    cases: list[Ints] = []
    for level in range(len(discounts(draws))):
        of_case = np.full(len(parents), level)
        for waited in (False, True):
            if waited and not late:
                cases.append(cases[-1])
                continue
            sold = np.zeros(len(parents), dtype=np.int64)
            lives = live(
                draws, parents, sold, np.full(len(parents), waited), offers(draws, parents, of_case)
            )
            cases.append(arrivals_of_children(draws, lives, child))
    enters_at, enters_after = _full(count, NOWHERE), np.zeros(count, dtype=np.int64)
    at = leads.enters[child]
    enters_at[child] = np.array([way.to for way in ways])[at, child]
    enters_after[child] = np.array([way.after for way in ways])[at, child]
    return Births(
        late_after=late_after,
        first_child=np.concatenate([[0], np.cumsum(per_lead)]),
        child=child,
        after=np.array(cases).reshape(len(cases), len(child)),
        enters_at=enters_at,
        enters_after=enters_after,
    )


def when_bought(draws: Draws, q: Queue) -> Queue | None:
    """The queue with the births as they are for those who have bought when `q.told` says; None
    where these are the births that it has been walked with.

    What holds only for a while may decide whether a customer orders again, and so who comes because
    of that. Whoever is brought comes after the sale, so each walk with other births is right for
    longer than the one before: the last one is right to the end.
    """
    leads, told, child = draws.leads, q.told, q.births.child
    parent = leads.parent[child]
    known = np.flatnonzero(told.sold[parent] != NEVER) if len(child) else child
    if not len(known) or not move_lives(draws.scenario):
        return None
    rows, parent = np.unique(parent[known]), parent[known]
    waited, offered = told.is_late[rows], np.array(discounts(draws))[told.level[rows]]
    lives = live(draws, rows, told.sold[rows], waited, offered)
    comes, sold = arrivals_of_children(draws, lives, child[known]), told.sold[parent]
    case, after = 2 * told.level[parent] + told.is_late[parent], q.births.after.copy()
    was = after[case, known]
    found = np.where(comes == NEVER, NEVER, comes - sold)
    found, was = (
        np.where(sold + part >= draws.scenario.horizon, NEVER, part) for part in (found, was)
    )
    if np.array_equal(found, was):
        return None
    after[case, known] = found
    return replace(
        q, births=q.births._replace(after=after), told=_told(draws, q.jobs, q.settled, True)
    )


def _told(draws: Draws, jobs: Jobs, settled: list[Settled], brings: bool) -> Told:
    """What nothing has happened to yet, but those who are past a call when it begins."""
    job_count, call_count, leads = len(jobs.lead), len(jobs.call_time), len(draws.leads.key)

    def never(count: int) -> Ints:
        return np.full(count, NEVER)

    told = Told(
        decided=never(job_count),
        outcome=np.zeros(job_count, dtype=np.int8),
        queued=never(call_count),
        started=never(call_count),
        rep=np.full(call_count, NEVER, dtype=np.int32),
        call_of=np.zeros(job_count, dtype=np.int16),
        waits=np.zeros(job_count, dtype=bool),
        is_late=np.zeros(leads, dtype=bool),
        level=_levels(draws),
        sold=never(leads if brings else 0),
    )
    for some in settled:
        told.decided[some.job], told.outcome[some.job] = some.decided, some.outcome
        told.level[some.back] = np.maximum(told.level[some.back], some.level)
    return told


def _levels(draws: Draws) -> Ints:
    """The largest discount that brings each lead back in stages without a team."""
    levels, level = discounts(draws), first_levels(draws)
    with_jobs = stages_with_jobs(draws)
    for number, stage in enumerate(draws.scenario.stages[:-1]):
        if number in with_jobs or not stage.recovery:
            continue
        drawn = draws.stages[number][0]
        back = drawn.rows[~said(drawn).advances & drawn.returns]
        level[back] = np.maximum(level[back], levels.index(stage.recovery.discount))
    return level
