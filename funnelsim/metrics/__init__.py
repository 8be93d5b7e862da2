"""Figures of a journal: key figures, the funnel, channels, groups, cohorts, pipeline, points.

The key figures are registered in `figures.py`; what they share is counted in `facts.py`. All
figures leave out what came before the scenario's warm-up: the funnel counts the leads that arrived
since, each once per stage by its final state there; the key figures take leads arrived,
follow-ups queued, orders placed, messages sent and days begun since. Only points are counted from
the start: what is open may have been earned before.
"""

from __future__ import annotations

from textwrap import fill
from typing import TYPE_CHECKING

from funnelsim.journal import Journal
from funnelsim.metrics.basis import a_journal, orders_may_follow
from funnelsim.metrics.channels import channels_table
from funnelsim.metrics.figures import FIGURES, key_figures
from funnelsim.metrics.follow_up import response_times
from funnelsim.metrics.funnel import funnel_table
from funnelsim.metrics.points import points_liability

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "a_journal",
    "channels_table",
    "funnel_table",
    "key_figures",
    "orders_may_follow",
    "points_liability",
    "response_times",
    "summary",
]


def summary(journal: Journal) -> pd.Series:
    """Key figures (float; NaN where there is nothing to divide by), in this order:

    {figures}

    Money in currency, times in days, shares from 0 to 1; since the warm-up, but for the points,
    which are of the whole simulation. `fs.figures()` tells the same of each as a table. Raises
    FunnelSimError for what is no journal.

    >>> from funnelsim import load, simulate
    >>> figures = summary(simulate(load("aida"), seed=1))
    >>> bool(figures.customers / figures.leads == figures.overall_conversion)
    True
    """
    import pandas as pd

    figures = key_figures(a_journal(journal, "summary"))
    one = {name: values[0] for name, values in figures.items()}
    return pd.Series(one, dtype=float, name=journal.scenario.name)


def _listed() -> str:
    """The figures and what they are, as they stand in the docs of `summary`."""
    names = [f"{f.name}: <team>" if f.by_team else f.name for f in FIGURES]
    return "\n".join(
        fill(f"- `{name}`: {figure.docs}", 96, initial_indent="    ", subsequent_indent="      ")
        for name, figure in zip(names, FIGURES, strict=True)
    ).lstrip()


summary.__doc__ = (summary.__doc__ or "").replace("{figures}", _listed())
