"""Another scenario for a board: one that comes along, or the file of one's own.

A panel above the pictures, as `Share` is. What is wrong with a file is said in it, and the board
keeps what it had.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import ipywidgets

from funnelsim.errors import Finding, FunnelSimError, Problem, ScenarioError
from funnelsim.scenario import Scenario, load, templates
from funnelsim.widgets.controls import as_said

TAKEN = ".toml,.json,.html,.xlsx"
NONE = "(choose one)"
LONGEST = 60  # characters of a file's name that stand in messages: each has a place for as many


def read_scenario(name: str, content: bytes) -> Scenario:
    """The scenario in a file of this name: TOML, the same tables as JSON, or what `fs.load` reads.

    FunnelSimError for what is none, ScenarioError for what is wrong in it.

    >>> read_scenario("mine.json", json.dumps(load("aida").tables(), default=str).encode()).name
    'AIDA'
    """
    tables = _tables(content) if name.lower().endswith(".json") else None
    if tables is not None:
        try:
            return Scenario(**tables)
        except ScenarioError as error:
            raise ScenarioError(error.problems, name) from None
    if name.lower().endswith(".toml"):
        try:
            content.decode("utf-8-sig")
        except UnicodeDecodeError:
            rule, way_out = "a scenario file is UTF-8 text", "save it as UTF-8"
            raise FunnelSimError(
                str(Problem(name, Finding("in another encoding"), rule, way_out))
            ) from None
    with tempfile.TemporaryDirectory() as folder:
        plain = Path(name.replace("\0", "")).name
        path = Path(folder) / (plain[-LONGEST:] or "scenario.toml")
        path.write_bytes(content)
        return load(path)


def _tables(content: bytes) -> dict[str, Any] | None:
    """The tables of a scenario in JSON; None for other JSON, such as a chart that holds one."""
    try:
        found = json.loads(content)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) and "$schema" not in found else None


class Opened(ipywidgets.VBox):
    """The panel; `opens` is its button.

    `take` puts a scenario on the board. It may raise a FunnelSimError, which the panel says.
    """

    def __init__(self, take: Callable[[Scenario], None]) -> None:
        self._take = take
        self.opens = ipywidgets.ToggleButton(
            description="Scenario", tooltip="Another scenario on this board: a named one, or a file"
        )
        names = [(f"{load(name).name} ({name})", name) for name in templates()]
        self.chosen = ipywidgets.Dropdown(
            options=[(NONE, ""), *names], value="", description="Scenario"
        )
        self.file = ipywidgets.FileUpload(accept=TAKEN, description="Open a file", multiple=False)
        self.file.tooltip = "A scenario as a file: .toml, .json, a report or workbook of funnelsim"
        self._said = ipywidgets.HTML()
        super().__init__([ipywidgets.HBox([self.chosen, self.file]), self._said])
        self.add_class("funnelsim-share")
        self.layout.display = "none"
        self.chosen.observe(lambda _: self._named(), "value")
        self.file.observe(lambda _: self._uploaded(), "value")
        self.opens.observe(lambda change: self._show(change["new"]), "value")

    @property
    def said(self) -> str:
        """What the panel says, as HTML."""
        return str(self._said.value)

    def _show(self, is_open: bool) -> None:
        self.layout.display = None if is_open else "none"
        self._said.value = ""

    def _named(self) -> None:
        if self.chosen.value:
            self._tried(lambda: load(self.chosen.value))

    def _uploaded(self) -> None:
        if self.file.value:
            given = self.file.value[0]
            self._tried(lambda: read_scenario(str(given["name"]), bytes(given["content"])))
            self.file.value = ()  # so that the same file, corrected, is read again

    def _tried(self, reads: Callable[[], Scenario]) -> None:
        try:
            scenario = reads()
            self._take(scenario)
            kind, said = "done", f"The board shows {scenario.name}."
        except FunnelSimError as error:
            kind, said = "funnelsim-problem", str(error)
        self._said.value = as_said(said, kind)
