"""Business that is already running, as draws: what the open deals and the customers would do.

They are rows of the draws like any others, the first ones, there at moment 0. An open deal enters
the stage in which it stands; what is left of its decision (or of its patience, while it waits for a
call) is drawn given its age. A customer is at the goal, and orders again after what is left of its
gap, if it has not dropped out long since, which nobody can see.

Source, where customers differ: P. S. Fader, B. G. S. Hardie and K. L. Lee, "Counting Your
Customers" the Easy Way, Marketing Science 24 (2005).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from funnelsim.analytic.arrivals import mean_by_day
from funnelsim.chance import Chance
from funnelsim.distributions import (
    DAY,
    Beta,
    DurationDistribution,
    Floats,
    Ints,
    Law,
    Lomax,
    choose,
    rounded,
)
from funnelsim.engines.draws.drawn import ENDLESS, Bools, Leads, StageDraws
from funnelsim.fitted import customer_keys, deal_keys, fitted
from funnelsim.journal import CUSTOMER, NEVER, OPEN_DEAL
from funnelsim.scenario import Scenario, Stage
from funnelsim.scenario.values import FIRST_REPEAT
from funnelsim.state import State

UniformOf = Callable[[str], Floats]


class Initial:
    """The state at the start, for a scenario; `deals` come first, then `customers`."""

    def __init__(self, scenario: Scenario, state: State) -> None:
        self._scenario = scenario
        self.deals, self.customers = fitted(state, scenario)
        self.count = len(self.deals.stage)
        customers = customer_keys(len(self.customers.orders))
        self._keys = np.concatenate([deal_keys(self.deals, scenario), customers])

    def rows(self, replications: int) -> tuple[Ints, Ints, Ints, Ints]:
        """As of a channel's leads: replications, keys, arrivals, channels."""
        of = np.repeat(np.arange(replications, dtype=np.int16), len(self._keys))
        key = np.tile(self._keys, replications)
        at_once = np.zeros(len(of), dtype=np.int64)
        return of, key, at_once, at_once.astype(np.int16)

    def known(self, leads: Leads, chance: Chance) -> Leads:
        """The leads, with what is known of those who are there at the start."""
        key = self._keys
        order = np.argsort(key)
        rows = np.flatnonzero((leads.earliest == 0) & np.isin(leads.key, key))
        initial = np.full(len(leads.key), NEVER, dtype=np.int32)
        initial[rows] = order[np.searchsorted(key[order], leads.key[rows])]
        at = initial[rows]
        kind = np.zeros(len(initial), dtype=np.int8)
        kind[rows] = np.where(at < self.count, OPEN_DEAL, CUSTOMER)
        goal = len(self._scenario.stages) - 1
        enters = np.zeros(len(initial), dtype=np.int16)
        enters[rows] = np.append(self.deals.stage, np.full(len(key) - self.count, goal))[at]
        segment, arm, channel = leads.segment.copy(), leads.arm.copy(), leads.channel.copy()
        given = np.append(self.deals.segment, self.customers.segment)[at]
        segment[rows] = np.where(given == NEVER, segment[rows], given)
        given = np.append(self.deals.arm, self.customers.arm)[at]
        arm[rows] = np.where(given == NEVER, arm[rows], given)
        given = np.append(self.deals.channel, self.customers.channel)[at]
        channel[rows] = np.where(given == NEVER, self._channels(chance, leads, rows), given)
        leads = replace(leads, kind=kind, enters=enters, initial=initial)
        leads = replace(leads, segment=segment, arm=arm, channel=channel)
        delay = np.zeros(len(initial), dtype=np.int64)
        delay[rows] = NEVER
        rows = rows[at >= self.count]
        delay[rows] = self._next_orders(leads, rows, chance)
        return replace(leads, delay=delay)

    def _channels(self, chance: Chance, leads: Leads, rows: Ints) -> Ints:
        """Where nobody says, by the mix of the leads that will come (even, where none will)."""
        mix = [float(mean_by_day(self._scenario, c).sum()) for c in self._scenario.channels]
        mix = mix if sum(mix) else [1.0] * len(mix)
        return choose(mix, chance.uniform("channel", leads.asked(rows)))

    # --- deals --------------------------------------------------------------------------------

    def _deals_here(self, leads: Leads, rows: Ints, number: int | None = None) -> tuple[Ints, Ints]:
        """Places among the rows of the open deals (that stand in this stage), and in the state."""
        which = leads.kind[rows] == OPEN_DEAL
        if number is not None:
            which &= leads.enters[rows] == number
        places = np.flatnonzero(which)
        return places, leads.initial[rows[places]]

    def as_they_stand(
        self, stage: Stage, leads: Leads, drawn: StageDraws, attempt: int, uniform: UniformOf
    ) -> StageDraws:
        """The draws of a visit, for open deals given what has happened already."""
        number = self._scenario.stages.index(stage)
        here, deal = self._deals_here(leads, drawn.rows, number)
        if not len(here):
            return drawn
        deals = self.deals
        columns: dict[str, Any] = {"returns": drawn.returns.copy()}
        attempts = stage.recovery.attempts if stage.recovery else 0
        columns["returns"][here] &= deals.returns[deal] + attempt < attempts
        columns["anyway"] = drawn.anyway & columns["returns"]
        if attempt:
            return replace(drawn, **columns)
        for name in ("slack", "missed", "settled", "patience", "reached_by", "before"):
            columns[name] = np.array(getattr(drawn, name))
        slack = columns["slack"]
        slack[here] -= deals.waited[deal] * decay_of(stage)
        columns["before"][here] = deals.age[deal] + deals.waited[deal]
        if stage.recovery:
            slack[here[deals.returns[deal] > 0]] += math.log(stage.recovery.odds_ratio)

        decides, waits = ~deals.waits[deal], deals.waits[deal] & ~deals.in_call[deal]
        columns |= self._fates(stage, drawn, slack, here[decides], deal[decides], uniform)
        columns["settled"][here[decides]] = True
        if stage.follow_up:
            if stage.follow_up.patience:
                columns["patience"][here[waits]] = self._left(
                    stage.follow_up.patience, deal[waits], uniform("patience")[here[waits]]
                )
            called = here[~waits]
            columns["missed"][called] = False
            columns["patience"][called] = ENDLESS
            columns["reached_by"][called] = 0
        return replace(drawn, **columns)

    def _fates(
        self,
        stage: Stage,
        drawn: StageDraws,
        slack: Floats,
        here: Ints,
        deal: Ints,
        uniform: UniformOf,
    ) -> dict[str, Ints]:
        """What is left of the times of both fates, given that nothing has been said so far; and
        `slack`, whose odds of advancing that changes.
        """
        decision_time = np.array(drawn.decision_time)
        u = uniform("decision time")[here]
        decision_time[here] = self._left(stage.decision_time, deal, u)
        fates = {"decision_time": decision_time, "loss_time": decision_time}
        if stage.loss_time or stage.silent:
            loss_time = np.array(drawn.loss_time)
            never = uniform("silent")[here] < silent_given(stage, self.deals.age[deal])
            left = self._left(stage.time_to_lose, deal, u)
            loss_time[here] = np.where(never, ENDLESS, left)
            fates["loss_time"] = loss_time
            unsure = np.isfinite(slack[here])  # certain things stay certain
            with np.errstate(divide="ignore"):
                says = np.log(odds_given(stage, self.deals.age[deal[unsure]]))
            slack[here[unsure]] += says
        if stage.drop_after:
            left = stage.drop_after - self.deals.age[deal]
            fates["drop_after"] = np.array(drawn.drop_after)
            fates["drop_after"][here] = np.maximum(left, 0)
            overdue = here[left <= 0]
            for name in ("decision_time", "loss_time"):  # whatever it would have said
                fates[name][overdue] = np.maximum(fates[name][overdue], 1)
        return fates

    def _left(self, distribution: DurationDistribution, deal: Ints, u: Floats) -> Ints:
        """What is left of a time, given its age."""
        return rounded(distribution.residual(u, self.deals.age[deal].astype(float)))

    def deal_values(self, leads: Leads, rows: Ints, cents: Ints) -> Ints:
        """The values of first orders, for open deals those that are known."""
        here, deal = self._deals_here(leads, rows)
        value = self.deals.value[deal]
        cents[here] = np.where(value >= 0, value, cents[here])
        return cents

    def discounts(self) -> list[float]:
        """With which open deals have been brought back."""
        found: list[float] = np.unique(self.deals.discount).tolist()
        return found

    def discounts_of(self, leads: Leads) -> Floats:
        """The discount with which each lead has been brought back before the start."""
        found = np.zeros(len(leads.key))
        here, deal = self._deals_here(leads, np.arange(len(found)))
        found[here] = self.deals.discount[deal]
        return found

    # --- customers ----------------------------------------------------------------------------

    def _next_orders(self, leads: Leads, rows: Ints, chance: Chance) -> Ints:
        """When each orders next, if nothing comes in between; -1: has dropped out.

        Still active with the probability p S(age) ÷ (p S(age) + 1 - p), where p is that of another
        order after the last one and S(age) that the gap is longer than what has passed.
        """
        retention = self._scenario.retention
        if retention is None or self._scenario.order is None:
            return np.full(len(rows), NEVER)
        who = leads.asked(rows)
        at = leads.initial[rows] - self.count
        age = self.customers.last[at].astype(float)
        again = self._again(leads, rows, at)
        gap: Law = retention.gap.law
        if retention.gap.rate_among:  # known better of each by what it has bought
            gap = Lomax(*self._buying(at, before=True))
        longer = gap.sf(age)
        left = gap.residual(chance.uniform("rest of the gap", who), age)
        active = again * longer / np.maximum(again * longer + 1 - again, 1e-300)
        is_active = chance.uniform("still active", who) < active
        return np.where(is_active, np.maximum(rounded(left), 1), NEVER)

    def _again(self, leads: Leads, rows: Ints, at: Ints) -> Floats:
        """The probability of another order after the last, before its gap is looked at."""
        retention, happy = self._scenario.retention, self._scenario.satisfaction
        assert retention is not None
        p = retention.repeat_probability
        if isinstance(p, Beta):
            won = p.beta.a + self._won(at)
            odds = won / p.beta.b
        else:
            odds = np.full(len(at), p / (1 - p) if p < 1 else math.inf)
        ratios = np.array([s.repeat_odds_ratio for s in self._scenario.segments] or [1.0])
        of_arms = np.array([arm.repeat_odds_ratio for arm in self._scenario.arms] or [1.0])
        with np.errstate(invalid="ignore"):
            odds = odds * ratios[leads.segment[rows]] * of_arms[leads.arm[rows]]
            again = np.where(np.isinf(odds), 1.0, odds / (1 + odds))
        if retention.dropout_after == FIRST_REPEAT:
            again = np.where(self.customers.orders[at] == 1, 1.0, again)
        return again * (1 - happy.detractor) if happy else again

    def _won(self, at: Ints) -> Ints:
        """How often the coin has fallen well, not counting the last."""
        first = 2 if self._first_is_sure() else 1
        return np.maximum(self.customers.orders[at] - first, 0)

    def _first_is_sure(self) -> bool:
        retention = self._scenario.retention
        return retention is not None and retention.dropout_after == FIRST_REPEAT

    def coins_won(self, leads: Leads, rows: Ints) -> Ints:
        """What is added to the Beta's `a` of each: the coins of customers who are still active."""
        won = np.zeros(len(rows), dtype=np.int64)
        here = np.flatnonzero(leads.kind[rows] == CUSTOMER)
        at = leads.initial[rows[here]] - self.count
        last = ~((self.customers.orders[at] == 1) & self._first_is_sure())
        won[here] = self._won(at) + last  # that it is active is one more
        return won

    def buying(self, leads: Leads, rows: Ints) -> tuple[Floats, Floats]:
        """Shape and rate of the Gamma of each customer's own rate, given what it has bought."""
        retention = self._scenario.retention
        assert retention is not None
        among = retention.gap.rate_among
        assert among is not None
        shape: Floats = np.full(len(rows), among.shape)
        per: Floats = np.full(len(rows), among.rate)
        here = np.flatnonzero(leads.kind[rows] == CUSTOMER)
        at = leads.initial[rows[here]] - self.count
        shape[here], per[here] = self._buying(at, before=False)
        per[here] += leads.delay[rows[here]] / DAY  # the gap that ends with the next order
        return shape, per

    def _buying(self, at: Ints, before: bool) -> tuple[Floats, Floats]:
        """The same, before or after the time since the last order and the next one are seen."""
        retention = self._scenario.retention
        assert retention is not None
        among = retention.gap.rate_among
        assert among is not None
        gaps = self.customers.orders[at] - 1
        first = np.where(gaps > 0, self.customers.first[at], self.customers.last[at])
        until = self.customers.last[at] if before else 0
        shape: Floats = np.add(gaps, among.shape + (0.0 if before else 1.0), dtype=np.float64)
        per: Floats = np.asarray(among.rate + (first - until) / DAY, dtype=np.float64)
        return shape, per

    def order_again(self, leads: Leads, able: Bools, earliest: Ints) -> None:
        """Customers who are still active are among those who may buy."""
        rows = np.flatnonzero((leads.kind == CUSTOMER) & (leads.delay != NEVER))
        able[rows], earliest[rows] = True, leads.delay[rows]


