"""The cheapest way to a target: leads by channel and reps by team together.

For given reps all mixes of leads worth buying are one line (`mixes.py`), on which the fewest that
reach the target with the chance asked for are searched by simulation, with what a queue makes of
them. Around today's numbers of reps others are tried, in steps that become smaller. All of this is
chosen on the same customers. Whoever chooses the best of many on some customers finds it better
than it is; so the chance that is told is that of other customers, who had no part in the choice.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from funnelsim.analytic.arrivals import leads_of_channels
from funnelsim.analytic.costs import cost_of_channels, reps_costs
from funnelsim.analytic.usual_sum import worth_of_a_sale
from funnelsim.arguments import a_choice, a_number, a_seed, a_share, refused
from funnelsim.deadlines import up_to
from funnelsim.distributions import Floats
from funnelsim.errors import Finding, nearest
from funnelsim.experiment.chunks import an_executor
from funnelsim.journal.provenance import Provenance
from funnelsim.metrics.planned import result
from funnelsim.planner import roots
from funnelsim.planner.futures import Futures
from funnelsim.planner.levers import MOST_REPS, is_paid, with_reps
from funnelsim.planner.mixes import Mixes, mixes
from funnelsim.planner.question import provenance_of
from funnelsim.progress import Bar, a_bar
from funnelsim.scenario import Scenario, a_scenario
from funnelsim.staffing import fewest_reps
from funnelsim.tables import figure_text

if TYPE_CHECKING:
    import pandas as pd

METRICS = ("sales", "revenue")
AROUND = (0.8, 0.9, 0.95, 1.0, 1.05, 1.1, 1.2)  # times the sales that are bought: what is told of
CHOOSING = 150_000, 50, 200  # leads simulated at one mix on the way; replications from, to
TELLING = 400_000, 200, 500  # the same at one of which the chance is told
NEAR = 0.004  # of the sales that are bought: so near is near enough
GUESS = 40  # mixes that are tried, for a bar


@dataclass(frozen=True, eq=False)
class Cheapest:
    """The cheapest way to a target, and what stands beside it.

    What was asked: `today` (the scenario, up to the time asked for), `target`, `metric`,
    `probability`.

    `is_reached`    False: nothing that was tried reaches the target with the chance asked for, and
                    all below is of the best chance
    `scenario`      the planned scenario: simulate it
    `cost`          what leads, the channels' days and reps cost in the time, in currency
    `chance`        of the target, in `replications` that had no part in the choice, and its
                    standard error `chance_se`; by chance it may be below what was asked for
    `channels`      a row per channel moved: leads a day `today` and `planned`
    `teams`         a row per team moved: reps `today` and `planned`
    `tried`         a row per numbers of reps that were tried: the `cost` of the cheapest mix there
                    (NaN: none will do), its `leads`, and its `chance` among those it was chosen on
    `by_chance`     what another `cost` brings at the planned reps: `chance`, `chance_se` as above
    `provenance`    how it was made: the scenario as it was given, and all other arguments

    >>> import funnelsim as fs
    >>> s = fs.Scenario(name="shop", horizon="30 days",
    ...     channels=[{"name": "ads", "leads_per_day": 10, "cost_per_lead": 2}],
    ...     stages=[{"name": "Visit", "conversion": 0.2}, {"name": "Sale"}])
    >>> way = fs.cheapest(s, 50, change="leads", progress=False)
    >>> print(str(way).partition(":")[0])
    The cheapest way to 50 sales costs 579.70 EUR
    """

    today: Scenario
    target: float
    metric: str
    probability: float
    is_reached: bool
    scenario: Scenario
    cost: float
    chance: float
    chance_se: float
    replications: int
    channels: pd.DataFrame
    teams: pd.DataFrame
    tried: pd.DataFrame
    by_chance: pd.DataFrame
    provenance: Provenance

    def __str__(self) -> str:
        leads = [f"{x:,.1f} leads a day of {name}" for name, x in self.channels["planned"].items()]
        reps = [f"{n} rep{'s' * (n != 1)} in {name}" for name, n in self.teams["planned"].items()]
        what = ", ".join([*leads, *reps])
        is_sales = self.metric == "sales"
        target = f"{self.target:,.0f} sales" if is_sales else f"{self._money(self.target)} revenue"
        asked, found = (figure_text(x, "share") for x in (self.probability, self.chance))
        told = (
            f"Of {self.replications} futures that had no part in the choice {found} reach it "
            f"(standard error {100 * self.chance_se:.1f} points)"
        )
        if not self.is_reached:
            way = f"No leads and reps that were tried reach {target} with a chance of {asked}."
            return f"{way} The best are {what}. {told}."
        way = f"The cheapest way to {target} costs {self._money(self.cost)}: {what}."
        return f"{way} {told}{self._less(asked)}."

    def _less(self, asked: str) -> str:
        """What is said where the chance is below the one asked for, and what it would take."""
        if self.chance >= self.probability:
            return ""
        enough = self.by_chance.loc[self.by_chance["chance"] >= self.probability, "cost"]
        more = f"; {self._money(enough.min())} would do" if len(enough) else ""
        return f", less than the {asked} asked for{more}"

    def _money(self, amount: float) -> str:
        return figure_text(amount, "money", self.today.currency)


class _Mix(NamedTuple):
    """The cheapest mix at some reps, or the one that gets furthest."""

    cost: float  # infinite: none will do
    sales: float  # that are bought
    surely: float  # the result that is reached with the chance asked for
    chance: float  # of the target


@dataclass
class _Search:
    """What was asked, and what has been chosen on the same customers."""

    today: Scenario
    target: float
    metric: str
    probability: float
    mixes: Mixes
    start: float  # sales to buy that would about do, without a queue
    teams: tuple[str, ...]
    futures: Futures
    answers: dict[tuple[int, ...], _Mix] = field(default_factory=dict)

    def scenario(self, reps: Sequence[int], sales: float) -> Scenario:
        """The scenario with these reps, and the mix of leads that would bring so many sales."""
        made = self.today
        for team, number in zip(self.teams, reps, strict=True):
            made = with_reps(made, team, number)
        rates = self.mixes.rates(sales)
        return made.vary({f"channels.{name}.leads_per_day": x for name, x in rates.items()})

    def results(self, reps: Sequence[int], sales: float, replications: range) -> Floats:
        """The metric in each of these replications, from the best to the worst."""
        measure = partial(result, metric=self.metric)
        seen = self.futures.of(measure, self.scenario(reps, sales), replications)
        return np.sort(np.array(seen, dtype=float))[::-1]

    def at(self, reps: tuple[int, ...]) -> _Mix:
        """The cheapest mix there."""
        if reps not in self.answers:
            self.answers[reps] = self._fewest(reps)
        return self.answers[reps]

    def _fewest(self, reps: Sequence[int]) -> _Mix:
        """The fewest sales to buy that will do, or those with which most is reached."""
        seen: dict[float, _Mix] = {}

        def over(sales: float) -> float:
            results = self.results(reps, sales, self.choosing)
            surely = float(results[math.ceil(self.probability * len(results) - 1e-9) - 1])
            cost = cost_of(self.scenario(reps, sales)) if surely >= self.target else math.inf
            seen[sales] = _Mix(cost, sales, surely, self._share(results))
            return surely / self.target - 1

        if over(0.0) < 0 and self.mixes.names:
            found = roots.least(over, self.start, self.mixes.most, NEAR)
            if found is not None:
                over(found)
        return min(seen.values(), key=lambda mix: (mix.cost, -mix.surely, mix.sales))

    def told(self, reps: Sequence[int], sales: float) -> tuple[float, float]:
        """The chance in futures that had no part in the choice, and its standard error.

        Two futures of either kind are added for the error, so that it is never 0. Source: A.
        Agresti and B. A. Coull, The American Statistician 52, 1998.
        """
        chance, count = self._share(self.results(reps, sales, self.telling)), len(self.telling)
        near = (chance * count + 2) / (count + 4)
        return chance, math.sqrt(near * (1 - near) / (count + 4))

    def _share(self, results: Floats) -> float:
        return float((results >= self.target).mean())

    @property
    def choosing(self) -> range:
        """The replications on which all is chosen."""
        return range(_times(self.today, *CHOOSING))

    @property
    def telling(self) -> range:
        """Those of which the chance is told: none of them is among the others."""
        last = self.choosing.stop
        return range(last, last + _times(self.today, *TELLING))


def _times(scenario: Scenario, leads: int, fewest: int, most: int) -> int:
    each = max(float(leads_of_channels(scenario).sum()), 1.0)
    return int(min(max(leads / each, fewest), most))


def cost_of(scenario: Scenario) -> float:
    """What leads, the channels' days and reps cost in the time, in currency."""
    return float(cost_of_channels(scenario).sum()) + reps_costs(scenario) / 100


