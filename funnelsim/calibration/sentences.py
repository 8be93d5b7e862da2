"""The sentences of a calibration's report: what was read, what was assumed, what to mind."""

from __future__ import annotations

import math

import pandas as pd

from funnelsim.calibration.report import BY_CHANNEL, RULE, WITH_LOSSES, WITHOUT_LOSSES
from funnelsim.calibration.to_scenario import LEAST_CV, MOST_CV
from funnelsim.deals import Deals

FEW = 30  # decided visits, below which the binomial standard error is a poor guide
QUIET = 3  # days without a creation at the end: longer than a weekend


def rule(deals: Deals, quantile: float, channels: pd.DataFrame) -> tuple[str, ...]:
    """How the conversions were counted."""
    lines = [RULE.format(quantile=100 * quantile)]
    lines.append(WITH_LOSSES if deals.losses_marked else WITHOUT_LOSSES)
    return (*lines, BY_CHANNEL) if (channels["odds_ratio"] != 1).any() else tuple(lines)


def reading(deals: Deals, days: pd.DatetimeIndex) -> tuple[str, ...]:
    """How much was read, and of when."""
    fates = deals.leads["outcome"].value_counts()
    counts = ", ".join(f"{fates.get(f, 0):,} {f}" for f in ("won", "lost", "open"))
    lines = [
        f"{deals.rows:,} rows; {len(deals.leads):,} leads used ({counts}), "
        f"{deals.rows - len(deals.leads):,} left out.",
        f"Created from {days[0]:%Y-%m-%d} to {days[-1]:%Y-%m-%d} ({len(days):,} days that count "
        f"for the rates); export date {deals.export_date:%Y-%m-%d %H:%M}.",
    ]
    if deals.leads["owner"].notna().any():
        owners = deals.leads["owner"]
        lines.append(
            f"{owners.nunique():,} owners; {int(owners.isna().sum()):,} leads without an owner."
        )
    return tuple(lines)


def assumptions(has_value: bool, deals: Deals, days: pd.DatetimeIndex) -> pd.DataFrame:
    """What no export says, and what the scenario therefore holds."""
    owners = deals.leads["owner"].nunique()
    reps = f" ({owners} owners seen)" if owners else ""
    stretch = f"{days[0]:%Y-%m-%d} to {days[-1]:%Y-%m-%d}"
    rows = [
        ("arrivals to come", f"as from {stretch}, without trend or season"),
        ("teams, reps", f"none: no stage is followed up by a team{reps}"),
        ("handling time, response time", "not apart: inside the decision time of the stage"),
        ("patience, gone cold", "endless: such leads are among the lost"),
        ("response half-life", "none: waiting does not change a lead's mind"),
        ("segments", "none: leads differ by channel and by chance"),
        ("costs of channels", "0: CAC and profit say nothing until they are set"),
        ("repeat purchases", "none: one order per customer"),
    ]
    if not deals.losses_marked:
        rows.append(("time until a lead is lost", "as the time of those who advance"))
    if has_value:
        rows.append(("margin", "1: contribution equals revenue until it is set"))
    else:
        rows.append(("order value, margin", "none: the funnel ends with the win"))
    return pd.DataFrame(rows, columns=["what", "the scenario holds"])


def warnings(
    table: pd.DataFrame, worth: pd.DataFrame, deals: Deals, days: pd.DatetimeIndex
) -> list[str]:
    """What makes a number of the report less certain than it looks."""
    notes = []
    for stage, row in table.iterrows():
        notes += _of_a_stage(f"stage {stage}", row, deals.losses_marked)
    spreads = {f"stage {stage}, time": row["cv"] for stage, row in table.iterrows()}
    if not worth.empty:
        spreads["order value"] = worth["cv"].iloc[0]
    for place, cv in spreads.items():
        if 0 < cv < LEAST_CV:
            notes.append(
                f"{place}: the coefficient of variation is {cv:.3f}; a scenario's lognormal takes "
                f"{LEAST_CV} and more, so the scenario holds the mean as a constant"
            )
        if cv > MOST_CV:
            notes.append(
                f"{place}: the coefficient of variation is {cv:,.0f}; the scenario holds "
                f"{MOST_CV}, the most that it takes. Look for wrong values among the largest"
            )
    return notes + _of_the_arrivals(deals, days)


def _of_a_stage(place: str, row: pd.Series, losses_marked: bool) -> list[str]:
    notes = []
    if losses_marked and row["still_open"] > 0.1 * row["old_enough"]:
        notes.append(
            f"{place}: {row['still_open'] / row['old_enough']:.0%} of the old enough are still "
            "open. If nobody marks them lost, leave out lost= and outcome="
        )
    decided = row["old_enough"] - (row["still_open"] if losses_marked else 0)
    if decided < FEW:
        notes.append(
            f"{place} rests on {decided:,.0f} decided leads only: its conversion may be far off, "
            "and so may its standard error"
        )
    if row["conversion"] in (0, 1):
        notes.append(
            f"{place}: {'all' if row['conversion'] else 'none'} of {decided:,.0f} went on. The "
            "conversion need not be so sharp; its s.e. is that of two more of each kind"
        )
    return notes


def _of_the_arrivals(deals: Deals, days: pd.DatetimeIndex) -> list[str]:
    notes = []
    if len(days) < 7:
        notes.append("less than a week of creations: weekday factors are 1")
    created = deals.entered.iloc[:, 0].dt.normalize()
    quiet = (deals.export_date.normalize() - created.max()).days
    if quiet >= QUIET or quiet > len(days) / 4:
        notes.append(
            f"creations stop on {created.max():%Y-%m-%d}, {quiet:,} days before the export date: "
            f"the rates rest on {len(days):,} days, and the scenario goes on with them. If there "
            "were no leads in the days after, they are too high: change leads_per_day"
        )
    if len(days) >= 28:
        daily = created.value_counts().reindex(days, fill_value=0)
        half = len(days) // 2
        early, late = float(daily.iloc[:half].mean()), float(daily.iloc[half:].mean())
        if abs(late - early) > 4 * math.sqrt(daily.var() * 4 / len(days)):
            notes.append(
                f"arrivals are not steady: {early:.1f} leads a day in the first half, {late:.1f} "
                "in the second; the scenario holds the mean of both"
            )
    return notes
