"""The charts of pipeline, response times, reps and groups: their numbers, and what they say."""

from __future__ import annotations

from typing import Any

import pytest
from small_journal import SCENARIO, small_journal

import funnelsim as fs
from funnelsim import charts, groups
from funnelsim.charts import sales, theme

AIDA = fs.load("aida")
NOBODY = AIDA.vary({f"channels.{channel.name}.leads_per_day": 0 for channel in AIDA.channels})
CALLED = fs.load("aida-follow-up")
NEVER_CALLED = CALLED.vary(
    {f"stages.{stage}.follow_up.missed": 1.0 for stage in ("Interest", "Desire")}
)
NO_VALUE = fs.load("awareness-to-decision")
CHARTS = {
    "pipeline": lambda j: charts.pipeline(j, 10),
    "response_times": charts.response_times,
    "reps": charts.reps,
    "funnels": lambda j: charts.funnels(j, "channel"),
}


def simulate(scenario: fs.Scenario) -> fs.Journal:
    return fs.simulate(scenario, seed=1, progress=False)


@pytest.fixture(scope="module")
def called() -> fs.Journal:
    return simulate(CALLED)


@pytest.fixture(scope="module")
def b2b() -> fs.Journal:
    return simulate(fs.load("b2b-pipeline"))


def marks(spec: Any) -> list[dict[str, Any]]:
    """Every layer of a chart that draws something, at any depth."""
    if "mark" in spec:
        return [spec]
    parts = [
        part for key in ("layer", "concat", "hconcat", "vconcat") for part in spec.get(key, [])
    ]
    return [mark for part in parts for mark in marks(part)]


# --- numbers --------------------------------------------------------------------------------


def test_the_bars_of_a_day_are_the_board(b2b) -> None:
    board = fs.pipeline_board(b2b, 200)
    rows = {(r["stage"], r["measure"], r["state"]): r for r in sales.board_rows(board, "EUR")}
    for stage, line in board.iterrows():
        for measure, stale in (("deals", "stale"), ("value", "stale_value")):
            fresh, old = rows[stage, measure, "open"], rows[stage, measure, "stale"]
            assert fresh["start"] == 0
            assert fresh["end"] == old["start"]
            assert old["end"] == pytest.approx(line[measure], abs=0.005)
            assert old["end"] - old["start"] == pytest.approx(line[stale], abs=0.01)


def test_the_subtitle_of_the_board_adds_it_up() -> None:
    subtitle = charts.pipeline(small_journal(), 15).title.subtitle
    assert (
        subtitle == "2 open deals worth 700.00 EUR, 233.33 EUR at their chance of winning; 1 stale"
    )


def test_the_board_says_the_day_and_its_date() -> None:
    assert charts.pipeline(small_journal(), 15).title.text.endswith("on day 15 (Tue 19 Jan 2027)")
    # the horizon is the end of the last day, and midnight belongs to the next
    assert charts.pipeline(small_journal(), 40).title.text.endswith("on day 40 (Sat 13 Feb 2027)")


def test_without_an_order_the_board_shows_no_value() -> None:
    journal = simulate(NO_VALUE)
    spec = charts.pipeline(journal, 60).to_dict()
    assert len(spec["hconcat"]) == 1
    assert "value" not in str(spec["hconcat"])
    assert "worth" not in spec["title"]["subtitle"]


def test_the_bars_of_the_response_times_are_their_table(called) -> None:
    table = groups.losses_by_response(called).loc["Interest"]
    for row in sales.response_rows(table, list(table.index)):
        line = table.loc[row["waited"]]
        column = {"lost after the call": "lost_after_call", "gone cold": "gone_cold"}
        assert row["leads"] == line[column.get(row["outcome"], row["outcome"])]
        assert row["end"] - row["start"] == row["leads"]
        if line["visits"]:
            assert row["share"] == row["leads"] / line["visits"]
            assert (row["low"], row["high"]) == (line["low"], line["high"])


def test_each_stage_that_calls_has_its_response_times(called) -> None:
    spec = charts.response_times(called).to_dict()
    titles = [panel["hconcat"][0]["title"]["text"] for panel in spec["vconcat"]]
    assert titles == ["Interest: visits by waiting time", "Desire: visits by waiting time"]


def test_no_bin_is_drawn_past_the_longest_wait(called) -> None:
    visits = groups.losses_by_response(called).loc["Interest", "visits"]
    (panel, _) = charts.response_times(called).to_dict()["vconcat"]
    shown = panel["hconcat"][0]["layer"][0]["encoding"]["y"]["scale"]["domain"]
    assert visits[shown[0]] > 0
    assert visits[shown[-1]] > 0
    assert visits[shown].sum() == visits.sum()


def names_and_rates(panel: dict[str, Any], spec: dict[str, Any]) -> dict[str, float]:
    data = panel.get("data") or panel["layer"][0]["data"]
    values = data.get("values") or spec["datasets"][data["name"]]
    return {row["name"]: row["rate"] for row in values}


