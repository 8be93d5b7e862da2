"""What lesson 09 shows: a flow and a stock, four forecasts of the same deals, quarters of reps.

    from funnelsim.exercises import pictures_09 as pictures

    pictures.forecasts(journal, later, own)

The lesson says what is simulated; here it is only counted and drawn.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import altair as alt
import numpy as np

from funnelsim.charts.parts import rows_data
from funnelsim.charts.theme import COLOURS
from funnelsim.metrics.groups import reps_table
from funnelsim.metrics.known import history_of
from funnelsim.metrics.pipeline import open_deals, weighted_forecast, win_probabilities

if TYPE_CHECKING:
    import pandas as pd

    from funnelsim.journal import Journal

BLUE, GREY, VERMILION = COLOURS["left"], COLOURS["open"], COLOURS["cost"]
WEEK = 7


# --- numbers --------------------------------------------------------------------------------------


def in_a_day(journal: Journal) -> pd.DataFrame:
    """By stage, since the warm-up: how many come in a day, how long they stay, how many are there.

    `days there` is of those who came in since and have left; `open on average` is counted over
    time, so that the three are measured one by one.
    """
    import pandas as pd

    history = history_of(journal, "pictures_09.in_a_day")
    begin, end = history.first, history.last
    rows = {}
    for number, stage in enumerate(history.stages):
        stays = history.visits[history.visits["stage"] == number]
        left = stays["left"].fillna(end).clip(lower=begin)
        there = left - stays["entered"].clip(lower=begin)
        new = stays[stays["entered"] >= begin]
        rows[stage] = {
            "come in a day": len(new) / (end - begin),
            "days there": (new["left"] - new["entered"]).mean(),
            "open on average": there.sum() / (end - begin),
        }
    return pd.DataFrame.from_dict(rows, orient="index")


def came(journal: Journal, later: Journal) -> pd.DataFrame:
    """The deals open at the end of a journal, and what the same firm knows of them `later`.

    The columns of `open_deals`, and `won`: yes or no, by the end of `later`.
    """
    deals = open_deals(journal).set_index("lead")
    return deals.assign(won=(later.leads["outcome"] == "customer").reindex(deals.index))


def closed_by_quarter(journal: Journal, days: int = 91) -> pd.DataFrame:
    """What each closer has sold in each quarter since the warm-up, in currency; whole ones only."""
    holder = journal.leads.set_index("lead")["holder"].astype(str)
    begin = history_of(journal, "pictures_09.closed_by_quarter").first
    orders = journal.orders.assign(
        rep=holder.reindex(journal.orders["lead"]).to_numpy(),
        quarter=((journal.orders["placed"] - begin) // days).astype(int) + 1,
    )
    whole = int((journal.scenario.days - begin) // days)
    orders = orders[orders["quarter"].between(1, whole)]
    table = orders.pivot_table(
        index="quarter", columns="rep", values="paid", aggfunc="sum", fill_value=0.0
    )
    return table.rename_axis(columns=None)


def credit(journal: Journal) -> pd.DataFrame:
    """What each rep has brought in and closed since the warm-up, and the sum of both columns."""
    table = reps_table(journal).sort_index(ascending=False)
    table = table[["customers", "revenue", "closed", "revenue_closed"]].copy()
    table.loc["together"] = table.sum()
    told = table.map("{:,.0f}".format)
    words = {
        "customers": "customers brought in",
        "revenue": "revenue brought in",
        "closed": "deals closed",
        "revenue_closed": "revenue closed",
    }
    return told.rename(columns=words)


# --- pictures -------------------------------------------------------------------------------------


def stock(journal: Journal) -> alt.Chart:
    """How many deals were open in each stage, week by week since the warm-up."""
    history = history_of(journal, "pictures_09.stock")
    days = np.arange(history.first, history.last + 0.5, WEEK)
    rows = []
    for number, stage in enumerate(history.stages):
        stays = history.visits[history.visits["stage"] == number]
        entered = np.sort(stays["entered"].to_numpy())
        left = np.sort(stays["left"].dropna().to_numpy())
        there = np.searchsorted(entered, days, "right") - np.searchsorted(left, days, "right")
        rows += [
            {"day": float(day), "open": int(count), "stage": stage}
            for day, count in zip(days, there, strict=True)
        ]
    colours = alt.Scale(
        domain=history.stages, range=[BLUE, COLOURS["repeat orders"], GREY, VERMILION]
    )
    lines = alt.Chart(rows_data(rows)).mark_line(strokeWidth=2.5)
    picture: alt.Chart = lines.encode(
        x=alt.X("day:Q", title="day").scale(nice=False),
        y=alt.Y("open:Q", title="open deals"),
        color=alt.Color("stage:N", scale=colours, title=None),
        tooltip=["stage:N", "day:Q", "open:Q"],
    ).properties(width=560, height=240, title="Open deals by stage")
    return picture


def forecasts(
    journal: Journal, later: Journal, own: Mapping[str, float]
) -> alt.LayerChart | alt.FacetChart:
    """The deals open at the end of a journal: their value, three forecasts, and what has come."""
    deals = came(journal, later)
    by_stage = win_probabilities(journal).to_dict()
    steps = {
        "all that is open": deals["value"].sum(),
        "× the firm's percentages": weighted_forecast(journal, own=own),
        "× what went on from each stage": weighted_forecast(journal, own=by_stage),
        "× the same, by age in the stage": weighted_forecast(journal),
        "what has come of them": deals["value"][deals["won"]].sum(),
    }
    last = list(steps)[-1]
    rows = [
        {"step": step, "EUR": float(value), "said": f"{value:,.0f} EUR",
         "colour": VERMILION if step == last else GREY if step == next(iter(steps)) else BLUE}
        for step, value in steps.items()
    ]  # fmt: skip
    top = 1.25 * max(float(value) for value in steps.values())
    base = alt.Chart(rows_data(rows)).encode(
        y=alt.Y("step:N", sort=None, title=None).axis(labelLimit=260),
        x=alt.X("EUR:Q", title="EUR").scale(domain=[0, top], nice=False),
        tooltip=["step:N", "said:N"],
    )
    bars = base.mark_bar().encode(color=alt.Color("colour:N", scale=None))
    words = base.mark_text(align="left", dx=6).encode(text="said:N")
    title = f"Open deals of day {journal.scenario.days:g}: forecasts, and what came"
    return alt.layer(bars, words).properties(width=460, height=170, title=title)
