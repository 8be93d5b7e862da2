"""A plan as a page: the answer in words, then pictures, tables, and what it rests on."""

from __future__ import annotations

from typing import Any

import altair as alt
from markupsafe import Markup

from funnelsim import charts
from funnelsim.planner import Plan
from funnelsim.planner.text_tables import (
    about,
    channels_text,
    has_sales_table,
    outcome_text,
    over_time_text,
    reps_text,
    sales_text,
    stages_text,
)
from funnelsim.report.frame import chart, framed
from funnelsim.scenario.embedded import ID, PLANNED_ID
from funnelsim.tables import as_html


def plan_page(p: Plan, *, title: str | None = None, note: str = "") -> str:
    """The page as text."""
    title = title or f"Plan for {p.today.name}"
    told: dict[str, Any] = {
        "backtest": p.backtest is not None and Markup(p.backtest._repr_html_()),
        "backtest_chart": p.backtest is not None
        and chart(charts.backtest, p.backtest, "Earlier forecasts and what came"),
        "sentences": Markup(p._repr_html_()),
        "chance_chart": chart(charts.plan_chance, p, "The chance of the target"),
        "stages_chart": chart(charts.plan_stages, p, "Leads that must enter each stage"),
        "stages": Markup(as_html(stages_text(p))),
        "channels_chart": chart(charts.plan_channels, p, "Leads a day by channel"),
        "channels": Markup(as_html(channels_text(p))),
        "sales": has_sales_table(p) and Markup(as_html(sales_text(p))),
        "outcome": Markup(as_html(outcome_text(p))),
        "reps_charts": [
            chart(_of_one_team(str(team)), p, f"Reps of team {team}") for team in p.reps.index
        ],
    }
    if told["reps_charts"]:
        told |= {
            "reps": Markup(as_html(reps_text(p))),
            "cliff_chart": chart(charts.plan_cliff, p, "What leads bring on average"),
        }
    told["period"] = p.over_time is not None and p.over_time.index.name
    if told["period"]:
        told |= {
            "over_time_chart": chart(charts.plan_over_time, p, "The plan over time"),
            "over_time": Markup(as_html(over_time_text(p))),
        }
    return framed(
        "plan.html", title=title, about=about(p), note=note, id=ID, planned_id=PLANNED_ID,
        planned=p.scenario, made_with=[p.provenance], **told,
    )  # fmt: skip


def _of_one_team(team: str) -> Any:
    def draw(p: Plan) -> alt.TopLevelMixin:
        return charts.plan_reps(p, team)

    return draw
