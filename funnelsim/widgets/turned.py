"""The sliders of a board: which there are, and where they stand. They come and go."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import cached_property
from typing import Any

import ipywidgets

from funnelsim.errors import FunnelSimError
from funnelsim.widgets.board import Board
from funnelsim.widgets.controls import Controls, box, control_of, grouped, paths_of
from funnelsim.widgets.knobs import Knob
from funnelsim.widgets.offered import clash, one_more
from funnelsim.widgets.setting import read_setting


class Turned:
    """`knobs` and `sliders` by label, in their `column`, those of changes as `bars` on the time;
    `moved` is called when a hand moves one.

    `views` are what is looked at, which stands below them.
    """

    def __init__(self, board: Board, views: Controls, moved: Callable[[Any], None]) -> None:
        self._board, self._views, self._by_hand = board, views, moved
        self.knobs = {knob.label: knob for knob in board.knobs}
        self._known = dict(self.knobs)  # those that were added as well, in the order they came
        self.sliders = Controls.of(board.knobs)
        for control in self.sliders.values():
            control.observe(moved, "value")
        self.column = box(ipywidgets.VBox, self._grouped(), "funnelsim-controls")
        self.bars = box(ipywidgets.VBox, self._spans(), "funnelsim-bars")

    @cached_property
    def more(self) -> Mapping[str, Knob]:
        """All that could be added."""
        return self._board.more() if self._board.more else {}

    @property
    def values(self) -> dict[str, Any]:
        return {label: self.sliders[label].value for label in self.knobs}

    @property
    def moved_values(self) -> dict[str, Any]:
        return {label: v for label, v in self.values.items() if v != self.knobs[label].start}

    @property
    def asked_for(self) -> list[str]:
        """What `fs.explore` has to be given for these sliders; nothing for those of its own."""
        is_own = self.knobs.keys() == {knob.label for knob in self._board.knobs}
        return [] if is_own else [knob.path or knob.label for knob in self.knobs.values()]

    def mark(self) -> None:
        """Show which have been moved."""
        for label, knob in self.knobs.items():
            slider = self.sliders[label]
            marks = slider.add_class if slider.value != knob.start else slider.remove_class
            marks("funnelsim-moved")

    def with_one_more(self, name: str) -> dict[str, Any]:
        """The values with another slider, of this label or path, where it begins."""
        knob = one_more(name, self.knobs, self.more)
        self._known.setdefault(knob.label, knob)
        return {**self.values, knob.label: knob.start}

    def without(self, label: str) -> dict[str, Any]:
        """The values without this slider, named by label or path."""
        name = self.sliders.labels.get(label, label)
        self.sliders[name]  # one that is not there is said here
        return {other: value for other, value in self.values.items() if other != name}

    def read(self, text: str) -> dict[str, Any]:
        """What a setting says, of sliders, too, that are not here yet."""
        known = Controls(self._known | self.sliders | self._views)
        try:
            values = read_setting(text, known)
        except FunnelSimError:  # of a slider that has been added there, and not here
            values = read_setting(text, Controls({**self.more, **known}))
        self._known |= {label: self.more[label] for label in values.keys() - known.keys()}
        return values

    def together_with(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """These values, and all else of the board where it began.

        Its own sliders that turn the same as one that is named give way to it.
        """
        named = [self._known[label] for label in values if label in self._known]
        if problem := clash(named):
            raise FunnelSimError(str(problem))
        others = [knob for knob in self._board.knobs if knob.label not in values]
        gone = {knob.label for knob in others if clash([knob, *named])}
        starts = self._board.starts
        return {label: starts[label] for label in starts if label not in gone} | {**values}

    def have(self, labels: Iterable[str]) -> None:
        """Exactly these sliders on the board."""
        wanted = set(labels)
        if wanted == set(self.knobs):
            return
        for label in self.knobs.keys() - wanted:
            self.sliders.pop(label).close()
        self.knobs = {label: one for label, one in self._known.items() if label in wanted}
        for label in wanted - self.sliders.keys():
            self.sliders[label] = control_of(self.knobs[label])
            self.sliders[label].observe(self._by_hand, "value")
        self.sliders.labels = paths_of(self.knobs.values())
        self.column.children, self.bars.children = self._grouped(), self._spans()

    def _grouped(self) -> list[ipywidgets.Widget]:
        narrow = [view for view in self._board.views if not view.is_wide]
        beside = [knob for knob in self.knobs.values() if not knob.is_span]
        return grouped([*beside, *narrow], self.sliders | self._views)

    def _spans(self) -> list[ipywidgets.Widget]:
        return [self.sliders[knob.label] for knob in self.knobs.values() if knob.is_span]
