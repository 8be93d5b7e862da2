"""The same model as `process.py`, a column of leads at a time; only the queue is walked.

Leads influence each other only by waiting for the same reps. `queue_walk.py` finds out who waits
for whom; here the rest is told for all leads at once, stage by stage, then order by order, and for
those whom customers bring, generation by generation.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from functools import cache
from typing import Any, NamedTuple

import numpy as np

from funnelsim.distributions import Ints
from funnelsim.engines import queue_walk
from funnelsim.engines.draws import Draws
from funnelsim.engines.drawn import Bools, same
from funnelsim.engines.jobs import discounts, queue
from funnelsim.engines.lives import Lives, arrivals_of_children, live
from funnelsim.engines.numbering import leads_table, numbers_of, split
from funnelsim.engines.queue_walk import ADVANCED, GONE_COLD, LOST, OPEN, Entries, Told
from funnelsim.journal import (
    COLUMNS,
    FOLLOW_UP_OUTCOMES,
    NEVER,
    SERVED,
    Table,
    reasons,
)
from funnelsim.scenario.values import GONE_COLD as COLD
from funnelsim.scenario.values import MISSED as NOBODY_CALLED
from funnelsim.scenario.values import NOT_REACHED as NOT_REACHED_TEXT


class Calls(NamedTuple):
    """What came of the queue."""

    told: Told
    first_job: dict[tuple[int, int], int]  # of each visit (stage, attempt)
    first_call: Ints  # per job
    reached_by: Ints
    call_time: Ints  # per call


class Block(NamedTuple):
    """The visits of all leads to one stage, on one attempt; a row per visit, by lead."""

    stage: int
    attempt: int
    row: Ints
    entered: Ints
    decided: Ints
    outcome: Ints  # of VISIT_OUTCOMES
    reason: Ints  # of the journal's reasons
    job: Ints | None  # where a team calls


@dataclass
class Story:
    """What has been told so far, block by block."""

    calls: Calls | None = None  # where there is a team
    arrived: list[tuple[Ints, Ints]] = field(default_factory=list)  # (rows, when)
    blocks: list[Block] = field(default_factory=list)
    returns: list[tuple[Ints, int, Ints, Bools]] = field(default_factory=list)
    """Messages to the lost: (rows, stage, sent, accepted)."""
    lives: list[Lives] = field(default_factory=list)


def run(draws: Draws) -> list[dict[str, Table]]:
    """Everything that happens up to the horizon: the tables of a journal for each replication.

    Uses up the draws.
    """
    story = Story()
    _tell(draws, story)
    draws.stages.clear()  # all is told, and of a million leads they take much memory
    draws.orders.clear()
    return _tables(draws, story)


def _tell(draws: Draws, story: Story) -> None:
    """Lets the leads of the channels walk, then those whom their orders bring, and so on."""
    if any(stage.follow_up for stage in draws.scenario.stages) and len(draws.leads.key):
        story.calls = _walked(draws)
    ends = draws.generation_ends
    rows = np.arange(ends[0], dtype=np.int32)
    arrived = draws.leads.earliest[rows]
    for begin, end in zip(ends, [*ends[1:], ends[-1]], strict=True):  # of their children
        story.arrived.append((rows, arrived))
        buyers, sold, level = _way_to_the_sale(draws, story, rows, arrived)
        waited = np.zeros(len(buyers), dtype=bool)
        if story.calls:
            waited = story.calls.told.is_late[buyers]
        offered = np.array(discounts(draws))[level]
        lives = live(draws, buyers, sold, waited, offered)
        story.lives.append(lives)
        children = np.arange(begin, end)
        when = arrivals_of_children(draws, lives, children)
        born = (when != NEVER) & (when < draws.scenario.horizon)
        rows, arrived = children[born], when[born]


@cache
def _walk() -> tuple[Any, bool]:
    """The walk, and whether it is compiled: with Numba, unless FUNNELSIM_NUMBA is 0."""
    if os.environ.get("FUNNELSIM_NUMBA") != "0":
        try:
            from numba import njit
        except ImportError:
            pass
        else:
            return njit(cache=True)(queue_walk.walk), True
    return queue_walk.walk, False


def _walked(draws: Draws) -> Calls:
    walk, is_compiled = _walk()
    q = queue(draws)
    calls = Calls(q.told, q.first_job, q.jobs.first_call, q.jobs.reached_by, q.jobs.call_time)
    entries, keys, told = q.entries, q.keys, q.told
    given = (q.jobs, q.stages, q.teams, q.births)
    if not is_compiled:
        entries, keys, told = _views(entries), memoryview(keys), _views(told)
        given = tuple(map(_views, given))
    begin = 0
    for end in q.entry_ends:  # of each replication, which has the teams for itself
        its_entries = Entries(*(column[begin:end] for column in entries))
        walk(its_entries, keys, *given, draws.scenario.horizon, told)
        begin = end
    return calls


def _views(part: Any) -> Any:
    """Columns as plain Python looks them up quickest, one number at a time, and writes them."""

    def view(column: Any) -> Any:
        if not isinstance(column, np.ndarray):
            return column
        return [memoryview(row) for row in column] if column.ndim > 1 else memoryview(column)

    return type(part)(*map(view, part))


# --- the way to the sale --------------------------------------------------------------------


def _way_to_the_sale(
    draws: Draws, story: Story, rows: Ints, arrived: Ints
) -> tuple[Ints, Ints, Ints]:
    """Tells the visits of these leads; returns who is sold to, when, and the discount's level."""
    horizon, levels, calls = draws.scenario.horizon, discounts(draws), story.calls
    level = np.zeros(len(draws.leads.key), dtype=np.int64)
    enters = draws.leads.enters[rows]
    going, when = rows[:0], arrived[:0]
    for number, stage in enumerate(draws.scenario.stages[:-1]):
        here = enters == number
        if here.any():
            going, when = np.concatenate([going, rows[here]]), np.concatenate([when, arrived[here]])
            if len(when) > here.sum():
                order = np.argsort(going)
                going, when = going[order], when[order]
        through: list[tuple[Ints, Ints]] = []
        for attempt, drawn in enumerate(draws.stages[number]):
            place = _places(drawn.rows, going)
            if attempt and stage.recovery:
                level[going] = np.maximum(level[going], levels.index(stage.recovery.discount))
            first, job = calls.first_job.get((number, attempt)) if calls else None, None
            if calls is None or first is None:
                decided = when + drawn.decision_time[place]
                outcome = np.where(drawn.slack[place] > 0, _ADVANCED, _LOST)
            else:
                job = first + place
                decided, outcome = calls.told.decided[job], calls.told.outcome[job]
            is_open = (decided == NEVER) | (decided >= horizon)
            outcome[is_open], decided[is_open] = OPEN, NEVER
            own = drawn.reason[place]
            reason = _reason_numbers(draws, number)[np.where(outcome == LOST, own, -outcome)]
            story.blocks.append(
                Block(
                    number,
                    attempt,
                    going,
                    when,
                    decided,
                    _VISIT_OUTCOME[outcome],
                    np.where(outcome <= ADVANCED, np.int16(NEVER), reason),
                    job,
                )
            )
            advanced = outcome == ADVANCED
            through.append((going[advanced], decided[advanced]))
            if attempt + 1 == len(draws.stages[number]):
                break
            sent = decided + drawn.return_delay[place]
            told_of = (outcome > ADVANCED) & (sent < horizon)
            accepted = drawn.returns[place]
            story.returns.append((going[told_of], number, sent[told_of], accepted[told_of]))
            back = told_of & accepted
            going, when = going[back], sent[back]
        going, when = (np.concatenate(column) for column in zip(*through, strict=True))
        if len(through) > 1:
            order = np.argsort(going)
            going, when = going[order], when[order]
    nothing = np.full(len(going), NEVER)
    goal, advanced = len(draws.stages), np.zeros(len(going), dtype=np.int8)
    story.blocks.append(Block(goal, 0, going, when, when, advanced, nothing, None))
    return going, when, level[going]


