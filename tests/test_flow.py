"""Flow: what is drawn of each lead at any moment is what the journal's tables say."""

from __future__ import annotations

import everything
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from some_scenarios import businesses

import funnelsim as fs
from funnelsim.distributions import DAY
from funnelsim.journal.whereabouts import STATES, changes
from funnelsim.widgets.flow import Flow, fares_differently
from funnelsim.widgets.worlds import told_apart

FOLLOW_UP = fs.load("aida-follow-up").vary({"horizon": "20 days"})
few = settings(max_examples=10, deadline=None, suppress_health_check=list(HealthCheck))
KINDS = {"first": "<i4", "time": "<f8", "state": "u1", "stage": "<u2", "reason": "<u2",
         "channel": "<u2", "spot": "<u2", "partner": "<i4", "differs": "u1"}  # fmt: skip


# --- where everybody is ---------------------------------------------------------------------------


def where(journal, lead, now):
    """The state and stage of a lead at a moment, one row of the tables after the other."""
    whole = journal.whole
    never = -1

    def rows(table):
        columns = whole[table]
        at = np.flatnonzero(columns["lead"] == lead)
        return [{name: int(column[n]) for name, column in columns.items()} for n in at]

    goal = len(journal.scenario.stages) - 1
    orders = [order for order in rows("orders") if order["placed"] <= now]
    if whole["leads"]["kind"][lead] == 4:  # a customer at the start
        return ("came back" if orders else "bought", goal)
    visits = [visit for visit in rows("stage_visits") if visit["entered"] <= now]
    if not visits:
        return None
    visit = visits[-1]
    stage = visit["stage"]
    if stage == goal:
        return ("came back" if len(orders) > 1 else "bought", goal)
    if never != visit["decided"] <= now and visit["outcome"] == 1:
        return ("lost", stage)
    same = ("stage", "attempt")
    calls = [c for c in rows("follow_ups") if all(c[key] == visit[key] for key in same)]
    for call in calls:
        if never != call["started"] <= now and not never != call["finished"] <= now:
            return ("with a rep", stage)
    talked = any(call["reached"] == 1 and never != call["finished"] <= now for call in calls)
    return ("waiting" if calls and not talked else "deciding", stage)


@few
@given(businesses(), st.integers(0, 2**32), st.data())
def test_everybody_is_where_visits_calls_and_orders_say(business, seed, data):
    tables, state = business
    journal = fs.simulate(fs.Scenario(**tables), seed, initial=state, progress=False)
    found, count = changes(journal), journal.rows("leads")
    assert len(found.first) == count + 1 and found.first[-1] == len(found.time)
    for lead in range(count):  # in order
        own = found.time[found.first[lead] : found.first[lead + 1]]
        assert len(own) and (np.diff(own) >= 0).all()
    if not count:
        return
    moments = st.one_of(st.integers(0, journal.scenario.horizon), st.sampled_from([*found.time]))
    for _ in range(3):
        now = int(data.draw(moments))
        states, stages = found.at(now)
        for lead in data.draw(st.lists(st.integers(0, count - 1), min_size=1, max_size=15)):
            said = (STATES[states[lead]], stages[lead]) if states[lead] >= 0 else None
            assert said == where(journal, lead, now)


@pytest.fixture(scope="module")
def journal():
    return everything.simulated(1, horizon="80 days")


@pytest.mark.parametrize("day", [0.3, 21.0, 77.7])
def test_counts_on_a_day_are_those_of_the_state_on_that_day_and_no_rep_has_two(journal, day):
    state, stage = changes(journal).at(round(day * DAY) - 1)  # a state is of just before the day
    deals = journal.state(day).deals
    upsold = journal.whole["leads"]["kind"] == 2
    for number, name in enumerate(["Interest", "Desire"]):
        here = deals[deals["stage"] == name]
        waits = np.isin(state, [0, 1]) & (stage == number) & ~upsold
        decides = (state == 2) & (stage == number) & ~upsold
        assert waits.sum() == (here["waiting"] | here["in_call"]).sum()
        assert decides.sum() == (~here["waiting"] & ~here["in_call"]).sum()
    assert (state == 1).sum() <= journal.scenario.teams[0].reps


