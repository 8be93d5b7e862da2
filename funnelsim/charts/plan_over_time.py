"""A plan by week, month or quarter: how far it has come by then, and what each takes.

The picture has one column a period, from top to bottom: the result so far with its chance, the
leads, the reps who are there, and what it all costs.
"""

from __future__ import annotations

from typing import Any

import altair as alt

from funnelsim.arguments import refused
from funnelsim.charts.experiment_rows import figure_axis
from funnelsim.charts.made_with import says_how_made
from funnelsim.charts.parts import rows_data
from funnelsim.charts.planning import (
    NAIVE,
    PLANNED,
    SOFT,
    WIDE,
    a_plan,
    amount_of,
    subtitle,
)
from funnelsim.charts.rows import Rows
from funnelsim.charts.theme import COLOURS
from funnelsim.errors import Finding
from funnelsim.metrics.planned import unit_of
from funnelsim.planner import Plan
from funnelsim.planner.sentences import chance_text
from funnelsim.tables import figure_text

HIGH, LOW = 200, 80  # of the result, and of each panel below it
COSTS = {"budget": "channels", "staff": "reps", "changes": "changes"}
COLOURS_OF_COSTS = [PLANNED, SOFT, COLOURS["open"]]
FEW = 16  # periods whose chances can all be written


@says_how_made
def plan_over_time(plan: Plan) -> alt.TopLevelMixin:
    """The plan by week, month or quarter: results so far, leads, reps and costs.

    The band holds 8 in 10 futures; above it stands the chance that the target is reached by then.
    Raises FunnelSimError for a plan that was made without `by`.

    >>> import funnelsim as fs
    >>> plan = fs.plan(fs.load("aida"), target=150, by="month")
    >>> fs.charts.plan_over_time(plan).title.text
    '150 sales by month, AIDA'
    """
    plan = a_plan(plan, "charts.plan_over_time")
    if plan.over_time is None:
        rule = "it was asked for no periods"
        raise refused("plan", Finding("one as a whole"), rule, 'write fs.plan(..., by="month")')
    rows = _rows(plan)
    by = str(plan.over_time.index.name)
    names = [row["period"] for row in rows]
    panels: list[Any] = [_so_far(plan, rows, names), _bars(rows, names, "leads", "leads")]
    if plan.over_time["reps"].any():
        panels.append(_bars(rows, names, "reps", "reps there"))
    if costs := [name for name in COSTS if plan.over_time[name].any()]:
        panels.append(_costs(plan, names, costs))
    title = f"{amount_of(plan)} by {by}, {plan.today.name}"
    return alt.vconcat(*panels, spacing=12).properties(
        title=alt.Title(title, subtitle=subtitle(plan))
    )


def _rows(plan: Plan) -> Rows:
    """A row a period, with its texts."""
    assert plan.over_time is not None
    unit, money = unit_of(plan.metric), plan.today.currency
    return [
        {
            "period": str(period),
            "days": f"{row['from']:%Y-%m-%d} to {row['to']:%Y-%m-%d}",
            "leads": float(row["leads"]),
            "reps": float(row["reps"]),
            "so_far": float(row["so far"]),
            "low": float(row["so far 10%"]),
            "high": float(row["so far 90%"]),
            "told": f"{figure_text(float(row['so far 10%']), unit)} to "
            f"{figure_text(float(row['so far 90%']), unit, money)}",
            "own": figure_text(float(row[plan.metric]), unit, money),
            "chance": chance_text(plan, float(row["chance"])) if row["chance"] else "",
        }
        for period, row in plan.over_time.iterrows()
    ]


def _across(names: list[str]) -> alt.X:
    """The periods, in their order."""
    angle = 0 if len(names) <= FEW else -90
    axis = alt.Axis(labelAngle=angle, labelOverlap="greedy", grid=False)
    return alt.X("period:N", sort=names, title=None, axis=axis)


def _so_far(plan: Plan, rows: Rows, names: list[str]) -> Any:
    unit = unit_of(plan.metric)
    base = alt.Chart(rows_data(rows)).encode(x=_across(names))
    title = f"{plan.metric} so far"
    most = max(plan.target, *(row["high"] for row in rows))
    least = min(0.0, *(row["low"] for row in rows))
    room = alt.Scale(domain=[least, 1.12 * most], nice=False)  # above it stand the chances
    axis = figure_axis(unit)
    y = alt.Y("so_far:Q", title=title, axis=axis, scale=room)
    low = alt.Y("low:Q", title=title, axis=axis, scale=room)
    high = alt.Y("high:Q", title=title, axis=axis, scale=room)
    goal = alt.Chart(rows_data([{"so_far": plan.target, "text": f"target: {amount_of(plan)}"}]))
    tooltip = [
        alt.Tooltip("days:N", title="Days"),
        alt.Tooltip("own:N", title=f"{plan.metric.capitalize()} in them, on average"),
        alt.Tooltip("told:N", title="So far, 8 in 10 futures"),
        alt.Tooltip("chance:N", title="Chance of the target by then"),
    ]
    layers: list[Any] = [
        base.mark_area(color=SOFT, opacity=0.35, aria=False).encode(y=low, y2="high:Q"),
        goal.mark_rule(color=NAIVE, strokeDash=[5, 4]).encode(y=y),
        goal.mark_text(align="left", dx=4, dy=-8, color=NAIVE).encode(
            x=alt.value(0), y=y, text="text:N"
        ),
        base.mark_line(color=PLANNED, strokeWidth=2.5, point={"color": PLANNED}).encode(
            y=y, tooltip=tooltip
        ),
    ]
    if len(rows) <= FEW:
        layers.append(base.mark_text(dy=-9).encode(y=high, text="chance:N"))
    return alt.layer(*layers).properties(width=WIDE, height=HIGH)


def _bars(rows: Rows, names: list[str], column: str, title: str) -> Any:
    y = alt.Y(f"{column}:Q", title=title, axis=alt.Axis(format=",~f", tickCount=4))
    told = [
        alt.Tooltip("days:N", title="Days"),
        alt.Tooltip(f"{column}:Q", title=title.capitalize(), format=",.1f"),
    ]
    bars = alt.Chart(rows_data(rows)).mark_bar(color=PLANNED)
    return bars.encode(x=_across(names), y=y, tooltip=told).properties(width=WIDE, height=LOW)


def _costs(plan: Plan, names: list[str], costs: list[str]) -> Any:
    assert plan.over_time is not None
    money = plan.today.currency
    rows: Rows = [
        {
            "period": str(period),
            "of": COSTS[name],
            "cost": float(row[name]),
            "told": figure_text(float(row[name]), "money", money),
        }
        for period, row in plan.over_time.iterrows()
        for name in costs
    ]
    said = [COSTS[name] for name in costs]
    scale = alt.Scale(domain=said, range=COLOURS_OF_COSTS[: len(said)])
    y = alt.Y("cost:Q", title=f"cost, {money}", axis=alt.Axis(format=",~s", tickCount=4))
    told = [
        alt.Tooltip("of:N", title="Of"),
        alt.Tooltip("told:N", title="Cost"),
    ]
    legend = alt.Legend(title=None, orient="bottom")
    bars = alt.Chart(rows_data(rows)).mark_bar()
    return bars.encode(
        x=_across(names), y=y, tooltip=told, color=alt.Color("of:N", scale=scale, legend=legend)
    ).properties(width=WIDE, height=LOW)
