"""What a plan may move: the leads, the budget, or one number of the scenario.

A lever turns the scenario by a factor: 1 is today. Leads are moved at the present mix of the
channels, none past its ceiling; a budget buys leads of those channels only that cost something, by
the lead or by the sale.
Any other lever is a dotted path: `teams.sales.reps`, `stages.Interest.conversion`. What stands
there, and how far it goes, `scenario/parameters.py` knows. When a change begins (or ends) goes by
whole weeks of the plan (`planner/weeks.py`); its factor is 1 plus the share of the plan's time by
which it is earlier than today.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from difflib import get_close_matches
from typing import Any

import numpy as np
from numpy.typing import NDArray

from funnelsim.analytic.arrivals import leads_before_and_after, leads_of_channels
from funnelsim.analytic.costs import costs_by_sale
from funnelsim.analytic.teams import team_load
from funnelsim.arguments import refused
from funnelsim.distributions import WEEK, Floats, duration_text
from funnelsim.errors import ScenarioError, nearest
from funnelsim.kinds import BY_ODDS, IN_STEPS, MOMENT
from funnelsim.planner.roots import least
from funnelsim.scenario import Channel, Scenario
from funnelsim.scenario.leads import Burst
from funnelsim.scenario.parameters import Parameter, not_turned, parameter, usual
from funnelsim.staffing import fewest_reps

MOST_LEADS = 2_000_000  # in one simulation of a search
MOST_PLANNED = 10**12  # by a formula: of more nobody has heard
MOST_REPS = 1_000
LEAST_START = 0.02  # of today's leads: where open deals bring nearly all of the target
MOST_TURNED = 100.0  # times as much, of a number without a limit of its own


@dataclass(frozen=True)
class Lever:
    """What is moved in a scenario, and how far it may go.

    `path` is "leads", "budget" or a dotted path; `high` the largest factor; `whole` says that it
    moves in whole steps (reps); `downwards` that less of it is more of the result. `moments` are
    those at which a change may begin, where that is moved.
    """

    scenario: Scenario
    path: str
    high: float
    whole: bool = False
    downwards: bool = False
    moments: tuple[int, ...] = ()

    @property
    def moves_leads(self) -> bool:
        return self.path in ("leads", "budget")

    def at(self, factor: float) -> Scenario:
        """The scenario with it turned by this factor."""
        if self.moves_leads:
            return with_leads(self.scenario, factor, only_paid=self.path == "budget")
        if self.team:
            return with_reps(self.scenario, self.team, round(self.today * factor))
        if self.moments:
            is_today = factor == 1  # whatever it is, it stays so
            there = self.parameter.at(self.number_at(factor))
            return self.scenario if is_today else self.scenario.vary(there)
        factor = 1 / factor if self.downwards else factor
        return self.scenario.vary(self.parameter.times(factor))

    def number_at(self, factor: float) -> float:
        """The number that stands at the path at this factor, of a distribution its mean."""
        if self.moments:
            earlier = (factor - 1) * self._time
            return round(self._reference + (earlier if self.downwards else -earlier))
        return self.today / factor if self.downwards else self.today * factor

    def factor_of(self, moment: int) -> float:
        """The factor at which a change begins at this moment."""
        earlier = (self._reference - moment) / self._time
        return 1 - earlier if self.downwards else 1 + earlier

    @property
    def _time(self) -> int:
        return self.scenario.horizon - self.scenario.warm_up

    @property
    def _reference(self) -> float:
        """When the change begins today, or the end of the plan's time that is nearest to it."""
        return min(max(self.today, self.scenario.warm_up), self.scenario.horizon)

    @property
    def parameter(self) -> Parameter:
        """What stands at the path."""
        return parameter(self.scenario, self.path)

    @property
    def team(self) -> str:
        """The team whose reps are moved, if that is what is moved."""
        section, _, rest = self.path.partition(".")
        return rest.removesuffix(".reps") if section == "teams" and rest.endswith(".reps") else ""

    @property
    def today(self) -> float:
        """The number that stands at the path, of a distribution its mean (1 where it has none)."""
        number = self.parameter.number
        return number if math.isfinite(number) else 1.0

    def text(self, factor: float) -> str:
        """What stands there at this factor, in words."""
        if self.moments:
            return self._when(self.today if factor == 1 else self.number_at(factor))
        if not math.isfinite(self.parameter.number):
            return f"today's × {1 / factor if self.downwards else factor:.3g}"
        return parameter(self.at(factor), self.path).text

    def _when(self, moment: float) -> str:
        """A moment as its date and week: "2027-02-15, week 7"."""
        scenario = self.scenario
        if moment >= scenario.horizon:
            return "not within the time"
        day = datetime.combine(scenario.start, time()) + timedelta(microseconds=round(moment))
        week = int((moment - scenario.warm_up) // WEEK) + 1
        return f"{day:%Y-%m-%d}" + (f", week {week}" if week > 0 else "")


def lever(scenario: Scenario, change: str) -> Lever:
    """The lever of this name; FunnelSimError for what cannot be moved."""
    if change in ("leads", "budget"):
        paid = [c for c in scenario.channels if change == "leads" or is_paid(c, scenario)]
        rates = [channel.rate for channel in paid]
        if not sum(rates):
            rule = (
                "no channel brings leads" if change == "leads" else "no paid channel brings leads"
            )
            way_out = "give each the leads_per_day of today: the plan keeps their mix"
            raise refused("change", change, rule, way_out)
        limits = [
            c.most / rate_of(c, scenario) if c.most is not None else math.inf
            for c in paid
            if rate_of(c, scenario)
        ]
        return Lever(scenario, change, max(limits))
    if change == "reps" and scenario.teams:
        paths = [f"teams.{team.name}.reps" for team in scenario.teams]
        if len(paths) > 1:
            rule, way_out = "there are several teams", f"write one of: {', '.join(paths)}"
            raise refused("change", change, rule, way_out)
        change = paths[0]
    if change in ("horizon", "warm_up", "start"):
        rule, way_out = "a plan does not move the time", 'say it with within="120 days"'
        raise refused("change", change, rule, way_out)
    found = _to_move(scenario, change)
    if found.kind.name == MOMENT.name:
        return _of_weeks(scenario, found)
    if not math.isfinite(found.number):  # a distribution without a mean has a scale all the same
        return Lever(scenario, change, MOST_TURNED)
    high = found.kind.high / found.number
    if found.kind.turned == IN_STEPS:
        moved = Lever(scenario, change, high, whole=True)
        return replace(moved, high=min(high, MOST_REPS / found.number)) if moved.team else moved
    return Lever(scenario, change, high if found.kind.turned == BY_ODDS else min(high, MOST_TURNED))


def _of_weeks(scenario: Scenario, found: Parameter) -> Lever:
    """The lever that moves a change by whole weeks of the plan; its last one is not within it."""
    weeks = [*range(scenario.warm_up, scenario.horizon, WEEK), scenario.horizon]
    moments = tuple(at for at in weeks if found.kind.holds(at))
    if not moments:
        rule = f"it may be {found.limits}, where no week of the plan begins"
        raise refused("change", found.path, rule, "move the other end of it")
    return _as_far(Lever(scenario, found.path, 1.0, whole=True, moments=moments))


def _as_far(moved: Lever) -> Lever:
    return replace(moved, high=max(map(moved.factor_of, moved.moments)))


def turned_down(moved: Lever) -> Lever:
    """The lever of which less is more of the result: it goes as far as the least there can be."""
    if moved.moments:
        return _as_far(replace(moved, downwards=True))
    least = moved.parameter.least
    most = moved.today / least if least > 0 else math.inf
    return replace(moved, high=min(most, MOST_TURNED), downwards=True)


def _to_move(scenario: Scenario, change: object) -> Parameter:
    """The parameter that a plan is to move; FunnelSimError for what cannot be moved."""
    there = ["leads", "budget", *(parameter.path for parameter in usual(scenario))]
    is_word = isinstance(change, str) and get_close_matches(change, ["leads", "budget", "reps"])
    if is_word or not isinstance(change, str):
        rule = "there is no team" if change == "reps" else "it is one of these, or a path"
        raise refused("change", change, rule, nearest(change, there))
    try:
        found = parameter(scenario, change)
    except ScenarioError as error:
        (nowhere,) = error.problems
        raise ScenarioError([replace(nowhere, path="change", value=change)]) from None
    is_moment = found.kind.name == MOMENT.name and math.isfinite(found.number)  # 0 is one too
    if found.why_not and not found.number >= 1 and not is_moment:  # a share of 1 can go down
        way_out = f"there are: {', '.join(there)}"
        raise not_turned(found, way_out)
    return found


def no_further(moved: Lever, most: float) -> Lever:
    """A lever of leads that goes no further than to so many leads until the horizon."""
    if not moved.moves_leads:
        return moved
    before, then = leads_before_and_after(moved.scenario)
    return replace(moved, high=factor_for(moved, max(most - before, 1.0))) if then else moved


def full_at(moved: Lever) -> list[float]:
    """The factors at which a lever of leads fills a channel up to its ceiling."""
    moves = _moves(moved)
    most = _most(moved.scenario)
    return [float(x) for x in most[moves & np.isfinite(most)]]


def leads_at(moved: Lever, factors: Floats) -> Floats:
    """Leads expected of each channel at these factors of a lever of leads, shape (len, channels).

    As `leads_of_channels` of the scenario at each.
    """
    times = np.minimum(factors[:, None], _most(moved.scenario))
    found: Floats = leads_of_channels(moved.scenario) * np.where(_moves(moved), times, 1.0)
    return found


def busiest_load(moved: Lever) -> float:
    """The load of the busiest team today; 0 without a team."""
    teams = moved.scenario.teams
    return float(team_load(moved.scenario)["load"].max()) if teams else 0.0


def first_guess(moved: Lever, naive: float, busiest: float) -> float:
    """Where a search begins: with the usual sum, but not past what the teams can do (`busiest` is
    the load of the busiest today), since from there on it only gets worse."""
    if not moved.moves_leads:
        return 1.0
    leads = float(leads_of_channels(moved.scenario).sum())
    start = naive / leads if naive < math.inf else 1.0
    return max(min(start, 1 / max(busiest, 1e-9)), LEAST_START)


def _moves(moved: Lever) -> NDArray[np.bool_]:
    """Which channels a lever of leads moves."""
    is_all, scenario = moved.path == "leads", moved.scenario
    return np.array([is_all or is_paid(channel, scenario) for channel in scenario.channels])


def _most(scenario: Scenario) -> Floats:
    """How many times its leads of today each channel can bring."""
    rates = [(channel.most, rate_of(channel, scenario)) for channel in scenario.channels]
    return np.array([math.inf if not rate or top is None else top / rate for top, rate in rates])


def factor_for(moved: Lever, leads: float) -> float:
    """The factor at which a lever of leads brings so many; its largest where it never does."""

    def brings(factor: float) -> float:
        return float(leads_at(moved, np.array([factor])).sum())

    if leads <= 0:  # what is open brings it all
        return 0.0
    start = min(leads / max(brings(1.0), 1e-9), moved.high)
    if abs(brings(start) - leads) <= 1e-9 * leads:
        return start
    # some channels stay as they are, or have reached their ceiling
    found = least(lambda factor: brings(factor) - leads, start, moved.high, 1e-6)
    return moved.high if found is None else found


def with_leads(scenario: Scenario, factor: float, only_paid: bool = False) -> Scenario:
    """The scenario with the leads of its channels times a factor, none past its ceiling.

    From the end of the warm-up on: what came before is the past, which no plan can move.
    """
    changes: dict[str, object] = {}
    for channel in scenario.channels:
        if not rate_of(channel, scenario) or (only_paid and not is_paid(channel, scenario)):
            continue
        times = (
            factor
            if channel.most is None
            else min(factor, channel.most / rate_of(channel, scenario))
        )
        if scenario.warm_up and times != 1:
            texts = {"from": duration_text(scenario.warm_up), "to": duration_text(scenario.horizon)}
            times *= rate_of(channel, scenario) / channel.rate
            burst = Burst.model_validate({**texts, "factor": times})
            others = [b for b in channel.bursts if not _is_of_a_plan(b, scenario)]
            changes[f"channels.{channel.name}.bursts"] = (*others, burst)
        elif not scenario.warm_up:
            by_clicks = channel.leads_per_day is None
            key = "impressions_per_day" if by_clicks else "leads_per_day"
            clicks = (channel.click_through_rate or 1.0) if by_clicks else 1.0
            changes[f"channels.{channel.name}.{key}"] = channel.rate * times / clicks
    return scenario.vary(changes)


def rate_of(channel: Channel, scenario: Scenario) -> float:
    """Leads a day before any other factor, from the end of the warm-up on; as a plan has it."""
    planned = [b.factor for b in channel.bursts if _is_of_a_plan(b, scenario)]
    return channel.rate * math.prod(planned)


def _is_of_a_plan(burst: Burst, scenario: Scenario) -> bool:
    whole = (scenario.warm_up, scenario.horizon)
    return bool(scenario.warm_up) and (burst.from_, burst.to) == whole


def with_reps(scenario: Scenario, team: str, reps: int) -> Scenario:
    """The scenario with so many reps in a team.

    Who comes has the skill that the reps of today have on average (of the odds, the geometric
    mean); where some go it is not known who, and all who stay have it.
    """
    (now,) = (t for t in scenario.teams if t.name == team)
    reps = max(reps, fewest_reps(scenario, now))  # whom changes take away must be there
    if reps == now.reps:
        return scenario
    changes: dict[str, object] = {f"teams.{team}.reps": reps}
    if now.skills:
        of_today = [*now.skills[: now.reps], *[1.0] * (now.reps - len(now.skills))]
        middle = math.prod(of_today) ** (1 / now.reps)
        stay = of_today if reps > now.reps else []
        changes[f"teams.{team}.skills"] = [*stay, *[middle] * (reps - len(stay))]
    return scenario.vary(changes)


def limits_of_channels(today: Scenario, planned: Scenario) -> dict[str, Any]:
    """Of each channel: its `ceiling` a day (NaN: none), whether it brings as many leads as that
    allows (`full`), and whether a lead or a sale of it costs something (`paid`)."""
    ceilings = [np.nan if c.ceiling is None else c.ceiling for c in planned.channels]
    return {
        "ceiling": np.array(ceilings, dtype=float),
        "full": is_full(today, planned),
        "paid": [is_paid(channel, planned) for channel in planned.channels],
    }


def is_full(today: Scenario, planned: Scenario) -> NDArray[np.bool_]:
    """Whether each channel brings as many leads as its ceiling allows: shape (channels,)."""
    before, then = leads_of_channels(today), leads_of_channels(planned)
    times = np.divide(then, before, out=np.ones_like(then), where=before > 0)
    rates = np.array([rate_of(channel, today) for channel in today.channels])
    ceilings = [np.inf if c.most is None else c.most for c in today.channels]
    return np.asarray(rates * times >= np.array(ceilings) * (1 - 1e-9))


def is_paid(channel: Channel, scenario: Scenario) -> bool:
    """Whether a lead or a sale of this channel costs something."""
    return channel.price > 0 or costs_by_sale(channel, scenario)
