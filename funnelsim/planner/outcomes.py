"""What the planned scenario brings: its results, who enters each stage, CAC and payback.

Read from some replications of the planned scenario, told as means (and quantiles, of results).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from funnelsim.analytic.arrivals import leads_of_channels
from funnelsim.distributions import DAY, Floats
from funnelsim.experiment.chunks import of_each
from funnelsim.journal import NEVER, NEW, OPEN_DEAL, Journal
from funnelsim.metrics.basis import divided
from funnelsim.metrics.money import left_by_orders, money
from funnelsim.planner.commission import of_channels
from funnelsim.planner.futures import Futures
from funnelsim.planner.part_of_a_future import part_of, together
from funnelsim.planner.results import all_results
from funnelsim.scenario import Scenario

if TYPE_CHECKING:
    import pandas as pd

LEADS, FEWEST = 120_000, 20  # simulated in all; replications at least
QUANTILES = {"10%": 0.1, "50%": 0.5, "90%": 0.9}  # of single futures


@dataclass(frozen=True)
class Seen:
    """What replications of the planned scenario showed.

    `results` has a row per replication; `entered` the mean first entries of each stage; `cac` the
    cost of winning a customer; `payback_days` how long until a customer's orders have paid for it;
    `channels` what `commission.of_channels` says of each replication.
    """

    results: pd.DataFrame
    entered: Floats
    cac: float
    payback_days: float
    channels: Floats


def see(scenarios: Sequence[Scenario], futures: Futures, parts: float = 1.0) -> Seen:
    """Simulates the planned scenario some times: several, where each may be the true one; or one of
    so many `parts` of each, of which the whole is told.
    """
    import pandas as pd

    simulated = [part_of(scenario, parts) for scenario in scenarios]
    count = futures.replications_for(simulated[0], LEADS, FEWEST)
    count = -(-count // len(scenarios)) * len(scenarios)  # as many of each
    told = futures.among(partial(of_each, _seen), simulated, range(count))
    rows, came, entered, spent, ages, channels = zip(*told, strict=True)
    results = pd.DataFrame(rows)
    cac = divided(sum(spent) / 100, float(results["sales"].sum()))
    results = together(results, parts, len(scenarios))
    # how many leads come is known, so the stages need not tell by chance (a ratio estimate)
    known = float(leads_of_channels(scenarios[0]).sum()) / np.mean(came) if np.any(came) else 1.0
    by_stage = np.mean(entered, axis=0) * known
    return Seen(results, by_stage, cac, _payback(ages, cac), np.array(channels))


def to_come(scenario: Scenario, futures: Futures) -> int:
    """How many replications that takes, about."""
    return futures.replications_for(scenario, LEADS, FEWEST)


def _seen(journal: Journal) -> tuple[dict[str, float], int, Floats, int, Floats | None, Floats]:
    """Results, leads that came, entries of each stage, cents spent to win customers, what orders
    leave by age, and sales and costs of the channels.
    """
    t = journal.whole["leads"]
    came = int(np.sum((t["kind"] == NEW) & (t["arrived"] >= journal.scenario.warm_up)))
    ages = _left_by_age(journal) if journal.scenario.order is not None else None
    spent, entered, channels = money(journal), _entered(journal), of_channels(journal)
    return all_results(journal, spent), came, entered, int(spent.acquisition[0]), ages, channels


def _entered(journal: Journal) -> Floats:
    """Leads that entered each stage since the warm-up, each counted once."""
    visits = journal.whole["stage_visits"]
    first = (visits["attempt"] == 0) & (visits["entered"] >= journal.scenario.warm_up)
    # deals that are open at the start are where they are, and do not enter there
    kind = journal.whole["leads"]["kind"][visits["lead"]]
    first &= (kind != OPEN_DEAL) | (visits["entered"] > 0)
    stages = len(journal.scenario.stages)
    return np.bincount(visits["stage"][first], minlength=stages).astype(float)


def agreed(results: pd.DataFrame, metric: str, mean: float) -> pd.DataFrame:
    """The results with one metric's mean as it is known from more futures, and the others with what
    goes together with that (a control variate)."""
    about, varies = results.cov()[metric], float(results[metric].var())
    if not varies:
        return results
    return results + about / varies * (mean - float(results[metric].mean()))


def outcome_table(results: pd.DataFrame) -> pd.DataFrame:
    """A row per result: its `mean`, and the quantiles `10%`, `50%` and `90%` of single futures."""
    quantiles = {name: results.quantile(p) for name, p in QUANTILES.items()}
    table = results.mean().to_frame("mean").assign(**quantiles)
    return table.rename_axis("result")


# --- when a customer has paid for itself ------------------------------------------------------


def _left_by_age(journal: Journal) -> Floats:
    """By days since the first order: what orders leave before CAC, and customers seen so long."""
    scenario, days = journal.scenario, journal.scenario.days + 1
    t, customer = journal.whole["orders"], journal.whole["leads"]["customer"]
    of, numbers = customer[t["lead"]], journal.order_numbers
    first = np.full(len(customer), NEVER, dtype=np.int64)
    first[of[numbers == 1]] = t["placed"][numbers == 1]
    counted = first[of] >= scenario.warm_up  # NEVER is before
    age = (t["placed"][counted] - first[of[counted]]) // DAY
    left = np.bincount(age, left_by_orders(journal)[counted] / 100, days)
    seen = (scenario.horizon - first[first >= scenario.warm_up]) // DAY
    exposed = np.bincount(seen, minlength=days)[::-1].cumsum()[::-1]
    return np.array([left, exposed])


def _payback(ages: Sequence[Floats | None], cac: float) -> float:
    """Days after the first order until the mean customer's orders have paid the CAC; NaN: never.

    What orders of an age leave is divided by the customers seen for so long.
    """
    known = [age for age in ages if age is not None]
    if not known or not math.isfinite(cac):
        return math.nan
    left, exposed = np.sum(known, axis=0)
    earned = np.cumsum(np.divide(left, exposed, out=np.zeros_like(left), where=exposed > 0))
    paid = np.flatnonzero(earned >= cac)
    return float(paid[0]) if len(paid) else math.nan
