"""The futures that a plan looks at: replications from one state, and what is counted in each.

All that the planner simulates is simulated here, so that a pool of processes serves the search and
the tables alike. Where and in what order never changes a result. Counted are sales (first orders;
without an order in the scenario, leads that reached the goal), revenue (net), contribution and
profit, from the warm-up to the horizon, read from the whole columns, since a search asks for it
hundreds of times.

A future of very many leads is told by a part of it (`part_of`, `together`): where leads do not wait
for one another it is the sum of several independent ones of fewer, so its mean is so many times
theirs, and what is chance in it the root of that.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from concurrent.futures import Executor
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from funnelsim.analytic.arrivals import leads_of_channels
from funnelsim.distributions import Floats, Ints
from funnelsim.experiment import chunks
from funnelsim.journal import Journal
from funnelsim.metrics.basis import Bools, sales, sales_of
from funnelsim.metrics.figure import COUNT, MONEY
from funnelsim.metrics.money import Money, counts_as_revenue, money
from funnelsim.progress import Bar, progress_bar
from funnelsim.scenario import Scenario
from funnelsim.state import State

if TYPE_CHECKING:
    import pandas as pd

METRICS = ("sales", "revenue", "contribution", "profit")
MOST = 200  # replications; of very many leads a few, who differ little
FEW = 10  # where only means are read
FAR_MORE, MILLION = 5, 1_000_000  # times the leads; leads of one replication


@dataclass(frozen=True)
class Futures:
    """How futures are simulated: with this seed, from this state at the start, told to this bar."""

    bar: Bar
    seed: int = 1
    initial: State | None = None
    executor: Executor | None = None
    _done: list[int] = field(default_factory=lambda: [0])  # replications, told to the bar

    def expect(self, replications: float) -> None:
        """Tells a bar that has a total how many more there will be, about."""
        if hasattr(self.bar, "total"):
            self.bar.total = self._done[0] + int(replications)

    @property
    def there(self) -> int:
        """How many deals and customers each future begins with."""
        return 0 if self.initial is None else len(self.initial.deals) + len(self.initial.customers)

    def of(self, measure: chunks.Measure, scenario: Scenario, replications: range) -> list[Any]:
        """What `measure` says of each of these replications, in order."""
        outcome = chunks.run(
            measure, [scenario], self.seed, replications, self.executor, self.bar,
            initial=self.initial,
        )  # fmt: skip
        if outcome.interrupted:  # half a search is no plan
            raise KeyboardInterrupt
        self._done[0] += len(replications)
        return [outcome.results[0][replication] for replication in replications]

    def among(
        self, measure: chunks.Measure, scenarios: Sequence[Scenario], replications: range
    ) -> list[Any]:
        """The same where each of several scenarios may be the true one: replication r takes the
        scenario r modulo their number.
        """
        found: dict[int, Any] = {}
        for number, scenario in enumerate(scenarios):
            first = replications.start + (number - replications.start) % len(scenarios)
            mine = range(first, replications.stop, len(scenarios))
            if mine:
                found |= zip(mine, self.of(measure, scenario, mine), strict=True)
        return [found[replication] for replication in replications]

    def replications_for(self, scenario: Scenario, leads: int, fewest: int) -> int:
        """So many that they come to these leads, counting what is there at the start; at least the
        fewest, but where that is far more work three will do, and of a million leads one.
        """
        each = max(1.0, float(leads_of_channels(scenario).sum()) + self.there)
        least = max(min(FAR_MORE * leads / each, fewest), 3 if each < MILLION else 1)
        return int(min(max(leads / each, least), MOST))


def a_bar(progress: bool | Bar, total: int, is_guess: bool = False) -> AbstractContextManager[Bar]:
    """What is told of replications done: one's own `update(n)`, or a bar after two seconds."""
    if hasattr(progress, "update"):
        return nullcontext(progress)
    return progress_bar(total, bool(progress), is_guess=is_guess)


# --- what is counted --------------------------------------------------------------------------


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


# --- a part of very many leads ----------------------------------------------------------------


def part_of(scenario: Scenario, parts: float) -> Scenario:
    """One of so many equal parts: of the leads, and of what channels and reps cost a day."""
    if parts <= 1:
        return scenario
    changes: dict[str, object] = {}
    for channel in scenario.channels:
        at = f"channels.{channel.name}"
        key = "impressions_per_day" if channel.leads_per_day is None else "leads_per_day"
        for name in (key, "cost_per_day"):
            changes[f"{at}.{name}"] = getattr(channel, name) / parts
    for team in scenario.teams:
        changes[f"teams.{team.name}.cost_per_rep_day"] = team.cost_per_rep_day / parts
    return scenario.vary(changes)


def together(results: pd.DataFrame, parts: float, classes: int) -> pd.DataFrame:
    """Results of parts (a row each) as those of the whole, class by class of the conversion.

    In a class it is chance by how much a result is off the mean, so it grows with the root.
    """
    if parts <= 1:
        return results
    means = results.groupby(results.index % classes).transform("mean")
    return parts * means + math.sqrt(parts) * (results - means)
