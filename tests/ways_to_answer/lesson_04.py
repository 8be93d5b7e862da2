"""Lesson 04: lost, and some come back."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import pandas as pd

import funnelsim as fs
from funnelsim.exercises import lesson_04
from ways_to_answer.ways import Ways


def half_year(seed: int) -> fs.Journal:
    return lesson_04._journal(seed)


@cache
def more(seed: int, probability: float = 0.28) -> pd.Series:
    """With the messages, less without them."""
    recovery = {"probability": probability, "delay": {"constant": "3 days"}}
    silent = half_year(seed).scenario.vary({"stages.Desire.recovery": recovery})
    without = fs.simulate(silent, seed=seed, progress=False)
    return fs.summary(half_year(seed)) - fs.summary(without)


def buyers(seed: int, anyway: bool | None = None) -> set[int]:
    """Who came back after a message and bought: all, or by whether they would have anyway."""
    mails, leads = half_year(seed).messages, half_year(seed).leads
    back = mails[mails.accepted & (True if anyway is None else mails.anyway == anyway)].lead
    return set(back[(leads.outcome == "customer").to_numpy()[back]])


def there_anyway(seed: int) -> tuple[Ways, Ways]:
    mails = half_year(seed).messages
    right = {
        "messages": mails.anyway.sum() / mails.accepted.sum(),
        "of those": mails[mails.accepted].anyway.mean(),
    }
    return right, {"of all": mails.anyway.mean(), "because": 1 - right["of those"]}


def won(seed: int) -> tuple[Ways, Ways]:
    right = {
        "because": len(buyers(seed, anyway=False)),
        "summaries": more(seed)["customers"],
    }
    right["as a text"] = f"{right['because']} customers"
    return right, {"all": len(buyers(seed)), "nobody returns": more(seed, 0.0)["customers"]}


def given_away(seed: int) -> tuple[Ways, Ways]:
    orders = half_year(seed).orders
    of = {who: orders[orders.lead.isin(buyers(seed, who))].discount.sum() for who in (True, None)}
    table = fs.recoveries(half_year(seed))
    right = {"orders": of[True], "table": table.discount_anyway.sum()}
    return right, {"all": of[None]}


def changed(seed: int) -> tuple[Ways, Ways]:
    orders, mails = half_year(seed).orders, half_year(seed).messages
    left = orders[orders.customer.isin(buyers(seed, anyway=False))].contribution.sum()
    given = given_away(seed)[0]["orders"]
    right = {
        "summaries": more(seed)["contribution"],
        "by hand": left - given - 0.5 * len(mails),
    }
    right["as a text"] = f"{right['by hand']:,.2f} €"
    return right, {
        "nobody returns": more(seed, 0.0)["contribution"],
        "all": orders[orders.customer.isin(buyers(seed))].contribution.sum() - 0.5 * len(mails),
        "revenue": more(seed)["revenue"],
    }


def worth_of_a_message(seed: int) -> tuple[Ways, Ways]:
    effect, count = changed(seed)[0]["by hand"], len(half_year(seed).messages)
    right = {"of the effect": effect / count + 0.5}
    return right, {"left": effect / count, "all together": effect + 0.5 * count}


WAYS: dict[str, Callable[[int], tuple[Ways, Ways]]] = {
    "04.1": there_anyway, "04.2": won, "04.3": given_away, "04.4": changed,
    "04.5": worth_of_a_message,
}  # fmt: skip
