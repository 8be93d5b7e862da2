"""Sentences with figures in braces, which are those of the picture that is shown.

{customers}          a key figure, by its name in `fs.figures()`, or a text of the board's own
{before customers}   in the picture that was kept
{more customers}     by how much it is more or less than in that
{times customers}    how many times it is
{=sales: reps}       what the readout of a slider says
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd

from funnelsim.errors import FunnelSimError, Problem, nearest
from funnelsim.metrics.figure import MONEY
from funnelsim.metrics.figures import stated_figures
from funnelsim.tables import NOTHING, difference, figure_text
from funnelsim.widgets.board import Board, Seen

BRACES = re.compile(r"\{([^{}]*)\}")


def filled(sentence: str, names: Mapping[str, str]) -> str:
    """The sentence with what its braces name; FunnelSimError for a name that there is not.

    >>> filled("{customers} customers", {"customers": "324"})
    '324 customers'
    """

    def text_of(found: re.Match[str]) -> str:
        name = " ".join(found[1].split())
        if name not in names:
            rule = "this is a figure of the board, or a slider with = before it"
            raise FunnelSimError(str(Problem(f"{{{name}}}", name, rule, nearest(name, names))))
        return names[name]

    return BRACES.sub(text_of, sentence)


def names_of(board: Board, seen: Seen, readouts: Mapping[str, str]) -> dict[str, str]:
    """All that braces may name, as text; what was kept is told as nothing where nothing was."""
    names = {f"={' '.join(label.split())}": said for label, said in readouts.items()}
    names |= board.told(seen, seen.now)
    kept = seen.now if seen.before is None else seen.before
    names |= {f"before {name}": text for name, text in board.told(seen, kept).items()}
    now, before = _figures(seen.now), _figures(kept)
    if now is None or before is None:
        return names
    for name, figure in stated_figures(seen.start).items():
        if name in now:
            texts = _texts(float(now[name]), float(before[name]), figure.unit, seen.start.currency)
            for prefix, text in zip(("", "before ", "more ", "times "), texts, strict=True):
                names[f"{prefix}{name}"] = text
    return names


def _figures(picture: Any) -> pd.Series | None:
    """The key figures of a picture; of two worlds, those of the first."""
    found: pd.Series | None = getattr(getattr(picture, "here", picture), "figures", None)
    return found


def _texts(now: float, before: float, unit: str, currency: str) -> Iterator[str]:
    money = currency if unit == MONEY else ""
    yield figure_text(now, unit, money)
    yield figure_text(before, unit, money)
    yield difference(now, before, unit) or NOTHING
    times = now / before if before else math.nan
    yield f"{times:.2g}" if math.isfinite(times) else NOTHING
