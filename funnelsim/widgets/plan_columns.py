"""What the columns of a CRM export mean: guessed by their names and by what is in them.

A guess only fills a choice that the planner sees and may change. A column of dates is never taken
for a reason, however its name reads, nor one of texts for a date.
"""

from __future__ import annotations

import re
from typing import NamedTuple

import pandas as pd

from funnelsim.reading import is_date, read_text

NONE = "(none)"
LOOKED_AT = 500  # cells of a column
MOST_WORDS = 50  # of an outcome


class Role(NamedTuple):
    """What a column may be for: its label, the words by which it is known, and what it holds."""

    label: str
    words: tuple[str, ...]  # the first that a name holds decides
    holds: str = ""  # date, number or text; anything
    never: tuple[str, ...] = ()  # words that speak against it


_LATER = (  # what is not yet, or happens all the time
    *("modif", "activity", "geändert", "expected", "est", "estimated", "due", "erwartet"),
    *("planned", "geplant"),
)
_CLOSED = ("close", "closing", "abschluss", "abgeschlossen", "geschlossen")
_WON = ("won", "gewonnen", "sold", "verkauft", "signed", "unterschr")
_LOST = ("lost", "verloren", "verlust", "abgesagt", "absage", "abgelehnt", "rejected", "disqualif")
_WHY = ("reason", "grund")
_OTHERS = (  # whose number may stand in many rows
    *("account", "contact", "owner", "company", "customer", "user", "kunde", "firma", "campaign"),
)
ROLES = {
    "created": Role(
        "Lead came in (date)",
        ("creat", "angelegt", "anlage", "erstell", "eingang", "eingegangen", "arrived", "came in",
         "received", "first", "date", "datum"),
        "date", (*_LATER, *_CLOSED, *_WON, *_LOST),
    ),
    "won": Role("Deal won (date)", (*_WON, *_CLOSED), "date", (*_LATER, *_LOST, *_WHY)),
    "lost": Role("Deal lost (date)", _LOST, "date", (*_LATER, *_WHY)),
    "outcome": Role(
        "Outcome (won, lost, open)",
        ("outcome", "status", "result", "ergebnis", "stage", "phase", "stufe"),
        "text", _WHY,
    ),
    "id": Role("The lead's number", ("id", "number", "nummer", "nr"), never=_OTHERS),
    "value": Role(
        "What the deal is worth",
        ("value", "amount", "revenue", "worth", "betrag", "umsatz", "wert", "volumen", "summe"),
        "number",
    ),
    "channel": Role(
        "Channel", ("channel", "source", "origin", "kanal", "quelle", "herkunft"), "text"
    ),
    "owner": Role(
        "Owner",
        ("owner", "rep", "seller", "salesperson", "verkäufer", "vertrieb", "inhaber", "besitzer",
         "zuständig", "betreuer", "bearbeiter"),
        "text",
    ),
    "reason": Role("Why it was lost", ("lost reason", "loss reason", *_WHY), "text", _WON),
}  # fmt: skip
WORDS = {  # of an outcome: what won and lost are called
    "won": (
        "won",
        "closedwon",
        "gewonnen",
        "sold",
        "verkauft",
        "success",
        "successful",
        "erfolgreich",
    ),
    "lost": (
        *("lost", "closedlost", "verloren", "rejected", "abgelehnt", "abgesagt", "disqualified"),
    ),
}
NOT = r"\b(?:not|nicht|no)\b"
NOT_SO = {"won": f"{NOT}.*", "lost": f"{NOT} (?:yet )?"}  # "Lost, no budget" is lost


