"""Moves of sliders that come faster than pictures: the newest counts."""

from __future__ import annotations

import asyncio
import threading

import pytest

import funnelsim as fs
from funnelsim.widgets import picture

FOLLOW_UP = fs.load("aida-follow-up")
FIRST = "Attention → Interest"
FEW = 8  # replications, where the promise is about something else
pytestmark = pytest.mark.usefixtures("nothing_is_drawn")


@pytest.fixture
def board():
    return fs.explore(FOLLOW_UP, n=FEW)


@pytest.fixture
def slow(monkeypatch):
    """Simulates as ever, but waits where it is told to; `calls` is what it was asked for."""
    return Slow(monkeypatch)


class Slow:
    def __init__(self, monkeypatch):
        self.calls, self.started, self.release = [], threading.Event(), threading.Event()
        self.waits = lambda conversion, replications: True
        self._real = picture.simulate_together
        monkeypatch.setattr(picture, "simulate_together", self)

    def __call__(self, scenario, seed, replications):
        call = scenario.stages[0].conversion, replications
        self.calls.append(call)
        if self.waits(*call):
            self.started.set()
            assert self.release.wait(timeout=600)
        return self._real(scenario, seed, replications)


def test_a_burst_of_moves_runs_the_first_and_the_newest_only(board, slow):
    async def drag():
        board.sliders[FIRST].value = 0.61
        await asyncio.to_thread(slow.started.wait, 600)
        for percent in range(62, 82):  # while the first is being simulated
            board.sliders[FIRST].value = percent / 100
            await asyncio.sleep(0)
        slow.release.set()
        await board._newest._task

    asyncio.run(drag())
    assert [conversion for conversion, _ in slow.calls] == [0.61, 0.81]
    assert board._shown.scenario.stages[0].conversion == 0.81
    assert "81 %" in board._sum.value


def test_the_journal_never_lags_behind_the_sliders(board):
    async def move_and_read():
        board.sliders[FIRST].value = 0.9
        return board.journal.scenario.stages[0].conversion

    assert asyncio.run(move_and_read()) == 0.9


@pytest.mark.parametrize("read", ["journal", "keep"])
def test_an_older_picture_is_never_drawn_over_a_newer_one(board, slow, monkeypatch, read):
    drawn, draw = [], board._draw
    slow.waits = lambda conversion, _: conversion == 0.61

    def noted():
        drawn.append(board._shown.scenario.stages[0].conversion)
        draw()

    async def move_and_read():
        board.sliders[FIRST].value = 0.61
        await asyncio.to_thread(slow.started.wait, 600)
        board.sliders[FIRST].value = 0.9
        board.keep() if read == "keep" else board.journal
        slow.release.set()
        await board._newest._task

    monkeypatch.setattr(board, "_draw", noted)
    asyncio.run(move_and_read())
    assert set(drawn) == {0.9}
    assert "90 %" in board._sum.value


def test_a_move_back_that_is_read_at_once_leaves_no_older_sentence(board, monkeypatch):
    async def there_and_back():
        board.sliders[FIRST].value = 0.61  # cannot be simulated
        await board._newest._task
        assert "no such" in board._sum.value
        monkeypatch.undo()
        board.sliders[FIRST].value = 0.6
        _ = board.journal
        await board._newest._task

    def broken(*_, **__):
        raise fs.FunnelSimError("no such")

    monkeypatch.setattr(picture, "simulate_together", broken)
    asyncio.run(there_and_back())
    assert "60 %" in board._sum.value


def test_a_press_gives_up_the_replications_of_an_older_one(slow):
    slow.release.set()
    board = fs.explore(FOLLOW_UP, n=60)
    slow.calls.clear()
    slow.started.clear()
    slow.release.clear()
    slow.waits = lambda conversion, replications: conversion == 0.61 and replications[0] > 0

    async def move():
        board.sliders[FIRST].value = 0.61
        await asyncio.to_thread(slow.started.wait, 600)  # the draft is there, more has begun
        assert board._shown.scenario.stages[0].conversion == 0.61
        board.sliders[FIRST].value = 0.9
        slow.release.set()
        await board._newest._task

    asyncio.run(move())
    assert [c for c, _ in slow.calls].count(0.61) == 2  # its draft, and one piece
    assert board._shown.scenario.stages[0].conversion == 0.9
    assert len(board._shown.spread) == 60
