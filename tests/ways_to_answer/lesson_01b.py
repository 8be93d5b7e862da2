"""Lesson 01b: programs, as students write them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ways_to_answer.ways import Ways


def thinks(seed: int) -> tuple[Ways, Ways]:
    def by_hand(env, thinks, convinced, log):
        yield env.timeout(thinks)
        if convinced:
            log.append(("advanced", env.now))
        else:
            log.append(("lost", env.now))

    def sleeps(env, hours):
        yield env.timeout(hours)

    def in_parts(env, thinks, convinced, log):
        then = env.now + thinks
        yield from sleeps(env, thinks)
        log += [(("lost", "advanced")[convinced], then)]

    def as_a_process(env, thinks, convinced, log):
        yield env.process(sleeps(env, thinks))
        log.append(("Advanced" if convinced else "Lost", env.now))

    def no_yield(env, thinks, convinced, log):
        env.timeout(thinks)
        log.append(("advanced", env.now))

    def not_waited_for(env, thinks, convinced, log):
        env.timeout(thinks)
        yield env.timeout(0)
        log.append(("advanced" if convinced else "lost", env.now))

    def of_numbers(env, thinks, convinced, log):
        yield thinks

    def endless(env, thinks, convinced, log):
        while env.now < thinks:
            env.timeout(1)
        yield env.timeout(0)

    right = {"by hand": by_hand, "yield from": in_parts, "a process": as_a_process}
    wrong = [no_yield, not_waited_for, of_numbers, endless, sleeps]
    return right, {way.__name__: way for way in wrong}


def calls(seed: int) -> tuple[Ways, Ways]:
    def in_the_result(env, reps, patience, talks, log):
        came, rep = env.now, reps.request()
        result = yield rep | env.timeout(patience)
        if rep in result:
            log.append(("served", env.now - came))
            yield env.timeout(talks)
            reps.release(rep)
        else:
            rep.cancel()
            log.append(("gone cold", patience))

    def noted_afterwards(env, reps, patience, talks, log):
        came = env.now
        with reps.request() as rep:
            yield env.any_of([rep, env.timeout(patience)])
            waited, got = env.now - came, rep.processed
            if got:
                yield env.timeout(talks)
        log.append(("served" if got else "gone cold", waited))

    def request_not_waited_for(env, reps, patience, talks, log):
        came = env.now
        with reps.request():
            log.append(("served", env.now - came))
            yield env.timeout(talks)

    def talks_after_release(env, reps, patience, talks, log):
        came = env.now
        with reps.request() as rep:
            yield rep | env.timeout(patience)
            log.append(("served" if rep.triggered else "gone cold", env.now - came))
        yield env.timeout(talks)

    def patience_asked(env, reps, patience, talks, log):
        came, over = env.now, env.timeout(patience)
        with reps.request() as rep:
            yield rep | over
            if over.triggered:
                log.append(("gone cold", env.now - came))
                return
            log.append(("served", env.now - came))
            yield env.timeout(talks)

    def from_the_start(env, reps, patience, talks, log):
        with reps.request() as rep:
            yield rep | env.timeout(patience)
            log.append(("served" if rep.triggered else "gone cold", env.now))
            if rep.triggered:
                yield env.timeout(talks)

    right = {"the result": in_the_result, "afterwards": noted_afterwards}
    wrong = [request_not_waited_for, talks_after_release, patience_asked, from_the_start]
    return right, {way.__name__: way for way in wrong}


def firms(seed: int) -> tuple[Ways, Ways]:
    def by_numpy(which: int, days: float) -> list[float]:
        """Without SimPy: who comes takes the rep who is free first, or leaves."""
        draw = np.random.default_rng(which)
        comes = np.cumsum(draw.exponential(24 / 160, int(8 * days * 24)))
        free, waits, count = [0.0, 0.0, 0.0], [], 0
        for moment in comes[comes < 24 * days - 2]:
            wait = max(0.0, min(free) - moment)
            count += 1
            if wait <= 2:
                waits.append(wait)
                free[free.index(min(free))] = moment + wait + draw.exponential(2 / 3)
        return [float(np.mean(waits)), 1 - len(waits) / count]

    def unseeded(which: int, days: float) -> list[float]:
        return by_numpy(np.random.SeedSequence().entropy, days)

    wrong: Ways = {
        "days": lambda which, days: [by_numpy(which, days)[0] / 24, by_numpy(which, days)[1]],
        "one number": lambda which, days: by_numpy(which, days)[0],
        "one seed": lambda which, days: by_numpy(1, days),
        "unseeded": unseeded,
        "turned round": lambda which, days: by_numpy(which, days)[::-1],
    }
    return {"NumPy": by_numpy}, wrong


WAYS: dict[str, Callable[[int], tuple[Ways, Ways]]] = {
    "01b.1": thinks,
    "01b.2": calls,
    "01b.3": firms,
}
