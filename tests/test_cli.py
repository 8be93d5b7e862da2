"""The command: what it prints and writes, and how it ends."""

from __future__ import annotations

import io
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
from consoles import in_a_console, needs_a_console

import funnelsim as fs
from funnelsim import datasets
from funnelsim.cli import main
from funnelsim.planner.parameter_uncertainty import from_calibration, from_pilot

ROOT = Path(__file__).resolve().parents[1]


def test_version(capsys):
    with pytest.raises(SystemExit) as end:
        main(["--version"])
    assert end.value.code == 0
    assert capsys.readouterr().out.strip() == f"funnelsim {fs.__version__}"


def test_python_m():
    done = subprocess.run(
        [sys.executable, "-m", "funnelsim", "--version"],
        capture_output=True, encoding="utf-8", cwd=ROOT, check=True,
    )  # fmt: skip
    assert done.stdout.strip() == f"funnelsim {fs.__version__}"


@pytest.mark.parametrize("arguments", [[], ["fly"], ["run"], ["run", "aida", "--seed", "x"]])
def test_wrong_usage_ends_with_2(arguments, capsys):
    with pytest.raises(SystemExit) as end:
        main(arguments)
    assert end.value.code == 2
    assert "usage: funnelsim" in capsys.readouterr().err


def test_run_prints_funnel_and_figures(capsys, tmp_path):
    assert main(["run", "aida", "--seed", "4", "--report", str(tmp_path / "aida.html")]) == 0
    out = capsys.readouterr().out
    journal = fs.simulate(fs.load("aida"), seed=4, progress=False)
    table, figures = fs.funnel_table(journal), fs.summary(journal)
    for stage in table.index:
        assert any(
            line.startswith(stage) and f"{table.loc[stage, 'entered']:,}" in line
            for line in out.splitlines()
        )
    assert f"{figures['revenue']:,.0f}" in out
    assert str(tmp_path / "aida.html") in out and (tmp_path / "aida.html").is_file()


def test_run_loads_nothing_that_draws():
    code = """if True:
        import sys
        from funnelsim.cli import main
        assert main(["run", "aida"]) == 0
        drawing = {"altair", "vl_convert", "ipywidgets", "anywidget"} & set(sys.modules)
        assert not drawing, drawing"""
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT, capture_output=True)


def test_run_takes_a_file(capsys, tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text(fs.load("aida").vary({"name": "Mine"}).to_toml(), encoding="utf-8")
    assert main(["run", str(path)]) == 0
    assert "Mine" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["run", "aidda"], "aida"),
        (["run", "nowhere.toml"], "nowhere.toml"),
        (["run", "aida", "--seed", "-1"], "seed"),
        (["calibrate", "nowhere.csv", "--created", "c", "--won", "w"], "nowhere.csv"),
        (["demo", "--data", "nowhere"], "nowhere"),
    ],
)
def test_what_cannot_be_done_ends_with_1_and_a_sentence(arguments, said, capsys):
    assert main(arguments) == 1
    err = capsys.readouterr().err
    assert err.startswith("funnelsim: ") and said in err
    assert "Traceback" not in err


def test_demo_on_the_bundled_export(capsys, tmp_path):
    assert main(["demo", "--out", str(tmp_path / "new folder")]) == 0
    out = capsys.readouterr().out
    for part in ("Conversion and time in stage", "Assumed", "The funnel of", "Key figures",
                 "Beside what the export shows", "usual range"):  # fmt: skip
        assert part in out
    page, scenario = tmp_path / "new folder" / "report.html", tmp_path / "new folder/scenario.toml"
    assert str(page) in out and "<svg" in page.read_text(encoding="utf-8")
    assert fs.load(scenario).stages[0].name == "Lead"
    assert max(map(len, out.splitlines())) <= 140
    assert "nan" not in out.lower().split()


def test_demo_prints_the_same_twice(capsys, tmp_path):
    printed = []
    for _ in range(2):
        main(["demo", "--out", str(tmp_path)])
        printed.append(capsys.readouterr().out)
    assert printed[0] == printed[1]