def cheapest(
    scenario: Scenario,
    target: float,
    metric: str = "sales",
    probability: float = 0.9,
    within: str | None = None,
    change: str | Sequence[str] = ("leads", "reps"),
    *,
    seed: int = 1,
    executor: Executor | None = None,
    progress: bool | Bar = True,
) -> Cheapest:
    """The cheapest leads by channel and reps by team that reach a target with a given chance.

    `target` is a number of sales (first orders), or of "revenue" in currency. `change` names what
    may be moved: "leads" (every channel whose leads cost something), "channels.ads.leads_per_day",
    "reps" (of every team whose reps cost something), "teams.sales.reps". Channels go from no lead
    up to their `ceiling`. Everything else is as in `fs.plan`. The reps found are the best of those
    tried, and a queue is taken to treat the leads of all channels alike. The chance told is that of
    other customers than those it was chosen on.

    Raises FunnelSimError for an argument that is none, and for what cannot be weighed: a channel
    whose cost hangs on what becomes of its leads, one that buys impressions, a lead that costs
    nothing and has no ceiling, a scenario with a warm-up. A target that cannot be met is no error.

    >>> import funnelsim as fs
    >>> ads = {"name": "ads", "leads_per_day": 10, "cost_per_lead": 2, "ceiling": 30}
    >>> fair = {"name": "fair", "leads_per_day": 5, "cost_per_lead": 5}
    >>> s = fs.Scenario(name="shop", horizon="30 days", channels=[ads, fair],
    ...     stages=[{"name": "Visit", "conversion": 0.2}, {"name": "Sale"}])
    >>> way = fs.cheapest(s, 100, change="leads", progress=False)
    >>> way.channels["planned"].round().to_dict()
    {'ads': 19.0, 'fair': 0.0}
    """
    today = given = a_scenario(scenario, "cheapest")
    if today.warm_up:
        rule = "leads and reps are moved from the start on, not from the end of a warm-up"
        raise refused("warm_up", Finding("given"), rule, "leave it out")
    today = today if within is None else up_to(within, today)
    target = a_number("target", target, above=0)
    metric = a_choice("metric", metric, METRICS)
    if metric == "revenue" and today.order is None:
        raise refused("metric", metric, "without [order] nothing is paid", 'write "sales"')
    probability = a_share("probability", probability)
    settings = {"target": target, "metric": metric, "probability": probability}
    settings |= {"within": within, "change": change}
    made_by = provenance_of("cheapest", given, a_seed(seed), None, settings)
    channels, teams = _moved(today, change)
    worth = worth_of_a_sale(today, metric) if metric == "revenue" else 1.0
    sales = target / worth if worth else target
    line = mixes(today, channels, sales)
    start = sales + 1.3 * math.sqrt(sales)
    with a_bar(progress, GUESS, is_guess=True) as bar:
        futures = Futures(bar, a_seed(seed), None, an_executor(executor))
        search = _Search(today, target, metric, probability, line, start, teams, futures)
        rest = len(AROUND) * len(search.telling)
        futures.expect(GUESS * len(search.choosing) + rest)
        best = _best_reps(search)
        futures.expect(rest)
        return _told(search, best, made_by)


