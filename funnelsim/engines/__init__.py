"""Engines: a scenario goes in, a journal comes out.

`simulate` chooses the engine. `simpy_engine/process.py` is the model itself, in SimPy;
`column_engine/columns.py` tells the same history, a column of leads at a time, and is what "auto"
takes. Both read the same `draws/`, and neither knows the other.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping

from funnelsim.arguments import a_choice, a_seed
from funnelsim.errors import FunnelSimError
from funnelsim.journal import Journal, Table
from funnelsim.journal.together import Together
from funnelsim.progress import Bar, progress_bar
from funnelsim.scenario import Scenario, a_scenario
from funnelsim.state import State, a_state

LEADS_TOGETHER = 100_000  # about; in one go: enough to be quick, few enough for the cache
MOST_TOGETHER = 500  # replications, about; with more, a sum of moments might fit no whole number
MOST_LEADS = {"columns": 20_000_000, "process": 1_000_000}  # 5 GB and 2 GB, up to a minute each
TAKES_A_WHILE = 300_000  # leads, from which on there is a progress bar
ENGINES = ("auto", "columns", "process")


def simulate(
    scenario: Scenario,
    seed: int = 1,
    *,
    replication: int = 0,
    engine: str = "auto",
    progress: bool = True,
    initial: State | None = None,
) -> Journal:
    """What happens in the scenario, as a `Journal`.

    The same scenario, seed and replication give the same journal, always. `progress` shows a bar
    once a simulation has taken two seconds. Either engine tells the same history. `initial` is
    business that is already running (`fs.State`): open deals and customers. Raises
    `FunnelSimError` for a seed or an engine that is none, for a state that does not fit the
    scenario, and for more leads than a simulation can take.

    >>> from funnelsim import load
    >>> journal = simulate(load("aida"), seed=1)
    >>> len(journal.leads) == len(simulate(load("aida"), seed=1).leads)
    True
    """
    scenario, initial = a_scenario(scenario, "simulate"), a_state(initial, "simulate")
    seed, replication = a_seed(seed), a_seed(replication, "replication")
    engine = a_choice("engine", engine, ENGINES)

    name = "process" if engine == "process" else "columns"
    _guard(scenario, MOST_LEADS[name])
    tell = _by_process if name == "process" else _by_columns
    tables = tell(scenario, seed, replication, progress, initial)
    return Journal(scenario, seed, replication, name, tables, initial)


def _guard(scenario: Scenario, most: int) -> None:
    """Says no before any memory is taken."""
    from funnelsim.analytic.arrivals import expected_leads

    expected = expected_leads(scenario)
    if expected > most:
        raise FunnelSimError(
            f"about {expected:,.0f} leads are expected until the horizon; one simulation takes "
            f"{most:,}: lower leads_per_day or the horizon"
        )


def simulate_together(
    scenario: Scenario, seed: int, replications: range, initial: State | None = None
) -> Iterator[Together]:
    """These replications by the fast engine, as many in the same tables as are quickest so.

    Each of them is what `simulate(scenario, seed, replication=r, initial=initial)` gives alone.

    >>> from funnelsim import load
    >>> parts = simulate_together(load("aida"), 1, range(3))
    >>> [journal.replication for together in parts for journal in together.split()]
    [0, 1, 2]
    """
    _guard(scenario, MOST_LEADS["columns"])
    from funnelsim.analytic.arrivals import expected_leads
    from funnelsim.engines.column_engine import columns
    from funnelsim.engines.draws.draws import Draws

    initial = a_state(initial, "simulate_together")
    there = len(initial.deals) + len(initial.customers) if initial is not None else 0
    each = expected_leads(scenario) + there + 1
    parts = max(1, len(replications) / MOST_TOGETHER, len(replications) * each / LEADS_TOGETHER)
    size = max(1, math.ceil(len(replications) / round(parts)))
    for first in range(0, len(replications), size):
        some = replications[first : first + size]
        # in one expression, so that nothing of it is still there while the next are simulated
        yield Together(
            scenario, seed, some, *columns.run(Draws(scenario, seed, some, initial)), initial
        )


def _by_columns(
    scenario: Scenario, seed: int, replication: int, progress: bool, initial: State | None
) -> Mapping[str, Table]:
    from funnelsim.analytic.arrivals import expected_leads
    from funnelsim.engines.column_engine import columns
    from funnelsim.engines.draws.draws import Draws

    if not progress or expected_leads(scenario) < TAKES_A_WHILE:
        return _made(columns.run(Draws(scenario, seed, replication, initial))[0])
    with progress_bar(columns.PARTS + 2, progress, "part") as bar:
        draws = Draws(scenario, seed, replication, initial)
        bar.update(1)
        tables = _made(columns.run(draws, lambda: bar.update(1))[0])
        bar.update(1)
        return tables


def _made(tables: dict[str, Table]) -> dict[str, Table]:
    """The tables with all their columns; each lets go of what it is made of before the next."""
    return {name: dict(tables.pop(name)) for name in list(tables)}


def _by_process(
    scenario: Scenario, seed: int, replication: int, progress: bool, initial: State | None
) -> Mapping[str, Table]:
    from funnelsim.engines.draws.draws import Draws
    from funnelsim.engines.simpy_engine import process
    from funnelsim.engines.simpy_engine.recorder import Recorder

    recorder, begun = Recorder(scenario), 0

    def days(bar: Bar) -> Iterator[int]:
        nonlocal begun
        for day in range(scenario.days):
            begun = day + 1
            yield day
            bar.update(1)

    try:
        with progress_bar(scenario.days, progress, "day") as bar:
            draws = Draws(scenario, seed, replication, initial)
            process.run(draws, recorder, days(bar))
    except KeyboardInterrupt as stop:
        stop.add_note(f"stopped on day {begun} of {scenario.days}; no journal was made")
        raise
    return recorder.tables(draws)
