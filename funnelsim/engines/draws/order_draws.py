"""The draws of the orders: what each order of each possible customer would be.

What an order is worth, how it is paid and ends, how the customer feels about it and whether and
when another follows. Points and tiers depend on what came before, so an engine adds those.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from funnelsim.analytic.changing import least_and_most, of_coins
from funnelsim.chance import Chance, MixedKeys
from funnelsim.distributions import (
    DAY,
    Beta,
    Floats,
    GapDistribution,
    Ints,
    duration_text,
    rounded,
)
from funnelsim.engines.draws.counts import poisson_quantile
from funnelsim.engines.draws.deliveries import Deliveries, draw_deliveries
from funnelsim.engines.draws.drawn import Bools, Columns, Leads, OrderDraws, does_without, same
from funnelsim.engines.draws.initial import Initial, logit, logit_of
from funnelsim.errors import FunnelSimError
from funnelsim.journal import CUSTOMER, DETRACTOR, NEVER, PASSIVE, PROMOTER, UPSOLD
from funnelsim.scenario import Scenario
from funnelsim.scenario.orders import Satisfaction
from funnelsim.scenario.values import CAMPAIGNS, FIRST_REPEAT, LOYALTY, POST_PURCHASE, WIN_BACK

MOST_ORDERS = 10_000  # of one customer
MOST_TOGETHER = 64  # of them drawn at once
FEW = 16  # customers that are looked at before all others


@dataclass(frozen=True)
class Habits(Columns):
    """What a customer keeps from order to order."""

    repeat_logit: Floats  # the log odds of the customer's repeat probability, with those of its arm
    rate: Floats  # of buying, per day; 0 where the gaps of all follow one distribution


class CustomerDraws:
    """What a customer is from the first order to the last; `rows` are those who may buy."""

    def __init__(
        self, scenario: Scenario, chance: Chance, leads: Leads, initial: Initial | None = None
    ) -> None:
        self._scenario, self._chance, self._leads = scenario, chance, leads
        self._initial = initial
        ratios = [segment.repeat_odds_ratio for segment in scenario.segments] or [1.0]
        self._ln_segment = np.log(ratios)

    def repeat_logit(self, rows: Ints) -> Floats:
        """The log odds of a customer's own repeat probability, which no arm changes: so who
        enrols does not depend on how many are in which arm.
        """
        retention = self._scenario.retention
        if retention is None:
            return same(-math.inf, len(rows), "f8")
        p = retention.repeat_probability
        if isinstance(p, Beta):
            from scipy.special import betaincinv

            u = self._chance.uniform("own repeat probability", self._leads.asked(rows))
            won = self._initial.coins_won(self._leads, rows) if self._initial else 0
            own = logit(betaincinv(p.beta.a + won, p.beta.b, u))
        else:
            own = same(logit_of(p), len(rows), "f8")
        if not self._scenario.segments:
            return own
        return own + self._ln_segment[self._leads.segment[rows]]

    def habits(self, rows: Ints) -> Habits:
        """Looked up once for all orders: inverse beta and gamma functions take their time."""
        coin = self.repeat_logit(rows)
        if self._scenario.arms:
            ln_ratios = np.log([arm.repeat_odds_ratio for arm in self._scenario.arms])
            coin = coin + ln_ratios[self._leads.arm[rows]]
        return Habits(coin, self._rate(rows))

    def _rate(self, rows: Ints) -> Floats:
        retention = self._scenario.retention
        among = retention.gap.rate_among if retention else None
        if among is None:
            return same(0.0, len(rows), "f8")
        from scipy.special import gammaincinv

        shape: Any = among.shape
        per: Any = among.rate
        if self._initial is not None:
            shape, per = self._initial.buying(self._leads, rows)
        u = self._chance.uniform("own rate of buying", self._leads.asked(rows))
        rate: Floats = gammaincinv(shape, u) / per
        return rate

    def enrols(self, rows: Ints) -> Bools:
        """Who would join the loyalty programme with the first order, if its arm has one."""
        return self._would_enrol(rows) & ~does_without(self._scenario, LOYALTY, self._leads, rows)

    def gets_campaigns(self, rows: Ints) -> Bools:
        """Who gets the messages to customers: not an upsold deal, nor an arm without them."""
        held_out = does_without(self._scenario, CAMPAIGNS, self._leads, rows)
        gets: Bools = (self._leads.kind[rows] != UPSOLD) & ~held_out
        return gets

    def _would_enrol(self, rows: Ints) -> Bools:
        """Who would join the loyalty programme, were it offered.

        Self-selection: the odds are higher for those whose own repeat probability is.
        """
        loyalty, retention = self._scenario.loyalty, self._scenario.retention
        if loyalty is None:
            return same(False, len(rows), "?")
        u = self._chance.uniform("enrolment", self._leads.asked(rows))
        lacks = logit(u) - logit_of(loyalty.enrolment)
        selects = math.log(loyalty.self_selection)
        if retention and selects and 0 < loyalty.enrolment < 1:
            p, mean = retention.repeat_probability, logit_of(self._mean_repeat_probability())
            if isinstance(p, Beta):
                is_more = self._repeats_more(p, mean + lacks / selects, rows)
                joins: Bools = (is_more == (selects > 0)) & (self._leads.kind[rows] != UPSOLD)
                return joins
            own = self.repeat_logit(rows)
            with np.errstate(invalid="ignore"):  # all are alike where the mean is 0 or 1
                lacks -= selects * np.where(own == mean, 0.0, own - mean)
        found: Bools = (lacks < 0) & (self._leads.kind[rows] != UPSOLD)
        return found

    def _mean_repeat_probability(self) -> float:
        """With each segment's odds ratio, over the segments by their shares."""
        retention = self._scenario.retention
        assert retention is not None
        p = retention.repeat_probability
        mean = p.beta.a / (p.beta.a + p.beta.b) if isinstance(p, Beta) else p
        if not self._scenario.segments or not 0 < mean < 1:
            return mean
        of_segments = 1 / (1 + np.exp(-logit_of(mean) - self._ln_segment))
        return float(of_segments @ [segment.share for segment in self._scenario.segments])

    def _repeats_more(self, p: Beta, than: Floats, rows: Ints) -> Bools:
        """Whose log odds of a repeat are more than that: asked the other way round, by the
        distribution function, which is several times quicker than its inverse.
        """
        from scipy.special import betainc, expit

        if self._scenario.segments:
            than = than - self._ln_segment[self._leads.segment[rows]]
        won = self._initial.coins_won(self._leads, rows) if self._initial else 0
        u = self._chance.uniform("own repeat probability", self._leads.asked(rows))
        is_more: Bools = u > betainc(p.beta.a + won, p.beta.b, expit(than))
        return is_more

    def is_won_back(self, rows: Ints) -> Bools:
        """Who would accept the win-back offer."""
        win_back = self._scenario.campaign(WIN_BACK)
        if win_back is None:
            return same(False, len(rows), "?")
        u = self._chance.uniform("win-back", self._leads.asked(rows))
        return u < win_back.probability


