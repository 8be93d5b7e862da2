"""The money board: from gross to profit, what customers really cost, and a budget that is moved.

    fs.board(fs.load("aida-follow-up"), "money")

Sliders for prices, margin and what channels and reps cost. A part of one channel's budget can be
moved to another: fewer leads of the one, more of the other, at what a lead of each costs.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

import altair as alt
import pandas as pd

from funnelsim.charts import money as drawn
from funnelsim.errors import FunnelSimError, Problem
from funnelsim.pages import page
from funnelsim.scenario import Scenario
from funnelsim.scenario.parameters import every
from funnelsim.tables import figure_text
from funnelsim.widgets.board import Board, Chart, Data, Drawn, RowsByName, Seen
from funnelsim.widgets.board import each_by_itself as by_themselves
from funnelsim.widgets.board_text import SENTENCES, figures_html
from funnelsim.widgets.budget import budget_in_words, budget_knobs, moved_budget
from funnelsim.widgets.knobs import Knob, knobs_named
from funnelsim.widgets.picture import Picture, Simulated

DEFAULT = "aida-follow-up"
OF_CHANNELS = (
    *("cost_per_lead", "cost_per_click", "saturation"),
    *("commission", "cost_per_sale", "cost_per_day"),
)
OF_ORDERS = ("order.value", "order.margin", "order.shipping_cost", "retention.repeat_probability")
RATES = ("leads_per_day", "impressions_per_day")
MANY = 10  # sliders and choices: a choice is higher, and there are more headings
TILES = ("revenue", "profit", "cac", "customers")


def board(scenario: Scenario, simulated: Simulated) -> Board:
    """The money board as data; FunnelSimError where nothing is sold."""
    if scenario.order is None:
        rule = "the money board shows what becomes of revenue, and nothing is sold here"
        way_out = f'write fs.load("{DEFAULT}"), or add an [order] to the scenario'
        raise FunnelSimError(str(Problem("scenario", scenario.name, rule, way_out)))
    budget = budget_knobs(scenario)
    named = knobs_named(scenario, list(_paths(scenario))[: MANY - len(budget)])
    groups = [knob.group for knob in named]  # the leads of a channel stand below its costs
    turned = [*budget, *sorted(named, key=lambda knob: groups.index(knob.group))]
    by_label = {knob.label: knob for knob in turned}

    def change(knobs: Mapping[str, Knob], moved: Mapping[str, Any]) -> dict[str, Any]:
        changes = by_themselves(knobs, moved)
        return changes | moved_budget(scenario, budget, moved, changes)

    def words(seen: Seen) -> str:
        others = by_themselves(by_label, seen.moved)
        return _line(seen, budget_in_words(scenario, budget, seen.moved, others))

    return Board(
        scenario,
        simulated,
        [Chart(_step_rows, _waterfall, _ends), Chart(_cost_rows, _costs, _dearest)],
        turned,
        line=words,
        figures=_figures,
        change=change,
        told=_told,
        is_beside=True,
    )


def _paths(s: Scenario) -> Iterator[str]:
    """What costs and what brings money, as far as it is there and not nothing; then the leads."""
    there = {found.path: found for found in every(s)}
    paths = [f"channels.{channel.name}.{key}" for channel in s.channels for key in OF_CHANNELS]
    paths += [*OF_ORDERS, *(f"teams.{team.name}.cost_per_rep_day" for team in s.teams)]
    paths += [f"channels.{channel.name}.{rate}" for channel in s.channels for rate in RATES]
    yield from (path for path in paths if path in there and there[path].number > 0)


# --- the panes ------------------------------------------------------------------------------------


def _step_rows(seen: Seen) -> RowsByName:
    kept = seen.before.journal if seen.before else None
    return {"steps": drawn.waterfall_beside(seen.now.journal, kept)}


def _ends(seen: Seen, rows: RowsByName) -> dict[str, float]:
    """How far up with room for the labels, and how far below nothing."""
    ends = [row[end] for row in rows["steps"] for end in ("low", "high")]
    ends += [row["before"] or 0.0 for row in rows["steps"]]
    return {"money_top": 1.4 * max(ends), "loss_top": 1.05 * max(0.0, -min(ends))}


def _waterfall(seen: Seen, data: Data, dark: bool) -> Drawn:
    return drawn.live_waterfall(data["steps"], "money_top", "loss_top", dark)


@lru_cache(maxsize=2)  # what is now, and what was kept
def _customers(picture: Picture) -> pd.DataFrame:
    return drawn.customer_costs(picture.journal, picture.figures)


def _cost_rows(seen: Seen) -> RowsByName:
    before = _customers(seen.before) if seen.before else None
    return {"costs": drawn.cost_rows(_customers(seen.now), before, seen.start.currency)}


def _dearest(seen: Seen, rows: RowsByName) -> dict[str, float]:
    return {"cost_top": 1.9 * max(row["right"] for row in rows["costs"])}


def _costs(seen: Seen, data: Data, dark: bool) -> Drawn:
    names, top = list(_customers(seen.now).index), alt.ExprRef("cost_top")
    return drawn.cost_chart(data["costs"], names, seen.start.currency, top, dark)


# --- in words and figures -------------------------------------------------------------------------


def _figures(seen: Seen) -> str:
    before = seen.before.figures if seen.before else None
    return figures_html(seen.start, seen.now.figures, before, seen.now.spread, TILES)


def _told(seen: Seen, picture: Picture) -> dict[str, str]:
    """What a customer of each channel costs and leaves: "search ads: cac"."""
    return {
        f"{channel}: {name}": figure_text(float(line[name]), "money", seen.start.currency)
        for channel, line in _customers(picture).iterrows()
        for name in ("cac", "leaves")
    }


def _line(seen: Seen, budget: str) -> str:
    """What a customer really costs and leaves; and the budget that is moved."""
    s, everybody = seen.start, _customers(seen.now).iloc[-1]
    cac, leaves = (figure_text(float(everybody[name]), "money") for name in ("cac", "leaves"))
    said = f"A customer costs {cac} {s.currency} and leaves {leaves} {s.currency}"
    if not everybody["sales"]:
        said = "Nobody has bought in the days shown"
    return page(SENTENCES, said=said, more=budget)
