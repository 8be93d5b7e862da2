"""A future of very many leads, told by a part of it.

Where leads do not wait for one another, a future of so many leads is the sum of several independent
ones of fewer: its mean is so many times theirs, and what is chance in it the root of that. So the
tables beside a formula's answer take no longer, however many leads it says.
"""

from __future__ import annotations

import math

import pandas as pd

from funnelsim.scenario import Scenario


def part_of(scenario: Scenario, parts: float) -> Scenario:
    """One of so many equal parts: of the leads, and of what channels and reps cost a day."""
    if parts <= 1:
        return scenario
    changes: dict[str, object] = {}
    for channel in scenario.channels:
        at = f"channels.{channel.name}"
        key = "impressions_per_day" if channel.leads_per_day is None else "leads_per_day"
        for name in (key, "cost_per_day"):
            changes[f"{at}.{name}"] = getattr(channel, name) / parts
    for team in scenario.teams:
        changes[f"teams.{team.name}.cost_per_rep_day"] = team.cost_per_rep_day / parts
    return scenario.vary(changes)


def together(results: pd.DataFrame, parts: float, classes: int) -> pd.DataFrame:
    """Results of parts (a row each) as those of the whole, class by class of the conversion.

    In a class it is chance by how much a result is off the mean, so it grows with the root.
    """
    if parts <= 1:
        return results
    means = results.groupby(results.index % classes).transform("mean")
    return parts * means + math.sqrt(parts) * (results - means)
