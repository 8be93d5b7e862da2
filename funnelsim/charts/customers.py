"""Charts of what follows the sale: who orders again, what customers are worth, points.

The numbers come from `funnelsim.metrics`; here they become rows and marks.
"""

from __future__ import annotations

import datetime as dt
import math

import altair as alt
import numpy as np
import pandas as pd

from funnelsim.charts.made_with import says_how_made
from funnelsim.charts.parts import DATES, NAMES, NO_ORDER, NONE_PLACED, rows_data, sentence
from funnelsim.charts.rows import DAY_MS, Rows
from funnelsim.charts.theme import COLOURS, colour_scale
from funnelsim.distributions import DAY
from funnelsim.earlier import earlier_argument
from funnelsim.journal import Journal
from funnelsim.metrics import a_journal, summary
from funnelsim.metrics.cohorts import MONTH, cohort_retention, customer_lifetime_value
from funnelsim.metrics.points import points_so_far
from funnelsim.scenario import Scenario
from funnelsim.tables import figure_text

# --- who orders again -------------------------------------------------------------------------


@earlier_argument("j", "journal")
@says_how_made
def cohorts(journal: Journal, period: str | float = MONTH) -> alt.TopLevelMixin:
    """The share of each cohort that ordered again, by period since the first order, as a heat map.

    It is `fs.cohort_retention(j, period)`, by the age of each customer and without period 0, in
    which all have ordered. Cells that are missing were not complete by the horizon.

    >>> import funnelsim as fs
    >>> chart = fs.charts.cohorts(fs.simulate(fs.load("aida"), seed=1, progress=False))
    >>> chart.title.text
    'Who ordered again, AIDA'
    """
    s = a_journal(journal, "charts.cohorts").scenario
    title = f"Who ordered again, {s.name}"
    if s.order is None:
        return sentence(title, NO_ORDER)
    table = cohort_retention(journal, period)
    if not table["customers"].sum():
        return sentence(title, NONE_PLACED)
    unit = "month" if period == MONTH else f"{period:g} days"
    rows = cohort_rows(table, "" if period == MONTH else "day ")
    if not rows:
        text = f"No cohort was seen for longer than its first {unit}: a longer horizon is needed."
        return sentence(title, text)
    chart = cohort_chart(rows, "months of 30 days" if period == MONTH else f"periods of {unit}")
    later = "one" if period == MONTH else "period"
    subtitle = f"share of the new customers of each {unit} who ordered in a later {later}"
    height = 26 * len({row["cohort"] for row in rows}) + 10
    return chart.properties(width=600, height=height, title=alt.Title(title, subtitle=subtitle))


def cohort_chart(rows: Rows, periods: str) -> alt.LayerChart | alt.FacetChart:
    """Rows of `cohort_rows` as a heat map; with figures in the cells where there is room."""
    top = max(row["share"] for row in rows) or 1.0
    base = alt.Chart(rows_data(rows)).encode(
        x=alt.X("since:O", title=f"{periods} since the first order", axis=alt.Axis(labelAngle=0)),
        y=alt.Y("cohort:N", title=None, sort=None, axis=NAMES),
    )
    shades = alt.Scale(domain=[0, top], range=["#F2F9FD", COLOURS["ordered again"]])
    cells = base.mark_rect(stroke="white").encode(
        color=alt.Color("share:Q", scale=shades, legend=None),
        tooltip=[
            alt.Tooltip("cohort:N", title="First order in"),
            alt.Tooltip("since:O", title=f"{periods.capitalize()} since"),
            alt.Tooltip("ordered:Q", title="Ordered again then", format=",d"),
            alt.Tooltip("text:N", title="Of the cohort"),
        ],
    )
    words = base.mark_text(fontSize=11, color="#1F1F1F").encode(text="short:N")
    has_room = max(row["since"] for row in rows) <= 20
    return alt.layer(cells, words) if has_room else alt.layer(cells)


