"""What can be turned on a live board: a `Knob` for each parameter that matters, or is asked for.

A knob offers a list of values with their unit in words; the scenario's own value is always one of
them, exactly. `change(value)` is what `Scenario.vary` takes, so a move on the board can be
carried on in code.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import partial
from itertools import pairwise
from typing import Any

from funnelsim.distributions import Beta, Distribution
from funnelsim.errors import Finding, Problem, ScenarioError
from funnelsim.kinds import PART
from funnelsim.scenario import Scenario, plain
from funnelsim.scenario.in_words import number_text
from funnelsim.scenario.parameters import Parameter, every, not_turned, parameter
from funnelsim.scenario.ranges import choices, even_steps, positions
from funnelsim.scenario.values import PROMOTES, WIN_BACK

MOST = 12  # more sliders would stand lower than the charts beside them, and below the window


@dataclass(frozen=True)
class Knob:
    """A slider, or a list of choices: its group, its label, its start value, what it offers, what a
    move changes; and the path it was named by, if it is for one parameter.

    A span (`spans.py`) is a bar with two ends: its value is a pair of what it offers.
    """

    group: str
    label: str
    start: Any
    options: tuple[tuple[str, Any], ...]
    change: Callable[[Any], dict[str, Any]]
    is_choice: bool = False
    path: str = ""
    is_span: bool = False


def knobs(s: Scenario) -> list[Knob]:
    """The knobs of a scenario, in the order of the funnel; what can change nothing has none.

    What is paid by the sale and the customers' lives come last, as many as make up `MOST` in all.
    """
    first = [*_conversions(s), *_leads(s), *_follow_ups(s)]
    others = [*_commissions(s), *_repeats(s), *_win_back(s), *_loyalty(s), *_promoters(s)]
    return first + others[: max(0, MOST - len(first))]


def knobs_named(s: Scenario, names: Iterable[str]) -> list[Knob]:
    """The knobs of these parameters, each a dotted path or a label of `fs.parameters`, or one of
    `knobs`. ScenarioError for what there is not, cannot be turned, or is turned by two of them.
    """
    usual = {one.label: one for one in knobs(s)}
    labels = {found.label: found for found in every(s)}
    found: dict[str, Knob] = {}
    for name in names:
        one = usual.get(name) or knob_of(labels.get(name) or parameter(s, name))
        if name in found:
            raise ScenarioError([Problem(name, Finding("named twice"), "a board has one of each")])
        for other, its in found.items():
            if path := turned_by_both(one, its):
                raise ScenarioError([turned_twice(name, path, other, "name one of the two")])
        found[name] = one
    return list(found.values())


def turned_by_both(one: Knob, other: Knob) -> str:
    """A path that both of them turn, empty if there is none."""
    theirs = [f"{path}." for path in other.change(other.start)]
    both = (
        path
        for path in one.change(one.start)
        if any(f"{path}.".startswith(its) or its.startswith(f"{path}.") for its in theirs)
    )
    return next(both, "")


def turned_twice(name: str, path: str, other: str, way_out: str) -> Problem:
    """What is said of a slider that turns the same as another."""
    rule = f"it turns {path}, which {other} turns already"
    return Problem(name, Finding("one of two for the same"), rule, way_out)


def knob_of(found: Parameter) -> Knob:
    """The knob of any parameter; ScenarioError for one that is neither a number nor a choice."""
    part = found.path.partition(".")[0] if found.owner else "scenario"
    group = part.replace("_", " ").capitalize()
    if offered := choices(found):
        options = tuple((found.in_words(value), value) for value in offered)
        change = partial(_put, found.path)
        return Knob(group, found.label, found.value, options, change, True, found.path)
    if found.kind.turned and positions(found):
        return replace(_of_mean(found, group), label=found.label, path=found.path)
    if found.kind.name == PART.name:
        raise not_turned(found, "")
    rule = f"its kind is {found.kind.name}, and a board turns numbers and choices"
    if found.kind.turned:
        rule = "it has no mean that a slider could stand at"
    lists = "fs.parameters(scenario) lists all there are"
    raise ScenarioError([Problem(found.path, Finding(found.text), rule, lists)])


def _put(path: str, value: Any) -> dict[str, Any]:
    return {path: value}


def knob(found: Parameter, group: str, label: str = "") -> Knob:
    """The knob of a parameter, with a label of its own if that is told."""
    options = tuple((found.in_words(value), value) for value in positions(found))
    return Knob(group, label or found.short, found.number, options, found.at)


def _conversions(s: Scenario) -> list[Knob]:
    return [
        knob(
            parameter(s, f"stages.{stage.name}.conversion"),
            "Conversion",
            f"{stage.name} → {following.name}",
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

    values = sorted({total, *even_steps(2.5 * total if total else 20)})
    options = tuple((number_text(value), value) for value in values)
    return [Knob("Leads", "Leads a day", total, options, change)]


def _follow_ups(s: Scenario) -> list[Knob]:
    """Who calls; and, by stage, how long leads wait and what waiting costs."""
    found = [parameter(s, f"teams.{team.name}.reps") for team in s.teams]
    for stage in s.stages:
        if stage.follow_up is not None:
            path = f"stages.{stage.name}.follow_up"
            found += [parameter(s, f"{path}.{key}") for key in ("patience", "response_half_life")]
    return [_of_mean(one, "Follow-up") for one in found if one.number > 0]


def _of_mean(found: Parameter, group: str) -> Knob:
    """The knob of a number, or of the mean that a distribution is given by, to be read in code."""
    inner = found
    if isinstance(found.value, Distribution):
        path, (numbers,) = f"{found.path}.{found.value.kind}", plain(found.value).values()
        is_given = isinstance(numbers, dict) and "mean" in numbers
        inner = parameter(found.scenario, f"{path}.mean" if is_given else path)
    return knob(inner if inner.kind.turned else found, group, found.short)


def _commissions(s: Scenario) -> list[Knob]:
    """What each channel gets by the sale: its share of what customers pay, and a fixed sum."""
    paths = []
    for channel in s.channels:
        if channel.commission and s.order is not None:
            paths.append(f"channels.{channel.name}.commission")
        if channel.cost_per_sale:
            paths.append(f"channels.{channel.name}.cost_per_sale")
    return [knob(parameter(s, path), "Commission") for path in paths]


def _repeats(s: Scenario) -> list[Knob]:
    """How likely a customer orders again; the mean, where customers differ."""
    if s.retention is None:
        return []
    found = parameter(s, "retention.repeat_probability")
    is_mean = isinstance(found.value, Beta)
    return [knob(found, "Coming back", f"{found.short}, mean" if is_mean else "")]


def _win_back(s: Scenario) -> list[Knob]:
    return [
        knob(parameter(s, f"campaigns.{campaign.name}.probability"), "Coming back")
        for campaign in s.campaigns
        # nobody has been away so long before the horizon: the message goes to none
        if campaign.kind == WIN_BACK and campaign.after and campaign.after < s.horizon
    ]


def _loyalty(s: Scenario) -> list[Knob]:
    """Who joins, what an order earns, and what the highest tier takes off the price."""
    loyalty = s.loyalty
    if loyalty is None:
        return []
    paths = ["loyalty.enrolment"]
    if loyalty.self_selection != 1:  # at 1 nobody is keener to enrol than others
        paths.append("loyalty.self_selection")
    if loyalty.points_per_unit:
        paths.append("loyalty.points_per_unit")
    if loyalty.tiers:
        tier = max(loyalty.tiers, key=lambda tier: tier.from_spend)
        paths.append(f"loyalty.tiers.{tier.name}.discount")
    return [knob(parameter(s, path), "Loyalty programme") for path in paths]


def _promoters(s: Scenario) -> list[Knob]:
    """How many customers are promoters, and how many leads each of their orders brings."""
    paths = []
    # where promoters bring nobody and are no stage, they are in no picture and no tile
    if s.satisfaction is not None and (s.referral or PROMOTES in s.life_stages.values()):
        paths.append("satisfaction.promoter")
    if s.referral is not None:
        paths.append("referral.invites")
    return [knob(parameter(s, path), "Word of mouth") for path in paths]
