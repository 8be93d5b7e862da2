"""NPS with its standard error, referrals by generation and K: against theory, and counted by hand.

`theory.py` says what the tolerances are.
"""

from __future__ import annotations

import math
import secrets
from collections import Counter
from typing import Any

import numpy as np
import pandas as pd
import pytest
from everyone_buys import everyone_buys
from everything import simulated
from scipy import stats
from theory import mean_of, within

import funnelsim as fs
from funnelsim import charts
from funnelsim.charts.word_of_mouth import MOST_GENERATIONS, generation_rows
from funnelsim.engines import simulate_together
from funnelsim.metrics import key_figures

SMALL = 4_000


@pytest.fixture(scope="module")
def business() -> fs.Journal:
    """A new seed for each run, told where a test fails: the promises are about any."""
    journal = simulated(secrets.randbelow(2**32))
    print(f"seed {journal.seed}")
    return journal


# --- the net promoter score -----------------------------------------------------------------------


def answers(promoters: int, passives: int, detractors: int) -> dict[str, int]:
    return {"promoter": promoters, "passive": passives, "detractor": detractors}


def test_nps_is_promoters_less_detractors_of_a_hundred_asked() -> None:
    found = fs.nps(answers(20, 21, 9))
    assert found.asked == 50 and found.nps == 22
    each = np.repeat([100.0, 0.0, -100.0], [20, 21, 9])  # of a mean: spread / √n
    assert found.se == pytest.approx(each.std() / math.sqrt(50))


def test_nps_of_a_journal_is_that_of_its_answers_since_the_warm_up(business: fs.Journal) -> None:
    journal = business
    orders = journal.orders[journal.orders["placed"] >= 30]
    found, figures = fs.nps(journal), fs.summary(journal)
    assert found.equals(fs.nps(orders["satisfaction"].value_counts()))
    assert found.asked == orders["satisfaction"].notna().sum()
    assert (figures["nps"], figures["nps_se"]) == (found.nps, found.se)


@pytest.mark.parametrize(("promoter", "detractor"), [(0.3, 0.15), (0.85, 0.05)])
@pytest.mark.parametrize("asked", [12, 50])
def test_the_interval_holds_the_true_score_nineteen_times_in_twenty(
    asked: int, promoter: float, detractor: float
) -> None:
    """Every sample there can be, each with its chance: no simulation is in it."""
    true, inside = 100 * (promoter - detractor), 0.0
    law = stats.multinomial(asked, [promoter, 1 - promoter - detractor, detractor])
    for promoters in range(asked + 1):
        for detractors in range(asked + 1 - promoters):
            counts = (promoters, asked - promoters - detractors, detractors)
            if (chance := law.pmf(counts)) > 1e-6:
                found = fs.nps(answers(*counts))
                inside += chance * (found.low <= true <= found.high)
    assert inside == pytest.approx(0.95, abs=0.02)


def test_a_higher_confidence_is_a_wider_interval_and_all_promoters_are_no_certainty() -> None:
    wide, narrow = (fs.nps(answers(20, 21, 9), c) for c in (0.99, 0.8))
    assert wide.low < narrow.low < narrow.nps < narrow.high < wide.high
    all_of_them = fs.nps({"promoter": 12})
    assert (all_of_them.nps, all_of_them.se, all_of_them.high) == (100, 0, 100)
    assert 50 < all_of_them.low < 90
    assert fs.nps({}).isna().sum() == 4


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (50, "answers is 50; nps takes a journal"),
        ([9, 10, 3], "nps takes a journal"),
        ({"promoters": 20}, 'answers is "promoters"; an answer is one of promoter, passive'),
        ({"promoter": -1}, "promoter is -1; it is how many answered so, 0 or more"),
        ({"promoter": 0.4}, r"promoter is 0\.4; it is how many"),
    ],
)
def test_other_answers_are_refused(given: Any, said: str) -> None:
    with pytest.raises(fs.FunnelSimError, match=said):
        fs.nps(given)


def test_the_standard_error_is_the_spread_of_the_score_over_histories(seed: int) -> None:
    """Of about 400 orders each, where whoever buys buys once and so answers once."""
    scenario = everyone_buys(400, 2, satisfaction={"promoter": 0.3, "detractor": 0.15})
    table = fs.replicate(scenario, 300, seed=seed, progress=False).table
    # a score in its standard errors is standard normal; its square has the mean 1
    assert mean_of(((table["nps"] - 15) / table["nps_se"]) ** 2, 1.0, wider=1.5)


# --- generations ----------------------------------------------------------------------------------


def friends(k: float, days: int = 60, **changed: Any) -> fs.Scenario:
    """All come on the first day and buy; each brings k others on average, a day later."""
    tables: dict[str, Any] = {
        "satisfaction": {"promoter": 1.0, "detractor": 0.0},
        "referral": {"invites": k, "delay": {"constant": "1 day"}, "enters": "Interest"},
    }
    return everyone_buys(SMALL, days, **{**tables, **changed})


