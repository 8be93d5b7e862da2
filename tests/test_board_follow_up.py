"""The follow-up board: its queue, its waiting times and its curve are those of the journals."""

from __future__ import annotations

import asyncio
import re

import numpy as np
import pytest

import funnelsim as fs
from funnelsim.charts import follow_up as drawn
from funnelsim.distributions import DAY, HOUR, WEEK
from funnelsim.metrics import groups
from funnelsim.metrics.follow_up import waiting
from funnelsim.widgets.boards.follow_up import SOON
from funnelsim.widgets.picture import Staffed

FOLLOW_UP = fs.load("aida-follow-up")
CALLED = [n for n in fs.templates() if any(stage.follow_up for stage in fs.load(n).stages)]
FEW = 8  # replications, where the promise is about something else
BUSY = FOLLOW_UP.vary(
    {
        "teams.sales.reps": 1,
        "teams.sales.open": "Mon-Fri 09:00-17:00",
        "stages.Interest.follow_up.missed": 0.1,
        "stages.Interest.follow_up.reach_probability": 0.6,
        "stages.Interest.follow_up.attempts": 3,
        "stages.Interest.follow_up.every": "6 h",
        "horizon": "40 days",
    }
)
pytestmark = pytest.mark.usefixtures("nothing_is_drawn")


def a_board(scenario=FOLLOW_UP, **more):
    return fs.board(scenario, "follow-up", n=FEW, **more)


def frame(board):
    return board._chart.frame["data"]


# --- the queue ------------------------------------------------------------------------------------


@pytest.mark.parametrize("engine", ["process", "columns"])
def test_who_waits_is_counted_call_by_call(seed, engine):
    j = fs.simulate(BUSY, seed=seed, engine=engine, progress=False)
    times = np.linspace(0, BUSY.horizon, 97).astype(np.int64)
    visits = j.stage_visits.set_index(["lead", "stage", "attempt"])["decided"]
    expected = np.zeros(len(times), dtype=int)
    outcomes = set()
    for call in j.follow_ups.itertuples():
        outcomes.add(call.outcome)
        if call.outcome == "missed":  # nobody knows of it
            continue
        left = call.started
        if np.isnan(left):  # gave up, or waits still
            left = visits[call.lead, call.stage, call.attempt]
        until = np.inf if np.isnan(left) else round(left * DAY)
        expected += (times >= round(call.queued * DAY)) & (times < until)
    assert {"missed", "gone cold", "not reached", "served", "open"} <= outcomes
    assert waiting(j, times).tolist() == expected.tolist()
    assert expected.max() > 3
    assert waiting(j, times, team=0).tolist() == expected.tolist()  # there is one team


def test_of_two_teams_each_has_its_own_queue():
    two = FOLLOW_UP.vary(
        {
            "teams": [{"name": "sales", "reps": 1}, {"name": "closers", "reps": 1}],
            "stages.Desire.follow_up.team": "closers",
        }
    )
    j = fs.simulate(two, seed=3, progress=False)
    times = np.arange(0, two.horizon, 12 * HOUR)
    both = [waiting(j, times, team) for team in (0, 1)]
    assert all(queue.any() for queue in both)
    assert (both[0] + both[1]).tolist() == waiting(j, times).tolist()


