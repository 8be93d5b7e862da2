"""How long a billion leads would take on how many cores, from what is measured here; SIZING.md.

    make bench

Measured are the work of one core on the reference funnel, key figures included, what travels back,
and what it costs a Dask scheduler on this machine to hand out a task that does nothing. All else is
division, and assumes cores like this one.
"""

from __future__ import annotations

import os
import pickle
import platform
import time
from concurrent.futures import wait
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import funnelsim as fs
from funnelsim.engines import MOST_LEADS
from funnelsim.experiment import chunks

HERE = Path(__file__).resolve().parent
LEADS = 10**9
CORES = (1, 16, 128, 1024)
TURNS, REPLICATIONS, TASKS = 5, 20, 1000


@dataclass
class Measured:
    leads_per_replication: float
    leads_per_second: float  # of one core, key figures included
    bytes_per_replication: float  # as it travels back from a worker
    bytes_per_row: float  # in the table
    tasks_per_second: float  # handed out and taken back by a Dask scheduler


def main() -> None:
    text = section(measure())
    (HERE / "SIZING.md").write_text(text, encoding="utf-8", newline="\n")
    print(text)


def measure() -> Measured:
    """One core's work, what comes back from it, and the scheduler's."""
    scenario = fs.load(str(HERE / "reference.toml")).vary({"horizon": "100 days"})
    chunks.measured(chunks.summaries, scenario, 1, range(2), None)  # all is loaded and compiled
    seconds = []
    for turn in range(TURNS):
        part = range(turn * REPLICATIONS, (turn + 1) * REPLICATIONS)
        start = time.perf_counter()
        rows = chunks.measured(chunks.summaries, scenario, 1, part, None)
        seconds.append(time.perf_counter() - start)
    leads = sum(row["leads"] for row in rows) / len(rows)
    table = fs.replicate(scenario, REPLICATIONS, progress=False).table
    return Measured(
        leads_per_replication=leads,
        leads_per_second=leads * REPLICATIONS / median(seconds),
        bytes_per_replication=len(pickle.dumps(rows)) / len(rows),
        bytes_per_row=float(table.memory_usage(index=True).sum() / len(table)),
        tasks_per_second=tasks_per_second(),
    )


def tasks_per_second() -> float:
    """What a Dask scheduler manages of tasks that do nothing, with two workers beside it."""
    from distributed import Client, LocalCluster

    with (
        LocalCluster(
            n_workers=2, threads_per_worker=1, host="127.0.0.1", dashboard_address="127.0.0.1:0"
        ) as cluster,
        Client(cluster) as client,
    ):
        client.wait_for_workers(2)
        executor = client.get_executor(pure=False)
        wait([executor.submit(abs, -1) for _ in range(20)])
        start = time.perf_counter()
        wait([executor.submit(abs, -1) for _ in range(TASKS)])
        return TASKS / (time.perf_counter() - start)


def section(m: Measured) -> str:
    """The sizing as Markdown: what was measured, and the table that follows from it."""
    replications = round(LEADS / m.leads_per_replication)
    work = chunks.chunks(1, range(replications), chunks.MOST_PARTS)
    per_chunk = replications / len(work)
    chunk_seconds = per_chunk * m.leads_per_replication / m.leads_per_second
    most_cores = m.tasks_per_second * chunk_seconds
    lines = [f"| {cores:,} | {span(-(-len(work) // cores) * chunk_seconds)} |" for cores in CORES]
    return (
        "# A billion leads\n\n"
        f"Written by `benchmarks/sizing.py` on {platform.system()} {platform.machine()} with "
        f"{os.cpu_count()} processors, Python {platform.python_version()}.\n\n"
        "| measured on the reference funnel | |\n|---|--:|\n"
        f"| leads in a replication | {m.leads_per_replication:,.0f} |\n"
        f"| leads a second and core, key figures included | {m.leads_per_second:,.0f} |\n"
        f"| bytes that a replication sends back | {m.bytes_per_replication:,.0f} |\n"
        f"| bytes of a row in the table | {m.bytes_per_row:,.0f} |\n"
        f"| tasks a second of a Dask scheduler | {m.tasks_per_second:,.0f} |\n\n"
        f"A billion leads are {replications:,} replications in {len(work):,} chunks of "
        f"{chunk_seconds:,.1f} s each. They send back "
        f"{replications * m.bytes_per_replication / 1e6:,.0f} MB in all, and the table takes "
        f"{replications * m.bytes_per_row / 1e6:,.0f} MB.\n\n"
        "| cores like this one | time |\n|--:|--:|\n" + "\n".join(lines) + "\n\n"
        "Where it ends:\n\n"
        f"- the scheduler: at {chunk_seconds:,.1f} s a chunk it feeds about {most_cores:,.0f} "
        "cores;\n"
        f"- the chunks: with more than {len(work):,} cores some have nothing to do, and the last "
        f"chunk ends no sooner than after {chunk_seconds:,.1f} s;\n"
        f"- one replication: {MOST_LEADS['columns']:,} leads at most, on one core, since leads who "
        "wait for the same rep cannot be dealt out to several.\n"
    )


def span(seconds: float) -> str:
    """Seconds as people say them."""
    if seconds < 120:
        return f"{seconds:,.0f} s"
    return f"{seconds / 60:,.0f} min" if seconds < 7200 else f"{seconds / 3600:,.1f} h"


if __name__ == "__main__":
    main()
