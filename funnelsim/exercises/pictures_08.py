"""What lesson 08 shows: what a customer of each channel costs when all is counted, and payback.

    from funnelsim.exercises import pictures_08 as pictures

    pictures.all_it_costs(journal)

The lesson says what is simulated; here it is only counted and drawn.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import altair as alt
import numpy as np

from funnelsim.analytic.costs import day_costs, reps_costs
from funnelsim.charts.parts import rows_data
from funnelsim.charts.theme import COLOURS
from funnelsim.distributions import DAY
from funnelsim.metrics.basis import came_in, sales
from funnelsim.metrics.money import lead_costs, left_by_orders, sale_costs

if TYPE_CHECKING:
    import pandas as pd

    from funnelsim.journal import Journal
    from funnelsim.scenario import Scenario

BLUE, SKY, RED = COLOURS["first orders"], COLOURS["repeat orders"], COLOURS["lost"]
PARTS = {"leads and days": SKY, "commission": BLUE, "reps": RED}
LINES = (BLUE, RED, "#009E73", "#CC79A7", "#E69F00")
FIRM = "the firm"


# --- what a customer costs ------------------------------------------------------------------------


def all_it_costs(journal: Journal) -> pd.DataFrame:
    """CAC of each channel and, last, of the firm, in currency, with what it is made of.

    The reps' wages are shared out by the time that they spent on the leads of each channel, so the
    hours in which they wait for work are, too. `cac` is the sum of the parts; times the sales the
    channels' add up to the firm's, which is `fs.summary(journal).cac` (without messages to lost
    leads and rewards, which are no channel's).
    """
    import pandas as pd

    names = [channel.name for channel in journal.scenario.channels]
    channel = journal.whole["leads"]["channel"]
    table, these = sales(journal)
    won = np.bincount(channel[journal.whole[table]["lead"][these]], minlength=len(names))
    busy = _busy(journal, len(names))
    costs = {
        "leads and days": lead_costs(journal)[0] + day_costs(journal.scenario),
        "commission": sale_costs(journal)[0],
        "reps": reps_costs(journal.scenario) * busy / max(busy.sum(), 1),
    }
    found = pd.DataFrame(costs, index=pd.Index(names, name="channel")) / 100
    found.loc[FIRM] = found.sum()
    sold = np.append(won, won.sum())
    found = found.div(sold, axis=0)
    found["cac"], found["sales"] = found.sum(axis=1), sold
    return found


def _busy(journal: Journal, channels: int) -> np.ndarray:
    """Hours that calls with the leads of each channel took, up to the horizon."""
    calls = journal.follow_ups
    end = journal.scenario.horizon / DAY
    hours = 24 * (calls["finished"].fillna(end) - calls["started"])
    channel = journal.whole["leads"]["channel"][calls["lead"]]
    taken = hours.notna().to_numpy()
    found: np.ndarray = np.bincount(channel[taken], hours[taken], minlength=channels)
    return found


def cac_bars(table: pd.DataFrame, currency: str = "EUR") -> alt.LayerChart | alt.FacetChart:
    """`all_it_costs` as bars, a part beside the other."""
    names = list(table.index)
    rows = [
        {"of": str(name), "what": part, "cost": float(line[part]), "place": place}
        for name, line in table.iterrows()
        for place, part in enumerate(PARTS)
    ]
    sums = [
        {"of": str(name), "cac": float(cac), "text": f"{cac:.0f}"}
        for name, cac in table["cac"].items()
    ]
    y = alt.Y("of:N", sort=names, title=None)
    x = alt.X("cost:Q", title=f"cost of a customer, {currency}")
    bars = alt.Chart(rows_data(rows)).mark_bar(stroke="white").encode(
        x=x.scale(domain=[0, 1.1 * float(table["cac"].max())], nice=False),
        y=y,
        color=alt.Color(
            "what:N", scale=alt.Scale(domain=list(PARTS), range=list(PARTS.values()))
        ),
        order="place:Q",
        tooltip=["of:N", "what:N", alt.Tooltip("cost:Q", format=".1f")],
    )  # fmt: skip
    words = alt.Chart(rows_data(sums)).mark_text(align="left", dx=6).encode(
        x="cac:Q", y=y, text="text:N"
    )  # fmt: skip
    return alt.layer(bars, words).properties(
        width=520, height=34 * len(names), title="All that it costs to win a customer"
    )


def hundred_a_day(scenario: Scenario, team: str = "sales") -> dict[str, Scenario]:
    """The scenario, and what it is with 100 more a day for search ads, social ads, or a rep.

    Leads come for as much as they cost; a rep costs 100 a day in this firm.
    """
    more = {"as it is": scenario}
    for channel in scenario.channels:
        if channel.price:
            leads = channel.rate + 100 / channel.price
            more[channel.name] = scenario.vary({f"channels.{channel.name}.leads_per_day": leads})
    reps = scenario.teams[0].reps + 1
    return more | {"a rep": scenario.vary({f"teams.{team}.reps": reps})}


# --- payback --------------------------------------------------------------------------------------


def payback(journal: Journal, days: int = 120) -> alt.LayerChart | alt.FacetChart:
    """What the orders of each channel have left by the age of its leads, ÷ what the channel cost.

    Where a line crosses 1 the channel has paid for itself: `payback_days` of `fs.channels_table`.
    """
    rows = payback_rows(journal, days)
    names = list(dict.fromkeys(row["channel"] for row in rows))
    colours = alt.Scale(domain=names, range=list(LINES[: len(names)]))
    lines = alt.Chart(rows_data(rows)).mark_line(strokeWidth=2.5).encode(
        x=alt.X("age:Q", title="days since the lead came").scale(domain=[0, days], nice=False),
        y=alt.Y("back:Q", title="left by orders ÷ cost of the channel").scale(domainMin=0),
        color=alt.Color("channel:N", scale=colours, legend=alt.Legend(symbolType="stroke")),
        tooltip=["channel:N", "age:Q", alt.Tooltip("back:Q", format=".2f")],
    )  # fmt: skip
    one = alt.Chart(rows_data([{"back": 1}])).mark_rule(strokeDash=[5, 3]).encode(y="back:Q")
    return alt.layer(one, lines).properties(
        width=560, height=240, title="When a channel has paid for itself"
    )


def payback_rows(journal: Journal, days: int) -> list[dict[str, float | str]]:
    """A row for each channel that costs something, and each day of age."""
    leads, orders = journal.whole["leads"], journal.whole["orders"]
    customer = leads["customer"][orders["lead"]]
    counts = came_in(journal)[customer]
    age = (orders["placed"] - leads["arrived"][customer]) / DAY
    left, channel = left_by_orders(journal), leads["channel"][customer]
    costs = lead_costs(journal)[0] + sale_costs(journal)[0] + day_costs(journal.scenario)
    rows: list[dict[str, float | str]] = []
    for number, its in enumerate(journal.scenario.channels):
        own = counts & (channel == number)
        if not costs[number]:
            continue
        rows += [
            {"channel": its.name, "age": day, "back": float(left[own & (age <= day)].sum())
             / float(costs[number])}
            for day in range(days + 1)
        ]  # fmt: skip
    return rows
