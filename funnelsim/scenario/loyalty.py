"""The loyalty programme, its tiers and points, and campaigns to those who have bought."""

from __future__ import annotations

from typing import Any

from pydantic import SerializerFunctionWrapHandler, model_serializer

from funnelsim.distributions import (
    DAY,
    Amount,
    Part,
    Positive,
    PositiveDuration,
    Probability,
)
from funnelsim.scenario.values import WIN_BACK, CampaignKind, Name

YEAR = 365 * DAY


class Tier(Part):
    """What members have from a spending within the period on."""

    name: Name
    from_spend: Amount = 0.0
    repeat_odds_ratio: Positive = 1.0
    order_value_factor: Positive = 1.0
    points_factor: Amount = 1.0
    discount: Probability = 0.0
    free_shipping_from: Amount | None = None  # value less discount


class Loyalty(Part):
    """Customers may enrol with their first order; members earn points and reach tiers."""

    enrolment: Probability
    self_selection: Positive = 1.0  # above 1: those who would buy again anyway enrol more often
    points_per_unit: Amount = 0.0  # points for each unit of currency paid
    point_value: Amount = 0.0  # currency
    redeem_from: Amount = 1.0  # points
    redeem_probability: Probability = 0.0
    expires_after: PositiveDuration | None = None
    cost_per_day: Amount = 0.0
    fee: Amount = 0.0  # per member and period
    period: PositiveDuration = YEAR
    tiers: tuple[Tier, ...] = ()


class Campaign(Part):
    """Messages to customers: "post-purchase" after every kept order, or "win-back" once.

    `within` and `odds_ratio` belong to the first kind, `after`, `probability` and `discount` to
    the second.
    """

    name: Name
    kind: CampaignKind
    cost_per_send: Amount = 0.0
    within: PositiveDuration | None = None
    odds_ratio: Positive = 1.0
    after: PositiveDuration | None = None
    probability: Probability = 0.0
    discount: Probability = 0.0

    @model_serializer(mode="wrap")
    def _tables(self, fields: SerializerFunctionWrapHandler) -> dict[str, Any]:
        tables: dict[str, Any] = fields(self)
        if self.kind == WIN_BACK:  # which needs it, so that it is there even where it is 0
            tables["probability"] = self.probability
        return tables
