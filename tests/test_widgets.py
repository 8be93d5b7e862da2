"""What the live board promises, with no browser: figures follow sliders, nothing stale is shown."""

from __future__ import annotations

import asyncio
import hashlib
import html
import re
import sys
from pathlib import Path

import pytest

import funnelsim as fs
from funnelsim.distributions import DAY
from funnelsim.tables import difference, figure_text, figures_text
from funnelsim.widgets import board_text, knobs, live_chart, picture

ROOT = Path(__file__).resolve().parents[1]
FOLLOW_UP = fs.load("aida-follow-up")
FIRST = "Attention → Interest"
FEW = 8  # replications, where the promise is about something else

pytestmark = pytest.mark.usefixtures("nothing_is_drawn")


@pytest.fixture(scope="module")
def explorer(nothing_is_drawn):
    return fs.explore(FOLLOW_UP, n=FEW)


@pytest.fixture
def board(explorer):
    """A board as it starts: what a test moves, keeps or enlarges is taken back after it."""
    yield explorer
    explorer.forget()
    explorer.reset()
    explorer._large.value = False


def test_starts_at_the_scenario(board):
    assert board.change == {}
    assert board.scenario == FOLLOW_UP
    assert {label: s.value for label, s in board.sliders.items()} == {
        "Attention → Interest": 0.6,
        "Interest → Desire": 0.5,
        "Desire → Action": 0.4,
        "Leads a day": 25,
        "Reps, sales": 2,
        "Patience, Interest": 2 * DAY,
        "Half-life, Interest": DAY,
        "Patience, Desire": 3 * DAY,
        "Half-life, Desire": 2 * DAY,
        "Repeat probability": 0.3,
    }


def test_has_sliders_only_for_what_the_scenario_has():
    labels = list(fs.explore(fs.load("aida"), n=FEW).sliders)
    assert labels == [FIRST, "Interest → Desire", "Desire → Action", "Leads a day",
                      "Repeat probability"]  # fmt: skip


WHOLE = [*fs.templates(), str(ROOT / "tests" / "whole_scenario.toml")]


@pytest.mark.parametrize("name", WHOLE, ids=lambda name: Path(name).stem)
def test_every_knob_starts_at_the_scenario_and_offers_scenarios_only(name):
    scenario = fs.load(name)
    for knob in knobs.knobs(scenario):
        assert knob.start in dict(knob.options).values(), knob.label
        for _, value in {knob.options[0], knob.options[-1]}:
            scenario.vary(knob.change(value))
        assert scenario.vary(knob.change(knob.start)) == scenario, knob.label


@pytest.mark.parametrize("name", WHOLE, ids=lambda name: Path(name).stem)
def test_no_more_sliders_than_fit_beside_the_charts_but_all_of_the_funnel(name):
    scenario = fs.load(name)
    found = knobs.knobs(scenario)
    labels = [knob.label for knob in found]
    assert len(labels) == len(set(labels)), "a slider is found by its label"
    of_the_funnel = [k for k in found if k.group in ("Conversion", "Leads", "Follow-up")]
    assert found[: len(of_the_funnel)] == of_the_funnel
    assert len(found) <= max(knobs.MOST, len(of_the_funnel))
    stated = sum(stage.conversion is not None for stage in scenario.stages[:-1])
    assert len([k for k in of_the_funnel if k.group == "Conversion"]) == stated


def test_a_move_of_a_programmes_slider_changes_the_journal():
    board = fs.explore(fs.load("aida-loyalty-advocacy"), days=120, n=FEW)
    assert board.journal.leads["member"].any()
    board.sliders["Enrolment"].value = 0
    assert not board.journal.leads["member"].any()
    assert board.change == {"loyalty.enrolment": 0}


@pytest.mark.parametrize("start", [0.0, 0.123456, 1 / 3, 1.0])
def test_a_slider_offers_the_exact_start(start):
    scenario = FOLLOW_UP.vary({"stages.Attention.conversion": start})
    slider = fs.explore(scenario, days=1, n=FEW).sliders[FIRST]
    assert slider.value == start
    slider.value = 0.5
    slider.value = start
    assert slider.value == start


def test_a_move_changes_journal_figures_and_chart(board):
    before, chart, figures = board.journal, board._chart.frame, board._figures.value
    board.sliders[FIRST].value = 0.8
    direct = fs.simulate(FOLLOW_UP.vary({"stages.Attention.conversion": 0.8}), seed=1,
                         progress=False)  # fmt: skip
    assert board.journal.leads.equals(direct.leads)
    assert not board.journal.leads.equals(before.leads)
    entered = fs.funnel_table(direct)["entered"]
    drawn = {row["stage"]: row["entered"] for row in board._chart.frame["data"]["funnel"]}
    assert drawn == entered.to_dict()
    assert board._chart.frame["number"] > chart["number"]
    assert board._figures.value != figures
    assert f"{entered.iloc[-1]:,}" in board._figures.value


