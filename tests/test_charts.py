"""What the charts promise: their numbers, their colours, and that they show without a network."""

from __future__ import annotations

import base64
import itertools
import subprocess
import sys

import altair as alt
import pytest

import funnelsim as fs
from funnelsim import charts
from funnelsim.charts import rows, theme

AIDA = fs.load("aida")
NOBODY = AIDA.vary({f"channels.{channel.name}.leads_per_day": 0 for channel in AIDA.channels})
NO_SALE = AIDA.vary({"stages.Desire.conversion": 0.0})
ALL_GO_ON = AIDA.vary({f"stages.{stage.name}.conversion": 1.0 for stage in AIDA.stages[:-1]})
NO_ORDER = fs.Scenario(
    name="newsletter",
    horizon="10 days",
    channels=[{"name": "web", "leads_per_day": 20}],
    stages=[{"name": "Visit", "conversion": 0.5}, {"name": "Subscription"}],
)
CHARTS = (charts.funnel, charts.revenue, charts.losses)


def simulate(scenario):
    return fs.simulate(scenario, seed=1, progress=False)


@pytest.fixture(scope="module")
def follow_up():
    return simulate(fs.load("aida-follow-up"))


def test_funnel_bars_are_the_funnel_table(follow_up):
    table = fs.funnel_table(follow_up)
    for row in rows.funnel_rows(table):
        assert row["leads"] == table.loc[row["stage"], row["outcome"]]
        assert row["end"] - row["start"] == row["leads"]
        assert row["entered"] == table.loc[row["stage"], "entered"]


def test_an_advanced_part_is_as_long_as_the_next_bar():
    table = fs.funnel_table(simulate(AIDA))
    advanced = [row for row in rows.funnel_rows(table) if row["outcome"] == "advanced"]
    for row, following in itertools.pairwise(advanced):
        assert (row["start"], row["end"]) == (0, following["entered"])


def test_those_who_enter_in_mid_funnel_are_said_and_make_up_the_difference():
    journal = simulate(fs.load("upsell"))
    advanced = [
        row
        for row in rows.funnel_rows(fs.funnel_table(journal), scenario=journal.scenario)
        if row["outcome"] == "advanced"
    ]
    demonstration, offer = advanced[1:3]
    more = offer["entered"] - demonstration["end"]
    assert more > 0
    assert demonstration["went_on"].endswith(f" · +{more} upsells enter here")
    assert not any("enter here" in row["went_on"] for row in (*advanced[:1], *advanced[2:]))


def test_the_outline_of_today_leaves_the_mouse_to_the_bars(follow_up):
    table = fs.funnel_table(follow_up)
    chart = charts.funnel_chart(
        charts.rows_data(rows.funnel_rows(table, table)), list(table.index), top=3000
    )
    vega = theme.mime_bundle(chart.to_dict())[theme.VEGA_MIME]
    outline = next(mark for mark in vega["marks"] if "strokeDash" in mark["encode"]["update"])
    assert "fill" not in outline["encode"]["update"]  # not even an invisible one
    assert "Entered today" in str(outline["encode"]["update"]["tooltip"])


def test_a_conversion_names_its_denominator_while_leads_are_open(follow_up):
    line = fs.funnel_table(follow_up).loc["Interest"]
    assert line["open"] > 0
    of_entered = f"{100 * line['advanced'] / line['entered']:.1f} % of entered"
    of_decided = f"{100 * line['advanced'] / (line['advanced'] + line['lost']):.1f} % of decided"
    assert rows.went_on(line) == f"▼ {of_entered} · {of_decided}"


def test_revenue_ends_at_the_summary(follow_up):
    last = [row for row in rows.revenue_rows(follow_up) if row["kind"] == "repeat orders"][-1]
    figures = fs.summary(follow_up)
    assert last["high"] == last["total"] == pytest.approx(figures["revenue"], abs=0.005)


def test_revenue_tells_first_orders_from_repeats(follow_up):
    by_number = follow_up.orders.groupby(follow_up.orders["number"] > 1)["paid"].sum()
    last = {row["kind"]: row["revenue"] for row in rows.revenue_rows(follow_up)}
    assert last["first orders"] == pytest.approx(by_number[False], abs=0.005)
    assert last["repeat orders"] == pytest.approx(by_number[True], abs=0.005)


def test_without_repeats_the_revenue_chart_does_not_name_them():
    spec = charts.revenue(simulate(AIDA.vary({"retention": None}))).to_dict()
    assert "first orders" in str(spec)
    assert "repeat" not in str(spec).lower()


def test_revenue_never_falls_and_leaves_out_the_warm_up():
    journal = simulate(AIDA.vary({"warm_up": "30 days"}))
    found = rows.revenue_rows(journal)
    total = [row["total"] for row in found]
    assert total == sorted(total)
    assert total[0] == 0
    assert total[-1] == pytest.approx(fs.summary(journal)["revenue"], abs=0.005)