def test_demo_on_a_csv_of_the_same_form(capsys, tmp_path):
    deals = datasets.load_crm_deals().head(3_000)
    deals.to_csv(tmp_path / "ours.csv", sep=";", index=False, date_format="%d.%m.%Y %H:%M")
    assert main(["demo", "--data", str(tmp_path / "ours.csv"), "--out", str(tmp_path)]) == 0
    assert "3,000 leads used" in capsys.readouterr().out


def test_demo_on_olist(capsys, tmp_path, olist):
    assert main(["demo", "--data", str(olist), "--out", str(tmp_path)]) == 0
    out = capsys.readouterr().out
    assert "5,997 leads used (780 won" in out and "2,003 left out" in out


def test_demo_says_what_it_expects(capsys, tmp_path):
    assert main(["demo", "--data", str(tmp_path)]) == 1
    assert "Olist" in capsys.readouterr().err
    (tmp_path / "x.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    assert main(["demo", "--data", str(tmp_path / "x.csv")]) == 1
    assert "no column says when the lead came in" in capsys.readouterr().err


CRM = [
    "--id", "lead_id", "--created", "created", "--stage", "Qualified=qualified",
    "--stage", "Proposal=proposal", "--won", "won", "--lost", "lost", "--outcome", "outcome",
    "--channel", "channel", "--owner", "owner", "--value", "deal_value", "--reason", "lost_reason",
    "--no-backtest",
]  # fmt: skip


def test_calibrate_writes_the_scenario(capsys, tmp_path):
    path, out = datasets.bundled("crm_deals.csv"), tmp_path / "found.toml"
    assert main(["calibrate", str(path), *CRM, "--out", str(out)]) == 0
    found = fs.calibrate(path, **datasets.CRM_COLUMNS)
    assert fs.load(out) == found.scenario
    printed = capsys.readouterr().out
    assert str(found.report) in printed and f"\n\nScenario: {out.resolve()}" in printed
    assert main(["calibrate", str(path), *CRM]) == 0
    assert capsys.readouterr().out == f"{found}\n"


def test_calibrate_names_the_command_for_a_plan_with_the_open_deals_and_the_doubt(capsys, tmp_path):
    """Two files and a pilot say what `fs.plan(calibration, initial=calibration.state)` knows."""
    path, out = datasets.bundled("crm_deals.csv"), tmp_path / "found it.toml"
    deals = tmp_path / "open.csv"
    arguments = ["calibrate", str(path), *CRM, "--out", str(out)]
    assert main(arguments) == 0
    assert "--deals-out writes them" in " ".join(capsys.readouterr().out.split())
    assert main([*arguments, "--deals-out", str(deals)]) == 0
    found = fs.calibrate(path, **datasets.CRM_COLUMNS)
    sales, leads = found.pilot
    said = f'funnelsim plan "{out}" --deals {deals} --pilot "{sales} of {leads}" --target N'
    assert capsys.readouterr().out.splitlines()[-1].strip() == said

    state = fs.State.read(deals)
    pd.testing.assert_frame_equal(state.deals, found.state.deals, check_dtype=False)
    by_files = fs.plan(fs.load(out), 130, initial=state, pilot=found.pilot, progress=False)
    by_python = fs.plan(found, 130, initial=found.state, progress=False, backtest=False)
    assert by_python.leads_low <= by_files.leads <= by_python.leads_high
    assert by_files.price_of_not_knowing > 0
    # a pilot is counted in whole numbers
    known, seen = from_calibration(found), from_pilot(found.pilot)
    assert (seen.a, seen.b) == pytest.approx((known.a, known.b), abs=1)


def test_an_option_that_went_is_taken_and_said(capsys, tmp_path):
    datasets.load_crm_deals().tail(600).to_csv(tmp_path / "deals.csv", index=False)
    asked = ["calibrate", str(tmp_path / "deals.csv"), "--no-backtest"]
    assert main([*asked, "--decided-quantile", "0.9"]) == 0
    assert "--decided-quantile went" in capsys.readouterr().err


def test_several_words_may_mean_lost(capsys, tmp_path):
    table = datasets.load_crm_deals()
    table.loc[table["lost_reason"] == "no fit", "outcome"] = "disqualified"
    table.to_csv(tmp_path / "deals.csv", index=False)
    arguments = ["calibrate", str(tmp_path / "deals.csv"), *CRM, "--lost-value", "lost"]
    assert main([*arguments, "--lost-value", "Disqualified"]) == 0
    assert "(499 won, 5,683 lost, 138 open)" in capsys.readouterr().out
    assert main([*arguments, "--won-value", "lost"]) == 1
    assert "'lost' is among won_value and lost_value" in capsys.readouterr().err


@pytest.mark.parametrize(("time", "days"), [("1 quarter", 90), ("2 months", 59), ("1 year", 365)])
def test_a_plan_takes_the_time_of_a_calendar(time, days, capsys):
    assert main(["plan", "aida", "--target", "100", "--within", time]) == 0
    assert f"100 sales in {days} days from 2027-01-04" in capsys.readouterr().out


@pytest.mark.parametrize(
    "time", ["90", "a quarter", "0 days", "0 months", "999 years", "1.5 months"]
)
def test_a_time_that_is_none_says_what_to_write(time, capsys):
    assert main(["plan", "aida", "--target", "100", "--within", time]) == 1
    err = capsys.readouterr().err
    assert f'within is "{time}"' in err
    assert 'write "90 days", "13 weeks", "3 months", "1 quarter" or "1 year"' in err


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (["--created", "creatd"], "did you mean created"),
        (["--stage", "Proposal"], "NAME=COLUMN"),
        (["--stage", "Proposal=created"], "there is a stage Proposal already (proposal)"),
        (["--export-date", "soon"], "export_date is 'soon'"),
        (["--export-date", "05/08/2026"], "dayfirst="),
    ],
)
def test_calibrate_names_what_is_wrong(change, said, capsys):
    assert main(["calibrate", str(datasets.bundled("crm_deals.csv")), *CRM, *change]) == 1
    assert said in capsys.readouterr().err


