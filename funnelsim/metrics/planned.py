"""What a plan counts in one simulated future: sales, revenue, contribution or profit, and what its
tables are made of.

Sales are first orders; without an order in the scenario, leads that reached the goal. Revenue is
net. All of it from the warm-up to the horizon, read from the whole columns, since a search asks for
it hundreds of times.
"""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy

import numpy as np

from funnelsim.distributions import DAY, Floats, Ints
from funnelsim.journal import NEVER, NEW, OPEN_DEAL, Journal
from funnelsim.metrics.basis import Bools, sales, sales_of
from funnelsim.metrics.figure import COUNT, MONEY
from funnelsim.metrics.follow_up import ended_and_gone_cold, utilisation
from funnelsim.metrics.money import (
    Money,
    channel_costs,
    counts_as_revenue,
    left_by_orders,
    money,
    sale_costs,
)
from funnelsim.scenario import Scenario

METRICS = ("sales", "revenue", "contribution", "profit")


def unit_of(result: str) -> str:
    """How sales, or any of the amounts of `all_results`, are said (`tables.figure_text`)."""
    return COUNT if result == "sales" else MONEY


def result(journal: Journal, metric: str) -> Floats:
    """The figure of a journal, or of each of `Together`: a count of sales, or an amount of money.

    Shape (replications,).
    """
    match metric:
        case "sales":
            return sales_of(journal).astype(float)
        case "revenue":
            paid = journal.whole["orders"]["paid"]
            return journal.totals("orders", paid, _counted(journal)) / 100
        case "contribution":
            return money(journal).contribution / 100
        case _:
            return money(journal).profit / 100


def results_since(journal: Journal, since: Sequence[Scenario], metric: str) -> Floats:
    """Sales, their commission and the metric (unless that is sales) between the ends of warm-ups:
    those of `since`, the same scenario with later ones, ascending; the last up to the horizon.

    Shape (replications, figures, len(since)).
    """
    told = []
    for scenario in since:
        later = copy(journal)
        later.scenario = scenario
        figures = [sales_of(later), sale_costs(later).sum(axis=1) / 100]
        told.append(figures + ([result(later, metric)] if metric != "sales" else []))
    counted = np.array([*told, np.zeros_like(told[0])])  # moment, figure, replication
    return -np.diff(counted, axis=0).transpose(2, 1, 0)


def sale_times(journal: Journal, kind: int | None = None) -> Ints:
    """When each sale since the warm-up was made: first orders, or leads that reached the goal; of
    all leads, or of one `kind`.
    """
    table, these = sales(journal)
    whole = journal.whole[table]
    if kind is not None:
        these = these & (journal.whole["leads"]["kind"][whole["lead"]] == kind)
    return whole["placed" if table == "orders" else "entered"][these]


def all_results(journal: Journal, spent: Money) -> dict[str, float]:
    """Everything that a plan tells of a future, revenue of first orders and of repeats apart."""
    told: dict[str, Ints | Floats] = {"sales": sales_of(journal)}
    if journal.scenario.order is not None:
        counted = _counted(journal)
        paid, first = journal.whole["orders"]["paid"], journal.order_numbers == 1
        told = told | {
            "revenue": spent.revenue / 100,
            "revenue of first orders": journal.totals("orders", paid, counted & first) / 100,
            "revenue of repeats": journal.totals("orders", paid, counted & ~first) / 100,
            "contribution": spent.contribution / 100,
            "profit": spent.profit / 100,
        }
    return {name: float(values[0]) for name, values in told.items()}


def _counted(journal: Journal) -> Bools:
    since = journal.whole["orders"]["placed"] >= journal.scenario.warm_up
    return np.asarray(since & counts_as_revenue(journal))


# --- for the tables ---------------------------------------------------------------------------