@pytest.mark.parametrize(("horizon", "points"), [("1 day", 25), ("20.5 h", 22), ("4 days", 5)])
def test_revenue_of_a_few_days_is_drawn_hour_by_hour(horizon, points):
    fast = {f"stages.{stage.name}.decision_time": {"constant": "1 h"} for stage in AIDA.stages[:-1]}
    busy = {f"channels.{channel.name}.leads_per_day": 200 for channel in AIDA.channels}
    journal = simulate(AIDA.vary({**fast, **busy, "horizon": horizon, "retention": None}))
    found = rows.revenue_rows(journal)
    assert len(found) == points
    assert found[-1]["total"] == pytest.approx(fs.summary(journal)["revenue"], abs=0.005) != 0
    assert ("00:00 to 01:00" in found[1]["until"]) == (points > 5)
    vega = theme.mime_bundle(charts.revenue(journal).to_dict())[theme.VEGA_MIME]
    assert "%H:%M" in str(vega["axes"])


def test_a_band_has_edges(follow_up):
    found = rows.revenue_rows(follow_up)
    band, words = charts.rows_data([{"when": 0, "low": 1, "high": 2}]), charts.rows_data([])
    data, kinds = charts.rows_data(found), rows.order_kinds(follow_up.scenario)
    spec = charts.revenue_chart(data, kinds, "EUR", 5.0, band=(band, words)).to_dict()
    lines = [layer for layer in spec["layer"] if layer["mark"]["type"] == "line"]
    assert [line["encoding"]["y"]["field"] for line in lines] == ["low", "high", "total"]


def test_losses_add_up_to_the_lost(follow_up):
    table = fs.funnel_table(follow_up)
    found = rows.loss_rows(table)
    assert {row["reason"] for row in found} >= {"gone cold", "missed"}
    for stage in table.index[:-1]:
        leads = sum(row["leads"] for row in found if row["stage"] == stage)
        assert leads == table.loc[stage, "lost"]


def test_many_reasons_are_taken_together_but_none_is_lost():
    reasons = {f"reason {n}": n for n in range(1, 13)}
    journal = simulate(NO_ORDER.vary({"stages.Visit.loss_reasons": reasons}))
    table = fs.funnel_table(journal)
    found = rows.loss_rows(table)
    assert len(found) == 6
    assert found[-1]["reason"] == rows.REST
    assert sum(row["leads"] for row in found) == table["lost"].sum()
    charts.losses(journal).to_dict()


def test_a_reason_of_the_name_of_the_rest_is_one_of_them():
    reasons = {**{f"reason {n}": 1 for n in range(1, 9)}, rows.REST: 20}
    journal = simulate(NO_ORDER.vary({"stages.Visit.loss_reasons": reasons}))
    table = fs.funnel_table(journal)
    found = {row["reason"]: row["leads"] for row in rows.loss_rows(table)}
    assert sum(found.values()) == table["lost"].sum()
    assert found[rows.REST] > table[f"lost: {rows.REST}"].sum()


@pytest.mark.parametrize("chart", CHARTS, ids=lambda chart: chart.__name__)
@pytest.mark.parametrize("wrong", [AIDA, "aida", None], ids=["scenario", "name", "nothing"])
def test_what_is_no_journal_is_said(chart, wrong):
    words = f"charts.{chart.__name__} is given .*; it takes a Journal"
    with pytest.raises(fs.FunnelSimError, match=words):
        chart(wrong)


@pytest.mark.parametrize("chart", CHARTS, ids=lambda chart: chart.__name__)
@pytest.mark.parametrize(
    "scenario", [NOBODY, NO_SALE, ALL_GO_ON, NO_ORDER], ids=["nobody", "no sale", "all", "no order"]
)
def test_every_chart_can_be_drawn_of_an_extreme_scenario(chart, scenario):
    assert theme.mime_bundle(chart(simulate(scenario)).to_dict())["image/png"]


@pytest.mark.parametrize(
    ("chart", "scenario", "words"),
    [
        (charts.funnel, NOBODY, "No lead came"),
        (charts.losses, NOBODY, "No lead came"),
        (charts.losses, ALL_GO_ON, "No lead was lost"),
        (charts.revenue, NO_SALE, "No order was placed"),
        (charts.revenue, NO_ORDER, "has no order"),
    ],
)
def test_nothing_to_draw_is_said_in_a_sentence(chart, scenario, words):
    (row,) = chart(simulate(scenario)).data.values
    assert words in row["text"]


