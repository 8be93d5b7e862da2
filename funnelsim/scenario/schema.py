"""A scenario file as a JSON schema: what an editor completes, explains and underlines with.

pydantic says which keys there are; their annotations (`kinds.py`) say what a file may have there,
which pydantic cannot know: durations are text in a file, a share has limits. What must hold between
fields is beyond a schema: only reading the file says that a team is not there.

It is draft 7, which TOML's editors know, without references: they would hide what is said of a key.
"""

from __future__ import annotations

import datetime
import inspect
import math
from collections.abc import Iterator, Mapping
from typing import Any, get_args

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from funnelsim.distributions import Distribution
from funnelsim.fields import default_of, key_of, kind_of, said
from funnelsim.kinds import (
    DATE,
    DURATION,
    HOURS,
    MOMENT,
    NAME,
    OF_DURATIONS,
    OF_MONEY,
    TEXT,
    EntryNames,
    Kind,
    mark_of,
)
from funnelsim.opening_hours import ALWAYS, WEEKDAYS
from funnelsim.scenario import Scenario
from funnelsim.scenario.values import OFFICE_HOURS

DRAFT = "http://json-schema.org/draft-07/schema#"
ENDLESS = 1e9  # a limit that nobody meets is not told

_UNIT = "(us|µs|ms|[sS](ec(onds?)?)?|[mM]in(utes?)?|[hH](ours?)?|[dD](ays?)?|[wW](eeks?)?)"
_LENGTH = r"(\d+(\.\d+)?|\.\d+)"
_ABOVE_0 = r"(0*[1-9]\d*(\.\d+)?|\d*\.\d*[1-9]\d*)"
_DAY = f"({'|'.join(f'[{day[0].lower()}{day[0]}]{day[1:]}' for day in WEEKDAYS)})"
_CLOCK = r"([01]?\d|2[0-4]):[0-5]\d"
_OPEN = rf"{_DAY}(\s*-\s*{_DAY})?\s+{_CLOCK}\s*-\s*{_CLOCK}"

_DATE = r"(1[7-9]\d\d|2[01]\d\d|2200)-\d\d-\d\d(T\d\d:\d\d(:\d\d)?)?"

_TEXTS: Mapping[str, dict[str, Any]] = {
    DATE.name: {"format": "date", "pattern": r"^(1[7-9]\d\d|2[01]\d\d|2200)-\d\d-\d\d$"},
    HOURS.name: {
        "pattern": rf"^\s*([aA]lways|{_OPEN}(\s*;\s*{_OPEN})*)\s*$",
        "examples": [OFFICE_HOURS, ALWAYS],
    },
    NAME.name: {"pattern": r"^[^.]*[^.\s][^.]*$"},
    TEXT.name: {"pattern": r"\S"},
}
_EXAMPLES = {
    OF_DURATIONS: [{"constant": "30 min"}, {"exponential": {"mean": "5 h"}}],
    OF_MONEY: [{"constant": 80}, {"lognormal": {"mean": 80, "cv": 0.8}}],
}


