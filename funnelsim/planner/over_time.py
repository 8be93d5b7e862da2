"""A plan by week, month or quarter: leads, reps, budget and results in each, and by when the target
is reached.

What happens in a period is what happens since it began, less what happens since it ended. All
counts of a scenario and of a journal begin at the warm-up; so the periods of a plan are that of the
same scenario and the same journals with the warm-up moved, and whatever is counted adds up over
them to the whole plan, by construction.

Some futures of the planned scenario tell how the results divide among the periods; what they come
to in all is known better (from more futures, or by a formula), and told of the sum.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, time
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from funnelsim.analytic.arrivals import leads_of_channels
from funnelsim.analytic.costs import changes_costs, cost_of_channels, reps_costs
from funnelsim.deadlines import MONTHS
from funnelsim.distributions import DAY, WEEK, Floats, duration_text
from funnelsim.metrics.by_month import MICROSECOND
from funnelsim.metrics.by_month import beginnings as beginnings_of_months
from funnelsim.metrics.planned import results_since
from funnelsim.planner.answer import QUANTILES, Solved
from funnelsim.planner.futures import Futures, part_of, together
from funnelsim.planner.outcomes import Outcomes
from funnelsim.planner.parameter_uncertainty import may_be
from funnelsim.planner.question import Question
from funnelsim.scenario import Scenario
from funnelsim.staffing import mean_reps

if TYPE_CHECKING:
    import pandas as pd

LEADS, FEWEST = 400_000, 50  # simulated in all; replications at least


def over_time(
    question: Question, solved: Solved, planned: Scenario, brings: Outcomes, futures: Futures
) -> pd.DataFrame:
    """A row per period of the planned scenario, which brings these outcomes (see `Plan`)."""
    import pandas as pd

    by = str(question.by)
    begins = beginnings(planned, by)
    since = [starting(planned, moment) for moment in begins]
    told, seen = _simulated(question, solved, since, brings.parts, futures)
    weights = _shares(told["sales"].mean().to_numpy())
    known = brings.outcome["mean"]
    for figure in {"sales", question.metric}:  # what lacks, or is too much, goes as the sales go
        lack = float(known[figure]) - float(told[figure].sum(axis=1).mean())
        told[figure] = told[figure] + lack * weights
    figure, names, levels = told[question.metric], list(QUANTILES), list(QUANTILES.values())
    so_far = figure.cumsum(axis=1)
    within, by_then = (one.quantile(levels).to_numpy().T for one in (figure, so_far))
    lack = brings.outcome.loc[question.metric, names].to_numpy(float) - by_then[-1]
    by_then = by_then + np.outer(np.cumsum(weights), lack)
    if question.metric == "sales":
        within, by_then = np.rint(within), np.rint(by_then)
    columns: dict[str, object] = {
        **_on_the_calendar(planned, begins),
        "leads": _in_each([leads_of_channels(s).sum() for s in since]),
        **_reps(planned, begins),
        "budget": _in_each([cost_of_channels(s).sum() for s in since])
        + float(brings.commission.sum()) * _shares(told["commission"].mean().to_numpy()),
        "staff": _in_each([reps_costs(s) / 100 for s in since]),
        "changes": _in_each([changes_costs(s) / 100 for s in since]),
        "sales": told["sales"].mean().to_numpy(),
        question.metric: figure.mean().to_numpy(),
        **{name: within[:, place] for place, name in enumerate(names)},
        "so far": so_far.mean().to_numpy(),
        **{f"so far {name}": by_then[:, place] for place, name in enumerate(names)},
        "chance": _chances(seen, question.target, solved.found.chance),
    }  # fmt: skip
    rows = pd.Index(_labels(planned, begins, by), name=by)
    return pd.DataFrame(columns, index=rows)


# --- when periods begin -----------------------------------------------------------------------


def beginnings(scenario: Scenario, by: str) -> list[int]:
    """When each period begins, in microseconds: weeks from the first day that counts on, months
    and quarters as the calendar has them, the first and the last of which may be short.
    """
    if by == "week":
        return list(range(scenario.warm_up, scenario.horizon, WEEK))
    return beginnings_of_months(scenario, MONTHS[by])


def _labels(scenario: Scenario, begins: Sequence[int], by: str) -> list[object]:
    """How a period is called: 2027-02, 2027 Q1; weeks are numbered from 1."""
    if by == "week":
        return list(range(1, len(begins) + 1))
    start = datetime.combine(scenario.start, time())
    first = [start + moment * MICROSECOND for moment in begins]
    if by == "quarter":
        return [f"{day.year} Q{(day.month + 2) // 3}" for day in first]
    return [f"{day:%Y-%m}" for day in first]


def _on_the_calendar(scenario: Scenario, begins: Sequence[int]) -> dict[str, object]:
    """The first and the last day of each period, and how many days it has."""
    import pandas as pd

    ends = [*begins[1:], scenario.horizon]
    start = pd.Timestamp(scenario.start)

    def days(moments: Sequence[int]) -> pd.DatetimeIndex:
        return (start + pd.to_timedelta(list(moments), unit="us")).normalize()

    return {
        "from": days(begins),
        "to": days([end - 1 for end in ends]),
        "days": np.diff([*begins, scenario.horizon]) / DAY,
    }


# --- what is in each --------------------------------------------------------------------------


def starting(scenario: Scenario, moment: int) -> Scenario:
    """The scenario of which only what comes from this moment on counts."""
    return scenario.vary({"warm_up": duration_text(moment)})


def _in_each(since: Sequence[float]) -> Floats:
    """What is in each period, of what there is since it began."""
    found: Floats = np.asarray(since, dtype=float) - np.append(since[1:], 0.0)
    return found


def _reps(scenario: Scenario, begins: Sequence[int]) -> dict[str, Floats]:
    """How many reps are there on average, in all teams; of several teams, in each as well."""
    periods = list(zip(begins, [*begins[1:], scenario.horizon], strict=True))
    there = {
        team.name: np.array([mean_reps(scenario, team, *at) for at in periods])
        for team in scenario.teams
    }
    in_all = sum(there.values(), np.zeros(len(begins)))
    each = {f"reps, {name}": reps for name, reps in there.items()} if len(there) > 1 else {}
    return {"reps": in_all, **each}


def _shares(parts: Floats) -> Floats:
    """The parts of the whole; even ones, where there is nothing."""
    whole = parts.sum()
    found: Floats = parts / whole if whole > 0 else np.full(len(parts), 1 / len(parts))
    return found


def _simulated(
    question: Question, solved: Solved, since: Sequence[Scenario], parts: float, futures: Futures
) -> tuple[dict[str, pd.DataFrame], Floats]:
    """Sales, commission and the metric of each future (a row) in each period (a column), and the
    metric up to the end of each.
    """
    import pandas as pd

    moved, x = solved.lever, solved.found.best
    scenarios = [since[0]]
    if question.uncertainty is not None:
        made = may_be(moved.scenario, question.uncertainty)
        scenarios = [replace(moved, scenario=scenario).at(x) for scenario in made]
    scenarios = [part_of(scenario, parts) for scenario in scenarios]
    count = futures.replications_for(scenarios[0], LEADS, FEWEST)
    count = -(-count // len(scenarios)) * len(scenarios)  # as many of each
    futures.expect(count)
    cut = [part_of(scenario, parts) for scenario in since]
    ask = partial(results_since, since=cut, metric=question.metric)
    values = np.array(futures.among(ask, scenarios, range(count)))  # replication, figure, period
    classes = len(scenarios)
    names = dict.fromkeys(("sales", "commission", question.metric))
    told = {
        name: together(pd.DataFrame(values[:, place]), parts, classes)
        for place, name in enumerate(names)
    }
    so_far = pd.DataFrame(values[:, list(names).index(question.metric)]).cumsum(axis=1)
    return told, together(so_far, parts, classes).to_numpy()


def _chances(so_far: Floats, target: float, in_all: float) -> Floats:
    """How likely the target is reached by the end of each period; in all the chance is known.

    Of the futures in which it is, so many have reached it by then (a ratio estimate).
    """
    reached = (so_far >= target - 1e-9).mean(axis=0)
    times = in_all / reached[-1] if reached[-1] else 1.0
    found: Floats = np.minimum(reached * times, 1.0)
    found[-1] = in_all
    return found
