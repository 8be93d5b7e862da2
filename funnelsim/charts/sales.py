"""Charts of the sales side: the pipeline of a day, what waiting costs, reps and groups compared.

The numbers are those of `pipeline_board`, `losses_by_response`, `reps_table` and `funnel_by`. A
rate is a point with its 95 % Wilson interval, so that luck with three deals looks like luck.
"""

from __future__ import annotations

from collections.abc import Sequence

import altair as alt
import numpy as np
import pandas as pd

from funnelsim.charts.made_with import says_how_made
from funnelsim.charts.parts import NAMES, rows_data, sentence
from funnelsim.charts.rows import Rows
from funnelsim.charts.theme import COLOURS, REASONS, colour_scale
from funnelsim.earlier import earlier_argument
from funnelsim.journal import GONE_COLD, Journal
from funnelsim.metrics.basis import a_journal, since_warm_up
from funnelsim.metrics.group_rows import HANDS
from funnelsim.metrics.groups import (
    CLOSE_RATE,
    OVERALL,
    funnel_by,
    losses_by_response,
    reps_table,
)
from funnelsim.metrics.known import Source, known_on
from funnelsim.metrics.pipeline import pipeline_board
from funnelsim.tables import figure_text

MOST_ROWS = 30  # that fit on a screen
NO_CALLS = "Nobody is called: no stage of this scenario has a follow_up."
NO_LEAD = "No lead came in the days simulated."


@earlier_argument("j", "journal")
@says_how_made
def pipeline(journal: Source, day: object = None, stale_quantile: float = 0.9) -> alt.TopLevelMixin:
    """The board of a day: open deals by stage, their number and their value, the stale ones marked.

    The numbers are those of `pipeline_board`, of a journal or of read deals. What is stale, and
    which days there are, is said at `open_deals`.

    >>> import funnelsim as fs
    >>> j = fs.simulate(fs.load("b2b-pipeline"), seed=1, progress=False)
    >>> fs.charts.pipeline(j, day=200).title.text
    'Pipeline of B2B pipeline on day 200 (Fri 23 Jul 2027)'
    """
    known = known_on(journal, day, "charts.pipeline")
    board, currency = pipeline_board(journal, day, stale_quantile), known.history.currency
    title = f"Pipeline of {known.history.name} on {known.label}"
    if not board["deals"].any():
        return sentence(title, "No deal was open on that day.")
    measures = ["deals", "value"] if known.history.has_value else ["deals"]
    rows = board_rows(board, currency)
    panels = [_board_panel(rows, board, measure, measure == "deals") for measure in measures]
    return alt.hconcat(*panels, spacing=12).properties(
        title=alt.Title(title, subtitle=_board_text(board, currency))
    )


@earlier_argument("j", "journal")
@says_how_made
def response_times(journal: Journal) -> alt.TopLevelMixin:
    """How long leads waited for their call, and what share was lost by how long they waited.

    One row of two pictures for each stage with a follow-up: how many waited that long, and the
    share of them that was lost, after the call or gone cold, with its interval. The counts, and who
    is left out, are those of `losses_by_response`.

    >>> import funnelsim as fs
    >>> journal = fs.simulate(fs.load("aida-follow-up"), seed=1)
    >>> fs.charts.response_times(journal).title.text
    'What waiting costs in AIDA with follow-up'
    """
    journal = a_journal(journal, "charts.response_times")
    title = f"What waiting costs in {journal.scenario.name}"
    table = losses_by_response(journal)
    if table.empty:
        return sentence(title, NO_CALLS)
    used = table.groupby("stage", observed=True)["visits"].any()
    stages = list(used.index[used])
    if not stages:
        return sentence(title, "No lead that was called is decided yet, and none has gone cold.")
    panels = [_response_panel(table.loc[stage], str(stage)) for stage in stages]
    subtitle = "by the time to the call, or to having gone cold; lines are 95 % intervals"
    return alt.vconcat(*panels, spacing=16).properties(title=alt.Title(title, subtitle=subtitle))


