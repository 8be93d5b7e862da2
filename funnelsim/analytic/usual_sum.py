"""The sum that every sales blog gives: target ÷ average deal ÷ conversion ÷ conversion ...

It is right on average, and so about half of the futures fall short of it. A plan shows it beside
its own number.
"""

from __future__ import annotations

import math

import numpy as np

from funnelsim.analytic.arrivals import leads_of_channels, whole_days
from funnelsim.analytic.conversion import (
    conversion_of_channels,
    conversions,
    kinds_of_leads,
    mean_conversion,
)
from funnelsim.analytic.costs import changes_costs, mean_prices
from funnelsim.distributions import Floats
from funnelsim.scenario import Scenario
from funnelsim.staffing import mean_reps


def naive_leads(scenario: Scenario, target: float, metric: str) -> float:
    """Leads that bring the target on average, if every lead has time enough and nobody waits.

    For revenue first orders at their mean value are counted, for contribution and profit what is
    left of them; where a lead leaves nothing the sum has no answer (NaN).
    """
    conversion = mean_conversion(scenario)
    if metric == "sales":
        return _quotient(target, conversion)
    order = scenario.order
    assert order is not None
    paid = _mean_value(scenario) + order.shipping_fee
    if metric == "revenue":
        return _quotient(target, conversion * paid)
    leads = leads_of_channels(scenario)
    mix = leads / leads.sum() if leads.sum() else leads
    sales = mix * conversion_of_channels(scenario)
    commission = np.array([c.commission * paid + c.cost_per_sale for c in scenario.channels])
    price = mean_prices(scenario)
    goods = (1 - order.margin) * _mean_value(scenario)
    each = sales @ (paid - goods - order.shipping_cost - commission) - mix @ price
    days = whole_days(scenario)
    fixed = days * sum(c.cost_per_day for c in scenario.channels)
    if metric == "profit":
        fixed += changes_costs(scenario) / 100
        since = (scenario.warm_up, scenario.horizon)
        fixed += days * sum(
            mean_reps(scenario, t, *since) * t.cost_per_rep_day for t in scenario.teams
        )
    return _quotient(target + fixed, float(each))


def _mean_value(scenario: Scenario) -> float:
    assert scenario.order is not None
    value = scenario.order.value.mean
    kinds = kinds_of_leads(scenario)
    if len(kinds) == 1:
        return value * kinds[0].order_value_factor
    won = leads_of_channels(scenario) @ conversions(scenario)
    won = won * np.array([kind.share for kind in kinds])
    factors = np.array([kind.order_value_factor for kind in kinds])
    return value * float(won @ factors) / float(won.sum()) if won.any() else value


def _quotient(target: float, each: float) -> float:
    return target / each if each > 0 else math.nan


def worth_of_a_sale(scenario: Scenario, metric: str) -> float:
    """How much of the metric a sale brings by the usual sum; 0 where it brings nothing."""
    sales_for_one = naive_leads(scenario, 1.0, metric) * mean_conversion(scenario)
    return 1 / sales_for_one if sales_for_one > 0 else 0.0


def lift_of_odds(scenario: Scenario, leads: Floats) -> float:
    """How many times as often as the stages' conversions say these leads of the channels buy, for
    the odds ratios of channels, segments and arms; without calls, returns and who is dropped.
    """
    without = {"follow_up": None, "recovery": None, "drop_after": None}
    stages = tuple(stage.model_copy(update=without) for stage in scenario.stages)
    plain = math.prod(stage.conversion for stage in stages if stage.conversion is not None)
    if not plain or not leads.sum():
        return 1.0
    each = conversion_of_channels(scenario.model_copy(update={"stages": stages}))
    return float(leads @ each / leads.sum() / plain)
