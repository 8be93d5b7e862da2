"""One cut of a backtest: the firm as it stood on an earlier day, calibrated and forecast anew.

What came after the day is not handed over at all: `foreseen` is given `deals.as_of(day)`, and can
know nothing later. `happened` counts in the whole export what the forecast was about.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from funnelsim.calibration import calibrate
from funnelsim.deadlines import up_to
from funnelsim.deals import Deals
from funnelsim.distributions import Floats
from funnelsim.experiment.chunks import begun
from funnelsim.journal import OPEN_DEAL
from funnelsim.journal.together import Together
from funnelsim.metrics.basis import sales
from funnelsim.planner.futures import Futures
from funnelsim.planner.parameter_uncertainty import from_calibration, may_be
from funnelsim.progress import progress_bar

DRAWS, CLASSES = 50, 25  # of a calibration; of these a forecast's futures take so many
FIGURES = ("sales", "revenue")
LONG, WIDER = pd.Timedelta(days=14), 5  # without a lead; times the usual gap between two
PARTS = ("all", "open deals", "new leads")  # whose: of all, and of which day they were known


def foreseen(then: Deals, horizon: str, n: int, seed: int) -> Floats:
    """The sales and the revenue of n futures after the last day of these deals: shape
    (figures, parts, n). Future r has the draw r modulo CLASSES.

    A deal that is open then is worth what a won deal is on average: a CRM does not say what stood
    there on that day.
    """
    is_open = then.leads["outcome"] == "open"
    leads = then.leads.assign(owner=pd.NA, value=then.leads["value"].mask(is_open))
    found = calibrate(replace(then, leads=leads), draws=DRAWS, seed=seed, progress=False)
    known = from_calibration(found, with_rates=True)
    today, initial = begun(up_to(horizon, found.scenario), found.state, "backtest")
    scenarios = [today]
    if known is not None:
        made = may_be(today, known.about(today), CLASSES)
        scenarios = [made[place * 7 % CLASSES] for place in range(CLASSES)]
    with progress_bar(n, progress=False) as bar:
        told = Futures(bar, seed, initial).among(_won, scenarios, range(n))
    return np.array(told).transpose(1, 2, 0)


def _won(journal: Together) -> Floats:
    """Sales and revenue of each replication: shape (replications, figures, parts)."""
    table, these = sales(journal)
    rows = journal.whole[table]
    was_open = journal.whole["leads"]["kind"][rows["lead"]] == OPEN_DEAL
    worth = [np.ones(len(these), dtype=np.int64)]
    if journal.scenario.order is not None:
        worth.append(rows["paid"])
    told = [
        [journal.totals(table, value, these & of) for of in (True, was_open, ~was_open)]
        for value in worth
    ]
    scale = np.array([1.0, 100.0])[: len(worth), None, None]
    return np.asarray(np.array(told) / scale).transpose(2, 0, 1)


def happened(deals: Deals, after: pd.Timestamp, until: pd.Timestamp) -> Floats:
    """The deals won between two moments, and what they are worth: shape (figures, parts).

    A won deal without a value, or with one below 0, is worth what the others are on average.
    """
    created, won = deals.entered.iloc[:, 0], wins(deals)
    these = (won > after) & (won <= until)
    worth = values(deals)
    told = []
    for of in (these, these & (created <= after), these & (created > after)):
        told.append((float(of.sum()), float(worth[of].sum())))
    return np.array(told).T


def wins(deals: Deals) -> pd.Series:
    """When each deal was won; NaT of the others."""
    is_won = deals.leads["outcome"] == "won"
    return deals.entered.iloc[:, -1].where(is_won)


def values(deals: Deals) -> pd.Series:
    """What each deal is worth if it is won; where nothing is said, the mean of won deals."""
    worth = deals.leads["value"].astype(float)
    worth = worth.where(worth >= 0)
    mean = worth[deals.leads["outcome"] == "won"].mean()
    return worth.fillna(0.0 if pd.isna(mean) else mean)


def last_day(deals: Deals) -> pd.Timestamp:
    """The last whole day of the export, or that of its leads, where these stop long before."""
    created, last = deals.entered.iloc[:, 0].sort_values(), end_of_day(deals.export_date)
    usual = created.diff().quantile(0.99)
    quiet = max(WIDER * usual, LONG) if len(created) > 1 else LONG
    if last - created.iloc[-1] <= quiet:
        return last
    return min(last, end_of_day(created.iloc[-1].normalize() + pd.Timedelta(days=1)))


def end_of_day(moment: pd.Timestamp) -> pd.Timestamp:
    """The last day that is over by then, up to its last second: what `Deals.as_of` means by it."""
    second = pd.Timedelta(seconds=1)
    return (moment + second).normalize() - second
