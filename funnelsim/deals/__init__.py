"""A CRM's export as deals: which column is what, a row a deal, and what was made of each cell.

`read_deals` reads a file as the CRM wrote it. `reading/` makes a table of it; `guess` finds what
its columns mean, by profiles (`vendors/`) and words (`words`); `log` turns a log of stages into a
row a deal; `tidy` checks every lead, with `fates`, `money` and the `day` of the export; `record` is
what comes out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

import pandas as pd

from funnelsim.deals.as_of import visits_until
from funnelsim.deals.fates import meant_words
from funnelsim.deals.guess import LABELS, Guess, guessed
from funnelsim.deals.log import as_wide
from funnelsim.deals.looked import kinds_of
from funnelsim.deals.record import Deals
from funnelsim.deals.tidy import NOT_STATED, Told, tidy
from funnelsim.deals.words import fitness, words_that_say
from funnelsim.errors import FunnelSimError
from funnelsim.reading import (
    Findings,
    find_column,
    is_amount,
    named,
    read_bytes,
    read_table,
    read_text,
)
from funnelsim.reading.values import short

__all__ = [
    "NOT_STATED",
    "Deals",
    "Guess",
    "guessed",
    "kinds_of",
    "read_deals",
    "words_that_say",
]

ROLES = tuple(LABELS)


def read_deals(
    source: pd.DataFrame | str | Path,
    *,
    created: str | None = None,
    won: str | None = None,
    lost: str | None = None,
    closed: str | None = None,
    outcome: str | None = None,
    won_value: object = None,
    lost_value: object = None,
    stages: Mapping[str, str] | Sequence[str] | None = None,
    stage: str | None = None,
    time: str | None = None,
    id: str | None = None,
    channel: str | None = None,
    owner: str | None = None,
    value: str | None = None,
    reason: str | None = None,
    contacted: str | None = None,
    currency: str | None = None,
    currency_column: str | None = None,
    since: object = None,
    export_date: object = None,
    dayfirst: bool | None = None,
    yearfirst: bool | None = None,
    decimal: str | None = None,
    encoding: str | None = None,
    sheet: str | None = None,
    first_stage: str = "Lead",
    goal: str = "Won",
    name: str | None = None,
) -> Deals:
    """The deals of an export, as the CRM wrote it: CSV, Excel, ODS, Parquet or a DataFrame.

    Three shapes are read: a row a deal with a time for each stage; a log with a row for each stage
    that a deal entered (`id`, `stage`, `time`); a row a deal with today's stage and dates alone.

    What the columns mean is guessed from their headings and from what they hold, and said in
    `Deals.columns`; what is given here is taken as given. Where the beginning and the end are given
    (`created` with `won` or `closed`; `id`, `stage` and `time` of a log), nothing else is guessed.

    created, won, lost   when the lead came in; when the deal was won; lost (empty: not)
    closed               when it was closed, won or lost: the outcome says which
    outcome              won, lost or anything else (read as open); its words for won and lost may
                         be given as won_value and lost_value (one, or a list of them)
    stages               {stage name: column of the time it was entered}, in order, or a list
    id, channel, owner, value, reason   text, text, text, money, text
    contacted            when it was first contacted, or in how many hours (minutes, days where its
                         heading says so): of use to `calibrate(team=True)` alone
    currency             whose values count, where there are several: they are never added up
    currency_column      where it stands, if not with the amounts
    since, export_date   leads created before are left out; when the export was taken (left out:
                         the latest time that belongs to the others)
    dayfirst, yearfirst, decimal, encoding, sheet   how dates, amounts and text are read, where the
                         file does not show it

    Raises FunnelSimError naming file, line and value of what cannot be read, and a kind of it,
    `errors.QuestionError`, naming the argument that decides what nothing in the file does.

    >>> deals = read_deals(pd.DataFrame({
    ...     "Angelegt am": ["01.02.2026", "03.02.2026", "05.02.2026"],
    ...     "Abschlussdatum": ["05.02.2026", "07.02.2026", None],
    ...     "Phase": ["Gewonnen", "Verloren", "Angebot"], "Betrag": ["1.200,50 €", "", "80 €"]}))
    >>> deals.leads["outcome"].tolist(), deals.currency, deals.stages
    (['won', 'lost', 'open'], 'EUR', ['Lead', 'Won'])
    """
    findings = Findings()
    given = {"created": created, "won": won, "lost": lost, "closed": closed, "outcome": outcome,
             "stage": stage, "time": time, "id": id, "channel": channel, "owner": owner,
             "value": value, "currency": currency_column, "reason": reason,
             "contacted": contacted}  # fmt: skip
    told = Told((won_value, lost_value), (first_stage, goal), since, export_date, dayfirst,
                yearfirst, decimal, currency)  # fmt: skip
    how = {"currency": currency, "since": since, "export_date": export_date, "dayfirst": dayfirst,
           "yearfirst": yearfirst, "decimal": decimal, "encoding": encoding,
           "sheet": sheet}  # fmt: skip
    path = "" if isinstance(source, pd.DataFrame) else str(source)
    table = _table(source, encoding, sheet, findings)
    with named(name or path):
        guess = _meant(table, given, stages, (dayfirst, yearfirst), findings)
        won_by, lost_by = (
            meant if said is None else said
            for said, meant in zip(told.words, guess.words, strict=True)
        )
        told = told._replace(words=(won_by, lost_by))
        found = _read(table, guess, told, findings)
    taken = {role: guess.roles[role] for role in ROLES if role in guess.roles}
    columns = {"currency_column" if r == "currency" else r: c for r, c in taken.items()}
    command = {**columns, "stages": guess.stages, **found.pop("words"), **how}
    return Deals(
        name=name or path or "a DataFrame",
        columns=_columns(table, guess),
        problems=findings.table(),
        notes=findings.notes,
        sample=_sample(table, guess),
        told=command,
        source=_in_words(source, len(table)),
        vendor=guess.vendor,
        is_guessed=guess.is_guessed,
        **found,
    )


def _in_words(source: pd.DataFrame | str | Path, rows: int) -> str:
    """Which export it is: a file by its name, not its folder, and by what it holds."""
    if isinstance(source, pd.DataFrame):
        return f"a table of {rows:,} rows"
    return f"{Path(source).name}, {rows:,} rows, SHA-256 {sha256(read_bytes(source)).hexdigest()}"


def _table(
    source: object, encoding: str | None, sheet: str | None, findings: Findings
) -> pd.DataFrame:
    """The rows of the export, uniquely labelled."""
    if not isinstance(source, pd.DataFrame | str | Path):
        raise FunnelSimError(
            f"deals is a {type(source).__name__}; pass a DataFrame or the path of a file"
        )
    table = (
        source
        if isinstance(source, pd.DataFrame)
        else read_table(source, encoding=encoding, sheet=sheet, findings=findings)
    )
    if table.empty:
        with named("" if isinstance(source, pd.DataFrame) else str(source)):
            raise FunnelSimError(
                "the export holds no lead; it has a header and nothing below. Export the deals anew"
            )
    return table if table.index.is_unique else table.reset_index(drop=True)


def _meant(
    table: pd.DataFrame,
    given: Mapping[str, str | None],
    stages: Mapping[str, str] | Sequence[str] | None,
    order: tuple[bool | None, bool | None],
    findings: Findings,
) -> Guess:
    """What the columns mean: as told, or guessed where not enough is told."""
    roles = {role: column for role, column in given.items() if column is not None}
    is_log = {"id", "stage", "time"} <= set(roles)
    if ("created" in roles and {"won", "closed"} & set(roles)) or is_log:
        guess = Guess()
        for role, column in roles.items():
            find_column(table, column, role)
            guess.take(role, column, "as told")
    else:
        for role, column in roles.items():
            find_column(table, column, role)
        guess = guessed(table, roles, *order)
        guess.is_guessed = True
        if guess.vendor:
            findings.note(f"its headings are those of {guess.vendor}")
        _refuse_unknown(table, guess)
        _say_no_amounts(table, guess, findings)
    if stages is not None:
        guess.stages = dict(stages) if isinstance(stages, Mapping) else stages  # type: ignore[assignment]
        named = stages.values() if isinstance(stages, Mapping) else stages
        contacted = guess.roles.get("contacted")
        if guess.is_guessed and given.get("contacted") is None and contacted in list(named):
            del guess.roles["contacted"], guess.why[contacted]
    return guess


def _refuse_unknown(table: pd.DataFrame, guess: Guess) -> None:
    if "time" in guess.roles:
        return
    lacking = "created" if "created" not in guess.roles else ""
    if not lacking and not {"won", "closed"} & set(guess.roles):
        lacking = "won" if "outcome" not in guess.roles else "closed"
    if lacking:
        there = ", ".join(map(str, table.columns[:30]))
        raise FunnelSimError(
            f"no column says {LABELS[lacking]}{_nearly(table, lacking)}; say which, {lacking}= "
            f"(--{lacking}). There are: {there}" + (" and more" if table.shape[1] > 30 else "")
        )


def _say_no_amounts(table: pd.DataFrame, guess: Guess, findings: Findings) -> None:
    """A column named like an amount whose cells are none would be missed without a word."""
    if "value" in guess.roles:
        return
    fits = {name: fitness(name, "value") for name in map(str, table.columns)}
    best = max(fits, key=lambda name: fits[name])
    if not fits[best] or best in guess.roles.values() or (table.columns == best).sum() > 1:
        return
    cells = read_text(table[best]).dropna()
    if len(cells) and kinds_of(table[[best]])[best] == "text":
        shown = cells[~cells.map(is_amount)].iloc[0]
        findings.note(
            f"column {best!r} is not read as what the deals are worth: too few of its cells are "
            f"amounts (such as {short(shown)!r}); write plain numbers, or the deals have no value"
        )


def _nearly(table: pd.DataFrame, role: str) -> str:
    """Why a column that is named like the one that is lacking was not taken for it."""
    for name in map(str, table.columns):
        if fitness(name, role):
            if (table.columns == name).sum() > 1:
                return f" (several columns are named {name!r}: give each a name of its own)"
            cells = read_text(table[name]).dropna()
            held = f"holds no dates, such as {short(cells.iloc[0])!r}" if len(cells) else "is empty"
            return f" (column {name!r} {held})"
    return ""


def _read(table: pd.DataFrame, guess: Guess, told: Told, findings: Findings) -> dict[str, Any]:
    roles: dict[str, str | None] = dict(guess.roles)
    words: dict[str, Any] = {}
    said = roles.get("stage") if roles.get("time") else roles.get("outcome")
    if said is not None:
        column = read_text(find_column(table, said, "outcome"))
        there = column.dropna().drop_duplicates()
        for key, meant in zip(
            ("won_value", "lost_value"), meant_words(column, told.words), strict=True
        ):
            words[key] = [word for word in there if word.casefold() in meant]
    if roles.get("time") is None:
        return tidy(table, roles, guess.stages, told, findings) | {"words": words, "log": None}
    wide = as_wide(table, roles, told.words, told.dayfirst, told.yearfirst, findings)
    told = told._replace(words=("won", "lost"))
    found = tidy(wide.table, wide.roles, wide.stages, told, findings)
    visits = visits_until(wide.visits, found["export_date"])
    return found | {"words": words, "log": visits, "rows": len(wide.table)}


def _columns(table: pd.DataFrame, guess: Guess) -> pd.DataFrame:
    """What each column was taken for, and why."""
    stages = (
        guess.stages.items()
        if isinstance(guess.stages, Mapping)
        else [(c, c) for c in guess.stages]
    )
    by_stage = {column: (f"stage {stage}", "as told") for stage, column in stages}
    rows = []
    for name in map(str, table.columns):
        taken, why = guess.why.get(name, ("", ""))
        if name in by_stage and not taken:
            taken, why = by_stage[name]
        rows.append((name, taken, why))
    return pd.DataFrame(rows, columns=["column", "taken for", "why"])


def _sample(table: pd.DataFrame, guess: Guess) -> pd.DataFrame:
    """The first three rows of what is used, as they stand in the file."""
    stages = guess.stages.values() if isinstance(guess.stages, Mapping) else guess.stages
    used = {*guess.roles.values(), *stages}
    names = [name for name in dict.fromkeys(table.columns) if name in used]
    return table.loc[:, names].head(3).astype(object)
