"""A board is data on a frame: any parameter is a slider, any picture has its panes."""

from __future__ import annotations

import asyncio
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import altair as alt
import pytest

import funnelsim as fs
from funnelsim.distributions import DAY
from funnelsim.scenario.parameters import every
from funnelsim.scenario.ranges import choices, positions
from funnelsim.widgets import live_chart
from funnelsim.widgets.board import Board, Chart, Html, View
from funnelsim.widgets.boards.frame import Frame
from funnelsim.widgets.knobs import knob_of, knobs_named
from funnelsim.widgets.picture import SideBySide, Simulated

ROOT = Path(__file__).resolve().parents[1]
BOARDS = ROOT / "funnelsim" / "widgets" / "boards"
FOLLOW_UP = fs.load("aida-follow-up")
WHOLE = fs.load(str(ROOT / "tests" / "whole_scenario.toml"))
NUMBER_AND_CHOICES = ["stages.Interest.conversion", "teams.sales.serves", "teams.sales.open"]
FEW = 8  # replications, where the promise is about something else

as_it_is_drawn = live_chart.vega
pytestmark = pytest.mark.usefixtures("nothing_is_drawn")


@pytest.fixture(scope="module")
def three(nothing_is_drawn):
    return fs.explore(FOLLOW_UP, NUMBER_AND_CHOICES, n=FEW)


@pytest.fixture(scope="module")
def usual(nothing_is_drawn):
    return fs.explore(FOLLOW_UP, n=FEW)


# --- what is drawn is a chart -------------------------------------------------------------------


@pytest.mark.parametrize("board", ["explore", "follow-up"])
def test_charts_of_a_board_keep_to_the_schema(board, monkeypatch):
    """A board does not check its own charts, light or dark, as that takes half of its time."""
    checked = []

    def vega(chart, config):
        checked.append(chart.to_dict(validate=True))
        return as_it_is_drawn(chart, config)

    monkeypatch.setattr(live_chart, "vega", vega)
    fs.board(FOLLOW_UP, board, n=FEW)
    assert len(checked) >= 2 and len(checked) % 2 == 0


# --- any parameter is a slider ------------------------------------------------------------------


def test_what_is_named_is_what_can_be_turned(three):
    board = three
    labels = fs.parameters(FOLLOW_UP)["label"]
    assert list(board.sliders) == [labels[path] for path in NUMBER_AND_CHOICES]
    assert board.change == {} and board.scenario == FOLLOW_UP
    conversion, service, hours = board.sliders.values()
    conversion.value, service.value, hours.value = 0.3, "newest first", "Mon-Fri 09:00-17:00"
    assert board.change == {
        "stages.Interest.conversion": 0.3,
        "teams.sales.serves": "newest first",
        "teams.sales.open": "Mon-Fri 09:00-17:00",
    }
    direct = fs.simulate(FOLLOW_UP.vary(board.change), seed=1, progress=False)
    assert board.journal.follow_ups.equals(direct.follow_ups)
    board.reset()
    assert board.scenario == FOLLOW_UP


def test_a_choice_is_a_list_of_choices_and_hours_are_some_usual_ones(three):
    _, service, hours = three.sliders.values()
    assert [value for _, value in service.options] == ["first come", "newest first"]
    offered = [value for _, value in hours.options]
    assert offered[0] == FOLLOW_UP.teams[0].open and "always" in offered
    assert len(set(offered)) == len(offered)
    assert type(service).__name__ == type(hours).__name__ == "Dropdown"


def test_a_parameter_is_named_by_its_path_or_its_label_or_as_a_slider_of_the_board():
    named = ["sales: reps", "stages.Desire.follow_up.patience", "Leads a day"]
    board = fs.explore(FOLLOW_UP, named, n=FEW)
    assert list(board.sliders) == ["sales: reps", "Desire: patience", "Leads a day"]
    assert board.sliders["teams.sales.reps"] is board.sliders["sales: reps"]
    board.sliders["Desire: patience"].value = 5 * DAY
    path = "stages.Desire.follow_up.patience.exponential.mean"  # read as a person would write it
    assert board.change == {path: "5 days"}


