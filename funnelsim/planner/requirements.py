"""What the plan needs of each stage, channel and team, as tables, and by when leads must come."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from funnelsim.analytic.arrivals import leads_of_channels, whole_days
from funnelsim.analytic.costs import cost_of_channels
from funnelsim.analytic.teams import team_load
from funnelsim.distributions import DAY, Floats, duration_text
from funnelsim.errors import FunnelSimError
from funnelsim.experiment.chunks import of_each
from funnelsim.metrics.basis import divided
from funnelsim.metrics.planned import lead_times, of_team
from funnelsim.planner.answer import Deadline
from funnelsim.planner.futures import FEW, LEADS_IN_TIME, LEADS_OF_REPS, Futures, part_of
from funnelsim.planner.levers import limits_of_channels, with_reps
from funnelsim.planner.outcomes import Outcomes
from funnelsim.planner.question import Question
from funnelsim.scenario import Scenario
from funnelsim.staffing import fewest_reps, mean_reps

if TYPE_CHECKING:
    import pandas as pd

ROUGHLY = 5  # times fewer, to see about where it is
PLENTY = 4  # times the reps whom all the work would keep busy
GAIN = 0.01  # of the share gone cold: less is none
IN_VAIN = 0.05  # of the winners: if only so many still get there in time, it is too late


@dataclass(frozen=True)
class Requirements:
    """What the planned scenario needs: tables of a `Plan` by their names there."""

    stages: pd.DataFrame
    channels: pd.DataFrame
    reps: pd.DataFrame
    reps_tried: pd.DataFrame
    deadline: Deadline


def requirements(
    question: Question, planned: Scenario, brings: Outcomes, futures: Futures
) -> Requirements:
    """All of that, of the scenario `planned`, which brings these outcomes."""
    part = part_of(planned, brings.parts)
    return Requirements(
        stages_required(planned, brings.entered, brings.from_open),
        channels_required(question.today, planned, brings.commission),
        *reps_required(part, futures, question.most_gone_cold, brings.sales),
        deadline(part, futures),
    )


# --- stages and channels ----------------------------------------------------------------------


def stages_required(scenario: Scenario, entered: Floats, from_open: Floats) -> pd.DataFrame:
    """A row per stage: `entered` (leads, in all), `per_day`, how many of them are deals that were
    open at the start and moved on (`from_open`), and which share of the others got from each to
    the next within the time (`went_on`)."""
    import pandas as pd

    # an open deal that moves on did not enter where it stood: in such a ratio it is on one side
    went_on = np.append([divided(b, a) for a, b in pairwise(entered - from_open)], np.nan)
    index = pd.Index([stage.name for stage in scenario.stages], name="stage")
    days = max(whole_days(scenario), 1)
    columns = {
        "entered": entered, "per_day": entered / days, "from_open": from_open, "went_on": went_on,
    }  # fmt: skip
    return pd.DataFrame(columns, index=index)


def channels_required(today: Scenario, planned: Scenario, commission: Floats) -> pd.DataFrame:
    """A row per channel: leads a day `today` and `planned`, `leads` and `cost` in all, how much of
    that is `commission` on the sales, its `ceiling` a day (NaN: none), whether the plan has reached
    it (`full`), and whether a lead or a sale of it costs something (`paid`)."""
    import pandas as pd

    days = max(whole_days(planned), 1)
    leads = leads_of_channels(planned)
    return pd.DataFrame(
        {
            "today": leads_of_channels(today) / days,
            "planned": leads / days,
            "leads": leads,
            "cost": cost_of_channels(planned) + commission,
            "commission": commission,
            **limits_of_channels(today, planned),
        },
        index=pd.Index([channel.name for channel in planned.channels], name="channel"),
    )


# --- reps -------------------------------------------------------------------------------------


def reps_required(
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
        brought = mean_reps(scenario, team, 0, scenario.horizon) - team.reps  # by changes
        busy = math.floor(min(10_000, load * (team.reps + brought) - brought)) + 1
        least = fewest_reps(scenario, team)
        busy = max(busy, least)
        if patient:
            needed, is_enough = busy, math.isfinite(load)
        else:
            about, _ = fewest(shown.gone_cold_roughly, most_gone_cold, busy, PLENTY * busy)
            needed, is_enough = fewest(shown.gone_cold, most_gone_cold, about, PLENTY * busy)
        known = shown.at(team.reps)[2]
        for n in sorted(n for n in {team.reps, needed - 1, needed, needed + 1} if n >= least):
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
        self._count = futures.replications_for(scenario, LEADS_OF_REPS, FEW)
        self._known: dict[tuple[int, int], tuple[float, float, float]] = {}

    def at(self, reps: int, count: int = 0) -> tuple[float, float, float]:
        """Share gone cold, utilisation, mean sales; of a few replications, or of enough."""
        count = count or self._count
        if (reps, count) not in self._known:
            scenario = with_reps(self._scenario, self._team, reps)
            measure = partial(of_team, team=self._number)
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


# --- how late is too late ---------------------------------------------------------------------


def deadline(scenario: Scenario, futures: Futures) -> Deadline:
    """From the lead times of those who win, simulated up to twice the horizon."""
    longer = scenario.vary({"horizon": duration_text(2 * scenario.horizon)})
    unknown = Deadline(math.nan, math.nan, math.nan)
    try:
        told = replace(futures, initial=None).of(
            partial(of_each, partial(lead_times, until=scenario.horizon)),
            longer,
            range(futures.replications_for(longer, LEADS_IN_TIME, FEW)),
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
