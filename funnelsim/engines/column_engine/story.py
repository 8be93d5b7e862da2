"""What the fast engine has told, block by block, and the tables that it makes of that.

A block holds the visits of all leads to one stage; blocks come in the order of a lead's way, so
the tables need no sorting but that of counting.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from funnelsim.distributions import Ints
from funnelsim.engines.column_engine import queue_walk
from funnelsim.engines.column_engine.lives import Lives
from funnelsim.engines.column_engine.queue_walk import Told
from funnelsim.engines.draws.drawn import Bools, in_order, joined, same, taken
from funnelsim.engines.draws.draws import Draws
from funnelsim.engines.draws.numbering import Numbers, leads_table
from funnelsim.journal import (
    COLUMNS,
    EXPIRED,
    FOLLOW_UP_OUTCOMES,
    GONE_COLD,
    MISSED,
    NEVER,
    NOT_REACHED,
    SERVED,
    VISIT_OUTCOMES,
    Lazy,
    Table,
)


class QueueResults(NamedTuple):
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
class History:
    """What has been told so far, block by block."""

    calls: QueueResults | None = None  # where there is a team
    arrived: list[tuple[Ints, Ints]] = field(default_factory=list)  # (rows, when)
    blocks: list[Block] = field(default_factory=list)
    returns: list[tuple[Ints, int, Ints, Bools, Bools]] = field(default_factory=list)
    """Messages to the lost: (rows, stage, sent, accepted, would have come anyway)."""
    lives: list[Lives] = field(default_factory=list)


def tables_of(draws: Draws, story: History) -> tuple[dict[str, Table], Ints]:
    """The tables of a journal, and with which lead each replication begins.

    Columns of the large tables are made when they are asked for; the story is not needed then.
    """
    rows, arrived = (joined(column) for column in zip(*story.arrived, strict=True))
    number = Numbers(draws, rows, arrived)
    counts = np.bincount(draws.leads.replication.take(rows), minlength=len(draws.replications))
    tables: dict[str, Table] = {
        **_order_tables(draws, story, number),
        "messages": _messages_table(draws, story, number),
        "points": _points_table(draws, story, number),
        "follow_ups": _calls_table(draws, story, number),
        "stage_visits": _visits_table(story, number),
        "leads": leads_table(draws, number, rows, arrived),
    }
    return tables, np.cumsum(counts) - counts


def _in_turn(blocks: list[Ints], leads: int) -> list[Ints]:
    """The place of each row of the blocks, so that a lead's rows follow each other by block."""
    counts = np.zeros(leads, dtype=np.intp)
    for lead in blocks:  # a lead is in a block once at the most
        counts[lead.astype(np.intp, copy=False)] += 1  # quickest as the machine's own kind
    next_ = np.cumsum(counts)
    next_ -= counts
    places = []
    for lead in blocks:
        at = lead.astype(np.intp, copy=False)
        place = next_.take(at)
        places.append(place)
        next_[at] = place + 1
    return places


def _placed(name: str, blocks: Callable[[], list[dict[str, Any]]], leads: int) -> Lazy:
    """The table of these blocks (a column, or one number for all), with each row in its place.

    Uses up the blocks: a column of theirs is gone when the table has it.
    """

    @cache
    def parts() -> tuple[list[dict[str, Any]], list[Ints]]:
        found = blocks()
        return found, _in_turn([block["lead"] for block in found], leads)

    def make(column: str) -> NDArray[Any]:
        found, places = parts()
        values = np.empty(sum(map(len, places)), dtype=COLUMNS[name][column])
        for block, place in zip(found, places, strict=True):
            values[place] = block.pop(column)
        return values

    return Lazy(COLUMNS[name], make)


def _visits_table(story: History, number: Numbers) -> Lazy:
    # blocks are told generation by generation, stage by stage: the order of a lead's visits
    blocks = [
        {
            "lead": number[block.row],
            "stage": block.stage,
            "attempt": block.attempt,
            "entered": block.entered,
            "decided": block.decided,
            "outcome": block.outcome,
            "reason": block.reason,
        }
        for block in story.blocks
    ]
    return _placed("stage_visits", lambda: blocks, number.count)


