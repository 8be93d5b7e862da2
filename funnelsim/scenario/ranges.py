"""What a slider offers for a parameter: values that a person would try, and the scenario's own."""

from __future__ import annotations

import math

from funnelsim.distributions import DAY, HOUR, MINUTE
from funnelsim.kinds import DURATION, FACTOR, IN_STEPS, ODDS_RATIO, SHARE
from funnelsim.scenario.parameters import Parameter

DURATIONS = (
    *(n * MINUTE for n in (5, 10, 15, 20, 30, 45)),
    *(n * HOUR for n in (1, 2, 3, 4, 6, 8, 12, 18)),
    *(n * DAY for n in (1, 2, 3, 4, 5, 7, 10, 14, 21, 30, 45, 60, 90, 120, 180, 365)),
)
MOST_STEPS = 200  # on one slider


def positions(parameter: Parameter) -> tuple[float, ...]:
    """The numbers that a slider stops at, ascending, within the limits; empty for what is none.

    Shares go by whole percents, durations from a twentieth to ten times their own in vigorous
    steps, whole numbers by one, factors by quarters, all else in fifty even steps from 0 on.
    """
    start, kind, slider = parameter.number, parameter.kind, parameter.slider
    if not kind.turned or not math.isfinite(start):
        return ()
    low, high = kind.low, kind.high
    if slider.least is not None:
        low = max(low, slider.least)
    if slider.most is not None:
        high = min(high, slider.most)
    inside = {
        value
        for value in _grid(parameter)
        if low - 1e-9 <= value <= high + 1e-9 and not (value <= kind.low and kind.is_open)
    }
    # one that reads as the start does would look like a place where the slider sticks
    told = parameter.in_words(start)
    return tuple(sorted({start, *(v for v in inside if parameter.in_words(v) != told)}))


def _grid(parameter: Parameter) -> list[float]:
    start, kind = parameter.number, parameter.kind
    if kind.unit == SHARE.unit:
        return [n / 100 for n in range(101)]
    if kind.unit == DURATION.unit:
        return [d for d in DURATIONS if start / 20 <= d <= start * 10]
    if kind.turned == IN_STEPS and max(8, 2 * start) <= MOST_STEPS:
        return [*range(1, max(8, 2 * int(start)) + 1)]
    if kind.unit in (FACTOR.unit, ODDS_RATIO.unit) and start <= 5:
        return [n / 4 for n in range(21)]
    grid = even_steps(parameter.slider.times * start if start else 1.0)
    return [float(round(x)) for x in grid] if kind.turned == IN_STEPS else grid


def even_steps(top: float) -> list[float]:
    """Even steps from 0 to about `top`, fifty at least, each a round number.

    >>> even_steps(100)[:3], even_steps(100)[-1]
    ([0.0, 2.0, 4.0], 100.0)
    """
    rough = top / 50
    unit = 10.0 ** math.floor(math.log10(rough))
    step = unit * max(n for n in (1, 2, 5) if unit * n <= rough * 1.001)
    digits = max(6, 2 - math.floor(math.log10(step)))
    return [round(step * i, digits) for i in range(math.ceil(round(top / step, 6)) + 1)]
