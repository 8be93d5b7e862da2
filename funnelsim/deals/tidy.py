"""The rows of an export as tidy leads: what contradicts itself is left out, and counted.

Times become one column per stage (when the lead entered it), the fate becomes one of won, lost,
open, as known on the export date.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import pandas as pd

from funnelsim.deals.contact import first_contact, is_a_time
from funnelsim.deals.day import first_of, last_of
from funnelsim.deals.fates import Sieve, fates
from funnelsim.deals.money import worth
from funnelsim.deals.spelling import one_spelling
from funnelsim.errors import FunnelSimError
from funnelsim.reading import Findings, find_column, place, read_moment, read_text, read_times

NOT_STATED = "not stated"
MOST_IMPOSSIBLE = 0.5  # of the leads: more contradict the columns, not themselves
STAMP = "datetime64[us]"


class Told(NamedTuple):
    """What the caller says beside the columns: as for `read_deals`."""

    words: tuple[object, object]
    ends: tuple[str, str]
    since: object
    export_date: object
    dayfirst: bool | None
    yearfirst: bool | None
    decimal: str | None
    currency: str | None


def tidy(
    table: pd.DataFrame,
    roles: Mapping[str, str | None],
    stages: Mapping[str, str] | Sequence[str],
    told: Told,
    findings: Findings,
) -> dict[str, Any]:
    """What `Deals` holds of the leads.

    `roles` says which column is created, won, lost, closed, outcome, id, channel, owner, value,
    currency, reason (None, or left out: there is none).
    """
    roles = _one_closing(roles)
    columns = _stage_columns(table, roles, stages, told.ends)
    found = {r: find_column(table, c, r) for r, c in roles.items() if c is not None}
    entered, ended, closed, contacted = _times(table, columns, found, told, findings)
    sieve, notes = Sieve(table.index), findings.notes
    created = entered.iloc[:, 0].rename(roles["created"])
    _leave_out_rows(sieve, table, created, found.get("id"), told)
    if "id" not in found and (twice := int(table.duplicated().sum())):
        notes.append(
            f"rows that repeat an earlier one in every cell, and are counted: {twice:,}; if they "
            "are the same leads, say which column is their number (id=)"
        )
    goal = entered.columns[-1]
    won = entered[goal].rename(roles.get("won"))
    said = found.get("outcome")
    status, entered[goal], ended = fates(sieve, won, ended, closed, said, told.words, findings)
    ends = dict(columns) | {"lost": roles.get("lost") or roles.get("closed")}
    notes += _dates_without_time(entered, ended, ends)
    stand = _stand(entered, ended, sieve, told, notes)
    sieve.leave_out(entered.iloc[:, 0] > stand, "created after the export date")
    _leave_out_strays(sieve, entered.iloc[:, 0])
    if told.export_date is None:
        _forget_later(entered, ended, stand, ends, findings)
    before = int(sieve.kept.sum())
    _leave_out_impossible(sieve, entered, ended)
    kept = sieve.kept
    if before - kept.sum() > MOST_IMPOSSIBLE * before:
        raise FunnelSimError(_in_the_wrong_order(sieve, before, ends, roles))
    if not kept.any():
        counts = "; ".join(f"{c['left out because']}: {c['leads']:,}" for c in sieve.counts)
        raise FunnelSimError(f"no lead is left of {len(table):,} rows: {counts}")

    later = _say_later(entered[kept], ended[kept], stand, ends, told, findings)
    status[later] = "open"
    entered, ended = entered.mask(entered > stand), ended.mask(ended > stand)
    leads, currency = _leads(found, status, ended, told, findings)
    leads.loc[later, "stage"] = pd.NA  # where it stands today is not where it stood then
    if contacted is not None:
        leads["contacted"] = contacted.mask(contacted > stand)
    known = entered.notna()
    notes += _without_date(status[kept], entered[kept], ended[kept])
    undated = (status == "won") & ~known.iloc[:, -1]
    entered.loc[undated, goal] = entered[undated].max(axis=1)
    notes += _skipped(known[kept & ~undated])
    return {
        "entered": entered.bfill(axis=1)[kept],
        "known": known[kept],
        "leads": leads[kept],
        "export_date": stand,
        "losses_marked": bool((status[kept] == "lost").any()),
        "rows": len(table),
        "left_out": sieve.table(),
        "currency": currency,
    }


def _one_closing(roles: Mapping[str, str | None]) -> dict[str, str | None]:
    """One column for won and lost is a closing date, of which the outcome says what it was."""
    given = dict(roles)
    if given.get("won") is not None and given.get("won") == given.get("lost"):
        given |= {"closed": given["won"], "won": None, "lost": None}
    return given


def _times(
    table: pd.DataFrame,
    columns: Mapping[str, str],
    found: Mapping[str, pd.Series],
    told: Told,
    findings: Findings,
) -> tuple[pd.DataFrame, pd.Series, pd.Series | None, pd.Series | None]:
    """When each lead entered each stage, the goal last; when it was lost; when it was closed; when
    it was first contacted."""
    names = [c for c in columns.values() if c]
    moments = ["lost", "closed"]
    if "contacted" in found and is_a_time(found["contacted"]):
        moments.append("contacted")
    names += [str(found[r].name) for r in moments if r in found]
    names = list(dict.fromkeys(names))
    read = read_times(
        [table[name] for name in names], told.dayfirst, findings, yearfirst=told.yearfirst
    )
    times = dict(zip(names, read, strict=True))
    never = pd.Series(pd.NaT, index=table.index, dtype=STAMP)
    entered = pd.DataFrame({stage: times.get(c, never) for stage, c in columns.items()})
    lost, closed = (times[str(found[r].name)] if r in found else None for r in ("lost", "closed"))
    contacted = None
    if "contacted" in found:
        column = found["contacted"]
        contacted = first_contact(
            column, times.get(str(column.name)), entered.iloc[:, 0], told.decimal, findings
        )
    return entered, never if lost is None else lost, closed, contacted


def _leave_out_rows(
    sieve: Sieve, table: pd.DataFrame, created: pd.Series, ids: pd.Series | None, told: Told
) -> None:
    """Rows that are no lead of their own, or came in too early."""
    sieve.leave_out(created.isna(), f"no time in {created.name!r}")
    if ids is not None:
        ids = read_text(ids)
        sieve.leave_out(ids.isna(), f"no id in {ids.name!r}")
        again = ids.duplicated()
        if again.any():
            these = table[ids.duplicated(keep=False)]
            other = again & ~these.duplicated().reindex(table.index, fill_value=False)
            why = "the same id stands in an earlier row"
            sieve.leave_out(again & ~other, f"{why}, which is used")
            sieve.leave_out(other, f"{why} that says something else; that row is used")
    if told.since is not None:
        start = read_moment(told.since, "since", told.dayfirst, told.yearfirst)
        sieve.leave_out(created < start, f"created before {start:%Y-%m-%d} (since)")


def _leave_out_impossible(sieve: Sieve, entered: pd.DataFrame, ended: pd.Series) -> None:
    """Leads whose times contradict each other."""
    way = entered.cummax(axis=1)
    wrong = entered.iloc[:, -1] < entered.iloc[:, 0]
    sieve.leave_out(wrong, "won before it was created")
    sieve.leave_out((entered < way).any(axis=1), "entered a stage before the one it comes after")
    sieve.leave_out(ended < entered.iloc[:, 0], "lost before it was created")
    sieve.leave_out(ended < entered.max(axis=1), "lost before it entered its last stage")


def _in_the_wrong_order(
    sieve: Sieve, before: int, ends: Mapping[str, str | None], roles: Mapping[str, str | None]
) -> str:
    """Where most of the leads contradict themselves, it is the columns that are wrong."""
    worst = max(sieve.counts, key=lambda count: int(str(count["leads"])))
    taken = ", ".join(f"{stage}: {column!r}" for stage, column in ends.items() if column)
    return (
        f"{worst['leads']:,} of {before:,} leads were {worst['left out because']} (such as row "
        f"{worst['rows']}), so the columns cannot be right ({taken}); say which column is what: "
        f"created= (now {roles.get('created')!r}), won= or closed=, lost=, stages="
    )


def _leads(
    found: Mapping[str, pd.Series],
    status: pd.Series,
    ended: pd.Series,
    told: Told,
    findings: Findings,
) -> tuple[pd.DataFrame, str | None]:
    """What else is known of each lead, and the currency of what it is worth."""
    leads = pd.DataFrame({"outcome": status, "ended": ended})
    leads["id"] = read_text(found["id"]) if "id" in found else pd.NA
    leads["channel"] = _names(found, "channel", findings)
    leads["owner"] = read_text(found["owner"]) if "owner" in found else pd.NA
    leads["reason"] = _names(found, "reason", findings)
    leads["stage"] = read_text(found["stage"]) if "stage" in found else pd.NA
    leads["value"], currency = float("nan"), told.currency
    if "value" in found:
        leads["value"], currency = worth(
            found["value"], found.get("currency"), told.currency, told.decimal, findings
        )
    return leads, currency


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
    columns: Mapping[str, str | None],
    findings: Findings,
) -> None:
    """Times after the day that the export itself shows are none (in place): the fate stays."""
    for stage in [*entered.columns[1:], None]:
        times = ended if stage is None else entered[stage]
        name = columns["lost" if stage is None else stage] or columns["lost"]
        column = pd.Series(name=name, dtype=object)
        for row, time in times[times > stand].items():
            done = f"after the day of the export ({stand:%Y-%m-%d}): taken as no date"
            findings.add(column, pd.Index([row]), time, done)
            if stage is None:
                ended[row] = pd.NaT
            else:
                entered.loc[row, stage] = pd.NaT


def _say_later(
    entered: pd.DataFrame,
    ended: pd.Series,
    stand: pd.Timestamp,
    columns: Mapping[str, str | None],
    told: Told,
    findings: Findings,
) -> pd.Index:
    """The leads of which something came after the day of the export that was given: on that day
    they were open. Says so, since the day may be a slip."""
    every = [*((stage, entered[stage]) for stage in entered), ("lost", ended)]
    after = {stage: times[times > stand] for stage, times in every}
    for stage, times in after.items():
        if len(times):
            column = pd.Series(name=columns[stage] or columns["lost"], dtype=object)
            days = times.dt.strftime("%Y-%m-%d")
            text = days.min() if days.nunique() == 1 else f"{days.min()} to {days.max()}"
            what = {"lost": "not lost yet", entered.columns[-1]: "not won yet"}
            done = what.get(stage, f"not yet in {stage}")
            findings.add(column, times.index, text,
                         f"after the export date given ({stand:%Y-%m-%d}): {done}")  # fmt: skip
    won, lost = len(after[entered.columns[-1]]), len(after["lost"])
    if won or lost:
        findings.note(
            f"export date: {won:,} wins and {lost:,} losses are dated after the one given "
            f"({stand:%Y-%m-%d}), and count as open deals; if the file was taken later, leave "
            "export_date= out or give that day"
        )
    found = pd.Series(False, index=entered.index)
    for times in after.values():
        found[times.index] = True
    return found.index[found]


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
    entered: pd.DataFrame, ended: pd.Series, sieve: Sieve, told: Told, notes: list[str]
) -> pd.Timestamp:
    """When the export was taken; times after it have not yet happened."""
    latest = entered.max(axis=1).where(ended.isna(), ended)[sieve.kept].dropna()
    if told.export_date is None:
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
    stand = read_moment(told.export_date, "export_date", told.dayfirst, told.yearfirst)
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
    end = roles.get("won")
    if end is None and roles.get("closed") is None:
        find_column(table, None, "won")  # type: ignore[arg-type]
    pairs = [(ends[0], roles.get("created")), *pairs, (ends[1], end)]
    for i, (name, column) in enumerate(pairs):
        inner = 0 < i < len(pairs) - 1
        if column is not None or i < len(pairs) - 1:
            role = f"stages[{name!r}]" if inner else ("won" if i else "created")
            find_column(table, column, role)
        if not isinstance(name, str) or "." in name:
            raise FunnelSimError(
                f"stage {name!r}: names are text without dots; name it with stages={{name: column}}"
            )
    columns = dict(pairs)
    if len(columns) < len(pairs) or len(set(columns.values())) < len(pairs):
        raise FunnelSimError(
            f"the stages {', '.join(n for n, _ in pairs)} (columns "
            f"{', '.join(str(c) for _, c in pairs)}) repeat a name or a column; created and won "
            "are stages too, so leave them out of stages="
        )
    return columns


def _dates_without_time(
    entered: pd.DataFrame, ended: pd.Series, columns: Mapping[str, str | None]
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
                f"column {(columns.get(stage) or columns['lost'])!r} holds dates without a time of "
                "day: times that start or end there are uncertain by up to a day"
            )
        before = times if before is None else before.where(times.isna(), times)
    return notes


def _names(found: Mapping[str, pd.Series], role: str, findings: Findings) -> pd.Series | str:
    """Names of channels or reasons; without dots, because dots part the paths of a scenario."""
    if role not in found:
        return NOT_STATED
    names = one_spelling(read_text(found[role]), role, findings)
    dotted = sorted(name for name in names.dropna().unique() if "." in name)
    if dotted:
        findings.note(f"{role}: dots in names became underscores: {', '.join(dotted[:5])}")
        names = names.str.replace(".", "_", regex=False)
    return names.fillna(NOT_STATED)
