"""Whatever is in a file: a ScenarioError of a few lines, at once, and nothing else."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import funnelsim as fs

LONGEST_MESSAGE = 10_000  # characters: twenty problems

LONG = "y" * 200_000
TEXTS = {
    "a key that Python knows": "self = 1",
    "the same inside a part": "[order]\nself = 1",
    "a header without end": f"[{'.'.join('a' * 600)}]",
    "a key without end": f"{'.'.join('a' * 3_000)} = 1",
    "lists without end": "x = " + "[" * 1_500,
    "closed lists without end": f"name = {'[' * 80}{']' * 80}",
    "tables without end": "x = " + "{a=" * 1_500,
    "a long key": f"{LONG} = 1",
    "a long text": f"name = '{LONG}'\nhorizon = 1",
    "a long name": f"[[stages]]\nname = '{LONG}'\nconversion = 3",
    "a long team": f"[[stages]]\nname = 'a'\nfollow_up = {{ team = '{LONG}' }}",
    "a long label": f"[[channels]]\nname = 'a'\nlabels = {{ {LONG} = 1 }}",
    "a line that is no TOML": LONG,
    "many keys": "\n".join(f"k{i} = 1" for i in range(20_000)),
    "many stages": "\n".join(f"[[stages]]\nname = 's{i}'\nconversion = 2" for i in range(2_000)),
    "many life stages": f"life_stages = {{ {', '.join(f'a{i} = 1' for i in range(3_000))} }}",
    "many numbers": f"[[teams]]\nname = 'a'\nskills = [{'-1, ' * 20_000}]",
    "many digits": "horizon = " + "9" * 5_000,
    "many digits in hexadecimal": "horizon = 0x" + "f" * 5_000,
}


@pytest.mark.parametrize("what", TEXTS)
def test_a_text_without_end_is_a_scenario_error_of_a_few_lines(what: str) -> None:
    with pytest.raises(fs.ScenarioError) as caught:
        fs.Scenario.from_toml(TEXTS[what])
    assert len(str(caught.value)) < LONGEST_MESSAGE


def nested(depth: int, around: str) -> Any:
    value: Any = 1
    for _ in range(depth):
        value = [value] if around == "list" else {"a": value}
    return value


@pytest.mark.parametrize("around", ["list", "table"])
@pytest.mark.parametrize("key", ["name", "order", "stages", "unknown"])
def test_tables_from_python_may_be_as_deep_as_they_like(key: str, around: str) -> None:
    with pytest.raises(fs.ScenarioError, match="tables and lists within one another"):
        fs.Scenario(**{key: nested(5_000, around)})


def test_a_list_that_holds_itself_is_refused() -> None:
    endless: list[Any] = []
    endless.append(endless)
    with pytest.raises(fs.ScenarioError, match="within one another"):
        fs.Scenario(name=endless)


@pytest.mark.parametrize("path", [".".join("a" * 3_000), f"stages.{LONG}", "self", ""])
def test_a_path_without_end_is_a_scenario_error_of_a_few_lines(path: str) -> None:
    with pytest.raises(fs.ScenarioError) as caught:
        fs.load("aida").vary({path: 1})
    assert len(str(caught.value)) < LONGEST_MESSAGE


def test_a_message_lists_twenty_problems_and_the_error_holds_all() -> None:
    stages = [{"name": f"s{i}", "conversion": 2} for i in range(300)]
    with pytest.raises(fs.ScenarioError) as caught:
        fs.Scenario(name="a", horizon="1 day", channels=[], stages=stages)
    assert len(caught.value.problems) > 300
    assert "more, in .problems of this error" in str(caught.value)
    assert {f"stages.s{i}.conversion" for i in range(299)} <= {
        problem.path for problem in caught.value.problems
    }


keys = st.one_of(
    st.sampled_from([*fs.Scenario.model_fields, "self", "cls", "name", "share", "from", ""]),
    st.text(max_size=5),
)
values = st.recursive(
    st.one_of(
        st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8), st.dates()
    ),
    lambda inside: st.one_of(
        st.lists(inside, max_size=4), st.lists(st.tuples(keys, inside), max_size=4).map(dict)
    ),
    max_leaves=12,
)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.tuples(keys, values), max_size=6).map(dict))
def test_whatever_the_tables_it_is_a_scenario_or_a_scenario_error(tables: dict[str, Any]) -> None:
    try:
        fs.Scenario(**tables)
    except fs.ScenarioError as error:
        assert len(str(error)) < LONGEST_MESSAGE
