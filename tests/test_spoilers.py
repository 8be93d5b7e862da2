"""No lesson gives an answer away above its question, by an output, a chart's data or a text.

For every `fs.predict("03.a", ...)` of every lesson: its `fs.reveal` comes after it, all outputs
from the question to the answer are folded, and what the answer is stands nowhere before it that
the reader sees: the number as it is told, as a chart or a table would hold it, and, where a name is
asked for, the numbers that the answer shows beside the names.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

LESSONS = sorted((Path(__file__).resolve().parents[1] / "notebooks").glob("[0-9]*.ipynb"))
NOT_YET: set[str] = set()
CALL = r"fs\.{}\(\s*[\"']([^\"']+)[\"']"
NUMBER = re.compile(r"(?<![\w.,])\d[\d,]*(?:\.\d+)?")
READ_BY_PEOPLE = ("text/plain", "text/markdown", "text/html")


class Question(NamedTuple):
    number: str
    asked: int  # the place of the cell
    answered: int
    told: list[str]  # "41.1 %", "Desire"


def lesson(path: Path) -> str:
    return path.name.partition("_")[0]


def numbers_in(source: str, function: str) -> list[str]:
    return re.findall(CALL.format(function), source)


def is_folded(cell: Any) -> bool:
    return bool(cell.metadata.get("jupyter", {}).get("outputs_hidden"))


def text_of(cell: Any) -> str:
    """What a reader sees of the outputs as text."""
    parts = []
    for output in cell.get("outputs", []):
        parts.append(output.get("text", ""))
        data = output.get("data", {})
        parts += ["".join(data[kind]) for kind in READ_BY_PEOPLE if kind in data]
    return "\n".join("".join(part) for part in parts)


def values_of(cell: Any) -> Iterator[float]:
    """The numbers in the data of a cell's charts."""
    for output in cell.get("outputs", []):
        for kind, spec in output.get("data", {}).items():
            if "vega" in kind:
                for rows in (spec if isinstance(spec, dict) else json.loads(spec)).get("data", []):
                    values = rows.get("values", [])
                    for row in values if isinstance(values, list) else []:
                        if isinstance(row, dict):
                            yield from (v for v in row.values() if type(v) in (int, float))


def questions(cells: list[Any]) -> list[Question]:
    """Each `fs.predict`, with the place and the words of its answer."""
    found = []
    for place, cell in enumerate(cells):
        for number in numbers_in(cell.source, "predict") if cell.cell_type == "code" else []:
            answers = [
                at
                for at, other in enumerate(cells)
                if other.cell_type == "code" and number in numbers_in(other.source, "reveal")
            ]
            assert len(answers) == 1, f"{number} is answered {len(answers)} times"
            told = re.findall(r"No guess\. It is (.+)\.$", text_of(cells[answers[0]]), re.MULTILINE)
            assert told, f"{number}: the answer is stored with a guess, or shows none"
            found.append(Question(number, place, answers[0], list(dict.fromkeys(told))))
    return found


def as_written(told: str) -> tuple[re.Pattern[str], float, float] | None:
    """How a number that is told may stand elsewhere: as text, and as a value with its rounding.

    None for a name, and for a number of fewer than two digits, which stands everywhere.
    """
    match = re.match(r"(-?[\d,]+(?:\.\d+)?)(?: (\D+))?$", told)
    if not match or len(match[1].replace(".", "").replace(",", "").strip("0")) < 2:
        return None
    digits, unit = match[1], (match[2] or "").strip()
    value = float(digits.replace(",", ""))
    half = 0.5 * 10.0 ** -len(digits.partition(".")[2])
    if unit == "%":
        share = f"{value / 100:.3f}"
        text = rf"(?<![\d.,]){re.escape(digits)}\s?%|(?<![\d.,]){re.escape(share)}(?!\d)"
        return re.compile(text), value / 100, half / 100
    plain = re.escape(digits).replace(",", ",?")
    return re.compile(rf"(?<![\d.,]){plain}(?![\d%]|[.,]\d| %)"), value, half


def beside_names(cell: Any, names: list[str]) -> set[tuple[str, str]]:
    """The numbers of two digits or more that stand in one line with one of the names."""
    pairs = set()
    for line in text_of(cell).splitlines():
        for name in names:
            if re.search(rf"\b{re.escape(name)}\b", line):
                rest = NUMBER.findall(line)
                pairs |= {(name, n) for n in rest if len(n.replace(".", "").strip("0")) > 1}
    return pairs


def is_open(cell: Any) -> bool:
    """What may stand open: another question, and a board, which is stored as a line to run it."""
    return "fs.predict(" in cell.source or "fs.explore(" in cell.source


