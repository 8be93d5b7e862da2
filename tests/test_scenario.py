"""The scenario: what is wrong is said, all at once; a round trip loses nothing; `vary`."""

import copy
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from pydantic import ValidationError
from some_scenarios import scenario_tables

import funnelsim as fs
from funnelsim.distributions import DAY, HOUR

TINY: dict[str, Any] = {
    "name": "tiny",
    "horizon": "30 days",
    "channels": [{"name": "web", "leads_per_day": 10}],
    "teams": [{"name": "sales", "reps": 2}],
    "stages": [
        {"name": "Interest", "conversion": 0.5, "follow_up": {"team": "sales"}},
        {"name": "Action"},
    ],
    "order": {"value": {"constant": 80}},
}


def problems_of(**changed: Any) -> list[str]:
    with pytest.raises(fs.ScenarioError) as caught:
        fs.Scenario(**{**TINY, **changed})
    return [str(problem) for problem in caught.value.problems]


def stage(**fields: Any) -> list[dict[str, Any]]:
    return [{"name": "Interest", "conversion": 0.5, **fields}, {"name": "Action"}]


# --- in and out -----------------------------------------------------------------------------


@given(scenario_tables())
def test_a_round_trip_through_toml_loses_nothing(tables: dict[str, Any]) -> None:
    scenario = fs.Scenario(**tables)
    again = fs.Scenario.from_toml(scenario.to_toml())
    assert again == scenario
    assert again.to_toml() == scenario.to_toml()


@pytest.mark.parametrize("name", fs.templates())
def test_every_named_scenario_survives_toml_pickle_and_python(name: str) -> None:
    scenario = fs.load(name)
    assert fs.Scenario.from_toml(scenario.to_toml()) == scenario
    assert pickle.loads(pickle.dumps(scenario)) == scenario
    assert fs.Scenario(**scenario.tables()) == scenario


def test_names_with_quotes_umlauts_and_spaces_survive() -> None:
    name = 'Müller & "Söhne" [a] = b # c'
    scenario = fs.Scenario(**{**TINY, "channels": [{"name": name, "leads_per_day": 1}]})
    assert fs.Scenario.from_toml(scenario.to_toml()).channels[0].name == name


