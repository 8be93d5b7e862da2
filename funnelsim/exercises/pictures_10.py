"""What lesson 10 shows: the way of an order, what orders leave, and rates that are not ripe.

    from funnelsim.exercises import pictures_10 as pictures

    pictures.three_ways(journal, later, days=14)

The lesson says what is simulated; here it is only counted and drawn.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import altair as alt
import numpy as np

from funnelsim.analytic.orders import order_ends
from funnelsim.charts.parts import rows_data
from funnelsim.charts.theme import COLOURS
from funnelsim.exercises.lesson_10 import placed_between
from funnelsim.metrics.orders import ENDS, PLACED, order_rates, orders_by_age
from funnelsim.scenario.values import CANCELLED, REFUSED, RETURNED

if TYPE_CHECKING:
    import pandas as pd

    from funnelsim.journal import Journal

BLUE, GREY, VERMILION = COLOURS["left"], COLOURS["open"], COLOURS["cost"]
PERCENT = alt.Axis(format="%")


# --- numbers --------------------------------------------------------------------------------------


def ways(journal: Journal, payment: str) -> pd.DataFrame:
    """The first order of this method for each way to end, and on which day it came to each status.

    "3.2" is 3.2 days after it was placed; an empty cell is a status that it never came to.
    """
    import pandas as pd

    orders = placed_between(journal, 0, journal.scenario.days)
    first = orders[orders["payment"] == payment].drop_duplicates("end").set_index("end")
    first = first.reindex(ENDS[::-1]).dropna(subset="placed")
    told = journal.statuses.set_index("order")
    rows = {}
    for end, order in first.iterrows():
        mine = told.loc[[int(order["order"])]]
        rows[end] = dict(zip(mine["status"], mine["entered"] - order["placed"], strict=True))
        rows[end]["closed"] = order["closed"] - order["placed"]
    order = journal.scenario.order
    methods = {method.name: method for method in (order.payments if order else ())}
    names = [name for name, _ in methods[payment].statuses]
    table = pd.DataFrame.from_dict(rows, orient="index").reindex(columns=[*names, "closed"])
    return table.map("{:.1f}".format).replace("nan", "")


def scenario_and_journal(journal: Journal) -> pd.DataFrame:
    """How orders end by the scenario's chances, and as it was measured ± its standard error."""
    import pandas as pd

    rows = {}
    for name, shares in order_ends(journal.scenario).items():
        last = orders_by_age(journal, name).iloc[-1]
        for end, share in shares.items():
            measured = f"{last[end]:.1%} ± {100 * last[f'{end}_error']:.1f}"
            rows[(name, end)] = {"by the scenario": f"{share:.1%}", "measured": measured}
    return pd.DataFrame.from_dict(rows, orient="index")


def fortnights(journal: Journal) -> pd.DataFrame:
    """What a report of today says of each fortnight: what has come back of the orders placed in it.

    Not how else orders ended: that is asked below the report.
    """
    table = order_rates(journal, by=14, of=PLACED)
    told = table[["placed", "returned", "open"]].assign(
        returned_of_placed=table["return_rate"].map("{:.1%}".format),
        net_of_gross=table["net_of_gross"].map("{:.0%}".format),
        left_by_an_order=table["contribution_per_order"].round(2),
    )
    told.index = [f"day {day} to {day + 14}" for day in told.index]
    return told.rename(columns=lambda name: name.replace("_", " "))


def feelings(journal: Journal) -> pd.DataFrame:
    """Of the orders kept, delivered in time and late: how many, and how their customers felt."""
    satisfaction = journal.scenario.satisfaction
    assert satisfaction is not None
    assert satisfaction.late_delivery is not None
    orders = journal.orders[journal.orders["satisfaction"].notna()]
    days = orders["closed"] - orders["placed"] - _days_to_send_back(journal)
    late = days > satisfaction.late_delivery.after / 86_400e6
    by = orders.groupby(np.where(late, "late", "in time"))["satisfaction"]
    shares = by.value_counts(normalize=True).unstack()
    return shares.assign(orders=by.size()).rename_axis(columns=None)


def _days_to_send_back(journal: Journal) -> float:
    """How long the last status lasts: the same for all methods of the lesson's shop."""
    order = journal.scenario.order
    assert order is not None
    return float(order.payments[0].statuses[-1][1].mean) / 86_400e6


# --- pictures -------------------------------------------------------------------------------------


