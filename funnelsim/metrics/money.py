"""What orders bring in and what everything costs, from the warm-up to the horizon, in whole cents.

Whole, so that every step from gross to profit adds up exactly. Orders count by when they were
placed, leads by when they arrived, rewards by when the referred lead bought, messages by when they
were sent; days and fees by when they begin.
"""

from __future__ import annotations

from datetime import date
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from funnelsim.distributions import DAY, Floats, Ints
from funnelsim.journal import REFERRED, Journal, statuses
from funnelsim.metrics.basis import Bools, came_in, is_customer, whole_days
from funnelsim.opening_hours import OpeningHours
from funnelsim.scenario import Scenario, Team
from funnelsim.scenario.values import CANCELLED, REFUSED, RETURNED

if TYPE_CHECKING:
    import pandas as pd

ENDED_BADLY = (CANCELLED, REFUSED, RETURNED)


class Money(NamedTuple):
    """Cents; costs above 0 leave less."""

    gross: int  # paid on all orders placed
    ended_badly: int  # of that, paid on those cancelled, refused or returned by the horizon
    goods: int
    shipping: int  # of the orders that count, and of those refused or returned
    commission: int
    leads: int  # by lead and by click
    rewards: int  # for referred leads that have bought
    channel_days: int
    recoveries: int  # messages to lost leads
    campaigns: int  # messages to customers
    programme: int  # its days
    fees: int  # an income
    reps: int

    @property
    def revenue(self) -> int:
        return self.gross - self.ended_badly

    @property
    def channels(self) -> int:
        """What it costs to have the leads."""
        return self.leads + self.rewards + self.channel_days

    @property
    def acquisition(self) -> int:
        """What it costs to win the customers; commission is in the contribution of their orders."""
        return self.channels + self.recoveries + self.reps

    @property
    def contribution(self) -> int:
        of_orders = self.revenue - self.goods - self.shipping - self.commission
        messages = self.recoveries + self.campaigns
        return of_orders - self.channels - messages - self.programme + self.fees

    @property
    def profit(self) -> int:
        return self.contribution - self.reps


def money(journal: Journal) -> Money:
    """What came in and what it cost since the warm-up."""
    t, scenario = journal.whole["orders"], journal.scenario
    placed = t["placed"] >= scenario.warm_up
    kept, paid = counts_as_revenue(journal) & placed, t["paid"]
    goods, commission = _goods_and_commission(journal)
    contribution = _sum(journal.contributions[placed])
    left = _sum((paid - goods - commission)[kept])
    messages = journal.whole["messages"]
    sent = messages["sent"] >= scenario.warm_up
    to_lost = messages["name"] < len(scenario.stages)
    message_cost = np.array(journal.message_costs)[messages["name"]]
    return Money(
        gross=_sum(paid[placed]),
        ended_badly=_sum(paid[placed & ~kept]),
        goods=_sum(goods[kept]),
        shipping=left - contribution,
        commission=_sum(commission[kept]),
        leads=_sum(lead_costs(journal)),
        rewards=rewards(journal),
        channel_days=_sum(day_costs(scenario)),
        recoveries=round(message_cost[sent & to_lost].sum() * 100),
        campaigns=round(message_cost[sent & ~to_lost].sum() * 100),
        programme=_programme(scenario),
        fees=_fees(journal),
        reps=_reps(scenario),
    )


class Step(NamedTuple):
    """A step from gross to profit: what is left here, or what it takes (below 0) or adds."""

    name: str
    cents: int
    is_left: bool = False


def profit_steps(journal: Journal) -> list[Step]:
    """From gross to profit; what is left anywhere is the sum of all steps before, exactly.

    Steps of nothing are left out, and so are gross where every order is kept and the contribution
    where nothing is spent on reps: they are the revenue and the profit.
    """
    m = money(journal)
    steps = [
        Step("Gross", m.gross, is_left=True),
        Step("Cancelled, refused, returned", -m.ended_badly),
        Step("Revenue", m.revenue, is_left=True),
        Step("Goods", -m.goods),
        Step("Shipping", -m.shipping),
        Step("Commission", -m.commission),
        Step("Leads", -m.leads),
        Step("Rewards for referrals", -m.rewards),
        Step("Days of channels", -m.channel_days),
        Step("Messages to lost leads", -m.recoveries),
        Step("Messages to customers", -m.campaigns),
        Step("Loyalty programme", -m.programme),
        Step("Fees of members", m.fees),
        Step("Contribution", m.contribution, is_left=True),
        Step("Reps", -m.reps),
        Step("Profit", m.profit, is_left=True),
    ]
    repeated = {"Gross": not m.ended_badly, "Contribution": not m.reps}
    return [s for s in steps if (s.is_left or s.cents) and not repeated.get(s.name)]


