"""When a lead was first contacted: a time of its own, or how long it took from the creation.

A contact before the lead came in, or after its end, is none; so is one after the day of the export.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from funnelsim.deals.words import plain
from funnelsim.reading import Findings, dates_among, read_numbers
from funnelsim.reading.dates import lengths_of_time
from funnelsim.reading.values import texts_of, uniques

LOOKED_AT = 200  # different values
UNITS = {  # of a time it took, by a word of the heading; hours where none says so
    "s": ("s", "sec", "second", "seconds", "sekunden", "secondes", "segundos", "секунд", "сек"),
    "min": (
        "m",
        "min",
        "mins",
        "minute",
        "minutes",
        "minuten",
        "minutos",
        "minuti",
        "минут",
        "мин",
    ),
    "D": (
        "d",
        "day",
        "days",
        "tage",
        "tagen",
        "jours",
        "días",
        "dias",
        "giorni",
        "дней",
        "дн",
        "天",
    ),
}
NAMES = {"s": "seconds", "min": "minutes", "h": "hours", "D": "days"}


def is_a_time(column: pd.Series) -> bool:
    """Whether the column holds moments, not how long it took."""
    if pd.api.types.is_datetime64_any_dtype(column):
        return True
    if pd.api.types.is_numeric_dtype(column):
        return False
    texts = [text for text in texts_of(uniques(column)[1][:LOOKED_AT]) if text is not None]
    return dates_among(texts) > len(texts) / 2


def first_contact(
    column: pd.Series,
    times: pd.Series | None,
    created: pd.Series,
    decimal: str | None,
    findings: Findings,
) -> pd.Series:
    """The moment of the first contact (NaT: none): `times`, or so long after the creation.

    >>> took = pd.Series([1.5, None], name="Response time (h)")
    >>> created = pd.Series(pd.Timestamp("2026-01-05"), took.index)
    >>> str(first_contact(took, None, created, None, Findings())[0])
    '2026-01-05 01:30:00'
    """
    if times is None:
        words = set(plain(str(column.name)).split())
        unit = next((u for u, known in UNITS.items() if words & set(known)), "h")
        took = read_numbers(column, decimal, findings)
        findings.note(f"column {column.name!r} holds {NAMES[unit]} from the creation to the first "
                      "contact")  # fmt: skip
        seconds = took * (pd.Timedelta(1, unit) / pd.Timedelta(1, "s"))
        times = created + lengths_of_time(seconds.round(), "s")
    elif _are_dates(times):  # a date is at or after the creation where it is of that day
        times = times.mask((times < created) & (times == created.dt.normalize()), created)
    early = (times < created).fillna(False)
    if early.any():
        findings.add(column, times.index[early], f"{int(early.sum()):,} leads",
                     "contacted before it came in: taken as no contact")  # fmt: skip
    return times.mask(early).rename(column.name)


def _are_dates(times: pd.Series) -> bool:
    there = times.dropna()
    return bool(len(there)) and bool(np.all(there.dt.normalize() == there))
