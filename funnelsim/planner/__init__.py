"""From a sales target back to leads, budget and people, with a chance of success.

`plan` asks how far to turn one thing (leads, the budget, reps, a conversion) so that the target is
reached with a given chance; `forecast` asks what a scenario will bring. A formula answers where
there is one (`closed_form.py`), else a search on the same customers (`search.py`; `solving.py` is
the way to both). Here the question is taken in, and the answer put together.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from funnelsim.analytic.arrivals import leads_of_channels, whole_days
from funnelsim.analytic.costs import cost_of_channels
from funnelsim.analytic.time_to_sale import entries, shares_of_channels
from funnelsim.analytic.usual_sum import naive_leads, worth_of_a_sale
from funnelsim.arguments import a_choice, a_number, a_seed, a_share, refused
from funnelsim.distributions import Floats
from funnelsim.errors import Finding
from funnelsim.experiment.chunks import an_executor
from funnelsim.journal.provenance import Provenance
from funnelsim.planner import outcomes, reps_required, too_late
from funnelsim.planner.answer import Plan
from funnelsim.planner.closed_form import formula, quantile, why_not
from funnelsim.planner.commission import along, per_sale
from funnelsim.planner.forecasts import Forecast, forecast
from funnelsim.planner.futures import Futures
from funnelsim.planner.infeasible import reasons_and_ways_out
from funnelsim.planner.levers import MOST_LEADS, MOST_PLANNED, Lever, leads_at, lever, no_further
from funnelsim.planner.outcomes import QUANTILES
from funnelsim.planner.parameter_uncertainty import (
    ParameterUncertainty,
    Pilot,
    classes_for,
    may_be,
)
from funnelsim.planner.part_of_a_future import part_of
from funnelsim.planner.question import (
    Question,
    a_bar,
    in_doubt,
    provenance_of,
    up_to_the_deadline,
)
from funnelsim.planner.requirements import channels_required, stages_required
from funnelsim.planner.results import a_metric, result
from funnelsim.planner.search import UNBIASED
from funnelsim.planner.sentences import backtested, sentences, setting
from funnelsim.planner.solving import Solved, by_formula, by_search
from funnelsim.planner.trials import MOST, Trials
from funnelsim.progress import Bar
from funnelsim.scenario import Scenario
from funnelsim.state import State, a_state, from_today

if TYPE_CHECKING:
    import pandas as pd

    from funnelsim.calibration import Calibration

__all__ = ["Floats", "Forecast", "Plan", "forecast", "plan"]

ARRIVALS = ("random", "fixed")
ROWS, COUNTS = 250_000, (50, 250)  # deals and customers simulated alone; replications
MOST_SEEN = 1_000_000  # leads of one future, by a formula; of more a part is simulated
MOST_SIMULATED = 0.99  # a chance: for more it takes thousands of futures


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
    today, _ = up_to_the_deadline(scenario, within, pilot, "plan")
    target, probability = a_number("target", target, above=0), a_share("probability", probability)
    most_gone_cold = a_share("most_gone_cold", most_gone_cold)
    if a_state(initial, "plan") is not None:
        today = from_today(today)
    metric = a_metric(metric, today)
    if metric == "sales" and target != int(target):
        rule = "sales come in whole numbers"
        raise refused("target", target, rule, f"write {math.ceil(target)}")
    arrivals = a_choice("arrivals", arrivals, ARRIVALS)
    moved, seed, executor = lever(today, change), a_seed(seed), an_executor(executor)
    settings = {
        "target": target, "metric": metric, "probability": probability, "within": within,
        "change": change, "pilot": pilot, "arrivals": arrivals, "most_gone_cold": most_gone_cold,
    } | ({} if backtest else {"backtest": False})  # fmt: skip
    made = provenance_of("plan", scenario, seed, initial, settings)
    reason = why_not(today, metric) or ("business is running" if initial is not None else "")
    if not reason and not leads_of_channels(today).sum():
        rule = "no channel brings leads in this time"
        raise refused("channels", Finding("given"), rule, "give them a rate")
    if arrivals == "fixed" and (reason or not moved.moves_leads):
        rule = f"a fixed number of leads has an answer only by formula; here {reason or 'not'}"
        raise refused("arrivals", arrivals, rule, 'write arrivals="random"')
    if reason and probability > MOST_SIMULATED:
        rule = f"a search knows chances up to {MOST_SIMULATED:g}: here {reason}"
        raise refused("probability", probability, rule, "write 0.99")
    asked = within, pilot, "plan", backtest, executor, progress
    uncertainty, tried = in_doubt(scenario, *asked)
    with a_bar(progress, MOST * 4, is_guess=True) as bar:
        futures = Futures(bar, seed, initial, executor)
        open_business = _open_business(today, metric, futures, uncertainty)
        remaining = target - (float(open_business["mean"]) if open_business is not None else 0.0)
        naive = naive_leads(today, max(remaining, 0.0), metric)
        if reason:
            moved = no_further(moved, MOST_LEADS)
            trials = Trials(moved, metric, futures, uncertainty, classes_for(probability))
            moved, solved = by_search(trials, moved, target, probability, naive)
        else:
            moved = no_further(moved, MOST_PLANNED)
            moved, solved = by_formula(
                moved, target, metric, probability, uncertainty, arrivals == "fixed", naive
            )
        question = Question(today, target, metric, probability, moved, uncertainty, futures, naive)
        hindrances = reasons_and_ways_out(question, solved.found) if solved.found.limit else []
        told = question, solved, naive, open_business, remaining, most_gone_cold, hindrances
        answer = _told(*told, made)
    said = (
        *answer.sentences,
        *backtested(tried, scenario, backtest and pilot is None),
    )
    return replace(answer, sentences=said, backtest=tried, initial=initial, known=uncertainty)


# --- what is asked ----------------------------------------------------------------------------


def _open_business(
    today: Scenario, metric: str, futures: Futures, uncertainty: ParameterUncertainty | None
) -> pd.Series | None:
    """What is open at the start brings of the metric with no further lead: mean and quantiles."""
    import pandas as pd

    if futures.initial is None:
        return None
    figure = partial(result, metric=metric)
    scenarios = [today] if uncertainty is None else may_be(today, uncertainty)
    every = [lever(scenario, "leads").at(0.0) for scenario in scenarios]
    count = int(np.clip(ROWS / max(futures.there, 1), *COUNTS))
    values = np.array(futures.among(figure, every, range(-(-count // len(every)) * len(every))))
    alone = lever(today, "leads").at(0.0)
    if metric in ("contribution", "profit"):  # less what is spent in any case
        values = values - replace(futures, initial=None).of(figure, alone, range(1))[0]
    quantiles = {name: float(np.quantile(values, p)) for name, p in QUANTILES.items()}
    return pd.Series({"mean": float(values.mean()), **quantiles}, name=metric)


# --- told -------------------------------------------------------------------------------------


def _told(
    question: Question,
    solved: Solved,
    naive: float,
    open_business: pd.Series | None,
    remaining: float,
    most_gone_cold: float,
    hindrances: list[str],
    made: Provenance,
) -> Plan:
    found, moved = solved.found, question.lever
    x = found.x if found.x is not None else found.best
    planned = moved.at(x)
    levers = [moved]
    if question.uncertainty is not None:
        scenarios = may_be(moved.scenario, question.uncertainty)
        levers = [replace(moved, scenario=scenario) for scenario in scenarios]
    leads = float(leads_of_channels(planned).sum())
    parts = max(1.0, leads / MOST_SEEN) if solved.method == "formula" else 1.0
    part = part_of(planned, parts)
    question.futures.expect(_to_come(part, question.futures))
    seen = outcomes.see([one.at(x) for one in levers], question.futures, parts)
    results = seen.results
    if solved.method == "simulation":  # the curve's mean is of more futures
        known_mean = np.interp(x, solved.curve["setting"], solved.curve["mean"])
        results = outcomes.agreed(results, question.metric, float(known_mean))
    entered, outcome = seen.entered, outcomes.outcome_table(results)
    if solved.method == "formula":  # which knows what replications tell by chance
        if question.uncertainty is None:
            entered = entries(planned)
        for metric in {"sales", question.metric}:
            outcome.loc[metric] = _by_law(question, solved, planned, metric, outcome.loc[metric])
        if question.metric == "revenue":  # nobody orders twice, where there is a formula
            outcome.loc["revenue of first orders"] = outcome.loc["revenue"]
    elif found.results is not None:  # those of the search: others would contradict the chance
        ps = QUANTILES.values()
        told = [float(np.quantile(found.results, p, method=UNBIASED)) for p in ps]
        told = [math.floor(v + 1e-9) for v in told] if question.metric == "sales" else told
        outcome.loc[question.metric, list(QUANTILES)] = told
    sales = float(results["sales"].mean())
    reps, tried = reps_required.reps_required(part, question.futures, most_gone_cold, sales)
    least, most = (float(leads_of_channels(moved.at(x)).sum()) for x in solved.interval)
    sold = seen.channels[:, 0].mean(axis=0)
    if solved.method == "formula":
        sold = outcome.loc["sales", "mean"] * shares_of_channels(planned)
    by_channel = per_sale(planned, seen.channels, sold)
    commission = by_channel.eval("sales * commission").fillna(0.0).to_numpy()
    channels = channels_required(question.today, planned, commission[: len(planned.channels)])
    cost_at = partial(_cost_at, question, x=x, commission=channels["commission"].to_numpy())
    price = 0
    if solved.certain == solved.certain and found.x is not None and moved.moves_leads:
        certain = float(leads_of_channels(moved.at(solved.certain)).sum())
        price = round(leads) - round(certain)  # of the numbers that are told, so that they add up
    plan_ = Plan(
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
        setting=setting(moved, x, cost_at),
        setting_today=setting(moved, 1.0, cost_at),
        chance=found.chance,
        naive_leads=round(naive) if naive == naive else 0,
        naive_chance=solved.naive_chance if naive == naive else math.nan,
        price_of_not_knowing=price,
        method=solved.method,
        replications=found.replications,
        curve=_curve(moved, solved.curve, cost_at),
        stages=stages_required(planned, entered),
        channels=channels,
        reps=reps,
        reps_tried=tried,
        outcome=outcome,
        budget=float(channels["cost"].sum()),
        commission=float(channels["commission"].sum()),
        cac=seen.cac,
        payback_days=seen.payback_days,
        per_sale=by_channel,
        deadline=too_late.deadline(part, question.futures),
        open_business=open_business,
        remaining=remaining,
        sentences=(),
        provenance=made,
    )
    return replace(plan_, sentences=sentences(plan_, question, hindrances, most_gone_cold))


def _to_come(scenario: Scenario, futures: Futures) -> int:
    """How many replications the tables take, about."""
    return sum(m.to_come(scenario, futures) for m in (outcomes, reps_required, too_late))


def _by_law(
    question: Question, solved: Solved, planned: Scenario, metric: str, about: pd.Series
) -> list[float]:
    """Mean and quantiles of sales or revenue by the formula; where they are about is known."""
    leads = float(leads_of_channels(planned).sum())

    def chance_of(target: float) -> float:
        if target <= 0:
            return 1.0
        law = formula(planned, target, metric, question.uncertainty, solved.is_fixed)
        return law.chance(leads)

    sales = formula(planned, 1.0, "sales", question.uncertainty, solved.is_fixed).sales
    mean = sales * worth_of_a_sale(planned, metric)
    found = [quantile(chance_of, p, about[name]) for name, p in QUANTILES.items()]
    return [mean, *(map(math.ceil, found) if metric == "sales" else found)]


def _cost_at(
    question: Question, settings: Sequence[float], *, x: float, commission: Floats
) -> Floats:
    """The budget at each setting of a lever of leads; at x the sales cost this commission."""
    leads = leads_at(question.lever, np.array(settings))
    cost: Floats = cost_of_channels(question.lever.scenario, leads).sum(axis=1)
    return cost + along(question.lever, settings, x, commission, question.futures)


def _curve(
    moved: Lever, curve: pd.DataFrame, cost_at: Callable[[Sequence[float]], Floats]
) -> pd.DataFrame:
    """With leads and what they cost, or what stands at the path, in place of factors."""
    columns = ["chance", "chance_se", "mean", "mean_se"]
    if moved.moves_leads:
        settings = curve["setting"].to_numpy()
        curve = curve.assign(
            leads=leads_at(moved, settings).sum(axis=1), cost=cost_at(settings.tolist())
        )
        return curve[["leads", *columns, "cost"]]
    factors = 1 / curve["setting"] if moved.downwards else curve["setting"]
    curve = curve.assign(setting=factors * moved.today / moved.parameter.per_unit)
    return curve[["setting", *columns]].sort_values("setting", ignore_index=True)
