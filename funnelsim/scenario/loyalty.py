"""The loyalty programme, its tiers and points, and campaigns to those who have bought."""

from __future__ import annotations

import math
from collections.abc import Collection
from dataclasses import replace
from itertools import pairwise
from typing import Annotated, Any

from pydantic import Field, SerializerFunctionWrapHandler, model_serializer

from funnelsim.distributions import (
    DAY,
    Amount,
    Limits,
    Part,
    PositiveDuration,
    Probability,
)
from funnelsim.fields import Section
from funnelsim.kinds import LEAST, ODDS_RATIO, Slider
from funnelsim.scenario.values import (
    POST_PURCHASE,
    WIN_BACK,
    CampaignKind,
    Factor,
    FactorAbove0,
    Name,
    Points,
    Ratio,
)

YEAR = 365 * DAY
OF_KIND = {
    POST_PURCHASE: ("within", "odds_ratio"),
    WIN_BACK: ("after", "probability", "discount"),
}
"""The fields that campaigns of one kind alone have."""


class Tier(Part):
    """What members have from a spending within the period on."""

    section = "The loyalty programme"

    name: Name
    """by which it is found in paths and tables"""
    from_spend: Amount = 0.0
    """paid for kept orders in the period before"""
    repeat_odds_ratio: Ratio = 1.0
    """of ordering again"""
    order_value_factor: Annotated[FactorAbove0, Section("Orders")] = 1.0
    """times the value of an order"""
    points_factor: Factor = 1.0
    """times the points of an order"""
    discount: Annotated[Probability, Slider(most=0.3), Section("Orders")] = 0.0
    """on every order"""
    free_shipping_from: Annotated[Amount | None, Section("Orders")] = None
    """value less discount from which on there is no shipping fee"""


class Loyalty(Part):
    """Customers may enrol with their first order; members earn points and reach tiers."""

    section = "The loyalty programme"

    enrolment: Probability
    """of becoming a member, with the first order"""
    self_selection: Annotated[FactorAbove0, Slider(least=1.0, most=5.0)] = Field(
        1.0, title="self-selection"
    )
    """above 1 those who would buy again anyway enrol more often"""
    points_per_unit: Annotated[Points, Slider(times=5.0)] = Field(
        0.0, title="points per unit of currency"
    )
    """of what is paid"""
    point_value: Annotated[Amount, Section("Orders")] = 0.0
    """of a point that is redeemed"""
    redeem_from: Points = 1.0
    """the balance from which on points are redeemed"""
    redeem_probability: Probability = 0.0
    """at an order, with that balance"""
    expires_after: PositiveDuration | None = None
    """from when they were earned; left out, points do not expire"""
    cost_per_day: Amount = 0.0
    """of the programme, for each day"""
    fee: Amount = 0.0
    """of a member, for each period"""
    period: PositiveDuration = YEAR
    """in which spending counts for the tiers"""
    tiers: tuple[Tier, ...] = ()
    """what members have, by their spending"""

    def limits(self) -> dict[str, Limits]:
        ends: dict[str, Limits] = {}
        if self.redeem_probability:  # there must be something to redeem
            ends |= {"points_per_unit": (LEAST, None), "point_value": (LEAST, None)}
        elif not (self.points_per_unit and self.point_value):
            ends["redeem_probability"] = (None, 0.0)
        for low, high in pairwise(self.tiers):
            above, below = (
                ends.get(f"tiers.{t.name}.from_spend", (None, None)) for t in (low, high)
            )
            ends[f"tiers.{low.name}.from_spend"] = above[0], math.nextafter(high.from_spend, 0)
            ends[f"tiers.{high.name}.from_spend"] = (
                math.nextafter(low.from_spend, math.inf),
                below[1],
            )
        return ends


class Campaign(Part):
    """Messages to customers: "post-purchase" after every kept order, or "win-back" once.

    `within` and `odds_ratio` belong to the first kind, `after`, `probability` and `discount` to
    the second.
    """

    section = "Campaigns"

    name: Name
    """by which it is found in paths and tables"""
    kind: CampaignKind
    """when it is sent, and what it can do"""
    cost_per_send: Amount = Field(0.0, title="cost of a message")
    """for each one sent"""
    within: PositiveDuration | None = None
    """in which those order who come only because of it"""
    odds_ratio: Annotated[Ratio, replace(ODDS_RATIO, low=1.0, is_open=False)] = 1.0
    """of ordering again"""
    after: PositiveDuration | None = None
    """without an order"""
    probability: Probability = Field(0.0, title="win-back")
    """of an order, because of the message"""
    discount: Probability = 0.0
    """on the order that wins back"""

    def there(self) -> Collection[str]:
        others = {name for kind, names in OF_KIND.items() if kind != self.kind for name in names}
        return [name for name in type(self).model_fields if name not in others]

    @model_serializer(mode="wrap")
    def _tables(self, fields: SerializerFunctionWrapHandler) -> dict[str, Any]:
        tables: dict[str, Any] = fields(self)
        if self.kind == WIN_BACK:  # which needs it, so that it is there even where it is 0
            tables["probability"] = self.probability
        return tables
