"""The cheapest leads and reps: against sums by hand, and simulated with other chance."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from scipy import stats

import funnelsim as fs
from funnelsim.engines import simulate_together
from funnelsim.errors import FunnelSimError
from funnelsim.metrics.planned import sales_of
from funnelsim.planner.cheapest import cost_of

STAGES = [{"name": "Visit", "conversion": 0.2}, {"name": "Sale"}]


def shop(*channels: dict[str, Any], **changed: Any) -> fs.Scenario:
    tables = {"name": "shop", "horizon": "30 days", "channels": list(channels), "stages": STAGES}
    return fs.Scenario(**{**tables, **changed})


def ads(**changed: Any) -> dict[str, Any]:
    return {"name": "ads", "leads_per_day": 10, "cost_per_lead": 2, **changed}


FAIR = {"name": "fair", "leads_per_day": 5, "cost_per_lead": 5}


def mean_for(target: int) -> float:
    """Expected Poisson sales of which 9 in 10 futures reach the target."""
    return float(stats.gamma.ppf(0.9, target))


@pytest.mark.parametrize(("ceiling", "full"), [(30, False), (12, True)])
def test_the_cheapest_channel_up_to_its_ceiling(seed: int, ceiling: int, full: bool) -> None:
    way = fs.cheapest(shop(ads(ceiling=ceiling), FAIR), 100, change="leads", seed=seed,
                      progress=False)  # fmt: skip
    a, f = way.channels["planned"]
    sales = 30 * 0.2 * (a + f)
    # chance of 200 futures: its error, in sales
    error = math.sqrt(0.09 / way.replications) / stats.norm.pdf(stats.norm.ppf(0.9)) * 11.5
    assert abs(sales - mean_for(100)) <= 4 * error + 0.5
    assert (a == pytest.approx(12) and f > 0) if full else (f == 0)
    assert way.is_reached and way.cost == pytest.approx(30 * (2 * a + 5 * f))


def test_along_curves_one_more_lead_costs_the_same_in_all(seed: int) -> None:
    curve = {"ceiling": 30, "saturation": 100, "cost_per_lead": 0}
    social = {"name": "social", "leads_per_day": 5, "ceiling": 20, "saturation": 60}
    way = fs.cheapest(shop(ads(**curve), social), 150, change=["leads"], seed=seed, progress=False)
    a, b = way.channels["planned"]
    slopes = 100 / (30 - a), 60 / (20 - b)  # of spend by leads
    assert slopes[0] == pytest.approx(slopes[1], rel=0.03)


def desk(price: float, rep: float) -> fs.Scenario:
    """One rep has hardly time for half of the leads."""
    follow_up = {
        "team": "desk", "handling_time": {"exponential": {"mean": "200 min"}},
        "patience": {"exponential": {"mean": "1 day"}},
    }  # fmt: skip
    return shop(
        ads(cost_per_lead=price),
        teams=[{"name": "desk", "reps": 2, "open": "Mon-Sun 09:00-17:00", "cost_per_rep_day": rep}],
        stages=[{"name": "Visit", "conversion": 0.3, "follow_up": follow_up}, {"name": "Sale"}],
    )


def test_reps_come_where_leads_cost_more_than_they_do(seed: int) -> None:
    dear, cheap = (
        fs.cheapest(desk(*costs), 50, seed=seed, progress=False) for costs in ((100, 50), (1, 500))
    )
    assert dear.is_reached and cheap.is_reached
    more, less = (int(way.teams.loc["desk", "planned"]) for way in (dear, cheap))
    assert more > less
    assert dear.channels.loc["ads", "planned"] < cheap.channels.loc["ads", "planned"]
    assert dear.cost == pytest.approx(dear.tried["cost"].min())
    assert dear.cost == pytest.approx(cost_of(dear.scenario))
    others, count = (seed + 1) % 2**32, 400
    parts = simulate_together(dear.scenario, others, range(count))
    reached = float(np.concatenate([sales_of(part) >= 50 for part in parts]).mean())
    error = math.sqrt(0.09 / count + 0.09 / dear.replications)
    assert abs(reached - dear.chance) <= 5 * error
    assert fs.charts.cheapest(dear).to_dict()["title"]["text"].startswith("The cheapest way to 50")


@pytest.mark.parametrize(
    ("scenario", "change", "told"),
    [
        (shop(ads(cost_per_lead=0)), ["channels.ads.leads_per_day"], "costs nothing and it has no"),
        (shop(ads(cost_per_sale=9)), ["leads"], "becomes of its leads"),
        (shop(ads()), ["reps"], "leads by channel and reps"),
        (shop(ads()), ["stages.Visit.conversion"], "leads by channel and reps"),
        (shop(ads(), warm_up="7 days"), ["leads"], "not from a warm-up"),
    ],
)
def test_what_cannot_be_combined_says_so(
    scenario: fs.Scenario, change: list[str], told: str
) -> None:
    with pytest.raises(FunnelSimError, match=told):
        fs.cheapest(scenario, 100, change=change)


def test_a_target_past_all_ceilings_is_not_reached() -> None:
    way = fs.cheapest(shop(ads(ceiling=11)), 100, change="leads", progress=False)
    assert not way.is_reached and "the best is" in str(way)
    assert way.channels.loc["ads", "planned"] == pytest.approx(11)
