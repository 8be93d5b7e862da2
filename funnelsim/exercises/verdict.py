"""What there is to say about an answer, and how a console and a notebook show it."""

from __future__ import annotations

import re
from typing import NamedTuple

from funnelsim.pages import page

MARKS = {"right": "✔", "wrong": "✘", "not answered": "…", "hint": "→"}
COLOURS = {"right": "success", "wrong": "error"}  # as Jupyter names them; all else is "info"
# code of several lines keeps its indents; its ends of lines are not told twice
BLOCK = """\
<div style="border-left: 4px solid {{ colour }}; padding: 2px 10px; max-width: 50em">\
<b style="color: {{ colour }}">{{ mark }} {{ number }}</b>&ensp;
{%- for text, code in said -%}
{{ text | replace("\\n", "<br>" | safe) }}
{%- if "\\n" in code %}<pre><code>{{ code | replace("\\n", "&#10;" | safe) }}</code></pre>
{%- elif code %}<code>{{ code }}</code>{% endif -%}
{% endfor -%}
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
        colour = f"var(--jp-{COLOURS.get(self.outcome, 'info')}-color1, currentColor)"
        pieces = re.split(r"`([^`]+)`", self.sentence)  # every second one is code
        said = zip(pieces[::2], [*pieces[1::2], ""], strict=True)
        return page(BLOCK, colour=colour, mark=MARKS[self.outcome], number=self.number, said=said)
