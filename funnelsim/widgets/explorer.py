"""The live board: sliders on the left, the funnel they make on the right.

    fs.explore(fs.load("aida"))

A move of a slider simulates the changed scenario with the same seed, so the same customers walk
through it. One simulation is under way at a time; of the moves made meanwhile only the newest is
simulated next, so dragging queues nothing up. "Keep as today" freezes the picture as an outline.
"""

from __future__ import annotations

import html
import math
import numbers
from dataclasses import dataclass
from typing import Any

import altair as alt
import ipywidgets
import numpy as np
import pandas as pd

from funnelsim import charts
from funnelsim.charts.rows import Rows, funnel_rows, order_kinds, revenue_rows
from funnelsim.distributions import DAY, HOUR, duration_text
from funnelsim.engines import simulate
from funnelsim.engines.draws import mean_by_day
from funnelsim.errors import FunnelSimError, Problem
from funnelsim.journal import Journal
from funnelsim.metrics import funnel_table, summary
from funnelsim.scenario import Scenario
from funnelsim.widgets.board_text import (
    figures_html,
    foot_html,
    head_html,
    problem_html,
    sum_html,
)
from funnelsim.widgets.knobs import Knob, knobs
from funnelsim.widgets.live_chart import STATIC, LiveChart
from funnelsim.widgets.newest import Newest

LEADS_AT_ONCE = 3_000  # what SimPy simulates in about 0.2 s: a slider answers at once
LARGE = 1.3


@dataclass(frozen=True)
class Picture:
    """A simulated scenario and what the board shows of it."""

    journal: Journal
    table: pd.DataFrame
    figures: pd.Series

    @staticmethod
    def of(scenario: Scenario, seed: int) -> Picture:
        journal = simulate(scenario, seed=seed, progress=False)
        return Picture(journal, funnel_table(journal), summary(journal))


def explore(scenario: Scenario, seed: int = 1, days: float | None = None) -> Explorer:
    """A board with a slider for each parameter that matters in the scenario.

    `days` is how much of the horizon the board simulates. Left out, it is all of it, or as many
    days (hours, if one day is too much) as bring about 3,000 leads after the warm-up, so that a
    slider answers at once; the board says which. Raises FunnelSimError for what is no scenario,
    and for days that are none or end within the warm-up.

    >>> import funnelsim as fs
    >>> board = fs.explore(fs.load("aida"))
    >>> board.sliders["Leads a day"].value = 0
    >>> len(board.journal.leads)
    0
    """
    return Explorer(scenario, seed, days)


