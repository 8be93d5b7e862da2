"""Rows of the draws become leads of the journal: those who came to be, numbered by arrival."""

from __future__ import annotations

import numpy as np

from funnelsim.distributions import Ints
from funnelsim.engines.draws import Draws
from funnelsim.journal import COLUMNS, NEVER, Table


def numbers_of(draws: Draws, rows: Ints, arrived: Ints) -> Ints:
    """The number of each row's lead; -1 for who never came to be. Shape: all rows."""
    if len(rows) == len(draws.leads.key) and len(draws.generation_ends) == 1:
        return np.arange(len(rows))  # nobody but the leads of the channels, who are in order
    number = np.full(len(draws.leads.key), NEVER)
    number[rows[np.lexsort((draws.leads.key[rows], arrived))]] = np.arange(len(rows))
    return number


def leads_table(draws: Draws, number: Ints, rows: Ints, arrived: Ints) -> Table:
    """The journal's leads: the rows that came to be, when they did, and their `number`."""
    leads, order = draws.leads, np.argsort(number[rows])
    who = rows[order]
    parent, customer = leads.parent[who], leads.customer[who]
    columns: Table = {
        "key": leads.key[who],
        "kind": leads.kind[who],
        "parent": np.where(parent == NEVER, NEVER, number[parent]),
        "customer": number[customer],
        "channel": leads.channel[who],
        "segment": leads.segment[who],
        "arrived": arrived[order],
        "deal_value": draws.deal_value[who],
        "enrols": draws.customers.enrols(customer),
    }
    return {name: column.astype(COLUMNS["leads"][name]) for name, column in columns.items()}
