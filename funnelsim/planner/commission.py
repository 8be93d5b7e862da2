"""What the planned sales cost in commission, and what a sale leaves beside what it costs to win.

Commission (a share of the first order, and `cost_per_sale`) depends on what becomes of the leads,
so it is read from the futures that the tables of a plan are read from. Where leads do not wait for
one another a channel's commission is in proportion to its leads; elsewhere some futures say what
it would be with others.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from funnelsim.analytic.arrivals import leads_of_channels
from funnelsim.analytic.costs import costs_by_sale
from funnelsim.distributions import Floats
from funnelsim.experiment.chunks import of_each
from funnelsim.journal import Journal
from funnelsim.metrics.basis import ratio, sales
from funnelsim.metrics.money import channel_costs, left_by_orders, sale_costs
from funnelsim.planner.futures import Futures
from funnelsim.planner.levers import Lever, leads_at
from funnelsim.scenario import Scenario
from funnelsim.scenario.values import REFERRAL

if TYPE_CHECKING:
    import pandas as pd

SETTINGS = 5  # of the lever, at which it is simulated
FEW, MOST, LEADS = 3, 10, 20_000  # replications there, and leads in all
SURE = 3.0  # standard errors: a smaller loss may be chance


def of_channels(journal: Journal) -> Floats:
    """Of each channel since the warm-up: its sales, their commission, what all orders of these
    customers leave, and what it cost to win them (both before reps and days of channels).

    Amounts in currency; shape (4, channels), "referral" last where customers bring leads.
    """
    leads, (table, sold) = journal.whole["leads"], sales(journal)
    lead, costs = journal.whole[table]["lead"], channel_costs(journal)[0]
    count = np.bincount(leads["channel"][lead[sold]], minlength=len(costs))
    commission = np.zeros(len(costs))
    commission[: len(journal.scenario.channels)] = sale_costs(journal)[0]
    left = np.zeros(len(costs))
    if journal.scenario.order is not None:
        won = np.zeros(len(leads["key"]), dtype=bool)
        won[leads["customer"][lead[sold]]] = True
        theirs = won[leads["customer"][lead]]
        left += np.bincount(
            leads["channel"][lead[theirs]], left_by_orders(journal)[theirs], len(costs)
        )
    return np.array([count, commission / 100, left / 100, costs / 100])


def per_sale(scenario: Scenario, seen: Floats, sales: Floats) -> pd.DataFrame:
    """A row per channel, "referral" among them: `sales` on average, what one of them `leaves`
    within the time (all orders of the customer) and `costs` to win, in currency, how much of that
    is `commission`, and whether it `loses`: more than chance may be. NaN and False where nothing is
    sold.

    `seen` holds `of_channels` of each replication, `sales` are those that are told of each channel.
    """
    import pandas as pd

    names = [channel.name for channel in scenario.channels]
    names += [REFERRAL] if scenario.referral else []
    sold, commission, left, cost = seen.sum(axis=0)
    each = [seen[:, :, [number]] for number in range(len(names))]
    columns = {
        "sales": sales,
        "leaves": ratio(left, sold, where=scenario.order is not None),
        "costs": ratio(cost, sold),
        "commission": ratio(commission, sold),
        "loses": [scenario.order is not None and is_loss(one) for one in each],
    }
    return pd.DataFrame(columns, index=pd.Index(names, name="channel"))


def is_loss(seen: Floats) -> bool:
    """Whether the sales of these channels lose money on average, by more than may be chance."""
    left = (seen[:, 2] - seen[:, 3]).sum(axis=1)
    error = left.std(ddof=1) / len(left) ** 0.5 if len(left) > 1 else 0.0
    return bool(seen[:, 0].any() and left.mean() < -SURE * error)


def along(
    moved: Lever, settings: Sequence[float], x: float, planned: Floats, futures: Futures
) -> Floats:
    """The commission at settings of a lever of leads; `planned` is that of each channel at x."""
    scenario = moved.scenario
    if not any(costs_by_sale(channel, scenario) for channel in scenario.channels):
        return np.zeros(len(settings))
    if x and futures.initial is None and not any(stage.follow_up for stage in scenario.stages):
        each = ratio(planned, leads_of_channels(moved.at(x)))  # of a lead; NaN where there is none
        found: Floats = np.nansum(each * leads_at(moved, np.array(settings)), axis=1)
        return found
    tried = np.unique([x, *np.linspace(min(settings), max(settings), SETTINGS)])
    means = [_mean(moved.at(float(s)), futures) for s in tried]
    here = means[int(np.searchsorted(tried, x))]
    known = float(planned.sum()) / here if here else 1.0  # a ratio estimate: of the same customers
    return known * np.interp(settings, tried, means)


def _mean(scenario: Scenario, futures: Futures) -> float:
    """The commission on average, by some futures: the same ones at every setting."""
    leads = max(float(leads_of_channels(scenario).sum()), 1.0)
    count = int(np.clip(LEADS / leads, FEW, MOST))
    return float(np.mean(futures.of(partial(of_each, _in_all), scenario, range(count))))


def _in_all(journal: Journal) -> float:
    return float(sale_costs(journal).sum() / 100)
