"""Measure funnelsim beside SimPy alone and other libraries, in one sitting; write RESULTS.md,
and SIZING.md.

    make bench

Times differ from machine to machine and from one minute to the next; so the programs take turns,
medians are compared, and it is the ratios that count.
"""

from __future__ import annotations

import os
import platform
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import growth
import parts
import plan_session
import side_by_side
import sizing
import small_things
from board import board
from flow import flow
from turns import TURNS

HERE = Path(__file__).resolve().parent
PACKAGES = [
    *("funnelsim", "simpy", "numpy", "scipy", "pandas", "pydantic", "numba"),
    *("cimba", "ciw", "salabim"),
]


def main() -> None:
    sections = [
        *(about, side_by_side.section, parts.section, growth.section, small_things.section, board),
        *(flow, plan_session.section),
    ]
    text = "\n".join(section() for section in sections)
    (HERE / "RESULTS.md").write_text(text, encoding="utf-8", newline="\n")
    print(text)
    sizing.main()


def about() -> str:
    """Where, when and with what."""
    return (
        "# Results of the benchmarks\n\n"
        "Written by `make bench`. Absolute times hold for this machine on this day; "
        "the ratios are what to look at.\n\n"
        f"- date: {datetime.now(UTC).date()}\n"
        f"- machine: {platform.system()} {platform.machine()}, {processor()}, "
        f"{os.cpu_count()} processors; one is used, unless it is said\n"
        f"- Python {platform.python_version()}, {', '.join(versions())}\n"
        f"- medians of {TURNS} alternating turns\n"
    )


def versions() -> Iterator[str]:
    """Of the packages that are installed."""
    for name in PACKAGES:
        try:
            yield f"{name} {version(name)}"
        except PackageNotFoundError:
            continue


def processor() -> str:
    """The name of the processor, where the system tells."""
    info = Path("/proc/cpuinfo")
    if info.exists():
        for line in info.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.processor() or "unknown processor"


if __name__ == "__main__":
    main()
