"""Who was there at the start: rows of a journal's leads, and their rows of the state."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from funnelsim.distributions import Floats, Ints
from funnelsim.fitted import customer_keys, deal_keys, fitted
from funnelsim.journal.whole import CUSTOMER, OPEN_DEAL

if TYPE_CHECKING:
    from funnelsim.journal import Journal


def orders_before(journal: Journal) -> Ints:
    """Of each lead, how many orders it had placed before the simulation began."""
    before = np.zeros(journal.rows("leads"), dtype=np.int64)
    if journal.initial is not None:
        _, customers = fitted(journal.initial, journal.scenario)
        there = np.flatnonzero(journal.whole["leads"]["kind"] == CUSTOMER)
        keys = customer_keys(len(customers.orders))
        before[there] = customers.orders[_places(journal, there, keys)]
    return before


def hands_before(journal: Journal) -> tuple[Ints, list[str], list[str]]:
    """Of the open deals at the start: their leads, who had brought each in, who holds it."""
    if journal.initial is None:
        return np.zeros(0, dtype=np.int64), [], []
    deals, _ = fitted(journal.initial, journal.scenario)
    there = np.flatnonzero(journal.whole["leads"]["kind"] == OPEN_DEAL)
    at = _places(journal, there, deal_keys(deals, journal.scenario))
    return there, [deals.owner[n] for n in at], [deals.holder[n] for n in at]


def discounts_before(journal: Journal) -> Floats:
    """The discount with which each lead had been brought back before the simulation began."""
    before = np.zeros(journal.rows("leads"))
    if journal.initial is not None:
        deals, _ = fitted(journal.initial, journal.scenario)
        there = np.flatnonzero(journal.whole["leads"]["kind"] == OPEN_DEAL)
        before[there] = deals.discount[_places(journal, there, deal_keys(deals, journal.scenario))]
    return before


def _places(journal: Journal, rows: Ints, keys: Ints) -> Ints:
    """Where leads that were there at the start stand in the state's table, by their keys."""
    order = np.argsort(keys)
    return order[np.searchsorted(keys[order], journal.whole["leads"]["key"][rows])]
