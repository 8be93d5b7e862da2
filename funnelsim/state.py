"""Business that is already running: the open deals and the customers of the day it begins.

A simulation may start in the middle: `fs.simulate(s, initial=fs.State(deals, customers))`. Two
tables hold the state, as a CRM would export them; `journal.state(day)` makes them of a simulation.
Here they are checked by themselves; `fitted.py` holds them against a scenario.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from funnelsim.arguments import refused
from funnelsim.distributions import DAY, duration, duration_text
from funnelsim.errors import Finding, FunnelSimError, nearest
from funnelsim.saving import write_text
from funnelsim.scenario import Scenario
from funnelsim.scenario.changes import moment, moment_text

if TYPE_CHECKING:
    import pandas as pd

DEALS = (
    *("stage", "days_in_stage", "value", "channel", "segment", "arm", "owner", "holder"),
    *("waiting", "in_call", "response_days", "returns", "discount"),
)
CUSTOMERS = (
    *("days_since_last_order", "orders", "days_since_first_order", "channel", "segment", "arm"),
)
AMOUNTS = (
    *("days_in_stage", "value", "response_days", "returns", "discount"),
    *("days_since_last_order", "orders", "days_since_first_order"),
)
NEEDED = ("stage", "days_in_stage", "days_since_last_order", "orders")
File = tuple[str, bytes]  # a file's name and content


@dataclass(frozen=True, eq=False, init=False)
class State:
    """The open deals and the customers at the start of a simulation.

    `deals` has a row per open deal and these columns, of which the first two are needed:

    - `stage`: its name; `days_in_stage`: since it entered, or since the call that reached it
    - `value`: in currency (empty: drawn, as of any lead); `channel`, `segment`, `arm` (empty:
      drawn by the mix of the leads)
    - `owner`: who brought it in; `holder`: who holds it now (the owner, where nobody else is
      named: a CRM knows but one). A rep of a team, as "sales 1", or any other name; it changes
      nothing in the simulation, and says who has closed the deal when it is sold
    - `waiting`: whether it still waits for a call (else it is past its follow-up)
    - `in_call`: whether a rep is calling it just now; `response_days`: how long it waited for
      that call, which takes odds where the stage has a `response_half_life` (0)
    - `returns`: how often it was lost in this stage and has come back (0); `discount`: with which
      it was brought back (0)

    `customers` has a row per customer: `days_since_last_order` (since it was closed), `orders` so
    far, `days_since_first_order` (needed where customers buy at rates of their own), `channel`,
    `segment`, `arm`. Whoever is sure not to come back need not be in it.

    Points, tiers, messages on their way, orders not yet closed and calls made so far start afresh.
    Raises FunnelSimError for a column that is none or a value that cannot be.

    >>> state = State(deals={"stage": ["Interest"], "days_in_stage": [3.0]})
    >>> len(state.deals), len(state.customers)
    (1, 0)
    """

    deals: pd.DataFrame
    customers: pd.DataFrame
    places: dict[str, Places] = field(repr=False)

    def __init__(self, deals: Any = None, customers: Any = None) -> None:
        object.__setattr__(self, "deals", _table("deals", deals, DEALS))
        object.__setattr__(self, "customers", _table("customers", customers, CUSTOMERS))
        places = {"deals": Places(deals), "customers": Places(customers)}
        object.__setattr__(self, "places", places)

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
            write_text(path, table.to_csv(index=False, lineterminator="\n"))

    def __repr__(self) -> str:
        stages = self.deals["stage"].astype(str).value_counts(sort=False)
        by_stage = ", ".join(f"{stage}: {count:,}" for stage, count in stages.items())
        deals = f"{len(self.deals):,} open deals" + (f" ({by_stage})" if by_stage else "")
        return f"<State: {deals}, {len(self.customers):,} customers>"


class Places:
    """Where the rows of a table stand: in a file those of the file, else as pandas counts them."""

    def __init__(self, given: Any) -> None:
        attrs = getattr(given, "attrs", {})
        self.file, self.word = attrs.get("file", ""), attrs.get("row", "row")
        self.labels = list(given.index) if self.file else None

    def of(self, table: str, column: str, row: int) -> str:
        if self.labels is None:
            return f"{table}.{column}, row {row}"
        return f"{self.file}, {self.word} {self.labels[row]}: {column}"


def a_state(value: object, name: str) -> State | None:
    """The value, if it is a State or None; FunnelSimError, naming who asked for one, if not."""
    if value is None or isinstance(value, State):
        return value
    rule = f"{name} takes a State"
    raise refused("initial", value, rule, "write fs.State(deals=..., customers=...)")


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
        raise refused(name, found, rule, "give a DataFrame") from None
    _refuse_twice(table, name)
    unknown = [column for column in table.columns if column not in columns]
    if unknown:
        path, near = f"{name}.{unknown[0]}", nearest(unknown[0], columns)
        raise refused(path, Finding("a column"), "there is no such", near)
    missing = [column for column in columns if column in NEEDED and column not in table]
    if missing:
        there = ", ".join(map(str, table.columns)) or "no column"
        rule, way_out = f"there are: {there}", f"the table needs {', '.join(missing)}"
        raise refused(f"{name}.{missing[0]}", Finding("missing"), rule, way_out)
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
    for change in tables.get("changes", ()):  # one that is under way has begun before the start
        for end in {"from", "to"} & change.keys():
            change[end] = moment_text(moment(change[end]) - days * DAY)
    return Scenario(
        **tables
        | {
            "warm_up": "0 days",
            "horizon": duration_text(scenario.horizon - days * DAY),
            "start": scenario.start + timedelta(days=days),
        }
    )
