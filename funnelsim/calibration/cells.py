"""The visits to a stage as counts: how many took how long, how many are open at which age, by week.

Times fall into cells some 8 % wide (never narrower than the clock of the export: a minute, or a day
where it holds dates alone), which is far finer than any time of people is known. Ages likewise.
Weeks are those in which the leads arrived, so that a resample of weeks is a product of matrices.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from funnelsim.distributions import Floats, Ints

Bools = NDArray[np.bool_]

MINUTE, DAY = 1 / 1440, 1.0
RATIO, WIDE = 1.08, 1.2  # of a cell's ends; past it the density in its middle is not exact enough
KINDS = ("advanced", "lost", "open", "advanced, when is not known", "lost, when is not known")


@dataclass(frozen=True)
class Cells:
    """Where the cells lie. Of both fates, in order, their logarithms: `log_low`, `log_high`,
    `log_middle`, `log_width`, and which are wide; `log_ages` of the cells of ages."""

    log_low: tuple[Floats, Floats]
    log_high: tuple[Floats, Floats]
    log_middle: tuple[Floats, Floats]
    log_width: tuple[Floats, Floats]
    is_wide: tuple[Bools, Bools]
    log_ages: Floats
    resolution: float


def on_the_clock(entered: pd.Series, visits: pd.DataFrame) -> tuple[float, pd.DataFrame]:
    """How exact times are, in days (a day where dates have no time of day, else a minute), and the
    visits with days and ages as they are to be expected.

    Where only one end of a time is a mere date, which a table shows as midnight, half a day is put
    right: who came "on Monday" and was won on Tuesday noon took a day, on average, not a day and a
    half.
    """
    known = visits["days"].dropna()
    begun = entered[known.index]
    ended = (begun + pd.to_timedelta(known, unit="D")).dt.round("s")
    begins, ends = (bool(len(d)) and bool((d.dt.normalize() == d).all()) for d in (begun, ended))
    if not (begins or ends):
        return MINUTE, visits
    put_right = (float(ends) - float(begins)) / 2
    return DAY, visits.assign(
        days=(visits["days"] + put_right).clip(lower=0.0),
        age=(visits["age"] - begins / 2).clip(lower=0.0),
    )


def counted(
    visits: pd.DataFrame, weeks: pd.Series, count: int, clock: float
) -> tuple[Cells, list[Floats]]:
    """The cells of these visits, and how many lie in each by week: for each of KINDS an array of
    shape (count, cells).

    `visits` has fate, days (NaN: not known) and age; `weeks` the week in which each lead arrived.
    """
    fate, days, age = visits["fate"], visits["days"], visits["age"]
    known = days.dropna() / clock
    is_whole = bool((np.abs(known - known.round()) < 1e-6).all())
    edges = _edges(clock, float(np.nanmax([age.max(), days.max(), clock])), is_whole)
    week = weeks.to_numpy()
    places: list[list[Any]] = []
    tables: list[Floats] = []
    for kind in KINDS[:2]:
        timed = ((fate == kind) & days.notna()).to_numpy()
        cell, middle, table = _cells(days.to_numpy()[timed], week[timed], edges, count, clock)
        low, high = edges[cell], edges[cell + 1]
        logs = [np.log(np.maximum(side, clock / 1000)) for side in (low, high, middle)]
        ratio = high / np.maximum(low, clock / 1000)
        places.append([*logs, np.log(np.maximum(high - low, clock) / middle), ratio > WIDE])
        tables.append(table)
    ages, of_open = [], []
    for kind, unknown in ((KINDS[2], "open"), (KINDS[3], "advanced"), (KINDS[4], "lost")):
        at = (fate == unknown).to_numpy()
        if kind != "open":
            at = at & days.isna().to_numpy()
        ages.append(np.maximum(age.to_numpy()[at], clock / 4))
        of_open.append(week[at])
    every, all_weeks = np.concatenate(ages), np.concatenate(of_open)
    cell, middle, _ = _cells(every, all_weeks, edges, count, clock)
    place = np.searchsorted(cell, np.searchsorted(edges, every, side="right") - 1)
    begin = 0
    for part, its_weeks in zip(ages, of_open, strict=True):
        table = np.zeros((count, len(cell)))
        np.add.at(table, (its_weeks, place[begin : begin + len(part)]), 1.0)
        begin += len(part)
        tables.append(table)
    lows, highs, middles, widths, wide = zip(*places, strict=True)
    return Cells(lows, highs, middles, widths, wide, np.log(middle), clock), tables


def _cells(
    times: Floats, weeks: Ints, edges: Floats, count: int, clock: float
) -> tuple[Ints, Floats, Floats]:
    """The cells that hold a time, the mean (of logarithms) in each, and how many by week."""
    of_each = np.searchsorted(edges, times, side="right") - 1
    cell, place = np.unique(of_each, return_inverse=True)
    table = np.zeros((count, len(cell)))
    np.add.at(table, (weeks, place), 1.0)
    logs = np.bincount(place, np.log(np.maximum(times, clock / 4)), len(cell))
    middle = np.exp(logs / np.maximum(np.bincount(place, minlength=len(cell)), 1))
    return cell, middle, table


def _edges(clock: float, longest: float, is_whole: bool) -> Floats:
    """From 0: a tick each (times of whole ticks in the middle), then by RATIO."""
    ticks = (np.arange(int(1 / (RATIO - 1)) + 2) - 0.5 * is_whole) * clock
    ticks[0] = 0.0
    more = int(np.log(max(longest / ticks[-1], 1)) / np.log(RATIO)) + 2
    return np.append(ticks, ticks[-1] * RATIO ** np.arange(1, more + 1))
