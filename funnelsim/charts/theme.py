"""How every chart looks, and how it gets onto a notebook's page.

One meaning for each colour, one Altair theme, and one renderer: compiled Vega, which JupyterLab
draws with no network, and beside it a picture for pages that cannot draw Vega. Both are in the
notebook when it is opened without a kernel.
"""

from __future__ import annotations

import base64
import zlib
from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt

from funnelsim.charts.rows import REST
from funnelsim.progress import in_a_notebook

VEGA_LITE = "6.4"  # what Altair 6 writes, as vl_convert names it
VEGA_MIME = "application/vnd.vega.v5+json"

COLOURS = {
    "advanced": "#0072B2",  # blue: went on
    "open": "#A8A8A8",  # grey: not known yet
    "lost": "#D55E00",  # vermilion: gone
    "stale": "#E69F00",  # orange: open for too long
    "first orders": "#0072B2",  # blue: what the funnel brought
    "repeat orders": "#56B4E9",  # sky blue: more from the same customers
    "ordered once": "#0072B2",  # customers, in the colours of their orders
    "ordered again": "#56B4E9",
    "points open": "#A8A8A8",  # grey: owed, not known yet whether for ever
    "redeemed": "#0072B2",
    "expired": "#D55E00",  # gone
    "left": "#0072B2",  # money that is left
    "cost": "#D55E00",  # money that is gone
    "income": "#56B4E9",  # more from the same customers
    "kept": "#0072B2",  # orders, and how they ended
    "returned": "#D55E00",
    "refused": "#CC79A7",
    "cancelled": "#E69F00",
    "new": "#56B4E9",  # deals of a pipeline, and what has become of them since last week
    "won": "#0072B2",
    "moved on": "#009E73",
    "moved back": "#882255",
    "slipped": "#F0E442",
    "band": "#8C8C8C",  # grey: not known, chance decides
    "baseline": "#222222",  # a dark outline: what is compared with
}
"""What a colour means. From the colour-blind-safe palette of Okabe and Ito (2008), and a wine red.

Whoever sets one here sets it for all charts and boards that are drawn from then on.
"""

REASONS = {
    "not convinced": "#D55E00",
    "gone cold": "#56B4E9",
    "not reached": "#3D6FA8",
    "missed": "#8C8C8C",
    "dropped": "#6A4C93",
    REST: "#CFCFCF",
}
OTHER_REASONS = ("#E69F00", "#CC79A7", "#009E73", "#F0E442", "#882255", "#000000")


def colour_scale(*meanings: str) -> alt.Scale:
    return alt.Scale(domain=list(meanings), range=[COLOURS[meaning] for meaning in meanings])


def reason_colours(reasons: Sequence[str]) -> alt.Scale:
    """The known reasons keep their colour in every chart; others take the next free one."""
    free = iter(OTHER_REASONS)
    colours = [REASONS.get(reason) or next(free) for reason in reasons]
    return alt.Scale(domain=list(reasons), range=colours)


def baseline_colour(dark: bool) -> str:
    return "#F2F2F2" if dark else COLOURS["baseline"]


def page_colour(dark: bool) -> str:
    return "#111111" if dark else "#FFFFFF"