def test_a_file_loads_by_path(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(fs.Scenario(**TINY).to_toml(), encoding="utf-8")
    assert fs.load(path) == fs.load(str(path)) == fs.Scenario(**TINY)


def test_a_scenario_can_be_copied_hashed_and_pickled_part_by_part() -> None:
    scenario = fs.load("aida-follow-up")
    assert copy.deepcopy(scenario) == scenario
    assert len({scenario, fs.load("aida-follow-up"), fs.load("aida")}) == 2
    for part in (scenario.stages[1], scenario.order.value, scenario.channels[0]):
        assert pickle.loads(pickle.dumps(part)) == part


def test_a_scenario_is_frozen() -> None:
    scenario = fs.load("aida-follow-up")
    with pytest.raises(ValidationError):
        scenario.name = "other"
    with pytest.raises(ValidationError):
        scenario.stages[0].conversion = 0.9
    with pytest.raises(TypeError):
        scenario.stages[0].loss_reasons["new"] = 1.0
    before = scenario.to_toml()
    scenario.tables()["stages"][0]["conversion"] = 0.9
    assert scenario.to_toml() == before


# --- vary -----------------------------------------------------------------------------------


def test_vary_changes_what_its_path_names_and_nothing_else() -> None:
    scenario = fs.load("aida-follow-up")
    varied = scenario.vary(
        {
            "stages.Interest.conversion": 0.7,
            "teams.sales.reps": 5,
            "channels.search ads.leads_per_day": 3,
            "stages.Interest.follow_up.patience.exponential.mean": "5 h",
            "segments.knows us.odds_ratio": {"Interest": 2},
            "retention.gap": {"constant": "10 days"},
        }
    )
    assert varied.stages[1].conversion == 0.7
    assert varied.teams[0].reps == 5
    assert varied.channels[0].leads_per_day == 3
    assert varied.stages[1].follow_up.patience.exponential.mean == 5 * HOUR
    assert varied.retention.gap.constant == 10 * DAY
    back = varied.vary(
        {
            "stages.Interest.conversion": 0.5,
            "teams.sales.reps": 2,
            "channels.search ads.leads_per_day": 20,
            "stages.Interest.follow_up.patience.exponential.mean": "2 days",
            "segments.knows us.odds_ratio": 1.8,
            "retention.gap": {"exponential": {"mean": "30 days"}},
        }
    )
    assert back == scenario


def test_vary_takes_the_numbers_of_numpy() -> None:
    """As a sweep over np.arange gives them."""
    varied = fs.load("aida-follow-up").vary(
        {"teams.sales.reps": np.int64(3), "stages.Interest.conversion": np.float64(0.3)}
    )
    assert varied.teams[0].reps == 3 and varied.stages[1].conversion == 0.3
    assert fs.Scenario.from_toml(varied.to_toml()) == varied


def test_vary_adds_and_removes_what_may_be_left_out() -> None:
    scenario = fs.load("aida").vary({"retention": None})
    assert scenario.retention is None
    again = scenario.vary(
        {
            "retention.repeat_probability": 0.5,
            "retention.gap.constant": "9 days",
            "warm_up": "1 day",
        }
    )
    assert again.retention.gap.constant == 9 * DAY


@pytest.mark.parametrize(
    ("path", "said"),
    [
        (
            "stages.Intrest.conversion",
            "did you mean Interest? There are: Attention, Interest, Desire",
        ),
        ("stages.Interest.conversoin", "did you mean conversion?"),
        ("stage.Interest.conversion", "did you mean stages?"),
        ("teams.sales.rep", "did you mean reps?"),
        ("teams.sales", "name one of its fields"),
        ("stages.Interest.conversion.mean", "is one value and has nothing inside"),
        ("stages.Interest.follow_up.patience.constant", "one kind"),
    ],
)
def test_a_wrong_path_says_what_there_is(path: str, said: str) -> None:
    with pytest.raises(fs.ScenarioError) as caught:
        fs.load("aida-follow-up").vary({path: "1 day"})
    assert said in str(caught.value)


@pytest.mark.parametrize("changes", [{3: 1}, "stages.Interest.conversion", None])
def test_changes_that_are_no_paths_are_said(changes: Any) -> None:
    with pytest.raises(fs.ScenarioError, match="paths and values"):
        fs.load("aida").vary(changes)


# --- what is wrong --------------------------------------------------------------------------


def test_every_wrong_field_is_reported_at_once() -> None:
    said = problems_of(
        horizon=90,
        channels=[{"name": "web", "leads_per_day": -1, "weekdays": [1, 2]}, {"name": "web"}],
        stages=[
            {"name": "Interest", "conversion": 1.4, "follow_up": {"team": "sale", "misssed": 0.1}},
            {"name": "Action", "conversion": 0.5},
        ],
        segments=[{"name": "a", "share": 0.7}],
        order={"value": 80},
    )
    for expected in [
        'horizon is 90; a duration is a number and a unit, in quotes: write "90 days", "90 h"',
        "channels.web.leads_per_day is -1; this is a number of at least 0",
        "channels.web.weekdays is [1, 2]; weekdays are seven factors",
        "channels.web.leads_per_day is missing; it is needed",
        "channels.web is there 2 times; each of the channels has a name of its own",
        "stages.Interest.conversion is 1.4; a probability lies between 0 and 1",
        'stages.Interest.follow_up.team is "sale"; there is no such team: did you mean sales?',
        "stages.Interest.follow_up.misssed is 0.1; there is no such key: did you mean missed?",
        "stages.Action.conversion is 0.5; the last stage is the goal",
        "segments is 0.7 in sum; the shares of all segments sum to 1",
        "order.value is 80; a distribution is a table with one of constant, uniform",
    ]:
        assert any(line.startswith(expected) for line in said), (expected, said)
    assert len(said) == 11


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"name": ""}, "name is"),
        ({"horizon": "0 days"}, "horizon is"),
        ({"warm_up": "30 days"}, "warm_up is"),
        ({"start": "tomorrow"}, "start is"),
        ({"channels": []}, "channels is empty"),
        ({"channels": {"name": "web"}}, "channels is"),
        ({"channels": [{"name": "a.b", "leads_per_day": 1}]}, "channels.#1.name is"),
        ({"channels": [{"name": "a", "leads_per_day": "10"}]}, "channels.a.leads_per_day is"),
        (
            {"channels": [{"name": "a", "leads_per_day": float("nan")}]},
            "channels.a.leads_per_day is",
        ),
        (
            {"channels": [{"name": "a", "leads_per_day": 1, "odds_ratio": 0}]},
            "channels.a.odds_ratio is",
        ),
        (
            {"channels": [{"name": "a", "leads_per_day": 1, "odds_ratio": {"Intrest": 2}}]},
            "channels.a.odds_ratio.Intrest is",
        ),
        ({"stages": [{"name": "Action"}]}, "stages is 1 in number"),
        (
            {"stages": [{"name": "Interest"}, {"name": "Action"}]},
            "stages.Interest.conversion is missing",
        ),
        ({"stages": stage(conversion=60)}, "stages.Interest.conversion is 60"),
        ({"stages": stage(conversion=True)}, "stages.Interest.conversion is True"),
        ({"stages": stage(loss_reasons={})}, "stages.Interest.loss_reasons is"),
        ({"stages": stage(loss_reasons={"gone cold": 1})}, "stages.Interest.loss_reasons is"),
        ({"stages": stage(decision_time="1 day")}, "stages.Interest.decision_time is"),
        (
            {"stages": stage(decision_time={"lognormal": {"mean": "1 day", "cv": -1}})},
            "stages.Interest.decision_time.lognormal.cv is",
        ),
        (
            {"stages": stage(decision_time={"exponential": {"mean": "1 day", "rate": 2}})},
            "stages.Interest.decision_time.exponential is",
        ),
        (
            {"stages": stage(decision_time={"uniform": {"low": "2 h", "high": "1 h"}})},
            "stages.Interest.decision_time.uniform is",
        ),
        ({"stages": stage(follow_up={"team": "nobody"})}, "stages.Interest.follow_up.team is"),
        ({"teams": [{"name": "sales", "reps": 0}]}, "teams.sales.reps is 0"),
        ({"teams": [{"name": "sales", "reps": 1.5}]}, "teams.sales.reps is 1.5"),
        ({"teams": []}, "stages.Interest.follow_up.team is"),
        ({"teams": [{"name": "sales", "reps": 1, "open": "9-17"}]}, "teams.sales.open is"),
        (
            {"teams": [{"name": "sales", "reps": 1, "open": "Mon 17:00-09:00"}]},
            "teams.sales.open is",
        ),
        ({"teams": [{"name": "sales", "reps": 1, "serves": "lifo"}]}, "teams.sales.serves is"),
        ({"teams": [{"name": "sales", "reps": 1, "skills": [0]}]}, "teams.sales.skills is"),
        ({"teams": [{"name": "sales", "reps": 1, "closed": ["x"]}]}, "teams.sales.closed is"),
        (
            {"stages": stage(recovery={"probability": 0.2, "anyway": 0.3})},
            "stages.Interest.recovery.anyway is",
        ),
        (
            {"stages": stage(follow_up={"team": "sales", "attempts": 0})},
            "stages.Interest.follow_up.attempts is",
        ),
        ({"channels": [{"name": "a"}]}, "channels.a.leads_per_day is missing"),
        (
            {"channels": [{"name": "a", "impressions_per_day": 100}]},
            "channels.a.click_through_rate is missing",
        ),
        (
            {"channels": [{"name": "a", "leads_per_day": 1, "click_through_rate": 0.1}]},
            "channels.a.click_through_rate is",
        ),
        (
            {"channels": [{"name": "a", "leads_per_day": 1, "cost_per_click": 0.1}]},
            "channels.a.cost_per_click is",
        ),
        (
            {"channels": [{"name": "a", "leads_per_day": 1, "dispersion": 0.5}]},
            "channels.a.dispersion",
        ),
        ({"channels": [{"name": "a", "leads_per_day": 1, "hours": [1]}]}, "channels.a.hours is"),
        (
            {"channels": [{"name": "a", "leads_per_day": 1, "labels": {"lead": "x"}}]},
            "channels.a.labels is",
        ),
        ({"order": {}}, "order.value is missing"),
        ({"order": {"value": {"constant": 80}, "margin": 40}}, "order.margin is 40"),
        ({"order": None, "retention": {"repeat_probability": 0.5}}, "retention is"),
        (
            {"retention": {"repeat_probability": 0.5, "gap": {"constant": "0 days"}}},
            "retention.gap is",
        ),
        ({"order": None, "loyalty": {"enrolment": 0.5}}, "loyalty is"),
    ],
)
def test_what_is_wrong_is_said_with_its_path(changed: dict[str, Any], said: str) -> None:
    assert any(line.startswith(said) for line in problems_of(**changed)), problems_of(**changed)


