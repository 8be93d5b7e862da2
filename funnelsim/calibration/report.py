"""What a calibration used, left out, found and assumed: text for a console, tables for a page."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from textwrap import wrap

import pandas as pd

from funnelsim.tables import as_text, figure_text, sections_as_html

RULE = (
    "A stage's conversion comes from the visits old enough to have been decided: those that "
    "began at least the cut-off before the export date. The cut-off starts from the "
    "{quantile:.0f} % quantile of the decision times seen and grows until it is no shorter than "
    "that quantile among the visits at least that old."
)
WITH_LOSSES = (
    "conversion = advanced / (advanced + lost) of the old enough; those still open are not "
    "counted. If lost leads take longer than won ones, it is a little too high."
)
BY_CHANNEL = (
    "Column scenario is what the scenario holds: the conversion of leads with odds ratio "
    "1. Together with the odds ratios of the channels it gives the conversion of all."
)
WITHOUT_LOSSES = (
    "The export marks no losses: conversion = advanced / old enough; who is old enough and has "
    "not advanced counts as not converted. Those who will advance later still make it a little "
    "too low."
)


@dataclass(frozen=True)
class CalibrationReport:
    """The pieces of the report: `print(report)` shows all of them.

    `reading` (lines), `left_out`, `problems`, `stages`, `channels`, `weekdays`, `value`, `reasons`,
    `assumptions` (DataFrames), `rule` and `notes` (lines).
    """

    reading: tuple[str, ...]
    left_out: pd.DataFrame
    rule: tuple[str, ...]
    stages: pd.DataFrame
    channels: pd.DataFrame
    weekdays: pd.DataFrame
    value: pd.DataFrame
    reasons: pd.DataFrame
    assumptions: pd.DataFrame
    notes: tuple[str, ...]
    problems: pd.DataFrame = field(default_factory=pd.DataFrame)

    def sections(self) -> Iterator[tuple[str, tuple[str, ...], pd.DataFrame | None]]:
        """(title, lines, table) in the order of reading; the tables hold text, ready to print."""
        yield "What was read", self.reading, None
        if not self.left_out.empty:
            yield "Left out", (), self.left_out
        if not self.problems.empty:
            yield "Cells that were no good", (), self.problems.head(30)
        yield "Conversion and time in stage", self.rule, stages_as_text(self.stages)
        yield "Arrivals", (), channels_as_text(self.channels)
        yield "Weekday factors (leads of that weekday / mean)", (), _rounded(self.weekdays, 2)
        if not self.value.empty:
            yield "Value of won deals", (), _rounded(self.value, 2)
        if not self.reasons.empty:
            yield "Why leads were lost (old enough visits)", (), self.reasons.reset_index()
        yield "Assumed: the export cannot say", (), self.assumptions
        if self.notes:
            yield "Mind", self.notes, None

    def __str__(self) -> str:
        parts = []
        for title, lines, table in self.sections():
            wrapped = [line for text in lines for line in wrap(text, 96)]
            body = as_text(table).splitlines() if table is not None else []
            parts.append("\n".join([title, "-" * len(title), *wrapped, *body]))
        return "\n\n".join(parts)

    def _repr_html_(self) -> str:
        return sections_as_html(self.sections())


def stages_as_text(stages: pd.DataFrame) -> pd.DataFrame:
    """The stage table as one reads it: counts, percentages with their standard error, days."""

    def percent(share: float) -> str:
        return figure_text(share, "share")

    counts = stages[["entered", "too_young", "old_enough", "advanced", "lost", "still_open"]]
    table = counts.map("{:,.0f}".format).rename(columns=lambda c: c.replace("_", " "))
    table["conversion"] = stages["conversion"].map(percent)
    table["± s.e."] = stages["se"].map(percent)
    table["scenario"] = stages["scenario_conversion"].map(percent)
    table["cut-off, days"] = stages["cut_off_days"].map("{:,.1f}".format)
    table["mean days"] = stages["mean_days"].map("{:,.2f}".format)
    table["cv"] = stages["cv"].map("{:.2f}".format)
    return table.reset_index()


def channels_as_text(channels: pd.DataFrame) -> pd.DataFrame:
    """Leads, rate and odds ratio of each channel, with standard errors (of the odds: factor)."""
    table = pd.DataFrame(index=channels.index)
    table["leads"] = channels["leads"].map("{:,.0f}".format)
    table["a day"] = channels["leads_per_day"].map("{:.2f}".format)
    table["± s.e."] = channels["se"].map("{:.2f}".format)
    table["odds ratio"] = channels["odds_ratio"].map("{:.2f}".format)
    spread = channels["se_of_log"].map(lambda e: "" if pd.isna(e) else f"× or ÷ {math.exp(e):.2f}")
    table["one s.e."] = spread
    table["note"] = channels["note"]
    return table.reset_index()


def _rounded(table: pd.DataFrame, places: int) -> pd.DataFrame:
    return table.map(lambda v: f"{v:,.{places}f}" if isinstance(v, float) else v).reset_index()
