"""A class guesses what a board is to show: before it is revealed nothing is shown."""

from __future__ import annotations

import math
from types import SimpleNamespace

import pytest

import funnelsim as fs
from funnelsim.widgets.asked import Predict
from funnelsim.widgets.board import Asked

BOARDS = ["explore", "follow-up", "money", "loyalty", "flow", "pipeline"]
pytestmark = pytest.mark.usefixtures("nothing_is_drawn")


@pytest.fixture(scope="module")
def explorer(nothing_is_drawn):
    return fs.board(name="explore", n=1, days=9)


@pytest.fixture
def board(explorer):
    explorer._predict.opens.value = False
    explorer.forget()
    explorer.apply("")
    return explorer


def shown(board):
    """All that can be read on a board while a question stands, but for the guesses."""
    rows = board._chart.frame["data"]
    texts = [board._sum.value, board._figures.value, *(its.value for _, its in board._html)]
    hidden = [its.layout.visibility for _, its in board._own]
    return [some for name, some in rows.items() if not name.startswith("guesses")], texts, hidden


def is_covered(board):
    rows, texts, hidden = shown(board)
    return not any(rows) and not any(texts) and set(hidden) <= {"hidden"}


@pytest.mark.parametrize("name", BOARDS)
def test_nothing_is_shown_before_it_is_revealed(name):
    days = {"pipeline": 100, "loyalty": 40}.get(name, 9)  # some deals and customers
    board = fs.board(name=name, n=1, days=days)
    predict = board._predict
    assert not is_covered(board)
    predict.opens.value = True
    assert is_covered(board)
    for slider in list(board.sliders.values())[:1]:
        slider.value = slider.options[-1][1]
        assert is_covered(board)
    board._restyle()
    fitted = [rows for _, rows, _ in board._charts._fitted(board.seen)]
    assert not any(its for rows in fitted for name, its in rows.items() if "guess" not in name)
    one = predict.asked
    assert (one.chart is None) == (one.top == "")
    predict.text.value = "12; 1000" if one.unit != "share" else "12 %; 40"
    assert "2 guesses" in predict.said
    meant = [12.0, 1000.0] if one.unit != "share" else [0.12, 0.4]
    assert predict.guesses == pytest.approx(meant)
    if one.chart is not None:
        marks = board._chart.frame["data"][f"guesses_{one.chart}"]
        assert [row["guess"] for row in marks] == pytest.approx([one.per * g for g in meant])
        assert board._chart.frame["signals"][one.top] >= one.per * max(meant)
    else:
        assert board._strip.value.count("stroke-width") == 2 and "circle" not in board._strip.value
    predict.reveal.click()
    truth = one.answer(board.seen)
    assert not is_covered(board)
    assert "The class: 2 times" in predict.said and "It is" in predict.said and truth == truth
    predict.opens.value = False
    assert board._strip.value == "" and not any(
        rows for data, rows in board._chart.frame["data"].items() if data.startswith("guesses")
    )


def test_the_answer_is_that_of_the_picture_in_the_words_of_reveal(board):
    predict = board._predict
    predict.opens.value = True
    predict.text.value = "324"
    board.sliders["Reps, sales"].value = 4
    predict.reveal.click()
    customers = board.picture.figures["customers"]
    assert f"You said 324 customers. It is {customers:,.0f} customers" in predict.said
    board.sliders["Reps, sales"].value = 1  # revealed is revealed: it goes on
    assert f"It is {board.picture.figures['customers']:,.0f} customers" in predict.said


def test_what_was_kept_is_shown_once_a_slider_has_moved(board):
    board.keep()
    board._predict.opens.value = True
    assert is_covered(board)
    board.sliders["Leads a day"].value = 0
    rows = board._chart.frame["data"]["funnel"]
    there = sum(row["leads"] for row in rows if row["stage"] == "Attention")
    assert there == board.kept.table["entered"].iloc[0] > 0
    board._restyle()  # it is drawn anew of what is shown
    assert board._drawn_of.now is board.kept
    assert 'class="change' not in board._figures.value


def test_what_cannot_be_read_says_so_and_leaves_the_guesses_as_they_were(board):
    board._predict.opens.value = True
    board._predict.text.value = "300; 400"
    board._predict.text.value = "300; many"
    assert "many" in board._predict.said and board._predict.guesses == [300, 400]


def test_a_figure_that_there_is_not_is_said_so_and_stands_nowhere():
    """Costs by customer, where there is none."""
    predict, seen = (
        Predict([Asked("cac", "", lambda seen: math.nan)], lambda: None),
        SimpleNamespace(start=None),
    )
    predict.opens.value = True
    predict.text.value = "300"
    predict.reveal.click()
    predict.tell(seen)
    assert "there is no such figure" in predict.said
    strip = predict.strip(seen)
    assert "nan" not in strip and "<circle" not in strip
