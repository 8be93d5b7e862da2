"""Charts of experiments: what chance does, what a change does, and how sure that is.

A mean is dark blue, its confidence interval a band or a thin line through it; single replications
are sky blue. Every number comes from the experiment's own tables, by way of `experiment_rows.py`.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from typing import Any, TypeVar

import altair as alt
import numpy as np

from funnelsim.arguments import a_number, given
from funnelsim.charts.experiment_rows import (
    as_numbers,
    axis_unit,
    difference_rows,
    figure_axis,
    figure_drawn,
    figure_title,
    range_text,
    sweep_rows,
    tornado_rows,
    wrapped,
)
from funnelsim.charts.made_with import says_how_made
from funnelsim.charts.parts import NAMES, rows_data, sentence
from funnelsim.charts.rows import Rows
from funnelsim.charts.theme import COLOURS
from funnelsim.earlier import earlier_argument
from funnelsim.experiment.comparison import Comparison
from funnelsim.experiment.replications import Experiment
from funnelsim.experiment.sensitivities import Sensitivity
from funnelsim.experiment.sweeps import Sweep
from funnelsim.experiment.warm_up import WarmUp
from funnelsim.kinds import SHARE
from funnelsim.metrics.figures import stated_figures
from funnelsim.scenario.parameters import stands_at
from funnelsim.tables import figure_text

MEAN, ONE, DARK = COLOURS["first orders"], COLOURS["repeat orders"], COLOURS["baseline"]
DOWN = COLOURS["lost"]
LINES = (MEAN, DOWN, "#009E73", "#CC79A7", "#E69F00", ONE, "#000000")
USUAL = ("customers", "revenue", "cac", "profit", "mean_response_days", "share_gone_cold")
NOTHING = "No replication has this figure: there is nothing to divide by."

T = TypeVar("T")


# --- replications -------------------------------------------------------------------------------


@earlier_argument("x", "experiment")
@says_how_made
def replications(
    experiment: Experiment, figure: str = "profit", target: float | None = None
) -> alt.TopLevelMixin:
    """How often a figure came out at each size, with its mean and the 95 % interval of the mean.

    The bars are what one future may bring; the interval, which shortens with more replications, is
    how well the mean is known. A `target` is drawn as a line, with the share that reaches it.

    >>> import funnelsim as fs
    >>> s = fs.load("aida-follow-up")
    >>> experiment = fs.replicate(s, n=5, progress=False)
    >>> fs.charts.replications(experiment, "revenue").title.text
    'Revenue, AIDA with follow-up'
    """
    experiment = given(Experiment, experiment, "charts.replications", "fs.replicate(scenario)")
    its = figure_drawn(experiment.scenario, figure, experiment.table)
    label, kind = its.alone, its.unit
    title, money = f"{label}, {experiment.scenario.name}", experiment.scenario.currency
    values = experiment.table[figure].dropna().to_numpy()
    if not len(values):
        return sentence(title, NOTHING)
    row = experiment.summary().loc[figure]
    scale = alt.Scale(zero=False, nice=False, padding=10)
    unit = axis_unit(kind, money, values)
    name, times = figure_title(label, unit), unit.times
    across = alt.X("from:Q", title=name, axis=figure_axis(kind), scale=scale)
    parts = [_histogram(values, across, label, kind, money, times)]
    told = f"mean {figure_text(row['mean'], kind, money)}"
    if np.isfinite(row["low"]):
        band = alt.Chart(rows_data([{"from": row["low"] * times, "to": row["high"] * times}]))
        parts.append(band.mark_rect(color=MEAN, opacity=0.35).encode(x=across, x2="to:Q"))
        told += f" ({range_text(row['low'], row['high'], kind, money)} with 95 % confidence)"
    mean = alt.Chart(rows_data([{"from": row["mean"] * times}]))
    parts.append(mean.mark_rule(color=MEAN, strokeWidth=2).encode(x=across))
    middle = f"9 of 10 replications lie from {range_text(row['5%'], row['95%'], kind, money)}"
    subtitle = [f"{len(values):,} replication{'s' * (len(values) > 1)}: {told}", middle]
    if target is not None:
        goal = alt.Chart(rows_data([{"from": a_number("target", target) * times}]))
        parts.append(goal.mark_rule(color=DOWN, strokeWidth=2, strokeDash=[5, 4]).encode(x=across))
        share = figure_text(float((values >= target).mean()), "share")
        subtitle.append(f"{figure_text(target, kind, money)} (dashed) or more in {share} of them")
    return alt.layer(*parts).properties(
        width=600, height=240, title=alt.Title(title, subtitle=subtitle)
    )


def _histogram(
    values: Any, across: alt.X, label: str, kind: str, money: str, times: float
) -> alt.Chart:
    bins = min(40, math.ceil(1.3 * len(values) ** 0.5))
    counts, edges = np.histogram(values, bins=bins)
    rows: Rows = [
        {
            "from": float(low) * times,
            "to": float(high) * times,
            "count": int(count),
            "zero": 0,
            "range": range_text(low, high, kind, money),
        }
        for low, high, count in zip(edges[:-1], edges[1:], counts, strict=True)
    ]
    bars = alt.Chart(rows_data(rows)).mark_bar(color=ONE, stroke="white", strokeWidth=0.5)
    found: alt.Chart = bars.encode(
        x=across,
        x2="to:Q",
        y=alt.Y("zero:Q", title="replications", axis=alt.Axis(format=",d", tickMinStep=1)),
        y2="count:Q",
        tooltip=[
            alt.Tooltip("range:N", title=label),
            alt.Tooltip("count:Q", title="Replications", format=",d"),
        ],
    )
    return found


# --- a comparison -------------------------------------------------------------------------------


@earlier_argument("c", "comparison")
@says_how_made
def differences(
    comparison: Comparison, figures: Sequence[str] | None = None, baseline: str | None = None
) -> alt.TopLevelMixin:
    """How far each scenario is from the baseline: the mean difference and its 95 % interval.

    An interval that leaves out 0 is a difference that chance does not explain; whether it is for
    better or worse is said where one points at it. `figures` are names of `summary`; without them
    the usual ones, as far as the scenario states them.

    >>> import funnelsim as fs
    >>> s = fs.load("aida-follow-up")
    >>> both = {"two reps": s, "one": s.vary({"teams.sales.reps": 1})}
    >>> comparison = fs.compare(both, n=5, progress=False)
    >>> fs.charts.differences(comparison).title.text
    'Difference to two reps'
    """
    way_out = 'fs.compare({"today": s, "faster": s2})'
    comparison = given(Comparison, comparison, "charts.differences", way_out)
    table = comparison.differences(baseline)
    first = next(iter(comparison.experiments)) if baseline is None else baseline
    base = comparison.experiments[first]
    stated, money = stated_figures(base.scenario), base.scenario.currency
    parts: list[Any] = []
    for figure in figures if figures is not None else [f for f in USUAL if f in stated]:
        its = figure_drawn(base.scenario, figure, base.table)
        known = table.loc[figure]
        known = known[known["difference"].notna()]
        unit = axis_unit(its.unit, money, known["difference"])
        rows = difference_rows(known, its, money, unit)
        if rows:
            name = figure_title(its.alone, unit)
            parts.append(_differences_of(rows, its.alone, name, figure_axis(its.unit)))
    title = f"Difference to {first}"
    if not parts:
        return sentence(title, "No replication has one of these figures in both scenarios.")
    subtitle = (
        f"mean of {len(base.table):,} pairs on the same customers, with 95 % confidence intervals"
    )
    return alt.vconcat(*parts, spacing=6).properties(title=alt.Title(title, subtitle=subtitle))


def _differences_of(rows: Rows, label: str, name: str, axis: alt.Axis) -> alt.TopLevelMixin:
    """One figure: a point and a line for each scenario, and where no difference would be."""
    reach = max(max(abs(row["low"]), abs(row["high"])) for row in rows) or 1.0
    scale = alt.Scale(domain=[-1.15 * reach, 1.15 * reach], nice=False)
    y = alt.Y("scenario:N", sort=[row["scenario"] for row in rows], title=None, axis=NAMES)
    base = alt.Chart(rows_data(rows))
    at: dict[str, Any] = {"title": name, "scale": scale, "axis": axis}
    zero = base.mark_rule(color=COLOURS["open"], strokeWidth=1.5).encode(x=alt.X("zero:Q", **at))
    line = base.mark_rule(color=MEAN, strokeWidth=2.5).encode(
        x=alt.X("low:Q", **at), x2="high:Q", y=y
    )
    point = base.mark_point(color=MEAN, filled=True, size=70, opacity=1).encode(
        x=alt.X("difference:Q", **at),
        y=y,
        tooltip=[
            alt.Tooltip("scenario:N", title="Scenario"),
            alt.Tooltip("text:N", title=label),
            alt.Tooltip("interval:N", title="95 % interval"),
            alt.Tooltip("verdict:N", title="Better or worse"),
        ],
    )
    words = base.mark_text(align="left", fontSize=12).encode(x=alt.value(470), y=y, text="text:N")
    return alt.layer(zero, line, point, words).properties(width=460, height=30 * len(rows))


# --- a sweep ------------------------------------------------------------------------------------


@earlier_argument("x", "sweep")
@says_how_made
def sweep(sweep: Sweep, figure: str = "profit") -> alt.TopLevelMixin:
    """A figure along the values of a parameter, with the 95 % interval of its mean at each.

    What lies between them is not simulated: the line only joins them.
    Of two parameters the first runs along the axis, the second has a line for each value. Values
    that are neither numbers nor durations stand side by side in the order given.

    >>> import funnelsim as fs
    >>> s = fs.load("aida-follow-up")
    >>> found = fs.sweep(s, "teams.sales.reps", [1, 2], n=5, progress=False)
    >>> fs.charts.sweep(found).title.text
    'Profit, AIDA with follow-up'
    """
    sweep = given(Sweep, sweep, "charts.sweep", 'fs.sweep(s, "teams.sales.reps", [1, 2, 3])')
    its = figure_drawn(sweep.scenario, figure, sweep.tables[0])
    label, kind = its.alone, its.unit
    table = sweep.table[figure]
    title = f"{label}, {sweep.scenario.name}"
    if not table["mean"].notna().any():
        return sentence(title, NOTHING)
    numbers, unit = as_numbers([setting[sweep.paths[0]] for setting in sweep.settings])
    of = axis_unit(kind, sweep.scenario.currency, table["mean"])
    rows = sweep_rows(sweep, table, numbers, kind, of)
    first = stands_at(sweep.scenario, sweep.paths[0])
    is_share = first.kind.unit == SHARE.unit
    across = (
        _duration_axis(first.label, rows) if unit else _setting_axis(first.title, numbers, is_share)
    )
    name, scale = figure_title(label, of), alt.Scale(zero=False)
    axis = figure_axis(kind)
    colour = _lines_of(sweep, rows)
    base = alt.Chart(rows_data(rows))
    low = alt.Y("low:Q", title=name, axis=axis, scale=scale)
    mean = alt.Y("mean:Q", title=name, axis=axis, scale=scale)
    interval = base.mark_rule(strokeWidth=2.5).encode(x=across, y=low, y2="high:Q", color=colour)
    joins = base.mark_line(strokeWidth=1, strokeDash=[3, 3], opacity=0.7)
    line = joins.encode(x=across, y=mean, color=colour)
    points = base.mark_point(filled=True, size=50, opacity=1).encode(
        x=across,
        y=mean,
        color=colour,
        tooltip=[
            *(
                alt.Tooltip(f"value {n}:N", title=stands_at(sweep.scenario, path).label)
                for n, path in enumerate(sweep.paths)
            ),
            alt.Tooltip("text:N", title=label),
            alt.Tooltip("interval:N", title="95 % interval"),
        ],
    )
    count = len(sweep.tables[0])
    subtitle = f"mean of {count:,} replications on the same customers, with its 95 % interval"
    return alt.layer(interval, line, points).properties(
        width=600, height=280, title=alt.Title(title, subtitle=subtitle)
    )


def _setting_axis(name: str, numbers: list[float], is_share: bool) -> alt.X:
    if not numbers:
        return alt.X("at:O", title=name, sort=None, axis=alt.Axis(labelAngle=0, grid=False))
    ticks = sorted(set(numbers)) if len(set(numbers)) <= 12 else alt.Undefined
    form = "~%" if is_share else ",.4~r"
    axis = alt.Axis(values=ticks, format=form, labelOverlap=True, grid=False)
    return alt.X("at:Q", title=name, axis=axis, scale=alt.Scale(zero=False, padding=12))


def _duration_axis(name: str, rows: Rows) -> alt.X:
    """Durations as they were given; as far apart as their logarithms where they differ that much.

    symlog is the logarithm that has a 0, too.
    """
    given = {row["at"]: row["value 0"] for row in rows}
    most, least = max(given), min((at for at in given if at > 0), default=1.0)
    scale = alt.Scale(zero=False, nice=False, padding=12)
    if most > 10 * least:
        scale = alt.Scale(type="symlog", constant=least, zero=False, nice=False, padding=12)
    words = f"{json.dumps([*given.values()])}[indexof({json.dumps([*given])}, datum.value)]"
    axis = alt.Axis(values=[*given], labelExpr=words, labelOverlap=True, grid=False)
    return alt.X("at:Q", title=name, axis=axis, scale=scale)


def _lines_of(sweep: Sweep, rows: Rows) -> Any:
    """One colour, or one for each value of the second parameter."""
    if len(sweep.paths) == 1:
        return alt.value(MEAN)
    names = list(dict.fromkeys(row["line"] for row in rows))
    shades = [LINES[n % len(LINES)] for n in range(len(names))]
    title = stands_at(sweep.scenario, sweep.paths[1]).label
    legend = alt.Legend(title=title, symbolType="stroke", symbolOpacity=1)
    return alt.Color("line:N", scale=alt.Scale(domain=names, range=shades), legend=legend)


# --- a sensitivity analysis ---------------------------------------------------------------------


@earlier_argument("x", "sensitivity")
@says_how_made
def tornado(sensitivity: Sensitivity, most: int = 12) -> alt.TopLevelMixin:
    """What each parameter does to the figure, turned down and up; the largest effect on top.

    A bar runs from today's mean to the changed one, the thin line is its 95 % interval. The text
    at the end of a bar is the value that the parameter then has. Only the first `most` are drawn.

    >>> import funnelsim as fs
    >>> s = fs.load("aida-follow-up")
    >>> found = fs.sensitivity(s, ["teams.sales.reps"], n=5, progress=False)
    >>> fs.charts.tornado(found).title.text
    'What it depends on: Profit, AIDA with follow-up'
    """
    sensitivity = given(Sensitivity, sensitivity, "charts.tornado", "fs.sensitivity(scenario)")
    its = figure_drawn(sensitivity.scenario, sensitivity.figure, [sensitivity.figure])
    label, kind = its.alone, its.unit
    money = sensitivity.scenario.currency
    title = f"What it depends on: {label}, {sensitivity.scenario.name}"
    table = sensitivity.table.dropna(subset=["effect"]).head(most)
    if table.empty:
        return sentence(title, NOTHING)
    unit = axis_unit(kind, money, table["effect"])
    rows = tornado_rows(table, kind, money, unit)
    reach = 1.3 * max(abs(row[key]) for row in rows for key in ("difference", "low", "high")) or 1.0
    mean = figure_text(sensitivity.mean, kind, money) + (
        f", in {unit.name}" if kind == "days" else ""
    )
    at = {
        "title": f"difference to today's mean of {mean}",
        "axis": figure_axis(kind),
        "scale": alt.Scale(domain=[-reach, reach], nice=False),
    }
    left = len(sensitivity.table) - len(table)
    rest = f"; {left} more with less effect are left out" if left > 0 else ""
    return _tornado_of(rows, at).properties(
        width=460,
        height=max(60, 40 * len(table)),
        title=alt.Title(title, subtitle=f"each parameter alone, on the same customers{rest}"),
    )


def _tornado_of(rows: Rows, at: dict[str, Any]) -> alt.LayerChart | alt.FacetChart:
    sides = ["turned down", "turned up"]
    names = list(dict.fromkeys(row["name"] for row in rows))
    labels, apart = alt.Axis(labelPadding=10, labelLimit=380), alt.Scale(padding=0.25)
    y = alt.Y("name:N", sort=names, title=None, axis=labels, scale=apart)
    beside = alt.YOffset("side:N", sort=sides)  # both may go the same way
    base = alt.Chart(rows_data(rows)).encode(y=y, yOffset=beside)
    bars = base.mark_bar(opacity=0.85).encode(
        x=alt.X("zero:Q", **at),
        x2="difference:Q",
        color=alt.Color("side:N", scale=alt.Scale(domain=sides, range=[DOWN, MEAN])),
        tooltip=[
            alt.Tooltip("label:N", title="Parameter"),
            alt.Tooltip("parameter:N", title="In code"),
            alt.Tooltip("today:N", title="Today"),
            alt.Tooltip("value:N", title="Turned to"),
            alt.Tooltip("text:N", title="Difference"),
            alt.Tooltip("interval:N", title="95 % interval"),
        ],
    )
    whiskers = base.mark_rule(color=DARK, strokeWidth=1.2).encode(
        x=alt.X("low:Q", **at), x2="high:Q"
    )
    zero = alt.Chart(rows_data([{"zero": 0}])).mark_rule(color=DARK).encode(alt.X("zero:Q", **at))
    left = base.mark_text(align="right", dx=-4, fontSize=11)
    right = base.mark_text(align="left", dx=4, fontSize=11)
    words = [
        mark.transform_filter(f"datum.end_at {sign} 0 && datum.value != datum.today").encode(
            x=alt.X("end_at:Q", **at), text="value:N"
        )
        for mark, sign in ((left, "<"), (right, ">="))
    ]
    return alt.layer(bars, whiskers, zero, *words)


# --- the warm-up --------------------------------------------------------------------------------


@earlier_argument("x", "warm_up")
@says_how_made
def warm_up(warm_up: WarmUp) -> alt.TopLevelMixin:
    """Open leads at the end of each day, the week's mean, its level, and the advised warm-up.

    >>> import funnelsim as fs
    >>> s = fs.load("aida-follow-up")
    >>> advice = fs.warm_up_advice(s, n=5, progress=False)
    >>> fs.charts.warm_up(advice).title.text
    'How the pipeline fills, AIDA with follow-up'
    """
    warm_up = given(WarmUp, warm_up, "charts.warm_up", "fs.warm_up_advice(scenario)")
    title = f"How the pipeline fills, {warm_up.scenario.name}"
    if warm_up.table.empty:
        return sentence(title, warm_up.sentence)
    rows: Rows = [{"day": int(day), **line} for day, line in warm_up.table.round(3).iterrows()]
    base, scale = alt.Chart(rows_data(rows)), alt.Scale(nice=False, domain=[0, len(rows)])
    day = alt.X("day:Q", title="day", scale=scale, axis=alt.Axis(grid=False))
    y = alt.Y("week:Q", title="open leads", axis=alt.Axis(format=",~f"))
    low = alt.Y("low:Q", title="open leads")
    parts = [
        base.mark_area(color=ONE, opacity=0.4).encode(x=day, y=low, y2="high:Q"),
        base.mark_line(color=MEAN, strokeWidth=2).encode(
            x=day,
            y=y,
            tooltip=[
                alt.Tooltip("day:Q", title="Day"),
                alt.Tooltip("open_leads:Q", title="Open leads, mean", format=",.1f"),
                alt.Tooltip("week:Q", title="Mean of the week around", format=",.1f"),
            ],
        ),
    ]
    if warm_up.level is not None:
        level = alt.Chart(rows_data([{"week": warm_up.level}]))
        parts.append(level.mark_rule(color=DARK, strokeDash=[5, 3]).encode(y=y))
    if warm_up.warm_up:
        at = alt.Chart(
            rows_data([{"day": warm_up.warm_up, "text": f"warm-up: {warm_up.warm_up} days"}])
        )
        words = at.mark_text(align="left", dx=6, dy=-8, baseline="bottom")
        parts.append(at.mark_rule(color=DOWN, strokeWidth=2).encode(x=day))
        parts.append(words.encode(x=day, y=alt.value(240), text="text:N"))
    return alt.layer(*parts).properties(
        width=600, height=240, title=alt.Title(title, subtitle=wrapped(warm_up.sentence))
    )
