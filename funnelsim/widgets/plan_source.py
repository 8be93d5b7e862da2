"""Where a plan's scenario comes from: one that comes along, a scenario file, or a CRM export.

Of an export the planner says which column means what; the guesses stand there already. What is
open in the export is the state at the start.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import ipywidgets
import pandas as pd

from funnelsim.calibration import Calibration, calibrate
from funnelsim.errors import FunnelSimError
from funnelsim.reading import read_table
from funnelsim.scenario import Scenario, load, templates
from funnelsim.state import State

A_FILE = "a file of your own ..."
NONE = "(none)"
ROLES = {  # what each column may mean, and the words by which it is guessed
    "created": ("Lead came in", ("created", "arrived", "first", "date")),
    "won": ("Deal won", ("won", "closed", "sold")),
    "lost": ("Deal lost", ("lost", "closed")),
    "outcome": ("Outcome (won, lost, open)", ("outcome", "status", "result")),
    "value": ("What the deal is worth", ("value", "amount", "revenue", "worth")),
    "channel": ("Channel", ("channel", "source", "origin")),
    "owner": ("Owner", ("owner", "rep", "seller")),
}
NEEDED = ("created", "won")
DATE = r"\d+[-./]\d+[-./]\d+"


class Source(ipywidgets.VBox):
    """Chooses a scenario; `scenario()` is what it gives, `state()` what is open today.

    `changed` is called when another one is chosen.
    """

    def __init__(self, changed: Callable[[], Any]) -> None:
        self._changed, self._calibrated = changed, dict[str, Calibration]()
        self._is_guessing = False
        names = [(load(name).name, name) for name in templates()]
        self.chosen = ipywidgets.Dropdown(
            options=[*names, (A_FILE, "")],
            value="aida-follow-up",
            description="Scenario",
            style=WIDE,
        )
        self.file = ipywidgets.FileUpload(accept=".toml,.csv", description="Choose a file")
        self.roles = {
            role: ipywidgets.Dropdown(options=[NONE], description=label, style=WIDE)
            for role, (label, _) in ROLES.items()
        }
        self.stages = ipywidgets.SelectMultiple(
            options=[],
            rows=5,
            description="Stages between, by the time they were entered",
            style=WIDE,
        )
        self.columns = ipywidgets.VBox(
            [ipywidgets.HTML("<b>Which column is what?</b>"), *self.roles.values(), self.stages]
        )
        self.told = ipywidgets.HTML("" if os.environ.get("FUNNELSIM_LAB") else _UP_TO)
        self.deals = ipywidgets.FileUpload(accept=".csv", description="Open deals")
        self.customers = ipywidgets.FileUpload(accept=".csv", description="Customers")
        for box in (self.deals, self.customers):
            box.tooltip = "What is there on the first day: a CSV with the columns of fs.State"
        for box in (self.file, self.deals, self.customers):
            box.layout.width = "auto"
        self._running = ipywidgets.HBox(
            [ipywidgets.HTML("Running already"), ipywidgets.VBox([self.deals, self.customers])]
        )
        self._running.add_class("funnelsim-running")
        self._own = ipywidgets.VBox([self.file, self.columns, self.told])
        super().__init__([self.chosen, self._own, self._running])
        self._show()
        self.chosen.observe(lambda _: self._chosen(), "value")
        self.file.observe(lambda _: self._uploaded(), "value")
        for box in (*self.roles.values(), self.stages, self.deals, self.customers):
            box.observe(lambda _: self._role_chosen(), "value")

    @property
    def is_export(self) -> bool:
        return not self.chosen.value and self._name().lower().endswith(".csv")

    def scenario(self) -> Scenario | Calibration:
        """The scenario, or the calibration of an export; FunnelSimError if there is none."""
        if self.chosen.value:
            return load(self.chosen.value)
        if not self.file.value:
            raise FunnelSimError("Choose a scenario file (.toml) or an export of your CRM (.csv).")
        if self.is_export:
            return self._calibration()
        content = bytes(self.file.value[0]["content"])
        try:
            text = content.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise FunnelSimError(f"{self._name()} cannot be read as UTF-8 text: {error}") from None
        return Scenario.from_toml(text, source=self._name())

    def state(self) -> State | None:
        """What is there on the first day: the open deals of an export, or what two files say."""
        if not self.is_export:
            tables = [_csv(box) for box in (self.deals, self.customers)]
            return State(*tables) if any(table is not None for table in tables) else None
        state = self._calibration().state
        return state if len(state.deals) else None

    def _calibration(self) -> Calibration:
        """Found once for each choice of columns."""
        roles = {r: box.value for r, box in self.roles.items() if box.value != NONE}
        lacking = [ROLES[role][0] for role in NEEDED if role not in roles]
        if lacking:
            raise FunnelSimError(f"Say which column is: {', '.join(lacking)}.")
        key = repr((self._name(), len(self.file.value[0]["content"]), roles, self.stages.value))
        if key not in self._calibrated:
            found = calibrate(
                self._table(), stages=list(self.stages.value), name=self._name(), **roles
            )
            self._calibrated = {key: found}
            self.told.value = (
                f"<details><summary>{found.overall:.1%} of the leads become customers "
                f"(± {found.overall_se:.1%}); {len(found.state.deals):,} deals are open. What was "
                f"used and left out</summary>{found.report._repr_html_()}</details>"
            )
        return self._calibrated[key]

    def _name(self) -> str:
        return str(self.file.value[0]["name"]) if self.file.value else ""

    def _table(self) -> pd.DataFrame:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "export.csv"
            path.write_bytes(bytes(self.file.value[0]["content"]))
            return read_table(path)

    def _chosen(self) -> None:
        self._show()
        self._changed()

    def _uploaded(self) -> None:
        self.told.value = ""
        if self.is_export:
            try:
                table = self._table()
            except FunnelSimError as error:
                self.told.value = problem(error)
                table = pd.DataFrame()
            self._guess_columns(table)
        self._show()
        self._changed()

    def _guess_columns(self, table: pd.DataFrame) -> None:
        names = [str(name) for name in table.columns]
        self._is_guessing = True
        for role, box in self.roles.items():
            box.options = [NONE, *names]
            box.value = _guess(names, ROLES[role][1])
        self.stages.options = names
        self.stages.value = _between(table, *(self.roles[role].value for role in NEEDED))
        self._is_guessing = False

    def _role_chosen(self) -> None:
        if not self._is_guessing:  # of a large export each calibration takes its time
            self._changed()

    def _show(self) -> None:
        self._own.layout.display = "none" if self.chosen.value else ""
        self.columns.layout.display = "" if self.is_export else "none"
        self._running.layout.display = "none" if self.is_export else ""


WIDE = {"description_width": "12em"}
_UP_TO = (  # the limit of Jupyter's own server, of which nobody hears
    "A file of more than 10 MB only arrives where JupyterLab was started by "
    "<code>funnelsim lab</code>."
)


def _csv(box: ipywidgets.FileUpload) -> pd.DataFrame | None:
    """The table of an uploaded file; None where there is none."""
    if not box.value:
        return None
    try:
        return pd.read_csv(BytesIO(bytes(box.value[0]["content"])), encoding="utf-8-sig")
    except ValueError as error:  # pandas' own errors are ValueErrors
        name = box.value[0]["name"]
        raise FunnelSimError(f"{name} cannot be read as a table: {error}") from None


def _guess(names: list[str], words: tuple[str, ...]) -> str:
    """The first column whose name holds the first of these words that any holds."""
    for word in words:
        for name in names:
            if word in name.lower():
                return name
    return NONE


def _between(table: pd.DataFrame, created: str, won: str) -> list[str]:
    """The columns with dates that stand between the two: stages, most likely."""
    names = [str(name) for name in table.columns]
    if created not in names or won not in names:
        return []
    found = names[names.index(created) + 1 : names.index(won)]
    return [name for name in found if table[name].astype(str).str.contains(DATE).any()]


def problem(error: Exception) -> str:
    """What is wrong, as it stands in a form."""
    from html import escape

    text = escape(str(error)).replace("\n", "<br>")
    return f'<p class="funnelsim-problem">{text}</p>'