@earlier_argument("j", "journal")
@says_how_made
def reps(journal: Journal) -> alt.TopLevelMixin:
    """What each rep brought in and closed, as points with intervals.

    Three shares: won of the leads it brought in, sold of the deals it held last, and went on after
    its calls. The best by the lower end of the win rate's interval stands on top. Who takes over
    leads that another reached first brings none in; who hands them over may close none. The
    numbers are those of `reps_table`.

    >>> import funnelsim as fs
    >>> journal = fs.simulate(fs.load("aida-follow-up"), seed=1)
    >>> fs.charts.reps(journal).title.text
    'Reps of AIDA with follow-up'
    """
    journal = a_journal(journal, "charts.reps")
    title = f"Reps of {journal.scenario.name}"
    table = reps_table(journal)
    if not any(stage.follow_up for stage in journal.scenario.stages):
        return sentence(title, NO_CALLS)
    table = table[table["visits"] > 0]
    if table.empty:
        return sentence(title, "No call has reached a lead that is decided.")
    shown = _most(table, table["visits"])
    names = list(shown.index)
    pictures = [
        ("Won, of the leads they brought in", "customers", "decided", "win_rate"),
        ("Sold, of the deals they held last", "closed", "held_decided", "close_rate"),
        ("Went on, of the visits they reached", "advanced", "visits", "conversion_rate_of_reached"),
    ]
    panels = []
    for number, (text, part, whole, rate) in enumerate(pictures):
        ends = rate.removesuffix("_rate_of_reached")
        columns = [part, whole, rate, f"{ends}_low", f"{ends}_high"]
        rows = interval_rows(shown[columns].set_axis(INTERVAL, axis=1))
        panels.append(_interval_panel(rows, names, text, number == 0))
    subtitle = _how_many(len(names), len(table), "reps", "by the lower end of their win rate")
    return alt.hconcat(*panels, spacing=16).properties(title=alt.Title(title, subtitle=subtitle))


@earlier_argument("j", "journal")
@says_how_made
def funnels(journal: Journal, by: str) -> alt.TopLevelMixin:
    """The conversion of each group, stage by stage and overall, as points with intervals.

    `by` is what `funnel_by` takes, whose numbers these are: of those decided. By team and rep what
    they brought in stands on the left, what they had in hand on the right. The best by the lower
    end of the overall interval stands on top, in every picture.

    >>> import funnelsim as fs
    >>> journal = fs.simulate(fs.load("aida-follow-up"), seed=1)
    >>> fs.charts.funnels(journal, "channel").title.text
    'Funnel of AIDA with follow-up by channel'
    """
    journal = a_journal(journal, "charts.funnels")
    title = f"Funnel of {journal.scenario.name} by {by}"
    table = funnel_by(journal, by)
    if table.empty:
        nobody = f"No lead of the days simulated has a {by}."
        return sentence(title, NO_LEAD if since_warm_up(journal)[0].empty else nobody)
    overall = table.xs(OVERALL, level="stage")
    pictures = BY_HANDS if by in HANDS else BY_GROUP
    names = list(_most(overall, overall[[entered for entered, *_ in pictures]].sum(axis=1)).index)
    panels: list[Layers] = []
    stages = list(dict.fromkeys(table.index.get_level_values("stage")))
    for stage in [OVERALL, *[name for name in stages if name != OVERALL]]:
        rates = table.xs(stage, level="stage").loc[names]
        for _, won, went_on, columns in pictures:
            rows = interval_rows(rates[columns].set_axis(INTERVAL, axis=1))
            text = f"Overall: {won}" if stage == OVERALL else f"{stage}: {went_on}"
            panels.append(_interval_panel(rows, names, text, len(panels) % 2 == 0))
    subtitle = _how_many(len(names), len(overall), "groups", "by the lower end of the overall rate")
    return alt.concat(*panels, columns=2, spacing=16).properties(
        title=alt.Title(title, subtitle=subtitle)
    )


# --- rows ---------------------------------------------------------------------------------------

INTERVAL = ["part", "whole", "rate", "low", "high"]
RATE = ["advanced", "decided", "conversion_rate_of_decided", "low", "high"]
IN_HAND = ["closed", "held_decided", *CLOSE_RATE]
# of a group: how many there are, what is said overall and of a stage, and the columns of INTERVAL
BY_GROUP = [("entered", "won, of those decided", "went on, of those decided", RATE)]
BY_HANDS = [
    ("entered", "won, of those brought in", "went on, of those brought in", RATE),
    ("held", "sold, of those held last", "went on, of those in hand", IN_HAND),
]


def board_rows(board: pd.DataFrame, currency: str) -> Rows:
    """Rows of `pipeline_board`: one for each stage, measure (deals, value) and whether stale."""
    rows: Rows = []
    for stage, line in board.iterrows():
        for measure, kind in (("deals", "count"), ("value", "money")):
            whole = float(line[measure])
            stale = float(line["stale" if measure == "deals" else "stale_value"])
            label = figure_text(whole, kind, currency)
            if measure == "deals" and stale:
                label += f" ({stale:,.0f} stale)"
            ends = {"open": (0.0, whole - stale), "stale": (whole - stale, whole)}
            for state, (start, end) in ends.items():
                rows.append(
                    {
                        "stage": stage,
                        "measure": measure,
                        "state": state,
                        "start": round(start, 2),
                        "end": round(end, 2),
                        "amount": figure_text(end - start, kind, currency),
                        "label": label if state == "open" else "",
                        "label_at": round(whole, 2),
                        "age": figure_text(line["mean_age_days"], "days"),
                        "chance": figure_text(line["win_probability"], "share"),
                        "weighted": figure_text(line["weighted_value"], "money", currency),
                    }
                )
    return [row for row in rows if row["label_at"] == row["label_at"]]  # no order, no value


