"""Lesson 10: orders and returns."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import pandas as pd

import funnelsim as fs
from funnelsim.exercises import lesson_10
from ways_to_answer.ways import Ways, always

CASH = "cash on delivery"
BAD = ["cancelled", "refused", "returned"]


@cache
def orders_of(seed: int, days: int = 70) -> pd.DataFrame:
    return lesson_10.journal_of(seed, days).orders


def kept(orders: pd.DataFrame) -> pd.Series:
    return (orders.status == "delivered") & orders.closed.notna()


def at_the_door(seed: int) -> tuple[Ways, Ways]:
    cash = orders_of(seed).query("payment == @CASH")
    count = cash.status.value_counts()
    there = lesson_10.journal_of(seed).statuses.query("status in ['delivered', 'refused']")
    right = {
        "counted": count["refused"] / (count["refused"] + count["delivered"] + count["returned"]),
        "statuses": count["refused"] / there.order.isin(cash.order).sum(),
    }
    table = fs.order_rates(lesson_10.journal_of(seed)).loc[CASH]
    right["as a text"] = f"{100 * right['counted']:.4f} %"
    return right, {
        "of placed": count["refused"] / len(cash),
        "of closed": table.refused / (table.placed - table.open),
        "taken": 1 - right["counted"],
    }


def net(seed: int) -> tuple[Ways, Ways]:
    orders = orders_of(seed)
    old = orders[orders.placed < 35]
    right = {
        "kept": old.paid[kept(old)].sum() / old.paid.sum(),
        "not lost": 1 - old.paid[old.status.isin(BAD)].sum() / old.paid.sum(),
    }
    table = fs.order_rates(lesson_10.journal_of(seed), by=35).iloc[0]
    right["table"] = table.net_of_gross
    figures = fs.summary(lesson_10.journal_of(seed))
    return right, {
        "all": figures.net_of_gross,
        "orders": kept(old).mean(),
        "lost": 1 - right["kept"],
    }


def more(seed: int) -> tuple[Ways, Ways]:
    orders = orders_of(seed)
    old = orders[orders.placed < 35]

    def gap(of: pd.DataFrame) -> float:
        mean = of.groupby("payment", observed=False).contribution.mean()
        return mean["prepaid"] - mean[CASH]

    right = {"means": gap(old)}
    right["as a text"] = f"{right['means']:.2f} EUR"
    return right, {"kept": gap(old[kept(old)]), "all": gap(orders), "turned": -right["means"]}


def returned(seed: int) -> tuple[Ways, Ways]:
    orders, journal = orders_of(seed), lesson_10.journal_of(seed)
    came_back = orders.status == "returned"
    rates = fs.order_rates(journal)
    right = {
        "curve": fs.orders_by_age(journal).returned.iloc[-1],
        "rates": (rates.return_rate * rates.placed).sum() / rates.placed.sum(),
        "old": came_back[orders.placed < 35].mean(),
        "older": came_back[orders.placed < 28].mean(),
        "in six weeks": (orders_of(seed, 110).query("placed < 70").status == "returned").mean(),
        "scenario": 0.5 * 0.96 * 0.2 + 0.5 * 0.8 * 0.75 * 0.1,
    }
    return right, {"today": came_back.mean(), "closed": came_back[orders.closed.notna()].mean()}


def left(seed: int) -> tuple[Ways, Ways]:
    orders, journal = orders_of(seed), lesson_10.journal_of(seed)
    last, old = orders[orders.placed >= 56], orders[orders.placed < 35]
    by_method = fs.order_rates(journal).kept_rate
    today = fs.order_rates(journal, by=14).iloc[-1]
    later = orders_of(seed, 110).query("56 <= placed < 70")
    right = {
        "rates": today.expected_revenue,
        "by method": sum(
            last.paid[last.payment == name].sum() * by_method[name] for name in by_method.index
        ),
        "old": last.paid.sum() * kept(old).mean(),
        "net of the old": last.paid.sum() * old.paid[kept(old)].sum() / old.paid.sum(),
        "watched on": later.paid[kept(later)].sum(),
    }
    right["as a text"] = f"{right['rates']:,.0f} EUR"
    return right, {"today": today.revenue, "gross": last.paid.sum()}


WAYS: dict[str, Callable[[int], tuple[Ways, Ways]]] = {
    "10.1": always(0.8 * 0.75 * 0.9, added=1 - 0.2 - 0.25 - 0.1, not_kept=1 - 0.8 * 0.75 * 0.9),
    "10.2": at_the_door,
    "10.3": net,
    "10.4": more,
    "10.5": returned,
    "10.6": left,
}
