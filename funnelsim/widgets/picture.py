"""What a live board shows of a scenario: one history, and how far chance spreads such histories.

A board's pictures come from a maker, which knows two things. `draft(scenario, shown)` is quick, for
a slider that is being dragged; `refined(picture)` goes on from there, in pieces between which it
can be given up. `Simulated` makes a `Picture` of a scenario, `SideBySide` two of the same
customers: of the scenario and of a variant of it. A board that only tells what a scenario says
brings its own maker.
"""

from __future__ import annotations

import numbers
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any

import pandas as pd

from funnelsim.analytic.arrivals import time_of_leads
from funnelsim.arguments import a_seed
from funnelsim.distributions import DAY, duration_text
from funnelsim.engines import simulate_together
from funnelsim.errors import FunnelSimError, Problem
from funnelsim.experiment.chunks import a_number_of_replications
from funnelsim.experiment.spread import Spread, spread
from funnelsim.journal import Journal
from funnelsim.metrics import funnel_table, summary
from funnelsim.scenario import Scenario

LEADS_AT_ONCE = 3_000  # of which eight histories take about 0.1 s: a slider answers at once
DRAFT = 8  # replications while a slider is dragged
PIECE = 4  # replications that nothing can interrupt
MOST = 10_000  # replications of a board


@dataclass(frozen=True, eq=False)
class Picture:
    """A simulated scenario: replication 0 in full, and the spread of as many as there are.

    `horizon` is the scenario's, in microseconds; the journal may show less of it.
    """

    journal: Journal
    figures: pd.Series
    spread: Spread
    horizon: int

    @property
    def table(self) -> pd.DataFrame:
        """The funnel's; counted when it is asked for, as not every board shows it."""
        return _table(self.journal)

    @staticmethod
    def of(scenario: Scenario, seed: int, replications: int, horizon: int = 0) -> Picture:
        """A picture from replications 0, 1 ...; the first is what `simulate` gives."""
        parts = list(simulate_together(scenario, seed, range(replications)))
        first, found = next(parts[0].split()), spread(parts)
        figures = pd.Series({key: values[0] for key, values in found.figures.items()})
        return Picture(first, figures, found, horizon or scenario.horizon)

    def refined(self, replications: int) -> Iterator[Picture | None]:
        """None before each further piece of work; at the end the picture from all replications."""
        found = self.spread
        while len(found) < replications:
            yield None
            part = range(len(found), min(len(found) + PIECE, replications))
            found = found.plus(spread(simulate_together(self.scenario, self.journal.seed, part)))
        if found is not self.spread:
            yield replace(self, spread=found)

    @property
    def scenario(self) -> Scenario:
        return self.journal.scenario


@lru_cache(maxsize=4)  # of now, with a draft of the ranges and with all, and of what was kept
def _table(journal: Journal) -> pd.DataFrame:
    return funnel_table(journal)


@dataclass(frozen=True)
class Simulated:
    """Makes a picture by simulating: so much of the horizon (0: all of it), so often; a draft
    `drafted` times.
    """

    seed: int
    horizon: int
    replications: int
    drafted: int = DRAFT

    @staticmethod
    def of(scenario: Scenario, seed: object, days: float | None, n: object) -> Simulated:
        """As `explore` is asked for it; FunnelSimError for what is none."""
        horizon, replications = horizon_shown(scenario, days), histories_of_a_board(n)
        is_all = horizon >= scenario.horizon
        return Simulated(a_seed(seed), 0 if is_all else horizon, replications)

    def shortened(self, scenario: Scenario) -> Scenario:
        """The scenario as far as it is shown."""
        if not 0 < self.horizon < scenario.horizon:
            return scenario
        return scenario.vary({"horizon": duration_text(self.horizon)})

    def draft(self, scenario: Scenario, shown: Picture | None = None) -> Picture:
        """A picture from few replications; `shown` itself, if it is one of this scenario."""
        short = self.shortened(scenario)
        if shown is not None and shown.scenario == short and shown.horizon == scenario.horizon:
            return shown
        return Picture.of(short, self.seed, min(self.drafted, self.replications), scenario.horizon)

    def refined(self, picture: Picture) -> Iterator[Picture | None]:
        """From all replications; None wherever it may be given up."""
        return picture.refined(self.replications)


@dataclass(frozen=True)
class AsItIs:
    """Makes no picture: what is shown, such as a journal, is its own."""

    def draft(self, what: Any, shown: Any = None) -> Any:
        return what

    def refined(self, picture: Any) -> Iterator[Any]:
        return iter(())


@dataclass(frozen=True)
class Pair:
    """A scenario, and beside it a variant of it, lived through by the same customers."""

    here: Picture
    there: Picture

    @property
    def journal(self) -> Journal:
        return self.here.journal

    @property
    def horizon(self) -> int:
        return self.here.horizon

    @property
    def spread(self) -> Spread:
        """Of the one with fewer replications."""
        return min(self.here.spread, self.there.spread, key=len)


