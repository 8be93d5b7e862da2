"""The model against theory: arrivals, decisions, revenue (tolerances: see `theory.py`)."""

from __future__ import annotations

import math

import numpy as np
from theory import funnel, mean_of, replications, variance_of, within

import funnelsim as fs


def test_leads_are_poisson_and_sales_a_binomial_thinning_of_them(seed: int) -> None:
    """Thinned Poisson is Poisson: sales have mean and variance λ·p; given leads, Binomial(n, p)."""
    runs = replications(funnel(), seed, 400)
    leads = np.array([len(run.leads) for run in runs])
    sales = np.array([len(run.orders) for run in runs])
    for counts, rate in ((leads, 100), (sales, 20)):
        assert mean_of(counts, rate)
        # the variance of a sample variance of Poisson(m) is about (2 m² + m) / n
        assert within(counts.var(ddof=1), rate, math.sqrt((2 * rate**2 + rate) / len(runs)))
    assert within(sales.sum(), 0.2 * leads.sum(), math.sqrt(leads.sum() * 0.2 * 0.8))
    binomial = (sales - 0.2 * leads) / np.sqrt(leads * 0.2 * 0.8)
    assert within(binomial.var(), 1, math.sqrt(2 / len(runs)))


def test_revenue_is_compound_poisson(seed: int) -> None:
    """Mean λ·p·E[X] and variance λ·p·E[X²], as in any textbook on risk theory."""
    revenue = np.array([run.orders["paid"].sum() for run in replications(funnel(), seed, 400)])
    sales, second_moment = 20, 80**2 * (1 + 0.8**2)
    assert mean_of(revenue, sales * 80)
    assert variance_of(revenue, sales * second_moment)


def test_customers_without_end_to_their_patience_order_geometrically(seed: int) -> None:
    """With repeat probability p and a long horizon a customer orders 1 / (1 - p) times."""
    scenario = funnel(
        channels=[{"name": "web", "leads_per_day": 4000}],
        horizon="1 day",
        stages=[{"name": "Interest", "conversion": 0.5}, {"name": "Action"}],
        retention={"repeat_probability": 0.6, "gap": {"exponential": {"mean": "1 min"}}},
    )
    # only those who arrive in the first half can be sure to be through before the horizon
    journal = fs.simulate(scenario, seed)
    early = journal.leads.loc[journal.leads["arrived"] < 0.5, "lead"]
    orders = journal.orders[journal.orders["lead"].isin(early)].groupby("lead").size()
    assert mean_of(orders, 1 / (1 - 0.6))


def test_waiting_halves_the_odds_in_a_half_life(seed: int) -> None:
    """Given its response time w a lead advances with odds p/(1-p) · 2^(-w / half-life)."""
    scenario = fs.load("aida-follow-up").vary(
        {"segments": [], "channels.trade fair.odds_ratio": 1, "teams.sales.reps": 1}
    )
    journal = fs.simulate(scenario, seed)
    calls, visits = journal.follow_ups, journal.stage_visits
    calls = calls[(calls["stage"] == "Interest") & (calls["outcome"] == "served")]
    visits = visits[(visits["stage"] == "Interest") & (visits["outcome"] != "open")]
    both = calls.merge(visits, on="lead", suffixes=("", "_visit"))
    odds = 1.0 * 2 ** (-(both["started"] - both["queued"]) / 1.0)  # conversion 0.5, one day
    p = odds / (1 + odds)
    advanced = (both["outcome_visit"] == "advanced").sum()
    assert both["started"].gt(both["queued"] + 0.25).sum() > 100  # one rep: most of them wait
    assert within(advanced, p.sum(), math.sqrt((p * (1 - p)).sum()))


def test_odds_ratios_multiply_odds(seed: int) -> None:
    """Odds 1 (p = .5), times 3 by channel, times 2 by segment in one stage only."""
    scenario = funnel(
        channels=[{"name": "web", "leads_per_day": 2000, "odds_ratio": 3.0}],
        segments=[
            {"name": "known", "share": 0.5, "odds_ratio": {"Interest": 2.0}},
            {"name": "other", "share": 0.5},
        ],
    )
    leads = fs.simulate(scenario, seed).leads
    for segment, odds in (("known", 6.0), ("other", 3.0)):
        mine = leads[leads["segment"] == segment]
        p, advanced = odds / (1 + odds), mine["entered_Desire"].notna()
        assert within(advanced.mean(), p, math.sqrt(p * (1 - p) / len(mine)))
        q = 0.4 / 0.6 * 3 / (1 + 0.4 / 0.6 * 3)
        sales = mine.loc[advanced, "entered_Action"].notna()
        assert within(sales.mean(), q, math.sqrt(q * (1 - q) / len(sales)))


