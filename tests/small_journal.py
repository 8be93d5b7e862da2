"""A journal of six deals, written down by hand: what the tests of pipeline and groups count on.

day      0    2         5    6  8  9  10 12     15       20       30        40
deal 0   Lead Offer -------------------> Sale
deal 1    Lead Offer ----------> lost                    Offer --> Sale
deal 2        Lead Offer --------------------------------------------------> open
deal 3                  Lead lost
deal 4                       Lead -> Offer --> gone cold
deal 5                                          Offer (upsell of deal 0) ---> open
"""

from __future__ import annotations

from typing import Any

import numpy as np

import funnelsim as fs
from funnelsim.distributions import DAY
from funnelsim.journal import COLUMNS, statuses

SCENARIO = fs.Scenario(
    name="six deals",
    horizon="40 days",
    channels=[
        {"name": "web", "leads_per_day": 1, "labels": {"region": "north"}},
        {"name": "fair", "leads_per_day": 1},
    ],
    teams=[{"name": "sales", "reps": 2}, {"name": "nobody's", "reps": 1}],
    stages=[
        {"name": "Lead", "conversion": 0.5, "loss_reasons": {"no need": 1, "no budget": 1}},
        {"name": "Offer", "conversion": 0.5, "follow_up": {"team": "sales"}},
        {"name": "Sale"},
    ],
    order={
        "value": {"constant": 100},
        "payments": [
            {
                "name": "prepaid",
                "share": 1,
                "statuses": [["sent", {"constant": "1 day"}], ["delivered", {"constant": "0 h"}]],
            }
        ],
    },
)
WEB, FAIR = 0, 1
LEAD, OFFER, SALE = 0, 1, 2
ADVANCED, LOST, OPEN = 0, 1, 2
GONE_COLD, NO_NEED, NO_BUDGET, NOT_CONVINCED = 2, 3, 4, 5  # missed and not reached stand before

LEADS: list[dict[str, Any]] = [
    {"channel": WEB, "arrived": 0, "deal_value": 100},
    {"channel": WEB, "arrived": 1, "deal_value": 200},
    {"channel": FAIR, "arrived": 2, "deal_value": 400},
    {"channel": FAIR, "arrived": 5, "deal_value": 50},
    {"channel": FAIR, "arrived": 6, "deal_value": 80},
    {"channel": WEB, "arrived": 15, "deal_value": 300, "kind": 2, "parent": 0, "customer": 0},
]
_VISIT = ("lead", "stage", "attempt", "entered", "decided", "outcome", "reason")
VISITS: list[dict[str, Any]] = [
    dict(zip(_VISIT, row, strict=True))
    for row in [
        (0, LEAD, 0, 0, 2, ADVANCED, None),
        (0, OFFER, 0, 2, 10, ADVANCED, None),
        (0, SALE, 0, 10, 10, ADVANCED, None),
        (1, LEAD, 0, 1, 3, ADVANCED, None),
        (1, OFFER, 0, 3, 8, LOST, NOT_CONVINCED),
        (1, OFFER, 1, 20, 30, ADVANCED, None),
        (1, SALE, 0, 30, 30, ADVANCED, None),
        (2, LEAD, 0, 2, 4, ADVANCED, None),
        (2, OFFER, 0, 4, None, OPEN, None),
        (3, LEAD, 0, 5, 6, LOST, NO_NEED),
        (4, LEAD, 0, 6, 9, ADVANCED, None),
        (4, OFFER, 0, 9, 12, LOST, GONE_COLD),
        (5, OFFER, 0, 15, None, OPEN, None),
    ]
]
_CALL = ("lead", "attempt", "rep", "queued", "started", "finished", "reached", "outcome")
CALLS: list[dict[str, Any]] = [
    {"stage": OFFER, "call": 0, **dict(zip(_CALL, row, strict=True))}
    for row in [
        (0, 0, 1, 2, 3, 3.5, 1, 0),
        (1, 0, 1, 3, 4, 4.5, 1, 0),
        (1, 1, 2, 20, 22, 22.5, 1, 0),
        (2, 0, 2, 4, 5, 5.5, 1, 0),
        (4, 0, None, 9, None, None, 0, 2),
        (5, 0, 1, 15, 16, 16.5, 1, 0),
    ]
]
ORDERS: list[dict[str, Any]] = [
    {"lead": 0, "number": 1, "placed": 10, "value": 100, "paid": 100, "status": "delivered"},
    {"lead": 0, "number": 2, "placed": 20, "value": 60, "paid": 50, "status": "sent"},
    {"lead": 1, "number": 1, "placed": 30, "value": 200, "paid": 200, "status": "returned"},
]


def small_journal(
    scenario: fs.Scenario = SCENARIO,
    leads: list[dict[str, Any]] = LEADS,
    visits: list[dict[str, Any]] = VISITS,
    calls: list[dict[str, Any]] = CALLS,
    orders: list[dict[str, Any]] = ORDERS,
) -> fs.Journal:
    """Rows in days and currency as a journal; what a row does not name is 0, None is never."""
    leads = [{"key": n, "parent": None, "customer": n, **row} for n, row in enumerate(leads)]
    names = statuses(scenario)
    nothing = {"tier": None, "closed": None, "satisfaction": None}
    orders = [{**nothing, **row, "status": names.index(row["status"])} for row in orders]
    rows = {"leads": leads, "stage_visits": visits, "follow_ups": calls, "orders": orders}
    tables = {
        name: {column: _column(rows.get(name, []), column) for column in columns}
        for name, columns in COLUMNS.items()
    }
    return fs.Journal(scenario, 0, 0, "by hand", tables)


DAYS = {"arrived", "entered", "decided", "queued", "started", "finished", "placed", "closed"}
MONEY = {"deal_value", "value", "discount", "paid"}


def _column(rows: list[dict[str, Any]], name: str) -> Any:
    unit = DAY if name in DAYS else 100 if name in MONEY else 1
    values = [row.get(name, 0) for row in rows]
    return np.array([-1 if v is None else round(v * unit) for v in values], dtype=np.int64)
