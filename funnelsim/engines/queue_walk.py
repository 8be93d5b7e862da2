"""The only thing that needs an order in time: leads that wait for the same reps.

`walk` goes through jobs (a visit to a stage where a team calls) in the order in which they become
ready, and finds who answers whom, when, and what comes of it. All else has been worked out before,
a column at a time (`columns.py`). It is one function of whole numbers, heaps and columns: Numba
compiles it where it is installed, and plain Python runs the very same lines otherwise.

Events at one moment happen in the order that `clock.py` gives: a team opens; reps come free, by
number; patience ends; leads become ready, by key. A team that serves first come, first served needs
no event but the last: a call starts at the later of ready, next rep free and next opening. Only the
newest first has to wait and see.
"""

from __future__ import annotations

from heapq import heappop, heappush, heapreplace
from typing import Any, NamedTuple

TEAM_OPENS, REP_FREE, PATIENCE_ENDS, READY = 1, 2, 3, 4
OPEN, ADVANCED, LOST, MISSED, NOT_REACHED, GONE_COLD = range(6)
NEVER = NOWHERE = -1
FIRST_TAKEN = 0  # the first lead that an opening takes; the others come by events of their own
SALE = -2  # in place of a job; the sale of lead n is SALE - 1 - n


class Jobs(NamedTuple):
    """A column per question, a row per job; times in microseconds."""

    lead: Any
    stage: Any  # the place among the stages with a team
    first_call: Any  # the row of its first call
    missed: Any
    patience: Any
    reached_by: Any  # the call (0, 1, ...) that reaches the lead
    decision_time: Any
    slack: Any
    advance_to: Any  # what follows if it advances: a job, SALE or NOWHERE
    advance_after: Any
    lost_to: Any  # what follows if it is lost: a job or NOWHERE
    lost_after: Any
    call_time: Any  # a row per call: how long it takes the rep


class Stages(NamedTuple):
    """A row per stage with a team."""

    team: Any
    calls: Any
    every: Any
    decay: Any
    level: Any  # the place of its recovery's discount among all discounts


class Teams(NamedTuple):
    """A row per team; skills and hours of all teams stand one after the other."""

    reps: Any
    newest_first: Any
    first_skill: Any
    ln_skill: Any
    first_hours: Any
    last_hours: Any  # equal to the first: always open
    opens: Any
    closes: Any


class Births(NamedTuple):
    """The leads that customers bring: which, and how long after the sale.

    The case of a sale is twice the level of the discount that brought the lead back, and one more
    if its follow-up came late.
    """

    late_after: int
    first_child: Any  # lead n has the children first_child[n] to first_child[n + 1]
    child: Any  # the lead that it is
    after: Any  # [case, child]: NEVER where it is not born
    enters_at: Any  # per lead: the first that happens to it, a job, SALE or NOWHERE
    enters_after: Any


class Told(NamedTuple):
    """What the walk finds out, all NEVER or 0 before; the last four it only remembers."""

    decided: Any  # per job
    outcome: Any
    queued: Any  # per call
    started: Any
    rep: Any
    call_of: Any  # per job: the call that is next
    waits: Any
    is_late: Any  # per lead
    level: Any


class Entries(NamedTuple):
    """The first that happens to the leads of the channels, in order of (ready, key)."""

    ready: Any
    key: Any
    what: Any


