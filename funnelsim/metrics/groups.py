"""The funnel by group: by channel, arm, label, team or rep and the like, with intervals.

A rate of three deals says little, so every rate has a Wilson interval, and groups are sorted by its
lower end: first comes who is good for sure, not who had luck with three.

Teams and reps are looked at twice: by what they brought in and by what they closed. A lead is
brought in by its owner, the rep who first reached it, and its whole way is credited there, whoever
took it on. What was closed is credited to who had the lead in hand: each stage to the rep who had
reached it last when it was decided there, the deal as a whole to the rep who reached it last of
all. Leads that nobody reached have neither and are left out there, as are leads without the label.

An upsell is a deal of its own and counts as a lead, as in the funnel table; `by="kind"` tells them
apart. Deals that were open at the start did not come in, so nobody is credited with that; but who
holds them may close them.
"""

from __future__ import annotations

from statistics import NormalDist
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from funnelsim.arguments import a_confidence
from funnelsim.distributions import DAY, Floats
from funnelsim.earlier import earlier_argument
from funnelsim.journal import GONE_COLD, Journal
from funnelsim.journal.people import people, teams_of_people
from funnelsim.metrics.basis import a_journal, ratio
from funnelsim.metrics.follow_up import response_times
from funnelsim.metrics.group_rows import (
    HANDS,
    REP,
    a_grouping,
    brought_in,
    in_hand,
    stages_of,
)
from funnelsim.metrics.money import counts_as_revenue

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["funnel_by", "losses_by", "losses_by_response", "reps_table", "wilson_interval"]

OVERALL = "overall"
HELD = ["held", "closed", "held_decided"]
CLOSE_RATE = ("close_rate", "close_rate_low", "close_rate_high")


def wilson_interval(
    successes: ArrayLike, n: ArrayLike, confidence: float = 0.95
) -> tuple[Floats, Floats]:
    """The ends of Wilson's score interval for a share: low and high, as long as what is given.

    E. B. Wilson, "Probable inference, the law of succession, and statistical inference", JASA 22
    (1927). It stays within 0 and 1 and is honest for few and for extreme shares, where share ± 2
    standard errors is not. NaN where n is 0; a confidence that is not between 0 and 1 raises
    `FunnelSimError`.

    >>> low, high = wilson_interval([3, 0, 90], [3, 10, 100])
    >>> [(round(float(a), 3), round(float(b), 3)) for a, b in zip(low, high)]
    [(0.439, 1.0), (0.0, 0.278), (0.826, 0.945)]
    """
    z = NormalDist().inv_cdf((1 + a_confidence(confidence)) / 2)
    count = np.asarray(n, dtype=float)
    count = np.where(count > 0, count, np.nan)
    share = np.asarray(successes, dtype=float) / count
    middle = (share + z**2 / (2 * count)) / (1 + z**2 / count)
    half = z * np.sqrt(share * (1 - share) / count + (z / (2 * count)) ** 2) / (1 + z**2 / count)
    # at 0 and 1 an end is exact, but for the last digit
    return np.where(share == 0, 0.0, middle - half), np.where(share == 1, 1.0, middle + half)


