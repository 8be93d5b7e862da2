"""Is a team too small for what comes to it: the load that the scenario's means foretell.

load = work that leads bring ÷ open time of the reps. Where it is 1 or more, some of the work is not
done: leads go cold or, called late, buy less often, until the rest can be served. Where leads wait
without end and their lateness takes no work away, the queue grows without end, and no figure of
the waiting settles down. That is no error, it is what too few reps are like; but it is said.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from funnelsim.among_customers import Beta
from funnelsim.distributions import DAY, HOUR, Floats
from funnelsim.engines.draws.arrivals import mean_by_day
from funnelsim.experiment.chunks import a_scenario
from funnelsim.opening_hours import OpeningHours
from funnelsim.sampling import inverse, mean
from funnelsim.scenario import Scenario, Segment, Stage
from funnelsim.scenario.values import OddsRatio
from funnelsim.tables import figure_text

if TYPE_CHECKING:
    import pandas as pd


def load_of_teams(scenario: Scenario) -> pd.DataFrame:
    """What leads ask of each team (the index) and what it has, from the scenario's means alone.

    Columns: `reps`; `work_hours_per_day`, the expected time of a rep that a day's leads take if
    nobody has to wait; `open_hours_per_day`, of all reps together; `load`, the one ÷ the other; and
    `endless_load`, what would be left of it if all had to wait for this team for years: leads with
    a patience would be gone, and those with a response half-life would not advance. At 1 or
    more the queue grows without end.

    It is the mean over the days up to the horizon, and of the long run: leads that are on their
    way are taken as arrived, customers as having brought all whom they will refer. A rep is taken
    as free at once, so a team whose leads have to wait is less busy than that; tiers and campaigns
    are taken as without effect. Otherwise `load` is the utilisation, by Little's law (J. D. C.
    Little, Operations Research 9, 1961).

    >>> from funnelsim import load
    >>> round(float(load_of_teams(load("aida-follow-up")).loc["sales", "load"]), 1)
    0.7
    """
    import pandas as pd

    scenario = a_scenario(scenario, "load_of_teams")
    visits, days = _visits_per_day(scenario), scenario.horizon / DAY
    rows = []
    for team in scenario.teams:
        work, in_the_end = (
            sum(
                count * _work(stage) / HOUR
                for stage, count in zip(scenario.stages, counts, strict=True)
                if count > 0 and _served_by(team.name, stage) and not (late and _patience(stage))
            )
            for late, counts in ((False, visits), (True, _visits_per_day(scenario, team.name)))
        )
        hours_of = OpeningHours(team.open, scenario.start, team.closed)
        has = team.reps * hours_of.open_time(0, scenario.horizon) / HOUR / days
        rows.append([work, has, _divided(work, has), _divided(in_the_end, has)])
    names = ["work_hours_per_day", "open_hours_per_day", "load", "endless_load"]
    index = pd.Index([team.name for team in scenario.teams], name="team")
    numbers = np.array(rows, dtype=float).reshape(-1, len(names))
    columns = {"reps": np.array([team.reps for team in scenario.teams], dtype=np.int64)}
    return pd.DataFrame(columns | dict(zip(names, numbers.T, strict=True)), index=index)


def conversion_of_channels(scenario: Scenario) -> Floats:
    """How likely a lead of each channel reaches the goal, if nobody has to wait: shape (channels,).

    The product of the stages by the rule of odds, over segments, calls and returns; lateness,
    patience and the horizon take nothing away.

    >>> from funnelsim import load
    >>> conversion_of_channels(load("aida")).shape
    (2,)
    """
    shares = _shares(scenario)
    return np.array(
        [
            sum(
                share * _way(scenario, 0, (channel.odds_ratio, segment.odds_ratio), "")[1]
                for segment, share in shares
            )
            for channel in scenario.channels
        ]
    )


BUSY = 0.95  # a team that is too small has hardly an idle hour


def queue_warnings(scenario: Scenario, table: pd.DataFrame | None = None) -> list[str]:
    """A sentence for each team that is too small for its load.

    That a queue grows without end follows from the scenario alone; that a team loses leads since
    it is too small is said if it was busy nearly all the time in a table of key figures.
    """
    told = []
    for name, row in load_of_teams(scenario).iterrows():
        load, reps = row["load"], int(row["reps"])
        if not math.isfinite(load):
            told.append(f"Team {name} can never do what leads ask of it: {_why(row)}.")
            continue
        has = f"{reps} reps have" if reps != 1 else "1 rep has"
        fact = (
            f"leads bring {row['work_hours_per_day']:,.1f} hours of work a day and {has} "
            f"{row['open_hours_per_day']:,.1f} (load {figure_text(load, 'share')}); "
            f"{math.floor(load * reps) + 1:,} reps could do it"
        )
        figure = f"utilisation: {name}"
        busy = table is not None and figure in table and table[figure].mean() >= BUSY
        if row["endless_load"] >= 1:
            told.append(f"The queue of team {name} grows without end: {fact}.")
        elif load >= 1 and busy:
            told.append(f"Team {name} is too small, and loses leads by it: {fact}.")
    return told


def _why(row: pd.Series) -> str:
    if row["open_hours_per_day"] == 0:
        return "it does not open before the horizon"
    return "customers bring more buyers than they are themselves, without end"


# --- how many come to each stage --------------------------------------------------------------


GRID = (np.arange(2000) + 0.5) / 2000  # of a distribution function


def _calls(stage: Stage) -> list[tuple[float, float]]:
    """When each call to a visit starts (microseconds) and how likely it is made, if no rep is busy.

    The next call is made if the last reached nobody and patience lasts until then.
    """
    call = stage.follow_up
    assert call is not None
    patience = inverse(call.patience, GRID) if call.patience else np.array([math.inf])
    starts = [n * (call.every + mean(call.attempt_time)) for n in range(call.attempts)]
    return [
        (start, (1 - call.missed) * (1 - call.reach_probability) ** n * (patience >= start).mean())
        for n, start in enumerate(starts)
    ]


def _work(stage: Stage) -> float:
    """Microseconds of a rep that a visit to this stage takes."""
    call = stage.follow_up
    assert call is not None
    reach = call.reach_probability
    each = reach * mean(call.handling_time) + (1 - reach) * mean(call.attempt_time)
    return each * sum(made for _, made in _calls(stage))


def _visits_per_day(scenario: Scenario, late: str = "") -> Floats:
    """Visits expected at each stage a day, those of referred and upsold leads included.

    With the name of a team as `late`: when leads have to wait for it for years.
    """
    stages, shares = len(scenario.stages), _shares(scenario)
    visits, buyers = np.zeros(stages), 0.0
    up_way, up_wins = np.zeros(stages), 0.0
    for channel in scenario.channels:
        per_day = float(mean_by_day(scenario, channel).sum()) / scenario.days
        for segment, share in shares:
            odds = (channel.odds_ratio, segment.odds_ratio)
            way, wins = _way(scenario, 0, odds, late)
            visits += per_day * share * way
            buyers += per_day * share * wins
            if scenario.upsell:  # who is asked again is a mix of those who bought
                way, won = _way(scenario, _place(scenario, scenario.upsell.enters), odds, late)
                up_way = up_way + per_day * share * wins * way
                up_wins += per_day * share * wins * won
    if buyers == 0 or not (scenario.upsell or scenario.referral):
        return visits
    referred, wins = np.zeros(stages), 0.0
    if scenario.referral:
        enters = _place(scenario, scenario.referral.enters)
        for segment, share in shares:
            odds = (scenario.referral.odds_ratio, segment.odds_ratio)
            way, won = _way(scenario, enters, odds, late)
            referred, wins = referred + share * way, wins + share * won
    return visits + _after_the_sale(
        scenario, buyers, (referred, wins), (up_way / buyers, up_wins / buyers)
    )


def _shares(scenario: Scenario) -> list[tuple[Segment, float]]:
    """The segments with their shares, which sum to 1."""
    segments = scenario.segments or (Segment(name="all", share=1),)
    together = sum(segment.share for segment in segments)
    return [(segment, segment.share / together) for segment in segments]


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
    kept, orders = _kept(scenario), _kept_orders(scenario)
    per_order = scenario.upsell.probability if scenario.upsell else 0.0
    invited = scenario.referral.invites if scenario.referral and happy else 0.0
    invited *= happy.promoter if happy else 0.0
    multiplied = invited * referred[1] * orders + per_order * upsold[1] * kept
    if multiplied >= 1:
        return np.where(invited * referred[0] + per_order * upsold[0] > 0, math.inf, 0.0)
    kept_orders = buyers * orders / (1 - multiplied)
    found: Floats = kept_orders * (invited * referred[0] + per_order * upsold[0])
    return found


def _kept(scenario: Scenario) -> float:
    """The share of orders that are neither cancelled, refused nor returned."""
    payments = scenario.order.payments if scenario.order else ()
    if not payments:
        return 1.0 if scenario.order else 0.0
    kept = sum(
        p.share
        * (1 - p.cancel_probability)
        * (1 - p.refuse_probability)
        * (1 - p.return_probability)
        for p in payments
    )
    return kept / sum(p.share for p in payments)


def _kept_orders(scenario: Scenario) -> float:
    """Kept orders that a buyer places in the long run."""
    kept, again = _kept(scenario), 0.0
    if scenario.retention:
        coin = scenario.retention.repeat_probability
        again = coin.mean if isinstance(coin, Beta) else coin
    if scenario.satisfaction:
        again *= 1 - scenario.satisfaction.detractor
    return kept / (1 - min(again * kept, 1 - 1e-9))


def _way(
    scenario: Scenario, enters: int, odds: tuple[OddsRatio, OddsRatio], late: str
) -> tuple[Floats, float]:
    """Visits of one lead to each stage from the one it enters, and how likely it buys."""
    visits, flow = np.zeros(len(scenario.stages)), 1.0
    for number, stage in enumerate(scenario.stages[:-1]):
        if number >= enters:
            ratio = math.prod(_of_stage(one, stage) for one in odds)
            count, advances = _through(scenario, stage, ratio, late)
            visits[number], flow = flow * count, flow * advances
    visits[-1] = flow
    return visits, flow


def _through(scenario: Scenario, stage: Stage, ratio: float, late: str) -> tuple[float, float]:
    """Visits of a lead that enters this stage, and how likely it leaves it to the next one."""
    if _served_by(late, stage) and (_patience(stage) or _too_late_to_buy(stage)):
        return 1.0, 0.0
    back, advances = stage.recovery, _advances(scenario, stage, ratio)
    visits, total, lost = 1.0, advances, 1 - advances
    if back:
        advances = _advances(scenario, stage, ratio * back.odds_ratio)
        for _ in range(back.attempts):
            returned = lost * back.probability
            visits, total = visits + returned, total + returned * advances
            lost = returned * (1 - advances)
    return visits, total


def _advances(scenario: Scenario, stage: Stage, ratio: float) -> float:
    """How likely a visit ends in the next stage: by the rule of odds, over calls and reps."""
    call, p = stage.follow_up, stage.conversion or 0.0
    if call is None:
        return p * ratio / (1 - p + p * ratio)
    team = next(team for team in scenario.teams if team.name == call.team)
    skills = np.ones(team.reps)
    skills[: len(team.skills)] = team.skills[: team.reps]
    total = 0.0
    for start, made in _calls(stage):
        wait = 0.5 ** (start / call.response_half_life) if call.response_half_life else 1.0
        odds = p * ratio * wait * skills
        total += made * call.reach_probability * float(np.mean(odds / (1 - p + odds)))
    return total


def _served_by(team: str, stage: Stage) -> bool:
    return stage.follow_up is not None and stage.follow_up.team == team


def _patience(stage: Stage) -> bool:
    return stage.follow_up is not None and stage.follow_up.patience is not None


def _too_late_to_buy(stage: Stage) -> bool:
    call = stage.follow_up
    return call is not None and call.response_half_life is not None and stage.conversion != 1


def _of_stage(odds_ratio: OddsRatio, stage: Stage) -> float:
    return odds_ratio if isinstance(odds_ratio, float) else odds_ratio.get(stage.name, 1.0)


def _place(scenario: Scenario, stage: str) -> int:
    return [s.name for s in scenario.stages].index(stage)


def _divided(part: float, whole: float) -> float:
    return part / whole if whole else math.inf if part else 0.0
