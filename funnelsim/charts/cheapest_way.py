"""The cheapest way to a target: what each number of reps would cost, and the chance by the cost."""

from __future__ import annotations

from typing import Any

import altair as alt

from funnelsim.arguments import given
from funnelsim.charts.made_with import says_how_made
from funnelsim.charts.parts import rows_data
from funnelsim.charts.planning import NAIVE, PLANNED
from funnelsim.charts.rows import Rows
from funnelsim.planner.cheapest import Cheapest

WIDE, HIGH = 280, 220


@says_how_made
def cheapest(way: Cheapest) -> alt.TopLevelMixin:
    """The cost at each number of reps that was tried, and the chance against the cost.

    Raises FunnelSimError for what is no `fs.cheapest`.

    >>> import funnelsim as fs
    >>> s = fs.Scenario(name="shop", horizon="30 days",
    ...     channels=[{"name": "ads", "leads_per_day": 10, "cost_per_lead": 2}],
    ...     stages=[{"name": "Visit", "conversion": 0.2}, {"name": "Sale"}])
    >>> fs.charts.cheapest(fs.cheapest(s, 50, change="leads", progress=False)).title.text
    'The cheapest way to 50 sales, shop'
    """
    way = given(Cheapest, way, "charts.cheapest", "fs.cheapest(scenario, target)")
    panels: list[Any] = [_by_chance(way)] if len(way.by_chance) else []
    if len(way.teams):
        panels.insert(0, _by_reps(way))
    title = f"The cheapest way to {way.target:g} {way.metric}, {way.today.name}"
    return alt.hconcat(*panels).properties(title=alt.TitleParams(title, subtitle=str(way)))


def _by_reps(way: Cheapest) -> Any:
    names, best = list(way.teams.index), list(way.teams["planned"])
    rows: Rows = [
        {
            "reps": ", ".join(str(int(row[n])) for n in names),
            "cost": float(row["cost"]),
            "leads": float(row["leads"]),
            "is": "planned" if [row[n] for n in names] == best else "tried",
        }
        for row in way.tried.dropna(subset=["cost"]).to_dict("records")
    ]
    order = [row["reps"] for row in rows]
    colour = alt.Color("is:N", legend=None, scale=alt.Scale(range=[PLANNED, NAIVE],
                       domain=["planned", "tried"]))  # fmt: skip
    return (
        alt.Chart(rows_data(rows))
        .mark_bar(size=18)
        .encode(
            x=alt.X("reps:N", sort=order, title=f"reps ({', '.join(names)})"),
            y=alt.Y("cost:Q", title=f"leads and reps cost, {way.today.currency}"),
            color=colour,
            tooltip=["reps:N", alt.Tooltip("cost:Q", format=",.0f"),
                     alt.Tooltip("leads:Q", format=",.0f")],
        )
        .properties(width=WIDE, height=HIGH)
    )  # fmt: skip


def _by_chance(way: Cheapest) -> Any:
    rows: Rows = [
        {"cost": float(cost), "chance": float(met)}
        for cost, met in zip(way.by_chance["cost"], way.by_chance["chance"], strict=True)
    ]
    x = alt.X("cost:Q", title=f"cost, {way.today.currency}", scale=alt.Scale(zero=False))
    y = alt.Y("chance:Q", title="chance", axis=alt.Axis(format="%"))
    line = alt.Chart(rows_data(rows)).mark_line(point=True, color=PLANNED)
    told = [alt.Tooltip("cost:Q", format=",.0f"), alt.Tooltip("chance:Q", format=".0%")]
    asked = alt.Chart(rows_data([{"chance": way.probability}])).mark_rule(strokeDash=[4, 4])
    return alt.layer(line.encode(x=x, y=y, tooltip=told), asked.encode(y="chance:Q")).properties(
        width=WIDE, height=HIGH
    )
