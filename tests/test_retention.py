"""Retention carried on: held to published tables, to what was simulated, and to plain counts."""

from __future__ import annotations

import math
import os
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from everyone_buys import everyone_buys
from everything import simulated
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import integrate, stats

import funnelsim as fs
from funnelsim.charts.retained import FIRST, MODEL, repeat_rows, survival_rows
from funnelsim.engines import simulate_together
from funnelsim.exercises import pictures_05
from funnelsim.metrics import key_figures
from funnelsim.retention import BgNbd, ShiftedBetaGeometric
from funnelsim.retention.seen import renewals

HIGH_END = [1000, 869, 743, 653, 593, 551, 517, 491]
REGULAR = [1000, 631, 468, 382, 326, 289, 262, 241]
CDNOW = BgNbd(r=0.243, alpha=4.414, a=0.793, b=2.426)  # in weeks

# --- the published tables -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("seen", "alpha", "beta", "log_likelihood"),
    [(REGULAR, 0.704, 1.182, -1680.3), (HIGH_END, 0.668, 3.806, -1611.2)],
)
def test_two_groups_of_subscribers_are_fitted_as_published(
    seen: list[int], alpha: float, beta: float, log_likelihood: float
) -> None:
    """Fader and Hardie 2007, "How to Project Customer Retention", seven years of two groups."""
    fit = fs.fit_retention(seen)
    found = (round(fit.alpha, 3), round(fit.beta, 3), round(fit.log_likelihood, 1))
    assert found == (alpha, beta, log_likelihood)
    halves = [[count / 2 for count in seen]] * 2
    assert fs.fit_retention(pd.DataFrame(halves)).alpha == pytest.approx(fit.alpha, rel=1e-4)


def test_what_is_expected_of_buyers_is_as_published() -> None:
    """Fader, Hardie and Lee, "Implementing the BG/NBD Model for Customer Base Analysis in Excel",
    2005: expected repeat purchases of a new customer, and in 39 weeks of one with x = 2. (It has
    the parameters in more digits.)
    """
    in_digits = BgNbd(r=0.242593, alpha=4.413532, a=0.792886, b=2.425752)
    weeks = [0.1429, 1.0, 3.0, 31.8571, 32.0, 78.0]
    published = [0.0078, 0.0532, 0.1506, 1.0405, 1.0437, 1.8576]
    assert in_digits.expected_repeats(weeks) == pytest.approx(published, abs=5e-4)
    one = pd.DataFrame({"frequency": [2], "recency": [30.43], "T": [38.86]})
    assert in_digits.expected_repeats_of(one, 39).iloc[0] == pytest.approx(1.226, abs=5e-4)


def cdnow() -> pd.DataFrame:
    """The tenth of the customers that the paper was fitted to; no part of the project."""
    name = "cdnow_customers_summary.csv"
    beside = Path(__file__).resolve().parents[2] / "shared" / "data"
    places = [Path(os.environ.get("FUNNELSIM_DATA", beside)) / "cdnow" / name]
    if package := find_spec("lifetimes"):
        places.append(Path(str(package.origin)).parent / "datasets" / name)
    for place in places:
        if place.is_file():
            return pd.read_csv(place)
    pytest.skip("CDNOW's customers are not here (FUNNELSIM_DATA/cdnow, or the package Lifetimes)")


def test_the_customers_of_cdnow_are_fitted_as_published() -> None:
    """Fader, Hardie and Lee 2005, "Counting Your Customers" the Easy Way, table 2."""
    fit = fs.fit_retention(cdnow())
    published = {"r": 0.243, "alpha": 4.414, "a": 0.793, "b": 2.426}
    assert fit.parameters["value"].round(3).to_dict() == published
    assert round(fit.log_likelihood, 1) == -9582.4
    assert fit.table()["seen"].tolist() == [1411, 439, 214, 100, 62, 38, 29, 64]


# --- what was put in is found again ---------------------------------------------------------------


def are_found(fit: ShiftedBetaGeometric | BgNbd, put_in: dict[str, float]) -> bool:
    """Within four standard errors of the fit's own."""
    of = fit.parameters
    return bool((abs(of["value"] - pd.Series(put_in)) < 4 * of["standard_error"]).all())


