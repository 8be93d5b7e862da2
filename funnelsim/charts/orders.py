"""Charts of how orders end: by group, and by age.

The numbers come from `funnelsim.metrics.orders`; here they become rows and marks.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import altair as alt

from funnelsim.analytic.orders import KEPT
from funnelsim.charts.made_with import says_how_made
from funnelsim.charts.parts import NAMES, NO_ORDER, NONE_PLACED, rows_data, sentence
from funnelsim.charts.rows import Rows
from funnelsim.charts.theme import colour_scale
from funnelsim.journal import Journal
from funnelsim.metrics import a_journal
from funnelsim.metrics.orders import CLOSED, PAYMENT, PLACED, RATES, RIPE
from funnelsim.metrics.orders import order_rates as rates_of
from funnelsim.metrics.orders import orders_by_age as by_age
from funnelsim.scenario.values import CANCELLED, REFUSED, RETURNED
from funnelsim.tables import figure_text

if TYPE_CHECKING:
    import pandas as pd

FROM_THE_LEFT = (KEPT, RETURNED, REFUSED, CANCELLED)
OPEN = "open"
SAID = {
    PLACED: "of the orders placed, what has become of them by the horizon",
    CLOSED: "of the orders that are closed",
    RIPE: "of the orders placed; what is open ends as others of its age did",
}
PERCENT = alt.Axis(format="%", tickCount=6)


@says_how_made
def order_rates(journal: Journal, by: str | float = PAYMENT, of: str = RIPE) -> alt.TopLevelMixin:
    """How the orders of each group end: kept, returned, refused or cancelled, as shares.

    It is `fs.order_rates(j, by, of)`; grey is what that table calls `not_known`. The label says how
    many orders there are, and how many of them are closed.

    >>> import funnelsim as fs
    >>> journal = fs.simulate(fs.load("dropshipping"), seed=1)
    >>> fs.charts.order_rates(journal).title.text
    'How orders end, Dropshipping'
    """
    s = a_journal(journal, "charts.order_rates").scenario
    title = f"How orders end, {s.name}"
    if s.order is None:
        return sentence(title, NO_ORDER)
    table = rates_of(journal, by, of)
    if not table["placed"].sum():
        return sentence(title, NONE_PLACED)
    rows = rate_rows(table, "" if isinstance(by, str) and by != "week" else "day ")
    names = list(dict.fromkeys(row["group"] for row in rows))
    ends = [end for end in (*FROM_THE_LEFT, OPEN) if any(row["end"] == end for row in rows)]
    bars = (
        alt.Chart(rows_data(rows))
        .mark_bar(stroke="white", strokeWidth=0.5)
        .encode(
            y=alt.Y("group:N", title=None, sort=names, axis=NAMES),
            x=alt.X("low:Q", title=None, axis=PERCENT, scale=alt.Scale(domain=[0, 1])),
            x2="high:Q",
            color=alt.Color("end:N", scale=colour_scale(*ends), sort=ends),
            tooltip=[
                alt.Tooltip("group:N", title="Orders"),
                alt.Tooltip("end:N", title="End"),
                alt.Tooltip("said:N", title="Share"),
                alt.Tooltip("orders:Q", title="So far", format=",d"),
            ],
        )
    )
    found: alt.Chart = bars.properties(
        width=560, height=34 * len(names) + 10, title=alt.Title(title, subtitle=SAID[of])
    )
    return found


def rate_rows(table: pd.DataFrame, before: str = "") -> Rows:
    """A row for each group that has orders, and each way they end."""
    columns = {**{end: RATES[end] for end in FROM_THE_LEFT}, OPEN: "not_known"}
    rows: Rows = []
    for group, line in table[table["placed"] > 0].iterrows():
        placed, closed = int(line["placed"]), int(line["placed"] - line["open"])
        name = f"{before}{group} · {placed:,} orders, {closed:,} closed"
        low = 0.0
        for end, column in columns.items():
            share = float(line[column])
            if not share > 0:  # none, or nothing closed
                continue
            said = {"said": figure_text(share, "share"), "orders": int(line[end])}
            rows.append({"group": name, "end": end, "low": low, "high": low + share, **said})
            low += share
    return rows


@says_how_made
def orders_by_age(journal: Journal, payment: str | None = None) -> alt.TopLevelMixin:
    """What has become of orders, by days since they were placed, as stacked shares.

    It is `fs.orders_by_age(j, payment)`: grey ones are open at that age. At the right edge stands
    how all of them end.

    >>> import funnelsim as fs
    >>> journal = fs.simulate(fs.load("dropshipping"), seed=1)
    >>> fs.charts.orders_by_age(journal, "prepaid").title.text
    'What becomes of orders with age, Dropshipping: prepaid'
    """
    s = a_journal(journal, "charts.orders_by_age").scenario
    title = f"What becomes of orders with age, {s.name}" + (f": {payment}" if payment else "")
    if s.order is None:
        return sentence(title, NO_ORDER)
    table = by_age(journal, payment)
    if table.empty:
        return sentence(title, NONE_PLACED)
    rows = age_rows(table)
    ends = [*FROM_THE_LEFT[1:], OPEN, KEPT]
    at = alt.X("age:Q", title="days since the order", axis=alt.Axis(grid=False))
    scale = alt.Scale(domain=[0, 1])
    areas = (
        alt.Chart(rows_data(rows))
        .mark_area(interpolate="step-after")
        .encode(
            x=at.scale(nice=False),
            y=alt.Y("low:Q", title="of the orders placed", axis=PERCENT, scale=scale),
            y2="high:Q",
            color=alt.Color("end:N", scale=colour_scale(*ends), sort=ends),
        )
    )
    strips = (
        alt.Chart(areas.data)
        .transform_filter(alt.datum.end == KEPT)
        .mark_rect(opacity=0)
        .encode(
            x=alt.X("age:Q"),
            x2="until:Q",
            tooltip=[
                alt.Tooltip("age:Q", title="Days since the order"),
                *(alt.Tooltip(f"{end}:N", title=end.capitalize()) for end in ends),
                alt.Tooltip("watched:Q", title="Orders watched so long", format=",d"),
            ],
        )
    )
    placed = int(table["watched"].iloc[0])
    last = table.iloc[-1]
    said = ", ".join(
        f"{figure_text(float(last[end]), 'share')} {end}" for end in FROM_THE_LEFT if last[end] > 0
    )
    subtitle = f"{placed:,} orders; in the end {said}"
    return alt.layer(areas, strips).properties(
        width=600, height=260, title=alt.Title(title, subtitle=subtitle)
    )


def age_rows(table: pd.DataFrame) -> Rows:
    """A row for each day of age and each way orders end, the bad ends below."""
    rows: Rows = []
    ends = [*FROM_THE_LEFT[1:], OPEN, KEPT]
    for age, line in table.iterrows():
        said = {end: figure_text(float(line[end]), "share") for end in ends}
        low = 0.0
        for end in ends:
            high = low + float(line[end])
            place = {"age": int(age), "until": int(age) + 1, "end": end, "low": low, "high": high}
            rows.append({**place, **said, "watched": int(line["watched"])})
            low = high
    return rows
