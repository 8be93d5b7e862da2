"""What a calibration used, left out, found and assumed: text for a console, tables for a page."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from textwrap import wrap

import pandas as pd

from funnelsim.calibration.team import Team
from funnelsim.tables import as_text, figure_text, sections_as_html

RULE = (
    "At each stage a lead advances with some probability, after a winners' time; else it is lost "
    "after a losers' time, or never says so. All that entered count, those still open by their "
    "age. Weibull, lognormal and log-logistic times are fitted (maximum likelihood) and weighed "
    "(Akaike)."
)
ERRORS = (
    "± s.e. and the 95 % interval come from {draws:,} resamples of the weeks in which leads came, "
    "each with the family that fits it."
)
MARKED = "Losses are marked at {stages}: all who do not advance are lost some day."
PARTLY = (
    "Losses are marked in part: at {stages} some who do not advance never say so (column never "
    "says no, of them), as the old open ones show."
)
UNMARKED = (
    "The export marks no losses: who does not advance stays open, and the older a lead, the "
    "likelier it is one of them."
)
TOO_SHORT = (
    "The follow-up is too short at {stages} (test of Maller and Zhou): later ones may still "
    "advance than any seen so far, so the interval spans the families of times that the data do "
    "not rule out. Still to come: {to_come}."
)
BY_CHANNEL = (
    "Column scenario is what the scenario holds: the conversion of leads with odds ratio "
    "1. Together with the odds ratios of the channels it gives the conversion of all."
)
DAYS = (1, 7, 30, 90, 180, 365)  # of the curves, in a report
CURVES = (
    "As the export shows it, without any model: whoever is still open counts as long as it was "
    "followed (Aalen-Johansen)."
)
OWNERS = (
    "What goes with an owner need not come from the owner: leads are not handed out by lot, and "
    "who was never contacted has none."
)


@dataclass(frozen=True)
class CalibrationReport:
    """The pieces of the report: `print(report)` shows all of them.

    `reading` (lines), `left_out`, `problems`, `stages`, `channels`, `weekdays`, `value`, `reasons`,
    `assumptions`, `owners` (DataFrames), `rule` and `notes` (lines), `team` (where asked for) and
    `curves` (a DataFrame for each stage, without any model).
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
    owners: pd.DataFrame = field(default_factory=pd.DataFrame)
    team: Team | None = None
    curves: dict[str, pd.DataFrame] = field(default_factory=dict, repr=False)

    def sections(self) -> Iterator[tuple[str, tuple[str, ...], pd.DataFrame | None]]:
        """(title, lines, table) in the order of reading; the tables hold text, ready to print."""
        yield "What was read", self.reading, None
        if not self.left_out.empty:
            yield "Left out", (), self.left_out
        if not self.problems.empty:
            yield "Cells that were no good", (), self.problems.head(30)
        yield "Conversion and time in stage", self.rule, conversions_as_text(self.stages)
        yield "Days from entering a stage to either fate", (), times_as_text(self.stages)
        if self.curves:
            yield "Which share had which fate, by day", (
                *curve_sentences(self.curves), CURVES,
            ), curves_as_text(self.curves)  # fmt: skip
        if self.team is not None:
            yield from self.team.sections()
        yield "Arrivals", (), channels_as_text(self.channels)
        yield "Weekday factors (leads of that weekday / mean)", (), _rounded(self.weekdays, 2)
        if not self.value.empty:
            yield "Value of won deals", (), _rounded(self.value, 2)
        if not self.reasons.empty:
            yield "Why leads were lost", (), self.reasons.reset_index()
        if not self.owners.empty:
            yield "Owners: what goes with them", (OWNERS,), owners_as_text(self.owners)
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


def conversions_as_text(stages: pd.DataFrame) -> pd.DataFrame:
    """The stage table as one reads it: counts, percentages with their standard error."""
    counts = stages[["entered", "advanced", "lost", "still_open"]]
    table = counts.map("{:,.0f}".format).rename(columns=lambda c: c.replace("_", " "))
    table["conversion"] = stages["conversion"].map(_percent)
    table["± s.e."] = stages["se"].map(_percent)
    table["95 %"] = [f"{_percent(row.low)} to {_percent(row.high)}" for row in stages.itertuples()]
    table["scenario"] = stages["scenario_conversion"].map(_percent)
    table["still to come"] = stages["to_come"].map(_percent)
    return table.reset_index()


