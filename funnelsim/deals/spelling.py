"""Names that differ by capital letters alone are one name: people type them."""

from __future__ import annotations

import pandas as pd

from funnelsim.reading import Findings

SHOWN = 5  # names in a note


def one_spelling(names: pd.Series, what: str, findings: Findings) -> pd.Series:
    """The names, each in the spelling that is the commonest of it; `findings` says which are one.

    >>> told = Findings()
    >>> typed = pd.Series(["Web", "web", "Web", None], dtype="string")
    >>> one_spelling(typed, "channel", told).tolist()
    ['Web', 'Web', 'Web', <NA>]
    >>> told.notes
    ['channel: names that differ by capital letters alone are one: web is Web']
    """
    counts = names.value_counts()  # the commonest first
    first: dict[str, str] = {}
    for name in map(str, counts.index):
        first.setdefault(name.casefold(), name)
    if len(first) == len(counts):
        return names
    other = {name: first[name.casefold()] for name in map(str, counts.index)}
    told = [f"{name} is {taken}" for name, taken in other.items() if name != taken]
    more = f" and {len(told) - SHOWN:,} more" if len(told) > SHOWN else ""
    findings.note(
        f"{what}: names that differ by capital letters alone are one: "
        f"{', '.join(told[:SHOWN])}{more}"
    )
    return names.map(other).astype("string")
