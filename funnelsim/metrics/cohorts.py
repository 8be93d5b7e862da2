"""Customers over time: who stays, who is gone, what they have been worth, by cohort.

Nobody says goodbye to a shop, so "active" is a convention: a customer is active on a day when they
have ordered within `active_days` before it. Left out, that is 1.5 times the mean gap between two
orders. For a subscription (a constant gap) it means: who has not renewed half a period after it was
due has churned. Long gaps need a long `active_days`, or the slow are counted as gone. Until so
much time has passed since the first order of all, hardly anybody can have lapsed, and a rate would
read as "nobody left": so there is none before that.

The key figures `crr` and `churn_rate` of `fs.summary` are those of all months of 30 days together.

All orders placed count, kept or not, and upsells too; customers count from the warm-up on.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from funnelsim.arguments import a_choice, a_number, is_number, refused
from funnelsim.distributions import DAY, Floats, Ints
from funnelsim.earlier import earlier_argument
from funnelsim.journal import CUSTOMER, KINDS, Journal
from funnelsim.metrics import a_journal
from funnelsim.metrics.basis import Bools
from funnelsim.metrics.money import counts_as_revenue, left_by_orders
from funnelsim.metrics.retained import GAPS, mean_gap

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "clv_by_cohort",
    "cohort_retention",
    "customer_lifetime_value",
    "retention_by_age",
    "retention_by_period",
    "retention_rate",
]

MONTH = "month"
AGE, CALENDAR = "age", "calendar"  # what periods since the first order count by
MONTH_OF_AGE = 30  # days
MOST_PERIODS = 1_000


# --- who stays --------------------------------------------------------------------------------


@earlier_argument("j", "journal")
def retention_rate(
    journal: Journal, begin: float, end: float, active_days: float | None = None
) -> float:
    """CRR = (E - N) ÷ S of the time from day `begin` to day `end`; the churn rate is 1 - CRR.

    S are the customers active at its begin, E those active at its end, N those of E who were not
    active at its begin: they have come, or come back, in between. NaN where nobody was active, and
    where the time begins less than `active_days` (see the top of `fs.cohorts`) after the
    first order of all. Raises FunnelSimError for days outside of the
    simulation or in the wrong order.

    >>> from funnelsim import load, simulate
    >>> j = simulate(load("subscription"), seed=1)
    >>> 0.5 < retention_rate(j, 180, 210) < 1
    True
    """
    scenario = a_journal(journal, "retention_rate").scenario
    last = scenario.horizon / DAY
    if not (is_number(begin) and is_number(end) and 0 <= begin < end <= last):
        rule = f"the first is before the second, both from day 0 to day {last:g}"
        raise refused("begin and end", (begin, end), rule)
    days = active_days_of(journal, active_days)
    start, stayed, _, _ = _stayed(journal, begin, end, days)
    return stayed / start if start and begin >= _says_from(journal, days) else math.nan


@earlier_argument("j", "journal")
def retention_by_period(
    journal: Journal, period_days: float = 30, active_days: float | None = None
) -> pd.DataFrame:
    """Retention and churn, a row per period from the warm-up on that ended by the horizon.

    Columns: `begin`, `end` (days since the start), `start` (S, customers active at the beginning),
    `new` (N, active at the end and not at the beginning), `returned` (those of them who had ordered
    before the period and lapsed), `active` (E, active at the end), `retention_rate` = (E - N) ÷ S
    and `churn_rate` = 1 - it, NaN where nobody was active and for periods that begin too early for
    anybody to have lapsed. `attrs["active_days"]` says what was taken for active (see the top of
    `fs.cohorts`), `attrs["says_from"]` the day from which on there are rates.

    >>> from funnelsim import load, simulate
    >>> table = retention_by_period(simulate(load("subscription"), seed=1), 30)
    >>> table.attrs["active_days"], round(table.attrs["says_from"]), len(table)
    (45.0, 60, 18)
    >>> table["retention_rate"].first_valid_index()
    3
    """
    import pandas as pd

    scenario = a_journal(journal, "retention_by_period").scenario
    period, days = _a_period(period_days, "period_days"), active_days_of(journal, active_days)
    first, last = scenario.warm_up / DAY, scenario.horizon / DAY
    begins = first + period * np.arange(math.floor((last - first) / period + 1e-9))
    says_from = _says_from(journal, days)
    rows = []
    for begin in begins.tolist():
        end = min(begin + period, last)
        start, stayed, new, returned = _stayed(journal, begin, end, days)
        rate = stayed / start if start and begin >= says_from else math.nan
        rows.append((begin, end, start, new, returned, stayed + new, rate, 1 - rate))
    names = ["begin", "end", "start", "new", "returned", "active", "retention_rate", "churn_rate"]
    table = pd.DataFrame(rows, columns=names)
    table.index.name = "period"
    table.attrs |= {"active_days": days, "says_from": says_from}
    return table


def _says_from(journal: Journal, active_days: float) -> float:
    """From which day on everybody who was ever a customer can have lapsed."""
    _, placed = _orders(journal)
    return float(placed.min()) / DAY + active_days if len(placed) else math.inf


@earlier_argument("j", "journal")
def active_days_of(journal: Journal, active_days: float | None = None) -> float:
    """How long after an order a customer is taken for active; checks what is given.

    Left out, it is 1.5 times the mean gap of the scenario, which is the same for all simulations of
    it; where that is infinite, 1.5 times the mean time between two orders in the journal.
    """
    if active_days is not None:
        return _a_period(active_days, "active_days")
    gap = float(mean_gap(journal)[0])
    if not gap > 0:
        rule = "nobody orders twice here, so that nothing tells how long a customer is active"
        raise refused("active_days", None, rule, "write active_days=90")
    return GAPS * gap


def _stayed(journal: Journal, begin: float, end: float, active_days: float) -> tuple[int, ...]:
    """How many were active at the beginning, and still at the end; were new there, and returned."""
    customer, placed = _orders(journal)
    count = len(journal.whole["leads"]["key"])

    def ordered(from_day: float, to_day: float) -> Bools:
        within = (placed >= from_day * DAY) & (placed < to_day * DAY)
        return np.bincount(customer[within], minlength=count) > 0

    at_begin = ordered(begin - active_days, begin)
    at_end = ordered(end - active_days, end)
    new = at_end & ~at_begin
    returned = new & ordered(0, begin)
    return tuple(int(which.sum()) for which in (at_begin, at_begin & at_end, new, returned))


# --- by cohort of the first order -------------------------------------------------------------


@earlier_argument("j", "journal")
def cohort_retention(journal: Journal, period: str | float = MONTH, by: str = AGE) -> pd.DataFrame:
    """The share of each cohort's customers who ordered in each period since their first order.

    A cohort are the customers whose first order fell into the same period: a calendar month, or
    so many days counted from the warm-up. Rows are cohorts ("2027-01", or the day on which the
    period begins); columns are `customers` and, for each period since, 0, 1, 2 ...: the share who
    placed an order in it. Periods since count by the `"age"` of each customer: period 1 begins a
    period after the customer's own first order, and a month of age has 30 days; or by the
    `"calendar"`, where it begins with the next calendar month, for some a day later and for some
    thirty. Period 0 is that of the first order, so its share is 1. NaN for periods that not all of
    the cohort have completed by the horizon, and for cohorts without customers. Raises
    FunnelSimError for a period that is none and for another `by`.

    >>> from funnelsim import load, simulate
    >>> table = cohort_retention(simulate(load("subscription"), seed=1))
    >>> list(table.columns[:3]), table.index[0], float(table.loc["2027-01", 0])
    (['customers', 0, 1], '2027-01', 1.0)
    """
    grid = _Grid(a_journal(journal, "cohort_retention"), period, by)
    ordered = grid.cells(np.ones(len(grid.customer)), once=True)
    return grid.table(ordered / np.maximum(grid.customers, 1)[:, None])


def retention_by_age(journal: Journal) -> pd.DataFrame:
    """`cohort_retention` of all cohorts of calendar months together, a row per month of age.

    The index, `month`, counts from 1; columns are `customers`, those of the cohorts that have
    completed this month of age, all of them, and `share`: how many of these placed an order in it.

    >>> from funnelsim import load, simulate
    >>> table = retention_by_age(simulate(load("subscription"), seed=1))
    >>> bool(table["customers"].is_monotonic_decreasing), table.index[0]
    (True, 1)
    """
    import pandas as pd

    by_cohort = cohort_retention(journal)
    shares = by_cohort.drop(columns=["customers", 0])
    counts = by_cohort["customers"].to_numpy()[:, None] * shares.notna()
    customers = counts.sum()
    ordered = (counts * shares.fillna(0.0)).sum()
    table = pd.DataFrame({"customers": customers.astype(int), "share": ordered / customers})
    return table[customers > 0].rename_axis("month")


@earlier_argument("j", "journal")
def clv_by_cohort(
    journal: Journal, period: str | float = MONTH, annual_discount_rate: float = 0.0, by: str = AGE
) -> pd.DataFrame:
    """Customer lifetime value so far, by cohort and period since the first order.

    As `cohort_retention`, but each cell is the mean contribution of a customer of the cohort,
    summed up to the end of the period (in currency, before CAC, discounted as in
    `customer_lifetime_value`); the column `clv` is the same up to the horizon.

    >>> from funnelsim import load, simulate
    >>> table = clv_by_cohort(simulate(load("subscription"), seed=1))
    >>> bool(table.loc["2027-01", 0] < table.loc["2027-01", 6] < table.loc["2027-01", "clv"])
    True
    """
    grid = _Grid(a_journal(journal, "clv_by_cohort"), period, by)
    worth = _discounted(journal, annual_discount_rate)[grid.rows]
    mean = grid.cells(worth) / np.maximum(grid.customers, 1)[:, None]
    table = grid.table(np.cumsum(mean, axis=1))
    table.insert(1, "clv", np.where(grid.customers > 0, mean.sum(axis=1), np.nan))
    return table


class _Grid:
    """Orders by cohort and period; only of customers whose first order came after the warm-up."""

    def __init__(self, j: Journal, period: str | float, by: str) -> None:
        rule = "periods since the first order count by one of two"
        by = a_choice("by", by, (AGE, CALENDAR), rule)
        scenario = j.scenario
        edges, self.names = periods(j, period)
        customer, placed = _orders(j)
        first = np.full(len(j.whole["leads"]["key"]), -1)
        number = j.orders["number"].to_numpy()
        first[customer[number == 1]] = placed[number == 1]
        self.rows = np.flatnonzero(first[customer] >= scenario.warm_up)
        self.customer, placed = customer[self.rows], placed[self.rows]
        starts = edges[:-1]
        self.cohort = np.searchsorted(starts, first[self.customer], side="right") - 1
        is_first = number[self.rows] == 1
        self.customers = np.bincount(self.cohort[is_first], minlength=len(starts))
        if by == CALENDAR:
            self.since = np.searchsorted(starts, placed, side="right") - 1 - self.cohort
            self.count = len(starts)
            ends = np.append(edges, np.full(self.count, scenario.horizon + 1))
            ends = ends[np.arange(self.count)[:, None] + np.arange(self.count) + 1]
        else:
            length = round((MONTH_OF_AGE if period == MONTH else float(period)) * DAY)
            self.since = (placed - first[self.customer]) // length
            self.count = int(scenario.horizon - scenario.warm_up) // length + 1
            ends = edges[1:, None] + length * np.arange(1, self.count + 1)
        self.complete = ends <= scenario.horizon

    def cells(self, worth: Floats, once: bool = False) -> Floats:
        """What the orders of each cohort and period sum to; `once`: of one order per customer."""
        cells = np.zeros((len(self.customers), self.count))
        which = np.arange(len(worth))
        if once:
            _, which = np.unique(self.customer * self.count + self.since, return_index=True)
        np.add.at(cells, (self.cohort[which], self.since[which]), worth[which])
        return cells

    def table(self, cells: Floats) -> pd.DataFrame:
        """With what is not complete, or has nobody, left empty."""
        import pandas as pd

        seen = self.complete & (self.customers > 0)[:, None]
        index = pd.Index(self.names, name="cohort")
        table = pd.DataFrame(np.where(seen, cells, np.nan), index, range(self.count))
        table.insert(0, "customers", self.customers)
        return table


def periods(journal: Journal, period: str | float) -> tuple[Ints, list[Any]]:
    """Where the periods from the warm-up to the horizon begin, and the last ends; their names."""
    warm_up, horizon = journal.scenario.warm_up, journal.scenario.horizon
    if isinstance(period, str):
        if period != MONTH:
            rule = f'a period is "{MONTH}" or a number of days'
            raise refused("period", period, rule)
        start = np.datetime64(journal.scenario.start, "us")
        first = (start + np.timedelta64(warm_up, "us")).astype("datetime64[M]")
        last = (start + np.timedelta64(horizon - 1, "us")).astype("datetime64[M]")
        months = np.arange(first, last + 2)
        edges = (months.astype("datetime64[us]") - start).astype(np.int64)
        return edges, [str(month) for month in months[:-1]]
    length = round(_a_period(period, "period") * DAY)
    count = -(-(horizon - warm_up) // length)
    if count > MOST_PERIODS:
        rule = f"the simulation has more than {MOST_PERIODS:,} of them"
        raise refused("period", period, rule, "take a longer one")
    edges = warm_up + length * np.arange(count + 1)
    return edges, [day if day % 1 else int(day) for day in (edges[:-1] / DAY).tolist()]


# --- what customers are worth -----------------------------------------------------------------


@earlier_argument("j", "journal")
def customer_lifetime_value(journal: Journal, annual_discount_rate: float = 0.0) -> pd.DataFrame:
    """What each customer's orders have left so far, a row per customer (the index: their lead).

    Columns: `channel`, `segment`, `member` of the loyalty programme, `first_order` (day), `orders`
    placed, `revenue` (net), and `clv` = Σ contribution ÷ (1 + r)^(days since the first order ÷ 365)
    with r the `annual_discount_rate`: before CAC, to which the commission on a first order belongs,
    and only what was seen by the horizon. So late customers have less for no other reason than
    being late; compare cohorts at the same age (`clv_by_cohort`). Of customers whose first order
    was placed since the warm-up. Raises FunnelSimError for a rate that is none.

    >>> from funnelsim import load, simulate
    >>> j = simulate(load("aida"), seed=1)
    >>> table = customer_lifetime_value(j)
    >>> bool(abs(table.clv.sum() - j.orders.contribution.sum()) < 0.01)
    True
    """
    journal = a_journal(journal, "customer_lifetime_value")
    worth = _discounted(journal, annual_discount_rate)
    orders = journal.orders[["customer", "placed"]].assign(
        revenue=journal.orders["paid"].where(counts_as_revenue(journal), 0.0), clv=worth
    )
    table = orders.groupby("customer").agg(
        first_order=("placed", "min"),
        orders=("placed", "size"),
        revenue=("revenue", "sum"),
        clv=("clv", "sum"),
    )
    table = table[table["first_order"] >= journal.scenario.warm_up / DAY]
    # who was a customer at the start had ordered before
    table = table[journal.leads.loc[table.index, "kind"] != KINDS[CUSTOMER]]
    who = journal.leads.loc[table.index, ["channel", "segment", "member"]]
    return who.join(table)


def _discounted(journal: Journal, annual_discount_rate: float) -> Floats:
    """What each order left before CAC, as it was worth on the day of the customer's first."""
    name, way_out = "annual_discount_rate", "write 0.1 for 10 % a year"
    rate = a_number(name, annual_discount_rate, 0, way_out=way_out)
    orders = journal.orders
    age = orders["placed"] - orders.groupby("customer")["placed"].transform("min")
    worth = left_by_orders(journal) / 100 / (1 + rate) ** (age / 365)
    found: Floats = worth.to_numpy(dtype=float)
    return found


# --- small things -----------------------------------------------------------------------------


def _orders(journal: Journal) -> tuple[Ints, Ints]:
    """The customer of each order, and when it was placed (microseconds)."""
    t = journal.whole["orders"]
    return journal.whole["leads"]["customer"][t["lead"]], t["placed"]


def _a_period(value: Any, name: str) -> float:
    days = a_number(name, value, above=0, is_a="a number of days")
    if not round(days * DAY):
        raise refused(name, value, "it is a microsecond at least")
    return days
