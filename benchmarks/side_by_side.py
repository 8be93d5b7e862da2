"""The reference funnel side by side: funnelsim, SimPy alone, other libraries, the bare draws."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import ExitStack
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

from programs import LIKE, REPLICATIONS
from turns import environment, span, table, take_turns


class Program(NamedTuple):
    what: str  # the name in `programs.py`
    name: str
    numba: bool = True
    needs: str = ""  # a package


NUMBA = Program("simulate", "`simulate`, walk compiled by Numba", needs="numba")
PLAIN = Program("simulate", "`simulate`, walk in plain Python", numba=False)
COUNTING = Program("plain_simpy", "SimPy alone, counting only (`plain_simpy.py`)")
HISTORY = Program("history_simpy", "SimPy alone, history kept (`history_simpy.py`)")
DRAWS = Program("draws", "drawing the random numbers, nothing else (`bare_draws.py`)")
ALL = [
    NUMBA,
    Program("simulate_in_pandas", NUMBA.name + ", and all tables in pandas", needs="numba"),
    PLAIN,
    Program("simulate_in_pandas", PLAIN.name + ", and all tables in pandas", numba=False),
    Program("without_team", "`simulate`, the funnel without its team"),
    Program("by_process", '`simulate`, `engine="process"` (SimPy)'),
    COUNTING,
    HISTORY,
    Program("in_cimba", "cimba, counting only (`in_cimba.py`)", needs="cimba"),
    Program("in_ciw", "Ciw (`in_ciw.py`)", needs="ciw"),
    Program("in_salabim", "salabim, counting only (`in_salabim.py`)", needs="salabim"),
    DRAWS,
]
IN_SIMPY = Program(
    "replications_in_simpy", f"SimPy alone, counting only ({LIKE}, times {REPLICATIONS // LIKE})"
)
IN_POOL = "replications_in_pool"
CORES = f"a pool of {os.cpu_count()} processes"
MANY_GOALS = {
    Program(IN_POOL, f"`replicate`, {CORES}", needs="numba"): "100 ms on two cores",
    Program(IN_POOL, f"`replicate`, {CORES}, plain Python", numba=False): "500 ms on two cores",
}
MANY = [
    Program("replications", "`replicate`, one process", needs="numba"),
    Program("replications", "`replicate`, one process, plain Python", numba=False),
    *MANY_GOALS,
    IN_SIMPY,
]
WHAT = """\
`simulate` makes every table of the journal, as columns of whole numbers. `history_simpy.py` writes
down the same leads, visits, calls and orders, so it is the one to compare with; counting only
keeps four sums. Ciw keeps records of its own. Those given fewer leads would be slower with more.
Each program has a Python of its own, and they take turns; a turn lasts half a second at least, so
that quick programs are not measured with a cold cache.
"""


class Worker:
    """A program in a Python of its own, which runs it whenever it is asked to."""

    def __init__(self, program: Program) -> None:
        command = [sys.executable, str(Path(__file__).parent / "programs.py"), program.what]
        pipe = subprocess.PIPE
        self._python = subprocess.Popen(
            command, env=environment(program.numba), stdin=pipe, stdout=pipe, text=True
        )
        self.leads = int(self._answer())

    def run(self) -> float:
        """Once; returns the seconds."""
        assert self._python.stdin is not None
        self._python.stdin.write("\n")
        self._python.stdin.flush()
        return float(self._answer())

    def _answer(self) -> str:
        assert self._python.stdout is not None
        line = self._python.stdout.readline()
        if not line:
            raise SystemExit(f"{self._python.args!r} ended; what it said stands above")
        return line

    def close(self) -> None:
        self._python.communicate()


def section() -> str:
    """The two sections of RESULTS.md."""
    return f"{one_funnel()}\n{replications()}"


def measured(programs: list[Program]) -> tuple[list[Program], list[int], list[float]]:
    """Those of the programs that can run here, with their leads and the seconds they take."""
    programs = [p for p in programs if not p.needs or find_spec(p.needs)]
    with ExitStack() as stack:
        workers = []
        for program in programs:
            workers.append(Worker(program))
            stack.callback(workers[-1].close)
        seconds = take_turns(*(worker.run for worker in workers))
    return programs, [worker.leads for worker in workers], seconds


def one_funnel() -> str:
    programs, leads, seconds = measured(ALL)
    missing = sorted({p.needs for p in ALL} - {p.needs for p in programs})
    speed = {p: count / time for p, count, time in zip(programs, leads, seconds, strict=True)}
    rows = [
        (
            program.name,
            f"{count:,}",
            span(time),
            f"{speed[program]:,.0f}",
            times(speed[program] / speed[COUNTING]),
            times(speed[program] / speed[HISTORY]),
            times(speed[DRAWS] / speed[program]),
        )
        for program, count, time in zip(programs, leads, seconds, strict=True)
    ]
    head = (
        "program | leads | time | leads a second | × SimPy, counting | × SimPy, history "
        "| × the time of the draws"
    )
    left_out = f"Not installed here: {', '.join(missing)}.\n" if missing else ""
    return (
        "## The reference funnel (`reference.toml`), side by side\n\n"
        f"{table(head, rows)}\n{WHAT}{left_out}\n{goals(speed)}"
    )


def replications() -> str:
    """Key figures of many small simulations."""
    programs, leads, seconds = measured(MANY)
    speed = {p: count / time for p, count, time in zip(programs, leads, seconds, strict=True)}
    rows = [
        (
            p.name,
            span(leads[0] / speed[p]),
            times(speed[p] / speed[IN_SIMPY]),
            MANY_GOALS.get(p, ""),
        )
        for p in programs
    ]
    of = f"{REPLICATIONS} replications of about {leads[0] // REPLICATIONS:,} leads"
    return f"## {of}, key figures only\n\n" + table("program | time | × SimPy alone | goal", rows)


def goals(speed: dict[Program, float]) -> str:
    """What was aimed at, beside what was reached."""
    rows = [
        (
            program.name,
            f"{goal} × SimPy",
            times(speed[program] / speed[COUNTING]) + " ×",
            times(speed[program] / speed[HISTORY]) + " ×",
        )
        for program, goal in ((PLAIN, 35), (NUMBA, 100))
        if program in speed
    ]
    return table("aimed at | goal | reached: counting only | reached: history kept", rows)


def times(ratio: float) -> str:
    return f"{ratio:,.0f}" if ratio >= 10 else f"{ratio:.1f}" if ratio >= 1 else f"{ratio:.2f}"
