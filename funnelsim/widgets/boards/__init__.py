"""Live boards: `frame.py` is what they have in common, each board is data in a file of its own.

    fs.board(fs.load("aida-follow-up"), "follow-up")

A file `name.py` has a function `board(scenario, simulated) -> Board`, and says as `DEFAULT` which
template it shows if no scenario is given; nothing else knows of it. One that can show a journal or
an export as well has a function `board_of_deals(source) -> Board`.
"""

from __future__ import annotations

import inspect
import pkgutil
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from importlib import import_module
from typing import Any

from funnelsim.errors import Finding, FunnelSimError, Problem, nearest
from funnelsim.metrics.known import Source, tells_history
from funnelsim.scenario import Scenario, a_scenario, load
from funnelsim.widgets.board import Board, usual_head
from funnelsim.widgets.board_text import EXPLORE
from funnelsim.widgets.boards.frame import Frame
from funnelsim.widgets.picture import Simulated


def names() -> dict[str, str]:
    """The names of all boards, and the file of each."""
    files = [file.name for file in pkgutil.iter_modules(__path__) if file.name != "frame"]
    return {file.replace("_", "-"): file for file in files}


def board(
    scenario: Scenario | Source | None = None,
    name: str = EXPLORE,
    *,
    seed: int = 1,
    days: float | None = None,
    n: int = 100,
    beside: Scenario | Mapping[str, Any] | None = None,
) -> Frame:
    """A live board of the scenario, by its name; without one, of a template that suits the board.

    - "explore": the funnel and its revenue, with a slider for all that matters (`fs.explore`)
    - "follow-up": a team's queue, how long leads wait for it, and what other reps would do
    - "loyalty": a programme beside its absence, on the same customers: what it brings and costs,
      who orders again, and how much of what members spend more is the programme's doing
    - "money": from gross to profit, what a customer of each channel really costs and leaves, and
      a budget that is moved from one channel to another
    - "flow": the leads themselves as dots on their way, the story of each, and those who fare
      differently in a second world: in what was kept, or in `beside`, which is another scenario or
      what `Scenario.vary` takes
    - "pipeline": the open deals as they stood on any day: cards by stage, sums and means, what has
      changed since last week, what is stale. It shows a journal or an export (`fs.read_deals`), too

    `seed`, `days` and `n` are those of `fs.explore`; flow shows one history, and no ranges; a
    journal and an export are shown as they are. Raises FunnelSimError for a name that there is not,
    for a scenario that the board does not suit, and for a second world on a board that shows none.

    >>> import funnelsim as fs
    >>> board = fs.board(fs.load("aida-follow-up"), "follow-up", n=8)
    >>> board.sliders["sales: reps"].value = 3
    >>> board.change
    {'teams.sales.reps': 3}
    >>> board = fs.board(name="loyalty", n=8)
    >>> board.sliders["Enrolment"].value = 0.8
    >>> board.change
    {'loyalty.enrolment': 0.8}
    >>> board = fs.board(fs.load("aida-follow-up"), "flow", beside={"teams.sales.reps": 1})
    >>> board
    Live board of AIDA with follow-up: ...
    >>> deals = fs.read_deals(fs.datasets.bundled("crm_deals.csv"))
    >>> board = fs.board(deals, "pipeline")
    >>> board.views["Day"].value = board.views["Day"].options[200][1]
    >>> board.views["Day"].label
    'Sat 26 Jul 2025'
    """
    return Frame(board_of(scenario, name, seed=seed, days=days, n=n, beside=beside))


def board_of(
    scenario: Scenario | Source | None,
    name: str,
    *,
    seed: int = 1,
    days: float | None = None,
    n: int = 100,
    **more: Any,
) -> Board:
    """The board of `board` as data; `more` is what not every board takes, None where not given."""
    known = names()
    if name not in known:
        rule = "this is the name of a board"
        raise FunnelSimError(str(Problem("name", name, rule, nearest(name, known))))
    file = import_module(f"{__name__}.{known[name]}")
    if hasattr(file, "board_of_deals") and tells_history(scenario):
        made: Board = file.board_of_deals(scenario)
        return made
    shown = load(file.DEFAULT) if scenario is None else a_scenario(scenario, "board")
    given = {key: value for key, value in more.items() if value is not None}
    for key in given.keys() - inspect.signature(file.board).parameters.keys():
        rule, other = TAKEN_BY[key]
        way_out = f'fs.board(scenario, "{other}") does'
        raise FunnelSimError(
            str(Problem(key, Finding("given"), f"the {name} board {rule}", way_out))
        )
    made = file.board(shown, Simulated.of(shown, seed, days, n), **given)
    is_usual = made.head is usual_head
    return replace(made, head=partial(usual_head, board=name)) if is_usual else made


TAKEN_BY = {
    "beside": ("shows no second world", "flow"),
    "parameters": ("chooses its sliders itself", EXPLORE),
}
