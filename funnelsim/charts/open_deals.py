"""Charts of the open deals: their chances, what changed, what they will bring, which are stale.

Each draws what the function of its name in `fs` says, of a journal or of read deals.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import altair as alt
import numpy as np
import pandas as pd

from funnelsim.charts.made_with import says_how_made
from funnelsim.charts.parts import NAMES, rows_data, sentence
from funnelsim.charts.rows import Rows
from funnelsim.charts.theme import COLOURS, OTHER_REASONS
from funnelsim.metrics.judged import ALL as TOGETHER
from funnelsim.metrics.judged import OWN, SEEN, STATED
from funnelsim.metrics.judged import judged_probabilities as judged
from funnelsim.metrics.known import Source, history_of, known_on
from funnelsim.metrics.own import Own
from funnelsim.metrics.pipeline import QUANTILES
from funnelsim.metrics.pipeline import stale_deals as stale
from funnelsim.metrics.pipeline import win_probabilities_by_age as by_age
from funnelsim.metrics.pipeline_changes import pipeline_changes as changes
from funnelsim.metrics.pipeline_forecast import ALL
from funnelsim.metrics.pipeline_forecast import pipeline_forecast as forecast
from funnelsim.scenario import Scenario
from funnelsim.tables import figure_text

POINTS = 60  # of a line
NONE_OPEN = "No deal was open on that day."
NONE_DECIDED = "No deal is decided yet: nothing tells a chance."
PER_CENT = alt.Axis(format="~%", tickCount=5, labelFlush=False)
Layers = alt.LayerChart | alt.FacetChart


@says_how_made
def win_probabilities_by_age(
    journal: Source, day: object = None, *, scenario: Scenario | None = None
) -> alt.TopLevelMixin:
    """How likely a deal is won by how long it has been in its stage, as known on the day.

    A line per stage, with the range of two standard errors; up to the time that 95 % of the winners
    did not need. The numbers are those of `win_probabilities_by_age`.

    >>> import funnelsim as fs
    >>> j = fs.simulate(fs.load("b2b-pipeline"), seed=1, progress=False)
    >>> fs.charts.win_probabilities_by_age(j, day=200).title.text
    'Chance to be won by age, B2B pipeline on day 200 (Fri 23 Jul 2027)'
    """
    known = known_on(journal, day, "charts.win_probabilities_by_age")
    title = f"Chance to be won by age, {known.history.name} on {known.label}"
    rows: Rows = []
    for stage, ends in by_age(journal, day, scenario=scenario).groupby("stage", observed=False):
        last = float(max(ends.index.get_level_values("age_days"), default=0.0))
        ages = np.linspace(0, last, POINTS) if last > 0 else [0.0]
        line = by_age(journal, day, ages=list(ages), scenario=scenario).loc[stage]
        for age, said in line.dropna(subset="win_probability").iterrows():
            won, two = float(said["win_probability"]), 2 * float(said["win_se"])
            low, high = max(won - two, 0.0), min(won + two, 1.0)
            rows.append(
                {"stage": str(stage), "age": float(age), "won": won, "low": low, "high": high,
                 "age_text": figure_text(float(age), "days"), "chance": figure_text(won, "share"),
                 "range": f"{figure_text(low, 'share')} to {figure_text(high, 'share')}"}
            )  # fmt: skip
    if not rows:
        return sentence(title, NONE_DECIDED)
    base = alt.Chart(rows_data(rows)).encode(
        x=alt.X("age:Q", title="days in the stage"),
        color=alt.Color("stage:N", scale=_stage_colours(known.stages)),
        tooltip=[
            alt.Tooltip("stage:N", title="Stage"),
            alt.Tooltip("age_text:N", title="In it for"),
            alt.Tooltip("chance:N", title="Chance to be won"),
            alt.Tooltip("range:N", title="Two standard errors"),
        ],
    )
    y = alt.Y("won:Q", title=None, axis=PER_CENT)
    band = base.mark_area(opacity=0.15).encode(y=alt.Y("low:Q", title=None), y2="high:Q")
    line = base.mark_line(strokeWidth=2.5, interpolate="step-after").encode(y=y)
    subtitle = "of those still undecided after so long; bands are two standard errors"
    return alt.layer(band, line).properties(title=alt.Title(title, subtitle=subtitle))


@says_how_made
def judged_probabilities(
    journal: Source,
    days: Sequence[object] | None = None,
    *,
    scenario: Scenario | None = None,
    own: Own = None,
    groups: int = 5,
    within: float | None = None,
) -> alt.TopLevelMixin:
    """Chances that were said of open deals, and the share that was won: right on the diagonal.

    A point per group of deals, with two standard errors up and down; the firm's `own` beside
    them. The numbers are those of `judged_probabilities`, which says what the arguments are.

    >>> import funnelsim as fs
    >>> j = fs.simulate(fs.load("b2b-pipeline"), seed=1, progress=False)
    >>> fs.charts.judged_probabilities(j).title.text
    'Chances said, and what happened, in B2B pipeline'
    """
    history = history_of(journal, "charts.judged_probabilities")
    table = judged(journal, days, scenario=scenario, own=own, groups=groups, within=within)
    rows: Rows = []
    for (by, group), line in table.iterrows():
        if group == TOGETHER or not line["deals"]:
            continue
        said, happened, two = (float(line[n]) for n in ("said", "happened", "se"))
        low, high = max(happened - 2 * two, 0.0), min(happened + 2 * two, 1.0)
        rows.append(
            {"by": WHOSE[by], "said": said, "happened": happened, "low": low, "high": high,
             "deals": f"{int(line['deals']):,}", "said_text": figure_text(said, "share"),
             "happened_text": figure_text(happened, "share"),
             "range": f"{figure_text(low, 'share')} to {figure_text(high, 'share')}"}
        )  # fmt: skip
    there = [WHOSE[by] for by in dict.fromkeys(table.index.get_level_values("by"))]
    colours = alt.Scale(domain=there, range=[COLOURS["advanced"], COLOURS["stale"]][: len(there)])
    top = min(1.0, 1.1 * max(max(float(row[n]) for n in ("said", "high")) for row in rows))
    scale = alt.Scale(domain=[0, max(top, 0.01)], nice=False)
    base = alt.Chart(rows_data(rows)).encode(
        x=alt.X("said:Q", title="chance said then", axis=PER_CENT, scale=scale),
        color=alt.Color("by:N", scale=colours),
        tooltip=[
            alt.Tooltip("by:N", title="Said by"),
            alt.Tooltip("deals:N", title="Deals"),
            alt.Tooltip("said_text:N", title="Chance said"),
            alt.Tooltip("happened_text:N", title="Won since"),
            alt.Tooltip("range:N", title="Two standard errors"),
        ],
    )
    since = "won since, of those decided" if within is None else f"won within {within:g} days"
    y = alt.Y("happened:Q", title=since, axis=PER_CENT, scale=scale)
    ends = rows_data([{"at": 0.0}, {"at": max(top, 0.01)}])
    right = alt.Chart(ends).mark_line(color=COLOURS["band"], strokeDash=[5, 4])
    diagonal = right.encode(x="at:Q", y="at:Q", tooltip=alt.value("as often as said"))
    rule = base.mark_rule(strokeWidth=2).encode(y=alt.Y("low:Q", scale=scale), y2="high:Q")
    points = base.mark_point(filled=True, size=90, opacity=1).encode(y=y)
    scores = [f"{WHOSE[by]}: Brier score {line['brier']:.3f} ± {line['brier_se']:.3f}"
              for (by, group), line in table.iterrows() if group == TOGETHER]  # fmt: skip
    return alt.layer(diagonal, rule, points).properties(
        width=420,
        height=420,
        title=alt.Title(
            f"Chances said, and what happened, in {history.name}", subtitle="; ".join(scores)
        ),
    )


@says_how_made
def pipeline_changes(
    journal: Source, day: object = None, days: float = 7, *, before: Source | None = None
) -> alt.TopLevelMixin:
    """From the open value a week ago to today's, step by step (deals, where nothing has a value).

    The numbers are those of `pipeline_changes`.

    >>> import funnelsim as fs
    >>> j = fs.simulate(fs.load("b2b-pipeline"), seed=1, progress=False)
    >>> fs.charts.pipeline_changes(j, day=200).title.text
    'What has changed in B2B pipeline up to day 200 (Fri 23 Jul 2027)'
    """
    known = known_on(journal, day, "charts.pipeline_changes")
    table = changes(journal, day, days, before=before)
    history, rows, level = known.history, [], 0.0
    measure = "value" if history.has_value else "deals"
    kind = "money" if history.has_value else "count"
    for step, sign in STEPS.items():
        if step == "revalued" and not table.loc[step, "deals"]:
            continue
        change = sign * float(table.loc[step, measure])
        is_level = step in ("then", "now")
        start, end = (0.0, change) if is_level else (level, level + change)
        level, deals = end, int(table.loc[step, "deals"])
        shade = step if step in SHADES else "more" if change > 0 else "less"
        mark = "" if is_level or change <= 0 else "+"
        amount = mark + figure_text(change, kind, history.currency)
        label = amount if measure == "deals" else f"{amount} ({deals:,})"
        rows.append({"step": WORDS.get(step, step), "start": start, "end": end, "amount": amount,
                     "label": label, "deals": f"{deals:,}", "top": max(start, end),
                     "kind": shade})  # fmt: skip
    names = [str(row["step"]) for row in rows]
    top = 1.35 * max(max(float(row["top"]) for row in rows), 1e-9)  # type: ignore[arg-type]
    base = alt.Chart(rows_data(rows))
    y = alt.Y("step:N", title=None, axis=NAMES, scale=alt.Scale(domain=names, paddingInner=0.3))
    x = alt.X("start:Q", axis=None, scale=alt.Scale(domain=[0, top], nice=False))
    colours = alt.Scale(domain=list(SHADES), range=[COLOURS[name] for name in SHADES.values()])
    tooltip = [
        alt.Tooltip("step:N", title="Step"),
        alt.Tooltip("deals:N", title="Deals"),
        alt.Tooltip("amount:N", title="Value" if measure == "value" else "Deals"),
    ]
    bars = base.mark_bar().encode(
        y=y, x=x, x2="end:Q", color=alt.Color("kind:N", scale=colours, legend=None), tooltip=tooltip
    )
    words = base.mark_text(align="left", dx=6).encode(y=y, x="top:Q", text="label:N")
    among = [f"{int(table.loc[name, 'deals']):,} {name}" for name in AMONG
             if table.loc[name, "deals"]]  # fmt: skip
    subtitle = "of those open all along: " + (", ".join(among) or "none has moved or slipped")
    title = f"What has changed in {history.name} up to {known.label}"
    return alt.layer(bars, words).properties(
        height=44 * len(names), title=alt.Title(title, subtitle=subtitle)
    )


@says_how_made
def pipeline_forecast(
    journal: Source,
    day: object = None,
    by: str = "month",
    *,
    scenario: Scenario | None = None,
    own: Own = None,
    commit: float = 0.9,
    best_case: float = 0.1,
    seed: int = 0,
) -> alt.TopLevelMixin:
    """What the open deals will bring, by month or by rep: expected, and from commit to best case.

    `by` is one of those of `pipeline_forecast`, whose numbers these are; it says what commit and
    best case are. Wins, where nothing has a value.

    >>> import funnelsim as fs
    >>> j = fs.simulate(fs.load("b2b-pipeline"), seed=1, progress=False)
    >>> fs.charts.pipeline_forecast(j, day=200).title.text
    'What the open deals of B2B pipeline will bring, as on day 200 (Fri 23 Jul 2027)'
    """
    known = known_on(journal, day, "charts.pipeline_forecast")
    title = f"What the open deals of {known.history.name} will bring, as on {known.label}"
    table = forecast(journal, day, by, scenario=scenario, own=own, commit=commit,
                     best_case=best_case, seed=seed)  # fmt: skip
    measure = "expected_value" if known.history.has_value else "expected_wins"
    kind = "money" if known.history.has_value else "ratio"
    if not table.loc[ALL, "deals"]:
        return sentence(title, NONE_OPEN)
    if pd.isna(table.loc[ALL, measure]):
        return sentence(title, NONE_DECIDED)
    currency = known.history.currency if known.history.has_value else ""
    rows: Rows = []
    for name, line in table.iterrows():
        expected, low, high = (float(line[n]) for n in (measure, "commit", "best_case"))
        texts = [figure_text(amount, kind, currency) for amount in (expected, low, high)]
        rows.append(
            {"name": str(name), "expected": expected, "low": low, "high": high, "text": texts[0],
             "commit": texts[1], "best": texts[2], "wins": f"{line['expected_wins']:,.1f}",
             "label": f"{texts[0]} ({texts[1]} to {texts[2]})", "top": max(high, expected)}
        )  # fmt: skip
    names = [str(row["name"]) for row in rows]
    base = alt.Chart(rows_data(rows))
    y = alt.Y("name:N", title=None, axis=NAMES, scale=alt.Scale(domain=names, paddingInner=0.35))
    top = 1.6 * max(max(float(row["top"]) for row in rows), 1e-9)
    scale = alt.Scale(domain=[0, top], nice=False)
    tooltip = [
        alt.Tooltip("name:N", title="Who or when"),
        alt.Tooltip("text:N", title="Expected"),
        alt.Tooltip("wins:N", title="Wins expected"),
        alt.Tooltip("commit:N", title="Commit"),
        alt.Tooltip("best:N", title="Best case"),
    ]
    bars = base.mark_bar(color=COLOURS["advanced"]).encode(
        y=y, x=alt.X("expected:Q", axis=None, scale=scale), tooltip=tooltip
    )
    rule = base.mark_rule(strokeWidth=2, color=COLOURS["baseline"]).encode(
        y=y, x=alt.X("low:Q", scale=scale), x2="high:Q", tooltip=tooltip
    )
    words = base.mark_text(align="left", dx=6).encode(y=y, x="top:Q", text="label:N")
    subtitle = (
        f"bars: expected; lines: from commit (reached with {100 * commit:g} %) to "
        f"best case ({100 * best_case:g} %)"
    )
    return alt.layer(bars, rule, words).properties(
        height=38 * len(names), title=alt.Title(title, subtitle=subtitle)
    )


@says_how_made
def stale_deals(
    journal: Source, day: object = None, quantiles: Sequence[float] = QUANTILES
) -> alt.TopLevelMixin:
    """How many open deals have been in their stage longer than 50, 75, 90, 95 % of the winners.

    A row of bars per stage; the darker, the later. The numbers are those of `stale_deals`.

    >>> import funnelsim as fs
    >>> j = fs.simulate(fs.load("b2b-pipeline"), seed=1, progress=False)
    >>> fs.charts.stale_deals(j, day=200).title.text
    'Stale deals of B2B pipeline on day 200 (Fri 23 Jul 2027)'
    """
    known = known_on(journal, day, "charts.stale_deals")
    title = f"Stale deals of {known.history.name} on {known.label}"
    table = stale(journal, day, quantiles)
    rows: Rows = []
    for (stage, quantile), line in table.iterrows():
        if pd.isna(line["limit_days"]):
            continue
        than = f"{100 * float(quantile):g} %"
        rows.append(
            {"stage": str(stage), "quantile": f"longer than {than}", "deals": int(line["deals"]),
             "limit": figure_text(line["limit_days"], "days"),
             "value": figure_text(line["value"], "money", known.history.currency),
             "chance": figure_text(line["win_probability"], "share")}
        )  # fmt: skip
    if not rows:
        return sentence(title, NONE_DECIDED)
    order = list(dict.fromkeys(row["quantile"] for row in rows))
    shades = ["#F3D79A", "#E69F00", "#B57400", "#7A4B00"]
    colours = alt.Scale(domain=order, range=[shades[n % len(shades)] for n in range(len(order))])
    base = alt.Chart(rows_data(rows)).encode(
        y=alt.Y("stage:N", title=None, axis=NAMES, scale=alt.Scale(domain=known.stages)),
        yOffset=alt.YOffset("quantile:N", scale=alt.Scale(domain=order)),
        x=alt.X("deals:Q", title="open deals", axis=alt.Axis(tickMinStep=1, format=",d")),
    )
    bars = base.mark_bar().encode(
        color=alt.Color("quantile:N", scale=colours),
        tooltip=[
            alt.Tooltip("stage:N", title="Stage"),
            alt.Tooltip("quantile:N", title="In it"),
            alt.Tooltip("limit:N", title="That is"),
            alt.Tooltip("deals:Q", title="Open deals", format=",d"),
            alt.Tooltip("value:N", title="Their value"),
            alt.Tooltip("chance:N", title="Their chance"),
        ],
    )
    words = base.mark_text(align="left", dx=5).encode(text=alt.Text("limit:N"))
    subtitle = "than so many of those who went on from the stage needed; the limit beside the bar"
    return alt.layer(bars, words).properties(
        height=18 * len(order) * len(known.stages), title=alt.Title(title, subtitle=subtitle)
    )


WHOSE: dict[Any, str] = {SEEN: "by what was known", STATED: "by the scenario", OWN: "by the firm"}
STEPS = {"then": 1, "new": 1, "revalued": 1, "won": -1, "lost": -1, "now": 1}
WORDS = {"then": "open then", "now": "open now"}
SHADES = {"then": "open", "now": "open", "won": "won", "more": "new", "less": "lost"}
AMONG = ("moved on", "moved back", "slipped")


def _stage_colours(stages: Sequence[str]) -> alt.Scale:
    colours = [COLOURS["advanced"], COLOURS["repeat orders"], *OTHER_REASONS]
    return alt.Scale(domain=list(stages), range=[colours[n % len(colours)]
                                                 for n in range(len(stages))])  # fmt: skip