def _best_reps(search: _Search) -> tuple[int, ...]:
    """Steps to every side, longer while one is better, halved where none is.

    Team by team, and all together: where each is a bottleneck, one alone helps nothing.
    """
    teams = [team for team in search.today.teams if team.name in search.teams]
    least = [max(fewest_reps(search.today, team), 1) for team in teams]
    sides = {tuple(row) for row in np.eye(len(teams), dtype=int).tolist()} | {(1,) * len(teams)}

    def merit(reps: tuple[int, ...]) -> tuple[float, float, int]:
        mix = search.at(reps)
        return mix.cost, -mix.surely if math.isinf(mix.cost) else 0.0, sum(reps)

    best = tuple(max(team.reps, few) for team, few in zip(teams, least, strict=True))
    step = max([1, *(reps // 4 for reps in best)]) if teams else 0
    while step:
        tried = {
            tuple(min(max(n + move * k, few), MOST_REPS)
                  for n, k, few in zip(best, side, least, strict=True))
            for side in sides for move in (step, -step)
        }  # fmt: skip
        found = min([best, *sorted(tried)], key=merit)
        step = 2 * step if found != best else step // 2
        best = found
    return best


def _told(search: _Search, best: tuple[int, ...], made_by: Provenance) -> Cheapest:
    """The answer, with chances of customers who had no part in it."""
    import pandas as pd

    cost, sales, *_ = search.at(best)
    today, planned = search.today, search.scenario(best, sales)
    rows = []
    for bought in sorted({min(sales * times, search.mixes.most) for times in AROUND}):
        rows.append((bought, cost_of(search.scenario(best, bought)), *search.told(best, bought)))
    columns = ["bought", "cost", "chance", "chance_se"]
    by_chance = pd.DataFrame(rows, columns=columns).set_index("bought")
    tried = [
        {
            **dict(zip(search.teams, reps, strict=True)),
            "cost": mix.cost if math.isfinite(mix.cost) else math.nan,
            "leads": float(leads_of_channels(search.scenario(reps, mix.sales)).sum()),
            "chance": mix.chance,
        }
        for reps, mix in sorted(search.answers.items())
    ]
    both = {"today": today, "planned": planned}
    channels = {when: {c.name: c.rate for c in s.channels} for when, s in both.items()}
    teams = {when: {t.name: t.reps for t in s.teams} for when, s in both.items()}
    row = by_chance.loc[sales]
    return Cheapest(
        today=today,
        target=search.target,
        metric=search.metric,
        probability=search.probability,
        is_reached=math.isfinite(cost),
        scenario=planned,
        cost=float(row["cost"]),
        chance=float(row["chance"]),
        chance_se=float(row["chance_se"]),
        replications=len(search.telling),
        channels=pd.DataFrame(channels).reindex(pd.Index(search.mixes.names, name="channel")),
        teams=pd.DataFrame(teams).reindex(pd.Index(search.teams, name="team")),
        tried=pd.DataFrame(tried),
        by_chance=by_chance.reset_index(drop=True),
        provenance=made_by,
    )


def _moved(today: Scenario, change: object) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The names of the channels and of the teams that are moved."""
    by_path = {f"channels.{c.name}.leads_per_day": {c.name} for c in today.channels}
    by_path |= {"leads": {c.name for c in today.channels if is_paid(c, today)}}
    by_team = {f"teams.{t.name}.reps": {t.name} for t in today.teams}
    paid = {t.name for t in today.teams if t.cost_per_rep_day}
    by_team |= {"reps": paid}
    channels: set[str] = set()
    teams: set[str] = set()
    for one in change if isinstance(change, list | tuple) else [change]:
        if not isinstance(one, str) or one not in by_path | by_team:
            rule = "the cheapest way is over leads by channel and reps"
            raise refused("change", one, rule, nearest(one, [*by_path, *by_team]))
        channels |= by_path.get(one, set())
        teams |= by_team.get(one, set())
    for team in sorted(teams - paid):
        rule = "a rep of it costs nothing, so there would be as many as can be"
        raise refused(f"teams.{team}", Finding("free"), rule, "give it a cost_per_rep_day")
    if not channels and not teams:
        rule = "nothing that costs something is among it"
        there = ", ".join(path for path, names in (by_path | by_team).items() if names)
        raise refused("change", Finding("without effect"), rule, f"there are {there}")
    return (
        tuple(c.name for c in today.channels if c.name in channels),
        tuple(t.name for t in today.teams if t.name in teams),
    )
