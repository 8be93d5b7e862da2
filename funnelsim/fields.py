"""What is said of each field of a scenario: its docstring, and what its annotation tells besides.

The docstring below a field is its description. `help` of a part, the JSON schema and the reference
add what is known already: the kind and unit, the limits, the default, and the section of
docs/model.md that defines the field.
"""

from __future__ import annotations

import ast
import inspect
import linecache
import math
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, get_args

from pydantic import BaseModel, PlainSerializer
from pydantic.fields import FieldInfo

from funnelsim.errors import cut
from funnelsim.kinds import CURRENCY, DURATION, FACTOR, ODDS_RATIO, OF_MONEY, Kind, mark_of
from funnelsim.meant import written

LONGEST_DEFAULT = 60
FIELDS = "Attributes:"  # the heading that help knows
_UNITS = {
    DURATION.unit: 'with its unit, such as "2 h"',
    CURRENCY: "in the scenario's currency",
    FACTOR.unit: "1 changes nothing",
    ODDS_RATIO.unit: "1 changes nothing",
}
_VALUES = {DURATION.unit: "of durations", CURRENCY: "of amounts in the scenario's currency"}


@dataclass(frozen=True)
class Section:
    """The section of docs/model.md that defines a field, where that is not its part's own."""

    title: str


def documented(part: type[BaseModel]) -> None:
    """Makes the docstring below each field its description, and tells all fields in `help`."""
    below = _docstrings(part.__module__).get(part.__name__, {})
    for name, info in part.model_fields.items():
        info.description = below.get(name, info.description)
    if not part.model_fields:
        return
    lines = (f"    {key_of(name, info)}: {said(part, name)}"
             for name, info in part.model_fields.items())  # fmt: skip
    made_of = part.__pydantic_generic_metadata__["origin"] or part  # Uniform, of Uniform[Duration]
    own = inspect.cleandoc(made_of.__doc__ or "").partition(FIELDS)[0].strip()
    part.__doc__ = "\n".join([f"{own}\n\n{FIELDS}" if own else FIELDS, *lines])


@cache
def _docstrings(module: str) -> Mapping[str, dict[str, str]]:
    """The docstrings below the fields of each class of a module; none without its source.

    pydantic could read them itself, but looks through all modules for each class.
    """
    file = getattr(sys.modules.get(module), "__file__", None) or ""
    return {
        node.name: {
            field.target.id: inspect.cleandoc(text.value.value)
            for field, text in zip(node.body, node.body[1:], strict=False)
            if isinstance(field, ast.AnnAssign)
            and isinstance(field.target, ast.Name)
            and isinstance(text, ast.Expr)
            and isinstance(text.value, ast.Constant)
            and isinstance(text.value.value, str)
        }
        for node in ast.parse("".join(linecache.getlines(file))).body
        if isinstance(node, ast.ClassDef)
    }


def key_of(name: str, info: FieldInfo) -> str:
    """What the field is called in a file: `from`, which Python has taken, is `from_` in it."""
    return info.alias or name


def said(part: type[BaseModel], name: str) -> str:
    """All that is known of a field, in a sentence.

    >>> from funnelsim.scenario import FollowUp
    >>> said(FollowUp, "every")
    'from a call in vain to the next one; duration, with its unit, such as "2 h"; \
left out: "1 day"; model: Stages'
    """
    info = part.model_fields[name]
    parts = (info.description, in_words(kind_of(part, name)), _left_out(info))
    return "; ".join([*filter(None, parts), f"model: {section_of(part, name)}"])


def kind_of(part: type[BaseModel], name: str) -> Kind | None:
    """The kind of a field; None for a table or a list of them."""
    inside = model_in(part.model_fields[name].annotation)
    return mark_of(part, name, Kind) or getattr(inside, "of", None)


def model_in(annotation: Any) -> Any:
    """The part, or the distribution, that a field's annotation holds; None where there is none."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    inside = (model_in(argument) for argument in get_args(annotation))
    return next((model for model in inside if model is not None), None)


def in_words(kind: Kind | None) -> str:
    """What a value of the kind is: its name, unit and limits; empty for a part, and without kind.

    >>> from funnelsim.kinds import COUNT, MONEY, SHARE
    >>> in_words(COUNT), in_words(SHARE)
    ('whole number, from 1 to 100000', 'share, from 0 to 1')
    """
    if kind is None:
        return ""
    options = " or ".join(f'"{option}"' for option in kind.options)
    units = _VALUES if kind.name == OF_MONEY.name else _UNITS
    unit = units.get(kind.unit, "" if kind.unit == kind.name else kind.unit)
    above = f"above {kind.low:g}" if kind.is_open else ""
    ends = f"from {kind.low:g} to {kind.high:.12g}" if kind.high < 1e9 and not above else above
    is_number = bool(kind.turned) and kind.unit != DURATION.unit
    return ", ".join(filter(None, (kind.name, unit, options, ends if is_number else "")))


def section_of(part: type[BaseModel], name: str) -> str:
    """The title of the section of docs/model.md that defines the field, or the part in it."""
    if own := mark_of(part, name, Section):
        return str(own.title)
    inside = model_in(part.model_fields[name].annotation)
    return str(getattr(inside, "__dict__", {}).get("section") or getattr(part, "section", ""))


def default_of(info: FieldInfo) -> Any:
    """The default as a file would have it; None for what is needed or may be missing."""
    if info.is_required():
        return None
    default = info.get_default(call_default_factory=True)
    texts = [mark.func for mark in info.metadata if isinstance(mark, PlainSerializer)]
    if isinstance(default, BaseModel):
        return default.model_dump(exclude_defaults=True)
    if isinstance(default, Mapping):
        return dict(default)
    if isinstance(default, tuple):
        return list(default)
    return texts[0](default) if texts and default is not None else default  # type: ignore[call-arg]


def _left_out(info: FieldInfo) -> str:
    if info.is_required():
        return "needed"
    default = default_of(info)
    if default is None or default in ([], {}):
        return "" if "left out" in str(info.description) else "left out: none"
    if isinstance(default, list) and set(default) == {default[0]} and not math.isnan(default[0]):
        return f"left out: {written(default[0])} each"
    return f"left out: {cut(written(default), LONGEST_DEFAULT)}"
