"""Hints come in three steps, one for each try; their code runs and gives the right answer."""

from __future__ import annotations

import re
from typing import Any

import pytest
from test_exercises_notebooks import NOTEBOOKS, cells

import funnelsim as fs
from funnelsim.exercises import STEPS, _builders, find

NUMBERS = sorted(_builders())


pytestmark = pytest.mark.usefixtures("nothing_tried_yet")


def test_each_wrong_answer_that_nothing_is_known_about_shows_the_next_step():
    hints = find("01.1").hints
    for wrong, step in ((0.51, 0), (0.52, 1), (0.53, 2), (0.54, 2)):
        assert hints[step] in fs.check("01.1", wrong).sentence
    assert "solutions" in fs.check("01.1", 0.55).sentence


def test_the_same_answer_again_is_no_new_try():
    assert fs.check("01.1", 0.51) == fs.check("01.1", 0.51)


def test_neither_a_mistake_that_is_named_nor_the_right_answer_needs_a_hint():
    exercise = find("01.1")
    for answer in (exercise.right, *(mistake.answer for mistake in exercise.mistakes), ..., "many"):
        assert "Hint" not in fs.check("01.1", answer).sentence
    assert "Hint 1 of 3, the idea" in fs.check("01.1", 0.51).sentence


def test_a_hint_can_be_asked_for_a_step_at_a_time():
    hints = find("02.3").hints
    for shown in (1, 2, 3, 3):
        lines = fs.hint("02.3").sentence.splitlines()
        assert [line.partition(": ")[2] for line in lines] == list(hints[:shown])
    assert fs.hint("02.3").outcome == "hint"
    assert repr(fs.hint("2.3")).startswith("→ 02.3  Hint 1 of 3, the idea: ")
    assert "<br>" in fs.hint("02.3")._repr_html_()


def test_asking_and_trying_go_on_from_each_other():
    fs.hint("03.6")
    assert "Hint 2 of 3" in fs.check("03.6", 0.99).sentence
    assert len(fs.hint("03.6").sentence.splitlines()) == 3


@pytest.mark.parametrize("number", NUMBERS)
def test_every_exercise_has_its_three_steps(number):
    hints = find(number).hints
    assert len(hints) == len(STEPS) == len(set(hints))
    assert "`" in hints[-1]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.name)
def test_the_code_of_the_last_step_runs_in_the_notebook_and_is_right(path):
    """One after the other, as a student would who has pasted all of them."""
    named: dict[str, Any] = {}
    for source in cells(path, "code"):
        asked = re.search(r'fs\.check\("([^"]+)"', source)
        if not asked:
            exec(source, named)
            continue
        *lines, answer = re.findall(r"`([^`]+)`", find(asked[1]).hints[-1])
        exec("\n".join(lines), named)
        named["answer"] = eval(answer, named)
        verdict = eval(source.partition("\n")[2], named)
        assert verdict.outcome == "right", (asked[1], named["answer"])
