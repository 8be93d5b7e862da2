"""The chart of a calibration: what became of those who entered a stage, seen and fitted."""

from __future__ import annotations

import altair as alt
import numpy as np
import pandas as pd

from funnelsim.arguments import given
from funnelsim.calibration import Calibration
from funnelsim.charts.made_with import says_how_made
from funnelsim.charts.parts import axis_of, rows_data
from funnelsim.charts.rows import Rows
from funnelsim.charts.theme import colour_scale
from funnelsim.distributions import DAY
from funnelsim.tables import figure_text

FATES = ("advanced", "lost")
POINTS = 80  # of each curve
WIDTH, HEIGHT = 250, 200


@says_how_made
def fates(calibration: Calibration) -> alt.TopLevelMixin:
    """How many had advanced and been lost so many days after entering each stage.

    The steps are what the export shows, whoever was still open counting as long as it was followed
    (Aalen-Johansen); the dashed lines are the two fates that the scenario holds.

    >>> import funnelsim as fs
    >>> found = fs.calibrate(fs.load_crm_deals(), draws=20)
    >>> fs.charts.fates(found).title.text
    'What becomes of those who enter a stage'
    """
    calibration = given(Calibration, calibration, "charts.fates", "fs.calibrate(deals)")
    panels = [_stage(calibration, str(stage)) for stage in calibration.report.stages.index]
    said = "steps: as the export shows it (Aalen-Johansen); dashed: as the scenario holds it"
    return alt.concat(*panels, columns=3, spacing=24).properties(
        title=alt.Title("What becomes of those who enter a stage", subtitle=said)
    )


def _stage(calibration: Calibration, stage: str) -> alt.LayerChart | alt.FacetChart:
    rows = seen_rows(calibration.curves[stage])
    longest = max((float(row["days"]) for row in rows), default=1.0)
    fitted = fitted_rows(calibration, stage, longest)
    x = alt.X("days:Q", title="days after entering", axis=alt.Axis(grid=False))
    y = alt.Y("share:Q", title="of those who entered", axis=axis_of("share"))
    colour = alt.Color("fate:N", scale=colour_scale(*FATES), legend=alt.Legend(title=None))
    tooltip = [alt.Tooltip("fate:N", title="Fate"), alt.Tooltip("told:N", title="So far")]
    steps = alt.Chart(rows_data(rows)).mark_line(interpolate="step-after", strokeWidth=2)
    line = alt.Chart(rows_data(fitted)).mark_line(strokeDash=[4, 3], strokeWidth=1.5)
    subtitle = calibration.report.stages.loc[stage, "times"]
    return alt.layer(
        steps.encode(x=x, y=y, color=colour, tooltip=tooltip),
        line.encode(x=x, y=y, color=colour),
    ).properties(width=WIDTH, height=HEIGHT, title=alt.Title(stage, subtitle=subtitle))


def seen_rows(curve: pd.DataFrame) -> Rows:
    """The steps of both fates, at most POINTS of each."""
    some = curve.iloc[np.unique(np.linspace(0, len(curve) - 1, POINTS).astype(int))]
    return [
        {"days": float(days), "fate": fate, "share": float(row[fate]),
         "told": f"{figure_text(float(row[fate]), 'share')} by day {days:,.3g}"}
        for days, row in some.iterrows()
        for fate in FATES
    ]  # fmt: skip


def fitted_rows(calibration: Calibration, stage: str, longest: float) -> Rows:
    """The same of the two fates, up to the longest time seen."""
    told = calibration.report.stages.loc[stage]
    held = next(one for one in calibration.scenario.stages if one.name == stage)
    days = np.linspace(0, longest, POINTS)
    p = float(told["conversion"])
    shares = {
        "advanced": p * (1 - held.decision_time.sf(days * DAY)),
        "lost": (1 - p) * (1 - held.silent) * (1 - held.time_to_lose.sf(days * DAY)),
    }
    return [
        {"days": float(day), "fate": fate, "share": float(share)}
        for fate, column in shares.items()
        for day, share in zip(days, column, strict=True)
    ]