def test_reps_are_those_of_their_table_in_its_order(b2b) -> None:
    table = fs.reps_table(b2b)
    spec = charts.reps(b2b).to_dict()
    won, sold, went_on = spec["hconcat"]
    assert won["layer"][0]["encoding"]["y"]["scale"]["domain"] == list(table.index)
    owners = table["win_rate"].dropna().to_dict()
    assert names_and_rates(won, spec) == owners
    assert len(owners) < len(table)  # who takes over leads brings none in
    assert names_and_rates(sold, spec) == table["close_rate"].to_dict()
    assert names_and_rates(went_on, spec) == table["conversion_rate_of_reached"].to_dict()


@pytest.mark.parametrize("by", ["channel", "segment", "team", "rep"])
def test_groups_are_those_of_their_table(b2b, by) -> None:
    table = fs.funnel_by(b2b, by)
    spec = charts.funnels(b2b, by).to_dict()
    stages = list(dict.fromkeys(table.index.get_level_values("stage")))
    rates = ["conversion_rate_of_decided"]
    rates += ["close_rate"] if by in ("team", "rep") else []  # brought in, and beside it closed
    panels = iter(spec["concat"])
    for stage in ["overall", *stages[:-1]]:
        for rate in rates:
            shown = table.xs(stage, level="stage")[rate].dropna().to_dict()
            assert names_and_rates(next(panels), spec) == shown
    assert not list(panels)


def test_of_very_many_groups_the_busiest_are_drawn() -> None:
    many = CALLED.vary({"teams.sales.reps": 60, "horizon": "20 days"})
    journal = simulate(many)
    for chart in (charts.reps(journal), charts.funnels(journal, "rep")):
        assert "the 30 busiest of " in chart.title.subtitle
    shown = charts.reps(journal).to_dict()["hconcat"][0]["layer"][0]["encoding"]["y"]["scale"]
    table = fs.reps_table(journal)
    left_out = table.drop(shown["domain"])
    assert left_out["visits"].max() <= table.loc[shown["domain"], "visits"].min()


# --- how they show --------------------------------------------------------------------------


@pytest.mark.parametrize("name", CHARTS)
@pytest.mark.parametrize(
    "scenario",
    [NOBODY, NEVER_CALLED, NO_VALUE, AIDA, CALLED, CALLED.vary({"horizon": "11 days"})],
    ids=["nobody", "never called", "no value", "aida", "called", "short"],
)
def test_every_chart_can_be_drawn_of_any_scenario(name, scenario) -> None:
    assert theme.mime_bundle(CHARTS[name](simulate(scenario)).to_dict())["image/png"]


@pytest.mark.parametrize(
    ("name", "scenario", "words"),
    [
        ("pipeline", NOBODY, "No deal was open on that day"),
        ("response_times", AIDA, "no stage of this scenario has a follow_up"),
        ("response_times", NEVER_CALLED, "No lead that was called is decided yet"),
        ("reps", AIDA, "no stage of this scenario has a follow_up"),
        ("reps", NEVER_CALLED, "No call has reached a lead that is decided"),
        ("funnels", NOBODY, "No lead came"),
    ],
)
def test_nothing_to_draw_is_said_in_a_sentence(name, scenario, words) -> None:
    (row,) = CHARTS[name](simulate(scenario)).data.values
    assert words in row["text"]


def test_leads_without_a_group_are_said_in_a_sentence() -> None:
    (row,) = charts.funnels(simulate(NEVER_CALLED), "rep").data.values
    assert row["text"] == "No lead of the days simulated has a rep."


@pytest.mark.parametrize("name", CHARTS)
@pytest.mark.parametrize("wrong", [SCENARIO, "aida", None], ids=["scenario", "name", "nothing"])
def test_what_is_no_journal_is_said(name, wrong) -> None:
    with pytest.raises(fs.FunnelSimError, match=f"charts.{name} is given .*; it takes a Journal"):
        CHARTS[name](wrong)


def test_a_wrong_day_or_group_is_said(called) -> None:
    with pytest.raises(fs.FunnelSimError, match="day is 91"):
        charts.pipeline(called, 91)
    with pytest.raises(fs.FunnelSimError, match='by is "chanel"'):
        charts.funnels(called, "chanel")


@pytest.mark.parametrize("name", CHARTS)
def test_every_mark_but_words_has_a_tooltip(called, name) -> None:
    drawn = [m for m in marks(CHARTS[name](called).to_dict()) if m["mark"]["type"] != "text"]
    assert drawn
    assert all("tooltip" in mark["encoding"] for mark in drawn)


@pytest.mark.parametrize("name", CHARTS)
def test_nothing_in_a_picture_asks_for_an_address(called, name) -> None:
    vega = theme.mime_bundle(CHARTS[name](called).to_dict())[theme.VEGA_MIME]
    assert "http" not in str({**vega, "$schema": ""})
