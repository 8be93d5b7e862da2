"""The cheapest way to a target: leads by channel and reps together, on the same customers.

For given reps the leads are bought where one more sale costs least: channel by channel in the
order of what a sale of each costs, along the curve of one with `saturation` only as far as that is
so (the marginal costs of all that are in use are then equal: the condition of Lagrange; of an
S-shaped curve its convex hull is gone along). What a lead of a channel is worth is its conversion
without a queue.
So all mixes are one line, from few sales to many, and on it the chance is searched by simulation,
with what the queue makes of it. The numbers of reps are searched around that, in steps that become
smaller, team by team.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field
from functools import partial
from itertools import product
from typing import TYPE_CHECKING

import numpy as np

from funnelsim.analytic.arrivals import leads_of_channels
from funnelsim.analytic.conversion import conversion_of_channels
from funnelsim.analytic.costs import cost_of_channels, costs_by_sale, reps_costs
from funnelsim.arguments import a_choice, a_number, a_seed, a_share, refused
from funnelsim.deadlines import up_to
from funnelsim.distributions import Floats, Ints
from funnelsim.errors import Finding, nearest
from funnelsim.experiment.chunks import an_executor
from funnelsim.metrics.planned import result
from funnelsim.planner.futures import Futures
from funnelsim.planner.levers import MOST_REPS, is_paid, with_reps
from funnelsim.planner.trials import FEWEST, chance
from funnelsim.progress import Bar, a_bar
from funnelsim.scenario import Scenario, a_scenario
from funnelsim.staffing import fewest_reps

if TYPE_CHECKING:
    import pandas as pd

METRICS = ("sales", "revenue")
AROUND = (0.8, 0.85, 0.9, 0.95, 1.0, 1.05, 1.1)  # times the sales that are bought, for a picture
PIECES = 400  # of a channel's curve
LEADS, MOST_TIMES = 60_000, 200  # simulated at one mix; replications
HALVINGS, NEAR = 14, 0.002  # of the number of sales that are bought; its share that is near enough
UNLIMITED = 3.0  # times the target in sales that a channel without a ceiling may bring
GUESS = 60  # mixes, for a bar


@dataclass(frozen=True)
class Cheapest:
    """The cheapest way to a target, and what stands beside it.

    `cost` is what leads, the channels' days and reps cost in the time, in currency. `channels` has
    a row per channel moved: leads a day `today` and `planned`. `teams` the same of reps. `tried`
    has a row per numbers of reps that were tried: the cheapest `cost` there (NaN: none reaches the
    target), its `leads`, and `chance`. `by_chance`: what costs bring at the planned reps.
    """

    today: Scenario
    scenario: Scenario
    target: float
    metric: str
    probability: float
    is_reached: bool
    chance: float
    cost: float
    replications: int
    channels: pd.DataFrame
    teams: pd.DataFrame
    tried: pd.DataFrame
    by_chance: pd.DataFrame

    def __str__(self) -> str:
        where = ", ".join(f"{n} {x:.3g} leads a day" for n, x in self.channels["planned"].items())
        reps = ", ".join(f"{n} {x} reps" for n, x in self.teams["planned"].items())
        what = "; ".join(part for part in (where, reps) if part)
        money = f"{self.cost:,.0f} {self.today.currency}"
        if not self.is_reached:
            return (
                f"No leads and reps tried reach {self.target:g} {self.metric} with a chance of "
                f"{self.probability:.0%}; the best is {self.chance:.0%}, with {what}."
            )
        return (
            f"The cheapest way to {self.target:g} {self.metric} costs {money}: {what}. "
            f"The chance is {self.chance:.0%}."
        )


@dataclass
class _Way:
    """All mixes of leads as one line: pieces of the channels' curves, cheapest sale first."""

    names: tuple[str, ...]
    each: Floats  # sales of one lead a day, in the time
    channel: Ints
    sales: Floats  # of each piece

    def rates(self, sales: float) -> Floats:
        """Leads a day of each channel that bring so many sales without a queue."""
        before = np.cumsum(self.sales) - self.sales
        bought = np.clip(sales - before, 0, self.sales)
        found: Floats = np.bincount(self.channel, bought, len(self.names)) / self.each
        return found

    @property
    def most(self) -> float:
        return float(self.sales.sum())


