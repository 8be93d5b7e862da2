"""A planner's form: say the target, read the answer in words and pictures, save it.

    fs.plan_form()

Whoever plans writes no code. What cannot be is said in the form, and no entry is lost: another
column, or other business that is running, is another reading of the same question, and asked again.
Another scenario is another question: only the chance asked for stays. While an answer is worked out
the one before is still there, and stays if that is stopped.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import ipywidgets
import numpy as np

from funnelsim import charts
from funnelsim.calibration import Calibration
from funnelsim.engines import simulate_together
from funnelsim.errors import FunnelSimError
from funnelsim.metrics.planned import METRICS, result
from funnelsim.planner import Plan, forecast, plan
from funnelsim.planner.backtests import tried
from funnelsim.planner.question import PERIODS
from funnelsim.report import write_report
from funnelsim.scenario import Scenario, load
from funnelsim.scenario.parameters import parameter
from funnelsim.widgets import workers
from funnelsim.widgets.live_chart import STATIC
from funnelsim.widgets.plan_answer import (
    BUSY,
    backtest,
    chance,
    picture,
    pictures_of,
    saved,
    words,
)
from funnelsim.widgets.plan_source import Source, problem
from funnelsim.widgets.stoppable import Listener, Steps, Stoppable
from funnelsim.workbook import write_workbook

OLD = "funnelsim-old"
TOLD_BY = [("the whole time", None), *((f"the {by}", by) for by in PERIODS)]
LOOKED_AT = 10  # simulations for the target that stands there first


def plan_form(folder: str | Path = ".") -> PlanForm:
    """The form; report and workbook are saved in this folder.

    >>> import funnelsim as fs
    >>> form = fs.plan_form()
    >>> form.source.chosen.value = "aida"
    >>> form.target.value = 200
    >>> form.answer.is_reached
    True
    """
    return PlanForm(Path(folder))


class PlanForm(ipywidgets.VBox):
    """What `plan_form` returns; `.answer` is the last `Plan`, None before the first.

    In a notebook it is worked out beside: `.answer` is the one before until the new one is there.
    """

    def __init__(self, folder: Path) -> None:
        self.answer: Plan | None = None
        self._drawn: Plan | None = None  # whose pictures are seen
        self._planned: tuple[Any, ...] = ()  # the entries that were answered last
        self._targets: dict[str, float] = {}  # that were asked of this scenario, by metric
        self._is_asked = self._is_within_asked = False  # whether anything was, or a time
        self._folder = folder
        self._is_setting = True  # entries made by the form itself are no questions
        self.source = Source(self._another_source)
        self.metric = _dropdown("What is planned", METRICS)
        self.target = ipywidgets.FloatText(description="Target")
        self.within = ipywidgets.Text(
            description="Within",
            placeholder="90 days, 13 weeks, 1 quarter",
            continuous_update=False,
        )
        self.chance = ipywidgets.IntSlider(
            90, 50, 99, description="Chance, %", continuous_update=False
        )
        self.change = _dropdown("What may be moved", ["leads"])
        self.by = _dropdown("Told by", TOLD_BY)
        self.pilot = ipywidgets.Text(
            description="Seen so far",
            placeholder="15 of 300: sales of leads",
            continuous_update=False,
        )
        self._ask = ipywidgets.Button(description="Plan", button_style="primary")
        self._foresee = ipywidgets.Button(description="What do today's leads bring?")
        self._report = ipywidgets.Button(description="Save report", disabled=True)
        self._workbook = ipywidgets.Button(description="Save workbook", disabled=True)
        for one in (self._ask, self._foresee, self._report, self._workbook):
            one.layout.width = "auto"
        self._said, self._curve, self._shown, self._saved = (ipywidgets.HTML() for _ in range(4))
        self._tried = ipywidgets.HTML()  # how far forecasts of the export have been right
        self._work = Stoppable(self._ended)
        self._style = ipywidgets.HTML(
            f"<style>{(STATIC / 'plan_form.css').read_text('utf-8')}</style>"
        )
        workers.start(_get_ready)
        super().__init__(self._layout())
        self.add_class("funnelsim-plan")
        self._another_source(True)

        self._ask.on_click(lambda _: self._entered())
        self._foresee.on_click(lambda _: self.forecast())
        self._report.on_click(lambda _: self._save(write_report, "html"))
        self._workbook.on_click(lambda _: self._save(write_workbook, "xlsx"))
        self.metric.observe(lambda _: self._another_metric(), "value")
        self.target.observe(lambda _: self._typed(), "value")
        self.within.observe(lambda _: self._typed(is_within=True), "value")
        for box in (self.chance, self.change, self.pilot, self.by):
            box.observe(lambda _: self._entered(), "value")

    def __repr__(self) -> str:
        # what a page shows that cannot run widgets
        return "A planner's form: Run ▸ Run All Cells brings it to life"

    def _layout(self) -> list[Any]:
        title = ipywidgets.HTML("<h2>Plan a target</h2>")
        asked = ipywidgets.VBox(
            [
                self.source, self.metric, self.target, self.within, self.chance, self.change,
                self.pilot, self.by, ipywidgets.HBox([self._ask, self._foresee]),
                ipywidgets.HBox([self._report, self._workbook]), self._saved,
            ]
        )  # fmt: skip
        asked.add_class("funnelsim-asked")
        told = ipywidgets.VBox(
            [self._work, self._tried, self._said, self._curve, self._shown, self.source.used]
        )
        told.add_class("funnelsim-told")
        body = ipywidgets.HBox([asked, told])
        body.add_class("funnelsim-plan-body")
        return [self._style, title, body]

    # --- asking -------------------------------------------------------------------------------

    def plan(self) -> None:
        """Works out the answer for what stands in the form, and shows it."""
        self._planned = self._entries()
        self._is_asked = True
        self._targets[self.metric.value], self._is_within_asked = self.target.value, True
        asked = {
            "target": self.target.value, "metric": self.metric.value,
            "probability": self.chance.value / 100, "change": self.change.value,
            "by": self.by.value,
        }  # fmt: skip

        def steps(told: Listener, source: Any, common: dict[str, Any]) -> Steps:
            if isinstance(source, Calibration) and not self._tried.value:
                yield from self._trying(told, source, common)
            answer = plan(source, **asked, **common, progress=told)
            yield lambda: self._answered(answer)
            curve = chance(answer)
            yield lambda: self._show(curve)
            pictures = pictures_of(answer)  # drawn while the answer is read
            yield lambda: self._pictured(answer, pictures)

        self._working(steps)

    def forecast(self) -> None:
        """What the leads of today will bring by then, as a picture."""
        self._planned = ()  # the plan is no longer what is seen
        metric, target = self.metric.value, self.target.value

        def steps(told: Listener, source: Any, common: dict[str, Any]) -> Steps:
            found = forecast(source, **common, progress=told)
            figure = metric if metric in found.totals else "sales"
            chart = charts.forecast(found, figure, target if figure == metric else None)
            shown = picture(chart, "What may come")
            yield lambda: self._foreseen(shown)

        self._working(steps)

    def _working(self, steps: Callable[[Listener, Any, dict[str, Any]], Steps]) -> None:
        """Begins the work, with a line that says how far it is; what is wrong is said in the form.

        What is seen is the answer to something else, until the new one is there.
        """
        self._saved.value = ""
        for seen in (self._said, self._curve, self._shown):
            seen.add_class(OLD)
        try:
            source = self.source.scenario()
            common = {
                "initial": self.source.state(), "within": self.within.value.strip() or None,
                "pilot": self.pilot.value.strip() or None, "executor": workers.executor(),
            }  # fmt: skip
        except FunnelSimError as error:
            self._work.drop()
            self._refused(problem(error))
            return

        def work(told: Listener) -> Steps:
            try:
                yield from steps(told, source, common)
            except FunnelSimError as error:
                said = problem(error)
                yield lambda: self._refused(said)

        self._work.do(work)

    def _as_new(self) -> None:
        """What is seen is no answer to something else."""
        for seen in (self._said, self._curve, self._shown):
            seen.remove_class(OLD)

    def _ended(self, was_stopped: bool) -> None:
        """Nothing is worked out any more; of what was stopped nothing is seen."""
        self._as_new()
        if not was_stopped:
            return
        self._planned = ()  # so that it can be asked again
        still = "; what is seen is the answer before." if self._said.value else "."
        self._saved.value = f"<p>Stopped{still} The entries are as they were.</p>"
        if self.answer is not None and self._drawn is not self.answer:
            self._show(chance(self.answer))
            self._pictured(self.answer, pictures_of(self.answer))

    def _answered(self, answer: Plan) -> None:
        self.answer, self._said.value = answer, words(answer)
        self._report.disabled = self._workbook.disabled = False
        self._said.remove_class(OLD)

    def _pictured(self, answer: Plan, pictures: str) -> None:
        self._drawn, self._shown.value = answer, pictures

    def _foreseen(self, picture: str) -> None:
        self._said.value = self._shown.value = ""
        self._show(picture)
        self._drawn = self.answer

    def _refused(self, said: str) -> None:
        self._nothing_but(said)
        self._planned = ()

    def _show(self, curve: str) -> None:
        self._curve.value = curve
        self._curve.remove_class(OLD)

    def _nothing_but(self, said: str) -> None:
        """There is no answer."""
        self._as_new()
        self._said.value, self._curve.value, self._shown.value = said, "", ""
        self.answer, self._report.disabled, self._workbook.disabled = None, True, True

    def _entered(self) -> None:
        """An entry by the planner is a question; one that the form makes itself is none.

        To leave a field for the button is an entry and a click: one question.
        """
        if not self._is_setting and self._entries() != self._planned:
            self.plan()

    def _typed(self, is_within: bool = False) -> None:
        """An entry that the scenario would fill: the planner's stays, whatever becomes of it."""
        if self._is_setting:
            return
        if is_within:
            self._is_within_asked = True
        else:
            self._targets[self.metric.value] = self.target.value
        self._entered()

    def _entries(self) -> tuple[Any, ...]:
        boxes = (self.metric, self.target, self.within, self.chance, self.change, self.pilot)
        return tuple(box.value for box in (*boxes, self.by))

    def _another_metric(self) -> None:
        if not self._is_setting:
            self._usual_target()
            self._entered()

    # --- what stands in the form --------------------------------------------------------------

    def _another_source(self, is_another_scenario: bool) -> None:
        """What the scenario has to offer; of another one its own time, and a target near what it
        brings today. What was asked of the same one is asked again."""
        self._planned = ()
        self._work.drop()
        self._is_setting = True
        typed = (self.target, self.within, self.pilot)
        for box in typed:  # what the form fills in would be written over what is being typed
            box.disabled = True
        if is_another_scenario:
            self._targets, self._is_asked, self._is_within_asked = {}, False, False
            self.pilot.value = ""  # it was seen elsewhere
        self._tried.value = ""
        self._nothing_but(BUSY if self.source.is_export else "")
        try:
            s = _scenario(self.source.scenario())
            if not self._is_within_asked:
                self.within.value = _days(s)
            _offer(self.metric, METRICS if s.order else METRICS[:1])
            _offer(self.change, [("leads", "leads"), ("budget", "budget"), *_levers(s)])
            self._nothing_but("")
            self._usual_target()
        except FunnelSimError as error:
            self._nothing_but(problem(error))
            return
        finally:
            self._is_setting = False
            for box in typed:
                box.disabled = False
        if self._is_asked:
            self.plan()
        elif self.source.is_export:
            self._working(self._trying)

    def _trying(self, told: Listener, source: Any, common: dict[str, Any]) -> Steps:
        """How far forecasts of the export would have been right: before anything is asked."""
        _, found = tried(source, common["executor"], told)
        shown = backtest(found)
        yield lambda: self._tried_as(shown)

    def _tried_as(self, shown: str) -> None:
        self._tried.value = shown

    def _usual_target(self) -> None:
        """The target asked for, or what the leads of today bring on average, in two digits."""
        was, self._is_setting = self._is_setting, True
        try:
            if self.metric.value in self._targets:
                self.target.value = self._targets[self.metric.value]
                return
            s = _scenario(self.source.scenario())
            parts = simulate_together(s, 1, range(LOOKED_AT))
            told = np.concatenate([result(together, self.metric.value) for together in parts])
            mean = max(float(told.mean()), 1.0)
            usual = float(f"{mean:.2g}")
            self.target.value = float(round(usual)) if self.metric.value == "sales" else usual
        except FunnelSimError as error:
            self._said.value = problem(error)
        finally:
            self._is_setting = was

    # --- saving -------------------------------------------------------------------------------

    def _save(self, write: Callable[[Plan, Path], Path], kind: str) -> None:
        if self.answer is None:
            return
        name = re.sub(r"\W+", "-", self.answer.today.name.lower()).strip("-") or "funnel"
        try:
            path = write(self.answer, _free(self._folder / f"plan-{name}.{kind}"))
        except FunnelSimError as error:
            self._saved.value = problem(error)
            return
        self._saved.value = saved(path)


