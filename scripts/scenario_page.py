"""Write docs/scenario_file.md: every field of a scenario file, from the annotations of the fields.

    python scripts/scenario_page.py

Run it after changing a field or what is said of it; a test says when that was forgotten. What
stands above the mark on the page is written by hand.
"""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "scenario_file.md"
MARK = "<!-- what follows is written by scripts/scenario_page.py -->\n"
sys.path.insert(0, str(ROOT))

from funnelsim.distributions import Distribution  # noqa: E402
from funnelsim.fields import default_of, key_of, section_of  # noqa: E402
from funnelsim.kinds import (  # noqa: E402
    DURATION,
    FACTOR,
    MONEY,
    ODDS_RATIO,
    OF_DURATIONS,
    OF_MONEY,
    PART,
    Kind,
    mark_of,
)
from funnelsim.meant import written  # noqa: E402
from funnelsim.scenario import Order, Retention, Scenario  # noqa: E402
from funnelsim.scenario.keys import model_at, model_in  # noqa: E402

LARGEST_TOLD = 1e9  # what lies above is no limit that anybody meets
OF_AMOUNTS, OF_GAPS, AMONG_CUSTOMERS = (
    model_in(part.model_fields[name].annotation)
    for part, name in ((Order, "value"), (Retention, "gap"), (Retention, "repeat_probability"))
)
SAID = (DURATION, FACTOR, MONEY, ODDS_RATIO)  # whose units stand above the tables


def page(before: str) -> str:
    """The page: what is written by hand, then a section for each table of a file."""
    by_hand = before.partition(MARK)[0]
    sections = [section(path, part) for path, part in [("", Scenario), *parts(Scenario)]]
    return "\n\n".join([by_hand + MARK.rstrip(), *sections, distributions()]) + "\n"


def parts(model: type[BaseModel], path: str = "") -> Iterator[tuple[str, type[BaseModel]]]:
    """Every part that has keys of its own, with its path, in the order of the fields."""
    for name, info in model.model_fields.items():
        inner = model_in(info.annotation)
        if inner is not None and not issubclass(inner, (Distribution, AMONG_CUSTOMERS)):
            here = f"{path}.{name}" if path else name
            yield here, inner
            yield from parts(inner, here)


def section(path: str, part: type[BaseModel]) -> str:
    """A heading as in a file, what the part is, and a row for each of its keys."""
    rows = [row(part, name, info) for name, info in part.model_fields.items()]
    return "\n".join([f"## {header(path)}", "", about(part), "", defined(part), "", *HEAD, *rows])


def defined(part: type[BaseModel]) -> str:
    """Where in the model its fields are defined."""
    titles = dict.fromkeys(section_of(part, name) for name in part.model_fields)
    links = [f"[{title}](model.md#{slug(title)})" for title in titles]
    return f"What they mean: {', '.join(links)}."


def slug(title: str) -> str:
    """What a link to this heading ends in."""
    return re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-")


def header(path: str) -> str:
    """What stands above its keys in a file; a list has two brackets."""
    if not path:
        return "The top of the file"
    around, _, key = path.rpartition(".")
    field = model_at(Scenario, tuple(around.split(".")) if around else ()).model_fields[key]
    return f"`[[{path}]]`" if get_origin(field.annotation) is tuple else f"`[{path}]`"


def about(part: type[BaseModel]) -> str:
    """The docstring, up to what is told of the fields or shown in Python; of all, a sentence."""
    text = re.split(r"Attributes:|>>>", inspect.cleandoc(part.__doc__ or ""))[0].strip()
    return text.partition("\n\n")[0] if part is Scenario else text


HEAD = ("| key | what it is | kind | limits | left out |", "|---|---|---|---|---|")


def row(part: type[BaseModel], name: str, info: FieldInfo) -> str:
    """One key: what it says, its kind with the unit, what it may be, and its default."""
    kind = kind_of(part, name, info)
    cells = (f"`{key_of(name, info)}`", info.description or "", what(kind), limits(kind))
    return f"| {' | '.join(cells)} | {left_out(info)} |"


def kind_of(part: type[BaseModel], name: str, info: FieldInfo) -> Kind:
    """What the field is; a distribution says so itself, a part is one."""
    inner = model_in(info.annotation)
    if inner is not None and issubclass(inner, Distribution):
        return inner.of
    return mark_of(part, name, Kind) or PART


def what(kind: Kind) -> str:
    """The kind in words, with its unit."""
    if kind.name == PART.name:
        return "a table, below"
    if kind in (OF_DURATIONS, OF_MONEY):
        return f"{kind.name} of {'durations' if kind == OF_DURATIONS else 'money'}"
    is_said = kind.name in (kind.unit, *(each.name for each in SAID))
    return kind.name if is_said or not kind.unit else f"{kind.name}, {kind.unit}"


def limits(kind: Kind) -> str:
    """What a value may be."""
    if kind.options:
        return " or ".join(f'`"{option}"`' for option in kind.options)
    if kind.names_of:
        return f"the name of one of the {kind.names_of}"
    if not kind.turned or kind.name == "distribution":
        return ""
    if kind.unit == DURATION.unit:
        return "longer than 0" if kind.is_open else ""
    low = f"above {kind.low:g}" if kind.is_open else f"from {kind.low:g}"
    return f"{low} to {kind.high:,.10g}" if kind.high < LARGEST_TOLD else low


def left_out(info: FieldInfo) -> str:
    """What holds where the key is not there."""
    if info.is_required():
        return "**needed**"
    default = default_of(info)
    if default is None or default in ([], {}):
        return "none"
    if isinstance(default, list) and len(set(default)) == 1:
        return f"`{written(default[0])}` each"
    return f"`{written(default)}`"


def distributions() -> str:
    """The kinds of a distribution and their keys, of durations and of money; what differs."""
    head, rule = "| kind | what it is | keys |", "|---|---|---|"
    lines = ["## A distribution", "", DISTRIBUTION, "", head, rule]
    for kind, info in OF_AMOUNTS.model_fields.items():
        lines.append(f"| `{kind}` | {info.description} | {keys(model_in(info.annotation))} |")
    lines += ["", AMONG, "", head.replace("kind", "where"), rule]
    gap: Any = model_in(OF_GAPS.model_fields["exponential"].annotation)
    rate = model_in(gap.model_fields["rate"].annotation)
    places = {"a repeat probability": AMONG_CUSTOMERS, "the rate of an exponential gap": rate}
    for where, among in places.items():
        for kind, info in among.model_fields.items():
            told = keys(model_in(info.annotation))
            lines.append(f"| {where} | `{kind}`: {info.description} | {told} |")
    return "\n".join(lines)


DISTRIBUTION = """\
is a table with one key, its kind: `{ exponential = { mean = "5 h" } }`. Of durations its values are
text with a unit, of money they are numbers."""
AMONG = "What differs among customers is said in the same way:"


def keys(part: Any) -> str:
    """The keys of a kind, each with what it says; the ways to give it, if there are several."""
    if part is None:
        return "the value itself"
    told = [f"`{name}`: {info.description}" for name, info in part.model_fields.items()]
    ways = [" and ".join(f"`{name}`" for name in way) for way in getattr(part, "ways", ())]
    return "; ".join([*([f"given by {' or by '.join(ways)}"] if ways else []), *told])


def main() -> None:
    """Write the page below its mark."""
    PAGE.write_text(page(PAGE.read_text(encoding="utf-8")), encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
