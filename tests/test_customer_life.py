"""What holds of any customer's life: its orders, points, messages and children.

The laws are stated on the tables alone; `worked_out_again.py` says what orders must come to.
"""

from __future__ import annotations

import itertools
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from eventful_lives import CAMPAIGNS, lives, loyalty
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from some_scenarios import scenario_tables
from worked_out_again import ENDS, NEVER, check_accounts, check_sums, orders_of, rows

import funnelsim as fs

seeds = st.integers(0, 2**32)
quick = settings(max_examples=40)
WHOLE = fs.load(Path(__file__).parent / "whole_scenario.toml")


def simulate(tables: dict[str, Any], seed: int, engine: str = "process") -> fs.Journal:
    """Another scenario, please, where referrals are an avalanche."""
    try:
        return fs.simulate(fs.Scenario(**tables), seed, engine=engine, progress=False)
    except fs.FunnelSimError as error:
        assume("avalanche" not in str(error))
        raise


# --- when things happen -----------------------------------------------------------------------

MOMENTS = ("arrived", "entered", "decided", "queued", "started", "finished", "placed", "closed")


@pytest.mark.parametrize("strategy", [scenario_tables(), lives()], ids=["any", "lives"])
@quick
@given(st.data(), seeds)
def test_nothing_happens_at_the_horizon_or_after(strategy: Any, data: Any, seed: int) -> None:
    journal = simulate(data.draw(strategy), seed)
    for columns in journal.whole.values():
        for moment in {*MOMENTS, "sent", "time"} & set(columns):
            assert (columns[moment] < journal.scenario.horizon).all()
            assert (columns[moment] >= NEVER).all()


@quick
@given(lives(), seeds)
def test_orders_follow_the_sale_and_do_not_overlap(tables: dict[str, Any], seed: int) -> None:
    """The next one of a lead is not placed before the last is closed, and only if it was kept."""
    journal = simulate(tables, seed)
    goal = len(journal.scenario.stages) - 1
    visits = rows(journal, "stage_visits")
    sold = {visit["lead"]: visit["entered"] for visit in visits if visit["stage"] == goal}
    kinds = journal.leads["kind"].tolist()
    assert sorted(orders_of(journal)) == sorted(sold)
    for lead, orders in orders_of(journal).items():
        assert orders[0]["placed"] == sold[lead]
        assert [order["number"] for order in orders] == list(range(1, len(orders) + 1))
        assert len(orders) == 1 or kinds[lead] != "upsell"
        for order, following in itertools.pairwise(orders):
            assert order["kept"] and order["feeling"] != "detractor"
            assert order["placed"] <= order["closed"] <= following["placed"]


@quick
@given(lives(), seeds)
def test_an_order_goes_through_its_statuses_in_order(tables: dict[str, Any], seed: int) -> None:
    """As far as the horizon lets it; the last one is that of the order."""
    journal = simulate(tables, seed)
    gone_through: dict[int, list[tuple[str, int]]] = {}
    entered = journal.whole["statuses"]["entered"].tolist()
    for (order, name), when in zip(
        journal.statuses[["order", "status"]].itertuples(index=False), entered, strict=True
    ):
        gone_through.setdefault(order, []).append((name, when))
    methods = [[name for name, _ in method.statuses] for method in journal.scenario.order.payments]
    if not methods:
        assert not gone_through and (journal.orders["status"] == "closed").all()
        assert (journal.whole["orders"]["closed"] == journal.whole["orders"]["placed"]).all()
        return
    for order in itertools.chain(*orders_of(journal).values()):
        names, times = zip(*gone_through[order["order"]], strict=True)
        assert list(times) == sorted(times) and times[0] == order["placed"]
        assert names[-1] == order["status"]
        usual = methods[order["payment"]]
        ways = [
            usual,
            [usual[0], "cancelled"],
            [*usual[:-1], "refused"],
            [*usual, "returned"],
        ]
        if order["closed"] == NEVER:
            assert any(list(names) == way[: len(names)] for way in ways)
        else:
            assert list(names) in ways and order["closed"] >= times[-1]


