"""What a column of uniform numbers becomes: a choice by weights, and values rounded once."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from funnelsim.distributions.values import LARGEST, Floats, Ints


def choose(weights: Any, u: Floats) -> NDArray[np.int64]:
    """Which of the things with these weights: cumulated weights in file order, inverted.

    >>> choose([0.2, 0.8], np.array([0.1, 0.3]))
    array([0, 1])
    """
    cumulated = np.cumsum(np.asarray(weights, dtype=np.float64))
    # the last thing with a weight takes what rounding leaves at the end
    last = np.flatnonzero(np.asarray(weights))[-1]
    return passed((cumulated / cumulated[-1])[:last], u).astype(np.int64)


FEW, CELLS = 30, 64


def passed(bounds: Floats, u: Floats) -> Ints:
    """How many of the bounds, which ascend, are not above each number (from 0 to 1)."""
    if len(bounds) > FEW or len(u) < FEW:
        return np.searchsorted(bounds, u, side="right")
    # a guess from a table, and steps from there: a search goes ways that a processor cannot foresee
    guess = np.searchsorted(bounds, np.arange(CELLS + 1) / CELLS, side="right")
    count, bounds = guess[(u * CELLS).astype(np.intp)], np.append(bounds, np.inf)
    while (more := u >= bounds[count]).any():
        count += more
    return count


def rounded(values: Floats) -> Ints:
    """Rounded to whole microseconds or cents, once, for every engine; at most `LARGEST`."""
    return np.rint(np.minimum(values, float(LARGEST))).astype(np.int64)
