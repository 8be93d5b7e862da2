"""What a tooltip says is what the tables say, under the words that the tables have for it."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import everything
import numpy as np
import pandas as pd
import pytest

import funnelsim as fs
from funnelsim import charts
from funnelsim.charts.parts import rows_data
from funnelsim.charts.rows import funnel_rows
from funnelsim.metrics import funnel_table
from funnelsim.metrics.groups import losses_by_response, reps_table
from funnelsim.metrics.money import profit_steps
from funnelsim.metrics.pipeline import pipeline_board
from funnelsim.tables import figure_text

Said = dict[str, str]


def told(chart: Any) -> list[list[Said]]:
    """For each layer that has a tooltip what it says at each of its marks: title and text."""
    spec = chart.to_dict()
    return [list(_said(*layer)) for layer in _layers(spec, [], spec.get("datasets", {}))]


def _layers(
    spec: dict[str, Any], rows: list[dict[str, Any]], datasets: dict[str, Any]
) -> Iterator[tuple[dict[str, Any], list[dict[str, Any]]]]:
    data = spec.get("data", {})
    rows = datasets.get(data.get("name"), data.get("values", rows))
    if isinstance(spec.get("encoding", {}).get("tooltip"), list):
        yield spec, rows
    for part in ("layer", "hconcat", "vconcat"):
        for inner in spec.get(part, []):
            yield from _layers(inner, rows, datasets)


def _said(layer: dict[str, Any], rows: list[dict[str, Any]]) -> Iterator[Said]:
    for pivot in (t for t in layer.get("transform", []) if "pivot" in t):
        together: dict[Any, dict[str, Any]] = {}
        for row in rows:
            of = tuple(row[name] for name in pivot["groupby"])
            whole = together.setdefault(of, {name: row[name] for name in pivot["groupby"]})
            whole[row[pivot["pivot"]]] = row[pivot["value"]]
        rows = list(together.values())
    for row in rows:
        said = {}
        for line in layer["encoding"]["tooltip"]:
            value, form = row[line["field"]], line.get("format", "")
            is_plain = not form or "~" in form or value is None  # Python's format knows no ~
            said[line["title"]] = str(value) if is_plain else format(value, form)
        yield said


def share(part: float, whole: float) -> str:
    return figure_text(part / whole, "share") if whole else "–"


@pytest.fixture(scope="module")
def j() -> fs.Journal:
    return everything.simulated(1)


def test_of_the_funnel(j: fs.Journal) -> None:
    table = funnel_table(j)
    bars = told(charts.funnel(j))[0]
    assert bars == [
        {
            "Stage": stage,
            "Outcome": outcome,
            "Leads": f"{line[outcome]:,}",
            "Of those who entered": share(line[outcome], line["entered"]),
            "Entered": f"{line['entered']:,}",
            "Mean time in stage": figure_text(line["mean_days"], "days"),
        }
        for stage, line in table.iterrows()
        for outcome in ("advanced", "open", "lost")
    ]


def test_of_the_outline_of_today(j: fs.Journal) -> None:
    now = funnel_table(j)
    today = now.assign(entered=now["entered"] + 1234)
    chart = charts.funnel_chart(rows_data(funnel_rows(now, today)), list(now.index), top=1.0)
    outline = told(chart)[1]
    assert {"Stage": "Desire", "Entered today": f"{today.loc['Desire', 'entered']:,}",
            "Entered now": f"{now.loc['Desire', 'entered']:,}"} in outline  # fmt: skip


def test_of_the_losses(j: fs.Journal) -> None:
    table = funnel_table(j)
    [bars] = told(charts.losses(j))
    cold = table.loc["Interest", "lost: gone cold"]
    assert cold > 0
    assert {
        "Lost in": "Interest",
        "Reason": "gone cold",
        "Leads": f"{cold:,}",
        "Of those lost here": share(cold, table.loc["Interest", "lost"]),
        "Of those who entered": share(cold, table.loc["Interest", "entered"]),
    } in bars


def test_of_revenue(j: fs.Journal) -> None:
    [strips] = told(charts.revenue(j))
    last = strips[-1]
    kept = j.orders[(j.orders["placed"] >= 30) & ~j.orders["status"].isin(ENDS)]
    first = kept["number"] == 1
    first &= j.leads.loc[kept["lead"], "kind"].to_numpy() != "upsell"
    whole, of_first = kept["paid"].sum(), kept.loc[first, "paid"].sum()
    assert last["By the end of"].endswith("(day 200)")
    assert last["Revenue (EUR)"] == f"{whole:,.0f}"
    assert last["First orders (EUR)"] == f"{of_first:,.0f}"
    assert last["Repeat orders (EUR)"] == f"{whole - of_first:,.0f}"


ENDS = ("cancelled", "refused", "returned")


def test_of_the_pipeline(j: fs.Journal) -> None:
    board = pipeline_board(j, 150)
    deals, value = told(charts.pipeline(j, 150))
    line = board.loc["Desire"]
    assert line["deals"] > line["stale"] > 0
    both = {
        "Stage": "Desire",
        "State": "open",
        "Mean age": figure_text(line["mean_age_days"], "days"),
        "Chance of winning": figure_text(line["win_probability"], "share"),
    }
    fresh = line["deals"] - line["stale"]
    assert {**both, "Open deals": f"{fresh:,.0f}", "In the stage": f"{line['deals']:,.0f}"} in deals
    assert {
        **both,
        "Their value": figure_text(line["value"] - line["stale_value"], "money", "EUR"),
        "In the stage": f"{line['value']:,.0f}",
        "Weighted value": figure_text(line["weighted_value"], "money", "EUR"),
    } in value


def test_of_response_times(j: fs.Journal) -> None:
    table = losses_by_response(j).loc["Interest"]
    counts, shares, interval = told(charts.response_times(j))
    waited = str(table["gone_cold"].idxmax())
    line = table.loc[waited]
    said = {
        "Waited": waited,
        "Outcome": "gone cold",
        "Visits": f"{line['gone_cold']:,.0f}",
        "Of those who waited that long": share(line["gone_cold"], line["visits"]),
    }
    assert said in counts and said in shares
    low, high = (figure_text(line[end], "share") for end in ("low", "high"))
    assert {"Waited": waited, "Share lost, 95 % interval": f"{low} to {high}"} in interval


def test_of_reps(j: fs.Journal) -> None:
    line = reps_table(j).loc["sales 1"]
    pictures = told(charts.reps(j))[::2]  # the lines; the points say the same
    for marks, (title, part, whole, rate) in zip(
        pictures,
        (
            ("Won, of the leads they brought in", "customers", "decided", "win_rate"),
            ("Sold, of the deals they held last", "closed", "held_decided", "close_rate"),
            ("Went on, of the visits they reached", "advanced", "visits",
             "conversion_rate_of_reached"),
        ),
        strict=True,
    ):  # fmt: skip
        said = next(mark for mark in marks if mark["Who"] == "sales 1")
        assert said[title] == f"{line[part]:,.0f} of {line[whole]:,.0f}"
        assert said["Rate"] == f"{figure_text(line[rate], 'share')} of {line[whole]:,.0f}"
        low, high = (float(end.split()[0]) / 100 for end in said["95 % interval"].split(" to "))
        assert low < line[rate] < high
    assert told(charts.reps(j))[1::2] == pictures


def test_of_cohorts(j: fs.Journal) -> None:
    table = fs.cohort_retention(j)
    line = table.iloc[1]
    [cells] = told(charts.cohorts(j))
    name = f"{table.index[1]} · {line['customers']:,.0f} customers"
    assert {
        "First order in": name,
        "Months of 30 days since": "2",
        "Ordered again then": f"{round(line[2] * line['customers']):,}",
        "Of the cohort": figure_text(line[2], "share"),
    } in cells


def test_of_lifetime_values(j: fs.Journal) -> None:
    table = fs.customer_lifetime_value(j)
    bars = told(charts.lifetime_value(j))[0]
    assert sum(int(bar["Number"].replace(",", "")) for bar in bars) == len(table)
    for bar in bars[:-2]:
        low, high = (float(end.replace(",", "")) for end in bar["Worth (EUR)"].split(" to "))
        of_them = table[(table["clv"] >= low) & (table["clv"] < high)]
        is_once = bar["Customers who"] == "ordered once"
        count = int(((of_them["orders"] == 1) == is_once).sum())
        assert bar["Number"] == f"{count:,}"
        assert bar["Of all customers"] == share(count, len(table))


def test_of_points(j: fs.Journal) -> None:
    [strips] = told(charts.points(j))
    by_kind = j.points.groupby("kind", observed=True)["points"].sum()
    left = by_kind["earned"] - by_kind["redeemed"] - by_kind["expired"]
    assert strips[-1] == {
        "By the end of": strips[-1]["By the end of"],
        **{kind.capitalize(): f"{count:,}" for kind, count in by_kind.items()},
        "Open": f"{left:,}",
        "Open, worth (EUR)": f"{left * 0.05:,.2f}",
    }


def test_of_the_waterfall(j: fs.Journal) -> None:
    steps = profit_steps(j)
    bars, left, first = told(charts.waterfall(j))[0], 0, steps[0]
    assert len(bars) == len(steps)
    for bar, step in zip(bars, steps, strict=True):
        left = step.cents if step.is_left else left + step.cents
        assert bar == {
            "Step": step.name,
            "Amount": figure_text(step.cents / 100, "money", "EUR"),
            f"Of {first.name.lower()}": share(step.cents, first.cents),
            "Left after it": figure_text(left / 100, "money", "EUR"),
        }


# --- of experiments and plans -------------------------------------------------------------------

FEW: dict[str, Any] = {"n": 6, "progress": False}


@pytest.fixture(scope="module")
def follow_up() -> fs.Scenario:
    return fs.load("aida-follow-up").vary({"horizon": "60 days", "warm_up": "0 days"})


def interval(line: pd.Series, unit: str, signed: bool = False) -> str:
    return charts.experiment_rows.range_text(line["low"], line["high"], unit, "EUR", signed=signed)


def test_of_replications(follow_up: fs.Scenario) -> None:
    x = fs.replicate(follow_up, **FEW)
    [bars] = told(charts.replications(x, "customers"))
    counts, edges = np.histogram(x.table["customers"], bins=len(bars))
    assert [bar["Replications"] for bar in bars] == [str(count) for count in counts]
    ends = pairwise(edges)
    told_ends = [charts.experiment_rows.range_text(*two, "count", "EUR") for two in ends]
    assert [bar["Customers"] for bar in bars] == told_ends


def test_of_differences_and_of_which_are_for_the_better(follow_up: fs.Scenario) -> None:
    more = follow_up.vary({"teams.sales.reps": 4})
    x = fs.compare({"today": follow_up, "more reps": more}, **FEW)
    figures = ["share_gone_cold", "customers"]
    for figure, [mark] in zip(figures, told(charts.differences(x, figures)), strict=True):
        line = x.differences().loc[figure, :].loc["more reps"]
        unit = "share" if figure == "share_gone_cold" else "count"
        titles = list(mark)
        assert (mark["Scenario"], titles[0], titles[2:]) == (
            "more reps", "Scenario", ["95 % interval", "Better or worse"],
        )  # fmt: skip
        assert mark["95 % interval"] == interval(line, unit, signed=True)
        signed = charts.experiment_rows.signed_text(line["difference"], unit, "EUR")
        assert mark[titles[1]] == signed
        is_apart = line["low"] > 0 or line["high"] < 0
        assert mark["Better or worse"] == ("better" if is_apart else "–")


def test_of_a_sweep(follow_up: fs.Scenario) -> None:
    x = fs.sweep(follow_up, "teams.sales.reps", [1, 3], **FEW)
    [points] = told(charts.sweep(x, "customers"))
    for mark, (reps, line) in zip(points, x.table["customers"].iterrows(), strict=True):
        assert mark == {
            "sales: reps": str(reps),
            "Customers": figure_text(line["mean"], "count"),
            "95 % interval": interval(line, "count"),
        }


def test_of_a_tornado(follow_up: fs.Scenario) -> None:
    path = "teams.sales.reps"
    x = fs.sensitivity(follow_up, {path: (1, 4)}, figure="customers", **FEW)
    down, up = told(charts.tornado(x))[0]
    line = x.table.loc[path]
    for mark, side, value in ((down, "down", "low_value"), (up, "up", "high_value")):
        ends = pd.Series({"low": line[f"{side}_low"], "high": line[f"{side}_high"]})
        assert mark == {
            "Parameter": line["label"],
            "In code": path,
            "Today": line["today"],
            "Turned to": line[value],
            "Difference": charts.experiment_rows.signed_text(line[side], "count", "EUR"),
            "95 % interval": interval(ends, "count", signed=True),
        }


def test_of_the_warm_up(follow_up: fs.Scenario) -> None:
    x = fs.warm_up_advice(follow_up, **FEW)
    line = told(charts.warm_up(x))[0][20]
    assert line == {
        "Day": "21",
        "Open leads, mean": f"{x.table.loc[21, 'open_leads']:,.1f}",
        "Mean of the week around": f"{x.table.loc[21, 'week']:,.1f}",
    }


def test_of_a_plan() -> None:
    p = fs.plan(fs.load("aida"), 100, progress=False)
    for chart, column, title in (
        (charts.plan_chance, "chance", "Chance"),
        (charts.plan_cliff, "mean", "On average"),
    ):
        marks = told(chart(p))[0]
        assert len(marks) > 10
        for mark in marks:
            assert list(mark) == ["leads in all", title]
            value = np.interp(float(mark["leads in all"]), p.curve["leads"], p.curve[column])
            shown = float(mark[title].split()[0].strip("<>≥≤").replace(",", ""))
            assert shown == pytest.approx(value * (100 if column == "chance" else 1), abs=1)


def test_of_a_forecast() -> None:
    f = fs.forecast(fs.load("aida"), progress=False)
    [line] = told(charts.forecast(f, "sales"))
    along = f.along["sales"]
    assert line[0] == {"By the end of day": "0", "8 in 10 futures": "0"}
    for mark, (day, row) in zip(line[1:], along.iterrows(), strict=True):
        ends = (figure_text(float(row[end]), "count") for end in ("10%", "90%"))
        assert mark == {"By the end of day": f"{day:,.3g}", "8 in 10 futures": " to ".join(ends)}
