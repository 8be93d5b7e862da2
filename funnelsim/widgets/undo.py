"""What was moved can be taken back, and done again: `Moves` knows the steps, `Undo` is the buttons.

A step is what a hand does at once: all that a slider goes through while it is held, or while keys
follow one another, is one.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

import anywidget
import traitlets

from funnelsim.widgets.live_chart import STATIC

AT_ONCE = 1.0  # seconds between two keys that are one move

Setting = Mapping[str, Any]  # the value of each slider, by its label


class Moves:
    """The settings that there were, and which of them it is now.

    >>> moves = Moves({"reps": 2})
    >>> moves.note({"reps": 3}, held=True)
    >>> moves.note({"reps": 4}, held=True)
    >>> moves.undo(), moves.undo()
    ({'reps': 2}, None)
    >>> moves.redo()
    {'reps': 4}
    """

    def __init__(self, start: Setting, clock: Callable[[], float] = time.monotonic) -> None:
        self._settings, self._now, self._clock = [start], 0, clock
        self._last: tuple[set[str], float] = set(), 0.0  # what the last step turned, and when

    def note(self, setting: Setting, held: bool = False, alone: bool = False) -> None:
        """A move has led to this; one that is `alone` goes on no other, and none goes on it."""
        here = self._settings[self._now]
        turned, at = {key for key in setting if setting[key] != here[key]}, self._clock()
        if not turned:
            return
        (last, before), is_first = self._last, self._now == 0
        goes_on = turned == last and (held or at - before < AT_ONCE)
        if goes_on and not alone and not is_first:
            self._now -= 1
        del self._settings[self._now + 1 :]
        if setting != self._settings[self._now]:  # else back to where the step began
            self._settings.append(setting)
            self._now += 1
        self._last = (set(), 0.0) if alone else (turned, at)

    @property
    def can_undo(self) -> bool:
        return self._now > 0

    @property
    def can_redo(self) -> bool:
        return self._now + 1 < len(self._settings)

    def undo(self) -> Setting | None:
        """The setting before the last step; None if there is none."""
        return self._go(-1) if self.can_undo else None

    def redo(self) -> Setting | None:
        """The setting that was taken back last; None if there is none."""
        return self._go(1) if self.can_redo else None

    def _go(self, by: int) -> Setting:
        self._now += by
        self._last = set(), 0.0
        return self._settings[self._now]


class Undo(anywidget.AnyWidget):
    """Two buttons, and the keys for them anywhere on the board: Ctrl+Z, Ctrl+Shift+Z or Ctrl+Y.

    `held` says whether a slider is being dragged. What is pressed comes as a message, "undo" or
    "redo" (`on_msg`).
    """

    _esm = (STATIC / "undo.js").read_text(encoding="utf-8")

    can_undo = traitlets.Bool(False).tag(sync=True)
    can_redo = traitlets.Bool(False).tag(sync=True)
    held = traitlets.Bool(False).tag(sync=True)

    def tell(self, moves: Moves) -> None:
        self.can_undo, self.can_redo = moves.can_undo, moves.can_redo
