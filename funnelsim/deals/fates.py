"""Who was won, who was lost, who is open: from an outcome's words and from the dates.

`Sieve` keeps count of the leads that are left out, each for the first reason met.
"""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from funnelsim.deals.spelling import is_slip_of
from funnelsim.deals.words import is_yes_or_no, words_that_say
from funnelsim.errors import FunnelSimError, QuestionError
from funnelsim.reading import Findings, place, read_text
from funnelsim.reading.values import as_text, uniques

ALL, FEW = 0.95, 5  # deals of a word that have been closed
FEW_SLIPS = 0.01  # of all deals
MOST = 0.5  # of one fate: so many with a date of another contradict the column, not themselves
SHOWN = 8  # words of an outcome in a sentence


class Sieve:
    """Leaves leads out, each for the first reason met, and keeps count."""

    def __init__(self, index: pd.Index) -> None:
        self.kept = pd.Series(True, index=index)
        self.counts: list[dict[str, object]] = []

    def leave_out(self, wrong: pd.Series, why: str) -> None:
        wrong = wrong.fillna(False).astype(bool) & self.kept
        if wrong.any():
            rows = [str(label) for label in wrong.index[wrong][:3]]
            more = ", ..." if wrong.sum() > 3 else ""
            self.counts.append(
                {"left out because": why, "leads": int(wrong.sum()), "rows": ", ".join(rows) + more}
            )
            self.kept &= ~wrong

    def table(self) -> pd.DataFrame:
        return pd.DataFrame(self.counts, columns=["left out because", "leads", "rows"])


def fates(
    sieve: Sieve,
    goal: pd.Series,
    lost: pd.Series,
    closed: pd.Series | None,
    said: pd.Series | None,
    words: tuple[object, object],
    findings: Findings,
) -> tuple[pd.Series, pd.Series, pd.Series]:
    """won, lost or open for each lead, the times of winning and the times of losing.

    `closed` is a date of both kinds: it stands in where the outcome says which kind it is and no
    date of its own does.
    """
    if said is None:
        status = pd.Series("open", index=goal.index)
        sieve.leave_out(goal.notna() & lost.notna(), "both won and lost")
        status[lost.notna()] = "lost"
        status[goal.notna()] = "won"
        if closed is not None and (closed.notna() & (status == "open")).any():
            row = closed.index[closed.notna() & (status == "open")][0]
            raise FunnelSimError(
                f"column {closed.name!r}, {place(closed.index, row)}: the deal was closed, but "
                "nothing says whether it was won; say which column holds the outcome, outcome="
            )
        return status, goal, lost
    status = _outcomes(read_text(said), words, goal.notna().any(), findings)
    if closed is not None:
        status = _not_ended(status, said, closed, findings)
        if words[1] is None:
            _ask_of_the_ended(status, read_text(said), closed)
    disagree = (status != "won") & goal.notna() | (status != "lost") & lost.notna()
    _ask_of_dates(status, said, {"won": goal, "lost": lost})
    sieve.leave_out(disagree, "outcome and the times of winning and losing disagree")
    if closed is not None:
        goal = goal.fillna(closed.where(status == "won"))
        lost = lost.fillna(closed.where(status == "lost"))
    return status, goal, lost


def _not_ended(
    status: pd.Series, said: pd.Series, closed: pd.Series, findings: Findings
) -> pd.Series:
    """Of "Won?", no: those that have not been closed are not lost."""
    if not is_yes_or_no([as_text(value) for value in uniques(said)[1]]):
        return status
    still = (status == "lost") & closed.isna()
    if still.any():
        findings.note(
            f"{int(still.sum()):,} deals without a date in {closed.name!r} are open, whatever "
            f"{said.name!r} says"
        )
    return status.mask(still, "open")


def _ask_of_dates(status: pd.Series, said: pd.Series, dates: dict[str, pd.Series]) -> None:
    """Where most deals of another fate have a date of winning, it is no date of winning."""
    for fate, times in dates.items():
        for other in sorted({"won", "lost", "open"} - {fate}):
            has_one = times[status == other].notna()
            if has_one.sum() < FEW or has_one.mean() <= MOST:
                continue
            raise FunnelSimError(
                f"{has_one.sum():,} of {len(has_one):,} deals that are {other} by {said.name!r} "
                f"have a date in {times.name!r} (such as {place(times.index, has_one.idxmax())}), "
                f"so it is not when deals were {fate}; if it is when they were closed, whatever "
                f"came of them, say closed= and leave out {fate}=, else name another column"
            )


