"""The event log, as process-mining tools read it: a view on the journal's tables."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from funnelsim.distributions import DAY
from funnelsim.scenario.values import WIN_BACK

if TYPE_CHECKING:
    import pandas as pd

    from funnelsim.journal import Journal


def events(journal: Journal) -> pd.DataFrame:
    """Case, activity, timestamp and resource; see `Journal.events`."""
    import pandas as pd

    visits, calls = journal.stage_visits, journal.follow_ups
    lost = visits[visits["outcome"] == "lost"]
    to_lost, to_customers = _messages(journal)
    parts = [
        _log(visits, "enters ", "stage", "entered", place=0),
        *(
            _log(calls[calls[moment].notna()], f"call {moment}: ", "stage", moment, place=1)
            for moment in ("queued", "started", "finished")
        ),
        _log(lost, "is lost: ", "reason", "decided", place=2),
        _log(to_lost, "message, ", "name", "sent", place=3),
        _log(_orders(journal), "order ", "number", "placed", place=4),
        *(_log(part, "message, ", "name", "sent", place=5) for part in to_customers),
    ]
    log = pd.concat(parts, ignore_index=True)
    by = ["days", "case", "turn", "attempt", "place", "call"]
    log = log.sort_values(by, kind="stable", ignore_index=True)
    # by NumPy: with older versions of pandas a moment might be past the last one of theirs, in 2262
    since = np.rint(log["days"].to_numpy() * DAY).astype("int64").astype("timedelta64[us]")
    log.insert(2, "timestamp", np.datetime64(journal.scenario.start, "us") + since)
    return log[["case", "activity", "timestamp", "resource"]]


def _orders(journal: Journal) -> pd.DataFrame:
    """The orders, each with its turn in a lead's story: after the stages, by its number."""
    stages = len(journal.scenario.stages)
    return journal.orders.assign(turn=stages + journal.whole["orders"]["number"])


def _messages(journal: Journal) -> tuple[pd.DataFrame, list[pd.DataFrame]]:
    """The messages about a loss, and those of each kind about an order, with their turn.

    The n-th message about a stage follows the n-th loss there, the n-th that thanks for an order
    the n-th order, and the one that wins back the last order before it.
    """
    import pandas as pd

    stages, campaigns = len(journal.scenario.stages), journal.scenario.campaigns
    nth = journal.messages.groupby(["lead", "name"], observed=True).cumcount()
    name = journal.whole["messages"]["name"]
    messages = journal.messages.assign(turn=np.where(name < stages, name, stages + 1 + nth))
    to_lost, of_orders = messages.assign(attempt=nth)[name < stages], []
    # a message that thanks comes before one that wins back at the same moment
    for number in sorted(range(len(campaigns)), key=lambda n: campaigns[n].kind == WIN_BACK):
        sent = messages[name == stages + number]
        if campaigns[number].kind == WIN_BACK:
            before = {"left_on": "sent", "right_on": "placed", "allow_exact_matches": False}
            known = _orders(journal)[["lead", "placed", "turn"]]
            sent = pd.merge_asof(sent.drop(columns="turn"), known, by="lead", **before)
        of_orders.append(sent)
    return to_lost, of_orders


def _log(table: pd.DataFrame, what: str, of: str, moment: str, place: int) -> pd.DataFrame:
    """Rows of the event log, with what puts them in order: days, turn, attempt, place, call."""
    import pandas as pd

    nothing = pd.Series(np.nan, index=table.index)
    turn = table["stage"].cat.codes if "stage" in table else table["turn"]
    return pd.DataFrame(
        {
            "case": table["lead"],
            "activity": what + table[of].astype(str),
            "resource": table["rep"].astype(object) if moment in ("started", "finished") else None,
            "days": table[moment],
            "turn": turn.astype(float),
            "attempt": table.get("attempt", nothing),
            "place": place,
            "call": table.get("call", nothing),
        }
    )
