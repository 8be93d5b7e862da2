"""Diminishing returns: what a channel's leads cost as they near its ceiling."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import funnelsim as fs
from funnelsim.analytic.costs import cost_of_channels
from funnelsim.distributions import DAY
from funnelsim.errors import FunnelSimError
from funnelsim.metrics.money import lead_costs
from funnelsim.planner.futures import part_of
from funnelsim.scenario import Channel
from funnelsim.widgets.budget import FROM, PART, TO, budget_knobs, moved_budget

ADS = {"name": "ads", "leads_per_day": 10, "ceiling": 20, "saturation": 100}
FAIR = {"name": "fair", "leads_per_day": 5, "cost_per_lead": 4}


def shop(*channels: Any, **changed: Any) -> fs.Scenario:
    tables: dict[str, Any] = {
        "name": "shop",
        "horizon": "60 days",
        "channels": list(channels or (ADS, FAIR)),
        "stages": [{"name": "Visit", "conversion": 0.2}, {"name": "Sale"}],
    }
    return fs.Scenario(**{**tables, **changed})


def channel(**changed: Any) -> Channel:
    return shop({**ADS, **changed}).channels[0]


# --- the curve --------------------------------------------------------------------------------


@given(
    share=st.floats(0.001, 0.99),
    ceiling=st.floats(0.1, 1e4),
    saturation=st.floats(0.1, 1e5),
    hill=st.none() | st.floats(0.2, 10),
)
def test_money_for_leads_and_leads_for_money(
    share: float, ceiling: float, saturation: float, hill: float | None
) -> None:
    its = Channel(**{**ADS, "ceiling": ceiling, "saturation": saturation, "hill": hill})
    spend = float(its.spend_on(share * ceiling))
    assert its.leads_for(spend) == pytest.approx(share * ceiling, rel=1e-9)
    if hill is None:  # as they are written
        brought = ceiling * (1 - math.exp(-spend / saturation))
    else:
        times = spend / saturation
        brought = ceiling * times**hill / (1 + times**hill)
    assert brought == pytest.approx(share * ceiling, rel=1e-6)
    assert its.spend_on(0.9999 * share * ceiling) <= spend


def test_63_per_cent_of_the_ceiling_or_half_of_it() -> None:
    assert channel().leads_for(100) == pytest.approx(20 * (1 - math.exp(-1)))
    assert channel(hill=3).leads_for(100) == pytest.approx(10)
    assert channel().price == pytest.approx(100 * math.log(2) / 10)
    # the first leads cost what the curve's slope says, and each further one more
    assert channel().spend_on(1e-6) / 1e-6 == pytest.approx(100 / 20, rel=1e-6)
    each = np.diff(channel().spend_on(np.linspace(0, 19, 20)))
    assert (np.diff(each) > 0).all()


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"saturation": None, "hill": 2}, "it is the exponent of a channel's saturation"),
        ({"cost_per_lead": 2}, r"cost_per_lead is 2; saturation says what leads cost"),
        ({"ceiling": None}, r"ceiling is missing.*approach it: add ceiling"),
        ({"ceiling": 9}, r"leads_per_day is 10.*below the ceiling of 9: raise the ceiling"),
        ({"hill": 100}, "lies between 0.2 and 10"),
        ({"saturation": 0}, "a number above 0"),
    ],
)
def test_what_does_not_go_together_is_refused(wrong: dict[str, Any], told: str) -> None:
    with pytest.raises(FunnelSimError, match=told):
        shop({**ADS, **wrong})


# --- what it costs ----------------------------------------------------------------------------


def test_leads_cost_what_those_of_their_day_cost(seed: int) -> None:
    """More of them are bought for ten days; what weekdays make of it costs no more for each."""
    burst = {"from": "20 days", "to": "30 days", "factor": 1.5}
    s = shop({**ADS, "bursts": [burst], "weekdays": [1, 1, 1, 1, 1, 0.5, 0.5]}, warm_up="7 days")
    usual, dear = (-100 * math.log(1 - leads / 20) / leads for leads in (10, 15))
    price = np.where((np.arange(60) >= 20) & (np.arange(60) < 30), dear, usual)
    journal = fs.simulate(s, seed=seed)
    days = journal.leads["arrived"].astype(int).to_numpy()
    by_hand = price[days[days >= 7]].sum()
    assert lead_costs(journal)[0, 0] == pytest.approx(100 * by_hand, abs=0.51)
    by_day = 10 * np.where(price == dear, 1.5, 1.0)
    by_day *= np.tile([1, 1, 1, 1, 1, 0.5, 0.5], 9)[:60]
    assert cost_of_channels(s)[0] == pytest.approx((by_day * price)[7:].sum())
    # of a part of the leads it is that part
    assert cost_of_channels(part_of(s, 4.0))[0] * 4 == pytest.approx(cost_of_channels(s)[0])


@pytest.mark.usefixtures("few_futures")
@pytest.mark.parametrize("warm_up", ["0 days", "20 days"])
def test_a_budget_is_what_the_planned_leads_cost_on_the_curve(warm_up: str) -> None:
    s = shop(warm_up=warm_up)
    p = fs.plan(s, 110, change="budget", by="month")
    ads, fair = p.channels["planned"]
    days = 60 - int(warm_up.split()[0])
    assert ads / fair == pytest.approx(2)  # the mix of today
    by_hand = days * (-100 * math.log(1 - ads / 20) + 4 * fair)
    assert p.budget == pytest.approx(by_hand)
    at_plan = p.curve.iloc[(p.curve["leads"] - p.leads).abs().argmin()]
    assert at_plan["cost"] == pytest.approx(p.budget, rel=0.03)
    assert p.over_time is not None and p.over_time["budget"].sum() == pytest.approx(by_hand)


@pytest.mark.usefixtures("few_futures")
def test_a_plan_stops_short_of_the_ceiling_where_leads_cost_without_end() -> None:
    p = fs.plan(shop(ADS), 400, progress=False)
    assert not p.is_reached and p.channels.loc["ads", "planned"] == pytest.approx(0.99 * 20)
    assert any("ads is at its ceiling" in sentence for sentence in p.sentences)


def test_the_last_customers_cost_most(seed: int) -> None:
    steps = fs.marginal_cac(shop(), "ads", n=10, seed=seed, progress=False)
    assert steps.index[-1] == pytest.approx(19.8)
    assert steps["marginal_cac"].iloc[1:].is_monotonic_increasing


@pytest.mark.parametrize("share", [0.3, 1.0])
def test_a_budget_that_is_moved_goes_along_the_curves(share: float) -> None:
    """As much is spent on both channels as before, and each lead less saves what the last cost."""
    other = {**ADS, "name": "social", "leads_per_day": 4, "ceiling": 30, "hill": 1.5}
    s = shop(ADS, other)
    knobs = budget_knobs(s)
    moved = moved_budget(s, knobs, {FROM: "ads", TO: "social", PART: share}, {})
    then = s.vary(moved)
    before, after = ([c.spend_on(c.rate) for c in one.channels] for one in (s, then))
    assert sum(after) == pytest.approx(sum(before), rel=1e-5)
    assert after[0] == pytest.approx((1 - share) * before[0], abs=1e-4)


def test_days_are_told_with_their_price() -> None:
    s = shop(ADS)
    told = fs.describe(s).channels.loc["ads", "cost"]
    assert told == pytest.approx(60 * 100 * math.log(2))
    assert s.warm_up == 0 and s.horizon == 60 * DAY
    assert fs.Scenario(**s.tables()) == s
