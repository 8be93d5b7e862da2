"""The funnel table: counts and rates by stage, and what customers went on to do after the sale."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from funnelsim.distributions import Floats
from funnelsim.journal import PROMOTER, REFERRED, UPSOLD, Journal, reasons
from funnelsim.metrics.basis import (
    Bools,
    a_journal,
    came_in,
    is_customer,
    ratio,
    since_warm_up,
)
from funnelsim.metrics.follow_up import response_times
from funnelsim.scenario.values import MEMBER, PROMOTES, REFERRAL, UPSELL

if TYPE_CHECKING:
    import pandas as pd


def funnel_table(journal: Journal) -> pd.DataFrame:
    """The funnel, a row per stage (the index) in order, and one per life stage after the goal.

    Columns, all counting leads:

    - `next_stage`: where those who advance go; the last row has none
    - `entered` = `advanced` + `lost` + `open`; everyone who enters the goal has reached it
    - `lost: <reason>`: the lost ones by reason
    - `conversion_rate_of_entered` = advanced ÷ entered; open leads count as not converted (yet)
    - `conversion_rate_of_decided` = advanced ÷ (advanced + lost); the better estimate of the
      conversion while leads are open. Both are NaN at the goal, and where no lead counts
    - `share_of_leads` = entered ÷ all leads
    - `direct`: came here first, not through the stage before; `re_entered`: were here before
    - `mean_days`, `median_days` in the stage, of those decided
    - `mean_response_days`: from entering to the start of the call that reached the lead

    A scenario's `life_stages` follow the goal. They are nested: a customer is in one when it has
    done by the horizon what the life stage names (ordered again, become a member, been a promoter,
    brought a lead that arrived, bought an upsell) and is in the one before. Nobody is lost or open
    there: who has not gone on may still do so. The goal's conversion_rate_of_entered is then the
    share that went on to the first of them (an upsold deal that has reached the goal is one of
    those who entered it).

    >>> from funnelsim import load, simulate
    >>> table = funnel_table(simulate(load("aida"), seed=1))
    >>> bool((table.entered == table.advanced + table.lost + table.open).all())
    True
    """
    import pandas as pd

    journal = a_journal(journal, "funnel_table")
    stages = [stage.name for stage in journal.scenario.stages]
    life = customers_by_life_stage(journal)
    rows = [*stages, *life]
    leads, visits, calls = since_warm_up(journal)
    last = visits.drop_duplicates(["lead", "stage"], keep="last")
    outcome = _counts(last["stage"], last["outcome"], rows)
    lost = last[last["outcome"] == "lost"]
    by_reason = _counts(lost["stage"], lost["reason"], rows)
    again = visits[visits["attempt"] > 0].drop_duplicates(["lead", "stage"])
    days = (visits["decided"] - visits["entered"]).groupby(visits["stage"], observed=False)
    waited = response_times(journal)[calls.index].groupby(calls["stage"], observed=False)

    table = pd.DataFrame(index=pd.Index(rows, name="stage"))
    table["next_stage"] = [*rows[1:], None]
    table["entered"] = outcome.sum(axis=1)
    for column in ("advanced", "lost", "open"):
        table[column] = outcome[column]
    for name, count in life.items():
        table.loc[name, ["entered", "advanced"]] = count
    for reason in reasons(journal.scenario):
        if by_reason[reason].any():
            table[f"lost: {reason}"] = by_reason[reason]
    table["conversion_rate_of_entered"] = _went_on(table, len(stages) - 1)
    decided = table["advanced"] + table["lost"]
    before_goal = np.arange(len(rows)) < len(stages) - 1
    table["conversion_rate_of_decided"] = ratio(table["advanced"], decided, before_goal)
    table["share_of_leads"] = ratio(table["entered"], len(leads))
    direct = _each(visits.drop_duplicates("lead")["stage"], rows)
    table["direct"] = direct.where(table.index != stages[0], 0)
    table["re_entered"] = _each(again["stage"], rows)
    table["mean_days"], table["median_days"] = days.mean(), days.median()
    table["mean_response_days"] = waited.mean()
    return table


def _counts(stage: pd.Series, what: pd.Series, rows: list[str]) -> pd.DataFrame:
    """How many there are of each, for every row; a column for every category."""
    counted = what.groupby([stage, what], observed=False).size().unstack()
    counted.index, counted.columns = list(counted.index), list(counted.columns)
    return counted.reindex(rows, columns=what.cat.categories, fill_value=0).astype("int64")


def _each(stage: pd.Series, rows: list[str]) -> pd.Series:
    count = stage.value_counts()
    count.index = list(count.index)
    return count.reindex(rows, fill_value=0).astype("int64")


def _went_on(table: pd.DataFrame, goal: int) -> Floats:
    """Advanced ÷ entered; from the goal on, the next row's customers ÷ this one's."""
    goes_on = table["advanced"].to_numpy(dtype=float)
    goes_on[goal:] = [*table["entered"].iloc[goal + 1 :], np.nan]
    return ratio(goes_on, table["entered"])


# --- after the goal -------------------------------------------------------------------------


def customers_by_life_stage(journal: Journal) -> dict[str, int]:
    """How many are in each life stage, of those who came in since the warm-up."""
    there = came_in(journal) & is_customer(journal)
    count = {}
    for name, what in journal.scenario.life_stages.items():
        there = there & _has_done(journal, what)
        count[name] = int(there.sum())
    return count


def _has_done(journal: Journal, what: str) -> Bools:
    """Which leads have done this by the horizon, as customers."""
    leads, orders = journal.whole["leads"], journal.whole["orders"]
    if what == MEMBER:
        found: Bools = leads["enrols"] == 1
        return found
    if what == REFERRAL:
        deals = leads["parent"][leads["kind"] == REFERRED]
    elif what == PROMOTES:
        deals = orders["lead"][orders["satisfaction"] == PROMOTER]
    elif what == UPSELL:
        deals = orders["lead"][leads["kind"][orders["lead"]] == UPSOLD]
    else:  # a repeat order
        deals = orders["lead"][journal.orders["number"] > 1]
    done = np.zeros(len(leads["key"]), dtype=bool)
    done[leads["customer"][deals]] = True
    return done
