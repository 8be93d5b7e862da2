"""The only thing that needs an order in time: leads that wait for the same reps.

`walk` goes through jobs (a visit to a stage where a team calls) in the order in which they become
ready, and finds who answers whom, when, and what comes of it. All else has been worked out before,
a column at a time (`columns.py`). It is one function of whole numbers, heaps and columns: Numba
compiles it where it is installed, and plain Python runs the very same lines otherwise.

Events at one moment happen in the order that `clock.py` gives: reps leave; a team opens; reps come
free or come, by number; patience ends; leads become ready, by key. A team that serves first come,
first served needs no event but the last: a call starts at the later of ready, next rep free and
next opening. Only the newest first, and a team whose reps come and go, has to wait and see.
"""

from __future__ import annotations

from heapq import heapify, heappop, heappush, heapreplace
from typing import Any, NamedTuple

REP_LEAVES, TEAM_OPENS, REP_FREE, PATIENCE_ENDS, READY = range(5)
OPEN, ADVANCED, LOST, MISSED, NOT_REACHED, GONE_COLD, DROPPED = range(7)
OUTCOMES = 7
NEVER = NOWHERE = -1
FAR = 2**62  # past any time
FIRST_TAKEN = 0  # the first lead that an opening takes; the others come by events of their own
SALE = -2  # in place of a job; the sale of lead n is SALE - 1 - n


class Jobs(NamedTuple):
    """A column per question, a row per job; times in microseconds."""

    lead: Any
    stage: Any  # the place among the stages with jobs
    first_call: Any  # the row of its first call
    missed: Any
    patience: Any
    reached_by: Any  # the call (0, 1, ...) that reaches the lead
    decision_time: Any
    loss_time: Any
    slack: Any
    before: Any  # how long before it enters the visit began
    advance_to: Any  # what follows if it advances: a job, SALE or NOWHERE
    advance_after: Any
    lost_to: Any  # what follows if it is lost: a job or NOWHERE
    lost_after: Any
    call_time: Any  # a row per call: how long it takes the rep


class Stages(NamedTuple):
    """A row per stage with jobs; the changes of all stages stand one after the other.

    A stage without calls has jobs only where what is decided depends on when a visit begins.
    """

    team: Any
    calls: Any
    every: Any
    decay: Any
    drop_after: Any
    level: Any  # the place of its recovery's discount among all discounts
    first_change: Any  # stage n has the changes first_change[n] to first_change[n + 1]
    begins: Any
    ends: Any
    ramp: Any
    ln_ratio: Any


class Teams(NamedTuple):
    """A row per team; reps and hours of all teams stand one after the other."""

    reps: Any  # all whom the team ever has
    newest_first: Any
    varies: Any  # whether any of them comes or goes
    first_rep: Any
    ln_skill: Any  # per rep, from here on
    learns: Any  # how long the skill takes to be 1; 0: it stays
    trained: Any  # when it is
    there: Any  # when the simulation begins
    always_open: Any
    first_hours: Any
    opens: Any
    closes: Any


class Moves(NamedTuple):
    """A row for each time that a rep comes or leaves, in no order."""

    moment: Any
    rank: Any  # REP_FREE or REP_LEAVES
    rep: Any
    team: Any


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
    """What the walk finds out, all NEVER or 0 before; the last five it only remembers."""

    decided: Any  # per job
    outcome: Any
    queued: Any  # per call
    started: Any
    rep: Any
    call_of: Any  # per job: the call that is next
    waits: Any
    is_late: Any  # per lead
    level: Any
    sold: Any  # when; only of those who may bring somebody


class Entries(NamedTuple):
    """The first that happens to the leads of the channels, in order of (ready, key)."""

    ready: Any
    key: Any
    what: Any


