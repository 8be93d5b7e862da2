"""What a process asks about a lead: the columns of `draws.py`, one lead at a time.

The columns become plain lists here, because looking up one number in a list is many times
quicker than in an array, and plain whole numbers keep SimPy's clock exact.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from funnelsim.engines.draws import Draws, StageDraws


class Lead(NamedTuple):
    """A lead as it arrives; `number` is its row, `key` settles who goes first at one moment."""

    number: int
    key: int
    arrived: int
    enters: int  # the number of the stage it enters first
    deal_value: int


class Repeat(NamedTuple):
    """What follows an order: does the customer come back, after what gap, for what value."""

    comes_back: bool
    gap: int
    value: int


class Visit:
    """What leads would do on their first visit to a stage, or on one after coming back.

    `attempt` counts the visits from 0; nobody comes back after the one that `is_last`.
    """

    def __init__(self, stage: Stage, attempt: int, columns: StageDraws) -> None:
        self.stage, self.attempt = stage, attempt
        self.is_last = attempt == stage.recoveries
        self._decay = columns.decay
        self._slack = columns.slack.tolist()
        self._reason = columns.reason.tolist()
        self._missed = columns.missed.tolist()
        self._decision_time = columns.decision_time.tolist()
        self._handling_time = columns.handling_time.tolist()
        self._patience = columns.patience.tolist()
        self._reached_by = columns.reached_by.tolist()
        self._attempt_times = [times.tolist() for times in columns.attempt_times]
        self._returns = columns.returns.tolist()
        self._return_delay = columns.return_delay.tolist()

    def is_missed(self, lead: Lead) -> bool:
        return self._missed[lead.number]

    def patience(self, lead: Lead) -> int:
        return self._patience[lead.number]

    def is_reached(self, lead: Lead, call: int) -> bool:
        return self._reached_by[lead.number] == call

    def handling_time(self, lead: Lead, call: int) -> int:
        """The rep's time: for the conversation, or for a call that reaches nobody."""
        if self.is_reached(lead, call):
            return self._handling_time[lead.number]
        return self._attempt_times[call][lead.number]

    def decision_time(self, lead: Lead) -> int:
        return self._decision_time[lead.number]

    def advances(self, lead: Lead, response_time: int, rep: int) -> bool:
        """The rule of odds: the rep's skill helps, waiting for the call hurts."""
        helps = self._slack[lead.number] + self.stage.ln_skills[rep]
        return helps > response_time * self._decay

    def reason(self, lead: Lead) -> str:
        return self.stage.reasons[self._reason[lead.number]]

    def returns(self, lead: Lead) -> bool:
        return self._returns[lead.number]

    def return_delay(self, lead: Lead) -> int:
        return self._return_delay[lead.number]


class Stage:
    """A stage before the goal: who calls there and how often, and the visits a lead may make."""

    def __init__(self, draws: Draws, number: int) -> None:
        stage = draws.scenario.stages[number]
        self.number, self.name = number, stage.name
        self.reasons = list(stage.loss_reasons)
        self.team = stage.follow_up.team if stage.follow_up else ""
        self.calls = stage.follow_up.attempts if stage.follow_up else 0
        self.every = stage.follow_up.every if stage.follow_up else 0
        self.ln_skills = [0.0, *draws.ln_skills(stage)]  # reps are numbered from 1; 0 is nobody
        self.recoveries = stage.recovery.attempts if stage.recovery else 0
        self.visits = [Visit(self, n, columns) for n, columns in enumerate(draws.stages[number])]


class Funnel:
    """The stages in order, the leads as they arrive, and what customers would do."""

    def __init__(self, draws: Draws) -> None:
        self.stages: Sequence[Stage] = [Stage(draws, n) for n in range(len(draws.stages))]
        self.goal = len(self.stages)  # the number of the last stage
        self.has_orders = draws.scenario.order is not None
        self._leads = zip(
            range(len(draws.key)),
            draws.key.tolist(),
            draws.arrived.tolist(),
            [0] * len(draws.key),
            draws.deal_value.tolist(),
            strict=True,
        )
        repeats = draws.repeats
        self._first = repeats.first.tolist()
        self._comes_back = repeats.comes_back.tolist()
        self._gap = repeats.gap.tolist()
        self._value = repeats.value.tolist()

    def leads(self) -> Iterator[Lead]:
        """In order of arrival."""
        return map(Lead._make, self._leads)

    def repeats(self, lead: Lead) -> Iterator[Repeat]:
        """What follows the lead's first order, its second, and so on."""
        rows = range(self._first[lead.number], self._first[lead.number + 1])
        return (Repeat(self._comes_back[i], self._gap[i], self._value[i]) for i in rows)
