"""What orders bring in and what everything costs, from the warm-up to the horizon, in whole cents.

Whole, so that every step from gross to profit adds up exactly. Orders count by when they were
placed, leads by when they arrived, rewards by when the referred lead bought, messages by when they
were sent; days and fees by when they begin.

What it costs to win a sale is said here and nowhere else (`Money.acquisition`, and of a channel
`channel_costs`): CAC, payback, ROAS and budgets read it. The commission on a first order, share
and fixed sum, belongs to it; on later ones commission is a cost of those orders. So what orders
leave is set against it before that commission (`left_by_orders`), and each cost counts once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from funnelsim.analytic.arrivals import whole_days
from funnelsim.analytic.costs import (
    cents,
    changes_costs,
    costs_by_sale,
    day_costs,
    price_by_day,
    reps_costs,
)
from funnelsim.distributions import DAY, Ints
from funnelsim.journal import REFERRED, Journal, statuses
from funnelsim.metrics.basis import Bools, came_in, sales
from funnelsim.scenario import Scenario
from funnelsim.scenario.values import CANCELLED, REFUSED, RETURNED

if TYPE_CHECKING:
    from collections.abc import Collection

ENDED_BADLY = (CANCELLED, REFUSED, RETURNED)


class Money(NamedTuple):
    """Cents, of each replication; costs above 0 leave less."""

    gross: Ints  # paid on all orders placed
    ended_badly: Ints  # of that, paid on those cancelled, refused or returned by the horizon
    goods: Ints
    shipping: Ints  # of the orders that count, and of those refused or returned
    commission: Ints  # on all sales and later orders
    by_sale: Ints  # of that, on the sales: what it costs to win them
    leads: Ints  # by lead and by click
    rewards: Ints  # for referred leads that have bought
    channel_days: Ints
    recoveries: Ints  # messages to lost leads
    campaigns: Ints  # messages to customers
    programme: Ints  # its days
    fees: Ints  # an income
    reps: Ints
    changes: Ints  # what holds only for a while: a promotion, a training

    @property
    def revenue(self) -> Ints:
        return self.gross - self.ended_badly

    @property
    def channels(self) -> Ints:
        """What the channels get: for the leads, for their days and by the sale."""
        return self.leads + self.rewards + self.channel_days + self.by_sale

    @property
    def acquisition(self) -> Ints:
        """All that it costs to win the sales: divided by them, it is CAC."""
        return self.channels + self.recoveries + self.reps

    @property
    def contribution(self) -> Ints:
        later = self.commission - self.by_sale
        of_orders = self.revenue - self.goods - self.shipping - later
        messages = self.recoveries + self.campaigns
        return of_orders - self.channels - messages - self.programme + self.fees

    @property
    def profit(self) -> Ints:
        return self.contribution - self.reps - self.changes


def money(journal: Journal) -> Money:
    """What came in and what it cost since the warm-up."""
    t, scenario = journal.whole["orders"], journal.scenario
    placed = t["placed"] >= scenario.warm_up
    kept, paid = counts_as_revenue(journal) & placed, t["paid"]

    def of_orders(amounts: Ints, these: Bools) -> Ints:
        return journal.totals("orders", amounts, these)

    gross, revenue = of_orders(paid, placed), of_orders(paid, kept)
    of_goods, of_commission = of_orders(journal.goods, kept), of_orders(journal.commissions, kept)
    contribution = of_orders(journal.contributions, placed)
    by_sale = sale_costs(journal).sum(axis=1)
    recoveries, campaigns = _messages(journal)
    each = np.ones(len(gross), dtype=np.int64)
    return Money(
        gross=gross,
        ended_badly=gross - revenue,
        goods=of_goods,
        shipping=revenue - of_goods - of_commission - contribution,
        commission=of_commission if scenario.order is not None else by_sale,
        by_sale=by_sale,
        leads=lead_costs(journal).sum(axis=1),
        rewards=rewards(journal),
        channel_days=day_costs(scenario).sum() * each,
        recoveries=recoveries,
        campaigns=campaigns,
        programme=_programme(scenario) * each,
        fees=_fees(journal),
        reps=reps_costs(scenario) * each,
        changes=changes_costs(scenario) * each,
    )


class Step(NamedTuple):
    """A step from gross to profit: what is left here, or what it takes (below 0) or adds."""

    name: str
    cents: int
    is_left: bool = False


def profit_steps(journal: Journal, also: Collection[str] = ()) -> list[Step]:
    """From gross to profit; what is left anywhere is the sum of all steps before, exactly.

    Steps of nothing are left out, and so are gross where every order is kept and the contribution
    where nothing is spent on reps or changes: they are the revenue and the profit. Not those named
    in `also`.
    """
    m = money(journal)
    steps = [
        Step("Gross", _one(m.gross), is_left=True),
        Step("Cancelled, refused, returned", -_one(m.ended_badly)),
        Step("Revenue", _one(m.revenue), is_left=True),
        Step("Goods", -_one(m.goods)),
        Step("Shipping", -_one(m.shipping)),
        Step("Commission", -_one(m.commission)),
        Step("Leads", -_one(m.leads)),
        Step("Rewards for referrals", -_one(m.rewards)),
        Step("Days of channels", -_one(m.channel_days)),
        Step("Messages to lost leads", -_one(m.recoveries)),
        Step("Messages to customers", -_one(m.campaigns)),
        Step("Loyalty programme", -_one(m.programme)),
        Step("Fees of members", _one(m.fees)),
        Step("Contribution", _one(m.contribution), is_left=True),
        Step("Reps", -_one(m.reps)),
        Step("Changes", -_one(m.changes)),
        Step("Profit", _one(m.profit), is_left=True),
    ]
    repeated = {"Gross": not _one(m.ended_badly), "Contribution": not _one(m.reps + m.changes)}
    told = [s for s in steps if (s.is_left or s.cents) and not repeated.get(s.name)]
    return [s for s in steps if s in told or s.name in also]


def _one(amounts: Ints) -> int:
    return int(amounts[0])


def counts_as_revenue(journal: Journal) -> Bools:
    """Which orders have not been cancelled, refused or returned by the horizon."""
    names = statuses(journal.scenario)
    counts = np.array([*(name not in ENDED_BADLY for name in names), True])  # -1: no status yet
    return counts[journal.whole["orders"]["status"]]


def lead_costs(journal: Journal) -> Ints:
    """Cents that the leads of each channel have cost, shape (replications, channels).

    A lead of an impression is a click.
    """
    channels = journal.scenario.channels
    channel = journal.whole["leads"]["channel"]
    count = journal.counts("leads", channel, len(channels) + 1, came_in(journal))
    prices = np.array([c.price for c in channels])
    costs = cents(prices * count[:, :-1])  # less "referral"
    for number, its in enumerate(channels):
        if its.saturation is not None:  # the price is that of the day
            day = journal.whole["leads"]["arrived"] // DAY
            these = came_in(journal) & (channel == number)
            by_day = journal.counts("leads", day, journal.scenario.days, these)
            costs[:, number] = cents(by_day @ price_by_day(journal.scenario, its))
    return costs


def sale_costs(journal: Journal) -> Ints:
    """Cents that the sales of each channel have cost, shape (replications, channels).

    The commission on first orders that were kept, share and fixed sum; where nothing is ordered,
    the fixed sum for each lead that has reached the goal.
    """
    scenario, (table, sold) = journal.scenario, sales(journal)
    costs = np.zeros((len(journal.replications), len(scenario.channels)), dtype=np.int64)
    paid = [n for n, c in enumerate(scenario.channels) if costs_by_sale(c, scenario)]
    if not paid:
        return costs
    channel = journal.whole["leads"]["channel"][journal.whole[table]["lead"]]
    if scenario.order is not None:
        each = first_commissions(journal)
    else:
        each = cents(np.array([*(c.cost_per_sale for c in scenario.channels), 0.0]))[channel]
    for number in paid:
        costs[:, number] = journal.totals(table, each, sold & (channel == number))
    return costs


def first_commissions(journal: Journal) -> Ints:
    """Cents that each order's channel has got for it as a sale: 0 but of first orders kept."""
    won = (journal.order_numbers == 1) & counts_as_revenue(journal)
    return np.where(won, journal.commissions, 0)


