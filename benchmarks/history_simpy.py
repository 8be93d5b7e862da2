"""The reference funnel written with SimPy alone, keeping the same history as a journal.

One process per lead, `get | timeout`, as `plain_simpy.py`; but it writes down every lead, every
visit to a stage, every call with the rep who made it and every order, as a simulation must whose
tables are to be read. The reps stand in a `Store`, since those of a `Resource` have no names.
"""

from __future__ import annotations

import math
import random
from collections.abc import Generator
from typing import Any

import numpy as np
import simpy
from plain_simpy import DAYS, HALF_LIFE, LEADS_PER_DAY, PATIENCE, REPS, STAGES


def simulate(seed: int = 1, days: float = DAYS) -> dict[str, np.ndarray]:
    """The tables of one simulation, as arrays with a row per record."""
    chance = random.Random(seed)
    env = simpy.Environment()
    team = simpy.Store(env)
    team.items.extend(range(1, REPS + 1))
    leads: list[list[float]] = []
    visits: list[list[float]] = []
    calls: list[list[Any]] = []
    orders: list[tuple[float, ...]] = []

    def lognormal(mean: float, cv: float) -> float:
        variance = math.log(1 + cv * cv)
        return chance.lognormvariate(math.log(mean) - variance / 2, math.sqrt(variance))

    def lead(number: int) -> Generator[simpy.Event, Any, None]:
        leads.append([number, env.now, lognormal(120, 0.8)])
        for stage, (conversion, handling) in enumerate(STAGES):
            visit = [number, stage, env.now, -1.0, 0]
            visits.append(visit)
            odds = conversion / (1 - conversion)
            if handling:
                asked = env.now
                call: list[Any] = [number, stage, asked, -1.0, -1.0, -1]
                calls.append(call)
                answered = team.get()
                yield answered | env.timeout(chance.expovariate(1 / PATIENCE))
                if not answered.triggered:
                    answered.cancel()
                    visit[3:] = env.now, 2
                    return  # gone cold
                call[3], call[5] = env.now, answered.value
                odds *= 0.5 ** ((env.now - asked) / HALF_LIFE)
                yield env.timeout(chance.expovariate(1 / handling))
                call[4] = env.now
                team.put(answered.value)
            decision = lognormal(1.0, 1.0) if stage else chance.expovariate(1 / 0.2)
            yield env.timeout(decision)
            if chance.random() >= odds / (1 + odds):
                visit[3:] = env.now, 2
                return
            visit[3:] = env.now, 1
        visits.append([number, len(STAGES), env.now, env.now, 1])
        value = leads[number][2]
        while True:
            orders.append((number, env.now, value))
            if chance.random() >= 0.7:
                return
            yield env.timeout(chance.expovariate(1 / 30))
            value = lognormal(120, 0.8)

    def arrivals() -> Generator[simpy.Event, Any, None]:
        while True:
            yield env.timeout(chance.expovariate(LEADS_PER_DAY))
            env.process(lead(len(leads)))

    env.process(arrivals())
    env.run(until=days)
    tables = {"leads": leads, "visits": visits, "calls": calls, "orders": orders}
    return {name: np.array(rows) for name, rows in tables.items()}
