"""That ages, or the opposite: likelier to end the longer it has taken (shape above 1), or less."""

from __future__ import annotations

import math
from typing import Generic

import numpy as np
from pydantic import Field

from funnelsim.distributions.law import WrittenLaw, left_of
from funnelsim.distributions.values import Floats, P, Spread


class Weibull(WrittenLaw, Generic[P]):
    mean: P = Field(description="of all values")
    shape: Spread = Field(description="below 1 it gets likelier to go on, above 1 to end")

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
