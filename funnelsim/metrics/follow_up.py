"""Figures of the follow-up: how fast leads are answered, who has gone cold, how busy teams are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from funnelsim.distributions import DAY
from funnelsim.journal import GONE_COLD, MISSED, NOT_REACHED, SERVED, Journal
from funnelsim.metrics.basis import divided
from funnelsim.opening_hours import OpeningHours
from funnelsim.scenario import Scenario, Team

if TYPE_CHECKING:
    import pandas as pd


def follow_up_figures(journal: Journal) -> dict[str, float]:
    """The figures of `summary` about the follow-up, of calls queued since the warm-up."""
    response = response_times(journal)
    queued = journal.follow_ups["queued"] >= journal.scenario.warm_up / DAY
    response = response[queued].dropna()
    return {
        "share_gone_cold": _share_gone_cold(journal),
        "mean_response_days": response.mean(),
        "p90_response_days": response.quantile(0.9),
        **{f"utilisation: {team}": share for team, share in _utilisation(journal).items()},
    }


def response_times(journal: Journal) -> pd.Series:
    """Days from entering the stage to the start of the call that reached the lead.

    One for each row of `follow_ups`; NaN for a call that reached nobody.
    """
    calls = journal.follow_ups
    # the calls of a visit stand one after the other, and the first is queued on entering
    entered = calls["queued"].where(calls["call"] == 0).ffill()
    return (calls["started"] - entered).where(journal.whole["follow_ups"]["reached"] == 1)


def _share_gone_cold(journal: Journal) -> float:
    warm_up = journal.scenario.warm_up / DAY
    calls, visits = journal.follow_ups, journal.stage_visits
    reasons_lost = visits.loc[visits["entered"] >= warm_up, "reason"]
    failed = reasons_lost.isin([MISSED, NOT_REACHED, GONE_COLD]).sum()
    served = ((calls["outcome"] == SERVED) & (calls["queued"] >= warm_up)).sum()
    return divided((reasons_lost == GONE_COLD).sum(), failed + served)


def hours_of(scenario: Scenario, team: Team) -> OpeningHours:
    return OpeningHours(team.open, scenario.start, team.closed)


def _utilisation(journal: Journal) -> dict[str, float]:
    """Busy ÷ open rep time of each team, between warm-up and horizon."""
    scenario, calls = journal.scenario, journal.follow_ups
    from_day, to_day = scenario.warm_up / DAY, scenario.horizon / DAY
    started = calls["started"].clip(lower=from_day)
    finished = calls["finished"].where(calls["started"].isna(), calls["finished"].fillna(to_day))
    busy = (finished - started).clip(lower=0).groupby(calls["team"], observed=False).sum()
    open_days = {
        team.name: hours_of(scenario, team).open_time(scenario.warm_up, scenario.horizon) / DAY
        for team in scenario.teams
    }
    return {
        team.name: divided(busy[team.name], team.reps * open_days[team.name])
        for team in scenario.teams
    }
