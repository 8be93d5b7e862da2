"""Charts of channels: why a conversion rose or fell, and what one more customer costs.

They draw what `fs.mix_and_rate` and `fs.marginal_cac` say.
"""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any

import altair as alt
import numpy as np
import pandas as pd

from funnelsim.arguments import given, refused
from funnelsim.charts.made_with import says_how_made
from funnelsim.charts.parts import axis_of, rows_data, sentence
from funnelsim.charts.rows import Rows
from funnelsim.charts.theme import COLOURS
from funnelsim.errors import Finding
from funnelsim.metrics.groups import OVERALL
from funnelsim.metrics.mix import mix_and_rate as taken_apart
from funnelsim.tables import figure_text

UP, DOWN, GREY, SKY = (COLOURS[name] for name in ("left", "cost", "open", "income"))
DARK = COLOURS["baseline"]
WIDTH, ROW, STEP_HEIGHT = 520, 40, 34
ALL = "all together"
PER_CENT = alt.Axis(format="~%", tickCount=6)
WHICH_WAY = ("higher than before", "lower than before")


# --- mix and rate ---------------------------------------------------------------------------------


@says_how_made
def mix_and_rate(before: Any, after: Any, by: str = "channel") -> alt.TopLevelMixin:
    """Each group's conversion before and after, and how the mix and the rates change that of all.

    It is `fs.mix_and_rate(before, after, by)`. Above, an arrow for each group, from its rate before
    to its rate after, and beside it its share of the leads; below, the way from the overall rate
    before to that after: first by the mix, then by the rates.

    >>> import funnelsim as fs
    >>> s = fs.load("aida")
    >>> a, b = (fs.simulate(s, seed=seed, progress=False) for seed in (1, 2))
    >>> fs.charts.mix_and_rate(a, b).title.text
    'From 12.8 % to 15.1 %'
    """
    table = taken_apart(before, after, by)
    whole = table.loc[OVERALL]
    said = [figure_text(float(whole[name]), "share") for name in ("rate_before", "rate_after")]
    parts = [f"{_points(whole[f'{of}_effect'])} by the {of}" for of in ("mix", "rate")]
    subtitle = f"customers ÷ leads by {by}: {' and '.join(parts)}"
    panels = [_arrows(arrow_rows(table), by), _steps(step_rows(table))]
    both: alt.TopLevelMixin = (
        alt.vconcat(*panels, spacing=24)
        .resolve_scale(color="independent")
        .properties(title=alt.Title(f"From {said[0]} to {said[1]}", subtitle=subtitle))
    )
    return both


def arrow_rows(table: pd.DataFrame) -> Rows:
    """A row for each group that had leads, and last of all together: the rates and the shares."""
    rows: Rows = []
    for group, line in table[table[["leads_before", "leads_after"]].any(axis=1)].iterrows():
        rates = [float(line["rate_before"]), float(line["rate_after"])]
        shares = [figure_text(float(line[f"share_{at}"]), "share") for at in ("before", "after")]
        told = [figure_text(rate, "share") for rate in rates]
        there = [rate for rate in rates if math.isfinite(rate)]
        rows.append(
            {
                "group": ALL if group == OVERALL else str(group),
                "before": rates[0] if math.isfinite(rates[0]) else None,
                "after": rates[1] if math.isfinite(rates[1]) else None,
                "right": max(there),
                "way": WHICH_WAY[int(len(there) == 2 and rates[1] < rates[0])],
                "rates": f"{told[0]} → {told[1]}",
                "shares": f"{shares[0]} → {shares[1]}",
                "label": f"{told[0]} → {told[1]}"
                + ("" if group == OVERALL else f", of the leads {shares[0]} → {shares[1]}"),
                "mix": _points(line["mix_effect"], line["mix_effect_se"]),
                "rate": _points(line["rate_effect"], line["rate_effect_se"]),
            }
        )
    return rows


def step_rows(table: pd.DataFrame) -> Rows:
    """The steps from the overall rate before to that after, each from where the last one ended."""
    whole = table.loc[OVERALL]
    start, end = float(whole["rate_before"]), float(whole["rate_after"])
    middle = start + float(whole["mix_effect"])
    rows: Rows = []
    for name, low, high, effect in (
        ("before", 0.0, start, None),
        ("mix: other leads", start, middle, "mix_effect"),
        ("rate: the same leads", middle, end, "rate_effect"),
        ("after", 0.0, end, None),
    ):
        text = figure_text(high, "share")
        if effect:
            text = _points(whole[effect], whole[f"{effect}_se"])
        rows.append(
            {
                "step": name,
                "from": low,
                "to": high,
                "right": max(low, high),
                "way": "overall" if effect is None else WHICH_WAY[int(high < low)],
                "text": text,
            }
        )
    return rows


