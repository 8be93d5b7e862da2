"""A plan as a page: the answer in words, then pictures, tables, and what it rests on."""

from __future__ import annotations

from html import escape
from typing import Any

import altair as alt

from funnelsim import charts
from funnelsim.planner import Plan
from funnelsim.planner.text_tables import (
    about,
    channels_text,
    has_sales_table,
    outcome_text,
    reps_text,
    sales_text,
    stages_text,
)
from funnelsim.report.frame import chart, framed
from funnelsim.tables import as_html


def plan_page(p: Plan, *, title: str | None = None, note: str = "") -> str:
    """The page as text."""
    title = title or f"Plan for {p.today.name}"
    first, *others = p.sentences
    parts = [
        f"<h1>{escape(title)}</h1>",
        f'<p class="about">{escape(about(p))}.{" " + escape(note) if note else ""}</p>',
        f"<p><strong>{escape(first)}</strong></p>",
        *(f"<p>{escape(sentence)}</p>" for sentence in others),
        "<h2>The chance</h2>",
        "<p>How often the target is reached, by what is moved. The usual sum divides the target by "
        "what a lead brings on average; it knows no chance, no queue, no time and no repeats.</p>",
        chart(charts.plan_chance, p, "The chance of the target"),
        "<h2>What each stage needs</h2>",
        chart(charts.plan_stages, p, "Leads that must enter each stage"),
        as_html(stages_text(p)),
        "<h2>Leads by channel</h2>",
        chart(charts.plan_channels, p, "Leads a day by channel"),
        as_html(channels_text(p)),
    ]
    if has_sales_table(p):
        parts += [
            "<h2>What a sale leaves</h2>",
            "<p>All orders of a new customer within the time, less goods and shipping, beside what "
            "leads and commission cost to win one; reps and days of channels are not counted.</p>",
            as_html(sales_text(p)),
        ]
    if not p.reps.empty:
        parts += [
            "<h2>People</h2>",
            "<p>What other numbers of reps would do to the planned leads, and where more leads "
            "bring no more.</p>",
            *(chart(_of_one_team(str(team)), p, f"Reps of team {team}") for team in p.reps.index),
            as_html(reps_text(p)),
            chart(charts.plan_cliff, p, "What leads bring on average"),
        ]
    parts += [
        "<h2>What the plan brings</h2>",
        "<p>Revenue is net; first orders and repeats are told apart. One future in ten is below "
        "the second number, one in ten above the last.</p>",
        as_html(outcome_text(p)),
        "<h2>What it rests on</h2>",
        "<details><summary>the planned scenario, as a file that funnelsim reads</summary>"
        f"<pre>{escape(p.scenario.to_toml())}</pre></details>",
        "<details><summary>today's scenario</summary>"
        f"<pre>{escape(p.today.to_toml())}</pre></details>",
        "<footer>Made with funnelsim. The chance is that of the scenario: it holds if the scenario "
        "is right.</footer>",
    ]
    return framed(title, parts)


def _of_one_team(team: str) -> Any:
    def draw(p: Plan) -> alt.TopLevelMixin:
        return charts.plan_reps(p, team)

    return draw
