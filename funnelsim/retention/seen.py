"""What was seen of customers, as a fit takes it: of a journal, or as a firm has it in a table."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from funnelsim.arguments import a_number, is_number, refused
from funnelsim.distributions import DAY, Floats, Ints
from funnelsim.errors import Finding
from funnelsim.journal import Journal
from funnelsim.metrics import a_journal

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = ["frequency", "recency", "T"]
COUNTS = "write how many were there at first and after each period: [1000, 869, 743]"


class Renewals(NamedTuple):
    """Of subscribers: how many `left` at the t-th renewal, and of how many it was the `last` due.

    Both by number of the renewal, from 0: `left[1]` did not renew the first time; `last[7]` have
    renewed seven times, and the eighth was not due when they were last seen.
    """

    left: Floats
    last: Floats

    @property
    def customers(self) -> int:
        return round(float(self.left.sum() + self.last.sum()))

    @property
    def survival(self) -> Floats:
        """The share still there after each period, among those seen for so long; 1 at first, NaN
        where nobody was left to be seen.

        Source: E. L. Kaplan and P. Meier, Nonparametric Estimation from Incomplete Observations,
        Journal of the American Statistical Association 53, 1958. Of one cohort it is the share.
        """
        were_due = np.cumsum((self.left + self.last)[::-1])[::-1]
        nobody = np.full(len(were_due), np.nan)
        found: Floats = np.cumprod(
            1 - np.divide(self.left, were_due, out=nobody, where=were_due > 0)
        )
        return found


# --- subscribers ----------------------------------------------------------------------------------


def counted(data: Any) -> Renewals:
    """Of how many were still there after each period: of one cohort, or a row (a list) for each."""
    rows = [_row(row) for row in _cohorts(data)]
    longest = max(len(row) for row in rows)
    left, last = np.zeros(longest), np.zeros(longest)
    for row in rows:
        left[1 : len(row)] -= np.diff(row)
        last[len(row) - 1] += row[-1]
    return told_apart(Renewals(left, last))


def told_apart(seen: Renewals) -> Renewals:
    """The renewals, if two parameters can be told from them; else the error that says why not."""
    if len(seen.left) < 3:
        rule = "two periods at least must be seen: how customers differ shows after the second"
        raise refused("fit_retention", Finding(f"given {len(seen.left) - 1} of them"), rule, COUNTS)
    if not seen.left.any() or not seen.survival[1] > 0:
        everybody = "all renewed" if not seen.left.any() else "nobody renewed"
        rule = "what goes on after that cannot be told from it"
        way_out = "wait until some have left, and some stayed"
        raise refused("fit_retention", Finding(f"given a time in which {everybody}"), rule, way_out)
    return seen


def _cohorts(data: Any) -> list[Any]:
    """The rows of a table, of a list of lists; a list of numbers is one row."""
    values = data.to_numpy().tolist() if hasattr(data, "to_numpy") else data
    if not isinstance(values, (list, tuple, np.ndarray)) or not len(values):
        raise refused("fit_retention", values, "it takes a Journal, counts or a table", COUNTS)
    is_nested = any(isinstance(row, (list, tuple, np.ndarray)) for row in values)
    return list(values) if is_nested else [values]


def _row(row: Any) -> Floats:
    """The counts of a cohort; what was not seen of it (NaN) is left out at its end."""
    given = list(row) if isinstance(row, (list, tuple, np.ndarray)) else [row]
    while given and (given[-1] is None or given[-1] != given[-1]):
        given.pop()
    rule = "a cohort is how many of it were still there after each period: never more than before"
    numbers = [float(count) for count in given if is_number(count) and count >= 0]
    falls = all(later <= count for count, later in pairwise(numbers))
    if len(numbers) != len(given) or not numbers or not numbers[0] or not falls:
        raise refused("fit_retention", list(given), rule, COUNTS)
    return np.array(numbers)


def renewals(journal: Journal, until: float | None = None) -> Renewals:
    """Of subscribers, by day `until` (left out: the end): who came new since the warm-up.

    A renewal is an order after the first, due a constant gap after the one before.
    """
    scenario, end = journal.scenario, _until(journal, until)
    retention = scenario.retention
    gap = retention.gap.constant if retention is not None else None
    if gap is None or (scenario.order is not None and scenario.order.payments):
        rule = "a subscription is renewed after a constant gap, and its orders are closed at once"
        way_out = 'leave the model out, or write model="BG/NBD"'
        raise refused("model", "shifted-beta-geometric", rule, way_out)
    first, _, count = _orders_of_each(journal, end)
    if not len(first):
        raise _nobody(journal, until)
    due = (end - 1 - first) // int(gap)
    renewed = np.minimum(count - 1, due)
    size = int(due.max()) + 1
    is_there = renewed == due
    left = np.bincount(renewed[~is_there] + 1, minlength=size)[:size]
    last = np.bincount(renewed[is_there], minlength=size)[:size]
    return told_apart(Renewals(left.astype(float), last.astype(float)))


# --- customers who come when they like ------------------------------------------------------------


def repeat_buying(journal: Journal, until: float | None = None) -> pd.DataFrame:
    """Who bought again, how lately, and for how long they were seen: a row per customer, in days.

    The index is their lead; columns are `frequency` (orders after the first), `recency` (days from
    the first order to the last, 0 without another) and `T` (days from the first order to day
    `until`, left out: to the end). These three are all that the BG/NBD model asks about a
    customer. Of customers whose first order was placed since the warm-up, and before that day.
    Raises FunnelSimError for a day outside of the simulation.

    >>> from funnelsim import load, simulate
    >>> table = repeat_buying(simulate(load("aida"), seed=1), until=60)
    >>> list(table), bool((table["recency"] <= table["T"]).all())
    (['frequency', 'recency', 'T'], True)
    """
    import pandas as pd

    end = _until(a_journal(journal, "repeat_buying"), until)
    first, latest, count = _orders_of_each(journal, end)
    who = np.flatnonzero(_is_new(journal, end))
    found = {
        "frequency": count - 1,
        "recency": (latest - first) / DAY,
        "T": (end - first) / DAY,
    }
    return pd.DataFrame(found, index=pd.Index(who, name="customer"))


def checked(table: Any) -> pd.DataFrame:
    """Such a table, of a firm's own: numbers that can be, in any unit of time."""
    import pandas as pd

    if not isinstance(table, pd.DataFrame) or not set(COLUMNS) <= set(table.columns):
        rule = f"BG/NBD takes a table with the columns {', '.join(COLUMNS)}"
        raise refused("fit_retention", type(table).__name__, rule, "see help(fs.repeat_buying)")
    numbers = table[COLUMNS].apply(pd.to_numeric, errors="coerce").astype(float)
    x, last, seen = (numbers[name] for name in COLUMNS)
    rules = {
        "all are numbers": np.isfinite(numbers).all(axis=1),
        "frequency counts orders after the first: a whole number from 0": (x >= 0) & (x % 1 == 0),
        "T is above 0": seen > 0,
        "recency lies between 0 and T": (last >= 0) & (last <= seen),
        "recency is 0 just where nobody ordered again": (last > 0) == (x > 0),
    }
    for rule, holds in rules.items():
        if not holds.all():
            row = table.index[~holds.to_numpy()][0]
            there = dict(zip(COLUMNS, table.loc[[row], COLUMNS].iloc[0].tolist(), strict=True))
            raise refused(f"row {row}", str(there), rule, "correct it, or leave it out")
    if not len(numbers) or not (x > 0).any():
        rule = "nobody ordered again, so nothing tells when customers come back"
        given = Finding(f"given {len(numbers)} customers")
        raise refused("fit_retention", given, rule, "take a longer time")
    return numbers


