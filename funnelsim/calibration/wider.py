"""A calibration with more doubt: the same estimates, and draws that are spread wider about them.

Asked for where earlier forecasts have been further off than they should (`planner/doubt.py`).
Everything that a draw says is moved away from the middle of the draws by the same factor: log odds
of conversions and of the share silent, logarithms of times, of odds ratios, rates and values.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from funnelsim.calibration.draws import Draw, Draws, StageDraw
from funnelsim.calibration.laws import quantile
from funnelsim.distributions import Floats

if TYPE_CHECKING:
    from funnelsim.calibration import Calibration

FURTHEST = 3.0  # of a logarithm from the middle: a factor of 20


def wider(calibration: Calibration, factor: float) -> Calibration:
    """The calibration with its draws spread so many times as wide, and errors to match."""
    draws = spread(calibration.draws, factor)
    overall = draws.table["overall"]
    low, high = (float(overall.quantile(p)) for p in (0.025, 0.975))
    return replace(
        calibration, draws=draws, overall_se=float(overall.std(ddof=1)), interval=(low, high)
    )


def spread(draws: Draws, factor: float) -> Draws:
    """Draws so many times as far from their middle.

    >>> import funnelsim as fs
    >>> draws = fs.calibrate(fs.load_crm_deals(), draws=20).draws
    >>> twice = spread(draws, 2.0).table["value"]
    >>> bool(twice.std() > 1.7 * draws.table["value"].std())
    True
    """
    if factor == 1 or not len(draws):
        return draws
    every, stages = draws.every, list(draws.every[0].stages)
    moved = {name: _stages([one.stages[name] for one in every], factor) for name in stages}
    odds = {c: _apart([one.odds[c] for one in every], factor) for c in every[0].odds}
    rates = {c: _apart([one.rates[c] for one in every], factor) for c in every[0].rates}
    values = _apart([one.value for one in every], factor)
    made = tuple(
        Draw(
            {name: moved[name][d] for name in stages},
            {c: float(odds[c][d]) for c in odds},
            {c: float(rates[c][d]) for c in rates},
            float(values[d]),
        )
        for d in range(len(every))
    )
    return Draws(draws.scenario, _table(draws.table, made, stages, every), made)


def _apart(values: list[float], factor: float) -> Floats:
    logs = np.log(np.maximum(values, 1e-300))
    return np.asarray(np.exp(_away(logs, factor)))


def _away(logs: Floats, factor: float) -> Floats:
    """Away from their middle, by the factor; who is further off than FURTHEST goes no further."""
    middle = float(np.median(logs))
    off = logs - middle
    most = np.maximum(np.abs(off), FURTHEST)
    return np.asarray(middle + np.clip(factor * off, -most, most))


def _stages(drawn: list[StageDraw], factor: float) -> list[StageDraw]:
    """One stage in all draws."""
    odds = _apart([one.odds for one in drawn], factor)
    p = _shares([one.fates.p for one in drawn], factor)
    silent = _shares([one.fates.silent for one in drawn], factor)
    won, lost = (
        _later([getattr(one.fates, fate) for one in drawn], factor)
        for fate in ("winners", "losers")
    )
    return [
        StageDraw(
            float(odds[d]),
            replace(
                one.fates, p=float(p[d]), silent=float(silent[d]), winners=won[d], losers=lost[d]
            ),
        )
        for d, one in enumerate(drawn)
    ]


def _shares(shares: list[float], factor: float) -> Floats:
    """Shares by their log odds; none and all stay what they are."""
    found = np.array(shares, float)
    inside = (found > 0) & (found < 1)
    if inside.any():
        logit = _away(np.log(found[inside] / (1 - found[inside])), factor)
        found[inside] = 1 / (1 + np.exp(-logit))
    return found


def _later(times: list[tuple[int, float, float]], factor: float) -> list[tuple[int, float, float]]:
    """Times with their medians further apart, their shapes as they are."""
    medians = np.log([max(quantile(*time, 0.5), 1e-300) for time in times])
    moved = _away(medians, factor) - medians
    return [(f, mu + float(m), sigma) for (f, mu, sigma), m in zip(times, moved, strict=True)]


def _table(
    table: pd.DataFrame, made: tuple[Draw, ...], stages: list[str], was: tuple[Draw, ...]
) -> pd.DataFrame:
    """The table of the draws as they are now; `was` says what they were."""
    found, overall = table.copy(), np.ones(len(made))
    for name in stages:
        fates = [one.stages[name].fates for one in made]
        p = np.array([one.p for one in fates])
        overall *= p
        found[f"conversion of {name}"] = p
        found[f"median days in {name}"] = [quantile(*one.winners, 0.5) for one in fates]
        found[f"silent in {name}"] = [one.silent for one in fates]
    found["overall"] = overall
    for channel in was[0].rates:
        column = f"leads a day of {channel}"
        found[column] = [
            rate * now.rates[channel] / before.rates[channel]
            for rate, now, before in zip(table[column], made, was, strict=True)
        ]
    found["value"] = [one.value for one in made]
    return found
