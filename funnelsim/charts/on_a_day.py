"""What changes when: each change of a scenario as a bar on the calendar, with its ramp.

The words are those of `what_changes`; how far a change acts at a moment is `Change.weight`.
"""

from __future__ import annotations

from datetime import timedelta

import altair as alt
import numpy as np

from funnelsim.charts.made_with import says_how_made
from funnelsim.charts.parts import DATES, rows_data, sentence
from funnelsim.charts.rows import Rows, milliseconds
from funnelsim.charts.theme import COLOURS, baseline_colour
from funnelsim.distributions import DAY
from funnelsim.scenario import Change, Scenario, a_scenario
from funnelsim.what_changes import changes_text, on_calendar

Drawn = alt.LayerChart | alt.FacetChart
HEIGHT = 46  # of a row: the words, and below them the bar
TOP, BOTTOM = 0.5, 0.92  # of the bar, in a row of height 1
NO_CHANGE = "Nothing changes on a day: this scenario has no [[changes]]."


@says_how_made
def changes(scenario: Scenario) -> alt.TopLevelMixin:
    """What changes when: a bar for each change of the scenario, from when it begins to its end.

    The pale bar is as long as the change lasts; the blue in it is as high as its odds ratios (of
    reps: what they have learnt) act by then, so a ramp is a slope, which ends after the bar. A
    dashed line is the end of the warm-up. Raises FunnelSimError for what is no scenario.

    >>> import funnelsim as fs
    >>> fs.charts.changes(fs.load("hiring")).title
    'What changes when in Hiring'
    """
    s = a_scenario(scenario, "charts.changes")
    title = f"What changes when in {s.name}"
    if not s.changes:
        return sentence(title, NO_CHANGE)
    bars, slopes = change_rows(s)
    chart = changes_chart(rows_data(bars), rows_data(slopes), len(s.changes), *_run(s))
    if s.warm_up:
        day = alt.Chart(rows_data([{"at": _when(s, s.warm_up)}]))
        chart += day.mark_rule(strokeDash=[5, 3], color=COLOURS["band"]).encode(
            x=alt.X("at:T", axis=DATES, title=None)
        )
    return chart.properties(width=600, height=HEIGHT * len(s.changes), title=title)


def changes_chart(
    bars: alt.Data, slopes: alt.Data, count: int, begin: str, end: str
) -> alt.LayerChart:
    """Rows of `change_rows`, drawn over the days of a run."""
    x = alt.X("from:T", title=None, axis=DATES).scale(type="utc", domain=[begin, end], nice=False)
    y = alt.Y("low:Q", axis=None).scale(domain=[count, 0], nice=False, zero=False)
    told = [
        alt.Tooltip(f"{name}:N", title=head)
        for name, head in (("change", "Change"), ("begins", "From"), ("ends", "To"),
                           ("ramp", "Ramp"), ("says", "What is different"), ("cost", "It costs"))
    ]  # fmt: skip
    drawn = alt.Chart(bars)
    whole = drawn.mark_rect(color=COLOURS["open"], opacity=0.35).encode(
        x=x, x2="until:T", y=y, y2="high:Q", tooltip=told
    )
    acts = (
        alt.Chart(slopes)
        .mark_area(color=COLOURS["advanced"], opacity=0.85, clip=True)
        .encode(
            x=alt.X("when:T", axis=DATES, title=None),
            y=alt.Y("base:Q", axis=None),
            y2="acts:Q",
            detail="change:N",
        )
    )
    words = drawn.mark_text(
        align="left", baseline="bottom", dy=-3, limit=alt.ExprRef("width")
    ).encode(x=alt.XValue(2), y=y, text="text:N")
    found: alt.LayerChart = whole + acts + words
    return found


