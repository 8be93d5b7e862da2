"""Two worlds of the same customers side by side, as a table: each figure in both, and the effect.

A range is that of the effect in pairs of replications, each with the same customers: so it is far
narrower than the ranges of either.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from funnelsim.distributions import Floats
from funnelsim.experiment.spread import nine_in_ten
from funnelsim.pages import page
from funnelsim.scenario import Scenario
from funnelsim.scenario.parameters import every
from funnelsim.tables import NOTHING, difference, figure_text
from funnelsim.widgets.board_text import of_histories
from funnelsim.widgets.picture import Pair, Picture

TABLE = """<table class="funnelsim-worlds"><thead><tr><th scope="col">{{ about }}</th>
{%- for head in heads %}<th scope="col">{{ head }}</th>{% endfor %}</tr></thead><tbody>
{%- for line, cells in rows %}<tr title="{{ line.docs }}"><th scope="row">{{ line.name }}</th>
{%- for cell in cells %}<td>{{ cell }}</td>{% endfor %}</tr>{% endfor %}</tbody></table>"""


@dataclass(frozen=True)
class Line:
    """A line of the table: what it is, its unit, and how it is made of key figures.

    `value` takes the figures by name, of one history or of many, and their scenario. What is there
    in one of the worlds only (`in_both` is False) has no effect; its range is its own.
    """

    name: str
    unit: str
    docs: str
    value: Callable[[Mapping[str, Any], Scenario], Any]
    in_both: bool = True

    def effect(self, pair: Pair, here: Mapping[str, Any], there: Mapping[str, Any]) -> Floats:
        """Here less there; of what is here only, what it is."""
        value = self.value(here, pair.here.scenario)
        less = self.value(there, pair.there.scenario) if self.in_both else 0.0
        return np.asarray(value - less, dtype=float)

    def told(self, effect: Floats) -> str:
        unit = self.unit
        return difference(float(effect), 0.0, unit) if self.in_both else self._text(float(effect))

    def of(self, picture: Picture) -> str:
        return self._text(float(self.value(picture.figures, picture.scenario)))

    def ends(self, pair: Pair) -> str:
        """The range of the effect, in as many pairs as there are."""
        fewest = len(pair.spread)
        here, there = (
            {key: values[:fewest] for key, values in side.spread.figures.items()}
            for side in (pair.here, pair.there)
        )
        effects = self.effect(pair, here, there)
        low, high = (self._text(float(end)) for end in nine_in_ten(effects[~np.isnan(effects)]))
        return NOTHING if low == high == NOTHING else f"{low} to {high}"

    def _text(self, value: float) -> str:
        return figure_text(value, self.unit).replace("-", "−")


def worlds_html(
    lines: Sequence[Line], heads: tuple[str, str], about: str, pair: Pair, kept: Pair | None
) -> str:
    """The table; `heads` name the worlds, `about` says what the numbers are in."""
    columns = [*heads, "change", of_histories(pair.spread), *(["change, as kept"] if kept else [])]
    rows = []
    for line in lines:
        cells = [line.of(pair.here), NOTHING, NOTHING, line.ends(pair)]
        if line.in_both:
            own = line.effect(pair, pair.here.figures, pair.there.figures)
            cells[1:3] = [line.of(pair.there), line.told(own)]
        if kept is not None:
            cells.append(line.told(line.effect(kept, kept.here.figures, kept.there.figures)))
        rows.append((line, cells))
    return page(TABLE, about=about, heads=columns, rows=rows)


TOLD = 2  # differences that the title of a world names


def told_apart(one: Scenario, other: Scenario) -> tuple[str, str]:
    """Titles of two worlds: in what they differ, in words.

    >>> from funnelsim import load
    >>> s = load("aida-follow-up")
    >>> told_apart(s, s.vary({"teams.sales.reps": 1}))
    ('sales: reps 2', 'sales: reps 1')
    """
    if one == other:
        return one.name, f"{other.name}, just the same"
    if one.name != other.name:
        return one.name, other.name
    first, second = ({found.path: found for found in every(s)} for s in (one, other))
    paths = [p for p in first if p in second and first[p].value != second[p].value]
    leaves = [p for p in paths if not any(q.startswith(f"{p}.") for q in paths)]
    if not leaves:
        return one.name, f"{other.name}, changed"
    more = f" and {len(leaves) - TOLD} more" if len(leaves) > TOLD else ""
    upper, lower = (
        ", ".join(f"{s[p].label} {s[p].in_words(s[p].value)}" for p in leaves[:TOLD]) + more
        for s in (first, second)
    )
    return upper, lower
