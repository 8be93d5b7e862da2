"""What was made says how, and makes the same again."""

from __future__ import annotations

import pickle
import tomllib
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from some_scenarios import businesses, scenario_tables

import funnelsim as fs
from funnelsim.cli import main
from funnelsim.datasets import CRM_COLUMNS, bundled
from funnelsim.journal.provenance import AtTheStart, Provenance
from funnelsim.report import page, write_report

some = settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))


# --- the hash -----------------------------------------------------------------------------------


def backwards(value: Any) -> Any:
    """The same tables with the keys of each in the opposite order."""
    if isinstance(value, dict):
        return {key: backwards(entry) for key, entry in reversed(value.items())}
    return [backwards(entry) for entry in value] if isinstance(value, list) else value


@some
@given(scenario_tables())
def test_equal_scenarios_have_one_hash(tables: dict[str, Any]) -> None:
    s = fs.Scenario(**tables)
    for same in (
        fs.Scenario.from_toml(s.to_toml()),
        fs.Scenario(**backwards(tables)),
        fs.Scenario(**{"currency": "EUR", "warm_up": "0 h", "segments": []} | tables),  # defaults
        pickle.loads(pickle.dumps(s)),
    ):
        assert same == s
        assert (same.sha256, hash(same)) == (s.sha256, hash(s))


CHANGES = {
    "name": "another",
    "currency": "USD",
    "start": "2028-02-29",
    "horizon": "31 days",
    "channels.channel 1.cost_per_day": 0.01,
    "channels.channel 1.labels": {"region": "elsewhere"},
    "stages.stage 1.conversion": 0.123,
    "stages.stage 1.decision_time": {"lognormal": {"mean": "5 h", "cv": 0.31}},
    "stages.stage 1.loss_reasons": {"too expensive": 2, "changed mind": 1.01},
    "teams": [{"name": "nobody's"}],
    "life_stages": {},
}


@some
@given(scenario_tables(), st.sampled_from(sorted(CHANGES)))
def test_another_value_is_another_hash(tables: dict[str, Any], path: str) -> None:
    s = fs.Scenario(**tables)
    try:
        varied = s.vary({path: CHANGES[path]})
    except fs.ScenarioError:  # its teams are asked for
        assert path == "teams"
        return
    assert (varied.sha256 == s.sha256) == (varied == s)
    assert varied != s or path == "life_stages"


def test_the_hash_is_the_same_on_every_machine() -> None:
    """Written down once: whoever changes it makes every report that was written unreadable."""
    assert fs.load("aida").sha256 == (
        "56def4eae149637fe95ffea12ba38fc908ccdda9e0a448b72b6da182d6c6ccd6"
    )


def test_zero_has_one_hash_whatever_its_sign() -> None:
    s = fs.load("aida").vary({"channels.search ads.weekdays": [1, 1, 1, 1, 1, 0.0, 1]})
    same = fs.load("aida").vary({"channels.search ads.weekdays": [1, 1, 1, 1, 1, -0.0, 1]})
    assert same == s and same.sha256 == s.sha256
    assert s.sha256 != fs.load("aida").sha256


# --- made again ---------------------------------------------------------------------------------


def same_history(one: fs.Journal, other: fs.Journal) -> bool:
    return all(
        (values == other.whole[table][column]).all()
        for table, columns in one.whole.items()
        for column, values in columns.items()
    )


@some
@given(
    business=businesses(),
    seed=st.integers(0, 2**64 - 1),
    replication=st.integers(0, 3),
    engine=st.sampled_from(["columns", "process"]),
)
def test_a_journal_is_made_again_from_its_report(
    business: Any, seed: int, replication: int, engine: str, without_charts: None, tmp_path: Path
) -> None:
    tables, initial = business
    asked = {"replication": replication, "engine": engine, "initial": initial, "progress": False}
    journal = fs.simulate(fs.Scenario(**tables), seed, **asked)
    made = journal.provenance
    read = fs.load(write_report(journal, tmp_path / "report.html"))
    assert read == journal.scenario and read.sha256 == made.sha256
    again = fs.simulate(
        read, seed=made.seed, replication=made.replication, engine=made.engine, initial=initial
    )
    assert same_history(again, journal) and again.provenance == made
    assert (made.start is None) == (initial is None)


