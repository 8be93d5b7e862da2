"""Lesson 09: the pipeline view."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import pandas as pd

import funnelsim as fs
from funnelsim.exercises import lesson_09
from ways_to_answer.ways import Ways

DAY = 240
OWN = {"Lead": 0.05, "Qualified": 0.2, "Meeting": 0.45, "Proposal": 0.7}


@cache
def deals_of(seed: int) -> pd.DataFrame:
    return fs.open_deals(lesson_09.journal_of(seed), day=DAY)


@cache
def board_of(seed: int) -> pd.DataFrame:
    return fs.pipeline_board(lesson_09.journal_of(seed), day=DAY)


@cache
def stage_then(seed: int) -> pd.DataFrame:
    """The leads open on the day by their own table, with the last stage that they had entered."""
    leads = lesson_09.journal_of(seed).leads
    here = leads[(leads.arrived <= DAY) & ~(leads.decided <= DAY)]
    entered = here[[f"entered_{stage}" for stage in OWN]]
    stage = (entered <= DAY).sum(axis=1).map(dict(enumerate(OWN, 1)))
    since = entered.where(entered <= DAY).max(axis=1)
    return here.assign(stage=stage, days=DAY - since)


def counted(seed: int) -> tuple[Ways, Ways]:
    leads = lesson_09.journal_of(seed).leads
    right = {
        "deals": len(deals_of(seed)),
        "board": board_of(seed).deals.sum(),
        "leads": len(stage_then(seed)),
    }
    right["as a text"] = f"{right['deals']} deals"
    return right, {
        "at the end": (leads.outcome == "open").sum(),
        "came": (leads.arrived <= DAY).sum(),
    }


def firms(seed: int) -> tuple[Ways, Ways]:
    journal, here = lesson_09.journal_of(seed), stage_then(seed)
    board = board_of(seed)
    right = {
        "own": fs.weighted_forecast(journal, day=DAY, own=OWN),
        "board": (board.value * pd.Series(OWN)).sum(),
        "leads": (here.deal_value * here.stage.map(OWN)).sum(),
    }
    right["as a text"] = f"{right['own']:,.0f} EUR"
    return right, {
        "value": board.value.sum(),
        "mean": board.value.sum() * 0.35,
        "history": board.weighted_value.sum(),
    }


def by_age(seed: int) -> tuple[Ways, Ways]:
    journal, deals, table = lesson_09.journal_of(seed), deals_of(seed), board_of(seed)
    right = {
        "forecast": fs.weighted_forecast(journal, day=DAY),
        "deals": (deals.value * deals.win_probability).sum(),
        "board": table.weighted_value.sum(),
    }
    by_stage = fs.win_probabilities(journal, day=DAY)
    return right, {
        "own": (table.value * pd.Series(OWN)).sum(),
        "stage": (table.value * by_stage).sum(),
        "future": (table.value * fs.win_probabilities(journal)).sum(),
    }


def came(seed: int) -> tuple[Ways, Ways]:
    journal, deals, here = lesson_09.journal_of(seed), deals_of(seed), stage_then(seed)
    orders = journal.orders
    right = {
        "deals": deals.value[
            deals.lead.isin(journal.leads.lead[journal.leads.outcome == "customer"])
        ].sum(),
        "leads": here.deal_value[here.outcome == "customer"].sum(),
        "paid": orders.paid[orders.lead.isin(deals.lead)].sum(),
    }
    return right, {
        "all since": orders.paid[orders.placed > DAY].sum(),
        "worth": deals.value.sum(),
    }


def stale(seed: int) -> tuple[Ways, Ways]:
    journal, deals, here = lesson_09.journal_of(seed), deals_of(seed), stage_then(seed)
    proposals = deals[deals.stage == "Proposal"]
    leads = journal.leads
    took = (leads.entered_Won - leads.entered_Proposal)[leads.entered_Won <= DAY]
    right = {
        "column": proposals.stale.sum(),
        "board": board_of(seed).stale["Proposal"],
        "by hand": ((here.stage == "Proposal") & (here.days > took.quantile(0.9))).sum(),
    }
    return right, {
        "open": len(proposals),
        "oldest": (proposals.days_in_stage > proposals.days_in_stage.quantile(0.9)).sum(),
        "all stages": board_of(seed).stale.sum(),
    }


def changed(seed: int) -> tuple[Ways, Ways]:
    journal = lesson_09.journal_of(seed)
    c, leads = fs.pipeline_changes(journal, day=DAY, days=28).value, journal.leads
    then, now = (
        leads.deal_value[(leads.arrived <= day) & ~(leads.decided <= day)].sum()
        for day in (DAY - 28, DAY)
    )
    right = {
        "table": c.now - c.then,
        "flows": c.new - c.won - c.lost,
        "leads": now - then,
        "boards": board_of(seed).value.sum() - then,
    }
    right["as a text"] = f"{right['table']:,.0f} EUR"
    return right, {"turned": c.then - c.now, "new": c.new, "won forgotten": c.new - c.lost}


def credit(seed: int) -> tuple[Ways, Ways]:
    journal = lesson_09.journal_of(seed)
    reps, leads = fs.reps_table(journal), journal.leads
    paid = journal.orders.groupby("lead").paid.sum()
    mine = leads[(leads.arrived >= 60) & leads.owner.notna()].set_index("lead")
    by = paid.reindex(mine.index).fillna(0.0).groupby(mine.owner.astype(str)).sum()
    right = {
        "table": reps.revenue["inside sales 1"] / reps.revenue.sum(),
        "of closed": reps.revenue["inside sales 1"] / reps.revenue_closed.sum(),
        "orders": by["inside sales 1"] / by.sum(),
    }
    right["as a text"] = f"{100 * right['table']:.2f} %"
    return right, {
        "twice": reps.revenue["inside sales 1"] / (reps.revenue + reps.revenue_closed).sum(),
        "customers": reps.customers["inside sales 1"] / reps.customers.sum(),
    }


WAYS: dict[str, Callable[[int], tuple[Ways, Ways]]] = {
    "09.1": counted,
    "09.2": firms,
    "09.3": by_age,
    "09.4": came,
    "09.5": stale,
    "09.6": changed,
    "09.7": credit,
}
