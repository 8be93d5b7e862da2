"""The state on a day of a simulation: who is an open deal, who a customer, and since when."""

from __future__ import annotations

import numbers
from typing import TYPE_CHECKING, Any

import numpy as np

from funnelsim.distributions import DAY, Ints
from funnelsim.errors import FunnelSimError, Problem
from funnelsim.journal.people import holders, owners, people, visit_numbers
from funnelsim.journal.whole import NEVER, UPSOLD, statuses
from funnelsim.scenario.values import CANCELLED, REFUSED, RETURNED
from funnelsim.state import State

if TYPE_CHECKING:
    from funnelsim.journal import Journal


def state_on(journal: Journal, day: float) -> State:
    """See `Journal.state`."""
    number = isinstance(day, numbers.Real) and not isinstance(day, bool)
    days = journal.scenario.horizon / DAY
    if not number or not 0 <= float(day) <= days:
        rule = f"it is a day of the simulation, from 0 to {days:g}"
        raise FunnelSimError(str(Problem("day", day, rule)))
    if journal.initial is not None:
        rule = "the simulation began from a state itself; only one from the start can be cut"
        raise FunnelSimError(str(Problem("day", day, rule)))
    now = round(float(day) * DAY)
    return State(_deals(journal, now), _customers(journal, now))


def _deals(journal: Journal, now: int) -> dict[str, Any]:
    """Visits under way at this moment."""
    leads, visits = journal.whole["leads"], journal.whole["stage_visits"]
    here = (visits["entered"] < now) & ((visits["decided"] == NEVER) | (visits["decided"] >= now))
    here &= leads["kind"][visits["lead"]] != UPSOLD
    here &= visits["stage"] < len(journal.scenario.stages) - 1
    at = np.flatnonzero(here)
    lead, stage, entered = (visits[name][at] for name in ("lead", "stage", "entered"))
    started, ended = _reached(journal, at, now)
    called = np.array([s.follow_up is not None for s in journal.scenario.stages])[stage]
    decides = ~called | (ended != NEVER)
    in_call = called & (started != NEVER) & (ended == NEVER)
    since = np.where(called & decides, ended, entered)
    response = np.where(started != NEVER, started - entered, 0)
    begun = journal.whole["follow_ups"]["started"] < now
    names = np.array([*people(journal), None], dtype=object)
    table = journal.leads.iloc[lead]
    has_value = journal.scenario.order is not None
    return {
        "stage": [journal.scenario.stages[n].name for n in stage],
        "days_in_stage": (now - since) / DAY,
        "value": table["deal_value"].to_numpy() if has_value else np.full(len(at), np.nan),
        "channel": table["channel"].astype(str).to_numpy(),
        "segment": table["segment"].astype(str).to_numpy(),
        "arm": table["arm"].astype(str).to_numpy(),
        "owner": names[owners(journal, begun)[lead]],
        "holder": names[holders(journal, begun)[lead]],
        "waiting": ~decides & ~in_call,
        "in_call": in_call,
        "response_days": response / DAY,
        "returns": visits["attempt"][at],
        "discount": _discounts(journal, lead, now),
    }


def _reached(journal: Journal, at: Ints, now: int) -> tuple[Ints, Ints]:
    """Start and end of the call that has reached each of these visits by now; -1: not yet."""
    calls, visits = journal.whole["follow_ups"], journal.whole["stage_visits"]
    talked = np.flatnonzero((calls["reached"] == 1) & (calls["started"] < now))
    known = visit_numbers(journal, calls)[talked]
    wanted = visit_numbers(journal, visits)[at]
    started, ended = np.full(len(at), NEVER), np.full(len(at), NEVER)
    if not len(talked):
        return started, ended
    order = np.argsort(known)
    place = np.minimum(np.searchsorted(known[order], wanted), len(known) - 1)
    found = known[order][place] == wanted
    call = talked[order[place[found]]]
    started[found] = calls["started"][call]
    finished = calls["finished"][call]
    ended[found] = np.where((finished != NEVER) & (finished <= now), finished, NEVER)
    return started, ended


def _discounts(journal: Journal, lead: Ints, now: int) -> Any:
    """The largest discount with which each has been brought back."""
    messages, stages = journal.whole["messages"], journal.scenario.stages
    shares = np.array([s.recovery.discount if s.recovery else 0.0 for s in stages])
    back = (messages["accepted"] == 1) & (messages["sent"] < now) & (messages["name"] < len(stages))
    largest = np.zeros(len(journal.whole["leads"]["key"]))
    np.maximum.at(largest, messages["lead"][back], shares[messages["name"][back]])
    return largest[lead]


def _customers(journal: Journal, now: int) -> dict[str, Any]:
    """Those who have ordered, unless their last order was not kept."""
    orders, leads = journal.whole["orders"], journal.whole["leads"]
    own = (leads["kind"][orders["lead"]] != UPSOLD) & (orders["placed"] < now)
    names = statuses(journal.scenario)
    bad = [n for n, name in enumerate(names) if name in (CANCELLED, REFUSED, RETURNED)]
    kept = ~np.isin(orders["status"], bad)
    lead, placed = orders["lead"][own], orders["placed"][own]
    closed = np.where(orders["closed"][own] == NEVER, placed, orders["closed"][own])
    who, count = np.unique(lead, return_counts=True)
    first, last = np.full(len(leads["key"]), now), np.full(len(leads["key"]), NEVER)
    np.minimum.at(first, lead, placed)
    np.maximum.at(last, lead, np.where(closed <= now, closed, placed))
    gone = np.unique(lead[~kept[own] & (closed <= now)])
    stays = ~np.isin(who, gone)
    who, count = who[stays], count[stays]
    table = journal.leads.iloc[who]
    return {
        "days_since_last_order": (now - last[who]) / DAY,
        "orders": count,
        "days_since_first_order": (now - first[who]) / DAY,
        "channel": table["channel"].astype(str).to_numpy(),
        "segment": table["segment"].astype(str).to_numpy(),
        "arm": table["arm"].astype(str).to_numpy(),
    }
