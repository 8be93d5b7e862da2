"""How students answer the exercises: by every right method, and by mistakes that are made.

Worked out here anew, from what the notebooks state and the public functions, a plain simulation in
NumPy or SciPy's distributions, and not by what the check knows. Each takes a seed: of the question's
simulation, or of the student's own.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

import funnelsim as fs
from funnelsim.exercises.lesson_01 import CHAIN
from funnelsim.exercises.lesson_03 import to_order
from funnelsim.exercises.lesson_06 import card
from funnelsim.exercises.workshop import pottery

Answers = dict[str, Any]
SEASONS = 1_000

# --- the worlds -----------------------------------------------------------------------------------


@lru_cache(8)
def workshop(seed: int) -> Any:
    return fs.simulate(pottery(), seed=seed, progress=False)


@lru_cache(8)
def calls(seed: int, reps: int = 2) -> Any:
    scenario = to_order().vary({"teams.sales.reps": reps})
    return fs.simulate(scenario, seed=seed, progress=False)


@lru_cache(4)
def year(seed: int, with_card: bool = True) -> Any:
    scenario = card() if with_card else card().vary({"loyalty": None})
    return fs.simulate(scenario, seed=seed, progress=False)


def in_stage(seed: int, stage: str) -> pd.DataFrame:
    visits = workshop(seed).stage_visits
    return visits[visits.stage == stage]


# --- 01 -------------------------------------------------------------------------------------------


def rates(seed: int) -> Answers:
    visits = in_stage(seed, "Interest")
    table = fs.funnel_table(workshop(seed))
    return {
        "table": table.advanced["Interest"] / table.entered["Interest"],
        "visits": (visits.outcome == "advanced").mean(),
    }


def rates_wrong(seed: int) -> Answers:
    visits = in_stage(seed, "Interest")
    return {
        "of decided": (visits.outcome[visits.decided.notna()] == "advanced").mean(),
        "of all leads": (visits.outcome == "advanced").sum() / len(workshop(seed).leads),
    }


def overall(seed: int) -> Answers:
    table = fs.funnel_table(workshop(seed))
    return {
        "leads": (workshop(seed).leads.outcome == "customer").mean(),
        "product": table.conversion_rate_of_entered.dropna().prod(),
        "summary": fs.summary(workshop(seed)).customers / fs.summary(workshop(seed)).leads,
    }


def overall_wrong(seed: int) -> Answers:
    leads = workshop(seed).leads
    ended = leads.outcome != "open"
    return {"of decided": (leads.outcome[ended] == "customer").mean()}


def decided(seed: int) -> Answers:
    visits = in_stage(seed, "Desire").dropna(subset="decided")
    return {"visits": (visits.outcome == "advanced").mean()}


def decided_wrong(seed: int) -> Answers:
    return {"of entered": (in_stage(seed, "Desire").outcome == "advanced").mean()}


def leads_needed(seed: int) -> Answers:
    share = (workshop(seed).leads.outcome == "customer").mean()
    return {
        "exact": 50 / share,
        "whole": np.ceil(50 / share),
        "rounded share": 50 / round(share, 3),
    }


def leads_needed_wrong(seed: int) -> Answers:
    share = (workshop(seed).leads.outcome == "customer").mean()
    return {"times": 50 * share, "percent": 0.5 / share}


def half(seed: int) -> Answers:
    visits = in_stage(seed, "Desire")
    days = visits.decided - visits.entered
    longer = fs.simulate(pottery().vary({"horizon": "160 days"}), seed=seed, progress=False)
    same = longer.stage_visits.query("stage == 'Desire' and entered < 60")
    survived = stats.ecdf(
        stats.CensoredData.right_censored(days.fillna(60 - visits.entered), days.isna())
    ).sf
    early = visits.entered < 30
    return {
        "Kaplan-Meier": survived.quantiles[np.argmax(survived.probabilities <= 0.5)],
        "watched on": (same.decided - same.entered).median(),
        "who came early": days[early].fillna(np.inf).median(),
        "of the scenario": 8 / np.sqrt(2),  # lognormal, cv 1
    }


def half_wrong(seed: int) -> Answers:
    visits = in_stage(seed, "Desire")
    days = visits.decided - visits.entered
    return {
        "of decided": days.median(),
        "open until now": days.fillna(60 - visits.entered).median(),
        "mean": days.mean(),
    }


def raised(seed: int) -> Answers:
    after = pottery().vary({"stages.Desire.conversion": 0.5})
    both = fs.compare({"a": pottery(), "b": after}, 1, seed=seed, progress=False).table
    more = fs.summary(fs.simulate(after, seed=seed, progress=False)).customers
    return {
        "summaries": more - fs.summary(workshop(seed)).customers,
        "compare": both.customers["b"].iloc[0] - both.customers["a"].iloc[0],
    }


def own_seed(seed: int) -> Answers:
    leads = chain(seed)
    friends = leads[leads.channel == "recommendation"]
    groups = fs.funnel_by(chain_journal(seed), "channel")
    return {
        "leads": (friends.outcome == "customer").mean(),
        "three digits": round((friends.outcome == "customer").mean(), 3),
        "groups": groups,
    }
