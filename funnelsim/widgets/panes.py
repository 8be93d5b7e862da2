"""The charts of a board: their scales only grow, in steps, so a move is seen in the bars.

`Charts` holds one `LiveChart` for all of a board's charts, and knows how far the scales reach.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import altair as alt

from funnelsim.charts.parts import rows_data
from funnelsim.widgets.board import Chart, Drawn, RowsByName, Seen
from funnelsim.widgets.live_chart import LiveChart

LARGE = 1.3  # times the size of the type
SIDE_BY_SIDE = 3  # charts, from which on they stand in two columns


class Charts:
    """The charts of these panes, in one widget: `widget`.

    `lines` is how many bars stand below each other in the first one.
    """

    def __init__(self, panes: Sequence[Chart], seen: Seen, is_beside: bool = False) -> None:
        self.panes = panes
        self.lines = panes[0].lines if panes else 0
        self._tops: dict[str, float] = {}
        self.widget = LiveChart(*self._drawn(seen))
        if len(panes) >= SIDE_BY_SIDE:
            self.widget.add_class("funnelsim-columns")
        if is_beside:
            self.widget.add_class("funnelsim-beside")

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
        for pane in self.panes:
            rows = pane.rows(seen)
            tops = pane.tops(seen, rows)
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
        drawn = pane.draw(seen, data, dark).add_params(*scales)
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