def test_at_the_end_they_are_what_the_funnel_counts(journal):
    state, stage = changes(journal).at(journal.scenario.horizon)
    leads = journal.leads
    assert (np.isin(state, [4, 5]) == (leads["outcome"] == "customer")).all()
    lost = leads["lost_stage"].value_counts()
    for number, name in enumerate(["Interest", "Desire"]):
        assert ((state == 3) & (stage == number)).sum() == lost[name]
    again = journal.orders.groupby("lead").size().gt(1)
    assert set(np.flatnonzero(state == 5)) == set(again.index[again])


# --- what the browser gets ------------------------------------------------------------------------


def columns(world):
    return {name: np.frombuffer(world[name], kind) for name, kind in KINDS.items()}


def test_the_columns_are_the_changes_and_names_are_lists(journal):
    flow = Flow()
    flow.show([("alone", journal)])
    (world,) = flow.picture["worlds"]
    sent, found = columns(world), changes(journal)
    assert (sent["first"] == found.first).all() and (sent["time"] == found.time / DAY).all()
    for name in ("state", "stage"):
        assert (sent[name] == getattr(found, name)).all()
    lost = found.state == 3
    reasons = np.array(world["reasons"])[sent["reason"][lost]]
    last = np.isin(np.flatnonzero(lost), found.first[1:] - 1)
    who = np.searchsorted(found.first, np.flatnonzero(lost), side="right") - 1
    assert (reasons[last] == journal.leads["reason"].astype(str).to_numpy()[who[last]]).all()
    channels = np.array(world["channels"])[sent["channel"]]
    assert (channels == journal.leads["channel"].astype(str)).all()
    assert world["stages"] == ["Interest", "Desire", "Action"]
    assert flow.picture["days"] == 80 and world["different"] == 0
    assert len(sent["spot"]) == 2 * world["leads"] == 2 * len(journal.leads)


def test_a_lead_has_its_place_and_its_partner_in_both_worlds_and_who_fares_differently_is_marked():
    here = fs.simulate(FOLLOW_UP, progress=False)
    fewer = {"teams.sales.reps": 1, "channels.trade fair.leads_per_day": 2}
    there = fs.simulate(FOLLOW_UP.vary(fewer), progress=False)
    flow = Flow()
    flow.show([("two reps", here), ("one rep", there)])
    both = [columns(world) for world in flow.picture["worlds"]]
    other = there.leads.set_index("key")
    orders = [j.orders.groupby("lead").size().to_dict() for j in (here, there)]
    different = 0
    for lead, row in here.leads.iterrows():
        partner = int(both[0]["partner"][lead])
        fares = True
        if row["key"] in other.index:
            theirs = other.loc[row["key"]]
            assert partner == theirs["lead"] and both[1]["partner"][partner] == lead
            spots = [sent["spot"].reshape(-1, 2) for sent in both]
            assert (spots[0][lead] == spots[1][partner]).all()
            fares = row["outcome"] != theirs["outcome"]
            fares |= orders[0].get(lead, 0) != orders[1].get(partner, 0)
        else:
            assert partner == -1
        assert both[0]["differs"][lead] == fares
        different += fares
    assert flow.picture["worlds"][0]["different"] == different > 20
    assert fares_differently(here, there).sum() == different
    assert (both[0]["partner"] == -1).any() and not fares_differently(here, here).any()


def test_where_nobody_comes_nothing_is_drawn():
    nobody = fs.Scenario(**FOLLOW_UP.tables() | {"channels": [{"name": "x", "leads_per_day": 0}]})
    board = fs.board(nobody, "flow", beside={"teams.sales.reps": 1})
    assert [world["leads"] for world in flow_of(board).picture["worlds"]] == [0, 0]
    assert "0 of 0 leads fare differently" in board._sum.value


