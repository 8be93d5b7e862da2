"""The loyalty board: a programme and its absence, lived through by the same customers.

    fs.board(fs.load("aida-loyalty-advocacy"), "loyalty")

Sliders for what the programme promises and costs, and for who joins. Beside what it really does
stands what a comparison of members with others would say: those who join are others to begin with.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace

import altair as alt

from funnelsim.charts import programme as drawn
from funnelsim.errors import FunnelSimError, Problem
from funnelsim.metrics.cohorts import retention_by_age
from funnelsim.pages import page
from funnelsim.scenario import Scenario
from funnelsim.scenario.parameters import every
from funnelsim.widgets.board import Board, Chart, Data, Drawn, RowsByName, Seen
from funnelsim.widgets.board_text import SENTENCES
from funnelsim.widgets.knobs import MOST, Knob, knob_of
from funnelsim.widgets.picture import SideBySide, Simulated
from funnelsim.widgets.programme import GAPS, LINES, means, programme_told
from funnelsim.widgets.worlds import worlds_html

DEFAULT = "aida-loyalty-advocacy"
DRAFTED = 4  # replications: customers live on after the sale, which takes longer
WHO = ("enrolment", "self_selection")
POINTS = ("point_value", "redeem_from", "expires_after")
OF_TIERS = ("discount", "repeat_odds_ratio")


def board(scenario: Scenario, simulated: Simulated) -> Board:
    """The loyalty board as data; FunnelSimError where there is no programme."""
    if scenario.loyalty is None:
        rule = "the loyalty board shows a programme and its absence, and there is no loyalty here"
        way_out = f'write fs.load("{DEFAULT}"), or add a [loyalty] to the scenario'
        raise FunnelSimError(str(Problem("scenario", scenario.name, rule, way_out)))
    return Board(
        scenario,
        SideBySide(replace(simulated, drafted=DRAFTED), without),
        [Chart(_member_rows, _members, _spent, 3), Chart(_age_rows, _ages, _again)],
        _knobs(scenario),
        line=_line,
        figures=_table,
        told=programme_told,
        is_beside=True,
    )


def without(scenario: Scenario) -> Scenario:
    """The same customers, with no programme."""
    return scenario.vary({"loyalty": None})


def _knobs(s: Scenario) -> list[Knob]:
    """Who joins, what the programme promises and costs, and its tiers, the highest first."""
    assert s.loyalty is not None
    there = {found.path: found for found in every(s)}
    found = [there[path] for path in _paths(s) if path in there][:MOST]
    return [replace(knob_of(one), group="Loyalty programme", label=one.short) for one in found]


def _paths(s: Scenario) -> Iterator[str]:
    assert s.loyalty is not None
    points = POINTS if s.loyalty.points_per_unit else ("points_per_unit",)
    fee = ("fee",) if s.loyalty.fee else ()
    yield from (f"loyalty.{key}" for key in (*WHO, *points, "cost_per_day", *fee))
    for tier in sorted(s.loyalty.tiers, key=lambda tier: tier.from_spend, reverse=True):
        again = s.retention is not None  # nobody's odds of coming back are turned otherwise
        yield from (f"loyalty.tiers.{tier.name}.{key}" for key in OF_TIERS[: 1 + again])


# --- the panes ------------------------------------------------------------------------------------


def _member_rows(seen: Seen) -> RowsByName:
    kept = None if seen.before is None else means(seen.before)
    return {"members": drawn.member_rows(means(seen.now), kept)}


def _spent(seen: Seen, rows: RowsByName) -> dict[str, float]:
    ends = [row[at] or 0 for row in rows["members"] for at in ("spent", "before")]
    return {"spent_top": 2.4 * max(ends)}


def _members(seen: Seen, data: Data, dark: bool) -> Drawn:
    return drawn.member_chart(data["members"], seen.start.currency, alt.ExprRef("spent_top"), dark)


def _age_rows(seen: Seen) -> RowsByName:
    worlds = {drawn.WITH: seen.now.here, drawn.WITHOUT: seen.now.there}
    worlds |= {drawn.KEPT: seen.before.here} if seen.before else {}
    tables = {world: retention_by_age(picture.journal) for world, picture in worlds.items()}
    return {"ages": drawn.retention_rows(tables)}


def _again(seen: Seen, rows: RowsByName) -> dict[str, float]:
    return {"again_top": 1.1 * max((row["share"] for row in rows["ages"]), default=0)}


def _ages(seen: Seen, data: Data, dark: bool) -> Drawn:
    return drawn.retention_chart(data["ages"], alt.ExprRef("again_top"), dark)


# --- in words and figures -------------------------------------------------------------------------


def _table(seen: Seen) -> str:
    about = f"{seen.start.currency}, {seen.now.here.scenario.days:g} days"
    return worlds_html(LINES, ("with it", "without it"), about, seen.now, seen.before)


def _line(seen: Seen) -> str:
    """What the programme does, and what a comparison of members with others would say."""
    told = programme_told(seen, seen.now)
    said = f"The programme, in {seen.start.currency}: revenue {told['its revenue']}, "
    said += f"contribution {told['its contribution']}"
    whole, anyway, done = (told[name] for name in GAPS)
    more = f"Members against others: {whole} each. Anyway: {anyway}; by the programme: {done}."
    if not all(map(math.isfinite, means(seen.now).values())):
        more = "Nobody is a member, or everybody: nothing to compare."
    return page(SENTENCES, said=said, more=more)