def cohort_rows(table: pd.DataFrame, before: str = "") -> Rows:
    """A row for each cohort and period since that is complete, from 1 on."""
    rows: Rows = []
    for cohort, line in table.iterrows():
        customers = int(line["customers"])
        name = f"{before}{cohort} · {customers:,} customer{'s' if customers != 1 else ''}"
        for since, share in line.drop(["customers", 0]).dropna().items():
            rows.append(
                {
                    "cohort": name,
                    "since": int(since),
                    "share": float(share),
                    "ordered": round(share * customers),
                    "text": figure_text(float(share), "share"),
                    "short": f"{100 * share:.0f} %",
                }
            )
    return rows


# --- what customers are worth -----------------------------------------------------------------


@earlier_argument("j", "journal")
@says_how_made
def lifetime_value(journal: Journal, annual_discount_rate: float = 0.0) -> alt.TopLevelMixin:
    """How many customers have been worth how much: `fs.customer_lifetime_value` as a histogram.

    The last bar also holds the hundredth of the customers that are worth most. The lines are the
    mean, and CAC where it costs anything to win a customer. Customers count who ordered first since
    the warm-up, those too whose lead came in before: the subtitle says how many.

    >>> import funnelsim as fs
    >>> journal = fs.simulate(fs.load("aida-follow-up"), seed=1)
    >>> fs.charts.lifetime_value(journal).title.text
    'Customer lifetime value so far, AIDA with follow-up'
    """
    s = a_journal(journal, "charts.lifetime_value").scenario
    title = f"Customer lifetime value so far, {s.name}"
    if s.order is None:
        return sentence(title, NO_ORDER)
    table = customer_lifetime_value(journal, annual_discount_rate)
    if table.empty:
        return sentence(title, NONE_PLACED)
    mean, median = float(table["clv"].mean()), float(table["clv"].median())
    cac = float(summary(journal)["cac"])
    lines = line_rows([("mean", mean), *([("CAC", cac)] if cac > 0 else [])], s.currency)
    said = [figure_text(value, "money", s.currency) for value in (mean, median)]
    subtitle = [f"{len(table):,} customers: {said[0]} on average, half of them below {said[1]}"]
    early = int((journal.leads.loc[table.index, "arrived"] < s.warm_up / DAY).sum())
    if early:
        left_out = "came in as leads in the warm-up or before; the funnel leaves them out"
        subtitle.append(f"{early:,} of them {left_out}")
    chart = value_chart(value_rows(table), lines, s.currency)
    return chart.properties(width=600, height=260, title=alt.Title(title, subtitle=subtitle))


def value_chart(rows: Rows, lines: Rows, currency: str) -> alt.LayerChart | alt.FacetChart:
    """Rows of `value_rows` as stacked bars, those of `line_rows` down across them."""
    top = 1.25 * max(row["high"] for row in rows)
    kinds = list(dict.fromkeys(row["kind"] for row in rows))
    x_title = f"what all orders of a customer leave by the horizon, before CAC, {currency}"
    x = alt.X("from:Q", title=x_title, scale=alt.Scale(nice=False, zero=False), axis=PLAIN)
    scale = alt.Scale(domain=[0, top], nice=False)
    axis = alt.Axis(tickMinStep=1, format=",d")
    y, high = (alt.Y(f, title="customers", scale=scale, axis=axis) for f in ("low:Q", "high:Q"))
    base = alt.Chart(rows_data(rows))
    words = base.mark_text(align="right", dy=-8).encode(x="to:Q", y=high, text="label:N")
    bars = base.mark_bar(stroke="white", strokeWidth=0.5).encode(
        x=x,
        x2="to:Q",
        y=y,
        y2="high:Q",
        color=alt.Color("kind:N", scale=colour_scale(*kinds)),
        tooltip=[
            alt.Tooltip("worth:N", title=f"Worth ({currency})"),
            alt.Tooltip("kind:N", title="Customers who"),
            alt.Tooltip("customers:Q", title="Number", format=",d"),
            alt.Tooltip("share:N", title="Of all customers"),
        ],
    )
    down = alt.Y("line:Q", axis=None, scale=alt.Scale(domain=[0, LINES], reverse=True))
    at = alt.Chart(rows_data(lines)).encode(x="at:Q", y=down, tooltip="name:N")
    is_mean = alt.datum.what == "mean"
    dash = alt.condition(is_mean, alt.value([1, 0]), alt.value([5, 3]))
    line = at.mark_rule(color=COLOURS["baseline"], strokeWidth=1.5)
    line = line.encode(strokeDash=dash, y2="end:Q")
    names = at.mark_text(align="left", baseline="top", dx=5).encode(text="name:N")
    found: alt.LayerChart | alt.FacetChart = alt.layer(
        alt.layer(bars, words), alt.layer(line, names)
    ).resolve_scale(y="independent")
    return found


