"""Durations, amounts and their distributions: exact texts, and the laws of the textbooks.

What holds for each kind is tried on any table of it that there can be; that it is the law of its
name, against SciPy's.
"""

from __future__ import annotations

import math
import pickle
from typing import Any

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
    Distribution,
    DurationDistribution,
    Floats,
    GapDistribution,
    Lomax,
    choose,
    duration,
    duration_text,
    passed,
    rounded,
)
from funnelsim.scenario import plain

GRID = (np.arange(2_000) + 0.5) / 2_000
TAIL = np.logspace(-300, -1, 300)


class LogLogistic:
    """Its logarithm is logistic (SciPy's own, `fisk`, is inexact far out in the tail)."""

    def __init__(self, shape: float, median: float) -> None:
        self.logarithm = stats.logistic(math.log(median), 1 / shape)
        self.mean = stats.fisk(shape, scale=median).mean

    def __getattr__(self, name: str) -> Any:
        law = getattr(self.logarithm, name)
        if name == "sf":
            return lambda x: law(np.log(x, out=np.full(len(x), -np.inf), where=x > 0))
        return lambda u: np.exp(law(u))


TEXTBOOK: list[tuple[dict[str, Any], Any]] = [
    ({"uniform": {"low": 1, "high": 3}}, stats.uniform(1, 2)),
    ({"triangular": {"low": 2, "mode": 3, "high": 6}}, stats.triang(0.25, 2, 4)),
    ({"exponential": {"mean": 3}}, stats.expon(scale=3)),
    ({"exponential": {"rate": 4}}, stats.expon(scale=1 / 4)),
    (
        {"lognormal": {"mean": 80, "cv": 0.8}},
        stats.lognorm(math.sqrt(math.log(1.64)), scale=80 / math.sqrt(1.64)),
    ),
    ({"gamma": {"mean": 80, "cv": 2}}, stats.gamma(0.25, scale=320)),
    ({"gamma": {"shape": 2, "rate": 0.5}}, stats.gamma(2, scale=2)),
    (
        {"weibull": {"mean": 3, "shape": 1.5}},
        stats.weibull_min(1.5, scale=3 / math.gamma(1 + 1 / 1.5)),
    ),
    ({"loglogistic": {"median": 3, "shape": 2.5}}, LogLogistic(2.5, 3)),
]


@pytest.mark.parametrize(("written", "textbook"), TEXTBOOK, ids=[str(x) for x, _ in TEXTBOOK])
def test_a_kind_has_the_law_of_its_name(written: dict[str, Any], textbook: Any) -> None:
    found = AmountDistribution(**written)
    np.testing.assert_allclose(found.ppf(GRID), textbook.ppf(GRID), rtol=1e-9)
    times = np.concatenate([[0.0], textbook.ppf(GRID), textbook.isf(TAIL)])
    np.testing.assert_allclose(found.sf(times), textbook.sf(times), rtol=1e-9, atol=1e-14)
    assert found.mean == pytest.approx(textbook.mean())


@pytest.mark.parametrize("kind", ["exponential", "lognormal", "gamma", "weibull", "loglogistic"])
def test_far_out_in_the_tail_something_is_left_as_the_law_says(kind: str) -> None:
    for written, textbook in TEXTBOOK:
        if kind in written:
            age = textbook.isf(TAIL[TAIL > 1e-250])
            left = AmountDistribution(**written).residual(np.full(len(age), 0.9), age)
            np.testing.assert_allclose(textbook.sf(age + left), 0.1 * textbook.sf(age), rtol=1e-6)


# --- what holds for every kind ------------------------------------------------------------------

amounts = st.floats(0, 1000).map(lambda x: round(x, 2))
above_0, spreads = st.floats(0.1, 1000), st.floats(0.3, 2.5)
uniforms = st.lists(st.floats(0.001, 0.999), min_size=1, max_size=50).map(np.array)
factors = st.floats(0.1, 10)


def ascending(kind: str, *names: str) -> Any:
    values = st.lists(amounts, min_size=len(names), max_size=len(names)).map(sorted)
    return values.map(lambda found: {kind: dict(zip(names, found, strict=True))})


def given_by(kind: str, **numbers: Any) -> Any:
    return st.fixed_dictionaries({kind: st.fixed_dictionaries(numbers)})


@st.composite
def seen(draw: st.DrawFn) -> dict[str, Any]:
    """Values as they were seen, in any order and some of them twice; some have no weight."""
    values = draw(st.lists(st.integers(0, 20), min_size=1, max_size=40))
    weights = [1.0, *draw(st.lists(st.sampled_from([1.0, 0.0, 0.3, 20.0]), min_size=39))]
    return {"empirical": {"values": values, "weights": weights[: len(values)]}}


