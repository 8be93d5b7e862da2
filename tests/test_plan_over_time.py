"""A plan by week, month and quarter: sums are the whole plan's, changes show when they act."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import openpyxl
import pandas as pd
import pytest
from scipy import stats
from test_charts_of_experiments import drawn

import funnelsim as fs
from funnelsim import charts
from funnelsim.analytic.costs import changes_costs, reps_costs
from funnelsim.distributions import DAY
from funnelsim.errors import FunnelSimError
from funnelsim.metrics.planned import METRICS, result, results_since
from funnelsim.planner.over_time import beginnings, starting
from funnelsim.planner.text_tables import over_time_text
from funnelsim.report import of_plan
from funnelsim.report.frame import svg


def shop(**changed: Any) -> fs.Scenario:
    """Leads decide at once; from 4 January, so that the first month is short."""
    tables: dict[str, Any] = {
        "name": "shop",
        "start": "2027-01-04",
        "horizon": "100 days",
        "channels": [{"name": "web", "leads_per_day": 10, "cost_per_lead": 2, "cost_per_day": 5}],
        "stages": [{"name": "Visit", "conversion": 0.1}, {"name": "Sale"}],
    }
    return fs.Scenario(**{**tables, **changed})


# --- laws -------------------------------------------------------------------------------------


@pytest.mark.usefixtures("few_futures")
@pytest.mark.parametrize(
    ("name", "asked", "by"),
    [
        ("aida", {"target": 150}, "week"),
        ("aida", {"target": 15_000, "metric": "revenue", "pilot": "15 of 300"}, "month"),
        ("hiring", {"target": 30, "within": "50 days", "change": "reps"}, "quarter"),
        ("promotion", {"target": 5_000, "metric": "profit"}, "month"),
    ],
)
def test_sums_over_the_periods_are_those_of_the_plan(
    name: str, asked: Any, by: str, seed: int
) -> None:
    p = fs.plan(fs.load(name), **asked, by=by, seed=seed, progress=False)
    table = p.over_time
    assert table is not None and table.index.name == by
    planned, sums = p.scenario, table.drop(columns=["from", "to"]).sum()
    assert sums["days"] == pytest.approx((planned.horizon - planned.warm_up) / DAY)
    assert round(sums["leads"]) == p.leads
    assert sums["budget"] == pytest.approx(p.budget)
    assert sums["staff"] == pytest.approx(reps_costs(planned) / 100)
    assert sums["changes"] == pytest.approx(changes_costs(planned) / 100)
    for figure in ("sales", p.metric):
        assert sums[figure] == pytest.approx(p.outcome.loc[figure, "mean"])
    last, chances = table.iloc[-1], table["chance"]
    assert last["so far"] == pytest.approx(p.outcome.loc[p.metric, "mean"])
    ends = [last[f"so far {q}"] for q in ("10%", "50%", "90%")]
    assert ends == pytest.approx(p.outcome.loc[p.metric, ["10%", "50%", "90%"]].tolist())
    assert last["chance"] == p.chance and chances.is_monotonic_increasing
    # the days of one follow those of the other
    assert (table["from"].iloc[1:].array - table["to"].iloc[:-1].array == pd.Timedelta("1D")).all()


def test_what_counts_since_moments_adds_up_to_the_cent(seed: int) -> None:
    s = fs.load("dropshipping").vary({"horizon": "60 days"})
    journal = fs.simulate(s, seed=seed)
    since = [starting(s, moment) for moment in beginnings(s, "month")]
    for metric in METRICS:
        parts = results_since(journal, since, metric)[0]
        place = 0 if metric == "sales" else 2
        assert parts[place].sum() == pytest.approx(result(journal, metric)[0], abs=1e-6)
    orders = journal.orders[journal.orders["number"] == 1]
    days = np.array([s.warm_up, *(one.warm_up for one in since[1:]), s.horizon]) / DAY
    assert (
        results_since(journal, since, "sales")[0, 0].tolist()
        == np.histogram(orders["placed"], days)[0].tolist()
    )


# --- by hand ----------------------------------------------------------------------------------


def test_changes_show_in_the_months_in_which_they_act() -> None:
    s = shop(
        teams=[{"name": "sales", "reps": 2, "open": "Mon-Sun 09:00-17:00", "cost_per_rep_day": 50}],
        changes=[
            {"name": "sale", "from": "2027-02-01", "to": "2027-02-15", "leads_factor": 2,
             "cost": 300, "cost_per_day": 10},
            {"name": "hire", "from": "2027-03-01", "reps": {"sales": 1}, "cost": 1000},
            {"name": "holiday", "from": "2027-03-17", "to": "2027-04-01", "reps": {"sales": -1}},
        ],
    )  # fmt: skip
    p = fs.plan(s, 50, change="channels.web.cost_per_lead", by="month", progress=False)
    table = p.over_time
    assert table is not None
    assert table.index.tolist() == ["2027-01", "2027-02", "2027-03", "2027-04"]
    assert table["days"].tolist() == [28, 28, 31, 13]
    assert table["leads"].tolist() == pytest.approx([280, 420, 310, 130])
    there = [2, 2, 3 - 15 / 31, 3]
    assert table["reps"].tolist() == pytest.approx(there)
    assert table["staff"].tolist() == pytest.approx(
        [50 * reps * days for reps, days in zip(there, (28, 28, 31, 13), strict=True)]
    )
    assert table["budget"].tolist() == pytest.approx([700, 980, 775, 325])
    assert table["changes"].tolist() == pytest.approx([0, 440, 1000, 0])
    text = over_time_text(p)
    assert text["changes cost"].tolist() == ["0", "440", "1,000", "0"]


def test_weeks_and_quarters_begin_where_they_are_said_to() -> None:
    s = shop(warm_up="3 days")
    weeks = [day / DAY for day in beginnings(s, "week")]
    assert weeks[:2] == [3, 10] and weeks[-1] == 94
    assert [day / DAY for day in beginnings(s, "quarter")] == [3, 87]  # 1 April
    assert [day / DAY for day in beginnings(s, "month")] == [3, 28, 56, 87]


# --- theory -----------------------------------------------------------------------------------


def test_the_chance_by_a_month_is_that_of_the_sales_by_then(seed: int) -> None:
    """Leads decide at once, so the sales up to any day are Poisson distributed."""
    p = fs.plan(shop(), 90, by="month", seed=seed, probability=0.95, progress=False)
    assert p.over_time is not None
    per_day, days = p.leads_per_day * 0.1, p.over_time["days"].cumsum()
    for day, (_, row) in zip(days, p.over_time.iterrows(), strict=True):
        exact = stats.poisson.sf(89, per_day * day)
        error = math.sqrt(exact * (1 - exact) / 200) + 1e-3  # 200 futures: one may be a rarity
        assert abs(row["chance"] - exact) <= 5 * error, (seed, day)
        mean = per_day * day
        assert abs(row["so far"] - mean) <= 5 * math.sqrt(mean / 200)
        low, high = stats.poisson.ppf([0.1, 0.9], mean)  # quantiles of 200: their s.e. is 0.12 σ
        for name, exact_quantile in (("10%", low), ("90%", high)):
            assert abs(row[f"so far {name}"] - exact_quantile) <= 5 * 0.12 * math.sqrt(mean) + 1


# --- out of it --------------------------------------------------------------------------------


@pytest.mark.usefixtures("few_futures")
def test_picture_page_and_workbook_tell_it(tmp_path: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr(of_plan, "chart", lambda draw, told, said: f"[{said}]")  # drawn elsewhere
    p = fs.plan(fs.load("aida"), 150, by="month", progress=False)
    assert p.over_time is not None
    rows = [row for row in drawn(charts.plan_over_time(p)) if "so_far" in row and "days" in row]
    assert {row["period"]: row["so_far"] for row in rows} == p.over_time["so far"].to_dict()
    text = fs.write_report(p, tmp_path / "plan.html").read_text("utf-8")
    assert "<h2>By month</h2>" in text and "[The plan over time]" in text and "2027-04" in text
    assert "target: 150 sales" in svg(charts.plan_over_time(p), 320, "")  # as narrow as a phone
    book = openpyxl.load_workbook(fs.write_workbook(p, tmp_path / "plan.xlsx"))
    (head, *lines) = book["By month"].values
    place = head.index("Leads")
    assert [line[place] for line in lines] == pytest.approx(p.over_time["leads"].tolist())


@pytest.mark.usefixtures("few_futures")
def test_a_plan_as_a_whole_has_no_periods_to_draw() -> None:
    p = fs.plan(fs.load("aida"), 150)
    assert p.over_time is None
    with pytest.raises(FunnelSimError, match=r'write fs\.plan\(\.\.\., by="month"\)'):
        charts.plan_over_time(p)
    with pytest.raises(FunnelSimError, match=r'by is "months".* did you mean month'):
        fs.plan(fs.load("aida"), 150, by="months")
