"""What is true only for a while: a promotion, a training, a hire, a holiday of the team.

A change acts from one moment to another, half-open, and says what is different meanwhile and what
it costs. Moments count from `start`; a date is made such a moment where the tables of a scenario
come in (`on_the_clock`), so that everything behind it knows one kind of time. `weight` says how far
a change acts at a moment: the engines, `analytic/` and the costs all ask here.
"""

from __future__ import annotations

import datetime
import numbers
import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import Annotated, Any

import numpy as np
from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field, PlainSerializer

from funnelsim.distributions import (
    LARGEST,
    Amount,
    BrokenRule,
    Duration,
    Floats,
    Ints,
    Limits,
    Part,
    Probability,
    amount,
    duration,
    duration_text,
)
from funnelsim.errors import Finding, Problem, nearest
from funnelsim.fields import Section
from funnelsim.kinds import FACTOR, IN_STEPS, MOMENT, Kind, Slider
from funnelsim.scenario.customer_problems import named
from funnelsim.scenario.stages import Team
from funnelsim.scenario.values import (
    FactorAbove0,
    Name,
    OddsRatio,
    Ratio,
    frozen,
    table_of,
    thawed,
)

MOST_REPS = 100_000
MORE_REPS = Kind("whole number", low=-MOST_REPS, high=MOST_REPS, turned=IN_STEPS)


def moment(value: Any) -> int:
    """A time from the start of the run in microseconds; below 0 it lies before the start."""
    rule = 'this is a time from the start of the run, such as "30 days", or a date'
    found = re.fullmatch(r"\s*([-−]?)(.*)", value) if isinstance(value, str) else None
    if found is None:
        raise BrokenRule(rule, 'write "30 days", or 2027-02-01 without quotes')
    try:
        length = duration(found[2])
    except BrokenRule as broken:
        raise BrokenRule(rule, f"{broken.way_out or 'write less'}, or a date: 2027-02-01") from None
    return -length if found[1] else length


def moment_text(microseconds: int) -> str:
    """The text of a moment, which `moment` reads back."""
    before = "-" if microseconds < 0 else ""
    return before + duration_text(abs(microseconds))


def _leads_factor(value: Any) -> float | Mapping[str, float]:
    rule = "a factor of leads is a number of at least 0, or a table of them by channel"
    if isinstance(value, Mapping):
        return table_of(rule, amount, value)
    try:
        return amount(value)
    except BrokenRule as broken:
        raise BrokenRule(rule, broken.way_out) from None


def _reps(value: Any) -> Mapping[str, int]:
    rule = "reps are a table by team of how many come; below 0 they go"
    if not isinstance(value, Mapping):
        raise BrokenRule(rule, "write { sales = 1 }, with the name of the team")

    def whole(count: Any) -> int:
        is_whole = isinstance(count, numbers.Integral) and not isinstance(count, bool)
        if not is_whole or not MORE_REPS.holds(count):
            raise BrokenRule(f"this is a whole number from {-MOST_REPS:,} to {MOST_REPS:,}")
        return int(count)

    return {team: int(count) for team, count in table_of(rule, whole, value).items()}


Moment = Annotated[int, BeforeValidator(moment), PlainSerializer(moment_text), MOMENT]
LeadsFactor = Annotated[
    float | Mapping[str, float],
    BeforeValidator(_leads_factor),
    AfterValidator(frozen),
    PlainSerializer(thawed),
    FACTOR,
]
RepsByTeam = Annotated[
    Mapping[str, int],
    BeforeValidator(_reps),
    AfterValidator(frozen),
    PlainSerializer(thawed),
    MORE_REPS,
]


