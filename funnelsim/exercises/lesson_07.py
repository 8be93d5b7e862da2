"""The exercises of lesson 07, recommendations: the pottery workshop and the friends of its friends.

As in lesson 01 nothing is typed in: every answer is computed from the scenario and the seed that
the notebook states.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, lru_cache
from math import sqrt
from typing import TYPE_CHECKING, Any

from funnelsim.engines import simulate
from funnelsim.exercises.entry import Exercise, Mistake, Right, rounded_to
from funnelsim.exercises.workshop import SEED
from funnelsim.journal import Journal
from funnelsim.metrics import summary
from funnelsim.metrics.nps import nps
from funnelsim.metrics.referrals import referrals
from funnelsim.scenario import Scenario, load

if TYPE_CHECKING:
    import pandas as pd

# --- the workshop of lesson 01, whose customers tell others ---------------------------------------

RECOMMENDED: dict[str, Any] = {
    "name": "Pottery workshop, recommended",
    "horizon": "240 days",
    "channels.search ads.leads_per_day": 16,
    "channels.recommendation.leads_per_day": 4,
    "stages.Attention.conversion": 0.45,
    "stages.Interest.conversion": 0.65,
    "stages.Desire.conversion": 0.35,
    "loyalty": None,
    "life_stages": {},
    "satisfaction.promoter": 0.45,
    "satisfaction.detractor": 0.20,
    "referral.invites": 1.2,
    "referral.reward": 8,
}
NOBODY: tuple[str, Any] = ("referral", None)
KEPT = 64  # journals, less than 1 MB each: with and without, of the seeds that people type
ASKED = 50
WITHIN = 90  # days
K, FIRST = 0.3, 100


@cache
def recommended() -> Scenario:
    return load("aida-loyalty-advocacy").vary(RECOMMENDED)


@lru_cache(KEPT)
def _journal(seed: int, *changes: tuple[str, Any]) -> Journal:
    return simulate(recommended().vary(dict(changes)), seed=seed, progress=False)


@lru_cache(KEPT)
def _figures(seed: int, *changes: tuple[str, Any]) -> pd.Series:
    return summary(_journal(seed, *changes))


@lru_cache(KEPT)
def _table(seed: int, within: float | None = None) -> pd.DataFrame:
    return referrals(_journal(seed), within)


def _shares(seed: int) -> tuple[float, float, int]:
    """Promoters and detractors among the answers, and how many there are."""
    said = nps(_journal(seed))
    count = int(said["asked"])
    return float(said["promoters"]) / count, float(said["detractors"]) / count, count


def _money(seed: int) -> tuple[float, float, float]:
    """What those brought changed: the revenue, the contribution; and the rewards in it."""
    now, then = _figures(seed), _figures(seed, NOBODY)
    revenue, left = (float(now[name] - then[name]) for name in ("revenue", "contribution"))
    return revenue, left, float(_table(seed)["rewards"].sum())


# --- the exercises --------------------------------------------------------------------------------


def score(seed: int = SEED) -> Exercise:
    p, d, count = _shares(seed)
    first = _journal(seed).orders
    first = first[first["number"] == 1]["satisfaction"].value_counts(normalize=True)
    return Exercise(
        "07.1",
        "What is the net promoter score of all answers?",
        100 * (p - d),
        1,
        (
            Mistake(p - d, "That is the share; the score is told of a hundred.", 0.0006),
            Mistake(100 * p, "Those are the promoters; the detractors are taken off."),
            Mistake(
                100 * (p - d) / (p + d),
                "You left out the passives. They are asked, too: divide by all answers.",
            ),
            Mistake(count * (p - d), "Those are answers; of a hundred, how many?"),
            Mistake(
                100 * (d - p), "Right in size, but wrong way round: promoters less detractors."
            ),
            Mistake(
                100 * float(first["promoter"] - first["detractor"]),
                "You asked after first orders only; every kept order has an answer.",
            ),
        ),
        (
            "of a hundred answers so many are promoters, and so many detractors.",
            "100 × (promoters − detractors) ÷ all answers, the passives among them.",
            "`said = journal.orders.satisfaction.value_counts(normalize=True)`, then "
            '`100 * (said["promoter"] - said["detractor"])`',
        ),
        f"{100 * p:.1f} less {100 * d:.1f}. (`fs.nps(journal)` has it, too.)",
        "points",
        seed,
    )


def sampled(seed: int = SEED) -> Exercise:
    p, d, count = _shares(seed)
    right = 100 * sqrt((p + d - (p - d) ** 2) / ASKED)
    return Exercise(
        "07.2",
        f"A survey has {ASKED} answers with these shares. What is the standard error of its score?",
        right,
        2,
        (
            Mistake(
                100 * sqrt((p * (1 - p) + d * (1 - d)) / ASKED),
                "You added the two as if they had nothing to do with each other. Who is a promoter "
                "is no detractor: where there are more of the ones, there are fewer of the others, "
                "so the difference moves more.",
            ),
            Mistake(100 * sqrt(p * (1 - p) / ASKED), "That is the one of the promoters alone."),
            Mistake(100 * sqrt((p + d) / ASKED), "Nearly: the square of p − d is to be taken off."),
            Mistake(right / 100, "That is of the share; the score is told of a hundred.", 0.0006),
            Mistake(right * sqrt(ASKED / count), f"That is the one of all {count} answers."),
            Mistake(right * sqrt(ASKED), f"That is the spread of one answer; there are {ASKED}."),
            Mistake(1.96 * right, "That is how far the interval reaches; the question is its se."),
            Mistake(right**2, "That is the variance; take its root."),
        ),
        (
            "each answer counts +1, 0 or −1, and the score is 100 times their mean.",
            f"100 × √((p + d − (p − d)²) ÷ {ASKED}), of the shares p of promoters and d of "
            "detractors.",
            f'`p, d = said["promoter"], said["detractor"]`, then '
            f"`100 * ((p + d - (p - d)**2) / {ASKED}) ** 0.5`",
        ),
        f"With {ASKED} answers the score is off by ± {right:.0f} points, give or take, and twice "
        "that is not rare.",
        "points",
        seed,
        # estimated as a spread is, by n − 1
        also=(Right(right * sqrt(count / (count - 1)), rounded_to(2)),),
    )


def so_far(seed: int = SEED) -> Exercise:
    table = _table(seed)
    brought, customers = int(table["brought_customers"].sum()), int(table["customers"].sum())
    leads = int(table["brought"].sum())
    return Exercise(
        "07.3",
        "How many customers has a customer brought so far, on average?",
        brought / customers,
        3,
        (
            Mistake(leads / customers, "Those are leads; how many of them bought?"),
            Mistake(brought / leads, "That is their conversion: divide by the customers."),
            Mistake(
                brought / int(table["customers"][0]),
                "You divided by those whom the channels brought; who was brought brings others, "
                "too.",
            ),
            Mistake(
                float(table["k"][0]),
                "That is what those of the channels brought; the others are customers as well.",
            ),
            Mistake(brought / int(table["leads"].sum()), "You divided by leads, not by customers."),
        ),
        (
            "above the line customers who were brought by one, below it all customers.",
            "referred leads who bought ÷ all leads who bought.",
            '`c = journal.leads[journal.leads.outcome == "customer"]`, then '
            '`(c.kind == "referral").sum() / len(c)`',
        ),
        f"K so far: {brought} of {customers}. Those who bought last have hardly told anyone yet.",
        "",
        seed,
    )


def in_equal_time(seed: int = SEED) -> Exercise:
    table, ever = _table(seed, WITHIN), _table(seed)
    brought, followed = int(table["brought_customers"].sum()), int(table["followed"].sum())
    return Exercise(
        "07.4",
        f"Of those who have been customers for {WITHIN} days: how many customers did one bring in "
        f"its first {WITHIN} days, on average?",
        brought / followed,
        3,
        (
            Mistake(
                brought / int(table["customers"].sum()),
                "You divided by all customers; those of the last weeks cannot be among them.",
            ),
            Mistake(float(_figures(seed)["k_factor"]), "That is K so far, of unequal times."),
            Mistake(
                int(ever["brought_customers"].sum()) / followed,
                "Above the line stand customers brought by anyone at any time.",
            ),
            Mistake(
                float(table["k"].mean()),
                "You took the mean of the rates; the last generations are a handful of people. "
                "Divide the sums.",
            ),
            Mistake(float(table["k"][0]), "That is generation 0 alone."),
            Mistake(
                int(table["brought"].sum()) / followed, "Those are leads; how many of them bought?"
            ),
        ),
        (
            "all must have had the same time, and no more of it counts than that.",
            "customers brought within the time ÷ customers followed for it, over all generations.",
            f"`t = fs.referrals(journal, within={WITHIN})`, then "
            "`t.brought_customers.sum() / t.followed.sum()`",
        ),
        f"{brought} of {followed}; so far it was {_figures(seed)['k_factor']:.3f}.",
        "",
        seed,
    )


def in_the_end() -> Exercise:
    right = FIRST / (1 - K)
    return Exercise(
        "07.5",
        f"{FIRST} customers come through channels, and every customer brings {K} others who buy. "
        "How many customers are there in the end?",
        right,
        0,
        (
            Mistake(FIRST * (1 + K), "Those brought bring others, too."),
            Mistake(FIRST * (1 + K + K**2), "And the friends' friends' friends?"),
            Mistake(right - FIRST, "Those are the ones who were brought; add the first."),
            Mistake(FIRST / K, "Divide by what a customer does not bring: 1 − K."),
            Mistake(FIRST * K, "That is the first generation alone."),
        ),
        (
            "each generation is K times as large as the one before.",
            f"{FIRST} × (1 + K + K² + K³ + …), which is {FIRST} ÷ (1 − K).",
            f"`{FIRST} / (1 - {K})`",
        ),
        f"{FIRST} + {FIRST * K:.0f} + {FIRST * K**2:.0f} + {FIRST * K**3:.1f} + …: it grows, and "
        "comes to an end.",
        "customers",
    )


def brought_in(seed: int = SEED) -> Exercise:
    revenue, left, rewards = _money(seed)
    count = int(_table(seed)["customers"][1:].sum())
    return Exercise(
        "07.6",
        "By how much do those who were brought raise the contribution?",
        left,
        0,
        (
            Mistake(revenue, "That is the revenue; goods and rewards are paid from it."),
            Mistake(left + rewards, "You forgot the rewards."),
            Mistake(left - rewards, "You took off the rewards twice; they are in it."),
            Mistake(-left, "Right in size, but wrong way round: with them less without them."),
            Mistake(left / count, "That is for each of them; the question is about all.", 0.05),
            Mistake(float(_figures(seed)["contribution"]), "That is all that the workshop made."),
            Mistake(-rewards, "That is what they cost; they buy, too."),
        ),
        (
            "let the same days pass once more, and nobody brings anybody.",
            "contribution with referrals less contribution without, both with the same seed.",
            f'`without = fs.simulate(workshop.vary({{"referral": None}}), seed={seed})`, then '
            "`fs.summary(journal).contribution - fs.summary(without).contribution`",
        ),
        f"{left:+,.0f}, with {rewards:,.0f} of rewards paid. It is so if none of the {count} would "
        "have come without them: the model knows no other.",
        "EUR",
        seed,
    )


def anyway(seed: int = SEED) -> Exercise:
    revenue, left, rewards = _money(seed)
    right = 1 - rewards / (left + rewards)
    return Exercise(
        "07.7",
        "What share of those who were brought may be people who would have bought anyway, so that "
        "the rewards just pay for themselves?",
        right,
        3,
        (
            Mistake(1 - right, "That is the share who must have come because of it."),
            Mistake(
                1 - rewards / left,
                "The contribution has the rewards taken off already: compare them with what is "
                "left before.",
            ),
            Mistake(rewards / left, "That is the rewards ÷ what is left after them."),
            Mistake(1 - rewards / revenue, "Of the revenue goods are paid, too."),
        ),
        (
            "rewards are paid for all who were brought; only those who came because of it bring "
            "anything new.",
            "(1 − a) × (contribution before rewards) = rewards, solved for a.",
            "`left = fs.summary(journal).contribution - fs.summary(without).contribution`, your "
            "answer to 07.6; `rewards = fs.referrals(journal).rewards.sum()`, then "
            "`1 - rewards / (left + rewards)`",
        ),
        f"Up to {right:.0%}. Ask those who come by a friend how they would have found you "
        "otherwise: it is not in any journal.",
        "share",
        seed,
    )


EXERCISES: dict[str, Callable[..., Exercise]] = {
    "07.1": score,
    "07.2": sampled,
    "07.3": so_far,
    "07.4": in_equal_time,
    "07.5": in_the_end,
    "07.6": brought_in,
    "07.7": anyway,
}
