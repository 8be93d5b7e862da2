"""Arms of an experiment: leads divided by lot, and the same leads all in one arm.

The engines are held against each other and against the reference model with the arms of generated
scenarios (`some_scenarios.py`); here are sums by hand, and what must hold whatever is drawn.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import pytest

import funnelsim as fs
from funnelsim.errors import FunnelSimError, ScenarioError

SHOP: dict[str, Any] = {
    "name": "shop",
    "horizon": "40 days",
    "channels": [{"name": "web", "leads_per_day": 16}, {"name": "shop", "leads_per_day": 8}],
    "segments": [
        {"name": "new", "share": 0.7},
        {"name": "known", "share": 0.3, "odds_ratio": 1.5, "repeat_odds_ratio": 2.0},
    ],
    "arms": [
        {"name": "as it is", "share": 0.3},
        {
            "name": "new page",
            "share": 0.3,
            "odds_ratio": {"Basket": 3.0},
            "order_value_factor": 1.25,
            "repeat_odds_ratio": 2.0,
        },
        {"name": "hold-out", "share": 0.4, "without": ["loyalty", "recovery", "campaigns"]},
    ],
    "stages": [
        {"name": "Visit", "conversion": 0.8},
        {
            "name": "Basket",
            "conversion": 0.4,
            "recovery": {
                "probability": 0.5,
                "anyway": 0.2,
                "delay": {"constant": "1 day"},
                "cost": 0.1,
                "discount": 0.1,
            },
        },
        {"name": "Order"},
    ],
    "order": {"value": {"constant": 80}, "margin": 0.5},
    "retention": {
        "repeat_probability": {"beta": {"a": 2, "b": 3}},
        "gap": {"exponential": {"mean": "9 days"}},
    },
    "loyalty": {
        "enrolment": 0.5,
        "self_selection": 2.0,
        "points_per_unit": 1.0,
        "tiers": [{"name": "all", "discount": 0.05}],
    },
    "campaigns": [
        {"name": "again", "kind": "post-purchase", "within": "5 days", "odds_ratio": 1.5},
        {"name": "miss you", "kind": "win-back", "after": "20 days", "probability": 0.3},
    ],
    "satisfaction": {"promoter": 0.5, "detractor": 0.1},
    "referral": {"invites": 0.3, "delay": {"constant": "1 day"}, "enters": "Visit"},
    "upsell": {"probability": 0.2, "delay": {"constant": "2 days"}, "enters": "Basket"},
}
ARMS = ("as it is", "new page", "hold-out")


@pytest.fixture
def shop() -> fs.Scenario:
    return _shop()


@cache
def _shop() -> fs.Scenario:
    return fs.Scenario(**SHOP)


@cache
def simulated(seed: int, arm: str = "") -> fs.Journal:
    scenario = _shop().all_in(arm) if arm else _shop()
    return fs.simulate(scenario, seed, progress=False)


# --- the file ---------------------------------------------------------------------------------


def test_a_file_is_read_back(shop: fs.Scenario) -> None:
    assert fs.Scenario.from_toml(shop.to_toml()) == shop
    assert shop.arms[2].without == ("recovery", "campaigns", "loyalty")  # in one order
    changed = shop.vary({"arms.new page.odds_ratio": 2, "arms.hold-out.without": ["loyalty"]})
    assert (changed.arms[1].odds_ratio, changed.arms[2].without) == (2, ("loyalty",))
    paths = set(fs.parameters(shop).index)
    assert {"arms.new page.odds_ratio.Basket", "arms.hold-out.share"} <= paths


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"arms.new page.share": 0.5}, "arms is 1.2 in sum; the shares of all arms sum to 1"),
        ({"arms.hold-out.without": ["recoveries"]}, "did you mean recovery?"),
        ({"arms.hold-out.without": "recovery"}, 'write ["recovery"]'),
        ({"arms.new page.odds_ratio": {"Bakset": 2}}, "no stage of this name before the goal"),
        ({"arms.new page.order_value_factor": 0}, "above 0"),
        ({"arms": [{"name": "a", "share": 0.5}] * 2}, "each of the arms has a name of its own"),
        ({"channels.web.labels": {"arm": "a"}}, "'arm' is a column of the leads already"),
    ],
)
def test_what_is_wrong_is_said(shop: fs.Scenario, changes: dict[str, Any], said: str) -> None:
    with pytest.raises(ScenarioError, match=re.escape(said)):
        shop.vary(changes)


def test_all_in_an_arm_that_is_none(shop: fs.Scenario) -> None:
    with pytest.raises(ScenarioError, match="did you mean new page"):
        shop.all_in("new pag")
    with pytest.raises(ScenarioError, match=r"add \[\[arms\]\]"):
        fs.load("aida").all_in("new page")


# --- by hand ----------------------------------------------------------------------------------


def certain(**arm: Any) -> fs.Scenario:
    """Everybody is in an arm of its own kind, and all else is certain."""
    tables: dict[str, Any] = {
        "name": "certain",
        "horizon": "30 days",
        "channels": [{"name": "web", "leads_per_day": 4}],
        "arms": [{"name": "one", "share": 1.0, **arm}],
        "stages": [
            {
                "name": "Basket",
                "conversion": 0.5,
                "recovery": {"probability": 1.0, "odds_ratio": 1e12, "discount": 0.25, "cost": 1},
            },
            {"name": "Order"},
        ],
        "order": {"value": {"constant": 100}},
    }
    return fs.Scenario(**tables)


@pytest.mark.parametrize("engine", ["process", "columns"])
def test_what_an_arm_changes(engine: str, seed: int) -> None:
    def told(**arm: Any) -> fs.Journal:
        return fs.simulate(certain(**arm), seed, engine=engine)

    plain = told()
    back = plain.leads["recovered"] == 1
    assert (plain.leads["outcome"] == "customer").all()
    assert len(plain.messages) == back.sum() == (plain.orders["paid"] == 75).sum()
    held_out = told(without=["recovery"])  # nobody comes back by itself, and no message is sent
    assert ((held_out.leads["outcome"] == "customer") == ~back).all()
    assert len(held_out.messages) == 0
    assert (held_out.orders["paid"] == 100).all()
    assert (told(order_value_factor=1.5).orders["value"] == 150).all()
    assert (told(odds_ratio={"Basket": 1e12}).leads["recovered"] == 0).all()


@pytest.mark.parametrize("engine", ["process", "columns"])
def test_who_comes_back_anyway_pays_the_full_price(engine: str, seed: int) -> None:
    scenario = certain(without=["recovery"]).vary({"stages.Basket.recovery.anyway": 1.0})
    journal = fs.simulate(scenario, seed, engine=engine)
    assert (journal.leads["outcome"] == "customer").all()
    assert journal.leads["recovered"].sum() > 0
    assert len(journal.messages) == 0
    assert (journal.orders["paid"] == 100).all()


# --- what must hold ---------------------------------------------------------------------------

OF_A_LEAD = ["arrived", "channel", "segment", "outcome", "recovered", "member", "deal_value"]


def life(journal: fs.Journal, arm: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The leads of an arm by their keys, and their orders."""
    leads = journal.leads[journal.leads["arm"] == arm].set_index("key")
    orders = journal.orders.assign(key=journal.leads["key"].to_numpy()[journal.orders["lead"]])
    orders = orders[orders["key"].isin(leads.index)]
    return leads, orders.drop(columns=["order", "lead", "customer"]).set_index(["key", "number"])