def test_ctrl_c_ends_with_a_sentence(capsys, monkeypatch, tmp_path):
    def interrupted(*_args, **_named):
        raise KeyboardInterrupt

    monkeypatch.setattr("funnelsim.demo.simulate", interrupted)
    assert main(["demo", "--out", str(tmp_path)]) == 130
    assert "interrupted" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []  # nothing half-written


@needs_a_console
def test_ctrl_c_in_a_long_simulation_ends_with_a_sentence(tmp_path):
    """A real Ctrl-C, once the progress bar has shown that time is passing."""
    scenario = fs.load("aida-follow-up").vary({"channels.search ads.leads_per_day": 500})
    path = tmp_path / "long.toml"
    path.write_text(scenario.vary({"horizon": "999 days"}).to_toml(), encoding="utf-8")
    command = [sys.executable, "-m", "funnelsim", "run", str(path), "--engine", "process"]
    by_hand = {name: value for name, value in os.environ.items() if name != "FUNNELSIM_PROGRESS"}
    with in_a_console(command, by_hand) as (running, console):
        assert "simulating" in console.read(until="simulating")
        running.send_signal(signal.SIGINT)
        told = console.read()
    assert running.returncode == 130
    assert re.search(
        r"funnelsim: interrupted; stopped on day \d+ of 999; no journal was made", told
    )
    assert "Traceback" not in told


def test_a_console_that_cannot_show_a_character_does_not_crash(monkeypatch, tmp_path):
    console = io.TextIOWrapper(io.BytesIO(), encoding="ascii", write_through=True)
    monkeypatch.setattr(sys, "stdout", console)
    assert main(["demo", "--out", str(tmp_path)]) == 0
    printed = console.buffer.getvalue()  # type: ignore[attr-defined]
    assert b"Key figures" in printed and "–" not in printed.decode("ascii")


def test_output_into_a_pipe_that_closes_is_no_traceback(tmp_path):
    """As in `funnelsim run aida | head -1`."""
    code = "import sys; from funnelsim.cli import main; sys.exit(main(['run', 'aida']))"
    process = subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=ROOT
    )
    assert process.stdout is not None and process.stderr is not None
    process.stdout.close()
    errors = process.stderr.read().decode()
    process.stderr.close()
    process.wait()
    assert "Traceback" not in errors and "Exception" not in errors


def test_describe_prints_what_is_said_without_simulation(capsys):
    assert main(["describe", "aida-follow-up"]) == 0
    assert capsys.readouterr().out.strip() == str(fs.describe(fs.load("aida-follow-up")))
    assert main(["describe", "nowhere"]) == 1
    assert "nowhere" in capsys.readouterr().err
