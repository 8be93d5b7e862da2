"""Charts of the money: what becomes of it, from gross to profit, and what customers cost.

The numbers are those of `profit_steps`, `fs.channels_table` and `fs.summary`.
"""

from __future__ import annotations

import math
from collections.abc import Collection
from typing import Any

import altair as alt
import pandas as pd

from funnelsim.charts.made_with import says_how_made
from funnelsim.charts.parts import NAMES, NO_ORDER, axis_of, rows_data, sentence
from funnelsim.charts.rows import Rows
from funnelsim.charts.theme import COLOURS, baseline_colour, colour_scale
from funnelsim.earlier import earlier_argument
from funnelsim.journal import Journal
from funnelsim.metrics import a_journal
from funnelsim.metrics.channels import channels_table
from funnelsim.metrics.money import profit_steps
from funnelsim.tables import difference, figure_text

Layers = alt.LayerChart | alt.FacetChart  # what alt.layer says it returns

# --- from gross to profit -------------------------------------------------------------------------


@earlier_argument("j", "journal")
@says_how_made
def waterfall(journal: Journal) -> alt.TopLevelMixin:
    """What becomes of the money, step by step, from gross to profit (both as in `summary`).

    Blue bars are what is left, vermilion ones what is gone, and a loss. The steps sum exactly, in
    cents.

    >>> import funnelsim as fs
    >>> journal = fs.simulate(fs.load("aida-follow-up"), seed=1)
    >>> fs.charts.waterfall(journal).title.text
    'From revenue to profit, AIDA with follow-up'
    """
    s = a_journal(journal, "charts.waterfall").scenario
    if s.order is None:
        return sentence(f"From revenue to profit, {s.name}", NO_ORDER)
    rows = waterfall_rows(journal)
    title = f"From {rows[0]['step'].lower()} to profit, {s.name}"
    if not any(row["amount"] for row in rows):
        return sentence(title, "Nothing was earned and nothing spent in the days simulated.")
    first, last = rows[0], rows[-1]
    subtitle = f"{last['said']} of {first['said']} is left"
    if last["amount"] < 0:
        subtitle = f"a loss of {last['said'].removeprefix('-')} on {first['said']}"
    ends = [end for row in rows for end in (row["low"], row["high"])]
    room = 0.22 * (max(ends) - min(ends))  # for the labels
    scale = alt.Scale(domain=[min(0, *ends), max(ends) + room], nice=False)
    return waterfall_chart(rows_data(rows), rows[0]["step"].lower(), scale).properties(
        width=600, height=30 * len(rows), title=alt.Title(title, subtitle=subtitle)
    )


def waterfall_chart(data: alt.Data, whole: str, scale: alt.Scale, text: Any = None) -> Layers:
    """Rows of `waterfall_rows` as bars; `whole` is what shares are of. `text` are other labels than
    the amount.
    """
    base = alt.Chart(data).encode(
        y=alt.Y("step:N", title=None, sort=None, axis=NAMES, scale=alt.Scale(paddingInner=0.25))
    )
    bars = base.mark_bar().encode(
        x=alt.X("low:Q", axis=None, scale=scale),
        x2="high:Q",
        color=alt.Color("kind:N", scale=colour_scale("left", "cost", "income"), legend=None),
        tooltip=[
            alt.Tooltip("step:N", title="Step"),
            alt.Tooltip("said:N", title="Amount"),
            alt.Tooltip("share:N", title=f"Of {whole}"),
            alt.Tooltip("left:N", title="Left after it"),
        ],
    )
    labels = base.mark_text(align="left", dx=6).encode(x="high:Q", text="said:N")
    if text is not None:
        labels = base.mark_text(align="left", dx=6, text=text).encode(x="high:Q")
    zero = alt.Chart(rows_data([{"zero": 0}])).mark_rule(color="#595959").encode(x="zero:Q")
    return alt.layer(bars, labels, zero)


def live_waterfall(data: alt.Data, top: str, loss: str, dark: bool = False) -> Layers:
    """The same for a board, with rows of `waterfall_beside`; what was kept as ticks.

    `top` and `loss` are the names of its parameters: how far the scale goes up, and below 0.
    """
    ends = {"domainMin": alt.ExprRef(f"-{loss}"), "domainMax": alt.ExprRef(top)}
    scale = alt.Scale(**ends, nice=False)
    ticks = (
        alt.Chart(data)
        .transform_filter("isValid(datum.before)")
        .mark_tick(color=baseline_colour(dark), thickness=2)
        .encode(y=alt.Y("step:N", sort=None), x=alt.X("before:Q", scale=scale))
    )
    text = alt.ExprRef("width > 240 ? datum.label : datum.short")
    both = alt.layer(waterfall_chart(data, "the first", scale, text), ticks)
    return both.properties(description="From revenue to profit: each step, and what is left")


def waterfall_beside(journal: Journal, kept: Journal | None) -> Rows:
    """Rows of `waterfall_rows` with the steps of both: `before` is what was left after a step in
    the journal that was kept, `label` the amount, and how much more or less it is than then.
    """
    names: list[str] = []
    for one in filter(None, (kept, journal)):
        names += [step.name for step in profit_steps(one, names)]
    then = {step["step"]: step for step in waterfall_rows(kept, names)} if kept else {}
    rows = waterfall_rows(journal, names)
    for row in rows:
        row["short"] = figure_text(row["amount"], "money", short=True).replace("-", "−")
        row["label"] = row["short"]
        row["before"] = None
        if before := then.get(row["step"]):
            row["label"] += f"  {difference(row['amount'], before['amount'], 'money')}"
            row["before"] = before["left_at"]
    return rows


