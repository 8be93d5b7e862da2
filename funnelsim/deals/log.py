"""A log of stages, a row each time a deal enters one, as a row a deal.

The stages take the order in which deals pass them. The funnel counts the first entry of each;
`visits` holds every one.
"""

from __future__ import annotations

from typing import NamedTuple

import pandas as pd

from funnelsim.deals.fates import SHOWN, meant_words
from funnelsim.deals.spelling import one_spelling
from funnelsim.errors import FunnelSimError, QuestionError
from funnelsim.reading import Findings, find_column, read_text, read_times

PASSED = 0.3  # of the won deals must have passed a stage
MOST_STAGES = 40


class Wide(NamedTuple):
    """A row a deal, which of its columns is what, its stages, and all visits."""

    table: pd.DataFrame
    roles: dict[str, str | None]
    stages: dict[str, str]
    visits: pd.DataFrame


def as_wide(
    table: pd.DataFrame,
    roles: dict[str, str | None],
    words: tuple[object, object],
    dayfirst: bool | None,
    yearfirst: bool | None,
    findings: Findings,
) -> Wide:
    """The log as a row a deal: created is its first time, won and lost are its last stage.

    A deal that went on after it was lost was not lost; its outcome is its last stage.
    """
    for role in ("id", "stage", "time"):
        if roles.get(role) is None:
            raise FunnelSimError(f"a log of stages takes a column for {role}; say which, {role}=")
    ids, stages, when = (find_column(table, str(roles[r]), r) for r in ("id", "stage", "time"))
    (times,) = read_times([when], dayfirst, findings, yearfirst=yearfirst)
    names = one_spelling(read_text(stages), "stage", findings)
    log = pd.DataFrame({"deal": read_text(ids), "stage": names, "entered": times})
    lacking = log.isna().any(axis=1)
    if lacking.any():
        rows = ", ".join(str(label) for label in log.index[lacking][:3])
        findings.note(
            f"{int(lacking.sum()):,} rows without deal, stage or time are left out ({rows})"
        )
    log["row"] = log.index
    log = log[~lacking].reset_index(drop=True)
    log = log.sort_values(["entered", "row"], kind="stable")
    again = log["stage"] == log.groupby("deal", sort=False)["stage"].shift()
    log = log[~again.fillna(False).astype(bool)]  # the same stage written twice is one visit
    if log.empty:
        raise FunnelSimError("the log holds no row with deal, stage and time")
    won, lost = meant_words(log["stage"], words)
    folded = log["stage"].str.casefold()
    if words[0] is None and not folded.isin(won).any():
        counts = log["stage"].value_counts()
        there = ", ".join(f"{stage} ({count:,})" for stage, count in counts.head(SHOWN).items())
        raise QuestionError(
            f"stage={stages.name!r} never says won; it holds: {there}; say which stages mean won "
            "and lost with won_value= and lost_value= (--won-value, --lost-value)",
            "won_value",
            {str(stage): stage for stage in counts.index},
        )
    log["fate"] = "open"
    log.loc[folded.isin(won), "fate"] = "won"
    log.loc[folded.isin(lost), "fate"] = "lost"
    order = _order(log, findings)
    wide = _a_row_a_deal(log, order)
    kept = ("value", "currency", "channel", "owner", "reason", "contacted")
    attributes = {r: c for r, c in roles.items() if c is not None and r in kept}
    text = table[list(dict.fromkeys(attributes.values()))].astype(object)
    last = text.groupby(read_text(ids), sort=False, observed=True).last()
    wide = wide.join(last, on="id")
    findings.note(f"a log of {len(table):,} rows: {len(wide):,} deals, stages {', '.join(order)}")
    found: dict[str, str | None] = {
        "created": "first time", "won": "won", "lost": "lost", "outcome": "outcome", "id": "id",
        **attributes,
    }  # fmt: skip
    return Wide(wide, found, {stage.replace(".", "_"): f"entered {stage}" for stage in order[1:]},
                _visits(log))  # fmt: skip


def _order(log: pd.DataFrame, findings: Findings) -> list[str]:
    """The stages before the end, in the order in which deals pass them."""
    inner = log[log["fate"] == "open"]
    if inner.empty:
        return ["Lead"]
    if inner["stage"].nunique() > MOST_STAGES:
        raise FunnelSimError(
            f"the log has {inner['stage'].nunique():,} stages, more than {MOST_STAGES}; say which "
            "column holds the stage, stage="
        )
    first = inner.groupby(["deal", "stage"], sort=False)["entered"].min().unstack("stage")
    ranks = first.rank(axis=1, method="average")
    won = set(log.loc[log["fate"] == "won", "deal"])
    passed = first[first.index.isin(won)].notna().mean() if won else first.notna().mean()
    kept = [stage for stage in first if passed[stage] >= PASSED] or [first.notna().sum().idxmax()]
    if left := [stage for stage in first if stage not in kept]:
        findings.note(
            f"stages that few of the won passed are no part of the funnel: {', '.join(left)}"
        )
    before = {a: sum(float((first[a] <= first[b]).sum()) > float((first[b] < first[a]).sum())
                     for b in kept) for a in kept}  # fmt: skip
    return sorted(kept, key=lambda stage: (-before[stage], ranks[stage].mean()))


def _a_row_a_deal(log: pd.DataFrame, order: list[str]) -> pd.DataFrame:
    by_deal = log.groupby("deal", sort=False)
    wide = pd.DataFrame({"first time": by_deal["entered"].min(), "outcome": by_deal["fate"].last()})
    row = by_deal["row"].min()
    entered = log.groupby(["deal", "stage"], sort=False)["entered"].min().unstack("stage")
    later: pd.Series | None = None
    for stage in reversed(order[1:]):  # who came back to a stage only later had skipped it
        times = entered.get(stage, pd.Series(pd.NaT, index=wide.index)).reindex(wide.index)
        if later is not None:
            times = times.mask(times > later)
        later = times if later is None else times.fillna(later)
        wide[f"entered {stage}"] = times
    for fate in ("won", "lost"):
        ends = log[log["fate"] == fate].groupby("deal", sort=False)["entered"].max()
        wide[fate] = ends.reindex(wide.index).where(wide["outcome"] == fate)
    wide["id"] = wide.index
    wide.index = pd.Index(row.reindex(wide.index), name=log.index.name)
    return wide.sort_index()


def _visits(log: pd.DataFrame) -> pd.DataFrame:
    """A row a visit: deal, stage, entered, left (NaT: still there), and what came after."""
    following = log.groupby("deal", sort=False)
    left, onward = following["entered"].shift(-1), following["fate"].shift(-1)
    visits = pd.DataFrame(
        {"deal": log["deal"], "stage": log["stage"], "entered": log["entered"], "left": left,
         "outcome": onward.fillna("open").where(onward != "open", "moved")}
    )  # fmt: skip
    is_end = log["fate"] != "open"
    return visits[~is_end].sort_values(["deal", "entered"], kind="stable").reset_index(drop=True)
