"""Key figures of a journal, and the funnel table.

Both leave out what came before the scenario's warm-up: the funnel counts the leads that arrived
since, each once per stage by its final state there; the key figures take leads arrived,
follow-ups queued and orders placed since.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from funnelsim.distributions import DAY, Floats
from funnelsim.errors import FunnelSimError
from funnelsim.journal import GONE_COLD, MISSED, NOT_REACHED, SERVED, Journal, reasons
from funnelsim.opening_hours import OpeningHours
from funnelsim.scenario import Scenario, Team

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
    - `mean_response_days`: from entering to the start of the call that reached the lead

    >>> from funnelsim import load, simulate
    >>> table = funnel_table(simulate(load("aida"), seed=1))
    >>> bool((table.entered == table.advanced + table.lost + table.open).all())
    True
    """
    import pandas as pd

    journal = a_journal(journal, "funnel_table")
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
    waited = response_times(journal)[calls.index].groupby(calls["stage"], observed=False)

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
    - `cac` = (cost of leads, channels and messages + cost of reps) ÷ customers
    - `contribution`: what orders leave after goods and commission, less the cost of leads,
      channels and messages; `profit` = contribution - cost of reps
    - `share_gone_cold`: of the visits whose follow-up ended (a call reached the lead, or it was
      lost before), those that had gone cold
    - `mean_response_days`, `p90_response_days`: from entering the stage to the start of the call
      that reached the lead
    - `utilisation: <team>` = busy ÷ open rep time (overtime may take it past 1)
    - `repeat_purchase_rate`: customers with a second order ÷ customers

    >>> from funnelsim import load, simulate
    >>> figures = summary(simulate(load("aida"), seed=1))
    >>> bool(figures.customers / figures.leads == figures.overall_conversion)
    True
    """
    import pandas as pd

    scenario = a_journal(journal, "summary").scenario
    leads, _, _ = _since_warm_up(journal)
    warm_up = scenario.warm_up / DAY
    orders = journal.orders[journal.orders["placed"] >= warm_up]
    customers = int((leads["outcome"] == "customer").sum())
    buyers_again = orders.loc[orders["number"] == 2, "customer"].isin(leads["lead"])
    messages = journal.messages
    acquisition = _acquisition_cost(scenario, leads["channel"].value_counts())
    acquisition += messages.loc[messages["sent"] >= warm_up, "cost"].sum()
    reps_cost = _reps_cost(scenario)
    revenue = orders["paid"].sum()
    contribution = orders["contribution"].sum() - acquisition
    response = response_times(journal)
    response = response[journal.follow_ups["queued"] >= warm_up].dropna()
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
            "share_gone_cold": _share_gone_cold(journal),
            "mean_response_days": response.mean(),
            "p90_response_days": response.quantile(0.9),
            **{f"utilisation: {team}": share for team, share in _utilisation(journal).items()},
            "repeat_purchase_rate": _divided(buyers_again.sum(), customers),
        },
        dtype=float,
        name=scenario.name,
    )


def a_journal(value: object, name: str) -> Journal:
    """The value, if it is a journal; FunnelSimError, naming who asked for one, if not.

    >>> a_journal("aida", "summary")
    Traceback (most recent call last):
    funnelsim.errors.FunnelSimError: summary is given "aida"; it takes a Journal: ...
    """
    if isinstance(value, Journal):
        return value
    given = f'"{value}"' if isinstance(value, str) else f"a {type(value).__name__}"
    way_out = "write fs.simulate(scenario)"
    raise FunnelSimError(f"{name} is given {given}; it takes a Journal: {way_out}")


def _since_warm_up(journal: Journal) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """The leads that arrived since, with their visits and follow-ups."""
    leads = journal.leads[journal.leads["arrived"] >= journal.scenario.warm_up / DAY]
    visits, calls = journal.stage_visits, journal.follow_ups
    first = len(journal.leads) - len(leads)  # leads are numbered by arrival
    return leads, visits[visits["lead"] >= first], calls[calls["lead"] >= first]


def response_times(journal: Journal) -> pd.Series:
    """Days from entering the stage to the start of the call that reached the lead.

    One for each row of `follow_ups`; NaN for a call that reached nobody.
    """
    calls = journal.follow_ups
    # the calls of a visit stand one after the other, and the first is queued on entering
    entered = calls["queued"].where(calls["call"] == 0).ffill()
    return (calls["started"] - entered).where(journal.whole["follow_ups"]["reached"] == 1)


def _share_gone_cold(journal: Journal) -> float:
    warm_up = journal.scenario.warm_up / DAY
    calls, visits = journal.follow_ups, journal.stage_visits
    reasons_lost = visits.loc[visits["entered"] >= warm_up, "reason"]
    failed = reasons_lost.isin([MISSED, NOT_REACHED, GONE_COLD]).sum()
    served = ((calls["outcome"] == SERVED) & (calls["queued"] >= warm_up)).sum()
    return _divided((reasons_lost == GONE_COLD).sum(), failed + served)


def _acquisition_cost(scenario: Scenario, leads: pd.Series) -> float:
    """What the leads and the channels' days have cost; a lead of an impression is a click."""
    days = scenario.days - -(-scenario.warm_up // DAY)
    return sum(
        (channel.cost_per_lead + channel.cost_per_click) * leads.get(channel.name, 0)
        + channel.cost_per_day * days
        for channel in scenario.channels
    )


def _reps_cost(scenario: Scenario) -> float:
    """What the reps cost on the days with opening hours."""
    # a day counts as a whole, by whether it begins in the time that counts
    begin, end = -(-scenario.warm_up // DAY) * DAY, scenario.days * DAY
    return sum(
        team.reps * team.cost_per_rep_day * _hours(scenario, team).days(begin, end)
        for team in scenario.teams
        if team.cost_per_rep_day
    )


def _hours(scenario: Scenario, team: Team) -> OpeningHours:
    return OpeningHours(team.open, scenario.start, team.closed)


def _utilisation(journal: Journal) -> dict[str, float]:
    """Busy ÷ open rep time of each team, between warm-up and horizon."""
    scenario, calls = journal.scenario, journal.follow_ups
    from_day, to_day = scenario.warm_up / DAY, scenario.horizon / DAY
    started = calls["started"].clip(lower=from_day)
    finished = calls["finished"].where(calls["started"].isna(), calls["finished"].fillna(to_day))
    busy = (finished - started).clip(lower=0).groupby(calls["team"], observed=False).sum()
    open_days = {
        team.name: _hours(scenario, team).open_time(scenario.warm_up, scenario.horizon) / DAY
        for team in scenario.teams
    }
    return {
        team.name: _divided(busy[team.name], team.reps * open_days[team.name])
        for team in scenario.teams
    }


def _divided(part: float, whole: float) -> float:
    return part / whole if whole else np.nan


def _ratio(part: pd.Series, whole: pd.Series | int, where: bool | np.ndarray = True) -> Floats:
    part_, whole_ = np.broadcast_arrays(np.asarray(part, float), np.asarray(whole, float))
    nothing = np.full(part_.shape, np.nan)
    return np.divide(part_, whole_, out=nothing, where=where & (whole_ != 0))
