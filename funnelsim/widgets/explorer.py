"""The live board: sliders on the left, the funnel they make on the right.

    fs.explore(fs.load("aida"))

A move of a slider simulates the changed scenario with the same seed, so the same customers walk
through it. Beside this one history stands how far chance spreads it: from a few replications while
a slider is dragged, from all of them once it rests. One thing is simulated at a time; of the moves
made meanwhile only the newest is next, so dragging queues nothing up. "Keep as today" freezes the
picture as an outline.
"""

from __future__ import annotations

import html
from collections.abc import Iterator
from typing import Any

import altair as alt
import ipywidgets

from funnelsim import charts
from funnelsim.charts.rows import Rows, band_rows, funnel_rows, order_kinds, revenue_rows
from funnelsim.distributions import duration_text
from funnelsim.errors import FunnelSimError
from funnelsim.experiment.chunks import a_seed
from funnelsim.experiment.spread import nine_in_ten
from funnelsim.journal import Journal
from funnelsim.scenario import Scenario
from funnelsim.widgets.arithmetic import sum_html
from funnelsim.widgets.board_text import (
    band_text,
    figures_html,
    foot_html,
    head_html,
    problem_html,
)
from funnelsim.widgets.knobs import Knob, knobs
from funnelsim.widgets.live_chart import STATIC, LiveChart
from funnelsim.widgets.newest import Newest
from funnelsim.widgets.picture import (
    DRAFT,
    Picture,
    fitted,
    histories_of_a_board,
    horizon_shown,
)

LARGE = 1.3


def explore(scenario: Scenario, seed: int = 1, days: float | None = None, n: int = 100) -> Explorer:
    """A board with a slider for each parameter that matters in the scenario.

    It shows one history, replication 0 of the seed, and the range in which 9 in 10 of `n`
    replications end: a band around the revenue, and a line under each key figure.

    `days` is how much of the horizon the board simulates. Left out, it is all of it, or as many
    days (hours, if one day is too much) as bring about 3,000 leads after the warm-up, so that a
    slider answers at once; the board says which. Raises FunnelSimError for what is no scenario and
    no seed, for days that are none or end within the warm-up, and for an n below 1 or above 10,000.

    >>> import funnelsim as fs
    >>> board = fs.explore(fs.load("aida"))
    >>> board.sliders["Leads a day"].value = 0
    >>> len(board.journal.leads)
    0
    """
    return Explorer(scenario, seed, days, n)


class Explorer(ipywidgets.VBox):
    """What `explore` returns.

    `.sliders` by label; `.scenario` with all that was moved, `.change` what was moved, as
    `Scenario.vary` takes it; `.journal` of the days shown; `.baseline` the journal kept, or None.
    """

    def __init__(
        self, scenario: Scenario, seed: int = 1, days: float | None = None, n: int = 100
    ) -> None:
        self._horizon = horizon_shown(scenario, days)
        self._replications = histories_of_a_board(n)
        self._start, self._seed = scenario, a_seed(seed)
        self._knobs = {knob.label: knob for knob in knobs(self._shortened(scenario))}
        self._baseline: Picture | None = None
        self._tops: dict[str, float] = {}
        self._shown = self._draft(self._shortened(scenario))
        self._newest = Newest(self._pictures, self._show)
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
        self._newest.ask(self.change)  # what is shown so far is a draft

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
        if picture.scenario != scenario:  # a move is still being simulated
            picture = self._draft(scenario)
            self._show(picture)
        self._newest.settle()
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
        self._foot.value = foot_html(self._start, self.change, self._shown.spread)
        self._newest.ask(self.change)

    def _draft(self, scenario: Scenario) -> Picture:
        return Picture.of(scenario, self._seed, min(DRAFT, self._replications))

    def _pictures(self, change: dict[str, Any]) -> Iterator[Picture | FunnelSimError | None]:
        """A draft, then all replications. Runs beside the kernel's own work, in a thread: it
        touches no widget.
        """
        try:
            scenario, picture = self._shortened(self._start.vary(change)), self._shown
            if picture.scenario != scenario:
                picture = self._draft(scenario)
            yield picture
            yield from picture.refined(self._replications)
        except FunnelSimError as error:
            yield error

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
        self._sum.value = sum_html(now.journal)
        self._figures.value = figures_html(
            self._start, now.figures, before.figures if before else None, now.spread
        )
        self._foot.value = foot_html(self._start, self.change, self._shown.spread)

    def _rows(self) -> dict[str, Rows]:
        now, before = self._shown, self._baseline
        rows = {"funnel": funnel_rows(now.table, before.table if before else None, now.scenario)}
        if now.scenario.order:
            rows["revenue"] = revenue_rows(now.journal)
            rows["baseline"] = revenue_rows(before.journal) if before else []
            rows["band"] = band_rows(now.scenario, *nine_in_ten(now.spread.revenue))
            rows["band_text"] = [{"text": band_text(self._start, now.spread)}]
        return rows

    # -- how it looks

    def _fit(self) -> None:
        """Scales only grow, and in steps."""
        pictures = [self._shown, *([self._baseline] if self._baseline else [])]
        self._tops = fitted(self._tops, pictures, band=self._start.order is not None)

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
                band=(rows["band"], rows["band_text"]),
                dark=dark,
            )
            drawn.append(revenue.add_params(paid))
        return [chart.properties(width="container", height="container") for chart in drawn]

    def _restyle(self) -> None:
        (self.add_class if self._large.value else self.remove_class)("funnelsim-large")
        self._fit()  # after a reset there are no scales until its picture comes
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


def slider_of(knob: Knob) -> ipywidgets.SelectionSlider:
    slider = ipywidgets.SelectionSlider(
        options=knob.options,
        value=knob.start,
        description=knob.label,
        tooltip=knob.label,  # a long one is cut
        continuous_update=True,
    )
    slider.add_class("funnelsim-slider")
    return slider


def button(text: str, tooltip: str) -> ipywidgets.Button:
    return ipywidgets.Button(description=text, tooltip=tooltip)


def box(kind: type[ipywidgets.Box], children: list[ipywidgets.Widget], name: str) -> ipywidgets.Box:
    made = kind(children)
    made.add_class(name)
    return made
