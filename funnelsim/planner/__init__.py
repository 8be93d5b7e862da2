"""From a sales target back to leads, budget and people, with a chance of success.

`plan` asks how far to turn one thing (leads, the budget, reps, a conversion) so that the target is
reached with a given chance; `forecast` asks what a scenario will bring. A plan goes one way, each
step once: the question and what is known (`question.py`), how far the lever is turned
(`closed_form.py` where there is a formula, else `search.py`; a change's week: `weeks.py`), what
stands in the way (`infeasible.py`), what it then brings and needs (`outcomes.py`,
`requirements.py`), the answer in words (`sentences.py`).
"""

from __future__ import annotations

import math
from concurrent.futures import Executor
from dataclasses import replace
from typing import TYPE_CHECKING

from funnelsim.analytic.arrivals import leads_of_channels, whole_days
from funnelsim.distributions import Floats
from funnelsim.planner.answer import Plan, Solved
from funnelsim.planner.closed_form import by_formula
from funnelsim.planner.forecasts import Forecast, forecast
from funnelsim.planner.futures import Futures
from funnelsim.planner.infeasible import reasons_and_ways_out
from funnelsim.planner.outcomes import Outcomes, outcomes
from funnelsim.planner.over_time import over_time
from funnelsim.planner.parameter_uncertainty import Pilot
from funnelsim.planner.question import Question, asked, known
from funnelsim.planner.requirements import Requirements, requirements
from funnelsim.planner.search import by_search
from funnelsim.planner.sentences import in_words
from funnelsim.planner.trials import MOST
from funnelsim.planner.weeks import by_weeks
from funnelsim.progress import Bar, a_bar
from funnelsim.scenario import Scenario
from funnelsim.state import State

if TYPE_CHECKING:
    import pandas as pd

    from funnelsim.calibration import Calibration

__all__ = ["Floats", "Forecast", "Plan", "forecast", "plan"]


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
    by: str | None = None,
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
    with `update(n)` that n more replications are done. `by` ("week", "month", "quarter") tells the
    plan by such periods too: its table `over_time`.

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
        "backtest": backtest, "by": by,
    }  # fmt: skip
    question = asked(scenario, settings, initial, seed, executor, progress)
    with a_bar(progress, MOST * 4, is_guess=True) as bar:
        futures = Futures(bar, question.seed, initial, question.executor)
        question = known(question, futures)
        solved = _solved(question, futures)
        question = replace(question, lever=solved.lever)
        hindrances: list[str] = []
        if solved.found.limit:
            hindrances = reasons_and_ways_out(question, solved.found, futures)
        planned = solved.lever.at(solved.found.best)
        brings = outcomes(question, solved, planned, futures)
        needs = requirements(question, planned, brings, futures)
        when = None
        if question.by:
            when = over_time(question, solved, planned, brings, futures)
    answer = _put_together(question, solved, planned, brings, needs, when)
    stands = (solved.found.best, brings.cost), (1.0, brings.cost_today)
    return in_words(answer, question, hindrances, stands)


def _solved(question: Question, futures: Futures) -> Solved:
    """How far the lever is turned."""
    if question.lever.moments:
        return by_weeks(question, futures)
    return by_search(question, futures) if question.no_formula else by_formula(question)


def _put_together(
    question: Question,
    solved: Solved,
    planned: Scenario,
    brings: Outcomes,
    needs: Requirements,
    when: pd.DataFrame | None,
) -> Plan:
    """The plan with all its tables, without its words."""
    moved, found, naive = solved.lever, solved.found, question.naive
    leads = float(leads_of_channels(planned).sum())
    least, most = (float(leads_of_channels(moved.at(x)).sum()) for x in solved.interval)
    price, certain = 0, solved.certain
    if certain == certain and found.x is not None and moved.moves_leads:
        # of the numbers that are told, so that they add up
        price = round(leads) - round(float(leads_of_channels(moved.at(certain)).sum()))
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
        setting="",
        setting_today="",
        chance=found.chance,
        naive_leads=round(naive) if naive == naive else 0,
        naive_chance=solved.naive_chance if naive == naive else math.nan,
        price_of_not_knowing=price,
        method=solved.method,
        replications=found.replications,
        curve=brings.curve,
        stages=needs.stages,
        channels=needs.channels,
        reps=needs.reps,
        reps_tried=needs.reps_tried,
        outcome=brings.outcome,
        budget=float(needs.channels["cost"].sum()),
        commission=float(needs.channels["commission"].sum()),
        cac=brings.cac,
        payback_days=brings.payback_days,
        per_sale=brings.per_sale,
        deadline=needs.deadline,
        open_business=question.open_business,
        remaining=question.remaining,
        sentences=(),
        provenance=question.provenance,
        backtest=question.backtest,
        initial=question.initial,
        known=question.uncertainty,
        over_time=when,
    )
