"""The scenario's chances as columns: what each lead would do, decided once for every engine.

Nothing here depends on what happens in a simulation. A lead's handling time, its patience and how
narrowly it would decide are looked up in the table of chance, turned into whole microseconds and
cents, and kept as one column per question; an engine only finds out who meets whom, and when.

A row is a lead that may come to be. The leads that channels bring come first, in order of arrival;
behind them, generation by generation, those whom customers may refer and customers who may enter
once more. Questions are asked only of those who could still need the answer if they never waited.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import cached_property, partial
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from funnelsim.analytic.arrivals import mean_by_day, time_of_day
from funnelsim.analytic.changing import least_and_most, of_stage
from funnelsim.chance import Chance, keys, mixed, number_of
from funnelsim.distributions import DAY, DurationDistribution, Floats, Ints, choose, rounded
from funnelsim.engines.draws.counts import count_quantile
from funnelsim.engines.draws.drawn import (
    ENDLESS,
    Bools,
    Leads,
    OrderDraws,
    Small,
    StageDraws,
    does_without,
    in_order,
    joined,
    same,
    taken,
)
from funnelsim.engines.draws.initial import Initial, logit, logit_of
from funnelsim.engines.draws.order_draws import CustomerDraws, draw_orders, order_value
from funnelsim.errors import FunnelSimError
from funnelsim.journal import NEVER, NEW, REFERRED, UPSOLD
from funnelsim.scenario import Arm, FollowUp, Recovery, Scenario, Segment, Stage
from funnelsim.scenario.values import RECOVERY
from funnelsim.staffing import Rep, crew
from funnelsim.state import State

MOST_CHILDREN = 100_000  # where [referral] does not say


class _Generation(NamedTuple):
    """What is drawn for a generation of leads, whose rows begin at `begin`."""

    begin: int
    stages: list[list[StageDraws]]
    orders: list[OrderDraws]


class Draws:
    """The columns of one scenario and seed, for one replication or several at once.

    `leads` is everyone who may come to be, `stages[stage][attempt]` what they would do on a visit,
    `orders` what would follow if they bought, by the number of the order.
    """

    def __init__(
        self,
        scenario: Scenario,
        seed: int,
        replication: int | Sequence[int] = 0,
        initial: State | None = None,
    ) -> None:
        self.scenario = scenario
        self.initial = Initial(scenario, initial) if initial is not None else None
        self.replications = [replication] if isinstance(replication, int) else [*replication]
        self._chance = Chance(seed, np.array(self.replications, dtype=np.uint64))
        drawn: list[_Generation] = []
        generations = [self._arrivals()]
        ends: list[int] = []
        while len(generations) > len(ends):
            generation, begin = generations[-1], ends[-1] if ends else 0
            ends.append(begin + len(generation.key))
            stages, buyers, earliest_sale = self._stages(generation)
            orders = draw_orders(
                scenario, self._chance, generation, buyers, earliest_sale, self.initial
            )
            drawn.append(_Generation(begin, stages, orders))
            children = self._children(generation, orders, begin)
            self._guard((ends[-1] + len(children.key) - ends[0]) / len(self.replications))
            if len(children.key):
                own = np.arange(ends[-1], ends[-1] + len(children.key))
                customer = np.where(children.kind == REFERRED, own, children.customer)
                generations.append(replace(children, customer=customer))
        self.generation_ends = ends
        self.leads = Leads.joined(generations)
        self.stages = _joined_stages(drawn, len(scenario.stages) - 1)
        self.orders = _joined_orders(drawn)

    # --- leads ------------------------------------------------------------------------------

    def _arrivals(self) -> Leads:
        """The leads that channels bring, sorted by (arrived, key); before them who is there."""
        columns = [self._leads_of(number) for number in range(len(self.scenario.channels))]
        if self.initial is not None:
            columns.append(self.initial.rows(len(self.replications)))
        of, key, arrived, channel = (joined(c) for c in zip(*columns, strict=True))
        moment = arrived
        if len(self.replications) > 1:
            moment = of.astype(np.int64) * (self.scenario.horizon + DAY) + arrived
        order, count = in_order(moment, key), len(key)
        of, key = taken(of, order), key[order]
        leads = Leads(
            key=key,
            replication=of,
            kind=same(NEW, count, "i1"),
            channel=taken(channel, order),
            segment=self._by_lot("segment", self.scenario.segments, key, of),
            arm=self._by_lot("arm", self.scenario.arms, key, of),
            parent=same(NEVER, count),
            parent_order=same(0, count),
            customer=np.arange(count, dtype=np.int32),
            enters=same(0, count, "i2"),
            delay=same(0, count),
            initial=same(NEVER, count, "i4"),
            earliest=arrived[order],
        )
        return leads if self.initial is None else self.initial.known(leads, self._chance)

    def _leads_of(self, number: int) -> tuple[Small, Ints, Ints, Small]:
        """Replications, keys, arrivals and channel of one channel's leads."""
        channel = self.scenario.channels[number]
        name = number_of(f"channel {channel.name}")
        runs, days = len(self.replications), self.scenario.days
        of, day = np.repeat(np.arange(runs, dtype=np.int16), days), np.tile(np.arange(days), runs)
        u = self._chance.uniform("leads of the day", mixed(keys(name, day, 0), of))
        mean = np.tile(mean_by_day(self.scenario, channel), runs)
        count = count_quantile(u, mean, channel.dispersion)
        total = int(count.sum())
        on_that_day = np.arange(total) - np.repeat(np.cumsum(count) - count, count)
        key = keys(name, day, on_that_day, count)
        of = np.repeat(of, count) if runs > 1 else same(0, total, "i2")
        who = mixed(key, of if runs > 1 else None)
        arrived = self._chance.column(
            "time of the day", who, 0, lambda u: time_of_day(u, channel), np.int64
        )
        arrived += np.repeat(day * DAY, count)
        if self.scenario.horizon % DAY:
            inside = arrived < self.scenario.horizon
            of, key, arrived = taken(of, inside), key[inside], arrived[inside]
        return of, key, arrived, same(number, len(key), "i2")

    def _by_lot(
        self, question: str, parts: Sequence[Segment | Arm], key: Ints, of: Small
    ) -> NDArray[np.int16]:
        """Which segment, or which arm, each lead is in; 0 where there are none."""
        shares = [part.share for part in parts]
        if not shares:
            return same(0, len(key), "i2")
        who = mixed(key, None if of.strides == (0,) else of)
        return self._chance.column(question, who, 0, lambda u: choose(shares, u), np.int16)

    def _children(self, parents: Leads, orders: list[OrderDraws], before: int) -> Leads:
        """The leads that may come of these orders: whom promoters refer, who is sold more.

        A child's key is (its parent's key, order, number): 0 for who is sold more, 1, 2, ... for
        those referred.
        """
        referral, upsell = self.scenario.referral, self.scenario.upsell
        stage_names = [stage.name for stage in self.scenario.stages]
        parts = []
        for drawn in orders:
            for kind, part, count in (
                (REFERRED, referral, drawn.invites),
                (UPSOLD, upsell, drawn.is_upsold.astype(np.int64)),
            ):
                if part is None or not count.any():
                    continue
                of = np.repeat(np.arange(len(drawn.rows)), count)
                nth = np.arange(len(of)) - np.repeat(np.cumsum(count) - count, count)
                row, number = drawn.rows[of], drawn.number[of]
                key = keys(parents.key[row], number, nth + (kind == REFERRED))
                who = mixed(key, parents.replication[row])
                delay = self._chance.column(
                    "delay of a child", who, 0, partial(_durations, part.delay), np.int64
                )
                delay = np.maximum(delay, 1)  # an order is before those whom it brings
                children = Leads(
                    key=key,
                    replication=parents.replication[row],
                    kind=np.full(len(key), kind, dtype=np.int8),
                    channel=parents.channel[row],
                    segment=parents.segment[row],
                    arm=parents.arm[row],
                    parent=before + row,
                    parent_order=number.astype(np.int64),
                    customer=parents.customer[row],
                    enters=np.full(len(key), stage_names.index(part.enters), dtype=np.int16),
                    delay=delay,
                    initial=same(NEVER, len(key), "i4"),
                    earliest=drawn.earliest[of] + drawn.closed[of] + delay,
                )
                parts.append(children.only(children.earliest < self.scenario.horizon))
        if not parts:
            return parents.only(np.zeros(0, dtype=np.int64))
        children = Leads.joined(parts)
        referred = children.kind == REFERRED
        own = partial(self._by_lot, key=children.key, of=children.replication)
        return replace(
            children,
            channel=np.where(referred, len(self.scenario.channels), children.channel),
            segment=np.where(referred, own("segment", self.scenario.segments), children.segment),
            arm=np.where(referred, own("arm", self.scenario.arms), children.arm),
        )

    def _guard(self, children: float) -> None:
        most = self.scenario.referral.max_leads if self.scenario.referral else MOST_CHILDREN
        if children > most:
            part = "referral.invites" if self.scenario.referral else "upsell.probability"
            way_out = ", or raise referral.max_leads" if self.scenario.referral else ""
            raise FunnelSimError(
                f"more than {most:,} leads could come of referrals and upsells before the "
                f"horizon: they are an avalanche; lower {part}{way_out}"
            )

    # --- the way to the sale ----------------------------------------------------------------

    def _stages(self, leads: Leads) -> tuple[list[list[StageDraws]], Ints, Ints]:
        """The draws of each stage and attempt, the rows of those who may buy, and when earliest."""
        able = np.zeros(len(leads.key), dtype=bool)  # who could still get there, never waiting
        earliest = leads.earliest.copy()
        columns = []
        for number, stage in enumerate(self.scenario.stages[:-1]):
            able |= leads.enters == number
            best = max([0.0, *(math.log(rep.skill) for rep in self.crew(stage))])
            best += least_and_most(of_stage(self.scenario, stage))[1]
            attempts, rows = [], np.flatnonzero(able)
            through = np.zeros(len(able), dtype=bool)
            for attempt in range((stage.recovery.attempts if stage.recovery else 0) + 1):
                drawn = self._visits(stage, leads, rows, attempt)
                attempts.append(drawn)
                may = (drawn.slack + best > 0) & ~drawn.missed
                may &= drawn.decision_time <= drawn.drop_after
                may &= drawn.reached_by < max(1, len(drawn.attempt_times))
                through[rows.compress(may)] = True
                if not stage.recovery:
                    earliest[rows] += drawn.decision_time
                rows = rows.compress(drawn.returns)
            columns.append(attempts)
            able = through
        if self.initial is not None:
            self.initial.order_again(leads, able, earliest)
        buyers = np.flatnonzero(able).astype(np.int32)
        return columns, buyers, earliest[buyers]

    def crew(self, stage: Stage) -> tuple[Rep, ...]:
        """The reps who serve the stage at any time, by number (none: nobody calls there)."""
        for team in self.scenario.teams:
            if stage.follow_up and team.name == stage.follow_up.team:
                return crew(self.scenario, team)
        return ()

    def _visits(self, stage: Stage, leads: Leads, rows: Ints, attempt: int) -> StageDraws:
        who = leads.asked(rows)

        def column(question: str, turned: Callable[[Floats], NDArray[Any]], kind: str) -> Any:
            return self._chance.column(
                f"stage {stage.name}, {question}", who, attempt, turned, kind
            )

        def duration(question: str, distribution: DurationDistribution) -> Ints:
            if distribution.constant is not None:
                return same(distribution.constant, len(rows))
            found: Ints = column(question, partial(_durations, distribution), "i8")
            return found

        def happens(question: str, p: float) -> NDArray[np.bool_]:
            return column(question, lambda u: u < p, "?") if p else same(False, len(rows), "?")

        call, recovery = stage.follow_up, stage.recovery
        nothing = same(0, len(rows))
        missed = happens("missed", call.missed if call else 0.0)
        decision_time = duration("decision time", stage.decision_time)
        loss_time = decision_time
        if stage.loss_time:  # of the same number: who would be quick to say yes is quick to say no
            loss_time = duration("decision time", stage.loss_time)
        if stage.silent:
            loss_time = np.where(happens("silent", stage.silent), ENDLESS, loss_time)
        if call and call.patience:
            patience = duration("patience", call.patience)
        else:  # who waits without end for a call that never comes decides alone
            endless = same(ENDLESS, len(rows))
            patience = np.where(missed, decision_time, ENDLESS) if missed.any() else endless
        calls = range(call.attempts if call else 0)
        slack = self._ln_odds(stage, leads, rows) - column("decision", logit, "f8")
        if recovery and attempt > 0:
            slack += math.log(recovery.odds_ratio)
        reasons = list(stage.loss_reasons.values())
        drawn = StageDraws(
            rows=rows.astype(np.int32),
            slack=slack,
            decision_time=decision_time,
            loss_time=loss_time,
            drop_after=same(stage.drop_after or ENDLESS, len(rows)),
            reason=column("loss reason", partial(choose, reasons), "i2")
            if len(reasons) > 1
            else same(0, len(rows), "i2"),
            missed=missed,
            settled=same(False, len(rows), "?"),
            handling_time=duration("handling time", call.handling_time) if call else nothing,
            patience=patience,
            reached_by=_first_success(calls, call, happens, len(rows))
            if call
            else same(0, len(rows), "i2"),
            attempt_times=_attempt_times(calls, call, duration, len(rows)),
            before=nothing,
            returns=self._return(recovery, leads, rows, happens),
            # of the same number: who would come back anyway is among those who come back
            anyway=happens("comes back", recovery.anyway if recovery else 0.0),
            return_delay=duration("delay", recovery.delay) if recovery else nothing,
        )
        if self.initial is None:
            return drawn

        def uniform(question: str) -> Floats:
            found: Floats = column(question, lambda u: u, "f8")
            return found

        return self.initial.as_they_stand(stage, leads, drawn, attempt, uniform)

    def _return(
        self,
        recovery: Recovery | None,
        leads: Leads,
        rows: Ints,
        happens: Callable[[str, float], Bools],
    ) -> Bools:
        """Who comes back: in an arm without messages those alone who would do so anyway."""
        returns = happens("comes back", recovery.probability if recovery else 0.0)
        if recovery is None or not any(RECOVERY in arm.without for arm in self.scenario.arms):
            return returns
        anyway = happens("comes back", recovery.anyway)
        return np.where(does_without(self.scenario, RECOVERY, leads, rows), anyway, returns)

    def _ln_odds(self, stage: Stage, leads: Leads, rows: Ints) -> Floats | float:
        """The rule of odds: the odds of each lead (natural log); one number if all have the same.

        A lead advances if they exceed what it asks for.
        """
        ln_channels = [_ln_odds_ratio(c.odds_ratio, stage) for c in self.scenario.channels]
        if self.scenario.referral:
            ln_channels.append(math.log(self.scenario.referral.odds_ratio))
        ln_segments = [_ln_odds_ratio(s.odds_ratio, stage) for s in self.scenario.segments] or [0.0]
        of_channels = _looked_up(ln_channels, leads.channel, rows)
        helps = of_channels + _looked_up(ln_segments, leads.segment, rows)
        if self.scenario.arms:
            ln_arms = [_ln_odds_ratio(arm.odds_ratio, stage) for arm in self.scenario.arms]
            helps = helps + _looked_up(ln_arms, leads.arm, rows)
        return logit_of(float(stage.conversion or 0.0)) + helps

    # --- orders -----------------------------------------------------------------------------

    @cached_property
    def deal_value(self) -> Ints:
        """What the first order would be worth, in cents, for every lead (0 without an order)."""
        everyone, asked = np.arange(len(self.leads.key)), self.leads.asked()
        return order_value(
            self.scenario, self._chance, self.leads, everyone, asked, initial=self.initial
        )

    @cached_property
    def customers(self) -> CustomerDraws:
        return CustomerDraws(self.scenario, self._chance, self.leads, self.initial)


