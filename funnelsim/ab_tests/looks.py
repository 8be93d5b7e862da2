"""Looking several times: how often chance alone is significant on some look, and limits against it.

The sum of what has come so far is a random walk; whoever looks again and again asks whether it has
ever been beyond a limit. The chance is a recursion over the looks: the density of the walk among
those that have not been beyond, carried on by one normal step, and integrated (P. Armitage,
C. K. McPherson and B. C. Rowe, Repeated Significance Tests on Accumulating Data, Journal of the
Royal Statistical Society A 132, 1969). By Gauss-Legendre quadrature it is exact to eight digits.

    peeking(5)            0.142: five looks at 5 % each
    stopping_limits(5)    what |z| has to be at each look, so that it stays 5 % in all
    always_valid(...)     a p-value that may be looked at whenever one likes
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache
from statistics import NormalDist
from typing import TYPE_CHECKING, Any

import numpy as np

from funnelsim.arguments import a_choice, a_number, a_share, a_whole_number, refused
from funnelsim.distributions import Floats

if TYPE_CHECKING:
    import pandas as pd

MOST_LOOKS = 1000
LEAST_ALPHA = 1e-6  # for which the quadrature finds limits
POCOCK, OBRIEN_FLEMING = "pocock", "obrien-fleming"
KINDS = (POCOCK, OBRIEN_FLEMING)


def peeking(looks: int | Sequence[float], alpha: float = 0.05) -> float:
    """The chance that a test without any effect is significant on at least one of the looks.

    `looks` is how many there are, after as many leads each, or what share of the leads has come at
    each of them. Each look is a two-sided test at `alpha`. Raises `FunnelSimError` for looks
    that do not increase, or an alpha that is not between 0 and 1.

    Source: Armitage, McPherson and Rowe (1969), table 2: .142 for 5 looks, .193 for 10.

    >>> [round(peeking(looks), 3) for looks in (1, 2, 5, 10)]
    [0.05, 0.083, 0.142, 0.193]
    """
    times = _times(looks)
    z = -NormalDist().inv_cdf(a_share("alpha", alpha) / 2)
    return float(_ever_beyond(times, np.full(len(times), z))[-1])


def stopping_limits(
    looks: int | Sequence[float], alpha: float = 0.05, kind: str = POCOCK
) -> pd.DataFrame:
    """What `|z|` has to be at each look, so that all looks together are wrong with chance `alpha`.

    `kind` is "pocock", the same limit at each look, or "obrien-fleming", high at first and near
    the usual one at the end. A row per look (the index, from 1), with the columns `z`; `p`, below
    which the p-value of that look has to be; and `spent`, the chance to have been beyond by then.

    Raises `FunnelSimError` for looks that do not increase, another kind, and an alpha below 1e-6.

    Sources: S. J. Pocock, Group sequential methods in the design and analysis of clinical trials,
    Biometrika 64 (1977); P. C. O'Brien and T. R. Fleming, A multiple testing procedure for
    clinical trials, Biometrics 35 (1979). The constants are worked out, not copied.

    >>> stopping_limits(5).z.round(3).tolist()
    [2.413, 2.413, 2.413, 2.413, 2.413]
    >>> stopping_limits(5, kind="obrien-fleming").z.round(2).tolist()
    [4.56, 3.23, 2.63, 2.28, 2.04]
    """
    import pandas as pd
    from scipy.optimize import brentq
    from scipy.special import ndtr

    times, alpha = _times(looks), a_share("alpha", alpha)
    if alpha < LEAST_ALPHA:
        raise refused("alpha", alpha, f"limits are known of {LEAST_ALPHA:g} and more")
    shape = np.ones(len(times))
    if a_choice("kind", kind, KINDS) == OBRIEN_FLEMING:
        shape = np.sqrt(times[-1] / times)

    def too_often(height: float) -> float:
        return float(_ever_beyond(times, height * shape)[-1]) - alpha

    usual = -NormalDist().inv_cdf(alpha / 2)
    z = shape * brentq(too_often, usual - 1e-9, usual + 4, xtol=1e-10)
    index = pd.RangeIndex(1, len(times) + 1, name="look")
    told = {"z": z, "p": 2 * ndtr(-z), "spent": _ever_beyond(times, z)}
    return pd.DataFrame(told, index=index)


def always_valid(difference: Any, standard_error: Any, expected: float) -> Any:
    """A p-value that is below alpha with chance alpha at most, however often one looks.

    The mixture sequential probability ratio test: against "no difference" stand differences
    spread normally around 0 with the standard deviation `expected`, such as the lift that was
    planned for. Any expected size is valid; one near the true one finds it soonest. Arrays give
    arrays; 1 where the standard error is 0 or missing.

    Source: H. Robbins, Statistical Methods Related to the Law of the Iterated Logarithm, Annals of
    Mathematical Statistics 41 (1970); R. Johari, P. Koomen, L. Pekelis and D. Walsh, Always Valid
    Inference: Continuous Monitoring of A/B Tests, Operations Research 70 (2022).

    >>> round(float(always_valid(0.02, 0.008, expected=0.01)), 3)
    0.238
    """
    a_number("expected", expected, above=0)
    variance = np.square(np.asarray(standard_error, dtype=float))
    is_told = variance > 0
    variance = np.where(is_told, variance, 1.0)
    both = variance + expected**2
    log_ratio = np.square(difference) * expected**2 / (2 * variance * both)
    log_ratio = log_ratio + 0.5 * np.log(variance / both)
    return np.where(is_told, np.minimum(1.0, np.exp(np.minimum(-log_ratio, 0.0))), 1.0)


@lru_cache(maxsize=64)  # it takes longer than the rest, and looks ask for the same again
def _gauss_legendre(points: int) -> tuple[Floats, Floats]:
    nodes, weights = np.polynomial.legendre.leggauss(points)
    return nodes, weights


def _times(looks: Any) -> Floats:
    """When each look is, as shares of what comes or just as 1, 2, 3 ..."""
    if isinstance(looks, Sequence | np.ndarray) and not isinstance(looks, str):
        times = np.array([a_number("looks", look, above=0) for look in looks])
        if not len(times) or (np.diff(times) <= 0).any():
            rule = "each look has more leads than the one before"
            raise refused("looks", list(looks), rule, "write [0.25, 0.5, 0.75, 1]")
        return times
    return np.arange(1.0, a_whole_number("looks", looks, 1, MOST_LOOKS) + 1)


def _ever_beyond(times: Floats, limits: Floats) -> Floats:
    """The chance that a random walk has been beyond ±limit·√time by each of these times."""
    edges = limits * np.sqrt(times)
    found = np.empty(len(times))
    at, density = np.zeros(1), np.ones(1)  # at the start it is at 0; density · weight, at nodes
    before = 0.0
    for look, (time, edge) in enumerate(zip(times, edges, strict=True)):
        step = math.sqrt(time - before)
        points = 8 * math.ceil(4 + edge / step)  # some eight for each standard deviation
        nodes, weights = _gauss_legendre(min(points, 400))
        nodes = nodes * edge
        away = (nodes[:, None] - at[None, :]) / step
        density = np.exp(-0.5 * away**2) @ density / (step * math.sqrt(2 * math.pi))
        density = density * weights * edge
        at, before = nodes, time
        found[look] = 1 - density.sum()
    return found
