"""What the lessons count beside the package: against theory, and against the package's own sums."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from scipy import optimize
from theory import within

import funnelsim as fs
from funnelsim.exercises import pictures_03, pictures_04, pictures_06, pictures_07, pictures_08


@pytest.mark.parametrize(
    ("load", "reps", "wait"),
    [(0.5, 1, 1.0), (1.0, 2, 1 / 3), (1.5, 2, 9 / 7)],  # M/M/1: a / (1 - a); M/M/2: a² / (4 - a²)
)
def test_erlangs_wait_is_that_of_the_textbooks(load: float, reps: int, wait: float) -> None:
    assert pictures_03.mean_wait(load, reps) == pytest.approx(wait)


def test_the_bill_of_a_programme_adds_up_to_what_it_does(seed: int) -> None:
    shop = fs.load("aida-loyalty-advocacy").vary(
        {
            "order.shipping_cost": 6.0,
            "order.shipping_fee": 4.0,
            "loyalty.tiers.gold.discount": 0.05,
            "loyalty.tiers.gold.free_shipping_from": 40,
        }
    )
    with_it = fs.simulate(shop, seed=seed, progress=False)
    without = fs.simulate(shop.vary({"loyalty": None}), seed=seed, progress=False)
    change = fs.summary(with_it)["contribution"] - fs.summary(without)["contribution"]
    # each order is rounded to cents, and so are the points it is paid with
    assert pictures_06.bill(with_it, without).sum() == pytest.approx(change, abs=0.5)


def test_the_same_people_are_found_by_key_in_both_years(seed: int) -> None:
    shop = fs.load("aida-loyalty-advocacy")
    year = fs.simulate(shop, seed=seed, progress=False)
    _, without_it, with_it = pictures_06.same_people(year, year).values()
    assert with_it == pytest.approx(without_it)
    both = pictures_06.gold_members(year, year)
    assert (both["with it"] == both["without it"]).all()
    spent = both["with it"].groupby(both["gold"]).mean()
    assert spent[True] > spent[False]


# --- lesson 04 ------------------------------------------------------------------------------------


def test_the_bill_of_a_message_adds_up_to_what_it_changed(seed: int) -> None:
    journal = fs.simulate(fs.load("online-shop"), seed=seed)
    bill = pictures_04.bill(journal, "Basket")
    assert bill.sum() == pytest.approx(fs.recoveries(journal).loc["Basket", "effect"])
    mails = journal.messages.name == "recovery: Basket"
    assert bill["messages"] == pytest.approx(-0.05 * mails.sum())


def test_lots_part_those_who_got_the_mail_and_show_what_it_does(seed: int) -> None:
    """A quarter comes back by itself and as many more because of the mail; half of them buy."""
    back = {"probability": 0.5, "anyway": 0.25, "odds_ratio": 1.0}
    stages = [{"name": "Basket", "conversion": 0.5, "recovery": back}, {"name": "Action"}]
    channels = [{"name": "web", "leads_per_day": 800}]
    scenario = fs.Scenario(name="lots", horizon="10 days", channels=channels, stages=stages)
    journal = fs.simulate(scenario, seed=seed)
    lots = pictures_04.draw_lots(journal, "Basket")
    assert lots.mailed + lots.held_out == len(journal.messages)
    assert within(lots.mailed, len(journal.messages) / 2, np.sqrt(len(journal.messages)) / 2)
    assert within(lots.difference, 0.125, lots.standard_error)
    expected = np.sqrt(0.25 * 0.75 / lots.mailed + 0.125 * 0.875 / lots.held_out)
    assert lots.standard_error == pytest.approx(expected, rel=0.1)
    assert lots.is_clear


def test_where_nothing_is_left_lies_between_two_discounts() -> None:
    changed = pd.Series({0.0: 30.0, 0.1: 10.0, 0.2: -30.0})
    table = changed.to_frame("what the mails change")
    assert pictures_04.where_nothing_is_left(table) == pytest.approx(0.125)
    assert np.isnan(pictures_04.where_nothing_is_left(table.iloc[:2]))


def test_what_lesson_04_says_of_the_basket_mail() -> None:
    """Its texts say 22, 12 and "more than twenty for each EUR": of this seed."""
    line = fs.recoveries(fs.simulate(fs.load("online-shop"), seed=1)).loc["Basket"]
    assert line[["bought", "bought_anyway"]].tolist() == [22, 10]
    assert (line["contribution"] + line["cost"]) / line["cost"] > 20
    assert line["effect_per_message"] < 1


# --- lesson 07 ---------------------------------------------------------------------------------


TALKING = {"loyalty": None, "life_stages": {}, "referral.invites": 1.5}


@pytest.fixture(scope="module")
def talking() -> fs.Scenario:
    return fs.load("aida-loyalty-advocacy").vary(TALKING)


def test_delight_changes_nothing_in_what_the_same_people_spend(seed: int, talking) -> None:
    journal = fs.simulate(talking, seed=seed, progress=False)
    nobody = talking.vary({"satisfaction.promoter": 0})
    never, without, with_it = pictures_07.same_people(
        journal, fs.simulate(nobody, seed=seed, progress=False)
    ).values()
    assert without == pytest.approx(with_it)
    assert never < with_it  # who orders more is asked more
    customers, orders = pictures_07.spent(journal), journal.orders
    new = orders["customer"].isin(journal.leads.index[journal.leads["kind"] == "new"])
    assert customers["spent"].sum() == pytest.approx(orders.loc[new, "paid"].sum())
    assert customers["orders"].sum() == new.sum()


def test_the_parts_of_k_multiply_to_it(seed: int, talking) -> None:
    journal = fs.simulate(talking, seed=seed, progress=False)
    k = fs.summary(journal)["k_factor"]
    assert math.prod(pictures_07.k_in_parts(journal).values()) == pytest.approx(k)


def test_from_a_stage_on_those_count_who_have_been_there(seed: int, talking) -> None:
    journal = fs.simulate(talking, seed=seed, progress=False)
    share = pictures_07.from_stage(journal, "Interest")
    channels = fs.channels_table(journal)
    assert share["of all leads"].tolist() == pytest.approx(channels["overall_conversion"].tolist())
    entered = fs.funnel_by(journal, "channel")["entered"].xs("Interest", level="stage")
    expected = (channels["customers"] / entered).reindex(share.index)
    assert share["from Interest on"].tolist() == pytest.approx(expected.tolist())


@pytest.mark.parametrize("k", [1.2, 1.5, 3.0])
def test_a_town_is_reached_as_far_as_the_final_size_says(k: float) -> None:
    """z = 1 − (1 − z₀) exp(−k z), of all people (Kermack and McKendrick 1927)."""
    people, first = 20_000, 50
    table = pictures_07.in_a_town(k, people, first, until=400)
    share = table["in the town"].sum() / people
    start = first / people
    final = optimize.brentq(lambda z: 1 - (1 - start) * math.exp(-k * z) - z, 0.01, 1)
    assert share == pytest.approx(final, abs=1e-6)
    assert table["without end"][:3].tolist() == pytest.approx([50, 50 * k, 50 * k**2])


def test_the_best_month_is_as_far_above_the_worst_as_chance_has_it(talking) -> None:
    """The mean range of twelve normal values is 3.258 standard deviations (Tippett 1925)."""
    journal = fs.simulate(talking, seed=1, progress=False)
    year, years = fs.nps(journal), 1000
    apart = pictures_07.best_less_worst(journal, asked=400, years=years)
    se = year.se * math.sqrt(year.asked / 400)
    error = apart.std() / math.sqrt(years)
    assert apart.mean() == pytest.approx(3.258 * se, abs=4 * error)
    monthly = pictures_07.asked_each_month(journal, asked=50)
    assert monthly.index.tolist() == list(range(1, 13)) and monthly["asked"].max() == 50


def test_growth_drawn_out_is_the_exponential_that_it_was() -> None:
    months = fs.simulate(fs.load("aida").vary({"horizon": "95 days"}), seed=1, progress=False)
    by_month = pictures_07.new_customers(months)
    assert by_month.index.tolist() == [1, 2, 3]
    placed = months.orders.loc[months.orders["number"] == 1, "placed"]
    assert by_month.sum() == (placed < 90).sum()
    grown = by_month.astype(float) * 0 + 50 * 1.2 ** np.arange(1, 4)
    assert pictures_07.as_it_began(grown, 2) == pytest.approx(grown.to_numpy())


# --- lesson 08 ---------------------------------------------------------------------------------


def test_all_that_a_customer_costs_adds_up_to_the_cac_of_the_firm(seed: int) -> None:
    firm = fs.load("aida-follow-up").vary(
        {"channels.trade fair.cost_per_sale": 20, "channels.trade fair.commission": 0.1}
    )
    journal = fs.simulate(firm, seed=seed, progress=False)
    table = pictures_08.all_it_costs(journal)
    own, channels = fs.channels_table(journal), table.drop("the firm")
    assert table.cac["the firm"] == pytest.approx(fs.summary(journal).cac)
    total = (channels.cac * channels.sales).sum()
    assert total / channels.sales.sum() == pytest.approx(table.cac["the firm"])
    assert (table["leads and days"] + table.commission).drop("the firm").tolist() == pytest.approx(
        own.cac.tolist()
    )
    calls = journal.follow_ups
    days = (calls.finished.fillna(90) - calls.started).groupby(
        journal.leads.channel.loc[calls.lead].array, observed=True
    )
    hours = days.sum() / days.sum().sum() * 2 * 110 * 90
    assert (channels.reps * channels.sales).tolist() == pytest.approx(hours.tolist())


def test_the_line_of_payback_crosses_one_at_the_payback(seed: int) -> None:
    journal = fs.simulate(fs.load("aida-follow-up"), seed=seed, progress=False)
    rows = pictures_08.payback_rows(journal, 60)
    for name, days in fs.channels_table(journal).payback_days.items():
        below = [row["age"] for row in rows if row["channel"] == name and row["back"] < 1]
        assert max(below) < days <= max(below) + 1


def test_a_hundred_a_day_is_what_each_of_them_costs() -> None:
    firm = fs.load("aida-follow-up").vary({"teams.sales.cost_per_rep_day": 100})
    found = pictures_08.hundred_a_day(firm)
    assert list(found) == ["as it is", "search ads", "trade fair", "a rep"]
    assert found["search ads"].channels[0].leads_per_day == pytest.approx(20 + 100 / 2.5)
    assert found["a rep"].teams[0].reps == 3