def walk(entries, keys, jobs, stages, teams, births, horizon, told):  # type: ignore[no-untyped-def]
    """Tells `told` what happens before the horizon; `keys` are the keys of all leads."""
    later = [(horizon, READY, keys[0], NOWHERE)]  # (time, rank, key, what)
    later.clear()
    idle, waiting, place = [], [], []
    for team in range(len(teams.reps)):
        reps, stack = [(0, 1)], [(0, keys[0], 0)]
        reps.clear()
        stack.clear()
        for rep in range(teams.reps[team]):
            reps.append((0, rep + 1))  # (idle since, rep)
        idle.append(reps)
        waiting.append(stack)  # (-queued, key, job)
        place.append(teams.first_hours[team])
        if teams.newest_first[team] and teams.first_hours[team] < teams.last_hours[team]:
            opening = teams.opens[teams.first_hours[team]]
            heappush(later, (opening, TEAM_OPENS, keys[0] * 0, team))

    at, count, brings = 0, len(entries.ready), len(births.child) > 0
    while at < count or len(later) > 0:
        if len(later) == 0 or (
            at < count and (entries.ready[at], READY, entries.key[at]) < later[0][:3]
        ):
            now, rank, key, what = entries.ready[at], READY, entries.key[at], entries.what[at]
            at += 1
        else:
            now, rank, key, what = heappop(later)
        if now >= horizon:
            break

        if what < SALE:  # a sale: its children will enter
            lead = SALE - 1 - what
            case = 2 * told.level[lead] + (1 if told.is_late[lead] else 0)
            for n in range(births.first_child[lead], births.first_child[lead + 1]):
                child, after = births.child[n], births.after[case][n]
                to = births.enters_at[child]
                if after != NEVER and to != NOWHERE and now + after < horizon:
                    to = SALE - 1 - child if to == SALE else to
                    when = now + after + births.enters_after[child]
                    heappush(later, (when, READY, keys[child], to))
            continue

        # 1. Whose call starts, and when? A job that fails before has its outcome at once.
        start, outcome, rep = now, OPEN, key
        if rank == READY:
            job = what
            stage = jobs.stage[job]
            team = stages.team[stage]
            call = jobs.first_call[job] + told.call_of[job]
            told.queued[call] = now
            gives_up = told.queued[jobs.first_call[job]] + jobs.patience[job]
            if jobs.missed[job]:
                outcome = MISSED
            else:
                newest_first = teams.newest_first[team]
                if not newest_first:
                    start = max(now, idle[team][0][0])
                if teams.first_hours[team] < teams.last_hours[team]:
                    n = place[team]
                    while teams.closes[n] <= start:
                        n += 1
                    place[team] = n
                    start = max(start, teams.opens[n])
                if newest_first and (start > now or len(idle[team]) == 0):
                    heappush(waiting[team], (-now, keys[jobs.lead[job]], job))
                    heappush(later, (gives_up, PATIENCE_ENDS, keys[jobs.lead[job]], job))
                    told.waits[job] = True
                    continue
                if start > gives_up:
                    outcome = GONE_COLD
                elif newest_first:
                    rep = heappop(idle[team])[1]
                else:
                    rep = idle[team][0][1]
        elif rank == PATIENCE_ENDS:
            job = what
            if not told.waits[job]:
                continue
            told.waits[job] = False
            gives_up, stage, outcome = now, jobs.stage[job], GONE_COLD
        else:  # an opening or a rep come free: the newest that still waits is taken
            team = what
            n = place[team]
            if rank == REP_FREE:
                heappush(idle[team], (now, key))
            elif key == FIRST_TAKEN:
                while teams.opens[n] <= now:
                    n += 1
                heappush(later, (teams.opens[n], TEAM_OPENS, keys[0] * 0, team))
            while len(waiting[team]) > 0 and not told.waits[waiting[team][0][2]]:
                heappop(waiting[team])
            n = place[team]
            if teams.first_hours[team] < teams.last_hours[team]:
                while teams.closes[n] <= now:
                    n += 1
                place[team] = n
                if teams.opens[n] > now:
                    continue
            if len(waiting[team]) == 0 or len(idle[team]) == 0:
                continue
            job = heappop(waiting[team])[2]
            rep = heappop(idle[team])[1]
            told.waits[job] = False
            stage = jobs.stage[job]
            gives_up = told.queued[jobs.first_call[job]] + jobs.patience[job]
            if rank == TEAM_OPENS:  # and the next one
                heappush(later, (now, TEAM_OPENS, keys[0] * 0 + 1, team))

        # 2. What comes of the call?
        lead = jobs.lead[job]
        if outcome == OPEN:
            if start >= horizon:
                continue
            number = told.call_of[job]
            call = jobs.first_call[job] + number
            told.started[call], told.rep[call] = start, rep
            ended = start + jobs.call_time[call]
            if teams.newest_first[team]:
                heappush(later, (ended, REP_FREE, keys[0] * 0 + rep, team))
            else:
                heapreplace(idle[team], (ended, rep))
            if jobs.reached_by[job] == number:
                waited = start - told.queued[jobs.first_call[job]]
                if waited > births.late_after:
                    told.is_late[lead] = True
                ended += jobs.decision_time[job]
                helps = jobs.slack[job] + teams.ln_skill[teams.first_skill[team] + rep]
                outcome = ADVANCED if helps > waited * stages.decay[stage] else LOST
            elif number + 1 == stages.calls[stage]:
                outcome = NOT_REACHED
            elif gives_up < ended + stages.every[stage]:
                ended, outcome = max(gives_up, ended), GONE_COLD
            else:
                told.call_of[job] = number + 1
                heappush(later, (ended + stages.every[stage], READY, keys[lead], job))
                continue
        else:
            ended = gives_up

        # 3. Where does the lead go from there?
        told.decided[job], told.outcome[job] = ended, outcome
        if outcome == ADVANCED:
            to, when = jobs.advance_to[job], ended + jobs.advance_after[job]
            to = SALE - 1 - lead if to == SALE else to
            if to < SALE and not brings:
                continue
        else:
            to, when = jobs.lost_to[job], ended + jobs.lost_after[job]
            if to != NOWHERE:
                told.level[lead] = max(told.level[lead], stages.level[stage])
        if to != NOWHERE and when < horizon:
            heappush(later, (when, READY, keys[lead], to))
