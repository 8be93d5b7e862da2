"""What lesson 01 counts and draws: lines of code that a reader of funnels need not read.

Functions that begin with a noun make a table of a journal or of `fs.funnel_table`; those that
begin with `draw_` make a chart of such a table.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import altair as alt
import numpy as np
import pandas as pd

from funnelsim.charts import COLOURS
from funnelsim.errors import FunnelSimError, Problem, nearest
from funnelsim.exercises.entry import standard_error
from funnelsim.journal import Journal

WIDTH = 600
STAGE_COLOURS = ("#E69F00", "#56B4E9", "#0072B2")  # orange, sky blue, blue: from early to late
BOUGHT, LOST, NEITHER = "those who bought", "those who were lost", "neither"
HARDLY = "hardly matters"
NEAR = 0.05  # of a rate: five points off at most is "about right"


# --- tables ---------------------------------------------------------------------------------------


def story(journal: Journal, lead: int, orders: bool = True) -> str:
    """What happened to one lead, a line for each event; its orders may be left out."""
    events = journal.events
    log = events[events.case == lead]
    if not orders:
        log = log[~log.activity.str.startswith("order")]
    lines = zip(log.timestamp.dt.strftime("%a %d %b, %H:%M   "), log.activity, strict=True)
    return "\n".join(when + what for when, what in lines)


def days_by_outcome(journal: Journal, stage: str) -> pd.DataFrame:
    """How many days those who bought and those who were lost had been in the last stage before.

    Columns: leads, mean_days, standard_error (of the mean).
    """
    visits = _visits(journal, stage)
    visits = visits[visits.outcome != "open"]
    who = visits.outcome.astype(str).map({"advanced": BOUGHT, "lost": LOST})
    days = (visits.decided - visits.entered).groupby(who).agg(["count", "mean", "sem"])
    return days.set_axis(["leads", "mean_days", "standard_error"], axis=1).rename_axis(None)


def who_took_longer(days: pd.DataFrame) -> str:
    """Of `days_by_outcome`: "neither" unless they are over two standard errors apart."""
    difference = days.mean_days[BOUGHT] - days.mean_days[LOST]
    noise = float(np.hypot(*days.standard_error))
    if abs(difference) <= 2 * noise:
        return NEITHER
    return BOUGHT if difference > 0 else LOST


def rate_of_decided(journal: Journal, stage: str) -> tuple[float, float]:
    """The share of those decided that went on, and its standard error."""
    outcome = _visits(journal, stage).outcome
    decided = outcome[outcome != "open"]
    rate = float((decided == "advanced").mean())
    return rate, standard_error(rate, len(decided))


def rates_of_shops(journal: Journal, stage: str, shops: int) -> pd.Series:
    """The leads dealt out like cards to so many shops: of those decided, the share that went on."""
    visits = _visits(journal, stage)
    decided = visits[visits.outcome != "open"]
    rates = (decided.outcome == "advanced").groupby((decided.lead % shops).to_numpy()).mean()
    return rates.rename("rate").rename_axis("shop")


def share_by_stage(journal: Journal, channel: str) -> pd.Series:
    """Which share of those who entered each stage had come by this channel."""
    came = journal.leads.channel == channel
    visits = journal.stage_visits
    return came[visits.lead].groupby(visits.stage.to_numpy(), sort=False).mean().rename(channel)


def rates_by_day(journal: Journal, stage: str, days: Sequence[int] = range(3, 61)) -> pd.DataFrame:
    """The two rates of a stage as they would have been read on each of these days.

    Columns: "of those entered", "of those decided"; the index is the day.
    """
    visits = _visits(journal, stage)
    rows = {}
    for day in days:
        decided = visits.decided <= day
        advanced = (decided & (visits.outcome == "advanced")).sum()
        rows[day] = {
            "of those entered": advanced / (visits.entered <= day).sum(),
            "of those decided": advanced / decided.sum(),
        }
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("day")


def rate_in_the_end(journal: Journal, stage: str, until: float = 60) -> float:
    """Of those who entered by this day the share that had gone on when the horizon came."""
    visits = _visits(journal, stage)
    return float((visits.outcome[visits.entered <= until] == "advanced").mean())


def judged(rate: float, truth: float) -> str:
    """ "too low", "about right" (five points off at most) or "too high".

    >>> judged(0.43, 0.30), judged(0.41, 0.42), judged(0.22, 0.30)
    ('too high', 'about right', 'too low')
    """
    if abs(rate - truth) <= NEAR:
        return "about right"
    return "too high" if rate > truth else "too low"


def worth_of_leads(table: pd.DataFrame, order_value: float) -> pd.DataFrame:
    """What a lead at each stage is worth: the value of an order × how likely it still is to buy.

    `table` is that of `fs.funnel_table`. Columns: lost (leads), will_buy (share of those who
    entered), worth (of a lead) and lost_worth, both in the currency of the value.
    """
    before_goal = table.iloc[:-1]
    will_buy = table.entered.iloc[-1] / before_goal.entered
    worth = will_buy * order_value
    columns = {"lost": before_goal.lost, "will_buy": will_buy, "worth": worth}
    return pd.DataFrame(columns | {"lost_worth": before_goal.lost * worth})


def two_improvements(table: pd.DataFrame) -> pd.DataFrame:
    """A fifth more go on, or one in ten of the lost is won back: customers more, stage by stage.

    Columns: fifth_more (leads more that go on), each_buys (share of those who are in the next
    stage), customers_more; one_in_ten (leads won back), customers_won_back.
    """
    before_goal = table.iloc[:-1]
    each_buys = table.entered.iloc[-1] / table.entered.to_numpy()[1:]
    fifth, tenth = 0.2 * before_goal.advanced, 0.1 * before_goal.lost
    return pd.DataFrame(
        {
            "fifth_more": fifth,
            "each_buys": each_buys,
            "customers_more": fifth * each_buys,
            "one_in_ten": tenth,
            "customers_won_back": tenth * each_buys,
        }
    )


def best_stage(customers: Mapping[str, float], today: float) -> str:
    """Where a change brings most, or that it hardly matters: no gain a fifth above another.

    >>> best_stage({"Attention": 167, "Desire": 170}, 140)
    'hardly matters'
    >>> best_stage({"Attention": 150, "Desire": 170}, 140)
    'Desire'
    """
    gains = {stage: count - today for stage, count in customers.items()}
    if max(gains.values()) <= 1.2 * min(gains.values()):
        return HARDLY
    return max(gains, key=lambda stage: gains[stage])


# --- charts ---------------------------------------------------------------------------------------


def draw_first_leads(journal: Journal, leads: int = 40) -> alt.TopLevelMixin:
    """A line for each of the first leads, coloured by stage, with what became of it."""
    visits = journal.stage_visits[journal.stage_visits.lead < leads]
    visits = visits.merge(journal.leads[["lead", "arrived"]])
    visits["from"] = visits.entered - visits.arrived
    visits["to"] = visits.decided - visits.arrived
    goal = journal.scenario.stages[-1].name
    stays, bought = visits[visits.stage != goal], visits[visits.stage == goal]
    y = alt.Y("lead:O", axis=None)
    names = [stage.name for stage in journal.scenario.stages[:-1]]
    bars = (
        alt.Chart(stays)
        .mark_bar(height=7)
        .encode(
            x=alt.X("from:Q", title="days since the lead arrived"),
            x2="to:Q",
            y=y,
            color=_by_stage("stage:N", names),
            tooltip=["lead:Q", "stage:N", "outcome:N", "reason:N"],
        )
    )
    lost = alt.Chart(stays[stays.outcome == "lost"]).mark_text(text="×", dx=6, fontSize=14)
    sold = alt.Chart(bought).mark_text(text="● bought", align="left", dx=3)
    title = f"The first {leads} leads: × lost, ● bought"
    return alt.layer(bars, lost.encode(x="to:Q", y=y), sold.encode(x="from:Q", y=y)).properties(
        width=WIDTH, height=10 * leads, title=title
    )


def draw_shops(rates: pd.Series, low: float, high: float, title: str) -> alt.TopLevelMixin:
    """A dot for each shop or quarter, and a band from low to high."""
    rows = pd.DataFrame({"number": range(1, len(rates) + 1), "rate": rates.to_numpy()})
    axis = alt.Axis(format=".0%")
    y = alt.Y("rate:Q", title=None, axis=axis).scale(zero=False)
    tooltip = ["number:Q", alt.Tooltip("rate:Q", format=".1%")]
    dots = alt.Chart(rows).mark_circle(size=60, color=COLOURS["advanced"])
    band = alt.Chart(pd.DataFrame({"low": [low], "high": [high]})).mark_rect(
        opacity=0.3, color=COLOURS["income"]
    )
    return alt.layer(
        band.encode(y=alt.Y("low:Q", title=None, axis=axis), y2="high:Q"),
        dots.encode(x=alt.X("number:Q", axis=None), y=y, tooltip=tooltip),
    ).properties(width=WIDTH, height=200, title=title)


def draw_rates_by_day(rates: pd.DataFrame, in_the_end: float, title: str) -> alt.TopLevelMixin:
    """The rates of `rates_by_day`, and what it comes to as a dashed line."""
    rows = rates.reset_index().melt("day", var_name="kind", value_name="rate")
    colour = alt.Scale(
        domain=list(rates.columns), range=[COLOURS["lost"], COLOURS["advanced"]][: rates.shape[1]]
    )
    lines = (
        alt.Chart(rows)
        .mark_line(point=True)
        .encode(
            x=alt.X("day:Q", title="read on day"),
            y=alt.Y("rate:Q", axis=alt.Axis(format=".0%"), title="share that went on"),
            color=alt.Color("kind:N", scale=colour, title=None),
        )
    )
    end = pd.DataFrame({"rate": [in_the_end], "text": ["what it comes to, when all have decided"]})
    rule = alt.Chart(end).mark_rule(strokeDash=[6, 4], strokeWidth=2, color=COLOURS["baseline"])
    words = alt.Chart(end).mark_text(align="right", baseline="bottom", dy=-3)
    return alt.layer(
        lines, rule.encode(y="rate:Q"), words.encode(x=alt.value(WIDTH), y="rate:Q", text="text:N")
    ).properties(width=WIDTH, title=title)


def draw_what_became(today: Journal, after: Journal) -> alt.TopLevelMixin:
    """What became of each lead, today and after a change: the same leads counted both ways."""
    pairs = pd.DataFrame({"today": today.leads.outcome, "after": after.leads.outcome})
    counted = pairs.groupby(["today", "after"], observed=False).size()
    outcomes = ["customer", "lost", "open"]
    base = alt.Chart(counted.rename("leads").reset_index()).encode(
        x=alt.X("after:N", title="after", sort=outcomes, axis=alt.Axis(orient="top", labelAngle=0)),
        y=alt.Y("today:N", title="today", sort=outcomes),
    )
    shade = alt.Scale(type="symlog", scheme="blues")
    tiles = base.mark_rect().encode(color=alt.Color("leads:Q", scale=shade, legend=None))
    counts = base.mark_text(fontSize=16).encode(
        text="leads:Q",
        color=alt.condition("datum.leads > 300", alt.value("white"), alt.value("black")),
    )
    return alt.layer(tiles, counts).properties(
        width=330, height=160, title="What became of each lead"
    )


def draw_entered(tables: Mapping[str, pd.DataFrame]) -> alt.TopLevelMixin:
    """How many leads entered each stage, a bar for each funnel table, by the stage raised in it."""
    rows = [
        {"raised": raised, "stage": stage, "leads": int(leads)}
        for raised, table in tables.items()
        for stage, leads in table.entered.items()
    ]
    stages = list(next(iter(tables.values())).index)
    names = alt.Header(labelAngle=0, labelAlign="left", labelFontSize=12, labelFontWeight="bold")
    found: alt.TopLevelMixin = (
        alt.Chart(pd.DataFrame(rows))
        .mark_bar()
        .encode(
            x=alt.X("leads:Q", title="leads that entered the stage", axis=alt.Axis(tickCount=6)),
            y=alt.Y("raised:N", axis=None, sort=list(tables)),
            row=alt.Row("stage:N", sort=stages, title=None, header=names, spacing=12),
            color=_by_stage("raised:N", list(tables)),
            tooltip=["stage:N", "raised:N", "leads:Q"],
        )
        .properties(width=500, height=54, title="A fifth more at one stage: who enters the others")
    )
    return found


def _by_stage(column: str, stages: Sequence[str]) -> alt.Color:
    scale = alt.Scale(domain=list(stages), range=list(STAGE_COLOURS[: len(stages)]))
    return alt.Color(column, scale=scale, title=None)


def _visits(journal: Journal, stage: str) -> pd.DataFrame:
    names = [each.name for each in journal.scenario.stages]
    if stage not in names:
        raise FunnelSimError(str(Problem("stage", stage, "there is none", nearest(stage, names))))
    return journal.stage_visits[journal.stage_visits.stage == stage]
