"""Who is in a team, and when: those who are always there, and whom changes bring and take away.

Reps are numbered from 1. Those of the team come first, then those of each change that brings some,
in the order of the file; a number is one and the same rep all along. A change with reps below 0
takes away the last-numbered of those who are always there, and whom changes brought only when none
of them is left. So whoever stands in for an absent rep is there, and a hire goes when its own
change is over. With all changes of a moment together nobody is counted twice, and fewer than none
are never there.
"""

from __future__ import annotations

import math
from collections import Counter
from datetime import date
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

from funnelsim.distributions import DAY
from funnelsim.opening_hours import Interval, OpeningHours
from funnelsim.scenario import Scenario, Team

FAR = 2**62  # past any time
ALWAYS_THERE = ((0, FAR),)


class Rep(NamedTuple):
    """A rep of a team, and when it is there: half-open intervals of microseconds, in order.

    Its skill is an odds ratio. With a ramp the logarithm goes to 0 in a straight line, which takes
    `ramp` and is over at `trained`; without one it stays.
    """

    there: tuple[Interval, ...]
    skill: float = 1.0
    ramp: int = 0
    trained: int = 0

    def is_there(self, moment: int) -> bool:
        return any(came <= moment < went for came, went in self.there)

    def time_there(self, begin: int, end: int) -> int:
        """Microseconds between two moments."""
        return sum(max(min(went, end) - max(came, begin), 0) for came, went in self.there)

    def ln_skill_at(self, moment: float) -> float:
        """The natural log of the skill in a call that begins at this moment, while it is there."""
        at_first = math.log(self.skill)
        return at_first * max((self.trained - moment) / self.ramp, 0.0) if self.ramp else at_first

    def skill_at(self, moment: float) -> float:
        return math.exp(self.ln_skill_at(moment)) if self.ramp else self.skill


class Move(NamedTuple):
    """What one change does to a team: so many reps more, or fewer, for a while."""

    begin: int
    end: int
    reps: int
    skill: float
    ramp: int


def moves(scenario: Scenario, team: Team) -> tuple[Move, ...]:
    """What the changes do to this team, in the order of the file."""
    return tuple(
        Move(
            change.from_,
            FAR if change.to is None else change.to,
            change.reps[team.name],
            change.skill,
            change.ramp if change.skill != 1 else 0,
        )
        for change in scenario.changes
        if change.reps.get(team.name)
    )


def crew(scenario: Scenario, team: Team) -> tuple[Rep, ...]:
    """Everybody who is in the team at any time, by number.

    >>> from funnelsim import load
    >>> s = load("aida-follow-up")
    >>> [rep.there[0][0] for rep in crew(s, s.teams[0])]  # two, from the first moment on
    [0, 0]
    """
    return _crew(team.reps, team.skills, moves(scenario, team))


@lru_cache(maxsize=256)  # asked for at every look at the same scenario
def _crew(reps: int, skills: tuple[float, ...], changes: tuple[Move, ...]) -> tuple[Rep, ...]:
    found = [Rep((), skill) for skill in [*skills[:reps], *[1.0] * (reps - len(skills))]]
    for move in changes:
        brought = Rep((), move.skill, move.ramp, move.begin + move.ramp)
        found += [brought] * max(move.reps, 0)
    there: list[list[Interval]] = [[] for _ in found]
    for begin, end in pairwise([*moments(changes), FAR]):
        for rep in _who_is_there(reps, changes, begin):
            if there[rep] and there[rep][-1][1] == begin:
                begin_of_all = there[rep].pop()[0]
                there[rep].append((begin_of_all, end))
            else:
                there[rep].append((begin, end))
    return tuple(rep._replace(there=tuple(when)) for rep, when in zip(found, there, strict=True))


def moments(changes: tuple[Move, ...]) -> list[int]:
    """When the team may be another than before, the start included."""
    ends = {*(move.begin for move in changes), *(move.end for move in changes)}
    return [0, *sorted(moment for moment in ends if 0 < moment < FAR)]


def _who_is_there(reps: int, changes: tuple[Move, ...], moment: int) -> list[int]:
    """Places in the crew, from this moment on."""
    brought: list[int] = []
    away, first = 0, reps
    for move in changes:
        count, acts = max(move.reps, 0), move.begin <= moment < move.end
        if acts:
            brought += range(first, first + count)
            away += max(-move.reps, 0)
        first += count
    stay = max(reps - away, 0)
    return [*range(stay), *brought[: max(len(brought) - max(away - reps, 0), 0)]]


# --- how much of them there is ------------------------------------------------------------------


def open_time(scenario: Scenario, team: Team, begin: int, end: int) -> int:
    """Microseconds between two moments in which the team is open, of all reps who are there."""
    return _in_all(team, scenario.start, moves(scenario, team), begin, end)[0]


def mean_reps(scenario: Scenario, team: Team, begin: int, end: int) -> float:
    """How many are there between two moments, on average, hours open or not."""
    return sum(rep.time_there(begin, end) for rep in crew(scenario, team)) / (end - begin)


def fewest_reps(scenario: Scenario, team: Team) -> int:
    """The least number of those always there with which changes leave no fewer than none."""
    changes = moves(scenario, team)
    acting = ([m.reps for m in changes if m.begin <= at < m.end] for at in moments(changes))
    return max(1, *(-sum(counts) for counts in acting))


def rep_days(scenario: Scenario, team: Team, begin: int, end: int) -> int:
    """Days between two moments on which the team opens while a rep is there, of all reps."""
    return _in_all(team, scenario.start, moves(scenario, team), begin, end)[1]


@lru_cache(maxsize=256)  # the same for every replication of a scenario
def _in_all(
    team: Team, start: date, changes: tuple[Move, ...], begin: int, end: int
) -> tuple[int, int]:
    hours = OpeningHours(team.open, start, team.closed)
    time = days = 0
    alike = Counter(rep.there for rep in _crew(team.reps, team.skills, changes))
    for there, count in alike.items():
        opened: set[int] = set()
        for came, went in there:
            low, high = max(came, begin), min(went, end)
            if low < high:
                time += count * hours.open_time(low, high)
                opened |= {a // DAY for a, _ in hours.intervals(low, high)}
        days += count * len(opened)
    return time, days
