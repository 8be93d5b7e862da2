"""Lesson 06: loyalty programmes."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd

import funnelsim as fs
from funnelsim.exercises import lesson_06
from ways_to_answer.ways import Ways


def year(seed: int, with_card: bool = True) -> fs.Journal:
    return lesson_06._journal(seed, *(() if with_card else (lesson_06.WITHOUT,)))


def revenue_by_key(seed: int, with_card: bool = True) -> pd.DataFrame:
    journal = year(seed, with_card)
    table = fs.customer_lifetime_value(journal)
    return table.set_index(journal.leads.loc[table.index, "key"].to_numpy())


def members(seed: int) -> tuple[Ways, Ways]:
    table, orders = fs.customer_lifetime_value(year(seed)), year(seed).orders
    mean = table.groupby("member").revenue.mean()
    paid = orders.paid.groupby(orders.tier.notna()).sum() / table.member.value_counts()
    right = {"means": mean[True] - mean[False], "orders": paid[True] - paid[False]}
    return right, {"one": mean[True], "all": paid[True] * table.member.mean() - paid[False]}


def with_and_without(seed: int, figure: str) -> float:
    return fs.summary(year(seed))[figure] - fs.summary(year(seed, False))[figure]


def revenue(seed: int) -> tuple[Ways, Ways]:
    right = {
        "summaries": with_and_without(seed, "revenue"),
        "orders": year(seed).orders.paid.sum() - year(seed, False).orders.paid.sum(),
    }
    right["as a text"] = f"{right['orders']:,.0f}"
    gap = members(seed)[0]["means"]
    count = fs.customer_lifetime_value(year(seed)).member.sum()
    return right, {"members less others": gap * count, "each": with_and_without(seed, "arpu")}


def anyway(seed: int) -> tuple[Ways, Ways]:
    now, then = revenue_by_key(seed), revenue_by_key(seed, False).revenue
    who, others = now.index[now.member], now.index[~now.member]
    gap = now.revenue[who].mean() - now.revenue[others].mean()
    without = then.reindex(who).mean()
    right = {
        "members without it": (without - now.revenue[others].mean()) / gap,
        "the gap without it": (without - then.reindex(others).mean()) / gap,
        "what it made": 1 - (now.revenue[who].mean() - without) / gap,
    }
    return right, {"made": (now.revenue[who].mean() - without) / gap, "all": without / gap}


def contribution(seed: int) -> tuple[Ways, Ways]:
    right = {"summaries": with_and_without(seed, "contribution")}
    return right, {
        "revenue": with_and_without(seed, "revenue"),
        "no cost a day": right["summaries"] + 730,
    }


def points_of(seed: int) -> pd.Series:
    return year(seed).points.groupby("kind", observed=False).points.sum()


def breakage(seed: int) -> tuple[Ways, Ways]:
    points, count = year(seed).points, points_of(seed)
    old = points.points[(points.kind == "earned") & (points.time < 185)].sum()
    right = {"points": count["expired"] / old, "summary": fs.summary(year(seed)).breakage}
    return right, {"of all": count["expired"] / count["earned"], "others": 1 - right["points"]}


def owed(seed: int) -> tuple[Ways, Ways]:
    count = points_of(seed)
    still_open = count["earned"] - count["redeemed"] - count["expired"]
    right = {"sum": 0.05 * still_open, "liability": fs.points_liability(year(seed))}
    right["as a text"] = f"{right['sum']:,.2f} €"
    return right, {"points": still_open, "with the expired": right["sum"] + 0.05 * count["expired"]}


WAYS: dict[str, Callable[[int], tuple[Ways, Ways]]] = {
    "06.1": members, "06.2": revenue, "06.3": anyway, "06.4": contribution, "06.5": breakage,
    "06.6": owed,
}  # fmt: skip
