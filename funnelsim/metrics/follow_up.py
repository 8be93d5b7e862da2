"""Figures of the follow-up: how fast leads are answered, who has gone cold, how busy teams are."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from funnelsim.distributions import DAY, Floats, Ints
from funnelsim.journal import (
    FAILED_CALLS,
    FOLLOW_UP_OUTCOMES,
    GONE_COLD,
    MISSED,
    NEVER,
    SERVED,
    Journal,
)
from funnelsim.metrics.basis import Bools, ratio
from funnelsim.staffing import open_time

if TYPE_CHECKING:
    import pandas as pd


def quantile_of_each(values: Ints, counts: Ints, p: float) -> Floats:
    """The quantile of each group of values, which stand one group after the other.

    Linear between the two nearest (Hyndman and Fan, 1996, definition 7, which is NumPy's); NaN of
    no value.
    """
    found = np.full(len(counts), np.nan)
    for n, group in enumerate(np.split(values, np.cumsum(counts)[:-1])):
        if len(group):
            place = (len(group) - 1) * p
            low, high = math.floor(place), math.ceil(place)
            ordered = np.partition(group, (low, high))
            found[n] = ordered[low] + (ordered[high] - ordered[low]) * (place - low)
    return found


def response_times(journal: Journal) -> pd.Series:
    """Days from entering the stage to the start of the call that reached the lead.

    One for each row of `follow_ups`; NaN for a call that reached nobody.

    >>> from funnelsim import load, simulate
    >>> waits = response_times(simulate(load("aida-follow-up"), seed=1)).dropna()
    >>> bool(waits.median() < waits.mean())  # a few long ones pull the mean up
    True
    """
    import pandas as pd

    reached = journal.whole["follow_ups"]["reached"] == 1
    return pd.Series(np.where(reached, waits(journal) / DAY, np.nan))


def reached_since_warm_up(journal: Journal) -> Bools:
    """Which calls reached their lead, of those queued since the warm-up."""
    calls = journal.whole["follow_ups"]
    return np.asarray((calls["reached"] == 1) & (calls["queued"] >= journal.scenario.warm_up))


def waits(journal: Journal) -> Ints:
    """Microseconds from entering the stage to the start of each call."""
    calls, stages = journal.whole["follow_ups"], journal.scenario.stages
    entered = calls["queued"]
    if any(stage.follow_up.attempts > 1 for stage in stages if stage.follow_up):
        # the calls of a visit stand one after the other, and the first is queued on entering
        entered = entered[np.arange(len(entered)) - calls["call"]]
    return calls["started"] - entered


def waiting(journal: Journal, times: Ints, team: int | None = None) -> Ints:
    """How many leads wait for a call at each moment, in the order of `times` (microseconds).

    A lead waits from when its call is queued until a rep begins it, or until its patience ends; of
    a call that nobody ever makes (missed) no queue knows. Of all teams or of one; an event at the
    very moment has happened.
    """
    calls, visits = journal.whole["follow_ups"], journal.whole["stage_visits"]
    these = calls["outcome"] != FOLLOW_UP_OUTCOMES.index(MISSED)
    if team is not None:
        these &= journal.team_of_stage[calls["stage"]] == team
    queued, left = calls["queued"][these], calls["started"][these].copy()
    gave_up = left == NEVER
    visit = [_numbered(visits), _numbered({key: calls[key][these][gave_up] for key in VISIT})]
    order = np.argsort(visit[0], kind="stable")
    left[gave_up] = visits["decided"][order[np.searchsorted(visit[0], visit[1], sorter=order)]]
    left = left[left != NEVER]  # who still waits at the horizon leaves no queue
    came, went = (np.searchsorted(np.sort(at), times, side="right") for at in (queued, left))
    return came - went


VISIT = ("lead", "stage", "attempt")  # what tells a visit


def _numbered(visits: Mapping[str, Ints]) -> Ints:
    """A number for each visit, the same wherever lead, stage and attempt are the same."""
    lead, stage, attempt = (visits[key].astype(np.int64) for key in VISIT)
    return (lead << 32) + (stage << 16) + attempt


def ended_and_gone_cold(journal: Journal, team: int | None = None) -> tuple[Ints, Ints]:
    """How many visits' follow-up has ended (a call reached the lead, or it was lost before), and
    how many of them had gone cold; of all teams or of one, since the warm-up, by replication.
    """
    warm_up = journal.scenario.warm_up
    calls, visits = journal.whole["follow_ups"], journal.whole["stage_visits"]
    reason = visits["reason"]
    failed = (reason != NEVER) & (reason < len(FAILED_CALLS)) & (visits["entered"] >= warm_up)
    served = calls["outcome"] == FOLLOW_UP_OUTCOMES.index(SERVED)
    served &= calls["queued"] >= warm_up
    if team is not None:
        failed &= journal.team_of_stage[visits["stage"]] == team
        served &= journal.team_of_stage[calls["stage"]] == team
    by_reason = journal.counts("stage_visits", reason, len(FAILED_CALLS), failed)
    ended = by_reason.sum(axis=1) + journal.totals("follow_ups", served)
    return ended, by_reason[:, FAILED_CALLS.index(GONE_COLD)]


def utilisation(journal: Journal) -> Floats:
    """Busy ÷ open rep time between warm-up and horizon, shape (replications, teams).

    Of all who are there, and as long as they are; who finishes after that may take it past 1.
    """
    scenario, calls = journal.scenario, journal.whole["follow_ups"]
    begin = np.maximum(calls["started"], scenario.warm_up)
    end = np.where(calls["finished"] == NEVER, scenario.horizon, calls["finished"])
    busy_time = np.where(calls["started"] == NEVER, 0, np.maximum(end - begin, 0))
    shares = np.empty((len(journal.replications), len(scenario.teams)))
    for n, team in enumerate(scenario.teams):
        is_open = open_time(scenario, team, scenario.warm_up, scenario.horizon)
        its = journal.team_of_stage[calls["stage"]] == n if len(scenario.teams) > 1 else None
        busy = journal.totals("follow_ups", busy_time, its)
        shares[:, n] = ratio(busy, is_open)
    return shares
