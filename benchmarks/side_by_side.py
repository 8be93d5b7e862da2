"""The reference funnel side by side: funnelsim, SimPy alone, other libraries, the bare draws."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

import bare_draws
import history_simpy
import numpy as np
import plain_simpy
from turns import span, table, take_turns

import funnelsim as fs
from funnelsim.engines import columns, queue_walk

REFERENCE = fs.load(Path(__file__).parent / "reference.toml")
NO_TEAM = REFERENCE.vary({f"stages.{name}.follow_up": None for name in ("Interest", "Desire")})
TABLES = ("leads", "stage_visits", "follow_ups", "orders", "statuses", "messages", "points")
OTHERS = {"in_cimba": ("cimba", 500), "in_ciw": ("ciw", 50), "in_salabim": ("salabim", 50)}
"""Programs in other libraries: what each needs, and the days that it is given."""


class Program(NamedTuple):
    name: str
    work: Callable[[], Any]  # returns leads, or what has them


def section() -> str:
    """The section of RESULTS.md."""
    programs, left_out = all_programs()
    leads = [_leads(program.work()) for program in programs]  # and all is loaded and compiled
    seconds = take_turns(*(program.work for program in programs))
    speed = {p.name: n / s for p, n, s in zip(programs, leads, seconds, strict=True)}
    bases = [speed[name] for name in (COUNTING, HISTORY, DRAWS)]
    rows = [
        (
            program.name,
            f"{count:,}",
            span(time),
            f"{count / time:,.0f}",
            *(f"{count / time / base:,.2g}" for base in bases[:2]),
            f"{bases[2] / (count / time):,.1f}",
        )
        for program, count, time in zip(programs, leads, seconds, strict=True)
    ]
    head = (
        "program | leads | time | leads a second | × SimPy, counting | × SimPy, history "
        "| × the time of the draws"
    )
    return (
        "## The reference funnel (`reference.toml`), side by side\n\n"
        f"{table(head, rows)}\n{WHAT}{left_out}\n{goals(speed)}"
    )


PLAIN, NUMBA = "`simulate`, walk in plain Python", "`simulate`, walk compiled by Numba"
FRAMES = ", and all tables in pandas"
COUNTING = "SimPy alone, counting only (`plain_simpy.py`)"
HISTORY = "SimPy alone, history kept (`history_simpy.py`)"
DRAWS = "drawing the random numbers, nothing else (`bare_draws.py`)"
WHAT = (
    "`simulate` makes every table of the journal as columns of whole numbers; `history_simpy.py` "
    "writes down the same leads, visits, calls and orders, so it is the one to compare with. "
    "Counting only keeps four sums. Programs in other libraries only count, except that Ciw keeps "
    "records of its own; those given fewer days are slower with more."
)


def goals(speed: dict[str, float]) -> str:
    """What was aimed at, beside what was reached."""
    lines = []
    for name, goal in ((PLAIN, 35), (NUMBA, 100)):
        if name in speed:
            ratios = [speed[name] / speed[base] for base in (COUNTING, HISTORY)]
            lines.append(
                (name, f"{goal} × SimPy", f"{ratios[0]:.0f} × counting only",
                 f"{ratios[1]:.0f} × with the history")
            )  # fmt: skip
    return table("aimed at | goal | reached | reached", lines)


def all_programs() -> tuple[list[Program], str]:
    """Those that are installed; and a sentence about those that are not."""
    walks = {PLAIN: (queue_walk.walk, False)}
    if columns.the_walk()[1]:
        walks = {NUMBA: columns.the_walk(), **walks}
    missing = [] if NUMBA in walks else ["numba"]
    programs = []
    for name, walk in walks.items():
        programs.append(Program(name, lambda walk=walk: simulate(walk)))
        programs.append(Program(name + FRAMES, lambda walk=walk: in_pandas(simulate(walk))))
    programs.append(Program("`simulate` of the funnel without its team", without_team))
    programs.append(Program('`simulate`, `engine="process"` (SimPy)', by_process))
    programs.append(Program(COUNTING, plain_simpy.simulate))
    programs.append(Program(HISTORY, history_simpy.simulate))
    for module, (library, days) in OTHERS.items():
        if find_spec(library) is None:
            missing.append(library)
            continue
        work = import_module(module).simulate
        programs.append(Program(f"{library} (`{module}.py`)", lambda w=work, d=days: w(days=d)))
    need = bare_draws.counts(simulate(next(iter(walks.values()))))
    programs.append(Program(DRAWS, lambda: (bare_draws.draw(*need), need[0])[1]))
    return programs, f" Not installed here: {', '.join(missing)}." if missing else ""


def simulate(walk: Any) -> fs.Journal:
    """The fast engine with this walk, compiled or not."""
    before, columns.the_walk = columns.the_walk, lambda: walk
    try:
        return fs.simulate(REFERENCE, engine="columns", progress=False)
    finally:
        columns.the_walk = before


def in_pandas(journal: fs.Journal) -> fs.Journal:
    for name in TABLES:
        getattr(journal, name)
    return journal


def without_team() -> fs.Journal:
    return fs.simulate(NO_TEAM, engine="columns", progress=False)


def by_process() -> fs.Journal:
    return fs.simulate(REFERENCE, engine="process", progress=False)


def _leads(outcome: Any) -> int:
    """How many leads there were, whatever a program returns."""
    if isinstance(outcome, fs.Journal):
        return len(outcome.whole["leads"]["key"])
    leads = outcome["leads"] if isinstance(outcome, dict) else outcome
    return int(leads) if np.ndim(leads) == 0 else len(leads)