def draw_orders(
    scenario: Scenario,
    chance: Chance,
    leads: Leads,
    buyers: Ints,
    earliest: Ints,
    initial: Initial | None = None,
) -> list[OrderDraws]:
    """What each order would be, as long as it could be placed before the horizon.

    The first orders of all, the second ones and so on; later ones several together, which is
    quicker, though some are drawn that nobody can come to place.
    """
    if scenario.order is None:
        return []
    if _may_order_too_often(scenario) and len(buyers) > FEW:  # a refusal does not wait for all
        _drawn(scenario, chance, leads, buyers[:FEW], earliest[:FEW], initial, MOST_TOGETHER)
    most_together = 1 if has_memory(scenario) else MOST_TOGETHER
    return _drawn(scenario, chance, leads, buyers, earliest, initial, most_together)


def _may_order_too_often(scenario: Scenario) -> bool:
    retention = scenario.retention
    return retention is not None and (retention.gap.mean * MOST_ORDERS < scenario.horizon)


def _drawn(
    scenario: Scenario,
    chance: Chance,
    leads: Leads,
    buyers: Ints,
    earliest: Ints,
    initial: Initial | None,
    most_together: int,
) -> list[OrderDraws]:
    customers = CustomerDraws(scenario, chance, leads, initial)
    drawn: list[OrderDraws] = []
    rows, own, count = buyers, customers.habits(buyers), 0
    while True:
        in_time = earliest < scenario.horizon
        rows, earliest, own = rows[in_time], earliest[in_time], own.only(in_time)
        if not len(rows):
            return drawn
        if count == MOST_ORDERS and scenario.retention:
            mean_gap = scenario.retention.gap.mean
            on_average = duration_text(round(mean_gap)) if mean_gap < math.inf else "any"
            raise FunnelSimError(
                f"retention.gap is {on_average} on average; with that, a customer orders more "
                f"than {MOST_ORDERS:,} times before the horizon: lengthen the gap, or lower "
                "retention.repeat_probability"
            )
        # as many again at once: few get that far, and one by one takes its time all the same
        together = max(1, min(count, most_together))
        numbers = range(count + 1, min(count + together, MOST_ORDERS) + 1)
        order = _orders(scenario, chance, leads, own, rows, numbers, initial)
        after = _earliest_next(scenario, customers, leads, order).reshape(len(numbers), -1)
        np.minimum(after, scenario.horizon, out=after)
        if len(numbers) == 1:
            drawn.append(replace(order, earliest=earliest))
            earliest = earliest + after[0]
        else:
            moments = np.cumsum(np.vstack([earliest, after]), axis=0)
            order = replace(order, earliest=moments[:-1].ravel())
            drawn.append(order.only(order.earliest < scenario.horizon))
            earliest = moments[-1]
        count = numbers[-1]


