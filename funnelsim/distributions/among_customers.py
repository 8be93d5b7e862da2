"""What may differ among customers: how likely they are to buy again, and how often they do.

Each customer has a value of its own, once for all. So there are two forms of one field: a number
for all, or a distribution among customers.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Annotated, Any, ClassVar, Self

import numpy as np
from pydantic import BeforeValidator, Discriminator, Tag

from funnelsim.distributions.distribution import DurationDistribution
from funnelsim.distributions.exponential import Exponential
from funnelsim.distributions.law import Law
from funnelsim.distributions.part import Limits, Part
from funnelsim.distributions.values import (
    DAY,
    BrokenRule,
    Floats,
    PerUnit,
    Positive,
    PositiveDuration,
    Probability,
    number,
)
from funnelsim.kinds import AMONG_CUSTOMERS, Kind

_SHAPE = Kind("number", low=0.001, high=1000)


def shape(value: Any) -> float:
    rule = "a shape among customers lies between 0.001 and 1000"
    x = number(value, rule)
    if not _SHAPE.holds(x):
        alike = "where customers are nearly alike, write one number for all"
        raise BrokenRule(rule, alike if x > _SHAPE.high else "at 0.1 they differ very much already")
    return x


Shape = Annotated[float, BeforeValidator(shape), _SHAPE]
Scale = Annotated[Positive, Kind("number", "days", is_open=True, power=1)]


class BetaAmong(Part):
    """The shapes of a Beta distribution on 0 to 1: the mean is a ÷ (a + b).

    Source: N. L. Johnson, S. Kotz, N. Balakrishnan, Continuous Univariate Distributions, volume 2,
    2nd edition 1995, chapter 25.
    """

    section = "Coming back"

    a: Shape
    """the mean is a ÷ (a + b)"""
    b: Shape
    """the larger a + b, the more alike are the customers"""


class Beta(Part):
    """A probability that is Beta among customers; each has its own, once for all."""

    section = "Coming back"

    of: ClassVar[Kind] = AMONG_CUSTOMERS
    beta: BetaAmong
    """the shapes of the distribution"""

    @property
    def mean(self) -> float:
        """The mean among customers."""
        return self.beta.a / (self.beta.a + self.beta.b)

    def with_mean(self, mean: float) -> dict[str, Any]:
        """Its table with another mean; a + b, how alike the customers are, stays."""
        together = self.beta.a + self.beta.b
        return {"beta": {"a": round(mean * together, 9), "b": round((1 - mean) * together, 9)}}

    def means(self) -> Limits:
        """The least and the largest mean that it can have with this a + b."""
        together = self.beta.a + self.beta.b
        least, most = _SHAPE.low / together, _SHAPE.high / together
        return max(least, 1 - most), min(most, 1 - least)


class GammaAmong(Part):
    """Of rates a day: Gamma with the mean shape ÷ rate. The gaps are `Lomax`, with its source."""

    section = "Coming back"

    shape: Shape
    """of the rates; above 1 the gap has a mean"""
    rate: Scale
    """days; the gaps are as long as this is large"""


class GammaRate(Part):
    """A rate (per day) that is Gamma among customers; each has its own, once for all."""

    section = "Coming back"

    gamma: GammaAmong
    """shape and rate of the distribution"""


def _form(value: Any) -> str:
    return AMONG if isinstance(value, (Mapping, Part)) else ONE


ONE, AMONG = "one for all", "among customers"  # pydantic names them in the places of errors
_FORM = Discriminator(_form)
OneProbability = Annotated[Annotated[Probability, Tag(ONE)] | Annotated[Beta, Tag(AMONG)], _FORM]
OneRate = Annotated[Annotated[PerUnit, Tag(ONE)] | Annotated[GammaRate, Tag(AMONG)], _FORM]


class ExponentialGap(Exponential[PositiveDuration]):
    """As it is written; where the rate differs, the law of the gap is `GapDistribution.law`."""

    rate: OneRate | None = None  # type: ignore[assignment]
    """a day"""


@dataclass(frozen=True)
class Lomax(Law):
    """Of exponential times (microseconds) whose rate is Gamma among customers.

    `shape` and `rate` (days) are those of the Gamma: numbers, or a column with those of each
    customer, given what it has bought. Source: N. L. Johnson, S. Kotz and N. Balakrishnan,
    Continuous Univariate Distributions, volume 1, 2nd edition 1994, section 20.3.
    """

    shape: float | Floats
    rate: float | Floats

    @property
    def mean(self) -> float:
        """The mean, for one shape and rate; infinite for a shape of at most 1."""
        shape, rate = float(self.shape), float(self.rate)
        return rate / (shape - 1) * DAY if shape > 1 else math.inf

    def ppf(self, u: Floats) -> Floats:
        return self.residual(u, np.zeros(len(u)))

    def sf(self, t: Floats) -> Floats:
        return (self.rate / (self.rate + t / DAY)) ** self.shape

    def residual(self, u: Floats, age: Floats) -> Floats:
        with np.errstate(divide="ignore", over="ignore"):  # so seldom that it is never
            return (self.rate + age / DAY) * np.expm1(-np.log1p(-u) / self.shape) * DAY

    def scaled(self, factor: float) -> Self:
        return replace(self, rate=self.rate * factor)


class GapDistribution(DurationDistribution):
    """Of the time between two orders; its rate may differ among customers."""

    exponential: ExponentialGap | None = None
    """without memory"""

    @property
    def law(self) -> Law:
        among = self.rate_among
        return Lomax(among.shape, among.rate) if among is not None else super().law

    def limits(self) -> dict[str, Limits]:
        """A gap that is always 0 would place orders without end at one moment."""
        numbers = self.law.above_0(least=1).items()  # microsecond
        return {f"{self.kind}.{path}".rstrip("."): (least, None) for path, least in numbers}

    @property
    def rate_among(self) -> GammaAmong | None:
        """How the rate differs among customers, if it does."""
        rate = self.exponential.rate if self.exponential else None
        return rate.gamma if isinstance(rate, GammaRate) else None
