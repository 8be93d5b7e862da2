"""What happened: the tables of a simulation, the event log as a view on them.

An engine writes down whole microseconds, whole cents and numbers of stages, reps and reasons;
`Journal` turns them into pandas tables when they are asked for, once for every engine. Times in
the tables are days since the scenario's start (float; NaN for what did not happen), money is in
the scenario's currency, and names are categoricals in the scenario's order.

- `leads`: lead, key, parent (-1 for none), kind (new, referral, upsell; open deal and customer are
  there at the start), channel, segment, arm (of an experiment), a column for each label, arrived,
  deal_value, owner (the rep who first reached it: who brought it in), holder (the rep who reached
  it last: who holds it, or has closed it), outcome (customer, lost, open), lost_stage, reason,
  decided, recovered (number of returns), member (of the loyalty programme),
  entered_<stage> (first entry). Who is a customer at the start is one all along, and has neither
  been in a stage nor been decided
- `stage_visits`: lead, stage, attempt, entered, decided, outcome (advanced, lost, open), reason
- `follow_ups`: lead, stage, attempt, call, team, rep, queued, started, finished, outcome
  (served, not reached, gone cold, missed, open)
- `orders`: order, lead, customer, number (of the customer's orders), placed, value, discount, paid,
  tier, payment, status (the last one entered), closed, points_earned, points_redeemed,
  contribution, satisfaction (promoter, passive, detractor)
- `statuses`: order, status, entered
- `messages`: lead, name, sent, cost, accepted (comes back because of it, or would have anyway; of a
  campaign after a purchase only the former), anyway (would have come back without it)
- `points`: customer, time, kind (earned, redeemed, expired), points
- `events` (view): case, activity, timestamp, resource
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from funnelsim.distributions import DAY, Ints
from funnelsim.journal.provenance import AtTheStart, Provenance, versions
from funnelsim.journal.whole import (
    CLOSED,
    COLUMNS,
    CUSTOMER,
    DETRACTOR,
    EARNED,
    EXPIRED,
    FAILED_CALLS,
    FEELINGS,
    FOLLOW_UP_OUTCOMES,
    KINDS,
    LEAD_OUTCOMES,
    NEVER,
    NEW,
    OPEN_DEAL,
    PASSIVE,
    POINT_KINDS,
    PROMOTER,
    REDEEMED,
    REFERRED,
    SERVED,
    UPSOLD,
    VISIT_OUTCOMES,
    Lazy,
    Table,
    reasons,
    statuses,
)
from funnelsim.scenario import Scenario
from funnelsim.scenario.values import (
    CANCELLED,
    DROPPED,
    GONE_COLD,
    MISSED,
    NOT_REACHED,
    REFERRAL,
    REFUSED,
    RETURNED,
)

if TYPE_CHECKING:
    import pandas as pd

    from funnelsim.state import State

__all__ = [
    "CLOSED",
    "COLUMNS",
    "CUSTOMER",
    "DAY",
    "DETRACTOR",
    "DROPPED",
    "EARNED",
    "EXPIRED",
    "FAILED_CALLS",
    "FEELINGS",
    "FOLLOW_UP_OUTCOMES",
    "GONE_COLD",
    "KINDS",
    "LEAD_OUTCOMES",
    "MISSED",
    "NEVER",
    "NEW",
    "NOT_REACHED",
    "OPEN_DEAL",
    "PASSIVE",
    "POINT_KINDS",
    "PROMOTER",
    "REDEEMED",
    "REFERRAL",
    "REFERRED",
    "SERVED",
    "UPSOLD",
    "VISIT_OUTCOMES",
    "Journal",
    "Lazy",
    "Table",
    "reasons",
    "statuses",
]


class Journal:
    """What happened in one simulation; `scenario`, `seed`, `replication` and `engine` say which.

    `whole` holds the tables as the engine told them: columns of int64 (microseconds, cents,
    numbers of stages and reps; -1 for what did not happen). Two simulations had the same history if
    and only if these are equal.
    """

    def __init__(
        self,
        scenario: Scenario,
        seed: int,
        replication: int,
        engine: str,
        tables: Mapping[str, Table],
        initial: State | None = None,
    ) -> None:
        self.scenario, self.seed, self.replication, self.engine = (
            scenario,
            seed,
            replication,
            engine,
        )
        self.replications: Sequence[int] = (replication,)  # of `Together` several
        self.initial = initial  # the state at the start, if the simulation began in the middle
        self.whole: dict[str, Table] = {name: tables[name] for name in COLUMNS}
        self._versions = versions()  # now: a pickle is read on other machines, by other versions

    def rows(self, table: str) -> int:
        """How many rows the table has."""
        return len(self.whole[table][next(iter(COLUMNS[table]))])

    @cached_property
    def provenance(self) -> Provenance:
        """How it was made: `fs.simulate` with all that makes the same journal again.

        >>> from funnelsim import load, simulate
        >>> made = simulate(load("aida"), seed=3).provenance
        >>> again = simulate(made.scenario, made.seed, replication=made.replication)
        >>> again.provenance == made
        True
        """
        return Provenance(
            "journal",
            self.scenario,
            self.seed,
            start=AtTheStart.of(self.initial),
            replication=self.replication,
            engine=self.engine,
            versions=self._versions,
        )

    # --- replications: a journal holds one; `Together`, several ---------------------------------

    def split(self) -> Iterator[Journal]:
        """The journal of each replication."""
        yield self

    def bounds(self, table: str) -> Ints:
        """Where each replication's rows of the table begin, and where the last one's end."""
        return np.array([0, self.rows(table)])

    def totals(self, table: str, values: NDArray[Any], of: NDArray[np.bool_] | None = None) -> Ints:
        """The sum of whole numbers (one for each row of the table, or of some), by replication."""
        so_far = np.zeros(len(values) + 1, dtype=np.int64)
        np.cumsum(values if of is None else np.where(of, values, 0), out=so_far[1:])
        return np.diff(so_far[self.bounds(table)])

    def counts(self, table: str, what: Ints, kinds: int, of: NDArray[np.bool_]) -> Ints:
        """How many rows there are of each kind, of some: shape (replications, kinds)."""
        rows, bounds = np.flatnonzero(of), self.bounds(table)
        runs = len(self.replications)
        run = np.repeat(np.arange(runs), np.diff(bounds)).take(rows)
        code = run * kinds + what.take(rows)
        return np.bincount(code, minlength=kinds * runs).reshape(runs, kinds)

    def __repr__(self) -> str:
        counts = ", ".join(f"{len(t['lead']):,} {k}" for k, t in self.whole.items() if "lead" in t)
        leads = len(self.whole["leads"]["key"])
        return f"<Journal of {self.scenario.name!r}, seed {self.seed}: {leads:,} leads, {counts}>"

    # --- tables -------------------------------------------------------------------------------

    @cached_property
    def leads(self) -> pd.DataFrame:
        """One row per lead, in order of arrival."""
        from funnelsim.journal.in_pandas import leads_table

        return leads_table(self)

    @cached_property
    def stage_visits(self) -> pd.DataFrame:
        """One row per visit of a lead to a stage."""
        from funnelsim.journal.in_pandas import stage_visits_table

        return stage_visits_table(self)

    @cached_property
    def follow_ups(self) -> pd.DataFrame:
        """One row per call that was queued."""
        from funnelsim.journal.in_pandas import follow_ups_table

        return follow_ups_table(self)

    @cached_property
    def orders(self) -> pd.DataFrame:
        """One row per order."""
        from funnelsim.journal.in_pandas import orders_table

        return orders_table(self)

    @cached_property
    def statuses(self) -> pd.DataFrame:
        """One row per status that an order entered."""
        from funnelsim.journal.in_pandas import statuses_table

        return statuses_table(self)

    @cached_property
    def messages(self) -> pd.DataFrame:
        """One row per message sent."""
        from funnelsim.journal.in_pandas import messages_table

        return messages_table(self)

    @cached_property
    def points(self) -> pd.DataFrame:
        """One row per credit, redemption and expiry of a member's points."""
        from funnelsim.journal.in_pandas import points_table

        return points_table(self)

    @property
    def events(self) -> pd.DataFrame:
        """The event log, as process-mining tools read it; sorted by time.

        A row per stage entered, lead lost, call queued, started and finished, message sent, and
        order placed; `resource` is the rep, where there is one. At one moment a lead's events
        stand in the order in which they follow from each other.
        """
        from funnelsim.journal.events import events

        return events(self)

    def state(self, day: float) -> State:
        """The open deals and the customers on a day of the simulation, to begin another there.

        `day` counts from the start, 0 to the horizon; the state holds neither points nor tiers,
        messages on their way, orders not yet closed or upsells under way (`fs.State`). Raises
        FunnelSimError for a day that is none.

        >>> from funnelsim import load, simulate
        >>> sorted(simulate(load("aida"), seed=1).state(30).deals["stage"].unique())
        ['Attention', 'Desire', 'Interest']
        """
        from funnelsim.journal.on_a_day import state_on

        return state_on(self, day)

    def to_crm(
        self,
        style: str = "hubspot",
        dirt: str = "none",
        path: str | Path | None = None,
        *,
        day: float | None = None,
        seed: int = 0,
        truth: bool = False,
        contacts: bool = False,
    ) -> Any:
        """The firm's deals as a CRM exports them on a day (left out: the horizon).

        style   hubspot (a time per stage), salesforce, pipedrive, zoho, dynamics, odoo, bitrix24,
                amocrm, one_c, freshsales, frappe (a row a deal: today's stage and dates), or log
                (a row for each stage that a deal entered): in its headings, words, forms of dates
                and amounts. Reps have names; open deals have a date by which they are expected
        dirt    none, some or much, drawn by `seed`. Some: doubles (1 row in 100), closings without
                a date (2), outcomes in other letters (5), the currency pasted before amounts
                (2), a word for an
                amount or a date in another form (2 or 3 in 1,000), a win in 2062 (1), a title above
                and a total below in the file. Much: two to four times as many, one creation in 100
                without a date, and one loss in five that nobody has marked
        path    of the file, in the vendor's kind, separator and encoding
        contacts  with a column of when the owner first reached the lead (First Contacted At)

        Returns the table, or the path of the file. With `truth` (the teacher's edition) also, a row
        a deal, what there is to be read, as finely as it is written: id, outcome, stage, created,
        closed, value, channel, owner, reason, entered <stage>; how and when the deal ends in the
        simulation (`ends`, `ends_at`); and its `dirt`. Raises FunnelSimError for what there is not.

        >>> from funnelsim import load, read_deals, simulate
        >>> export = simulate(load("b2b-pipeline"), seed=1).to_crm("hubspot", day=200)
        >>> list(export.columns[:4])
        ['Record ID', 'Deal Name', 'Pipeline', 'Deal Stage']
        >>> read_deals(export).stages
        ['Lead', 'Qualified', 'Meeting', 'Proposal', 'Won']
        """
        from funnelsim.journal.crm import to_crm

        return to_crm(self, style, dirt, path, day, seed, truth, contacts)

    # --- what figures are made of ---------------------------------------------------------------

    @cached_property
    def team_of_stage(self) -> Ints:
        names = [team.name for team in self.scenario.teams]
        calls = [stage.follow_up for stage in self.scenario.stages]
        return np.array([names.index(call.team) if call else NEVER for call in calls])

    @cached_property
    def order_numbers(self) -> Ints:
        """1 for a customer's first order, 2 for the next, in the order of placing.

        Of those who are customers at the start it goes on from the orders that they have placed.
        """
        of = self.whole["leads"]["customer"][self.whole["orders"]["lead"]]
        order = np.argsort(of, kind="stable")  # they stand in the order of placing
        place = np.arange(len(of))
        first = np.r_[True, of[order][1:] != of[order][:-1]][: len(of)]
        number = np.empty(len(of), dtype=np.int64)
        number[order] = place - np.maximum.accumulate(np.where(first, place, 0)) + 1
        if self.initial is not None:
            from funnelsim.journal.there import orders_before

            number += orders_before(self)[of]
        return number

    @property
    def message_costs(self) -> list[float]:
        """What a message of each name costs: of the stages' recoveries, then of campaigns."""
        recoveries = [stage.recovery for stage in self.scenario.stages]
        costs = [recovery.cost if recovery else 0.0 for recovery in recoveries]
        return costs + [campaign.cost_per_send for campaign in self.scenario.campaigns]

    @cached_property
    def goods(self) -> Ints:
        """Cents that the goods of each order cost: the list price less the margin."""
        value, order = self.whole["orders"]["value"], self.scenario.order
        return np.rint((1 - order.margin if order else 0) * value).astype(np.int64)

    @cached_property
    def commissions(self) -> Ints:
        """Cents that its channel gets for each order, were the order kept.

        A share of what is paid, and the fixed sum if it is the customer's first; each is rounded.
        """
        t, channels = self.whole["orders"], self.scenario.channels
        channel = self.whole["leads"]["channel"][t["lead"]]
        rates = np.array([*(c.commission for c in channels), 0.0])  # "referral"
        sums = np.array([*(c.cost_per_sale for c in channels), 0.0])
        shares: Ints = np.rint(rates[channel] * t["paid"]).astype(np.int64)
        if not sums.any():
            return shares
        fixed = np.rint(100 * sums).astype(np.int64)[channel]
        found: Ints = shares + np.where(self.order_numbers == 1, fixed, 0)
        return found

    @cached_property
    def contributions(self) -> Ints:
        """Cents that each order leaves: paid, less the goods, the shipping and the commission.

        Nothing of an order that was cancelled; the shipping is lost of one refused or returned.
        """
        t, order = self.whole["orders"], self.scenario.order
        shipping = round(order.shipping_cost * 100) if order else 0
        number = {name: place for place, name in enumerate(statuses(self.scenario))}
        cancelled, refused, returned = (
            t["status"] == number.get(name, NEVER) for name in (CANCELLED, REFUSED, RETURNED)
        )
        kept = t["paid"] - self.goods - self.commissions
        return np.where(cancelled, 0, np.where(refused | returned, 0, kept) - shipping)
