"""What a scenario says something about, and so which key figures are worth showing.

Money where nothing is sold, answers where nobody calls, or a profit without a cost would be figures
of nothing: they are in `summary`, but no page and no board shows them.
"""

from __future__ import annotations

from funnelsim.analytic.costs import costs_by_sale
from funnelsim.metrics.basis import orders_may_follow
from funnelsim.scenario import Scenario


def always(s: Scenario) -> bool:
    return True


def sells(s: Scenario) -> bool:
    return s.order is not None


def sells_again(s: Scenario) -> bool:
    return orders_may_follow(s)


def keeps_customers(s: Scenario) -> bool:
    """Customers come back by themselves, so it can be told how many stay."""
    return s.order is not None and s.retention is not None


def loses_orders(s: Scenario) -> bool:
    """Orders can be cancelled, refused or returned."""
    return s.order is not None and bool(s.order.payments)


def pays_channels(s: Scenario) -> bool:
    costs = [c.price or c.cost_per_day or costs_by_sale(c, s) for c in s.channels]
    return any(costs) or bool(s.referral and s.referral.reward)


def sells_by_paid_channels(s: Scenario) -> bool:
    return sells(s) and pays_channels(s)


def pays_to_win(s: Scenario) -> bool:
    """Channels, messages to lost leads or reps cost something."""
    messages = [stage.recovery.cost for stage in s.stages if stage.recovery]
    return pays_channels(s) or any(messages) or any(team.cost_per_rep_day for team in s.teams)


def earns(s: Scenario) -> bool:
    """Something is sold, and a margin or a cost is stated."""
    if s.order is None:
        return False
    has_margin = s.order.margin != 1 or s.order.shipping_cost > 0
    programme = s.loyalty is not None and bool(s.loyalty.cost_per_day or s.loyalty.fee)
    serves = programme or any(campaign.cost_per_send for campaign in s.campaigns)
    changes = any(change.cost or change.cost_per_day for change in s.changes)
    return has_margin or pays_to_win(s) or serves or changes


def calls(s: Scenario) -> bool:
    return any(stage.follow_up for stage in s.stages)


def loses_patience(s: Scenario) -> bool:
    """Leads do not wait for a call without end."""
    return any(stage.follow_up and stage.follow_up.patience for stage in s.stages)


def asks_customers(s: Scenario) -> bool:
    return s.satisfaction is not None


def brings_leads(s: Scenario) -> bool:
    """Customers bring others along."""
    return s.referral is not None


def has_members(s: Scenario) -> bool:
    return s.loyalty is not None


def gives_points(s: Scenario) -> bool:
    return s.loyalty is not None and s.loyalty.points_per_unit > 0


def lets_points_expire(s: Scenario) -> bool:
    return gives_points(s) and s.loyalty is not None and s.loyalty.expires_after is not None
