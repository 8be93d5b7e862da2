"""Rows of the draws become leads of the journal: those who came to be, numbered by arrival.

Of several replications those of the first come first; `split` makes a journal's tables of each.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from funnelsim.distributions import Ints
from funnelsim.engines.draws import Draws, in_order
from funnelsim.journal import COLUMNS, NEVER, Table


class Numbers:
    """The number of the lead that each row became; -1 for who never came to be."""

    def __init__(self, draws: Draws, rows: Ints, arrived: Ints) -> None:
        self.count = len(rows)
        self._of_row: Ints | None = None
        if self.count == len(draws.leads.key) and len(draws.generation_ends) == 1:
            return  # all came by channels, and are in order
        leads = draws.leads
        moment = leads.replication[rows].astype(np.int64) * draws.scenario.horizon + arrived
        order = in_order(moment, leads.key[rows])
        self._of_row = np.full(len(leads.key), NEVER, dtype=np.int32)
        self._of_row[rows[order]] = np.arange(self.count, dtype=np.int32)

    @property
    def in_order(self) -> bool:
        return self._of_row is None

    def __getitem__(self, rows: Ints) -> Ints:
        return rows if self._of_row is None else self._of_row[rows]


def leads_table(draws: Draws, number: Numbers, rows: Ints, arrived: Ints) -> Table:
    """The journal's leads: the rows that came to be, and when they did."""
    leads, deal_value = draws.leads, draws.deal_value
    if not number.in_order:
        order = np.argsort(number[rows])
        who, arrived = rows[order], arrived[order]
        leads, deal_value = leads.only(who), deal_value[who]
    parent, customer = leads.parent, leads.customer
    columns: Table = {
        "key": leads.key,
        "kind": leads.kind,
        "parent": parent if number.in_order else np.where(parent == NEVER, NEVER, number[parent]),
        "customer": number[customer],
        "channel": leads.channel,
        "segment": leads.segment,
        "arrived": arrived,
        "deal_value": deal_value,
        "enrols": draws.customers.enrols(customer),
    }
    return {name: _own(column, COLUMNS["leads"][name]) for name, column in columns.items()}


def _own(column: NDArray[Any], kind: str) -> NDArray[Any]:
    """The column as a journal has it, with memory of its own for each row."""
    return column.astype(kind, copy=column.strides == (0,))


def split(tables: dict[str, Table], first_lead: Ints) -> list[dict[str, Table]]:
    """The tables of each replication; `first_lead` says with which lead each begins.

    A table's rows stand in the order of the replications; so each is a slice, numbered anew.
    """
    if len(first_lead) == 1:
        return [tables]
    runs: list[dict[str, Table]] = [{} for _ in first_lead]
    first_of = {"lead": first_lead, "customer": first_lead, "parent": first_lead}
    for name in COLUMNS:  # orders before the statuses, which say of which order they are
        table = tables[name]
        begins = first_lead if name == "leads" else _begins(name, tables, first_lead)
        stops = np.append(begins[1:], len(next(iter(table.values()))))
        if name == "orders":
            first_of["order"] = begins
        again = [column for column in table if column in first_of]
        for number, (begin, stop) in enumerate(zip(begins.tolist(), stops.tolist(), strict=True)):
            part = {column: values[begin:stop] for column, values in table.items()}
            for column in again:
                values = part[column]
                anew = values - values.dtype.type(first_of[column][number])
                if column == "parent":  # only a lead may come of nobody
                    anew = np.where(values == NEVER, values, anew)
                part[column] = anew
            runs[number][name] = part
    return runs


def _begins(name: str, tables: dict[str, Table], first_lead: Ints) -> Ints:
    """With which row of a table each replication begins."""
    table = tables[name]
    if name in ("stage_visits", "follow_ups"):  # their rows stand by lead
        lead = table["lead"]
        return np.searchsorted(lead, first_lead.astype(lead.dtype))
    if name == "statuses":
        owner = tables["orders"]["lead"][table["order"]]
    else:
        owner = table["customer" if name == "points" else "lead"]
    run = np.searchsorted(first_lead, owner, side="right")  # 1, 2, ...
    return np.searchsorted(run, np.arange(1, len(first_lead) + 1))