class Change(Part):
    """What is true only for a while, and what it costs: a promotion, a training, a hire.

    It acts at the moments from `from` on and before `to`. Several changes multiply.
    """

    section = "Changes on a day"

    model_config = ConfigDict(frozen=True, extra="forbid", serialize_by_alias=True)

    name: Name
    """by which it is found in paths and tables"""
    from_: Moment = Field(alias="from", title="from")
    """from the start of the run, or a date"""
    to: Moment | None = None
    """the same; left out, to the end"""
    ramp: Duration = 0
    """until odds ratios act in full, as long again after `to`; until new reps have full skill"""
    odds_ratio: OddsRatio = 1.0
    """of advancing, in visits that begin meanwhile: for every stage, or by stage"""
    leads_factor: LeadsFactor = 1.0
    """times the leads that come meanwhile: of all channels, or by channel"""
    reps: RepsByTeam = Field(default_factory=lambda: MappingProxyType({}))
    """how many come meanwhile, by team; below 0 they go"""
    skill: Ratio = 1.0
    """odds ratio of these reps when they come; over the ramp it becomes 1"""
    discount: Annotated[Probability, Slider(most=0.5), Section("Orders")] = 0.0
    """on orders placed meanwhile"""
    order_value_factor: Annotated[FactorAbove0, Section("Orders")] = 1.0
    """times the value of orders placed meanwhile"""
    repeat_odds_ratio: Annotated[Ratio, Section("Coming back")] = 1.0
    """of ordering again, of orders that are closed meanwhile"""
    cost: Amount = 0.0
    """once, when it begins"""
    cost_per_day: Amount = 0.0
    """while it lasts"""

    def limits(self) -> dict[str, Limits]:
        ramp = {"ramp": (1, None)} if self.skill != 1 else {}  # or the skill would say nothing
        if self.to is None:
            return ramp
        return {"from": (None, self.to - 1), "to": (self.from_ + 1, None), **ramp}

    def there(self) -> Collection[str]:
        without_skill = () if may_come(self.reps.values()) and self.ramp else ("skill",)
        return [name for name in type(self).model_fields if name not in without_skill]

    @property
    def until(self) -> int:
        """When it ends; past any run, where nobody says."""
        return LARGEST if self.to is None else self.to

    def acts(self, at: Ints | int) -> Any:
        """Whether each of these moments lies within it."""
        return (at >= self.from_) & (at < self.until)

    def weight(self, at: Ints | int) -> Floats:
        """How far its odds ratios act at these moments: 0 not at all, 1 in full.

        It rises in a straight line over the ramp, and falls as long after the end.
        """
        if not self.ramp:
            return np.asarray(self.acts(at), dtype=np.float64)
        rises = np.clip((at - self.from_) / self.ramp, 0.0, 1.0)
        falls = np.clip((at - self.until) / self.ramp, 0.0, 1.0)
        weight: Floats = rises - falls
        return weight


# --- in, out and what is wrong --------------------------------------------------------------


def on_the_clock(tables: Mapping[str, Any]) -> dict[str, Any]:
    """The tables with each date of a change as the time from `start` to its midnight."""
    start, changes = _a_date(tables.get("start", "2027-01-04")), tables.get("changes")
    if not isinstance(changes, list) or start is None:
        return dict(tables)
    moved = []
    for change in changes:
        ends = {
            end: moment_text(int((date - start) / datetime.timedelta(microseconds=1)))
            for end in ("from", "to")
            if isinstance(change, dict) and (date := _a_date(change.get(end))) is not None
        }
        moved.append({**change, **ends} if ends else change)
    return {**tables, "changes": moved}


def _a_date(value: Any) -> datetime.datetime | None:
    """A date, a moment of the clock or the text of one; None for anything else."""
    if isinstance(value, str) and re.match(r"\s*\d{4}-\d\d", value):
        try:
            value = datetime.datetime.fromisoformat(value.strip())
        except ValueError:
            return None
    if isinstance(value, datetime.datetime):
        return None if value.tzinfo else value  # a scenario has no time zones
    if isinstance(value, datetime.date):
        return datetime.datetime.combine(value, datetime.time())
    return None


def problems_of_changes(tables: dict[str, Any]) -> Iterator[Problem]:
    """What must hold between a change's fields and the rest, on tables that may be wrong."""
    changes = named("changes", tables.get("changes"))
    names = Counter(c["name"] for _, c in changes if isinstance(c.get("name"), str))
    for name, count in names.items():
        if count > 1:
            rule = "each of the changes has a name of its own"
            yield Problem(f"changes.{name}", Finding(f"there {count} times"), rule, "rename one")
    known = {key: [n for _, e in named(key, tables.get(key)) if isinstance(n := e.get("name"), str)]
             for key in ("stages", "channels", "teams")}  # fmt: skip
    known["stages"] = known["stages"][:-1]
    for path, change in changes:
        yield from _ends(path, change)
        for key, of, one in (
            ("odds_ratio", "stages", "stage of this name before the goal"),
            ("leads_factor", "channels", "such channel"),
            ("reps", "teams", "such team"),
        ):
            table = change.get(key)
            for name, value in table.items() if isinstance(table, Mapping) else ():
                if name not in known[of]:
                    way_out = nearest(name, known[of]) if known[of] else f"add [[{of}]] first"
                    yield Problem(f"{path}.{key}.{name}", value, f"there is no {one}", way_out)
        yield from _skill(path, change)
    yield from _too_few_reps(tables, [change for _, change in changes])


