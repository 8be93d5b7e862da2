"""All that can be turned in a scenario: where it stands, what it is, and what turning it means.

A `Parameter` is made of the annotations of the fields (`kinds.py`) and of the values that a
scenario has there. Levers, sliders, sweeps, tornadoes and forms know nothing else of a field. What
turning means:

- a share is turned by its odds, so that it never passes 0 or 1; where shares sum to 1 the others
  give way in proportion
- a whole number moves in steps, by one at least
- every other number is multiplied, of a distribution all its values: its mean, and not its shape.
"""

from __future__ import annotations

import math
import numbers
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from funnelsim.among_customers import Beta
from funnelsim.distributions import DAY, LARGEST, Distribution, Part, duration_text
from funnelsim.errors import MISSING, Finding, Problem, ScenarioError, nearest
from funnelsim.kinds import (
    BY_ODDS,
    CURRENCY,
    DURATION,
    IN_STEPS,
    LEAST,
    NAME,
    PART,
)
from funnelsim.sampling import mean
from funnelsim.scaling import scaled
from funnelsim.scenario.in_words import in_words
from funnelsim.scenario.inside import Place, inside
from funnelsim.scenario.keys import LISTS
from funnelsim.scenario.paths import place_of, plain

if TYPE_CHECKING:
    import pandas as pd

    from funnelsim.scenario import Scenario

ENDLESS = (math.inf, LARGEST, LARGEST / 100)  # limits that nobody meets


@dataclass(frozen=True)
class Parameter(Place):
    """A value of a scenario: its path, the value, its kind, its label; and how it is turned."""

    scenario: Scenario = field(repr=False, kw_only=True)

    # --- in words -----------------------------------------------------------------------------

    @property
    def label(self) -> str:
        """What it is called: "Interest: handling time, mean", "partners: commission"."""
        words = self._words
        if not self._owner:
            return words[:1].upper() + words[1:]
        return f"{self._owner}: {words}" if words else self._owner

    @property
    def short(self) -> str:
        """The label for a narrow place, where the end of it may be cut: "Patience, Interest"."""
        words = self._words[:1].upper() + self._words[1:]
        return f"{words}, {self._owner}" if self.owners and words else words or self._owner

    @property
    def _words(self) -> str:
        return ", ".join(self.words).replace("unit of currency", self.scenario.currency)

    @property
    def _owner(self) -> str:
        if not self.owners:
            return self.owner[:1].upper() + self.owner[1:]
        is_alone = _owners(self.scenario)[self.owner.lower()] == 1
        return self.owner if is_alone else f"{self.owners[:-1]} {self.owner}"

    @property
    def unit(self) -> str:
        """The unit, with the scenario's currency; empty for what has none."""
        return self.kind.unit.replace(CURRENCY, self.scenario.currency)

    @property
    def title(self) -> str:
        """The label of an axis: with its unit, where its numbers do not say it."""
        return f"{self.label}, {self.unit}" if self.kind.unit == CURRENCY else self.label

    @property
    def per_unit(self) -> float:
        """How much of `number` is one of the unit that tables have: a day has its microseconds."""
        return float(DAY) if self.kind.unit == DURATION.unit else 1.0

    @property
    def title_in_tables(self) -> str:
        """The label of a column or an axis with numbers in that unit."""
        return f"{self.label}, days" if self.per_unit == DAY else self.title

    @property
    def text(self) -> str:
        """The value in words, of a distribution its mean."""
        is_one = isinstance(self.value, (Distribution, Beta))
        return self.in_words(self.number if is_one else plain(self.value))

    def in_words(self, value: Any) -> str:
        """A value that could stand there, in words; a distribution is told by its mean."""
        return in_words(value, self.kind, self.scenario.currency)

    @property
    def limits(self) -> str:
        """What it may be, in words."""
        kind = self.kind
        if options := self.options:
            return " or ".join(options)
        if not kind.turned or isinstance(self.value, Distribution):
            return ""
        low = (
            f"above {self.in_words(kind.low)}"
            if kind.is_open
            else f"from {self.in_words(kind.low)}"
        )
        return f"{low} to {self.in_words(kind.high)}" if kind.high not in ENDLESS else low

    @property
    def options(self) -> tuple[str, ...]:
        """The words that a choice has."""
        if not self.kind.names_of:
            return self.kind.options
        names = [entry.name for entry in getattr(self.scenario, self.kind.names_of)]
        return tuple(names[:-1] if self.kind.names_of == "stages" else names)  # not the goal

    # --- turning ------------------------------------------------------------------------------

    @property
    def number(self) -> float:
        """The number that is turned, of a distribution its mean; NaN for what is none."""
        if isinstance(self.value, Distribution):
            return mean(self.value)
        if isinstance(self.value, Beta):
            return self.value.mean
        is_number = isinstance(self.value, (int, float)) and not isinstance(self.value, bool)
        return float(self.value) if is_number else math.nan

    @property
    def why_not(self) -> str:
        """Why it cannot be turned, empty where it can."""
        if self.value is None:
            return "what is left out cannot be turned"
        if self.kind.name == PART.name:
            return f"one value is turned at a time{self._such_as()}"
        if not self.kind.turned:
            return f"its kind is {self.kind.name}, and only numbers are turned"
        if not self.number > 0:
            return "a number is turned by a factor, and 0 stays 0"
        if self.kind.turned == BY_ODDS and self.number >= 1:
            return "a share is turned by its odds, and 1 stays 1"
        return ""

    def _such_as(self) -> str:
        within = [p.path for p in _below(self) if not p.why_not][:3]
        return f", such as {', '.join(within)}" if within else ""

    def turned(self, factor: float) -> dict[str, Any]:
        """Turned by a factor, as `Scenario.vary` takes it.

        >>> from funnelsim import load
        >>> parameter(load("aida-follow-up"), "teams.sales.reps").turned(1.1)
        {'teams.sales.reps': 3}
        >>> parameter(load("aida"), "stages.Interest.conversion").turned(1.5)
        {'stages.Interest.conversion': 0.6}
        """
        x = self.number
        if self.kind.turned == IN_STEPS:
            step = max(1, round(x * abs(factor - 1)))
            return self.at(x + step if factor > 1 else x - step)
        if self.kind.turned == BY_ODDS:
            return self.at(x * factor / (1 - x + x * factor))
        return self.times(factor)

    def times(self, factor: float) -> dict[str, Any]:
        """The number itself times a factor, within its limits; as `Scenario.vary` takes it."""
        if isinstance(self.value, Distribution):
            return {self.path: scaled(self.value, max(factor, LEAST))}
        return self.at(self.number * factor)

    def at(self, number: float) -> dict[str, Any]:
        """With this number, or the nearest within its limits; as `Scenario.vary` takes it."""
        if isinstance(self.value, Part) and number == self.number:
            return {self.path: plain(self.value)}
        if isinstance(self.value, Distribution) and self.number:
            return self.times(number / self.number)
        number = min(max(number, self.least), self.kind.high)
        changes = {self.path: self._written(number)}
        if self.kind.is_of_whole:
            changes |= self.others(number)
        return changes

    @property
    def least(self) -> float:
        """The least number that is within the limits."""
        if not self.kind.is_open:
            return self.kind.low
        return self.kind.low + (1 if isinstance(self.value, int) else min(LEAST, self.number))

    def _written(self, number: float) -> Any:
        """The number as a file holds it."""
        if isinstance(self.value, Beta):
            return self.value.with_mean(number)
        if isinstance(self.value, Distribution):  # which is 0 each time, and has no shape
            is_time = self.kind.unit == DURATION.unit
            return {"constant": duration_text(round(number)) if is_time else number}
        if self.kind.turned == IN_STEPS:
            return round(number)
        return duration_text(round(number)) if self.kind.unit == DURATION.unit else number

    def others(self, share: float) -> dict[str, float]:
        """The shares of the other entries of the list, so that all sum to 1."""
        entries, _, key = self.path.rsplit(".", 2)
        rest = 1 - self.number
        return {
            f"{entries}.{entry.name}.{key}": min(entry.share * (1 - share) / rest, 1.0)
            for entry in parameter(self.scenario, entries).value
            if entry.name != self.owner and rest > 0
        }


