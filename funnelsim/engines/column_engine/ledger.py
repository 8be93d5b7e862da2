"""What the loyalty programme keeps for all: the twin of `simpy_engine/account.py`, in columns.

Every kept order is one entry, linked to the next of the same customer. Two hands go along these
links, only ever forwards: the oldest order that still counts towards the tier, and the oldest whose
points may still be there. So the time grows with the orders, however many one customer places.
"""

from __future__ import annotations

import numpy as np

from funnelsim.distributions import Ints
from funnelsim.engines.draws.drawn import ALMOST, Bools
from funnelsim.engines.draws.draws import Draws
from funnelsim.journal import EXPIRED, NEVER

NONE = -1
ROOM = 64  # entries, at first
ENTRY = np.dtype(
    [
        ("who", "i8"),
        ("closed", "i8"),
        ("paid", "i8"),
        ("points", "i8"),  # earned with this order
        ("so_far", "i8"),  # earned by the customer with this order and all before it
        ("lost", "i8"),  # of these points, when they expired
        ("next", "i8"),  # the customer's next entry
    ]
)


class Ledger:
    """Points, spending and tiers of the customers in `rows`, who are called by their place there.

    A customer's orders come in their order in time, as they do in the columns of `lives.py`.
    """

    def __init__(self, draws: Draws, rows: Ints) -> None:
        self.loyalty = draws.scenario.loyalty
        self.is_member = draws.customers.enrols(rows)
        self._entries, self._count = np.empty(ROOM, dtype=ENTRY), 0
        count = len(rows) if self.loyalty else 0
        self._newest, self._counts, self._may_be_there = np.full((3, count), NONE)
        self._spent, self._earned, self._gone = np.zeros((3, count), dtype=np.int64)

    def tiers(self, who: Ints, now: Ints) -> Ints:
        """The number of the tier of each, by the spending of the last period; -1: none."""
        tier = np.full(len(who), NEVER)
        if not self.loyalty or not self.loyalty.tiers:
            return tier
        since = now - self.loyalty.period
        while len(of := np.flatnonzero(self._is_by(self._counts[who], since))):
            who_, entry = who[of], self._counts[who[of]]
            self._spent[who_] -= self._entries["paid"][entry]
            self._counts[who_] = self._entries["next"][entry]
        for number, terms in enumerate(self.loyalty.tiers):
            tier[self._spent[who] >= terms.from_spend * 100 - ALMOST] = number
        return np.where(self.is_member[who], tier, NEVER)

    def redeem(self, who: Ints, now: Ints, most: Ints, redeems: Bools) -> Ints:
        """How many points each uses: all that have not expired, at most those worth `most`."""
        worth = self.loyalty.point_value * 100 if self.loyalty else 0.0
        if not self.loyalty or not worth:
            return np.zeros(len(who), dtype=np.int64)
        # points are used and lost from the oldest on: so how many are gone says which are left
        if self.loyalty.expires_after:
            since = now - self.loyalty.expires_after
            while len(of := np.flatnonzero(self._is_by(self._may_be_there[who], since))):
                who_, entry = who[of], self._may_be_there[who[of]]
                self._lose(entry)
                self._may_be_there[who_] = self._entries["next"][entry]
        balance = self._earned[who] - self._gone[who]
        may = redeems & self.is_member[who] & (balance >= self.loyalty.redeem_from)
        most_points = np.floor(most / worth + ALMOST).astype(np.int64)
        used = np.where(may, np.minimum(balance, most_points), 0)
        self._gone[who] += used
        return used

    def keeps(self, who: Ints, closed: Ints, paid: Ints, tier: Ints) -> Ints:
        """Kept orders count towards the tier and earn points; returns how many."""
        earned = np.zeros(len(who), dtype=np.int64)
        if not self.loyalty:
            return earned
        member = self.is_member[who]
        factors = np.array([*(t.points_factor for t in self.loyalty.tiers), 1.0])
        factor = self.loyalty.points_per_unit * factors[tier]
        earned[member] = np.floor(paid * factor / 100 + ALMOST).astype(np.int64)[member]
        self._write(who[member], closed[member], paid[member], earned[member])
        return earned

    def expired(self, rows: Ints) -> list[tuple[Ints, Ints, int, Ints]]:
        """What is left of each order's points, at the moment it expires."""
        if not self.loyalty or not self.loyalty.expires_after or not self._count:
            return []
        every = np.arange(self._count)
        self._lose(every[self._entries["so_far"][every] > self._gone[self._entries["who"][every]]])
        some = self._entries[every[self._entries["lost"][every] > 0]]
        # what expires at one moment is lost together
        moments, place = np.unique(some[["who", "closed"]], return_inverse=True)
        lost = np.zeros(len(moments), dtype=np.int64)
        np.add.at(lost, place.ravel(), some["lost"])
        when = moments["closed"] + self.loyalty.expires_after
        return [(rows[moments["who"]], when, EXPIRED, lost)]

    def _is_by(self, entry: Ints, since: Ints) -> Bools:
        """Whether there is such an entry, and it was closed by then."""
        is_by: Bools = (entry != NONE) & (self._entries["closed"][entry] <= since)
        return is_by

    def _lose(self, entry: Ints) -> None:
        """What is left of the points of these entries is gone."""
        so_far, who = self._entries["so_far"][entry], self._entries["who"][entry]
        gone = np.maximum(self._gone[who], so_far - self._entries["points"][entry])
        self._entries["lost"][entry] = np.maximum(so_far - gone, 0)
        np.maximum.at(self._gone, who, so_far)

    def _write(self, who: Ints, closed: Ints, paid: Ints, points: Ints) -> None:
        """An entry for each, after those that the customer has already."""
        count = self._count + len(who)
        if count > len(self._entries):  # twice the room, so that moving house costs little
            old = self._entries
            self._entries = np.empty(2 * count, dtype=ENTRY)
            self._entries[: self._count] = old[: self._count]
        entry = np.arange(self._count, count)
        self._count = count
        self._spent[who] += paid
        self._earned[who] += points
        new = self._entries[entry[0] : count] if len(entry) else self._entries[:0]
        new["who"], new["closed"], new["paid"], new["points"] = who, closed, paid, points
        new["so_far"], new["lost"], new["next"] = self._earned[who], 0, NONE
        before = self._newest[who]
        self._entries["next"][before[before != NONE]] = entry[before != NONE]
        self._newest[who] = entry
        for hand in (self._counts, self._may_be_there):
            hand[who] = np.where(hand[who] == NONE, entry, hand[who])
