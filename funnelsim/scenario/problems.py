"""What is wrong with the tables of a scenario, all of it at once.

pydantic finds what is wrong inside each field; what must hold between fields is checked here on
the tables as they came, so that one wrong field never hides another.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator
from typing import Any, get_args

from pydantic import BaseModel, ValidationError

from funnelsim.among_customers import AMONG, ONE
from funnelsim.distributions import BrokenRule, duration
from funnelsim.errors import MISSING, Finding, Problem, nearest
from funnelsim.scenario.customer_problems import problems_of_customers

LISTS = (
    *("channels", "segments", "teams", "stages", "campaigns"),
    *("order.offers", "order.payments", "loyalty.tiers"),
)
"""The lists whose entries have names, which stand in dotted paths."""

# --- inside a field -------------------------------------------------------------------------


def problems_of_fields(
    found: ValidationError, model: type[BaseModel], tables: dict[str, Any]
) -> list[Problem]:
    """pydantic's findings as `Problem`s."""
    return [_problem(dict(error), model, tables) for error in found.errors(include_url=False)]


def _problem(error: dict[str, Any], model: type[BaseModel], tables: dict[str, Any]) -> Problem:
    location = tuple(step for step in error["loc"] if step not in (ONE, AMONG))
    *parents, key = location or ("",)
    path = _path(location, tables)
    broken = error.get("ctx", {}).get("error")
    match error["type"]:
        case "value_error" if isinstance(broken, BrokenRule):
            return Problem(path, error["input"], broken.rule, broken.way_out)
        case "missing":
            return Problem(path, MISSING, "it is needed", f"add {key} = ...")
        case "extra_forbidden":
            known = _fields(model, parents)
            return Problem(path, error["input"], "there is no such key", nearest(key, known))
        case "model_type" | "model_attributes_type" | "dict_type":
            return Problem(path, error["input"], "this is a table")
        case "tuple_type" | "list_type":
            header = f"[[{path}]]" if path in LISTS else ""
            way_out = f"write {header} above each of them" if header else "write it in [ ]"
            return Problem(path, error["input"], "this is a list", way_out)
        case _:
            return Problem(path, error["input"], error["msg"])


def _path(location: tuple[int | str, ...], tables: Any) -> str:
    """`stages.Interest.conversion` for ("stages", 1, "conversion"); #2 for one without a name."""
    steps, here = [], tables
    for before, key in zip(("", *location), location, strict=False):
        try:
            here = here[key]
        except (KeyError, IndexError, TypeError):
            here = None
        if isinstance(before, int) and isinstance(key, int):  # a status: [name, duration]
            steps += ["name"] if key == 0 else []
            continue
        name = _name_of(here) if isinstance(key, int) else None
        usable = isinstance(name, str) and name.strip() and "." not in name
        steps.append(str(name) if usable else f"#{key + 1}" if isinstance(key, int) else str(key))
    return ".".join(steps)


def _name_of(entry: Any) -> Any:
    """The name of an entry of a list: a table with one, or a status, which begins with it."""
    if isinstance(entry, dict):
        return entry.get("name")
    return entry[0] if isinstance(entry, list) and entry else None


def _fields(model: Any, location: list[int | str]) -> list[str]:
    """The keys that the part of the scenario at this location can have."""
    for key in location:
        if isinstance(key, str):
            model = _model_in(model.model_fields[key].annotation)
    return list(model.model_fields)


def _model_in(annotation: Any) -> Any:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    inside = (_model_in(argument) for argument in get_args(annotation))
    return next((model for model in inside if model is not None), None)


# --- between fields -------------------------------------------------------------------------


def problems_between_fields(tables: dict[str, Any]) -> list[Problem]:
    """What must hold between the fields, on tables that may be wrong in any other way."""
    return [
        *_lists(tables),
        *_stages(tables),
        *_teams(tables),
        *_odds_ratios(tables),
        *_segments(tables),
        *_times(tables),
        *_channels(tables),
        *_recoveries(tables),
        *problems_of_customers(tables),
        *_life_stages(tables),
    ]


def _entries(tables: dict[str, Any], key: str) -> list[dict[str, Any]]:
    entries = tables.get(key)
    return [e for e in entries if isinstance(e, dict)] if isinstance(entries, list) else []


def _names(tables: dict[str, Any], key: str) -> list[str]:
    return [e["name"] for e in _entries(tables, key) if isinstance(e.get("name"), str)]


def _lists(tables: dict[str, Any]) -> Iterator[Problem]:
    for key in ("channels", "segments", "teams", "stages"):
        for name, count in Counter(_names(tables, key)).items():
            if count > 1:
                rule = f"each of the {key} has a name of its own"
                yield Problem(f"{key}.{name}", Finding(f"there {count} times"), rule, "rename one")
    if tables.get("channels") == []:
        yield Problem(
            "channels", Finding("empty"), "leads come from at least one channel", "add [[channels]]"
        )