@earlier_argument("j", "journal")
def funnel_by(journal: Journal, by: str, confidence: float = 0.95) -> pd.DataFrame:
    """The funnel of each group, of the leads that arrived since the warm-up.

    `by` is "channel", "segment", "arm", "kind", "team", "rep" or the name of a label. One row per
    (group, stage), which are the index: each stage before the goal, and last "overall", where
    `entered` are the group's leads, `advanced` its customers and the rate is the win rate. Columns,
    counting each lead once per stage by its final state there:

    - `entered`, `advanced`, `decided` = advanced + lost
    - `conversion_rate_of_decided` = advanced ÷ decided, with the `low` and `high` end of its Wilson
      interval (see `wilson_interval`); NaN where nobody was decided

    By team and rep these are of the leads that the group brought in, and there are as many columns
    of those that it had in hand when they were decided, or has now:

    - `held`; `closed`: those of them that went on from this stage, overall the deals sold;
      `held_decided`; `close_rate` = closed ÷ held_decided, with the ends `close_rate_low` and
      `close_rate_high`. Deals that were open at the start are among them

    Groups are sorted by `low` of their overall rate, the highest first (then by `close_rate_low`);
    those without a lead are not in it. By team and rep the stages before the first call are left
    out: whoever was lost there has no owner, so that all others would seem to advance. A `by` that
    is not there raises `FunnelSimError`.

    >>> from funnelsim import load, simulate
    >>> table = funnel_by(simulate(load("aida-follow-up"), seed=1, progress=False), "channel")
    >>> table.loc["trade fair"].index.tolist()
    ['Attention', 'Interest', 'Desire', 'overall']
    >>> overall = table.xs("overall", level="stage")
    >>> bool(overall.low.is_monotonic_decreasing)
    True
    """
    journal = a_journal(journal, "funnel_by")
    a_grouping(journal, by)
    stages = [*stages_of(journal.scenario, by), OVERALL]
    table = _counted(*brought_in(journal, by), stages)
    rate = ("conversion_rate_of_decided", "low", "high")
    _add_rate(table, "advanced", "decided", rate, confidence)
    entered, lows = ["entered"], ["low"]
    if by in HANDS:
        held = _counted(*in_hand(journal, by), stages).set_axis(HELD, axis=1)
        _add_rate(held, "closed", "held_decided", CLOSE_RATE, confidence)
        table = table.join(held)
        entered, lows = [*entered, "held"], [*lows, "close_rate_low"]
    overall = table.xs(OVERALL, level="stage")
    overall = overall[overall[entered].gt(0).any(axis=1)]
    best_first = overall.sort_values(lows, ascending=False, kind="stable")
    table = table.reindex(best_first.index, level="group")
    return table.rename_axis([by, "stage"])


@earlier_argument("j", "journal")
def reps_table(journal: Journal, confidence: float = 0.95) -> pd.DataFrame:
    """What each rep did since the warm-up; times in days, money in currency, rates as shares.

    One row per rep (the index), sorted by `win_rate_low`, the highest first, and where that is the
    same or missing by `conversion_low`. Columns:

    - `team`; `calls` begun, whether they reached anybody or not
    - what it brought in: `leads` owned, which the rep was the first to reach; `customers` among
      them; `decided` = won + lost; `win_rate` = customers ÷ decided, with its Wilson interval
      `win_rate_low`, `win_rate_high`
    - what it closed: deals `held`, which the rep was the last to reach; `closed`: sold among them;
      `held_decided`; `close_rate` = closed ÷ held_decided, with `close_rate_low`,
      `close_rate_high`. Who hands deals over holds to the end those that are lost before, and may
      close none; stage by stage it is told by `funnel_by(j, "rep")`
    - `visits`: stage visits in which the rep reached the lead, and that are decided; `advanced`;
      `conversion_rate_of_reached` = advanced ÷ visits, with `conversion_low`, `conversion_high`.
      It is what a rep who takes over leads from another team can be measured by
    - `mean_response_days`: from entering the stage to the start of the call that reached the lead
    - `revenue` (net) of the leads owned, `revenue_closed` of the deals closed, repeat orders
      included

    Leads arrived and calls queued before the warm-up are left out. Deals that were open at the
    start are held and closed like any others, and nobody's to have brought in; whom their state
    names stands behind the reps, without a team, if it is no rep. Without either there are no rows.

    >>> from funnelsim import load, simulate
    >>> table = reps_table(simulate(load("aida-follow-up"), seed=1, progress=False))
    >>> sorted(table.index)
    ['sales 1', 'sales 2']
    >>> bool((table.win_rate == table.customers / table.decided).all())
    True
    """
    import pandas as pd

    journal = a_journal(journal, "reps_table")
    _, leads = brought_in(journal, REP)
    _, deals = in_hand(journal, REP)
    calls, visits = _calls(journal), _visits_reached(journal)
    paid = journal.orders[counts_as_revenue(journal)].groupby("lead")["paid"].sum()
    everyone = people(journal)
    table = pd.DataFrame(index=pd.Index(everyone, name="rep", dtype=object))

    def counts(who: pd.Series) -> list[int]:
        return [int(n) for n in who.value_counts().reindex(everyone, fill_value=0)]

    def revenue(of: pd.DataFrame) -> list[float]:
        worth = paid.reindex(of["lead"]).fillna(0.0).groupby(of["group"].array, observed=True).sum()
        found: list[float] = worth.reindex(everyone, fill_value=0.0).to_list()
        return found

    names = [team.name for team in journal.scenario.teams]
    table["team"] = [names[n] if n >= 0 else None for n in teams_of_people(journal)]
    table["calls"] = counts(calls.loc[calls["started"].notna(), "rep"])
    for of, columns, rate in (
        (leads, ["leads", "customers", "decided"], ("win_rate", "win_rate_low", "win_rate_high")),
        (deals, HELD, CLOSE_RATE),
    ):
        all_, won, decided = columns
        table[all_] = counts(of["group"])
        table[won] = counts(of.loc[of["outcome"] == "customer", "group"])
        table[decided] = counts(of.loc[of["outcome"] != "open", "group"])
        _add_rate(table, won, decided, rate, confidence)
    table["visits"] = counts(visits["rep"])
    table["advanced"] = counts(visits.loc[visits["outcome"] == "advanced", "rep"])
    rate = ("conversion_rate_of_reached", "conversion_low", "conversion_high")
    _add_rate(table, "advanced", "visits", rate, confidence)
    response = calls.groupby("rep", observed=False)["response_days"].mean()
    table["mean_response_days"] = response.reindex(everyone).to_list()
    table["revenue"], table["revenue_closed"] = revenue(leads), revenue(deals)
    lows = ["win_rate_low", "conversion_low"]
    return table.sort_values(lows, ascending=False, kind="stable")


