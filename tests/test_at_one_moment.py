"""What happens at one moment is told in the order in which it happens: points, messages, events."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from eventful_lives import lives
from hypothesis import given, settings
from hypothesis import strategies as st
from some_states import Business, with_a_state
from tied_scenarios import tied_tables
from worked_out_again import exactly, rows

import funnelsim as fs
from funnelsim.errors import FunnelSimError

ENGINES = ("process", "columns")
quick = settings(max_examples=60)


def simulate(tables: dict[str, Any], seed: int, engine: str, **more: Any) -> fs.Journal:
    return fs.simulate(fs.Scenario(**tables), seed, engine=engine, progress=False, **more)


def follow_the_points(journal: fs.Journal) -> int:
    """Plays the table of points from top to bottom; returns how many rows share a moment.

    At each row the account holds what the model says that it holds then: what is redeemed is all
    that is there, at most what is to be paid; what expires is what is left of that age.
    """
    loyalty = journal.scenario.loyalty
    assert loyalty is not None
    lives_for = loyalty.expires_after or 2**62
    orders = rows(journal, "orders")
    placed = {(o["lead"], o["placed"], o["points_redeemed"]): o for o in orders}
    accounts: dict[int, list[list[int]]] = {}  # of each member: [expires, points], oldest first
    before, shared = (-1, -1), 0
    for row in rows(journal, "points"):
        moment = (row["time"], row["customer"])
        assert moment >= before
        shared += moment == before
        before = moment
        lots = accounts.setdefault(row["customer"], [])
        kind = ("earned", "redeemed", "expired")[row["kind"]]
        if kind == "earned":
            lots.append([row["time"] + lives_for, row["points"]])
        elif kind == "expired":
            assert sum(left for expires, left in lots if expires == row["time"]) == row["points"]
            lots[:] = [lot for lot in lots if lot[0] != row["time"]]
        else:
            assert all(expires > row["time"] for expires, _ in lots)  # they expire first
            order = placed[row["customer"], row["time"], row["points"]]
            to_pay = order["value"] - order["discount"]
            most = to_pay // (exactly(loyalty.point_value) * 100)
            balance = sum(left for _, left in lots)
            assert row["points"] == min(balance, most)
            assert balance >= loyalty.redeem_from
            still = row["points"]
            for lot in lots:
                used = min(still, lot[1])
                lot[1], still = lot[1] - used, still - used
            lots[:] = [lot for lot in lots if lot[1]]
    return shared


def shop(**parts: Any) -> dict[str, Any]:
    """All buy at once for 10, all are members, and all redeem whatever they have."""
    return {
        "name": "shop",
        "horizon": "20 days",
        "channels": [{"name": "web", "leads_per_day": 2}],
        "stages": [{"name": "Interest", "conversion": 1.0}, {"name": "Action"}],
        "order": {"value": {"constant": 10}},
        "retention": {"repeat_probability": 1.0, "gap": {"constant": "24 h"}},
        "loyalty": {
            "enrolment": 1.0,
            "points_per_unit": 1.0,
            "point_value": 0.1,
            "redeem_from": 1,
            "redeem_probability": 1.0,
        },
        **parts,
    }


def kinds_of_the_first(journal: fs.Journal) -> list[tuple[float, str, int]]:
    """Of the first member: days since the first order, kind and points of each row."""
    points = journal.points
    mine = points[points["customer"] == points["customer"].iloc[0]]
    days = (mine["time"] - mine["time"].iloc[0]).round(6)
    return list(zip(days, mine["kind"].astype(str), mine["points"], strict=True))


@pytest.mark.parametrize("engine", ENGINES)
def test_an_order_redeems_before_it_earns(engine: str) -> None:
    """Closed at once: 10 points for the first, all used for the second, which then brings 9."""
    story = kinds_of_the_first(simulate(shop(), 1, engine))
    assert story[:5] == [
        *((0, "earned", 10), (1, "redeemed", 10), (1, "earned", 9)),
        *((2, "redeemed", 9), (2, "earned", 9)),
    ]


@pytest.mark.parametrize("engine", ENGINES)
def test_points_expire_before_an_order_redeems(engine: str) -> None:
    """They live for two days, and an order comes each day; half of them redeem nothing."""
    tables = shop(horizon="40 days")
    tables["loyalty"] |= {"expires_after": "48 h", "redeem_probability": 0.5}
    journal = simulate(tables, 1, engine)
    assert follow_the_points(journal) > 0
    seen = set()
    points = journal.points
    for _, at_once in points.groupby(["customer", "time"])["kind"]:
        seen.add(tuple(at_once))
    assert {
        ("expired", "redeemed", "earned"),
        ("expired", "earned"),
        ("redeemed", "earned"),
    } <= seen
    assert not any(
        kinds.index("earned") < kinds.index(other)
        for kinds in seen
        for other in {"redeemed", "expired"} & set(kinds)
        if "earned" in kinds
    )


@pytest.mark.parametrize("engine", ENGINES)
def test_an_order_at_the_moment_of_closing_may_redeem_what_was_earned_just_then(
    engine: str,
) -> None:
    """The order takes two days, and the win-back offer, due after one, comes when it is closed."""
    paid = {"name": "card", "share": 1.0, "statuses": [["new", {"constant": "48 h"}],
                                                       ["there", {"constant": "0 h"}]]}  # fmt: skip
    miss = {"name": "miss you", "kind": "win-back", "after": "24 h", "probability": 1.0}
    tables = shop(order={"value": {"constant": 10}, "payments": [paid]}, campaigns=[miss])
    tables["retention"]["repeat_probability"] = 0.0
    story = kinds_of_the_first(simulate(tables, 1, engine))
    assert story == [(0, "earned", 10), (0, "redeemed", 10), (2, "earned", 9)]


@pytest.mark.parametrize("engine", ENGINES)
def test_several_orders_at_one_moment_come_one_after_the_other(engine: str, seed: int) -> None:
    """Half of the gaps are none at all."""
    gap = {"empirical": {"values": ["0 h", "24 h"], "weights": [1, 1]}}
    tables = shop(retention={"repeat_probability": 0.9, "gap": gap})
    tables["loyalty"]["expires_after"] = "24 h"
    journal = simulate(tables, seed, engine)
    assert follow_the_points(journal) > 100


@quick
@given(with_a_state(st.one_of(lives(loyal=True), tied_tables())), st.integers(0, 2**32))
@pytest.mark.parametrize("engine", ENGINES)
def test_the_table_of_points_can_be_played_from_top_to_bottom(
    engine: str, business: Business, seed: int
) -> None:
    tables, initial = business
    if "loyalty" not in tables:
        return
    try:
        journal = simulate(tables, seed, engine, initial=initial)
    except FunnelSimError as error:
        assert "avalanche" in str(error)
        return
    follow_the_points(journal)


# --- messages and events ------------------------------------------------------------------------


THANKS = {"name": "thanks", "kind": "post-purchase", "within": "3 days", "odds_ratio": 1.0}
MISS = {"name": "miss you", "kind": "win-back", "after": "24 h", "probability": 1.0}


@pytest.mark.parametrize("campaigns", [[THANKS, MISS], [MISS, THANKS]], ids=["as they come", "not"])
@pytest.mark.parametrize("engine", ENGINES)
def test_who_is_thanked_and_won_back_at_one_moment(
    engine: str, campaigns: list[dict[str, Any]]
) -> None:
    """Two days to delivery: then thanks, the offer due since a day, and the order it brings."""
    paid = {"name": "card", "share": 1.0, "statuses": [["new", {"constant": "48 h"}],
                                                       ["there", {"constant": "0 h"}]]}  # fmt: skip
    tables = shop(order={"value": {"constant": 10}, "payments": [paid]}, campaigns=campaigns)
    tables["retention"]["repeat_probability"] = 0.0
    journal = simulate(tables, 1, engine)
    first = journal.leads["lead"].iloc[0]
    sent = journal.messages[journal.messages["lead"] == first]["name"].astype(str).tolist()
    assert sent == ["thanks", "miss you", "thanks"]
    log = journal.events
    assert log[log["case"] == first]["activity"].tolist() == [
        *("enters Interest", "enters Action", "order 1"),
        *("message, thanks", "message, miss you", "order 2"),
        "message, thanks",
    ]


@pytest.mark.parametrize("engine", ENGINES)
def test_a_message_about_an_order_follows_it(engine: str, seed: int) -> None:
    """Orders are closed at once, half of the gaps are none at all: all at one moment."""
    gap = {"empirical": {"values": ["0 h", "24 h"], "weights": [1, 1]}}
    retention = {"repeat_probability": 0.8, "gap": gap}
    journal = simulate(shop(retention=retention, campaigns=[MISS, THANKS]), seed, engine)
    assert (np.diff(journal.orders.sort_values(["customer", "number"])["placed"]) == 0).any()
    for _, story in journal.events.groupby("case")["activity"]:
        orders = 0
        for activity in story:
            if activity.startswith("order "):
                orders += 1
                assert activity == f"order {orders}"
                thanked = False
            elif activity == "message, thanks":
                assert orders and not thanked
                thanked = True
            elif activity == "message, miss you":
                assert thanked
