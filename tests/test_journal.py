"""The journal's tables: their columns, units and how they fit together."""

import math
import pickle

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from some_scenarios import businesses
from some_states import Business

import funnelsim as fs
from funnelsim.distributions import DAY
from funnelsim.engines import simulate_together


@pytest.fixture(scope="module")
def journal() -> fs.Journal:
    return fs.simulate(fs.load("aida-follow-up"), seed=2)


def test_the_tables_have_the_columns_that_the_docs_name(journal: fs.Journal) -> None:
    stages = ["Attention", "Interest", "Desire", "Action"]
    assert list(journal.leads) == [
        *("lead", "key", "parent", "kind", "channel", "segment", "arm", "arrived", "deal_value"),
        *("owner", "holder", "outcome", "lost_stage", "reason", "decided", "recovered", "member"),
        *(f"entered_{stage}" for stage in stages),
    ]
    visit = ["lead", "stage", "attempt", "entered", "decided", "outcome", "reason"]
    assert list(journal.stage_visits) == visit
    assert list(journal.follow_ups) == [
        *("lead", "stage", "attempt", "call", "team", "rep"),
        *("queued", "started", "finished", "outcome"),
    ]
    assert list(journal.orders) == [
        *("order", "lead", "customer", "number", "placed", "value", "discount", "paid"),
        *("tier", "payment", "status", "closed", "points_earned", "points_redeemed"),
        *("contribution", "satisfaction"),
    ]
    assert list(journal.statuses) == ["order", "status", "entered"]
    assert list(journal.messages) == ["lead", "name", "sent", "cost", "accepted", "anyway"]
    assert list(journal.points) == ["customer", "time", "kind", "points"]
    assert list(journal.events) == ["case", "activity", "timestamp", "resource"]


def test_names_are_categories_in_the_scenario_s_order(journal: fs.Journal) -> None:
    for table in (journal.stage_visits, journal.follow_ups):
        assert list(table["stage"].cat.categories) == ["Attention", "Interest", "Desire", "Action"]
    assert list(journal.follow_ups["rep"].cat.categories) == ["sales 1", "sales 2"]
    assert list(journal.leads["channel"].cat.categories) == ["search ads", "trade fair"]


def test_times_are_days_and_money_is_currency(journal: fs.Journal) -> None:
    assert journal.leads["arrived"].between(0, 90).all()
    whole = journal.whole
    assert np.allclose(journal.leads["arrived"] * DAY, whole["leads"]["arrived"], atol=0.5)
    assert np.allclose(journal.orders["value"] * 100, whole["orders"]["value"], atol=1e-6)


def test_leads_are_sorted_by_arrival_and_keys_are_their_own(journal: fs.Journal) -> None:
    assert journal.leads["arrived"].is_monotonic_increasing
    assert journal.leads["key"].is_unique
    assert (journal.leads["lead"] == journal.leads.index).all()


def test_the_outcome_of_a_lead_is_that_of_its_last_visit(journal: fs.Journal) -> None:
    last = journal.stage_visits.drop_duplicates("lead", keep="last").set_index("lead")
    leads = journal.leads
    customer = leads["outcome"] == "customer"
    assert (last["stage"][customer] == "Action").all()
    lost = leads["outcome"] == "lost"
    assert (last["outcome"][lost] == "lost").all()
    assert (last["stage"][lost].astype(str) == leads["lost_stage"][lost].astype(str)).all()
    assert (last["outcome"][leads["outcome"] == "open"] == "open").all()


def test_the_owner_is_the_rep_who_first_reached_the_lead(journal: fs.Journal) -> None:
    calls = journal.follow_ups.dropna(subset=["started"]).sort_values("started")
    first = calls.drop_duplicates("lead").set_index("lead")["rep"]
    owner = journal.leads.set_index("lead")["owner"].dropna()
    assert (owner.sort_index().astype(str) == first.sort_index().astype(str)).all()
    assert len(owner) == len(first)


def test_contribution_is_what_its_parts_say() -> None:
    """Value 80.00, margin 0.4, commission 5 %: 80 - 48 - 4 = 28."""
    scenario = fs.load("aida").vary(
        {"order.value": {"constant": 80}, "channels.search ads.commission": 0.05}
    )
    journal = fs.simulate(scenario)
    channel = journal.leads["channel"].iloc[journal.orders["lead"]].to_numpy()
    assert (journal.orders["contribution"][channel == "search ads"] == 28.0).all()
    assert (journal.orders["contribution"][channel == "recommendation"] == 32.0).all()


def test_the_event_log_tells_everything_in_order_with_the_calendar(journal: fs.Journal) -> None:
    events = journal.events
    assert events["timestamp"].is_monotonic_increasing
    assert events["timestamp"].iloc[0] >= pd.Timestamp("2027-01-04")
    calls, visits = journal.follow_ups, journal.stage_visits
    assert len(events) == (
        len(visits)
        + (visits["outcome"] == "lost").sum()
        + len(calls)
        + calls[["started", "finished"]].notna().sum().sum()
        + len(journal.messages)
        + len(journal.orders)
    )
    assert set(events["resource"].dropna()) == {"sales 1", "sales 2"}
    one = events[events["case"] == calls["lead"].iloc[0]]["activity"].tolist()
    assert one[0] == "enters Attention" and "call started: Interest" in one


