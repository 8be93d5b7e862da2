"""What the loyalty programme keeps for one member: points, spending, and the tier it gives."""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass

from funnelsim.engines.drawn import ALMOST
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
        self._kept: list[tuple[int, int]] = []  # (closed, paid) of each order that was kept

    def tier(self, now: int) -> int:
        """The number of the highest tier that the spending of the last period reaches."""
        since = now - self.loyalty.period
        spent = sum(paid for closed, paid in self._kept if closed > since)
        tiers = self.loyalty.tiers
        reached = [n for n, tier in enumerate(tiers) if spent >= tier.from_spend * 100 - ALMOST]
        return reached[-1] if reached else NEVER

    def expire(self, now: int) -> int:
        """Points that are lost by now, oldest first."""
        lost = 0
        while self._lots and self._lots[0].expires <= now:
            lost += self._lots.popleft().points
        return lost

    def redeem(self, most: int) -> int:
        """Uses all points, at most those worth `most`; returns how many."""
        balance = sum(lot.points for lot in self._lots)
        worth = self.loyalty.point_value * 100
        if worth == 0 or balance < self.loyalty.redeem_from:
            return 0
        used = left = min(balance, math.floor(most / worth + ALMOST))
        while left:
            lot = self._lots[0]
            part = min(left, lot.points)
            lot.points -= part
            left -= part
            if not lot.points:
                self._lots.popleft()
        return used

    def keeps(self, now: int, paid: int, tier: Tier) -> Lot:
        """An order is closed as kept: it counts towards the tier and earns points."""
        self._kept.append((now, paid))
        factor = self.loyalty.points_per_unit * tier.points_factor
        points = math.floor(paid * factor / 100 + ALMOST)
        lot = Lot(now + (self.loyalty.expires_after or 2**62), points)
        if points:
            self._lots.append(lot)
        return lot
