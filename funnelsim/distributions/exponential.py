"""Without memory: what is left of a time is as long as the time itself, whatever its age."""

from __future__ import annotations

from typing import ClassVar, Generic

import numpy as np

from funnelsim.distributions.in_ways import InWays
from funnelsim.distributions.values import Floats, P, PerUnit


class Exponential(InWays[P], Generic[P]):
    """P(X > t) = exp(-t ÷ mean); by its mean, or by rate = 1 ÷ mean.

    Source: N. L. Johnson, S. Kotz, N. Balakrishnan, Continuous Univariate Distributions, volume 1,
    2nd edition 1994, chapter 19.
    """

    ways: ClassVar = (("mean",), ("rate",))
    rate: PerUnit | None = None
    """a day, for a duration"""

    @property
    def mean_by_rate(self) -> float:
        assert self.rate is not None
        return 1 / self.rate

    def ppf(self, u: Floats) -> Floats:
        return -self.mean * np.log1p(-u)

    def sf(self, t: Floats) -> Floats:
        return np.exp(-t / self.mean)

    def residual(self, u: Floats, age: Floats) -> Floats:
        return self.ppf(u)
