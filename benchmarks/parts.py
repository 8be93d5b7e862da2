"""Where the time goes in a simulation of the reference funnel, and the least that a walk takes."""

from __future__ import annotations

import time
from collections.abc import Callable
from heapq import heappop, heappush, heapreplace
from importlib.util import find_spec
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
from turns import fresh_python, table

HERE = Path(__file__).resolve().parent
TIMES = 25
PARTS = {
    "arrivals": "drawing the leads, in order of arrival",
    "stages": "drawing what each would do in the stages",
    "orders": "drawing what each would order",
    "queue": "jobs for the reps, and when they are ready",
    "walk": "the walk of the queue",
    "tell": "telling visits and customers' lives",
    "tables": "all tables of the journal",
}
CODE = f"""
import json, sys
sys.path.insert(0, {str(HERE)!r})
import parts
print(json.dumps(parts.measured()))
"""


def section() -> str:
    """The section of RESULTS.md."""
    kinds = {"Numba": True, "plain Python": False} if find_spec("numba") else {"plain": False}
    found = [fresh_python(CODE, numba=numba) for numba in kinds.values()]
    rows = [(words, *(_ms(each[part]) for each in found)) for part, words in PARTS.items()]
    rows.append(("together", *(_ms(sum(each[part] for part in PARTS)) for each in found)))
    least = "for comparison: a walk that knows nothing but this funnel"
    rows.append((least, *[""] * (len(found) - 1), _ms(found[-1]["least"])))
    return (
        "## Where the time goes\n\n"
        + table(" | ".join(["part of `simulate`, the reference funnel", *kinds]), rows)
        + f"\nMedians of {TIMES}. The walk of the last row has the same outcome for this funnel, "
        "but knows no opening hours, further calls, recoveries, referrals, skills or second team: "
        "in plain Python hardly anything can be quicker.\n"
    )


def _ms(seconds: float) -> str:
    return f"{1000 * seconds:.1f} ms"


def measured() -> dict[str, float]:
    """Seconds of each part of a simulation, and of the least walk (which is not compiled)."""
    import funnelsim as fs
    from funnelsim import engines
    from funnelsim.engines.column_engine import columns, jobs
    from funnelsim.engines.draws import draws

    scenario = fs.load(HERE / "reference.toml")
    columns.the_walk()  # loads Numba, where it is used
    spent = dict.fromkeys(PARTS, 0.0)

    def timed(part: str, work: Callable[..., Any]) -> Callable[..., Any]:
        def and_timed(*given: Any) -> Any:
            start = time.perf_counter()
            result = work(*given)
            spent[part] += time.perf_counter() - start
            return result

        return and_timed

    walk, is_compiled = columns.the_walk()
    for place, name, part in (
        (draws.Draws, "_arrivals", "arrivals"),
        (draws.Draws, "_stages", "stages"),
        (draws, "draw_orders", "orders"),
        (columns, "queue", "queue"),
        (columns, "_tell", "tell"),
        (columns, "tables_of", "tables"),
        (engines, "_made", "tables"),
    ):
        setattr(place, name, timed(part, getattr(place, name)))
    columns._walk_for = lambda *_: (timed("walk", walk), is_compiled)

    runs: list[dict[str, float]] = []
    for _ in range(TIMES + 3):  # the first ones find the caches empty
        spent.update(dict.fromkeys(PARTS, 0.0))
        fs.simulate(scenario, progress=False)
        runs.append(dict(spent))
    seconds = {part: median(run[part] for run in runs[3:]) for part in PARTS}

    least = []
    for _ in range(5):
        q = jobs.queue(draws.Draws(scenario, 1))
        start = time.perf_counter()
        outcome = least_walk(q, scenario.teams[0].reps, scenario.horizon)
        least.append(time.perf_counter() - start)
    calls = fs.simulate(scenario, progress=False).whole["follow_ups"]["started"]
    assert np.array_equal(np.sort(outcome[outcome >= 0]), np.sort(calls[calls >= 0]))
    return seconds | {"least": median(least)}


def least_walk(q: Any, reps: int, horizon: int) -> Any:
    """When the call of each job starts (-1: never): one team, first come, first served."""
    ready, key, what = map(_view, q.entries)
    jobs = q.jobs._asdict()
    names = ("stage", "patience", "decision_time", "slack", "call_time", "advance_to")
    stage, patience, decision, slack, call_time, advance_to = (_view(jobs[n]) for n in names)
    advance_after, lead, keys = map(_view, (q.jobs.advance_after, q.jobs.lead, q.keys))
    decay = q.stages.decay.tolist()
    columns = [np.full(len(q.jobs.lead), -1) for _ in range(4)]
    queued, started, decided, outcome = map(_view, columns)
    idle = [(0, rep) for rep in range(1, reps + 1)]
    later: list[tuple[int, int, int]] = []
    at, count, comes = 0, len(ready), ready[0]
    while at < count or later:
        if later and (later[0][0] < comes or (later[0][0] == comes and later[0][1] < key[at])):
            now, _, job = heappop(later)
        else:
            now, job = comes, what[at]
            at += 1
            comes = ready[at] if at < count else horizon
        if now >= horizon:
            break
        queued[job] = now
        free, rep = idle[0]
        start = free if free > now else now
        gives_up = now + patience[job]
        if start > gives_up:
            decided[job], outcome[job] = gives_up, 5
            continue
        if start >= horizon:
            continue
        started[job] = start
        end = start + call_time[job]
        heapreplace(idle, (end, rep))
        end += decision[job]
        decided[job] = end
        if slack[job] > (start - now) * decay[stage[job]]:
            outcome[job] = 1
            to = advance_to[job]
            if to >= 0:
                end += advance_after[job]
                if end < horizon:
                    heappush(later, (end, keys[lead[job]], to))
        else:
            outcome[job] = 2
    return columns[1]


def _view(column: Any) -> Any:
    return memoryview(column)  # looked up quickest, one number at a time