_ADVANCED, _LOST = np.int8(ADVANCED), np.int8(LOST)
_VISIT_OUTCOME = np.array([2, 0, 1, 1, 1, 1], dtype=np.int8)  # open, advanced, lost ...


def _places(rows: Ints, some: Ints) -> Ints:
    """Where `some` stand among the `rows`; both ascend."""
    if len(rows) == len(some):
        return np.arange(len(rows), dtype=np.int32)
    return np.searchsorted(rows, some).astype(np.int32)


def _reason_numbers(draws: Draws, stage: int) -> Ints:
    """The journal's reasons: the stage's own by number, and behind them those of the follow-up.

    -3, -4 and -5 (missed, not reached, gone cold in the walk) are places from the end.
    """
    numbers = {reason: n for n, reason in enumerate(reasons(draws.scenario))}
    own = [numbers[reason] for reason in draws.scenario.stages[stage].loss_reasons]
    of_calls = [COLD, NOT_REACHED_TEXT, NOBODY_CALLED]
    return np.array([*own, *(numbers[reason] for reason in of_calls), NEVER, NEVER], dtype="i2")


# --- tables ---------------------------------------------------------------------------------


def _tables(draws: Draws, story: Story) -> list[dict[str, Table]]:
    rows, arrived = (np.concatenate(c) for c in zip(*story.arrived, strict=True))
    number = numbers_of(draws, rows, arrived)
    counts = np.bincount(draws.leads.replication[rows], minlength=len(draws.replications))
    tables = {"follow_ups": _calls_table(draws, story, number, len(rows))}
    story.calls = None
    tables["stage_visits"] = _visits_table(story, number, len(rows))
    story.blocks.clear()
    tables |= _order_tables(draws, story, number)
    tables["messages"] = _messages_table(draws, story, number)
    tables["points"] = _points_table(draws, story, number)
    story.lives.clear()
    tables["leads"] = leads_table(draws, number, rows, arrived)
    return split(tables, np.cumsum(counts) - counts)


