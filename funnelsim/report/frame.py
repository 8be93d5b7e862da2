"""The frame of a page: its template filled in, and its charts, all in the one file.

The charts are inline SVG made by vl-convert: sharp on paper, some tens of kilobytes each and no
script. (With tooltips, the Vega bundle would add 900 KB to each page; the exact figures stand in
the tables instead.) A page holds no time of writing, so the same journal makes the same bytes.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import altair as alt
import vl_convert
from markupsafe import Markup

from funnelsim import charts
from funnelsim.pages import page
from funnelsim.report.type import keep_widths

WIDE, NARROW = 640, 300  # pixels of a chart's plot, on a page and on a phone


def framed(template: str, **values: Any) -> str:
    """The whole page as text, from a template of this folder."""
    # vl-convert numbers clip paths through the life of the process: count them anew in each page
    numbers: dict[str, int] = {}
    text = re.sub(
        r'(id="|url\(#)clip(\d+)',
        lambda found: f"{found[1]}clip{numbers.setdefault(found[2], len(numbers))}",
        page(f"report/templates/{template}", **values),
    )
    return f"{text}\n"  # as a text file ends


def chart(draw: Callable[[Any], alt.TopLevelMixin], told: Any, said: str) -> Markup:
    """The chart of a journal or plan in two widths, of which the page shows the one that fits."""
    sizes = (("on-page", WIDE), ("on-phone", NARROW))
    drawn = "".join(f'<div class="{c}">{svg(draw(told), width, said)}</div>' for c, width in sizes)
    return Markup(f"<figure>{drawn}</figure>")


def svg(chart: alt.TopLevelMixin, width: int, said: str) -> str:
    if isinstance(chart, alt.HConcatChart):  # side by side, or one below the other on a phone
        if width != WIDE:  # the data is that of all parts together
            chart = alt.vconcat(*chart.hconcat, data=chart.data, title=chart.title)
    elif isinstance(chart, alt.ConcatChart):  # panels: as many beside each other as fit
        chart = chart.copy()
        chart.columns = max(width // NARROW, 1)
    elif isinstance(chart, alt.VConcatChart):  # panels below each other, with one axis
        chart = chart.copy()
        chart.vconcat = [part.properties(width=width) for part in chart.vconcat]
    else:
        chart = chart.properties(width=width)
    spec = chart.to_dict()
    svg = vl_convert.vegalite_to_svg(spec, vl_version=charts.theme.VEGA_LITE)
    svg = keep_widths(re.sub(r"^.*?(?=<svg)", "", svg, count=1, flags=re.DOTALL))
    return svg.replace("<svg", page('<svg role="img" aria-label="{{ said }}"', said=said), 1)
