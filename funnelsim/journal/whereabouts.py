"""Where every lead is at every moment: waiting, with a rep, deciding, lost, a customer.

The same that visits, calls and orders tell, as one list of changes: what a picture of moving leads
is drawn from. A lead is where its last change up to a moment has put it, and nowhere before its
first.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from funnelsim.distributions import Ints
from funnelsim.journal.people import visit_numbers
from funnelsim.journal.whole import CUSTOMER, NEVER, VISIT_OUTCOMES

if TYPE_CHECKING:
    from funnelsim.journal import Journal

STATES = ("waiting", "with a rep", "deciding", "lost", "bought", "came back")
WAITING, WITH_A_REP, DECIDING, LOST, BOUGHT, CAME_BACK = range(6)
LAST = 2**31 - 1  # after all calls of a visit


class Changes(NamedTuple):
    """The changes of all leads, those of each in order: lead n's are `first[n]` to `first[n + 1]`.

    `time` in microseconds; `state` is a place in `STATES`, `stage` and `reason` are numbers as in
    the journal (reason: -1 of who is not lost). Every order after a lead's first is a change to
    "came back", so that of a customer there may be many.
    """

    first: Ints
    time: Ints
    state: Ints
    stage: Ints
    reason: Ints

    def at(self, time: int) -> tuple[Ints, Ints]:
        """The state and the stage of each lead at this moment; -1 of who is not there yet.

        What happens at the very moment has happened.
        """
        so_far = np.concatenate([[0], np.cumsum(self.time <= time)])
        known = so_far[self.first[1:]] - so_far[self.first[:-1]]
        place = self.first[:-1] + known - 1
        state, stage = (
            np.where(known > 0, of[place], NEVER) if len(of) else np.full(len(known), NEVER)
            for of in (self.state, self.stage)
        )
        return state, stage


def changes(journal: Journal) -> Changes:
    """All changes of all leads of the journal.

    >>> from funnelsim import load, simulate
    >>> found = changes(simulate(load("aida-follow-up"), seed=1))
    >>> [(STATES[found.state[n]], round(float(found.time[n]) / 86_400e6, 2)) for n in range(4)]
    [('deciding', 0.17), ('waiting', 0.74), ('with a rep', 0.74), ('deciding', 0.77)]
    """
    parts = [_entries(journal), *_calls(journal), _losses(journal), *_customers(journal)]
    lead, stage, attempt, place, time, state, reason = (
        np.concatenate([np.asarray(part[n], dtype=np.int64) for part in parts]) for n in range(7)
    )
    order = np.lexsort((place, attempt, stage, lead))
    first = np.searchsorted(lead[order], np.arange(journal.rows("leads") + 1))
    return Changes(first, *(column[order] for column in (time, state, stage, reason)))


Rows = tuple[
    NDArray[np.int64], ...
]  # lead, stage, attempt, place in the visit, time, state, reason


def _rows(lead: Ints, stage: Ints, attempt: Ints, place: object, time: Ints, state: object,
          reason: object = NEVER) -> Rows:  # fmt: skip
    each = (lead, stage, attempt, place, time, state, reason)
    return tuple(np.broadcast_to(np.asarray(column), len(lead)) for column in each)


def _entries(journal: Journal) -> Rows:
    """Into a stage: to wait there if anybody is to call, else to decide; the last one is a sale."""
    visits, calls = journal.whole["stage_visits"], journal.whole["follow_ups"]
    called = np.isin(visit_numbers(journal, visits), visit_numbers(journal, calls))
    bought = visits["stage"] == len(journal.scenario.stages) - 1
    state = np.select([bought, called], [BOUGHT, WAITING], DECIDING)
    return _rows(
        visits["lead"], visits["stage"], visits["attempt"], NEVER, visits["entered"], state
    )


def _calls(journal: Journal) -> tuple[Rows, Rows]:
    """To a rep; and from there, reached or not."""
    calls = journal.whole["follow_ups"]
    of = ("lead", "stage", "attempt", "call", "started", "finished", "reached")
    lead, stage, attempt, call, started, finished, reached = (calls[name] for name in of)
    begun, ended = started != NEVER, finished != NEVER
    after = np.where(reached == 1, DECIDING, WAITING)
    place = 2 * call.astype(np.int64)
    return (
        _rows(lead[begun], stage[begun], attempt[begun], place[begun], started[begun], WITH_A_REP),
        _rows(lead[ended], stage[ended], attempt[ended], place[ended] + 1, finished[ended],
              after[ended]),
    )  # fmt: skip


def _losses(journal: Journal) -> Rows:
    visits = journal.whole["stage_visits"]
    lost = visits["outcome"] == VISIT_OUTCOMES.index("lost")
    of = ("lead", "stage", "attempt", "decided", "reason")
    lead, stage, attempt, decided, reason = (visits[name][lost] for name in of)
    return _rows(lead, stage, attempt, LAST, decided, LOST, reason)


def _customers(journal: Journal) -> tuple[Rows, Rows]:
    """Those who are customers at the start; and the orders after a lead's first."""
    leads, orders = journal.whole["leads"], journal.whole["orders"]
    goal = len(journal.scenario.stages) - 1
    there = np.flatnonzero(leads["kind"] == CUSTOMER)
    again = (orders["number"] > 1) | (leads["kind"][orders["lead"]] == CUSTOMER)
    lead, number, placed = (orders[name][again] for name in ("lead", "number", "placed"))
    return (
        _rows(there, np.full(len(there), goal), there * 0, NEVER, leads["arrived"][there], BOUGHT),
        _rows(lead, np.full(len(lead), goal), lead * 0, number, placed, CAME_BACK),
    )