WRITTEN: dict[str, Any] = {
    "constant": st.fixed_dictionaries({"constant": amounts}),
    "uniform": ascending("uniform", "low", "high"),
    "triangular": ascending("triangular", "low", "mode", "high"),
    "exponential": given_by("exponential", mean=above_0) | given_by("exponential", rate=above_0),
    "lognormal": given_by("lognormal", mean=above_0, cv=spreads),
    "gamma": given_by("gamma", mean=above_0, cv=spreads)
    | given_by("gamma", shape=spreads, rate=above_0),
    "weibull": given_by("weibull", mean=above_0, shape=spreads),
    # up to a shape of 1 there is no mean, and near it the sum below takes too many steps
    "loglogistic": given_by("loglogistic", median=above_0, shape=st.floats(2.5, 9)),
    "empirical": seen() | given_by("empirical", values=st.lists(amounts, min_size=1)),
}
amounts_of_any_kind = st.one_of(*WRITTEN.values()).map(lambda table: AmountDistribution(**table))
differing_gaps = st.builds(
    lambda shape, rate: GapDistribution(exponential=among(shape, rate)),
    st.floats(2, 9),
    st.floats(1, 99).map(lambda days: days / DAY),
)
any_kind = amounts_of_any_kind | differing_gaps


def among(shape: float, rate: float) -> dict[str, Any]:
    return {"rate": {"gamma": {"shape": shape, "rate": rate}}}


def test_every_kind_there_is_is_tried() -> None:
    assert list(WRITTEN) == list(AmountDistribution.model_fields)
    assert list(WRITTEN) == list(DurationDistribution.model_fields)


def reaches(d: Distribution[Any, Any], x: Floats) -> Floats:
    """How likely a value is x at least, but for rounding."""
    return np.where(x > 0, d.sf(x * (1 - 1e-9)), 1.0)


def passes(d: Distribution[Any, Any], x: Floats) -> Floats:
    """How likely a value is larger than x, but for rounding."""
    return d.sf(x * (1 + 1e-9))


@given(any_kind, uniforms)
def test_ppf_and_sf_are_inverse_to_each_other(d: Distribution[Any, Any], u: Floats) -> None:
    in_order = d.empirical is None  # whose values are taken in the order of the file
    for x in (d.law.isf(1 - u), *([d.ppf(u)] if in_order else [])):
        assert (passes(d, x) <= 1 - u + 1e-9).all()
        assert (reaches(d, x) >= 1 - u - 1e-9).all()


@given(any_kind, st.floats(0, 300))
def test_so_many_of_the_values_drawn_are_larger_as_sf_says(
    d: Distribution[Any, Any], t: float
) -> None:
    drawn, at = d.ppf(GRID), np.array([t])
    assert (drawn > t * (1 + 1e-9)).mean() <= d.sf(at) + 1 / len(GRID)
    assert (drawn >= t * (1 - 1e-9)).mean() >= d.sf(at) - 1 / len(GRID)


@given(any_kind)
def test_the_mean_is_the_integral_of_sf(d: Distribution[Any, Any]) -> None:
    x = np.concatenate([[0.0], d.law.isf(np.logspace(0, -13, 20_001))])
    between = np.diff(x)
    least, most = (reaches(d, x[1:]) * between).sum(), (d.sf(x[:-1]) * between).sum()
    assert least * (1 - 1e-6) <= d.mean <= most * (1 + 1e-3) <= least * (1 + 1e-2)


@given(any_kind, st.floats(0, 300), st.floats(0, 300))
def test_what_is_left_follows_the_law_given_the_age(
    d: Distribution[Any, Any], age: float, t: float
) -> None:
    left = d.residual(GRID, np.full(len(GRID), age))
    above, beyond = d.sf(np.array([age, age + t]))
    if above < 1e-290:
        return
    rounding = 1e-9 * (age + t)
    assert (left > t + rounding).mean() <= beyond / above + 1e-3
    assert (left > t - rounding).mean() >= beyond / above - 1e-3


@given(any_kind, factors, uniforms)
def test_a_distribution_that_is_scaled_has_all_its_values_times_the_factor(
    d: Distribution[Any, Any], factor: float, u: Floats
) -> None:
    grown = d.scaled(factor)
    np.testing.assert_allclose(grown.ppf(u), factor * d.ppf(u), rtol=1e-9)
    assert grown.mean == pytest.approx(factor * d.mean)
    assert d.scaled(2.0).law == d.law.scaled(2.0)


