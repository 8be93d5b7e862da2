"""What tests against theory share.

Each tolerance is five standard errors of what is measured, and the seed is a new one every time
(the fixture `seed`): about one run in a million may fail by chance, and it says its seed.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

import funnelsim as fs

FIVE = 5.0


def within(measured: float, expected: float, standard_error: float) -> bool:
    print(f"measured {measured:.6g}, expected {expected:.6g}, s.e. {standard_error:.2g}")
    return abs(measured - expected) <= FIVE * standard_error


def mean_of(values: Any, expected: float) -> bool:
    values = np.asarray(values, dtype=float)
    return within(values.mean(), expected, values.std(ddof=1) / math.sqrt(len(values)))


def funnel(**changed: Any) -> fs.Scenario:
    tables: dict[str, Any] = {
        "name": "theory",
        "horizon": "10 days",
        "channels": [{"name": "web", "leads_per_day": 10}],
        "stages": [
            {"name": "Interest", "conversion": 0.5},
            {"name": "Desire", "conversion": 0.4},
            {"name": "Action"},
        ],
        "order": {"value": {"gamma": {"mean": 80, "cv": 0.8}}, "margin": 0.4},
    }
    return fs.Scenario(**{**tables, **changed})


def replications(scenario: fs.Scenario, seed: int, count: int) -> list[fs.Journal]:
    return [fs.simulate(scenario, seed, replication=r, progress=False) for r in range(count)]
