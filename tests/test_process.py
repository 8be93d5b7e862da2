"""What the SimPy engine promises of any scenario, and a team against a textbook queue."""

from __future__ import annotations

import datetime
from heapq import heappop, heappush
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from some_scenarios import scenario_tables

import funnelsim as fs
from funnelsim.distributions import DAY
from funnelsim.engines.draws.draws import Draws
from funnelsim.opening_hours import OpeningHours
from funnelsim.staffing import ALWAYS_THERE, Rep

seeds = st.integers(0, 2**32)
quick = settings(max_examples=60)


def simulate(tables: dict[str, Any], seed: int) -> fs.Journal:
    """By the SimPy engine; another scenario, please, where referrals are an avalanche."""
    try:
        return fs.simulate(fs.Scenario(**tables), seed, engine="process", progress=False)
    except fs.FunnelSimError as error:
        assume("avalanche" not in str(error))
        raise


def drawn(journal: fs.Journal, column: str) -> dict[tuple[int, int, int], Any]:
    """What this column of the draws holds for each (lead, stage, attempt)."""
    draws = Draws(journal.scenario, journal.seed, journal.replication)
    number = {key: lead for lead, key in enumerate(journal.whole["leads"]["key"].tolist())}
    lead = [number.get(key) for key in draws.leads.key.tolist()]  # None: who never came to be
    return {
        (of, stage, attempt): value
        for stage, attempts in enumerate(draws.stages)
        for attempt, visits in enumerate(attempts)
        for row, value in zip(visits.rows, getattr(visits, column).tolist(), strict=True)
        if (of := lead[row]) is not None
    }


# --- laws that hold for any scenario ----------------------------------------------------------


@quick
@given(scenario_tables(), seeds)
def test_stage_counts_add_up(tables: dict[str, Any], seed: int) -> None:
    table = fs.funnel_table(simulate({**tables, "warm_up": "0 days"}, seed))
    assert (table.entered == table.advanced + table.lost + table.open).all()
    reasons = table.filter(like="lost: ").sum(axis=1)
    assert (reasons == table.lost).all()
    came_through = table.entered - table.direct
    assert came_through.iloc[1:].tolist() == table.advanced.iloc[:-1].tolist()


@quick
@given(scenario_tables(), seeds)
def test_no_time_runs_backwards_or_past_the_horizon(tables: dict[str, Any], seed: int) -> None:
    journal = simulate(tables, seed)
    horizon = journal.scenario.horizon
    for table, moments in [
        ("stage_visits", ["entered", "decided"]),
        ("follow_ups", ["queued", "started", "finished"]),
    ]:
        columns = journal.whole[table]
        for earlier, later in pairwise(moments):
            happened = columns[later] >= 0
            assert (columns[earlier][happened] >= 0).all()
            assert (columns[earlier] <= columns[later])[happened].all()
        assert all((columns[moment] < horizon).all() for moment in moments)
    visits = journal.whole["stage_visits"]
    same_lead = visits["lead"][1:] == visits["lead"][:-1]
    again = visits["attempt"][1:] > 0  # came back after a delay
    assert (visits["entered"][1:] >= visits["decided"][:-1])[same_lead].all()
    assert (visits["entered"][1:] == visits["decided"][:-1])[same_lead & ~again].all()


@quick
@given(scenario_tables(), seeds)
def test_every_lost_lead_has_one_reason_and_no_other_has(tables: dict[str, Any], seed: int) -> None:
    journal = simulate(tables, seed)
    for table in (journal.leads, journal.stage_visits):
        assert (table["reason"].notna() == (table["outcome"] == "lost")).all()
    leads = journal.leads
    assert (leads["decided"].isna() == (leads["outcome"] == "open")).all()


@quick
@given(scenario_tables(), seeds)
def test_orders_follow_the_sale_one_after_the_other(tables: dict[str, Any], seed: int) -> None:
    journal = simulate(tables, seed)
    orders, leads = journal.orders, journal.leads
    if not journal.scenario.order:
        assert orders.empty
        return
    assert orders["placed"].is_monotonic_increasing
    first = orders.drop_duplicates("lead").set_index("lead")
    customers = leads[leads["outcome"] == "customer"]
    assert sorted(first.index) == customers["lead"].tolist()
    assert (first["placed"].reindex(customers["lead"]) == customers["decided"].values).all()
    for _, numbers in orders.groupby("customer")["number"]:
        assert numbers.tolist() == list(range(1, len(numbers) + 1))


