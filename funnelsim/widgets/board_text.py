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
from funnelsim.scenario import Scenario, load, templates
from funnelsim.scenario.in_words import short_duration
from funnelsim.tables import NOTHING, cents, figure_text, stated_figures


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


TILES = {
    "customers": ("Customers", "Leads that came in and have become customers by the end."),
    "overall_conversion": ("Conversion", "Customers / leads: from the first stage to the goal."),
    "revenue": (
        "Revenue",
        "What customers have paid, without orders cancelled, refused or returned.",
    ),
    "profit": ("Profit", "Revenue less all costs that the scenario states, those of reps too."),
    "utilisation": (
        "Utilisation",
        "Time that reps spend on calls / time that the team is open. Calls that go on past closing "
        "count too, so it may be more than 100 %.",
    ),
    "mean_response_days": (
        "Response time",
        "From entering a stage to the start of the call that reached the lead, on average.",
    ),
    "share_gone_cold": (
        "Gone cold",
        "Leads that lost patience before a call reached them, of all that were to be called; "
        "each stage counts.",
    ),
    "cac": (
        "CAC",
        "Customer acquisition cost: what channels (the commission on first orders, too), reps and "
        "messages to lost leads cost / sales.",
    ),
    "repeat_purchase_rate": ("Repeat purchases", "Customers who ordered again / customers."),
    "aov": ("AOV", "Average order value: revenue / orders that count as revenue."),
}
"""The figures of `summary` that a board shows, the first to stay first: short name and meaning."""


def figures_html(s: Scenario, now: pd.Series, before: pd.Series | None, spread: Spread) -> str:
    """Key figures as tiles, with the difference from what was kept, and the range of chance."""
    tiles = []
    for key, name, kind in figures_of(s):
        value = float(now[key])
        said, name = figure_text(value, kind, short=True), html.escape(name)
        meaning = html.escape(TILES[key.partition(": ")[0]][1])
        low, high = (figure_text(end, kind, short=True) for end in spread.range_of(key))
        ends = low if low == high == NOTHING else f"{low} to {high}"
        change = ""
        if before is not None:  # in a line of its own, so that no tile grows while a slider moves
            change = difference(value, float(before[key]), kind) or "&nbsp;"
            change = f'<span class="change">{change}</span>'
        tiles.append(
            f'<div title="{name}: {meaning}"><span class="name">{name}</span>'
            f'<span class="value">{said}</span>{change}'
            f'<span class="range" title="{WHY_RANGES}">{ends}</span></div>'
        )
    return f'<div class="funnelsim-figures">{"".join(tiles)}</div>'


def figures_of(s: Scenario) -> list[tuple[str, str, str]]:
    """Key, name and kind of the figures with a tile: those that are stated, at most eight."""
    found = []
    for key, (_, kind) in stated_figures(s).items():
        figure, _, team = key.partition(": ")
        if figure in TILES:
            unit = team or (s.currency if kind == "money" else "")
            name = TILES[figure][0] + (f", {unit}" if unit else "")
            found.append((list(TILES).index(figure), (key, name, kind)))
    return [tile for _, tile in sorted(found, key=lambda place: place[0])][:8]


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
