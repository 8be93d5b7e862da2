"""Durations, amounts and their distributions: exact texts, textbook moments."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from funnelsim.distributions import (
    DAY,
    HOUR,
    LARGEST,
    AmountDistribution,
    BrokenRule,
    DurationDistribution,
    duration,
    duration_text,
)
from funnelsim.sampling import choose, inverse, mean, whole

U = (np.arange(200_000) + 0.5) / 200_000  # a fine grid: the mean of the inverse is the integral

KINDS = {
    "constant": ({"constant": 5}, stats.uniform(5, 0)),
    "uniform": ({"uniform": {"low": 1, "high": 3}}, stats.uniform(1, 2)),
    "triangular": ({"triangular": {"low": 2, "mode": 3, "high": 6}}, stats.triang(0.25, 2, 4)),
    "exponential": ({"exponential": {"mean": 3}}, stats.expon(scale=3)),
    "exponential by rate": ({"exponential": {"rate": 4}}, stats.expon(scale=1 / 4)),
    "lognormal": (
        {"lognormal": {"mean": 80, "cv": 0.8}},
        stats.lognorm(math.sqrt(math.log(1.64)), scale=80 / math.sqrt(1.64)),
    ),
    "gamma": ({"gamma": {"mean": 80, "cv": 2}}, stats.gamma(0.25, scale=320)),
    "gamma by rate": ({"gamma": {"shape": 2, "rate": 0.5}}, stats.gamma(2, scale=2)),
    "weibull": (
        {"weibull": {"mean": 3, "shape": 1.5}},
        stats.weibull_min(1.5, scale=3 / math.gamma(1 + 1 / 1.5)),
    ),
}


@pytest.mark.parametrize("kind", KINDS)
def test_the_inverse_is_the_textbook_s(kind: str) -> None:
    written, textbook = KINDS[kind]
    distribution = AmountDistribution(**written)
    if kind != "constant":
        np.testing.assert_allclose(inverse(distribution, U), textbook.ppf(U), rtol=1e-9)
    assert mean(distribution) == pytest.approx(5 if kind == "constant" else textbook.mean())


def test_empirical_takes_its_values_by_weight() -> None:
    written = {"empirical": {"values": [1, 2, 5], "weights": [1, 0, 3]}}
    values = inverse(AmountDistribution(**written), U)
    assert dict(zip(*np.unique(values, return_counts=True), strict=True)) == {1: 50_000, 5: 150_000}
    assert mean(AmountDistribution(**written)) == 4


def test_a_rate_of_a_duration_is_per_day() -> None:
    written = {"exponential": {"rate": 2}}
    assert mean(DurationDistribution(**written)) == DAY / 2
    assert mean(DurationDistribution(gamma={"shape": 3, "rate": 2})) == 1.5 * DAY


@given(st.integers(0, LARGEST))
def test_a_duration_s_text_is_read_back_exactly(microseconds: int) -> None:
    assert duration(duration_text(microseconds)) == microseconds


@pytest.mark.parametrize(
    ("text", "hours"),
    [
        ("30 min", 0.5),
        ("2 h", 2),
        ("1.5 days", 36),
        ("3 weeks", 504),
        ("1day", 24),
        (" 90  MIN ", 1.5),
    ],
)
def test_durations_as_people_write_them(text: str, hours: float) -> None:
    assert duration(text) == hours * HOUR


@pytest.mark.parametrize(
    "wrong", [5, 5.0, None, "", "5", "5 parsecs", "-1 h", "1,5 days", "9999999 weeks"]
)
def test_what_is_no_duration_is_refused(wrong: object) -> None:
    with pytest.raises(BrokenRule):
        duration(wrong)


def test_choices_follow_the_weights_in_order() -> None:
    assert choose([2, 0, 1, 1], np.array([0.0, 0.49, 0.51, 0.74, 0.76, 1 - 1e-16])).tolist() == [
        *(0, 0, 2, 2, 3, 3)
    ]


def test_draws_are_whole_and_never_overflow() -> None:
    huge = DurationDistribution(lognormal={"mean": "200 weeks", "cv": 100})
    drawn = whole(inverse(huge, np.array([0.5, 1 - 2.0**-53])))
    assert drawn.dtype == np.int64 and (drawn >= 0).all() and drawn.max() <= LARGEST
