"""The events of one lead, in order, each with its sentence."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

import numpy as np

from funnelsim.distributions import DAY
from funnelsim.journal import (
    CUSTOMER,
    DROPPED,
    GONE_COLD,
    MISSED,
    NEVER,
    NEW,
    NOT_REACHED,
    OPEN_DEAL,
    PROMOTER,
    REFERRAL,
    REFERRED,
    UPSOLD,
    Journal,
    reasons,
    statuses,
)
from funnelsim.journal.people import rep_of_calls, reps
from funnelsim.scenario.values import CANCELLED, REFUSED, RETURNED, WIN_BACK
from funnelsim.tables import figure_text

Row = dict[str, int]
NOT_KEPT = (CANCELLED, REFUSED, RETURNED)
SUFFIXES = {1: "st", 2: "nd", 3: "rd"}
BY_ITSELF = {  # reasons that no lead says
    MISSED: "Nobody has called, and it gives up",
    DROPPED: "Has said nothing for so long that it is given up",
}


class Event(NamedTuple):
    """One thing that happened: when (microseconds), what, and the sentence that says it."""

    time: int
    event: str
    sentence: str
    stage: str = ""
    rep: str = ""


def told(journal: Journal, lead: int) -> list[Event]:
    """All that happened to the lead, in order."""
    found = [*enumerate(_way(journal, lead)), *enumerate(_as_customer(journal, lead), 1_000_000)]
    # at one moment the way to the sale comes first, and what happens is told in its order
    return [event for _, event in sorted(found, key=lambda each: (each[1].time, each[0]))]


def when(start: date, time: int) -> str:
    """A moment by the calendar; by its day where the calendar has ended.

    >>> when(date(2027, 1, 4), DAY + DAY // 2)
    'Tue 05 Jan 2027, 12:00'
    """
    try:
        moment = datetime(start.year, start.month, start.day) + timedelta(microseconds=time)
    except OverflowError:
        return f"day {time / DAY:,.2f}"
    return f"{moment:%a %d %b %Y, %H:%M}"


def rows_of(journal: Journal, table: str, column: str, value: int) -> list[Row]:
    """The rows of a table whose column has this value, and the number of each (`row`)."""
    whole = journal.whole[table]
    at = np.flatnonzero(whole[column] == value)
    columns = {name: whole[name][at].tolist() for name in whole}
    return [
        {"row": row, **{name: columns[name][n] for name in columns}}
        for n, row in enumerate(at.tolist())
    ]


def ordinal(number: int) -> str:
    """
    >>> ordinal(1), ordinal(12), ordinal(23)
    ('1st', '12th', '23rd')
    """
    teen = number % 100 in (11, 12, 13)
    return f"{number}{'th' if teen else SUFFIXES.get(number % 10, 'th')}"


def lasting(microseconds: int) -> str:
    """How long, in words."""
    return "1 day" if microseconds == DAY else figure_text(microseconds / DAY, "days")


def channel_of(journal: Journal, number: int) -> str:
    return [*(channel.name for channel in journal.scenario.channels), REFERRAL][number]


# --- to the sale ----------------------------------------------------------------------------------


def _way(journal: Journal, lead: int) -> Iterator[Event]:
    """How it came, its visits to the stages, and the messages after losses."""
    visits = rows_of(journal, "stage_visits", "lead", lead)
    calls = rows_of(journal, "follow_ups", "lead", lead)
    stages = [stage.name for stage in journal.scenario.stages]
    sent = [m for m in rows_of(journal, "messages", "lead", lead) if m["name"] < len(stages)]
    yield _came(journal, lead, stages[visits[0]["stage"]] if visits else "")
    for visit in visits:
        if visit["attempt"]:
            name = stages[visit["stage"]]
            yield Event(visit["entered"], "came back", f"Comes back to {name}.", name)
        mine = [c for c in calls if all(c[k] == visit[k] for k in ("stage", "attempt"))]
        yield from _calls(journal, visit, mine)
        yield from _decision(journal, visit, mine)
        about = [message for message in sent if message["name"] == visit["stage"]]
        if len(about) > visit["attempt"]:  # the n-th follows the n-th loss there
            message = about[visit["attempt"]]
            yield Event(message["sent"], "message", _message(message), stages[visit["stage"]])


def _came(journal: Journal, lead: int, stage: str) -> Event:
    whole = journal.whole["leads"]
    kind, parent = int(whole["kind"][lead]), int(whole["parent"][lead])
    by = channel_of(journal, int(whole["channel"][lead]))
    sentence = {
        NEW: f"Comes in by way of {by}, into {stage}.",
        REFERRED: f"Comes by word of mouth, into {stage}: lead {parent} has recommended it.",
        UPSOLD: f"A deal to sell lead {parent} more begins, in {stage}.",
        OPEN_DEAL: f"Is an open deal in {stage} when this begins; came by way of {by}.",
        CUSTOMER: f"Is a customer already when this begins; came by way of {by}.",
    }[kind]
    return Event(int(whole["arrived"][lead]), "came", sentence, stage)


def _calls(journal: Journal, visit: Row, calls: list[Row]) -> Iterator[Event]:
    stage = journal.scenario.stages[visit["stage"]]
    team = stage.follow_up.team if stage.follow_up else ""
    for call in calls:
        started, finished = call["started"], call["finished"]
        if started != call["queued"]:
            yield Event(call["queued"], "waits", f"Waits for a call by {team}.", stage.name)
        if started == NEVER:
            continue
        rep = reps(journal)[int(rep_of_calls(journal)[call["row"]])]
        waited = started - visit["entered"]
        after = f"after {lasting(waited)}" if waited else "at once"
        which = f", the {ordinal(call['call'] + 1)} call" if call["call"] else ""
        answer = "reaches it" if call["reached"] == 1 else "does not reach it"
        said = f"{rep} calls {after}{which}, and {answer}."
        yield Event(started, "called", said, stage.name, rep)
        if call["reached"] == 1 and finished != NEVER:
            said = f"The talk with {rep} ends, after {lasting(finished - started)}."
            yield Event(finished, "talked", said, stage.name, rep)


def _decision(journal: Journal, visit: Row, calls: list[Row]) -> Iterator[Event]:
    """Goes on, is lost, or is still there at the end."""
    stages = journal.scenario.stages
    place, name, decided = visit["stage"], stages[visit["stage"]].name, visit["decided"]
    if place == len(stages) - 1:
        if journal.scenario.order is None:
            yield Event(decided, "bought", f"Reaches {name}, the goal.", name)
        return
    if decided == NEVER:
        said = f"The {journal.scenario.days:g} days are over; it {_still(calls)} in {name}."
        yield Event(journal.scenario.horizon, "over", said, name)
        return
    if visit["reason"] != NEVER:
        said = _loss(journal, visit, calls)
        yield Event(decided, "lost", f"{said}: lost in {name}.", name)
        return
    talked = [call["finished"] for call in calls if call["reached"] == 1]
    took = decided - (talked[-1] if talked else visit["entered"])
    mind = f"Makes up its mind after {lasting(took)}" if took else "Makes up its mind at once"
    yield Event(decided, "decided", f"{mind}, and goes on to {stages[place + 1].name}.", name)


def _still(calls: list[Row]) -> str:
    if not calls or (calls[-1]["reached"] == 1 and calls[-1]["finished"] != NEVER):
        return "has not decided yet"
    is_called = calls[-1]["started"] != NEVER and calls[-1]["finished"] == NEVER
    return "is in a call" if is_called else "waits for a call"


def _loss(journal: Journal, visit: Row, calls: list[Row]) -> str:
    reason = reasons(journal.scenario)[visit["reason"]]
    if reason == GONE_COLD:
        return f"Has waited {lasting(visit['decided'] - visit['entered'])} and has gone cold"
    if reason == NOT_REACHED:
        count = len(calls)
        return f"Has not been reached in {count} call{'s' if count > 1 else ''}"
    return BY_ITSELF.get(reason) or f"Decides against it, “{reason}”"


def _message(message: Row) -> str:
    if not message["accepted"]:
        return "A message is sent to it, in vain."
    because = "It would have come back without it" if message["anyway"] else "That brings it back"
    return f"A message is sent to it. {because}."


# --- a customer -----------------------------------------------------------------------------------


def _as_customer(journal: Journal, lead: int) -> Iterator[Event]:
    """Its orders and what became of them, messages after them, and whom it brings."""
    leads = journal.whole["leads"]
    is_deal = leads["kind"][lead] == UPSOLD
    orders = rows_of(journal, "orders", "lead", lead)
    if not is_deal:  # what is sold to it later is its own as well
        deals = np.flatnonzero((leads["customer"] == lead) & (leads["kind"] == UPSOLD))
        orders += [row for deal in deals for row in rows_of(journal, "orders", "lead", int(deal))]
        orders.sort(key=lambda order: (order["placed"], order["row"]))
    # a message that wins back is sent at the moment of the order that it brings, and before it
    yield from _campaigns(journal, lead, WIN_BACK)
    for order in orders:
        yield from _order(journal, order, lead)
    yield from _campaigns(journal, lead, "")
    yield from _brought(journal, lead)


def _campaigns(journal: Journal, lead: int, kind: str) -> Iterator[Event]:
    stages = len(journal.scenario.stages)
    for message in rows_of(journal, "messages", "lead", lead):
        campaign = message["name"] - stages
        if campaign < 0:
            continue
        one = journal.scenario.campaigns[campaign]
        if (one.kind == WIN_BACK) == (kind == WIN_BACK):
            moved = "It orders because of it" if message["accepted"] else "That changes nothing"
            anyway = message["accepted"] and message["anyway"]
            moved = "It would have ordered later without it" if anyway else moved
            yield Event(message["sent"], "message", f"Is sent “{one.name}”. {moved}.")


def _order(journal: Journal, order: Row, lead: int) -> Iterator[Event]:
    scenario, money = journal.scenario, journal.scenario.currency
    number = int(journal.order_numbers[order["row"]])
    amount = _money(order["paid"], money)
    off = f", {_money(order['discount'], money)} off" if order["discount"] else ""
    points = f", {order['points_redeemed']:,} points redeemed" if order["points_redeemed"] else ""
    if number == 1:
        yield Event(order["placed"], "bought", f"Buys, and pays {amount}{off}{points}.")
    else:
        said = f"Orders for the {ordinal(number)} time, and pays {amount}{off}{points}."
        yield Event(order["placed"], "ordered", said)
    if number == 1 and scenario.loyalty and journal.whole["leads"]["enrols"][lead] == 1:
        yield Event(order["placed"], "joined", "Joins the loyalty programme.")
    status = statuses(scenario)[order["status"]]
    if order["closed"] == NEVER:
        return
    if status in NOT_KEPT:
        said = f"The {ordinal(number)} order is {status}."
        yield Event(order["closed"], "order ended", said)
    elif order["satisfaction"] != NEVER:
        feeling = ("would recommend it", "is neither glad nor angry", "is angry")
        glad = feeling[order["satisfaction"] - PROMOTER]
        said = f"The {ordinal(number)} order is done; it {glad}."
        yield Event(order["closed"], "order ended", said)


def _brought(journal: Journal, lead: int) -> Iterator[Event]:
    leads: Any = journal.whole["leads"]
    for child in np.flatnonzero(leads["parent"] == lead).tolist():
        arrived = int(leads["arrived"][child])
        if leads["kind"][child] == UPSOLD:
            yield Event(arrived, "offered more", f"Is offered more: that deal is lead {child}.")
        else:
            yield Event(arrived, "recommended", f"Has recommended it: lead {child} comes.")


def _money(cents: int, currency: str) -> str:
    return f"{cents / 100:,.2f} {currency}"
