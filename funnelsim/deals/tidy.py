"""A CRM export whose columns the caller names, as one tidy row per lead.

`read_export` checks every lead before anything is estimated: what contradicts itself is left
out, and counted with the rows it stands in. Times become one column per stage (when the lead
entered it), the fate becomes one of won, lost, open, as known on the export date.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from funnelsim.deals.day import first_of, last_of
from funnelsim.errors import FunnelSimError
from funnelsim.reading import (
    Findings,
    find_column,
    named,
    place,
    read_moment,
    read_numbers,
    read_table,
    read_text,
    read_times,
)

NOT_STATED = "not stated"


@dataclass
class Export:
    """Leads that can be used, and a record of what was not.

    `entered` has a column per stage, the goal last (NaT: not entered); `known` says where that
    time stood in the export, since a skipped stage takes the time of the next. `leads` has
    outcome (won, lost, open), ended (time of the loss), channel, owner, value, reason.
    """

    entered: pd.DataFrame
    known: pd.DataFrame
    leads: pd.DataFrame
    export_date: pd.Timestamp
    losses_marked: bool
    rows: int
    left_out: pd.DataFrame
    notes: list[str] = field(default_factory=list)
    problems: pd.DataFrame = field(default_factory=lambda: Findings().table())

    @property
    def stages(self) -> list[str]:
        return list(self.entered.columns)


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


def read_export(
    deals: pd.DataFrame | str | Path,
    *told: Any,
    **more: Any,
) -> Export:
    """The export as tidy leads (`_tidy`); errors name the file that it came from."""
    with named("" if isinstance(deals, pd.DataFrame) else str(deals)):
        return _tidy(deals, *told, **more)


def _tidy(
    deals: pd.DataFrame | str | Path,
    roles: Mapping[str, str | None],
    stages: Mapping[str, str] | Sequence[str],
    *,
    words: tuple[object, object],
    ends: tuple[str, str],
    since: object,
    export_date: object,
    dayfirst: bool | None,
    decimal: str | None,
) -> Export:
    """The export as tidy leads.

    `roles` says which column is created, won, lost, outcome, id, channel, owner, value, reason
    (None: there is none); `words` are won_value and lost_value, `ends` first_stage and goal. The
    rest is as for `calibrate`.
    """
    table = _table(deals)
    columns = _stage_columns(table, roles, stages, ends)
    found = {r: find_column(table, c, r) for r, c in roles.items() if c is not None}
    notes: list[str] = []
    findings = Findings(notes)
    entered, ended = _times(table, columns, roles["lost"], dayfirst, findings)
    sieve = Sieve(table.index)
    created = entered.iloc[:, 0].rename(roles["created"])
    _leave_out_rows(sieve, created, found.get("id"), since, dayfirst)
    if "id" not in found and (twice := int(table.duplicated().sum())):
        notes.append(
            f"rows that repeat an earlier one in every cell, and are counted: {twice:,}; if they "
            "are the same leads, say which column is their number (id=)"
        )
    status, ended = _fates(sieve, entered, ended, roles, found.get("outcome"), words, notes)
    notes += _dates_without_time(entered, ended, columns, roles["lost"])
    stand = _stand(entered, ended, status, sieve, export_date, dayfirst, notes)
    sieve.leave_out(entered.iloc[:, 0] > stand, "created after the export date")
    _leave_out_strays(sieve, entered.iloc[:, 0])
    if export_date is None:
        _forget_later(entered, ended, stand, [*columns.values(), roles["lost"]], findings)
    _leave_out_impossible(sieve, entered, ended)
    kept = sieve.kept
    if not kept.any():
        counts = "; ".join(f"{c['left out because']}: {c['leads']:,}" for c in sieve.counts)
        raise FunnelSimError(f"no lead is left of {len(table):,} rows: {counts}")

    status[(ended > stand) | (entered.iloc[:, -1] > stand)] = "open"
    entered, ended = entered.mask(entered > stand), ended.mask(ended > stand)
    leads = _leads(found, status, ended, decimal, findings)
    known = entered.notna()
    notes += _without_date(status[kept], entered[kept], ended[kept])
    undated = (status == "won") & ~known.iloc[:, -1]
    entered.loc[undated, entered.columns[-1]] = entered[undated].max(axis=1)
    notes += _skipped(known[kept & ~undated])
    return Export(
        entered=entered.bfill(axis=1)[kept],
        known=known[kept],
        leads=leads[kept],
        export_date=stand,
        losses_marked=bool((status == "lost").any()),
        rows=len(table),
        left_out=sieve.table(),
        notes=notes,
        problems=findings.table(),
    )


def _table(deals: object) -> pd.DataFrame:
    """The rows of the export, uniquely labelled."""
    if not isinstance(deals, pd.DataFrame | str | Path):
        raise FunnelSimError(
            f"deals is a {type(deals).__name__}; pass a DataFrame or the path of a CSV file"
        )
    table = deals if isinstance(deals, pd.DataFrame) else read_table(deals)
    if table.empty:
        raise FunnelSimError("the export holds no lead; it has a header and nothing below")
    return table if table.index.is_unique else table.reset_index(drop=True)


def _times(
    table: pd.DataFrame,
    columns: Mapping[str, str],
    lost: str | None,
    dayfirst: bool | None,
    findings: Findings,
) -> tuple[pd.DataFrame, pd.Series]:
    """When each lead entered each stage, the goal last, and when it was lost."""
    marks = [table[c] for c in columns.values()]
    times = read_times([*marks, table[lost]] if lost else marks, dayfirst, findings)
    entered = pd.DataFrame(dict(zip(columns, times, strict=False)))
    return entered, times[-1] if lost else pd.Series(pd.NaT, index=table.index, dtype=STAMP)


def _leave_out_rows(
    sieve: Sieve, created: pd.Series, ids: pd.Series | None, since: object, dayfirst: bool | None
) -> None:
    """Rows that are no lead of their own, or came in too early."""
    sieve.leave_out(created.isna(), f"no time in {created.name!r}")
    if ids is not None:
        ids = read_text(ids)
        sieve.leave_out(ids.isna(), f"no id in {ids.name!r}")
        sieve.leave_out(ids.duplicated(), "the same id stands in an earlier row, which is used")
    if since is not None:
        start = read_moment(since, "since", dayfirst)
        sieve.leave_out(created < start, f"created before {start:%Y-%m-%d} (since)")


def _fates(
    sieve: Sieve,
    entered: pd.DataFrame,
    ended: pd.Series,
    roles: Mapping[str, str | None],
    said: pd.Series | None,
    words: tuple[object, object],
    notes: list[str],
) -> tuple[pd.Series, pd.Series]:
    """won, lost or open for each lead, and the times of losing (those of winning, in place)."""
    goal = entered.columns[-1]
    if said is None:
        status = pd.Series("open", index=entered.index)
        sieve.leave_out(entered[goal].notna() & ended.notna(), "both won and lost")
        status[ended.notna()] = "lost"
        status[entered[goal].notna()] = "won"
        return status, ended
    status = _outcomes(read_text(said), words, notes)
    if roles["lost"] == roles["won"]:  # one column of closing times; the outcome says which kind
        entered[goal], ended = ended.where(status == "won"), ended.where(status == "lost")
    disagree = (status != "won") & entered[goal].notna() | (status != "lost") & ended.notna()
    sieve.leave_out(disagree, "outcome and the times of winning and losing disagree")
    return status, ended


def _leave_out_impossible(sieve: Sieve, entered: pd.DataFrame, ended: pd.Series) -> None:
    """Leads whose times contradict each other."""
    way = entered.cummax(axis=1)
    wrong = entered.iloc[:, -1] < entered.iloc[:, 0]
    sieve.leave_out(wrong, "won before it was created")
    sieve.leave_out((entered < way).any(axis=1), "entered a stage before the one it comes after")
    sieve.leave_out(ended < entered.iloc[:, 0], "lost before it was created")
    sieve.leave_out(ended < entered.max(axis=1), "lost before it entered its last stage")


def _leads(
    found: Mapping[str, pd.Series],
    status: pd.Series,
    ended: pd.Series,
    decimal: str | None,
    findings: Findings,
) -> pd.DataFrame:
    """What else is known of each lead."""
    notes = findings.notes
    leads = pd.DataFrame({"outcome": status, "ended": ended})
    leads["channel"] = _names(found, "channel", notes)
    leads["owner"] = read_text(found["owner"]) if "owner" in found else pd.NA
    leads["reason"] = _names(found, "reason", notes)
    leads["value"] = (
        read_numbers(found["value"], decimal, findings) if "value" in found else float("nan")
    )
    return leads


def _leave_out_strays(sieve: Sieve, created: pd.Series) -> None:
    """Leads that came in long before all others: a rate over those years would be far too low."""
    if sieve.kept.any():
        first = first_of(created[sieve.kept])
        why = f"created long before all others, which begin {first:%Y-%m-%d}"
        sieve.leave_out(created < first, why)


def _forget_later(
    entered: pd.DataFrame,
    ended: pd.Series,
    stand: pd.Timestamp,
    columns: Sequence[str | None],
    findings: Findings,
) -> None:
    """Times after the day that the export itself shows are none (in place): the fate stays."""
    for name, stage in zip(columns[1:], [*entered.columns[1:], None], strict=True):
        times = ended if stage is None else entered[stage]
        column = pd.Series(name=name, dtype=object)
        for row, time in times[times > stand].items():
            done = f"after the day of the export ({stand:%Y-%m-%d}): taken as no date"
            findings.add(column, pd.Index([row]), time, done)
            if stage is None:
                ended[row] = pd.NaT
            else:
                entered.loc[row, stage] = pd.NaT


def _without_date(status: pd.Series, entered: pd.DataFrame, ended: pd.Series) -> list[str]:
    """Says how many wins and losses have no date."""
    counts = {
        "won": int(((status == "won") & entered.iloc[:, -1].isna()).sum()),
        "lost": int(((status == "lost") & ended.isna()).sum()),
    }
    return [
        f"{count:,} of the {int((status == fate).sum()):,} {fate} have no date: they count as "
        f"{fate}, and are left out of the times"
        for fate, count in counts.items()
        if count
    ]


def _stand(
    entered: pd.DataFrame,
    ended: pd.Series,
    status: pd.Series,
    sieve: Sieve,
    given: object,
    dayfirst: bool | None,
    notes: list[str],
) -> pd.Timestamp:
    """When the export was taken; times after it have not yet happened."""
    latest = entered.max(axis=1).where(ended.isna(), ended)[sieve.kept].dropna()
    if given is None:
        times = pd.concat([*(entered[stage] for stage in entered), ended])
        times = times[times.index.isin(latest.index)].dropna()
        if times.empty:
            return pd.Timestamp.max  # no lead is left; the caller says so
        day = last_of(times)
        at = times.index[times == day][0]
        later = int((times > day).sum())
        beyond = f"; {later:,} later ones, long after all others, are taken as wrong" * (later > 0)
        notes.append(
            f"export date: the latest time in the export, {day:%Y-%m-%d %H:%M} "
            f"({place(times.index, at)}){beyond}; give export_date= if that is not when it was "
            "taken"
        )
        return day
    stand = read_moment(given, "export_date", dayfirst)
    if stand == stand.normalize():  # a date means the end of that day
        stand += pd.Timedelta(days=1) - pd.Timedelta(seconds=1)
    notes.append(f"export date: {stand:%Y-%m-%d %H:%M}, as given")
    begun = entered.iloc[:, 0] <= stand
    later = int(((latest > stand) & begun[latest.index]).sum())
    if later:
        notes.append(f"{later:,} leads have times after the export date: not yet happened")
    return stand


def _skipped(known: pd.DataFrame) -> list[str]:
    """Says how often a stage has no time though a later one has."""
    reached = known.iloc[:, ::-1].cummax(axis=1).iloc[:, ::-1]
    count = int((reached & ~known).to_numpy().sum())
    if not count:
        return []
    return [
        f"{count:,} times a stage was skipped: it counts as passed at the moment the next one was "
        "entered, and not for the time in stage"
    ]


STAMP = "datetime64[us]"


def _stage_columns(
    table: pd.DataFrame,
    roles: Mapping[str, str | None],
    stages: Mapping[str, str] | Sequence[str],
    ends: tuple[str, str],
) -> dict[str, str]:
    """{stage: column}, from the creation to the win."""
    if isinstance(stages, str) or not isinstance(stages, Mapping | Sequence):
        raise FunnelSimError(f"stages is {stages!r}; it is a list of columns or {{stage: column}}")
    pairs: list[tuple[str, Any]]
    pairs = list(stages.items()) if isinstance(stages, Mapping) else [(c, c) for c in stages]
    pairs = [(ends[0], roles["created"]), *pairs, (ends[1], roles["won"])]
    for i, (name, column) in enumerate(pairs):
        inner = 0 < i < len(pairs) - 1
        find_column(table, column, f"stages[{name!r}]" if inner else ("won" if i else "created"))
        if not isinstance(name, str) or "." in name:
            raise FunnelSimError(
                f"stage {name!r}: names are text without dots; name it with stages={{name: column}}"
            )
    columns = dict(pairs)
    if len(columns) < len(pairs) or len(set(columns.values())) < len(pairs):
        raise FunnelSimError(
            f"the stages {', '.join(n for n, _ in pairs)} (columns "
            f"{', '.join(c for _, c in pairs)}) repeat a name or a column; created and won are "
            "stages too, so leave them out of stages="
        )
    return columns


def _outcomes(word: pd.Series, words: tuple[object, object], notes: list[str]) -> pd.Series:
    folded = word.str.casefold()
    meant = [{str(w).casefold() for w in _several(given)} for given in words]
    if both := sorted(meant[0] & meant[1]):
        raise FunnelSimError(
            f"{both[0]!r} is among won_value and lost_value; leave it out of one of them"
        )
    is_won, is_lost = (folded.isin(these) for these in meant)
    counts = word.fillna("(empty)").value_counts()
    if not (is_won.any() or is_lost.any()):
        there = ", ".join(f"{v} ({n:,})" for v, n in counts.head(8).items())
        raise FunnelSimError(
            f"outcome={word.name!r} never says {words[0]!r} or {words[1]!r}; it holds: {there}; "
            "say which words mean so with won_value= and lost_value= (--won-value, --lost-value)"
        )
    status = pd.Series("open", index=word.index)
    status[is_won.fillna(False).astype(bool)] = "won"
    status[is_lost.fillna(False).astype(bool)] = "lost"
    as_open = word[status == "open"].fillna("(empty)").value_counts()
    if len(as_open):
        said = ", ".join(f"{v} ({n:,})" for v, n in as_open.head(8).items())
        notes.append(f"outcomes read as open: {said}")
    return status


def _several(given: object) -> Sequence[object]:
    """The words of a list, or the one word."""
    return given if isinstance(given, (list, tuple)) else [given]


def _dates_without_time(
    entered: pd.DataFrame, ended: pd.Series, columns: Mapping[str, str], lost: str | None
) -> list[str]:
    """Moves dates without a time of day behind earlier times of the same day (in place)."""
    notes: list[str] = []
    before: pd.Series | None = None
    for stage, times in [*((s, entered[s]) for s in entered.columns), ("lost", ended)]:
        stated = times.dropna()
        dates_only = bool(len(stated)) and bool((stated.dt.normalize() == stated).all())
        if before is not None and dates_only:
            same_day = (times < before) & (times == before.dt.normalize())
            times = times.mask(same_day, before)
            if stage == "lost":
                ended.update(times)
            else:
                entered[stage] = times
        if dates_only:
            notes.append(
                f"column {columns.get(stage, lost)!r} holds dates without a time of day: times "
                "that start or end there are uncertain by up to a day"
            )
        before = times if before is None else before.where(times.isna(), times)
    return notes


def _names(found: Mapping[str, pd.Series], role: str, notes: list[str]) -> pd.Series | str:
    """Names of channels or reasons; without dots, because dots part the paths of a scenario."""
    if role not in found:
        return NOT_STATED
    names = read_text(found[role])
    dotted = sorted(names[names.str.contains(".", regex=False).fillna(False)].unique())
    if dotted:
        notes.append(f"{role}: dots in names became underscores: {', '.join(dotted[:5])}")
    return names.str.replace(".", "_", regex=False).fillna(NOT_STATED)