@earlier_argument("j", "journal")
def losses_by(journal: Journal, by: str) -> pd.DataFrame:
    """Why each group lost leads, of those that arrived since the warm-up; `by` as in `funnel_by`.

    One row per (group, stage, reason) that lost any, which are the index: groups and stages in the
    scenario's order, the commonest reason first. Columns, counting each lead by its final state:

    - `lost`; `share_of_lost` = lost ÷ all that the group lost in this stage
    - `share_of_entered` = lost ÷ all of the group that entered this stage

    By team and rep these are of the leads that the group brought in, and `held_lost`,
    `share_of_held_lost` and `share_of_held` of those that it had in hand when they were lost.

    >>> from funnelsim import load, simulate
    >>> table = losses_by(simulate(load("aida-follow-up"), seed=1, progress=False), "channel")
    >>> table.loc[("search ads", "Attention")].index.tolist()
    ['not interested', 'bad reviews']
    """
    journal = a_journal(journal, "losses_by")
    a_grouping(journal, by)
    table = _losses(brought_in(journal, by)[0])
    if by in HANDS:
        held = _losses(in_hand(journal, by)[0])
        held.columns = ["held_lost", "share_of_held_lost", "share_of_held"]
        table = table.join(held, how="outer")
        table = table.fillna({"lost": 0, "held_lost": 0}).astype({"lost": int, "held_lost": int})
    counts = [name for name in ("lost", "held_lost") if name in table]
    first = [True, True, *(False for _ in counts)]
    table = table.sort_values(["group", "stage", *counts], ascending=first, kind="stable")
    return table.rename_axis([by, "stage", "reason"])


def _losses(visits: pd.DataFrame) -> pd.DataFrame:
    """Lost, of all lost there and of all that entered, by group, stage and reason."""
    keys = ["group", "stage"]
    visits = visits.assign(lost=visits["outcome"] == "lost")
    by_stage = visits.groupby(keys, observed=True)["lost"].agg(entered="size", all="sum")
    lost = visits[visits["lost"]]
    table = lost.groupby([*keys, "reason"], observed=True)["lost"].sum().rename("lost").to_frame()
    table = table.join(by_stage, on=keys)
    table["share_of_lost"] = table["lost"] / table["all"]
    table["share_of_entered"] = table["lost"] / table["entered"]
    return table[["lost", "share_of_lost", "share_of_entered"]]


BINS = {
    "under 5 min": 5 / 1440,
    "5 to 30 min": 30 / 1440,
    "30 to 60 min": 1 / 24,
    "1 to 3 h": 3 / 24,
    "3 to 6 h": 6 / 24,
    "6 to 12 h": 12 / 24,
    "12 to 24 h": 1.0,
    "1 to 2 days": 2.0,
    "2 to 4 days": 4.0,
    "4 to 7 days": 7.0,
    "1 to 2 weeks": 14.0,
    "over 2 weeks": np.inf,
}
"""How long a lead waited, and the end of each bin in days; the end belongs to the next bin."""


