"""The widget of any board: layout, threading, what was kept, what was moved, large type.

A move of a slider makes the picture of the changed scenario: a draft at once, a better one when the
slider rests. One thing is made at a time; of the moves made meanwhile only the newest is next, so
dragging queues nothing up. "Keep as today" freezes the picture, to compare what follows with it.
What is only looked at is drawn anew, and not simulated. What a board is, `widgets/board.py` says.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import ipywidgets

from funnelsim.errors import FunnelSimError, Problem
from funnelsim.journal import Journal
from funnelsim.saving import write_text
from funnelsim.scenario import Scenario
from funnelsim.widgets.board import Board, Chart, Html, Own, Seen
from funnelsim.widgets.board_text import problem_html
from funnelsim.widgets.controls import Controls, box, button, grouped, laid_out
from funnelsim.widgets.newest import Newest
from funnelsim.widgets.panes import Charts
from funnelsim.widgets.setting import read_setting, setting_text
from funnelsim.widgets.share import Share
from funnelsim.widgets.still import Stills, still_html
from funnelsim.widgets.undo import Moves, Undo


class Frame(ipywidgets.VBox):
    """The widget of a board.

    `.sliders` by label or path, `.views` by label; `.change` what was moved, as `Scenario.vary`
    takes it, `.scenario` with all of that; `.picture` as the sliders stand, `.journal` of the days
    it shows; `.baseline` the journal kept, or None; `.setting` a text that `.apply` of another
    board reads. What is no simulation has neither journal nor scenario: None, and what the board
    was made of.

    >>> import funnelsim as fs
    >>> board = fs.explore(fs.load("aida-follow-up"), ["teams.sales.reps"], n=1)
    >>> board.sliders["sales: reps"].value = 3
    >>> board.setting
    'sales: reps = 3'
    >>> board.apply("sales: reps = 1")
    >>> board.change
    {'teams.sales.reps': 1}
    """

    def __init__(self, board: Board, head: Sequence[ipywidgets.Widget] = ()) -> None:
        # `head` is what stands in place of the name: beside the buttons, and below them
        self._board, self._knobs = board, {knob.label: knob for knob in board.knobs}
        self._kept: Any = None
        self._shown = board.maker.draft(board.start)
        self.stills = Stills(lambda seen: still_html(board, self._charts, self._own, seen))
        self._newest = Newest(self._pictures, self._show)
        self._busy_setting = False  # while several sliders are set as one move

        self.sliders, self.views = Controls.of(board.knobs), Controls.of(board.views)
        self._moves, self._undo = Moves(self._standing()), Undo()
        self._is_touched = False  # as it comes, its still shows it already
        self._share = Share(self.apply, self.save)
        self._keep = button("Keep as today", "Freeze this picture and compare what follows with it")
        self._reset = button("Reset", "All sliders back to the values of the scenario")
        self._large = ipywidgets.ToggleButton(description="Large type", tooltip="For a projector")
        self._head, self._sum, self._figures, self._foot = (ipywidgets.HTML() for _ in range(4))
        self._html = [(p, ipywidgets.HTML()) for p in board.panes if isinstance(p, Html)]
        self._own = [(pane, pane.make()) for pane in board.panes if isinstance(pane, Own)]
        charts = [pane for pane in board.panes if isinstance(pane, Chart)]
        self._charts = Charts(charts, self.seen, board.is_beside)
        self._chart = self._charts.widget
        super().__init__(self._layout(head or [self._head]))
        self.add_class("funnelsim-board")
        self._draw()

        for control in self.sliders.values():
            control.observe(lambda _: self._by_hand(self._moved), "value")
        for control in self.views.values():
            control.observe(lambda _: self._by_hand(self._draw), "value")
        self._keep.on_click(lambda _: self.keep() if self._kept is None else self.forget())
        self._reset.on_click(lambda _: self.reset())
        self._undo.on_msg(lambda _, does, __: self.undo() if does == "undo" else self.redo())
        self._share.opens.observe(lambda _: self._tell(), "value")
        self._large.observe(lambda _: self._restyle(), "value")
        self._newest.ask(self.change)  # what is shown so far is a draft

    def __repr__(self) -> str:
        # what a page shows that cannot run widgets
        name = getattr(self._board.start, "name", "your data")
        return f"Live board of {name}: Run ▸ Run All Cells brings it to life"

    def _ipython_display_(self) -> None:
        self.stills.show(self, self.seen)

    # -- what a reader gets from it

    @property
    def change(self) -> dict[str, Any]:
        """What was moved, as `Scenario.vary` takes it."""
        return self._board.change(self._knobs, self._moved_values())

    @property
    def scenario(self) -> Scenario:
        """The scenario as the sliders stand, over its whole horizon."""
        return self._changed(self.change)

    @property
    def seen(self) -> Seen:
        """What the panes are made of now."""
        view = {label: control.value for label, control in self.views.items()}
        moved = self._moved_values()
        change = self._board.change(self._knobs, moved)
        return Seen(self._board.start, change, self._shown, self._kept, view, moved)

    @property
    def picture(self) -> Any:
        """The picture as the sliders stand now."""
        picture = self._board.maker.draft(self.scenario, self._shown)
        if picture is not self._shown:  # a move is still being simulated
            self._show(picture)
        self._newest.settle()
        return picture

    @property
    def journal(self) -> Journal:
        """The journal of the days shown, as the sliders stand now."""
        found: Journal = self.picture.journal
        return found

    @property
    def kept(self) -> Any:
        """The picture that "Keep as today" froze, or None."""
        return self._kept

    @property
    def baseline(self) -> Journal | None:
        """The journal that "Keep as today" froze."""
        return None if self._kept is None else self._kept.journal

    def keep(self) -> None:
        """Freeze the picture as the sliders stand, to compare what follows with it."""
        self._hold(self.picture)

    def forget(self) -> None:
        """Drop what was kept."""
        self._hold(None)

    def _hold(self, picture: Any) -> None:
        if picture is not self._kept:
            self._kept, self._is_touched = picture, True
            self._keep.description = "Keep as today" if picture is None else "Forget today"
            self._draw()

    def reset(self) -> None:
        """All sliders back to the scenario's values; what was kept and what is looked at stay."""
        self._charts.let_shrink()
        self._put({label: knob.start for label, knob in self._knobs.items()})

    def undo(self) -> None:
        """The last move back, if there is one: of a slider, a choice or what is looked at. A drag
        is one move; what was kept stays.
        """
        self._go_to(self._moves.undo())

    def redo(self) -> None:
        """The move that was taken back last once more, if there is one."""
        self._go_to(self._moves.redo())

    @property
    def controls(self) -> Controls:
        """Sliders and views together, by label."""
        return Controls(self.sliders | self.views)

    @property
    def setting(self) -> str:
        """What does not stand where it began, as a short text; "" where everything does."""
        return setting_text(self.controls, self._board.starts)

    def apply(self, text: str) -> None:
        """Sliders as the text of a `setting` says, the others where they began: one move.

        FunnelSimError for a slider that is not here, and a value that it does not offer.
        """
        self.stand(read_setting(text, self.controls), self._kept)

    def stand(self, values: Mapping[str, Any], kept: Any = None) -> None:
        """Sliders and views at these values, by label, the others where they began, and this
        picture kept, or none: one move.
        """
        self._hold(kept)
        self._put(self._board.starts | dict(values))

    def save(self, path: str | Path) -> Path:
        """The scenario as the sliders stand as a file, which `fs.load` reads; where it is.

        FunnelSimError where it cannot be written, and where the board shows no scenario.
        """
        if not isinstance(self._board.start, Scenario):
            rule = "a board of your own deals has no scenario to save"
            raise FunnelSimError(str(Problem("save", str(path), rule, "fs.calibrate makes one")))
        return write_text(path, self.scenario.to_toml())

    # -- from a move to a picture

    def _values(self) -> dict[str, Any]:
        return {label: self.sliders[label].value for label in self._knobs}

    def _standing(self) -> dict[str, Any]:
        """Where all stands that a hand can move."""
        return {label: control.value for label, control in self.controls.items()}

    def _put(self, values: Mapping[str, Any], is_step: bool = True) -> None:
        """Set sliders and views as one move."""
        before, controls = self._standing(), self.controls
        self._busy_setting = True
        try:
            for label, value in values.items():
                controls[label].value = value
        finally:
            self._busy_setting = False
        if is_step:
            self._moves.note(self._standing(), alone=True)
        self._undo.tell(self._moves)
        self._is_touched = self._is_touched or self._standing() != before
        if any(self.views[label].value != before[label] for label in self.views):
            self._draw()
        self._moved()

    def _go_to(self, setting: Mapping[str, Any] | None) -> None:
        if setting is not None:
            self._put(setting, is_step=False)

    def _moved_values(self) -> dict[str, Any]:
        return {label: v for label, v in self._values().items() if v != self._knobs[label].start}

    def _changed(self, change: Mapping[str, Any]) -> Scenario:
        changed: Scenario = self._board.start.vary(change) if change else self._board.start
        return changed

    def _by_hand(self, then: Callable[[], None]) -> None:
        """One was moved; what is set as one move says so once."""
        if not self._busy_setting:
            self._is_touched = True
            self._moves.note(self._standing(), held=self._undo.held)
            self._undo.tell(self._moves)
            then()

    def _moved(self) -> None:
        for label, knob in self._knobs.items():
            slider = self.sliders[label]
            mark = slider.add_class if slider.value != knob.start else slider.remove_class
            mark("funnelsim-moved")
        self._foot.value = self._board.foot(self.seen)
        self._newest.ask(self.change)

    def _pictures(self, change: dict[str, Any]) -> Iterator[Any]:
        """A draft, then better ones. Runs beside the kernel's own work, in a thread: it touches no
        widget.
        """
        try:
            picture = self._board.maker.draft(self._changed(change), self._shown)
            yield picture
            yield from self._board.maker.refined(picture)
        except FunnelSimError as error:
            yield error

    def _show(self, picture: Any) -> None:
        if isinstance(picture, FunnelSimError):
            self._sum.value = problem_html(picture)  # the last picture that could be made stays
            return
        self._shown = picture
        self._draw()

    def _tell(self) -> None:
        if self._share.is_open:
            start, change = self._board.start, self.change
            self._share.tell(self.setting, start, self._changed(change), change)

    def _draw(self) -> None:
        board, seen = self._board, self.seen
        self._charts.put(seen)
        self._head.value = board.head(seen)
        self._sum.value = board.line(seen)
        self._figures.value = board.figures(seen)
        self._foot.value = board.foot(seen)
        for pane, widget in self._html:
            widget.value = pane.html(seen)
        for own, its in self._own:
            own.put(its, seen)
        self._tell()
        if self._is_touched:
            self.stills.refresh(seen)

    # -- how it looks

    def _restyle(self) -> None:
        (self.add_class if self._large.value else self.remove_class)("funnelsim-large")
        self._charts.restyle(self.seen, self._large.value)

    def _layout(self, head: Sequence[ipywidgets.Widget]) -> list[ipywidgets.Widget]:
        pieces = [widget for _, widget in [*self._html, *self._own]]
        narrow = [view for view in self._board.views if not view.is_wide]
        turned = grouped([*self._board.knobs, *narrow], self.sliders | self.views)
        wide = [self.views[view.label] for view in self._board.views if view.is_wide]
        charts = [self._chart] if self._charts.panes else []
        shown = [self._figures, *wide, *pieces, *charts]
        turns = [self._keep, self._reset] if self._knobs else []
        buttons = [self._undo, *turns, self._share.opens, self._large]
        above = [box(ipywidgets.VBox, [self._share], "funnelsim-above"), *head[1:], self._sum]
        lines = self._charts.lines
        return laid_out([head[0], *buttons], above, turned, shown, self._foot, lines)
