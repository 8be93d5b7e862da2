"""What the lessons count beside the package: against theory, and against the package's own sums."""

from __future__ import annotations

import pytest

import funnelsim as fs
from funnelsim.exercises import pictures_03, pictures_06


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
