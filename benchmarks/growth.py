"""Time and memory from ten thousand leads to ten million."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

from turns import fresh_python, span, table

from funnelsim.engines import MOST_LEADS

LEADS = (10_000, 100_000, 1_000_000, 10_000_000)
PER_DAY = 100
NEEDED = 700  # bytes of memory that a lead may take; without so much free it is left out

# In a Python of its own. VmHWM is the most memory that it had; all is loaded, and compiled, before.
CODE = """
import json, re, sys, time
from pathlib import Path
import funnelsim as fs

def memory(what):
    return int(re.search(what + r":\\s+(\\d+) kB", Path("/proc/self/status").read_text())[1]) * 1024

file, days, turns = sys.argv[1], sys.argv[2], int(sys.argv[3])
s = fs.load(file)
fs.replicate(s.vary({"horizon": "5 days"}), 2, progress=False)
before = memory("VmRSS")
s, times = s.vary({"horizon": days + " days"}), []
for turn in range(turns):
    start = time.perf_counter()
    journal = fs.simulate(s, progress=False)
    times.append(time.perf_counter() - start)
    leads = len(journal.whole["leads"]["key"])
    del journal
again = sorted(times[1:])[(turns - 1) // 2]
print(json.dumps([leads, times[0], again, memory("VmHWM") - before]))
"""


def section() -> str:
    """The section of RESULTS.md."""
    head = "## Growth\n\n"
    if not Path("/proc/self/status").exists():
        return f"{head}Not measured: the memory of a process is read from /proc, a part of Linux.\n"
    rows = []
    for leads in LEADS:
        for numba in (True, False) if find_spec("numba") else (False,):
            if leads > MOST_LEADS["columns"] or leads * NEEDED > free_memory():
                rows.append((f"{leads:,}", walk(numba), "too little memory here", *[""] * 5))
                continue
            found, first, again, memory = measured(leads, numba)
            rows.append((
                f"{found:,}", walk(numba), span(first), f"{found / first:,.0f}", span(again),
                f"{found / again:,.0f}", f"{memory / 1e6:,.0f} MB", f"{memory / found:,.0f}",
            ))  # fmt: skip
    what = "leads | walk | first time | a second | again | a second | memory | bytes a lead"
    return (
        f"{head}{table(what, rows)}\n"
        "The reference funnel over more and more days, each in a Python of its own. Memory is the "
        "most that it took beyond what was there before, all modules loaded; the goal is 300 MB "
        "for a million leads. The first simulation of a size waits for the system to hand over "
        "memory; those that follow have it, but for columns too large to be kept.\n"
    )


def walk(numba: bool) -> str:
    return "Numba" if numba else "plain Python"


def measured(leads: int, numba: bool) -> tuple[int, float, float, float]:
    """Leads that there were, seconds for the first time and again, bytes."""
    days, turns = str(leads // PER_DAY), "2" if leads > 2_000_000 else "6"
    file = str(Path(__file__).parent / "reference.toml")
    found, first, again, memory = fresh_python(CODE, file, days, turns, numba=numba)
    return found, first, again, memory


def free_memory() -> float:
    """Bytes."""
    for line in Path("/proc/meminfo").read_text(encoding="utf-8").splitlines():
        if line.startswith("MemAvailable"):
            return int(line.split()[1]) * 1024
    return 0
