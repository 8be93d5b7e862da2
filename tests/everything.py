"""One business in which everything happens that figures speak of: for tests that count by hand."""

from __future__ import annotations

from typing import Any

import funnelsim as fs

TABLES: dict[str, Any] = {
    "name": "everything",
    "start": "2027-01-04",
    "horizon": "200 days",
    "warm_up": "30 days",
    "channels": [
        {"name": "ads", "leads_per_day": 12, "cost_per_lead": 1.25, "commission": 0.05},
        {
            "name": "search",
            "impressions_per_day": 400,
            "click_through_rate": 0.02,
            "cost_per_click": 0.4,
            "cost_per_day": 3,
            "cost_per_sale": 2.2,
            "weekdays": [1, 1, 1, 1, 1, 0.5, 0.5],
        },
        {"name": "word of mouth", "leads_per_day": 2, "odds_ratio": 2.0},
    ],
    "arms": [
        {"name": "as it is", "share": 0.6},
        {"name": "new page", "share": 0.3, "odds_ratio": {"Desire": 1.2}},
        {"name": "hold-out", "share": 0.1, "without": ["recovery", "campaigns", "loyalty"]},
    ],
    "teams": [{"name": "sales", "reps": 2, "cost_per_rep_day": 40, "open": "Mon-Fri 08:00-18:00"}],
    "stages": [
        {
            "name": "Interest",
            "conversion": 0.5,
            "decision_time": {"exponential": {"mean": "8 h"}},
            "follow_up": {
                "team": "sales",
                "handling_time": {"constant": "20 min"},
                "patience": {"exponential": {"mean": "3 days"}},
            },
            "recovery": {"probability": 0.2, "cost": 0.3, "discount": 0.05},
        },
        {
            "name": "Desire",
            "conversion": 0.6,
            "decision_time": {"exponential": {"mean": "2 days"}},
            "loss_time": {"exponential": {"mean": "4 days"}},
            "silent": 0.1,
            "drop_after": "9 days",
        },
        {"name": "Action"},
    ],
    "order": {
        "value": {"lognormal": {"mean": 60, "cv": 0.7}},
        "margin": 0.5,
        "shipping_cost": 3.0,
        "shipping_fee": 2.0,
        "payments": [
            {
                "name": "cash",
                "share": 1.0,
                "statuses": [
                    ("new", {"constant": "1 day"}),
                    ("sent", {"constant": "2 days"}),
                    ("delivered", {"constant": "4 days"}),
                ],
                "cancel_probability": 0.05,
                "refuse_probability": 0.08,
                "return_probability": 0.07,
            }
        ],
    },
    "retention": {
        "repeat_probability": {"beta": {"a": 2, "b": 1.5}},
        "gap": {"exponential": {"mean": "20 days"}},
    },
    "loyalty": {
        "enrolment": 0.6,
        "points_per_unit": 1.0,
        "point_value": 0.05,
        "redeem_from": 100,
        "redeem_probability": 0.5,
        "expires_after": "45 days",
        "cost_per_day": 2.5,
        "fee": 4.0,
        "period": "50 days",
    },
    "campaigns": [
        {
            "name": "again",
            "kind": "post-purchase",
            "within": "20 days",
            "odds_ratio": 1.3,
            "cost_per_send": 0.07,
        },
        {
            "name": "we miss you",
            "kind": "win-back",
            "after": "40 days",
            "probability": 0.2,
            "cost_per_send": 0.5,
        },
    ],
    "satisfaction": {"promoter": 0.4, "detractor": 0.2},
    "referral": {"invites": 0.7, "delay": {"constant": "5 days"}, "enters": "Desire", "reward": 7},
    "upsell": {"probability": 0.2, "delay": {"constant": "10 days"}, "enters": "Desire"},
    "life_stages": {"Loyalty": "repeat order", "Advocacy": "referral"},
}


def everything(**changes: Any) -> fs.Scenario:
    return fs.Scenario(**{**TABLES, **changes})


def simulated(seed: int, **changes: Any) -> fs.Journal:
    return fs.simulate(everything(**changes), seed, progress=False)
