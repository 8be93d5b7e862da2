"""Which keys there are, and the way out for one that is missing, unknown or in the wrong place.

TOML's keys belong to the header above them. So a key that is added at the end of a file, or below
[stages.follow_up], is easily in the wrong table.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from funnelsim.distributions import Distribution
from funnelsim.errors import nearest
from funnelsim.fields import model_in
from funnelsim.kinds import PART, Kind, mark_of
from funnelsim.meant import written

LISTS = (
    *("channels", "segments", "arms", "teams", "stages", "campaigns", "changes"),
    *("order.offers", "order.payments", "loyalty.tiers"),
)
"""The lists whose entries have names, which stand in dotted paths."""

ADD = {
    "channels": 'add [[channels]] with name = "web" and leads_per_day = 10',
    "stages": "add [[stages]] with name and conversion for each step, and a last one with its name "
    "alone, which is the goal",
}
_EXAMPLES = {
    "name": '"..."',
    "horizon": '"90 days"',
    "reps": "2",
    "share": "0.5",
    "enters": '"the name of a stage"',
    "value": "{ constant = 80 }",
    "gap": '{ constant = "30 days" }',
    "repeat_probability": "0.3",
    "beta": "{ a = 2.4, b = 0.8 }",
    "probability": "0.2",
    "delay": '{ constant = "1 day" }',
    "statuses": '[["new", { constant = "1 day" }], ["delivered", { constant = "0 days" }]]',
    "from": '"10 days"',
    "to": '"20 days"',
    "cv": "1.0",
    "enrolment": "0.5",
    "promoter": "0.4",
    "detractor": "0.1",
    "invites": "0.5",
    "factor": "2",
}
_SPREAD = ("sd", "std", "stdev", "sigma")  # of these there is none near, and cv is not self-evident


def fields(model: Any, location: tuple[int | str, ...]) -> list[str]:
    """The keys that the part of the scenario at this location can have."""
    return _keys(model_at(model, location))


def model_at(model: Any, location: tuple[int | str, ...]) -> Any:
    """The model of the part of the scenario at this location."""
    for key in location:
        if isinstance(key, str):
            by_name = {field.alias or name: field for name, field in model.model_fields.items()}
            model = model_in(by_name[key].annotation)
    return model


def _keys(model: Any) -> list[str]:
    return [field.alias or name for name, field in model.model_fields.items()]


def _kind_at(model: Any, key: str) -> Kind:
    by_key = {field.alias or name: name for name, field in model.model_fields.items()}
    return mark_of(model, by_key[key], Kind) or PART


# --- missing, or no table -----------------------------------------------------------------------


def add(key: str) -> str:
    """The way out for a key that is missing."""
    return ADD.get(key, f"add {key} = {_EXAMPLES.get(key, '...')}")


def as_table(root: Any, location: tuple[int | str, ...], value: Any) -> str:
    """The way out where a table belongs: with what was written, as far as it can be told."""
    model, around_it = model_at(root, location), model_at(root, location[:-1])
    path = ".".join(step for step in location if isinstance(step, str))
    around, key = path if isinstance(location[-1], int) else "", location[-1]
    values = value if isinstance(value, (list, tuple)) else [value]
    if around in LISTS:  # an entry
        name = f'name = "{value}"' if isinstance(value, str) else "its keys below"
        return f"write [[{around}]] with {name}"
    if values and all(isinstance(entry, Mapping) for entry in values):
        return f"write [{path}] in place of [[{path}]], once"
    needed = [f.alias or name for name, f in model.model_fields.items() if f.is_required()]
    needed = needed or [*getattr(model, "ways", [[]])[0]]
    told = ["..."] * len(needed)
    if needed == ["values"]:
        told = [f"[{', '.join(map(around_it.one, values))}]"]
    elif issubclass(around_it, Distribution) and len(values) <= len(needed):
        for place, (name, entry) in enumerate(zip(needed, values, strict=False)):
            is_value = _kind_at(model, name).power == 1  # and no shape or rate
            told[place] = around_it.one(entry) if is_value else written(entry)
    elif len(values) == len(needed) and isinstance(values[0], (str, float)):
        told = [written(entry) for entry in values]
    pairs = ", ".join(f"{name} = {text}" for name, text in zip(needed, told, strict=True))
    start = "" if isinstance(key, int) else f"{key} = "
    return f"write {start}{{ {pairs} }}" if pairs else ""


def as_list(path: str, value: Any) -> str:
    """The way out where a list belongs."""
    if path not in LISTS:
        return f"write [{written(value)}]" if isinstance(value, (dict, str, int)) else "write [ ]"
    if isinstance(value, Mapping) and value and all(isinstance(v, Mapping) for v in value.values()):
        names = [f'name = "{name}"' for name in value]  # [stages.Interest]
        return f"write [[{path}]] above each of them, with {names[0]} below it"
    return f"write [[{path}]] above each of them"


# --- unknown, or in the wrong place ---------------------------------------------------------------


def instead(root: Any, parents: tuple[int | str, ...], key: str, value: Any, table: Any) -> str:
    """The way out for a key that its part does not have: where it belongs, or what is near."""
    here, known = ".".join(p for p in parents if isinstance(p, str)), fields(root, parents)
    model = model_at(root, parents)
    homes = [path for path, part in _parts(root) if key in _keys(part)]
    is_around = any(here.startswith(f"{path}.") for path in homes)
    if parents and key in root.model_fields and not is_around:
        is_part = _is_part(model_in(root.model_fields[key].annotation))
        return f"write {_header(key)}, not inside of {_header(here)}" if is_part else TOP
    if issubclass(model, Distribution):
        return _with_its_kind(model, table) or nearest(key, known)
    if key in _SPREAD and "cv" in known:
        return "write cv, which is standard deviation ÷ mean"
    if isinstance(value, Mapping) and here in LISTS:  # [stages.Interest.follow_up]
        for inner in value:
            if inner in known and _is_part(model_in(model.model_fields[inner].annotation)):
                return f"write [{here}.{inner}], below its [[{here}]]"
    if at_home := _at_home(root, here, key, homes):
        return at_home
    near = nearest(key, known)
    if near.startswith("did you mean") or not 0 < len(homes) < 4:
        return near
    return f"it belongs in {' or '.join(map(_header, homes))}"


TOP = "it belongs at the top, before the first [table]"


def _is_part(model: Any) -> bool:
    return model is not None and not issubclass(model, Distribution)


def _at_home(root: Any, here: str, key: str, homes: list[str]) -> str:
    """The part of this name, or those inside of this one and around it that have such a key."""
    if own := [path for path, _ in _parts(root) if path.endswith(f".{key}")]:
        return f"write {' or '.join(map(_header, own))}"
    if inside := [path for path in homes if here and path.startswith(f"{here}.")]:
        return f"it belongs in {' or '.join(map(_header, inside))}"
    if around := [path for path in homes if here.startswith(f"{path}.")]:
        return f"it belongs to {_header(around[-1])} itself, above {_header(here)}"
    return ""


def _header(path: str) -> str:
    return f"[[{path}]]" if path in LISTS else f"[{path}]"


def _parts(model: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Every part of a scenario that has a table of its own, with the path of that."""
    for name, field in model.model_fields.items():
        inner = model_in(field.annotation)
        if _is_part(inner):
            here = f"{path}.{name}" if path else name
            yield here, inner
            yield from _parts(inner, here)


def _with_its_kind(model: Any, table: Any) -> str:
    """`{ mean = 50 }` without a kind: the first that has these keys, with them inside."""
    given = table if isinstance(table, Mapping) else {}
    for kind in model.model_fields:
        inner = model_in(model.model_fields[kind].annotation)
        if given and inner is not None and set(given) <= set(_keys(inner)):
            return f"write {written({kind: dict(given)})}"
    return ""
