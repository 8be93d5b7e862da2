"""What is simulated: a scenario is frozen data, validated on the way in.

A scenario comes from a TOML file (`load`), from tables of the same shape (`Scenario(**tables)`)
or from another one with something changed (`vary`). Whatever way it comes, every wrong field is
reported at once, with its path, the value, the rule and the way out. The names in a file are the
names in Python and in dotted paths: `stages.Interest.follow_up.patience`.
"""

from __future__ import annotations

import datetime
import tomllib
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any

from pydantic import Field, ValidationError

from funnelsim.arguments import refused
from funnelsim.distributions import DAY, Duration, Limits, Part, PositiveDuration
from funnelsim.errors import Finding, FunnelSimError, Problem, ScenarioError, nearest
from funnelsim.fields import Section
from funnelsim.scenario.canonical import canonical, hash_of
from funnelsim.scenario.changes import Change, least_reps, on_the_clock, problems_of_changes
from funnelsim.scenario.embedded import Embedded, changed_since
from funnelsim.scenario.files import templates, text_of
from funnelsim.scenario.keys import LISTS
from funnelsim.scenario.leads import Arm, Channel, Segment
from funnelsim.scenario.loyalty import Campaign, Loyalty
from funnelsim.scenario.orders import Order, Referral, Retention, Satisfaction, Upsell
from funnelsim.scenario.paths import plain, put
from funnelsim.scenario.problems import problems_between_fields, problems_of_fields
from funnelsim.scenario.stages import FollowUp, Recovery, Stage, Team
from funnelsim.scenario.syntax import problems_of_syntax
from funnelsim.scenario.values import LifeStages, Start, Text
from funnelsim.version import __version__

__all__ = [
    "Arm",
    "Campaign",
    "Change",
    "Channel",
    "FollowUp",
    "Loyalty",
    "Order",
    "Recovery",
    "Referral",
    "Retention",
    "Satisfaction",
    "Scenario",
    "Segment",
    "Stage",
    "Team",
    "Upsell",
    "a_scenario",
    "load",
    "plain",
    "templates",
]


DEEPEST = 12  # tables and lists within one another; the deepest field there is has seven
LONGEST = 10_000  # bits of a whole number; Python would not write out one much longer


