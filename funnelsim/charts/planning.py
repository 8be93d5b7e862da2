"""Charts of what a plan needs, and of what may come: reps, stages, channels, a forecast.

The plan is dark blue, the number of the usual sum vermilion, what chance does a grey or sky blue
band. Every number comes from the tables of the plan or of the forecast.
"""

from __future__ import annotations

from typing import Any

import altair as alt
import numpy as np

from funnelsim.arguments import a_choice, given
from funnelsim.charts.experiment_rows import axis_unit, figure_axis, figure_title
from funnelsim.charts.made_with import says_how_made
from funnelsim.charts.parts import axis_of, rows_data, sentence
from funnelsim.charts.rows import Rows
from funnelsim.charts.theme import COLOURS
from funnelsim.earlier import earlier_argument
from funnelsim.metrics.planned import unit_of
from funnelsim.planner import Forecast, Plan
from funnelsim.planner.sentences import chance_text
from funnelsim.tables import figure_text

PLANNED, NAIVE = COLOURS["first orders"], COLOURS["lost"]
SOFT, TODAY = COLOURS["repeat orders"], COLOURS["open"]
WIDE, HIGH = 600, 260


@earlier_argument("p", "plan")
@says_how_made
def plan_reps(plan: Plan, team: str | None = None) -> alt.TopLevelMixin:
    """What other numbers of reps would do to the planned leads: gone cold, and sales.

    Of all teams, or of one.

    >>> import funnelsim as fs
    >>> plan = fs.plan(fs.load("aida-follow-up"), target=330, progress=False)
    >>> fs.charts.plan_reps(plan).title.text
    'Reps and the planned leads, AIDA with follow-up'
    """
    plan = a_plan(plan, "charts.plan_reps")
    title = f"Reps and the planned leads, {plan.today.name}"
    if plan.reps_tried.empty:
        return sentence(title, "No team calls anybody in this scenario.")
    if team is not None:
        team = a_choice("team", team, plan.reps.index, "the plan has no such")
        return _team(plan, team).properties(title=alt.Title(title, subtitle=f"team {team}"))
    charts = [_team(plan, str(team)) for team in plan.reps.index]
    return alt.vconcat(*charts, spacing=22).properties(
        title=alt.Title(title, subtitle="each number simulated with the leads of the plan")
    )


def _team(plan: Plan, team: str) -> alt.HConcatChart:
    tried = plan.reps_tried[plan.reps_tried["team"] == team]
    now = int(plan.reps.loc[team, "reps"])
    rows: Rows = [
        {
            "reps": int(row["reps"]),
            "cold": None if np.isnan(row["gone_cold"]) else float(row["gone_cold"]),
            "sales": float(row["sales"]),
            "which": "as planned" if row["reps"] == now else "other numbers",
            "cold_text": figure_text(float(row["gone_cold"]), "share"),
            "sales_text": f"{row['sales']:,.0f}",
        }
        for _, row in tried.iterrows()
    ]
    base = alt.Chart(rows_data(rows))
    x = alt.X("reps:O", title=f"reps in team {team}", axis=alt.Axis(labelAngle=0))
    which = alt.Scale(domain=["as planned", "other numbers"], range=[PLANNED, SOFT])
    colour = alt.Color("which:N", scale=which)

    def bars(column: str, title: str, form: str, text: str) -> Any:
        y = alt.Y(f"{column}:Q", title=title, axis=alt.Axis(format=form))
        bar = base.mark_bar().encode(x=x, y=y, color=colour)
        words = base.mark_text(dy=-7).encode(x=x, y=y, text=f"{text}:N")
        return alt.layer(bar, words).properties(width=250, height=150)

    return alt.hconcat(
        bars("cold", "share gone cold", "%", "cold_text"),
        bars("sales", "sales on average", ",d", "sales_text"),
        spacing=40,
    )


@earlier_argument("p", "plan")
@says_how_made
def plan_stages(plan: Plan) -> alt.TopLevelMixin:
    """How many must enter each stage, in all and a day, by the horizon.

    >>> import funnelsim as fs
    >>> plan = fs.plan(fs.load("aida"), target=150)
    >>> fs.charts.plan_stages(plan).title.text
    'What each stage needs, AIDA'
    """
    plan = a_plan(plan, "charts.plan_stages")
    rows: Rows = [
        {
            "stage": str(stage),
            "entered": float(row["entered"]),
            "text": f"{row['entered']:,.0f} ({row['per_day']:,.1f} a day)",
        }
        for stage, row in plan.stages.iterrows()
    ]
    top = max(row["entered"] for row in rows) or 1.0
    stages = [str(stage) for stage in plan.stages.index]
    y = alt.Y("stage:N", sort=stages, title=None, axis=axis_of(stages))
    scale = alt.Scale(domain=[0, 1.35 * top], nice=False)
    x = alt.X(
        "entered:Q",
        title="leads that must enter",
        axis=alt.Axis(format=",d", tickCount=8),
        scale=scale,
    )
    base = alt.Chart(rows_data(rows)).encode(x=x, y=y)
    words = base.mark_text(align="left", dx=6).encode(text="text:N")
    return alt.layer(base.mark_bar(color=PLANNED), words).properties(
        width=WIDE,
        height=42 * len(rows),
        title=alt.Title(f"What each stage needs, {plan.today.name}", subtitle=subtitle(plan)),
    )


