"""Who brought a lead in and who closed it: counted once more by hand, call by call."""

from __future__ import annotations

import math
from collections import Counter
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_journal import small_journal
from some_scenarios import businesses
from some_states import Business
from theory import within

import funnelsim as fs
from funnelsim import groups, tables
from funnelsim.distributions import DAY
from funnelsim.report import page

quick = settings(max_examples=60)
Key = tuple[str, str]


def simulate(scenario: fs.Scenario, seed: int, **more: Any) -> fs.Journal:
    return fs.simulate(scenario, seed, progress=False, **more)


def hands(journal: fs.Journal) -> dict[int, list[tuple[float, str, int, str]]]:
    """(when, stage, attempt, rep) of each call that reached a lead, in the order of time."""
    reached = journal.whole["follow_ups"]["reached"] == 1
    found: dict[int, list[tuple[float, str, int, str]]] = {}
    for call in journal.follow_ups[reached].itertuples():
        row = (call.started, call.stage, call.attempt, call.rep)
        found.setdefault(call.lead, []).append(row)
    return {lead: sorted(rows, key=lambda row: row[0]) for lead, rows in found.items()}


def named_before(journal: fs.Journal) -> Counter[tuple[str, str]]:
    """How many open deals the state gives to each (owner, holder): no holder is the owner."""
    if journal.initial is None:
        return Counter()
    deals = journal.initial.deals.reindex(columns=["owner", "holder"]).astype(object)
    pairs = deals.where(deals.notna(), "").to_numpy().tolist()
    return Counter((owner, holder or owner) for owner, holder in pairs)


def texts(column: Any) -> list[str]:
    return ["" if pd.isna(name) else str(name) for name in column.astype(object)]


@quick
@given(businesses(), st.integers(0, 2**32))
def test_owner_and_holder_are_the_first_and_the_last_to_reach_the_lead(
    business: Business, seed: int
) -> None:
    scenario, initial = fs.Scenario(**business[0]), business[1]
    journal = simulate(scenario, seed, initial=initial)
    reached, there = hands(journal), Counter()
    leads = journal.leads
    for lead, kind, owner, holder in zip(
        leads["lead"], leads["kind"], texts(leads["owner"]), texts(leads["holder"]), strict=True
    ):
        calls = reached.get(lead, [])
        if kind != "open deal":
            assert owner == (calls[0][3] if calls else "")
        if calls:
            assert holder == calls[-1][3]
        if kind == "open deal" and not calls:
            there[owner, holder] += 1
        elif kind == "open deal":
            there[owner, "called since"] += 1
    before = named_before(journal)
    if not any(what == "called since" for _, what in there):
        assert there == before
    owners = Counter({name: 0 for name, _ in before})
    for (name, _), count in before.items():
        owners[name] += count
    found = Counter(texts(leads.loc[leads["kind"] == "open deal", "owner"]))
    assert all(found[name] >= count for name, count in owners.items() if name)


def in_plain_python(journal: fs.Journal) -> Counter[tuple[str, str, str]]:
    """Held, closed and held_decided by rep and stage, visit by visit."""
    leads, reached = journal.leads, hands(journal)
    stages = [stage.name for stage in journal.scenario.stages]
    counts = leads["arrived"] >= journal.scenario.warm_up / DAY
    counts &= leads["kind"] != "customer"
    no_call = {lead for lead in leads["lead"] if lead not in reached}
    final: dict[tuple[int, str], tuple[str, str]] = {}
    for visit in journal.stage_visits.itertuples():
        up_to = (stages.index(visit.stage), visit.attempt)
        so_far = [
            rep for _, stage, attempt, rep in reached.get(visit.lead, [])
            if (stages.index(stage), attempt) <= up_to
        ]  # fmt: skip
        before = leads["holder"][visit.lead] if visit.lead in no_call else "?"
        final[visit.lead, visit.stage] = (so_far[-1] if so_far else before, visit.outcome)
    for lead, holder, outcome in zip(leads["lead"], leads["holder"], leads["outcome"], strict=True):
        final[lead, "overall"] = (holder, "advanced" if outcome == "customer" else outcome)
    count: Counter[tuple[str, str, str]] = Counter()
    for (lead, stage), (rep, outcome) in final.items():
        if counts[lead] and rep == rep and stage != stages[-1]:
            count[rep, stage, "held"] += 1
            count[rep, stage, "closed"] += outcome == "advanced"
            count[rep, stage, "held_decided"] += outcome != "open"
    return count


