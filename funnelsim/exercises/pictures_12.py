"""What lesson 12 shows: a firm's export, month by month and by age, and beside it the truth.

    from funnelsim.exercises import pictures_12 as pictures

    deals = fs.read_deals(pictures.export())
    pictures.months(pictures.by_age(deals))

The firm is a simulation (`the_firm`), so that it is known what no firm knows: how its open deals
will end. The lesson shows that at its end, and after each question.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import altair as alt
import numpy as np

from funnelsim.calibration import Calibration
from funnelsim.charts.parts import rows_data
from funnelsim.charts.theme import COLOURS
from funnelsim.deals import Deals
from funnelsim.engines import simulate
from funnelsim.exercises.lesson_12 import QUICK, Exported, a_firm, ages, at, curve, exported
from funnelsim.scenario import Scenario

if TYPE_CHECKING:
    import pandas as pd

SEED, DAYS, LATER = 15, 272, 800
OLD = 120  # days: of that age nearly all who will be won are
BLUE, GREY, VERMILION = COLOURS["advanced"], COLOURS["open"], COLOURS["lost"]
ORANGE = COLOURS["stale"]
PERCENT = alt.Axis(format="%")
SOON, LATER_ON = f"called within {QUICK} hours", "called later"
TODAY, DECIDED, TRUTH = "won ÷ all", "won ÷ decided", "as it turned out"


# --- the firm -------------------------------------------------------------------------------------


@cache
def the_firm() -> Scenario:
    """The truth of the lesson: not to be looked at before part 8."""
    return a_firm(
        name="The kitchen fitters",
        start="2026-10-01",
        horizon=f"{DAYS} days",
        leads_per_day=(4.2, 2.8),
        conversion=0.4,
        winners="48 days",
        losers="62 days",
        silent=0.35,
    )


@cache
def _exported() -> Exported:
    return exported(the_firm(), SEED, "pipedrive", LATER)


def export() -> pd.DataFrame:
    """The firm's deals, as its CRM writes them on the evening of 29 June."""
    return _exported().table.copy()


def by_age(deals: Deals) -> pd.DataFrame:
    """A row a deal: number, channel, month, age, outcome, days to its end, hours to the first call.

    The calls are not in the export; they come from the log of the telephone.
    """
    created = deals.entered.iloc[:, 0]
    return ages(deals, _exported().calls).assign(month=created.dt.strftime("%b %Y"))


def turned_out(deals: Deals) -> pd.DataFrame:
    """The same rows as `by_age`, with the outcome and the days as they turned out: the truth."""
    table = by_age(deals)
    truth = _exported().ends.reindex(table["deal"])
    return table.assign(outcome=truth["ends"].to_numpy(), days=truth["days"].to_numpy())


# --- numbers --------------------------------------------------------------------------------------


def month_by_month(leads: pd.DataFrame) -> pd.DataFrame:
    """Of the leads of each month: how many came, and how many are won, lost and open by now."""
    import pandas as pd

    order = list(dict.fromkeys(leads["month"]))
    table = pd.crosstab(leads["month"], leads["outcome"]).reindex(order)
    table = table.reindex(columns=["won", "lost", "open"], fill_value=0)
    table.insert(0, "came", table.sum(axis=1))
    table[TODAY] = (table["won"] / table["came"]).map("{:.1%}".format)
    return table.rename_axis(index=None, columns=None)


def called(leads: pd.DataFrame, by: list[str] | None = None) -> pd.DataFrame:
    """Of leads old enough, called within `QUICK` hours and later: how many, won, and its s.e."""
    old = leads[leads["age"] >= OLD]
    told = np.where(old["hours"] < QUICK, SOON, LATER_ON)
    group = [told] if by is None else [*(old[name] for name in by), told]
    found = (old["outcome"] == "won").groupby(group).agg(["size", "mean"])
    found.columns = ["leads", "won"]
    error = np.sqrt(found["won"] * (1 - found["won"]) / found["leads"])
    return found.assign(error=error)


def called_told(leads: pd.DataFrame, by: list[str] | None = None) -> pd.DataFrame:
    """The same as one reads it."""
    found = called(leads, by)
    told = [f"{row.won:.1%} ± {row.error:.1%}" for row in found.itertuples()]
    return found[["leads"]].assign(won=told)


def times_as_often(leads: pd.DataFrame) -> float:
    """How many times as often those called soon are won, of leads old enough."""
    won = called(leads)["won"]
    return float(won[SOON] / won[LATER_ON])


def within_channels(leads: pd.DataFrame) -> float:
    """The same within channels: the shares of each, weighted by how many leads came by it."""
    found = called(leads, ["channel"])
    weight = found["leads"].groupby(level=0).sum()
    won = found["won"].unstack()
    return float((won[SOON] * weight).sum() / (won[LATER_ON] * weight).sum())


def all_called_at_once() -> tuple[int, int]:
    """Customers of the leads of these days in the end: as it is, and if all were called at once.

    The same customers in two worlds: the second has an office that is always open and never busy.
    """
    at_once = the_firm().vary({
        "teams.office.reps": 60, "teams.office.open": None, "horizon": f"{LATER} days",
    })  # fmt: skip
    as_it_is = _exported().ends
    leads = simulate(at_once, seed=SEED, progress=False).leads.iloc[: len(as_it_is)]
    return int((as_it_is["ends"] == "won").sum()), int((leads["outcome"] == "customer").sum())


