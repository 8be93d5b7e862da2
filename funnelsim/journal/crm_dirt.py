"""What people make of a CRM: doubles, gaps, other dates, nonsense; written, and told.

Each kind is a function that spoils some cells and says which rows it took; `KINDS` says how many of
them. All are such as `fs.read_deals` reads, or names; but a loss that nobody has marked can be seen
by nobody.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from funnelsim.distributions import Ints

if TYPE_CHECKING:
    import pandas as pd

MOST_DIRT = ("none", "some", "much")
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
NONSENSE = 2062  # a year

# share of the rows that a kind may be about, of "some" and of "much"; one row at least
KINDS: dict[str, tuple[float, float]] = {
    "loss not marked": (0.0, 0.2),
    "no date of closing": (0.02, 0.06),
    "nonsense date": (0.001, 0.002),
    "no date of creation": (0.0, 0.01),
    "date in another form": (0.003, 0.006),
    "outcome in other letters": (0.05, 0.2),
    "amount with another sign": (0.02, 0.05),
    "amount in words": (0.002, 0.004),
    "the row twice": (0.01, 0.03),
}


class Spoilt:
    """A table being spoilt, and of which row it is told what."""

    def __init__(
        self,
        table: pd.DataFrame,
        holds: dict[str, str],
        deals: pd.DataFrame,
        how: dict[str, Any],
        currency: str,
    ) -> None:
        self.currency = currency
        self.table, self.holds, self.deals, self.how = table.astype(object), holds, deals, how
        self.is_log = "deal_id" in table
        self.told: dict[Any, list[str]] = {}

    def columns(self, *what: str) -> list[str]:
        return [heading for heading, holds in self.holds.items() if holds in what]

    def outcome(self) -> pd.Series:
        """The fate of the deal in each row; of a log it is not one row's."""
        return self.deals["outcome"] if not self.is_log else self.table["stage"].map(lambda _: "")


def spoil(
    table: pd.DataFrame,
    holds: dict[str, str],
    deals: pd.DataFrame,
    dirt: str,
    how: dict[str, Any],
    currency: str,
    rng: np.random.Generator,
) -> tuple[pd.DataFrame, list[str]]:
    """The table with as much dirt as that, and for each deal the kinds that it has got."""
    spoilt = Spoilt(table, holds, deals, how, currency)
    if dirt != "none":
        for kind, shares in KINDS.items():
            share = shares[MOST_DIRT.index(dirt) - 1]
            rows, put = SPOILERS[kind](spoilt)
            untouched = [row for row in rows if row not in spoilt.told]
            if share and untouched:
                count = max(round(share * len(untouched)), 1)
                some = rng.choice(np.array(untouched), count, replace=False)
                put(some)
                for row in some:
                    spoilt.told.setdefault(row, []).append(kind)
    names = table["deal_id"] if spoilt.is_log else deals["id"]
    by_deal: dict[str, list[str]] = {}
    for row, kinds in spoilt.told.items():
        by_deal.setdefault(names[row], []).extend(kinds)
    found = spoilt.table.reset_index(drop=True)
    return found, [", ".join(by_deal.get(name, [])) for name in deals["id"]]


Rows = list[Any]
Put = Callable[[Ints], None]


def _cells(spoilt: Spoilt, headings: list[str], value: Any) -> Put:
    """Puts a value, or a function of what stands there, into the cells of these headings."""

    def put(rows: Ints) -> None:
        for heading in headings:
            old = spoilt.table.loc[rows, heading]
            new = [value(cell) if callable(value) and _holds(cell) else
                   cell if callable(value) else value for cell in old]  # fmt: skip
            spoilt.table.loc[rows, heading] = np.array([*new, None], dtype=object)[:-1]

    return put


def _holds(cell: Any) -> bool:
    return cell is not None and cell == cell and cell != ""


def _rows(spoilt: Spoilt, *fates: str) -> Rows:
    outcome = spoilt.outcome()
    return list(outcome.index[outcome.isin(fates)])


def _unmarked(spoilt: Spoilt) -> tuple[Rows, Put]:
    said = spoilt.columns("outcome")
    open_word = spoilt.how.get("open")
    stages = spoilt.deals["stage"]

    def put(rows: Ints) -> None:
        for heading in said:
            spoilt.table.loc[rows, heading] = open_word or stages[rows].to_numpy()
        blank = spoilt.columns("lost", "closed", "closing", "reason")
        _cells(spoilt, blank, _nothing(spoilt))(rows)

    return _rows(spoilt, "lost"), put