@pytest.mark.parametrize("arm", ARMS)
def test_all_in_one_arm_its_leads_fare_as_in_the_experiment(arm: str, seed: int) -> None:
    """Nobody waits for anybody here, so no lead can tell what arm the others are in."""
    leads, orders = life(simulated(seed), arm)
    truth, all_orders = life(simulated(seed, arm), arm)
    own = leads.index[leads["kind"] == "new"]
    assert (simulated(seed, arm).leads["arm"] == arm).all()
    pd.testing.assert_frame_equal(leads.loc[own, OF_A_LEAD], truth.loc[own, OF_A_LEAD])
    of_own = orders.index[orders.index.get_level_values("key").isin(own)]
    pd.testing.assert_frame_equal(orders.loc[of_own], all_orders.loc[of_own])


def test_the_same_leads_come_whatever_the_arms(seed: int) -> None:
    def new(journal: fs.Journal) -> pd.DataFrame:
        leads = journal.leads[journal.leads["kind"] == "new"]
        return leads[["key", "arrived", "channel", "segment"]].reset_index(drop=True)

    without = fs.simulate(fs.Scenario(**{**SHOP, "arms": []}), seed, progress=False)
    assert set(without.leads["arm"]) == {"all"}
    for journal in (simulated(seed), *(simulated(seed, arm) for arm in ARMS)):
        pd.testing.assert_frame_equal(new(journal), new(without))


def test_an_arm_that_changes_nothing_changes_nothing(seed: int) -> None:
    none = fs.simulate(fs.Scenario(**{**SHOP, "arms": []}), seed, progress=False)
    plain = simulated(seed, "as it is")
    for name, table in none.whole.items():
        for column in table:
            if (name, column) != ("leads", "arm"):
                assert np.array_equal(table[column], plain.whole[name][column]), (name, column)


