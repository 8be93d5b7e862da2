"""The curves of a plan along what is moved: the chance of the target, and what comes on average."""

from __future__ import annotations

import calendar
import math
from datetime import timedelta
from typing import Any

import altair as alt
import numpy as np

from funnelsim.charts.experiment_rows import figure_axis
from funnelsim.charts.made_with import says_how_made
from funnelsim.charts.parts import rows_data, sentence
from funnelsim.charts.planning import (
    HIGH,
    NAIVE,
    PLANNED,
    SOFT,
    TODAY,
    WIDE,
    a_plan,
    amount_of,
    subtitle,
)
from funnelsim.charts.rows import Rows
from funnelsim.charts.theme import COLOURS
from funnelsim.earlier import earlier_argument
from funnelsim.kinds import IN_STEPS, SHARE
from funnelsim.metrics.planned import unit_of
from funnelsim.planner import Plan
from funnelsim.planner.sentences import chance_text
from funnelsim.scenario.parameters import parameter
from funnelsim.tables import figure_text

LINE = COLOURS["baseline"]
TWO_SIDED = 1.96  # standard errors: 95 % lie within
WORDS = 0.35  # of the width: what is said of a mark


@earlier_argument("p", "plan")
@says_how_made
def plan_chance(plan: Plan) -> alt.TopLevelMixin:
    """The chance of reaching the target against the leads (or what else is moved).

    The plan and the usual sum are marked on the curve. The upright band says how sure the number
    of leads is, that along the curve how sure the chance is (95 %); without them it is a formula's.
    The curve ends where nothing more was tried.

    >>> import funnelsim as fs
    >>> plan = fs.plan(fs.load("aida"), target=150)
    >>> fs.charts.plan_chance(plan).title.text
    'Chance of 150 sales, AIDA'
    """
    plan = a_plan(plan, "charts.plan_chance")
    across = _moved(plan)
    title = f"Chance of {_target(plan)}"
    rows: Rows = [
        {
            "at": float(at),
            "chance": float(chance),
            "low": max(float(chance - TWO_SIDED * error), 0.0),
            "high": min(float(chance + TWO_SIDED * error), 1.0),
            "told": figure_text(float(chance), "share"),
            "when": _in_words(plan, float(at)) if _is_of_time(plan) else "",
        }
        for at, chance, error in zip(
            plan.curve[across], plan.curve["chance"], plan.curve["chance_se"], strict=True
        )
    ]
    if len(rows) < 2:
        return sentence(title, plan.sentences[0])
    ends = _ends(plan)
    ticks = _settings_axis(plan, 10, *ends)
    x = alt.X("at:Q", title=_axis_title(plan), axis=ticks, scale=alt.Scale(domain=ends, nice=False))
    # room above 100 %: for a whole point there, and for its words
    room = alt.Scale(domain=[0, 1.1], nice=False)
    per_cent = alt.Axis(format="%", values=[0, 0.2, 0.4, 0.6, 0.8, 1])
    y = alt.Y("chance:Q", title="chance", scale=room, axis=per_cent)
    steps = {"color": LINE} if _moves_in_steps(plan) else False  # nobody hires half a rep
    curve = alt.Chart(rows_data(rows)).mark_line(color=LINE, strokeWidth=2, clip=True, point=steps)
    parts: list[Any] = [
        alt.Chart(rows_data([{"chance": plan.probability}]))
        .mark_rule(color=TODAY, strokeDash=[4, 4])
        .encode(y=y),
        curve.encode(
            x=x,
            y=y,
            tooltip=[
                _setting_told(plan),
                alt.Tooltip("told:N", title="Chance"),
            ],
        ),
    ]
    if plan.curve["chance_se"].any():
        y_low = alt.Y("low:Q", title="chance", scale=room, axis=per_cent)
        along = alt.Chart(rows_data(rows)).mark_area(
            color=LINE,
            opacity=0.15,
            clip=True,
            aria=False,  # the line says the figures
        )
        parts.insert(0, along.encode(x=x, y=y_low, y2="high:Q"))
    if across == "leads" and plan.leads_high > plan.leads_low:
        band = rows_data([{"at": plan.leads_low, "to": plan.leads_high}])
        parts.insert(0, alt.Chart(band).mark_rect(color=SOFT, opacity=0.35).encode(x=x, x2="to:Q"))
    for at, chance, name, colour, aside in _marks(plan, across):
        parts += _mark(x, y, at, chance, name, colour, aside)
    return alt.layer(*parts).properties(
        width=WIDE, height=HIGH, title=alt.Title(title, subtitle=subtitle(plan))
    )


