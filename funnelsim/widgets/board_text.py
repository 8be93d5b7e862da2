"""What a live board says in words and figures: pieces of HTML, made from a simulated scenario."""

from __future__ import annotations

import html
import json
import math
from typing import Any

import pandas as pd

from funnelsim.distributions import DAY
from funnelsim.errors import FunnelSimError
from funnelsim.experiment.spread import Spread
from funnelsim.scenario import Scenario
from funnelsim.tables import NOTHING, cents, figure_text, stated_figures
from funnelsim.widgets.knobs import share_text, short_duration


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


def sum_html(s: Scenario, table: pd.DataFrame) -> str:
    """The arithmetic of the funnel in words, and what was simulated."""
    leads = int(table["entered"].iloc[0])
    rates = [stage.conversion for stage in s.stages if stage.conversion is not None]
    expected = leads * math.prod(rates)
    text = " × ".join([f"{leads:,}", *map(share_text, rates)])
    text += f" = {expected:,.0f}; simulated {int(table.loc[s.stages[-1].name, 'entered']):,}"
    rest = [f"{int(table['open'].sum()):,} still open"] if table["open"].sum() else []
    for reason in ("gone cold", "not reached", "missed"):
        column = f"lost: {reason}"
        if column in table and table[column].sum():
            rest.append(f"{int(table[column].sum()):,} {reason}")
    odds = [channel.odds_ratio for channel in s.channels if channel.rate]
    if any(ratio != 1 for ratio in (*odds, *(segment.odds_ratio for segment in s.segments))):
        rest.append("odds differ")
    why = (
        "Leads that came × the conversions of the scenario. Chance makes the difference; so do "
        "leads that are still open, were never called or went cold, and odds ratios of channels, "
        "segments and slow responses."
    )
    tail = f" <small>{', '.join(rest)}</small>" if rest else ""
    return f'<div class="funnelsim-sum" title="{html.escape(why)}">{html.escape(text)}{tail}</div>'


def problem_html(error: FunnelSimError) -> str:
    return f'<div class="funnelsim-sum funnelsim-problem">{html.escape(str(error))}</div>'


def foot_html(change: dict[str, Any], spread: Spread) -> str:
    """What was moved, as code to carry on with; and what the ranges are made of."""
    why = f"From {len(spread):,} replications. {WHY_RANGES}"
    ranges = f'<span title="{why}">Ranges: {of_histories(spread)}</span>'
    if not change:
        hint = "Move a slider: the same customers walk through the changed funnel."
        return f'<div class="funnelsim-foot"><span>{hint}</span>{ranges}</div>'
    code = html.escape(f"s = s.vary({json.dumps(change, ensure_ascii=False)})")
    copy = "navigator.clipboard.writeText(this.previousElementSibling.textContent)"
    return (
        f'<div class="funnelsim-foot">In code: <code title="{code}">{code}</code>'
        f'<button onclick="{copy}">Copy</button>{ranges}</div>'
    )


WHY_RANGES = (
    "The same scenario, lived through again and again, differs by chance alone. The pictures show "
    "one history; 9 of 10 end in the range below a figure and in the grey band, 1 of 10 outside."
)


TILES = {
    "customers": "Customers",
    "overall_conversion": "Conversion",
    "revenue": "Revenue",
    "profit": "Profit",
    "utilisation": "Utilisation",
    "mean_response_days": "Response time",
    "share_gone_cold": "Gone cold",
    "cac": "CAC",
    "repeat_purchase_rate": "Repeat purchases",
    "aov": "AOV",
}
"""The figures of `summary` that a board shows, the first to stay first, by their short names."""


def figures_html(s: Scenario, now: pd.Series, before: pd.Series | None, spread: Spread) -> str:
    """Key figures as tiles, with the difference from what was kept, and the range of chance."""
    tiles = []
    for key, name, kind in figures_of(s):
        value = float(now[key])
        change = difference(value, float(before[key]), kind) if before is not None else ""
        said, name = figure_text(value, kind, short=True), html.escape(name)
        low, high = (figure_text(end, kind, short=True) for end in spread.range_of(key))
        ends = low if low == high == NOTHING else f"{low} to {high}"
        tiles.append(
            f'<div><span class="name" title="{name}">{name}</span>'
            f'<span class="value">{said}<small>{change}</small></span>'
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
            name = TILES[figure] + (f", {unit}" if unit else "")
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
    else:
        text = f"{abs(change):,.{cents(value, kind)}f}"
    if not text.strip("0., hpts"):
        return "="
    return f"{'▲' if change > 0 else '▼'} {text}"


def of_histories(spread: Spread) -> str:
    """How many histories a range is about: a draft has too few to leave any out."""
    return "9 of 10 histories" if spread.is_nine_in_ten else f"the first {len(spread)} histories"


def band_text(s: Scenario, spread: Spread) -> str:
    """What the band around the revenue means."""
    low, high = spread.range_of("revenue")
    ends = f"{figure_text(low, 'money')} and {figure_text(high, 'money', s.currency)}"
    text = f"{of_histories(spread)} end between {ends}"
    return text[0].upper() + text[1:]
