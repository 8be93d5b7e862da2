"""The deals that are open on the export date: where each stands, and since when."""

from __future__ import annotations

import pandas as pd

from funnelsim.deals import NOT_STATED, Deals
from funnelsim.state import State

DAY = pd.Timedelta(days=1)


def state_today(deals: Deals, stages: pd.DataFrame) -> State:
    """The state at the end of the export: its open deals, with age, value, channel and owner.

    Where the export marks no losses, most of the old ones have been lost silently: only those count
    that are younger than the stage's cut-off, as in the estimate of the conversion. Customers are
    left out: the scenario of a calibration knows of no second order.
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
    if not deals.losses_marked:
        young = table["days_in_stage"] < table["stage"].map(stages["cut_off_days"]).astype(float)
        table = table[young]
    return State(deals=table.reset_index(drop=True))
