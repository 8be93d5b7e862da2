"""What a scenario says that is true only for a while, as a table: when, what, and what it costs.

`fs.describe`, pages, workbooks and `charts.changes` read it here, so that a change has the same
words everywhere.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING

from funnelsim.analytic.costs import changes_costs
from funnelsim.distributions import DAY, duration_text
from funnelsim.scenario import Change, Scenario
from funnelsim.tables import NOTHING, figure_text

if TYPE_CHECKING:
    import pandas as pd


def what_changes(scenario: Scenario) -> pd.DataFrame:
    """A row for each change of the scenario, in the order of the file (index change).

    Columns: `from` and `to`, moments of the calendar (NaT where it lasts to the end); `ramp`, in
    days; `says`, what is different meanwhile, in words; `cost`, what itself has cost from the
    warm-up to the horizon, in currency (reps, discounts and leads cost where they always do).

    >>> from funnelsim import load
    >>> told = what_changes(load("hiring"))
    >>> print(told.loc["hire", "from"].date(), "|", told.loc["hire", "says"])
    2027-03-01 | 1 rep more in sales, at first with odds × 0.5, over a ramp of 90 days, 6,000 EUR \
    at once
    """
    import pandas as pd

    changes = scenario.changes
    columns = {
        "from": pd.to_datetime([on_calendar(scenario, c.from_) for c in changes]),
        "to": pd.to_datetime([None if c.to is None else on_calendar(scenario, c.to)
                              for c in changes]),
        "ramp": [c.ramp / DAY for c in changes],
        "says": [said(c, scenario.currency) for c in changes],
        "cost": [cost_of(scenario, c) for c in changes],
    }  # fmt: skip
    return pd.DataFrame(columns, index=pd.Index([c.name for c in changes], name="change"))


def changes_text(scenario: Scenario) -> pd.DataFrame:
    """The same as text, for a console and a page."""
    import pandas as pd

    rows = [
        (
            c.name,
            moment_said(scenario, c.from_),
            "the end" if c.to is None else moment_said(scenario, c.to),
            said(c, scenario.currency),
            figure_text(cost, "money", scenario.currency) if cost else NOTHING,
        )
        for c in scenario.changes
        for cost in [cost_of(scenario, c)]
    ]
    return pd.DataFrame(rows, columns=["change", "from", "to", "what is different", "it costs"])


def cost_of(scenario: Scenario, change: Change) -> float:
    """What this change has cost since the warm-up, in currency."""
    return changes_costs(scenario.model_copy(update={"changes": (change,)})) / 100


def on_calendar(scenario: Scenario, moment: int) -> datetime:
    return datetime.combine(scenario.start, time()) + timedelta(microseconds=moment)


def moment_said(scenario: Scenario, moment: int) -> str:
    """A moment as its date, with the time of day where it is not midnight.

    >>> from funnelsim import load
    >>> moment_said(load("aida"), 28 * DAY), moment_said(load("aida"), 5 * DAY // 2)
    ('Mon 1 Feb 2027', 'Wed 6 Jan 2027 12:00')
    """
    at = on_calendar(scenario, moment)
    return f"{at:%a} {at.day} {at:%b %Y}" + (f" {at:%H:%M}" if at.time() != time() else "")


def said(change: Change, currency: str = "") -> str:
    """What a change says, in words, in the order of its fields."""
    return ", ".join(_phrases(change, currency)) or "nothing"


def _phrases(change: Change, currency: str) -> Iterator[str]:
    yield from _by_name(change.odds_ratio, "odds of {}", "odds at every stage")
    yield from _by_name(change.leads_factor, "leads of {}", "leads")
    for team, count in change.reps.items():
        if count:
            reps = "rep" if abs(count) == 1 else "reps"
            yield f"{abs(count):,} {reps} {'more' if count > 0 else 'fewer'} in {team}"
    if change.skill != 1:
        yield f"at first with odds × {change.skill:g}"
    if change.discount:
        yield f"{100 * change.discount:g} % off"
    if change.order_value_factor != 1:
        yield f"order values × {change.order_value_factor:g}"
    if change.repeat_odds_ratio != 1:
        yield f"odds of ordering again × {change.repeat_odds_ratio:g}"
    if change.ramp:
        yield f"over a ramp of {duration_text(change.ramp)}"
    if change.cost:
        yield f"{figure_text(change.cost, 'money', currency)} at once"
    if change.cost_per_day:
        yield f"{figure_text(change.cost_per_day, 'money', currency)} a day"


def _by_name(value: float | Mapping[str, float], of: str, of_all: str) -> Iterator[str]:
    """A factor, of everything or by name; nothing where it is 1."""
    each = value.items() if isinstance(value, Mapping) else [("", value)]
    for name, factor in each:
        if factor != 1:
            yield f"{of.format(name) if name else of_all} × {factor:g}"
