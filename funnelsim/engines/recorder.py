"""What an engine writes into while time goes on; rows are changed as things are decided.

Everything is whole: microseconds, cents, numbers of stages, reps and reasons. `tables` hands the
columns to the journal.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from funnelsim.journal import FOLLOW_UP_OUTCOMES, NEVER, VISIT_OUTCOMES, Table, reasons
from funnelsim.scenario import Scenario


class Recorder:
    """The tables of a journal in the making."""

    _VISIT = ("lead", "stage", "attempt", "entered", "decided", "outcome", "reason")
    _FOLLOW_UP = (
        *("lead", "stage", "attempt", "call", "rep", "reached"),
        *("queued", "started", "finished", "outcome"),
    )
    _ORDER = ("lead", "number", "placed", "value")
    _MESSAGE = ("lead", "stage", "sent", "accepted")

    def __init__(self, scenario: Scenario) -> None:
        self._reason = {reason: number for number, reason in enumerate(reasons(scenario))}
        self._visits: list[list[int]] = []
        self._follow_ups: list[list[int]] = []
        self._orders: list[tuple[int, int, int, int]] = []
        self._orders_of: dict[int, int] = {}
        self._messages: list[tuple[int, int, int, int]] = []

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

    def orders(self, lead: int, now: int, value: int) -> None:
        number = self._orders_of[lead] = self._orders_of.get(lead, 0) + 1
        self._orders.append((lead, number, now, value))

    def tables(self) -> dict[str, Table]:
        """The columns (int64) of each table, in the order of the journal."""
        return {
            "stage_visits": _sorted(
                self._VISIT, self._visits, "lead", "entered", "stage", "attempt"
            ),
            "follow_ups": _sorted(
                self._FOLLOW_UP, self._follow_ups, "lead", "queued", "stage", "attempt", "call"
            ),
            "orders": _sorted(self._ORDER, self._orders, "placed", "lead", "number"),
            "messages": _sorted(self._MESSAGE, self._messages, "sent", "lead", "stage"),
        }


def _sorted(names: Sequence[str], rows: Sequence[Sequence[int]], *by: str) -> Table:
    columns = np.array(rows, dtype=np.int64).reshape(-1, len(names)).T
    order = np.lexsort([columns[names.index(name)] for name in reversed(by)])
    return {name: column[order] for name, column in zip(names, columns, strict=True)}
