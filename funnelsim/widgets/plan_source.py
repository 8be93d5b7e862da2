"""Where a plan's scenario comes from: one that comes along, a scenario file, or a CRM export.

Of an export the planner says which column means what; the guesses stand there already. What is
open in the export is the state at the start.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from typing import Any

import ipywidgets
import pandas as pd
from markupsafe import Markup

from funnelsim import charts
from funnelsim.calibration import Calibration, calibrate
from funnelsim.calibration.report import curve_sentences, curves_as_text
from funnelsim.deals import Deals, Guess, read_deals, words_that_say
from funnelsim.errors import FunnelSimError, QuestionError
from funnelsim.pages import page
from funnelsim.reading import Findings, table_of
from funnelsim.report.frame import WIDE, svg
from funnelsim.scenario import Scenario, load, templates
from funnelsim.state import State
from funnelsim.tables import as_html
from funnelsim.widgets.plan_columns import (
    NONE,
    ROLES,
    SEVERAL,
    dates_of,
    guess_of,
    is_log,
    refuse,
    words_of,
)

FATES_OVER_TIME = "What became of the leads, by their age"
A_FILE = "a file of your own ..."
TABLES = ".csv,.txt,.tsv,.xlsx,.xls,.xlsm,.ods,.parquet"
FATES = {"won_value": ("Won is called", "won"), "lost_value": ("Lost is called", "lost")}
READ_AS = {  # what no value of a column decides: asked for only then
    "dayfirst": ("03/04/2026 is", (("3 April", True), ("March 4", False))),
    "yearfirst": ("26-12-30 is", (("30 December 2026", True), ("26 December 2030", False))),
    "decimal": ("Amounts are like", (("1.234,50", ","), ("1,234.50", "."))),
    "currency": ("The currency that counts", ()),
    "encoding": ("The text reads", ()),
}
_UP_TO = (  # the limit of Jupyter's own server, of which nobody hears
    "A file of more than 10 MB only arrives where JupyterLab was started by "
    "<code>funnelsim lab</code>."
)
LINES = "{% for line in lines %}<p>{{ line }}</p>{% endfor %}"
USED = """<details><summary>What was read: three rows, and which column is what</summary>
{{- rows }}{{ columns }}</details>
<details><summary>{{ title }}</summary><figure>{{ picture }}</figure>
{%- for line in sentences %}<p>{{ line }}</p>{% endfor %}{{ table }}</details>
<details><summary>What was used of the export, and left out</summary>{{ report }}</details>"""
PROBLEM = '<p class="funnelsim-problem">{{ lines | join("<br>" | safe) }}</p>'


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
        self._guess = Guess()
        self._guessed_words: dict[str, list[str]] = {}  # of the outcome
        self._findings = Findings()  # of the file
        self._is_guessing = False
        names = [(load(name).name, name) for name in templates()]
        self.chosen = _choice("Scenario", [*names, (A_FILE, "")], "aida-follow-up")
        self.file = ipywidgets.FileUpload(accept=f".toml,{TABLES}", description="Choose a file")
        self.roles = {name: _choice(label, [NONE]) for name, label in ROLES.items()}
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
        boxes[5:5] = self.words.values()  # below the outcome
        boxes += self.read_as.values()
        self.export_date = ipywidgets.Text(
            description="Taken on", placeholder="as the export shows", continuous_update=False
        )
        self.team = ipywidgets.Checkbox(
            description="A team, of owners and first contacts", indent=False
        )
        boxes += [self.export_date, self.team]
        self.columns = ipywidgets.VBox([title, *boxes, self.stages, several])
        self.told = ipywidgets.HTML("" if os.environ.get("FUNNELSIM_LAB") else _UP_TO)
        self.used = ipywidgets.HTML()
        self.deals = ipywidgets.FileUpload(accept=TABLES, description="Open deals")
        self.customers = ipywidgets.FileUpload(accept=TABLES, description="Customers")
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
        for name in ("outcome", "stage", "time"):
            self.roles[name].observe(lambda _: self._guess_words(), "value")
        self.read_as["encoding"].observe(lambda _: self._read_file(), "value")
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
            raise FunnelSimError(
                "Choose a scenario file (.toml) or an export of your CRM (.csv, .xlsx)."
            )
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
        if not self.team.value:
            roles.pop("contacted", None)  # it may be a stage as well
        stages, words = list(self.stages.value), self._said()
        if self._read.empty:
            read_deals(self._read)  # which says so
        refuse(roles, stages, words, set(self.words["won_value"].options))
        told: dict[str, Any] = {name: box.value for name, box in self.read_as.items()}
        told["export_date"] = self.export_date.value.strip() or None
        for name, said in words.items():  # what was guessed is not told: so what is odd is asked
            told[name] = None if said == self._guessed_words.get(name) else said
        key = repr((roles, stages, told, self.team.value))
        if key not in self._calibrated:
            try:
                between: dict[str, Any] = {} if is_log(roles) else {"stages": stages}
                deals = read_deals(self._read, **roles, **told, **between)
                deals.notes[:0] = self._findings.notes
                found = calibrate(deals, name=self._name(), team=self.team.value)
            except FunnelSimError as error:
                raise self._in_the_words_of_the_form(error) from None
            self._calibrated = {key: found}
            self.told.value, self.used.value = _came_of_it(found), _used(found, deals)
        return self._calibrated[key]

    def _said(self) -> dict[str, list[str]]:
        return {name: list(box.value) for name, box in self.words.items()}

    def _in_the_words_of_the_form(self, error: FunnelSimError) -> FunnelSimError:
        """What `calibrate` asks for by the name of an argument, the form asks for by a choice."""
        if not isinstance(error, QuestionError):
            return error
        name, text = error.argument, str(error).partition("; say ")[0].partition(". Say ")[0]
        if name in READ_AS:
            label, options = READ_AS[name]
            self._offer(name, options or tuple(error.choices.items()))
        elif name in FATES:
            label = FATES[name][0]
            self._unclear.add(name)
        else:
            return error
        self._show()
        return FunnelSimError(f'{text}; choose it above, at "{label}"')

    def _offer(self, name: str, options: Any) -> None:
        """Shows a choice that is needed, with what it may be; what was chosen stays."""
        box, was = self.read_as[name], self._is_guessing
        self._unclear.add(name)
        offered = [("(not decided)", None), *options]
        if list(box.options) != offered:
            self._is_guessing, kept = True, box.value
            box.options = offered
            box.value = kept if kept in [value for _, value in offered] else None
            self._is_guessing = was

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
        self._is_guessing = True
        for box in self.read_as.values():
            box.value = None
        self.export_date.value, self.team.value = "", False
        self._is_guessing = False
        self._read_file()
        self._another()

    def _read_file(self) -> None:
        """The export as a table, and what its columns are guessed to be."""
        if not self.is_export or self._is_guessing:
            return
        self._findings = Findings()
        try:
            self._read = table_of(
                self._content(),
                self._name(),
                encoding=self.read_as["encoding"].value,
                findings=self._findings,
            )
        except FunnelSimError as error:
            self._read = error
            if isinstance(error, QuestionError):
                self._read = self._in_the_words_of_the_form(error)
        self._guess_columns()

    def _guess_columns(self) -> None:
        table = self._read if isinstance(self._read, pd.DataFrame) else pd.DataFrame()
        self._guess, found = guess_of(table)
        self._is_guessing = True
        for name, box in self.roles.items():
            box.options = [NONE, *dict.fromkeys(map(str, table.columns))]
            box.value = found[name]
        self.stages.options = dates_of(table)
        self.stages.value = [c for c in self._guess.stages.values() if c in self.stages.options]
        self._is_guessing = False
        self._guess_words()

    def _guess_words(self) -> None:
        """The words of the outcome, or of a log's stages, and which of them say won and lost."""
        role = "outcome" if self.roles["time"].value == NONE else "stage"
        column, words = self.roles[role].value, list[str]()
        if isinstance(self._read, pd.DataFrame) and column in self._read:
            cells = self._read[column]
            words = words_of(cells) if isinstance(cells, pd.Series) else []
        was, self._is_guessing = self._is_guessing, True
        flags = dict(zip(FATES, self._guess.words, strict=True))
        self._guessed_words = {}
        for name, box in self.words.items():
            box.options = words
            meant, flag = words_that_say(words, FATES[name][1]), flags[name]
            if flag is None or column != self._guess.roles.get("outcome"):
                self._guessed_words[name] = meant
            else:
                meant = [word for word in flag if word in words]
            box.value = meant
        self._is_guessing = was

    def _read_anew(self) -> None:
        if not self._is_guessing:  # of a large export each calibration takes its time
            self._show()
            self._changed(False)

    def _show(self) -> None:
        self._own.layout.display = "none" if self.chosen.value else ""
        readable = self.is_export and isinstance(self._read, pd.DataFrame)
        self.used.layout.display = "" if readable else "none"
        asked = self.is_export and bool(self._unclear)
        self.columns.layout.display = "" if readable or asked else "none"
        self._running.layout.display = "none" if self.is_export else ""
        said = [[word.lower() for word in box.value] for box in self.words.values()]
        has_words = bool(self.words["won_value"].options)
        needed = has_words and (said != [["won"], ["lost"]] or bool(self._unclear & set(FATES)))
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
    minded = re.compile(
        "outcomes read as open|rows that repeat|export date|its headings|.* no date: "
        "|.*by capital letters alone|column .* is not read as"
    )
    lines += [f"{note}." for note in found.report.notes if minded.match(note)]
    return page(LINES, lines=[line[0].upper() + line[1:] for line in lines])


def _used(found: Calibration, deals: Deals) -> str:
    """Folded away: what was read, with three rows; the curves of both fates, with their text and
    table; and the whole report."""
    rows = deals.sample.fillna("").astype(str)
    rows.insert(0, deals.sample.index.name or "row", [str(label) for label in rows.index])
    return page(
        USED,
        rows=Markup(as_html(rows)),
        columns=Markup(as_html(deals.columns[deals.columns["taken for"] != ""])),
        title=FATES_OVER_TIME,
        picture=Markup(svg(charts.fates(found), WIDE, FATES_OVER_TIME)),
        sentences=curve_sentences(found.curves),
        table=Markup(as_html(curves_as_text(found.curves))),
        report=Markup(found.report._repr_html_()),
    )


def problem(error: Exception) -> str:
    """What is wrong, as it stands in a form."""
    return page(PROBLEM, lines=str(error).split("\n"))
