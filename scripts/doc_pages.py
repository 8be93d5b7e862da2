"""What stands in the pages of docs/: their blocks of code, and the files that a reader saves."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"
_BLOCK = re.compile(r"^```(\S*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def pages() -> list[Path]:
    """All pages in Markdown, without what is built from them, and what one of them is made of."""
    return sorted(p for p in DOCS.rglob("*.md") if not {"_build", "teaching"} & {*p.parts})


def blocks(text: str, language: str) -> list[str]:
    """The blocks of this language, in order."""
    return [code for found, code in _BLOCK.findall(text) if found == language]


def files(text: str) -> dict[str, str]:
    """The files that a page tells its reader to save: blocks of TOML that begin with their name.

    >>> files("Save it:\\n\\n```toml\\n# shop.toml\\nname = 'Shop'\\n```\\n")
    {'shop.toml': "# shop.toml\\nname = 'Shop'\\n"}
    """
    named = {re.match(r"# (\S+\.toml)\n", code): code for code in blocks(text, "toml")}
    return {name[1]: code for name, code in named.items() if name}
