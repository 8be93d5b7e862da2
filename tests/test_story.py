"""fs.story: all that the journal says of a lead, in order; and the same lead in other worlds."""

from __future__ import annotations

import math

import everything
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from some_scenarios import businesses

import funnelsim as fs
from funnelsim.stories.told import told

few = settings(max_examples=6, deadline=None, suppress_health_check=list(HealthCheck))


@pytest.fixture(scope="module")
def journal():
    """All that can happen to a lead, in a few hundred of them."""
    return everything.simulated(1, horizon="60 days", warm_up="0 days")


# --- what happened --------------------------------------------------------------------------------


@few
@given(businesses(), st.integers(0, 2**32), st.data())
def test_a_story_tells_all_that_the_event_log_knows_of_a_lead_and_both_engines_the_same(
    business, seed, data
):
    tables, state = business
    scenario = fs.Scenario(**tables)
    both = [
        fs.simulate(scenario, seed, engine=engine, initial=state, progress=False)
        for engine in ("process", "columns")
    ]
    count = len(both[0].leads)
    if not count:
        return
    for lead in data.draw(st.lists(st.integers(0, count - 1), min_size=1, max_size=4)):
        events = told(both[0], lead)
        assert events == told(both[1], lead)
        assert [event.time for event in events] == sorted(event.time for event in events)
        compare(both[1], lead, events)


def compare(journal, lead, events):
    """The moments of the story with those of the event log, kind by kind."""
    log = journal.events
    own = journal.leads.query("kind == 'upsell' and parent == @lead").index
    deals = [lead] if journal.leads["kind"][lead] == "upsell" else [lead, *own]
    days = (log["timestamp"] - pd.Timestamp(journal.scenario.start)) / pd.Timedelta(days=1)

    def logged(word, cases):
        mine = log["case"].isin(cases) & log["activity"].str.startswith(word)
        return sorted(days[mine].round(8))

    def in_the_story(*kinds):
        return sorted(round(e.time / 86_400e6, 8) for e in events if e.event in kinds)

    has_order = journal.scenario.order is not None
    is_new = journal.leads["kind"][lead] != "customer"
    came = in_the_story("came") if is_new else []
    assert len(in_the_story("came")) == 1
    assert sorted(came + in_the_story("came back", "decided")) == logged("enters", [lead])
    assert in_the_story("called") == logged("call started", [lead])
    assert set(in_the_story("talked")) <= set(logged("call finished", [lead]))
    assert in_the_story("lost") == logged("is lost", [lead])
    assert in_the_story("message") == logged("message", [lead])
    if has_order:
        assert in_the_story("bought", "ordered") == logged("order", deals)
    brought = journal.leads.query("parent == @lead")["arrived"]
    assert in_the_story("recommended", "offered more") == sorted(brought.round(8))
    still_open = journal.leads["outcome"][lead] == "open"
    assert len(in_the_story("over")) == still_open


def test_the_table_says_when_who_and_where(journal):
    called = journal.follow_ups.query("call == 0 and started > queued")
    lead = int(called["lead"].iloc[0])
    story = fs.story(journal, lead)
    table = story.table
    assert list(table.columns) == ["day", "time", "event", "stage", "rep", "sentence"]
    start = pd.Timestamp(journal.scenario.start)
    # to the microsecond
    assert ((table["time"] - start) / pd.Timedelta(days=1) - table["day"]).abs().max() < 1e-10
    first = called.iloc[0]
    call = table[table["event"] == "called"].iloc[0]
    assert (call["day"], call["stage"], call["rep"]) == (first["started"], "Interest", first["rep"])
    assert table["event"].tolist()[:3] == ["came", "waits", "called"]
    channel = journal.leads["channel"][lead]
    assert table["sentence"][0] == f"Comes in by way of {channel}, into Interest."
    lines = story.text.splitlines()
    assert lines[0] == f"Lead {lead} of everything, seed 1"
    assert [line.split("  ", 1)[1] for line in lines[1:]] == table["sentence"].tolist()
    assert str(story).startswith(story.text)
    page = story._repr_html_()
    assert all(sentence.split("“")[0] in page for sentence in table["sentence"])


