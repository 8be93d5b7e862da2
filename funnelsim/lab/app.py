"""A live board without code: the command `funnelsim board`, which shows a page through Voila.

What is asked for becomes a notebook of one cell, in a folder of its own that goes when the page is
shut down. Voila runs it and shows what comes out: on this machine only, and without asking another
one. What is wrong with a name or a file is said before anything starts.
"""

from __future__ import annotations

import importlib.util
import os
import socket
import sys
import webbrowser
from collections.abc import Sequence
from difflib import get_close_matches
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from funnelsim.errors import FunnelSimError, Problem, nearest
from funnelsim.lab import SETTINGS, can_be_had, course_source

TEXTS = (".csv", ".tsv", ".txt")  # an export; what else there is may hold a scenario
HERE = "127.0.0.1"
EXTENSIONS = (
    "@voila-dashboards/widgets-manager8",
    "@jupyter-widgets/jupyterlab-manager",
    "anywidget",
)
# what is saved from a board is to outlive the page's own folder
HERE_TOO = "import os\nos.chdir({!r})"
ALL = """# All boards

Move a slider: the same customers walk through the changed funnel. *Keep as today* freezes a
picture to compare with, *Large type* is for a projector. One board by itself: `funnelsim board
flow`; a scenario or an export of your own: `funnelsim board my.toml`, `funnelsim board deals.csv`.
"""


def start_board(
    what: str | None = None,
    name: str | None = None,
    *,
    port: int | None = None,
    browser: bool = True,
    arguments: Sequence[str] = (),
) -> None:
    """Show a board in the browser, say its address, and return when it is shut down.

    `what` is the name of a board or of a scenario that comes along, or a file: a scenario, or the
    export of a CRM; without it all boards are shown. `name` is the board for a scenario or a file.
    Without a port: 8866, or another one where that is taken; 0 is any that is free. `arguments`
    are passed on to Voila. Raises FunnelSimError for what cannot be shown, for a port that cannot
    be had, and where Voila is not installed.
    """
    if importlib.util.find_spec("voila") is None:
        python = f'"{sys.executable}"' if " " in sys.executable else sys.executable
        raise FunnelSimError(
            f"funnelsim board needs Voila, which is not installed; type: {python} -m pip install "
            "voila"
        )
    if port is not None:
        can_be_had(port)
    cells = cells_of(what, name)
    with TemporaryDirectory() as folder:
        page = Path(folder) / "board.ipynb"
        _write(page, cells)
        _serve(page, _free() if port == 0 else port, browser, arguments)


def cells_of(what: str | None, name: str | None = None) -> list[tuple[str, str]]:
    """The cells of the page, each its kind and its source; see `start_board`.

    >>> cells_of("flow")
    [('code', "import funnelsim as fs\\nfs.board(name='flow')")]
    """
    from funnelsim.widgets.boards import board_of, names

    if what is None:
        if name is not None:
            return cells_of(name)
        return _all_boards()
    if what in names():
        if name not in (None, what):
            rule = "this is a board already"
            raise FunnelSimError(str(Problem("--as", name, rule, "leave --as out")))
        return _code(f"fs.board(name={what!r})")
    source, found, usual = _found(what)
    board_of(found, name or usual)  # a board that it does not suit, or that there is not
    return _code(f"fs.board({source}, {name or usual!r})")


def _code(call: str) -> list[tuple[str, str]]:
    return [("code", f"import funnelsim as fs\n{call}")]


def _found(what: str) -> tuple[str, Any, str]:
    """The code that reads it, what it is, and the board for it."""
    from funnelsim.deals import read_deals
    from funnelsim.scenario import load, templates
    from funnelsim.widgets.boards import names

    if what in templates():
        return f"fs.load({what!r})", load(what), "explore"
    path = Path(what)
    if not path.is_file():
        rule = "this is no board, no scenario that comes along, and no file in this folder"
        beside = (str(file) for file in path.parent.glob("*") if file.is_file())
        way_out = nearest(what, [*names(), *templates(), *get_close_matches(what, beside)])
        raise FunnelSimError(str(Problem("funnelsim board", what, rule, way_out)))
    there = str(path.resolve())
    if path.suffix.lower() not in TEXTS:
        try:
            return f"fs.load({there!r})", load(path), "explore"
        except FunnelSimError:
            if path.suffix.lower() not in (".xlsx", ".xls", ".ods"):
                raise  # a workbook without a scenario is an export
    try:
        return f"fs.read_deals({there!r})", read_deals(path), "pipeline"
    except FunnelSimError as error:  # which column is which can be said in a notebook alone
        in_code = f'fs.board(fs.read_deals({what!r}, ...), "pipeline")'
        raise FunnelSimError(f"{error}\nSay so in a notebook: {in_code}") from error


def _all_boards() -> list[tuple[str, str]]:
    """The trainer's page; its first cell speaks of a menu that there is not."""
    import nbformat

    trainers = course_source() / "notebooks" / "trainer.ipynb"
    cells = nbformat.read(trainers, as_version=4).cells[1:]
    return [("markdown", ALL), *((cell.cell_type, cell.source) for cell in cells)]


def _write(page: Path, cells: Sequence[tuple[str, str]]) -> None:
    import nbformat

    v4 = nbformat.v4
    made = [
        v4.new_code_cell(source) if kind == "code" else v4.new_markdown_cell(source)
        for kind, source in [("code", HERE_TOO.format(str(Path.cwd()))), *cells]
    ]
    nbformat.write(v4.new_notebook(cells=made, metadata={"title": "funnelsim"}), page)


def _free() -> int:
    with socket.create_server((HERE, 0)) as free:
        port: int = free.getsockname()[1]
        return port


def board_arguments(page: Path, port: int | None) -> list[str]:
    """What Voila is told: the page, this machine alone, and no style sheet of another one."""
    chosen = [
        str(page),
        f"--Voila.ip={HERE}",
        "--Voila.auto_token=True",  # others on this machine do not come in
        "--VoilaConfiguration.template=funnelsim",
        "--VoilaConfiguration.allow_template_override=NO",
        "--Voila.log_level=WARN",
        # what else is installed in JupyterLab may not run in Voila, and takes time to load
        *(f"--VoilaConfiguration.extension_allowlist={needed}" for needed in EXTENSIONS),
    ]
    if port is not None:
        chosen += [f"--Voila.port={port}", "--Voila.port_retries=0"]
    return chosen


def _serve(page: Path, port: int | None, browser: bool, arguments: Sequence[str]) -> None:
    # where Voila looks for its templates
    paths = [str(SETTINGS), os.environ.get("JUPYTER_PATH", "")]
    os.environ["JUPYTER_PATH"] = os.pathsep.join(path for path in paths if path)
    from voila.app import Voila  # slow to import, and only needed here

    class Shown(Voila):
        def launch_browser(self) -> None:  # called when the port is open
            url = self.display_url
            print(
                f"\nThe board is at port {self.port}, open it at\n\n    {url}\n\n"
                "Ctrl-C here ends it.\n",
                flush=True,
            )
            if browser:
                webbrowser.open(url)

    app = Shown()
    app.initialize([*board_arguments(page, port), *arguments])
    app.start()
