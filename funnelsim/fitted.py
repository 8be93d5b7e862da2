"""A state as a scenario takes it: numbers of its lists, microseconds, cents, a key for each row.

Here the tables of a `State` are held against a scenario, and each row that does not fit is named.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from funnelsim.chance import keys, number_of
from funnelsim.distributions import DAY, LARGEST, Floats, Ints
from funnelsim.errors import Finding, FunnelSimError, Problem, nearest
from funnelsim.scenario import Scenario, Stage
from funnelsim.scenario.values import NEWEST_FIRST, REFERRAL
from funnelsim.state import NEEDED, State

if TYPE_CHECKING:
    pass

MOST_SHOWN = 10  # problems


class DealsThere(NamedTuple):
    """The open deals as a scenario takes them: numbers of its lists, microseconds, cents."""

    stage: Ints
    age: Ints  # in the stage: of the wait, or of the decision
    value: Ints  # -1: drawn
    channel: Ints  # -1: drawn by the mix of the channels
    segment: Ints  # -1: drawn by the shares
    arm: Ints  # likewise
    owner: tuple[str, ...]  # who brought it in; "": nobody is named
    holder: tuple[str, ...]
    waits: NDArray[np.bool_]  # for a call, or in one
    in_call: NDArray[np.bool_]
    waited: Ints  # for the call that reached it, or so far
    returns: Ints  # how often it has come back to the stage
    discount: Floats


class CustomersThere(NamedTuple):
    """The customers: microseconds since their first and last order, and how many there were."""

    last: Ints
    first: Ints  # -1: not known
    orders: Ints
    channel: Ints
    segment: Ints
    arm: Ints


class _Names(NamedTuple):
    """What a state must fit: all that this scenario has, in order."""

    stages: tuple[str, ...]  # before the goal
    called: tuple[bool, ...]  # where a team calls
    channels: tuple[str, ...]  # with "referral", if there is any
    segments: tuple[str, ...]  # "all", where there is one kind
    arms: tuple[str, ...]  # likewise
    first_orders: bool  # whether it must be known when customers began


def fitted(state: State, scenario: Scenario) -> tuple[DealsThere, CustomersThere]:
    """The state as this scenario takes it; FunnelSimError with every row that cannot be."""
    before_goal, retention = scenario.stages[:-1], scenario.retention
    names = _Names(
        stages=tuple(stage.name for stage in before_goal),
        called=tuple(stage.follow_up is not None for stage in before_goal),
        channels=(*(c.name for c in scenario.channels), *([REFERRAL] if scenario.referral else [])),
        segments=tuple(s.name for s in scenario.segments) or ("all",),
        arms=tuple(arm.name for arm in scenario.arms) or ("all",),
        first_orders=retention is not None and retention.gap.rate_among is not None,
    )
    return _fitted(state, names)


@lru_cache(maxsize=16)  # the same for every replication
def _fitted(state: State, names: _Names) -> tuple[DealsThere, CustomersThere]:
    problems: list[Problem] = []
    deals, customers = _deals(state, names, problems), _customers(state, names, problems)
    if problems:
        shown = "\n  ".join(map(str, problems[:MOST_SHOWN]))
        more = len(problems) - MOST_SHOWN
        tail = f"\n  and {more:,} more" if more > 0 else ""
        raise FunnelSimError(f"the state does not fit the scenario:\n  {shown}{tail}")
    return deals, customers


class _Column:
    """Reads one column, row by row, and notes what cannot be."""

    def __init__(self, name: str, state: State, problems: list[Problem]) -> None:
        self.name, self.table, self.problems = name, getattr(state, name), problems
        self.places = state.places[name]

    def place(self, column: str, row: int) -> str:
        return self.places.of(self.name, column, row)

    def read(self, column: str, check: Callable[[Any], Any], empty: Any) -> list[Any]:
        import pandas as pd

        if column not in self.table:
            return [empty] * len(self.table)
        found = []
        for row, value in enumerate(self.table[column].tolist()):
            if pd.isna(value) and column not in NEEDED:
                found.append(empty)
                continue
            try:
                found.append(check(value))
            except ValueError as error:
                rule, _, way_out = str(error).partition(" | ")
                self.problems.append(Problem(self.place(column, row), value, rule, way_out))
                found.append(empty)
        return found


def _number(least: float, rule: str, most: float = LARGEST / 100) -> Callable[[Any], float]:
    def check(value: Any) -> float:
        number = isinstance(value, (int, float)) and not isinstance(value, bool)
        if not number or not least <= float(value) <= most:
            raise ValueError(rule)
        return float(value)

    return check


def _named(what: str, names: Sequence[str]) -> Callable[[Any], int]:
    def check(value: Any) -> int:
        if str(value) not in names:
            raise ValueError(f"there is no such {what} | {nearest(value, names)}")
        return list(names).index(str(value))

    return check


def _truth(value: Any) -> bool:
    if value in (True, False, 0, 1):
        return bool(value)
    if str(value).strip().lower() in ("true", "false", "yes", "no", "1", "0"):
        return str(value).strip().lower() in ("true", "yes", "1")
    raise ValueError("it is true or false")


def _share(value: Any) -> float:
    share = _number(0, "it is a share, from 0 to 1")(value)
    if share > 1:
        raise ValueError("it is a share, from 0 to 1")
    return share


_days = _number(0, "it is a number of days, from 0 to 100,000", most=100_000)


def _deals(state: State, names: _Names, problems: list[Problem]) -> DealsThere:
    column = _Column("deals", state, problems)
    stage = np.array(
        column.read("stage", _named("stage before the goal", names.stages), 0), dtype="i2"
    )
    age = _microseconds(column.read("days_in_stage", _days, 0.0))
    response = _microseconds(column.read("response_days", _days, 0.0))
    in_call = np.array(column.read("in_call", _truth, False), dtype=bool)
    waits = np.array(column.read("waiting", _truth, False), dtype=bool) | in_call
    for row in np.flatnonzero(waits):
        if not names.called[stage[row]]:
            rule = f"nobody calls in stage {names.stages[stage[row]]}"
            problems.append(Problem(column.place("waiting", int(row)), True, rule))
    owner = tuple(column.read("owner", str, ""))
    named = column.read("holder", str, "")
    holder = tuple(now or first for now, first in zip(named, owner, strict=True))
    value = column.read("value", _number(0, "it is an amount of 0 or more"), -1.0)
    return DealsThere(
        stage=stage,
        age=age,
        value=np.array([round(v * 100) if v >= 0 else -1 for v in value], dtype=np.int64),
        channel=np.array(column.read("channel", _named("channel", names.channels), -1), dtype="i2"),
        segment=np.array(column.read("segment", _named("segment", names.segments), -1), dtype="i2"),
        arm=np.array(column.read("arm", _named("arm", names.arms), -1), dtype="i2"),
        owner=owner,
        holder=holder,
        waits=waits,
        in_call=in_call,
        waited=np.where(waits & ~in_call, age, response),
        returns=np.array(column.read("returns", _number(0, "it is a count"), 0), dtype=np.int64),
        discount=np.array(column.read("discount", _share, 0.0), dtype=float),
    )


def _customers(state: State, names: _Names, problems: list[Problem]) -> CustomersThere:
    column = _Column("customers", state, problems)
    last = _microseconds(column.read("days_since_last_order", _days, 0.0))
    first = column.read("days_since_first_order", _days, -1.0)
    orders = column.read("orders", _number(1, "it is a number of orders, 1 or more"), 1)
    for row, (since, ago) in enumerate(zip(first, last.tolist(), strict=True)):
        if 0 <= since < ago / DAY - 1e-9:
            rule = "the first order is not later than the last"
            problems.append(Problem(column.place("days_since_first_order", row), since, rule))
        if since < 0 and names.first_orders and orders[row] > 1:
            rule = "it is needed, since customers buy at rates of their own"
            problems.append(
                Problem(column.place("days_since_first_order", row), Finding("empty"), rule)
            )
    return CustomersThere(
        last=last,
        first=np.array([round(d * DAY) if d >= 0 else -1 for d in first], dtype=np.int64),
        orders=np.array(orders, dtype=np.int64),
        channel=np.array(column.read("channel", _named("channel", names.channels), -1), dtype="i2"),
        segment=np.array(column.read("segment", _named("segment", names.segments), -1), dtype="i2"),
        arm=np.array(column.read("arm", _named("arm", names.arms), -1), dtype="i2"),
    )


def _microseconds(days: list[float]) -> Ints:
    return np.array([math.floor(d * DAY + 0.5) for d in days], dtype=np.int64)


# --- who they are -----------------------------------------------------------------------------


def deal_keys(deals: DealsThere, scenario: Scenario) -> Ints:
    """A key per deal. At one moment the smallest is served first: so those who have waited
    longest have the smallest (the largest, where a team takes the newest first), and before
    all those who are being called.
    """
    key = keys(number_of("open deal"), np.arange(len(deals.stage)), 0)
    newest_first = np.array(
        [_serves(stage, scenario) == NEWEST_FIRST for stage in scenario.stages], dtype=bool
    )
    longest = np.where(newest_first[deals.stage], deals.age, -deals.age)
    order = np.lexsort((longest, ~deals.in_call))
    sorted_ = np.empty_like(key)
    sorted_[order] = np.sort(key)
    return sorted_


def _serves(stage: Stage, scenario: Scenario) -> str:
    called = stage.follow_up.team if stage.follow_up else ""
    return next((team.serves for team in scenario.teams if team.name == called), "")


def customer_keys(count: int) -> Ints:
    return keys(number_of("customer"), np.arange(count), 0)
