"""The follow-up board: a team's queue, how long leads wait for it, and what other reps would do.

    fs.board(fs.load("aida-follow-up"), "follow-up")

Sliders for all that decides who is called and when: reps, opening hours, the order of service, and
of each stage that the team calls how often, how long a call takes and how long a lead waits. The
queue is that of one week, which is only looked at. The curve is the same customers with other
numbers of reps; until it is simulated anew the earlier one stays, and is pale.
"""

from __future__ import annotations

from collections.abc import Iterator

import altair as alt

from funnelsim.analytic.teams import team_load
from funnelsim.charts import follow_up as drawn
from funnelsim.charts.rows import Rows
from funnelsim.distributions import WEEK
from funnelsim.errors import FunnelSimError, Problem
from funnelsim.pages import page
from funnelsim.scenario import Scenario
from funnelsim.scenario.parameters import every
from funnelsim.tables import difference, figure_text
from funnelsim.widgets.board import Asked, Board, Chart, Data, Drawn, RowsByName, Seen, View, figure
from funnelsim.widgets.knobs import knobs_named
from funnelsim.widgets.picture import Simulated, Staffing

DEFAULT = "aida-follow-up"
TURNED = ("attempts", "every", "handling_time", "patience", "response_half_life")
TILES = ("share_gone_cold", "mean_response_days", "customers", "revenue", "contribution", "profit")
LINE = """<div class="funnelsim-sum"><p>{{ said }}</p>
<small title="{{ more }}">{{ more }}</small></div>"""
# said also where the board stands still
SOON = "What one rep more would bring is simulated next, where the board is live."


def board(scenario: Scenario, simulated: Simulated) -> Board:
    """The follow-up board of the busiest team as data; FunnelSimError where nobody is called."""
    if not any(stage.follow_up for stage in scenario.stages):
        rule = "the follow-up board shows a team that calls, and no stage here has a follow_up"
        way_out = f'write fs.load("{DEFAULT}")'
        raise FunnelSimError(str(Problem("scenario", scenario.name, rule, way_out)))
    team = int(team_load(scenario)["load"].to_numpy().argmax())
    maker = Staffing(simulated, scenario.teams[team].name, max(8, 2 * scenario.teams[team].reps))
    weeks = tuple(drawn.weeks(simulated.shortened(scenario)))
    # not the first week, which begins with an empty queue, nor one of the warm-up
    settled = next((at for _, at in weeks if at >= max(scenario.warm_up, WEEK)), weeks[-1][1])
    return Board(
        scenario,
        maker,
        [_queue(team), _waited(team), _reps(maker)],
        knobs_named(scenario, _turned(scenario, team)),
        [View("Week of the queue", weeks, settled)],
        line=lambda seen: _line(seen, maker),
        figures=lambda seen: _figures(seen, scenario.teams[team].name),
        asks=[Asked("gone cold", "share", figure("share_gone_cold"), 2, "y", "cold_top", 100.0)],
    )


def _turned(s: Scenario, team: int) -> Iterator[str]:
    """What decides who is called and when, as far as it is there."""
    name, there = s.teams[team].name, {found.path for found in every(s)}
    yield "Leads a day"
    yield from (f"teams.{name}.{key}" for key in ("reps", "open", "serves"))
    for stage in s.stages:
        if stage.follow_up and stage.follow_up.team == name:
            call, is_again = stage.follow_up, stage.follow_up.reach_probability < 1
            idle = {"attempts": not is_again, "every": not is_again or call.attempts == 1}
            paths = [f"stages.{stage.name}.follow_up.{key}" for key in TURNED if not idle.get(key)]
            yield from (path for path in paths if path in there)


# --- the panes ------------------------------------------------------------------------------------


def _queue(team: int) -> Chart:
    def rows(seen: Seen) -> RowsByName:
        begin = next(iter(seen.view.values()))
        queue, *before = (drawn.queue_rows(p.journal, team, begin) for p in seen.pictures)
        hours = drawn.open_rows(seen.now.scenario, team, begin)
        return {"queue": queue, "hours": hours, "queue_before": before[0] if before else []}

    def tops(seen: Seen, rows: RowsByName) -> dict[str, float]:
        return {"waiting_top": 1.1 * _most(rows["queue"] + rows["queue_before"], "waiting")}

    def draw(seen: Seen, data: Data, dark: bool) -> Drawn:
        top = alt.ExprRef("waiting_top")
        return drawn.queue_chart(data["queue"], data["hours"], data["queue_before"], top, dark)

    return Chart(rows, draw, tops)


def _waited(team: int) -> Chart:
    def rows(seen: Seen) -> RowsByName:
        waited, *before = (drawn.waited_rows(p.journal, team) for p in seen.pictures)
        return {"waited": waited, "waited_before": before[0] if before else []}

    def tops(seen: Seen, rows: RowsByName) -> dict[str, float]:
        return {"visits_top": 1.05 * _most(rows["waited"] + rows["waited_before"], "visits")}

    def draw(seen: Seen, data: Data, dark: bool) -> Drawn:
        top = alt.ExprRef("visits_top")
        return drawn.waited_chart(data["waited"], data["waited_before"], top, dark)

    return Chart(rows, draw, tops)


def _reps(maker: Staffing) -> Chart:
    def rows(seen: Seen) -> RowsByName:
        s, is_old = seen.now.scenario, seen.now.others_of != maker.with_reps(seen.now.scenario, 1)
        here = {maker.reps(s): seen.now.figures}
        curve = drawn.reps_rows(seen.now.others | ({} if is_old else here), s, is_old)
        return {"curve": curve, "here": drawn.reps_rows(here, s, False)}

    def draw(seen: Seen, data: Data, dark: bool) -> Drawn:
        return drawn.reps_chart(data["curve"], data["here"], maker.most, alt.ExprRef("cold_top"))

    def tops(seen: Seen, rows: RowsByName) -> dict[str, float]:
        return {"cold_top": 1.15 * _most(rows["curve"] + rows["here"], "cold")}

    return Chart(rows, draw, tops)


def _most(rows: Rows, column: str) -> float:
    return max((row[column] for row in rows), default=0)


# --- in words -------------------------------------------------------------------------------------


def _figures(seen: Seen, team: str) -> str:
    return seen.tiles((*TILES[:2], f"utilisation: {team}", *TILES[2:]))


def _line(seen: Seen, maker: Staffing) -> str:
    """How many have gone cold, and what one rep more would bring."""
    s, now = seen.now.scenario, seen.now.figures
    reps, cold = maker.reps(s), figure_text(now["share_gone_cold"], "share")
    said = f"{reps} rep{'s' if reps != 1 else ''} in {maker.team}: {cold} gone cold"
    more = seen.now.others.get(reps + 1)
    if more is None or seen.now.others_of != maker.with_reps(s, 1):
        return page(LINE, said=said, more=SOON)
    of, name = ("profit", f"profit, {s.currency}") if s.order else ("customers", "customers")
    change = difference(more[of], now[of], "money" if s.order else "count")
    cold = figure_text(more["share_gone_cold"], "share")
    told = f"One rep more, the same customers: {cold} gone cold; {name} {change}"
    return page(LINE, said=said, more=told)
