"""What the planned scenario needs and brings: stages, channels, money, people, and by when.

Read from some replications of the planned scenario, told as means (and quantiles, of results).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from funnelsim.analytic.arrivals import leads_of_channels, whole_days
from funnelsim.analytic.costs import cost_of_channels
from funnelsim.analytic.teams import team_load
from funnelsim.distributions import DAY, Floats, Ints, duration_text
from funnelsim.errors import FunnelSimError
from funnelsim.experiment.chunks import of_each
from funnelsim.journal import (
    NEVER,
    NEW,
    OPEN_DEAL,
    Journal,
)
from funnelsim.metrics.basis import divided
from funnelsim.metrics.follow_up import ended_and_gone_cold, utilisation
from funnelsim.metrics.money import left_by_orders, money
from funnelsim.planner.commission import of_channels
from funnelsim.planner.futures import Futures
from funnelsim.planner.levers import is_full, is_paid, with_reps
from funnelsim.planner.parts import part_of, together
from funnelsim.planner.results import all_results, sales_of
from funnelsim.scenario import Scenario

if TYPE_CHECKING:
    import pandas as pd

LEADS = 120_000  # simulated for the tables
FEWEST, MOST = 20, 200  # replications; of very many leads a few, who differ little
FEW = 10  # where only means are read
FAR_MORE, MILLION = 5, 1_000_000  # times the leads; leads of one replication
LEADS_FOR_REPS = 25_000  # simulated for each number of reps that is tried
NUMBERS_TRIED = 5  # of reps, about
ROUGHLY = 5  # times fewer, to see about where it is
PLENTY = 4  # times the reps whom all the work would keep busy
GAIN = 0.01  # of the share gone cold: less is none
QUANTILES = {"10%": 0.1, "50%": 0.5, "90%": 0.9}  # of single futures
IN_VAIN = 0.05  # of the winners: if only so many still get there in time, it is too late


@dataclass(frozen=True)
class Seen:
    """What replications of the planned scenario showed.

    `results` has a row per replication; `entered` the mean first entries of each stage; `cac` the
    cost of winning a customer; `payback_days` how long until a customer's orders have paid for it;
    `channels` what `commission.of_channels` says of each replication.
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
    count = _replications(simulated[0], futures, LEADS, FEWEST)
    count = -(-count // len(scenarios)) * len(scenarios)  # as many of each
    told = futures.among(partial(of_each, _seen), simulated, range(count))
    rows, came, entered, spent, ages, channels = zip(*told, strict=True)
    results = pd.DataFrame(rows)
    cac = divided(sum(spent) / 100, float(results["sales"].sum()))
    results = together(results, parts, len(scenarios))
    # how many leads come is known, so the stages need not tell by chance (a ratio estimate)
    known = float(leads_of_channels(scenarios[0]).sum()) / np.mean(came) if np.any(came) else 1.0
    by_stage = np.mean(entered, axis=0) * known
    return Seen(results, by_stage, cac, _payback(ages, cac), np.array(channels))


def _seen(journal: Journal) -> tuple[dict[str, float], int, Floats, int, Floats | None, Floats]:
    """Results, leads that came, entries of each stage, cents spent to win customers, what orders
    leave by age, and sales and costs of the channels.
    """
    t = journal.whole["leads"]
    came = int(np.sum((t["kind"] == NEW) & (t["arrived"] >= journal.scenario.warm_up)))
    ages = _left_by_age(journal) if journal.scenario.order is not None else None
    spent, entered, channels = money(journal), _entered(journal), of_channels(journal)
    return all_results(journal, spent), came, entered, int(spent.acquisition[0]), ages, channels


def to_come(scenario: Scenario, futures: Futures) -> int:
    """How many replications all these tables take, about."""
    teams = NUMBERS_TRIED * len(scenario.teams)
    counts = ((LEADS, FEWEST, 1), (LEADS // 2, FEW, 1), (LEADS_FOR_REPS, FEW, teams))
    return sum(n * _replications(scenario, futures, leads, few) for leads, few, n in counts)


def agreed(results: pd.DataFrame, metric: str, mean: float) -> pd.DataFrame:
    """The results with one metric's mean as it is known from more futures, and the others with what
    goes together with that (a control variate)."""
    about, varies = results.cov()[metric], float(results[metric].var())
    if not varies:
        return results
    return results + about / varies * (mean - float(results[metric].mean()))


def outcome_table(results: pd.DataFrame) -> pd.DataFrame:
    """A row per result: its `mean`, and the quantiles `10%`, `50%` and `90%` of single futures."""
    quantiles = {name: results.quantile(p) for name, p in QUANTILES.items()}
    table = results.mean().to_frame("mean").assign(**quantiles)
    return table.rename_axis("result")


def _replications(scenario: Scenario, futures: Futures, leads: int, fewest: int) -> int:
    """So many that they come to these leads, counting what is there at the start; at least the
    fewest, but where that is far more work three will do, and of a million leads one.
    """
    each = max(1.0, float(leads_of_channels(scenario).sum()) + futures.there)
    least = max(min(FAR_MORE * leads / each, fewest), 3 if each < MILLION else 1)
    return int(min(max(leads / each, least), MOST))


def _entered(journal: Journal) -> Floats:
    """Leads that entered each stage since the warm-up, each counted once."""
    visits = journal.whole["stage_visits"]
    first = (visits["attempt"] == 0) & (visits["entered"] >= journal.scenario.warm_up)
    # deals that are open at the start are where they are, and do not enter there
    kind = journal.whole["leads"]["kind"][visits["lead"]]
    first &= (kind != OPEN_DEAL) | (visits["entered"] > 0)
    stages = len(journal.scenario.stages)
    return np.bincount(visits["stage"][first], minlength=stages).astype(float)


def stages_table(scenario: Scenario, entered: Floats) -> pd.DataFrame:
    """A row per stage: `entered` (leads, in all), `per_day`, and the share that got from each to
    the next within the time (`went_on`)."""
    import pandas as pd

    went_on = np.append([divided(b, a) for a, b in pairwise(entered)], np.nan)
    index = pd.Index([stage.name for stage in scenario.stages], name="stage")
    days = max(whole_days(scenario), 1)
    columns = {"entered": entered, "per_day": entered / days, "went_on": went_on}
    return pd.DataFrame(columns, index=index)


def channels_table(today: Scenario, planned: Scenario, commission: Floats) -> pd.DataFrame:
    """A row per channel: leads a day `today` and `planned`, `leads` and `cost` in all, how much of
    that is `commission` on the sales, its `ceiling` a day (NaN: none), whether the plan has reached
    it (`full`), and whether a lead or a sale of it costs something (`paid`)."""
    import pandas as pd

    days = max(whole_days(planned), 1)
    leads = leads_of_channels(planned)
    ceilings = np.array(
        [np.nan if c.ceiling is None else c.ceiling for c in planned.channels], dtype=float
    )
    return pd.DataFrame(
        {
            "today": leads_of_channels(today) / days,
            "planned": leads / days,
            "leads": leads,
            "cost": cost_of_channels(planned) + commission,
            "commission": commission,
            "ceiling": ceilings,
            "full": is_full(today, planned),
            "paid": [is_paid(channel, planned) for channel in planned.channels],
        },
        index=pd.Index([channel.name for channel in planned.channels], name="channel"),
    )


# --- when a customer has paid for itself ------------------------------------------------------


def _left_by_age(journal: Journal) -> Floats:
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


# --- people -----------------------------------------------------------------------------------


def reps_table(
    scenario: Scenario, futures: Futures, most_gone_cold: float, sales: float
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """What each team needs, and what other numbers of reps would do: two tables.

    The first has a row per team: `reps`; `needed`, the fewest of which at most the share
    `most_gone_cold` of the visits goes cold (where nobody goes cold: with which the queue does not
    grow without end; where no number keeps to the share, closed hours say, the fewest past which
    more do not help, and `is_enough` is False); `gone_cold` now, `gone_cold_then`; `load`. The
    second has a row for each team and number tried: `gone_cold`, `utilisation` and `sales`, in
    proportion to the `sales` that are known with the reps planned (a ratio estimate).
    """
    import pandas as pd

    loads, needs, tried = team_load(scenario), [], []
    for number, team in enumerate(scenario.teams):
        shown = _Reps(scenario, team.name, number, futures)
        patient = not any(
            stage.follow_up and stage.follow_up.team == team.name and stage.follow_up.patience
            for stage in scenario.stages
        )
        load = float(loads.loc[team.name, "load"])
        busy = math.floor(min(load * team.reps, 10_000)) + 1
        if patient:
            needed, is_enough = busy, math.isfinite(load)
        else:
            about, _ = fewest(shown.gone_cold_roughly, most_gone_cold, busy, PLENTY * busy)
            needed, is_enough = fewest(shown.gone_cold, most_gone_cold, about, PLENTY * busy)
        known = shown.at(team.reps)[2]
        for n in sorted({team.reps, needed - 1, needed, needed + 1} - {0}):
            cold, busy_share, sold = shown.at(n)
            tried.append((team.name, n, cold, busy_share, sold * sales / known if known else sold))
        cold, then = shown.gone_cold(team.reps), shown.gone_cold(needed)
        needs.append((team.name, team.reps, needed, is_enough, cold, then, load))
    heads = ["team", "reps", "needed", "is_enough", "gone_cold", "gone_cold_then", "load"]
    table = pd.DataFrame(needs, columns=heads).set_index("team")
    columns = ["team", "reps", "gone_cold", "utilisation", "sales"]
    return table, pd.DataFrame(tried, columns=columns)


class _Reps:
    """What one team's number of reps does to it, by simulation, each number once."""

    def __init__(self, scenario: Scenario, team: str, number: int, futures: Futures) -> None:
        self._scenario, self._number, self._futures = scenario, number, futures
        self._team = team
        self._count = _replications(scenario, futures, LEADS_FOR_REPS, FEW)
        self._known: dict[tuple[int, int], tuple[float, float, float]] = {}

    def at(self, reps: int, count: int = 0) -> tuple[float, float, float]:
        """Share gone cold, utilisation, mean sales; of a few replications, or of enough."""
        count = count or self._count
        if (reps, count) not in self._known:
            scenario = with_reps(self._scenario, self._team, reps)
            measure = partial(_of_team, team=self._number)
            told = self._futures.of(measure, scenario, range(count))
            cold, ended, busy, sales = np.sum(told, axis=0)
            share = divided(float(cold), float(ended))
            self._known[reps, count] = share, float(busy) / count, float(sales) / count
        return self._known[reps, count]

    def gone_cold(self, reps: int) -> float:
        return self.at(reps)[0]

    def gone_cold_roughly(self, reps: int) -> float:
        return self.at(reps, -(-self._count // ROUGHLY))[0]


def fewest(
    gone_cold: Callable[[int], float], most_gone_cold: float, about: int, plenty: int
) -> tuple[int, bool]:
    """The fewest reps of which at most this share goes cold, and whether there are such: else the
    fewest with which hardly more goes cold than with plenty of them.

    The way there begins with how many it is about.
    """

    def too_few(reps: int) -> bool:
        return gone_cold(reps) > limit  # not so where nobody came: the share is NaN

    low, high, step, limit = 0, about, 1, most_gone_cold
    never = too_few(high) and too_few(plenty)
    if never:
        limit = gone_cold(plenty) + GAIN
    while too_few(high):
        low, high, step = high, min(high + step, plenty), 2 * step
    if not low:
        low = high - 1
        while low and not too_few(low):
            low, high, step = max(low - 2 * step, 0), low, 2 * step
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if too_few(middle) else (low, middle)
    return high, not never


def _of_team(journal: Journal, team: int) -> Floats:
    """Of each replication: visits to the team that went cold, all whose follow-up ended, how busy
    it was, and sales; shape (replications, 4).
    """
    ended, cold = ended_and_gone_cold(journal, team)
    return np.column_stack([cold, ended, utilisation(journal)[:, team], sales_of(journal)])


# --- by when ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Deadline:
    """How late is too late for a lead, in days from the start of the scenario.

    `half` is the day from which on fewer than half of the winners get there by the horizon, `last`
    that from which on fewer than one in twenty; `share_in_time` of all winners those who do. NaN
    where nobody wins, and where so long a time cannot be simulated.
    """

    half: float
    last: float
    share_in_time: float


def deadline(scenario: Scenario, futures: Futures) -> Deadline:
    """From the lead times of those who win, simulated up to twice the horizon."""
    longer = scenario.vary({"horizon": duration_text(2 * scenario.horizon)})
    unknown = Deadline(math.nan, math.nan, math.nan)
    try:
        told = replace(futures, initial=None).of(
            partial(of_each, partial(_lead_times, until=scenario.horizon)),
            longer,
            range(_replications(longer, futures, LEADS // 2, FEW)),
        )
    except FunnelSimError:  # in twice the time referrals may be an avalanche
        return unknown
    arrived, lead_time = (np.concatenate(column) for column in zip(*told, strict=True))
    if not len(arrived):
        return unknown
    half, last = scenario.horizon - np.quantile(lead_time, [0.5, IN_VAIN])
    counts = arrived >= scenario.warm_up
    in_time = (arrived + lead_time < scenario.horizon)[counts].mean() if counts.any() else np.nan
    return Deadline(float(half) / DAY, float(last) / DAY, float(in_time))


def _lead_times(journal: Journal, until: int) -> tuple[Ints, Ints]:
    """When the winners among the leads arrived, until some moment, and how long each took."""
    visits, leads = journal.whole["stage_visits"], journal.whole["leads"]
    at_goal = visits["stage"] == len(journal.scenario.stages) - 1
    lead, won = visits["lead"][at_goal], visits["entered"][at_goal]
    arrived = leads["arrived"][lead]
    counted = (leads["kind"][lead] == NEW) & (arrived < until)
    return arrived[counted], (won - arrived)[counted]