def _attempt_times(
    calls: range, call: FollowUp | None, duration: Callable[..., Ints], count: int
) -> Ints:
    """[call, row]: what each call takes the rep if it reaches nobody."""
    if call is None or call.attempt_time.constant is not None:
        time = call.attempt_time.constant if call else 0
        return np.broadcast_to(np.int64(time or 0), (len(calls), count))
    return np.array([duration(f"attempt time, call {n}", call.attempt_time) for n in calls])


def _joined_stages(drawn: list[_Generation], count: int) -> list[list[StageDraws]]:
    """`[stage][attempt]` of all generations, which let go of them one after the other."""
    joined = []
    for _ in range(count):
        attempts = [[one.moved(part.begin) for one in part.stages.pop(0)] for part in drawn]
        joined.append([StageDraws.joined(attempt) for attempt in zip(*attempts, strict=True)])
    return joined


def _joined_orders(drawn: list[_Generation]) -> list[OrderDraws]:
    """The first orders of all generations, their second ones ...; all are drawn alike."""
    joined = []
    for n in range(max(len(part.orders) for part in drawn)):
        parts = [part.orders[n].moved(part.begin) for part in drawn if n < len(part.orders)]
        orders = OrderDraws.joined(parts)
        if len(parts) > 1 and orders.number.strides != (0,):
            orders = orders.only(np.lexsort((orders.rows, orders.number)))
        joined.append(orders)
    return joined


def _first_success(
    calls: range, call: FollowUp, happens: Callable[[str, float], Bools], count: int
) -> Small:
    """The first call that reaches each lead; the number of calls where none does."""
    if call.reach_probability == 1:
        return same(0, count, "i2")
    reached_by = np.full(count, len(calls), dtype=np.int16)
    for number in reversed(calls):
        reached_by[happens(f"reached, call {number}", call.reach_probability)] = number
    return reached_by


def _looked_up(values: list[float], number: Small, rows: Ints) -> Floats | float:
    """The value of each row's number; that of all, if there is but one."""
    return np.array(values)[number[rows]] if len({*values}) > 1 else values[0]


def _ln_odds_ratio(odds_ratio: float | Mapping[str, float], stage: Stage) -> float:
    ratio = odds_ratio.get(stage.name, 1.0) if isinstance(odds_ratio, Mapping) else odds_ratio
    return math.log(ratio)


def _durations(distribution: DurationDistribution, u: Floats) -> Ints:
    return rounded(distribution.ppf(u))
