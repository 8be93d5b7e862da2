"""What the SimPy engine writes into while time goes on; rows are changed as things are decided.

Everything is whole: microseconds, cents, numbers of stages, reps and reasons. A row has the names
of the columns of its table in the journal (`COLUMNS`). A lead is a row of the draws here; `tables`
numbers those who came to be by arrival, as the journal does.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Any, NamedTuple

import numpy as np

from funnelsim.distributions import Ints
from funnelsim.engines.draws.draws import Draws
from funnelsim.engines.draws.numbering import Numbers, leads_table
from funnelsim.engines.simpy_engine.leads import DrawnVisit, Lead
from funnelsim.journal import COLUMNS, FOLLOW_UP_OUTCOMES, NEVER, VISIT_OUTCOMES, Table, reasons
from funnelsim.scenario import Scenario

_ADVANCED, _LOST, _OPEN = map(VISIT_OUTCOMES.index, ("advanced", "lost", "open"))
_OPEN_CALL = FOLLOW_UP_OUTCOMES.index("open")


@dataclass(slots=True)
class VisitRow:
    lead: int
    stage: int
    attempt: int
    entered: int
    decided: int = NEVER
    outcome: int = _OPEN
    reason: int = NEVER


@dataclass(slots=True)
class FollowUpRow:
    lead: int
    stage: int
    attempt: int
    call: int
    queued: int
    rep: int = NEVER
    reached: bool = False
    started: int = NEVER
    finished: int = NEVER
    outcome: int = _OPEN_CALL


@dataclass(slots=True)
class OrderRow:
    lead: int
    number: int
    placed: int
    value: int
    discount: int
    paid: int
    tier: int
    payment: int
    points_redeemed: int
    status: int
    points_earned: int = 0
    closed: int = NEVER
    satisfaction: int = NEVER


class ArrivalRow(NamedTuple):
    lead: int
    arrived: int


class StatusRow(NamedTuple):
    lead: int
    number: int  # of the lead's order
    status: int
    entered: int


class MessageRow(NamedTuple):
    lead: int
    name: int
    sent: int
    accepted: bool
    anyway: bool


class PointsRow(NamedTuple):
    customer: int
    time: int
    kind: int
    points: int


class Recorder:
    """The tables of a journal in the making."""

    def __init__(self, scenario: Scenario) -> None:
        self._reason = {reason: number for number, reason in enumerate(reasons(scenario))}
        stages = len(scenario.stages)
        self._goal = stages - 1
        self._campaign = {c.kind: stages + n for n, c in enumerate(scenario.campaigns)}
        self._arrivals: list[ArrivalRow] = []
        self._visits: list[VisitRow] = []
        self._follow_ups: list[FollowUpRow] = []
        self._orders: list[OrderRow] = []
        self._statuses: list[StatusRow] = []
        self._messages: list[MessageRow] = []
        self._points: list[PointsRow] = []

    # --- the way to the sale ----------------------------------------------------------------

    def record_arrival(self, lead: Lead, now: int) -> None:
        self._arrivals.append(ArrivalRow(lead.number, now))

    def record_entry(self, visit: DrawnVisit, now: int) -> VisitRow:
        entry = VisitRow(visit.lead.number, visit.stage.number, visit.attempt, now)
        self._visits.append(entry)
        return entry

    def record_advance(self, entry: VisitRow, now: int) -> None:
        entry.decided, entry.outcome = now, _ADVANCED

    def record_loss(self, entry: VisitRow, now: int, reason: str) -> None:
        entry.decided, entry.outcome, entry.reason = now, _LOST, self._reason[reason]

    def record_queueing(self, visit: DrawnVisit, call: int, now: int) -> FollowUpRow:
        entry = FollowUpRow(visit.lead.number, visit.stage.number, visit.attempt, call, now)
        self._follow_ups.append(entry)
        return entry

    def record_failure(self, entry: FollowUpRow, outcome: str) -> None:
        entry.outcome = FOLLOW_UP_OUTCOMES.index(outcome)

    def record_start(self, entry: FollowUpRow, rep: int, now: int, reached: bool) -> None:
        entry.rep, entry.started, entry.reached = rep, now, reached

    def record_end(self, entry: FollowUpRow, now: int, outcome: str) -> None:
        entry.finished, entry.outcome = now, FOLLOW_UP_OUTCOMES.index(outcome)

    def record_message(self, visit: DrawnVisit, now: int, accepted: bool, anyway: bool) -> None:
        """The message of a stage's recovery."""
        lead, stage = visit.lead.number, visit.stage.number
        self._messages.append(MessageRow(lead, stage, now, accepted, anyway))

    def record_sale(self, lead: Lead, now: int) -> None:
        """The goal is a stage too, entered and decided at one moment."""
        self._visits.append(VisitRow(lead.number, self._goal, 0, now, now, _ADVANCED))

    # --- from the sale on -------------------------------------------------------------------

    def record_order(
        self, lead: Lead, number: int, now: int, value: int, discount: int, paid: int,
        redeemed: int, tier: int, payment: int,
    ) -> OrderRow:  # fmt: skip
        status = 0 if payment == NEVER else NEVER  # without a method of payment there is but one
        order = OrderRow(
            lead.number, number, now, value, discount, paid, tier, payment, redeemed, status
        )
        self._orders.append(order)
        return order

    def record_status(self, order: OrderRow, status: int, now: int) -> None:
        self._statuses.append(StatusRow(order.lead, order.number, status, now))
        order.status = status

    def record_closing(self, order: OrderRow, now: int, feeling: int = NEVER) -> None:
        order.closed, order.satisfaction = now, feeling

    def record_earning(self, order: OrderRow, points: int) -> None:
        order.points_earned = points

    def record_points(self, customer: Lead, now: int, kind: int, points: int) -> None:
        self._points.append(PointsRow(customer.number, now, kind, points))

    def record_campaign(
        self, lead: Lead, kind: str, now: int, accepted: bool, anyway: bool
    ) -> None:
        name = self._campaign[kind]
        self._messages.append(MessageRow(lead.number, name, now, accepted, anyway))

    # --- the tables -------------------------------------------------------------------------

    def tables(self, draws: Draws) -> dict[str, Table]:
        """The columns of each table, in the order of the journal."""
        rows = _column("lead", "i8", self._arrivals)
        arrived = _column("arrived", "i8", self._arrivals)
        number = Numbers(draws, rows, arrived)
        tables: dict[str, Table] = {"leads": dict(leads_table(draws, number, rows, arrived))}
        for name, written, by in (
            ("stage_visits", self._visits, ("lead", "entered", "stage", "attempt")),
            ("follow_ups", self._follow_ups, ("lead", "queued", "stage", "attempt", "call")),
            ("orders", self._orders, ("placed", "lead", "number")),
            # at one moment in the order in which they happened to somebody, as they were written
            ("messages", self._messages, ("sent", "lead")),
            ("points", self._points, ("time", "customer")),
        ):
            table = {n: _column(n, kind, written) for n, kind in COLUMNS[name].items()}
            owner = "customer" if name == "points" else "lead"
            table[owner] = number[table[owner]].astype(COLUMNS[name][owner])
            tables[name] = _sorted(table, *by)
        tables["statuses"] = self._status_table(number, tables["orders"])
        return tables

    def _status_table(self, number: Numbers, orders: Table) -> Table:
        """By order; those of one as they were written, one after the other."""
        lead = number[_column("lead", "i4", self._statuses)].tolist()
        place = {of: n for n, of in enumerate(zip(orders["lead"], orders["number"], strict=True))}
        order = [place[n, row.number] for n, row in zip(lead, self._statuses, strict=True)]
        kinds = COLUMNS["statuses"]
        table = {n: _column(n, kinds[n], self._statuses) for n in ("status", "entered")}
        return _sorted({"order": np.array(order, dtype=kinds["order"]), **table}, "order")


def _column(name: str, kind: str, rows: Sequence[Any]) -> Ints:
    return np.fromiter(map(attrgetter(name), rows), kind, len(rows))


def _sorted(table: Table, *by: str) -> Table:
    """In this order; what is alike stays in the order in which it was written."""
    order = np.lexsort([table[name] for name in reversed(by)])
    return {name: column[order] for name, column in table.items()}
