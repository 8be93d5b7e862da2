"""Tests and stored outputs show no progress bar, however slow the machine; a reader's run does.

The slowest of machines is one on which a bar appears at once.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from consoles import in_a_console, needs_a_console
from nbclient import NotebookClient

import funnelsim as fs
from funnelsim import progress

ROOT = Path(__file__).resolve().parents[1]
AT_ONCE = "import funnelsim.progress; funnelsim.progress.DELAY = 0\n"
BY_HAND = {name: value for name, value in os.environ.items() if name != "FUNNELSIM_PROGRESS"}
QUIET = {**BY_HAND, "FUNNELSIM_PROGRESS": "0"}

PREPARED = """
import funnelsim as fs
import funnelsim.engines
funnelsim.engines.TAKES_A_WHILE = 0
s = fs.load("aida-follow-up")
"""
TAKES_LONG = (
    'j = fs.simulate(s, engine="process")',
    "j = fs.simulate(s)",
    "x = fs.replicate(s, 2)",
    'x = fs.compare({"a": s, "b": s.vary({"teams.sales.reps": 4})}, 2)',
    'x = fs.sweep(s, "teams.sales.reps", [1, 2], n=2)',
    'x = fs.sensitivity(s, ["teams.sales.reps"], n=2)',
    "x = fs.warm_up_advice(s, 2)",
    "p = fs.plan(s, 100)",
    "f = fs.forecast(s, n=2)",
)


def is_bar(output: nbformat.NotebookNode) -> bool:
    told = output.get("text", "") + str(output.get("data", {}).get("text/plain", ""))
    return "simulating" in told


@pytest.mark.parametrize("environment", [QUIET, BY_HAND], ids=["quiet", "by hand"])
def test_in_a_notebook(environment):
    cells = [nbformat.v4.new_code_cell(source) for source in (AT_ONCE + PREPARED, *TAKES_LONG)]
    notebook = nbformat.v4.new_notebook(cells=cells)
    NotebookClient(notebook, kernel_name="python3").execute(env=environment)
    assert not any(output.get("name") == "stderr" for cell in cells for output in cell.outputs)
    if environment is QUIET:
        assert not any(cell.outputs for cell in cells)
    else:
        lack = [cell.source for cell in cells[1:] if not any(map(is_bar, cell.outputs))]
        assert not lack


@needs_a_console
@pytest.mark.parametrize("environment", [QUIET, BY_HAND], ids=["quiet", "by hand"])
def test_in_a_console(environment):
    code = AT_ONCE + PREPARED + TAKES_LONG[0]
    with in_a_console([sys.executable, "-c", code], environment) as (program, console):
        told = console.read()
    assert program.wait() == 0
    assert ("simulating" in told) == (environment is BY_HAND)


def test_nobody_sees_a_bar_in_a_file(monkeypatch, capfd):
    monkeypatch.delenv("FUNNELSIM_PROGRESS", raising=False)
    monkeypatch.setattr(progress, "DELAY", 0)
    fs.simulate(fs.load("aida"), engine="process")
    assert capfd.readouterr() == ("", "")


def test_a_bar_that_is_not_asked_for_is_not_shown(monkeypatch, capfd):
    monkeypatch.delenv("FUNNELSIM_PROGRESS", raising=False)
    monkeypatch.setattr(progress, "DELAY", 0)
    monkeypatch.setattr(progress, "in_a_notebook", lambda: True)
    fs.simulate(fs.load("aida"), engine="process", progress=False)
    assert capfd.readouterr() == ("", "")


def test_stored_outputs(tmp_path):
    cells = [AT_ONCE + PREPARED, *TAKES_LONG[:3], "print('the end')"]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    file = tmp_path / "new.ipynb"
    nbformat.write(notebook, file)
    command = [sys.executable, str(ROOT / "scripts" / "execute_notebooks.py"), str(file)]
    subprocess.run(command, env=BY_HAND, check=True, capture_output=True)
    stored = nbformat.read(file, as_version=4).cells
    assert [len(cell.outputs) for cell in stored] == [0, 0, 0, 0, 1]


@pytest.mark.slow
def test_lessons_solutions_and_examples_when_they_are_tested(tmp_path):
    """Each by itself, as one does while writing it, in a Python where a bar appears at once."""
    (tmp_path / "sitecustomize.py").write_text(AT_ONCE, encoding="utf-8")
    (tmp_path / "test_it.py").write_text(
        "from funnelsim import progress\ndef test_it(): assert progress.DELAY == 0\n"
    )
    paths = (str(tmp_path), os.environ.get("PYTHONPATH", ""))
    late = {**BY_HAND, "PYTHONPATH": os.pathsep.join(filter(None, paths))}
    lesson = "exercises/solutions/02_planning_backwards.ipynb"
    examples = ("funnelsim/experiment/comparison.py", "funnelsim/planner/forecasts.py")
    tested = (str(tmp_path / "test_it.py"), lesson, *examples)
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider"]
    as_ever = subprocess.run([*command, *tested], cwd=ROOT, env=late, capture_output=True)
    assert as_ever.returncode == 0, as_ever.stdout.decode()
    # and it is the conftest.py of the project that does it
    without = [*command, "--noconftest", lesson]
    loud = subprocess.run(without, cwd=ROOT, env=late, capture_output=True)
    assert b"simulating" in loud.stdout and loud.returncode == 1, loud.stdout.decode()
