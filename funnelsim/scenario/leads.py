"""Where leads come from, and what kinds there are: channels and segments."""

from __future__ import annotations

from types import MappingProxyType

from pydantic import ConfigDict, Field

from funnelsim.distributions import Amount, Duration, Part, Positive, Probability
from funnelsim.scenario.values import Dispersion, Hours, Labels, Months, Name, OddsRatio, Weekdays


class Burst(Part):
    """A stretch of the run in which a channel brings more, or fewer, leads."""

    model_config = ConfigDict(frozen=True, extra="forbid", serialize_by_alias=True)

    from_: Duration = Field(alias="from")
    to: Duration
    factor: Amount


class Channel(Part):
    """Where leads come from: how many a day, what they cost, how well they fit.

    The mean of a day is `leads_per_day` (or `impressions_per_day` × `click_through_rate`) ×
    weekday × month × growth × burst factors, none of them normalised.
    """

    name: Name
    leads_per_day: Amount | None = None
    impressions_per_day: Amount | None = None
    click_through_rate: Probability | None = None
    weekdays: Weekdays = (1.0,) * 7  # factors, Monday first
    months: Months = (1.0,) * 12  # factors, January first
    growth: Positive = 1.0  # the factor by which leads grow in 365 days
    bursts: tuple[Burst, ...] = ()
    dispersion: Dispersion = 1.0  # variance ÷ mean of the leads of a day; 1 is Poisson
    hours: Hours = (1.0,) * 24  # weights of the hours of the day
    cost_per_lead: Amount = 0.0
    cost_per_click: Amount = 0.0  # with impressions: every lead is a click
    cost_per_day: Amount = 0.0
    commission: Probability = 0.0  # share of what its customers pay
    cost_per_sale: Amount = 0.0  # for each first order kept, or goal reached without [order]
    ceiling: Amount | None = None  # leads a day at most, for the planner
    odds_ratio: OddsRatio = 1.0
    labels: Labels = Field(default_factory=lambda: MappingProxyType({}))

    @property
    def rate(self) -> float:
        """Leads a day before any factor, said in either of the two ways."""
        if self.leads_per_day is not None:
            return self.leads_per_day
        return (self.impressions_per_day or 0.0) * (self.click_through_rate or 0.0)

    @property
    def price(self) -> float:
        """What a lead costs; where there are impressions every lead is a click."""
        return self.cost_per_lead + self.cost_per_click


class Segment(Part):
    """A kind of lead: its share, and how it differs."""

    name: Name
    share: Probability
    odds_ratio: OddsRatio = 1.0
    order_value_factor: Positive = 1.0
    repeat_odds_ratio: Positive = 1.0
    labels: Labels = Field(default_factory=lambda: MappingProxyType({}))
