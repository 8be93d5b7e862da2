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


def test_a_comparison_is_of_the_same_business(state: fs.State, seed: int) -> None:
    none = SCENARIO.vary({f"channels.{c.name}.leads_per_day": 0 for c in SCENARIO.channels})
    c = fs.compare(
        {"as ever": SCENARIO, "again": SCENARIO, "no more leads": none},
        n=4, seed=seed, initial=state, progress=False,
    )  # fmt: skip
    found = c.differences()["difference"]
    assert found.loc["revenue", "again"] == 0
    assert found.loc["leads", "no more leads"] < 0
    assert c.table.loc["no more leads"]["revenue"].mean() > 0  # the open deals


def test_every_experiment_takes_a_state_and_says_when_it_is_none(state: fs.State) -> None:
    path = f"channels.{SCENARIO.channels[0].name}.leads_per_day"
    swept = fs.sweep(SCENARIO, path, [0, 1], n=2, initial=state, progress=False)
    assert (swept.tables[1]["leads"] > swept.tables[0]["leads"]).all()
    turned = fs.sensitivity(
        SCENARIO, {path: (0, 1)}, figure="leads", n=2, initial=state, progress=False
    )
    assert turned.table["effect"].gt(0).all()
    for call in (
        lambda: fs.replicate(SCENARIO, initial=7),
        lambda: fs.compare({"a": SCENARIO, "b": SCENARIO}, initial=7),
        lambda: fs.sweep(SCENARIO, path, [0, 1], initial=7),
        lambda: fs.sensitivity(SCENARIO, initial=7),
        lambda: fs.forecast(SCENARIO, 7),
    ):
        with pytest.raises(fs.FunnelSimError, match=r"initial is 7; .* takes a State"):
            call()
