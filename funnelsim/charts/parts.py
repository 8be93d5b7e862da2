"""What charts are put together from: rows inside them, axes, and a sentence in place of a chart."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterable

import altair as alt

from funnelsim.charts.rows import Rows

NAMES = alt.Axis(labelFontWeight="bold", labelPadding=10)
LINE = 24  # letters of a name; a longer one goes on in the next line
DAY_OR_TIME = dict.fromkeys(("year", "quarter", "month", "week", "date", "day"), "%-d %b %y")
DAY_OR_TIME |= dict.fromkeys(("hours", "minutes"), "%H:%M")  # of ticks within a day
DATES = alt.Axis(format=DAY_OR_TIME, labelFlush=True, tickCount=6, grid=False, labelOverlap=True)
NO_ORDER = "Nothing is sold: this scenario has no order, its goal is an action."
NONE_PLACED = "No order was placed in the days simulated."


def sentence(title: str, text: str) -> alt.Chart:
    """A chart that says in words why there is nothing to draw."""
    one_row = rows_data([{"text": text}])
    words = alt.Chart(one_row).mark_text(align="left", fontSize=14, lineBreak="\n")
    found: alt.Chart = words.encode(x=alt.XValue(0), text="text:N", tooltip="text:N").properties(
        width=600, height=60, title=title
    )
    return found


def rows_data(rows: Rows, name: str | None = None) -> alt.Data:
    """Rows inside the chart; with a name, a live board can swap them.

    A tuple: lists are copied by Altair, row by row, whenever charts are put together.
    """
    values = tuple(rows)
    return alt.InlineData(values=values, name=name) if name else alt.InlineData(values=values)


def axis_of(names: Iterable[str]) -> alt.Axis:
    """An axis of names, the long ones in several lines, so that they leave room for the bars."""
    broken = {name: lines for name in names if len(lines := in_lines(name)) > 1}
    if not broken:
        return NAMES
    axis = NAMES.copy()
    axis.labelExpr = f"{json.dumps(broken, ensure_ascii=False)}[datum.label] || datum.label"
    return axis


def in_lines(name: str) -> list[str]:
    """A name in as few lines as hold it, all about as long; what two do not hold is left out.

    >>> in_lines("Consideration of the offers of others"), in_lines("Interest")
    (['Consideration of the', 'offers of others'], ['Interest'])
    >>> in_lines("客户对我们的产品感兴趣并要求报价")
    ['客户对我们的产品', '感兴趣并要求报价']
    >>> in_lines("A name so long that no chart has ever had the room for it")
    ['A name so long that no', 'chart has ever had the r…']
    """
    if _width(name) > 2 * LINE:  # a third line would run over the name below
        while _width(name) >= 2 * LINE:
            name = name[:-1]
        name = f"{name.rstrip()}…"
    count = -(-_width(name) // LINE)
    pieces = name.split(" ")
    if len(pieces) < count:  # where words are not parted by blanks, any letter may end a line
        size = -(-len(name) // count)
        return [name[at : at + size] for at in range(0, len(name), size)]
    lines, longest = [""], _width(name) / count
    for piece in pieces:
        longer = f"{lines[-1]} {piece}".strip()
        is_nearer = _width(longer) - longest > longest - _width(lines[-1])
        if lines[-1] and len(lines) < count and is_nearer:
            lines.append(piece)
        else:
            lines[-1] = longer
    return lines


def _width(text: str) -> int:
    """In Latin letters: a Chinese one is as wide as two."""
    return sum(1 + (unicodedata.east_asian_width(letter) in "WF") for letter in text)
