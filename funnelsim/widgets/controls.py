"""What a hand turns and presses on a board, and the boxes that these stand in."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches
from types import MappingProxyType
from typing import Any

import ipywidgets

from funnelsim.pages import page
from funnelsim.widgets.board import View
from funnelsim.widgets.knobs import Knob
from funnelsim.widgets.live_chart import STATIC


class Controls(dict[str, ipywidgets.Widget]):
    """Sliders by label, or by the path of the parameter (`labels` knows them); one that is not
    there names the nearest.
    """

    labels: Mapping[str, str] = MappingProxyType({})

    @classmethod
    def of(cls, turned: Sequence[Knob | View]) -> Controls:
        """A control for each of these."""
        made = cls({one.label: control_of(one) for one in turned})
        made.labels = paths_of(turned)
        return made

    def __missing__(self, label: str) -> ipywidgets.Widget:
        if label in self.labels:
            return self[self.labels[label]]
        near = get_close_matches(str(label), self, n=1, cutoff=0)
        raise KeyError(f"no slider {label!r} here" + (f", but {near[0]!r}" if near else ""))


def paths_of(turned: Iterable[Knob | View]) -> dict[str, str]:
    """The labels of these by the path that they are named by, too."""
    return {one.path: one.label for one in turned if isinstance(one, Knob) and one.path}


def control_of(one: Knob | View) -> ipywidgets.Widget:
    kind = ipywidgets.Dropdown if one.is_choice else ipywidgets.SelectionSlider
    if isinstance(one, Knob) and one.is_span:
        kind = ipywidgets.SelectionRangeSlider
    more = {} if one.is_choice else {"continuous_update": True}
    control = kind(
        options=one.options,
        value=one.start,
        description=one.label,
        tooltip=one.label,  # a long one is cut
        **more,
    )
    control.add_class("funnelsim-slider")
    if kind is ipywidgets.SelectionRangeSlider:
        control.add_class("funnelsim-span")
    return control


def grouped(
    offered: Sequence[Knob | View], controls: Mapping[str, ipywidgets.Widget]
) -> list[ipywidgets.Widget]:
    """The controls of these, under a heading for each group, in the order of the first of each."""
    shown: list[ipywidgets.Widget] = []
    group, groups = None, list(dict.fromkeys(one.group for one in offered))
    for one in sorted(offered, key=lambda one: groups.index(one.group)):
        if one.group != group:
            group = one.group
            shown.append(ipywidgets.HTML(page("<h3>{{ group }}</h3>", group=group)))
        shown.append(controls[one.label])
    return shown


def button(text: str, tooltip: str) -> ipywidgets.Button:
    return ipywidgets.Button(description=text, tooltip=tooltip)


def as_said(said: object, kind: str = "done") -> str:
    """What a panel says, as HTML that is read aloud; of the kind "funnelsim-problem" in red."""
    return page('<p class="{{ kind }}" role="status">{{ said }}</p>', kind=kind, said=said)


def only_one_open(buttons: Sequence[ipywidgets.ToggleButton]) -> None:
    """What opens above the pictures closes the others that do."""

    def opened(change: Any) -> None:
        for other in buttons:
            if change["new"] and other is not change["owner"]:
                other.value = False

    for one in buttons:
        one.observe(opened, "value")


def box(
    kind: type[ipywidgets.Box], children: Sequence[ipywidgets.Widget], name: str
) -> ipywidgets.Box:
    made = kind(children)
    made.add_class(name)
    return made


def laid_out(
    head: Sequence[ipywidgets.Widget],
    above: Sequence[ipywidgets.Widget],
    left: ipywidgets.Widget,
    pictures: Sequence[ipywidgets.Widget],
    foot: ipywidgets.Widget,
    lines: int,
) -> list[ipywidgets.Widget]:
    """The rows of a board, with its style; `lines` is how many bars its first chart has."""
    css = (STATIC / "board.css").read_text(encoding="utf-8")
    # a style holds for the whole page, on which other boards have other charts
    own = f"funnelsim-lines-{lines}"
    style = f"<style>{css}.funnelsim-board:has(> .{own}) {{ --stages: {lines}; }}</style>"
    right = box(ipywidgets.VBox, pictures, "funnelsim-pictures")
    return [
        ipywidgets.HTML(style, layout={"display": "none"}).add_class(own),
        box(ipywidgets.HBox, head, "funnelsim-head"),
        *above,
        box(ipywidgets.HBox, [left, right], "funnelsim-body"),
        foot,
    ]
