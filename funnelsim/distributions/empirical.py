"""Values as they were seen, each as likely as its weight says."""

from __future__ import annotations

from typing import Generic

import numpy as np
from pydantic import model_validator

from funnelsim.distributions.law import WrittenLaw
from funnelsim.distributions.sampling import choose
from funnelsim.distributions.values import BrokenRule, Floats, V, Weight
from funnelsim.kinds import LEAST


class Empirical(WrittenLaw, Generic[V]):
    """One of the `values`, each as likely as its weight ÷ the sum of the weights.

    Source: A. M. Law, Simulation Modeling and Analysis, 5th edition 2015, section 6.2.
    """

    values: tuple[V, ...]
    """those that there can be"""
    weights: tuple[Weight, ...] | None = None
    """equal where they are not given"""

    @model_validator(mode="after")
    def _check(self) -> Empirical[V]:
        if not self.values:
            raise BrokenRule("there is at least one value")
        if self.weights is not None:
            if len(self.weights) != len(self.values):
                counts = f"{len(self.weights)} weights, {len(self.values)} values"
                raise BrokenRule(f"there is one weight for each value, and here are {counts}")
            if sum(self.weights) <= 0:
                raise BrokenRule("the weights sum to more than 0")
        return self

    @property
    def mean(self) -> float:
        return float(np.average(self.values, weights=self.weights))

    def ppf(self, u: Floats) -> Floats:
        """As a choice among them: the values in the order of the file, which need not ascend."""
        values, weights = self._columns()
        return values[choose(weights, u)]

    def sf(self, t: Floats) -> Floats:
        values, weights = self._columns()
        steps = np.append(-np.inf, np.sort(values))
        # however many times are asked about, there are no more sums than values
        last, of_each = np.unique(np.searchsorted(steps[1:], t, "right"), return_inverse=True)
        larger = values > steps[last, None]
        found: Floats = ((larger * weights).sum(axis=1) / weights.sum())[of_each]
        return found

    def isf(self, q: Floats) -> Floats:
        values, weights = self._columns()
        order = np.argsort(values, kind="stable")
        return values[order][choose(weights[order], 1 - q)]

    def above_0(self, least: float) -> dict[str, float]:
        both = enumerate(zip(*self._columns(), strict=True), start=1)
        longer = [f"#{place}" for place, (value, weight) in both if value and weight]
        if len(longer) != 1:
            return {}
        return {f"values.{longer[0]}": least, f"weights.{longer[0]}": LEAST}

    def _columns(self) -> tuple[Floats, Floats]:
        values = np.asarray(self.values, dtype=np.float64)
        weights = self.weights or (1.0,) * len(values)
        return values, np.asarray(weights, dtype=np.float64)