@quick
@given(scenario_tables(), seeds)
def test_a_rep_does_one_thing_at_a_time_and_none_is_idle_while_a_lead_waits(
    tables: dict[str, Any], seed: int
) -> None:
    journal = simulate(tables, seed)
    calls, horizon = journal.follow_ups, journal.scenario.horizon / DAY
    for _, jobs in calls.dropna(subset=["started"]).groupby("rep", observed=True):
        jobs = jobs.sort_values(["started", "finished"])
        assert (jobs["finished"].values[:-1] <= jobs["started"].values[1:]).all()
    leads = journal.leads.set_index("lead")
    for team in journal.scenario.teams:
        hours = OpeningHours(team.open, journal.scenario.start, team.closed)
        jobs = calls[(calls["team"] == team.name) & calls["started"].notna()]
        assert all(hours.is_open(round(start * DAY)) for start in jobs["started"])
        for waited in jobs[jobs["started"] > jobs["queued"]].itertuples():
            middle = (waited.queued + waited.started) / 2
            # who ends a call at this very moment may have begun the next
            busy = (jobs["started"] <= middle) & (jobs["finished"].fillna(horizon) > middle)
            assert busy.sum() == team.reps or not hours.is_open(round(middle * DAY))
        if team.serves == "first come":
            by_start = jobs.assign(key=leads["key"].reindex(jobs["lead"]).values)
            assert by_start.sort_values(["queued", "key"])["started"].is_monotonic_increasing


@quick
@given(scenario_tables(), seeds)
def test_calls_come_one_after_the_other_and_end_as_they_may(
    tables: dict[str, Any], seed: int
) -> None:
    """At most `attempts` calls to a visit, `every` apart, the first on entering the stage."""
    journal = simulate(tables, seed)
    every = {s.name: s.follow_up.every / DAY for s in journal.scenario.stages if s.follow_up}
    attempts = {s.name: s.follow_up.attempts for s in journal.scenario.stages if s.follow_up}
    visits = journal.stage_visits.set_index(["lead", "stage", "attempt"])
    by_visit = journal.follow_ups.groupby(["lead", "stage", "attempt"], observed=True)
    for visit, calls in by_visit:
        assert calls["call"].tolist() == list(range(len(calls)))
        assert len(calls) <= attempts[visit[1]]
        assert calls["queued"].iloc[0] == visits.loc[visit, "entered"]
        assert (calls["outcome"].iloc[:-1] == "not reached").all()
        pause = calls["queued"].to_numpy()[1:] - calls["finished"].to_numpy()[:-1]
        assert np.allclose(pause, every[visit[1]], atol=2 / DAY)
        reason, last = visits.loc[visit, "reason"], calls["outcome"].iloc[-1]
        if last in ("gone cold", "missed"):
            assert reason == last
        if reason == "not reached":
            assert last == reason and len(calls) == attempts[visit[1]]


@quick
@given(scenario_tables(), seeds)
def test_patience_is_kept_to_the_microsecond(tables: dict[str, Any], seed: int) -> None:
    """Calls start in time; who goes cold does so when patience ends, or a call in vain does."""
    journal = simulate(tables, seed)
    patience = drawn(journal, "patience")
    visits, calls = journal.whole["stage_visits"], journal.whole["follow_ups"]
    ends, last_finish = {}, {}
    for lead, stage, attempt, entered in zip(
        *(visits[name].tolist() for name in ("lead", "stage", "attempt", "entered")), strict=True
    ):
        if stage < len(journal.scenario.stages) - 1:
            ends[lead, stage, attempt] = entered + patience[lead, stage, attempt]
    for lead, stage, attempt, started, finished in zip(
        *(calls[name].tolist() for name in ("lead", "stage", "attempt", "started", "finished")),
        strict=True,
    ):
        assert started <= ends[lead, stage, attempt]
        last_finish[lead, stage, attempt] = finished
    for visit in journal.stage_visits[journal.stage_visits["reason"] == "gone cold"].index:
        key = tuple(int(visits[name][visit]) for name in ("lead", "stage", "attempt"))
        assert visits["decided"][visit] == max(ends[key], last_finish[key])


@quick
@given(scenario_tables(), seeds)
def test_newest_first_takes_the_newest_that_waits(tables: dict[str, Any], seed: int) -> None:
    journal = simulate(tables, seed)
    visits = journal.stage_visits.set_index(["lead", "stage", "attempt"])["decided"]
    called, missed = journal.whole["follow_ups"], drawn(journal, "missed")
    visit_of = zip(*(called[name].tolist() for name in ("lead", "stage", "attempt")), strict=True)
    nobody_calls = [missed[visit] for visit in visit_of]  # they wait for no rep
    calls = journal.follow_ups[~np.array(nobody_calls, dtype=bool)]
    for team in journal.scenario.teams:
        if team.serves != "newest first":
            continue
        mine = calls[calls["team"] == team.name]
        decided = visits.reindex(
            list(zip(mine["lead"], mine["stage"], mine["attempt"], strict=True))
        )
        # a call waits until it starts, or its lead has gone cold, or the horizon comes
        until = mine["started"].fillna(pd.Series(decided.to_numpy(), index=mine.index))
        until = until.fillna(np.inf)
        for job in mine[mine["started"] > mine["queued"]].itertuples():
            newer = (mine["queued"] > job.queued) & (mine["queued"] < job.started)
            assert not (newer & (until > job.started)).any()


