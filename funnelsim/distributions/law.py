"""What is known of a random value: the law that each kind of distribution has, in SciPy's words.

A kind is a class in a file of its own: the fields by which it is written, how they are checked, and
its law. To add one, write such a class (a `WrittenLaw`) and give it its line in `distribution.py`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Self

import numpy as np

from funnelsim.distributions.part import Part, times
from funnelsim.distributions.values import Floats


class Law(ABC):
    """The law of values of at least 0: microseconds for a duration, currency for an amount.

    A kind has `mean`, `ppf`, `sf` and `scaled`; `isf` and `residual` where there is a better way
    than by these. All take and give columns (float64), shape (n,).
    """

    if TYPE_CHECKING:  # of some kinds it is a field

        @property
        def mean(self) -> float:
            """The mean."""

    @abstractmethod
    def ppf(self, u: Floats) -> Floats:
        """The inverse of the distribution function, at probabilities strictly inside 0 and 1."""

    @abstractmethod
    def sf(self, t: Floats) -> Floats:
        """The survival function: how likely a value is larger than t, from 0 on."""

    def isf(self, q: Floats) -> Floats:
        """The inverse of the survival function; far out in the tail better than `ppf`."""
        return self.ppf(1 - q)

    def residual(self, u: Floats, age: Floats) -> Floats:
        """What is left of values known to be larger than `age`, at the probabilities `u`.

        The inverse of the distribution given the age, (F(x) - F(age)) ÷ (1 - F(age)), less the age;
        0 where no value is so large. Worked out from above, so that it holds far out in the tail.
        """
        above = self.sf(age) * (1 - u)
        return left_of(self.isf(above), age, above)

    @abstractmethod
    def scaled(self, factor: float) -> Self:
        """The law of all values times a factor: another mean, and the same shape."""

    def above_0(self, least: float) -> dict[str, float]:
        """By its path, the least of each number that keeps it from being 0 each time.

        `least` is the least that a value can be above 0.
        """
        return {}


class WrittenLaw(Law, Part):
    """A law that is written as a table of its numbers: the base of the kinds."""

    def scaled(self, factor: float) -> Self:
        return times(self, factor)


def left_of(value: Floats, age: Floats, above: Floats) -> Floats:
    """What of these values is left at their ages; 0 where the chance of them, `above`, is 0."""
    is_left = (above > 0) & np.isfinite(value)
    return np.where(is_left, np.maximum(value - age, 0.0), 0.0)