def test_weekday_factors_multiply_the_rate(seed: int) -> None:
    factors = [2.0, 1.0, 1.0, 1.0, 1.0, 0.5, 0.0]
    scenario = funnel(
        start="2027-01-06",  # a Wednesday
        horizon="140 days",
        channels=[{"name": "web", "leads_per_day": 30, "weekdays": factors}],
    )
    arrived = fs.simulate(scenario, seed).leads["arrived"]
    per_weekday = np.bincount((arrived.astype(int) + 2) % 7, minlength=7)
    for count, factor in zip(per_weekday, factors, strict=True):
        assert within(count, 20 * 30 * factor, math.sqrt(20 * 30 * factor))


def test_dispersion_is_variance_over_mean(seed: int) -> None:
    channel = {"name": "web", "leads_per_day": 20, "dispersion": 4.0}
    leads = fs.simulate(funnel(horizon="2000 days", channels=[channel]), seed).leads
    a_day = np.bincount(leads["arrived"].astype(int), minlength=2000)
    assert mean_of(a_day, 20)
    assert variance_of(a_day, 80)


def test_every_factor_multiplies_the_rate(seed: int) -> None:
    """Months, growth and bursts: the expected count of each stretch, by hand."""
    channel = {
        "name": "web",
        "leads_per_day": 30,
        "months": [2.0] + [1.0] * 11,
        "growth": 4.0,
        "bursts": [{"from": "40 days", "to": "50.5 days", "factor": 3.0}],
    }
    scenario = funnel(start="2027-01-01", horizon="73 days", channels=[channel])
    arrived = fs.simulate(scenario, seed).leads["arrived"]
    for begin, end in ((0, 31), (31, 40), (40, 50), (50, 51), (51, 73)):
        grown = sum(4 ** (day / 365) for day in range(begin, end))
        factor = {0: 2.0, 40: 3.0, 50: 2.0}.get(begin, 1.0)  # the burst covers half of day 50
        expected = 30 * grown * factor
        assert within(arrived.between(begin, end).sum(), expected, math.sqrt(expected))


def test_leads_follow_the_hours_of_the_day(seed: int) -> None:
    weights = [0.0] * 8 + [3.0] * 4 + [1.0] * 8 + [0.0] * 4
    channel = {"name": "web", "leads_per_day": 500, "hours": weights}
    arrived = fs.simulate(funnel(channels=[channel]), seed).leads["arrived"]
    hour = ((arrived % 1) * 24).astype(int)
    for share, hours in ((0.6, range(8, 12)), (0.4, range(12, 20))):
        found = hour.isin(hours).mean()
        assert within(found, share, math.sqrt(share * (1 - share) / len(hour)))
    minute = ((arrived % 1) * 24 * 60) % 60
    assert mean_of(minute, 30)  # even within the hour


def test_impressions_bring_clicks(seed: int) -> None:
    channel = {"name": "ads", "impressions_per_day": 10_000, "click_through_rate": 0.02}
    channel["cost_per_click"] = 0.5
    journal = fs.simulate(funnel(channels=[channel], order=None), seed)
    leads = len(journal.leads)
    assert within(leads, 2_000, math.sqrt(2_000))
    assert fs.summary(journal)["contribution"] == -0.5 * leads


def test_the_product_of_average_conversions_is_not_that_of_a_mixed_population(seed: int) -> None:
    """Half of the leads have odds 1/4, half odds 4, in two stages: one after the other keeps the
    keen ones. The product of the averages says .25, the truth is (.2² + .8²) / 2 = .34.
    """
    segments = [
        {"name": "cool", "share": 0.5, "odds_ratio": 0.25},
        {"name": "keen", "share": 0.5, "odds_ratio": 4.0},
    ]
    stages = [
        {"name": "Interest", "conversion": 0.5},
        {"name": "Desire", "conversion": 0.5},
        {"name": "Action"},
    ]
    channel = {"name": "web", "leads_per_day": 2_000}
    scenario = funnel(channels=[channel], segments=segments, stages=stages)
    table = fs.funnel_table(fs.simulate(scenario, seed))
    share = table["share_of_leads"]
    n = table["entered"].iloc[0]
    assert within(share["Desire"], 0.5, math.sqrt(0.25 / n))
    assert within(share["Action"], 0.34, math.sqrt(0.34 * 0.66 / n))
