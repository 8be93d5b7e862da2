"""The cheapest leads and reps: against sums by hand, Poisson's law and Erlang's loss formula."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import pandas as pd
import pytest
from scipy import optimize, stats

import funnelsim as fs
from funnelsim.errors import FunnelSimError
from funnelsim.planner.cheapest import cost_of
from funnelsim.planner.text_tables import way_sections

STAGES = [{"name": "Visit", "conversion": 0.2}, {"name": "Sale"}]
FAIR = {"name": "fair", "leads_per_day": 5, "cost_per_lead": 5}


def shop(*channels: dict[str, Any], **changed: Any) -> fs.Scenario:
    tables = {"name": "shop", "horizon": "30 days", "channels": list(channels), "stages": STAGES}
    return fs.Scenario(**{**tables, **changed})


def ads(**changed: Any) -> dict[str, Any]:
    return {"name": "ads", "leads_per_day": 10, "cost_per_lead": 2, **changed}


def cheapest(scenario: fs.Scenario, target: float, seed: int, **asked: Any) -> fs.Cheapest:
    return fs.cheapest(scenario, target, seed=seed, progress=False, **asked)


def error_of(chance: float, count: int) -> float:
    return math.sqrt(chance * (1 - chance) / count)


@pytest.mark.parametrize(("ceiling", "full"), [(30, False), (12, True)])
def test_the_cheapest_channel_up_to_its_ceiling(seed: int, ceiling: int, full: bool) -> None:
    way = cheapest(shop(ads(ceiling=ceiling), FAIR), 100, seed, change="leads")
    a, f = way.channels["planned"]
    assert (a == pytest.approx(12) and f > 0) if full else (f == 0)
    assert way.is_reached and way.cost == pytest.approx(30 * (2 * a + 5 * f))
    really = stats.poisson.sf(99, 30 * 0.2 * (a + f))
    assert abs(really - 0.9) <= 4 * error_of(0.9, 200) + 0.01  # that within which it is searched


def test_the_chances_told_are_those_of_poisson(seed: int) -> None:
    """They are read from others than those it was chosen on; 4 standard errors of a binomial."""
    way = cheapest(shop(ads()), 100, seed, change="leads", probability=0.8)
    assert list(way.by_chance["cost"]) == sorted(way.by_chance["cost"])
    assert way.chance in list(way.by_chance["chance"])
    for cost, chance, told in way.by_chance.to_numpy():
        really = float(stats.poisson.sf(99, cost / 2 * 0.2))
        assert abs(chance - really) <= 4.5 * error_of(really, way.replications) + 0.002
        assert told == pytest.approx(error_of(chance, way.replications), abs=0.005)
    short = str(replace(way, chance=0.79, by_chance=pd.DataFrame({"cost": [2e3], "chance": [0.8]})))
    assert short.endswith("less than the 80.0 % asked for; 2,000 EUR would do.")
    assert "less than" not in str(replace(way, chance=0.81))


def test_along_curves_one_more_lead_costs_the_same_in_all(seed: int) -> None:
    curve = {"ceiling": 30, "saturation": 100, "cost_per_lead": 0}
    social = {"name": "social", "leads_per_day": 5, "ceiling": 20, "saturation": 60}
    way = cheapest(shop(ads(**curve), social), 150, seed, change=["leads"])
    a, b = way.channels["planned"]
    slopes = 100 / (30 - a), 60 / (20 - b)  # of spend by leads
    assert slopes[0] == pytest.approx(slopes[1], rel=0.03)


def test_within_is_the_time_for_it(seed: int) -> None:
    longer = cheapest(shop(ads(), horizon="20 days"), 50, seed, change="leads")
    told = cheapest(shop(ads()), 50, seed, change="leads", within="20 days")
    assert told.cost == longer.cost and told.channels.equals(longer.channels)
    assert told.scenario.horizon == longer.scenario.horizon


def test_revenue_of_sales_with_one_value_is_so_many_sales(seed: int) -> None:
    order = {"value": {"constant": 30}}
    sales = cheapest(shop(ads(), order=order, horizon="10 days"), 30, seed, change="leads")
    revenue = cheapest(
        shop(ads(), order=order, horizon="10 days"), 900, seed, change="leads", metric="revenue"
    )
    assert revenue.cost == sales.cost and revenue.by_chance.equals(sales.by_chance)
    assert "900.00 EUR revenue" in str(revenue)


# --- a rep or more leads --------------------------------------------------------------------------

HANDLING = 0.1  # days; who is not answered within a second is lost


def desk(price: float, rep: float, **changed: Any) -> fs.Scenario:
    follow_up = {
        "team": "desk", "handling_time": {"exponential": {"mean": f"{24 * HANDLING} h"}},
        "patience": {"exponential": {"mean": "1 s"}},
    }  # fmt: skip
    return shop(
        ads(cost_per_lead=price),
        teams=[{"name": "desk", "reps": 2, "open": "Mon-Sun 00:00-24:00", "cost_per_rep_day": rep}],
        stages=[{"name": "Visit", "conversion": 0.3, "follow_up": follow_up}, {"name": "Sale"}],
        **changed,
    )


def sales_of(leads: float, reps: int) -> float:
    """Sales a day by so many leads: A. K. Erlang's loss formula (1917)."""
    offered = [(leads * HANDLING) ** n / math.factorial(n) for n in range(reps + 1)]
    return 0.3 * leads * (1 - offered[-1] / sum(offered))


