"""What the lessons count beside the package: against theory, and against the package's own sums."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from theory import within

import funnelsim as fs
from funnelsim.exercises import pictures_03, pictures_04, pictures_06


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
