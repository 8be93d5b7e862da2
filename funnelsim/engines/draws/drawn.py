"""What is drawn: one column per question, for everyone who could still need the answer.

`Leads` says who may come to be, `StageDraws` what they would do on a visit to a stage,
`OrderDraws` what would follow if they bought. `draws.py` and `order_draws.py` fill them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from funnelsim.chance import MixedKeys, mixed
from funnelsim.distributions import Floats, Ints
from funnelsim.scenario import Scenario

Bools = NDArray[np.bool_]
Small = NDArray[np.int16]


ENDLESS = 2**62  # longer than any run
ALMOST = 1e-9  # 29 x 1.1 is 31.900000000000002: what is a whole number but for that is one


def same(value: Any, count: int, kind: Any = np.int64) -> NDArray[Any]:
    """A column in which every row is the same; it takes no memory, and no time."""
    one = np.array(value, dtype=kind)
    return np.ndarray((count,), one.dtype, one, 0, (0,))


def taken(column: NDArray[Any], which: NDArray[Any]) -> NDArray[Any]:
    """These rows of a column; of one in which all are the same, none is looked up."""
    if column.strides == (0,) and len(column):
        count = np.count_nonzero(which) if which.dtype == bool else len(which)
        return same(column[0], int(count), column.dtype)
    if which.dtype == bool:  # both are quicker than brackets
        return column.compress(which, axis=-1)
    return column.take(which, axis=-1)


def joined(columns: Sequence[NDArray[Any]]) -> NDArray[Any]:
    """One column of several; where all rows of all are the same, it takes no memory either."""
    if len(columns) == 1:
        return columns[0]
    some = [column for column in columns if column.shape[-1]]
    if some and all(column.strides == (0,) and column[0] == some[0][0] for column in some):
        return same(some[0][0], sum(map(len, some)), some[0].dtype)
    return np.concatenate(columns, axis=-1)


def in_order(time: Ints, key: Ints) -> Ints:
    """The places in order of (time, key); moments that coincide are rare."""
    order = np.argsort(time, kind="stable")
    sorted_ = time[order]
    return np.lexsort((key, time)) if (sorted_[1:] == sorted_[:-1]).any() else order


class Columns:
    """Columns of equal length, each a field of a dataclass; rows are the last axis."""

    @classmethod
    def joined(cls, parts: Sequence[Self]) -> Self:
        """The parts, one below the other."""
        if len(parts) == 1:
            return parts[0]
        names = [field.name for field in fields(cls)]  # type: ignore[arg-type]
        return cls(**{name: joined([getattr(part, name) for part in parts]) for name in names})

    def only(self, which: Any) -> Self:
        """These rows (places, or true and false) of every column."""
        names = [field.name for field in fields(self)]  # type: ignore[arg-type]
        return type(self)(**{name: taken(getattr(self, name), which) for name in names})

    def moved(self, by: int) -> Self:
        """The same of a generation of leads whose rows begin at `by`."""
        return replace(self, rows=self.rows + by) if by else self  # type: ignore[type-var, attr-defined]


@dataclass(frozen=True)
class Leads(Columns):
    """Who a lead is; `parent` and `customer` are rows (-1: nobody)."""

    key: Ints
    replication: Small  # the place among those that are drawn together
    kind: NDArray[np.int8]
    channel: Small  # past the scenario's channels: "referral"
    segment: Small
    arm: Small  # of an experiment
    parent: Ints
    parent_order: Ints  # the number of the parent's order that the lead comes of
    customer: Ints  # to whom its orders belong: itself, or the customer who is sold more
    enters: Small  # the number of the stage
    delay: Ints  # from the closing of the parent's order to the lead's arrival; see `initial.py`
    initial: Ints  # the place in the state at the start: deals, then customers; -1: not in it
    earliest: Ints  # of those whom channels bring the arrival; others do not arrive before

    def asked(self, rows: Any = slice(None)) -> MixedKeys:
        """These leads, to be asked questions."""
        if isinstance(rows, slice):
            key, of = self.key[rows], self.replication[rows]
        else:
            key, of = self.key.take(rows), taken(self.replication, rows)
        return mixed(key, None if of.strides == (0,) else of)


def does_without(scenario: Scenario, what: str, leads: Leads, rows: Ints) -> Bools:
    """Which of these leads are in an arm that is a hold-out from this (see `Arm.without`)."""
    held_out = [what in arm.without for arm in scenario.arms]
    if not any(held_out):
        return same(False, len(rows), "?")
    return np.array(held_out)[leads.arm[rows]]


@dataclass(frozen=True)
class StageDraws(Columns):
    """One column per question of a visit to a stage, for the leads in `rows`.

    A lead advances when slack + ln(skill of the rep) > wait * decay: waiting costs odds. It says so
    after its decision time, else after its loss time, if not `drop_after` is over before.
    """

    rows: Ints  # ascending
    slack: Floats
    decision_time: Ints
    loss_time: Ints  # ENDLESS: never says so; where nobody differs, the very column above
    drop_after: Ints  # ENDLESS: never
    reason: Small  # number of the loss reason, were the lead to be lost
    missed: Bools
    settled: Bools  # makes up its mind when the simulation begins: nobody calls
    handling_time: Ints
    patience: Ints
    reached_by: Small  # the call that reaches the lead (0, 1, ...); past all: none
    attempt_times: Ints  # [call, row]: of the rep, were the call not to reach the lead
    before: Ints  # how long before it enters the visit began: 0 but of deals open at the start
    returns: Bools  # whether the lead would come back, were it to be lost
    anyway: Bools  # whether it would come back without the message too; they return
    return_delay: Ints


class Said(NamedTuple):
    """What becomes of a visit that no call decides about, and how long after entering."""

    after: Ints
    advances: Bools
    dropped: Bools


def said(drawn: StageDraws, at: Any = slice(None), helps: Floats | float = 0.0) -> Said:
    """The fates of these visits (places among the rows), if nobody calls; `helps` is added to the
    slack of each.
    """

    def of_these(column: NDArray[Any]) -> NDArray[Any]:
        return column if isinstance(at, slice) else taken(column, at)

    advances, after = of_these(drawn.slack) + helps > 0, of_these(drawn.decision_time)
    if drawn.loss_time is not drawn.decision_time:
        after = np.where(advances, after, of_these(drawn.loss_time))
    last = of_these(drawn.drop_after)
    if last.strides == (0,) and last[:1].tolist() in ([], [ENDLESS]):
        return Said(after, advances, same(False, len(after), "?"))
    dropped = after > last
    return Said(np.minimum(after, last), advances & ~dropped, dropped)


@dataclass(frozen=True)
class OrderDraws(Columns):
    """One column per question of an order: of the first of all leads, or of some later ones.

    By number, then by row. Amounts are cents, times microseconds from the placing of the order.
    """

    rows: Ints
    number: Small  # 1 for a customer's first order
    earliest: Ints  # the order cannot be placed before
    basket: Ints  # before the factor of a tier
    offers: Ints  # what is added at checkout
    payment: Small  # number of the method; -1 where there is none
    status: Small  # [step, row]: the statuses it would go through; -1 past the last
    entered: Ints  # [step, row]: when
    closed: Ints
    is_kept: Bools
    feeling: NDArray[np.int8]  # were it closed as kept; -1 where nobody asks
    feeling_after_wait: NDArray[np.int8]  # the same, had the follow-up before the sale been late
    slack: Floats  # the coin: another order, if slack + ln(odds ratios of tier, campaign) > 0
    gap: Ints  # from closing to that order
    returns_within: Ints  # the same for who returns only because of a campaign
    redeems: Bools  # whether it would redeem points
    invites: Ints  # how many leads it would bring, were the customer a promoter
    is_upsold: Bools  # whether the customer would enter the funnel once more