@quick
@given(scenario_tables(), seeds)
def test_only_the_lost_come_back_and_each_message_is_written_down(
    tables: dict[str, Any], seed: int
) -> None:
    journal = simulate(tables, seed)
    leads, visits, messages = journal.leads, journal.stage_visits, journal.messages
    messages = messages[messages["name"].astype(str).str.startswith("recovery: ")]
    again = visits[visits["attempt"] > 0]
    without = [arm.name for arm in journal.scenario.arms if "recovery" in arm.without]
    held_out = leads.index[leads["arm"].isin(without)]  # who come back, come without a message
    assert not messages["lead"].isin(held_out).any()
    returns = messages["accepted"].groupby(messages["lead"]).sum()
    recovered = leads["recovered"]
    assert again["lead"].value_counts().to_dict() == recovered[recovered > 0].to_dict()
    told = recovered.drop(held_out)
    assert returns[returns > 0].to_dict() == told[told > 0].to_dict()
    keys = ["lead", "stage", "attempt"]
    before = again.assign(attempt=again["attempt"] - 1).merge(
        visits, on=keys, suffixes=("", "_was")
    )
    assert len(before) == len(again)
    assert (before["outcome_was"] == "lost").all()
    assert (before["decided_was"] <= before["entered"]).all()


# --- one stage against a walk of the queue written another way --------------------------------


@quick
@given(
    seeds,
    st.integers(1, 3),
    st.sampled_from(["0 h", "1 h", "5 h"]),
    st.sampled_from([{"constant": "2 h"}, {"exponential": {"mean": "2 h"}}]),
)
def test_a_team_serves_as_the_textbook_queue_does(
    seed: int, reps: int, handling: str, patience: dict[str, Any]
) -> None:
    """Start = the later of ready and next rep free, unless patience has ended by then."""
    scenario = fs.Scenario(
        name="queue",
        horizon="20 days",
        channels=[{"name": "web", "leads_per_day": 12}],
        teams=[{"name": "sales", "reps": reps}],
        stages=[
            {
                "name": "Interest",
                "conversion": 0.5,
                "follow_up": {
                    "team": "sales",
                    "handling_time": {"constant": handling},
                    "patience": patience,
                },
            },
            {"name": "Action"},
        ],
    )
    draws = Draws(scenario, seed)
    columns = draws.stages[0][0]
    free = [(0, rep) for rep in range(reps)]
    expected = []
    for arrived, handled, wait in zip(
        draws.leads.earliest.tolist(),
        columns.handling_time.tolist(),
        columns.patience.tolist(),
        strict=True,
    ):
        start = max(arrived, free[0][0])
        if start <= arrived + wait:
            heappush(free, (start + handled, heappop(free)[1]))
        else:
            start = -1
        expected.append(start if start < scenario.horizon else -1)
    calls = simulate(scenario.tables(), seed).whole["follow_ups"]
    assert calls["started"].tolist() == expected


def test_events_at_one_moment_happen_in_the_order_of_the_model() -> None:
    """On a grid of whole days everything ties: a rep comes free, then patience ends."""
    from funnelsim.engines.simpy_engine.clock import Clock, TeamAtWork

    clock, told = Clock(), []
    hours = OpeningHours("always", datetime.date(2027, 1, 4))
    team = TeamAtWork(clock, 0, [Rep(ALWAYS_THERE)] * 2, hours, newest_first=False)

    def lead(key: int, arrives: int, patience: int) -> Any:
        yield clock.ready(arrives, key)
        call = team.call(key)
        if not call.triggered:
            yield call | clock.patience_ends(arrives + patience, key)
        if not call.triggered:
            call.given_up = True
            told.append((clock.now, key, "cold"))
            return
        told.append((clock.now, key, call.rep))
        yield from team.handle(call.rep, 10)

    for arguments in [(5, 0, 0), (4, 0, 0), (9, 0, 10), (8, 0, 10), (7, 0, 10), (3, 20, 0)]:
        clock.process(lead(*arguments))
    clock.run()
    assert told == [
        (0, 4, 1),  # ready at one moment: the smaller key first, the smaller rep first
        (0, 5, 2),
        (10, 7, 1),  # the rep comes free before patience ends, and takes the smallest key
        (10, 8, 2),
        (10, 9, "cold"),
        (20, 3, 1),  # idle equally long: the smaller number
    ]
