"""What an order comes to, and the way it takes, worked out by hand for both engines."""

from __future__ import annotations

from typing import Any

import pytest
from by_hand import (
    NEVER_SELLS,
    SHIPPING,
    history,
    members,
    order,
    payment,
    returns_after,
    second_order,
    we_miss_you,
)
from everyone_buys import everyone_buys, first_day

import funnelsim as fs


@pytest.fixture(params=["process", "columns"])
def engine(request: pytest.FixtureRequest) -> str:
    return str(request.param)


# --- the sum of one order ---------------------------------------------------------------------


def came_back(discount: float) -> dict[str, Any]:
    """All are lost at first, and sold to by a message with a discount."""
    recovery = {"probability": 1, "discount": discount, "odds_ratio": 1e24}
    stage = {"name": "Interest", "conversion": NEVER_SELLS, "recovery": recovery}
    return {"stages": [stage, {"name": "Action"}]}


def offer(value: float, probability: float = 1) -> dict[str, Any]:
    return {
        "name": f"for {value * 100:.0f} cents",
        "probability": probability,
        "value": {"constant": value},
    }


FREE_FROM_72 = members({"discount": 0.1, "free_shipping_from": 72})
FREE_ABOVE_72 = members({"discount": 0.1, "free_shipping_from": 72.01})


@pytest.mark.parametrize(
    ("changed", "value", "discount", "paid", "contribution"),
    [
        pytest.param({}, 80, 0, 80, 80 - 0.6 * 80, id="margin"),
        pytest.param(order(margin=1), 80, 0, 80, 80, id="all margin"),
        pytest.param(
            order(offers=[offer(8), offer(2.5), offer(30, probability=0)]),
            80 + 8 + 2.5, 0, 90.5, 90.5 - 0.6 * 90.5, id="offers",
        ),
        pytest.param(
            {"segments": [{"name": "knows us", "share": 1, "order_value_factor": 1.2}]},
            80 * 1.2, 0, 96, 96 - 0.6 * 96, id="segment",
        ),
        pytest.param(
            order(offers=[offer(8)]) | members({"order_value_factor": 1.05}),
            80 * 1.05 + 8, 0, 92, 92 - 0.6 * 92, id="a tier's factor is on the basket alone",
        ),
        pytest.param(
            order(value={"constant": 79.99})
            | {"segments": [{"name": "knows us", "share": 1, "order_value_factor": 1.2}]}
            | members({"order_value_factor": 1.05, "discount": 0.1}),
            # 79.99 × 1.2 = 95.988, 95.99 × 1.05 = 100.7895; a tenth is 10.079, the goods 60.474
            100.79, 10.08, 100.79 - 10.08, 100.79 - 10.08 - 60.47, id="rounded to cents",
        ),
        pytest.param(members({"discount": 0.1}), 80, 8, 72, 72 - 48, id="a tier's discount"),
        pytest.param(came_back(0.1), 80, 8, 72, 72 - 48, id="a recovery's discount"),
        pytest.param(
            came_back(0.1) | members({"discount": 0.05}), 80, 0.1 * 80, 72, 72 - 48,
            id="the recovery's is larger",
        ),
        pytest.param(
            came_back(0.1) | members({"discount": 0.15}), 80, 0.15 * 80, 68, 68 - 48,
            id="the tier's is larger",
        ),
        pytest.param(
            order(offers=[offer(20)]) | members({"discount": 0.1}), 100, 0.1 * 100, 90, 90 - 60,
            id="a discount is on offers too",
        ),
        pytest.param(order(**SHIPPING), 80, 0, 80 + 4, 84 - 48 - 6, id="shipping"),
        pytest.param(
            order(**SHIPPING) | FREE_FROM_72, 80, 8, 72, 72 - 48 - 6, id="free shipping, just"
        ),
        pytest.param(
            order(**SHIPPING) | FREE_ABOVE_72, 80, 8, 72 + 4, 76 - 48 - 6,
            id="free shipping missed by a cent, after the discount",
        ),
        pytest.param(
            order(**SHIPPING) | {"channels": [first_day(20, 11, commission=0.05)]},
            80, 0, 84, 84 - 48 - 6 - 0.05 * 84, id="commission is on what is paid",
        ),
        pytest.param(
            order(**SHIPPING, payments=payment()), 80, 0, 84, 84 - 48 - 6, id="kept"
        ),
        pytest.param(
            order(**SHIPPING, payments=payment(cancel_probability=1)), 80, 0, 84, 0,
            id="cancelled",
        ),
        pytest.param(
            order(**SHIPPING, payments=payment(refuse_probability=1)), 80, 0, 84, -6,
            id="refused",
        ),
        pytest.param(
            order(**SHIPPING, payments=payment(return_probability=1)), 80, 0, 84, -6,
            id="returned",
        ),
        pytest.param(
            order(**SHIPPING, payments=payment(cancel_probability=1, return_probability=1)),
            80, 0, 84, 0, id="what is cancelled is not sent",
        ),
    ],
)  # fmt: skip
def test_the_sum_of_an_order(
    seed: int,
    engine: str,
    changed: dict[str, Any],
    value: float,
    discount: float,
    paid: float,
    contribution: float,
) -> None:
    first = history(seed, engine, 10, **changed).orders.iloc[0]
    found = first[["value", "discount", "paid", "contribution"]].tolist()
    assert found == pytest.approx([value, discount, paid, contribution], abs=1e-9)