class Explorer(ipywidgets.VBox):
    """What `explore` returns.

    `.sliders` by label; `.scenario` with all that was moved, `.change` what was moved, as
    `Scenario.vary` takes it; `.journal` of the days shown; `.baseline` the journal kept, or None.
    """

    def __init__(self, scenario: Scenario, seed: int = 1, days: float | None = None) -> None:
        self._horizon = horizon_shown(scenario, days)
        self._start, self._seed = scenario, seed
        self._knobs = {knob.label: knob for knob in knobs(scenario)}
        self._baseline: Picture | None = None
        self._tops: dict[str, float] = {}
        self._shown = Picture.of(self._shortened(scenario), seed)
        self._newest = Newest(self._picture, self._show)
        self._busy_setting = False  # while several sliders are set as one move

        self.sliders = {label: slider_of(knob) for label, knob in self._knobs.items()}
        self._keep = button("Keep as today", "Freeze this picture and compare what follows with it")
        self._reset = button("Reset", "All sliders back to the values of the scenario")
        self._large = ipywidgets.ToggleButton(description="Large type", tooltip="For a projector")
        self._head, self._sum, self._figures, self._foot = (ipywidgets.HTML() for _ in range(4))
        self._fit()
        self._chart = LiveChart(*self._charts())
        super().__init__(self._layout())
        self.add_class("funnelsim-board")
        self._draw()

        for slider in self.sliders.values():
            slider.observe(lambda _: self._moved(), "value")
        self._keep.on_click(lambda _: self.forget() if self._baseline else self.keep())
        self._reset.on_click(lambda _: self.reset())
        self._large.observe(lambda _: self._restyle(), "value")

    def __repr__(self) -> str:
        # what a page shows that cannot run widgets
        return f"Live board of {self._start.name}: Run ▸ Run All Cells brings it to life"

    # -- what a reader gets from it

    @property
    def change(self) -> dict[str, Any]:
        """What was moved, as `Scenario.vary` takes it."""
        moved: dict[str, Any] = {}
        for label, knob in self._knobs.items():
            if self.sliders[label].value != knob.start:
                moved |= knob.change(self.sliders[label].value)
        return moved

    @property
    def scenario(self) -> Scenario:
        """The scenario as the sliders stand, over its whole horizon."""
        return self._start.vary(self.change)

    @property
    def journal(self) -> Journal:
        """The journal of the days shown, as the sliders stand now."""
        scenario = self._shortened(self.scenario)
        picture = self._shown
        if picture.journal.scenario != scenario:  # a move is still being simulated
            picture = Picture.of(scenario, self._seed)
        if self._newest.settle() or picture is not self._shown:
            self._show(picture)
        return picture.journal

    @property
    def baseline(self) -> Journal | None:
        """The journal that "Keep as today" froze."""
        return self._baseline.journal if self._baseline else None

    def keep(self) -> None:
        """Freeze the picture as the sliders stand, to compare what follows with it."""
        _ = self.journal
        self._baseline = self._shown
        self._keep.description = "Forget today"
        self._draw()

    def forget(self) -> None:
        """Drop what was kept."""
        self._baseline = None
        self._keep.description = "Keep as today"
        self._draw()

    def reset(self) -> None:
        """All sliders back to the scenario's values; what was kept stays."""
        self._busy_setting = True
        for label, knob in self._knobs.items():
            self.sliders[label].value = knob.start
        self._busy_setting = False
        self._tops = {}  # the scales may shrink again
        self._moved()

    # -- from a move to a picture

    def _shortened(self, scenario: Scenario) -> Scenario:
        if self._horizon >= scenario.horizon:
            return scenario
        return scenario.vary({"horizon": duration_text(self._horizon)})

    def _moved(self) -> None:
        if self._busy_setting:
            return
        for label, knob in self._knobs.items():
            slider = self.sliders[label]
            mark = slider.add_class if slider.value != knob.start else slider.remove_class
            mark("funnelsim-moved")
        self._foot.value = foot_html(self.change)
        self._newest.ask(self.change)

    def _picture(self, change: dict[str, Any]) -> Picture | FunnelSimError:
        """Runs beside the kernel's own work, in a thread: it touches no widget."""
        try:
            return Picture.of(self._shortened(self._start.vary(change)), self._seed)
        except FunnelSimError as error:
            return error

    def _show(self, picture: Picture | FunnelSimError) -> None:
        if isinstance(picture, FunnelSimError):
            self._sum.value = problem_html(picture)  # the last picture that could be made stays
            return
        self._shown = picture
        self._draw()

    def _draw(self) -> None:
        now, before = self._shown, self._baseline
        self._fit()
        rows, signals = self._rows(), dict(self._tops)
        self._chart.update(rows, signals)
        self._head.value = head_html(self._start, self._horizon, self._seed, before is not None)
        self._sum.value = sum_html(now.journal.scenario, now.table)
        self._figures.value = figures_html(
            self._start, now.figures, before.figures if before else None
        )
        self._foot.value = foot_html(self.change)

    def _rows(self) -> dict[str, Rows]:
        now, before = self._shown, self._baseline
        rows = {"funnel": funnel_rows(now.table, before.table if before else None)}
        if now.journal.scenario.order:
            rows["revenue"] = revenue_rows(now.journal)
            rows["baseline"] = revenue_rows(before.journal) if before else []
        return rows

    # -- how it looks

    def _fit(self) -> None:
        """Scales only grow, and in steps, so that a move is seen in the bars, not in the axes."""
        pictures = [self._shown, *([self._baseline] if self._baseline else [])]
        leads = max(int(p.table["entered"].max()) for p in pictures)
        paid = max(float(p.figures.get("revenue", 0.0)) for p in pictures)
        for name, needed in (("leads_top", 1.3 * leads), ("revenue_top", 1.02 * paid)):
            if needed > self._tops.get(name, 0.0):
                self._tops[name] = next_step(needed)
            self._tops.setdefault(name, 1.0)

    def _charts(self) -> tuple[list[alt.TopLevelMixin], list[alt.TopLevelMixin], float]:
        size = LARGE if self._large.value else 1.0
        return self._charts_for(dark=False), self._charts_for(dark=True), size

    def _charts_for(self, dark: bool) -> list[alt.TopLevelMixin]:
        rows = {name: charts.rows_data(values, name) for name, values in self._rows().items()}
        leads, paid = (
            alt.param(name, value=self._tops[name]) for name in ("leads_top", "revenue_top")
        )
        stages = list(self._shown.table.index)
        drawn = [
            charts.funnel_chart(
                rows["funnel"], stages, alt.ExprRef("leads_top"), charts.LIVE_HALF_A_GAP, dark
            ).add_params(leads)
        ]
        if "revenue" in rows:
            revenue = charts.revenue_chart(
                rows["revenue"],
                order_kinds(self._start),
                self._start.currency,
                alt.ExprRef("revenue_top"),
                baseline=rows["baseline"],
                dark=dark,
            )
            drawn.append(revenue.add_params(paid))
        return [chart.properties(width="container", height="container") for chart in drawn]

    def _restyle(self) -> None:
        (self.add_class if self._large.value else self.remove_class)("funnelsim-large")
        self._chart.restyle(*self._charts())

    def _layout(self) -> list[ipywidgets.Widget]:
        css = (STATIC / "explorer.css").read_text(encoding="utf-8")
        stages = f".funnelsim-board {{ --stages: {len(self._shown.table)}; }}"
        controls: list[ipywidgets.Widget] = []
        group = None
        for label, knob in self._knobs.items():
            if knob.group != group:
                group = knob.group
                controls.append(ipywidgets.HTML(f"<h3>{html.escape(group)}</h3>"))
            controls.append(self.sliders[label])
        left = box(ipywidgets.VBox, controls, "funnelsim-controls")
        right = box(ipywidgets.VBox, [self._figures, self._chart], "funnelsim-pictures")
        return [
            ipywidgets.HTML(f"<style>{css}{stages}</style>", layout={"display": "none"}),
            box(
                ipywidgets.HBox,
                [self._head, self._keep, self._reset, self._large],
                "funnelsim-head",
            ),
            self._sum,
            box(ipywidgets.HBox, [left, right], "funnelsim-body"),
            self._foot,
        ]


