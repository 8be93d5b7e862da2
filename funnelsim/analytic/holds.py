"""How far what the means say holds: exactly, at most, about, or not at all.

Leads influence each other only by waiting for the same reps. So where nobody calls, the means say
all (on average, where odds change on some day). Where somebody does, waiting takes away: leads
lose patience, late answers convince fewer, and what comes later may come too late. Nothing that is
lost by waiting is won back by it, since a lead that comes back is one who had a chance before; so
the means are an upper bound.
"""

from __future__ import annotations

from funnelsim.analytic.changing import move_odds
from funnelsim.scenario import Scenario, Stage
from funnelsim.staffing import crew

EXPECTED = "expected"
AT_MOST = "at most"
ABOUT = "about, if nobody waits"
AVERAGE = "about, on average over the leads"  # where odds change on a day
NOT_SAID = "not without simulation"


def weakest(*labels: str) -> str:
    """What holds of a product of such figures.

    >>> weakest(EXPECTED, AT_MOST)
    'at most'
    """
    return max(labels, key=[EXPECTED, AT_MOST, ABOUT, AVERAGE, NOT_SAID].index)


def of_conversion(scenario: Scenario) -> str:
    """Of how many leads buy in the end, whenever that is."""
    if move_odds(scenario):
        return AVERAGE
    called = [stage for stage in scenario.stages if stage.follow_up]
    if any(differing_skills(scenario, stage) or random_gaps(stage) for stage in called):
        return ABOUT
    return AT_MOST if any(_loses_by_waiting(stage) for stage in called) else EXPECTED


def of_sales(scenario: Scenario) -> str:
    """Of how many buy from the warm-up to the horizon."""
    if not any(stage.follow_up for stage in scenario.stages):
        return AVERAGE if move_odds(scenario) else EXPECTED
    if scenario.warm_up:  # who waits may buy after the warm-up in place of before
        return NOT_SAID
    return weakest(AT_MOST, of_conversion(scenario))


def differing_skills(scenario: Scenario, stage: Stage) -> bool:
    """Whether it matters here which rep of the team calls."""
    if stage.follow_up is None or stage.conversion in (0, 1):
        return False
    team = next(team for team in scenario.teams if team.name == stage.follow_up.team)
    return len({rep._replace(there=()) for rep in crew(scenario, team)}) > 1


def random_gaps(stage: Stage) -> bool:
    """Whether calls in vain take so long or so, and the next one can come too late for that."""
    call = stage.follow_up
    if call is None or call.attempts == 1 or call.reach_probability == 1:
        return False
    return call.attempt_time.constant is None and _loses_by_waiting(stage)


def _loses_by_waiting(stage: Stage) -> bool:
    call = stage.follow_up
    return call is not None and not (call.patience is None and call.response_half_life is None)
