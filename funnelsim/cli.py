"""The command `funnelsim`: a dispatcher; the work of each command is done elsewhere.

One small function per command, which imports what it needs when it is called, so that
`funnelsim --help` is quick. `funnelsim COMMAND --help` says what a command takes.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from io import TextIOWrapper
from pathlib import Path
from typing import TYPE_CHECKING

from funnelsim.errors import FunnelSimError
from funnelsim.version import __version__

if TYPE_CHECKING:
    from funnelsim.calibration import Calibration

A_SCENARIO = (
    "the name of a scenario that comes along, a .toml file, or a report or workbook made with one"
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Do one command; 0 when it went well, 1 when it could not be done, 130 when interrupted."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")  # a console that cannot show "×"
    ours, jupyters = split_at_dashes(list(sys.argv[1:] if arguments is None else arguments))
    chosen = parser().parse_args(ours, argparse.Namespace(jupyter=jupyters))
    try:
        chosen.command(chosen)
        sys.stdout.flush()
    except FunnelSimError as error:
        print(f"funnelsim: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt as stop:
        told = "; ".join(["interrupted", *getattr(stop, "__notes__", [])])
        print(f"\nfunnelsim: {told}", file=sys.stderr)
        return 130
    except BrokenPipeError:  # the reader of a pipe, such as `head`, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    return 0


def split_at_dashes(arguments: list[str]) -> tuple[list[str], list[str]]:
    """What stands before `--` and what stands after it.

    >>> split_at_dashes(["lab", "my course", "--", "--port=8890"])
    (['lab', 'my course'], ['--port=8890'])
    """
    if "--" not in arguments:
        return arguments, []
    dashes = arguments.index("--")
    return arguments[:dashes], arguments[dashes + 1 :]


def parser() -> argparse.ArgumentParser:
    """All commands and what they take."""
    top = argparse.ArgumentParser(prog="funnelsim", description="Simulate sales funnels.")
    top.add_argument("--version", action="version", version=f"funnelsim {__version__}")
    commands = top.add_subparsers(required=True, metavar="COMMAND")

    lab = commands.add_parser(
        "lab", help="open the course in JupyterLab", epilog="What follows -- goes to Jupyter."
    )
    lab.add_argument("folder", nargs="?", type=Path, help="the folder of the course")
    lab.add_argument(
        "--port", type=int, metavar="N",
        help="where it listens (8888, or another one where that is taken)",
    )  # fmt: skip
    lab.add_argument("--no-browser", action="store_true", help="only print the address")
    lab.set_defaults(command=_lab)

    course = commands.add_parser("course", help="copy the course into a folder of your own")
    course.add_argument("folder", nargs="?", type=Path, default=Path("funnelsim-course"))
    course.set_defaults(command=_course)

    results = commands.add_parser("results", help="the sheets of a class as one table")
    results.add_argument("folder", type=Path, help="where the files results-....json are")
    results.add_argument(
        "--by", default="student", choices=["student", "exercise", "guess"],
        help="what a row is (student)",
    )  # fmt: skip
    results.add_argument("--csv", type=Path, metavar="FILE", help="write the table there, as well")
    results.set_defaults(command=_results)

    describe = commands.add_parser(
        "describe", help="what a scenario says before it is simulated: leads, conversion, load"
    )
    describe.add_argument("scenario", help=A_SCENARIO)
    describe.set_defaults(command=_describe)

    schema = commands.add_parser("schema", help="what an editor needs to complete a scenario file")
    schema.add_argument("--out", type=Path, metavar="FILE", help="write the JSON schema there")
    schema.set_defaults(command=_schema)

    run = commands.add_parser("run", help="simulate a scenario; print its funnel and key figures")
    run.add_argument("scenario", help=A_SCENARIO)
    run.add_argument("--seed", type=int, default=1, help="another seed, another history (1)")
    run.add_argument(
        "--engine", default="auto", choices=["auto", "columns", "process"],
        help="process: the model in SimPy, slower; the same history (auto)",
    )  # fmt: skip
    run.add_argument("--report", type=Path, metavar="FILE", help="write an HTML page as well")
    run.set_defaults(command=_run)

    _add_plan(commands.add_parser("plan", help="from a target back to leads, budget and people"))

    demo = commands.add_parser("demo", help="from a CRM export to a simulated quarter and a page")
    demo.add_argument(
        "--data", type=Path, metavar="FOLDER_OR_FILE",
        help="the folder of the Marketing Funnel by Olist, or an export of your CRM",
    )  # fmt: skip
    demo.add_argument(
        "--out", type=Path, default=Path("funnelsim-demo"), metavar="FOLDER",
        help="where report.html and scenario.toml are written, or replaced (funnelsim-demo)",
    )  # fmt: skip
    demo.add_argument("--seed", type=int, default=1, help="another seed, another quarter (1)")
    demo.set_defaults(command=_demo)

    own = "a scenario from your own CRM export; its columns are guessed, or told"
    _add_calibrate(commands.add_parser("calibrate", help=own))
    return top


def _add_plan(plan: argparse.ArgumentParser) -> None:
    plan.set_defaults(command=_plan)
    plan.add_argument("scenario", help=A_SCENARIO)
    plan.add_argument("--target", type=float, required=True, help="sales, or an amount of money")
    plan.add_argument(
        "--metric", default="sales", choices=["sales", "revenue", "contribution", "profit"],
        help="what the target is of (sales: first orders; revenue is net)",
    )  # fmt: skip
    plan.add_argument(
        "--probability", type=float, default=0.9, help="how often it is to be reached (0.9)"
    )
    plan.add_argument(
        "--within", metavar="TIME", default="", help='the time for it: "90 days", "1 quarter"'
    )
    plan.add_argument(
        "--change", default="leads", metavar="WHAT",
        help="what may be moved: leads, budget, reps, or a path such as teams.sales.reps (leads)",
    )  # fmt: skip
    plan.add_argument("--pilot", metavar='"15 of 300"', help="sales seen, of how many leads")
    plan.add_argument("--deals", type=Path, metavar="CSV", help="the deals that are open today")
    plan.add_argument("--customers", type=Path, metavar="CSV", help="the customers of today")
    plan.add_argument(
        "--gone-cold", type=float, default=0.1, metavar="SHARE",
        help="how many leads a team may let go cold (0.1)",
    )  # fmt: skip
    plan.add_argument("--seed", type=int, default=1, help="another seed, another search (1)")
    plan.add_argument("--report", type=Path, metavar="FILE", help="write an HTML page as well")
    plan.add_argument("--workbook", type=Path, metavar="FILE", help="write an .xlsx as well")


def _add_calibrate(calibrate: argparse.ArgumentParser) -> None:
    calibrate.set_defaults(command=_calibrate)
    calibrate.add_argument("file", type=Path, help="an export: CSV, Excel, ODS, Parquet")
    calibrate.add_argument("--out", type=Path, metavar="FILE", help="write the scenario (.toml)")
    calibrate.add_argument(
        "--deals-out",
        type=Path,
        metavar="FILE",
        help="write the open deals (.csv), for plan --deals",
    )
    for option, told in (
        ("created", "time the lead came in"),
        ("won", "time the deal was won"),
        ("lost", "time it was lost"),
        ("closed", "time it was closed, won or lost"),
        ("outcome", "won, lost or open"),
        ("id", "number of the lead"),
        ("channel", "where it came from"),
        ("owner", "who looks after it"),
        ("value", "what the deal is worth"),
        ("currency-column", "its currency"),
        ("reason", "why it was lost"),
        ("contacted", "when it was first contacted, or in how many hours"),
        ("stage-column", "of a log: the stage that was entered"),
        ("time", "of a log: when"),
    ):
        calibrate.add_argument(f"--{option}", metavar="COLUMN", help=f"column: {told}")
    calibrate.add_argument(
        "--stage", action="append", default=[], metavar="NAME=COLUMN",
        help="a stage between, and the column of the time it was entered; repeat it in order",
    )  # fmt: skip
    for fate in ("won", "lost"):
        calibrate.add_argument(
            f"--{fate}-value", action="append", metavar="WORD",
            help=f"the outcome that means {fate} ({fate}); repeat it for several",
        )  # fmt: skip
    calibrate.add_argument(
        "--team", action="store_true", help="a team by the owners and the first contacts"
    )
    calibrate.add_argument("--since", metavar="DATE", help="leave out leads created before")
    calibrate.add_argument("--export-date", metavar="DATE", help="when the export was taken")
    calibrate.add_argument(
        "--dayfirst", action=argparse.BooleanOptionalAction, help="03/04/2026 is in April"
    )
    calibrate.add_argument(
        "--yearfirst", action=argparse.BooleanOptionalAction, help="26-12-30 is in 2026"
    )
    calibrate.add_argument("--encoding", help="of the text, such as cp1251, where it is asked for")
    calibrate.add_argument("--sheet", help="of a workbook")
    calibrate.add_argument("--decimal", choices=[",", "."], help="the decimal mark of amounts")
    calibrate.add_argument("--name", default="calibrated from an export", help="of the scenario")
    calibrate.add_argument("--currency", help="of the amounts, and which of several counts")
    calibrate.add_argument(
        "--backtest", action=argparse.BooleanOptionalAction, default=True,
        help="try first how far such forecasts have been right, where the export is long enough",
    )  # fmt: skip


def _lab(chosen: argparse.Namespace) -> None:
    from funnelsim.lab import start_lab

    start_lab(
        chosen.folder,
        port=chosen.port,
        browser=not chosen.no_browser,
        arguments=chosen.jupyter,
    )


def _course(chosen: argparse.Namespace) -> None:
    from funnelsim.lab import copy_course

    print(copy_course(chosen.folder))


def _results(chosen: argparse.Namespace) -> None:
    import warnings

    from funnelsim.exercises.classes import as_csv, class_results
    from funnelsim.saving import write_text

    with warnings.catch_warnings(record=True) as left_out:
        warnings.simplefilter("always", UserWarning)
        table = class_results(chosen.folder, chosen.by)
    print(table.to_string(index=False, na_rep=""))
    for warning in left_out:
        print(f"funnelsim: {warning.message}", file=sys.stderr)
    if chosen.csv:
        print(f"\nTable: {write_text(chosen.csv, as_csv(table)).resolve()}")


def _describe(chosen: argparse.Namespace) -> None:
    from funnelsim.description import describe
    from funnelsim.scenario import load

    print(describe(load(chosen.scenario)))


def _schema(chosen: argparse.Namespace) -> None:
    import json
    from urllib.parse import quote

    from funnelsim.saving import write_text
    from funnelsim.scenario.schema import schema

    text = json.dumps(schema(), indent=1, ensure_ascii=not chosen.out) + "\n"  # any console
    if not chosen.out:
        print(text, end="")
        return
    path = write_text(chosen.out, text)
    print(f"Schema: {path.resolve()}")
    print("The first line of a scenario in the same folder, for an editor that reads it:")
    print(f"#:schema ./{quote(path.name)}")


def _run(chosen: argparse.Namespace) -> None:
    from funnelsim.engines import simulate
    from funnelsim.scenario import load
    from funnelsim.tables import print_journal

    journal = simulate(load(chosen.scenario), seed=chosen.seed, engine=chosen.engine)
    print_journal(journal)
    if chosen.report:
        from funnelsim.report import write_report

        print(f"\nReport (opens offline): {write_report(journal, chosen.report).resolve()}")


def _plan(chosen: argparse.Namespace) -> None:
    from funnelsim.planner import plan
    from funnelsim.planner.text_tables import about, sections
    from funnelsim.scenario import load
    from funnelsim.state import State
    from funnelsim.tables import as_text, heading, say
    from funnelsim.workbook import an_xlsx, write_workbook

    if chosen.workbook:
        an_xlsx(chosen.workbook)  # before the work, not after it
    initial = None
    if chosen.deals or chosen.customers:
        initial = State.read(chosen.deals, chosen.customers)
    scenario = load(chosen.scenario)
    p = plan(
        scenario, chosen.target, chosen.metric, chosen.probability,
        chosen.within or None, chosen.change, initial=initial, pilot=chosen.pilot,
        most_gone_cold=chosen.gone_cold, seed=chosen.seed,
    )  # fmt: skip
    say(f"{about(p)}.")
    print()
    for sentence in p.sentences:
        say(sentence)
    for title, table in sections(p):
        heading(title)
        print(as_text(table))
    if chosen.report:
        from funnelsim.report import write_report

        print(f"\nReport (opens offline): {write_report(p, chosen.report).resolve()}")
    if chosen.workbook:
        print(f"\nWorkbook: {write_workbook(p, chosen.workbook).resolve()}")


def _demo(chosen: argparse.Namespace) -> None:
    from funnelsim.demo import demo

    demo(chosen.data, chosen.out, chosen.seed)


def _calibrate(chosen: argparse.Namespace) -> None:
    from funnelsim.calibration import calibrate
    from funnelsim.deals import read_deals
    from funnelsim.saving import write_text
    from funnelsim.tables import say

    wanted = vars(chosen).copy()
    wanted["stages"] = _stages(wanted.pop("stage")) or None
    wanted["stage"] = wanted.pop("stage_column")
    of_scenario = {"name": wanted.pop("name"), "team": wanted.pop("team")}
    is_tried = wanted.pop("backtest")
    for name in ("command", "jupyter", "file", "out", "deals_out"):
        wanted.pop(name)
    deals = read_deals(chosen.file, **wanted)
    if deals.is_guessed:
        print(deals)
        say("\nWhat was guessed, as the full command; change what is wrong:")
        print(f"  {deals.command}\n")
    calibration = calibrate(deals, currency=chosen.currency, **of_scenario)
    if is_tried:
        calibration = _tried(calibration)
    print(calibration)
    if chosen.out or chosen.deals_out:
        print()
    if chosen.out:
        made = calibration.provenance.as_comment()
        write_text(chosen.out, f"{made}\n{calibration.scenario.to_toml()}")
        print(f"Scenario: {chosen.out.resolve()}")
    if chosen.deals_out:
        deals = calibration.state.deals.to_csv(index=False, lineterminator="\n")
        print(f"Open deals: {write_text(chosen.deals_out, deals).resolve()}")
    if chosen.out:
        _say_how_to_plan(calibration, chosen.out, chosen.deals_out)


def _tried(calibration: Calibration) -> Calibration:
    """Says how far such forecasts have been right; the calibration with the doubt that asks for."""
    from funnelsim.planner.backtests import tried
    from funnelsim.planner.sentences import TOO_SHORT
    from funnelsim.tables import as_text, heading, say

    calibration, found = tried(calibration)
    heading("How far such forecasts have been right")
    for sentence in (TOO_SHORT,) if found is None else found.sentences:
        say(sentence)
    if found is not None:
        print(f"\n{as_text(found.in_text())}")
    print()
    return calibration


def _say_how_to_plan(calibration: Calibration, out: Path, deals: Path | None) -> None:
    """The whole command for a plan: the file of a scenario holds neither deals nor doubt."""
    from funnelsim.tables import figure_text, say

    command, count = ["funnelsim plan", _quoted(out)], len(calibration.state.deals)
    if count and deals:
        command += ["--deals", _quoted(deals)]
    elif count:
        say(f"The scenario knows nothing of the {count:,} open deals: --deals-out writes them.")
    if calibration.pilot:
        sales, leads = calibration.pilot
        known, error = (
            figure_text(share, "share") for share in (calibration.overall, calibration.overall_se)
        )
        say(f"The conversion is known as {known} ± {error}, as well as after a pilot of "
            f"{sales:,} sales of {leads:,} leads.")  # fmt: skip
        command.append(f'--pilot "{sales} of {leads}"')
    say("A plan with all that; write your target for N:")
    print(" ", *command, "--target N")


def _quoted(path: Path) -> str:
    return f'"{path}"' if " " in str(path) else str(path)


def _stages(texts: Sequence[str]) -> dict[str, str]:
    """From NAME=COLUMN, in order."""
    stages: dict[str, str] = {}
    for text in texts:
        name, _, column = (part.strip() for part in text.partition("="))
        if not (name and column):
            raise FunnelSimError(
                f"--stage {text!r}: write NAME=COLUMN, such as Proposal=proposal_sent"
            )
        if name in stages:
            raise FunnelSimError(
                f"--stage {text!r}: there is a stage {name} already ({stages[name]}); give every "
                "stage a name of its own"
            )
        stages[name] = column
    return stages


if __name__ == "__main__":
    sys.exit(main())
