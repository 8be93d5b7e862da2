"""Even between two ends."""

from __future__ import annotations

from typing import Any, Generic

import numpy as np
from pydantic import model_validator

from funnelsim.distributions.law import WrittenLaw
from funnelsim.distributions.part import Limits
from funnelsim.distributions.values import BrokenRule, Floats, V

NARROW = 1e-12  # stands for a width of 0


class Uniform(WrittenLaw, Generic[V]):
    """All between `low` and `high` are equally likely.

    Source: A. M. Law, Simulation Modeling and Analysis, 5th edition 2015, section 6.2.
    """

    low: V
    """the least"""
    high: V
    """the largest"""

    @model_validator(mode="after")
    def _check(self) -> Uniform[V]:
        in_order(low=self.low, high=self.high)
        return self

    def limits(self) -> dict[str, Limits]:
        return {"low": (None, self.high), "high": (self.low, None)}

    @property
    def mean(self) -> float:
        return (self.low + self.high) / 2

    def ppf(self, u: Floats) -> Floats:
        return self.low + u * (self.high - self.low)

    def sf(self, t: Floats) -> Floats:
        return np.clip((self.high - t) / max(self.high - self.low, NARROW), 0, 1)

    def above_0(self, least: float) -> dict[str, float]:
        return {"high": least}


def in_order(**values: Any) -> None:
    """Raises `BrokenRule` where these values, by name, do not ascend."""
    if list(values.values()) != sorted(values.values()):
        raise BrokenRule(f"{' <= '.join(values)} must hold", "put them in this order")
