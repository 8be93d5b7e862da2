"""The sentences of a calibration's report: what was read, what was assumed, what to mind."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from funnelsim.calibration.report import BY_CHANNEL, ERRORS, PARTLY, RULE, TOO_SHORT, UNMARKED
from funnelsim.calibration.stages import StageFit, losses_of
from funnelsim.calibration.team import Team
from funnelsim.calibration.to_scenario import LEAST_CV, MOST_CV, seen_spread
from funnelsim.deals import Deals

MUCH = 0.3  # of those who advance
FEW = 30  # decided visits, below which the binomial standard error is a poor guide
QUIET = 3  # days without a creation at the end: longer than a weekend


def rule(fits: Sequence[StageFit], channels: pd.DataFrame, draws: int) -> tuple[str, ...]:
    """How the conversions were found."""
    lines = [RULE, ERRORS.format(draws=draws)]
    by_losses: dict[str, list[str]] = {}
    for stage in fits:
        by_losses.setdefault(losses_of(stage.fates), []).append(stage.name)
    if "partly marked" in by_losses:
        lines.append(PARTLY.format(stages=", ".join(by_losses["partly marked"])))
    elif "not marked" in by_losses:
        lines.append(UNMARKED)
    if short := [stage for stage in fits if not stage.is_long_enough]:
        to_come = ", ".join(f"{stage.to_come:.0%} of those who advance" for stage in short[:1])
        if len(short) > 1:
            to_come = ", ".join(f"{stage.name} {stage.to_come:.0%}" for stage in short)
            to_come = f"of those who advance, {to_come}"
        names = ", ".join(stage.name for stage in short)
        lines.append(TOO_SHORT.format(stages=names, to_come=to_come))
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


def assumptions(
    has_value: bool,
    deals: Deals,
    days: pd.DatetimeIndex,
    channels: pd.DataFrame,
    team: Team | None = None,
) -> pd.DataFrame:
    """What no export says, and what the scenario therefore holds."""
    owners = deals.leads["owner"].nunique()
    reps = f" ({owners} owners seen)" if owners else ""
    stretch = f"{days[0]:%Y-%m-%d} to {days[-1]:%Y-%m-%d}"
    rows = [
        ("arrivals to come", _to_come(stretch, channels)),
        *_of_the_team(team, reps),
        ("patience, gone cold", "endless: such leads are among the lost"),
        ("response half-life", "none: waiting does not change a lead's mind"),
        ("segments", "none: leads differ by channel and by chance"),
        ("costs of channels", "0: CAC and profit say nothing until they are set"),
        ("repeat purchases", "none: one order per customer"),
    ]
    if has_value:
        rows.append(("margin", "1: contribution equals revenue until it is set"))
    else:
        rows.append(("order value, margin", "none: the funnel ends with the win"))
    return pd.DataFrame(rows, columns=["what", "the scenario holds"])


def _of_the_team(team: Team | None, reps: str) -> list[tuple[str, str]]:
    if team is None or team.handling is None:
        return [
            ("teams, reps", f"none: no stage is followed up by a team{reps}"),
            ("handling time, response time", "not apart: inside the decision time of the stage"),
        ]
    return [
        ("teams, reps", f"{team.reps:,} at work{reps}, all calling every lead, first come first"),
        ("handling time", "what makes the team as late as it was; the same for every call"),
        ("never contacted", "called too: they are among those who do not advance at that stage"),
    ]


def _to_come(stretch: str, channels: pd.DataFrame) -> str:
    changed = channels.index[channels["is_trend"]]
    if not len(changed):
        return f"as from {stretch}, without trend or season"
    names = ", ".join(map(str, changed))
    return f"as from {stretch}, without season; of {names} as lately, since the rate has changed"


def warnings(
    fits: Sequence[StageFit],
    table: pd.DataFrame,
    worth: pd.DataFrame,
    deals: Deals,
    days: pd.DatetimeIndex,
) -> list[str]:
    """What makes a number of the report less certain than it looks."""
    notes = []
    for stage in fits:
        notes += _of_a_stage(stage, table.loc[stage.name])
    spreads = {}
    for stage in fits:
        for fate in ("advanced", "lost"):
            seen = stage.visits.loc[stage.visits["fate"] == fate, "days"].dropna()
            spreads[f"stage {stage.name}, time of those {fate}"] = seen_spread(seen)
    if not worth.empty:
        spreads["order value"] = worth["cv"].iloc[0]
    for place, cv in spreads.items():
        if 0 < cv < LEAST_CV:
            notes.append(
                f"{place}: the coefficient of variation is {cv:.3f}; a scenario's laws take "
                f"{LEAST_CV} and more, so the scenario holds the mean as a constant"
            )
        if cv > MOST_CV and place == "order value":
            notes.append(
                f"{place}: the coefficient of variation is {cv:,.0f}; the scenario holds "
                f"{MOST_CV}, the most that it takes. Look for wrong values among the largest"
            )
    return notes + _of_the_arrivals(deals, days)


def _of_a_stage(stage: StageFit, row: pd.Series) -> list[str]:
    place, notes = f"stage {stage.name}", []
    counted = row["advanced"] + (row["entered"] - row["advanced"] - row["still_open"])
    if stage.fates.silent == 1:
        counted = row["entered"]
    if counted < FEW:
        notes.append(
            f"{place} rests on {counted:,.0f} decided leads only: its conversion may be far off, "
            "and so may its standard error"
        )
    is_all = row["advanced"] == counted
    if row["advanced"] == 0 or is_all:
        notes.append(
            f"{place}: {'all' if is_all else 'none'} of {counted:,.0f} went on. The "
            "conversion need not be so sharp; its error is that of half a lead more of each kind"
        )
    if row["to_come"] > MUCH:
        notes.append(
            f"{place}: of those who will have gone on, {row['to_come']:.0%} have yet to; the "
            "conversion rests on how the times go on beyond what was seen"
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
    return notes
