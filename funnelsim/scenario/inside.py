"""What stands inside of what: fields of a part, entries of a list, numbers of a distribution.

A `Place` is where a path leads: the value there, and what the annotations of the fields say of it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from funnelsim.distributions import Beta, Distribution, Limits, Part
from funnelsim.fields import model_in
from funnelsim.kinds import DATE, PART, WEIGHT, EntryNames, Kind, Slider, Usual, mark_of
from funnelsim.scenario.paths import names_of

NO_LIMITS: Limits = (None, None)
WHOLE = Slider()  # what the limits allow


@dataclass(frozen=True)
class Place:
    """Where a path leads.

    `value` is what stands there (a duration in microseconds, None for what is left out), `kind`
    what it is, with the limits that the values around it leave. The label is made of `words` and of
    the `owner`, an entry of the list `owners` if that is not empty. `entries` is the kind of a
    list's entries and their names; `around` holds the limits of what is further inside.
    """

    path: str
    value: Any
    kind: Kind
    owner: str = ""
    owners: str = ""
    words: tuple[str, ...] = ()
    says: str = ""
    slider: Slider = WHOLE
    is_usual: bool = False
    is_default: bool = False
    entries: tuple[Kind, EntryNames | None] = field(default=(PART, None), repr=False)
    around: Mapping[str, Limits] = field(default_factory=dict, repr=False)


P = TypeVar("P", bound=Place)


def inside(here: P) -> dict[str, P]:
    """What stands inside of it, by the next step of a path."""
    if isinstance(here.value, Part):
        return dict(_of_part(here, here.value))
    if isinstance(here.value, Mapping):
        return {key: _entry(here, key, value) for key, value in here.value.items()}
    if isinstance(here.value, tuple) and here.entries[0] != DATE:
        return dict(_of_list(here, here.value))
    return {}


def _of_part(here: P, part: Part) -> Iterator[tuple[str, P]]:
    model, limits = type(part), _together(here.around, part.limits())
    for name in [part.kind] if isinstance(part, Distribution) else part.there():
        info, value = model.model_fields[name], getattr(part, name)
        key, title = info.alias or name, info.title
        if title is None:
            title = name.replace("_per_day", " a day").replace("_", " ")
        if isinstance(part, Distribution) and isinstance(value, Part):
            title = ""  # nobody says "patience, exponential, mean"
        is_owner = not here.path and model_in(info.annotation) is not None
        yield (
            key,
            replace(
                here,
                path=f"{here.path}.{key}" if here.path else key,
                value=value,
                kind=_limited(_kind_of(part, name, value), *limits.get(key, NO_LIMITS)),
                owner=title if is_owner else here.owner,
                words=here.words if is_owner or not title else (*here.words, title),
                says=info.description or here.says,
                slider=mark_of(model, name, Slider) or WHOLE,
                is_usual=mark_of(model, name, Usual) is not None,
                is_default=_is_default(info, value),
                entries=(mark_of(model, name, Kind) or PART, mark_of(model, name, EntryNames)),
                around={
                    k.partition(".")[2]: v for k, v in limits.items() if k.startswith(f"{key}.")
                },
            ),
        )


def _together(these: Mapping[str, Limits], those: Mapping[str, Limits]) -> dict[str, Limits]:
    """Both limits of each number, so that the narrower of two counts."""
    both: dict[str, Limits] = dict(these)
    for key, (low, high) in those.items():
        least, most = both.get(key, NO_LIMITS)
        lows, highs = ([x for x in ends if x is not None] for ends in ((low, least), (high, most)))
        both[key] = (max(lows, default=None), min(highs, default=None))
    return both


def _is_default(info: Any, value: Any) -> bool:
    return not info.is_required() and bool(value == info.get_default(call_default_factory=True))


def _kind_of(part: Part, name: str, value: Any) -> Kind:
    """What a field is with this value, which may be a number, a distribution or a list."""
    if isinstance(value, Beta):
        return _limited(value.of, *value.means())
    if isinstance(value, Part):
        its: Kind = getattr(value, "of", PART)
        return its
    kind: Kind | None = mark_of(type(part), name, Kind)
    if isinstance(value, (tuple, Mapping)):
        is_of_numbers = kind is not None and not (
            value and isinstance(_first(value), (Part, tuple))
        )
        return Kind(f"{kind.name}s", kind.unit, turned="") if kind and is_of_numbers else PART
    if kind is not None:
        return kind
    # a distribution that is left out, or a part
    left_out: Kind = getattr(model_in(type(part).model_fields[name].annotation), "of", PART)
    return left_out


def _first(value: Any) -> Any:
    return next(iter(value))


def _limited(kind: Kind, low: float | None, high: float | None) -> Kind:
    """The kind within narrower limits."""
    if low is not None and low > kind.low:
        kind = replace(kind, low=low, is_open=False)
    return kind if high is None or high >= kind.high else replace(kind, high=high)


def _of_list(here: P, entries: tuple[Any, ...]) -> Iterator[tuple[str, P]]:
    for name, entry in zip(names_of(entries, here.entries[1]), entries, strict=True):
        if isinstance(entry, tuple):  # a status: its name, and how long it lasts
            yield name, _entry(here, name, entry[1])
        else:
            yield name, _entry(here, name, entry)


def _sum_of(weights: Any) -> float:
    return sum(weights.values() if isinstance(weights, Mapping) else weights)


def _entry(here: P, name: str, value: Any) -> P:
    """An entry of a list or a table."""
    kind = getattr(value, "of", PART) if isinstance(value, Part) else here.entries[0]
    if kind == WEIGHT and value == _sum_of(here.value):  # one at least is above 0
        kind = replace(kind, is_open=True)
    kind = _limited(kind, *here.around.get(name, NO_LIMITS))
    around = {k.partition(".")[2]: v for k, v in here.around.items() if k.startswith(f"{name}.")}
    path, words = f"{here.path}.{name}", (*here.words, name)
    if name.startswith("#"):  # "burst 1"
        words = (*here.words[:-1], f"{here.words[-1].removesuffix('s')} {name[1:]}")
    entry = replace(
        here, path=path, value=value, kind=kind, words=words, around=around, is_default=False
    )
    if isinstance(value, Part) and "name" in type(value).model_fields:
        return replace(entry, owner=name, owners=here.path.rsplit(".", 1)[-1], words=())
    return entry
