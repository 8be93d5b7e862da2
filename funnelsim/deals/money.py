"""What deals are worth, and in which currency: amounts of several are never added up."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pandas as pd

from funnelsim.errors import QuestionError
from funnelsim.reading import Findings, currency_in, read_numbers
from funnelsim.reading.amounts import currencies_of
from funnelsim.reading.values import as_text, spread, uniques


def worth(
    value: pd.Series,
    currency: pd.Series | None,
    told: str | None,
    decimal: str | None,
    findings: Findings,
) -> tuple[pd.Series, str | None]:
    """The amounts as numbers, and their currency (None: nothing names one).

    It stands in a column of its own, with the amounts or in their heading. Where there are several
    and `told` does not say which counts, it is asked for: the others are then left without a value.
    """
    amounts = read_numbers(value, decimal, findings)
    by_row = _of_rows(value, currency)
    there: Counter[str] = Counter(by_row[amounts.notna()].dropna().tolist())
    wanted = told and (currency_in(told) or told)
    if len(there) > 1:
        if not wanted or wanted not in there:
            listed = ", ".join(f"{code} ({count:,})" for code, count in there.most_common(6))
            raise QuestionError(
                f"column {value.name!r} holds amounts in several currencies: {listed}; they are "
                "not added up. Say which one counts, currency= (the values of the others are left "
                f"out), such as currency={there.most_common(1)[0][0]!r}, or leave out value=",
                "currency",
                {f"{code} ({count:,} deals)": code for code, count in there.most_common()},
            )
        others = by_row.notna() & (by_row != wanted)
        findings.note(
            f"value: {int(others.sum()):,} deals in other currencies than {wanted} have none"
        )
        return amounts.mask(others), wanted
    found = next(iter(there), None) or currency_in(str(value.name))
    return amounts, told or found


def _of_rows(value: pd.Series, currency: pd.Series | None) -> pd.Series:
    """The currency of each row: what its own column says, else the sign with the amount."""
    column = value if currency is None else currency
    codes, values = uniques(column)
    names = currencies_of(values)
    if currency is not None:  # a word that is not known is one of its own
        names = np.array([name or as_text(cell) for name, cell in zip(names, values, strict=True)]
                         + [None], dtype=object)[:-1]  # fmt: skip
    return pd.Series(spread(codes, names, None), index=value.index, dtype=object)
