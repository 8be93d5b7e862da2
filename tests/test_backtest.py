"""Forecasts of earlier days against what came; a plan that is tracked; what both make of a plan."""

from __future__ import annotations

import datetime
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from known_worlds import START, WORLDS, World
from markupsafe import Markup
from scipy import stats

import funnelsim as fs
from funnelsim.calibration.wider import spread
from funnelsim.cli import main
from funnelsim.deadlines import up_to
from funnelsim.planner import backtests, tracking
from funnelsim.planner.backtests import LEAST_DAYS
from funnelsim.planner.doubt import ACCIDENT, factor_of, is_too_sure
from funnelsim.report import of_plan, plan_page

QUICK: dict[str, Any] = {"n": 50, "progress": False}
SMALL = World(0.3, (8, 0.9), (12, 0.8), days=60 + 3 * 30, rate=7.0)


def export(world: World, leads: pd.DataFrame) -> fs.Deals:
    told = world.export(leads)
    told.pop("progress")
    return fs.read_deals(told.pop("deals"), **told)


@pytest.fixture(scope="module")
def deals() -> fs.Deals:
    return export(SMALL, SMALL.leads(5))


@pytest.fixture(scope="module")
def told(deals: fs.Deals) -> fs.Backtest:
    return fs.backtest(deals, 3, "30 days", **QUICK)


# --- it is right --------------------------------------------------------------------------------


def test_as_many_hold_as_should_in_worlds_that_are_known(seed: int) -> None:
    """8 in 10 (a count's band holds its ends, too, so some more), and errors of size 1."""
    inside: list[bool] = []
    errors: list[float] = []
    for name in ("losses slower", "one in four silent"):
        world = WORLDS[name]._replace(days=LEAST_DAYS + 6 * 30)
        found = fs.backtest(export(world, world.leads(seed)), 5, "30 days", **QUICK)
        inside += found.table["inside"].tolist()
        errors += found.errors
    assert stats.binom.cdf(sum(inside), len(inside), 0.8) > 2e-4
    assert stats.chi2.sf(np.square(errors).sum(), len(errors)) > 2e-4
    assert stats.chi2.cdf(np.square(errors).sum(), len(errors)) > 2e-4  # nor is it too modest


def test_nothing_later_is_known(deals: fs.Deals) -> None:
    """Everything that is dated after the day becomes another: the forecast stays."""
    leads = SMALL.leads(5)
    day = SMALL.days - 30
    other = leads[leads["created"] < day].copy()
    for fate in ("won", "lost"):
        other[fate] = other[fate].where(other[fate] < day)
    is_open = other["won"].isna() & other["lost"].isna()
    other.loc[is_open, "lost"] = SMALL.days - 1.0  # who was open is lost, and nobody comes
    late = pd.DataFrame({"created": [SMALL.days - 0.5], "won": [np.nan], "lost": [np.nan]})
    changed = export(SMALL, pd.concat([other, late], ignore_index=True))
    one, two = (fs.backtest(d, 1, "30 days", **QUICK) for d in (deals, changed))
    seen = ["deals", "mean", "low", "high"]
    pd.testing.assert_frame_equal(one.table[seen], two.table[seen])
    assert one.table["happened"].item() > 0 == two.table["happened"].item()


def test_values_written_down_later_are_not_known() -> None:
    table = SMALL.export(SMALL.leads(5))["deals"]
    table["amount"] = 100.0
    day = START + pd.Timedelta(days=SMALL.days - 30)
    dearer = table.assign(amount=table["amount"].mask(~(table["won"] < day), 900.0))
    how = {"created": "created", "won": "won", "lost": "lost", "value": "amount"}
    stand = START + pd.Timedelta(days=SMALL.days) - pd.Timedelta(seconds=1)
    found = [
        fs.backtest(fs.read_deals(t, **how, export_date=stand), 1, "30 days", **QUICK).every
        for t in (table, dearer)
    ]
    revenue = [every[every["figure"] == "revenue"] for every in found]
    assert revenue[0]["mean"].tolist() == revenue[1]["mean"].tolist()
    assert (revenue[1]["happened"] == 9 * revenue[0]["happened"]).all()


