"""Programs of lesson 01b that are run like a student's, right ones and such with a known mistake.

Two of them bring no chance with them: they are told what a lead will do, so what they do is the
same to the last microsecond, or it is wrong. The third, a whole firm, throws its own dice.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from functools import cache, lru_cache
from random import Random
from statistics import fmean
from typing import TYPE_CHECKING, Any, NamedTuple

from funnelsim.exercises.programs import Program
from funnelsim.scenario import Scenario

if TYPE_CHECKING:
    import simpy

Log = list[tuple[str, float]]
Story = Generator[Any, Any, None]

# --- the same customers for every program ---------------------------------------------------------

LEADS = 300


class Customer(NamedTuple):
    """When somebody comes, and what they would do; in hours."""

    comes: float
    thinks: float
    convinced: bool
    patience: float
    talks: float


@cache
def customers(seed: int) -> tuple[Customer, ...]:
    """Nearly as many as two reps can talk to: half of them have to wait."""
    dice, comes, all_of_them = Random(seed), 0.0, []
    for _ in range(LEADS):
        comes += dice.expovariate(1.9)
        thinks, convinced = dice.expovariate(1 / 5), dice.random() < 0.4
        patience, talks = dice.expovariate(1 / 2), dice.expovariate(1.0)
        all_of_them.append(Customer(comes, thinks, convinced, patience, talks))
    return tuple(all_of_them)


# --- a lead that thinks, and decides --------------------------------------------------------------


def visitor(
    env: simpy.Environment, thinks: float, convinced: bool, log: Log, *,
    write: Callable[[bool, float, float], tuple[str, float]] | None = None, at_once: bool = False,
) -> Story:  # fmt: skip
    came = env.now
    if not at_once:
        yield env.timeout(thinks)
    outcome = "advanced" if convinced else "lost"
    log.append(write(convinced, came, env.now) if write else (outcome, env.now))
    if at_once:
        yield env.timeout(thinks)


def visitor_with(**switches: Any) -> Program:
    """The right program with one thing done wrong."""

    def wrong(env: simpy.Environment, thinks: float, convinced: bool, log: Log) -> Story:
        return (yield from visitor(env, thinks, convinced, log, **switches))

    return wrong


# --- a lead that waits for a rep ------------------------------------------------------------------


def called(
    env: simpy.Environment, reps: simpy.Resource, patience: float, talks: float, log: Log
) -> Story:
    came = env.now
    with reps.request() as rep:
        yield rep | env.timeout(patience)
        if not rep.triggered:
            log.append((COLD, env.now - came))
            return
        log.append((SERVED, env.now - came))
        yield env.timeout(talks)


SERVED, COLD = "served", "gone cold"


def at_once(env: Any, reps: Any, patience: float, talks: float, log: Log) -> Story:
    log.append((SERVED, 0.0))
    yield env.timeout(talks)


def timeout_asked(env: Any, reps: Any, patience: float, talks: float, log: Log) -> Story:
    came = env.now
    with reps.request() as rep:
        yield rep | env.timeout(patience)
        log.append((COLD, env.now - came))  # a timeout is always triggered


def endless_patience(env: Any, reps: Any, patience: float, talks: float, log: Log) -> Story:
    yield from called(env, reps, 1e9, talks, log)


def ghost(env: Any, reps: Any, patience: float, talks: float, log: Log) -> Story:
    came, rep = env.now, reps.request()
    yield rep | env.timeout(patience)
    if not rep.triggered:
        log.append((COLD, env.now - came))
        return  # the request stays in the queue
    log.append((SERVED, env.now - came))
    yield env.timeout(talks)
    reps.release(rep)


def never_released(env: Any, reps: Any, patience: float, talks: float, log: Log) -> Story:
    came, rep = env.now, reps.request()
    yield rep | env.timeout(patience)
    log.append((SERVED if rep.triggered else COLD, env.now - came))
    if rep.triggered:
        yield env.timeout(talks)


def rewritten(write: Callable[[str, float, float, float], tuple[str, float] | None]) -> Program:
    """The right program whose notes are written otherwise: outcome, wait, talk, moment."""

    def wrong(env: Any, reps: Any, patience: float, talks: float, log: Log) -> Story:
        noted: Log = []
        came = env.now
        yield from called(env, reps, patience, talks, noted)
        ((what, waited),) = noted
        written = write(what, waited, talks, came + waited)
        if written:
            log.append(written)

    return wrong


# --- a whole firm, which throws its own dice ------------------------------------------------------

A_DAY, TEAM, TALK, PATIENCE = 160, 3, 40, 2  # leads; reps; minutes on average; hours


def office(days: int) -> Scenario:
    """The firm as funnelsim knows it."""
    follow_up = {
        "team": "sales",
        "handling_time": {"exponential": {"mean": f"{TALK} min"}},
        "patience": {"constant": f"{PATIENCE} h"},
    }
    return Scenario(
        name="The firm of exercise 01b.3",
        horizon=f"{days} days",
        channels=[{"name": "web", "leads_per_day": A_DAY}],
        teams=[{"name": "sales", "reps": TEAM}],
        stages=[
            {"name": "Interest", "conversion": 0.5, "follow_up": follow_up},
            {"name": "Action"},
        ],
    )


class Waited(NamedTuple):
    """One lead of the firm: how long it waited and was talked to, in hours, and if at all."""

    hours: float
    served: bool
    talk: float


@lru_cache(64)
def leads_of_a_firm(
    seed: int, days: float, reps: int = TEAM, patience: float = PATIENCE, gap: float = 24 / A_DAY
) -> tuple[Waited, ...]:
    """Whoever has got a rep or gone cold by the end."""
    import simpy

    env, dice, seen = simpy.Environment(), Random(seed), []  # type: simpy.Environment, Random, Any
    team = simpy.Resource(env, reps)

    def lead() -> Any:
        came, talk = env.now, dice.expovariate(60 / TALK)
        with team.request() as rep:
            yield rep | env.timeout(patience)
            seen.append(Waited(env.now - came, rep.triggered, talk))
            if rep.triggered:
                yield env.timeout(talk)

    def arrivals() -> Any:
        while True:
            yield env.timeout(dice.expovariate(1 / gap))
            env.process(lead())

    env.process(arrivals())
    env.run(until=24 * days)
    return tuple(seen)


def told_of(leads: tuple[Waited, ...]) -> tuple[float, float]:
    """What is asked for: the mean wait of those served, in hours, and the share gone cold."""
    served = [lead.hours for lead in leads if lead.served]
    return fmean(served or [0.0]), 1 - len(served) / max(1, len(leads))


def firm(seed: int, days: float) -> tuple[float, float]:
    return told_of(leads_of_a_firm(seed, days))


def told_otherwise(
    hours: Callable[[list[Waited], list[Waited]], float] | None = None,
    cold: Callable[[float], float] = lambda share: share,
) -> Program:
    """The right firm, of which something else is told: `hours` sees those served, and all."""

    def wrong(seed: int, days: float) -> tuple[float, float]:
        leads = list(leads_of_a_firm(seed, days))
        wait, share = told_of(tuple(leads))
        served = [lead for lead in leads if lead.served]
        return hours(served, leads) if hours else wait, cold(share)

    return wrong


def another_firm(**switches: float) -> Program:
    """A firm in which something is wrong, told rightly."""

    def wrong(seed: int, days: float) -> tuple[float, float]:
        return told_of(leads_of_a_firm(seed, days, **switches))

    return wrong


WRONG_FIRMS: tuple[tuple[Program, str], ...] = (
    (
        told_otherwise(lambda served, _: fmean(lead.hours for lead in served) / 24),
        "Your wait is in days; the question asks for hours.",
    ),
    (
        told_otherwise(lambda served, _: fmean(lead.hours for lead in served) * 60),
        "Your wait is in minutes; the question asks for hours.",
    ),
    (
        told_otherwise(lambda _, leads: fmean(lead.hours for lead in leads)),
        "You count the waits of those who have gone cold, too; the question is about those served.",
    ),
    (
        told_otherwise(lambda served, _: fmean(lead.hours + lead.talk for lead in served)),
        "You count the call as waiting: take the time when it begins, not when it ends.",
    ),
    (
        told_otherwise(cold=lambda share: share / (1 - share)),
        "You divided those gone cold by those served; divide by both together.",
    ),
    (
        told_otherwise(cold=lambda share: 1 - share),
        "The second number is the share that was served; the question asks for the share gone "
        "cold.",
    ),
    (
        another_firm(patience=1e9),
        "Nobody goes cold with you: wait for `rep | env.timeout(...)`, whichever comes first.",
    ),
    (
        another_firm(reps=TEAM - 1),
        f"Your firm has {TEAM - 1} reps; it should have {TEAM}.",
    ),
    (
        another_firm(reps=TEAM + 1),
        f"Your firm has {TEAM + 1} reps; it should have {TEAM}.",
    ),
    (
        another_firm(gap=A_DAY / 24),
        "Nobody ever waits with you. Perhaps hardly anybody comes: `expovariate` takes a rate, so "
        f"for {A_DAY} leads a day it is `dice.expovariate({A_DAY} / 24)`, the hours to the next. "
        "Or a `yield` is missing, before the request or before the time that the call takes.",
    ),
)