def test_what_is_said_of_a_customer_is_what_the_tables_say(journal):
    orders = journal.orders.query("lead == customer")
    buyers = orders.query("number > 1 and points_redeemed > 0")["customer"].unique()
    member = int(next(n for n in buyers if journal.leads["member"][n]))
    told_of = fs.story(journal, member).table
    mine = journal.orders.query("customer == @member")
    assert told_of.query("event == 'joined'")["day"].tolist() == [mine["placed"].min()]
    for _, order in mine.iterrows():
        said = told_of[told_of["day"] == order["placed"]]["sentence"].str.cat()
        assert f"pays {order['paid']:,.2f} EUR" in said
        assert ("points redeemed" in said) == (order["points_redeemed"] > 0)


def test_names_are_text_on_a_page():
    scenario = fs.load("aida").vary({"name": "<b>A</b>"})
    page = fs.story(fs.simulate(scenario, progress=False), 0)._repr_html_()
    assert "<b>" not in page and "&lt;b&gt;A" in page


# --- otherwise ------------------------------------------------------------------------------------


def ends(journal, key):
    """What became of the lead with this key, asked of the tables."""
    found = journal.leads[journal.leads["key"] == key]
    if not len(found):
        return "never came", None, 0, 0.0
    lead = found.iloc[0]
    orders = journal.orders.query("customer == @lead.lead")
    kept = orders[~orders["status"].isin(["cancelled", "refused", "returned"])]
    stage = None if pd.isna(lead["lost_stage"]) else lead["lost_stage"]
    if lead["outcome"] == "open":
        stage = journal.stage_visits.query("lead == @lead.lead")["stage"].iloc[-1]
    return lead["outcome"], stage, len(orders), round(float(kept["paid"].sum()), 2)


QUESTIONS = {
    "a rep been free": "reason == 'gone cold'",
    "no message been sent": "recovered == 1 and outcome == 'customer'",
    "it been a member": "outcome == 'customer' and not member and kind == 'new'",
    "it not been a member": "member and kind == 'new' and lead in @redeemed",
}


@pytest.mark.parametrize("what", QUESTIONS)
def test_another_world_is_the_same_customers_in_a_varied_scenario(journal, what):
    worlds = {"{}": journal}
    redeemed = list(journal.points.query("kind == 'redeemed'")["customer"])
    for lead in journal.leads.query(QUESTIONS[what], local_dict={"redeemed": redeemed}).index[:8]:
        table = fs.story(journal, int(lead)).otherwise.set_index("what")
        for world in ("as it was", what):
            row = table.loc[world]
            name = str(row["change"])
            if name not in worlds:
                varied = journal.scenario.vary(row["change"])
                worlds[name] = fs.simulate(varied, seed=1, progress=False)
            stage = None if pd.isna(row["stage"]) else row["stage"]
            said = row["outcome"], stage, row["orders"], round(float(row["paid"]), 2)
            assert said == ends(worlds[name], journal.leads["key"][lead])
        if "just the same" not in table.loc[what, "sentence"]:
            return
    raise AssertionError("nobody would fare differently")


def test_a_rep_is_free_at_once_and_messages_are_not_sent_but_who_comes_anyway_comes(journal):
    lead = int(journal.leads.query("reason == 'gone cold' and recovered == 0").index[0])
    change = dict(fs.story(journal, lead).otherwise.set_index("what")["change"])["a rep been free"]
    there = fs.simulate(journal.scenario.vary(change), seed=1, progress=False)
    opens = there.scenario.vary({"teams.sales.open": "always"})
    calls = fs.simulate(opens, seed=1, progress=False).follow_ups
    assert (calls["started"] == calls["queued"]).all()

    back = journal.messages.query("accepted and not anyway and name == 'recovery: Interest'")
    story = fs.story(journal, int(back["lead"].iloc[0]))
    change = story.otherwise.set_index("what").loc["no message been sent", "change"]
    assert change["stages.Interest.recovery.probability"] == 0.0
    assert change["stages.Interest.recovery.discount"] == 0.0


