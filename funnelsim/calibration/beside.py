"""A simulated stretch beside what the export shows: the same quantities, counted alike.

Counting leads that arrived in the stretch would compare old leads with young ones. So what is
counted is what *happened* in it: leads that came in, decisions that were made, deals that were
won. With the pipeline full at its beginning (the scenario's warm-up) their expected shares are
those of the old enough leads of the export.
"""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pandas as pd

from funnelsim.calibration.report import CalibrationReport
from funnelsim.distributions import DAY
from funnelsim.journal import Journal

COLUMNS = ["quantity", "kind", "export", "se", "simulated", "low", "high"]


def beside_export(report: CalibrationReport, journal: Journal) -> pd.DataFrame:
    """One row per quantity (COLUMNS): the export's figure and its standard error, the simulated
    one, and from where to where one simulated stretch lies in 19 cases of 20 if the export's
    figure is right (two standard errors of both, added as squares)."""
    s = journal.scenario
    begin, end = s.warm_up / DAY, s.horizon / DAY
    days = end - begin
    rows: list[tuple[str, str, float, float, float, float]] = []  # ..., simulated, its own s.e.

    rate = float(report.channels["leads_per_day"].sum())
    rate_se = math.sqrt(float((report.channels["se"] ** 2).sum()))
    arrived = journal.leads["arrived"]
    leads, came = days * rate, int(((arrived >= begin) & (arrived < end)).sum())
    rows.append((f"leads in {days:.0f} days", "count", leads, days * rate_se, came, leads**0.5))

    visits = journal.stage_visits
    visits = visits[(visits["decided"] >= begin) & (visits["decided"] < end)]
    overall, overall_simulated, relative = 1.0, 1.0, 0.0
    names = [stage.name for stage in s.stages]
    for stage, following in pairwise(names):
        row = report.stages.loc[stage]
        seen = visits[visits["stage"] == stage]
        p, se = float(row["conversion"]), float(row["se"])
        share = float((seen["outcome"] == "advanced").mean()) if len(seen) else math.nan
        own = math.sqrt(p * (1 - p) / len(seen)) if len(seen) else math.nan
        rows.append((f"{stage} to {following}, of decided", "share", p, se, share, own))
        overall, overall_simulated = overall * p, overall_simulated * share
        relative += (se / p) ** 2 if p > 0 else 0.0
    overall_se = overall * math.sqrt(relative)
    for stage in names[:-1]:
        row = report.stages.loc[stage]
        seen = visits[visits["stage"] == stage]
        times = seen["decided"] - seen["entered"]
        n = float(row["old_enough"] if row["lost"] else row["advanced"])
        mean, spread = float(row["mean_days"]), float(row["mean_days"] * row["cv"])
        own = spread / math.sqrt(len(seen)) if len(seen) else math.nan
        se = spread / math.sqrt(n) if n else math.nan
        rows.append((f"mean time in {stage}", "days", mean, se, float(times.mean()), own))

    won = leads * overall
    won_se = won * math.hypot(rate_se / rate if rate else 0, overall_se / overall if overall else 0)
    sold = journal.leads[journal.leads["outcome"] == "customer"]
    placed = sold[(sold["decided"] >= begin) & (sold["decided"] < end)]
    rows.append((f"deals won in {days:.0f} days", "count", won, won_se, len(placed), won**0.5))
    if not report.value.empty:
        mean, cv = float(report.value["mean"].iloc[0]), float(report.value["cv"].iloc[0])
        se = float(report.value["± s.e."].iloc[0])
        values = placed["deal_value"]
        own = mean * cv / math.sqrt(len(values)) if len(values) else math.nan
        rows.append(("value of a won deal", "money", mean, se, float(values.mean()), own))
        money = won * mean
        money_se = money * math.hypot(won_se / won if won else 0, se / mean)
        own = math.sqrt(won * mean**2 * (1 + cv**2))  # a compound Poisson sum
        name = f"revenue in {days:.0f} days"
        rows.append((name, "money", money, money_se, float(values.sum()), own))
    table = pd.DataFrame(rows, columns=["quantity", "kind", "export", "se", "simulated", "own"])
    reach = 2 * np.hypot(table["se"], table["own"])
    table["low"] = (table["export"] - reach).clip(lower=0)
    table["high"] = table["export"] + reach
    return table[COLUMNS]


def in_words(table: pd.DataFrame) -> list[str]:
    """Why the two columns differ, and which quantity lies outside of what chance allows."""
    words = [
        "The export's column holds the mean of its whole stretch, and the shares and times of its "
        "old enough leads; the simulated column is one stretch of the same length after the "
        "export, with the pipeline full. They differ by chance; the usual range says by how much.",
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
