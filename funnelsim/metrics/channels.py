"""The channels side by side: what each cost, whom it brought, and when it had paid for itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from funnelsim.analytic.arrivals import mean_by_day
from funnelsim.analytic.costs import day_costs
from funnelsim.distributions import DAY, Ints
from funnelsim.journal import Journal
from funnelsim.metrics.basis import Bools, a_journal, came_in, is_customer, ratio, sales
from funnelsim.metrics.money import (
    channel_costs,
    counts_as_revenue,
    first_commissions,
    left_by_orders,
    sale_costs,
)
from funnelsim.scenario import Channel, Scenario
from funnelsim.scenario.values import REFERRAL

if TYPE_CHECKING:
    import pandas as pd


def channels_table(journal: Journal) -> pd.DataFrame:
    """What each channel cost and brought since the warm-up, a row per channel (the index).

    "referral" is one of them where customers bring leads; its cost is their rewards. Columns:

    - `leads` that came in; `cost` of these leads (or clicks), of the channel's days, and of its
      sales; `commission`: the last of these (on first orders that were kept, `cost_per_sale`
      included; on later orders it is a cost of those orders); `cost_per_lead` = cost ÷ leads
    - `customers`: those of the leads who reached the goal; `overall_conversion` = customers ÷
      leads
    - `sales`: first orders placed (without an order in the scenario, leads that reached the goal),
      those of leads that came before the warm-up too; `cac` = cost ÷ sales, the channel's own cost
      alone: reps and messages serve all channels, so that `summary` divides more by the sales
    - `revenue` (net) of orders placed by its customers; `contribution`: what these orders leave
      after goods, shipping and later commission, less the channel's cost; `roas` = revenue ÷ cost
    - `payback_days`: from a lead's arrival until what the orders of the channel's leads have left
      by that age is as much as the channel's cost for these leads. NaN if never by the horizon
      (young leads have not had the time, so it errs on the long side); 0 for what costs nothing
    - `impressions` expected and `click_through_rate` = leads ÷ impressions, where a channel says
      how many there are

    Money in currency; NaN where there is nothing to divide by.

    >>> from funnelsim import load, simulate
    >>> table = channels_table(simulate(load("aida"), seed=1))
    >>> list(table.index), bool(table.cost["search ads"] == 2.5 * table.leads["search ads"])
    (['search ads', 'recommendation'], True)
    """
    import pandas as pd

    scenario = a_journal(journal, "channels_table").scenario
    names = [channel.name for channel in scenario.channels]
    cost, by_sale, days = channel_costs(journal)[0], sale_costs(journal)[0], day_costs(scenario)
    if scenario.referral:
        names = [*names, REFERRAL]
        by_sale, days = np.append(by_sale, 0), np.append(days, 0)
    cost = cost + days
    t, came = journal.whole["leads"], came_in(journal)

    def count(which: Bools) -> Ints:
        return np.bincount(t["channel"][which], minlength=len(names))

    table = pd.DataFrame(index=pd.Index(names, name="channel"))
    table["leads"], table["cost"], table["commission"] = count(came), cost / 100, by_sale / 100
    table["cost_per_lead"] = ratio(table["cost"], table["leads"])
    table["customers"] = count(came & is_customer(journal))
    table["overall_conversion"] = ratio(table["customers"], table["leads"])
    sold, these = sales(journal)
    of = t["channel"][journal.whole[sold]["lead"][these]]
    table["sales"] = np.bincount(of, minlength=len(names))
    table["cac"] = ratio(table["cost"], table["sales"])
    revenue, left = _of_orders(journal, len(names))
    table["revenue"], table["contribution"] = revenue / 100, (left - cost) / 100
    table["roas"] = ratio(table["revenue"], table["cost"])
    table["payback_days"] = _payback_days(journal, cost)
    if any(channel.impressions_per_day is not None for channel in scenario.channels):
        shown = [_impressions(scenario, channel) for channel in scenario.channels]
        table["impressions"] = [*shown, np.nan][: len(names)]
        table["click_through_rate"] = ratio(table["leads"], table["impressions"])
    return table


def _of_orders(journal: Journal, channels: int) -> tuple[Ints, Ints]:
    """Net revenue of each channel, and what its orders leave, in cents."""
    t = journal.whole["orders"]
    placed = t["placed"] >= journal.scenario.warm_up
    revenue = np.where(placed & counts_as_revenue(journal), t["paid"], 0)
    left = np.where(placed, left_by_orders(journal), 0)
    return _by_channel(journal, revenue, channels), _by_channel(journal, left, channels)


def _by_channel(journal: Journal, amounts: Ints, channels: int) -> Ints:
    """Amounts of the orders, summed up by channel; an upsell's is that of its customer."""
    channel = journal.whole["leads"]["channel"][journal.whole["orders"]["lead"]]
    return np.bincount(channel, amounts, minlength=channels).astype(np.int64)


def _payback_days(journal: Journal, cost: Ints) -> list[float]:
    """The age of its leads at which each channel has paid for itself; cost in cents."""
    leads, t = journal.whole["leads"], journal.whole["orders"]
    customer = leads["customer"][t["lead"]]
    left = left_by_orders(journal)
    age = (t["placed"] - leads["arrived"][customer]) / DAY
    counts = came_in(journal)[customer]
    # what was paid for sales to others is not theirs to pay back
    others = (t["placed"] >= journal.scenario.warm_up) & ~counts
    cost = cost - _by_channel(journal, np.where(others, first_commissions(journal), 0), len(cost))
    by_age = np.flatnonzero(counts)[np.argsort(age[counts], kind="stable")]
    found = []
    for number, spent in enumerate(cost):
        own = by_age[leads["channel"][customer[by_age]] == number]
        paid = np.flatnonzero(np.cumsum(left[own]) >= spent)
        found.append(0.0 if spent == 0 else float(age[own[paid[0]]]) if len(paid) else np.nan)
    return found


def _impressions(scenario: Scenario, channel: Channel) -> float:
    """Expected from the warm-up to the horizon; NaN for a channel that does not say."""
    if channel.impressions_per_day is None:
        return np.nan
    # with a click at each of them, the leads expected are the impressions
    by_day = mean_by_day(scenario, channel.model_copy(update={"click_through_rate": 1.0}))
    begins = np.arange(scenario.days) * DAY
    counts = np.minimum(scenario.horizon, begins + DAY) - np.maximum(scenario.warm_up, begins)
    return float(by_day @ np.clip(counts / DAY, 0, 1))
