"""A plan in words: short sentences, the most important first."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import numpy as np

from funnelsim.analytic.arrivals import leads_of_channels
from funnelsim.analytic.costs import changes_costs, reps_costs
from funnelsim.distributions import DAY, duration_text
from funnelsim.metrics.basis import orders_may_follow
from funnelsim.planner.answer import Plan
from funnelsim.planner.levers import Lever
from funnelsim.planner.question import Question
from funnelsim.scenario.values import REFERRAL
from funnelsim.tables import figure_text

if TYPE_CHECKING:
    import pandas as pd

LATE = 0.95  # of the winners in time: below, it is said by when leads must come
WORTH_A_REP = 0.02  # more sales by a rep more, from which on it is said
TOO_SHORT = (
    "Nothing says yet how far such forecasts have been right: the export is too short to try. It "
    "takes 8 weeks and 10 wins to learn from, and 90 days after these."
)
TWO_SIDED = 1.96  # standard errors: 95 % lie within
STEP, CLIFF = 1.2, 0.3  # if so much more leads bring less than a third of that


def _setting(lever: Lever, x: float, cost: float) -> str:
    """What the lever stands at, in words; `cost` is what a budget comes to there."""
    scenario = lever.at(x)
    leads = f"{float(leads_of_channels(scenario).sum()):,.0f} leads"
    if lever.path == "leads":
        return leads
    if lever.path == "budget":
        return f"{figure_text(cost, 'money', scenario.currency)} for {leads}"
    if lever.team:
        return f"{_reps(round(x * lever.today))} in team {lever.team}"
    if lever.moments:
        return _week(lever, x)
    return f"{lever.parameter.label} = {lever.text(x)}"


def _week(lever: Lever, x: float) -> str:
    """When a change begins or ends: "hire from 2027-02-15, week 7"."""
    name, _, end = lever.path.partition(".")[2].rpartition(".")
    if lever.number_at(x) < lever.scenario.horizon:
        return f"{name} {end} {lever.text(x)}"
    return f"no {name} within the time" if end == "from" else f"{name} to the end"


def percent(chance: float) -> str:
    return figure_text(chance, "share")


def chance_text(plan: Plan, chance: float) -> str:
    """A chance with the digits that it has: one that is simulated is known to a few per cent."""
    if plan.method == "formula" or not 0.005 <= chance < 0.995:
        return figure_text(chance, "share")
    return f"{100 * chance:.0f} %"


def amount(plan: Plan, value: float) -> str:
    """Sales as a count, other results as money, with their name."""
    if plan.metric == "sales":
        return f"{value:,.0f} sale{'s' * (round(value) != 1)}"
    return f"{figure_text(value, 'money', plan.today.currency)} of {plan.metric}"


def in_words(
    plan: Plan, question: Question, hindrances: list[str], settings: Sequence[tuple[float, float]]
) -> Plan:
    """The plan with all that it has to say; `settings` are its own and today's, each with what a
    budget comes to there."""
    planned, today = (_setting(question.lever, x, cost) for x, cost in settings)
    plan = replace(plan, setting=planned, setting_today=today)
    return replace(plan, sentences=_sentences(plan, question, hindrances))


def _sentences(plan: Plan, question: Question, hindrances: list[str]) -> tuple[str, ...]:
    """All that a plan has to say."""
    told = [_answer(plan, question), *_losses(plan), *hindrances, *_running(plan)]
    if plan.is_reached:
        told += [*_naive(plan), *_doubt(plan, question), *_weeks_alike(plan)]
    told += _money(plan)
    told += _people(plan, question.most_gone_cold)
    told += _cliff(plan)
    told += _rep_or_leads(plan)
    told += _by_when(plan)
    told += _tried(question)
    return tuple(told)


def _tried(question: Question) -> list[str]:
    """How far forecasts of an export have been right, and what the plan makes of it."""
    if question.backtest is not None:
        held, *_, so = question.backtest.sentences
        return [f"{held} {so}"]
    return [TOO_SHORT] if question.is_short else []


def _answer(plan: Plan, question: Question) -> str:
    days = duration_text(plan.scenario.horizon - plan.scenario.warm_up)
    goal = f"{amount(plan, plan.target)} within {days}"
    if not plan.is_reached:
        brings = amount(plan, float(plan.outcome.loc[plan.metric, "mean"]))
        best = f"the best, {plan.setting}, brings {brings} on average"
        if plan.chance:
            return (
                f"The target of {goal} cannot be met {100 * plan.probability:g} % of the time: "
                f"{best}, and the chance is {chance_text(plan, plan.chance)}."
            )
        return f"The target of {goal} cannot be met: {best}."
    if plan.change in ("leads", "budget"):
        today = f"{plan.leads_per_day:,.1f} a day"
    else:
        where = "in the scenario" if question.lever.moments else "today"  # a date is not of today
        today = f"{where} {question.lever.text(1.0)}"
        of_changes = changes_costs(plan.scenario) - changes_costs(plan.today)
        more = (reps_costs(plan.scenario) - reps_costs(plan.today) + of_changes) / 100
        if more:
            today += f"; {figure_text(abs(more), 'money', plan.today.currency)} "
            today += "more" if more > 0 else "less"
    chance = chance_text(plan, plan.chance)
    return f"With {plan.setting} ({today}) you reach {goal} with a chance of {chance}."


def _losses(plan: Plan) -> list[str]:
    """Where what a sale leaves is less than what it costs to win one: for all, or by channel."""
    sold = plan.per_sale[plan.per_sale["sales"] > 0]
    losing = sold[sold["loses"]]
    if losing.empty:
        return []
    if len(losing) == len(sold):
        return [_loss(plan, "Each sale", sold)]
    worst = (losing["leaves"] - losing["costs"]).sort_values().index
    return [_loss(plan, f"Each sale from {name}", losing.loc[[name]]) for name in worst]


def _loss(plan: Plan, each: str, sold: pd.DataFrame) -> str:
    """The loss on a sale of these channels, and what it is made of."""
    share = sold["sales"] / sold["sales"].sum()
    leaves, costs = (float(share @ sold[column]) for column in ("leaves", "costs"))
    money = [figure_text(v, "money", plan.today.currency) for v in (costs - leaves, leaves, costs)]
    again = orders_may_follow(plan.today)
    left = f"it leaves {money[1]}"
    if again:
        left = f"the customer's orders leave {money[1]} within the time"
    others = (sold["costs"] - sold["commission"]).round(4)
    costly = {
        "leads": others.drop(REFERRAL, errors="ignore").any(),
        "commission": sold["commission"].any(),
        "rewards": others.get(REFERRAL, 0) > 0,
    }
    paid = [name for name, is_paid in costly.items() if is_paid]
    reps = ", reps not counted" if reps_costs(plan.today) else ""
    return (
        f"{each} loses {money[0]} on average: {left}, and it costs {money[2]} "
        f"{'in ' + ' and '.join(paid) + ' ' if paid else ''}to win{reps}."
    )


def _naive(plan: Plan) -> list[str]:
    if plan.change not in ("leads", "budget") or not plan.naive_leads:
        return []
    parts = "÷ conversion" if plan.metric == "sales" else "÷ what a sale brings ÷ conversion"
    return [
        f"The usual sum (target {parts}) says {plan.naive_leads:,} leads; they are enough "
        f"{_with_chance(plan)}."
    ]


def _with_chance(plan: Plan) -> str:
    chance = plan.naive_chance
    return f"with a chance of {chance_text(plan, chance)}" if chance >= 0.01 else "hardly ever"


def _doubt(plan: Plan, question: Question) -> list[str]:
    told = []
    if question.uncertainty is not None and plan.price_of_not_knowing:
        told.append(
            f"The conversion is known only from {question.uncertainty.words}: "
            f"{plan.price_of_not_knowing:,} of the leads are the price of not knowing it better."
        )
    if plan.method == "simulation" and plan.leads_high > plan.leads_low:
        tried = plan.curve["leads"].iloc[-1] if "leads" in plan.curve else math.inf
        told.append(
            f"The number comes from {plan.replications:,} simulated futures and is known to lie "
            f"between {plan.leads_low:,} and {plan.leads_high:,}"
            + ("" if "leads" in plan.curve else " leads in all")
            + " (95 % interval)"
            + (", as many as were tried." if plan.leads_high >= round(tried, 0) else ".")
        )
    return told


def _weeks_alike(plan: Plan) -> list[str]:
    """How sure a week is: others whose chance cannot be told from the one asked for."""
    if "date" not in plan.curve or plan.method == "formula":
        return []
    aside = (plan.curve["chance"] - plan.probability).abs()
    alike = plan.curve.loc[aside <= TWO_SIDED * plan.curve["chance_se"], "date"]
    if len(alike) < 2:
        return []
    first, last = (f"{day:%Y-%m-%d}" for day in (alike.iloc[0], alike.iloc[-1]))
    return [
        f"The week comes from {plan.replications:,} simulated futures: from {first} to {last} the "
        f"chance cannot be told from {100 * plan.probability:g} % (95 % interval)."
    ]


def _running(plan: Plan) -> list[str]:
    if plan.open_business is None:
        return []
    brings = plan.open_business
    return [
        f"What is open today brings {amount(plan, brings['mean'])} of that on average "
        f"({amount(plan, brings['10%'])} to {amount(plan, brings['90%'])} in 8 of 10 futures); "
        f"{amount(plan, max(plan.remaining, 0.0))} remain to be won."
    ]


def _money(plan: Plan) -> list[str]:
    if not plan.budget:
        return []
    currency = plan.today.currency
    leads, commission = round(plan.budget - plan.commission, 2), plan.commission
    told = f"The leads cost {figure_text(leads, 'money', currency)}" if leads else ""
    if commission:
        told += " and the sales " if leads else "The sales cost "
        told += f"{figure_text(commission, 'money', currency)} in commission"
    if math.isfinite(plan.cac):
        told += ", with the reps" if reps_costs(plan.scenario) else ","
        told += f" a customer costs {figure_text(plan.cac, 'money', currency)} (CAC)"
    if plan.today.order is None:
        return [told + "."]
    if not math.isfinite(plan.payback_days):
        return [told + "; a customer's orders do not pay that back within the time."]
    days = plan.payback_days
    after = f"{days:,.0f} day{'s' * (days != 1)} after the first order"
    when = after if days else "with the first order"
    return [told + f", paid back {when}."]


def _people(plan: Plan, most_gone_cold: float) -> list[str]:
    told = []
    for team, row in plan.reps.iterrows():
        if plan.change == f"teams.{team}.reps" or math.isnan(row["gone_cold"]):
            continue  # that is the answer itself; or nobody comes
        now, reps = row["gone_cold"], _reps(int(row["reps"]))
        if not row["is_enough"]:
            told.append(
                f"Team {team} ({reps}): {percent(now)} of its leads go cold; however many reps "
                f"there are, {percent(row['gone_cold_then'])} do, since nobody calls while their "
                f"patience lasts (closed hours, say). More than {row['needed']:,.0f} do not help."
            )
        elif row["needed"] > row["reps"]:
            cold = (
                f"{percent(now)} of its leads go cold"
                if now > most_gone_cold
                else "its queue grows"
            )
            told.append(
                f"Team {team} ({reps}) is too small for that: {cold}; it takes "
                f"{row['needed']:,.0f} reps."
            )
        elif row["needed"] < row["reps"] and _sells_as_much(plan, str(team), int(row["needed"])):
            told.append(
                f"Team {team} ({reps}): {row['needed']:,.0f} would keep those gone cold at "
                f"{100 * most_gone_cold:g} %; now it is {percent(now)}."
            )
    return told


def _sells_as_much(plan: Plan, team: str, reps: int) -> bool:
    """Whether the team sells as much with so many reps, but for one in a hundred."""
    sales = plan.reps_tried[plan.reps_tried["team"] == team].set_index("reps")["sales"]
    return bool(sales[reps] >= 0.99 * sales[int(plan.reps.loc[team, "reps"])])


def _reps(count: int) -> str:
    return f"{count:,} rep{'s' * (count != 1)}"


def _cliff(plan: Plan) -> list[str]:
    """Where more leads hardly bring more: past what a team can do."""
    if not (plan.is_reached and plan.change in ("leads", "budget")) or plan.reps.empty:
        return []
    leads, means = plan.curve["leads"].to_numpy(), plan.curve["mean"].to_numpy()
    if not plan.leads or leads[-1] < plan.leads * STEP:  # none are needed, or no more can be had
        return []
    who = "the teams" if len(plan.reps) > 1 else f"team {plan.reps.index[0]}"
    here = np.linspace(plan.leads, max(plan.leads, leads[-1] / STEP), 50)
    now, then = np.interp(here, leads, means), np.interp(here * STEP, leads, means)
    grown = np.divide(then, now, out=np.full(len(here), np.inf), where=now > 0) - 1
    help_ = np.flatnonzero(grown >= CLIFF * (STEP - 1))  # the last of them: what is less is chance
    first = int(help_[-1]) + 1 if len(help_) else 0
    if first == len(here):
        return []
    about = f"past about {float(f'{here[first]:.2g}'):,.0f} leads"
    where = about if here[first] > plan.leads * 1.02 else "from here on"
    return [
        f"More leads hardly help {where}: {percent(STEP - 1)} more bring "
        f"{figure_text(max(float(grown[first]), 0.0), 'share')} more {plan.metric}, since {who} "
        "can do no more."
    ]


def _rep_or_leads(plan: Plan) -> list[str]:
    """What a rep more brings in the team where that is most, and how many leads bring as much."""
    if not (plan.is_reached and plan.change in ("leads", "budget")) or plan.reps.empty:
        return []
    gain, name, reps, more = max(_gains(plan), default=(0.0, "", 0, 0))
    if gain < WORTH_A_REP:
        return []
    staffed = plan.scenario.vary({f"teams.{name}.reps": more})
    staff = (reps_costs(staffed) - reps_costs(plan.scenario)) / 100
    told = (
        f"With {_reps(more)} in team {name} instead of {reps:,} the same leads bring "
        f"{percent(gain)} more sales{_for_money(plan, staff)}"
    )
    if plan.metric not in ("sales", "revenue"):  # these grow as sales do
        return [told + "."]
    leads, means = plan.curve["leads"].to_numpy(), plan.curve["mean"].to_numpy()
    enough = np.flatnonzero(means >= (1 + gain) * np.interp(plan.leads, leads, means))
    if not len(enough):
        return [f"{told}; more leads alone do not, {leads[-1]:,.0f} were tried."]
    there = plan.curve.iloc[enough[0]]
    cost = _for_money(plan, float(there["cost"]) - plan.budget)
    more_leads = f"{float(f'{there.leads - plan.leads:.2g}'):,.0f} more leads for as many{cost}"
    return [f"{told}; without, it takes about {more_leads}."]


def _gains(plan: Plan) -> Iterator[tuple[float, str, int, int]]:
    """By team: more sales (a share) of the same leads with the next larger number of reps tried."""
    for team, tried in plan.reps_tried.groupby("team"):
        sales = tried.set_index("reps")["sales"]
        reps = int(plan.reps.loc[team, "reps"])
        more = [int(n) for n in sales.index if n > reps]
        if more and sales[reps]:
            yield float(sales[min(more)] / sales[reps] - 1), str(team), reps, min(more)


def _for_money(plan: Plan, cost: float) -> str:
    return f", for {figure_text(cost, 'money', plan.today.currency)}" if cost else ""


def _by_when(plan: Plan) -> list[str]:
    until, d = plan.scenario.horizon / DAY, plan.deadline

    def day(number: float) -> str:
        whole = math.floor(number)
        return f"day {whole:,} ({plan.scenario.start + timedelta(days=whole):%Y-%m-%d})"

    if not d.share_in_time < LATE:
        return []
    if d.half <= plan.scenario.warm_up / DAY:
        return [
            "The time is short: more than half of those who buy take longer than all of it; "
            f"{percent(d.share_in_time)} of the sales that these leads bring come in time."
        ]
    told = f"Of the leads that come after {day(d.half)} fewer than half of the sales come in time"
    if 0 < d.last < until:
        told += f", and after {day(d.last)} hardly any"
    return [told + f"; the end is {day(until)}."]
