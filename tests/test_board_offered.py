"""On a board sliders are added and taken away, and another scenario is put."""

from __future__ import annotations

import datetime
import json

import pytest

import funnelsim as fs
from funnelsim.scenario.parameters import every
from funnelsim.widgets.knobs import turned_by_both
from funnelsim.widgets.offered import turnable
from funnelsim.widgets.opened import read_scenario

REPS, OPEN, MARGIN = "teams.sales.reps", "sales: opening hours", "Order: margin"
pytestmark = pytest.mark.usefixtures("nothing_is_drawn")


@pytest.fixture
def board(explorer):
    explorer.apply("")
    return explorer


@pytest.fixture(scope="module")
def explorer(nothing_is_drawn):
    return fs.explore(fs.load("aida-follow-up"), [REPS], n=1, days=9)


def test_all_that_is_a_number_or_a_choice_is_offered_once(board):
    s = fs.load("aida-follow-up")
    found = turnable(s)
    own = [knob for knob in found.values() if knob.path]
    for at, knob in enumerate(own):
        assert knob.start in [value for _, value in knob.options]
        assert not any(turned_by_both(knob, other) for other in own[:at])
    paths = {path for knob in own for path in knob.change(knob.start)}
    for one in every(s):
        if one.kind.turned and one.number > 0 and one.kind.name != "distribution":
            assert any(f"{one.path}.".startswith(f"{path}.") for path in paths), one.path
    assert {knob.label for knob in own if knob.is_choice} >= {OPEN, "sales: order of service"}
    assert "Horizon" in found and "Horizon" not in turnable(s, is_cut=True)


def test_a_slider_is_added_moved_shared_and_undone(board):
    board.add(MARGIN)
    assert board.setting == "Order: margin = " + board.sliders[MARGIN].label
    board.sliders[MARGIN].value = 0.5
    assert board.change == {"order.margin": 0.5}
    assert board.journal.scenario.order.margin == 0.5
    said = board.setting
    assert said == "Order: margin = 50 %"
    board.undo()
    board.undo()
    assert MARGIN not in board.sliders and board.setting == "" and board.change == {}
    board.redo()
    board.redo()
    assert board.sliders["order.margin"].value == 0.5
    other = fs.explore(fs.load("aida-follow-up"), n=1, days=9)
    other.apply(said)
    assert other.change == board.change
    board.reset()
    assert MARGIN in board.sliders and board.change == {}


def test_what_is_taken_away_no_longer_turns(board):
    board.sliders[REPS].value = 4
    board.remove(REPS)
    assert board.change == {} and "sales: reps" not in board.sliders
    board.undo()
    assert board.change == {REPS: 4}


def test_a_choice_is_added_as_a_choice(board):
    board.add("teams.sales.open")
    (_, now), (_, other), *_ = board.sliders[OPEN].options
    board.sliders[OPEN].value = other
    assert board.change == {"teams.sales.open": other} and now != other


def test_the_list_is_told_when_it_opens_and_what_is_wrong_is_said_in_it():
    board = fs.explore(fs.load("aida-follow-up"), n=1, days=9)
    assert board._offered.rows == []
    board._offered.opens.value = True
    rows = {row["label"]: row for row in board._offered.rows}
    assert "sales: reps" not in rows and rows["Reps, sales"]["on"]  # the same, on the board
    assert rows["sales: order of service"] == {
        "label": "sales: order of service",
        "group": "Teams",
        "goes": "first come; first come or newest first",
        "on": False,
    }
    (channel, *_) = fs.load("aida-follow-up").channels
    board._offered.toggle(f"{channel.name}: leads a day")
    assert "take Leads a day away first" in board._offered.said
    board._offered.toggle("Leads a day")
    board._offered.toggle(f"{channel.name}: leads a day")
    assert f"{channel.name}: leads a day" in board.sliders
    assert not {row["label"]: row["on"] for row in board._offered.rows}["Leads a day"]
    other = fs.explore(fs.load("aida-follow-up"), n=1, days=9)
    other.apply(board.setting)  # its own slider for all channels gives way
    assert f"{channel.name}: leads a day" in other.sliders and "Leads a day" not in other.sliders
    with pytest.raises(fs.FunnelSimError, match="did you mean Order: margin"):
        board.add("Order: marginn")


def test_python_and_file_of_what_was_added(board):
    board.add(MARGIN)
    board.sliders[MARGIN].value = 0.5
    board._share.opens.value = True
    code, toml = (widget.value for widget in board._share._copied[1:])
    assert "order.margin" in code and "fs.explore(s, [" in code
    assert "margin = 0.5" in toml


# --- another scenario -----------------------------------------------------------------------------


def upload(board, name, text):
    given = {"name": name, "content": text.encode(), "type": "", "size": len(text)}
    board._opened.file.value = ({**given, "last_modified": datetime.datetime.now()},)


@pytest.fixture
def other_board(board):
    yield board
    board.show(fs.load("aida-follow-up"))


def test_another_scenario_is_chosen(other_board):
    board = other_board
    board.sliders[REPS].value = 4
    board.keep()
    board._opened.chosen.value = "aida"
    assert board.scenario == fs.load("aida") and board.kept is None
    board.sliders["Leads a day"].value = 0
    assert len(board.journal.leads) == 0
    assert "shows AIDA" in board._opened.said


@pytest.mark.parametrize("name", ["mine\0.toml", "mine" * 90 + ".toml", "../mine.toml", ".toml"])
def test_a_file_may_have_any_name(name):
    text = fs.load("aida").to_toml()
    assert read_scenario(name, text.encode()) == fs.load("aida")


def test_a_file_is_opened_and_a_broken_one_changes_nothing(other_board):
    board = other_board
    mine = fs.load("aida").vary({"name": "Mine"})
    upload(board, "mine.toml", mine.to_toml())
    assert board.scenario == mine
    upload(board, "mine.json", json.dumps(mine.vary({"name": "Its JSON"}).tables(), default=str))
    assert board.scenario.name == "Its JSON"
    sliders = dict(board.sliders)
    upload(board, "broken.toml", mine.to_toml().replace("conversion = 0.", "conversion = 7."))
    assert "broken.toml" in board._opened.said and "conversion" in board._opened.said
    assert board.scenario.name == "Its JSON" and dict(board.sliders) == sliders


def test_a_board_that_a_scenario_does_not_suit_keeps_what_it_had():
    board = fs.board(name="follow-up", n=1, days=9)
    had = board.scenario
    board._opened.chosen.value = "aida"
    assert "no stage here has a follow_up" in board._opened.said and board.scenario == had
