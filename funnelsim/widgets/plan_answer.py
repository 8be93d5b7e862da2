"""What a planner's form shows of an answer: its words, its pictures, and the tables folded away."""

from __future__ import annotations

from pathlib import Path

import altair as alt
from markupsafe import Markup

from funnelsim import charts
from funnelsim.pages import page
from funnelsim.planner import Plan
from funnelsim.planner.sentences import TOO_SHORT
from funnelsim.planner.tested import Backtest
from funnelsim.planner.text_tables import sections
from funnelsim.report.frame import svg
from funnelsim.tables import as_html

CHART = 560  # pixels of a chart's plot
BUSY = '<p class="funnelsim-busy">Working it out ... <span></span></p>'
WORDS = """\
<p class="funnelsim-first">{{ first }}</p>
{% for sentence in others %}
<p>{{ sentence }}</p>
{% endfor %}"""
BACKTEST = """\
<p><b>{{ first }}</b> {{ others | join(" ") }}</p>
<details><summary>Forecast by forecast</summary>{{ picture }}{{ table }}</details>"""
TABLES = """\
<details><summary>The tables</summary>
{% for title, table in tables %}
<h3>{{ title }}</h3>{{ table }}
{% endfor %}
</details>"""
SAVED = """\
<p>Saved as <b>{{ name }}</b> in {{ folder }}: open it from the file browser on the left.</p>"""


def words(p: Plan) -> str:
    first, *others = p.sentences
    return page(WORDS, first=first, others=others)


def backtest(found: Backtest | None) -> str:
    """How far forecasts of an export have been right, in words; the picture and table folded."""
    if found is None:
        return page("<p>{{ said }}</p>", said=TOO_SHORT)
    first, *others = found.sentences
    shown = Markup(picture(charts.backtest(found), "Earlier forecasts and what came"))
    table = Markup(as_html(found.in_text()))
    return page(BACKTEST, first=first, others=others, picture=shown, table=table)


def chance(p: Plan) -> str:
    """The first picture: the chance of the target by what is moved."""
    return picture(charts.plan_chance(p), "The chance of the target")


def pictures_of(p: Plan) -> str:
    """The other charts that the plan has something for, and the tables folded away."""
    parts = [
        picture(charts.plan_stages(p), "Leads that must enter each stage"),
        picture(charts.plan_channels(p), "Leads a day by channel"),
    ]
    for team in p.reps.index:
        parts.append(picture(charts.plan_reps(p, str(team)), f"Reps of team {team}"))
    if len(p.reps):
        parts.append(picture(charts.plan_cliff(p), "What leads bring on average"))
    if p.over_time is not None:
        parts.append(picture(charts.plan_over_time(p), f"The plan by {p.over_time.index.name}"))
    tables = [(title, Markup(as_html(table))) for title, table in sections(p)]
    return "".join(parts) + page(TABLES, tables=tables)


def picture(chart: alt.TopLevelMixin, said: str) -> str:
    return f"<figure>{svg(chart, CHART, said)}</figure>"


def saved(path: Path) -> str:
    """Where a file was written, for those who look for it."""
    return page(SAVED, name=path.name, folder=str(path.resolve().parent))
