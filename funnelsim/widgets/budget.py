"""A budget that is moved from one channel to another: fewer leads of one, more of the other.

Three sliders say from where, to where and how much. What they change depends on what a lead of each
costs and how many there are, which other sliders may turn: so it is made of all of them together.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from funnelsim.scenario import Channel, Scenario
from funnelsim.scenario.in_words import number_text
from funnelsim.tables import figure_text
from funnelsim.widgets.knobs import Knob

FROM, TO, PART = "From", "To", "Part of its budget"


def budget_knobs(s: Scenario) -> list[Knob]:
    """From the channel most is spent on to the next; none where fewer than two are paid by lead."""
    paid = sorted((c for c in s.channels if c.price > 0 < c.rate), key=_a_day, reverse=True)
    if len(paid) < 2:
        return []
    names = tuple((channel.name, channel.name) for channel in paid)
    parts = tuple((f"{n} %", n / 100) for n in range(101))
    group = "Budget moved"
    return [
        Knob(group, FROM, names[0][1], names, _alone, True),
        Knob(group, TO, names[1][1], names, _alone, True),
        Knob(group, PART, 0.0, parts, _alone),
    ]


def _alone(value: Any) -> dict[str, Any]:
    """One of the three changes nothing by itself: `moved_budget` looks at all."""
    return {}


def moved_budget(
    s: Scenario, knobs: Sequence[Knob], values: Mapping[str, Any], changes: Mapping[str, Any]
) -> dict[str, Any]:
    """The leads (or impressions) a day of both channels, after all other changes.

    `values` are those of moved sliders by label. As much is spent on both together as before.
    """
    if not knobs:
        return {}
    one, other, spent = _said(s, knobs, values, changes)
    if not spent or one.name == other.name:
        return {}
    return _rate(one, _more(one, -spent)) | _rate(other, _more(other, spent))


def budget_in_words(
    s: Scenario, knobs: Sequence[Knob], values: Mapping[str, Any], changes: Mapping[str, Any]
) -> str:
    """What was moved, in money and in leads; or what can be."""
    if not knobs:
        return "Fewer than two channels are paid by the lead: there is no budget to move."
    one, other, spent = _said(s, knobs, values, changes)
    if one.name == other.name:
        return f"{one.name} is on both sides: choose another channel to move its budget to."
    if not spent:
        return f"Move a part of the budget of {one.name} to {other.name}, and watch what it brings."
    less, more = (
        number_text(round(abs(_more(c, by)), 2)) for c, by in ((one, -spent), (other, spent))
    )
    money = figure_text(spent, "money", s.currency)
    leads = "lead" if less == "1" else "leads"
    return f"{money} a day moved: {less} {leads} fewer of {one.name}, {more} more of {other.name}."


def _said(
    s: Scenario, knobs: Sequence[Knob], values: Mapping[str, Any], changes: Mapping[str, Any]
) -> tuple[Channel, Channel, float]:
    """Both channels as the other sliders stand, and what is moved a day; 0 to one that is free."""
    said = {knob.label: values.get(knob.label, knob.start) for knob in knobs}
    one, other = (_as_changed(s, said[which], changes) for which in (FROM, TO))
    return one, other, said[PART] * _a_day(one) if other.price else 0.0


def _as_changed(s: Scenario, name: str, changes: Mapping[str, Any]) -> Channel:
    channel = next(channel for channel in s.channels if channel.name == name)
    at = f"channels.{name}."
    own = {path.removeprefix(at): v for path, v in changes.items() if path.startswith(at)}
    return channel.model_copy(update=own)


def _a_day(channel: Channel) -> float:
    """What its leads cost a day, before weekdays, growth and the like."""
    return float(channel.spend_on(channel.rate))


def _more(channel: Channel, spent: float) -> float:
    """How many leads a day more so much more a day buys; fewer below 0."""
    return channel.leads_for(_a_day(channel) + spent) - channel.rate


def _rate(channel: Channel, more: float) -> dict[str, Any]:
    """So many leads a day more, said as the channel says it."""
    key, per_lead = "leads_per_day", 1.0
    if channel.leads_per_day is None:
        key, per_lead = "impressions_per_day", 1 / (channel.click_through_rate or 1.0)
    return {f"channels.{channel.name}.{key}": round((channel.rate + more) * per_lead, 6)}
