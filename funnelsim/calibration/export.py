"""A CRM export whose columns the caller names, as one tidy row per lead.

`read_export` checks every lead before anything is estimated: what contradicts itself is left
out, and counted with the rows it stands in. Times become one column per stage (when the lead
entered it), the fate becomes one of won, lost, open, as known on the export date.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from funnelsim.calibration.reading import (
    find_column,
    read_numbers,
    read_table,
    read_text,
    read_times,
)
from funnelsim.errors import FunnelSimError

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
    *,
    created: str,
    stages: Mapping[str, str] | Sequence[str],
    won: str,
    lost: str | None,
    outcome: str | None,
    won_value: str,
    lost_value: str,
    id: str | None,
    channel: str | None,
    owner: str | None,
    value: str | None,
    reason: str | None,
    since: object,
    export_date: object,
    dayfirst: bool | None,
    decimal: str | None,
    first_stage: str,
    goal: str,
) -> Export:
    """The export as tidy leads; the arguments are those of `calibrate`."""
    if not isinstance(deals, pd.DataFrame | str | Path):
        raise FunnelSimError(
            f"deals is a {type(deals).__name__}; pass a DataFrame or the path of a CSV file"
        )
    table = deals if isinstance(deals, pd.DataFrame) else read_table(deals)
    if table.empty:
        raise FunnelSimError("the export holds no lead; it has a header and nothing below")
    if not table.index.is_unique:
        table = table.reset_index(drop=True)
    columns = _stage_columns(created, stages, won, first_stage, goal)
    roles: dict[str, str | None] = {"created": created, "won": won, "lost": lost, "id": id}
    roles |= {f"stages[{s!r}]": c for s, c in columns.items() if s not in (first_stage, goal)}
    roles |= {"outcome": outcome, "channel": channel, "owner": owner, "value": value}
    roles["reason"] = reason
    found = {r: find_column(table, c, r) for r, c in roles.items() if c is not None}

    marks = [table[c] for c in columns.values()]
    times = read_times([*marks, found["lost"]] if lost else marks, dayfirst)
    entered = pd.DataFrame(dict(zip(columns, times, strict=False)))
    ended = times[-1] if lost else pd.Series(pd.NaT, index=table.index, dtype=STAMP)

    sieve = Sieve(table.index)
    notes: list[str] = []
    sieve.leave_out(entered[first_stage].isna(), f"no time in {created!r}")
    if id is not None:
        ids = read_text(found["id"])
        sieve.leave_out(ids.isna(), f"no id in {id!r}")
        sieve.leave_out(ids.duplicated(), "the same id stands in an earlier row, which is used")
    if since is not None:
        start = _moment(since, "since")
        sieve.leave_out(entered[first_stage] < start, f"created before {start:%Y-%m-%d} (since)")
    if outcome:
        status, said = _outcomes(read_text(found["outcome"]), won_value, lost_value, outcome)
        notes += said
        if lost == won:  # one column of closing times; the outcome says which kind
            entered[goal], ended = ended.where(status == "won"), ended.where(status == "lost")
        disagree = (status != "won") & entered[goal].notna() | (status != "lost") & ended.notna()
        sieve.leave_out(disagree, "outcome and the times of winning and losing disagree")
        sieve.leave_out((status == "won") & entered[goal].isna(), f"won, but no time in {won!r}")
    else:
        status = pd.Series("open", index=table.index)
        sieve.leave_out(entered[goal].notna() & ended.notna(), "both won and lost")
        status[ended.notna()] = "lost"
        status[entered[goal].notna()] = "won"
    notes += _dates_without_time(entered, ended, columns, lost)
    way = entered.cummax(axis=1)
    sieve.leave_out(entered[goal] < entered[first_stage], "won before it was created")
    sieve.leave_out((entered < way).any(axis=1), "entered a stage before the one it comes after")
    sieve.leave_out(ended < way[goal], "lost before it entered its last stage")
    stand = _stand(entered, ended, sieve, export_date, notes)
    sieve.leave_out(entered[first_stage] > stand, "created after the export date")
    if not sieve.kept.any():
        counts = "; ".join(f"{c['left out because']}: {c['leads']:,}" for c in sieve.counts)
        raise FunnelSimError(f"no lead is left of {len(table):,} rows: {counts}")

    status[(ended > stand) | (entered[goal] > stand)] = "open"
    entered, ended = entered.mask(entered > stand), ended.mask(ended > stand)
    leads = pd.DataFrame({"outcome": status, "ended": ended})
    leads["channel"] = _names(found, "channel", notes)
    leads["owner"] = read_text(found["owner"]) if owner else pd.NA
    leads["reason"] = _names(found, "reason", notes)
    leads["value"] = read_numbers(found["value"], decimal) if value else float("nan")
    kept = sieve.kept
    notes += _skipped(entered[kept])
    return Export(
        entered=entered.bfill(axis=1)[kept],
        known=entered.notna()[kept],
        leads=leads[kept],
        export_date=stand,
        losses_marked=bool((status == "lost").any()),
        rows=len(table),
        left_out=sieve.table(),
        notes=notes,
    )


def _stand(
    entered: pd.DataFrame, ended: pd.Series, sieve: Sieve, given: object, notes: list[str]
) -> pd.Timestamp:
    """When the export was taken; times after it have not yet happened."""
    latest = entered.max(axis=1).where(ended.isna(), ended)[sieve.kept].dropna()
    if given is None:
        if latest.empty:
            return pd.Timestamp.max  # no lead is left; the caller says so
        notes.append(
            f"export date: the latest time in the export, {latest.max():%Y-%m-%d %H:%M} "
            f"(row {latest.idxmax()}); give export_date= if that is not when it was taken"
        )
        return latest.max()
    stand = _moment(given, "export_date")
    if stand == stand.normalize():  # a date means the end of that day
        stand += pd.Timedelta(days=1) - pd.Timedelta(seconds=1)
    notes.append(f"export date: {stand:%Y-%m-%d %H:%M}, as given")
    begun = entered.iloc[:, 0] <= stand
    later = int(((latest > stand) & begun[latest.index]).sum())
    if later:
        notes.append(f"{later:,} leads have times after the export date: not yet happened")
    return stand


def _skipped(entered: pd.DataFrame) -> list[str]:
    """Says how often a stage has no time though a later one has."""
    known = entered.notna()
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
    created: str, stages: Mapping[str, str] | Sequence[str], won: str, first_stage: str, goal: str
) -> dict[str, str]:
    if isinstance(stages, str):
        raise FunnelSimError(f"stages is {stages!r}; it is a list of columns or {{stage: column}}")
    between = dict(stages) if isinstance(stages, Mapping) else {c: c for c in stages}
    columns = {first_stage: created, **between, goal: won}
    if len(columns) < len(between) + 2 or len(set(columns.values())) < len(columns):
        raise FunnelSimError(
            f"the stages {first_stage}, {', '.join([*between, goal])} (columns "
            f"{', '.join([created, *between.values(), won])}) repeat a name or a column; created "
            "and won are stages too, so leave them out of stages="
        )
    for name in columns:
        if "." in name:
            raise FunnelSimError(
                f"stage {name!r}: names contain no dots; name it with stages={{name: column}}"
            )
    return columns


def _moment(given: object, role: str) -> pd.Timestamp:
    try:
        moment = pd.Timestamp(str(given))
    except (ValueError, TypeError) as error:
        raise FunnelSimError(f"{role} is {given!r}; write a date like 2026-12-31") from error
    if pd.isna(moment):
        raise FunnelSimError(f"{role} is {given!r}; write a date like 2026-12-31")
    return moment.tz_localize(None).as_unit("us")


def _outcomes(
    word: pd.Series, won_value: str, lost_value: str, column: str
) -> tuple[pd.Series, list[str]]:
    folded = word.str.casefold()
    is_won, is_lost = folded == won_value.casefold(), folded == lost_value.casefold()
    counts = word.fillna("(empty)").value_counts()
    if not (is_won.any() or is_lost.any()):
        there = ", ".join(f"{v} ({n:,})" for v, n in counts.head(8).items())
        raise FunnelSimError(
            f"outcome={column!r} never says {won_value!r} or {lost_value!r}; it holds: {there}; "
            "say which words mean so with won_value= and lost_value="
        )
    status = pd.Series("open", index=word.index)
    status[is_won.fillna(False).astype(bool)] = "won"
    status[is_lost.fillna(False).astype(bool)] = "lost"
    as_open = word[status == "open"].fillna("(empty)").value_counts()
    said = ", ".join(f"{v} ({n:,})" for v, n in as_open.head(8).items())
    return status, [f"outcomes read as open: {said}"] if said else []


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