def test_what_came_is_what_the_export_shows(deals: fs.Deals, told: fs.Backtest) -> None:
    leads, every = SMALL.leads(5), told.every
    for cut in (1, 2, 3):
        begin = SMALL.days - 30 * (4 - cut)
        won = leads["won"].between(begin, begin + 30, inclusive="left")
        of = {"all": won, "open deals": won & (leads["created"] < begin),
              "new leads": won & (leads["created"] >= begin)}  # fmt: skip
        rows = every[(every["cut"] == cut) & (every["figure"] == "sales")].set_index("of")
        for part, these in of.items():
            assert rows.loc[part, "happened"] == these.sum()
        parts = rows.loc[["open deals", "new leads"], "mean"].sum()
        assert parts == pytest.approx(rows.loc["all", "mean"])
        assert told.table.loc[cut, "deals"] == (leads["created"] < begin).sum()
    between = (every["low"] <= every["happened"]) & (every["happened"] <= every["high"])
    assert (every["inside"] == between).all()


def test_coverage_and_bias_say_how_little_they_know(told: fs.Backtest) -> None:
    table, inside = told.table, int(told.table["inside"].sum())
    assert told.coverage == inside / 3
    exact = stats.binomtest(inside, 3).proportion_ci(0.95, "exact")
    assert told.coverage_interval == pytest.approx((exact.low, exact.high))
    assert told.bias == pytest.approx(table["mean"].sum() / table["happened"].sum() - 1)
    assert told.bias_interval[0] <= told.bias <= told.bias_interval[1]
    assert "say little" in str(told) and "Of 3 forecasts of 30 days" in told.sentences[0]
    assert told.by_part.loc[("sales", "all"), "coverage"] == told.coverage


def test_an_executor_gives_the_same(deals: fs.Deals, told: fs.Backtest) -> None:
    again = replace(deals)  # the same deals, of which nothing is known yet
    with ThreadPoolExecutor(2) as pool:
        found = fs.backtest(again, 2, "30 days", executor=pool, **QUICK)
    same = ["mean", "low", "high", "happened", "inside"]
    assert found.table[same].to_numpy().tolist() == told.table[same][1:].to_numpy().tolist()


def test_days_after_the_last_lead_are_not_compared(deals: fs.Deals) -> None:
    """A file of leads that ends before that of the deals: nobody was forecast wrongly for that."""
    table = SMALL.export(SMALL.leads(5))["deals"]
    table.loc[table.index[-1], "lost"] = START + pd.Timedelta(days=SMALL.days + 100)
    later = fs.read_deals(
        table, created="created", won="won", lost="lost",
        export_date=START + pd.Timedelta(days=SMALL.days + 100),
    )  # fmt: skip
    found = fs.backtest(later, 1, "30 days", **QUICK)
    assert found.until == deals.export_date
    assert "Leads stop on 2026-06-03, 101 days before" in str(found)


# --- what cannot be -----------------------------------------------------------------------------


def test_too_short_an_export_is_refused_with_a_way_out(deals: fs.Deals) -> None:
    with pytest.raises(fs.FunnelSimError, match="covers 150 days; 6 cuts of 60 days") as error:
        fs.backtest(deals)
    assert "take 416" in str(error.value) and 'cuts=1 or horizon="15 days"' in str(error.value)
    assert len(fs.backtest(deals, cuts=1, n=20, progress=False).table) == 1
    few = export(SMALL._replace(p=0.0, days=300), SMALL._replace(p=0.0, days=300).leads(1))
    with pytest.raises(fs.FunnelSimError, match=r"0 wins .* 10 wins at least"):
        fs.backtest(few)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [({"cuts": 0}, "cuts is 0"), ({"horizon": "soon"}, "horizon is"), ({"n": 3}, "n is 3"),
     ({"horizon": "36 h"}, "whole days"), ({"executor": 5}, "executor is")],
)  # fmt: skip
def test_what_is_no_argument_is_said(deals: fs.Deals, wrong: dict[str, Any], words: str) -> None:
    with pytest.raises(fs.FunnelSimError, match=words):
        fs.backtest(deals, **{"cuts": 2, "horizon": "30 days", **wrong})
    with pytest.raises(fs.FunnelSimError, match=r"it takes what fs\.read_deals"):
        fs.backtest("deals.csv")  # type: ignore[arg-type]


# --- the doubt ----------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [1.5, 3.0])
def test_the_factor_is_by_which_the_errors_were_too_large(size: float, seed: int) -> None:
    """Of many forecasts that took what is not known as `size` times too small."""
    chance, random = 0.6, np.random.default_rng(seed)
    unknown = np.sqrt(1 - chance) * size
    errors = random.normal(0, np.sqrt(chance), 4_000) + random.normal(0, unknown, 4_000)
    assert factor_of(errors, [chance] * 4_000) == pytest.approx(size, rel=0.12)


