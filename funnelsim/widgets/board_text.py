"""What a live board says in words and figures: pieces of HTML, made from a simulated scenario."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import pandas as pd

from funnelsim.distributions import DAY
from funnelsim.errors import FunnelSimError
from funnelsim.experiment.spread import Spread
from funnelsim.metrics.figure import MONEY, Figure
from funnelsim.metrics.figures import stated_figures
from funnelsim.pages import page
from funnelsim.scenario import Scenario, load, templates
from funnelsim.scenario.in_words import short_duration
from funnelsim.tables import NOTHING, difference, figure_text

HEAD = "<h2>{{ name }}</h2><p{% if note %} title='{{ note }}'{% endif %}>{{ facts }}</p>"
MORE_DAYS = "{} shows more, and answers slower"
EXPLORE = "explore"  # the board that has a function of its own


def head_html(shown: Scenario, horizon: int, seed: int, kept: bool, board: str = EXPLORE) -> str:
    """Name and facts of what is shown; `horizon` is the whole scenario's, in microseconds.

    `board` is the board's name, for how one asks it for more days.
    """
    facts, is_all = f"all {horizon / DAY:g} days", shown.horizon >= horizon
    if not is_all:
        first = short_duration(shown.horizon).removesuffix(" days")
        facts = f"the first {first} of {horizon / DAY:g} days"
    facts += f" from {shown.start}"
    if shown.order:
        facts += f", money in {shown.currency}"
    by_day = [c.cost_per_day for c in shown.channels] + [t.cost_per_rep_day for t in shown.teams]
    if shown.horizon % DAY and any(by_day):
        facts += ", costs of whole days"
    facts += f"; seed {seed}" + ("; dashed: kept as today" if kept else "")
    call = "explore(scenario" if board == EXPLORE else f'board(scenario, "{board}"'
    note = "" if is_all else MORE_DAYS.format(f"fs.{call}, days=…)")
    return page(HEAD, name=shown.name, facts=facts, note=note)


# the line of a board: what matters most, and below it what is worth knowing of it
SENTENCES = '<div class="funnelsim-sum"><p>{{ said }}</p><small>{{ more }}</small></div>'


def problem_html(error: FunnelSimError) -> str:
    return page('<div class="funnelsim-sum funnelsim-problem">{{ error }}</div>', error=error)


FOOT = """<div class="funnelsim-foot">
{%- if varied %}In code: <code title="{{ varied }}"><span class="unseen">import funnelsim as fs
</span>s = {% if is_long %}<span class="long">{{ start }}</span>{% else %}{{ start }}{% endif %}
{{- varied }}</code><button onclick="{{ copy }}">Copy</button>
{%- else %}<span>Move a slider: the same customers walk through the changed funnel.</span>
{%- endif %}{% if histories %}<span title="{{ why }}">Ranges: {{ histories }}</span>{% endif %}
</div>"""
COPY = "navigator.clipboard.writeText(this.previousElementSibling.textContent)"


def foot_html(s: Scenario, change: dict[str, Any], spread: Spread | None) -> str:
    """What was moved, as code to carry on with; and what the ranges are made of, if there are any.

    The code runs by itself in a new cell. What is too long to be read, or goes without saying, is
    copied with it and not shown.
    """
    start = in_code(s) if change else ""
    return page(
        FOOT,
        varied=f".vary({as_python(change)})" if change else "",
        start=start,
        is_long=len(start) > SHOWN,
        copy=COPY,
        why=f"From {len(spread):,} replications. {WHY_RANGES}" if spread else "",
        histories=of_histories(spread) if spread else "",
    )


def as_python(value: Any) -> str:
    """A change as a person would write it.

    >>> as_python({"teams.sales.open": "always", "on": True})
    '{"teams.sales.open": "always", "on": True}'
    """
    if isinstance(value, dict):
        return f"{{{', '.join(f'{as_python(k)}: {as_python(v)}' for k, v in value.items())}}}"
    return json.dumps(value, ensure_ascii=False) if isinstance(value, str) else repr(value)


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
NO_BREAK_SPACE = "\N{NO-BREAK SPACE}"


FIGURES = """<div class="funnelsim-figures">
{%- for tile in tiles %}<div title="{{ tile.name }}: {{ tile.docs }}">
<span class="name">{{ tile.name }}</span> <span class="value">{{ tile.said }}</span>
{%- if tile.change %} <span class="change {{ tile.verdict }}">{{ tile.change }}</span>{% endif %}
<span class="range" title="{{ why }}">{{ tile.ends }}</span></div>
{%- endfor %}</div>"""


def figures_html(
    s: Scenario,
    now: pd.Series,
    before: pd.Series | None,
    spread: Spread,
    names: Sequence[str] = (),
) -> str:
    """Key figures as tiles, with the difference from what was kept, and the range of chance."""
    tiles = []
    for figure, name in tiles_of(s, names):
        value, unit = float(now[figure.name]), figure.unit
        low, high = (figure_text(end, unit, short=True) for end in spread.range_of(figure.name))
        change = verdict = ""
        if before is not None:  # in a line of its own, so that no tile grows while a slider moves
            more = value - float(before[figure.name])
            change = difference(value, float(before[figure.name]), unit) or NO_BREAK_SPACE
            verdict = figure.verdict(more, more) if change != "=" else ""
        tiles.append(
            {
                "name": name,
                "docs": figure.docs,
                "said": figure_text(value, unit, short=True),
                "change": change,
                "verdict": verdict,
                "ends": low if low == high == NOTHING else f"{low} to {high}",
            }
        )
    return page(FIGURES, tiles=tiles, why=WHY_RANGES)


def tiles_of(s: Scenario, names: Sequence[str] = ()) -> list[tuple[Figure, str]]:
    """The figures with a tile, at most eight of those that are stated, or of these; and what the
    tile says.
    """
    stated = stated_figures(s)
    with_tile = [figure for figure in stated.values() if figure.tile.name]
    usual = sorted(with_tile, key=lambda figure: figure.tile.place)
    first = [stated[name] for name in names if name in stated] if names else usual
    money = f", {s.currency}"
    return [
        (figure, (figure.tile.name or figure.alone) + money * (figure.unit == MONEY))
        for figure in first[:MOST_TILES]
    ]


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