def least_reps(teams: Collection[Team], changes: Collection[Change]) -> dict[str, Limits]:
    """How few reps each team may have, and each change bring it, so that nowhere is one below 0."""
    least: dict[str, Limits] = {}
    for team in teams:
        moves = [change for change in changes if team.name in change.reps]
        spare = {
            when: team.reps + sum(c.reps[team.name] for c in moves if c.from_ <= when < c.until)
            for when in sorted({end for c in moves for end in (c.from_, c.until)})
        }
        fewest = min(spare.values(), default=team.reps)
        least[f"teams.{team.name}.reps"] = (team.reps - fewest, None)
        for c in moves:
            with_it = [reps for when, reps in spare.items() if c.from_ <= when < c.until]
            fewest = c.reps[team.name] - min(with_it, default=0)
            others = [count for name, count in c.reps.items() if name != team.name]
            if c.skill != 1 and not may_come(others):
                fewest = max(fewest, 0)
            least[f"changes.{c.name}.reps.{team.name}"] = (fewest, None)
    return least


def may_come(counts: Iterable[int]) -> bool:
    """Whether a skill has anybody to be of; 0 is a hire that was taken out to see what it does."""
    return any(count >= 0 for count in counts)


def _ends(path: str, change: dict[str, Any]) -> Iterator[Problem]:
    ends = _moments(change)
    if ends and ends[1] <= ends[0] and change.get("to") is not None:
        begins = moment_text(ends[0])
        rule = f"a change ends after it begins, and it begins at {begins} from the start"
        way_out = "exchange the two, raise this one, or leave it out"
        yield Problem(f"{path}.to", change["to"], rule, way_out)


def _moments(change: dict[str, Any]) -> tuple[int, int] | None:
    """When a change begins and ends; None where a field is wrong, which is said there."""
    try:
        to = change.get("to")
        return moment(change["from"]), LARGEST + 1 if to is None else moment(to)
    except (BrokenRule, KeyError):
        return None


def _skill(path: str, change: dict[str, Any]) -> Iterator[Problem]:
    if change.get("skill", 1) != 1:
        for key, example in (("reps", "reps = { sales = 1 }"), ("ramp", 'ramp = "60 days"')):
            if change.get(key) in (None, {}) or (key == "ramp" and _length(change[key]) == 0):
                rule = "it is the skill of the reps who come, and becomes 1 over the ramp"
                way_out = f"add {example}, or leave it out"
                yield Problem(f"{path}.skill", change["skill"], rule, way_out)
                return
        counts = change["reps"].values() if isinstance(change["reps"], Mapping) else ()
        if counts and all(isinstance(n, int) for n in counts) and not may_come(counts):
            rule = "it is the skill of the reps who come, and with this change nobody comes"
            yield Problem(f"{path}.skill", change["skill"], rule, "leave it out")


def _length(value: Any) -> int | None:
    try:
        return duration(value)
    except BrokenRule:
        return None  # said already, by the field itself


def _too_few_reps(tables: dict[str, Any], changes: list[dict[str, Any]]) -> Iterator[Problem]:
    """At no moment has a team fewer reps than none."""
    some = [(c, ends, c["reps"]) for c in changes
            if (ends := _moments(c)) and isinstance(c.get("reps"), Mapping)]  # fmt: skip
    for path, team in named("teams", tables.get("teams")):
        always, name = team.get("reps"), team.get("name")
        if not isinstance(name, str) or not isinstance(always, int) or always < 0:
            continue  # what is wrong with the team itself is said there
        moves = [(c, ends, n) for c, ends, reps in some if isinstance(n := reps.get(name), int)]
        for when in sorted({end for _, ends, _ in moves for end in ends}):
            acting = [(c, n) for c, (begins, until), n in moves if begins <= when < until]
            there = always + sum(n for _, n in acting)
            if there < 0:
                change = next(c for c, n in reversed(acting) if n < 0)
                rule = f"a team has no fewer reps than none, and {path} would have {there}"
                place = f"changes.{change.get('name')}.reps.{name}"
                at = f"at {moment_text(when)} from the start"
                yield Problem(place, change["reps"][name], f"{rule} {at}", "let fewer go")
                break
