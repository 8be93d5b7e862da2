"""Where a rising function reaches a value: in the digits promised, and on the right side of it."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from funnelsim.planner.closed_form import quantile
from funnelsim.planner.roots import least

RTOL = 1e-6
at = st.floats(1e-6, 1e6)
SHAPES: list[Callable[[float], float]] = [
    lambda x: x - 1,
    lambda x: x**3 - 1,
    lambda x: math.log(x),
    lambda x: 1.0 if x >= 1 else -1.0,  # a jump
    lambda x: math.floor(x) - 1.0,
    lambda x: min(x, 1.0) - 1.0,  # gets there, and no further
    lambda x: max(x - 1, -1e-9),  # flat before
]


@pytest.mark.parametrize("shape", SHAPES)
@given(at, at)
def test_the_least_setting_is_found_and_is_enough(
    shape: Callable[[float], float], where: float, start: float
) -> None:
    asked: list[float] = []

    def rises(x: float) -> float:
        asked.append(x)
        return shape(x / where)

    found = least(rises, start, 1e9, RTOL)
    assert found is not None and rises(found) >= 0
    assert where * (1 - 1e-12) <= found <= where * (1 + RTOL)
    assert min(asked) > 0 and len(asked) < 250


def test_where_it_never_gets_there_is_none_and_where_it_is_there_already_is_0() -> None:
    assert least(lambda x: x - 5, 1.0, 4.0, RTOL) is None
    assert least(lambda x: x - 5, 1.0, 5.0, RTOL) == pytest.approx(5)
    assert least(lambda x: 1.0, 1.0, 4.0, RTOL) == 0


@given(st.integers(1, 10_000), st.floats(0.3, 3))
def test_the_quantile_of_a_number_that_is_whole_is_that_number(k: int, off: float) -> None:
    found = quantile(lambda target: 0.9 if math.ceil(target) <= k else 0.05, 0.5, off * k)
    assert math.ceil(found) == k
