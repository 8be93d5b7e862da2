"""A CRM export goes in, a scenario comes out, with what was used, left out and assumed.

`deals/` reads the export and checks every lead; `estimate` counts, `to_scenario` writes it down,
`sentences` finds the words and `report` shows them. A first, honest form: leads too young to have
been decided are left out rather than modelled, and the cut-off is printed.
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from funnelsim.arguments import a_number
from funnelsim.calibration import sentences
from funnelsim.calibration.estimate import arrivals, channel_odds, product_se, stage_table
from funnelsim.calibration.report import CalibrationReport
from funnelsim.calibration.state_today import state_today
from funnelsim.calibration.to_scenario import loss_reasons, scenario_tables
from funnelsim.deals import Deals, read_deals
from funnelsim.errors import FunnelSimError, nearest
from funnelsim.journal.provenance import Provenance
from funnelsim.pages import page
from funnelsim.scenario import Scenario
from funnelsim.state import State

__all__ = ["Calibration", "CalibrationReport", "calibrate"]


@dataclass(frozen=True)
class Calibration:
    """A scenario that behaves as the export did, and the report on how it was found.

    `overall` is the share of leads that become customers (the product of the stages'
    conversions), `overall_se` its standard error. `state` holds the deals that were open when the
    export was taken: `fs.plan(calibration, ..., initial=calibration.state)`. `provenance` says of
    which file and columns it was made.

    >>> from funnelsim import calibrate, load_crm_deals
    >>> deals = load_crm_deals()
    >>> found = calibrate(deals, created="created", won="won", lost="lost", outcome="outcome")
    >>> 0 < found.overall_se < found.overall < 1, len(found.state.deals) > 0
    (True, True)
    """

    scenario: Scenario
    report: CalibrationReport
    overall: float
    overall_se: float
    state: State
    provenance: Provenance

    @property
    def pilot(self) -> tuple[int, int] | None:
        """Sales and leads of a pilot that is worth as much as `overall` ± `overall_se`.

        After n sales of m leads a plan takes the conversion as Beta(1 + n, 1 + m - n). This is the
        one with the mean and standard error of the calibration, in whole numbers: a pilot goes
        where a calibration does not, into a command. None where no pilot knows so little, and
        where there is no doubt.
        """
        mean, error = self.overall, self.overall_se
        if not (0 < mean < 1 and error > 0):
            return None
        together = mean * (1 - mean) / error**2 - 1
        sales, leads = round(mean * together - 1), round(together - 2)
        return (sales, leads) if 0 < sales <= leads else None

    def __str__(self) -> str:
        return f"{self.scenario.name}\n\n{self.report}"

    def _repr_html_(self) -> str:
        return page("<h2>{{ name }}</h2>", name=self.scenario.name) + self.report._repr_html_()


def calibrate(
    deals: Deals | pd.DataFrame | str | Path,
    *,
    decided_quantile: float = 0.95,
    name: str = "calibrated from an export",
    currency: str | None = None,
    **columns: Any,
) -> Calibration:
    """A scenario from a CRM's export: `deals` as `fs.read_deals` reads them, or what it takes.

    `columns` and all else that `read_deals` takes may be given for a file or a DataFrame: which
    column is created, won, lost, closed, outcome, id, channel, owner, value, reason; stages,
    won_value, lost_value, since, export_date, dayfirst, decimal, encoding, first_stage, goal, ...
    Without them the columns are guessed: `fs.read_deals(...).columns` says how.

    Conversion and time in stage. A visit to a stage counts when it began at least the cut-off
    before the export date. The cut-off is the decided_quantile of the decision times seen, taken
    again among visits at least that old until it no longer grows. conversion = advanced /
    (advanced + lost); where the export marks no losses, advanced / old enough. The standard
    error is the binomial one; where all or none advanced, that of two more of each kind (plus
    four, as in an Agresti-Coull interval), as the binomial one would be 0. Bias: about
    1 - decided_quantile of the counted visits may still be open, so times come out slightly
    short, and a conversion is off by as much as the late ones differ from the others (too high
    where losses are slow to be marked; too low where no losses are marked). Times in stage are
    lognormal with the mean and coefficient of variation seen (below 0.05: constant); they hold
    waiting, handling and deciding together.

    Arrivals: per channel, rate and weekday factors with mean 1. Odds ratios by channel, the same
    at every stage, against the largest channel; the scenario holds the conversions of that
    channel. A channel with too few decisions, or without a finite estimate, keeps 1. Order value:
    mean and coefficient of variation of the won deals.

    The scenario begins so long before the day after the export that the pipeline is full by
    then (warm_up), and ends 90 days after it.

    Raises FunnelSimError for a column that is not there, a date or amount that cannot be read
    (with its row), an empty file, and where no lead is old enough.

    >>> deals = pd.DataFrame({
    ...     "in": ["2026-01-01", "2026-01-02", "2026-01-03", "2026-03-01"],
    ...     "sold": ["2026-01-11", None, "2026-01-08", None]})
    >>> found = calibrate(deals, created="in", won="sold", export_date="2026-03-02")
    >>> found.scenario.stages[0].name, round(found.overall, 2)
    ('Lead', 0.67)
    """
    age = "0.95 is the age at which 95 % of the decisions had been made"
    decided_quantile = a_number("decided_quantile", decided_quantile, 0.5, below=1, way_out=age)
    if isinstance(deals, Deals):
        if columns:
            raise FunnelSimError(
                f"{next(iter(columns))}: these deals have been read already; say it to read_deals"
            )
    else:
        known = inspect.signature(read_deals).parameters
        for unknown in set(columns) - set(known):
            raise FunnelSimError(
                f"{unknown}= is no argument of calibrate; {nearest(unknown, known)}"
            )
        deals = read_deals(deals, currency=currency, **columns)
    return _estimated(deals, decided_quantile, name, currency or deals.currency or "EUR")


def _estimated(deals: Deals, quantile: float, name: str, currency: str) -> Calibration:
    """Scenario and report of an export that has been read."""
    table, used = stage_table(deals, quantile)
    rates, weekdays, days = arrivals(deals)
    odds, baseline = channel_odds(used, list(rates.index))
    table["scenario_conversion"] = baseline
    channels = rates.join(odds)
    worth, worth_notes = _value(deals)
    reasons = {s: loss_reasons(v) for s, v in used.items()}
    tables = scenario_tables(deals, table, channels, weekdays, worth, reasons)
    report = CalibrationReport(
        reading=sentences.reading(deals, days),
        left_out=deals.left_out,
        problems=deals.problems,
        rule=sentences.rule(deals, quantile, channels),
        stages=table,
        channels=channels,
        weekdays=weekdays,
        value=worth,
        reasons=_reason_table(reasons),
        assumptions=sentences.assumptions(not worth.empty, deals, days),
        notes=(*deals.notes, *worth_notes, *sentences.warnings(table, worth, deals, days)),
    )
    scenario = Scenario(name=name, currency=currency, **tables)
    return Calibration(
        scenario=scenario,
        report=report,
        overall=float(table["conversion"].prod()),
        overall_se=product_se(list(table["conversion"]), list(table["se"])),
        state=state_today(deals, table),
        provenance=Provenance("calibration", scenario, None, _asked(deals, quantile)),
    )


def _asked(deals: Deals, quantile: float) -> dict[str, Any]:
    """Which export it was and how it was read, guesses included: enough to do the same again."""
    return {"deals": deals.source, **deals.arguments, "decided_quantile": quantile}


def _reason_table(reasons: Mapping[str, Mapping[str, int]]) -> pd.DataFrame:
    table = pd.DataFrame({s: pd.Series(r, dtype=float) for s, r in reasons.items() if r})
    counts = table.reindex(table.sum(axis=1).sort_values(ascending=False, kind="stable").index)
    return counts.fillna(0).astype(int).rename_axis("reason")


def _value(deals: Deals) -> tuple[pd.DataFrame, list[str]]:
    """Count, mean and coefficient of variation of the won deals' values; notes on the rest."""
    won = deals.leads[deals.leads["outcome"] == "won"]
    if deals.leads["value"].isna().all():
        return pd.DataFrame(), []
    notes, worth = [], won["value"].dropna()
    if len(worth) < len(won):
        notes.append(f"value: {len(won) - len(worth):,} of {len(won):,} won deals have none")
    if (worth < 0).any():
        notes.append(f"value: {int((worth < 0).sum()):,} won deals below 0 are left out")
        worth = worth[worth >= 0]
    if (worth == 0).any():
        notes.append(f"value: {int((worth == 0).sum()):,} won deals are worth 0, and counted")
    if worth.empty or worth.mean() <= 0:
        return pd.DataFrame(), [*notes, "value: no won deal has one; the scenario has no order"]
    spread = float(worth.std(ddof=1)) if len(worth) > 1 else 0.0
    row = {
        "deals": len(worth),
        "mean": float(worth.mean()),
        "± s.e.": spread / len(worth) ** 0.5,
        "cv": spread / float(worth.mean()),
    }
    return pd.DataFrame([row], index=pd.Index(["won deals"], name="value of")), notes
