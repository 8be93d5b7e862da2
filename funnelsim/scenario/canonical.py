"""What a scenario says, as one text: equal scenarios have the same, on every machine.

Its SHA-256 is the name by which a report or a workbook knows its scenario. It is no TOML: there the
order of keys, and what a library makes of a quote or a number, would be part of it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from hashlib import sha256
from typing import Any

SHORT = 12  # digits of a hash that people are shown


def canonical(tables: Mapping[str, Any]) -> str:
    """The text of a scenario's tables (`Scenario.tables`): JSON, ASCII, keys in order.

    >>> canonical({"b": [1.0, -0.0], "a": "ü"})
    '{"a":"\\\\u00fc","b":[1.0,0.0]}'
    """
    return json.dumps(_even(tables), sort_keys=True, separators=(",", ":"), default=str)


def hash_of(text: str) -> str:
    """The SHA-256 of a text, as 64 hexadecimal digits."""
    return sha256(text.encode("utf-8")).hexdigest()


def _even(value: Any) -> Any:
    """The same without -0.0, which is equal to 0.0 and is written otherwise."""
    if isinstance(value, Mapping):
        return {key: _even(entry) for key, entry in value.items()}
    if isinstance(value, list):
        return [_even(entry) for entry in value]
    return value + 0.0 if isinstance(value, float) else value
