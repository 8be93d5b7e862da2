"""Who of the active customers stays: counted over all months of 30 days together, by replication.

What "active" means in a shop, where nobody says goodbye, is said in `cohorts.py`, which tells the
same period by period; here it is counted at once, for the key figures.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from funnelsim.distributions import DAY, Floats, Ints
from funnelsim.journal import Journal

MONTH = 30 * DAY
GAPS = 1.5  # mean gaps after an order in which a customer is taken for active


class Retained(NamedTuple):
    """Customers active at the beginning of a month, and those of them still active at its end."""

    start: Ints
    stayed: Ints


def mean_gap(journal: Journal) -> Floats:
    """Days between two orders of a customer, by replication: the scenario's mean, or where that
    is infinite, or where it says nothing of orders to come, the mean of those in the journal; NaN
    where there are none.
    """
    retention = journal.scenario.retention
    gap = retention.gap.mean / DAY if retention else math.inf
    if math.isfinite(gap):
        return np.full(len(journal.replications), gap)
    who, placed = _by_customer(journal)
    again = np.r_[False, who[1:] == who[:-1]][: len(who)]
    run, runs = _run_of(journal, who), len(journal.replications)
    apart = np.diff(placed, prepend=0)[again] / DAY
    count = np.bincount(run[again], minlength=runs)
    total = np.bincount(run[again], weights=apart, minlength=runs)
    found: Floats = np.divide(total, count, out=np.full(runs, np.nan), where=count > 0)
    return found


def retained(journal: Journal) -> Retained:
    """Of the months from the warm-up on that begin when everybody can have lapsed, and have ended.

    A customer is active at a moment just from an order to the next, or until 1.5 mean gaps later.
    """
    s, runs = journal.scenario, len(journal.replications)
    who, placed = _by_customer(journal)
    active = GAPS * mean_gap(journal)
    months = (s.horizon - s.warm_up) // MONTH
    if not len(who) or months < 1 or np.isnan(active).all():
        return Retained(np.zeros(runs, np.int64), np.zeros(runs, np.int64))
    run = _run_of(journal, who)
    lasts = np.nan_to_num(np.rint(active * DAY)).astype(np.int64)[run]
    is_last = np.r_[who[1:] != who[:-1], True]
    until = np.minimum(placed + lasts, np.where(is_last, s.horizon, np.roll(placed, -1)))
    first = np.maximum((placed - s.warm_up) // MONTH + 1, 0)  # month whose begin it is active at
    count = np.maximum(np.minimum((until - s.warm_up) // MONTH, months) - first + 1, 0)
    order = np.repeat(np.arange(len(who)), count)
    month = first[order] + np.arange(len(order)) - np.repeat(np.cumsum(count) - count, count)
    at = who[order].astype(np.int64) * (months + 1) + month  # they rise: orders stand by customer
    stays = np.r_[at[1:] == at[:-1] + 1, False][: len(at)]
    firsts = np.full(runs, np.iinfo(np.int64).max // 2)
    np.minimum.at(firsts, run, placed)
    can_have_lapsed = s.warm_up + month * MONTH >= (firsts[run] + lasts)[order]
    counts = can_have_lapsed & (month < months)
    of = run[order]
    return Retained(
        np.bincount(of[counts], minlength=runs), np.bincount(of[counts & stays], minlength=runs)
    )


def _by_customer(journal: Journal) -> tuple[Ints, Ints]:
    """The customer of each order and when it was placed, customer by customer."""
    t = journal.whole["orders"]
    who = journal.whole["leads"]["customer"][t["lead"]]
    order = np.argsort(who, kind="stable")  # they stand in the order of placing
    return who[order], t["placed"][order]


def _run_of(journal: Journal, lead: Ints) -> Ints:
    """The number of the replication of each lead."""
    found: Ints = np.searchsorted(journal.bounds("leads")[1:], lead, side="right")
    return found
