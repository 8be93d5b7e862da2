"""The loyalty board: a programme and its absence, lived through by the same customers.

    fs.board(fs.load("aida-loyalty-advocacy"), "loyalty")

Sliders for what the programme promises and costs, and for who joins. Beside what it really does
stands what a comparison of members with others would say: those who join are others to begin with.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import altair as alt

from funnelsim.charts import programme as drawn
from funnelsim.errors import FunnelSimError, Problem
from funnelsim.metrics.cohorts import retention_by_age
from funnelsim.metrics.programme import same_people
from funnelsim.pages import page
from funnelsim.scenario import Scenario
from funnelsim.scenario.parameters import every
from funnelsim.tables import figure_text
from funnelsim.widgets.board import Board, Chart, Data, Drawn, RowsByName, Seen
from funnelsim.widgets.board_text import SENTENCES
from funnelsim.widgets.knobs import MOST, Knob, knob_of
from funnelsim.widgets.picture import Pair, SideBySide, Simulated
from funnelsim.widgets.worlds import Line, worlds_html

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
        told=_told,
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


def _means(pair: Pair) -> dict[str, float]:
    return same_people(pair.here.journal, pair.there.journal)


def _member_rows(seen: Seen) -> RowsByName:
    kept = None if seen.before is None else _means(seen.before)
    return {"members": drawn.member_rows(_means(seen.now), kept)}


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

COSTS = "goods, shipping, leads, rewards, messages, days of the programme"
PAID = "what orders were cheaper by: it is not in the revenue"
GAPS = "the gap", "anyway", "by the programme"
LINES = (
    Line("Revenue", "money", "net: paid for orders kept", lambda f, s: f["revenue"]),
    Line("Costs, less fees", "money", COSTS, lambda f, s: f["revenue"] - f["contribution"]),
    Line("Contribution", "money", "revenue less costs", lambda f, s: f["contribution"]),
    Line("Paid with points", "money", PAID, lambda f, s: _worth(f["points_redeemed"], s), False),
    Line("Points owed", "money", "open points", lambda f, s: f["points_liability"], False),
    Line("Breakage", "share", "of the points earned: expired", lambda f, s: f["breakage"], False),
)


def _worth(points: Any, s: Scenario) -> Any:
    return points * (s.loyalty.point_value if s.loyalty else 0.0)


def _table(seen: Seen) -> str:
    about = f"{seen.start.currency}, {seen.now.here.scenario.days:g} days"
    return worlds_html(LINES, ("with it", "without it"), about, seen.now, seen.before)


def _told(seen: Seen, pair: Pair) -> dict[str, str]:
    """What the programme does, what members and others spend, and where the gap comes from."""
    sides = pair.here.figures, pair.there.figures
    revenue, left = (line.told(line.effect(pair, *sides)) for line in LINES[:3:2])
    means = _means(pair)
    others, before, members = means.values()
    gaps = members - others, before - others, members - before
    told = {"its revenue": revenue, "its contribution": left}
    told |= {name: figure_text(mean, "money", seen.start.currency) for name, mean in means.items()}
    return told | dict(zip(GAPS, (f"{gap:+,.2f}".replace("-", "−") for gap in gaps), strict=True))


def _line(seen: Seen) -> str:
    """What the programme does, and what a comparison of members with others would say."""
    told = _told(seen, seen.now)
    said = f"The programme, in {seen.start.currency}: revenue {told['its revenue']}, "
    said += f"contribution {told['its contribution']}"
    whole, anyway, done = (told[name] for name in GAPS)
    more = f"Members against others: {whole} each. Anyway: {anyway}; by the programme: {done}."
    if not all(map(math.isfinite, _means(seen.now).values())):
        more = "Nobody is a member, or everybody: nothing to compare."
    return page(SENTENCES, said=said, more=more)
