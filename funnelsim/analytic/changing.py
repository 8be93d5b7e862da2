"""What the changes of a scenario do at a moment: to odds, orders and coins.

Both engines ask here. Only the walk of the queue, which is compiled, says `Change.weight` once
more, to the letter: so the two add up the same numbers in the same order.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from funnelsim.analytic.arrivals import mean_by_day
from funnelsim.distributions import DAY, Floats, Ints
from funnelsim.scenario import Change, Scenario, Stage

MOMENTS = 2_000  # of a run, for what holds on average


class Acting(NamedTuple):
    """A change, and the logarithm of the odds ratio that it has in full."""

    change: Change
    ln_ratio: float


def of_stage(scenario: Scenario, stage: Stage) -> list[Acting]:
    """The changes of the odds of a stage, in the order of the file."""
    ratios = [
        (c, c.odds_ratio.get(stage.name, 1.0) if isinstance(c.odds_ratio, Mapping)
         else c.odds_ratio)
        for c in scenario.changes
    ]  # fmt: skip
    return [Acting(change, math.log(ratio)) for change, ratio in ratios if ratio != 1]


def of_coins(scenario: Scenario) -> list[Acting]:
    """The changes of the odds of another order."""
    return [Acting(c, math.log(c.repeat_odds_ratio)) for c in scenario.changes
            if c.repeat_odds_ratio != 1]  # fmt: skip


def ln_odds(acting: list[Acting], at: Ints | int) -> Floats:
    """By how much they raise the log odds at each of these moments."""
    total = np.zeros(np.shape(at))
    for change, ln_ratio in acting:
        total += ln_ratio * change.weight(at)
    return total


def ratios_over_time(scenario: Scenario, stage: Stage) -> Floats:
    """The odds ratios of changes when leads come, each of them for as many leads; a single 1 where
    there is no change.
    """
    acting = of_stage(scenario, stage)
    if not acting:
        return np.ones(1)
    leads = sum(mean_by_day(scenario, channel) for channel in scenario.channels)
    so_far = np.append(0.0, np.cumsum(leads)) if np.any(leads) else np.arange(scenario.days + 1.0)
    share = (np.arange(MOMENTS) + 0.5) / MOMENTS
    moments = np.interp(share * so_far[-1], so_far, np.arange(scenario.days + 1) * DAY)
    ratios: Floats = np.exp(ln_odds(acting, moments.astype(np.int64)))
    return ratios


def least_and_most(acting: list[Acting]) -> tuple[float, float]:
    """Between which they lie at any moment."""
    each = [ln_ratio for _, ln_ratio in acting]
    return sum(min(x, 0.0) for x in each), sum(max(x, 0.0) for x in each)


def value_factor(scenario: Scenario, placed: Ints) -> Floats | float:
    """By what the baskets of orders placed then are multiplied."""
    factor: Floats | float = 1.0
    for change in scenario.changes:
        if change.order_value_factor != 1:
            factor = factor * np.where(change.acts(placed), change.order_value_factor, 1.0)
    return factor


def discount(scenario: Scenario, placed: Ints, offered: Floats) -> Floats:
    """The largest discount on orders placed then: of what is offered, and of the changes."""
    for change in scenario.changes:
        if change.discount:
            offered = np.maximum(offered, np.where(change.acts(placed), change.discount, 0.0))
    return offered


def move_odds(scenario: Scenario) -> bool:
    """Whether what becomes of a visit depends on when it begins."""
    return any(of_stage(scenario, stage) for stage in scenario.stages[:-1])


def move_lives(scenario: Scenario) -> bool:
    """Whether when a customer orders again depends on more of the clock than the sale."""
    paid = scenario.loyalty and any(
        c.discount or c.order_value_factor != 1 for c in scenario.changes
    )
    return bool(paid) or bool(of_coins(scenario))
