"""How far chance spreads a scenario: ranges that hold what they say, revenue that adds up."""

from __future__ import annotations

import math

import numpy as np
import pytest
from theory import within

import funnelsim as fs
from funnelsim.distributions import DAY
from funnelsim.engines import simulate_together
from funnelsim.experiment.spread import FEWEST, nine_in_ten, spread
from funnelsim.metrics.revenue import period_ends, revenue_so_far

COUNT = 4_000


@pytest.mark.parametrize(("n", "share"), [(8, 7 / 9), (FEWEST, 0.9), (100, 0.9)])
def test_the_next_one_lies_in_the_range_as_often_as_it_says(n, share, seed):
    rng = np.random.default_rng(seed)
    low, high = nine_in_ten(rng.lognormal(size=(n, COUNT)))
    following = rng.lognormal(size=COUNT)
    inside = np.mean((low < following) & (following < high))
    # interpolated between two values the tail is a little off: at most half a place in n + 1
    slack = 0 if n <= FEWEST else 1 / (n + 1)
    assert within(inside, share, math.sqrt(share * (1 - share) / COUNT) + slack / 5)


def test_few_values_give_the_lowest_and_the_highest_and_none_gives_nan():
    assert nine_in_ten(np.array([3.0, 1.0, 2.0])) == (1, 3)
    assert nine_in_ten(np.array([3.0])) == (3, 3)
    assert np.isnan(nine_in_ten(np.array([]))).all()


def test_a_figure_that_some_replications_lack_is_taken_from_the_others():
    rare = fs.load("aida").vary({"horizon": "3 days", "stages.Attention.conversion": 0.05})
    found = spread(simulate_together(rare, 1, range(200)))
    cac = found.figures["cac"]
    assert 0 < np.isnan(cac).sum() < 200
    assert found.range_of("cac") == nine_in_ten(cac[~np.isnan(cac)])


def test_in_pieces_it_is_the_same(seed):
    scenario = fs.load("aida")
    whole = spread(simulate_together(scenario, seed, range(10)))
    pieces = spread(simulate_together(scenario, seed, range(4)))
    pieces = pieces.plus(spread(simulate_together(scenario, seed, range(4, 10))))
    assert len(pieces) == len(whole) == 10
    assert np.array_equal(pieces.revenue, whole.revenue)
    table = fs.replicate(scenario, n=10, seed=seed, progress=False).table
    for key in table:
        assert np.array_equal(pieces.figures[key], table[key], equal_nan=True), key


SELLING = [name for name in fs.templates() if fs.load(name).order]


@pytest.mark.parametrize("name", SELLING)
def test_revenue_by_day_is_what_the_orders_say(name, seed):
    scenario = fs.load(name)
    journal = fs.simulate(scenario, seed, progress=False)
    ends = period_ends(scenario)
    count, cents = revenue_so_far(journal, ends)
    bad = journal.orders["status"].isin(["cancelled", "refused", "returned"])
    warm = journal.orders["placed"] >= scenario.warm_up / DAY
    kept = journal.orders[~bad & warm]
    for place in (0, len(ends) // 3, len(ends) // 2, -1):
        before = kept[kept["placed"] < ends[place] / DAY]
        assert count[place] == len(before)
        assert cents[place] == round(100 * before["paid"].sum())
    assert cents[-1] == round(100 * fs.summary(journal)["revenue"])


def test_ends_of_days_are_those_after_the_warm_up_and_at_most_180():
    s = fs.load("aida")

    assert period_ends(s.vary({"horizon": "90 days"})).tolist() == [n * DAY for n in range(91)]
    warm = s.vary({"horizon": "60 days", "warm_up": "30 days"})
    assert period_ends(warm).tolist() == [n * DAY for n in range(30, 61)]
    assert period_ends(s.vary({"horizon": "6 h"})).tolist() == [n * DAY // 24 for n in range(7)]
    long = period_ends(s.vary({"horizon": "1000 days"}))
    assert len(long) <= 182
    assert (long[0], long[-1]) == (0, 1000 * DAY)
    assert len(set(np.diff(long)[:-1])) == 1