@given(amounts_of_any_kind)
def test_a_distribution_is_read_back_from_its_table_and_from_a_pickle(
    d: AmountDistribution,
) -> None:
    assert AmountDistribution(**plain(d)) == d == pickle.loads(pickle.dumps(d))


# --- one by one ---------------------------------------------------------------------------------


def test_empirical_takes_its_values_by_weight() -> None:
    d = AmountDistribution(empirical={"values": [5, 1, 2], "weights": [3, 1, 0]})
    values = d.ppf(GRID)
    assert dict(zip(*np.unique(values, return_counts=True), strict=True)) == {1: 500, 5: 1_500}
    assert d.mean == 4
    assert d.sf(np.array([0.0, 1.0, 2.0, 4.9, 5.0])).tolist() == [1, 0.75, 0.75, 0.75, 0]


def test_of_listed_values_those_that_are_larger_are_left() -> None:
    d = AmountDistribution(empirical={"values": [9, 1, 5], "weights": [1, 2, 1]})
    left = d.residual(GRID, np.full(len(GRID), 2.0))
    assert sorted(np.unique(left)) == [3, 7]
    assert (left == 3).mean() == pytest.approx(0.5)


@pytest.mark.parametrize("count", [1, 29, 30, 1_000])
def test_past_all_that_was_seen_nothing_is_left(count: int) -> None:
    d = AmountDistribution(empirical={"values": [9, 1, 5]})
    assert not d.residual(np.linspace(0.01, 0.99, count), np.full(count, 9.0)).any()


def test_a_rate_of_a_duration_is_per_day() -> None:
    assert DurationDistribution(exponential={"rate": 2}).mean == DAY / 2
    assert DurationDistribution(gamma={"shape": 3, "rate": 2}).mean == 1.5 * DAY
    assert GapDistribution(exponential={"rate": 2}).mean == DAY / 2


def test_a_gap_whose_rate_differs_among_customers_is_lomax_distributed() -> None:
    d, textbook = GapDistribution(exponential=among(1.5, 30)), stats.lomax(1.5, scale=30 * DAY)
    np.testing.assert_allclose(d.ppf(GRID), textbook.ppf(GRID), rtol=1e-9)
    np.testing.assert_allclose(d.sf(d.ppf(GRID)), 1 - GRID, rtol=1e-9)
    assert d.mean == pytest.approx(textbook.mean())
    assert GapDistribution(exponential=among(1.0, 30)).mean == math.inf


def test_of_customers_who_differ_each_has_a_law_of_its_own() -> None:
    shape, rate = np.array([0.5, 4.0]), np.array([10.0, 90.0])
    age, u = np.array([5.0, 70.0]) * DAY, np.array([0.3, 0.8])
    each = [Lomax(*of) for of in zip(shape.tolist(), rate.tolist(), strict=True)]
    alone = [law.residual(u[[n]], age[[n]])[0] for n, law in enumerate(each)]
    assert Lomax(shape, rate).residual(u, age).tolist() == pytest.approx(alone)
    alone = [law.sf(age[[n]])[0] for n, law in enumerate(each)]
    assert Lomax(shape, rate).sf(age).tolist() == pytest.approx(alone)


# --- single values ------------------------------------------------------------------------------


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


@given(
    st.lists(st.floats(0.01, 9), min_size=1, max_size=60), st.lists(st.floats(0, 1), max_size=99)
)
def test_a_choice_is_the_same_however_many_there_are(weights: list[float], u: list[float]) -> None:
    bounds = np.cumsum(weights) / np.sum(weights)
    found = passed(bounds, np.array([*u, 1.0])).tolist()
    assert found == [int((bounds <= x).sum()) for x in [*u, 1.0]]


def test_draws_are_whole_and_never_overflow() -> None:
    huge = DurationDistribution(lognormal={"mean": "200 weeks", "cv": 100})
    drawn = rounded(huge.ppf(np.array([0.5, 1 - 2.0**-53])))
    assert drawn.dtype == np.int64 and (drawn >= 0).all() and drawn.max() <= LARGEST


def test_a_tail_without_a_mean_says_so_and_is_drawn_all_the_same() -> None:
    found = AmountDistribution(loglogistic={"median": 3, "shape": 0.8})
    assert found.mean == math.inf
    assert np.median(found.ppf(GRID)) == pytest.approx(3, rel=1e-3)
