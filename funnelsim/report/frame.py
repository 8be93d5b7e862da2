"""The frame of a page: its look, its figures and its charts, all in the one file.

The charts are inline SVG made by vl-convert: sharp on paper, some tens of kilobytes each and no
script. (With tooltips, the Vega bundle would add 900 KB to each page; the exact figures stand in
the tables instead.) A page holds no time of writing, so the same journal makes the same bytes.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from html import escape
from typing import Any

import altair as alt
import pandas as pd
import vl_convert

from funnelsim import charts
from funnelsim.report.type import keep_widths

WIDE, NARROW = 640, 300  # pixels of a chart's plot, on a page and on a phone

STYLE = """
:root { --ink: #1f1f1f; --soft: #595959; --line: #d9d9d9; --ground: #fff; --accent: #0072b2; }
* { box-sizing: border-box; }
body { margin: 0; background: var(--ground); color: var(--ink);
  font: 16px/1.5 "Segoe UI", "Helvetica Neue", Arial, "Liberation Sans", sans-serif; }
main { max-width: 60rem; margin: 0 auto; padding: 2.5rem 1.25rem 4rem; }
h1 { font-size: 1.9rem; line-height: 1.2; margin: 0 0 .3rem; overflow-wrap: anywhere; }
h2 { font-size: 1.3rem; margin: 2.6rem 0 .6rem; padding-top: .6rem;
  border-top: 2px solid var(--accent); }
h3 { font-size: 1.05rem; margin: 1.8rem 0 .3rem; }
p { margin: .4rem 0 .8rem; max-width: 44rem; }
.about { color: var(--soft); margin-bottom: 1.2rem; }
.figures { display: grid; grid-template-columns: repeat(auto-fill, minmax(10.5rem, 1fr));
  gap: .9rem 1.5rem; margin: 1.2rem 0; padding: 0; }
.figures div { display: flex; flex-direction: column-reverse; justify-content: flex-end; }
.figures dt { color: var(--soft); font-size: .85rem; line-height: 1.3; }
.figures dd { margin: 0; font-size: 1.45rem; line-height: 1.25;
  font-variant-numeric: tabular-nums; }
.wide { overflow-x: auto; margin: .6rem 0 1rem; }
table { border-collapse: collapse; font-size: .88rem; font-variant-numeric: tabular-nums; }
th, td { padding: .3rem .85rem .3rem 0; text-align: left; vertical-align: top; }
td.number { white-space: nowrap; }
.long { min-width: 11rem; }
th { border-bottom: 1.5px solid var(--ink); font-weight: 600; vertical-align: bottom; }
td { border-bottom: 1px solid var(--line); }
.number { text-align: right; }
figure { margin: 1.2rem 0; }
figure svg { display: block; max-width: 100%; height: auto; }
.on-phone { display: none; }
pre { font-size: .8rem; line-height: 1.45; overflow-x: auto; padding: .8rem 1rem;
  border: 1px solid var(--line); border-radius: 4px; }
details summary { cursor: pointer; color: var(--accent); }
footer { margin-top: 3rem; color: var(--soft); font-size: .85rem; }
@media (max-width: 560px) {
  main { padding-top: 1.4rem; }
  h1 { font-size: 1.5rem; }
  .figures { grid-template-columns: repeat(2, minmax(0, 1fr)); }
  .figures dd { font-size: 1.2rem; }
  .on-page { display: none; }
  .on-phone { display: block; }
}
@media print {
  body { font-size: 10.5pt; }
  main { max-width: none; padding: 0; }
  h2, h3 { break-after: avoid; }
  figure, tr, .figures { break-inside: avoid; }
  .wide { overflow: visible; }
  table { font-size: 8pt; }
  th, td { padding-right: .6rem; white-space: normal; }
  pre { white-space: pre-wrap; }
  .on-page { display: block; }
  .on-phone { display: none; }
}
"""


def framed(title: str, parts: Sequence[str]) -> str:
    """The whole page as text."""
    # vl-convert numbers clip paths through the life of the process: count them anew in each page
    numbers: dict[str, int] = {}
    body = re.sub(
        r'(id="|url\(#)clip(\d+)',
        lambda found: f"{found[1]}clip{numbers.setdefault(found[2], len(numbers))}",
        "\n".join(parts),
    )
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n<style>{STYLE}</style>\n</head>\n"
        f"<body>\n<main>\n{body}\n</main>\n</body>\n</html>\n"
    )


def tiles(table: pd.DataFrame, docs: Sequence[str]) -> str:
    """Rows of (figure, value) as tiles; what a figure is is said where one points at it."""
    items = "".join(
        f'<div title="{escape(told)}"><dt>{escape(figure)}</dt><dd>{escape(value)}</dd></div>\n'
        for figure, value, told in zip(table["figure"], table["value"], docs, strict=True)
    )
    return f'<dl class="figures">\n{items}</dl>'


def chart(draw: Callable[[Any], alt.TopLevelMixin], told: Any, said: str) -> str:
    """The chart of a journal or plan in two widths, of which the page shows the one that fits."""
    sizes = (("on-page", WIDE), ("on-phone", NARROW))
    drawn = "".join(f'<div class="{c}">{svg(draw(told), width, said)}</div>' for c, width in sizes)
    return f"<figure>{drawn}</figure>"


def svg(chart: alt.TopLevelMixin, width: int, said: str) -> str:
    if isinstance(chart, alt.HConcatChart):  # side by side, or one below the other on a phone
        if width != WIDE:  # the data is that of all parts together
            chart = alt.vconcat(*chart.hconcat, data=chart.data, title=chart.title)
    else:
        chart = chart.properties(width=width)
    spec = chart.to_dict()
    svg = vl_convert.vegalite_to_svg(spec, vl_version=charts.theme.VEGA_LITE)
    svg = keep_widths(re.sub(r"^.*?(?=<svg)", "", svg, count=1, flags=re.DOTALL))
    return svg.replace("<svg", f'<svg role="img" aria-label="{escape(said)}"', 1)