def _in_turn(blocks: list[Ints], leads: int) -> Ints:
    """The place of each row of the blocks, so that a lead's rows follow each other by block."""
    counts = np.zeros(leads + 1, dtype=np.int32)
    for lead in blocks:
        counts[1:] += np.bincount(lead, minlength=leads)
    next_ = np.cumsum(counts, dtype=np.int32)[:-1]
    places = []
    for lead in blocks:  # a lead is in a block once at the most
        places.append(next_[lead])
        next_[lead] += 1
    return np.concatenate(places)


def _placed(name: str, columns: dict[str, list[Any]], places: Ints) -> Table:
    """The table with each row in its place."""
    table = {}
    for column, kind in COLUMNS[name].items():
        table[column] = np.empty(len(places), dtype=kind)
        table[column][places] = np.concatenate(columns[column])
    return table


def _visits_table(story: Story, number: Ints, leads: int) -> Table:
    # blocks are told generation by generation, stage by stage: the order of a lead's visits
    lead = [number[block.row] for block in story.blocks]
    columns: dict[str, list[Any]] = {
        "lead": lead,
        "stage": [same(b.stage, len(b.row), "i2") for b in story.blocks],
        "attempt": [same(b.attempt, len(b.row), "i2") for b in story.blocks],
        "entered": [block.entered for block in story.blocks],
        "decided": [block.decided for block in story.blocks],
        "outcome": [block.outcome for block in story.blocks],
        "reason": [block.reason for block in story.blocks],
    }
    return _placed("stage_visits", columns, _in_turn(lead, leads))


def _calls_table(draws: Draws, story: Story, number: Ints, leads: int) -> Table:
    columns: dict[str, list[Any]] = {name: [] for name in COLUMNS["follow_ups"]}
    horizon, calls = draws.scenario.horizon, story.calls
    code = FOLLOW_UP_OUTCOMES.index
    for block in story.blocks:
        if block.job is None or calls is None:
            continue
        told, attempts = calls.told, draws.scenario.stages[block.stage].follow_up.attempts  # type: ignore[union-attr]
        for nth in range(attempts):
            call = calls.first_call[block.job] + nth
            made = told.queued[call] != NEVER
            call, job, row = call[made], block.job[made], block.row[made]
            started = told.started[call]
            finished = started + calls.call_time[call]
            is_over = (started != NEVER) & (finished < horizon)
            finished = np.where(is_over, finished, NEVER)
            reached = (calls.reached_by[job] == nth) & (started != NEVER)
            fate = np.where(block.outcome[made] == 1, told.outcome[job], OPEN)
            outcome = np.select(
                [is_over & reached, is_over, started != NEVER, fate == GONE_COLD, fate > LOST],
                [code(SERVED), code(NOT_REACHED_TEXT), code("open"), code(COLD), code(NOBODY_CALLED)],
                code("open"),
            )
            values = {
                "lead": number[row],
                "stage": same(block.stage, len(row)),
                "attempt": same(block.attempt, len(row)),
                "call": same(nth, len(row)),
                "rep": told.rep[call],
                "reached": reached,
                "queued": told.queued[call],
                "started": started,
                "finished": finished,
                "outcome": outcome,
            }
            for name, kind in COLUMNS["follow_ups"].items():
                columns[name].append(values[name].astype(kind, copy=False))
    if not columns["lead"]:
        return {name: np.zeros(0, dtype=kind) for name, kind in COLUMNS["follow_ups"].items()}
    return _placed("follow_ups", columns, _in_turn(columns["lead"], leads))


