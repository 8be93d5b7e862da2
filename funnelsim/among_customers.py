"""What may differ among customers: how likely they are to buy again, and how often they do.

Each customer has a value of its own, once for all. So there are two forms of one field: a number
for all, or a distribution among customers.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BeforeValidator, Discriminator, Tag

from funnelsim.distributions import (
    BrokenRule,
    DurationDistribution,
    Exponential,
    Part,
    Positive,
    PositiveDuration,
    Probability,
    number,
)


def shape(value: Any) -> float:
    rule = "a shape among customers lies between 0.001 and 1000"
    x = number(value, rule)
    if not 0.001 <= x <= 1000:
        alike = "where customers are nearly alike, write one number for all"
        raise BrokenRule(rule, alike if x > 1000 else "at 0.1 they differ very much already")
    return x


Shape = Annotated[float, BeforeValidator(shape)]


class BetaAmong(Part):
    a: Shape
    b: Shape


class Beta(Part):
    """A probability that is Beta among customers; each has its own, once for all."""

    beta: BetaAmong


class GammaAmong(Part):
    shape: Shape
    rate: Positive


class GammaRate(Part):
    """A rate (per day) that is Gamma among customers; each has its own, once for all."""

    gamma: GammaAmong


def _form(value: Any) -> str:
    return AMONG if isinstance(value, (Mapping, Part)) else ONE


ONE, AMONG = "one for all", "among customers"  # pydantic names them in the places of errors
_FORM = Discriminator(_form)
OneProbability = Annotated[Annotated[Probability, Tag(ONE)] | Annotated[Beta, Tag(AMONG)], _FORM]
OneRate = Annotated[Annotated[Positive, Tag(ONE)] | Annotated[GammaRate, Tag(AMONG)], _FORM]


class ExponentialGap(Exponential[PositiveDuration]):
    rate: OneRate | None = None  # type: ignore[assignment]


class GapDistribution(DurationDistribution):
    """Of the time between two orders; its rate may differ among customers."""

    exponential: ExponentialGap | None = None

    @property
    def rate_among(self) -> GammaAmong | None:
        """How the rate differs among customers, if it does."""
        rate = self.exponential.rate if self.exponential else None
        return rate.gamma if isinstance(rate, GammaRate) else None
