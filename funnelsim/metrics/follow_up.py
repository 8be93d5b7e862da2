"""Figures of the follow-up: how fast leads are answered, who has gone cold, how busy teams are."""

from __future__ import annotations

from datetime import date
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from funnelsim.distributions import DAY, Floats
from funnelsim.journal import (
    FOLLOW_UP_OUTCOMES,
    GONE_COLD,
    MISSED,
    NEVER,
    NOT_REACHED,
    SERVED,
    Journal,
    reasons,
)
from funnelsim.metrics.basis import divided
from funnelsim.opening_hours import OpeningHours
from funnelsim.scenario import Team

if TYPE_CHECKING:
    import pandas as pd


def follow_up_figures(journal: Journal) -> dict[str, float]:
    """The figures of `summary` about the follow-up, of calls queued since the warm-up."""
    response = _response_days(journal)
    response = response[journal.whole["follow_ups"]["queued"] >= journal.scenario.warm_up]
    response = response[~np.isnan(response)]
    return {
        "share_gone_cold": _share_gone_cold(journal),
        "mean_response_days": response.mean() if len(response) else np.nan,
        "p90_response_days": np.quantile(response, 0.9) if len(response) else np.nan,
        **{f"utilisation: {team}": share for team, share in _utilisation(journal).items()},
    }


def response_times(journal: Journal) -> pd.Series:
    """Days from entering the stage to the start of the call that reached the lead.

    One for each row of `follow_ups`; NaN for a call that reached nobody.
    """
    import pandas as pd

    return pd.Series(_response_days(journal))


def _response_days(journal: Journal) -> Floats:
    calls = journal.whole["follow_ups"]
    # the calls of a visit stand one after the other, and the first is queued on entering
    first = np.arange(len(calls["call"])) - calls["call"]
    waited = (calls["started"] - calls["queued"][first]) / DAY
    return np.where(calls["reached"] == 1, waited, np.nan)


def _share_gone_cold(journal: Journal) -> float:
    warm_up, names = journal.scenario.warm_up, reasons(journal.scenario)
    calls, visits = journal.whole["follow_ups"], journal.whole["stage_visits"]
    reason = visits["reason"][visits["entered"] >= warm_up]
    lost = np.bincount(reason[reason != NEVER], minlength=len(names))
    failed = sum(int(lost[names.index(name)]) for name in (MISSED, NOT_REACHED, GONE_COLD))
    is_served = calls["outcome"] == FOLLOW_UP_OUTCOMES.index(SERVED)
    served = int((is_served & (calls["queued"] >= warm_up)).sum())
    return divided(int(lost[names.index(GONE_COLD)]), failed + served)


@lru_cache(maxsize=64)  # the same for every replication of a scenario
def open_time(team: Team, start: date, begin: int, end: int) -> int:
    """Microseconds that the team is open between two moments."""
    return OpeningHours(team.open, start, team.closed).open_time(begin, end)


def _utilisation(journal: Journal) -> dict[str, float]:
    """Busy ÷ open rep time of each team, between warm-up and horizon."""
    scenario, calls = journal.scenario, journal.whole["follow_ups"]
    made = calls["started"] != NEVER
    begin = np.maximum(calls["started"], scenario.warm_up)
    end = np.where(calls["finished"] == NEVER, scenario.horizon, calls["finished"])
    busy_time = np.where(made, np.maximum(end - begin, 0), 0)
    team_of = journal.team_of_stage[calls["stage"]]
    busy = np.bincount(team_of, busy_time, minlength=len(scenario.teams))
    is_open = [
        open_time(team, scenario.start, scenario.warm_up, scenario.horizon)
        for team in scenario.teams
    ]
    return {
        team.name: divided(float(busy[n]), team.reps * is_open[n])
        for n, team in enumerate(scenario.teams)
    }
