"""Leads arrive, wait for a team, make up their minds, and come back: MODEL 1 to 4."""

from __future__ import annotations

import datetime
import heapq
import itertools
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from funnelsim.chance import Chance, keys, number_of
from funnelsim.journal import FOLLOW_UP_OUTCOMES, NEVER, NEW, VISIT_OUTCOMES, reasons
from funnelsim.scenario import Scenario, Stage
from reference.values import DAY, UNITS, Row, choose, count_at, logit, value_at

LEAVES, TEAM_OPENS, REP_FREE, PATIENCE_ENDS, READY = range(5)  # the order of one instant
Happens = Callable[..., None]
DAYS_OF_WEEK = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]


@dataclass(eq=False)
class Lead:
    key: int
    kind: int
    channel: int
    segment: int
    arm: int
    arrived: int
    parent: Lead | None = None
    sold_to: Lead | None = None  # whose customer an upsold deal belongs to
    longest_wait: int = 0
    discount: float = 0.0
    number: int = NEVER

    @property
    def customer(self) -> Lead:
        return self.sold_to or self


@dataclass(eq=False)
class Team:
    scenario: Scenario
    number: int
    waiting: list[Call] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.terms = self.scenario.teams[self.number]
        self.idle = [(0, rep) for rep in self.there(0)]
        self.busy: set[int] = set()
        self.days = [list(self._hours(day)) for day in range(self.scenario.days)]

    def _hours(self, day: int) -> Iterator[tuple[int, int]]:
        """The open intervals of a day, in microseconds since the start."""
        date = self.scenario.start + datetime.timedelta(days=day)
        if date in self.terms.closed:
            return
        if self.terms.open == "always":
            yield day * DAY, (day + 1) * DAY
            return
        for part in self.terms.open.split(";"):
            days, hours = part.split()
            first, last = (DAYS_OF_WEEK.index(n) for n in (days.split("-") * 2)[:2])
            if (date.weekday() - first) % 7 <= (last - first) % 7:
                begin, end = (
                    sum(
                        int(n) * UNITS[unit]
                        for n, unit in zip(t.split(":"), ("h", "min"), strict=True)
                    )
                    for t in hours.split("-")
                )
                yield day * DAY + begin, day * DAY + end

    def changes(self) -> list[Any]:
        return [c for c in self.scenario.changes if c.reps.get(self.terms.name)]

    def there(self, moment: int) -> list[int]:
        """Who is there from this moment on: the usual ones are the first to be away."""
        usual, brought, away = list(range(1, self.terms.reps + 1)), list[int](), 0
        last = self.terms.reps
        for change in self.changes():
            count = change.reps[self.terms.name]
            if change.from_ <= moment and (change.to is None or moment < change.to):
                brought += range(last + 1, last + 1 + count)
                away -= min(count, 0)
            last += max(count, 0)
        for _ in range(min(away, len(usual) + len(brought))):
            (usual or brought).pop()
        return usual + brought

    def ln_skill(self, rep: int, moment: int) -> float:
        if rep <= self.terms.reps:
            return math.log([*self.terms.skills, *[1.0] * rep][rep - 1])
        who = [c for c in self.changes() for _ in range(c.reps[self.terms.name])]
        change = who[rep - self.terms.reps - 1]
        grown = min((moment - change.from_) / change.ramp, 1.0) if change.ramp else 0.0
        return (1 - grown) * math.log(change.skill)

    def is_open(self, moment: int) -> bool:
        return any(begin <= moment < end for begin, end in self.days[moment // DAY])

    def next_served(self) -> Call:
        newest = -1 if self.terms.serves == "newest first" else 1
        return min(self.waiting, key=lambda call: (newest * call.row["queued"], call.lead.key))


@dataclass(eq=False)
class Call:
    lead: Lead
    visit: Row
    row: Row
    gives_up: float
    missed: bool = False


class Funnel:
    """Everything that happens before the horizon; `tables()` are the journal's."""

    def __init__(self, scenario: Scenario, seed: int, replication: int = 0) -> None:
        self.scenario, self.chance = scenario, Chance(seed, replication)
        self.now, self.events, self.tie = 0, [], itertools.count()
        self.leads: list[Lead] = []
        self.rows: dict[str, list[Row]] = {
            name: [] for name in ("visits", "calls", "orders", "statuses", "messages", "points")
        }
        self.goal = len(scenario.stages) - 1
        self.dumped: dict[int, Row] = {}
        self.teams = {team.name: Team(scenario, n) for n, team in enumerate(scenario.teams)}
        for team in self.teams.values():
            for begin, _ in itertools.chain(*team.days):
                self.at(begin, TEAM_OPENS, team.number, self.serve, team)
            for change in team.changes():
                for moment in (change.from_, change.to):
                    if moment and moment > 0:
                        self.at(moment, LEAVES, team.number, self.moved, team)
        for number, channel in enumerate(scenario.channels):
            self.arrivals(number, channel)
        while self.events:
            self.now, _, _, _, happens, args = heapq.heappop(self.events)
            happens(*args)

    def at(self, time: float, rank: int, key: int, happens: Happens, *args: Any) -> None:
        """Something will happen then, if the horizon lets it."""
        if time < self.scenario.horizon:
            heapq.heappush(self.events, (int(time), rank, key, next(self.tie), happens, args))

    # chance

    def u(self, question: str, key: int, occasion: int = 0) -> float:
        return float(self.chance.uniform(question, [key], occasion)[0])

    def table(self, distribution: Any) -> Row:
        if id(distribution) not in self.dumped:
            self.dumped[id(distribution)] = distribution.model_dump(exclude_none=True)
        return self.dumped[id(distribution)]

    def duration(self, distribution: Any, *asked: Any) -> int:
        return round(min(value_at(self.table(distribution), self.u(*asked), DAY), 2.0**62))

    def amount(self, distribution: Any, *asked: Any) -> float:
        return value_at(self.table(distribution), self.u(*asked), 1.0)

    # leads

    def arrivals(self, number: int, channel: Any) -> None:
        scenario, name = self.scenario, number_of(f"channel {channel.name}")
        for day in range(scenario.days):
            date = scenario.start + datetime.timedelta(days=day)
            mean = channel.leads_per_day
            if mean is None:
                mean = channel.impressions_per_day * channel.click_through_rate
            mean *= channel.weekdays[date.weekday()] * channel.months[date.month - 1]
            mean *= channel.growth ** (day / 365)
            parts = [(burst.from_, burst.to, burst.factor) for burst in channel.bursts]
            for change in scenario.changes:
                factor = change.leads_factor
                if not isinstance(factor, float):
                    factor = factor.get(channel.name, 1.0)
                parts.append((change.from_, math.inf if change.to is None else change.to, factor))
            for begins, ends, factor in parts:
                hours = min(ends, (day + 1) * DAY) - max(begins, day * DAY)
                mean *= 1 + (factor - 1) * max(hours, 0) / DAY
            u = self.u("leads of the day", int(keys(name, day, 0)[0]))
            for nth in range(count_at(u, mean, channel.dispersion)):
                key = int(keys(name, day, nth)[0])
                time = self.time_of_day(channel.hours, self.u("time of the day", key))
                arrived = day * DAY + time
                lead = Lead(key, NEW, number, self.segment(key), self.arm(key), arrived)
                self.at(lead.arrived, READY, key, self.arrive, lead, 0)

    def time_of_day(self, hours: Any, u: float) -> int:
        hour = choose(hours, u)
        before, all_day = sum(hours[:hour]), sum(hours)
        return int((hour + (u * all_day - before) / hours[hour]) * UNITS["h"])

    def segment(self, key: int) -> int:
        segments = self.scenario.segments
        return choose([s.share for s in segments], self.u("segment", key)) if segments else 0

    def arm(self, key: int) -> int:
        arms = self.scenario.arms
        return choose([arm.share for arm in arms], self.u("arm", key)) if arms else 0

    def does_without(self, what: str, lead: Lead) -> bool:
        return bool(self.scenario.arms) and what in self.scenario.arms[lead.arm].without

    def arrive(self, lead: Lead, enters: int) -> None:
        lead.arrived = self.now
        self.leads.append(lead)
        self.enter(lead, enters, 0)

    # stages

    def enter(self, lead: Lead, number: int, attempt: int) -> None:
        visit = {
            "lead": lead,
            "stage": number,
            "attempt": attempt,
            "entered": self.now,
            "decided": NEVER,
            "outcome": VISIT_OUTCOMES.index("open"),
            "reason": NEVER,
        }
        self.rows["visits"].append(visit)
        if number == self.goal:
            visit |= {"decided": self.now, "outcome": VISIT_OUTCOMES.index("advanced")}
            if self.scenario.order:
                self.becomes_a_customer(lead)
        elif self.scenario.stages[number].follow_up:
            self.queue(lead, visit, 0)
        else:
            self.makes_up_its_mind(lead, visit, 0, 0)

    def of_visit(self, question: str, visit: Row) -> tuple[str, int, int]:
        stage = self.scenario.stages[visit["stage"]]
        return f"stage {stage.name}, {question}", visit["lead"].key, visit["attempt"]

    def queue(self, lead: Lead, visit: Row, number: int) -> None:
        stage = self.scenario.stages[visit["stage"]]
        follow_up, gives_up = stage.follow_up, math.inf
        if follow_up.patience:
            gives_up = visit["entered"] + self.duration(
                follow_up.patience, *self.of_visit("patience", visit)
            )
        row = {
            "lead": lead,
            "stage": visit["stage"],
            "attempt": visit["attempt"],
            "call": number,
            "rep": NEVER,
            "reached": False,
            "queued": self.now,
            "started": NEVER,
            "finished": NEVER,
            "outcome": FOLLOW_UP_OUTCOMES.index("open"),
        }
        self.rows["calls"].append(row)
        call = Call(lead, visit, row, gives_up)
        if self.u(*self.of_visit("missed", visit)) < follow_up.missed:  # nobody ever calls
            call.missed = True
            if gives_up == math.inf:
                call.gives_up = self.now + self.duration(
                    stage.decision_time, *self.of_visit("decision time", visit)
                )
        else:
            team = self.teams[follow_up.team]
            team.waiting.append(call)
            self.serve(team)
        if row["started"] == NEVER:
            self.at(call.gives_up, PATIENCE_ENDS, lead.key, self.patience_ends, call)

    def patience_ends(self, call: Call) -> None:
        team = self.teams[self.scenario.stages[call.visit["stage"]].follow_up.team]
        if call.missed or call in team.waiting:
            why = "missed" if call.missed else "gone cold"
            call.row["outcome"] = FOLLOW_UP_OUTCOMES.index(why)
            if not call.missed:
                team.waiting.remove(call)
            self.lose(call.visit, why)

    def serve(self, team: Team) -> None:
        while team.idle and team.waiting and team.is_open(self.now):
            rep = min(team.idle)
            team.idle.remove(rep)
            call = team.next_served()
            team.waiting.remove(call)
            self.start(team, call, rep[1])

    def start(self, team: Team, call: Call, rep: int) -> None:
        follow_up, number = self.scenario.stages[call.visit["stage"]].follow_up, call.row["call"]
        u = self.u(*self.of_visit(f"reached, call {number}", call.visit))
        reached = u < follow_up.reach_probability
        if reached:
            takes = self.duration(
                follow_up.handling_time, *self.of_visit("handling time", call.visit)
            )
        else:
            takes = self.duration(
                follow_up.attempt_time, *self.of_visit(f"attempt time, call {number}", call.visit)
            )
        call.row |= {"rep": rep, "reached": reached, "started": self.now}
        team.busy.add(rep)
        self.at(self.now + takes, REP_FREE, rep, self.call_ends, team, call, rep)

    def moved(self, team: Team) -> None:
        """Some leave, and some will come at this very moment."""
        there, before = team.there(self.now), team.there(self.now - 1)
        team.idle = [(since, rep) for since, rep in team.idle if rep in there]
        for rep in set(there) - set(before):
            self.at(self.now, REP_FREE, rep, self.is_free, team, rep)

    def is_free(self, team: Team, rep: int) -> None:
        waits = any(rep == other for _, other in team.idle)  # where two changes have brought it
        if rep in team.there(self.now) and rep not in team.busy and not waits:
            team.idle.append((self.now, rep))
            self.serve(team)

    def call_ends(self, team: Team, call: Call, rep: int) -> None:
        team.busy.remove(rep)
        self.is_free(team, rep)
        row, visit, key = call.row, call.visit, call.lead.key
        follow_up = self.scenario.stages[visit["stage"]].follow_up
        row |= {"finished": self.now}
        row["outcome"] = FOLLOW_UP_OUTCOMES.index("served" if row["reached"] else "not reached")
        if row["reached"]:
            waited = row["started"] - visit["entered"]
            call.lead.longest_wait = max(call.lead.longest_wait, waited)
            self.makes_up_its_mind(call.lead, visit, waited, rep)
        elif row["call"] + 1 == follow_up.attempts:
            self.lose(visit, "not reached")
        elif call.gives_up < self.now + follow_up.every:
            when = max(call.gives_up, self.now)
            self.at(when, PATIENCE_ENDS, key, self.lose, visit, "gone cold")
        else:
            when = self.now + follow_up.every
            self.at(when, READY, key, self.queue, call.lead, visit, row["call"] + 1)

    def makes_up_its_mind(self, lead: Lead, visit: Row, waited: int, rep: int) -> None:
        stage = self.scenario.stages[visit["stage"]]
        will, time = self.would_advance(lead, visit, waited, rep), stage.decision_time
        if not will and stage.loss_time:
            time = stage.loss_time
        takes: float = self.duration(time, *self.of_visit("decision time", visit))
        if not will and self.u(*self.of_visit("silent", visit)) < stage.silent:
            takes = math.inf
        if stage.drop_after and takes > stage.drop_after:
            self.at(self.now + stage.drop_after, READY, lead.key, self.lose, visit, "dropped")
        else:
            self.at(self.now + takes, READY, lead.key, self.decide, lead, visit, will)

    def decide(self, lead: Lead, visit: Row, will: bool) -> None:
        if will:
            visit |= {"decided": self.now, "outcome": VISIT_OUTCOMES.index("advanced")}
            self.enter(lead, visit["stage"] + 1, 0)
        else:
            loss_reasons = self.scenario.stages[visit["stage"]].loss_reasons
            why = choose(loss_reasons.values(), self.u(*self.of_visit("loss reason", visit)))
            self.lose(visit, list(loss_reasons)[why])

    def would_advance(self, lead: Lead, visit: Row, waited: int, rep: int) -> bool:
        """The rule of odds."""
        stage = self.scenario.stages[visit["stage"]]
        ln_odds = logit(stage.conversion)
        for ratio in self.odds_ratios(lead, stage, visit["attempt"]):
            ln_odds += math.log(ratio)
        if stage.follow_up and stage.follow_up.response_half_life:
            ln_odds -= waited * math.log(2) / stage.follow_up.response_half_life
        if rep:
            ln_odds += self.teams[stage.follow_up.team].ln_skill(rep, visit["entered"] + waited)
        for change in self.scenario.changes:
            ratio = change.odds_ratio
            ratio = ratio if isinstance(ratio, float) else ratio.get(stage.name, 1.0)
            ln_odds += math.log(ratio) * self.acts(change, visit["entered"])
        return ln_odds > logit(self.u(*self.of_visit("decision", visit)))

    def acts(self, change: Any, moment: int) -> float:
        """How far a change acts: up over the ramp, and down as long after the end."""
        ends = math.inf if change.to is None else change.to
        if not change.ramp:
            return float(self.lasts(change, moment))
        up, down = (max(moment - end, 0) / change.ramp for end in (change.from_, ends))
        return min(up, 1.0) - min(down, 1.0)

    def lasts(self, change: Any, moment: int) -> bool:
        return change.from_ <= moment < (math.inf if change.to is None else change.to)

    def odds_ratios(self, lead: Lead, stage: Stage, attempt: int) -> Iterator[float]:
        channels, referral = self.scenario.channels, self.scenario.referral
        ratios = [referral if lead.channel == len(channels) else channels[lead.channel]]
        ratios += self.scenario.segments[lead.segment : lead.segment + 1]
        ratios += self.scenario.arms[lead.arm : lead.arm + 1]
        for part in ratios:
            ratio = part.odds_ratio
            yield ratio if isinstance(ratio, float | int) else ratio.get(stage.name, 1.0)
        if attempt > 0:
            yield stage.recovery.odds_ratio

    def lose(self, visit: Row, why: str) -> None:
        number = reasons(self.scenario).index(why)
        visit |= {"decided": self.now, "outcome": VISIT_OUTCOMES.index("lost"), "reason": number}
        recovery = self.scenario.stages[visit["stage"]].recovery
        if recovery and visit["attempt"] < recovery.attempts:
            takes = self.duration(recovery.delay, *self.of_visit("delay", visit))
            self.at(self.now + takes, READY, visit["lead"].key, self.message, visit, recovery)

    def message(self, visit: Row, recovery: Any) -> None:
        lead, u = visit["lead"], self.u(*self.of_visit("comes back", visit))
        if self.does_without("recovery", lead):
            if u < recovery.anyway:
                self.enter(lead, visit["stage"], visit["attempt"] + 1)
            return
        returns = u < recovery.probability
        self.rows["messages"].append(
            {
                "lead": lead,
                "name": visit["stage"],
                "sent": self.now,
                "accepted": returns,
                "anyway": u < recovery.anyway,
            }
        )
        if returns:
            lead.discount = max(lead.discount, recovery.discount)
            self.enter(lead, visit["stage"], visit["attempt"] + 1)
