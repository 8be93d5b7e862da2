"""The stages of the funnel, the teams who follow up there, and the way back for the lost."""

from __future__ import annotations

from types import MappingProxyType

from pydantic import Field

from funnelsim.distributions import (
    AT_ONCE,
    DAY,
    Amount,
    Duration,
    DurationDistribution,
    Part,
    Positive,
    PositiveDuration,
    Probability,
)
from funnelsim.opening_hours import ALWAYS
from funnelsim.scenario.values import (
    FIRST_COME,
    NOT_CONVINCED,
    Calls,
    Count,
    Dates,
    Name,
    OpenHours,
    Reasons,
    Serves,
    Skills,
)


class FollowUp(Part):
    """A team calls each lead that enters the stage; leads wait as long as their patience."""

    team: Name
    handling_time: DurationDistribution = AT_ONCE
    patience: DurationDistribution | None = None  # none: they wait without end
    response_half_life: PositiveDuration | None = None  # the odds of advancing halve in this time
    missed: Probability = 0.0  # nobody ever calls
    reach_probability: Probability = 1.0  # of each call
    attempts: Calls = 1  # calls at most
    every: Duration = DAY  # from the end of a call that reached nobody to the next
    attempt_time: DurationDistribution = AT_ONCE  # of a rep, for a call that reaches nobody


class Recovery(Part):
    """A message to those whom the stage lost; some come back and enter it again."""

    probability: Probability  # comes back after a message
    anyway: Probability = 0.0  # would have come back without one; part of `probability`
    delay: DurationDistribution = AT_ONCE
    cost: Amount = 0.0
    discount: Probability = 0.0  # on the first order of those who came back
    odds_ratio: Positive = 1.0  # in the new visit only
    attempts: Calls = 1


class Stage(Part):
    """A stage of the funnel; the last one is the goal and has nothing but its name."""

    name: Name
    conversion: Probability | None = None
    decision_time: DurationDistribution = AT_ONCE
    loss_reasons: Reasons = Field(default_factory=lambda: MappingProxyType({NOT_CONVINCED: 1.0}))
    follow_up: FollowUp | None = None
    recovery: Recovery | None = None


class Team(Part):
    """Sales staff who follow up."""

    name: Name
    reps: Count
    skills: Skills = ()  # odds ratios by rep, 1 beyond the list
    open: OpenHours = ALWAYS
    closed: Dates = ()  # days on which the team does not open
    serves: Serves = FIRST_COME
    cost_per_rep_day: Amount = 0.0  # for each day with opening hours
