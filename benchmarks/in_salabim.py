"""The reference funnel in salabim: the same story as `plain_simpy.py`, counting only."""

from __future__ import annotations

import math
import random
from collections.abc import Generator
from typing import Any

import salabim
from plain_simpy import DAYS, HALF_LIFE, LEADS_PER_DAY, PATIENCE, REPS, STAGES


def simulate(seed: int = 1, days: float = DAYS) -> dict[str, float]:
    """Leads, customers, orders and revenue of one simulation."""
    chance = random.Random(seed)
    env = salabim.Environment(yieldless=False, trace=False, random_seed=seed)
    team = salabim.Resource("team", capacity=REPS, env=env)
    total = {"leads": 0, "customers": 0, "orders": 0, "revenue": 0.0}

    def lognormal(mean: float, cv: float) -> float:
        variance = math.log(1 + cv * cv)
        return chance.lognormvariate(math.log(mean) - variance / 2, math.sqrt(variance))

    class Lead(salabim.Component):
        def process(self) -> Generator[Any, Any, None]:
            for number, (conversion, handling) in enumerate(STAGES):
                odds = conversion / (1 - conversion)
                if handling:
                    asked = env.now()
                    yield self.request(team, fail_delay=chance.expovariate(1 / PATIENCE))
                    if self.failed():
                        return  # gone cold
                    odds *= 0.5 ** ((env.now() - asked) / HALF_LIFE)
                    yield self.hold(chance.expovariate(1 / handling))
                    self.release(team)
                yield self.hold(lognormal(1.0, 1.0) if number else chance.expovariate(1 / 0.2))
                if chance.random() >= odds / (1 + odds):
                    return
            total["customers"] += 1
            while True:
                total["orders"] += 1
                total["revenue"] += lognormal(120, 0.8)
                if chance.random() >= 0.7:
                    return
                yield self.hold(chance.expovariate(1 / 30))

    class Arrivals(salabim.Component):
        def process(self) -> Generator[Any, Any, None]:
            while True:
                yield self.hold(chance.expovariate(LEADS_PER_DAY))
                total["leads"] += 1
                Lead(env=env)

    Arrivals(env=env)
    env.run(till=days)
    return total
