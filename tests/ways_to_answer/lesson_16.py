"""Lesson 16: one simulation is an anecdote."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import pandas as pd
from scipy import stats

import funnelsim as fs
from funnelsim.exercises import lesson_16
from ways_to_answer.ways import Ways


@lru_cache(40)
def hundred(seed: int) -> pd.Series:
    return fs.replicate(lesson_16.gardens(), 100, seed=seed, progress=False).table.orders


@lru_cache(40)
def pairs(seed: int) -> pd.DataFrame:
    better = lesson_16.gardens().vary({"stages.Desire.conversion": 0.46})
    found = fs.replicate(better, 100, seed=seed, progress=False).table.orders
    return pd.DataFrame({"today": hundred(seed), "better": found})


def half_width(seed: int) -> tuple[Ways, Ways]:
    low, high = stats.t.interval(0.95, 99, hundred(seed).mean(), stats.sem(hundred(seed)))
    right = {"scipy": (high - low) / 2, "two errors": 2 * stats.sem(hundred(seed))}
    return right, {"of quarters": 1.96 * hundred(seed).std(), "whole": high - low}


def inside(seed: int) -> tuple[Ways, Ways]:
    low, high = stats.t.interval(0.95, 99, hundred(seed).mean(), stats.sem(hundred(seed)))
    return {"counted": hundred(seed).between(low, high).mean()}, {"as told": 0.95}


def how_many(seed: int) -> tuple[Ways, Ways]:
    error = stats.sem(hundred(seed))
    right = {"t": 100 * (stats.t.ppf(0.975, 99) * error / 0.5) ** 2}
    right["normal"] = 100 * (1.96 * error / 0.5) ** 2
    return right, {"linear": 100 * 1.984 * error / 0.5}


def of_difference(seed: int) -> tuple[Ways, Ways]:
    both = pairs(seed)
    right = {"sem": stats.sem(both.better - both.today)}
    right["covariance"] = (both.var().sum() - 2 * both.cov().iloc[0, 1]) ** 0.5 / 10
    return right, {"apart": (both.var().sum() / 100) ** 0.5}


def times(seed: int) -> tuple[Ways, Ways]:
    both = pairs(seed)
    right = both.var().sum() / (both.better - both.today).var()
    return {"variances": right, "rounded": round(right, 1)}, {"root": right**0.5}


def missing(seed: int) -> tuple[Ways, Ways]:
    empty = lesson_16.gardens().vary({"horizon": "180 days", "warm_up": "0 days"})
    advice = fs.warm_up_advice(empty, seed=seed, progress=False)
    there = advice.table.loc[7, "open_leads"] / advice.level
    return {"table": 1 - there}, {"there": there}


WAYS: dict[str, Callable[[int], tuple[Ways, Ways]]] = {
    "16.1": half_width,
    "16.2": inside,
    "16.3": how_many,
    "16.4": of_difference,
    "16.5": times,
    "16.6": missing,
}