@dataclass(frozen=True)
class SideBySide:
    """Makes pairs: of a scenario and of what `variant` makes of it."""

    simulated: Simulated
    variant: Callable[[Scenario], Scenario]

    def draft(self, scenario: Scenario, shown: Pair | None = None) -> Pair:
        """Both from few replications; what is shown of either is kept."""
        here = self.simulated.draft(scenario, shown.here if shown else None)
        there = self.simulated.draft(self.variant(scenario), shown.there if shown else None)
        is_shown = shown is not None and here is shown.here and there is shown.there
        return shown if shown is not None and is_shown else Pair(here, there)

    def refined(self, pair: Pair) -> Iterator[Pair | None]:
        """One after the other from all replications; None wherever it may be given up."""
        for here in self.simulated.refined(pair.here):
            pair = pair if here is None else replace(pair, here=here)
            yield None if here is None else pair
        for there in self.simulated.refined(pair.there):
            yield None if there is None else replace(pair, there=there)


@dataclass(frozen=True, eq=False)
class Staffed(Picture):
    """A picture, and the key figures of the same customers with other numbers of reps: of which
    scenario, with one rep, these are.
    """

    others: Mapping[int, pd.Series] = field(default_factory=dict)
    others_of: Scenario | None = None


@dataclass(frozen=True)
class Staffing:
    """Makes pictures of a scenario with other numbers of reps in a team beside it, up to `most`.

    A draft keeps the others of the picture before, which are of another scenario than its own
    wherever more was changed than the number of reps.
    """

    simulated: Simulated
    team: str
    most: int

    def reps(self, scenario: Scenario) -> int:
        return next(team.reps for team in scenario.teams if team.name == self.team)

    def with_reps(self, scenario: Scenario, reps: int) -> Scenario:
        return scenario.vary({f"teams.{self.team}.reps": reps})

    def draft(self, scenario: Scenario, shown: Staffed | None = None) -> Staffed:
        picture = self.simulated.draft(scenario, shown)
        if isinstance(picture, Staffed):
            return picture
        others, others_of = (shown.others, shown.others_of) if shown else ({}, None)
        return Staffed(**vars(picture), others=others, others_of=others_of)

    def refined(self, picture: Staffed) -> Iterator[Picture | None]:
        """First the others, one replication of each, then all replications of the picture."""
        s = picture.scenario
        one = self.with_reps(s, 1)
        if picture.others_of != one:
            others = {}
            for reps in self._tried(self.reps(s)):
                yield None
                (journal,) = simulate_together(
                    self.with_reps(s, reps), self.simulated.seed, range(1)
                )
                others[reps] = summary(journal)
            picture = replace(picture, others=others, others_of=one)
            yield picture
        yield from self.simulated.refined(picture)

    def _tried(self, reps: int) -> list[int]:
        """Numbers of reps to try: some from one to the most, and one more than there are."""
        even = {round(1 + n * (self.most - 1) / (TRIED - 1)) for n in range(TRIED)}
        return sorted(even | {reps + 1})


TRIED = 8  # numbers of reps, from one to the most


# --- how much of the horizon ----------------------------------------------------------------------


def horizon_shown(scenario: Scenario, days: float | None) -> int:
    """How much of the horizon a board simulates, in microseconds; see `explore`."""
    if not isinstance(scenario, Scenario):
        given = f'"{scenario}"' if isinstance(scenario, str) else f"a {type(scenario).__name__}"
        way_out = 'write fs.load("aida"), or journal.scenario'
        raise FunnelSimError(f"explore is given {given}; it takes a Scenario: {way_out}")
    if days is None:
        return min(scenario.horizon, scenario.warm_up + time_of_leads(scenario, LEADS_AT_ONCE))
    number = isinstance(days, numbers.Real) and not isinstance(days, bool)
    shown = round(min(days, scenario.horizon / DAY) * DAY) if number and days > 0 else 0
    if shown <= 0:
        rule = "a board shows more than 0 days: write a number, such as 30"
        raise FunnelSimError(str(Problem("days", days, rule)))
    if shown <= scenario.warm_up:
        warm_up = duration_text(scenario.warm_up)
        rule = f"the warm-up of the scenario takes {warm_up}, and a board shows more than that"
        raise FunnelSimError(str(Problem("days", days, rule)))
    return shown


def histories_of_a_board(n: object) -> int:
    """The number of replications behind the ranges; more than so many would never be finished."""
    number = a_number_of_replications(n)
    if number > MOST:
        rule = f"a board takes {MOST:,} at most"
        raise FunnelSimError(str(Problem("n", n, rule, "fs.replicate simulates more")))
    return number