# --- statuses ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("ends", "statuses", "closed"),
    [
        ({}, [("confirmed", 0), ("shipped", 1), ("delivered", 3)], 4),
        ({"cancel_probability": 1}, [("confirmed", 0), ("cancelled", 1)], 1),
        ({"refuse_probability": 1}, [("confirmed", 0), ("shipped", 1), ("refused", 3)], 3),
        (
            {"return_probability": 1},
            [("confirmed", 0), ("shipped", 1), ("delivered", 3), ("returned", 4)],
            4,
        ),
        (
            {"late": {"probability": 1, "delay": {"constant": "2 days"}}},
            [("confirmed", 0), ("shipped", 1), ("delivered", 3 + 2)],
            4 + 2,
        ),
        (
            {"late": {"probability": 1, "delay": {"constant": "2 days"}}, "cancel_probability": 1},
            [("confirmed", 0), ("cancelled", 1)],
            1,
        ),
        (
            {"late": {"probability": 1, "delay": {"constant": "2 days"}}, "refuse_probability": 1},
            [("confirmed", 0), ("shipped", 1), ("refused", 3 + 2)],
            3 + 2,
        ),
    ],
)
def test_the_way_of_an_order(
    seed: int,
    engine: str,
    ends: dict[str, Any],
    statuses: list[tuple[str, float]],
    closed: float,
) -> None:
    life = history(seed, engine, 10, **order(payments=payment(**ends)))
    assert life.statuses == statuses
    only = life.orders.iloc[0]
    assert (only["status"], only["closed"]) == (statuses[-1][0], closed)


@pytest.mark.parametrize("statuses", [[], [["handed over", {"constant": "1 day"}]]])
def test_a_method_of_payment_has_a_first_status_and_a_last(statuses: list[Any]) -> None:
    with pytest.raises(fs.ScenarioError, match="two statuses"):
        everyone_buys(20, 2, **order(payments=payment(statuses=statuses)))


def test_without_methods_of_payment_an_order_is_closed_at_once(seed: int, engine: str) -> None:
    life = history(seed, engine, 10)
    assert life.statuses == [] and life.orders["closed"].tolist() == [0]
    assert life.orders["status"].tolist() == ["closed"]


def test_the_gap_begins_when_the_order_is_closed(seed: int, engine: str) -> None:
    life = history(seed, engine, 40, **order(payments=payment()), **returns_after("10 days"))
    assert life.orders["placed"].tolist() == [0, 4 + 10, 14 + 4 + 10]


@pytest.mark.parametrize("end", ["cancel_probability", "refuse_probability", "return_probability"])
def test_an_order_that_is_not_kept_is_the_last(seed: int, engine: str, end: str) -> None:
    """No points, no message, no feeling, no child, no next order."""
    life = history(
        seed,
        engine,
        200,
        **order(payments=payment(**{end: 1})),
        **returns_after("10 days"),
        **members({}, points_per_unit=1),
        satisfaction={"promoter": 1, "detractor": 0},
        referral={"invites": 50, "enters": "Interest"},
        upsell={"probability": 1, "enters": "Interest"},
        campaigns=[second_order("20 days"), we_miss_you("30 days", 1)],
    )
    assert len(life.orders) == 1
    assert life.points == [] and life.messages == [] and life.children == 0
    assert life.orders["satisfaction"].isna().all()
