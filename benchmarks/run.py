"""Measure funnelsim beside SimPy alone, in one sitting, and write RESULTS.md.

    make bench

Times differ from machine to machine and from one minute to the next; so the programs take turns,
medians are compared, and it is the ratios that count.
"""

from __future__ import annotations

import os
import platform
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from statistics import median

import plain_simpy
from board import board

import funnelsim as fs

HERE = Path(__file__).resolve().parent
TURNS = 5
PACKAGES = ["funnelsim", "simpy", "numpy", "pandas", "pydantic"]


def main() -> None:
    text = "\n".join([about(), reference(), scenarios(), imports(), board()])
    (HERE / "RESULTS.md").write_text(text, encoding="utf-8", newline="\n")
    print(text)


def about() -> str:
    """Where, when and with what."""
    packages = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    return (
        "# Results of the benchmarks\n\n"
        "Written by `make bench`. Absolute times hold for this machine on this day; "
        "the ratios are what to look at.\n\n"
        f"- date: {datetime.now(UTC).date()}\n"
        f"- machine: {platform.system()} {platform.machine()}, {processor()}, "
        f"{os.cpu_count()} processors; one is used\n"
        f"- Python {platform.python_version()}, {packages}\n"
        f"- medians of {TURNS} alternating turns\n"
    )


def processor() -> str:
    """The name of the processor, where the system tells."""
    info = Path("/proc/cpuinfo")
    if info.exists():
        for line in info.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.processor() or "unknown processor"


def reference() -> str:
    """The reference funnel: funnelsim's SimPy engine, its tables, and SimPy alone."""
    scenario = fs.load(str(HERE / "reference.toml"))
    leads = len(fs.simulate(scenario, progress=False).leads)
    plain = plain_simpy.simulate()
    alone, ours, with_tables = take_turns(
        plain_simpy.simulate,
        lambda: fs.simulate(scenario, progress=False),
        lambda: fs.summary(fs.simulate(scenario, progress=False)),
    )
    speed = plain["leads"] / alone
    rows = [
        ("SimPy alone, counting only (`plain_simpy.py`)", plain["leads"], alone),
        ("`simulate`, the journal included", leads, ours),
        ("`simulate` and `summary`, from the tables", leads, with_tables),
    ]
    lines = [
        f"| {what} | {count:,.0f} | {seconds:.2f} s | {count / seconds:,.0f} "
        f"| {count / seconds / speed:.2f} |"
        for what, count, seconds in rows
    ]
    head = (
        "## The reference funnel (`reference.toml`)\n\n"
        "| program | leads | time | leads a second | × SimPy alone |\n|---|--:|--:|--:|--:|\n"
    )
    return head + "\n".join(lines) + "\n"


def scenarios() -> str:
    """Each scenario that comes along."""
    lines = []
    for name in fs.templates():
        scenario = fs.load(name)
        leads = len(fs.simulate(scenario, progress=False).leads)
        simulated, told = take_turns(
            lambda s=scenario: fs.simulate(s, progress=False),
            lambda s=scenario: fs.funnel_table(fs.simulate(s, progress=False)),
        )
        lines.append(
            f"| {name} | {leads:,} | {1000 * simulated:.0f} ms | {leads / simulated:,.0f} "
            f"| {1000 * told:.0f} ms |"
        )
    head = (
        "## The scenarios that come along\n\n"
        "| scenario | leads | `simulate` | leads a second | and `funnel_table` |\n"
        "|---|--:|--:|--:|--:|\n"
    )
    return head + "\n".join(lines) + "\n"


def imports() -> str:
    """What an import costs, each in a fresh Python; Python's own start is in every number."""
    codes = ["pass", "import funnelsim", "import funnelsim as fs; fs.load", "import pandas"]
    codes.append("import altair")
    seconds = take_turns(*(lambda code=code: fresh_python(code) for code in codes))
    lines = [f"| `{code}` | {1000 * s:.0f} ms |" for code, s in zip(codes, seconds, strict=True)]
    return "## Imports\n\n| Python doing | time |\n|---|--:|\n" + "\n".join(lines) + "\n"


def fresh_python(code: str) -> None:
    subprocess.run([sys.executable, "-c", code], check=True)


def take_turns(*works: Callable[[], object]) -> list[float]:
    """Median seconds of each, called one after the other so that a slow minute hits all."""
    times: list[list[float]] = [[] for _ in works]
    for _ in range(TURNS):
        for work, seconds in zip(works, times, strict=True):
            start = time.perf_counter()
            work()
            seconds.append(time.perf_counter() - start)
    return [median(seconds) for seconds in times]


if __name__ == "__main__":
    main()
