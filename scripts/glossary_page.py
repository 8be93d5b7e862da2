"""Write the words in five languages into docs/glossary.md, from the course's own glossary.

    python scripts/glossary_page.py

notebooks/glossary.md is the one source: it travels with the course. Run this after changing it; a
test says when that was forgotten.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[1]
SOURCE, PAGE = ROOT / "notebooks" / "glossary.md", ROOT / "docs" / "glossary.md"
LANGUAGES = ("Русский", "Українська", "中文", "Deutsch")
_WORD = re.compile(r"^## (.+)\n\n(.+)\n\n(.+)$", re.MULTILINE)


class Word(NamedTuple):
    """A word in English, what it means, and the same in the other languages, in their order."""

    english: str
    meaning: str
    others: tuple[str, ...]

    @property
    def anchor(self) -> str:
        return self.english.replace(" ", "-")


def words(source: str) -> list[Word]:
    """All words of the course's glossary, as it has them.

    >>> words("## lead\\n\\nWho may buy.\\n\\nРусский: лид · Deutsch: Lead\\n")
    [Word(english='lead', meaning='Who may buy.', others=('лид', 'Lead'))]
    """
    return [
        Word(word, meaning, tuple(part.partition(": ")[2] for part in others.split(" · ")))
        for word, meaning, others in _WORD.findall(source)
    ]


def table(source: str, page: str) -> str:
    """The words as a table in Markdown; one that the page explains leads there."""
    explained = {_slug(title): title for title in re.findall(r"^## (.+)$", page, re.MULTILINE)}
    by_word = {re.sub(r" \(.*", "", title).lower(): slug for slug, title in explained.items()}
    lines = [f"| English | {' | '.join(LANGUAGES)} |", "|---|---|---|---|---|"]
    for word in words(source):
        slug = by_word.get(word.english)
        first = (
            f"[{word.english}](#{slug})" if slug else f'<a id="{word.anchor}"></a>{word.english}'
        )
        lines.append(f"| {' | '.join([first, *word.others])} |")
    return "\n".join(lines)


def _slug(title: str) -> str:
    return re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-")


def written(page: str) -> str:
    """The page with the table as it is now."""
    between = r"(?<=glossary_page\.py -->\n\n).*?(?=\n\n<!-- end)"
    made = table(SOURCE.read_text(encoding="utf-8"), page)
    return re.sub(between, lambda _: made, page, flags=re.DOTALL)


def main() -> None:
    """Put the table where the page has one."""
    PAGE.write_text(written(PAGE.read_text(encoding="utf-8")), encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
