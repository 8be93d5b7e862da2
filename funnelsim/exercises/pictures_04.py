"""What lesson 04 shows: levers side by side, the bill of a message, discounts, and lots.

    from funnelsim.exercises import pictures_04 as pictures

    pictures.bill(journal, "Basket")

The lesson says what is simulated; here it is only counted and drawn.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from math import sqrt
from typing import TYPE_CHECKING, NamedTuple

import altair as alt
import numpy as np

from funnelsim.charts.parts import rows_data
from funnelsim.charts.theme import COLOURS
from funnelsim.metrics.recoveries import recoveries

if TYPE_CHECKING:
    import pandas as pd

    from funnelsim.experiment import Comparison
    from funnelsim.journal import Journal

BLUE, SKY, GREY = COLOURS["first orders"], COLOURS["repeat orders"], COLOURS["open"]


# --- numbers --------------------------------------------------------------------------------------


def what_levers_bring(comparison: Comparison) -> pd.DataFrame:
    """What each scenario has more than the first: customers and profit, with the interval of both
    ends of the profit (`low`, `high`).
    """
    import pandas as pd

    found = comparison.differences()
    of = {figure: found.xs(figure, level="figure") for figure in ("customers", "profit")}
    return pd.DataFrame(
        {
            "customers": of["customers"]["difference"],
            "profit": of["profit"]["difference"],
            "low": of["profit"]["low"],
            "high": of["profit"]["high"],
        }
    ).round(0)


def bill(journal: Journal, stage: str) -> pd.Series:
    """What a stage's messages brought and cost, in currency: it sums to `effect`."""
    import pandas as pd

    line = recoveries(journal).loc[stage]
    given = -line["discount_anyway"]
    parts = {
        "orders that would not have been": line["effect"] + line["cost"] - given,
        "discount to those who would have come": given,
        "messages": -line["cost"],
    }
    return pd.Series(parts, name=journal.scenario.currency)


def of_discounts(histories: Mapping[float, Iterable[Journal]], stage: str) -> pd.DataFrame:
    """By discount, the means of what a report credits to the messages, and of what they change."""
    import pandas as pd

    columns = {"contribution": "what the report says", "effect": "what the mails change"}
    found = {}
    for discount, journals in histories.items():
        lines = [recoveries(journal).loc[stage, list(columns)] for journal in journals]
        found[discount] = pd.DataFrame(lines).mean()
    return pd.DataFrame(found).T.rename(columns=columns).rename_axis("discount")


def where_nothing_is_left(table: pd.DataFrame) -> float:
    """The discount at which the mails change nothing, on a straight line between two of the table.

    NaN where they never do.
    """
    changed = table["what the mails change"]
    low, high = np.asarray(changed.index[:-1]), np.asarray(changed.index[1:])
    above, below = changed.to_numpy()[:-1], changed.to_numpy()[1:]
    crossing = np.flatnonzero((above > 0) & (below <= 0))
    if not len(crossing):
        return float("nan")
    n = crossing[0]
    return float(low[n] + (high[n] - low[n]) * above[n] / (above[n] - below[n]))


class Lots(NamedTuple):
    """A hold-out: of those drawn by lot who got the mail, and of those who did not."""

    mailed: int
    bought: int
    held_out: int
    came_anyway: int

    @property
    def difference(self) -> float:
        """Of the two shares of buyers."""
        return self.bought / self.mailed - self.came_anyway / self.held_out

    @property
    def standard_error(self) -> float:
        shares = (self.bought / self.mailed, self.mailed), (
            self.came_anyway / self.held_out, self.held_out,
        )  # fmt: skip
        return sqrt(sum(share * (1 - share) / count for share, count in shares))

    @property
    def is_clear(self) -> bool:
        """Whether the mails have brought buyers beyond what chance does: two standard errors."""
        return self.difference > 2 * self.standard_error


def draw_lots(journal: Journal, stage: str) -> Lots:
    """What the shop would see if lots decided who of the lost gets the mail.

    The lot is the lead's key, even or odd, which nothing else depends on. Of those held out, those
    buy who would have come anyway: that is what the journal knows, and a firm sees in its orders.
    """
    mails = journal.messages[journal.messages["name"] == f"recovery: {stage}"].drop_duplicates(
        "lead"
    )
    leads = journal.leads.loc[mails["lead"]]
    buys = (leads["outcome"] == "customer").to_numpy() & mails["accepted"].to_numpy()
    anyway = buys & mails["anyway"].to_numpy()
    held_out = (leads["key"] % 2 == 0).to_numpy()
    counts = ((~held_out).sum(), buys[~held_out].sum(), held_out.sum(), anyway[held_out].sum())
    return Lots(*map(int, counts))


# --- pictures -------------------------------------------------------------------------------------


def by_discount(table: pd.DataFrame, currency: str = "EUR") -> alt.TopLevelMixin:
    """`of_discounts` as two lines, and where nothing is left."""
    kinds = list(table)
    rows = [
        {"discount": float(discount), "left": float(line[kind]), "what": kind}
        for discount, line in table.iterrows()
        for kind in kinds
    ]
    colours = alt.Scale(domain=kinds, range=[GREY, BLUE])
    lines = (
        alt.Chart(rows_data(rows))
        .mark_line(point=True, strokeWidth=2.5)
        .encode(
            x=alt.X("discount:Q", title="discount in the mail", axis=alt.Axis(format=".0%")),
            y=alt.Y("left:Q", title=f"{currency} in half a year"),
            color=alt.Color("what:N", scale=colours, legend=alt.Legend(symbolOpacity=1)),
            tooltip=[
                "what:N",
                alt.Tooltip("discount:Q", format=".0%"),
                alt.Tooltip("left:Q", format=".0f"),
            ],
        )
    )
    zero = alt.Chart(rows_data([{"left": 0.0}])).mark_rule(color=GREY, strokeDash=[4, 3])
    return alt.layer(zero.encode(y="left:Q"), lines).properties(
        width=520, height=220, title="A larger discount, if nobody more comes for it"
    )


def hold_outs(lots: Sequence[Lots], truth: float) -> alt.TopLevelMixin:
    """Each half-year's difference with two standard errors to either side, and the true one."""
    rows = [
        {
            "place": place,
            "difference": one.difference,
            "low": one.difference - 2 * one.standard_error,
            "high": one.difference + 2 * one.standard_error,
            "what": "clear" if one.is_clear else "could be chance",
        }
        for place, one in enumerate(sorted(lots, key=lambda one: one.difference), start=1)
    ]
    colours = alt.Scale(domain=["clear", "could be chance"], range=[BLUE, COLOURS["stale"]])
    base = alt.Chart(rows_data(rows)).encode(
        x=alt.X("place:Q", title="half-years, by what they showed", axis=alt.Axis(grid=False)),
        color=alt.Color("what:N", scale=colours),
    )
    percent = alt.Axis(format=".0%")
    title = "buyers among the mailed, less those held out"
    lines = base.mark_rule(strokeWidth=1.5).encode(
        y=alt.Y("low:Q", title=title, axis=percent), y2="high:Q"
    )
    dots = base.mark_point(filled=True, size=45, opacity=1).encode(
        y="difference:Q", tooltip=["what:N", alt.Tooltip("difference:Q", format=".1%")]
    )
    marks = alt.Chart(rows_data([{"at": 0.0}, {"at": truth}])).mark_rule(
        color=GREY, strokeDash=[4, 3]
    )
    return alt.layer(marks.encode(y="at:Q"), lines, dots).properties(
        width=520, height=240, title="The same shop, other customers: what lots would have shown"
    )
