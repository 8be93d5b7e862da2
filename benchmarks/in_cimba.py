"""The reference funnel in cimba: C coroutines, model code compiled by Numba.

The same story as `plain_simpy.py`, counting only: a process per lead, a timer for its patience.
"""

from __future__ import annotations

import math

import cimba as cb
from cimba import random
from plain_simpy import DAYS, HALF_LIFE, LEADS_PER_DAY, PATIENCE, REPS, STAGES

ATTENTION, INTEREST, DESIRE = (conversion for conversion, _ in STAGES)
CALL_1, CALL_2 = STAGES[1][1], STAGES[2][1]
GONE_COLD = 17  # the signal of the timer
SIGMA_1, SIGMA_08 = math.sqrt(math.log(2)), math.sqrt(math.log(1 + 0.8**2))
MU_1, MU_120 = -math.log(2) / 2, math.log(120) - math.log(1 + 0.8**2) / 2
PER_DAY = 1 / LEADS_PER_DAY
LN_2 = math.log(2)


class Funnel(cb.Model):
    team: cb.Resource = cb.Resource(capacity=REPS)
    leads: cb.Output[float]
    customers: cb.Output[float]
    orders: cb.Output[float]
    revenue: cb.Output[float]

    @cb.on_start
    def begin(self) -> None:
        self.leads = self.customers = self.orders = self.revenue = 0.0

    @cb.process
    def arrivals(self) -> None:
        while True:
            cb.hold(random.exponential(PER_DAY))
            self.leads += 1
            cb.spawn(Lead, funnel=self)


class Lead(cb.Model):
    funnel: cb.Ref[Funnel]

    @cb.process
    def walks(self) -> None:
        cb.hold(random.exponential(0.2))
        if random.uniform() >= ATTENTION:
            return
        for stage in range(2):
            asked = cb.now()
            cb.this_process().timer_set(random.exponential(PATIENCE), GONE_COLD)
            if self.funnel.team.acquire() == GONE_COLD:
                return
            cb.this_process().timers_clear()
            waited = cb.now() - asked
            cb.hold(random.exponential(CALL_2 if stage else CALL_1))
            self.funnel.team.release()
            cb.hold(random.lognormal(MU_1, SIGMA_1))
            conversion = DESIRE if stage else INTEREST
            odds = conversion / (1 - conversion) * math.exp(-LN_2 * waited / HALF_LIFE)
            if random.uniform() >= odds / (1 + odds):
                return
        self.funnel.customers += 1
        while True:
            self.funnel.orders += 1
            self.funnel.revenue += random.lognormal(MU_120, SIGMA_08)
            if random.uniform() >= 0.7:
                return
            cb.hold(random.exponential(30.0))


MODEL = Funnel()


def simulate(seed: int = 1, days: float = DAYS) -> dict[str, float]:
    """Leads, customers, orders and revenue of one simulation."""
    window = cb.Window(duration=days)
    found = cb.Experiment(MODEL, replications=1, window=window, seed=seed).run(workers=1)[MODEL]
    return {
        name: float(getattr(found, name).values.sum())
        for name in ("leads", "customers", "orders", "revenue")
    }