def _nothing(spoilt: Spoilt) -> Any:
    return None if spoilt.how.get("file") == "xlsx" else spoilt.how.get("never", "")


def _undated(spoilt: Spoilt) -> tuple[Rows, Put]:
    headings = spoilt.columns("won", "lost", "closed", "closing")
    return _rows(spoilt, "won", "lost"), _cells(spoilt, headings, _nothing(spoilt))


def _nonsense(spoilt: Spoilt) -> tuple[Rows, Put]:
    """The closing of a deal that was won, many years ahead."""

    def in_2062(cell: Any) -> Any:
        if hasattr(cell, "replace") and not isinstance(cell, str):
            return cell.replace(year=NONSENSE, day=min(cell.day, 28))
        return re.sub(r"(?<!\d)20\d\d(?!\d)", str(NONSENSE), cell)

    headings = spoilt.columns("won", "closed", "closing")
    return _rows(spoilt, "won"), _cells(spoilt, headings, in_2062)


def _uncreated(spoilt: Spoilt) -> tuple[Rows, Put]:
    rows = [] if spoilt.is_log else list(spoilt.table.index)
    return rows, _cells(spoilt, spoilt.columns("created"), _nothing(spoilt))


def _another_form(spoilt: Spoilt) -> tuple[Rows, Put]:
    """With the name of the month, so that it is still the same day."""
    created = spoilt.deals["created"]

    def put(rows: Ints) -> None:
        for row in rows:
            at = created[row]
            clock = f" {at:%H:%M:%S}" if "%H" in spoilt.how["dates"] else ""
            zone = " UTC" if spoilt.how["dates"].endswith("UTC") else ""
            text = f"{at.day} {MONTHS[at.month - 1]} {at.year}{clock}{zone}"
            spoilt.table.loc[row, spoilt.columns("created")] = text

    return ([] if spoilt.is_log else list(spoilt.table.index)), put


def _other_letters(spoilt: Spoilt) -> tuple[Rows, Put]:
    rows = _rows(spoilt, "won", "lost")
    return rows, _cells(spoilt, spoilt.columns("outcome"), lambda cell: f" {cell.upper()} ")


def _another_sign(spoilt: Spoilt) -> tuple[Rows, Put]:
    """With the currency and blanks about it, as it is pasted."""

    def pasted(cell: Any) -> str:
        text = str(cell)
        return f" {text if text[:1].isalpha() else f'{spoilt.currency} {text}'} "

    (heading,) = spoilt.columns("value") or [""]
    rows = [row for row in spoilt.table.index if heading and _holds(spoilt.table.at[row, heading])]
    return rows, _cells(spoilt, [heading], pasted)


def _in_words(spoilt: Spoilt) -> tuple[Rows, Put]:
    rows = _rows(spoilt, "open")
    return rows, _cells(spoilt, spoilt.columns("value"), "to be agreed")


def _twice(spoilt: Spoilt) -> tuple[Rows, Put]:
    import pandas as pd

    def put(rows: Ints) -> None:
        spoilt.table = pd.concat([spoilt.table, spoilt.table.loc[rows]]).sort_index(kind="stable")

    return list(dict.fromkeys(spoilt.table.index)), put


SPOILERS: dict[str, Callable[[Spoilt], tuple[Rows, Put]]] = {
    "loss not marked": _unmarked,
    "no date of closing": _undated,
    "nonsense date": _nonsense,
    "no date of creation": _uncreated,
    "date in another form": _another_form,
    "outcome in other letters": _other_letters,
    "amount with another sign": _another_sign,
    "amount in words": _in_words,
    "the row twice": _twice,
}


def with_titles(table: pd.DataFrame, dirt: str, name: str) -> pd.DataFrame:
    """The file's lines: a title above the headings, and a total below the rows."""
    import pandas as pd

    width = table.shape[1]
    lines = [[f"All deals: {name}", *[None] * (width - 1)], [None] * width, list(table.columns)]
    below = [["Total", *[None] * (width - 1)]]
    rows = [*lines, *table.to_numpy(dtype=object).tolist(), *below]
    return pd.DataFrame(rows, columns=range(width), dtype=object)
