"""What a slider offers for a parameter: values that a person would try, and the scenario's own."""

from __future__ import annotations

import math
from typing import Any

from funnelsim.distributions import DAY, HOUR, MINUTE
from funnelsim.kinds import (
    CURRENCY,
    DURATION,
    FACTOR,
    HOURS,
    IN_STEPS,
    ODDS_RATIO,
    ON_OFF,
    SHARE,
)
from funnelsim.opening_hours import ALWAYS, week
from funnelsim.scenario.parameters import Parameter

DURATIONS = (
    *(n * MINUTE for n in (5, 10, 15, 20, 30, 45)),
    *(n * HOUR for n in (1, 2, 3, 4, 6, 8, 12, 18)),
    *(n * DAY for n in (1, 2, 3, 4, 5, 7, 10, 14, 21, 30, 45, 60, 90, 120, 180, 365)),
)
MOST_STEPS = 200  # on one slider
FROM_NOTHING = {CURRENCY: 100.0, "leads a day": 20.0}  # how far a slider goes that begins at 0
OPENINGS = (
    "Mon-Fri 09:00-17:00",
    "Mon-Fri 08:00-20:00",
    "Mon-Sat 09:00-19:00",
    "Mon-Sun 08:00-20:00",
    ALWAYS,
)


def positions(parameter: Parameter) -> tuple[float, ...]:
    """The numbers that a slider stops at, ascending, within the limits; empty for what is none.

    Shares go by whole percents, durations from a twentieth to ten times their own in vigorous
    steps (from 0 to 30 days), whole numbers by one, factors by quarters, all else in fifty even
    steps from 0 on.
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
    # two that read alike would look like a place where the slider sticks: the lower one stays
    told = {parameter.in_words(value): value for value in sorted(inside, reverse=True)}
    return tuple(sorted((told | {parameter.in_words(start): start}).values()))


def choices(parameter: Parameter) -> tuple[Any, ...]:
    """The values of what is no number, the scenario's own among them; empty for what has none.

    Of opening hours they are some usual ones.

    >>> from funnelsim.scenario import load
    >>> from funnelsim.scenario.parameters import parameter
    >>> choices(parameter(load("aida-follow-up"), "teams.sales.serves"))
    ('first come', 'newest first')
    """
    if parameter.kind.name == ON_OFF.name:
        return (True, False)
    if parameter.kind.name != HOURS.name:
        return parameter.options
    own = week(parameter.value)
    return (parameter.value, *(text for text in OPENINGS if week(text) != own))


def _grid(parameter: Parameter) -> list[float]:
    start, kind = parameter.number, parameter.kind
    if kind.unit == SHARE.unit:
        return [n / 100 for n in range(101)]
    if kind.unit == DURATION.unit:
        return [d for d in DURATIONS if start / 20 <= d <= (start * 10 or 30 * DAY)]
    if kind.turned == IN_STEPS and max(8, 2 * start) <= MOST_STEPS:
        return [*range(1, max(8, 2 * int(start)) + 1)]
    if kind.unit in (FACTOR.unit, ODDS_RATIO.unit) and start <= 5:
        return [n / 4 for n in range(21)]
    top = parameter.slider.times * start or FROM_NOTHING.get(kind.unit, 1.0)
    grid = even_steps(top)
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
