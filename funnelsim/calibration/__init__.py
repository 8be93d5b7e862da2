"""A CRM export goes in, a scenario comes out, with what was used, left out and assumed.

`calibrate` is told which column means what; `reading` makes sense of the file, `export` checks
every lead, `estimate` counts, `report` shows. A first, honest form: leads too young to have been
decided are left out rather than modelled, and the cut-off is printed.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from statistics import NormalDist
from typing import Any

import pandas as pd

from funnelsim.calibration.estimate import arrivals, channel_odds, stage_table
from funnelsim.calibration.export import NOT_STATED, Export, read_export
from funnelsim.calibration.report import (
    BY_CHANNEL,
    RULE,
    WITH_LOSSES,
    WITHOUT_LOSSES,
    CalibrationReport,
)
from funnelsim.errors import FunnelSimError
from funnelsim.scenario import Scenario

__all__ = ["Calibration", "CalibrationReport", "calibrate"]

DAYS_AHEAD = 90
FEW = 30  # decided visits, below which the binomial standard error is a poor guide
LONGEST_WARM_UP = 1_000  # days
RESERVED_REASONS = {"missed", "gone cold", "not reached"}  # a follow-up gives these itself


@dataclass(frozen=True)
class Calibration:
    """A scenario that behaves as the export did, and the report on how it was found.

    `overall` is the share of leads that become customers (the product of the stages'
    conversions), `overall_se` its standard error.
    """

    scenario: Scenario
    report: CalibrationReport
    overall: float
    overall_se: float

    def __str__(self) -> str:
        return f"{self.scenario.name}\n\n{self.report}"

    def _repr_html_(self) -> str:
        return f"<h2>{escape(self.scenario.name)}</h2>{self.report._repr_html_()}"


def calibrate(
    deals: pd.DataFrame | str | Path,
    *,
    created: str,
    won: str,
    stages: Mapping[str, str] | Sequence[str] = (),
    lost: str | None = None,
    outcome: str | None = None,
    won_value: str = "won",
    lost_value: str = "lost",
    id: str | None = None,
    channel: str | None = None,
    owner: str | None = None,
    value: str | None = None,
    reason: str | None = None,
    since: object = None,
    export_date: object = None,
    decided_quantile: float = 0.95,
    dayfirst: bool | None = None,
    decimal: str | None = None,
    first_stage: str = "Lead",
    goal: str = "Won",
    name: str = "calibrated from an export",
    currency: str = "EUR",
) -> Calibration:
    """A scenario from a CRM export: one row per lead, the caller says which column is which.

    `deals` is a DataFrame or the path of a CSV file (`funnelsim.calibration.reading` says what
    is understood). Columns, by name:

    created, won    when the lead came in; when the deal was won (empty: not won)
    stages          what lies between: {stage name: column with the time it was entered}, in
                    order, or a list of columns; left out, the funnel is first_stage, goal
    lost            when it was lost; may be the same column as won (a closing date) if there is
                    an outcome
    outcome         won, lost or anything else (read as open); the two words may be given as
                    won_value and lost_value
    id              rows that repeat an id are left out
    channel, owner, value, reason    text, text, money, text

    since leaves out leads created before; export_date is when the export was taken (a date
    means the end of that day; left out, the latest time in it); later times count as not yet
    happened. dayfirst and decimal are needed only where the columns do not decide them.

    Conversion and time in stage. A visit to a stage counts when it began at least the cut-off
    before the export date. The cut-off is the decided_quantile of the decision times seen, taken
    again among visits at least that old until it no longer grows. conversion = advanced /
    (advanced + lost); where the export marks no losses, advanced / old enough. The standard
    error is the binomial one. Bias: about 1 - decided_quantile of the counted visits may still be
    open, so times come out slightly short, and a conversion is off by as much as the late ones
    differ from the others (too high where losses are slow to be marked; too low where no losses
    are marked). Times in stage are lognormal with the mean and coefficient of variation seen;
    they hold waiting, handling and deciding together.

    Arrivals: per channel, rate and weekday factors with mean 1. Odds ratios by channel, the same
    at every stage, against the largest channel; the scenario holds the conversions of that
    channel. Order value: mean and coefficient of variation of the won deals.

    The scenario begins so long before the day after the export that the pipeline is full by
    then (warm_up), and ends 90 days after it.

    Raises FunnelSimError for a column that is not there, a date or amount that cannot be read
    (with its row), an empty file, and where no lead is old enough.

    >>> deals = pd.DataFrame({
    ...     "in": ["2026-01-01", "2026-01-02", "2026-01-03", "2026-03-01"],
    ...     "sold": ["2026-01-11", None, "2026-01-08", None]})
    >>> found = calibrate(deals, created="in", won="sold", export_date="2026-03-02")
    >>> found.scenario.stages[0].name, round(found.overall, 2)
    ('Lead', 0.67)
    """
    if not 0.5 <= decided_quantile < 1:
        raise FunnelSimError(
            f"decided_quantile is {decided_quantile!r}; it lies from 0.5 to below 1 (0.95: the "
            "age at which 95 % of the decisions had been made)"
        )
    export = read_export(
        deals, created=created, stages=stages, won=won, lost=lost, outcome=outcome,
        won_value=won_value, lost_value=lost_value, id=id, channel=channel, owner=owner,
        value=value, reason=reason, since=since, export_date=export_date, dayfirst=dayfirst,
        decimal=decimal, first_stage=first_stage, goal=goal,
    )  # fmt: skip
    table, used = stage_table(export, decided_quantile)
    rates, weekdays, days = arrivals(export)
    odds, baseline = channel_odds(used, list(rates.index))
    table["scenario_conversion"] = baseline
    channels = rates.join(odds)
    worth, worth_notes = _value(export)
    reasons = {s: _reasons(v) for s, v in used.items()}
    tables = _tables(export, table, channels, weekdays, worth, reasons)
    scenario = Scenario(name=name, currency=currency, **tables)
    overall = float(table["conversion"].prod())
    # Relative variances of independent factors add up (delta method).
    relative = ((table["se"] / table["conversion"]) ** 2).sum() if overall > 0 else 0.0
    report = CalibrationReport(
        reading=_reading(export, days),
        left_out=export.left_out,
        rule=_rule(export, decided_quantile, channels),
        stages=table,
        channels=channels,
        weekdays=weekdays,
        value=worth,
        reasons=_reason_table(reasons),
        assumptions=_assumptions(not worth.empty, owner is not None, export, days),
        notes=tuple(export.notes + worth_notes + _warnings(table, export, days)),
    )
    return Calibration(scenario, report, overall, overall * math.sqrt(relative))


def _tables(
    export: Export,
    table: pd.DataFrame,
    channels: pd.DataFrame,
    weekdays: pd.DataFrame,
    worth: pd.DataFrame,
    reasons: Mapping[str, Mapping[str, int]],
) -> dict[str, Any]:
    """The scenario as the tables of a scenario file."""
    warm_up = _warm_up(table)
    after = export.export_date.normalize() + pd.Timedelta(days=1)
    data: dict[str, Any] = {
        "start": (after - pd.Timedelta(days=warm_up)).date(),
        "warm_up": f"{warm_up} days",
        "horizon": f"{warm_up + DAYS_AHEAD} days",
        "channels": [
            {
                "name": str(channel),
                "leads_per_day": round(float(row["leads_per_day"]), 4),
                "weekdays": [round(float(f), 4) for f in weekdays.loc[channel]],
                "odds_ratio": round(float(row["odds_ratio"]), 4),
            }
            for channel, row in channels.iterrows()
        ],
        "stages": [],
    }
    for stage, row in table.iterrows():
        entry: dict[str, Any] = {
            "name": stage,
            "conversion": round(float(row["scenario_conversion"]), 5),
            "decision_time": _time(float(row["mean_days"]), float(row["cv"])),
        }
        if reasons[str(stage)]:
            entry["loss_reasons"] = reasons[str(stage)]
        data["stages"].append(entry)
    data["stages"].append({"name": export.stages[-1]})
    if not worth.empty:
        mean, cv = float(worth["mean"].iloc[0]), float(worth["cv"].iloc[0])
        amount = {"lognormal": {"mean": round(mean, 2), "cv": round(cv, 4)}}
        data["order"] = {"value": amount if cv > 0 else {"constant": round(mean, 2)}}
    return data


def _warm_up(table: pd.DataFrame) -> int:
    """Days until the pipeline is full: the sum of the stages' 99.9 % quantiles of time in stage.

    Less would leave the slowest visits out of what happens after it, and with them, for times as
    uneven as the lognormal's, a good part of the mean.
    """
    quantiles = []
    for _, row in table.iterrows():
        spread = math.sqrt(math.log1p(row["cv"] ** 2))
        typical = row["mean_days"] * math.exp(-(spread**2) / 2)
        quantiles.append(typical * math.exp(NormalDist().inv_cdf(0.999) * spread))
    return min(math.ceil(sum(quantiles)), LONGEST_WARM_UP)


def _time(days: float, cv: float) -> dict[str, Any]:
    text = f"{days:.4f} days" if days >= 1 else f"{days * 1440:.2f} min"
    if cv <= 0 or days * 1440 < 0.01:
        return {"constant": text}
    return {"lognormal": {"mean": text, "cv": round(cv, 4)}}


def _reasons(decided: pd.DataFrame) -> dict[str, int]:
    said = decided.loc[decided["fate"] == "lost", "reason"]
    if (said == NOT_STATED).all():
        return {}
    counts = said.value_counts(sort=False).sort_index().sort_values(ascending=False, kind="stable")
    return {
        f"{reason} (export)" if reason in RESERVED_REASONS else str(reason): int(n)
        for reason, n in counts.items()
    }


def _reason_table(reasons: Mapping[str, Mapping[str, int]]) -> pd.DataFrame:
    table = pd.DataFrame({s: pd.Series(r, dtype=float) for s, r in reasons.items() if r})
    counts = table.reindex(table.sum(axis=1).sort_values(ascending=False, kind="stable").index)
    return counts.fillna(0).astype(int).rename_axis("reason")


def _value(export: Export) -> tuple[pd.DataFrame, list[str]]:
    """Count, mean and coefficient of variation of the won deals' values; notes on the rest."""
    won = export.leads[export.leads["outcome"] == "won"]
    if export.leads["value"].isna().all():
        return pd.DataFrame(), []
    notes, worth = [], won["value"].dropna()
    if len(worth) < len(won):
        notes.append(f"value: {len(won) - len(worth):,} of {len(won):,} won deals have none")
    if (worth < 0).any():
        notes.append(f"value: {int((worth < 0).sum()):,} won deals below 0 are left out")
        worth = worth[worth >= 0]
    if (worth == 0).any():
        notes.append(f"value: {int((worth == 0).sum()):,} won deals are worth 0, and counted")
    if worth.empty or worth.mean() <= 0:
        return pd.DataFrame(), [*notes, "value: no won deal has one; the scenario has no order"]
    spread = float(worth.std(ddof=1)) if len(worth) > 1 else 0.0
    row = {
        "deals": len(worth),
        "mean": float(worth.mean()),
        "± s.e.": spread / len(worth) ** 0.5,
        "cv": spread / float(worth.mean()),
    }
    return pd.DataFrame([row], index=pd.Index(["won deals"], name="value of")), notes