def waterfall_rows(journal: Journal, also: Collection[str] = ()) -> Rows:
    """A row for each step, and for those in `also`, with where its bar lies; in currency, exact to
    the cent.
    """
    steps, currency = profit_steps(journal, also), journal.scenario.currency
    rows: Rows = []
    left = 0
    for step in steps:
        before, left = left, step.cents if step.is_left else left + step.cents
        low, high = (0, left) if step.is_left else (before, left)
        amount, kind = step.cents / 100, "left" if step.is_left else "income"
        whole = steps[0].cents
        rows.append(
            {
                "step": step.name,
                "kind": "cost" if step.cents < 0 else kind,
                "amount": amount,
                "said": figure_text(amount, "money", currency),
                "share": figure_text(step.cents / whole, "share") if whole else "–",
                "left": figure_text(left / 100, "money", currency),
                "left_at": left / 100,
                "low": min(low, high) / 100,
                "high": max(low, high) / 100,
            }
        )
    return rows


# --- what a customer costs ------------------------------------------------------------------------

ALL = "all, reps and messages too"
COSTS, LEAVES = "costs", "leaves"


def customer_costs(journal: Journal, figures: pd.Series) -> pd.DataFrame:
    """What a customer of each channel costs and leaves, and of all of them; money in currency.

    A row for each channel and a last one for all, where reps and messages to lost leads are in the
    cost, too: these serve all channels. `figures` are those of `fs.summary`. Columns: `leads`,
    `sales`, `cac` = cost ÷ sales, `leaves` = what orders have left before that ÷ sales,
    `payback_days`. NaN where there is nothing to divide by.
    """
    table = channels_table(journal)
    left, sales = table["contribution"] + table["cost"], table["sales"]
    found = table[["leads", "sales", "cac"]].assign(leaves=left / sales.where(sales > 0))
    found["payback_days"] = table["payback_days"]
    count = int(sales.sum())
    all_of_them = [int(table["leads"].sum()), count, float(figures["cac"])]
    found.loc[ALL] = [*all_of_them, left.sum() / count if count else math.nan, math.nan]
    return found


def cost_rows(table: pd.DataFrame, before: pd.DataFrame | None, currency: str) -> Rows:
    """A row for each line of `customer_costs`, with the difference from one that was kept."""
    rows: Rows = []
    for channel, line in table.iterrows():
        cac, leaves, days = (float(line[name]) for name in ("cac", "leaves", "payback_days"))
        said = figure_text(cac, "money", short=True) if math.isfinite(cac) else "no sale"
        if before is not None and channel in before.index:
            said += f"  {difference(cac, float(before.loc[channel, 'cac']), 'money')}"
        payback = figure_text(days, "days") if math.isfinite(days) else "not by the end"
        told = cac > 0 and channel != ALL
        rows.append(
            {
                "channel": channel,
                "cac": cac if math.isfinite(cac) else 0.0,
                "leaves": leaves if math.isfinite(leaves) else None,
                "right": max((x for x in (cac, leaves) if math.isfinite(x)), default=0.0),
                "said": f"{said}\n{payback}" if told else said,
                "label": f"{said} · paid back: {payback}" if told else said,
                "costs": figure_text(cac, "money", currency),
                "left": figure_text(leaves, "money", currency),
                "payback": payback if channel != ALL else "–",
                "leads": f"{int(line['leads']):,}",
                "sales": f"{int(line['sales']):,}",
            }
        )
    return rows


def cost_chart(data: alt.Data, names: list[str], currency: str, top: Any, dark: bool) -> Layers:
    """Rows of `cost_rows` as bars, with a tick at what a customer leaves."""
    lines = alt.Scale(domain=names, paddingInner=0.35)
    base = alt.Chart(data).encode(
        y=alt.Y("channel:N", title=None, scale=lines, axis=axis_of(names))
    )
    scale = alt.Scale(domainMin=0, domainMax=top, nice=False, zero=True)
    plain = alt.Axis(format=",~f", grid=False, tickCount=4)
    colours = alt.Scale(domain=[COSTS, LEAVES], range=[COLOURS["cost"], COLOURS["left"]])
    what = alt.Color("what:N", scale=colours)
    tooltip = [
        alt.Tooltip("channel:N", title="Channel"),
        alt.Tooltip("costs:N", title="A customer costs"),
        alt.Tooltip("left:N", title="A customer leaves"),
        alt.Tooltip("payback:N", title="Paid back after"),
        alt.Tooltip("leads:N", title="Leads"),
        alt.Tooltip("sales:N", title="Sales"),
    ]
    bars = (
        base.transform_calculate(what=f"'{COSTS}'")
        .mark_bar(clip=True)
        .encode(
            x=alt.X(
                "cac:Q", title=f"{currency} a customer; paid back after", scale=scale, axis=plain
            ),
            color=what,
            tooltip=tooltip,
        )
    )
    ticks = (
        base.transform_filter("isValid(datum.leaves)")
        .transform_calculate(what=f"'{LEAVES}'")
        .mark_tick(thickness=4, clip=True)
        .encode(x=alt.X("leaves:Q", scale=scale), color=what, tooltip=tooltip)
    )
    text = alt.ExprRef("width > 330 ? datum.label : datum.said")  # the tooltip has all of it
    words = base.mark_text(align="left", dx=8, text=text, lineBreak="\n").encode(
        x=alt.X("right:Q", scale=scale)
    )
    both = alt.layer(bars, ticks, words)
    return both.properties(description="What a customer of each channel costs, and what it leaves")
