"""Where a board is not live its last picture stands, with its figures, and asks nobody."""

from __future__ import annotations

import asyncio
import re

import pytest

import funnelsim as fs
from funnelsim.widgets import still
from funnelsim.widgets.flow import counts_html

FOLLOW_UP = fs.load("aida-follow-up")
pytestmark = pytest.mark.usefixtures("nothing_is_drawn")


@pytest.fixture(scope="module")
def board(nothing_is_drawn):
    return fs.explore(FOLLOW_UP, ["sales: reps"], n=1)


@pytest.fixture
def shown(board):
    """What is displayed of it, as a notebook would get it."""
    board.reset()
    handle = Handle()
    board.stills._shown = [handle]
    yield handle
    board.stills._shown = []


class Handle:
    def __init__(self):
        self.bundles = []

    def update(self, bundle, raw):
        assert raw
        self.bundles.append(bundle)


def html_of(board):
    return board.stills._html(board.seen)


def test_it_says_the_figures_and_how_to_bring_the_board_to_life_and_asks_nobody(board):
    board.reset()
    board.sliders["sales: reps"].value = 1
    html = html_of(board)
    figures = fs.summary(fs.simulate(FOLLOW_UP.vary({"teams.sales.reps": 1}), progress=False))
    assert f'<span class="value">{figures["revenue"]:,.0f}</span>' in html
    assert html.count("<img ") == 2 and html.count('src="data:image/png;base64,') == 2
    assert all(alt for alt in re.findall(r'<img alt="([^"]*)"', html))
    assert ".vary({&#34;teams.sales.reps&#34;: 1})" in html
    assert "Run ▸ Run All" in html
    assert not re.search(
        r"<script|https?:|funnelsim-(figures|sum|board)\b", html.split("</style>")[1]
    )


def test_it_is_made_anew_once_a_move_has_come_to_rest(board, shown, monkeypatch):
    monkeypatch.setattr(still, "REST", 0.01)
    monkeypatch.setattr(board.stills, "_html", lambda seen: str(dict(seen.change)))

    async def drag(*reps):
        for number in reps:
            board.sliders["sales: reps"].value = number
            await board._newest._task
        await asyncio.sleep(0.05)
        if board.stills._task is not None:
            await board.stills._task

    asyncio.run(drag(1, 3))
    assert shown.bundles[-1]["text/html"] == "{'teams.sales.reps': 3}"
    assert set(shown.bundles[-1]) == {"text/html", "text/plain"}


def test_the_leads_of_flow_are_counted_where_they_are():
    journal = fs.simulate(FOLLOW_UP, progress=False)
    html = counts_html("today", journal, -1)
    cells = [int(c.replace(",", "")) for c in re.findall(r"<td[^>]*>([\d,]+)</td>", html)]
    assert sum(cells) == len(journal.leads)
    assert counts_html("today", journal, 0).count(">0<") >= 20


def test_the_cards_of_a_pipeline_are_a_table():
    html = html_of(fs.board(fs.load("b2b-pipeline"), "pipeline", days=100))
    assert "funnelsim-kanban" not in html and "<td" in html
