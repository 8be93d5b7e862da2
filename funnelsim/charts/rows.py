"""The numbers a chart draws: a journal or a funnel table in, a list of plain rows out.

A row is a dict of text and numbers, so that a live board can send it to the browser as it is.
Shares and durations are ready-made text: a tooltip says the same everywhere.
"""

from __future__ import annotations

import datetime as dt
import math
from typing import Any

import pandas as pd

from funnelsim.distributions import DAY, Floats, Ints
from funnelsim.journal import Journal
from funnelsim.metrics import orders_may_follow
from funnelsim.metrics.revenue import by_the_hour, period_ends, revenue_so_far
from funnelsim.scenario import Scenario
from funnelsim.tables import figure_text

Rows = list[dict[str, Any]]

DAY_MS = 86_400_000
REST = "other reasons"
# what the model itself says
ALWAYS = ("gone cold", "not reached", "missed", "dropped", "not convinced")


def funnel_rows(
    table: pd.DataFrame, baseline: pd.DataFrame | None = None, scenario: Scenario | None = None
) -> Rows:
    """One row for each stage and outcome, with where its bar starts and ends, in leads.

    With a `baseline` (another funnel table of the same stages) labels say the difference too. The
    `scenario` is asked who those are that enter in mid-funnel.
    """
    rows: Rows = []
    entering = [*table["direct"].iloc[1:].astype(int), 0]  # at the next stage, not by way of this
    for (stage, line), direct in zip(table.iterrows(), entering, strict=True):
        entered = int(line["entered"])
        before = None if baseline is None else int(baseline.loc[stage, "entered"])
        label = f"{entered:,}"
        if before is not None and before != entered:
            label += f" ({entered - before:+,})"
        start = 0
        for outcome in ("advanced", "open", "lost"):
            leads = int(line[outcome])
            rows.append(
                {
                    "stage": stage,
                    "outcome": outcome,
                    "leads": leads,
                    "start": start,
                    "end": start + leads,
                    "share": figure_text(leads / entered, "share") if entered else "–",
                    "entered": entered,
                    "label": label,
                    "label_at": max(entered, before or 0),
                    "went_on": went_on(line) + enter_here(direct, line["next_stage"], scenario),
                    "days": figure_text(line["mean_days"], "days"),
                    "baseline": before,
                }
            )
            start += leads
    return rows


def went_on(line: pd.Series) -> str:
    """The conversion between two stages in words, with the denominator named.

    >>> went_on(pd.Series({"next_stage": "Desire", "open": 0, "conversion_rate_of_entered": 0.5}))
    '▼ 50.0 %'
    """
    of_entered = line["conversion_rate_of_entered"]
    if pd.isna(of_entered):
        return ""
    entered = figure_text(of_entered, "share")
    if line["open"] == 0:
        return f"▼ {entered}"
    of_decided = line["conversion_rate_of_decided"]
    if pd.isna(of_decided):
        return f"▼ {entered} of entered · none decided yet"
    return f"▼ {entered} of entered · {figure_text(of_decided, 'share')} of decided"


def enter_here(leads: int, stage: str | None, scenario: Scenario | None) -> str:
    """How many enter a stage without having been in the one before, and who they are.

    >>> enter_here(1204, "Offer", None)
    ' · +1,204 enter here'
    """
    if not leads:
        return ""
    ways = {} if scenario is None else {"referrals": scenario.referral, "upsells": scenario.upsell}
    who = " and ".join(name for name, way in ways.items() if way and way.enters == stage)
    return f" · +{leads:,} {who} enter here" if who else f" · +{leads:,} enter here"