def test_the_whole_label_is_the_tooltip_of_its_slider(board):
    assert {label: slider.tooltip for label, slider in board.sliders.items()} == {
        label: label for label in board.sliders
    }


def test_the_baseline_is_the_same_customers(board):
    board.keep()
    board.sliders[FIRST].value = 0.8
    kept, now = board.baseline.leads, board.journal.leads
    assert kept["key"].equals(now["key"])
    assert kept["arrived"].equals(now["arrived"])
    assert (now["outcome"] == "customer").sum() > (kept["outcome"] == "customer").sum()


def test_the_baseline_is_drawn_and_its_differences_said(board):
    before = fs.funnel_table(board.journal)["entered"]
    board.keep()
    board.sliders[FIRST].value = 0.8
    now = fs.funnel_table(board.journal)["entered"]
    drawn = {row["stage"]: row for row in board._chart.frame["data"]["funnel"]}
    assert {stage: row["baseline"] for stage, row in drawn.items()} == before.to_dict()
    gain = f"{now['Interest'] - before['Interest']:+,}"
    assert drawn["Interest"]["label"] == f"{now['Interest']:,} ({gain})"
    assert board._chart.frame["data"]["baseline"]
    assert f"▲ {now['Action'] - before['Action']:,}" in board._figures.value
    board.forget()
    assert board.baseline is None
    assert board._chart.frame["data"]["baseline"] == []


def test_reset_goes_back_and_keeps_the_baseline(board):
    start = board.journal.leads
    board.sliders[FIRST].value = 0.8
    board.sliders["Reps, sales"].value = 1
    board.keep()
    board.reset()
    assert board.change == {}
    assert board.journal.leads.equals(start)
    assert board.baseline.scenario.teams[0].reps == 1


def test_the_change_can_be_carried_on_in_code(board):
    board.sliders["Leads a day"].value = 40
    board.sliders["Patience, Interest"].value = 5 * DAY
    assert board.change == {
        "channels.search ads.leads_per_day": 32.0,
        "channels.trade fair.leads_per_day": 8.0,
        "stages.Interest.follow_up.patience.exponential.mean": "5 days",
    }
    assert FOLLOW_UP.vary(board.change) == board.scenario


@pytest.mark.parametrize("named", ["template", "variable", "text"])
def test_the_code_that_is_copied_runs_by_itself(named, monkeypatch):
    start = FOLLOW_UP if named == "template" else FOLLOW_UP.vary({"name": "<my> 'own'"})
    defined = {"mine": start} if named == "variable" else {}
    for name, value in defined.items():
        monkeypatch.setattr(sys.modules["__main__"], name, value, raising=False)
    board = fs.explore(start, days=3, n=FEW)
    board.sliders[FIRST].value = 0.8
    (code,) = re.findall("<code.*?>(.*)</code>", board._foot.value, flags=re.DOTALL)
    cell = dict(defined)
    exec(html.unescape(re.sub("<.*?>", "", code)), cell)
    assert cell["s"] == board.scenario
    assert len(re.sub('<span class="(unseen|long)">.*?</span>', "", code, flags=re.DOTALL)) < 120


def test_large_type_right_after_a_reset(board):
    async def press():
        board.sliders[FIRST].value = 0.8
        board.reset()
        board._large.value = True  # the picture of the reset is still being simulated
        await board._newest._task

    asyncio.run(press())
    assert board._chart.specs["light"][0]["config"]["axis"]["labelFontSize"] > 12


def test_every_position_of_every_slider_is_a_scenario(board):
    for label, knob in board._turned.knobs.items():
        for _, value in knob.options:
            FOLLOW_UP.vary(knob.change(value))
        assert knob.start in dict(knob.options).values(), label


@pytest.mark.parametrize("value", [0, 1])
def test_the_ends_of_a_conversion_can_be_shown(board, value):
    board.keep()
    leads = len(board.journal.leads)
    board.sliders[FIRST].value = value
    assert f"{leads:,} × {100 * value} % × 50 %" in board._sum.value
    assert ("= 0; simulated 0" in board._sum.value) == (value == 0)
    assert len(board._chart.frame["data"]["funnel"]) == 12


def test_no_leads_can_be_shown(board):
    board.sliders["Leads a day"].value = 0
    assert len(board.journal.leads) == 0
    assert "0 × 60 %" in board._sum.value