def _points(effect: float, error: float | None = None) -> str:
    """An effect in points of per cent, with its standard error.

    >>> _points(-0.0381), _points(0.002, 0.0011)
    ('−3.81 points', '+0.20 ± 0.11 points')
    """
    more = "" if error is None else f" ± {100 * error:.2f}"
    return f"{100 * effect:+.2f}{more} points".replace("-", "−")


def _arrows(rows: Rows, by: str) -> alt.LayerChart | alt.FacetChart:
    names = [row["group"] for row in rows]
    y = alt.Y("group:N", title=None, sort=names, axis=axis_of(names))
    top = 1.9 * max(row["right"] for row in rows) or 1.0
    scale = alt.Scale(domain=[0, top], nice=False)
    tooltip = [
        alt.Tooltip("group:N", title=by.capitalize()),
        alt.Tooltip("rates:N", title="Conversion"),
        alt.Tooltip("shares:N", title="Share of the leads"),
        alt.Tooltip("mix:N", title="By the mix"),
        alt.Tooltip("rate:N", title="By the rate"),
    ]
    colour = alt.Color(
        "way:N", scale=alt.Scale(domain=list(WHICH_WAY), range=[UP, DOWN]), title=None
    )
    base = alt.Chart(rows_data(rows)).encode(y=y)
    x = alt.X("before:Q", title=None, axis=PER_CENT, scale=scale)
    both = base.transform_filter("datum.before != null && datum.after != null")
    line = both.mark_rule(strokeWidth=4).encode(x=x, x2="after:Q", color=colour)
    was = base.transform_filter("datum.before != null").mark_point(
        size=70, filled=True, opacity=1, color=GREY
    )
    now = base.transform_filter("datum.after != null").mark_point(size=130, filled=True, opacity=1)
    words = base.mark_text(align="left", dx=12).encode(
        x=alt.X("right:Q", scale=scale), text="label:N"
    )
    return alt.layer(
        line,
        was.encode(x=x, tooltip=tooltip),
        now.encode(x=alt.X("after:Q", scale=scale), color=colour, tooltip=tooltip),
        words,
    ).properties(width=WIDTH, height=ROW * len(rows))


def _steps(rows: Rows) -> alt.LayerChart | alt.FacetChart:
    names = [row["step"] for row in rows]
    top = 1.35 * max(row["right"] for row in rows) or 1.0
    ends = [row[end] for row in rows for end in ("from", "to")]
    scale = alt.Scale(domain=[min(0.0, *ends), top], nice=False)
    kinds = ["overall", *WHICH_WAY]
    base = alt.Chart(rows_data(rows)).encode(
        y=alt.Y("step:N", title=None, sort=names, axis=axis_of(names))
    )
    bars = base.mark_bar(height=18).encode(
        x=alt.X("from:Q", title="customers ÷ leads", axis=PER_CENT, scale=scale),
        x2="to:Q",
        color=alt.Color(
            "way:N", scale=alt.Scale(domain=kinds, range=[GREY, UP, DOWN]), legend=None
        ),
        tooltip=[alt.Tooltip("step:N", title="Step"), alt.Tooltip("text:N", title="Conversion")],
    )
    words = base.mark_text(align="left", dx=6).encode(
        x=alt.X("right:Q", scale=scale), text="text:N"
    )
    return alt.layer(bars, words).properties(width=WIDTH, height=STEP_HEIGHT * len(rows))


# --- what one more customer costs -----------------------------------------------------------------


