"""The exercises of lesson 11, experiments: an evening school that tries a shorter form.

Nothing is typed in: every answer is computed from the scenario and the seed that the notebook
states.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, lru_cache
from math import hypot, sqrt
from statistics import NormalDist
from typing import TYPE_CHECKING, Any

from funnelsim.ab_tests import ab_test, peeking, sample_size, stopping_limits
from funnelsim.engines import simulate
from funnelsim.exercises.entry import Exercise, Mistake, Right
from funnelsim.exercises.pictures_11 import left_the_basket
from funnelsim.exercises.workshop import SEED
from funnelsim.scenario import Scenario, load

if TYPE_CHECKING:
    from funnelsim.journal import Journal

SCHOOL: dict[str, Any] = {
    "name": "Evening school",
    "horizon": "42 days",
    "arms": [
        {"name": "long form", "share": 0.4},
        {"name": "short form", "share": 0.4, "odds_ratio": {"Product": 1.2}},
        {"name": "no message", "share": 0.2, "without": ["recovery"]},
    ],
    "stages.Basket.recovery.probability": 0.4,
    "stages.Basket.recovery.anyway": 0.2,
    "retention": None,
}
RATE, LIFT = 0.05, 0.2
COUNTED = {"A": 10_412, "B": 9_961}
EVENINGS, WEEKS = 21, 4
KEPT = 64  # of the seeds that people type


@cache
def school() -> Scenario:
    return load("shop-with-experiment").vary(SCHOOL)


@lru_cache(KEPT)
def _journal(seed: int) -> Journal:
    return simulate(school(), seed=seed, progress=False)


def how_many() -> Exercise:
    right = sample_size(RATE, LIFT)
    a, b = RATE, RATE * (1 + LIFT)
    spread = a * (1 - a) + b * (1 - b)
    normal = NormalDist()
    z, reach = normal.inv_cdf(0.975), normal.inv_cdf(0.975) + normal.inv_cdf(0.8)
    each = reach**2 * spread / (b - a) ** 2
    rough, middle = (2 * 16 * p * (1 - p) / (b - a) ** 2 for p in (a, (a + b) / 2))
    return Exercise(
        "11.1",
        "How many visitors does the test need in all, for a chance of 80 % to find that lift?",
        right,
        0,
        (
            Mistake(right / 2, "That is for one arm; there are two.", 0.005 * right),
            Mistake(2 * z**2 * spread / (b - a) ** 2, "That finds it with a chance of 50 % only.",
                    0.005 * right),
            Mistake(sample_size(RATE, LIFT / RATE), "A fifth more of 5 % is 6 %, not 25 %.", 20),
            Mistake(sample_size(RATE, 0.01), "One point more is a fifth more of 5 %: lift 0.2.",
                    0.01 * sample_size(RATE, 0.01)),
        ),
        (
            "the smaller the difference to be seen, the more visitors, by its square.",
            "about 16 · p (1 - p) ÷ difference² in each arm.",
            "`fs.sample_size(0.05, lift=0.2)`",
        ),
        f"{right:,}: half of them in each arm. For half the lift it takes nearly four times as "
        "many.",
        "visitors",
        slack=0.01 * right,
        also=(Right(2 * each, 0.01 * right), Right(rough, 0.005 * right),
              Right(middle, 0.005 * right)),
    )  # fmt: skip


def how_far_off() -> Exercise:
    a, b = COUNTED.values()
    n = a + b
    right = (a - n / 2) / (sqrt(n) / 2)
    return Exercise(
        "11.2",
        "How many standard deviations is the size of arm A away from the half?",
        right,
        2,
        (
            Mistake((a - b) / (sqrt(n) / 2), "That is A less B; ask how far A is from the half.",
                    0.05),
            Mistake((a - n / 2) / sqrt(n), "The standard deviation is half of that root.", 0.05),
            Mistake((a - n / 2) / (n / 4), "n ÷ 4 is the variance; take its root.", 0.004),
            Mistake(a - n / 2, "That is in visitors; divide by the standard deviation."),
        ),
        (
            "lots are coins: how far does the number of heads stray?",
            "(A - n ÷ 2) ÷ (√n ÷ 2).",
            "`n = 10_412 + 9_961`, then `(10_412 - n / 2) / (n**0.5 / 2)`",
        ),
        f"{right:.2f}. Chance goes so far once in {1 / (2 * NormalDist().cdf(-right)):.0f} tests: "
        "look for what loses B's visitors.",
        "standard deviations",
    )  # fmt: skip


def error(seed: int = SEED) -> Exercise:
    arms = ab_test(_journal(seed)).arms
    a, b = (100 * float(arms["standard_error"][arm]) for arm in ("long form", "short form"))
    right = hypot(a, b)
    return Exercise(
        "11.3",
        "How large is the standard error of the difference, short form less long form?",
        right,
        3,
        (
            Mistake(a + b, "Errors do not add; their squares do.", 0.01),
            Mistake(a * a + b * b, "That is the square of it; take its root.", 0.003),
            Mistake(a, "That is of the long form alone.", 0.006),
            Mistake(b, "That is of the short form alone.", 0.006),
            Mistake(1.96 * right, "So far the interval reaches; it is about two errors.", 0.01),
            Mistake(right / 100, "That is a share; the question asks for points.", 0.001),
        ),
        (
            "each arm has an error; the two are independent.",
            "100 · √(p (1 - p) ÷ n of the one + p (1 - p) ÷ n of the other).",
            '`e = test.arms.standard_error`, then `100 * (e["long form"]**2 + '
            'e["short form"]**2)**0.5`',
        ),
        f"{right:.3f} points: the interval reaches about twice as far, to either side.",
        "points",
        seed,
        slack=0.002,
    )


def ever() -> Exercise:
    right = peeking(EVENINGS)
    return Exercise(
        "11.4",
        "How likely is it that p is below 0.05 on at least one of the 21 evenings?",
        right,
        2,
        (
            Mistake(0.05, "That is for one look, planned beforehand.", 0.006),
            Mistake(1 - 0.95**EVENINGS, "So with 21 separate tests; an evening's numbers hold "
                    "those of the evenings before.", 0.01),
            Mistake(EVENINGS * 0.05, "A chance above 1? The evenings overlap.", 0.01),
            Mistake(1 - right, "That is the chance that it never is."),
        ),
        (
            "the numbers of an evening hold those of the evenings before.",
            "no simple formula: Armitage, McPherson and Rowe; `fs.peeking` works it out.",
            "`fs.peeking(21)`",
        ),
        f"{right:.0%} of tests of nothing are significant on some evening.",
        "share",
        slack=0.0151,
    )  # fmt: skip


def weekly_limit() -> Exercise:
    limits = stopping_limits(WEEKS)
    right = float(limits["p"].iloc[0])
    first, *_, last = stopping_limits(WEEKS, kind="obrien-fleming")["p"].tolist()
    return Exercise(
        "11.5",
        "Below which p does each look have to be, with the same limit at all four?",
        right,
        4,
        (
            Mistake(0.05 / WEEKS, "Bonferroni's: safe, and stricter than need be, as the looks "
                    "overlap.", 0.0003),
            Mistake(0.05, "Then a test of nothing is significant much more often than 5 %."),
            Mistake(float(limits["z"].iloc[0]), "That is z; the question asks for p.", 0.01),
            Mistake(first, "That is the first limit of O'Brien and Fleming; it is not the same "
                    "for all looks.", 0.00002),
            Mistake(last, "That is the last limit of O'Brien and Fleming; it is not the same for "
                    "all looks.", 0.0005),
        ),
        (
            "the four together may be wrong in 5 of 100.",
            "Pocock's limit for four looks.",
            "`fs.stopping_limits(4).p.iloc[0]`",
        ),
        f"{right:.4f}, in place of 0.05: so much it costs to look four times.",
        "share",
    )  # fmt: skip


def brought(seed: int = SEED) -> Exercise:
    left = left_the_basket(_journal(seed))
    is_held = left["arm"] == "no message"
    mailed, held = left.loc[~is_held, "bought"], left.loc[is_held, "bought"]
    right = float((mailed.mean() - held.mean()) * len(mailed))
    return Exercise(
        "11.6",
        "By the hold-out: how many buyers have the messages brought, of all who got one?",
        right,
        0,
        (
            Mistake(float(mailed.sum()), "So many came after it; some would have come anyway."),
            Mistake(float(mailed.sum() - held.sum()), "The hold-out is smaller: compare shares."),
            Mistake(float(mailed.mean() - held.mean()), "That is a share; times those mailed.",
                    0.01),
            Mistake(float((mailed.mean() - held.mean()) * len(left)), "You counted those held "
                    "out, too; they got none."),
        ),
        (
            "what would those with a message have done without it? Ask the hold-out.",
            "(share who bought with − share who bought without) · number with a message.",
            '`with_it = left[left.arm != "no message"].bought`, `without = left[left.arm == '
            '"no message"].bought`, then `(with_it.mean() - without.mean()) * len(with_it)`',
        ),
        f"About {right:.0f} of {mailed.sum():.0f} who bought after it.",
        "buyers",
        seed,
        slack=0.51,
    )  # fmt: skip


EXERCISES: dict[str, Callable[..., Exercise]] = {
    "11.1": how_many,
    "11.2": how_far_off,
    "11.3": error,
    "11.4": ever,
    "11.5": weekly_limit,
    "11.6": brought,
}