def curve_sentences(curves: dict[str, pd.DataFrame]) -> tuple[str, ...]:
    """Of each stage by which day half of those who advance had done so, and what was left open."""
    lines = []
    for stage, curve in curves.items():
        advanced = curve["advanced"]
        half = float(curve.index[advanced >= advanced.iloc[-1] / 2][0])
        end, row = float(curve.index[-1]), curve.iloc[-1]
        shares = {fate: _percent(float(row[fate])) for fate in ("advanced", "lost", "open")}
        lines.append(
            f"{stage}: by day {end:,.3g}, {shares['advanced']} had advanced (half of them by day "
            f"{half:,.3g}), {shares['lost']} had been lost, {shares['open']} were open."
        )
    return tuple(lines)


def curves_as_text(curves: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """The shares that had advanced, been lost and were open at some ages, of each stage."""
    rows = []
    for stage, curve in curves.items():
        last = float(curve.index[-1])
        for day in sorted({min(day, last) for day in DAYS}):
            row = curve[curve.index <= day].iloc[-1]
            shares = {fate: _percent(float(row[fate])) for fate in ("advanced", "lost", "open")}
            rows.append({"stage": stage, "by day": f"{day:,.3g}", **shares})
    return pd.DataFrame(rows)


def times_as_text(stages: pd.DataFrame) -> pd.DataFrame:
    """The medians of both times, how many never say no, and what the times rest on."""
    table = pd.DataFrame(index=stages.index)
    table["median, advanced"] = stages["median_days"].map("{:,.1f}".format)
    lost = stages["median_days_lost"]
    table["median, lost"] = ["" if pd.isna(days) else f"{days:,.1f}" for days in lost]
    table["never says no"] = stages["silent"].map(_percent)
    table["losses"] = stages["losses"]
    table["follow-up"] = stages["follow_up"]
    table["times"] = stages["times"]
    return table.reset_index()


def _percent(share: float) -> str:
    return figure_text(share, "share")


def channels_as_text(channels: pd.DataFrame) -> pd.DataFrame:
    """Leads, rate and odds ratio of each channel, with standard errors (of the odds: factor)."""
    table = pd.DataFrame(index=channels.index)
    table["leads"] = channels["leads"].map("{:,.0f}".format)
    table["a day"] = channels["leads_per_day"].map("{:.2f}".format)
    table["± s.e."] = channels["se"].map("{:.2f}".format)
    table["whole"] = channels["whole"].map("{:.2f}".format)
    table["recent"] = channels["recent"].map("{:.2f}".format)
    table["a year"] = [
        "" if pd.isna(row.trend) else f"× {row.trend:.2g}" for row in channels.itertuples()
    ]
    table["variance ÷ mean"] = channels["dispersion"].map("{:.1f}".format)
    return table.join(_odds_as_text(channels)).reset_index()


def owners_as_text(owners: pd.DataFrame) -> pd.DataFrame:
    """Visits, how many advanced, and the odds ratio of each owner, as it is seen and drawn in."""
    table = pd.DataFrame(index=owners.index)
    table["visits"] = owners["visits"].map("{:,.0f}".format)
    table["advanced"] = owners["advanced"].map("{:,.0f}".format)
    return table.join(_odds_as_text(owners)).reset_index()


def _odds_as_text(groups: pd.DataFrame) -> pd.DataFrame:
    table = pd.DataFrame(index=groups.index)
    table["odds ratio"] = groups["odds_ratio"].map("{:.2f}".format)
    spread = groups["se_of_log"].map(lambda e: "" if pd.isna(e) else f"× or ÷ {math.exp(e):.2f}")
    table["one s.e."] = spread
    table["as seen"] = groups["seen"].map("{:.2f}".format)
    return table


def _rounded(table: pd.DataFrame, places: int) -> pd.DataFrame:
    return table.map(lambda v: f"{v:,.{places}f}" if isinstance(v, float) else v).reset_index()
