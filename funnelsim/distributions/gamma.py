"""A sum of exponential ones, more or less: as many as its shape says, which need not be whole."""

from __future__ import annotations

from typing import ClassVar, Generic

import numpy as np
from pydantic import Field

from funnelsim.distributions.in_ways import InWays
from funnelsim.distributions.values import CV, Floats, P, PerUnit, Spread


class Gamma(InWays[P], Generic[P]):
    """The mean is shape ÷ rate, and shape = 1 ÷ cv²: by mean and cv, or by shape and rate.

    Source: N. L. Johnson, S. Kotz, N. Balakrishnan, Continuous Univariate Distributions, volume 1,
    2nd edition 1994, chapter 17.
    """

    ways: ClassVar = (("mean", "cv"), ("shape", "rate"))
    cv: Spread | None = Field(None, description=CV)
    shape: Spread | None = None
    """the larger, the more even"""
    rate: PerUnit | None = None
    """a day, for a duration"""

    @property
    def mean_by_rate(self) -> float:
        assert self.shape is not None and self.rate is not None
        return self.shape / self.rate

    def ppf(self, u: Floats) -> Floats:
        from scipy.special import gammaincinv

        found: Floats = self.mean / self._shape * gammaincinv(self._shape, u)
        return found

    def sf(self, t: Floats) -> Floats:
        from scipy.special import gammaincc

        return np.asarray(gammaincc(self._shape, t / self.mean * self._shape))

    def isf(self, q: Floats) -> Floats:
        from scipy.special import gammainccinv

        found: Floats = self.mean / self._shape * gammainccinv(self._shape, q)
        return found

    @property
    def _shape(self) -> float:
        if self.shape is not None:
            return self.shape
        assert self.cv is not None
        return float(self.cv**-2.0)
