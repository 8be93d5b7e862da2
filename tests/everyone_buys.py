"""A scenario for tests of what follows the sale: all arrive on the first day and buy at once."""

from __future__ import annotations

from typing import Any

from theory import funnel

import funnelsim as fs


def everyone_buys(count: float, days: int, **changed: Any) -> fs.Scenario:
    """About `count` leads on the first of these days and none later; each buys for 80, at once.

    What is seen of a customer is therefore seen of all, up to day `days - 1` from the first order.
    """
    tables: dict[str, Any] = {
        "horizon": f"{days} days",
        "channels": [first_day(count, days)],
        "stages": [{"name": "Interest", "conversion": 1.0}, {"name": "Action"}],
        "order": {"value": {"constant": 80}, "margin": 0.4},
    }
    return funnel(**{**tables, **changed})


def first_day(count: float, days: int, **changed: Any) -> dict[str, Any]:
    """A channel that brings `count` leads on the first day."""
    later = {"from": "1 day", "to": f"{days + 1} days", "factor": 0.0}
    return {"name": "web", "leads_per_day": count, "bursts": [later], **changed}
