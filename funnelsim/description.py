"""`fs.describe`: what a scenario says before anything is simulated, as tables.

The numbers come from `analytic/`; here they become tables for a program, a console and a page, and
sentences for what they leave out.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from textwrap import wrap
from typing import TYPE_CHECKING

import numpy as np

from funnelsim.analytic import holds
from funnelsim.analytic.arrivals import leads_since_the_warm_up
from funnelsim.analytic.changing import move_odds
from funnelsim.analytic.conversion import (
    conversion_of_channels,
    kinds_of_leads,
    reached,
)
from funnelsim.analytic.costs import day_costs, mean_prices
from funnelsim.analytic.teams import team_load
from funnelsim.analytic.time_to_sale import sales_by_the_horizon
from funnelsim.analytic.totals import beyond_first_orders, totals
from funnelsim.distributions import DAY, Floats, duration_text
from funnelsim.experiment.too_small import queue_warnings
from funnelsim.metrics.basis import ratio
from funnelsim.scenario import Arm, Change, Scenario, Segment, a_scenario
from funnelsim.tables import WIDTH, as_text, figure_text, sections_as_html
from funnelsim.what_changes import changes_text, what_changes

if TYPE_CHECKING:
    import pandas as pd

LABELS = {
    "leads": "Leads of the channels",
    "conversion": "Conversion to the goal",
    "sales_in_the_end": "Sales of these leads in the end",
    "sales": "Sales by the horizon",
    "cost_of_leads": "Cost of leads",
    "cost_of_channel_days": "Cost of the channels' days",
    "cost_of_reps": "Cost of reps",
    "cost_of_changes": "Cost of changes",
    "paid_per_sale": "Paid for a first order",
    "first_orders": "Paid for all first orders",
    "revenue": "Revenue",
    "commission": "Commission on sales",
    "contribution": "Contribution",
    "profit": "Profit",
}


@dataclass(frozen=True, eq=False)
class Description:
    """What a scenario says without being simulated; see `fs.describe`.

    >>> from funnelsim import describe, load
    >>> list(describe(load("aida-follow-up")).teams.index)
    ['sales']
    """

    scenario: Scenario
    channels: pd.DataFrame
    stages: pd.DataFrame
    teams: pd.DataFrame
    totals: pd.DataFrame
    changes: pd.DataFrame
    sentences: tuple[str, ...]

    def sections(self) -> Iterator[tuple[str, pd.DataFrame]]:
        """(title, table of text) in the order of reading."""
        yield "Leads by channel", _channels_text(self)
        yield "Stages", _stages_text(self)
        if not self.teams.empty:
            yield "Load of the teams", _teams_text(self)
        if not self.changes.empty:
            yield "What changes when", changes_text(self.scenario)
        yield "In all", _totals_text(self)

    def __str__(self) -> str:
        parts = [
            f"{title}\n{'-' * len(title)}\n{as_text(table)}" for title, table in self.sections()
        ]
        return "\n\n".join([*parts, *("\n".join(wrap(text, WIDTH)) for text in self.sentences)])

    def __repr__(self) -> str:
        return f"<Description of {self.scenario.name!r}>\n\n{self}"

    def _repr_html_(self) -> str:
        tables = ((title, (), table) for title, table in self.sections())
        return sections_as_html([*tables, ("", self.sentences, None)])


def describe(scenario: Scenario) -> Description:
    """What a scenario says before anything is simulated: expectations, from its means alone.

    Figures are of the time from the warm-up to the horizon, and of the leads that channels bring.
    Tables, with NaN for what only a simulation tells:

    - `channels` (index channel): `leads` expected, `leads_per_day`; `conversion`, the chance to
      reach the goal in the end; `sales_in_the_end` = leads × conversion; `sales` from the warm-up
      to the horizon; `cost` of the leads and of the channel's days, in currency
    - `stages` (index stage): the `team` that calls ("" for none); `conversion` as the scenario has
      it; `goes_on`, the share of those who enter that goes on, over channels, segments, arms, calls
      and returns; `reached`, the share of all leads that enters; `leads`, how many do in the end;
      `decision_days`, the mean decision time of those who advance
    - `teams` (index team): `fs.team_load`
    - `totals` (index figure): `value`, its `unit` (count, share, money), and how it `holds`:
      "expected" is the mean of simulations; "at most" what their mean does not exceed, since leads
      wait for calls, lose patience and are convinced less by late answers; "about, if nobody
      waits" where it also matters which rep calls or how long a call in vain takes; "about, on
      average over the leads" where odds change on a day; and "not without simulation".
      `paid_per_sale` and `first_orders` are what the `sales` pay, `revenue` all that is net of
      cancelled, refused and returned orders
    - `changes` (index change): when each begins (`from`) and ends (`to`; NaT for never), its `ramp`
      in days, what it `says` in words, and its `cost` in the time counted

    `sentences` says what is left out. A conversion is what the rule of odds gives, by the total
    probability over segments, arms, calls and returns; the time to a sale is the sum of the
    decision times, its law a convolution (S. M. Ross, Introduction to Probability Models, 12th
    edition 2019, chapter 2); the load is Little's law.

    Raises FunnelSimError for what is no scenario.

    >>> from funnelsim import load
    >>> described = describe(load("aida"))
    >>> described.totals.loc[["leads", "conversion", "sales"], ["value", "holds"]].round(3)
                   value     holds
    figure
    leads       1080.000  expected
    conversion     0.135  expected
    sales        140.202  expected
    """
    import pandas as pd

    s = a_scenario(scenario, "describe")
    sales = sales_by_the_horizon(s)
    in_all = pd.DataFrame(totals(s, sales)).set_index("name").rename_axis("figure")
    return Description(
        s, _channels(s, sales), _stages(s), team_load(s), in_all, what_changes(s),
        tuple(_left_out(s)),
    )  # fmt: skip


def _channels(s: Scenario, sales: Floats) -> pd.DataFrame:
    import pandas as pd

    leads, conversion = leads_since_the_warm_up(s), conversion_of_channels(s)
    said = holds.of_sales(s) != holds.NOT_SAID
    columns = {
        "leads": leads,
        "leads_per_day": leads / ((s.horizon - s.warm_up) / DAY),
        "conversion": conversion,
        "sales_in_the_end": leads * conversion,
        "sales": sales.sum(axis=1) if said else np.nan,
        "cost": leads * mean_prices(s) + day_costs(s) / 100,
    }
    return pd.DataFrame(columns, index=pd.Index([c.name for c in s.channels], name="channel"))


def _stages(s: Scenario) -> pd.DataFrame:
    import pandas as pd

    shares = np.array([kind.share for kind in kinds_of_leads(s)])
    leads = np.einsum("c,s,cst->t", leads_since_the_warm_up(s), shares, reached(s))
    columns = {
        "team": [stage.follow_up.team if stage.follow_up else "" for stage in s.stages],
        "conversion": [np.nan if x.conversion is None else x.conversion for x in s.stages],
        "goes_on": np.append(ratio(leads[1:], leads[:-1]), np.nan),
        "reached": ratio(leads, leads[0]),
        "leads": leads,
        "decision_days": [*(x.decision_time.mean / DAY for x in s.stages[:-1]), np.nan],
    }
    return pd.DataFrame(columns, index=pd.Index([x.name for x in s.stages], name="stage"))


# --- what is left out ---------------------------------------------------------------------------


def _left_out(s: Scenario) -> Iterator[str]:
    """Sentences for what these figures do not know of."""
    if any(stage.follow_up for stage in s.stages):
        yield (
            "Nobody waits here: waiting, patience that ends and late answers take away from these "
            "figures, and only a simulation tells how much."
        )
    if any(holds.differing_skills(s, stage) for stage in s.stages):
        yield "Reps differ: they are taken to answer equally often."
    if any(holds.random_gaps(stage) for stage in s.stages):
        yield "Calls in vain take a random time: it is taken as its mean."
    if holds.of_sales(s) == holds.NOT_SAID:
        yield (
            f"Sales from the warm-up ({duration_text(s.warm_up)}) to the horizon depend on how "
            "long leads wait for calls: fs.simulate tells."
        )
    if move_odds(s):
        yield (
            "Odds change on some day: conversion and sales are an average over the leads, as if "
            "each made up its mind when it came; fs.simulate tells what is so when."
        )
    if beyond := beyond_first_orders(s):
        yield (
            "Sales and money are of the first orders of the leads that channels bring; what "
            f"{_listed(beyond)} make of it is left to a simulation."
        )
    if s.teams and (s.referral or s.upsell):
        yield "The load of the teams is that of the long run, with all whom customers bring."
    if not s.order and (idle := _that_differ(s, "discount", "order_value_factor")):
        yield f"Without [order] nothing comes of {_listed(idle)}."
    if not s.retention and (idle := _that_differ(s, "repeat_odds_ratio")):
        yield f"Without [retention] nothing comes of {_listed(idle)}."
    yield from queue_warnings(s)


def _that_differ(s: Scenario, *names: str) -> list[str]:
    """The paths of these fields of segments, arms and changes, where they say anything."""
    parts: dict[str, tuple[Segment | Arm | Change, ...]] = {
        "segments": s.segments, "arms": s.arms, "changes": s.changes
    }  # fmt: skip
    return [
        f"{key}.{part.name}.{name}"
        for key, each in parts.items()
        for part in each
        for name in names
        if (field := type(part).model_fields.get(name)) and getattr(part, name) != field.default
    ]


def _listed(names: list[str]) -> str:
    *others, last = names
    return f"{', '.join(others)} and {last}" if others else last


# --- as text ------------------------------------------------------------------------------------


def _channels_text(d: Description) -> pd.DataFrame:
    return _text(
        d,
        d.channels.rename_axis("channel"),
        {
            "leads": ("leads", "count"),
            "leads_per_day": ("a day", "ratio"),
            "conversion": ("conversion", "share"),
            "sales_in_the_end": ("sales in the end", "count"),
            "sales": ("by the horizon", "count"),
            "cost": ("cost", "money"),
        },
    )


def _stages_text(d: Description) -> pd.DataFrame:
    return _text(
        d,
        d.stages,
        {
            "conversion": ("conversion", "share"),
            "goes_on": ("goes on", "share"),
            "reached": ("of all leads", "share"),
            "leads": ("leads in the end", "count"),
            "decision_days": ("decision takes", "days"),
        },
    )


def _teams_text(d: Description) -> pd.DataFrame:
    return _text(
        d,
        d.teams,
        {
            "reps": ("reps", "count"),
            "work_hours_per_day": ("hours of work a day", "ratio"),
            "open_hours_per_day": ("hours open a day", "ratio"),
            "load": ("load", "share"),
        },
    )


def _text(d: Description, table: pd.DataFrame, columns: dict[str, tuple[str, str]]) -> pd.DataFrame:
    """The columns as text, by their heads; those that say nothing anywhere are left out."""
    text = table[[]].reset_index()
    for name, (head, unit) in columns.items():
        if table[name].notna().any():
            text[head] = [figure_text(float(v), unit, d.scenario.currency) for v in table[name]]
    return text


def _totals_text(d: Description) -> pd.DataFrame:
    import pandas as pd

    rows = [
        (
            LABELS[str(name)],
            figure_text(row["value"], row["unit"], d.scenario.currency),
            row["holds"],
        )
        for name, row in d.totals.iterrows()
        if row["value"] != 0 or row["unit"] != "money"
    ]
    return pd.DataFrame(rows, columns=["figure", "value", "holds"])
