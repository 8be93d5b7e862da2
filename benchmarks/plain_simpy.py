"""The reference funnel written with SimPy alone, as one would without funnelsim.

One process per lead, `request | timeout`; it counts customers and adds up revenue, and keeps no
history. Random numbers come from one generator in the order of events, so changing one parameter
changes everybody: what funnelsim avoids, and pays for.
"""

from __future__ import annotations

import math
import random
from collections.abc import Generator
from typing import Any

import simpy

DAYS, LEADS_PER_DAY, REPS = 500, 100, 8
PATIENCE = HALF_LIFE = 2.0  # days
# conversion, mean handling time in days (0: nobody calls)
STAGES = [(0.60, 0.0), (0.50, 1.5 / 24), (0.40, 3.0 / 24)]


def simulate(seed: int = 1, days: float = DAYS) -> dict[str, float]:
    """Leads, customers, orders and revenue of one simulation."""
    chance = random.Random(seed)
    env = simpy.Environment()
    team = simpy.Resource(env, capacity=REPS)
    total = {"leads": 0, "customers": 0, "orders": 0, "revenue": 0.0}

    def lognormal(mean: float, cv: float) -> float:
        variance = math.log(1 + cv * cv)
        return chance.lognormvariate(math.log(mean) - variance / 2, math.sqrt(variance))

    def lead() -> Generator[simpy.Event, Any, None]:
        for number, (conversion, handling) in enumerate(STAGES):
            odds = conversion / (1 - conversion)
            if handling:
                asked = env.now
                with team.request() as rep:
                    yield rep | env.timeout(chance.expovariate(1 / PATIENCE))
                    if not rep.triggered:
                        return  # gone cold
                    odds *= 0.5 ** ((env.now - asked) / HALF_LIFE)
                    yield env.timeout(chance.expovariate(1 / handling))
            decision = lognormal(1.0, 1.0) if number else chance.expovariate(1 / 0.2)
            yield env.timeout(decision)
            if chance.random() >= odds / (1 + odds):
                return
        total["customers"] += 1
        while True:
            total["orders"] += 1
            total["revenue"] += lognormal(120, 0.8)
            if chance.random() >= 0.7:
                return
            yield env.timeout(chance.expovariate(1 / 30))

    def arrivals() -> Generator[simpy.Event, Any, None]:
        while True:
            yield env.timeout(chance.expovariate(LEADS_PER_DAY))
            total["leads"] += 1
            env.process(lead())

    env.process(arrivals())
    env.run(until=days)
    return total
