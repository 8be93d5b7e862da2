"""All that can be turned in a scenario, as a list to search in: a slider is added, or taken away.

What there is, and how far each goes, the register of parameters says (`scenario/parameters.py`).
The list opens above the pictures, as `Share` does; a board that has one says so as `Board.more`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import anywidget
import ipywidgets
import traitlets

from funnelsim.errors import Finding, FunnelSimError, Problem, ScenarioError, nearest
from funnelsim.scenario import Scenario
from funnelsim.scenario.parameters import every
from funnelsim.widgets.knobs import Knob, knob_of, knobs, knobs_named, turned_by_both, turned_twice
from funnelsim.widgets.live_chart import STATIC
from funnelsim.widgets.picture import Simulated
from funnelsim.widgets.spans import spans

HORIZON = "horizon"
MANY = 8  # choices that are told one by one; of more, the first and the last


def turnable(s: Scenario, is_cut: bool = False) -> dict[str, Knob]:
    """A knob for all that a slider can turn, by label, in the order of the scenario.

    What is a distribution has one for its mean. Of a board that `is_cut`, the horizon stays.

    >>> from funnelsim.scenario import load
    >>> found = turnable(load("aida-follow-up"))
    >>> found["sales: opening hours"].is_choice, found["sales: reps"].options[0]
    (True, ('1', 1))
    """
    own = [knob for knob in knobs(s) if not knob.path]  # such as all leads together
    found = {knob.label: knob for knob in [*own, *spans(s)]}
    turned = {path for knob in spans(s) for path in knob.change(knob.start)}
    for one in every(s):
        if one.value is None or (is_cut and one.path == HORIZON):
            continue
        try:
            knob = knob_of(one)
        except ScenarioError:  # a name, a date, a whole part: nothing to turn
            continue
        paths = set(knob.change(knob.start))
        if len(knob.options) > 1 and not paths & turned:
            turned |= paths
            found[knob.label] = knob
    return found


def knobs_asked(s: Scenario, names: Any, simulated: Simulated) -> list[Knob]:
    """The knobs of these parameters, of None those that matter, and a bar for each change that
    they do not move; FunnelSimError for what is no list of parameters.
    """
    if names is None:
        usual = knobs(simulated.shortened(s))
        return [*usual, *spans(simulated.shortened(s), usual)]
    listed = [names] if isinstance(names, str) else names
    if not isinstance(listed, Iterable):
        way_out = 'write ["teams.sales.reps", ...]; fs.parameters(scenario) lists all there are'
        raise FunnelSimError(str(Problem("parameters", names, "it is a list of paths", way_out)))
    found = knobs_named(s, listed)
    if simulated.horizon and any(HORIZON in knob.change(knob.start) for knob in found):
        rule = "the board shows only the first days of it, and these stay"
        raise FunnelSimError(str(Problem(HORIZON, Finding("turned"), rule, "write days=...")))
    return [*found, *spans(simulated.shortened(s), found)]


def one_more(name: str, there: Mapping[str, Knob], more: Mapping[str, Knob]) -> Knob:
    """The knob of this label or path; FunnelSimError if there is none, or it is turned already."""
    paths = {knob.path: knob for knob in more.values() if knob.path}
    knob = more.get(name) or paths.get(name)
    if knob is None:
        rule = "this is a parameter that a slider can turn"
        raise FunnelSimError(str(Problem("a slider", name, rule, nearest(name, more))))
    if problem := clash([*there.values(), knob]):
        raise FunnelSimError(str(problem))
    return knob


def clash(together: Iterable[Knob]) -> Problem | None:
    """What is wrong with these beside each other: two that turn the same; None if nothing is."""
    seen: list[Knob] = []
    for knob in together:
        for other in seen:
            if path := turned_by_both(knob, other):
                way_out = f"take {other.label} away first"
                return turned_twice(knob.label, path, other.label, way_out)
        seen.append(knob)
    return None


class Offered(anywidget.AnyWidget):
    """The list; `opens` is its button.

    `toggle` is called with the label of what is to be added, or taken away. It may raise a
    FunnelSimError, which the list says.
    """

    _esm = (STATIC / "offered.js").read_text(encoding="utf-8")

    rows: traitlets.List[dict[str, Any]] = traitlets.List().tag(sync=True)
    said = traitlets.Unicode().tag(sync=True)

    def __init__(self, toggle: Callable[[str], str]) -> None:
        super().__init__(layout={"display": "none"})
        self._toggle = toggle
        self.opens = ipywidgets.ToggleButton(
            description="Sliders", tooltip="Add a slider for anything, or take one away"
        )
        self.add_class("funnelsim-share")
        self.add_class("funnelsim-offered")
        self.on_msg(lambda _, label, __: self.toggle(label))
        self.opens.observe(lambda change: self._show(change["new"]), "value")

    def toggle(self, label: str) -> None:
        """As a hand does it: what is wrong with it is said in the list."""
        try:
            self.said = self._toggle(label)
        except FunnelSimError as error:
            self.said = str(error)

    def tell(self, there: Mapping[str, Knob], more: Mapping[str, Knob]) -> None:
        """What is on the board, and all that could be; only while it is open.

        Of two that turn the same it is the one on the board, else the one of the register.
        """
        by_paths = {frozenset(knob.change(knob.start)): knob for knob in more.values()}
        by_paths |= {frozenset(knob.change(knob.start)): knob for knob in there.values()}
        self.rows = [
            {"label": k.label, "group": k.group, "goes": goes(k), "on": k.label in there}
            for k in by_paths.values()
        ]

    def _show(self, is_open: bool) -> None:
        self.layout.display = None if is_open else "none"
        self.said = ""


def goes(knob: Knob) -> str:
    """Where it stands and how far it goes, in words.

    >>> from funnelsim.scenario import load
    >>> goes(turnable(load("aida-follow-up"))["sales: reps"])
    '2; 1 to 8'
    """
    said = [text for text, _ in knob.options]
    now = next(text for text, value in knob.options if value == knob.start)
    several = " or ".join(said) if knob.is_choice and len(said) <= MANY else ""
    return f"{now}; {several or f'{said[0]} to {said[-1]}'}"
