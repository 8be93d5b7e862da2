"""Provenance: with which version, scenario, seed and settings something was made.

A journal, an experiment, a forecast, a plan and a calibration have one each; reports and workbooks
show it. It says what is needed to make the same again, and holds no time: the same input makes the
same output, to the byte.
"""

from __future__ import annotations

import platform
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.metadata import version
from textwrap import wrap
from typing import TYPE_CHECKING, Any, NamedTuple

from funnelsim.errors import cut
from funnelsim.scenario import Scenario
from funnelsim.scenario.canonical import SHORT, hash_of
from funnelsim.scenario.embedded import HASH, VERSION
from funnelsim.state import State
from funnelsim.version import __version__

if TYPE_CHECKING:
    import pandas as pd

LIBRARIES = {"NumPy": "numpy", "SciPy": "scipy", "pandas": "pandas"}  # that numbers go through
WIDTH = 96  # of a comment in a file
LONGEST_SETTING = 200  # characters, in one line of text


@cache
def _versions() -> tuple[tuple[str, str], ...]:
    libraries = ((name, version(package)) for name, package in LIBRARIES.items())
    return ((VERSION, __version__), ("Python", platform.python_version()), *libraries)


def versions() -> dict[str, str]:
    """What works here, by its name: funnelsim, Python, and the libraries that numbers go through.

    >>> list(versions())
    ['funnelsim', 'Python', 'NumPy', 'SciPy', 'pandas']
    """
    return dict(_versions())


class AtTheStart(NamedTuple):
    """A state at the start of a simulation: how many rows its tables have, and their SHA-256."""

    deals: int
    customers: int
    sha256: str

    @classmethod
    def of(cls, state: State | None) -> AtTheStart | None:
        """Of a state; None of none."""
        if state is None:
            return None
        tables = (_written(state.deals), _written(state.customers))
        return cls(len(state.deals), len(state.customers), hash_of("\n\n".join(tables)))


def _written(table: pd.DataFrame) -> str:
    """A table as text, whether its whole numbers are integers or not; empty columns say nothing."""
    said = table.convert_dtypes().dropna(axis="columns", how="all")
    found: str = said[sorted(said.columns)].to_csv(index=False, lineterminator="\n")
    return found


def _text(value: Any) -> str:
    is_whole = isinstance(value, float) and value.is_integer()
    return f"{value:.0f}" if is_whole else str(value)


@dataclass(frozen=True, repr=False)
class Provenance:
    """How something was made; `print` shows it in a line, `rows` as (name, text).

    `made` is what: "journal", "experiment", "comparison", "sweep", "sensitivity", "warm-up",
    "forecast", "plan", "calibration". `scenario` is the one that was given, before a deadline, a
    pilot or a state changed it. `settings` are the other arguments, by name. `start` is the state
    at the start, if there was one: how large it was, and its SHA-256. `source` is the provenance of
    the calibration that was given in place of a scenario. A calibration has no seed.

    >>> from funnelsim import load, simulate
    >>> made = simulate(load("aida"), seed=7).provenance
    >>> made.seed, made.replication, made.engine, made.sha256 == load("aida").sha256
    (7, 0, 'columns', True)
    """

    made: str
    scenario: Scenario
    seed: int | None
    settings: Mapping[str, Any] = field(default_factory=dict)
    start: AtTheStart | None = None
    replication: int | None = None
    engine: str | None = None
    source: Provenance | None = None
    versions: Mapping[str, str] = field(default_factory=versions)

    @property
    def version(self) -> str:
        """That of funnelsim."""
        return self.versions[VERSION]

    @property
    def sha256(self) -> str:
        """The SHA-256 of the scenario: that of any that is equal to it (`Scenario.sha256`)."""
        return self.scenario.sha256

    def rows(self, digits: int = 64) -> Iterator[tuple[str, str]]:
        """What is known of it, as (name, text), in the order of reading; so many digits a hash."""
        yield VERSION, self.version
        yield "scenario", self.scenario.name
        yield HASH, self.sha256[:digits]
        for name in ("seed", "replication", "engine"):
            if (value := getattr(self, name)) is not None:
                yield name, str(value)
        if self.start is not None:
            counts = f"open deals: {self.start.deals:,}, customers: {self.start.customers:,}"
            yield "at the start", f"{counts}, SHA-256 {self.start.sha256[:digits]}"
        for name, value in self.settings.items():
            if value is not None:
                yield name.replace("_", " "), _text(value)
        if self.source is not None:
            yield "scenario from", f"a calibration ({self.source.in_short(of_scenario=False)})"
        yield from [row for row in self.versions.items() if row[0] != VERSION]

    def in_short(self, of_scenario: bool = True) -> str:
        """One line; hashes are cut to 12 digits, which is enough to tell two scenarios apart."""
        told = (
            f"{name} {cut(value, LONGEST_SETTING)}"
            for name, value in self.rows(SHORT)
            if of_scenario or name not in ("scenario", HASH)
        )
        return "; ".join(told)

    def as_comment(self) -> str:
        """The same above the text of a scenario file: lines that begin with "#"."""
        told = "".join(c if c.isprintable() else " " for c in f"Made with {self.in_short()}")
        return "".join(f"# {line}\n" for line in wrap(told, WIDTH - 2))

    def __str__(self) -> str:
        return self.in_short()

    def __repr__(self) -> str:
        return f"<Provenance of a {self.made}: {self}>"
