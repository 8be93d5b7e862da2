"""How a chart was made, inside it: the version, the scenario, the seed and the settings.

It stands in `usermeta` of the chart's Vega-Lite spec, which is the place that the format has for
it, so that it is in every file that `chart.save` writes of the spec (.json, .html); `fs.load` reads
the scenario back (`scenario/embedded.py`). In a notebook the cell above a chart says it already,
and there `theme.py` leaves it out.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, ParamSpec

import altair as alt

from funnelsim.deals import Deals
from funnelsim.journal.provenance import Provenance, versions
from funnelsim.scenario.embedded import CHART, MADE_WITH, TEXT

P = ParamSpec("P")


def says_how_made(draw: Callable[P, alt.TopLevelMixin]) -> Callable[P, alt.TopLevelMixin]:
    """The chart says how it was made, as what it was drawn from does.

    >>> import funnelsim as fs
    >>> chart = fs.charts.funnel(fs.simulate(fs.load("aida"), seed=7, progress=False))
    >>> [made] = chart.to_dict()["usermeta"]["funnelsim"]
    >>> made["made"], made["made with"]["scenario"], made["made with"]["seed"]
    ('journal', 'AIDA', '7')
    """

    @wraps(draw)
    def drawn(*args: P.args, **named: P.kwargs) -> alt.TopLevelMixin:
        chart = draw(*args, **named)
        told = [_told(thing) for thing in (*args, *named.values())]
        said = [entry for entry in told if entry] or [_told_by_nobody()]
        chart.usermeta = {CHART: said}  # type: ignore[attr-defined]
        # altair's own __setattr__ would make it a part of the spec
        object.__setattr__(chart, "__class__", _AS_A_PART[type(chart)])
        return chart

    return drawn


def _told(thing: object) -> dict[str, Any] | None:
    """How something was made; None of what does not say it."""
    made = getattr(thing, "provenance", None) or getattr(
        getattr(thing, "plan", None), "provenance", None  # a plan that is followed
    )  # fmt: skip
    if isinstance(made, Provenance):
        rows = dict(made.rows())
        return {"made": made.made, MADE_WITH: rows, TEXT: made.scenario.to_toml()}
    if isinstance(thing, Deals):
        return {"made": "deals", MADE_WITH: {**versions(), "deals": thing.source}}
    return None


def _told_by_nobody() -> dict[str, Any]:
    """Of a table or a fit only the version is known."""
    return {"made": "chart", MADE_WITH: versions()}


class _AsAPart(alt.TopLevelMixin):
    """A chart that says nothing of itself where it is a part of another: only a whole one may."""

    def to_dict(self, *args: Any, **named: Any) -> dict[str, Any]:
        if (named.get("context") or {}).get("top_level", True):
            return super().to_dict(*args, **named)
        part = self.copy(deep=False)  # type: ignore[attr-defined]
        part.usermeta = alt.Undefined
        found: dict[str, Any] = super(_AsAPart, part).to_dict(*args, **named)
        return found


class Chart(_AsAPart, alt.Chart): ...


class LayerChart(_AsAPart, alt.LayerChart): ...


class FacetChart(_AsAPart, alt.FacetChart): ...


class ConcatChart(_AsAPart, alt.ConcatChart): ...


class HConcatChart(_AsAPart, alt.HConcatChart): ...


class VConcatChart(_AsAPart, alt.VConcatChart): ...


_KINDS = (Chart, LayerChart, FacetChart, ConcatChart, HConcatChart, VConcatChart)
_AS_A_PART = {kind.__bases__[1]: kind for kind in _KINDS}
