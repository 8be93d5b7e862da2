"""What a function is given: numbers of any make are taken, all else is refused in words."""

from __future__ import annotations

import math
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given as any_of
from hypothesis import strategies as st

import funnelsim as fs
from funnelsim.arguments import a_choice, a_number, a_seed, a_share, a_whole_number, given, refused

NO_NUMBERS = [None, "5", True, False, np.True_, math.nan, math.inf, -math.inf, [5], {}, 5j]
NO_NUMBERS += [10**400, np.float64("nan"), np.array([5]), Decimal(5)]


@pytest.mark.parametrize("value", NO_NUMBERS, ids=repr)
def test_what_is_no_number_is_refused_by_name(value: Any) -> None:
    for guard in (a_number, a_share, a_whole_number):
        with pytest.raises(fs.FunnelSimError, match=r"^it_s_name is .*; it "):
            guard("it_s_name", value)


@pytest.mark.parametrize("make", [int, float, np.int8, np.int64, np.uint16, np.float32, Fraction])
def test_numbers_of_any_make_are_taken(make: Any) -> None:
    taken = a_number("x", make(7), 0, 10)
    assert (taken, type(taken)) == (7.0, float)
    half = make(1) / make(2)
    assert a_share("x", half) == 0.5


@pytest.mark.parametrize("make", [int, np.int8, np.int64, np.uint64])
def test_whole_numbers_are_python_s_own(make: Any) -> None:
    for taken in (a_whole_number("n", make(7)), a_seed(make(7))):
        assert (taken, type(taken)) == (7, int)
    with pytest.raises(fs.FunnelSimError, match=r"n is 7\.0; it is a whole number of at least 1"):
        a_whole_number("n", 7.0)


@any_of(st.floats(-10, 10), st.sampled_from([-1.0, 0.0, 2.5]), st.sampled_from([3.0, 7.0]))
def test_limits_are_part_of_it_or_not(x: float, low: float, high: float) -> None:
    def holds(**ends: float) -> bool:
        try:
            return a_number("x", x, **ends) == x
        except fs.FunnelSimError:
            return False

    assert holds(low=low, high=high) == (low <= x <= high)
    assert holds(above=low, below=high) == (low < x < high)
    for end in (low, high):
        assert a_number("x", end, low, high) == end
        with pytest.raises(fs.FunnelSimError):
            a_number("x", end, above=low, below=high)


@pytest.mark.parametrize(
    ("ends", "rule"),
    [
        ({}, "it is a number"),
        ({"low": 0}, "it is a number from 0"),
        ({"above": 0}, "it is a number above 0"),
        ({"high": 9.5}, "it is a number to 9.5"),
        ({"low": 0, "high": 1}, "it is a number from 0 to 1"),
        ({"low": 0.5, "below": 1}, "it is a number from 0.5 to below 1"),
        ({"below": 1, "is_a": "a delay,", "way_out": "write 0"}, "it is a delay, below 1: write 0"),
    ],
)
def test_the_rule_names_the_limits(ends: dict[str, Any], rule: str) -> None:
    with pytest.raises(fs.FunnelSimError) as caught:
        a_number("x", "many", **ends)
    assert str(caught.value) == f'x is "many"; {rule}'


def test_a_percentage_is_told_as_a_share_and_that_is_taken() -> None:
    with pytest.raises(fs.FunnelSimError, match=r": write 0\.9 for 90 %$"):
        a_share("probability", 90)
    assert a_share("probability", 0.9) == 0.9
    for end in (0, 1, 1.0, 100, -0.5):
        with pytest.raises(fs.FunnelSimError, match=r"between 0 and 1: write 0\.95$"):
            a_share("confidence", end, way_out="write 0.95")


def test_seeds_have_64_bits() -> None:
    assert a_seed(2**64 - 1) == 2**64 - 1
    for seed in (-1, 2**64, 1.0, "1", None, True):
        with pytest.raises(fs.FunnelSimError, match=r"whole number, 0 to 2\^64 - 1"):
            a_seed(seed)


def test_a_choice_names_the_nearest_and_what_there_is() -> None:
    known = ("figures", "journals")
    assert a_choice("keep", "journals", known) == "journals"
    for value in ("journal", None, ["journals"], {}, np.array(["journals"]), 3):
        with pytest.raises(fs.FunnelSimError, match=r"^keep is .*here are: figures, journals"):
            a_choice("keep", value, known)


def test_an_error_of_one_place_alone_has_the_same_form() -> None:
    assert str(refused("n", 0, "it is more", "write 1")) == "n is 0; it is more: write 1"
    assert given(str, "a", "f", "g()") == "a"
    with pytest.raises(fs.FunnelSimError, match="f is given a int; it takes what g returns"):
        given(str, 5, "f", "g(x)")


LONG = 10**400


@pytest.mark.parametrize(
    "call",
    [
        lambda s, j: fs.simulate(s, seed=LONG),
        lambda s, j: fs.simulate(s, engine=["columns"]),
        lambda s, j: fs.plan(s, LONG),
        lambda s, j: fs.plan(s, 9, probability=LONG),
        lambda s, j: fs.plan(s, 9, ["sales"]),
        lambda s, j: fs.replicate(s, n=LONG),
        lambda s, j: fs.replicate(s, n=2, precision=LONG, figure="leads"),
        lambda s, j: fs.sensitivity(s, ["sales"], n=2),
        lambda s, j: fs.open_deals(j, LONG),
        lambda s, j: fs.points_liability(j, LONG),
        lambda s, j: fs.cohort_retention(j, LONG),
        lambda s, j: fs.cohort_retention(j, by=["age"]),
        lambda s, j: fs.funnel_by(j, ["channel"]),
        lambda s, j: fs.funnel_by(j, "channel", confidence=LONG),
        lambda s, j: fs.customer_lifetime_value(j, LONG),
        lambda s, j: fs.check("01.1", 5, seed=LONG),
        lambda s, j: fs.charts.forecast(j),
    ],
)
def test_what_no_guard_was_written_for_is_refused_like_the_rest(call: Any) -> None:
    """Lists where a word belongs, numbers of hundreds of digits: no traceback of a library."""
    scenario = fs.load("aida")
    journal = fs.simulate(scenario.vary({"horizon": "9 days"}), seed=1)
    with pytest.raises(fs.FunnelSimError):
        call(scenario, journal)
