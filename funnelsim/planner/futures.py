"""The futures that a plan looks at: replications from one state, here or on an executor.

All that the planner simulates is simulated here, so that a pool of processes serves the search and
the tables alike. Where and in what order never changes a result.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field
from typing import Any

from funnelsim.analytic.arrivals import leads_of_channels
from funnelsim.experiment import chunks
from funnelsim.progress import Bar
from funnelsim.scenario import Scenario
from funnelsim.state import State

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