def _ask_of_the_ended(status: pd.Series, word: pd.Series, closed: pd.Series) -> None:
    """A word that nobody knows, whose deals have all been closed, means won or lost: which?"""
    unknown = word[(status == "open")]
    shares = closed[unknown.index].notna().groupby(unknown).agg(["mean", "size"])
    ended = shares[(shares["mean"] > ALL) & (shares["size"] >= FEW)]
    if ended.empty or (shares["mean"] > 1 - ALL).all():  # of open deals a close may be expected
        return
    said = str(ended["size"].idxmax())
    raise QuestionError(
        f"outcome={word.name!r}: {ended['size'].max():,} deals are {said!r}, and all of them have "
        f"been closed ({closed.name!r}), so it means won or lost; say which with won_value= or "
        "lost_value= (--won-value, --lost-value), with the other words that mean so",
        "lost_value",
        {str(v): v for v in word.value_counts().index},
    )


def meant_words(said: pd.Series, words: tuple[object, object]) -> tuple[list[str], list[str]]:
    """The words that mean won and lost, small: those told, else those known in ten languages."""
    there = [as_text(value) for value in uniques(said)[1]]
    found = []
    for given, fate in zip(words, ("won", "lost"), strict=True):
        told = words_that_say(there, fate) if given is None else _several(given)
        found.append(list(dict.fromkeys(str(word).casefold() for word in told)))
    return found[0], found[1]


def _outcomes(
    word: pd.Series, words: tuple[object, object], some_won: bool, findings: Findings
) -> pd.Series:
    won, lost = meant_words(word, words)
    if both := sorted(set(won) & set(lost)):
        raise FunnelSimError(
            f"{both[0]!r} is among won_value and lost_value; leave it out of one of them"
        )
    folded = word.str.casefold()
    is_won, is_lost = (folded.isin(these).fillna(False).astype(bool) for these in (won, lost))
    counts = word.fillna("(empty)").value_counts()
    if not (is_won.any() or is_lost.any()):
        told = [given if given is not None else fate
                for given, fate in zip(words, ("won", "lost"), strict=True)]  # fmt: skip
        raise QuestionError(
            f"outcome={word.name!r} never says {told[0]!r} or {told[1]!r}; it holds: "
            f"{_counted(counts)}; say which words mean so with won_value= and "
            "lost_value= (--won-value, --lost-value)",
            "won_value",
            {str(v): v for v in counts.index},
        )
    if not (is_won.any() or some_won) and words[0] is None:
        raise QuestionError(
            f"outcome={word.name!r} never says won; it holds: {_counted(counts)}; say which words "
            "mean so with won_value= (--won-value), or won_value=[] if nobody was won",
            "won_value",
            {str(v): v for v in counts.index},
        )
    status = pd.Series("open", index=word.index)
    status[is_won] = "won"
    status[is_lost] = "lost"
    _ask_of_slips(word, status, words, findings)
    for fate, rows in (("won", is_won), ("lost", is_lost)):
        there = list(word[rows].value_counts().index)
        if there and [v.casefold() for v in there] != [fate]:
            findings.note(f"outcomes read as {fate}: {', '.join(there[:SHOWN])}")
    as_open = word[status == "open"].fillna("(empty)").value_counts()
    if len(as_open):
        findings.note(f"outcomes read as open: {_counted(as_open)}")
    return status


def _ask_of_slips(
    word: pd.Series, status: pd.Series, words: tuple[object, object], findings: Findings
) -> None:
    """An open deal whose word is nearly one that means won or lost here was mistyped, it may be.

    A few of them, and those of a word that is left out of those told, are said; more are asked for.
    """
    counts = word[status == "open"].value_counts()
    for fate, told in zip(("won", "lost"), words, strict=True):
        known = list(word[status == fate].value_counts().index)
        for said, count in counts.items():
            right = next((w for w in known if is_slip_of(said.casefold(), w.casefold())), None)
            if right is None:
                continue
            if told is not None or count <= FEW_SLIPS * len(word):
                done = f"the deal is open: if it is {right!r} with a slip, correct it"
                findings.add(word, word.index[(word == said).fillna(False)], said, done)
                continue
            both = [*known, said]
            listed = ", ".join(map(repr, both))
            raise QuestionError(
                f"outcome={word.name!r}: {count:,} deals are {said!r}, which is nearly {right!r}, "
                f"and no word for open; say {fate}_value=[{listed}] (--{fate}-value) if it means "
                f"{fate}, {fate}_value=[{listed.rpartition(', ')[0]}] if those deals are open",
                f"{fate}_value",
                {f"{said} is {fate}": both, f"{said} is open": known},
            )


def _counted(counts: pd.Series) -> str:
    return ", ".join(f"{value} ({count:,})" for value, count in counts.head(SHOWN).items())


def _several(given: object) -> Sequence[object]:
    """The words of a list, or the one word."""
    return given if isinstance(given, (list, tuple)) else [given]
