"""What customers do after their first order, worked out by hand for both engines."""

from __future__ import annotations

from typing import Any

import pytest
from by_hand import (
    NEVER_SELLS,
    SHIPPING,
    constant,
    history,
    members,
    order,
    payment,
    returns_after,
    second_order,
    we_miss_you,
)
from everyone_buys import everyone_buys

import funnelsim as fs
from funnelsim.engines.draws import order_draws


@pytest.fixture(params=["process", "columns"])
def engine(request: pytest.FixtureRequest) -> str:
    return str(request.param)


# --- coming back ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("probability", "dropout_after", "orders"),
    [(0, "first order", 1), (0, "first repeat", 2), (1, "first order", 5)],
)
def test_the_coin_falls_after_each_order(
    seed: int, engine: str, probability: float, dropout_after: str, orders: int
) -> None:
    retention = returns_after("10 days", probability)["retention"]
    retention["dropout_after"] = dropout_after
    assert len(history(seed, engine, 49, retention=retention).orders) == orders


def test_who_always_comes_back_orders_until_the_horizon(seed: int, engine: str) -> None:
    life = history(seed, engine, 300, **returns_after("1 day"))
    assert life.orders["placed"].tolist() == list(range(301))
    assert life.orders["number"].tolist() == list(range(1, 302))


def test_a_win_back_comes_in_place_of_the_pending_order(seed: int, engine: str) -> None:
    """Every 100 days; the offer on day 30 is taken, and the next follows 100 days after that."""
    life = history(
        seed, engine, 239, **returns_after("100 days"), campaigns=[we_miss_you("30 days", 1, 0.1)]
    )
    assert life.messages == [(30, True)]  # once, though the customer is quiet as long again
    assert life.orders["placed"].tolist() == [0, 30, 30 + 100, 130 + 100]
    assert life.orders["discount"].tolist() == [0, 0.1 * 80, 0, 0]
    assert life.orders["contribution"].tolist() == [80 - 48, 72 - 48, 80 - 48, 80 - 48]


def test_a_win_back_that_is_not_accepted_leaves_the_pending_order(seed: int, engine: str) -> None:
    life = history(
        seed, engine, 239, **returns_after("100 days"), campaigns=[we_miss_you("30 days", 0, 0.1)]
    )
    assert life.messages == [(30, False)]
    assert life.orders["placed"].tolist() == [0, 100, 200]
    assert (life.orders["discount"] == 0).all()


def test_a_win_back_reaches_those_who_have_dropped_out(seed: int, engine: str) -> None:
    life = history(
        seed,
        engine,
        100,
        **returns_after("10 days", probability=0),
        **members({"discount": 0.15}),
        campaigns=[we_miss_you("30 days", 1, 0.1)],
    )
    assert life.orders["placed"].tolist() == [0, 30]
    assert life.orders["discount"].tolist() == [0.15 * 80, 0.15 * 80]  # the tier's is larger


@pytest.mark.parametrize("after", ["30 days", "31 days"])
def test_who_orders_in_time_gets_no_win_back(seed: int, engine: str, after: str) -> None:
    """To the very moment: the order comes first."""
    life = history(seed, engine, 100, **returns_after("30 days"), campaigns=[we_miss_you(after, 1)])
    assert life.messages == []
    assert life.orders["placed"].tolist() == [0, 30, 60, 90]


def test_a_win_back_waits_until_the_order_is_closed(seed: int, engine: str) -> None:
    """Closed on day 4, after the win-back's two days are over."""
    life = history(
        seed,
        engine,
        20,
        **order(payments=payment()),
        **returns_after("10 days", probability=0),
        campaigns=[we_miss_you("2 days", 1)],
    )
    assert life.messages == [(4, True)]
    assert life.orders["placed"].tolist() == [0, 4]


def test_detractors_get_a_win_back_and_never_accept(seed: int, engine: str) -> None:
    life = history(
        seed,
        engine,
        100,
        **returns_after("10 days"),
        satisfaction={"promoter": 0, "detractor": 1},
        campaigns=[we_miss_you("30 days", 1), second_order("20 days")],
    )
    assert len(life.orders) == 1
    assert life.messages == [(0, False), (30, False)]


