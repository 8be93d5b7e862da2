"""Charts of what was foreseen beside what came: a backtest's forecasts, and a plan that is tracked.

What was foreseen is a sky blue band with its mean in dark blue; what came is a dot or a line, black
where it lies in the band and vermilion where it does not.
"""

from __future__ import annotations

from typing import Any

import altair as alt
import pandas as pd

from funnelsim.arguments import a_choice, given
from funnelsim.charts.experiment_rows import axis_unit, figure_axis, figure_title
from funnelsim.charts.made_with import says_how_made
from funnelsim.charts.parts import rows_data
from funnelsim.charts.rows import Rows
from funnelsim.charts.theme import COLOURS
from funnelsim.metrics.planned import unit_of
from funnelsim.planner.cuts import PARTS
from funnelsim.planner.tested import Backtest
from funnelsim.planner.tracking import Track
from funnelsim.tables import figure_text

SOFT, PLANNED = COLOURS["repeat orders"], COLOURS["first orders"]
INSIDE, OUTSIDE = "in the band", "outside"
CAME = alt.Scale(domain=[INSIDE, OUTSIDE], range=[COLOURS["baseline"], COLOURS["lost"]])
WIDE, HIGH = 600, 260


@says_how_made
def backtest(backtest: Backtest, figure: str = "sales", of: str = "all") -> alt.TopLevelMixin:
    """Each forecast as a band (8 in 10 futures) with its mean, and what came as a dot.

    `figure` is "sales" or "revenue"; `of` is "all", "open deals" or "new leads".

    >>> import funnelsim as fs
    >>> deals = fs.read_deals(fs.datasets.bundled("crm_deals.csv"))
    >>> fs.charts.backtest(fs.backtest(deals, cuts=2, n=50)).title.text
    'Earlier forecasts of 60 days, and what came'
    """
    found = given(Backtest, backtest, "charts.backtest", "fs.backtest(deals)")
    every = found.every
    figure, of = (
        a_choice("figure", figure, dict.fromkeys(every["figure"])),
        a_choice("of", of, PARTS),
    )
    these = every[(every["figure"] == figure) & (every["of"] == of)]
    kind, money = unit_of(figure), found.currency
    rows: Rows = []
    for _, row in these.iterrows():
        low, high = float(row["low"]), float(row["high"])
        rows.append({
            "day": f"{row['day']:%Y-%m-%d}", "low": low, "mean": float(row["mean"]), "high": high,
            "came": float(row["happened"]), "which": INSIDE if row["inside"] else OUTSIDE,
            "foreseen": f"{figure_text(low, kind)} to {figure_text(high, kind, money)}",
            "happened": figure_text(float(row["happened"]), kind, money),
            "until": f"{row['until']:%Y-%m-%d}",
        })  # fmt: skip
    base = alt.Chart(rows_data(rows)).encode(
        x=alt.X("day:O", title="as of the end of", axis=alt.Axis(labelAngle=0)),
        tooltip=[alt.Tooltip("day:N", title="As of"), alt.Tooltip("until:N", title="Until"),
                 alt.Tooltip("foreseen:N", title="8 in 10 futures"),
                 alt.Tooltip("happened:N", title="Came")],
    )  # fmt: skip
    axis = figure_axis(kind)
    title = figure_title(figure, axis_unit(kind, money, ()))
    y = alt.Y("mean:Q", title=title, axis=axis, scale=alt.Scale(zero=True))
    parts: list[Any] = [
        base.mark_bar(color=SOFT, opacity=0.5, size=34).encode(
            y=alt.Y("low:Q", title=title, axis=axis), y2="high:Q"
        ),
        base.mark_tick(color=PLANNED, thickness=2.5, size=34).encode(y=y),
        base.mark_point(filled=True, size=110, opacity=1).encode(
            y=alt.Y("came:Q", title=title), color=alt.Color("which:N", scale=CAME)
        ),
    ]
    whose = "" if of == "all" else f" of {of}"
    held, cuts = int(these["inside"].sum()), len(these)
    said = [f"{figure}{whose}: in {held} of {cuts} what came lies where 8 in 10 futures did"]
    if found.widening > 1:
        said.append(f"What is not known is taken as {found.widening:.1f} times as wide in a plan.")
    return alt.layer(*parts).properties(
        width=WIDE,
        height=HIGH,
        title=alt.Title(
            f"Earlier forecasts of {found.days} days, and what came",
            subtitle=said,
        ),
    )


