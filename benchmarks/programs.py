"""The programs that are measured side by side, each in a Python of its own.

    python programs.py simulate

runs the program once, so that all is loaded and compiled, and prints how many leads there were;
then for each line that it reads runs it for half a second at least, and prints the seconds that
once took on average.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

TABLES = ("leads", "stage_visits", "follow_ups", "orders", "statuses", "messages", "points")
FEWER = 50  # days, for those that would take all day
REPLICATIONS, SHORT = 200, 20  # days
LIKE = 10  # of SimPy alone only so many are run
TURN = 0.5  # seconds


def reference() -> Any:
    import funnelsim as fs

    return fs.load(Path(__file__).parent / "reference.toml")


def simulate(engine: str = "columns", changes: Any = None) -> Callable[[], Any]:
    """The journal with all its tables, as an engine writes them."""
    import funnelsim as fs

    scenario = reference().vary(changes or {})
    return lambda: fs.simulate(scenario, engine=engine, progress=False)


def simulate_in_pandas() -> Callable[[], Any]:
    """The same, and all tables as pandas has them."""
    work = simulate()

    def with_frames() -> Any:
        journal = work()
        for name in TABLES:
            getattr(journal, name)
        return journal

    return with_frames


def without_team() -> Callable[[], Any]:
    return simulate(changes={f"stages.{name}.follow_up": None for name in ("Interest", "Desire")})


def by_process() -> Callable[[], Any]:
    return simulate(engine="process")


def draws() -> Callable[[], Any]:
    """Only the random numbers that a journal of the funnel needs."""
    import bare_draws

    need = bare_draws.counts(simulate()())

    def draw() -> int:
        bare_draws.draw(*need)
        return need[0]

    return draw


def replications(in_pool: bool = False) -> Callable[[], Any]:
    """Key figures of many small simulations; returns how many leads there are, about."""
    import funnelsim as fs

    scenario = reference().vary({"horizon": f"{SHORT} days"})
    pool = ProcessPoolExecutor() if in_pool else None

    def replicate() -> int:
        found = fs.replicate(scenario, REPLICATIONS, progress=False, executor=pool)
        return int(found.table["leads"].sum())

    return replicate


def replications_in_simpy() -> Callable[[], Any]:
    import plain_simpy

    return lambda: sum(int(plain_simpy.simulate(seed, SHORT)["leads"]) for seed in range(LIKE))


def other(module: str, **arguments: Any) -> Callable[[], Any]:
    work = import_module(module).simulate
    return lambda: work(**arguments)


PROGRAMS: dict[str, Callable[[], Callable[[], Any]]] = {
    "simulate": simulate,
    "simulate_in_pandas": simulate_in_pandas,
    "without_team": without_team,
    "by_process": by_process,
    "plain_simpy": lambda: other("plain_simpy"),
    "history_simpy": lambda: other("history_simpy"),
    "in_cimba": lambda: other("in_cimba"),
    "in_ciw": lambda: other("in_ciw", days=FEWER),
    "in_salabim": lambda: other("in_salabim", days=FEWER),
    "draws": draws,
    "replications": replications,
    "replications_in_pool": lambda: replications(in_pool=True),
    "replications_in_simpy": replications_in_simpy,
}


def leads_of(outcome: Any) -> int:
    """How many leads there were, whatever a program returns."""
    if hasattr(outcome, "whole"):
        return len(outcome.whole["leads"]["key"])
    leads = outcome["leads"] if isinstance(outcome, dict) else outcome
    return int(leads) if np.ndim(leads) == 0 else len(leads)


if __name__ == "__main__":
    program = PROGRAMS[sys.argv[1]]()
    print(leads_of(program()), flush=True)
    for _ in sys.stdin:
        start, runs = time.perf_counter(), 0
        while (so_far := time.perf_counter() - start) < TURN:
            program()
            runs += 1
        print(so_far / runs, flush=True)
