"""Business that is already running: the open deals and the customers of the day it begins.

A simulation may start in the middle: `fs.simulate(s, initial=fs.State(deals, customers))`. Two
tables hold the state, as a CRM would export them; `journal.state(day)` makes them of a simulation.
Here they are checked, first by themselves and then against a scenario.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from funnelsim.distributions import DAY, LARGEST, Floats, Ints, duration, duration_text
from funnelsim.errors import Finding, FunnelSimError, Problem, nearest
from funnelsim.scenario import Scenario
from funnelsim.scenario.values import REFERRAL

if TYPE_CHECKING:
    import pandas as pd

DEALS = (
    *("stage", "days_in_stage", "value", "channel", "segment", "owner"),
    *("waiting", "in_call", "response_days", "returns", "discount"),
)
CUSTOMERS = ("days_since_last_order", "orders", "days_since_first_order", "channel", "segment")
AMOUNTS = (
    *("days_in_stage", "value", "response_days", "returns", "discount"),
    *("days_since_last_order", "orders", "days_since_first_order"),
)
NEEDED = ("stage", "days_in_stage", "days_since_last_order", "orders")
MOST_SHOWN = 10  # problems
File = tuple[str, bytes]  # a file's name and content


class Deals(NamedTuple):
    """The open deals as a scenario takes them: numbers of its lists, microseconds, cents."""

    stage: Ints
    age: Ints  # in the stage: of the wait, or of the decision
    value: Ints  # -1: drawn
    channel: Ints  # -1: drawn by the mix of the channels
    segment: Ints  # -1: drawn by the shares
    waits: NDArray[np.bool_]  # for a call, or in one
    in_call: NDArray[np.bool_]
    waited: Ints  # for the call that reached it, or so far
    returns: Ints  # how often it has come back to the stage
    discount: Floats


class Customers(NamedTuple):
    """The customers: microseconds since their first and last order, and how many there were."""

    last: Ints
    first: Ints  # -1: not known
    orders: Ints
    channel: Ints
    segment: Ints


@dataclass(frozen=True, eq=False, init=False)
class State:
    """The open deals and the customers at the start of a simulation.

    `deals` has a row per open deal and these columns, of which the first two are needed:

    - `stage`: its name; `days_in_stage`: since it entered, or since the call that reached it
    - `value`: in currency (empty: drawn, as of any lead); `channel`, `segment` (empty: drawn by
      the mix of the leads); `owner`: kept for the reader, a simulation makes nothing of it
    - `waiting`: whether it still waits for a call (else it is past its follow-up)
    - `in_call`: whether a rep is calling it just now; `response_days`: how long it waited for
      that call, which takes odds where the stage has a `response_half_life` (0)
    - `returns`: how often it was lost in this stage and has come back (0); `discount`: with which
      it was brought back (0)

    `customers` has a row per customer: `days_since_last_order` (since it was closed), `orders` so
    far, `days_since_first_order` (needed where customers buy at rates of their own), `channel`,
    `segment`. Whoever is sure not to come back need not be in it.

    Points, tiers, messages on their way, orders not yet closed and calls made so far start afresh.
    Raises FunnelSimError for a column that is none or a value that cannot be.

    >>> state = State(deals={"stage": ["Interest"], "days_in_stage": [3.0]})
    >>> len(state.deals), len(state.customers)
    (1, 0)
    """

    deals: pd.DataFrame
    customers: pd.DataFrame
    _places: dict[str, _Places] = field(repr=False)

    def __init__(self, deals: Any = None, customers: Any = None) -> None:
        object.__setattr__(self, "deals", _table("deals", deals, DEALS))
        object.__setattr__(self, "customers", _table("customers", customers, CUSTOMERS))
        places = {"deals": _Places(deals), "customers": _Places(customers)}
        object.__setattr__(self, "_places", places)

    @classmethod
    def read(cls, deals: str | Path | None = None, customers: str | Path | None = None) -> State:
        """The state in two CSV files whose heads are the names of the columns.

        They are read as tolerantly as an export: comma or semicolon, UTF-8 or Windows-1252, Excel,
        12.5 or 12,5. What cannot be read, or does not fit, is named with its file and line.
        """
        return cls(*(_read(path) for path in (deals, customers)))

    @classmethod
    def of_files(cls, deals: File | None = None, customers: File | None = None) -> State:
        """The same from the content of the files, each with the name that errors give it.

        >>> state = State.of_files(("open.csv", b"stage;days_in_stage\\nInterest;12,5\\n"))
        >>> state.deals["days_in_stage"].tolist()
        [12.5]
        """
        from funnelsim.reading import known_table

        given = (file and known_table(file[1], file[0], AMOUNTS) for file in (deals, customers))
        return cls(*given)

    def write(self, deals: str | Path, customers: str | Path) -> None:
        """Two CSV files that `read` takes."""
        for path, table in ((deals, self.deals), (customers, self.customers)):
            text = table.to_csv(index=False, lineterminator="\n")
            try:
                Path(path).write_text(text, encoding="utf-8", newline="\n")
            except OSError as error:
                raise FunnelSimError(f"{path} cannot be written: {error.strerror}") from None

    def __repr__(self) -> str:
        stages = self.deals["stage"].astype(str).value_counts(sort=False)
        by_stage = ", ".join(f"{stage}: {count:,}" for stage, count in stages.items())
        deals = f"{len(self.deals):,} open deals" + (f" ({by_stage})" if by_stage else "")
        return f"<State: {deals}, {len(self.customers):,} customers>"


def a_state(value: object, name: str) -> State | None:
    """The value, if it is a State or None; FunnelSimError, naming who asked for one, if not."""
    if value is None or isinstance(value, State):
        return value
    rule = f"{name} takes a State"
    raise FunnelSimError(
        str(Problem("initial", value, rule, "write fs.State(deals=..., customers=...)"))
    )


def _read(path: str | Path | None) -> pd.DataFrame | None:
    if path is None:
        return None
    from funnelsim.reading import known_table, read_bytes

    return known_table(read_bytes(path), str(path), AMOUNTS)


def _refuse_twice(table: pd.DataFrame, name: str) -> None:
    twice = table.columns[table.columns.duplicated()]
    if len(twice):
        raise FunnelSimError(f"{name} has several columns {twice[0]!r}; leave one of them")


def _table(name: str, given: Any, columns: Sequence[str]) -> pd.DataFrame:
    """The table with the columns it may have; those that are needed are there."""
    import pandas as pd

    if given is None:
        given = {column: [] for column in columns if column in NEEDED}
    try:
        table = pd.DataFrame(given).reset_index(drop=True)
    except (TypeError, ValueError) as error:
        rule = f"it is a table: {error}"
        found = Finding(f"a {type(given).__name__}")
        raise FunnelSimError(str(Problem(name, found, rule, "give a DataFrame"))) from None
    _refuse_twice(table, name)
    unknown = [column for column in table.columns if column not in columns]
    if unknown:
        raise FunnelSimError(
            str(Problem(f"{name}.{unknown[0]}", Finding("a column"), "there is no such",
                        nearest(unknown[0], columns)))
        )  # fmt: skip
    missing = [column for column in columns if column in NEEDED and column not in table]
    if missing:
        there = ", ".join(map(str, table.columns)) or "no column"
        rule, way_out = f"there are: {there}", f"the table needs {', '.join(missing)}"
        raise FunnelSimError(
            str(Problem(f"{name}.{missing[0]}", Finding("missing"), rule, way_out))
        )
    return table


def from_today(scenario: Scenario) -> Scenario:
    """The scenario from the end of its warm-up on: what the warm-up would fill is there already.

    >>> from funnelsim import load
    >>> s = from_today(load("b2b-pipeline"))
    >>> s.warm_up, str(s.start), s.days
    (0, '2027-04-04', 365)
    """
    if not scenario.warm_up:
        return scenario
    warm_up, tables = scenario.warm_up, scenario.tables()
    days = -(-warm_up // DAY)
    for channel in tables["channels"]:
        growth = channel.get("growth", 1.0) ** (days / 365)
        for rate in ("leads_per_day", "impressions_per_day"):
            if channel.get(rate) is not None:
                channel[rate] *= growth
        moved = [
            {**burst, **{end: duration(burst[end]) - days * DAY for end in ("from", "to")}}
            for burst in channel.get("bursts", [])
        ]
        channel["bursts"] = [
            {**b, "from": duration_text(max(b["from"], 0)), "to": duration_text(b["to"])}
            for b in moved
            if b["to"] > 0
        ]
    return Scenario(
        **tables
        | {
            "warm_up": "0 days",
            "horizon": duration_text(scenario.horizon - days * DAY),
            "start": scenario.start + timedelta(days=days),
        }
    )


# --- against a scenario -----------------------------------------------------------------------


class _Places:
    """Where the rows of a table stand: in a file those of the file, else as pandas counts them."""

    def __init__(self, given: Any) -> None:
        attrs = getattr(given, "attrs", {})
        self.file, self.word = attrs.get("file", ""), attrs.get("row", "row")
        self.labels = list(given.index) if self.file else None

    def of(self, table: str, column: str, row: int) -> str:
        if self.labels is None:
            return f"{table}.{column}, row {row}"
        return f"{self.file}, {self.word} {self.labels[row]}: {column}"


class _Names(NamedTuple):
    """What a state must fit: all that this scenario has, in order."""

    stages: tuple[str, ...]  # before the goal
    called: tuple[bool, ...]  # where a team calls
    channels: tuple[str, ...]  # with "referral", if there is any
    segments: tuple[str, ...]  # "all", where there is one kind
    first_orders: bool  # whether it must be known when customers began


def fitted(state: State, scenario: Scenario) -> tuple[Deals, Customers]:
    """The state as this scenario takes it; FunnelSimError with every row that cannot be."""
    before_goal, retention = scenario.stages[:-1], scenario.retention
    names = _Names(
        stages=tuple(stage.name for stage in before_goal),
        called=tuple(stage.follow_up is not None for stage in before_goal),
        channels=(*(c.name for c in scenario.channels), *([REFERRAL] if scenario.referral else [])),
        segments=tuple(s.name for s in scenario.segments) or ("all",),
        first_orders=retention is not None and retention.gap.rate_among is not None,
    )
    return _fitted(state, names)


@lru_cache(maxsize=16)  # the same for every replication
def _fitted(state: State, names: _Names) -> tuple[Deals, Customers]:
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
        self.places: _Places = state._places[name]

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


def _deals(state: State, names: _Names, problems: list[Problem]) -> Deals:
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
    value = column.read("value", _number(0, "it is an amount of 0 or more"), -1.0)
    return Deals(
        stage=stage,
        age=age,
        value=np.array([round(v * 100) if v >= 0 else -1 for v in value], dtype=np.int64),
        channel=np.array(column.read("channel", _named("channel", names.channels), -1), dtype="i2"),
        segment=np.array(column.read("segment", _named("segment", names.segments), -1), dtype="i2"),
        waits=waits,
        in_call=in_call,
        waited=np.where(waits & ~in_call, age, response),
        returns=np.array(column.read("returns", _number(0, "it is a count"), 0), dtype=np.int64),
        discount=np.array(column.read("discount", _share, 0.0), dtype=float),
    )


def _customers(state: State, names: _Names, problems: list[Problem]) -> Customers:
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
    return Customers(
        last=last,
        first=np.array([round(d * DAY) if d >= 0 else -1 for d in first], dtype=np.int64),
        orders=np.array(orders, dtype=np.int64),
        channel=np.array(column.read("channel", _named("channel", names.channels), -1), dtype="i2"),
        segment=np.array(column.read("segment", _named("segment", names.segments), -1), dtype="i2"),
    )


def _microseconds(days: list[float]) -> Ints:
    return np.array([math.floor(d * DAY + 0.5) for d in days], dtype=np.int64)