def response_rows(table: pd.DataFrame, bins: Sequence[str]) -> Rows:
    """Rows of a stage of `losses_by_response`: one for each bin and outcome."""
    rows: Rows = []
    for waited in bins:
        line = table.loc[waited]
        visits, start = int(line["visits"]), 0
        for outcome, column in (
            ("advanced", "advanced"),
            (AFTER_CALL, "lost_after_call"),
            (GONE_COLD, "gone_cold"),
        ):
            leads = int(line[column])
            rows.append(
                {
                    "waited": waited,
                    "outcome": outcome,
                    "leads": leads,
                    "start": start,
                    "end": start + leads,
                    "visits": visits,
                    "share": leads / visits if visits else None,
                    "share_text": figure_text(leads / visits, "share") if visits else "–",
                    "label": f"{visits:,}" if outcome == "advanced" and visits else "",
                    **_interval(line, "share_lost"),
                }
            )
            start += leads
    return rows


def interval_rows(table: pd.DataFrame) -> Rows:
    """Rows of a table with the columns of `INTERVAL`: a row for each name that has a rate."""
    return [
        {
            "name": str(name),
            "rate": float(line["rate"]),
            "of": f"{int(line['part']):,} of {int(line['whole']):,}",
            "label": f"{figure_text(line['rate'], 'share')} of {int(line['whole']):,}",
            **_interval(line, "rate"),
        }
        for name, line in table.iterrows()
        if line["whole"] > 0
    ]


def _interval(line: pd.Series, rate: str) -> dict[str, float | str | None]:
    if pd.isna(line[rate]):
        return {"low": None, "high": None, "interval": "–"}
    low, high = float(line["low"]), float(line["high"])
    text = f"{figure_text(low, 'share')} to {figure_text(high, 'share')}"
    return {"low": low, "high": high, "interval": text}


# --- how they are drawn -------------------------------------------------------------------------

Layers = alt.LayerChart | alt.FacetChart  # what alt.layer says it returns
AFTER_CALL = "lost after the call"
PER_CENT = alt.Axis(format="~%", tickCount=4, labelFlush=False)
WHICH = alt.Scale(
    domain=["advanced", AFTER_CALL, GONE_COLD],
    range=[COLOURS["advanced"], REASONS["not convinced"], REASONS[GONE_COLD]],
)


def _board_panel(rows: Rows, board: pd.DataFrame, measure: str, names: bool) -> Layers:
    """A bar for each stage, its stale part at the end."""
    stages = list(board.index)
    text = {"deals": "Open deals", "value": "Their value"}[measure]
    y = _names_axis("stage", stages, names)
    top = 1.4 * max(float(board[measure].max()), 1e-9)
    x = alt.X("start:Q", axis=None, scale=alt.Scale(domain=[0, top], nice=False))
    base = alt.Chart(rows_data([row for row in rows if row["measure"] == measure]))
    bars = base.mark_bar().encode(
        y=y,
        x=x,
        x2="end:Q",
        color=alt.Color("state:N", scale=colour_scale("open", "stale")),
        tooltip=[
            alt.Tooltip("stage:N", title="Stage"),
            alt.Tooltip("state:N", title="State"),
            alt.Tooltip("amount:N", title=text),
            alt.Tooltip("label_at:Q", title="In the stage", format=",.0f"),
            alt.Tooltip("age:N", title="Mean age"),
            alt.Tooltip("chance:N", title="Chance of winning"),
            *([alt.Tooltip("weighted:N", title="Weighted value")] if measure == "value" else []),
        ],
    )
    labels = base.mark_text(align="left", dx=6).encode(y=y, x="label_at:Q", text="label:N")
    return alt.layer(bars, labels).properties(
        width=260, height=44 * len(stages), title=_small(text)
    )


