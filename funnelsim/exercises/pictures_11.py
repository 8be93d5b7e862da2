"""What lesson 11 shows: a test on its mornings with limits, tests that were lucky, a lost visitor.

    from funnelsim.exercises import pictures_11 as pictures

    journal, day = pictures.the_shop_that_looks(shop)

The lesson says what is simulated; here it is only found, counted and drawn.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import altair as alt
import numpy as np

from funnelsim.ab_tests import RepeatedTest, ab_test_by_day, stopping_limits
from funnelsim.charts.parts import rows_data
from funnelsim.charts.theme import COLOURS
from funnelsim.engines import simulate
from funnelsim.scenario import Scenario, load

if TYPE_CHECKING:
    import pandas as pd

    from funnelsim.journal import Journal

BLUE, GREY, VERMILION = COLOURS["advanced"], COLOURS["open"], COLOURS["lost"]
MORNINGS = range(4, 11)

SHOP = {
    "name": "Bags",
    "arms": [{"name": "A", "share": 0.5}, {"name": "B", "share": 0.5}],
    "channels.search ads.impressions_per_day": 2400,
    "channels.direct.leads_per_day": 36,
    "retention": None,
}


def the_shop_that_looks() -> tuple[Journal, int]:
    """Of shops whose A and B are the same, the first (by seed) that finds B better, p < 0.05, on
    one of the mornings 4 to 10; and which morning that is."""
    shop: Scenario = load("shop-with-experiment").vary(SHOP)
    for seed in range(1, 200):
        journal = simulate(shop, seed=seed, progress=False)
        seen = ab_test_by_day(journal).droplevel("arm").loc[MORNINGS[0] : MORNINGS[-1]]
        is_better = (seen["p"] < 0.05) & (seen["difference"] > 0)
        if is_better.any():
            return journal, int(is_better.idxmax())
    raise AssertionError("of 200 such shops a few are found")


def left_the_basket(journal: Journal) -> pd.DataFrame:
    """Who left a filled basket, a row each: `arm`, and whether they `bought` in the end."""
    visits = journal.stage_visits
    first = visits[visits["stage"] == "Basket"].drop_duplicates("lead")
    lost = first.loc[first["outcome"] == "lost", "lead"]
    leads = journal.leads.loc[lost, ["arm", "outcome"]]
    return leads.assign(bought=leads["outcome"] == "customer")[["arm", "bought"]]


def with_limits(by_day: pd.DataFrame) -> alt.LayerChart | alt.FacetChart:
    """How many standard errors B is ahead, morning by morning, and three limits for it."""
    seen = by_day.droplevel("arm").dropna()
    z = seen["difference"] / ((seen["high"] - seen["low"]) / (2 * 1.959964))
    rows = [{"day": int(day), "z": float(value)} for day, value in z.items()]
    looks = int(by_day.index.get_level_values("day").max())
    limits = {"usual, 1.96": np.full(looks, 1.959964)}
    for name, kind in (("Pocock", "pocock"), ("O'Brien-Fleming", "obrien-fleming")):
        limits[name] = stopping_limits(looks, kind=kind)["z"].to_numpy()
    lines = [
        {"day": look + 1, "z": float(value), "limit": name}
        for name, values in limits.items()
        for look, value in enumerate(values)
        if value < 8
    ]
    colour = alt.Scale(domain=list(limits), range=[VERMILION, GREY, COLOURS["baseline"]])
    across = alt.X("day:Q", title="day").scale(domain=[1, looks], nice=False)
    up = alt.Y("z:Q", title="standard errors ahead")
    walk = alt.Chart(rows_data(rows)).mark_line(color=BLUE, point=True).encode(x=across, y=up)
    drawn = alt.Chart(rows_data(lines)).mark_line(strokeDash=[5, 3])
    drawn = drawn.encode(x=across, y=up, color=alt.Color("limit:N", title="limit", scale=colour))
    return alt.layer(drawn, walk).properties(
        width=560, height=240, title="The same test, and what it would have had to be beyond"
    )


def lucky(found: RepeatedTest) -> alt.LayerChart | alt.FacetChart:
    """A dot for each test: what it says, and whether it is significant; the line is the truth."""
    table = found.table.sort_values("difference").reset_index(drop=True)
    rows = [
        {
            "test": int(place) + 1,
            "says": 100 * float(row.difference),
            "is": "significant" if row.p < 0.05 else "not significant",
        }
        for place, row in zip(table.index, table.itertuples(), strict=True)
    ]
    colour = alt.Scale(domain=["significant", "not significant"], range=[VERMILION, GREY])
    dots = alt.Chart(rows_data(rows)).mark_circle(size=35, opacity=1)
    dots = dots.encode(
        x=alt.X("test:Q", title="tests, from the lowest difference to the highest"),
        y=alt.Y("says:Q", title="B less A, points"),
        color=alt.Color("is:N", title=None, scale=colour),
    )
    truth = alt.Chart(rows_data([{"says": 100 * found.truth}]))
    truth = truth.mark_rule(color=BLUE, strokeDash=[5, 3]).encode(y="says:Q")
    return alt.layer(dots, truth).properties(
        width=560, height=240, title="One true difference (dashed), and what its tests say"
    )