def schema() -> dict[str, Any]:
    """The JSON schema of a scenario file, as tables; `json.dumps` writes it.

    What `fs.load` takes, it takes. It refuses unknown and missing keys, wrong types and values out
    of their limits; what must hold between keys (names of teams, shares that sum to 1, which keys
    go together) only loading says.

    >>> conversion = schema()["properties"]["stages"]["items"]["properties"]["conversion"]
    >>> conversion["type"], conversion["minimum"], conversion["maximum"]
    ('number', 0, 1)
    """
    models = list(dict.fromkeys(_models(Scenario)))
    found, made = models_json_schema([(model, "validation") for model in models])
    parts = {found[model, "validation"]["$ref"]: model for model in models}
    tables = _Tables(parts, {f"#/$defs/{name}": table for name, table in made["$defs"].items()})
    return {"$schema": DRAFT, "title": "funnelsim scenario", **tables.of(Scenario)}


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    """The part itself, and all inside of it."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
        inside: list[Any] = [info.annotation for info in annotation.model_fields.values()]
    else:
        inside = list(get_args(annotation))
    for one in inside:
        yield from _models(one)


class _Tables:
    """pydantic's definitions by their reference, made into those of a file."""

    def __init__(self, parts: Mapping[str, type[BaseModel]], made: Mapping[str, Any]) -> None:
        self.parts, self.made = parts, made
        self.references = {part: reference for reference, part in parts.items()}

    def of(self, part: type[BaseModel]) -> dict[str, Any]:
        """The table of a part."""
        made = self.made[self.references[part]]
        own = (part.__doc__ or "").split("Attributes:")[0]
        table: dict[str, Any] = {"type": "object"}
        if told := inspect.cleandoc(own).split("\n\n")[0]:
            table["description"] = told.replace("\n", " ")
        table["properties"] = {
            key_of(name, info): self._field(part, name, made["properties"][key_of(name, info)])
            for name, info in part.model_fields.items()
        }
        table |= {key: made[key] for key in ("required", "additionalProperties") if key in made}
        if issubclass(part, Distribution):
            table["oneOf"] = [{"required": [key]} for key in part.model_fields]
        elif ways := getattr(part, "ways", None):
            table["oneOf"] = [{"required": list(way)} for way in ways]
            table["maxProperties"] = len(ways[0])
        return table

    def _field(self, part: type[BaseModel], name: str, made: dict[str, Any]) -> dict[str, Any]:
        info, kind = part.model_fields[name], kind_of(part, name)
        field = self._value(made, kind or NAME)
        entries = mark_of(part, name, EntryNames)
        if entries is not None:
            field |= {"minItems": len(entries.names), "maxItems": len(entries.names)}
        own = f"{field['description']} - " if kind is None and "description" in field else ""
        field["description"] = f"{own}{said(part, name)}"
        default = default_of(info)
        if default not in (None, [], {}):
            field["default"] = str(default) if isinstance(default, datetime.date) else default
        if kind in _EXAMPLES:
            field["examples"] = _EXAMPLES[kind]
        return field

    def _value(self, made: Mapping[str, Any], kind: Kind) -> dict[str, Any]:
        """A value: of a list and a table, what the kind says holds for each entry."""
        if "$ref" in made:
            return self.of(self.parts[made["$ref"]])
        if choices := made.get("anyOf") or made.get("oneOf"):
            values = [self._value(one, kind) for one in choices if one.get("type") != "null"]
            return values[0] if len(values) == 1 else {"anyOf": values}
        value = {key: made[key] for key in made if key not in ("title", "default", "description")}
        if "prefixItems" in value:  # draft 7 has another word for it
            value["items"] = [self._value(one, kind) for one in value.pop("prefixItems")]
        elif value["type"] == "array":
            value["items"] = self._value(value["items"], kind)
        elif value["type"] == "object":
            entry = value["additionalProperties"]
            value["additionalProperties"] = entry if "enum" in entry else self._value(entry, kind)
        elif value["type"] != "boolean":
            value |= _limits(kind)
        return value


def _limits(kind: Kind) -> dict[str, Any]:
    """What a single value of the kind may be in a file."""
    if kind.options:
        return {"type": "string", "enum": list(kind.options)}
    if kind.name == MOMENT.name:
        moment = rf"^\s*([-−]?{_LENGTH}\s*{_UNIT}|{_DATE})\s*$"
        return {"type": "string", "pattern": moment, "examples": ["30 days", "2027-02-01"]}
    if kind.unit == DURATION.unit:
        length = _ABOVE_0 if kind.is_open else _LENGTH
        examples = ["30 min", "2 h", "1.5 days", "3 weeks"]
        return {"type": "string", "pattern": rf"^\s*{length}\s*{_UNIT}\s*$", "examples": examples}
    if not kind.turned:
        texts = _TEXTS[NAME.name if kind.names_of else kind.name]
        return {"type": "string", **texts}
    ends: dict[str, Any] = {"exclusiveMinimum" if kind.is_open else "minimum": _plain(kind.low)}
    return ends | ({"maximum": _plain(kind.high)} if kind.high < ENDLESS else {})


def _plain(limit: float) -> float:
    return int(limit) if math.isfinite(limit) and limit == int(limit) else limit
