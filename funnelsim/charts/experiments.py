"""Charts of experiments: what chance does, what a change does, and how sure that is.

A mean is dark blue, its confidence interval a band or a thin line through it; single replications
are sky blue. Every number comes from the experiment's own tables.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import altair as alt
import numpy as np

from funnelsim.charts.parts import NAMES, rows_data, sentence
from funnelsim.charts.rows import Rows
from funnelsim.charts.theme import COLOURS
from funnelsim.distributions import BrokenRule, duration
from funnelsim.errors import Finding, FunnelSimError, Problem, nearest
from funnelsim.experiment.comparison import Comparison
from funnelsim.experiment.parameters import is_duration
from funnelsim.experiment.replications import Experiment
from funnelsim.experiment.sensitivities import Sensitivity
from funnelsim.experiment.sweeps import Sweep, label
from funnelsim.experiment.warm_up import WarmUp
from funnelsim.scenario import Scenario
from funnelsim.tables import figure_text, stated_figures

if TYPE_CHECKING:
    import pandas as pd

MEAN, ONE, DARK = COLOURS["first orders"], COLOURS["repeat orders"], COLOURS["baseline"]
DOWN = COLOURS["lost"]
MOST_BARS = 12
USUAL = ("customers", "revenue", "cac", "profit", "mean_response_days", "share_gone_cold")

T = TypeVar("T")


def replications(x: Experiment, figure: str = "profit") -> alt.TopLevelMixin:
    """How often a figure came out at each size, with its mean and the 95 % interval of the mean.

    The bars are what one future may bring; the interval, which shortens with more replications, is
    how well the mean is known.
    """
    x = _an(Experiment, x, "charts.replications", "fs.replicate(scenario)")
    said, kind = said(x.scenario, figure, x.table)
    values = x.table[figure].dropna().to_numpy()
    title = f"{said}, {x.scenario.name}"
    if not len(values):
        return sentence(title, "No replication has this figure: there is nothing to divide by.")
    row = x.summary().loc[figure]
    money = x.scenario.currency
    counts, edges = np.histogram(values, bins=min(40, math.ceil(1.3 * len(values) ** 0.5)))
    bars = [
        {
            "from": float(low),
            "to": float(high),
            "count": int(count),
            "zero": 0,
            "range": f"{figure_text(low, kind, money)} to {figure_text(high, kind, money)}",
        }
        for low, high, count in zip(edges[:-1], edges[1:], counts, strict=True)
    ]
    scale = alt.Scale(zero=False, nice=False, padding=10)
    across = alt.X("from:Q", title=axis_title(said, kind, money), axis=axis(kind), scale=scale)
    histogram = (
        alt.Chart(rows_data(bars))
        .mark_bar(color=ONE, stroke="white", strokeWidth=0.5)
        .encode(
            x=across,
            x2="to:Q",
            y=alt.Y("zero:Q", title="replications", axis=alt.Axis(format=",d", tickMinStep=1)),
            y2="count:Q",
            tooltip=[
                alt.Tooltip("range:N", title=said),
                alt.Tooltip("count:Q", title="Replications", format=",d"),
            ],
        )
    )
    parts = [histogram]
    told = f"mean {figure_text(row['mean'], kind, money)}"
    if np.isfinite(row["low"]):
        ends = rows_data([{"from": row["low"], "to": row["high"]}])
        parts.append(
            alt.Chart(ends).mark_rect(color=MEAN, opacity=0.35).encode(x=across, x2="to:Q")
        )
        told += f" ({range_text(row['low'], row['high'], kind, money)} with 95 % confidence)"
    at = rows_data([{"from": row["mean"]}])
    parts.append(alt.Chart(at).mark_rule(color=MEAN, strokeWidth=2).encode(x=across))
    middle = f"9 of 10 replications lie from {range_text(row['5%'], row['95%'], kind, money)}"
    return alt.layer(*parts).properties(
        width=600,
        height=240,
        title=alt.Title(title, subtitle=[f"{len(values):,} replications: {told}", middle]),
    )


def differences(
    c: Comparison, figures: Sequence[str] | None = None, baseline: str | None = None
) -> alt.TopLevelMixin:
    """How far each scenario is from the baseline: the mean difference and its 95 % interval.

    An interval that leaves out 0 is a difference that chance does not explain. `figures` are names
    of `summary`; without them the usual ones, as far as the scenario states them.
    """
    c = _an(Comparison, c, "charts.differences", 'fs.compare({"today": s, "faster": s2})')
    table = c.differences(baseline)
    first = next(iter(c.experiments)) if baseline is None else baseline
    base = c.experiments[first]
    stated = stated_figures(base.scenario)
    shown = list(figures) if figures is not None else [f for f in USUAL if f in stated]
    height = 30 * (len(c.experiments) - 1)
    parts = []
    for figure in shown:
        said, kind = said(base.scenario, figure, base.table)
        rows = difference_rows(table.loc[figure].dropna(), kind, base.scenario.currency)
        if rows:
            parts.append(_differences_of(rows, said, kind, base.scenario.currency, height))
    title = f"Difference to {first}"
    if not parts:
        return sentence(title, "No replication has one of these figures in both scenarios.")
    count = len(base.table)
    subtitle = f"mean of {count:,} pairs on the same customers, with 95 % confidence intervals"
    return alt.vconcat(*parts, spacing=6).properties(title=alt.Title(title, subtitle=subtitle))


def sweep(x: Sweep, figure: str = "profit") -> alt.TopLevelMixin:
    """A figure along the values of a parameter, with the 95 % interval of its mean as a band.

    Of two parameters the first runs along the axis, the second has a line for each value. Values
    that are neither numbers nor durations stand side by side in the order given.
    """
    x = _an(Sweep, x, "charts.sweep", 'fs.sweep(s, "teams.sales.reps", [1, 2, 3])')
    said, kind = said(x.scenario, figure, x.tables[0])
    table = x.table[figure].dropna()
    title = f"{said}, {x.scenario.name}"
    if table.empty:
        return sentence(title, "No setting has this figure: there is nothing to divide by.")
    money, path = x.scenario.currency, x.paths[0]
    numbers, unit = numbers([setting[path] for setting in x.settings])
    rows, name = sweep_rows(x, table, numbers, kind), f"{path}, {unit}" if unit else path
    encoding = "at:Q" if numbers else "at:O"
    axis = alt.Axis(labelAngle=0, grid=False, labelOverlap=bool(numbers))
    if 0 < len(set(numbers)) <= 12:
        axis.values, axis.format = sorted(set(numbers)), ",~g"
    across = alt.X(encoding, title=name, axis=axis, sort=None)
    if numbers:
        across.scale = alt.Scale(zero=False, padding=12)
    y_scale = alt.Scale(zero=False)
    y_title = axis_title(said, kind, money)
    up = alt.Y("mean:Q", title=y_title, axis=axis(kind), scale=y_scale)
    extra: dict[str, Any] = {}
    if len(x.paths) == 2:
        order = list(dict.fromkeys(row["line"] for row in rows))
        shades = ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000"]
        legend = alt.Legend(title=x.paths[1], symbolType="stroke", symbolOpacity=1)
        scale = alt.Scale(domain=order, range=shades if len(order) <= len(shades) else alt.Undefined)
        extra["color"] = alt.Color("line:N", scale=scale, sort=order, legend=legend)
    base = alt.Chart(rows_data(rows))
    ends = {"x": across, "y": alt.Y("low:Q", scale=y_scale, title=y_title), "y2": "high:Q", **extra}
    if numbers:
        band = base.mark_area(opacity=0.25, color=MEAN).encode(**ends)
    else:
        band = base.mark_rule(strokeWidth=2, color=MEAN).encode(**ends)
    line = base.mark_line(color=MEAN, strokeWidth=2).encode(x=across, y=up, **extra)
    points = base.mark_point(color=MEAN, filled=True, size=50, opacity=1).encode(
        x=across,
        y=up,
        tooltip=[
            *(alt.Tooltip(f"value {n}:N", title=p) for n, p in enumerate(x.paths)),
            alt.Tooltip("text:N", title=said),
            alt.Tooltip("interval:N", title="95 % interval"),
        ],
        **extra,
    )
    count = len(x.tables[0])
    subtitle = f"mean of {count:,} replications on the same customers, with its 95 % interval"
    return alt.layer(band, line, points).properties(
        width=600, height=280, title=alt.Title(title, subtitle=subtitle)
    )


def tornado(x: Sensitivity, most: int = MOST_BARS) -> alt.TopLevelMixin:
    """What each parameter does to the figure, turned down and up; the largest effect on top.

    A bar runs from today's mean to the changed one, the thin line is its 95 % interval. The text
    at the end of a bar is the value that the parameter then has. Only the first `most` are drawn.
    """
    x = _an(Sensitivity, x, "charts.tornado", "fs.sensitivity(scenario)")
    said, kind = said(x.scenario, x.figure, [x.figure])
    money = x.scenario.currency
    title = f"What {said[:1].lower() + said[1:]} depends on most, {x.scenario.name}"
    table = x.table.dropna(subset=["effect"]).head(most)
    if table.empty:
        return sentence(title, "No replication has this figure: there is nothing to divide by.")
    rows = tornado_rows(table, kind, money)
    names = list(dict.fromkeys(row["parameter"] for row in rows))
    labels = alt.Axis(labelPadding=10, labelLimit=330)
    y = alt.Y("parameter:N", sort=names, title=None, axis=labels, scale=alt.Scale(padding=0.25))
    sides = ["turned down", "turned up"]
    beside = alt.YOffset("side:N", sort=sides)  # both may go the same way
    reach = 1.3 * max(abs(row[key]) for row in rows for key in ("difference", "low", "high")) or 1.0
    scale = alt.Scale(domain=[-reach, reach], nice=False)
    axis = axis(kind)
    across_title = f"difference to today's mean of {figure_text(x.mean, kind, money)}"
    across = alt.X("difference:Q", title=across_title, axis=axis, scale=scale)
    base = alt.Chart(rows_data(rows))
    colour = alt.Color(
        "side:N", scale=alt.Scale(domain=sides, range=[DOWN, MEAN])
    )
    bars = base.mark_bar(opacity=0.85).encode(
        x=alt.X("zero:Q", title=across_title, axis=axis, scale=scale),
        x2="difference:Q",
        y=y,
        yOffset=beside,
        color=colour,
        tooltip=[
            alt.Tooltip("parameter:N", title="Parameter"),
            alt.Tooltip("today:N", title="Today"),
            alt.Tooltip("value:N", title="Turned to"),
            alt.Tooltip("text:N", title="Difference"),
            alt.Tooltip("interval:N", title="95 % interval"),
        ],
    )
    whiskers = base.mark_rule(color=DARK, strokeWidth=1.2).encode(
        x=alt.X("low:Q", title=across_title, scale=scale), x2="high:Q", y=y, yOffset=beside
    )
    zero = alt.Chart(rows_data([{"zero": 0}])).mark_rule(color=DARK).encode(
        x=alt.X("zero:Q", scale=scale, title=across_title)
    )  # fmt: skip
    words = [
        base.transform_filter(f"datum.end_at {sign} 0 && datum.value != datum.today")
        .mark_text(align=align, dx=dx, fontSize=11)
        .encode(
            x=alt.X("end_at:Q", scale=scale, title=across_title),
            y=y,
            yOffset=beside,
            text="value:N",
        )
        for sign, align, dx in (("<", "right", -4), (">=", "left", 4))
    ]
    left = len(x.table) - len(table)
    rest = f"; {left} more with less effect are left out" if left > 0 else ""
    return alt.layer(bars, whiskers, zero, *words).properties(
        width=460,
        height=max(60, 40 * len(names)),
        title=alt.Title(title, subtitle=f"each parameter alone, on the same customers{rest}"),
    )


def warm_up(x: WarmUp) -> alt.TopLevelMixin:
    """Open leads at the end of each day, the week's mean, its level, and the advised warm-up."""
    x = _an(WarmUp, x, "charts.warm_up", "fs.warm_up_advice(scenario)")
    title = f"How the pipeline fills, {x.scenario.name}"
    if x.table.empty:
        return sentence(title, x.sentence)
    rows: Rows = [{"day": int(day), **line} for day, line in x.table.round(3).iterrows()]
    base = alt.Chart(rows_data(rows))
    scale = alt.Scale(nice=False, domain=[0, len(rows)])
    day = alt.X("day:Q", title="day", scale=scale, axis=alt.Axis(grid=False))
    y = alt.Y("week:Q", title="open leads", axis=alt.Axis(format=",~f"))
    band = base.mark_area(color=ONE, opacity=0.4).encode(
        x=day, y=alt.Y("low:Q", title="open leads"), y2="high:Q"
    )
    line = base.mark_line(color=MEAN, strokeWidth=2).encode(
        x=day,
        y=y,
        tooltip=[
            alt.Tooltip("day:Q", title="Day"),
            alt.Tooltip("open_leads:Q", title="Open leads, mean", format=",.1f"),
            alt.Tooltip("week:Q", title="Mean of the week around", format=",.1f"),
        ],
    )
    parts = [band, line]
    if x.level is not None:
        level = alt.Chart(rows_data([{"week": x.level}]))
        parts.append(level.mark_rule(color=DARK, strokeDash=[5, 3]).encode(y=y))
    if x.warm_up:
        at = alt.Chart(rows_data([{"day": x.warm_up, "text": f"warm-up: {x.warm_up} days"}]))
        parts.append(at.mark_rule(color=DOWN, strokeWidth=2).encode(x=day))
        parts.append(
            at.mark_text(align="left", dx=6, dy=-8, baseline="bottom").encode(
                x=day, y=alt.value(240), text="text:N"
            )
        )
    subtitle = wrapped(x.sentence)
    return alt.layer(*parts).properties(
        width=600, height=240, title=alt.Title(title, subtitle=subtitle)
    )


