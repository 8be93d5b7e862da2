"""What lesson 15 shows: profit month by month, what a change has brought so far, judged months.

    from funnelsim.exercises import pictures_15 as pictures

    with_it, without = (pictures.months(s) for s in (firm, firm.vary({"changes": []})))
    pictures.side_by_side({"with": with_it, "without": without})

The lesson says what is simulated; here it is only counted and drawn. With the same seed the same
customers come to each of the firms.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING

import altair as alt
import numpy as np

from funnelsim.charts.parts import rows_data
from funnelsim.charts.theme import COLOURS
from funnelsim.distributions import DAY, Floats
from funnelsim.engines import simulate_together
from funnelsim.metrics.by_month import beginnings, between
from funnelsim.scenario import Scenario

if TYPE_CHECKING:
    import pandas as pd

BLUE, GREY, VERMILION = COLOURS["advanced"], COLOURS["open"], COLOURS["lost"]
N = 100  # firms


# --- numbers --------------------------------------------------------------------------------------


def months(s: Scenario, figure: str = "profit", n: int = N, seed: int = 1) -> pd.DataFrame:
    """A key figure of `fs.by_month` in n histories: a row for each, a column for each month."""
    import pandas as pd

    begins = beginnings(s)
    start = datetime.combine(s.start, time())
    names = [f"{start + timedelta(microseconds=at):%Y-%m}" for at in begins]
    return pd.DataFrame(_figures(s, begins, n, seed)[figure], columns=names)


def gained(changed: Scenario, without: Scenario, n: int = N, seed: int = 1) -> pd.DataFrame:
    """The profit more by the end of each week since the first change: a row for each history.

    The columns are days since that change began.
    """
    import pandas as pd

    begins = min(change.from_ for change in changed.changes)
    moments = list(range(begins, changed.horizon, 7 * DAY))
    both = [_figures(s, [0, *moments], n, seed)["profit"] for s in (changed, without)]
    more = np.cumsum(both[0] - both[1], axis=1)[:, :-1]
    return pd.DataFrame(more, columns=[(at - begins) // DAY for at in moments])


def paid_after(more: pd.DataFrame) -> int:
    """Of `gained`: the first day since which the mean has not been below nothing again, or -1."""
    below = np.flatnonzero(more.mean().to_numpy()[1:] < 0)
    later = more.columns[1:][below[-1] + 1 :] if len(below) else more.columns[1:]
    return int(later[0]) if len(later) else -1


def _figures(s: Scenario, moments: list[int], n: int, seed: int) -> dict[str, Floats]:
    parts = [between(together, moments) for together in simulate_together(s, seed, range(n))]
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


# --- pictures -------------------------------------------------------------------------------------


def side_by_side(of: Mapping[str, pd.DataFrame], title: str = "Profit by month") -> alt.Chart:
    """The mean of each month in each of the worlds, as bars that stand beside each other."""
    rows = [
        {"world": world, "month": month, "mean": float(value)}
        for world, table in of.items()
        for month, value in table.mean().items()
    ]
    colours = [BLUE, GREY, VERMILION][: len(of)]
    found: alt.Chart = (
        alt.Chart(rows_data(rows), width=600, height=240, title=title)
        .mark_bar()
        .encode(
            x=alt.X("month:O", title=None, axis=alt.Axis(labelAngle=0)),
            xOffset=alt.XOffset("world:N", sort=list(of)),
            y=alt.Y("mean:Q", title="mean of all histories"),
            color=alt.Color("world:N", title=None, sort=list(of)).scale(
                domain=list(of), range=colours
            ),
            tooltip=["world:N", "month:O", alt.Tooltip("mean:Q", format=",.0f")],
        )
    )
    return found


def so_far(more: pd.DataFrame, title: str) -> alt.LayerChart:
    """What `gained` says: the mean, and between which two lines nine of ten histories are."""
    low, high = more.quantile(0.05), more.quantile(0.95)
    rows = [
        {"day": int(day), "mean": float(more[day].mean()), "low": float(low[day]),
         "high": float(high[day])}
        for day in more.columns
    ]  # fmt: skip
    drawn = alt.Chart(rows_data(rows), width=600, height=260, title=title)
    x = alt.X("day:Q", title="days since it began")
    told = ["day:Q", *(alt.Tooltip(f"{name}:Q", format=",.0f") for name in ("low", "mean", "high"))]
    band = drawn.mark_area(color=BLUE, opacity=0.2).encode(
        x=x, y=alt.Y("low:Q", title="profit more, up to then"), y2="high:Q"
    )
    line = drawn.mark_line(color=BLUE, point=True).encode(x=x, y="mean:Q", tooltip=told)
    none = alt.Chart(rows_data([{"at": 0}])).mark_rule(strokeDash=[4, 3]).encode(y="at:Q")
    found: alt.LayerChart = band + none + line
    return found


def judged(change: pd.Series, truth: float, title: str, by: str) -> alt.LayerChart:
    """A bar for as many histories as show such a change; what is so as a dashed line."""
    rows = [{"change": float(value), "up": "rose" if value > 0 else "fell"} for value in change]
    bars = (
        alt.Chart(rows_data(rows), width=600, height=200, title=title)
        .mark_bar()
        .encode(
            x=alt.X("change:Q", bin=alt.Bin(maxbins=30), title=by),
            y=alt.Y("count():Q", title="firms"),
            color=alt.Color("up:N", title="The report").scale(
                domain=["fell", "rose"], range=[VERMILION, BLUE]
            ),
            tooltip=["up:N", "count():Q"],
        )
    )
    line = alt.Chart(rows_data([{"at": truth}])).mark_rule(strokeDash=[5, 3], size=2)
    found: alt.LayerChart = bars + line.encode(x="at:Q")
    return found
