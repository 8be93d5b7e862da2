"""Charts of a loyalty programme beside its absence, on the same customers: who members are anyway,
and who orders again.

The numbers are those of `metrics/programme.py` and `retention_by_age`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import altair as alt
import pandas as pd

from funnelsim.charts.parts import NAMES
from funnelsim.charts.rows import Rows
from funnelsim.charts.theme import COLOURS, baseline_colour
from funnelsim.tables import figure_text

Layers = alt.LayerChart | alt.FacetChart  # what alt.layer says it returns

# --- members against others -----------------------------------------------------------------------

OTHERS, BEFORE, MEMBERS = "others", "members, without it", "members, with it"


def member_rows(means: Mapping[str, float], kept: Mapping[str, float] | None) -> Rows:
    """A row for each mean of `same_people`, with the step that leads to it from the one above."""
    then = kept or dict.fromkeys(means, math.nan)
    names, steps = (OTHERS, BEFORE, MEMBERS), ("", "anyway", "by the programme")
    rows: Rows = []
    above = math.nan
    for name, step, (key, spent) in zip(names, steps, means.items(), strict=True):
        said = figure_text(spent, "money", short=True) if math.isfinite(spent) else "nobody"
        more = f"{spent - above:+,.2f}".replace("-", "−") if math.isfinite(spent - above) else ""
        rows.append(
            {
                "who": name,
                "spent": spent if math.isfinite(spent) else 0.0,
                "from": above if more else None,
                "said": said,
                "label": f"{said}  ({more} {step})" if more else said,
                "short": f"{spent:,.0f} ({spent - above:+,.0f})".replace("-", "−")
                if more
                else said,
                "more": f"{more} {step}" if more else "–",
                "before": then[key] if math.isfinite(then[key]) else None,
            }
        )
        above = spent
    return rows


def member_chart(data: alt.Data, currency: str, top: alt.ExprRef, dark: bool = False) -> Layers:
    """Rows of `member_rows` as bars; a line from each to where the one above ends."""
    names = [OTHERS, BEFORE, MEMBERS]
    colours = [COLOURS["open"], COLOURS["repeat orders"], COLOURS["first orders"]]
    y = alt.Y("who:N", title=None, scale=alt.Scale(domain=names, paddingInner=0.3), axis=NAMES)
    scale = alt.Scale(domainMin=0, domainMax=top, nice=False, zero=True)
    plain = alt.Axis(format=",~f", grid=False, tickCount=3)
    x = alt.X("spent:Q", title=f"revenue of a customer, {currency}", scale=scale, axis=plain)
    tooltip = [
        alt.Tooltip("who:N", title="Who"),
        alt.Tooltip("said:N", title=f"Mean revenue ({currency})"),
        alt.Tooltip("more:N", title="More than those above"),
    ]
    base = alt.Chart(data).encode(y=y)
    bars = base.mark_bar(clip=True).encode(
        x=x,
        color=alt.Color("who:N", scale=alt.Scale(domain=names, range=colours), legend=None),
        tooltip=tooltip,
    )
    ink = baseline_colour(dark)
    steps = base.transform_filter("isValid(datum.from)").mark_tick(color=ink, thickness=1)
    kept = base.transform_filter("isValid(datum.before)").mark_tick(color=ink, thickness=3)
    both = alt.layer(
        bars,
        steps.encode(x=alt.X("from:Q", scale=scale)),
        kept.encode(x=alt.X("before:Q", scale=scale)),
        # what the parts are called is in the sentence above, too: where there is room also here
        base.mark_text(
            align="left", dx=8, text=alt.ExprRef("width > 330 ? datum.label : datum.short")
        ).encode(x=x),
    )
    return both.properties(description="What members spend more than others, and why")


# --- who orders again -----------------------------------------------------------------------------

WITH, WITHOUT, KEPT = "with it", "without it", "as kept"


def retention_rows(tables: Mapping[str, pd.DataFrame]) -> Rows:
    """A row for each month of age of each table of `retention_by_age`, by what it is called."""
    return [
        {
            "world": world,
            "month": int(str(month)),
            "share": 100 * float(line["share"]),
            "said": figure_text(float(line["share"]), "share"),
            "customers": int(line["customers"]),
        }
        for world, table in tables.items()
        for month, line in table.iterrows()
    ]


def retention_chart(data: alt.Data, top: alt.ExprRef, dark: bool = False) -> Layers:
    """Rows of `retention_rows` as lines, told apart by colour, dashes and points."""
    worlds = [WITH, WITHOUT, KEPT]
    colours = [COLOURS["first orders"], COLOURS["lost"], baseline_colour(dark)]
    x = alt.X("month:O", title="months since the first order", axis=alt.Axis(labelAngle=0))
    scale = alt.Scale(domainMin=0, domainMax=top, nice=False, zero=True)
    legend = alt.Legend(
        symbolType="stroke", symbolOpacity=1, columns=alt.ExprRef("width < 200 ? 1 : 3")
    )
    base = alt.Chart(data).encode(
        x=x,
        y=alt.Y("share:Q", title="ordered again, %", scale=scale, axis=alt.Axis(tickCount=4)),
        color=alt.Color("world:N", scale=alt.Scale(domain=worlds, range=colours), legend=legend),
    )
    dashes = alt.StrokeDash(
        "world:N", scale=alt.Scale(domain=worlds, range=[[1, 0], [6, 4], [2, 3]])
    )
    marks = alt.Scale(domain=worlds, range=["circle", "square", "triangle-up"])
    tooltip = [
        alt.Tooltip("world:N", title="World"),
        alt.Tooltip("month:O", title="Month of age"),
        alt.Tooltip("said:N", title="Ordered again in it"),
        alt.Tooltip("customers:Q", title="Of customers", format=",d"),
    ]
    both = alt.layer(
        base.mark_line(strokeWidth=2.5, clip=True).encode(strokeDash=dashes),
        base.mark_point(filled=True, size=55, opacity=1, clip=True).encode(
            shape=alt.Shape("world:N", scale=marks, legend=None), tooltip=tooltip
        ),
    )
    return both.properties(description="Who orders again by months since the first order")
