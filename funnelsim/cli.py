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

from funnelsim import calibrate_command
from funnelsim.errors import FunnelSimError
from funnelsim.version import __version__

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

    board = commands.add_parser(
        "board", help="a live board without code, in the browser",
        epilog="What follows -- goes to Voila.",
    )  # fmt: skip
    board.add_argument(
        "what", nargs="?", metavar="NAME_OR_FILE",
        help="a board, a scenario that comes along, a scenario's file, or an export of your CRM; "
        "without it all boards",
    )  # fmt: skip
    board.add_argument(
        "--as", dest="name", metavar="BOARD",
        help="which board shows a scenario (explore) or an export (pipeline)",
    )  # fmt: skip
    board.add_argument(
        "--port", type=int, metavar="N",
        help="where it listens (8866, or another one where that is taken)",
    )  # fmt: skip
    board.add_argument("--no-browser", action="store_true", help="only print the address")
    board.set_defaults(command=_board)

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
    calibrate_command.add_to(commands.add_parser("calibrate", help=own))
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
    plan.add_argument(
        "--by", choices=["week", "month", "quarter"], help="tell the plan by such periods as well"
    )
    plan.add_argument("--seed", type=int, default=1, help="another seed, another search (1)")
    plan.add_argument("--report", type=Path, metavar="FILE", help="write an HTML page as well")
    plan.add_argument("--workbook", type=Path, metavar="FILE", help="write an .xlsx as well")


def _lab(chosen: argparse.Namespace) -> None:
    from funnelsim.lab import start_lab

    start_lab(
        chosen.folder,
        port=chosen.port,
        browser=not chosen.no_browser,
        arguments=chosen.jupyter,
    )


def _board(chosen: argparse.Namespace) -> None:
    from funnelsim.lab.app import start_board

    start_board(
        chosen.what,
        chosen.name,
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
        most_gone_cold=chosen.gone_cold, seed=chosen.seed, by=chosen.by,
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


if __name__ == "__main__":
    sys.exit(main())
