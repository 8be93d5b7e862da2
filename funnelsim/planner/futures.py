"""The futures that a plan looks at: replications from one state, here or on an executor.

All that the planner simulates is simulated here, so that a pool of processes serves the search and
the tables alike. Where and in what order never changes a result. What is counted in each future
`metrics/planned.py` says; `see` is all that the tables of a plan are made of.

A future of very many leads is told by a part of it (`part_of`, `together`): where leads do not wait
for one another it is the sum of several independent ones of fewer, so its mean is so many times
theirs, and what is chance in it the root of that.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from funnelsim.analytic.arrivals import leads_of_channels
from funnelsim.distributions import Floats
from funnelsim.experiment import chunks
from funnelsim.metrics.basis import divided
from funnelsim.metrics.planned import seen
from funnelsim.progress import Bar
from funnelsim.scenario import Scenario
from funnelsim.state import State

if TYPE_CHECKING:
    import pandas as pd

MOST = 200  # replications; of very many leads a few, who differ little
FEW = 10  # where only means are read
LEADS, FEWEST = 120_000, 20  # simulated of the planned scenario in all; replications at least
LEADS_OF_REPS, NUMBERS_TRIED = 25_000, 5  # for each number of reps that is tried; numbers, about
LEADS_IN_TIME = 60_000  # for how late is too late
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
        if channel.saturation is not None and channel.ceiling is not None:
            changes[f"{at}.saturation"] = channel.saturation / parts
            changes[f"{at}.ceiling"] = channel.ceiling / parts
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


# --- of the planned scenario ------------------------------------------------------------------


@dataclass(frozen=True)
class Seen:
    """What replications of the planned scenario showed.

    `results` has a row per replication; `entered` the mean first entries of each stage; `cac` the
    cost of winning a customer; `payback_days` how long until a customer's orders have paid for it;
    `channels` what `of_channels` says of each replication.
    """

    results: pd.DataFrame
    entered: Floats
    cac: float
    payback_days: float
    channels: Floats


def see(scenarios: Sequence[Scenario], futures: Futures, parts: float = 1.0) -> Seen:
    """Simulates the planned scenario some times: several, where each may be the true one; or one of
    so many `parts` of each, of which the whole is told.
    """
    import pandas as pd

    simulated = [part_of(scenario, parts) for scenario in scenarios]
    futures.expect(_for_all_tables(simulated[0], futures))
    count = futures.replications_for(simulated[0], LEADS, FEWEST)
    count = -(-count // len(scenarios)) * len(scenarios)  # as many of each
    told = futures.among(partial(chunks.of_each, seen), simulated, range(count))
    rows, came, entered, spent, ages, channels = zip(*told, strict=True)
    results = pd.DataFrame(rows)
    cac = divided(sum(spent) / 100, float(results["sales"].sum()))
    results = together(results, parts, len(scenarios))
    # how many leads come is known, so the stages need not tell by chance (a ratio estimate)
    known = float(leads_of_channels(scenarios[0]).sum()) / np.mean(came) if np.any(came) else 1.0
    by_stage = np.mean(entered, axis=0) * known
    return Seen(results, by_stage, cac, _payback(ages, cac), np.array(channels))


def _for_all_tables(simulated: Scenario, futures: Futures) -> int:
    """How many replications these and the other tables of a plan take, about."""
    each = futures.replications_for(simulated, LEADS_OF_REPS, FEW)
    others = ((LEADS, FEWEST), (LEADS_IN_TIME, FEW))
    of_reps = each * NUMBERS_TRIED * len(simulated.teams)
    return of_reps + sum(futures.replications_for(simulated, *leads) for leads in others)


def _payback(ages: Sequence[Floats | None], cac: float) -> float:
    """Days after the first order until the mean customer's orders have paid the CAC; NaN: never.

    What orders of an age leave is divided by the customers seen for so long.
    """
    known = [age for age in ages if age is not None]
    if not known or not math.isfinite(cac):
        return math.nan
    left, exposed = np.sum(known, axis=0)
    earned = np.cumsum(np.divide(left, exposed, out=np.zeros_like(left), where=exposed > 0))
    paid = np.flatnonzero(earned >= cac)
    return float(paid[0]) if len(paid) else math.nan