def _marks(plan: Plan, across: str) -> list[tuple[float, float, str, str, str]]:
    """Where the plan and the usual sum stand on the curve, and what is said of them."""
    at = float(plan.leads) if across == "leads" else _setting(plan)
    what = f"{plan.leads:,} leads" if across == "leads" else _in_words(plan, at)
    name = "the plan" if plan.is_reached else "at best"
    said = f"{name}: {what}, {chance_text(plan, plan.chance)}"
    low, high = _ends(plan)
    falls = bool(plan.curve["chance"].iloc[0] > plan.curve["chance"].iloc[-1])

    def aside(at: float) -> str:  # the words go where there is room for them
        if at > low + WORDS * (high - low):
            return "right"
        return "left, above" if falls else "left"

    marks = [(at, plan.chance, said, PLANNED, aside(at))]
    if across == "leads" and _is_usual_sum_seen(plan):
        usual = f"the usual sum: {plan.naive_leads:,}, {chance_text(plan, plan.naive_chance)}"
        naive = float(plan.naive_leads)
        marks.append((naive, plan.naive_chance, usual, NAIVE, aside(naive)))
    return marks


def _is_usual_sum_seen(plan: Plan) -> bool:
    """Whether its number lies on the curve; that of a target far too high does not."""
    return (
        0 < plan.naive_leads <= 1.001 * plan.curve["leads"].max()
        and plan.naive_chance == plan.naive_chance
    )


def _mark(
    x: alt.X, y: alt.Y, at: float, chance: float, name: str, colour: str, aside: str
) -> list[alt.Chart]:
    """A point on the curve and its words: left above it or right below (of a curve that falls right
    above), where no curve goes."""
    base = alt.Chart(rows_data([{"at": at, "chance": chance, "name": name}])).encode(x=x, y=y)
    to_left = aside == "right"
    return [
        base.mark_point(color=colour, filled=True, size=110, opacity=1),
        base.mark_text(
            color=colour,
            align="right" if to_left else "left",
            dx=-10 if to_left else 10,
            dy=14 if aside == "left" else -9,
            fontWeight="bold",
            clip=True,
        ).encode(text="name:N"),
    ]


@earlier_argument("p", "plan")
@says_how_made
def plan_cliff(plan: Plan) -> alt.TopLevelMixin:
    """What leads bring on average, against the target: where the line bends, teams are full.

    The band says how sure the mean is (95 %); without it it is a formula's.

    >>> import funnelsim as fs
    >>> plan = fs.plan(fs.load("aida"), target=150)
    >>> fs.charts.plan_cliff(plan).title.text
    'Sales expected, AIDA'
    """
    plan = a_plan(plan, "charts.plan_cliff")
    across = _moved(plan)
    title = f"{plan.metric.capitalize()} expected, {plan.today.name}"
    kind, money = unit_of(plan.metric), plan.today.currency
    rows: Rows = [
        {
            "at": float(at),
            "mean": float(mean),
            "low": float(mean - TWO_SIDED * error),
            "high": float(mean + TWO_SIDED * error),
            "told": figure_text(float(mean), kind, money),
            "when": _in_words(plan, float(at)) if _is_of_time(plan) else "",
        }
        for at, mean, error in zip(
            plan.curve[across], plan.curve["mean"], plan.curve["mean_se"], strict=True
        )
    ]
    if len(rows) < 2:
        return sentence(title, plan.sentences[0])
    ticks = _settings_axis(plan, 8, rows[0]["at"], rows[-1]["at"])
    x = alt.X("at:Q", title=_axis_title(plan), axis=ticks)
    y = alt.Y("mean:Q", title=f"{plan.metric} on average", axis=figure_axis(kind))
    line = alt.Chart(rows_data(rows)).mark_line(color=PLANNED, strokeWidth=2.5)
    goal = alt.Chart(
        rows_data([{"mean": plan.target, "text": f"target: {amount_of(plan)}"}])
    ).encode(y=y)
    at = float(plan.leads) if across == "leads" else _setting(plan)
    here = rows_data([{"at": at, "text": "the plan" if plan.is_reached else "at best"}])
    rule = alt.Chart(here).encode(x=x)
    band = alt.Chart(rows_data(rows)).mark_area(color=SOFT, opacity=0.35, aria=False)
    low = alt.Y("low:Q", title=f"{plan.metric} on average", axis=figure_axis(kind))
    bands = [band.encode(x=x, y=low, y2="high:Q")] if plan.curve["mean_se"].any() else []
    return alt.layer(
        *bands,
        goal.mark_rule(color=NAIVE, strokeDash=[5, 4]),
        goal.mark_text(align="left", dx=4, dy=-8, color=NAIVE).encode(
            x=alt.value(0), text="text:N"
        ),
        rule.mark_rule(color=TODAY, strokeWidth=1.5),
        rule.mark_text(align="left", dx=5, dy=-6).encode(y=alt.value(HIGH), text="text:N"),
        line.encode(
            x=x,
            y=y,
            tooltip=[
                _setting_told(plan),
                alt.Tooltip("told:N", title="On average"),
            ],
        ),
    ).properties(
        width=WIDE,
        height=HIGH,
        title=alt.Title(title, subtitle="the mean of futures; the plan needs more than the target"),
    )


