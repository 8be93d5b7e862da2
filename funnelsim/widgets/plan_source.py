"""Where a plan's scenario comes from: one that comes along, a scenario file, or a CRM export.

Of an export the planner says which column means what; the guesses stand there already. What is
open in the export is the state at the start.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from html import escape
from typing import Any

import ipywidgets
import pandas as pd

from funnelsim.calibration import Calibration, calibrate
from funnelsim.errors import FunnelSimError
from funnelsim.reading import table_of
from funnelsim.scenario import Scenario, load, templates
from funnelsim.state import State
from funnelsim.widgets.plan_columns import (
    NONE,
    ROLES,
    between,
    guessed,
    kinds_of,
    words_of,
    words_that_say,
)

A_FILE = "a file of your own ..."
NEEDED = ("created", "won")
FATES = {"won_value": ("Won is called", "won"), "lost_value": ("Lost is called", "lost")}
READ_AS = {  # what no value of a column decides: asked for only then
    "dayfirst": ("03/04/2026 is", (("3 April", True), ("March 4", False))),
    "decimal": ("Amounts are like", (("1.234,50", ","), ("1,234.50", "."))),
}
SEVERAL = "Ctrl-click (on a Mac ⌘-click) chooses several, or none."
_UP_TO = (  # the limit of Jupyter's own server, of which nobody hears
    "A file of more than 10 MB only arrives where JupyterLab was started by "
    "<code>funnelsim lab</code>."
)


class Source(ipywidgets.VBox):
    """Chooses a scenario; `scenario()` is what it gives, `state()` what is open today.

    `changed` is called with True when another one is chosen, with False when the same one is read
    in another way: another column, or other business that is running already. `used` is for the
    form to place: what was used of an export is too wide for a column of choices.
    """

    def __init__(self, changed: Callable[[bool], Any]) -> None:
        self._changed, self._calibrated = changed, dict[str, Calibration]()
        self._read: pd.DataFrame | FunnelSimError = pd.DataFrame()  # the export, or why not
        self._unclear: set[str] = set()  # of READ_AS
        self._is_guessing = False
        names = [(load(name).name, name) for name in templates()]
        self.chosen = _choice("Scenario", [*names, (A_FILE, "")], "aida-follow-up")
        self.file = ipywidgets.FileUpload(accept=".toml,.csv,.txt", description="Choose a file")
        self.roles = {name: _choice(role.label, [NONE]) for name, role in ROLES.items()}
        self.words = {name: _several(label) for name, (label, _) in FATES.items()}
        self.read_as = {
            name: _choice(label, [("(not decided)", None), *options])
            for name, (label, options) in READ_AS.items()
        }
        self.stages = _several("Stages between")
        several = ipywidgets.HTML(f"The time that each stage was entered. {SEVERAL}")
        several.add_class("funnelsim-several")
        title = ipywidgets.HTML("<b>Which column is what?</b>")
        boxes: list[Any] = list(self.roles.values())
        boxes[4:4] = self.words.values()  # below the outcome
        boxes += self.read_as.values()
        self.columns = ipywidgets.VBox([title, *boxes, self.stages, several])
        self.told = ipywidgets.HTML("" if os.environ.get("FUNNELSIM_LAB") else _UP_TO)
        self.used = ipywidgets.HTML()
        self.deals = ipywidgets.FileUpload(accept=".csv,.txt", description="Open deals")
        self.customers = ipywidgets.FileUpload(accept=".csv,.txt", description="Customers")
        for box in (self.deals, self.customers):
            box.tooltip = "What is there on the first day: a CSV with the columns of fs.State"
        for box in (self.file, self.deals, self.customers):
            box.layout.width = "auto"
        self._running = ipywidgets.HBox(
            [ipywidgets.HTML("Running already"), self.deals, self.customers]
        )
        self._running.add_class("funnelsim-running")
        self._own = ipywidgets.VBox([self.file, self.columns, self.told])
        super().__init__([self.chosen, self._own, self._running])
        self._show()
        self.chosen.observe(lambda _: self._another(), "value")
        self.file.observe(lambda _: self._uploaded(), "value")
        self.roles["outcome"].observe(lambda _: self._guess_words(), "value")
        for box in (*boxes, self.stages, self.deals, self.customers):
            box.observe(lambda _: self._read_anew(), "value")

    @property
    def is_export(self) -> bool:
        """Whatever is no scenario file: what cannot be read is said of it as of an export."""
        return not self.chosen.value and bool(self._name()) and not self._is_toml()

    def scenario(self) -> Scenario | Calibration:
        """The scenario, or the calibration of an export; FunnelSimError if there is none."""
        if self.chosen.value:
            return load(self.chosen.value)
        if not self.file.value:
            raise FunnelSimError("Choose a scenario file (.toml) or an export of your CRM (.csv).")
        if self.is_export:
            return self._calibration()
        try:
            text = self._content().decode("utf-8-sig")
        except UnicodeDecodeError:
            raise FunnelSimError(
                f"{self._name()} cannot be read as UTF-8 text; save the scenario file as UTF-8"
            ) from None
        return Scenario.from_toml(text, source=self._name())

    def state(self) -> State | None:
        """What is there on the first day: the open deals of an export, or what two files say."""
        if not self.is_export:
            files = [_file(box) for box in (self.deals, self.customers)]
            return State.of_files(*files) if any(files) else None
        state = self._calibration().state
        return state if len(state.deals) else None

    def _calibration(self) -> Calibration:
        """Found once for each choice of columns."""
        if isinstance(self._read, FunnelSimError):
            raise self._read
        roles = {name: box.value for name, box in self.roles.items() if box.value != NONE}
        stages = list(self.stages.value)
        self._refuse(roles, stages)
        told: dict[str, Any] = {name: box.value for name, box in self.read_as.items()}
        for name, box in self.words.items():
            told[name] = list(box.value)
        key = repr((roles, stages, told))
        if key not in self._calibrated:
            try:
                found = calibrate(self._read, stages=stages, name=self._name(), **roles, **told)
            except FunnelSimError as error:
                raise self._in_the_words_of_the_form(error) from None
            self._calibrated = {key: found}
            self.told.value, self.used.value = _came_of_it(found), _used(found)
        return self._calibrated[key]

    def _refuse(self, roles: dict[str, str], stages: list[str]) -> None:
        """FunnelSimError for choices of columns that do not go together."""
        lacking = [ROLES[name].label for name in NEEDED if name not in roles]
        if lacking:
            raise FunnelSimError(f"Say which column is: {', '.join(lacking)}.")
        label = {name: ROLES[name].label for name in roles}
        created, won, lost, outcome = (
            roles.get(name) for name in ("created", "won", "lost", "outcome")
        )
        if created in (won, lost):
            raise FunnelSimError(
                f"{label['created']} has a column of its own: not {created!r} too."
            )
        if won == lost and not outcome:
            raise FunnelSimError(
                f"{won!r} is the date of both, won and lost: choose the column of the outcome."
            )
        if twice := [stage for stage in stages if stage in (created, won, lost)]:
            raise FunnelSimError(
                f"{twice[0]!r} is a stage between and a date of its own: leave it out of one of "
                f"them. {SEVERAL}"
            )
        won_by, lost_by = (set(box.value) for box in self.words.values())
        if both := sorted(won_by & lost_by):
            raise FunnelSimError(f"{both[0]!r} means won or lost, not both. {SEVERAL}")
        if outcome and not won_by and set(self.words["won_value"].options) - lost_by:
            raise FunnelSimError(
                f"Say which word in the column {outcome!r} means won, or choose {NONE} as outcome."
            )

    def _in_the_words_of_the_form(self, error: FunnelSimError) -> FunnelSimError:
        """What `calibrate` asks for by the name of an argument, the form asks for by a choice."""
        text = str(error)
        for name, (label, _) in READ_AS.items():
            if f"; say {name}=" in text:
                self._unclear.add(name)
                self._show()
                text = text.partition("; say ")[0] + f'; choose it above, at "{label}"'
        return FunnelSimError(text)

    def _name(self) -> str:
        return str(self.file.value[0]["name"]) if self.file.value else ""

    def _content(self) -> bytes:
        return bytes(self.file.value[0]["content"])

    def _is_toml(self) -> bool:
        return self._name().lower().endswith(".toml")

    def _another(self) -> None:
        self._show()
        self._changed(True)

    def _uploaded(self) -> None:
        self.told.value = self.used.value = ""
        self._calibrated, self._unclear = {}, set()
        if self.is_export:
            try:
                self._read = table_of(self._content(), self._name())
            except FunnelSimError as error:
                self._read = error
            self._guess_columns()
        self._another()

    def _guess_columns(self) -> None:
        table = self._read if isinstance(self._read, pd.DataFrame) else pd.DataFrame()
        found = guessed(table)
        self._is_guessing = True
        for name, box in self.roles.items():
            box.options = [NONE, *dict.fromkeys(map(str, table.columns))]
            box.value = found[name]
        for box in self.read_as.values():
            box.value = None
        self.stages.options = [n for n, kind in kinds_of(table).items() if kind in ("date", "")]
        self.stages.value = between(table, found)
        self._is_guessing = False
        self._guess_words()

    def _guess_words(self) -> None:
        """The words of the outcome, and which of them say won and lost."""
        outcome, words = self.roles["outcome"].value, list[str]()
        if isinstance(self._read, pd.DataFrame) and outcome in self._read:
            cells = self._read[outcome]
            words = words_of(cells) if isinstance(cells, pd.Series) else []
        was, self._is_guessing = self._is_guessing, True
        for name, box in self.words.items():
            box.options = words
            box.value = words_that_say(words, FATES[name][1])
        self._is_guessing = was

    def _read_anew(self) -> None:
        if not self._is_guessing:  # of a large export each calibration takes its time
            self._show()
            self._changed(False)

    def _show(self) -> None:
        self._own.layout.display = "none" if self.chosen.value else ""
        readable = self.is_export and isinstance(self._read, pd.DataFrame)
        self.columns.layout.display = self.used.layout.display = "" if readable else "none"
        self._running.layout.display = "none" if self.is_export else ""
        said = [[word.lower() for word in box.value] for box in self.words.values()]
        needed = self.roles["outcome"].value != NONE and said != [["won"], ["lost"]]
        for box in self.words.values():
            box.layout.display = "" if needed else "none"
        for name, box in self.read_as.items():
            box.layout.display = "" if name in self._unclear else "none"


def _choice(label: str, options: Any, value: Any = None) -> ipywidgets.Dropdown:
    given = {} if value is None else {"value": value}
    return ipywidgets.Dropdown(options=options, description=label, **given)


def _several(label: str) -> ipywidgets.SelectMultiple:
    return ipywidgets.SelectMultiple(options=[], rows=4, description=label, tooltip=SEVERAL)


def _file(box: ipywidgets.FileUpload) -> tuple[str, bytes] | None:
    """Name and content of an uploaded file; None where there is none."""
    return (str(box.value[0]["name"]), bytes(box.value[0]["content"])) if box.value else None


def _came_of_it(found: Calibration) -> str:
    """In short: what the export says, what was left out of it, and what was counted as open."""
    lines = [
        f"{found.overall:.1%} of the leads become customers (± {found.overall_se:.1%}); "
        f"{len(found.state.deals):,} deals are open."
    ]
    lines += [
        f"{row['leads']:,} row{'s' * (row['leads'] != 1)} left out: {row['left out because']}."
        for _, row in found.report.left_out.iterrows()
    ]
    minded = re.compile("outcomes read as open|rows that repeat")
    lines += [f"{note}." for note in found.report.notes if minded.match(note)]
    return "".join(f"<p>{escape(line[0].upper() + line[1:])}</p>" for line in lines)


def _used(found: Calibration) -> str:
    return (
        "<details><summary>What was used of the export, and left out</summary>"
        f"{found.report._repr_html_()}</details>"
    )


def problem(error: Exception) -> str:
    """What is wrong, as it stands in a form."""
    text = escape(str(error)).replace("\n", "<br>")
    return f'<p class="funnelsim-problem">{text}</p>'
