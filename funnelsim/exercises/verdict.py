"""What there is to say about an answer, and how a console and a notebook show it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from funnelsim.pages import page

MARKS = {"right": "✔", "wrong": "✘", "not answered": "…", "hint": "→"}
COLOURS = {"right": "success", "wrong": "error"}  # as Jupyter names them; all else is "info"
# the indents of a program stay; its ends of lines are not told twice
BLOCK = """\
{% set colour = "var(--jp-" ~ colour ~ "-color1, currentColor)" %}
<div style="border-left: 4px solid {{ colour }}; padding: 2px 10px; max-width: 50em">\
<b style="color: {{ colour }}">{{ mark }} {{ number }}</b>&ensp;\
{% for kind, lines in parts %}
{% if kind == "program" %}
<pre><code>{{ lines | join("&#10;" | safe) }}</code></pre>{% elif kind == "code" %}
<code>{{ lines[0] }}</code>{% else %}
{{ lines | join("<br>" | safe) }}{% endif %}
{% endfor %}
</div>"""


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
        return page(
            BLOCK,
            colour=COLOURS.get(self.outcome, "info"),
            mark=MARKS[self.outcome],
            number=self.number,
            parts=_parts(self.sentence),
        )


def _parts(sentence: str) -> Iterator[tuple[str, list[str]]]:
    """Text, code and programs of several lines, in turn: what each is, and its lines."""
    for place, part in enumerate(re.split(r"`([^`]+)`", sentence)):
        lines = part.split("\n")
        yield "text" if place % 2 == 0 else "code" if len(lines) == 1 else "program", lines
