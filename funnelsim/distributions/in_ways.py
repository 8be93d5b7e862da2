"""A law that may be given in several ways: by its mean, or by a rate."""

from __future__ import annotations

from typing import ClassVar, Generic, Self

from pydantic import Field, model_validator

from funnelsim.distributions.law import WrittenLaw
from funnelsim.distributions.values import DAY, BrokenRule, P
from funnelsim.kinds import DURATION, Kind, mark_of


class InWays(WrittenLaw, Generic[P]):
    """By the fields of one of the `ways` alone; `mean` where it is the field of that name."""

    ways: ClassVar[tuple[tuple[str, ...], ...]]
    mean_: P | None = Field(None, alias="mean", title="mean")
    """of all values"""

    @model_validator(mode="after")
    def _check(self) -> Self:
        fields = type(self).model_fields.items()
        given = tuple(f.alias or name for name, f in fields if getattr(self, name) is not None)
        if given not in self.ways:
            told = ", or by ".join(" and ".join(way) for way in self.ways)
            raise BrokenRule(f"it is given by {told}")
        return self

    @property
    def mean(self) -> float:
        return float(self.mean_) if self.mean_ is not None else self.mean_by_rate * self._per

    @property
    def mean_by_rate(self) -> float:
        """The mean in the unit of the rate, where it is given by that."""
        raise NotImplementedError

    @property
    def _per(self) -> float:
        """What a rate is per: a day for durations, 1 for amounts."""
        kind = mark_of(type(self), "mean_", Kind)
        return float(DAY) if kind is not None and kind.unit == DURATION.unit else 1.0
