"""How many leads come on a day, or of a customer: the quantile of one uniform number.

So a higher rate adds leads and moves none.
"""

from __future__ import annotations

import numpy as np

from funnelsim.distributions import Floats, Ints

SHARED = 6  # days that have the same mean, at least
LARGE = 5_000.0  # a mean whose table would be long


def count_quantile(u: Floats, mean: Floats, dispersion: float) -> Ints:
    """The smallest count whose cumulated probability reaches u.

    Poisson, or for a dispersion (variance ÷ mean) above 1 the negative binomial of that mean.
    """
    if dispersion == 1:
        return poisson_quantile(u, mean)
    from scipy.stats import nbinom

    count = np.zeros(len(u), dtype=np.int64)
    some = mean > 0
    count[some] = nbinom.ppf(u[some], mean[some] / (dispersion - 1), 1 / dispersion)
    return count


def poisson_quantile(u: Floats, mean: Floats) -> Ints:
    """The smallest count whose cumulated Poisson probability reaches u.

    Days share their means, as a rule, and so do customers: then a table of each is quickest.
    """
    from scipy.special import pdtr, pdtrik

    count = np.zeros(len(u), dtype=np.int64)
    means, which = np.unique(mean, return_inverse=True)
    if len(means) * SHARED <= len(mean) and means[-1] < LARGE:
        for n, one in enumerate(means.tolist()):
            if one > 0:
                table = pdtr(np.arange(one + 12 * one**0.5 + 40), one)  # past any u below 1
                mine = which == n
                count[mine] = np.searchsorted(table, u[mine])
        return count
    some = (mean > 0) & (u > pdtr(0, mean))  # pdtrik knows no answer below P(0)
    guess = np.ceil(pdtrik(u[some], mean[some]))
    one_less = np.maximum(guess - 1, 0)
    count[some] = np.where(pdtr(one_less, mean[some]) >= u[some], one_less, guess)
    return count
