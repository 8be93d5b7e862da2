"""The model of `simpy_engine/process.py`, a column of leads at a time; only the queue is walked.

Leads influence each other only by waiting for the same reps. `queue_walk.py` finds out who waits
for whom; here the rest is told for all leads at once, stage by stage, then order by order, and for
those whom customers bring, generation by generation.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from typing import Any

import numpy as np

from funnelsim.analytic.changing import ln_odds, of_stage
from funnelsim.distributions import Ints
from funnelsim.engines.column_engine import queue_walk
from funnelsim.engines.column_engine.compiled import compiled
from funnelsim.engines.column_engine.jobs import (
    Queue,
    discounts,
    first_levels,
    offers,
    queue,
    when_bought,
)
from funnelsim.engines.column_engine.lives import arrivals_of_children, live
from funnelsim.engines.column_engine.queue_walk import ADVANCED, LOST, OPEN, Entries
from funnelsim.engines.column_engine.story import Block, History, QueueResults, tables_of
from funnelsim.engines.draws.drawn import StageDraws, does_without, said
from funnelsim.engines.draws.draws import Draws
from funnelsim.journal import (
    CUSTOMER,
    DROPPED,
    GONE_COLD,
    MISSED,
    NEVER,
    NOT_REACHED,
    Table,
    reasons,
)
from funnelsim.scenario.values import RECOVERY

PARTS = 2  # after each of them `run` says so
WORTH_LOADING = 100_000  # jobs: 0.15 s in plain Python; to load Numba takes twice that, and more
_walked_in_plain = 0


def run(draws: Draws, is_done: Callable[[], Any] = lambda: None) -> tuple[dict[str, Table], Ints]:
    """Everything that happens up to the horizon: the tables of a journal, and with which lead of
    them each replication begins. Uses up the draws.
    """
    _keep_what_is_freed()
    story = History()
    if any(stage.follow_up for stage in draws.scenario.stages) and len(draws.leads.key):
        story.calls = _walked(draws)
    is_done()
    _tell(draws, story)
    is_done()
    draws.stages.clear()  # all is told, and of a million leads they take much memory
    draws.orders.clear()
    if story.calls:
        story.calls = _calls_alone(story.calls)
    return tables_of(draws, story)


@cache
def _keep_what_is_freed() -> None:
    """Lets a large piece of memory come and go, which is never touched.

    glibc hands what a simulation has freed back to the system, and takes it anew for the next,
    which costs a tenth of the time, until it has seen a piece of nearly 32 MB freed (mallopt(3),
    on the dynamic threshold); from then on it keeps up to 64 MB. Elsewhere this does nothing.
    """
    np.empty(2**25 - 2**16, dtype=np.int8)


def _tell(draws: Draws, story: History) -> None:
    """Lets the leads of the channels walk, then those whom their orders bring, and so on."""
    ends = draws.generation_ends
    rows = np.arange(ends[0], dtype=np.int32)
    arrived = draws.leads.earliest[: ends[0]]
    for begin, end in zip(ends, [*ends[1:], ends[-1]], strict=True):  # of their children
        story.arrived.append((rows, arrived))
        buyers, sold, level = _way_to_the_sale(draws, story, rows, arrived)
        waited = np.zeros(len(buyers), dtype=bool)
        if story.calls:
            waited = story.calls.told.is_late[buyers]
        offered = offers(draws, buyers, level)
        lives = live(draws, buyers, sold, waited, offered)
        story.lives.append(lives)
        children = np.arange(begin, end)
        when = arrivals_of_children(draws, lives, children)
        born = (when != NEVER) & (when < draws.scenario.horizon)
        rows, arrived = children[born], when[born]


@cache
def the_walk() -> tuple[Any, bool]:
    """The walk, and whether it is compiled: with Numba, unless FUNNELSIM_NUMBA is 0."""
    if os.environ.get("FUNNELSIM_NUMBA") != "0":
        with suppress(ImportError):
            return compiled(queue_walk.walk), True
    return queue_walk.walk, False


def _walk_for(jobs: int, replications: int) -> tuple[Any, bool]:
    """The compiled walk, unless a few jobs are walked sooner than Numba is loaded.

    So the first cell of a lesson does not wait for it; where many replications are simulated, more
    will follow.
    """
    global _walked_in_plain
    if replications == 1 and not the_walk.cache_info().currsize:
        _walked_in_plain += jobs
        if _walked_in_plain < WORTH_LOADING:
            return queue_walk.walk, False
    return the_walk()


def _walked(draws: Draws) -> QueueResults:
    q = queue(draws)
    walk, is_compiled = _walk_for(len(q.jobs.lead), len(draws.replications))
    _walk(draws, q, walk, is_compiled)
    while again := when_bought(draws, q):
        q = again
        _walk(draws, q, walk, is_compiled)
    return QueueResults(q.told, q.first_job, q.jobs.first_call, q.jobs.reached_by, q.jobs.call_time)


def _walk(draws: Draws, q: Queue, walk: Any, is_compiled: bool) -> None:
    entries, told, columns = (
        q.entries,
        q.told,
        (q.keys, q.jobs, q.stages, q.teams, q.moves, q.births),
    )
    if not is_compiled:
        entries, told, columns = _views(entries), _views(told), tuple(map(_views, columns))
    begin = 0
    for end in q.entry_ends:  # of each replication, which has the teams for itself
        its_entries = Entries(*(column[begin:end] for column in entries))
        walk(its_entries, *columns, draws.scenario.horizon, told)
        begin = end


def _calls_alone(calls: QueueResults) -> QueueResults:
    """What the table of follow-ups is made of: the calls, without what became of the leads."""
    nothing = calls.told.decided[:0].copy()
    told = calls.told._replace(
        decided=nothing, level=nothing, call_of=nothing, waits=nothing, sold=nothing
    )
    return calls._replace(told=told)


def _views(part: Any) -> Any:
    """Columns as plain Python looks them up quickest, one number at a time, and writes them."""
    if isinstance(part, np.ndarray):
        view: Any = memoryview(part)  # type: ignore[arg-type]
        return [memoryview(row) for row in part] if part.ndim > 1 else view
    return type(part)(*map(_views, part)) if isinstance(part, tuple) else part


# --- the way to the sale --------------------------------------------------------------------


def _way_to_the_sale(
    draws: Draws, story: History, rows: Ints, arrived: Ints
) -> tuple[Ints, Ints, Ints]:
    """Tells the visits of these leads; returns who is sold to, when, and the discount's level."""
    level = first_levels(draws)
    enters = draws.leads.enters[rows]
    going, when = rows[:0], arrived[:0]
    for number in range(len(draws.stages)):
        here = enters == number
        entering = (rows, arrived)
        if not here.all():
            entering = (rows.compress(here), arrived.compress(here))
        going, when = _by_row([(going, when), entering])
        through: list[tuple[Ints, Ints]] = []
        for attempt, drawn in enumerate(draws.stages[number]):
            if attempt:
                level[going] = np.maximum(level[going], _level(draws, number))
            decided, outcome = _visit(draws, story, number, attempt, going, when)
            advanced = outcome == ADVANCED
            through.append((going.compress(advanced), decided.compress(advanced)))
            if attempt + 1 < len(draws.stages[number]):
                going, when = _messages_to_the_lost(draws, story, number, drawn, going, decided)
        going, when = _by_row(through)
    nothing = np.full(len(going), NEVER)
    goal, advanced = len(draws.stages), np.zeros(len(going), dtype=np.int8)
    story.blocks.append(Block(goal, 0, going, when, when, advanced, nothing, None))
    if draws.initial:
        going, when = _by_row([(going, when), _order_again(draws, rows, arrived)])
    return going, when, level[going]