# --- what they come to ------------------------------------------------------------------------


@quick
@given(lives(loyal=True), seeds)
def test_orders_and_accounts_come_to_what_they_must(tables: dict[str, Any], seed: int) -> None:
    journal = simulate(tables, seed)
    check_sums(journal)
    check_accounts(journal)


@pytest.mark.parametrize("engine", ["process", "columns"])
def test_so_they_do_where_everything_happens_at_once(seed: int, engine: str) -> None:
    sooner = {"loyalty.expires_after": "60 days", "loyalty.period": "60 days"}
    sooner = WHOLE.vary({**sooner, "changes": []})  # the sums below know of no sale
    journal = fs.simulate(sooner, seed, engine=engine)
    assert set(journal.points["kind"]) == {"earned", "redeemed", "expired"}
    check_sums(journal)
    check_accounts(journal)


@quick
@given(lives(loyal=True), seeds)
def test_no_balance_is_ever_below_zero(tables: dict[str, Any], seed: int) -> None:
    """What is open at any moment: earned less redeemed less expired."""
    points = simulate(tables, seed).points
    change = points["points"].where(points["kind"] == "earned", -points["points"])
    assert (change.groupby(points["customer"]).cumsum() >= 0).all()


# --- messages ---------------------------------------------------------------------------------


@quick
@given(lives(), seeds)
def test_every_kept_order_is_followed_by_a_message(tables: dict[str, Any], seed: int) -> None:
    """Of the post-purchase campaign, when it is closed; whom it brings back come within its time
    (a win-back may have come first)."""
    journal = simulate(tables, seed)
    campaign = journal.scenario.campaign("post-purchase")
    sent = Counter(_sent(journal, "second order"))
    kinds = journal.leads["kind"].tolist()
    for lead, orders in orders_of(journal).items():
        for order, following in itertools.zip_longest(orders, orders[1:]):
            if not order["kept"] or kinds[lead] == "upsell" or not campaign:
                continue
            unheeded, heeded = (lead, order["closed"], False), (lead, order["closed"], True)
            assert sent[unheeded] + sent[heeded] >= 1
            if sent[heeded]:
                sent[heeded] -= 1
                assert order["feeling"] != "detractor"
                by = order["closed"] + campaign.within
                assert by >= (following["placed"] if following else journal.scenario.horizon)
            else:
                sent[unheeded] -= 1
    assert not +sent


def _sent(journal: fs.Journal, name: str) -> list[tuple[int, int, bool]]:
    """(lead, when, whether it was accepted) of each of these messages."""
    mine = (journal.messages["name"] == name).to_numpy()
    columns = (journal.whole["messages"][c][mine] for c in ("lead", "sent", "accepted"))
    return [(lead, when, bool(yes)) for lead, when, yes in zip(*columns, strict=True)]


@quick
@given(lives(), seeds)
def test_a_win_back_is_sent_at_the_first_long_silence(tables: dict[str, Any], seed: int) -> None:
    journal = simulate(tables, seed)
    campaign, horizon = journal.scenario.campaign("win-back"), journal.scenario.horizon
    sent = {lead: (when, accepted) for lead, when, accepted in _sent(journal, "we miss you")}
    assert len(sent) == len(_sent(journal, "we miss you"))  # once per customer
    kinds = journal.leads["kind"].tolist()
    for lead, orders in orders_of(journal).items():
        message = None
        for order, following in itertools.zip_longest(orders, orders[1:]):
            if not campaign or not order["kept"] or kinds[lead] == "upsell" or message:
                continue
            when = max(order["placed"] + campaign.after, order["closed"])
            placed = following["placed"] if following else horizon
            if when < placed or (when == placed < horizon and sent.get(lead) == (when, True)):
                message = sent.pop(lead)
                assert message[0] == when
                if message[1]:
                    assert order["feeling"] != "detractor"
                    assert following and following["placed"] == when
    assert not sent


