"""The exercises of lesson 01b, a funnel of one's own in SimPy: they ask for functions.

The programs that are right, and those with a known mistake, are in `programs_01b.py` and are run
like the student's. The first two exercises bring no chance with them, so that what is done is
compared lead by lead; of the third the means of several replications are compared with what
funnelsim itself says, within four standard errors.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from math import isclose, sqrt
from statistics import fmean, stdev
from typing import TYPE_CHECKING, Any, NamedTuple

from funnelsim.exercises import programs_01b as programs
from funnelsim.exercises.entry import Exercise, Mistake
from funnelsim.exercises.programs import Failed, Program, Trial, call, in_words, started, that_ends
from funnelsim.exercises.programs_01b import (
    COLD,
    LEADS,
    SERVED,
    Customer,
    Log,
    Story,
    customers,
)
from funnelsim.exercises.workshop import SEED
from funnelsim.experiment import replicate
from funnelsim.progress import progress_bar

if TYPE_CHECKING:
    import simpy

# --- what is tried out without chance -------------------------------------------------------------

REPS = 2
DECIDES, CALLED = "visitor(env, thinks, convinced, log)", "called(env, reps, patience, talks, log)"


def _one_by_one(env: simpy.Environment, seed: int, start: Callable[[Customer], Any]) -> Story:
    """Lets each customer in when they come, as a process of their own."""
    for customer in customers(seed):
        yield env.timeout(customer.comes - env.now)
        env.process(start(customer))


def _logged(program: Program, seed: int, called: str) -> Log:
    """What a program writes into the log, in order of what it wrote."""
    import simpy

    env, log = simpy.Environment(), []  # type: simpy.Environment, list[Any]
    reps = simpy.Resource(env, REPS)

    def start(customer: Customer) -> Any:
        if called == DECIDES:
            told: tuple[Any, ...] = (env, customer.thinks, customer.convinced, log)
        else:
            told = (env, reps, customer.patience, customer.talks, log)
        return started(program, called, *told)

    with that_ends(), in_words():
        env.process(_one_by_one(env, seed, start))
        env.run()
    return sorted(_entry(entry) for entry in log)


def _entry(entry: Any) -> tuple[str, float]:
    try:
        what, hours = entry
        return str(what).strip().casefold(), float(hours)
    except (TypeError, ValueError):
        raise Failed(
            f"Your log holds {str(entry)[:40]}; what is wanted is a pair of a text and a number, "
            'such as `log.append(("lost", env.now))`.'
        ) from None


def _same_log(one: Log, other: Log) -> bool:
    return len(one) == len(other) and all(
        a == b and isclose(x, y, abs_tol=1e-6) for (a, x), (b, y) in zip(one, other, strict=True)
    )


def _difference(did: Log, should: Log) -> str:
    if len(did) != len(should):
        return f"Of {len(should)} leads {len(did)} are in your log: each should be there once."
    words = sorted({what for what, _ in should})
    if strange := {what for what, _ in did} - set(words):
        either = " or ".join(f'"{word}"' for word in words)
        return f'Your log says "{min(strange)[:40]}"; what is asked for is {either}.'
    counts = [sum(what == words[0] for what, _ in log) for log in (did, should)]
    if counts[0] != counts[1]:
        return f'Of {len(should)} leads {counts[0]} are "{words[0]}"; it should be {counts[1]}.'
    means = [fmean(hours for _, hours in log) for log in (did, should)]
    return (
        f"The outcomes are right, but not the hours: their mean is {means[0]:.3g}, and it should "
        f"be {means[1]:.3g}."
    )


def _trial(called: str, seed: int) -> Trial:
    return Trial(called, lambda program: _logged(program, seed, called), _same_log, _difference)


@cache
def a_decision(seed: int = SEED) -> Exercise:
    def outcome(is_yes: bool) -> str:
        return "advanced" if is_yes else "lost"

    return Exercise(
        "01b.1",
        "Write a lead that thinks, and then notes its outcome and the moment of its decision.",
        programs.visitor,
        0,
        (
            Mistake(
                programs.visitor_with(at_once=True),
                "You note the moment at which the lead comes, before it has thought. A line behind "
                "the `yield` is run when the time is up, a line before it at once; and "
                "`env.timeout(thinks)` without a `yield` is not waited for.",
            ),
            Mistake(
                programs.visitor_with(
                    write=lambda is_yes, came, now: (outcome(is_yes), now - came)
                ),
                "You note how long the lead has thought; the question is when it decided, which "
                "is `env.now`.",
            ),
            Mistake(
                programs.visitor_with(write=lambda is_yes, came, now: (outcome(not is_yes), now)),
                'Advanced and lost are mixed up: who is convinced has "advanced".',
            ),
            Mistake(
                programs.visitor_with(write=lambda is_yes, came, now: (outcome(True), now)),
                "You note every lead as advanced; who is not convinced is lost.",
            ),
        ),
        (
            "first the lead sleeps until it has thought; then it writes.",
            "`yield env.timeout(thinks)`, and behind it `log.append((outcome, env.now))`.",
            "`def visitor(env, thinks, convinced, log):\n"
            "    yield env.timeout(thinks)\n"
            '    log.append(("advanced" if convinced else "lost", env.now))`\n'
            "and hand over `visitor`",
        ),
        f"{LEADS} leads came, many at a time, and each woke up when it had thought.",
        trial=_trial(DECIDES, seed),
    )


@cache
def a_call(seed: int = SEED) -> Exercise:
    swapped = {SERVED: COLD, COLD: SERVED}
    return Exercise(
        "01b.2",
        "Write a lead that waits for a rep until its patience ends, and notes how long it waited.",
        programs.called,
        0,
        (
            Mistake(
                programs.at_once,
                "Nobody ever waits with you. Is there a `yield` before the request, and one before "
                "the time that the call takes? And is the rep kept until the call is over, inside "
                "of the `with`?",
            ),
            Mistake(
                programs.timeout_asked,
                "Everybody has gone cold with you. A timeout counts as triggered from the moment "
                "it is made: ask the request instead, `rep.triggered`.",
            ),
            Mistake(
                programs.endless_patience,
                "Your leads have endless patience. Wait for one or the other: "
                "`yield rep | env.timeout(patience)`.",
            ),
            Mistake(
                programs.ghost,
                "Who has gone cold stays in your queue, and gets a rep who then waits for nobody. "
                "Take the request back: `with reps.request() as rep:` does so by itself.",
            ),
            Mistake(
                programs.never_released,
                "Your reps are never free again after a call. Give them back: "
                "`with reps.request() as rep:` does so at its end.",
            ),
            Mistake(
                programs.rewritten(lambda what, wait, talk, now: (swapped[what], wait)),
                "Served and gone cold are mixed up: who got a rep in time is served.",
            ),
            Mistake(
                programs.rewritten(lambda what, wait, talk, now: (what, now)),
                "Your waits are counted from the wrong moment, from hour 0. Keep `came = env.now` "
                "when the lead comes; it has waited for `env.now - came`.",
            ),
            Mistake(
                programs.rewritten(
                    lambda what, wait, talk, now: (what, wait + (talk if what == SERVED else 0))
                ),
                "You count the call as waiting: take the time when it begins, not when it ends.",
            ),
            Mistake(
                programs.rewritten(lambda what, wait, talk, now: (SERVED, wait)),
                "You note everybody as served; who had no rep when patience ended has gone cold.",
            ),
            Mistake(
                programs.rewritten(
                    lambda what, wait, talk, now: (what, wait) if what == SERVED else None
                ),
                "Those who have gone cold are missing in your log.",
            ),
        ),
        (
            "wait for one of two events, and then ask which of them it was.",
            "`yield rep | env.timeout(patience)`, then `if rep.triggered`; the call comes inside "
            "of the `with`, so that the rep is kept.",
            "`def called(env, reps, patience, talks, log):\n"
            "    came = env.now\n"
            "    with reps.request() as rep:\n"
            "        yield rep | env.timeout(patience)\n"
            "        if not rep.triggered:\n"
            '            log.append(("gone cold", env.now - came))\n'
            "            return\n"
            '        log.append(("served", env.now - came))\n'
            "        yield env.timeout(talks)`\n"
            "and hand over `called`",
        ),
        "Lead by lead the same outcome and the same wait.",
        trial=_trial(CALLED, seed),
    )


# --- with chance ----------------------------------------------------------------------------------

FIRM = "firm(seed, days)"
DAYS, TIMES, KNOWN_TIMES, SURE = 20, 6, 120, 4.0


class Seen(NamedTuple):
    """Of several replications the mean wait of those served, in hours, and the share gone cold."""

    waits: tuple[float, ...]
    cold: tuple[float, ...]


def _seen(program: Program, seed: int) -> Seen:
    """What a firm tells with so many seeds; first, for a day, whether it tells anything at all."""
    with that_ends():
        tried = [_two_numbers(call(program, FIRM, seed, 1)) for _ in range(2)]
    if tried[0] != tried[1]:
        raise Failed(
            "Called twice with one seed, your function gives two answers. Throw the dice of that "
            "seed, made inside of the function: `dice = random.Random(seed)`."
        )
    pairs = []
    with progress_bar(TIMES, True) as bar:
        for which in range(TIMES):
            pairs.append(_two_numbers(call(program, FIRM, 1000 * seed + which, DAYS)))
            bar.update(1)
    if len(set(pairs)) == 1 and any(pairs[0]):
        raise Failed(
            "Your function gives the same whatever the seed. Throw the dice of that seed, made "
            "inside of the function: `dice = random.Random(seed)`."
        )
    waits, cold = zip(*pairs, strict=True)
    return Seen(waits, cold)


def _two_numbers(given: Any) -> tuple[float, float]:
    try:
        wait, cold = given
        return float(wait), float(cold)
    except (TypeError, ValueError):
        raise Failed(
            f"Your function gives back {str(given)[:40]}; two numbers are wanted: "
            "`return mean_wait, share_cold`."
        ) from None


@cache
def _by_funnelsim() -> Seen:
    """What is known: the same firm by funnelsim, many times."""
    table = replicate(programs.office(DAYS), KNOWN_TIMES, seed=1, progress=False).table
    return Seen(tuple(24 * table.mean_response_days), tuple(table.share_gone_cold))


def _same_firm(one: Seen, other: Seen) -> bool:
    """Whether both means are at most four standard errors apart."""
    return all(map(_near, one, other))


def _near(some: tuple[float, ...], others: tuple[float, ...]) -> bool:
    """The larger sample says how far a single replication is off."""
    spread = max(stdev(some), stdev(others))
    if len(some) != len(others):
        spread = stdev(some if len(some) > len(others) else others)
    noise = spread * sqrt(1 / len(some) + 1 / len(others))
    return abs(fmean(some) - fmean(others)) <= SURE * noise + 1e-12


def _how_firms_differ(did: Seen, should: Seen) -> str:
    return (
        f"{TIMES} times {DAYS} days of your firm: a mean wait of {fmean(did.waits):.3g} hours, "
        f"{fmean(did.cold):.1%} gone cold. It should be {fmean(should.waits):.3g} hours and "
        f"{fmean(should.cold):.1%}, and chance does not carry it so far."
    )


@cache
def a_firm(seed: int = SEED) -> Exercise:
    return Exercise(
        "01b.3",
        "Write a whole firm: a function of a seed and of the days, which gives back the mean wait "
        "of those served, in hours, and the share gone cold.",
        programs.firm,
        0,
        tuple(Mistake(program, named) for program, named in programs.WRONG_FIRMS),
        (
            "it is the program of the lesson with other numbers; at its end come the two means.",
            "mean of the waits of those served; gone cold ÷ (gone cold + served).",
            "`import random, simpy\n"
            "def firm(seed, days):\n"
            "    env, dice = simpy.Environment(), random.Random(seed)\n"
            "    reps, log = simpy.Resource(env, 3), []\n"
            "    def arrivals():\n"
            "        while True:\n"
            "            yield env.timeout(dice.expovariate(160 / 24))\n"
            "            talks = dice.expovariate(60 / 40)\n"
            "            env.process(called(env, reps, 2, talks, log))\n"
            "    env.process(arrivals())\n"
            "    env.run(until=24 * days)\n"
            '    waits = [hours for what, hours in log if what == "served"]\n'
            "    return sum(waits) / len(waits), 1 - len(waits) / len(log)`\n"
            "and hand over `firm`",
        ),
        f"{TIMES} times {DAYS} days, and as near to funnelsim's own numbers as chance allows.",
        trial=Trial(
            FIRM,
            lambda program: _seen(program, seed),
            _same_firm,
            _how_firms_differ,
            _by_funnelsim,
        ),
    )


EXERCISES: dict[str, Callable[..., Exercise]] = {
    "01b.1": a_decision,
    "01b.2": a_call,
    "01b.3": a_firm,
}