def _order_again(draws: Draws, rows: Ints, arrived: Ints) -> tuple[Ints, Ints]:
    """Who of these is a customer when the simulation begins and orders again, and when."""
    again = (draws.leads.kind[rows] == CUSTOMER) & (draws.leads.delay[rows] != NEVER)
    return rows[again], arrived[again] + draws.leads.delay[rows[again]]


def _visit(
    draws: Draws, story: History, stage: int, attempt: int, rows: Ints, entered: Ints
) -> tuple[Ints, Ints]:
    """Tells these leads' visit to a stage; returns when each is decided, and its outcome."""
    drawn, calls = draws.stages[stage][attempt], story.calls
    place = _places(drawn.rows, rows)
    first, job = calls.first_job.get((stage, attempt)) if calls else None, None
    if calls is None or first is None:
        acting = of_stage(draws.scenario, draws.scenario.stages[stage])
        helps = ln_odds(acting, entered - drawn.before[place]) if acting else 0.0
        fates = said(drawn, place, helps)
        decided = entered + fates.after
        outcome = LOST - fates.advances.view(np.int8)  # or ADVANCED
        np.copyto(outcome, queue_walk.DROPPED, where=fates.dropped)
    else:
        job = first + place
        decided, outcome = calls.told.decided.take(job), calls.told.outcome.take(job)
        job = job.astype(np.int32)
    is_open = (decided == NEVER) | (decided >= draws.scenario.horizon)
    np.copyto(outcome, OPEN, where=is_open)
    np.copyto(decided, NEVER, where=is_open)
    own, of_outcome = _reason_numbers(draws, stage)
    reason = of_outcome.take(outcome)
    if len(own) > 1:
        lost = np.flatnonzero(outcome == LOST)
        reason[lost] = own.take(drawn.reason.take(place.take(lost)))
    told = _VISIT_OUTCOME.take(outcome)
    story.blocks.append(Block(stage, attempt, rows, entered, decided, told, reason, job))
    return decided, outcome


