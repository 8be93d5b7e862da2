"""A kind of distribution that funnelsim does not have, as somebody would add it: one class.

A Rayleigh distribution is a Weibull one of shape 2, and so it is known what must come of it.
"""

from __future__ import annotations

import math
from typing import Generic

import numpy as np
from pydantic import Field

from funnelsim.distributions.law import WrittenLaw
from funnelsim.distributions.values import Floats, P


class Rayleigh(WrittenLaw, Generic[P]):
    mean: P = Field(description="of all values")

    def ppf(self, u: Floats) -> Floats:
        return self._scale * np.sqrt(-np.log1p(-u))

    def sf(self, t: Floats) -> Floats:
        return np.exp(-((t / self._scale) ** 2))

    @property
    def _scale(self) -> float:
        return self.mean / math.gamma(1.5)
