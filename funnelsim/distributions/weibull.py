"""That ages, or the opposite: likelier to end the longer it has taken (shape above 1), or less."""

from __future__ import annotations

import math
from typing import Generic

import numpy as np

from funnelsim.distributions.law import WrittenLaw, left_of
from funnelsim.distributions.values import Floats, P, Spread


class Weibull(WrittenLaw, Generic[P]):
    """P(X > t) = exp(-(t ÷ scale)^shape); the mean is scale × Γ(1 + 1 ÷ shape).

    Source: N. L. Johnson, S. Kotz, N. Balakrishnan, Continuous Univariate Distributions, volume 1,
    2nd edition 1994, chapter 21.
    """

    mean: P
    """of all values"""
    shape: Spread
    """below 1 it gets likelier to go on, above 1 to end"""

    def ppf(self, u: Floats) -> Floats:
        return self._scale * (-np.log1p(-u)) ** (1 / self.shape)

    def sf(self, t: Floats) -> Floats:
        return np.exp(-((t / self.mean * math.gamma(1 + 1 / self.shape)) ** self.shape))

    def residual(self, u: Floats, age: Floats) -> Floats:
        # from the logarithm: far out there is little left of the chance itself
        logs = (age / self._scale) ** self.shape - np.log1p(-u)
        return left_of(self._scale * logs ** (1 / self.shape), age, self.sf(age) * (1 - u))

    @property
    def _scale(self) -> float:
        return self.mean / math.gamma(1 + 1 / self.shape)
