"""Changes on a board: each is a bar on the time of the run, with its two ends and dates.

An end is moved, or the whole bar is; it is a knob like any other (`knobs.py`), whose value is a
pair of moments, so undo, Share and what is shown in code need nothing of their own.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import Any

from funnelsim.distributions import DAY, HOUR, duration_text
from funnelsim.scenario import Change, Scenario
from funnelsim.what_changes import moment_said
from funnelsim.widgets.knobs import Knob

STEPS = (HOUR, 6 * HOUR, DAY, 7 * DAY, 14 * DAY, 28 * DAY, 91 * DAY)
MOST = 120  # stops of a bar: a hand finds each of them
GROUP = "Changes"
TO_THE_END = "the end"

Span = tuple[int, int]


def spans(s: Scenario, others: Iterable[Knob] = ()) -> list[Knob]:
    """A bar for each change of the scenario, but for those whose ends other knobs turn.

    >>> from funnelsim.scenario import load
    >>> (promotion,) = spans(load("promotion"))
    >>> promotion.label, promotion.change((35 * DAY, 42 * DAY))
    ('When: promotion', {'changes.promotion.from': '35 days', 'changes.promotion.to': '42 days'})
    """
    turned = {path for one in others for path in one.change(one.start)}
    return [
        _span(s, change)
        for change in s.changes
        if not turned & {f"changes.{change.name}.{end}" for end in ("from", "to")}
    ]


def _span(s: Scenario, change: Change) -> Knob:
    """Stops in even steps from the start to the horizon, and where the change has its own ends.

    The horizon as an end is that of a change which lasts on; as a begin it is too late to act.
    """
    step = next((step for step in STEPS if s.horizon <= step * MOST), STEPS[-1])
    lasts_on = max(s.horizon, change.from_ + 1) if change.to is None else s.horizon
    own = (change.from_, lasts_on if change.to is None else change.to)
    stops = sorted({*range(0, s.horizon, step), lasts_on, *own})
    options = tuple((TO_THE_END if at == lasts_on else moment_said(s, at), at) for at in stops)
    label = f"When: {change.name}"
    turn = partial(_turned, change, stops, own, lasts_on)
    return Knob(GROUP, label, own, options, turn, is_span=True)


def _turned(
    change: Change, stops: list[int], own: Span, lasts_on: int, value: Span
) -> dict[str, Any]:
    """What `vary` takes: only the ends that have moved. A bar is a step long at least."""
    begins, ends = value
    if begins == ends:
        place = min(stops.index(begins), len(stops) - 2)
        begins, ends = stops[place], stops[place + 1]
    said: dict[str, Any] = {}
    if begins != own[0] or value == own:
        said[f"changes.{change.name}.from"] = duration_text(begins)
    if ends != own[1] or value == own:
        said[f"changes.{change.name}.to"] = None if ends == lasts_on else duration_text(ends)
    return said
