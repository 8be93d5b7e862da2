"""A simulated stretch beside what the export shows: the same quantities, counted alike.

Counting leads that arrived in the stretch would compare old leads with young ones. So what is
counted is what *happened* in it: leads that came in, decisions that were made, deals that were
won. With the pipeline full at its beginning (the scenario's warm-up) their expected shares are
those of the old enough leads of the export.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import pairwise

import numpy as np
import pandas as pd

from funnelsim.calibration.estimate import product_se
from funnelsim.calibration.report import CalibrationReport
from funnelsim.distributions import DAY
from funnelsim.journal import Journal

COLUMNS = ["quantity", "kind", "export", "se", "simulated", "low", "high"]


def beside_export(report: CalibrationReport, journal: Journal) -> pd.DataFrame:
    """One row per quantity (COLUMNS): the export's figure and its standard error, the simulated
    one, and from where to where one simulated stretch lies in 19 cases of 20.

    That range is two standard errors of the stretch itself around the export's figure, which the
    scenario holds as its truth. It says how much one stretch differs from the next; it does not
    say how far off the export's figure may be: that is `se`.
    """
    s = journal.scenario
    begin, end = s.warm_up / DAY, s.horizon / DAY

    def within(times: pd.Series) -> pd.Series:
        return (times >= begin) & (times < end)

    visits = journal.stage_visits[within(journal.stage_visits["decided"])]
    sold = journal.leads[journal.leads["outcome"] == "customer"]
    came = int(within(journal.leads["arrived"]).sum())
    rows = [
        _leads(report, came, end - begin),
        *_stages(report, visits, [stage.name for stage in s.stages]),
        *_sales(report, sold[within(sold["decided"])], end - begin),
    ]
    table = pd.DataFrame(rows, columns=["quantity", "kind", "export", "se", "simulated", "own"])
    table["low"] = (table["export"] - 2 * table["own"]).clip(lower=0)
    table["high"] = table["export"] + 2 * table["own"]
    return table[COLUMNS]


Row = tuple[str, str, float, float, float, float]  # ..., simulated, the stretch's own s.e.


def _arrivals(report: CalibrationReport) -> tuple[float, float]:
    """Leads a day of all channels, and the standard error."""
    channels = report.channels
    return float(channels["leads_per_day"].sum()), float(np.hypot.reduce(channels["se"]))


def _leads(report: CalibrationReport, came: int, days: float) -> Row:
    rate, se = _arrivals(report)
    return f"leads in {days:.0f} days", "count", days * rate, days * se, came, (days * rate) ** 0.5


def _stages(report: CalibrationReport, visits: pd.DataFrame, names: list[str]) -> Iterator[Row]:
    """Conversion and mean time of each stage, of the visits that were decided."""
    times = []
    for stage, following in pairwise(names):
        row = report.stages.loc[stage]
        seen = visits[visits["stage"] == stage]
        count = len(seen) or math.nan
        p, share = float(row["conversion"]), float((seen["outcome"] == "advanced").mean())
        own = math.sqrt(p * (1 - p) / count)
        yield f"{stage} to {following}, of decided", "share", p, float(row["se"]), share, own
        decided = float(row["old_enough"] if row["lost"] else row["advanced"]) or math.nan
        mean, spread = float(row["mean_days"]), float(row["mean_days"] * row["cv"])
        took = float((seen["decided"] - seen["entered"]).mean())
        se, own = spread / math.sqrt(decided), spread / math.sqrt(count)
        times.append((f"mean time in {stage}", "days", mean, se, took, own))
    yield from times


def _sales(report: CalibrationReport, placed: pd.DataFrame, days: float) -> Iterator[Row]:
    """Deals won and what they are worth; leads, stages and values vary independently."""
    (rate, rate_se), stages = _arrivals(report), report.stages
    won = days * rate * float(stages["conversion"].prod())
    won_se = days * product_se([rate, *stages["conversion"]], [rate_se, *stages["se"]])
    yield f"deals won in {days:.0f} days", "count", won, won_se, len(placed), won**0.5
    if report.value.empty:
        return
    mean, se, cv = (float(report.value[c].iloc[0]) for c in ("mean", "± s.e.", "cv"))
    values = placed["deal_value"]
    own = mean * cv / math.sqrt(len(values) or math.nan)
    yield "value of a won deal", "money", mean, se, float(values.mean()), own
    own = math.sqrt(won * mean**2 * (1 + cv**2))  # a compound Poisson sum
    money, money_se = won * mean, product_se([won, mean], [won_se, se])
    yield f"revenue in {days:.0f} days", "money", money, money_se, float(values.sum()), own


def in_words(table: pd.DataFrame) -> list[str]:
    """Why the two columns differ, and which quantity lies outside of what chance allows."""
    words = [
        "The export's column holds the mean of its whole stretch, and the shares and times of its "
        "old enough leads; the simulated column is one stretch of the same length after the "
        "export, with the pipeline full.",
        "The usual range is where 19 of 20 such stretches lie if the export's figures are the "
        "truth, as the scenario takes them to be. How far off they may be themselves is the "
        "column ± s.e.; the range does not hold that.",
        "Both count what happened (leads in, decisions, deals won). The funnel table counts the "
        "leads that came in during the stretch instead, and some of those are still open.",
    ]
    outside = table[(table["simulated"] < table["low"]) | (table["simulated"] > table["high"])]
    if outside.empty:
        words.append("Every quantity lies within its usual range.")
    else:
        words.append(
            f"Outside its usual range: {', '.join(outside['quantity'])}. Of {len(table)} "
            f"quantities, chance alone puts about {len(table) * 0.05:.1f} outside."
        )
    return words
