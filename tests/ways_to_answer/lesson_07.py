"""Lesson 07: recommendations and reputation."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

import funnelsim as fs
from funnelsim.exercises import lesson_07
from ways_to_answer.ways import Ways, always


def days(seed: int, with_them: bool = True) -> fs.Journal:
    return lesson_07._journal(seed, *(() if with_them else (lesson_07.NOBODY,)))


def scored(seed: int) -> pd.Series:
    """Each answer as +1, 0 or −1."""
    said = days(seed).orders.satisfaction.astype(object)
    return said.map({"promoter": 1, "passive": 0, "detractor": -1})


def score(seed: int) -> tuple[Ways, Ways]:
    each = scored(seed)
    right = {"mean": 100 * each.mean(), "nps": fs.nps(days(seed)).nps}
    right["as a text"] = f"{right['mean']:.1f}"
    promoters = 100 * (each == 1).mean()
    return right, {"promoters": promoters, "promoters, not detractors": promoters - 1}


def sampled(seed: int) -> tuple[Ways, Ways]:
    each = scored(seed)
    p, d = (each == 1).mean(), (each == -1).mean()
    right = {
        "formula": 100 * np.sqrt((p + d - (p - d) ** 2) / 50),
        "spread": 100 * each.std(ddof=0) / np.sqrt(50),
        "spread of a sample": 100 * each.std() / np.sqrt(50),
        "of all": fs.nps(days(seed)).se * np.sqrt(len(each) / 50),
    }
    return right, {"all": fs.nps(days(seed)).se, "interval": 2 * right["formula"]}


def so_far(seed: int) -> tuple[Ways, Ways]:
    leads, table = days(seed).leads, fs.referrals(days(seed))
    bought = leads[leads.outcome == "customer"]
    right = {
        "leads": (bought.kind == "referral").mean(),
        "table": table.brought_customers.sum() / table.customers.sum(),
        "summary": fs.summary(days(seed)).k_factor,
    }
    return right, {"all leads": (leads.kind == "referral").sum() / len(bought)}


def in_equal_time(seed: int) -> tuple[Ways, Ways]:
    leads = days(seed).leads
    bought = leads[leads.outcome == "customer"]
    old = bought.decided <= 240 - 90
    friends = bought[bought.kind == "referral"]
    since = friends.decided - leads.decided[friends.parent].to_numpy()
    counted = old.reindex(friends.parent).to_numpy(dtype=bool)
    table = fs.referrals(days(seed), within=90)
    right = {
        "by hand": (counted & (since <= 90)).sum() / old.sum(),
        "table": table.brought_customers.sum() / table.followed.sum(),
    }
    return right, {"of all": right["by hand"] * old.mean()}


def brought_in(seed: int) -> tuple[Ways, Ways]:
    now, then = (fs.summary(days(seed, with_them)) for with_them in (True, False))
    channels = fs.channels_table(days(seed))
    right = {
        "summaries": now.contribution - then.contribution,
        "channel": channels.contribution["referral"],
    }
    return right, {"revenue": now.revenue - then.revenue, "cost": -channels.cost["referral"]}


def anyway(seed: int) -> tuple[Ways, Ways]:
    left, rewards = (
        fs.channels_table(days(seed)).loc["referral", c] for c in ("contribution", "cost")
    )
    margin = 0.4 * fs.channels_table(days(seed)).revenue["referral"]
    right = {"left": 1 - rewards / (left + rewards), "margin": 1 - rewards / margin}
    return right, {"rewards": rewards / margin, "after": 1 - rewards / left}


WAYS: dict[str, Callable[[int], tuple[Ways, Ways]]] = {
    "07.1": score, "07.2": sampled, "07.3": so_far, "07.4": in_equal_time,
    "07.5": always(100 / 0.7, once=130, brought=30 / 0.7), "07.6": brought_in, "07.7": anyway,
}  # fmt: skip
