"""What all figures stand on: a journal and nothing else, from the warm-up on, with safe ratios."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from funnelsim.distributions import DAY, Floats, Ints
from funnelsim.errors import FunnelSimError
from funnelsim.journal import CUSTOMER, KINDS, NEW, OPEN_DEAL, REFERRED, UPSOLD, Journal
from funnelsim.scenario import Scenario
from funnelsim.scenario.values import WIN_BACK

if TYPE_CHECKING:
    import pandas as pd

Bools = NDArray[np.bool_]
THERE = (KINDS[OPEN_DEAL], KINDS[CUSTOMER])  # at the start: they did not come in


def a_journal(value: object, name: str) -> Journal:
    """The value, if it is a journal; FunnelSimError, naming who asked for one, if not.

    >>> a_journal("aida", "summary")
    Traceback (most recent call last):
    funnelsim.errors.FunnelSimError: summary is given "aida"; it takes a Journal: ...
    """
    if isinstance(value, Journal):
        return value
    given = f'"{value}"' if isinstance(value, str) else f"a {type(value).__name__}"
    way_out = "write fs.simulate(scenario)"
    raise FunnelSimError(f"{name} is given {given}; it takes a Journal: {way_out}")


def since_warm_up(journal: Journal) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """The leads that arrived since, with their visits and follow-ups."""
    came = journal.leads["arrived"] >= journal.scenario.warm_up / DAY
    leads = journal.leads[came & ~journal.leads["kind"].isin(THERE)]
    visits, calls = journal.stage_visits, journal.follow_ups
    first = len(journal.leads) - len(leads)  # leads are numbered by arrival
    return leads, visits[visits["lead"] >= first], calls[calls["lead"] >= first]


def came_in(journal: Journal) -> Bools:
    """Which leads came in since the warm-up; an upsell is a deal with somebody who had before,
    and open deals and customers were there at the start.
    """
    t = journal.whole["leads"]
    new = (t["kind"] == NEW) | (t["kind"] == REFERRED)
    return np.asarray(new & (t["arrived"] >= journal.scenario.warm_up))


def is_customer(journal: Journal) -> Bools:
    """Which leads have reached the goal by the horizon."""
    visits = journal.whole["stage_visits"]
    reached = np.zeros(len(journal.whole["leads"]["key"]), dtype=bool)
    reached[visits["lead"][visits["stage"] == len(journal.scenario.stages) - 1]] = True
    return reached


def sales(journal: Journal) -> tuple[str, Bools]:
    """What was sold since the warm-up: the first orders among "orders", or, in a scenario without
    an order, the visits of the goal among "stage_visits"; the table and which of its rows they are.
    """
    if journal.scenario.order is not None:
        placed = journal.whole["orders"]["placed"]
        first = (placed >= journal.scenario.warm_up) & (journal.order_numbers == 1)
        return "orders", np.asarray(first)
    visits = journal.whole["stage_visits"]
    at_goal = visits["stage"] == len(journal.scenario.stages) - 1
    new = journal.whole["leads"]["kind"][visits["lead"]] != UPSOLD
    counted = at_goal & new & (visits["entered"] >= journal.scenario.warm_up)
    return "stage_visits", np.asarray(counted)


def sales_of(journal: Journal) -> Ints:
    """How many sales there were since the warm-up, by replication."""
    table, these = sales(journal)
    return journal.totals(table, these)


def orders_may_follow(scenario: Scenario) -> bool:
    """Whether customers can order more than once."""
    again = scenario.retention or scenario.upsell or scenario.campaign(WIN_BACK)
    return scenario.order is not None and again is not None


def divided(part: float, whole: float) -> float:
    return part / whole if whole else np.nan


def ratio(
    part: pd.Series | Floats | Ints, whole: pd.Series | Ints | int, where: bool | Bools = True
) -> Floats:
    part_, whole_ = np.broadcast_arrays(np.asarray(part, float), np.asarray(whole, float))
    nothing = np.full(part_.shape, np.nan)
    found: Floats = np.divide(part_, whole_, out=nothing, where=where & (whole_ != 0))
    return found
