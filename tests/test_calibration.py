"""A calibration finds the truth again, counts right, and says what it left out and assumed."""

from __future__ import annotations

import math
import re
import sys
from html import unescape
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from small_export import COLUMNS, small

import funnelsim as fs
from funnelsim import datasets
from funnelsim.calibration import calibrate
from funnelsim.calibration.beside import beside_export, in_words
from funnelsim.calibration.groups import group_odds
from funnelsim.calibration.stages import Fates, StageFit
from funnelsim.distributions import DAY

DATASETS = Path(__file__).resolve().parents[1] / "datasets"
TRUE_CONVERSION = {"Lead": 0.96 * 0.45, "Qualified": 0.50, "Proposal": 0.35}  # crm_deals.toml
TRUE_ODDS = {"website": 1.0, "search ads": 0.7, "trade fairs": 1.3, "referral": 2.2}


@pytest.fixture(scope="module")
def crm():
    return calibrate(datasets.bundled("crm_deals.csv"), **datasets.CRM_COLUMNS)


@pytest.fixture(scope="module")
def exports():
    """Exports of the known scenario under other seeds."""
    sys.path.insert(0, str(DATASETS))
    try:
        from make_crm_deals import crm_export
    finally:
        sys.path.remove(str(DATASETS))
    scenario = fs.load(DATASETS / "crm_deals.toml")
    return [crm_export(scenario, seed) for seed in range(101, 109)]


# --- the truth ------------------------------------------------------------------------------


def test_the_bundled_export_gives_its_scenario_back(crm):
    """A promise about that file: within 3.5 standard errors."""
    stages, channels = crm.report.stages, crm.report.channels
    for stage, truth in TRUE_CONVERSION.items():
        found = crm.scenario.stages[list(stages.index).index(stage)].conversion
        assert abs(found - truth) < 3.5 * stages.loc[stage, "se"], stage
    for channel, truth in TRUE_ODDS.items():
        row = channels.loc[channel]
        if channel != "website":
            assert abs(math.log(row["odds_ratio"] / truth)) < 3.5 * row["se_of_log"], channel
    known = fs.load(DATASETS / "crm_deals.toml")
    for channel in known.channels:
        row = channels.loc[channel.name]
        truth = channel.leads_per_day * np.mean(channel.weekdays)
        assert abs(row["leads_per_day"] - truth) < 3.5 * row["se"], channel.name
        spread = 3.5 * math.sqrt(7 / row["leads"])  # each factor rests on a seventh of the leads
        expected = np.array(channel.weekdays) / np.mean(channel.weekdays)
        errors = crm.report.weekdays.loc[channel.name] - expected
        assert (errors.abs() < spread * np.sqrt(np.maximum(expected, 0.2))).all(), channel.name
    value = crm.report.value.iloc[0]
    assert abs(value["mean"] - 6_400) < 3.5 * value["± s.e."]


def test_the_estimator_has_little_bias(exports):
    """Over eight exports: mean error within 3.5 of its standard errors, and its size bounded."""
    found = [calibrate(e, **datasets.CRM_COLUMNS).report for e in exports]
    n = len(found)
    for stage, truth in TRUE_CONVERSION.items():
        rows = [r.stages.loc[stage] for r in found]
        error = np.mean([row["scenario_conversion"] for row in rows]) - truth
        # the reference channel's conversion is less certain than the pooled one whose s.e. is shown
        spread = 1.6 * rows[0]["se"] / math.sqrt(n)
        assert abs(error) < 3.5 * spread, f"{stage}: bias {error:+.4f}, s.e. {spread:.4f}"
    for stage, (mean, cv) in {"Qualified": (12.0, 0.9), "Proposal": (20.0, 0.8)}.items():
        truth = mean / math.sqrt(1 + cv**2)  # the median of a lognormal
        medians = [r.stages.loc[stage, "median_days"] for r in found]
        spread = np.std(medians, ddof=1) / math.sqrt(n)
        assert abs(np.mean(medians) - truth) < 4 * spread + 0.01 * truth, stage


