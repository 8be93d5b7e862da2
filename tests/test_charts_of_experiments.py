"""What the charts of experiments promise: the numbers of the tables, or a sentence."""

from __future__ import annotations

import pytest

import funnelsim as fs
from funnelsim import charts
from funnelsim.charts import theme
from funnelsim.charts.experiment_rows import as_numbers, short_labels

TEAM = fs.load("aida-follow-up").vary({"horizon": "30 days"})
NOBODY = TEAM.vary({f"channels.{channel.name}.leads_per_day": 0 for channel in TEAM.channels})
QUIET = {"n": 4, "progress": False}
REPS = "teams.sales.reps"


def drawn(chart):
    """The rows of the whole chart, of all its layers."""
    spec = chart.to_dict()
    assert theme.mime_bundle(spec)["image/png"]
    named = [row for rows in spec.get("datasets", {}).values() for row in rows]
    return named + spec.get("data", {}).get("values", [])


def test_the_histogram_counts_every_replication_once():
    x = fs.replicate(TEAM, n=30, progress=False)
    rows = {row["from"]: row["count"] for row in drawn(charts.replications(x)) if "count" in row}
    assert sum(rows.values()) == 30


def test_differences_are_those_of_the_table():
    c = fs.compare({"today": TEAM, "one rep": TEAM.vary({REPS: 1})}, **QUIET)
    rows = [row for row in drawn(charts.differences(c, ["profit"])) if "difference" in row]
    expected = c.differences().loc[("profit", "one rep")]
    assert rows[0]["difference"] == pytest.approx(expected["difference"])
    assert rows[0]["high"] == pytest.approx(expected["high"])


def test_a_sweep_draws_the_mean_at_each_value():
    x = fs.sweep(TEAM, REPS, [1, 3], **QUIET)
    rows = {row["at"]: row["mean"] for row in drawn(charts.sweep(x, "customers")) if "at" in row}
    assert rows == {
        1: x.table.loc[1, ("customers", "mean")],
        3: x.table.loc[3, ("customers", "mean")],
    }


def test_a_target_is_drawn_with_the_share_that_reaches_it():
    x = fs.replicate(TEAM, n=30, progress=False)
    target = int(x.table["customers"].median())
    chart = charts.replications(x, "customers", target=target)
    assert {"from": target} in drawn(chart)
    share = 100 * (x.table["customers"] >= target).mean()
    assert chart.title.subtitle[-1] == f"{target} (dashed) or more in {share:.1f} % of them"
    with pytest.raises(fs.FunnelSimError, match="target is"):
        charts.replications(x, "customers", target="many")


def test_a_name_in_a_chart_stands_alone():
    chart = charts.replications(fs.replicate(TEAM, **QUIET), "customers")
    assert chart.title.text == f"Customers, {TEAM.name}"


def test_an_axis_of_times_is_in_the_unit_of_the_words_beside_it():
    c = fs.compare({"today": TEAM, "one rep": TEAM.vary({REPS: 1})}, **QUIET)
    chart = charts.differences(c, ["mean_response_days"])
    (row,) = [row for row in drawn(chart) if "difference" in row]
    days = c.differences().loc[("mean_response_days", "one rep"), "difference"]
    assert 1 / 24 < days < 1
    assert row["difference"] == pytest.approx(24 * days)
    assert row["text"] == f"+{24 * days:.1f} h"
    assert "Mean response time, hours" in str(chart.to_dict())


def test_a_sweep_of_durations_says_them_as_given_and_spreads_them():
    path, given = "stages.Interest.follow_up.response_half_life", ["1 h", "6 h", "1 day", "2 weeks"]
    x = fs.sweep(TEAM, path, given, **QUIET)
    across = charts.sweep(x).to_dict()["layer"][0]["encoding"]["x"]
    assert all(f'"{name}"' in across["axis"]["labelExpr"] for name in given)
    assert across["axis"]["values"] == pytest.approx([1 / 24, 0.25, 1, 14])
    assert across["scale"]["type"] == "symlog"
    even = fs.sweep(TEAM, path, ["1 day", "36 h"], **QUIET)
    assert "type" not in charts.sweep(even).to_dict()["layer"][0]["encoding"]["x"]["scale"]


def test_durations_are_numbers_of_days():
    assert as_numbers(["12 h", "2 days"]) == ([0.5, 2.0], "days")
    assert as_numbers([{"constant": "1 h"}]) == ([], "")


def test_a_tornado_has_the_largest_effect_on_top_and_no_more_bars_than_asked():
    x = fs.sensitivity(TEAM, **QUIET)
    rows = drawn(charts.tornado(x, most=3))
    names = list(dict.fromkeys(row["parameter"] for row in rows if "parameter" in row))
    assert names == list(x.table.index[:3])


def test_the_warm_up_is_the_table():
    advice = fs.warm_up_advice(TEAM, **QUIET)
    rows = {row["day"]: row for row in drawn(charts.warm_up(advice)) if "open_leads" in row}
    assert len(rows) == 30
    assert rows[7]["open_leads"] == pytest.approx(advice.table.loc[7, "open_leads"], abs=0.001)


def test_long_names_in_a_tornado_stay_apart_and_keep_what_is_turned():
    stage = "Erstgespräch im Küchenstudio vor Ort nötig, mit Aufmaß und Plan"
    labels = [f"{stage}: {key}" for key in ("conversion", "patience", "every")]
    names = short_labels(labels)
    assert len(set(names.values())) == 3
    for label, name in names.items():
        assert name.startswith("Erstgespräch")
        assert name.endswith(label.rsplit(": ", 1)[1])
        assert len(name) <= 62
    alike = [f"{'x' * 40}{letter}{'y' * 40}: conversion" for letter in "bc"]
    assert short_labels(alike) == {one: one for one in alike}  # bars of one name would be one


@pytest.mark.parametrize("figure", ["cac", "profit"])
def test_every_chart_can_be_drawn_when_nobody_comes(figure):
    drawn(charts.replications(fs.replicate(NOBODY, **QUIET), figure))
    drawn(charts.differences(fs.compare({"a": NOBODY, "b": NOBODY}, **QUIET), [figure]))
    drawn(charts.sweep(fs.sweep(NOBODY, {REPS: [1, 2], "order.margin": [0.1]}, **QUIET), figure))
    drawn(charts.tornado(fs.sensitivity(NOBODY, [REPS], figure=figure, **QUIET)))
    drawn(charts.warm_up(fs.warm_up_advice(NOBODY, **QUIET)))


def test_one_replication_can_be_drawn():
    drawn(charts.replications(fs.replicate(TEAM, 1, progress=False)))


@pytest.mark.parametrize(
    ("chart", "words"),
    [
        (charts.replications, "fs.replicate"),
        (charts.differences, "fs.compare"),
        (charts.sweep, "fs.sweep"),
        (charts.tornado, "fs.sensitivity"),
        (charts.warm_up, "fs.warm_up_advice"),
    ],
)
def test_what_is_no_experiment_is_said(chart, words):
    with pytest.raises(fs.FunnelSimError, match=f"given a Scenario; it takes what {words} returns"):
        chart(TEAM)


def test_an_unknown_figure_is_said():
    with pytest.raises(fs.FunnelSimError, match="did you mean profit"):
        charts.replications(fs.replicate(TEAM, **QUIET), "profti")
