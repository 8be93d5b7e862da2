"""Names that people typed: those that differ by capital letters alone are one, slips are told."""

from __future__ import annotations

import pandas as pd

from funnelsim.reading import Findings

SHOWN = 5  # names in a note
SHORT = 4  # letters of a word


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


def is_slip_of(word: str, right: str) -> bool:
    """Whether a word is another one with one letter too many, missing, wrong, or two swapped.

    The first letter has to be right, and one wrong letter makes another word of a short one.

    >>> [is_slip_of(word, "won") for word in ("wonn", "wn", "wno", "now", "son", "win", "won")]
    [True, True, True, False, False, False, False]
    >>> is_slip_of("gewonmen", "gewonnen"), is_slip_of("list", "lost")
    (True, False)
    """
    if word == right or word[:1] != right[:1]:
        return False
    short, long = sorted((word, right), key=len)
    if len(long) == len(short) + 1:
        return any(long[:i] + long[i + 1 :] == short for i in range(len(long)))
    if len(long) > len(short):
        return False
    wrong = [i for i in range(len(long)) if word[i] != right[i]]
    if len(wrong) == 1:
        return len(right) > SHORT
    i = wrong[0]
    return wrong == [i, i + 1] and word[i : i + 2] == right[i + 1] + right[i]
