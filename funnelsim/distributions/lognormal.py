"""With a long tail: the logarithm is normal, as of times and amounts that are products of many."""

from __future__ import annotations

import math
from typing import Generic

import numpy as np
from pydantic import Field

from funnelsim.distributions.law import WrittenLaw
from funnelsim.distributions.values import CV, Floats, P, Spread


class Lognormal(WrittenLaw, Generic[P]):
    """ln X is normal with the variance ln(1 + cv²) and the mean ln(mean) - ln(1 + cv²) ÷ 2.

    Source: N. L. Johnson, S. Kotz, N. Balakrishnan, Continuous Univariate Distributions, volume 1,
    2nd edition 1994, chapter 14.
    """

    mean: P
    """of all values"""
    cv: Spread = Field(description=CV)

    def ppf(self, u: Floats) -> Floats:
        from scipy.special import ndtri

        middle, deviation = self._of_logarithm()
        found: Floats = np.exp(middle + deviation * ndtri(u))
        return found

    def sf(self, t: Floats) -> Floats:
        from scipy.special import ndtr

        middle, deviation = self._of_logarithm()
        with np.errstate(divide="ignore"):
            return np.asarray(ndtr((middle - np.log(t)) / deviation))

    def isf(self, q: Floats) -> Floats:
        from scipy.special import ndtri

        middle, deviation = self._of_logarithm()
        found: Floats = np.exp(middle - deviation * ndtri(q))
        return found

    def _of_logarithm(self) -> tuple[float, float]:
        """Mean and standard deviation of the logarithm."""
        variance = math.log1p(self.cv**2)
        return math.log(self.mean) - variance / 2, math.sqrt(variance)