def _order_tables(draws: Draws, story: Story, number: Ints) -> dict[str, Table]:
    """The orders that were placed, and the statuses that they entered."""
    horizon = draws.scenario.horizon
    columns: dict[str, list[Any]] = {name: [] for name in ("run", *COLUMNS["orders"])}
    steps: list[tuple[Ints, Ints]] = []  # [step, order]: status and when
    rounds = [order for lives in story.lives for order in lives.rounds]
    most = max((len(order.drawn.status) for order in rounds), default=0)
    for lives in story.lives:
        for nth, order in enumerate(lives.rounds, start=1):
            is_closed = order.closed < horizon
            kept = is_closed & order.drawn.is_kept
            status, entered = order.drawn.status, order.drawn.entered + order.placed
            entered = np.where((status == NEVER) | (entered >= horizon), NEVER, entered)
            status = np.where(entered == NEVER, NEVER, status)
            steps.append((status, entered))
            last = status[0] if most else np.zeros(len(order.row), dtype=np.int64)
            for step in range(1, most):
                last = np.where(status[step] == NEVER, last, status[step])
            values = {
                "run": draws.leads.replication[order.row],
                "lead": number[order.row],
                "number": np.full(len(order.row), nth),
                "placed": order.placed,
                "value": order.value,
                "discount": order.discount,
                "paid": order.paid,
                "tier": order.tier,
                "payment": order.drawn.payment,
                "status": last,
                "closed": np.where(is_closed, order.closed, NEVER),
                "points_earned": np.where(kept, order.earned, 0),
                "points_redeemed": order.redeemed,
                "satisfaction": np.where(kept, order.feeling, NEVER),
            }
            for name, value in values.items():
                columns[name].append(value)
    if not columns["lead"]:
        return {
            table: {name: np.zeros(0, dtype=kind) for name, kind in COLUMNS[table].items()}
            for table in ("orders", "statuses")
        }
    joined = {name: np.concatenate(parts) for name, parts in columns.items()}
    by = np.lexsort([joined[name] for name in ("number", "lead", "placed", "run")])
    orders = {n: joined[n][by].astype(kind) for n, kind in COLUMNS["orders"].items()}
    status = np.concatenate([s for s, _ in steps], axis=1)[:, by]
    entered = np.concatenate([e for _, e in steps], axis=1)[:, by]
    order, step = np.nonzero(status.T != NEVER)
    statuses = {"order": order, "status": status[step, order], "entered": entered[step, order]}
    return {
        "orders": orders,
        "statuses": {n: statuses[n].astype(kind) for n, kind in COLUMNS["statuses"].items()},
    }


def _messages_table(draws: Draws, story: Story, number: Ints) -> Table:
    stages = len(draws.scenario.stages)
    campaigns = {c.kind: stages + n for n, c in enumerate(draws.scenario.campaigns)}
    sent: list[tuple[Ints, ...]] = []
    runs = draws.leads.replication
    for rows, stage, when, accepted in story.returns:
        sent.append((runs[rows], number[rows], np.full(len(rows), stage), when, accepted))
    for lives in story.lives:
        for rows, kind, when, accepted in lives.messages:
            name = np.full(len(rows), campaigns[kind])
            sent.append((runs[rows], number[rows], name, when, accepted))
    return _cut("messages", sent, draws.scenario.horizon, "sent", ("sent", "lead", "name"))


def _points_table(draws: Draws, story: Story, number: Ints) -> Table:
    moved = []
    for lives in story.lives:
        for rows, when, kind, points in lives.points:
            run = draws.leads.replication[rows]
            moved.append((run, number[rows], when, np.full(len(rows), kind), points))
    by = ("time", "customer", "kind", "points")
    return _cut("points", moved, draws.scenario.horizon, "time", by)


def _cut(
    name: str, parts: list[tuple[Ints, ...]], horizon: int, when: str, by: tuple[str, ...]
) -> Table:
    """The table of these parts (replication, then its columns), up to the horizon and in order."""
    kinds = COLUMNS[name]
    if not parts:
        return {column: np.zeros(0, dtype=kind) for column, kind in kinds.items()}
    names = ("run", *kinds)
    columns = dict(zip(names, (np.concatenate(c) for c in zip(*parts, strict=True)), strict=True))
    inside = np.flatnonzero(columns[when] < horizon)
    order = inside[np.lexsort([columns[name][inside] for name in (*reversed(by), "run")])]
    return {column: columns[column][order].astype(kind) for column, kind in kinds.items()}