def test_at_one_moment_a_lead_s_events_follow_from_each_other() -> None:
    """Nothing takes any time here, so a lead's whole story happens at once."""
    follow_up = {
        "team": "sales",
        "reach_probability": 0.5,
        "attempts": 2,
        "every": "0 min",
    }
    recovery = {"probability": 0.9}
    stages = [
        {"name": "Interest", "conversion": 0.5, "follow_up": follow_up, "recovery": recovery},
        {"name": "Desire", "conversion": 0.5, "follow_up": {"team": "sales"}},
        {"name": "Action"},
    ]
    tables = fs.load("aida").tables() | {
        "stages": stages,
        "teams": [{"name": "sales", "reps": 99}],
    }
    tables.pop("retention")
    log = fs.simulate(fs.Scenario(**tables)).events
    call = ["call queued: {0}", "call started: {0}", "call finished: {0}"]
    follows = {"": {"enters Interest"}, "order 1": set(), "enters Action": {"order 1"}}
    for stage, onward in (("Interest", "enters Desire"), ("Desire", "enters Action")):
        queued, started, finished = (text.format(stage) for text in call)
        follows |= {f"enters {stage}": {queued}, queued: {started}, started: {finished}}
        follows[finished] = {onward, "is lost"} | ({queued} if stage == "Interest" else set())
    follows["is lost"] = {"message, recovery: Interest"}
    follows["message, recovery: Interest"] = {"enters Interest"}
    seen = set()
    for _, events in log.groupby("case"):
        before = ""
        for activity in events["activity"].str.replace(r"is lost.*", "is lost", regex=True):
            assert activity in follows[before], events
            seen.add((before, activity))
            before = activity
    assert ("message, recovery: Interest", "enters Interest") in seen
    assert ("call finished: Interest", "call queued: Interest") in seen


def test_a_job_that_the_horizon_cuts_keeps_its_start_and_has_no_finish() -> None:
    scenario = fs.load("aida-follow-up").vary(
        {"stages.Interest.follow_up.handling_time": {"constant": "80 days"}}
    )
    calls = fs.simulate(scenario).follow_ups
    cut = calls[calls["started"].notna() & calls["finished"].isna()]
    assert len(cut) and (cut["outcome"] == "open").all()


def test_a_goal_without_orders_has_customers_and_no_orders() -> None:
    journal = fs.simulate(fs.load("aida").vary({"order": None, "retention": None}))
    assert (journal.leads["outcome"] == "customer").any()
    assert journal.orders.empty and journal.leads["deal_value"].isna().all()


def test_a_journal_survives_pickle_whether_or_not_its_columns_are_made() -> None:
    scenario = fs.load("aida-follow-up").vary({"horizon": "10 days"})
    (together,) = simulate_together(scenario, 2, range(3))
    for journal in together.split():
        again = pickle.loads(pickle.dumps(journal))
        alone = fs.simulate(scenario, 2, replication=journal.replication)
        pd.testing.assert_frame_equal(again.leads, alone.leads)
        pd.testing.assert_frame_equal(again.follow_ups, alone.follow_ups)


# --- what a lead's row says, from its visits one by one ----------------------------------------


@settings(max_examples=60)
@given(businesses(), st.integers(0, 2**32), st.sampled_from(["process", "columns"]))
def test_what_became_of_each_lead_is_what_its_visits_say(
    business: Business, seed: int, engine: str
) -> None:
    """Also where somebody was a customer before, and has no visit at all."""
    tables, initial = business
    journal = fs.simulate(
        fs.Scenario(**tables), seed, engine=engine, initial=initial, progress=False
    )
    visits: dict[int, list[dict]] = {}
    for visit in journal.stage_visits.to_dict("records"):
        visits.setdefault(visit["lead"], []).append(visit)
    goal = journal.scenario.stages[-1].name
    bought = set()
    for lead in journal.leads.to_dict("records"):
        own = visits.get(lead["lead"], [])
        found = (lead["outcome"], lead["lost_stage"], lead["reason"], lead["decided"])
        nothing = ("", "", math.nan)
        if lead["kind"] == "customer":
            assert not own
            expected = ("customer", *nothing)
        elif own[-1]["stage"] == goal:
            expected = ("customer", *nothing[:2], own[-1]["decided"])
        elif own[-1]["outcome"] == "lost":
            expected = ("lost", own[-1]["stage"], own[-1]["reason"], own[-1]["decided"])
        else:
            expected = ("open", *nothing)
        pairs = zip(found, expected, strict=True)
        assert all(a == b or (a != a and (b == "" or b != b)) for a, b in pairs), (found, expected)
        assert lead["recovered"] == sum(visit["attempt"] > 0 for visit in own)
        for stage in journal.scenario.stages:
            entered = [visit["entered"] for visit in own if visit["stage"] == stage.name]
            first = lead[f"entered_{stage.name}"]
            assert first == min(entered) if entered else math.isnan(first)
        if lead["outcome"] == "customer" and lead["kind"] != "upsell":
            bought.add(lead["lead"])
    members = journal.leads.loc[journal.leads["member"], "lead"]
    assert set(journal.whole["leads"]["customer"][members]) <= bought


def test_customers_of_the_start_are_customers_all_along() -> None:
    """Whatever becomes of whoever comes in after them, and whether or not they order again."""
    scenario = fs.load("aida").vary({"horizon": "10 days"})
    state = fs.State(customers={"days_since_last_order": [0.5] * 3, "orders": [1, 1, 7]})
    for seed in range(1, 7):
        leads = fs.simulate(scenario, seed, initial=state, progress=False).leads
        there = leads[leads["kind"] == "customer"]
        assert (there["outcome"] == "customer").all() and len(there) == 3
        stages = [f"entered_{stage.name}" for stage in scenario.stages]
        empty = ["lost_stage", "reason", "decided", "owner", "holder", *stages]
        assert there[empty].isna().all(axis=None)
