"""`ab_test`: a journal with arms, or a firm's table, tested; and the same test on each day."""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from funnelsim.ab_tests import effects as of
from funnelsim.ab_tests.looks import always_valid
from funnelsim.ab_tests.power import chance_to_find, reach
from funnelsim.ab_tests.result import AbTest, Plan
from funnelsim.ab_tests.sums import (
    TESTED,
    Measured,
    Sums,
    journal_sums,
    known_figures,
    of_a_table,
)
from funnelsim.ab_tests.table_sums import of_counts, of_frame
from funnelsim.arguments import a_choice, a_confidence, a_number, a_share, refused
from funnelsim.distributions import DAY, Floats
from funnelsim.distributions.values import BrokenRule, duration
from funnelsim.engines import simulate
from funnelsim.errors import Finding
from funnelsim.journal import Journal
from funnelsim.metrics.basis import a_journal, ratio
from funnelsim.metrics.figure import SHARE
from funnelsim.metrics.known import history_of, the_day
from funnelsim.scenario import Scenario

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

    Raises `FunnelSimError` for a journal without arms, a column, figure, day or arm that is none,
    and for an argument of which nothing comes with this source, such as a day of a table.

    >>> import funnelsim as fs
    >>> test = fs.ab_test({"A": (5000, 250), "B": (5000, 300)})
    >>> test.effects.round(4)[["difference", "low", "high", "p"]]
         difference     low    high       p
    arm...
    B          0.01  0.0011  0.0189  0.0283
    >>> print(test.sentence)
    Conversion: 6.00 % in B, 5.00 % in A: +1.00 points (+0.11 points to +1.89 points), p = ...
    """
    plan = a_plan(lift, power, confidence)
    of_tables = {"per": per, "unit": unit, "shares": shares, "days": days}
    if isinstance(source, Journal):
        _nothing_of(of_tables, "a journal")
        return _of_journal(source, figure, day, within, control, plan)
    _nothing_of({"day": day, "within": within}, "a table")
    if isinstance(source, Mapping):
        _nothing_of({"figure": figure, "per": per, "unit": unit}, "counts")
        found = of_counts(source)
    elif hasattr(source, "columns"):
        found = of_frame(source, figure, arm, per, unit)
    else:
        what = Finding(f"given a {type(source).__name__}")
        raise refused("ab_test", what, "it takes a Journal, a DataFrame or counts by arm")
    planned = np.ones(len(found.arms))
    if shares is not None:
        planned = _planned(shares, found.arms)
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

    scenario = a_journal(journal, "ab_test_by_day").scenario
    tested, span = asked(scenario, figure, within)
    names = [one.name for one in scenario.arms]
    first = names.index(the_control(names, control))
    plan = a_plan(lift, POWER, confidence)
    tables: list[tuple[Any, ...]] = []
    for end in range(scenario.warm_up // DAY + 1, scenario.horizon // DAY + 1):
        sums = journal_sums(journal, tested.name, end * DAY, span).of(0)
        told = of.estimates(sums)
        for place, name in enumerate(names):
            if place != first:
                found = of.effect(told.of(first), told.of(place), confidence)
                n = int(sums.n[first] + sums.n[place])
                valid = any_day(found, told.value[first], plan.lift)
                row = (found.difference, found.low, found.high, found.p, valid)
                tables.append((end, name, n, *(float(value) for value in row)))
    columns = ["day", "arm", "n", "difference", "low", "high", "p", "p_any_day"]
    return pd.DataFrame(tables, columns=columns).set_index(["day", "arm"])


def _nothing_of(arguments: Mapping[str, Any], source: str) -> None:
    """FunnelSimError for the first of these that is given: it would change nothing."""
    for name, value in arguments.items():
        if value is not None:
            raise refused(name, value, f"nothing comes of it with {source}", "leave it out")


def _planned(shares: Any, arms: list[str]) -> Floats:
    """The share of each arm that was planned."""
    if not isinstance(shares, Mapping) or sorted(map(str, shares)) != sorted(arms):
        written = ", ".join(f'"{arm}": 0.5' for arm in arms)
        raise refused("shares", shares, "it has the share of each arm", f"write {{{written}}}")
    by_name = {str(arm): share for arm, share in shares.items()}
    return np.array([a_number(f"shares, {arm}", by_name[arm], above=0) for arm in arms])


# --- of a journal -------------------------------------------------------------------------------


def asked(
    scenario: Scenario, figure: str | None, within: str | None
) -> tuple[Measured, int | None]:
    """The figure, and the time that each lead is given (microseconds), of a scenario with arms."""
    if sum(one.share > 0 for one in scenario.arms) < 2:
        found = Finding(f"{len(scenario.arms)} with a share above 0")
        rule = "a test has two arms at least"
        raise refused("arms", found, rule, "add [[arms]] with name and share to the scenario")
    known = known_figures(scenario)
    name = a_choice("figure", figure or "conversion", known, "a test knows no such")
    if within is None:
        return TESTED[name], None
    try:
        span = duration(within)
    except BrokenRule as broken:
        raise refused("within", within, str(broken), broken.way_out) from None
    if not 0 < span <= scenario.horizon - scenario.warm_up:
        raise refused("within", within, "nobody in the simulation has had as long")
    return TESTED[name], span


def the_control(arms: list[str], control: str | None) -> str:
    """The arm that others are held against."""
    if len(arms) < 2:
        found = Finding(f"only {arms[0]}" if arms else "none")
        way_out = "give a table with the rows of the others, too"
        raise refused("arms", found, "a test has two arms at least", way_out)
    return arms[0] if control is None else a_choice("control", control, arms, "it is no arm")


def any_day(effect: of.Effect, control: Floats, lift: float) -> Any:
    """The p-value that holds however often one looks; 1 before the control has a value."""
    expected = float(np.max(np.nan_to_num(control), initial=0.0)) * abs(lift)
    if not expected > 0:
        return np.ones(np.shape(effect.p))
    return always_valid(np.nan_to_num(effect.difference), np.nan_to_num(effect.error), expected)


def _of_journal(
    journal: Journal, figure: str | None, day: Any, within: str | None, control: str | None,
    plan: Plan,
) -> AbTest:  # fmt: skip
    scenario = journal.scenario
    tested, span = asked(scenario, figure, within)
    until = scenario.horizon / DAY if day is None else the_day(history_of(journal, "ab_test"), day)
    end = round(until * DAY)
    names = [one.name for one in scenario.arms if one.share > 0]
    places = [place for place, one in enumerate(scenario.arms) if one.share > 0]
    sums = journal_sums(journal, tested.name, end, span).of(0)
    sums = Sums(*(values[places] for values in sums))
    shares = np.array([scenario.arms[place].share for place in places])
    days = until - (scenario.warm_up + (span or 0)) / DAY
    test = _tested(tested, names, sums, shares, control, plan, days)
    test.day, test.currency, test.provenance = until, scenario.currency, journal.provenance
    test.look_up = partial(_truth, journal, test.arms.index, test.control, tested.name, end, span)
    return test


def _truth(
    journal: Journal, arms: Any, control: str, figure: str, end: int, span: int | None
) -> pd.DataFrame:
    """The figure with everybody in each arm, the same customers."""
    import pandas as pd

    values = []
    for arm in arms:
        world = simulate(
            journal.scenario.all_in(arm),
            journal.seed,
            replication=journal.replication,
            initial=journal.initial,
            progress=False,
        )
        sums = journal_sums(world, figure, end, span, by_arm=False)
        values.append(float(of.estimates(sums).value[0, 0]))
    table = pd.DataFrame({"value": values}, index=arms)
    table["difference"] = table["value"] - table.loc[control, "value"]
    table["lift"] = ratio(table["difference"], table.loc[control, "value"])
    return table


# --- of sums ------------------------------------------------------------------------------------


def a_plan(lift: float, power: float, confidence: float) -> Plan:
    """The plan, if it is one."""
    lift = a_number("lift", lift, above=-1)
    if lift == 0:
        raise refused("lift", lift, "nothing is found of no lift", "write 0.1 for 10 % more")
    return Plan(lift, a_share("power", power), 1 - a_confidence(confidence))


def _tested(
    tested: Measured, names: list[str], sums: Sums, shares: Floats, control: str | None, plan: Plan,
    days: float,
) -> AbTest:  # fmt: skip
    """The test of these sums, shape (arms,); it has run for so many days."""
    import pandas as pd

    control = the_control(names, control)
    first = names.index(control)
    told, confidence = of.estimates(sums), 1 - plan.alpha
    z = reach(0.5, plan.alpha)
    arms = pd.DataFrame(
        {
            "n": sums.n.astype(int),
            "value": told.value,
            "standard_error": told.error,
            "low": told.value - z * told.error,
            "high": told.value + z * told.error,
            "expected_n": sums.n.sum() * shares / shares.sum(),
        },
        index=pd.Index(names, name="arm"),
    )
    others = [place for place in range(len(names)) if place != first]
    found = of.effect(told.of(first), told.of(others), confidence)
    lift, lift_low, lift_high = of.lift(told.of(first), told.of(others), confidence)
    wanted = told.value[first] * plan.lift
    error = np.hypot(told.error[first], told.error[first] * _less(sums, first, others))
    effects = pd.DataFrame(
        {
            "difference": found.difference,
            "low": found.low,
            "high": found.high,
            "lift": lift,
            "lift_low": lift_low,
            "lift_high": lift_high,
            "p": of.holm(found.p) if len(others) > 1 else found.p,
            "p_any_day": any_day(found, told.value[first], plan.lift),
            "power": [chance_to_find(float(wanted), float(e), plan.alpha) for e in error],
            "smallest_lift": ratio(reach(plan.power, plan.alpha) * error, told.value[first]),
        },
        index=arms.index[others],
    )
    times = float(np.max(ratio((error * reach(plan.power, plan.alpha)) ** 2, wanted**2)))
    times = max(times - 1, 0.0) if math.isfinite(times) else math.nan
    more = math.ceil(times * sums.n.sum()) if math.isfinite(times) else 0
    p = of.sample_ratio(sums.n, shares)
    test = AbTest(
        tested.name, control, None, arms, effects, p, more, times * days, plan,
        [], tested,
    )  # fmt: skip
    test.warnings += _warnings(test, sums)
    return test


def _less(sums: Sums, first: int, others: list[int]) -> Floats:
    """How much larger the error of each other arm is for having fewer leads than the control."""
    return np.sqrt(ratio(sums.n[first], sums.n[others]))


def _warnings(test: AbTest, sums: Sums) -> list[str]:
    told = []
    if test.is_off:
        told.append(f"Sample-ratio mismatch: {test.sample_ratio_sentence} Look for what loses "
                    "leads, or counts them twice, before anything else.")  # fmt: skip
    if test.tested.unit == SHARE:
        few = np.minimum(sums.y, sums.x - sums.y).min()
        if few < FEW:
            told.append(f"An arm has {few:,.0f} who did it, or did not: too few for these numbers.")
    return told
