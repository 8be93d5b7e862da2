"""What a customer orders, how it is paid and delivered, and what may come of it."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from funnelsim.among_customers import GapDistribution, OneProbability
from funnelsim.distributions import (
    AT_ONCE,
    Amount,
    AmountDistribution,
    BrokenRule,
    Duration,
    DurationDistribution,
    Limits,
    Part,
    Probability,
)
from funnelsim.kinds import USUAL, Slider
from funnelsim.scenario.values import (
    FIRST_ORDER,
    Count,
    DropoutAfter,
    FactorAbove0,
    Name,
    Rate,
    Ratio,
    ShareOfAll,
    StageName,
    Truth,
)


class Offer(Part):
    """Something added to an order at checkout."""

    section = "Orders"

    name: Name
    """by which it is found in paths"""
    probability: Probability
    """of being taken, at every order"""
    value: AmountDistribution
    """what it adds to the order"""


class Late(Part):
    """A delivery that takes longer than it should."""

    section = "Orders"

    probability: Probability
    """of being late"""
    delay: DurationDistribution
    """added before the delivery"""
    notified: Truth = False
    """the customer is told, and minds it less"""


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

    section = "Orders"

    name: Name
    """by which it is found in paths and tables"""
    share: ShareOfAll
    """of all orders; the shares of all methods sum to 1"""
    statuses: tuple[Status, ...] = Field(title="time in status", json_schema_extra={"minItems": 2})
    """names, each with how long it lasts"""
    cancel_probability: Probability = 0.0
    """at the end of the first status"""
    refuse_probability: Probability = 0.0
    """on reaching the last status"""
    return_probability: Probability = 0.0
    """at the end of the last status"""
    late: Late | None = Field(None, title="late delivery")
    """deliveries that take longer than they should"""


class Order(Part):
    """What a customer orders: its value at list price, and the share of it that is margin."""

    section = "Orders"

    value: Annotated[AmountDistribution, USUAL]
    """of the basket, at list price"""
    margin: Annotated[Probability, USUAL] = 1.0
    """share of the list price"""
    shipping_cost: Amount = 0.0
    """what sending it costs"""
    shipping_fee: Amount = 0.0
    """what the customer pays for that"""
    offers: tuple[Offer, ...] = ()
    """what may be added at checkout"""
    payments: tuple[Payment, ...] = ()
    """how orders are paid; left out, an order is closed at once"""


class Retention(Part):
    """After each order that was kept a coin decides whether there will be another.

    It is placed after the gap. Customers may differ: `repeat_probability` is a number or Beta
    among them, and an exponential gap may have a rate that is Gamma among them.
    """

    section = "Coming back"

    repeat_probability: Annotated[OneProbability, USUAL, Slider(most=0.95)]
    """that another order follows one that was kept"""
    gap: Annotated[GapDistribution, USUAL]
    """until the next order"""
    dropout_after: DropoutAfter = FIRST_ORDER
    """from when on; with the second the first coin always falls well"""


class LateFollowUp(Part):
    """A response that took longer than `after`, once before the sale, makes detractors.

    Of the first order of a deal, an upsold one too; what is ordered later knows nothing of it.
    """

    section = "Satisfaction, referral, upsell"

    after: Duration
    """a longer response is late"""
    odds_ratio: Ratio
    """of being a detractor"""


class LateDelivery(Part):
    """A delivery later than `after` the order makes detractors; fewer where they were told."""

    section = "Satisfaction, referral, upsell"

    after: Duration
    """from placing the order; a longer one is late"""
    odds_ratio: Ratio
    """of being a detractor"""
    notified_odds_ratio: Ratio = 1.0
    """in its place, where they were told"""


class Satisfaction(Part):
    """How customers feel when an order is closed as kept; detractors don't buy again."""

    section = "Satisfaction, referral, upsell"

    promoter: Probability = Field(title="promoters")
    """share of those who judge"""
    detractor: Probability = Field(title="detractors")
    """share of those who judge"""
    late_follow_up: LateFollowUp | None = None
    """makes detractors"""
    late_delivery: LateDelivery | None = None
    """makes detractors"""

    def limits(self) -> dict[str, Limits]:
        return {"promoter": (None, 1 - self.detractor), "detractor": (None, 1 - self.promoter)}


class Referral(Part):
    """Promoters bring new leads, who enter the funnel as the channel "referral"."""

    section = "Satisfaction, referral, upsell"

    invites: Annotated[Rate, USUAL] = Field(title="leads by a promoter's order")
    """mean number, of each kept order"""
    delay: DurationDistribution = AT_ONCE
    """from the order to the new lead"""
    enters: StageName = Field(title="enters at")
    """the stage of the new lead"""
    odds_ratio: Ratio = 1.0
    """of advancing, in place of a channel's"""
    reward: Amount = 0.0
    """for each new lead who buys"""
    max_leads: Count = Field(100_000, title="leads at most")
    """more are an avalanche, which is an error"""


class Upsell(Part):
    """After a kept order the same customer may enter the funnel once more, for something else."""

    section = "Satisfaction, referral, upsell"

    probability: Annotated[Probability, USUAL]
    """of being asked, after an order"""
    delay: DurationDistribution = AT_ONCE
    """from the order to the new deal"""
    enters: StageName = Field(title="enters at")
    """the stage of the new deal"""
    order_value_factor: FactorAbove0 = 1.0
    """times the value of an order"""