@earlier_argument("p", "plan")
@says_how_made
def plan_channels(plan: Plan) -> alt.TopLevelMixin:
    """Leads a day of each channel, today and planned, and its ceiling as a line.

    >>> import funnelsim as fs
    >>> plan = fs.plan(fs.load("aida"), target=150)
    >>> fs.charts.plan_channels(plan).title
    'Leads by channel, AIDA'
    """
    plan = a_plan(plan, "charts.plan_channels")
    rows: Rows = []
    for channel, row in plan.channels.iterrows():
        ceiling = None if np.isnan(row["ceiling"]) else float(row["ceiling"])
        for which in ("today", "planned"):
            per_day = float(row[which])
            text = f"{per_day:,.1f}"
            if which == "planned" and row["full"]:
                text += ", at its ceiling"
            rows.append(
                {
                    "channel": str(channel),
                    "which": which,
                    "per_day": per_day,
                    "ceiling": ceiling,
                    "text": text,
                }
            )
    names = list(dict.fromkeys(row["channel"] for row in rows))
    sides = ["today", "planned"]
    base = alt.Chart(rows_data(rows)).encode(
        y=alt.Y(
            "channel:N", sort=names, title=None, axis=axis_of(names), scale=alt.Scale(padding=0.2)
        ),
        yOffset=alt.YOffset("which:N", sort=sides),
    )
    top = max([row["per_day"] for row in rows] + [row["ceiling"] or 0 for row in rows]) or 1.0
    scale = alt.Scale(domain=[0, 1.3 * top], nice=False)
    x = alt.X("per_day:Q", title="leads a day", scale=scale, axis=alt.Axis(format=",~f"))
    colour = alt.Color("which:N", scale=alt.Scale(domain=sides, range=[TODAY, PLANNED]))
    ceilings = base.transform_filter("isValid(datum.ceiling)").mark_tick(
        color=NAIVE, thickness=3, size=16
    )
    return alt.layer(
        base.mark_bar().encode(x=x, color=colour),
        base.mark_text(align="left", dx=5).encode(x=x, text="text:N"),
        ceilings.encode(x=alt.X("ceiling:Q", scale=scale)),
    ).properties(width=WIDE, height=56 * len(names), title=f"Leads by channel, {plan.today.name}")


@earlier_argument("f", "forecast")
@says_how_made
def forecast(
    forecast: Forecast, figure: str = "sales", target: float | None = None
) -> alt.TopLevelMixin:
    """What may come, day by day: the median of all futures and where 8 in 10 of them lie.

    `figure` is "sales" or "revenue"; a `target` is drawn as a line, with the chance of reaching it.

    >>> import funnelsim as fs
    >>> foreseen = fs.forecast(fs.load("aida"), n=20)
    >>> fs.charts.forecast(foreseen, target=100).title.text
    'What AIDA may bring'
    """
    forecast = given(Forecast, forecast, "charts.forecast", "fs.forecast(scenario)")
    figure = a_choice("figure", figure, forecast.totals.columns)
    kind, money = unit_of(figure), forecast.scenario.currency
    rows: Rows = [{"week": 0.0, "day": "0", "low": 0.0, "mid": 0.0, "high": 0.0, "told": "0"}]
    for day, row in forecast.along[figure].iterrows():
        low, mid, high = (float(row[name]) for name in ("10%", "50%", "90%"))
        told = f"{figure_text(low, kind)} to {figure_text(high, kind, money)}"
        when = {"week": float(day) / 7, "day": f"{day:,.3g}"}
        rows.append({**when, "low": low, "mid": mid, "high": high, "told": told})
    x = alt.X("week:Q", title="week", axis=alt.Axis(grid=False, tickMinStep=1, format="d"))
    title = figure_title(figure, axis_unit(kind, money, ()))
    y = alt.Y("mid:Q", title=title, axis=figure_axis(kind))
    base = alt.Chart(rows_data(rows))
    parts: list[Any] = [
        base.mark_area(color=SOFT, opacity=0.4).encode(
            x=x, y=alt.Y("low:Q", title=title, axis=figure_axis(kind)), y2="high:Q"
        ),
        base.mark_line(color=PLANNED, strokeWidth=2.5).encode(
            x=x,
            y=y,
            tooltip=[
                alt.Tooltip("day:N", title="By the end of day"),
                alt.Tooltip("told:N", title="8 in 10 futures"),
            ],
        ),
    ]
    said = [f"median of {len(forecast.totals):,} futures, and where 8 in 10 of them lie"]
    if target is not None:
        chance = forecast.chance(figure, target)
        line = alt.Chart(rows_data([{"mid": float(target)}]))
        parts.append(line.mark_rule(color=NAIVE, strokeDash=[5, 4]).encode(y=y))
        goal = figure_text(float(target), kind, money)
        said[0] += f"; {goal} are reached by {figure_text(chance, 'share')} of them"
    if of_open := forecast.of_open():
        said.append(f"{of_open[0].upper()}{of_open[1:]}.")
    if forecast.known_from:
        said.append(f"The conversion is known only from {forecast.known_from}.")
    return alt.layer(*parts).properties(
        width=WIDE,
        height=HIGH,
        title=alt.Title(f"What {forecast.scenario.name} may bring", subtitle=said),
    )


# --- what is said -----------------------------------------------------------------------------


def a_plan(value: object, name: str) -> Plan:
    return given(Plan, value, name, "fs.plan(scenario, target=100)")


def amount_of(plan: Plan) -> str:
    if plan.metric == "sales":
        return f"{plan.target:,.0f} sales"
    return f"{figure_text(plan.target, 'money', plan.today.currency)} of {plan.metric}"


def subtitle(plan: Plan) -> list[str]:
    if not plan.is_reached:
        return [f"cannot be met; at best: {plan.setting}"]
    how = "by formula" if plan.method == "formula" else f"{plan.replications:,} simulated futures"
    return [f"the plan: {plan.setting}, with a chance of {chance_text(plan, plan.chance)} ({how})"]
