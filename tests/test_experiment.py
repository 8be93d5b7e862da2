"""What experiments promise: the same replications always, honest intervals, the same customers."""

from __future__ import annotations

import math
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pandas as pd
import pytest
from theory import within

import funnelsim as fs
from funnelsim.experiment.intervals import intervals
from funnelsim.scenario.parameters import parameter, usual

AIDA = fs.load("aida").vary({"horizon": "30 days"})
TEAM = fs.load("aida-follow-up").vary({"horizon": "30 days"})
NOBODY = AIDA.vary({f"channels.{channel.name}.leads_per_day": 0 for channel in AIDA.channels})


def quiet(scenario=AIDA, n=5, **more):
    return fs.replicate(scenario, n, progress=False, **more)


def same(one, other):
    pd.testing.assert_frame_equal(one, other, check_exact=True)


# --- replications -------------------------------------------------------------------------------


def test_a_row_is_the_summary_of_that_replication_alone(seed):
    table = quiet(seed=seed).table
    for number in (0, 3):
        alone = fs.summary(fs.simulate(AIDA, seed, replication=number))
        same(table.loc[[number]].T.set_axis(["x"], axis=1), alone.to_frame("x"))


@pytest.mark.parametrize("name", ["aida-follow-up", "b2b-pipeline", "aida-loyalty-advocacy"])
def test_a_replication_in_which_hardly_anybody_comes_has_its_own_figures(name, seed):
    scenario = fs.load(name)
    few = {f"channels.{channel.name}.leads_per_day": 0.004 for channel in scenario.channels}
    scenario = scenario.vary(few)
    x = quiet(scenario, n=25, seed=seed)
    for number in range(25):
        alone = fs.summary(fs.simulate(scenario, seed, replication=number))
        pd.testing.assert_series_equal(
            x.table.loc[number], alone, check_names=False, check_exact=True
        )


def test_more_replications_leave_the_first_ones_as_they_were(seed):
    same(quiet(n=9, seed=seed).table.head(4), quiet(n=4, seed=seed).table)


def test_the_summary_is_students_interval_and_the_quantiles():
    x = quiet(n=12)
    row, values = x.summary(0.9).loc["customers"], x.table["customers"]
    error = values.std(ddof=1) / math.sqrt(12)
    assert row["standard_error"] == pytest.approx(error)
    assert row["high"] - row["mean"] == pytest.approx(1.795885 * error, rel=1e-6)  # tables: t(11)
    assert row["25%"] == values.quantile(0.25)


def test_the_interval_covers_as_often_as_it_says(seed):
    """Of 90 % intervals over six replications, nine in ten cover the mean."""
    figures = pd.DataFrame(np.random.default_rng(seed).normal(20, 5, size=(6, 4000)))
    found = intervals(figures, 0.9)
    covered = (found["low"] <= 20) & (found["high"] >= 20)
    assert within(covered.mean(), 0.9, math.sqrt(0.09 / 4000))


def test_a_figure_that_no_replication_has_is_nan_and_counted():
    row = quiet(NOBODY).summary().loc["cac"]
    assert row["replications"] == 0
    assert math.isnan(row["mean"])


def test_one_replication_has_a_mean_and_no_interval():
    row = quiet(n=1).summary().loc["customers"]
    assert row["mean"] > 0
    assert math.isnan(row["low"])


def test_what_no_replication_has_seen_may_still_happen(seed):
    """Garwood's bound: with a mean of 3.69 ÷ n in each, all n would be empty 1 time in 40."""
    scenario = fs.load("aida").vary({"stages.Desire.conversion": 1e-9})
    experiment = fs.replicate(scenario, 20, seed=seed, progress=False)
    told = experiment.summary()
    assert (experiment.table["customers"] == 0).all()
    for count in ("customers", "orders"):
        low, high = told.loc[count, ["low", "high"]]
        assert low == 0
        assert math.exp(-20 * high) == pytest.approx(0.025)
    leads = told.loc["leads", "mean"]
    bound = told.loc["customers", "high"]
    assert told.loc["overall_conversion", "high"] == pytest.approx(bound / leads)
    assert told.loc[["revenue", "gross"], ["low", "high"]].isna().all(axis=None)
    swept = fs.sweep(scenario, "stages.Desire.conversion", [1e-9], n=20, seed=seed, progress=False)
    assert swept.summary().iloc[0][("customers", "high")] == bound
    assert "0 to 0.18 with 95 %" in str(fs.charts.replications(experiment, "customers").to_dict())
    assert "NaN" not in fs.charts.sweep(swept, "revenue").to_json()  # no browser would read it


def test_journals_are_kept_only_when_asked_for():
    assert quiet().journals == {}
    x = quiet(n=3, keep="journals")
    assert list(x.journals) == [0, 1, 2]
    same(fs.summary(x.journals[2]).to_frame("x"), x.table.loc[[2]].T.set_axis(["x"], axis=1))


# --- a precision in place of a number -----------------------------------------------------------


