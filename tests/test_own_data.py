"""A calibration of exports whose truth is known: what it says of conversions and open deals."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from known_worlds import WORLDS, World
from small_export import COLUMNS, small

import funnelsim as fs
from funnelsim.calibration.blocks import blocks, weights
from funnelsim.distributions import DAY

EXPORTS, AHEAD = 5, 45


@pytest.fixture(scope="module", params=WORLDS)
def told(request: pytest.FixtureRequest) -> tuple[World, list[tuple[pd.DataFrame, fs.Calibration]]]:
    world = WORLDS[request.param]
    pairs = []
    for seed in range(EXPORTS):
        leads = world.leads(seed)
        pairs.append((leads, fs.calibrate(**world.export(leads), draws=40)))
    return world, pairs


def test_the_conversion_is_found_and_its_error_told(told) -> None:
    world, pairs = told
    found = np.array([calibration.overall for _, calibration in pairs])
    errors = np.array([calibration.overall_se for _, calibration in pairs])
    off = (found - world.p) / errors
    assert abs(found.mean() / world.p - 1) < 0.03 + 3.5 * errors.mean() / world.p / EXPORTS**0.5
    assert (np.abs(off) < 4.5).all() and abs(off.mean()) < 3.5 / EXPORTS**0.5
    # not sure of nothing: what is told is about what a share of as many leads would have
    binomial = np.sqrt(world.p * (1 - world.p) / (world.rate * world.days))
    assert (errors > 0.7 * binomial).all() and (errors < 8 * binomial).all()


def test_open_deals_are_worth_what_they_bring(told) -> None:
    """The wins of those open on the day in the time after: the open deals simulated alone."""
    world, pairs = told
    expected, came, inside = 0.0, 0, 0
    for leads, calibration in pairs:
        none = calibration.scenario.vary({"channels.not stated.leads_per_day": 0})
        alone = replace(calibration, scenario=none)
        wins = fs.forecast(alone, initial=calibration.state, n=20, within=f"{AHEAD} days",
                           progress=False).totals["sales"]  # fmt: skip
        later = leads["won"] - world.days
        expected += wins.mean()
        came += (mine := int(((later > 0) & (later <= AHEAD)).sum()))
        inside += wins.quantile(0.05) - 1 <= mine <= wins.quantile(0.95) + 1
    assert abs(expected - came) < 0.1 * came + 3.5 * came**0.5
    assert inside >= EXPORTS - 2  # 0.9 of them: fewer have a chance of 1 %


def test_what_is_said_of_losses_is_what_the_data_say(told) -> None:
    world, pairs = told
    said = [calibration.report.stages.loc["Lead", "losses"] for _, calibration in pairs]
    right = {True: "marked", False: "not marked"}[world.is_marked]
    right = "partly marked" if world.silent else right
    assert said.count(right) >= EXPORTS - 1
    if world.silent:
        silent = [c.report.stages.loc["Lead", "silent"] for _, c in pairs]
        assert np.mean(silent) == pytest.approx(world.silent, abs=0.1)


def test_a_short_export_says_what_is_still_to_come_and_doubts_more() -> None:
    slow = World(0.3, (40, 0.8), (40, 0.8), days=60, rate=20)
    long = slow._replace(days=400, rate=3)
    short, whole = (fs.calibrate(**w.export(w.leads(3)), draws=60) for w in (slow, long))
    row = short.report.stages.loc["Lead"]
    assert row["follow_up"] == "too short" and row["to_come"] > 0.4
    assert "Still to come" in str(short) and "Still to come" not in str(whole)
    assert short.overall_se > whole.overall_se  # of as many leads
    assert short.interval[0] < 0.3 < short.interval[1]


def test_one_nonsense_date_in_a_thousand_changes_little() -> None:
    world = WORLDS["losses slower"]._replace(rate=15)
    given = world.export(world.leads(1))
    del given["export_date"]
    usual = fs.calibrate(**given, draws=30)
    table = given["deals"].astype(object)
    for column, wrong in (("won", "2062-05-01"), ("lost", "1970-01-01"), ("created", "2031-01-01")):
        spoilt = table.copy()
        spoilt.loc[spoilt[column].dropna().index[40], column] = pd.Timestamp(wrong)
        found = fs.calibrate(**{**given, "deals": spoilt}, draws=20)
        assert abs(found.overall - usual.overall) < usual.overall_se, (column, wrong)
        rates = [c.scenario.channels[0].leads_per_day for c in (found, usual)]
        assert rates[0] == pytest.approx(rates[1], rel=0.02)


@pytest.mark.parametrize("rows", [1, 2, 5, 9])
def test_of_hardly_any_deals_the_doubt_is_great_and_nothing_breaks(rows: int) -> None:
    found = fs.calibrate(small(rows), **COLUMNS, export_date="2026-03-01", draws=40)
    assert found.interval[1] - found.interval[0] > 0.25
    assert str(found) and fs.forecast(found, n=3, within="20 days", progress=False).totals.size


def test_a_hundred_channels_and_owners() -> None:
    names = {
        "channel": [f"c{n % 120}" for n in range(600)],
        "owner": [f"o{n % 90}" for n in range(600)],
    }
    found = fs.calibrate(small(600, **names), **COLUMNS, channel="channel", owner="owner", draws=20)
    assert len(found.scenario.channels) == 120 and len(found.report.owners) == 90
    assert found.overall == pytest.approx(0.5, abs=0.02)


# --- draws ----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def crm() -> fs.Calibration:
    return fs.calibrate(fs.load_crm_deals(), **fs.datasets.CRM_COLUMNS, draws=60)


def test_draws_hold_stages_times_rates_and_values_together(crm: fs.Calibration) -> None:
    table = crm.draws.table
    assert len(crm.draws) == 60 and table.notna().all(axis=None)
    product = table[[c for c in table if c.startswith("conversion of")]].prod(axis=1)
    np.testing.assert_allclose(product, table["overall"])
    for stage in ("Lead", "Qualified", "Proposal"):
        told = crm.report.stages.loc[stage]
        assert table[f"median days in {stage}"].mean() == pytest.approx(
            told["median_days"], rel=0.1
        )
    for name, row in crm.report.channels.iterrows():
        rates = table[f"leads a day of {name}"]
        assert rates.mean() == pytest.approx(row["leads_per_day"], abs=4 * row["se"])
        assert 0.4 * row["se"] < rates.std() < 2.5 * row["se"]


def test_a_scenario_of_a_draw_converts_as_the_draw_says(crm: fs.Calibration) -> None:
    which = crm.draws.spread(5)
    made = crm.draws.of(crm.scenario, which)
    told = [fs.describe(scenario).stages for scenario in made]
    assert crm.draws.table["overall"].iloc[which].is_monotonic_increasing
    for scenario, number in zip(made, which, strict=True):
        drawn = crm.draws.table.loc[number]
        rate = sum(c.leads_per_day for c in scenario.channels)
        assert rate == pytest.approx(
            drawn[[c for c in drawn.index if "a day" in c]].sum(), rel=1e-6
        )
        median = scenario.stages[2].decision_time.ppf(np.array([0.5]))[0] / DAY
        assert median == pytest.approx(drawn["median days in Proposal"], rel=1e-3)
    assert len(told) == 5
    from funnelsim.analytic.conversion import mean_conversion

    of_draws = crm.draws.table["overall"].iloc[which].to_numpy()
    np.testing.assert_allclose([mean_conversion(s) for s in made], of_draws, rtol=0.05)


def test_a_change_of_the_scenario_stays_in_every_draw(crm: fs.Calibration) -> None:
    changed = crm.scenario.vary({
        "stages.Proposal.decision_time": {"constant": "3 days"},
        "channels.website.leads_per_day": 0,
    })  # fmt: skip
    for scenario in crm.draws.of(changed, crm.draws.spread(3)):
        assert scenario.stages[2].decision_time.constant == 3 * DAY
        assert scenario.channels[0].leads_per_day == 0


def test_a_calibration_may_be_replicated_and_its_doubt_is_part_of_the_spread(
    crm: fs.Calibration,
) -> None:
    short = replace(crm, scenario=crm.scenario.vary({"warm_up": "0 days", "horizon": "60 days"}))
    doubt = replace(short, draws=replace(crm.draws, every=tuple(
        replace(d, rates=dict.fromkeys(d.rates, 3.0 if n % 2 else 0.2))
        for n, d in enumerate(crm.draws.every)
    )))  # fmt: skip
    told = fs.replicate(doubt, 20, progress=False)
    alone = fs.replicate(short.scenario, 20, progress=False)
    assert len(told.table) == 20 and told.provenance.source == crm.provenance
    assert told.table["leads"].std() > 3 * alone.table["leads"].std()
    again = fs.replicate(doubt, 20, progress=False)
    pd.testing.assert_frame_equal(told.table, again.table)


# --- weeks, arrivals ------------------------------------------------------------------------


def test_resamples_of_few_weeks_have_the_error_of_student() -> None:
    """The spread of a mean of n blocks is its standard error times the quantile of t ÷ 1.96."""
    from scipy.stats import t

    chance = np.random.default_rng(1)
    seen = chance.normal(size=10)
    rows = weights(10, 40_000, chance)
    means = (rows * seen).mean(axis=1)
    expected = seen.std(ddof=1) / 10**0.5 * t.ppf(0.975, 9) / 1.96
    assert means.std() == pytest.approx(expected, rel=0.1)
    days = pd.Series(pd.date_range("2026-01-01", periods=70))
    assert blocks(days).nunique() == 10 and blocks(days[:30]).nunique() == 30


def test_uneven_days_and_a_trend_are_found_and_steady_ones_are_not(seed: int) -> None:
    chance = np.random.default_rng(seed)
    days = np.arange(180)
    mean = 12 * np.where(days % 7 < 5, 1.2, 0.5)
    cases = {
        "steady": chance.poisson(mean),
        "uneven": chance.negative_binomial(mean / 4, 1 / 5),
        "grows": chance.poisson(mean * np.exp(1.2 * (days / 180 - 0.5))),
    }
    found = {}
    for name, counts in cases.items():
        created = pd.Timestamp("2026-01-05") + pd.to_timedelta(np.repeat(days, counts), unit="D")
        table = pd.DataFrame({"created": created, "won": created + pd.Timedelta("2D")})
        table.loc[::2, "won"] = pd.NaT
        told = fs.calibrate(table, created="created", won="won", export_date="2026-07-10",
                            draws=20, progress=False)  # fmt: skip
        found[name] = told.report.channels.iloc[0], told.scenario.channels[0]
    assert 3.5 < found["uneven"][0]["dispersion"] < 7 and found["uneven"][1].dispersion > 3.5
    assert found["grows"][0]["is_trend"] and not found["steady"][0]["is_trend"]
    row, channel = found["grows"]
    assert channel.leads_per_day == pytest.approx(row["recent"], abs=1e-3)
    assert row["recent"] > 1.2 * row["whole"]
    assert found["steady"][1].leads_per_day == pytest.approx(found["steady"][0]["whole"], abs=1e-3)


def test_the_curves_are_drawn_with_the_fates_that_the_scenario_holds(crm: fs.Calibration) -> None:
    from funnelsim.charts.calibration import fitted_rows, seen_rows

    for stage in ("Lead", "Qualified", "Proposal"):
        seen = pd.DataFrame(seen_rows(crm.curves[stage]))
        fitted = pd.DataFrame(fitted_rows(crm, stage, float(seen["days"].max())))
        for fate, told in seen.groupby("fate"):
            mine = fitted[fitted["fate"] == fate]
            between = np.interp(told["days"], mine["days"], mine["share"])
            assert np.abs(between - told["share"]).max() < 0.06, (stage, fate)
    assert len(fs.charts.fates(crm).to_dict()["concat"]) == 3
    with pytest.raises(fs.FunnelSimError, match=r"fs\.calibrate"):
        fs.charts.fates(crm.scenario)
