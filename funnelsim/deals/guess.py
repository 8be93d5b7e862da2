"""What the columns of an export mean, by their headings and by what is in them, and why.

A profile of the CRM that wrote it (`vendors/*.toml`) knows its headings; the words of ten languages
know those of all others. What a column holds has the last word: a date is never a reason, and the
outcome is the column that says who was won.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from itertools import chain, count
from typing import Any

import numpy as np
import pandas as pd

from funnelsim.deals.looked import Looked, looks
from funnelsim.deals.words import fate_said, fitness, is_later, known_words, plain
from funnelsim.errors import FunnelSimError, QuestionError
from funnelsim.reading import read_times
from funnelsim.reading.values import Findings, as_text, uniques
from funnelsim.vendors import vendors

PROFILE = 500  # a heading of a profile is worth more than any word
SAYS_BOTH = 120  # a column that says won and lost
A_FLAG = 150  # "Won?", yes or no: worth more than a stage that never says won
FIRST_SEEN = 40  # of a creation: a first contact, where nothing else says when a lead came in
NEVER_WON = 130  # at most, of an outcome that never says won
OF_THE_ENDED = 80  # a date of closing that open deals do not have
LEAST_HEADINGS = 3  # of a profile
MOST_ROWS = 20_000  # looked at for what is a stage
ENDS = ("Lead", "Won")  # stages by themselves
PASSED = 0.3  # of the won deals must have passed a stage
LABELS = {
    "created": "when the lead came in", "won": "when the deal was won",
    "lost": "when it was lost", "closed": "when it was closed, won or lost",
    "outcome": "won, lost or open", "stage": "the stage", "time": "when a stage was entered",
    "id": "the deal's number", "value": "what it is worth", "currency": "the currency",
    "channel": "where it came from", "owner": "who looks after it", "reason": "why it was lost",
    "contacted": "when it was first contacted",
}  # fmt: skip


@dataclass
class Guess:
    """The column for each role, the stages in their order, and why each was taken or not."""

    roles: dict[str, str] = field(default_factory=dict)
    stages: dict[str, str] = field(default_factory=dict)
    why: dict[str, tuple[str, str]] = field(default_factory=dict)
    words: tuple[list[str] | None, list[str] | None] = (None, None)  # of the outcome
    vendor: str = ""
    is_guessed: bool = False

    def take(self, role: str, column: str, why: str) -> None:
        self.roles[role] = column
        self.why[column] = (LABELS[role], why)


def vendor_of(columns: list[str]) -> dict[str, Any]:
    """The profile that knows most of the headings; an empty one where none knows enough."""
    there = {plain(column) for column in columns}

    def share(profile: dict[str, Any]) -> tuple[float, int]:
        known = sum(plain(heading) in there for heading in profile["known_by"])
        return (known / len(profile["known_by"]), known) if known >= LEAST_HEADINGS else (0.0, 0)

    best = max(vendors().values(), key=share)
    return best if share(best)[0] >= 0.4 else {"name": "", "columns": {}}


def guessed(
    table: pd.DataFrame,
    told: dict[str, str] | None = None,
    dayfirst: bool | None = None,
    yearfirst: bool | None = None,
) -> Guess:
    """The meaning of every column; `told` says it of some.

    >>> export = pd.DataFrame({
    ...     "Opportunity ID": ["1", "2"], "Angelegt am": ["01.02.2026", "03.02.2026"],
    ...     "Close Date": ["05.02.2026", None], "Stage": ["Closed Won", "Proposal"]})
    >>> guessed(export).roles == {"created": "Angelegt am", "closed": "Close Date",
    ...     "outcome": "Stage", "id": "Opportunity ID"}
    True
    """
    columns = looks(table)
    profile = vendor_of(list(columns))
    guess = Guess(vendor=profile["name"])
    for role, column in (told or {}).items():
        guess.take(role, column, "as told")
    if _is_log(table, columns, guess, profile):
        order = ["value", "currency", "channel", "owner", "reason", "contacted"]
    else:
        order = ["outcome", "won", "lost", "closed", "created", "id", "value", "currency",
                 "channel", "owner", "reason", "contacted"]  # fmt: skip
    for role in order:
        if role not in guess.roles:
            _take_best(role, columns, guess, profile, table)
    if "time" not in guess.roles:
        _earliest(columns, guess, len(table))
        _say_what_the_flag_means(table, columns, guess)
        guess.stages = _stages(
            table, columns, guess, profile, {"dayfirst": dayfirst, "yearfirst": yearfirst}
        )
    for name, looked in columns.items():
        later = is_later(name) if looked.kind == "date" else ""
        no = f"{later!r} in its name: no time of a stage" if later else ""
        guess.why.setdefault(name, ("", no or ("empty" if not looked.kind else "")))
    return guess


def _take_best(
    role: str,
    columns: dict[str, Looked],
    guess: Guess,
    profile: dict[str, Any],
    table: pd.DataFrame,
) -> None:
    """The column that fits a role best, if one does."""
    kind, rows = known_words()[role]["holds"], len(table)
    scores: dict[str, tuple[int, str]] = {}
    for name, looked in columns.items():
        is_flag = role == "outcome" and looked.is_flag and fate_said(name) == "won"
        if name in guess.roles.values() or (kind and looked.kind != kind and not is_flag):
            continue
        score, why = _heading_fits(name, role, profile)
        if is_flag:
            score, why = A_FLAG, "its name says won, its cells yes or no"
        elif role == "outcome" and {"won", "lost"} <= looked.fates:
            score, why = score + SAYS_BOTH, "it says won and lost"
        elif role == "outcome" and "won" in looked.fates and score:
            score += SAYS_BOTH // 2
        elif role == "outcome":
            score = min(score, NEVER_WON)
        if role == "id" and looked.different < 0.5 * rows:
            continue  # the number of an account stands in many rows
        if role == "created" and looked.filled < 0.9 * rows:
            score -= 60
        if role == "created" and score < PROFILE // 2 and fitness(name, "contacted"):
            score = min(score, FIRST_SEEN)
        if role == "contacted" and looked.kind not in ("date", "number"):
            continue
        if role == "closed" and 0 < score < PROFILE // 2 and _is_of_the_ended(table, name, guess):
            score += OF_THE_ENDED
        if role in ("channel", "owner", "reason") and looked.different > max(0.5 * rows, 50):
            continue
        if score > 0:
            scores[name] = (score, why)
    if scores:
        best = max(scores, key=lambda name: scores[name][0])
        guess.take(role, best, scores[best][1])


def _is_of_the_ended(table: pd.DataFrame, name: str, guess: Guess) -> bool:
    """Whether those that were won have this date and those whose fate is open do not."""
    if "outcome" not in guess.roles:
        return False
    said = table[guess.roles["outcome"]].map(lambda cell: fate_said(as_text(cell)))
    filled = table[name].notna()
    is_open = said == ""
    return bool(filled[said == "won"].mean() > 0.5 and is_open.any() and
                filled[is_open].mean() < 0.1)  # fmt: skip


def _say_what_the_flag_means(table: pd.DataFrame, columns: dict[str, Looked], guess: Guess) -> None:
    """Yes is won. No is lost, unless those that are still open say no as well."""
    looked = columns.get(guess.roles.get("outcome", ""))
    if looked is None or not looked.is_flag:
        return
    yes, no = looked.yes_and_no()
    closed = guess.roles.get("closed")
    some_open = looked.filled < len(table) or (closed and table[closed].isna().any())
    guess.words = (yes, no if some_open and "won" not in guess.roles else [])


def _heading_fits(name: str, role: str, profile: dict[str, Any]) -> tuple[int, str]:
    for place, heading in enumerate(profile["columns"].get(role, [])):
        if plain(heading) == plain(name):
            why = profile.get("closed_why", "") if role == "closed" else ""
            return PROFILE - place, f"a heading of {profile['name']}" + (f": {why}" if why else "")
    score = fitness(name, role)
    return score, "its name says so" if score else ""


def _earliest(columns: dict[str, Looked], guess: Guess, rows: int) -> None:
    """Where no name says when a lead came in: a date that every lead has, if it is the only one."""
    if "created" in guess.roles:
        return
    dates = [name for name, looked in columns.items()
             if looked.kind == "date" and looked.filled >= 0.98 * rows
             and name not in guess.roles.values() and not is_later(name)]  # fmt: skip
    if len(dates) == 1:
        guess.take("created", dates[0], "the only date that every lead has")


# --- stages -------------------------------------------------------------------------------------


def _stages(
    table: pd.DataFrame,
    columns: dict[str, Looked],
    guess: Guess,
    profile: dict[str, Any],
    order: dict[str, bool | None],
) -> dict[str, str]:
    """The times between creation and win, in the order in which deals pass them."""
    if "created" not in guess.roles:
        return {}
    pattern = re.compile(profile["stages"]) if profile.get("stages") else None
    others = {column for role, column in guess.roles.items() if role != "contacted"}
    names = [
        name
        for name, looked in columns.items()
        if looked.kind == "date"
        and name not in others
        and ((pattern and pattern.match(name)) or not is_later(name))
        and (not pattern or pattern.match(name))
    ]
    ends = [guess.roles[role] for role in ("won", "closed") if role in guess.roles]
    if not names or not ends:
        return {}
    some = table.iloc[:: max(len(table) // MOST_ROWS, 1)]
    times = _times(some, [guess.roles["created"], ends[0], *names], order)
    if not times:
        return {}
    created, end = times[guess.roles["created"]], times[ends[0]]
    won = end.notna()
    if "outcome" in guess.roles:
        codes, values = uniques(some[guess.roles["outcome"]])
        says = np.array([fate_said(as_text(v)) == "won" for v in values], dtype=bool)
        won &= np.where(codes >= 0, says[codes] if len(says) else False, False)
    found: list[str] = []
    for name in names:
        why = _is_a_stage(times[name], created, end, won)
        if any(_is_same(times[name], times[other]) for other in found):
            why = "the same as another column"
        if why:
            guess.why[name] = ("", f"no stage: {why}")
        else:
            found.append(name)
    found.sort(key=lambda name: ((times[name] - created).median(), names.index(name)))
    stages: dict[str, str] = {}
    for name in found:
        stage = _stage_name(name, pattern)
        more = (f"{stage} {number}" for number in count(2))
        stages[next(own for own in chain([stage], more) if own not in {*stages, *ENDS})] = name
    for stage, name in stages.items():
        guess.why[name] = (f"stage {stage}", "a time between creation and win, in this order")
    return stages


def _times(
    table: pd.DataFrame, names: list[str], order: dict[str, bool | None]
) -> dict[str, pd.Series]:
    """The columns as times; none where they cannot be read, which is said when it is for good.

    Whether 03/04 is in March or in April changes neither which stages there are nor their order.
    """
    try:
        read = read_times([table[name] for name in names], findings=Findings(), **order)
    except QuestionError as asked:
        if asked.argument not in order or order[asked.argument] is not None:
            return {}
        return _times(table, names, {**order, asked.argument: True})
    except FunnelSimError:
        return {}
    return dict(zip(names, read, strict=True))


def _is_a_stage(times: pd.Series, created: pd.Series, end: pd.Series, won: pd.Series) -> str:
    """Why it is none; "" where it is one."""
    given = times.notna()
    day = pd.Timedelta(days=1)
    inside = (times[given] > created[given] - day) & ~(times[given] > end[given] + day)
    if not given.any() or inside.mean() < 0.95:
        return "not between creation and end"
    if won.any() and times[won].notna().mean() < PASSED:
        return f"only {times[won].notna().mean():.0%} of the won have it"
    if _is_same(times, created) or (won.any() and _is_same(times[won], end[won])):
        return "the same as creation or win"
    return ""


def _is_same(one: pd.Series, two: pd.Series) -> bool:
    both = one.notna() & two.notna()
    if both.sum() < 0.9 * one.notna().sum():
        return False
    same = (one[both].dt.normalize() == two[both].dt.normalize()).mean()
    exact = (one[both] == two[both]).mean()
    dates = (one[both].dt.normalize() == one[both]).all()
    return bool(exact > 0.9 or (dates and same > 0.9))


def _stage_name(column: str, pattern: re.Pattern[str] | None) -> str:
    """ "Qualified" of 'Date entered "Qualified (Sales)"', "Angebot" of "Angebot am"."""
    match = pattern.match(column) if pattern else None
    name = match["stage"] if match else column
    if not match:
        short = re.sub(
            r"(?i)\b(date entered|entered|date of|date|time|at|on|am|datum|vom|le|fecha de|fecha|"
            r"data|дата|время)\b", " ", name.replace("_", " "),
        ).strip(' -:"')  # fmt: skip
        name = " ".join(short.split()) or name
    return name.replace(".", "_")


# --- logs ---------------------------------------------------------------------------------------


def _is_log(
    table: pd.DataFrame, columns: dict[str, Looked], guess: Guess, profile: dict[str, Any]
) -> bool:
    """Whether it has a row for each stage that a deal entered: deal, stage, time."""
    if "time" in guess.roles or "stage" in guess.roles:
        for role in ("id", "stage", "time"):
            if role not in guess.roles:
                _take_for_log(role, columns, guess)
        return True
    if {"created", "won", "closed"} & set(guess.roles):
        return False
    rows = len(table)
    ids = {n: _is_id_of_a_log(n) for n, k in columns.items()
           if 1 < k.different <= 0.85 * rows and k.kind != "date"}  # fmt: skip
    stages = {n: fitness(n, "stage") for n, k in columns.items() if k.is_text and k.different <= 50}
    stages = {n: s + SAYS_BOTH * ("won" in columns[n].fates) for n, s in stages.items()}
    times = {n: fitness(n, "time") for n, k in columns.items()
             if k.kind == "date" and k.filled >= 0.95 * rows}  # fmt: skip
    picked = []
    for scores in (ids, stages, times):
        scores = {name: score for name, score in scores.items() if score > 0}
        if not scores:
            return False
        picked.append(max(scores, key=lambda name: scores[name]))
    keys = table[picked[:2]].astype("string")
    pairs = keys.drop_duplicates()
    per_deal = pairs.groupby(picked[0], observed=True).size()
    if keys[picked[0]].nunique() > 0.85 * rows or (per_deal > 1).mean() < 0.3:
        return False
    if len(pairs) < 0.5 * rows:  # a deal comes to a stage again, but not again and again
        return False
    for role, name in zip(("id", "stage", "time"), picked, strict=True):
        guess.take(role, name, "a log: a row for each stage that a deal entered")
    return True


def _is_id_of_a_log(name: str) -> int:
    """How well a heading names the deal that many rows are of: "Deal", but not "Deal value"."""
    others = ("value", "stage", "outcome", "owner", "channel", "reason", "currency")
    if any(fitness(name, role) for role in others):
        return 0
    return max(fitness(name, "id"), fitness(name, "deal"))


def _take_for_log(role: str, columns: dict[str, Looked], guess: Guess) -> None:
    fit = _is_id_of_a_log if role == "id" else lambda name: fitness(name, role)
    scores = {n: fit(n) for n in columns if n not in guess.roles.values()}
    best = max(scores, key=lambda name: scores[name], default="")
    if best and scores[best]:
        guess.take(role, best, "its name says so")