def with_changes(chart: alt.LayerChart | alt.FacetChart, bars: alt.Data, dark: bool) -> Drawn:
    """A chart over the days of a run, with the times of changes, rows of `time_rows`, in it.

    A stripe on its axis and two thin lines, so that what lies between can still be read.
    """
    if isinstance(chart, alt.FacetChart):
        return chart
    colour = baseline_colour(dark)
    of = alt.Chart(bars)
    x = alt.X("from:T", title=None)
    told = [alt.Tooltip(f"{name}:N") for name in ("change", "begins", "ends", "says")]
    stripe = of.mark_rule(color=colour, strokeWidth=6, opacity=0.7, clip=True).encode(
        x=x, x2="until:T", y=alt.value("height"), tooltip=told
    )
    ends = [
        of.mark_rule(color=colour, strokeDash=[2, 3], opacity=0.7, clip=True).encode(x=f"{end}:T")
        for end in ("from", "until")
    ]
    return alt.layer(chart, stripe, *ends)


def time_rows(s: Scenario) -> Rows:
    """When each change acts within the run, as Vega counts time, and in words."""
    told = changes_text(s).to_dict("records")
    within = [
        (np.clip([change.from_, change.until], 0, s.horizon), words)
        for change, words in zip(s.changes, told, strict=True)
    ]
    return [
        {"change": words["change"], "from": begins, "until": ends, "begins": words["from"],
         "ends": words["to"], "says": words["what is different"]}
        for times, words in within
        for begins, ends in [milliseconds(s, times)]
        if begins < ends
    ]  # fmt: skip


def change_rows(s: Scenario) -> tuple[Rows, Rows]:
    """The bars, a row for each change; and how far it acts, at the corners of its slopes."""
    bars: Rows = []
    slopes: Rows = []
    both = zip(s.changes, changes_text(s).to_dict("records"), strict=True)
    for place, (change, told) in enumerate(both):
        text = f"{change.name}: {told['what is different']}"
        if change.until <= 0 or change.from_ >= s.horizon:
            text += " (not in these days)"
        bars.append(
            {
                "change": change.name,
                "from": _when(s, change.from_),
                "until": _when(s, change.until),
                "low": place + TOP,
                "high": place + BOTTOM,
                "text": text,
                "begins": told["from"],
                "ends": told["to"],
                "ramp": f"{change.ramp / DAY:g} days" if change.ramp else "none",
                "says": told["what is different"],
                "cost": told["it costs"],
            }
        )
        base = place + BOTTOM
        slopes += [
            {
                "change": change.name,
                "when": _when(s, at),
                "base": base,
                "acts": base - _acts(change, at) * (BOTTOM - TOP),
            }
            for at in _corners(change, s.horizon)
        ]
    return bars, slopes


def _slope(change: Change) -> tuple[int, int]:
    """How long it takes to act in full, and how long to fade after its end.

    Reps who have left have no skill; and all but odds and skill begins and ends at once.
    """
    moves_odds = change.odds_ratio not in (1.0, {}) or change.repeat_odds_ratio != 1
    fades = change.ramp if moves_odds else 0
    return (change.ramp if moves_odds or change.skill != 1 else 0), fades


def _acts(change: Change, at: int) -> float:
    """How far it acts at a moment, from 0 to 1: `Change.weight`, where odds move."""
    rises, fades = _slope(change)
    if fades or not rises:
        return float(change.weight(at)) if fades else float(change.acts(at))
    return min((at - change.from_) / rises, 1.0) if change.acts(at) else 0.0


def _corners(change: Change, horizon: int) -> list[int]:
    """Moments between which that is a straight line, within the run."""
    moments = {0, horizon}
    for end, slope in zip((change.from_, change.until), _slope(change), strict=True):
        moments |= {end - 1, end, end + slope}
    return sorted(at for at in moments if 0 <= at <= horizon)


def _run(s: Scenario) -> tuple[str, str]:
    return _when(s, 0), _when(s, s.horizon)


def _when(s: Scenario, moment: int) -> str:
    """A moment of the run as Vega reads it; one outside is at its edge."""
    at = on_calendar(s, 0) + timedelta(microseconds=min(max(moment, 0), s.horizon))
    return f"{at.isoformat(timespec='milliseconds')}Z"
