"""The deals of an export as they stood on an earlier day: what came later has not happened.

What a CRM does not date cannot be taken back: a deal's value, its channel and owner stand as they
are today, and a win or a loss without a date counts as soon as the deal's last dated step is past.
"""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from funnelsim.deals.record import Deals
from funnelsim.errors import FunnelSimError
from funnelsim.reading import read_moment


def as_of(deals: Deals, day: object) -> Deals:
    """See `Deals.as_of`."""
    stand = read_moment(day, "day", deals.told.get("dayfirst"), deals.told.get("yearfirst"))
    if stand == stand.normalize():  # a date means the end of that day
        stand += pd.Timedelta(days=1) - pd.Timedelta(seconds=1)
    if stand >= deals.export_date:
        return deals
    created = deals.entered.iloc[:, 0]
    there = created <= stand
    if not there.any():
        raise FunnelSimError(
            f"day is {day!r}; the first of these deals was created on {created.min():%Y-%m-%d}: "
            "take a later day"
        )
    entered, known, leads = deals.entered[there], deals.known[there], deals.leads[there].copy()
    goal = entered.columns[-1]
    dated = known.copy()
    dated[goal] |= entered[goal].notna()  # a win without a date has the time of its last stage
    entered = entered.where(dated & (entered <= stand))
    last = entered.max(axis=1)
    leads["ended"] = leads["ended"].where(leads["ended"] <= stand)
    if "contacted" in leads:
        leads["contacted"] = leads["contacted"].where(leads["contacted"] <= stand)
    undated = (deals.leads["ended"][there].isna()) & (last == deals.entered[there].max(axis=1))
    is_won = (leads["outcome"] == "won") & entered[goal].notna()
    is_lost = (leads["outcome"] == "lost") & (leads["ended"].notna() | undated)
    leads["outcome"] = leads["outcome"].where(is_won | is_lost, "open")
    leads["stage"] = pd.NA
    return replace(
        deals,
        entered=entered.bfill(axis=1),
        known=known & entered.notna(),
        leads=leads,
        export_date=stand,
        losses_marked=bool((leads["outcome"] == "lost").any()),
        rows=int(there.sum()),
        notes=[
            *deals.notes,
            f"as they stood on {stand:%Y-%m-%d %H:%M}: what came later is left out",
        ],
        told={**deals.told, "export_date": f"{stand:%Y-%m-%d %H:%M:%S}"},
        log=None if deals.log is None else visits_until(deals.log, stand),
    )


def visits_until(log: pd.DataFrame, stand: pd.Timestamp) -> pd.DataFrame:
    """The visits of a log as they stood then."""
    visits = log[log["entered"] <= stand].copy()
    later = visits["left"] > stand
    visits.loc[later, "outcome"] = "open"
    visits["left"] = visits["left"].mask(later)
    return visits.reset_index(drop=True)
