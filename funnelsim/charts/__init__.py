"""Charts of a journal, in Altair, with one theme and one meaning for each colour.

    fs.charts.funnel(j)          how many leads entered each stage, and what became of them
    fs.charts.revenue(j)         revenue as it adds up, first orders and repeats told apart
    fs.charts.losses(j)          where leads were lost, and why
    fs.charts.recoveries(j)      who came back after a message, and who would have anyway
    fs.charts.waterfall(j)       what becomes of the money, from gross to profit
    fs.charts.changes(s)         what a scenario changes when, with its ramps
    fs.charts.cohorts(j)         who ordered again, by the month of the first order
    fs.charts.lifetime_value(j)  how much customers differ in what they are worth
    fs.charts.retention(fit)     who stays, seen and carried on (fs.fit_retention)
    fs.charts.points(j)          points of a loyalty programme: earned, redeemed, expired, open
    fs.charts.referrals(j)       customers by generation: of channels, brought by these, and so on
    fs.charts.order_rates(j)     how orders end: cancelled, refused, returned or kept
    fs.charts.orders_by_age(j)   what has become of orders, by days since they were placed
    fs.charts.pipeline(j, day)   open deals by stage on a day, and what they are worth
    fs.charts.win_probabilities_by_age(j, day)  the chance of an open deal by its days in the stage
    fs.charts.judged_probabilities(j)  chances said of open deals, and what happened
    fs.charts.pipeline_changes(j, day)  what has changed since last week, from then to now
    fs.charts.pipeline_forecast(j, day)  what the open deals will bring, by month or by rep
    fs.charts.stale_deals(j, day)  which deals are older than the winners ever were
    fs.charts.response_times(j)  how long leads waited for a call, and what it cost
    fs.charts.reps(j)            what each rep brought in and closed, with intervals
    fs.charts.funnels(j, by)     the conversion of each channel, arm, team, rep
    fs.charts.mix_and_rate(a, b) why a conversion rose or fell: mix and rate taken apart
    fs.charts.ab_test(t)         each arm against the control, and the truth (fs.ab_test)
    fs.charts.ab_test_by_day(t)  what somebody sees who looks every day (fs.ab_test_by_day)
    fs.charts.replications(x)    how often a figure came out at each size (fs.replicate)
    fs.charts.differences(c)     how far scenarios are apart, with intervals (fs.compare)
    fs.charts.sweep(x)           a figure along the values of a parameter (fs.sweep)
    fs.charts.tornado(x)         which parameter matters most (fs.sensitivity)
    fs.charts.marginal_cac(t)    what one more customer costs (fs.marginal_cac)
    fs.charts.warm_up(x)         how the pipeline fills (fs.warm_up_advice)
    fs.charts.plan_chance(p)     the chance of a target against leads (fs.plan)
    fs.charts.plan_cliff(p)      what leads bring, and where more bring no more
    fs.charts.plan_stages(p)     how many must enter each stage
    fs.charts.plan_channels(p)   leads a day by channel, today and planned
    fs.charts.plan_reps(p)       what other numbers of reps would do
    fs.charts.plan_over_time(p)  the plan by week, month or quarter
    fs.charts.cheapest(way)      the cheapest leads and reps together
    fs.charts.forecast(f)        what may come, week by week (fs.forecast)
    fs.charts.backtest(b)        earlier forecasts, and what came (fs.backtest)
    fs.charts.track(t)           a plan, and what has come since (fs.track)
    fs.charts.fates(c)           who advances and is lost, by days in a stage (fs.calibrate)

Every number comes from a table of `metrics` or of the journal; a chart counts nothing of its own.
`rows.py` makes those numbers into rows, `theme.py` holds the look; a live board uses the same
`*_chart` functions and swaps the rows. To set charts beside each other:
`(a | b).resolve_scale(color="independent")`.
"""

from __future__ import annotations

from collections.abc import Sequence

import altair as alt