def counts_as_revenue(journal: Journal) -> Bools:
    """Which orders have not been cancelled, refused or returned by the horizon."""
    names = statuses(journal.scenario)
    counts = np.array([*(name not in ENDED_BADLY for name in names), True])  # -1: no status yet
    return counts[journal.whole["orders"]["status"]]


def lead_costs(journal: Journal) -> Ints:
    """Cents that the leads of each channel have cost; a lead of an impression is a click."""
    channels = journal.scenario.channels
    came = journal.whole["leads"]["channel"][came_in(journal)]
    count = np.bincount(came, minlength=len(channels))[: len(channels)]  # less "referral"
    prices = np.array([c.cost_per_lead + c.cost_per_click for c in channels])
    return cents(prices * count)


def day_costs(scenario: Scenario) -> Ints:
    """Cents that the days of each channel have cost."""
    by_day = np.array([channel.cost_per_day for channel in scenario.channels])
    return cents(by_day * whole_days(scenario))


def rewards(journal: Journal) -> int:
    """Cents paid for the referred leads that have bought since the warm-up."""
    if journal.scenario.referral is None:
        return 0
    bought = (journal.whole["leads"]["kind"] == REFERRED) & is_customer(journal)
    visits = journal.whole["stage_visits"]
    late = visits["entered"] >= journal.scenario.warm_up
    at_goal = visits["stage"] == len(journal.scenario.stages) - 1
    since = np.zeros(len(bought), dtype=bool)
    since[visits["lead"][late & at_goal]] = True
    bought &= since
    return round(journal.scenario.referral.reward * int(bought.sum()) * 100)


def cents(amounts: pd.Series | Floats) -> Ints:
    """Currency as whole cents."""
    return np.rint(np.asarray(amounts) * 100).astype(np.int64)


def _goods_and_commission(journal: Journal) -> tuple[Ints, Ints]:
    """Cents of each order, were it kept: at list price, and the channel's share of what is paid."""
    t, scenario = journal.whole["orders"], journal.scenario
    if scenario.order is None:
        return t["paid"], t["paid"]  # there are none
    rates = np.array([*(channel.commission for channel in scenario.channels), 0.0])  # "referral"
    channel = journal.whole["leads"]["channel"][t["lead"]]
    goods = np.rint((1 - scenario.order.margin) * t["value"])
    commission = np.rint(rates[channel] * t["paid"])
    return goods.astype(np.int64), commission.astype(np.int64)


def _programme(scenario: Scenario) -> int:
    by_day = scenario.loyalty.cost_per_day if scenario.loyalty else 0.0
    return round(by_day * whole_days(scenario) * 100)


def _fees(journal: Journal) -> int:
    """Each member pays at enrolment, with the first order, and whenever a further period begins."""
    scenario, loyalty = journal.scenario, journal.scenario.loyalty
    if loyalty is None or not loyalty.fee:
        return 0
    leads, t = journal.whole["leads"], journal.whole["orders"]
    first = journal.order_numbers == 1
    enrolled = t["placed"][first & (leads["enrols"][t["lead"]] == 1)]
    until_horizon = -(-(scenario.horizon - enrolled) // loyalty.period)
    until_warm_up = -(-np.maximum(scenario.warm_up - enrolled, 0) // loyalty.period)
    return round(loyalty.fee * _sum(until_horizon - until_warm_up) * 100)


@lru_cache(maxsize=64)  # the same for every replication of a scenario
def _open_days(team: Team, start: date, begin: int, end: int) -> int:
    return OpeningHours(team.open, start, team.closed).days(begin, end)


def _reps(scenario: Scenario) -> int:
    """What the reps cost on the days with opening hours."""
    begin, end = -(-scenario.warm_up // DAY) * DAY, scenario.days * DAY
    by_team = (
        team.reps * team.cost_per_rep_day * _open_days(team, scenario.start, begin, end)
        for team in scenario.teams
        if team.cost_per_rep_day
    )
    return round(sum(by_team) * 100)


def _sum(amounts: Ints) -> int:
    return int(np.sum(amounts))
