"""Tables as the text of a scenario file, laid out as a person would write it.

Lists of tables become [[stages]], a follow-up, a recovery, payments and tiers tables of their own,
and everything deeper stays on one line, as distributions are read best.
"""

from __future__ import annotations

from typing import Any

import tomlkit
from tomlkit.items import AoT, Array, InlineTable, Table

OWN_TABLES = ("follow_up", "recovery", "payments", "tiers")


def toml_text(tables: dict[str, Any]) -> str:
    """The text; reading it gives equal tables."""
    document = tomlkit.document()
    for key, value in tables.items():
        if _is_own(value):
            document.add(key, _own(value))
        else:
            document.add(key, _inline(value))
    return tomlkit.dumps(document)


def _is_own(value: Any) -> bool:
    return isinstance(value, dict) or (
        isinstance(value, list) and bool(value) and isinstance(value[0], dict)
    )


def _own(value: Any) -> Table | AoT:
    """A table under its own header, or a list of them."""
    if isinstance(value, dict):
        return _table(value)
    entries = AoT([])
    for entry in value:
        entries.append(_table(entry))
    return entries


def _table(tables: dict[str, Any]) -> Table:
    table = tomlkit.table()
    own = {key: tables[key] for key in OWN_TABLES if _is_own(tables.get(key))}
    for key, value in tables.items():
        if key not in own:
            table.add(tomlkit.key([key]) if "." in key else key, _inline(value))
    for key, value in own.items():  # they come last: TOML's keys belong to the last header
        table.add(key, _own(value))
    return table


def _inline(value: Any) -> Any:
    if isinstance(value, dict):
        table: InlineTable = tomlkit.inline_table()
        for key, entry in value.items():
            table.append(key, _inline(entry))
        return table
    if isinstance(value, list):
        array: Array = tomlkit.array()
        for entry in value:
            array.append(_inline(entry))
        return array
    return value
