"""Which changes to the code would no test notice? One small change at a time, and the tests on it.

    make mutants                           all of it: a day or so; it goes on where it was stopped
    make mutants ONLY=money SAMPLE=40      forty places of one subject

A place in the code is an operator, a number, a condition, or one of two functions that are easily
confused; at each one thing is changed. They are tried in the order of a hash, so any sample is part
of every larger one, in a copy of the project (`.mutants/`), with the tests of the subject, those
first that fail soonest. What was found is written to benchmarks/MUTANTS.md; why something that no
test notices may stay so is kept by hand in benchmarks/mutants.toml.

Why no library does this: mutmut needs a system that forks, and cosmic-ray a package without a
wheel, which `make constraints` cannot resolve. Neither knows what a NumPy program is confused by.
"""

from __future__ import annotations

import argparse
import ast
import hashlib
import json
import multiprocessing
import os
import re
import shutil
import sys
import time
import tomllib
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).resolve().parents[1]
WORK = ROOT / ".mutants"
COPY, RESULTS = WORK / "project", WORK / "results.json"
FOUND, JUDGED = ROOT / "benchmarks" / "MUTANTS.md", ROOT / "benchmarks" / "mutants.toml"
NOT_COPIED = shutil.ignore_patterns(".*", "__pycache__", "_build", "build", "dist")

# A subject: its modules, and its tests.
SUBJECTS: dict[str, tuple[list[str], str]] = {
    "draws": (
        ["engines/draws/*.py", "chance.py", "distributions/*.py", "opening_hours.py", "fitted.py"],
        "draws opening_hours state_by_hand reference_model distributions chance state_says",
    ),
    "simpy_engine": (
        ["engines/simpy_engine/*.py", "engines/__init__.py"],
        "process customer_life reference_model simulate engines_agree",
    ),
    "column_engine": (
        ["engines/column_engine/*.py"],
        "reference_model at_one_moment engines_agree compiled",
    ),
    "analytic": (
        ["analytic/*.py"],
        "draws load_and_warm_up planner_theory analytic plan_commission order_rates",
    ),
    "money": (
        ["metrics/money.py", "metrics/channels.py", "metrics/revenue.py", "metrics/basis.py",
         "metrics/points.py", "metrics/orders.py"],
        "orders_by_hand commission metrics people order_rates",
    ),
    "figures": (
        ["metrics/__init__.py", "metrics/facts.py", "metrics/figure.py", "metrics/figures.py",
         "metrics/follow_up.py", "metrics/funnel.py", "metrics/stated.py"],
        "metrics figures theory_follow_up nothing_happened",
    ),
    "retention": (
        ["metrics/retained.py", "retention/*.py"],
        "retention cohorts",
    ),
    "groups": (
        ["metrics/cohorts.py", "metrics/group*.py", "metrics/mix.py", "metrics/nps.py",
         "metrics/pipeline.py", "metrics/referrals.py", "metrics/recoveries.py"],
        "cohorts groups mix_and_rate pipeline recoveries referrals",
    ),
    "open_deals": (
        ["metrics/known.py", "metrics/laws.py", "metrics/chances.py", "metrics/own.py",
         "metrics/judged.py", "metrics/pipeline_changes.py", "metrics/pipeline_forecast.py"],
        "pipeline_known pipeline to_crm",
    ),
    "programme": (["metrics/programme.py"], "board_money"),
    "backtest": (
        ["planner/backtests.py", "planner/cuts.py", "planner/doubt.py", "planner/tested.py",
         "planner/tracking.py"],
        "backtest",
    ),
    "closed_form": (
        ["planner/closed_form.py", "planner/parameter_uncertainty.py", "planner/roots.py"],
        "planner_theory",
    ),
    "search": (
        ["planner/search.py", "planner/curves.py", "planner/trials.py", "planner/cheapest.py",
         "planner/mixes.py"],
        "plan_curves planner planner_theory planner_levers planner_refuses cheapest",
    ),
    "plan": (
        ["planner/__init__.py", "planner/answer.py", "planner/forecasts.py",
         "planner/futures.py", "planner/infeasible.py", "planner/levers.py",
         "planner/outcomes.py", "planner/question.py", "planner/requirements.py",
         "planner/sentences.py", "planner/text_tables.py", "metrics/planned.py"],
        "planner_levers planner_refuses planner plan_commission planner_theory forecast plan_out",
    ),
    "ab_tests": (["ab_tests/*.py"], "ab_tests"),
    "changes": (
        ["staffing.py", "what_changes.py", "metrics/by_month.py"],
        "what_changes changes changes_for changing_teams saturation",
    ),
    "over_time": (
        ["planner/over_time.py", "planner/weeks.py"],
        "plan_over_time plan_in_which_week",
    ),
    "calibration": (
        ["calibration/*.py"],
        "calibration_by_hand calibration calibration_reading datasets",
    ),
}  # fmt: skip


