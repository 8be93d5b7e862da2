"""Lesson 14: short and long funnels."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd

import funnelsim as fs
from funnelsim.exercises import lesson_14
from ways_to_answer.ways import Ways, always


def year(seed: int, asks: bool = True) -> fs.Journal:
    return lesson_14.journal_of(seed, *(() if asks else (lesson_14.WITHOUT,)))


def told_in_one(seed: int) -> tuple[Ways, Ways]:
    leads, table = year(seed).leads, fs.funnel_table(year(seed))
    came = leads[leads.entered_Demonstration.notna()]
    right = {
        "leads": (came.outcome == "customer").mean(),
        "sales": came.entered_Sale.notna().sum() / table.entered["Demonstration"],
    }
    right["as a text"] = f"{100 * right['leads']:.2f} %"
    return right, {
        "bars": table.entered["Sale"] / table.entered["Demonstration"],
        "rates": table.conversion_rate_of_decided[["Demonstration", "Offer"]].prod(),
    }


def days(seed: int) -> tuple[Ways, Ways]:
    leads, table = year(seed).leads, fs.funnel_table(year(seed))
    took = (leads.entered_Sale - leads.arrived)[leads.kind == "new"].dropna()
    right = {"median": took.median(), "quantile": pd.Series(sorted(took)).quantile(0.5)}
    right["as a text"] = f"{right['median']:.1f} days"
    return right, {"added": table.median_days[:3].sum(), "mean": took.mean()}


def at_the_offer(seed: int) -> pd.DataFrame:
    return fs.funnel_by(year(seed), "kind").xs("Offer", level="stage")


def offers(seed: int) -> tuple[Ways, Ways]:
    of, table = at_the_offer(seed), fs.funnel_table(year(seed))
    right = {"by kind": of.conversion_rate_of_decided["new"]}
    right["counts"] = of.advanced["new"] / of.decided["new"]
    return right, {
        "all": table.conversion_rate_of_decided["Offer"],
        "upsells": of.conversion_rate_of_decided["upsell"],
    }


def how_sure(seed: int) -> tuple[Ways, Ways]:
    of = at_the_offer(seed).loc["new"]
    p, n = of.conversion_rate_of_decided, of.decided
    right = {"month": 100 * (p * (1 - p) / (n / 12)) ** 0.5}
    right["rounded"] = round(right["month"], 1)
    right["30 days of 365"] = 100 * (p * (1 - p) / (n * 30.42 / 365)) ** 0.5
    return right, {"year": 100 * (p * (1 - p) / n) ** 0.5}


def profit(seed: int) -> tuple[Ways, Ways]:
    asks, never = fs.summary(year(seed)), fs.summary(year(seed, False))
    right = {"summaries": asks.profit - never.profit}
    right["as a text"] = f"{right['summaries']:,.0f} EUR"
    return right, {"revenue": asks.revenue - never.revenue, "whole": asks.profit}


WAYS: dict[str, Callable[[int], tuple[Ways, Ways]]] = {
    "14.1": always(0.08 ** (1 / 3), divided=0.08 / 3, lost=1 - 0.08 ** (1 / 3)),
    "14.2": told_in_one,
    "14.3": days,
    "14.4": offers,
    "14.5": how_sure,
    "14.6": profit,
}