def test_nobody_is_too_young_to_count(exports):
    """After twelve weeks the share of all proposals won is far too low; the estimate is not."""
    day = {"export_date": "2025-03-30"}
    early = [calibrate(e, **datasets.CRM_COLUMNS, **day).report.stages for e in exports]
    early = pd.DataFrame([table.loc["Proposal"] for table in early])
    truth = 0.388  # of all channels, by the odds of those who get so far
    off = (early["conversion"] - truth) / early["se"]
    assert abs(off.mean()) < 3.5 / math.sqrt(len(off)) and (off.abs() < 4).all()
    assert (early["advanced"] / early["entered"]).mean() < truth - 0.1
    assert early["to_come"].mean() > 0.2


def test_the_scenario_simulates_what_the_export_showed(crm):
    """All quantities of one simulated quarter within 4 of its own standard errors."""
    journal = fs.simulate(crm.scenario, seed=7, progress=False)
    table = beside_export(crm.report, journal)
    assert (crm.scenario.horizon - crm.scenario.warm_up) == 90 * DAY
    reach = (table["high"] - table["export"]) / 2
    off = ((table["simulated"] - table["export"]) / reach).abs()
    assert (off < 4).all(), table.assign(off=off).to_string()
    assert table["quantity"].is_unique and not table.isna().any(axis=None)


def test_the_usual_range_is_that_of_one_stretch_of_the_scenario(crm):
    """The scenario holds the export's figures: their own uncertainty is no part of the range."""
    journal = fs.simulate(crm.scenario, seed=7, progress=False)
    table = beside_export(crm.report, journal).set_index("quantity")
    for name in ("leads in 90 days", "deals won in 90 days"):  # Poisson counts
        row = table.loc[name]
        assert row["high"] - row["export"] == pytest.approx(2 * math.sqrt(row["export"])), name
        assert row["se"] > 0
    words = " ".join(in_words(table.reset_index()))
    assert "19 of 20" in words and "± s.e." in words


def test_the_scenario_survives_its_file(crm):
    assert fs.Scenario.from_toml(crm.scenario.to_toml()) == crm.scenario


def test_odds_of_a_known_two_by_two_table():
    """One stage, two channels: maximum likelihood is the ratio of the observed odds."""
    fate = [1] * 30 + [0] * 70 + [1] * 20 + [0] * 20
    created = pd.Series(pd.date_range("2026-01-01", periods=len(fate), freq="6h"))
    won = (created + pd.Timedelta(days=1)).where(np.array(fate) == 1)
    lost = (created + pd.Timedelta(days=1)).where(np.array(fate) == 0)
    deals = pd.DataFrame({"created": created, "won": won, "lost": lost})
    deals["channel"] = ["ads"] * 100 + ["fair"] * 40
    late = "2026-06-01"
    found = calibrate(
        deals, created="created", won="won", lost="lost", channel="channel", export_date=late
    )
    row, ratio = found.report.channels.loc["fair"], (20 / 20) / (30 / 70)
    assert row["seen"] == pytest.approx(ratio, rel=1e-3)
    assert 1 < row["odds_ratio"] < ratio  # drawn toward the whole
    assert row["se_of_log"] < 1.1 * math.sqrt(1 / 20 + 1 / 20 + 1 / 30 + 1 / 70)
    assert 0.3 < found.report.stages.loc["Lead", "scenario_conversion"] < 50 / 140
    assert found.overall == pytest.approx(50 / 140, rel=0.001)
    binomial = math.sqrt(50 / 140 * 90 / 140 / 140)
    # all of one kind came in the same weeks, so that these few weeks say little
    assert binomial < found.overall_se < 4 * binomial


def test_a_channel_with_few_decisions_is_taken_as_like_the_others():
    """Eight leads, all won: as it is seen, far better; as it is taken, hardly so."""
    deals = small(400, channel=["ads"] * 392 + ["fair"] * 8)
    fair = deals["channel"] == "fair"
    deals.loc[fair, "won"], deals.loc[fair, "lost"] = deals["created"] + pd.Timedelta("3D"), pd.NaT
    found = calibrate(deals, **COLUMNS, channel="channel").report.channels.loc["fair"]
    assert found["seen"] > 50 and 1 < found["odds_ratio"] < found["seen"] / 5


