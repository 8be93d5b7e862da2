"""What one more customer costs, as a channel grows up to its ceiling: marginal beside average CAC.

The average, all that it costs to win the sales ÷ sales, hides what the last ones cost. Where reps
are busy, more leads make all leads wait, those of other channels too: then every further step costs
as much as the one before and brings fewer sales. So cost and sales are those of the whole firm.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from concurrent.futures import Executor
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from funnelsim.arguments import a_choice, a_confidence, a_number, refused
from funnelsim.distributions import Floats
from funnelsim.experiment import chunks
from funnelsim.experiment.intervals import student_t
from funnelsim.experiment.replications import stopped
from funnelsim.experiment.sweeps import parts
from funnelsim.journal import Journal
from funnelsim.metrics.basis import sales_of
from funnelsim.metrics.money import money
from funnelsim.progress import progress_bar
from funnelsim.scenario import Channel, Scenario
from funnelsim.state import State
from funnelsim.tables import say

if TYPE_CHECKING:
    import pandas as pd

STEPS = 6  # up to the ceiling, where nothing else is said


def marginal_cac(
    scenario: Scenario,
    channel: str,
    leads_per_day: Iterable[float] | None = None,
    n: int = 20,
    seed: int = 1,
    executor: Executor | None = None,
    progress: bool = True,
    *,
    confidence: float = 0.95,
    initial: State | None = None,
) -> pd.DataFrame:
    """What one more customer costs as a channel brings more leads; all else stays as it is.

    `leads_per_day` are what the channel is to bring (before any other factor), from few to many;
    left out, none and then six equal steps up to the channel's `ceiling`. Each has n replications
    on the same customers. A row for each (the index `leads_per_day`), means of the replications:

    - `sales`: first orders of the whole firm (without an order, leads that reached the goal)
    - `cost`: all that it costs to win them, as in `cac` of `fs.summary`: leads, days, messages,
      rewards, commission on first orders, reps
    - `cac` = cost ÷ sales, the average
    - `more_sales`, `more_cost`: than in the row above; `marginal_cac` = more_cost ÷ more_sales:
      what each of these further sales has cost. Infinite where there are none
    - `low`, `high`: its confidence interval; `high` is infinite where it is not certain that more
      leads bring any further sale at all, `low` NaN where it is not certain either that they cost
      anything, and both are infinite where it is certain that they bring fewer
    - `profit` of the whole firm

    Money in currency. The interval of a ratio of two means is by E. C. Fieller, "Some problems in
    interval estimation", Journal of the Royal Statistical Society B 16 (1954). A sale counts when
    its first order is placed, so a horizon that is short beside the time to the sale shows the cost
    of leads whose sales are still to come: the same in every row.

    Raises `FunnelSimError` for a channel that is not there, for one without a ceiling where no
    `leads_per_day` are given, and for fewer than two of these, or not from few to many.

    >>> from funnelsim import load
    >>> s = load("aida-follow-up")
    >>> table = marginal_cac(s, "search ads", [10, 20, 30, 40], n=5, progress=False)
    >>> table.index.tolist(), bool(table.marginal_cac.iloc[-1] > table.cac.iloc[-1])
    ([10.0, 20.0, 30.0, 40.0], True)
    """
    import pandas as pd

    scenario, initial = chunks.begun(scenario, initial, "marginal_cac")
    there = {c.name: c for c in scenario.channels}
    its = there[a_choice("channel", channel, there)]
    steps = _steps(its, leads_per_day)
    n, executor = chunks.a_number_of_replications(n, least=2), chunks.an_executor(executor)
    confidence = a_confidence(confidence)
    scenarios = [_with(scenario, its, leads) for leads in steps]
    with progress_bar(n * len(scenarios), progress) as bar:
        outcome = chunks.run(_measured, scenarios, seed, range(n), executor, bar, initial)
    whole = sorted(set.intersection(*(set(rows) for rows in outcome.results)))
    if outcome.interrupted:
        if len(whole) < 2:
            raise KeyboardInterrupt
        say(stopped(len(whole), n))
    found = np.array([[rows[r] for r in whole] for rows in outcome.results])
    sales, cost, profit = found.mean(axis=1).T
    table = pd.DataFrame(index=pd.Index(steps, name="leads_per_day"))
    table["sales"], table["cost"] = sales, cost
    table["cac"] = np.divide(cost, sales, out=np.full(len(steps), np.nan), where=sales > 0)
    more = np.diff(found[:, :, :2], axis=0)  # (steps, replications, sales and cost)
    nothing = (math.nan,) * 5
    names = ["more_sales", "more_cost", "marginal_cac", "low", "high"]
    table[names] = [nothing, *(_marginal(step, confidence) for step in more)]
    table["profit"] = profit
    return table


def _measured(journal: Journal) -> list[tuple[float, float, float]]:
    """Sales, what it cost to win them, and profit, of each replication."""
    its = money(journal)
    columns = (sales_of(journal), its.acquisition / 100, its.profit / 100)
    return [(float(a), float(b), float(c)) for a, b, c in zip(*columns, strict=True)]


def _marginal(step: Floats, confidence: float) -> tuple[float, ...]:
    """More sales, more cost, their ratio, and its interval; shape (replications, 2)."""
    more_sales, more_cost = step.mean(axis=0)
    ratio = more_cost / more_sales if more_sales > 0 else math.inf
    return more_sales, more_cost, ratio, *fieller(step[:, 1], step[:, 0], confidence)


def fieller(part: Floats, whole: Floats, confidence: float) -> tuple[float, float]:
    """The interval of mean(part) ÷ mean(whole), of pairs, as far as it is a price: its two ends.

    All m for which mean(part - m × whole) is not further from 0 than its error: with chance
    `confidence` the true one is among them. Where the whole may be 0 they have no upper end; where
    the part may be 0, too, any price may be it, and the lower end is NaN.

    >>> low, high = fieller(np.array([9.0, 10.0, 11.0]), np.array([5.0, 5.0, 5.0]), 0.95)
    >>> round(low, 3), round(high, 3)
    (1.503, 2.497)
    """
    count = len(part)
    (of_part, both), (_, of_whole) = np.cov(part, whole) / count
    t2 = float(student_t(confidence, np.array([count]))[0]) ** 2
    # they are the m for which a m² - 2 b m + c is not above 0
    a = whole.mean() ** 2 - t2 * of_whole
    b = part.mean() * whole.mean() - t2 * both
    c = part.mean() ** 2 - t2 * of_part
    root = math.sqrt(max(b**2 - a * c, 0.0))
    if a > 0 and whole.mean() < 0:  # fewer, for certain: no price buys one more
        return math.inf, math.inf
    if a > 0:
        return float((b - root) / a), float((b + root) / a)
    # above the positive root, and below a negative one, which is no price
    return (float(c / (b + root)) if c > 0 and b + root > 0 else math.nan), math.inf


def _steps(channel: Channel, leads_per_day: Iterable[float] | None) -> list[float]:
    if leads_per_day is None:
        if channel.most is None:
            rule = f"{channel.name} has no ceiling to go up to"
            raise refused("leads_per_day", None, rule, "write leads_per_day=[10, 20, 30]")
        return [channel.most * step / STEPS for step in range(STEPS + 1)]
    steps = [a_number("leads_per_day", leads, low=0) for leads in parts(leads_per_day)]
    if len(steps) < 2 or any(a >= b for a, b in pairwise(steps)):
        rule = "they are two numbers at least, from few to many"
        raise refused("leads_per_day", leads_per_day, rule, "write [10, 20, 30]")
    return steps


def _with(scenario: Scenario, channel: Channel, leads: float) -> Scenario:
    """The scenario in which the channel brings so many leads a day."""
    path = f"channels.{channel.name}."
    if channel.leads_per_day is not None:
        return scenario.vary({f"{path}leads_per_day": leads})
    return scenario.vary({f"{path}impressions_per_day": leads / (channel.click_through_rate or 1)})