def test_right_forecasts_stay_as_they_are_nine_times_in_ten(seed: int) -> None:
    errors = np.random.default_rng(seed).normal(size=(3_000, 6))
    failed = sum(map(is_too_sure, errors))
    assert stats.binomtest(failed, 3_000, ACCIDENT).pvalue > 5e-4
    assert factor_of([0.0] * 6, [0.9] * 6) == 1.0  # never narrower


def test_wider_draws_lie_so_many_times_as_far_apart(deals: fs.Deals) -> None:
    draws = fs.calibrate(deals, draws=40, progress=False).draws
    for column in ("conversion of Lead", "median days in Lead", "leads a day of not stated"):
        was, now = (d.table[column].to_numpy() for d in (draws, spread(draws, 2.5)))
        place = (lambda p: np.log(p / (1 - p))) if "conversion" in column else np.log
        away = [place(x) - np.median(place(x)) for x in (was, now)]
        assert away[1] == pytest.approx(2.5 * away[0], abs=1e-9)
    assert spread(draws, 1.0) is draws
    scenarios = [d.of(d.scenario, range(40)) for d in (draws, spread(draws, 2.5))]
    fates = [[s.stages[0].decision_time.mean for s in some] for some in scenarios]
    assert np.std(np.log(fates[1])) > 1.5 * np.std(np.log(fates[0]))


