"""The reference funnel in Ciw, counting only.

Ciw knows networks of nodes, not processes: one node where leads look around, one where they wait
for the team, two where they think it over, one where customers are until they order again. Since a
team is a node, a lead that comes to it for the second stage is of another class. How a lead goes on
depends on how long it waited, so the routes are ours.
"""

from __future__ import annotations

import math
import random
from typing import Any

import ciw
from plain_simpy import DAYS, HALF_LIFE, LEADS_PER_DAY, PATIENCE, REPS, STAGES

LOOK, TEAM, THINK, THINK_AGAIN, AGAIN = 1, 2, 3, 4, 5
EXIT = -1


def simulate(seed: int = 1, days: float = DAYS) -> dict[str, float]:
    """Leads, customers, orders and revenue of one simulation."""
    ciw.seed(seed)
    chance = random.Random(seed)
    total = {"leads": 0, "customers": 0, "orders": 0, "revenue": 0.0}
    (attention, _), (interest, call_1), (desire, call_2) = STAGES

    def lognormal(mean: float, cv: float) -> tuple[float, float]:
        variance = math.log(1 + cv * cv)
        return math.log(mean) - variance / 2, math.sqrt(variance)

    class After(ciw.routing.NodeRouting):
        """Where a lead goes from this node; a buyer orders, and may come back."""

        def __init__(self, conversion: float, goes_on_to: int) -> None:
            self.conversion, self.goes_on_to = conversion, goes_on_to

        def next_node(self, lead: Any) -> Any:
            nodes = self.simulation.nodes
            odds = self.conversion / (1 - self.conversion)
            if lead.data_records and lead.data_records[-1].node == TEAM:
                odds *= 0.5 ** (lead.data_records[-1].waiting_time / HALF_LIFE)
            if chance.random() >= odds / (1 + odds):
                return nodes[EXIT]
            if self.goes_on_to != AGAIN:
                return nodes[self.goes_on_to]
            total["customers"] += 1
            return orders(nodes)

    class Ordering(ciw.routing.NodeRouting):
        def next_node(self, lead: Any) -> Any:
            return orders(self.simulation.nodes)

    class ByStage(ciw.routing.NodeRouting):
        def next_node(self, lead: Any) -> Any:
            first = lead.customer_class == "first call"
            return self.simulation.nodes[THINK if first else THINK_AGAIN]

    def orders(nodes: Any) -> Any:
        total["orders"] += 1
        total["revenue"] += chance.lognormvariate(*lognormal(120, 0.8))
        return nodes[AGAIN if chance.random() < 0.7 else EXIT]

    class Arrivals(ciw.dists.Exponential):
        def sample(self, t: Any = None, ind: Any = None) -> float:
            total["leads"] += 1
            drawn: float = super().sample(t, ind)
            return drawn

    exponential, ways = ciw.dists.Exponential, ciw.routing.NetworkRouting
    look, again = exponential(5), exponential(1 / 30)
    think = ciw.dists.Lognormal(*lognormal(1.0, 1.0))
    patience = [None, exponential(1 / PATIENCE), None, None, None]
    same = {"first call": {"first call": 1.0, "second call": 0.0}}
    same["second call"] = {"first call": 0.0, "second call": 1.0}
    then_second = {"first call": {"first call": 0.0, "second call": 1.0}}
    then_second["second call"] = same["second call"]

    def routes() -> ciw.routing.NetworkRouting:
        thinks = [After(interest, TEAM), After(desire, AGAIN)]
        return ways(routers=[After(attention, TEAM), ByStage(), *thinks, Ordering()])

    network = ciw.create_network(
        arrival_distributions={
            "first call": [Arrivals(LEADS_PER_DAY), None, None, None, None],
            "second call": [None] * 5,
        },
        service_distributions={
            "first call": [look, exponential(1 / call_1), think, think, again],
            "second call": [look, exponential(1 / call_2), think, think, again],
        },
        reneging_time_distributions={"first call": patience, "second call": patience},
        class_change_matrices=[same, same, then_second, same, same],
        number_of_servers=[float("inf"), REPS, float("inf"), float("inf"), float("inf")],
        routing={"first call": routes(), "second call": routes()},
    )
    ciw.Simulation(network).simulate_until_max_time(days)
    total["leads"] -= 1  # the last one comes too late
    return total
