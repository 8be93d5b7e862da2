"""The JSON schema of a scenario takes what a scenario takes, and refuses what one field refuses."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from eventful_lives import lives
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft7Validator
from numbers_stated import SHARES
from some_changes import with_changes
from some_scenarios import scenario_tables
from tied_scenarios import tied_tables

import funnelsim as fs
from funnelsim.cli import main
from funnelsim.distributions import BrokenRule, duration
from funnelsim.distributions.values import positive_duration

HERE = Path(__file__).resolve().parent
SCHEMA = fs.schema()
VALID = Draft7Validator(SCHEMA)
FILES = [*sorted((HERE.parent / "funnelsim" / "scenarios").glob("*.toml")),
         HERE / "whole_scenario.toml"]  # fmt: skip
WHOLE = tomllib.loads((HERE / "whole_scenario.toml").read_text(encoding="utf-8"))
QUICK = settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))


def as_json(tables: Any) -> Any:
    """As an editor holds a TOML file: its dates are texts, and what is None is left out."""
    if isinstance(tables, dict):
        return {key: as_json(value) for key, value in tables.items() if value is not None}
    if isinstance(tables, (list, tuple)):
        return [as_json(value) for value in tables]
    return tables.isoformat() if isinstance(tables, date) else tables


def wrong(tables: Any) -> list[str]:
    """Where the schema finds something wrong."""
    return [error.json_path for error in VALID.iter_errors(as_json(tables))]


def with_every_part(**changes: Any) -> dict[str, Any]:
    return {**as_json(WHOLE), **changes}


def test_it_is_a_schema_of_the_draft_it_names() -> None:
    Draft7Validator.check_schema(SCHEMA)
    assert SCHEMA["$schema"] == Draft7Validator.META_SCHEMA["$schema"]
    assert json.loads(json.dumps(SCHEMA)) == SCHEMA


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_it_takes_every_file_that_comes_along(path: Path) -> None:
    assert wrong(tomllib.loads(path.read_text(encoding="utf-8"))) == []


@QUICK
@given(with_changes(st.one_of(scenario_tables(), lives(), tied_tables())))
def test_it_takes_what_a_scenario_takes(tables: dict[str, Any]) -> None:
    assert wrong(tables) == []
    assert wrong(fs.Scenario(**tables).tables()) == []


# --- what is wrong ------------------------------------------------------------------------------


def tables_in(tables: Any) -> Iterator[dict[str, Any]]:
    """Every table of a scenario that has its own keys, not those whose keys are names."""
    if isinstance(tables, dict):
        yield tables
        for key, value in tables.items():
            if key not in ("labels", "loss_reasons", "life_stages", "odds_ratio"):
                yield from tables_in(value)
    elif isinstance(tables, list):
        for value in tables:
            yield from tables_in(value)


def places(tables: Any) -> Iterator[tuple[Any, Any]]:
    """Every value, by the table or the list it is in and its key there."""
    for key, value in tables.items() if isinstance(tables, dict) else enumerate(tables):
        yield tables, key
        if isinstance(value, (dict, list)):
            yield from places(value)


def refused(tables: dict[str, Any]) -> None:
    """By both: so an editor underlines what loading would refuse."""
    assert wrong(tables)
    with pytest.raises(fs.ScenarioError):
        fs.Scenario(**tables)


@QUICK
@given(st.data(), st.one_of(scenario_tables(), lives()))
def test_it_refuses_an_unknown_key_in_any_table(data: st.DataObject, tables: Any) -> None:
    tables = as_json(tables)
    table = data.draw(st.sampled_from(list(tables_in(tables))))
    table["leads_a_day"] = 3
    refused(tables)


def of_another_type(value: Any) -> Any:
    if isinstance(value, bool):
        return "yes"
    if isinstance(value, (int, float)):
        return "many"
    return 5 if isinstance(value, (str, dict)) else "some"


@QUICK
@given(st.data(), st.one_of(scenario_tables(), lives()))
def test_it_refuses_any_value_of_another_type(data: st.DataObject, tables: Any) -> None:
    tables = as_json(tables)
    around, key = data.draw(st.sampled_from(list(places(tables))))
    if key == "odds_ratio" and isinstance(around[key], dict):
        return  # a number may stand there as well
    around[key] = of_another_type(around[key])
    refused(tables)


@QUICK
@given(st.data(), st.one_of(scenario_tables(), lives()), st.sampled_from([-0.1, 1.01, 60]))
def test_it_refuses_a_share_out_of_its_limits(data: st.DataObject, tables: Any, x: float) -> None:
    tables = as_json(tables)
    shares = [(around, key) for around, key in places(tables) if key in SHARES]
    around, key = data.draw(st.sampled_from(shares))
    around[key] = x
    refused(tables)


@QUICK
@given(st.data(), st.one_of(scenario_tables(), lives()))
def test_it_refuses_a_table_without_what_is_needed(data: st.DataObject, tables: Any) -> None:
    """A table that is emptied lacks something, where it could not be left out as a whole."""
    tables = as_json(tables)
    key = data.draw(st.sampled_from(["name", "horizon", "channels", "stages"]))
    del tables[key]
    refused(tables)
    team = {"name": "sales", "reps": 2}
    del team[data.draw(st.sampled_from(sorted(team)))]
    refused({**tables, key: "", "teams": [team]})


@pytest.mark.parametrize(
    "changes",
    [
        {"horizon": "0 days"},
        {"horizon": "0.000 h"},
        {"horizon": 90},
        {"horizon": "90"},
        {"horizon": "30 dais"},
        {"horizon": "-5 days"},
        {"start": "04.01.2027"},
        {"start": "1699-12-31"},
        {"start": "2201-01-01"},
        {"currency": " "},
        {"name": ""},
        {"channels": []},
        {"channels": [{"name": "a.b", "leads_per_day": 1}]},
        {"channels": [{"name": "web", "leads_per_day": -1}]},
        {"channels": [{"name": "web", "leads_per_day": 1, "weekdays": [1, 1, 1, 1, 1]}]},
        {"channels": [{"name": "web", "leads_per_day": 1, "hours": [1] * 25}]},
        {"channels": [{"name": "web", "leads_per_day": 1, "growth": 0}]},
        {"channels": [{"name": "web", "leads_per_day": 1, "dispersion": 0.5}]},
        {"channels": [{"name": "web", "leads_per_day": 1, "labels": {"stage": 5}}]},
        {"channels": [{"name": "web", "leads_per_day": 1, "labels": {"owner": "me"}}]},
        {"channels": [{"name": "web", "leads_per_day": 1, "bursts": [{"from": "1 day"}]}]},
        {"teams": [{"name": "sales", "reps": 0}]},
        {"teams": [{"name": "sales", "reps": 1.5}]},
        {"teams": [{"name": "sales", "reps": 2, "open": "9-17"}]},
        {"teams": [{"name": "sales", "reps": 2, "open": "Mon-Fri 9:00-25:00"}]},
        {"teams": [{"name": "sales", "reps": 2, "serves": "last come"}]},
        {"teams": [{"name": "sales", "reps": 2, "skills": [0]}]},
        {"teams": [{"name": "sales", "reps": 2, "closed": ["soon"]}]},
        {"stages": [{"name": "goal"}]},
        {"stages": [{"name": "a", "loss_reasons": {"missed": 1}}, {"name": "b"}]},
        {"stages": [{"name": "a", "loss_reasons": {}}, {"name": "b"}]},
        {"life_stages": {"Loyalty": "loyal"}},
        {"order": {"value": 80}},
        {"order": {"value": {}}},
        {"order": {"value": {"constant": 80, "uniform": {"low": 1, "high": 2}}}},
        {"order": {"value": {"exponential": {}}}},
        {"order": {"value": {"exponential": {"mean": 80, "rate": 1}}}},
        {"order": {"value": {"exponential": {"mean": 0}}}},
        {"order": {"value": {"gamma": {"mean": 80, "rate": 1}}}},
        {"order": {"value": {"gamma": {"mean": 80, "cv": 1, "shape": 1}}}},
        {"order": {"value": {"lognormal": {"mean": 80}}}},
        {"order": {"value": {"lognormal": {"mean": 80, "cv": 0.01}}}},
        {"order": {"value": {"constant": 80}, "offers": [{"name": "gift"}]}},
        {"retention": {"repeat_probability": {"beta": {"a": 1}}, "gap": {"constant": "9 days"}}},
        {"retention": {"repeat_probability": 1.2, "gap": {"constant": "9 days"}}},
        {"retention": {"repeat_probability": 0.2, "gap": {"exponential": {"rate": {"gamma": {}}}}}},
        {"campaigns": [{"name": "we miss you", "kind": "newsletter"}]},
        {"referral": {"invites": 101, "enters": "Attention"}},
    ],
    ids=str,
)  # fmt: skip
def test_it_refuses_what_a_field_refuses(changes: dict[str, Any]) -> None:
    refused(with_every_part(**changes))


def test_what_is_wrong_is_found_where_it_stands() -> None:
    """An editor underlines the value, not the whole table around it."""
    tables = as_json(WHOLE)
    tables["stages"][1]["follow_up"]["patience"] = {"exponential": {"mean": "2 Tage"}}
    tables["order"]["payments"][0]["shares"] = 1
    assert wrong(tables) == [
        "$.stages[1].follow_up.patience.exponential.mean",
        "$.order.payments[0]",
    ]


# --- texts --------------------------------------------------------------------------------------

UNITS = ["us", "µs", "ms", "s", "sec", "second", "seconds", "min", "minute", "minutes", "Min"]
UNITS += ["h", "H", "hour", "Hours", "d", "day", "Days", "w", "week", "weeks", "month", "hrs", ""]


NUMBERS = ["0", "1", "30", "007", "0.5", ".5", "0.0", "5.", "1,5", "-1", "1e3", "00.10"]


@pytest.mark.parametrize("unit", UNITS)
@pytest.mark.parametrize(("key", "read"), [("warm_up", duration), ("horizon", positive_duration)])
def test_it_reads_durations_as_a_scenario_does(key: str, read: Any, unit: str) -> None:
    as_written = Draft7Validator(SCHEMA["properties"][key])
    for text in [f"{number}{space}{unit}" for number in NUMBERS for space in ("", " ", "  ")]:
        try:
            read(text)
            is_read = True
        except BrokenRule:
            is_read = text.startswith((".5", "0.5", "00.1")) and unit in (
                "us",
                "µs",
            )  # rounded to 0
        assert as_written.is_valid(text) == is_read, text


@QUICK
@given(
    st.lists(
        st.builds(
            "{}{}{} {}-{}".format,
            st.sampled_from(["Mon", "tue", "Wed", "Son"]),
            st.sampled_from(["-", " - ", " "]),
            st.sampled_from(["Fri", "sun", "", "Fr"]),
            st.sampled_from(["09:00", "9:30", "9", "23:59", "0:00"]),
            st.sampled_from(["17:00", "24:00", "9:75", "17"]),
        ),
        min_size=1,
        max_size=2,
    )
)
def test_it_takes_all_opening_hours_that_a_scenario_takes(parts: list[str]) -> None:
    tables = fs.load("aida-follow-up").tables()
    tables["teams"][0]["open"] = "; ".join(parts)
    try:
        fs.Scenario(**tables)
    except fs.ScenarioError:
        return
    assert not wrong(tables)


# --- what an editor shows -------------------------------------------------------------------------


def properties(schema: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    if isinstance(schema, dict):
        if isinstance(schema.get("properties"), dict):
            yield from schema["properties"].items()
        for value in schema.values():
            yield from properties(value)
    elif isinstance(schema, list):
        for value in schema:
            yield from properties(value)


def test_every_key_says_what_it_is_and_shows_what_is_right() -> None:
    found = list(properties(SCHEMA))
    assert len(found) > 200
    shown = 0
    for key, schema in found:
        assert "; model: " in schema["description"], key
        defaults = [schema["default"]] if "default" in schema else []
        for value in schema.get("examples", []) + defaults:
            assert Draft7Validator(schema).is_valid(value), (key, value)
            shown += 1
    assert shown > 100


def test_the_command_writes_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["schema"]) == 0
    assert json.loads(capsys.readouterr().out) == SCHEMA
    path = tmp_path / "my files" / "the scenario.schema.json"
    assert main(["schema", "--out", str(path)]) == 0
    assert json.loads(path.read_text(encoding="utf-8")) == SCHEMA
    line = capsys.readouterr().out.splitlines()[-1]
    assert line == "#:schema ./the%20scenario.schema.json"
    text = fs.load("aida").to_toml()
    assert fs.Scenario.from_toml(f"{line}\n{text}") == fs.load("aida")
