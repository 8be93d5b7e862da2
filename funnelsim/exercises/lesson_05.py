"""The exercises of lesson 05, retention: a year of the tea club.

As in lesson 01 nothing is typed in: every answer is computed from the scenario and the seed that
the notebook states.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from funnelsim.engines import simulate
from funnelsim.exercises.entry import Exercise, Mistake
from funnelsim.exercises.workshop import SEED
from funnelsim.journal import Journal
from funnelsim.metrics import summary
from funnelsim.metrics.cohorts import retention_by_period, retention_rate
from funnelsim.retention import ShiftedBetaGeometric, fit_retention, repeat_buying
from funnelsim.scenario import Scenario, load

if TYPE_CHECKING:
    import pandas as pd

# The notebook makes the same with fs.load("subscription").vary({...}).
TEA: dict[str, Any] = {
    "name": "The tea club",
    "horizon": "360 days",
    "channels.search ads.leads_per_day": 30,
    "channels.blog.leads_per_day": 10,
    "order.value": {"constant": 20},
    "order.margin": 0.6,
    "retention.repeat_probability": {"beta": {"a": 4.0, "b": 0.7}},
}
MORE: tuple[str, Any] = (  # five points more on average, a + b as it is
    "retention.repeat_probability",
    {"beta": {"a": 4.235, "b": 0.465}},
)
KEPT = 32  # years, about 1 MB each, of the seeds that people type
ASKED = 64  # seeds that people type: what was asked of them is small
BEGIN, END, ACTIVE = 300, 330, 45  # days
SIXTH, MONTHS = 6, 24
MARGIN, DISCOUNT = 12.0, 0.01


@cache
def tea() -> Scenario:
    return load("subscription").vary(TEA)


@lru_cache(KEPT)
def _journal(seed: int, *more: str) -> Journal:
    club = tea().vary({MORE[0]: MORE[1]}) if more else tea()
    return simulate(club, seed=seed, progress=False)


@lru_cache(KEPT)
def _fit(seed: int) -> ShiftedBetaGeometric:
    found = fit_retention(_journal(seed))
    assert isinstance(found, ShiftedBetaGeometric)
    return found


@lru_cache(KEPT)
def _often(seed: int) -> pd.DataFrame:
    """Of each member how often it has renewed, and how often it could have."""
    table = repeat_buying(_journal(seed))
    return table.assign(due=np.ceil(table["T"] / 30 - 1e-9) - 1)


# --- the exercises --------------------------------------------------------------------------------


@lru_cache(ASKED)
def crr(seed: int = SEED) -> Exercise:
    journal = _journal(seed)
    line = retention_by_period(journal, 30, active_days=ACTIVE).set_index("begin").loc[BEGIN]
    start, active, new = (float(line[name]) for name in ("start", "active", "new"))
    right = (active - new) / start
    return Exercise(
        "05.1",
        f"What was the retention rate (CRR) of the month from day {BEGIN} to day {END}?",
        right,
        3,
        (
            Mistake(1 - right, "That is the churn rate, what the CRR lacks to 1."),
            Mistake(
                active / start,
                "You forgot to leave out those who were not active at the beginning: they came in "
                "between, nobody kept them.",
            ),
            Mistake(
                (active - new) / active,
                "You divided by those active at the end; of those active at the beginning, how "
                "many stayed?",
            ),
            Mistake(new / start, "Those are the new ones: who stayed?"),
            Mistake(
                retention_rate(journal, BEGIN, END, 30),
                "That is with orders of the last 30 days; active is who has ordered within the "
                f"last {ACTIVE}.",
            ),
        ),
        (
            "who was active on the first day, and who of them still was on the last?",
            "(E − N) ÷ S: active at the end, less those of them who were not active at the "
            "beginning, ÷ active at the beginning.",
            f"`t = fs.retention_by_period(journal, 30, active_days={ACTIVE})`, then "
            f"`t.retention_rate[t.begin == {BEGIN}]`",
        ),
        f"Of {start:,.0f} active on day {BEGIN} there were {active - new:,.0f} left on day {END}, "
        f"and {new:,.0f} had come.",
        "share",
        seed,
    )


@lru_cache(ASKED)
def first_renewal(seed: int = SEED) -> Exercise:
    often = _often(seed)
    due = often["due"] >= 1
    left = due & (often["frequency"] == 0)
    once = often["frequency"] == 0
    right = float(left.sum() / due.sum())
    return Exercise(
        "05.2",
        "Of the members whose first renewal was due by the end, what share did not renew?",
        right,
        3,
        (
            Mistake(
                float(once.mean()),
                "Among those with a single order are some whose renewal is not due yet: who "
                "joined in the last 30 days has had no chance to renew.",
            ),
            Mistake(
                float(left.sum() / len(often)),
                "Below the line stand only those whose renewal was due; who joined in the last "
                "30 days could not renew yet.",
            ),
            Mistake(1 - right, "That is the share that renewed."),
            Mistake(
                1 - float(summary(_journal(seed))["crr"]),
                "That is the churn of a month, old members among them; the question is about the "
                "first renewal.",
            ),
        ),
        (
            "whose first renewal was due: who joined more than 30 days before the end.",
            "members seen for more than 30 days with one order ÷ members seen for more than 30 "
            "days.",
            '`m = fs.repeat_buying(journal)`, then `(m.frequency[m["T"] > 30] == 0).mean()`',
        ),
        f"{int(left.sum()):,} of {int(due.sum()):,}. The usual sum makes 1 ÷ {right:.3f}, which is "
        f"{1 / right:.1f} months, of it.",
        "share",
        seed,
    )


@lru_cache(ASKED)
def sixth_renewal(seed: int = SEED) -> Exercise:
    often = _often(seed)
    could = (often["due"] >= SIXTH) & (often["frequency"] >= SIXTH - 1)
    did = could & (often["frequency"] >= SIXTH)
    seen = often["due"] >= SIXTH
    right = float(did.sum() / could.sum())
    first = 1 - float(first_renewal(seed).right)
    return Exercise(
        "05.3",
        "Of the members who had renewed five times and were due for the sixth, what share renewed?",
        right,
        3,
        (
            Mistake(
                float(did.sum() / seen.sum()),
                "That is the share of all members that has come so far; those who left before "
                "were not asked a sixth time.",
            ),
            Mistake(
                float(did.sum() / (often["frequency"] >= SIXTH - 1).sum()),
                "Some have renewed five times, and the sixth is not due yet: they have not left.",
            ),
            Mistake(1 - right, "That is the share that left."),
            Mistake(first, "That is the share that renewed for the first time."),
            Mistake(
                float((often["frequency"] >= SIXTH).sum() / (often["frequency"] >= 1).sum()),
                "That is six times ÷ once; the share of those with five who went on is asked.",
            ),
        ),
        (
            "the sixth renewal is due after 180 days; and who has renewed five times by then?",
            "members seen for more than 180 days who renewed six times or more ÷ those of them "
            "who renewed five times or more.",
            '`m = fs.repeat_buying(journal)`, `m = m[m["T"] > 180]`, then '
            "`(m.frequency >= 6).sum() / (m.frequency >= 5).sum()`",
        ),
        f"{right:.1%}, and {first:.1%} at the first renewal: nobody has changed, those who leave "
        "readily had left.",
        "share",
        seed,
    )


@lru_cache(ASKED)
def after_two_years(seed: int = SEED) -> Exercise:
    fit = _fit(seed)
    right, churn = float(fit.survival(MONTHS)), float(first_renewal(seed).right)
    month = float(summary(_journal(seed))["churn_rate"])
    return Exercise(
        "05.4",
        f"By the fit, what share of the members is still there after {MONTHS} months?",
        right,
        3,
        (
            Mistake(
                (1 - churn) ** MONTHS,
                "That is the first churn carried on; but those who leave readily leave first, and "
                "the others more slowly.",
            ),
            Mistake(
                (1 - month) ** MONTHS,
                "That is the churn of a month carried on; it mixes young and old members.",
            ),
            Mistake(float(fit.survival(12)), "That is after 12 months."),
            Mistake(
                float(fit.retention_rates(MONTHS)),
                "That is the share that renews for the last time, of those who had until then.",
            ),
            Mistake(1 - right, "Those are the ones who have left."),
        ),
        (
            "the year shows at most eleven renewals; a model carries them on.",
            "fit the shifted-beta-geometric model to the journal, and ask it for the survival.",
            f"`fs.fit_retention(journal).survival({MONTHS})`",
        ),
        f"The first churn carried on says {(1 - churn) ** MONTHS:.2%}.",
        "share",
        seed,
    )


@lru_cache(ASKED)
def worth_of_a_member(seed: int = SEED) -> Exercise:
    fit, churn = _fit(seed), float(first_renewal(seed).right)
    right = fit.lifetime_value(MARGIN, DISCOUNT)
    return Exercise(
        "05.5",
        "By the fit, what is a new member worth, before what it cost to win it?",
        right,
        1,
        (
            Mistake(
                MARGIN / churn,
                "That is margin ÷ churn: a lifetime only where all members are alike.",
            ),
            Mistake(
                MARGIN / (1 - (1 - churn) / (1 + DISCOUNT)),
                "You carried the first churn on; take the fit.",
            ),
            Mistake(
                right * 20 / MARGIN,
                "That is what the member pays; of 20 EUR 60 % are left after the tea.",
            ),
            Mistake(right - MARGIN, "You forgot the first payment."),
            Mistake(
                fit.lifetime_value(MARGIN, DISCOUNT, periods=11),
                "That is one year of it; the later ones count too.",
            ),
            Mistake(
                fit.lifetime_value(MARGIN, 0.1),
                "You took 10 % a month; it is 1 %.",
            ),
            Mistake(right / MARGIN, "Those are payments; what does each leave?"),
        ),
        (
            "all payments to come, each with the chance that it comes, discounted by 1 % a month.",
            "a payment of 20 EUR leaves 12; the fit has the lifetime value.",
            "`fs.fit_retention(journal).lifetime_value(margin=12, discount_rate=0.01)`",
        ),
        f"Margin ÷ churn would say {MARGIN / churn:.1f} EUR. Much of it lies in years that nobody "
        f"has seen: the first year brings {fit.lifetime_value(MARGIN, DISCOUNT, periods=11):.1f}.",
        "EUR",
        seed,
    )


@lru_cache(ASKED)
def five_points(seed: int = SEED) -> Exercise:
    now, more = summary(_journal(seed)), summary(_journal(seed, "more"))
    right = float(more["contribution"] - now["contribution"])
    revenue = float(more["revenue"] - now["revenue"])
    share = right / float(now["contribution"])
    return Exercise(
        "05.6",
        "By how much does the contribution of the year rise with five points more retention?",
        right,
        0,
        (
            Mistake(revenue, "That is the revenue; the tea is paid from it."),
            Mistake(share, "That is the share; how many EUR?"),
            Mistake(100 * share, "Those are per cent; how many EUR?"),
            Mistake(0.4 * revenue, "That is what the tea of these orders costs."),
            Mistake(-right, "Right in size, but wrong way round: with more less today's."),
            Mistake(float(more["contribution"]), "That is the whole contribution with it."),
            Mistake(0.05 * float(now["contribution"]), "That is 5 % of the contribution."),
        ),
        (
            "two years with the same customers, and what is left of each.",
            "contribution with the higher probability less contribution today, the same seed.",
            '`higher = {"beta": {"a": 4.235, "b": 0.465}}`, '
            '`more = tea.vary({"retention.repeat_probability": higher})`'
            f", then `fs.summary(fs.simulate(more, seed={seed})).contribution - "
            "fs.summary(journal).contribution`",
        ),
        f"{share:+.0%} in the first year, of members who renew with 85 % on average. More years, "
        "or more retention to begin with, and it is another number.",
        "EUR",
        seed,
    )


EXERCISES: dict[str, Callable[..., Exercise]] = {
    "05.1": crr,
    "05.2": first_renewal,
    "05.3": sixth_renewal,
    "05.4": after_two_years,
    "05.5": worth_of_a_member,
    "05.6": five_points,
}
