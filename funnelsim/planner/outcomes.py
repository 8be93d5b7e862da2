"""What the planned scenario brings, as tables: its results, sales, CAC and payback, and the curve.

Read from some replications of the planned scenario, told as means (and quantiles, of results).
Commission (a share of the first order, and `cost_per_sale`) depends on what becomes of the leads,
so it is read from the same futures. Where leads do not wait for one another a channel's commission
is in proportion to its leads; elsewhere some futures say what it would be with others.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from funnelsim.analytic.arrivals import leads_of_channels
from funnelsim.analytic.costs import cost_of_channels, costs_by_sale
from funnelsim.distributions import Floats
from funnelsim.experiment.chunks import of_each
from funnelsim.metrics.basis import ratio
from funnelsim.metrics.planned import commission_in_all
from funnelsim.planner.answer import QUANTILES, Solved
from funnelsim.planner.closed_form import by_law
from funnelsim.planner.futures import Futures, see
from funnelsim.planner.levers import Lever, leads_at
from funnelsim.planner.parameter_uncertainty import may_be
from funnelsim.planner.question import Question
from funnelsim.planner.search import UNBIASED
from funnelsim.scenario import Scenario
from funnelsim.scenario.values import REFERRAL

if TYPE_CHECKING:
    import pandas as pd

MOST_SEEN = 1_000_000  # leads of one future, by a formula; of more a part is simulated
SETTINGS = 5  # of the lever, at which commission is simulated
SOME, LEADS_AT_A_SETTING = (3, 10), 20_000  # replications there, and leads in all
SURE = 3.0  # standard errors: a smaller loss may be chance


@dataclass(frozen=True)
class Outcomes:
    """What the planned scenario brings: tables and figures of a `Plan` by their names there.

    `sales` is their mean number, `entered` that of the leads that enter each stage; `commission`
    what is paid for the sales of each channel, `cost` what a budget comes to, and `cost_today`
    today; what is simulated is one of so many `parts` of it.
    """

    outcome: pd.DataFrame
    per_sale: pd.DataFrame
    curve: pd.DataFrame
    cac: float
    payback_days: float
    sales: float
    entered: Floats
    commission: Floats
    cost: float
    cost_today: float
    parts: float


def outcomes(question: Question, solved: Solved, planned: Scenario, futures: Futures) -> Outcomes:
    """All of that, of the scenario `planned`."""
    moved, x = solved.lever, solved.found.best
    scenarios = [planned]
    if question.uncertainty is not None:
        made = may_be(moved.scenario, question.uncertainty)
        scenarios = [replace(moved, scenario=scenario).at(x) for scenario in made]
    is_law = solved.method == "formula"
    leads = float(leads_of_channels(planned).sum())
    parts = max(1.0, leads / MOST_SEEN) if is_law else 1.0
    seen = see(scenarios, futures, parts)
    results, entered = seen.results, seen.entered
    sold = seen.channels[:, 0].mean(axis=0)
    if is_law:
        outcome = outcome_table(results)
        known = by_law(question, planned, outcome)
        sold = outcome.loc["sales", "mean"] * known.shares
        entered = entered if known.entered is None else known.entered
    else:  # the curve's mean is of more futures
        known_mean = np.interp(x, solved.curve["setting"], solved.curve["mean"])
        results = agreed(results, question.metric, float(known_mean))
        outcome = outcome_table(results)
        if solved.found.results is not None:  # others would contradict the chance
            _put_quantiles(outcome, question.metric, solved.found.results)
    by_channel = per_sale(planned, seen.channels, sold)
    paid = by_channel.eval("sales * commission").fillna(0.0).to_numpy()[: len(planned.channels)]
    curve, cost, cost_today = _along_the_lever(solved, paid, futures)
    return Outcomes(
        outcome, by_channel, curve, seen.cac, seen.payback_days,
        float(results["sales"].mean()), entered, paid, cost, cost_today, parts,
    )  # fmt: skip


# --- results ----------------------------------------------------------------------------------


def _put_quantiles(outcome: pd.DataFrame, metric: str, results: Floats) -> None:
    """Puts those of the results that the search has seen into the table."""
    told = [float(np.quantile(results, p, method=UNBIASED)) for p in QUANTILES.values()]
    told = [math.floor(v + 1e-9) for v in told] if metric == "sales" else told
    outcome.loc[metric, list(QUANTILES)] = told


def agreed(results: pd.DataFrame, metric: str, mean: float) -> pd.DataFrame:
    """The results with one metric's mean as it is known from more futures, and the others with what
    goes together with that (a control variate)."""
    about, varies = results.cov()[metric], float(results[metric].var())
    if not varies:
        return results
    return results + about / varies * (mean - float(results[metric].mean()))


def outcome_table(results: pd.DataFrame) -> pd.DataFrame:
    """A row per result: its `mean`, and the quantiles `10%`, `50%` and `90%` of single futures."""
    quantiles = {name: results.quantile(p) for name, p in QUANTILES.items()}
    table = results.mean().to_frame("mean").assign(**quantiles)
    return table.rename_axis("result")


# --- what a sale leaves and costs -------------------------------------------------------------


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


# --- along the lever --------------------------------------------------------------------------


def _along_the_lever(
    solved: Solved, commission: Floats, futures: Futures
) -> tuple[pd.DataFrame, float, float]:
    """The curve as it is told, and what a budget comes to, as planned and today."""
    moved, x = solved.lever, solved.found.best

    def cost_at(settings: Floats) -> Floats:
        """The budget at each setting of a lever of leads."""
        cost: Floats = cost_of_channels(moved.scenario, leads_at(moved, settings)).sum(axis=1)
        return cost + along(moved, settings.tolist(), x, commission, futures)

    cost = today = math.nan
    if moved.path == "budget":
        cost, today = (float(cost_at(np.array([setting]))[0]) for setting in (x, 1.0))
    curve, columns = solved.curve, ["chance", "chance_se", "mean", "mean_se"]
    if moved.moves_leads:
        settings = curve["setting"].to_numpy()
        curve = curve.assign(leads=leads_at(moved, settings).sum(axis=1), cost=cost_at(settings))
        return curve[["leads", *columns, "cost"]], cost, today
    numbers = np.array([moved.number_at(x) for x in curve["setting"]])
    curve = curve.assign(setting=numbers / moved.parameter.per_unit)
    if moved.moments:
        start = np.datetime64(moved.scenario.start, "D")
        curve = curve.assign(date=start + np.floor(curve["setting"]).astype("timedelta64[D]"))
        columns.insert(0, "date")
    return curve[["setting", *columns]].sort_values("setting", ignore_index=True), cost, today


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
    count = int(np.clip(LEADS_AT_A_SETTING / leads, *SOME))
    return float(np.mean(futures.of(partial(of_each, commission_in_all), scenario, range(count))))
