"""What key figures are made of, each counted once: who came in, who bought, what was paid.

Of a journal, or of several replications in the same tables (`Together`): a sum is an array of shape
(replications,), and which rows count is a mask as long as its table.
"""

from __future__ import annotations

from functools import cached_property

import numpy as np

from funnelsim.distributions import Ints
from funnelsim.journal import NEVER, Journal
from funnelsim.metrics.basis import Bools, came_in, is_customer, sales_of
from funnelsim.metrics.follow_up import ended_and_gone_cold, reached_since_warm_up, waits
from funnelsim.metrics.money import Money, counts_as_revenue, money
from funnelsim.metrics.nps import Answers, answers_of
from funnelsim.metrics.points import PointsByKind, points_by_kind
from funnelsim.metrics.referrals import brought_by


class Facts:
    """Of a journal; all since the warm-up, but for the points."""

    def __init__(self, journal: Journal) -> None:
        self.journal = journal
        self.scenario = journal.scenario

    # --- leads --------------------------------------------------------------------------------

    @cached_property
    def came_in(self) -> Bools:
        """Which leads came in."""
        return came_in(self.journal)

    @cached_property
    def won(self) -> Bools:
        """Which of them are customers by the horizon."""
        return self.came_in & is_customer(self.journal)

    @cached_property
    def leads(self) -> Ints:
        return self.journal.totals("leads", self.came_in)

    @cached_property
    def customers(self) -> Ints:
        return self.journal.totals("leads", self.won)

    @cached_property
    def sales(self) -> Ints:
        return sales_of(self.journal)

    @cached_property
    def brought(self) -> Ints:
        """Customers whom these customers have brought."""
        by = brought_by(self.journal)
        return self.journal.totals("leads", self.won & (by != NEVER) & self.won[by])

    @cached_property
    def members(self) -> Ints:
        """Customers who are members of the loyalty programme."""
        is_member = self.journal.whole["leads"]["enrols"] == 1
        return self.journal.totals("leads", self.won & is_member)

    # --- orders -------------------------------------------------------------------------------

    @cached_property
    def placed(self) -> Bools:
        """Which orders were placed."""
        return np.asarray(self.journal.whole["orders"]["placed"] >= self.scenario.warm_up)

    @cached_property
    def buyer(self) -> Ints:
        """The customer (a lead) of each order, of those before the warm-up too."""
        return self.journal.whole["leads"]["customer"][self.journal.whole["orders"]["lead"]]

    @cached_property
    def orders(self) -> Ints:
        return self.journal.totals("orders", self.placed)

    @cached_property
    def kept_orders(self) -> Ints:
        """Those that count as revenue."""
        return self.journal.totals("orders", self.placed & counts_as_revenue(self.journal))

    @cached_property
    def second_orders(self) -> Ints:
        """Second orders of those who came in."""
        second = self.won[self.buyer] & (self.journal.order_numbers == 2)
        return self.journal.totals("orders", second, self.placed)

    @cached_property
    def buyers(self) -> Ints:
        """Customers who placed an order, whenever they came."""
        buys = np.zeros(self.journal.rows("leads"), dtype=bool)
        buys[self.buyer[self.placed]] = True
        return self.journal.totals("leads", buys)

    @cached_property
    def answers(self) -> Answers:
        """What was said of kept orders."""
        return answers_of(self.journal)

    @cached_property
    def money(self) -> Money:
        """In cents."""
        return money(self.journal)

    # --- calls --------------------------------------------------------------------------------

    @cached_property
    def reached(self) -> Bools:
        """Which calls reached their lead."""
        return reached_since_warm_up(self.journal)

    @cached_property
    def answered(self) -> Ints:
        """How many did."""
        return self.journal.totals("follow_ups", self.reached)

    @cached_property
    def waits(self) -> Ints:
        """Microseconds from entering the stage to the start of each call."""
        return waits(self.journal)

    @cached_property
    def waited(self) -> Ints:
        """What the calls that reached their lead sum to, in microseconds."""
        return self.journal.totals("follow_ups", self.waits, self.reached)

    @cached_property
    def gone_cold_of_ended(self) -> tuple[Ints, Ints]:
        """How many visits had gone cold, of those whose follow-up has ended; and of how many."""
        ended, cold = ended_and_gone_cold(self.journal)
        return cold, ended

    # --- points -------------------------------------------------------------------------------

    @cached_property
    def points(self) -> PointsByKind:
        """Of the whole simulation."""
        return points_by_kind(self.journal)
