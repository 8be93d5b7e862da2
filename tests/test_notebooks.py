"""What holds for every notebook; that the stored outputs are what comes out is nbval's to say."""

from __future__ import annotations

import re
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

ROOT = Path(__file__).resolve().parents[1]
LESSONS = sorted((ROOT / "notebooks").glob("*.ipynb"))
EXERCISES = sorted((ROOT / "exercises").glob("*.ipynb"))
SOLUTIONS = sorted((ROOT / "exercises" / "solutions").glob("*.ipynb"))
WIDEST = 97  # characters of a line of code


def read(path: Path) -> nbformat.NotebookNode:
    return nbformat.read(path, as_version=4)


def code_cells(path: Path) -> list[nbformat.NotebookNode]:
    return [cell for cell in read(path).cells if cell.cell_type == "code" and cell.source.strip()]


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def test_there_are_notebooks():
    assert LESSONS
    assert EXERCISES


@pytest.mark.parametrize("path", LESSONS + EXERCISES + SOLUTIONS, ids=name)
def test_is_sound_and_asks_for_the_usual_kernel(path):
    notebook = read(path)
    nbformat.validate(notebook)
    assert notebook.metadata.kernelspec.name == "python3"


@pytest.mark.parametrize("path", LESSONS + SOLUTIONS, ids=name)
def test_carries_its_outputs(path):
    # a notebook stripped of outputs would pass nbval unchecked
    cells = code_cells(path)
    unexecuted = [cell.source for cell in cells if cell.execution_count is None]
    assert not unexecuted, "run `make notebooks`"
    assert any(cell.outputs for cell in cells), "no cell shows anything"
    kinds = {output.output_type for cell in cells for output in cell.outputs}
    assert "error" not in kinds
    channels = {output.get("name") for cell in cells for output in cell.outputs}
    assert "stderr" not in channels, "progress bars and warnings are no part of a lesson"


@pytest.mark.parametrize("path", LESSONS, ids=name)
def test_no_lesson_opens_with_the_answer_to_what_one_is_to_predict(path):
    for cell in code_cells(path):
        if "fs.predict(" in cell.source:  # asks, and says that it waits for a guess
            assert not cell.metadata.get("jupyter", {}).get("outputs_hidden"), cell.source
        elif re.search(r"\{my_|, my_|\(my_", cell.source):  # "You said ..."
            assert cell.metadata.get("jupyter", {}).get("outputs_hidden"), cell.source


@pytest.mark.parametrize("path", LESSONS, ids=name)
def test_what_is_asked_is_revealed_below_it_and_folded(path):
    asked: list[str] = []
    for cell in code_cells(path):
        asked += re.findall(r'fs\.predict\("([^"]+)"', cell.source)
        for number in re.findall(r'fs\.reveal\("([^"]+)"', cell.source):
            assert number in asked, f"{number} is revealed before it is asked"
            assert cell.metadata.get("jupyter", {}).get("outputs_hidden"), cell.source
    revealed = re.findall(r'fs\.reveal\("([^"]+)"', "\n".join(c.source for c in code_cells(path)))
    assert sorted(revealed) == sorted(asked) == asked, "numbered in order, each revealed once"


@pytest.mark.parametrize("path", LESSONS, ids=name)
def test_a_fold_says_nothing_of_what_is_in_it(path):
    """JupyterLab shows the first line of a folded source, and that of a cell's first output."""
    for cell in code_cells(path):
        if cell.metadata.get("jupyter", {}).get("source_hidden"):
            assert "fs.reveal(" not in cell.source.splitlines()[0]
        if cell.metadata.get("jupyter", {}).get("outputs_hidden"):
            first = cell.outputs[0]
            assert not first.get("data") and not first.get("text"), cell.source


@pytest.mark.parametrize("path", LESSONS + SOLUTIONS, ids=name)
def test_no_line_of_code_is_wider_than_the_page(path):
    """At 1280 pixels, beside the list of files."""
    wide = [line for c in code_cells(path) for line in c.source.splitlines() if len(line) > WIDEST]
    assert wide == []


def test_exercises_run_unsolved():
    """In one kernel, one after the other: what a kernel loads first takes longer than they do."""
    together = nbformat.v4.new_notebook(metadata=read(EXERCISES[0]).metadata)
    for path in EXERCISES:
        cells = [f"%reset -f\nprint({name(path)!r})", *(cell.source for cell in code_cells(path))]
        together.cells += [nbformat.v4.new_code_cell(source) for source in cells]
    client = NotebookClient(
        together, timeout=600, resources={"metadata": {"path": ROOT / "exercises"}}
    )
    try:
        client.execute()
    except CellExecutionError as error:
        outputs = [output for cell in together.cells for output in cell.get("outputs", [])]
        names = [
            o.text.strip() for o in outputs if o.output_type == "stream" and ".ipynb" in o.text
        ]
        pytest.fail(f"{names[-1]}: {error}")


@pytest.mark.parametrize("path", EXERCISES, ids=name)
def test_exercise_is_stored_empty_and_has_its_solution(path):
    assert not any(cell.outputs for cell in code_cells(path)), "outputs give answers away"
    assert path.parent / "solutions" / path.name in SOLUTIONS


def test_no_solution_without_exercise():
    assert {path.name for path in SOLUTIONS} <= {path.name for path in EXERCISES}