def leads_for(sales: float, reps: int) -> float:
    """Leads a day of which so many sales come in 30 days."""
    return float(optimize.brentq(lambda leads: 30 * sales_of(leads, reps) - sales, 1, 100))


@pytest.mark.parametrize(("rep", "best"), [(400, 1), (20, 2)])
def test_a_rep_more_where_it_saves_more_on_leads_than_it_costs(
    seed: int, rep: float, best: int
) -> None:
    one, two, three = (leads_for(52, reps) for reps in (1, 2, 3))
    assert 10 * (two - three) < 20 / 2 and 20 * 2 < 10 * (one - two) < 400 / 2  # far from either
    way = cheapest(desk(10, rep, horizon="15 days"), 20, seed)
    assert way.is_reached and way.teams.loc["desk", "planned"] == best
    assert way.cost == way.tried["cost"].min() == cost_of(way.scenario)
    # sales are nearly Poisson, more even by 4 % of leads with one rep; 4 standard errors are 22 %
    leads = way.channels.loc["ads", "planned"]
    assert leads == pytest.approx(leads_for(2 * float(stats.gamma.ppf(0.9, 20)), best), rel=0.27)
    assert fs.charts.cheapest(way).to_dict()["title"]["text"].startswith("The cheapest way to 20")
    tried, spent = (table for _, table in way_sections(way))
    assert tried["desk"].tolist() == [f"{n}" for n in way.tried["desk"]] and len(spent) == 7


def test_reps_are_found_from_far_off_where_no_future_reaches_the_target(seed: int) -> None:
    """Half of the futures are to reach 76 sales: 4 reps bring 71.5 on average, 5 reps 80.1."""
    few, enough = (10 * sales_of(30, reps) for reps in (4, 5))
    assert few < 72 and enough > 80  # 5 standard errors of a share of 200, on both sides
    busy = desk(10, 40, horizon="10 days").vary(
        {"channels.ads.leads_per_day": 30, "teams.desk.reps": 1}
    )
    way = cheapest(busy, 76, seed, change="reps", probability=0.5)
    assert way.is_reached and way.teams.loc["desk", "planned"] == 5
    assert way.tried.set_index("desk").loc[1, "chance"] == 0 and len(way.by_chance) == 1


# --- what cannot be asked, and what cannot be met -------------------------------------------------


@pytest.mark.parametrize(
    ("scenario", "asked", "told"),
    [
        (shop(ads(cost_per_lead=0)), {"change": ["channels.ads.leads_per_day"]}, "has no ceiling"),
        (shop(ads(cost_per_lead=0)), {"change": "leads"}, "channels.ads.leads_per_day"),
        (shop(ads(cost_per_sale=9)), {"change": ["leads"]}, "becomes of its leads"),
        (shop(ads()), {"change": ["reps"]}, "nothing that costs something"),
        (shop(ads()), {"change": [["leads"]]}, "leads by channel and reps"),
        (shop(ads()), {"change": ["stages.Visit.conversion"]}, "leads by channel and reps"),
        (desk(10, 0), {"change": "teams.desk.reps"}, "a rep of it costs nothing"),
        (shop(ads(), warm_up="7 days"), {}, "not from the end of a warm-up"),
        (shop(ads()), {"within": "soon"}, "within"),
        (shop(ads()), {"metric": "revenue"}, "without .order. nothing is paid"),
    ],
)
def test_what_cannot_be_asked_says_so(
    scenario: fs.Scenario, asked: dict[str, Any], told: str
) -> None:
    with pytest.raises(FunnelSimError, match=told):
        fs.cheapest(scenario, 100, **asked)


def test_a_target_past_all_ceilings_is_not_reached(seed: int) -> None:
    way = cheapest(shop(ads(ceiling=11)), 100, seed)
    assert not way.is_reached and str(way).startswith("No leads and reps that were tried reach 100")
    assert way.channels.loc["ads", "planned"] == pytest.approx(11)


def test_what_comes_anyway_needs_no_leads(seed: int) -> None:
    way = cheapest(shop(ads(), {**FAIR, "cost_per_lead": 0}), 10, seed, change="leads")
    assert way.is_reached and way.cost == 0 and way.channels.loc["ads", "planned"] == 0