# --- where parameters are -------------------------------------------------------------------------


def parameters(scenario: Scenario) -> pd.DataFrame:
    """All that a scenario has, with its path: what sliders, sweeps, levers and `vary` can turn.

    A row per value, by its path (the index). Columns: `label`; `value` in words, of a distribution
    its mean; `unit`; `kind` of value; `limits`, with the other values as they are; how it is
    `turned`, by a tornado, say (empty for what is no number); whether it is `stated` or left at its
    default; and what it `says`. A distribution has a row of its own and one for each of its
    numbers; lists and tables that are left at their default have one row.

    >>> from funnelsim import load
    >>> table = parameters(load("aida-follow-up"))
    >>> table.loc["stages.Interest.follow_up.handling_time", ["label", "value", "kind"]].tolist()
    ['Interest: handling time', '1 h', 'distribution']
    """
    import pandas as pd

    from funnelsim.scenario import a_scenario

    found = list(every(a_scenario(scenario, "parameters")))
    columns: dict[str, list[Any]] = {
        "label": [p.label for p in found],
        "value": [p.text for p in found],
        "unit": [p.unit for p in found],
        "kind": [p.kind.name for p in found],
        "limits": [p.limits for p in found],
        "turned": [p.kind.turned for p in found],
        "stated": [not p.is_default for p in found],
        "says": [p.says for p in found],
    }
    return pd.DataFrame(columns, index=pd.Index([p.path for p in found], name="path"))