# --- what is moved, and from where to where -----------------------------------------------------


def _moved(plan: Plan) -> str:
    return "leads" if "leads" in plan.curve else "setting"


def _is_of_time(plan: Plan) -> bool:
    """Whether settings are moments, in days from the start: they are told as dates."""
    return "date" in plan.curve


def _setting_told(plan: Plan) -> alt.Tooltip:
    if _is_of_time(plan):
        return alt.Tooltip("when:N", title=_axis_title(plan))
    return alt.Tooltip("at:Q", title=_axis_title(plan), format=",.4~r")


def _setting(plan: Plan) -> float:
    """Where the plan stands on a curve of settings."""
    planned = parameter(plan.scenario, plan.change)
    return float(planned.number / planned.per_unit)


def _settings_axis(plan: Plan, ticks: int, low: float, high: float) -> alt.Axis:
    """Of the settings from low to high; where they go in whole steps, no part of one is named."""
    if _is_of_time(plan):
        every = 7 * max(1, math.ceil((high - low) / 7 / ticks))
        start = calendar.timegm(plan.scenario.start.timetuple()) * 1000
        return alt.Axis(
            grid=False,
            values=[*range(math.ceil(low / 7) * 7, math.floor(high) + 1, every)],
            labelExpr=f"utcFormat(datum.value * 864e5 + {start}, '%d %b')",
        )
    if _moves_in_steps(plan):
        every = max(1, math.ceil((high - low) / ticks))
        return alt.Axis(
            format=",d", grid=False, values=[*range(math.ceil(low), math.floor(high) + 1, every)]
        )
    is_share = (
        _moved(plan) != "leads" and parameter(plan.today, plan.change).kind.unit == SHARE.unit
    )
    return alt.Axis(format="~%" if is_share else ",~f", grid=False, tickCount=ticks)


def _moves_in_steps(plan: Plan) -> bool:
    return _moved(plan) != "leads" and parameter(plan.today, plan.change).kind.turned == IN_STEPS


def _axis_title(plan: Plan) -> str:
    if _is_of_time(plan):
        return parameter(plan.today, plan.change).label
    return "leads in all" if _moved(plan) == "leads" else plan.moved


def _in_words(plan: Plan, setting: float) -> str:
    if _is_of_time(plan):
        return f"{plan.scenario.start + timedelta(days=setting):%Y-%m-%d}"
    moved = parameter(plan.today, plan.change)
    return moved.in_words(setting * moved.per_unit)


def _ends(plan: Plan) -> list[float]:
    """Where the chance changes, and what is marked; past that the curve says nothing new."""
    across = _moved(plan)
    at, chance = plan.curve[across].to_numpy(), plan.curve["chance"].to_numpy()
    moving = at[(chance > 0.002) & (chance < 0.998)]
    marks = [float(plan.leads)] if across == "leads" else [_setting(plan)]
    if across == "leads" and _is_usual_sum_seen(plan):
        marks.append(float(plan.naive_leads))
    ends = [*marks, *moving.tolist()]
    if _moves_in_steps(plan):  # a step from the plan is seen, even if it changes nothing
        ends += at[np.abs(at - marks[0]) <= 1].tolist()
    low, high = min(ends), max(ends)
    aside = 0.36 * (high - low) or 0.3 * abs(high) or 1.0
    room = (high + aside - min(marks)) * WORDS / (1 - WORDS)  # to the left of the first mark
    return [max(min(low - aside, min(marks) - 1.05 * room), 0.0), high + aside]


def _target(plan: Plan) -> str:
    return f"{amount_of(plan)}, {plan.today.name}"