def test_an_error_is_a_sentence_and_the_last_picture_stays(board, monkeypatch):
    figures = board._figures.value

    def broken(*_, **__):
        raise fs.FunnelSimError("stages.Interest is <too much>; it holds at most one")

    monkeypatch.setattr(picture, "simulate_together", broken)
    board.sliders[FIRST].value = 0.8
    assert "stages.Interest is &lt;too much&gt;; it holds at most one" in board._sum.value
    assert board._figures.value == figures


def test_scales_grow_in_steps_and_never_shrink_by_a_move(board):
    start = board._charts._tops["leads_top"]
    board.sliders[FIRST].value = 0.61
    assert board._charts._tops["leads_top"] == start
    board.sliders["Leads a day"].value = 60
    grown = board._charts._tops["leads_top"]
    assert grown > start
    board.sliders["Leads a day"].value = 5
    assert board._charts._tops["leads_top"] == grown
    board.reset()
    assert board._charts._tops["leads_top"] == start


def test_what_is_no_scenario_is_said(board):
    for wrong, given in (("aida", '"aida"'), (board.journal, "a Journal"), (None, "a NoneType")):
        with pytest.raises(fs.FunnelSimError, match=f"explore is given {given}; it takes a Scen"):
            fs.explore(wrong)


def test_what_a_scenario_says_is_text_not_markup():
    evil = "<img src=x onerror=\"alert('1')\">"
    tables = FOLLOW_UP.tables()
    tables |= {"name": evil, "currency": evil}
    tables["teams"][0]["name"] = tables["channels"][1]["name"] = evil
    for stage in tables["stages"]:
        stage["name"] += evil
        if "follow_up" in stage:
            stage["follow_up"]["team"] = evil
    board = fs.explore(fs.Scenario(**tables), days=3, n=FEW)
    board.keep()
    said = [board._sum.value]  # where all go on, nobody converts better and is named
    for slider in board.sliders.values():
        slider.value = slider.options[-1][1]
    said += [w.value for w in (board._head, board._figures, board._foot)]
    assert all("&lt;img src=x" in text for text in said)
    assert not any("<img" in text or "alert('1')" in text for text in said)
    assert "<img" not in board_text.problem_html(fs.FunnelSimError(evil))
    assert not any(slider.description_allow_html for slider in board.sliders.values())


def test_a_figure_reads_the_same_on_the_board_and_on_the_page(board):
    page = dict(figures_text(board.journal).to_numpy())
    figures = fs.summary(board.journal)
    tiles = board_text.tiles_of(FOLLOW_UP)
    assert len(tiles) == 8
    for figure, _ in tiles:
        said = figure_text(figures[figure.name], figure.unit)
        assert f">{said}<" in board._figures.value
        assert {said, f"{said} EUR"} & set(page.values()), figure.name


def test_a_tile_tells_what_its_figure_means(board):
    for words in ("CAC, EUR: Customer acquisition cost: ", "may be more than 100 %"):
        assert f"{words}" in board._figures.value


def test_a_difference_fits_beside_its_figure():
    assert difference(12_345_678, 11_111_111, "money") == "▲ 1.23 M"
    assert difference(0.5 / 24, 1 / 24, "days") == "▼ 30 min"
    assert difference(0.5, 0.5, "days") == "="


def test_no_tile_for_what_the_scenario_does_not_state():
    bare = fs.load("aida").vary({"channels.search ads.cost_per_lead": 0, "order.margin": 1.0})
    names = [name for _, name in board_text.tiles_of(bare)]
    first = ["Customers", "Conversion", "Revenue, EUR", "Repeat purchases", "AOV, EUR"]
    assert names == [*first, "Churn a month"]


def test_large_type_enlarges_the_type_of_the_charts(board):
    small = board._chart.specs["light"][0]["config"]["axis"]["labelFontSize"]
    board._large.value = True
    assert board._chart.specs["light"][0]["config"]["axis"]["labelFontSize"] > small


def test_a_page_without_widgets_says_what_to_do(board):
    assert repr(board) == "Live board of AIDA with follow-up: Run ▸ Run All Cells brings it to life"


# --- the bundle ---------------------------------------------------------------------------------


def test_the_bundle_is_built_from_its_source():
    source = (ROOT / "funnelsim" / "widgets" / "live_chart.js").read_text(encoding="utf-8")
    bundle = (live_chart.STATIC / "live_chart.js").read_text(encoding="utf-8")
    digest = hashlib.sha256(source.encode("utf-8")).hexdigest()
    assert digest in bundle[:500], "run python scripts/build_live_chart.py"
    assert len(bundle.encode("utf-8")) < 1_000_000
    assert 'funnelsimOwn+"clip"+' in bundle, "boards on one page share the names of their clips"


def test_the_bundle_carries_its_licences():
    text = (live_chart.STATIC / "live_chart.LICENSES.txt").read_text(encoding="utf-8")
    assert "University of Washington Interactive Data Lab" in text
    assert "Mike Bostock" in text
