"""A loyalty programme and its absence: two histories of the same customers, with it and without.

Who is who in two histories is told by the `key` of a lead: its number may differ, as somebody may
be referred in one of them only.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from funnelsim.journal import Journal
from funnelsim.metrics.cohorts import customer_lifetime_value

if TYPE_CHECKING:
    import pandas as pd


@lru_cache(maxsize=4)  # a board asks for a history again and again: now, kept, with it and without
def by_key(journal: Journal) -> pd.DataFrame:
    """What each customer ordered and spent (`fs.customer_lifetime_value`), by the lead's key."""
    table = customer_lifetime_value(journal)
    return table.set_index(journal.leads.loc[table.index, "key"].to_numpy())


def same_people(with_it: Journal, without_it: Journal) -> dict[str, float]:
    """Mean revenue in currency: of who is no member, of members without a programme, of members.

    Of the same members those count in the history without it who bought in that one, too. NaN of
    nobody.
    """
    now, then = by_key(with_it), by_key(without_it)
    joined = now.index[now["member"]]
    return {
        "others": float(now["revenue"][~now["member"]].mean()),
        "the members without it": float(then["revenue"].reindex(joined).mean()),
        "the members": float(now["revenue"][now["member"]].mean()),
    }