def gross_to_net(orders: pd.DataFrame, currency: str = "EUR") -> alt.LayerChart | alt.FacetChart:
    """What was ordered, what of it ended badly, and what is left; of orders that are closed."""
    paid = orders.groupby("end")["paid"].sum()
    total = float(paid.sum())
    left, rows = total, [_step("ordered", 0, total, total, BLUE)]
    for end in (CANCELLED, REFUSED, RETURNED):
        lost = float(paid.get(end, 0.0))
        rows.append(_step(end, left - lost, left, total, VERMILION))
        left -= lost
    rows.append(_step("kept", 0, left, total, BLUE))
    base = alt.Chart(rows_data(rows)).encode(y=alt.Y("step:N", sort=None, title=None))
    bars = base.mark_bar().encode(
        x=alt.X("low:Q", title=currency).scale(domain=[0, 1.15 * total], nice=False),
        x2="high:Q",
        color=alt.Color("colour:N", scale=None),
        tooltip=["step:N", "said:N"],
    )
    words = base.mark_text(align="left", dx=6).encode(x="high:Q", text="said:N")
    return alt.layer(bars, words).properties(
        width=560, height=150, title=f"Of {total:,.0f} {currency} ordered"
    )


def _step(name: str, low: float, high: float, total: float, colour: str) -> dict[str, str | float]:
    said = f"{high - low:,.0f} ({(high - low) / total:.1%})"
    return {"step": name, "low": low, "high": high, "said": said, "colour": colour}


def who_pays_in_advance(left: pd.Series, orders: int) -> alt.LayerChart | alt.FacetChart:
    """What dropping cash on delivery brings, by the share of its customers who pay in advance.

    `left` is what an order leaves by method of payment, `orders` how many are paid on delivery.
    """
    prepaid, cash = float(left["prepaid"]), float(left["cash on delivery"])
    rows = [
        {"stay": share / 100, "EUR": orders * (share / 100 * prepaid - cash)}
        for share in range(0, 101, 5)
    ]
    cross = [{"stay": cash / prepaid, "EUR": 0.0, "said": f"{cash / prepaid:.0%}"}]
    x = alt.X("stay:Q", axis=PERCENT, title="of those who pay on delivery would pay in advance")
    y = alt.Y("EUR:Q", title="more contribution, EUR")
    at = alt.Chart(rows_data(cross)).encode(x=x, y=y)
    return alt.layer(
        alt.Chart(rows_data(rows)).mark_line(color=BLUE).encode(x=x, y=y),
        at.mark_circle(size=90, color=VERMILION, opacity=1),
        at.mark_text(align="left", dx=10, dy=10).encode(text="said:N"),
    ).properties(width=560, height=240, title="Without cash on delivery")


def three_ways(
    journal: Journal, later: Journal, days: float = 14
) -> alt.LayerChart | alt.FacetChart:
    """The return rate by when orders were placed: counted in three ways, and as it turned out.

    `later` is the same shop watched until all orders of `journal` were closed.
    """
    kinds = {
        "of those placed": order_rates(journal, days, "placed"),
        "of those closed": order_rates(journal, days, "closed"),
        "ripe": order_rates(journal, days),
    }
    rows = [
        {"day": float(day), "rate": float(rate), "counted": kind}
        for kind, table in kinds.items()
        for day, rate in table["return_rate"].dropna().items()
    ]
    turned_out = order_rates(later, days)["return_rate"]
    known = [
        {"day": float(day), "rate": float(rate), "counted": "as it turned out"}
        for day, rate in turned_out.items()
        if day < journal.scenario.days
    ]
    names = [*kinds, "as it turned out"]
    colours = alt.Scale(domain=names, range=[GREY, COLOURS["cancelled"], BLUE, VERMILION])
    ticks = alt.Axis(values=[float(day) for day in turned_out.index if day < journal.scenario.days])
    x = alt.X("day:Q", title="placed in the days from … on", axis=ticks)
    y = alt.Y("rate:Q", title="returned", axis=PERCENT).scale(domainMin=0)
    colour = alt.Color("counted:N", scale=colours, sort=names, legend=alt.Legend(symbolOpacity=1))
    tip = ["counted:N", alt.Tooltip("rate:Q", format=".1%")]
    return alt.layer(
        alt.Chart(rows_data(rows)).mark_line(point=True).encode(x=x, y=y, color=colour),
        alt.Chart(rows_data(known)).mark_circle(size=90, opacity=1).encode(
            x=x, y=y, color=colour, tooltip=tip
        ),
    ).properties(width=600, height=260, title="The return rate, counted in three ways")  # fmt: skip
