"""What a board shows where it is not live: its last picture, its figures, how to bring it to life.

An exported page, a print, a notebook on GitHub or one that is opened without a kernel runs no
widgets. So a second output stands below each board: HTML with its charts as pictures in it, which
asks no other machine. Where the board is live its style sheet hides it. Voila's page is live for as
long as it is open: it has no such output, and nothing waits for its pictures.
"""

from __future__ import annotations

import asyncio
import base64
import os
from collections.abc import Callable
from typing import Any

import ipywidgets
import vl_convert
from IPython.display import DisplayHandle, display
from markupsafe import Markup

from funnelsim.charts.theme import VEGA_LITE, small_png, theme
from funnelsim.pages import page
from funnelsim.scenario import Scenario
from funnelsim.widgets.board import Board, Html, Own, Seen
from funnelsim.widgets.board_text import as_python, in_code
from funnelsim.widgets.panes import Charts

WIDTH, LINE, LOW = 640, 46, 190  # pixels: of a chart, of a bar of the first one, of the others
IN_VOILA = "VOILA_KERNEL_ID"  # which Voila tells its kernels
REST = 3.0  # seconds without a move, after which the picture is made anew

# A page that trusts no styles shows it as plain text, with nothing lost.
STILL = """<div class="funnelsim-still">
<style>
.jp-OutputArea:has(.funnelsim-still):not(:has(.funnelsim-board)) .jupyter-widgets { display: none; }
.funnelsim-still { max-width: 960px; break-inside: avoid; }
.funnelsim-still h2 { margin: 0; font-size: 1.35em; }
.funnelsim-still p { margin: 2px 0; }
.funnelsim-still .still-sum p { font-size: 1.2em; font-weight: bold; }
.funnelsim-still .still-figures {
  display: grid; grid-template-columns: repeat(auto-fill, minmax(15em, 1fr));
  gap: 4px 16px; margin: 6px 0;
}
.funnelsim-still .still-figures span { display: block; }
.funnelsim-still .value { font-weight: bold; }
.funnelsim-still img { max-width: 100%; display: block; margin: 6px 0; }
</style>
{{ head }}
{{ line }}
{{ figures }}
{% for piece in pieces %}{{ piece }}
{% endfor %}
{% for said, png in charts %}<img alt="{{ said }}" src="data:image/png;base64,{{ png }}">
{% endfor %}
{% if code %}<p>In code: <code>{{ code }}</code></p>
{% endif %}
<p><em>A picture of a live board, as it stood last. In JupyterLab (funnelsim lab) Run ▸ Run All
Cells brings it to life.</em></p>
</div>"""


class Stills:
    """The outputs in which a board stands still; `html` makes them of what there is to see."""

    def __init__(self, html: Callable[[Seen], str]) -> None:
        self._html = html
        self._shown: list[DisplayHandle] = []
        self._waits: asyncio.TimerHandle | None = None
        self._task: asyncio.Task[None] | None = None

    def show(self, widget: ipywidgets.Widget, seen: Seen) -> None:
        """The widget, and below it what stands in for it."""
        display(widget._repr_mimebundle_(), raw=True)
        if IN_VOILA in os.environ:
            return
        bundle = _bundle(self._html(seen))
        handle = display(bundle, raw=True, display_id=True)
        if handle is not None:
            self._shown.append(handle)

    def take_over(self, other: Stills) -> None:
        """Another board stands where that one stood."""
        self._shown, other._shown = other._shown, []

    def refresh(self, seen: Seen) -> None:
        """What there is to see has changed: show it, too, once nothing moves any more."""
        if self._waits is not None:
            self._waits.cancel()
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            return
        if self._shown:
            self._waits = loop.call_later(REST, self._begin, seen)

    def _begin(self, seen: Seen) -> None:
        self._task = asyncio.get_running_loop().create_task(self._renew(seen))

    async def _renew(self, seen: Seen) -> None:
        bundle = _bundle(await asyncio.to_thread(self._html, seen))
        for handle in self._shown:
            handle.update(bundle, raw=True)


def _bundle(html: str) -> dict[str, str]:
    return {"text/html": html, "text/plain": "(a picture of the board)"}


def still_html(
    board: Board, charts: Charts, own: list[tuple[Own, ipywidgets.Widget]], seen: Seen
) -> str:
    """A board as it stands, as HTML without a script and without a foreign host."""
    pieces = [(p.still or p.html)(seen) for p in board.panes if isinstance(p, Html)]
    pieces += [one.still(its, seen) for one, its in own if one.still]
    sizes = [LINE * pane.lines + LINE if not n else LOW for n, pane in enumerate(charts.panes)]
    code = ""
    if isinstance(board.start, Scenario) and seen.change:
        code = f"{in_code(board.start)}.vary({as_python(dict(seen.change))})"
    return page(
        STILL,
        head=_still(board.head(seen)),
        line=_still(board.line(seen)),
        figures=_still(board.figures(seen)),
        pieces=[_still(piece) for piece in pieces],
        charts=[_picture(*one) for one in zip(charts.drawn(seen), sizes, strict=True)],
        code=code,
    )


def _still(html: str) -> Markup:
    """A piece of a board under classes of its own: what looks for the live one does not find it."""
    return Markup(html.replace('class="funnelsim-', 'class="still-'))


def _picture(chart: Any, height: int) -> tuple[str, str]:
    """What a chart shows in words, and as a picture."""
    drawn = chart.properties(width=WIDTH, height=height).to_dict(validate=False)
    spec = {**drawn, "config": theme()}
    png = small_png(vl_convert.vegalite_to_png(spec, vl_version=VEGA_LITE, scale=1.5))
    return str(spec.get("description", "a chart")), base64.b64encode(png).decode("ascii")
