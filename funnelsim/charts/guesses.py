"""A distribution, the truth in it, and the guesses: yours as a line, a class as dots below."""

from __future__ import annotations

import math

import altair as alt
import numpy as np

from funnelsim.charts.parts import rows_data
from funnelsim.charts.theme import COLOURS
from funnelsim.distributions import Floats

WIDTH, HEIGHT, OF_A_DOT = 600, 200, 9
BINS = (10, 40)  # at least, and at most
NEARLY_ALL = 0.99  # of the values: a few far ones would leave no room for the others
CLASS, YOU = 45, "you"


def guesses_chart(
    values: Floats, truths: dict[str, float], guesses: dict[str, list[float]], unit: str
) -> alt.TopLevelMixin:
    """`truths` and `guesses` by what was asked for; a single guess is "you"."""
    said = [guess for given in guesses.values() for guess in given]
    marks = [*truths.values(), *said]
    low = min([float(values.min()) if len(values) else 0.0, *marks])
    high = max([float(np.quantile(values, NEARLY_ALL)) if len(values) else 1.0, *marks])
    edges, is_whole = _edges(values, low, high)
    counts, _ = np.histogram(values, edges)
    beyond = int((values > edges[-1]).sum())
    form = ".0%" if unit == "share" else ",~g"
    step = 1 if is_whole else alt.Undefined
    axis = alt.Axis(format=form, grid=False, tickMinStep=step)
    x = alt.X("from:Q", title=unit, axis=axis).scale(domain=[edges[0], edges[-1]], nice=False)
    bars = [
        {"from": float(a), "to": float(b), "count": int(n), "zero": 0}
        for a, b, n in zip(edges[:-1], edges[1:], counts, strict=True)
    ]
    parts = [
        alt.Chart(rows_data(bars))
        .mark_bar(color=COLOURS["open"], stroke="white", strokeWidth=0.5)
        .encode(
            x=x,
            x2="to:Q",
            y=alt.Y("zero:Q", title="how many", axis=alt.Axis(grid=False, tickMinStep=1)),
            y2="count:Q",
        )
    ]
    several_asked = len(truths) > 1
    lines = [(_what("it is", name, several_asked), v, False) for name, v in truths.items()]
    single = {name: given[0] for name, given in guesses.items() if len(given) == 1}
    lines += [(_what(YOU, name, several_asked), v, True) for name, v in single.items()]
    for place, (text, value, is_you) in enumerate(lines):
        amount = f"{100 * value:.1f} %" if unit == "share" else f"{value:,.3g} {unit}"
        parts += _line(f"{'- -' if is_you else '—'} {text}: {amount}", value, is_you, place, x)
    subtitle = [f"{beyond:,} of {len(values):,} lie further to the right"] if beyond else []
    chart = alt.layer(*parts).properties(
        width=WIDTH,
        height=HEIGHT,
        title=alt.Title("What it is, and what was said", subtitle=subtitle),
    )
    several = [(name, given) for name, given in guesses.items() if len(given) > 1]
    if not several:
        return chart
    return alt.vconcat(chart, *(_dots(name, given, edges) for name, given in several), spacing=4)


def _edges(values: Floats, low: float, high: float) -> tuple[Floats, bool]:
    """Of the bars; those of whole numbers hold as many numbers each, and stand around them.

    >>> edges, is_whole = _edges(np.array([3.0, 5, 6]), 3, 6)
    >>> edges.tolist(), is_whole
    ([2.5, 3.5, 4.5, 5.5, 6.5], True)
    """
    bins = int(np.clip(np.ceil(2 * np.sqrt(len(values))), *BINS))
    if not len(values) or (values % 1).any():
        return np.linspace(low, high if high > low else low + 1, bins + 1), False
    first = math.floor(low) - 0.5
    step = math.ceil((high - first) / bins)
    return first + step * np.arange(math.ceil((high - first) / step) + 1.0), True


def _what(who: str, name: str, is_told: bool) -> str:
    return f"{who}, {name.lower()}" if is_told else who


def _line(text: str, value: float, is_you: bool, place: int, x: alt.X) -> list[alt.Chart]:
    colour = COLOURS["lost"] if is_you else COLOURS["advanced"]
    row = rows_data([{"from": value, "text": text}])
    dash = [6, 4] if is_you else alt.Undefined
    rule = alt.Chart(row).mark_rule(color=colour, strokeWidth=3, strokeDash=dash).encode(x=x)
    words = alt.Chart(row).mark_text(color=colour, align="right", fontWeight="bold", baseline="top")
    return [rule, words.encode(x=alt.value(WIDTH), text="text:N", y=alt.value(4 + 18 * place))]


def _dots(name: str, given: list[float], edges: Floats) -> alt.Chart:
    """One dot a guess, those in one place on top of one another."""
    column = np.clip(np.searchsorted(edges, given, "right") - 1, 0, len(edges) - 2)
    heights: dict[int, int] = {}
    rows = []
    for guess, at in sorted(zip(given, column.tolist(), strict=True)):
        heights[at] = heights.get(at, 0) + 1
        rows.append({"from": guess, "height": heights[at], "who": f"guess of {name.lower()}"})
    most = max(heights.values())
    y = alt.Y("height:Q", axis=None).scale(domain=[0, math.ceil(most + 0.5)])
    bare = alt.X("from:Q", axis=None).scale(domain=[edges[0], edges[-1]], nice=False)
    dots = alt.Chart(rows_data(rows)).mark_circle(size=CLASS, color=COLOURS["lost"], opacity=0.8)
    found: alt.Chart = dots.encode(x=bare, y=y, tooltip=["who:N", "from:Q"]).properties(
        width=WIDTH, height=max(24, OF_A_DOT * (most + 1)), title="the class"
    )
    return found
