"""What comes out of a plan: charts, a page, a workbook, the command."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from test_charts_of_experiments import drawn
from test_report import Page

import funnelsim as fs
from funnelsim import charts
from funnelsim.cli import main
from funnelsim.errors import FunnelSimError
from funnelsim.planner.text_tables import outcome_text, reps_text
from funnelsim.report import plan_page

pytestmark = pytest.mark.usefixtures("few_futures")

EVIL = '=cmd|" /C calc"!A0'


@pytest.fixture(scope="module")
def plan() -> Any:
    return fs.plan(fs.load("aida-follow-up"), 330, progress=False)


@pytest.fixture(scope="module")
def evil() -> Any:
    scenario = fs.Scenario(
        name="@SUM(1)<script>",
        horizon="90 days",
        channels=[{"name": EVIL, "leads_per_day": 10}, {"name": "+1", "leads_per_day": 1}],
        stages=[{"name": "-2+3", "conversion": 0.05}, {"name": "\tSale"}],
    )
    return fs.plan(scenario, 100)


# --- charts -----------------------------------------------------------------------------------


def test_the_plan_and_the_usual_sum_are_marked_where_they_are(plan: Any) -> None:
    marks = {row["at"]: row["chance"] for row in drawn(charts.plan_chance(plan)) if "name" in row}
    assert marks == {plan.leads: plan.chance, plan.naive_leads: plan.naive_chance}


def test_a_plan_near_certainty_has_room_for_its_mark_and_words() -> None:
    spec = charts.plan_chance(fs.plan(fs.load("aida"), 150, probability=0.99)).to_dict()
    point, words = spec["layer"][2:4]
    assert point["encoding"]["y"]["scale"]["domain"][1] > 1.05
    assert (words["mark"]["align"], words["mark"]["dy"]) == ("right", -9)  # left, above the curve


def test_charts_of_a_plan_draw_its_tables(plan: Any) -> None:
    stages = {row["stage"]: row["entered"] for row in drawn(charts.plan_stages(plan))}
    assert stages == plan.stages["entered"].to_dict()
    channels = {
        (row["channel"], row["which"]): row["per_day"] for row in drawn(charts.plan_channels(plan))
    }
    assert channels["trade fair", "planned"] == plan.channels.loc["trade fair", "planned"]
    sales = {row["reps"]: row["sales"] for row in drawn(charts.plan_reps(plan))}
    assert sales == plan.reps_tried.set_index("reps")["sales"].to_dict()
    means = [row["mean"] for row in drawn(charts.plan_cliff(plan)) if "told" in row]
    assert means == plan.curve["mean"].tolist()


def test_a_plan_of_something_else_than_leads_is_drawn_too() -> None:
    p = fs.plan(fs.load("aida"), 150, change="stages.Interest.conversion")
    mark = next(row for row in drawn(charts.plan_chance(p)) if "name" in row)
    assert mark["at"] == pytest.approx(p.scenario.stages[1].conversion, rel=1e-9)


def test_a_plan_of_fewer_reps_is_marked_where_it_is_though_more_do_as_well() -> None:
    """Two reps reach the target surely, and so does one: the plan is one."""
    p = fs.plan(fs.load("aida-follow-up"), 150, change="reps", progress=False)
    assert p.scenario.teams[0].reps == 1
    chart = charts.plan_chance(p)
    mark = next(row for row in drawn(chart) if "name" in row)
    assert (mark["at"], mark["chance"]) == (1, p.chance) and "the plan: 1," in mark["name"]
    x = chart.to_dict()["layer"][-1]["encoding"]["x"]  # the mark
    low, high = x["scale"]["domain"]
    assert low < 1 and high > 2 and x["axis"]["values"] == [1, 2]  # no part of a rep


def test_a_forecast_is_drawn_day_by_day() -> None:
    told = fs.forecast(fs.load("aida"), n=20, progress=False)
    rows = [row for row in drawn(charts.forecast(told, "revenue", 1000)) if "low" in row]
    assert [row["high"] for row in rows[1:]] == told.along["revenue", "90%"].tolist()
    assert [row["week"] * 7 for row in rows[1:]] == pytest.approx(told.along.index.tolist())


@pytest.mark.parametrize("name", ["plan_chance", "plan_cliff", "plan_reps", "plan_stages"])
def test_a_chart_of_no_plan_says_what_it_takes(name: str) -> None:
    with pytest.raises(FunnelSimError, match=r"it takes what fs\.plan returns"):
        getattr(charts, name)(fs.load("aida"))


def test_without_a_team_there_are_no_reps_to_draw() -> None:
    assert "No team calls" in str(charts.plan_reps(fs.plan(fs.load("aida"), 100)).to_dict())


# --- the page ---------------------------------------------------------------------------------


def test_the_page_says_every_sentence_and_loads_nothing(plan: Any) -> None:
    text = plan_page(plan)
    read = Page(text)
    assert read.open == []
    assert [link for link in read.loads if not link.startswith("#")] == []
    assert not read.tags & {"script", "link", "iframe", "img"}
    for sentence in plan.sentences:
        assert sentence in text


def test_text_on_the_page_is_text(evil: Any) -> None:
    assert "<script" not in plan_page(evil)


def test_the_same_plan_makes_the_same_page(plan: Any, tmp_path: Path) -> None:
    pages = [fs.write_report(plan, tmp_path / f"{n}.html").read_bytes() for n in range(2)]
    assert pages[0] == pages[1]


# --- the workbook -----------------------------------------------------------------------------


def cells(path: Path) -> dict[str, list[Any]]:
    book = openpyxl.load_workbook(path)
    return {sheet.title: [cell for row in sheet.rows for cell in row] for sheet in book}


def test_values_and_assumptions_stand_in_the_workbook(plan: Any, tmp_path: Path) -> None:
    book = openpyxl.load_workbook(fs.write_workbook(plan, tmp_path / "plan.xlsx"))
    assert book.sheetnames == [
        *("Plan", "Stages", "Channels", "People", "Chance", "Outcome", "Assumptions"),
        *("Made with", "Planned scenario"),
    ]
    facts = {row[0].value: row[1].value for row in book["Plan"].rows}
    assert (facts["Leads in all"], facts["Chance of the target"]) == (plan.leads, plan.chance)
    entered = [row[1].value for row in book["Stages"].iter_rows(min_row=2)]
    assert entered == pytest.approx(plan.stages["entered"].tolist())
    rests = {row[0].value: row[1:] for row in book["Assumptions"].iter_rows(min_row=2)}
    assert rests["stages.Interest.conversion"][0].value == 0.5
    planned, said, today = rests["channels.search ads.leads_per_day"]
    assert planned.value == pytest.approx(plan.scenario.channels[0].leads_per_day)
    assert (today.value, said.value) == (20, "scenario")
    # what nobody wrote down is an assumption too
    assert rests["start"][0].value == str(plan.scenario.start)
    assert [cell.value for cell in rests["channels.search ads.growth"]] == [1, "default", "–"]
    assert rests["channels.trade fair.weekdays"][0].value == "1.0 each"
    assert rests["loyalty"][0].value == "none"


def test_the_workbook_says_what_the_page_says(plan: Any, tmp_path: Path) -> None:
    book = openpyxl.load_workbook(fs.write_workbook(plan, tmp_path / "plan.xlsx"))
    heads = [str(cell.value).lower() for cell in next(book["Outcome"].rows)]
    assert heads == list(outcome_text(plan).columns)
    said = [row[-1].value or "" for row in book["People"].iter_rows(min_row=2)]
    assert said == reps_text(plan).iloc[:, -1].tolist() and "as planned" in " ".join(said)


def test_a_target_that_cannot_be_met_is_not_called_planned(tmp_path: Path) -> None:
    p = fs.plan(fs.load("aida-follow-up"), 100_000, progress=False)
    assert not p.is_reached
    book = openpyxl.load_workbook(fs.write_workbook(p, tmp_path / "plan.xlsx"))
    names = [row[0].value for row in book["Plan"].rows]
    assert "Best tried" in names and "Planned" not in names
    assert not [name for name in names if "95 %" in str(name)]
    heads = [cell.value for sheet in ("Channels", "Assumptions") for cell in next(book[sheet].rows)]
    assert {"Leads a day best tried", "Best tried"} <= set(heads)


def test_no_text_in_the_workbook_is_a_formula(evil: Any, tmp_path: Path) -> None:
    path = fs.write_workbook(evil, tmp_path / "evil.xlsx")
    found = [cell for sheet in cells(path).values() for cell in sheet]
    assert EVIL in [cell.value for cell in found]
    assert "+1" in [cell.value for cell in found]
    assert all(cell.data_type != "f" and cell.hyperlink is None for cell in found)
    with zipfile.ZipFile(path) as archive:
        assert not [name for name in archive.namelist() if "vba" in name or "external" in name]


def test_the_same_plan_makes_the_same_workbook(plan: Any, tmp_path: Path) -> None:
    books = [fs.write_workbook(plan, tmp_path / f"{n}.xlsx").read_bytes() for n in range(2)]
    assert books[0] == books[1]


def test_a_workbook_of_no_plan_says_what_it_takes(tmp_path: Path) -> None:
    with pytest.raises(FunnelSimError, match="it takes a Plan"):
        fs.write_workbook(fs.load("aida"), tmp_path / "x.xlsx")


@pytest.mark.parametrize("name", ["plan.csv", "plan", "plan.xls"])
def test_a_workbook_is_never_written_into_a_file_of_another_kind(
    plan: Any, tmp_path: Path, name: str, capsys: Any
) -> None:
    with pytest.raises(FunnelSimError, match=r"a workbook is an \.xlsx file; write plan\.xlsx"):
        fs.write_workbook(plan, tmp_path / name)
    # the command says so before it works, not after
    arguments = ["plan", "aida", "--target", "150", "--workbook", str(tmp_path / name)]
    assert main(arguments) == 1
    assert capsys.readouterr().out == "" and not list(tmp_path.iterdir())


def test_a_workbook_that_cannot_be_written_is_named(plan: Any, tmp_path: Path) -> None:
    with pytest.raises(FunnelSimError, match="cannot be written"):
        fs.write_workbook(plan, tmp_path)
    (tmp_path / "folder.xlsx").mkdir()
    with pytest.raises(FunnelSimError, match="close it where it is open"):
        fs.write_workbook(plan, tmp_path / "folder.xlsx")


# --- the command ------------------------------------------------------------------------------


def test_the_command_says_the_same(capsys: Any, tmp_path: Path) -> None:
    page, book = tmp_path / "p.html", tmp_path / "p.xlsx"
    arguments = ["plan", "aida", "--target", "150", "--pilot", "60 of 500"]
    assert main([*arguments, "--report", str(page), "--workbook", str(book)]) == 0
    out = " ".join(capsys.readouterr().out.split())
    p = fs.plan(fs.load("aida"), 150, pilot="60 of 500")
    for sentence in p.sentences:
        assert sentence in out
    assert page.is_file() and book.is_file()


def test_the_command_reads_what_is_open(capsys: Any, tmp_path: Path) -> None:
    scenario = fs.load("aida")
    places = tmp_path / "deals.csv", tmp_path / "customers.csv"
    fs.simulate(scenario, 1).state(30).write(*places)
    arguments = ["plan", "aida", "--target", "100", "--within", "30 days"]
    assert main([*arguments, "--deals", str(places[0]), "--customers", str(places[1])]) == 0
    assert "remain to be won" in " ".join(capsys.readouterr().out.split())


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["aida", "--target", "-3"], "target is -3"),
        (["aida", "--target", "100", "--change", "nobody"], "change is"),
        (["aida", "--target", "100", "--within", "soon"], "within is"),
        (["aida", "--target", "100", "--deals", "none.csv"], "none.csv cannot be read"),
        (["nobody", "--target", "100"], "this is the name of a scenario"),
    ],
)
def test_the_command_says_what_is_wrong(arguments: list[str], message: str, capsys: Any) -> None:
    assert main(["plan", *arguments]) == 1
    assert message in capsys.readouterr().err
