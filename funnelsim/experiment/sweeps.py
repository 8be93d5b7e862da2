"""One parameter at several values, or two: how the key figures follow it, on the same customers."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from funnelsim.arguments import a_confidence, refused
from funnelsim.experiment import chunks
from funnelsim.experiment.comparison import same_customers
from funnelsim.experiment.intervals import intervals_of_figures
from funnelsim.experiment.too_small import queue_warnings
from funnelsim.journal.provenance import AtTheStart, Provenance
from funnelsim.scenario import Scenario
from funnelsim.scenario.parameters import changed, stands_at
from funnelsim.state import State

if TYPE_CHECKING:
    import pandas as pd

SHOWN = ["mean", "low", "high"]


@dataclass(eq=False)
class Sweep:
    """A scenario at each of the settings; the same customers in all of them.

    `settings` has the values of each setting by path, `tables` its key figures by replication;
    `provenance` says how it was made.

    >>> from funnelsim import load, sweep
    >>> s = load("aida-follow-up")
    >>> reps = sweep(s, "teams.sales.reps", [1, 2], n=5, progress=False)
    >>> [setting["teams.sales.reps"] for setting in reps.settings], len(reps.tables[0])
    ([1, 2], 5)
    """

    scenario: Scenario
    paths: list[str]
    settings: list[dict[str, Any]]
    tables: list[pd.DataFrame]
    warnings: list[str]
    interrupted: bool
    provenance: Provenance

    @property
    def table(self) -> pd.DataFrame:
        """A row per setting; `table[figure]` has its mean and the ends of its 95 % interval."""
        return self.summary()

    def summary(self, confidence: float = 0.95) -> pd.DataFrame:
        """`table` with another confidence.

        The index holds the values by path (two levels for two parameters), the columns figure and
        `mean`, `low`, `high`.
        """
        import pandas as pd

        confidence = a_confidence(confidence)
        found = [intervals_of_figures(table, confidence)[SHOWN] for table in self.tables]
        values = [[label(setting[path]) for path in self.paths] for setting in self.settings]
        if len(self.paths) == 1:
            index = pd.Index([value for (value,) in values], name=self.paths[0])
        else:
            index = pd.MultiIndex.from_tuples(map(tuple, values), names=self.paths)
        columns = pd.MultiIndex.from_product([found[0].index, SHOWN], names=["figure", None])
        return pd.DataFrame([one.to_numpy().ravel() for one in found], index, columns)

    def __repr__(self) -> str:
        cut = ", interrupted" if self.interrupted else ""
        head = f"<Sweep of {' and '.join(self.paths)}: {len(self.settings)} settings, "
        return "\n".join([f"{head}{len(self.tables[0]):,} replications each{cut}>", *self.warnings])


def sweep(
    scenario: Scenario,
    path: str | Mapping[str, Iterable[Any]],
    values: Iterable[Any] | None = None,
    n: int = 50,
    seed: int = 1,
    executor: Executor | None = None,
    progress: bool = True,
    *,
    initial: State | None = None,
) -> Sweep:
    """Simulate the scenario at each value of one parameter, or each pair of values of two.

    `path` and `values` are a dotted path, as `Scenario.vary` takes it (`fs.parameters` lists all
    there are), and what to put there; for two parameters `path` is a table of paths and values.
    Where shares sum to 1 the others give way. Each setting has n replications on the same
    customers. `initial` is business that is already running (`fs.State`), in place of the warm-up.
    Raises `ScenarioError` for a path or a value that is none, before anything is simulated, and
    `FunnelSimError` for no values, an n below 2 or an executor that is none.

    >>> from funnelsim import load
    >>> x = sweep(load("aida-follow-up"), "teams.sales.reps", [1, 2, 3], n=3, progress=False)
    >>> x.table["profit"].columns.tolist(), x.table.index.tolist()
    (['mean', 'low', 'high'], [1, 2, 3])
    """
    given = scenario
    scenario, initial = chunks.begun(scenario, initial, "sweep")
    n, executor = chunks.a_number_of_replications(n, least=2), chunks.an_executor(executor)
    grid = _grid(path, values)
    settings = [dict(zip(grid, point, strict=True)) for point in itertools.product(*grid.values())]
    scenarios = [changed(scenario, setting) for setting in settings]
    tables, interrupted, sentences = same_customers(scenarios, n, seed, executor, progress, initial)
    told = [
        f"{_in_words(scenario, setting)} – {text}"
        for setting, varied, table in zip(settings, scenarios, tables, strict=True)
        for text in queue_warnings(varied, table)
    ]
    made = Provenance("sweep", given, int(seed), {"path": grid, "n": n}, AtTheStart.of(initial))
    return Sweep(scenario, list(grid), settings, tables, told + sentences, interrupted, made)


def _in_words(scenario: Scenario, setting: Mapping[str, Any]) -> str:
    """`sales: reps = 2`."""
    return ", ".join(f"{stands_at(scenario, p).label} = {label(v)}" for p, v in setting.items())


def _grid(path: Any, values: Any) -> dict[str, list[Any]]:
    """The values by path."""
    given = path if isinstance(path, Mapping) else {path: values}
    if isinstance(path, Mapping) and (values is not None or not 1 <= len(path) <= 2):
        way_out = 'write {"teams.sales.reps": [1, 2], "stages.Interest.conversion": [0.4, 0.5]}'
        rule = "a sweep takes a path and its values, or a table of one or two of them"
        raise refused("path", dict(path), rule, way_out)
    grid = {}
    for name, entry in given.items():
        if not isinstance(name, str):
            raise refused("path", name, "it is a text with dots")
        grid[name] = parts(entry)
        if not grid[name]:
            rule = f"values are a list of what {name} shall be, one at least"
            raise refused("values", entry, rule, "write [1, 2, 3]")
    return grid


def parts(values: Any) -> list[Any]:
    """A list of the values; empty for what is no list of them."""
    if isinstance(values, (str, bytes, Mapping)):
        return []
    try:
        return list(values)
    except TypeError:
        return []


def label(value: Any) -> Any:
    """A value as it stands in a table: a number or a text, of a table its entries.

    >>> label({"exponential": {"mean": "2 days"}})
    'exponential mean 2 days'
    """
    if isinstance(value, Mapping):
        return " ".join(f"{key} {label(entry)}" for key, entry in value.items())
    if isinstance(value, (int, float, str)):
        return value
    return value.item() if hasattr(value, "item") else str(value)
