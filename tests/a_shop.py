"""A shop with one stage, for tests of plans."""

from __future__ import annotations

from typing import Any

import funnelsim as fs

SHOP: dict[str, Any] = {
    "name": "shop",
    "horizon": "90 days",
    "channels": [{"name": "web", "leads_per_day": 10, "cost_per_lead": 2}],
    "stages": [{"name": "Visit", "conversion": 0.05}, {"name": "Sale"}],
    "order": {"value": {"constant": 80}, "margin": 0.5},
}


def shop(**changed: Any) -> fs.Scenario:
    return fs.Scenario(**{**SHOP, **changed})
