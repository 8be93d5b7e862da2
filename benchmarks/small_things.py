"""What people wait for: the scenarios that come along, and imports."""

from __future__ import annotations

from functools import partial
from typing import Any

from turns import fresh_python, span, table, take_turns

import funnelsim as fs

CODES = {
    "pass": "`pass`",
    "import funnelsim": "`import funnelsim`",
    "import funnelsim as fs; fs.load": "`import funnelsim as fs; fs.load`",
    "import pandas": "`import pandas`",
    "import altair": "`import altair`",
    "import funnelsim as fs; fs.simulate(fs.load('aida-follow-up'), progress=False)": (
        "the first `fs.simulate` of `aida-follow-up`"
    ),
    "import funnelsim as fs; fs.replicate(fs.load('aida-follow-up'), 2, progress=False)": (
        "the first `fs.replicate` of it, which loads Numba"
    ),
}


def section() -> str:
    """The two sections of RESULTS.md."""
    fs.replicate(fs.load("aida-follow-up"), 2, progress=False)  # loads Numba
    return f"{scenarios()}\n{imports()}"


def scenarios() -> str:
    """Each scenario that comes along."""
    rows = []
    for name in fs.templates():
        scenario = fs.load(name)
        leads = len(fs.simulate(scenario, progress=False).whole["leads"]["key"])
        simulated, told, by_process = take_turns(
            partial(fs.simulate, scenario, progress=False),
            partial(simulated_and_told, scenario),
            partial(fs.simulate, scenario, engine="process", progress=False),
        )
        speed = f"{leads / simulated:,.0f}"
        rows.append((name, f"{leads:,}", span(simulated), speed, span(told), span(by_process)))
    head = "scenario | leads | `simulate` | leads a second | and `funnel_table` | in SimPy"
    return "## The scenarios that come along\n\n" + table(head, rows)


def simulated_and_told(scenario: fs.Scenario) -> Any:
    return fs.funnel_table(fs.simulate(scenario, progress=False))


def imports() -> str:
    """What an import costs, each in a fresh Python; Python's own start is in every number."""
    works = [partial(fresh_python, code) for code in CODES]
    works.append(partial(fresh_python, [*CODES][-1], numba=False))
    names = [*CODES.values(), "the same, without Numba"]
    seconds = take_turns(*works)
    rows = [(name, span(s)) for name, s in zip(names, seconds, strict=True)]
    return "## Imports\n\n" + table("Python doing | time", rows)
