"""The programs that are measured side by side, each in a Python of its own.

    python programs.py simulate

runs the program once, so that all is loaded and compiled, and prints how many leads there were;
then once for each line that it reads, and prints the seconds.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

TABLES = ("leads", "stage_visits", "follow_ups", "orders", "statuses", "messages", "points")
FEWER = 50  # days, for those that would take all day


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
        start = time.perf_counter()
        program()
        print(time.perf_counter() - start, flush=True)