@pytest.mark.parametrize("scenario", [WHOLE, *map(fs.load, fs.templates())], ids=lambda s: s.name)
def test_every_number_and_every_choice_can_be_turned_and_nothing_else(scenario):
    for found in every(scenario):
        is_number = bool(found.kind.turned) and math.isfinite(found.number)
        if not (is_number or found.kind.name in ("choice", "on or off", "opening hours")):
            with pytest.raises(fs.ScenarioError, match=r"turned|turns|could stand"):
                knob_of(found)
            continue
        knob = knob_of(found)
        assert knob.start in dict(knob.options).values(), found.path
        assert len({said for said, _ in knob.options}) == len(knob.options), found.path
        if not found.kind.is_of_whole:  # the others give way to within a rounding
            assert scenario.vary(knob.change(knob.start)) == scenario, found.path
        for _, value in (knob.options[0], knob.options[-1]):
            scenario.vary(knob.change(value))
        assert knob.is_choice != is_number


def test_a_slider_that_begins_at_nothing_goes_somewhere():
    bare = FOLLOW_UP.vary({"channels.search ads.leads_per_day": 0.0})
    told = {found.path: positions(found) for found in every(bare)}
    assert told["channels.search ads.leads_per_day"][-1] == 20
    assert told["channels.search ads.cost_per_sale"][-1] == 100
    assert told["warm_up"][-1] == 30 * DAY
    assert told["channels.search ads.commission"][-1] == 1


def test_of_a_switch_both_are_offered():
    (switch,) = [f for f in every(WHOLE) if f.path.endswith("free_shipping_from")][:1]
    assert choices(switch) == ()  # a number is none
    found = [f for f in every(WHOLE) if f.kind.name == "on or off"]
    assert all(choices(f) == (True, False) for f in found)


@pytest.mark.parametrize(
    ("names", "said"),
    [
        (["stages.Intrest.conversion"], r"stages has no 'Intrest'.*did you mean Interest"),
        (["stages.Interest"], r"one value is turned at a time, such as stages.Interest.conversion"),
        (["name"], r"its kind is text, and a board turns numbers and choices.*fs.parameters"),
        (["start"], r"its kind is date"),
        (["loyalty.enrolment"], r"loyalty is not in this scenario"),
        (["teams.sales.reps", "teams.sales.reps"], r"named twice"),
        (["sales: reps", "teams.sales.reps"], r"turns teams.sales.reps, which sales: reps turns"),
        (["segments.first-time.share", "segments.knows us.share"], r"name one of the two"),
        (["Leads a day", "channels.search ads.leads_per_day"], r"name one of the two"),
        ([3], r"it is a text with dots"),
        (7.5, r'parameters is 7.5; it is a list of paths: write \["teams.sales.reps"'),
        (True, r"parameters is True; it is a list of paths"),
    ],
)
def test_what_cannot_be_turned_is_said_with_the_way_out(names, said):
    with pytest.raises(fs.FunnelSimError, match=said):
        fs.explore(FOLLOW_UP, names, n=FEW)


def test_the_horizon_is_turned_where_all_of_it_is_shown():
    board = fs.explore(FOLLOW_UP, ["horizon"], n=FEW)
    for days in (30, 120):
        board.sliders["Horizon"].value = days * DAY
        assert board.journal.scenario.horizon == days * DAY
        assert f"all {days} days" in board._head.value
    with pytest.raises(fs.FunnelSimError, match=r"horizon is turned; .*: write days="):
        fs.explore(FOLLOW_UP, ["horizon"], days=30, n=FEW)


def test_a_whole_number_in_second_place_is_the_seed_of_earlier_versions(usual):
    with pytest.warns(DeprecationWarning, match="seed="):
        board = fs.explore(FOLLOW_UP, 5, n=FEW)
    assert board.journal.seed == 5
    assert list(board.sliders) == list(usual.sliders)


def test_a_slider_that_is_not_there_names_the_nearest(usual):
    with pytest.raises(KeyError, match="'Reps, sales'"):
        usual.sliders["Reps sales"]


# --- a board is data ----------------------------------------------------------------------------


def test_a_board_is_one_short_file():
    for file in BOARDS.glob("*.py"):
        if file.name not in ("__init__.py", "frame.py"):
            assert len(file.read_text(encoding="utf-8").splitlines()) <= 150, file.name


