"""Lesson 13: plan a quarter. Calibration and plan are made anew, once, as the notebook says."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from math import ceil

import funnelsim as fs
from funnelsim.exercises import lesson_13
from ways_to_answer.ways import Ways

DRAWS = 60
PRICE, REP, ANYWAY = 50, 11_000, 36


@cache
def known() -> fs.Calibration:
    found = fs.calibrate(lesson_13.deals(), draws=DRAWS, progress=False)
    return found.vary({"channels.website.cost_per_lead": PRICE})


@cache
def plan() -> fs.Plan:
    how = {"change": "budget", "initial": known().state, "progress": False, "backtest": False}
    return fs.plan(known(), 27, within="90 days", **how)


def deals(seed: int) -> tuple[Ways, Ways]:
    export = lesson_13.firm().export()
    read = fs.read_deals(export)
    right = {"read": len(read.leads), "named once": export["deal_id"].nunique()}
    return right, {"rows": len(export), "open": (read.leads.outcome == "open").sum()}


def share(seed: int) -> tuple[Ways, Ways]:
    count = lesson_13.deals().leads.outcome.value_counts()
    by_stage = 1.0
    for number in known().report.stages["conversion"]:
        by_stage *= float(number)
    right = {"calibrated": known().overall, "by stage": by_stage}
    return right, {
        "of all": count.won / count.sum(),
        "of decided": count.won / (count.won + count.lost),
    }


def open_deals(seed: int) -> tuple[Ways, Ways]:
    there = len(known().state.deals)
    return {"plan": float(plan().open_business["mean"])}, {"all of them": there}


def leads(seed: int) -> tuple[Ways, Ways]:
    right = {"plan": plan().leads, "as a text": f"{plan().leads} leads"}
    return right, {"usual sum": 27 / known().overall}


def reps(seed: int) -> tuple[Ways, Ways]:
    return {"rounded up": ceil(plan().leads / 90 * 7 / 7)}, {"as today": 2}


def cost(seed: int) -> tuple[Ways, Ways]:
    ads = (plan().leads - ANYWAY) * PRICE
    right = {"both": ads + REP, "by the plan": plan().budget + REP}
    return right, {"advertising": ads}


WAYS: dict[str, Callable[[int], tuple[Ways, Ways]]] = {
    "13.1": deals,
    "13.2": share,
    "13.3": open_deals,
    "13.4": leads,
    "13.5": reps,
    "13.6": cost,
}