from funnelsim.charts.ab_tests import ab_test, ab_test_by_day
from funnelsim.charts.calibration import fates
from funnelsim.charts.channels import marginal_cac, mix_and_rate
from funnelsim.charts.cheapest_way import cheapest
from funnelsim.charts.come import backtest, track
from funnelsim.charts.customers import cohorts, lifetime_value, points
from funnelsim.charts.experiments import differences, replications, sweep, tornado, warm_up
from funnelsim.charts.made_with import says_how_made
from funnelsim.charts.messages import recoveries
from funnelsim.charts.money import waterfall
from funnelsim.charts.on_a_day import changes
from funnelsim.charts.open_deals import (
    judged_probabilities,
    pipeline_changes,
    pipeline_forecast,
    stale_deals,
    win_probabilities_by_age,
)
from funnelsim.charts.orders import order_rates, orders_by_age
from funnelsim.charts.parts import DATES, NO_ORDER, NONE_PLACED, axis_of, rows_data, sentence
from funnelsim.charts.plan_curves import plan_chance, plan_cliff
from funnelsim.charts.plan_over_time import plan_over_time
from funnelsim.charts.planning import forecast, plan_channels, plan_reps, plan_stages
from funnelsim.charts.retained import retention
from funnelsim.charts.rows import (
    funnel_rows,
    loss_rows,
    order_kinds,
    revenue_rows,
)
from funnelsim.charts.sales import funnels, pipeline, reps, response_times
from funnelsim.charts.theme import (
    COLOURS,
    baseline_colour,
    colour_scale,
    page_colour,
    reason_colours,
    use_in_notebooks,
)
from funnelsim.charts.word_of_mouth import referrals
from funnelsim.distributions import DAY
from funnelsim.earlier import earlier_argument
from funnelsim.journal import Journal
from funnelsim.metrics import a_journal, funnel_table
from funnelsim.tables import figure_text

__all__ = [
    "COLOURS",
    "ab_test",
    "ab_test_by_day",
    "backtest",
    "changes",
    "cheapest",
    "cohorts",
    "differences",
    "fates",
    "forecast",
    "funnel",
    "funnels",
    "judged_probabilities",
    "lifetime_value",
    "losses",
    "marginal_cac",
    "mix_and_rate",
    "order_rates",
    "orders_by_age",
    "pipeline",
    "pipeline_changes",
    "pipeline_forecast",
    "plan_chance",
    "plan_channels",
    "plan_cliff",
    "plan_over_time",
    "plan_reps",
    "plan_stages",
    "points",
    "recoveries",
    "referrals",
    "replications",
    "reps",
    "response_times",
    "retention",
    "revenue",
    "stale_deals",
    "sweep",
    "tornado",
    "track",
    "warm_up",
    "waterfall",
    "win_probabilities_by_age",
]


@earlier_argument("j", "journal")
@says_how_made
def funnel(journal: Journal) -> alt.TopLevelMixin:
    """Leads by stage: advanced, open and lost, and the share that went on.

    The length of a bar is the number of leads that entered the stage, each counted once. Under it
    stands how many went on, of those who entered and, where some are still open, of those already
    decided. Up to the goal the next bar is as long as the blue part and those together who enter in
    mid-funnel, referrals or upsells, whose number is said there too.

    >>> import funnelsim as fs
    >>> chart = fs.charts.funnel(fs.simulate(fs.load("aida"), seed=1, progress=False))
    >>> chart.title.text
    'Funnel of ...'
    """
    table = funnel_table(a_journal(journal, "charts.funnel"))
    title = f"Funnel of {journal.scenario.name}"
    leads = int(table["entered"].max())
    if leads == 0:
        return sentence(title, "No lead came in the days simulated.")
    goal = journal.scenario.stages[-1].name
    first, reached = int(table["entered"].iloc[0]), int(table.loc[goal, "entered"])
    subtitle = f"{first:,} leads entered {table.index[0]}, {reached:,} reached {goal}"
    if first:
        subtitle += f" ({figure_text(reached / first, 'share')})"
    chart = funnel_chart(
        rows_data(funnel_rows(table, scenario=journal.scenario)),
        list(table.index),
        top=1.18 * leads,
    )
    return chart.properties(
        width=600, height=STAGE_HEIGHT * len(table), title=alt.Title(title, subtitle=subtitle)
    )


@earlier_argument("j", "journal")
@says_how_made
def revenue(journal: Journal) -> alt.TopLevelMixin:
    """Revenue as it adds up from the end of the warm-up, first orders below, repeats on top.

    It is net: an order counts when it is placed, if it was not cancelled, refused or returned by
    the horizon. The height at the right edge is `summary(j)["revenue"]`. Dates are those of the
    scenario.

    >>> import funnelsim as fs
    >>> journal = fs.simulate(fs.load("aida-follow-up"), seed=1)
    >>> fs.charts.revenue(journal).title.text
    'Revenue of AIDA with follow-up'
    """
    s = a_journal(journal, "charts.revenue").scenario
    title = f"Revenue of {s.name}"
    if s.order is None:
        return sentence(title, NO_ORDER)
    rows = revenue_rows(journal)
    top = max(row["high"] for row in rows)
    if top == 0:
        none_kept = "No order was kept: all were cancelled, refused or returned."
        placed = (journal.orders["placed"] >= s.warm_up / DAY).any()
        return sentence(title, none_kept if placed else NONE_PLACED)
    last = {row["kind"]: row["revenue"] for row in rows}
    parts = ", ".join(
        f"{figure_text(value, 'money', s.currency)} from {kind}" for kind, value in last.items()
    )
    chart = revenue_chart(rows_data(rows), order_kinds(s), s.currency, top=1.05 * top)
    return chart.properties(width=600, height=260, title=alt.Title(title, subtitle=parts))


