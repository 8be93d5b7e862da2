"""Lesson 02. The seed is that of a simulation in NumPy, of leads that come by chance."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy import stats

from ways_to_answer.ways import SEASONS, Ways, always


def enough(seed: int) -> tuple[Ways, Ways]:
    sales = np.random.default_rng(seed).poisson(750 * 0.08, SEASONS)
    right = {
        "Poisson": stats.poisson.sf(59, 60),
        "binomial": stats.binom.sf(59, 750, 0.08),
        "normal": stats.norm.sf(59.5, 60, np.sqrt(60)),
        "simulated": (sales >= 60).mean(),
    }
    return right, {
        "more than": stats.poisson.sf(60, 60),
        "too few": stats.poisson.cdf(59, 60),
        "nine in ten": 0.9,
    }


def nine_in_ten(seed: int) -> tuple[Ways, Ways]:
    needed = leads_until_60(np.random.default_rng(seed), SEASONS, np.full(SEASONS, 0.08))
    right = {
        "simulated": np.quantile(needed, 0.9),
        "Poisson": POISSON,
        "binomial": BINOMIAL,
        "normal": ((1.2816 + np.sqrt(1.2816**2 + 4 * 59.5)) / 2) ** 2 / 0.08,
    }
    wrong = {
        "99 in 100": np.quantile(needed, 0.99),
        "95 in 100": POISSON_95,
        "half": np.median(needed),
        "by 0.9": 750 / 0.9,
    }
    return right, wrong


def leads_until_60(draw: np.random.Generator, seasons: int, rate: np.ndarray) -> np.ndarray:
    """How many leads it takes for 60 sales, where sales come by chance at this rate."""
    return draw.gamma(60, size=seasons) / rate


def first(least: int, chance: Callable[[int], float], sure: float = 0.9) -> int:
    return next(n for n in range(least, 5_000) if chance(n) >= sure)


BINOMIAL = first(850, lambda n: stats.binom.sf(59, n, 0.08))
POISSON = first(850, lambda n: stats.poisson.sf(59, 0.08 * n))
POISSON_95 = first(900, lambda n: stats.poisson.sf(59, 0.08 * n), 0.95)
UNSURE = first(990, lambda n: stats.betabinom.sf(59, n, 21, 231))
UNSURE_JEFFREYS = first(990, lambda n: stats.betabinom.sf(59, n, 20.5, 230.5))


def not_knowing(seed: int) -> tuple[Ways, Ways]:
    draw, many = np.random.default_rng(seed), 10 * SEASONS
    sure, unsure = np.full(many, 0.08), draw.beta(21, 231, many)
    right = {
        "simulated": np.quantile(leads_until_60(draw, many, unsure), 0.9)
        - np.quantile(leads_until_60(draw, many, sure), 0.9),
        "beta-binomial": UNSURE - BINOMIAL,
        "Jeffreys' prior": UNSURE_JEFFREYS - BINOMIAL,
        "two plans": 1_006 - 876,
    }
    return right, {"all": 1_006, "above the usual sum": 1_006 - 750, "none": 0}


def money(seed: int) -> tuple[Ways, Ways]:
    draw, logs = np.random.default_rng(seed), np.sqrt(np.log1p(0.75**2))
    sizes = draw.lognormal(np.log(40) - logs**2 / 2, logs, size=(10 * SEASONS, 200)).cumsum(axis=1)
    sales = (sizes < 2_400).sum(axis=1) + 1
    right = {
        "simulated": np.quantile(draw.gamma(sales) / 0.08, 0.9),
        "normal": (1.2816 * 1.25 / 2 + np.sqrt((1.2816 * 1.25 / 2) ** 2 + 60)) ** 2 / 0.08,
    }
    return right, {"sales": 876, "usual": 750, "EUR": 2_400 / 0.08}


def deals(seed: int) -> tuple[Ways, Ways]:
    sold = np.random.default_rng(seed).binomial(30, 0.32, SEASONS)
    return {"sum": 30 * 0.32, "simulated": sold.mean()}, {"both": 30 * 0.08, "before": 30 * 0.25}


WAYS: dict[str, Callable[[int], tuple[Ways, Ways]]] = {
    "02.1": always(60 / 0.25 / 0.32, visits=240, percent=7.5), "02.2": enough,
    "02.3": nine_in_ten, "02.4": not_knowing, "02.5": money,
    "02.6": always(45, end=60, thinking=15), "02.7": deals,
}  # fmt: skip
