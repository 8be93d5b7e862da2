"""Undo and redo: how the sliders of a board stood, turn by turn."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

import funnelsim as fs
from funnelsim.widgets.turns import REST, Turns

REPS = "Reps, sales"
FIRST = "Attention → Interest"


class Clock:
    """A clock that goes when it is told to."""

    def __init__(self):
        self.at = 0.0

    def __call__(self):
        return self.at


@pytest.fixture
def board():
    return fs.explore(fs.load("aida-follow-up"), n=8)


def stand(board):
    return {label: slider.value for label, slider in board.sliders.items()}


def test_a_drag_is_one_turn_and_a_rest_ends_it():
    clock = Clock()
    turns = Turns({"a": 0, "b": 0}, clock)
    for value in (1, 2, 3):
        clock.at += REST / 2
        turns.turned({"a": value, "b": 0})
    clock.at += REST
    turns.turned({"a": 4, "b": 0})
    turns.turned({"a": 4, "b": 1})  # at once, but another slider
    assert [turns.back() for _ in range(4)] == [
        {"a": 4, "b": 0},
        {"a": 3, "b": 0},
        {"a": 0, "b": 0},
        {"a": 0, "b": 0},  # there is nothing before it
    ]


def test_a_drag_that_ends_where_it_began_is_no_turn():
    turns = Turns({"a": 0}, Clock())
    for value in (1, 2, 0):
        turns.turned({"a": value})
    assert turns.past == []
    turns.turned({"a": 5})
    assert turns.back() == {"a": 0}


@given(st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 3)), max_size=12), st.data())
def test_as_many_redos_as_undos_lead_back(moves, data):
    clock = Clock()
    turns, values = Turns(dict.fromkeys("abc", 0), clock), dict.fromkeys("abc", 0)
    for label, value in moves:
        clock.at += REST
        values = {**values, label: value}
        turns.turned(values)
    back = data.draw(st.integers(0, len(turns.past)))
    seen = [turns.back() for _ in range(back)]
    assert [turns.again() for _ in range(back)] == ([*reversed(seen[:-1]), values] if seen else [])


def test_undo_and_redo_on_a_board(board):
    begun = stand(board)
    assert board._undo.disabled and board._redo.disabled
    board.sliders[REPS].value = 3
    board.sliders[FIRST].value = 0.7
    board._undo.click()
    assert board.change == {"teams.sales.reps": 3} and not board._redo.disabled
    assert board.journal.scenario.teams[0].reps == 3  # the picture is one of it
    board._redo.click()
    assert board.scenario.stages[0].conversion == 0.7 and board._redo.disabled
    board._undo.click()
    board.sliders[REPS].value = 4
    assert board._redo.disabled  # what was taken back is not what would follow now
    board._reset.click()
    assert stand(board) == begun
    board._undo.click()
    assert board.change == {"teams.sales.reps": 4}  # a reset is one turn, whatever it moved


def test_undo_leaves_what_was_kept(board):
    board.keep()
    board.sliders[REPS].value = 3
    board.undo()
    assert board.baseline is not None and board.change == {}
