"""The estimates of a calibration as the tables of a scenario file."""

from __future__ import annotations

import math
from collections.abc import Mapping
from statistics import NormalDist
from typing import Any

import pandas as pd

from funnelsim.deals import NOT_STATED, Deals

DAYS_AHEAD = 90
LONGEST_WARM_UP = 1_000  # days
RESERVED_REASONS = {"missed", "gone cold", "not reached", "dropped"}  # the model gives these
LEAST_CV, MOST_CV = 0.05, 100  # what a scenario's lognormal takes


def scenario_tables(
    deals: Deals,
    table: pd.DataFrame,
    channels: pd.DataFrame,
    weekdays: pd.DataFrame,
    worth: pd.DataFrame,
    reasons: Mapping[str, Mapping[str, int]],
) -> dict[str, Any]:
    """The scenario as the tables of a scenario file."""
    warm_up = _warm_up(table)
    after = deals.export_date.normalize() + pd.Timedelta(days=1)
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
    data["stages"].append({"name": deals.stages[-1]})
    if not worth.empty:
        mean, cv = float(worth["mean"].iloc[0]), float(worth["cv"].iloc[0])
        data["order"] = {"value": _lognormal(round(mean, 2), cv)}
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
    found: int = min(math.ceil(sum(quantiles)), LONGEST_WARM_UP)
    return found


def _time(days: float, cv: float) -> dict[str, Any]:
    text = f"{days:.4f} days" if days >= 1 else f"{days * 1440:.2f} min"
    return _lognormal(text, cv if days * 1440 >= 0.01 else 0)


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
