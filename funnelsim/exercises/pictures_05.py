"""What lesson 05 counts and draws: who stays by kind, what keeping costs, how results spread.

    from funnelsim.exercises import pictures_05 as pictures

    pictures.cost_of_keeping(with_it, without_it)

The lesson says what is simulated; here it is only counted and drawn.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import altair as alt
import numpy as np

from funnelsim.charts.parts import rows_data
from funnelsim.charts.theme import COLOURS
from funnelsim.distributions.among_customers import Beta
from funnelsim.metrics import summary
from funnelsim.metrics.cohorts import retention_rate
from funnelsim.retention import repeat_buying

if TYPE_CHECKING:
    import pandas as pd

    from funnelsim.journal import Journal
    from funnelsim.scenario import Scenario

BLUE, SKY, ORANGE = COLOURS["first orders"], COLOURS["repeat orders"], COLOURS["stale"]
ALL = "all of them"
SHOWN = 100  # years: as many of each firm


# --- who stays ------------------------------------------------------------------------------------


def crr_by_definition(
    journal: Journal, begin: float, end: float, *days: float
) -> dict[float, float]:
    """The CRR of one and the same time, by how long a customer is called active."""
    return {each: retention_rate(journal, begin, end, each) for each in days}


def renewal_rates(journal: Journal, times: int, gap_days: float = 30) -> pd.DataFrame:
    """The share that renews for the t-th time, of those who could: by segment, and of all.

    A row for each t from 1; a column for each segment, and `all of them`.
    """
    import pandas as pd

    table = repeat_buying(journal)
    kind = journal.leads.loc[table.index, "segment"].astype(str)
    due = np.ceil(table["T"] / gap_days - 1e-9) - 1
    rates = {}
    for name in [*journal.leads["segment"].cat.categories, ALL]:
        own = np.ones(len(table), dtype=bool) if name == ALL else (kind == name).to_numpy()
        often, could = table["frequency"].to_numpy()[own], due.to_numpy()[own]
        rates[name] = [
            float((often >= t)[(could >= t) & (often >= t - 1)].mean()) for t in range(1, times + 1)
        ]
    return pd.DataFrame(rates, index=pd.RangeIndex(1, times + 1, name="renewal"))


def rates_of_kinds(rates: pd.DataFrame) -> alt.Chart:
    """`renewal_rates` as lines: flat for each kind, and rising for all of them."""
    names = list(rates.columns)
    rows = [
        {"renewal": int(t), "who": name, "rate": float(rates.loc[t, name])}
        for name in names
        for t in rates.index
    ]
    colours = alt.Scale(domain=names, range=[SKY, ORANGE, BLUE])
    found: alt.Chart = (
        alt.Chart(rows_data(rows))
        .mark_line(point=True, strokeWidth=2.5)
        .encode(
            x=alt.X("renewal:Q", title="renewal", axis=alt.Axis(tickMinStep=1, grid=False)),
            y=alt.Y("rate:Q", title="of those who could, renew", axis=alt.Axis(format="%")).scale(
                domain=[0.5, 1]
            ),
            color=alt.Color("who:N", scale=colours, sort=names),
            tooltip=["who:N", "renewal:Q", alt.Tooltip("rate:Q", format=".1%")],
        )
        .properties(width=560, height=240, title="Nobody changes, and retention rises")
    )
    return found


# --- the claims -----------------------------------------------------------------------------------


def cost_of_keeping(with_it: Journal, without_it: Journal) -> dict[str, float]:
    """What a way of keeping customers costs, for each order more that it brings, in EUR.

    All it takes counts: messages, days, points and discounts, those too that went to orders that
    would have come anyway. It is the margin of the orders that came of it, less what is left.
    """
    order = with_it.scenario.order
    assert order is not None
    more = len(with_it.orders) - len(without_it.orders)
    value = float(with_it.orders["value"].sum() - without_it.orders["value"].sum())
    now, then = summary(with_it), summary(without_it)
    left = float(now["contribution"] - then["contribution"])
    cost = order.margin * value - left
    return {"orders more": more, "cost": cost, "cost of one": cost / more, "CAC": float(now["cac"])}


def more_loyal(scenario: Scenario, points: float = 0.05) -> Scenario:
    """The same firm where the probability of another order is so many points higher on average."""
    assert scenario.retention is not None
    chance = scenario.retention.repeat_probability
    more = chance.with_mean(chance.mean + points) if isinstance(chance, Beta) else chance + points
    return scenario.vary({"retention.repeat_probability": more})


def spreads(tables: Mapping[str, pd.DataFrame], figure: str = "revenue") -> pd.DataFrame:
    """Mean, standard deviation and cv (the one ÷ the other) of a figure, with the cv's s.e.

    Of n replications the standard error of a small cv is about cv ÷ √(2n).
    """
    import pandas as pd

    rows = {}
    for name, table in tables.items():
        mean, spread = float(table[figure].mean()), float(table[figure].std())
        cv = spread / mean
        rows[name] = {"mean": mean, "spread": spread, "cv": cv, "se": cv / (2 * len(table)) ** 0.5}
    return pd.DataFrame(rows).T


def results(tables: Mapping[str, pd.DataFrame], figure: str = "revenue") -> alt.Chart:
    """A hundred of the years as ticks, each a multiple of the mean of its firm."""
    names = list(tables)
    rows = [
        {"firm": name, "times": float(value)}
        for name, table in tables.items()
        for value in table[figure].iloc[:SHOWN] / table[figure].mean()
    ]
    found: alt.Chart = (
        alt.Chart(rows_data(rows))
        .mark_tick(color=BLUE, opacity=0.45, thickness=1.5)
        .encode(
            x=alt.X("times:Q", title=f"{figure} of a year, of its mean")
            .scale(zero=False)
            .axis(format="%", tickCount=8),
            y=alt.Y("firm:N", sort=names, title=None),
        )
        .properties(width=520, height=130, title=f"How far the {figure} of a year may lie off")
    )
    return found