def _calls_table(draws: Draws, story: History, number: Numbers) -> Lazy:
    calls, blocks = story.calls, story.blocks
    attempts = [
        stage.follow_up.attempts if stage.follow_up else 0 for stage in draws.scenario.stages
    ]

    def made() -> list[dict[str, Any]]:
        if calls is None:
            return []
        return [
            _calls(draws, calls, number, block, nth)
            for block in blocks
            for nth in range(attempts[block.stage])
        ]

    return _placed("follow_ups", made, number.count)


def _calls(
    draws: Draws, calls: QueueResults, number: Numbers, block: Block, nth: int
) -> dict[str, Any]:
    """The n-th calls of the visits of a block, as far as they were queued."""
    job, row = block.job, block.row
    assert job is not None
    call = calls.first_call.take(job).astype(np.intp)  # quickest to be looked up by
    call += nth
    queued = calls.told.queued.take(call)
    is_lost = block.outcome == _LOST
    if nth or draws.initial:  # else who enters is queued for the first call at once
        made = queued != NEVER
        call, job, row, queued, is_lost = (
            c.compress(made) for c in (call, job, row, queued, is_lost)
        )
    started = calls.told.started.take(call)
    is_started = started != NEVER
    finished = started + calls.call_time.take(call)
    is_over = is_started & (finished < draws.scenario.horizon)
    reached = calls.reached_by.take(job) == nth
    reached &= is_started
    outcome = np.where(is_over, np.where(reached, *_ANSWERED), _CODE("open"))
    # a call that never started: the lead went cold or was missed, or still waits
    failed = np.flatnonzero(is_lost & ~is_started)
    outcome[failed] = _FAILED[calls.told.outcome[job[failed]]]
    np.copyto(finished, NEVER, where=~is_over)
    return {
        "lead": number[row],
        "stage": block.stage,
        "attempt": block.attempt,
        "call": nth,
        "rep": calls.told.rep.take(call),
        "reached": reached,
        "queued": queued,
        "started": started,
        "finished": finished,
        "outcome": outcome,
    }


_CODE = FOLLOW_UP_OUTCOMES.index
_ANSWERED = np.array([_CODE(SERVED), _CODE(NOT_REACHED)], dtype=np.int8)
_LOST = VISIT_OUTCOMES.index("lost")
_FAILED = np.full(queue_walk.OUTCOMES, _CODE("open"), dtype=np.int8)  # by the outcome of the walk
_FAILED[[queue_walk.GONE_COLD, queue_walk.MISSED]] = _CODE(GONE_COLD), _CODE(MISSED)