def _response_panel(table: pd.DataFrame, stage: str) -> alt.HConcatChart:
    """How many waited that long, and beside it the share of them that was lost."""
    used = np.flatnonzero(table["visits"])
    bins = list(table.index[used[0] : used[-1] + 1])
    data = rows_data(response_rows(table, bins))
    height = 21 * len(bins)
    tooltip = [
        alt.Tooltip("waited:N", title="Waited"),
        alt.Tooltip("outcome:N", title="Outcome"),
        alt.Tooltip("leads:Q", title="Visits", format=",d"),
        alt.Tooltip("share_text:N", title="Of those who waited that long"),
    ]
    colour = alt.Color("outcome:N", scale=WHICH)
    top = 1.25 * int(table["visits"].max())
    x = alt.X("start:Q", axis=None, scale=alt.Scale(domain=[0, top], nice=False))
    y = _names_axis("waited", bins, True)
    base = alt.Chart(data)
    counts = base.mark_bar().encode(y=y, x=x, x2="end:Q", color=colour, tooltip=tooltip)
    labels = base.mark_text(align="left", dx=5).encode(y=y, x="visits:Q", text="label:N")
    left = alt.layer(counts, labels).properties(
        width=250, height=height, title=_small(f"{stage}: visits by waiting time")
    )
    y = _names_axis("waited", bins, False)
    lost = base.transform_filter("datum.outcome != 'advanced' && datum.share != null")
    shares = lost.mark_bar().encode(
        y=y,
        x=alt.X("share:Q", stack="zero", title=None, axis=PER_CENT, scale=alt.Scale(domain=[0, 1])),
        order=alt.Order("outcome:N", sort="descending"),
        color=colour,
        tooltip=tooltip,
    )
    one = base.transform_filter("datum.outcome == 'advanced' && datum.low != null")
    interval = one.mark_rule(strokeWidth=1.5, color=COLOURS["baseline"]).encode(
        y=y,
        x="low:Q",
        x2="high:Q",
        tooltip=[
            alt.Tooltip("waited:N", title="Waited"),
            alt.Tooltip("interval:N", title="Share lost, 95 % interval"),
        ],
    )
    right = alt.layer(shares, interval).properties(
        width=230, height=height, title=_small("lost, of those who waited that long")
    )
    return alt.hconcat(left, right, spacing=12)


def _interval_panel(rows: Rows, names: list[str], text: str, named: bool) -> Layers:
    """A point with its interval for each name, and the rate in words to the right of it."""
    y = _names_axis("name", names, named)
    base = alt.Chart(rows_data(rows))
    words = base.mark_text(align="left", dx=8).encode(y=y, x=alt.XValue("width"), text="label:N")
    tooltip = [
        alt.Tooltip("name:N", title="Who"),
        alt.Tooltip("of:N", title=text),
        alt.Tooltip("label:N", title="Rate"),
        alt.Tooltip("interval:N", title="95 % interval"),
    ]
    x = alt.X("low:Q", title=None, axis=PER_CENT, scale=alt.Scale(domainMin=0))
    base = base.encode(y=y, color=alt.value(COLOURS["advanced"]))
    rule = base.mark_rule(strokeWidth=2.5).encode(x=x, x2="high:Q", tooltip=tooltip)
    point = base.mark_point(filled=True, size=80, opacity=1).encode(x="rate:Q", tooltip=tooltip)
    return alt.layer(rule, point, words).properties(
        width=190, height=28 * len(names), title=_small(text)
    )


def _names_axis(field: str, names: Sequence[str], shown: bool) -> alt.Y:
    scale = alt.Scale(domain=list(names), paddingInner=0.3)
    axis = NAMES if shown else alt.Axis(labels=False)
    return alt.Y(f"{field}:N", title=None, scale=scale, axis=axis)


def _small(text: str) -> alt.Title:
    return alt.Title(text, fontSize=13, fontWeight="normal", offset=6)


def _board_text(board: pd.DataFrame, currency: str) -> str:
    """What the board adds up to, in words."""
    text = f"{int(board['deals'].sum()):,} open deals"
    value, weighted = board["value"].sum(), board["weighted_value"].sum(skipna=False)
    if board["value"].notna().any():
        text += f" worth {figure_text(value, 'money', currency)}"
        text += f", {figure_text(weighted, 'money', currency)} at their chance of winning"
    return f"{text}; {int(board['stale'].sum()):,} stale"


def _most(table: pd.DataFrame, weight: pd.Series) -> pd.DataFrame:
    """The rows that weigh most, in the order they had, where all would not fit on a screen."""
    most = weight.sort_values(ascending=False, kind="stable").index[:MOST_ROWS]
    return table[table.index.isin(most)]


def _how_many(shown: int, there_are: int, what: str, order: str) -> str:
    if shown < there_are:
        return f"the {shown} busiest of {there_are:,} {what}, {order}"
    return f"sorted {order}; lines are 95 % intervals"