def decided(name, counts):
    """A stage whose visits are all decided: {channel: (advanced, lost)}."""
    rows = []
    for channel, (advanced, lost) in counts.items():
        rows += [(channel, "advanced")] * advanced + [(channel, "lost")] * lost
    visits = pd.DataFrame(rows, columns=["channel", "fate"]).assign(age=100.0, days=5.0)
    time = (1, 1.0, 1.0)
    return StageFit(name, visits, [], None, Fates(0.5, time, time, True, 0.0), True)


@pytest.mark.parametrize(
    ("one", "two"),
    [
        # nobody but the ads reaches the second stage, so it may be the stage or the channel
        ({"web": (50, 40), "fair": (15, 25)}, {"ads": (15, 30)}),
        # separation: the web never, the ads always: the likelihood has no maximum
        ({"web": (0, 30), "ads": (20, 20)}, {"web": (20, 20), "fair": (15, 25), "ads": (20, 0)}),
    ],
)
def test_channels_without_a_finite_odds_ratio_have_one_that_a_scenario_takes(one, two):
    fits = [decided("One", one), decided("Two", two)]
    table = group_odds(fits, "channel", ["web", "ads", "fair"])
    assert table["odds_ratio"].between(0.01, 100).all() and table["seen"].between(1e-9, 1e9).all()
    assert table["advanced"].sum() == sum(a for c in (one, two) for a, _ in c.values())


def test_channels_that_differ_by_chance_alone_are_taken_as_alike(seed):
    """Forty channels of 50 leads each: as they are seen, all odds; as they are taken, one."""
    chance = np.random.default_rng(seed)
    won = chance.binomial(50, 0.3, 40)
    fits = [decided("One", {f"c{n}": (int(k), 50 - int(k)) for n, k in enumerate(won)})]
    table = group_odds(fits, "channel", [f"c{n}" for n in range(40)])
    assert np.log(table["seen"]).std() > 0.2
    assert np.log(table["odds_ratio"]).std() < 0.5 * np.log(table["seen"]).std()
    differ = chance.binomial(50, 1 / (1 + np.exp(-chance.normal(-0.8, 1.0, 40))))
    fits = [decided("One", {f"c{n}": (int(k), 50 - int(k)) for n, k in enumerate(differ)})]
    table = group_odds(fits, "channel", [f"c{n}" for n in range(40)])
    assert table["log"].std() > 0.6  # and those that differ stay apart


# --- counting -------------------------------------------------------------------------------


def test_counts_of_a_small_export():
    """60 leads, one a day; half won after 3 days, half lost after 5; taken after day 60."""
    found = calibrate(small(), **COLUMNS, export_date="2026-03-01")
    row = found.report.stages.loc["Lead"]
    # The last lead came 2026-03-01 09:00: of the last three days none is decided, of two more half.
    assert (row["entered"], row["advanced"], row["lost"], row["still_open"]) == (60, 29, 27, 4)
    assert row["conversion"] == pytest.approx(0.5, abs=0.03)
    assert row["to_come"] == pytest.approx(1 / 30, abs=0.03)
    assert row["losses"] == "marked" and row["follow_up"] == "long enough"
    assert found.scenario.stages[0].decision_time.constant == 3 * DAY
    assert found.scenario.stages[0].loss_time.constant == 5 * DAY
    assert found.report.left_out.empty


def test_without_marks_of_loss_the_old_who_did_not_win_are_not_converted():
    found = calibrate(small(), created="created", won="won", export_date="2026-03-01")
    row = found.report.stages.loc["Lead"]
    assert (row["advanced"], row["still_open"]) == (29, 31) and row["losses"] == "not marked"
    assert row["conversion"] == pytest.approx(29 / 57, rel=0.02)
    assert found.scenario.stages[0].silent == 1
    assert "marks no losses" in str(found)
    # of all that are open only the three youngest may still be won
    assert 1 <= len(found.state.deals) <= 4


def test_all_or_none_is_not_certainty():
    deals = small(12).assign(lost=pd.NaT)
    deals["won"] = deals["created"] + pd.Timedelta(days=3)
    found = calibrate(deals, **COLUMNS, export_date="2026-03-01")
    assert 0.98 < found.report.stages.loc["Lead", "conversion"] < 1
    assert found.interval[0] < 0.9 and found.overall_se > 0.01
    assert any("all of 12 went on" in note for note in found.report.notes)

    deals = deals.assign(won=pd.NaT, lost=deals["won"])
    none = calibrate(deals, **COLUMNS, export_date="2026-03-01")
    assert 0 < none.overall < 0.02 and none.interval[1] > 0.1
    assert any("none of 12 went on" in note for note in none.report.notes)


