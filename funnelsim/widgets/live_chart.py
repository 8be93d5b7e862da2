"""Charts that stay on the page while their numbers change.

A `LiveChart` holds one Vega view for each chart. `update` sends new rows, the browser puts them
into the views it already has: no blank frame, no jump, about a tenth of the time of drawing anew.
Vega comes with the package (`static/live_chart.js`), so nothing asks the network.
"""

from __future__ import annotations

import importlib.resources
from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt
import anywidget
import traitlets
import vl_convert

from funnelsim.charts.rows import Rows
from funnelsim.charts.theme import VEGA_LITE, theme

STATIC = importlib.resources.files("funnelsim.widgets") / "static"


class LiveChart(anywidget.AnyWidget):
    """Charts below or beside each other, whose named data can be swapped.

    `light` and `dark` are the same Altair charts drawn for a light and a dark page; their data is
    named (`alt.InlineData(values=rows, name="funnel")`), their width and height are "container".
    `size` enlarges all type.

    >>> data = alt.InlineData(values=[{"leads": 3}], name="funnel")
    >>> chart = alt.Chart(data, width="container").mark_bar().encode(x="leads:Q")
    >>> live = LiveChart([chart], [chart])
    >>> live.update({"funnel": [{"leads": 5}]})
    >>> live.frame["data"], live.frame["number"]
    ({'funnel': [{'leads': 5}]}, 1)
    """

    _esm = (STATIC / "live_chart.js").read_text(encoding="utf-8")
    _css = (STATIC / "live_chart.css").read_text(encoding="utf-8")

    specs = traitlets.Dict().tag(sync=True)
    frame = traitlets.Dict().tag(sync=True)

    def __init__(
        self, light: Sequence[alt.TopLevelMixin], dark: Sequence[alt.TopLevelMixin], size: float = 1
    ) -> None:
        super().__init__(
            specs=compiled(light, dark, size), frame={"data": {}, "signals": {}, "number": 0}
        )

    def update(self, data: Mapping[str, Rows], signals: Mapping[str, float] | None = None) -> None:
        """Put new rows into the charts, and new values of their parameters, in one redraw."""
        number = self.frame["number"] + 1
        self.frame = {"data": dict(data), "signals": dict(signals or {}), "number": number}

    def restyle(
        self, light: Sequence[alt.TopLevelMixin], dark: Sequence[alt.TopLevelMixin], size: float
    ) -> None:
        """Draw the charts anew in another size of type; the rows of the last update stay."""
        self.specs = compiled(light, dark, size)


def compiled(
    light: Sequence[alt.TopLevelMixin], dark: Sequence[alt.TopLevelMixin], size: float
) -> dict[str, list[dict[str, Any]]]:
    """The charts as Vega, themed for light and dark pages."""
    return {
        "light": [vega(chart, theme(dark=False, size=size)) for chart in light],
        "dark": [vega(chart, theme(dark=True, size=size)) for chart in dark],
    }


def vega(chart: alt.TopLevelMixin, config: Mapping[str, Any]) -> dict[str, Any]:
    # our own charts, which tests hold to Altair's schema: to check them takes half of the time
    spec = {**chart.to_dict(validate=False), "config": {**config, "background": "transparent"}}
    return without_empty_extents(vl_convert.vegalite_to_vega(spec, vl_version=VEGA_LITE))


def without_empty_extents(spec: dict[str, Any]) -> dict[str, Any]:
    """The compiled chart, with scales that do not ask rows which are not there where they end.

    Of an empty data set, such as of what nobody has kept, Vega warns of an infinite extent with
    every picture. So a scale whose two ends are given has these, and one over several data sets
    asks all rows of these together.

    >>> scale = {"name": "x", "type": "time", "domain": {"fields": [
    ...     {"data": "now", "field": "when"}, {"data": "kept", "field": "when"}]}}
    >>> spec = without_empty_extents({"data": [], "scales": [scale]})
    >>> spec["scales"][0]["domain"], spec["data"]
    ({'data': 'now+kept', 'field': 'when'}, [{'name': 'now+kept', 'source': ['now', 'kept']}])
    """
    for scale in spec.get("scales", []):
        domain = scale.get("domain")
        if scale.get("type") not in CONTINUOUS or not isinstance(domain, dict):
            continue
        if "domainMin" in scale and "domainMax" in scale:
            scale["domain"] = [scale.pop("domainMin"), scale.pop("domainMax")]
        elif "fields" in domain and all("data" in part for part in domain["fields"]):
            parts = [_together(spec["data"], field, domain["fields"]) for field in _fields(domain)]
            scale["domain"] = parts[0] if len(parts) == 1 else {**domain, "fields": parts}
    return spec


CONTINUOUS = ("linear", "time", "utc", "log", "sqrt", "pow", "symlog")


def _fields(domain: dict[str, Any]) -> list[str]:
    return list(dict.fromkeys(part["field"] for part in domain["fields"]))


def _together(data: list[Any], field: str, parts: Sequence[Mapping[str, str]]) -> dict[str, str]:
    """Where this field is found: a data set, or one of all that have it, which is added."""
    sources = list(dict.fromkeys(part["data"] for part in parts if part["field"] == field))
    name = "+".join(sources)
    if len(sources) > 1 and all(entry["name"] != name for entry in data):
        data.append({"name": name, "source": sources})
    return {"data": name, "field": field}
