"""How CRMs write their exports: a file each, read by `deals/` and written by `Journal.to_crm`.

`known_by` are the headings that show whose export it is, `columns` those of each role, the usual
one first; `export` says how it is written: its headings in their order, each with what stands below
it, its words for the fates, its dates and amounts, its kind of file.
"""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files
from typing import Any


@cache
def vendors() -> dict[str, dict[str, Any]]:
    """The profiles by the names of their files, as these hold them."""
    folder = files("funnelsim.vendors")
    names = sorted(entry.name for entry in folder.iterdir() if entry.name.endswith(".toml"))
    return {name.removesuffix(".toml"): tomllib.loads((folder / name).read_text(encoding="utf-8"))
            for name in names}  # fmt: skip