@quick
@given(businesses(), st.integers(0, 2**32))
def test_what_was_held_and_closed_is_counted_visit_by_visit(business: Business, seed: int) -> None:
    scenario, initial = fs.Scenario(**business[0]), business[1]
    if initial is not None and len(initial.deals):  # whom a call relieves is the other test's
        deals = initial.deals.assign(holder=None, owner=None)
        initial = fs.State(deals, initial.customers)
    journal = simulate(scenario, seed, initial=initial)
    expected = in_plain_python(journal)
    reps = fs.reps_table(journal)
    for rep, row in reps.iterrows():
        for column in ("held", "closed", "held_decided"):
            assert row[column] == expected[rep, "overall", column]
    if not any(stage.follow_up for stage in scenario.stages):
        return
    table = fs.funnel_by(journal, "rep")
    for (rep, stage), row in table.iterrows():
        for column in ("held", "closed", "held_decided"):
            assert row[column] == expected.pop((rep, stage, column), 0), (rep, stage, column)
    assert not +Counter({key: n for key, n in expected.items() if key[0] != "?"})
    by_team = fs.funnel_by(journal, "team")[["held", "closed", "held_decided"]]
    team_of = reps["team"].to_dict()
    added = table[["held", "closed", "held_decided"]].reset_index()
    added["team"] = added.pop("rep").map(team_of)
    added = added.groupby(["team", "stage"], observed=True).sum()
    assert added.to_dict("index") == by_team.to_dict("index")


def test_a_deal_that_came_back_is_closed_by_who_reached_it_then() -> None:
    six = small_journal()
    assert six.leads["owner"].tolist()[:2] == ["sales 1", "sales 1"]
    assert six.leads["holder"].tolist()[:2] == ["sales 1", "sales 2"]
    table = fs.reps_table(six)[["held", "closed", "held_decided", "close_rate", "revenue_closed"]]
    assert table.loc["sales 1"].tolist() == [2, 1, 1, 1.0, 150]  # deals 0, and 5, which is open
    assert table.loc["sales 2"].tolist() == [2, 1, 1, 1.0, 0]  # deals 1, returned, and 2, open
    nobody = table.loc["nobody's 1"]
    assert nobody["held"] == 0 and math.isnan(nobody["close_rate"])
    held = fs.funnel_by(six, "rep").loc["sales 1"]
    assert held.loc["Offer", ["held", "closed", "held_decided"]].tolist() == [2, 1, 1]
    # while it waits to be called again, whoever reached it before holds it
    deals = fs.open_deals(six, 21).set_index("lead")
    assert deals["holder"].to_dict() == {1: "sales 1", 2: "sales 2", 5: "sales 1"}
    assert fs.open_deals(six, 22).set_index("lead")["holder"][1] == "sales 2"
    assert fs.open_deals(six, 22).set_index("lead")["owner"][1] == "sales 1"


def handed_over(**changed: Any) -> fs.Scenario:
    """One team finds out who has a need, the other sells, with a skill of 2 and of 1/2."""
    sells = {"team": "closers", "handling_time": {"constant": "10 min"}}
    tables: dict[str, Any] = {
        "name": "handed over",
        "horizon": "200 days",
        "channels": [{"name": "web", "leads_per_day": 60}],
        "teams": [
            {"name": "setters", "reps": 2},
            {"name": "closers", "reps": 2, "skills": [2.0, 0.5]},
        ],
        "stages": [
            {"name": "Need", "conversion": 0.6, "follow_up": {"team": "setters"}},
            {"name": "Offer", "conversion": 0.5, "follow_up": sells},
            {"name": "Contract", "conversion": 0.9, "decision_time": {"constant": "2 days"}},
            {"name": "Won"},
        ],
        "order": {"value": {"constant": 100}},
    }
    return fs.Scenario(**{**tables, **changed})


