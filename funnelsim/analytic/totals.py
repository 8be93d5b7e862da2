"""What a scenario's leads bring and cost in all, each figure with how far it holds.

Sales and money are of leads that channels bring. What customers do later (further orders, referred
leads, other deals) depends on what came before, so where there is such a thing, no figure is given
that it would be part of.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from funnelsim.analytic import holds
from funnelsim.analytic.arrivals import leads_since_the_warm_up
from funnelsim.analytic.conversion import conversion_of_channels, kinds_of_leads
from funnelsim.analytic.costs import changes_costs, day_costs, mean_prices, reps_costs
from funnelsim.distributions import Floats
from funnelsim.scenario import Order, Scenario
from funnelsim.scenario.loyalty import Tier
from funnelsim.scenario.values import WIN_BACK


class Total(NamedTuple):
    """A figure in all: count, share or money (currency), and how far it holds."""

    name: str
    value: float
    unit: str
    holds: str


def totals(scenario: Scenario, sales: Floats) -> list[Total]:
    """Leads, sales and money from the warm-up to the horizon; `sales` as `sales_by_the_horizon`.

    NaN for what only a simulation tells, and where there is nothing to divide by.
    """
    leads = leads_since_the_warm_up(scenario)
    won, in_the_end = leads @ conversion_of_channels(scenario), holds.of_conversion(scenario)
    by_then = holds.of_sales(scenario)
    conversion = won / leads.sum() if leads.sum() else math.nan
    for_leads = float(leads @ mean_prices(scenario))
    for_days, for_reps = float(day_costs(scenario).sum()) / 100, reps_costs(scenario) / 100
    told = [
        Total("leads", float(leads.sum()), "count", holds.EXPECTED),
        Total("conversion", conversion, "share", in_the_end),
        Total("sales_in_the_end", float(won), "count", in_the_end),
        Total("sales", float(sales.sum()), "count", by_then),
        Total("cost_of_leads", for_leads, "money", holds.EXPECTED),
        Total("cost_of_channel_days", for_days, "money", holds.EXPECTED),
        Total("cost_of_reps", for_reps, "money", holds.EXPECTED),
        *_of_sales(scenario, sales, by_then, for_leads + for_days, for_reps),
    ]
    if scenario.changes:
        changes = Total("cost_of_changes", changes_costs(scenario) / 100, "money", holds.EXPECTED)
        told.insert(7, changes)
    return [t if t.holds != holds.NOT_SAID else t._replace(value=math.nan) for t in told]


def _of_sales(
    scenario: Scenario, sales: Floats, by_then: str, for_channels: float, for_reps: float
) -> list[Total]:
    """What these sales (channels, kinds of leads) pay and leave, by the horizon."""
    by_sale = np.array([channel.cost_per_sale for channel in scenario.channels])
    order = scenario.order
    if order is None:
        commission = float(by_sale @ sales.sum(axis=1))
        return [Total("commission", commission, "money", by_then)]
    value = _list_value(scenario, order)  # of each kind of lead
    paid = value + order.shipping_fee
    rate = np.array([channel.commission for channel in scenario.channels])
    commissions = rate[:, None] * paid + by_sale[:, None]
    left = paid - (1 - order.margin) * value - order.shipping_cost - commissions
    gross, contribution = float((sales * paid).sum()), float((sales * left).sum()) - for_channels
    of_orders = holds.weakest(by_then, _of_first_order(scenario))
    of_revenue = of_orders if not beyond_first_orders(scenario) else holds.NOT_SAID
    is_all = not _has_other_costs(scenario) and (of_revenue == holds.EXPECTED or left.min() >= 0)
    of_contribution = of_revenue if is_all else holds.NOT_SAID
    of_commission = of_orders if _keeps_orders(order) else holds.weakest(of_orders, holds.AT_MOST)
    return [
        _paid_per_sale(scenario, sales, paid, by_then),
        Total("first_orders", gross, "money", of_orders),
        Total("revenue", gross, "money", of_revenue),
        Total("commission", float((sales * commissions).sum()), "money", of_commission),
        Total("contribution", contribution, "money", of_contribution),
        Total(
            "profit",
            contribution - for_reps - changes_costs(scenario) / 100,
            "money",
            of_contribution,
        ),
    ]


def _list_value(scenario: Scenario, order: Order) -> Floats:
    """The mean list price of a first order with what is added at checkout: shape (kinds,)."""
    factors = np.array([kind.order_value_factor for kind in kinds_of_leads(scenario)])
    offers = sum(offer.probability * offer.value.mean for offer in order.offers)
    return np.asarray(order.value.mean * factors + offers)


def _paid_per_sale(scenario: Scenario, sales: Floats, paid: Floats, by_then: str) -> Total:
    """What a first order pays on average; if kinds of leads differ, it matters who buys."""
    name, how = "paid_per_sale", _of_first_order(scenario)
    if len(set(paid.tolist())) == 1:
        return Total(name, float(paid[0]), "money", how)
    each = float((sales * paid).sum() / sales.sum()) if sales.sum() else math.nan
    mix = holds.EXPECTED if by_then == holds.EXPECTED else holds.ABOUT
    return Total(name, each, "money", holds.weakest(how, mix))


def _of_first_order(scenario: Scenario) -> str:
    """How far the mean of what a first order pays holds, at given sales."""
    if any(_acts_at_once(tier) for tier in (scenario.loyalty.tiers if scenario.loyalty else ())):
        return holds.NOT_SAID
    if any(c.discount or c.order_value_factor != 1 for c in scenario.changes):
        return holds.NOT_SAID
    back = [stage.recovery.discount for stage in scenario.stages if stage.recovery]
    return holds.AT_MOST if any(back) else holds.EXPECTED


def _acts_at_once(tier: Tier) -> bool:
    """Whether members are in this tier with their first order, and pay something else for it."""
    is_plain = (
        tier.order_value_factor == 1 and not tier.discount and tier.free_shipping_from is None
    )
    return tier.from_spend == 0 and not is_plain


def beyond_first_orders(scenario: Scenario) -> list[str]:
    """What the revenue holds, or lacks, besides what the sales of the channels' leads pay."""
    order = scenario.order
    there = {
        "further orders": scenario.retention or scenario.campaign(WIN_BACK),
        "upsells": scenario.upsell,
        "referred leads": scenario.referral,
        "orders that are not kept": order is not None and not _keeps_orders(order),
    }
    return [name for name, part in there.items() if part]


def _keeps_orders(order: Order) -> bool:
    return not any(
        p.cancel_probability or p.refuse_probability or p.return_probability for p in order.payments
    )


def _has_other_costs(scenario: Scenario) -> bool:
    """Whether there are costs or incomes that depend on what happens on the way."""
    to_lost = any(stage.recovery and stage.recovery.cost for stage in scenario.stages)
    return to_lost or scenario.loyalty is not None or bool(scenario.campaigns)