def every(scenario: Scenario) -> Iterator[Parameter]:
    """Every parameter that the scenario has, in the order of its fields."""
    return _below(_all_of(scenario))


def usual(scenario: Scenario) -> list[Parameter]:
    """Those that a sensitivity analysis turns, if nobody says what else."""
    return [p for p in every(scenario) if p.is_usual and not p.why_not]


def parameter(scenario: Scenario, path: Any) -> Parameter:
    """The parameter, or the part, at this path; `ScenarioError` names the nearest if it is none."""
    if not isinstance(path, str):
        raise ScenarioError([Problem("a path", path, "it is a text with dots")])
    here, rest = _walk(scenario, path)
    if rest:
        raise ScenarioError([_leads_nowhere(here, path, rest[0])])
    return here


def to_turn(scenario: Scenario, path: Any) -> Parameter:
    """The parameter at this path; `ScenarioError` if it cannot be turned by a factor."""
    found = parameter(scenario, path)
    if found.why_not:
        raise not_turned(found, f'give both values yourself: {{"{found.path}": (low, high)}}')
    return found


def not_turned(found: Parameter, way_out: str) -> ScenarioError:
    """The error that says why it cannot be turned; a part names what is inside as the way out."""
    if found.kind.name == PART.name and found.value is not None:
        return ScenarioError([Problem(found.path, Finding("a whole part"), found.why_not)])
    return ScenarioError([Problem(found.path, Finding(found.text), found.why_not, way_out)])


def changed(scenario: Scenario, changes: Mapping[str, Any]) -> Scenario:
    """The scenario with these values, as `vary` has it; where shares sum to 1 the others give way.

    A share of all that is given alone cannot stand there otherwise.
    """
    together: dict[str, Any] = {}
    for path, value in changes.items():
        here, rest = _walk(scenario, path)
        is_share = isinstance(value, numbers.Real) and not isinstance(value, bool)
        if not rest and here.kind.is_of_whole and is_share and here.kind.holds(float(value)):
            together |= here.others(float(value))
    return scenario.vary({**together, **changes})


def stands_at(scenario: Scenario, path: str) -> Parameter:
    """What stands at a path, or could stand there: then its value is None."""
    here, rest = _walk(scenario, path)
    if not rest:
        return here
    words = (*here.words, *(step.replace("_", " ") for step in rest))
    return replace(here, path=path, value=None, kind=PART, words=words)


def _walk(scenario: Scenario, path: str) -> tuple[Parameter, list[str]]:
    """As far as a path leads, and what is left of it."""
    here, rest = _all_of(scenario), path.split(".")
    while rest:
        there = inside(here)
        names = list(there)
        at = place_of(rest[0], names) if isinstance(here.value, tuple) else None
        if isinstance(here.value, Mapping) and ".".join(rest) in there:
            return there[".".join(rest)], []
        if at is None and rest[0] not in there:
            break
        here = there[rest[0] if at is None else names[at]]
        rest = rest[1:]
    return here, rest


def _leads_nowhere(here: Parameter, path: str, step: str) -> Problem:
    """What there is instead of a path that leads as far as here."""
    lists = "fs.parameters(scenario) lists all there are"
    if here.value is None:
        way_out = f'add it first: scenario.vary({{"{here.path}": {{...}}}})'
        return Problem(path, MISSING, f"{here.path} is not in this scenario", way_out)
    rule, there = f"{here.path or 'the scenario'} has no {step!r}", inside(here)
    known = {p.path: p.label for p in every(here.scenario)}
    ends = [p for p, label in known.items() if path == label or p.endswith(f".{path}")]
    if ends or not get_close_matches(step, there):
        near = ends or get_close_matches(path, known, n=1)
        return Problem(path, MISSING, rule, f"write {near[0]}; {lists}" if near else lists)
    return Problem(path, MISSING, rule, f"{nearest(step, there)}; {lists}")


def _all_of(scenario: Scenario) -> Parameter:
    return Parameter("", scenario, PART, scenario=scenario)


def _below(here: Parameter) -> Iterator[Parameter]:
    """All parameters inside of it; what is left at its default, and dates, are one each."""
    for below in inside(here).values():
        is_whole = isinstance(below.value, (tuple, Mapping))
        is_one = below.is_default or not inside(below)
        is_told = below.kind.name not in (PART.name, NAME.name) and below.value is not None
        if is_told and (is_one or not is_whole):
            yield below
        if not is_one:
            yield from _below(below)


def _owners(scenario: Scenario) -> Counter[str]:
    """How many parts have this name, in small letters."""
    parts = [place.owner for place in inside(_all_of(scenario)).values()]
    entries = [entry.name for path in LISTS for entry in _list_at(scenario, path)]
    return Counter(name.lower() for name in [*parts, *entries])


def _list_at(scenario: Scenario, path: str) -> tuple[Any, ...]:
    here: Any = scenario
    for key in path.split("."):
        here = getattr(here, key, None)
    return here or ()