# --- what is changed ----------------------------------------------------------------------------

OPERATORS: dict[type[ast.AST], tuple[str, str]] = {
    ast.Add: ("+", "-"), ast.Sub: ("-", "+"), ast.Mult: ("*", "/"), ast.Div: ("/", "*"),
    ast.FloorDiv: ("//", "*"), ast.Mod: ("%", "*"), ast.Pow: ("**", "*"),
    ast.BitOr: ("|", "&"), ast.BitAnd: ("&", "|"),
    ast.Lt: ("<", "<="), ast.LtE: ("<=", "<"), ast.Gt: (">", ">="), ast.GtE: (">=", ">"),
    ast.Eq: ("==", "!="), ast.NotEq: ("!=", "=="), ast.Is: ("is", "is not"),
    ast.IsNot: ("is not", "is"), ast.In: ("in", "not in"), ast.NotIn: ("not in", "in"),
    ast.And: ("and", "or"), ast.Or: ("or", "and"),
}  # fmt: skip
CONFUSED = [("max", "min"), ("maximum", "minimum"), ("any", "all"), ("floor", "ceil"),
            ("left", "right"), ("ones", "zeros"), ("argmax", "argmin")]  # fmt: skip
OTHER = {a: b for pair in CONFUSED for a, b in (pair, pair[::-1])}


class Change(NamedTuple):
    """Bytes of a module's text, and what stands there in their place."""

    module: str
    line: int
    begin: int
    end: int
    new: str
    before: str  # the lines of it
    after: str


def changes(module: str, text: bytes) -> list[Change]:
    """One for each place, in the order in which they are tried."""
    found = []
    for begin, end, new in set(_places(text)):
        changed = text[:begin] + new.encode() + text[end:]
        first = text.rfind(b"\n", 0, begin) + 1
        last = len(text) - text.find(b"\n", end)
        before, after = (b[first : len(b) - last].decode() for b in (text, changed))
        one_line = [" ".join(lines.split()) for lines in (before, after)]
        found.append(Change(module, text.count(b"\n", 0, begin) + 1, begin, end, new, *one_line))
    return sorted(found, key=lambda c: hashlib.sha256(f"{module} {c}".encode()).digest())


