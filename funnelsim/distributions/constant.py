"""The same value each time. It is written without a table: `{ constant = "2 days" }`."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Self

import numpy as np

from funnelsim.distributions.law import Law
from funnelsim.distributions.values import Floats
from funnelsim.kinds import Kind


@dataclass(frozen=True)
class Constant(Law):
    """One value, and what it is."""

    value: float
    kind: Kind

    @property
    def mean(self) -> float:
        return float(self.value)

    def ppf(self, u: Floats) -> Floats:
        return np.full(len(u), float(self.value))

    def sf(self, t: Floats) -> Floats:
        return (t < self.value).astype(np.float64)

    def scaled(self, factor: float) -> Self:
        return replace(self, value=self.kind.times(self.value, factor))

    def above_0(self, least: float) -> dict[str, float]:
        return {"": least}
