"""Key figures of a journal, and the funnel table.

Both leave out what came before the scenario's warm-up: the funnel counts the leads that arrived
since, each once per stage by its final state there; the key figures take leads arrived,
follow-ups queued and orders placed since.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from funnelsim.distributions import DAY, Floats
from funnelsim.journal import GONE_COLD, Journal, reasons

if TYPE_CHECKING:
    import pandas as pd


def funnel_table(journal: Journal) -> pd.DataFrame:
    """The funnel, a row per stage (the index) in order.

    Columns, all counting leads:

    - `next_stage`: where those who advance go; the goal has none
    - `entered` = `advanced` + `lost` + `open`; everyone who enters the goal has reached it
    - `lost: <reason>`: the lost ones by reason
    - `conversion_rate_of_entered` = advanced ÷ entered; open leads count as not converted (yet)
    - `conversion_rate_of_decided` = advanced ÷ (advanced + lost); the better estimate of the
      conversion while leads are open. Both are NaN at the goal, and where no lead counts
    - `share_of_leads` = entered ÷ all leads
    - `direct`: came here first, not through the stage before; `re_entered`: were here before
    - `mean_days`, `median_days` in the stage, of those decided
    - `mean_response_days`: from queued to started, of the calls that started

    >>> from funnelsim import load, simulate
    >>> table = funnel_table(simulate(load("aida"), seed=1))
    >>> bool((table.entered == table.advanced + table.lost + table.open).all())
    True
    """
    import pandas as pd

    stages = [stage.name for stage in journal.scenario.stages]
    leads, visits, calls = _since_warm_up(journal)
    last = visits.drop_duplicates(["lead", "stage"], keep="last")
    outcome = pd.crosstab(last["stage"], last["outcome"], dropna=False).reindex(
        stages, fill_value=0
    )
    lost = last[last["outcome"] == "lost"]
    by_reason = pd.crosstab(lost["stage"], lost["reason"]).reindex(stages, fill_value=0)
    first = visits.drop_duplicates("lead")
    direct = first["stage"].value_counts().reindex(stages, fill_value=0)
    again = visits[visits["attempt"] > 0].drop_duplicates(["lead", "stage"])
    days = (visits["decided"] - visits["entered"]).groupby(visits["stage"], observed=False)
    waited = (calls["started"] - calls["queued"]).groupby(calls["stage"], observed=False)

    table = pd.DataFrame(index=pd.Index(stages, name="stage"))
    table["next_stage"] = [*stages[1:], None]
    table["entered"] = outcome.sum(axis=1).astype("int64")
    for column in ("advanced", "lost", "open"):
        table[column] = outcome[column].astype("int64")
    for reason in reasons(journal.scenario):
        if reason in by_reason:
            table[f"lost: {reason}"] = by_reason[reason].astype("int64")
    decided = table["advanced"] + table["lost"]
    before_goal = np.arange(len(stages)) < len(stages) - 1
    table["conversion_rate_of_entered"] = _ratio(table["advanced"], table["entered"], before_goal)
    table["conversion_rate_of_decided"] = _ratio(table["advanced"], decided, before_goal)
    table["share_of_leads"] = _ratio(table["entered"], len(leads))
    table["direct"] = direct.astype("int64").where(table.index != stages[0], 0)
    table["re_entered"] = (
        again["stage"].value_counts().reindex(stages, fill_value=0).astype("int64")
    )
    table["mean_days"], table["median_days"] = days.mean(), days.median()
    table["mean_response_days"] = waited.mean()
    return table


def summary(journal: Journal) -> pd.Series:
    """Key figures (float; NaN where there is nothing to divide by), in this order:

    - `leads`; `customers`: those of them who reached the goal; `overall_conversion` = customers ÷
      leads (without an order the goal is an action, and a customer who has taken it)
    - `orders` placed; `revenue`: what was paid for them; `aov` = revenue ÷ orders
    - `cac` = (cost of leads and channels + cost of reps) ÷ customers
    - `contribution`: what orders leave after goods and commission, less the cost of leads and
      channels; `profit` = contribution - cost of reps
    - `share_gone_cold`: of the follow-ups that ended, those whose lead had gone cold
    - `mean_response_days`, `p90_response_days`: from queued to started, of the calls that started
    - `utilisation: <team>` = busy ÷ open rep time
    - `repeat_purchase_rate`: customers with a second order ÷ customers

    >>> from funnelsim import load, simulate
    >>> figures = summary(simulate(load("aida"), seed=1))
    >>> bool(figures.customers / figures.leads == figures.overall_conversion)
    True
    """
    import pandas as pd

    scenario = journal.scenario
    leads, _, _ = _since_warm_up(journal)
    warm_up = scenario.warm_up / DAY
    calls = journal.follow_ups[journal.follow_ups["queued"] >= warm_up]
    orders = journal.orders[journal.orders["placed"] >= warm_up]
    days = scenario.days - -(-scenario.warm_up // DAY)
    customers = int((leads["outcome"] == "customer").sum())
    buyers_again = orders.loc[orders["number"] == 2, "customer"].isin(leads["lead"])
    acquisition = _acquisition_cost(journal, leads["channel"].value_counts(), days)
    reps_cost = sum(team.reps * team.cost_per_rep_day * days for team in scenario.teams)
    revenue = orders["paid"].sum()
    contribution = orders["contribution"].sum() - acquisition
    ended = calls[calls["outcome"] != "open"]
    response = (calls["started"] - calls["queued"]).dropna()
    return pd.Series(
        {
            "leads": len(leads),
            "customers": customers,
            "overall_conversion": _divided(customers, len(leads)),
            "orders": len(orders),
            "revenue": revenue,
            "aov": _divided(revenue, len(orders)),
            "cac": _divided(acquisition + reps_cost, customers),
            "contribution": contribution,
            "profit": contribution - reps_cost,
            "share_gone_cold": _divided((ended["outcome"] == GONE_COLD).sum(), len(ended)),
            "mean_response_days": response.mean(),
            "p90_response_days": response.quantile(0.9),
            **{f"utilisation: {team}": share for team, share in _utilisation(journal).items()},
            "repeat_purchase_rate": _divided(buyers_again.sum(), customers),
        },
        dtype=float,
        name=scenario.name,
    )


def _since_warm_up(journal: Journal) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """The leads that arrived since, with their visits and follow-ups."""
    leads = journal.leads[journal.leads["arrived"] >= journal.scenario.warm_up / DAY]
    visits, calls = journal.stage_visits, journal.follow_ups
    first = len(journal.leads) - len(leads)  # leads are numbered by arrival
    return leads, visits[visits["lead"] >= first], calls[calls["lead"] >= first]


def _acquisition_cost(journal: Journal, leads: pd.Series, days: int) -> float:
    """What the leads and the channels' days have cost."""
    return sum(
        channel.cost_per_lead * leads.get(channel.name, 0) + channel.cost_per_day * days
        for channel in journal.scenario.channels
    )


def _utilisation(journal: Journal) -> dict[str, float]:
    """Busy ÷ open rep time of each team, between warm-up and horizon."""
    scenario, calls = journal.scenario, journal.follow_ups
    from_day, to_day = scenario.warm_up / DAY, scenario.horizon / DAY
    started = calls["started"].clip(lower=from_day)
    finished = calls["finished"].where(calls["started"].isna(), calls["finished"].fillna(to_day))
    busy = (finished - started).clip(lower=0).groupby(calls["team"], observed=False).sum()
    return {
        team.name: busy[team.name] / (team.reps * (to_day - from_day)) for team in scenario.teams
    }


def _divided(part: float, whole: float) -> float:
    return part / whole if whole else np.nan


def _ratio(part: pd.Series, whole: pd.Series | int, where: bool | np.ndarray = True) -> Floats:
    part_, whole_ = np.broadcast_arrays(np.asarray(part, float), np.asarray(whole, float))
    nothing = np.full(part_.shape, np.nan)
    return np.divide(part_, whole_, out=nothing, where=where & (whole_ != 0))
