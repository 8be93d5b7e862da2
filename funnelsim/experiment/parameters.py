"""The numbers of a scenario that can be turned: where they are, what they are, a bit less and more.

A path is the one that `Scenario.vary` takes. Of a distribution the mean is turned and its shape
kept, so that `order.value` a tenth up is the same lottery with a tenth more in every ticket.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

from funnelsim.among_customers import Beta
from funnelsim.distributions import (
    DAY,
    Distribution,
    DurationDistribution,
    Part,
    duration,
    duration_text,
)
from funnelsim.errors import FunnelSimError, Problem
from funnelsim.sampling import mean
from funnelsim.scenario import Scenario, plain

SHARES = ("conversion", "margin", "click_through_rate", "commission")
DURATIONS = ("response_half_life", "every", "horizon", "warm_up", "expires_after", "within")


def default_paths(scenario: Scenario) -> list[str]:
    """The parameters that a sensitivity analysis turns, of those that the scenario has.

    Leads and their price, commission, conversions, calls (reach, handling, patience, half-life),
    recoveries, reps, order value, margin, repeat purchases, referrals and upsells.
    """
    paths: list[str] = []
    for channel in scenario.channels:
        names = ["leads_per_day", "click_through_rate", "cost_per_lead", "cost_per_click"]
        names += ["commission", "cost_per_sale"]
        paths += [f"channels.{channel.name}.{name}" for name in names]
    for stage in scenario.stages:
        names = ["conversion", "recovery.probability", "follow_up.reach_probability"]
        names += ["follow_up.handling_time", "follow_up.patience", "follow_up.response_half_life"]
        paths += [f"stages.{stage.name}.{name}" for name in names]
    paths += [f"teams.{team.name}.reps" for team in scenario.teams]
    paths += ["order.value", "order.margin", "retention.repeat_probability", "retention.gap"]
    paths += ["referral.invites", "upsell.probability"]
    return [path for path in paths if size(value_at(scenario, path))]


def value_at(scenario: Scenario, path: str) -> Any:
    """What stands at a dotted path; None for what is not there."""
    here: Any = scenario
    for step in path.split("."):
        if isinstance(here, tuple):
            here = next((entry for entry in here if getattr(entry, "name", None) == step), None)
        elif isinstance(here, Mapping):
            here = here.get(step)
        else:
            here = getattr(here, step, None) if isinstance(here, Part) else None
    return here


def size(value: Any) -> float:
    """The number to be turned: the value, or the mean of a distribution; 0 for what is none."""
    if isinstance(value, Distribution):
        middle = mean(value)
        return middle if math.isfinite(middle) else 1.0  # it has a scale all the same
    if isinstance(value, Beta):
        return value.beta.a / (value.beta.a + value.beta.b)
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return float(value) if number else 0.0


def down_and_up(scenario: Scenario, path: str, change: float) -> tuple[Any, Any]:
    """The values at a path, turned down and up by this share, as `vary` takes them.

    Counts (reps, attempts) go down and up by one, and not below one; probabilities not above one.

    >>> from funnelsim import load
    >>> down_and_up(load("aida-follow-up"), "teams.sales.reps", 0.1)
    (1, 3)
    """
    value = value_at(scenario, path)
    if not size(value):
        rule = "a number above 0 or a distribution stands there, or it cannot be turned"
        way_out = "give both values yourself: {path: (low, high)}"
        raise FunnelSimError(str(Problem(path, value, rule, way_out)))
    down, up = turned(value, 1 - change, path), turned(value, 1 + change, path)
    return down, up


def turned(value: Any, factor: float, path: str) -> Any:
    """The value times a factor, as a file would hold it."""
    last = path.rsplit(".", 1)[-1]
    if isinstance(value, Distribution):
        return _scaled(plain(value), factor)
    if isinstance(value, Beta):  # a + b, how alike the customers are, stays
        together = value.beta.a + value.beta.b
        middle = min(size(value) * factor, 1 - 1e-9)
        return {"beta": {"a": middle * together, "b": (1 - middle) * together}}
    if is_duration(path, value):
        return duration_text(max(1, round(value * factor)))
    if isinstance(value, int):
        return max(1, value + (1 if factor > 1 else -1))
    share = "probability" in last or last in SHARES
    return min(1.0, value * factor) if share else value * factor


def _scaled(table: Any, factor: float, key: str = "") -> Any:
    """A distribution, as a table, with all values times a factor."""
    if isinstance(table, dict):
        if key == "rate":  # Gamma among customers: the gap is as its own rate
            return {"gamma": {**table["gamma"], "rate": table["gamma"]["rate"] * factor}}
        return {name: _scaled(entry, factor, name) for name, entry in table.items()}
    if isinstance(table, list) and key == "values":
        return [_scaled(entry, factor, "value") for entry in table]
    if isinstance(table, str):
        return duration_text(max(1, round(duration(table) * factor)))
    if key == "rate":
        return table / factor
    return table if key in ("cv", "shape", "weights") else table * factor


def is_duration(path: str, value: Any) -> bool:
    """Whether the number at this path is a duration, in microseconds."""
    return isinstance(value, int) and path.rsplit(".", 1)[-1] in DURATIONS


def value_text(scenario: Scenario, path: str, value: Any) -> str:
    """A value at this path in words, of a distribution its mean.

    >>> from funnelsim import load
    >>> s = load("aida-follow-up")
    >>> value_text(s, "stages.Interest.conversion", 0.55)
    '0.55'
    """
    if isinstance(value, Distribution):
        middle = mean(value)
        if not math.isfinite(middle):
            return "no mean"
        return _time(middle) if isinstance(value, DurationDistribution) else f"{middle:,.4g}"
    if isinstance(value, Beta):
        return f"{size(value):.4g}"
    if is_duration(path, value):
        return _time(value)
    return f"{value:,.4g}" if isinstance(value, (int, float)) else str(value)


def _time(microseconds: float) -> str:
    days = microseconds / DAY
    if days >= 1:
        return f"{days:.3g} day{'s' * (f'{days:.3g}' != '1')}"
    return f"{days * 24:.3g} h" if days >= 1 / 24 else f"{days * 1440:.3g} min"


def parts(values: Iterator[Any] | Any) -> list[Any]:
    """A list of the values; empty for what is no list of them."""
    if isinstance(values, (str, bytes, Mapping)):
        return []
    try:
        return list(values)
    except TypeError:
        return []
