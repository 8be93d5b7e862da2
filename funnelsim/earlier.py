"""Earlier names of the public face: they work, with a warning, until the next version."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from functools import wraps
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")


def earlier_argument(old: str, new: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """The function takes an argument by the name that it had, too.

    >>> @earlier_argument("j", "journal")
    ... def leads(journal):
    ...     return len(journal)
    >>> with warnings.catch_warnings(record=True) as said:
    ...     warnings.simplefilter("always")
    ...     leads(j=[1, 2]), str(said[0].message)
    (2, 'leads(j=...) is now leads(journal=...)')
    """

    def taking_both(function: Callable[P, R]) -> Callable[P, R]:
        @wraps(function)
        def called(*args: P.args, **named: P.kwargs) -> R:
            if old in named:
                name, given = function.__name__, dict[str, Any](named)
                now = f"{name}({old}=...) is now {name}({new}=...)"
                warnings.warn(now, DeprecationWarning, stacklevel=2)
                given[new] = given.pop(old)
                return function(*args, **given)
            return function(*args, **named)

        return called

    return taking_both
