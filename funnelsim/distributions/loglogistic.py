"""With a heavy tail: half are quick and some take very long, as decisions of people do."""

from __future__ import annotations

import math
from typing import Generic

import numpy as np

from funnelsim.distributions.law import WrittenLaw
from funnelsim.distributions.values import Floats, P, Spread


class Loglogistic(WrittenLaw, Generic[P]):
    """P(X > t) = 1 ÷ (1 + (t ÷ median)^shape): ln X is logistic.

    Source: A. M. Law, Simulation Modeling and Analysis, 5th edition 2015, section 6.2.
    """

    median: P
    """half of all values are below it"""
    shape: Spread
    """how alike they are; up to 1 the tail has no mean"""

    @property
    def mean(self) -> float:
        if self.shape <= 1:
            return math.inf
        return float(self.median * (math.pi / self.shape) / math.sin(math.pi / self.shape))

    def ppf(self, u: Floats) -> Floats:
        return self.median * (u / (1 - u)) ** (1 / self.shape)

    def sf(self, t: Floats) -> Floats:
        return np.asarray(1 / (1 + (t / self.median) ** self.shape))

    def isf(self, q: Floats) -> Floats:
        return self.median * ((1 - q) / q) ** (1 / self.shape)