@says_how_made
def track(track: Track, figure: str = "sales") -> alt.TopLevelMixin:
    """A plan's futures as they add up (8 in 10 of them, and the mean), and what came, as a line.

    `figure` is "sales" or "revenue".

    >>> import funnelsim as fs
    >>> deals = fs.read_deals(fs.datasets.bundled("crm_deals.csv"))
    >>> then = fs.calibrate(deals.as_of("2026-05-31"))
    >>> p = fs.plan(then, 60, within="34 days", backtest=False)
    >>> fs.charts.track(fs.track(p, deals)).title.text
    'The plan for calibrated from an export, and what came'
    """
    found = given(Track, track, "charts.track", "fs.track(plan, deals)")
    there = [name for name in ("sales", "revenue") if name in found.table]
    figure = a_choice("figure", figure, there)
    before = "" if figure == "sales" else f"{figure}_"
    money, kind = found.plan.today.currency, unit_of(figure)
    begin = f"{found.table['from'].iloc[0] - pd.Timedelta(days=1):%Y-%m-%d}"
    rows: Rows = [{"day": begin, "low": 0.0, "mean": 0.0, "high": 0.0, "came": 0.0,
                   "which": INSIDE, "foreseen": "0", "happened": "0"}]  # fmt: skip
    for _, row in found.table.iterrows():
        low, high = float(row[f"{before}low"]), float(row[f"{before}high"])
        came = float(row[f"{figure}_so_far"])
        rows.append({
            "day": f"{row['until']:%Y-%m-%d}", "low": low, "mean": float(row[f"{before}mean"]),
            "high": high, "came": came,
            "which": INSIDE if row[f"{before}inside"] else OUTSIDE,
            "foreseen": f"{figure_text(low, kind)} to {figure_text(high, kind, money)}",
            "happened": figure_text(came, kind, money),
        })  # fmt: skip
    title, axis = figure_title(figure, axis_unit(kind, money, ())), figure_axis(kind)
    base = alt.Chart(rows_data(rows)).encode(
        x=alt.X("day:T", title="by the end of", axis=alt.Axis(grid=False, format="%-d %b")),
        tooltip=[alt.Tooltip("day:T", title="By the end of"),
                 alt.Tooltip("foreseen:N", title="8 in 10 futures"),
                 alt.Tooltip("happened:N", title="Came")],
    )  # fmt: skip
    y = alt.Y("came:Q", title=title, axis=axis)
    parts: list[Any] = [
        base.mark_area(color=SOFT, opacity=0.4).encode(
            y=alt.Y("low:Q", title=title, axis=axis), y2="high:Q"
        ),
        base.mark_line(color=PLANNED, strokeWidth=2).encode(y=alt.Y("mean:Q", title=title)),
        base.mark_line(color=COLOURS["baseline"], strokeWidth=2.5).encode(y=y),
        base.mark_point(filled=True, size=90, opacity=1).encode(
            y=y, color=alt.Color("which:N", scale=CAME)
        ),
    ]
    return alt.layer(*parts).properties(
        width=WIDE,
        height=HIGH,
        title=alt.Title(
            f"The plan for {found.plan.today.name}, and what came",
            subtitle=[
                "blue: the plan's futures, 8 in 10 of them; black: what came",
                *_short(found),
            ],
        ),
    )


def _short(found: Track) -> list[str]:
    """What is still to be done, where anything is."""
    if found.anew is None:
        return []
    return [f"From today: {found.anew.setting} for the {found.days_left} days that are left"]
