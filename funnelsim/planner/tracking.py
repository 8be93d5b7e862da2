"""A plan against what has come since, week by week, and the plan made anew from today.

The plan's futures are simulated once more, from the state it began with, and cut off at the end of
each week up to the day of the export. Beside them stands what the export shows.
"""

from __future__ import annotations

from concurrent.futures import Executor
from dataclasses import dataclass, replace
from datetime import datetime, time
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from markupsafe import Markup

from funnelsim.arguments import a_seed, a_whole_number, given, refused
from funnelsim.calibration import Calibration, calibrate
from funnelsim.deals import Deals
from funnelsim.distributions import DAY, WEEK, Floats, Ints, duration_text
from funnelsim.errors import Finding, FunnelSimError
from funnelsim.experiment.chunks import an_executor, of_each
from funnelsim.journal import Journal
from funnelsim.metrics.basis import came_in
from funnelsim.pages import page
from funnelsim.planner import plan as plan_anew
from funnelsim.planner.answer import Plan
from funnelsim.planner.cuts import end_of_day, values, wins
from funnelsim.planner.forecasts import revenue_by, sales_by
from funnelsim.planner.futures import Futures
from funnelsim.planner.parameter_uncertainty import may_be
from funnelsim.planner.sentences import amount
from funnelsim.planner.tested import BAND, PAGE
from funnelsim.progress import Bar, a_bar
from funnelsim.scenario import Scenario
from funnelsim.state import State, from_today
from funnelsim.tables import as_html, as_text, figure_text

CLASSES = 25  # of what is not known
COUNTED = ("sales", "revenue")  # what an export shows of a plan's results
ONE_DAY = pd.Timedelta(days=1)


@dataclass(frozen=True, eq=False)
class Track:
    """A plan against what has come since: by `fs.track`.

    - `table`: a row a week since the plan's first day, up to the day of the export: from, until
      (its last day); leads_planned (expected) and leads that came; sales_planned (mean) and sales
      that came; so far, up to its end: sales_so_far, and low, mean, high of the plan's futures (8
      in 10 of them) with inside; the same of revenue where the plan has any
    - `came`, `remaining`: of the target's metric, and what is left of the target (0: it is reached)
    - `days_left`: until the plan's last day
    - `anew`: the plan for what remains in the days that are left, from what is known today (None:
      nothing remains, no day is left, or the export does not show the metric)
    - `sentences`: all that in words, the most important first

    >>> import funnelsim as fs
    >>> list(fs.Track.__dataclass_fields__)[:5]
    ['plan', 'table', 'came', 'remaining', 'days_left']
    """

    plan: Plan
    table: pd.DataFrame
    came: float
    remaining: float
    days_left: int
    anew: Plan | None
    sentences: tuple[str, ...]

    def in_text(self) -> pd.DataFrame:
        """The table as one reads it."""
        money, has_money = self.plan.today.currency, "revenue" in self.table
        rows = []
        for week, row in self.table.iterrows():
            told: dict[str, Any] = {
                "week": str(week), "until": f"{row['until']:%Y-%m-%d}",
                "leads planned": f"{row['leads_planned']:,.0f}", "leads": f"{row['leads']:,.0f}",
                "sales planned": f"{row['sales_planned']:,.1f}", "sales": f"{row['sales']:,.0f}",
                "so far": f"{row['sales_so_far']:,.0f}",
                "8 in 10 futures": f"{row['low']:,.0f} to {row['high']:,.0f}",
            }  # fmt: skip
            if has_money:
                told["revenue so far"] = figure_text(row["revenue_so_far"], "money", money)
                ends = (figure_text(row[f"revenue_{e}"], "money", money) for e in ("low", "high"))
                told["of 8 in 10"] = " to ".join(ends)
            rows.append(told)
        return pd.DataFrame(rows)

    def __str__(self) -> str:
        return "\n".join([*self.sentences, "", as_text(self.in_text()).rstrip()])

    def __repr__(self) -> str:
        return f"<Track of a plan for {self.plan.today.name!r}>\n{self}"

    def _repr_html_(self) -> str:
        return page(PAGE, sentences=self.sentences, table=Markup(as_html(self.in_text())))


