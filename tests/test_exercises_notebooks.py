"""The exercises' notebooks, their solutions, and what the check asks: one and the same."""

from __future__ import annotations

import re
from itertools import takewhile
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from student_notebooks import student_version

from funnelsim.exercises import _builders, find
from funnelsim.exercises.lesson_02 import stall
from funnelsim.exercises.lesson_03 import to_order
from funnelsim.exercises.lesson_04 import writes
from funnelsim.exercises.lesson_05 import tea
from funnelsim.exercises.lesson_06 import card
from funnelsim.exercises.lesson_07 import recommended
from funnelsim.exercises.lesson_08 import spring
from funnelsim.exercises.lesson_09 import machines
from funnelsim.exercises.lesson_10 import prints
from funnelsim.exercises.lesson_11 import school
from funnelsim.exercises.lesson_12 import export_of
from funnelsim.exercises.lesson_14 import dentists
from funnelsim.exercises.lesson_15 import stoves
from funnelsim.exercises.lesson_16 import gardens
from funnelsim.exercises.quarter import roofs
from funnelsim.exercises.workshop import SEED, pottery

ROOT = Path(__file__).resolve().parents[1]
NOTEBOOKS = sorted((ROOT / "exercises").glob("*.ipynb"))
SOLUTIONS = sorted((ROOT / "exercises" / "solutions").glob("*.ipynb"))


def cells(path: Path, kind: str) -> list[str]:
    found = nbformat.read(path, as_version=4).cells
    return [cell.source for cell in found if cell.cell_type == kind]


def checked_in(path: Path) -> list[str]:
    """The numbers of the exercises that a notebook checks, in order."""
    code = "\n".join(cells(path, "code"))
    return re.findall(r'fs\.check\("([^"]+)"', code)


def test_every_exercise_is_asked_in_its_notebook_and_nothing_else():
    asked = [number for path in NOTEBOOKS for number in checked_in(path)]
    assert sorted(asked) == sorted(_builders())
    for path in NOTEBOOKS:
        text = "\n".join(cells(path, "markdown"))
        for number in checked_in(path):
            assert number.partition(".")[0] == path.name.partition("_")[0]
            assert f"{number}" in text
            assert find(number).question in text, "the notebook asks something else"


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.name)
def test_notebook_and_exercises_speak_of_the_same_scenario(path):
    """What the notebook has simulated before its first question is what the answers come from."""
    named: dict[str, Any] = {}
    for source in takewhile(lambda source: "fs.check(" not in source, cells(path, "code")):
        exec(source, named)
    if path.name.startswith("01b"):  # asks for functions, which know of no scenario
        return
    if path.name.startswith("12"):  # about an export, whose scenario nobody is shown
        assert named["export"].equals(export_of(SEED).table)
        return
    if path.name.startswith("13"):  # simulated behind a letter and an export
        assert named["firm"].truth == roofs().truth
        return
    lessons = {
        "01": pottery,
        "02": stall,
        "03": to_order,
        "04": writes,
        "05": tea,
        "06": card,
        "07": recommended,
        "08": spring,
        "09": machines,
        "10": prints,
        "11": school,
        "14": dentists,
        "15": stoves,
        "16": gardens,
    }
    asked_about = lessons[path.name[:2]]()
    if "journal" not in named:  # planned, not simulated
        assert named["stall"] == asked_about
        return
    assert (named["journal"].scenario, named["journal"].seed) == (asked_about, SEED)


@pytest.mark.parametrize("path", SOLUTIONS, ids=lambda path: path.name)
def test_every_answer_of_the_solution_was_accepted(path):
    shown = [
        output["data"]["text/plain"]
        for cell in nbformat.read(path, as_version=4).cells
        if cell.cell_type == "code" and "fs.check(" in cell.source
        for output in cell.outputs
        if output.output_type == "execute_result"
    ]
    assert len(shown) == len(checked_in(path))
    assert all(text.startswith("✔") for text in shown), shown


# --- one source for both ------------------------------------------------------------------------


@pytest.mark.parametrize("path", SOLUTIONS, ids=lambda path: path.name)
def test_the_exercise_is_what_is_made_from_its_solution(path):
    solution = nbformat.read(path, as_version=4)
    stored = nbformat.read(ROOT / "exercises" / path.name, as_version=4)
    assert stored == student_version(solution), "change the solution, then `make notebooks`"


def test_there_is_a_solution_to_every_exercise():
    assert [path.name for path in SOLUTIONS] == [path.name for path in NOTEBOOKS]


def test_what_the_student_gets():
    shown = new_output("stream", text="0.638")
    tagged = {"tags": ["solution"]}
    solution = new_notebook(
        cells=[
            new_markdown_cell("# Solutions\n\n<!-- exercise\n# Exercises\n\nTry.\n-->"),
            new_code_cell("given = 1", outputs=[shown], execution_count=1),
            new_markdown_cell("## A question"),
            new_markdown_cell("How it is done.", metadata=tagged),
            new_code_cell("help_with = 2", metadata=tagged),
            new_code_cell("my_leads = 2 * given  # ← yours\nsign(my_leads)"),
            new_code_cell('answer = given / 2\nfs.check("01.1", answer)', outputs=[shown]),
        ]
    )
    student = student_version(solution)
    assert [cell.source for cell in student.cells] == [
        "# Exercises\n\nTry.",
        "given = 1",
        "## A question",
        "my_leads = ...  # ← yours\nsign(my_leads)",
        'answer = ...\nfs.check("01.1", answer)',
    ]
    assert not any(cell.get("outputs") for cell in student.cells)
    assert solution.cells[1].outputs == [shown], "the solution stays as it is"


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.name)
def test_nothing_of_the_solution_is_left_in_the_exercise(path):
    student = nbformat.read(path, as_version=4)
    for cell in student.cells:
        assert "<!--" not in cell.source
        if "fs.check(" in cell.source:
            assert cell.source.startswith("answer = ...\nfs.check(")


@pytest.mark.parametrize(
    "path", NOTEBOOKS + SOLUTIONS, ids=lambda path: path.parent.name + path.name
)
def test_links_lead_somewhere(path):
    """A text that both have may not have a link: the two lie in different folders."""
    for text in cells(path, "markdown"):
        seen = re.sub(r"<!-- exercise\n.*?\n-->", "", text, flags=re.DOTALL)
        for link in re.findall(r"\]\(([^)#]+)\)", seen):
            assert (path.parent / link).exists(), link