@dataclass
class _Search:
    """What was asked, and what has been simulated of it."""

    today: Scenario
    target: float
    metric: str
    probability: float
    way: _Way
    teams: tuple[str, ...]
    futures: Futures
    count: int
    worth: float = 1.0  # of a sale, in the metric
    answers: dict[tuple[int, ...], tuple[float, float, float]] = field(default_factory=dict)

    def scenario(self, reps: Sequence[int], sales: float) -> Scenario:
        made = self.today
        for team, number in zip(self.teams, reps, strict=True):
            made = with_reps(made, team, number)
        if self.way.names:
            rates = zip(self.way.names, self.way.rates(sales), strict=True)
            made = made.vary({f"channels.{n}.leads_per_day": float(x) for n, x in rates})
        return made

    def results(self, reps: Sequence[int], sales: float) -> Floats:
        measure = partial(result, metric=self.metric)
        made = self.scenario(reps, sales)
        return np.array(self.futures.of(measure, made, range(self.count)), dtype=float)

    def chance(self, reps: Sequence[int], sales: float) -> float:
        return chance(self.results(reps, sales), self.target)

    def at(self, reps: tuple[int, ...]) -> tuple[float, float, float]:
        """The cheapest there: its cost (infinite: none), sales bought, and chance."""
        if reps not in self.answers:
            sales, reached = self.least(reps)
            cost = cost_of(self.scenario(reps, sales))
            self.answers[reps] = cost if reached >= self.probability else math.inf, sales, reached
        return self.answers[reps]

    def least(self, reps: Sequence[int]) -> tuple[float, float]:
        """The fewest sales to buy that reach the target with the chance asked for."""
        if not self.way.names:
            return 0.0, self.chance(reps, 0.0)
        most = self.way.most
        low, high = 0.0, min(self.start, most)
        reached = self.chance(reps, high)
        best = reached, -high
        while reached < self.probability and high < most:
            low, high = high, min(high * 1.25, most)
            reached = self.chance(reps, high)
            best = max(best, (reached, -high))
        if reached < self.probability:
            return -best[1], best[0]
        for _ in range(HALVINGS):
            if high - low <= NEAR * high:
                break
            middle = (low + high) / 2
            there = self.chance(reps, middle)
            low, high, reached = (
                (low, middle, there) if there >= self.probability else (middle, high, reached)
            )
        return high, reached

    @property
    def start(self) -> float:
        """Sales that would about do, without a queue."""
        sales = self.target / self.worth
        return sales + 1.3 * math.sqrt(sales)


def cost_of(scenario: Scenario) -> float:
    """What leads, the channels' days and reps cost in the time, in currency."""
    return float(cost_of_channels(scenario).sum()) + reps_costs(scenario) / 100


def cheapest(
    scenario: Scenario,
    target: float,
    metric: str = "sales",
    probability: float = 0.9,
    within: str | None = None,
    change: Sequence[str] = ("leads", "reps"),
    *,
    seed: int = 1,
    executor: Executor | None = None,
    progress: bool | Bar = True,
) -> Cheapest:
    """The cheapest leads by channel and reps by team that reach a target with a given chance.

    `target` is a number of sales (first orders), or of "revenue" in currency. `change` names what
    may be moved: "leads" (every channel whose leads cost something), "channels.ads.leads_per_day",
    "reps" (of every team), "teams.sales.reps". Channels go from no lead up to their `ceiling`.
    Everything else is as in `fs.plan`. The reps found are the best of
    those tried, and of a queue it is taken that it treats the leads of all channels alike.

    Raises FunnelSimError for levers that cannot be combined: a channel whose cost hangs on what
    becomes of its leads, one that buys impressions, a lead that costs nothing and has no ceiling, a
    scenario with a warm-up.

    >>> import funnelsim as fs
    >>> ads = {"name": "ads", "leads_per_day": 10, "cost_per_lead": 2, "ceiling": 30}
    >>> fair = {"name": "fair", "leads_per_day": 5, "cost_per_lead": 5}
    >>> s = fs.Scenario(name="shop", horizon="30 days", channels=[ads, fair],
    ...     stages=[{"name": "Visit", "conversion": 0.2}, {"name": "Sale"}])
    >>> way = fs.cheapest(s, 100, change=["leads"], progress=False)
    >>> way.channels["planned"].round().to_dict()
    {'ads': 19.0, 'fair': 0.0}
    """
    today = a_scenario(scenario, "cheapest")
    today = today if within is None else up_to(within, today)
    target = a_number("target", target, above=0)
    probability = a_share("probability", probability)
    metric = a_choice("metric", metric, METRICS)
    if metric == "revenue" and today.order is None:
        raise refused("metric", metric, "without [order] nothing is paid", 'write "sales"')
    channels, teams = _moved(today, change)
    way = _way(today, channels, target)
    with a_bar(progress, GUESS * FEWEST, is_guess=True) as bar:
        futures = Futures(bar, a_seed(seed), None, an_executor(executor))
        return _answer(today, target, metric, probability, way, teams, futures)


