"""Without memory: what is left of a time is as long as the time itself, whatever its age."""

from __future__ import annotations

from typing import ClassVar, Generic

import numpy as np
from pydantic import Field, model_validator

from funnelsim.distributions.law import WrittenLaw
from funnelsim.distributions.part import Part
from funnelsim.distributions.values import DAY, BrokenRule, Floats, P, PerUnit
from funnelsim.kinds import DURATION, Kind, mark_of


class Exponential(WrittenLaw, Generic[P]):
    ways: ClassVar = (("mean",), ("rate",))
    mean_: P | None = Field(None, alias="mean", title="mean", description="of all values")
    rate: PerUnit | None = Field(None, description="a day, for a duration")

    @model_validator(mode="after")
    def _check(self) -> Exponential[P]:
        given_in_one_way(self, self.ways)
        return self

    @property
    def mean(self) -> float:
        if self.mean_ is not None:
            return float(self.mean_)
        assert self.rate is not None
        return 1 / self.rate * unit_of_rate(self)

    def ppf(self, u: Floats) -> Floats:
        return -self.mean * np.log1p(-u)

    def sf(self, t: Floats) -> Floats:
        return np.exp(-t / self.mean)

    def residual(self, u: Floats, age: Floats) -> Floats:
        return self.ppf(u)


def given_in_one_way(part: Part, ways: tuple[tuple[str, ...], ...]) -> None:
    """Raises `BrokenRule` where a part is not given by the fields of one of the ways alone."""
    fields = type(part).model_fields.items()
    given = tuple(f.alias or name for name, f in fields if getattr(part, name) is not None)
    if given not in ways:
        told = ", or by ".join(" and ".join(way) for way in ways)
        raise BrokenRule(f"it is given by {told}")


def unit_of_rate(part: Part) -> float:
    """What the rate of a part is per: a day for durations, 1 for amounts."""
    kind = mark_of(type(part), "mean_", Kind)
    return float(DAY) if kind is not None and kind.unit == DURATION.unit else 1.0
