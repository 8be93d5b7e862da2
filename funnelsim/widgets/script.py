"""A demonstration as data: a TOML file that says which board it plays on, and its steps.

    title = "The third rep"
    board = "follow-up"
    scenario = "aida-follow-up"

    [[steps]]
    say = "{=sales: reps} reps: profit {profit}. Would you hire a third one?"

    [[steps]]
    say = "What would the profit be?"
    keep = true                       # the picture before this step, to compare with
    set = { "sales: reps" = 3 }       # all others stand where they began
    reveal = "{profit}, {more profit}"

A step with `reveal` takes two keys: first the question, with nothing moved, then what is set and
the answer. `wait` goes on by itself, after so many seconds. What braces may name, `told.py` says.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from funnelsim.errors import MISSING, Finding, FunnelSimError, Problem, nearest

COME_ALONG = Path(__file__).parents[1] / "demonstrations"
LONGEST_WAIT = 60.0  # seconds


@dataclass(frozen=True)
class Step:
    """What is said, what is set (sliders and views by label), and what is told afterwards."""

    say: str
    set: Mapping[str, Any] | None = None
    keep: bool = False
    reveal: str = ""
    wait: float = 0.0


@dataclass(frozen=True)
class Script:
    """A demonstration. `change` is what `Scenario.vary` takes, `parameters` are those of
    `fs.explore`, `beside` is the second world of flow.
    """

    title: str
    board: str
    scenario: str
    steps: tuple[Step, ...]
    change: Mapping[str, Any] = field(default_factory=dict)
    parameters: tuple[str, ...] = ()
    beside: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class Stop:
    """Where a key leads to: what is said and revealed there, how the sliders stand (None: as they
    did), whether the picture before it is kept, after how many seconds it goes on by itself.
    """

    say: str
    reveal: str
    set: Mapping[str, Any] | None
    keep: bool
    wait: float


def scripts() -> dict[str, Path]:
    """The demonstrations that come along, by title."""
    found = sorted(COME_ALONG.glob("*.toml"))
    return {str(tomllib.loads(path.read_text(encoding="utf-8"))["title"]): path for path in found}


def read_script(name: object) -> Script:
    """One that comes along, by its title, or a file's; FunnelSimError for what is none."""
    known = scripts()
    by_name = {title.casefold(): path for title, path in known.items()}
    path = by_name.get(str(name).casefold(), Path(str(name)))
    if path.suffix != ".toml":
        rule = "this is the title of a demonstration or the path of a .toml file"
        raise FunnelSimError(str(Problem("demonstrate", name, rule, nearest(name, known))))
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError) as error:  # of which wrong TOML and what is not UTF-8 are two
        raise FunnelSimError(f"{path} cannot be read as a demonstration: {error}") from None
    return script_of(tables, path.name)


def script_of(tables: Mapping[str, Any], source: str) -> Script:
    """The demonstration that tables say; FunnelSimError with place, value and rule."""
    given = _checked(tables, Script, source)
    steps = tables["steps"]
    if not steps or not all(isinstance(step, Mapping) for step in steps):
        way_out = 'write [[steps]] and below it say = "..."'
        raise _wrong(f"{source}, steps", Finding("no list of steps"), "it has one or more", way_out)
    made = []
    for number, step in enumerate(steps, 1):
        place = f"{source}, step {number}"
        made.append(Step(**_checked(step, Step, place)))
        if not 0 <= made[-1].wait <= LONGEST_WAIT:
            rule = f"seconds, from 0 to {LONGEST_WAIT:g}"
            raise _wrong(f"{place}, wait", made[-1].wait, rule)
    parameters = tuple(map(str, given.get("parameters", ())))
    return Script(**given | {"steps": tuple(made), "parameters": parameters})


KINDS: dict[str, tuple[tuple[type, ...], str]] = {
    "keep": ((bool,), "true or false"),
    "wait": ((int, float), "seconds"),
    "set": ((Mapping,), 'values of sliders: { "sales: reps" = 3 }'),
    "change": ((Mapping,), 'paths with values: { "teams.sales.reps" = 3 }'),
    "beside": ((Mapping,), 'paths with values: { "teams.sales.reps" = 3 }'),
    "parameters": ((list,), 'a list of paths: ["teams.sales.reps"]'),
    "steps": ((list,), "a list, each of its entries under [[steps]]"),
}


def _checked(table: Mapping[str, Any], kind: type, place: str) -> dict[str, Any]:
    """The table, if it has the keys of this dataclass."""
    keys = [one.name for one in fields(kind)]
    for key, value in table.items():
        if key not in keys:
            raise _wrong(f"{place}, {key}", value, "there is no such key", nearest(key, keys))
        types, rule = KINDS.get(key, ((str,), "a text"))
        if not isinstance(value, types) or (isinstance(value, bool) and bool not in types):
            raise _wrong(f"{place}, {key}", value, f"it is {rule}")
    for key in keys[: 1 if kind is Step else 4]:
        if not table.get(key):
            raise _wrong(f"{place}, {key}", table.get(key, MISSING), "it is needed")
    return dict(table)


def _wrong(place: str, value: Any, rule: str, way_out: str = "") -> FunnelSimError:
    return FunnelSimError(str(Problem(place, value, rule, way_out)))


def stops(script: Script) -> list[Stop]:
    """Where the keys lead to, one after the other; a question stops before its answer."""
    found: list[Stop] = []
    for step in script.steps:
        if step.reveal:
            found.append(Stop(step.say, "", None, step.keep, 0.0))
        keeps = step.keep and not step.reveal
        found.append(Stop(step.say, step.reveal, step.set, keeps, step.wait))
    return found