def _answer(
    today: Scenario, target: float, metric: str, probability: float,
    way: _Way, teams: tuple[str, ...], futures: Futures,
) -> Cheapest:  # fmt: skip
    leads = max(float(leads_of_channels(today).sum()), 1.0)
    count = int(min(max(LEADS / leads, FEWEST), MOST_TIMES))
    futures.expect(GUESS * count)
    search = _Search(today, target, metric, probability, way, teams, futures, count)
    now = tuple(t.reps for t in today.teams if t.name in teams)
    if metric == "revenue" and way.names:
        rates = np.array([c.rate for c in today.channels if c.name in way.names])
        measure = partial(result, metric=metric)
        seen = np.mean(futures.of(measure, today, range(FEWEST)))
        search.worth = max(float(seen) / max(float(rates @ way.each), 1.0), 0.01)
    best = _best_reps(search, now)
    cost, sales, reached = search.at(best)
    planned = search.scenario(best, sales)
    return _told(search, best, planned, reached, math.isfinite(cost))


def _best_reps(search: _Search, now: tuple[int, ...]) -> tuple[int, ...]:
    """Steps to every side, halved where none is better."""
    least = [fewest_reps(search.today, t) for t in search.today.teams if t.name in search.teams]

    def merit(reps: tuple[int, ...]) -> tuple[float, float, int]:
        cost, _, reached = search.at(reps)
        return cost, -reached if math.isinf(cost) else 0.0, sum(reps)

    best, step = now, max([1, *(reps // 4 for reps in now)])
    while step and now:
        sides = [
            tuple(
                min(max(n + (side if k == place else 0), least[k], 1), MOST_REPS)
                for k, n in enumerate(best)
            )
            for place, side in product(range(len(now)), (step, -step))
        ]
        found = min([best, *sides], key=merit)
        step = step if found != best else step // 2
        best = found
    return best


def _told(
    search: _Search, best: tuple[int, ...], planned: Scenario, reached: float, is_reached: bool
) -> Cheapest:
    import pandas as pd

    names, today = search.way.names, search.today
    rates = [{c.name: c.rate for c in s.channels} for s in (today, planned)]
    numbers = [{t.name: t.reps for t in s.teams} for s in (today, planned)]
    columns = ("today", "planned")
    channels = {c: [of[n] for n in names] for c, of in zip(columns, rates, strict=True)}
    teams = {c: [of[n] for n in search.teams] for c, of in zip(columns, numbers, strict=True)}
    rows = [
        {
            **dict(zip(search.teams, reps, strict=True)),
            "cost": cost if math.isfinite(cost) else math.nan,
            "leads": float(leads_of_channels(search.scenario(reps, sales)).sum()),
            "chance": chance_there,
        }
        for reps, (cost, sales, chance_there) in sorted(search.answers.items())
    ]
    by_chance = []
    for times in AROUND if names else ():
        sales = min(search.answers[best][1] * times, search.way.most)
        cost = cost_of(search.scenario(best, sales))
        by_chance.append({"cost": cost, "chance": search.chance(best, sales)})
    return Cheapest(
        today, planned, search.target, search.metric, search.probability, is_reached, reached,
        cost_of(planned), search.count,
        pd.DataFrame(channels, index=pd.Index(names, name="channel")),
        pd.DataFrame(teams, index=pd.Index(search.teams, name="team")),
        pd.DataFrame(rows),
        pd.DataFrame(by_chance, columns=["cost", "chance"]).drop_duplicates("cost"),
    )  # fmt: skip


# --- what is moved ----------------------------------------------------------------------------


def _moved(today: Scenario, change: Sequence[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The names of the channels and of the teams that are moved."""
    by_path = {f"channels.{c.name}.leads_per_day": c.name for c in today.channels}
    by_team = {f"teams.{t.name}.reps": t.name for t in today.teams}
    there = ["leads", *(["reps"] if by_team else []), *by_path, *by_team]
    asked = [change] if isinstance(change, str) else list(change)
    channels: set[str] = set()
    teams: set[str] = set()
    for one in asked:
        if one == "leads":
            channels |= {c.name for c in today.channels if is_paid(c, today)}
        elif one == "reps" and by_team:
            teams |= set(by_team.values())
        elif one in by_path:
            channels.add(by_path[one])
        elif one in by_team:
            teams.add(by_team[one])
        else:
            rule = "the cheapest way is over leads by channel and reps"
            raise refused("change", one, rule, nearest(one, there))
    if not channels and not teams:
        rule = "nothing that costs something is among it"
        raise refused("change", Finding("empty"), rule, f"there are: {', '.join(there)}")
    if today.warm_up:
        rule = "several levers are moved from the start on, not from a warm-up"
        raise refused("warm_up", Finding("given"), rule, "leave it out")
    return (
        tuple(c.name for c in today.channels if c.name in channels),
        tuple(t.name for t in today.teams if t.name in teams),
    )


def _way(today: Scenario, names: tuple[str, ...], target: float) -> _Way:
    """The pieces of these channels, in the order of what a sale more of each costs."""
    from scipy.optimize import isotonic_regression

    rates = {c.name: min(c.rate or 1.0, c.most or math.inf) for c in today.channels}
    for channel in today.channels:
        if channel.name in names:
            _refuse(today, channel.name)
    probe = today.vary({f"channels.{n}.leads_per_day": rates[n] for n in names}) if names else today
    leads, conversion = leads_of_channels(probe), conversion_of_channels(probe)
    each, channels, sales, marginal = [], [], [], []
    for place, name in enumerate(names):
        at = [c.name for c in probe.channels].index(name)
        channel = probe.channels[at]
        days = leads[at] / channel.rate  # leads in the time, of one a day
        worth = max(float(days * conversion[at]), 1e-12)
        each.append(worth)
        top = channel.most if channel.most is not None else UNLIMITED * max(target, 10) / worth
        ends = np.linspace(0, top, PIECES + 1 if channel.saturation is not None else 2)
        lasts = np.diff(channel.spend_on(ends)) / np.diff(ends) * days / worth
        marginal.append(isotonic_regression(lasts).x)
        sales.append(np.diff(ends) * worth)
        channels.append(np.full(len(lasts), place))
    if not names:
        return _Way((), np.empty(0), np.empty(0, dtype=int), np.empty(0))
    order = np.argsort(np.concatenate(marginal), kind="stable")
    return _Way(
        names, np.array(each), np.concatenate(channels)[order], np.concatenate(sales)[order]
    )


def _refuse(today: Scenario, name: str) -> None:
    """FunnelSimError for a channel that cannot be moved together with others."""
    (channel,) = (c for c in today.channels if c.name == name)
    path = f"channels.{name}"
    if costs_by_sale(channel, today):
        rule = "what it costs hangs on what becomes of its leads, which differs from mix to mix"
        raise refused(path, Finding("paid by the sale"), rule, "move the others alone")
    if channel.leads_per_day is None:
        rule = "leads by channel are moved by the lead"
        raise refused(path, Finding("bought by impressions"), rule, "write its leads_per_day")
    if not channel.price and channel.saturation is None and channel.ceiling is None:
        rule = "a lead of it costs nothing and it has no ceiling, so it would bring all"
        raise refused(path, Finding("free"), rule, "give it a cost_per_lead or a ceiling")
