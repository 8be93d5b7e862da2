"""What may differ among customers: how likely they are to buy again, and how often they do.

Each customer has a value of its own, once for all. So there are two forms of one field: a number
for all, or a distribution among customers.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar

from pydantic import BeforeValidator, Discriminator, Field, Tag

from funnelsim.distributions import (
    BrokenRule,
    DurationDistribution,
    Exponential,
    Limits,
    Part,
    PerUnit,
    Positive,
    PositiveDuration,
    Probability,
    number,
)
from funnelsim.kinds import AMONG_CUSTOMERS, LEAST, Kind

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
    section = "Coming back"
    a: Shape = Field(description="the mean is a ÷ (a + b)")
    b: Shape = Field(description="the larger a + b, the more alike are the customers")


class Beta(Part):
    """A probability that is Beta among customers; each has its own, once for all."""

    section = "Coming back"

    of: ClassVar[Kind] = AMONG_CUSTOMERS
    beta: BetaAmong = Field(description="the shapes of the distribution")

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
    section = "Coming back"
    shape: Shape = Field(description="of the rates; above 1 the gap has a mean")
    rate: Scale = Field(description="days; the gaps are as long as this is large")


class GammaRate(Part):
    """A rate (per day) that is Gamma among customers; each has its own, once for all."""

    section = "Coming back"

    gamma: GammaAmong = Field(description="shape and rate of the distribution")


def _form(value: Any) -> str:
    return AMONG if isinstance(value, (Mapping, Part)) else ONE


ONE, AMONG = "one for all", "among customers"  # pydantic names them in the places of errors
_FORM = Discriminator(_form)
OneProbability = Annotated[Annotated[Probability, Tag(ONE)] | Annotated[Beta, Tag(AMONG)], _FORM]
OneRate = Annotated[Annotated[PerUnit, Tag(ONE)] | Annotated[GammaRate, Tag(AMONG)], _FORM]


class ExponentialGap(Exponential[PositiveDuration]):
    rate: OneRate | None = Field(None, description="a day")  # type: ignore[assignment]


ANY: Limits = (1, None)  # microseconds, the least that a duration can be above 0


class GapDistribution(DurationDistribution):
    """Of the time between two orders; its rate may differ among customers."""

    exponential: ExponentialGap | None = Field(None, description="without memory")

    def limits(self) -> dict[str, Limits]:
        """A gap that is always 0 would place orders without end at one moment."""
        ends: dict[str, Limits] = dict.fromkeys(
            ("constant", "uniform.high", "triangular.high"), ANY
        )
        if self.empirical is None:
            return ends
        weights = self.empirical.weights or [1.0] * len(self.empirical.values)
        both = enumerate(zip(self.empirical.values, weights, strict=True), start=1)
        longer = [f"#{place}" for place, (value, weight) in both if value and weight]
        if len(longer) == 1:
            ends[f"empirical.values.{longer[0]}"] = ANY
            ends[f"empirical.weights.{longer[0]}"] = (LEAST, None)
        return ends

    @property
    def rate_among(self) -> GammaAmong | None:
        """How the rate differs among customers, if it does."""
        rate = self.exponential.rate if self.exponential else None
        return rate.gamma if isinstance(rate, GammaRate) else None
