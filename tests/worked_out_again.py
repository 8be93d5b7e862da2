"""What orders and accounts must come to, worked out once more from a journal's tables.

In exact fractions, and with every single point as a coin of its own; without a line of the
engine's.
"""

from __future__ import annotations

import math
from collections import Counter
from fractions import Fraction
from typing import Any

import funnelsim as fs
from funnelsim.journal import UPSOLD

NEVER = -1
Row = dict[str, Any]


def rows(journal: fs.Journal, table: str) -> list[Row]:
    """The rows of a table in whole microseconds and cents."""
    columns = journal.whole[table]
    lists = [column.tolist() for column in columns.values()]
    return [dict(zip(columns, row, strict=True)) for row in zip(*lists, strict=True)]


def orders_of(journal: fs.Journal) -> dict[int, list[Row]]:
    """The orders of each lead, as they were placed, with what they have by name."""
    by_lead: dict[int, list[Row]] = {}
    named = journal.orders
    for number, row in enumerate(rows(journal, "orders")):
        row["status"] = named["status"].iloc[number]
        row["kept"] = row["closed"] != NEVER and row["status"] not in ENDS
        row["feeling"] = named["satisfaction"].iloc[number]
        row["order"] = number
        by_lead.setdefault(row["lead"], []).append(row)
    return by_lead


ENDS = ("cancelled", "refused", "returned")


def exactly(number: float) -> Fraction:
    """The number as it is written: 0.03 is three hundredths."""
    return Fraction(repr(float(number)))


def rounded(exact: Fraction) -> set[int]:
    """The whole numbers nearest to it: two, where it is half-way between them."""
    return {math.floor(exact + Fraction(1, 2)), math.ceil(exact - Fraction(1, 2))}


# --- the sum of an order ------------------------------------------------------------------------


def check_sums(journal: fs.Journal) -> None:
    """Value, discount, paid and contribution of each order, given its tier and its points."""
    won = accepted(journal, "win-back")
    contribution = (journal.orders["contribution"] * 100).round().astype(int).tolist()
    leads = rows(journal, "leads")
    held_out = [arm.name for arm in journal.scenario.arms if "recovery" in arm.without]
    by_a_message = (journal.leads["recovered"] > 0) & ~journal.leads["arm"].isin(held_out)
    recovered = by_a_message.tolist()
    for lead, orders in orders_of(journal).items():
        for order in orders:
            offers = []
            if order["number"] == 1 and recovered[lead]:
                recoveries = [stage.recovery for stage in journal.scenario.stages]
                (offer,) = [recovery.discount for recovery in recoveries if recovery]
                offers.append(offer)
            if (lead, order["placed"]) in won and order["number"] > 1:
                offers.append(journal.scenario.campaign("win-back").discount)
            _check_bill(journal.scenario, leads[lead], order, offers)
            _check_contribution(journal.scenario, leads[lead], order, contribution[order["order"]])


def accepted(journal: fs.Journal, kind: str) -> set[tuple[int, int]]:
    """(lead, when) of the messages of this kind of campaign that were accepted."""
    campaign = journal.scenario.campaign(kind)
    heeded = journal.messages["accepted"] & (campaign is not None)
    heeded &= journal.messages["name"] == (campaign.name if campaign else "")
    columns = (journal.whole["messages"][name][heeded].tolist() for name in ("lead", "sent"))
    return set(zip(*columns, strict=True))


def _check_bill(scenario: fs.Scenario, lead: Row, order: Row, offers: list[float]) -> None:
    tier = scenario.loyalty.tiers[order["tier"]] if order["tier"] != NEVER else None
    if order["number"] == 1:
        at_checkout = [round(offer.value.constant * 100) for offer in scenario.order.offers]
        taken = {0, *at_checkout, sum(at_checkout)}  # of at most two
        baskets = rounded(lead["deal_value"] * exactly(tier.order_value_factor if tier else 1))
        assert any(order["value"] - basket in taken for basket in baskets)
    share = exactly(max([tier.discount if tier else 0, *offers]))
    assert order["discount"] in rounded(order["value"] * share)
    left = order["value"] - order["discount"]
    free_from = tier.free_shipping_from if tier else None
    free = free_from is not None and left >= free_from * 100
    fee = 0 if free else exactly(scenario.order.shipping_fee) * 100
    points = order["points_redeemed"]
    rebate = points * exactly(scenario.loyalty.point_value) * 100 if points else 0
    assert rebate <= left
    assert order["paid"] == left - rebate + fee


