"""The customers' lives, a column at a time: the first orders of all, then those that follow.

The same model as `simpy_engine/customer_life.py`, told for everyone at once. A life depends on
nothing but its own draws, the moment of the sale, whether the follow-up before it came late, and
the discount that brought the lead back; so lives are columns, and nobody waits for anybody.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from funnelsim.analytic.changing import discount as discount_at
from funnelsim.analytic.changing import ln_odds, of_coins, value_factor
from funnelsim.distributions import Floats, Ints
from funnelsim.engines.column_engine.ledger import Ledger
from funnelsim.engines.draws.drawn import ALMOST, Bools, OrderDraws, joined, same, taken
from funnelsim.engines.draws.draws import Draws
from funnelsim.journal import DETRACTOR, EARNED, NEVER, PROMOTER, REDEEMED, UPSOLD
from funnelsim.scenario.values import POST_PURCHASE, WIN_BACK

NOT_AGAIN = 2**62  # when a customer who has dropped out orders next


@dataclass
class Round:
    """Orders of one number or a few; one entry each, times as on the clock, amounts in cents."""

    drawn: OrderDraws  # the draws of these orders, in the same order
    row: Ints  # of the lead
    placed: Ints
    value: Ints
    discount: Ints
    paid: Ints
    redeemed: Ints
    tier: Ints
    closed: Ints
    earned: Ints
    feeling: Ints  # were it closed as kept


@dataclass
class Lives:
    """What becomes of customers; an event may lie past the horizon, which the reader cuts."""

    rounds: list[Round] = field(default_factory=list)
    messages: list[tuple[Ints, str, Ints, Bools, Bools]] = field(default_factory=list)
    """(rows, kind of the campaign, sent, accepted, would have come anyway)"""
    points: list[tuple[Ints, Ints, int, Ints]] = field(default_factory=list)
    """(rows, time, kind, points)"""


def live(draws: Draws, rows: Ints, sold: Ints, waited: Bools, offered: Floats) -> Lives:
    """The lives of the customers in `rows` from their sale on.

    `waited` says whose follow-up came late, `offered` with which discount they were brought back.
    """
    lives, scenario = Lives(), draws.scenario
    ledger = Ledger(draws, rows)
    not_won_back = draws.customers.gets_campaigns(rows)
    is_won_back = draws.customers.is_won_back(rows)
    who, placed, offer = np.arange(len(rows)), sold, offered
    for drawn in draws.orders:
        in_time = placed < scenario.horizon
        who, placed, offer = who[in_time], placed[in_time], taken(offer, in_time)
        of, placed, place = _come_to_be(draws, drawn, rows[who], placed)
        who, offer = who[of], taken(offer, of)
        if not len(who):
            break
        order = _order(draws, ledger, lives, drawn.only(place), who, placed, offer)
        order.feeling = order.drawn.feeling
        if scenario.satisfaction and drawn.number[0] == 1:
            order.feeling = np.where(waited[who], order.drawn.feeling_after_wait, order.feeling)
        if scenario.loyalty:
            kept = order.drawn.is_kept
            order.earned = np.zeros(len(who), dtype=np.int64)
            order.earned[kept] = ledger.keeps(
                who[kept], order.closed[kept], order.paid[kept], order.tier[kept]
            )
            some = order.earned > 0
            lives.points.append((order.row[some], order.closed[some], EARNED, order.earned[some]))
        lives.rounds.append(order)

        following, offer = _next(draws, lives, order, who, not_won_back, is_won_back)
        again = following < NOT_AGAIN
        if drawn.number[0] < drawn.number[-1]:
            again &= order.drawn.number == drawn.number[-1]
        who, placed, offer = who[again], following[again], taken(offer, again)
    lives.points += ledger.expired(rows)
    return lives


def _next(
    draws: Draws, lives: Lives, order: Round, who: Ints, not_won_back: Bools, is_won_back: Bools
) -> tuple[Ints, Floats]:
    """When each orders next (from NOT_AGAIN on: dropped out), and with which discount.

    Tells the campaigns' messages, and notes in `not_won_back` who has got the win-back offer.
    """
    delay, asked, only_because = _comes_back(
        draws, order.drawn, order.feeling, order.tier, order.closed
    )
    following, offer = order.placed + delay, same(0.0, len(who), "f8")
    if draws.scenario.campaign(POST_PURCHASE):
        alone = (delay < NOT_AGAIN) & ~only_because
        columns = (order.closed[asked], only_because[asked], alone[asked])
        lives.messages.append((order.row[asked], POST_PURCHASE, *columns))
    win_back = draws.scenario.campaign(WIN_BACK)
    if not win_back:
        return following, offer
    when = np.maximum(order.placed + (win_back.after or 0), order.closed)
    sent = order.drawn.is_kept & not_won_back[who] & (when < following)
    accepts = sent & is_won_back[who] & (order.feeling != DETRACTOR)
    pending = following < NOT_AGAIN
    lives.messages.append((order.row[sent], WIN_BACK, when[sent], accepts[sent], pending[sent]))
    not_won_back[who[sent]] = False
    return np.where(accepts, when, following), np.where(accepts, win_back.discount, 0.0)


def _come_to_be(
    draws: Draws, drawn: OrderDraws, rows: Ints, placed: Ints
) -> tuple[Ints, Ints, Ints]:
    """Which of the orders drawn come to be, given when these leads place the first of them.

    Returns whose they are (places among `rows`), when they are placed, and their places among the
    drawn.
    """
    horizon = draws.scenario.horizon
    numbers = np.arange(drawn.number[0], drawn.number[-1] + 1)
    # whoever is not among the drawn could only order past the horizon
    place, found = _found(
        _order_keys(draws, drawn.number, drawn.rows),
        _order_keys(draws, numbers[:, None], rows).ravel(),
    )
    if len(numbers) > 1:
        nothing = same(NEVER, len(drawn.rows))  # no tier; and no coin here depends on the clock
        delay, _, _ = _comes_back(draws, drawn, drawn.feeling, nothing, nothing)
        delay = np.where(found, np.minimum(delay, horizon)[place], horizon)
        moments = np.vstack([placed, delay.reshape(len(numbers), -1)[:-1]])
        placed = np.cumsum(moments, axis=0).ravel()
        found &= placed < horizon
    which = np.flatnonzero(found)
    return which % max(len(rows), 1), placed[which], place[which]


def _order(
    draws: Draws, ledger: Ledger, lives: Lives, drawn: OrderDraws, who: Ints, placed: Ints,
    offered: Floats,
) -> Round:  # fmt: skip
    """The bills of orders placed: basket, offers, the largest discount, points, shipping."""
    order, loyalty = draws.scenario.order, draws.scenario.loyalty
    assert order is not None
    fee = round(order.shipping_fee * 100)
    nothing = same(0, len(who))
    more = value_factor(draws.scenario, placed)
    offered = discount_at(draws.scenario, placed, offered)
    if loyalty is None:
        basket = np.rint(drawn.basket * more).astype(np.int64) if np.ndim(more) else drawn.basket
        value = basket + drawn.offers
        discount = np.rint(value * offered).astype(np.int64)
        return Round(
            drawn=drawn,
            row=drawn.rows,
            placed=placed,
            value=value,
            discount=discount,
            paid=value - discount + fee,
            redeemed=nothing,
            tier=same(NEVER, len(who)),
            closed=placed + drawn.closed,
            earned=nothing,
            feeling=nothing,
        )
    tiers = loyalty.tiers
    tier = ledger.tiers(who, placed)
    factor = np.array([*(t.order_value_factor for t in tiers), 1.0])[tier]  # -1 is the last
    value = np.rint(drawn.basket * factor * more).astype(np.int64) + drawn.offers
    share = np.maximum(offered, np.array([*(t.discount for t in tiers), 0.0])[tier])
    discount = np.rint(value * share).astype(np.int64)
    left = value - discount
    redeemed = ledger.redeem(who, placed, left, drawn.redeems)
    rebate = redeemed * loyalty.point_value * 100
    free_from = [t.free_shipping_from for t in tiers]
    threshold = [math.inf if f is None else f * 100 - ALMOST for f in free_from] + [math.inf]
    fees = np.where(left >= np.array(threshold)[tier], 0, fee)
    some = redeemed > 0
    lives.points.append((drawn.rows[some], placed[some], REDEEMED, redeemed[some]))
    return Round(
        drawn=drawn,
        row=drawn.rows,
        placed=placed,
        value=value,
        discount=discount,
        paid=left - np.rint(rebate).astype(np.int64) + fees,
        redeemed=redeemed,
        tier=tier,
        closed=placed + drawn.closed,
        earned=nothing,
        feeling=nothing,
    )


def _comes_back(
    draws: Draws, drawn: OrderDraws, feeling: Ints, tier: Ints, closed: Ints
) -> tuple[Ints, Bools, Bools]:
    """How long after each order the next is placed (at least NOT_AGAIN: dropped out); who is asked
    to by a campaign; and who returns only because of that.
    """
    loyalty, campaign = draws.scenario.loyalty, draws.scenario.campaign(POST_PURCHASE)
    helps: Any = 0.0
    if loyalty:
        ratios = [*(level.repeat_odds_ratio for level in loyalty.tiers), 1.0]
        helps = np.array([math.log(ratio) for ratio in ratios])[tier]
    if acting := of_coins(draws.scenario):
        helps = helps + ln_odds(acting, closed)
    content = drawn.is_kept & (feeling != DETRACTOR)
    alone = content & (drawn.slack + helps > 0)
    delay = np.where(alone, drawn.closed + drawn.gap, NOT_AGAIN)
    nobody = same(False, len(delay), "?")
    if not campaign:
        return delay, nobody, nobody
    asked = drawn.is_kept & draws.customers.gets_campaigns(drawn.rows)
    tipped = drawn.slack + helps + math.log(campaign.odds_ratio) > 0
    only_because = asked & content & tipped & ~alone
    return np.where(only_because, drawn.closed + drawn.returns_within, delay), asked, only_because


def arrivals_of_children(draws: Draws, lives: Lives, children: Ints) -> Ints:
    """When each of the children (rows) of these customers arrives; -1: never."""
    leads = draws.leads
    arrived = np.full(len(children), NEVER)
    if not len(children) or not lives.rounds:
        return arrived
    orders = [(o.drawn.number, o.row, o.closed, o.drawn.is_kept, o.feeling) for o in lives.rounds]
    number, row, closed, is_kept, feeling = (joined(c) for c in zip(*orders, strict=True))
    place, found = _found(
        _order_keys(draws, number, row),
        _order_keys(draws, leads.parent_order[children], leads.parent[children]),
    )
    born = (leads.kind[children] == UPSOLD) | (feeling == PROMOTER)[place]
    born &= found & is_kept[place]
    return np.where(born, closed[place] + leads.delay[children], NEVER)


def _order_keys(draws: Draws, number: Ints, row: Ints) -> Ints:
    """A number for each order, ascending as they are drawn: by their number, then by the lead."""
    return number * np.int64(len(draws.leads.key)) + row


def _found(keys: Ints, some: Ints) -> tuple[Ints, Bools]:
    """Where `some` are among the ascending `keys`, and whether they are there at all."""
    place = np.searchsorted(keys, some)
    place[place == len(keys)] = 0
    return place, keys[place] == some