def test_it_stops_once_the_interval_is_short_enough(seed):
    x = quiet(n=5000, seed=seed, precision=0.05, figure="customers")
    row = x.summary().loc["customers"]
    assert row["high"] - row["mean"] <= 0.05 * row["mean"]
    assert len(x.table) < 5000
    assert x.warnings == []


def test_where_it_stops_does_not_depend_on_who_did_the_work(seed):
    goal = {"precision": 0.05, "figure": "customers"}
    with ThreadPoolExecutor(2) as pool:
        elsewhere = quiet(n=150, seed=seed, executor=pool, **goal)
    same(quiet(n=150, seed=seed, **goal).table, elsewhere.table)


def test_a_precision_out_of_reach_is_said():
    x = quiet(n=40, precision=0.0001, figure="customers")
    assert len(x.table) == 40
    assert "it would take about" in x.warnings[-1]


def test_a_figure_whose_mean_is_zero_has_no_relative_precision():
    x = quiet(NOBODY, n=40, precision=0.1, figure="revenue")
    assert len(x.table) <= 40


# --- what is no input ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: fs.replicate("aida"), 'scenario is "aida"; replicate takes a Scenario'),
        (lambda: quiet(n=0), "n is 0; it is a whole number of at least 1"),
        (lambda: quiet(n=2.5), "n is 2.5"),
        (lambda: quiet(seed=-1), "seed is -1"),
        (lambda: quiet(keep="all"), "keep is .*journals"),
        (lambda: quiet(executor=4), "executor is a int; .*client.get_executor"),
        (lambda: quiet(executor=ThreadPoolExecutor), "executor is the class ThreadPoolExecutor"),
        (lambda: quiet(precision=0.1), "figure is None; they go together"),
        (lambda: quiet(precision=5, figure="revenue"), "precision is 5"),
        (lambda: quiet(precision=0.1, figure="revenu"), "did you mean revenue"),
        (lambda: quiet().summary(95), "confidence is 95; .*write 0.95 for 95 %"),
        (lambda: fs.compare([AIDA, AIDA]), "compare takes a table of names and scenarios"),
        (lambda: fs.compare({"today": AIDA}), "a comparison takes at least two"),
        (lambda: fs.compare({"a": AIDA, "b": "aida"}), "compare takes a Scenario"),
        (lambda: fs.compare({"a": AIDA, "b": TEAM}, n=1), "at least 2, since an interval"),
        (lambda: fs.sweep(AIDA, "stages.Interest.conversion", []), "one at least"),
        (lambda: fs.sweep(AIDA, "stages.Interest.conversion"), "values is None"),
        (lambda: fs.sweep(AIDA, "stages.Interest.conversion", "0.5"), 'values is "0.5"'),
        (lambda: fs.sweep(AIDA, "stages.Intrest.conversion", [1]), "did you mean Interest"),
        (lambda: fs.sweep(AIDA, "stages.Interest.conversion", [0.5, 2]), "between 0 and 1"),
        (lambda: fs.sweep(AIDA, {"a": [1], "b": [1], "c": [1]}), "one or two"),
        (lambda: fs.sensitivity(AIDA, figure="win"), "figure is .win."),
        (lambda: fs.sensitivity(AIDA, ["stages.Intrest.conversion"]), "did you mean Interest"),
        (lambda: fs.sensitivity(AIDA, ["stages.Interest"]), "Interest"),
        (lambda: fs.sensitivity(AIDA, []), "one at least"),
        (lambda: fs.sensitivity(AIDA, {"order.margin": 0.5}), r"write \(low, high\)"),
        (lambda: fs.sensitivity(AIDA, change=10), "change is 10"),
        (lambda: fs.warm_up_advice(AIDA, n=1), "n is 1"),
        (lambda: fs.team_load("aida"), "team_load takes a Scenario"),
    ],
)
def test_what_is_wrong_is_said(call, words):
    with pytest.raises(fs.FunnelSimError, match=words):
        call()


def test_an_executor_that_was_shut_down_is_said():
    pool = ThreadPoolExecutor(1)
    pool.shutdown()
    with pytest.raises(fs.FunnelSimError, match="executor is a ThreadPoolExecutor; it takes no"):
        quiet(executor=pool)


def test_an_unknown_baseline_is_said():
    c = fs.compare({"today": AIDA, "dear": AIDA.vary({"order.margin": 0.1})}, n=2, progress=False)
    with pytest.raises(fs.FunnelSimError, match="did you mean today"):
        c.differences("tody")


# --- a comparison -------------------------------------------------------------------------------


def test_a_comparison_is_of_pairs_on_the_same_customers(seed):
    better = AIDA.vary({"stages.Interest.conversion": 0.55})
    c = fs.compare({"today": AIDA, "better": better}, n=15, seed=seed, progress=False)
    today, changed = (quiet(s, 15, seed=seed).table["customers"] for s in (AIDA, better))
    row = c.differences().loc[("customers", "better")]
    assert (changed >= today).all()
    assert row["difference"] == pytest.approx((changed - today).mean())
    assert row["standard_error"] == pytest.approx((changed - today).std(ddof=1) / math.sqrt(15))
    unpaired = 15 * (today.var() + changed.var()) / (changed - today).var()
    assert row["unpaired_replications"] == pytest.approx(unpaired)
    assert c.differences().loc[("leads", "better"), "difference"] == 0


