"""A distribution as a scenario has it: one of the kinds, for durations and for amounts.

It is written as a table with one key, its kind: `{ exponential = { mean = "5 h" } }`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, ClassVar, Generic, Self

from pydantic import model_validator

from funnelsim.distributions.constant import Constant
from funnelsim.distributions.empirical import Empirical
from funnelsim.distributions.exponential import Exponential
from funnelsim.distributions.gamma import Gamma
from funnelsim.distributions.law import Law
from funnelsim.distributions.loglogistic import Loglogistic
from funnelsim.distributions.lognormal import Lognormal
from funnelsim.distributions.part import Part, times
from funnelsim.distributions.triangular import Triangular
from funnelsim.distributions.uniform import Uniform
from funnelsim.distributions.values import (
    Amount,
    BrokenRule,
    Duration,
    Floats,
    MeanAmount,
    MeanDuration,
    P,
    V,
    duration,
)
from funnelsim.distributions.weibull import Weibull
from funnelsim.kinds import OF_DURATIONS, OF_MONEY, Kind, mark_of
from funnelsim.meant import duration_instead, number_meant, written

_RANGE = re.compile(r"\s*([\d.,]+)\s*(?:-|–|to|bis)\s*([\d.,]+)\s*(\D*)")


class Distribution(Part, Generic[V, P]):
    """One of the kinds; `DurationDistribution` and `AmountDistribution` are the two uses.

    The fields are the list of the kinds there are. What is asked of a distribution its law answers
    (`law.py`): microseconds for durations and currency for amounts, columns of shape (n,).

    >>> import numpy as np
    >>> value = AmountDistribution(uniform={"low": 10, "high": 20})
    >>> value.mean, value.ppf(np.array([0.25, 0.5])), value.sf(np.array([5.0, 12.5]))
    (15.0, array([12.5, 15. ]), array([1.  , 0.75]))
    """

    of: ClassVar[Kind]

    constant: V | None = None
    """the same each time"""
    uniform: Uniform[V] | None = None
    """even between two ends"""
    triangular: Triangular[V] | None = None
    """two ends and the likeliest"""
    exponential: Exponential[P] | None = None
    """without memory"""
    lognormal: Lognormal[P] | None = None
    """with a long tail"""
    gamma: Gamma[P] | None = None
    """a sum of exponential ones, more or less"""
    weibull: Weibull[P] | None = None
    """that ages, or the opposite"""
    loglogistic: Loglogistic[P] | None = None
    """half quick, some very slow"""
    empirical: Empirical[V] | None = None
    """values as they were seen"""

    @model_validator(mode="before")
    @classmethod
    def _one_kind(cls, value: Any) -> Any:
        if isinstance(value, Distribution):
            return value
        kinds = ", ".join(cls.model_fields)
        if not isinstance(value, Mapping):
            rule = f"a distribution is a table with one of {kinds}"
            raise BrokenRule(rule, f"write {cls.example(value)}")
        given = sum(kind in value and value[kind] is not None for kind in cls.model_fields)
        if given != 1 and not (set(value) - set(cls.model_fields)):
            way_out = "leave one of them" if given else f"write {cls.example(None)}"
            raise BrokenRule(f"a distribution has one kind, out of {kinds}", way_out)
        return value

    @classmethod
    def example(cls, value: Any) -> str:
        """The table that was meant by a value, or by a list or range ("2-3 days") of them."""
        if isinstance(value, str) and (between := _RANGE.fullmatch(value)):
            value = [f"{end} {between[3]}".strip() for end in between.groups()[:2]]
        if isinstance(value, (list, tuple)) and value:
            values = [cls.one(entry) for entry in value]
            if len(values) == 2:
                return f"{{ uniform = {{ low = {values[0]}, high = {values[1]} }} }}"
            return f"{{ empirical = {{ values = [{', '.join(values)}] }} }}"
        return f"{{ constant = {cls.one(value)} }}"

    @classmethod
    def one(cls, value: Any) -> str:
        """One value as it would be written, an example where that is not known."""
        raise NotImplementedError

    @property
    def kind(self) -> str:
        return next(k for k in type(self).model_fields if getattr(self, k) is not None)

    @property
    def law(self) -> Law:
        """The law of its values."""
        given, of = getattr(self, self.kind), mark_of(type(self), self.kind, Kind)
        return given if isinstance(given, Law) else Constant(given, of or self.of)

    @property
    def mean(self) -> float:
        """The mean; infinite where there is none.

        >>> AmountDistribution(triangular={"low": 0, "mode": 1, "high": 5}).mean
        2.0
        """
        return float(self.law.mean)

    def ppf(self, u: Floats) -> Floats:
        """The inverse of the distribution function, at probabilities strictly inside 0 and 1."""
        return self.law.ppf(u)

    def sf(self, t: Floats) -> Floats:
        """The survival function: how likely a value is larger than t, from 0 on."""
        return self.law.sf(t)

    def residual(self, u: Floats, age: Floats) -> Floats:
        """What is left, at the probabilities `u`, of values known to be larger than their `age`.

        0 where no value is so large.

        >>> import numpy as np
        >>> forgets = DurationDistribution(exponential={"mean": "1 day"})
        >>> forgets.residual(np.array([0.5, 0.5]), age=np.array([0.0, 9e11])).round(-6).tolist()
        [59888000000.0, 59888000000.0]
        """
        return self.law.residual(u, age)

    def scaled(self, factor: float) -> Self:
        """All values times a factor, within the limits of their kind; the shape stays.

        >>> AmountDistribution(lognormal={"mean": 80, "cv": 0.8}).scaled(1.25).lognormal.mean
        100.0
        """
        return times(self, factor)


class DurationDistribution(Distribution[Duration, MeanDuration]):
    """Of durations, in microseconds."""

    of = OF_DURATIONS

    @classmethod
    def one(cls, value: Any) -> str:
        try:
            duration(value)
        except BrokenRule:
            return duration_instead(value).split(", ")[0].removesuffix(" alone")
        return written(value)

    @classmethod
    def example(cls, value: Any) -> str:
        is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
        other_units = ", or with h or min" if is_number and value else ""
        return super().example(value) + other_units


class AmountDistribution(Distribution[Amount, MeanAmount]):
    """Of amounts, in currency."""

    of = OF_MONEY

    @classmethod
    def one(cls, value: Any) -> str:
        meant = number_meant(value) if isinstance(value, str) else value
        if isinstance(meant, bool) or not isinstance(meant, (int, float)):
            return "..." if isinstance(value, str) else "80"
        return written(meant)


AT_ONCE = DurationDistribution(constant="0 days")
