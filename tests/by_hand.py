"""Customers whose whole history can be worked out by hand, since nothing is left to chance.

Probabilities are 0 or 1 and all amounts and times constant, so all customers of a scenario have
the same history, whatever the seed.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import pandas as pd
from everyone_buys import everyone_buys

import funnelsim as fs

NEVER_SELLS = 1e-12  # a conversion that odds ratios can still raise, as they cannot raise 0


class History(NamedTuple):
    """One customer's part of the tables; times are days since the first order."""

    orders: pd.DataFrame
    statuses: list[tuple[str, float]]  # of the first order
    points: list[tuple[float, str, int]]
    messages: list[tuple[float, bool]]
    children: int  # leads that the customer brings, by referral or upsell


def history(seed: int, engine: str, days: int, **changed: Any) -> History:
    """What each customer goes through within `days` from the first order."""
    journal = fs.simulate(everyone_buys(20, days + 1, **changed), seed, engine=engine)
    assert len(journal.leads)
    lives = [_of_one(journal, customer) for customer in journal.orders["customer"].unique()]
    for life in lives:
        pd.testing.assert_frame_equal(life.orders, lives[0].orders)
        assert life[1:] == lives[0][1:]
    return lives[0]


def _of_one(journal: fs.Journal, customer: int) -> History:
    orders = journal.orders[journal.orders["customer"] == customer]
    statuses = journal.statuses[journal.statuses["order"] == orders.index[0]]
    begin = orders["placed"].iloc[0]
    orders = orders.assign(placed=orders["placed"] - begin, closed=orders["closed"] - begin)
    points = journal.points[journal.points["customer"] == customer]
    messages = journal.messages[journal.messages["lead"] == customer]
    messages = messages[~messages["name"].astype(str).str.startswith("recovery")]
    return History(
        orders.drop(columns=["order", "lead", "customer"]).reset_index(drop=True).round(6),
        _rows(statuses["status"], statuses["entered"] - begin),
        _rows(points["time"] - begin, points["kind"], points["points"]),
        _rows(messages["sent"] - begin, messages["accepted"]),
        int((journal.leads["parent"] == customer).sum()),
    )


def _rows(*columns: Any) -> list[Any]:
    plain = (c.round(6) if c.dtype == float else c for c in columns)
    return list(zip(*(column.tolist() for column in plain), strict=True))


# --- parts of scenarios -----------------------------------------------------------------------

SHIPPING = {"shipping_fee": 4, "shipping_cost": 6}


def order(**changed: Any) -> dict[str, Any]:
    return {"order": {"value": {"constant": 80}, "margin": 0.4, **changed}}


def members(*tiers: dict[str, Any], **changed: Any) -> dict[str, Any]:
    """A programme that all customers join."""
    named = [{"name": f"tier {number}", **tier} for number, tier in enumerate(tiers)]
    return {"loyalty": {"enrolment": 1, "tiers": named, **changed}}


ON_DELIVERY = [
    ["confirmed", {"constant": "1 day"}],
    ["shipped", {"constant": "2 days"}],
    ["delivered", {"constant": "1 day"}],
]


def payment(**changed: Any) -> list[dict[str, Any]]:
    return [{"name": "on delivery", "share": 1, "statuses": ON_DELIVERY, **changed}]


def constant(time: str) -> dict[str, str]:
    return {"constant": time}


def returns_after(gap: str, probability: float = 1) -> dict[str, Any]:
    return {"retention": {"repeat_probability": probability, "gap": constant(gap)}}


def second_order(within: str) -> dict[str, Any]:
    return {"name": "second order", "kind": "post-purchase", "within": within, "odds_ratio": 2}


def we_miss_you(after: str, probability: float, discount: float = 0) -> dict[str, Any]:
    return {
        "name": "we miss you", "kind": "win-back", "after": after, "probability": probability,
        "discount": discount,
    }  # fmt: skip
