"""The student's notebook, made from its solution: one source for both.

    python scripts/execute_notebooks.py exercises/solutions/01_reading_a_funnel.ipynb

writes both; `make notebooks` does so for all. What the student gets is the solution notebook

- without the cells that have the tag `solution`;
- with `answer = ...` for whatever stands above `fs.check(` in a cell: what is given goes into a
  cell of its own;
- with `my_leads = ...` for a line `my_leads = 250  # ← yours`, whatever stands there;
- with the text between `<!-- exercise` and `-->` in place of a text that has such a part (which
  nobody sees in the solution: its title, its close);
- without outputs.
"""

from __future__ import annotations

import re
from copy import deepcopy

from nbformat import NotebookNode

YOURS = re.compile(r"^(\w+ = ).*?(  # ← yours)$", re.MULTILINE)
FOR_THE_STUDENT = re.compile(r"<!-- exercise\n(.*?)\n-->", re.DOTALL)


def student_version(solution: NotebookNode) -> NotebookNode:
    """What the student gets; the solution stays as it is."""
    notebook = deepcopy(solution)
    notebook.cells = [
        cell for cell in notebook.cells if "solution" not in cell.metadata.get("tags", [])
    ]
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
            above, check, below = cell.source.partition("fs.check(")
            cell.source = f"answer = ...\n{check}{below}" if check else YOURS.sub(r"\1...\2", above)
        elif part := FOR_THE_STUDENT.search(cell.source):
            cell.source = part[1]
    return notebook
