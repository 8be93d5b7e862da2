"""The draws of an order's way: how it is paid, when it passes which status, and how it ends.

An order is cancelled at the end of its first status, refused on reaching the last, returned at the
end of the last; otherwise it is closed then, and kept.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from funnelsim.distributions import DurationDistribution, Floats, Ints, choose, rounded
from funnelsim.engines.draws.drawn import Bools, Small, same
from funnelsim.journal import NEVER, statuses
from funnelsim.scenario import Scenario
from funnelsim.scenario.orders import Payment
from funnelsim.scenario.values import CANCELLED, REFUSED, RETURNED

Uniform = Callable[[str], Floats]


class Deliveries(NamedTuple):
    """One column per question; times are microseconds from the placing of the order."""

    payment: Small  # number of the method; -1 where there is none
    status: Small  # [step, order]; -1 past the last
    entered: Ints  # [step, order]
    delivered: Ints
    closed: Ints
    is_kept: Bools
    is_told: Bools  # that the delivery is late


def draw_deliveries(scenario: Scenario, uniform: Uniform, count: int) -> Deliveries:
    """What each of `count` orders would go through; `uniform` answers a question for each."""
    payments = scenario.order.payments if scenario.order else ()
    names = statuses(scenario)
    steps = max((len(method.statuses) + 1 for method in payments), default=0)
    if not payments:
        at_once, nothing = same(0, count), np.zeros((0, count), dtype=np.int64)
        return Deliveries(
            payment=same(NEVER, count, "i2"),
            status=nothing.astype(np.int16),
            entered=nothing,
            delivered=at_once,
            closed=at_once,
            is_kept=same(True, count, "?"),
            is_told=same(False, count, "?"),
        )
    drawn = Deliveries(
        payment=np.full(count, NEVER, dtype=np.int16),
        status=np.full((steps, count), NEVER, dtype=np.int16),
        entered=np.full((steps, count), NEVER, dtype=np.int64),
        delivered=np.zeros(count, dtype=np.int64),
        closed=np.zeros(count, dtype=np.int64),
        is_kept=np.ones(count, dtype=bool),
        is_told=np.zeros(count, dtype=bool),
    )
    drawn.payment[:] = choose([p.share for p in payments], uniform("payment"))
    for number, method in enumerate(payments):
        mine = np.flatnonzero(drawn.payment == number)
        way = _way(method, number, names, _of_these(uniform, mine))
        for whole, part in zip(drawn[1:], way[1:], strict=True):
            if whole.ndim == 2:
                whole[: len(part), mine] = part
            else:
                whole[mine] = part
    return drawn


def _of_these(uniform: Uniform, these: Ints) -> Uniform:
    return lambda question: uniform(question)[these]


def _way(method: Payment, number: int, names: list[str], uniform: Uniform) -> Deliveries:
    """The way of orders that are all paid by one method."""

    def duration(question: str, length: DurationDistribution) -> Ints:
        return rounded(length.ppf(uniform(question)))

    ends = np.cumsum([duration(f"status {name}", last) for name, last in method.statuses], axis=0)
    count = ends.shape[1]
    delay, is_told = np.zeros(count, dtype=np.int64), np.zeros(count, dtype=bool)
    if method.late:
        is_late = uniform("late delivery") < method.late.probability
        delay = np.where(is_late, duration("delay of the delivery", method.late.delay), 0)
        is_told = is_late & method.late.notified
    delivered, end = ends[-2] + delay, ends[-1] + delay
    cancelled = uniform("cancellation") < method.cancel_probability
    refused = ~cancelled & (uniform("refusal") < method.refuse_probability)
    returned = ~cancelled & ~refused & (uniform("return") < method.return_probability)

    status, entered = [], []
    for step, (name, _) in enumerate(method.statuses):
        when = delivered if step == len(ends) - 1 else ends[step - 1] if step else 0 * delivered
        this = np.full(count, names.index(name))
        if step == len(ends) - 1:
            this = np.where(refused, names.index(REFUSED), this)
        if step == 1:
            this = np.where(cancelled, names.index(CANCELLED), this)
            when = np.where(cancelled, ends[0], when)
        if step > 1:
            this = np.where(cancelled, NEVER, this)
        status.append(this)
        entered.append(when)
    status.append(np.where(returned, names.index(RETURNED), NEVER))
    entered.append(end)
    steps = np.array(status, dtype=np.int16)
    return Deliveries(
        payment=np.full(count, number, dtype=np.int16),
        status=steps,
        entered=np.where(steps == NEVER, NEVER, np.array(entered)),
        delivered=delivered,
        closed=np.select([cancelled, refused], [ends[0], delivered], end),
        is_kept=~(cancelled | refused | returned),
        is_told=is_told,
    )
