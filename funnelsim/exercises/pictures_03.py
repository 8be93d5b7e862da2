"""What lesson 03 shows: its pictures, Erlang's formula, and what waiting makes of a conversion.

    from funnelsim.exercises import pictures_03 as pictures

    pictures.cliff({"endless patience": fs.sweep(...)})

The lesson says what is simulated; here it is only counted and drawn.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import factorial
from typing import TYPE_CHECKING, Any

import altair as alt
import numpy as np

from funnelsim.charts.parts import rows_data
from funnelsim.charts.rows import Rows
from funnelsim.charts.theme import COLOURS, REASONS
from funnelsim.metrics import response_times, summary

if TYPE_CHECKING:
    import pandas as pd

    from funnelsim.experiment import Sweep
    from funnelsim.journal import Journal

BLUE, SKY, VERMILION = COLOURS["advanced"], COLOURS["repeat orders"], COLOURS["lost"]
GREY, SOFT = "#777777", COLOURS["open"]
BUSY = "utilisation: sales"
WAYS = alt.Scale(domain=["first come", "newest first"], range=[BLUE, VERMILION])
PERCENT = alt.Axis(format="%")


# --- numbers --------------------------------------------------------------------------------------


def hours_waited(journal: Journal) -> pd.Series:
    """Hours from entering a stage to the call that reached the lead, one for each such call."""
    return 24 * response_times(journal).dropna()


def mean_hours(sweep: Sweep, value: float) -> pd.Series:
    """The mean response time of each replication, in hours, where the sweep stands at `value`."""
    at = [setting[sweep.paths[0]] for setting in sweep.settings].index(value)
    return 24 * sweep.tables[at]["mean_response_days"]


def erlang_c(load: float, reps: int) -> float:
    """The probability that all reps are busy (A. K. Erlang, 1917).

    `load` is hours of calls that come in per hour, less than `reps`.

    >>> round(erlang_c(1.0, 2), 3)
    0.333
    """
    terms = [load**k / factorial(k) for k in range(reps + 1)]
    all_busy = terms[-1] * reps / (reps - load)
    return all_busy / (sum(terms[:-1]) + all_busy)


def mean_wait(load: float, reps: int, hours_of_a_call: float = 1.0) -> float:
    """How many hours a lead waits on average: C × hours of a call ÷ (reps - load).

    >>> [round(60 * mean_wait(load, 2)) for load in (0.5, 1.5)]
    [4, 77]
    """
    return erlang_c(load, reps) * hours_of_a_call / (reps - load)


def formula_and_simulation(sweep: Sweep, reps: int = 2) -> pd.DataFrame:
    """Erlang's mean wait beside the simulated one (± its standard error), by leads a day.

    For calls of an hour on average; a lead a day is so 1/24 hours of calls per hour.
    """
    import pandas as pd

    rows = []
    for setting in sweep.settings:
        leads = float(setting[sweep.paths[0]])
        hours = mean_hours(sweep, setting[sweep.paths[0]])
        rows.append(
            {
                "leads a day": f"{leads:g}",
                "reps busy": f"{leads / 24 / reps:.1%}",
                "wait by the formula": waiting(mean_wait(leads / 24, reps)),
                "simulated": f"{waiting(hours.mean())} ± {waiting(hours.sem())}",
            }
        )
    return pd.DataFrame(rows).set_index("leads a day")


def by_order_of_service(journals: Mapping[str, Journal]) -> pd.DataFrame:
    """Waits of those reached, calls and customers, a row for each order of service."""
    import pandas as pd

    rows = {}
    for way, journal in journals.items():
        hours, figures = hours_waited(journal), summary(journal)
        rows[way] = {
            "mean, hours": hours.mean(),
            "median": hours.median(),
            "longest": hours.max(),
            "calls": len(hours),
            "gone cold, %": 100 * figures["share_gone_cold"],
            "customers": figures["customers"],
        }
    return pd.DataFrame.from_dict(rows, orient="index")


def waiting(hours: float) -> str:
    """Hours as one says them: below two hours in minutes.

    >>> waiting(0.067), waiting(1.286), waiting(8.94)
    ('4 min', '77 min', '8.9 h')
    """
    return f"{60 * hours:.0f} min" if hours < 2 else f"{hours:.1f} h"


def conversion_after(days: float, conversion: float = 0.5, half_life: float = 1.0) -> float:
    """What is left of a conversion when the odds halve with every half-life waited.

    >>> [round(conversion_after(days), 2) for days in (0, 1, 2)]
    [0.5, 0.33, 0.2]
    """
    odds = conversion / (1 - conversion) * 0.5 ** (days / half_life)
    found: float = odds / (1 + odds)
    return found


# --- pictures -------------------------------------------------------------------------------------


def cliff(sweeps: Mapping[str, Sweep], reps: int = 2) -> alt.HConcatChart:
    """Mean wait against how busy the reps are, on a linear and on a logarithmic scale.

    `sweeps` are sweeps of leads a day, by what is said of their leads; calls take an hour. A pale
    dot is one replication, a full one their mean, the line Erlang's formula.
    """
    kinds = ["Erlang's formula", *sweeps]
    colours = alt.Scale(domain=kinds, range=[GREY, BLUE, VERMILION][: len(kinds)])
    colour = alt.Color("leads:N", scale=colours, legend=alt.Legend(symbolOpacity=1))
    loads = [reps * share / 200 for share in range(2, 195)]
    line = [
        {"busy": load / reps, "hours": mean_wait(load, reps), "leads": kinds[0]} for load in loads
    ]
    each, means = _dots_of_a_cliff(sweeps)
    linear = alt.Y("hours:Q", title="mean response time, hours").scale(domain=[0, 16])
    steps = alt.Axis(
        values=[1 / 60, 10 / 60, 1, 10],
        labelExpr="datum.value < 0.9 ? round(60 * datum.value) + ' min' : datum.value + ' h'",
    )
    logarithmic = alt.Y("hours:Q", title=None, axis=steps).scale(type="log", domain=[0.01, 30])
    across = alt.X("busy:Q", axis=PERCENT, title="reps busy").scale(domain=[0, 1])

    def panel(y: alt.Y, title: str) -> Any:
        return alt.layer(
            alt.Chart(rows_data(line)).mark_line(clip=True).encode(x=across, y=y, color=colour),
            alt.Chart(rows_data(each)).mark_circle(size=14, opacity=0.3, clip=True).encode(
                x=across, y=y, color=colour
            ),
            alt.Chart(rows_data(means)).mark_circle(size=80, opacity=1, clip=True).encode(
                x=across, y=y, color=colour, tooltip=["leads:N", "leads a day:Q", "wait:N"]
            ),
        ).properties(width=270, height=270, title=alt.Title(title, fontSize=13))  # fmt: skip

    return alt.hconcat(
        panel(linear, "each step up: some hours more"),
        panel(logarithmic, "each step up: ten times as long"),
    ).properties(title="Two reps: the busier, the longer the wait, and at the end without end")


def _dots_of_a_cliff(sweeps: Mapping[str, Sweep]) -> tuple[Rows, Rows]:
    each, means = [], []
    for leads, sweep in sweeps.items():
        for setting, table in zip(sweep.settings, sweep.tables, strict=True):
            hours, of = 24 * table["mean_response_days"], setting[sweep.paths[0]]
            each += [
                {"leads": leads, "busy": float(b), "hours": float(h)}
                for b, h in zip(table[BUSY], hours, strict=True)
            ]
            mean = {"busy": float(table[BUSY].mean()), "hours": float(hours.mean())}
            said = {"leads a day": of, "wait": waiting(hours.mean())}
            means.append({"leads": leads, **mean, **said})
    return each, means


def conversion_by_wait(journal: Journal, stage: str, half_life_days: float) -> alt.TopLevelMixin:
    """How many went on, by response time in steps of four hours, beside the rule of the model.

    Dots with ± 2 standard errors, where at least thirty leads are decided.
    """
    visits = journal.stage_visits.query("stage == @stage")[["lead", "attempt", "outcome"]]
    calls = journal.follow_ups.assign(hours=24 * response_times(journal))
    calls = calls.query("stage == @stage").drop(columns="outcome").dropna(subset="hours")
    decided = calls.merge(visits).query("outcome != 'open'")
    rows = []
    for start, outcomes in decided.groupby(decided["hours"] // 4 * 4)["outcome"]:
        leads, rate = len(outcomes), float((outcomes == "advanced").mean())
        error = (rate * (1 - rate) / leads) ** 0.5
        ends = {"low": rate - 2 * error, "high": rate + 2 * error}
        if leads >= 30:
            rows.append({"hours": float(start) + 2, "rate": rate, "leads": leads, **ends})
    conversion = next(s.conversion for s in journal.scenario.stages if s.name == stage) or 0.0
    rule = [
        {"hours": hours, "rate": conversion_after(hours / 24, conversion, half_life_days)}
        for hours in range(33)
    ]
    x = alt.X("hours:Q", title="response time, hours")
    y = alt.Y("rate:Q", axis=PERCENT, title=f"{stage}: went on").scale(domain=[0, 0.7])
    dots = alt.Chart(rows_data(rows))
    return alt.layer(
        alt.Chart(rows_data(rule)).mark_line(color=GREY).encode(x=x, y=y),
        dots.mark_rule(color=BLUE).encode(x=x, y=alt.Y("low:Q"), y2="high:Q"),
        dots.mark_circle(color=BLUE, size=80, opacity=1).encode(
            x=x, y=y, tooltip=["leads:Q", alt.Tooltip("rate:Q", format=".0%")]
        ),
    ).properties(
        width=600,
        height=240,
        title="Dots: leads by response time, ± 2 standard errors. Line: the rule",
    )


def team_sizes(sweep: Sweep) -> alt.HConcatChart:
    """A sweep of reps: mean response time, customers and profit, the highest profit in blue."""
    table = sweep.table
    means = {name: table[name]["mean"] for name in ("mean_response_days", "customers", "profit")}
    best = means["profit"].idxmax()
    rows = [
        {
            "reps": int(reps),
            "hours": 24 * float(means["mean_response_days"][reps]),
            "customers": float(means["customers"][reps]),
            "profit": float(means["profit"][reps]),
        }
        for reps in table.index
    ]
    base = alt.Chart(rows_data(rows)).encode(x=alt.X("reps:O", axis=alt.Axis(labelAngle=0)))
    if_best = alt.condition(f"datum.reps == {best}", alt.value(BLUE), alt.value(SOFT))
    money = f"profit, {sweep.scenario.currency}"
    panels = [
        base.mark_bar(color=SKY).encode(y=alt.Y("hours:Q", title="mean response time, hours")),
        base.mark_bar(color=BLUE).encode(y=alt.Y("customers:Q", title="customers")),
        base.mark_bar().encode(y=alt.Y("profit:Q", title=money), color=if_best),
    ]
    return alt.hconcat(*(panel.properties(width=160, height=220) for panel in panels)).properties(
        title=f"The same customers, teams of {table.index[0]} to {table.index[-1]}"
    )


def what_became_of_them(journals: Mapping[int, Journal], stage: str = "Interest") -> alt.Chart:
    """What became of a stage's leads, by how many calls there are at most."""
    kinds = ["advanced", "said no", "gone cold", "not reached", "missed"]
    colours = [BLUE, VERMILION, *(REASONS[kind] for kind in kinds[2:])]
    rows = []
    for calls, journal in journals.items():
        visits = journal.stage_visits.query("stage == @stage and outcome != 'open'")
        what = visits["reason"].astype(object).where(visits["outcome"] == "lost", "advanced")
        what = what.where(what.isin(kinds), "said no")
        rows += [
            {"calls": calls, "what": kind, "leads": int((what == kind).sum()), "place": place}
            for place, kind in enumerate(kinds)
        ]
    found: alt.Chart = (
        alt.Chart(rows_data(rows))
        .mark_bar(stroke="white")
        .encode(
            x=alt.X("leads:Q", title=f"leads that came to {stage}", axis=alt.Axis(tickCount=6)),
            y=alt.Y("calls:O", title="calls at most"),
            color=alt.Color("what:N", scale=alt.Scale(domain=kinds, range=colours), sort=kinds),
            order="place:Q",
            tooltip=["calls:O", "what:N", "leads:Q"],
        )
        .properties(width=560, height=200, title="What became of them")
    )
    return found


