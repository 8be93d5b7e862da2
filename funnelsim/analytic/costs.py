"""What leads, days of channels and days of reps cost, whatever comes of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from funnelsim.analytic.arrivals import leads_of_channels, whole_days
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
    each = np.array([c.price for c in scenario.channels])
    by_day = np.array([c.cost_per_day for c in scenario.channels])
    leads = leads_of_channels(scenario) if leads is None else leads
    cost: Floats = each * leads + by_day * whole_days(scenario)
    return cost


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
