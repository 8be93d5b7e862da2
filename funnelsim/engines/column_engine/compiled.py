"""A function compiled by Numba, kept for the next start where there is a place to keep it.

The place is beside the package or in the user's home. Where neither can be written (a package of
another owner, a home that is not there, a full disk), the function is compiled for this process.
"""

from __future__ import annotations

import pickle
from collections.abc import Callable
from typing import Any


def compiled(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function, compiled when it is first called. Raises ImportError without Numba."""
    from numba import njit

    try:
        ready = njit(cache=True)(function)
    except RuntimeError:  # "cannot cache function": no place can be written
        found: Callable[..., Any] = njit(function)
        return found

    def call(*given: Any) -> Any:
        nonlocal ready
        try:
            return ready(*given)
        # what is kept cannot be read, or nothing more be written; `function` has not begun
        except (OSError, EOFError, pickle.UnpicklingError):
            ready = njit(function)
            return ready(*given)

    return call
