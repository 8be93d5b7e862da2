"""What leads ask of each team, and what it has: the load that the scenario's means foretell.

load = work that leads bring ÷ open time of the reps. Where it is 1 or more, some of the work is not
done: leads go cold or, called late, buy less often, until the rest can be served. Where leads wait
without end and their lateness takes no work away, the queue grows without end, and no figure of
the waiting settles down.
"""

from __future__ import annotations

import math
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from funnelsim.analytic.arrivals import mean_by_day
from funnelsim.analytic.conversion import (
    calls,
    has_patience,
    kinds_of_leads,
    place,
    served_by,
    way,
)
from funnelsim.analytic.orders import kept_share
from funnelsim.distributions import DAY, HOUR, Beta, Floats
from funnelsim.scenario import Scenario, Stage, Team, a_scenario
from funnelsim.staffing import crew, moments, moves, open_time

if TYPE_CHECKING:
    import pandas as pd


def team_load(scenario: Scenario, *, by_period: bool = False) -> pd.DataFrame:
    """What leads ask of each team (the index) and what it has, from the scenario's means alone.

    Columns: `reps` (those who are always there); `work_hours_per_day`, the expected time of a rep
    that a day's leads take if nobody has to wait; `open_hours_per_day`, of all reps together;
    `load`, the one ÷ the other; and `endless_load`, what would be left of it if all had to wait for
    this team for years: leads with a patience would be gone, and those with a response half-life
    would not advance. At 1 or more the queue grows without end.

    With `by_period` a row for each time in which the same reps are there (of a team whose reps come
    and go by `changes`), index `team` and `from_day`: besides `to_day`, and `reps` are all who are
    there. The work is that of the leads who arrive in that time.

    It is the mean over the days up to the horizon, and of the long run: leads that are on their
    way are taken as arrived, customers as having brought all whom they will refer. A rep is taken
    as free at once, so a team whose leads have to wait is less busy than that; tiers and campaigns
    are taken as without effect. Otherwise `load` is the utilisation, by Little's law (J. D. C.
    Little, Operations Research 9, 1961).

    >>> from funnelsim import load
    >>> round(float(team_load(load("aida-follow-up")).loc["sales", "load"]), 1)
    0.7
    """
    import pandas as pd

    scenario, horizon = a_scenario(scenario, "team_load"), scenario.horizon
    names = ["work_hours_per_day", "open_hours_per_day", "load", "endless_load"]
    rows, reps, places = [], [], []
    for team in scenario.teams:
        ends = [0, horizon]
        if by_period:
            ends = [*(m for m in moments(moves(scenario, team)) if m < horizon), horizon]
        for begin, end in pairwise(ends):
            rows.append(_load(scenario, team, begin, end))
            there = [rep for rep in crew(scenario, team) if rep.is_there(begin)]
            reps.append(len(there) if by_period else team.reps)
            places.append((team.name, begin / DAY, end / DAY))
    numbers = np.array(rows, dtype=float).reshape(-1, len(names))
    columns = {"reps": np.array(reps, dtype=np.int64)} | dict(zip(names, numbers.T, strict=True))
    if not by_period:
        index = pd.Index([team for team, _, _ in places], name="team")
        return pd.DataFrame(columns, index=index)
    table = pd.DataFrame(places, columns=["team", "from_day", "to_day"]).assign(**columns)
    return table.set_index(["team", "from_day"])


def _load(scenario: Scenario, team: Team, begin: int, end: int) -> list[float]:
    """Hours of work a day and hours open a day between two moments, and the loads."""
    visits = _visits_per_day(scenario, begin, end)
    work, in_the_end = (
        sum(
            count * _work(stage) / HOUR
            for stage, count in zip(scenario.stages, counts, strict=True)
            if count > 0 and served_by(team.name, stage) and not (late and has_patience(stage))
        )
        for late, counts in (
            (False, visits),
            (True, _visits_per_day(scenario, begin, end, team.name)),
        )
    )
    has = open_time(scenario, team, begin, end) / HOUR / ((end - begin) / DAY)
    return [work, has, _divided(work, has), _divided(in_the_end, has)]


