"""What changes are for, against sums by hand: a training that pays, a price rise, a season.

A promotion week is in `test_changes.py`; hires and holidays are in `test_changing_teams.py`.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

import funnelsim as fs
from funnelsim.distributions import DAY
from funnelsim.engines import simulate_together
from funnelsim.metrics.money import money

LEADS, RATE, VALUE, MARGIN = 20, 0.4, 100, 0.5
DAYS, RUNS = 20, 50


def shop(*changes: dict[str, Any], days: int = DAYS) -> fs.Scenario:
    return fs.Scenario(
        name="shop",
        horizon=f"{days} days",
        channels=[{"name": "web", "leads_per_day": LEADS}],
        stages=[{"name": "Interest", "conversion": RATE}, {"name": "Action"}],
        order={"value": {"constant": VALUE}, "margin": MARGIN},
        changes=list(changes),
    )


def gain(change: dict[str, Any], seed: int) -> float:
    """The mean profit more than without it, on the same customers."""
    both = [
        np.concatenate([money(part).profit for part in simulate_together(s, seed, range(RUNS))])
        for s in (shop(change), shop())
    ]
    return float((both[0] - both[1]).mean()) / 100


def test_a_training_has_paid_on_the_day_that_the_sum_says(seed: int) -> None:
    """Its odds ratio grows over half the time; it costs what the sales that are more leave.

    These sales, of customers who decided narrowly, come as a Poisson process.
    """
    times = (np.arange(10_000) + 0.5) * DAYS / 10_000
    log_odds = math.log(RATE / (1 - RATE)) + np.minimum(times / 10, 1) * math.log(1.3)
    more = LEADS * DAYS * float((1 / (1 + np.exp(-log_odds)) - RATE).mean())
    each = VALUE * MARGIN
    training = {"name": "training", "from": "0 days", "ramp": "10 days",
                "odds_ratio": {"Interest": 1.3}, "cost": round(more * each, 2)}  # fmt: skip
    assert abs(gain(training, seed)) < 4.5 * each * math.sqrt(more / RUNS) + 0.01


def test_a_price_rise_brings_nothing_where_the_loss_of_odds_is_as_large(seed: int) -> None:
    """An order leaves 55 in place of 50; of eleven who would have bought one is lost."""
    still = RATE / 1.1
    ratio = still / (1 - still) / (RATE / (1 - RATE))
    rise = {"name": "rise", "from": "0 days", "order_value_factor": 1.1, "odds_ratio": ratio}
    square = still * 5**2 + (RATE - still) * 50**2  # of what a lead changes
    assert abs(gain(rise, seed)) < 4.5 * math.sqrt(LEADS * DAYS * square / RUNS)


def test_a_season_brings_each_part_its_own_leads(seed: int) -> None:
    parts = {"low": 0.5, "high": 1.6, "usual": 1.0, "none": 0.0}
    season = [
        {"name": name, "from": f"{100 * i} days", "to": f"{100 * i + 100} days", "leads_factor": f}
        for i, (name, f) in enumerate(parts.items())
    ]
    journal = fs.simulate(shop(*season, days=400), seed, progress=False)
    arrived = journal.whole["leads"]["arrived"]
    counts = np.histogram(arrived / DAY, bins=[0, 100, 200, 300, 400])[0]
    expected = LEADS * 100 * np.array(list(parts.values()))
    assert (abs(counts - expected) <= 4.5 * np.sqrt(expected)).all()
