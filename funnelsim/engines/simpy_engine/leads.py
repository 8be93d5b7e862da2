"""The columns of `draws/`, one lead at a time, as the SimPy engine asks for them.

Plain lists are several times quicker to look up than arrays, and whole Python numbers keep
SimPy's clock exact.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from funnelsim.analytic.changing import ln_odds, of_stage
from funnelsim.engines.draws.drawn import OrderDraws, StageDraws, does_without
from funnelsim.engines.draws.draws import Draws
from funnelsim.engines.draws.initial import decay_of
from funnelsim.journal import CUSTOMER, NEVER, UPSOLD
from funnelsim.scenario.values import RECOVERY


class Lead(NamedTuple):
    """A lead as it arrives; `number` is its row, `key` settles who goes first at one moment."""

    number: int
    key: int
    arrived: int  # -1 for those whom customers bring: when they arrive is told by the simulation
    enters: int  # the number of the stage it enters first
    delay: int  # from the order that brought it to its arrival
    is_upsold: bool  # a customer who may be sold something else
    is_customer: bool  # when the simulation begins; `delay` is then until it orders again
    discount: float  # with which it had been brought back before the simulation began
    is_written_to: bool  # when it is lost; an arm of an experiment may do without
    gets_campaigns: bool
    enrols: bool  # would join the loyalty programme with its first order
    is_won_back: bool  # would accept the win-back offer


class DrawnVisit(NamedTuple):
    """What a lead would do on a visit to a stage: on its first, or on one after coming back."""

    lead: Lead
    stage: DrawnStage
    attempt: int  # 0 for the first visit
    # and, of the same name and meaning, what `StageDraws` holds for the lead
    slack: float
    decision_time: int
    loss_time: int
    drop_after: int
    reason: int
    missed: bool
    settled: bool
    handling_time: int
    patience: int
    reached_by: int
    attempt_times: tuple[int, ...]
    before: int
    returns: bool
    anyway: bool  # would return without the message too
    return_delay: int

    def has_follow_up(self) -> bool:
        return bool(self.stage.team) and not self.settled

    def is_reached(self, call: int) -> bool:
        return self.reached_by == call

    def call_time(self, call: int) -> int:
        """The rep's time: for the conversation, or for a call that reaches nobody."""
        if self.is_reached(call):
            return self.handling_time
        return self.attempt_times[call]

    def advances(self, entered: int, response_time: int, ln_skill: float) -> bool:
        """The rule of odds: what is true only for a while when the visit begins and the rep's
        skill help, waiting for the call hurts.
        """
        slack = self.slack + self.stage.helps(entered - self.before)
        return slack + ln_skill > response_time * self.stage.decay

    def takes(self, advances: bool) -> int:
        """How long it thinks before it says so."""
        return self.decision_time if advances else self.loss_time

    def loss_reason(self) -> str:
        """Why the lead leaves, should it not advance."""
        return self.stage.reasons[self.reason]

    def is_last(self) -> bool:
        """Whether nobody comes back after it."""
        return self.attempt == self.stage.recoveries


class DrawnStage:
    """A stage before the goal: who calls there and how often, and the visits a lead may make."""

    def __init__(self, draws: Draws, number: int) -> None:
        stage = draws.scenario.stages[number]
        self.number, self.name = number, stage.name
        self.reasons = list(stage.loss_reasons)
        self.team = stage.follow_up.team if stage.follow_up else ""
        self.calls = stage.follow_up.attempts if stage.follow_up else 0
        self.every = stage.follow_up.every if stage.follow_up else 0
        self.decay = decay_of(stage)
        self._crew = draws.crew(stage)
        self.changes = of_stage(draws.scenario, stage)
        self.recoveries = stage.recovery.attempts if stage.recovery else 0
        self.discount = stage.recovery.discount if stage.recovery else 0.0
        self._drawn = [_by_row(drawn) for drawn in draws.stages[number]]

    def ln_skill(self, rep: int, moment: int) -> float:
        """How well the rep of this number (1, 2, ...) convinces in a call begun at this moment."""
        return self._crew[rep - 1].ln_skill_at(moment)

    def helps(self, begun: int) -> float:
        """What changes add to the log odds of a visit that began then."""
        return float(ln_odds(self.changes, begun)) if self.changes else 0.0

    def visits(self, lead: Lead) -> Iterator[DrawnVisit]:
        """The first, and one for each time the lead may come back."""
        for attempt, drawn in enumerate(self._drawn):
            yield DrawnVisit._make((lead, self, attempt, *drawn[lead.number]))


