"""Write TEACHING.md from its parts in docs/teaching/, with the numbers that the lessons show today.

    python scripts/teaching_page.py            # write it
    python scripts/teaching_page.py --check    # 1, and what is different, if it is not up to date

`docs/teaching/page.md` is the frame, `docs/teaching/NN.md` what a trainer needs for lesson NN; a
lesson without such a file gets its heading and what its notebook says of itself. Both are Jinja
templates. What they may ask for:

    {{ answer("03.a", "Mean") }}         what `fs.reveal("03.a", ...)` shows, of those the named one
    {{ shown("03", "busy (\\d+%)") }}     what a pattern finds in the stored outputs of a lesson
    {{ fs.load("aida").horizon }}        any expression of funnelsim; let it be quick
    {{ day("9:00", [("Coffee", 15), ("03", 50)]) }}   a timetable, its clock worked out
    {{ minutes("03") }}, {{ minutes("03", "exercises") }}   as the notebook states them

Numbers of lessons come from the outputs that are stored in them, which nbval holds to what comes
out: so they are the ones that a class sees, and nothing is computed twice.
"""

from __future__ import annotations

import difflib
import re
import sys
from functools import cache
from pathlib import Path
from typing import Any

import nbformat
from jinja2 import Environment, FileSystemLoader, StrictUndefined

ROOT = Path(__file__).resolve().parents[1]
PARTS, PAGE = ROOT / "docs" / "teaching", ROOT / "TEACHING.md"
sys.path.insert(0, str(ROOT))

import funnelsim as fs  # noqa: E402

_TIME = re.compile(r"\*\*Time:\*\* about (\d+) minutes(?:[^·\n]*?, (\d+) of exercises)?")


class NotThere(Exception):
    """A part asks for a number that no lesson shows."""


def lessons() -> dict[str, Path]:
    """The notebooks of the lessons, by their numbers ("01b")."""
    found = sorted((ROOT / "notebooks").glob("[0-9]*.ipynb"))
    return {path.name.partition("_")[0]: path for path in found}


@cache
def cells(lesson: str) -> list[Any]:
    """The cells of a lesson."""
    if lesson not in lessons():
        raise NotThere(f"there is no lesson {lesson}")
    return list(nbformat.read(lessons()[lesson], as_version=4).cells)


def outputs(cell: Any) -> list[str]:
    """What a cell shows, each output as text."""
    return [
        "".join(output.get("text") or output.get("data", {}).get("text/plain") or "")
        for output in cell.get("outputs", [])
    ]


def answer(number: str, name: str = "") -> str:
    """What it is, as the lesson reveals it: "1.4 hours"."""
    for cell in cells(number.partition(".")[0]):
        asked = re.findall(r'fs\.reveal\(\s*"([^"]+)"', cell.source)
        if number in asked:
            told = [text for text in outputs(cell) if re.match(r"(.+: )?No guess\.", text)]
            label = re.escape(f"{name}: ") if name else ""
            found = re.search(
                f"^{label}No guess. It is (.+)\\.$", told[asked.index(number)], re.MULTILINE
            )
            if found:
                return found[1]
    raise NotThere(f"no lesson reveals {number} {name}")


def shown(lesson: str, pattern: str) -> str:
    """What the group of a pattern finds in the outputs of a lesson."""
    text = "\n".join(text for cell in cells(lesson) for text in outputs(cell))
    found = re.search(pattern, text)
    if not found:
        raise NotThere(f'lesson {lesson} shows nothing like "{pattern}"')
    return found[1]


def minutes(lesson: str, of: str = "reading") -> int:
    """How long a lesson takes, or its exercises, as its notebook says."""
    found = _TIME.search(cells(lesson)[0].source)
    number = found and found[1 if of == "reading" else 2]
    if not number:
        raise NotThere(f"lesson {lesson} does not say how long its {of} takes")
    return int(number)


def title(lesson: str) -> str:
    """The title of a lesson: "03 · Follow-up delays"."""
    return str(cells(lesson)[0].source.partition("\n")[0].removeprefix("# "))


def of_itself(lesson: str) -> str:
    """The aim and the minutes of a lesson, as its notebook states them."""
    text = cells(lesson)[0].source
    aim = re.search(r"\*\*Aim:\*\* (.+)", text)
    exercises = f", exercises {minutes(lesson, 'exercises')}" if _has_exercises(lesson) else ""
    lines = [f"**Aim:** {aim[1]}"] if aim else []
    lines.append(
        f"**Minutes:** {minutes(lesson)}{exercises} · `notebooks/{lessons()[lesson].name}`"
    )
    return "\n\n".join(lines)


def _has_exercises(lesson: str) -> bool:
    return (ROOT / "exercises" / lessons()[lesson].name).exists()


def day(begin: str, slots: list[tuple[str, int]]) -> str:
    """A timetable: from a clock time, what there is and how many minutes it has.

    >>> print(day("9:00", [("Coffee", 90), ("Questions", 15)]))
    | | minutes | |
    |---|---|---|
    | 9:00 | 90 | Coffee |
    | 10:30 | 15 | Questions |
    | 10:45 | | end: 105 minutes |
    """
    hours, _, past = begin.partition(":")
    now = first = 60 * int(hours) + int(past)
    rows = ["| | minutes | |", "|---|---|---|"]
    for what, length in slots:
        rows.append(f"| {now // 60}:{now % 60:02} | {length} | {what} |")
        now += length
    return "\n".join([*rows, f"| {now // 60}:{now % 60:02} | | end: {now - first} minutes |"])


def written() -> str:
    """The page as it should be."""
    made = Environment(
        loader=FileSystemLoader(PARTS), undefined=StrictUndefined, keep_trailing_newline=True
    )  # fmt: skip
    made.globals.update(answer=answer, shown=shown, minutes=minutes, day=day, title=title, fs=fs)
    parts = []
    for lesson in lessons():
        told = [f"### {title(lesson)}", of_itself(lesson)]
        if (PARTS / f"{lesson}.md").exists():
            told.append(made.get_template(f"{lesson}.md").render().strip())
        parts.append("\n\n".join(told))
    page = made.get_template("page.md").render(parts="\n\n".join(parts))
    warning = "<!-- Made by scripts/teaching_page.py from docs/teaching/: change it there. -->"
    return f"{warning}\n\n{page.strip()}\n"


def main(arguments: list[str]) -> int:
    """Write the page, or say what is different."""
    should = written()
    if "--check" not in arguments:
        PAGE.write_text(should, encoding="utf-8", newline="\n")
        return 0
    stands = PAGE.read_text(encoding="utf-8") if PAGE.exists() else ""
    for line in difflib.unified_diff(stands.splitlines(), should.splitlines(), "is", "should", n=0):
        print(line)
    return int(stands != should)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