def bars(name: str, count: Any) -> Chart:
    """A pane with one bar, as long as what `count` makes of what is seen."""

    def draw(seen, data, dark):
        scale = alt.Scale(domainMax=alt.ExprRef(f"{name}_top"))
        return alt.Chart(data[name]).mark_bar().encode(x=alt.X("count:Q", scale=scale))

    return Chart(
        lambda seen: {name: [{"count": count(seen)}]},
        draw,
        lambda seen, rows: {f"{name}_top": count(seen)},
    )


def members(picture: Any) -> int:
    return int(picture.journal.leads["member"].sum())


def test_two_worlds_stand_side_by_side_with_the_same_customers():
    shop = fs.load("aida-loyalty-advocacy")
    worlds = SideBySide(Simulated.of(shop, 1, 120, 24), lambda s: s.vary({"loyalty": None}))
    made = Board(
        shop,
        worlds,
        [bars("with", lambda seen: members(seen.now.here)),
         bars("without", lambda seen: members(seen.now.there))],
        knobs_named(shop, ["loyalty.enrolment"]),
    )  # fmt: skip
    board = Frame(made)

    def drawn():
        data = board._chart.frame["data"]
        return data["with"][0]["count"], data["without"][0]["count"]

    assert drawn()[0] > 0 and drawn()[1] == 0
    here, there = board.picture.here.journal, board.picture.there.journal
    of_both = here.leads.merge(there.leads, on="key", suffixes=("", "_there"))
    assert len(of_both) > 0.5 * len(here.leads)
    assert of_both["arrived"].equals(of_both["arrived_there"])
    without = board.picture.there
    board.sliders["Loyalty programme: enrolment"].value = 0
    assert drawn() == (0, 0)
    assert board.picture.there is without  # what a move leaves alone is not simulated again
    assert len(board.picture.spread) == 24  # both from all replications


def arrived(picture: Any, day: int) -> int:
    return int((picture.journal.leads["arrived"] < day).sum())


def test_what_is_only_looked_at_is_drawn_and_not_simulated(monkeypatch):
    days = View("Day", tuple((f"day {n}", n) for n in range(1, 91)), 1)
    board = Frame(
        Board(
            FOLLOW_UP,
            Simulated.of(FOLLOW_UP, 1, None, FEW),
            [bars("so_far", lambda seen: arrived(seen.now, seen.view["Day"])),
             Html(lambda seen: f"<p>by day {seen.view['Day']}</p>")],
            knobs_named(FOLLOW_UP, ["sales: reps"]),
            [days],
        )
    )  # fmt: skip

    journal = board.journal
    monkeypatch.setattr("funnelsim.widgets.picture.simulate_together", None)
    for day in (30, 90, 7):
        board.views["Day"].value = day
        (row,) = board._chart.frame["data"]["so_far"]
        assert row["count"] == (journal.leads["arrived"] < day).sum()
        assert board._html[0][1].value == f"<p>by day {day}</p>"
    assert board.change == {} and board.journal is journal


@dataclass(frozen=True)
class Described:
    """A picture without a simulation: what a scenario says by itself."""

    scenario: fs.Scenario
    load: float


class Descriptions:
    def draft(self, scenario, shown=None):
        if shown is not None and shown.scenario == scenario:
            return shown
        return Described(scenario, float(fs.team_load(scenario)["load"].iloc[0]))

    def refined(self, picture):
        yield from ()


def test_a_board_may_simulate_nothing():
    made = Board(
        FOLLOW_UP,
        Descriptions(),
        [bars("load", lambda seen: seen.now.load)],
        knobs_named(FOLLOW_UP, ["sales: reps"]),
        head=lambda seen: f"<h2>{seen.start.name}</h2>",
        foot=lambda seen: "",
    )
    board = Frame(made)
    board.keep()
    board.sliders["sales: reps"].value = 1
    one, two = board.picture.load, board._kept.load
    assert one == pytest.approx(2 * two)
    assert board._chart.frame["data"]["load"] == [{"count": one}]
    assert board._chart.frame["signals"]["load_top"] >= one


def test_a_drag_on_any_board_ends_at_the_newest_picture():
    board = fs.explore(FOLLOW_UP, "sales: reps", n=FEW)
    assert list(board.sliders) == ["sales: reps"]  # one name may stand without a list

    async def drag():
        for reps in (1, 3, 4, 1):
            board.sliders["sales: reps"].value = reps
            await asyncio.sleep(0)
        await board._newest._task

    asyncio.run(drag())
    assert board._shown.scenario.teams[0].reps == 1