def the_truth(calibration: Calibration, later: pd.DataFrame) -> pd.DataFrame:
    """What the calibration says, between what and what in 19 cases of 20, and what is so."""
    import pandas as pd

    firm, drawn = the_firm(), calibration.draws.table
    row = calibration.report.stages.iloc[0]
    days = later["days"].groupby(later["outcome"]).median()
    rates = {channel.name: channel.leads_per_day for channel in firm.channels}
    said = {
        "conversion": ("overall", row["conversion"], _share(later), "{:.1%}"),
        "winners: half by day": (f"median days in {row.name}", row["median_days"], days["won"],
                                 "{:.0f}"),
        "losers who never say so": (f"silent in {row.name}", row["silent"],
                                    firm.stages[0].silent, "{:.0%}"),
    }  # fmt: skip
    for channel in calibration.scenario.channels:
        said[f"leads a day, {channel.name}"] = (f"leads a day of {channel.name}",
                                                channel.leads_per_day, rates[channel.name],
                                                "{:.1f}")  # fmt: skip
    rows = {}
    for what, (column, value, truth, form) in said.items():
        low, high = drawn[column].quantile([0.025, 0.975])
        rows[what] = {"calibrated": form.format(value),
                      "95 %": f"{form.format(low)} to {form.format(high)}",
                      "the truth": form.format(truth)}  # fmt: skip
    return pd.DataFrame.from_dict(rows, orient="index")


def _share(leads: pd.DataFrame) -> float:
    return float((leads["outcome"] == "won").mean())


# --- pictures -------------------------------------------------------------------------------------


def months(leads: pd.DataFrame, later: pd.DataFrame) -> alt.LayerChart | alt.FacetChart:
    """The conversion by month of arrival: counted in two ways today, and as it turned out."""
    decided = leads[leads["outcome"] != "open"]
    shares = {
        kind: (table["outcome"] == "won").groupby(table["month"]).mean()
        for kind, table in ((TODAY, leads), (DECIDED, decided), (TRUTH, later))
    }
    order = list(dict.fromkeys(leads["month"]))
    rows = [
        {"month": month, "share": float(of[month]), "counted": kind}
        for kind, of in shares.items()
        for month in order
        if month in of
    ]
    scale = alt.Scale(domain=list(shares), range=[BLUE, ORANGE, VERMILION])
    x = alt.X("month:N", sort=order, title="came in", axis=alt.Axis(labelAngle=0))
    y = alt.Y("share:Q", title="won", axis=PERCENT).scale(domainMin=0)
    colour = alt.Color("counted:N", scale=scale, sort=list(shares), legend=alt.Legend(title=None))
    tip: list[str | alt.Tooltip] = ["month:N", "counted:N", alt.Tooltip("share:Q", format=".1%")]
    base = alt.Chart(rows_data(rows)).encode(x=x, y=y, color=colour, tooltip=tip)
    is_truth = alt.datum.counted == TRUTH
    return alt.layer(
        base.transform_filter(~is_truth).mark_line(point=True),
        base.transform_filter(is_truth).mark_circle(size=90, opacity=1),
    ).properties(width=600, height=260, title="The conversion by month, counted in two ways")


def worth_by_age(calibration: Calibration, later: pd.DataFrame) -> alt.LayerChart | alt.FacetChart:
    """How likely a deal that is still open at an age will be won: by the curve, and as it was."""
    seen = calibration.curves[str(calibration.report.stages.index[0])]
    end, rows = float(seen["advanced"].iloc[-1]), []
    for age in range(0, 151, 5):
        then = at(seen, age)
        chance = (end - float(then["advanced"])) / float(then["open"])
        rows.append({"age": age, "chance": chance, "by": "by the curve"})
    for age in range(0, 151, 30):
        still = later[(later["outcome"] == "open") | (later["days"] > age)]
        rows.append({"age": age, "chance": _share(still), "by": TRUTH})
    scale = alt.Scale(domain=["by the curve", TRUTH], range=[BLUE, VERMILION])
    x = alt.X("age:Q", title="still open so many days after it came")
    y = alt.Y("chance:Q", title="will be won", axis=PERCENT).scale(domainMin=0)
    tip: list[str | alt.Tooltip] = ["age:Q", "by:N", alt.Tooltip("chance:Q", format=".1%")]
    colour = alt.Color("by:N", scale=scale, legend=alt.Legend(title=None))
    base = alt.Chart(rows_data(rows)).encode(x=x, y=y, color=colour, tooltip=tip)
    is_truth = alt.datum.by == TRUTH
    return alt.layer(
        base.transform_filter(~is_truth).mark_line(),
        base.transform_filter(is_truth).mark_circle(size=90, opacity=1),
    ).properties(width=600, height=240, title="What an open deal is worth, by its age")


def two_exports(early: Deals, today: Deals) -> alt.LayerChart | alt.FacetChart:
    """The curve of the won as an early export shows it, and as today's does."""
    rows, names = [], []
    for deals in (early, today):
        seen = curve(deals)
        name = f"export of {deals.export_date.day} {deals.export_date:%B %Y}"
        names.append(name)
        some = seen.iloc[np.unique(np.linspace(0, len(seen) - 1, 120).astype(int))]
        days, won = some.index.to_numpy(float), some["won"].to_numpy(float)
        rows += [
            {"days": float(day), "won": float(share), "of": name}
            for day, share in zip(days, won, strict=True)
        ]
    scale = alt.Scale(domain=names, range=[ORANGE, BLUE])
    x = alt.X("days:Q", title="days after the lead came")
    y = alt.Y("won:Q", title="won by then", axis=PERCENT)
    colour = alt.Color("of:N", scale=scale, legend=alt.Legend(title=None))
    lines = alt.Chart(rows_data(rows)).mark_line(interpolate="step-after", strokeWidth=2)
    return alt.layer(lines.encode(x=x, y=y, color=colour)).properties(
        width=600, height=240, title="The same firm, followed for a shorter and a longer time"
    )
