"""The command `funnelsim calibrate`: what it takes, and what it says on the way to a plan."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from funnelsim.errors import FunnelSimError

if TYPE_CHECKING:
    from funnelsim.calibration import Calibration


def add_to(calibrate: argparse.ArgumentParser) -> None:
    """Says to the parser what the command takes."""
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
    calibrate.add_argument("--decided-quantile", type=float, help=argparse.SUPPRESS)  # went
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
    if wanted.pop("decided_quantile") is not None:
        print(
            "--decided-quantile went with the cut-off it set, and changes nothing.", file=sys.stderr
        )
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
