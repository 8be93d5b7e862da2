"""What the SimPy engine writes into while time goes on; rows are changed as things are decided.

Everything is whole: microseconds, cents, numbers of stages, reps and reasons. A lead is a row of
the draws here; `tables` numbers those who came to be by arrival, as the journal does.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from funnelsim.distributions import Ints
from funnelsim.engines.draws.draws import Draws
from funnelsim.engines.draws.numbering import Numbers, leads_table
from funnelsim.journal import COLUMNS, FOLLOW_UP_OUTCOMES, NEVER, VISIT_OUTCOMES, Table, reasons
from funnelsim.scenario import Scenario


class Recorder:
    """The tables of a journal in the making."""

    def __init__(self, scenario: Scenario) -> None:
        self._reason = {reason: number for number, reason in enumerate(reasons(scenario))}
        stages = len(scenario.stages)
        self._campaign = {c.kind: stages + n for n, c in enumerate(scenario.campaigns)}
        self._arrivals: list[tuple[int, int]] = []
        self._visits: list[list[int]] = []
        self._follow_ups: list[list[int]] = []
        self._orders: list[list[int]] = []
        self._statuses: list[tuple[int, int, int, int, int]] = []
        self._messages: list[tuple[int, int, int, int]] = []
        self._points: list[tuple[int, int, int, int]] = []

    # --- the way to the sale ----------------------------------------------------------------

    def arrives(self, lead: int, now: int) -> None:
        self._arrivals.append((lead, now))

    def enters(self, lead: int, stage: int, attempt: int, now: int) -> list[int]:
        visit = [lead, stage, attempt, now, NEVER, VISIT_OUTCOMES.index("open"), NEVER]
        self._visits.append(visit)
        return visit

    def advances(self, visit: list[int], now: int) -> bool:
        visit[4:6] = now, VISIT_OUTCOMES.index("advanced")
        return True

    def is_lost(self, visit: list[int], now: int, reason: str) -> bool:
        visit[4:] = now, VISIT_OUTCOMES.index("lost"), self._reason[reason]
        return False

    def queues(self, lead: int, stage: int, attempt: int, call: int, now: int) -> list[int]:
        opened = FOLLOW_UP_OUTCOMES.index("open")
        follow_up = [lead, stage, attempt, call, NEVER, False, now, NEVER, NEVER, opened]
        self._follow_ups.append(follow_up)
        return follow_up

    def fails(self, follow_up: list[int], outcome: str) -> None:
        follow_up[9] = FOLLOW_UP_OUTCOMES.index(outcome)

    def starts(self, follow_up: list[int], rep: int, now: int, reached: bool) -> None:
        follow_up[4], follow_up[5], follow_up[7] = rep, reached, now

    def finishes(self, follow_up: list[int], now: int, outcome: str) -> None:
        follow_up[8:] = now, FOLLOW_UP_OUTCOMES.index(outcome)

    def sends(self, lead: int, stage: int, now: int, accepted: bool) -> None:
        """The message of a stage's recovery."""
        self._messages.append((lead, stage, now, accepted))

    # --- from the sale on -------------------------------------------------------------------

    def orders(
        self, lead: int, number: int, now: int, value: int, discount: int, paid: int,
        redeemed: int, tier: int, payment: int,
    ) -> list[int]:  # fmt: skip
        status, earned = 0 if payment == NEVER else NEVER, 0
        order = [lead, number, now, value, discount, paid, tier, payment, status, NEVER]
        order += [earned, redeemed, NEVER]
        self._orders.append(order)
        return order

    def reaches(self, order: list[int], status: int, now: int) -> None:
        step = len(self._statuses)  # written one after the other
        self._statuses.append((order[0], order[1], step, status, now))
        order[8] = status

    def closes(self, order: list[int], now: int, feeling: int = NEVER) -> None:
        order[9], order[12] = now, feeling

    def earns(self, order: list[int], points: int) -> None:
        order[10] = points

    def moves_points(self, customer: int, now: int, kind: int, points: int) -> None:
        self._points.append((customer, now, kind, points))

    def sends_campaign(self, lead: int, kind: str, now: int, accepted: bool) -> None:
        self._messages.append((lead, self._campaign[kind], now, accepted))

    # --- the tables -------------------------------------------------------------------------

    def tables(self, draws: Draws) -> dict[str, Table]:
        """The columns of each table, in the order of the journal."""
        rows, arrived = _columns(2, self._arrivals)
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
            table = _table(name, written)
            owner = "customer" if name == "points" else "lead"
            table[owner] = number[table[owner]].astype(COLUMNS[name][owner])
            tables[name] = _sorted(table, *by)
        tables["statuses"] = self._status_table(number, tables["orders"])
        return tables

    def _status_table(self, number: Numbers, orders: Table) -> Table:
        lead, nth, step, status, entered = _columns(5, self._statuses)
        place = {of: n for n, of in enumerate(zip(orders["lead"], orders["number"], strict=True))}
        order = [place[of] for of in zip(number[lead], nth, strict=True)]
        table = {"order": np.array(order, dtype=np.int64), "status": status, "entered": entered}
        sorted_ = _sorted({**table, "step": step}, "order", "step")
        return {name: sorted_[name].astype(COLUMNS["statuses"][name]) for name in table}


def _columns(count: int, rows: Sequence[Sequence[int]]) -> Ints:
    return np.array(rows, dtype=np.int64).reshape(-1, count).T


def _table(name: str, rows: Sequence[Sequence[int]]) -> dict[str, NDArray[Any]]:
    columns = COLUMNS[name]
    values = _columns(len(columns), rows)
    return {n: v.astype(kind) for (n, kind), v in zip(columns.items(), values, strict=True)}


def _sorted(table: Table, *by: str) -> Table:
    """In this order; what is alike stays in the order in which it was written."""
    order = np.lexsort([table[name] for name in reversed(by)])
    return {name: column[order] for name, column in table.items()}
