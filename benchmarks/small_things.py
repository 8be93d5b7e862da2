"""What people wait for: the scenarios that come along, customers who order daily, and imports."""

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
    """The three sections of RESULTS.md."""
    fs.replicate(fs.load("aida-follow-up"), 2, progress=False)  # loads Numba
    return f"{scenarios()}\n{daily_orders()}\n{imports()}"


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


def daily_orders() -> str:
    """Customers who come back every day for years, with and without a loyalty programme."""
    rows = []
    for days in (365, 730):
        alone = a_cafe(days)
        member = alone.vary({"loyalty": {**CARD, "enrolment": 0.6}})
        nobody = alone.vary({"loyalty": {**CARD, "enrolment": 0.0}})
        orders = fs.simulate(alone, progress=False).rows("orders")
        seconds = take_turns(
            *(partial(fs.simulate, s, progress=False) for s in (alone, nobody, member))
        )
        each = [f"{span(s)} ({orders / s:,.0f} orders a second)" for s in seconds]
        rows.append((f"{days} days", f"{orders:,}", *each))
    head = "a café over | orders | without a programme | one that nobody joins | one of members"
    return "## Customers who order every day\n\n" + table(head, rows)


CARD = {"points_per_unit": 1, "point_value": 0.01, "redeem_from": 100, "redeem_probability": 0.5}


def a_cafe(days: int) -> fs.Scenario:
    return fs.Scenario(
        name="Café",
        horizon=f"{days} days",
        channels=[{"name": "passers-by", "leads_per_day": 2}],
        stages=[{"name": "Looks in", "conversion": 0.5}, {"name": "Coffee"}],
        order={"value": {"constant": 3}},
        retention={"repeat_probability": 0.998, "gap": {"constant": "1 day"}},
    )


def imports() -> str:
    """What an import costs, each in a fresh Python; Python's own start is in every number."""
    works = [partial(fresh_python, code) for code in CODES]
    works.append(partial(fresh_python, [*CODES][-1], numba=False))
    names = [*CODES.values(), "the same, without Numba"]
    seconds = take_turns(*works)
    rows = [(name, span(s)) for name, s in zip(names, seconds, strict=True)]
    return "## Imports\n\n" + table("Python doing | time", rows)
