"""Customers order, are content or not, bring others and come back: MODEL 5 to 8."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from scipy.special import betaincinv, gammaincinv

from funnelsim.chance import keys
from funnelsim.journal import (
    DETRACTOR,
    EARNED,
    EXPIRED,
    NEVER,
    PASSIVE,
    PROMOTER,
    REDEEMED,
    REFERRED,
    UPSOLD,
    statuses,
)
from reference.funnel import READY, Funnel, Lead
from reference.values import DAY, Row, choose, count_at, exact, logit


@dataclass(eq=False)
class Customer:
    """From the first order on; `lots` are points with their day of expiry, the oldest first."""

    lead: Lead
    is_member: bool
    may_be_won_back: bool
    lots: list[list[int]] = field(default_factory=list)
    kept: list[tuple[int, int]] = field(default_factory=list)  # (closed, paid)


class Reference(Funnel):
    """Everything that happens before the horizon; `tables()` are the journal's."""

    # orders

    def own_logit(self, lead: Lead) -> float:
        """The log odds of the customer's own repeat probability."""
        p = self.scenario.retention.repeat_probability
        if not isinstance(p, float | int):
            p = float(betaincinv(p.beta.a, p.beta.b, self.u("own repeat probability", lead.key)))
        segments = self.scenario.segments
        return logit(p) + (math.log(segments[lead.segment].repeat_odds_ratio) if segments else 0.0)

    def enrols(self, lead: Lead) -> bool:
        loyalty, retention = self.scenario.loyalty, self.scenario.retention
        if not loyalty or self.does_without("loyalty", lead):
            return False
        ln_odds = logit(loyalty.enrolment)
        if retention and loyalty.self_selection != 1:
            p = retention.repeat_probability
            mean = p if isinstance(p, float | int) else p.beta.a / (p.beta.a + p.beta.b)
            if self.scenario.segments and 0 < mean < 1:
                odds = mean / (1 - mean)
                each = [(s.share, odds * s.repeat_odds_ratio) for s in self.scenario.segments]
                mean = sum(share * ratio / (1 + ratio) for share, ratio in each)
            own = self.own_logit(lead)
            if own != logit(mean):
                ln_odds += math.log(loyalty.self_selection) * (own - logit(mean))
        return ln_odds > logit(self.u("enrolment", lead.key))

    def basket(self, lead: Lead, number: int) -> int:
        order = self.scenario.order
        if not order:
            return 0
        value = self.amount(order.value, "order value", lead.key, number)
        if self.scenario.segments:
            value *= self.scenario.segments[lead.segment].order_value_factor
        if self.scenario.arms:
            value *= self.scenario.arms[lead.arm].order_value_factor
        if lead.kind == UPSOLD:
            value *= self.scenario.upsell.order_value_factor
        return round(value * 100)

    def becomes_a_customer(self, lead: Lead) -> None:
        is_new = lead.kind != UPSOLD
        win_back = is_new and self.scenario.campaign("win-back") is not None
        win_back = win_back and not self.does_without("campaigns", lead)
        self.place(Customer(lead, is_new and self.enrols(lead), win_back), 1, lead.discount)

    def place(self, customer: Customer, number: int, offered: float) -> None:
        scenario, lead, loyalty = self.scenario, customer.lead, self.scenario.loyalty
        terms, tier, its = scenario.order, NEVER, None
        if customer.is_member:
            self.expire(customer)
            kept = (paid for when, paid in customer.kept if when > self.now - loyalty.period)
            spent = Fraction(sum(kept), 100)
            tier = sum(exact(t.from_spend) <= spent for t in loyalty.tiers) - 1
            its = loyalty.tiers[tier] if tier != NEVER else None
        acting = [c for c in scenario.changes if self.lasts(c, self.now)]
        more = math.prod(c.order_value_factor for c in acting)
        value = self.basket(lead, number) * (its.order_value_factor if its else 1)
        value = round(value * more)
        for offer in terms.offers:
            if self.u(f"offer {offer.name}", lead.key, number) < offer.probability:
                asked = f"value of offer {offer.name}", lead.key, number
                value += round(self.amount(offer.value, *asked) * 100)
        shares = [offered, its.discount if its else 0, *(c.discount for c in acting)]
        discount = round(value * max(shares))
        left, points, rebate = value - discount, 0, 0
        if customer.is_member:
            points = self.redeem(customer, number, left)
            rebate = round(points * loyalty.point_value * 100)
        free = its and its.free_shipping_from is not None
        free = free and Fraction(left, 100) >= exact(its.free_shipping_from)
        paid = left - rebate + (0 if free else round(terms.shipping_fee * 100))
        way, method, delivered, told = self.way(lead, number)
        order = {
            "lead": lead,
            "number": number,
            "placed": self.now,
            "value": value,
            "discount": discount,
            "paid": paid,
            "tier": tier,
            "payment": method,
            "status": 0 if method == NEVER else NEVER,
            "closed": NEVER,
            "points_earned": 0,
            "points_redeemed": points,
            "satisfaction": NEVER,
        }
        self.rows["orders"].append(order)
        late = scenario.satisfaction.late_delivery if scenario.satisfaction else None
        ratio = 1.0
        if late and delivered > late.after:
            ratio = late.notified_odds_ratio if told else late.odds_ratio
        for after, what in way:
            happens = self.passes if isinstance(what, int) else self.closes
            args = (order, what) if isinstance(what, int) else (customer, order, what, ratio)
            self.at(self.now + after, READY, lead.key, happens, *args)

    def way(self, lead: Lead, number: int) -> tuple[list[tuple[int, int | str]], int, int, bool]:
        """When the order enters which status (a number) and is closed ("kept" or "not kept")."""
        payments = self.scenario.order.payments
        if not payments:
            return [(0, "kept")], NEVER, 0, False
        asked = lead.key, number
        method = choose([p.share for p in payments], self.u("payment", *asked))
        pays, names, told, delay = payments[method], statuses(self.scenario), False, 0
        if pays.late and self.u("late delivery", *asked) < pays.late.probability:
            delay = self.duration(pays.late.delay, "delay of the delivery", *asked)
            told = pays.late.notified
        time, steps = 0, []
        for place, (name, lasts) in enumerate(pays.statuses):
            if place == len(pays.statuses) - 1:
                time += delay
            steps.append((time, names.index(name)))
            time += self.duration(lasts, f"status {name}", *asked)
            if place == 0 and self.u("cancellation", *asked) < pays.cancel_probability:
                end = [(time, names.index("cancelled")), (time, "not kept")]
                return [*steps, *end], method, time, told
        delivered = steps[-1][0]
        if self.u("refusal", *asked) < pays.refuse_probability:
            end = [(delivered, names.index("refused")), (delivered, "not kept")]
            return [*steps[:-1], *end], method, delivered, told
        if self.u("return", *asked) < pays.return_probability:
            end = [(time, names.index("returned")), (time, "not kept")]
            return [*steps, *end], method, delivered, told
        return [*steps, (time, "kept")], method, delivered, told

    def passes(self, order: Row, status: int) -> None:
        order["status"] = status
        self.rows["statuses"].append({"order": order, "status": status, "entered": self.now})

    def closes(self, customer: Customer, order: Row, how: str, ratio: float) -> None:
        """A kept order earns points, is judged, brings others, and may be followed by another."""
        order["closed"] = self.now
        if how != "kept":
            return
        if customer.is_member:
            self.credit(customer, order)
        feeling = order["satisfaction"] = self.feeling(customer, order, ratio)
        self.brings(customer, order, feeling)
        if customer.lead.kind != UPSOLD:
            self.comes_back(customer, order, feeling)

    # satisfaction, referral, upsell

    def feeling(self, customer: Customer, order: Row, ratio: float) -> int:
        judge, lead, number = self.scenario.satisfaction, customer.lead, order["number"]
        if not judge:
            return NEVER
        late = judge.late_follow_up
        if number == 1 and late and lead.longest_wait > late.after:
            ratio *= late.odds_ratio
        detractor = judge.detractor
        if 0 < detractor < 1:
            odds = detractor / (1 - detractor) * ratio
            detractor = odds / (1 + odds)
        u = self.u("satisfaction", lead.key, number)
        if u < detractor:
            return DETRACTOR
        promoter = judge.promoter / (1 - judge.detractor) if judge.detractor < 1 else 0.0
        return PROMOTER if u >= 1 - (1 - detractor) * promoter else PASSIVE

    def brings(self, customer: Customer, order: Row, feeling: int) -> None:
        lead, number, names = customer.lead, order["number"], [s.name for s in self.scenario.stages]
        upsell, referral = self.scenario.upsell, self.scenario.referral
        if upsell and self.u("upsell", lead.key, number) < upsell.probability:
            key = int(keys(lead.key, number, 0)[0])
            child = Lead(key, UPSOLD, lead.channel, lead.segment, lead.arm, 0, lead, lead.customer)
            self.later(child, upsell.delay, names.index(upsell.enters))
        if referral and feeling == PROMOTER:
            invited = count_at(self.u("invites", lead.key, number), referral.invites)
            for nth in range(1, invited + 1):
                key = int(keys(lead.key, number, nth)[0])
                channel = len(self.scenario.channels)
                child = Lead(key, REFERRED, channel, self.segment(key), self.arm(key), 0, lead)
                self.later(child, referral.delay, names.index(referral.enters))

    def later(self, child: Lead, delay: Any, enters: int) -> None:
        takes = max(1, self.duration(delay, "delay of a child", child.key))
        self.at(self.now + takes, READY, child.key, self.arrive, child, enters)

    # coming back

    def comes_back(self, customer: Customer, order: Row, feeling: int) -> None:
        scenario, lead, number = self.scenario, customer.lead, order["number"]
        when, tipped = self.next_order(customer, order, feeling)
        after_purchase, win_back = self.after_purchase(lead), scenario.campaign("win-back")
        if after_purchase:
            alone = when < math.inf and not tipped
            self.sent(lead, after_purchase, tipped, alone)
        if customer.may_be_won_back:
            offer = max(order["placed"] + win_back.after, self.now)
            if offer < when:
                customer.may_be_won_back = False
                self.at(offer, READY, lead.key, self.win_back, customer, number, feeling, when)
                return
        self.at(when, READY, lead.key, self.place, customer, number + 1, 0.0)

    def after_purchase(self, lead: Lead) -> Any:
        held_out = self.does_without("campaigns", lead)
        return None if held_out else self.scenario.campaign("post-purchase")

    def next_order(self, customer: Customer, order: Row, feeling: int) -> tuple[float, bool]:
        retention, lead, number = self.scenario.retention, customer.lead, order["number"]
        if not retention or feeling == DETRACTOR:
            return math.inf, False
        ln_odds = self.own_logit(lead)
        if self.scenario.arms:
            ln_odds += math.log(self.scenario.arms[lead.arm].repeat_odds_ratio)
        if retention.dropout_after == "first repeat" and number == 1:
            ln_odds = math.inf
        if order["tier"] != NEVER:
            ln_odds += math.log(self.scenario.loyalty.tiers[order["tier"]].repeat_odds_ratio)
        for change in self.scenario.changes:
            ln_odds += math.log(change.repeat_odds_ratio) * self.acts(change, self.now)
        coin = logit(self.u("comes back", lead.key, number))
        if ln_odds > coin:
            return self.now + self.gap(lead, number), False
        campaign = self.after_purchase(lead)
        if campaign and ln_odds + math.log(campaign.odds_ratio) > coin:
            u = self.u("return because of a campaign", lead.key, number)
            return self.now + round(u * campaign.within), True
        return math.inf, False

    def gap(self, lead: Lead, number: int) -> int:
        table = self.table(self.scenario.retention.gap)
        rate = table.get("exponential", {}).get("rate")
        if not isinstance(rate, dict):
            return self.duration(self.scenario.retention.gap, "gap", lead.key, number)
        own = gammaincinv(rate["gamma"]["shape"], self.u("own rate of buying", lead.key))
        own /= rate["gamma"]["rate"]
        time = -math.log1p(-self.u("gap", lead.key, number)) * DAY
        return round(min(time / own if own else math.inf, 2.0**62))

    def sent(self, lead: Lead, campaign: Any, accepted: bool, anyway: bool) -> None:
        name = len(self.scenario.stages) + self.scenario.campaigns.index(campaign)
        row = {"lead": lead, "name": name, "sent": self.now, "accepted": accepted}
        self.rows["messages"].append(row | {"anyway": anyway})

    def win_back(self, customer: Customer, number: int, feeling: int, otherwise: float) -> None:
        lead, campaign = customer.lead, self.scenario.campaign("win-back")
        accepts = feeling != DETRACTOR and self.u("win-back", lead.key) < campaign.probability
        self.sent(lead, campaign, accepts, otherwise < math.inf)
        if accepts:
            self.place(customer, number + 1, campaign.discount)
        else:
            self.at(otherwise, READY, lead.key, self.place, customer, number + 1, 0.0)

    # points

    def wrote(self, customer: Customer, kind: int, points: int) -> None:
        row = {"customer": customer.lead, "time": self.now, "kind": kind, "points": points}
        self.rows["points"].append(row)

    def credit(self, customer: Customer, order: Row) -> None:
        loyalty = self.scenario.loyalty
        factor = loyalty.tiers[order["tier"]].points_factor if order["tier"] != NEVER else 1.0
        earned = Fraction(order["paid"], 100) * exact(loyalty.points_per_unit) * exact(factor)
        points = math.floor(earned)
        customer.kept.append((self.now, order["paid"]))
        if points:
            order["points_earned"] = points
            self.wrote(customer, EARNED, points)
            expires = self.now + loyalty.expires_after if loyalty.expires_after else math.inf
            customer.lots.append([expires, points])
            self.at(expires, READY, customer.lead.key, self.expire, customer)

    def expire(self, customer: Customer) -> None:
        lost = sum(points for expires, points in customer.lots if expires <= self.now)
        customer.lots = [lot for lot in customer.lots if lot[0] > self.now]
        if lost:
            self.wrote(customer, EXPIRED, lost)

    def redeem(self, customer: Customer, number: int, most: int) -> int:
        loyalty, balance = self.scenario.loyalty, sum(points for _, points in customer.lots)
        u = self.u("redeems points", customer.lead.key, number)
        if u >= loyalty.redeem_probability or balance < loyalty.redeem_from or not balance:
            return 0
        used = left = min(balance, math.floor(Fraction(most, 100) / exact(loyalty.point_value)))
        for lot in customer.lots:
            part = min(left, lot[1])
            lot[1], left = lot[1] - part, left - part
        customer.lots = [lot for lot in customer.lots if lot[1]]
        if used:
            self.wrote(customer, REDEEMED, used)
        return used

    # the journal

    def tables(self) -> dict[str, list[Row]]:
        """The journal's tables, each a list of rows in its order, in whole numbers."""
        self.leads.sort(key=lambda lead: (lead.arrived, lead.key))
        for number, lead in enumerate(self.leads):
            lead.number = number
        leads = [
            {
                "key": lead.key,
                "kind": lead.kind,
                "parent": lead.parent.number if lead.parent else NEVER,
                "customer": lead.customer.number,
                "channel": lead.channel,
                "segment": lead.segment,
                "arm": lead.arm,
                "arrived": lead.arrived,
                "deal_value": self.basket(lead, 1),
                "enrols": self.enrols(lead.customer),
            }
            for lead in self.leads
        ]
        orders = self.rows["orders"]
        orders.sort(key=lambda o: (o["placed"], o["lead"].number, o["number"]))
        place = {id(order): number for number, order in enumerate(orders)}
        found = {
            "leads": leads,
            "stage_visits": self.rows["visits"],
            "follow_ups": self.rows["calls"],
            "orders": orders,
        }
        found |= {name: self.rows[name] for name in ("statuses", "messages", "points")}
        for name in list(found):
            found[name] = [
                {
                    k: v.number
                    if isinstance(v, Lead)
                    else place[id(v)]
                    if isinstance(v, dict)
                    else int(v)
                    for k, v in row.items()
                }
                for row in found[name]
            ]
        return found
