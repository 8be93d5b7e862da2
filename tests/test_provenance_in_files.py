"""A scenario comes back from the report and the workbook made of it, or it is said why not."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from some_scenarios import scenario_tables

import funnelsim as fs
from funnelsim.cli import main
from funnelsim.report import write_report
from funnelsim.scenario.embedded import LONGEST_CELL, PLANNED_SHEET, SHEET

some = settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
TRICKY = st.text(
    st.sampled_from("a ='\"<>&;\\\n\r\t\0\x7f\x85\u2028\ufeff_x0041#[]{}%é漢😀"), min_size=1
)
NAMES = st.one_of(TRICKY, st.text(min_size=1)).filter(lambda text: text.strip() and "." not in text)


@pytest.fixture(scope="module")
def plan() -> Any:
    return fs.plan(fs.load("online-shop"), 20_000, "revenue", within="60 days", progress=False)


@pytest.fixture(scope="module")
def report(plan: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return fs.write_report(plan, tmp_path_factory.mktemp("made") / "plan.html")


@pytest.fixture(scope="module")
def workbook(plan: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return fs.write_workbook(plan, tmp_path_factory.mktemp("made") / "plan.xlsx")


# --- in files -----------------------------------------------------------------------------------


@some
@given(tables=scenario_tables(), name=NAMES)
@example(tables={}, name="</pre></script><!--")
@example(tables={}, name="_x0041_ a_x000D_")
@example(tables={}, name="=1+1")
def test_a_scenario_comes_back_from_a_report_and_a_workbook(
    tables: dict[str, Any], name: str, plan: Any, without_charts: None, tmp_path: Path
) -> None:
    s = (fs.Scenario(**tables) if tables else fs.load("aida")).vary(
        {"name": name, "horizon": "1 h", "warm_up": "0 h"}
    )
    journal = fs.simulate(s, progress=False)
    assert fs.load(write_report(journal, tmp_path / "report.html")) == s
    of_it = replace(plan, provenance=replace(plan.provenance, scenario=s))
    assert fs.load(fs.write_workbook(of_it, tmp_path / "plan.xlsx")) == s


@pytest.mark.parametrize("name", ["aida-loyalty-advocacy", "online-shop"])
def test_a_whole_report_gives_its_scenario_back(name: str, tmp_path: Path) -> None:
    journal = fs.simulate(fs.load(name), seed=2, progress=False)
    path = fs.write_report(journal, tmp_path / "report")  # whatever its name
    assert fs.load(path) == fs.load(str(path)) == fs.load(name)


def test_a_plan_gives_back_what_it_was_planned_from_and_what_it_plans(
    plan: Any, report: Path, workbook: Path
) -> None:
    for path in (report, workbook):
        assert fs.load(path) == fs.load("online-shop")  # as it was given, with its own horizon
        assert fs.load(path, planned=True) == plan.scenario != plan.today


def test_a_line_too_long_for_a_cell_is_put_together_again(plan: Any, tmp_path: Path) -> None:
    said = " ".join(map(str, range(15_000)))
    s = fs.load("aida").vary({"channels.search ads.labels": {"campaign": said}})
    assert max(map(len, s.to_toml().split("\n"))) > 2 * LONGEST_CELL
    of_it = replace(plan, provenance=replace(plan.provenance, scenario=s))
    path = fs.write_workbook(of_it, tmp_path / "plan.xlsx")
    cells = [str(cell.value) for row in openpyxl.load_workbook(path)[SHEET].rows for cell in row]
    assert max(map(len, cells)) == LONGEST_CELL
    assert fs.load(path) == s


def test_a_report_and_a_workbook_say_how_they_were_made(
    plan: Any, report: Path, workbook: Path
) -> None:
    made = plan.provenance
    rows = {row[0].value: row[1].value for row in openpyxl.load_workbook(workbook)[SHEET].rows}
    small = re.search(r'<p class="made-with">(.*?)</p>', report.read_text(encoding="utf-8"))
    assert small
    for name, value in made.rows():
        assert rows[name] == value
        assert f"{name} {value[:12] if name == 'SHA-256' else value}" in small[1]
    assert {"seed", "target", "metric", "within", "funnelsim", "Python", "NumPy"} <= set(rows)
    assert (rows["SHA-256"], rows["target"]) == (fs.load("online-shop").sha256, "20000")


def test_the_same_workbook_is_the_same_to_the_byte(
    plan: Any, workbook: Path, tmp_path: Path
) -> None:
    assert fs.write_workbook(plan, tmp_path / "again.xlsx").read_bytes() == workbook.read_bytes()


# --- files that hold none, or another one ---------------------------------------------------------


def edited(path: Path, tmp_path: Path) -> Path:
    """The same report, in which somebody has written another horizon."""
    text = path.read_text(encoding="utf-8")
    assert text.count("180 days") == 1
    changed = tmp_path / "edited.html"
    changed.write_text(text.replace("180 days", "90 days"), encoding="utf-8")
    return changed


def test_a_text_that_was_edited_is_refused_and_the_way_out_works(
    report: Path, workbook: Path, tmp_path: Path
) -> None:
    changed = edited(report, tmp_path)
    with pytest.raises(fs.FunnelSimError) as refused:
        fs.load(changed)
    told = str(refused.value)
    s = fs.load("online-shop")
    wanted = s.vary({"horizon": "90 days"})
    assert told.startswith("the scenario in edited.html is edited by hand; its figures are of a ")
    assert s.sha256[:12] in told and wanted.sha256[:12] in told
    assert told.endswith('copy its text into a file such as "changed.toml" and load that')
    book = openpyxl.load_workbook(workbook)
    lines = [row for row in book[SHEET].rows if row[1].value == 'horizon = "180 days"']
    lines[0][1].value = 'horizon = "90 days"'
    book.save(tmp_path / "edited.xlsx")
    with pytest.raises(fs.FunnelSimError, match=r"scenario in edited\.xlsx is edited by hand"):
        fs.load(tmp_path / "edited.xlsx")
    assert fs.load(tmp_path / "edited.xlsx", planned=True) == fs.load(workbook, planned=True)
    rows = [row[1].value or "" for row in book[SHEET].rows]
    text = "\n".join(rows[rows.index('name = "Online shop"') :])
    (tmp_path / "changed.toml").write_text(text, encoding="utf-8")
    assert fs.load(tmp_path / "changed.toml") == wanted


def test_a_text_that_another_version_reads_otherwise_says_so(report: Path, tmp_path: Path) -> None:
    changed = edited(report, tmp_path)
    text = changed.read_text(encoding="utf-8").replace(
        f'version="{fs.__version__}"', 'version="0.0.7"'
    )
    changed.write_text(text, encoding="utf-8")
    with pytest.raises(fs.FunnelSimError, match=r"\(funnelsim 0\.0\.7 wrote it\)"):
        fs.load(changed)


def test_a_text_that_is_broken_says_where(report: Path, tmp_path: Path) -> None:
    broken = tmp_path / "broken.html"
    text = report.read_text(encoding="utf-8").replace("180 days", "180 dys")
    broken.write_text(text, encoding="utf-8")
    with pytest.raises(fs.ScenarioError, match=r"^the scenario in broken\.html: horizon is "):
        fs.load(broken)


def test_a_file_that_others_have_saved_again_is_read(
    report: Path, workbook: Path, tmp_path: Path
) -> None:
    """A browser on Windows ends lines otherwise; a spreadsheet writes what it has read."""
    text = report.read_text(encoding="utf-8").replace("\n", "\r\n")
    (tmp_path / "saved.htm").write_bytes(b"\xef\xbb\xbf" + text.encode("utf-8"))
    openpyxl.load_workbook(workbook).save(tmp_path / "saved.xlsx")
    for name in ("saved.htm", "saved.xlsx"):
        assert fs.load(tmp_path / name) == fs.load("online-shop")


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        (
            "page.html",
            b"<html><pre>a = 1</pre></html>",
            "this page holds no scenario: load a .toml",
        ),
        (
            "notes.toml",
            b"\xef\xbb\xbf\n<!doctype html>",
            "this page holds no scenario: load a .toml",
        ),
        ("broken.xlsx", b"PK\x03\x04nothing", "it is no workbook, or a protected or broken one"),
        ("latin.html", "<p>Grüße".encode("latin-1"), "not UTF-8"),
    ],
)
def test_a_file_without_a_scenario_says_the_way_out(
    name: str, content: bytes, said: str, tmp_path: Path
) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(fs.FunnelSimError, match=said):
        fs.load(tmp_path / name)


def test_a_workbook_without_a_scenario_says_the_way_out(tmp_path: Path) -> None:
    pd.DataFrame({"created": ["2027-01-01"]}).to_excel(tmp_path / "deals.xlsx", index=False)
    with pytest.raises(fs.FunnelSimError, match=r"workbook holds no scenario: .*write_workbook"):
        fs.load(tmp_path / "deals.xlsx")
    book = openpyxl.Workbook()
    book.create_sheet(SHEET)["A1"] = "SHA-256"
    book.create_sheet(PLANNED_SHEET)
    book.save(tmp_path / "empty.xlsx")
    for planned in (False, True):
        with pytest.raises(fs.FunnelSimError, match=r"holds no (planned )?scenario"):
            fs.load(tmp_path / "empty.xlsx", planned=planned)


def test_only_a_plan_has_a_planned_scenario(tmp_path: Path, without_charts: None) -> None:
    journal = fs.simulate(fs.load("aida"), progress=False)
    path = write_report(journal, tmp_path / "report.html")
    with pytest.raises(fs.FunnelSimError, match=r"no planned scenario: .*; leave planned out"):
        fs.load(path, planned=True)
    with pytest.raises(fs.FunnelSimError, match="leave planned out, or load the report"):
        fs.load("aida", planned=True)


@pytest.mark.parametrize("name", ["plan.html", "plan.htm", "plan.xlsx"])
def test_a_file_that_is_not_there_is_a_file(name: str, tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(fs.FunnelSimError, match=f"there is no file .*{re.escape(name)}"):
        fs.load(name)


# --- commands -----------------------------------------------------------------------------------


def told(capsys: pytest.CaptureFixture[str], *arguments: object) -> str:
    assert main([str(argument) for argument in arguments]) == 0
    return capsys.readouterr().out


@pytest.mark.parametrize(
    "command", [["describe"], ["run", "--seed", "2"], ["plan", "--target", "40"]]
)
def test_each_command_takes_a_report_or_a_workbook(
    command: list[str], report: Path, workbook: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first, *rest = command
    asked = told(capsys, first, "online-shop", *rest)
    for path in (report, workbook):
        assert told(capsys, first, path, *rest) == asked
