"""The exercises of lesson 03, follow-up delays: what waiting does to the pottery workshop.

As in lesson 01 nothing is typed in: every answer is computed from the scenario and the seed that
the notebook states.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from funnelsim.engines import simulate
from funnelsim.exercises.entry import Exercise, Mistake, Right, rounded_to
from funnelsim.exercises.workshop import DAYS, KEPT, SEED, pottery
from funnelsim.journal import Journal
from funnelsim.metrics import response_times, summary
from funnelsim.scenario import Scenario

if TYPE_CHECKING:
    import pandas as pd

# --- the workshop of lesson 01, which now works to order ------------------------------------------

TO_ORDER: dict[str, Any] = {
    "name": "Pottery workshop, made to order",
    "order.value.lognormal.mean": 240,
    "teams": [{"name": "sales", "reps": 2, "cost_per_rep_day": 60}],
    "stages.Interest.follow_up": {
        "team": "sales",
        "handling_time": {"exponential": {"mean": "4 h"}},
        "patience": {"exponential": {"mean": "2 days"}},
        "response_half_life": "1 day",
    },
}
REPS = 2
HOURS_OF_A_CALL = 4
REACHED, CALLS = 0.4, 3


def to_order(reps: int = REPS) -> Scenario:
    return pottery().vary(TO_ORDER).vary({"teams.sales.reps": reps})


@lru_cache(KEPT)
def _journal(seed: int, reps: int) -> Journal:
    return simulate(to_order(reps), seed=seed, progress=False)


def _figures(seed: int, reps: int = REPS) -> pd.Series:
    return summary(_journal(seed, reps))


def _hours(seed: int, reps: int = REPS) -> pd.Series:
    return 24 * response_times(_journal(seed, reps)).dropna()


# --- the exercises --------------------------------------------------------------------------------


def nine_in_ten(seed: int = SEED) -> Exercise:
    hours, calls = _hours(seed), _journal(seed, REPS).follow_ups
    right = float(hours.quantile(0.9))
    of_the_call = 24 * (calls.finished - calls.started)
    return Exercise(
        "03.1",
        "Nine in ten of the leads that were called had their call within how many hours?",
        right,
        1,
        (
            Mistake(
                hours.mean(),
                "That is the mean; a few long waits pull it up, but far more than one in ten "
                "waits longer.",
            ),
            Mistake(hours.median(), "That is the median: only half had their call by then."),
            Mistake(right / 24, "Those are days; the question asks for hours."),
            Mistake(0.9 * hours.max(), "That is nine tenths of the longest wait, not of leads."),
            Mistake(hours.max(), "By then all of them had their call."),
            Mistake(0.9 * hours.mean(), "Nine tenths of the mean is not what nine in ten wait."),
            Mistake(hours.quantile(0.1), "One in ten had their call by then; nine in ten, please."),
            Mistake(
                of_the_call.quantile(0.9),
                "That is how long the calls took, from started to finished; "
                "the wait is from queued to started.",
            ),
        ),
        (
            "put the waits of those who were called in order; one in ten lies above the answer.",
            "the 0.9 quantile of (started - queued), which is in days: times 24.",
            "`(24 * (calls.started - calls.queued)).quantile(0.9)`",
        ),
        f"{right:.1f} hours, although the mean is only {hours.mean():.1f} and the median "
        f"{hours.median():.1f}: a promise has to be made from the p90.",
        "hours",
        seed,
        also=tuple(  # one of the two waits between which the p90 lies
            Right(float(hours.quantile(0.9, between)), rounded_to(1))
            for between in ("lower", "higher")
        ),
    )


def share_gone_cold(seed: int = SEED) -> Exercise:
    figures, journal = _figures(seed), _journal(seed, REPS)
    calls = journal.follow_ups
    cold, served = int((calls.outcome == "gone cold").sum()), int((calls.outcome == "served").sum())
    lost = (journal.stage_visits.stage == "Interest") & (journal.stage_visits.outcome == "lost")
    right = float(figures.share_gone_cold)
    return Exercise(
        "03.2",
        "Of the follow-ups that have ended, what share had gone cold?",
        right,
        3,
        (
            Mistake(
                cold / figures.leads,
                "You divided by all leads; most of them never came to Interest and had no "
                "follow-up.",
            ),
            Mistake(
                cold / served,
                "You divided by those served; those gone cold are follow-ups that ended, too.",
            ),
            Mistake(
                cold / int(lost.sum()),
                "That is the share of those lost in Interest; most of those were served and "
                "said no.",
            ),
            Mistake(1 - right, "That is the share that was served in time."),
            Mistake(cold, "That is how many had gone cold; what share is it?"),
        ),
        (
            "a follow-up that is still open has not ended.",
            "gone cold ÷ (gone cold + served).",
            "`n = calls.outcome.value_counts()`, then "
            '`n["gone cold"] / (n["gone cold"] + n["served"])`',
        ),
        f"{cold} of {cold + served}. They are in no mean response time: nobody ever called them.",
        "share",
        seed,
        by_digits=(
            Mistake(
                cold / len(calls),
                "You divided by all follow-ups; the open ones have not ended. They are few here.",
            ),
        ),
    )


def reps_busy(seed: int = SEED) -> Exercise:
    calls = _journal(seed, REPS).follow_ups
    right = float(_figures(seed)["utilisation: sales"])
    there_are = REPS * DAYS
    ended = float((calls.finished - calls.started).sum()) / there_are
    planned = len(calls) * HOURS_OF_A_CALL / 24 / there_are
    return Exercise(
        "03.3",
        "What share of their time were the two reps busy?",
        right,
        3,
        (
            Mistake(1 - right, "That is the share of their time in which they were idle."),
            Mistake(
                ended,
                "You left out what is still under way at the end, with no finish yet: "
                f"it counts up to day {DAYS}.",
            ),
            Mistake(REPS * right, "You divided by the time of one rep; there are two."),
            Mistake(3 * right, "You gave them eight hours a day; this team works round the clock."),
            Mistake(
                planned,
                "That is every follow-up times the planned four hours; the question is what they "
                "did, and those gone cold took no time.",
            ),
        ),
        (
            f"two reps are there for {DAYS} days each; how much of that did the calls take?",
            f"the sum of (finished - started), up to day {DAYS}, ÷ ({REPS} × {DAYS}).",
            f"`(calls.finished.fillna({DAYS}) - calls.started).sum() / ({REPS} * {DAYS})`",
        ),
        f"Busy {right:.0%}: the other {1 - right:.0%} look like waste, and are what keeps the "
        "queue short.",
        "share",
        seed,
    )


def reps_doubled(seed: int = SEED) -> Exercise:
    before, three, after = (float(_hours(seed, reps).mean()) for reps in (REPS, 3, 2 * REPS))
    return Exercise(
        "03.4",
        "With four reps instead of two, the same customers: what is the mean response time, "
        "in hours?",
        after,
        2,
        (
            Mistake(
                before / 2,
                "That is half of today's. Twice the reps do far more than halve the wait: "
                "simulate it.",
            ),
            Mistake(after / 24, "Those are days; the question asks for hours.", 0.00051),
            Mistake(60 * after, "Those are minutes; the question asks for hours.", 0.06),
            Mistake(before, "That is today's, with two reps."),
            Mistake(three, "That is with three reps."),
            Mistake(2 * before, "More reps make the wait shorter, not longer."),
        ),
        (
            "let the same leads come once more, to four reps.",
            "the mean of (started - queued) of that simulation, in days: times 24.",
            f'`four = fs.simulate(to_order.vary({{"teams.sales.reps": 4}}), seed={seed})`, then '
            "`24 * fs.summary(four).mean_response_days`",
        ),
        f"{after:.2f} hours instead of {before:.1f}: twice the reps, and a wait "
        f"{before / after:.0f} times as short. Queues do not grow in proportion, nor shrink.",
        "hours",
        seed,
    )


def third_rep(seed: int = SEED) -> Exercise:
    two, three, four = (_figures(seed, reps) for reps in (REPS, 3, 4))
    right = float(three.profit - two.profit)
    gained, cost = float(three.contribution - two.contribution), 60 * DAYS
    return Exercise(
        "03.5",
        "By how much does a third rep change the profit?",
        right,
        0,
        (
            Mistake(gained, "That is the contribution; the third rep costs something, too."),
            Mistake(
                three.revenue - two.revenue,
                "That is the revenue; goods, leads and the rep have to be paid from it.",
            ),
            Mistake(-right, "Right in size, but wrong way round: three reps less two."),
            Mistake(three.profit, "That is the profit with three reps; what is the change?"),
            Mistake(four.profit - two.profit, "That is with four reps; the question is the third."),
            Mistake(-cost, "That is what the third rep costs; but she also brings customers."),
        ),
        (
            "what she brings, less what she costs.",
            "profit with three reps less profit with two, both with the same seed.",
            f'`three = fs.simulate(to_order.vary({{"teams.sales.reps": 3}}), seed={seed})`, then '
            "`fs.summary(three).profit - fs.summary(journal).profit`",
        ),
        f"She brings {gained:,.0f} and costs {cost:,}: the wait was already short. "
        "Among twice as many leads she might well pay.",
        "EUR",
        seed,
    )


def three_calls() -> Exercise:
    missed = 1 - REACHED
    return Exercise(
        "03.6",
        f"If a call reaches its lead with probability {REACHED}, what share of the leads do "
        "three calls reach?",
        1 - missed**CALLS,
        3,
        (
            Mistake(missed**CALLS, "That is the share that nobody reaches, in three calls."),
            Mistake(
                CALLS * REACHED,
                "You added the calls up; whoever is reached by the first needs no second.",
            ),
            Mistake(REACHED**CALLS, "That would be leads that are reached by all three calls."),
            Mistake(REACHED * missed**2, "That is the share reached by the third call alone."),
            Mistake(1 - missed**2, "That is the share that two calls reach."),
            Mistake(1 - missed ** (CALLS + 1), "That is the share that four calls reach."),
            Mistake(REACHED, "That is the share that one call reaches."),
        ),
        (
            "turn it round: what share do all three calls miss?",
            "1 - missed × missed × missed.",
            f"`1 - {missed:g}**{CALLS}`",
        ),
        f"{missed:g} × {missed:g} × {missed:g} = {missed**CALLS:.3f} are missed by all three, "
        "the others reached, if their patience lasts that long.",
        "share",
    )


EXERCISES: dict[str, Callable[..., Exercise]] = {
    "03.1": nine_in_ten,
    "03.2": share_gone_cold,
    "03.3": reps_busy,
    "03.4": reps_doubled,
    "03.5": third_rep,
    "03.6": three_calls,
}
