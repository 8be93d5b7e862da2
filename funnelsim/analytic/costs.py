"""What leads, days of channels and days of reps cost, whatever comes of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from funnelsim.analytic.arrivals import by_bursts, leads_of_channels, mean_in_time, whole_days
from funnelsim.distributions import DAY, Floats, Ints
from funnelsim.scenario import Channel, Scenario
from funnelsim.staffing import rep_days

if TYPE_CHECKING:
    import pandas as pd


def cents(amounts: pd.Series | Floats) -> Ints:
    """Currency as whole cents."""
    found: Ints = np.rint(np.asarray(amounts) * 100).astype(np.int64)
    return found


def costs_by_sale(channel: Channel, scenario: Scenario) -> bool:
    """Whether this channel gets something for each sale."""
    return channel.cost_per_sale > 0 or (channel.commission > 0 and scenario.order is not None)


def cost_of_channels(scenario: Scenario, leads: Floats | None = None) -> Floats:
    """What these leads (or others) and the days of the channels cost, in currency, shape
    (channels,), or (any, channels) as the leads are.

    What is paid by the sale depends on what becomes of the leads.
    """
    by_day = np.array([c.cost_per_day for c in scenario.channels])
    expected = leads_of_channels(scenario)
    leads = expected if leads is None else leads
    times = np.divide(leads, expected, out=np.ones_like(leads, dtype=float), where=expected > 0)
    cost: Floats = mean_prices(scenario, times) * leads + by_day * whole_days(scenario)
    return cost


def mean_prices(scenario: Scenario, times: Floats | None = None) -> Floats:
    """What a lead of each channel costs on average on the days that count, where the channels
    bring so many times their leads: shape as `times`, the last axis the channels."""
    times = np.ones(len(scenario.channels)) if times is None else times
    begun = scenario.days - whole_days(scenario)
    prices = np.ones_like(times) * [c.price for c in scenario.channels]
    for number, channel in enumerate(scenario.channels):
        weights = mean_in_time(scenario, channel)[begun:]
        if channel.saturation is not None and weights.sum():
            by_day = price_by_day(scenario, channel, times[..., number])[..., begun:]
            prices[..., number] = by_day @ weights / weights.sum()
    return prices


def price_by_day(scenario: Scenario, channel: Channel, times: Floats | float = 1.0) -> Floats:
    """What a lead of a channel with saturation costs on each day: that of its rate with the bursts
    of the day, which somebody pays for; weekdays, seasons and growth are the market's.

    Shape (days,), or (any, days) as `times` its leads are.
    """
    bought = np.asarray(times)[..., None] * channel.rate * by_bursts(scenario, channel)
    spend = channel.spend_on(bought)
    found: Floats = np.divide(spend, bought, out=np.zeros_like(bought), where=bought > 0)
    return found


def day_costs(scenario: Scenario) -> Ints:
    """Cents that the days of each channel have cost."""
    by_day = np.array([channel.cost_per_day for channel in scenario.channels])
    return cents(by_day * whole_days(scenario))


def changes_costs(scenario: Scenario) -> int:
    """Cents that changes have cost since the warm-up: those that begin, and the time they last."""
    begin, end, spent = scenario.warm_up, scenario.horizon, 0.0
    for change in scenario.changes:
        lasts = min(change.until, end) - max(change.from_, begin)
        spent += change.cost_per_day * max(lasts, 0) / DAY
        spent += change.cost if begin <= change.from_ < end else 0.0
    return round(spent * 100)


def reps_costs(scenario: Scenario) -> int:
    """Cents that the reps have cost, on the days with opening hours while they are there."""
    begin, end = -(-scenario.warm_up // DAY) * DAY, scenario.days * DAY
    by_team = (
        rep_days(scenario, team, begin, end) * team.cost_per_rep_day
        for team in scenario.teams
        if team.cost_per_rep_day
    )
    return round(sum(by_team) * 100)
