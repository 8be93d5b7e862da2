"""Write the table of key figures into docs/figures.md, from the register of them.

    python scripts/figures_page.py

Run it after changing an entry in funnelsim/metrics/figures.py; a test says when that was forgotten.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "figures.md"
sys.path.insert(0, str(ROOT))

from funnelsim.metrics.figures import figures  # noqa: E402


def table() -> str:
    """The register as a table in Markdown, a line for each figure."""
    lines = [
        "| figure | called | unit | better | since | what it is |",
        "|---|---|---|---|---|---|",
    ]
    for name, of in figures().iterrows():
        lines.append(f"| `{name}` | {of.label} | {of.unit} | {of.good} | {of.since} | {of.docs} |")
    return "\n".join(lines)


def written(page: str) -> str:
    """The page with the table as it is now."""
    between = r"(?<=figures_page\.py -->\n\n).*?(?=\n\n<!-- end)"
    return re.sub(between, lambda _: table(), page, flags=re.DOTALL)


def main() -> None:
    """Put the table where the page has one."""
    PAGE.write_text(written(PAGE.read_text(encoding="utf-8")), encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
