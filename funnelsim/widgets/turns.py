"""How the sliders of a board stood, turn by turn: what undo takes back, and redo makes again."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

Values = Mapping[str, Any]  # of all sliders, by label

REST = 1.0  # seconds for which a slider rests, until a move of it is another turn


class Turns:
    """`past` and `future` are how all sliders stood: before each turn, and after those taken back.

    A turn is one move of sliders; moves of the same slider without a rest between them are one,
    since that is a drag.

    >>> turns = Turns({"reps": 2}, now=lambda: 0.0)
    >>> turns.turned({"reps": 3})
    >>> turns.turned({"reps": 4})
    >>> turns.back(), turns.again()
    ({'reps': 2}, {'reps': 4})
    """

    def __init__(self, start: Values, now: Callable[[], float] = time.monotonic) -> None:
        self.past: list[Values] = []
        self.future: list[Values] = []
        self._values, self._now = start, now
        self._last: tuple[set[str], float] = set(), -REST  # which sliders, and when

    def turned(self, values: Values) -> None:
        """The sliders stand at these values now."""
        which = {label for label, value in values.items() if value != self._values[label]}
        if not which:
            return
        last, when = self._last
        is_a_drag = len(which) == 1 and which == last and self._now() - when < REST
        if not is_a_drag:
            self.past.append(self._values)
        self.future.clear()
        self._values, self._last = values, (which, self._now())
        if is_a_drag and self.past[-1] == values:  # back where it began: nothing to take back
            self.past.pop()
            self.rest()

    def rest(self) -> None:
        """What follows is another turn, however soon."""
        self._last = set(), -REST

    def back(self) -> Values:
        """How they stood before the last turn; as they stand, where there was none."""
        return self._to(self.past, self.future)

    def again(self) -> Values:
        """How they stood before that was taken back; as they stand, where nothing was."""
        return self._to(self.future, self.past)

    def _to(self, taken: list[Values], put: list[Values]) -> Values:
        if taken:
            put.append(self._values)
            self._values = taken.pop()
            self.rest()
        return self._values
