"""What the errors of earlier forecasts say of the doubt that a plan must allow for.

An error is standardised: (happened - mean) ÷ standard deviation of the forecast's futures. If the
forecasts know how little they know, the squares of n of them sum up to about n (chi-square with n
degrees of freedom). Where the sum is larger than 9 in 10 such sums would be, the forecasts have
been too sure. Then the spread of the draws is widened, never narrowed, so far that the errors
would have been as they should: with the variance of a forecast parted into that of chance (a share
c) and that of what is not known, f² = (mean square - c) ÷ (1 - c).
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from funnelsim.distributions import Floats

ACCIDENT = 0.1  # so often right forecasts would be taken for wrong ones
LEAST_UNKNOWN = 0.02  # of the variance: of less no factor can be told
MOST = 20.0  # times as wide


def is_too_sure(errors: Sequence[float] | Floats) -> bool:
    """Whether standardised errors are larger than right forecasts would have, 9 times in 10."""
    from scipy.stats import chi2

    squares = np.square(np.asarray(errors, float))
    return bool(chi2.sf(squares.sum(), len(squares)) < ACCIDENT)


def factor_of(errors: Sequence[float] | Floats, by_chance: Sequence[float] | Floats) -> float:
    """How many times as wide the draws must be spread: 1 where the forecasts were right.

    >>> factor_of([0.5, -1.2, 1.0, -0.8], [0.6] * 4)
    1.0
    >>> round(factor_of([2.0, -2.0, 2.0, -2.0], [0.6] * 4), 2)
    2.92
    """
    if not is_too_sure(errors):
        return 1.0
    square = float(np.mean(np.square(np.asarray(errors, float))))
    chance = min(float(np.mean(np.asarray(by_chance, float))), 1 - LEAST_UNKNOWN)
    return float(np.clip(math.sqrt(max((square - chance) / (1 - chance), 1.0)), 1.0, MOST))