def test_a_replication_of_an_experiment_is_made_again() -> None:
    x = fs.replicate(fs.load("upsell"), 3, seed=5, keep="journals", progress=False)
    made = x.journals[2].provenance
    assert (made.seed, made.replication) == (5, 2)
    again = fs.simulate(made.scenario, made.seed, replication=made.replication)
    assert same_history(again, x.journals[2])


STATE = fs.State(deals={"stage": ["Interest", "Desire"], "days_in_stage": [3.0, 1.5]})


@pytest.mark.usefixtures("few_futures")
@pytest.mark.parametrize(
    ("function", "asked"),
    [
        ("replicate", {"n": 3, "keep": "journals"}),
        ("replicate", {"n": 40, "precision": 0.2, "figure": "customers"}),
        ("sweep", {"path": "stages.Interest.conversion", "values": [0.4, 0.5], "n": 2}),
        ("sensitivity", {"figure": "customers", "n": 2}),
        ("sensitivity", {"changes": {"stages.Interest.conversion": (0.4, 0.6)}, "n": 2}),
        ("warm_up_advice", {"n": 3}),
        ("forecast", {"n": 10, "within": "30 days", "pilot": "15 of 100"}),
        ("plan", {"target": 80, "pilot": (15, 100), "within": "60 days"}),
        ("plan", {"target": 5_000, "metric": "revenue", "initial": STATE}),
    ],
)
def test_the_settings_ask_the_same_again(function: str, asked: dict[str, Any]) -> None:
    """Of the scenario as it was given, before a deadline, a pilot or a state changed it."""
    s, ask = (
        fs.load("b2b-pipeline" if function == "warm_up_advice" else "aida"),
        getattr(fs, function),
    )
    told = ask(s, **asked, seed=3, progress=False)
    made = told.provenance
    assert made.scenario == s and made.seed == 3
    start = {} if made.start is None else {"initial": STATE}
    again = ask(made.scenario, **made.settings, **start, seed=made.seed, progress=False)
    assert again.provenance == made
    assert repr(again) == repr(told)


def test_a_comparison_names_all_its_scenarios() -> None:
    scenarios = {name: fs.load(name) for name in ("aida", "seven-stage")}
    c = fs.compare(scenarios, n=2, seed=4, progress=False)
    assert c.provenance.settings["scenarios"] == {n: s.sha256 for n, s in scenarios.items()}
    for name, experiment in c.experiments.items():
        assert experiment.provenance.scenario == scenarios[name]
        assert (experiment.provenance.seed, experiment.provenance.settings) == (4, {"n": 2})


@pytest.mark.parametrize("function", ["replicate", "plan"])
def test_provenance_survives_pickle(function: str) -> None:
    made = getattr(fs, function)(fs.load("aida"), 2, progress=False)
    read = pickle.loads(pickle.dumps(made))
    assert read.provenance == made.provenance
    assert str(read.provenance) == str(made.provenance)


def test_a_journal_read_by_another_version_says_which_one_made_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    content = pickle.dumps(fs.simulate(fs.load("aida")))
    monkeypatch.setattr("funnelsim.journal.provenance._versions", lambda: (("funnelsim", "9.9"),))
    assert pickle.loads(content).provenance.version == fs.__version__
    assert fs.simulate(fs.load("aida")).provenance.version == "9.9"