def test_percent_for_share_is_answered_with_the_share() -> None:
    assert "write 0.6 for 60 %" in problems_of(stages=stage(conversion=60))[0]


@pytest.mark.parametrize("text", ["a = ", "[[stages]\n", "name = 'x", "a = 1\na = 2", "\x00"])
def test_broken_toml_is_a_scenario_error_with_its_line(text: str) -> None:
    with pytest.raises(fs.ScenarioError, match="not TOML"):
        fs.Scenario.from_toml(text, source="mine.toml")


@pytest.mark.parametrize("text", ["a = " + "9" * 5000, "a = " + "[" * 5000, b"a = 1", None])
def test_what_toml_cannot_read_at_all_is_a_scenario_error_too(text: Any) -> None:
    with pytest.raises(fs.ScenarioError):
        fs.Scenario.from_toml(text)


def test_a_number_with_hundreds_of_digits_is_refused() -> None:
    assert "write a finite number" in problems_of(stages=stage(conversion=10**400))[0]


def test_the_text_of_a_file_in_place_of_its_path_is_told_the_way() -> None:
    with pytest.raises(fs.FunnelSimError, match="from_toml"):
        fs.load(fs.Scenario(**TINY).to_toml())


@pytest.mark.parametrize("wrong", ["aidda", ".", 3, "x" * 5000, "a\0b"])
def test_a_scenario_that_is_not_there_says_what_is(wrong: Any) -> None:
    with pytest.raises(fs.FunnelSimError, match="aida"):
        fs.load(wrong)


def test_a_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "binary.toml"
    path.write_bytes(b"\xff\xfe\x00\x01")
    with pytest.raises(fs.FunnelSimError, match="UTF-8"):
        fs.load(path)
