"""Businesses in which little or nothing happens, and everything that reads a journal."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from everything import TABLES

import funnelsim as fs
from funnelsim import charts, cohorts, groups, pipeline
from funnelsim.metrics import points as points_metrics
from funnelsim.metrics import response_times
from funnelsim.metrics.money import profit_steps
from funnelsim.tables import figures_text, funnel_text, loss_text
from funnelsim.widgets.arithmetic import sum_html

DAYS = 20
DEALS: dict[str, Any] = {
    "stage": ["Interest", "Desire", "Interest"],
    "days_in_stage": [2.0, 11.5, 0.5],
    "owner": ["sales 1", "Anna", None],
    "holder": ["sales 2", None, None],
    "waiting": [False, False, True],
}
CUSTOMERS: dict[str, Any] = {"days_since_last_order": [3.0, 300.0], "orders": [1, 4]}
BARE: dict[str, Any] = {
    "name": "bare",
    "channels": [{"name": "web", "leads_per_day": 2}],
    "stages": [{"name": "Interest", "conversion": 0.5}, {"name": "Desire", "conversion": 0.5},
               {"name": "Action"}],
}  # fmt: skip
WITH_ORDERS = {
    **BARE,
    "name": "with orders",
    "order": {"value": {"constant": 50}},
    "retention": {"repeat_probability": 0.5, "gap": {"constant": "5 days"}},
}
KINDS_OF_BUSINESS: dict[str, dict[str, Any]] = {
    "bare": BARE,
    "with orders": WITH_ORDERS,
    "everything": TABLES,
}


def _silent(scenario: fs.Scenario) -> fs.Scenario:
    """Nobody comes in."""
    changes: dict[str, Any] = {}
    for channel in scenario.channels:
        rate = "leads_per_day" if channel.impressions_per_day is None else "impressions_per_day"
        changes[f"channels.{channel.name}.{rate}"] = 0
    return scenario.vary(changes)


def _unanswered(scenario: fs.Scenario) -> fs.Scenario:
    if not scenario.teams:
        return _silent(scenario)
    return scenario.vary({"stages.Interest.follow_up.missed": 1.0})


HAPPENINGS: dict[str, tuple[Callable[[fs.Scenario], fs.Scenario], dict[str, Any]]] = {
    "no leads": (_silent, {}),
    "only customers": (_silent, {"customers": CUSTOMERS}),
    "customers and leads": (lambda s: s, {"customers": CUSTOMERS}),
    "only open deals": (_silent, {"deals": DEALS}),
    "only a state": (_silent, {"deals": DEALS, "customers": CUSTOMERS}),
    "nobody answers": (_unanswered, {}),
    "nobody buys": (lambda s: s.vary({"stages.Desire.conversion": 0.0}), {}),
    "over before it began": (lambda s: s.vary({"horizon": "1 h", "warm_up": "0 h"}), {}),
}


def business(kind: str, happening: str) -> tuple[fs.Scenario, fs.State | None]:
    tables = {**KINDS_OF_BUSINESS[kind], "horizon": f"{DAYS} days", "warm_up": "0 days"}
    change, there = HAPPENINGS[happening]
    scenario = change(fs.Scenario(**tables))
    if "deals" in there and not scenario.teams:
        there = {**there, "deals": {**there["deals"], "waiting": [False] * 3}}
    return scenario, fs.State(**there) if there else None


def _groupings(j: fs.Journal) -> list[str]:
    hands = ["team", "rep"] if any(stage.follow_up for stage in j.scenario.stages) else []
    return ["channel", "segment", "arm", "kind", *hands]


def _each(table: Callable[[fs.Journal, str], Any]) -> Callable[[fs.Journal], Any]:
    return lambda j: [table(j, by) for by in _groupings(j)]


TABLES_OF_A_JOURNAL: dict[str, Callable[[fs.Journal], Any]] = {
    name: (lambda j, name=name: getattr(j, name))
    for name in (
        *("leads", "stage_visits", "follow_ups", "orders", "statuses", "messages", "points"),
        *("events", "order_numbers", "contributions"),
    )
}
READERS: dict[str, Callable[[fs.Journal], Any]] = {
    **TABLES_OF_A_JOURNAL,
    "summary": fs.summary,
    "funnel_table": fs.funnel_table,
    "channels_table": fs.channels_table,
    "recoveries": fs.recoveries,
    "points_liability": fs.points_liability,
    "points_so_far": lambda j: points_metrics.points_so_far(j, [0, j.scenario.horizon]),
    "response_times": response_times,
    "profit_steps": profit_steps,
    "retention_rate": lambda j: cohorts.retention_rate(j, 0, j.scenario.days / 48, 30),
    "retention_by_period": lambda j: fs.retention_by_period(j, 7, 30),
    "cohort_retention": fs.cohort_retention,
    "cohort_retention by week": lambda j: fs.cohort_retention(j, 7),
    "customer_lifetime_value": fs.customer_lifetime_value,
    "clv_by_cohort": cohorts.clv_by_cohort,
    "open_deals": lambda j: [fs.open_deals(j, day) for day in (0, j.scenario.days / 48)],
    "pipeline_board": lambda j: [fs.pipeline_board(j, day) for day in (0, j.scenario.days / 48)],
    "weighted_forecast": lambda j: pipeline.weighted_forecast(j, 0),
    "sales_velocity": pipeline.sales_velocity,
    "win_probabilities": pipeline.win_probabilities,
    "win_probabilities_by_age": fs.win_probabilities_by_age,
    "stale_deals": lambda j: fs.stale_deals(j, j.scenario.days / 48),
    "pipeline_forecast": lambda j: fs.pipeline_forecast(
        j, j.scenario.days / 48, ["owner", "month"]
    ),
    "pipeline_changes": lambda j: fs.pipeline_changes(j, days=j.scenario.days / 48),
    "changed_deals": lambda j: fs.changed_deals(j, days=j.scenario.days / 48),
    "to_crm": lambda j: [j.to_crm(style, "much") for style in ("hubspot", "log")],
    "funnel_by": _each(fs.funnel_by),
    "losses_by": _each(groups.losses_by),
    "losses_by_response": groups.losses_by_response,
    "reps_table": fs.reps_table,
    "funnel_text": funnel_text,
    "loss_text": loss_text,
    "figures_text": figures_text,
    "the board's sum": sum_html,
}
CHARTS: dict[str, Callable[[fs.Journal], Any]] = {
    **{
        name: getattr(charts, name)
        for name in (
            *("funnel", "revenue", "losses", "waterfall", "cohorts", "lifetime_value", "points"),
            *("recoveries", "response_times", "reps"),
        )
    },
    "pipeline": lambda j: charts.pipeline(j, 0),
    "pipeline_changes": lambda j: charts.pipeline_changes(j, days=j.scenario.days / 48),
    **{
        name: getattr(charts, name)
        for name in ("win_probabilities_by_age", "pipeline_forecast", "stale_deals")
    },
    "funnels": _each(charts.funnels),
}