def test_only_what_could_have_mattered_is_asked(journal):
    calls = journal.follow_ups
    waited = set(calls.loc[calls["started"] != calls["queued"], "lead"])
    sent = set(journal.messages["lead"])
    for lead in range(0, len(journal.leads), 211):
        found = list(fs.story(journal, lead).otherwise["what"])
        row = journal.leads.iloc[lead]
        is_buyer = row["outcome"] == "customer" and row["kind"] != "upsell"
        assert found[0] == "as it was"
        assert ("a rep been free" in found) == (lead in waited)
        assert ("no message been sent" in found) == (lead in sent)
        assert ("it been a member" in found) == (is_buyer and not row["member"])
        assert ("it not been a member" in found) == (is_buyer and row["member"])


def test_whom_nobody_has_called_is_called_where_nobody_is_forgotten():
    scenario = fs.load("aida-follow-up").vary({"stages.Interest.follow_up.missed": 0.3})
    journal = fs.simulate(scenario, seed=2, progress=False)
    lead = int(journal.leads.query("reason == 'missed'").index[0])
    story = fs.story(journal, lead)
    assert "Nobody has called, and it gives up: lost in Interest." in story.text
    table = story.otherwise.set_index("what")
    assert table["change"]["nobody forgotten to call"] == {"stages.Interest.follow_up.missed": 0.0}
    assert table["reason"]["nobody forgotten to call"] != "missed"


def test_the_other_worlds_begin_with_the_same_state_and_replication(journal):
    state = journal.state(40)
    short = journal.scenario.vary({"horizon": "20 days"})
    later = fs.simulate(short, seed=4, replication=3, initial=state, progress=False)
    deal = int(later.leads.query("kind == 'open deal' and outcome == 'customer'").index[0])
    story = fs.story(later, deal)
    assert "Is an open deal in" in story.text and "replication 3" in story.title
    what, change = story.otherwise[["what", "change"]].iloc[-1]
    assert "member" in what
    there = fs.simulate(
        later.scenario.vary(change), seed=4, replication=3, initial=state, progress=False
    )
    key = later.leads["key"][deal]
    row = story.otherwise.iloc[-1]
    assert (row["outcome"], row["orders"]) == ends(there, key)[0::2]
    old = int(later.leads.query("kind == 'customer'").index[0])
    assert "Is a customer already when this begins" in fs.story(later, old).text
    assert math.isnan(fs.story(later, old).otherwise["decided"][0])


# --- what is no lead ------------------------------------------------------------------------------


@pytest.mark.parametrize("lead", [-1, 10**6, 1.5, "17", None, True])
def test_a_lead_that_is_not_there_is_said_with_those_that_are(journal, lead):
    with pytest.raises(fs.FunnelSimError, match=f"0 to {len(journal.leads) - 1}"):
        fs.story(journal, lead)


def test_a_story_is_of_a_simulation_of_one_history(journal):
    with pytest.raises(fs.FunnelSimError, match=r"story is given a Deals; .*write fs.simulate"):
        fs.story(fs.read_deals(journal.to_crm("hubspot")), 1)
    from funnelsim.engines import simulate_together

    (together,) = simulate_together(fs.load("aida"), 1, range(2))
    with pytest.raises(fs.FunnelSimError, match=r"journal is one of 2 .* journal\.split\(\)"):
        fs.story(together, 1)
    assert fs.story(next(together.split()), 1).lead == 1
    empty = fs.simulate(fs.load("aida").vary({"channels": [{"name": "x", "leads_per_day": 0}]}))
    with pytest.raises(fs.FunnelSimError, match="nobody has come"):
        fs.story(empty, 0)
