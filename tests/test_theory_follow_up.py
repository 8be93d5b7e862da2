"""Follow-up by a team against queueing theory; `theory.py` says what the tolerances are."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
import pytest
from theory import funnel, mean_of, replications, within

import funnelsim as fs
from funnelsim.distributions import DAY
from funnelsim.metrics import response_times

MINUTES = 24 * 60  # of a day


def team_of(
    reps: int,
    leads_per_day: float,
    handling: dict[str, Any],
    days: str,
    warm_up: str = "0 days",
    call: dict[str, Any] | None = None,
    **team: Any,
) -> fs.Scenario:
    """One stage with one team."""
    follow_up = {"team": "sales", "handling_time": handling, **(call or {})}
    return funnel(
        horizon=days,
        warm_up=warm_up,
        channels=[{"name": "web", "leads_per_day": leads_per_day}],
        teams=[{"name": "sales", "reps": reps, **team}],
        stages=[
            {"name": "Interest", "conversion": 0.5, "follow_up": follow_up},
            {"name": "Action"},
        ],
    )


def waits(journal: fs.Journal, until: float) -> np.ndarray:
    """Days waited by those queued since the warm-up and before a day from which all are served."""
    calls = journal.follow_ups
    since = journal.scenario.warm_up / DAY
    calls = calls[(calls["queued"] >= since) & (calls["queued"] < until)]
    wait = (calls["started"] - calls["queued"]).to_numpy()
    assert not np.isnan(wait).any()
    return wait


def erlang_c(load: float, servers: int) -> float:
    """The probability of waiting in M/M/c (Erlang 1917), by the recursion of Erlang B."""
    blocked = 1.0
    for n in range(1, servers + 1):
        blocked = load * blocked / (n + load * blocked)
    return blocked / (1 - load / servers * (1 - blocked))


@pytest.mark.parametrize(
    ("name", "reps", "an_hour", "minutes", "p_wait", "mean_minutes"),
    [
        # Hillier and Lieberman, Introduction to Operations Research: the county hospital
        ("hospital, one doctor", 1, 2, 20, 2 / 3, 40),
        ("hospital, two doctors", 2, 2, 20, 1 / 6, 2.5),
        # the call centre of many a textbook: 10 erlang, 14 agents
        ("call centre", 14, 200, 3, 0.1741, 7.836 / 60),
    ],
)
def test_waiting_is_erlang_c(
    seed: int,
    name: str,
    reps: int,
    an_hour: float,
    minutes: float,
    p_wait: float,
    mean_minutes: float,
) -> None:
    """M/M/c: P(wait) = C(c, a), mean wait = C · handling ÷ (c - a), busy a ÷ c."""
    load = an_hour * minutes / 60
    assert erlang_c(load, reps) == pytest.approx(p_wait, abs=5e-5)
    assert erlang_c(load, reps) * minutes / (reps - load) == pytest.approx(mean_minutes, rel=5e-4)
    handling = {"exponential": {"mean": f"{minutes} min"}}
    days = 3_000 / (24 * an_hour) + 2
    scenario = team_of(reps, 24 * an_hour, handling, f"{days * 24:.0f} h", "1 day")
    waited, mean_wait, busy = [], [], []
    for journal in replications(scenario, seed, 25):
        wait = waits(journal, until=days - 0.5)
        waited.append((wait > 0).mean())
        mean_wait.append(wait.mean() * MINUTES)
        busy.append(fs.summary(journal)["utilisation: sales"])
    assert mean_of(waited, p_wait)
    assert mean_of(mean_wait, mean_minutes)
    assert mean_of(busy, load / reps)


@pytest.mark.slow
def test_waiting_with_patience_is_erlang_a(seed: int) -> None:
    """M/M/n+M: 48 calls a minute of 1 minute each, 50 agents, mean patience 2 minutes.

    3.1 % abandon, 3.7 s mean wait, 93 % busy (Gans, Koole and Mandelbaum 2003, "Telephone call
    centers"; the figures follow from the birth-death chain, worked out here as well).
    """
    arrivals, reps, leave = 48.0, 50, 0.5
    weight, states = [1.0], range(1, 400)
    for n in states:
        weight.append(weight[-1] * arrivals / (min(n, reps) + leave * max(n - reps, 0)))
    p = np.array(weight) / sum(weight)
    queue = np.maximum(np.arange(400) - reps, 0) @ p
    abandon, wait = leave * queue / arrivals, queue / arrivals * 60
    busy = np.minimum(np.arange(400), reps) @ p / reps
    assert (round(abandon, 3), round(wait, 1), round(busy, 2)) == (0.031, 3.7, 0.93)

    patience = {"patience": {"exponential": {"mean": "2 min"}}}
    handling = {"exponential": {"mean": "1 min"}}
    a_day = arrivals * MINUTES
    scenario = team_of(reps, a_day, handling, "220 min", "20 min", patience)
    runs = replications(scenario, seed, 12)
    cold, waited, utilisation = [], [], []
    for journal in runs:
        figures = fs.summary(journal)
        cold.append(figures["share_gone_cold"])
        utilisation.append(figures["utilisation: sales"])
        # those who left have waited too: up to the end of their patience
        visits = journal.stage_visits[journal.stage_visits["stage"] == "Interest"]
        left = visits[visits["reason"] == "gone cold"]
        served = journal.follow_ups.dropna(subset=["started"])
        waited_by = pd.concat(
            [left["decided"] - left["entered"], served["started"] - served["queued"]]
        )
        since = pd.concat([left["entered"], served["queued"]]) * MINUTES >= 20
        waited.append(waited_by[since].mean() * MINUTES * 60)
    assert mean_of(cold, abandon)
    assert mean_of(waited, wait)
    assert mean_of(utilisation, busy)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("handling", "times"),
    [
        ({"constant": "30 min"}, 2),
        ({"exponential": {"mean": "30 min"}}, 4),
        ({"gamma": {"mean": "30 min", "cv": 2.0}}, 10),
    ],
)
def test_one_rep_waits_as_pollaczek_and_khinchine_say(
    seed: int, handling: dict[str, Any], times: float
) -> None:
    """M/G/1, 80 % busy: mean wait = (1 + cv²) · ρ ÷ (2 (1 - ρ)) handling times."""
    scenario = team_of(1, 0.8 * 48, handling, "110 days", "20 days")
    mean_wait = [waits(run, until=105).mean() * 48 for run in replications(scenario, seed, 20)]
    assert mean_of(mean_wait, times)


@pytest.mark.parametrize(
    ("hours", "mean_hours"), [("Mon-Sun 09:00-17:00", 16 / 3), ("Mon-Fri 09:00-17:00", 15.238)]
)
def test_light_load_waits_for_the_opening(seed: int, hours: str, mean_hours: float) -> None:
    """Leads even round the clock, a rep always idle: who comes in closed hours waits them out.

    Every day 9-17: 16/24 of them for 8 h on average. Mon-Fri: (4 nights of 16 h and a weekend of
    64 h) squared, halved, over a week's 168 h.
    """
    exact = 8 * 16 / 24 if "Sun" in hours else (4 * 16**2 + 64**2) / 2 / 168
    assert exact == pytest.approx(mean_hours, abs=5e-4)
    scenario = team_of(500, 300, {"constant": "1 min"}, "57 days", open=hours)
    wait = waits(fs.simulate(scenario, seed), until=56) * 24  # eight weeks
    # leads arrive independently, so the standard error is that of independent waits
    assert mean_of(wait, exact)


def test_the_order_of_service_changes_who_waits_not_how_long_on_average(seed: int) -> None:
    """M/M/1: newest first has the mean of first come (Little), and a larger variance."""
    means, spreads = {}, {}
    for serves in ("first come", "newest first"):
        scenario = team_of(1, 0.8 * 48, {"exponential": {"mean": "30 min"}}, "60 days", "10 days")
        scenario = scenario.vary({"teams.sales.serves": serves})
        runs = replications(scenario, seed, 12)
        wait = np.concatenate(
            [(run.follow_ups["started"] - run.follow_ups["queued"]) for run in runs]
        )
        means[serves] = [
            (r.follow_ups["started"] - r.follow_ups["queued"])[r.follow_ups["queued"] >= 10].mean()
            for r in runs
        ]
        spreads[serves] = np.nanstd(wait)
    difference = np.array(means["newest first"]) - np.array(means["first come"])
    assert mean_of(difference, 0)
    assert spreads["newest first"] > 1.3 * spreads["first come"]


def test_persistence_reaches_more_leads(seed: int) -> None:
    """With reach probability q and up to n calls: 1 - (1 - q)^n are reached, by call k with
    (1 - q)^(k - 1) · q, and each call but the reaching one costs a pause."""
    q, calls = 0.4, 3
    call = {
        "reach_probability": q, "attempts": calls, "every": "2 h",
        "attempt_time": {"constant": "0 min"},
    }  # fmt: skip
    scenario = team_of(500, 2_000, {"constant": "10 min"}, "3 days", call=call)
    journal = fs.simulate(scenario, seed)
    visits = journal.stage_visits[journal.stage_visits["stage"] == "Interest"]
    old = visits[visits["entered"] < 2.5]
    failed = (old["reason"] == "not reached").mean()
    p = (1 - q) ** calls
    assert within(failed, p, math.sqrt(p * (1 - p) / len(old)))
    response = response_times(journal)[journal.follow_ups["lead"].isin(old["lead"])].dropna() * 24
    assert set(response.round(6)) == {0.0, 2.0, 4.0}
    expected = sum(2 * k * q * (1 - q) ** k for k in range(calls)) / (1 - p)
    assert mean_of(response, expected)


def test_skills_multiply_odds_and_reps_can_be_compared(seed: int) -> None:
    """Rep 1 doubles the odds, rep 2 halves them: 2/3 and 1/3 advance, from odds of 1."""
    scenario = team_of(2, 400, {"constant": "1 min"}, "10 days", skills=[2.0, 0.5])
    leads = fs.simulate(scenario, seed).leads
    for owner, p in (("sales 1", 2 / 3), ("sales 2", 1 / 3)):
        mine = leads[leads["owner"] == owner]
        customers = (mine["outcome"] == "customer").mean()
        assert within(customers, p, math.sqrt(p * (1 - p) / len(mine)))


def test_who_is_written_to_comes_back(seed: int) -> None:
    """Of the lost, r come back once and advance with the recovery's odds: p + (1 - p) · r · p'."""
    recovery = {
        "probability": 0.5, "anyway": 0.2, "delay": {"constant": "1 day"},
        "odds_ratio": 0.5, "cost": 0.05, "discount": 0.1,
    }  # fmt: skip
    stages = [{"name": "Desire", "conversion": 0.4, "recovery": recovery}, {"name": "Action"}]
    scenario = funnel(
        horizon="6 days",
        channels=[{"name": "web", "leads_per_day": 3_000}],
        stages=stages,
        order={"value": {"constant": 80}, "margin": 0.4},
    )
    journal = fs.simulate(scenario, seed)
    early = journal.leads[journal.leads["arrived"] < 4.5]
    again = 0.4 / 0.6 * 0.5
    p = 0.4 + 0.6 * 0.5 * again / (1 + again)
    customers = (early["outcome"] == "customer").mean()
    assert within(customers, p, math.sqrt(p * (1 - p) / len(early)))
    # value 80, margin 0.4, 10 % discount: 72 - 48 = 24 are left
    came_back = journal.orders["discount"] > 0
    assert (journal.orders.loc[came_back, ["paid", "contribution"]] == [72.0, 24.0]).all().all()
    assert (journal.orders.loc[~came_back, "contribution"] == 32.0).all()
    assert set(journal.leads["recovered"]) == {0, 1}


def started(scenario: fs.Scenario, seed: int) -> np.ndarray:
    return fs.simulate(scenario, seed, progress=False).whole["follow_ups"]["started"]


@pytest.mark.parametrize("reps", [1, 2, 3])
def test_with_endless_patience_one_more_rep_makes_no_lead_wait_longer(seed: int, reps: int) -> None:
    scenario = team_of(reps, 40 * reps, {"exponential": {"mean": "30 min"}}, "30 days")
    fewer, more = (
        started(scenario, seed),
        started(scenario.vary({"teams.sales.reps": reps + 1}), seed),
    )
    served = fewer >= 0
    assert (more[served] <= fewer[served]).all() and (more[served] >= 0).all()


def test_with_patience_one_more_rep_can_make_a_lead_wait_longer() -> None:
    """Because fewer go cold: the leads that now stay on stand before others in the queue."""
    patience = {"patience": {"exponential": {"mean": "1 h"}}}
    scenario = team_of(1, 60, {"exponential": {"mean": "1 h"}}, "30 days", call=patience)
    fewer, more = started(scenario, 1), started(scenario.vary({"teams.sales.reps": 2}), 1)
    served = (fewer >= 0) & (more >= 0)
    assert (more[served] > fewer[served]).any()


def test_missed_leads_are_lost_when_their_patience_ends(seed: int) -> None:
    scenario = fs.load("aida-follow-up").vary(
        {
            "stages.Interest.follow_up.missed": 0.3,
            "stages.Interest.follow_up.patience": {"constant": "2 days"},
            "teams.sales.reps": 50,
        }
    )
    journal = fs.simulate(scenario, seed)
    visits = journal.stage_visits
    visits = visits[(visits["stage"] == "Interest") & (visits["entered"] < 88)]
    missed = visits["reason"] == "missed"
    assert within(missed.mean(), 0.3, math.sqrt(0.3 * 0.7 / len(visits)))
    stay = (visits["decided"] - visits["entered"])[missed]
    assert np.allclose(stay, 2.0, atol=2 / DAY)
