"""A demonstration played on a board, with one key forwards and back.

    fs.demonstrate("The third rep")

What is played is data (`script.py`): at each stop the board stands as the script says, whatever was
moved by hand meanwhile, and the figures in the sentences are those of the picture that is shown.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import anywidget
import ipywidgets
import traitlets

from funnelsim.errors import FunnelSimError
from funnelsim.pages import page
from funnelsim.scenario import load
from funnelsim.widgets.board import Board
from funnelsim.widgets.boards import board_of
from funnelsim.widgets.boards.frame import Frame
from funnelsim.widgets.live_chart import STATIC
from funnelsim.widgets.script import Script, read_script, scripts, stops
from funnelsim.widgets.setting import value_offered
from funnelsim.widgets.told import filled, names_of


def demonstrate(name: str | Path | None = None, *, seed: int = 1, n: int = 100) -> Demonstration:
    """Plays a demonstration on its board: one that comes along, by its title, or a file's.

    → or space (or what a presenter's remote sends, page down) goes on, ← goes back. Without a name
    it is the first of those that come along; the others are in a list. `seed` and `n` are those of
    `fs.explore`. FunnelSimError for what is no demonstration, and for a step of it that names a
    slider, a value or a figure that its board has not.

    >>> import funnelsim as fs
    >>> show = fs.demonstrate("The third rep", n=1)
    >>> show.said
    '2 reps for 25 leads a day: profit 50,410 EUR, busy 68.6 % of the time.'
    >>> show.forward()
    >>> show.said, show.revealed, show.board.change
    ('Would you hire a third one? What would the profit be?', '', {})
    >>> show.forward()
    >>> show.board.change
    {'teams.sales.reps': 3}
    """
    return Demonstration(name, seed, n)


class Bar(anywidget.AnyWidget):
    """The list of demonstrations, and the keys and buttons that play one; a key is a message
    (`on_msg`): "forward", "back", or {"choose": title}.

    `wait` is after how many seconds it goes on by itself, 0: not.
    """

    _esm = (STATIC / "demonstration.js").read_text(encoding="utf-8")

    titles: traitlets.List[str] = traitlets.List().tag(sync=True)
    title = traitlets.Unicode().tag(sync=True)
    at = traitlets.Int(0).tag(sync=True)
    last = traitlets.Int(0).tag(sync=True)
    wait = traitlets.Float(0.0).tag(sync=True)


class Demonstration(ipywidgets.VBox):
    """What `fs.demonstrate` gives.

    `.board` is the board that it plays on, `.title` what is played, `.said` and `.revealed` what
    is to be read now, `.at` the number of the stop, from 0 to `.last`; `forward`, `back`, `choose`.
    """

    def __init__(self, name: str | Path | None, seed: int, n: int) -> None:
        self._seed, self._n = seed, n
        self._come_along = list(scripts())
        self._bar, self._text = Bar(), ipywidgets.HTML()
        self._text.add_class("funnelsim-said")
        super().__init__()
        self._play(self._come_along[0] if name is None else name)
        self._bar.on_msg(lambda _, message, __: self._pressed(message))

    def __repr__(self) -> str:
        # what a page shows that cannot run widgets
        return f"Demonstration, {self.title}: Run ▸ Run All Cells brings it to life"

    def _ipython_display_(self) -> None:
        self.board.stills.show(self, self.board.seen)

    @property
    def title(self) -> str:
        return self._script.title

    @property
    def last(self) -> int:
        return len(self._stops) - 1

    def forward(self) -> None:
        """To the next stop; at the last one nothing happens."""
        if self.at < self.last:
            self._go(self.at + 1)

    def back(self) -> None:
        """To the stop before; at the first one nothing happens."""
        if self.at > 0:
            self._go(self.at - 1)

    def choose(self, name: str | Path) -> None:
        """Another demonstration, from its beginning."""
        shown = self.board
        self._play(name)
        self.board.stills.take_over(shown.stills)
        self.board.stills.refresh(self.board.seen)
        _close(shown, {self._bar, self._text})

    def _pressed(self, message: Any) -> None:
        if isinstance(message, Mapping):
            self.choose(message["choose"])
        elif message in ("forward", "back"):
            (self.forward if message == "forward" else self.back)()

    def _play(self, name: str | Path) -> None:
        script = read_script(name)
        made = _about(script, _board_of(script, self._seed, self._n))
        board = Frame(made, head=[self._bar, self._text])
        self._kept: list[Any] = [None]  # at each stop so far, the picture that is kept there
        self._script, self._made, self.board = script, made, board
        self._stops, self._settings = stops(script), _settings(script, board)
        self._check()
        others = [] if script.title in self._come_along else [script.title]
        self._bar.titles, self._bar.last = others + self._come_along, self.last
        self._bar.title = script.title
        self._go(0)
        self.children = [board]

    def _go(self, to: int) -> None:
        stop, is_new = self._stops[to], to == len(self._kept)
        if is_new:
            self._kept.append(self.board.picture if stop.keep else self._kept[-1])
        is_forward = to > self._bar.at
        self.at = to
        self.board.stand(self._settings[to], self._kept[to])
        names = self._names()
        self.said, self.revealed = filled(stop.say, names), filled(stop.reveal, names)
        self._text.value = page(SAID, said=self.said, revealed=self.revealed)
        self._bar.wait = stop.wait if is_forward else 0.0
        self._bar.at = to

    def _names(self) -> dict[str, str]:
        """What sentences may name, once the picture is that of the sliders."""
        _ = self.board.picture
        readouts = {label: control.label for label, control in self.board.controls.items()}
        return names_of(self._made, self.board.seen, readouts)

    def _check(self) -> None:
        """Each sentence names what is there: said before a class sees it."""
        names = self._names()
        for number, stop in enumerate(self._stops, 1):
            try:
                filled(stop.say, names), filled(stop.reveal, names)
            except FunnelSimError as error:
                raise FunnelSimError(f"{self.title}, stop {number}: {error}") from None


def _close(widget: ipywidgets.Widget, but: set[ipywidgets.Widget]) -> None:
    """Close a widget and all that is in it: nobody will see it again."""
    for child in getattr(widget, "children", ()):
        _close(child, but)
    if widget not in but:
        widget.close()


SAID = """<div role="status"><p>{{ said }}</p>
<p class="revealed">{{ revealed }}</p></div>"""


def _board_of(script: Script, seed: int, n: int) -> Board:
    scenario = load(script.scenario)
    scenario = scenario.vary(dict(script.change)) if script.change else scenario
    return board_of(
        scenario,
        script.board,
        seed=seed,
        n=n,
        beside=script.beside,
        parameters=script.parameters or None,
    )


def _about(script: Script, board: Board) -> Board:
    """The board with the sliders that the script speaks of; with all, if there is none."""
    sentences = " ".join(f"{step.say} {step.reveal}" for step in script.steps)
    named = {label for step in script.steps for label in step.set or {}}
    knobs = [k for k in board.knobs if k.label in named or f"{{={k.label}}}" in sentences]
    return replace(board, knobs=knobs or board.knobs)


def _settings(script: Script, board: Frame) -> list[dict[str, Any]]:
    """How the sliders and views stand at each stop, as far as they do not where they began."""
    controls = board.controls
    found: list[dict[str, Any]] = []
    for number, stop in enumerate(stops(script), 1):
        if stop.set is None:
            found.append(found[-1] if found else {})
            continue
        try:
            values = {key: value_offered(controls, key, given) for key, given in stop.set.items()}
            found.append(values)
        except FunnelSimError as error:
            raise FunnelSimError(f"{script.title}, stop {number}: {error}") from None
    return found
