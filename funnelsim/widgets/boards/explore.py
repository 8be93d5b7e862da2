"""The explorer: the funnel and its revenue, and sliders for all that turns them.

    fs.explore(fs.load("aida"))
    fs.explore(fs.load("aida-follow-up"), ["stages.Interest.conversion", "teams.sales.open"])

A move of a slider simulates the changed scenario with the same seed, so the same customers walk
through it. Beside this one history stands how far chance spreads it: from a few replications while
a slider is dragged, from all of them once it rests.
"""

from __future__ import annotations

import numbers
import warnings
from collections.abc import Iterable

import altair as alt

from funnelsim import charts
from funnelsim.charts.rows import band_rows, funnel_rows, order_kinds, revenue_rows
from funnelsim.errors import Finding, FunnelSimError, Problem
from funnelsim.experiment.spread import nine_in_ten
from funnelsim.scenario import Scenario
from funnelsim.widgets.arithmetic import sum_html
from funnelsim.widgets.board import Board, Chart, Data, Drawn, RowsByName, Seen
from funnelsim.widgets.board_text import band_text, figures_html
from funnelsim.widgets.boards.frame import Frame
from funnelsim.widgets.knobs import Knob, knobs, knobs_named
from funnelsim.widgets.picture import Simulated

DEFAULT = "aida-follow-up"


def explore(
    scenario: Scenario,
    parameters: Iterable[str] | None = None,
    *,
    seed: int = 1,
    days: float | None = None,
    n: int = 100,
) -> Frame:
    """A board with a slider for each parameter that matters in the scenario, or for those named.

    It shows one history, replication 0 of the seed, and the range in which 9 in 10 of `n`
    replications end: a band around the revenue, and a line under each key figure.

    `parameters` names what is turned: dotted paths or labels of `fs.parameters(scenario)`, numbers
    and choices, or labels of the sliders that the board has by itself. `days` is how much of the
    horizon the board simulates. Left out, it is all of it, or as many days (hours, if one day is
    too much) as bring about 3,000 leads after the warm-up, so that a slider answers at once; the
    board says which. Raises FunnelSimError for what is no scenario, no parameter and no seed, for
    days that are none or end within the warm-up, and for an n below 1 or above 10,000.

    >>> import funnelsim as fs
    >>> board = fs.explore(fs.load("aida"))
    >>> board.sliders["Leads a day"].value = 0
    >>> len(board.journal.leads)
    0
    >>> board = fs.explore(fs.load("aida-follow-up"), ["teams.sales.reps", "teams.sales.serves"])
    >>> board.sliders["sales: order of service"].value = "newest first"
    >>> board.change
    {'teams.sales.serves': 'newest first'}
    """
    if isinstance(parameters, numbers.Integral) and not isinstance(parameters, bool):
        warnings.warn("write fs.explore(scenario, seed=...)", DeprecationWarning, stacklevel=2)
        parameters, seed = None, int(parameters)
    simulated = Simulated.of(scenario, seed, days, n)
    return Frame(board(scenario, simulated, parameters))


def board(
    scenario: Scenario, simulated: Simulated, parameters: Iterable[str] | None = None
) -> Board:
    """The explorer as data, with the knobs that are named, or those that matter."""
    named = None if parameters is None else _named(scenario, parameters, simulated)
    panes = [Chart(_funnel_rows, _funnel, _leads, len(scenario.stages) + len(scenario.life_stages))]
    if scenario.order is not None:
        panes.append(Chart(_revenue_rows, _revenue, _paid))
    return Board(
        scenario,
        simulated,
        panes,
        knobs(simulated.shortened(scenario)) if named is None else named,
        line=lambda seen: sum_html(seen.now.journal),
        figures=_figures,
    )


def _named(scenario: Scenario, names: Iterable[str], simulated: Simulated) -> list[Knob]:
    """The knobs of these parameters."""
    listed = [names] if isinstance(names, str) else names
    if not isinstance(listed, Iterable):
        way_out = 'write ["teams.sales.reps", ...]; fs.parameters(scenario) lists all there are'
        raise FunnelSimError(str(Problem("parameters", names, "it is a list of paths", way_out)))
    found = knobs_named(scenario, listed)
    if simulated.horizon and any("horizon" in knob.change(knob.start) for knob in found):
        rule = "the board shows only the first days of it, and these stay"
        raise FunnelSimError(str(Problem("horizon", Finding("turned"), rule, "write days=...")))
    return found


def _figures(seen: Seen) -> str:
    before = seen.before.figures if seen.before else None
    return figures_html(seen.start, seen.now.figures, before, seen.now.spread)


# --- the funnel ---------------------------------------------------------------------------------


def _funnel_rows(seen: Seen) -> RowsByName:
    before = seen.before.table if seen.before else None
    return {"funnel": funnel_rows(seen.now.table, before, seen.now.scenario)}


def _leads(seen: Seen, rows: RowsByName) -> dict[str, float]:
    return {"leads_top": 1.3 * max(int(p.table["entered"].max()) for p in seen.pictures)}


def _funnel(seen: Seen, data: Data, dark: bool) -> Drawn:
    stages, top = list(seen.now.table.index), alt.ExprRef("leads_top")
    return charts.funnel_chart(data["funnel"], stages, top, charts.LIVE_HALF_A_GAP, dark)


# --- its revenue ----------------------------------------------------------------------------------


def _revenue_rows(seen: Seen) -> RowsByName:
    now, before = seen.now, seen.before
    return {
        "revenue": revenue_rows(now.journal),
        "baseline": revenue_rows(before.journal) if before else [],
        "band": band_rows(now.scenario, *nine_in_ten(now.spread.revenue)),
        "band_text": [{"text": band_text(seen.start, now.spread)}],
    }


def _paid(seen: Seen, rows: RowsByName) -> dict[str, float]:
    """A draft leaves room for the full band, which is wider: so the axis stands still then."""
    low, high = seen.now.spread.range_of("revenue")
    room = 0.0 if seen.now.spread.is_nine_in_ten else 0.5 * (high - low)
    paid = [float(picture.figures["revenue"]) for picture in seen.pictures]
    return {"revenue_top": 1.02 * max(*paid, high + room)}


def _revenue(seen: Seen, data: Data, dark: bool) -> Drawn:
    s, band = seen.start, (data["band"], data["band_text"])
    top = alt.ExprRef("revenue_top")
    rows, before = data["revenue"], data["baseline"]
    kinds = order_kinds(s)
    return charts.revenue_chart(rows, kinds, s.currency, top, baseline=before, band=band, dark=dark)