@says_how_made
def marginal_cac(table: pd.DataFrame, worth: float | None = None) -> alt.TopLevelMixin:
    """What a customer costs on average, and what each further one costs, by leads a day.

    `table` is what `fs.marginal_cac` returns; a step is drawn with its interval between the two
    rows that it leads from and to, its cost beside it. One that costs far more than any average, or
    brings no further sale, is drawn at the top. `worth`, what a customer leaves, is a dashed line:
    beyond it a further customer costs more than it brings.

    >>> import funnelsim as fs
    >>> table = fs.marginal_cac(fs.load("aida-follow-up"), "search ads", [10, 20], n=5)
    >>> fs.charts.marginal_cac(table).title.text
    'What a customer costs, and what one more costs'
    """
    table = given(pd.DataFrame, table, "charts.marginal_cac", 'fs.marginal_cac(s, "search ads")')
    needed = ["cac", "marginal_cac", "low", "high"]
    if missing := [name for name in needed if name not in table]:
        finding = Finding(f"a table without {', '.join(missing)}")
        rule = "it takes what fs.marginal_cac returns"
        way_out = 'write fs.marginal_cac(s, "search ads")'
        raise refused("charts.marginal_cac", finding, rule, way_out)
    title = "What a customer costs, and what one more costs"
    average = average_rows(table)
    if not average:
        return sentence(title, "Nothing was sold at any of these numbers of leads.")
    top = _top(table, worth)
    steps = marginal_rows(table, top)
    subtitle = "mean on the same customers; the bands are confidence intervals"
    scale = alt.Scale(domain=[0, top], nice=False)
    ends = [float(table.index.min()), float(table.index.max())]
    across = "leads a day of the channel"
    all_steps = alt.Scale(domain=ends, nice=False)
    y = alt.Y("cost:Q", title="cost of a customer", scale=scale, axis=alt.Axis(format=",~f"))
    what = alt.Color(
        "what:N",
        scale=alt.Scale(domain=["on average", "each further one"], range=[UP, DOWN]),
        legend=alt.Legend(symbolType="stroke", symbolOpacity=1),
    )
    base = alt.Chart(rows_data(steps))
    band = base.mark_rect(opacity=0.18, color=DOWN).encode(
        x=alt.X("from:Q", title=across, scale=all_steps),
        x2="to:Q",
        y=alt.Y("low:Q", scale=scale),
        y2="high:Q",
    )
    bars = base.mark_rule(strokeWidth=3).encode(
        x="from:Q",
        x2="to:Q",
        y=y,
        color=what,
        tooltip=[
            alt.Tooltip("leads:N", title="Leads a day"),
            alt.Tooltip("text:N", title="Each further customer costs"),
            alt.Tooltip("interval:N", title="Interval"),
            alt.Tooltip("more:N", title="Further sales"),
        ],
    )
    labels = [
        base.transform_filter(f"datum.is_below == {is_below}")
        .mark_text(dy=dy)
        .encode(x="middle:Q", y=y, text="short:N")
        for is_below, dy in (("false", -9), ("true", 10))
    ]
    line = alt.Chart(rows_data(average)).mark_line(point=True, strokeWidth=2.5).encode(
        x=alt.X("at:Q", title=across, scale=all_steps),
        y=y,
        color=what,
        tooltip=[
            alt.Tooltip("at:Q", title="Leads a day"),
            alt.Tooltip("text:N", title="A customer costs on average"),
        ],
    )  # fmt: skip
    layers = [band, line, bars, *labels]
    if worth is not None:
        told = rows_data([{"cost": float(worth), "text": "what a customer leaves"}])
        rule = alt.Chart(told).mark_rule(color=DARK, strokeDash=[5, 3]).encode(y=y)
        words = alt.Chart(told).mark_text(align="right", dx=-6, dy=-8).encode(
            x=alt.XValue("width"), y=y, text="text:N"
        )  # fmt: skip
        layers += [rule, words]
    return alt.layer(*layers).properties(
        width=WIDTH + 60, height=260, title=alt.Title(title, subtitle=subtitle)
    )


HIGHEST = 2.5  # times the dearest average: a step beyond is drawn at the top, its number beside it


def _top(table: pd.DataFrame, worth: float | None) -> float:
    """Where the axis ends."""
    average = table["cac"].to_numpy(float)
    least = max(float(np.nanmax(average)), worth or 0.0)
    steps = table["marginal_cac"].to_numpy(float)
    drawn = steps[np.isfinite(steps) & (steps <= HIGHEST * least)]
    return 1.25 * max(least, float(drawn.max(initial=0.0))) or 1.0


def marginal_rows(table: pd.DataFrame, top: float) -> Rows:
    """A row for each step between two rows of the table; what lies beyond `top` is drawn there."""
    rows: Rows = []
    for (begin, before), (end, line) in pairwise(table.iterrows()):
        start = float(begin)
        cost, low, high = (float(line[name]) for name in ("marginal_cac", "low", "high"))
        brings = math.isfinite(cost)
        ends = [figure_text(v, "money") if math.isfinite(v) else "no end" for v in (low, high)]
        average = (before["cac"] + line["cac"]) / 2  # its line would run through the words
        rows.append(
            {
                "what": "each further one",
                "from": start,
                "to": float(end),
                "middle": (start + float(end)) / 2,
                "leads": f"{start:g} to {float(end):g}",
                "cost": min(cost, 0.93 * top),
                "low": min(max(low, 0.0), top) if not math.isnan(low) else 0.0,
                "high": min(high, top),
                "is_below": bool(cost > 0.08 * top and 0 <= average - cost < 0.1 * top),
                "text": figure_text(cost, "money") if brings else "there are none",
                "short": f"{cost:,.0f}" if brings else "no further sale",
                "interval": f"{ends[0]} to {ends[1]}" if brings else "–",
                "more": f"{float(line['more_sales']):.1f}",
            }
        )
    return rows


def average_rows(table: pd.DataFrame) -> Rows:
    return [
        {
            "what": "on average",
            "at": float(at),
            "cost": float(cac),
            "text": figure_text(float(cac), "money"),
        }
        for at, cac in table["cac"].items()
        if math.isfinite(cac)
    ]
