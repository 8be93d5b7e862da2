"""Experiments that begin in the middle of business: with open deals and customers of today."""

from __future__ import annotations

from concurrent.futures import ProcessPoolExecutor

import pandas as pd
import pytest

import funnelsim as fs

SCENARIO = fs.load("b2b-pipeline").vary({"horizon": "150 days"})  # with a warm-up of 90


@pytest.fixture(scope="module")
def state() -> fs.State:
    return fs.simulate(SCENARIO, seed=5).state(120)


def test_a_row_is_the_summary_of_that_replication_alone(state: fs.State, seed: int) -> None:
    x = fs.replicate(SCENARIO, n=3, seed=seed, initial=state, keep="journals", progress=False)
    assert x.scenario.warm_up == 0  # the state takes its place
    for number in range(3):
        alone = fs.simulate(x.scenario, seed, replication=number, initial=state)
        told = fs.summary(alone).rename(number)
        pd.testing.assert_series_equal(x.table.loc[number], told, check_exact=True)
        pd.testing.assert_frame_equal(x.journals[number].orders, alone.orders)


def test_a_pool_begins_alike(state: fs.State, seed: int) -> None:
    alone = fs.replicate(SCENARIO, n=4, seed=seed, initial=state, progress=False)
    told = fs.forecast(SCENARIO, state, n=8, seed=seed, progress=False)
    with ProcessPoolExecutor(2) as pool:
        x = fs.replicate(SCENARIO, 4, seed, pool, progress=False, initial=state)
        pooled = fs.forecast(SCENARIO, state, 8, seed, progress=False, executor=pool)
    pd.testing.assert_frame_equal(x.table, alone.table, check_exact=True)
    pd.testing.assert_frame_equal(pooled.totals, told.totals, check_exact=True)
    pd.testing.assert_frame_equal(pooled.by_week, told.by_week, check_exact=True)


def test_a_comparison_and_a_sweep_begin_with_the_same_business(state: fs.State, seed: int) -> None:
    path = f"channels.{SCENARIO.channels[0].name}.leads_per_day"
    more = SCENARIO.vary({path: 1})
    alone = fs.replicate(more, n=3, seed=seed, initial=state, progress=False).table
    c = fs.compare({"today": SCENARIO, "more": more}, 3, seed, progress=False, initial=state)
    pd.testing.assert_frame_equal(c.table.loc["more"], alone, check_exact=True)
    swept = fs.sweep(SCENARIO, path, [0, 1], 3, seed, progress=False, initial=state)
    pd.testing.assert_frame_equal(swept.tables[1], alone, check_exact=True)


def test_a_sensitivity_begins_with_it_too(state: fs.State, seed: int) -> None:
    path = f"channels.{SCENARIO.channels[0].name}.leads_per_day"
    turned = fs.sensitivity(
        SCENARIO, {path: (0, 1)}, "revenue", n=3, seed=seed, progress=False, initial=state
    )
    alone = fs.replicate(SCENARIO, n=3, seed=seed, initial=state, progress=False).table
    assert turned.mean == alone["revenue"].mean()


def test_a_state_that_is_none_is_said() -> None:
    for call in (
        lambda: fs.replicate(SCENARIO, initial=7),
        lambda: fs.compare({"a": SCENARIO, "b": SCENARIO}, initial=7),
        lambda: fs.sweep(SCENARIO, "horizon", ["100 days"], initial=7),
        lambda: fs.sensitivity(SCENARIO, initial=7),
        lambda: fs.forecast(SCENARIO, 7),
    ):
        with pytest.raises(fs.FunnelSimError, match=r"initial is 7; .* takes a State"):
            call()
