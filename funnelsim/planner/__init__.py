"""From a sales target back to leads, budget and people, with a chance of success.

`plan` asks how far to turn one thing (leads, the budget, reps, a conversion) so that the target is
reached with a given chance; `forecast` asks what a scenario will bring. A plan goes one way, each
step once: the question and what is known (`question.py`), how far the lever is turned
(`closed_form.py` where there is a formula, else `search.py`), what stands in the way
(`infeasible.py`), what it then brings and needs (`outcomes.py`, `reps_required.py`), the answer in
words (`sentences.py`).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from funnelsim.analytic.arrivals import leads_of_channels, whole_days
from funnelsim.analytic.costs import cost_of_channels
from funnelsim.distributions import Floats
from funnelsim.planner import outcomes, reps_required
from funnelsim.planner.answer import Plan, Solved
from funnelsim.planner.closed_form import by_formula
from funnelsim.planner.forecasts import Forecast, forecast
from funnelsim.planner.futures import Futures, a_bar, part_of
from funnelsim.planner.infeasible import reasons_and_ways_out
from funnelsim.planner.levers import Lever, leads_at
from funnelsim.planner.parameter_uncertainty import Pilot
from funnelsim.planner.question import Question, asked, known
from funnelsim.planner.search import by_search
from funnelsim.planner.sentences import backtested, sentences, setting
from funnelsim.planner.trials import MOST
from funnelsim.progress import Bar
from funnelsim.scenario import Scenario
from funnelsim.state import State

if TYPE_CHECKING:
    import pandas as pd

    from funnelsim.calibration import Calibration

__all__ = ["Floats", "Forecast", "Plan", "forecast", "plan"]

MOST_SEEN = 1_000_000  # leads of one future, by a formula; of more a part is simulated


def plan(
    scenario: Scenario | Calibration,
    target: float,
    metric: str = "sales",
    probability: float = 0.9,
    within: str | None = None,
    change: str = "leads",
    *,
    initial: State | None = None,
    pilot: Pilot | None = None,
    arrivals: str = "random",
    most_gone_cold: float = 0.1,
    seed: int = 1,
    executor: Executor | None = None,
    progress: bool | Bar = True,
    backtest: bool = True,
) -> Plan:
    """What it takes to reach a target with a given probability.

    `scenario` is a Scenario, or a Calibration: then each future has one of its draws, conversions,
    times and values together (not rates: those are planned), spread as wide as its `backtest` asks
    for (`fs.backtest`; False: it is left out). `target` is a number of sales (first
    orders), or an amount of the `metric` "revenue" (net, of orders placed in time), "contribution"
    or "profit", from the warm-up on, `within` a time ("90 days"; left out, up to the scenario's
    horizon). `change` is what may be moved: "leads" (at the present mix, no channel past its
    ceiling), "budget" (the leads of channels that cost something), "reps" (of the only team), or a
    dotted path.

    `initial` is the state at the start (`fs.State`): what is open counts first, and the plan begins
    at the end of the warm-up, whose place the state takes. `pilot` says how well the conversion is
    known: "15 of 300" sales and leads seen; the scenario's odds are turned to that rate, and the
    doubt is part of the chance. `arrivals="fixed"` takes the number of leads as certain, where a
    formula holds. `most_gone_cold` is the share of its visits that a team with the `needed` reps
    lets go cold. `executor` is any `concurrent.futures.Executor` (a ProcessPoolExecutor): the
    answer is the same, sooner. `progress` shows a bar after two seconds; or give what is to be told
    with `update(n)` that n more replications are done.

    Raises FunnelSimError for an argument that is none. A target that cannot be met is no error:
    the plan's `is_reached` is False, and its sentences say what stands in the way.

    >>> from funnelsim import load
    >>> p = plan(load("aida"), target=300)
    >>> p.method, round(p.chance, 2), p.leads > p.naive_leads
    ('formula', 0.9, True)
    """
    settings = {
        "target": target, "metric": metric, "probability": probability, "within": within,
        "change": change, "pilot": pilot, "arrivals": arrivals, "most_gone_cold": most_gone_cold,
        "backtest": backtest,
    }  # fmt: skip
    question = asked(scenario, settings, initial, seed, executor, progress)
    with a_bar(progress, MOST * 4, is_guess=True) as bar:
        futures = Futures(bar, question.seed, initial, question.executor)
        question = known(question, futures)
        solved = by_search(question, futures) if question.no_formula else by_formula(question)
        question = replace(question, lever=solved.lever)
        hindrances: list[str] = []
        if solved.found.limit:
            hindrances = reasons_and_ways_out(question, solved.found, futures)
        answer = _answer(question, solved, futures)
    said = (
        *sentences(answer, question, hindrances),
        *backtested(question.backtest, scenario, backtest and pilot is None),
    )
    return replace(answer, sentences=said)


def _answer(question: Question, solved: Solved, futures: Futures) -> Plan:
    """The plan with all its tables, without its words."""
    moved, found, x = solved.lever, solved.found, solved.x
    planned = moved.at(x)
    leads = float(leads_of_channels(planned).sum())
    parts = max(1.0, leads / MOST_SEEN) if solved.method == "formula" else 1.0
    part = part_of(planned, parts)
    futures.expect(outcomes.to_come(part, futures) + reps_required.to_come(part, futures))
    seen = outcomes.outcomes(question, solved, planned, parts, futures)
    reps, tried = reps_required.reps_required(part, futures, question.most_gone_cold, seen.sales)
    commission = seen.channels["commission"].to_numpy()

    def cost_at(settings: Floats) -> Floats:
        """The budget at each setting of a lever of leads."""
        cost: Floats = cost_of_channels(moved.scenario, leads_at(moved, settings)).sum(axis=1)
        return cost + outcomes.along(moved, settings.tolist(), x, commission, futures)

    def said_at(setting_: float) -> str:
        cost = cost_at(np.array([setting_]))[0] if moved.path == "budget" else math.nan
        return setting(moved, setting_, float(cost))

    least, most = (float(leads_of_channels(moved.at(x)).sum()) for x in solved.interval)
    naive = question.naive
    return Plan(
        today=question.today,
        target=question.target,
        metric=question.metric,
        probability=question.probability,
        change=moved.path,
        is_reached=found.x is not None,
        scenario=planned,
        leads=round(leads),
        leads_low=round(least),
        leads_high=round(most),
        leads_per_day=leads / max(whole_days(planned), 1),
        setting=said_at(x),
        setting_today=said_at(1.0),
        chance=found.chance,
        naive_leads=round(naive) if naive == naive else 0,
        naive_chance=solved.naive_chance if naive == naive else math.nan,
        price_of_not_knowing=_price(solved, leads),
        method=solved.method,
        replications=found.replications,
        curve=_curve(moved, solved.curve, cost_at),
        stages=seen.stages,
        channels=seen.channels,
        reps=reps,
        reps_tried=tried,
        outcome=seen.outcome,
        budget=float(seen.channels["cost"].sum()),
        commission=float(commission.sum()),
        cac=seen.cac,
        payback_days=seen.payback_days,
        per_sale=seen.per_sale,
        deadline=seen.deadline,
        open_business=question.open_business,
        remaining=question.remaining,
        sentences=(),
        provenance=question.provenance,
        backtest=question.backtest,
        initial=futures.initial,
        known=question.uncertainty,
    )


def _price(solved: Solved, leads: float) -> int:
    """Leads that certainty about the conversion would save."""
    moved, certain = solved.lever, solved.certain
    if certain != certain or solved.found.x is None or not moved.moves_leads:
        return 0
    # of the numbers that are told, so that they add up
    return round(leads) - round(float(leads_of_channels(moved.at(certain)).sum()))


def _curve(moved: Lever, curve: pd.DataFrame, cost_at: Callable[[Floats], Floats]) -> pd.DataFrame:
    """With leads and what they cost, or what stands at the path, in place of factors."""
    columns = ["chance", "chance_se", "mean", "mean_se"]
    if moved.moves_leads:
        settings = curve["setting"].to_numpy()
        curve = curve.assign(leads=leads_at(moved, settings).sum(axis=1), cost=cost_at(settings))
        return curve[["leads", *columns, "cost"]]
    factors = 1 / curve["setting"] if moved.downwards else curve["setting"]
    curve = curve.assign(setting=factors * moved.today / moved.parameter.per_unit)
    return curve[["setting", *columns]].sort_values("setting", ignore_index=True)