def test_a_campaign_takes_no_credit_for_those_who_come_anyway(seed: int, engine: str) -> None:
    life = history(seed, engine, 25, **returns_after("10 days"), campaigns=[second_order("5 days")])
    assert life.orders["placed"].tolist() == [0, 10, 20]
    assert life.messages == [(0, False), (10, False), (20, False)]


def test_a_campaign_tips_the_coin_of_each_order(seed: int, engine: str) -> None:
    """Nobody comes back unasked; all do because of it, some time within the hour."""
    campaign = second_order("1 h") | {"odds_ratio": 1e24}
    journal = fs.simulate(
        everyone_buys(
            20, 2, **returns_after("30 days", probability=NEVER_SELLS), campaigns=[campaign]
        ),
        seed,
        engine=engine,
    )
    orders = journal.orders
    since = orders.groupby("customer")["placed"].diff().dropna()
    assert len(since) > len(journal.leads) and (since <= 1 / 24).all()
    assert journal.messages["accepted"].all() and len(journal.messages) == len(orders)


# --- tiers ------------------------------------------------------------------------------------

GOLD = {"from_spend": 155, "discount": 0.05}


def test_a_tier_is_read_from_the_kept_orders_of_the_period_before(seed: int, engine: str) -> None:
    """Every 10 days 80, or 76 in gold: what counts are the orders of the 25 days before."""
    life = history(
        seed, engine, 55, **returns_after("10 days"), **members({}, GOLD, period="25 days")
    )
    spent = [0, 80, 80 + 80, 80 + 76, 76 + 76, 76 + 80]  # 152 on day 40: the third is too old
    tiers = ["tier 1" if amount >= 155 else "tier 0" for amount in spent]
    assert tiers == ["tier 0", "tier 0", "tier 1", "tier 1", "tier 0", "tier 1"]
    assert life.orders["tier"].tolist() == tiers
    assert life.orders["paid"].tolist() == [80, 80, 76, 76, 80, 76]


def test_an_order_a_whole_period_old_counts_no_more(seed: int, engine: str) -> None:
    life = history(
        seed,
        engine,
        25,
        **returns_after("10 days"),
        **members({}, {"from_spend": 80}, period="10 days"),
    )
    assert life.orders["tier"].tolist() == ["tier 0", "tier 0", "tier 0"]


def test_a_tier_is_reached_by_spending_exactly_its_amount(seed: int, engine: str) -> None:
    life = history(seed, engine, 25, **returns_after("10 days"), **members({}, {"from_spend": 160}))
    assert life.orders["tier"].tolist() == ["tier 0", "tier 0", "tier 1"]


def test_below_all_tiers_a_member_has_none_and_earns_all_the_same(seed: int, engine: str) -> None:
    gold = {"from_spend": 80, "points_factor": 1.5, "free_shipping_from": 0}
    life = history(
        seed,
        engine,
        15,
        **returns_after("10 days"),
        **order(**SHIPPING),
        **members(gold, points_per_unit=1),
    )
    assert life.orders["tier"].isna().tolist() == [True, False]
    assert life.orders["paid"].tolist() == [80 + 4, 80]
    assert life.orders["points_earned"].tolist() == [84, 80 * 1.5]


def test_a_tier_s_odds_ratio_holds_for_the_coin_of_an_order_placed_in_it(
    seed: int, engine: str
) -> None:
    """Silver comes back for sure, gold as good as never: the order that reaches it is the last."""
    silver, gold = {"repeat_odds_ratio": 1e24}, {"from_spend": 160, "repeat_odds_ratio": 1e-24}
    life = history(seed, engine, 55, **returns_after("10 days", 0.5), **members(silver, gold))
    assert life.orders["tier"].tolist() == ["tier 0", "tier 0", "tier 1"]


# --- points -----------------------------------------------------------------------------------


def points(changed: dict[str, Any], price: float = 80.5) -> dict[str, Any]:
    """Members who order for 80.50 every ten days and redeem whenever they may."""
    terms = {"points_per_unit": 1, "point_value": 0.03, "redeem_probability": 1, **changed}
    return members({}, **terms) | returns_after("10 days") | order(value={"constant": price})


