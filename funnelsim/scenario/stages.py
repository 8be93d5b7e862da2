"""The stages of the funnel, the teams who follow up there, and the way back for the lost."""

from __future__ import annotations

from collections.abc import Collection
from types import MappingProxyType
from typing import Annotated

from pydantic import Field

from funnelsim.distributions import (
    AT_ONCE,
    DAY,
    Amount,
    Duration,
    DurationDistribution,
    Limits,
    Part,
    PositiveDuration,
    Probability,
)
from funnelsim.kinds import USUAL
from funnelsim.opening_hours import ALWAYS
from funnelsim.scenario.values import (
    FIRST_COME,
    NOT_CONVINCED,
    Calls,
    Count,
    Dates,
    Name,
    OpenHours,
    Ratio,
    Reasons,
    Serves,
    Skills,
    TeamName,
)


class FollowUp(Part):
    """A team calls each lead that enters the stage; leads wait as long as their patience."""

    section = "Stages"

    team: TeamName
    """the team that calls"""
    handling_time: Annotated[DurationDistribution, USUAL] = AT_ONCE
    """of a rep, for a call that reaches the lead"""
    patience: Annotated[DurationDistribution | None, USUAL] = None
    """how long a lead waits, from entering; left out, without end"""
    response_half_life: Annotated[PositiveDuration | None, USUAL] = Field(None, title="half-life")
    """the odds of advancing halve in this time of waiting"""
    missed: Probability = Field(0.0, title="never called")
    """nobody ever calls"""
    reach_probability: Annotated[Probability, USUAL] = 1.0
    """of each call"""
    attempts: Calls = Field(1, title="calls")
    """at most"""
    every: Duration = Field(DAY, title="time between calls")
    """from a call in vain to the next one"""
    attempt_time: DurationDistribution = Field(AT_ONCE, title="time of a call in vain")
    """of a rep, who reaches nobody"""


class Recovery(Part):
    """A message to those whom the stage lost; some come back and enter it again."""

    section = "Stages"

    probability: Annotated[Probability, USUAL]
    """comes back after the message"""
    anyway: Probability = 0.0
    """would have come back without one; part of the probability"""
    delay: DurationDistribution = AT_ONCE
    """from the loss to the message"""
    cost: Amount = 0.0
    """of a message, whether or not the lead comes back"""
    discount: Probability = 0.0
    """on the first order of those who came back"""
    odds_ratio: Ratio = 1.0
    """of advancing, in the new visit only"""
    attempts: Calls = Field(1, title="messages")
    """at most"""

    def limits(self) -> dict[str, Limits]:
        return {"anyway": (None, self.probability), "probability": (self.anyway, None)}


class Stage(Part):
    """A stage of the funnel; the last one is the goal and has nothing but its name."""

    section = "Stages"

    name: Name
    """by which it is found in paths and tables"""
    conversion: Annotated[Probability | None, USUAL] = None
    """of advancing, for a lead without any odds ratio"""
    decision_time: DurationDistribution = AT_ONCE
    """from the end of the call, or from entering, to the decision of those who advance"""
    loss_time: DurationDistribution | None = None
    """the same of those who do not; left out, the decision time"""
    silent: Probability = Field(0.0, title="never says no")
    """who does not advance never says so, and stays open"""
    drop_after: PositiveDuration | None = None
    """whoever has said nothing so long after the call, or entering, is given up as lost"""
    loss_reasons: Reasons = Field(default_factory=lambda: MappingProxyType({NOT_CONVINCED: 1.0}))
    """weights of what those say who do not advance"""
    follow_up: FollowUp | None = Field(None, title="")
    """calls by a team"""
    recovery: Recovery | None = None
    """a message to those who are lost"""

    @property
    def time_to_lose(self) -> DurationDistribution:
        """How long it takes to say no, for those who say so."""
        return self.loss_time or self.decision_time

    def there(self) -> Collection[str]:
        return ("name",) if self.conversion is None else type(self).model_fields  # the goal


class Team(Part):
    """Sales staff who follow up."""

    section = "Teams"

    name: Name
    """by which it is found in paths and tables"""
    reps: Annotated[Count, USUAL]
    """who call"""
    skills: Skills = ()
    """odds ratios by rep, 1 beyond the list"""
    open: OpenHours = Field(ALWAYS, title="opening hours")
    """when calls can start"""
    closed: Dates = Field((), title="closed days")
    """on which it does not open"""
    serves: Serves = Field(FIRST_COME, title="order of service")
    """of waiting leads"""
    cost_per_rep_day: Amount = Field(0.0, title="cost of a rep a day")
    """for each day with opening hours"""