def _stages(tables: dict[str, Any]) -> Iterator[Problem]:
    stages = _entries(tables, "stages")
    if isinstance(tables.get("stages"), list) and len(tables["stages"]) < 2:
        rule = "there is at least one stage before the last, which is the goal"
        yield Problem(
            "stages", Finding(f"{len(tables['stages'])} in number"), rule, "add [[stages]]"
        )
        return
    for number, stage in enumerate(stages[:-1], start=1):
        if stage.get("conversion") is None:
            path = f"stages.{stage.get('name', f'#{number}')}.conversion"
            yield Problem(
                path, MISSING, "every stage before the last needs it", "add conversion = 0.5"
            )
    for key in stages[-1] if stages else ():
        if key != "name":
            path = f"stages.{stages[-1].get('name', f'#{len(stages)}')}.{key}"
            rule = "the last stage is the goal: whoever enters it has reached it"
            yield Problem(path, stages[-1][key], rule, "leave it out, or add a stage for the goal")


def _teams(tables: dict[str, Any]) -> Iterator[Problem]:
    teams = _names(tables, "teams")
    for stage in _entries(tables, "stages"):
        follow_up = stage.get("follow_up")
        team = follow_up.get("team") if isinstance(follow_up, dict) else None
        if isinstance(team, str) and team not in teams:
            path = f"stages.{stage.get('name')}.follow_up.team"
            yield Problem(path, team, "there is no such team", nearest(team, teams))


def _odds_ratios(tables: dict[str, Any]) -> Iterator[Problem]:
    stages = _names(tables, "stages")[:-1]
    for key in ("channels", "segments"):
        for entry in _entries(tables, key):
            table = entry.get("odds_ratio")
            if not isinstance(table, dict):
                continue
            for stage in table:
                if stage not in stages:
                    path = f"{key}.{entry.get('name')}.odds_ratio.{stage}"
                    rule = "there is no stage of this name before the goal"
                    yield Problem(path, table[stage], rule, nearest(stage, stages))


def _segments(tables: dict[str, Any]) -> Iterator[Problem]:
    shares = [segment.get("share") for segment in _entries(tables, "segments")]
    numbers = [s for s in shares if isinstance(s, (int, float)) and 0 <= s <= 1]
    if shares and len(numbers) == len(shares) and not math.isclose(sum(numbers), 1, abs_tol=1e-6):
        rule = "the shares of all segments sum to 1"
        yield Problem(
            "segments", Finding(f"{sum(numbers):g} in sum"), rule, "change one of the shares"
        )


def _times(tables: dict[str, Any]) -> Iterator[Problem]:
    try:
        warm_up, horizon = duration(tables.get("warm_up", "0 s")), duration(tables["horizon"])
    except (BrokenRule, KeyError):
        return  # said already, by the field itself
    if horizon and warm_up >= horizon:
        rule = "the warm-up ends before the horizon"
        yield Problem("warm_up", tables["warm_up"], rule, f"horizon is {tables['horizon']}")


def _channels(tables: dict[str, Any]) -> Iterator[Problem]:
    """How many leads a channel brings is said in one of two ways."""
    by_clicks = ("impressions_per_day", "click_through_rate")
    for number, channel in enumerate(_entries(tables, "channels"), start=1):
        path = f"channels.{channel.get('name', f'#{number}')}"
        clicks = [key for key in by_clicks if channel.get(key) is not None]
        if channel.get("cost_per_click") and not clicks:
            rule = "it goes with impressions_per_day and click_through_rate"
            yield Problem(
                f"{path}.cost_per_click", channel["cost_per_click"], rule, "or cost_per_lead"
            )
        if channel.get("leads_per_day") is not None:
            for key in clicks:
                rule = "it stands in place of leads_per_day"
                yield Problem(f"{path}.{key}", channel[key], rule, "leave out one of the two")
        elif not clicks:
            rule, way_out = "it is needed", "add leads_per_day = ..., or impressions_per_day"
            yield Problem(f"{path}.leads_per_day", MISSING, rule, way_out)
        elif len(clicks) == 1:
            missing = next(key for key in by_clicks if key not in clicks)
            yield Problem(f"{path}.{missing}", MISSING, f"{clicks[0]} needs it", f"add {missing}")


def _recoveries(tables: dict[str, Any]) -> Iterator[Problem]:
    for stage in _entries(tables, "stages"):
        recovery = stage.get("recovery")
        if not isinstance(recovery, dict):
            continue
        anyway, probability = recovery.get("anyway", 0), recovery.get("probability")
        both = all(isinstance(p, (int, float)) for p in (anyway, probability))
        if both and anyway > probability:
            path = f"stages.{stage.get('name')}.recovery.anyway"
            rule = f"those who come back anyway are part of the probability, {probability}"
            yield Problem(path, anyway, rule, "raise the probability, or lower this")


def _life_stages(tables: dict[str, Any]) -> Iterator[Problem]:
    """What customers did after the sale, shown in the funnel below the stages."""
    life = tables.get("life_stages")
    if not life or not isinstance(life, dict):
        return
    if tables.get("order") is None:
        rule = "they begin with an order, and there is no [order]"
        yield Problem("life_stages", life, rule, "add [order], or leave them out")
    for name in life:
        if name in _names(tables, "stages"):
            rule = "a stage has this name already"
            yield Problem(f"life_stages.{name}", life[name], rule, "choose another name")
