"""`ab_test`: a journal with arms, or a firm's table, tested; and the same test on each day."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from funnelsim.ab_tests import effects as of
from funnelsim.ab_tests.looks import always_valid
from funnelsim.ab_tests.power import chance_to_find, reach
from funnelsim.ab_tests.result import OFF, AbTest, Plan
from funnelsim.ab_tests.sums import (
    TESTED,
    Sums,
    Tested,
    journal_sums,
    known_figures,
    of_a_table,
)
from funnelsim.ab_tests.table_sums import of_counts, of_frame
from funnelsim.arguments import a_choice, a_confidence, a_number, a_share, refused
from funnelsim.distributions import DAY, Floats
from funnelsim.engines import simulate
from funnelsim.errors import Finding, FunnelSimError
from funnelsim.journal import Journal
from funnelsim.metrics.figure import SHARE
from funnelsim.metrics.known import history, the_day
from funnelsim.scenario import Scenario
from funnelsim.scenario.values import duration

if TYPE_CHECKING:
    import pandas as pd

FEW = 10  # who did it, or did not: below that a normal difference is a poor guide
LIFT, POWER = 0.1, 0.8


def ab_test(
    source: Journal | pd.DataFrame | Mapping[str, Any],
    figure: str | None = None,
    *,
    day: Any = None,
    within: str | None = None,
    control: str | None = None,
    arm: str = "arm",
    per: str | None = None,
    unit: str | None = None,
    shares: Mapping[str, float] | None = None,
    days: float | None = None,
    lift: float = LIFT,
    power: float = POWER,
    confidence: float = 0.95,
) -> AbTest:
    """Is B better? The effect with its interval, and whether chance alone may do that.

    `source` is

    - a journal of a scenario with `[[arms]]`. `figure` is "conversion" (the default),
      "revenue_per_lead", "contribution_per_lead" (orders less messages), "repeat_purchase_rate" or
      "aov"; it is what was known on a `day` (default: the last one), of the leads that had come
      since the warm-up. With `within="14 days"` it is what each lead did in as much time, of those
      who had it;
    - a DataFrame with a row per lead: a column `arm`, and the column named by `figure`, numbers or
      True and False. `per` names a column to divide by, as orders of revenue; `unit` the column of
      who was divided by lot, where that one has several rows;
    - counts: `{"A": (visitors, conversions), "B": ...}`, or a DataFrame with these two columns.

    `control` is the arm that others are held against, the first one if not named; `shares` are
    those that were planned (of a journal its scenario's, of a table all the same); `days`, how long
    it has run, of a table. `lift`, relative, is the smallest that is worth finding, and `power` the
    chance to find it: power and time are of this plan, never of the effect that was seen. With more
    than two arms each is held against the control and p is corrected after Holm.

    Raises `FunnelSimError` for a journal without arms, a column, figure, day or arm that is none.

    >>> import funnelsim as fs
    >>> test = fs.ab_test({"A": (5000, 250), "B": (5000, 300)})
    >>> test.effects.round(4)[["difference", "low", "high", "p"]]
         difference     low    high       p
    arm
    B          0.01  0.0011  0.0189  0.0285
    >>> print(test.sentence)
    Conversion: 6.00 % in B, 5.00 % in A: +1.00 points (+0.11 points to +1.89 points), p = 0.028: ...
    """
    plan = _plan(lift, power, confidence)
    if isinstance(source, Journal):
        return _of_journal(source, figure, day, within, control, plan)
    if isinstance(source, Mapping):
        found = of_counts(source)
    elif hasattr(source, "columns"):
        found = of_frame(source, figure, arm, per, unit)
    else:
        what = Finding(f"given a {type(source).__name__}")
        raise refused("ab_test", what, "it takes a Journal, a DataFrame or counts by arm")
    planned = np.ones(len(found.arms))
    if shares is not None:
        for name in found.arms:
            a_choice("shares", name, shares, "no share is given of this arm")
        planned = np.array([a_number(f"shares, {a}", shares[a], above=0) for a in found.arms])
    label = TESTED["conversion"].label if found.label == "conversion" else found.label
    tested = of_a_table(label, found.is_share)
    days = math.nan if days is None else a_number("days", days, above=0)
    warnings = []
    if found.in_both:
        warnings.append(f"{found.in_both:,} stand in several arms and are left out.")
    test = _tested(tested, found.arms, found.sums, planned, control, plan, days)
    test.warnings[:0] = warnings
    return test


def ab_test_by_day(
    journal: Journal,
    figure: str | None = None,
    *,
    within: str | None = None,
    control: str | None = None,
    lift: float = LIFT,
    confidence: float = 0.95,
) -> pd.DataFrame:
    """The test as it stood at the end of each day: what somebody sees who looks every morning.

    A row per (day, arm), the index, of each arm other than the control. Columns: `n` leads of both;
    `difference`, `low`, `high`, `p` of a test on that day alone; `p_any_day`, which holds however
    often one looks (see `always_valid`), with the planned `lift` as the expected size. Arguments
    as in `ab_test`. p is not corrected for several arms.

    >>> import funnelsim as fs
    >>> s = fs.load("shop-with-experiment")
    >>> table = fs.ab_test_by_day(fs.simulate(s, progress=False))
    >>> list(table.columns)
    ['n', 'difference', 'low', 'high', 'p', 'p_any_day']
    """
    import pandas as pd

    scenario, tested, span = asked(journal, "ab_test_by_day", figure, within)
    names = [one.name for one in scenario.arms]
    first = names.index(_control(names, control))
    plan = _plan(lift, POWER, confidence)
    tables = []
    for end in range(scenario.warm_up // DAY + 1, scenario.horizon // DAY + 1):
        sums = journal_sums(journal, tested.name, end * DAY, span).of(0)
        told = of.estimates(sums)
        for place, name in enumerate(names):
            if place != first:
                effect = of.effect(_arm(told, first), _arm(told, place), plan.alpha_kept)
                n = sums.n[first] + sums.n[place]
                expected = told.value[first] * abs(plan.lift)
                tables.append((end, name, int(n), *_row(effect, expected)))
    columns = ["day", "arm", "n", "difference", "low", "high", "p", "p_any_day"]
    return pd.DataFrame(tables, columns=columns).set_index(["day", "arm"])