def track(
    plan: Plan,
    deals: Deals,
    *,
    n: int = 200,
    seed: int = 1,
    executor: Executor | None = None,
    progress: bool | Bar = True,
    backtest: bool = True,
) -> Track:
    """The plan against what has come since, week by week, and the plan made anew from today.

    `plan` is what `fs.plan` returned, `deals` a later export of the same firm; today is its last
    whole day. n futures of the plan are simulated, from the state that it began with. Where the
    plan was made of a calibration, the new one is made of a calibration of `deals` (with its
    `backtest`, unless that is False); else of the plan's own scenario from today on, with the deals
    that are open now. `executor` is any `concurrent.futures.Executor`, with which the numbers are
    the same; `progress` shows a bar after two seconds, or is told so with `update(n)`.

    Raises FunnelSimError where the export ends before the plan's first day, and where the stages
    of the open deals are not those of the plan.

    >>> import funnelsim as fs
    >>> deals = fs.read_deals(fs.datasets.bundled("crm_deals.csv"))
    >>> then = fs.calibrate(deals.as_of("2026-05-31"))
    >>> p = fs.plan(then, 60, within="34 days", backtest=False)
    >>> print(track(p, deals).sentences[-1])
    The time is over; 33 sales are missing to the target.
    """
    plan = given(Plan, plan, "track", "fs.plan(scenario, target=100)")
    deals = given(Deals, deals, "track", "fs.read_deals(source)")
    n, seed, executor = a_whole_number("n", n, 20), a_seed(seed), an_executor(executor)
    begin = first_day(plan.scenario)
    days = _days_over(plan.scenario, deals, begin)
    ends = np.append(np.arange(WEEK, days * DAY, WEEK), days * DAY)
    foreseen = _foreseen(plan, ends, n, seed, executor, progress)
    fact = _came(plan, deals, begin, ends)
    table = _table(begin, ends, foreseen, fact)
    came = float(table[plan.metric].sum()) if plan.metric in table else np.nan
    remaining = max(plan.target - came, 0.0)
    left = whole_days_of(plan.scenario) - days
    anew = None
    if left > 0 and remaining > 0:
        how: dict[str, Any] = {"executor": executor, "progress": progress, "backtest": backtest}
        today = deals.as_of(end_of_day(deals.export_date))
        anew = _anew(plan, today, remaining, days, left, seed, how)
    told = Track(plan, table, came, remaining, left, anew, ())
    return replace(told, sentences=_sentences(told))


def first_day(scenario: Scenario) -> pd.Timestamp:
    """The first day that counts: the end of the warm-up."""
    start = pd.Timestamp(datetime.combine(scenario.start, time()))
    return start + pd.Timedelta(microseconds=scenario.warm_up)


def whole_days_of(scenario: Scenario) -> int:
    days: int = (scenario.horizon - scenario.warm_up) // DAY
    return days


def _days_over(scenario: Scenario, deals: Deals, begin: pd.Timestamp) -> int:
    """How many days of the plan are over on the day of the export."""
    last = end_of_day(deals.export_date)
    days = (last + pd.Timedelta(seconds=1) - begin).days
    if days < 1:
        found = Finding(f"taken on {deals.export_date:%Y-%m-%d}")
        rule = f"no day of the plan is over by then: its first is {begin:%Y-%m-%d}"
        raise refused("deals", found, rule, "give a later export")
    return int(min(days, whole_days_of(scenario)))


# --- as planned -------------------------------------------------------------------------------


def _foreseen(
    plan: Plan, ends: Ints, n: int, seed: int, executor: Executor | None, progress: bool | Bar
) -> dict[str, Floats]:
    """Leads, sales and revenue of each future up to each of these ends: shape (n, ends) each."""
    scenario, scenarios = plan.scenario, [plan.scenario]
    if plan.known is not None:
        made = may_be(scenario, plan.known, CLASSES)
        scenarios = [made[place * 7 % CLASSES] for place in range(CLASSES)]
    moments = scenario.warm_up + ends
    measure = partial(of_each, partial(_so_far, ends=moments))
    with a_bar(progress, n) as bar:
        futures = Futures(bar, seed, plan.initial, executor)
        futures.expect(n)
        found = np.array(futures.among(measure, scenarios, range(n)))
    names = ("leads", *COUNTED)[: found.shape[1]]
    return {name: found[:, place] for place, name in enumerate(names)}


def _so_far(journal: Journal, ends: Ints) -> list[Floats]:
    arrived = np.sort(journal.whole["leads"]["arrived"][came_in(journal)])
    told = [np.searchsorted(arrived, ends).astype(float), sales_by(journal, ends)]
    return [*told, revenue_by(journal, ends)] if journal.scenario.order is not None else told


# --- as it came -------------------------------------------------------------------------------


def _came(plan: Plan, deals: Deals, begin: pd.Timestamp, ends: Ints) -> dict[str, Floats]:
    """Leads, sales and revenue that came up to each of these ends.

    A plan that begins with nothing (no state, no warm-up) counts wins of its own leads alone.
    """
    created, won = deals.entered.iloc[:, 0], wins(deals)
    counted = won >= begin
    if plan.initial is None and not plan.today.warm_up:
        counted &= created >= begin
    worth = values(deals)
    found: dict[str, list[float]] = {"leads": [], "sales": [], "revenue": []}
    for end in ends:
        until = begin + pd.Timedelta(microseconds=int(end))
        there = counted & (won < until)
        found["leads"].append(float(((created >= begin) & (created < until)).sum()))
        found["sales"].append(float(there.sum()))
        found["revenue"].append(float(worth[there].sum()))
    return {name: np.array(values_) for name, values_ in found.items()}