def test_the_week_that_is_looked_at_is_drawn_without_simulating(monkeypatch):
    board = a_board(BUSY)
    journal = board.journal
    monkeypatch.setattr("funnelsim.widgets.picture.simulate_together", None)
    week = board.views["Week of the queue"]
    assert [begin for _, begin in week.options] == list(range(0, 40 * DAY, WEEK))
    for begin in (0, 3 * WEEK, 5 * WEEK):
        week.value = begin
        times = np.arange(begin, min(begin + WEEK, 40 * DAY) + 1, HOUR // 2)
        counts = [row["waiting"] for row in frame(board)["queue"]]
        assert counts == waiting(journal, times).tolist()
    assert board.change == {}


@pytest.mark.parametrize(("warm_up", "first"), [("0 days", 1), ("20 days", 3), ("39 days", 5)])
def test_the_first_week_to_be_seen_is_one_in_which_the_team_is_at_work(warm_up, first):
    assert a_board(BUSY.vary({"warm_up": warm_up})).views["Week of the queue"].value == first * WEEK


def test_the_hours_of_the_week_are_those_of_the_team():
    board = a_board(BUSY)  # the second week begins on Monday, 11 January 2027
    open_hours = [(row["from"], row["to"]) for row in frame(board)["hours"]]
    monday = 1_799_625_600_000
    nine_to_five = [(monday + (24 * n + 9) * 3_600_000, 8 * 3_600_000) for n in range(5)]
    assert open_hours == [(begin, begin + length) for begin, length in nine_to_five]


# --- waiting times --------------------------------------------------------------------------------


def test_all_who_waited_are_told_and_those_gone_cold_beside_them():
    board = a_board(BUSY)
    table = groups.losses_by_response(board.journal)
    rows = frame(board)["waited"]
    for outcome, column in (
        ("advanced", "advanced"),
        ("lost after the call", "lost_after_call"),
        ("gone cold", "gone_cold"),
    ):
        of_it = [row["leads"] for row in rows if row["outcome"] == outcome]
        assert sum(of_it) == table[column].sum() > 0
    by_bin = table.groupby("waited", observed=False)["visits"].sum()
    told = {row["waited"]: row["visits"] for row in rows}
    assert told["under 5 min"] == by_bin["under 5 min"]
    assert told["3 to 12 h"] == by_bin["3 to 6 h"] + by_bin["6 to 12 h"]
    assert told["over a week"] == by_bin["1 to 2 weeks"] + by_bin["over 2 weeks"]


def test_every_bin_has_its_line():
    assert list(drawn.WAITED) == list(groups.BINS)


# --- other numbers of reps ------------------------------------------------------------------------


def test_the_curve_is_the_same_customers_with_other_numbers_of_reps(seed):
    board = a_board(seed=seed)
    rows = {row["reps"]: row for row in frame(board)["curve"]}
    assert list(rows) == list(range(1, 9))
    assert not any(row["is_old"] for row in rows.values())
    for reps in (1, 3):
        other = FOLLOW_UP.vary({"teams.sales.reps": reps})
        figures = fs.summary(fs.simulate(other, seed=seed, progress=False))
        assert rows[reps]["cold"] == pytest.approx(100 * figures["share_gone_cold"])
        assert rows[reps]["profit"] == f"{figures['profit']:,.0f} EUR"
    (here,) = frame(board)["here"]
    assert here["reps"] == 2
    today, more = (
        fs.summary(fs.simulate(s, seed=seed, progress=False))["profit"]
        for s in (FOLLOW_UP, FOLLOW_UP.vary({"teams.sales.reps": 3}))
    )
    sign = "▲" if more > today else "▼"
    assert f"profit, EUR {sign} {abs(more - today):,.0f}" in board._sum.value


def test_a_move_of_the_reps_leaves_the_curve_and_another_move_makes_it_pale(monkeypatch):
    seen = []
    board = a_board()
    curve = board._shown.others
    board._sum.observe(lambda _: seen.append({row["is_old"] for row in frame(board)["curve"]}))
    board.sliders["sales: reps"].value = 4
    assert board._shown.others is curve
    assert frame(board)["here"][0]["reps"] == 4

    async def move():
        board.sliders["Leads a day"].value = 40
        await board._newest._task

    seen.clear()
    asyncio.run(move())
    assert {True} in seen and seen[-1] == {False}
    assert SOON not in board._sum.value
    assert board._shown.others is not curve


def test_a_newer_move_gives_up_the_curve_of_an_older_one():
    board = a_board()
    maker = board._board.maker
    picture = maker.draft(FOLLOW_UP.vary({"channels.search ads.leads_per_day": 40}), board._shown)
    pieces = maker.refined(picture)
    assert [next(pieces) for _ in range(8)] == [None] * 8  # one replication each
    assert isinstance(next(pieces), Staffed)


# --- the board ------------------------------------------------------------------------------------


def test_every_slider_changes_something_that_is_seen():
    board = a_board(fs.load("b2b-pipeline"))  # several teams

    def seen():
        figures = re.sub(r"<[^>]*>", " ", board._figures.value)
        return str(frame(board)["waited"]) + str(frame(board)["queue"]) + figures

    start = seen()
    for label, slider in board.sliders.items():
        offered = [slider.options[0][1], slider.options[-1][1]]
        changed = False
        for value in offered:
            slider.value = value
            changed = changed or seen() != start
        assert changed, label
        board.reset()
        assert seen() == start, label


def test_calls_are_turned_where_a_call_may_fail():
    labels = list(a_board(BUSY).sliders)
    assert "Interest: calls" in labels and "Interest: time between calls" in labels
    assert not any("calls" in label for label in a_board().sliders)


def test_the_busiest_team_is_shown():
    two = FOLLOW_UP.vary(
        {
            "teams": [{"name": "idle", "reps": 9}, {"name": "sales", "reps": 1}],
        }
    )
    assert "1 rep in sales" in a_board(two)._sum.value


def test_of_a_scenario_in_which_nobody_is_called_there_is_no_such_board():
    with pytest.raises(fs.FunnelSimError, match=r'no stage here has a follow_up: write fs.load\("'):
        fs.board(fs.load("aida"), "follow-up")


def test_a_board_that_there_is_not_names_those_there_are():
    with pytest.raises(fs.FunnelSimError, match=r'name is "folow-up".*did you mean follow-up\?'):
        fs.board(FOLLOW_UP, "folow-up")
    with pytest.raises(fs.FunnelSimError, match="board takes a Scenario"):
        fs.board("aida")
    with pytest.raises(fs.FunnelSimError, match="frame"):
        fs.board(FOLLOW_UP, "frame")


def test_the_explorer_is_a_board_by_its_name_too():
    assert list(fs.board(FOLLOW_UP, n=FEW).sliders) == list(fs.explore(FOLLOW_UP, n=FEW).sliders)


@pytest.mark.parametrize("change", [{"channels.search ads.leads_per_day": 0.0}, {"horizon": "1 h"}])
def test_where_nobody_is_called_in_time_the_board_is_empty_and_says_so(change):
    silent = FOLLOW_UP.vary(change | {"channels.trade fair.leads_per_day": 0.0})
    board = a_board(silent)
    assert "– gone cold" in board._sum.value
    assert frame(board)["here"] == [] and frame(board)["curve"] == []
