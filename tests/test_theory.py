"""The model against theory. Each tolerance is five standard errors of what is measured, and the
seed is a new one every time: about one run in a million may fail by chance, and it says its seed.
"""

from __future__ import annotations

import math
import secrets
from typing import Any

import numpy as np
import pytest

import funnelsim as fs
from funnelsim.distributions import DAY

FIVE = 5.0


@pytest.fixture
def seed() -> int:
    number = secrets.randbelow(2**32)
    print(f"seed {number}")
    return number


def within(measured: float, expected: float, standard_error: float) -> bool:
    print(f"measured {measured:.6g}, expected {expected:.6g}, s.e. {standard_error:.2g}")
    return abs(measured - expected) <= FIVE * standard_error


def mean_of(values: Any, expected: float) -> bool:
    values = np.asarray(values, dtype=float)
    return within(values.mean(), expected, values.std(ddof=1) / math.sqrt(len(values)))


def funnel(**changed: Any) -> fs.Scenario:
    tables: dict[str, Any] = {
        "name": "theory",
        "horizon": "10 days",
        "channels": [{"name": "web", "leads_per_day": 10}],
        "stages": [
            {"name": "Interest", "conversion": 0.5},
            {"name": "Desire", "conversion": 0.4},
            {"name": "Action"},
        ],
        "order": {"value": {"gamma": {"mean": 80, "cv": 0.8}}, "margin": 0.4},
    }
    return fs.Scenario(**{**tables, **changed})


def replications(scenario: fs.Scenario, seed: int, count: int) -> list[fs.Journal]:
    return [fs.simulate(scenario, seed, replication=r, progress=False) for r in range(count)]


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
    deviations = (revenue - revenue.mean()) ** 2
    assert mean_of(deviations, sales * second_moment)


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


def erlang_c(load: float, servers: int) -> float:
    """The probability of waiting in M/M/c (Erlang 1917), by the recursion of Erlang B."""
    blocked = 1.0
    for n in range(1, servers + 1):
        blocked = load * blocked / (n + load * blocked)
    return blocked / (1 - load / servers * (1 - blocked))


@pytest.mark.parametrize(("reps", "busy"), [(1, 0.7), (3, 0.8)])
def test_waiting_for_a_team_is_erlang_c(seed: int, reps: int, busy: float) -> None:
    """M/M/c: P(wait) = C(c, a), mean wait = C · handling ÷ (c - a); busy a ÷ c."""
    handling = 30 / (24 * 60)  # days
    leads_per_day = busy * reps / handling
    scenario = funnel(
        horizon="14 days",
        warm_up="2 days",
        channels=[{"name": "web", "leads_per_day": leads_per_day}],
        teams=[{"name": "sales", "reps": reps}],
        stages=[
            {
                "name": "Interest",
                "conversion": 0.5,
                "follow_up": {
                    "team": "sales",
                    "handling_time": {"exponential": {"mean": "30 min"}},
                },
            },
            {"name": "Action"},
        ],
    )
    waited, mean_wait, utilisation = [], [], []
    for journal in replications(scenario, seed, 40):
        calls = journal.follow_ups
        # queued in good time before the horizon, so that none of them is still waiting
        calls = calls[(calls["queued"] >= 2) & (calls["queued"] < 13)]
        wait = calls["started"] - calls["queued"]
        assert wait.notna().all()
        waited.append((wait > 0).mean())
        mean_wait.append(wait.mean())
        utilisation.append(fs.summary(journal)["utilisation: sales"])
    p = erlang_c(busy * reps, reps)
    assert mean_of(waited, p)
    assert mean_of(mean_wait, p * handling / (reps - busy * reps))
    assert mean_of(utilisation, busy)


def test_erlang_c_is_the_published_one() -> None:
    """200 calls an hour to 14 agents at 3 minutes each: 17.4 % wait (load 10 erlang)."""
    assert erlang_c(10, 14) == pytest.approx(0.1741, abs=5e-5)


def test_waiting_halves_the_odds_in_a_half_life(seed: int) -> None:
    """Given its response time w a lead advances with odds p/(1-p) · 2^(-w / half-life)."""
    scenario = fs.load("aida-follow-up").vary(
        {"channels.search ads.leads_per_day": 38, "segments": []}
    )
    scenario = scenario.vary({"channels.trade fair.odds_ratio": 1})
    journal = fs.simulate(scenario, seed)
    calls, visits = journal.follow_ups, journal.stage_visits
    calls = calls[(calls["stage"] == "Interest") & (calls["outcome"] == "served")]
    visits = visits[(visits["stage"] == "Interest") & (visits["outcome"] != "open")]
    both = calls.merge(visits, on="lead", suffixes=("", "_visit"))
    odds = 1.0 * 2 ** (-(both["started"] - both["queued"]) / 1.0)  # conversion 0.5, one day
    p = odds / (1 + odds)
    advanced = (both["outcome_visit"] == "advanced").sum()
    assert both["started"].gt(both["queued"] + 0.5).sum() > 30  # enough of them did wait
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


def test_missed_leads_are_lost_when_their_patience_ends(seed: int) -> None:
    scenario = fs.load("aida-follow-up").vary(
        {
            "stages.Interest.follow_up.missed": 0.3,
            "stages.Interest.follow_up.patience": {"constant": "2 days"},
            "teams.sales.reps": 50,
        }
    )
    journal = fs.simulate(scenario, seed)
    visits = journal.stage_visits
    visits = visits[(visits["stage"] == "Interest") & (visits["entered"] < 88)]
    missed = visits["reason"] == "missed"
    assert within(missed.mean(), 0.3, math.sqrt(0.3 * 0.7 / len(visits)))
    stay = (visits["decided"] - visits["entered"])[missed]
    assert np.allclose(stay, 2.0, atol=2 / DAY)
