"""A firm's own table as sums by arm: a row for each lead, or the counts of each arm."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from funnelsim.ab_tests.effects import sums_by_hand
from funnelsim.ab_tests.sums import Sums, sums_of
from funnelsim.arguments import a_choice, a_number, refused
from funnelsim.errors import Finding

if TYPE_CHECKING:
    import pandas as pd

VISITORS, CONVERSIONS = "visitors", "conversions"
WAY_OUT = 'write {"A": (visitors, conversions), "B": (visitors, conversions)}'


class OfTable(NamedTuple):
    """`label` is what is tested, `in_both` how many units stand in several arms."""

    arms: list[str]
    sums: Sums
    is_share: bool
    label: str
    in_both: int = 0


def of_counts(counts: Mapping[Any, Any]) -> OfTable:
    """Of visitors and conversions by arm.

    >>> of_counts({"A": (1000, 50), "B": (1000, 60)}).sums.y
    array([50., 60.])
    """
    pairs = []
    for arm, pair in counts.items():
        try:
            visitors, conversions = pair
        except (TypeError, ValueError):
            raise refused(str(arm), pair, "an arm has visitors and conversions", WAY_OUT) from None
        n = a_number(f"{arm}, {VISITORS}", visitors, 1)
        did = a_number(f"{arm}, {CONVERSIONS}", conversions, 0)
        if did > n:
            rule = f"it is at most the number of visitors, {n:g}"
            raise refused(f"{arm}, {CONVERSIONS}", conversions, rule)
        pairs.append((n, did))
    sums = sums_by_hand(*np.array(pairs).reshape(-1, 2).T)
    return OfTable([str(arm) for arm in counts], sums, True, "conversion")


def of_frame(
    table: pd.DataFrame, outcome: str | None, arm: str, per: str | None, unit: str | None
) -> OfTable:
    """Of a DataFrame: of counts if it has `visitors` and `conversions`, else of a row per lead."""
    columns = [str(name) for name in table.columns]
    if twice := [name for name in columns if columns.count(name) > 1]:
        rule = "each column has a name of its own"
        raise refused(f"column {twice[0]}", Finding("there several times"), rule, "rename one")
    if {VISITORS, CONVERSIONS} <= set(columns):
        names = table[arm] if arm in columns else table.index
        pairs = zip(table[VISITORS], table[CONVERSIONS], strict=True)
        return of_counts(dict(zip(names, pairs, strict=True)))
    a_choice("arm", arm, columns, "the table has no such column")
    if outcome is None:
        rule = "a table with a row for each lead has a column that is tested"
        raise refused("figure", None, rule, f"name one of {', '.join(columns)}")
    wanted = {"figure": outcome, "per": per, "unit": unit}
    for name, column in wanted.items():
        if column is not None:
            a_choice(name, column, columns, "the table has no such column")
    _all_there(table, arm, "each lead is in an arm")
    y = _numbers(table, outcome)
    x = np.ones(len(table)) if per is None else _numbers(table, per)
    in_both, of = 0, table[arm].astype(str).to_numpy()
    if unit is not None:
        _all_there(table, unit, "each row is of somebody")
        y, x, of, in_both = _by_unit(table[unit], of, y, x)
    arms = list(dict.fromkeys(sorted(of)))
    group = np.searchsorted(arms, of)
    is_share = per is None and bool(np.isin(y, (0, 1)).all())
    label = outcome if per is None else f"{outcome} / {per}"
    return OfTable(arms, sums_of(y, x, group, len(arms)), is_share, label, in_both)


def _all_there(table: pd.DataFrame, column: str, rule: str) -> None:
    if table[column].isna().any():
        where = table.index[table[column].isna()][0]
        way_out = "fill it in, or leave out the rows of which it is not known"
        raise refused(f"{column}, row {where}", Finding("missing"), rule, way_out)


def _numbers(table: pd.DataFrame, column: str) -> Any:
    """A column as numbers."""
    import pandas as pd

    values = pd.to_numeric(table[column], errors="coerce").astype(float)
    wrong = ~np.isfinite(values)
    if wrong.any():
        row = int(np.argmax(wrong))
        found, where = table[column].iloc[row], values.index[row]
        rule = "what is tested is a number in each row, or True and False"
        way_out = "fill in 0 where nothing happened, and leave out whom nothing is known of"
        if isinstance(found, str):
            way_out = f'write table["{column}"] = table["{column}"] == "yes", with the word for it'
        is_number = isinstance(found, np.number)  # inf
        value = Finding("missing") if pd.isna(found) else float(found) if is_number else found
        raise refused(f"{column}, row {where}", value, rule, way_out)
    return values.to_numpy()


def _by_unit(unit: pd.Series, arm: Any, y: Any, x: Any) -> tuple[Any, Any, Any, int]:
    """Rows of one unit together; who is in several arms is left out, and counted."""
    import pandas as pd

    rows = pd.DataFrame({"unit": unit.to_numpy(), "arm": arm, "y": y, "x": x})
    found = rows.groupby(["unit", "arm"], sort=False).sum().reset_index()
    twice = found["unit"].duplicated(keep=False)
    in_both = int(found.loc[twice, "unit"].nunique())
    found = found[~twice]
    return found["y"].to_numpy(), found["x"].to_numpy(), found["arm"].to_numpy(), in_both
