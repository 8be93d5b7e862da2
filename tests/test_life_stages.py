"""Life stages: what customers went on to do, as rows of the funnel after the goal."""

import numpy as np
import pytest
from everything import simulated

import funnelsim as fs

DONE = {
    "repeat order": lambda j: j.orders.loc[j.orders["number"] > 1, "customer"],
    "member": lambda j: j.leads.loc[j.leads["member"], "lead"],
    "promoter": lambda j: j.orders.loc[j.orders["satisfaction"] == "promoter", "customer"],
    "referral": lambda j: customers_of(j, j.leads.loc[j.leads["kind"] == "referral", "parent"]),
    "upsell": lambda j: customers_of(j, orders_of_upsells(j)),
}


def customers_of(journal: fs.Journal, leads) -> set[int]:
    """Whose leads these are: an upsell's orders are its customer's."""
    of = dict(zip(journal.orders["lead"], journal.orders["customer"], strict=True))
    return {of[lead] for lead in leads}


def orders_of_upsells(journal: fs.Journal):
    upsold = set(journal.leads.loc[journal.leads["kind"] == "upsell", "lead"])
    return [lead for lead in journal.orders["lead"] if lead in upsold]


def test_life_stages_count_customers_who_have_done_all_up_to_there(seed: int) -> None:
    names = ["promoter", "repeat order", "upsell", "member", "referral"]
    journal = simulated(seed, life_stages={f"is {what}": what for what in names})
    table, leads = fs.funnel_table(journal), journal.leads
    won = (leads["arrived"] >= 30) & (leads["outcome"] == "customer") & (leads["kind"] != "upsell")
    there = set(leads.loc[won, "lead"])
    before = table.loc["Action", "entered"]
    for number, what in enumerate(names):
        there &= set(DONE[what](journal))
        row = table.loc[f"is {what}"]
        assert row["entered"] == row["advanced"] == len(there) > 0
        assert row["lost"] == row["open"] == row["direct"] == row["re_entered"] == 0
        rate = table["conversion_rate_of_entered"].iloc[2 + number]
        assert rate == pytest.approx(row["entered"] / before)
        before = row["entered"]
    assert list(table["next_stage"].dropna()) == list(table.index[1:])
    assert np.isnan(table["conversion_rate_of_entered"].iloc[-1])


def test_life_stages_change_nothing_above_them() -> None:
    with_, without = simulated(1), simulated(1, life_stages={})
    table = fs.funnel_table(without)
    above = fs.funnel_table(with_).loc[table.index]
    columns = [c for c in table if c not in ("next_stage", "conversion_rate_of_entered")]
    assert above[columns].equals(table[columns])
    assert (above.dtypes[columns] == table.dtypes[columns]).all()


def test_a_life_stage_that_nobody_can_reach_is_empty() -> None:
    scenario = fs.load("aida").vary({"life_stages": {"Friend": "referral"}})
    table = fs.funnel_table(fs.simulate(scenario))
    assert table.loc["Friend", "entered"] == 0
    assert table.loc["Action", "conversion_rate_of_entered"] == 0


@pytest.mark.parametrize(
    ("life", "words"),
    [
        ({"Loyal": "repeat"}, "did you mean repeat order"),
        ({"Action": "member"}, "a stage has this name already"),
        ({"a.b": "member"}, "without dots"),
        (["member"], "life stages are a table"),
        ({"Fan": "promoter"}, r"nobody gets there without \[satisfaction\]: add \[satisfaction\]"),
    ],
)
def test_a_wrong_life_stage_is_told(life: object, words: str) -> None:
    with pytest.raises(fs.ScenarioError, match=words):
        fs.load("aida").vary({"life_stages": life})


def test_life_stages_need_an_order_and_survive_a_file() -> None:
    life = {"Loyal": "repeat order", "Friend": "referral"}
    scenario = fs.load("aida").vary({"life_stages": life})
    read = fs.Scenario.from_toml(scenario.to_toml())
    assert read == scenario and list(read.life_stages) == ["Loyal", "Friend"]
    with pytest.raises(fs.ScenarioError, match=r"life_stages is .* there is no \[order\]"):
        scenario.vary({"order": None, "retention": None})


def test_a_repeat_order_needs_something_that_brings_it() -> None:
    without = {"life_stages": {"Loyal": "repeat order"}, "retention": None}
    with pytest.raises(fs.ScenarioError, match=r"nobody gets there without \[retention\] or"):
        fs.load("aida").vary(without)
    fs.load("aida").vary({**without, "upsell": {"probability": 0.1, "enters": "Interest"}})
