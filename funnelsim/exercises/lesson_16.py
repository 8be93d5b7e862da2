"""The exercises of lesson 16, one simulation is an anecdote: a firm that plans gardens.

Nothing is typed in: every answer is computed from the scenario and the seed that the notebook
states.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, lru_cache
from math import sqrt
from typing import TYPE_CHECKING, Any

from funnelsim.exercises.entry import Exercise, Mistake, Right, rounded_to
from funnelsim.exercises.workshop import SEED
from funnelsim.experiment import WarmUp, replicate, warm_up_advice
from funnelsim.experiment.intervals import student_t
from funnelsim.scenario import Scenario, load

if TYPE_CHECKING:
    import pandas as pd

GARDENS: dict[str, Any] = {
    "name": "Gardens",
    "horizon": "150 days",
    "warm_up": "60 days",
    "channels.search ads.leads_per_day": 3.2,
    "channels.trade fair.leads_per_day": 1.0,
    "stages.Desire.decision_time": {"lognormal": {"mean": "18 days", "cv": 0.8}},
    "order.value": {"lognormal": {"mean": 5000, "cv": 0.5}},
    "retention": None,
}
CALLS = {"stages.Desire.conversion": 0.46}
N = 100  # replications
GOAL = 0.5  # sales, either way
DAY = 7
FROM_EMPTY = {"horizon": "180 days", "warm_up": "0 days"}
KEPT = 64  # tables, of the seeds that people type
NORMAL = 1.96  # for Student's t, as many books have it


@cache
def gardens() -> Scenario:
    return load("aida-follow-up").vary(GARDENS)


@lru_cache(KEPT)
def sales(seed: int, better: bool = False) -> pd.Series:
    """Sales in the quarter, replication by replication."""
    scenario = gardens().vary(CALLS) if better else gardens()
    return replicate(scenario, N, seed, progress=False).table["orders"]


@lru_cache(KEPT)
def _advice(seed: int) -> WarmUp:
    return warm_up_advice(gardens().vary(FROM_EMPTY), seed=seed, progress=False)


T = float(student_t(0.95, N))


def half_width(seed: int = SEED) -> Exercise:
    found = sales(seed)
    spread, error = float(found.std()), found.sem()
    right = T * error
    return Exercise(
        "16.1",
        "How far does the 95 % interval of the mean number of sales reach, to either side?",
        right,
        2,
        (
            Mistake(
                NORMAL * spread, "That is how far single quarters spread; divide by √100.", 0.1
            ),
            Mistake(spread, "That is the standard deviation of single quarters."),
            Mistake(error, "That is the standard error; the interval reaches about two of them."),
            Mistake(2 * right, "That is from end to end; it is half of that to either side.", 0.03),
            Mistake(T * spread / N, "You divided by 100; divide by its root."),
            Mistake(spread / N, "You divided by 100; divide by its root, and take 1.98 of it."),
        ),
        (
            "the interval is mean ± about two standard errors.",
            "1.98 · standard deviation ÷ √100 (1.98 is Student's t for 100 values).",
            '`row = hundred.summary().loc["orders"]`, then `row.high - row["mean"]`',
        ),
        f"{found.mean():.1f} ± {right:.2f}. A single quarter spreads ten times as widely.",
        "sales",
        seed,
        also=(Right(NORMAL * error, rounded_to(2)), Right(2 * error, rounded_to(2))),
    )


def inside(seed: int = SEED) -> Exercise:
    found = sales(seed)
    mean, half = float(found.mean()), T * found.sem()
    within = abs(found - mean) <= half
    right = float(within.mean())
    nearly = float((abs(found - mean) <= NORMAL * found.sem()).mean())
    twice = float((abs(found - mean) <= 2 * float(found.std())).mean())
    return Exercise(
        "16.2",
        "Which share of the hundred quarters lies inside that interval?",
        right,
        2,
        (
            Mistake(0.95, "95 % is how often such an interval holds the *mean*. Count quarters."),
            Mistake(1 - right, "Those are the quarters outside."),
            Mistake(twice, "That is the range of quarters, mean ± two standard deviations."),
        ),
        (
            "count: which quarters lie between `low` and `high`?",
            "the mean of (low ≤ sales ≤ high).",
            '`row = hundred.summary().loc["orders"]`, then '
            "`hundred.table.orders.between(row.low, row.high).mean()`",
        ),
        f"{right:.0%}, and no quarter was drawn wrongly: the interval is about the mean.",
        "share",
        seed,
        also=(Right(nearly, rounded_to(2)),),
    )


def how_many(seed: int = SEED) -> Exercise:
    found = sales(seed)
    half = T * found.sem()
    right = N * (half / GOAL) ** 2
    normal = (NORMAL * float(found.std()) / GOAL) ** 2
    return Exercise(
        "16.3",
        "About how many replications would it take for ± 0.5 sales?",
        right,
        0,
        (
            Mistake(N * half / GOAL, "The width falls with the root of n: square the ratio."),
            Mistake((float(found.std()) / GOAL) ** 2, "That makes the standard error 0.5."),
            Mistake(right - N, "So many more, beside the hundred that you have.", 1.5),
            Mistake(4 * right, "That is for an interval 0.5 wide from end to end, not ± 0.5.", 5),
            Mistake(N * sqrt(half / GOAL), "It is the square of the ratio, not its root."),
            Mistake(right / 4, "That is for ± 1: from end to end it is 2 wide.", 0.6),
        ),
        (
            "half the width takes four times the runs.",
            "100 · (half width ÷ 0.5)².",
            '`row = hundred.summary().loc["orders"]`, then '
            '`100 * ((row.high - row["mean"]) / 0.5) ** 2`',
        ),
        f"About {right:.0f}. The spread is an estimate too, so nobody knows it to one run.",
        "runs",
        seed,
        slack=0.01 * right + 1,
        also=(Right(normal, 0.01 * right + 1),),
    )


def error_of_the_difference(seed: int = SEED) -> Exercise:
    today, better = sales(seed), sales(seed, better=True)
    right = (better - today).sem()
    apart = sqrt(today.sem() ** 2 + better.sem() ** 2)
    return Exercise(
        "16.4",
        "How large is the standard error of the difference, pair by pair on the same customers?",
        right,
        3,
        (
            Mistake(apart, "That is for different customers; these differ less, pair by pair."),
            Mistake(float((better - today).std()), "That is of one pair; there are a hundred."),
            Mistake(T * right, "That is half the interval's width.", 0.003),
            Mistake(2 * T * right, "That is the interval from end to end."),
            Mistake(
                today.sem() + better.sem(),
                "That adds two errors; subtract the sales of each pair first.",
            ),
            Mistake(better.sem(), "That is of the better world's mean alone."),
            Mistake(today.sem(), "That is of today's mean alone."),
            Mistake(abs(better.sem() - today.sem()), "Errors do not subtract."),
            Mistake(float((better - today).mean()), "That is the difference itself."),
        ),
        (
            "subtract replication by replication, then look how the differences spread.",
            "standard deviation of the differences ÷ √100.",
            '`both.differences().loc[("orders", "calls more")].standard_error`',
        ),
        f"{right:.3f}; with different customers it would have been {apart:.3f}.",
        "sales",
        seed,
    )


def times_as_many(seed: int = SEED) -> Exercise:
    today, better = sales(seed), sales(seed, better=True)
    apart, paired = float(today.var() + better.var()), float((better - today).var())
    right = apart / paired
    return Exercise(
        "16.5",
        "How many times as many runs would different customers take, for an interval as short?",
        right,
        1,
        (
            Mistake(sqrt(right), "That is how much wider the interval is; runs go by its square."),
            Mistake(N * right, "That is how many runs; how many *times* as many?", 6),
            Mistake(float(today.var()) / paired, "Both worlds vary: add their variances."),
            Mistake(1 / right, "Right, but the wrong way round."),
        ),
        (
            "runs go by the variance of the difference, with pairs and without.",
            "(variance of one + variance of the other) ÷ variance of the differences.",
            '`both.differences().loc[("orders", "calls more")].unpaired_replications / 100`',
        ),
        f"{right:.1f} times: {N * right:,.0f} runs of each world in place of {N}.",
        "times",
        seed,
        slack=0.051,
    )


def missing(seed: int = SEED) -> Exercise:
    advice = _advice(seed)
    level, there = float(advice.level or 0.0), float(advice.table["open_leads"][DAY])
    right = 1 - there / level
    return Exercise(
        "16.6",
        "Begun empty: which share of the usual open leads is still missing at the end of day 7?",
        right,
        2,
        (
            Mistake(there / level, "Those are there; how many are missing?", 0.006),
            Mistake(level - there, "That is a number of leads; divide by the level.", 0.06),
            Mistake(level / there - 1, "Divide by the level, not by what is there."),
        ),
        (
            "`advice.table` has the open leads by day, `advice.level` the usual number.",
            "1 - open leads on day 7 ÷ level.",
            "`1 - advice.table.open_leads[7] / advice.level`",
        ),
        f"{right:.0%}. {advice.sentence}",
        "share",
        seed,
    )


EXERCISES: dict[str, Callable[..., Exercise]] = {
    "16.1": half_width,
    "16.2": inside,
    "16.3": how_many,
    "16.4": error_of_the_difference,
    "16.5": times_as_many,
    "16.6": missing,
}
