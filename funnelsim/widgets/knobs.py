"""What can be turned on a live board: one `Knob` for each parameter that matters and is there.

A knob offers a list of values with their unit in words; the scenario's own value is always one of
them, exactly. `change(value)` is what `Scenario.vary` takes, so a move on the board can be
carried on in code.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from funnelsim.among_customers import Beta
from funnelsim.distributions import DAY, HOUR, MINUTE, duration_text
from funnelsim.experiment.parameters import size
from funnelsim.scenario import Scenario, plain
from funnelsim.scenario.values import PROMOTES, WIN_BACK

DURATIONS = (
    *(n * MINUTE for n in (5, 10, 15, 20, 30, 45)),
    *(n * HOUR for n in (1, 2, 3, 4, 6, 8, 12, 18)),
    *(n * DAY for n in (1, 2, 3, 4, 5, 7, 10, 14, 21, 30, 45, 60, 90, 120, 180, 365)),
)
MOST = 12  # more sliders would stand lower than the charts beside them, and below the window


@dataclass(frozen=True)
class Knob:
    """One slider: its group and label, its start value, what it offers, what a move changes."""

    group: str
    label: str
    start: float
    options: tuple[tuple[str, float], ...]
    change: Callable[[float], dict[str, Any]]


def knobs(s: Scenario) -> list[Knob]:
    """The knobs of a scenario, in the order of the funnel; what can change nothing has none.

    What is paid by the sale and the customers' lives come last, as many as make up `MOST` in all.
    """
    first = [*_conversions(s), *_leads(s), *_follow_ups(s)]
    others = [*_commissions(s), *_repeats(s), *_win_back(s), *_loyalty(s), *_promoters(s)]
    return first + others[: max(0, MOST - len(first))]


def _conversions(s: Scenario) -> list[Knob]:
    return [
        _at(
            f"stages.{stage.name}.conversion",
            "Conversion",
            f"{stage.name} → {following.name}",
            stage.conversion,
            shares(stage.conversion),
        )
        for stage, following in pairwise(s.stages)
        if stage.conversion is not None
    ]


def _leads(s: Scenario) -> list[Knob]:
    """One knob for all channels together: they keep their proportions."""
    rates = {c.name: c.rate for c in s.channels}
    total = sum(rates.values())

    def change(value: float) -> dict[str, Any]:
        changes = {}
        for channel in s.channels:
            share = rates[channel.name] / total if total else 1 / len(rates)
            key, per_lead = "leads_per_day", 1.0
            if channel.leads_per_day is None and channel.click_through_rate:
                key, per_lead = "impressions_per_day", 1 / channel.click_through_rate
            changes[f"channels.{channel.name}.{key}"] = round(value * share * per_lead, 6)
        return changes

    options = counts(total, top=2.5 * total if total else 20)
    return [Knob("Leads", "Leads a day", total, options, change)]


def _follow_ups(s: Scenario) -> list[Knob]:
    found = []
    for team in s.teams:
        whole = tuple((f"{n}", n) for n in range(1, max(8, 2 * team.reps) + 1))
        found.append(
            _at(f"teams.{team.name}.reps", "Follow-up", f"Reps, {team.name}", team.reps, whole)
        )
    for stage in s.stages:
        follow_up = stage.follow_up
        if follow_up is None:
            continue
        place = f"stages.{stage.name}.follow_up"
        mean = mean_of(follow_up.patience)
        if mean is not None:
            path, start = mean
            found.append(_time(f"{place}.patience.{path}", f"Patience, {stage.name}", start))
        if follow_up.response_half_life:
            path, start = f"{place}.response_half_life", follow_up.response_half_life
            found.append(_time(path, f"Half-life, {stage.name}", start))
    return found


def _commissions(s: Scenario) -> list[Knob]:
    """What each channel gets by the sale: its share of what customers pay, and a fixed sum."""
    found, group = [], "Commission"
    for channel in s.channels:
        path, share, fixed = f"channels.{channel.name}", channel.commission, channel.cost_per_sale
        if share and s.order is not None:
            label = f"Commission, {channel.name}"
            found.append(_at(f"{path}.commission", group, label, share, shares(share)))
        if fixed:
            label, options = f"{s.currency} a sale, {channel.name}", counts(fixed, 2.5 * fixed)
            found.append(_at(f"{path}.cost_per_sale", group, label, fixed, options))
    return found


def _repeats(s: Scenario) -> list[Knob]:
    """How likely a customer orders again; the mean, where customers differ: as much as before."""
    if s.retention is None:
        return []
    path, group, coin = (
        "retention.repeat_probability",
        "Coming back",
        s.retention.repeat_probability,
    )
    if not isinstance(coin, Beta):
        return [_at(path, group, "Repeat probability", coin, shares(coin, top=95))]
    together, start = coin.beta.a + coin.beta.b, size(coin)

    def shapes(mean: float) -> tuple[float, float]:
        return round(mean * together, 6), round((1 - mean) * together, 6)

    def change(mean: float) -> dict[str, Any]:
        a, b = shapes(mean)
        return {path: plain(coin) if mean == start else {"beta": {"a": a, "b": b}}}

    def allowed(mean: float) -> bool:  # a shape may not come too near to 0
        return mean == start or all(0.001 <= shape <= 1000 for shape in shapes(mean))

    options = tuple(option for option in shares(start, top=95) if allowed(option[1]))
    return [Knob(group, "Repeat probability, mean", start, options, change)]


def _win_back(s: Scenario) -> list[Knob]:
    return [
        _at(
            f"campaigns.{campaign.name}.probability",
            "Coming back",
            f"Win-back, {campaign.name}",
            campaign.probability,
            shares(campaign.probability),
        )
        for campaign in s.campaigns
        # nobody has been away so long before the horizon: the message goes to none
        if campaign.kind == WIN_BACK and campaign.after and campaign.after < s.horizon
    ]


def _loyalty(s: Scenario) -> list[Knob]:
    """Who joins, what an order earns, and what the highest tier takes off the price."""
    loyalty, group = s.loyalty, "Loyalty programme"
    if loyalty is None:
        return []
    start, points = loyalty.enrolment, loyalty.points_per_unit
    found = [_at("loyalty.enrolment", group, "Enrolment", start, shares(start))]
    if loyalty.self_selection != 1:  # at 1 nobody is keener to enrol than others
        path, start = "loyalty.self_selection", loyalty.self_selection
        quarters = sorted({start, *(n / 4 for n in range(4, 21))})
        options = tuple((f"× {value:g}", value) for value in quarters)
        found.append(_at(path, group, "Self-selection", start, options))
    if points:
        label, options = f"Points per {s.currency}", counts(points, top=5 * points)[1:]
        found.append(_at("loyalty.points_per_unit", group, label, points, options))
    if loyalty.tiers:
        tier = max(loyalty.tiers, key=lambda tier: tier.from_spend)
        path, label = f"loyalty.tiers.{tier.name}.discount", f"Discount, {tier.name}"
        found.append(_at(path, group, label, tier.discount, shares(tier.discount, top=30)))
    return found


def _promoters(s: Scenario) -> list[Knob]:
    """How many customers are promoters, and how many leads each of their orders brings."""
    found, group = [], "Word of mouth"
    # where promoters bring nobody and are no stage, they are in no picture and no tile
    if s.satisfaction is not None and (s.referral or PROMOTES in s.life_stages.values()):
        start, path = s.satisfaction.promoter, "satisfaction.promoter"
        most = math.floor(100 * (1 - s.satisfaction.detractor) + 1e-6)  # nobody is both
        found.append(_at(path, group, "Promoters", start, shares(start, top=most)))
    if s.referral is not None:
        start, path = s.referral.invites, "referral.invites"
        options = counts(start, top=2.5 * start if start else 1)
        found.append(_at(path, group, "Leads by a promoter's order", start, options))
    return found


def mean_of(distribution: Any) -> tuple[str, int] | None:
    """Where the mean of a duration stands in it, and the mean; None if it is not given by one."""
    if distribution is None:
        return None
    kind = distribution.kind
    if kind == "constant":
        return (kind, distribution.constant) if distribution.constant else None
    mean = getattr(getattr(distribution, kind), "mean", None)
    return None if mean is None else (f"{kind}.mean", mean)


def _at(
    path: str, group: str, label: str, start: float, options: tuple[tuple[str, float], ...]
) -> Knob:
    return Knob(group, label, start, options, lambda value: {path: value})


def _time(path: str, label: str, start: int) -> Knob:
    """A knob for a duration: a vigorous step at a time, from a twentieth to ten times the start."""
    values = sorted({start, *(d for d in DURATIONS if start / 20 <= d <= start * 10)})
    options = tuple((short_duration(value), value) for value in values)
    return Knob("Follow-up", label, start, options, lambda v: {path: duration_text(int(v))})


def short_duration(microseconds: int) -> str:
    """A duration for the eye: what no one would write by hand is rounded to three digits.

    >>> short_duration(2 * DAY), short_duration(123_456_789_012)
    ('2 days', '34.3 h')
    """
    text = duration_text(microseconds)
    if not text.endswith((" s", "ms", "us")):
        return text
    if microseconds >= 2 * DAY:
        return f"{microseconds / DAY:.3g} days"
    return (
        f"{microseconds / HOUR:.3g} h"
        if microseconds >= HOUR
        else f"{microseconds / MINUTE:.3g} min"
    )


def shares(start: float, top: int = 100) -> tuple[tuple[str, float], ...]:
    """Every whole percent, and the start.

    >>> shares(0.125)[11:15]
    (('11 %', 0.11), ('12 %', 0.12), ('12.5 %', 0.125), ('13 %', 0.13))
    """
    values = sorted({start, *(n / 100 for n in range(top + 1))})
    return tuple((share_text(value), value) for value in values)


def share_text(value: float) -> str:
    """A share as a reader writes it.

    >>> share_text(0.6), share_text(0.07), share_text(1 / 3)
    ('60 %', '7 %', '33.33 %')
    """
    return f"{round(100 * value, 2):g} %"


def counts(start: float, top: float) -> tuple[tuple[str, float], ...]:
    """Even steps from 0 to about `top`, fifty at least, and the start.

    >>> counts(40, top=100)[:3], counts(40, top=100)[-1]
    ((('0', 0.0), ('2', 2.0), ('4', 4.0)), ('100', 100.0))
    """
    rough = top / 50
    unit = 10.0 ** math.floor(math.log10(rough))
    step = unit * max(n for n in (1, 2, 5) if unit * n <= rough * 1.001)
    grid = {round(step * i, 6) for i in range(math.ceil(round(top / step, 6)) + 1)}
    return tuple((f"{value:,.6g}", value) for value in sorted({*grid, start}))