def _rule(export: Export, quantile: float, channels: pd.DataFrame) -> tuple[str, ...]:
    lines = [RULE.format(quantile=100 * quantile)]
    lines.append(WITH_LOSSES if export.losses_marked else WITHOUT_LOSSES)
    return (*lines, BY_CHANNEL) if (channels["odds_ratio"] != 1).any() else tuple(lines)


def _reading(export: Export, days: pd.DatetimeIndex) -> tuple[str, ...]:
    fates = export.leads["outcome"].value_counts()
    counts = ", ".join(f"{fates.get(f, 0):,} {f}" for f in ("won", "lost", "open"))
    lines = [
        f"{export.rows:,} rows; {len(export.leads):,} leads used ({counts}), "
        f"{export.rows - len(export.leads):,} left out.",
        f"Created from {days[0]:%Y-%m-%d} to {days[-1]:%Y-%m-%d} ({len(days):,} days that count "
        f"for the rates); export date {export.export_date:%Y-%m-%d %H:%M}.",
    ]
    if export.leads["owner"].notna().any():
        owners = export.leads["owner"]
        lines.append(
            f"{owners.nunique():,} owners; {int(owners.isna().sum()):,} leads without an owner."
        )
    return tuple(lines)


def _assumptions(
    has_value: bool, has_owner: bool, export: Export, days: pd.DatetimeIndex
) -> pd.DataFrame:
    """What no export says, and what the scenario therefore holds."""
    reps = f" ({export.leads['owner'].nunique()} owners seen)" if has_owner else ""
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
    if not export.losses_marked:
        rows.append(("time until a lead is lost", "as the time of those who advance"))
    if has_value:
        rows.append(("margin", "1: contribution equals revenue until it is set"))
    else:
        rows.append(("order value, margin", "none: the funnel ends with the win"))
    return pd.DataFrame(rows, columns=["what", "the scenario holds"])