def test_generations_are_those_of_a_branching_process(seed: int) -> None:
    """The mean of generation g is n·K^g; its variance n·K^g (1 − K^g) ÷ (1 − K) if children are
    Poisson (Harris 1963, "The Theory of Branching Processes", chapter I).
    """
    k = 0.6
    table = fs.referrals(fs.simulate(friends(k), seed))
    n = table.customers[0]
    for g in range(1, 6):
        variance = n * k**g * (1 - k**g) / (1 - k)
        assert within(table.customers[g], n * k**g, math.sqrt(variance))
    total = table.customers.sum()
    assert within(total, n / (1 - k), math.sqrt(n * k / (1 - k) ** 3))
    # all have had the time; conditional on the customers before, the children are Poisson
    followed, brought = table.followed.sum(), table.brought_customers.sum()
    assert within(brought / followed, k, math.sqrt(k / followed) / (1 - k))


def test_k_is_invites_times_conversion_of_promoters(seed: int) -> None:
    """1.5 leads of each promoter, two in five are; .5 · .4 of the leads buy, odds ratio 1."""
    halves = [
        {"name": "Interest", "conversion": 0.5},
        {"name": "Desire", "conversion": 0.4},
        {"name": "Action"},
    ]
    scenario = friends(1.5, stages=halves, satisfaction={"promoter": 0.4, "detractor": 0.1}).vary(
        {"channels.web.leads_per_day": 5 * SMALL}
    )
    figures = fs.summary(fs.simulate(scenario, seed))
    k = 0.4 * 1.5 * 0.5 * 0.4
    # children of a customer: Poisson where it is a promoter, else none
    spread = math.sqrt((k + 0.4 * 0.6 * 0.3**2) / figures["customers"]) / (1 - k)
    assert within(figures["k_factor"], k, spread)


def test_k_so_far_is_low_and_k_within_a_time_is_complete(seed: int) -> None:
    """Friends come after 10 days on average: within w days the share 1 − exp(−w ÷ 10) of them."""
    k, span = 0.5, 15
    scenario = friends(k, 40).vary({"referral.delay": {"exponential": {"mean": "10 days"}}})
    steady = scenario.vary({"channels.web.bursts": [], "channels.web.leads_per_day": 300})
    journal = fs.simulate(steady, seed)
    table = fs.referrals(journal, within=span)
    followed, found = table.followed.sum(), table.brought_customers.sum()
    expected = k * (1 - math.exp(-span / 10))
    assert within(found / followed, expected, math.sqrt(expected / followed))
    assert fs.summary(journal)["k_factor"] < 0.9 * k
    assert followed < fs.summary(journal)["customers"]


def by_hand(journal: fs.Journal) -> pd.DataFrame:
    """The table counted row by row, from who brought whom."""
    leads, warm_up = list(journal.leads.itertuples()), journal.scenario.warm_up / 86_400e6
    customer = {n: n for n in range(len(leads))}
    generation: dict[int, int] = {}
    for lead in leads:
        if lead.kind == "upsell":
            customer[lead.lead] = customer[lead.parent]
            generation[lead.lead] = generation[customer[lead.lead]]
        elif lead.kind == "referral":
            generation[lead.lead] = generation[customer[lead.parent]] + 1
        else:
            generation[lead.lead] = 0
    came = {n.lead for n in leads if n.arrived >= warm_up and n.kind in ("new", "referral")}
    won = {n.lead for n in leads if n.outcome == "customer"}
    brought = [n.lead for n in leads if n.kind == "referral" and customer[n.parent] in came & won]
    of = lambda numbers: Counter(generation[n] for n in numbers)  # noqa: E731
    parents = lambda numbers: of(customer[leads[n].parent] for n in numbers)  # noqa: E731
    orders = [o for o in journal.orders.itertuples() if o.placed >= warm_up]
    paid: Counter[int] = Counter()
    for order in orders:
        if order.status not in ("cancelled", "refused", "returned"):
            paid[generation[order.customer]] += round(100 * order.paid)
    rewarded = [n.lead for n in leads if n.kind == "referral" and n.lead in won]
    rewarded = [n for n in rewarded if leads[n].decided >= warm_up]
    columns = {
        "leads": of(came),
        "customers": of(came & won),
        "orders": of(order.customer for order in orders),
        "revenue": {g: cents / 100 for g, cents in paid.items()},
        "rewards": {g: 7.0 * count for g, count in of(rewarded).items()},
        "followed": of(came & won),
        "brought": parents(brought),
        "brought_customers": parents(n for n in brought if n in won),
    }
    index = range(max(generation.values()) + 1)
    return pd.DataFrame({name: pd.Series(c, index, dtype=float) for name, c in columns.items()})


