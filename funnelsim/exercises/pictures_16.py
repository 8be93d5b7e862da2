"""What lesson 16 shows: futures as dots, intervals that hit and miss, two worlds, a filling shop.

    from funnelsim.exercises import pictures_16 as pictures

    pictures.futures(table.orders)

The lesson says what is simulated; here it is only counted and drawn.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from math import sqrt
from typing import TYPE_CHECKING, Any

import altair as alt
import numpy as np

from funnelsim.charts.parts import rows_data
from funnelsim.charts.theme import COLOURS
from funnelsim.experiment.intervals import intervals, student_t
from funnelsim.experiment.warm_up import WarmUp, open_leads

if TYPE_CHECKING:
    import pandas as pd

    from funnelsim.journal import Journal

BLUE, GREY, VERMILION = COLOURS["advanced"], COLOURS["open"], COLOURS["lost"]


# --- numbers --------------------------------------------------------------------------------------


def interval(values: Any, confidence: float = 0.95) -> tuple[float, float]:
    """The confidence interval of the mean (Student's t), as `Experiment.summary` gives it."""
    import pandas as pd

    row = intervals(pd.DataFrame({"values": np.asarray(values, float)}), confidence).iloc[0]
    return float(row["low"]), float(row["high"])


def studies(values: Any, size: int, truth: float) -> pd.DataFrame:
    """The values cut into studies of so many runs: the interval of each, and whether it hits."""
    import pandas as pd

    parts = np.asarray(values, float)[: len(values) // size * size].reshape(-1, size)
    found = intervals(pd.DataFrame(parts.T), 0.95)[["mean", "low", "high"]].rename_axis("study")
    return found.assign(hits=(found["low"] <= truth) & (truth <= found["high"]))


def open_each_day(journals: Iterable[Journal], after: int) -> np.ndarray[Any, np.dtype[Any]]:
    """Leads in the funnel at the end of each day after the given one, a row for each journal."""
    return np.array([open_leads(journal)[after:] for journal in journals], float)


def hits(by_day: Any, truth: float, batch: int = 1) -> float:
    """In which share of the runs the interval made of its days holds the truth.

    `by_day` has a row for each run. Days are taken together in batches of so many; the means of
    the batches are treated as if they were replications.
    """
    days = np.asarray(by_day, float)
    count = days.shape[1] // batch
    means = days[:, : count * batch].reshape(len(days), count, batch).mean(axis=2)
    half = student_t(0.95, count) * means.std(axis=1, ddof=1) / sqrt(count)
    return float((abs(means.mean(axis=1) - truth) <= half).mean())


# --- pictures -------------------------------------------------------------------------------------


def futures(
    values: pd.Series, what: str = "sales in the quarter"
) -> alt.LayerChart | alt.FacetChart:
    """A dot for each future, above what it came to; blue are those in the interval of the mean."""
    low, high = interval(values)
    rows = [
        {
            "value": float(value),
            "at": place + 1,
            "is": "in the interval of the mean" if low <= value <= high else "outside",
        }
        for value, count in values.value_counts().sort_index().items()
        for place in range(int(count))
    ]
    names = ["in the interval of the mean", "outside"]
    colour = alt.Color("is:N", title=None, scale=alt.Scale(domain=names, range=[BLUE, GREY]))
    dots = alt.Chart(rows_data(rows)).encode(
        x=alt.X("value:Q", title=what).scale(zero=False),
        y=alt.Y("at:Q", title="futures", axis=alt.Axis(tickMinStep=5)).scale(
            domain=[0, int(values.value_counts().max()) + 1]
        ),
    )
    band = alt.Chart(rows_data([{"low": low, "high": high}]))
    band = band.mark_rect(color=BLUE, opacity=0.25).encode(x="low:Q", x2="high:Q")
    return alt.layer(band, dots.mark_circle(size=45, opacity=1).encode(color=colour)).properties(
        width=560, height=230, title=f"{len(values)} futures of one firm"
    )


def of_studies(table: pd.DataFrame, truth: float) -> alt.LayerChart | alt.FacetChart:
    """`studies` as lines, and the truth across them; orange are those that miss it."""
    rows = [
        {"study": int(study) + 1, "low": row.low, "high": row.high, "hits": bool(row.hits)}
        for study, row in zip(table.index, table.itertuples(), strict=True)
    ]
    colour = alt.condition("datum.hits", alt.value(BLUE), alt.value(VERMILION))
    lines = alt.Chart(rows_data(rows)).mark_rule(strokeWidth=2)
    lines = lines.encode(
        x=alt.X("study:Q", title="study").scale(domain=[0, len(rows) + 1], nice=False),
        y=alt.Y("low:Q", title="sales in a quarter").scale(zero=False),
        y2="high:Q",
        color=colour,
    )
    rule = alt.Chart(rows_data([{"truth": truth}])).mark_rule(strokeDash=[5, 3], color=GREY)
    return alt.layer(lines, rule.encode(y="truth:Q")).properties(
        width=600, height=220, title="The same firm in many studies: whose interval holds the truth"
    )


def differences(found: Mapping[str, Any]) -> alt.LayerChart | alt.FacetChart:
    """A dot for each pair of runs: how many more sales the second world had, by how they were
    paired."""
    rows, means = [], []
    for name, values in found.items():
        counts: dict[float, int] = {}
        for value in sorted(np.asarray(values, float).tolist()):
            counts[value] = counts.get(value, 0) + 1
        rows += [
            {"paired": name, "more": value, "pairs": count, "is": "worse" if value < 0 else "not"}
            for value, count in counts.items()
        ]
        low, high = interval(values)
        means.append({"paired": name, "low": low, "high": high})
    base = alt.Y("paired:N", sort=list(found), title=None)
    colour = alt.condition("datum.is == 'worse'", alt.value(VERMILION), alt.value(BLUE))
    dots = alt.Chart(rows_data(rows)).mark_circle(opacity=0.8)
    dots = dots.encode(
        x=alt.X("more:Q", title="sales more than today"),
        y=base,
        size=alt.Size("pairs:Q", legend=None),
        tooltip=["more:Q", "pairs:Q"],
        color=colour,
    )
    bars = alt.Chart(rows_data(means)).mark_rule(strokeWidth=5, color=GREY, yOffset=22)
    bars = bars.encode(x="low:Q", x2="high:Q", y=base)
    zero = alt.Chart(rows_data([{"more": 0}])).mark_rule(color=GREY).encode(x="more:Q")
    return alt.layer(zero, dots, bars).properties(
        width=520,
        height=170,
        title="The same change, pair by pair (orange: sold less; grey: the mean's interval)",
    )


def filling(advice: WarmUp, days: int = 120) -> alt.LayerChart | alt.FacetChart:
    """How the pipeline fills: the mean of the runs by day, its interval, and the advice."""
    table = advice.table.iloc[:days]
    rows = [
        {"day": int(day), "low": row.low, "high": row.high, "open": row.week}
        for day, row in zip(table.index, table.itertuples(), strict=True)
    ]
    base = alt.Chart(rows_data(rows)).encode(x=alt.X("day:Q", title="day"))
    band = base.mark_area(opacity=0.3, color=BLUE).encode(
        y=alt.Y("low:Q", title="leads in the funnel"), y2="high:Q"
    )
    line = base.mark_line(color=BLUE, strokeWidth=2).encode(y="open:Q")
    layers = [band, line]
    if advice.warm_up is not None:
        at = alt.Chart(rows_data([{"day": advice.warm_up}]))
        layers.append(at.mark_rule(color=VERMILION, strokeDash=[5, 3]).encode(x="day:Q"))
    return alt.layer(*layers).properties(
        width=600, height=230, title="An empty shop fills (dashed: what funnelsim advises)"
    )
