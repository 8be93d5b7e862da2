"""Subscribers who renew, or do not, once in a period: the shifted-beta-geometric model.

Each customer leaves at each renewal with a probability of their own, once for all; among customers
it is Beta(alpha, beta). Nobody changes, and yet the retention rate of a group rises, since those
who leave readily leave first. Source: P. S. Fader and B. G. S. Hardie, How to Project Customer
Retention, Journal of Interactive Marketing 21, 2007, pages 76-90; what customers of any age are
worth: the same, Customer-Base Valuation in a Contractual Setting, Marketing Science 29, 2010.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import betaln, hyp2f1

from funnelsim.arguments import a_number, a_whole_number
from funnelsim.distributions import Floats
from funnelsim.retention.maximum import Maximum, Model, maximum
from funnelsim.retention.seen import Renewals

if TYPE_CHECKING:
    import pandas as pd

STARTS = [(0.7, 2.0), (20.0, 60.0)]


@dataclass(frozen=True, repr=False, eq=False)
class ShiftedBetaGeometric(Model):
    """How many subscribers are still there after each period, for as long as one likes.

    `alpha` and `beta` are of the probability to leave: its mean is alpha / (alpha + beta), and the
    smaller their sum, the more customers differ. `seen` and `maximum` are what it was fitted to,
    and how well. Two numbers of a paper make one too.

    >>> regular = ShiftedBetaGeometric(alpha=0.704, beta=1.182)
    >>> regular.survival([0, 1, 7, 12]).round(3).tolist()
    [1.0, 0.627, 0.239, 0.17]
    """

    alpha: float
    beta: float
    seen: Renewals | None = None
    maximum: Maximum | None = None

    name: ClassVar[str] = "shifted-beta-geometric"
    names: ClassVar[tuple[str, ...]] = ("alpha", "beta")

    def survival(self, periods: ArrayLike) -> Floats:
        """The share of new customers still there after so many periods, 1 after none."""
        t = np.asarray(periods, dtype=float)
        found: Floats = np.exp(betaln(self.alpha, self.beta + t) - betaln(self.alpha, self.beta))
        return found

    def retention_rates(self, periods: ArrayLike) -> Floats:
        """The share that renews for the t-th time, of those who had done so t - 1 times."""
        t = np.asarray(periods, dtype=float)
        found: Floats = (self.beta + t - 1) / (self.alpha + self.beta + t - 1)
        return found

    def expected_payments(self, discount_rate: float = 0.0, renewed: int = 0) -> float:
        """How often a customer pays who has just renewed for that time: now, and after each period.

        Those to come are discounted by `discount_rate` a period (0.01: 1 %). Who has renewed
        before is likely to be of those who stay, and so pays more often. Infinite without a
        discount where alpha is at most 1: so slowly do the last leave.
        """
        rate = a_number("discount_rate", discount_rate, 0, way_out="write 0.01 for 1 % a period")
        beta = self.beta + a_whole_number("renewed", renewed, 0)
        if rate:
            return float(hyp2f1(1, beta, self.alpha + beta, 1 / (1 + rate)))
        return (self.alpha + beta - 1) / (self.alpha - 1) if self.alpha > 1 else math.inf

    def lifetime_value(
        self,
        margin: float,
        discount_rate: float = 0.0,
        renewed: int = 0,
        periods: int | None = None,
    ) -> float:
        """What a customer leaves from this payment on, each leaving `margin`; before CAC.

        As `expected_payments`; with `periods` only so many more of them count.

        >>> high_end = ShiftedBetaGeometric(alpha=0.668, beta=3.806)
        >>> [round(high_end.lifetime_value(12, 0.01, renewed=n)) for n in (0, 12)]
        [238, 464]
        """
        each = a_number("margin", margin)
        if periods is None:
            return each * self.expected_payments(discount_rate, renewed)
        rate = a_number("discount_rate", discount_rate, 0, way_out="write 0.01 for 1 % a period")
        t = np.arange(a_whole_number("periods", periods, 0) + 1)
        later = ShiftedBetaGeometric(self.alpha, self.beta + a_whole_number("renewed", renewed, 0))
        return each * float((later.survival(t) / (1 + rate) ** t).sum())

    def in_scenario(self, period: str = "30 days") -> dict[str, Any]:
        """The same as a scenario's [retention]: `s.vary({"retention": fit.in_scenario()})`."""
        beta = {"a": self.beta, "b": self.alpha}  # of renewing, not of leaving
        return {"repeat_probability": {"beta": beta}, "gap": {"constant": period}}

    def table(self, periods: int) -> pd.DataFrame:
        """A row for each of so many periods: what was seen of it, and what the fit says.

        Columns: `seen` and `fitted`, the share of customers still there, and `retention_seen` and
        `retention_fitted`, of those there a period before; NaN for what was not seen.
        """
        import pandas as pd

        t = np.arange(1, a_whole_number("periods", periods) + 1)
        survival = self.seen.survival if self.seen is not None else np.ones(1)
        seen = pd.Series(survival).reindex(np.arange(len(t) + 1)).to_numpy()
        return pd.DataFrame(
            {
                "seen": seen[1:],
                "fitted": self.survival(t),
                "retention_seen": seen[1:] / seen[:-1],
                "retention_fitted": self.retention_rates(t),
            },
            index=pd.Index(t, name="period"),
        )

    def _customers(self) -> int:
        return self.seen.customers if self.seen else 0


def log_likelihood(seen: Renewals, alpha: float, beta: float) -> float:
    """Equation 7 of the paper of 2007, over all cohorts: who left when, and who did not yet."""
    t = np.arange(len(seen.left))
    none = betaln(alpha, beta)
    stayed = betaln(alpha, beta + t) - none
    left = betaln(alpha + 1, beta + t[1:] - 1) - none
    return float((seen.left[1:] * left).sum() + (seen.last * stayed).sum())


def fit(seen: Renewals) -> ShiftedBetaGeometric:
    """The alpha and beta that make these renewals likeliest."""
    best = maximum(lambda values: log_likelihood(seen, *values), STARTS)
    alpha, beta = best.values.tolist()
    return ShiftedBetaGeometric(alpha, beta, seen, best)