@pytest.mark.parametrize(
    ("cv", "held"), [(0, "constant"), (0.01, "constant"), (0.06, "lognormal|weibull|loglogistic")]
)
def test_columns_with_hardly_any_spread(cv, held):
    """A scenario's lognormal takes a spread from 0.05; below, it holds the mean and says so."""
    deals, wobble = small(), pd.Series(np.where(np.arange(60) % 4 < 2, 1 + cv, 1 - cv))
    done = deals["created"] + pd.to_timedelta(3 * wobble, unit="D")
    deals = deals.assign(**{c: done.where(deals[c].notna()) for c in ("won", "lost")})
    found = calibrate(deals.assign(worth=100 * wobble), **COLUMNS, value="worth")
    text = found.scenario.to_toml()
    found_held = len(re.findall(rf"(?:value|decision_time|loss_time).*(?:{held})", text))
    assert found_held == (3 if "loss_time" in text else 2), text
    said = [note for note in found.report.notes if "the mean as a constant" in note]
    assert len(said) == (3 if 0 < cv < 0.05 else 0)


def test_a_spread_over_a_hundred_is_cut_and_said():
    """One deal of a million among 20,000 of a cent."""
    deals = small(20_000).assign(worth=0.01)
    deals["created"] = pd.Timestamp("2026-01-01")
    deals["won"], deals["lost"] = deals["created"] + pd.Timedelta(days=1), pd.NaT
    deals.loc[7, "worth"] = 1e6
    found = calibrate(deals, **COLUMNS, value="worth")
    assert found.report.value["cv"].iloc[0] > 100
    assert re.search(r"value.*lognormal.*cv = 100", found.scenario.to_toml())
    assert any("order value" in note and "holds 100" in note for note in found.report.notes)


def test_weekday_factors_have_mean_one():
    found = calibrate(small(280), **COLUMNS)
    assert found.report.weekdays.to_numpy().mean() == pytest.approx(1)
    (channel,) = found.scenario.channels
    assert channel.leads_per_day == pytest.approx(1)
    assert list(channel.weekdays) == [1.0] * 7


def test_a_closing_date_with_an_outcome_says_the_same():
    apart = small()
    one = apart.assign(
        closed=apart["won"].fillna(apart["lost"]),
        state=np.where(apart["won"].notna(), "Closed Won", "Closed Lost"),
    )
    both = calibrate(apart, **COLUMNS)
    found = calibrate(
        one, created="created", won="closed", lost="closed", outcome="state",
        won_value="closed won", lost_value="closed lost",
    )  # fmt: skip
    pd.testing.assert_frame_equal(found.report.stages, both.report.stages)


def test_times_after_the_export_date_have_not_yet_happened():
    """Calibrating as of a day gives what an export of that day would have given."""
    day = pd.Timestamp("2026-02-10")
    end = day + pd.Timedelta(days=1)
    then = small()
    then = then[then["created"] < end]
    then = then.assign(**{c: then[c].where(then[c] < end) for c in ("won", "lost")})
    now, past = (calibrate(d, **COLUMNS, export_date=day) for d in (small(), then))
    pd.testing.assert_frame_equal(now.report.stages, past.report.stages)
    assert now.scenario == past.scenario


def test_creations_that_stop_before_the_export_date_are_said():
    """Three days of leads are no rate of the two months after."""
    told = calibrate(small(3), **COLUMNS, export_date="2026-03-01").report.notes
    (note,) = [n for n in told if "creations stop" in n]
    assert "on 2026-01-03, 57 days before" in note and "rest on 3 days" in note
    steady = calibrate(small(), **COLUMNS, export_date="2026-03-02").report.notes
    assert not any("creations stop" in n for n in steady)


def test_few_decisions_are_said():
    found = calibrate(small(), **COLUMNS, export_date="2026-01-15")
    assert any("decided leads only" in note for note in found.report.notes)
    assert not any(
        "decided leads only" in note for note in calibrate(small(), **COLUMNS).report.notes
    )


