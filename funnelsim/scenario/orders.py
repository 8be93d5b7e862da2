"""What a customer orders, how it is paid and delivered, and what may come of it."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BeforeValidator

from funnelsim.among_customers import GapDistribution, OneProbability
from funnelsim.distributions import (
    AT_ONCE,
    Amount,
    AmountDistribution,
    BrokenRule,
    Duration,
    DurationDistribution,
    Part,
    Positive,
    Probability,
)
from funnelsim.scenario.values import FIRST_ORDER, Count, DropoutAfter, Name, Rate, Truth


class Offer(Part):
    """Something added to an order at checkout."""

    name: Name
    probability: Probability
    value: AmountDistribution


class Late(Part):
    """A delivery that takes longer than it should."""

    probability: Probability
    delay: DurationDistribution
    notified: Truth = False  # the customer is told, and minds it less


def _status(value: Any) -> Any:
    if not isinstance(value, (list, tuple)) or len(value) != 2:
        rule = "a status is its name and how long it lasts"
        name = value if isinstance(value, str) and value else "shipped"
        raise BrokenRule(rule, f'write ["{name}", {{ constant = "3 days" }}]')
    return value


Status = Annotated[tuple[Name, DurationDistribution], BeforeValidator(_status)]


class Payment(Part):
    """A method of payment: the statuses that its orders go through, and how they may end.

    An order is cancelled at the end of its first status, refused on reaching the last, returned
    at the end of the last; otherwise it is closed then, and kept.
    """

    name: Name
    share: Probability
    statuses: tuple[Status, ...]
    cancel_probability: Probability = 0.0
    refuse_probability: Probability = 0.0
    return_probability: Probability = 0.0
    late: Late | None = None


class Order(Part):
    """What a customer orders: its value at list price, and the share of it that is margin."""

    value: AmountDistribution
    margin: Probability = 1.0
    shipping_cost: Amount = 0.0  # what sending it costs
    shipping_fee: Amount = 0.0  # what the customer pays for that
    offers: tuple[Offer, ...] = ()
    payments: tuple[Payment, ...] = ()  # none: an order is closed at once


class Retention(Part):
    """After each order that was kept a coin decides whether there will be another.

    It is placed after the gap. Customers may differ: `repeat_probability` is a number or Beta
    among them, and an exponential gap may have a rate that is Gamma among them.
    """

    repeat_probability: OneProbability
    gap: GapDistribution
    dropout_after: DropoutAfter = FIRST_ORDER  # "first repeat": the first coin always falls well


class LateFollowUp(Part):
    """A response that took longer than `after`, once before the sale, makes detractors.

    Of the first order of a deal, an upsold one too; what is ordered later knows nothing of it.
    """

    after: Duration
    odds_ratio: Positive


class LateDelivery(Part):
    """A delivery later than `after` the order makes detractors; fewer where they were told."""

    after: Duration
    odds_ratio: Positive
    notified_odds_ratio: Positive = 1.0


class Satisfaction(Part):
    """How customers feel when an order is closed as kept; detractors don't buy again."""

    promoter: Probability
    detractor: Probability
    late_follow_up: LateFollowUp | None = None
    late_delivery: LateDelivery | None = None


class Referral(Part):
    """Promoters bring new leads, who enter the funnel as the channel "referral"."""

    invites: Rate  # mean per promoter and kept order
    delay: DurationDistribution = AT_ONCE
    enters: Name
    odds_ratio: Positive = 1.0  # in place of a channel's
    reward: Amount = 0.0  # when the new lead buys
    max_leads: Count = 100_000  # more than that is taken for an avalanche, and stops


class Upsell(Part):
    """After a kept order the same customer may enter the funnel once more, for something else."""

    probability: Probability
    delay: DurationDistribution = AT_ONCE
    enters: Name
    order_value_factor: Positive = 1.0
