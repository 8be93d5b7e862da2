"""What the lessons count beside the package: against theory, and against the package's own sums."""

from __future__ import annotations

import pytest

import funnelsim as fs
from funnelsim.exercises import pictures_03, pictures_06, pictures_08


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