# --- parts of the board -------------------------------------------------------------------------


def horizon_shown(scenario: Scenario, days: float | None) -> int:
    """How much of the horizon a board simulates, in microseconds; see `explore`."""
    if not isinstance(scenario, Scenario):
        given = f'"{scenario}"' if isinstance(scenario, str) else f"a {type(scenario).__name__}"
        way_out = 'write fs.load("aida"), or journal.scenario'
        raise FunnelSimError(f"explore is given {given}; it takes a Scenario: {way_out}")
    if days is None:
        return min(scenario.horizon, scenario.warm_up + time_of_leads(scenario))
    number = isinstance(days, numbers.Real) and not isinstance(days, bool)
    shown = round(min(days, scenario.horizon / DAY) * DAY) if number and days > 0 else 0
    if shown <= 0:
        rule = "a board shows more than 0 days: write a number, such as 30"
        raise FunnelSimError(str(Problem("days", days, rule)))
    if shown <= scenario.warm_up:
        warm_up = duration_text(scenario.warm_up)
        rule = f"the warm-up of the scenario takes {warm_up}, and a board shows more than that"
        raise FunnelSimError(str(Problem("days", days, rule)))
    return shown


def time_of_leads(scenario: Scenario) -> int:
    """From the warm-up until enough leads are expected: whole days, or hours within a day."""
    by_hour = np.zeros(24 * scenario.days)
    for channel in scenario.channels:
        hours = np.array(channel.hours) / sum(channel.hours)
        by_hour += np.outer(mean_by_day(scenario, channel), hours).ravel()
    so_far = np.cumsum(by_hour[scenario.warm_up // HOUR :])
    if so_far[-1] <= LEADS_AT_ONCE:
        return scenario.horizon
    hours_needed = int(np.searchsorted(so_far, LEADS_AT_ONCE)) + 1
    return hours_needed * HOUR if hours_needed < 24 else round(hours_needed / 24) * DAY


def slider_of(knob: Knob) -> ipywidgets.SelectionSlider:
    slider = ipywidgets.SelectionSlider(
        options=knob.options, value=knob.start, description=knob.label, continuous_update=True
    )
    slider.add_class("funnelsim-slider")
    return slider


def button(text: str, tooltip: str) -> ipywidgets.Button:
    return ipywidgets.Button(description=text, tooltip=tooltip)


def box(kind: type[ipywidgets.Box], children: list[ipywidgets.Widget], name: str) -> ipywidgets.Box:
    made = kind(children)
    made.add_class(name)
    return made


def next_step(needed: float) -> float:
    """The next round number, a scale's end: 1, 1.5, 2, 3, 4, 5, 7 or 10 times a power of ten.

    >>> next_step(1300), next_step(42)
    (1500.0, 50.0)
    """
    if needed <= 1:
        return 1.0
    power = 10.0 ** math.floor(math.log10(needed))
    return next(n * power for n in (1, 1.5, 2, 3, 4, 5, 7, 10) if n * power >= needed)