def theme(dark: bool = False, size: float = 1.0) -> dict[str, Any]:
    """The Vega-Lite config of every chart; `size` enlarges all type (for a projector: 1.4).

    >>> theme()["axis"]["labelFontSize"], theme(size=1.5)["axis"]["labelFontSize"]
    (12, 18)
    """
    ink, soft, line = (
        ("#F2F2F2", "#C8C8C8", "#4A4A4A") if dark else ("#1F1F1F", "#595959", "#E2E2E2")
    )
    small, normal, large = (round(points * size) for points in (12, 13, 16))
    return {
        # an opaque ground: a chart reads the same on a light page and on a dark one
        "background": "transparent" if dark else "white",
        "font": "Arial, Liberation Sans, Helvetica, sans-serif",
        "view": {"stroke": None, "continuousWidth": 560, "continuousHeight": 260},
        "padding": 8,
        "title": {
            "anchor": "start", "color": ink, "fontSize": large, "subtitleColor": soft,
            "subtitleFontSize": normal, "subtitlePadding": 6, "offset": 12,
        },
        "axis": {
            "labelColor": ink, "titleColor": soft, "labelFontSize": small, "titleFontSize": small,
            "titleFontWeight": "normal", "gridColor": line, "domainColor": soft, "tickColor": soft,
            "labelLimit": 0, "labelPadding": 6,
        },
        "axisX": {"labelOverlap": True},
        "axisY": {"domain": False, "ticks": False},
        "legend": {
            "orient": "top", "title": None, "labelColor": ink, "labelFontSize": small,
            "titleColor": soft, "labelLimit": 0, "symbolType": "square",
            "symbolSize": 110 * size, "offset": 6, "columnPadding": 16,
        },
        "text": {"color": ink, "fontSize": normal},
    }  # fmt: skip


def mime_bundle(spec: Mapping[str, Any], **_: Any) -> dict[str, Any]:
    """An Altair renderer: compiled Vega for JupyterLab, a picture for pages that cannot draw it.

    Neither needs the network, and both are in the notebook when it is opened without a kernel. How
    the chart was made is left out: the notebook says it, and holds the same with another version.
    """
    import vl_convert

    drawn = {key: value for key, value in spec.items() if key != "usermeta"}
    vega = vl_convert.vegalite_to_vega(drawn, vl_version=VEGA_LITE)
    picture = small_png(vl_convert.vega_to_png(vega, scale=1.5))
    return {
        VEGA_MIME: on_any_page(vega),
        "image/png": base64.b64encode(picture).decode("ascii"),
        "text/plain": plain_text(spec),
    }


def on_any_page(vega: dict[str, Any]) -> dict[str, Any]:
    """The same chart with the colour of its title where a dark page of JupyterLab leaves it alone.

    Vega-Lite writes that colour as a style; the page's own `config.title` then wins over it, and
    the title would be white on our white ground. What stands in our `config.title` wins instead.
    """
    config = vega.get("config", {})
    colour = config.get("style", {}).get("group-title", {}).get("fill")
    if colour:
        config.setdefault("title", {})["color"] = colour
    return vega


def small_png(picture: bytes) -> bytes:
    """The same picture, packed tighter: vl_convert writes for speed, four times as large."""
    signature, at, chunks, packed = picture[:8], 8, [], b""
    while at < len(picture):
        length = int.from_bytes(picture[at : at + 4])
        kind, body = picture[at + 4 : at + 8], picture[at + 8 : at + 8 + length]
        if kind == b"IDAT":
            packed += body
        else:
            chunks.append((kind, body))
        at += length + 12
    chunks.insert(-1, (b"IDAT", zlib.compress(zlib.decompress(packed), 6)))  # IEND stays last
    return signature + b"".join(
        len(body).to_bytes(4) + kind + body + zlib.crc32(kind + body).to_bytes(4)
        for kind, body in chunks
    )


def plain_text(spec: Mapping[str, Any]) -> str:
    """The title, and below it the subtitle: a folded output shows the first line."""
    title = spec.get("title", "")
    if isinstance(title, Mapping):
        subtitle = title.get("subtitle") or []
        lines = [title.get("text", ""), *([subtitle] if isinstance(subtitle, str) else subtitle)]
        title = "\n".join(filter(None, lines))
    return f"Chart: {title}" if title else "Chart"


@alt.theme.register("funnelsim", enable=alt.theme.active == "default")
def _altair_theme() -> alt.theme.ThemeConfig:
    return alt.theme.ThemeConfig(config=theme())  # type: ignore[typeddict-item]


def use_in_notebooks() -> None:
    """Register the renderer; in a kernel use it, unless the reader has chosen another."""
    alt.renderers.register("funnelsim", mime_bundle)
    if in_a_notebook() and alt.renderers.active == "default":
        alt.renderers.enable("funnelsim")
