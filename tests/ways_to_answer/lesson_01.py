"""Lesson 01: reading a funnel."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

import funnelsim as fs
from funnelsim.exercises.lesson_01 import CHAIN
from funnelsim.exercises.workshop import journal_of, pottery
from ways_to_answer.ways import Ways


def workshop(seed: int) -> fs.Journal:
    return journal_of(seed)


def chain(seed: int) -> fs.Journal:
    return journal_of(seed, *CHAIN.items())


def in_stage(seed: int, stage: str) -> pd.DataFrame:
    visits = workshop(seed).stage_visits
    return visits[visits.stage == stage]


def rate(seed: int) -> tuple[Ways, Ways]:
    table, outcome = fs.funnel_table(workshop(seed)), in_stage(seed, "Interest").outcome
    right = {
        "table": table.advanced["Interest"] / table.entered["Interest"],
        "visits": (outcome == "advanced").mean(),
        "next stage": len(in_stage(seed, "Desire")) / len(outcome),
    }
    wrong = {
        "of decided": (outcome[outcome != "open"] == "advanced").mean(),
        "of all leads": (outcome == "advanced").sum() / len(workshop(seed).leads),
        "who advanced or is open": (outcome != "lost").mean(),
    }
    return right, wrong


def weakest(seed: int) -> tuple[Ways, Ways]:
    visits = workshop(seed).stage_visits.query("stage != 'Action'")
    rates = (visits.outcome == "advanced").groupby(visits.stage, observed=True).mean()
    return {"visits": rates.idxmin(), "a row": rates.nsmallest(1).index}, {"best": rates.idxmax()}


def overall(seed: int) -> tuple[Ways, Ways]:
    outcome = workshop(seed).leads.outcome
    figures, table = fs.summary(workshop(seed)), fs.funnel_table(workshop(seed))
    right = {
        "leads": (outcome == "customer").mean(),
        "product": table.conversion_rate_of_entered.dropna().prod(),
        "summary": figures.overall_conversion,
    }
    wrong = {"of decided": (outcome[outcome != "open"] == "customer").mean()}
    return right, wrong


def of_decided(seed: int) -> tuple[Ways, Ways]:
    outcome = in_stage(seed, "Desire").outcome
    right = {"visits": (outcome[outcome != "open"] == "advanced").mean()}
    wrong = {
        "of entered": (outcome == "advanced").mean(),
        "odds": (outcome == "advanced").sum() / (outcome == "lost").sum(),
    }
    return right, wrong


def leads_needed(seed: int) -> tuple[Ways, Ways]:
    share = (workshop(seed).leads.outcome == "customer").mean()
    right = {"exact": 50 / share, "whole": np.ceil(50 / share), "rounded": 50 / round(share, 3)}
    return right, {"times": 50 * share, "percent": 0.5 / share, "last": 50 / of_last(seed)}


def of_last(seed: int) -> float:
    return float((in_stage(seed, "Desire").outcome == "advanced").mean())


def half(seed: int) -> tuple[Ways, Ways]:
    visits = in_stage(seed, "Desire")
    days, waited = visits.decided - visits.entered, visits.decided.fillna(60) - visits.entered
    longer = fs.simulate(pottery().vary({"horizon": "160 days"}), seed=seed, progress=False)
    same = longer.stage_visits.query("stage == 'Desire' and entered < 60")
    right = {
        "Kaplan-Meier": kaplan_meier(waited.to_numpy(), days.notna().to_numpy()),
        "watched on": (same.decided - same.entered).median(),
        "who came early": days[visits.entered < 30].fillna(np.inf).median(),
        "of the scenario": 8 / np.sqrt(2),  # lognormal with mean 8 and cv 1
    }
    wrong = {"of decided": days.median(), "until now": waited.median(), "mean": days.mean()}
    return right, wrong


def kaplan_meier(waited: np.ndarray, has_decided: np.ndarray) -> float:
    """Step by step, as in a textbook: at each decision 1/n of those at risk leave."""
    left = 1.0
    for moment in np.sort(waited[has_decided]):
        left *= 1 - 1 / (waited >= moment).sum()
        if left <= 0.5:
            return float(moment)
    raise AssertionError("half of them never decide")


def raised(seed: int) -> tuple[Ways, Ways]:
    after = pottery().vary({"stages.Desire.conversion": 0.5})
    today = fs.summary(workshop(seed)).customers
    both = fs.compare({"today": pottery(), "after": after}, 2, seed=seed, progress=False).table
    right = {
        "summaries": fs.summary(fs.simulate(after, seed=seed, progress=False)).customers - today,
        "compare": both.customers["after", 0] - both.customers["today", 0],
    }
    return right, {"both": today + right["compare"], "shrinks": -right["compare"]}


def own_seed(seed: int) -> tuple[Ways, Ways]:
    leads = chain(seed).leads
    bought, friends = leads.outcome == "customer", leads.channel == "recommendation"
    ended = leads.outcome != "open"
    exact = bought[friends].mean()
    right = {
        "leads": exact,
        "three digits": round(exact, 3),
        "channels": fs.channels_table(chain(seed)).overall_conversion["recommendation"],
        "percent": f"{exact:.1%}",
    }
    wrong = {
        "of decided": bought[friends & ended].mean(),
        "all": bought.mean(),
        "all decided": bought[ended].mean(),
        "ads": bought[~friends].mean(),
        "of customers": friends[bought].mean(),
    }
    return right, wrong | {f"{name}, rounded": round(wrong[name], 3) for name in wrong}


WAYS: dict[str, Callable[[int], tuple[Ways, Ways]]] = {
    "01.1": rate, "01.2": weakest, "01.3": overall, "01.4": of_decided, "01.5": leads_needed,
    "01.6": half, "01.7": raised, "01.8": own_seed,
}  # fmt: skip
