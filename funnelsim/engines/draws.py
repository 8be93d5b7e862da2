"""The scenario's chances as columns: what each lead would do, decided once for every engine.

Nothing here depends on what happens in a simulation. A lead's handling time, its patience and how
narrowly it would decide are looked up in the table of chance, turned into whole microseconds and
cents, and kept as one column per question; an engine only finds out who meets whom, and when.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from funnelsim import distributions
from funnelsim.chance import Chance, keys, number_of
from funnelsim.distributions import DAY, DurationDistribution, Floats, Ints, duration_text
from funnelsim.errors import FunnelSimError
from funnelsim.scenario import Channel, FollowUp, Scenario, Stage

ENDLESS = 2**62  # a patience that no run outlasts
MOST_LEADS = 1_000_000  # SimPy takes about 2 GB and two minutes for them
MOST_ORDERS = 10_000  # of one customer


@dataclass(frozen=True)
class StageDraws:
    """One column per question of a visit to a stage; a row per lead (0 where it can't get there).

    A lead advances when slack + ln(skill of the rep) > wait * decay: waiting costs odds.
    """

    slack: Floats
    decay: float  # ln 2 ÷ response half-life, per microsecond; 0 without one
    decision_time: Ints
    reason: NDArray[np.int16]  # number of the loss reason, were the lead to be lost
    missed: NDArray[np.bool_]
    handling_time: Ints
    patience: Ints
    reached_by: NDArray[np.int16]  # the call that reaches the lead (0, 1, ...); past all: none
    attempt_times: tuple[Ints, ...]  # of each call, were it not to reach the lead
    returns: NDArray[np.bool_]  # whether the lead would come back, were it to be lost
    return_delay: Ints


@dataclass(frozen=True)
class Repeats:
    """What would follow each order of each lead that can become a customer.

    The rows of lead i are first[i] to first[i + 1]: after its first order, after its second ...
    Rows end with the coin that ends the buying, or where the horizon must have come.
    """

    first: Ints
    comes_back: NDArray[np.bool_]
    gap: Ints
    value: Ints  # of the order that would then be placed, in cents


class Draws:
    """The columns of one scenario, seed and replication; leads are sorted by (arrived, key)."""

    def __init__(self, scenario: Scenario, seed: int, replication: int = 0) -> None:
        self.scenario = scenario
        self._chance = Chance(seed, replication)
        self._arrivals()

    # --- leads ------------------------------------------------------------------------------

    def _arrivals(self) -> None:
        expected = sum(float(mean_by_day(self.scenario, c).sum()) for c in self.scenario.channels)
        if expected > MOST_LEADS:
            raise FunnelSimError(
                f"about {expected:,.0f} leads are expected until the horizon; one simulation takes "
                f"{MOST_LEADS:,}: lower leads_per_day or the horizon"
            )
        columns = [self._leads_of(number) for number in range(len(self.scenario.channels))]
        key, arrived, channel = (np.concatenate(column) for column in zip(*columns, strict=True))
        order = np.lexsort((key, arrived))
        self.key: Ints = key[order]
        self.arrived: Ints = arrived[order]
        self.channel: NDArray[np.int16] = channel[order]
        self.segment = self._choose("segment", [s.share for s in self.scenario.segments])

    def _leads_of(self, number: int) -> tuple[Ints, Ints, NDArray[np.int16]]:
        """Keys and arrivals of one channel's leads; a higher rate adds leads and moves none."""
        channel = self.scenario.channels[number]
        name = number_of(f"channel {channel.name}")
        days = np.arange(self.scenario.days)
        u = self._chance.uniform("leads of the day", keys(name, days, 0))
        count = count_quantile(u, mean_by_day(self.scenario, channel), channel.dispersion)
        day = np.repeat(days, count)
        on_that_day = np.arange(len(day)) - np.repeat(np.cumsum(count) - count, count)
        key = keys(name, day, on_that_day)
        arrived = day * DAY + _time_of_day(self._chance.uniform("time of the day", key), channel)
        inside = arrived < self.scenario.horizon
        return key[inside], arrived[inside], np.full(int(inside.sum()), number, dtype=np.int16)

    def _choose(self, question: str, weights: list[float]) -> NDArray[np.int16]:
        if not weights:
            return np.zeros(len(self.key), dtype=np.int16)
        u = self._chance.uniform(question, self.key)
        return distributions.choose(weights, u).astype(np.int16)

    # --- the way to the sale ----------------------------------------------------------------

    @cached_property
    def stages(self) -> list[list[StageDraws]]:
        """The draws of each stage before the goal, for each attempt: `stages[stage][attempt]`."""
        able = np.ones(len(self.key), dtype=bool)  # who could still get there, never waiting
        columns = []
        for stage in self.scenario.stages[:-1]:
            best = max([0.0, *self.ln_skills(stage)])
            attempts, rows, through = [], np.flatnonzero(able), np.zeros(len(self.key), dtype=bool)
            for attempt in range((stage.recovery.attempts if stage.recovery else 0) + 1):
                drawn = self._stage(stage, rows, attempt)
                attempts.append(drawn)
                may = (drawn.slack + best > 0) & ~drawn.missed
                through |= may & (drawn.reached_by < max(1, len(drawn.attempt_times)))
                rows = rows[drawn.returns[rows]]
            columns.append(attempts)
            able = through
        self._buyers = np.flatnonzero(able)
        return columns

    def ln_skills(self, stage: Stage) -> list[float]:
        """The natural log of the skill of each rep who serves the stage (none: an empty list)."""
        for team in self.scenario.teams:
            if stage.follow_up and team.name == stage.follow_up.team:
                return [math.log(s) for s in team.skills[: team.reps]] + [0.0] * (
                    team.reps - len(team.skills)
                )
        return []

    def _stage(self, stage: Stage, rows: Ints, attempt: int) -> StageDraws:
        def uniform(question: str) -> Floats:
            return self._chance.uniform(f"stage {stage.name}, {question}", self.key[rows], attempt)

        def column(values: NDArray[Any], rest: float = 0) -> NDArray[Any]:
            whole_column = np.full(len(self.key), rest, dtype=values.dtype)
            whole_column[rows] = values
            return whole_column

        def duration(question: str, distribution: DurationDistribution) -> Ints:
            return column(_durations(distribution, uniform(question)))

        call, recovery = stage.follow_up, stage.recovery
        nothing = np.zeros(len(self.key), dtype=np.int64)
        missed = column(uniform("missed") < (call.missed if call else 0.0))
        decision_time = duration("decision time", stage.decision_time)
        if call and call.patience:
            patience = duration("patience", call.patience)
        else:  # who waits without end for a call that never comes decides alone
            patience = np.where(missed, decision_time, ENDLESS)
        calls = range(call.attempts if call else 0)
        slack = self._slack(stage, uniform("decision"), rows)
        if recovery and attempt > 0:
            slack += math.log(recovery.odds_ratio)
        reasons = distributions.choose(list(stage.loss_reasons.values()), uniform("loss reason"))
        return StageDraws(
            slack=column(slack, -math.inf),
            decay=math.log(2) / call.response_half_life
            if call and call.response_half_life
            else 0.0,
            decision_time=decision_time,
            reason=column(reasons).astype(np.int16),
            missed=missed,
            handling_time=duration("handling time", call.handling_time) if call else nothing,
            patience=patience,
            reached_by=column(_first_success(calls, call, uniform))
            if call
            else nothing.astype("i2"),
            attempt_times=tuple(
                duration(f"attempt time, call {n}", call.attempt_time) for n in calls if call
            ),
            returns=column(uniform("comes back") < (recovery.probability if recovery else 0.0)),
            return_delay=duration("delay", recovery.delay) if recovery else nothing,
        )

    def _slack(self, stage: Stage, u: Floats, rows: Ints) -> Floats:
        """The rule of odds: by how much a lead's odds exceed what it asks for (natural log)."""
        ln_channels = [_ln_odds_ratio(c.odds_ratio, stage) for c in self.scenario.channels]
        ln_segments = [_ln_odds_ratio(s.odds_ratio, stage) for s in self.scenario.segments] or [0.0]
        helps = (
            np.array(ln_channels)[self.channel[rows]] + np.array(ln_segments)[self.segment[rows]]
        )
        return _logit(float(stage.conversion or 0.0)) + helps - logit(u)

    # --- orders -----------------------------------------------------------------------------

    @cached_property
    def deal_value(self) -> Ints:
        """What the first order would be worth, in cents, for every lead (0 without an order)."""
        return self._order_value(np.arange(len(self.key)), number=1)

    def _order_value(self, rows: Ints, number: int) -> Ints:
        if self.scenario.order is None:
            return np.zeros(len(rows), dtype=np.int64)
        u = self._chance.uniform("order value", self.key[rows], number)
        factors = np.array([s.order_value_factor for s in self.scenario.segments] or [1.0])
        value = distributions.inverse(self.scenario.order.value, u) * factors[self.segment[rows]]
        return distributions.whole(value * 100)

    @cached_property
    def repeats(self) -> Repeats:
        """The draws that follow each order; see `Repeats`."""
        _ = self.stages  # who can buy at all is known once they are drawn
        retention = self.scenario.retention
        rows = self._buyers if retention else self._buyers[:0]
        earliest = self.arrived[rows].copy()
        rounds: list[tuple[Ints, NDArray[np.bool_], Ints, Ints]] = []
        number = 1
        while retention and len(rows):
            if number > MOST_ORDERS:
                mean_gap = duration_text(round(distributions.mean(retention.gap)))
                raise FunnelSimError(
                    f"retention.gap is {mean_gap} on average; with that, a customer orders more "
                    f"than {MOST_ORDERS:,} times before the horizon: lengthen the gap, or lower "
                    "retention.repeat_probability"
                )
            key = self.key[rows]
            ratios = np.array([s.repeat_odds_ratio for s in self.scenario.segments] or [1.0])
            slack = (
                _logit(retention.repeat_probability)
                + np.log(ratios)[self.segment[rows]]
                - logit(self._chance.uniform("comes back", key, number))
            )
            gap = _durations(retention.gap, self._chance.uniform("gap", key, number))
            comes_back = slack > 0
            rounds.append((rows, comes_back, gap, self._order_value(rows, number + 1)))
            earliest = earliest + gap
            goes_on = comes_back & (earliest < self.scenario.horizon)
            rows, earliest, number = rows[goes_on], earliest[goes_on], number + 1
        return _by_lead(rounds, len(self.key))


def _first_success(
    calls: range, call: FollowUp, uniform: Callable[[str], Floats]
) -> NDArray[np.int16]:
    """The first call that reaches each lead; the number of calls where none does."""
    reached_by = np.full(len(uniform("reached, call 0")), len(calls), dtype=np.int16)
    for number in reversed(calls):
        reached_by[uniform(f"reached, call {number}") < call.reach_probability] = number
    return reached_by


def _by_lead(rounds: list[tuple[Ints, NDArray[np.bool_], Ints, Ints]], leads: int) -> Repeats:
    """Rounds (a row per lead that is still in) turned into runs of rows per lead."""
    if not rounds:
        nothing = np.zeros(0, dtype=np.int64)
        return Repeats(np.zeros(leads + 1, dtype=np.int64), nothing.astype(bool), nothing, nothing)
    lead, comes_back, gap, value = (np.concatenate(c) for c in zip(*rounds, strict=True))
    order = np.argsort(lead, kind="stable")
    first = np.concatenate([[0], np.cumsum(np.bincount(lead, minlength=leads))])
    return Repeats(first, comes_back[order], gap[order], value[order])


def mean_by_day(scenario: Scenario, channel: Channel) -> Floats:
    """Leads expected on each day up to the horizon, shape (days,)."""
    days = np.arange(scenario.days)
    dates = np.datetime64(scenario.start) + days
    weekday = (days + scenario.start.weekday()) % 7
    month = dates.astype("datetime64[M]").astype(int) % 12
    mean = channel.rate * np.array(channel.weekdays)[weekday] * np.array(channel.months)[month]
    mean = mean * channel.growth ** (days / 365)
    for burst in channel.bursts:  # a day that the burst covers in part has its share of it
        covered = np.minimum(burst.to, (days + 1) * DAY) - np.maximum(burst.from_, days * DAY)
        mean = mean * (1 + (burst.factor - 1) * np.clip(covered / DAY, 0, 1))
    return mean


def _time_of_day(u: Floats, channel: Channel) -> Ints:
    """Microseconds since midnight: even over the day, or by the weights of its hours."""
    cumulated = np.concatenate([[0.0], np.cumsum(channel.hours)]) / sum(channel.hours)
    return (np.interp(u, cumulated, np.linspace(0, 1, 25)) * DAY).astype(np.int64)


def count_quantile(u: Floats, mean: Floats, dispersion: float) -> Ints:
    """The smallest count whose cumulated probability reaches u.

    Poisson, or for a dispersion (variance ÷ mean) above 1 the negative binomial of that mean.
    """
    if dispersion == 1:
        return poisson_quantile(u, mean)
    from scipy.stats import nbinom

    count = np.zeros(len(u), dtype=np.int64)
    some = mean > 0
    count[some] = nbinom.ppf(u[some], mean[some] / (dispersion - 1), 1 / dispersion)
    return count


def poisson_quantile(u: Floats, mean: Floats) -> Ints:
    """The smallest count whose cumulated Poisson probability reaches u."""
    from scipy.special import pdtr, pdtrik

    count = np.zeros(len(u), dtype=np.int64)
    some = (mean > 0) & (u > pdtr(0, mean))  # pdtrik knows no answer below P(0)
    guess = np.ceil(pdtrik(u[some], mean[some]))
    one_less = np.maximum(guess - 1, 0)
    count[some] = np.where(pdtr(one_less, mean[some]) >= u[some], one_less, guess)
    return count


def logit(p: Floats) -> Floats:
    return np.log(p) - np.log1p(-p)


def _logit(p: float) -> float:
    """Certain things stay certain: the log odds of 0 and 1 are infinite."""
    return -math.inf if p == 0 else math.inf if p == 1 else math.log(p / (1 - p))


def _ln_odds_ratio(odds_ratio: float | Mapping[str, float], stage: Stage) -> float:
    ratio = odds_ratio.get(stage.name, 1.0) if isinstance(odds_ratio, Mapping) else odds_ratio
    return math.log(ratio)


def _durations(distribution: DurationDistribution, u: Floats) -> Ints:
    return distributions.whole(distributions.inverse(distribution, u))
