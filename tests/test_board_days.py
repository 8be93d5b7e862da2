"""How much of its time a board shows."""

from __future__ import annotations

import html

import pytest

import funnelsim as fs
from funnelsim.distributions import DAY, HOUR
from funnelsim.widgets import picture

FOLLOW_UP = fs.load("aida-follow-up")
FEW = 8  # replications, where the promise is about something else
pytestmark = pytest.mark.usefixtures("nothing_is_drawn")


def test_of_a_large_scenario_the_first_days_are_shown_and_that_is_said():
    large = FOLLOW_UP.vary({"channels.search ads.leads_per_day": 1000})
    board = fs.explore(large, n=FEW)
    assert len(board.journal.leads) < 2 * picture.LEADS_AT_ONCE
    days = board.journal.scenario.horizon / DAY
    assert f"the first {days:g} of 90 days" in board._head.value
    assert board.scenario.horizon == large.horizon
    # what is shown is the beginning of the whole, not another history
    whole = fs.simulate(large, seed=1, progress=False).leads
    shown = board.journal.leads
    assert shown["arrived"].tolist() == whole["arrived"][: len(shown)].tolist()


def test_of_a_day_with_too_many_leads_the_first_hours_are_shown():
    crowd = {"channels.search ads.leads_per_day": 10_000, "teams.sales.reps": 500}
    board = fs.explore(FOLLOW_UP.vary(crowd), n=FEW)
    assert 0 < len(board.journal.leads) < 2 * picture.LEADS_AT_ONCE
    hours = board.journal.scenario.horizon / HOUR
    assert hours == int(hours) < 24
    assert f"the first {hours:g} h of 90 days" in board._head.value
    assert "costs of whole days" in board._head.value  # a team is paid by the day


def test_enough_hours_are_shown_where_leads_come_late_in_the_day():
    late = {f"channels.{c.name}.hours": [0] * 20 + [1] * 4 for c in FOLLOW_UP.channels}
    board = fs.explore(FOLLOW_UP.vary(late | {"channels.search ads.leads_per_day": 12_000}), n=FEW)
    assert len(board.journal.leads) > picture.LEADS_AT_ONCE / 2


@pytest.mark.parametrize("days", [0, -1, "30", True, float("nan"), 1e-20])
def test_days_that_are_none_are_refused(days):
    with pytest.raises(fs.FunnelSimError, match=r"days is .*more than 0 days: write a number"):
        fs.explore(FOLLOW_UP, days=days)


def test_days_within_the_warm_up_are_refused_and_more_than_all_are_all():
    with pytest.raises(fs.FunnelSimError, match=r"days is 30; the warm-up .* takes 60 days"):
        fs.explore(FOLLOW_UP.vary({"warm_up": "60 days"}), days=30)
    assert fs.explore(FOLLOW_UP, days=float("inf"), n=FEW).journal.scenario == FOLLOW_UP


def test_the_head_says_how_this_board_shows_more():
    large = FOLLOW_UP.vary({"channels.search ads.leads_per_day": 1000})
    assert "fs.explore(scenario, days=…)" in fs.explore(large, n=FEW)._head.value
    shown = fs.board(large, "money", n=FEW)._head.value
    assert html.unescape(shown).count('fs.board(scenario, "money", days=…)') == 1
