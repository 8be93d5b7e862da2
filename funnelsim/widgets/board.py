"""A board as data: what is turned (`Knob`), looked at (`View`) and shown (`Chart`, `Html`, `Own`).

The panes are functions of what there is to see (`Seen`); its pictures come from a `Maker`.
`boards/` holds one file a board, and `boards/frame.py` the widget of any of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import altair as alt
import ipywidgets

from funnelsim.charts.rows import Rows
from funnelsim.widgets.board_text import EXPLORE, foot_html, head_html
from funnelsim.widgets.knobs import Knob

RowsByName = dict[str, Rows]
Data = Mapping[str, alt.Data]
Drawn = alt.Chart | alt.LayerChart | alt.FacetChart  # what has a width and a height


@dataclass(frozen=True)
class Seen:
    """What a pane is made of.

    `start` is the scenario where nothing is moved, `change` what was moved; `now` the picture to
    show and `before` the one that was kept, or None; `view` what is looked at, by label; `moved`
    the values of the sliders that are not where they began, by label.
    """

    start: Any
    change: Mapping[str, Any]
    now: Any
    before: Any
    view: Mapping[str, Any]
    moved: Mapping[str, Any]

    @property
    def pictures(self) -> list[Any]:
        """The picture now, and the one that was kept."""
        return [self.now] if self.before is None else [self.now, self.before]


@dataclass(frozen=True)
class Chart:
    """A pane with an Altair chart, one view or layers, whose rows are swapped.

    `rows` are the data sets by name; `draw` makes the chart of the data with these names, for a
    light or a dark page. `tops` says of these rows how far scales must reach, by the name of the
    parameter that the chart has as `alt.ExprRef(name)`: scales only grow, and in steps, so that a
    move is seen in the bars and not in the axes. `lines` is how many bars stand below each other.
    """

    rows: Callable[[Seen], RowsByName]
    draw: Callable[[Seen, Data, bool], Drawn]
    tops: Callable[[Seen, RowsByName], dict[str, float]] = lambda seen, rows: {}
    lines: int = 4


@dataclass(frozen=True)
class Html:
    """A pane with a piece of HTML, above the charts; `still` is another one for where the board is
    not live, and has no style sheet.
    """

    html: Callable[[Seen], str]
    still: Callable[[Seen], str] | None = None


@dataclass(frozen=True)
class Own:
    """A pane with a widget of its own, above the charts: made once, every picture put into it.

    `still` is a piece of HTML for where the board is not live.
    """

    make: Callable[[], ipywidgets.Widget]
    put: Callable[[Any, Seen], None]
    still: Callable[[Any, Seen], str] | None = None


@dataclass(frozen=True)
class View:
    """What is looked at: a slider, or a list of choices, that draws anew and simulates nothing.

    A wide one stands above the panes and is as wide as these: time, in many steps.
    """

    label: str
    options: tuple[tuple[str, Any], ...]
    start: Any
    group: str = "Shown"
    is_choice: bool = False
    is_wide: bool = False


class Maker(Protocol):
    """Makes pictures; see `widgets/picture.py`. It works in a thread and touches no widget."""

    def draft(self, scenario: Any, shown: Any = None) -> Any:
        """A picture that can be had quickly; `shown` itself, if it is one of this scenario."""

    def refined(self, picture: Any) -> Iterator[Any]:
        """Better ones, None wherever it may be given up."""


def usual_head(seen: Seen, board: str = EXPLORE) -> str:
    """Name and facts of a scenario that is simulated, on the board of this name."""
    journal, is_kept = seen.now.journal, seen.before is not None
    return head_html(journal.scenario, seen.now.horizon, journal.seed, is_kept, board)


def usual_foot(seen: Seen) -> str:
    """What was moved, in code, and what the ranges are made of."""
    return foot_html(seen.start, dict(seen.change), seen.now.spread)


def each_by_itself(knobs: Mapping[str, Knob], moved: Mapping[str, Any]) -> dict[str, Any]:
    """What the moved sliders change: each what its knob says."""
    changes: dict[str, Any] = {}
    for label, value in moved.items():
        changes |= knobs[label].change(value)
    return changes


@dataclass(frozen=True)
class Board:
    """A board as data: its sliders, its panes, and how its pictures are made.

    `line` is the sentence below the head, where an error is said, too; `figures` are tiles.
    `start` is a scenario, or whatever else the maker makes a picture of, if nothing is turned.
    `change` makes of the moved sliders, values by label, what `Scenario.vary` takes. `told` are
    texts by name for the sentences of a demonstration, of what was seen and one of its pictures.
    With `is_beside` two charts stand beside each other in a narrow window, too.
    """

    start: Any
    maker: Maker
    panes: Sequence[Chart | Html | Own]
    knobs: Sequence[Knob] = ()
    views: Sequence[View] = ()
    line: Callable[[Seen], str] = lambda seen: ""
    figures: Callable[[Seen], str] = lambda seen: ""
    head: Callable[[Seen], str] = usual_head
    foot: Callable[[Seen], str] = usual_foot
    change: Callable[[Mapping[str, Knob], Mapping[str, Any]], dict[str, Any]] = each_by_itself
    told: Callable[[Seen, Any], Mapping[str, str]] = lambda seen, picture: {}
    is_beside: bool = False

    @property
    def starts(self) -> dict[str, Any]:
        """Where sliders and views begin, by label."""
        return {one.label: one.start for many in (self.knobs, self.views) for one in many}
