"""A simulated stretch beside what the export shows: the same quantities, counted alike.

Counting leads that arrived in the stretch would compare old leads with young ones. So what is
counted is what *happened* in it: leads that came in, decisions that were made, deals that were
won. With the pipeline full at its beginning (the scenario's warm-up) their expected shares are
those of the old enough leads of the export.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np
import pandas as pd

from funnelsim.calibration.report import CalibrationReport
from funnelsim.distributions import DAY, DurationDistribution
from funnelsim.journal import Journal
from funnelsim.scenario import Stage

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
        *_stages(report, visits, s.stages),
        *_sales(report, sold[within(sold["decided"])], end - begin),
    ]
    table = pd.DataFrame(rows, columns=["quantity", "kind", "export", "se", "simulated", "own"])
    table["low"] = (table["export"] - 2 * table["own"]).clip(lower=0)
    table["high"] = table["export"] + 2 * table["own"]
    return table[COLUMNS]


def product_se(values: Sequence[float], errors: Sequence[float]) -> float:
    """The standard error of a product of independent estimates (delta method); also of 0.

    >>> product_se([0.5, 0.0], [0.1, 0.08])
    0.04
    """
    others = [np.prod([*values[:i], *values[i + 1 :]]) for i in range(len(values))]
    return float(np.hypot.reduce([o * e for o, e in zip(others, errors, strict=True)]))


Row = tuple[str, str, float, float, float, float]  # ..., simulated, the stretch's own s.e.


def _arrivals(report: CalibrationReport) -> tuple[float, float]:
    """Leads a day of all channels, and the standard error."""
    channels = report.channels
    return float(channels["leads_per_day"].sum()), float(np.hypot.reduce(channels["se"]))


def _leads(report: CalibrationReport, came: int, days: float) -> Row:
    rate, se = _arrivals(report)
    return f"leads in {days:.0f} days", "count", days * rate, days * se, came, (days * rate) ** 0.5


def _stages(
    report: CalibrationReport, visits: pd.DataFrame, stages: tuple[Stage, ...]
) -> Iterator[Row]:
    """Of each stage the share that advanced of those decided, and the median of its time."""
    times = []
    for stage, following in pairwise(stages):
        row = report.stages.loc[stage.name]
        seen = visits[visits["stage"] == stage.name]
        p, told = float(row["conversion"]), 1 - float(row["silent"])
        share = p / max(p + (1 - p) * told, 1e-12)  # who never says no is not among the decided
        went = float((seen["outcome"] == "advanced").mean())
        own = math.sqrt(share * (1 - share) / (len(seen) or math.nan))
        se = float(row["se"]) * told / max(p + (1 - p) * told, 1e-12) ** 2
        yield f"{stage.name} to {following.name}, of decided", "share", share, se, went, own
        took = (seen["decided"] - seen["entered"])[seen["outcome"] == "advanced"]
        median, count = float(row["median_days"]), len(took) or math.nan
        steep = _density_at_median(stage.decision_time)
        seen_own, own = (1 / (2 * steep * math.sqrt(n)) for n in (max(row["advanced"], 1), count))
        times.append((f"median time to {following.name}", "days", median, seen_own,
                      float(took.median()), own))  # fmt: skip
    yield from times


def _density_at_median(time: DurationDistribution) -> float:
    """A day; endless where the time is the same for all."""
    low, high = time.ppf(np.array([0.45, 0.55])) / DAY
    return 0.1 / (high - low) if high > low else math.inf


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