def test_closers_close_with_their_own_skill(seed: int) -> None:
    """Odds of 1 times 2 and times 1/2 for the offer; the contract has no call and no skill."""
    journal = simulate(handed_over(), seed)
    table, reps = fs.funnel_by(journal, "rep"), fs.reps_table(journal)
    for rep, p in (("closers 1", 2 / 3), ("closers 2", 1 / 3)):
        for stage, rate in (("Offer", p), ("Contract", 0.9), ("overall", 0.9 * p)):
            row = table.loc[rep, stage]
            error = math.sqrt(rate * (1 - rate) / row["held_decided"])
            assert within(row["close_rate"], rate, error)
        assert reps.loc[rep, "leads"] == 0 and math.isnan(reps.loc[rep, "win_rate"])
        assert reps.loc[rep, "close_rate"] == table.loc[(rep, "overall"), "close_rate"]
    for rep in ("setters 1", "setters 2"):
        row = table.loc[rep, "Need"]
        assert within(row["close_rate"], 0.6, math.sqrt(0.24 / row["held_decided"]))
        assert row["closed"] == row["advanced"]
        assert reps.loc[rep, "closed"] == 0 < reps.loc[rep, "customers"]
    # every sale has been brought in by one and closed by one
    assert reps["closed"].sum() == reps["customers"].sum() == fs.summary(journal)["customers"]
    assert reps["revenue"].sum() == pytest.approx(reps["revenue_closed"].sum())
    last = table.xs("Contract", level="stage")["closed"]
    assert last.to_dict() == reps["closed"][last.index].to_dict()


def test_the_account_executives_have_sales(seed: int) -> None:
    journal = simulate(fs.load("b2b-pipeline"), seed)
    table = fs.reps_table(journal)
    closers = table[table["team"] == "account executives"]
    assert (closers["closed"] > 0).all()
    assert closers["close_rate"].between(0.01, 0.99).all()
    assert (closers["revenue_closed"] > 0).all()
    board = fs.open_deals(journal, 200)
    decided = board["holder"].astype(str).str.startswith("account")[board["stage"] == "Proposal"]
    assert decided.mean() > 0.5


def test_what_a_customer_buys_by_itself_is_closed_by_nobody(seed: int) -> None:
    """An upsold deal that no call reached, though the customer had been sold to by a rep."""
    upsell = {"probability": 0.5, "enters": "Contract"}
    journal = simulate(handed_over(upsell=upsell), seed)
    upsold = journal.leads[journal.leads["kind"] == "upsell"]
    assert (upsold["outcome"] == "customer").any()
    assert upsold[["owner", "holder"]].isna().all(axis=None)
    reps, kinds = fs.reps_table(journal), fs.funnel_by(journal, "kind")
    assert reps["closed"].sum() == kinds.loc[("new", "overall"), "advanced"]
    called = simulate(handed_over(upsell={**upsell, "enters": "Offer"}), seed)
    upsold = called.leads[called.leads["kind"] == "upsell"]
    sold = upsold[upsold["outcome"] == "customer"]
    assert set(sold["owner"]) == set(sold["holder"]) == {"closers 1", "closers 2"}


def test_losses_are_told_of_who_brought_in_and_of_who_held(seed: int) -> None:
    journal = simulate(handed_over(), seed)
    table = groups.losses_by(journal, "team")
    lost = journal.leads["lost_stage"].value_counts()
    by_stage = table[["lost", "held_lost"]].groupby(["team", "stage"], observed=True).sum()
    assert by_stage.loc[("setters", "Offer")].tolist() == [lost["Offer"], 0]
    assert by_stage.loc[("closers", "Offer")].tolist() == [0, lost["Offer"]]
    assert by_stage.loc[("setters", "Need")].tolist() == [lost["Need"], lost["Need"]]
    row = table.loc[("closers", "Offer", "not convinced")]
    assert row["share_of_held_lost"] == 1
    held = fs.funnel_by(journal, "team").loc[("closers", "Offer"), "held"]
    assert row["share_of_held"] == lost["Offer"] / held


# --- the state at the start -------------------------------------------------------------------