@earlier_argument("j", "journal")
@says_how_made
def losses(journal: Journal) -> alt.TopLevelMixin:
    """Leads lost, by the stage that lost them and the reason, the commonest reason first.

    >>> import funnelsim as fs
    >>> journal = fs.simulate(fs.load("aida-follow-up"), seed=1)
    >>> fs.charts.losses(journal).title.text
    'Where leads were lost in AIDA with follow-up'
    """
    table = funnel_table(a_journal(journal, "charts.losses"))
    title = f"Where leads were lost in {journal.scenario.name}"
    lost = int(table["lost"].sum())
    if int(table["entered"].max()) == 0:
        return sentence(title, "No lead came in the days simulated.")
    if lost == 0:
        return sentence(title, "No lead was lost in the days simulated.")
    table = table.iloc[: len(journal.scenario.stages)]  # nobody is lost in a life stage
    rows = loss_rows(table)
    by_stage = alt.Scale(domain=list(table.index[:-1]), paddingInner=0.35)  # nor at the goal
    reasons = list(dict.fromkeys(row["reason"] for row in rows))
    top = 1.25 * max(row["stage_lost"] for row in rows)  # with room for the label
    subtitle = f"{lost:,} leads lost; {int(table['open'].sum()):,} still open at the end"
    bars = (
        alt.Chart(rows_data(rows))
        .mark_bar(stroke="white", strokeWidth=1)
        .encode(
            y=alt.Y("stage:N", title=None, scale=by_stage, axis=axis_of(table.index[:-1])),
            x=alt.X("start:Q", axis=None, scale=alt.Scale(domain=[0, top], nice=False)),
            x2="end:Q",
            color=alt.Color(
                "reason:N",
                scale=reason_colours(reasons),
                legend=alt.Legend(columns=alt.ExprRef("ceil(width / 160)")),  # 2 on a phone
            ),
            tooltip=[
                alt.Tooltip("stage:N", title="Lost in"),
                alt.Tooltip("reason:N", title="Reason"),
                alt.Tooltip("leads:Q", title="Leads", format=",d"),
                alt.Tooltip("of_lost:N", title="Of those lost here"),
                alt.Tooltip("of_entered:N", title="Of those who entered"),
            ],
        )
    )
    labels = alt.Chart(bars.data).mark_text(align="left", dx=6).encode(
        y="stage:N", x="stage_lost:Q", text="label:N"
    )  # fmt: skip
    return alt.layer(bars, labels).properties(
        width=600, height=56 * (len(table) - 1), title=alt.Title(title, subtitle=subtitle)
    )


# --- how they are drawn -------------------------------------------------------------------------


GAP = 0.46  # of the height of a stage, left free for the conversion
STAGE_HEIGHT = 62
HALF_A_GAP = round(STAGE_HEIGHT * GAP / 2)
LIVE_HALF_A_GAP = alt.ExprRef(f"bandwidth('y') * {GAP / (1 - GAP) / 2:.4f}")  # any height


def funnel_chart(
    data: alt.Data,
    stages: Sequence[str],
    top: float | alt.ExprRef,
    half_a_gap: float | alt.ExprRef = HALF_A_GAP,
    dark: bool = False,
) -> alt.LayerChart | alt.FacetChart:
    """Rows of `funnel_rows` as bars, a conversion under each, the baseline as an outline."""
    by_stage = alt.Scale(domain=list(stages), paddingInner=GAP, paddingOuter=0.1)
    axis = axis_of(stages)
    y = alt.Y("stage:N", title=None, scale=by_stage, axis=axis)
    scale = alt.Scale(domainMin=0, domainMax=top, nice=False, zero=True)
    if not isinstance(top, alt.ExprRef):  # both ends are known: no row, such as of a baseline that
        scale = alt.Scale(domain=[0, top], nice=False)  # is not there, is asked for them
    one_per_stage = alt.datum.outcome == "advanced"
    rows = alt.Chart(data)
    bars = rows.mark_bar().encode(
        y=y,
        x=alt.X("start:Q", scale=scale, axis=None),
        x2="end:Q",
        color=alt.Color("outcome:N", scale=colour_scale("advanced", "open", "lost")),
        tooltip=[
            alt.Tooltip("stage:N", title="Stage"),
            alt.Tooltip("outcome:N", title="Outcome"),
            alt.Tooltip("leads:Q", title="Leads", format=",d"),
            alt.Tooltip("share:N", title="Of those who entered"),
            alt.Tooltip("entered:Q", title="Entered", format=",d"),
            alt.Tooltip("days:N", title="Mean time in stage"),
        ],
    )
    outline = (
        rows.transform_filter(one_per_stage)
        .transform_filter("datum.baseline != null")
        .transform_calculate(zero="0")
        # a rect without a fill, which even an invisible bar would have: the mouse reaches the bars
        .mark_rect(filled=False, stroke=baseline_colour(dark), strokeWidth=2, strokeDash=[5, 3])
        .encode(
            y=y,
            x=alt.X("zero:Q", scale=scale, axis=None),
            x2="baseline:Q",
            tooltip=[
                alt.Tooltip("stage:N", title="Stage"),
                alt.Tooltip("baseline:Q", title="Entered today", format=",d"),
                alt.Tooltip("entered:Q", title="Entered now", format=",d"),
            ],
        )
    )
    entered = (
        rows.transform_filter(one_per_stage)
        .mark_text(align="left", dx=7, fontWeight="bold")
        .encode(y=y, x=alt.X("label_at:Q", scale=scale, axis=None), text="label:N")
    )
    between = (
        rows.transform_filter(one_per_stage)
        .mark_text(align="left", baseline="middle", dx=2, dy=half_a_gap)
        .encode(
            y=alt.Y("stage:N", title=None, bandPosition=1, scale=by_stage, axis=axis),
            x=alt.XValue(0),
            text="went_on:N",
        )
    )
    return alt.layer(bars, outline, entered, between)


