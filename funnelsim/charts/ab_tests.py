"""Charts of A/B tests: each arm against the control with its interval, and the truth beside it."""

from __future__ import annotations

from typing import Any

import altair as alt
import pandas as pd

from funnelsim.ab_tests import AbTest
from funnelsim.arguments import given, refused
from funnelsim.charts.experiment_rows import axis_unit, figure_axis, figure_title, wrapped
from funnelsim.charts.made_with import says_how_made
from funnelsim.charts.parts import NAMES, rows_data
from funnelsim.charts.rows import Rows
from funnelsim.charts.theme import COLOURS
from funnelsim.errors import Finding

MEAN, TRUTH, ZERO = COLOURS["first orders"], COLOURS["lost"], COLOURS["baseline"]


@says_how_made
def ab_test(test: AbTest, truth: bool = False) -> alt.TopLevelMixin:
    """How far each arm is from the control: the difference, its interval, and a line at 0.

    With `truth` a diamond stands where the same customers are, all in the one arm and all in the
    other (`test.truth`, of a journal).

    >>> import funnelsim as fs
    >>> chart = fs.charts.ab_test(fs.ab_test({"A": (5000, 250), "B": (5000, 300)}))
    >>> chart.title.text
    'Conversion, difference to A'
    """
    test = given(AbTest, test, "charts.ab_test", "fs.ab_test(journal)")
    true = test.truth["difference"] if truth else None
    unit = axis_unit(test.tested.unit, test.currency, test.effects["difference"])
    rows: Rows = []
    for arm, row in test.effects.iterrows():
        rows.append(
            {
                "arm": arm,
                "difference": _or_none(row["difference"], unit.times),
                "low": _or_none(row["low"], unit.times),
                "high": _or_none(row["high"], unit.times),
                "truth": None if true is None else _or_none(true[arm], unit.times),
                "text": test.change(row["difference"]),
                "interval": f"{test.change(row['low'])} to {test.change(row['high'])}",
                "true": "" if true is None else test.change(float(true[arm])),
            }
        )
    data = rows_data(rows)
    title = figure_title(test.tested.label, unit)
    across = alt.X("low:Q", title=title, axis=figure_axis(test.tested.unit))
    tips = [
        alt.Tooltip("arm:N", title="Arm"),
        alt.Tooltip("text:N", title="Difference"),
        alt.Tooltip("interval:N", title=f"{1 - test.plan.alpha:.0%} interval"),
    ]
    if truth:
        tips.append(alt.Tooltip("true:N", title="What is so"))
    up = alt.Y("arm:N", title=None, sort=[str(arm) for arm in test.effects.index], axis=NAMES)
    line = alt.Chart(data).mark_rule(color=MEAN, strokeWidth=2)
    dot = alt.Chart(data).mark_circle(color=MEAN, size=90, opacity=1)
    parts = [
        alt.Chart(rows_data([{"low": 0}]))
        .mark_rule(color=ZERO, strokeDash=[5, 4])
        .encode(x=across),
        line.encode(x=across, x2="high:Q", y=up, tooltip=tips),
        dot.encode(x="difference:Q", y=up, tooltip=tips),
    ]
    if truth:
        mark = alt.Chart(data).mark_point(shape="diamond", color=TRUTH, size=140, filled=True)
        parts.append(mark.encode(x="truth:Q", y=up, tooltip=tips))
    subtitle = wrapped(test.sentence) + (["The diamond is what is so."] if truth else [])
    head = alt.Title(f"{test.tested.label}, difference to {test.control}", subtitle=subtitle)
    height = 70 * len(rows)
    return alt.layer(*parts).properties(width=600, height=height, title=head)


@says_how_made
def ab_test_by_day(table: pd.DataFrame, arm: str | None = None) -> alt.TopLevelMixin:
    """What somebody sees who looks every day: the difference with its interval, day by day.

    `table` is what `fs.ab_test_by_day` returns; of several arms one is drawn, the first if none
    is named. Days on which p is below 0.05 have a filled dot.

    >>> import funnelsim as fs
    >>> journal = fs.simulate(fs.load("shop-with-experiment"), progress=False)
    >>> fs.charts.ab_test_by_day(fs.ab_test_by_day(journal)).title.text
    'new page against the control, as known on each day'
    """
    is_one = isinstance(table, pd.DataFrame) and table.index.names == ["day", "arm"]
    if not is_one:
        found = Finding(f"given a {type(table).__name__}")
        rule = "it takes what fs.ab_test_by_day returns"
        raise refused("charts.ab_test_by_day", found, rule, "write fs.ab_test_by_day(journal)")
    arms = list(dict.fromkeys(table.index.get_level_values("arm")))
    if arm is not None and arm not in arms:
        raise refused("arm", arm, f"there are: {', '.join(arms)}")
    name = arms[0] if arm is None else arm
    mine = table.xs(name, level="arm").dropna()
    rows: Rows = [
        {
            "day": int(day),
            **{key: float(row[key]) for key in ("difference", "low", "high", "p", "p_any_day")},
            "is": "p < 0.05" if row["p"] < 0.05 else "p ≥ 0.05",
        }
        for day, row in mine.iterrows()
    ]
    data = rows_data(rows)
    across = alt.X("day:Q", title="day", axis=alt.Axis(tickMinStep=1))
    kinds = alt.Scale(domain=["p < 0.05", "p ≥ 0.05"], range=[TRUTH, MEAN])
    tips: list[Any] = [
        alt.Tooltip("day:Q", title="Day"),
        alt.Tooltip("difference:Q", title="Difference", format=".4~g"),
        alt.Tooltip("p:Q", title="p of this day", format=".3f"),
        alt.Tooltip("p_any_day:Q", title="p, however often one looks", format=".3f"),
    ]
    zero = alt.Chart(rows_data([{"low": 0}])).mark_rule(color=ZERO, strokeDash=[5, 4])
    band = alt.Chart(data).mark_area(color=MEAN, opacity=0.2)
    dots = alt.Chart(data).mark_circle(size=70, opacity=1)
    up = alt.Y("low:Q", title="difference")
    return alt.layer(
        band.encode(x=across, y=up, y2="high:Q"),
        zero.encode(y=up),
        dots.encode(
            x=across,
            y="difference:Q",
            color=alt.Color("is:N", title="on that day", scale=kinds),
            tooltip=tips,
        ),
    ).properties(
        width=600,
        height=260,
        title=alt.Title(f"{name} against the control, as known on each day"),
    )


def _or_none(value: Any, times: float) -> float | None:
    """What JSON can hold: it has no NaN."""
    return None if pd.isna(value) else float(value) * times
