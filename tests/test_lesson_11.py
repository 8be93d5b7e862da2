"""Lesson 11: what it finds and draws is what the journal says."""

from __future__ import annotations

import pytest

import funnelsim as fs
from funnelsim.exercises import pictures_11 as pictures


@pytest.fixture(scope="module")
def shop():
    return pictures.the_shop_that_looks()


def test_the_shop_that_looks_is_fooled_by_nothing(shop):
    journal, day = shop
    test = fs.ab_test(journal, day=day)
    assert day in pictures.MORNINGS
    assert test.effects.loc["B", "difference"] > 0 and test.effects.loc["B", "p"] < 0.05
    assert test.truth.loc["B", "difference"] == 0
    before = fs.ab_test_by_day(journal).droplevel("arm").loc[pictures.MORNINGS[0] : day - 1]
    assert ((before["p"] >= 0.05) | (before["difference"] < 0)).all()


def test_who_left_a_basket_is_counted_once_whatever_came_after():
    shop = fs.load("shop-with-experiment").vary({"horizon": "7 days"})
    journal = fs.simulate(shop, seed=2, progress=False)
    left = pictures.left_the_basket(journal)
    leads = journal.leads.loc[left.index]
    assert left.index.is_unique and leads["entered_Basket"].notna().all()
    assert (left["bought"] == (leads["outcome"] == "customer")).all()
    assert (leads.loc[left["bought"], "recovered"] > 0).all()  # nobody buys who did not come back
    assert set(journal.messages["lead"]) <= set(left.index)


def test_pictures_say_what_their_numbers_say(shop):
    journal, day = shop
    by_day = fs.ab_test_by_day(journal)
    limits, walk = pictures.with_limits(by_day).layer
    at = {row["day"]: row["z"] for row in walk.data.to_dict()["values"]}
    assert at[day] > 1.96 and len(at) <= 28
    pocock = fs.stopping_limits(28).z.iloc[0]
    drawn = [row["z"] for row in limits.data.to_dict()["values"] if row["limit"] == "Pocock"]
    assert drawn == pytest.approx([pocock] * 28)
    few = fs.repeat_ab_test(journal.scenario.vary({"horizon": "3 days"}), n=4, progress=False)
    dots, _ = pictures.lucky(few).layer
    says = [row["says"] for row in dots.data.to_dict()["values"]]
    assert says == pytest.approx(sorted(100 * few.table["difference"]))