def test_a_notebook_gets_vega_a_picture_and_words():
    bundle = theme.mime_bundle(charts.funnel(simulate(AIDA)).to_dict())
    assert set(bundle) == {"application/vnd.vega.v5+json", "image/png", "text/plain"}
    assert bundle["application/vnd.vega.v5+json"]["marks"]
    assert base64.b64decode(bundle["image/png"]).startswith(b"\x89PNG")
    assert bundle["text/plain"].startswith("Chart: Funnel of AIDA")


def test_a_chart_keeps_its_colours_on_a_dark_page():
    """A dark page of JupyterLab writes its own colours under ours: what ours leave open is its."""
    config = theme.mime_bundle(charts.funnel(simulate(AIDA)).to_dict())[theme.VEGA_MIME]["config"]
    ours = theme.theme()
    for part, name in (
        *(("title", name) for name in ("color", "subtitleColor")),
        *(("axis", f"{name}Color") for name in ("label", "title", "domain", "tick", "grid")),
        *(("legend", name) for name in ("labelColor", "titleColor")),
    ):
        assert config[part][name] == ours[part][name]


def test_the_same_journal_gives_the_same_bundle():
    spec = charts.revenue(simulate(AIDA)).to_dict()
    assert theme.mime_bundle(spec) == theme.mime_bundle(spec)


def test_nothing_in_a_bundle_asks_for_an_address():
    for chart in CHARTS:
        bundle = theme.mime_bundle(chart(simulate(AIDA)).to_dict())
        vega = {**bundle[theme.VEGA_MIME], "$schema": ""}  # a name, which nothing fetches
        assert "http" not in str(vega)


def test_tooltips_are_on_every_bar_and_day():
    spec = charts.funnel(simulate(AIDA)).to_dict()
    assert "tooltip" in spec["layer"][0]["encoding"]
    assert "tooltip" in charts.revenue(simulate(AIDA)).to_dict()["layer"][-1]["encoding"]
    assert "tooltip" in charts.losses(simulate(AIDA)).to_dict()["layer"][0]["encoding"]


def test_outside_a_kernel_the_renderer_stays_as_it_was():
    code = "import altair as alt, funnelsim.charts; print(alt.renderers.active)"
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], capture_output=True, encoding="utf-8"
    )
    assert (done.stdout.strip(), done.stderr) == ("default", "")


def test_an_altair_theme_chosen_before_is_kept():
    code = "import altair as alt; alt.theme.enable('dark'); import funnelsim.charts as c; "
    done = subprocess.run(
        [sys.executable, "-c", code + "print(alt.theme.active)"],
        capture_output=True,
        encoding="utf-8",
    )
    assert done.stdout.strip() == "dark"


def test_the_theme_is_on():
    spec = alt.Chart(alt.InlineData(values=[{"x": 1}])).mark_bar().encode(x="x:Q").to_dict()
    assert spec["config"]["axis"]["labelFontSize"] >= 12


# --- colours ------------------------------------------------------------------------------------


def luminance(colour: str) -> float:
    """Relative luminance, WCAG 2.1."""
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return sum(w * c for w, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def contrast(one: str, other: str) -> float:
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("dark", [False, True])
def test_text_stands_out_from_its_ground(dark):
    ground = "#111111" if dark else "#FFFFFF"
    config = theme.theme(dark=dark)
    inks = [config["axis"]["labelColor"], config["axis"]["titleColor"], config["text"]["color"]]
    assert all(contrast(ink, ground) >= 4.5 for ink in inks)  # WCAG 2.1, AA


# How the world looks without one kind of cone: Viénot, Brettel and Mollon (1999), linear RGB.
CONFUSIONS = {
    "protanopia": [(0.11238, 0.88762, 0.0), (0.11238, 0.88762, 0.0), (0.00401, -0.00401, 1.0)],
    "deuteranopia": [(0.29275, 0.70725, 0.0), (0.29275, 0.70725, 0.0), (-0.02234, 0.02234, 1.0)],
    "everyone": [(1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)],
}


def seen(colour: str, kind: str) -> tuple[float, ...]:
    linear = [(int(colour[i : i + 2], 16) / 255) ** 2.2 for i in (1, 3, 5)]
    mixed = [sum(w * c for w, c in zip(row, linear, strict=True)) for row in CONFUSIONS[kind]]
    return tuple(255 * max(0.0, min(1.0, c)) ** (1 / 2.2) for c in mixed)


@pytest.mark.parametrize("kind", CONFUSIONS)
@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("advanced", "lost"),
        ("advanced", "open"),
        ("open", "lost"),
        ("first orders", "repeat orders"),
    ],
)
def test_colours_beside_each_other_are_told_apart(one, other, kind):
    first, second = (seen(charts.COLOURS[name], kind) for name in (one, other))
    distance = sum((a - b) ** 2 for a, b in zip(first, second, strict=True)) ** 0.5
    assert distance > 60  # of 441 between black and white
