"""Lesson 12: from an export to a model."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import numpy as np
import pandas as pd

import funnelsim as fs
from funnelsim.exercises import lesson_12
from ways_to_answer.ways import Ways

CALIBRATED = 11  # the question's seed; to calibrate thirty exports takes a minute


@cache
def leads(seed: int) -> tuple[fs.Deals, pd.DataFrame]:
    """As the notebook has them, from the same reading as the check's: that takes longest."""
    known = lesson_12._known(seed)
    return known.deals, lesson_12.ages(known.deals, known.exported.calls)


@cache
def calibrated(seed: int) -> fs.Calibration:
    return fs.calibrate(leads(seed)[0], draws=20, progress=False)


def by_hand(seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Days, share won and share open after each decision, one after the other."""
    table = leads(seed)[1]
    table = table[(table.outcome == "open") | table.days.notna()]
    table = table.assign(time=table.days.fillna(table.age)).sort_values("time")
    left, won, days, shares, still = 1.0, 0.0, [0.0], [0.0], [1.0]
    for place, (outcome, time) in enumerate(zip(table.outcome, table.time, strict=True)):
        if outcome == "open":
            continue
        step = left / (len(table) - place)
        won += step if outcome == "won" else 0.0
        left -= step
        days, shares, still = [*days, time], [*shares, won], [*still, left]
    return np.array(days), np.array(shares), np.array(still)


def last(seed: int) -> tuple[Ways, Ways]:
    table = leads(seed)[1]
    young = table[table.age < 30]
    right = {"counted": (young.outcome == "won").mean()}
    right["as a text"] = f"{100 * right['counted']:.3f} %"
    decided = young[young.outcome != "open"]
    return right, {
        "of decided": (decided.outcome == "won").mean(),
        "all": (table.outcome == "won").mean(),
    }


def month(seed: int) -> tuple[Ways, Ways]:
    table = leads(seed)[1]
    days, won, still = by_hand(seed)
    then = np.searchsorted(days, 30, side="right") - 1
    soon = (table.outcome == "won") & (table.days <= 30)
    right = {"by hand": won[then], "old": soon[table.age >= 30].mean()}
    if seed == CALIBRATED:
        right["curve"] = calibrated(seed).curves["Lead"].advanced.loc[:30].iloc[-1]
    return right, {"of all": soon.mean(), "open": still[then]}


def end(seed: int) -> tuple[Ways, Ways]:
    table = leads(seed)[1]
    right = {
        "by hand": by_hand(seed)[1][-1],
        "old": (table.outcome[table.age >= 100] == "won").mean(),
    }
    if seed == CALIBRATED:
        right["calibrated"] = calibrated(seed).overall
    decided = table[table.outcome != "open"]
    return right, {
        "today": (table.outcome == "won").mean(),
        "of decided": (decided.outcome == "won").mean(),
    }


def to_come(seed: int) -> tuple[Ways, Ways]:
    table, share = leads(seed)[1], by_hand(seed)[1][-1]
    won, is_open = (table.outcome == "won").sum(), (table.outcome == "open").sum()
    right = {"less those won": share * len(table) - won}
    right["as a text"] = f"{right['less those won']:.0f} deals"
    if seed == CALIBRATED:
        part = calibrated(seed).report.stages.to_come["Lead"]
        right["to come"] = won * part / (1 - part)
    return right, {
        "as decided": is_open * won / (len(table) - is_open),
        "as new": is_open * share,
        "open": is_open,
    }


def old_one(seed: int) -> tuple[Ways, Ways]:
    days, won, still = by_hand(seed)
    then = np.searchsorted(days, 60, side="right") - 1
    right = {"by hand": (won[-1] - won[then]) / still[then]}
    if seed == CALIBRATED:
        curve = calibrated(seed).curves["Lead"]
        row = curve.loc[:60].iloc[-1]
        right["curve"] = (curve.advanced.iloc[-1] - row.advanced) / row.open
    return right, {"new": won[-1], "not divided": won[-1] - won[then]}


def quick(seed: int) -> tuple[Ways, Ways]:
    table = leads(seed)[1]

    def times(of: pd.DataFrame) -> float:
        won = (of.outcome == "won").groupby(of.hours < 4).mean()
        return won[True] / won[False]

    old = table.query("age >= 90")
    right = {"website": times(old.query("channel == 'website'"))}
    return right, {"all": times(old), "upside down": 1 / right["website"]}


WAYS: dict[str, Callable[[int], tuple[Ways, Ways]]] = {
    "12.1": last,
    "12.2": month,
    "12.3": end,
    "12.4": to_come,
    "12.5": old_one,
    "12.6": quick,
}
