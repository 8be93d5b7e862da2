"""Customers who come when they like, and go without a word: the BG/NBD model.

While they stay, customers buy by chance at a rate of their own, Gamma(r, alpha) among them; after
each order that follows the first they drop out with a probability of their own, Beta(a, b) among
them. Source: P. S. Fader, B. G. S. Hardie and K. L. Lee, "Counting Your Customers" the Easy Way:
An Alternative to the Pareto/NBD Model, Marketing Science 24, 2005, pages 275-284.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import betainc, betaln, gammaln, hyp2f1

from funnelsim.arguments import a_number, a_whole_number
from funnelsim.distributions import Floats
from funnelsim.retention.maximum import Maximum, Model, maximum
from funnelsim.retention.seen import COLUMNS, checked

if TYPE_CHECKING:
    import pandas as pd

STARTS = [(0.3, 5.0, 0.8, 2.5), (3.0, 100.0, 2.0, 2.0)]  # alpha where T is 40 on average
NEAR_1 = 1e-6  # at a = 1 the formula is 0 ÷ 0; so near to it nothing changes
OR_MORE = 7  # orders, as the paper counts them


@dataclass(frozen=True, repr=False, eq=False)
class BgNbd(Model):
    """How often customers will order again, and which of them are still there.

    `r` and `alpha` are of the rate of buying (its mean is r / alpha), `a` and `b` of dropping out
    after an order (its mean is a / (a + b)). Times are in the unit of the table that was fitted:
    of `fs.repeat_buying` days. `seen` and `maximum` are what it was fitted to, and how well. Four
    numbers of a paper make one too.

    >>> cdnow = BgNbd(r=0.243, alpha=4.414, a=0.793, b=2.426)  # in weeks
    >>> cdnow.expected_repeats([1, 3, 78]).round(4).tolist()
    [0.0533, 0.1509, 1.8605]
    """

    r: float
    alpha: float
    a: float
    b: float
    seen: pd.DataFrame | None = None
    maximum: Maximum | None = None

    name: ClassVar[str] = "BG/NBD"
    names: ClassVar[tuple[str, ...]] = ("r", "alpha", "a", "b")

    # --- of customers nobody knows yet ------------------------------------------------------------

    def expected_repeats(self, time: ArrayLike) -> Floats:
        """Orders after the first that a new customer places within this time, on average."""
        t = np.asarray(time, dtype=float)
        return _expected(t, self.r, self.alpha, self.a, self.b)

    def chances(self, count: ArrayLike, time: ArrayLike) -> Floats:
        """The chance of just `count` orders after the first within this time (equation 8)."""
        x, t = np.asarray(count, dtype=float), np.asarray(time, dtype=float)
        r, alpha, a, b = self.r, self.alpha, self.a, self.b
        none = alpha / (alpha + t)
        with np.errstate(divide="ignore"):
            of_all = gammaln(r + x) - gammaln(r) - gammaln(x + 1) + r * np.log(none)
            bought = np.exp(of_all + np.where(x > 0, x * np.log1p(-none), 0.0))
        stayed = np.exp(betaln(a, b + x) - betaln(a, b))
        at_least = 1 - betainc(r, np.maximum(x, 1), none)  # of a customer who does not drop out
        dropped = np.exp(betaln(a + 1, b + np.maximum(x, 1) - 1) - betaln(a, b)) * at_least
        found: Floats = stayed * bought + np.where(x > 0, dropped, 0.0)
        return found

    def lifetime_value(self, margin: float, discount_rate: float, until: float = math.inf) -> float:
        """What a new customer's orders leave, the first among them, each `margin`; before CAC.

        Discounted by `discount_rate` in the unit of time (0.1 / 365: 10 % a year, in days), and
        counted `until` that time. Without an end the rate must be above 0, since some never leave.
        """
        from scipy.integrate import quad

        each = a_number("margin", margin)
        is_endless = until == math.inf
        limits: dict[str, Any] = {"above": 0} if is_endless else {"low": 0}
        rate = a_number("discount_rate", discount_rate, **limits, way_out="write 0.1 / 365")
        rate = math.log1p(rate)
        end = 0.0 if is_endless else math.exp(-rate * a_number("until", until, 0))
        last = 0.0 if is_endless else end * float(self.expected_repeats(until))
        if not rate:
            return each * (1 + last)
        # by parts: of each order its worth, so of all orders so far the fall of that worth
        so_far, _ = quad(
            lambda worth: float(self.expected_repeats(-math.log(worth) / rate)), end, 1
        )
        return each * (1 + last + float(so_far))

    # --- of those who were seen -------------------------------------------------------------------

    def alive(self, customers: pd.DataFrame) -> pd.Series:
        """The chance that each is still there, by frequency, recency and T (`fs.repeat_buying`).

        Who has not ordered again is taken to be there: before that nobody drops out in this model.

        >>> import pandas as pd
        >>> both = pd.DataFrame({"frequency": [9, 1], "recency": [22, 22], "T": [39, 39]})
        >>> cdnow = BgNbd(r=0.243, alpha=4.414, a=0.793, b=2.426)
        >>> cdnow.alive(both).round(2).tolist()  # the same silence: it says more of the frequent
        [0.12, 0.62]
        """
        import pandas as pd

        x, last, seen = (customers[name].to_numpy(dtype=float) for name in COLUMNS)
        odds = (self.r + x) * np.log((self.alpha + seen) / (self.alpha + last))
        odds += math.log(self.a) - np.log(self.b + np.maximum(x, 1) - 1)
        gone = np.where(x > 0, np.exp(np.minimum(odds, 700)), 0.0)
        return pd.Series(1 / (1 + gone), index=customers.index, name="alive")

    def expected_repeats_of(self, customers: pd.DataFrame, time: float) -> pd.Series:
        """Orders that each will place within this time from now, by what they did (equation 10)."""
        import pandas as pd

        t = a_number("time", time, 0)
        x, _, seen = (customers[name].to_numpy(dtype=float) for name in COLUMNS)
        while_there = _expected(np.array(t), self.r + x, self.alpha + seen, self.a, self.b + x)
        found = self.alive(customers).to_numpy() * while_there
        return pd.Series(found, index=customers.index, name="expected")

    def table(self, most: int = OR_MORE) -> pd.DataFrame:
        """How many customers ordered again how often: `seen`, and `fitted`, a row for each number.

        The last row is `most` or more. Without customers it was fitted to there is none.
        """
        import pandas as pd

        most = a_whole_number("most", most)
        x = np.arange(most)
        if self.seen is None:
            return pd.DataFrame({"seen": [], "fitted": []}, index=pd.Index([], name="orders after"))
        often = np.minimum(self.seen["frequency"].to_numpy(dtype=int), most)
        times, count = np.unique(self.seen["T"].to_numpy(), return_counts=True)
        fitted = (self.chances(x[:, None], times) * count).sum(axis=1)
        return pd.DataFrame(
            {
                "seen": np.bincount(often, minlength=most + 1),
                "fitted": np.append(fitted, len(often) - fitted.sum()),
            },
            index=pd.Index([*map(str, x), f"{most}+"], name="orders after the first"),
        )

    def in_scenario(self, days: float = 1.0) -> dict[str, Any]:
        """The same as a scenario's [retention], where a unit of time is so many days."""
        rate = {"shape": self.r, "rate": self.alpha * a_number("days", days, above=0)}
        return {
            "repeat_probability": {"beta": {"a": self.b, "b": self.a}},  # of staying
            "gap": {"exponential": {"rate": {"gamma": rate}}},
            "dropout_after": "first repeat",
        }

    def _customers(self) -> int:
        return len(self.seen) if self.seen is not None else 0


