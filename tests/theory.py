"""What tests against theory share.

The seed is a new one every time (the fixture `seed`), and each tolerance follows from the standard
error so that a right program fails one time in a million: five of a standard error that theory
gives; as many as Student's t asks for when it is estimated from replications. Squares of what is
measured, whose mean is far from normal in so few, are given half as much again.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from scipy import stats

import funnelsim as fs

FIVE = 5.0


def within(measured: float, expected: float, standard_error: float) -> bool:
    print(f"measured {measured:.6g}, expected {expected:.6g}, s.e. {standard_error:.2g}")
    return abs(measured - expected) <= FIVE * standard_error


def mean_of(values: Any, expected: float, wider: float = 1.0) -> bool:
    values = np.asarray(values, dtype=float)
    in_fives = stats.t.isf(0.5e-6, len(values) - 1) / FIVE
    standard_error = values.std(ddof=1) / math.sqrt(len(values))
    return within(values.mean(), expected, wider * in_fives * standard_error)


def variance_of(values: Any, expected: float) -> bool:
    values = np.asarray(values, dtype=float)
    return mean_of((values - values.mean()) ** 2, expected, wider=1.5)


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
