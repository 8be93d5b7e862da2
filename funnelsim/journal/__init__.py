"""What happened: the tables of a simulation, the event log as a view on them.

An engine writes down whole microseconds, whole cents and numbers of stages, reps and reasons;
`Journal` turns them into pandas tables when they are asked for, once for every engine. Times in
the tables are days since the scenario's start (float; NaN for what did not happen), money is in
the scenario's currency, and names are categoricals in the scenario's order.

- `leads`: lead, key, parent (-1 for none), kind (new, referral, upsell; open deal and customer are
  there at the start), channel, segment, a column for each label, arrived, deal_value, owner,
  outcome (customer, lost, open), lost_stage, reason, decided, recovered (number of returns),
  member (of the loyalty programme), entered_<stage> (first entry)
- `stage_visits`: lead, stage, attempt, entered, decided, outcome (advanced, lost, open), reason
- `follow_ups`: lead, stage, attempt, call, team, rep, queued, started, finished, outcome
  (served, not reached, gone cold, missed, open)
- `orders`: order, lead, customer, number (of the customer's orders), placed, value, discount, paid,
  tier, payment, status (the last one entered), closed, points_earned, points_redeemed,
  contribution, satisfaction (promoter, passive, detractor)
- `statuses`: order, status, entered
- `messages`: lead, name, sent, cost, accepted
- `points`: customer, time, kind (earned, redeemed, expired), points
- `events` (view): case, activity, timestamp, resource
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from funnelsim.distributions import DAY, Ints
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
    "DETRACTOR",
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
        self.initial = initial  # the state at the start, if the simulation began in the middle
        self.whole: dict[str, Table] = {name: tables[name] for name in COLUMNS}

    def count(self, table: str) -> int:
        """How many rows the table has."""
        return len(self.whole[table][next(iter(COLUMNS[table]))])

    # --- replications: a journal holds one; `Together`, several ---------------------------------

    def split(self) -> Iterator[Journal]:
        """The journal of each replication."""
        yield self

    def bounds(self, table: str) -> Ints:
        """Where each replication's rows of the table begin, and where the last one's end."""
        return np.array([0, self.count(table)])

    def totals(self, table: str, values: NDArray[Any], of: NDArray[np.bool_] | None = None) -> Ints:
        """The sum of whole numbers (one for each row of the table, or of some), by replication."""
        so_far = np.zeros(len(values) + 1, dtype=np.int64)
        np.cumsum(values if of is None else np.where(of, values, 0), out=so_far[1:])
        return np.diff(so_far[self.bounds(table)])

    def counts(self, table: str, what: Ints, kinds: int, of: NDArray[np.bool_]) -> Ints:
        """How many rows there are of each kind, of some: shape (replications, kinds)."""
        rows, bounds = np.flatnonzero(of), self.bounds(table)
        runs = len(bounds) - 1
        run = np.repeat(np.arange(runs), np.diff(bounds)).take(rows)
        code = run * kinds + what.take(rows)
        return np.bincount(code, minlength=kinds * runs).reshape(runs, kinds)

    def __repr__(self) -> str:
        counts = ", ".join(f"{len(t['lead']):,} {k}" for k, t in self.whole.items() if "lead" in t)
        leads = len(self.whole["leads"]["key"])
        return f"<Journal of {self.scenario.name!r}, seed {self.seed}: {leads:,} leads, {counts}>"

    # --- names --------------------------------------------------------------------------------

    @property
    def _stages(self) -> list[str]:
        return [stage.name for stage in self.scenario.stages]

    @property
    def _channels(self) -> list[str]:
        referral = [REFERRAL] if self.scenario.referral else []
        return [channel.name for channel in self.scenario.channels] + referral

    @property
    def _reps(self) -> list[str]:
        """Every rep as "team number", in the order of the teams."""
        return [
            f"{team.name} {rep + 1}" for team in self.scenario.teams for rep in range(team.reps)
        ]

    @cached_property
    def team_of_stage(self) -> Ints:
        names = [team.name for team in self.scenario.teams]
        calls = [stage.follow_up for stage in self.scenario.stages]
        return np.array([names.index(call.team) if call else NEVER for call in calls])

    def _rep_number(self, stage: Ints, rep: Ints) -> Ints:
        """The place among `_reps` of the reps (1, 2, ...) of the team that serves the stage."""
        before = np.cumsum([0, *(team.reps for team in self.scenario.teams)])
        return np.where(rep == NEVER, NEVER, before[self.team_of_stage[stage]] + rep - 1)

    # --- tables -------------------------------------------------------------------------------

    @cached_property
    def stage_visits(self) -> pd.DataFrame:
        """One row per visit of a lead to a stage."""
        import pandas as pd

        t = self.whole["stage_visits"]
        return pd.DataFrame(
            {
                "lead": t["lead"],
                "stage": _names(t["stage"], self._stages),
                "attempt": t["attempt"],
                "entered": _days(t["entered"]),
                "decided": _days(t["decided"]),
                "outcome": _names(t["outcome"], VISIT_OUTCOMES),
                "reason": _names(t["reason"], reasons(self.scenario)),
            }
        )

    @cached_property
    def follow_ups(self) -> pd.DataFrame:
        """One row per call that was queued."""
        import pandas as pd

        t = self.whole["follow_ups"]
        teams = [team.name for team in self.scenario.teams]
        return pd.DataFrame(
            {
                "lead": t["lead"],
                "stage": _names(t["stage"], self._stages),
                "attempt": t["attempt"],
                "call": t["call"],
                "team": _names(self.team_of_stage[t["stage"]], teams),
                "rep": _names(self._rep_number(t["stage"], t["rep"]), self._reps),
                "queued": _days(t["queued"]),
                "started": _days(t["started"]),
                "finished": _days(t["finished"]),
                "outcome": _names(t["outcome"], FOLLOW_UP_OUTCOMES),
            }
        )

    @cached_property
    def orders(self) -> pd.DataFrame:
        """One row per order."""
        import pandas as pd

        t, scenario = self.whole["orders"], self.scenario
        payments = [payment.name for payment in scenario.order.payments] if scenario.order else []
        tiers = [tier.name for tier in scenario.loyalty.tiers] if scenario.loyalty else []
        return pd.DataFrame(
            {
                "order": np.arange(len(t["lead"])),
                "lead": t["lead"],
                "customer": self.whole["leads"]["customer"][t["lead"]],
                "number": self.order_numbers,
                "placed": _days(t["placed"]),
                "value": t["value"] / 100,
                "discount": t["discount"] / 100,
                "paid": t["paid"] / 100,
                "tier": _names(t["tier"], tiers),
                "payment": _names(t["payment"], payments),
                "status": _names(t["status"], statuses(scenario)),
                "closed": _days(t["closed"]),
                "points_earned": t["points_earned"],
                "points_redeemed": t["points_redeemed"],
                "contribution": self.contributions / 100,
                "satisfaction": _names(t["satisfaction"], FEELINGS),
            }
        )

    @cached_property
    def statuses(self) -> pd.DataFrame:
        """One row per status that an order entered."""
        import pandas as pd

        t = self.whole["statuses"]
        names = statuses(self.scenario)
        columns = {"order": t["order"], "status": _names(t["status"], names)}
        return pd.DataFrame(columns | {"entered": _days(t["entered"])})

    @cached_property
    def points(self) -> pd.DataFrame:
        """One row per credit, redemption and expiry of a member's points."""
        import pandas as pd

        t = self.whole["points"]
        columns = {"customer": t["customer"], "time": _days(t["time"])}
        columns |= {"kind": _names(t["kind"], POINT_KINDS), "points": t["points"]}
        return pd.DataFrame(columns)

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
            from funnelsim.journal.on_a_day import orders_before

            number += orders_before(self)[of]
        return number

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

    @cached_property
    def messages(self) -> pd.DataFrame:
        """One row per message sent."""
        import pandas as pd

        t, scenario = self.whole["messages"], self.scenario
        names = [f"recovery: {name}" for name in self._stages]
        names += [campaign.name for campaign in scenario.campaigns]
        return pd.DataFrame(
            {
                "lead": t["lead"],
                "name": _names(t["name"], names),
                "sent": _days(t["sent"]),
                "cost": np.array(self.message_costs)[t["name"]],
                "accepted": t["accepted"].astype(bool),
            }
        )

    @property
    def message_costs(self) -> list[float]:
        """What a message of each name costs: of the stages' recoveries, then of campaigns."""
        recoveries = [stage.recovery for stage in self.scenario.stages]
        costs = [recovery.cost if recovery else 0.0 for recovery in recoveries]
        return costs + [campaign.cost_per_send for campaign in self.scenario.campaigns]

    @cached_property
    def contributions(self) -> Ints:
        """Cents that each order leaves: paid, less the goods, the shipping and the commission.

        Nothing of an order that was cancelled; the shipping is lost of one refused or returned.
        """
        t, order = self.whole["orders"], self.scenario.order
        if order is None:
            return np.zeros(0, dtype=np.int64)
        rates = np.array([*(channel.commission for channel in self.scenario.channels), 0.0])
        commission = rates[self.whole["leads"]["channel"][t["lead"]]] * t["paid"]
        goods = (1 - order.margin) * t["value"]
        shipping = round(order.shipping_cost * 100)
        kept = t["paid"] - np.rint(goods).astype(np.int64) - np.rint(commission).astype(np.int64)
        number = {name: place for place, name in enumerate(statuses(self.scenario))}
        cancelled, refused, returned = (
            t["status"] == number.get(name, NEVER) for name in (CANCELLED, REFUSED, RETURNED)
        )
        left = np.where(refused | returned, -shipping, kept - shipping)
        return np.where(cancelled, 0, left)

    @cached_property
    def leads(self) -> pd.DataFrame:
        """One row per lead, in order of arrival."""
        import pandas as pd

        t, visits = self.whole["leads"], self.whole["stage_visits"]
        count, stages = len(t["key"]), self._stages
        # visits are sorted by lead and time, so a lead's last row tells what became of it
        last = np.full(count, NEVER)
        last[visits["lead"]] = np.arange(len(visits["lead"]))
        final = {name: column[last] for name, column in visits.items()}
        customer = final["stage"] == len(stages) - 1
        lost = final["outcome"] == VISIT_OUTCOMES.index("lost")
        outcome = np.select([customer, lost], [0, 1], LEAD_OUTCOMES.index("open"))
        table: dict[str, Any] = {
            "lead": np.arange(count),
            "key": t["key"],
            "parent": t["parent"],
            "kind": _names(t["kind"], KINDS),
            "channel": _names(t["channel"], self._channels),
            "segment": _names(t["segment"], [s.name for s in self.scenario.segments] or ["all"]),
            **self._labels(),
            "arrived": _days(t["arrived"]),
            "deal_value": t["deal_value"] / 100 if self.scenario.order else np.full(count, np.nan),
            "owner": _names(self._owner(), self._reps),
            "outcome": _names(outcome, LEAD_OUTCOMES),
            "lost_stage": _names(np.where(lost, final["stage"], NEVER), stages),
            "reason": _names(np.where(lost, final["reason"], NEVER), reasons(self.scenario)),
            "decided": _days(np.where(customer | lost, final["decided"], NEVER)),
            "recovered": np.bincount(visits["lead"], visits["attempt"] > 0, count).astype(np.int64),
            "member": (t["enrols"] == 1) & customer[t["customer"]],
        }
        for number, name in enumerate(stages):
            table[f"entered_{name}"] = _days(self._first_entry(number))
        return pd.DataFrame(table)

    def _labels(self) -> dict[str, pd.Categorical]:
        """A column for each label; a segment's stands before its channel's."""
        t, scenario = self.whole["leads"], self.scenario
        parts: list[tuple[Sequence[Any], Ints]] = [
            (scenario.channels, t["channel"]),
            (scenario.segments, t["segment"]),
        ]
        names = dict.fromkeys(key for part, _ in parts for entry in part for key in entry.labels)
        columns = {}
        for name in names:
            texts = list(
                dict.fromkeys(e.labels[name] for p, _ in parts for e in p if name in e.labels)
            )
            number = np.full(len(t["key"]), NEVER)
            for part, which in parts:
                if part:
                    of_entry = [
                        texts.index(e.labels[name]) if name in e.labels else NEVER for e in part
                    ]
                    of_entry.append(NEVER)  # of the channel "referral"
                    found = np.array(of_entry)[which]
                    number = np.where(found == NEVER, number, found)
            columns[name] = _names(number, texts)
        return columns

    def _first_entry(self, stage: int) -> Ints:
        visits = self.whole["stage_visits"]
        entered = np.full(len(self.whole["leads"]["key"]), NEVER)
        at = np.flatnonzero(visits["stage"] == stage)[::-1]  # the earliest is written last
        entered[visits["lead"][at]] = visits["entered"][at]
        return entered

    def _owner(self) -> Ints:
        """The rep who first reached the lead."""
        calls = self.whole["follow_ups"]
        owner = np.full(len(self.whole["leads"]["key"]), NEVER)
        reached = np.flatnonzero(calls["reached"] == 1)[::-1]
        reps = self._rep_number(calls["stage"], calls["rep"])
        owner[calls["lead"][reached]] = reps[reached]
        return owner

    @property
    def events(self) -> pd.DataFrame:
        """The event log, as process-mining tools read it; sorted by time.

        A row per stage entered, lead lost, call queued, started and finished, message sent, and
        order placed; `resource` is the rep, where there is one. At one moment a lead's events
        stand in the order in which they follow from each other.
        """
        from funnelsim.journal.events import events

        return events(self)


def _days(microseconds: Ints) -> NDArray[np.float64]:
    return np.where(microseconds == NEVER, np.nan, microseconds / DAY)


def _names(numbers: NDArray[Any], names: Sequence[str]) -> pd.Categorical:
    """Numbers as names, in the scenario's order; -1 is no name at all."""
    import pandas as pd

    return pd.Categorical.from_codes(numbers, categories=list(names), ordered=True)
