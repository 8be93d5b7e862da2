"""The estimates of a calibration as the tables of a scenario file."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import pandas as pd

from funnelsim.calibration.laws import in_days, written
from funnelsim.calibration.stages import Fates, StageFit
from funnelsim.deals import NOT_STATED, Deals

DAYS_AHEAD = 90
LONGEST_WARM_UP = 1_000  # days
RESERVED_REASONS = {"missed", "gone cold", "not reached", "dropped"}  # the model gives these
LEAST_CV, MOST_CV = 0.05, 100  # what a scenario's lognormal takes


def scenario_tables(
    deals: Deals,
    fits: Sequence[StageFit],
    base: Sequence[float],
    channels: pd.DataFrame,
    weekdays: pd.DataFrame,
    worth: pd.DataFrame,
) -> dict[str, Any]:
    """The scenario as the tables of a scenario file; `base` holds the conversions of a lead whose
    odds ratio is 1."""
    warm_up = _warm_up([stage.fates for stage in fits])
    after = deals.export_date.normalize() + pd.Timedelta(days=1)
    data: dict[str, Any] = {
        "start": (after - pd.Timedelta(days=warm_up)).date(),
        "warm_up": f"{warm_up} days",
        "horizon": f"{warm_up + DAYS_AHEAD} days",
        "channels": [_channel(str(name), row, weekdays) for name, row in channels.iterrows()],
        "stages": [_stage(stage, p) for stage, p in zip(fits, base, strict=True)],
    }
    data["stages"].append({"name": deals.stages[-1]})
    if not worth.empty:
        mean, cv = float(worth["mean"].iloc[0]), float(worth["cv"].iloc[0])
        data["order"] = {"value": _lognormal(round(mean, 2), cv)}
    return data


def _channel(name: str, row: pd.Series, weekdays: pd.DataFrame) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "name": name,
        "leads_per_day": round(float(row["leads_per_day"]), 4),
        "weekdays": [round(float(factor), 4) for factor in weekdays.loc[name]],
        "odds_ratio": round(float(row["odds_ratio"]), 4),
    }
    if row["dispersion"] > 1:
        entry["dispersion"] = round(float(row["dispersion"]), 3)
    return entry


def _stage(stage: StageFit, p: float) -> dict[str, Any]:
    fates, visits = stage.fates, stage.visits
    entry: dict[str, Any] = {"name": stage.name, "conversion": round(p, 5)}
    seen = visits["days"] if fates.is_tied else visits.loc[visits["fate"] == "advanced", "days"]
    entry["decision_time"] = _time(seen.dropna(), fates.winners)
    if not fates.is_tied:
        entry["loss_time"] = lost_after(stage)
    if fates.silent > 0:
        entry["silent"] = round(fates.silent, 5)
    if reasons := loss_reasons(visits):
        entry["loss_reasons"] = reasons
    return entry


def lost_after(stage: StageFit) -> dict[str, Any]:
    """The losers' time of a stage, as a scenario has it."""
    lost = stage.visits.loc[stage.visits["fate"] == "lost", "days"].dropna()
    return _time(lost, stage.fates.losers)


def _warm_up(stages: Sequence[Fates]) -> int:
    """Days until the pipeline is full: the sum of the stages' 99.9 % quantiles of time in stage.

    Less would leave the slowest visits out of what happens after it, and with them, for times as
    uneven as these, a good part of the mean.
    """
    together = sum(stage.longest(0.999) for stage in stages)
    return math.ceil(min(together, LONGEST_WARM_UP))


def seen_spread(days: pd.Series) -> float:
    """The coefficient of variation of the times seen; 0 of fewer than two."""
    return float(days.std(ddof=1) / days.mean()) if len(days) > 1 and days.mean() > 0 else 0.0


def _time(days: pd.Series, time: tuple[int, float, float]) -> dict[str, Any]:
    """The fitted time; where hardly any spread was seen, their mean each time."""
    if len(days) > 1 and seen_spread(days) < LEAST_CV:
        mean = float(days.mean())
        return {"constant": in_days(mean)}
    return written(*time)


def _lognormal(mean: str | float, cv: float) -> dict[str, Any]:
    """With the spread that was seen, as far as a scenario takes it (`sentences` says so)."""
    if cv < LEAST_CV or not mean:
        return {"constant": mean}
    return {"lognormal": {"mean": mean, "cv": round(min(cv, MOST_CV), 4)}}


def loss_reasons(decided: pd.DataFrame) -> dict[str, int]:
    """How often each reason was given; empty if none ever was."""
    said = decided.loc[decided["fate"] == "lost", "reason"]
    if (said == NOT_STATED).all():
        return {}
    counts = said.value_counts(sort=False).sort_index().sort_values(ascending=False, kind="stable")
    return {
        f"{reason} (export)" if reason in RESERVED_REASONS else str(reason): int(n)
        for reason, n in counts.items()
    }