def _get_ready() -> None:
    """Loads what the first answer needs: libraries, and the engine that draws pictures."""
    chance(plan(load("aida"), 100, progress=False))


def _scenario(given: Scenario | Calibration) -> Scenario:
    return given.scenario if isinstance(given, Calibration) else given


def _levers(s: Scenario) -> list[tuple[str, str]]:
    """What a plan may move besides leads: labels and paths."""
    paths = [f"teams.{team.name}.reps" for team in s.teams]
    paths += [f"stages.{stage.name}.conversion" for stage in s.stages[:-1]]
    paths += [f"changes.{change.name}.from" for change in s.changes]
    return [(parameter(s, path).label, path) for path in paths]


def _offer(box: ipywidgets.Dropdown, options: Sequence[str | tuple[str, str]]) -> None:
    """Other options; what was chosen stays chosen where it is among them."""
    was, box.options = box.value, options  # which chooses the first
    values = [option[1] if isinstance(option, tuple) else option for option in options]
    if was in values:
        box.value = was


def _dropdown(label: str, options: Any) -> ipywidgets.Dropdown:
    return ipywidgets.Dropdown(options=options, description=label)


def _days(s: Scenario) -> str:
    from funnelsim.distributions import duration_text

    return duration_text(s.horizon - s.warm_up)


def _free(path: Path) -> Path:
    """The path, with -2, -3 ... where there is such a file already."""
    free, number = path, 1
    while free.exists():
        number += 1
        free = path.with_name(f"{path.stem}-{number}{path.suffix}")
    return free
