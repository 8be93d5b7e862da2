"""fs.check: accepts what is right, names the mistake behind what is wrong, and never breaks."""

from __future__ import annotations

import re
from itertools import takewhile
from pathlib import Path
from typing import Any

import nbformat
import numpy as np
import pandas as pd
import pytest

import funnelsim as fs
from funnelsim.exercises import _tables, find
from funnelsim.exercises.entry import between_seeds, rounded_to
from funnelsim.exercises.lesson_01 import CHAIN, FRIENDS, SEED, pottery
from funnelsim.exercises.lesson_02 import stall
from funnelsim.exercises.lesson_03 import to_order
from funnelsim.exercises.lesson_06 import card

ROOT = Path(__file__).resolve().parents[1]
NUMBERS = sorted(number for table in _tables() for number in table)
MISTAKES = [(number, place) for number in NUMBERS for place in range(len(find(number).mistakes))]
NOTEBOOKS = sorted((ROOT / "exercises").glob("*.ipynb"))
SOLUTIONS = sorted((ROOT / "exercises" / "solutions").glob("*.ipynb"))


def cells(path: Path, kind: str) -> list[str]:
    found = nbformat.read(path, as_version=4).cells
    return [cell.source for cell in found if cell.cell_type == kind]


def checked_in(path: Path) -> list[str]:
    """The numbers of the exercises that a notebook checks, in order."""
    code = "\n".join(cells(path, "code"))
    return re.findall(r'fs\.check\("([^"]+)"', code)


# --- what is right ------------------------------------------------------------------------------


@pytest.mark.parametrize("number", NUMBERS)
def test_the_right_answer_is_accepted(number):
    exercise = find(number)
    assert fs.check(number, exercise.right).outcome == "right"
    if not isinstance(exercise.right, str):
        for answer in (np.float64(exercise.right), np.array(exercise.right), float(exercise.right)):
            assert fs.check(number, answer).outcome == "right"
        assert fs.check(number, pd.Series([exercise.right])).outcome == "right"


def test_rounding_as_asked_is_accepted_and_rounding_more_is_not():
    right = float(find("01.1").right)
    assert fs.check("01.1", round(right, 3)).outcome == "right"
    coarse = fs.check("01.1", round(right, 2))
    assert coarse.outcome == "wrong"
    assert "rounded too far: give 3 digits after the point" in coarse.sentence
    in_percent = fs.check("01.1", round(100 * right)).sentence
    assert "as a share, and it is rounded too far" in in_percent
    assert find("01.1").tolerance == rounded_to(3)


def test_names_are_accepted_however_they_are_written():
    assert fs.check("01.2", f" {str(find('01.2').right).upper()} ").outcome == "right"


def test_whole_leads_above_the_average_are_accepted():
    right = float(find("01.5").right)
    assert fs.check("01.5", int(right) + 1).outcome == "right"
    overall = round(float(find("01.3").right), 3)
    assert fs.check("01.5", 50 / overall).outcome == "right"


@pytest.mark.parametrize("seed", [1, 2, 19_870_412])
def test_another_seed_is_accepted_where_the_seed_is_the_students(seed):
    leads = fs.simulate(pottery().vary(CHAIN), seed=seed, progress=False).leads
    bought = leads[leads.channel == FRIENDS].outcome == "customer"
    assert fs.check("01.8", bought.mean()).outcome == "right"


def test_the_tolerance_between_seeds_is_four_standard_errors_of_a_difference():
    exercise = find("01.8")
    right, n = float(exercise.right), 4 * 20 * 60  # leads by recommendation: a day, workshops, days
    se = np.sqrt(right * (1 - right) / n)
    assert exercise.tolerance == pytest.approx(4 * np.sqrt(2) * se, rel=0.05)
    assert fs.check("01.8", right + 5 * se).outcome == "right"
    for answer in (right + 6 * se, right - 6 * se):
        assert fs.check("01.8", answer).outcome == "wrong"


def test_the_formula_holds_for_simulated_shares():
    share, count, draws = 0.15, 4_800, 400
    made = np.random.default_rng(5).binomial(count, share, size=(2, draws)) / count
    spread = (made[0] - made[1]).std()
    # the standard error of a spread from n draws is spread / sqrt(2 n)
    assert spread == pytest.approx(between_seeds(share, count) / 4, rel=4 / np.sqrt(2 * draws))


# --- what is wrong ------------------------------------------------------------------------------


@pytest.mark.parametrize(("number", "place"), MISTAKES)
def test_a_known_mistake_is_named(number, place):
    mistake = find(number).mistakes[place]
    verdict = fs.check(number, mistake.answer)
    assert verdict.outcome == "wrong"
    assert verdict.sentence == f"{mistake.named} {find(number).hint}"


@pytest.mark.parametrize("number", NUMBERS)
def test_any_other_wrong_answer_is_refused_with_a_hint(number):
    exercise = find(number)
    wrong = (
        "the shop window"
        if isinstance(exercise.right, str)
        else exercise.right + 7.3 * exercise.tolerance
    )
    verdict = fs.check(number, wrong)
    assert verdict.outcome == "wrong"
    assert verdict.sentence.endswith(exercise.hint)


