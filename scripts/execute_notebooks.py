"""Run lessons and solutions again and store what they show, ready for nbval and for git.

    make notebooks                                        all of them
    python scripts/execute_notebooks.py FILE...           only these

Cell ids stay; metadata and execution counts come out the same each time, so a change in git is a
change in the lesson. From each solution the student's notebook is made (`student_notebooks.py`).
"""

from __future__ import annotations

import os
import re
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
from nbformat.v4 import new_output
from student_notebooks import student_version

ROOT = Path(__file__).resolve().parents[1]
KERNEL = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
KEPT_OF_A_CELL = {"tags", "jupyter", "editable", "slideshow"}  # the rest is noise of an editor


def main(names: list[str]) -> int:
    paths = [Path(name).resolve() for name in names] or sorted(
        [*ROOT.glob("notebooks/*.ipynb"), *ROOT.glob("exercises/solutions/*.ipynb")]
    )
    paths = [path for path in paths if ".ipynb_checkpoints" not in path.parts]
    with tempfile.TemporaryDirectory() as home:
        for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "IPYTHONDIR"):
            os.environ[name] = home  # the developer's own settings have no say
        os.environ["FUNNELSIM_PROGRESS"] = "0"  # nor has the speed of this machine
        return sum(not refresh(path) for path in paths)


def refresh(path: Path) -> bool:
    """One notebook, in place; False, and the file as it was, where a cell fails."""
    if path.parent == ROOT / "exercises":
        print(f"{path.name} is made from its solution; run exercises/solutions/{path.name}")
        return False
    notebook = nbformat.read(path, as_version=4)
    for cell in notebook.cells:
        cell.metadata = {key: cell.metadata[key] for key in cell.metadata if key in KEPT_OF_A_CELL}
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    client = NotebookClient(
        notebook,
        kernel_name="python3",
        timeout=600,
        resources={"metadata": {"path": path.parent}},
        record_timing=False,
        coalesce_streams=True,  # how a stream was chopped up is an accident
        store_widget_state=False,
    )
    try:
        client.execute()
    except CellExecutionError as error:
        print(f"{path.name}: left as it was, a cell fails\n{error}", file=sys.stderr)
        return False
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            # points to a widget that is gone; what stands in for it is stored beside it
            output.get("data", {}).pop("application/vnd.jupyter.widget-view+json", None)
    if path.parent == ROOT / "notebooks":
        fold_answers(notebook.cells)
    notebook.metadata = {"kernelspec": KERNEL, "language_info": {"name": "python"}}
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    nbformat.write(notebook, path)
    if path.parent == ROOT / "exercises" / "solutions":
        nbformat.write(student_version(notebook), ROOT / "exercises" / path.name)
    print(path.relative_to(ROOT) if path.is_relative_to(ROOT) else path)
    return True


def fold_answers(cells: list[nbformat.NotebookNode]) -> None:
    """Folds what answers a prediction, until the student runs the cell (which unfolds it).

    From `fs.predict("03.a", ...)` on, up to the first text after `fs.reveal("03.a", ...)`. In a
    lesson without them: from a text that speaks of predicting on, up to the first text after the
    cell that reads what the student wrote as `my_...`, or where nothing is written the next one.
    What says an answer once more further down has the tag `answer`.
    """
    asks = any("fs.predict(" in cell.source for cell in cells if cell.cell_type == "code")
    answers = _answers if asks else _answers_by_text
    for cell, is_answer in zip(cells, answers(cells), strict=True):
        unfold(cell)
        is_board = "fs.explore(" in cell.source or "fs.plan_form(" in cell.source
        is_answer = is_answer or "answer" in cell.metadata.get("tags", [])
        if is_answer and cell.get("outputs") and not is_board:  # a board says itself to be run
            cell.metadata.setdefault("jupyter", {})["outputs_hidden"] = True
            cell.metadata["collapsed"] = True  # how other front ends call it
            # Beside a fold JupyterLab shows the first line of the first output: here there is none.
            cell.outputs.insert(0, new_output("display_data"))


def unfold(cell: nbformat.NotebookNode) -> None:
    """Shows the output again; whether the source is folded is the author's to say."""
    cell.metadata.pop("collapsed", None)
    cell.metadata.get("jupyter", {}).pop("outputs_hidden", None)
    if cell.get("outputs") and is_empty(cell.outputs[0]):
        del cell.outputs[0]


def is_empty(output: nbformat.NotebookNode) -> bool:
    """Whether it is the output that `fold_answers` puts first."""
    return bool(output.output_type == "display_data" and not output.data)


def _answers(cells: list[nbformat.NotebookNode]) -> Iterator[bool]:
    """For each cell whether it lies between a `fs.predict` and the text after its `fs.reveal`."""
    waiting: set[str] = set()
    is_answer = False
    for cell in cells:
        if cell.cell_type != "code":
            is_answer = bool(waiting)
            yield False
            continue
        asked = re.findall(r"fs\.predict\(\s*[\"']([^\"']+)", cell.source)
        waiting |= set(asked)
        yield is_answer and not asked
        is_answer = is_answer or bool(waiting)
        waiting -= set(re.findall(r"fs\.reveal\(\s*[\"']([^\"']+)", cell.source))


def _answers_by_text(cells: list[nbformat.NotebookNode]) -> Iterator[bool]:
    asked = answered = is_written = False
    for cell in cells:
        if cell.cell_type == "markdown":
            if re.search(r"\bpredict", cell.source, flags=re.IGNORECASE):
                asked, answered, is_written = True, False, False
            elif answered:
                asked = False
            yield False
            continue
        if re.search(r"^my_\w+ = ", cell.source, flags=re.MULTILINE):
            asked, answered, is_written = True, False, True
            yield False
            continue
        if asked:
            answered = answered or not is_written or bool(re.search(r"\bmy_", cell.source))
        yield asked


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