def test_subscribers_of_a_simulation_are_found_again(seed: int) -> None:
    fit = ShiftedBetaGeometric(alpha=0.7, beta=2.5)
    retention = fit.in_scenario("10 days")
    journal = fs.simulate(everyone_buys(3_000, 81, retention=retention), seed)
    assert are_found(fs.fit_retention(journal), {"alpha": 0.7, "beta": 2.5})
    seen = [len(journal.orders[journal.orders["number"] == n]) for n in range(1, 9)]
    half = fs.fit_retention(journal, until=41)  # renewals on days 10 to 40 of those of day 0
    assert half.seen.survival[:4] == pytest.approx(np.array(seen[:4]) / seen[0])
    assert are_found(half, {"alpha": 0.7, "beta": 2.5})


def test_buyers_of_a_simulation_are_found_again_and_so_is_what_they_buy(seed: int) -> None:
    put_in = {"r": 0.5, "alpha": 15.0, "a": 0.8, "b": 2.4}
    retention = BgNbd(**put_in).in_scenario()
    journal = fs.simulate(everyone_buys(4_000, 241, retention=retention), seed)
    fit = fs.fit_retention(journal, until=120)
    assert are_found(fit, put_in)
    customers = fs.repeat_buying(journal, until=120)
    later = journal.orders[journal.orders["placed"] >= 120].groupby("customer").size()
    real = later.reindex(customers.index, fill_value=0)
    truth = BgNbd(**put_in).expected_repeats_of(customers, 121)
    assert abs(real.sum() - truth.sum()) < 4 * math.sqrt(len(real)) * real.std()
    frequent = customers["frequency"] > 2  # not on the whole only: those known to buy often
    gap = (real - truth)[frequent]
    assert abs(gap.mean()) < 4 * gap.std() / math.sqrt(frequent.sum())


# --- formulas against plain sums ------------------------------------------------------------------

SHAPES = st.floats(0.2, 8)


@settings(max_examples=25, deadline=None)
@given(SHAPES, SHAPES, st.integers(0, 20), st.floats(0.005, 0.5))
def test_a_subscriber_is_worth_the_sum_of_the_payments(
    alpha: float, beta: float, renewed: int, rate: float
) -> None:
    fit = ShiftedBetaGeometric(alpha, beta)
    t = np.arange(math.ceil(30 / rate))  # exp(-30) is left out
    later = fit.survival(renewed + t) / fit.survival(renewed)
    all_of_it = 2 * (later / (1 + rate) ** t).sum()
    assert fit.lifetime_value(2, rate, renewed) == pytest.approx(all_of_it)
    three = 2 * (later[:3] / (1 + rate) ** t[:3]).sum()
    assert fit.lifetime_value(2, rate, renewed, periods=2) == pytest.approx(three)
    assert fit.retention_rates(renewed + 1) == pytest.approx(later[1])


def test_without_a_discount_the_last_may_never_leave() -> None:
    assert ShiftedBetaGeometric(0.9, 3).expected_payments() == math.inf
    assert ShiftedBetaGeometric(3, 3).expected_payments() == pytest.approx(5 / 2)


@settings(max_examples=25, deadline=None)
@given(SHAPES, SHAPES, SHAPES, SHAPES, st.floats(0.1, 50))
def test_expected_orders_are_the_mean_over_customers(
    r: float, alpha: float, a: float, b: float, t: float
) -> None:
    """One who drops out with p and buys at a rate that is Gamma: (1 - (α ÷ (α + p t))^r) ÷ p."""
    fit = BgNbd(r, alpha, a, b)

    def of_one(u: float) -> float:
        p = max(float(stats.beta.ppf(u, a, b)), 1e-12)
        return -math.expm1(r * math.log(alpha / (alpha + p * t))) / p

    expected, _ = integrate.quad(of_one, 0, 1, limit=200)
    assert float(fit.expected_repeats(t)) == pytest.approx(expected, rel=1e-3)
    counts = np.arange(400)
    chances = fit.chances(counts, t)
    assert (chances >= -1e-12).all() and chances.sum() <= 1 + 1e-9
    if chances.sum() > 1 - 1e-9:
        assert (counts * chances).sum() == pytest.approx(float(fit.expected_repeats(t)), rel=1e-4)


