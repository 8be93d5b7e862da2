"""What has changed in the pipeline since last week: new, moved, won, lost, slipped."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from funnelsim.arguments import a_number
from funnelsim.errors import FunnelSimError
from funnelsim.metrics.chances import Chances
from funnelsim.metrics.known import Known, Source, history_of, known_on

if TYPE_CHECKING:
    import pandas as pd

FLOWS = {"then": 1, "new": 1, "revalued": 1, "won": -1, "lost": -1}
AMONG = ("moved on", "moved back", "slipped")  # of those open on both days
LISTED = ("new", "revalued", "won", "lost", *AMONG)


def pipeline_changes(
    journal: Source, day: object = None, days: float = 7, *, before: Source | None = None
) -> pd.DataFrame:
    """The open deals of a day and those of a week earlier, and what lies between.

    A row per change (the index), with `deals` (count) and `value` (sum; NaN without an order):

    - `then`: open `days` earlier · `now`: open on the day
    - `new`: came in since, or came back after a loss
    - `revalued`: what the value of those open then has changed by; 0 of one journal or export,
      which knows one value of each deal
    - `won`, `lost` since, new ones among them (of two exports: gone from the later one, too)
    - `moved on`, `moved back`, `slipped`: of those open on both days: in another stage; and
      expected then to be closed by now (`expected_close` of `open_deals`)

    then + new + revalued - won - lost = now, to the cent. With an earlier export as `before`, its
    last day is "then", with the values that it knew; deals are the same by their number. Which
    deals they are `changed_deals` tells. Raises FunnelSimError for days that are not known.

    >>> from funnelsim import load, simulate
    >>> j = simulate(load("b2b-pipeline"), seed=1, progress=False)
    >>> c = pipeline_changes(j, day=200).deals
    >>> bool(c["then"] + c["new"] - c["won"] - c["lost"] == c["now"])
    True
    """
    return _counted(*_changed(journal, day, days, before, "pipeline_changes"))


def _counted(changed: pd.DataFrame, has_value: bool) -> pd.DataFrame:
    import pandas as pd

    cents = {
        "then": _cents(changed["value_then"], changed["was_open"]),
        "new": _cents(changed["value_now"], changed["new"]),
        "revalued": _cents(changed["value_now"], changed["was_open"])
        - _cents(changed["value_then"], changed["was_open"]),
        "won": _cents(changed["value_now"], changed["won"]),
        "lost": _cents(changed["value_now"], changed["lost"]),
        "now": _cents(changed["value_now"], changed["is_open"]),
    }
    cents |= {name: _cents(changed["value_now"], changed[name]) for name in AMONG}
    columns = {"then": "was_open", "now": "is_open"}
    table = pd.DataFrame(
        {
            "deals": {name: int(changed[columns.get(name, name)].sum()) for name in cents},
            "value": {name: value / 100 if has_value else np.nan for name, value in cents.items()},
        }
    )
    return table.rename_axis("change")


def changed_deals(
    journal: Source, day: object = None, days: float = 7, *, before: Source | None = None
) -> pd.DataFrame:
    """The deals behind `pipeline_changes`: a row per deal and change, those unchanged left out.

    Columns: `lead` (of an export `deal`), `change`, `stage_then`, `stage_now` (NaN: not open),
    `value_then`, `value_now`, `owner`.

    >>> from funnelsim import load, simulate
    >>> j = simulate(load("b2b-pipeline"), seed=1, progress=False)
    >>> sorted(changed_deals(j, day=200).change.unique())
    ['lost', 'moved on', 'new', 'won']
    """
    return _listed(_changed(journal, day, days, before, "changed_deals")[0])


def both_of(
    journal: Source, day: object = None, days: float = 7
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """`pipeline_changes` and `changed_deals`, from one comparison: a board shows both."""
    changed, has_value = _changed(journal, day, days, None, "pipeline_changes")
    return _counted(changed, has_value), _listed(changed)


def _listed(changed: pd.DataFrame) -> pd.DataFrame:
    rows = {flag: np.flatnonzero(changed[flag]) for flag in LISTED}
    names = np.repeat(LISTED, [len(at) for at in rows.values()]).astype(object)
    table = changed.iloc[np.concatenate([*rows.values()])].assign(change=names)
    columns = ["change", "stage_then", "stage_now", "value_then", "value_now", "owner"]
    table = table.rename_axis(changed.index.name or "deal").sort_index(kind="stable")
    return table[columns].reset_index()


def _changed(
    source: Source, day: object, days: float, before: Source | None, name: str
) -> tuple[pd.DataFrame, bool]:
    """A row for each deal that was open at some time between: what it was and is."""
    import pandas as pd

    now = known_on(source, day, name)
    if before is None:
        back = a_number("days", days, above=0, is_a="a number of days", way_out="7 is a week")
        if now.day - back < now.history.first:
            raise FunnelSimError(
                f"days is {days:g}; {back:g} days before day {now.day:g} nothing is known yet "
                f"(the first is {now.history.first:g}): take a later day or fewer days"
            )
        then = now.history.on(now.day - back)
    else:
        then = history_of(before, name).on(history_of(before, name).last)
        if then.history.date(then.day) > now.history.date(now.day):
            raise FunnelSimError(
                f"before is an export of {then.history.date(then.day):%Y-%m-%d}, later than "
                f"{now.history.date(now.day):%Y-%m-%d}; give the earlier one as before="
            )
    was, here = then.open(), now.open()
    since = (then.history.date(then.day) - now.history.start) / pd.Timedelta(days=1)
    between = now.visits.loc[now.visits["entered"] > since, "deal"]
    table = pd.DataFrame(index=was.index.union(here.index).union(pd.Index(between.unique())))
    table.index.name = now.deals.index.name
    table["was_open"], table["is_open"] = table.index.isin(was.index), table.index.isin(here.index)
    for when, known, of in (("then", then, was), ("now", now, here)):
        stage = of["stage"].map(dict(enumerate(known.stages)))
        table[f"stage_{when}"] = stage.reindex(table.index)
        table[f"value_{when}"] = known.deals["value"].reindex(table.index)
    table["value_now"] = table["value_now"].fillna(table["value_then"].where(~table["is_open"]))
    table["value_then"] = table["value_then"].where(table["was_open"])
    owners = [k.deals["owner"].astype(object).reindex(table.index) for k in (now, then)]
    table["owner"] = owners[0].where(owners[0].notna(), owners[1])
    is_won = now.deals["won"].reindex(table.index).notna()
    table["new"] = ~table["was_open"]
    table["won"] = ~table["is_open"] & is_won
    table["lost"] = ~table["is_open"] & ~is_won
    return _of_those_open(table, then, now), now.history.has_value


def _of_those_open(table: pd.DataFrame, then: Known, now: Known) -> pd.DataFrame:
    """What has become of those open on both days."""
    import pandas as pd

    both = table["was_open"] & table["is_open"]
    place = {stage: number for number, stage in enumerate(now.stages)}
    steps = table["stage_now"].map(place) - table["stage_then"].map(place)
    table["moved on"], table["moved back"] = both & (steps > 0), both & (steps < 0)
    chances = Chances(then)
    expected = then.history.when(then.day + chances.median_days())
    close = pd.Series(expected, index=chances.deals.index).reindex(table.index)
    limit = now.history.date(now.day) if now.history.is_dated else now.day
    table["slipped"] = both & (close <= limit)
    value = [table[f"value_{when}"].fillna(0.0) for when in ("then", "now")]
    table["revalued"] = table["was_open"] & ((100 * value[0]).round() != (100 * value[1]).round())
    return table


def _cents(values: pd.Series, of: pd.Series) -> int:
    amounts = values.to_numpy(dtype=float)[of.to_numpy(dtype=bool)]
    return int(np.round(100 * np.nan_to_num(amounts)).astype(np.int64).sum())
