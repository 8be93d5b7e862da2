"""What stands in the way of a target that cannot be met, and what would move it.

Each way out that is named has been tried: the same search, quickly, on the changed scenario.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from funnelsim.analytic.arrivals import leads_of_channels
from funnelsim.analytic.costs import costs_by_sale
from funnelsim.analytic.teams import team_load
from funnelsim.analytic.usual_sum import naive_leads
from funnelsim.distributions import duration_text
from funnelsim.errors import FunnelSimError
from funnelsim.planner.answer import Found
from funnelsim.planner.futures import Futures
from funnelsim.planner.levers import (
    MOST_LEADS,
    MOST_PLANNED,
    MOST_REPS,
    busiest_load,
    first_guess,
    is_full,
    lever,
    no_further,
)
from funnelsim.planner.parameter_uncertainty import CLASSES
from funnelsim.planner.search import TABLES, search
from funnelsim.planner.trials import Trials
from funnelsim.scenario import Scenario
from funnelsim.tables import figure_text

if TYPE_CHECKING:
    from funnelsim.planner.question import Question

BUSY = (0.95, 0.85)  # of their time: how many reps are tried, the fewest first
MOST_FOR_A_WAY_OUT = 200_000  # leads: a search for more of them takes minutes
FULL = 0.9  # a team with this load at the best setting is in the way


def reasons_and_ways_out(question: Question, found: Found, futures: Futures) -> list[str]:
    """Sentences: what is in the way, then what would move it."""
    best = question.lever.at(found.best)
    told = _dead_ends(best)
    if told:
        return told
    if found.limit == "none":
        return _limits(question, found)
    told = [*_teams(best), *_ceilings(question, best)] if found.limit != "nothing" else []
    costs_more = found.limit == "falls" and question.metric in ("contribution", "profit")
    if costs_more and question.lever.moves_leads and not _teams(best):
        told.append(
            f"More leads lower the {question.metric}: a lead costs more than it brings. "
            f"{_cheaper(best)} would change that."
        )
    if not told:
        told = _limits(question, found)
    return told + _ways_out(question, best, futures)


def _dead_ends(scenario: Scenario) -> list[str]:
    return [
        f"stages.{stage.name}.conversion is 0: nobody gets past it. Any conversion above 0 would."
        for stage in scenario.stages[:-1]
        if stage.conversion == 0
    ]


def _teams(best: Scenario) -> list[str]:
    told = []
    for name, row in team_load(best).iterrows():
        if row["load"] >= FULL:
            reps = f"{row['reps']:,.0f} rep{'s' * (int(row['reps']) != 1)}"
            told.append(
                f"Team {name} is in the way: its {reps} would have "
                f"{figure_text(float(row['load']), 'share')} of their hours to work; past that "
                "more leads only wait."
            )
    return told


def _ceilings(question: Question, best: Scenario) -> list[str]:
    if not question.lever.moves_leads:
        return []
    there = zip(best.channels, is_full(question.today, best), strict=True)
    full = [channel.name for channel, full in there if full]
    if not full:
        return []
    are = "is at its ceiling" if len(full) == 1 else "are at their ceilings"
    return [f"{', '.join(full)} {are}: no more leads a day can be had there."]


def _cheaper(scenario: Scenario) -> str:
    """What would make a sale leave more than it costs."""
    ways = []
    if any(channel.price for channel in scenario.channels):
        ways += ["cheaper leads", "a higher conversion"]
    if any(costs_by_sale(channel, scenario) for channel in scenario.channels):
        ways.append("less commission")
    told = " or ".join(filter(None, [", ".join(ways), "a higher margin"]))
    return told[0].upper() + told[1:]


def _limits(question: Question, found: Found) -> list[str]:
    days = duration_text(question.today.horizon - question.today.warm_up)
    if found.limit == "nothing":
        return [f"Nobody gets through the funnel within {days}: the way takes longer."]
    if found.limit == "avalanche":
        return ["With more leads the referrals are an avalanche (see referral.max_leads)."]
    if question.lever.moves_leads:
        if found.limit == "high" and found.replications:
            return [
                f"More than {MOST_LEADS:,} leads are not simulated in one future. A shorter time "
                "with its part of the target has fewer."
            ]
        if found.limit == "high":
            return [f"More than {MOST_PLANNED:,} leads are not planned with."]
        return ["More leads bring hardly any more."]
    moved = question.lever.parameter.label
    if found.limit == "none":
        return [f"{moved} does not change the {question.metric}."]
    if question.lever.moments:
        return _weeks(question, found)
    more = "Less" if question.lever.downwards else "More"
    if found.limit == "falls":
        return [f"{more} of {moved} brings less: it costs more than it brings."]
    if found.limit == "high" and found.best >= 0.99 * question.lever.high:
        return [f"{question.lever.text(question.lever.high)} is as far as {moved} goes."]
    return [f"{more} of {moved} brings hardly any more."]


def _weeks(question: Question, found: Found) -> list[str]:
    """Of a change that no week is right for."""
    moved = question.lever
    if found.best < moved.high:
        return [f"Before and after that week the {question.metric} is less."]
    return [f"{moved.parameter.label} cannot be {'later' if moved.downwards else 'earlier'}."]


def _ways_out(question: Question, best: Scenario, futures: Futures) -> list[str]:
    """Changes that would do, each tried."""
    told: list[str] = []
    tried: dict[str, str] = {}  # by the first path that is changed
    candidates = _candidates(question, best)
    for number, (words, changes) in enumerate(candidates):
        try:
            changed = question.today.vary(changes)
            naive = naive_leads(changed, question.target, question.metric)
            if naive > MOST_FOR_A_WAY_OUT:
                continue
            moved = no_further(lever(changed, question.lever.path), MOST_LEADS)
            trials = Trials(
                moved,
                question.metric,
                futures,
                question.uncertainty,
                CLASSES,
                is_rough=True,
            )
            trials.expect(len(candidates) - number, after=TABLES)
            start = min(first_guess(moved, naive, busiest_load(moved)), moved.high)
            there = search(trials, moved, question.target, question.probability, start)
        except FunnelSimError:  # the change is none for this scenario, or too much to simulate
            continue
        tried[next(iter(changes))] = words[0].lower() + words[1:]
        if there.x is not None:
            leads = float(leads_of_channels(moved.at(there.x)).sum())
            told.append(f"{words} it would take about {leads:,.0f} leads.")
            return told  # the first that does, the smallest change
    if tried and not told:
        told.append(f"None of these alone would do: {'; '.join(tried.values())}.")
    return told


def _candidates(question: Question, best: Scenario) -> list[tuple[str, dict[str, object]]]:
    if not question.lever.moves_leads:
        return []
    made: list[tuple[str, dict[str, object]]] = []
    work: dict[str, float] = {}
    more = question.naive / max(float(leads_of_channels(best).sum()), 1.0)  # times the work
    for name, row in team_load(best).iterrows():
        load = row["load"] * (max(more, 1.0) if math.isfinite(more) else 1.0)
        if load >= FULL and math.isfinite(load) and load * row["reps"] < MOST_REPS / 2:
            work[str(name)] = load * row["reps"]  # how many reps would be busy all the time
    for busy in BUSY if work else ():
        reps = {name: math.ceil(hours / busy) for name, hours in work.items()}
        numbers = ", ".join(f"{count:,} reps in team {name}" for name, count in reps.items())
        change: dict[str, object] = {f"teams.{name}.reps": count for name, count in reps.items()}
        if change not in [other for _, other in made]:
            made.append((f"With {numbers}", change))
    for times in (2, 4):
        longer = times * (question.today.horizon - question.today.warm_up)
        horizon = duration_text(longer + question.today.warm_up)
        made.append((f"Within {duration_text(longer)}", {"horizon": horizon}))
    return made