def walk(entries, keys, jobs, stages, teams, moves, births, horizon, told):  # type: ignore[no-untyped-def]
    """Tells `told` what happens before the horizon; `keys` are the keys of all leads."""
    ready, ready_key, ready_what = entries
    (
        lead_of,
        stage_of,
        first_call,
        missed,
        patience,
        reached_by,
        decision_time,
        loss_time,
        slack,
        before,
        advance_to,
        advance_after,
        lost_to,
        lost_after,
        call_time,
    ) = jobs
    team_of, calls_of, every, decay, drop_after, level_of = stages[:6]
    first_change, begins, ends, ramp, ln_ratio = stages[6:]
    (
        reps_of,
        newest_first,
        varies,
        first_rep,
        ln_skill,
        learns,
        trained,
        there_at_first,
        always_open,
        first_hours,
        opens,
        closes,
    ) = teams
    moves_at, rank_of_move, rep_of_move, team_of_move = moves
    late_after, first_child, child_of, child_after, enters_at, enters_after = births
    decided, outcome_of, queued, started, rep_of, call_of, waits, is_late, level, sold = told

    zero = keys[0] * 0
    later = [(horizon, READY, zero, NOWHERE)]  # (time, rank, key, what)
    later.clear()
    teams_in_all = len(reps_of)
    for n in range(len(moves_at)):  # who comes is told from who comes free by the team's number
        move = zero + rep_of_move[n], teams_in_all + team_of_move[n]
        heappush(later, (moves_at[n], rank_of_move[n], move[0], move[1]))
    there, busy, watched = [True], [True], [True]  # of each rep, of each rep, of each team
    there.clear()
    busy.clear()
    watched.clear()
    for n in range(len(there_at_first)):
        there.append(there_at_first[n])
        busy.append(False)
    idle, waiting, place = [], [], []
    for team in range(teams_in_all):
        reps, stack = [(0, 1)], [(0, zero, 0)]
        reps.clear()
        stack.clear()
        for rep in range(1, reps_of[team] + 1):
            if there[first_rep[team] + rep]:
                reps.append((0, rep))  # (idle since, rep)
        idle.append(reps)
        waiting.append(stack)  # (order of service, key, job)
        place.append(first_hours[team])
        watched.append(newest_first[team] or varies[team])
        if watched[team] and not always_open[team]:
            heappush(later, (opens[first_hours[team]], TEAM_OPENS, zero, team))

    at, count, brings = 0, len(ready), len(child_of) > 0
    while at < count or len(later) > 0:
        comes_later = len(later) > 0
        if at < count:
            now = ready[at]
            if comes_later:
                first = later[0][0]
                comes_later = first < now or (
                    first == now and later[0][1:3] < (READY, ready_key[at])
                )
        if comes_later:
            now, rank, key, what = heappop(later)
        else:
            rank, key, what = READY, ready_key[at], ready_what[at]
            at += 1
        if now >= horizon:
            break

        if what < SALE:  # a sale: its children will enter
            lead = SALE - 1 - what
            sold[lead] = now
            case = 2 * level[lead] + (1 if is_late[lead] else 0)
            for n in range(first_child[lead], first_child[lead + 1]):
                child, after = child_of[n], child_after[case][n]
                to = enters_at[child]
                if after != NEVER and to != NOWHERE and now + after < horizon:
                    to = SALE - 1 - child if to == SALE else to
                    when = now + after + enters_after[child]
                    heappush(later, (when, READY, keys[child], to))
            continue

        # 1. Whose call starts, and when? A job that fails before has its outcome at once.
        start, outcome, rep = now, OPEN, key
        if rank == READY:
            job = what
            stage = stage_of[job]
        if rank == READY and calls_of[stage_of[what]] == 0:  # nobody calls: it decides alone
            call, number, entered = 0, 0, now
        elif rank == READY:
            team = team_of[stage]
            number = call_of[job]
            call = first_call[job] + number
            queued[call] = now
            entered = now if number == 0 else queued[call - number]
            gives_up = entered + patience[job]
            if missed[job]:
                outcome = MISSED
            else:
                if not watched[team]:
                    free, rep = idle[team][0]
                    if free > now:
                        start = free
                if not always_open[team]:
                    n = place[team]
                    while closes[n] <= start:
                        n += 1
                    place[team] = n
                    start = max(start, opens[n])
                if watched[team]:
                    if start > now or len(idle[team]) == 0:
                        order = -now if newest_first[team] else now
                        heappush(waiting[team], (order, key, job))
                        heappush(later, (gives_up, PATIENCE_ENDS, key, job))
                        waits[job] = True
                        continue
                    rep = heappop(idle[team])[1]
                elif start > gives_up:
                    outcome = GONE_COLD
        elif rank == PATIENCE_ENDS:
            job = what
            if not waits[job]:
                continue
            waits[job] = False
            gives_up, stage, outcome = now, stage_of[job], GONE_COLD
        else:  # an opening, or a rep is free: the first in order that still waits is taken
            team = what % teams_in_all
            n = place[team]
            if rank != TEAM_OPENS:
                at_rep = first_rep[team] + key
                if rank == REP_LEAVES:
                    there[at_rep] = False
                    for n in range(len(idle[team])):
                        if idle[team][n][1] == key:
                            idle[team][n] = idle[team][-1]
                            idle[team].pop()
                            heapify(idle[team])
                            break
                    continue
                if what < teams_in_all:
                    busy[at_rep] = False
                else:
                    there[at_rep] = True
                if busy[at_rep] or not there[at_rep]:
                    continue
                heappush(idle[team], (now, key))
            elif key == FIRST_TAKEN:
                while opens[n] <= now:
                    n += 1
                heappush(later, (opens[n], TEAM_OPENS, zero, team))
            while len(waiting[team]) > 0 and not waits[waiting[team][0][2]]:
                heappop(waiting[team])
            n = place[team]
            if not always_open[team]:
                while closes[n] <= now:
                    n += 1
                place[team] = n
                if opens[n] > now:
                    continue
            if len(waiting[team]) == 0 or len(idle[team]) == 0:
                continue
            job = heappop(waiting[team])[2]
            rep = heappop(idle[team])[1]
            waits[job] = False
            stage, number = stage_of[job], call_of[job]
            call = first_call[job] + number
            entered = queued[call - number]
            gives_up = entered + patience[job]
            if rank == TEAM_OPENS:  # and the next one
                heappush(later, (now, TEAM_OPENS, zero + 1, team))

        # 2. What comes of the call?
        lead = lead_of[job]
        if outcome == OPEN:
            if start >= horizon:
                continue
            waited, ended, helps = 0, start, slack[job] * 1.0
            if calls_of[stage] > 0:
                started[call], rep_of[call] = start, rep
                ended = start + call_time[call]
                at_rep = first_rep[team] + rep
                if watched[team]:
                    busy[at_rep] = True
                    heappush(later, (ended, REP_FREE, zero + rep, team))
                else:
                    heapreplace(idle[team], (ended, rep))
            if calls_of[stage] == 0 or reached_by[job] == number:
                moved, begun = 0.0, entered - before[job]
                for n in range(first_change[stage], first_change[stage + 1]):
                    if ramp[n] > 0:
                        rises = min(max((begun - begins[n]) / ramp[n], 0.0), 1.0)
                        falls = min(max((begun - ends[n]) / ramp[n], 0.0), 1.0)
                        moved += ln_ratio[n] * (rises - falls)
                    elif begins[n] <= begun and begun < ends[n]:
                        moved += ln_ratio[n]
                helps += moved
                if calls_of[stage] > 0:
                    waited = start - entered
                    if waited > late_after:
                        is_late[lead] = True
                    skill = ln_skill[at_rep]
                    if learns[at_rep] > 0:
                        skill *= max((trained[at_rep] - start) / learns[at_rep], 0.0)
                    helps += skill
                outcome = ADVANCED if helps > waited * decay[stage] else LOST
                takes = decision_time[job] if outcome == ADVANCED else loss_time[job]
                if takes > drop_after[stage]:
                    takes, outcome = drop_after[stage], DROPPED
                ended += takes
            elif number + 1 == calls_of[stage]:
                outcome = NOT_REACHED
            elif gives_up < ended + every[stage]:
                ended, outcome = max(gives_up, ended), GONE_COLD
            else:
                call_of[job] = number + 1
                heappush(later, (ended + every[stage], READY, keys[lead], job))
                continue
        else:
            ended = gives_up

        # 3. Where does the lead go from there?
        decided[job], outcome_of[job] = ended, outcome
        if ended >= horizon:
            continue
        if outcome == ADVANCED:
            to, when = advance_to[job], ended + advance_after[job]
            to = SALE - 1 - lead if to == SALE else to
            if to < SALE and not brings:
                continue
        else:
            to, when = lost_to[job], ended + lost_after[job]
            if to != NOWHERE:
                level[lead] = max(level[lead], level_of[stage])
        if to != NOWHERE and when < horizon:
            heappush(later, (when, READY, keys[lead], to))
