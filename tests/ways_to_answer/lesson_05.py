"""Lesson 05: retention."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import numpy as np
import pandas as pd
from scipy import optimize, special

import funnelsim as fs
from funnelsim.exercises import lesson_05
from ways_to_answer.ways import Ways


def year(seed: int, *more: str) -> fs.Journal:
    return lesson_05._journal(seed, *more)


@lru_cache(1)
def fit(seed: int) -> fs.retention.ShiftedBetaGeometric:
    return fs.fit_retention(year(seed))


@lru_cache(1)
def members(seed: int) -> pd.DataFrame:
    """Orders of each member, and on which day the first was placed."""
    orders = year(seed).orders.groupby("customer").placed
    return pd.DataFrame({"orders": orders.size(), "first": orders.min()})


def crr(seed: int) -> tuple[Ways, Ways]:
    orders = year(seed).orders

    def active(day: float) -> set[int]:
        return set(orders.customer[(orders.placed >= day - 45) & (orders.placed < day)])

    begin, end = active(300), active(330)
    right = {
        "sets": len(begin & end) / len(begin),
        "table": fs.retention_by_period(year(seed), active_days=45).retention_rate[10],
        "rate": fs.cohorts.retention_rate(year(seed), 300, 330),
    }
    right["as a text"] = f"{100 * right['sets']:.1f} %"
    return right, {"grown": len(end) / len(begin), "churn": 1 - right["sets"]}


def first_renewal(seed: int) -> tuple[Ways, Ways]:
    m = members(seed)
    due = m[m["first"] + 30 < 360]
    right = {
        "members": (due.orders == 1).mean(),
        "fit": 1 - fit(seed).seen.survival[1],
    }
    return right, {"not due": (m.orders == 1).mean(), "renewed": (due.orders > 1).mean()}


def sixth_renewal(seed: int) -> tuple[Ways, Ways]:
    m = members(seed)
    due = m[m["first"] + 180 < 360]
    right = {
        "members": (due.orders > 6).sum() / (due.orders > 5).sum(),
        "fit": fit(seed).table(6).retention_seen[6],
    }
    return right, {
        "of all": (due.orders > 6).mean(),
        "not due": (due.orders > 6).sum() / (m.orders > 5).sum(),
    }


@lru_cache(1)
def by_hand(seed: int) -> tuple[float, float]:
    """Alpha and beta by a plain search, from each member's renewals."""
    m = members(seed)
    due = np.ceil((360 - m["first"]) / 30 - 1e-9) - 1
    t = (m.orders - 1).to_numpy()
    stays = (m.orders - 1 >= due).to_numpy()

    def lack(logs: np.ndarray) -> float:
        alpha, beta = np.exp(logs)
        stayed, left = special.betaln(alpha, beta + t), special.betaln(alpha + 1, beta + t)
        return len(t) * special.betaln(alpha, beta) - np.where(stays, stayed, left).sum()

    options = {"xatol": 1e-8, "fatol": 1e-10, "maxiter": 5_000}
    found = optimize.minimize(lack, [0.0, 1.0], method="Nelder-Mead", options=options)
    assert found.success
    return tuple(np.exp(found.x))


def after_two_years(seed: int) -> tuple[Ways, Ways]:
    alpha, beta = by_hand(seed)
    t = np.arange(1, 25)
    right = {
        "fit": fit(seed).survival(24),
        "product": np.prod((beta + t - 1) / (alpha + beta + t - 1)),
    }
    churn = first_renewal(seed)[0]["members"]
    return right, {"carried on": (1 - churn) ** 24, "23": right["product"] / (1 - churn) ** 2}


def worth(seed: int) -> tuple[Ways, Ways]:
    alpha, beta = by_hand(seed)
    t = np.arange(20_000)
    survival = np.exp(special.betaln(alpha, beta + t) - special.betaln(alpha, beta))
    right = {
        "fit": fit(seed).lifetime_value(12, 0.01),
        "sum": 12 * (survival / 1.01**t).sum(),
    }
    churn = first_renewal(seed)[0]["members"]
    return right, {"margin ÷ churn": 12 / churn, "what they pay": right["sum"] / 0.6}


def five_points(seed: int) -> tuple[Ways, Ways]:
    now, more = year(seed), year(seed, "more")
    orders = len(more.orders) - len(now.orders)
    change = fs.summary(more) - fs.summary(now)
    right = {"summaries": change.contribution, "orders": 12 * orders}
    right["as a text"] = f"{change.contribution:,.0f} EUR"
    return right, {"revenue": change.revenue, "orders": orders}


WAYS: dict[str, Callable[[int], tuple[Ways, Ways]]] = {
    "05.1": crr, "05.2": first_renewal, "05.3": sixth_renewal, "05.4": after_two_years,
    "05.5": worth, "05.6": five_points,
}  # fmt: skip