def _messages_to_the_lost(
    draws: Draws, story: History, stage: int, drawn: StageDraws, rows: Ints, decided: Ints
) -> tuple[Ints, Ints]:
    """Tells the messages of a recovery; returns who comes back, and when."""
    block, place = story.blocks[-1], _places(drawn.rows, rows)
    sent = decided + drawn.return_delay[place]
    is_sent = (block.reason != NEVER) & (sent < draws.scenario.horizon)
    accepted, anyway = drawn.returns[place], drawn.anyway[place]
    back = is_sent & accepted
    is_sent &= ~does_without(draws.scenario, RECOVERY, draws.leads, rows)
    columns = (sent[is_sent], accepted[is_sent], anyway[is_sent])
    story.returns.append((rows[is_sent], stage, *columns))
    return rows[back], sent[back]


def _level(draws: Draws, stage: int) -> int:
    recovery = draws.scenario.stages[stage].recovery
    return discounts(draws).index(recovery.discount if recovery else 0.0)


_VISIT_OUTCOME = np.array([2, 0, 1, 1, 1, 1, 1], dtype=np.int8)  # open, advanced, lost ...


def _by_row(parts: list[tuple[Ints, Ints]]) -> tuple[Ints, Ints]:
    """Rows and times of all parts, ascending by row."""
    parts = [part for part in parts if len(part[0])] or parts[:1]
    if len(parts) == 1:
        return parts[0]
    rows, when = (np.concatenate(column) for column in zip(*parts, strict=True))
    order = np.argsort(rows)
    return rows[order], when[order]


def _places(rows: Ints, some: Ints) -> Ints:
    """Where `some` stand among the `rows`; both ascend."""
    if len(rows) == len(some):
        return np.arange(len(rows))
    if len(some) < len(rows) / 16:
        return np.searchsorted(rows, some)
    place = np.empty(rows[-1] + 1, dtype=np.intp)
    place[rows] = np.arange(len(rows))
    return place.take(some)


def _reason_numbers(draws: Draws, stage: int) -> tuple[Ints, Ints]:
    """The journal's numbers of a stage's own reasons, and of the reason by outcome of the walk;
    that of who is lost by its own decision is the first of these.
    """
    numbers = {reason: n for n, reason in enumerate(reasons(draws.scenario))}
    own = [numbers[reason] for reason in draws.scenario.stages[stage].loss_reasons]
    of_outcome = np.full(queue_walk.OUTCOMES, NEVER, dtype=np.int16)
    of_outcome[LOST] = own[0]
    of_outcome[[queue_walk.MISSED, queue_walk.NOT_REACHED, queue_walk.GONE_COLD]] = [
        numbers[reason] for reason in (MISSED, NOT_REACHED, GONE_COLD)
    ]
    of_outcome[queue_walk.DROPPED] = numbers.get(DROPPED, NEVER)
    return np.array(own, dtype=np.int16), of_outcome