def guessed(table: pd.DataFrame) -> dict[str, str]:
    """The column for each of the ROLES; NONE where there is none like it.

    >>> export = pd.DataFrame({
    ...     "Opportunity ID": ["1", "2"], "Angelegt am": ["01.02.2026", "03.02.2026"],
    ...     "Close Date": ["05.02.2026", None], "Stage": ["Closed Won", "Proposal"]})
    >>> found = guessed(export)
    >>> [found[role] for role in ("created", "won", "lost", "outcome", "id", "reason")]
    ['Angelegt am', 'Close Date', 'Close Date', 'Stage', 'Opportunity ID', '(none)']
    """
    kinds = kinds_of(table)
    found: dict[str, str] = {}
    for name, role in ROLES.items():
        like_it = [
            column
            for column in _named(list(kinds), role)
            if column not in found.values() and kinds[column] in (role.holds or kinds[column], "")
        ]
        if name == "outcome":  # of status and stage the one that says what was won
            like_it.sort(key=lambda column: not words_that_say(words_of(table[column]), "won"))
        if name == "id":  # the number of an account may stand in many rows
            like_it = [column for column in like_it if table[column].nunique() > len(table) / 2]
        found[name] = like_it[0] if like_it else NONE
    closed = _holds(found["won"], _CLOSED) and not _holds(found["won"], _WON)
    if closed and found["lost"] == NONE and found["outcome"] != NONE:
        found["lost"] = found["won"]  # one date for both; the outcome says which
    return found


def kinds_of(table: pd.DataFrame) -> dict[str, str]:
    """What each column mostly holds: date, number, text, or "" where it is empty."""
    return {
        str(name): _kind(table[name]) for name in table.columns[~table.columns.duplicated(False)]
    }


def _kind(column: pd.Series) -> str:
    seen = read_text(column).dropna().head(LOOKED_AT)
    if seen.empty:
        return ""
    if sum(is_date(text) for text in seen) > len(seen) / 2:
        return "date"
    is_number = re.compile(r"^\D{0,4}\d[\d.,'\s]*\D{0,4}$")
    return "number" if sum(bool(is_number.match(t)) for t in seen) > len(seen) / 2 else "text"


def _named(names: list[str], role: Role) -> list[str]:
    """The columns whose name speaks for the role, the best first."""
    fitting = [name for name in names if not _holds(name, role.never)]
    found = [name for word in role.words for name in fitting if _holds(name, (word,))]
    return list(dict.fromkeys(found))


def _holds(name: str, words: tuple[str, ...]) -> bool:
    """Whether one of the words is in the name; a short one must be a word of its own."""
    plain = _plain(name)
    parts = plain.split()
    return any(word in parts if len(word) < 4 else word in plain for word in words)


def _plain(text: str) -> str:
    """In small letters, with a blank between the words.

    >>> _plain("ClosedWon_2026/Q1")
    'closed won 2026 q1'
    """
    return re.sub(r"[\W_]+", " ", re.sub(r"(?<=[a-z])(?=[A-Z])", " ", text)).lower()


def between(table: pd.DataFrame, found: dict[str, str]) -> list[str]:
    """The columns of dates that stand between creation and win: stages, most likely."""
    kinds = kinds_of(table)
    names = list(kinds)
    if found["created"] not in names or found["won"] not in names:
        return []
    inner = names[names.index(found["created"]) + 1 : names.index(found["won"])]
    stages = [name for name in inner if kinds[name] == "date" and not _holds(name, _LATER)]
    return [name for name in stages if name not in found.values()]


def words_of(outcome: pd.Series) -> list[str]:
    """The words that an outcome column holds, the commonest first."""
    return [str(w) for w in read_text(outcome).value_counts().head(MOST_WORDS).index]


def words_that_say(words: list[str], fate: str) -> list[str]:
    """Those of the words that say "won" or "lost", in English or German, and not both.

    >>> words = ["Proposal", "Not won", "Closed Won", "Verloren", "Lost, no budget", "Won/Lost"]
    >>> words_that_say(words, "won"), words_that_say(words, "lost")
    (['Closed Won'], ['Verloren', 'Lost, no budget'])
    """
    return [said for said in words if [f for f in WORDS if _says(said, f)] == [fate]]


def _says(text: str, fate: str) -> bool:
    """Whether one of its words begins so; a short one is a whole word. "Unsold" is not sold."""
    plain = _plain(re.sub("['’]", "", text))  # won't
    begins = "|".join(word if len(word) > 3 else rf"{word}\b" for word in WORDS[fate])
    is_denied = re.search(rf"{NOT_SO[fate]}\b(?:{begins})", plain)
    return bool(re.search(rf"\b(?:{begins})", plain)) and not is_denied
