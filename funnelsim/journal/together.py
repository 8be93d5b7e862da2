"""Journals of several replications that were simulated together, in the same tables.

A table's rows stand in the order of the replications, and leads are numbered through. So a figure
of each replication is a sum up to where it ends, and its own journal a slice, numbered anew.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from funnelsim.distributions import Ints
from funnelsim.journal import COLUMNS, NEVER, Journal, Lazy, Table
from funnelsim.scenario import Scenario
from funnelsim.state import State


class Together(Journal):
    """The replications `replications`; `first_lead` says with which lead each begins."""

    def __init__(
        self,
        scenario: Scenario,
        seed: int,
        replications: Sequence[int],
        tables: Mapping[str, Table],
        first_lead: Ints,
        initial: State | None = None,
    ) -> None:
        super().__init__(scenario, seed, replications[0], "columns", tables, initial)
        self.replications = replications
        self._first_lead = first_lead
        self._bounds: dict[str, Ints] = {}

    def split(self) -> Iterator[Journal]:
        """The journal of each replication."""
        for place, replication in enumerate(self.replications):
            tables: Mapping[str, Table] = self.whole
            if len(self.replications) > 1:
                tables = {
                    name: Lazy(columns, partial(self._own, place, name))
                    for name, columns in COLUMNS.items()
                }
            yield Journal(self.scenario, self.seed, replication, self.engine, tables, self.initial)

    def _own(self, place: int, name: str, column: str) -> NDArray[Any]:
        """A column of one replication, numbered anew."""
        begin, end = self.bounds(name)[place : place + 2]
        values = self.whole[name][column][begin:end]
        if column == "order":
            found: NDArray[Any] = values - values.dtype.type(self.bounds("orders")[place])
            return found
        if column in ("lead", "customer", "parent"):
            anew = values - values.dtype.type(self._first_lead[place])
            # only a lead may come of nobody
            return np.where(values == NEVER, values, anew) if column == "parent" else anew
        return values

    def bounds(self, table: str) -> Ints:
        if table not in self._bounds:
            self._bounds[table] = np.append(self._begins(table), self.rows(table))
        return self._bounds[table]

    def _begins(self, name: str) -> Ints:
        """With which row of a table each replication begins."""
        if name == "leads":
            return self._first_lead
        table = self.whole[name]
        if name in ("stage_visits", "follow_ups"):  # their rows stand by lead
            lead = table["lead"]
            return np.searchsorted(lead, self._first_lead.astype(lead.dtype))
        if name == "statuses":
            owner = self.whole["orders"]["lead"][table["order"]]
        else:
            owner = table["customer" if name == "points" else "lead"]
        run = np.searchsorted(self._first_lead, owner, side="right")  # 1, 2, ...
        return np.searchsorted(run, np.arange(1, len(self._first_lead) + 1))