def _expected(t: Floats, r: Any, alpha: Any, a: float, b: Any) -> Floats:
    """Equation 9; with what is known of a customer in place of r, alpha and b, it is equation 10
    of one who is still there.
    """
    a = a + NEAR_1 if abs(a - 1) < NEAR_1 else a
    with_time = (alpha / (alpha + t)) ** r * hyp2f1(r, b, a + b - 1, t / (alpha + t))
    found: Floats = (a + b - 1) / (a - 1) * (1 - with_time)
    return found


def log_likelihood(
    customers: tuple[Floats, Floats, Floats], r: float, alpha: float, a: float, b: float
) -> float:
    """Equation 6, over all customers, of whom frequency, recency and T are known."""
    x, last, seen = customers
    again = x > 0
    bought = gammaln(r + x) - gammaln(r) + r * math.log(alpha)
    stayed = betaln(a, b + x) - betaln(a, b) - (r + x) * np.log(alpha + seen)
    left = betaln(a + 1, b + np.maximum(x, 1) - 1) - betaln(a, b) - (r + x) * np.log(alpha + last)
    return float((bought + np.logaddexp(stayed, np.where(again, left, -np.inf))).sum())


def fit(customers: Any) -> BgNbd:
    """The four parameters that make these customers likeliest, by frequency, recency and T."""
    seen = checked(customers)
    unit = float(seen["T"].mean())  # in which alpha is a number like any other
    x, last, long = (seen[name].to_numpy() for name in COLUMNS)
    scaled = x, last / unit, long / unit
    starts = [(r, alpha / 40, a, b) for r, alpha, a, b in STARTS]
    best = maximum(lambda values: log_likelihood(scaled, *values), starts)
    back = np.array([1.0, unit, 1.0, 1.0])
    orders = float(seen["frequency"].sum())
    best = best._replace(
        values=best.values * back,
        errors=best.errors * back,
        log_likelihood=best.log_likelihood - orders * math.log(unit),
    )
    r, alpha, a, b = best.values.tolist()
    return BgNbd(r, alpha, a, b, seen, best)