# --- parts ------------------------------------------------------------------------------------


def _differences_of(rows: Rows, label: str, kind: str, money: str, height: int) -> alt.LayerChart:
    """One figure: a point and a line for each scenario, and where no difference would be."""
    names = [row["scenario"] for row in rows]
    reach = max(max(abs(row["low"]), abs(row["high"])) for row in rows) or 1.0
    scale = alt.Scale(domain=[-1.15 * reach, 1.15 * reach], nice=False)
    title = axis_title(label, kind, money)
    y = alt.Y("scenario:N", sort=names, title=None, axis=NAMES)
    base = alt.Chart(rows_data(rows))
    zero = base.mark_rule(color=COLOURS["open"], strokeWidth=1.5).encode(
        x=alt.X("zero:Q", scale=scale, title=title, axis=axis(kind))
    )
    line = base.mark_rule(color=MEAN, strokeWidth=2.5).encode(
        x=alt.X("low:Q", scale=scale, title=title, axis=axis(kind)), x2="high:Q", y=y
    )
    point = base.mark_point(color=MEAN, filled=True, size=70, opacity=1).encode(
        x=alt.X("difference:Q", scale=scale, title=title, axis=axis(kind)),
        y=y,
        tooltip=[
            alt.Tooltip("scenario:N", title="Scenario"),
            alt.Tooltip("text:N", title=label),
            alt.Tooltip("interval:N", title="95 % interval"),
        ],
    )
    words = base.mark_text(align="left", fontSize=12).encode(x=alt.value(470), y=y, text="text:N")
    return alt.layer(zero, line, point, words).properties(width=460, height=height)


def _an(kind: type[T], value: object, name: str, way_out: str) -> T:
    if isinstance(value, kind):
        return value
    found = Finding(f"given a {type(value).__name__}")
    rule = f"it takes what {way_out.split('(')[0]} returns"
    raise FunnelSimError(str(Problem(name, found, rule, f"write {way_out}")))
