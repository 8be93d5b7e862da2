"""The event log, as process-mining tools read it: a view on the journal's tables."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from funnelsim.distributions import DAY

if TYPE_CHECKING:
    import pandas as pd

    from funnelsim.journal import Journal


def events(journal: Journal) -> pd.DataFrame:
    """Case, activity, timestamp and resource; see `Journal.events`."""
    import pandas as pd

    visits, calls, messages = journal.stage_visits, journal.follow_ups, journal.messages
    lost = visits[visits["outcome"] == "lost"]
    # the n-th message about a stage follows the n-th loss there
    nth = messages.groupby(["lead", "name"], observed=True).cumcount()
    messages = messages.assign(stage=messages["name"], attempt=nth)
    parts = [
        _log(visits, "enters ", "stage", "entered", place=0),
        *(
            _log(calls[calls[moment].notna()], f"call {moment}: ", "stage", moment, place=1)
            for moment in ("queued", "started", "finished")
        ),
        _log(lost, "is lost: ", "reason", "decided", place=2),
        _log(messages, "message, ", "name", "sent", place=3),
        _log(journal.orders, "order ", "number", "placed", place=4),
    ]
    log = pd.concat(parts, ignore_index=True)
    by = ["days", "case", "stage", "attempt", "place", "call"]
    log = log.sort_values(by, kind="stable", ignore_index=True)
    # by NumPy: with older versions of pandas a moment might be past the last one of theirs, in 2262
    since = np.rint(log["days"].to_numpy() * DAY).astype("int64").astype("timedelta64[us]")
    log.insert(2, "timestamp", np.datetime64(journal.scenario.start, "us") + since)
    return log[["case", "activity", "timestamp", "resource"]]


def _log(table: pd.DataFrame, what: str, of: str, moment: str, place: int) -> pd.DataFrame:
    """Rows of the event log, with what puts them in order: days, stage, attempt, place, call."""
    import pandas as pd

    nothing = pd.Series(np.nan, index=table.index)
    stage = table["stage"].cat.codes if "stage" in table else nothing  # NaN sorts last
    return pd.DataFrame(
        {
            "case": table["lead"],
            "activity": what + table[of].astype(str),
            "resource": table["rep"].astype(object) if moment in ("started", "finished") else None,
            "days": table[moment],
            "stage": stage.astype(float),
            "attempt": table.get("attempt", nothing),
            "place": place,
            "call": table.get("call", nothing),
        }
    )