def _places(text: bytes) -> Iterator[tuple[int, int, str]]:
    """Where something can be changed (first byte, last), and to what."""
    starts = [0, *(match.end() for match in re.finditer(b"\n", text))]

    def begin(node: Any) -> int:
        return starts[node.lineno - 1] + int(node.col_offset)

    def end(node: Any) -> int:
        return starts[node.end_lineno - 1] + int(node.end_col_offset)

    def between(left: Any, right: Any, operator: ast.AST, more: str = "") -> Iterator[Any]:
        old, new = OPERATORS.get(type(operator), ("", ""))
        at = text.find((old + more).encode(), end(left), begin(right)) if old else -1
        if at >= 0:
            yield at, at + len(old), new

    for node in _code(ast.parse(text)):
        match node:
            case ast.BinOp():
                yield from between(node.left, node.right, node.op)
            case ast.AugAssign():
                yield from between(node.target, node.value, node.op, "=")
            case ast.Compare():
                sides = [node.left, *node.comparators]
                for left, right, operator in zip(sides, sides[1:], node.ops, strict=False):
                    yield from between(left, right, operator)
            case ast.BoolOp():
                for left, right in zip(node.values, node.values[1:], strict=False):
                    yield from between(left, right, node.op)
            case ast.UnaryOp():
                length = 3 if isinstance(node.op, ast.Not) else 1
                yield begin(node), begin(node) + length, ""
            case ast.Constant(value=bool()):
                yield begin(node), end(node), str(not node.value)
            case ast.Constant(value=int() | float()):
                yield begin(node), end(node), repr(node.value + 1)
            case ast.Constant(value=str()) if node.value in OTHER:
                yield begin(node), end(node), repr(OTHER[node.value])
            case ast.Name(id=name) | ast.Attribute(attr=name) if name in OTHER:
                yield end(node) - len(name), end(node), OTHER[name]
            case ast.If(test=test) | ast.IfExp(test=test) if isinstance(
                test, ast.Name | ast.Attribute | ast.Call
            ):
                yield begin(test), begin(test), "not "


def _code(node: ast.AST) -> Iterator[ast.AST]:
    """What is run, but for annotations, which change nothing, and what is within f-strings: where
    that stands is known only since Python 3.12.
    """
    for name, value in ast.iter_fields(node):
        if name in ("annotation", "returns", "type_params") or isinstance(node, ast.JoinedStr):
            continue
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.AST):
                yield child
                yield from _code(child)


# --- what is tried ------------------------------------------------------------------------------


def main() -> None:
    asked = argparse.ArgumentParser(description="Which changes would no test notice?")
    asked.add_argument("--only", choices=SUBJECTS, help="one subject")
    asked.add_argument("--sample", type=int, help="so many places of each; left out, all")
    asked.add_argument("--again", action="store_true", help="try anew what went unnoticed")
    args = asked.parse_args()
    results = known()
    if args.again:
        results = {key: one for key, one in results.items() if one["noticed"]}
    shutil.rmtree(COPY, ignore_errors=True)
    shutil.copytree(ROOT, COPY, ignore=NOT_COPIED)
    try:
        for subject in [args.only] if args.only else SUBJECTS:
            try_out(subject, args.sample, results)
    except KeyboardInterrupt:
        print("\nStopped; the same command goes on from here.")
    FOUND.write_text(page(results), encoding="utf-8", newline="\n")
    print(f"written: {FOUND.relative_to(ROOT).as_posix()}")


def known() -> dict[str, Any]:
    """What was found of changes to the code as it still is."""
    if not RESULTS.exists():
        return {}
    now = {key(change) for subject in SUBJECTS for change in of_subject(subject)}
    found = json.loads(RESULTS.read_text(encoding="utf-8"))
    return {key: one for key, one in found.items() if key in now}


def key(change: Change) -> str:
    return f"{version(change.module)} {change.module} {change.begin} {change.new}"


@cache
def version(module: str) -> str:
    return hashlib.sha256((ROOT / "funnelsim" / module).read_bytes()).hexdigest()[:12]


def of_subject(subject: str) -> list[Change]:
    found: list[Change] = []
    for pattern in SUBJECTS[subject][0]:
        for path in sorted((ROOT / "funnelsim").glob(pattern)):
            module = path.relative_to(ROOT / "funnelsim").as_posix()
            found += changes(module, path.read_bytes())
    return sorted(found, key=lambda c: hashlib.sha256(str(c).encode()).digest())


