"""Charts of how retention goes on: what was seen as dots or grey bars, the fit in blue.

The first churn carried on, which most people reckon with, is vermilion, as the usual sum is in a
plan. Every number comes from the fit's own tables.
"""

from __future__ import annotations

import altair as alt
import numpy as np

from funnelsim.arguments import a_whole_number, given
from funnelsim.charts.made_with import says_how_made
from funnelsim.charts.parts import rows_data, sentence
from funnelsim.charts.rows import Rows
from funnelsim.charts.theme import COLOURS
from funnelsim.distributions import Floats
from funnelsim.retention import BgNbd, ShiftedBetaGeometric

FITTED, NAIVE, SEEN = COLOURS["first orders"], COLOURS["lost"], COLOURS["baseline"]
OFTEN = 12  # periods that are shown at least
WIDE, HIGH = 600, 260
LINES = alt.Legend(symbolType="stroke", symbolSize=400, symbolStrokeWidth=2.5)
MODEL, FIRST = "the fit", "the first churn carried on"


@says_how_made
def retention(fit: ShiftedBetaGeometric | BgNbd, periods: int | None = None) -> alt.TopLevelMixin:
    """How many customers stay, as `fs.fit_retention` found it: what was seen, and the fit.

    Of subscribers the share still there after each of so many `periods` (left out: twice as many
    as were seen, and 12 at least), beside the first churn carried on. Of a shop (BG/NBD) the
    customers by how often they ordered again, as far as they were seen.

    >>> import funnelsim as fs
    >>> fs.charts.retention(fs.fit_retention([1000, 631, 468, 382])).title.text
    'Customers still there'
    """
    if isinstance(fit, BgNbd):
        return _repeats(fit)
    kind = "fs.fit_retention([1000, 631, 468])"
    fit = given(ShiftedBetaGeometric, fit, "charts.retention", kind)
    seen = 0 if fit.seen is None else len(fit.seen.survival) - 1
    count = max(2 * seen, OFTEN) if periods is None else a_whole_number("periods", periods)
    rows = survival_rows(fit, count)
    x = alt.X("period:Q", title="periods", axis=alt.Axis(tickMinStep=1, grid=False))
    y = alt.Y("share:Q", title="customers still there", axis=alt.Axis(format="%"))
    tooltip = [
        alt.Tooltip("what:N", title="By"),
        alt.Tooltip("period:Q", title="After periods"),
        alt.Tooltip("share:Q", title="Still there", format=".1%"),
    ]
    colours = alt.Scale(domain=[MODEL, FIRST], range=[FITTED, NAIVE])
    lines = (
        alt.Chart(rows_data([row for row in rows if row["what"] != "seen"]))
        .mark_line(strokeWidth=2.5)
        .encode(x=x, y=y.scale(domain=[0, 1]),
                color=alt.Color("what:N", scale=colours, legend=LINES),
                strokeDash=alt.StrokeDash("what:N", legend=LINES).scale(
                    domain=[MODEL, FIRST], range=[[1, 0], [5, 4]]), tooltip=tooltip)
    )  # fmt: skip
    dots = (
        alt.Chart(rows_data([row for row in rows if row["what"] == "seen"]))
        .mark_point(filled=True, size=60, opacity=1, color=SEEN)
        .encode(x=x, y=y, tooltip=tooltip)
    )
    subtitle = f"dots: seen ({fit.seen.customers:,} customers)" if fit.seen else repr(fit)
    return alt.layer(lines, dots).properties(
        width=WIDE, height=HIGH, title=alt.Title("Customers still there", subtitle=subtitle)
    )


def survival_rows(fit: ShiftedBetaGeometric, periods: int) -> Rows:
    """A row for each line and period, from 0 on, and one for each period that was seen."""
    t = np.arange(periods + 1)
    seen = np.ones(1) if fit.seen is None else fit.seen.survival[: periods + 1]
    first = float(seen[1] if len(seen) > 1 else fit.survival(1))
    shares: dict[str, Floats] = {
        MODEL: fit.survival(t),
        FIRST: np.power(first, t, dtype=float),
        "seen": seen if fit.seen else seen[:0],
    }
    return [
        {"what": what, "period": period, "share": float(share)}
        for what, of in shares.items()
        for period, share in enumerate(of)
        if np.isfinite(share)
    ]


def _repeats(fit: BgNbd) -> alt.TopLevelMixin:
    title = "How often customers ordered again"
    if fit.seen is None:
        return sentence(title, f"It was not fitted to any customers. {fit!r}")
    rows = repeat_rows(fit)
    kinds = alt.Scale(domain=["seen", MODEL], range=[COLOURS["open"], FITTED])
    order = list(dict.fromkeys(row["orders"] for row in rows))
    bars = (
        alt.Chart(rows_data(rows))
        .mark_bar()
        .encode(
            x=alt.X("orders:N", sort=order, title="orders after the first",
                    axis=alt.Axis(labelAngle=0)),
            xOffset=alt.XOffset("what:N", sort=["seen", MODEL]),
            y=alt.Y("customers:Q", title="customers", axis=alt.Axis(format=",d", tickMinStep=1)),
            color=alt.Color("what:N", scale=kinds),
            tooltip=[alt.Tooltip("what:N", title="By"),
                     alt.Tooltip("orders:N", title="Orders after the first"),
                     alt.Tooltip("customers:Q", title="Customers", format=",.0f")],
        )
    )  # fmt: skip
    found: alt.Chart = bars.properties(
        width=WIDE, height=HIGH, title=alt.Title(title, subtitle=f"{len(fit.seen):,} customers")
    )
    return found


def repeat_rows(fit: BgNbd) -> Rows:
    """A row for each number of orders and whether it was seen or fitted."""
    return [
        {"orders": orders, "what": what, "customers": float(count)}
        for orders, line in fit.table().iterrows()
        for what, count in (("seen", line["seen"]), (MODEL, line["fitted"]))
    ]