def _warnings(table: pd.DataFrame, export: Export, days: pd.DatetimeIndex) -> list[str]:
    notes = []
    for stage, row in table.iterrows():
        if export.losses_marked and row["still_open"] > 0.1 * row["old_enough"]:
            notes.append(
                f"stage {stage}: {row['still_open'] / row['old_enough']:.0%} of the old enough are "
                "still open. If nobody marks them lost, leave out lost= and outcome="
            )
        decided = row["old_enough"] - (row["still_open"] if export.losses_marked else 0)
        if decided < FEW:
            notes.append(
                f"stage {stage} rests on {decided:,.0f} decided leads only: its conversion may be "
                "far off, and so may its standard error"
            )
    if len(days) < 7:
        notes.append("less than a week of creations: weekday factors are 1")
    created = export.entered.iloc[:, 0].dt.normalize()
    daily = created.value_counts().reindex(days, fill_value=0)
    halves = daily.iloc[: len(days) // 2], daily.iloc[len(days) // 2 :]
    if len(days) >= 28:
        early, late = (float(h.mean()) for h in halves)
        if abs(late - early) > 4 * math.sqrt(daily.var() * 4 / len(days)):
            notes.append(
                f"arrivals are not steady: {early:.1f} leads a day in the first half, {late:.1f} "
                "in the second; the scenario holds the mean of both"
            )
    return notes
