"""How things are measured: programs take turns, medians are compared, fresh Pythons are asked."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from statistics import median
from typing import Any

TURNS = 5
Row = Iterable[str]


def take_turns(*works: Callable[[], object]) -> list[float]:
    """Median seconds of each, called one after the other so that a slow minute hits all.

    A work that returns a float has measured itself.
    """
    times: list[list[float]] = [[] for _ in works]
    for _ in range(TURNS):
        for work, seconds in zip(works, times, strict=True):
            start = time.perf_counter()
            own = work()
            seconds.append(own if isinstance(own, float) else time.perf_counter() - start)
    return [median(seconds) for seconds in times]


def fresh_python(code: str, *arguments: str, numba: bool = True) -> Any:
    """Runs the code in a Python of its own; what it prints, read as JSON (nothing: None)."""
    command = [sys.executable, "-c", code, *arguments]
    done = subprocess.run(
        command, env=environment(numba), check=True, stdout=subprocess.PIPE, text=True
    )
    return json.loads(done.stdout) if done.stdout else None


def environment(numba: bool = True) -> dict[str, str]:
    """That of a Python which compiles the walk, or does not."""
    return dict(os.environ, FUNNELSIM_NUMBA="1" if numba else "0")


def table(head: str, rows: Iterable[Row]) -> str:
    """A Markdown table; all columns but the first are numbers."""
    columns = head.count("|") + 1
    lines = [f"| {head} |", "|---" + "|--:" * (columns - 1) + "|"]
    return "\n".join(lines + ["| " + " | ".join(row) + " |" for row in rows]) + "\n"


def span(seconds: float) -> str:
    """Seconds as people say them."""
    return f"{1000 * seconds:,.0f} ms" if seconds < 1 else f"{seconds:,.2f} s"
