"""What a live board says in words and figures: pieces of HTML, made from a simulated scenario."""

from __future__ import annotations

import html
import json
import math
from typing import Any

import pandas as pd

from funnelsim.charts.rows import percent
from funnelsim.distributions import DAY
from funnelsim.errors import FunnelSimError
from funnelsim.scenario import Scenario
from funnelsim.widgets.knobs import share_text


def head_html(s: Scenario, days: float, seed: int, kept: bool) -> str:
    whole = s.horizon / DAY
    shown = f"all {whole:g} days" if days >= whole else f"the first {days:g} of {whole:g} days"
    note = (
        ""
        if days >= whole
        else " title='fs.explore(scenario, days=…) shows more, and answers slower'"
    )
    money_in = f", money in {s.currency}" if s.order else ""
    dashed = "; dashed: kept as today" if kept else ""
    facts = f"{shown} from {s.start}{money_in}; seed {seed}{dashed}"
    return f"<h2>{html.escape(s.name)}</h2><p{note}>{facts}</p>"


def sum_html(s: Scenario, table: pd.DataFrame) -> str:
    """The arithmetic of the funnel in words, and what was simulated."""
    leads = int(table["entered"].iloc[0])
    rates = [stage.conversion for stage in s.stages if stage.conversion is not None]
    expected = leads * math.prod(rates)
    text = " × ".join([f"{leads:,}", *map(share_text, rates)])
    text += f" = {expected:,.0f}; simulated {int(table['entered'].iloc[-1]):,}"
    rest = [f"{int(table['open'].sum()):,} still open"] if table["open"].sum() else []
    for reason in ("gone cold", "not reached", "missed"):
        column = f"lost: {reason}"
        if column in table and table[column].sum():
            rest.append(f"{int(table[column].sum()):,} {reason}")
    busy = [channel for channel in s.channels if channel.rate]
    for parts, differ in ((busy, "channel"), (s.segments, "segment")):
        if any(part.odds_ratio != 1 for part in parts):
            rest.append(f"odds differ by {differ}")
    why = (
        "Leads that came × the conversions of the scenario. Chance makes the difference; so do "
        "leads that are still open, were never called or went cold, and odds ratios of channels, "
        "segments and slow responses."
    )
    tail = f" <small>{', '.join(rest)}</small>" if rest else ""
    return f'<div class="funnelsim-sum" title="{html.escape(why)}">{html.escape(text)}{tail}</div>'


def problem_html(error: FunnelSimError) -> str:
    return f'<div class="funnelsim-sum funnelsim-problem">{html.escape(str(error))}</div>'


def foot_html(change: dict[str, Any]) -> str:
    """What was moved, as code to carry on with."""
    if not change:
        hint = "Move a slider: the same customers walk through the changed funnel."
        return f'<div class="funnelsim-foot">{hint}</div>'
    code = html.escape(f"s = s.vary({json.dumps(change, ensure_ascii=False)})")
    copy = "navigator.clipboard.writeText(this.previousElementSibling.textContent)"
    return (
        f'<div class="funnelsim-foot">In code: <code title="{code}">{code}</code>'
        f'<button onclick="{copy}">Copy</button></div>'
    )


def figures_html(s: Scenario, now: pd.Series, before: pd.Series | None) -> str:
    """Key figures as tiles, with the difference from what was kept."""
    tiles = []
    for key, name, kind in figures_of(s, now):
        value = float(now[key])
        change = difference(value, float(before[key]), kind) if before is not None else ""
        tiles.append(
            f'<div><span class="name" title="{html.escape(name)}">{html.escape(name)}</span>'
            f'<span class="value">{figure_text(value, kind)}<small>{change}</small></span></div>'
        )
    return f'<div class="funnelsim-figures">{"".join(tiles)}</div>'


def figures_of(s: Scenario, figures: pd.Series) -> list[tuple[str, str, str]]:
    """Key, name and kind of the figures worth a tile in this scenario, at most eight."""
    chosen = [("customers", "Customers", "count"), ("overall_conversion", "Conversion", "share")]
    if s.order:
        chosen += [(key, f"{name}, {s.currency}", "money") for key, name in MONEY]
    for team in s.teams:
        chosen.append((f"utilisation: {team.name}", f"Utilisation, {team.name}", "share"))
    if s.teams:
        chosen.append(("mean_response_days", "Response time", "time"))
        chosen.append(("share_gone_cold", "Gone cold", "share"))
    chosen.append(("cac", f"CAC, {s.currency}", "money"))
    if s.retention:
        chosen.append(("repeat_purchase_rate", "Repeat purchases", "share"))
    if s.order:
        chosen.append(("aov", f"AOV, {s.currency}", "money"))
    return [line for line in chosen if line[0] in figures.index][:8]


MONEY = (("revenue", "Revenue"), ("profit", "Profit"))


def figure_text(value: float, kind: str) -> str:
    """A figure in as few digits as say it.

    >>> figure_text(0.1282, "share"), figure_text(200595.76, "money"), figure_text(0.07, "time")
    ('12.8 %', '200,596', '1.7 h')
    """
    if pd.isna(value):
        return "–"
    if kind == "share":
        return percent(value)
    if kind == "time":
        return f"{24 * value:,.1f} h" if value < 2 else f"{value:,.1f} days"
    if abs(value) >= 10_000_000:
        return f"{value / 1e6:,.1f} M"
    return f"{value:,.2f}" if kind == "money" and abs(value) < 1000 else f"{value:,.0f}"


def difference(value: float, before: float, kind: str) -> str:
    """How much more or less than before, with its sign.

    >>> difference(0.30, 0.25, "share"), difference(1200, 1000, "money")
    ('▲ 5.0 pts', '▲ 200')
    """
    if pd.isna(value) or pd.isna(before):
        return ""
    change = value - before
    if kind == "share":
        text = f"{100 * abs(change):.1f} pts"
    elif kind == "time":
        text = f"{24 * abs(change):,.1f} h"
    else:
        text = f"{abs(change):,.0f}"
    if not text.strip("0., hpts"):
        return "="
    return f"{'▲' if change > 0 else '▼'} {text}"
