"""What an engine writes: whole numbers, column by column, and what they stand for.

Times are microseconds, amounts cents; names are numbers in the order of the lists below, and -1 is
what did not happen.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from numpy.typing import NDArray

from funnelsim.scenario import Scenario
from funnelsim.scenario.values import (
    CANCELLED,
    DROPPED,
    GONE_COLD,
    MISSED,
    NOT_REACHED,
    REFUSED,
    RETURNED,
)

NEVER = -1
VISIT_OUTCOMES = ("advanced", "lost", "open")
SERVED = "served"
FOLLOW_UP_OUTCOMES = (SERVED, NOT_REACHED, GONE_COLD, MISSED, "open")
LEAD_OUTCOMES = ("customer", "lost", "open")
KINDS = ("new", "referral", "upsell", "open deal", "customer")
NEW, REFERRED, UPSOLD, OPEN_DEAL, CUSTOMER = range(5)  # the last two are there at the start
FEELINGS = ("promoter", "passive", "detractor")
PROMOTER, PASSIVE, DETRACTOR = range(3)
POINT_KINDS = ("earned", "redeemed", "expired")
EARNED, REDEEMED, EXPIRED = range(3)
FAILED_CALLS = (MISSED, NOT_REACHED, GONE_COLD)  # the first of a scenario's reasons
CLOSED = "closed"  # the status of orders without a method of payment

COLUMNS: dict[str, dict[str, str]] = {
    "leads": {
        "key": "i8", "kind": "i1", "parent": "i4", "customer": "i4", "channel": "i2",
        "segment": "i2", "arm": "i2", "arrived": "i8", "deal_value": "i8", "enrols": "i1",
    },
    "stage_visits": {
        "lead": "i4", "stage": "i2", "attempt": "i2", "entered": "i8", "decided": "i8",
        "outcome": "i1", "reason": "i2",
    },
    "follow_ups": {
        "lead": "i4", "stage": "i2", "attempt": "i2", "call": "i2", "rep": "i4", "reached": "i1",
        "queued": "i8", "started": "i8", "finished": "i8", "outcome": "i1",
    },
    "orders": {
        "lead": "i4", "number": "i4", "placed": "i8", "value": "i8", "discount": "i8", "paid": "i8",
        "tier": "i2", "payment": "i2", "status": "i2", "closed": "i8", "points_earned": "i8",
        "points_redeemed": "i8", "satisfaction": "i1",
    },
    "statuses": {"order": "i4", "status": "i2", "entered": "i8"},
    "messages": {"lead": "i4", "name": "i2", "sent": "i8", "accepted": "i1", "anyway": "i1"},
    "points": {"customer": "i4", "time": "i8", "kind": "i1", "points": "i8"},
}  # fmt: skip
"""What an engine writes: the columns of each table, and how many bytes a number takes."""

Table = Mapping[str, NDArray[Any]]


class Lazy(Mapping[str, NDArray[Any]]):
    """A table whose columns are made when they are first asked for: who counts sales needs few."""

    def __init__(self, names: Iterable[str], make: Callable[[str], NDArray[Any]]) -> None:
        self._names, self._make = tuple(names), make
        self._made: dict[str, NDArray[Any]] = {}

    def __getitem__(self, name: str) -> NDArray[Any]:
        if name not in self._made:
            if name not in self._names:
                raise KeyError(name)
            self._made[name] = self._make(name)
        return self._made[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)

    def __reduce__(self) -> tuple[Any, ...]:
        return dict, (dict(self),)  # a pickle holds the columns, not what they are made of


def reasons(scenario: Scenario) -> list[str]:
    """Every reason for which a lead of this scenario can be lost, in order."""
    named = (reason for stage in scenario.stages for reason in stage.loss_reasons)
    dropped = [DROPPED] if any(stage.drop_after for stage in scenario.stages) else []
    return list(dict.fromkeys([*FAILED_CALLS, *named, *dropped]))


def statuses(scenario: Scenario) -> list[str]:
    """Every status that an order of this scenario can have."""
    payments = scenario.order.payments if scenario.order else ()
    if not payments:
        return [CLOSED]
    named = (name for payment in payments for name, _ in payment.statuses)
    return list(dict.fromkeys([*named, CANCELLED, REFUSED, RETURNED]))
