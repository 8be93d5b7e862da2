"""The chart of whom customers bring: `fs.referrals`, a bar for each generation."""

from __future__ import annotations

import altair as alt
import pandas as pd

from funnelsim.charts.made_with import says_how_made
from funnelsim.charts.parts import rows_data, sentence
from funnelsim.charts.rows import Rows
from funnelsim.charts.theme import COLOURS
from funnelsim.journal import Journal
from funnelsim.metrics import a_journal
from funnelsim.metrics.referrals import referrals as referrals_table
from funnelsim.tables import figure_text

MOST_GENERATIONS = 12
NAMED = ("came by channels", "brought by these")


@says_how_made
def referrals(journal: Journal, within: float | None = None) -> alt.TopLevelMixin:
    """Customers by generation: those of the channels, whom these brought, whom those brought.

    It is `fs.referrals(journal, within)`: the length of a bar is `customers`, and beside it stands
    `k`, how many customers each of those followed has brought. The first twelve generations.

    >>> import funnelsim as fs
    >>> journal = fs.simulate(fs.load("aida-loyalty-advocacy"), seed=1, progress=False)
    >>> fs.charts.referrals(journal).title.text
    'Who was brought by whom, AIDA, loyalty and advocacy'
    """
    s = a_journal(journal, "charts.referrals").scenario
    title = f"Who was brought by whom, {s.name}"
    if s.referral is None:
        return sentence(title, "Customers bring nobody: this scenario has no [referral].")
    table = referrals_table(journal, within)
    if not table["customers"].sum():
        return sentence(title, "Nobody became a customer in the days simulated.")
    rows = generation_rows(table, s.currency)
    chart = generations_chart(rows)
    subtitle = [_whole(table, within)]
    if len(table) > MOST_GENERATIONS:
        subtitle.append(f"the first {MOST_GENERATIONS} of {len(table)} generations")
    return chart.properties(
        width=600, height=34 * len(rows) + 10, title=alt.Title(title, subtitle=subtitle)
    )


def generation_rows(table: pd.DataFrame, currency: str) -> Rows:
    """A row for each of the first generations of `fs.referrals`."""
    return [
        {
            "generation": _named(int(number)),
            "customers": int(line["customers"]),
            "leads": int(line["leads"]),
            "label": f"{int(line['customers']):,}{_each_brought(line)}",
            "brought": f"{int(line['brought']):,} leads, "
            f"{int(line['brought_customers']):,} of them customers",
            "revenue": figure_text(float(line["revenue"]), "money", currency),
            "rewards": figure_text(float(line["rewards"]), "money", currency),
        }
        for number, line in table.head(MOST_GENERATIONS).iterrows()
    ]


def generations_chart(rows: Rows) -> alt.LayerChart | alt.FacetChart:
    """Rows of `generation_rows` as bars, with what each brought in words."""
    names = [row["generation"] for row in rows]
    top = 1.3 * max(row["customers"] for row in rows)  # with room for the label
    scale, axis = alt.Scale(domain=[0, top], nice=False), alt.Axis(tickMinStep=1, format=",d")
    base = alt.Chart(rows_data(rows)).encode(
        y=alt.Y("generation:N", title=None, scale=alt.Scale(domain=names, paddingInner=0.3)),
        x=alt.X("customers:Q", title="customers", scale=scale, axis=axis),
        tooltip=[
            alt.Tooltip("generation:N", title="Generation"),
            alt.Tooltip("leads:Q", title="Leads", format=",d"),
            alt.Tooltip("customers:Q", title="Customers", format=",d"),
            alt.Tooltip("brought:N", title="Have brought"),
            alt.Tooltip("revenue:N", title="Revenue"),
            alt.Tooltip("rewards:N", title="Rewards"),
        ],
    )
    bars = base.mark_bar(color=COLOURS["first orders"])
    return alt.layer(bars, base.mark_text(align="left", dx=7).encode(text="label:N"))


def _named(generation: int) -> str:
    words = NAMED[generation] if generation < len(NAMED) else "by those"
    return f"{generation} · {words}"


def _each_brought(line: pd.Series) -> str:
    return f" · K {line['k']:.2f}" if line["followed"] else ""


def _whole(table: pd.DataFrame, within: float | None) -> str:
    """K of all generations together, in words."""
    followed, brought = int(table["followed"].sum()), int(table["brought_customers"].sum())
    if not followed:
        return f"nobody had been a customer for {within:g} days"
    words = "so far" if within is None else f"within {within:g} days"
    k = f"K = {brought / followed:.2f}"
    return f"{k}: {followed:,} customers brought {brought:,} others, {words}"
