"""Where leads come from, and what kinds there are: channels, segments, arms of an experiment."""

from __future__ import annotations

import math
from collections.abc import Collection
from types import MappingProxyType
from typing import Annotated, Any

import numpy as np
from pydantic import BeforeValidator, ConfigDict, Field

from funnelsim.distributions import (
    Amount,
    BrokenRule,
    Duration,
    Floats,
    Limits,
    Part,
    Probability,
    number,
)
from funnelsim.fields import Section
from funnelsim.kinds import USUAL, Kind
from funnelsim.scenario.values import (
    AmountAbove0,
    Dispersion,
    Factor,
    FactorAbove0,
    Hours,
    ImpressionsPerDay,
    Labels,
    LeadsPerDay,
    Months,
    Name,
    OddsRatio,
    Ratio,
    ShareOfAll,
    Weekdays,
    Without,
)

FULL, NEARLY = 0.99, 0.999  # of a ceiling: what a plan buys at most, and what can be bought at all

HILL = Kind("exponent", low=0.2, high=10)


def _hill(value: Any) -> float:
    rule = f"the exponent of a Hill curve lies between {HILL.low:g} and {HILL.high:g}"
    x = number(value, rule)
    if not HILL.holds(x):
        raise BrokenRule(rule)
    return x


HillExponent = Annotated[float, BeforeValidator(_hill), HILL]


class Burst(Part):
    """A stretch of the run in which a channel brings more, or fewer, leads."""

    section = "Leads"

    model_config = ConfigDict(frozen=True, extra="forbid", serialize_by_alias=True)

    from_: Duration = Field(alias="from", title="from")
    """from the start of the run"""
    to: Duration
    """from the start of the run"""
    factor: Factor
    """times as many leads"""

    def limits(self) -> dict[str, Limits]:
        return {"from": (None, self.to - 1), "to": (self.from_ + 1, None)}


