"""What a calibrated scenario may be as well: draws of all that was estimated, together.

Each draw is what another export of the same firm might have given: stages, times, rates and values
as they came out in one resample of its weeks (`blocks.py`). A plan, a forecast and `fs.replicate`
take a draw for each future, so that what is not known is part of what may come.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from funnelsim.calibration.groups import base_conversions
from funnelsim.calibration.laws import quantile, written
from funnelsim.calibration.stages import Fates
from funnelsim.deals import Deals
from funnelsim.distributions import Floats
from funnelsim.scenario import Scenario

LEAST = 1e-6  # of a factor


def draws_of(
    scenario: Scenario,
    deals: Deals,
    drawn: list[list[Fates]],
    of_leads: pd.Series,
    of_blocks: Floats,
    channels: pd.DataFrame,
    entered: Floats,
    base: Floats,
    chance: np.random.Generator,
) -> Draws:
    """The draws of a calibration: `drawn` has the fates of each stage in each of them, `of_blocks`
    their weights of the blocks in which the leads came (`of_leads`).

    The odds of the channels vary by their own errors, with the conversions of all together as they
    were drawn.
    """
    p = np.array([[one.p for one in stage] for stage in drawn]).T
    names, stages = list(channels.index), deals.stages[:-1]
    log, se = channels["log"].to_numpy(float), channels["se_of_group"].fillna(0.0).to_numpy(float)
    logs = log + se * chance.standard_normal((len(p), len(names)))
    logs = logs - logs[:, :1]
    turned = _odds(base_conversions(p, logs, entered)) / _odds(base)
    odds = np.exp(logs - (log - log[0]))
    rates, values = _rates(deals, of_leads, of_blocks, names), _values(deals, of_leads, of_blocks)
    columns: dict[str, Any] = {"overall": p.prod(axis=1)}
    for number, stage in enumerate(stages):
        columns[f"conversion of {stage}"] = p[:, number]
        columns[f"median days in {stage}"] = [quantile(*one.winners, 0.5) for one in drawn[number]]
        columns[f"silent in {stage}"] = [one.silent for one in drawn[number]]
    for number, name in enumerate(names):
        columns[f"leads a day of {name}"] = (
            channels["leads_per_day"].iloc[number] * rates[:, number]
        )
    table = pd.DataFrame({**columns, "value": values}).rename_axis("draw")
    every = tuple(
        Draw(
            {s: StageDraw(float(turned[d, n]), drawn[n][d]) for n, s in enumerate(stages)},
            dict(zip(names, odds[d].tolist(), strict=True)),
            dict(zip(names, rates[d].tolist(), strict=True)),
            float(values[d]),
        )
        for d in range(len(p))
    )
    return Draws(scenario, table, every)


def _odds(p: Floats) -> Floats:
    inside = np.clip(p, 1e-9, 1 - 1e-9)
    return np.asarray(inside / (1 - inside))


def _rates(deals: Deals, of_leads: pd.Series, of_blocks: Floats, channels: Sequence[str]) -> Floats:
    """Each channel's rate in each resample ÷ that of the export: shape (draws, channels)."""
    counts = pd.crosstab(of_leads, deals.leads["channel"])
    counts = counts.reindex(range(of_blocks.shape[1]), fill_value=0)[list(channels)].to_numpy(float)
    found = of_blocks @ counts / np.maximum(of_blocks.sum(axis=1, keepdims=True), 1e-12)
    return np.asarray(np.maximum(found / counts.mean(axis=0), LEAST))


def _values(deals: Deals, of_leads: pd.Series, of_blocks: Floats) -> Floats:
    """The mean value of a won deal in each resample ÷ that of the export: shape (draws,)."""
    worth = deals.leads.loc[deals.leads["outcome"] == "won", "value"].dropna()
    worth = worth[worth >= 0]
    if len(worth) < 2 or not worth.mean() > 0:
        return np.ones(len(of_blocks))
    block, size = of_leads[worth.index].to_numpy(), of_blocks.shape[1]
    sums = np.bincount(block, worth.to_numpy(float), size)
    counts = np.bincount(block, minlength=size)
    of_all = (of_blocks @ sums) / np.maximum(of_blocks @ counts, 1e-9)
    return np.asarray(np.maximum(of_all / float(worth.mean()), LEAST))


