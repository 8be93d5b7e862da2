"""Key figures month by month, as the calendar has them: what the report of each month shows.

What happens in a month is what happens since it began, less what happens since it ended. All
figures count from the warm-up on; so a month is the same journal with the warm-up moved to where
the month begins, less the same for the next one. The months add up to the whole, to the cent.
"""

from __future__ import annotations

from copy import copy
from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING

import numpy as np

from funnelsim.distributions import DAY, Floats
from funnelsim.journal import Journal
from funnelsim.metrics.basis import a_journal
from funnelsim.metrics.facts import Facts
from funnelsim.scenario import Scenario

if TYPE_CHECKING:
    import pandas as pd

MICROSECOND = timedelta(microseconds=1)
COUNTS = ("leads", "sales", "orders")
MONEY = ("revenue", "contribution", "reps", "changes", "profit")


def by_month(journal: Journal) -> pd.DataFrame:
    """Key figures by month of the calendar, from the warm-up to the horizon (index month).

    Columns: `from`, its first day; `days`, as many as are simulated (the first and the last month
    may be short); `leads` that came in, `sales` and `orders` (0 without an order); `revenue`,
    `contribution`, and what `reps` and `changes` cost; `profit`, which is contribution less these
    two. Each counts when `summary` does: leads and their cost when they arrive, orders when they
    are placed, and an order that is returned later counts as such. So the months add up to
    `summary(journal)`. Raises FunnelSimError for what is no journal.

    >>> import funnelsim as fs
    >>> journal = fs.simulate(fs.load("hiring"), seed=1, progress=False)
    >>> fs.by_month(journal).loc["2027-02":"2027-04", ["days", "reps", "changes"]]
             days     reps  changes
    month
    2027-02  28.0   7200.0      0.0
    2027-03  31.0  12420.0   6000.0
    2027-04  30.0  11880.0      0.0
    """
    import pandas as pd

    s = a_journal(journal, "by_month").scenario
    begins = beginnings(s)
    start = datetime.combine(s.start, time())
    first = [start + moment * MICROSECOND for moment in begins]
    figures = {name: values[0] for name, values in monthly(journal).items()}
    columns = {
        "from": pd.to_datetime(first).normalize(),
        "days": np.diff([*begins, s.horizon]) / DAY,
        **{name: figures[name].astype(np.int64) for name in COUNTS},
        **{name: figures[name] for name in MONEY},
    }
    return pd.DataFrame(columns, index=pd.Index([f"{day:%Y-%m}" for day in first], name="month"))


def beginnings(scenario: Scenario, months: int = 1) -> list[int]:
    """When each month begins, or each quarter of three `months`, in microseconds from the start;
    the first at the warm-up's end.
    """
    start, found = datetime.combine(scenario.start, time()), [scenario.warm_up]
    first = start + scenario.warm_up * MICROSECOND
    month = first.year * 12 + (first.month - 1) // months * months  # counted from 0
    while True:
        month += months
        at = (datetime(month // 12, month % 12 + 1, 1) - start) // MICROSECOND
        if at >= scenario.horizon:
            return found
        found.append(at)


def monthly(journal: Journal) -> dict[str, Floats]:
    """The figures of `by_month`, each of shape (replications, months); money in currency."""
    return between(journal, beginnings(journal.scenario))


def between(journal: Journal, moments: list[int]) -> dict[str, Floats]:
    """The same from each of these moments to the next, from the last one to the horizon."""
    since = [_since(journal, moment) for moment in moments]
    return {
        name: (all_of_it[:-1] - all_of_it[1:]).T / (1 if name in COUNTS else 100)
        for name in (*COUNTS, *MONEY)
        for all_of_it in [np.array([*(one[name] for one in since), 0 * since[0][name]])]
    }


def _since(journal: Journal, moment: int) -> dict[str, Floats]:
    """Counts, and cents, of what has come since that moment; an array over replications each."""
    later = copy(journal)
    later.scenario = journal.scenario.model_copy(update={"warm_up": moment})
    facts = Facts(later)
    m = facts.money
    found = {"leads": facts.leads, "sales": facts.sales, "orders": facts.orders}
    found |= {name: getattr(m, name) for name in MONEY}
    return {name: np.asarray(values, dtype=float) for name, values in found.items()}
