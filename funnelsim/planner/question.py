"""What a plan and a forecast are asked, and what is known before anything is moved.

`asked` takes a plan's question in and checks it; `known` adds what is open at the start, and what
the usual sum says of the rest.
"""

from __future__ import annotations

import math
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from funnelsim.analytic.arrivals import leads_of_channels
from funnelsim.analytic.changing import move_odds
from funnelsim.analytic.usual_sum import naive_leads
from funnelsim.arguments import a_choice, a_number, a_seed, a_share, refused
from funnelsim.deadlines import up_to
from funnelsim.errors import Finding
from funnelsim.experiment.chunks import an_executor
from funnelsim.journal.provenance import AtTheStart, Provenance
from funnelsim.metrics.planned import METRICS, result
from funnelsim.planner.answer import QUANTILES
from funnelsim.planner.futures import Futures
from funnelsim.planner.levers import MOST_LEADS, MOST_PLANNED, Lever, lever, no_further
from funnelsim.planner.parameter_uncertainty import (
    ParameterUncertainty,
    Pilot,
    about,
    from_calibration,
    from_pilot,
    may_be,
    variants,
)
from funnelsim.progress import Bar
from funnelsim.scenario import Scenario, a_scenario
from funnelsim.state import State, a_state, from_today

if TYPE_CHECKING:
    import pandas as pd

    from funnelsim.calibration import Calibration
    from funnelsim.planner.tested import Backtest

ARRIVALS = ("random", "fixed")
PERIODS = ("week", "month", "quarter")
ROWS, COUNTS = 250_000, (50, 250)  # deals and customers simulated alone; replications
MOST_SIMULATED = 0.99  # a chance: for more it takes thousands of futures


@dataclass(frozen=True)
class Question:
    """What a plan was asked for, and what is known before it is answered."""

    today: Scenario
    target: float
    metric: str
    probability: float
    lever: Lever
    is_fixed: bool  # the number of leads is certain
    most_gone_cold: float
    seed: int
    initial: State | None
    executor: Executor | None
    provenance: Provenance
    no_formula: str  # why no formula holds; "" where one does
    uncertainty: ParameterUncertainty | None
    backtest: Backtest | None
    is_short: bool  # the export: too short for a backtest
    by: str | None = None  # the periods that are told apart
    open_business: pd.Series | None = None  # what is open brings of the metric
    remaining: float = math.nan  # of the target
    naive: float = math.nan  # leads by the usual sum, for that


# --- what is asked ----------------------------------------------------------------------------


def asked(
    scenario: Scenario | Calibration,
    settings: dict[str, Any],
    initial: State | None,
    seed: int,
    executor: Executor | None,
    progress: bool | Bar,
) -> Question:
    """The question of a plan: `settings` are its arguments by their names. FunnelSimError for one
    that is none.
    """
    by_then, uncertainty = up_to_the_deadline(
        scenario, settings["within"], settings["pilot"], "plan"
    )
    target = a_number("target", settings["target"], above=0)
    probability = a_share("probability", settings["probability"])
    most_gone_cold = a_share("most_gone_cold", settings["most_gone_cold"])
    today = by_then if a_state(initial, "plan") is None else from_today(by_then)
    metric = a_metric(settings["metric"], today)
    if metric == "sales" and target != int(target):
        rule = "sales come in whole numbers"
        raise refused("target", target, rule, f"write {math.ceil(target)}")
    arrivals = a_choice("arrivals", settings["arrivals"], ARRIVALS)
    no_formula = why_not(today, metric) or ("business is running" if initial is not None else "")
    moved = lever(today, settings["change"])
    moved = no_further(moved, MOST_LEADS if no_formula else MOST_PLANNED)
    seed, executor = a_seed(seed), an_executor(executor)
    told = settings | {
        "target": target, "probability": probability, "metric": metric,
        "most_gone_cold": most_gone_cold, "arrivals": arrivals,
    }  # fmt: skip
    by = told["by"] and a_choice("by", told["by"], PERIODS)
    is_wanted = told.pop("backtest")
    told |= {} if is_wanted else {"backtest": False}
    made = provenance_of("plan", scenario, seed, initial, told)
    _refuse_unanswerable(today, moved, arrivals, probability, no_formula)
    is_tried = is_wanted and settings["pilot"] is None
    uncertainty, backtest = in_doubt(
        scenario, by_then, uncertainty, is_tried, executor, progress, "plan"
    )
    is_short = is_tried and backtest is None and getattr(scenario, "deals", None) is not None
    return Question(
        today, target, metric, probability,
        moved, arrivals == "fixed",
        most_gone_cold, seed, initial, executor, made, no_formula, uncertainty, backtest, is_short,
        by,
    )  # fmt: skip


def _refuse_unanswerable(
    today: Scenario, moved: Lever, arrivals: str, probability: float, no_formula: str
) -> None:
    """FunnelSimError for what neither a formula nor a search can answer."""
    if not no_formula and not leads_of_channels(today).sum():
        rule = "no channel brings leads in this time"
        raise refused("channels", Finding("given"), rule, "give them a rate")
    if arrivals == "fixed" and (no_formula or not moved.moves_leads):
        rule = f"a fixed number of leads has an answer only by formula; here {no_formula or 'not'}"
        raise refused("arrivals", arrivals, rule, 'write arrivals="random"')
    if no_formula and probability > MOST_SIMULATED:
        rule = f"a search knows chances up to {MOST_SIMULATED:g}: here {no_formula}"
        raise refused("probability", probability, rule, "write 0.99")