def _work(stage: Stage) -> float:
    """Microseconds of a rep that a visit to this stage takes."""
    call = stage.follow_up
    assert call is not None
    reach = call.reach_probability
    each = reach * call.handling_time.mean + (1 - reach) * call.attempt_time.mean
    return each * sum(made for _, made in calls(stage))


def _visits_per_day(scenario: Scenario, begin: int, end: int, late: str = "") -> Floats:
    """Visits expected at each stage a day, those of referred and upsold leads included.

    Of the leads of the days between two moments, of which one counts as far as it lies there. With
    the name of a team as `late`: when leads have to wait for it for years.
    """
    stages, kinds = len(scenario.stages), kinds_of_leads(scenario)
    midnights = np.arange(scenario.days) * DAY
    end = scenario.days * DAY if end == scenario.horizon else end  # the last day, as if whole
    of_days = (np.minimum(end, midnights + DAY) - np.maximum(begin, midnights)).clip(0) / DAY
    visits, buyers = np.zeros(stages), 0.0
    up_visits, up_wins = np.zeros(stages), 0.0
    for channel in scenario.channels:
        per_day = float(np.average(mean_by_day(scenario, channel), weights=of_days))
        for kind in kinds:
            share, odds = kind.share, (channel.odds_ratio, *kind.odds)
            own = way(kind.meets, 0, odds, late)
            visits += per_day * share * own.visits
            buyers += per_day * share * own.wins
            if scenario.upsell:  # who is asked again is a mix of those who bought
                again = way(kind.meets, place(scenario, scenario.upsell.enters), odds, late)
                up_visits = up_visits + per_day * share * own.wins * again.visits
                up_wins += per_day * share * own.wins * again.wins
    if buyers == 0 or not (scenario.upsell or scenario.referral):
        return visits
    referred, wins = np.zeros(stages), 0.0
    if scenario.referral:
        enters = place(scenario, scenario.referral.enters)
        for kind in kinds:
            odds = (scenario.referral.odds_ratio, *kind.odds)
            theirs = way(kind.meets, enters, odds, late)
            referred = referred + kind.share * theirs.visits
            wins += kind.share * theirs.wins
    return visits + _after_the_sale(
        scenario, buyers, (referred, wins), (up_visits / buyers, up_wins / buyers)
    )


def _after_the_sale(
    scenario: Scenario,
    buyers: float,
    referred: tuple[Floats, float],
    upsold: tuple[Floats, float],
) -> Floats:
    """Visits of referred and upsold leads: kept orders bring them, and they bring kept orders.

    O = (buyers + r · wins_r · O) · orders + u · wins_u · kept · O, solved for the kept orders O.
    """
    happy = scenario.satisfaction
    kept, orders = kept_share(scenario), _kept_orders(scenario)
    per_order = scenario.upsell.probability if scenario.upsell else 0.0
    invited = scenario.referral.invites if scenario.referral and happy else 0.0
    invited *= happy.promoter if happy else 0.0
    multiplied = invited * referred[1] * orders + per_order * upsold[1] * kept
    if multiplied >= 1:
        return np.where(invited * referred[0] + per_order * upsold[0] > 0, math.inf, 0.0)
    kept_orders = buyers * orders / (1 - multiplied)
    found: Floats = kept_orders * (invited * referred[0] + per_order * upsold[0])
    return found


def _kept_orders(scenario: Scenario) -> float:
    """Kept orders that a buyer places in the long run."""
    kept, again = kept_share(scenario), 0.0
    if scenario.retention:
        coin = scenario.retention.repeat_probability
        again = coin.mean if isinstance(coin, Beta) else coin
    if scenario.satisfaction:
        again *= 1 - scenario.satisfaction.detractor
    return kept / (1 - min(again * kept, 1 - 1e-9))


def _divided(part: float, whole: float) -> float:
    return part / whole if whole else math.inf if part else 0.0
