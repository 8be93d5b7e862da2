"""Where a function that only rises reaches a value, by Brent's method (SciPy's).

Source: R. P. Brent, Algorithms for Minimization without Derivatives, 1973, chapter 4.
"""

from __future__ import annotations

from collections.abc import Callable

NOTHING = 1e-9  # so small a setting is none
JUST = 1e-300  # above 0


def least(rises: Callable[[float], float], start: float, most: float, rtol: float) -> float | None:
    """The least x from 0 to the most at which the function is not below 0 any more.

    At most `rtol` of it past that; None where the function stays below 0. It is not asked about 0
    itself, and first about the start.
    """
    x = min(start, most)
    if rises(x) >= 0:
        while rises(x / 2) >= 0:
            x /= 2
            if x < NOTHING:
                return 0.0
        return crossing(rises, x / 2, x, rtol)
    while x < most:
        below, x = x, min(2 * x, most)
        if rises(x) >= 0:
            return crossing(rises, below, x, rtol)
    return None


def crossing(f: Callable[[float], float], below: float, reached: float, rtol: float) -> float:
    """Where between two settings the function gets to 0: it is below 0 at the one, and not at the
    other. On the side where it is not, a function that jumps too; at most `rtol` of it past that.

    >>> round(crossing(lambda x: x**2 - 2, 1.0, 2.0, 1e-9), 6)
    1.414214
    >>> crossing(lambda x: -1.0 if x > 3 else 1.0, 9.0, 1.0, 1e-6) <= 3.0
    True
    """
    from scipy.optimize import brentq

    error = rtol / 2 * max(below, reached)
    # where it stays at 0 for a while, the beginning of that is asked for
    x = float(brentq(lambda at: f(at) or JUST, below, reached, xtol=error / 2, rtol=rtol / 4))
    if f(x) >= 0:
        return x
    return min(x + error, reached) if reached > below else max(x - error, reached)
