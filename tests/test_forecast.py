"""What a scenario will bring, and how well that is known."""

from __future__ import annotations

import pytest
from a_shop import shop

import funnelsim as fs


def test_a_forecast_adds_up_and_is_what_is_simulated(seed: int) -> None:
    scenario = fs.load("aida")
    told = fs.forecast(scenario, n=20, seed=seed, progress=False)
    last = fs.simulate(scenario, seed, replication=19)
    assert told.totals.loc[19, "revenue"] == pytest.approx(fs.summary(last)["revenue"])
    assert told.by_week["sales", "mean"].cumsum().iloc[-1] == pytest.approx(
        told.so_far["sales", "mean"].iloc[-1]
    )


def test_a_forecast_in_doubt_has_the_chance_of_the_plan(seed: int) -> None:
    p = fs.plan(shop(), 100, pilot="15 of 300", progress=False)
    told = fs.forecast(p.scenario, n=1000, seed=seed, pilot="15 of 300", progress=False)
    assert "15 sales seen from 300" in told.known_from
    assert told.chance("sales", 100) == pytest.approx(0.9, abs=4 * (0.09 / 1000) ** 0.5)
    certain = fs.forecast(p.scenario, n=1000, seed=seed, progress=False)
    assert certain.known_from == "" and certain.totals["sales"].std() < told.totals["sales"].std()


def test_a_forecast_takes_a_calibration_and_a_deadline(seed: int) -> None:
    calibration = fs.calibrate(fs.load_crm_deals(), **fs.datasets.CRM_COLUMNS)
    told = fs.forecast(calibration, n=25, seed=seed, within="6 weeks", progress=False)
    assert len(told.by_week) == 6 and "an export" in told.known_from


def test_a_forecast_tells_open_deals_and_new_leads_apart(seed: int) -> None:
    """Two exact laws: without new leads all sales are of open deals, without open deals none."""
    open_today = fs.State(deals={"stage": ["Visit"] * 200, "days_in_stage": [1.0] * 200})
    nobody_new = shop(channels=[{"name": "web", "leads_per_day": 0}])
    told = fs.forecast(nobody_new, open_today, n=5, seed=seed, progress=False)
    assert told.from_open.iloc[-1]["mean"] > 0 and "of deals open at the start" in repr(told)
    assert (told.from_open == told.so_far["sales"]).all(axis=None)
    without = fs.forecast(shop(), n=5, seed=seed, progress=False)
    assert not without.from_open.any(axis=None) and without.of_open() == ""
    both = fs.forecast(shop(), open_today, n=100, seed=seed, progress=False)
    # 200 deals at 5 %, mean of 100 futures: 4 standard errors
    error = 4 * (200 * 0.05 * 0.95 / 100) ** 0.5
    assert both.from_open["mean"].iloc[-1] == pytest.approx(10, abs=error)


def test_a_forecast_is_asked_for_what_it_has() -> None:
    told = fs.forecast(shop(), n=5, progress=False)
    with pytest.raises(fs.FunnelSimError, match="there are: sales, revenue"):
        told.chance("profit", 3)
    with pytest.raises(fs.FunnelSimError, match=r"target is .*; it is a number"):
        told.chance("sales", "x")