def line_rows(lines: list[tuple[str, float]], currency: str) -> Rows:
    """Lines from the left to the right, each beginning below the name of the one before."""
    return [
        {
            "what": what,
            "name": f"{what} {figure_text(at, 'money', currency)}",
            "at": at,
            "line": place,
            "end": LINES,
        }
        for place, (what, at) in enumerate(sorted(lines, key=lambda line: line[1]))
    ]


def value_rows(table: pd.DataFrame) -> Rows:
    """A row for each bar and kind of customer, those who ordered once below."""
    values = table["clv"].to_numpy()
    top = float(np.quantile(values, 0.99))
    step = round_step((top - values.min()) / 30)
    first = math.floor(values.min() / step)
    bars = max(math.ceil(top / step) - first, 1)
    place = np.clip(np.floor(values / step).astype(int) - first, 0, bars - 1)
    once = (table["orders"] == 1).to_numpy()
    rows: Rows = []
    for bar in range(bars):
        begin, low = (first + bar) * step, 0
        is_last = bar == bars - 1 and values.max() >= begin + step
        until = "or more" if is_last else f"to {begin + step:,.10g}"
        for kind, which in (("ordered once", once), ("ordered again", ~once)):
            count = int(np.sum(which & (place == bar)))
            if count:
                rows.append(
                    {
                        "from": begin,
                        "to": begin + step,
                        "worth": f"{begin:,.10g} {until}",
                        "label": "",
                        "kind": kind,
                        "customers": count,
                        "share": figure_text(count / len(values), "share"),
                        "low": low,
                        "high": low + count,
                    }
                )
                low += count
        if is_last:
            rows[-1]["label"] = f"≥ {begin:,.10g}"
    return rows


def round_step(needed: float) -> float:
    """The next of 1, 2 or 5 times a power of ten; 1 where nothing is needed.

    >>> round_step(3.2), round_step(0.011), round_step(0)
    (5.0, 0.02, 1.0)
    """
    if needed <= 0:
        return 1.0
    power = 10.0 ** math.floor(math.log10(needed))
    return float(f"{next(n * power for n in (1, 2, 5, 10) if n * power >= needed):.12g}")


# --- points -----------------------------------------------------------------------------------


@earlier_argument("j", "journal")
@says_how_made
def points(journal: Journal) -> alt.TopLevelMixin:
    """Points over time: the grey ones are open, and the firm owes them; on top redeemed, expired.

    The upper edge is all that was earned. From the start on, warm-up included; `summary` has the
    figures at the right edge.

    >>> import funnelsim as fs
    >>> journal = fs.simulate(fs.load("aida-loyalty-advocacy"), seed=1)
    >>> fs.charts.points(journal).title.text
    'Points of AIDA, loyalty and advocacy'
    """
    s = a_journal(journal, "charts.points").scenario
    title = f"Points of {s.name}"
    if s.loyalty is None:
        return sentence(title, "There are no points: this scenario has no loyalty programme.")
    rows = points_rows(journal)
    top = rows[-1]["earned"]
    if not top:
        return sentence(title, "No points were earned in the days simulated.")
    last, worth = rows[-1], s.loyalty.point_value
    subtitle = f"{top:,} earned; {last['open']:,} open at the end"
    if worth:
        subtitle += f", worth {figure_text(last['liability'], 'money', s.currency)}"
    chart = points_chart(rows, s.currency if worth else "")
    return chart.properties(width=600, height=260, title=alt.Title(title, subtitle=subtitle))