def revenue_chart(
    data: alt.Data,
    kinds: Sequence[str],
    currency: str,
    top: float | alt.ExprRef,
    baseline: alt.Data | None = None,
    band: tuple[alt.Data, alt.Data] | None = None,
    dark: bool = False,
) -> alt.LayerChart | alt.FacetChart:
    """Rows of `revenue_rows` as stacked areas; a baseline's total as a dashed line.

    `band` is rows of `band_rows`, drawn as a light area with edges around the total, and one row
    with the text that says what it means.
    """
    days_in_utc = alt.Scale(type="utc", nice=False)
    x = alt.X("when:T", title=None, scale=days_in_utc, axis=DATES)
    y_title = f"revenue, {currency}"
    scale = alt.Scale(domainMin=0, domainMax=top, nice=False, zero=True)
    axis = alt.Axis(format=",~f", tickCount=5)
    if band is not None:
        axis.labelOverlap = True  # on a live board a chart may be low
    y = alt.Y("low:Q", title=y_title, scale=scale, axis=axis)
    rows = alt.Chart(data)
    areas = rows.mark_area(clip=True).encode(
        x=x, y=y, y2="high:Q", color=alt.Color("kind:N", scale=colour_scale(*kinds))
    )
    # areas have one tooltip each: transparent strips, a day wide, carry the day's figures
    strips = (
        rows.transform_pivot("kind", value="revenue", groupby=["when", "from", "until", "total"])
        .mark_rect(opacity=0)
        .encode(
            x=alt.X("from:T", scale=days_in_utc),
            x2="when:T",
            tooltip=[
                alt.Tooltip("until:N", title="By the end of"),
                *(
                    alt.Tooltip(f"{k}:Q", title=f"{k.capitalize()} ({currency})", format=",.0f")
                    for k in kinds
                ),
                alt.Tooltip("total:Q", title=f"Revenue ({currency})", format=",.0f"),
            ],
        )
    )
    layers = [areas]
    if band is not None:
        words = alt.Chart(band[1]).encode(x=alt.XValue(8), y=alt.YValue(2), text="text:N")
        layers += [
            alt.Chart(band[0])
            .mark_area(color=COLOURS["band"], opacity=0.25, clip=True)
            .encode(x=x, y=alt.Y("low:Q", title=y_title, scale=scale), y2="high:Q"),
            # over the blue areas grey alone would be one more blue: its edges make it a band
            *(
                alt.Chart(band[0])
                .mark_line(color=baseline_colour(dark), strokeWidth=1, opacity=0.6, clip=True)
                .encode(x=x, y=alt.Y(f"{edge}:Q", scale=scale))
                for edge in ("low", "high")
            ),
            rows.mark_line(color=baseline_colour(dark), strokeWidth=1.5, clip=True).encode(
                x=x, y=alt.Y("total:Q", scale=scale)
            ),
            # the first keeps the lines of the grid out of the words
            words.mark_text(align="left", baseline="top", stroke=page_colour(dark), strokeWidth=5),
            words.mark_text(align="left", baseline="top"),
        ]
    if baseline is not None:
        layers.append(
            alt.Chart(baseline)
            .mark_line(color=baseline_colour(dark), strokeWidth=2, strokeDash=[5, 3], clip=True)
            .encode(x=x, y=alt.Y("total:Q", scale=scale))
        )
    return alt.layer(*layers, strips)


use_in_notebooks()
