"""What there is to say about an answer, and how a console and a notebook show it."""

from __future__ import annotations

import re
from html import escape
from typing import NamedTuple

MARKS = {"right": "✔", "wrong": "✘", "not answered": "…", "hint": "→"}
COLOURS = {"right": "success", "wrong": "error"}  # as Jupyter names them; all else is "info"


class Verdict(NamedTuple):
    """What there is to say about an answer; a notebook shows it as one coloured block.

    `number` is the exercise (or the lesson), `outcome` is "right", "wrong", "not answered" or
    "hint", `sentence` is the text; code in it stands between backticks.
    """

    number: str
    outcome: str
    sentence: str

    def __repr__(self) -> str:
        first = f"{MARKS[self.outcome]} {self.number}  "
        return first + self.sentence.replace("\n", "\n" + " " * len(first))

    def _repr_html_(self) -> str:
        colour = f"var(--jp-{COLOURS.get(self.outcome, 'info')}-color1, currentColor)"
        return (
            f'<div style="border-left: 4px solid {colour}; padding: 2px 10px; max-width: 50em">'
            f'<b style="color: {colour}">{MARKS[self.outcome]} {escape(self.number)}</b>&ensp;'
            f"{_in_html(self.sentence)}</div>"
        )


def _in_html(sentence: str) -> str:
    text = re.sub(r"`([^`\n]+)`", r"<code>\1</code>", escape(sentence))
    text = re.sub(r"`([^`]+)`", _program, text)
    return text.replace("\n", "<br>")


def _program(found: re.Match[str]) -> str:
    """Code of several lines, whose indents stay; its ends of lines are not told twice."""
    return f"<pre><code>{found[1]}</code></pre>".replace("\n", "&#10;")
