"""What tests of customers share: a scenario in which all arrive on the first day and buy at once.

So the customers of a simulation are independent of each other and equally long under observation.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from theory import funnel, within

import funnelsim as fs

MANY = 20_000


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


def share(which: Any, p: float) -> bool:
    """Whether a share of independent cases is what theory says."""
    which = np.asarray(which)
    return within(which.mean(), p, math.sqrt(p * (1 - p) / len(which)))


def times_odds(p: float, ratio: float) -> float:
    """The probability whose odds are `ratio` times those of p."""
    return p * ratio / (1 - p + p * ratio)
