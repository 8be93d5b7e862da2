"""What lesson 07 shows: scores of samples, promoters and the same people, growth and its end.

    from funnelsim.exercises import pictures_07 as pictures

    pictures.asked_each_month(journal, asked=50)

The lesson says what is simulated; here it is only counted and drawn. Who is who in two histories is
told by the `key` of a lead.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import altair as alt
import numpy as np

from funnelsim.charts.parts import rows_data
from funnelsim.charts.theme import COLOURS
from funnelsim.metrics.nps import nps
from funnelsim.metrics.referrals import generations, referrals

if TYPE_CHECKING:
    import pandas as pd

    from funnelsim.distributions import Floats
    from funnelsim.journal import Journal

BLUE, SKY, GREY, RED = (COLOURS[c] for c in ("first orders", "repeat orders", "open", "lost"))
Layers = alt.LayerChart | alt.FacetChart  # what alt.layer says it returns
MONTH = 30  # days
ONCE, NEVER_ONE = "a promoter at least once", "never a promoter"


# --- the score, and what a sample says ------------------------------------------------------------


def asked_each_month(journal: Journal, asked: int, seed: int = 1) -> pd.DataFrame:
    """The score of each month of 30 days when so many of its orders are asked, drawn by lot.

    A row per month: what `fs.nps` says of the sample. A month with fewer answers asks all.
    """
    import pandas as pd

    orders = journal.orders.dropna(subset="satisfaction")
    months = orders.groupby((orders["placed"] // MONTH).astype(int) + 1)["satisfaction"]
    rows = {
        month: nps(said.sample(min(asked, len(said)), random_state=seed + month).value_counts())
        for month, said in months
        if month <= journal.scenario.days // MONTH
    }
    return pd.DataFrame(rows).T.rename_axis("month")


def best_less_worst(journal: Journal, asked: int, months: int = 12, years: int = 1000) -> Floats:
    """Of so many years in which nothing changes: the best month's score less the worst one's.

    The answers are drawn with the shares of the journal, so many each month.
    """
    of_all = nps(journal)
    shares = [of_all[name] / of_all["asked"] for name in ("promoters", "passives", "detractors")]
    drawn = np.random.default_rng(1).multinomial(asked, shares, size=(years, months))
    scores = 100 * (drawn[..., 0] - drawn[..., 2]) / asked
    found: Floats = np.ptp(scores, axis=1)
    return found


def months(table: pd.DataFrame, of_all: float) -> Layers:
    """`asked_each_month` as points with their 95 % intervals; the line is the score of all."""
    rows = [
        {"month": int(number), **{name: float(line[name]) for name in ("nps", "low", "high")}}
        for number, line in table.iterrows()
    ]
    base = alt.Chart(rows_data(rows)).encode(x=alt.X("month:O", axis=alt.Axis(labelAngle=0)))
    y = alt.Y("low:Q", title="NPS of the month's answers")
    tooltip = ["month:O", *(alt.Tooltip(f"{n}:Q", format=".0f") for n in ("nps", "low", "high"))]
    every = alt.Chart(rows_data([{"of all": of_all}]))
    found: Layers = alt.layer(
        every.mark_rule(color=RED, strokeDash=[5, 3], strokeWidth=2).encode(y="of all:Q"),
        base.mark_rule(color=GREY, strokeWidth=3).encode(y=y, y2="high:Q", tooltip=tooltip),
        base.mark_point(color=BLUE, filled=True, size=90, opacity=1).encode(
            y="nps:Q", tooltip=tooltip
        ),
    ).properties(
        width=520,
        height=240,
        title=alt.Title(
            "Twelve months of one shop in which nothing changes",
            subtitle="50 answers a month, 95 % intervals; dashed: the score of the whole year",
        ),
    )
    return found


# --- promoters, and the same people ---------------------------------------------------------------


def spent(journal: Journal) -> pd.DataFrame:
    """What each customer of a channel has paid: `spent` and `orders`, by the lead's key.

    `first` is the first answer, `promoter` whether any answer was a promoter's. Whom customers
    brought is left out: where nobody promotes, they do not come.
    """
    import pandas as pd

    orders = journal.orders
    by_customer = orders.groupby("customer")
    first = orders[orders["number"] == 1].set_index("customer")["satisfaction"]
    promoter = (orders["satisfaction"] == "promoter").groupby(orders["customer"]).any()
    columns = {"spent": by_customer["paid"].sum(), "orders": by_customer.size()}
    table = pd.DataFrame(columns | {"first": first, "promoter": promoter})
    of_channels = generations(journal)[table.index] == 0
    table = table[of_channels]
    return table.set_index(journal.leads.loc[table.index, "key"].to_numpy())


def same_people(journal: Journal, nobody: Journal) -> dict[str, float]:
    """Mean EUR: of who never was a promoter, of the promoters where nobody is one, of promoters."""
    now, then = spent(journal), spent(nobody)["spent"]
    who = now.index[now["promoter"]]
    return {
        NEVER_ONE: float(now["spent"][~now["promoter"]].mean()),
        "the promoters, had none been one": float(then.reindex(who).mean()),
        ONCE: float(now["spent"][who].mean()),
    }


def bars(means: Mapping[str, float], title: str, unit: str = "EUR") -> Layers:
    """A bar for each mean, with its number."""
    names = list(means)
    rows = [{"who": who, "mean": value, "text": f"{value:.0f}"} for who, value in means.items()]
    base = alt.Chart(rows_data(rows)).encode(
        y=alt.Y("who:N", sort=names, title=None),
        x=alt.X("mean:Q", title=f"spent in the year, {unit}"),
    )
    found: Layers = alt.layer(
        base.mark_bar(color=BLUE), base.mark_text(align="left", dx=5).encode(text="text:N")
    ).properties(width=420, height=30 * len(names), title=title)
    return found


# --- K, and what becomes of growth ----------------------------------------------------------------


def k_in_parts(journal: Journal) -> dict[str, float]:
    """What K so far is the product of, exactly: orders, promoters, leads of each, conversion."""
    table = referrals(journal)
    whole = journal.whole
    customers = whole["leads"]["customer"][whole["orders"]["lead"]]
    said = journal.orders["satisfaction"]
    assert (whole["leads"]["arrived"][customers] >= journal.scenario.warm_up).all()
    answers, promoters = int(said.notna().sum()), int((said == "promoter").sum())
    brought, bought = int(table["brought"].sum()), int(table["brought_customers"].sum())
    return {
        "kept orders of a customer": answers / int(table["followed"].sum()),
        "promoters among them": promoters / answers,
        "leads that a promoter brings": brought / promoters,
        "customers among the leads": bought / brought,
    }


def from_stage(journal: Journal, stage: str) -> pd.DataFrame:
    """The customers of each channel: of all its leads, and of those who ever reached the stage."""
    import pandas as pd

    leads = journal.leads.assign(bought=journal.leads["outcome"] == "customer")
    reached = leads[leads[f"entered_{stage}"].notna()]
    by = {"of all leads": leads, f"from {stage} on": reached}
    return pd.DataFrame(
        {name: who.groupby("channel", observed=True)["bought"].mean() for name, who in by.items()}
    )


def new_customers(journal: Journal) -> pd.Series:
    """First orders in each whole month of 30 days, from 1 on."""
    placed = journal.orders.loc[journal.orders["number"] == 1, "placed"]
    month = (placed // MONTH).astype(int) + 1
    whole = range(1, int(journal.scenario.days // MONTH) + 1)
    return month.value_counts().reindex(whole, fill_value=0).rename_axis("month")


def as_it_began(by_month: pd.Series, seen: int) -> Floats:
    """The first months drawn out: an exponential through them (least squares of logarithms)."""
    first = by_month.iloc[:seen]
    slope, start = np.polyfit(first.index.to_numpy(dtype=float), np.log(first.to_numpy()), 1)
    found: Floats = np.exp(start + slope * by_month.index.to_numpy(dtype=float))
    return found


def growth(by_month: pd.Series, seen: int, level: float) -> Layers:
    """New customers by month, the exponential of the first months, and the level in the end."""
    drawn = as_it_began(by_month, seen)
    top = 2.5 * float(by_month.max())
    rows = [
        {"month": int(m), "customers": int(n), "seen": "seen" if m <= seen else "later"}
        for m, n in by_month.items()
    ]
    line = [
        {"month": int(m), "drawn": float(v)}
        for m, v in zip(by_month.index, drawn, strict=True)
        if v < top
    ]
    x = alt.X("month:O", axis=alt.Axis(labelAngle=0))
    colours = alt.Scale(domain=["seen", "later"], range=[BLUE, SKY])
    bar = (
        alt.Chart(rows_data(rows))
        .mark_bar()
        .encode(
            x=x,
            y=alt.Y("customers:Q", title="new customers in the month"),
            color=alt.Color("seen:N", scale=colours, legend=None),
            tooltip=["month:O", "customers:Q"],
        )
    )
    curve = alt.Chart(rows_data(line)).mark_line(color=RED, strokeWidth=2.5)
    rule = alt.Chart(rows_data([{"level": level}])).mark_rule(
        color=GREY, strokeDash=[5, 3], strokeWidth=2
    )
    found: Layers = alt.layer(
        bar, rule.encode(y="level:Q"), curve.encode(x=x, y="drawn:Q")
    ).properties(
        width=560,
        height=260,
        title=alt.Title(
            "An exponential through the first months, and what came",
            subtitle=f"line: the first {seen} months drawn out; "
            "dashed: customers of the channels ÷ (1 − K)",
        ),
    )
    return found


def in_a_town(k: float, people: int, first: int, until: int = 25) -> pd.DataFrame:
    """Customers by generation where each brings k others: without end, and among so many people.

    Columns `without end` = first × k^g, and `in the town`: whom a customer tells of the shop are
    people of the town drawn by lot, and who is a customer already cannot become one. Of those still
    left, s, a generation of n reaches s (1 − exp(−k n ÷ people)). It is the mean of the Reed-Frost
    chain (the share reached in the end is that of Kermack and McKendrick 1927), no part of the
    simulation, which knows of no end of people.
    """
    import pandas as pd

    left, new, rows = float(people - first), float(first), []
    for generation in range(until + 1):
        rows.append((generation, first * k**generation, new))
        new = left * (1 - np.exp(-k * new / people))
        left -= new
    columns = ["generation", "without end", "in the town"]
    return pd.DataFrame(rows, columns=columns).set_index("generation")


def town(table: pd.DataFrame, people: int) -> alt.LayerChart | alt.Chart:
    """`in_a_town` as two lines: customers so far, up to a little more than there are people."""
    so_far = table.cumsum()
    rows = [
        {"generation": int(g), "customers": float(value), "what": what}
        for what in table
        for g, value in so_far[what].items()
        if value < 1.2 * people
    ]
    colours = alt.Scale(domain=list(table), range=[RED, BLUE])
    found: alt.LayerChart | alt.Chart = (
        alt.Chart(rows_data(rows))
        .mark_line(strokeWidth=2.5, point=True)
        .encode(
            x=alt.X("generation:Q", axis=alt.Axis(tickMinStep=1)),
            y=alt.Y("customers:Q", title="customers so far"),
            color=alt.Color("what:N", scale=colours, legend=alt.Legend(symbolOpacity=1)),
        )
        .properties(
            width=520, height=240, title=f"The same K, without end and in a town of {people:,}"
        )
    )
    return found