# --- the board ------------------------------------------------------------------------------------


def flow_of(board):
    return next(widget for pane, widget in board._own)


def test_a_second_world_is_a_change_or_a_scenario_or_what_was_kept():
    board = fs.board(FOLLOW_UP, "flow", seed=3)
    flow = flow_of(board)
    titles = lambda: [world["title"] for world in flow.picture["worlds"]]  # noqa: E731
    assert titles() == ["AIDA with follow-up"]
    board.keep()
    board.sliders["teams.sales.reps"].value = 1
    assert titles() == ["sales: reps 2", "sales: reps 1"]
    one = fs.simulate(FOLLOW_UP.vary({"teams.sales.reps": 1}), seed=3, progress=False)
    two = fs.simulate(FOLLOW_UP, seed=3, progress=False)
    count = fares_differently(two, one).sum()
    assert f"{count} of {len(two.leads):,} leads fare differently" in board._sum.value
    sales = [(journal.leads["outcome"] == "customer").sum() for journal in (two, one)]
    assert f"Customers: {sales[0]} above, {sales[1]} below" in board._sum.value
    board.forget()
    assert titles() == ["AIDA with follow-up"]

    for beside in ({"teams.sales.reps": 1}, FOLLOW_UP.vary({"teams.sales.reps": 1})):
        board = fs.board(FOLLOW_UP, "flow", seed=3, beside=beside)
        flow = flow_of(board)
        assert titles() == ["sales: reps 2", "sales: reps 1"]
        assert flow.picture["worlds"][1]["different"] == fares_differently(one, two).sum()


def test_titles_say_in_what_two_worlds_differ():
    s = FOLLOW_UP
    assert told_apart(s, s) == (s.name, f"{s.name}, just the same")
    assert told_apart(s, fs.load("aida")) == ("AIDA with follow-up", "AIDA")
    far = s.vary({f"stages.{name}.conversion": 0.1 for name in ("Attention", "Interest", "Desire")})
    assert told_apart(s, far)[1] == (
        "Attention: conversion 10 %, Interest: conversion 10 % and 1 more"
    )


def test_a_chosen_lead_gets_its_story_of_the_world_it_was_chosen_in():
    board = fs.board(FOLLOW_UP, "flow", beside={"teams.sales.reps": 1})
    flow = flow_of(board)
    one = fs.simulate(FOLLOW_UP.vary({"teams.sales.reps": 1}), progress=False)
    lead = int(one.leads.query("reason == 'gone cold'").index[0])
    flow.chosen = {"lead": lead, "world": 1}
    assert flow.story == fs.story(one, lead).html() and "Had a rep been free" in flow.story
    board.sliders["teams.sales.reps"].value = 3  # a lead of the picture before is none of this one
    assert flow.chosen == {} and flow.story == ""


def test_what_is_no_second_world_is_said():
    with pytest.raises(fs.FunnelSimError, match="the money board shows no second world"):
        fs.board(fs.load("aida-follow-up"), "money", beside={"teams.sales.reps": 1})
    with pytest.raises(fs.ScenarioError, match="did you mean reps"):
        fs.board(FOLLOW_UP, "flow", beside={"teams.sales.rep": 1})
    with pytest.raises(fs.FunnelSimError, match="beside is a int; it is a scenario, or a change"):
        fs.board(FOLLOW_UP, "flow", beside=3)


@pytest.mark.parametrize(("name", "days"), [("b2b-pipeline", 100), ("subscription", 10)])
def test_scenarios_with_two_teams_or_none_flow(name, days):
    scenario = fs.load(name)
    flow = flow_of(fs.board(scenario, "flow", days=days))
    assert flow.picture["worlds"][0]["stages"] == [stage.name for stage in scenario.stages]
    assert flow.picture["days"] == days
    waits = 0 in columns(flow.picture["worlds"][0])["state"]
    assert waits == bool(scenario.teams)
