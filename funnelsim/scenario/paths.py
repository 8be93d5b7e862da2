"""Dotted paths: where they lead, and how a value is put there.

`stages.Interest.follow_up.patience`: keys of tables, names of a list's entries. An entry without a
name has its number, `bursts.#1` (or, as Python counts, `bursts.0`); numbers that stand for days,
months and hours have the names of these, `weekdays.Sat`; a status is found by its name too.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from funnelsim.distributions import Part
from funnelsim.errors import Problem, nearest
from funnelsim.fields import model_in
from funnelsim.kinds import Entries, mark_of
from funnelsim.scenario.keys import LISTS


def plain(value: Any) -> Any:
    """The same as fresh plain tables and lists, as a file would hold it."""
    if isinstance(value, Part):
        value = value.model_dump(exclude_defaults=True)
    if isinstance(value, Mapping):
        return {key: plain(entry) for key, entry in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(entry) for entry in value]
    return value


def place_of(step: str, names: Sequence[str]) -> int | None:
    """Where the entry is that a step of a path names: by its name, else by its number."""
    if step in names:
        return names.index(step)
    found = re.fullmatch(r"#([1-9][0-9]{0,5})|([0-9]{1,6})", step)
    if not found:
        return None
    place = int(found[1]) - 1 if found[1] else int(found[2])
    return place if place < len(names) else None


def names_of(entries: Sequence[Any], named: Entries | None = None) -> list[str]:
    """The names of a list's entries in a path: their own, or #1 for the first one."""
    if named is not None and len(named.names) == len(entries):
        return list(named.names)
    return [_name(entry) or f"#{place}" for place, entry in enumerate(entries, start=1)]


def _name(entry: Any) -> str:
    """The name of a table or a part that has one, or of a status, which begins with it."""
    name = entry.get("name") if isinstance(entry, dict) else getattr(entry, "name", None)
    if isinstance(entry, (list, tuple)) and entry:
        name = entry[0]
    return name if isinstance(name, str) else ""


def put(root: type[Part], tables: dict[str, Any], path: str, value: Any) -> Problem | None:
    """Changes `tables` in place; what is wrong with the last key, validation will say."""
    here: Any = tables
    model: Any = root
    named: Entries | None = None
    steps = path.split(".")
    for place, key in enumerate(steps):
        is_last, so_far = place == len(steps) - 1, ".".join(steps[:place])
        if isinstance(here, list):
            names = names_of(here, named)
            at = place_of(key, names)
            if at is None:
                return Problem(path, value, f"{so_far} has no {key!r}", nearest(key, names))
            if is_last and isinstance(here[at], dict):
                return Problem(path, value, "this is a whole entry", "name one of its fields")
            if isinstance(here[at], list) and len(here[at]) == 2:  # a status
                here, at = here[at], 1
            if is_last:
                here[at] = plain(value)
            here = here[at]
        elif not isinstance(here, dict):
            return Problem(path, value, f"{so_far} is one value and has nothing inside")
        elif is_last or model is None:  # the names of reasons and labels may have dots
            _put(here, ".".join(steps[place:]), value)
            return None
        else:
            field = next((f for f, i in model.model_fields.items() if key in (i.alias or f,)), None)
            named = mark_of(model, field, Entries) if field else None
            inside = model_in(model.model_fields[field].annotation) if field else None
            here = here.setdefault(
                key, _empty(model, field, key_of_list=".".join(steps[: place + 1]))
            )
            model = inside
    return None


def _put(table: dict[str, Any], key: str, value: Any) -> None:
    if value is None:
        table.pop(key, None)
    else:
        table[key] = plain(value)


def _empty(model: Any, field: str | None, key_of_list: str) -> Any:
    """What a key that is left out stands for, to be put into: an empty table, or a list."""
    if key_of_list in LISTS:
        return []
    default = model.model_fields[field].default if field else None
    return list(default) if isinstance(default, tuple) and default else {}
