"""Lesson 03: follow-up delays."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

import funnelsim as fs
from funnelsim.exercises import lesson_03
from ways_to_answer.ways import Ways


def to_order_with(reps: int, seed: int) -> fs.Journal:
    return lesson_03._journal(seed, reps)


def wait(seed: int) -> tuple[Ways, Ways]:
    calls = to_order_with(2, seed).follow_ups
    days = (calls.started - calls.queued).dropna()
    right = {way: 24 * days.quantile(0.9, way) for way in ("linear", "lower", "higher", "nearest")}
    right |= {"NumPy": np.quantile(24 * days, 0.9), "rounded": round(24 * days.quantile(0.9), 1)}
    wrong = {"days": days.quantile(0.9), "mean": 24 * days.mean(), "median": 24 * days.median()}
    return right, wrong | {"in nine hours": 24 * days.quantile(0.75)}


def cold(seed: int) -> tuple[Ways, Ways]:
    outcome = to_order_with(2, seed).follow_ups.outcome
    right = {
        "outcomes": (outcome[outcome != "open"] == "gone cold").mean(),
        "summary": fs.summary(to_order_with(2, seed)).share_gone_cold,
    }
    wrong = {"odds": (outcome == "gone cold").sum() / (outcome == "served").sum()}
    return right, wrong | {"of leads": (outcome == "gone cold").sum() / 1_160}


def busy(seed: int) -> tuple[Ways, Ways]:
    calls = to_order_with(2, seed).follow_ups
    right = {
        "days": (calls.finished.fillna(60) - calls.started).sum() / 120,
        "summary": fs.summary(to_order_with(2, seed))["utilisation: sales"],
    }
    return right, {"of one": 2 * right["days"], "idle": 1 - right["days"]}


def four_reps(seed: int) -> tuple[Ways, Ways]:
    hours = {
        reps: 24 * fs.summary(to_order_with(reps, seed)).mean_response_days for reps in (2, 3, 4)
    }
    calls = to_order_with(4, seed).follow_ups
    right = {"summary": hours[4], "calls": 24 * (calls.started - calls.queued).mean()}
    return right, {"halved": hours[2] / 2, "three": hours[3], "today": hours[2]}


def profit(seed: int) -> tuple[Ways, Ways]:
    two, three = (fs.summary(to_order_with(reps, seed)) for reps in (2, 3))
    right = {
        "profit": three.profit - two.profit,
        "by hand": three.contribution - two.contribution - 60 * 60,
        "as a text": f"{three.profit - two.profit:,.2f} EUR",
    }
    return right, {"free": three.contribution - two.contribution, "cost": -3_600}


def three_calls(seed: int) -> tuple[Ways, Ways]:
    return {"all missed": 1 - 0.6**3, "one by one": 0.4 + 0.6 * 0.4 + 0.6**2 * 0.4}, {"added": 1.2}


WAYS: dict[str, Callable[[int], tuple[Ways, Ways]]] = {
    "03.1": wait, "03.2": cold, "03.3": busy, "03.4": four_reps, "03.5": profit,
    "03.6": three_calls,
}  # fmt: skip
