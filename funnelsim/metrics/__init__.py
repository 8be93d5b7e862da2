"""Figures of a journal: the funnel table, the key figures, the channels, the points.

All leave out what came before the scenario's warm-up: the funnel counts the leads that arrived
since, each once per stage by its final state there; the key figures take leads arrived,
follow-ups queued, orders placed, messages sent and days begun since. Only points are counted from
the start: what is open may have been earned before.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from funnelsim.distributions import Ints
from funnelsim.journal import DETRACTOR, PROMOTER, Journal
from funnelsim.metrics.basis import (
    Bools,
    a_journal,
    came_in,
    divided,
    is_customer,
    orders_may_follow,
)
from funnelsim.metrics.channels import channels_table
from funnelsim.metrics.follow_up import follow_up_figures, response_times
from funnelsim.metrics.funnel import funnel_table
from funnelsim.metrics.money import Money, counts_as_revenue, money
from funnelsim.metrics.points import points_figures, points_liability

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "a_journal",
    "channels_table",
    "funnel_table",
    "key_figures",
    "orders_may_follow",
    "points_liability",
    "response_times",
    "summary",
]


def summary(journal: Journal) -> pd.Series:
    """Key figures (float; NaN where there is nothing to divide by), in this order:

    - `leads` that came in (an upsell is a deal with somebody who had before); `customers`: those
      of them who reached the goal; `overall_conversion` = customers ÷ leads (without an order the
      goal is an action, and a customer who has taken it)
    - `orders` placed; `revenue`: what was paid for them, without those cancelled, refused or
      returned by the horizon; `aov` = revenue ÷ orders that count as revenue
    - `cac` = (cost of leads, rewards, channels' days, messages to lost leads, and reps) ÷ customers
    - `contribution`: what orders leave after goods, shipping and commission, less the cost of
      leads, rewards, channels' days, messages and the loyalty programme (its days less its fees);
      `profit` = contribution - cost of reps
    - `share_gone_cold`: of the visits whose follow-up ended (a call reached the lead, or it was
      lost before), those that had gone cold
    - `mean_response_days`, `p90_response_days`: from entering the stage to the start of the call
      that reached the lead
    - `utilisation: <team>` = busy ÷ open rep time (overtime may take it past 1)
    - `repeat_purchase_rate`: customers with a second order (an upsell is one) ÷ customers
    - `gross`: paid on all orders placed; `net_of_gross` = revenue ÷ gross
    - `cost_per_lead` = cost of leads, rewards and channels' days ÷ leads; `roas` = revenue ÷ the
      same cost (return on ad spend)
    - `purchase_frequency` = orders ÷ customers who placed one; `arpu` = revenue ÷ the same
    - `nps`: promoters less detractors per 100 kept orders, each of which is asked (net promoter
      score: F. Reichheld, "The One Number You Need to Grow", Harvard Business Review 81, 2003)
    - `members` of the loyalty programme among the customers
    - `points_earned`, `points_redeemed`, `points_expired`, and `points_open` at the horizon: of
      the whole simulation, and earned = redeemed + expired + open; `points_liability`: what the
      open ones are worth; `breakage` = expired ÷ earned, of points old enough to have expired

    >>> from funnelsim import load, simulate
    >>> figures = summary(simulate(load("aida"), seed=1))
    >>> bool(figures.customers / figures.leads == figures.overall_conversion)
    True
    """
    import pandas as pd

    figures = key_figures(a_journal(journal, "summary"))
    return pd.Series(figures, dtype=float, name=journal.scenario.name)


def key_figures(journal: Journal) -> dict[str, float]:
    """The figures of `summary`, made from the whole columns: quick enough for replications."""
    scenario = journal.scenario
    spent = money(journal)
    leads = came_in(journal)
    customers = leads & is_customer(journal)
    placed = journal.whole["orders"]["placed"] >= scenario.warm_up
    customer = journal.whole["leads"]["customer"][journal.whole["orders"]["lead"]]
    again = customers[customer[placed & (journal.order_numbers == 2)]]
    return {
        "leads": leads.sum(),
        "customers": customers.sum(),
        "overall_conversion": divided(customers.sum(), leads.sum()),
        "orders": placed.sum(),
        **_earned(journal, spent, int(customers.sum())),
        **follow_up_figures(journal),
        "repeat_purchase_rate": divided(again.sum(), customers.sum()),
        **_spent(spent, int(leads.sum())),
        **_of_customers(journal, placed, customer, spent.revenue / 100),
        "members": (journal.whole["leads"]["enrols"][customers] == 1).sum(),
        **points_figures(journal),
    }


def _earned(journal: Journal, spent: Money, customers: int) -> dict[str, float]:
    placed = journal.whole["orders"]["placed"] >= journal.scenario.warm_up
    count = int((placed & counts_as_revenue(journal)).sum())
    return {
        "revenue": spent.revenue / 100,
        "aov": divided(spent.revenue / 100, count),
        "cac": divided(spent.acquisition / 100, customers),
        "contribution": spent.contribution / 100,
        "profit": spent.profit / 100,
    }


def _spent(spent: Money, leads: int) -> dict[str, float]:
    return {
        "gross": spent.gross / 100,
        "net_of_gross": divided(spent.revenue, spent.gross),
        "cost_per_lead": divided(spent.channels / 100, leads),
        "roas": divided(spent.revenue, spent.channels),
    }


def _of_customers(
    journal: Journal, placed: Bools, customer: Ints, revenue: float
) -> dict[str, float]:
    feelings = journal.whole["orders"]["satisfaction"][placed]
    asked = int((feelings >= 0).sum())
    ahead = np.sum(feelings == PROMOTER) - np.sum(feelings == DETRACTOR)
    buyers = len(np.unique(customer[placed]))
    return {
        "purchase_frequency": divided(int(placed.sum()), buyers),
        "arpu": divided(revenue, buyers),
        "nps": divided(100 * float(ahead), asked),
    }
