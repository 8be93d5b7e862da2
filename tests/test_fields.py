"""Each field of a scenario says what it is, in which unit, its default, and what defines it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import pytest
from pydantic import TypeAdapter

import funnelsim as fs
from funnelsim.distributions import AmountDistribution, Distribution, Part
from funnelsim.fields import default_of, in_words, key_of, kind_of, model_in, said, section_of
from funnelsim.kinds import COUNT, CURRENCY, DURATION, FACTOR, ODDS_RATIO, OF_DURATIONS, SHARE, Kind
from funnelsim.scenario import Channel, Segment, Stage, Team

MODEL = Path(__file__).resolve().parents[1] / "docs" / "model.md"
SECTIONS = dict(
    re.findall(r"^## ([^\n]*)\n(.*?)(?=^## |\Z)", MODEL.read_text(encoding="utf-8"), re.S | re.M)
)


def parts(of: type[Part] = Part) -> Iterator[type[Part]]:
    """All parts that a scenario can have, and the scenario itself."""
    for part in of.__subclasses__():
        if part.__module__.startswith("funnelsim.") and "[" not in part.__name__:
            yield part
        yield from parts(part)


FIELDS = [(part, name) for part in dict.fromkeys(parts()) for name in part.model_fields]


def words(section: str) -> set[str]:
    """All that stands as code in a section of the model."""
    blocks = re.findall(r"^```[^`]*^```", section, re.MULTILINE)
    codes = blocks + re.findall(r"`([^`]+)`", re.sub(r"^```[^`]*^```", "", section, flags=re.M))
    return {word for code in codes for word in re.findall(r"\w+", code)}


def test_all_parts_are_looked_at() -> None:
    assert {fs.Scenario, Channel, Segment, Stage, Team} <= {part for part, _ in FIELDS}
    assert len(FIELDS) > 150


@pytest.mark.parametrize(("part", "name"), FIELDS)
def test_a_field_says_what_it_is_and_where_that_is_defined(part: type[Part], name: str) -> None:
    info = part.model_fields[name]
    assert info.description
    assert info.description in said(part, name)
    section = section_of(part, name)
    assert section in SECTIONS
    if kind_of(part, name) is not None and name != "name":
        assert key_of(name, info) in words(SECTIONS[section])
    whole = f"    {key_of(name, info)}: {said(part, name)}"
    if not issubclass(part, Distribution):
        assert whole in (part.__doc__ or "")


@pytest.mark.parametrize(("part", "name"), FIELDS)
def test_a_field_with_a_unit_tells_it(part: type[Part], name: str) -> None:
    kind = kind_of(part, name)
    if kind is not None:
        assert kind.name in said(part, name)
        told = {DURATION.unit: "duration", CURRENCY: "currency", FACTOR.unit: "1 changes nothing"}
        told |= {ODDS_RATIO.unit: "1 changes nothing"}
        assert told.get(kind.unit, kind.unit) in said(part, name)


def test_a_field_in_words() -> None:
    assert in_words(SHARE) == "share, from 0 to 1"
    assert in_words(COUNT) == "whole number, from 1 to 100000"
    assert in_words(OF_DURATIONS) == "distribution, of durations"
    assert in_words(Kind("choice", turned="", options=("a", "b"))) == 'choice, "a" or "b"'
    assert said(Channel, "cost_per_lead") == (
        "for each lead; money, in the scenario's currency; left out: 0; model: Leads"
    )
    assert said(Segment, "order_value_factor").endswith("left out: 1; model: Orders")
    assert said(Team, "reps").endswith("needed; model: Teams")
    assert "left out: 1 each" in said(Channel, "hours")


@pytest.mark.parametrize(("part", "name"), FIELDS)
def test_what_is_told_of_a_default_can_be_written(part: type[Part], name: str) -> None:
    """And is then the same as leaving the field out."""
    info = part.model_fields[name]
    told = default_of(info)
    if info.is_required():
        assert told is None
        assert "; needed; " in said(part, name)
    else:
        read = TypeAdapter(Annotated[info.annotation, "", *info.metadata])
        assert read.validate_python(told) == info.get_default(call_default_factory=True)
        assert "left out" in said(part, name)


def test_help_of_a_scenario_tells_its_fields() -> None:
    text = fs.Scenario.__doc__ or ""
    assert text.startswith("What is simulated.\n")
    assert text.count("\nAttributes:\n") == 1
    assert (
        'warm_up: a beginning that no figure counts; duration, with its unit, such as "2 h"; '
        'left out: "0 days"; model: The horizon and the warm-up' in text
    )


@pytest.mark.parametrize("kind", [name for name in Distribution.model_fields if name != "constant"])
def test_help_of_a_distribution_tells_its_law_its_source_and_its_units(kind: str) -> None:
    law = model_in(Distribution.model_fields[kind].annotation)
    of_money = model_in(AmountDistribution.model_fields[kind].annotation)
    for part, unit in ((law, "duration or money"), (of_money, "money, in the scenario's currency")):
        text = part.__doc__
        assert re.search(r"^Source: .* (19|20)\d\d", " ".join(text.split("\n\n")[1].split()))
        assert text.count("\nAttributes:\n") == 1 and unit in text
        for name in part.model_fields:
            assert said(part, name) in text and kind_of(part, name) is not None