def points_chart(rows: Rows, currency: str) -> alt.LayerChart | alt.FacetChart:
    """Rows of `points_rows` as stacked areas; without a currency points are worth nothing."""
    days_in_utc = alt.Scale(type="utc", nice=False)
    x = alt.X("when:T", title=None, scale=days_in_utc, axis=DATES)
    scale = alt.Scale(domain=[0, 1.05 * rows[-1]["earned"]], nice=False)
    y = alt.Y("low:Q", title="points", scale=scale, axis=alt.Axis(format=",~f", tickCount=5))
    kinds = ["points open", "redeemed", "expired"]
    areas = (
        alt.Chart(rows_data(rows))
        .mark_area()
        .encode(x=x, y=y, y2="high:Q", color=alt.Color("kind:N", scale=colour_scale(*kinds)))
    )
    money = [alt.Tooltip("liability:Q", title=f"Open, worth ({currency})", format=",.2f")]
    strips = (
        alt.Chart(areas.data)
        .transform_filter(alt.datum.kind == kinds[0])
        .mark_rect(opacity=0)
        .encode(
            x=alt.X("from:T", scale=days_in_utc),
            x2="when:T",
            tooltip=[
                alt.Tooltip("until:N", title="By the end of"),
                *(
                    alt.Tooltip(f"{what}:Q", title=what.capitalize(), format=",d")
                    for what in ("earned", "redeemed", "expired", "open")
                ),
                *(money if currency else []),
            ],
        )
    )
    return alt.layer(areas, strips)


def points_rows(journal: Journal) -> Rows:
    """Points so far at the end of each day (of every n-th, past 180): open, redeemed, expired."""
    s = journal.scenario
    assert s.loyalty is not None
    every = max(1, math.ceil(s.days / 180))
    moments = [*range(0, s.horizon, every * DAY), s.horizon]
    start_ms = int(dt.datetime.combine(s.start, dt.time(), dt.UTC).timestamp()) * 1000
    earned, redeemed, expired = points_so_far(journal, moments)
    open_ = earned - redeemed - expired
    rows: Rows = []
    for i, moment in enumerate(moments):
        low, until = 0, last_day(s, moment)
        said = {
            "earned": int(earned[i]),
            "redeemed": int(redeemed[i]),
            "expired": int(expired[i]),
            "open": int(open_[i]),
            "liability": round(float(open_[i]) * s.loyalty.point_value, 2),
        }
        for kind, what in (("points open", "open"), ("redeemed",) * 2, ("expired",) * 2):
            rows.append(
                {
                    "when": start_ms + round(moment / DAY * DAY_MS),
                    "from": start_ms + round(moments[max(i - 1, 0)] / DAY * DAY_MS),
                    "until": until,
                    "kind": kind,
                    "low": low,
                    "high": low + said[what],
                    **said,
                }
            )
            low += int(said[what])
    return rows


def last_day(s: Scenario, moment: int) -> str:
    """The day that ends at this moment, or in which it lies."""
    number = -(-moment // DAY)
    day = s.start + dt.timedelta(days=max(number - 1, 0))
    return f"{day:%a} {day.day} {day:%b %Y} (day {number})"


PLAIN = alt.Axis(format=",~f", grid=False, tickCount=8)
LINES = 14  # of text that the height of a chart holds
