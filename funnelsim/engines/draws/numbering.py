"""Rows of the draws become leads of the journal: those who came to be, numbered by arrival.

Of several replications those of the first come first.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from funnelsim.distributions import Ints
from funnelsim.engines.draws.drawn import in_order, taken
from funnelsim.engines.draws.draws import Draws
from funnelsim.journal import COLUMNS, NEVER, Lazy


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


def leads_table(draws: Draws, number: Numbers, rows: Ints, arrived: Ints) -> Lazy:
    """The journal's leads: the rows that came to be, and when they did."""

    @cache
    def order() -> Ints:
        return np.argsort(number[rows])

    def in_order(column: NDArray[Any]) -> NDArray[Any]:
        return column if number.in_order else taken(column, rows[order()])

    def parent() -> Ints:
        of = in_order(draws.leads.parent)
        return of if number.in_order else np.where(of == NEVER, NEVER, number[of])

    def make(name: str) -> NDArray[Any]:
        column: NDArray[Any]
        match name:
            case "arrived":
                column = arrived if number.in_order else arrived[order()]
            case "parent":
                column = parent()
            case "customer":
                column = number[in_order(draws.leads.customer)]
            case "deal_value":
                column = in_order(draws.deal_value)
            case "enrols":
                column = draws.customers.enrols(in_order(draws.leads.customer))
            case _:
                column = in_order(getattr(draws.leads, name))
        # with memory of its own for each row
        return column.astype(COLUMNS["leads"][name], copy=column.strides == (0,))

    return Lazy(COLUMNS["leads"], make)