def _table(
    begin: pd.Timestamp, ends: Ints, foreseen: dict[str, Floats], fact: dict[str, Floats]
) -> pd.DataFrame:
    def by_week(so_far: Floats) -> Floats:
        return np.asarray(np.diff(so_far, prepend=0))

    starts = np.append(0, ends[:-1])
    rows: dict[str, Any] = {
        "from": [begin + pd.Timedelta(microseconds=int(s)) for s in starts],
        "until": [begin + pd.Timedelta(microseconds=int(e)) - ONE_DAY for e in ends],
        "leads_planned": by_week(foreseen["leads"].mean(axis=0)),
        "leads": by_week(fact["leads"]).astype(int),
    }
    for figure in COUNTED:
        if figure not in foreseen:
            continue
        seen, before = foreseen[figure], "" if figure == "sales" else f"{figure}_"
        low, high = np.quantile(seen, BAND, axis=0)
        rows[f"{figure}_planned"] = by_week(seen.mean(axis=0))
        rows[figure] = by_week(fact[figure])
        rows[f"{figure}_so_far"] = fact[figure]
        rows |= {f"{before}low": low, f"{before}mean": seen.mean(axis=0), f"{before}high": high}
        rows[f"{before}inside"] = (low <= fact[figure]) & (fact[figure] <= high)
    table = pd.DataFrame(rows, index=pd.RangeIndex(1, len(ends) + 1, name="week"))
    return table.astype({"sales": int, "sales_so_far": int})


# --- from today -------------------------------------------------------------------------------


def _anew(
    plan: Plan, deals: Deals, remaining: float, days: int, left: int, seed: int, how: dict[str, Any]
) -> Plan | None:
    """The plan for what remains; None where what has come of its metric is not known."""
    if plan.metric not in COUNTED:
        return None
    currency = plan.today.currency
    found = calibrate(deals, currency=currency, name=plan.today.name, progress=False)
    source: Scenario | Calibration = found
    initial: State | None = found.state
    if plan.provenance.source is None:
        moved = plan.today.vary({"warm_up": duration_text(plan.today.warm_up + days * DAY)})
        source = from_today(moved)
        _refuse_stages(found.state, source)
        if plan.initial is None and not plan.today.warm_up:  # its own leads alone
            since = first_day(plan.today)
            initial = calibrate(_since(deals, since), progress=False).state
    asked = plan.provenance.settings
    return plan_anew(
        source, remaining, plan.metric, plan.probability, f"{left} days", plan.change,
        initial=initial, pilot=asked.get("pilot"),
        most_gone_cold=asked.get("most_gone_cold", 0.1), seed=seed, **how,
    )  # fmt: skip


def _since(deals: Deals, since: pd.Timestamp) -> Deals:
    these = deals.entered.iloc[:, 0] >= since
    parts = {name: getattr(deals, name)[these] for name in ("entered", "known", "leads")}
    return replace(deals, **parts, rows=int(these.sum()))


def _refuse_stages(state: State, scenario: Scenario) -> None:
    known = [stage.name for stage in scenario.stages[:-1]]
    there = list(dict.fromkeys(map(str, state.deals["stage"])))
    unknown = [name for name in there if name not in known]
    if unknown:
        raise FunnelSimError(
            f"deals: open deals stand in {', '.join(unknown)}; the plan's stages are "
            f"{', '.join(known)}: name them so, fs.read_deals(..., first_stage=..., stages=...)"
        )


# --- told -------------------------------------------------------------------------------------


def _sentences(of: Track) -> tuple[str, ...]:
    plan, last = of.plan, of.table.iloc[-1]
    days = whole_days_of(plan.scenario) - of.days_left
    when = f"After {days} of {whole_days_of(plan.scenario)} days"
    low, high, so_far = last["low"], last["high"], int(last["sales_so_far"])
    where = "where" if last["inside"] else "below where" if so_far < low else "above where"
    told = [
        f"{when} {so_far:,.0f} sale{'s' * (so_far != 1)} came; {last['mean']:,.0f} were planned by "
        f"now, {where} 8 in 10 futures of the plan lie ({low:,.0f} to {high:,.0f})."
    ]
    if plan.metric == "revenue":
        money = plan.today.currency
        ends = [figure_text(last[f"revenue_{n}"], "money", money) for n in ("low", "high")]
        sold = figure_text(last["revenue_so_far"], "money", money)
        told.append(f"Of revenue {sold} came; 8 in 10 futures had {ends[0]} to {ends[1]} by now.")
    leads, planned = of.table["leads"].sum(), of.table["leads_planned"].sum()
    told.append(f"{leads:,.0f} leads came; {planned:,.0f} were planned by now.")
    if plan.metric not in COUNTED:
        told.append(f"What came of the {plan.metric} an export does not show.")
    elif not of.remaining:
        told.append(f"The target of {amount(plan, plan.target)} is reached.")
    elif of.anew is None:
        told.append(f"The time is over; {amount(plan, of.remaining)} are missing to the target.")
    else:
        told.append(
            f"{amount(plan, of.remaining)} remain for {of.days_left} days. From today: "
            f"{of.anew.sentences[0]}"
        )
    return tuple(told)