@earlier_argument("j", "journal")
def losses_by_response(journal: Journal, confidence: float = 0.95) -> pd.DataFrame:
    """What waiting costs: stage visits by how long the lead waited for the call, and the lost ones.

    Of the visits since the warm-up that are decided, those that a call reached, by their response
    time, and those that had gone cold, by how long they waited before they gave up. One row per
    (stage with a follow-up, bin of waiting time), which are the index. Columns:

    - `visits` = `advanced` + `lost_after_call` + `gone_cold`
    - `share_lost` = (lost_after_call + gone_cold) ÷ visits, with the `low` and `high` end of its
      Wilson interval (see `wilson_interval`); NaN where there is none

    Visits that were missed or never reached had no response and are left out. That fewer go on
    after a long wait may have another cause than the wait; to see what the wait alone does,
    compare the same customers with more reps.

    >>> from funnelsim import load, simulate
    >>> table = losses_by_response(simulate(load("aida-follow-up"), seed=1, progress=False))
    >>> table.loc["Interest"].index[0]
    'under 5 min'
    """
    import pandas as pd

    journal = a_journal(journal, "losses_by_response")
    stages = [stage.name for stage in journal.scenario.stages if stage.follow_up]
    waits = _waits(journal)
    ends = [0.0, *BINS.values()]
    table = pd.DataFrame(
        {
            "stage": pd.Categorical(waits["stage"].astype(object), stages, ordered=True),
            "waited": pd.cut(waits["days"], ends, right=False, labels=list(BINS)),
            "advanced": waits["outcome"] == "advanced",
            "lost_after_call": (waits["outcome"] == "lost") & (waits["reason"] != GONE_COLD),
            "gone_cold": waits["reason"] == GONE_COLD,
        }
    )
    table = table.groupby(["stage", "waited"], observed=False).sum().astype("int64")
    lost = table["lost_after_call"] + table["gone_cold"]
    visits = table["advanced"] + lost
    table.insert(0, "visits", visits)
    table["share_lost"] = ratio(lost, visits)
    table["low"], table["high"] = wilson_interval(lost, visits, confidence)
    return table


# --- rows since the warm-up ---------------------------------------------------------------------


def _counted(visits: pd.DataFrame, leads: pd.DataFrame, stages: list[str]) -> pd.DataFrame:
    """Entered, advanced and decided, by group and stage and overall."""
    import pandas as pd

    parts = [
        visits[["group", "outcome"]].assign(stage=visits["stage"].astype(object)),
        leads[["group", "outcome"]].assign(stage=OVERALL),
    ]
    rows = pd.concat(parts, ignore_index=True)
    rows = rows[rows["stage"].isin(stages)]
    rows = rows.assign(
        stage=pd.Categorical(rows["stage"], stages, ordered=True),
        advanced=rows["outcome"].isin(["advanced", "customer"]),
        decided=rows["outcome"] != "open",
    )
    return rows.groupby(["group", "stage"], observed=False).agg(
        entered=("outcome", "size"), advanced=("advanced", "sum"), decided=("decided", "sum")
    )


def _add_rate(
    table: pd.DataFrame, part: str, whole: str, names: tuple[str, str, str], confidence: float
) -> None:
    """Adds part ÷ whole and the ends of its interval, under these names."""
    table[names[0]] = ratio(table[part], table[whole])
    table[names[1]], table[names[2]] = wilson_interval(table[part], table[whole], confidence)


def _calls(journal: Journal) -> pd.DataFrame:
    """The calls queued, with `response_days` where one reached the lead."""
    calls = journal.follow_ups.assign(response_days=response_times(journal))
    return calls[calls["queued"] >= journal.scenario.warm_up / DAY]


def _visits_reached(journal: Journal) -> pd.DataFrame:
    """The decided visits in which a call reached the lead: rep, response_days, outcome, reason."""
    visit = ["lead", "stage", "attempt"]
    calls = _calls(journal)
    calls = calls.loc[calls["response_days"].notna(), [*visit, "rep", "response_days"]]
    visits = journal.stage_visits
    return calls.merge(visits[visits["outcome"] != "open"], on=visit)


def _waits(journal: Journal) -> pd.DataFrame:
    """Stage, outcome, reason and days waited, of decided visits that were reached or went cold."""
    import pandas as pd

    reached = _visits_reached(journal).assign(days=lambda t: t["response_days"])
    visits = journal.stage_visits
    since = visits["entered"] >= journal.scenario.warm_up / DAY
    cold = visits[since & (visits["reason"] == GONE_COLD)]
    cold = cold.assign(days=cold["decided"] - cold["entered"])
    return pd.concat([t[["stage", "outcome", "reason", "days"]] for t in (reached, cold)])
