"""Who calls, when, how soon: reps from the owners, response times and hours from first contacts.

Asked for by `calibrate(team=True)`, since all of it is a reading of habits. The first contact
becomes a stage of the funnel, so that what comes before it is the team's time and what comes after
it the lead's. Nothing here says what a quicker call would do: nobody hands out leads by lot.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from heapq import heapreplace
from typing import Any

import numpy as np
import pandas as pd

from funnelsim.calibration.curves import cumulative_incidence
from funnelsim.calibration.laws import in_days
from funnelsim.deals import Deals
from funnelsim.distributions import DAY, Floats, Ints
from funnelsim.errors import FunnelSimError
from funnelsim.opening_hours import ALWAYS, WEEKDAYS, OpeningHours

CONTACTED, TEAM = "Contacted", "sales"
A_DAY = pd.Timedelta(days=1)
GONE = 0.01  # a chance below which a silence is no accident
RECENT = 28  # days: a shorter silence may be a holiday
FEWEST = 50  # contacts with a time of day, for opening hours
HALF_HOUR = 30  # minutes: hours of opening begin and end at
STRAY = 0.005  # of the contacts of a kind of day, at each end of it
A_WORKDAY = 0.05  # of the contacts of an even weekday
WALKED = 2_000  # of the last leads, to find how long a call takes
STEPS = 14
NO_EFFECT = (
    "That goes with how soon leads were contacted, and is not what a quicker call would do: who is "
    "called first may have been the better lead."
)
COUNTED = (
    "A rep is at work unless their last lead is more than 28 days ago and so many leads have gone "
    "to others since as would, at their own share, in fewer than 1 case of 100."
)
HANDLING = (
    "The time of a call is the one with which so many reps in these hours, first come first "
    "served, are as late as they were: all else that they do is in it."
)


@dataclass(frozen=True)
class Team:
    """What owners and first contacts show. Tables: `owners` (a row a rep: leads, first, last,
    silence: how likely one so long is, at_work), `response` (hours, shares of the leads, with se),
    `week` (first contacts by weekday and hour), `quick` (won and lost of those contacted sooner
    and later than the median). `odds_ratio` of winning, quick against slow, with its 95 %
    `interval`; `reps`; `open` (opening hours); `handling` (days, of a call; None: not known).
    """

    reps: int
    open: str
    handling: float | None
    owners: pd.DataFrame
    response: pd.DataFrame
    week: pd.DataFrame
    quick: pd.DataFrame
    odds_ratio: float
    interval: tuple[float, float]
    notes: tuple[str, ...]

    def written(self) -> dict[str, Any]:
        """The team as a scenario file has it."""
        return {"name": TEAM, "reps": self.reps, "open": self.open}

    def lines(self) -> tuple[str, ...]:
        told = [f"{self.reps:,} reps at work. {COUNTED}"] if len(self.owners) else []
        if self.handling is not None:
            told += [f"First contacts happen {self.open}. {HANDLING}"]
        if not math.isnan(self.odds_ratio):
            low, high = self.interval
            told.append(
                "Contacted within the median time, leads were won with "
                f"{self.odds_ratio:.2f} times the odds of the others (95 %: {low:.2f} to "
                f"{high:.2f}). {NO_EFFECT}"
            )
        return (*told, *self.notes)

    def sections(self) -> Iterable[tuple[str, tuple[str, ...], pd.DataFrame | None]]:
        """For the report: what goes with the team, and the tables behind it."""
        yield "Reps and first contacts: what goes with them", self.lines(), None
        if len(self.response):
            yield "Response time", (), _as_text(self.response)
        if len(self.quick):
            yield "Contacted within the median time, and later", (), _as_text(self.quick)
        if len(self.owners):
            yield "Who is at work", (), _as_text(self.owners)


def _as_text(table: pd.DataFrame) -> pd.DataFrame:
    def cell(value: Any) -> str:
        if isinstance(value, pd.Timestamp):
            return f"{value:%Y-%m-%d}"
        if isinstance(value, bool | np.bool_):
            return "yes" if value else "no"
        return f"{value:,.3g}" if isinstance(value, float) else str(value)

    return table.map(cell).reset_index()


# --- the first contact as a stage ---------------------------------------------------------------


def with_first_contact(deals: Deals) -> tuple[Deals, str | None]:
    """The deals with a stage more, of those who were contacted, and its name; None: no contacts.

    Where the column is the first stage already, it is taken as it is.
    """
    if "contacted" not in deals.leads:
        return deals, None
    stages = deals.told.get("stages") or {}
    named = dict(stages) if isinstance(stages, Mapping) else {column: column for column in stages}
    mine = [stage for stage, column in named.items() if column == deals.told.get("contacted")]
    if mine and mine[0] == deals.stages[1]:
        return deals, mine[0]
    if mine:
        raise FunnelSimError(
            f"stage {mine[0]!r} is the first contact, and comes after {deals.stages[1]!r}: with "
            "team=True it is the first stage after the lead came in; leave it out of stages="
        )
    name = next(n for n in (CONTACTED, "First contact", "First call") if n not in deals.stages)
    onward = deals.entered.where(deals.known).iloc[:, 1:].min(axis=1)
    contact = deals.leads["contacted"]
    late = ((contact > onward) | (contact > deals.leads["ended"])).fillna(False)
    if late.sum() > 0.5 * contact.notna().sum():
        raise FunnelSimError(
            f"{int(late.sum()):,} of {int(contact.notna().sum()):,} first contacts come after the "
            f"stage {deals.stages[1]!r} or the end; team=True takes a team that calls before it: "
            "leave the stages before the contact out of stages="
        )
    contact = contact.mask(late)
    entered, known = deals.entered.where(deals.known), deals.known.copy()
    goal = deals.stages[-1]
    entered[goal] = deals.entered[goal]  # a win without a date has the time of its last stage
    entered.insert(1, name, contact)
    known.insert(1, name, contact.notna())
    undated = entered[goal].notna() & ~known[goal]
    entered.loc[undated, goal] = entered[undated].max(axis=1)
    notes = list(deals.notes)
    if late.any():
        notes.append(f"{int(late.sum()):,} first contacts after the next stage or the end are none")
    made = replace(deals, entered=entered.bfill(axis=1), known=known, notes=notes)
    return made, name


# --- what they show -----------------------------------------------------------------------------


def team_of(deals: Deals, contact: str | None, of_leads: pd.Series, of_blocks: Floats) -> Team:
    """What the owners, and the first contacts at the stage `contact`, show.

    Raises FunnelSimError where the file has neither.
    """
    if contact is None and deals.leads["owner"].isna().all():
        raise FunnelSimError(
            "team=True takes a column of owners or of first contacts; no column is either: say "
            "which, owner= or contacted="
        )
    none = pd.DataFrame()
    owners = _owners(deals, contact)
    reps = max(int(owners["at_work"].sum()) if len(owners) else 1, 1)
    if contact is None:
        note = "The file does not say when leads were first contacted: no stage has a team."
        return Team(
            reps, ALWAYS, None, owners, none, none, none, math.nan, (math.nan,) * 2, (note,)
        )
    created, at = deals.entered.iloc[:, 0], deals.entered[contact].where(deals.known[contact])
    notes = [] if len(owners) else ["The file names no owners: the team is one rep."]
    there = at.dropna()
    if there.empty:
        raise FunnelSimError("no lead was ever contacted first; leave out team=True")
    is_day = bool((there.dt.normalize() == there).all())
    week = _week(there)
    hours = ALWAYS
    if is_day or len(there) < FEWEST:
        why = "have no time of day" if is_day else f"are fewer than {FEWEST}"
        notes.append(f"First contacts {why}: the team is taken as always open.")
    else:
        hours = opening_hours(there)
    quick, ratio, interval = _quick(deals, at - created)
    handling = _handling(created, at, hours, reps, is_day)
    return Team(reps, hours, handling, owners, _response(deals, at, of_leads, of_blocks), week,
                quick, ratio, interval, tuple(notes))  # fmt: skip


def _owners(deals: Deals, contact: str | None) -> pd.DataFrame:
    """A row a rep, those with most leads first. Time is counted in leads of the whole firm, so that
    nights, weekends and fairs are none: of one who had n of s leads, a silence of g leads has a
    chance of (s / (s + g))^(n - 1), whatever the share."""
    when = deals.entered.iloc[:, 0]
    if contact is not None:
        when = deals.entered[contact].where(deals.known[contact]).fillna(when)
    owner = deals.leads["owner"]
    who, when = owner.dropna().astype(object), when[owner.notna()]
    table = when.groupby(who).agg(leads="size", first="min", last="max").rename_axis("owner")
    place = when.rank(method="first").groupby(who).agg(["min", "max"])
    span, since = place["max"] - place["min"] + 1, len(when) - place["max"]
    table["silence"] = (span / (span + since)) ** (table["leads"] - 1)
    away = (deals.export_date - table["last"]) / A_DAY
    table["at_work"] = (away <= RECENT) | ((table["silence"] >= GONE) & (table["leads"] > 1))
    return table.sort_values("leads", ascending=False, kind="stable")


def _week(there: pd.Series) -> pd.DataFrame:
    """First contacts by weekday (rows) and hour (columns)."""
    table = pd.crosstab(there.dt.day_of_week, there.dt.hour)
    table = table.reindex(index=range(7), columns=range(24), fill_value=0)
    return table.set_axis(pd.Index(WEEKDAYS, name="weekday"), axis=0).rename_axis(columns="hour")


def opening_hours(there: pd.Series) -> str:
    """The hours in which first contacts happen, as a scenario has them.

    From Monday to Friday, on Saturdays and on Sundays apart: from the first half hour to the last,
    one contact in two hundred at either end left out; a weekday with hardly any is closed.

    >>> days = pd.Series(pd.date_range("2026-01-05 09:03", periods=60, freq="24h"))
    >>> opening_hours(pd.concat([days, days + pd.Timedelta(hours=7.7)]))
    'Mon-Sun 09:00-17:00'
    """
    weekday, minute = there.dt.day_of_week, there.dt.hour * 60 + there.dt.minute
    counts = np.bincount(weekday, minlength=7)
    is_open = counts >= A_WORKDAY * len(there) / 7
    by_day: dict[int, str] = {}
    for days in (range(5), (5,), (6,)):
        mine = [day for day in days if is_open[day]]
        if not mine:
            continue
        first, last = np.quantile(minute[weekday.isin(mine)], [STRAY, 1 - STRAY])
        begin = int(first // HALF_HOUR) * HALF_HOUR
        end = min((int(last // HALF_HOUR) + 1) * HALF_HOUR, 24 * 60)
        text = f"{begin // 60:02d}:{begin % 60:02d}-{end // 60:02d}:{end % 60:02d}"
        by_day |= dict.fromkeys(mine, text)
    if len(by_day) == 7 and set(by_day.values()) == {"00:00-24:00"}:
        return ALWAYS
    parts: list[tuple[int, int, str]] = []
    for day, text in by_day.items():
        if parts and parts[-1][1] == day - 1 and parts[-1][2] == text:
            parts[-1] = parts[-1][0], day, text
        else:
            parts.append((day, day, text))
    return "; ".join(
        f"{WEEKDAYS[a]}{f'-{WEEKDAYS[b]}' if b > a else ''} {text}" for a, b, text in parts
    )


def _response(deals: Deals, at: pd.Series, of_leads: pd.Series, of_blocks: Floats) -> pd.DataFrame:
    """Hours to the first contact of those contacted (mean, quantiles), and the shares of all leads
    contacted within some (Aalen-Johansen), with their errors by weeks where they have any."""
    created = deals.entered.iloc[:, 0]
    hours = (at - created) / pd.Timedelta(hours=1)
    age = (deals.export_date - created) / pd.Timedelta(hours=1)
    ripe = hours.notna() & (age > hours.quantile(0.99))  # else the slow of the last days lack
    seen = hours[ripe if ripe.any() else hours.notna()].sort_values()
    block = of_leads[seen.index].to_numpy()
    weights = of_blocks[:, block]
    rows: dict[str, tuple[float, float]] = {}
    mean = (weights @ seen.to_numpy()) / np.maximum(weights.sum(axis=1), 1e-12)
    rows["mean hours"] = float(seen.mean()), float(mean.std(ddof=1))
    below = np.cumsum(weights, axis=1) / np.maximum(weights.sum(axis=1, keepdims=True), 1e-12)
    for share, name in ((0.5, "median hours"), (0.9, "hours, nine in ten")):
        place = np.minimum((below < share).sum(axis=1), len(seen) - 1)
        error = float(seen.to_numpy()[place].std(ddof=1))
        rows[name] = float(seen.quantile(share)), error
    ended = deals.leads["ended"].fillna(deals.entered.iloc[:, -1])
    fate = pd.Series("open", index=at.index).mask(ended.notna(), "lost").mask(
        at.notna(), "advanced")  # fmt: skip
    days = (at.fillna(ended) - created) / A_DAY
    curve = cumulative_incidence(
        pd.DataFrame({"fate": fate, "days": days.clip(lower=0), "age": age / 24})
    )
    for within, name in ((1, "1 hour"), (4, "4 hours"), (24, "1 day"), (math.inf, "ever")):
        share = float(curve["advanced"][curve.index <= within / 24].iloc[-1])
        error = math.sqrt(share * (1 - share) / len(at))
        rows[f"contacted within {name}" if within < math.inf else "ever contacted"] = share, error
    return pd.DataFrame.from_dict(rows, orient="index", columns=["found", "se"]).rename_axis("of")


def _quick(deals: Deals, wait: pd.Series) -> tuple[pd.DataFrame, float, tuple[float, float]]:
    """Won and lost of those contacted within the median time and later, the odds ratio of winning
    and its 95 % interval (Woolf, with half a lead more of each)."""
    outcome = deals.leads["outcome"][wait.notna()]
    is_quick = (wait.dropna() <= wait.median()).map({True: "quick", False: "slow"})
    table = pd.crosstab(is_quick, outcome).reindex(
        index=["quick", "slow"], columns=["won", "lost", "open"], fill_value=0
    )
    table = table.rename_axis("contacted").rename_axis(columns=None)
    if (table[["won", "lost"]].sum(axis=1) == 0).any():
        return table, math.nan, (math.nan, math.nan)
    cells = table[["won", "lost"]].to_numpy(float) + 0.5
    log = float(np.log(cells[0, 0] * cells[1, 1] / (cells[0, 1] * cells[1, 0])))
    se = float(np.sqrt((1 / cells).sum()))
    return table, math.exp(log), (math.exp(log - 1.96 * se), math.exp(log + 1.96 * se))


# --- as a scenario ------------------------------------------------------------------------------


def _handling(created: pd.Series, at: pd.Series, hours: str, reps: int, is_day: bool) -> float:
    """Days of a call with which the team is as late as it was, by a walk through the queue."""
    last = created.sort_values(kind="stable").index[-WALKED:]
    start = created[last].iloc[0].normalize()
    ready = ((created[last] - start) // pd.Timedelta(1, "us")).to_numpy()
    told = ((at[last] - created[last]) / A_DAY).dropna()
    if told.empty or is_day:
        return 0.0
    target, when = float(told.mean()), OpeningHours(hours, start.date())
    opened = when.open_time(0, int(ready[-1]) + DAY)
    low, high = 0, int(2 * opened * reps / len(ready))
    if _late(ready, when, reps, low) >= target:
        return 0.0
    for _ in range(STEPS):
        middle = (low + high) // 2
        low, high = (middle, high) if _late(ready, when, reps, middle) < target else (low, middle)
    return low / DAY


def _late(ready: Ints, when: OpeningHours, reps: int, handling: int) -> float:
    """Mean days until the call of those who wait for the next free rep in opening hours."""
    free, total = [0] * reps, 0
    for moment in map(int, ready):
        start = when.next_opening(max(moment, free[0]))
        heapreplace(free, start + handling)
        total += start - moment
    return total / len(ready) / DAY


def with_team(tables: dict[str, Any], team: Team, losers: dict[str, Any]) -> dict[str, Any]:
    """The scenario's tables with the team, which calls each lead that comes in; who is lost without
    a contact is lost after the time `losers`."""
    if team.handling is None:
        return tables
    lead, *others = tables["stages"]
    lead = {key: value for key, value in lead.items() if key != "decision_time"}
    lead.setdefault("loss_time", losers)
    lead["follow_up"] = {"team": TEAM}
    if team.handling > 0:
        lead["follow_up"]["handling_time"] = {"constant": in_days(team.handling)}
    return {**tables, "teams": [team.written()], "stages": [lead, *others]}
