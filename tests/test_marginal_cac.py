"""What one more customer costs: against single simulations, and its interval against its law."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import funnelsim as fs
from funnelsim.charts.channels import average_rows, marginal_rows
from funnelsim.experiment.intervals import student_t
from funnelsim.experiment.marginal import fieller

SHOP = fs.load("aida-follow-up").vary(
    {
        "horizon": "40 days",
        "teams.sales.reps": 1,
        "channels": [
            {"name": "ads", "leads_per_day": 10, "cost_per_lead": 2, "ceiling": 60},
            {"name": "fair", "leads_per_day": 3, "cost_per_sale": 15, "commission": 0.05},
            {
                "name": "clicks",
                "impressions_per_day": 100,
                "click_through_rate": 0.02,
                "cost_per_click": 0.5,
            },
        ],
    }
)


def test_it_is_what_single_simulations_say() -> None:
    leads = [4, 10, 16]
    table = fs.marginal_cac(SHOP, "ads", leads, n=3, seed=7)
    sales, costs, profits = [], [], []
    for number in leads:
        scenario = SHOP.vary({"channels.ads.leads_per_day": number})
        journals = [fs.simulate(scenario, seed=7, replication=r) for r in range(3)]
        sales.append([fs.channels_table(j).sales.sum() for j in journals])
        costs.append([fs.summary(j).cac * s for j, s in zip(journals, sales[-1], strict=True)])
        profits.append(np.mean([fs.summary(j).profit for j in journals]))
    sales, costs = np.array(sales), np.array(costs)
    assert table.index.tolist() == leads
    assert table.sales.tolist() == pytest.approx(sales.mean(axis=1))
    assert table.cost.tolist() == pytest.approx(costs.mean(axis=1))
    assert table.profit.tolist() == pytest.approx(profits)
    assert table.cac.tolist() == pytest.approx(costs.sum(axis=1) / sales.sum(axis=1))
    more = np.diff(costs, axis=0).sum(axis=1) / np.diff(sales, axis=0).sum(axis=1)
    assert table.marginal_cac.iloc[1:].tolist() == pytest.approx(more)
    low, high = fieller(np.diff(costs, axis=0)[0], np.diff(sales, axis=0)[0], 0.95)
    assert (table.low[10], table.high[10]) == pytest.approx((low, high))
    assert table.iloc[0][["more_sales", "marginal_cac", "low"]].isna().all()


def test_without_more_said_it_goes_up_to_the_ceiling() -> None:
    table = fs.marginal_cac(SHOP, "ads", n=2)
    assert table.index.tolist() == [0, 10, 20, 30, 40, 50, 60]
    assert table.sales[10] > table.sales[0]  # those of the other channels are there at 0


def test_a_channel_of_impressions_brings_as_many_clicks() -> None:
    table = fs.marginal_cac(SHOP, "clicks", [2, 4], n=2)
    twice = SHOP.vary({"channels.clicks.impressions_per_day": 200})
    of_two = [fs.channels_table(fs.simulate(twice, replication=r)).sales.sum() for r in range(2)]
    assert table.sales[4] == np.mean(of_two)


def test_where_reps_are_full_a_further_customer_costs_ever_more() -> None:
    table = fs.marginal_cac(SHOP, "ads", [2, 8, 40, 60], n=4)
    assert table.marginal_cac[8] < table.cac[8]
    assert table.marginal_cac[60] > 2 * table.cac[60]
    assert table.high[60] == math.inf
    assert table.profit[60] < table.profit[40]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("adds",), "channel is .adds.*did you mean ads"),
        (("fair",), "fair has no ceiling to go up to: write leads_per_day"),
        (("ads", [10]), "two numbers at least, from few to many"),
        (("ads", [20, 10]), "from few to many"),
        (("ads", 10), "from few to many"),
        (("ads", [-1, 10]), "leads_per_day is -1; it is a number from 0"),
    ],
)
def test_what_it_cannot_do_is_said(arguments: tuple[object, ...], words: str) -> None:
    with pytest.raises(fs.FunnelSimError, match=words):
        fs.marginal_cac(SHOP, *arguments, n=2)


# --- Fieller's interval ---------------------------------------------------------------------------


@given(st.integers(0, 10_000), st.integers(2, 30), st.floats(0.5, 20))
@settings(max_examples=80, deadline=None)
def test_at_its_ends_the_difference_is_as_far_from_nothing_as_chance_goes(
    seed: int, n: int, spread: float
) -> None:
    draw = np.random.default_rng(seed)
    whole = draw.normal(10, spread, n)
    part = 30 * whole + draw.normal(0, 40, n)
    reach = float(student_t(0.9, np.array([n]))[0])
    for end in fieller(part, whole, 0.9):
        if math.isfinite(end):
            d = part - end * whole
            assert abs(d.mean()) == pytest.approx(reach * d.std(ddof=1) / np.sqrt(n), rel=1e-6)


def test_it_covers_the_truth_as_often_as_it_says(seed: int) -> None:
    """Those without an upper end, too: the law speaks of all of them."""
    draw = np.random.default_rng(seed)
    whole, part = draw.normal(10, 8, (2000, 8)), draw.normal(300, 60, (2000, 8))
    ends = np.array([fieller(p, w, 0.9) for p, w in zip(part, whole, strict=True)])
    low, high = ends.T
    assert 0 < np.isinf(high).mean() < 0.5
    assert not np.isnan(ends).any()  # the part is never near 0
    assert np.mean((low <= 30) & (high >= 30)) == pytest.approx(0.9, abs=4 * np.sqrt(0.09 / 2000))


def test_where_both_may_be_nothing_any_price_may_be_it() -> None:
    """At no price is the difference far from nothing, or at some between two that are near."""
    whole = np.array([-5.0, 5.0, 6.0, -4.0])
    for part in (np.array([90.0, -91, 92, -93]), 30 * whole + np.array([1.0, -1, 2, -2])):
        low, high = fieller(part, whole, 0.95)
        assert math.isnan(low) and high == math.inf


def test_where_there_are_fewer_for_certain_no_price_buys_one_more() -> None:
    fewer = np.array([-5.0, -5.5, -4.5, -5.0])
    assert fieller(np.array([90.0, 91, 92, 93]), fewer, 0.95) == (math.inf, math.inf)
    low, high = fieller(np.array([90.0, 91, 92, 93]), np.array([-5.0, 5.0, 6.0, -4.0]), 0.95)
    assert low > 0
    assert high == math.inf


# --- its picture ----------------------------------------------------------------------------------


def test_the_picture_has_every_step_and_says_what_lies_beyond_it() -> None:
    columns = ["cac", "more_sales", "marginal_cac", "low", "high"]
    rows = [
        (80.0, np.nan, np.nan, np.nan, np.nan),
        (60.0, 20.0, 30.0, 28.0, 33.0),
        (62.0, 0.5, 900.0, 120.0, math.inf),
        (70.0, -3.0, math.inf, math.inf, math.inf),
    ]
    table = pd.DataFrame(rows, columns=columns, index=[0, 10, 20, 30])
    drawn = marginal_rows(table, top=100.0)
    assert [(row["from"], row["to"]) for row in drawn] == [(0, 10), (10, 20), (20, 30)]
    assert [row["short"] for row in drawn] == ["30", "900", "no further sale"]
    assert [row["cost"] for row in drawn] == [30.0, 93.0, 93.0]
    assert drawn[1]["interval"] == "120.00 to no end"
    assert [row["cost"] for row in average_rows(table)] == [80.0, 60.0, 62.0, 70.0]
    chart = fs.charts.marginal_cac(table, worth=90).to_dict()
    assert len(chart["layer"]) == 7
    assert not any(row["is_below"] for row in drawn)
    near = table.assign(marginal_cac=[np.nan, 66, 900, math.inf])  # 70 on average, just above it
    assert [row["is_below"] for row in marginal_rows(near, top=100.0)] == [True, False, False]
    nothing = table.assign(cac=np.nan)
    assert "Nothing was sold" in str(fs.charts.marginal_cac(nothing).to_dict())
    for wrong in (5, table[["cac"]]):
        with pytest.raises(fs.FunnelSimError, match=r"what fs\.marginal_cac returns"):
            fs.charts.marginal_cac(wrong)
