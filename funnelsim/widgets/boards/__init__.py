"""Live boards: `frame.py` is what they have in common, each board is data in a file of its own.

    fs.board(fs.load("aida-follow-up"), "follow-up")

A file `name.py` has a function `board(scenario, simulated) -> Board`; nothing else knows of it.
"""

from __future__ import annotations

import pkgutil
from importlib import import_module

from funnelsim.errors import FunnelSimError, Problem, nearest
from funnelsim.scenario import Scenario, a_scenario
from funnelsim.widgets.boards.frame import Frame
from funnelsim.widgets.picture import Simulated


def board(
    scenario: Scenario,
    name: str = "explore",
    *,
    seed: int = 1,
    days: float | None = None,
    n: int = 100,
) -> Frame:
    """A live board of the scenario, by its name: "explore" or "follow-up".

    `seed`, `days` and `n` are those of `fs.explore`, which is the first of them. Raises
    FunnelSimError for a name that there is not, and for a scenario that the board does not suit.

    >>> import funnelsim as fs
    >>> board = fs.board(fs.load("aida-follow-up"), "follow-up", n=8)
    >>> board.sliders["sales: reps"].value = 3
    >>> board.change
    {'teams.sales.reps': 3}
    """
    files = [file.name for file in pkgutil.iter_modules(__path__) if file.name != "frame"]
    known = {file.replace("_", "-"): file for file in files}
    if name not in known:
        rule = "this is the name of a board"
        raise FunnelSimError(str(Problem("name", name, rule, nearest(name, known))))
    simulated = Simulated.of(a_scenario(scenario, "board"), seed, days, n)
    return Frame(import_module(f"{__name__}.{known[name]}").board(scenario, simulated))
