"""Charts of a team's work: its queue through a week, how long leads waited, what more reps change.

A live board draws them with rows that it swaps; the numbers are those of `metrics/follow_up.py`,
`losses_by_response` and the key figures.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import altair as alt
import numpy as np

from funnelsim.charts.parts import NAMES
from funnelsim.charts.rows import Rows, milliseconds
from funnelsim.charts.sales import AFTER_CALL, WHICH
from funnelsim.charts.theme import COLOURS, REASONS, baseline_colour
from funnelsim.distributions import DAY, HOUR, WEEK
from funnelsim.journal import GONE_COLD, Journal
from funnelsim.metrics.follow_up import waiting
from funnelsim.metrics.groups import BINS, losses_by_response
from funnelsim.opening_hours import OpeningHours
from funnelsim.scenario import Scenario
from funnelsim.tables import figure_text

Layers = alt.LayerChart | alt.FacetChart  # what alt.layer says it returns
OF_A_WEEK = HOUR // 2  # between two points of the queue
WEEKDAYS = alt.Axis(format="%a %-d %b", tickCount={"interval": "day", "step": 1}, grid=False)


# --- rows ---------------------------------------------------------------------------------------


def weeks(s: Scenario) -> list[tuple[str, int]]:
    """The weeks of a scenario that have begun, each with its name and its first moment."""
    named = []
    for begin in range(0, s.horizon, WEEK):
        date = s.start + dt.timedelta(days=begin // DAY)
        named.append((f"from {date.day} {date:%b}", begin))
    return named


def queue_rows(j: Journal, team: int, begin: int) -> Rows:
    """How many wait for the team, every half hour of the week that begins then."""
    times = np.arange(begin, min(begin + WEEK, j.scenario.horizon) + 1, OF_A_WEEK)
    counts = waiting(j, times, team)
    at = milliseconds(j.scenario, times)
    return [{"when": t, "waiting": n} for t, n in zip(at, counts.tolist(), strict=True)]


def open_rows(s: Scenario, team: int, begin: int) -> Rows:
    """When the team is open in that week."""
    one = s.teams[team]
    hours = OpeningHours(one.open, s.start, one.closed)
    ends = hours.intervals(begin, min(begin + WEEK, s.horizon))
    return [
        dict(zip(("from", "to"), milliseconds(s, np.array(interval)), strict=True))
        for interval in ends
    ]


@lru_cache(maxsize=2)  # a board draws the picture of now, and one that was kept, again and again
def waited_rows(j: Journal, team: int) -> Rows:
    """Visits by how long they waited for the team, and what became of them: all stages together."""
    of_team = {stage.name for stage in j.scenario.stages if _is_of(stage, j.scenario, team)}
    table = losses_by_response(j).reset_index()
    table["waited"] = table["waited"].astype(object).map(WAITED)
    sums = table[table["stage"].isin(of_team)].groupby("waited", sort=False)[COUNTS].sum()
    rows: Rows = []
    for waited, line in sums.iterrows():
        start, visits = 0, int(line["visits"])
        for outcome, column in _OUTCOMES:
            leads = int(line[column])
            share = figure_text(leads / visits, "share") if visits else "–"
            rows.append(
                {
                    "waited": waited, "outcome": outcome, "leads": leads, "start": start,
                    "end": start + leads, "visits": visits, "share": share,
                }
            )  # fmt: skip
            start += leads
    return rows


# the bins of `losses_by_response`, so few that each has its line on a board
_BINS = (
    ("under 5 min", 1), ("5 to 30 min", 1), ("30 min to 3 h", 2), ("3 to 12 h", 2),
    ("12 h to 2 days", 2), ("2 to 7 days", 2), ("over a week", 2),
)  # fmt: skip
WAITED = dict(zip(BINS, [name for name, count in _BINS for _ in range(count)], strict=True))
COUNTS = ["visits", "advanced", "lost_after_call", "gone_cold"]
_OUTCOMES = (
    ("advanced", "advanced"),
    (AFTER_CALL, "lost_after_call"),
    (GONE_COLD, "gone_cold"),
)


def _is_of(stage: Any, s: Scenario, team: int) -> bool:
    return stage.follow_up is not None and stage.follow_up.team == s.teams[team].name


def reps_rows(figures: Mapping[int, Mapping[str, float]], s: Scenario, is_old: bool) -> Rows:
    """A row for each number of reps: who has gone cold, in percent, and what that is worth;
    `is_old` marks rows of a scenario that has been changed since.
    """
    return [
        {
            "reps": reps,
            "cold": 100 * float(found["share_gone_cold"]),
            "gone_cold": figure_text(found["share_gone_cold"], "share"),
            "response": figure_text(found["mean_response_days"], "days"),
            "customers": figure_text(found["customers"], "count"),
            "profit": figure_text(found["profit"], "money", s.currency),
            "is_old": is_old,
        }
        for reps, found in sorted(figures.items())
        if np.isfinite(found["share_gone_cold"])
    ]


# --- how they are drawn -------------------------------------------------------------------------


def queue_chart(
    queue: alt.Data, hours: alt.Data, baseline: alt.Data, top: alt.ExprRef, dark: bool = False
) -> Layers:
    """Rows of `queue_rows` as steps, over those of `open_rows`; a baseline as a dashed line."""
    # no padding: so the first day's name stands beside the title of the other axis, not in it
    scale = alt.Scale(type="utc", nice=False, padding=0)
    x = alt.X("when:T", title=None, scale=scale, axis=WEEKDAYS)
    counts = alt.Scale(domainMin=0, domainMax=top, nice=False, zero=True)
    y = alt.Y("waiting:Q", title="waiting (grey: open)", scale=counts, axis=alt.Axis(tickCount=4))
    opened = (
        alt.Chart(hours)
        .mark_rect(color=COLOURS["band"], opacity=0.18)
        .encode(x=alt.X("from:T", scale=scale, axis=WEEKDAYS), x2="to:T")
    )
    base = alt.Chart(queue)
    tooltip = [
        alt.Tooltip("when:T", title="At", format="%a %-d %b, %H:%M", formatType="utc"),
        alt.Tooltip("waiting:Q", title="Waiting for a call", format=",d"),
    ]
    area = base.mark_area(interpolate="step-after", color=REASONS[GONE_COLD], clip=True)
    bars = base.mark_bar(opacity=0, width=6)  # what the mouse finds
    kept = alt.Chart(baseline).mark_line(
        interpolate="step-after", color=baseline_colour(dark), strokeDash=[5, 3], clip=True
    )
    return alt.layer(
        opened,
        area.encode(x=x, y=y),
        kept.encode(x=x, y=y),
        bars.encode(x=x, y=alt.YValue(0), y2=alt.value("height"), tooltip=tooltip),
    )


def waited_chart(
    data: alt.Data, baseline: alt.Data, top: alt.ExprRef, dark: bool = False
) -> Layers:
    """Rows of `waited_rows` as stacked bars; the visits of a baseline as ticks."""
    lines = alt.Scale(domain=[name for name, _ in _BINS], paddingInner=0.25)
    y = alt.Y("waited:N", title=None, scale=lines, axis=NAMES)
    scale = alt.Scale(domainMin=0, domainMax=top, nice=False, zero=True)
    x = alt.X("start:Q", axis=alt.Axis(tickCount=4, grid=False), title="visits", scale=scale)
    tooltip = [
        alt.Tooltip("waited:N", title="Waited"),
        alt.Tooltip("outcome:N", title="Outcome"),
        alt.Tooltip("leads:Q", title="Visits", format=",d"),
        alt.Tooltip("share:N", title="Of those who waited that long"),
    ]
    columns = alt.Legend(columns=alt.ExprRef("ceil(width / 160)"))
    colour = alt.Color("outcome:N", scale=WHICH, legend=columns)
    bars = alt.Chart(data).mark_bar(clip=True)
    kept = alt.Chart(baseline).transform_filter("datum.outcome == 'advanced' && datum.visits > 0")
    return alt.layer(
        bars.encode(y=y, x=x, x2="end:Q", color=colour, tooltip=tooltip),
        kept.mark_tick(color=baseline_colour(dark), thickness=2, clip=True).encode(
            y=y, x=alt.X("visits:Q", scale=scale)
        ),
    )


def reps_chart(data: alt.Data, here: alt.Data, most: int, top: alt.ExprRef) -> Layers:
    """Rows of `reps_rows` as a curve, paler where they are old, and the row of now as a point."""
    x = alt.X(
        "reps:Q",
        title="reps",
        scale=alt.Scale(domain=[0, most + 0.5], nice=False),
        axis=alt.Axis(tickMinStep=1, format="d", grid=False),
    )
    y = alt.Y(
        "cold:Q",
        title="gone cold, %",
        scale=alt.Scale(domainMin=0, domainMax=top, nice=False, zero=True),
        axis=alt.Axis(tickCount=4),
    )
    tooltip = [
        alt.Tooltip("reps:Q", title="Reps"),
        alt.Tooltip("gone_cold:N", title="Gone cold"),
        alt.Tooltip("response:N", title="Mean response time"),
        alt.Tooltip("customers:N", title="Customers"),
        alt.Tooltip("profit:N", title="Profit"),
    ]
    pale = alt.condition("datum.is_old", alt.value(0.3), alt.value(1.0))
    line = alt.Chart(data).encode(x=x, y=y)
    at = alt.Chart(here).encode(x=x, y=y)
    return alt.layer(
        line.mark_line(color=COLOURS["band"], strokeWidth=1.5, clip=True),
        line.mark_point(filled=True, size=60, color=COLOURS["advanced"]).encode(
            opacity=pale, tooltip=tooltip
        ),
        at.mark_point(filled=True, size=160, color=COLOURS["lost"], opacity=1).encode(
            tooltip=tooltip
        ),
        at.mark_text(align="left", dx=10, dy=-10, fontWeight="bold").encode(
            text=alt.value("you are here")
        ),
    )
