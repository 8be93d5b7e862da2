"""What lesson 14 shows: one funnel told in several ways, months of it, a funnel with more stages.

    from funnelsim.exercises import pictures_14 as pictures

    pictures.told_in(journal, ["Visit", "Order"])

The lesson says what is simulated; here it is only counted and drawn.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import altair as alt

from funnelsim.charts.parts import rows_data
from funnelsim.charts.theme import COLOURS, OTHER_REASONS
from funnelsim.metrics import funnel_table

if TYPE_CHECKING:
    import pandas as pd

    from funnelsim.journal import Journal
    from funnelsim.scenario import Scenario

BLUE, SKY, VERMILION = COLOURS["advanced"], COLOURS["repeat orders"], COLOURS["lost"]
PERCENT = alt.Axis(format="%")
FEW = 0.05  # a fall by five points is one that a meeting talks about


# --- numbers --------------------------------------------------------------------------------------


def told_in(journal: Journal, stages: Sequence[str]) -> pd.DataFrame:
    """The funnel told in these stages only: who entered each, and which share entered the next."""
    entered = funnel_table(journal).loc[list(stages), "entered"].to_frame()
    went_on = entered["entered"].shift(-1) / entered["entered"]
    told = went_on.map("{:.1%}".format).replace("nan%", "")
    return entered.assign(**{"went on to the next": told}).rename_axis(None)


def by_arrival(journal: Journal, days: int) -> pd.DataFrame:
    """What has become of the leads that came in each of these periods since the warm-up."""
    first = journal.scenario.warm_up / 86_400e6
    leads = journal.leads[(journal.leads["arrived"] >= first) & (journal.leads["kind"] == "new")]
    period = ((leads["arrived"] - first) // days).astype(int)
    table = leads.groupby(period)["outcome"].value_counts().unstack(fill_value=0)
    table = table[["customer", "lost", "open"]].rename_axis(None).rename_axis(columns=None)
    table["conversion"] = table["customer"] / table.sum(axis=1)
    begins = [first + n * days for n in table.index]
    table.index = [f"day {begin:.0f} to {begin + days:.0f}" for begin in begins]
    return table


def days_to_the_sale(journal: Journal) -> pd.Series:
    """Days from arrival to the goal, of all who reached it."""
    goal = journal.scenario.stages[-1].name
    won = journal.leads[journal.leads["outcome"] == "customer"]
    return won[f"entered_{goal}"] - won["arrived"]


def monthly_rates(journal: Journal, days: int = 30) -> pd.DataFrame:
    """The conversion of each stage by month of entering it, of visits that are decided.

    Months are whole; the last is left out, since many of its visits are still open.
    """
    visits = journal.stage_visits
    goal = journal.scenario.stages[-1].name
    visits = visits[(visits["outcome"] != "open") & (visits["stage"] != goal)]
    month = (visits["entered"] // days).astype(int)
    advanced = (visits["outcome"] == "advanced").groupby([month, visits["stage"]], observed=True)
    return advanced.mean().unstack().iloc[: int(journal.scenario.days // days) - 1]


def months_with_a_fall(rates: pd.DataFrame, by: float = FEW) -> int:
    """In how many months at least one rate is lower by so much than in the month before."""
    return int((rates.diff().iloc[1:].min(axis=1) <= -by).sum())


def one_stage_more(
    scenario: Scenario, name: str, conversion: float, odds_ratio: Mapping[str, float]
) -> Scenario:
    """The same funnel with one stage more at its end, which the goal now means.

    Of those who reach the old goal `conversion` go on, with the channels' odds ratios.
    """
    stages: list[dict[str, Any]] = [stage.model_dump() for stage in scenario.stages]
    stages[-1] = stages[-1] | {"conversion": conversion}
    goal = scenario.stages[-1].name
    channels: list[dict[str, Any]] = []
    for channel in scenario.channels:
        told = channel.model_dump()
        before = told["odds_ratio"]
        if not isinstance(before, Mapping):
            before = {stage.name: before for stage in scenario.stages[:-1]}
        channels.append(told | {"odds_ratio": {**before, goal: odds_ratio[channel.name]}})
    return scenario.vary({"stages": [*stages, {"name": name}], "channels": channels})


# --- pictures -------------------------------------------------------------------------------------


def side_by_side(journals: Mapping[str, Journal]) -> alt.LayerChart | alt.FacetChart:
    """The conversion of each stage of several funnels with the same stages."""
    rows = []
    for name, journal in journals.items():
        rates = funnel_table(journal)["conversion_rate_of_decided"].dropna()
        rows += [
            {"stage": str(stage), "shop": name, "rate": float(rate), "said": f"{rate:.0%}"}
            for stage, rate in rates.items()
        ]
    stages = list(dict.fromkeys(str(row["stage"]) for row in rows))
    colours = alt.Scale(domain=list(journals), range=[BLUE, SKY])
    base = alt.Chart(rows_data(rows)).encode(
        y=alt.Y("stage:N", sort=stages, title=None),
        yOffset=alt.YOffset("shop:N", sort=list(journals)),
        x=alt.X("rate:Q", axis=PERCENT, title="went on, of those decided").scale(domain=[0, 1]),
    )
    bars = base.mark_bar().encode(color=alt.Color("shop:N", scale=colours))
    words = base.mark_text(align="left", dx=5).encode(text="said:N")
    return alt.layer(bars, words).properties(
        width=520, height=44 * len(stages), title="Two funnels that sell as much"
    )


def months(rates: pd.DataFrame) -> alt.LayerChart | alt.FacetChart:
    """`monthly_rates` as lines; where a rate fell by five points or more the dot is vermilion."""
    falls = rates.diff() <= -FEW
    rows = [
        {
            "month": int(month) + 1,
            "stage": str(stage),
            "rate": float(rate),
            "fell": bool(falls.loc[month, stage]),
        }
        for month, line in rates.iterrows()
        for stage, rate in line.items()
    ]
    ticks = alt.Axis(values=[int(month) + 1 for month in rates.index], labelAngle=0)
    base = alt.Chart(rows_data(rows)).encode(
        x=alt.X("month:Q", axis=ticks, title="month").scale(domainMin=1),
        y=alt.Y("rate:Q", axis=PERCENT, title="went on").scale(domain=[0.3, 0.7]),
    )
    names = [str(stage) for stage in rates.columns]
    colours = alt.Scale(domain=names, range=[BLUE, SKY, *OTHER_REASONS][: len(names)])
    lines = base.mark_line(point=True, strokeWidth=2).encode(
        color=alt.Color("stage:N", scale=colours, legend=alt.Legend(symbolOpacity=1))
    )
    dots = base.transform_filter("datum.fell").mark_circle(size=90, opacity=1, color=VERMILION)
    return alt.layer(lines, dots.encode(tooltip=["stage:N", "month:Q"])).properties(
        width=600, height=260, title="A school where nothing changes, month by month"
    )
