"""A distribution with all its values times a factor: another mean, and the same shape."""

from __future__ import annotations

from typing import Any

from funnelsim.distributions import Part, duration_text
from funnelsim.kinds import Kind, mark_of


def scaled(part: Part, factor: float) -> dict[str, Any]:
    """The table of a distribution whose values are all multiplied by a factor; its shape stays.

    Each number stays within the limits of its kind.

    >>> from funnelsim.distributions import AmountDistribution
    >>> scaled(AmountDistribution(lognormal={"mean": 80, "cv": 0.8}), 1.25)
    {'lognormal': {'mean': 100.0, 'cv': 0.8}}
    """
    given = {name: getattr(part, name) for name in type(part).model_fields}
    return {
        name: _scaled(value, mark_of(type(part), name, Kind), factor)
        for name, value in given.items()
        if value is not None
    }


def _scaled(value: Any, kind: Kind | None, factor: float) -> Any:
    if isinstance(value, tuple):
        return [_scaled(entry, kind, factor) for entry in value]
    if isinstance(value, Part):
        return scaled(value, factor)
    if kind is None or not kind.power:
        return value
    times = min(value * factor**kind.power, kind.high)
    if not isinstance(value, int):
        return times
    return duration_text(max(round(times), min(value, 1)))
