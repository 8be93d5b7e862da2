"""What a plan counts in one simulated future: sales, revenue, contribution or profit.

Sales are first orders; without an order in the scenario, leads that reached the goal. Revenue is
net. All of it from the warm-up to the horizon, read from the whole columns, since a search asks for
it hundreds of times.
"""

from __future__ import annotations

import numpy as np

from funnelsim.arguments import a_choice, refused
from funnelsim.distributions import Floats, Ints
from funnelsim.journal import Journal
from funnelsim.metrics.basis import Bools, sales, sales_of
from funnelsim.metrics.figure import COUNT, MONEY
from funnelsim.metrics.money import Money, counts_as_revenue, money
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


def sale_times(journal: Journal) -> Ints:
    """When each sale since the warm-up was made: first orders, or leads that reached the goal."""
    table, these = sales(journal)
    return journal.whole[table]["placed" if table == "orders" else "entered"][these]


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


def a_metric(metric: object, scenario: Scenario) -> str:
    """The name, if the scenario has such a figure; FunnelSimError if not."""
    metric = a_choice("metric", metric, METRICS, "a plan has no such")
    if metric != "sales" and scenario.order is None:
        rule = "the scenario has no [order], so nothing is earned"
        way_out = 'give it one, or plan metric="sales"'
        raise refused("metric", metric, rule, way_out)
    return metric