def spoilers(cells: list[Any]) -> list[str]:
    """What gives an answer away; empty where nothing does."""
    amiss = []
    for number, asked, answered, told in questions(cells):
        if answered <= asked:
            amiss.append(f"{number} is answered before it is asked")
        between = cells[asked + 1 : answered + 1]
        amiss += [
            f"{number}: open on the page before it is answered: {cell.source.splitlines()[0]}"
            for cell in between
            if text_of(cell) and not is_folded(cell) and not is_open(cell)
        ]
        seen = [cell for cell in cells[: asked + 1] if not is_folded(cell)]
        named = re.findall(r"[\"']([A-Z][\w ]+)[\"']", cells[asked].source)
        pairs = beside_names(cells[answered], named)
        for cell in seen:
            is_text = cell.cell_type != "code"
            text = cell.source if is_text else text_of(cell)
            for answer in told:
                if not (written := as_written(answer)):
                    continue
                pattern, value, half = written
                if found := pattern.search(text):
                    amiss.append(f"{number}: {answer} stands above it as {found[0]}")
                exact = value >= 100 or half < 0.001  # as many digits as no other has by chance
                if exact and any(abs(value - v) <= half and v % 1 for v in values_of(cell)):
                    amiss.append(f"{number}: {answer} is in a chart above it")
                if value >= 100 and any(v == value for v in values_of(cell)):
                    amiss.append(f"{number}: {answer} is in a chart above it")
            if not is_text and any(answer in named for answer in told):
                amiss += [
                    f"{number}: {name} {n} stands above it"
                    for name, n in pairs & beside_names(cell, named)
                ]
    return amiss


@pytest.mark.parametrize("path", LESSONS, ids=lesson)
def test_nothing_that_is_seen_gives_an_answer_away(path):
    cells = nbformat.read(path, as_version=4).cells
    assert spoilers(cells) == []


@pytest.mark.parametrize("path", LESSONS, ids=lesson)
def test_questions_are_numbered_by_lesson_and_letter_in_order(path):
    asked = [found.number for found in questions(nbformat.read(path, as_version=4).cells)]
    letters = [chr(ord("a") + place) for place in range(len(asked))]
    assert asked == [f"{lesson(path)}.{letter}" for letter in letters]


@pytest.mark.parametrize("path", LESSONS, ids=lesson)
def test_every_prediction_of_a_lesson_is_a_question(path):
    cells = nbformat.read(path, as_version=4).cells
    texts = [cell.source for cell in cells if cell.cell_type == "markdown"]
    spoken = sum(len(re.findall(r"\*\*Predict", text)) for text in texts)
    asked = len(questions(cells))
    by_hand = [
        c for c in cells if c.cell_type == "code" and re.search(r"^my_\w+ = ", c.source, re.M)
    ]
    if by_hand or spoken > asked:
        assert lesson(path) in NOT_YET, f"{spoken} texts ask to predict, {asked} cells do"


# --- the rule notices -----------------------------------------------------------------------------


ASKS = new_code_cell('fs.predict("09.a", unit="share", my_rate=...)')
FOLDED = {"jupyter": {"outputs_hidden": True}}


def answer(told: str = "No guess. It is 41.1 %.", folded: bool = True) -> Any:
    cell = new_code_cell(
        'fs.reveal("09.a", my_rate=0.411)', outputs=[new_output("stream", text=told)]
    )
    cell.metadata = FOLDED if folded else {}
    return cell


def shown(text: str, **data: Any) -> Any:
    kinds = {"text/plain": text, **data}
    return new_code_cell("rates", outputs=[new_output("display_data", data=kinds)])


CHART = {"application/vnd.vega.v5+json": {"data": [{"values": [{"rate": 0.41062}]}]}}
GIVEN_AWAY = [
    [shown("41.1 %"), ASKS, answer()],
    [shown("it is 41.1%"), ASKS, answer()],
    [shown("rate 0.411"), ASKS, answer()],
    [new_markdown_cell("The rate, 41.1 %, is high."), ASKS, answer()],
    [shown("Chart", **CHART), ASKS, answer()],
    [ASKS, shown("something"), answer()],
    [ASKS, answer(folded=False)],
    [answer(), ASKS],
    [
        shown("Desire   2.1\nInterest 1.0"),
        new_code_cell('fs.predict("09.a", among=["Interest", "Desire"], my_stage=...)'),
        answer("Interest 1.0\nDesire 2.1\nNo guess. It is Desire."),
    ],
    [shown("170 customers"), ASKS, answer("No guess. It is 170 customers.")],
]
NOT_GIVEN_AWAY = [
    [shown("40 %, 41.12 and 141.1 %"), ASKS, answer()],
    [ASKS, answer(), shown("41.1 %")],
    [shown("1,701 and 17.0 and 170 %"), ASKS, answer("No guess. It is 170 customers.")],
    [
        shown("enters Desire, Tue 05 Jan"),
        new_code_cell('fs.predict("09.a", among=["Interest", "Desire"], my_stage=...)'),
        answer("Desire 2.1\nNo guess. It is Desire."),
    ],
]


@pytest.mark.parametrize("cells", GIVEN_AWAY, ids=range(len(GIVEN_AWAY)))
def test_what_gives_an_answer_away_is_noticed(cells):
    assert spoilers(new_notebook(cells=cells).cells)


@pytest.mark.parametrize("cells", NOT_GIVEN_AWAY, ids=range(len(NOT_GIVEN_AWAY)))
def test_and_what_does_not_is_left_alone(cells):
    assert spoilers(new_notebook(cells=cells).cells) == []