def _check_contribution(scenario: fs.Scenario, lead: Row, order: Row, found: int) -> None:
    terms, referred = scenario.order, lead["channel"] == len(scenario.channels)
    share = 0 if referred else exactly(scenario.channels[lead["channel"]].commission)
    # an upsold deal counts its own orders, but is no sale
    is_sale = order["number"] == 1 and lead["kind"] != UPSOLD and not referred
    fixed = exactly(scenario.channels[lead["channel"]].cost_per_sale) * 100 if is_sale else 0
    shipping = exactly(terms.shipping_cost) * 100
    kept = {
        order["paid"] - goods - shipping - commission - of_sale
        for goods in rounded(order["value"] * (1 - exactly(terms.margin)))
        for commission in rounded(order["paid"] * share)
        for of_sale in rounded(fixed)
    }
    lost = {"cancelled": {0}, "refused": {-shipping}, "returned": {-shipping}}
    assert found in lost.get(order["status"], kept)


# --- the account of a member --------------------------------------------------------------------


def check_accounts(journal: fs.Journal) -> None:
    """Tiers, and each movement of points; every point is a coin that says when it expires."""
    scenario, leads = journal.scenario, journal.leads
    written: dict[int, Counter[tuple[int, str]]] = {}
    kinds = journal.points["kind"].tolist()
    for row, kind in zip(rows(journal, "points"), kinds, strict=True):
        written.setdefault(row["customer"], Counter())[row["time"], kind] += row["points"]
        assert row["points"] > 0
    member = (leads["member"] & (leads["kind"] != "upsell")).tolist()
    for lead, orders in orders_of(journal).items():
        book: Counter[tuple[int, str]] = Counter()
        if member[lead]:
            book = by_hand(scenario.loyalty, orders, scenario.horizon)
        else:
            assert all(order["tier"] == NEVER for order in orders)
            assert not any(order["points_earned"] or order["points_redeemed"] for order in orders)
        assert book == written.pop(lead, Counter())
    assert not written


def by_hand(programme: Any, orders: list[Row], horizon: int) -> Counter[tuple[int, str]]:
    """The points that a member's orders move, by time and kind; tiers are checked on the way."""
    book: Counter[tuple[int, str]] = Counter()
    coins: list[int] = []  # when each expires
    kept: list[Row] = []
    worth = exactly(programme.point_value) * 100
    for order in orders:
        now, period = order["placed"], programme.period
        spent = sum(o["paid"] for o in kept if now - period < o["closed"])
        reached = [n for n, t in enumerate(programme.tiers) if spent >= t.from_spend * 100]
        assert order["tier"] == (reached[-1] if reached else NEVER)

        while coins and coins[0] <= now:
            book[coins.pop(0), "expired"] += 1
        if order["points_redeemed"]:
            assert len(coins) >= programme.redeem_from
            most = math.floor((order["value"] - order["discount"]) / worth)
            assert order["points_redeemed"] == min(len(coins), most)
            del coins[: order["points_redeemed"]]
            book[now, "redeemed"] += order["points_redeemed"]
        elif programme.redeem_probability == 1 and worth:
            assert len(coins) < programme.redeem_from or order["value"] == order["discount"]

        if not order["kept"]:
            assert order["points_earned"] == 0
            break
        kept.append(order)
        factor = programme.tiers[reached[-1]].points_factor if reached else 1
        a_cent = exactly(programme.points_per_unit) * exactly(factor) / 100
        earned = math.floor(order["paid"] * a_cent)
        assert order["points_earned"] == earned
        if earned:
            book[order["closed"], "earned"] += earned
        coins += [order["closed"] + (programme.expires_after or horizon)] * earned
    for expires in coins:
        if expires < horizon:
            book[expires, "expired"] += 1
    return book
