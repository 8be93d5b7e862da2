"""Estimates from tidy leads: conversion and time per stage, arrivals, odds of the channels.

Every function takes leads that are already checked (`Deals`) and returns plain tables;
`calibrate` turns them into a scenario. Times are in days.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from funnelsim.deals import Deals
from funnelsim.errors import FunnelSimError

DAY = pd.Timedelta(days=1)
LEAST_EVENTS = 10  # ten of each kind per estimated odds ratio: Peduzzi et al. (1996)
MOST_LOG_ODDS = 10  # an odds ratio of 22,000: the likelihood has its maximum at infinity
LEAST_FOR_WEEKDAYS = 200  # below, a channel takes the weekday pattern of all channels
STAGE_COLUMNS = (
    "entered", "too_young", "old_enough", "advanced", "lost", "still_open", "conversion", "se",
    "cut_off_days", "mean_days", "cv",
)  # fmt: skip


def cut_off(age: pd.Series, days: pd.Series, quantile: float) -> float:
    """The age from which a visit counts as old enough to have been decided.

    It is the `quantile` of the decision times seen, taken again among the visits at least that
    old until it no longer grows: the young ones show only their quick decisions.

    >>> cut_off(pd.Series([1.0, 5.0, 50.0, 60.0]), pd.Series([0.5, 4.0, 9.0, 10.0]), 1.0)
    10.0
    """
    limit = float(days.quantile(quantile))
    while True:
        again = float(days[age >= limit].quantile(quantile))
        if not again > limit:
            return limit
        limit = again


def visits(deals: Deals, stage: str) -> pd.DataFrame:
    """One row per lead that entered the stage: age and days (to the decision, NaN: unknown) in
    days, fate (advanced, lost, open), channel, reason."""
    following = deals.stages[deals.stages.index(stage) + 1]
    entered = deals.entered[stage].dropna()
    leads = deals.leads.loc[entered.index]
    onward = deals.entered.loc[entered.index, following]
    fate = pd.Series("open", index=entered.index)
    fate[leads["outcome"] == "lost"] = "lost"
    fate[onward.notna()] = "advanced"
    end = onward.fillna(leads["ended"].where(fate == "lost"))
    later = deals.stages[deals.stages.index(stage) + 1 :]
    is_timed = deals.known.loc[entered.index, stage] & (
        (fate != "advanced") | deals.known.loc[entered.index, later].any(axis=1)
    )
    return pd.DataFrame(
        {
            "age": (deals.export_date - entered) / DAY,
            "days": ((end - entered) / DAY).where(is_timed),
            "fate": fate,
            "channel": leads["channel"],
            "reason": leads["reason"],
        }
    )


def share_se(k: int, n: int) -> float:
    """The standard error of the share k / n.

    Where all or none did, the binomial formula says 0, as if there were no doubt. There it is
    the one of two more of each kind, as for an Agresti-Coull interval ("plus four"; Agresti and
    Coull, 1998); the share itself stays k / n.

    >>> share_se(50, 100), round(share_se(0, 12), 3)
    (0.05, 0.083)
    """
    if k in (0, n):
        k, n = k + 2, n + 4
    return float((k / n * (1 - k / n) / n) ** 0.5)


def product_se(values: Sequence[float], errors: Sequence[float]) -> float:
    """The standard error of a product of independent estimates (delta method); also of 0.

    >>> product_se([0.5, 0.0], [0.1, 0.08])
    0.04
    """
    others = [np.prod([*values[:i], *values[i + 1 :]]) for i in range(len(values))]
    return float(np.hypot.reduce([o * e for o, e in zip(others, errors, strict=True)]))


def stage_table(deals: Deals, quantile: float) -> tuple[pd.DataFrame, dict[str, pd.DataFrame]]:
    """The numbers per stage (STAGE_COLUMNS), and the decided visits they rest on.

    The slowest decision seen is never younger than the cut-off, so there is always one.
    """
    rows, used = {}, {}
    for stage in deals.stages[:-1]:
        all_visits = visits(deals, stage)
        days = all_visits["days"].dropna()
        if days.empty:
            raise FunnelSimError(
                f"stage {stage}: no lead is old enough to have been decided: of "
                f"{len(all_visits):,} that entered it, none has a time of going on or being lost "
                f"up to the export date ({deals.export_date:%Y-%m-%d}); take a longer export, or "
                "leave the stage out"
            )
        limit = cut_off(all_visits["age"], all_visits["days"], quantile)
        old = all_visits[all_visits["age"] >= limit]
        fates = old["fate"].value_counts().reindex(["advanced", "lost", "open"], fill_value=0)
        if deals.losses_marked:
            decided = old[old["fate"] != "open"]
        else:  # old enough and not advanced: not converted
            decided = old.assign(fate=old["fate"].replace("open", "lost"))
        share = float((decided["fate"] == "advanced").mean())
        times = decided["days"].dropna()
        mean = float(times.mean()) if len(times) else 0.0
        rows[stage] = {
            "entered": len(all_visits),
            "too_young": len(all_visits) - len(old),
            "old_enough": len(old),
            "advanced": fates["advanced"],
            "lost": fates["lost"],
            "still_open": fates["open"],
            "conversion": share,
            "se": share_se(int((decided["fate"] == "advanced").sum()), len(decided)),
            "cut_off_days": limit,
            "mean_days": mean,
            "cv": float(times.std(ddof=1)) / mean if len(times) > 1 and mean > 0 else 0.0,
        }
        used[stage] = decided
    table = pd.DataFrame.from_dict(rows, orient="index", columns=list(STAGE_COLUMNS))
    return table.rename_axis("stage"), used


def channel_odds(
    used: dict[str, pd.DataFrame], channels: list[str]
) -> tuple[pd.DataFrame, pd.Series]:
    """Odds ratio of each channel, the same at every stage, against the first channel.

    Logistic regression (maximum likelihood by Newton's method) of advanced on stage and channel.
    A channel with fewer than LEAST_EVENTS of advanced or of not advanced visits keeps odds
    ratio 1, like the first; so does one without a finite estimate (separation, or no stage in
    common with the others). Returns (odds_ratio, se_of_log, note) by channel, and the
    conversion of each stage for a lead with odds ratio 1.
    """
    every = pd.concat([v.assign(stage=s) for s, v in used.items()])
    counts = every.groupby("channel")["fate"].agg(
        advanced=lambda f: (f == "advanced").sum(), rest=lambda f: (f != "advanced").sum()
    )
    enough = counts.reindex(channels, fill_value=0).min(axis=1) >= LEAST_EVENTS
    table = pd.DataFrame({"odds_ratio": 1.0, "se_of_log": np.nan, "note": ""}, index=channels)
    few = f"too few decisions (under {LEAST_EVENTS} of a kind): taken as 1"
    table.loc[~enough, "note"] = few
    shares = every.groupby("stage")["fate"].agg(lambda f: (f == "advanced").mean())
    shares = shares.reindex(list(used)).astype(float)
    table.loc[channels[0], "note"] = "the reference"
    compared = [c for c in channels[1:] if enough[c]]
    varied = [s for s in used if 0 < shares[s] < 1]  # a stage that nobody fails says nothing
    if not compared or not varied or not enough[channels[0]]:
        table.loc[channels[1:], "note"] = few
        return table, shares
    cells = every[every["stage"].isin(varied)].groupby(["stage", "channel"])["fate"]
    cell = cells.agg(n="size", k=lambda f: (f == "advanced").sum()).reset_index()
    fit = _fit(cell, varied, compared)
    if fit is None:  # one channel after the other, without those that have no estimate
        told_apart: list[str] = []
        for channel in compared:
            if _fit(cell, varied, [*told_apart, channel]) is not None:
                told_apart.append(channel)
            else:
                table.loc[channel, "note"] = "cannot be told apart from the stage: taken as 1"
        compared, fit = told_apart, _fit(cell, varied, told_apart)
    if fit is None or not compared:
        return table, shares
    weights, errors = fit
    table.loc[compared, "odds_ratio"] = np.exp(weights[len(varied) :])
    table.loc[compared, "se_of_log"] = errors[len(varied) :]
    shares[varied] = 1 / (1 + np.exp(-weights[: len(varied)]))
    return table, shares


def _fit(
    cell: pd.DataFrame, stages: list[str], channels: list[str]
) -> tuple[np.ndarray, np.ndarray] | None:
    """Weights of stages and channels with their standard errors; None: there is no finite fit."""
    design = np.column_stack(
        [cell["stage"] == s for s in stages] + [cell["channel"] == c for c in channels]
    ).astype(float)
    k, n = cell["k"].to_numpy(float), cell["n"].to_numpy(float)
    if np.linalg.matrix_rank(design) < design.shape[1]:
        return None
    weights = np.zeros(design.shape[1])
    try:
        for _ in range(50):
            p = 1 / (1 + np.exp(-design @ weights))
            information = design.T @ (design * (n * p * (1 - p))[:, None])
            change = np.linalg.solve(information, design.T @ (k - n * p))
            weights = weights + np.clip(change, -2, 2)
            if np.abs(weights[len(stages) :]).max(initial=0) > MOST_LOG_ODDS:
                return None
            if np.abs(change).max() < 1e-10:
                return weights, np.sqrt(np.diag(np.linalg.inv(information)))
    except np.linalg.LinAlgError:
        return None
    return None


def arrivals(deals: Deals) -> tuple[pd.DataFrame, pd.DataFrame, pd.DatetimeIndex]:
    """Leads per day of each channel (leads, leads_per_day, se), weekday factors, and the days.

    The days run from the first creation to the last, both whole; the export's own day is left
    out as not over, unless it is the only one. leads_per_day is the mean of the seven weekdays'
    rates, so that rate × factor is the rate of a weekday and the factors have mean 1.
    """
    created = deals.entered.iloc[:, 0].dt.normalize()
    last = created.max()
    if last == deals.export_date.normalize() and last > created.min():
        last -= DAY
    days = pd.date_range(created.min(), last, freq="D")
    inside = created <= last
    by_channel = deals.leads["channel"][inside].value_counts(sort=False)
    order = by_channel.sort_index().sort_values(ascending=False, kind="stable").index.tolist()
    counts = pd.crosstab(created[inside], deals.leads["channel"][inside])
    per_day = counts.reindex(days, fill_value=0)
    by_weekday = per_day.groupby(days.day_of_week).mean()
    whole_weeks = len(days) >= 7
    pooled = by_weekday.sum(axis=1)
    rows, factors = {}, {}
    for channel in order:
        mean = by_weekday[channel].mean() if whole_weeks else per_day[channel].mean()
        own = whole_weeks and per_day[channel].sum() >= LEAST_FOR_WEEKDAYS
        pattern = by_weekday[channel] if own else pooled
        factors[channel] = pattern / pattern.mean() if whole_weeks else pd.Series(1.0, range(7))
        rows[channel] = {
            "leads": int(per_day[channel].sum()),
            "leads_per_day": float(mean),
            "se": float(per_day[channel].sum() ** 0.5 / len(days)),
        }
    table = pd.DataFrame.from_dict(rows, orient="index").rename_axis("channel")
    names = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
    return table, pd.DataFrame(factors).T.set_axis(names, axis=1).rename_axis("channel"), days