def left_by_orders(journal: Journal) -> Ints:
    """Cents that each order leaves before what it cost to win it."""
    return journal.contributions + first_commissions(journal)


def channel_costs(journal: Journal) -> Ints:
    """Cents that it cost to win the sales of each channel, less its days: they are not more for a
    sale more. Shape (replications, channels), "referral" last where customers bring leads.
    """
    costs = lead_costs(journal) + sale_costs(journal)
    if journal.scenario.referral is None:
        return costs
    return np.column_stack([costs, rewards(journal)])


def rewards(journal: Journal) -> Ints:
    """Cents paid for the referred leads that have bought since the warm-up, by replication."""
    referral, leads = journal.scenario.referral, journal.whole["leads"]
    if referral is None:
        return np.zeros(len(journal.replications), dtype=np.int64)
    visits = journal.whole["stage_visits"]
    late = visits["entered"] >= journal.scenario.warm_up
    at_goal = visits["stage"] == len(journal.scenario.stages) - 1
    since = np.zeros(len(leads["kind"]), dtype=bool)
    since[visits["lead"][late & at_goal]] = True
    bought = journal.totals("leads", (leads["kind"] == REFERRED) & since)
    return cents(referral.reward * bought)


def _messages(journal: Journal) -> tuple[Ints, Ints]:
    """Cents spent on messages to lost leads, and on those to customers."""
    t, costs = journal.whole["messages"], np.array(journal.message_costs)
    sent = t["sent"] >= journal.scenario.warm_up
    spent = costs * journal.counts("messages", t["name"], len(costs), sent)
    to_lost = len(journal.scenario.stages)
    return cents(spent[:, :to_lost].sum(axis=1)), cents(spent[:, to_lost:].sum(axis=1))


def _programme(scenario: Scenario) -> int:
    by_day = scenario.loyalty.cost_per_day if scenario.loyalty else 0.0
    return round(by_day * whole_days(scenario) * 100)


def _fees(journal: Journal) -> Ints:
    """Each member pays at enrolment, with the first order, and whenever a further period begins."""
    scenario, loyalty = journal.scenario, journal.scenario.loyalty
    if loyalty is None or not loyalty.fee:
        return np.zeros(len(journal.replications), dtype=np.int64)
    leads, t = journal.whole["leads"], journal.whole["orders"]
    enrols = (journal.order_numbers == 1) & (leads["enrols"][t["lead"]] == 1)
    until_horizon = -(-(scenario.horizon - t["placed"]) // loyalty.period)
    until_warm_up = -(-np.maximum(scenario.warm_up - t["placed"], 0) // loyalty.period)
    return cents(loyalty.fee * journal.totals("orders", until_horizon - until_warm_up, enrols))