# --- of a journal ---------------------------------------------------------------------------------


def _until(journal: Journal, until: float | None) -> int:
    s = journal.scenario
    if until is None:
        return s.horizon
    first, last = s.warm_up / DAY, s.horizon / DAY
    return round(a_number("until", until, above=first, high=last, is_a="a day") * DAY)


def _is_new(journal: Journal, end: int) -> Any:
    """Which leads have placed their first order since the warm-up, and before the end."""
    placed = journal.whole["orders"]["placed"]
    begun = (journal.order_numbers == 1) & (placed < end) & (placed >= journal.scenario.warm_up)
    new = np.zeros(journal.rows("leads"), dtype=bool)
    new[_buyer(journal)[begun]] = True
    return new


def _orders_of_each(journal: Journal, end: int) -> tuple[Ints, Ints, Ints]:
    """Of each new customer the first order and the last before the end (microseconds), and how
    many there were.
    """
    new, placed = _is_new(journal, end), journal.whole["orders"]["placed"]
    buyer = _buyer(journal)
    counts = new[buyer] & (placed < end)
    first = np.full(len(new), np.iinfo(np.int64).max)
    latest = np.zeros(len(new), dtype=np.int64)
    np.minimum.at(first, buyer[counts], placed[counts])
    np.maximum.at(latest, buyer[counts], placed[counts])
    count = np.bincount(buyer[counts], minlength=len(new))
    return first[new], latest[new], count[new]


def _buyer(journal: Journal) -> Ints:
    return journal.whole["leads"]["customer"][journal.whole["orders"]["lead"]]


def _nobody(journal: Journal, until: float | None) -> Exception:
    when = "in the days simulated" if until is None else f"by day {until:g}"
    return refused(
        "fit_retention", journal.scenario.name, f"nobody ordered {when}", "take more days"
    )