@pytest.mark.parametrize(
    ("per_unit", "factor", "price", "earned"),
    [
        (1, 1, 80.99, 80),
        (1, 1.5, 80.5, 120),  # 120.75
        (0.1, 1, 9.99, 0),
        (0.57, 1, 100, 57),  # 56.99999999999999 in floating point
        (1.1, 1, 29, 31),  # 31.9
    ],
)
def test_points_are_rounded_down(
    seed: int, engine: str, per_unit: float, factor: float, price: float, earned: int
) -> None:
    life = history(
        seed,
        engine,
        5,
        **order(value={"constant": price}),
        **members({"points_factor": factor}, points_per_unit=per_unit),
    )
    assert life.orders["points_earned"].tolist() == [earned]
    assert life.points == ([(0, "earned", earned)] if earned else [])


def test_points_are_earned_when_the_order_is_closed(seed: int, engine: str) -> None:
    life = history(seed, engine, 10, **members({}, points_per_unit=1), **order(payments=payment()))
    assert life.points == [(4, "earned", 80)]


def test_points_are_redeemed_from_a_balance_on_and_all_at_once(seed: int, engine: str) -> None:
    """80 points an order: 240 before the fourth; what is redeemed earns nothing."""
    life = history(seed, engine, 45, **points({"redeem_from": 200}))
    assert life.orders["points_redeemed"].tolist() == [0, 0, 0, 3 * 80, 0]
    assert life.orders["paid"].tolist() == [80.5, 80.5, 80.5, 80.5 - 240 * 0.03, 80.5]
    assert life.orders["points_earned"].tolist() == [80, 80, 80, 73, 80]  # 73.30
    fourth = life.orders["contribution"].tolist()[3]
    assert fourth == pytest.approx(80.5 - 7.2 - 0.6 * 80.5)


def test_points_are_redeemed_at_a_balance_of_exactly_the_least(seed: int, engine: str) -> None:
    life = history(seed, engine, 15, **points({"redeem_from": 80}))
    assert life.orders["points_redeemed"].tolist() == [0, 80]


def test_a_redemption_pays_at_most_what_is_left_after_the_discount(seed: int, engine: str) -> None:
    """161 points of 1.00 for 80.50: 80 are redeemed of the balance, as long as there are so many.

    161 - 80 = 81, and 1 for the 50 cents that were paid; 82 - 80 + 1 = 3; then all 3.
    """
    life = history(seed, engine, 35, **points({"points_per_unit": 2, "point_value": 1}))
    assert life.orders["points_redeemed"].tolist() == [0, 80, 80, 3]
    assert life.orders["paid"].tolist() == [80.5, 0.5, 0.5, 80.5 - 3]
    assert life.orders["points_earned"].tolist() == [161, 1, 1, 2 * 77 + 1]  # 2 × 77.50 = 155

    tenth_off = points({"points_per_unit": 2, "point_value": 1})
    tenth_off["loyalty"]["tiers"] = [{"name": "silver", "discount": 0.1}]
    second = history(seed, engine, 15, **tenth_off).orders.iloc[1]
    # 8.05 off leaves 72.45, which had earned 144; 72 of them are redeemed
    assert second[["discount", "points_redeemed", "paid"]].tolist() == [8.05, 72, 0.45]


def test_points_expire_first_in_first_out(seed: int, engine: str) -> None:
    life = history(seed, engine, 39, **points({"redeem_from": 1_000, "expires_after": "25 days"}))
    assert life.points == [
        (0, "earned", 80), (10, "earned", 80), (20, "earned", 80), (25, "expired", 80),
        (30, "earned", 80), (35, "expired", 80),
    ]  # fmt: skip


@pytest.mark.parametrize(("days", "expired"), [(10, [10, 20]), (20, [20])])
def test_what_expires_at_the_moment_of_an_order_is_not_redeemed(
    seed: int, engine: str, days: int, expired: list[int]
) -> None:
    """After 10 days nothing is left; after 20 the second order's 80 are, too few for the third."""
    terms = {"redeem_from": 100 if days == 20 else 1, "expires_after": f"{days} days"}
    life = history(seed, engine, 29, **points(terms))
    assert life.orders["points_redeemed"].tolist() == [0, 0, 0]
    assert [time for time, kind, _ in life.points if kind == "expired"] == expired
    assert sum(number for _, kind, number in life.points if kind == "expired") == 80 * len(expired)