def has_memory(scenario: Scenario) -> bool:
    """Whether an order depends on more than its own draws: on points, tiers, an offer, or when
    the coin is tossed.
    """
    has_offer = scenario.campaign(WIN_BACK) is not None
    return scenario.loyalty is not None or has_offer or bool(of_coins(scenario))


def _orders(
    scenario: Scenario,
    chance: Chance,
    leads: Leads,
    own: Habits,
    rows: Ints,
    numbers: range,
    initial: Initial | None,
) -> OrderDraws:
    """The orders of these numbers; the moments are still to come."""
    asked, is_first = leads.asked(rows), numbers[0] == 1
    number = same(numbers[0], len(rows), "i2")
    if len(numbers) > 1:
        every = np.tile(np.arange(len(rows)), len(numbers))
        number = np.repeat(np.array(numbers, dtype=np.int16), len(rows))
        rows, own = rows[every], own.only(every)
    count = len(rows)

    def uniform(question: str) -> Floats:
        return chance.uniform(question, asked, numbers)

    order, retention, referral = scenario.order, scenario.retention, scenario.referral
    assert order is not None
    nothing, nobody = same(0, count), same(False, count, "?")
    offers = nothing
    for offer in order.offers:
        value = offer.value.ppf(uniform(f"value of offer {offer.name}"))
        taken = uniform(f"offer {offer.name}") < offer.probability
        offers = offers + np.where(taken, rounded(value * 100), 0)
    delivery = draw_deliveries(scenario, uniform, count)
    slack = same(-math.inf, count, "f8")
    gap = returns_within = nothing
    if retention:
        if retention.dropout_after == FIRST_REPEAT and is_first:
            slack = same(math.inf, count, "f8")
            if initial is not None:  # whose first coin has been tossed before
                coin = own.repeat_logit - logit(uniform("comes back"))
                slack = np.where(leads.kind[rows] == CUSTOMER, coin, slack)
        else:
            slack = own.repeat_logit - logit(uniform("comes back"))
        if scenario.upsell:  # a deal of its own: it has no coin
            slack = np.where(leads.kind[rows] == UPSOLD, -math.inf, slack)
        gap = _gaps(retention.gap, own, uniform("gap"))
        post_purchase = scenario.campaign(POST_PURCHASE)
        if post_purchase and post_purchase.within:
            u = uniform("return because of a campaign")
            returns_within = rounded(u * post_purchase.within)
    feeling = after_wait = same(NEVER, count, "i1")
    if scenario.satisfaction:
        u = uniform("satisfaction")
        feeling = _feelings(scenario.satisfaction, u, delivery, waited=False)
        after_wait = _feelings(scenario.satisfaction, u, delivery, waited=is_first)
    redeems = scenario.loyalty.redeem_probability if scenario.loyalty else 0.0
    upsell = scenario.upsell.probability if scenario.upsell else 0.0
    invites = nothing
    if referral:
        promoted = delivery.is_kept & ((feeling == PROMOTER) | (after_wait == PROMOTER))
        mean = np.where(promoted, referral.invites, 0.0)
        invites = poisson_quantile(uniform("invites"), mean)
    return OrderDraws(
        rows=rows,
        number=number,
        earliest=nothing,
        basket=order_value(scenario, chance, leads, rows, asked, numbers, initial),
        offers=offers,
        payment=delivery.payment,
        status=delivery.status,
        entered=delivery.entered,
        closed=delivery.closed,
        is_kept=delivery.is_kept,
        feeling=feeling,
        feeling_after_wait=after_wait,
        slack=slack,
        gap=gap,
        returns_within=returns_within,
        redeems=uniform("redeems points") < redeems if redeems else nobody,
        invites=invites,
        is_upsold=delivery.is_kept & (uniform("upsell") < upsell) if upsell else nobody,
    )


