"""What lessons 10 and 14 count and draw: the same as plain counting in the journal."""

from __future__ import annotations

import pytest

import funnelsim as fs
from funnelsim.exercises import pictures_10, pictures_14
from funnelsim.exercises.lesson_10 import placed_between

SHOP = fs.load("dropshipping").vary({"stages.Interest.conversion": 0.4})


@pytest.fixture(scope="module")
def journal() -> fs.Journal:
    return fs.simulate(SHOP, 1)


def test_the_way_of_an_order_is_that_of_its_statuses(journal):
    table = pictures_10.ways(journal, "cash on delivery")
    assert list(table.index) == ["kept", "returned", "refused", "cancelled"]
    orders = journal.orders.query("payment == 'cash on delivery'")
    order = orders[orders.status == "refused"].iloc[0]
    came = journal.statuses.query("order == @order.order").set_index("status").entered
    assert table.loc["refused", "shipped"] == f"{came['shipped'] - order.placed:.1f}"
    assert table.loc["refused", "closed"] == f"{order.closed - order.placed:.1f}"
    assert table.loc["refused", "delivered"] == table.loc["cancelled", "shipped"] == ""


def test_from_gross_to_net_nothing_is_lost_on_the_way(journal):
    old = placed_between(journal, 0, 60)
    assert len(old) == ((journal.orders.placed >= 0) & (journal.orders.placed < 60)).sum()
    bars, _ = pictures_10.gross_to_net(old).layer
    rows = {row["step"]: row for row in pictures_10.gross_to_net(old).data.to_dict()["values"]}
    assert bars is not None
    assert rows["ordered"]["high"] == pytest.approx(old.paid.sum())
    assert rows["kept"]["high"] == pytest.approx(old.paid[old.end == "kept"].sum())
    assert rows["returned"]["low"] == pytest.approx(rows["kept"]["high"])


def test_customers_are_angry_as_the_scenario_says(journal):
    """In time: not more than 12 days from the order to the door."""
    told = pictures_10.feelings(journal)
    came = journal.statuses.query("status == 'delivered'").set_index("order").entered
    orders = journal.orders[journal.orders.satisfaction.notna()].set_index("order")
    late = came.reindex(orders.index) - orders.placed > 12
    assert told.loc["late", "orders"] == late.sum()
    angry = orders.satisfaction[late] == "detractor"
    assert told.loc["late", "detractor"] == pytest.approx(angry.mean())


def test_a_funnel_told_in_fewer_stages_is_the_same_funnel():
    journal = fs.simulate(fs.load("aida"), 1)
    entered = fs.funnel_table(journal).entered
    told = pictures_14.told_in(journal, ["Attention", "Action"])
    share = entered["Action"] / entered["Attention"]
    assert told["went on to the next"].tolist() == [f"{share:.1%}", ""]


def test_one_stage_more_changes_nothing_before_it():
    before = fs.load("awareness-to-decision")
    ratios = {"search ads": 1.0, "social media": 0.5, "leaflets": 0.2}
    after = pictures_14.one_stage_more(before, "Contract", 0.3, ratios)
    old, new = (fs.funnel_table(fs.simulate(s, 1)) for s in (before, after))
    for stage in ("Awareness", "Interest", "Consideration", "Decision"):
        assert old.entered[stage] == new.entered[stage]
    assert 0 < new.entered["Contract"] < new.entered["Decision"]
    odds = {c.name: dict(c.odds_ratio) for c in after.channels}
    assert odds["social media"] == {"Awareness": 0.35, "Interest": 0.35, "Decision": 0.5}
    assert odds["search ads"]["Interest"] == 1.0


def test_leads_by_arrival_are_all_of_them():
    journal = fs.simulate(fs.load("b2b-pipeline"), 1)
    table = pictures_14.by_arrival(journal, 73)
    leads = journal.leads.query("kind == 'new' and arrived >= 90")
    assert table[["customer", "lost", "open"]].to_numpy().sum() == len(leads)
    first = leads[leads.arrived < 163]
    assert table.customer.iloc[0] == (first.outcome == "customer").sum()
    days = pictures_14.days_to_the_sale(journal)
    assert len(days) == (journal.leads.outcome == "customer").sum()


def test_months_with_a_fall_are_counted_once():
    journal = fs.simulate(fs.load("seven-stage"), 1)
    rates = pictures_14.monthly_rates(journal)
    visits = journal.stage_visits.query("stage == 'Decision' and 30 <= entered < 60")
    decided = visits[visits.outcome != "open"]
    assert rates.loc[1, "Decision"] == pytest.approx((decided.outcome == "advanced").mean())
    fell = [
        any(rates[stage].iloc[n] <= rates[stage].iloc[n - 1] - 0.05 for stage in rates)
        for n in range(1, len(rates))
    ]
    assert pictures_14.months_with_a_fall(rates) == sum(fell)
