"""Figures of a journal: the funnel table, the key figures, the channels, the points.

All leave out what came before the scenario's warm-up: the funnel counts the leads that arrived
since, each once per stage by its final state there; the key figures take leads arrived,
follow-ups queued, orders placed, messages sent and days begun since. Only points are counted from
the start: what is open may have been earned before.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from funnelsim.distributions import Floats, Ints
from funnelsim.journal import DETRACTOR, NEVER, PROMOTER, Journal
from funnelsim.metrics.basis import (
    Bools,
    a_journal,
    came_in,
    is_customer,
    orders_may_follow,
    ratio,
    sales_of,
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
    - `cac`: all that it costs to win a sale = (cost of leads, rewards, channels' days, commission
      on first orders with `cost_per_sale`, messages to lost leads, and reps) ÷ sales, which are
      first orders placed (without an order, leads that reached the goal): the customers, and
      since the warm-up those too whose lead came before it
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
    - `cost_per_lead` = cost of channels (leads, rewards, days, commission on first orders) ÷
      leads; `roas` = revenue ÷ the same cost (return on ad spend)
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
    one = {name: values[0] for name, values in figures.items()}
    return pd.Series(one, dtype=float, name=journal.scenario.name)


def key_figures(journal: Journal) -> dict[str, Ints | Floats]:
    """The figures of `summary`, each of shape (replications,): of a journal, or of `Together`."""
    scenario, t = journal.scenario, journal.whole["orders"]
    spent = money(journal)
    came = came_in(journal)
    won = came & is_customer(journal)
    leads, customers = journal.totals("leads", came), journal.totals("leads", won)
    placed = t["placed"] >= scenario.warm_up
    customer = journal.whole["leads"]["customer"][t["lead"]]
    again = won[customer] & (journal.order_numbers == 2)
    is_member = journal.whole["leads"]["enrols"] == 1
    return {
        "leads": leads,
        "customers": customers,
        "overall_conversion": ratio(customers, leads),
        "orders": journal.totals("orders", placed),
        **_earned(journal, spent, placed, customers),
        **follow_up_figures(journal),
        "repeat_purchase_rate": ratio(journal.totals("orders", again, placed), customers),
        "gross": spent.gross / 100,
        "net_of_gross": ratio(spent.revenue, spent.gross),
        "cost_per_lead": ratio(spent.channels / 100, leads),
        "roas": ratio(spent.revenue, spent.channels),
        **_of_customers(journal, placed, customer, spent.revenue / 100),
        "members": journal.totals("leads", won & is_member),
        **points_figures(journal),
    }


def _earned(journal: Journal, spent: Money, placed: Bools, customers: Ints) -> dict[str, Floats]:
    count = journal.totals("orders", placed & counts_as_revenue(journal))
    return {
        "revenue": spent.revenue / 100,
        "aov": ratio(spent.revenue / 100, count),
        "cac": ratio(spent.acquisition / 100, sales_of(journal)),
        "contribution": spent.contribution / 100,
        "profit": spent.profit / 100,
    }


def _of_customers(
    journal: Journal, placed: Bools, customer: Ints, revenue: Floats
) -> dict[str, Floats]:
    feeling = journal.whole["orders"]["satisfaction"]
    ahead = (feeling == PROMOTER).astype(np.int8) - (feeling == DETRACTOR)
    buys = np.zeros(journal.rows("leads"), dtype=bool)
    buys[customer[placed]] = True
    buyers = journal.totals("leads", buys)
    nps = 100 * journal.totals("orders", ahead, placed)
    return {
        "purchase_frequency": ratio(journal.totals("orders", placed), buyers),
        "arpu": ratio(revenue, buyers),
        "nps": ratio(nps, journal.totals("orders", feeling != NEVER, placed)),
    }
