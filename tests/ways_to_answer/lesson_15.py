"""Lesson 15: before it pays."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd

import funnelsim as fs
from funnelsim.exercises import lesson_15
from ways_to_answer.ways import Ways, always


def profit(seed: int, hires: bool = True) -> pd.Series:
    return fs.by_month(lesson_15.journal_of(seed, hires)).profit


def shown(seed: int) -> tuple[Ways, Ways]:
    found = profit(seed)
    table = fs.by_month(lesson_15.journal_of(seed))
    lines = table.contribution - table.reps - table.changes
    right = {"profit": found["2027-03"] - found["2027-02"]}
    right["lines"] = lines["2027-03"] - lines["2027-02"]
    right["diff"] = found.diff()["2027-03"]
    return right, {
        "contribution": table.contribution.diff()["2027-03"],
        "round": -right["profit"],
        "revenue": table.revenue.diff()["2027-03"],
    }


def so(seed: int) -> tuple[Ways, Ways]:
    found, other = profit(seed), profit(seed, hires=False)
    right = {"same month": found["2027-03"] - other["2027-03"]}
    # nothing differs before: the profit up to the end of March tells the same
    right["so far"] = found[:"2027-03"].sum() - other[:"2027-03"].sum()
    return right, {"report": found.diff()["2027-03"], "all": found.sum() - other.sum()}


def week(share: float) -> float:
    """What the promotion week leaves, if such a share of the baskets is bought."""
    leads = 7 * 40 * 1.8
    return leads * 0.25 * share * (60 * 0.85 - 33) - leads * 0.5 - 200 - 7 * 30


def worth(seed: int) -> tuple[Ways, Ways]:
    low, high = 0.0, 1.0
    usual = 7 * (40 * 0.25 * 0.5 * 60 * 0.45 - 40 * 0.5)
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if week(middle) < usual else (low, middle)
    return {"bisected": low / (1 - low)}, {"share": low, "ratio": low / 0.5}


WAYS: dict[str, Callable[[int], tuple[Ways, Ways]]] = {
    "15.1": always(5000 + 65 * 160, work=65 * 160, calendar=5000 + 91 * 160),
    "15.2": always(0.4 ** (60 / 90), straight=0.4 + 0.6 / 3, other=0.4 ** (1 / 3)),
    "15.3": shown,
    "15.4": so,
    "15.5": always(
        6000 / (20 * 960 * ((2 / 3 * 1.3) / (1 + 2 / 3 * 1.3) - 0.4)),
        rate=6000 / (20 * 960 * 0.12),
        revenue=6000 / (20 * 2400 * (0.866667 / 1.866667 - 0.4)),
    ),
    "15.6": worth,
}