def _by_row(drawn: StageDraws) -> dict[int, tuple[Any, ...]]:
    """What is drawn for the lead of each row, in the order of `DrawnVisit`."""
    names = DrawnVisit._fields[DrawnVisit._fields.index("slack") :]
    columns = {name: getattr(drawn, name).T.tolist() for name in names}
    columns["attempt_times"] = map(tuple, columns["attempt_times"])  # which gc need not look at
    return dict(zip(drawn.rows.tolist(), zip(*columns.values(), strict=True), strict=True))


class DrawnOrder(NamedTuple):
    """What one order would be, and what would follow it; amounts in cents."""

    basket: int
    offers: int
    payment: int
    statuses: list[tuple[int, int]]  # (status, how long after placing it is entered)
    closed: int  # how long after placing
    is_kept: bool
    feeling: int
    feeling_after_wait: int
    slack: float
    gap: int
    returns_within: int
    redeems: bool


class Orders:
    """What orders would be, looked up one by one."""

    def __init__(self, drawn: OrderDraws) -> None:
        steps = zip(drawn.status.T.tolist(), drawn.entered.T.tolist(), strict=True)
        self._statuses = [
            [(status, when) for status, when in zip(*step, strict=True) if status != NEVER]
            for step in steps
        ] or [[]] * len(drawn.rows)
        self._columns = [
            getattr(drawn, name).tolist() for name in DrawnOrder._fields if name != "statuses"
        ]

    def at(self, place: int) -> DrawnOrder:
        columns: list[Any] = [column[place] for column in self._columns]
        return DrawnOrder._make([*columns[:3], self._statuses[place], *columns[3:]])


class Funnel:
    """The stages in order, the leads as they arrive, and what customers would do."""

    def __init__(self, draws: Draws) -> None:
        self.stages: Sequence[DrawnStage] = [DrawnStage(draws, n) for n in range(len(draws.stages))]
        self.has_orders = draws.scenario.order is not None
        leads, everyone = draws.leads, np.arange(len(draws.leads.key))
        columns = (
            everyone,
            leads.key,
            np.where(leads.parent == NEVER, leads.earliest, NEVER),
            leads.enters,
            leads.delay,
            leads.kind == UPSOLD,
            leads.kind == CUSTOMER,
            draws.initial.discounts_of(leads) if draws.initial else np.zeros(len(everyone)),
            ~does_without(draws.scenario, RECOVERY, leads, everyone),
            draws.customers.gets_campaigns(everyone),
            draws.customers.enrols(everyone),
            draws.customers.is_won_back(everyone),
        )
        self._leads = [Lead(*row) for row in zip(*(c.tolist() for c in columns), strict=True)]
        self._orders = {
            which: (orders, place)
            for orders, drawn in ((Orders(drawn), drawn) for drawn in draws.orders)
            for place, which in enumerate(
                zip(drawn.rows.tolist(), drawn.number.tolist(), strict=True)
            )
        }
        self._children = _children(draws)

    def leads(self) -> Iterator[Lead]:
        """Those whom channels bring, in order of arrival."""
        return (lead for lead in self._leads if lead.arrived != NEVER)

    def order(self, lead: Lead, number: int) -> DrawnOrder:
        """What the lead's order of this number (1, 2, ...) would be."""
        orders, place = self._orders[lead.number, number]
        return orders.at(place)

    def children(self, lead: Lead, number: int) -> Iterator[Lead]:
        """Those whom the order may bring: whom a promoter refers, who is sold something else."""
        return (self._leads[row] for row in self._children.get((lead.number, number), ()))


def _children(draws: Draws) -> dict[tuple[int, int], list[int]]:
    """The rows of the leads that may come of each (row, number of the order)."""
    children: dict[tuple[int, int], list[int]] = {}
    born = np.flatnonzero(draws.leads.parent != NEVER)
    parents, numbers = draws.leads.parent[born].tolist(), draws.leads.parent_order[born].tolist()
    for row, parent, number in zip(born.tolist(), parents, numbers, strict=True):
        children.setdefault((parent, number), []).append(row)
    return children
