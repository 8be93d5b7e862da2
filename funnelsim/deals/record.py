"""`Deals`: what an export says, and how it was read."""

from __future__ import annotations

import os
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from subprocess import list2cmdline
from typing import Any

import pandas as pd
from markupsafe import Markup

from funnelsim.metrics.known import History, as_history
from funnelsim.pages import page
from funnelsim.tables import as_html, as_text

PAGE = """<p>{{ summary }}.</p><ul>{% for note in notes %}<li>{{ note }}</li>{% endfor %}</ul>
{% for title, table in tables %}<h4>{{ title }}</h4>{{ table }}{% endfor %}"""
OPTIONS = {"won_value": "--won-value", "lost_value": "--lost-value", "stage": "--stage-column"}


@dataclass(frozen=True, eq=False)
class Deals:
    """The deals of an export, a row each, and a record of how they were read: by `read_deals`.

    - `columns`: a row for each column of the file: what it was taken for, and why
    - `problems`: cells that were no good: row, column, text, what was done
    - `left_out`: leads that are not used: why, how many, in which rows
    - `currency`: of the amounts (None: nothing names one) · `export_date`: when it was taken
    - `notes`: how dates, amounts and outcomes were read · `sample`: the first three rows
    - `vendor`: the CRM that wrote it, where its headings show that · `source`: file, rows, SHA-256

    Of the leads that are used: `entered` has a column per stage, the goal last, with the time it
    was entered (NaT: not); `known` says where that time stood in the export, since a skipped stage
    takes the time of the next; `leads` has outcome (won, lost, open), ended (time of the loss), id,
    stage (today's), channel, owner, value, reason, and contacted (the first contact) where the file
    says it. `visits` holds every visit to a stage, with
    re-entries.

    >>> from funnelsim import read_deals
    >>> deals = read_deals(pd.DataFrame({
    ...     "Created": ["2026-02-01", "2026-02-03", "2026-02-05"],
    ...     "Closed": ["2026-02-05", "2026-02-07", None],
    ...     "Stage": ["Won", "Lost", "Offer"], "Amount": ["1,200 EUR", "", "80 EUR"]}))
    >>> deals.rows, deals.leads["outcome"].tolist(), deals.currency
    (3, ['won', 'lost', 'open'], 'EUR')
    >>> print(deals.columns[["column", "taken for"]].to_string(index=False, header=False))
    Created           when the lead came in
     Closed when it was closed, won or lost
      Stage               won, lost or open
     Amount                what it is worth
    """

    name: str
    entered: pd.DataFrame
    known: pd.DataFrame
    leads: pd.DataFrame
    export_date: pd.Timestamp
    losses_marked: bool
    rows: int
    left_out: pd.DataFrame
    currency: str | None
    columns: pd.DataFrame
    problems: pd.DataFrame
    notes: list[str]
    sample: pd.DataFrame
    told: Mapping[str, Any]
    source: str = ""
    vendor: str = ""
    is_guessed: bool = False
    log: pd.DataFrame | None = field(default=None, repr=False)

    @property
    def stages(self) -> list[str]:
        return list(self.entered.columns)

    @property
    def table(self) -> pd.DataFrame:
        """A row a deal: the times of its stages, when it was lost, and what else is known of it."""
        leads = self.leads.rename(columns={"ended": "lost"})
        times = self.entered.where(self.known)
        first = leads[["id"]] if leads["id"].notna().any() else leads[[]]
        return first.join(times).join(leads.drop(columns="id"))

    @property
    def visits(self) -> pd.DataFrame:
        """A row a visit: deal, stage, entered, left (NaT: still there), and what came after."""
        if self.log is not None:
            return self.log
        stages, parts = self.stages, []
        for stage, following in pairwise(stages):
            here = self.entered[stage].notna() & self.known[stage]
            onward, fate = self.entered[following], self.leads["outcome"]
            if following == stages[-1]:  # a win without a date has the time of its last stage
                onward = onward.where(self.known[following])
            else:
                fate = fate.where(onward.isna(), "moved")
            left = onward.fillna(self.leads["ended"].where(fate == "lost"))
            deal = self.leads["id"].fillna(self.leads.index.to_series().astype(str))
            part = {"deal": deal, "stage": stage, "entered": self.entered[stage], "left": left,
                    "outcome": fate}  # fmt: skip
            parts.append(pd.DataFrame(part)[here])
        return pd.concat(parts).sort_values(["deal", "entered"], kind="stable", ignore_index=True)

    def history(self) -> History:
        """What the pipeline's figures read (`metrics/known.py`): days since the first deal's day.

        Of a log the first entry of each stage counts; a stage that was skipped took no time. Of a
        deal that was lost and came back the file knows the last end alone.
        """
        entered, leads, stages = self.entered, self.leads, self.stages
        start = entered.iloc[:, 0].min().normalize()
        days = (entered - start) / pd.Timedelta(days=1)
        ended = (leads["ended"] - start) / pd.Timedelta(days=1)
        won = days[stages[-1]].where(self.known[stages[-1]] & (leads["outcome"] == "won"))
        names = leads["id"].fillna(leads.index.to_series().astype(str)).rename("deal")
        deals = pd.DataFrame({"arrived": days[stages[0]], "won": won, "value": leads["value"],
                              "channel": leads["channel"], "segment": "all", "arm": "all",
                              "owner": leads["owner"], "holder": leads["owner"],
                              "number": leads.index}).set_axis(names)  # fmt: skip
        parts = []
        for number, (stage, following) in enumerate(pairwise(stages)):
            is_last = following == stages[-1]
            onward = won if is_last else days[following]
            outcome = leads["outcome"].map({"won": "advanced", "lost": "lost", "open": "open"})
            if not is_last:
                outcome = outcome.mask(onward.notna(), "advanced")
            left = onward.where(outcome == "advanced", ended.where(outcome == "lost"))
            part = pd.DataFrame({"deal": names, "stage": number, "entered": days[stage],
                                 "left": left, "outcome": outcome})  # fmt: skip
            parts.append(part[days[stage].notna()])
        visits = pd.concat(parts).sort_values(["deal", "stage"], kind="stable", ignore_index=True)
        return as_history(
            name=Path(self.name).name, start=start, first=float(days[stages[0]].min()),
            last=float((self.export_date - start) / pd.Timedelta(days=1)), stages=stages[:-1],
            currency=self.currency or "", deals=deals, visits=visits,
            has_value=bool(leads["value"].notna().any()),
        )  # fmt: skip

    def as_of(self, day: object) -> Deals:
        """The deals as an export of an earlier day would have shown them.

        `day` is a date (its end is meant), a time, or text. Deals created later are not there, and
        what came later has not happened. What the CRM does not date stands as it is today: value,
        channel, owner. A day past the export's is the export itself. Raises FunnelSimError for what
        is no day, and for one before the first deal.

        >>> import funnelsim as fs
        >>> deals = fs.read_deals(fs.datasets.bundled("crm_deals.csv"))
        >>> then = deals.as_of("2026-01-31")
        >>> len(then.leads) < len(deals.leads), str(then.export_date)
        (True, '2026-01-31 23:59:59')
        """
        from funnelsim.deals.as_of import as_of

        return as_of(self, day)

    @property
    def arguments(self) -> dict[str, Any]:
        """What `calibrate` and `read_deals` would have to be told to read it so."""
        return {name: value for name, value in self.told.items() if value not in (None, (), {}, [])}

    @property
    def command(self) -> str:
        """The command that reads it so, in full."""
        words = ["funnelsim", "calibrate", self.name]
        for name, value in self.arguments.items():
            if name == "stages":
                pairs = value.items() if isinstance(value, Mapping) else [(c, c) for c in value]
                for stage, column in pairs:
                    words += ["--stage", f"{stage}={column}"]
            elif isinstance(value, bool):
                words.append(f"--{'' if value else 'no-'}{name}")
            else:
                option = OPTIONS.get(name, f"--{name.replace('_', '-')}")
                for each in value if isinstance(value, list | tuple) else [value]:
                    words += [option, str(each)]
        return list2cmdline(words) if os.name == "nt" else shlex.join(words)

    def _sections(self) -> list[tuple[str, pd.DataFrame]]:
        used = self.columns[self.columns["taken for"] != ""]
        rows = self.sample.T.rename(columns=lambda row: f"{self.sample.index.name or 'row'} {row}")
        rows = rows.rename_axis(index="column", columns=None).reset_index()
        found = [("Which column is what", used), ("The first rows", rows)]
        return found + [
            (title, table)
            for title, table in (("No good", self.problems), ("Left out", self.left_out))
            if len(table)
        ]

    def _summary(self) -> str:
        fates = self.leads["outcome"].value_counts()
        counts = ", ".join(f"{fates.get(f, 0):,} {f}" for f in ("won", "lost", "open"))
        by = f", an export of {self.vendor}" if self.vendor else ""
        return (
            f"{self.name}{by}: {self.rows:,} deals, {len(self.leads):,} used ({counts}); as of "
            f"{self.export_date:%Y-%m-%d %H:%M}"
            + (f"; amounts in {self.currency}" * bool(self.currency))
        )

    def __repr__(self) -> str:
        return f"<Deals: {self._summary()}>"

    def __str__(self) -> str:
        parts = [self._summary() + ".", *(f"- {note}" for note in self.notes)]
        for title, table in self._sections():
            parts.append(f"\n{title}\n{'-' * len(title)}\n{as_text(_short(table)).rstrip()}")
        return "\n".join(parts)

    def _repr_html_(self) -> str:
        tables = [(title, Markup(as_html(_short(table)))) for title, table in self._sections()]
        return page(PAGE, summary=self._summary(), notes=self.notes, tables=tables)


def _short(table: pd.DataFrame) -> pd.DataFrame:
    """As much of a table as one reads."""
    shown = table.head(30).map(lambda cell: "" if pd.isna(cell) else str(cell))
    return shown.map(lambda cell: cell if len(cell) <= 60 else f"{cell[:56]} ...")