def test_a_state_has_the_hash_of_what_it_says(tmp_path: Path) -> None:
    state = fs.simulate(fs.load("aida-follow-up"), progress=False).state(40)
    found = AtTheStart.of(state)
    assert (found.deals, found.customers) == (len(state.deals), len(state.customers))
    files = tmp_path / "deals.csv", tmp_path / "customers.csv"
    state.write(*files)
    whole = fs.State(state.deals.assign(days_in_stage=2), state.customers)
    floats = fs.State(state.deals.assign(days_in_stage=2.0), state.customers)
    assert AtTheStart.of(whole) == AtTheStart.of(floats) != found
    assert AtTheStart.of(fs.State(state.deals[::-1], state.customers)) != found  # numbers its leads
    assert AtTheStart.of(fs.State(state.deals[state.deals.columns[::-1]], state.customers)) == found


@pytest.mark.parametrize("engine", ["columns", "process"])
def test_the_page_of_a_journal_says_seed_engine_and_replication(engine: str) -> None:
    journal = fs.simulate(fs.load("aida"), 11, replication=4, engine=engine, progress=False)
    text = page(journal)
    assert f"seed 11; replication 4; engine {engine}; " in text
    assert f"SHA-256 {journal.provenance.sha256[:12]}; " in text
    assert f'data-sha256="{journal.provenance.sha256}"' in text


def test_a_start_in_the_middle_is_said() -> None:
    journal = fs.simulate(fs.load("aida"), initial=STATE, progress=False)
    start = journal.provenance.start
    assert (start.deals, start.customers) == (2, 0)
    assert f"at the start open deals: 2, customers: 0, SHA-256 {start.sha256[:12]}" in page(journal)


# --- a calibration ------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def calibrated() -> Any:
    return fs.calibrate(bundled("crm_deals.csv"), **CRM_COLUMNS)


def test_a_calibration_says_of_which_file_and_columns(calibrated: Any) -> None:
    made = calibrated.provenance
    assert made.scenario == calibrated.scenario and made.seed is None
    assert made.settings["deals"].startswith("crm_deals.csv, 6,320 rows, SHA-256 ")
    assert {name: made.settings[name] for name in CRM_COLUMNS} == CRM_COLUMNS
    asked = {name: value for name, value in made.settings.items() if name != "deals"}
    assert fs.calibrate(bundled("crm_deals.csv"), **asked).scenario == calibrated.scenario


def test_a_table_has_no_name(calibrated: Any) -> None:
    table = pd.read_csv(bundled("crm_deals.csv"))
    made = fs.calibrate(table, **CRM_COLUMNS).provenance
    assert made.settings["deals"] == "a table of 6,320 rows"
    assert made.sha256 == calibrated.provenance.sha256


@pytest.mark.usefixtures("few_futures")
def test_a_plan_and_a_report_say_from_which_calibration(calibrated: Any, tmp_path: Path) -> None:
    p = fs.plan(calibrated, 87, within="90 days", progress=False)
    assert p.provenance.source == calibrated.provenance
    assert "scenario from a calibration (funnelsim" in str(p.provenance)
    assert "deals crm_deals.csv" in str(p.provenance)
    journal = fs.simulate(calibrated.scenario, progress=False)
    path = write_report(journal, tmp_path / "report.html", calibration=calibrated)
    assert "The calibration: funnelsim" in path.read_text(encoding="utf-8")
    assert fs.load(path) == calibrated.scenario


def test_files_of_the_commands_begin_with_how_they_were_made(tmp_path: Path) -> None:
    out = tmp_path / "cal.toml"
    columns = ["--created", "created", "--won", "won", "--lost", "lost"]
    assert main(["calibrate", str(bundled("crm_deals.csv")), *columns, "--out", str(out)]) == 0
    text = out.read_text(encoding="utf-8")
    assert text.startswith("# Made with funnelsim ") and "crm_deals.csv, 6,320 rows" in text
    assert fs.load(out) == fs.Scenario(**tomllib.loads(text))


def test_a_comment_stays_one_whatever_a_column_is_called() -> None:
    s = fs.load("aida").vary({"name": "a\nb = 1\x7f"})
    text = Provenance("calibration", s, None, {"created": "in\r\nb = 2"}).as_comment()
    assert tomllib.loads(text) == {}
    assert all(len(line) <= 96 for line in text.splitlines())
