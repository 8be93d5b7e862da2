"""What a column of an export looks like: dates, numbers, text, yes and no; how much there is."""

from __future__ import annotations

import pandas as pd

from funnelsim.deals.words import fate_said, fitness, is_yes_or_no, known_words, plain
from funnelsim.reading import dates_among, is_amount
from funnelsim.reading.dates import EPOCH, SERIALS
from funnelsim.reading.values import as_text, is_missing, uniques

LOOKED_AT = 200  # different values of a column
DATES = ("created", "won", "lost", "closed", "time")  # roles that a date has
NO_DATES = ("id", "value")


class Looked:
    """A column as it looks: what it mostly holds (date, number, text, "" where empty), how much."""

    def __init__(self, column: pd.Series) -> None:
        codes, values = uniques(column)
        self.filled, self.different = int((codes >= 0).sum()), len(values)
        self.values = values[:LOOKED_AT]
        self.texts = [text for text in map(as_text, self.values) if not is_missing(text)]
        self.kind = self._kind(column)
        self.is_flag = is_yes_or_no(self.texts)
        self.fates = {fate_said(text) for text in self.texts} if self.kind == "text" else set()

    @property
    def is_text(self) -> bool:
        return self.kind == "text"

    @property
    def may_be_dates(self) -> bool:
        """Days as spreadsheets count them, or seconds as computers do."""
        if self.kind != "number":
            return False
        try:
            numbers = [float(text) for text in self.texts]
        except ValueError:
            return False
        digits = {len(str(int(number))) for number in numbers}
        return bool(numbers) and (
            all(SERIALS[0] <= number <= SERIALS[1] for number in numbers)
            or (len(digits) == 1 and digits <= set(EPOCH))
        )

    def yes_and_no(self) -> tuple[list[str], list[str]]:
        """The texts that mean yes, and those that mean no."""
        yes = known_words()["yes"]["words"]
        return (
            [text for text in self.texts if plain(text) in yes],
            [text for text in self.texts if plain(text) not in yes],
        )

    def _kind(self, column: pd.Series) -> str:
        if not self.filled or not self.texts:
            return ""
        if pd.api.types.is_datetime64_any_dtype(column):
            return "date"
        if pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column):
            return "number"
        if dates_among(self.texts) > len(self.texts) / 2:
            return "date"
        if sum(is_amount(text) for text in self.texts) > len(self.texts) / 2:
            return "number"
        return "text"


def looks(table: pd.DataFrame) -> dict[str, Looked]:
    """Every column whose name is its own. Numbers are dates where they can be, and a name says so.

    >>> table = pd.DataFrame({"Created": [46023.5, 46024], "Amount": [46000, 47000]})
    >>> {name: looked.kind for name, looked in looks(table).items()}
    {'Created': 'date', 'Amount': 'number'}
    """
    names = list(table.columns[~table.columns.duplicated(False)])
    found = {str(name): Looked(table[name]) for name in names}
    counted = [name for name, looked in found.items() if looked.may_be_dates]
    if any(fitness(name, role) for name in counted for role in DATES):
        for name in counted:
            if not any(fitness(name, role) for role in NO_DATES):
                found[name].kind = "date"
    return found


def kinds_of(table: pd.DataFrame) -> dict[str, str]:
    """What each column mostly holds: date, number, text, or "" where it is empty."""
    return {name: looked.kind for name, looked in looks(table).items()}