def called_within(journals: Mapping[str, Journal]) -> alt.Chart:
    """The share of those reached that was called within so many hours, by the order of service."""
    rows = []
    for way, journal in journals.items():
        hours = hours_waited(journal)
        rows += [
            {"way": way, "share": percent / 100, "hours": float(hours.quantile(percent / 100))}
            for percent in range(101)
        ]
    found: alt.Chart = (
        alt.Chart(rows_data(rows))
        .mark_line(clip=True)
        .encode(
            x=alt.X("hours:Q", title="called within … hours").scale(domain=[0, 48]),
            y=alt.Y("share:Q", axis=PERCENT, title="of those reached"),
            color=alt.Color("way:N", scale=WAYS),
        )
        .properties(width=600, height=240, title="The same rep, the same leads, another order")
    )
    return found


def by_half_life(customers: Mapping[tuple[int, str], float]) -> alt.Chart:
    """Customers by the half-life in hours and the order of service."""
    rows = [
        {"hours": hours, "way": way, "customers": number}
        for (hours, way), number in customers.items()
    ]
    ticks = alt.Axis(values=sorted({hours for hours, _ in customers}))
    found: alt.Chart = (
        alt.Chart(rows_data(rows))
        .mark_line(point=True)
        .encode(
            x=alt.X("hours:Q", title="half-life, hours", axis=ticks).scale(type="log", base=2),
            y=alt.Y("customers:Q", title="customers, mean of the histories"),
            color=alt.Color("way:N", scale=WAYS),
        )
        .properties(width=600, height=240, title="One rep: customers by how fast leads cool down")
    )
    return found


def through_the_week(journal: Journal, most: int = 2_000) -> alt.Chart:
    """Response time by the hour of the week at which the lead came, a dot for each lead."""
    hours = 24 * response_times(journal).to_numpy()
    came = 24 * (journal.follow_ups["queued"].to_numpy() % 7)
    rows = [
        {"came": round(float(at), 1), "hours": round(float(wait), 1)}
        for at, wait in zip(came[:most], hours[:most], strict=True)
        if np.isfinite(wait)
    ]
    names = "['Mon','Tue','Wed','Thu','Fri','Sat','Sun',''][datum.value / 24]"
    days = alt.Axis(values=list(range(0, 169, 24)), labelExpr=names)
    found: alt.Chart = (
        alt.Chart(rows_data(rows))
        .mark_circle(size=12, color=BLUE)
        .encode(
            x=alt.X("came:Q", axis=days, title="the lead came on (the day begins at the mark)")
            .scale(domain=[0, 168]),
            y=alt.Y("hours:Q", title="response time, hours"),
        )
        .properties(width=600, height=240, title="Each dot a lead, by when it came")
    )  # fmt: skip
    return found
