"""Lesson 11: experiments."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from math import sqrt

import pandas as pd
from scipy import stats

import funnelsim as fs
from funnelsim.exercises import lesson_11
from ways_to_answer.ways import Ways


@lru_cache(40)
def leads(seed: int) -> pd.DataFrame:
    journal = fs.simulate(lesson_11.school(), seed=seed, progress=False)
    visits = journal.stage_visits.query("stage == 'Basket'").groupby("lead").first()
    left = visits.index[visits["outcome"] == "lost"]
    found = journal.leads.assign(bought=journal.leads["outcome"] == "customer", left=False)
    found.loc[left, "left"] = True
    return found[["arm", "bought", "left"]]


def how_many(seed: int) -> tuple[Ways, Ways]:
    n = (1.959964 + 0.841621) ** 2 * (0.05 * 0.95 + 0.06 * 0.94) / 0.01**2
    right = {"by hand": 2 * n, "fs": fs.sample_size(0.05, 0.2), "16": 32 * 0.05 * 0.95 / 0.01**2}
    return right, {"one arm": n}


def how_far_off(seed: int) -> tuple[Ways, Ways]:
    chi = stats.chisquare([10_412, 9_961]).statistic
    return {"chi": sqrt(chi)}, {"squared": chi}


def error(seed: int) -> tuple[Ways, Ways]:
    by = leads(seed).groupby("arm", observed=True).bought
    long, short = by.sem()["long form"], by.sem()["short form"]
    p, n = by.mean(), by.size()
    two = [p[arm] * (1 - p[arm]) / n[arm] for arm in ("long form", "short form")]
    right = {"sem": 100 * sqrt(long**2 + short**2), "shares": 100 * sqrt(sum(two))}
    return right, {"added": 100 * (long + short)}


def ever(seed: int) -> tuple[Ways, Ways]:
    return {"fs": fs.peeking(21)}, {"separate": 1 - 0.95**21}


def weekly(seed: int) -> tuple[Ways, Ways]:
    return {"z": 2 * stats.norm.sf(2.3613)}, {"bonferroni": 0.0125}


def brought(seed: int) -> tuple[Ways, Ways]:
    left = leads(seed).query("left")
    by = left.assign(held=left.arm == "no message").groupby("held").bought
    expected = by.mean()[True] * by.size()[False]
    return {"anyway": by.sum()[False] - expected}, {"all": by.sum()[False]}


WAYS: dict[str, Callable[[int], tuple[Ways, Ways]]] = {
    "11.1": how_many,
    "11.2": how_far_off,
    "11.3": error,
    "11.4": ever,
    "11.5": weekly,
    "11.6": brought,
}
