"""The charts of a board: their scales only grow, in steps, so a move is seen in the bars.

`Charts` holds one `LiveChart` for all of a board's charts, and knows how far the scales reach.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import altair as alt

from funnelsim.charts.parts import rows_data
from funnelsim.widgets.asked import guess_rows, with_guesses
from funnelsim.widgets.board import Asked, Chart, Drawn, RowsByName, Seen
from funnelsim.widgets.live_chart import LiveChart

LARGE = 1.3  # times the size of the type
SIDE_BY_SIDE = 3  # charts, from which on they stand in two columns


class Charts:
    """The charts of these panes, in one widget: `widget`.

    `lines` is how many bars stand below each other in the first one.
    """

    def __init__(
        self,
        panes: Sequence[Chart],
        seen: Seen,
        is_beside: bool = False,
        asks: Sequence[Asked] = (),
    ) -> None:
        self.panes = panes
        self._axes = {one.chart: one.axis for one in asks if one.chart is not None}
        self.asked: Asked | None = None
        self.guesses: Sequence[float] = ()
        self.is_covered = False  # no rows but the guesses'
        self.lines = panes[0].lines if panes else 0
        self._tops: dict[str, float] = {}
        self.widget = LiveChart(*self._drawn(seen))
        if len(panes) >= SIDE_BY_SIDE:
            self.widget.add_class("funnelsim-columns")
        if is_beside:
            self.widget.add_class("funnelsim-beside")

    def ask(self, asked: Asked | None, guesses: Sequence[float]) -> None:
        """What is guessed, None for nothing, and the guesses; the charts are not covered."""
        self.asked, self.guesses, self.is_covered = asked, guesses, False

    def put(self, seen: Seen) -> None:
        """Show what there is to see."""
        rows = {name: some for _, rows, _ in self._fitted(seen) for name, some in rows.items()}
        self.widget.update(rows, self._tops)

    def restyle(self, seen: Seen, is_large: bool) -> None:
        """Draw them anew, in large type or in small."""
        self.widget.restyle(*self._drawn(seen), LARGE if is_large else 1.0)

    def let_shrink(self) -> None:
        """The scales may be shorter again."""
        self._tops = {}

    def drawn(self, seen: Seen) -> list[Drawn]:
        """Each as an Altair chart for a light page, as wide and high as its box."""
        return [self._chart_of(*fitted, seen, False) for fitted in self._fitted(seen)]

    def _drawn(self, seen: Seen) -> tuple[list[Drawn], list[Drawn]]:
        fitted = self._fitted(seen)
        light, dark = ([self._chart_of(*f, seen, dark) for f in fitted] for dark in (False, True))
        return light, dark

    def _fitted(self, seen: Seen) -> list[tuple[Chart, RowsByName, list[str]]]:
        """Each chart with its rows and the names of its scales, which only grow, and in steps."""
        fitted = []
        for number, pane in enumerate(self.panes):
            rows = pane.rows(seen)
            tops = pane.tops(seen, rows)
            if number in self._axes:
                rows = {**rows, f"guesses_{number}": guess_rows(self.asked, self.guesses, number)}
            if self.is_covered:  # how far the scales reach would say how much it is
                tops = dict.fromkeys(tops, 0.0)
                rows = {n: some if n.startswith("guesses_") else [] for n, some in rows.items()}
            if self.asked is not None and self.asked.chart == number and self.guesses:
                top = self.asked.top
                tops[top] = max(tops[top], 1.1 * self.asked.per * max(self.guesses))
            for name, needed in tops.items():
                if name not in self._tops or needed > self._tops[name]:
                    self._tops[name] = next_step(needed)
            fitted.append((pane, rows, list(tops)))
        return fitted

    def _chart_of(
        self, pane: Chart, rows: RowsByName, tops: list[str], seen: Seen, dark: bool
    ) -> Drawn:
        data = {name: rows_data(some, name) for name, some in rows.items()}
        scales = [alt.param(name, value=self._tops[name]) for name in tops]
        number = self.panes.index(pane)
        drawn = pane.draw(seen, data, dark)
        if number in self._axes:
            drawn = with_guesses(drawn, f"guesses_{number}", self._axes[number])
        drawn = drawn.add_params(*scales)
        return drawn.properties(width="container", height="container")


def next_step(needed: float) -> float:
    """The next round number, a scale's end: 1, 1.5, 2, 3, 4, 5, 7 or 10 times a power of ten.

    >>> next_step(1300), next_step(42)
    (1500.0, 50.0)
    """
    if needed <= 1:
        return 1.0
    power = 10.0 ** math.floor(math.log10(needed))
    return next(n * power for n in (1, 1.5, 2, 3, 4, 5, 7, 10) if n * power >= needed)