@dataclass(frozen=True)
class StageDraw:
    """A stage in one draw: its odds ÷ those that the scenario holds, and what it says of times."""

    odds: float
    fates: Fates


@dataclass(frozen=True)
class Draw:
    """One draw, as what it changes in the calibrated scenario: factors of each channel's odds and
    rate, and of the mean value."""

    stages: dict[str, StageDraw]
    odds: dict[str, float]
    rates: dict[str, float]
    value: float


@dataclass(frozen=True, eq=False)
class Draws:
    """Draws of a calibrated scenario.

    `table` has a row per draw and a column for each thing that was estimated: `overall`, and as
    `conversion of Lead`, `median days in Lead`, `silent in Lead`, `leads a day of web`, `value`.

    >>> import funnelsim as fs
    >>> draws = fs.calibrate(fs.load_crm_deals()).draws
    >>> len(draws), bool(draws.table["overall"].std() > 0)
    (200, True)
    """

    scenario: Scenario
    table: pd.DataFrame
    every: tuple[Draw, ...]

    def __len__(self) -> int:
        return len(self.every)

    def spread(self, count: int) -> list[int]:
        """So many draws that stand for all: equally spaced by the overall conversion, ascending.

        Where there are fewer, some stand twice.
        """
        order = self.table["overall"].to_numpy().argsort(kind="stable")
        at = ((np.arange(count) + 0.5) / count * len(order)).astype(int)
        return [int(number) for number in order[at]]

    def of(
        self, scenario: Scenario, which: Sequence[int], with_rates: bool = True
    ) -> list[Scenario]:
        """The scenario as each of these draws has it: one that was calibrated, or a change of it.

        Odds, rates and values are multiplied; a stage's times are those of the draw where they are
        still those that were calibrated. What is no more there is left alone.
        """
        return [self._applied(scenario, self.every[number], with_rates) for number in which]

    def _applied(self, scenario: Scenario, draw: Draw, with_rates: bool) -> Scenario:
        changes: dict[str, Any] = {}
        was = {stage.name: stage for stage in self.scenario.stages[:-1]}
        for stage in scenario.stages[:-1]:
            drawn, known = draw.stages.get(stage.name), was.get(stage.name)
            if drawn is None or known is None:
                continue
            if (stage.decision_time, stage.loss_time, stage.silent) != (
                known.decision_time,
                known.loss_time,
                known.silent,
            ):
                continue
            path = f"stages.{stage.name}"
            if stage.decision_time.constant is None:
                changes[f"{path}.decision_time"] = written(*drawn.fates.winners)
            if stage.loss_time is not None and stage.loss_time.constant is not None:
                continue
            is_one_time = drawn.fates.is_tied and stage.follow_up is None
            changes[f"{path}.loss_time"] = None if is_one_time else written(*drawn.fates.losers)
            changes[f"{path}.silent"] = round(drawn.fates.silent, 5)
        for channel in scenario.channels:
            mine = draw.odds.get(channel.name, 1.0)
            path = f"channels.{channel.name}"
            given = channel.odds_ratio
            changes[f"{path}.odds_ratio"] = {
                stage.name: (given if isinstance(given, float) else given.get(stage.name, 1.0))
                * mine
                * (draw.stages[stage.name].odds if stage.name in draw.stages else 1.0)
                for stage in scenario.stages[:-1]
            }
            if with_rates and channel.leads_per_day is not None:
                rate = draw.rates.get(channel.name, 1.0)
                changes[f"{path}.leads_per_day"] = channel.leads_per_day * rate
        if scenario.order is not None and draw.value != 1:
            changes["order.value"] = scenario.order.value.scaled(draw.value)
        return scenario.vary(changes)
