"""The customer's part of a generated scenario: orders, coming back, loyalty and the like."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

_probability = st.sampled_from([0.0, 0.05, 0.3, 0.5, 0.9, 1.0])
_odds = st.sampled_from([0.2, 1.0, 1.8, 5.0])
_hours = st.integers(0, 48).map(lambda h: f"{h} h")


@st.composite
def _lengths(draw: st.DrawFn) -> dict[str, Any]:
    """Mostly constants on a grid of hours, so that moments coincide."""
    if draw(st.booleans()):
        return {"constant": draw(_hours)}
    return {"exponential": {"mean": f"{draw(st.integers(1, 48))} h"}}


@st.composite
def _payment(draw: st.DrawFn, name: str, share: float) -> dict[str, Any]:
    names = ["waiting", "packed", "sent", "delivered"][: draw(st.integers(2, 4))]
    payment: dict[str, Any] = {
        "name": name,
        "share": share,
        "statuses": [[status, draw(_lengths())] for status in names],
        "cancel_probability": draw(st.sampled_from([0.0, 0.3])),
        "refuse_probability": draw(st.sampled_from([0.0, 0.3])),
        "return_probability": draw(st.sampled_from([0.0, 0.3])),
    }
    if draw(st.booleans()):
        late = {"probability": 0.5, "delay": draw(_lengths()), "notified": draw(st.booleans())}
        payment["late"] = late
    return payment


@st.composite
def _order(draw: st.DrawFn) -> dict[str, Any]:
    order: dict[str, Any] = {
        "value": draw(st.sampled_from([{"constant": 80}, {"lognormal": {"mean": 80, "cv": 0.8}}])),
        "margin": draw(st.sampled_from([0.0, 0.4, 1.0])),
    }
    if draw(st.booleans()):
        order |= {"shipping_cost": 6.0, "shipping_fee": 4.5}
        gift = {"name": "gift wrap", "probability": 0.4, "value": {"constant": 8.33}}
        order["offers"] = [gift]
    if draw(st.booleans()):
        shares = draw(st.sampled_from([[1.0], [0.7, 0.3]]))
        order["payments"] = [draw(_payment(f"way {n}", share)) for n, share in enumerate(shares)]
    return order


@st.composite
def _retention(draw: st.DrawFn) -> dict[str, Any]:
    gap = draw(
        st.sampled_from(
            [
                {"constant": "24 h"},
                {"uniform": {"low": "6 h", "high": "4 days"}},
                {"exponential": {"mean": "3 days"}},
                {"exponential": {"rate": {"gamma": {"shape": 0.5, "rate": 2.0}}}},
            ]
        )
    )
    among = {"beta": {"a": 1.2, "b": 0.8}}
    return {
        "repeat_probability": draw(st.one_of(_probability, st.just(among))),
        "gap": gap,
        "dropout_after": draw(st.sampled_from(["first order", "first repeat"])),
    }


@st.composite
def _loyalty(draw: st.DrawFn) -> dict[str, Any]:
    loyalty: dict[str, Any] = {
        "enrolment": draw(_probability),
        "self_selection": draw(st.sampled_from([0.5, 1.0, 3.0])),
        "points_per_unit": draw(st.sampled_from([0.1, 1.0, 3.3])),
        "point_value": draw(st.sampled_from([0.01, 0.03, 0.5])),
        "redeem_from": draw(st.sampled_from([0, 1, 100])),
        "redeem_probability": draw(_probability),
        "cost_per_day": 2.0,
        "fee": draw(st.sampled_from([0.0, 5.0])),
        "period": draw(st.sampled_from(["2 days", "10 days"])),
    }
    if draw(st.booleans()):
        loyalty["expires_after"] = draw(st.sampled_from(["24 h", "3 days", "20 days"]))
    silver = {"name": "silver", "repeat_odds_ratio": draw(_odds)}
    gold = {
        "name": "gold",
        "from_spend": draw(st.sampled_from([80, 160, 300])),
        "repeat_odds_ratio": draw(_odds),
        "order_value_factor": 1.05,
        "points_factor": 1.5,
        "discount": 0.05,
        "free_shipping_from": 76,
    }
    loyalty["tiers"] = draw(st.sampled_from([[], [silver], [silver, gold], [gold]]))
    return loyalty


@st.composite
def customer_tables(draw: st.DrawFn, stages: list[str]) -> dict[str, Any]:
    """The parts of a valid scenario from the order on; `stages` are those before the goal."""
    tables: dict[str, Any] = {"order": draw(_order()), "campaigns": []}
    if draw(st.booleans()):
        tables["retention"] = draw(_retention())
        if draw(st.booleans()):
            odds = draw(st.sampled_from([1.0, 3.0]))
            again = {"name": "again", "kind": "post-purchase", "within": "3 days"}
            tables["campaigns"].append({**again, "odds_ratio": odds, "cost_per_send": 0.05})
    if draw(st.booleans()):
        tables["loyalty"] = draw(_loyalty())
    if draw(st.booleans()):
        after = draw(st.sampled_from(["24 h", "2 days", "5 days"]))
        miss = {"name": "we miss you", "kind": "win-back", "after": after, "discount": 0.15}
        tables["campaigns"].append({**miss, "probability": draw(_probability)})
    if draw(st.booleans()):
        tables["satisfaction"] = {
            "promoter": draw(st.sampled_from([0.0, 0.4, 0.7])),
            "detractor": draw(st.sampled_from([0.0, 0.2, 0.3])),
            "late_follow_up": {"after": "2 h", "odds_ratio": 3.0},
            "late_delivery": {"after": "2 days", "odds_ratio": 2.5, "notified_odds_ratio": 1.4},
        }
        if draw(st.booleans()):
            enters = draw(st.sampled_from(stages))
            invites = 0.15 if "retention" in tables else 0.3  # no avalanche: see `_few_leads`
            tables["referral"] = {"invites": invites, "delay": draw(_lengths()), "enters": enters}
            tables["referral"] |= {"odds_ratio": draw(_odds), "reward": 5.0}
    if draw(st.booleans()):
        enters = draw(st.sampled_from(stages))
        again = 0.1 if "retention" in tables else 0.2
        upsell = {"probability": again, "delay": draw(_lengths()), "enters": enters}
        tables["upsell"] = {**upsell, "order_value_factor": 1.3}
    return tables
