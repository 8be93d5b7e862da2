"""Scenarios whose customers have eventful lives that are short to simulate, for property tests.

Most leads buy and most customers come back; everything that may follow a sale is on or off.
Durations lie on a grid of hours, so that moments coincide.
"""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st
from some_scenarios import durations

from funnelsim.scenario import plain


@st.composite
def payments(draw: st.DrawFn) -> list[dict[str, Any]]:
    """None, one or two methods; every way to end."""
    ends = ("cancel_probability", "refuse_probability", "return_probability")
    methods = []
    for number in range(draw(st.integers(0, 2))):
        names = ["paid", "sent", "delivered"] if number else ["confirmed", "delivered"]
        method: dict[str, Any] = {
            "name": f"method {number}",
            "share": 0.5,
            "statuses": [[name, draw(durations(longest=48))] for name in names],
        }
        method |= {end: draw(st.sampled_from([0.0, 0.1, 0.4])) for end in ends}
        if draw(st.booleans()):
            late = {"probability": 0.5, "delay": draw(durations(longest=48))}
            method["late"] = late | {"notified": draw(st.booleans())}
        methods.append(method)
    if len(methods) == 1:
        methods[0]["share"] = 1.0
    return methods


@st.composite
def loyalty(draw: st.DrawFn) -> dict[str, Any]:
    programme: dict[str, Any] = {
        "enrolment": draw(st.sampled_from([0.6, 1.0])),
        "self_selection": draw(st.sampled_from([1.0, 2.0])),
        "points_per_unit": draw(st.sampled_from([0.57, 1.0, 1.1, 1.1, 0.0])),
        "point_value": draw(st.sampled_from([0.03, 0.03, 0.5, 2.0, 0.0])),
        "redeem_from": draw(st.sampled_from([1, 100, 150])),
        "cost_per_day": 15,
        "fee": draw(st.sampled_from([0, 3])),
        "period": draw(st.sampled_from(["12 days", "365 days"])),
    }
    if programme["points_per_unit"] and programme["point_value"]:
        programme["redeem_probability"] = draw(st.sampled_from([0.5, 1.0]))
    if draw(st.booleans()):
        programme["expires_after"] = draw(st.sampled_from(["3 days", "9 days", "20 days"]))
    names = draw(st.sampled_from([[], ["gold"], ["silver", "gold"]]))
    programme["tiers"] = [
        {
            "name": name,
            "from_spend": {"silver": 0, "gold": 150}[name],
            "repeat_odds_ratio": draw(st.sampled_from([0.5, 1.0, 3.0])),
            "order_value_factor": draw(st.sampled_from([1.0, 1.04])),
            "points_factor": draw(st.sampled_from([0.0, 1.0, 1.5])),
            "discount": draw(st.sampled_from([0.0, 0.04, 0.12])),
            "free_shipping_from": draw(st.sampled_from([None, 0, 90])),
        }
        for name in names
    ]
    return plain(programme)


CAMPAIGNS: list[dict[str, Any]] = [
    {
        "name": "second order", "kind": "post-purchase", "within": "5 days", "odds_ratio": 4,
        "cost_per_send": 0.05,
    },
    {
        "name": "we miss you", "kind": "win-back", "after": "6 days", "probability": 0.6,
        "discount": 0.08, "cost_per_send": 0.1,
    },
]  # fmt: skip
CHILDREN: dict[str, Any] = {
    "referral": {
        "invites": 0.4, "delay": {"constant": "36 h"}, "enters": "Desire", "odds_ratio": 2,
        "reward": 5,
    },
    "upsell": {
        "probability": 0.3, "delay": {"constant": "60 h"}, "enters": "Desire",
        "order_value_factor": 1.2,
    },
}  # fmt: skip


@st.composite
def lives(draw: st.DrawFn, children: bool = True, loyal: bool = False) -> dict[str, Any]:
    """The tables of a scenario in which most leads buy, and most customers come back."""
    value = st.sampled_from([{"constant": 79.99}, {"lognormal": {"mean": 80, "cv": 0.8}}])
    own = st.sampled_from([0.5, 0.9, 1.0, {"beta": {"a": 2.4, "b": 0.8}}])
    desire: dict[str, Any] = {"name": "Desire", "conversion": 0.7}
    tables: dict[str, Any] = {
        "name": "lives",
        "horizon": f"{draw(st.integers(5, 40))} days",
        "channels": [{"name": "web", "leads_per_day": 0.7, "cost_per_lead": 2.5}],
        "stages": [{"name": "Interest", "conversion": 0.9}, desire, {"name": "Action"}],
        "order": {
            "value": draw(value),
            "margin": 0.4,
            "shipping_cost": draw(st.sampled_from([0.0, 6.0])),
            "shipping_fee": draw(st.sampled_from([0.0, 4.0])),
            "payments": draw(payments()),
        },
        "retention": {
            "repeat_probability": draw(own),
            "gap": draw(durations(longest=240, shortest=12)),
            "dropout_after": draw(st.sampled_from(["first order", "first repeat"])),
        },
        "campaigns": [campaign for campaign in CAMPAIGNS if draw(st.booleans())],
    }
    tables["channels"][0]["commission"] = draw(st.sampled_from([0.0, 0.04]))
    tables["channels"][0]["cost_per_sale"] = draw(st.sampled_from([0.0, 7.31]))
    if draw(st.booleans()):
        offers = [{"name": "wrap", "probability": 0.5, "value": {"constant": 8}}]
        tables["order"]["offers"] = offers
    if draw(st.booleans()):
        desire["recovery"] = {"probability": 0.9, "discount": 0.08, "cost": 0.2}
    if draw(st.booleans()):
        tables["teams"] = [{"name": "sales", "reps": 1, "cost_per_rep_day": 110}]
        desire["follow_up"] = {"team": "sales", "handling_time": {"constant": "2 h"}}
    if draw(st.booleans()):
        tables["segments"] = [
            {"name": "one", "share": 0.5, "order_value_factor": 1.2, "repeat_odds_ratio": 2},
            {"name": "other", "share": 0.5},
        ]
    if loyal or draw(st.booleans()):
        tables["loyalty"] = draw(loyalty())
    if draw(st.booleans()):
        tables["satisfaction"] = {
            "promoter": 0.5,
            "detractor": 0.2,
            "late_follow_up": {"after": "1 h", "odds_ratio": 2},
            "late_delivery": {"after": "2 days", "odds_ratio": 2.5, "notified_odds_ratio": 1.4},
        }
        if children and draw(st.booleans()):
            tables["referral"] = CHILDREN["referral"]
    if children and draw(st.booleans()):
        tables["upsell"] = CHILDREN["upsell"]
    return tables