def test_an_unpaired_comparison_of_that_size_is_about_as_wide():
    """n_unpaired is what it says: with so many of each, on different customers, the same width."""
    better = AIDA.vary({"stages.Interest.conversion": 0.55})
    c = fs.compare({"today": AIDA, "better": better}, n=30, progress=False)
    row = c.differences().loc[("customers", "better")]
    variances = [c.experiments[name].table["customers"].var() for name in c.experiments]
    width = math.sqrt(sum(variances) / row["unpaired_replications"])
    assert width == pytest.approx(row["standard_error"])


def test_another_baseline_turns_the_sign():
    c = fs.compare({"a": AIDA, "b": AIDA.vary({"order.margin": 0.2})}, n=4, progress=False)
    one, other = c.differences(), c.differences("b")
    assert one.loc[("profit", "b"), "difference"] == -other.loc[("profit", "a"), "difference"]


def test_the_table_has_a_row_per_scenario_and_replication():
    c = fs.compare({"a": AIDA, "b": TEAM, "c": AIDA}, n=3, progress=False)
    assert c.table.index.names == ["scenario", "replication"]
    assert len(c.table) == 9
    same(c.table.loc["a"], c.table.loc["c"])


# --- sweeps -------------------------------------------------------------------------------------


def test_a_setting_is_that_scenario(seed):
    x = fs.sweep(TEAM, "teams.sales.reps", [1, 3], n=4, seed=seed, progress=False)
    alone = quiet(TEAM.vary({"teams.sales.reps": 3}), 4, seed=seed).summary()
    told = x.table["profit"].loc[3]
    assert told.tolist() == alone.loc["profit", ["mean", "low", "high"]].tolist()
    assert x.table.index.name == "teams.sales.reps"


def test_two_parameters_are_every_pair():
    grid = {"teams.sales.reps": [1, 2], "stages.Interest.follow_up.patience": [
        {"constant": "1 h"}, {"exponential": {"mean": "2 days"}}, None]}  # fmt: skip
    x = fs.sweep(TEAM, grid, n=2, progress=False)
    assert len(x.table) == 6
    assert (1, "exponential mean 2 days") in x.table.index


# --- sensitivity --------------------------------------------------------------------------------


def test_the_ranking_is_by_effect_and_each_is_a_paired_difference(seed):
    x = fs.sensitivity(AIDA, n=4, seed=seed, figure="revenue", progress=False)
    assert x.table["effect"].is_monotonic_decreasing
    path = "stages.Interest.conversion"
    up = AIDA.vary({path: 1.1 / 2.1})  # 0.5 has odds of 1, and they are turned
    c = fs.compare({"today": AIDA, "up": up}, n=4, seed=seed, progress=False)
    row = c.differences().loc[("revenue", "up")]
    assert x.table.loc[path, "up"] == pytest.approx(row["difference"])
    assert x.table.loc[path, "up_high"] == pytest.approx(row["high"])


def test_a_margin_does_nothing_to_revenue_and_one_to_one_to_itself():
    x = fs.sensitivity(AIDA, ["order.margin"], figure="revenue", n=3, progress=False)
    assert x.table.loc["order.margin", "effect"] == 0


def test_values_of_ones_own_are_taken_as_they_are():
    x = fs.sensitivity(TEAM, {"teams.sales.reps": (1, 5)}, n=2, progress=False)
    row = x.table.loc["teams.sales.reps"]
    assert (row["today"], row["low_value"], row["high_value"]) == ("2", "1", "5")


@pytest.mark.parametrize("name", fs.templates())
def test_the_usual_parameters_are_levers_that_the_scenario_has(name):
    scenario = fs.load(name)
    found = {parameter.path for parameter in usual(scenario)}
    assert {f"stages.{stage.name}.conversion" for stage in scenario.stages[:-1]} <= found
    assert {f"teams.{team.name}.reps" for team in scenario.teams} <= found
    assert scenario.order is None or "order.value" in found
    assert not {path for path in found if path.endswith(("weekdays.Mon", "horizon", "cv", "delay"))}


def test_a_scaled_distribution_keeps_its_shape(seed):
    lognormal = {"lognormal": {"mean": 80, "cv": 0.8}}
    scenario = AIDA.vary({"order.value": lognormal})
    up = parameter(scenario, "order.value").turned(1.25)
    assert up == {"order.value": {"lognormal": {"mean": 100.0, "cv": 0.8}}}
    one, other = (fs.simulate(s, seed).orders for s in (scenario, scenario.vary(up)))
    assert np.allclose(other["value"], 1.25 * one["value"], atol=0.02)
