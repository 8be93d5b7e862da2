"""What the columns of a CRM export may be for, as the planner's form asks it.

`deals/` guesses; a guess only fills a choice that the planner sees and may change.
"""

from __future__ import annotations

import pandas as pd

from funnelsim.deals import Guess, guessed, kinds_of
from funnelsim.errors import FunnelSimError
from funnelsim.reading import read_text

NONE = "(none)"
MOST_WORDS = 50  # of an outcome
ROLES = {
    "created": "Lead came in (date)",
    "won": "Deal won (date)",
    "lost": "Deal lost (date)",
    "closed": "Closed, won or lost (date)",
    "outcome": "Outcome (won, lost, open)",
    "id": "The lead's number",
    "value": "What the deal is worth",
    "currency_column": "Its currency",
    "channel": "Channel",
    "owner": "Owner",
    "reason": "Why it was lost",
    "contacted": "First contact (for a team)",
    "stage": "Stage (of a log)",
    "time": "Stage entered (of a log)",
}
OF_A_LOG = ("id", "stage", "time")
SEVERAL = "Ctrl-click (on a Mac ⌘-click) chooses several, or none."


def guess_of(table: pd.DataFrame) -> tuple[Guess, dict[str, str]]:
    """What is guessed of a table, and the column for each of the ROLES; NONE where there is none.

    >>> export = pd.DataFrame({
    ...     "Opportunity ID": ["1", "2"], "Angelegt am": ["01.02.2026", "03.02.2026"],
    ...     "Close Date": ["05.02.2026", None], "Stage": ["Closed Won", "Proposal"]})
    >>> _, found = guess_of(export)
    >>> [found[role] for role in ("created", "won", "closed", "outcome", "id", "reason")]
    ['Angelegt am', '(none)', 'Close Date', 'Stage', 'Opportunity ID', '(none)']
    """
    guess = guessed(table) if len(table) else Guess()
    found = {"currency_column" if r == "currency" else r: c for r, c in guess.roles.items()}
    return guess, {role: found.get(role, NONE) for role in ROLES}


def dates_of(table: pd.DataFrame) -> list[str]:
    """The columns that may hold the time of a stage."""
    return [name for name, kind in kinds_of(table).items() if kind in ("date", "")]


def words_of(outcome: pd.Series) -> list[str]:
    """The words that an outcome column holds, the commonest first."""
    return [str(w) for w in read_text(outcome).value_counts().head(MOST_WORDS).index]


def is_log(roles: dict[str, str]) -> bool:
    """Whether the columns are those of a log: deal, stage, time."""
    return "time" in roles


def refuse(
    roles: dict[str, str], stages: list[str], words: dict[str, list[str]], others: set[str]
) -> None:
    """FunnelSimError for choices of columns that do not go together.

    `words` are those of the outcome that mean won_value and lost_value, `others` all there are.
    """
    needed = OF_A_LOG if is_log(roles) else ("created",)
    lacking = [ROLES[name] for name in needed if name not in roles]
    if not is_log(roles) and not {"won", "closed"} & set(roles):
        lacking.append(f"{ROLES['won']}, or {ROLES['closed']}")
    if lacking:
        raise FunnelSimError(f"Say which column is: {', '.join(lacking)}.")
    dates = {r: roles[r] for r in ("created", "won", "lost", "closed") if r in roles}
    created, outcome = dates.get("created"), roles.get("outcome")
    if created and list(dates.values()).count(created) > 1:
        raise FunnelSimError(f"{ROLES['created']} has a column of its own: not {created!r} too.")
    both = dates.get("closed", dates.get("won") if dates.get("won") == dates.get("lost") else None)
    if both and not outcome and ("won" not in dates or both == dates["won"]):
        raise FunnelSimError(
            f"{both!r} is the date of both, won and lost: choose the column of the outcome."
        )
    if twice := [stage for stage in stages if stage in dates.values()]:
        raise FunnelSimError(
            f"{twice[0]!r} is a stage between and a date of its own: leave it out of one of "
            f"them. {SEVERAL}"
        )
    won_by, lost_by = set(words["won_value"]), set(words["lost_value"])
    if same := sorted(won_by & lost_by):
        raise FunnelSimError(f"{same[0]!r} means won or lost, not both. {SEVERAL}")
    said = roles.get("stage") if is_log(roles) else outcome
    if said and not won_by and others - lost_by:
        raise FunnelSimError(
            f"Say which word in the column {said!r} means won, or choose {NONE} as outcome."
        )
