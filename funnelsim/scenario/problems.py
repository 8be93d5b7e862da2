"""What is wrong with the tables of a scenario, all of it at once.

pydantic finds what is wrong inside each field; what must hold between fields is checked here on
the tables as they came, so that one wrong field never hides another.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel, ValidationError

from funnelsim.distributions import AMONG, ONE, BrokenRule, duration, duration_text
from funnelsim.errors import MISSING, MOST_TOLD, Finding, Problem, nearest
from funnelsim.scenario.customer_problems import named, problems_of_customers
from funnelsim.scenario.keys import ADD, add, as_list, as_table, instead
from funnelsim.scenario.leads import NEARLY
from funnelsim.scenario.stages import Stage
from funnelsim.scenario.values import PROMOTES, REPEAT_ORDER

LEAD_TO = {
    REPEAT_ORDER: {
        "retention": "[retention]",
        "upsell": "[upsell]",
        "campaigns": "[[campaigns]] that win back",
    },
    PROMOTES: {"satisfaction": "[satisfaction]"},
}
"""The parts that lead to a life stage: without all of them it is empty for ever.

Not so for member, referral and upsell: a programme is taken out to see what it does, and then 0
in the funnel is the answer.
"""

# --- inside a field -------------------------------------------------------------------------


def problems_of_fields(
    found: ValidationError, model: type[BaseModel], tables: dict[str, Any]
) -> list[Problem]:
    """pydantic's findings as `Problem`s; a way out of those that a message can list."""
    errors = found.errors(include_url=False)
    return [
        *(_problem(dict(error), model, tables) for error in errors[:MOST_TOLD]),
        *(Problem(_where(e, tables), e["input"], e["msg"]) for e in errors[MOST_TOLD:]),
    ]


def _where(error: Any, tables: dict[str, Any]) -> str:
    return _path(tuple(step for step in error["loc"] if step not in (ONE, AMONG)), tables)


def _problem(error: dict[str, Any], model: type[BaseModel], tables: dict[str, Any]) -> Problem:
    location = tuple(step for step in error["loc"] if step not in (ONE, AMONG))
    *parents, key = location or ("",)
    path = _where(error, tables)
    broken = error.get("ctx", {}).get("error")
    match error["type"]:
        case "value_error" if isinstance(broken, BrokenRule):
            return Problem(path, error["input"], broken.rule, broken.way_out)
        case "missing":
            return Problem(path, MISSING, "it is needed", add(str(key)))
        case "extra_forbidden":
            table = _at(tuple(parents), tables)
            way_out = instead(model, tuple(parents), str(key), error["input"], table)
            return Problem(path, error["input"], "there is no such key", way_out)
        case "model_type" | "model_attributes_type" | "dict_type":
            way_out = as_table(model, location, error["input"])
            return Problem(path, error["input"], "this is a table", way_out)
        case "tuple_type" | "list_type":
            return Problem(path, error["input"], "this is a list", as_list(path, error["input"]))
        case _:
            return Problem(path, error["input"], error["msg"])


def _path(location: tuple[int | str, ...], tables: Any) -> str:
    """`stages.Interest.conversion` for ("stages", 1, "conversion"); #2 for one without a name."""
    steps: list[str] = []
    for place, (before, key) in enumerate(zip(("", *location), location, strict=False), start=1):
        here = _at(location[:place], tables)
        if isinstance(before, int) and isinstance(key, int):  # a status: [name, duration]
            steps += ["name"] if key == 0 else []
            continue
        name = _name_of(here) if isinstance(key, int) else None
        usable = isinstance(name, str) and name.strip() and "." not in name
        steps.append(str(name) if usable else f"#{key + 1}" if isinstance(key, int) else str(key))
    return ".".join(steps)


def _at(location: tuple[int | str, ...], tables: Any) -> Any:
    """What is at this location of the tables, if there is anything."""
    try:
        for key in location:
            tables = tables[key]
    except (KeyError, IndexError, TypeError):
        return None
    return tables


