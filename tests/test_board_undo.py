"""What was moved is taken back and done again, and a setting is taken along as a text or a file."""

from __future__ import annotations

import pytest

import funnelsim as fs
from funnelsim.widgets.controls import Controls, control_of
from funnelsim.widgets.knobs import Knob
from funnelsim.widgets.setting import read_setting, setting_text
from funnelsim.widgets.undo import Moves

NAMED = ["sales: reps", "Leads a day", "teams.sales.serves"]
pytestmark = pytest.mark.usefixtures("nothing_is_drawn")


@pytest.fixture(scope="module")
def boards(nothing_is_drawn):
    return [fs.explore(fs.load("aida-follow-up"), NAMED, n=1) for _ in range(2)]


@pytest.fixture
def board(boards):
    boards[0].apply("")
    return boards[0]


@pytest.fixture
def clock():
    return Clock()


class Clock:
    def __init__(self):
        self.seconds = 0.0

    def __call__(self):
        return self.seconds


# --- what is one move -----------------------------------------------------------------------------


def test_a_drag_is_one_step_however_long_it_takes(clock):
    moves = Moves({"a": 0, "b": 0}, clock)
    for seconds, value in ((0, 1), (5, 2), (60, 3)):
        clock.seconds = seconds
        moves.note({"a": value, "b": 0}, held=seconds > 0)
    assert moves.undo() == {"a": 0, "b": 0}
    assert not moves.can_undo
    assert moves.redo() == {"a": 3, "b": 0}


def test_keys_that_follow_one_another_are_one_step_and_later_ones_another(clock):
    moves = Moves({"a": 0}, clock)
    for seconds, value in ((10.0, 1), (10.4, 2), (13.0, 3), (13.2, 4)):
        clock.seconds = seconds
        moves.note({"a": value})
    assert [moves.undo(), moves.undo(), moves.undo()] == [{"a": 2}, {"a": 0}, None]


def test_two_sliders_at_once_are_two_steps_and_back_again_is_none(clock):
    moves = Moves({"a": 0, "b": 0}, clock)
    moves.note({"a": 1, "b": 0})
    moves.note({"a": 1, "b": 1})
    moves.note({"a": 1, "b": 0})  # to and fro within a second
    assert moves.undo() == {"a": 0, "b": 0}


def test_what_is_set_together_joins_no_other_step_and_ends_what_could_be_done_again(clock):
    moves = Moves({"a": 0}, clock)
    moves.note({"a": 1})
    moves.note({"a": 2}, alone=True)
    moves.note({"a": 3})
    assert moves.undo() == {"a": 2}
    moves.note({"a": 7})
    assert moves.redo() is None and moves.undo() == {"a": 2}


# --- on a board -----------------------------------------------------------------------------------


def test_undo_and_redo_move_the_sliders_and_the_picture(board):
    board.sliders["sales: reps"].value = 3
    board.sliders["sales: order of service"].value = "newest first"
    board.undo()
    assert board.change == {"teams.sales.reps": 3}
    assert board.journal.scenario.teams[0].reps == 3
    board.undo()
    assert board.change == {}
    board.redo()
    board.redo()
    assert board.change == {"teams.sales.reps": 3, "teams.sales.serves": "newest first"}
    assert (board._undo.can_undo, board._undo.can_redo) == (True, False)
    board.reset()  # one step, of all
    board.undo()
    assert len(board.change) == 2


def test_the_setting_of_one_board_is_that_of_another(boards, board):
    assert board.setting == ""
    board.sliders["Leads a day"].value = board.sliders["Leads a day"].options[-1][1]
    board.sliders["sales: order of service"].value = "newest first"
    said = board.setting
    _, other = boards
    other.sliders["sales: reps"].value = 4  # of which the text says nothing
    other.apply(f"  {said.replace('; ', ';  ')}\n")
    assert other.change == board.change and other.setting == said
    other.undo()
    assert other.change == {"teams.sales.reps": 4}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("sales: repps = 3", "did you mean sales: reps"),
        ("sales: reps = 999", "sales: reps is 999.0; .*: the nearest is"),
        ("sales: order of service = newest", "did you mean newest first"),
        ("sales: reps", 'sales: reps is ""'),
        ('fs.load("aida")', "it is a list of sliders: .*as in: sales: reps = 3"),
    ],
)
def test_a_text_that_is_no_setting_says_why_and_moves_nothing(board, text, said):
    board.sliders["sales: reps"].value = 3
    with pytest.raises(fs.FunnelSimError, match=said):
        board.apply(text)
    assert board.change == {"teams.sales.reps": 3}


def test_names_may_hold_the_marks_of_the_text():
    reps = Knob("", "a = b; c: reps", 2, (("1 = one; or so", 1), ("2", 2)), dict)
    shorter = Knob("", "a", 0, (("b; c: reps", 0), ("0", 1)), dict)
    controls = Controls({knob.label: control_of(knob) for knob in (shorter, reps)})
    controls["a = b; c: reps"].value, controls["a"].value = 1, 1
    said = setting_text(controls, {"a": 0, "a = b; c: reps": 2})
    assert read_setting(said, controls) == {"a": 1, "a = b; c: reps": 1}


def test_what_is_saved_is_the_scenario_as_the_sliders_stand(board, tmp_path, monkeypatch):
    board.sliders["sales: reps"].value = 3
    assert fs.load(str(board.save(tmp_path / "mine.toml"))) == board.scenario
    monkeypatch.chdir(tmp_path)
    share = board._share
    share.opens.value = True
    assert '{"teams.sales.reps": 3}' in share._copied[1].value.replace("&#34;", '"')
    share._tried(share._written)
    assert fs.load(str(tmp_path / "aida-with-follow-up.toml")) == board.scenario
    share._tried(share._written)
    assert "no file is written over" in share._said.value
    share.file.value = "m" * 300
    share._tried(share._written)
    assert "is no name of a file" in share._said.value
    share.text.value = "sales: reps = 1"
    share._tried(share._put)
    assert board.change == {"teams.sales.reps": 1}
    share.opens.value = False


def test_a_board_of_deals_has_no_scenario_to_save(tmp_path):
    deals = fs.read_deals(fs.datasets.bundled("crm_deals.csv"))
    board = fs.board(deals, "pipeline")
    board._share.opens.value = True
    board.views["Shown as"].value = "table"
    assert board.setting == "Shown as = table"
    with pytest.raises(fs.FunnelSimError, match="no scenario to save"):
        board.save(tmp_path / "x.toml")
