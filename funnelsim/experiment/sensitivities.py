"""Which parameter matters most: each turned down and up, alone, on the same customers.

One at a time, so it does not tell what two changes do together; `sweep` over two parameters does.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from funnelsim.arguments import a_share, refused
from funnelsim.experiment import chunks
from funnelsim.experiment.comparison import paired, same_customers
from funnelsim.experiment.replications import a_figure
from funnelsim.experiment.sweeps import parts
from funnelsim.experiment.too_small import queue_warnings
from funnelsim.journal.provenance import AtTheStart, Provenance
from funnelsim.scenario import Scenario
from funnelsim.scenario.parameters import changed, stands_at, to_turn, usual
from funnelsim.state import State

if TYPE_CHECKING:
    import pandas as pd


@dataclass(eq=False)
class Sensitivity:
    """What each parameter does to one figure.

    `table` has a row per parameter (the index, a path), the one with the largest effect first.
    Columns: `label`, the parameter in words; `today`, `low_value`, `high_value` in words (of a
    distribution its mean); `down` and `up`, the differences of the figure's mean to today's at the
    low and at the high value, each with its 95 % interval (`down_low`, `down_high`, `up_low`,
    `up_high`; paired, Student's t); and `effect`, the larger of the two differences without its
    sign. `mean` is the figure today; `provenance` says how all this was made.

    >>> from funnelsim import load, sensitivity
    >>> found = sensitivity(load("aida"), figure="customers", n=5, progress=False)
    >>> bool(found.table["effect"].abs().is_monotonic_decreasing)
    True
    """

    scenario: Scenario
    figure: str
    mean: float
    table: pd.DataFrame
    warnings: list[str]
    interrupted: bool
    provenance: Provenance

    def __repr__(self) -> str:
        cut = ", interrupted" if self.interrupted else ""
        head = f"<Sensitivity of {self.figure} to {len(self.table)} parameters{cut}>"
        return "\n".join([head, *self.warnings])


def sensitivity(
    scenario: Scenario,
    changes: Mapping[str, tuple[Any, Any]] | Iterable[str] | None = None,
    figure: str = "profit",
    change: float = 0.1,
    n: int = 50,
    seed: int = 1,
    executor: Executor | None = None,
    progress: bool = True,
    *,
    initial: State | None = None,
) -> Sensitivity:
    """Turn each parameter down and up, and rank them by what it does to one figure.

    `changes` is a table of paths and their (low, high) values, or a list of paths to be turned by
    the share `change`, or none for the usual parameters, as far as the scenario has them:
    `fs.parameters` lists all there are, and how each is turned. A share is turned by its odds, a
    whole number by one at least, of a distribution the mean. A tenth is a tenth: whether a
    parameter can be turned that far, and at what price, the ranking does not know. `initial` is
    business that is already running (`fs.State`), in place of the warm-up.

    Raises `FunnelSimError` for a figure, path, share, n or executor that is none.

    >>> from funnelsim import load
    >>> x = sensitivity(load("aida"), n=3, figure="customers", progress=False)
    >>> bool(x.table["effect"].is_monotonic_decreasing)
    True
    """
    import pandas as pd

    given = scenario
    scenario, initial = chunks.begun(scenario, initial, "sensitivity")
    n, executor = chunks.a_number_of_replications(n, least=2), chunks.an_executor(executor)
    pairs = _pairs(scenario, changes, a_share("change", change, way_out="write 0.1 for a tenth"))
    figure = a_figure(scenario, figure)
    varied = [changed(scenario, setting) for pair in pairs.values() for setting in pair]
    today, *turned = same = [scenario, *varied]
    tables, interrupted, sentences = same_customers(same, n, seed, executor, progress, initial)

    base, rows = tables[0][[figure]], []
    for place, path in enumerate(pairs):
        found = stands_at(today, path)
        row: dict[str, Any] = {"label": found.label, "today": found.text}
        for side, name, value in ((0, "down", "low_value"), (1, "up", "high_value")):
            number = 2 * place + side
            row[value] = stands_at(turned[number], path).text
            told = paired(base, tables[number + 1][[figure]], 0.95).loc[figure]
            row |= {name: told["difference"], f"{name}_low": told["low"]}
            row[f"{name}_high"] = told["high"]
        row["effect"] = max(abs(row["down"]), abs(row["up"]))
        rows.append(row)
    first = ["label", "today", "low_value", "high_value"]
    table = pd.DataFrame(rows, index=pd.Index(pairs, name="parameter"))
    table = table[[*first, *(c for c in table.columns if c not in first)]]
    table = table.sort_values("effect", ascending=False, kind="stable")
    mean = float(tables[0][figure].mean())
    told_of = queue_warnings(scenario, tables[0]) + sentences
    turned_by = dict(changes) if isinstance(changes, Mapping) else list(pairs)
    settings = {"changes": turned_by, "figure": figure, "change": change, "n": n}
    made = Provenance("sensitivity", given, int(seed), settings, AtTheStart.of(initial))
    return Sensitivity(scenario, figure, mean, table, told_of, interrupted, made)


Setting = dict[str, Any]


def _pairs(scenario: Scenario, changes: Any, change: float) -> dict[str, tuple[Setting, Setting]]:
    """What each path is turned down and up to, as `Scenario.vary` takes it."""
    factors = (1 - change, 1 + change)
    if changes is None:
        changes = [parameter.path for parameter in usual(scenario)]
    if isinstance(changes, Mapping):
        wrong = [path for path, pair in changes.items() if len(parts(pair)) != 2]
        if wrong:
            rule = "a parameter is given its low and its high value"
            value = changes[wrong[0]]
            raise refused(str(wrong[0]), value, rule, "write (low, high)")
        pairs = {path: ({path: low}, {path: high}) for path, (low, high) in changes.items()}
    else:
        found = [to_turn(scenario, path) for path in parts(changes)]
        pairs = {one.path: (one.turned(factors[0]), one.turned(factors[1])) for one in found}
    if not pairs:
        rule = "it names the parameters to turn, one at least"
        way_out = 'write ["stages.Interest.conversion"], or leave it out for the usual ones'
        raise refused("changes", changes, rule, way_out)
    return pairs
