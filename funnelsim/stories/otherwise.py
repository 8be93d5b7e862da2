"""The same lead in other worlds: the same customers, with one thing of the scenario changed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from funnelsim.distributions import DAY
from funnelsim.engines import simulate
from funnelsim.journal import (
    CUSTOMER,
    FOLLOW_UP_OUTCOMES,
    LEAD_OUTCOMES,
    MISSED,
    NEVER,
    UPSOLD,
    VISIT_OUTCOMES,
    Journal,
    reasons,
)
from funnelsim.metrics.money import counts_as_revenue
from funnelsim.scenario.paths import plain
from funnelsim.stories.told import Row, rows_of, when

AS_IT_WAS = "as it was"
NEVER_CAME = "never came"
MOST_REPS = 10_000
Change = dict[str, Any]


@dataclass(frozen=True)
class Fate:
    """What became of a lead in the end: outcome, stage and reason of a loss, when; its orders."""

    outcome: str
    stage: str = ""
    reason: str = ""
    decided: int = NEVER
    orders: int = 0
    paid: int = 0  # cents, of orders kept


@dataclass(frozen=True)
class Otherwise:
    """A world: what is different there, what became of the lead, and the sentence that says it."""

    what: str
    change: Change
    fate: Fate
    sentence: str

    def row(self) -> dict[str, Any]:
        """As a row of `Story.otherwise`."""
        fate = self.fate
        return {
            "what": self.what,
            "change": self.change,
            "outcome": fate.outcome,
            "stage": fate.stage or None,
            "reason": fate.reason or None,
            "decided": fate.decided / DAY if fate.decided != NEVER else np.nan,
            "orders": fate.orders,
            "paid": fate.paid / 100,
            "sentence": self.sentence,
        }


def otherwise(journal: Journal, lead: int) -> list[Otherwise]:
    """What did become of the lead, and what would have in each world that is another for it."""
    was = fate_of(journal, lead)
    found = [Otherwise(AS_IT_WAS, {}, was, f"It {_in_words(journal, was, 'was', 'has')}.")]
    key = journal.whole["leads"]["key"][lead]
    for what, change in variants(journal, lead):
        there = _world(journal, _Change(change))
        at = np.flatnonzero(there.whole["leads"]["key"] == key)
        fate = fate_of(there, int(at[0])) if len(at) else Fate(NEVER_CAME)
        found.append(Otherwise(what, change, fate, f"Had {what}, {_compared(there, fate, was)}."))
    return found


def fate_of(journal: Journal, lead: int) -> Fate:
    """What became of the lead by the end of the journal."""
    scenario = journal.scenario
    visits = rows_of(journal, "stage_visits", "lead", lead)
    orders = np.flatnonzero(
        journal.whole["leads"]["customer"][journal.whole["orders"]["lead"]] == lead
    )
    if journal.whole["leads"]["kind"][lead] == UPSOLD:
        orders = np.flatnonzero(journal.whole["orders"]["lead"] == lead)
    kept = orders[counts_as_revenue(journal)[orders]]
    money = len(orders), int(journal.whole["orders"]["paid"][kept].sum())
    if journal.whole["leads"]["kind"][lead] == CUSTOMER:
        return Fate(LEAD_OUTCOMES[0], "", "", NEVER, *money)
    last = visits[-1]
    name = scenario.stages[last["stage"]].name
    if last["stage"] == len(scenario.stages) - 1:
        return Fate(LEAD_OUTCOMES[0], "", "", last["decided"], *money)
    if last["outcome"] == VISIT_OUTCOMES.index("lost"):
        reason = reasons(scenario)[last["reason"]]
        return Fate(LEAD_OUTCOMES[1], name, reason, last["decided"], *money)
    return Fate(LEAD_OUTCOMES[2], name, "", NEVER, *money)


# --- which worlds ---------------------------------------------------------------------------------


def variants(journal: Journal, lead: int) -> Iterator[tuple[str, Change]]:
    """What could have been otherwise for this lead, in words that follow "Had ...", and how."""
    calls = rows_of(journal, "follow_ups", "lead", lead)
    missed = FOLLOW_UP_OUTCOMES.index(MISSED)
    waited = {c["stage"] for c in calls if c["started"] != c["queued"] and c["outcome"] != missed}
    if waited:
        yield "a rep been free", dict(_enough_reps(journal, stage) for stage in sorted(waited))
    stages = journal.scenario.stages
    if forgotten := sorted({call["stage"] for call in calls if call["outcome"] == missed}):
        change = {f"stages.{stages[n].name}.follow_up.missed": 0.0 for n in forgotten}
        yield "nobody forgotten to call", change
    if sent := rows_of(journal, "messages", "lead", lead):
        yield "no message been sent", _without(journal, sent)
    if journal.scenario.loyalty and _is_customer(journal, lead):
        is_member = journal.whole["leads"]["enrols"][lead] == 1
        what = "it not been a member" if is_member else "it been a member"
        yield what, {"loyalty.enrolment": 0.0 if is_member else 1.0}


def _enough_reps(journal: Journal, stage: int) -> tuple[str, int]:
    """As many more reps as there are calls for their team: then one is always free."""
    team = int(journal.team_of_stage[stage])
    calls = journal.whole["follow_ups"]["stage"]
    count = int((journal.team_of_stage[calls] == team).sum()) if len(calls) else 0
    found = journal.scenario.teams[team]
    return f"teams.{found.name}.reps", max(found.reps, min(found.reps + count, MOST_REPS))


def _without(journal: Journal, sent: list[Row]) -> Change:
    """None of the messages that were sent to this lead; who comes back anyway still does."""
    scenario = journal.scenario
    change: Change = {}
    names = {message["name"] for message in sent}
    for number, stage in enumerate(scenario.stages):
        if number in names and stage.recovery:
            anyway = {"probability": stage.recovery.anyway, "discount": 0.0, "cost": 0.0}
            path = f"stages.{stage.name}.recovery"
            change |= {f"{path}.{key}": value for key, value in anyway.items()}
    first = len(scenario.stages)
    campaigns = scenario.campaigns
    stay = [plain(one) for n, one in enumerate(campaigns, first) if n not in names]
    return change | ({"campaigns": stay} if len(stay) < len(campaigns) else {})


def _is_customer(journal: Journal, lead: int) -> bool:
    if journal.whole["leads"]["kind"][lead] == UPSOLD:
        return False  # a deal with a customer, who is another lead
    return fate_of(journal, lead).outcome == LEAD_OUTCOMES[0]


class _Change:
    """A change that a cache can know again."""

    def __init__(self, change: Change) -> None:
        self.change, self._text = change, repr(change)

    def __hash__(self) -> int:
        return hash(self._text)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Change) and self._text == other._text


@lru_cache(maxsize=6)  # whoever asks for one lead asks for the next
def _world(journal: Journal, change: _Change) -> Journal:
    """The same customers in the changed scenario."""
    made = journal.provenance
    return simulate(
        made.scenario.vary(change.change),
        journal.seed,
        replication=journal.replication,
        initial=journal.initial,
    )


# --- in words -------------------------------------------------------------------------------------


def _compared(there: Journal, fate: Fate, was: Fate) -> str:
    if fate == was:
        return "just the same would have become of it"
    if fate.outcome == NEVER_CAME:
        return "it would never have come: nobody would have recommended it"
    return f"it would {_in_words(there, fate, 'have been', 'have')}"


def _in_words(journal: Journal, fate: Fate, be: str, have: str) -> str:
    """What became of it: the end of "It ..." or "it would ..."."""
    scenario = journal.scenario
    at = f" on {when(scenario.start, fate.decided)}" if fate.decided != NEVER else ""
    if fate.outcome == LEAD_OUTCOMES[1]:
        return f"{be} lost in {fate.stage}{at}: {fate.reason}"
    if fate.outcome == LEAD_OUTCOMES[2]:
        return f"{have} been open in {fate.stage} at the end"
    if scenario.order is None:
        return f"{have} reached {scenario.stages[-1].name}{at}"
    orders = f"{fate.orders} order{'s' if fate.orders != 1 else ''}"
    paid = f"{fate.paid / 100:,.2f} {scenario.currency}"
    became = f"{have} bought{at}" if fate.decided != NEVER else f"{have} been a customer"
    return f"{became}: {orders}, {paid} paid"