def test_the_table_is_that_counted_by_hand(business: fs.Journal) -> None:
    journal = business
    table, expected = fs.referrals(journal), by_hand(journal).fillna(0)
    assert len(table) > 2
    pd.testing.assert_frame_equal(
        table[expected.columns].astype(float), expected, check_names=False, check_index_type=False
    )


def test_the_table_sums_to_the_key_figures_and_to_the_channels(business: fs.Journal) -> None:
    journal = business
    table, figures, channels_ = (
        fs.referrals(journal),
        fs.summary(journal),
        fs.channels_table(journal),
    )
    for name in ("leads", "customers", "orders", "revenue"):
        assert table[name].sum() == pytest.approx(figures[name])
    assert table.brought_customers.sum() / table.followed.sum() == figures["k_factor"]
    assert table.rewards.sum() == channels_.cost["referral"]
    assert table.leads[1:].sum() == channels_.leads["referral"]


def test_k_of_several_replications_at_once_is_that_of_each(seed: int) -> None:
    scenario = friends(0.5, 5).vary({"channels.web.leads_per_day": 200})
    (together,) = map(key_figures, simulate_together(scenario, seed, range(3)))
    for place in range(3):
        alone = fs.summary(fs.simulate(scenario, seed, replication=place, progress=False))
        for name in ("k_factor", "nps", "nps_se"):
            assert together[name][place] == pytest.approx(alone[name], nan_ok=True)


def test_who_was_there_at_the_start_brings_the_first_generation(seed: int) -> None:
    scenario = friends(2.0, 3, retention={"repeat_probability": 1, "gap": {"constant": "1 day"}})
    scenario = scenario.vary({"channels.web.leads_per_day": 0})
    there = pd.DataFrame({"days_since_last_order": [0.5] * 50, "orders": [1] * 50})
    initial = fs.State(customers=there)
    journal = fs.simulate(scenario, seed, initial=initial)
    table = fs.referrals(journal)
    assert table.leads[0] == table.followed[0] == 0 and table.orders[0] >= 50
    assert table.leads[1] > 50 and table.brought[0] == 0


def test_without_referrals_there_is_one_generation_and_k_is_not_stated() -> None:
    scenario = fs.load("aida")
    journal = fs.simulate(scenario, seed=1)
    assert list(fs.referrals(journal).index) == [0]
    assert fs.summary(journal)["k_factor"] == 0
    assert "k_factor" not in fs.figures(scenario).index
    empty = fs.simulate(
        scenario.vary({f"channels.{c.name}.leads_per_day": 0 for c in scenario.channels}), seed=1
    )
    assert fs.referrals(empty).leads.tolist() == [0]


@pytest.mark.parametrize("days", [0, -1, 90, "30", True, math.nan])
def test_a_time_outside_of_the_simulation_is_refused(days: Any) -> None:
    with pytest.raises(fs.FunnelSimError, match="it is a number of days above 0 to below 90"):
        fs.referrals(fs.simulate(fs.load("aida"), seed=1), within=days)
    with pytest.raises(fs.FunnelSimError, match="takes a Journal"):
        fs.referrals("aida")


# --- the picture ----------------------------------------------------------------------------------


def test_the_picture_holds_the_numbers_of_the_table(business: fs.Journal) -> None:
    journal = business
    table = fs.referrals(journal)
    rows = generation_rows(table, "EUR")
    assert [row["customers"] for row in rows] == table.customers.head(MOST_GENERATIONS).tolist()
    assert [row["leads"] for row in rows] == table.leads.head(MOST_GENERATIONS).tolist()
    assert rows[0]["label"] == f"{table.customers[0]:,} · K {table.k[0]:.2f}"
    chart = charts.referrals(journal)
    k = fs.summary(journal)["k_factor"]
    assert chart.title.subtitle[0].startswith(f"K = {k:.2f}: ")
    assert chart.title.subtitle[0].endswith("so far")
    assert "within 20 days" in charts.referrals(journal, within=20).title.subtitle[0]


def test_words_stand_where_there_is_nothing_to_draw() -> None:
    assert "no [referral]" in str(charts.referrals(fs.simulate(fs.load("aida"), seed=1)).to_dict())
    nobody = friends(0.5).vary({"channels.web.leads_per_day": 0})
    assert "Nobody became" in str(charts.referrals(fs.simulate(nobody, seed=1)).to_dict())


def test_of_many_generations_the_first_are_drawn_and_it_is_said(seed: int) -> None:
    long = friends(0.9).vary({"channels.web.leads_per_day": 500})
    chart = charts.referrals(fs.simulate(long, seed))
    assert chart.title.subtitle[1].startswith("the first 12 of ")
