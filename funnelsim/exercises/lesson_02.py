"""The exercises of lesson 02, planning backwards: how many leads a market stall needs.

As in lesson 01 nothing is typed in: every answer is computed from the scenario that the notebook
states. There is more than one right way, by a formula (Poisson's, the binomial) or by simulation,
and each ends within an error of its own.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from math import exp, pi, sqrt
from typing import Any

from funnelsim.exercises.entry import SEASONS, Exercise, Mistake, Right, by_simulation
from funnelsim.planner import Plan, plan
from funnelsim.scenario import Scenario

VISIT, TALK = 0.25, 0.32  # conversions
TARGET, WORTH, CV = 60, 40, 0.75
PILOT = (20, 250)
DAYS, THINKING = 60, 15
OPEN = 30  # people who have talked and not decided
SURE = 0.9

STALL: dict[str, Any] = {
    "name": "Market stall",
    "horizon": f"{DAYS} days",
    "channels": [{"name": "leaflets", "leads_per_day": 10, "cost_per_lead": 0.8}],
    "stages": [
        {"name": "Visit", "conversion": VISIT},
        {"name": "Talk", "conversion": TALK},
        {"name": "Sale"},
    ],
    "order": {"value": {"lognormal": {"mean": WORTH, "cv": CV}}},
}


def stall() -> Scenario:
    return Scenario(**STALL)


@cache
def _plan(probability: float = 0.9, metric: str = "sales", pilot: str | None = None) -> Plan:
    target = TARGET if metric == "sales" else TARGET * WORTH
    return plan(stall(), target, metric, probability, pilot=pilot, progress=False)


def _off_by_simulation(leads: float, spread: float = 1.0) -> float:
    """How many leads a simulated answer to "nine times in ten" may be off.

    It is the error of the simulated chance over what a lead adds to that chance, by the normal
    curve. `spread` is the variance of the sum over that of the number of sales.
    """
    sales = leads * VISIT * TALK
    scale = sqrt(spread * sales)
    z = (sales - TARGET) / scale
    added = VISIT * TALK * exp(-z * z / 2) / sqrt(2 * pi) * (sales + TARGET) / (2 * sales * scale)
    return by_simulation(SURE) / added


def _leads_with_prior(prior: float) -> int:
    """Leads that are enough nine times in ten if the rate is known from the pilot alone.

    Binomial sales, a beta prior with both parameters `prior`.
    """
    from scipy import stats

    sold, of = PILOT
    a, b = sold + prior, of - sold + prior
    leads = TARGET
    for step in (256, 64, 16, 4, 1):
        while stats.betabinom.sf(TARGET - 1, leads + step, a, b) < SURE:
            leads += step
    return leads + 1


# --- the exercises --------------------------------------------------------------------------------


def usual_sum() -> Exercise:
    right = TARGET / (VISIT * TALK)
    return Exercise(
        "02.1",
        "How many leads does the usual sum ask for?",
        right,
        0,
        (
            Mistake(TARGET / VISIT, "That is how many must visit if every talk were a sale."),
            Mistake(TARGET / TALK, "That is how many must talk; before that they must visit."),
            Mistake(TARGET / (VISIT + TALK), "Conversions one after the other multiply."),
            Mistake(TARGET * VISIT * TALK, "Those are the sales that 60 leads bring: divide.", 0.1),
            Mistake(TARGET / (100 * VISIT * TALK), "8 % is 0.08, not 8.", 0.01),
            Mistake(TARGET / (1e4 * VISIT * TALK), "25 % is 0.25, and 32 % is 0.32.", 0.01),
        ),
        (
            "go back from the sales to those who talk, and from them to the leads.",
            "target ÷ conversion ÷ conversion.",
            f"`{TARGET} / {TALK} / {VISIT}`",
        ),
        f"{TARGET} ÷ {VISIT} ÷ {TALK} = {right:,.0f}, on average.",
        "leads",
    )


def how_often() -> Exercise:
    from scipy.special import gammainc

    right = _plan().naive_chance
    more = float(gammainc(TARGET + 1, TARGET))  # Poisson's chance of more than the target
    return Exercise(
        "02.2",
        "How often are these leads enough?",
        right,
        2,
        (
            Mistake(0.9, "That is the chance of a good plan, not of the usual sum."),
            Mistake(1.0, "It is enough on average, which is not always."),
            Mistake(VISIT * TALK, "That is the conversion of a lead."),
        ),
        (
            "the sum is right on average: some seasons bring more, some less.",
            f"the share of many simulated seasons with {TARGET} sales or more; or Poisson's chance "
            f"of {TARGET} or more where {TARGET} are expected.",
            f"`fs.plan(stall, {TARGET}).naive_chance`",
        ),
        f"{right:.0%}: a coin toss. ({TARGET} sales or more; more than {TARGET} in {more:.0%}.)",
        "share",
        slack=by_simulation(right),
        by_digits=(
            Mistake(1 - right, "That is how often they are too few."),
            Mistake(more, f"That is how often they bring more than {TARGET}; {TARGET} are enough."),
        ),
        is_simulated=True,
    )


def nine_in_ten() -> Exercise:
    right, naive = _plan().leads, _plan().naive_leads
    return Exercise(
        "02.3",
        "How many leads reach the target nine times in ten?",
        right,
        0,
        (
            Mistake(naive, "That is the usual sum: a coin toss."),
            Mistake(naive / SURE, "A chance is no conversion: dividing by 0.9 is not enough.", 1.0),
            Mistake(_plan(0.99).leads, "That is for 99 times in a hundred.", 1.0),
            Mistake(_plan(0.95).leads, "That is for 95 times in a hundred.", 1.0),
            Mistake(_plan().leads_per_day, "That is a day; the question asks for all.", 0.06),
        ),
        (
            "more than the usual sum: so many that a bad season brings the target, too.",
            f"the smallest number of leads of which nine in ten simulated seasons have {TARGET} "
            "sales or more; or the same with Poisson's formula.",
            f"`fs.plan(stall, {TARGET}).leads`",
        ),
        f"{right:,} leads, {right / naive - 1:.0%} more than the usual sum.",
        "leads",
        slack=_off_by_simulation(right),
        is_simulated=True,
    )


def not_knowing() -> Exercise:
    p = _plan(pilot=PILOT)
    right = p.price_of_not_knowing
    jeffreys = _leads_with_prior(0.5) - _plan().leads
    return Exercise(
        "02.4",
        "How many more leads does it take if the 8 % are known from 20 sales of 250 leads only?",
        right,
        0,
        (
            Mistake(p.leads, "Those are all the leads; how many more are they?", 5.0),
            Mistake(
                p.leads - p.naive_leads, "More than in 02.3, not more than the usual sum.", 5.0
            ),
            Mistake(0, "The rate is the same, but you cannot be sure of it."),
        ),
        (
            "the true rate may well be lower than that of the pilot; the plan must hold then, too.",
            "the leads of a plan that knows the pilot only, less those of 02.3.",
            f'`fs.plan(stall, {TARGET}, pilot="20 of 250").price_of_not_knowing`',
        ),
        f"{right:,} leads are the price of not knowing: a larger pilot may be cheaper.",
        "leads",
        slack=0.125 * right,  # 4 standard errors of the rate drawn, then the sales, 10,000 times
        also=(Right(jeffreys, 6.0),),  # the other usual prior
    )


def money() -> Exercise:
    right, sales = _plan(metric="revenue").leads, _plan().leads
    return Exercise(
        "02.5",
        "How many leads bring 2,400 EUR of revenue nine times in ten?",
        right,
        0,
        (
            Mistake(
                sales,
                f"That is for {TARGET} sales; orders are uneven, so their sum is more uneven than "
                "their number.",
                5.0,
            ),
            Mistake(_plan().naive_leads, "That is the usual sum."),
            Mistake(TARGET * WORTH, "That is the target, in EUR."),
            Mistake(
                TARGET * WORTH / (VISIT * TALK),
                f"You divided the EUR by the conversion; a sale brings {WORTH} of them.",
            ),
        ),
        (
            f"some orders are small; {TARGET} of them need not be {TARGET * WORTH:,} EUR.",
            f"as in 02.3, with the revenue of a season in place of its sales; it spreads √(1 + "
            f"{CV}²) times as much.",
            f'`fs.plan(stall, {TARGET * WORTH}, "revenue").leads`',
        ),
        f"{right:,}, {right - sales:,} more than for {TARGET} sales.",
        "leads",
        slack=min(_off_by_simulation(right, 1 + CV**2), (right - sales) / 2),
        is_simulated=True,
    )


def last_day() -> Exercise:
    right = DAYS - THINKING
    return Exercise(
        "02.6",
        "On which day must a lead have come, at the latest, to buy in time?",
        float(right),
        0,
        (
            Mistake(DAYS, "Whoever comes on the last day is still thinking when time is up."),
            Mistake(THINKING, "That is how long they think."),
            Mistake(DAYS + THINKING, "That is when the last of them would buy."),
        ),
        (
            "whoever comes must have decided when time is up.",
            f"it takes {THINKING} days, and there are {DAYS}.",
            f"`{DAYS} - {THINKING}`",
        ),
        f"Day {right}: a quarter of the time brings leads that are too late.",
        "days",
    )


def open_deals() -> Exercise:
    right = OPEN * TALK
    return Exercise(
        "02.7",
        "How many sales do the 30 people bring on average who have talked and not decided?",
        right,
        1,
        (
            Mistake(OPEN * VISIT * TALK, "They have visited already: that rate is behind them."),
            Mistake(OPEN * VISIT, "That was the rate of the stage before."),
            Mistake(OPEN, "Not all of them will buy."),
            Mistake(OPEN - right, "Those are the ones who will not buy."),
            Mistake(TARGET - right, "That is what remains to be won."),
        ),
        (
            "they are already some way down the funnel.",
            "people × the conversions that are still to come.",
            f"`{OPEN} * {TALK}`",
        ),
        f"{right:g}: so {TARGET - right:g} of the {TARGET} remain to be won.",
        "sales",
        slack=4 * sqrt(OPEN * TALK * (1 - TALK) / SEASONS),
        is_simulated=True,
    )


EXERCISES: dict[str, Callable[[], Exercise]] = {
    "02.1": usual_sum,
    "02.2": how_often,
    "02.3": nine_in_ten,
    "02.4": not_knowing,
    "02.5": money,
    "02.6": last_day,
    "02.7": open_deals,
}