def test_a_deal_begun_elsewhere_is_closed_by_whom_the_crm_names() -> None:
    """Nobody is in a call here: the deals are past their follow-up, and all are won."""
    sure = handed_over().vary(
        {"channels.web.leads_per_day": 0, "stages.Contract.conversion": 1.0, "horizon": "5 days"}
    )
    deals = {
        "stage": ["Contract"] * 4,
        "days_in_stage": [1.0] * 4,
        "owner": ["Anna Berger", "setters 1", "Jonas Weber", None],
        "holder": [None, "closers 2", "Anna Berger", None],
    }
    journal = simulate(sure, 1, initial=fs.State(deals=deals))
    board = fs.open_deals(journal, 0)
    pairs = sorted(zip(texts(board["owner"]), texts(board["holder"]), strict=True))
    assert pairs == [
        ("", ""),
        ("Anna Berger", "Anna Berger"),
        ("Jonas Weber", "Anna Berger"),
        ("setters 1", "closers 2"),
    ]
    table = fs.reps_table(journal)
    assert table["closed"].to_dict() == {
        **{"setters 1": 0, "setters 2": 0, "closers 1": 0, "closers 2": 1},
        **{"Anna Berger": 2, "Jonas Weber": 0},
    }
    assert table["revenue_closed"]["Anna Berger"] == 200
    assert table["team"].isna().to_dict()["Anna Berger"]
    assert table[["leads", "customers", "calls"]].to_numpy().sum() == 0  # none of them came in
    assert fs.funnel_by(journal, "rep").loc[("Anna Berger", "Contract"), "closed"] == 2
    assert "Anna Berger" in page(journal)


def test_whoever_is_called_again_is_in_new_hands() -> None:
    waits = {
        "stage": ["Offer"],
        "days_in_stage": [1.0],
        "owner": ["setters 1"],
        "holder": ["Anna"],
        "waiting": [True],
    }
    scenario = handed_over().vary({"channels.web.leads_per_day": 0, "horizon": "5 days"})
    journal = simulate(scenario, 1, initial=fs.State(deals=waits))
    lead = journal.leads.iloc[0]
    assert (lead["owner"], lead["holder"]) == ("setters 1", "closers 1")
    named = fs.reps_table(journal)
    assert named["held"].to_dict()["Anna"] == 0 and named["held"].to_dict()["closers 1"] == 1


def test_a_state_knows_whose_its_deals_are_and_not_whose_they_will_be(seed: int) -> None:
    journal = simulate(fs.load("b2b-pipeline"), seed)
    day = 150.3
    state, board = journal.state(day), fs.open_deals(journal, day)
    assert len(board) == len(state.deals)

    def counted(table: Any, *columns: str) -> Counter[tuple[str, ...]]:
        return Counter(zip(*(texts(table[name]) for name in columns), strict=True))

    names = ("stage", "owner", "holder")
    assert counted(state.deals, *names) == counted(board, *names)
    assert state.deals["owner"].isna().any()  # the first call is still to come
    again = simulate(fs.load("b2b-pipeline").vary({"warm_up": "0 days"}), seed, initial=state)
    there = again.leads[again.leads["kind"] == "open deal"]
    known = Counter(text for text in texts(state.deals["owner"]) if text)
    assert all(Counter(texts(there["owner"]))[name] >= n for name, n in known.items())
    moment = fs.open_deals(again, 0)
    called = np.isin(moment["lead"], again.follow_ups["lead"][again.follow_ups["started"] <= 0])
    at_once = Counter(zip(*(texts(moment[~called][n]) for n in names), strict=True))
    assert at_once <= counted(board, *names)


# --- as people read it --------------------------------------------------------------------------


def test_the_report_tells_both_stage_by_stage(seed: int) -> None:
    journal = simulate(handed_over(horizon="20 days"), seed)
    text = tables.reps_text(journal).set_index("rep")
    table, funnel = fs.reps_table(journal), fs.funnel_by(journal, "rep")
    assert list(text.index) == list(table.index)
    for rep, row in text.iterrows():
        assert row["closed of these"] == f"{table.loc[rep, 'closed']:,}"
        assert row["won of these"] == f"{table.loc[rep, 'customers']:,}"
        cell = funnel.loc[(rep, "Offer"), ["closed", "held_decided"]].astype(int)
        said = f"{cell.iloc[0]:,} of {cell.iloc[1]:,}" if cell.iloc[1] else "–"
        assert row["Offer: went on"] == said
        assert f"<td>{rep}</td>" in page(journal)
    assert "Reps" not in page(simulate(fs.load("aida"), 1))