def test_a_skipped_stage_counts_as_passed():
    deals = small()
    deals["offer"] = (deals["created"] + pd.Timedelta(days=1)).where(deals["won"].notna())
    deals.loc[0, "offer"] = pd.NaT  # won without an offer
    found = calibrate(deals, **COLUMNS, stages={"Offer": "offer"})
    assert found.report.stages.loc["Offer", "entered"] == 30
    assert any("skipped" in note for note in found.report.notes)
    assert found.scenario.stages[1].decision_time.mean == 2 * DAY


def test_dates_without_time_do_not_come_before_the_same_day():
    deals = small()
    deals["won"] = deals["created"].where(deals["won"].notna()).dt.normalize()
    found = calibrate(deals, **COLUMNS)
    assert found.report.left_out.empty
    assert any("without a time of day" in note for note in found.report.notes)


def test_what_is_left_out_is_counted_and_named():
    deals = small()
    deals.loc[4, "won"] = deals.loc[4, "created"] - pd.Timedelta(days=9)  # won before created
    deals.loc[5, "won"] = deals.loc[5, "lost"]  # both
    deals.loc[6, "created"] = pd.NaT
    deals.loc[7, "id"] = "n1"
    found = calibrate(deals, **COLUMNS, since="2026-01-03")
    left = found.report.left_out.set_index("left out because")
    assert left["leads"].sum() == 6 == len(deals) - found.report.channels["leads"].sum()
    assert left.loc["won before it was created", "rows"] == "4"
    assert left.loc["both won and lost", "rows"] == "5"
    assert left.loc["no time in 'created'", "rows"] == "6"
    again = "the same id stands in an earlier row that says something else; that row is used"
    assert left.loc[again, "rows"] == "7"
    assert left.loc["created before 2026-01-03 (since)", "rows"] == "0, 1"
    for reason in left.index:
        assert reason in str(found) and reason in unescape(found._repr_html_())


def test_what_an_export_cannot_say_is_listed(crm):
    listed = " ".join(crm.report.assumptions["what"])
    for word in ("handling time", "patience", "reps", "costs", "repeat", "margin"):
        assert word in listed
    assert crm.scenario.teams == () and crm.scenario.retention is None
    assert all(stage.follow_up is None for stage in crm.scenario.stages)


def test_reasons_that_a_follow_up_gives_itself_do_not_break_the_scenario():
    reasons = np.where(small()["lost"].notna(), "missed", None)
    found = calibrate(small(reason=reasons), **COLUMNS, reason="reason")
    assert list(found.scenario.stages[0].loss_reasons) == ["missed (export)"]


def test_names_with_markup_stay_text():
    found = calibrate(small(channel="<script>alert(1)</script>"), **COLUMNS, channel="channel")
    assert "<script>" not in found._repr_html_()


# --- Olist ----------------------------------------------------------------------------------


def test_olist(olist):
    """Facts counted in the files: 5,998 leads of 2018, 781 of them won, one before its contact."""
    leads = datasets.read_olist_funnel(olist)
    found = calibrate(leads, **datasets.OLIST_COLUMNS)
    row = found.report.stages.loc["Lead"]
    assert row["entered"] == 5_997 and row["advanced"] == 780
    # the youngest is 167 days old: few are still to come
    assert 780 / 5_997 < row["conversion"] < 1.1 * 780 / 5_997 and row["to_come"] < 0.1
    assert dict(found.report.left_out[["left out because", "leads"]].to_numpy()) == {
        "created before 2018-01-01 (since)": 2_002,
        "won before it was created": 1,
    }
    assert [stage.name for stage in found.scenario.stages] == ["Lead", "Won"]
    assert found.scenario.order is None


@pytest.mark.parametrize("day", ["2018-02-28", "2018-03-31", "2018-04-30", "2018-05-31"])
def test_olist_as_of_an_earlier_day(olist, day):
    """How many of its leads were won in the end lies in the interval that was told on the day."""
    deals = fs.read_deals(datasets.read_olist_funnel(olist), **datasets.OLIST_COLUMNS)
    then = deals.as_of(day)
    won = float(deals.entered.loc[then.leads.index, "Won"].notna().mean())
    low, high = calibrate(then).interval
    assert low < won < high
