"""What the loyalty programme keeps for one member: points, spending, and the tier it gives."""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass

from funnelsim.engines.draws.drawn import ALMOST
from funnelsim.journal import NEVER
from funnelsim.scenario.loyalty import Loyalty, Tier


@dataclass
class Lot:
    """Points earned with one order; they are used up and expire together."""

    expires: int
    points: int


class Account:
    """Of a member; amounts in cents, times in microseconds."""

    def __init__(self, loyalty: Loyalty) -> None:
        self.loyalty = loyalty
        self._lots: deque[Lot] = deque()  # the oldest first
        self._balance = 0  # points of all lots
        self._kept: deque[tuple[int, int]] = deque()  # (closed, paid), of the last period
        self._spent = 0  # what was paid for those

    def tier(self, now: int) -> int:
        """The number of the highest tier that the spending of the last period reaches."""
        while self._kept and self._kept[0][0] <= now - self.loyalty.period:
            self._spent -= self._kept.popleft()[1]
        needed = [tier.from_spend * 100 - ALMOST for tier in self.loyalty.tiers]
        reached = [number for number, spent in enumerate(needed) if self._spent >= spent]
        return reached[-1] if reached else NEVER

    def expire(self, now: int) -> int:
        """Points that are lost by now, oldest first."""
        lost = 0
        while self._lots and self._lots[0].expires <= now:
            lost += self._lots.popleft().points
        self._balance -= lost
        return lost

    def redeem(self, most: int) -> int:
        """Uses all points, at most those worth `most`; returns how many."""
        worth = self.loyalty.point_value * 100
        if worth == 0 or self._balance < self.loyalty.redeem_from:
            return 0
        used = left = min(self._balance, math.floor(most / worth + ALMOST))
        self._balance -= used
        while left:
            lot = self._lots[0]
            part = min(left, lot.points)
            lot.points -= part
            left -= part
            if not lot.points:
                self._lots.popleft()
        return used

    def credit(self, now: int, paid: int, tier: Tier) -> Lot:
        """An order is closed as kept: it counts towards the tier and earns points."""
        self._kept.append((now, paid))
        self._spent += paid
        factor = self.loyalty.points_per_unit * tier.points_factor
        points = math.floor(paid * factor / 100 + ALMOST)
        lot = Lot(now + (self.loyalty.expires_after or 2**62), points)
        if points:
            self._lots.append(lot)
            self._balance += points
        return lot
