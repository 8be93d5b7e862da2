"""The deals that are open on the export date: where each stands, and since when."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from funnelsim.calibration.stages import StageFit
from funnelsim.deals import NOT_STATED, Deals
from funnelsim.state import State

DAY = pd.Timedelta(days=1)
WORTHLESS = 0.005  # of the wins expected: so little all those left out may bring


def state_today(deals: Deals, fits: Sequence[StageFit]) -> State:
    """The state at the end of the export: its open deals, with age, value, channel and owner.

    What each is worth follows from its age and the two fates of its stage, in the simulation. Where
    the export marks no losses, nearly all of the old ones have been lost long ago: those that
    together would bring less than half a per cent of the wins are left out. Customers are left out:
    the scenario of a calibration knows of no second order.
    """
    before_goal = deals.stages[:-1]
    is_open = (deals.leads["outcome"] == "open") & deals.entered[deals.stages[-1]].isna()
    entered = deals.entered.loc[is_open, before_goal]
    # a skipped stage has the time of the next: so the last one with a time is where it stands
    stage = entered.notna().iloc[:, ::-1].idxmax(axis=1)
    since = entered.max(axis=1)
    leads = deals.leads.loc[is_open]
    table = pd.DataFrame(
        {
            "stage": stage,
            "days_in_stage": ((deals.export_date - since) / DAY).clip(lower=0.0),
            "value": leads["value"],
            "channel": leads["channel"].where(leads["channel"] != NOT_STATED),
            "owner": leads["owner"],
        }
    )
    if not deals.losses_marked and len(table):
        worth = chance_to_win(table, fits).sort_values()
        table = table[(worth.cumsum() > WORTHLESS * worth.sum()).reindex(table.index)]
    return State(deals=table.reset_index(drop=True))


def chance_to_win(deals: pd.DataFrame, fits: Sequence[StageFit]) -> pd.Series:
    """How likely each open deal is won some day, by its stage and the days it has been there."""
    chance, onward = pd.Series(0.0, index=deals.index), 1.0
    for stage in reversed(fits):
        here = deals["stage"] == stage.name
        ages = deals.loc[here, "days_in_stage"].to_numpy(float)
        chance[here] = stage.fates.will_advance(ages) * onward
        onward *= stage.fates.p
    return chance
