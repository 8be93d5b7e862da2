"""Drawing the random numbers of the reference funnel, and nothing else: what no engine can beat.

NumPy's own generator, a column at a time, as many numbers as a journal of the funnel needed.
"""

from __future__ import annotations

import math

import numpy as np

import funnelsim as fs

LN_2, LN_164 = math.log(2), math.log(1 + 0.8**2)


def counts(journal: fs.Journal) -> tuple[int, list[int], int]:
    """Leads, visits to each stage and orders of a journal."""
    visits = np.bincount(journal.whole["stage_visits"]["stage"])
    return len(journal.whole["leads"]["key"]), visits.tolist(), len(journal.whole["orders"]["lead"])


def draw(leads: int, visits: list[int], orders: int, seed: int = 1) -> list[np.ndarray]:
    """Every number that these leads need."""
    chance = np.random.default_rng(seed)
    attention, interest, desire, _ = visits
    columns = [chance.exponential(0.01, leads), chance.exponential(0.2, attention)]
    columns.append(chance.random(attention))
    for called, handling in ((interest, 1.5 / 24), (desire, 3 / 24)):
        columns += [chance.exponential(2.0, called), chance.exponential(handling, called)]
        columns += [chance.lognormal(-LN_2 / 2, math.sqrt(LN_2), called), chance.random(called)]
    columns.append(chance.lognormal(math.log(120) - LN_164 / 2, math.sqrt(LN_164), orders))
    return [*columns, chance.random(orders), chance.exponential(30.0, orders)]
