"""What the public face was called earlier: it works, with a warning, until the next version."""

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


def gone_argument(old: str, why: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """The function takes an argument that it had, and does without it.

    >>> @gone_argument("speed", "all leads are quick now")
    ... def leads(journal):
    ...     return len(journal)
    >>> with warnings.catch_warnings(record=True) as said:
    ...     warnings.simplefilter("always")
    ...     leads([1, 2], speed=3), str(said[0].message)
    (2, 'leads(speed=...) changes nothing any more: all leads are quick now')
    """

    def doing_without(function: Callable[P, R]) -> Callable[P, R]:
        @wraps(function)
        def called(*args: P.args, **named: P.kwargs) -> R:
            if old in named:
                now = f"{function.__name__}({old}=...) changes nothing any more: {why}"
                warnings.warn(now, DeprecationWarning, stacklevel=2)
                del named[old]
            return function(*args, **named)

        return called

    return doing_without