# --- children ---------------------------------------------------------------------------------


@quick
@given(lives(), seeds)
def test_children_come_of_kept_orders_and_know_their_parent(
    tables: dict[str, Any], seed: int
) -> None:
    journal = simulate(tables, seed)
    leads, whole = journal.leads, journal.whole["leads"]
    orders = orders_of(journal)
    first_stage = journal.stage_visits.drop_duplicates("lead").set_index("lead")["stage"]
    upsold: Counter[tuple[int, int]] = Counter()
    for lead in leads.itertuples():
        if lead.kind == "new":
            assert lead.parent == NEVER and whole["customer"][lead.lead] == lead.lead
            continue
        part = tables[lead.kind]
        hours = 36 if lead.kind == "referral" else 60
        closed = whole["arrived"][lead.lead] - hours * 3_600_000_000
        source = [o for o in orders[lead.parent] if o["kept"] and o["closed"] == closed]
        assert source and first_stage[lead.lead] == part["enters"]
        if lead.kind == "referral":
            assert any(order["feeling"] == "promoter" for order in source)
            assert lead.channel == "referral" and whole["customer"][lead.lead] == lead.lead
        else:
            parent = leads.loc[lead.parent]
            assert (lead.channel, lead.segment) == (parent["channel"], parent["segment"])
            assert whole["customer"][lead.lead] == whole["customer"][lead.parent]
            upsold[lead.parent, closed] += 1
            assert upsold[lead.parent, closed] <= len(source)
    of_leads = whole["customer"][journal.whole["orders"]["lead"]]
    assert journal.orders["customer"].tolist() == of_leads.tolist()


# --- the figures ------------------------------------------------------------------------------


@quick
@given(lives(), seeds)
def test_contribution_and_profit_are_what_their_parts_say(
    tables: dict[str, Any], seed: int
) -> None:
    journal = simulate(tables, seed)
    scenario, figures = journal.scenario, fs.summary(journal)
    leads, orders = journal.leads, journal.orders
    days = scenario.days
    kept = ~orders["status"].isin(ENDS)
    assert figures["revenue"] == pytest.approx(orders.loc[kept, "paid"].sum())
    costs = 2.5 * (leads["kind"] == "new").sum()
    if scenario.referral:
        bought = (leads["kind"] == "referral") & (leads["outcome"] == "customer")
        costs += 5 * bought.sum()
    costs += journal.messages["cost"].sum()
    if scenario.loyalty:
        costs += 15 * days
        costs -= _fees(journal) * scenario.loyalty.fee
    contribution = orders["contribution"].sum() - costs
    assert figures["contribution"] == pytest.approx(contribution)
    reps = 110 * days if scenario.teams else 0
    assert figures["profit"] == pytest.approx(contribution - reps)


def _fees(journal: fs.Journal) -> int:
    """One for each member, and one more for each period that has begun since it enrolled."""
    leads = journal.leads
    members = leads.index[leads["member"] & (leads["kind"] != "upsell")]
    first = journal.orders.drop_duplicates("lead").set_index("lead")["placed"][members]
    period, horizon = journal.scenario.loyalty.period / 864e8, journal.scenario.horizon / 864e8
    return int(np.ceil((horizon - first) / period).sum())


# --- the same customers -----------------------------------------------------------------------


def same_up_to_the_sale(today: fs.Journal, changed: fs.Journal, but: str = "key") -> bool:
    """Leads (with the baskets they would order), visits and calls, and who buys when."""
    for table in ("leads", "stage_visits", "follow_ups"):
        both = (getattr(journal, table) for journal in (today, changed))
        pd.testing.assert_frame_equal(*(t.drop(columns=but, errors="ignore") for t in both))
    first = (first_orders(journal)[["lead", "placed"]] for journal in (today, changed))
    pd.testing.assert_frame_equal(*first)
    return True


def first_orders(journal: fs.Journal) -> pd.DataFrame:
    return journal.orders.drop_duplicates("lead").drop(columns="order").reset_index(drop=True)