def try_out(subject: str, sample: int | None, results: dict[str, Any]) -> None:
    """Changes the copy, one place after the other, and runs the subject's tests on each."""
    waiting = [one for one in of_subject(subject)[:sample] if key(one) not in results]
    if not waiting:
        return
    begin = time.monotonic()
    print(f"{subject}: the tests on the code as it is", flush=True)
    if not tests_pass(subject, None):
        sys.exit(f"{subject}: its tests fail as the code is; mend that first")
    patience = 60 + 5 * (time.monotonic() - begin)  # a change may make a loop endless
    for nth, change in enumerate(waiting, start=1):
        path = COPY / "funnelsim" / change.module
        text = path.read_bytes()
        try:
            path.write_bytes(text[: change.begin] + change.new.encode() + text[change.end :])
            noticed = not tests_pass(subject, patience)
        finally:
            path.write_bytes(text)
        results[key(change)] = {**change._asdict(), "subject": subject, "noticed": noticed}
        RESULTS.write_text(json.dumps(results, indent=1), encoding="utf-8")
        said = "noticed" if noticed else "NOT NOTICED"
        print(
            f"{subject} {nth} of {len(waiting)}: {change.module}:{change.line} {said}", flush=True
        )


def tests_pass(subject: str, patience: float | None) -> bool:
    """In a process of its own, which on Linux has loaded already what takes long to load."""
    forks = sys.platform == "linux"
    if forks:
        import altair, pandas, pydantic, scipy.stats  # noqa: E401, F401, I001
    process = multiprocessing.get_context("fork" if forks else "spawn").Process(
        target=_run, args=([f"tests/test_{name}.py" for name in SUBJECTS[subject][1].split()],)
    )
    process.start()
    process.join(patience)
    if process.is_alive():
        process.kill()
        process.join()
        return False
    return process.exitcode == 0


def _run(files: list[str]) -> None:
    os.chdir(COPY)
    sys.path.insert(0, str(COPY))
    sys.dont_write_bytecode = True  # two changes within a second would look the same
    os.environ |= {"PYTHONPATH": str(COPY), "FUNNELSIM_SCENARIOS": "20", "FUNNELSIM_SMALLEST": "0"}
    sys.stdout = sys.stderr = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115
    import pytest

    options = ["-x", "-q", "-p", "no:cacheprovider", "-m", "not browser"]
    sys.exit(pytest.main([*options, "-o", "addopts=--import-mode=importlib", *files]))


# --- what was found -----------------------------------------------------------------------------


def page(results: dict[str, Any]) -> str:
    """benchmarks/MUTANTS.md."""
    judged = tomllib.loads(JUDGED.read_text(encoding="utf-8")) if JUDGED.exists() else {}
    why = {(one["module"], one["before"], one["after"]): one["why"]
           for one in judged.get("unnoticed", [])}  # fmt: skip
    tried = Counter(one["module"] for one in results.values())
    noticed = Counter(one["module"] for one in results.values() if one["noticed"])
    of_all = Counter(change.module for subject in SUBJECTS for change in of_subject(subject))
    table = "".join(
        f"| `{m}` | {of_all[m]:,} | {tried[m]:,} | {noticed[m]:,} | {tried[m] - noticed[m]:,} |\n"
        for m in sorted(tried)
    )
    listed = ""
    for one in sorted(results.values(), key=lambda one: (one["module"], one["line"])):
        if not one["noticed"]:
            reason = why.get((one["module"], one["before"], one["after"]), "not looked at yet")
            listed += f"- `{one['module']}:{one['line']}`: {reason}\n"
            listed += f"  - `{one['before']}`\n  - `{one['after']}`\n"
    return f"""\
# Changes that tests notice

Written by `make mutants` (`scripts/mutants.py`), which changes one place in the code at a time and
runs the tests of its subject. The subjects have {of_all.total():,} places; {tried.total():,} were
tried, chosen by a hash, and {noticed.total():,} of them were noticed.

| module | places | tried | noticed | not noticed |
|---|---:|---:|---:|---:|
{table}
## Not noticed, and why

{listed or "Nothing." + chr(10)}"""


if __name__ == "__main__":
    main()
