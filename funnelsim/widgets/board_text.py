"""What a live board says in words and figures: pieces of HTML, made from a simulated scenario."""

from __future__ import annotations

import html
import json
import sys
from functools import lru_cache
from typing import Any

import pandas as pd

from funnelsim.distributions import DAY
from funnelsim.errors import FunnelSimError
from funnelsim.experiment.spread import Spread
from funnelsim.metrics.figure import MONEY, Figure
from funnelsim.metrics.figures import stated_figures
from funnelsim.scenario import Scenario, load, templates
from funnelsim.scenario.in_words import short_duration
from funnelsim.tables import NOTHING, cents, figure_text


def head_html(s: Scenario, horizon: int, seed: int, kept: bool) -> str:
    """Name and facts; `horizon` is how much of the scenario's is shown, in microseconds."""
    facts, note = f"all {s.horizon / DAY:g} days", ""
    if horizon < s.horizon:
        first = short_duration(horizon).removesuffix(" days")
        facts = f"the first {first} of {s.horizon / DAY:g} days"
        note = " title='fs.explore(scenario, days=…) shows more, and answers slower'"
    facts += f" from {s.start}"
    if s.order:
        facts += f", money in {s.currency}"
    by_day = [c.cost_per_day for c in s.channels] + [team.cost_per_rep_day for team in s.teams]
    if horizon % DAY and any(by_day):
        facts += ", costs of whole days"
    facts += f"; seed {seed}" + ("; dashed: kept as today" if kept else "")
    return f"<h2>{html.escape(s.name)}</h2><p{note}>{html.escape(facts)}</p>"


def problem_html(error: FunnelSimError) -> str:
    return f'<div class="funnelsim-sum funnelsim-problem">{html.escape(str(error))}</div>'


def foot_html(s: Scenario, change: dict[str, Any], spread: Spread) -> str:
    """What was moved, as code to carry on with; and what the ranges are made of.

    The code runs by itself in a new cell. What is too long to be read, or goes without saying, is
    copied with it and not shown.
    """
    why = f"From {len(spread):,} replications. {WHY_RANGES}"
    ranges = f'<span title="{why}">Ranges: {of_histories(spread)}</span>'
    if not change:
        hint = "Move a slider: the same customers walk through the changed funnel."
        return f'<div class="funnelsim-foot"><span>{hint}</span>{ranges}</div>'
    start = html.escape(in_code(s))
    if len(start) > SHOWN:
        start = f'<span class="long">{start}</span>'
    varied = html.escape(f".vary({json.dumps(change, ensure_ascii=False)})")
    copy = "navigator.clipboard.writeText(this.previousElementSibling.textContent)"
    return (
        f'<div class="funnelsim-foot">In code: <code title="{varied}">'
        f'<span class="unseen">import funnelsim as fs\n</span>s = {start}{varied}</code>'
        f'<button onclick="{copy}">Copy</button>{ranges}</div>'
    )


SHOWN = 60  # characters of code; the text of a whole scenario is more


def in_code(s: Scenario) -> str:
    """Code that gives this scenario: its name in the notebook or among those that come along, or
    else its whole text.
    """
    template = _template(s)
    if template:
        return f'fs.load("{template}")'
    for name, value in vars(sys.modules["__main__"]).items():  # what a notebook has defined
        if value is s and not name.startswith("_"):
            return name
    return f"fs.Scenario.from_toml({s.to_toml()!r})"


@lru_cache(maxsize=16)  # a board asks again with every move
def _template(s: Scenario) -> str | None:
    return next((name for name in templates() if load(name) == s), None)


WHY_RANGES = (
    "The same scenario, lived through again and again, differs by chance alone. The pictures show "
    "one history; 9 of 10 end in the range below a figure and in the grey band, 1 of 10 outside."
)


MOST_TILES = 8


def figures_html(s: Scenario, now: pd.Series, before: pd.Series | None, spread: Spread) -> str:
    """Key figures as tiles, with the difference from what was kept, and the range of chance."""
    tiles = []
    for figure, name in tiles_of(s):
        value, unit = float(now[figure.name]), figure.unit
        said, name = figure_text(value, unit, short=True), html.escape(name)
        low, high = (figure_text(end, unit, short=True) for end in spread.range_of(figure.name))
        ends = low if low == high == NOTHING else f"{low} to {high}"
        change = ""
        if before is not None:  # in a line of its own, so that no tile grows while a slider moves
            more = value - float(before[figure.name])
            change = difference(value, float(before[figure.name]), unit) or "&nbsp;"
            verdict = figure.verdict(more, more) if change != "=" else ""
            change = f'<span class="change {verdict}">{change}</span>'
        tiles.append(
            f'<div title="{name}: {html.escape(figure.docs)}"><span class="name">{name}</span>'
            f'<span class="value">{said}</span>{change}'
            f'<span class="range" title="{WHY_RANGES}">{ends}</span></div>'
        )
    return f'<div class="funnelsim-figures">{"".join(tiles)}</div>'


def tiles_of(s: Scenario) -> list[tuple[Figure, str]]:
    """The figures with a tile, at most eight of those that are stated; and what the tile says."""
    stated = [figure for figure in stated_figures(s).values() if figure.tile.name]
    first = sorted(stated, key=lambda figure: figure.tile.place)[:MOST_TILES]
    money = f", {s.currency}"
    return [(figure, figure.tile.name + money * (figure.unit == MONEY)) for figure in first]


def difference(value: float, before: float, kind: str) -> str:
    """How much more or less than before, with its sign and the digits of the figure.

    >>> difference(0.30, 0.25, "share"), difference(1200, 1000, "money")
    ('▲ 5.0 pts', '▲ 200')
    """
    if pd.isna(value) or pd.isna(before):
        return ""
    change = value - before
    if kind == "share":
        text = f"{100 * abs(change):.1f} pts"
    elif kind == "days":
        text = figure_text(abs(change), kind)
    elif abs(change) >= 1_000_000:  # no room for more beside the figure
        text = f"{abs(change) / 1e6:,.2f} M"
    else:
        text = f"{abs(change):,.{cents(value, kind)}f}"
    if not text.strip("0., pts"):
        return "="
    return f"{'▲' if change > 0 else '▼'} {text}"


def of_histories(spread: Spread) -> str:
    """How many histories a range is about: a draft has too few to leave any out."""
    return f"{_how_many(spread)} histories"


def _how_many(spread: Spread) -> str:
    return "9 of 10" if spread.is_nine_in_ten else f"the first {len(spread)}"


def band_text(s: Scenario, spread: Spread) -> str:
    """What the band around the revenue means."""
    low, high = (figure_text(end, "money", short=True) for end in spread.range_of("revenue"))
    text = f"{_how_many(spread)} end between {low} and {high} {s.currency} (grey)"
    return text[0].upper() + text[1:]