def test_a_is_1_is_no_gap() -> None:
    near = [float(BgNbd(0.5, 4, a, 2).expected_repeats(30)) for a in (0.9999, 1.0, 1.0001)]
    assert near[0] > near[1] > near[2] > 0.999 * near[0]


def test_a_buyer_is_worth_the_orders_to_come() -> None:
    rate, weeks = 0.01, np.linspace(0, 400, 40_001)
    steps = np.diff(CDNOW.expected_repeats(weeks)) / (1 + rate) ** ((weeks[1:] + weeks[:-1]) / 2)
    until = CDNOW.lifetime_value(3, rate, until=400)
    assert until == pytest.approx(3 * (1 + steps.sum()), rel=1e-5)
    forever = CDNOW.lifetime_value(3, rate)
    assert 0 < forever - CDNOW.lifetime_value(3, rate, until=400) < 0.05
    plain = 3 * (1 + float(CDNOW.expected_repeats(400)))
    assert CDNOW.lifetime_value(3, 0, until=400) == pytest.approx(plain)


# --- what was seen --------------------------------------------------------------------------------


def test_repeat_buying_is_counted_customer_by_customer(seed: int) -> None:
    journal = simulated(seed)
    table = fs.repeat_buying(journal, until=150)
    orders = journal.orders
    firsts = orders[orders["number"] == 1].set_index("customer")["placed"]
    new = firsts[(firsts >= 30) & (firsts < 150)]
    assert sorted(table.index) == sorted(new.index)
    for who, row in table.iterrows():
        days = orders.loc[(orders["customer"] == who) & (orders["placed"] < 150), "placed"]
        expected = (len(days) - 1, days.max() - days.min(), 150 - days.min())
        assert (row["frequency"], row["recency"], row["T"]) == pytest.approx(expected, abs=1e-6)


def test_of_several_cohorts_each_counts_as_far_as_it_was_seen() -> None:
    fit = fs.fit_retention([[100, 60, 40], [300, 240, math.nan], [50, 30, 25, 20]])
    one, two = 330 / 450, 330 / 450 * 65 / 90
    assert fit.seen.survival == pytest.approx([1, one, two, two * 0.8])
    assert fit.seen.customers == 450
    assert fit.table(5)["seen"].isna().tolist() == [False, False, False, True, True]


# --- retention and churn in a month ---------------------------------------------------------------


def test_churn_of_all_months_is_that_of_each_weighed_by_its_customers(seed: int) -> None:
    """The key figure counts at once what `retention_by_period` counts month by month."""
    for journal in (simulated(seed), fs.simulate(fs.load("subscription"), seed)):
        months = fs.retention_by_period(journal, 30).dropna()
        figures = fs.summary(journal)
        expected = (months["active"] - months["new"]).sum() / months["start"].sum()
        assert figures["crr"] == pytest.approx(expected, rel=1e-12)
        assert figures["churn_rate"] == pytest.approx(1 - expected, rel=1e-12)


def test_churn_of_each_replication_is_its_own(seed: int) -> None:
    rate = {"gamma": {"shape": 0.5, "rate": 10}}  # a gap without a mean: measured in each
    retention = {"repeat_probability": 0.8, "gap": {"exponential": {"rate": rate}}}
    for s in (everyone_buys(60, 200, retention=retention), fs.load("subscription")):
        (together,) = simulate_together(s, seed, range(3))
        rates = [fs.summary(journal)["crr"] for journal in together.split()]
        assert key_figures(together)["crr"] == pytest.approx(rates)
        assert len(set(rates)) == 3


# --- pictures -------------------------------------------------------------------------------------