def seen(journal: Journal) -> tuple[dict[str, float], int, Floats, int, Floats | None, Floats]:
    """Results, leads that came, entries of each stage (`entered_stages`), cents spent to win
    customers, what orders leave by age, and sales and costs of the channels.
    """
    t = journal.whole["leads"]
    came = int(np.sum((t["kind"] == NEW) & (t["arrived"] >= journal.scenario.warm_up)))
    ages = left_by_age(journal) if journal.scenario.order is not None else None
    spent, entered, channels = money(journal), entered_stages(journal), of_channels(journal)
    return all_results(journal, spent), came, entered, int(spent.acquisition[0]), ages, channels


def entered_stages(journal: Journal) -> Floats:
    """Who entered each stage since the warm-up, each counted once.

    Shape (2, stages): deals that were open at the start, and all others.
    """
    visits = journal.whole["stage_visits"]
    first = (visits["attempt"] == 0) & (visits["entered"] >= journal.scenario.warm_up)
    # deals that are open at the start are where they are, and do not enter there
    kind = journal.whole["leads"]["kind"][visits["lead"]]
    was_open = kind == OPEN_DEAL
    first &= ~was_open | (visits["entered"] > 0)
    stages = len(journal.scenario.stages)
    these = (first & was_open, first & ~was_open)
    return np.array([np.bincount(visits["stage"][one], minlength=stages) for one in these], float)


def left_by_age(journal: Journal) -> Floats:
    """By days since the first order: what orders leave before CAC, and customers seen so long."""
    scenario, days = journal.scenario, journal.scenario.days + 1
    t, customer = journal.whole["orders"], journal.whole["leads"]["customer"]
    of, numbers = customer[t["lead"]], journal.order_numbers
    first = np.full(len(customer), NEVER, dtype=np.int64)
    first[of[numbers == 1]] = t["placed"][numbers == 1]
    counted = first[of] >= scenario.warm_up  # NEVER is before
    age = (t["placed"][counted] - first[of[counted]]) // DAY
    left = np.bincount(age, left_by_orders(journal)[counted] / 100, days)
    seen = (scenario.horizon - first[first >= scenario.warm_up]) // DAY
    exposed = np.bincount(seen, minlength=days)[::-1].cumsum()[::-1]
    return np.array([left, exposed])


def of_channels(journal: Journal) -> Floats:
    """Of each channel since the warm-up: its sales, their commission, what all orders of these
    customers leave, and what it cost to win them (both before reps and days of channels).

    Amounts in currency; shape (4, channels), "referral" last where customers bring leads.
    """
    leads, (table, sold) = journal.whole["leads"], sales(journal)
    lead, costs = journal.whole[table]["lead"], channel_costs(journal)[0]
    count = np.bincount(leads["channel"][lead[sold]], minlength=len(costs))
    commission = np.zeros(len(costs))
    commission[: len(journal.scenario.channels)] = sale_costs(journal)[0]
    left = np.zeros(len(costs))
    if journal.scenario.order is not None:
        won = np.zeros(len(leads["key"]), dtype=bool)
        won[leads["customer"][lead[sold]]] = True
        theirs = won[leads["customer"][lead]]
        left += np.bincount(
            leads["channel"][lead[theirs]], left_by_orders(journal)[theirs], len(costs)
        )
    return np.array([count, commission / 100, left / 100, costs / 100])


def commission_in_all(journal: Journal) -> float:
    return float(sale_costs(journal).sum() / 100)


def lead_times(journal: Journal, until: int) -> tuple[Ints, Ints]:
    """When the winners among the leads arrived, until some moment, and how long each took."""
    visits, leads = journal.whole["stage_visits"], journal.whole["leads"]
    at_goal = visits["stage"] == len(journal.scenario.stages) - 1
    lead, won = visits["lead"][at_goal], visits["entered"][at_goal]
    arrived = leads["arrived"][lead]
    counted = (leads["kind"][lead] == NEW) & (arrived < until)
    return arrived[counted], (won - arrived)[counted]


def of_team(journal: Journal, team: int) -> Floats:
    """Of each replication: visits to the team that went cold, all whose follow-up ended, how busy
    it was, and sales; shape (replications, 4).
    """
    ended, cold = ended_and_gone_cold(journal, team)
    return np.column_stack([cold, ended, utilisation(journal)[:, team], sales_of(journal)])
