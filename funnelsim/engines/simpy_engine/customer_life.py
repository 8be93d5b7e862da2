"""The model, in SimPy, from the sale on: a customer orders, is content or not, and comes back.

Read `life_of_a_customer` first. What an order *would* be (its basket, how it is paid and ends, how
the customer feels about it) has been drawn beforehand, in `draws/order_draws.py`; here is what
comes of it when points, tiers, campaigns and earlier orders are taken into account.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

from funnelsim.analytic.changing import ln_odds, of_coins
from funnelsim.engines.draws.drawn import ALMOST
from funnelsim.engines.simpy_engine.account import Account, Lot
from funnelsim.engines.simpy_engine.clock import Story
from funnelsim.engines.simpy_engine.leads import DrawnOrder, Lead
from funnelsim.engines.simpy_engine.recorder import OrderRow
from funnelsim.engines.simpy_engine.world import Past, World
from funnelsim.journal import DETRACTOR, EARNED, EXPIRED, NEVER, PROMOTER, REDEEMED
from funnelsim.scenario.loyalty import Campaign, Tier
from funnelsim.scenario.values import POST_PURCHASE, WIN_BACK

NOT_AGAIN = 2**62  # when a customer who has dropped out orders next


class Bill(NamedTuple):
    """What one order costs the customer, in cents."""

    value: int  # at list price
    discount: int
    points: int  # redeemed
    paid: int


def life_of_a_customer(
    world: World, lead: Lead, past: Past, arrival_of_a_child: Callable[[World, Lead], Story]
) -> Story:
    """From the first order to the one after which the customer does not come back."""
    clock, journal, loyalty = world.clock, world.journal, world.scenario.loyalty
    account = Account(loyalty) if loyalty and lead.enrols else None
    waited = world.scenario.is_late_follow_up(past.longest_wait)
    win_back = world.scenario.campaign(WIN_BACK) if lead.gets_campaigns else None
    campaign = world.scenario.campaign(POST_PURCHASE) if lead.gets_campaigns else None
    number, offered = 1, past.discount
    while True:
        placed, order = clock.now, world.funnel.order(lead, number)
        bill, tier = checkout(world, lead, account, order, offered)
        entry = journal.record_order(
            lead, number, placed, bill.value, bill.discount, bill.paid, bill.points,
            tier, order.payment,
        )  # fmt: skip
        yield from delivery(world, lead, entry, order)
        if not order.is_kept:
            return

        closed = clock.now
        if account:
            credit_points(world, lead, account, entry, bill, tier)
        feeling = order.feeling_after_wait if waited and number == 1 else order.feeling
        journal.record_closing(entry, closed, feeling)
        for child in world.funnel.children(lead, number):
            if child.is_upsold or feeling == PROMOTER:
                clock.process(arrival_of_a_child(world, child))

        comes_back, is_tipped = next_order(world, order, tier, feeling, campaign)
        if campaign:
            alone = comes_back < NOT_AGAIN and not is_tipped
            journal.record_campaign(lead, POST_PURCHASE, closed, is_tipped, alone)
        if win_back and (when := max(placed + (win_back.after or 0), closed)) < comes_back:
            yield clock.ready(when, lead.key)
            accepts = lead.is_won_back and feeling != DETRACTOR
            journal.record_campaign(lead, WIN_BACK, when, accepts, comes_back < NOT_AGAIN)
            discount, win_back = win_back.discount, None  # once per customer
            if accepts:  # in place of an order that the customer may have had in mind
                number, offered = number + 1, discount
                continue
        if comes_back == NOT_AGAIN:
            return
        yield clock.ready(comes_back, lead.key)
        number, offered = number + 1, 0.0


def checkout(
    world: World, lead: Lead, account: Account | None, order: DrawnOrder, offered: float
) -> tuple[Bill, int]:
    """The bill, and the tier in which the order is placed (-1: none)."""
    terms, now = world.scenario.order, world.clock.now
    assert terms is not None
    number, tier = NEVER, NO_TIER
    if account:
        expire_points(world, lead, account)
        number = account.tier(now)
        tier = account.loyalty.tiers[number] if number != NEVER else NO_TIER
    more = [c for c in world.scenario.changes if c.acts(now)]  # what holds only for a while
    factor = math.prod(change.order_value_factor for change in more)
    value = round(order.basket * tier.order_value_factor * factor) + order.offers
    discounts = [offered, tier.discount, *(change.discount for change in more)]
    discount = round(value * max(discounts))  # they do not add up
    left = value - discount
    points = account.redeem(left) if account and order.redeems else 0
    if points:
        world.journal.record_points(lead, now, REDEEMED, points)
    rebate = round(points * account.loyalty.point_value * 100) if account else 0
    free = tier.free_shipping_from is not None and left >= tier.free_shipping_from * 100 - ALMOST
    fee = 0 if free else round(terms.shipping_fee * 100)
    return Bill(value, discount, points, left - rebate + fee), number


NO_TIER = Tier(name="none")


def delivery(world: World, lead: Lead, entry: OrderRow, order: DrawnOrder) -> Story:
    """The order goes through its statuses; it may be cancelled, refused or returned."""
    clock, placed = world.clock, world.clock.now
    for status, after in order.statuses:
        if placed + after > clock.now:
            yield clock.ready(placed + after, lead.key)
        world.journal.record_status(entry, status, clock.now)
    if placed + order.closed > clock.now:
        yield clock.ready(placed + order.closed, lead.key)
    world.journal.record_closing(entry, clock.now)


def credit_points(
    world: World, lead: Lead, account: Account, entry: OrderRow, bill: Bill, tier: int
) -> None:
    """A kept order counts towards the next tier, and its points are credited."""
    now = world.clock.now
    lot = account.credit(now, bill.paid, account.loyalty.tiers[tier] if tier != NEVER else NO_TIER)
    if lot.points:
        world.journal.record_earning(entry, lot.points)
        world.journal.record_points(lead, now, EARNED, lot.points)
        world.clock.process(expiry(world, lead, account, lot))


def expiry(world: World, lead: Lead, account: Account, lot: Lot) -> Story:
    """What has not been redeemed by then is lost."""
    yield world.clock.ready(lot.expires, lead.key)
    expire_points(world, lead, account)


def expire_points(world: World, lead: Lead, account: Account) -> None:
    lost = account.expire(world.clock.now)
    if lost:
        world.journal.record_points(lead, world.clock.now, EXPIRED, lost)


def next_order(
    world: World, order: DrawnOrder, tier: int, feeling: int, campaign: Campaign | None
) -> tuple[int, bool]:
    """When the customer orders next, and whether only because a campaign tips the coin."""
    now, loyalty = world.clock.now, world.scenario.loyalty
    helps = math.log(loyalty.tiers[tier].repeat_odds_ratio) if loyalty and tier != NEVER else 0.0
    if acting := of_coins(world.scenario):
        helps += float(ln_odds(acting, now))
    if feeling == DETRACTOR:
        return NOT_AGAIN, False
    if order.slack + helps > 0:
        return now + order.gap, False
    if campaign and order.slack + helps + math.log(campaign.odds_ratio) > 0:
        return now + order.returns_within, True
    return NOT_AGAIN, False