def why_not(scenario: Scenario, metric: str) -> str:
    """What keeps a formula from holding; "" where there is one."""
    s, order = scenario, scenario.order
    if any(stage.follow_up for stage in s.stages):
        return "leads wait for one another"
    if any(stage.recovery for stage in s.stages):
        return "lost leads come back"
    if any(channel.dispersion != 1 for channel in s.channels if channel.rate):
        return "leads come in heaps"
    if s.referral:
        return "customers bring leads"
    if move_odds(s):
        return "odds change on a day"
    if metric == "sales":
        return ""
    if metric != "revenue" or order is None:
        return "it has costs"
    if s.retention or s.upsell or s.campaigns:
        return "customers order again"
    if any(change.discount or change.order_value_factor != 1 for change in s.changes):
        return "what orders pay changes on a day"
    if order.payments or order.offers or s.loyalty:
        return "orders are more than a value"
    return ""


def a_metric(metric: object, scenario: Scenario) -> str:
    """The name, if the scenario has such a figure; FunnelSimError if not."""
    metric = a_choice("metric", metric, METRICS, "a plan has no such")
    if metric != "sales" and scenario.order is None:
        rule = "the scenario has no [order], so nothing is earned"
        way_out = 'give it one, or plan metric="sales"'
        raise refused("metric", metric, rule, way_out)
    return metric


def up_to_the_deadline(
    scenario: Scenario | Calibration, within: str | None, pilot: Pilot | None, name: str
) -> tuple[Scenario, ParameterUncertainty | None]:
    """The scenario with its horizon at the deadline, and what is known of its conversion.

    A calibration brings its draws along; in a forecast its rates are in doubt too. After a pilot
    the odds are turned to its rate.
    """
    uncertainty = None
    if not isinstance(scenario, Scenario) and hasattr(scenario, "overall_se"):
        uncertainty = from_calibration(scenario, with_rates=name == "forecast")
        scenario = scenario.scenario
    today = a_scenario(scenario, name)
    if within is not None:
        today = up_to(within, today)
    if pilot is not None:
        uncertainty = from_pilot(pilot)
        seen = np.array([about(today, uncertainty).seen])
        (today,) = variants(today, seen, np.ones(1))
    return today, None if uncertainty is None else about(today, uncertainty)


def in_doubt(
    scenario: Scenario | Calibration,
    by_then: Scenario,
    uncertainty: ParameterUncertainty | None,
    is_wanted: bool,
    executor: Executor | None,
    progress: bool | Bar,
    name: str,
) -> tuple[ParameterUncertainty | None, Backtest | None]:
    """What is known of the conversion, with the doubt that the backtest of a calibration's export
    asks for, and that backtest: None where there is none, or none is wanted.

    A pilot's doubt was told, and stays as it is: there none is wanted.
    """
    if not is_wanted or isinstance(scenario, Scenario):
        return uncertainty, None
    from funnelsim.planner.backtests import tried

    widened, found = tried(scenario, executor, progress)
    if widened is not scenario:
        doubt = from_calibration(widened, with_rates=name == "forecast")
        uncertainty = None if doubt is None else about(by_then, doubt)
    return uncertainty, found


def provenance_of(
    made: str,
    scenario: Scenario | Calibration,
    seed: int,
    initial: State | None,
    settings: dict[str, Any],
) -> Provenance:
    """How a plan or a forecast was made of a scenario or a calibration, as it was given."""
    source = None
    if not isinstance(scenario, Scenario):
        source, scenario = scenario.provenance, scenario.scenario
    return Provenance(made, scenario, seed, settings, AtTheStart.of(initial), source=source)


# --- what is known ----------------------------------------------------------------------------


def known(question: Question, futures: Futures) -> Question:
    """The question with what is open at the start, and what the usual sum says of the rest."""
    brings = _open_business(question, futures)
    remaining = question.target - (float(brings["mean"]) if brings is not None else 0.0)
    naive = naive_leads(question.today, max(remaining, 0.0), question.metric)
    return replace(question, open_business=brings, remaining=remaining, naive=naive)


def _open_business(question: Question, futures: Futures) -> pd.Series | None:
    """What is open at the start brings of the metric with no further lead: mean and quantiles."""
    import pandas as pd

    if futures.initial is None:
        return None
    today, metric = question.today, question.metric
    figure = partial(result, metric=metric)
    scenarios = [today] if question.uncertainty is None else may_be(today, question.uncertainty)
    every = [lever(scenario, "leads").at(0.0) for scenario in scenarios]
    count = int(np.clip(ROWS / max(futures.there, 1), *COUNTS))
    values = np.array(futures.among(figure, every, range(-(-count // len(every)) * len(every))))
    if metric in ("contribution", "profit"):  # less what is spent in any case
        alone = lever(today, "leads").at(0.0)
        values = values - replace(futures, initial=None).of(figure, alone, range(1))[0]
    quantiles = {name: float(np.quantile(values, p)) for name, p in QUANTILES.items()}
    return pd.Series({"mean": float(values.mean()), **quantiles}, name=metric)