def odds_given(stage: Stage, age: Ints) -> Floats:
    """By what the odds of advancing are multiplied, in a stage that tells both fates apart, once
    nothing has been said for so long (microseconds): S1(age) ÷ ((1 - silent) S0(age) + silent).

    S1 and S0 are the survival functions of decision and loss time; 1 where no fate lasts so long.
    """
    t: Floats = age.astype(float)
    wins, silent = stage.decision_time.sf(t), stage.silent
    loses = (1 - silent) * stage.time_to_lose.sf(t) + silent
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where((wins == 0) & (loses == 0), 1.0, wins / loses)


def silent_given(stage: Stage, age: Ints) -> Floats:
    """How likely one who will not advance never says so, once nothing has been said for so long."""
    says = (1 - stage.silent) * stage.time_to_lose.sf(age.astype(float))
    return stage.silent / np.maximum(says + stage.silent, 1e-300)


def decay_of(stage: Stage) -> float:
    """What a microsecond of waiting takes off the log odds: ln 2 ÷ response half-life."""
    half_life = stage.follow_up.response_half_life if stage.follow_up else None
    return math.log(2) / half_life if half_life else 0.0


def logit(p: Floats) -> Floats:
    with np.errstate(divide="ignore"):
        return np.log(p) - np.log1p(-p)


def logit_of(p: float) -> float:
    """Certain things stay certain: the log odds of 0 and 1 are infinite."""
    return -math.inf if p == 0 else math.inf if p == 1 else math.log(p / (1 - p))
