"""What a function is given: the value as it was meant, or the error that says what it takes.

Each guard returns the value as Python's own int, float or str (NumPy's numbers are numbers), so
that what comes after it need not ask again. `refused` is the error of what is asked only once.
"""

from __future__ import annotations

import math
import numbers
from collections.abc import Iterable
from typing import Any, TypeGuard, TypeVar

from funnelsim.errors import Finding, FunnelSimError, Problem, nearest

T = TypeVar("T")
MOST = 2**63  # what is counted


def refused(name: str, value: object, rule: str, way_out: str = "") -> FunnelSimError:
    """The error for an argument: its name, the value, the rule it breaks and the way out.

    >>> print(refused("keep", "all", "there is no such", "write keep='journals'"))
    keep is "all"; there is no such: write keep='journals'
    """
    return FunnelSimError(str(Problem(name, value, rule, way_out)))


def is_number(value: object) -> TypeGuard[float]:
    """Whether it is a finite number; True and False are none."""
    if not isinstance(value, numbers.Real) or isinstance(value, bool):
        return False
    try:
        return math.isfinite(value)
    except OverflowError:  # a whole number with hundreds of digits
        return False


def a_number(
    name: str,
    value: Any,
    low: float = -math.inf,
    high: float = math.inf,
    *,
    above: float = -math.inf,
    below: float = math.inf,
    is_a: str = "a number",
    way_out: str = "",
) -> float:
    """The value, if it is a number from `low` to `high`, `above` and `below` those; else an error.

    >>> a_number("active_days", 90, above=0)
    90.0
    >>> a_number("active_days", 0, above=0, is_a="a number of days")
    Traceback (most recent call last):
    funnelsim.errors.FunnelSimError: active_days is 0; it is a number of days above 0
    """
    if is_number(value) and low <= value <= high and above < value < below:
        return float(value)
    is_between = math.isfinite(low) or math.isfinite(above)
    ends = {"from": low, "above": above, "to": high, "to below" if is_between else "below": below}
    told = [f"{word} {end:g}" for word, end in ends.items() if math.isfinite(end)]
    raise refused(name, value, " ".join([f"it is {is_a}", *told]), way_out)


def a_share(
    name: str, value: Any, rule: str = "it lies between 0 and 1", way_out: str = ""
) -> float:
    """The value, if it lies between 0 and 1, and is neither; a percentage is told as a share.

    >>> a_share("confidence", 95)
    Traceback (most recent call last):
    funnelsim.errors.FunnelSimError: confidence is 95; it lies between 0 and 1: write 0.95 for 95 %
    """
    if is_number(value) and 0 < value < 1:
        return float(value)
    is_percent = is_number(value) and 1 < value < 100
    raise refused(
        name, value, rule, f"write {value / 100:g} for {value:g} %" if is_percent else way_out
    )


def a_confidence(value: Any) -> float:
    """The value, if it is the confidence of an interval."""
    return a_share("confidence", value, way_out="write 0.95")


def a_whole_number(name: str, value: Any, low: int = 1, high: int = MOST, rule: str = "") -> int:
    """The value, if it is a whole number from `low` to `high`; 2.0 and True are none.

    >>> a_whole_number("n", 0)
    Traceback (most recent call last):
    funnelsim.errors.FunnelSimError: n is 0; it is a whole number of at least 1
    """
    is_whole = isinstance(value, numbers.Integral) and not isinstance(value, bool)
    if is_whole and low <= int(value) <= high:
        return int(value)
    ends = f"of at least {low}" if high >= MOST else f"from {low} to {high}"
    raise refused(name, value, rule or f"it is a whole number {ends}")


def a_seed(value: Any, name: str = "seed", rule: str = "") -> int:
    """The value, if it is a seed, or the number of a replication."""
    rule = rule or "it is a whole number, 0 to 2^64 - 1"
    return a_whole_number(name, value, 0, 2**64 - 1, rule)


def a_choice(name: str, value: Any, choices: Iterable[Any], rule: str = "there is no such") -> str:
    """The value, if it is one of these texts; else an error with the nearest, and what there is.

    >>> a_choice("keep", "figure", ("figures", "journals"))
    Traceback (most recent call last):
    funnelsim.errors.FunnelSimError: keep is "figure"; there is no such: did you mean figures? ...
    """
    known = list(choices)
    if isinstance(value, str) and value in known:
        return str(value)
    raise refused(name, value, rule, nearest(value, known))


def given(kind: type[T], value: Any, name: str, way_out: str) -> T:
    """The value, if it is what another function returns, which `way_out` calls; else an error.

    >>> given(dict, 5, "charts.tornado", "fs.sensitivity(scenario)")
    Traceback (most recent call last):
    funnelsim.errors.FunnelSimError: charts.tornado is given a int; it takes what fs.sensitivity ...
    """
    if isinstance(value, kind):
        return value
    found = Finding(f"given a {type(value).__name__}")
    rule = f"it takes what {way_out.split('(')[0]} returns"
    raise refused(name, found, rule, f"write {way_out}")