@pytest.mark.parametrize("number", [n for n in NUMBERS if find(n).is_share])
def test_percent_for_a_share_is_named(number):
    exercise = find(number)
    assert "write it as a share" in fs.check(number, 100 * float(exercise.right)).sentence
    mistake = exercise.mistakes[0]
    sentence = fs.check(number, 100 * float(mistake.answer)).sentence
    assert mistake.named in sentence
    assert "between 0 and 1" in sentence


@pytest.mark.parametrize("number", NUMBERS)
@pytest.mark.parametrize("nothing", [None, ...])
def test_no_answer_yet(number, nothing):
    verdict = fs.check(number, nothing)
    assert verdict.outcome == "not answered"
    assert "Not answered yet" in str(verdict)


def test_a_decimal_comma_and_a_print_are_named():
    assert "write 0.638, not 0,638" in fs.check("01.1", (0, 638)).sentence
    assert "print(...)" in fs.check("01.1", None).sentence


USELESS = [
    "", "0,5", "many", True, np.bool_(False), 1 + 2j, float("nan"), float("inf"), 10**400, -1e300,
    [0.5], {"a": 1}, (1, 2), {1}, b"x", object(), len, int, np.array([1.0, 2.0]), np.array([]),
    pd.Series([1, 2]), pd.Series([], dtype=float), pd.DataFrame({"a": [1]}), pd.NA, pd.NaT,
    pd.Timestamp("2027-01-04"), np.datetime64("2027-01-04"), np.timedelta64(3, "D"),
]  # fmt: skip


@pytest.mark.parametrize("number", NUMBERS)
@pytest.mark.parametrize("answer", USELESS, ids=lambda answer: type(answer).__name__)
def test_what_can_be_no_answer_gets_a_sentence(number, answer):
    verdict = fs.check(number, answer)
    assert verdict.outcome == "wrong"
    assert verdict.sentence.endswith(".")


def test_quotation_marks_around_a_number_are_named():
    assert "quotation marks" in fs.check("01.1", "0,638").sentence


def test_an_exercise_that_there_is_not():
    with pytest.raises(fs.FunnelSimError, match=r'no exercise "01\.11".*did you mean 01\.1'):
        fs.check("01.11", 0.5)
    with pytest.raises(fs.FunnelSimError, match=r"01\.2"):
        fs.check(1.2, "Desire")
    with pytest.raises(fs.FunnelSimError, match="no exercise"):
        fs.check(["01.2"], "Desire")


# --- how it shows -------------------------------------------------------------------------------


@pytest.mark.parametrize("answer", [..., 0.5, "<b>bold</b>"])
def test_one_line_in_a_console_and_escaped_html_in_a_notebook(answer):
    verdict = fs.check("01.1", answer)
    assert "\n" not in repr(verdict)
    assert repr(verdict).startswith(("…", "✘", "✔"))
    assert "<b>bold" not in verdict._repr_html_()


# --- the tables and the notebooks ---------------------------------------------------------------


@pytest.mark.parametrize("number", NUMBERS)
def test_a_mistakes_answer_is_not_taken_for_right(number):
    exercise = find(number)
    assert exercise.number == number
    for mistake in exercise.mistakes:
        if not isinstance(mistake.answer, str):
            assert abs(float(mistake.answer) - float(exercise.right)) > exercise.tolerance


def test_every_exercise_is_asked_in_its_notebook_and_nothing_else():
    asked = [number for path in NOTEBOOKS for number in checked_in(path)]
    assert sorted(asked) == NUMBERS
    for path in NOTEBOOKS:
        text = "\n".join(cells(path, "markdown"))
        for number in checked_in(path):
            assert number.startswith(path.name[:2])
            assert f"{number}" in text
            assert find(number).question in text, "the notebook asks something else"


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.name)
def test_notebook_and_exercises_speak_of_the_same_scenario(path):
    """What the notebook has simulated before its first question is what the answers come from."""
    named: dict[str, Any] = {}
    for source in takewhile(lambda source: "fs.check(" not in source, cells(path, "code")):
        exec(source, named)
    asked_about = {"01": pottery, "02": stall, "03": to_order, "06": card}[path.name[:2]]()
    if "journal" not in named:  # planned, not simulated
        assert named["stall"] == asked_about
        return
    assert (named["journal"].scenario, named["journal"].seed) == (asked_about, SEED)


@pytest.mark.parametrize("path", SOLUTIONS, ids=lambda path: path.name)
def test_every_answer_of_the_solution_was_accepted(path):
    assert checked_in(path) == checked_in(ROOT / "exercises" / path.name)
    shown = [
        output["data"]["text/plain"]
        for cell in nbformat.read(path, as_version=4).cells
        if cell.cell_type == "code" and "fs.check(" in cell.source
        for output in cell.outputs
        if output.output_type == "execute_result"
    ]
    assert len(shown) == len(checked_in(path))
    assert all(text.startswith("✔") for text in shown), shown
