"""What charts are put together from: rows inside them, axes, and a sentence in place of a chart."""

from __future__ import annotations

import altair as alt

from funnelsim.charts.rows import Rows

NAMES = alt.Axis(labelFontWeight="bold", labelPadding=10)
DAY_OR_TIME = dict.fromkeys(("year", "quarter", "month", "week", "date", "day"), "%-d %b %y")
DAY_OR_TIME |= dict.fromkeys(("hours", "minutes"), "%H:%M")  # of ticks within a day
DATES = alt.Axis(format=DAY_OR_TIME, labelFlush=True, tickCount=6, grid=False, labelOverlap=True)
NO_ORDER = "Nothing is sold: this scenario has no order, its goal is an action."
NONE_PLACED = "No order was placed in the days simulated."


def sentence(title: str, text: str) -> alt.Chart:
    """A chart that says in words why there is nothing to draw."""
    one_row = rows_data([{"text": text}])
    words = alt.Chart(one_row).mark_text(align="left", fontSize=14, lineBreak="\n")
    return words.encode(x=alt.XValue(0), text="text:N", tooltip="text:N").properties(
        width=600, height=60, title=title
    )


def rows_data(rows: Rows, name: str | None = None) -> alt.Data:
    """Rows inside the chart; with a name, a live board can swap them."""
    return alt.InlineData(values=rows, name=name) if name else alt.InlineData(values=rows)
