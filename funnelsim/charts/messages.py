"""The chart of messages to lost leads: who came back and bought, and who would have anyway."""

from __future__ import annotations

import altair as alt
import pandas as pd

from funnelsim.charts.made_with import says_how_made
from funnelsim.charts.parts import axis_of, rows_data, sentence
from funnelsim.charts.rows import Rows
from funnelsim.charts.theme import COLOURS
from funnelsim.journal import Journal
from funnelsim.metrics import a_journal
from funnelsim.metrics.recoveries import recoveries as recoveries_table
from funnelsim.tables import figure_text

BECAUSE, ANYWAY = "only because of the message", "would have anyway"
BOUGHT = "bought"
STEPS = {"came back": ("returned", "anyway"), BOUGHT: ("bought", "bought_anyway")}


@says_how_made
def recoveries(journal: Journal) -> alt.TopLevelMixin:
    """Who came back after a message and who bought, by stage: because of it, or anyway.

    It is `fs.recoveries(journal)`. Under the title stand the contribution that a report credits to
    the messages, and what they changed.

    >>> import funnelsim as fs
    >>> chart = fs.charts.recoveries(fs.simulate(fs.load("online-shop"), seed=1))
    >>> chart.title.text
    'Who came back, Online shop'
    """
    s = a_journal(journal, "charts.recoveries").scenario
    title = f"Who came back, {s.name}"
    table = recoveries_table(journal)
    if table.empty:
        text = "No stage sends a message to those whom it lost: a stage with a `recovery` would."
        return sentence(title, text)
    if not table["sent"].sum():
        return sentence(title, "No message was sent in the days simulated.")
    rows = recovery_rows(table)
    top = max(1, int(table["returned"].max()))
    names = list(dict.fromkeys(row["step"] for row in rows))
    scale = alt.Scale(domain=[0, 1.12 * top], nice=False)
    base = alt.Chart(rows_data(rows)).encode(
        y=alt.Y("step:N", title=None, sort=names, axis=axis_of(names))
    )
    colours = alt.Scale(domain=[BECAUSE, ANYWAY], range=[COLOURS["advanced"], COLOURS["open"]])
    bars = base.mark_bar().encode(
        x=alt.X("start:Q", title="leads", scale=scale, axis=alt.Axis(tickMinStep=1, format=",d")),
        x2="end:Q",
        color=alt.Color("why:N", scale=colours, sort=[BECAUSE, ANYWAY]),
        tooltip=[
            alt.Tooltip("step:N", title="Stage"),
            alt.Tooltip("why:N", title="Why"),
            alt.Tooltip("leads:Q", title="Leads", format=",d"),
            alt.Tooltip("share:N", title="Of these"),
            alt.Tooltip("sent:Q", title="Messages sent", format=",d"),
        ],
    )
    words = base.mark_text(align="left", dx=6).encode(
        x=alt.X("end:Q", scale=scale), text=alt.Text("all:Q", format=",d")
    )
    ends = words.transform_filter(f"datum.why == '{ANYWAY}'")
    subtitle = _said(table, s.currency, s.order is not None)
    chart = alt.layer(bars, ends).properties(title=alt.Title(title, subtitle=subtitle))
    return chart.properties(width=600, height=30 * len(names) + 10)


def recovery_rows(table: pd.DataFrame) -> Rows:
    """A row for each stage, step and reason; the bars of a step are as long as all of it."""
    rows: Rows = []
    for stage, line in table.iterrows():
        for step, (column, of_them) in STEPS.items():
            count, anyway = int(line[column]), int(line[of_them])
            for why, leads, start in (
                (BECAUSE, count - anyway, 0),
                (ANYWAY, anyway, count - anyway),
            ):
                rows.append(
                    {
                        "step": f"{stage}: {step}", "why": why, "leads": leads, "all": count,
                        "start": start, "end": start + leads, "sent": int(line["sent"]),
                        "share": figure_text(leads / count, "share") if count else "–",
                    }
                )  # fmt: skip
    return rows


def _said(table: pd.DataFrame, currency: str, has_orders: bool) -> list[str]:
    """What stands under the title, a line for each stage."""
    lines = []
    for stage, line in table.iterrows():
        said = f"{int(line['sent']):,} messages"
        if has_orders:
            left, effect = (
                figure_text(line[name], "money", currency) for name in ("contribution", "effect")
            )
            said += f"; orders of those who bought left {left}, the messages changed {effect}"
        lines.append(f"{stage}: {said}" if len(table) > 1 else said[0].upper() + said[1:])
    return lines