@quick
@given(lives(children=False), loyalty(), seeds)
def test_a_loyalty_programme_changes_nothing_up_to_the_first_basket(
    tables: dict[str, Any], programme: dict[str, Any], seed: int
) -> None:
    """Nor anything at all in the lives of those who are no members."""
    without = {key: value for key, value in tables.items() if key != "loyalty"}
    programme["enrolment"] = 0.6
    one, other = simulate(without, seed), simulate({**without, "loyalty": programme}, seed)
    assert same_up_to_the_sale(one, other, "member")
    outside = ~other.leads["member"].to_numpy()
    of_one, of_other = (
        j.orders[outside[j.orders["lead"]]].drop(columns=["order", "tier"]) for j in (one, other)
    )
    pd.testing.assert_frame_equal(of_one.reset_index(drop=True), of_other.reset_index(drop=True))


@quick
@given(lives(children=False), seeds)
def test_campaigns_change_nothing_up_to_the_end_of_the_first_order(
    tables: dict[str, Any], seed: int
) -> None:
    one, other = (simulate({**tables, "campaigns": c}, seed) for c in ([], CAMPAIGNS))
    assert same_up_to_the_sale(one, other)
    pd.testing.assert_frame_equal(first_orders(one), first_orders(other))


@quick
@given(lives(children=False), seeds)
def test_another_method_of_payment_changes_no_basket(tables: dict[str, Any], seed: int) -> None:
    """With a share of 0 it changes nothing; with one, not what the first orders are."""
    method = {
        "name": "invoice", "share": 0.0,
        "statuses": [["sent", {"constant": "1 day"}], ["paid", {"constant": "1 day"}]],
    }  # fmt: skip
    methods = tables["order"]["payments"]
    if not methods:
        methods.append({**method, "name": "prepaid", "share": 1.0})
    today = simulate(tables, seed)
    more = {**tables, "order": {**tables["order"], "payments": [*methods, method]}}
    unused = simulate(more, seed)
    for table in ("leads", "stage_visits", "orders", "statuses", "points", "messages"):
        both = (getattr(journal, table) for journal in (today, unused))
        pd.testing.assert_frame_equal(*both, check_categorical=False)
    methods = [{**m, "share": m["share"] / 2} for m in methods] + [{**method, "share": 0.5}]
    used = simulate({**tables, "order": {**tables["order"], "payments": methods}}, seed)
    assert same_up_to_the_sale(today, used)
    money = (first_orders(journal)[["value", "discount", "paid"]] for journal in (today, used))
    pd.testing.assert_frame_equal(*money)


@quick
@given(lives(), seeds)
def test_a_later_horizon_only_adds_to_the_story(tables: dict[str, Any], seed: int) -> None:
    """Leads, orders, points and messages before the horizon are what they are without it."""
    short = simulate(tables, seed)
    days = int(tables["horizon"].split()[0])
    long = simulate({**tables, "horizon": f"{days + 7} days"}, seed)
    for table, moment, columns in [
        ("leads", "arrived", ["key", "kind", "parent", "customer", "channel", "segment"]),
        ("stage_visits", "entered", ["lead", "stage", "attempt"]),
        ("orders", "placed", ["lead", "number", "value", "discount", "paid", "tier", "payment"]),
        ("messages", "sent", ["lead", "name", "accepted"]),
        ("points", "time", ["customer", "kind", "points"]),
    ]:
        before = long.whole[table][moment] < short.scenario.horizon
        for column in [moment, *columns]:
            assert short.whole[table][column].tolist() == long.whole[table][column][before].tolist()


@quick
@given(lives(), seeds)
def test_both_engines_tell_the_same_lives(tables: dict[str, Any], seed: int) -> None:
    one, other = (simulate(tables, seed, engine).whole for engine in ("process", "columns"))
    for table, columns in one.items():
        for column, values in columns.items():
            assert values.tolist() == other[table][column].tolist(), (table, column)