def revenue_rows(journal: Journal) -> Rows:
    """Revenue so far at the end of each day (of every n-th, past 180), by kind of order.

    Within three days it is the end of each hour. An order counts when it is placed, if it has not
    been cancelled, refused or returned by the horizon. `when` is in milliseconds since 1970, as
    Vega counts; `low` and `high` stack the two kinds.
    """
    s = journal.scenario
    ends = period_ends(s)
    repeat = journal.order_numbers > 1
    so_far = {}
    for kind in order_kinds(s):
        counts, cents = revenue_so_far(journal, ends, repeat == (kind == "repeat orders"))
        so_far[kind] = list(zip(counts.tolist(), (cents / 100).tolist(), strict=True))
    at = milliseconds(s, ends)
    rows: Rows = []
    for i, end in enumerate(ends.tolist()):
        low = 0.0
        total = sum(so_far[kind][i][1] for kind in so_far)
        for kind, values in so_far.items():
            orders_so_far, value = values[i]
            rows.append(
                {
                    "when": at[i],
                    "until": until_text(s, end, int(ends[max(i - 1, 0)])),
                    "from": at[max(i - 1, 0)],
                    "kind": kind,
                    "revenue": value,
                    "orders": orders_so_far,
                    "low": low,
                    "high": round(low + value, 2),
                    "total": round(total, 2),
                }
            )
            low = round(low + value, 2)
    return rows


def until_text(s: Scenario, end: int, before: int) -> str:
    """The day that a moment ends or lies in; by the hour also from when to when."""
    day = math.ceil(end / DAY)
    date = s.start + dt.timedelta(days=day - 1)
    told = f"{date:%a} {date.day} {date:%b %Y} (day {day})"
    if not by_the_hour(s):
        return told
    midnight = dt.datetime.combine(s.start, dt.time())
    low, high = (midnight + dt.timedelta(microseconds=at) for at in (before, end))
    return f"{told}, {low:%H:%M} to {high:%H:%M}"


def band_rows(s: Scenario, low: Floats, high: Floats) -> Rows:
    """Two amounts at each of `period_ends`, between which a band is drawn; `when` as above."""
    ends = zip(milliseconds(s, period_ends(s)), low.tolist(), high.tolist(), strict=True)
    return [{"when": at, "low": round(a, 2), "high": round(b, 2)} for at, a, b in ends]


def milliseconds(s: Scenario, times: Ints) -> list[int]:
    """Microseconds since the scenario's start as Vega counts: milliseconds since 1970."""
    start = int(dt.datetime.combine(s.start, dt.time(), dt.UTC).timestamp()) * 1000
    return [start + round(time / 1000) for time in times.tolist()]


def order_kinds(s: Scenario) -> list[str]:
    """First orders, and repeats if the scenario has them."""
    return ["first orders", "repeat orders"] if orders_may_follow(s) else ["first orders"]


def loss_rows(table: pd.DataFrame) -> Rows:
    """One row for each stage and reason; of more than six of a firm's own, the rarest together."""
    by_reason = table[[c for c in table.columns if c.startswith("lost: ")]]
    by_reason = by_reason.rename(columns=lambda c: c.removeprefix("lost: "))
    totals = by_reason.sum()
    order = sorted((r for r in totals.index if totals[r] > 0), key=lambda r: (-totals[r], r))
    own = [reason for reason in order if reason not in (*ALWAYS, REST)]
    # a firm may have a reason of this very name: it goes where the rarest go
    rest = [r for r in order if r in own[5:] or r == REST] if len(own) > 6 else []
    shown = [reason for reason in order if reason not in rest]
    rows: Rows = []
    for stage in table.index[:-1]:
        lost, entered = int(table.loc[stage, "lost"]), int(table.loc[stage, "entered"])
        counts = {reason: int(by_reason.loc[stage, reason]) for reason in shown}
        if rest:
            counts[REST] = int(by_reason.loc[stage, rest].sum())
        start = 0
        for place, (reason, leads) in enumerate(counts.items()):
            rows.append(
                {
                    "stage": stage,
                    "reason": reason,
                    "leads": leads,
                    "start": start,
                    "end": start + leads,
                    "stage_lost": lost,
                    "of_lost": figure_text(leads / lost, "share") if lost else "–",
                    "of_entered": figure_text(leads / entered, "share") if entered else "–",
                    # one text for a stage, or the same text is drawn on top of itself
                    "label": f"{lost:,} of {entered:,}" if place == 0 else "",
                }
            )
            start += leads
    return rows