def order_value(
    scenario: Scenario,
    chance: Chance,
    leads: Leads,
    rows: Ints,
    asked: MixedKeys,
    numbers: range = range(1, 2),
    initial: Initial | None = None,
) -> Ints:
    """The baskets of orders in cents, before the factor of a tier (0 without an order).

    `asked` is asked for each of the numbers; `rows` are the leads of all these orders.
    """
    if scenario.order is None:
        return np.zeros(len(rows), dtype=np.int64)
    of = scenario.order.value

    def drawn(u: Floats) -> Floats:
        return of.ppf(u)

    def cents(u: Floats) -> Ints:
        return rounded(drawn(u) * 100)

    if not scenario.segments and not scenario.arms and not scenario.upsell:
        found = chance.column("order value", asked, numbers, cents, np.int64)
    else:
        value = chance.column("order value", asked, numbers, drawn, np.float64)
        if scenario.segments:
            factors = np.array([segment.order_value_factor for segment in scenario.segments])
            value = value * factors[leads.segment[rows]]
        if scenario.arms:
            factors = np.array([arm.order_value_factor for arm in scenario.arms])
            value = value * factors[leads.arm[rows]]
        if scenario.upsell:
            more = value * scenario.upsell.order_value_factor
            value = np.where(leads.kind[rows] == UPSOLD, more, value)
        found = rounded(value * 100)
    return found if initial is None or numbers[0] > 1 else initial.deal_values(leads, rows, found)


# --- how the customer feels, and what comes next --------------------------------------------


def _feelings(
    satisfaction: Satisfaction, u: Floats, delivery: Deliveries, waited: bool
) -> NDArray[np.int8]:
    """Promoter, passive or detractor; lateness raises the odds of a detractor."""
    odds = np.full(len(u), logit_of(satisfaction.detractor))
    late = satisfaction.late_delivery
    if late:
        is_late = delivery.delivered > late.after
        ratio = np.where(delivery.is_told, late.notified_odds_ratio, late.odds_ratio)
        odds += np.where(is_late, np.log(ratio), 0.0)
    if waited and satisfaction.late_follow_up:
        odds += math.log(satisfaction.late_follow_up.odds_ratio)
    detractor = 1 / (1 + np.exp(-odds))
    rest = 1 - satisfaction.detractor
    promoter = (1 - detractor) * (satisfaction.promoter / rest if rest else 0.0)
    feeling = np.select([u < detractor, u >= 1 - promoter], [DETRACTOR, PROMOTER], PASSIVE)
    return feeling.astype(np.int8)


def _gaps(gap: GapDistribution, own: Habits, u: Floats) -> Ints:
    if gap.rate_among is None:
        return rounded(gap.ppf(u))
    with np.errstate(divide="ignore", over="ignore"):  # so seldom that it is never
        return rounded(-np.log1p(-u) / own.rate * DAY)


def _earliest_next(
    scenario: Scenario, customers: CustomerDraws, leads: Leads, order: OrderDraws
) -> Ints:
    """How long after each order another may follow at the earliest, whatever points and tiers do.

    Past any time where none may.
    """
    tiers = scenario.loyalty.tiers if scenario.loyalty else ()
    ratios = [1.0, *(tier.repeat_odds_ratio for tier in tiers)]
    post_purchase, win_back = (scenario.campaign(kind) for kind in (POST_PURCHASE, WIN_BACK))
    ln_campaign = math.log(post_purchase.odds_ratio) if post_purchase else 0.0
    least, most = least_and_most(of_coins(scenario))
    best, worst = math.log(max(ratios)) + most, math.log(min(ratios)) + least
    content = (order.feeling != DETRACTOR) | (order.feeling_after_wait != DETRACTOR)
    willing = order.is_kept & content
    alone = willing & (order.slack + best > 0)
    never = 2**62
    after = np.where(alone, order.gap, 2**61)
    may = alone
    if post_purchase:
        helped = willing & (order.slack + best + ln_campaign > 0) & ~(order.slack + worst > 0)
        after = np.where(helped, np.minimum(after, order.returns_within), after)
        may = alone | helped
    next_ = np.where(may, order.closed + after, never)
    if win_back and win_back.after:
        offered = willing & customers.is_won_back(order.rows)
        offered &= leads.kind[order.rows] != UPSOLD
        next_ = np.where(
            offered, np.minimum(next_, np.maximum(order.closed, win_back.after)), next_
        )
    return next_
