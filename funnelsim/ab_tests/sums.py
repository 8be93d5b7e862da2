"""What a test needs to know of its leads: six sums for each arm, whatever is tested.

Every figure of a test is a ratio of two sums over the leads: customers ÷ leads, revenue ÷ leads,
second orders ÷ customers, revenue ÷ orders. With the numbers y and x of each lead, the ratio is
Σy ÷ Σx, and its standard error follows from Σy², Σxy and Σx² (`effects.py`). So a share, a mean
and a ratio are tested by one formula, of a journal, of a thousand replications or of a table.

From a journal the numbers are those that were known on a day: who had become a customer by then,
which orders had been placed and not yet come back. Orders are their customer's, and a customer is
the lead who was divided by lot: so orders of one customer are never taken for independent.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from funnelsim.distributions import Floats, Ints
from funnelsim.journal import NEVER, Journal, statuses
from funnelsim.metrics.basis import Bools, came_in
from funnelsim.metrics.figure import MONEY, RATIO, SHARE
from funnelsim.metrics.money import ENDED_BADLY
from funnelsim.scenario import Scenario


class Sums(NamedTuple):
    """Each of shape (..., arms)."""

    n: Floats
    y: Floats
    x: Floats
    yy: Floats
    xy: Floats
    xx: Floats

    def of(self, *place: int | slice) -> Sums:
        """Of some replications or arms."""
        return Sums(*(values[place] for values in self))


def sums_of(
    y: Floats | Bools, x: Floats | Bools, group: Ints, groups: int, of: Bools | None = None
) -> Sums:
    """The sums of each group, of some of the rows."""
    if of is not None:
        y, x, group = y[of], x[of], group[of]
    a, b = y.astype(float), x.astype(float)
    columns = (None, a, b, a * a, a * b, b * b)
    return Sums(*(np.bincount(group, column, groups).astype(float) for column in columns))


# --- a journal ----------------------------------------------------------------------------------


class Span(NamedTuple):
    """What is looked at of each lead: the time up to which anything counts, and which leads do."""

    until: Ints  # of each lead, microseconds
    counted: Bools


class Numbers(NamedTuple):
    """y and x of each lead."""

    y: Floats
    x: Floats


@dataclass(frozen=True)
class Measured:
    """A figure that can be tested: what it is called, its unit, and its numbers of each lead."""

    name: str
    label: str
    says: str  # "{says} of B" in a sentence
    unit: str
    numbers: Callable[[Journal, Ints], Numbers]
    sells: bool = True  # only where something is sold


def _bought(journal: Journal, until: Ints) -> Bools:
    """Who had reached the goal by then."""
    visits = journal.whole["stage_visits"]
    goal = np.flatnonzero(visits["stage"] == len(journal.scenario.stages) - 1)
    lead = visits["lead"][goal]
    found = np.zeros(len(until), dtype=bool)
    found[lead[visits["entered"][goal] < until[lead]]] = True
    return found


def _orders(journal: Journal, until: Ints) -> tuple[Ints, Bools, Bools]:
    """The customer of each order; whether it was placed by then, and had ended badly by then."""
    t = journal.whole["orders"]
    customer = journal.whole["leads"]["customer"][t["lead"]]
    names = statuses(journal.scenario)
    bad = np.array([*(name in ENDED_BADLY for name in names), False])[t["status"]]
    ends = until[customer]
    ended = bad & (t["closed"] != NEVER) & (t["closed"] < ends)
    return customer, np.asarray(t["placed"] < ends), ended


def _by_lead(customer: Ints, amounts: Floats | Ints | None, of: Bools, leads: int) -> Floats:
    weights = None if amounts is None else np.asarray(amounts, dtype=float)[of]
    return np.bincount(customer[of], weights, leads).astype(float)


def _conversion(journal: Journal, until: Ints) -> Numbers:
    return Numbers(_bought(journal, until).astype(float), np.ones(len(until)))


def _revenue(journal: Journal, until: Ints) -> Floats:
    customer, placed, ended = _orders(journal, until)
    paid = journal.whole["orders"]["paid"] / 100
    return _by_lead(customer, paid, placed & ~ended, len(until))


def _revenue_per_lead(journal: Journal, until: Ints) -> Numbers:
    return Numbers(_revenue(journal, until), np.ones(len(until)))


def _contribution_per_lead(journal: Journal, until: Ints) -> Numbers:
    customer, placed, ended = _orders(journal, until)
    t, order = journal.whole["orders"], journal.scenario.order
    shipping = round(order.shipping_cost * 100) if order else 0
    kept = t["paid"] - journal.goods - journal.commissions - shipping
    left = np.where(ended, journal.contributions, kept) / 100
    found = _by_lead(customer, left, placed, len(until))
    t = journal.whole["messages"]
    to = journal.whole["leads"]["customer"][t["lead"]]
    cost = np.array([*journal.message_costs, 0.0])[t["name"]]
    found -= _by_lead(to, cost, np.asarray(t["sent"] < until[to]), len(until))
    return Numbers(found, np.ones(len(until)))


def _repeat_purchase_rate(journal: Journal, until: Ints) -> Numbers:
    customer, placed, _ = _orders(journal, until)
    bought = _bought(journal, until)
    second = placed & (journal.order_numbers == 2) & bought[customer]
    return Numbers(_by_lead(customer, None, second, len(until)), bought.astype(float))


def _aov(journal: Journal, until: Ints) -> Numbers:
    customer, placed, ended = _orders(journal, until)
    orders = _by_lead(customer, None, placed & ~ended, len(until))
    return Numbers(_revenue(journal, until), orders)


TESTED = {
    tested.name: tested
    for tested in (
        Measured("conversion", "Conversion", "the conversion", SHARE, _conversion, sells=False),
        Measured("revenue_per_lead", "Revenue per lead", "the revenue per lead", MONEY,
               _revenue_per_lead),
        Measured("contribution_per_lead", "Contribution per lead", "the contribution per lead",
               MONEY, _contribution_per_lead),
        Measured("repeat_purchase_rate", "Repeat purchase rate", "the repeat purchase rate", SHARE,
               _repeat_purchase_rate),
        Measured("aov", "Average order value", "the average order value", MONEY, _aov),
    )
}  # fmt: skip
"""The figures of a journal that an A/B test knows, by their names."""


def of_a_table(label: str, is_share: bool) -> Measured:
    """A column of a table as what is tested."""

    def none(journal: Journal, until: Ints) -> Numbers:  # a table has no journal
        raise NotImplementedError

    return Measured(label, label, label, SHARE if is_share else RATIO, none)


def known_figures(scenario: Scenario) -> list[str]:
    """The names of what can be tested in this scenario."""
    return [name for name, it in TESTED.items() if not it.sells or scenario.order is not None]


def span(journal: Journal, end: int, within: int | None) -> Span:
    """What had happened by `end`, of all who had come; or within so long after each had come, of
    those who had been there for so long. Microseconds.
    """
    arrived = journal.whole["leads"]["arrived"]
    if within is None:
        return Span(np.full(len(arrived), end), came_in(journal) & (arrived < end))
    return Span(arrived + within, came_in(journal) & (arrived + within <= end))


def journal_sums(
    journal: Journal, figure: str, end: int, within: int | None = None, by_arm: bool = True
) -> Sums:
    """The sums of each replication and arm, shape (replications, arms); all leads as one arm
    where they are not told apart.
    """
    it = span(journal, end, within)
    y, x = TESTED[figure].numbers(journal, it.until)
    runs = len(journal.replications)
    run = np.repeat(np.arange(runs), np.diff(journal.bounds("leads")))
    arms = len(journal.scenario.arms) if by_arm else 1
    group = run * arms
    if by_arm:
        group = group + journal.whole["leads"]["arm"]
    found = sums_of(y, x, group, runs * arms, it.counted)
    return Sums(*(values.reshape(runs, arms) for values in found))
