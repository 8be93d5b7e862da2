"""A change on a board: a bar with two ends, which is undone, shared and shown like any slider."""

from __future__ import annotations

from typing import Any

import pytest

import funnelsim as fs
from funnelsim.charts.on_a_day import time_rows
from funnelsim.distributions import DAY, HOUR
from funnelsim.widgets.controls import Controls
from funnelsim.widgets.knobs import knobs_named
from funnelsim.widgets.setting import read_setting
from funnelsim.widgets.spans import MOST, spans

WEEK = "When: promotion"
pytestmark = pytest.mark.usefixtures("nothing_is_drawn")


@pytest.fixture(scope="module")
def boards(nothing_is_drawn):
    return [fs.explore(fs.load("promotion"), n=1) for _ in range(2)]


def shop(change: dict[str, Any], horizon: str = "56 days") -> fs.Scenario:
    return fs.load("promotion").vary({"horizon": horizon, "changes": [{"name": "a", **change}]})


def test_a_bar_that_is_moved_is_the_scenario_with_other_dates(boards):
    board, _ = boards
    bar = board.sliders[WEEK]
    assert bar.label == ("Mon 1 Feb 2027", "Mon 8 Feb 2027") and board.change == {}
    bar.value = (35 * DAY, 42 * DAY)
    assert board.change == {"changes.promotion.from": "35 days", "changes.promotion.to": "42 days"}
    assert board.scenario == fs.load("promotion").vary(board.change)
    expected = fs.simulate(board.scenario, seed=1, progress=False)
    assert board.journal.leads.equals(expected.leads)
    board.reset()
    assert board.change == {}


def test_it_is_undone_and_shared(boards):
    board, other = boards
    board.apply("")
    board.sliders[WEEK].value = (42 * DAY, 56 * DAY)
    text = board.setting
    assert text == "When: promotion = Mon 15 Feb 2027 to the end"
    board.undo()
    assert board.change == {}
    board.redo()
    other.apply(text)
    assert other.change == board.change
    assert board.change == {"changes.promotion.from": "42 days", "changes.promotion.to": None}
    with pytest.raises(fs.FunnelSimError, match="did you mean Mon 8 Feb 2027 to"):
        other.apply("When: promotion = Mon 8 Feb 2027 to Mon 1 Feb 2027")


@pytest.mark.parametrize(
    ("change", "horizon", "moved", "turned"),
    [
        ({"from": "7 days"}, "28 days", (0, 28 * DAY), {"from": "0 days"}),
        ({"from": "7 days"}, "28 days", (7 * DAY, 14 * DAY), {"to": "14 days"}),
        ({"from": "-3 days", "to": "9 days"}, "28 days", (-3 * DAY, 7 * DAY), {"to": "7 days"}),
        ({"from": "1 day", "to": "90 days"}, "28 days", (DAY, 28 * DAY), {"to": None}),
        ({"from": "50 days"}, "28 days", (2 * DAY, 50 * DAY + 1), {"from": "2 days"}),
        # a bar is a step long at least, also at the end
        ({"from": "1 day"}, "60 days", (5 * DAY, 5 * DAY), {"from": "5 days", "to": "6 days"}),
        ({"from": "1 day"}, "60 days", (60 * DAY, 60 * DAY), {"from": "59 days"}),
        ({"from": "1 h"}, "4 days", (5 * HOUR, 4 * DAY), {"from": "5 h"}),
    ],
)
def test_only_the_ends_that_moved_are_changed(change, horizon, moved, turned):
    s = shop(change, horizon)
    (knob,) = spans(s)
    assert {value for _, value in knob.options} >= {*knob.start, *moved}
    found = knob.change(moved)
    assert {path.rpartition(".")[2] for path in found} == set(turned)
    named = {f"changes.a.{end}": said for end, said in turned.items()}
    assert s.vary(found) == s.vary(named)


def test_its_stops_are_few_and_its_own_ends_exact():
    for horizon in ("2 days", "56 days", "300 days", "1000 days", "9000 days"):
        (knob,) = spans(shop({"from": "667 min"}, horizon))
        values = [value for _, value in knob.options]
        assert values == sorted(set(values)) and len(values) <= MOST + 3
        assert len({said for said, _ in knob.options}) == len(values)
        assert knob.change(knob.start).keys() == {"changes.a.from", "changes.a.to"}


def test_a_bar_gives_way_to_sliders_of_its_ends():
    s = fs.load("promotion")
    assert not spans(s, knobs_named(s, ["changes.promotion.from"]))
    assert [one.label for one in spans(s, knobs_named(s, ["changes.promotion.cost"]))] == [WEEK]
    assert not spans(fs.load("aida"))


def test_every_pair_of_ends_is_read_again():
    (knob,) = spans(shop({"from": "1 day", "to": "2 days"}, "9 days"))
    controls = Controls.of([knob])
    values = [value for _, value in knob.options]
    for begin in values[::9]:
        for end in [value for value in values[::9] if value >= begin]:
            controls[knob.label].value = (begin, end)
            text = f"{knob.label} = {' to '.join(controls[knob.label].label)}"
            assert read_setting(text, controls) == {knob.label: (begin, end)}


def test_the_revenue_chart_knows_when_it_acts():
    s = shop({"from": "-3 days", "to": "7 days"})
    (row,) = time_rows(s)
    assert (row["until"] - row["from"]) / 86_400_000 == 7
    assert not time_rows(shop({"from": "80 days"}))