def test_shares_are_kept_and_independent_of_all_else(seed: int) -> None:
    leads = simulated(seed).leads
    leads = leads[leads["kind"] != "upsell"]
    for by in (None, "channel", "segment", "kind"):
        for _, group in leads.groupby(by, observed=True) if by else [("all", leads)]:
            for arm, share in zip(ARMS, (0.3, 0.3, 0.4), strict=True):
                chance = np.sqrt(share * (1 - share) / len(group))
                assert abs((group["arm"] == arm).mean() - share) < 5 * chance + 1 / len(group)


def test_an_upsold_deal_is_in_its_customers_arm(seed: int) -> None:
    leads = simulated(seed).leads
    sold = leads[leads["kind"] == "upsell"]
    parents = leads.loc[sold["parent"], "arm"]
    assert len(sold) > 0
    assert (sold["arm"].to_numpy() == parents.to_numpy()).all()


def test_a_hold_out_gets_nothing(seed: int) -> None:
    journal = simulated(seed)
    held_out = journal.leads.index[journal.leads["arm"] == "hold-out"]
    assert not journal.messages["lead"].isin(held_out).any()
    assert not journal.leads.loc[held_out, "member"].any()
    assert not journal.points["customer"].isin(held_out).any()
    assert (journal.orders.loc[journal.orders["lead"].isin(held_out), "discount"] == 0).all()
    assert (journal.leads.loc[held_out, "recovered"] > 0).any()  # those who come anyway


# --- without simulation, and from the middle of business -------------------------------------


def test_describe_is_the_mean_of_simulations(seed: int) -> None:
    """Each lead is won by itself, so sales are Poisson: as many as expected, but for that."""
    parts = ("name", "channels", "segments", "arms", "stages", "order")
    tables = {name: SHOP[name] for name in parts} | {"horizon": "10 days"}
    scenario = fs.Scenario(**tables).vary({"stages.Basket.recovery.discount": 0.0})
    n = 40
    said = fs.describe(scenario).totals["value"]
    seen = fs.replicate(scenario, n, seed=seed, progress=False).table[["customers", "revenue"]]
    assert abs(seen["customers"].mean() - said["sales"]) < 4.5 * np.sqrt(said["sales"] / n)
    paid = 80 * 1.25  # at most; the variance of a Poisson sum is at most that of its largest
    assert abs(seen["revenue"].mean() - said["revenue"]) < 4.5 * paid * np.sqrt(said["sales"] / n)
    mix = sum(
        arm.share * fs.describe(scenario.all_in(arm.name)).totals["value"]["sales"]
        for arm in scenario.arms
    )
    assert said["sales"] == pytest.approx(mix, rel=1e-9)


def test_a_state_may_name_the_arm(shop: fs.Scenario, seed: int) -> None:
    deals = {"stage": ["Basket"] * 3, "days_in_stage": 0.0, "arm": ["new page", "hold-out", None]}
    customers = {"days_since_last_order": [1.0], "orders": [1], "arm": ["hold-out"]}
    start = fs.State(pd.DataFrame(deals), pd.DataFrame(customers))
    journal = fs.simulate(shop, seed, initial=start, progress=False)
    there = journal.leads[journal.leads["kind"].isin(["open deal", "customer"])]
    assert {"new page", "hold-out"} <= set(there["arm"])
    assert (there["arm"][there["kind"] == "customer"] == "hold-out").all()
    with pytest.raises(FunnelSimError, match="there is no such arm"):
        fs.simulate(shop, seed, initial=fs.State(pd.DataFrame(deals | {"arm": "new"})))
    cut = simulated(seed).state(20.0)
    assert set(cut.deals["arm"]) | set(cut.customers["arm"]) <= set(ARMS)
    again = fs.simulate(shop, seed, initial=cut, progress=False).leads
    there = again[again["kind"] == "open deal"]
    assert sorted(there["arm"]) == sorted(cut.deals["arm"])


def test_tables_by_arm(seed: int) -> None:
    journal = simulated(seed)
    overall = fs.funnel_by(journal, "arm").xs("overall", level="stage")
    bought = journal.leads["outcome"] == "customer"
    for arm in ARMS:
        here = journal.leads["arm"] == arm
        assert tuple(overall.loc[arm, ["entered", "advanced"]]) == (
            here.sum(),
            (here & bought).sum(),
        )
    assert set(fs.order_rates(journal, by="arm").index) >= set(ARMS)
