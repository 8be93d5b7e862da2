"""The planner against formulas and against what happens when its plan is simulated."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats
from theory import FIVE, funnel, within

import funnelsim as fs
from funnelsim.analytic.arrivals import leads_of_channels
from funnelsim.analytic.time_to_sale import expected
from funnelsim.analytic.usual_sum import naive_leads
from funnelsim.engines import simulate_together
from funnelsim.metrics.planned import result
from funnelsim.planner.closed_form import formula
from funnelsim.planner.futures import Futures, _payback
from funnelsim.planner.levers import with_leads
from funnelsim.planner.question import why_not
from funnelsim.planner.requirements import deadline
from funnelsim.progress import progress_bar


def shop(conversion: float, **more: object) -> fs.Scenario:
    return fs.Scenario(
        name="shop",
        horizon="90 days",
        channels=[{"name": "web", "leads_per_day": 10}],
        stages=[{"name": "Visit", "conversion": conversion}, {"name": "Sale"}],
        **more,
    )


def results(scenario: fs.Scenario, metric: str, seed: int, count: int) -> np.ndarray:
    parts = simulate_together(scenario, seed, range(count))
    return np.concatenate([result(together, metric) for together in parts])


@pytest.mark.parametrize(
    ("conversion", "naive", "fixed", "random"),
    [(0.05, 2_000, 2_254, 2_260), (0.015, 6_667, 7_528, 7_534)],
)
def test_a_hundred_sales(conversion: float, naive: int, fixed: int, random: int) -> None:
    one = fs.plan(shop(conversion), 100, arrivals="fixed")
    other = fs.plan(shop(conversion), 100)
    assert (one.naive_leads, one.leads, other.leads) == (naive, fixed, random)
    # by definition: binomial, and the quantile of a Poisson mean
    assert stats.binom.sf(99, one.leads, conversion) >= 0.9
    assert stats.binom.sf(99, one.leads - 1, conversion) < 0.9
    exact = stats.gamma.ppf(0.9, 100) / conversion
    assert other.leads == round(exact)


def test_the_usual_sum_is_a_coin_toss() -> None:
    p = fs.plan(shop(0.05), 100, arrivals="fixed")
    assert p.naive_chance == pytest.approx(0.514, abs=5e-4)


@pytest.mark.parametrize(
    ("kind", "cv", "leads"),
    [
        ("lognormal", 0.5, 2_838),
        ("lognormal", 1, 2_929),
        ("lognormal", 2, 3_158),
        ("gamma", 2, 3_200),
    ],
)
def test_revenue_is_a_compound_sum(kind: str, cv: float, leads: int) -> None:
    scenario = shop(0.05, order={"value": {kind: {"mean": 80, "cv": cv}}})
    assert fs.plan(scenario, 10_000, "revenue").leads == pytest.approx(leads, rel=0.01)


def test_orders_of_one_value_are_counted() -> None:
    scenario = shop(0.05, order={"value": {"constant": 80}})
    assert fs.plan(scenario, 8_000, "revenue").leads == fs.plan(scenario, 100).leads


def test_a_pilot_of_15_in_300() -> None:
    p = fs.plan(shop(0.05), 100, pilot="15 of 300")
    # a Poisson number whose mean is Beta distributed, averaged over the Beta
    shares = stats.beta.ppf((np.arange(4_000) + 0.5) / 4_000, 16, 286)
    assert stats.poisson.sf(99, p.leads * shares).mean() == pytest.approx(0.9, abs=1e-3)
    assert p.leads == pytest.approx(2_735, rel=0.002)
    assert p.price_of_not_knowing == p.leads - 2_260


@pytest.mark.parametrize("seen", [(k, n) for n in (1, 3) for k in range(n + 1)])
def test_a_pilot_of_none_or_all_is_planned_with(seen: tuple[int, int]) -> None:
    sales, leads = seen
    p = fs.plan(shop(0.05), 100, pilot=seen)
    # a Poisson number whose mean is Beta distributed: a sum over the equally likely means
    shares = stats.beta.ppf((np.arange(20_000) + 0.5) / 20_000, 1 + sales, 1 + leads - sales)
    assert stats.poisson.sf(99, p.leads * shares).mean() == pytest.approx(0.9, abs=2e-3)
    assert p.price_of_not_knowing > 0


def test_more_leads_than_are_simulated_have_a_plan_by_formula(seed: int) -> None:
    many = shop(0.001).vary({"channels.web.leads_per_day": 20_000})
    p = fs.plan(many, 2_500, seed=seed)
    assert p.method == "formula"
    assert p.leads == round(stats.gamma.ppf(0.9, 2_500) / 0.001)  # 2.56 million visits
    # what is told beside it is of a part of them
    assert p.outcome.loc["sales", "mean"] == pytest.approx(p.leads * 0.001, rel=1e-6)
    assert p.stages.loc["Visit"].iloc[0] == pytest.approx(p.leads)


def test_more_evidence_costs_fewer_leads() -> None:
    plans = [fs.plan(shop(0.05), 100, pilot=(n, 20 * n)) for n in (15, 150, 1_500)]
    assert sorted((p.leads for p in plans), reverse=True) == [p.leads for p in plans]
    assert plans[-1].price_of_not_knowing < 0.1 * plans[0].price_of_not_knowing


def test_sales_expected_in_time_are_those_of_the_simulation(seed: int) -> None:
    scenario = funnel(
        warm_up="3 days",
        stages=[
            {
                "name": "Interest",
                "conversion": 0.5,
                "decision_time": {"lognormal": {"mean": "2 days", "cv": 1.5}},
            },
            {"name": "Desire", "conversion": 0.4, "decision_time": {"constant": "30 h"}},
            {"name": "Action"},
        ],
    )
    count = 400
    sales = results(scenario, "sales", seed, count)
    mean = expected(scenario)[1]
    assert within(float(np.mean(sales)), mean, math.sqrt(mean / count))


@pytest.mark.parametrize("metric", ["sales", "revenue"])
def test_formula_and_simulation_agree(metric: str, seed: int) -> None:
    scenario = funnel(
        segments=[
            {"name": "small", "share": 0.7},
            {"name": "large", "share": 0.3, "odds_ratio": 2.0, "order_value_factor": 3.0},
        ],
        channels=[
            {"name": "web", "leads_per_day": 10},
            {"name": "fair", "leads_per_day": 3, "odds_ratio": {"Desire": 1.5}},
        ],
    )
    assert why_not(scenario, metric) == ""
    count = 600
    values = results(scenario, metric, seed, count)
    target = float(np.quantile(values, 0.3))
    leads = float(leads_of_channels(scenario).sum())
    told = formula(scenario, target, metric, None, fixed=False).chance(leads)
    found = float((values >= target).mean())
    # the target comes of the same values, which only makes them agree less
    assert within(found, told, math.sqrt(told * (1 - told) / count))


@pytest.mark.slow
@pytest.mark.parametrize("name", fs.templates())
def test_a_plan_holds_nine_times_out_of_ten(name: str, seed: int) -> None:
    scenario = fs.load(name)
    usual = results(scenario, "sales", seed, 10).mean()
    p = fs.plan(scenario, round(float(usual)), seed=seed, progress=False)
    assert p.is_reached
    count = int(np.clip(400_000 / p.leads, 50, 400))
    hits = (results(p.scenario, "sales", seed + 1, count) >= p.target).mean()
    known = 0.09 / p.replications if p.replications else 0.0  # how well the search knows
    assert within(float(hits), 0.9, math.sqrt(0.09 / count + known))


def test_search_and_formula_find_the_same_number(seed: int) -> None:
    by_formula = fs.load("aida")
    # a team nobody has to wait for: no formula, the same sales
    searched = by_formula.vary(
        {
            "teams": [{"name": "all", "reps": 500}],
            "stages.Interest.follow_up": {"team": "all"},
        }
    )
    one = fs.plan(by_formula, 300, seed=seed)
    other = fs.plan(searched, 300, seed=seed, progress=False)
    assert (one.method, other.method) == ("formula", "simulation")
    error = math.log(other.leads_high / other.leads_low) / 2 / 1.96
    assert abs(math.log(other.leads / one.leads)) <= FIVE * error


@pytest.mark.parametrize("seen", [(60, 500), (0, 20), (20, 20)])
def test_doubt_is_in_the_search_as_in_the_formula(seen: tuple[int, int], seed: int) -> None:
    by_formula = fs.load("aida")
    searched = by_formula.vary(
        {"teams": [{"name": "all", "reps": 500}], "stages.Interest.follow_up": {"team": "all"}}
    )
    one = fs.plan(by_formula, 150, pilot=seen, seed=seed)
    other = fs.plan(searched, 150, pilot=seen, seed=seed, progress=False)
    error = math.log(other.leads_high / other.leads_low) / 2 / 1.96
    assert abs(math.log(other.leads / one.leads)) <= FIVE * error
    if one.price_of_not_knowing > 0.2 * one.leads:  # less may be chance, of which none is told
        assert other.price_of_not_knowing > 0


def test_raising_the_leads_adds_leads_and_moves_none(seed: int) -> None:
    scenario = fs.load("aida-follow-up")
    few, more = (fs.simulate(with_leads(scenario, x), seed) for x in (1.0, 1.3))
    assert set(few.leads["key"]) <= set(more.leads["key"])


@pytest.mark.parametrize("name", ["aida-follow-up", "upsell"])
def test_a_searched_curve_goes_through_the_plan_and_the_usual_sum(name: str, seed: int) -> None:
    p = fs.plan(fs.load(name), 150, seed=seed, progress=False)
    at, chance = p.curve["leads"].to_numpy(), p.curve["chance"].to_numpy()
    for leads, told in ((p.leads, p.chance), (p.naive_leads, p.naive_chance)):
        around = np.searchsorted(at, leads)  # told to a whole lead, on the line to its neighbours
        low, high = chance[around - 1], chance[min(around, len(at) - 1)]
        assert min(low, high) - 0.01 <= told <= max(low, high) + 0.01


# --- what a plan says beside its number, by hand --------------------------------------------------


def test_too_late_is_when_one_in_twenty_winners_gets_there(seed: int) -> None:
    """Who decides after an exponential time of 10 days: 5 % of the winners do in 0.51 days."""
    scenario = shop(0.5).vary({"stages.Visit.decision_time": {"exponential": {"mean": "10 days"}}})
    with progress_bar(1, False) as bar:
        found = deadline(scenario, Futures(bar, seed))
    winners = 12_000  # more of them are simulated
    for day, share in ((found.half, 0.5), (found.last, 0.05)):
        lead_time = -10 * math.log(1 - share)
        density = (1 - share) / 10
        assert within(90 - day, lead_time, math.sqrt(share * (1 - share) / winners) / density)
    # of those who come evenly over 90 days, the share whose time is left
    in_time = 1 - 10 / 90 * (1 - math.exp(-9))
    assert within(found.share_in_time, in_time, math.sqrt(0.11 * 0.89 / winners))


def test_a_customer_has_paid_once_the_mean_of_those_seen_so_long_has() -> None:
    """Ten are seen on the day itself, five a day later, one the day after: 3, 2 and 10 of each."""
    left, seen = [30.0, 10.0, 10.0, 0.0], [10, 5, 1, 0]
    ages = [np.array([left, seen]) / 2] * 2 + [None]  # of two replications; one saw no orders
    for cac, day in ((0, 0), (3, 0), (3.01, 1), (5, 1), (5.01, 2), (15, 2)):
        assert _payback(ages, cac) == day, cac
    assert math.isnan(_payback(ages, 15.01))
    assert math.isnan(_payback(ages, math.inf)) and math.isnan(_payback([None], 1.0))


@pytest.mark.parametrize(
    ("metric", "each", "fixed"),
    [
        ("sales", 0.1, 0),
        ("revenue", 0.1 * 85, 0),
        # of 85 that are paid 12 % and 3 go to the partner, 32 are goods, 6 the parcel; 2 a lead
        ("contribution", 0.1 * (85 - 32 - 6 - 0.12 * 85 - 3) - 2, 90 * 4),
        ("profit", 0.1 * (85 - 32 - 6 - 0.12 * 85 - 3) - 2, 90 * (4 + 2 * 50)),
    ],
)
def test_the_usual_sum_takes_off_all_that_a_sale_and_a_lead_cost(
    metric: str, each: float, fixed: float
) -> None:
    web = {"name": "web", "leads_per_day": 10, "cost_per_lead": 2, "cost_per_day": 4,
           "commission": 0.12, "cost_per_sale": 3}  # fmt: skip
    scenario = fs.Scenario(
        name="by hand",
        horizon="90 days",
        channels=[web],
        teams=[{"name": "sales", "reps": 2, "cost_per_rep_day": 50}],
        stages=[
            {"name": "Visit", "conversion": 0.1, "follow_up": {"team": "sales"}},
            {"name": "Sale"},
        ],
        order={"value": {"constant": 80}, "margin": 0.6, "shipping_cost": 6, "shipping_fee": 5},
    )
    assert naive_leads(scenario, 1_000, metric) == pytest.approx((1_000 + fixed) / each)
