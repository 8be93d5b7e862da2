"""What becomes of orders: by method of payment, by when they were placed, and by their age.

An order ends in one of four ways (docs/model.md, "Orders"): cancelled, refused at the door,
returned, or kept. That takes weeks, and bad news comes at the end: of young orders nothing has been
sent back yet. So there are three ways to count, and only one of them is about all orders placed:

- of those *placed*, what has become of them by the horizon: all rates are too low;
- of those *closed*: what ends early has too much weight, what ends late too little;
- *ripe*: those closed, and of those still open what is to be expected at their age.

What is to be expected is the cumulative incidence of Aalen and Johansen ("An empirical transition
matrix for non-homogeneous Markov chains based on censored observations", Scandinavian Journal of
Statistics 5, 1978), of all orders paid by the same method: an open order is one that was watched
for as long as it is old. It supposes that orders of all weeks end alike.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from funnelsim.analytic.orders import KEPT
from funnelsim.arguments import a_choice, a_number, is_number, refused
from funnelsim.distributions import DAY, Floats, Ints
from funnelsim.errors import nearest
from funnelsim.journal import NEVER, Journal, statuses
from funnelsim.metrics.basis import Bools, a_journal, ratio
from funnelsim.metrics.cohorts import MONTH, periods
from funnelsim.metrics.money import counts_as_revenue
from funnelsim.scenario.orders import Payment
from funnelsim.scenario.values import CANCELLED, REFUSED, RETURNED

if TYPE_CHECKING:
    import pandas as pd

ENDS = (CANCELLED, REFUSED, RETURNED, KEPT)
RATES = {
    CANCELLED: "cancellation_rate",
    REFUSED: "refusal_rate",
    RETURNED: "return_rate",
    KEPT: "kept_rate",
}
STILL_OPEN = -1
PAYMENT, WEEK = "payment", "week"
OF_LEADS = ("channel", "segment", "arm")
PLACED, CLOSED, RIPE = "placed", "closed", "ripe"


def order_rates(
    journal: Journal,
    by: str | float = PAYMENT,
    of: str = RIPE,
    late_after: float | None = None,
) -> pd.DataFrame:
    """How the orders placed since the warm-up end, a row for each group (the index).

    `by` is "payment", "channel", "segment", "arm"; or when they were placed: "week", "month" (of
    the calendar), or a number of days, counted from the warm-up. `of` says what the rates are of:
    "placed", "closed" or "ripe" (see the top of `metrics/orders.py`). Columns:

    - `placed`; of these `cancelled`, `refused`, `returned` and `kept` by the horizon, the rest are
      `open`; `ripe` = closed ÷ placed
    - `cancellation_rate`, `refusal_rate`, `return_rate`, `kept_rate`, and `not_known`: what they
      lack to 1. Of those placed that is what is open; ripe it is what nobody can know from this
      journal, as no order so old has been closed in it; of those closed it is 0
    - `late`: came to the door more than `late_after` days after the order, or is older and is not
      there yet; `late_rate` of those that came to the door ("closed"), of those that had the time
      to be late and were not cancelled ("ripe"), or of all ("placed"). Left out, `late_after` is
      the scenario's `satisfaction.late_delivery.after`; NaN where neither says what late is
    - `gross`: paid on all; `revenue`: without those that have ended badly by the horizon;
      `net_of_gross` = revenue ÷ gross; `expected_revenue`: what will be left of it when the open
      ones are closed, by the ripe rates; `contribution`: what the orders leave by the horizon after
      goods, shipping and commission, open ones as if kept; `contribution_per_order` = contribution
      ÷ placed

    Money in currency; NaN where there is nothing to divide by. Without methods of payment orders
    are kept at once, and by payment there is one row, "all". Raises FunnelSimError for a `by` or
    `of` that is not there.

    >>> from funnelsim import load, simulate
    >>> j = simulate(load("dropshipping"), seed=1)
    >>> today, ripe = order_rates(j, of="placed"), order_rates(j)
    >>> bool((today.return_rate <= ripe.return_rate).all()), float(ripe.not_known.sum())
    (True, 0.0)
    >>> order_rates(j, by=30).ripe.round(2).tolist()
    [1.0, 1.0, 0.99, 0.36]
    """
    import pandas as pd

    journal = a_journal(journal, "order_rates")
    of = a_choice("of", of, (PLACED, CLOSED, RIPE), "rates are of one of three")
    watched = _Watched(journal)
    group, names = _groups(journal, watched.rows, by)
    count = len(names)

    def sums(values: Floats | Ints | Bools) -> Floats:
        found: Floats = np.bincount(group, np.asarray(values, dtype=float), count).astype(float)
        return found

    placed = sums(np.ones(len(group)))
    is_open = watched.end == STILL_OPEN
    closed = placed - sums(is_open)
    ended = {name: sums(watched.end == number) for number, name in enumerate(ENDS)}
    table = pd.DataFrame(index=pd.Index(names, name=by if isinstance(by, str) else "placed"))
    for name, values in {"placed": placed, **ended, "open": sums(is_open)}.items():
        table[name] = values.astype(np.int64)
    table["ripe"] = ratio(closed, placed)
    expected, whole = watched.expected(), closed if of == CLOSED else placed
    for number, name in enumerate(ENDS):
        table[RATES[name]] = ratio(sums(expected[number]) if of == RIPE else ended[name], whole)
    beyond = {PLACED: is_open, CLOSED: 0 * is_open, RIPE: 1 - expected.sum(axis=0)}[of]
    not_known = np.maximum(sums(beyond).round(9), 0.0)  # rounding leaves no 1e-17 of it
    table["not_known"] = ratio(not_known, whole)
    late, known = _late(journal, watched, late_after, of)
    table["late"] = np.nan if late is None else sums(late).astype(np.int64)
    table["late_rate"] = np.nan if late is None else ratio(sums(late & known), sums(known))
    paid = journal.whole["orders"]["paid"][watched.rows]
    stays = counts_as_revenue(journal)[watched.rows]
    table["gross"], table["revenue"] = sums(paid) / 100, sums(paid * stays) / 100
    table["net_of_gross"] = ratio(table["revenue"], table["gross"])
    table["expected_revenue"] = sums(paid * expected[ENDS.index(KEPT)]) / 100
    table["contribution"] = sums(journal.contributions[watched.rows]) / 100
    table["contribution_per_order"] = ratio(table["contribution"], placed)
    return table


def orders_by_age(journal: Journal, payment: str | None = None) -> pd.DataFrame:
    """What has become of orders, by days since they were placed: a row for each day of age.

    Of the orders placed since the warm-up, or of those paid by the method `payment`. The index is
    `age`, from 0 to the age at which the last of them was closed (or is still open). Columns:

    - `watched`: how many have been there for so long by the horizon
    - `cancelled`, `refused`, `returned`, `kept` by that age, and `open`: shares of all that were
      placed, which sum to 1. Orders that are younger count as long as they were watched (the
      cumulative incidence of Aalen and Johansen, 1978)
    - `cancelled_error` and so on: the standard error of each of the four, by the delta method
      (E. Marubini and M. G. Valsecchi, *Analysing Survival Data from Clinical Trials and
      Observational Studies*, 1995); where all were watched to the end it is √(p(1 - p)/n)

    The last row is what `order_rates` calls ripe. Raises FunnelSimError for a method that is not
    there.

    >>> from funnelsim import load, simulate
    >>> table = orders_by_age(simulate(load("dropshipping"), seed=1), "cash on delivery")
    >>> table.loc[[0, 7, 30], ["cancelled", "refused", "open"]].round(2).to_numpy().tolist()
    [[0.0, 0.0, 1.0], [0.11, 0.02, 0.87], [0.11, 0.16, 0.05]]
    """
    import pandas as pd

    journal = a_journal(journal, "orders_by_age")
    watched = _Watched(journal)
    these = np.ones(len(watched.end), dtype=bool)
    if payment is not None:
        names = [method.name for method in _payments(journal)]
        payment = a_choice("payment", payment, names, "it is a method of payment")
        these = watched.payment == names.index(payment)
    until, end = watched.until[these], watched.end[these]
    last = int(np.ceil(until.max() / DAY)) if len(until) else 0
    age = np.arange(last + 1)
    curve = _Curve.of(until, end)
    at = np.searchsorted(curve.times, age * DAY, side="right")
    table = pd.DataFrame(index=pd.Index(age, name="age"))
    # who has been there for so long, closed or not
    so_old = np.sort(watched.age[these])
    table["watched"] = len(so_old) - np.searchsorted(so_old, age * DAY)
    for number, name in enumerate(ENDS):
        table[name] = curve.ended[number][at]
    table["open"] = curve.still_open[at]
    for number, name in enumerate(ENDS):
        table[f"{name}_error"] = curve.standard_error(number)[at]
    return table if len(until) else table.iloc[:0]


# --- the curve ------------------------------------------------------------------------------------


class _Curve(NamedTuple):
    """The cumulative incidence of the four ends; all but `times` begin with the moment of placing,
    before the first of `times`.
    """

    times: Ints  # since placing, at which some are closed
    at_risk: Floats  # how many had been open until then
    closed: Floats  # [end, time] how many were closed then
    still_open: Floats  # share, after each time
    ended: Floats  # [end, time] share, by then

    @classmethod
    def of(cls, until: Ints, end: Ints) -> _Curve:
        """Of orders that were watched `until` then and ended so, or are open."""
        times, place = np.unique(until[end != STILL_OPEN], return_inverse=True)
        closed = np.zeros((len(ENDS), len(times)))
        np.add.at(closed, (end[end != STILL_OPEN], place), 1)
        at_risk = len(until) - np.searchsorted(np.sort(until), times).astype(float)
        still_open = np.concatenate([[1.0], np.cumprod(1 - closed.sum(axis=0) / at_risk)])
        steps = still_open[:-1] * closed / at_risk
        ended = np.concatenate([np.zeros((len(ENDS), 1)), np.cumsum(steps, axis=1)], axis=1)
        return cls(times, at_risk, closed, still_open, ended)

    def expected(self, age: Ints) -> Floats:
        """[end, order]: how orders end that are open at such ages."""
        at = np.searchsorted(self.times, age, side="right")
        left: Floats = self.ended[:, -1:] - self.ended[:, at]
        return left / self.still_open[at]

    def standard_error(self, end: int) -> Floats:
        """Of the share that has ended so, at the moment of placing and at each time."""
        n, d, mine = self.at_risk, self.closed.sum(axis=0), self.closed[end]
        before, by_then = self.still_open[:-1], self.ended[end]
        f = by_then[1:]
        # where all are closed nothing follows, and the first term is 0
        nobody_left = n == d
        g = np.where(nobody_left, 0.0, d / (n * np.where(nobody_left, 1.0, n - d)))
        h = before * mine / n**2
        g0, g1, g2 = _sums(g, g * f, g * f**2)
        h0, h1, own = _sums(h, h * f, before**2 * (n - mine) * mine / n**3)
        variance = by_then**2 * g0 - 2 * by_then * g1 + g2 + own - 2 * (by_then * h0 - h1)
        found: Floats = np.sqrt(np.maximum(variance, 0.0))
        return found


def _sums(*terms: Floats) -> list[Floats]:
    """Of each what it sums to by each time, and 0 before the first."""
    return [np.concatenate([[0.0], np.cumsum(term)]) for term in terms]


# --- which orders ---------------------------------------------------------------------------------


class _Watched:
    """The orders placed since the warm-up: how they ended, or for how long they have been open."""

    def __init__(self, journal: Journal) -> None:
        t, scenario = journal.whole["orders"], journal.scenario
        self.rows = np.flatnonzero(t["placed"] >= scenario.warm_up)
        placed, closed = t["placed"][self.rows], t["closed"][self.rows]
        self.payment = np.maximum(t["payment"][self.rows], 0).astype(np.int64)
        self.age = scenario.horizon - placed
        is_closed = closed != NEVER
        self.until = np.where(is_closed, closed - placed, self.age)
        names = [*statuses(scenario), KEPT]  # -1: no status yet
        badly = np.array([ENDS.index(n) if n in ENDS else ENDS.index(KEPT) for n in names])
        self.end = np.where(is_closed, badly[t["status"][self.rows]], STILL_OPEN)

    def expected(self) -> Floats:
        """[end, order]: 1 for the end of those closed; the chance of each end of those open."""
        found = np.zeros((len(ENDS), len(self.end)))
        closed = self.end != STILL_OPEN
        found[self.end[closed], np.flatnonzero(closed)] = 1.0
        for method in np.unique(self.payment):
            mine = self.payment == method
            curve = _Curve.of(self.until[mine], self.end[mine])
            waiting = np.flatnonzero(mine & ~closed)
            found[:, waiting] = curve.expected(self.age[waiting])
        return found


def _payments(journal: Journal) -> tuple[Payment, ...]:
    order = journal.scenario.order
    return order.payments if order else ()


def _groups(journal: Journal, rows: Ints, by: str | float) -> tuple[Ints, list[Any]]:
    """The group of each of these orders, and what the groups are called."""
    orders = journal.whole["orders"]
    if by == PAYMENT:
        names = [method.name for method in _payments(journal)] or ["all"]
        return np.maximum(orders["payment"][rows], 0).astype(np.int64), names
    if by in OF_LEADS:
        column = journal.leads[by].cat
        group = column.codes.to_numpy()[orders["lead"][rows]]
        return group.astype(np.int64), list(column.categories)
    if by not in (WEEK, MONTH) and not is_number(by):
        rule = "orders are grouped by one of these or by a number of days"
        raise refused("by", by, rule, nearest(by, [PAYMENT, *OF_LEADS, WEEK, MONTH]))
    edges, names = periods(journal, 7 if by == WEEK else by)
    return np.searchsorted(edges[:-1], orders["placed"][rows], side="right") - 1, names


# --- late deliveries ------------------------------------------------------------------------------


def _late(
    journal: Journal, watched: _Watched, late_after: float | None, of: str
) -> tuple[Bools | None, Bools]:
    """Which orders are late so far, None where nothing says what late is; of which the rate is."""
    everyone = np.ones(len(watched.end), dtype=bool)
    limit = _late_after(journal, late_after)
    if limit is None:
        return None, everyone
    took = _to_the_door(journal)[watched.rows]
    arrived, cancelled = took != NEVER, watched.end == ENDS.index(CANCELLED)
    had_time = (watched.age > limit) & ~cancelled
    late = np.where(arrived, took > limit, had_time)
    return late, {PLACED: everyone, CLOSED: arrived, RIPE: had_time}[of]


def _late_after(journal: Journal, late_after: float | None) -> int | None:
    """In microseconds."""
    if late_after is not None:
        return round(a_number("late_after", late_after, 0, is_a="a number of days") * DAY)
    satisfaction = journal.scenario.satisfaction
    if satisfaction is None or satisfaction.late_delivery is None:
        return None
    return satisfaction.late_delivery.after


def _to_the_door(journal: Journal) -> Ints:
    """In microseconds, until each order was in its last status or refused; -1 where it is not."""
    orders, t = journal.whole["orders"], journal.whole["statuses"]
    names, methods = statuses(journal.scenario), _payments(journal)
    if not methods:
        return 0 * orders["placed"]
    last = np.array([names.index(method.statuses[-1][0]) for method in methods])
    is_there = (t["status"] == last[orders["payment"][t["order"]]]) | (
        t["status"] == names.index(REFUSED)
    )
    took = np.full(len(orders["placed"]), NEVER)
    order = t["order"][is_there]
    took[order] = t["entered"][is_there] - orders["placed"][order]
    return took