def _name_of(entry: Any) -> Any:
    """The name of an entry of a list: a table with one, or a status, which begins with it."""
    if isinstance(entry, dict):
        return entry.get("name")
    return entry[0] if isinstance(entry, list) and entry else None


# --- between fields -------------------------------------------------------------------------


def problems_between_fields(tables: dict[str, Any]) -> list[Problem]:
    """What must hold between the fields, on tables that may be wrong in any other way."""
    return [
        *_lists(tables),
        *_stages(tables),
        *_teams(tables),
        *_odds_ratios(tables),
        *_shares(tables),
        *_times(tables),
        *_channels(tables),
        *_saturations(tables),
        *_bursts(tables),
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
    for key in ("channels", "segments", "arms", "teams", "stages"):
        for name, count in Counter(_names(tables, key)).items():
            if count > 1:
                rule = f"each of the {key} has a name of its own"
                yield Problem(f"{key}.{name}", Finding(f"there {count} times"), rule, "rename one")
    if tables.get("channels") == []:
        rule = "leads come from at least one channel"
        yield Problem("channels", Finding("empty"), rule, ADD["channels"])


def _stages(tables: dict[str, Any]) -> Iterator[Problem]:
    if isinstance(tables.get("stages"), list) and len(tables["stages"]) < 2:
        rule = "there is at least one stage before the last, which is the goal"
        found = Finding(f"{len(tables['stages'])} in number")
        yield Problem("stages", found, rule, ADD["stages"])
        return
    *before, (goal, keys) = named("stages", tables.get("stages")) or [("", {})]
    for place, (path, stage) in enumerate(before, start=1):
        if stage.get("conversion") is None:
            rule, way_out = "every stage before the last needs it", "add conversion = 0.5"
            if place == len(before):
                way_out += "; what customers do after the goal goes into life_stages"
            yield Problem(f"{path}.conversion", MISSING, rule, way_out)
    for key in keys:
        if key != "name" and key in Stage.model_fields:
            rule = "the last stage is the goal: whoever enters it has reached it"
            way_out = "leave it out, or add [[stages]] for the goal below it"
            yield Problem(f"{goal}.{key}", keys[key], rule, way_out)


def _teams(tables: dict[str, Any]) -> Iterator[Problem]:
    if not isinstance(tables.get("teams", []), list):
        return  # said already, by the field itself
    teams = _names(tables, "teams")
    for path, stage in named("stages", tables.get("stages")):
        follow_up = stage.get("follow_up")
        team = follow_up.get("team") if isinstance(follow_up, dict) else None
        if isinstance(team, str) and team not in teams:
            new = f'add [[teams]] with name = "{team}" and reps = 2'
            way_out = nearest(team, teams) if teams else new
            yield Problem(f"{path}.follow_up.team", team, "there is no such team", way_out)


def _odds_ratios(tables: dict[str, Any]) -> Iterator[Problem]:
    stages = _names(tables, "stages")[:-1]
    for key in ("channels", "segments", "arms"):
        for path, entry in named(key, tables.get(key)):
            table = entry.get("odds_ratio")
            if not isinstance(table, dict):
                continue
            for stage in table:
                if stage not in stages:
                    rule = "there is no stage of this name before the goal"
                    place = f"{path}.odds_ratio.{stage}"
                    yield Problem(place, table[stage], rule, nearest(stage, stages))


def _shares(tables: dict[str, Any]) -> Iterator[Problem]:
    for key in ("segments", "arms"):
        shares = [entry.get("share") for entry in _entries(tables, key)]
        numbers = [s for s in shares if isinstance(s, (int, float)) and 0 <= s <= 1]
        whole = len(numbers) == len(shares)
        if shares and whole and not math.isclose(sum(numbers), 1, abs_tol=1e-6):
            found = Finding(f"{sum(numbers):g} in sum")
            rule = f"the shares of all {key} sum to 1"
            yield Problem(key, found, rule, "change one of the shares")


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
    for path, channel in named("channels", tables.get("channels")):
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


def _saturations(tables: dict[str, Any]) -> Iterator[Problem]:
    """Leads of a channel with saturation are bought by the day, and stay below a ceiling."""
    for path, channel in named("channels", tables.get("channels")):
        if channel.get("saturation") is None:
            if channel.get("hill") is not None:
                rule = "it is the exponent of a channel's saturation"
                yield Problem(f"{path}.hill", channel["hill"], rule, "add saturation = 400")
            continue
        ceiling, leads = channel.get("ceiling"), channel.get("leads_per_day")
        if ceiling is None:
            rule = "saturation says how the leads approach it"
            yield Problem(f"{path}.ceiling", MISSING, rule, "add ceiling = ..., leads a day")
        elif _both_numbers(ceiling, leads) and leads > NEARLY * ceiling:
            rule = f"with saturation leads stay below the ceiling of {ceiling:g}"
            yield Problem(f"{path}.leads_per_day", leads, rule, "raise the ceiling")
        for key in ("cost_per_lead", "impressions_per_day"):
            if channel.get(key):
                rule = "saturation says what leads cost, and how many come for it"
                way_out = "leave out one of the two"
                if key == "impressions_per_day":
                    way_out = "write leads_per_day in place of impressions"
                yield Problem(f"{path}.{key}", channel[key], rule, way_out)


def _both_numbers(*values: Any) -> bool:
    return all(isinstance(v, (int, float)) and not isinstance(v, bool) for v in values)


def _bursts(tables: dict[str, Any]) -> Iterator[Problem]:
    """A burst that ends before it begins would change nothing, and nobody would notice."""
    for path, channel in named("channels", tables.get("channels")):
        bursts = channel.get("bursts")
        for number, burst in enumerate(bursts if isinstance(bursts, list) else [], start=1):
            try:
                begins, ends = duration(burst["from"]), duration(burst["to"])
            except (BrokenRule, KeyError, TypeError):
                continue  # said already, by the field itself
            if ends <= begins:
                rule = f"a burst ends after it begins, and it begins at {duration_text(begins)}"
                way_out = "both count from the start of the run: exchange them, or raise this one"
                yield Problem(f"{path}.bursts.#{number}.to", burst["to"], rule, way_out)


def _recoveries(tables: dict[str, Any]) -> Iterator[Problem]:
    for path, stage in named("stages", tables.get("stages")):
        recovery = stage.get("recovery")
        if not isinstance(recovery, dict):
            continue
        anyway, probability = recovery.get("anyway", 0), recovery.get("probability")
        both = all(isinstance(p, (int, float)) for p in (anyway, probability))
        if both and anyway > probability:
            rule = f"those who come back anyway are part of the probability, {probability}"
            way_out = "raise the probability, or lower this"
            yield Problem(f"{path}.recovery.anyway", anyway, rule, way_out)


def _life_stages(tables: dict[str, Any]) -> Iterator[Problem]:
    """What customers did after the sale, shown in the funnel below the stages."""
    life = tables.get("life_stages")
    if not life or not isinstance(life, dict):
        return
    has_order = tables.get("order") is not None
    if not has_order:
        rule = "they begin with an order, and there is no [order]"
        yield Problem("life_stages", life, rule, "add [order], or leave them out")
    for name, what in life.items():
        path = f"life_stages.{name}"
        if name in _names(tables, "stages"):
            yield Problem(path, what, "a stage has this name already", "choose another name")
        parts = LEAD_TO.get(what, {}) if isinstance(what, str) and has_order else {}
        if parts and not any(tables.get(part) for part in parts):
            rule = f"nobody gets there without {' or '.join(parts.values())}"
            way_out = f"add {next(iter(parts.values()))}, or leave this life stage out"
            yield Problem(path, what, rule, way_out)
