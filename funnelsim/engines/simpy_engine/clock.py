"""A SimPy environment with events at a time and a rank, and a team of reps at work.

Events at the same moment happen in a fixed order (MODEL 1: "one instant"), so that two engines
can tell the same history: reps leave; a team opens; reps come free or come, by number; then
patience ends; then leads become ready, by key. SimPy orders simultaneous events by a priority; rank
and key are packed into it. SimPy's own events (a process starts, a rep is granted) have priorities
0 and 1 and so come first.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from heapq import heapify, heappop, heappush
from itertools import count
from typing import TYPE_CHECKING, Any

import simpy
from simpy.events import EventPriority

from funnelsim.opening_hours import OpeningHours
from funnelsim.staffing import FAR, Rep

Story = Generator[simpy.Event, Any, Any]

_KEYS = 2**64  # more than there are keys
REP_LEAVES, TEAM_OPENS, REP_FREE, PATIENCE_ENDS, READY = (n * _KEYS for n in (1, 2, 3, 4, 5))


class Moment(simpy.Event):
    """An event that is sure to happen, after a time and at a rank; the least key goes first."""

    def __init__(self, clock: Clock, delay: int, rank: int, key: int) -> None:
        super().__init__(clock)
        self._ok, self._value = True, None
        clock.schedule(self, EventPriority(rank + key), delay)


class Clock(simpy.Environment):
    """Time in whole microseconds since the start."""

    if TYPE_CHECKING:

        @property
        def now(self) -> int: ...

    def ready(self, time: int, key: int) -> Moment:
        """The moment at which the lead with this key is ready for what comes next."""
        return Moment(self, time - self.now, READY, key)

    def after(self, delay: int, key: int) -> Moment:
        """The same, when this much time has passed."""
        return Moment(self, delay, READY, key)

    def patience_ends(self, time: int, key: int) -> Moment:
        return Moment(self, time - self.now, PATIENCE_ENDS, key)

    def rep_free(self, delay: int, rep: int) -> Moment:
        return Moment(self, delay, REP_FREE, rep)


class Call(simpy.Event):
    """A lead waiting for a rep of a team."""

    rep = 0  # the number of the rep who takes it
    given_up = False

    def assign(self, rep: int) -> None:
        self.rep = rep
        self.succeed()


class TeamAtWork:
    """Reps, numbered from 1, who take the leads that wait while the team is open.

    First come, first served, or the newest first. Of several idle reps the one idle longest goes,
    then the one with the smallest number; closed hours count as idle. A rep who has started
    finishes, even past closing, and past the time that it is there.
    """

    def __init__(
        self,
        clock: Clock,
        number: int,
        reps: Sequence[Rep],
        hours: OpeningHours,
        newest_first: bool,
    ) -> None:
        self._clock, self._number, self._hours = clock, number, hours
        self._newest_first = newest_first
        self._there = {n for n, rep in enumerate(reps, start=1) if rep.is_there(0)}
        self._busy: set[int] = set()
        self._idle = [(0, rep) for rep in sorted(self._there)]  # (idle since, rep)
        self._waiting: list[tuple[int, int, int, Call]] = []  # (order of service, key, nth, call)
        self._asked = count()
        if not hours.always:
            clock.process(self._open())
        for n, rep in enumerate(reps, start=1):
            clock.process(self._come_and_go(n, rep))

    def call(self, key: int) -> Call:
        """Ask for a rep; at once, if one is idle and the team is open."""
        call = Call(self._clock)
        if self._idle and self._hours.is_open(self._clock.now):
            call.assign(heappop(self._idle)[1])
        else:
            now = self._clock.now
            order = -now if self._newest_first else now
            # a lead that gave up may ask again at the same moment
            heappush(self._waiting, (order, key, next(self._asked), call))
        return call

    def handle(self, rep: int, time: int) -> Generator[simpy.Event, Any, None]:
        """The rep is busy for this time, then takes the next lead or becomes idle."""
        self._busy.add(rep)
        yield self._clock.rep_free(time, rep)
        self._busy.remove(rep)
        if rep in self._there:
            self._is_free(rep)

    def _is_free(self, rep: int) -> None:
        call = self._next() if self._hours.is_open(self._clock.now) else None
        if call:
            call.assign(rep)
        else:
            heappush(self._idle, (self._clock.now, rep))

    def _next(self) -> Call | None:
        """The lead to serve next, if one still waits."""
        while self._waiting:
            call = heappop(self._waiting)[3]
            if not call.given_up:
                return call
        return None

    def _come_and_go(self, number: int, rep: Rep) -> Story:
        """Whoever comes is free from then on; whoever leaves takes no further lead."""
        for came, went in rep.there:
            if came > 0:
                yield self._clock.rep_free(came - self._clock.now, number)
                self._there.add(number)
                if number not in self._busy:
                    self._is_free(number)
            if went == FAR:
                return
            yield Moment(self._clock, went - self._clock.now, REP_LEAVES, number)
            self._there.remove(number)
            self._idle = [(since, n) for since, n in self._idle if n != number]
            heapify(self._idle)

    def _open(self) -> Generator[simpy.Event, Any, None]:
        """At every opening, idle reps take those who have been waiting."""
        while (opening := self._hours.opening_after(self._clock.now)) is not None:
            yield Moment(self._clock, opening - self._clock.now, TEAM_OPENS, self._number)
            while self._idle and (call := self._next()):
                call.assign(heappop(self._idle)[1])
