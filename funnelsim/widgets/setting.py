"""How a board's sliders stand, as a short text that another can paste: "sales: reps = 3; ...".

It says what is not where it began. Values are those of the readouts, so a text of one board is read
by any board with the same sliders.
"""

from __future__ import annotations

import contextlib
import math
import numbers
from collections.abc import Mapping
from typing import Any

from funnelsim.errors import FunnelSimError, Problem, nearest
from funnelsim.widgets.controls import Controls

FORM = '"Copy" on another board gives such a text, as in: sales: reps = 3; Leads a day = 30'


def setting_text(controls: Controls, starts: Mapping[str, Any]) -> str:
    """The controls that do not stand where they began, each with what its readout says."""
    return "; ".join(
        f"{_line(label)} = {_line(control.label)}"
        for label, control in controls.items()
        if control.value != starts[label]
    )


def read_setting(text: str, controls: Controls) -> dict[str, Any]:
    """The values that a text says, by label; FunnelSimError for what is no such text."""
    rest, found = _line(text), {}
    labels = {_line(label): label for label in controls}
    while rest:
        name, after = _first(rest, labels, "=")
        if name is None:
            given, is_there, _ = rest.partition("=")
            rule = "this is the name of a slider here" if is_there else "it is a list of sliders"
            way_out = nearest(given.strip(), labels) if is_there else FORM
            raise FunnelSimError(str(Problem("the setting", given.strip(), rule, way_out)))
        label = labels[name]
        offered = {_line(said): value for said, value in controls[label].options}
        said, rest = _first(after, offered, ";")
        if said is None:
            said, _, rest = (part.strip() for part in after.partition(";"))
        found[label] = value_offered(controls, label, said)
    return found


def value_offered(controls: Controls, label: str, given: Any) -> Any:
    """The value of a control that is meant: what a readout says, or the number itself.

    >>> import funnelsim as fs
    >>> board = fs.explore(fs.load("aida-follow-up"), ["sales: reps"], n=1)
    >>> [value_offered(board.sliders, "sales: reps", given) for given in ("3", 4)]
    [3, 4]
    """
    if label not in controls:
        rule = "this is the label of a slider here"
        raise FunnelSimError(str(Problem("set", label, rule, nearest(label, controls))))
    options = controls[label].options
    said = {_line(said): value for said, value in options}
    if isinstance(given, str):
        if _line(given) in said:
            return said[_line(given)]
        with contextlib.suppress(ValueError):
            given = float(given)
    for _, value in options:
        if value == given or (
            _is_number(value) and _is_number(given) and math.isclose(value, given)
        ):
            return value
    rule = "a slider stands at one of its values"
    near = _nearest_number(given, options) or nearest(str(given), said)
    raise FunnelSimError(str(Problem(label, given, rule, near)))


def _nearest_number(given: Any, options: Any) -> str:
    if not (_is_number(given) and all(_is_number(value) for _, value in options)):
        return ""
    said, _ = min(options, key=lambda option: abs(option[1] - given))
    return f"the nearest is {said}"


def _is_number(value: Any) -> bool:
    return isinstance(value, numbers.Real) and not isinstance(value, bool)


def _first(text: str, names: Mapping[str, Any], mark: str) -> tuple[str | None, str]:
    """The longest of the names that the text begins with, before a mark or the end; what follows.

    A name may hold marks itself.
    """
    for name in sorted(names, key=len, reverse=True):
        after = text[len(name) :].lstrip()
        if text.startswith(name) and (not after or after.startswith(mark)):
            return name, after[len(mark) :].lstrip()
    return None, text


def _line(text: Any) -> str:
    """In one line, with plain spaces."""
    return " ".join(str(text).split())
