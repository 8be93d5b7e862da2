"""Who was brought by whom: the referrals of a journal by generation, and K.

A lead of a channel is of generation 0; whom its customer brings is of generation 1, whom these
bring of generation 2, and so on. An upsell is a deal of its customer, so what comes of it comes of
that customer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from funnelsim.arguments import a_number
from funnelsim.distributions import DAY, Ints
from funnelsim.journal import NEVER, REFERRED, Journal
from funnelsim.metrics.basis import Bools, a_journal, came_in, is_customer, ratio
from funnelsim.metrics.money import counts_as_revenue

if TYPE_CHECKING:
    import pandas as pd


def brought_by(journal: Journal) -> Ints:
    """The customer (a lead) who brought each lead; -1 of who was brought by nobody."""
    t = journal.whole["leads"]
    brought = np.flatnonzero(t["kind"] == REFERRED)
    found = np.full(len(t["kind"]), NEVER)
    found[brought] = t["customer"][t["parent"][brought]]
    return found


def generations(journal: Journal) -> Ints:
    """The generation of each lead; of an upsell that of its customer."""
    by = brought_by(journal)
    found, ancestor = np.zeros(len(by), dtype=np.int64), by
    while (older := ancestor != NEVER).any():
        found += older
        ancestor = np.where(older, by[ancestor], NEVER)
    return found[journal.whole["leads"]["customer"]]


def bought_at(journal: Journal) -> Ints:
    """When each lead reached the goal (microseconds); -1 of who has not."""
    visits = journal.whole["stage_visits"]
    at_goal = visits["stage"] == len(journal.scenario.stages) - 1
    found = np.full(journal.rows("leads"), NEVER)
    found[visits["lead"][at_goal]] = visits["entered"][at_goal]
    return found


def referrals(journal: Journal, within: float | None = None) -> pd.DataFrame:
    """Leads, customers, revenue and rewards by generation, and whom each generation brought.

    One row per generation (the index): 0 are those whom the channels brought, 1 those whom
    customers of 0 brought, and so on, as far as there are leads. Columns:

    - `leads` that came in since the warm-up, `customers` among them by the horizon and
      `overall_conversion` = customers ÷ leads. From 1 on they enter at the referral's stage, not at
      the first: compare it with that of other channels only from there
    - `orders` placed since the warm-up by its customers, and their `revenue` (net); `rewards` paid
      since then for those of them who bought; all in currency
    - `followed`: its customers, those alone who bought at least `within` days before the horizon if
      `within` is given
    - `brought`: leads that these brought, and `brought_customers`, who among them bought; with
      `within` those alone who came, or bought, no later than so many days after who brought them
      bought
    - `k` = brought_customers ÷ followed: customers whom a customer brought

    Without `within` `k` is so far: of those who bought last week nearly all friends are still to
    come, so it lies below what it will be, and lowest in the last generations. With `within` it is
    a rate of equal time for all, and complete. Over all generations (the sums) it is `k_factor` of
    `fs.summary`. Who was there at the start counts as 0 with orders and revenue, and is followed
    by nobody.

    While k is below 1, each customer of a channel stands for 1 ÷ (1 − k) customers in the end: the
    mean total of a branching process (F. Galton and H. W. Watson, "On the Probability of the
    Extinction of Families", Journal of the Anthropological Institute 4, 1875).

    Raises FunnelSimError for what is no journal, and for a `within` outside of the simulation.

    >>> from funnelsim import load, simulate
    >>> journal = simulate(load("aida-loyalty-advocacy"), seed=1)
    >>> table = referrals(journal)
    >>> bool(table.customers[1] == table.brought_customers[0])
    True
    >>> bool(referrals(journal, within=90).followed[0] < table.followed[0])
    True
    """
    import pandas as pd

    scenario = a_journal(journal, "referrals").scenario
    span = None if within is None else _microseconds(within, scenario.horizon)
    of, by, bought = generations(journal), brought_by(journal), bought_at(journal)
    count = int(of.max(initial=0)) + 1

    def counted(which: Bools) -> Ints:
        return np.bincount(of[which], minlength=count)

    came, won = came_in(journal), is_customer(journal)
    followed = came & won
    child = by != NEVER
    child_won = child & won
    if span is not None:
        followed &= bought <= scenario.horizon - span
        child_won &= bought - bought[by] <= span
        child &= journal.whole["leads"]["arrived"] - bought[by] <= span
    child &= followed[by]
    brought, brought_won = (
        np.bincount(of[by[which]], minlength=count) for which in (child, child & child_won)
    )
    t = journal.whole["orders"]
    placed, owner = t["placed"] >= scenario.warm_up, of[t["lead"]]
    paid = np.where(placed & counts_as_revenue(journal), t["paid"], 0)
    reward = scenario.referral.reward if scenario.referral else 0.0
    rewarded = (by != NEVER) & (bought >= scenario.warm_up)
    table = pd.DataFrame(index=pd.RangeIndex(count, name="generation"))
    table["leads"], table["customers"] = counted(came), counted(came & won)
    table["overall_conversion"] = ratio(table["customers"], table["leads"])
    table["orders"] = np.bincount(owner[placed], minlength=count)
    table["revenue"] = np.bincount(owner, paid, minlength=count) / 100
    table["rewards"] = reward * counted(rewarded)
    table["followed"] = counted(followed)
    table["brought"], table["brought_customers"] = brought, brought_won
    table["k"] = ratio(table["brought_customers"], table["followed"])
    return table


def _microseconds(within: float, horizon: int) -> int:
    days = a_number("within", within, above=0, below=horizon / DAY, is_a="a number of days")
    return round(days * DAY)
