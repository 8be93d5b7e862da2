"""The journal's tables in pandas: numbers become days, currency and names in their order."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from funnelsim.distributions import DAY, Ints
from funnelsim.journal.people import holders, named, owners, rep_of_calls, reps
from funnelsim.journal.whole import (
    CUSTOMER,
    FEELINGS,
    FOLLOW_UP_OUTCOMES,
    KINDS,
    LEAD_OUTCOMES,
    NEVER,
    POINT_KINDS,
    VISIT_OUTCOMES,
    reasons,
    statuses,
)
from funnelsim.scenario.values import REFERRAL

if TYPE_CHECKING:
    from funnelsim.journal import Journal


def leads_table(j: Journal) -> pd.DataFrame:
    t, visits = j.whole["leads"], j.whole["stage_visits"]
    count, stages = len(t["key"]), _stages(j)
    final = {name: _of_last_visit(j, name) for name in ("stage", "outcome", "reason", "decided")}
    # who is a customer at the start has no visit
    customer = (final["stage"] == len(stages) - 1) | (t["kind"] == CUSTOMER)
    lost = final["outcome"] == VISIT_OUTCOMES.index("lost")
    outcome = np.select([customer, lost], [0, 1], LEAD_OUTCOMES.index("open"))
    table: dict[str, Any] = {
        "lead": np.arange(count),
        "key": t["key"],
        "parent": t["parent"],
        "kind": _names(t["kind"], KINDS),
        "channel": _names(t["channel"], _channels(j)),
        "segment": _names(t["segment"], [s.name for s in j.scenario.segments] or ["all"]),
        "arm": _names(t["arm"], [a.name for a in j.scenario.arms] or ["all"]),
        **_labels(j),
        "arrived": _days(t["arrived"]),
        "deal_value": t["deal_value"] / 100 if j.scenario.order else np.full(count, np.nan),
        "owner": named(j, owners(j)),
        "holder": named(j, holders(j)),
        "outcome": _names(outcome, LEAD_OUTCOMES),
        "lost_stage": _names(np.where(lost, final["stage"], NEVER), stages),
        "reason": _names(np.where(lost, final["reason"], NEVER), reasons(j.scenario)),
        "decided": _days(np.where(customer | lost, final["decided"], NEVER)),
        "recovered": np.bincount(visits["lead"], visits["attempt"] > 0, count).astype(np.int64),
        "member": (t["enrols"] == 1) & customer[t["customer"]],
    }
    for number, name in enumerate(stages):
        table[f"entered_{name}"] = _days(_first_entry(j, number))
    return pd.DataFrame(table)


def stage_visits_table(j: Journal) -> pd.DataFrame:
    t = j.whole["stage_visits"]
    return pd.DataFrame(
        {
            "lead": t["lead"],
            "stage": _names(t["stage"], _stages(j)),
            "attempt": t["attempt"],
            "entered": _days(t["entered"]),
            "decided": _days(t["decided"]),
            "outcome": _names(t["outcome"], VISIT_OUTCOMES),
            "reason": _names(t["reason"], reasons(j.scenario)),
        }
    )


def follow_ups_table(j: Journal) -> pd.DataFrame:
    t = j.whole["follow_ups"]
    teams = [team.name for team in j.scenario.teams]
    return pd.DataFrame(
        {
            "lead": t["lead"],
            "stage": _names(t["stage"], _stages(j)),
            "attempt": t["attempt"],
            "call": t["call"],
            "team": _names(j.team_of_stage[t["stage"]], teams),
            "rep": _names(rep_of_calls(j), reps(j)),
            "queued": _days(t["queued"]),
            "started": _days(t["started"]),
            "finished": _days(t["finished"]),
            "outcome": _names(t["outcome"], FOLLOW_UP_OUTCOMES),
        }
    )


def orders_table(j: Journal) -> pd.DataFrame:
    t, scenario = j.whole["orders"], j.scenario
    payments = [payment.name for payment in scenario.order.payments] if scenario.order else []
    tiers = [tier.name for tier in scenario.loyalty.tiers] if scenario.loyalty else []
    return pd.DataFrame(
        {
            "order": np.arange(len(t["lead"])),
            "lead": t["lead"],
            "customer": j.whole["leads"]["customer"][t["lead"]],
            "number": j.order_numbers,
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
            "contribution": j.contributions / 100,
            "satisfaction": _names(t["satisfaction"], FEELINGS),
        }
    )


def statuses_table(j: Journal) -> pd.DataFrame:
    t = j.whole["statuses"]
    names = statuses(j.scenario)
    columns = {"order": t["order"], "status": _names(t["status"], names)}
    return pd.DataFrame(columns | {"entered": _days(t["entered"])})


def messages_table(j: Journal) -> pd.DataFrame:
    t, scenario = j.whole["messages"], j.scenario
    names = [f"recovery: {name}" for name in _stages(j)]
    names += [campaign.name for campaign in scenario.campaigns]
    return pd.DataFrame(
        {
            "lead": t["lead"],
            "name": _names(t["name"], names),
            "sent": _days(t["sent"]),
            "cost": np.array(j.message_costs)[t["name"]],
            "accepted": t["accepted"].astype(bool),
            "anyway": t["anyway"].astype(bool),
        }
    )


def points_table(j: Journal) -> pd.DataFrame:
    t = j.whole["points"]
    columns = {"customer": t["customer"], "time": _days(t["time"])}
    columns |= {"kind": _names(t["kind"], POINT_KINDS), "points": t["points"]}
    return pd.DataFrame(columns)


# --- columns ------------------------------------------------------------------------------


def _stages(j: Journal) -> list[str]:
    return [stage.name for stage in j.scenario.stages]


def _channels(j: Journal) -> list[str]:
    referral = [REFERRAL] if j.scenario.referral else []
    return [channel.name for channel in j.scenario.channels] + referral


def _labels(j: Journal) -> dict[str, pd.Categorical]:
    """A column for each label; a segment's stands before its channel's."""
    t, scenario = j.whole["leads"], j.scenario
    parts: list[tuple[Sequence[Any], Ints]] = [
        (scenario.channels, t["channel"]),
        (scenario.segments, t["segment"]),
    ]
    names = dict.fromkeys(key for part, _ in parts for entry in part for key in entry.labels)
    columns = {}
    for name in names:
        texts = list(dict.fromkeys(e.labels[name] for p, _ in parts for e in p if name in e.labels))
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


def _first_entry(j: Journal, stage: int) -> Ints:
    visits = j.whole["stage_visits"]
    entered = np.full(len(j.whole["leads"]["key"]), NEVER)
    at = np.flatnonzero(visits["stage"] == stage)[::-1]  # the earliest is written last
    entered[visits["lead"][at]] = visits["entered"][at]
    return entered


def _of_last_visit(j: Journal, name: str) -> Ints:
    """A column of each lead's last visit, which tells what became of it; -1 of who had none."""
    visits = j.whole["stage_visits"]
    last = np.full(j.rows("leads"), NEVER, dtype=visits[name].dtype)
    last[visits["lead"]] = visits[name]  # they are sorted by lead and time
    return last


def _days(microseconds: Ints) -> NDArray[np.float64]:
    return np.where(microseconds == NEVER, np.nan, microseconds / DAY)


def _names(numbers: NDArray[Any], names: Sequence[str]) -> pd.Categorical:
    """Numbers as names, in the scenario's order; -1 is no name at all."""
    import pandas as pd

    return pd.Categorical.from_codes(numbers, categories=list(names), ordered=True)
