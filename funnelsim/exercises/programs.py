"""Judges an answer that is a function: runs it, and compares what it did with what is known.

The student's program, the right one and those with a known mistake are all run in the same world,
so a mistake is known by its results, however the program is written. What a program prints is
kept quiet; one that stops with an error, or never ends, is told so in words.
"""

from __future__ import annotations

import gc
import inspect
import linecache
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass
from functools import lru_cache
from io import StringIO
from pathlib import Path
from types import FrameType
from typing import Any

Program = Callable[..., Any]
MOST_STEPS = 1_000_000  # of the student's code: more than any trial takes
KEPT = 64  # results of programs that are known
LONGEST = 160  # characters of an error's own words


class Failed(Exception):
    """A program that could not be run to its end; the text is what the student is told."""


@dataclass(frozen=True)
class Trial:
    """How a program is tried out: `run` gives what it did, or raises `Failed`.

    `same` says whether two programs did the same, as far as can be told; `difference` tells in a
    sentence how what was done differs from what is right. `called` is how the program is called.
    `truth` gives what should be done, where it is known by more than the right program.
    """

    called: str
    run: Callable[[Program], Any]
    same: Callable[[Any, Any], bool]
    difference: Callable[[Any, Any], str]
    truth: Callable[[], Any] | None = None


@lru_cache(KEPT)
def known(trial: Trial, program: Program) -> Any:
    """What a program that is known does; worked out once."""
    return trial.run(program)


def started(program: Program, called: str, *arguments: Any) -> Any:
    """The generator that a call of the program gives, for SimPy to run; else `Failed`."""
    process = call(program, called, *arguments)
    if not inspect.isgenerator(process):
        raise Failed(
            "There is no `yield` in your function: so a call runs it through in one go, at one "
            "moment, and SimPy has nothing to wake up. Write `yield` before each event that it "
            "is to wait for."
        )
    return process


def call(program: Program, called: str, *arguments: Any) -> Any:
    """What a call of the program gives; `Failed` if it takes other arguments."""
    try:
        inspect.signature(program).bind(*arguments)
    except (TypeError, ValueError):
        raise Failed(f"Your function cannot be called as `{called}`: it takes others.") from None
    with in_words():
        return program(*arguments)


@contextmanager
def in_words() -> Iterator[None]:
    """An error of the student's code as `Failed`: what it is, and in which line."""
    try:
        with redirect_stdout(StringIO()):
            yield
    except Failed:
        raise
    except Exception as error:
        raise Failed(_told(error)) from error


def _told(error: Exception) -> str:
    words = " ".join(str(error).split())
    if "Invalid yield value" in words:
        what = words.partition("Invalid yield value")[2].strip(" \"'")[:40]
        return (
            f"Your function yields {what}, which is no event. What follows `yield` is an event of "
            "SimPy, such as `env.timeout(2)` or a request."
        )
    where = _line(error)
    return f"Your function stops with {type(error).__name__}: {words[:LONGEST].rstrip('.')}{where}."


def _line(error: BaseException) -> str:
    """The line of the student's code that the error comes from."""
    while error.__cause__ is not None:  # SimPy raises what a process raised once more
        error = error.__cause__
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        if not _is_ours(frame.filename):
            line = linecache.getline(frame.filename, frame.lineno or 0).strip().replace("`", "'")
            return f" (in line {frame.lineno}{f': `{line}`' if line else ''})"
    return ""


@contextmanager
def that_ends() -> Iterator[None]:
    """Stops a loop in the student's code that never ends; `Failed` says so.

    Meanwhile no garbage is collected. What is raised while an object is taken away is ignored, and
    Python takes the trace away with it: the loop would go on, unseen, until the memory is full.
    """
    steps, before, collects = 0, sys.gettrace(), gc.isenabled()

    def count(frame: FrameType, event: str, _: Any) -> Any:
        nonlocal steps
        if _is_ours(frame.f_code.co_filename):
            return None
        frame.f_trace_opcodes = True  # a line that jumps to itself is not told as a new line
        steps += event == "opcode"
        if steps > MOST_STEPS and frame.f_code.co_name != "__del__":
            raise Failed(
                "Your function never ends. A `while` goes round for ever if no `yield` in it hands "
                "the time back to the clock, or if time stands still there."
            )
        return count

    gc.disable()
    sys.settrace(count)
    try:
        yield
    finally:
        sys.settrace(before)
        if collects:
            gc.enable()


@lru_cache(KEPT)
def _is_ours(filename: str) -> bool:
    """Whether a file is SimPy's, Python's or this package's, and not the student's."""
    if filename.startswith("<frozen"):
        return True
    path = Path(filename)
    folders = (Path(__file__).parents[1], Path(inspect.__file__).parent)
    in_package = any(path.is_relative_to(folder) for folder in folders)
    return in_package or "simpy" in path.parts