class Channel(Part):
    """Where leads come from: how many a day, what they cost, how well they fit.

    The mean of a day is `leads_per_day` (or `impressions_per_day` × `click_through_rate`) ×
    weekday × month × growth × burst factors, none of them normalised.
    """

    section = "Leads"

    name: Name
    """by which it is found in paths and tables"""
    leads_per_day: Annotated[LeadsPerDay | None, USUAL] = None
    """before any other factor"""
    impressions_per_day: ImpressionsPerDay | None = None
    """in place of leads_per_day: how often it is seen"""
    click_through_rate: Annotated[Probability | None, USUAL] = Field(
        None, title="click-through rate"
    )
    """leads ÷ impressions"""
    weekdays: Weekdays = (1.0,) * 7
    """factors of its leads, Monday first"""
    months: Months = (1.0,) * 12
    """factors of its leads, January first"""
    growth: FactorAbove0 = Field(1.0, title="growth a year")
    """the factor by which leads grow in 365 days"""
    bursts: tuple[Burst, ...] = ()
    """stretches with more leads, or fewer"""
    dispersion: Dispersion = 1.0
    """variance ÷ mean of the leads of a day; 1 is Poisson"""
    hours: Hours = (1.0,) * 24
    """weights of the hours of the day"""
    cost_per_lead: Annotated[Amount, USUAL] = 0.0
    """for each lead"""
    cost_per_click: Annotated[Amount, USUAL] = 0.0
    """with impressions, where every lead is a click"""
    cost_per_day: Amount = 0.0
    """for each day"""
    commission: Annotated[Probability, USUAL] = 0.0
    """share of what its customers pay"""
    cost_per_sale: Annotated[Amount, USUAL] = 0.0
    """for each first order kept, or goal reached without [order]"""
    ceiling: LeadsPerDay | None = Field(None, title="ceiling")
    """leads a day at most, for a plan"""
    saturation: Annotated[AmountAbove0 | None, USUAL] = None
    """spent a day brings 63 % of the ceiling: each further lead costs more, in place of a cost"""
    hill: HillExponent | None = Field(None, title="Hill exponent")
    """the exponent, where saturation is a Hill curve: then it brings half of the ceiling"""
    odds_ratio: OddsRatio = 1.0
    """of advancing: for every stage, or by stage"""
    labels: Labels = Field(default_factory=lambda: MappingProxyType({}))
    """columns of the leads' table"""

    def there(self) -> Collection[str]:
        without = ["cost_per_click"] if self.leads_per_day is not None else []
        without += ["hill"] if self.saturation is None else ["cost_per_lead"]
        return [name for name in type(self).model_fields if name not in without]

    def limits(self) -> dict[str, Limits]:
        if self.saturation is None or self.ceiling is None:
            return {}
        least = {"ceiling": (self.rate / NEARLY, None)}
        return least | {"leads_per_day": (None, NEARLY * self.ceiling)}

    @property
    def rate(self) -> float:
        """Leads a day before any factor, said in either of the two ways."""
        if self.leads_per_day is not None:
            return self.leads_per_day
        return (self.impressions_per_day or 0.0) * (self.click_through_rate or 0.0)

    @property
    def price(self) -> float:
        """What a lead costs, where there are impressions every lead is a click.

        With `saturation` it is the average at the channel's own rate.
        """
        if self.saturation is not None:
            return float(self.spend_on(self.rate)) / self.rate if self.rate else 0.0
        return self.cost_per_lead + self.cost_per_click

    @property
    def most(self) -> float | None:
        """Leads a day at most that a plan buys: nearer to a ceiling one costs without end."""
        if self.saturation is None or self.ceiling is None:
            return self.ceiling
        return max(FULL * self.ceiling, self.rate)

    def spend_on(self, leads: Floats | float) -> Any:
        """What so many leads a day cost a day, before weekdays and the like.

        With `saturation` the leads are ceiling × (1 − exp(−spend ÷ saturation)), or, by A. V. Hill,
        ceiling × spend^hill ÷ (saturation^hill + spend^hill). What is past the ceiling costs as the
        leads just below it do.
        """
        if self.saturation is None or self.ceiling is None:
            return leads * self.price
        full = np.asarray(leads) / self.ceiling
        below = np.minimum(full, NEARLY)
        hill = self.hill
        spend = -np.log1p(-below) if hill is None else (below / (1 - below)) ** (1 / hill)
        return self.saturation * spend * np.maximum(full / NEARLY, 1.0)

    def leads_for(self, spend: float) -> float:
        """How many leads a day so much a day buys: `spend_on` the other way round."""
        if self.saturation is None or self.ceiling is None:
            return spend / self.price
        times = max(spend, 0.0) / self.saturation
        share = 1 - math.exp(-times) if self.hill is None else 1 - 1 / (1 + times**self.hill)
        return min(share, NEARLY) * self.ceiling


class Segment(Part):
    """A kind of lead: its share, and how it differs."""

    section = "Leads"

    name: Name
    """by which it is found in paths and tables"""
    share: ShareOfAll
    """of all leads; the shares of all segments sum to 1"""
    odds_ratio: OddsRatio = 1.0
    """of advancing: for every stage, or by stage"""
    order_value_factor: Annotated[FactorAbove0, Section("Orders")] = 1.0
    """times the value of an order"""
    repeat_odds_ratio: Annotated[Ratio, Section("Coming back")] = 1.0
    """of ordering again"""
    labels: Labels = Field(default_factory=lambda: MappingProxyType({}))
    """columns of the leads' table"""


class Arm(Part):
    """An arm of an experiment: its share, and what is different for the leads in it.

    A lead's arm is drawn by the lead's own number, independent of everything else; what is sold
    later to a customer is in the customer's arm.
    """

    section = "Arms of an experiment"

    name: Name
    """by which it is found in paths and tables"""
    share: ShareOfAll
    """of all leads; the shares of all arms sum to 1"""
    odds_ratio: OddsRatio = 1.0
    """of advancing: for every stage, or by stage"""
    order_value_factor: FactorAbove0 = 1.0
    """times the value of an order"""
    repeat_odds_ratio: Ratio = 1.0
    """of ordering again"""
    without: Without = ()
    """a hold-out: what the leads of this arm do not get"""