def test_the_oldest_points_are_redeemed_first(seed: int, engine: str) -> None:
    """Expiry after 15 days, at most 80 a time: what is left of a lot expires, and no more."""
    terms = {"points_per_unit": 2, "point_value": 1, "expires_after": "15 days"}
    life = history(seed, engine, 36, **points(terms))
    assert life.points == [
        (0, "earned", 161),
        (10, "redeemed", 80), (10, "earned", 1),  # of the 161
        (15, "expired", 161 - 80),
        (20, "redeemed", 1), (20, "earned", 2 * 79 + 1),  # all there is: 2 × 79.50 = 159
        (30, "redeemed", 80), (30, "earned", 1),  # on day 25 nothing was left to expire
        (35, "expired", 159 - 80),
    ]  # fmt: skip


def test_who_does_not_enrol_earns_nothing(seed: int, engine: str) -> None:
    terms = points({"enrolment": 0})
    life = history(seed, engine, 15, **terms)
    assert life.points == [] and (life.orders["paid"] == 80.5).all()
    assert life.orders["tier"].isna().all()


# --- upsell and referral ----------------------------------------------------------------------


def test_an_upsold_order_is_a_deal_of_its_own(seed: int, engine: str) -> None:
    """It belongs to the customer, at its own price; no tier, no points, no message, no coin."""
    upsell = {
        "probability": 1, "delay": constant("10 days"), "enters": "Interest",
        "order_value_factor": 1.5,
    }  # fmt: skip
    life = history(
        seed,
        engine,
        29,
        **members({"discount": 0.1}, points_per_unit=1),
        **returns_after("5 days", probability=0),
        upsell=upsell,
        campaigns=[second_order("20 days"), we_miss_you("20 days", 0)],
    )
    assert life.orders["number"].tolist() == [1, 2, 3]
    assert life.orders["placed"].tolist() == [0, 10, 20]
    assert life.orders["value"].tolist() == [80, 80 * 1.5, 80 * 1.5]
    assert life.orders["paid"].tolist() == [72, 120, 120]
    assert life.orders["points_earned"].tolist() == [72, 0, 0]
    assert life.messages == [(0, False), (20, False)]


def test_children_arrive_after_the_order_is_closed_at_the_stage_they_enter(
    seed: int, engine: str
) -> None:
    """Closed on day 4; ten days later the customer enters the second stage."""
    scenario = everyone_buys(
        20,
        16,
        stages=[
            {"name": "Interest", "conversion": 1},
            {"name": "Desire", "conversion": 1},
            {"name": "Action"},
        ],
        **order(payments=payment()),
        upsell={"probability": 1, "delay": constant("10 days"), "enters": "Desire"},
    )
    journal = fs.simulate(scenario, seed, engine=engine)
    leads = journal.leads
    upsold = leads[leads["kind"] == "upsell"]
    parents = leads.loc[upsold["parent"]]
    assert len(upsold) == (leads["kind"] == "new").sum()
    after = upsold["arrived"].to_numpy() - parents["arrived"].to_numpy()
    assert set(after.round(6)) == {4 + 10}
    assert upsold["entered_Interest"].isna().all()
    assert (upsold["entered_Desire"] == upsold["arrived"]).all()


# --- without end --------------------------------------------------------------------------------


@pytest.mark.parametrize("loyalty", [None, {"enrolment": 0.5}])
def test_orders_without_end_are_refused_before_all_are_drawn(
    seed: int, engine: str, loyalty: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A customer in sixteen tells as much as all of them, and two million orders sooner."""
    drawn, draw = [], order_draws._orders

    def counted(*given: Any) -> Any:
        orders = draw(*given)
        drawn.append(len(orders.rows))
        return orders

    monkeypatch.setattr(order_draws, "_orders", counted)
    retention = {"repeat_probability": 1.0, "gap": {"constant": "10 min"}}
    cafe = everyone_buys(200, 365, retention=retention, loyalty=loyalty)
    with pytest.raises(fs.FunnelSimError, match="orders more than 10,000 times before the hor"):
        fs.simulate(cafe, seed, engine=engine, progress=False)
    assert sum(drawn) <= order_draws.FEW * order_draws.MOST_ORDERS
