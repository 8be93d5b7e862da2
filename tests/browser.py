"""A JupyterLab and a browser for the tests: starts both, runs notebooks, keeps the network shut.

`lab(folder)` serves a copy of a course on the loopback; `Lab.page()` is a Chromium page in which
no request leaves this machine and every attempt is written down in `page.strangers`. `board(what)`
is the address of what `funnelsim board` shows.
"""

from __future__ import annotations

import contextlib
import os
import re
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import nbformat
from playwright.sync_api import BrowserContext, Page, Route, TimeoutError, expect, sync_playwright

REPOSITORY = Path(__file__).resolve().parents[1]
LOOPBACK = {"127.0.0.1", "localhost", "::1"}
QUIET = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update",
)  # fmt: skip
KERNEL = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
DRAWN = "() => document.querySelectorAll('.funnelsim-live-chart .funnelsim-chart svg').length >= 2"
CHARTS_FILL_THEIR_BOXES = """() => [...document.querySelectorAll('.funnelsim-chart')].every(
  box => Math.abs(box.querySelector('svg').clientWidth - box.clientWidth) < 2)"""
PATIENCE = 600_000  # ms for anything to appear: a slow machine is not a failure, a hang is
expect.set_options(timeout=PATIENCE)  # else each has five seconds


class Lab:
    """A JupyterLab that runs, and a browser to look at it."""

    def __init__(self, url: str, token: str, context: BrowserContext) -> None:
        self.url, self.token, self._context = url, token, context

    def page(self, width: int = 1280, height: int = 800) -> Page:
        """A page of this size; `page.strangers` collects requests to other machines."""
        page = self._context.new_page()
        page.set_viewport_size({"width": width, "height": height})
        page.set_default_timeout(PATIENCE)
        page.strangers = []

        def only_here(route: Route) -> None:
            host = urlsplit(route.request.url).hostname
            if host in LOOPBACK or route.request.url.startswith(("data:", "blob:")):
                route.continue_()
            else:
                page.strangers.append(route.request.url)
                route.abort()

        page.route("**/*", only_here)
        return page

    def open(self, page: Page, path: str, kernel: bool = True) -> None:
        """Open a notebook in a fresh Lab and wait until it is there."""
        page.goto(f"{self.url}/lab/tree/{path}?reset&token={self.token}")
        page.wait_for_function(IS_THERE)
        if kernel:
            page.wait_for_function(KERNEL_IS_IDLE)

    def open_instead(self, page: Page, path: str) -> None:
        """Open a notebook in place of the one that is open, if any: Lab is not loaded anew."""
        if not page.evaluate("() => !!window.jupyterapp"):
            return self.open(page, path)
        self.save_and_stop(page)
        page.evaluate("() => jupyterapp.shell.currentWidget.close()")
        page.wait_for_function("() => !document.querySelector('.jp-NotebookPanel')")
        # nothing is returned: what the command gives is too much to be sent
        page.evaluate(
            "async path => { await jupyterapp.commands.execute('docmanager:open', {path}); }", path
        )
        page.wait_for_function(IS_THERE)
        page.wait_for_function(KERNEL_IS_IDLE)
        return None

    def open_start(self, page: Page) -> None:
        """What a reader sees first."""
        page.goto(f"{self.url}/?token={self.token}")

    def show(self, page: Page, selector: str) -> None:
        """Scroll down until it is in view: Lab draws only the cells that are.

        On a busy machine a cell has left the window before Lab has drawn it: then once more from
        the top, and slower.
        """
        panel = page.locator(".jp-NotebookPanel .jp-WindowedPanel-outer").first
        target, end, pause = page.locator(selector).first, time.monotonic() + PATIENCE / 1000, 20
        while not target.is_visible():
            moved = panel.evaluate(
                "panel => { const before = panel.scrollTop; panel.scrollBy(0, 300);"
                " return panel.scrollTop > before; }"
            )
            page.wait_for_timeout(pause)
            if not moved:
                assert time.monotonic() < end, f"{selector} does not come into view"
                panel.evaluate("panel => panel.scrollTo(0, 0)")
                pause = min(2 * pause, 2_000)
        target.scroll_into_view_if_needed()

    def save_and_stop(self, page: Page) -> None:
        """Save the notebook and end its kernel, as closing Lab for the day does."""
        page.evaluate("() => jupyterapp.commands.execute('docmanager:save')")
        page.evaluate("() => jupyterapp.shell.currentWidget.sessionContext.shutdown()")

    def run_all(self, page: Page) -> None:
        """Run all cells and wait until the last has run; a click too early is lost, so again.

        Raises AssertionError with the traceback of the first cell that fails.
        """
        page.wait_for_function(KERNEL_IS_IDLE)
        # what an earlier run left in the file is no sign that this one has begun
        page.evaluate("() => jupyterapp.commands.execute('notebook:clear-all-cell-outputs')")
        for patience in (5_000, 30_000, 120_000, PATIENCE):
            page.get_by_role("menuitem", name="Run", exact=True).first.click()
            page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
            with contextlib.suppress(TimeoutError):
                page.wait_for_function(f"() => {CELLS}.some({BEGUN})", timeout=patience)
                break
        # after a failure the cells behind it never run
        page.wait_for_function(
            f"() => {FAILURES}.length || {CELLS}.every(cell => cell.executionCount)"
        )
        page.wait_for_function(KERNEL_IS_IDLE)
        failures = page.evaluate(f"() => {FAILURES}.map(f => f.traceback.join('\\n'))")
        assert not failures, failures[0]


