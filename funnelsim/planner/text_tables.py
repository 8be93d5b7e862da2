"""A plan's tables as people read them: text for a console and a page.

`sections` gives all of them with their titles, in the order of reading; `assumptions` everything
in the scenario that the plan rests on, by its dotted path, also what nobody wrote down.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pandas as pd

from funnelsim.distributions import DAY
from funnelsim.metrics.planned import unit_of
from funnelsim.planner.answer import Plan
from funnelsim.planner.sentences import chance_text
from funnelsim.tables import NOTHING, figure_text

OF_IT = "of it commission"


def sections(plan: Plan) -> Iterator[tuple[str, pd.DataFrame]]:
    """(title, table of text): what a plan has to show."""
    yield "What each stage needs", stages_text(plan)
    yield "Leads by channel", channels_text(plan)
    if has_sales_table(plan):
        yield "What a sale leaves", sales_text(plan)
    if not plan.reps.empty:
        yield "Reps", reps_text(plan)
    yield "What the plan brings", outcome_text(plan)
    if plan.over_time is not None:
        yield f"By {plan.over_time.index.name}", over_time_text(plan)


def stages_text(plan: Plan) -> pd.DataFrame:
    rows = [
        (
            str(stage),
            f"{row['entered']:,.0f}",
            f"{row['per_day']:,.1f}",
            figure_text(float(row["went_on"]), "share"),
        )
        for stage, row in plan.stages.iterrows()
    ]
    heads = ["stage", "leads that enter", "a day", "went on in time"]
    return pd.DataFrame(rows, columns=heads)


def channels_text(plan: Plan) -> pd.DataFrame:
    money = plan.today.currency
    rows = [
        (
            str(channel),
            f"{row['today']:,.1f}",
            f"{row['planned']:,.1f}",
            f"{row['leads']:,.0f}",
            figure_text(float(row["cost"]), "money", money),
            figure_text(float(row["commission"]), "money", money),
            figure_text(float(row["ceiling"]), "count") + (", reached" if row["full"] else ""),
        )
        for channel, row in plan.channels.iterrows()
    ]
    heads = ["channel", "a day now", "a day planned", "leads in all", "cost"]
    heads += [OF_IT, "ceiling a day"]
    silent = {
        OF_IT: not plan.commission,
        "ceiling a day": not plan.channels["ceiling"].notna().any(),
    }
    table = pd.DataFrame(rows, columns=heads)
    return table.drop(columns=[head for head in heads if silent.get(head)])


def has_sales_table(plan: Plan) -> bool:
    """Whether there is something to say of what sales leave and cost."""
    return plan.today.order is not None and bool((plan.per_sale["costs"] > 0).any())


def sales_text(plan: Plan) -> pd.DataFrame:
    """What a sale of each channel leaves, what it costs to win, and what is left of it."""
    money = plan.today.currency
    rows = [
        (
            str(channel),
            f"{row['sales']:,.0f}",
            *(
                figure_text(float(amount), "money", money)
                for amount in (row["leaves"], row["costs"], row["leaves"] - row["costs"])
            ),
        )
        for channel, row in plan.per_sale.iterrows()
    ]
    heads = ["channel", "sales on average", "a sale leaves", "it costs to win", "is left"]
    return pd.DataFrame(rows, columns=heads)


def reps_text(plan: Plan) -> pd.DataFrame:
    rows = [
        (
            str(row["team"]),
            f"{row['reps']:,.0f}",
            figure_text(float(row["gone_cold"]), "share"),
            figure_text(float(row["utilisation"]), "share"),
            f"{row['sales']:,.0f}",
            said_of_reps(plan, row),
        )
        for _, row in plan.reps_tried.iterrows()
    ]
    heads = ["team", "reps", "gone cold", "utilisation", "sales on average", ""]
    return pd.DataFrame(rows, columns=heads)


def said_of_reps(plan: Plan, row: pd.Series) -> str:
    """What this number of reps is: as planned, needed, or neither."""
    team = plan.reps.loc[row["team"]]
    said = ["as planned"] if row["reps"] == team["reps"] else []
    if row["reps"] == team["needed"]:
        said.append("needed" if team["is_enough"] else "more do not help")
    return ", ".join(said)


OUTCOME = {
    "mean": "on average",
    "10%": "1 in 10 below",
    "50%": "half below",
    "90%": "1 in 10 above",
}


def outcome_text(plan: Plan) -> pd.DataFrame:
    """Means and quantiles of the results of single futures."""
    rows = []
    for result, row in plan.outcome.iterrows():
        unit, money = unit_of(str(result)), plan.today.currency
        told = [figure_text(float(row[name]), unit, money) for name in OUTCOME]
        rows.append((str(result), *told))
    return pd.DataFrame(rows, columns=["by the end", *OUTCOME.values()])


def over_time_text(plan: Plan) -> pd.DataFrame:
    """The plan by week, month or quarter: what it takes in each, and how far it has come then.

    What there is none of has no column.
    """
    assert plan.over_time is not None
    by, unit = str(plan.over_time.index.name), unit_of(plan.metric)
    rows = []
    for period, row in plan.over_time.iterrows():
        low, high = (figure_text(float(row[f"so far {end}"]), unit) for end in ("10%", "90%"))
        costs = [row["budget"], row["staff"], row["changes"]]
        rows.append(
            (
                f"{period}, from {row['from']:%d %b}" if by == "week" else str(period),
                f"{row['leads']:,.0f}", f"{row['reps']:,.3g}",
                *(f"{cost:,.0f}" for cost in (*costs, sum(costs))),
                figure_text(float(row[plan.metric]), unit), f"{low} to {high}",
                chance_text(plan, float(row["chance"])),
            )
        )  # fmt: skip
    costs = [f"budget, {plan.today.currency}", "reps cost", "changes cost", "cost in all"]
    heads = [by, "leads", "reps", *costs, plan.metric, "so far, 8 in 10", "chance by then"]
    there = plan.over_time[["reps", "staff", "changes"]].any()
    silent = {
        "reps": not there["reps"],
        costs[1]: not there["staff"],
        costs[2]: not there["changes"],
        costs[3]: not there["staff"] and not there["changes"],
    }
    table = pd.DataFrame(rows, columns=heads)
    return table.drop(columns=[head for head in heads if silent.get(head)])


def assumptions(plan: Plan) -> pd.DataFrame:
    """Everything that the planned scenario holds: path, value, where it is from, and today's value
    where that differs. What has its default is said as well: a plan rests on it no less."""
    planned, today = (
        dict(_leaves(plan.scenario.model_dump())),
        dict(_leaves(plan.today.model_dump())),
    )
    stated = dict(_leaves(plan.scenario.tables()))
    goal = (
        f"stages.{plan.scenario.stages[-1].name}."  # nobody leaves it: it has nothing but its name
    )
    rows = [
        (
            path,
            value,
            "scenario" if path in stated else "default",
            NOTHING if today.get(path) == value else today.get(path, "not there"),
        )
        for path, value in planned.items()
        if not path.startswith(goal)
    ]
    return pd.DataFrame(rows, columns=["assumption", "planned", "from", "today, if different"])


def _leaves(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Paths and values, as `Scenario.vary` names them; of a distribution the one kind it has."""
    if isinstance(value, dict) and value:
        if "constant" in value and "empirical" in value:
            value = _given(value)
        for key, entry in value.items():
            yield from _leaves(entry, f"{path}.{key}" if path else str(key))
    elif isinstance(value, (list, tuple)) and value and all(isinstance(e, dict) for e in value):
        for number, entry in enumerate(value):
            name = str(entry.get("name", number))
            rest = {key: part for key, part in entry.items() if key != "name"}
            yield from _leaves(rest, f"{path}.{name}") if rest else [(f"{path}.{name}", "")]
    elif isinstance(value, (list, tuple)) and value and len(set(map(str, value))) == 1:
        yield path, f"{value[0]} each"
    elif isinstance(value, (list, tuple)) and value:
        yield path, ", ".join(map(str, value))
    elif value is None or value in ([], (), {}):
        yield path, "none"
    else:
        yield path, value if isinstance(value, (int, float, str)) else str(value)


def _given(value: Any) -> Any:
    """A distribution without the kinds and parameters that it is not given by."""
    if not isinstance(value, dict):
        return value
    return {key: _given(entry) for key, entry in value.items() if entry is not None}


def about(plan: Plan) -> str:
    """What was asked, in one line."""
    days = (plan.scenario.horizon - plan.scenario.warm_up) / DAY
    begin = plan.scenario.start + timedelta(microseconds=plan.scenario.warm_up)
    goal = figure_text(plan.target, unit_of(plan.metric), plan.today.currency)
    how = (
        "by a formula"
        if plan.method == "formula"
        else f"from {plan.replications:,} simulated futures"
    )
    length = f"{days:,.0f} day{'s' * (days != 1)}"
    return (
        f"{goal}{'' if plan.metric == 'sales' else ' of'} {plan.metric} in {length} from "
        f"{begin:%Y-%m-%d}, {100 * plan.probability:g} % of the time; {how}"
    )