def _order_tables(draws: Draws, story: History, number: Numbers) -> dict[str, Table]:
    """The orders that were placed, and the statuses that they entered."""
    horizon = draws.scenario.horizon
    columns: dict[str, list[Any]] = {name: [] for name in ("run", *COLUMNS["orders"])}
    steps: list[tuple[Ints, Ints]] = []  # [step, order]: status and when
    rounds = [order for lives in story.lives for order in lives.rounds]
    most = max((len(order.drawn.status) for order in rounds), default=0)
    for lives in story.lives:
        for order in lives.rounds:
            is_closed = order.closed < horizon
            kept = is_closed & order.drawn.is_kept
            last = same(0, len(order.row))
            if most:
                status, entered = order.drawn.status, order.drawn.entered + order.placed
                entered = np.where((status == NEVER) | (entered >= horizon), NEVER, entered)
                status = np.where(entered == NEVER, NEVER, status)
                steps.append((status, entered))
                last = status[0]
            for step in range(1, most):
                last = np.where(status[step] == NEVER, last, status[step])
            values = {
                "run": taken(draws.leads.replication, order.row),
                "lead": number[order.row],
                "number": order.drawn.number,
                "placed": order.placed,
                "value": order.value,
                "discount": order.discount,
                "paid": order.paid,
                "tier": order.tier,
                "payment": order.drawn.payment,
                "status": last,
                "closed": np.where(is_closed, order.closed, NEVER),
                "points_earned": _where(kept, order.earned, 0),
                "points_redeemed": order.redeemed,
                "satisfaction": _where(kept, order.feeling, NEVER),
            }
            for name, value in values.items():
                columns[name].append(value)
    if not columns["lead"]:
        return {
            table: {name: np.zeros(0, dtype=kind) for name, kind in COLUMNS[table].items()}
            for table in ("orders", "statuses")
        }
    all_ = {name: joined(parts) for name, parts in columns.items()}
    moment = all_["run"].astype(np.int64) * horizon + all_["placed"]
    by = in_order(moment, all_["lead"].astype(np.int64) * 2**32 + all_["number"])
    orders = {n: taken(all_[n], by).astype(kind) for n, kind in COLUMNS["orders"].items()}
    if not most:
        statuses = {name: np.zeros(0, dtype=kind) for name, kind in COLUMNS["statuses"].items()}
        return {"orders": orders, "statuses": statuses}
    status = np.concatenate([s for s, _ in steps], axis=1)[:, by]
    entered = np.concatenate([e for _, e in steps], axis=1)[:, by]
    which, at_step = np.nonzero(status.T != NEVER)
    statuses = {
        "order": which,
        "status": status[at_step, which],
        "entered": entered[at_step, which],
    }
    kinds = COLUMNS["statuses"]
    return {
        "orders": orders,
        "statuses": {name: statuses[name].astype(kind) for name, kind in kinds.items()},
    }


def _where(these: Bools, column: Ints, otherwise: int) -> Ints:
    """The column, and for others what there is otherwise; often that is all there is."""
    if column.strides == (0,) and len(column) and column[0] == otherwise:
        return column
    return np.where(these, column, otherwise)


def _messages_table(draws: Draws, story: History, number: Numbers) -> Table:
    stages = len(draws.scenario.stages)
    campaigns = {c.kind: stages + n for n, c in enumerate(draws.scenario.campaigns)}
    sent: list[tuple[NDArray[Any], ...]] = []
    runs = draws.leads.replication
    for rows, stage, *columns in story.returns:
        sent.append((runs[rows], number[rows], np.full(len(rows), stage), *columns))
    for lives in story.lives:
        for rows, kind, *columns in lives.messages:
            name = np.full(len(rows), campaigns[kind])
            sent.append((runs[rows], number[rows], name, *columns))
    return _cut("messages", sent, draws.scenario.horizon, ("sent", "lead"))


def _points_table(draws: Draws, story: History, number: Numbers) -> Table:
    moved: list[tuple[NDArray[Any], ...]] = []
    for lives in story.lives:
        # at one moment points expire first; then come those of the orders, one after the other
        for rows, when, kind, points in sorted(lives.points, key=lambda part: part[2] != EXPIRED):
            run = draws.leads.replication[rows]
            moved.append((run, number[rows], when, np.full(len(rows), kind), points))
    return _cut("points", moved, draws.scenario.horizon, ("time", "customer"))


def _cut(
    name: str, parts: list[tuple[NDArray[Any], ...]], horizon: int, by: tuple[str, str]
) -> Table:
    """The table of these parts (replication, then its columns), up to the horizon and in order:
    by when and of whom; what is alike in these stays in the order of the parts.
    """
    kinds = COLUMNS[name]
    if not parts:
        return {column: np.zeros(0, dtype=kind) for column, kind in kinds.items()}
    names = ("run", *kinds)
    columns = dict(zip(names, (np.concatenate(c) for c in zip(*parts, strict=True)), strict=True))
    inside = np.flatnonzero(columns[by[0]] < horizon)
    order = inside[np.lexsort([columns[name][inside] for name in (*reversed(by), "run")])]
    return {column: columns[column][order].astype(kind) for column, kind in kinds.items()}