def test_the_picture_of_subscribers_is_the_table_of_the_fit() -> None:
    fit = fs.fit_retention(HIGH_END)
    rows = survival_rows(fit, 14)
    kinds = (MODEL, FIRST, "seen")
    shares = {kind: [r["share"] for r in rows if r["what"] == kind] for kind in kinds}
    assert shares["seen"] == pytest.approx(np.array(HIGH_END) / 1000)
    assert shares[MODEL][1:] == pytest.approx(fit.table(14)["fitted"].tolist())
    assert shares[FIRST] == pytest.approx(0.869 ** np.arange(15))
    assert "dots: seen (1,000 customers)" in str(fs.charts.retention(fit).to_dict())


def test_the_picture_of_buyers_counts_all_of_them(seed: int) -> None:
    fit = fs.fit_retention(fs.simulate(fs.load("aida-loyalty-advocacy"), seed))
    rows = repeat_rows(fit)
    for what in ("seen", MODEL):
        total = sum(row["customers"] for row in rows if row["what"] == what)
        assert total == pytest.approx(len(fit.seen))
    assert "xOffset" in str(fs.charts.retention(fit).to_dict())
    assert "not fitted" in str(fs.charts.retention(CDNOW).to_dict())


def test_the_rates_of_the_lesson_are_those_of_the_fit(seed: int) -> None:
    journal = fs.simulate(fs.load("subscription"), seed)
    table = pictures_05.renewal_rates(journal, 5)
    seen = renewals(journal).survival
    assert table[pictures_05.ALL].tolist() == pytest.approx((seen[1:6] / seen[:5]).tolist())


# --- what cannot be -------------------------------------------------------------------------------

AIDA = fs.load("aida")
BUYERS = {"frequency": [0, 2], "recency": [0.0, 3.0], "T": [9.0, 9.0]}


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: fs.fit_retention([1000, 1100]), "never more than before: write how many"),
        (lambda: fs.fit_retention([1000, 900]), "given 1 of them; two periods at least"),
        (lambda: fs.fit_retention([9, 9, 9]), "all renewed; .* wait until some have left"),
        (lambda: fs.fit_retention([9, 0, 0]), "nobody renewed; .* wait until"),
        (lambda: fs.fit_retention("aida"), 'is "aida"; it takes a Journal, counts or a table'),
        (lambda: fs.fit_retention([1000, None, 900]), "how many of it were still there"),
        (lambda: fs.fit_retention([10, 5, 2], until=5), "it is a day of a Journal"),
        (lambda: fs.fit_retention([10, 5, 2], "BG"), "model .* BG/NBD"),
        (lambda: fs.fit_retention([10, 5, 2], "BG/NBD"), "columns frequency, recency, T"),
        (lambda: fs.fit_retention(fs.simulate(AIDA), until=999), "until is 999; .* to 90"),
        (
            lambda: fs.fit_retention(fs.simulate(AIDA), "shifted-beta-geometric"),
            'constant gap.* model="BG/NBD"',
        ),
        (
            lambda: fs.fit_retention(pd.DataFrame({**BUYERS, "recency": [0.0, 12.0]})),
            "row 1 is .*recency lies between 0 and T",
        ),
        (
            lambda: fs.fit_retention(pd.DataFrame({**BUYERS, "recency": [1.0, 3.0]})),
            "row 0 is .*just where nobody ordered again",
        ),
        (lambda: fs.fit_retention(pd.DataFrame({**BUYERS, "T": ["x", 9]})), "all are numbers"),
        (lambda: fs.repeat_buying("aida"), "repeat_buying is given .* takes a Journal"),
        (lambda: BgNbd(0, 1, 1, 1), "r is 0; it is a number above 0"),
        (lambda: CDNOW.lifetime_value(1, 0), "discount_rate is 0; it is a number above 0"),
        (lambda: fs.charts.retention("aida"), "charts.retention is given a str"),
    ],
)
def test_what_cannot_be_is_told(call, words: str) -> None:
    with pytest.raises(fs.FunnelSimError, match=words):
        call()


def test_where_customers_are_alike_the_fit_says_that_it_hardly_knows() -> None:
    fit = fs.fit_retention([1024, 512, 256, 128, 64])
    assert "hardly known" in repr(fit)
    assert float(fit.survival(8)) == pytest.approx(1 / 256, rel=0.05)
    assert "hardly known" not in repr(fs.fit_retention(HIGH_END))
