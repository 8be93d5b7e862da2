"""Words in a picture keep the width they were given, in whatever font they are shown.

A chart is laid out with the widths of one font, which vl-convert brings along. A page is read on
other machines: in a wider font labels would run over one another and off the picture. So each line
of text says its width, and the browser sets it wider or narrower to fit.
"""

from __future__ import annotations

import re
from html import unescape
from typing import Any

import vl_convert

TEXT = re.compile(r"<text\b([^>]*)(?<!/)>(.*?)</text>", re.DOTALL)
LINE = re.compile(r"<tspan\b([^>]*)(?<!/)>([^<]*)</tspan>")
SET = ("font-family", "font-size", "font-weight", "font-style")
SHORT = 2  # letters: an arrow or a digit has no room to be set otherwise


def keep_widths(svg: str) -> str:
    """The picture, an SVG as Vega writes it, with the width of each line of text.

    >>> told = keep_widths('<text font-family="Liberation Sans" font-size="10px">wide</text>')
    >>> re.findall('textLength="[0-9.]+"', told)
    ['textLength="20.6"']
    """
    lines: list[dict[str, str]] = []  # as they come
    for attributes, inner in TEXT.findall(svg):
        font = {
            name: found[1] for name in SET if (found := re.search(rf'{name}="([^"]*)"', attributes))
        }
        lines += [
            font | {"text": unescape(text)} for _, text in LINE.findall(inner) or [("", inner)]
        ]
    lengths = iter(zip(lines, widths(lines), strict=True))

    def told(attributes: str) -> str:
        line, width = next(lengths)
        if len(line["text"].strip()) < SHORT:
            return attributes
        return f'{attributes} textLength="{width:.1f}" lengthAdjust="spacingAndGlyphs"'

    def text(found: re.Match[str]) -> str:
        attributes, inner = found.groups()
        if LINE.search(inner):
            inner = LINE.sub(lambda line: f"<tspan{told(line[1])}>{line[2]}</tspan>", inner)
        else:
            attributes = told(attributes)
        return f"<text{attributes}>{inner}</text>"

    return TEXT.sub(text, svg)


def widths(lines: list[dict[str, str]]) -> list[float]:
    """Pixels of each line of text, by the measure that charts are laid out with."""
    rows = [
        {
            "text": line["text"],
            "font": line.get("font-family", "sans-serif"),
            "size": float(line.get("font-size", "11px").removesuffix("px")),
            "weight": line.get("font-weight", "normal"),
            "style": line.get("font-style", "normal"),
        }
        for line in lines
    ]
    fields = {"text": "text", "font": "font", "fontSize": "size", "fontWeight": "weight",
              "fontStyle": "style"}  # fmt: skip
    words = {name: {"field": field} for name, field in fields.items()}
    bounds = {"x": {"field": "bounds.x1"}, "x2": {"field": "bounds.x2"}}
    spec: dict[str, Any] = {
        "$schema": "https://vega.github.io/schema/vega/v6.json",
        "data": [{"name": "lines", "values": rows}],
        "marks": [
            {
                "type": "text",
                "name": "words",
                "from": {"data": "lines"},
                "encode": {"enter": words},
            },
            {"type": "rect", "from": {"data": "words"}, "encode": {"enter": bounds}},
        ],
    }
    marks = vl_convert.vega_to_scenegraph(spec)["scenegraph"]["items"][0]["items"]
    boxes = next(mark["items"] for mark in marks if mark["marktype"] == "rect")
    return [float(box["width"]) for box in boxes]