def test_a_firm_that_changed_is_planned_with_more_doubt_and_it_is_said(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """For the last two months hardly anybody has bought."""
    leads = SMALL.leads(5)
    late = leads["won"] > SMALL.days - 60
    keep = late[late].index[::8]
    leads.loc[late[late].index.difference(keep), "won"] = np.nan
    calibration = fs.calibrate(export(SMALL, leads), draws=50, progress=False)
    wider, found = backtests.tried(calibration, progress=False)
    assert found is not None and found.widening > 1.5
    assert wider.overall_se > calibration.overall_se and wider.overall == calibration.overall
    doubting = fs.plan(calibration, 30, progress=False)
    assert doubting.backtest is not None and doubting.price_of_not_knowing > 0
    assert f"{found.widening:.1f} times as wide" in doubting.sentences[-1]
    assert "times as wide" in fs.forecast(calibration, n=25, progress=False).known_from
    monkeypatch.setattr(of_plan, "chart", lambda draw, told, said: Markup(f"<p>{said}</p>"))
    page = plan_page(doubting)
    first, words = page.index("How far such forecasts have been right"), doubting.sentences[0][:30]
    assert first < page.index("Earlier forecasts and what came") < page.index(words)
    assert f"{found.widening:.1f} times as wide" in page


def test_where_nothing_can_be_tried_it_is_said(capsys: Any, tmp_path: Path) -> None:
    world = SMALL._replace(days=60)
    short = export(world, world.leads(3))
    calibration = fs.calibrate(short, draws=20, progress=False)
    assert backtests.tried(calibration) == (calibration, None)
    p = fs.plan(calibration, 20, progress=False)
    assert p.backtest is None and "too short to try" in p.sentences[-1]
    world.export(world.leads(3))["deals"].to_csv(tmp_path / "short.csv", index=False)
    assert main(["calibrate", str(tmp_path / "short.csv")]) == 0
    told = " ".join(capsys.readouterr().out.split())
    assert told.index("too short to try") < told.index("What was read")


def test_the_command_tries_first(
    capsys: Any, tmp_path: Path, told: fs.Backtest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backtests, "_by_itself", lambda *_: replace(told, widening=2.0))
    SMALL.export(SMALL.leads(5))["deals"].to_csv(tmp_path / "deals.csv", index=False)
    assert main(["calibrate", str(tmp_path / "deals.csv")]) == 0
    printed = " ".join(capsys.readouterr().out.split())
    words = ("forecasts of 30 days", "2.0 times as wide", "wins foreseen", "What was read")
    assert [printed.index(word) for word in words] == sorted(map(printed.index, words))


def test_the_form_tries_first(
    told: fs.Backtest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backtests, "_by_itself", lambda *_: told)
    form = fs.plan_form(tmp_path)
    form.source.chosen.value = ""
    content = SMALL.export(SMALL.leads(5))["deals"].to_csv(index=False).encode()
    file = {"name": "deals.csv", "type": "", "size": len(content), "content": content}
    now = datetime.datetime(2027, 1, 1, tzinfo=datetime.UTC)
    form.source.file.value = ({**file, "last_modified": now},)
    assert "forecasts of 30 days" in form._tried.value and "<svg" in form._tried.value
    assert form._said.value == ""  # nothing has been asked yet
    form.source.chosen.value = "aida"
    assert form._tried.value == ""


# --- tracked ------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def plan(deals: fs.Deals) -> fs.Plan:
    then = fs.calibrate(deals.as_of(START + pd.Timedelta(days=109)), progress=False)
    return fs.plan(then, 120, within="60 days", progress=False, backtest=False)


def test_a_track_adds_up(plan: fs.Plan, deals: fs.Deals) -> None:
    found = fs.track(plan, deals, **QUICK, backtest=False)
    leads, table = SMALL.leads(5), found.table
    assert table["from"].iloc[0] == START + pd.Timedelta(days=110)
    for week, row in table.iterrows():
        begin = 110 + 7 * (week - 1)
        end = min(begin + 7, SMALL.days)
        assert row["leads"] == leads["created"].between(begin, end, inclusive="left").sum()
        assert row["sales"] == leads["won"].between(begin, end, inclusive="left").sum()
    assert table["sales"].cumsum().tolist() == table["sales_so_far"].tolist()
    assert table["sales_planned"].cumsum().to_numpy() == pytest.approx(table["mean"].to_numpy())
    assert found.came == table["sales"].sum() and found.came + found.remaining == 120
    assert found.days_left == 20 and found.anew is not None
    assert found.anew.target == found.remaining
    assert fs.charts.track(found).to_dict()["title"]["text"].startswith("The plan for")
    expected = plan.leads_per_day * 40
    assert within(table["leads_planned"].sum(), expected, np.sqrt(expected / 50))
    assert str(found).startswith("After 40 of 60 days") and "From today" in str(found)


def within(found: float, expected: float, error: float) -> bool:
    return bool(abs(found - expected) < 4 * error)


def test_a_plan_that_is_over_or_has_not_begun(plan: fs.Plan, deals: fs.Deals) -> None:
    short = replace(plan, scenario=up_to("20 days", plan.scenario), target=30)
    found = fs.track(short, deals, **QUICK)
    assert (found.days_left, found.anew, len(found.table)) == (0, None, 3)
    assert "is over" in found.sentences[-1] or "is reached" in found.sentences[-1]
    with pytest.raises(fs.FunnelSimError, match="no day of the plan is over"):
        fs.track(plan, deals.as_of(START + pd.Timedelta(days=100)))
    with pytest.raises(fs.FunnelSimError, match=r"it takes what fs\.plan"):
        fs.track(deals, deals)  # type: ignore[arg-type]


def test_a_plan_of_ones_own_scenario_goes_on_from_today(
    plan: fs.Plan, deals: fs.Deals, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Any] = []

    def noted(*told: Any, **more: Any) -> fs.Plan:
        asked.append((told, more))
        return plan

    monkeypatch.setattr(tracking, "plan_anew", noted)
    own = plan.today.vary({"channels.not stated.cost_per_lead": 10})
    of_own = replace(plan, today=own, provenance=replace(plan.provenance, source=None))
    found = fs.track(of_own, deals, **QUICK)
    (scenario, target, metric, chance, within, change), more = asked[0]
    assert scenario.channels[0].cost_per_lead == 10 and not scenario.warm_up
    assert pd.Timestamp(scenario.start) == START + pd.Timedelta(days=SMALL.days)
    assert (target, within) == (found.remaining, "20 days")
    assert (metric, chance, change) == ("sales", 0.9, "leads")
    assert len(more["initial"].deals) == (deals.leads["outcome"] == "open").sum()
    aida = fs.load("aida").vary({"start": "2026-05-01"})
    foreign = replace(of_own, today=aida, scenario=aida, known=None)
    with pytest.raises(fs.FunnelSimError, match="the plan's stages are Attention"):
        fs.track(foreign, deals, **QUICK)


def test_the_pictures_show_the_tables(told: fs.Backtest) -> None:
    rows = fs.charts.backtest(told).to_dict()
    (values,) = rows["datasets"].values()
    assert [row["came"] for row in values] == told.table["happened"].tolist()
    assert [row["which"] == "in the band" for row in values] == told.table["inside"].tolist()
    with pytest.raises(fs.FunnelSimError, match="figure is"):
        fs.charts.backtest(told, "profit")
    with pytest.raises(fs.FunnelSimError, match="of is"):
        fs.charts.backtest(told, of="lost deals")
