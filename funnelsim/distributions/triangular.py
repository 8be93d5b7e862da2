"""Two ends and the likeliest value, with straight lines between: a guess in three numbers."""

from __future__ import annotations

from typing import Generic

import numpy as np
from pydantic import model_validator

from funnelsim.distributions.law import WrittenLaw
from funnelsim.distributions.part import Limits
from funnelsim.distributions.uniform import NARROW, in_order
from funnelsim.distributions.values import Floats, V


class Triangular(WrittenLaw, Generic[V]):
    """The density rises in a straight line from `low` to `mode`, and falls in one to `high`.

    Source: A. M. Law, Simulation Modeling and Analysis, 5th edition 2015, section 6.2.
    """

    low: V
    """the least"""
    mode: V
    """the likeliest"""
    high: V
    """the largest"""

    @model_validator(mode="after")
    def _check(self) -> Triangular[V]:
        in_order(low=self.low, mode=self.mode, high=self.high)
        return self

    def limits(self) -> dict[str, Limits]:
        ends: dict[str, Limits] = {"low": (None, self.mode), "high": (self.mode, None)}
        return ends | {"mode": (self.low, self.high)}

    @property
    def mean(self) -> float:
        return (self.low + self.mode + self.high) / 3

    def ppf(self, u: Floats) -> Floats:
        low, mode, high = self.low, self.mode, self.high
        left = low + np.sqrt(u * float(high - low) * (mode - low))
        right = high - np.sqrt((1 - u) * float(high - low) * (high - mode))
        return np.where(u * (high - low) < mode - low, left, right)

    def sf(self, t: Floats) -> Floats:
        low, mode, high = self.low, self.mode, self.high
        inside, width = np.clip(t, low, high), max(float(high - low), NARROW)
        left = (inside - low) ** 2 / max(width * (mode - low), NARROW)
        right = (high - inside) ** 2 / max(width * (high - mode), NARROW)
        return np.where(t < low, 1.0, np.where(inside < mode, 1 - left, right))

    def above_0(self, least: float) -> dict[str, float]:
        return {"high": least}