# Lab draws only the cells in view, so what has run is asked of its model of the notebook.
IS_THERE = "() => window.jupyterapp?.shell.currentWidget?.content?.widgets"
KERNEL_IS_IDLE = (
    "() => jupyterapp.shell.currentWidget?.sessionContext?.session?.kernel?.status === 'idle'"
)
CELLS = (
    "jupyterapp.shell.currentWidget.content.widgets"
    ".map(w => w.model).filter(m => m.type === 'code' && m.sharedModel.source.trim())"
)
BEGUN = "cell => cell.executionState === 'running' || cell.executionCount"
FAILURES = (
    f"{CELLS}.flatMap(m => m.sharedModel.getOutputs()).filter(o => o.output_type === 'error')"
)


@contextlib.contextmanager
def lab(folder: Path, chromium: Path) -> Iterator[Lab]:
    """JupyterLab on a folder, and a Chromium; both are gone afterwards."""
    with tempfile.TemporaryDirectory() as home, contextlib.ExitStack() as stack:
        url, token = stack.enter_context(_server(folder, Path(home)))
        playwright = stack.enter_context(sync_playwright())
        context = playwright.chromium.launch_persistent_context(
            str(Path(home) / "browser"), executable_path=str(chromium), headless=True, args=[*QUIET]
        )
        stack.callback(context.close)
        yield Lab(url, token, context)


@contextlib.contextmanager
def _server(folder: Path, home: Path) -> Iterator[tuple[str, str]]:
    from funnelsim.lab import lab_arguments

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    token = secrets.token_hex(16)
    # a home of its own: what the developer has set in Lab does not count, nor is it touched
    places = {"JUPYTER_CONFIG_DIR": "config", "JUPYTER_DATA_DIR": "data", "IPYTHONDIR": "ipython",
              "JUPYTERLAB_SETTINGS_DIR": "settings", "JUPYTERLAB_WORKSPACES_DIR": "workspaces",
              "JUPYTER_RUNTIME_DIR": "runtime"}  # fmt: skip
    environment = {**os.environ, **{name: str(home / place) for name, place in places.items()}}
    paths = [str(REPOSITORY), os.environ.get("PYTHONPATH", "")]
    environment["PYTHONPATH"] = os.pathsep.join(path for path in paths if path)
    arguments = [
        *lab_arguments(folder, browser=False),
        f"--ServerApp.port={port}", "--ServerApp.port_retries=0", "--ServerApp.ip=127.0.0.1",
        f"--IdentityProvider.token={token}", "--LabApp.expose_app_in_browser=True",
    ]  # fmt: skip
    log = home / "lab.log"
    with log.open("wb") as sink:
        process = subprocess.Popen(
            [sys.executable, "-m", "jupyterlab", *arguments],
            cwd=folder, env=environment, stdout=sink, stderr=subprocess.STDOUT,
        )  # fmt: skip
        try:
            url = f"http://127.0.0.1:{port}"
            _wait_for(f"{url}/api?token={token}", process, log)
            yield url, token
        finally:
            process.terminate()
            try:
                process.wait(timeout=60)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


@contextlib.contextmanager
def board(folder: Path, *what: str) -> Iterator[str]:
    """The address at which `funnelsim board` shows this, called in the folder; gone afterwards."""
    log = folder / "board.log"
    command = [sys.executable, "-m", "funnelsim", "board", *what, "--no-browser", "--port=0"]
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY)}
    with log.open("wb") as sink:
        process = subprocess.Popen(
            command, cwd=folder, env=environment, stdout=sink, stderr=subprocess.STDOUT
        )
        try:
            yield _told_address(process, log)
        finally:
            process.terminate()
            process.wait(timeout=60)


def _told_address(process: subprocess.Popen[bytes], log: Path) -> str:
    end = time.monotonic() + PATIENCE / 1000
    while time.monotonic() < end and process.poll() is None:
        told = re.search(r"at port \d+, open it at\s+(\S+)", log.read_text("utf-8"))
        if told:
            return told[1]
        time.sleep(0.05)
    raise RuntimeError(f"no board is shown:\n{log.read_text('utf-8')}")


def _wait_for(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + PATIENCE / 1000
    while time.monotonic() < deadline:
        if process.poll() is not None:
            break
        with contextlib.suppress(OSError), urllib.request.urlopen(url, timeout=60):
            return
        time.sleep(0.1)
    raise RuntimeError(
        f"JupyterLab did not start:\n{log.read_text(encoding='utf-8', errors='replace')}"
    )


def write_notebook(path: Path, *sources: str) -> None:
    """A notebook of these code cells."""
    cells = [nbformat.v4.new_code_cell(source) for source in sources]
    nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": KERNEL}), path)


def course_copy(folder: Path) -> Path:
    """The course in a folder of its own, so that a test writes into no notebook of the project."""
    for name in ("notebooks", "exercises", "datasets"):
        if (REPOSITORY / name).is_dir():
            shutil.copytree(
                REPOSITORY / name,
                folder / name,
                ignore=shutil.ignore_patterns(".ipynb_checkpoints"),
            )
    return folder