class Scenario(Part):
    """What is simulated.

    Takes the tables of a scenario file as keyword arguments and raises `ScenarioError` with
    every wrong field. Durations are whole microseconds inside, and text in files.

    >>> tiny = Scenario(
    ...     name="tiny",
    ...     horizon="30 days",
    ...     channels=[{"name": "web", "leads_per_day": 10}],
    ...     stages=[{"name": "Interest", "conversion": 0.5}, {"name": "Action"}],
    ... )
    >>> tiny.vary({"stages.Interest.conversion": 0.4}).stages[0].conversion
    0.4
    >>> Scenario.from_toml(tiny.to_toml()) == tiny
    True
    """

    section = "A scenario file"

    name: Text
    """as a report shows it"""
    currency: Text = "EUR"
    """of all money"""
    start: Start = datetime.date(2027, 1, 4)
    """the first day"""
    horizon: Annotated[PositiveDuration, Section("The horizon and the warm-up")]
    """how long it is simulated, from the start"""
    warm_up: Annotated[Duration, Section("The horizon and the warm-up")] = Field(0, title="warm-up")
    """a beginning that no figure counts"""
    channels: tuple[Channel, ...] = Field(json_schema_extra={"minItems": 1})
    """where leads come from"""
    segments: tuple[Segment, ...] = ()
    """kinds of leads"""
    arms: Annotated[tuple[Arm, ...], Section("Arms of an experiment")] = ()
    """of an experiment: each lead is in one, by lot"""
    teams: tuple[Team, ...] = ()
    """sales staff who follow up"""
    stages: tuple[Stage, ...] = Field(json_schema_extra={"minItems": 2})
    """the way to the goal, which is the last"""
    order: Order | None = None
    """what a customer orders"""
    retention: Retention | None = Field(None, title="coming back")
    """further orders"""
    loyalty: Loyalty | None = Field(None, title="loyalty programme")
    """points and tiers of its members"""
    campaigns: tuple[Campaign, ...] = ()
    """messages to customers"""
    satisfaction: Satisfaction | None = None
    """how customers feel"""
    referral: Referral | None = None
    """leads that promoters bring"""
    upsell: Upsell | None = None
    """another deal with a customer"""
    changes: tuple[Change, ...] = ()
    """what is true only for a while"""
    life_stages: Annotated[LifeStages, Section("Satisfaction, referral, upsell")] = Field(
        default_factory=lambda: MappingProxyType({})
    )
    """after the goal, in the funnel"""

    def __init__(self, /, **tables: Any) -> None:  # `self` may be a key, and then is a wrong one
        problems: list[Problem] = []
        if endless := _without_end(tables):
            raise ScenarioError([endless])
        tables = on_the_clock(plain(tables))
        try:
            super().__init__(**tables)
        except ValidationError as found:
            problems = problems_of_fields(found, type(self), tables)
        problems += problems_between_fields(tables)
        problems += problems_of_changes(tables)
        if problems:
            raise ScenarioError(problems)

    def limits(self) -> dict[str, Limits]:
        own: dict[str, Limits] = {
            "warm_up": (None, self.horizon - 1),
            "horizon": (self.warm_up + 1, None),
        }
        return own | least_reps(self.teams, self.changes)

    def __hash__(self) -> int:
        return hash(self.sha256)

    @property
    def sha256(self) -> str:
        """The SHA-256 of what it says, 64 hexadecimal digits: its name in reports and workbooks.

        Equal scenarios have the same, on every machine: the order of keys and what is at its
        default make no difference.

        >>> aida = load("aida")
        >>> aida.sha256 == Scenario.from_toml(aida.to_toml()).sha256
        True
        """
        return hash_of(canonical(self.tables()))

    @property
    def days(self) -> int:
        """Days that have begun before the horizon."""
        return -(-self.horizon // DAY)

    def campaign(self, kind: str) -> Campaign | None:
        """The campaign of this kind, if there is one."""
        return next((campaign for campaign in self.campaigns if campaign.kind == kind), None)

    def all_in(self, arm: str) -> Scenario:
        """The same scenario with everybody in this arm of its experiment, and nobody in another.

        The same leads come, with the same numbers: so what the experiment shows can be held
        against what is so. Raises `ScenarioError` for an arm that is none.

        >>> shop = load("shop-with-experiment")
        >>> [arm.share for arm in shop.all_in("new page").arms]
        [0.0, 1.0, 0.0]
        """
        names = [one.name for one in self.arms]
        if arm not in names:
            way_out = nearest(arm, names) if names else "add [[arms]] with name and share"
            raise ScenarioError([Problem("all_in", arm, "there is no such arm", way_out)])
        return self.vary({f"arms.{name}.share": float(name == arm) for name in names})

    def is_late_follow_up(self, response_time: int) -> bool:
        """Whether a response after this time (microseconds) makes detractors."""
        late = self.satisfaction.late_follow_up if self.satisfaction else None
        return late is not None and response_time > late.after

    def tables(self) -> dict[str, Any]:
        """The scenario as plain tables, as in a file; what has its default is left out."""
        tables: dict[str, Any] = plain(self.model_dump(exclude_defaults=True))
        return tables

    @classmethod
    def from_toml(cls, text: str, source: str = "") -> Scenario:
        """A scenario from the text of a file; `source` is named in errors."""
        try:
            tables = tomllib.loads(text)
        except tomllib.TOMLDecodeError:
            raise ScenarioError(problems_of_syntax(text, LISTS), source) from None
        except (AttributeError, TypeError, ValueError, RecursionError) as error:
            problem = Problem(
                "the text", Finding("no scenario file"), f"TOML cannot read it: {error}"
            )
            raise ScenarioError([problem], source) from None
        try:
            return cls(**tables)
        except ScenarioError as error:
            raise ScenarioError(error.problems, source) from None

    def to_toml(self) -> str:
        """The text of a file that `from_toml` reads back to an equal scenario."""
        from funnelsim.scenario.toml_text import toml_text

        return toml_text(self.tables())

    def vary(self, changes: Mapping[str, Any]) -> Scenario:
        """A new scenario with the values at these dotted paths changed.

        EntryNames of a list are named by their name: `channels.search ads.leads_per_day`, those
        without one by their number: `bursts.#1` is the first; see `fs.parameters`.
        A path that leads nowhere raises `ScenarioError` and says what there is.
        """
        if not isinstance(changes, Mapping) or not all(isinstance(path, str) for path in changes):
            rule, way_out = "it takes paths and values", '{"stages.Interest.conversion": 0.5}'
            raise ScenarioError([Problem("vary", changes, rule, f"write {way_out}")])
        tables = self.tables()
        problems = [
            p for path, value in changes.items() if (p := put(Scenario, tables, path, value))
        ]
        try:
            varied = Scenario(**tables)
        except ScenarioError as error:
            problems += error.problems
        if problems:
            raise ScenarioError(problems)
        return varied


def _without_end(tables: Mapping[str, Any]) -> Problem | None:
    """What nothing further down could walk or write: tables within tables, endless numbers."""
    level: list[tuple[str, Any]] = [("", tables)]
    for _ in range(DEEPEST):
        inside = [
            (f"{path}.{key}" if path else str(key), value)
            for path, around in level
            for key, value in (
                around.items() if isinstance(around, Mapping) else enumerate(around, start=1)
            )
        ]
        for path, value in inside:
            if isinstance(value, int) and value.bit_length() > LONGEST:
                rule = "a number of a scenario has no thousands of digits"
                return Problem(path, Finding("too long"), rule, "write a smaller one")
        level = [(p, value) for p, value in inside if isinstance(value, (Mapping, list, tuple))]
    if not level:
        return None
    rule = f"no scenario has more than {DEEPEST} tables and lists within one another"
    return Problem(level[0][0], Finding("too deep"), rule, "leave it out")


def load(name_or_path: str | Path, *, planned: bool = False) -> Scenario:
    """The scenario of this name (see `templates`), or the one in this file.

    The file is a .toml file, or a report (.html) or a workbook (.xlsx) that funnelsim wrote: of a
    journal its scenario; of a plan the one that was planned from, or, with `planned`, the one that
    the plan proposes. A chart that was saved (.json or .html) holds its scenario, too: of a
    comparison the first. What a file is, its content says, not its name.

    Raises `ScenarioError` for what is wrong in the text, `FunnelSimError` where there is none, and
    for the text of such a file that was changed since: its figures are not of that text.

    >>> load("aida").stages[0].name
    'Attention'
    """
    found, source = text_of(name_or_path, planned)
    if isinstance(found, Embedded):
        scenario = Scenario.from_toml(found.text, f"the scenario in {source}")
        if scenario.sha256 != found.sha256:
            raise changed_since(found, scenario.sha256, source, __version__)
        return scenario
    if planned:
        rule = "a scenario by itself is planned by nobody"
        way_out = "leave planned out, or load the report or workbook of a plan"
        raise FunnelSimError(str(Problem("load", str(name_or_path), rule, way_out)))
    return Scenario.from_toml(found, source)


def a_scenario(value: object, name: str) -> Scenario:
    """The value, if it is a scenario; FunnelSimError, naming who asked for one, if not."""
    if isinstance(value, Scenario):
        return value
    raise refused("scenario", value, f"{name} takes a Scenario", 'write fs.load("aida")')
