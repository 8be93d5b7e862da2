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

    team: TeamName = Field(description="the team that calls")
    handling_time: Annotated[DurationDistribution, USUAL] = Field(
        AT_ONCE, description="of a rep, for a call that reaches the lead"
    )
    patience: Annotated[DurationDistribution | None, USUAL] = Field(
        None, description="how long a lead waits, from entering; left out, without end"
    )
    response_half_life: Annotated[PositiveDuration | None, USUAL] = Field(
        None, title="half-life", description="the odds of advancing halve in this time of waiting"
    )
    missed: Probability = Field(0.0, title="never called", description="nobody ever calls")
    reach_probability: Annotated[Probability, USUAL] = Field(1.0, description="of each call")
    attempts: Calls = Field(1, title="calls", description="at most")
    every: Duration = Field(
        DAY, title="time between calls", description="from a call in vain to the next one"
    )
    attempt_time: DurationDistribution = Field(
        AT_ONCE, title="time of a call in vain", description="of a rep, who reaches nobody"
    )


class Recovery(Part):
    """A message to those whom the stage lost; some come back and enter it again."""

    probability: Annotated[Probability, USUAL] = Field(description="comes back after the message")
    anyway: Probability = Field(
        0.0, description="would have come back without one; part of the probability"
    )
    delay: DurationDistribution = Field(AT_ONCE, description="from the loss to the message")
    cost: Amount = Field(0.0, description="of a message, whether or not the lead comes back")
    discount: Probability = Field(0.0, description="on the first order of those who came back")
    odds_ratio: Ratio = Field(1.0, description="of advancing, in the new visit only")
    attempts: Calls = Field(1, title="messages", description="at most")

    def limits(self) -> dict[str, Limits]:
        return {"anyway": (None, self.probability), "probability": (self.anyway, None)}


class Stage(Part):
    """A stage of the funnel; the last one is the goal and has nothing but its name."""

    name: Name = Field(description="by which it is found in paths and tables")
    conversion: Annotated[Probability | None, USUAL] = Field(
        None, description="of advancing, for a lead without any odds ratio"
    )
    decision_time: DurationDistribution = Field(
        AT_ONCE, description="from the end of the call, or from entering, to the decision"
    )
    loss_reasons: Reasons = Field(
        default_factory=lambda: MappingProxyType({NOT_CONVINCED: 1.0}),
        description="weights of what those say who do not advance",
    )
    follow_up: FollowUp | None = Field(None, title="", description="calls by a team")
    recovery: Recovery | None = Field(None, description="a message to those who are lost")

    def there(self) -> Collection[str]:
        return ("name",) if self.conversion is None else type(self).model_fields  # the goal


class Team(Part):
    """Sales staff who follow up."""

    name: Name = Field(description="by which it is found in paths and tables")
    reps: Annotated[Count, USUAL] = Field(description="who call")
    skills: Skills = Field((), description="odds ratios by rep, 1 beyond the list")
    open: OpenHours = Field(ALWAYS, title="opening hours", description="when calls can start")
    closed: Dates = Field((), title="closed days", description="on which it does not open")
    serves: Serves = Field(FIRST_COME, title="order of service", description="of waiting leads")
    cost_per_rep_day: Amount = Field(
        0.0, title="cost of a rep a day", description="for each day with opening hours"
    )
